//! Nobody is enrolled but in person: two people, sixteen rows each, before anything of the record is read.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use airlock::audit::entry::Side;
use airlock::desk::host::Senses;
use airlock::desk::second::has_second;
use airlock::desk::unfinished::{Stage as Waits, unfinished};
use airlock::devices::clock::SystemClock;
use airlock::devices::entropy::SystemEntropy;
use airlock::exchange::draw::Sharing;
use airlock::exchange::enrolment::record::EnrolmentRecord;
use airlock::exchange::genesis::Genesis;
use airlock::exchange::signature::{self, Namespace};
use airlock::exchange::statement::Statement;
use airlock::exchange::trace::Trace;
use airlock::online::enrol;
use airlock::online::init::{self, Passphrases};
use airlock::online::people::People;
use airlock::online::room::Room;
use airlock::refusal::Refused;
use airlock::wire::digest::Digest;
use secrecy::SecretString;

use crate::ca::{Ca, STATEMENT, Wish};
use crate::failing::Readings;
use crate::verify::asked;
use crate::world::{PEOPLE, World, key, small};

fn code<T>(result: Result<T, Refused>) -> Result<(), &'static str> {
    result.map(drop).map_err(|refused| refused.reason().code)
}

/// The record on a medium, as the CA sends it to the cluster.
fn sent(world: &World, record: &EnrolmentRecord, medium: &str) -> PathBuf {
    sent_as(world, record, Trace::new(world.now(), [record.epoch() as u8; 5]), medium)
}

fn sent_as(world: &World, record: &EnrolmentRecord, trace: Trace, medium: &str) -> PathBuf {
    let (now, to) = (world.now(), "cluster:prod-1".parse().unwrap());
    let dispatch = record.dispatch(trace, to, now.plus(86_400), &key(STATEMENT)).unwrap();
    world.carry(&dispatch.into_files(), medium)
}

fn import(world: &World, medium: &Path) -> Result<Statement, Refused> {
    Ok(enrol::import(&mut world.room(), medium)?.closed.statement().clone())
}

#[test]
fn two_people_type_sixteen_rows_each_and_then_it_counts() {
    let world = World::new();
    let ca = Ca::new(&world);
    let (first, medium) = (ca.record(1), sent(&world, &ca.record(1), "one"));
    let statement = import(&world, &medium).unwrap();
    let trace = statement.lines().trace.clone();
    assert_eq!(code(enrol::review(&world.room(), &trace)), Err("PAPER_WHOLES"));
    world.types(&mut world.room(), &statement, PEOPLE[0], Sharing::Whole);
    assert_eq!(code(enrol::review(&world.room(), &trace)), Err("PAPER_WHOLES"), "one person is not two");
    world.types(&mut world.room(), &statement, PEOPLE[1], Sharing::Whole);
    let mut room = world.room();
    let reviewed = enrol::review(&room, &trace).unwrap();
    assert!(reviewed.facts().iter().all(|fact| fact.old.is_none()));
    assert!(room.ca().is_err(), "looking enrols nobody");
    let person = world.requester(&mut room, PEOPLE[0]);
    enrol::accept(&mut room, reviewed, &person).unwrap();
    assert_eq!(room.ca().unwrap(), &first);
    drop(room);
    assert_eq!(world.room().ca().unwrap(), &first, "the log remembers");
    assert_eq!(code(import(&world, &medium)), Err("ARRIVAL_SPENT"));
    world.request(small(), None, "stick").unwrap();
}

#[test]
fn a_record_comes_again_with_a_higher_epoch_and_is_compared() {
    let world = World::new();
    let ca = Ca::new(&world);
    world.pin(&ca.record(2));
    for (epoch, follows) in [(2, false), (1, false), (3, true)] {
        let statement = import(&world, &sent(&world, &ca.record(epoch), &format!("epoch-{epoch}"))).unwrap();
        let trace = statement.lines().trace.clone();
        PEOPLE.iter().for_each(|id| world.types(&mut world.room(), &statement, id, Sharing::Whole));
        let reviewed = enrol::review(&world.room(), &trace);
        assert_eq!(reviewed.is_ok(), follows, "{epoch}");
        if let Ok(reviewed) = reviewed {
            let changed: Vec<_> = reviewed.facts().iter().filter(|fact| !fact.is_same()).collect();
            assert_eq!((changed.len(), changed[0].name.as_str()), (1, "epoch"));
        }
    }
}

#[test]
fn a_record_that_is_not_signed_by_the_key_in_it_enrols_nobody() {
    let world = World::new();
    let ca = Ca::new(&world);
    let medium = sent(&world, &ca.record(1), "one");
    let name = fs::read_dir(&medium).unwrap().map(|e| e.unwrap().path()).find(|p| p.extension().unwrap() == "sig");
    let text = fs::read(name.as_ref().unwrap().with_extension("")).unwrap();
    let forged = signature::sign(&key(99), Namespace::Statement, &text).unwrap();
    fs::write(name.unwrap(), forged).unwrap();
    let statement = import(&world, &medium).unwrap();
    PEOPLE.iter().for_each(|id| world.types(&mut world.room(), &statement, id, Sharing::Whole));
    assert_eq!(code(enrol::review(&world.room(), &statement.lines().trace)), Err("ENROLMENT_POSSESSION"));
}

#[test]
fn two_records_of_one_trace_are_told_of_until_one_is_enrolled() {
    let world = World::new();
    let ca = Ca::new(&world);
    let trace = Trace::new(world.now(), [7; 5]);
    let [genuine, other] =
        [1, 2].map(|epoch| sent_as(&world, &ca.record(epoch), trace.clone(), &format!("of-{epoch}")));
    let is_second = |medium: &Path| enrol::import(&mut world.room(), medium).unwrap().is_second;
    assert!(!is_second(&genuine) && !is_second(&genuine), "the same one twice is one");
    assert!(is_second(&other) && is_second(&genuine), "whichever comes");
    let open = || unfinished(world.room().desk().entries());
    let next = open()[0].next(Side::Online);
    assert!(next.starts_with("two different enrolments of this trace") && !next.contains("airlock"), "{next}");
    let statement = import(&world, &genuine).unwrap();
    PEOPLE.iter().for_each(|id| world.types(&mut world.room(), &statement, id, Sharing::Whole));
    assert!(has_second(world.room().desk().entries(), trace.as_str()), "typing settles nothing");
    let mut room = world.room();
    let reviewed = enrol::review(&room, &trace).unwrap();
    let person = world.requester(&mut room, PEOPLE[0]);
    enrol::accept(&mut room, reviewed, &person).unwrap();
    assert!(!has_second(room.desk().entries(), trace.as_str()) && unfinished(room.desk().entries()).is_empty());
}

#[test]
fn a_record_with_the_trace_of_a_request_stays_outside_and_its_alarm_stands() {
    let mut asked = asked(small());
    let bundle = asked.ca.take(asked.world.files(&asked.world.base.join("stick")), &asked.record);
    let mut package = |name: &str| {
        let files = asked.ca.answers_bundle(&bundle, &asked.record, &Wish::default()).unwrap();
        asked.world.carry(&files, name)
    };
    let (first, second) = (package("first"), package("second"));
    let (world, trace) = (&asked.world, &asked.trace);
    let forged = sent_as(world, &asked.ca.record(2), trace.clone(), "forged");
    assert_eq!(code(import(world, &forged)), Err("ARRIVAL_TRACE"), "the request is awaited");
    world.receive(&first).unwrap();
    world.receive(&second).unwrap();
    let inbox = || fs::read_dir(world.base.join("state/inbox")).unwrap().count();
    let stands = || {
        let room = world.room();
        let open = unfinished(room.desk().entries()).into_iter().next().unwrap();
        (open.is_second, open.kind.unwrap(), open.stage, has_second(room.desk().entries(), trace.as_str()))
    };
    let (before, kept) = (stands(), inbox());
    assert_eq!(before, (true, "cert-package".to_owned(), Waits::Received, true));
    assert_eq!(code(import(world, &forged)), Err("ARRIVAL_TRACE"));
    assert_eq!((stands(), inbox()), (before, kept), "nothing was copied in");
    // The request is answered, which settles it.
    let verified = world.import(&first).unwrap();
    assert!(verified.accepted.is_some(), "{:?}", verified.checks);
    assert!(!has_second(world.room().desk().entries(), trace.as_str()));
    assert_eq!(code(import(world, &forged)), Err("ARRIVAL_TRACE"), "nor once it is answered");
    // The accepted one may come again, which changes nothing.
    world.receive(&first).unwrap();
    let open = unfinished(world.room().desk().entries()).into_iter().find(|one| one.trace == trace.as_str());
    assert_eq!(open.map(|one| (one.stage, one.is_second)), Some((Waits::Accepted, false)));
    // A record with a trace of its own comes in.
    import(world, &sent(world, &asked.ca.record(2), "own")).unwrap();
}

#[test]
fn a_cluster_introduces_itself_with_what_its_nodes_trust() {
    let world = World::new();
    let (first, second) = (world.introduce("one"), world.introduce("two"));
    assert_eq!((first.epoch(), second.epoch()), (1, 2));
    assert_eq!(world.room().own_record().unwrap(), Some(second));
    let digests: Vec<_> = first.roots().iter().map(|root| root.certificate.fingerprint()).collect();
    for path in ["ca.crt", "etcd/ca.crt", "front-proxy-ca.crt"] {
        let pem = fs::read_to_string(world.base.join("cp1/etc/kubernetes/pki").join(path)).unwrap();
        let der = airlock::pki::certificate::Certificate::parse_foreign(&pem).unwrap();
        assert!(digests.contains(&Digest::of(der.der())), "{path}");
    }
    let mut room = world.room();
    let (nodes, medium) = (world.roots(), world.medium("three"));
    let worker = "cluster:other".parse().unwrap();
    let asked = enrol::Asked { to: &worker, keys: &world.keys, nodes: &nodes, medium: &medium };
    assert_eq!(code(enrol::export(&mut room, &asked)), Err("ENROL_NOT_CA"));
    let empty = tempfile::tempdir().unwrap();
    fs::create_dir_all(empty.path().join("etc/kubernetes")).unwrap();
    let bare = [airlock::online::scan::NodeRoot { node: "w1".to_owned(), root: empty.path().to_owned() }];
    let to = "ca:root-ca-01".parse().unwrap();
    let asked = enrol::Asked { to: &to, keys: &world.keys, nodes: &bare, medium: &medium };
    assert_eq!(code(enrol::export(&mut room, &asked)), Err("ENROL_NO_ROOT"));
}

#[test]
fn a_record_that_the_log_does_not_take_is_not_kept_and_the_next_one_is() {
    let world = World::new();
    let (readings, senses) = Readings::of(world.clock());
    let mut room = Room::open(world.config.clone(), senses).unwrap();
    let [outbox, objects] = ["outbox", "objects"].map(|name| world.base.join("state").join(name));
    let kept = || [&outbox, &objects].map(|folder| fs::read_dir(folder).map_or(0, Iterator::count));
    let [transfers, blobs] = kept();
    let (to, nodes) = ("ca:root-ca-01".parse().unwrap(), world.roots());
    let mut unnamed = 0;
    for stops in 0.. {
        let medium = world.medium(&format!("stick-{stops}"));
        let asked = enrol::Asked { to: &to, keys: &world.keys, nodes: &nodes, medium: &medium };
        let left = readings.during(stops, || enrol::export(&mut room, &asked));
        let own = room.own_record().unwrap();
        let made = own.as_ref().map_or(0, |record| usize::try_from(record.epoch()).unwrap());
        assert_eq!(kept(), [transfers + made, blobs + made], "after {stops} readings");
        unnamed += usize::from(made == 0);
        if let Ok(sent) = left {
            assert_eq!(Some(sent.record), own);
            assert!(room.desk().kept(&sent.statement.id()).is_ok());
            break;
        }
        assert_eq!(code(left), Err("CLOCK_OUT_OF_RANGE"));
    }
    assert!(unnamed >= 3, "the nodes are looked at, the record is made, and its entry");
}

#[test]
fn ssh_keygen_takes_the_keys_of_peers_for_their_purposes_only() {
    let world = World::new();
    let ca = Ca::new(&world);
    world.pin(&ca.record(1));
    let signers = enrol::allowed_signers(&world.room()).unwrap();
    let file = world.base.join("allowed");
    fs::write(&file, &signers).unwrap();
    let accepts = |principal: &str, namespace: Namespace, seed: u8| {
        let armored = signature::sign(&key(seed), namespace, b"text").unwrap();
        let sig = world.base.join("sig");
        fs::write(&sig, armored).unwrap();
        let mut child = Command::new("ssh-keygen")
            .args([
                "-Y",
                "verify",
                "-O",
                "verify-time=20261203000000Z",
                "-I",
                principal,
                "-n",
                namespace.as_str(),
                "-f",
            ])
            .arg(&file)
            .arg("-s")
            .arg(&sig)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(b"text").unwrap();
        child.wait().unwrap().success()
    };
    assert!(accepts("ca:root-ca-01", Namespace::Statement, STATEMENT));
    assert!(accepts("ca:root-ca-01", Namespace::CertPackage, STATEMENT));
    assert!(accepts("officer:li", Namespace::Approval, 2));
    assert!(accepts("auditor:zhao", Namespace::Approval, 6));
    assert!(!accepts("ca:root-ca-01", Namespace::CsrBundle, STATEMENT));
    assert!(!accepts("officer:li", Namespace::Statement, 2));
    assert!(!accepts("officer:li", Namespace::Approval, 1));
    assert!(!accepts("auditor:zhao", Namespace::Rejection, 6));
    assert!(!signers.contains("requester:"));
}

fn senses() -> Senses {
    Senses { clock: Box::new(SystemClock), entropy: Box::new(SystemEntropy) }
}

#[test]
fn a_host_is_made_once_everyone_has_signed() {
    let world = World::new();
    let people = People::new(world.persons()).unwrap();
    fs::remove_dir_all(world.base.join("state")).unwrap();
    let text: Genesis = init::text(&world.config, &people, world.now());
    fs::write(world.base.join("genesis.txt"), text.text()).unwrap();
    let sign = |id: &str| {
        let status = Command::new("ssh-keygen")
            .args(["-q", "-P", "a requester's own", "-Y", "sign", "-n", "genesis@airlock.v1", "-f"])
            .args([world.base.join(id), world.base.join("genesis.txt")])
            .stderr(Stdio::null())
            .status();
        assert!(status.unwrap().success());
        let armored = fs::read(world.base.join("genesis.txt.sig")).unwrap();
        fs::remove_file(world.base.join("genesis.txt.sig")).unwrap();
        (id.to_owned(), armored)
    };
    let one = text.clone().signed(people.all(), vec![sign(PEOPLE[0])]).unwrap_err();
    assert!(one.to_string().contains(PEOPLE[1]), "{one}");
    let signed = || text.clone().signed(people.all(), PEOPLE.map(sign).to_vec()).unwrap();
    let (host, import) = (SecretString::from("host"), SecretString::from("import"));
    let passphrases = Passphrases { host: &host, import: &import };
    let made = init::init(&world.config, &people, signed(), &passphrases, senses()).unwrap();
    assert_eq!(made.entry, 0);
    let again = init::init(&world.config, &people, signed(), &passphrases, senses());
    assert_eq!(code(again), Err("HOST_MADE"));
    let room = Room::open(world.config.clone(), senses()).unwrap();
    assert_eq!((room.people().len(), room.public().unwrap()), (2, &made.keys));
    let keys = room.unlock(&host).unwrap();
    assert_eq!(room.sign_head(&keys).unwrap(), 1);
    assert_eq!(room.unlock_identity(&import).unwrap().recipient(), made.keys.recipient);
}
