//! Enrolment on the CA's side: paper by two people first, then a quorum; and what the CA says of itself.

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use airlock::audit::detail::Received;
use airlock::audit::entry::Actor;
use airlock::audit::event::Event;
use airlock::audit::note::{KeyUse, NoteKey};
use airlock::cluster::record::Record;
use airlock::cluster::role::Domain;
use airlock::desk::quarantine::{Locked, list};
use airlock::desk::seat::Seated;
use airlock::desk::second::has_second;
use airlock::desk::unfinished::unfinished;
use airlock::devices::clock::SystemClock;
use airlock::devices::hsm::IssuerKeyType;
use airlock::exchange::code::{Code, Judgement};
use airlock::exchange::csr_bundle::manifest::Tool;
use airlock::exchange::draw::Sharing;
use airlock::exchange::enrolment::record::{ClusterSide, Common, Contact, EnrolledRoot, EnrolmentRecord, Side};
use airlock::exchange::paper::channel::Channel;
use airlock::exchange::roots::RootStatus;
use airlock::exchange::seal::identity::Identity;
use airlock::exchange::signature::SigningKey as _;
use airlock::exchange::signature::private_key::SoftwareKey;
use airlock::exchange::statement::party::Party;
use airlock::exchange::trace::Trace;
use airlock::offline::enrol::{self, Sent};
use airlock::offline::room::Room;
use airlock::offline::{ca, quarantine};
use airlock::pki::certificate::Certificate;
use airlock::refusal::Refused;
use airlock::wire::digest::Digest;
use zeroize::Zeroizing;

use crate::failing::Readings;
use crate::rig::{tool, with_token};
use crate::world::{AUDITOR, World, code, pin};

fn prod() -> Party {
    "cluster:prod-1".parse().unwrap()
}

fn fixture(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/cluster").join(path)).unwrap()
}

fn key(seed: u8) -> SoftwareKey {
    SoftwareKey::from_seed(&Zeroizing::new([seed; 32])).unwrap()
}

/// The record of the cluster at this epoch, the `number`th one, on a medium.
fn sent(world: &World, room: &Room, epoch: u64, number: u8) -> (Trace, PathBuf) {
    let trace = Trace::new(room.desk().now().unwrap(), [number; 5]);
    let medium = sent_as(world, room, epoch, &trace);
    (trace, medium)
}

fn sent_as(world: &World, room: &Room, epoch: u64, trace: &Trace) -> PathBuf {
    let now = room.desk().now().unwrap();
    let certificate = Certificate::parse_foreign(&fixture("kubeadm-ha/cp1/etc/kubernetes/pki/ca.crt")).unwrap();
    let common = Common {
        party: prod(),
        epoch,
        created: now,
        tool: Tool { sha256: Digest::of(b"binary"), version: "0.1.0".to_owned() },
        contacts: vec![Contact { name: "operations".to_owned(), phone: "+86 10 5555 0100".to_owned() }],
        statement_key: key(1).public_key().clone(),
        log_key: key(2).public_key().clone(),
        roots: vec![EnrolledRoot { domain: Domain::Kubernetes, status: RootStatus::Current, certificate }],
    };
    let identity =
        Identity::read(b"AGE-SECRET-KEY-1EGTZVFFV20835NWYV6270LXYVK2VKNX2MMDKWYKLMGR48UAWX40Q2P2LM0\n").unwrap();
    let witness_key = key(3).public_key().clone();
    let side = ClusterSide {
        recipient: identity.recipient(),
        record: Record::from_json(fixture("prod-1.cluster.json").as_bytes()).unwrap(),
        witness: NoteKey::of_ed25519("prod-1-witness", witness_key.as_ed25519(), KeyUse::Cosignature).unwrap(),
        witness_key,
    };
    let record = EnrolmentRecord::new(common, Side::Cluster(Box::new(side))).unwrap();
    let dispatch = record.dispatch(trace.clone(), room.desk().party().clone(), now.plus(3600), &key(1)).unwrap();
    let medium = world.dir.join(format!("medium-{trace}-{epoch}"));
    fs::create_dir(&medium).unwrap();
    for (name, bytes) in dispatch.files() {
        fs::write(medium.join(name), bytes).unwrap();
    }
    medium
}

/// The person types every row that is asked, or the first one twice wrong.
fn types(world: &World, room: &mut Room, trace: &Trace, id: &str, wrong: bool) {
    let statement = enrol::statement(room, trace).unwrap();
    let officer = world.present(room, id).unwrap();
    let mut seat = room.desk_mut().sit(&statement, &officer, Sharing::Whole, Channel::Typed).unwrap();
    let code = Code::of(&statement);
    let misread = |row| {
        let mut all = (0..1_000_000_u32).map(|digits| format!("{digits:06}"));
        all.find(|digits| matches!(code.judge(row, digits), Judgement::Wrong)).unwrap()
    };
    loop {
        let row = seat.row();
        let digits = if wrong { misread(row) } else { code.sheet_rows()[row.index()][2..].to_owned() };
        match seat.enter(room.desk_mut(), &digits).unwrap() {
            Seated::Next(next, _) => seat = *next,
            Seated::Tired(_) => panic!("tired"),
            Seated::Done | Seated::Mismatch(..) => return,
        }
    }
}

fn approved(world: &World, room: &mut Room, trace: &Trace) -> Result<u64, Refused> {
    let reviewed = enrol::review(room, trace)?;
    let subject = enrol::propose(room, &Actor::system(), &reviewed)?;
    world.agree(room, &subject);
    enrol::accept(room, reviewed)
}

#[test]
fn a_cluster_is_enrolled_by_paper_and_quorum() {
    with_token(a_cluster_is_enrolled_by_paper_and_quorum, |rig| {
        let (world, mut room) = World::born(rig);
        let (trace, medium) = sent(&world, &room, 1, 1);
        enrol::import(&mut room, &medium).unwrap();
        assert_eq!(code(enrol::review(&room, &trace)), "PAPER_WHOLES");
        types(&world, &mut room, &trace, "chen", false);
        assert_eq!(code(enrol::review(&room, &trace)), "PAPER_WHOLES");
        types(&world, &mut room, &trace, "li", false);
        let reviewed = enrol::review(&room, &trace).unwrap();
        assert!(reviewed.facts().iter().all(|fact| fact.old.is_none()));
        let subject = enrol::propose(&mut room, &Actor::system(), &reviewed).unwrap();
        world.says(&mut room, &subject, "chen").unwrap();
        world.says(&mut room, &subject, "li").unwrap();
        world.says(&mut room, &subject, AUDITOR).unwrap();
        assert_eq!(code(enrol::accept(&mut room, reviewed)), "QUORUM_OFFICERS");
        assert!(room.peer(&prod()).is_none());
        world.says(&mut room, &subject, "sun").unwrap();
        let reviewed = enrol::review(&room, &trace).unwrap();
        enrol::accept(&mut room, reviewed).unwrap();
        assert_eq!(room.peer(&prod()).unwrap().epoch(), 1);
        assert!(enrol::allowed_signers(&room).starts_with("cluster:prod-1 namespaces="));
        assert_eq!(code(enrol::import(&mut room, &medium)), "ARRIVAL_SPENT");

        // The same epoch again is refused, the next one is compared with the first.
        let (again, medium) = sent(&world, &room, 1, 2);
        enrol::import(&mut room, &medium).unwrap();
        types(&world, &mut room, &again, "chen", false);
        types(&world, &mut room, &again, "li", false);
        assert_eq!(code(enrol::review(&room, &again)), "ENROLMENT_FOLLOWS");
        let (next, medium) = sent(&world, &room, 2, 3);
        enrol::import(&mut room, &medium).unwrap();
        types(&world, &mut room, &next, "chen", false);
        types(&world, &mut room, &next, "wang", false);
        let facts = enrol::review(&room, &next).unwrap().facts().to_vec();
        let changed: Vec<_> = facts.iter().filter(|fact| !fact.is_same()).map(|fact| fact.name.as_str()).collect();
        assert_eq!(changed, ["epoch"]);
        approved(&world, &mut room, &next).unwrap();
        drop(room);
        assert_eq!(world.open().unwrap().peer(&prod()).unwrap().epoch(), 2);
    });
}

#[test]
fn a_record_takes_no_trace_of_a_bundle_and_two_of_one_trace_are_told_of() {
    with_token(a_record_takes_no_trace_of_a_bundle_and_two_of_one_trace_are_told_of, |rig| {
        let (world, mut room) = World::born(rig);
        let now = room.desk().now().unwrap();
        let [of_bundle, own] = [8, 9].map(|number| Trace::new(now, [number; 5]));
        for statement in [b"one", b"two"] {
            let (from, kind, medium) = (prod().to_string(), "csr-bundle".to_owned(), "/mnt".to_owned());
            let received = Event::Received(Received { from, kind, medium, statement: Digest::of(statement) });
            room.desk_mut().note(&Actor::system(), Some(of_bundle.as_str()), received).unwrap();
        }
        let taken = sent_as(&world, &room, 1, &of_bundle);
        assert_eq!(code(enrol::import(&mut room, &taken)), "ARRIVAL_TRACE");
        assert_eq!(code(enrol::statement(&room, &of_bundle)), "TRANSFER_UNKNOWN");
        let open = unfinished(room.desk().entries());
        let [only] = open.as_slice() else { panic!("{open:?}") };
        assert!(only.is_second && only.kind.as_deref() == Some("csr-bundle"), "{only:?}");

        let [genuine, other] = [1, 2].map(|epoch| sent_as(&world, &room, epoch, &own));
        assert!(!enrol::import(&mut room, &genuine).unwrap().is_second);
        assert!(enrol::import(&mut room, &other).unwrap().is_second);
        let open = unfinished(room.desk().entries());
        let next = open[0].next(airlock::audit::entry::Side::Offline);
        assert!(next.starts_with("two different enrolments of this trace") && !next.contains("airlock"), "{next}");
        // The one of the paper is enrolled, which settles it; the bundles it does not settle.
        enrol::import(&mut room, &genuine).unwrap();
        types(&world, &mut room, &own, "chen", false);
        types(&world, &mut room, &own, "li", false);
        assert!(has_second(room.desk().entries(), own.as_str()));
        approved(&world, &mut room, &own).unwrap();
        let stands = |trace: &Trace| has_second(room.desk().entries(), trace.as_str());
        assert!(!stands(&own) && stands(&of_bundle));
    });
}

#[test]
fn what_does_not_match_is_locked_away_until_a_quorum_lets_it_out() {
    with_token(what_does_not_match_is_locked_away_until_a_quorum_lets_it_out, |rig| {
        let (world, mut room) = World::born(rig);
        let (trace, medium) = sent(&world, &room, 1, 1);
        enrol::import(&mut room, &medium).unwrap();
        assert!(list(room.desk()).unwrap().is_empty());
        types(&world, &mut room, &trace, "chen", true);
        assert_eq!(code(enrol::statement(&room, &trace)), "PAPER_QUARANTINED");
        let locked = list(room.desk()).unwrap();
        let [only] = locked.as_slice() else { panic!("{locked:?}") };
        let stranger = Locked::Peer(prod());
        assert_eq!(code(quarantine::propose(&mut room, &Actor::system(), &stranger)), "QUARANTINE_NOT_LOCKED");
        let object = quarantine::propose(&mut room, &Actor::system(), only).unwrap();
        assert_eq!(code(quarantine::propose(&mut room, &Actor::system(), only)), "MATTER_OPEN");
        assert_eq!(code(quarantine::clear(&mut room, &object)), "QUORUM_OFFICERS");
        let subject =
            room.subject(airlock::exchange::approval::operation::Operation::QuarantineClear, &object).unwrap();
        world.agree(&mut room, &subject);
        room.carry_out(&subject).unwrap().unwrap();
        assert!(list(room.desk()).unwrap().is_empty());
        assert!(enrol::statement(&room, &trace).is_ok());
    });
}

#[test]
fn the_record_of_the_ca_leaves_with_its_roots() {
    with_token(the_record_of_the_ca_leaves_with_its_roots, |rig| {
        let (world, mut room) = World::attested(rig);
        let medium = world.dir.join("stick");
        fs::create_dir(&medium).unwrap();
        let leave = |room: &mut Room, to: &str| -> Result<Sent, Refused> {
            let token = room.login(pin())?;
            let sent = enrol::export(room, &token, &to.parse().unwrap(), &medium);
            room.logout(token)?;
            sent
        };
        assert_eq!(code(leave(&mut room, "cluster:prod-1")), "ENROL_NO_CA");
        assert_eq!(code(leave(&mut room, "ca:root-ca-02")), "ENROL_NOT_CLUSTER");
        let new = ca::roots::NewRoots {
            cluster: prod(),
            domains: Domain::ALL.to_vec(),
            generation: "2026-1".to_owned(),
            key: IssuerKeyType::P256,
            days: None,
        };
        let token = room.login(pin()).unwrap();
        let plan = ca::roots::init(&mut room, &token, &new).unwrap();
        world.agree(&mut room, &plan.subject());
        ca::install::sign(&mut room, &token, &plan.fields().trace, &mut |_| ControlFlow::Continue(())).unwrap();
        room.logout(token).unwrap();

        let sent = leave(&mut room, "cluster:prod-1").unwrap();
        assert_eq!((sent.record.epoch(), sent.record.roots().len()), (1, 3));
        assert_eq!(sent.record.ca().unwrap().token, rig.serial);
        assert_eq!(enrol::own_epoch(&room, &prod()), Some(1));
        judged_by_ssh_keygen(&world, &medium, &sent);
        for file in fs::read_dir(&medium).unwrap() {
            fs::remove_file(file.unwrap().path()).unwrap();
        }
        assert_eq!(leave(&mut room, "cluster:prod-1").unwrap().record.epoch(), 2);
        drop(room);
        a_record_that_the_log_does_not_take_is_not_kept(&world);
    });
}

/// Wherever the entries of an export stop, what they do not name goes again, record and transfer.
fn a_record_that_the_log_does_not_take_is_not_kept(world: &World) {
    let (readings, senses) = Readings::of(SystemClock);
    let mut room = Room::open(world.config(), senses).unwrap();
    let token = room.login(pin()).unwrap();
    let [outbox, objects] = ["outbox", "objects"].map(|name| world.state().join(name));
    let kept = || [&outbox, &objects].map(|folder| fs::read_dir(folder).unwrap().count());
    let [transfers, blobs] = kept();
    let (mut stops, mut unnamed) = (0, 0);
    loop {
        let medium = world.dir.join(format!("stick-{stops}"));
        fs::create_dir(&medium).unwrap();
        let before = enrol::own_epoch(&room, &prod()).unwrap();
        let left = readings.during(stops, || enrol::export(&mut room, &token, &prod(), &medium));
        let named = enrol::own_epoch(&room, &prod()).unwrap() - before;
        let of_record = usize::try_from(enrol::own_epoch(&room, &prod()).unwrap()).unwrap() - 2;
        assert_eq!(kept(), [transfers + of_record, blobs + of_record], "after {stops} readings");
        match left {
            Ok(sent) => {
                assert_eq!(room.desk().kept(&sent.statement.id()).unwrap().files[0].1, sent.record.json());
                break;
            }
            Err(refused) => assert_eq!(refused.reason().code, "CLOCK_OUT_OF_RANGE"),
        }
        unnamed += usize::from(named == 0);
        stops += 1;
    }
    assert_eq!((stops, unnamed), (4, 2), "the record, its entry; the intent to export it, and that it was");
    room.logout(token).unwrap();
}

fn judged_by_ssh_keygen(world: &World, medium: &Path, sent: &Sent) {
    let signers = world.dir.join("signers");
    fs::write(&signers, format!("ca:root-ca-01 {}\n", sent.record.statement_key())).unwrap();
    let text = medium.join(format!("{}.enrolment.txt", sent.statement.lines().trace));
    let signature = format!("{}.sig", text.display());
    let command = "ssh-keygen -Y verify -f \"$0\" -I ca:root-ca-01 -n statement@airlock.v1 -s \"$1\" < \"$2\"";
    let arguments = ["-c", command, signers.to_str().unwrap(), &signature, text.to_str().unwrap()];
    assert!(tool("sh", &arguments).contains("Good"));
}
