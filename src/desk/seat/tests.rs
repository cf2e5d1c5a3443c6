use std::path::PathBuf;

use secrecy::SecretString;
use tempfile::TempDir;
use zeroize::Zeroizing;

use super::*;
use crate::audit::detail::Genesis;
use crate::audit::entry::Side;
use crate::desk::host::Senses;
use crate::desk::intake::Acquaintance;
use crate::devices::clock::{Clock, ClockError, Reading, SystemClock};
use crate::devices::entropy::SystemEntropy;
use crate::exchange::arrival::{Closed, Standing};
use crate::exchange::code::Code;
use crate::exchange::csr_bundle::CsrBundle;
use crate::exchange::dispatch::{Address, Dispatch};
use crate::exchange::people::person::{Person, PersonKey, PersonRole};
use crate::exchange::signature::SigningKey as _;
use crate::exchange::signature::private_key::SoftwareKey;
use crate::exchange::statement::party::Party;
use crate::exchange::trace::Trace;
use crate::exchange::transfer::Payload;
use crate::wire::digest::Digest;

/// A CA host with two officers, and a medium with a bundle for it.
struct Scene {
    base: TempDir,
    trace: Trace,
    sender: SoftwareKey,
}

fn key(seed: u8) -> SoftwareKey {
    SoftwareKey::from_seed(&Zeroizing::new([seed; 32])).unwrap()
}

fn officers() -> Vec<Person> {
    let officer = |id: &str, seed| Person {
        id: id.parse().unwrap(),
        keys: vec![PersonKey { key: key(seed).public_key().clone(), revoked_from: None }],
        name: id.to_owned(),
        role: PersonRole::Officer,
    };
    vec![officer("chen", 1), officer("li", 2)]
}

impl Scene {
    fn new() -> Self {
        let base = tempfile::tempdir().unwrap();
        let party: Party = "ca:root-ca-01".parse().unwrap();
        let mut desk = Desk::make(&base.path().join("state"), Side::Offline, &party, senses()).unwrap();
        let digest = Digest::of(b"");
        let genesis = Event::Genesis(Genesis { genesis: digest, policy: None, roster: digest, signatures: vec![] });
        desk.note(&Actor::system(), None, genesis).unwrap();
        let now = desk.now().unwrap();
        let trace = Trace::new(now, [1, 2, 3, 4, 5]);
        let address = Address {
            trace: trace.clone(),
            from: "cluster:prod-1".parse().unwrap(),
            to: party,
            items: 1,
            expires: now.plus(3600),
        };
        let sender = key(9);
        let dispatch = Dispatch::sign::<CsrBundle>(address, b"PK\x03\x04".to_vec(), Payload::Zip, &sender).unwrap();
        let medium = base.path().join("medium");
        std::fs::create_dir(&medium).unwrap();
        desk.keep(&dispatch, |_| Ok(())).unwrap();
        let kept = desk.kept(&dispatch.statement().id()).unwrap();
        desk.export(&Actor::system(), &kept, &medium).unwrap();
        Self { base, trace, sender }
    }

    fn desk(&self) -> Desk {
        Desk::open(&self.base.path().join("state"), Side::Offline, senses()).unwrap()
    }

    fn medium(&self) -> PathBuf {
        self.base.path().join("medium")
    }

    fn receive(&self, desk: &mut Desk) -> Result<(), Refused> {
        let key_of = |_: &Party| Some(self.sender.public_key().clone());
        let peers = Acquaintance { key_of: &key_of, standing: &|_| Standing::Welcome };
        desk.receive::<CsrBundle>(&self.medium(), &peers).map(drop)
    }

    fn reread(&self, desk: &Desk) -> Result<Closed<CsrBundle>, Refused> {
        let key_of = |_: &Party| Some(self.sender.public_key().clone());
        desk.reread(&self.trace, &Acquaintance { key_of: &key_of, standing: &|_| Standing::Spent })
    }

    fn present(desk: &mut Desk, id: &str, seed: u8) -> Result<Present, Refused> {
        let passphrase = SecretString::from("correct horse");
        let file = key(seed).lock(&passphrase, id, [7; 20]).unwrap();
        desk.identify(&officers(), &id.parse().unwrap(), &[PersonRole::Officer], file.as_bytes(), &passphrase)
    }
}

fn senses() -> Senses {
    Senses { clock: Box::new(SystemClock), entropy: Box::new(SystemEntropy) }
}

/// The right digits of `row`, as somebody reads them off the paper.
fn paper(statement: &Statement, row: Row) -> String {
    let letter = row.to_string();
    let line = Code::of(statement).sheet_rows().into_iter().find(|line| line.starts_with(&letter)).unwrap();
    line.trim_start_matches(&letter).to_owned()
}

fn type_all(desk: &mut Desk, statement: &Statement, mut seat: Seat) -> usize {
    for typed in 1.. {
        let digits = paper(statement, seat.row());
        match seat.enter(desk, &digits).unwrap() {
            Seated::Next(next, Answer::Right) => seat = *next,
            Seated::Done => return typed,
            _ => panic!("a right row was not taken"),
        }
    }
    0
}

fn sit(desk: &mut Desk, statement: &Statement, person: &Present) -> Result<Seat, Refused> {
    desk.sit(statement, person, Sharing::Halves, Channel::Typed)
}

#[test]
fn two_officers_type_eight_rows_each_and_another_process_opens_the_transfer() {
    let scene = Scene::new();
    let mut desk = scene.desk();
    scene.receive(&mut desk).unwrap();
    let statement = scene.reread(&desk).unwrap().statement().clone();
    let chen = Scene::present(&mut desk, "chen", 1).unwrap();
    let seat = sit(&mut desk, &statement, &chen).unwrap();
    assert_eq!(type_all(&mut desk, &statement, seat), 8);
    drop(desk);
    let mut desk = scene.desk();
    let li = Scene::present(&mut desk, "li", 2).unwrap();
    let seat = sit(&mut desk, &statement, &li).unwrap();
    assert_eq!(type_all(&mut desk, &statement, seat), 8);
    let evidence = desk.papers().unwrap().sheet(&statement).unwrap().evidence().unwrap();
    assert!(scene.reread(&desk).unwrap().confirm(&evidence).is_ok());
}

#[test]
fn a_restart_gives_no_fresh_attempt() {
    let scene = Scene::new();
    let mut desk = scene.desk();
    scene.receive(&mut desk).unwrap();
    let statement = scene.reread(&desk).unwrap().statement().clone();
    let chen = Scene::present(&mut desk, "chen", 1).unwrap();
    let seat = sit(&mut desk, &statement, &chen).unwrap();
    let row = seat.row();
    let wrong =
        Row::ALL.into_iter().find(|other| *other != row).map(|_| wrong_but_well_formed(&statement, row)).unwrap();
    assert!(matches!(seat.enter(&mut desk, &wrong).unwrap(), Seated::Next(_, Answer::TypeAgain)));
    drop(desk);
    let mut desk = scene.desk();
    let seat = sit(&mut desk, &statement, &chen).unwrap();
    assert_eq!(seat.row(), row);
    assert!(matches!(seat.enter(&mut desk, &wrong).unwrap(), Seated::Mismatch(at, _) if at == row));
    let refused = scene.reread(&desk).unwrap_err();
    assert_eq!(refused.reason().class.exit_status(), 5);
}

/// Digits with a valid check digit that are not those of `row`: found by counting on from the right ones.
fn wrong_but_well_formed(statement: &Statement, row: Row) -> String {
    use crate::exchange::code::Judgement;
    let code = Code::of(statement);
    let candidates = (0..1_000_000_u32).map(|digits| format!("{digits:06}"));
    candidates.into_iter().find(|digits| matches!(code.judge(row, digits), Judgement::Wrong)).unwrap()
}

#[test]
fn a_killed_sitting_is_written_down_as_abandoned() {
    let scene = Scene::new();
    let mut desk = scene.desk();
    scene.receive(&mut desk).unwrap();
    let statement = scene.reread(&desk).unwrap().statement().clone();
    let chen = Scene::present(&mut desk, "chen", 1).unwrap();
    drop(sit(&mut desk, &statement, &chen).unwrap());
    drop(desk);
    let desk = scene.desk();
    assert!(matches!(desk.entries().last().unwrap().event, Event::OobAbandoned(_)));
}

#[test]
fn rows_are_drawn_once() {
    let scene = Scene::new();
    let mut desk = scene.desk();
    scene.receive(&mut desk).unwrap();
    scene.receive(&mut desk).unwrap();
    let draws = desk.entries().iter().filter(|e| matches!(e.event, Event::OobDraw(_))).count();
    assert_eq!(draws, 1);
}

#[test]
fn no_row_and_no_digest_of_the_statement_stands_in_the_log() {
    let scene = Scene::new();
    let mut desk = scene.desk();
    scene.receive(&mut desk).unwrap();
    let statement = scene.reread(&desk).unwrap().statement().clone();
    let chen = Scene::present(&mut desk, "chen", 1).unwrap();
    sit(&mut desk, &statement, &chen).unwrap().leave(&mut desk).unwrap();
    let log = std::fs::read_to_string(scene.base.path().join("state/log/entries.jsonl")).unwrap();
    for secret in [statement.digest().to_string(), statement.lines().file_sha256.to_string()] {
        assert!(!log.contains(&secret));
    }
    for line in Code::of(&statement).sheet_rows() {
        let digits: String = line.chars().filter(char::is_ascii_digit).collect();
        assert!(!log.contains(&digits), "{line}");
    }
}

#[test]
fn five_wrong_keys_lock_a_person_out() {
    let scene = Scene::new();
    let mut desk = scene.desk();
    for _ in 0..5 {
        assert_eq!(Scene::present(&mut desk, "chen", 2).err().unwrap().reason().code, "KEY_NOT_HIS");
    }
    drop(desk);
    let mut desk = scene.desk();
    assert_eq!(Scene::present(&mut desk, "chen", 1).err().unwrap().reason().code, "LOCKED_OUT");
    assert!(Scene::present(&mut desk, "li", 2).is_ok());
}

/// The clock of this host, so many seconds ahead.
struct Ahead(i64);

impl Clock for Ahead {
    fn read(&self) -> Result<Reading, ClockError> {
        let read = SystemClock.read()?;
        Ok(Reading { now: read.now.plus(self.0), ..read })
    }
}

#[test]
fn wrong_keys_under_a_clock_that_was_ahead_lock_nobody_out_for_years() {
    let scene = Scene::new();
    let open = |ahead| {
        let senses = Senses { clock: Box::new(Ahead(ahead)), entropy: Box::new(SystemEntropy) };
        Desk::open(&scene.base.path().join("state"), Side::Offline, senses).unwrap()
    };
    let years = 10 * 365 * 86_400;
    for _ in 0..5 {
        assert_eq!(Scene::present(&mut open(years), "chen", 2).err().unwrap().reason().code, "KEY_NOT_HIS");
    }
    assert_eq!(Scene::present(&mut open(years), "chen", 1).err().unwrap().reason().code, "LOCKED_OUT");
    assert_eq!(Scene::present(&mut open(0), "chen", 2).err().unwrap().reason().code, "KEY_NOT_HIS");
    assert!(Scene::present(&mut open(0), "chen", 1).is_ok());
}

#[test]
fn damaged_files_of_the_inbox_are_seen() {
    let scene = Scene::new();
    let mut desk = scene.desk();
    scene.receive(&mut desk).unwrap();
    let id = scene.reread(&desk).unwrap().statement().id();
    let file = scene.base.path().join(format!("state/inbox/{id}/{}.csr-bundle.zip", scene.trace));
    std::fs::write(&file, b"PK\x03\x05").unwrap();
    assert_eq!(scene.reread(&desk).unwrap_err().reason().code, "ARRIVAL_DIGEST");
    std::fs::remove_file(&file).unwrap();
    assert_eq!(scene.reread(&desk).unwrap_err().reason().code, "TRANSFER_DAMAGED");
}
