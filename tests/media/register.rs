//! The register of sticks, on a desk: who may, which way, in and out apart.

use std::path::Path;

use airlock::audit::detail::medium::{MediumAdmitted, MediumRegistered};
use airlock::audit::detail::{Genesis, Received};
use airlock::audit::entry::{Actor, Side};
use airlock::audit::event::Event;
use airlock::desk::dispatch::{Kept, unsure};
use airlock::desk::host::{Desk, Senses};
use airlock::desk::intake::Acquaintance;
use airlock::desk::people::Present;
use airlock::desk::register::{MediumName, Register, Standing, Way};
use airlock::desk::tray::place::{Output, Place};
use airlock::devices::clock::SystemClock;
use airlock::devices::entropy::SystemEntropy;
use airlock::exchange::arrival::Standing as Welcome;
use airlock::exchange::csr_bundle::CsrBundle;
use airlock::exchange::dispatch::{Address, Dispatch};
use airlock::exchange::people::person::{Person, PersonKey, PersonRole};
use airlock::exchange::signature::SigningKey as _;
use airlock::exchange::signature::private_key::SoftwareKey;
use airlock::exchange::statement::party::Party;
use airlock::exchange::trace::Trace;
use airlock::exchange::transfer::Payload;
use airlock::refusal::Refused;
use airlock::wire::digest::Digest;
use secrecy::SecretString;
use tempfile::TempDir;
use zeroize::Zeroizing;

use crate::machine::{Machine, ext4};

/// A CA host, and a machine with a stick.
struct Scene {
    machine: Machine,
    base: TempDir,
    desk: Desk,
}

fn key(seed: u8) -> SoftwareKey {
    SoftwareKey::from_seed(&Zeroizing::new([seed; 32])).unwrap()
}

fn persons() -> Vec<Person> {
    let person = |id: &str, seed, role| Person {
        id: id.parse().unwrap(),
        keys: vec![PersonKey { key: key(seed).public_key().clone(), revoked_from: None }],
        name: id.to_owned(),
        role,
    };
    vec![
        person("chen", 1, PersonRole::Officer),
        person("li", 2, PersonRole::Officer),
        person("sun", 3, PersonRole::Sysadmin),
    ]
}

fn code<T>(done: Result<T, Refused>) -> &'static str {
    done.map_or_else(|refused| refused.reason().code, |_| "")
}

fn name(text: &str) -> MediumName {
    text.parse().unwrap()
}

fn stick() -> &'static Path {
    Path::new("sdb1")
}

impl Scene {
    fn new() -> Option<Self> {
        let machine = Machine::with_stick(32, ext4)?;
        let base = tempfile::tempdir().unwrap();
        let senses = Senses { clock: Box::new(SystemClock), entropy: Box::new(SystemEntropy) };
        let party: Party = "ca:root-ca-01".parse().unwrap();
        let mut desk = Desk::make(&base.path().join("state"), Side::Offline, &party, senses).unwrap();
        let digest = Digest::of(b"");
        let genesis = Event::Genesis(Genesis { genesis: digest, policy: None, roster: digest, signatures: vec![] });
        desk.note(&Actor::system(), None, genesis).unwrap();
        desk.plug_into(machine.bay());
        Some(Self { machine, base, desk })
    }

    fn present(&mut self, id: &str, seed: u8) -> Present {
        let passphrase = SecretString::from("correct horse");
        let file = key(seed).lock(&passphrase, id, [7; 20]).unwrap();
        let roles = [PersonRole::Officer, PersonRole::Sysadmin];
        self.desk.identify(&persons(), &id.parse().unwrap(), &roles, file.as_bytes(), &passphrase).unwrap()
    }

    /// The entry that a sysadmin makes; showing a key takes its time, and one test does so.
    fn register(&mut self, way: Way) {
        let device = self.desk.bay().drive(stick()).unwrap().0.identity().to_string();
        let registered = MediumRegistered { device, name: "TX-03".to_owned(), way: way.to_string() };
        self.desk.note(&Actor::system(), None, Event::MediumRegistered(registered)).unwrap();
    }

    /// A bundle for this host that the state keeps.
    fn kept(&mut self) -> Kept {
        let now = self.desk.now().unwrap();
        let address = Address {
            trace: Trace::new(now, [1, 2, 3, 4, 5]),
            from: "cluster:prod-1".parse().unwrap(),
            to: self.desk.party().clone(),
            items: 1,
            expires: now.plus(3600),
        };
        let dispatch = Dispatch::sign::<CsrBundle>(address, b"PK\x03\x04".to_vec(), Payload::Zip, &key(9)).unwrap();
        self.desk.keep(&dispatch, |_| Ok(())).unwrap();
        self.desk.kept(&dispatch.statement().id()).unwrap()
    }

    fn export(&mut self) -> Result<u64, Refused> {
        let kept = self.kept();
        self.desk.export(&Actor::system(), &kept, stick())
    }

    fn receive(&mut self) -> Result<(), Refused> {
        let key_of = |_: &Party| Some(key(9).public_key().clone());
        let peers = Acquaintance { key_of: &key_of, standing: &|_| Welcome::Welcome };
        self.desk.receive::<CsrBundle>(stick(), &peers).map(drop)
    }

    fn tray(&self) -> &'static str {
        code(self.desk.tray(&Place::of(Output::File(self.base.path().join("sheet.txt"))), stick()))
    }

    fn last_medium(&self) -> String {
        let mut media = self.desk.entries().iter().rev().filter_map(|entry| match &entry.event {
            Event::Received(Received { medium, .. }) => Some(medium.clone()),
            Event::Exported(exported) => Some(exported.medium.clone()),
            _ => None,
        });
        media.next().unwrap()
    }
}

#[test]
fn a_stick_that_nobody_knows_is_not_used() {
    let Some(mut scene) = Scene::new() else { return };
    assert_eq!(scene.tray(), "MEDIUM_STRANGER");
    assert_eq!(code(scene.export()), "MEDIUM_STRANGER");
    assert_eq!(code(scene.receive()), "MEDIUM_STRANGER");
    scene.register(Way::Out);
    assert_eq!(scene.tray(), "");
    assert_eq!(code(scene.export()), "");
    let identity = "usb=0019E06B fs=01234567-89ab-cdef-0123-456789abcdef label=XFER";
    assert_eq!(scene.last_medium(), format!("TX-03 {identity}"));
    assert_eq!(scene.desk.label_of(stick()).as_deref(), Some("TX-03"));
}

#[test]
fn a_stick_travels_one_way() {
    let Some(mut scene) = Scene::new() else { return };
    scene.register(Way::Out);
    assert_eq!(code(scene.export()), "");
    assert_eq!(code(scene.receive()), "MEDIUM_OTHER_WAY");

    let Some(mut scene) = Scene::new() else { return };
    scene.register(Way::In);
    assert_eq!(code(scene.receive()), "MEDIA_EMPTY");
    assert_eq!(scene.tray(), "MEDIUM_OTHER_WAY");
    assert_eq!(code(scene.export()), "MEDIUM_OTHER_WAY");
}

#[test]
fn two_officers_admit_a_stick_and_what_it_brought_in_does_not_leave_on_it() {
    let Some(mut scene) = Scene::new() else { return };
    let (chen, li) = (scene.present("chen", 1), scene.present("li", 2));
    assert_eq!(code(scene.desk.admit([&chen, &chen], stick())), "MEDIUM_TWO_OFFICERS");
    assert_eq!(code(scene.receive()), "MEDIUM_STRANGER");
    assert_eq!(code(scene.desk.admit([&chen, &li], stick())), "");
    assert_eq!(code(scene.export()), "");
    assert_eq!(code(scene.receive()), "");
    assert!(scene.last_medium().starts_with("admitted usb=0019E06B "));
    assert_eq!(scene.tray(), "MEDIUM_CAME_IN");
    assert_eq!(code(scene.export()), "MEDIUM_CAME_IN");
    // Another label on the same hardware changes nothing about that, but it is no longer the stick that was admitted.
    scene.machine.write(&format!("{}/serial", Machine::port("1-3")), "OTHER\n");
    assert_eq!(code(scene.receive()), "MEDIUM_STRANGER");
}

#[test]
fn a_sysadmin_keeps_the_register_and_no_officer() {
    let Some(mut scene) = Scene::new() else { return };
    let chen = scene.present("chen", 1);
    assert_eq!(code(scene.desk.register(&chen, stick(), &name("TX-03"), Way::In)), "MEDIUM_ROLE");
    let sun = scene.present("sun", 3);
    assert_eq!(code(scene.desk.register(&sun, stick(), &name("TX-03"), Way::In)), "");
    assert_eq!(code(scene.desk.register(&sun, stick(), &name("TX-04"), Way::Out)), "MEDIUM_TAKEN");
    assert_eq!(code(scene.desk.register(&sun, stick(), &name("TX-03"), Way::In)), "MEDIUM_TAKEN");
    let register = |scene: &Scene| {
        let register = Register::fold(scene.desk.entries());
        register.sticks().map(|stick| (stick.name.clone(), stick.way)).collect::<Vec<_>>()
    };
    assert_eq!(register(&scene), [("TX-03".to_owned(), Way::In)]);
    // Under its own name it is corrected.
    assert_eq!(code(scene.desk.register(&sun, stick(), &name("TX-03"), Way::Out)), "");
    assert_eq!(register(&scene), [("TX-03".to_owned(), Way::Out)]);
    assert_eq!(code(scene.export()), "");
}

#[test]
fn an_admission_ends_after_a_day() {
    let Some(mut scene) = Scene::new() else { return };
    let identity = scene.desk.bay().drive(stick()).unwrap().0.identity();
    let admitted = MediumAdmitted { device: identity.to_string(), officers: vec!["chen".to_owned(), "li".to_owned()] };
    scene.desk.note(&Actor::system(), None, Event::MediumAdmitted(admitted)).unwrap();
    let register = Register::fold(scene.desk.entries());
    let now = scene.desk.now().unwrap();
    assert_eq!(register.standing(&identity, now), Standing::Admitted);
    assert_eq!(register.standing(&identity, now.plus(86_401)), Standing::Stranger);
    assert_eq!(register.standing(&identity, now.plus(-60)), Standing::Stranger);
}

#[test]
fn what_leaves_is_written_down_before_it_does() {
    let Some(mut scene) = Scene::new() else { return };
    scene.register(Way::Out);
    assert_eq!(code(scene.export()), "");
    let names: Vec<_> = scene.desk.entries().iter().rev().take(2).map(|entry| entry.event.clone()).collect();
    assert!(
        matches!(names.as_slice(), [Event::Exported(done), Event::ExportIntent(meant)] if done == meant),
        "{names:?}"
    );
    assert_eq!(unsure(scene.desk.entries()), []);
    scene.machine.elsewhere(|at| {
        std::fs::read_dir(at)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.is_file())
            .for_each(|path| std::fs::remove_file(path).unwrap())
    });

    // The log takes nothing any more once the stick was written: nothing has left, and nothing lies there.
    let log = scene.base.path().join("state/log/entries.jsonl");
    let kept = scene.kept();
    let files = |scene: &Scene| {
        scene.machine.elsewhere(|at| {
            std::fs::read_dir(at).unwrap().filter(|entry| entry.as_ref().unwrap().path().is_file()).count()
        })
    };
    let before = std::fs::read(&log).unwrap();
    let broken = std::thread::scope(|scope| {
        scope.spawn(|| {
            // It is seen in the log that this begins; then somebody else writes there.
            while std::fs::metadata(&log).unwrap().len() == before.len() as u64 {
                std::thread::sleep(std::time::Duration::from_millis(1));
            }
            let mut file = std::fs::OpenOptions::new().append(true).open(&log).unwrap();
            std::io::Write::write_all(&mut file, b"x").unwrap();
        });
        code(scene.desk.export(&Actor::system(), &kept, stick()))
    });
    assert_eq!(broken, "STORAGE_CHANGED");
    assert_eq!(files(&scene), 0);
    // What is left unsaid is told.
    let told = unsure(scene.desk.entries());
    assert_eq!(told.len(), 1);
    assert!(told[0].medium.starts_with("TX-03 usb=0019E06B "), "{told:?}");
}

#[test]
fn a_directory_is_taken_and_the_log_says_that_it_was_one() {
    let Some(mut scene) = Scene::new() else { return };
    let medium = scene.base.path().join("medium");
    std::fs::create_dir(&medium).unwrap();
    let kept = scene.kept();
    scene.desk.export(&Actor::system(), &kept, &medium).unwrap();
    assert_eq!(scene.last_medium(), format!("directory {}", medium.display()));
    let disk = Path::new("/dev/nothing-of-this-name");
    assert_eq!(code(scene.desk.export(&Actor::system(), &kept, disk)), "DEVICE_NONE");
}

#[test]
fn names_are_of_one_form() {
    for (text, fits) in
        [("TX-03", true), ("A-1", true), ("TX03", false), ("tx-03", false), ("TX-", false), ("TXFER-1", false)]
    {
        assert_eq!(text.parse::<MediumName>().is_ok(), fits, "{text}");
    }
}

#[test]
fn a_wiped_stick_keeps_its_name() {
    let Some(mut scene) = Scene::new() else { return };
    scene.register(Way::Out);
    let size = format!("{}/size", Machine::disk("1-3", "sdb"));
    scene.machine.write(&size, "262144\n");
    let blank = scene.desk.bay().blank(stick()).unwrap();
    let sun = scene.present("sun", 3);
    assert_eq!(code(scene.desk.wipe(&sun, blank, "no", "RETURN".parse().unwrap())), "WIPE_WORD");
    // The device is smaller than it says, so that this dies in the middle: it was written down before.
    let blank = scene.desk.bay().blank(stick()).unwrap();
    assert!(scene.desk.wipe(&sun, blank, "E06B", "RETURN".parse().unwrap()).is_err());
    let register = Register::fold(scene.desk.entries());
    let known = register.sticks().next().unwrap();
    assert_eq!((known.name.as_str(), known.identity.label.as_deref()), ("TX-03", Some("RETURN")));
}
