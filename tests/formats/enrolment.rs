//! Enrolment: two people and all rows first, then a strict record, then the proof that the sender holds his key.

use airlock::audit::entry::{Actor, Side as Room};
use airlock::audit::event::Event;
use airlock::audit::log::Record as _;
use airlock::cluster::role::Domain;
use airlock::exchange::approval::rule::PolicyName;
use airlock::exchange::arrival::{Closed, Files, Reception, Standing};
use airlock::exchange::csr_bundle::manifest::Tool;
use airlock::exchange::dispatch::Dispatch;
use airlock::exchange::draw::Sharing;
use airlock::exchange::enrolment::EnrolmentError;
use airlock::exchange::enrolment::introduction::{Introduced, Introduction};
use airlock::exchange::enrolment::peers::Peers;
use airlock::exchange::enrolment::record::{CaSide, ClusterSide, Common, Contact, EnrolledRoot, EnrolmentRecord, Side};
use airlock::exchange::roots::RootStatus;
use airlock::exchange::signature::SigningKey as _;
use airlock::exchange::transfer::Payload;
use airlock::refusal::Refusal as _;
use airlock::wire::digest::Digest;
use airlock::wire::json;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::bundle_world::set;
use crate::host::Host;
use crate::issuer::root;
use crate::letter::{address, restated, sent, statement};
use crate::package_world::{ARCHIVE, ROOT};
use crate::tools::{Bench, HIDING, wounds_by};
use crate::world::{
    CA, CHEN, CLUSTER, LOG, STRANGER, WITNESS, certificate, identity, key, log_key, record, roster, time, witness,
};

/// The key of the next root.
const NEXT: u8 = 41;

fn common(party: &str, statement_key: u8, log_key: u8, roots: Vec<EnrolledRoot>) -> Common {
    Common {
        party: party.parse().unwrap(),
        epoch: 1,
        created: time("2025-07-20T00:00:00Z"),
        tool: Tool { sha256: Digest::of(b"binary"), version: "0.1.0".to_owned() },
        contacts: vec![Contact { name: "duty desk".to_owned(), phone: "+86 10 5550 0100".to_owned() }],
        statement_key: key(statement_key).public_key().clone(),
        log_key: key(log_key).public_key().clone(),
        roots,
    }
}

fn enrolled(domain: Domain, status: RootStatus, certificate: airlock::pki::certificate::Certificate) -> EnrolledRoot {
    EnrolledRoot { domain, status, certificate }
}

fn cluster_parts() -> (Common, ClusterSide) {
    let roots =
        [(Domain::Kubernetes, "ca.crt"), (Domain::Etcd, "etcd/ca.crt"), (Domain::FrontProxy, "front-proxy-ca.crt")];
    let root = |(domain, file): (Domain, &str)| {
        enrolled(domain, RootStatus::Current, certificate(&format!("cp1/etc/kubernetes/pki/{file}")))
    };
    let side = ClusterSide {
        recipient: identity().recipient(),
        record: record(),
        witness: witness(),
        witness_key: key(WITNESS).public_key().clone(),
    };
    (common("cluster:prod-1", CLUSTER, 22, roots.map(root).to_vec()), side)
}

fn ca_parts() -> (Common, CaSide) {
    let roots = vec![
        enrolled(Domain::Kubernetes, RootStatus::Current, root(ROOT, "kubernetes")),
        enrolled(Domain::Kubernetes, RootStatus::Next, root(NEXT, "kubernetes 2")),
    ];
    let side = CaSide {
        archive: vec![ARCHIVE.parse().unwrap()],
        cluster: "cluster:prod-1".parse().unwrap(),
        roster: roster(),
        policy: PolicyName { id: "POL-2025-03".parse().unwrap(), sha256: Digest::of(b"policy") },
        token: "0123456789".to_owned(),
    };
    (common("ca:root-ca-01", CA, LOG, roots), side)
}

pub(crate) fn cluster() -> EnrolmentRecord {
    let (common, side) = cluster_parts();
    EnrolmentRecord::new(common, Side::Cluster(Box::new(side))).unwrap()
}

pub(crate) fn ca() -> EnrolmentRecord {
    let (common, side) = ca_parts();
    EnrolmentRecord::new(common, Side::Ca(Box::new(side))).unwrap()
}

fn dispatch(record: &EnrolmentRecord, to: &str, number: u8) -> Dispatch {
    let trace = "20250722-7Q2K-9M4F-B".parse().unwrap();
    record.dispatch(trace, to.parse().unwrap(), time("2025-07-29T00:00:00Z"), &key(number)).unwrap()
}

fn of_cluster() -> Dispatch {
    dispatch(&cluster(), "ca:root-ca-01", CLUSTER)
}

fn receive(host: &Host, own: &str, files: Files) -> Result<Closed<Introduction>, &'static str> {
    let (own, papers) = (own.parse().unwrap(), host.papers());
    let standing = |_: &_| Standing::Welcome;
    let reception = Reception { host: &own, now: host.now, papers: &papers, key_of: &|_| None, standing: &standing };
    Closed::receive(files, &reception).map_err(|error| error.reason().code)
}

/// The whole walk at a host that has never heard of the party: received, typed by two people, opened.
fn walk(own: &str, files: Files, known: Option<&EnrolmentRecord>) -> Result<Introduced, EnrolmentError> {
    let mut host = Host::ca();
    let statement = statement(&files);
    let closed = receive(&host, own, files).unwrap();
    host.take_in(&statement);
    host.types(&statement, "chen", Sharing::Whole);
    host.types(&statement, "li", Sharing::Whole);
    closed.confirm(&host.evidence(&statement).unwrap()).unwrap().open(known)
}

fn changed(record: &EnrolmentRecord, pointer: &str, value: Value) -> Vec<u8> {
    let mut fields: Value = serde_json::from_slice(record.json()).unwrap();
    set(&mut fields, pointer, value);
    json::to_vec(&fields).unwrap()
}

fn refused(record: &EnrolmentRecord, pointer: &str, value: Value) -> &'static str {
    EnrolmentRecord::parse(&changed(record, pointer, value)).map_or_else(|error| error.reason().code, |_| "")
}

#[test]
fn both_records_go_through() {
    let introduced = walk("ca:root-ca-01", of_cluster().into_files(), None).unwrap();
    assert_eq!(introduced.record(), &cluster());
    let files = dispatch(&ca(), "cluster:prod-1", CA).into_files();
    let introduced = walk("cluster:prod-1", files, None).unwrap();
    assert_eq!(introduced.record(), &ca());
    assert_eq!(introduced.record().log_key(), &log_key());
    assert!(cluster().known(1, &roster(), time("2025-07-22T03:00:00Z")).is_some());
    assert!(ca().known(1, &roster(), time("2025-07-22T03:00:00Z")).is_none());
}

#[test]
fn r39_two_people_type_all_rows_before_anything_is_read() {
    let mut host = Host::ca();
    let files = of_cluster().into_files();
    let statement = statement(&files);
    let closed = receive(&host, "ca:root-ca-01", files).unwrap();
    host.take_in(&statement);
    host.types(&statement, "chen", Sharing::Whole);
    let one = closed.confirm(&host.evidence(&statement).unwrap()).unwrap_err();
    assert_eq!(one.reason().code, "PAPER_WHOLES");
    // Half and half between them is not enough either.
    host.types(&statement, "li", Sharing::Halves);
    let half = one.state.confirm(&host.evidence(&statement).unwrap()).unwrap_err();
    assert_eq!(half.reason().code, "PAPER_WHOLES");
    host.types(&statement, "li", Sharing::Whole);
    assert!(half.state.confirm(&host.evidence(&statement).unwrap()).is_ok());
}

#[test]
fn r39_the_sender_proves_that_he_holds_the_key_he_introduces() {
    let by_another = restated(of_cluster().into_files(), "expires: 2025-07-29", "expires: 2025-07-28", &key(STRANGER));
    let refused = walk("ca:root-ca-01", by_another, None).unwrap_err();
    assert_eq!(refused.reason().code, "ENROLMENT_POSSESSION");
    let same = restated(of_cluster().into_files(), "expires: 2025-07-29", "expires: 2025-07-28", &key(CLUSTER));
    assert!(walk("ca:root-ca-01", same, None).is_ok());
    let expires = time("2025-07-29T00:00:00Z");
    let trace = "20250722-7Q2K-9M4F-B".parse().unwrap();
    let unheld = cluster().dispatch(trace, "ca:root-ca-01".parse().unwrap(), expires, &key(STRANGER)).unwrap_err();
    assert_eq!(unheld.reason().code, "ENROLMENT_POSSESSION");
}

#[test]
fn a_record_is_of_its_sender_and_for_its_receiver() {
    let good = of_cluster();
    let lines = good.statement().lines();
    let signed =
        |address, payload: Vec<u8>, number| sent::<Introduction>(address, payload, Payload::Json, &key(number));
    let other = airlock::exchange::dispatch::Address { from: "cluster:prod-2".parse().unwrap(), ..address(lines) };
    let refused = walk("ca:root-ca-01", signed(other, good.payload().to_vec(), CLUSTER), None).unwrap_err();
    assert_eq!(refused, EnrolmentError::From);
    let two = airlock::exchange::dispatch::Address { items: 2, ..address(lines) };
    let refused = walk("ca:root-ca-01", signed(two, good.payload().to_vec(), CLUSTER), None).unwrap_err();
    assert_eq!(refused, EnrolmentError::Items(2));
    for expires in ["2025-07-19T23:59:59Z", "2025-08-03T00:00:01Z"] {
        let late = airlock::exchange::dispatch::Address { expires: time(expires), ..address(lines) };
        let mut host = Host::ca();
        host.now = time("2025-07-01T00:00:00Z");
        let files = signed(late, good.payload().to_vec(), CLUSTER);
        let statement = statement(&files);
        let closed = receive(&host, "ca:root-ca-01", files).unwrap();
        host.take_in(&statement);
        host.types(&statement, "chen", Sharing::Whole);
        host.types(&statement, "li", Sharing::Whole);
        let refused = closed.confirm(&host.evidence(&statement).unwrap()).unwrap().open(None).unwrap_err();
        assert_eq!(refused, EnrolmentError::Life, "{expires}");
    }
    // A CA's record is for one cluster.
    let files = dispatch(&ca(), "cluster:prod-2", CA).into_files();
    assert_eq!(walk("cluster:prod-2", files, None).unwrap_err(), EnrolmentError::For);
}

#[test]
fn a_record_says_what_a_cluster_says_or_what_a_ca_says() {
    let both = [&cluster(), &ca()].map(EnrolmentRecord::clone);
    for record in &both {
        for (pointer, value, code) in [
            ("/format", json!("airlock.enrolment/2"), "ENROLMENT_FORMAT"),
            ("/epoch", json!(0), "ENROLMENT_EPOCH"),
            ("/contacts", json!([]), "ENROLMENT_CONTACTS"),
            ("/contacts/0/phone", json!(" 1"), "ENROLMENT_CONTACTS"),
            ("/contacts/0/name", json!(""), "ENROLMENT_CONTACTS"),
            ("/log/origin", json!("airlock/other/log"), "ENROLMENT_ORIGIN"),
            ("/log/spki", json!("AAAA"), "ENROLMENT_SPKI"),
            ("/log/key", json!(key(STRANGER).public_key().to_string()), "ENROLMENT_SPKI"),
            ("/statement_key", json!("ssh-ed25519 AAAA"), "ENROLMENT_FORM"),
            ("/statement_key", json!(record.common().log_key.to_string()), "ENROLMENT_SHARED_KEY"),
            ("/roots", json!([]), "ENROLMENT_ROOTS"),
            ("/roots/0/certificate", json!("AAAA"), "CERTIFICATE_ENCODING"),
            ("/roots/0/status", json!("old"), "ENROLMENT_FORM"),
            ("/x-note", json!("hello"), "ENROLMENT_FORM"),
            ("/tool/x-note", json!("hello"), "ENROLMENT_FORM"),
            ("/tool", Value::Null, "ENROLMENT_FORM"),
        ] {
            assert_eq!(refused(record, pointer, value.clone()), code, "{} {pointer} {value}", record.party());
        }
    }
    for key in ["recipient", "cluster", "witness"] {
        assert_eq!(refused(&both[0], &format!("/{key}"), Value::Null), "ENROLMENT_SIDE", "{key}");
        let value = serde_json::from_slice::<Value>(both[0].json()).unwrap()[key].clone();
        assert_eq!(refused(&both[1], &format!("/{key}"), value), "ENROLMENT_SIDE", "{key}");
    }
    for key in ["archive", "for", "roster", "policy", "token"] {
        assert_eq!(refused(&both[1], &format!("/{key}"), Value::Null), "ENROLMENT_SIDE", "{key}");
        let value = serde_json::from_slice::<Value>(both[1].json()).unwrap()[key].clone();
        assert_eq!(refused(&both[0], &format!("/{key}"), value), "ENROLMENT_SIDE", "{key}");
    }
}

#[test]
fn what_a_cluster_says_fits_together() {
    let record = cluster();
    for (pointer, value, code) in [
        ("/cluster/cluster/name", json!("prod-2"), "ENROLMENT_CLUSTER_NAME"),
        ("/cluster/cluster/uid", json!("none"), "RECORD_UID"),
        ("/cluster/cluster/x-note", json!("none"), "RECORD_FORM"),
        ("/cluster/cluster", Value::Null, "RECORD_FORM"),
        ("/witness/name", json!("a witness"), "ENROLMENT_WITNESS"),
        ("/witness/key", json!(key(CLUSTER).public_key().to_string()), "ENROLMENT_SHARED_KEY"),
        ("/recipient", json!("age1pq1x"), "ENROLMENT_FORM"),
        ("/party", json!("ca:prod-1"), "ENROLMENT_PARTY"),
    ] {
        assert_eq!(refused(&record, pointer, value.clone()), code, "{pointer} {value}");
    }
    // A leaf is no root, and roots stand in their order.
    let (common, side) = cluster_parts();
    let leaf = certificate("cp1/etc/kubernetes/pki/apiserver.crt");
    let with = |roots: Vec<EnrolledRoot>| {
        let common = Common { roots, ..common.clone() };
        EnrolmentRecord::new(common, Side::Cluster(Box::new(side.clone())))
            .map_or_else(|error| error.reason().code, |_| "")
    };
    assert_eq!(with(vec![enrolled(Domain::Etcd, RootStatus::Current, leaf)]), "ENROLMENT_ROOT");
    let mut reversed = common.roots.clone();
    reversed.reverse();
    assert_eq!(with(reversed), "ENROLMENT_ROOTS");
    assert_eq!(with(common.roots.iter().cycle().take(6).cloned().collect()), "ENROLMENT_ROOTS");
    assert_eq!(with(common.roots.clone()), "");
}

#[test]
fn what_a_ca_says_fits_together() {
    let record = ca();
    for (pointer, value, code) in [
        ("/for", json!("ca:root-ca-02"), "ENROLMENT_FOR"),
        ("/roster/ca", json!("ca:root-ca-02"), "ENROLMENT_ROSTER"),
        ("/roster/quorum/leaf", json!(1), "ROSTER_QUORUM"),
        ("/roster/x-note", json!(1), "ENROLMENT_FORM"),
        ("/archive", json!([ARCHIVE, ARCHIVE]), "ENROLMENT_ARCHIVE"),
        ("/archive", json!([]), ""),
        ("/token", json!(""), "ENROLMENT_TOKEN_SERIAL"),
        ("/policy/id", json!("a b"), "ENROLMENT_FORM"),
        ("/party", json!("cluster:root-ca-01"), "ENROLMENT_PARTY"),
        ("/statement_key", json!(key(CHEN).public_key().to_string()), "ENROLMENT_SHARED_KEY"),
    ] {
        assert_eq!(refused(&record, pointer, value.clone()), code, "{pointer} {value}");
    }
    let (common, side) = ca_parts();
    let with = |roots: Vec<EnrolledRoot>| {
        let common = Common { roots, ..common.clone() };
        EnrolmentRecord::new(common, Side::Ca(Box::new(side.clone()))).map_or_else(|error| error.reason().code, |_| "")
    };
    let two = [ROOT, NEXT].map(|number| enrolled(Domain::Etcd, RootStatus::Current, root(number, "etcd")));
    assert_eq!(with(two[..1].to_vec()), "");
    assert_eq!(with(two.to_vec()), "ENROLMENT_ROOTS");
}

#[test]
fn a_key_in_a_token_signs_no_transfers() {
    use ssh_key::public::{Ed25519PublicKey, KeyData, SkEd25519};
    let point = Ed25519PublicKey(*key(STRANGER).public_key().as_ed25519());
    let token = ssh_key::PublicKey::from(KeyData::SkEd25519(SkEd25519::new(point, "ssh:airlock")));
    let line = token.to_openssh().unwrap();
    assert_eq!(refused(&ca(), "/statement_key", json!(line)), "ENROLMENT_TOKEN");
}

#[test]
fn every_wound_of_a_record_is_refused_or_makes_another_record() {
    for good in [cluster(), ca()] {
        for (wound, bytes) in wounds_by(&[0x01], good.json()) {
            if let Ok(other) = EnrolmentRecord::parse(&bytes) {
                assert_eq!(other.json(), bytes, "{wound}");
                assert_ne!(other.sha256(), good.sha256(), "{wound}");
            }
        }
        let text = String::from_utf8(good.json().to_vec()).unwrap();
        for hiding in HIDING {
            let hidden = text.replacen("duty desk", &format!("duty{hiding}desk"), 1);
            assert!(EnrolmentRecord::parse(hidden.as_bytes()).is_err(), "{hiding:?}");
        }
        assert!(EnrolmentRecord::parse(format!("{text}\n").as_bytes()).is_err());
    }
    let huge = vec![b'{'; airlock::exchange::enrolment::record::MAX_BYTES + 1];
    assert_eq!(EnrolmentRecord::parse(&huge), Err(EnrolmentError::Size(huge.len())));
}

#[test]
fn r39_a_party_enrols_again_with_a_higher_epoch_and_people_see_what_changes() {
    let known = cluster();
    let again = |epoch: u64| {
        let (common, side) = cluster_parts();
        let common = Common { epoch, statement_key: key(STRANGER).public_key().clone(), ..common };
        EnrolmentRecord::new(common, Side::Cluster(Box::new(side))).unwrap()
    };
    let open = |record: &EnrolmentRecord| {
        walk("ca:root-ca-01", dispatch(record, "ca:root-ca-01", STRANGER).into_files(), Some(&known))
    };
    for epoch in [2, 3, 1001] {
        assert!(open(&again(epoch)).is_ok(), "{epoch}");
    }
    for found in [1, 1002] {
        assert_eq!(open(&again(found)).unwrap_err(), EnrolmentError::Follows { known: 1, found });
    }
    let facts = again(2).facts(Some(&known));
    let changed: Vec<_> = facts.iter().filter(|fact| !fact.is_same()).map(|fact| fact.name.as_str()).collect();
    assert_eq!(changed, ["epoch", "statement key"]);
    let statement_key = facts.iter().find(|fact| fact.name == "statement key").unwrap();
    assert_eq!(statement_key.old, Some(key(CLUSTER).public_key().fingerprint()));
    assert_eq!(statement_key.new, Some(key(STRANGER).public_key().fingerprint()));
    let first = known.facts(None);
    assert!(first.iter().all(|fact| fact.old.is_none() && fact.new.is_some()));
    assert!(first.iter().any(|fact| fact.name == "root etcd current"));
}

#[test]
fn who_is_enrolled_follows_from_the_log() {
    let mut host = Host::new("ca:root-ca-01", Room::Offline);
    let party = "cluster:prod-1".parse().unwrap();
    assert_eq!(Peers::fold(host.log.entries()).unwrap().pinned(&party), None);
    let introduced = walk("ca:root-ca-01", of_cluster().into_files(), None).unwrap();
    let event = introduced.event();
    host.log.record(&host.moment(), &Actor::system(), None, introduced).unwrap();
    let peers = Peers::fold(host.log.entries()).unwrap();
    assert_eq!((peers.pinned(&party).unwrap().record, peers.pinned(&party).unwrap().epoch), (cluster().sha256(), 1));
    assert_eq!(peers.all().count(), 1);
    let Event::Enrolled(enrolled) = event else { panic!("{event:?}") };
    let higher = airlock::audit::detail::Enrolled { epoch: 2, record: Digest::of(b"2"), ..enrolled.clone() };
    host.note(Event::Enrolled(higher));
    assert_eq!(Peers::fold(host.log.entries()).unwrap().pinned(&party).unwrap().record, Digest::of(b"2"));
    let at = host.note(Event::Enrolled(enrolled));
    assert_eq!(Peers::fold(host.log.entries()), Err(EnrolmentError::Log(at)));
}

/// The log key as openssl reads it out of the record.
#[test]
fn openssl_reads_the_log_key() {
    let fields: Value = serde_json::from_slice(ca().json()).unwrap();
    let bench = Bench::new();
    let output = bench.run(
        "base64 -d | openssl pkey -pubin -inform DER -text -noout",
        fields["log"]["spki"].as_str().unwrap().as_bytes(),
    );
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("ED25519 Public-Key"), "{text}");
    let hex: String = text.split_once("pub:").unwrap().1.chars().filter(char::is_ascii_hexdigit).collect();
    assert_eq!(hex, hex::encode(key(LOG).public_key().as_ed25519()));
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(EnrolmentRecord::parse(&bytes).is_err());
    }

    #[test]
    fn contacts_read_back(names in prop::collection::vec("[!-~]([ -~]{0,20}[!-~])?", 1..8), epoch in 1..1_u64 << 53) {
        let (common, side) = cluster_parts();
        let contacts = names.iter().map(|name| Contact { name: name.clone(), phone: name.clone() }).collect();
        let made = EnrolmentRecord::new(Common { contacts, epoch, ..common }, Side::Cluster(Box::new(side))).unwrap();
        prop_assert_eq!(EnrolmentRecord::parse(made.json()), Ok(made));
    }
}
