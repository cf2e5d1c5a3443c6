//! CSR bundles: how they are made, and everything the CA refuses of one whose sender holds all keys of the cluster.

use airlock::audit::detail::{CheckResult, Verified};
use airlock::audit::event::Event;
use airlock::audit::note::NoteKey;
use airlock::audit::tree::Head;
use airlock::cluster::record::Record;
use airlock::cluster::role::{Domain, Role};
use airlock::exchange::arrival::{Closed, Files, Reception, Standing};
use airlock::exchange::csr_bundle::bindings::Known;
use airlock::exchange::csr_bundle::draft::{Draft, Wanted};
use airlock::exchange::csr_bundle::layout::BundleLayout;
use airlock::exchange::csr_bundle::manifest::{
    Audience, KeyOrigin, Origin, Place, ReplyTo, Revocation, RevocationReason, Tool, TrustChange, TrustOp,
};
use airlock::exchange::csr_bundle::possession::Possession;
use airlock::exchange::csr_bundle::{BundleError, CsrBundle};
use airlock::exchange::dispatch::Dispatch;
use airlock::exchange::draw::Sharing;
use airlock::exchange::paper::PaperError;
use airlock::exchange::people::roster::Roster;
use airlock::exchange::seal::recipient::Recipient;
use airlock::exchange::signature::SigningKey as _;
use airlock::exchange::signature::private_key::SoftwareKey;
use airlock::exchange::statement::party::Party;
use airlock::exchange::transfer::Payload;
use airlock::pki::csr::Csr;
use airlock::refusal::{Refusal as _, Refused};
use airlock::wire::digest::Digest;
use airlock::wire::pem;
use airlock::wire::time::Timestamp;
use serde_json::{Value, json};

use crate::host::{Host, confirmed};
use crate::letter::{Parts, address, copy, restated, sent, statement};
use crate::tools::{HIDING, wounds};
use crate::world::{CLUSTER, STRANGER, certificate, csr, fixture, identity, key, record, roster, seen, time, witness};

pub(crate) const TRACE: &str = "20250722-7Q2K-9M4F-B";

/// What the cluster asks for: two leaves, one of which replaces a certificate, and a revocation.
pub(crate) fn dispatch() -> Dispatch {
    with(|_| {})
}

/// The same with a change.
pub(crate) fn with(change: impl FnOnce(&mut Draft<'_>)) -> Dispatch {
    made(change).unwrap()
}

fn made(change: impl FnOnce(&mut Draft<'_>)) -> Result<Dispatch, Refused> {
    let (record, old) = (record(), certificate("cp1/etc/kubernetes/pki/apiserver.crt"));
    let issuer = certificate("cp1/etc/kubernetes/pki/ca.crt").public_key().spki_sha256();
    let (apiserver, peer) = (csr("kubeadm-apiserver"), csr("kubeadm-etcd-peer"));
    let wanted = |csr, profile, path: &str| Wanted {
        csr,
        profile,
        validity_s: 31_536_000,
        replaces: None,
        place: Place { node: "cp1".to_owned(), path: path.to_owned() },
        key_origin: KeyOrigin::Node,
    };
    let mut draft = Draft {
        trace: TRACE.parse().unwrap(),
        seq: 118,
        nonce: [7; 32],
        created: time("2025-07-22T02:58:00Z"),
        expires: time("2025-07-29T03:00:00Z"),
        origin: Origin {
            host: "adm-ws-01".to_owned(),
            operators: vec!["zhang-wei".parse().unwrap()],
            party: "cluster:prod-1".parse().unwrap(),
            tool: Tool { sha256: Digest::of(b"binary"), version: "0.1.0".to_owned() },
            uid: record.fields().uid.clone(),
        },
        audience: Audience { ca: "ca:root-ca-01".parse().unwrap(), issuers: vec![issuer] },
        reply_to: ReplyTo { ca_epoch: 1, recipient: identity().recipient() },
        seen_checkpoint: Some(seen(Head { size: 1042, root: Digest::of(b"head") })),
        receipts: Vec::new(),
        voids: Vec::new(),
        cluster: &record,
        requests: vec![
            Wanted {
                replaces: Some((&old, issuer)),
                ..wanted(&apiserver, Role::Apiserver, "etc/kubernetes/pki/apiserver.crt")
            },
            wanted(&peer, Role::EtcdPeer, "etc/kubernetes/pki/etcd/peer.crt"),
        ],
        revocations: vec![Revocation {
            issuer_spki_sha256: issuer,
            reason: RevocationReason::KeyCompromise,
            serial: "4a".parse().unwrap(),
            since: time("2025-07-01T00:00:00Z"),
        }],
        trust_ops: Vec::new(),
    };
    change(&mut draft);
    draft.dispatch(&key(CLUSTER))
}

fn parts() -> Parts {
    Parts::of(dispatch().payload(), &BundleLayout, &key(CLUSTER))
}

fn key_of(party: &Party) -> Option<airlock::exchange::signature::public_key::SshPublicKey> {
    (party.to_string() == "cluster:prod-1").then(|| key(CLUSTER).public_key().clone())
}

/// What the CA has pinned of the cluster.
struct Enrolled {
    key: SoftwareKey,
    record: Record,
    recipient: Recipient,
    witness: NoteKey,
    roster: Roster,
}

impl Enrolled {
    fn new() -> Self {
        let recipient = identity().recipient();
        Self { key: key(CLUSTER), record: record(), recipient, witness: witness(), roster: roster() }
    }

    fn at(&self, now: Timestamp) -> Known<'_> {
        Known {
            key: self.key.public_key(),
            record: &self.record,
            recipient: &self.recipient,
            witness: &self.witness,
            ca_epoch: 1,
            roster: &self.roster,
            now,
        }
    }
}

/// Receives at `host`, as [`walk`] does.
fn receive(host: &Host, files: Files) -> Result<Closed<CsrBundle>, &'static str> {
    let (own, papers) = ("ca:root-ca-01".parse().unwrap(), host.papers());
    let standing = |_: &_| Standing::Welcome;
    let reception = Reception { host: &own, now: host.now, papers: &papers, key_of: &key_of, standing: &standing };
    Closed::receive(files, &reception).map_err(|error| error.reason().code)
}

fn open(host: &mut Host, files: Files, before: Option<&Possession>) -> Result<CsrBundle, BundleError> {
    let statement = statement(&files);
    let closed = receive(host, files).unwrap();
    let typed = match host.papers().sheet(&statement) {
        Some(sheet) => sheet.evidence().unwrap(),
        None => confirmed(host, &statement),
    };
    let enrolled = Enrolled::new();
    let known = enrolled.at(host.now);
    Ok(closed.confirm(&typed).unwrap().open(&known, before)?.settle(&typed).unwrap())
}

/// The bundle of the fixtures, received and opened at `host`, with its trace in the log.
pub(crate) fn received(host: &mut Host) -> CsrBundle {
    received_of(host, dispatch())
}

/// Another bundle of the same trace, likewise.
pub(crate) fn received_of(host: &mut Host, dispatch: Dispatch) -> CsrBundle {
    host.trace = Some(TRACE.to_owned());
    let bundle = open(host, dispatch.into_files(), None).unwrap();
    host.trace = None;
    bundle
}

/// The whole walk at a CA that has never seen anything: received, typed by two officers, opened.
fn walk(files: Files) -> Result<CsrBundle, BundleError> {
    open(&mut Host::ca(), files, None)
}

/// The walk of a bundle that someone with the cluster's keys changed.
fn forged(change: impl FnOnce(&mut Parts)) -> Result<CsrBundle, BundleError> {
    let mut parts = parts();
    change(&mut parts);
    let payload = parts.write(&BundleLayout, &key(CLUSTER));
    let address = address(dispatch().statement().lines());
    walk(sent::<CsrBundle>(address, payload, Payload::Zip, &key(CLUSTER)))
}

/// [`forged`] where only a value of the manifest is another; `null` takes it away.
fn forged_field(pointer: &str, value: Value) -> Result<CsrBundle, BundleError> {
    forged(|parts| set(&mut parts.manifest, pointer, value))
}

pub(crate) fn set(json: &mut Value, pointer: &str, value: Value) {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    match json.pointer_mut(parent).unwrap() {
        Value::Object(object) if value.is_null() => assert!(object.remove(name).is_some()),
        Value::Object(object) => {
            object.insert(name.to_owned(), value);
        }
        Value::Array(array) if value.is_null() => {
            array.remove(name.parse().unwrap());
        }
        Value::Array(array) => array[name.parse::<usize>().unwrap()] = value,
        other => panic!("{other}"),
    }
}

#[test]
fn a_bundle_goes_through() {
    let bundle = walk(dispatch().into_files()).unwrap();
    assert_eq!(bundle.proven(), 2);
    assert_eq!(bundle.letter().statement().lines().items, 3);
    assert_eq!(bundle.letter().evidence().people().len(), 2);
    let first = &bundle.requests()[0];
    assert_eq!(first.csr.as_ref().unwrap().der(), csr("kubeadm-apiserver").der());
    assert_eq!(first.replaced.as_ref().unwrap().der(), certificate("cp1/etc/kubernetes/pki/apiserver.crt").der());
    assert_eq!(bundle.manifest().seen_checkpoint.as_ref().unwrap().head().size, 1042);
    assert!(forged(|_| {}).is_ok(), "what the tests below change is good before");
}

/// The encoding is for ever: what was written once is written again, byte for byte.
#[test]
fn the_bundle_of_the_fixtures_is_written_again() {
    for (name, bytes) in dispatch().files() {
        let path = format!("bundle/{name}");
        if std::env::var_os("AIRLOCK_BLESS").is_some() {
            std::fs::write(format!("{}/fixtures/{path}", env!("CARGO_MANIFEST_DIR")), &bytes).unwrap();
        }
        assert!(fixture(&path) == *bytes, "{path}");
    }
}

#[test]
fn r14_nothing_is_read_before_the_sheet_was_typed() {
    let mut host = Host::ca();
    let files = dispatch().into_files();
    let statement = statement(&files);
    let closed = receive(&host, copy(&files)).unwrap();
    host.take_in(&statement);
    host.types(&statement, "chen", Sharing::Halves);
    let half = host.evidence(&statement).unwrap();
    let mismatch = closed.confirm(&half).unwrap_err();
    assert_eq!(mismatch.reason().code, "ROWS_MISSING");
    // The state is handed back and goes on once the other half is there.
    host.types(&statement, "li", Sharing::Halves);
    assert!(mismatch.state.confirm(&host.evidence(&statement).unwrap()).is_ok());

    let other = confirmed(&mut host, with(|draft| draft.seq = 119).statement());
    let refused = receive(&host, files).unwrap().confirm(&other).unwrap_err();
    assert!(matches!(refused.error, PaperError::Statement(_)));
}

#[test]
fn r10_kind_sender_receiver_and_key_belong_together() {
    let files = || dispatch().into_files();
    let refused = |files| receive(&Host::ca(), files).unwrap_err();
    let ours = key(CLUSTER);
    assert_eq!(refused(restated(files(), "cluster:prod-1", "cluster:prod-2", &ours)), "ARRIVAL_UNKNOWN");
    assert_eq!(refused(restated(files(), "to: ca:root-ca-01", "to: ca:root-ca-02", &ours)), "ARRIVAL_TO");
    assert_eq!(refused(restated(files(), "to: ca:root-ca-01", "to: host:root-ca-01", &ours)), "ARRIVAL_TO");
    assert_eq!(refused(restated(files(), "from: cluster:prod-1", "from: ca:root-ca-01", &ours)), "STATEMENT_SENDER");
    assert_eq!(refused(restated(files(), "kind: csr-bundle", "kind: cert-package", &ours)), "STATEMENT_SENDER");
    assert_eq!(refused(restated(files(), "kind: csr-bundle", "kind: enrolment", &ours)), "TRANSFER_STATEMENT");
    assert_eq!(refused(restated(files(), "items: 3", "items: 4", &key(STRANGER))), "SIGNATURE_KEY");
    let mut wrong = files();
    wrong.payload.push(0);
    assert_eq!(refused(wrong), "ARRIVAL_DIGEST");
}

#[test]
fn a_transfer_that_is_late_spent_or_in_quarantine_stays_outside() {
    let mut host = Host::ca();
    host.now = time("2025-07-29T03:00:00Z");
    assert!(receive(&host, dispatch().into_files()).is_ok());
    host.wait(1);
    assert_eq!(receive(&host, dispatch().into_files()).unwrap_err(), "ARRIVAL_EXPIRED");

    let mut host = Host::ca();
    let (own, papers) = ("ca:root-ca-01".parse().unwrap(), host.papers());
    for (standing, code) in [(Standing::Spent, "ARRIVAL_SPENT"), (Standing::Unasked, "ARRIVAL_UNASKED")] {
        let standing = |_: &_| standing;
        let reception = Reception { host: &own, now: host.now, papers: &papers, key_of: &key_of, standing: &standing };
        let refused = Closed::<CsrBundle>::receive(dispatch().into_files(), &reception).unwrap_err();
        assert_eq!(refused.reason().code, code);
        assert!(Closed::<CsrBundle>::reread(dispatch().into_files(), &reception).is_ok());
    }

    host.take_in(dispatch().statement());
    let (sitting, entry) = host.sit(dispatch().statement(), "chen", Sharing::Halves).unwrap();
    host.note(sitting.mismatch(entry.row()));
    assert_eq!(receive(&host, dispatch().into_files()).unwrap_err(), "PAPER_QUARANTINED");
}

#[test]
fn every_wound_of_a_small_bundle_is_refused() {
    let files = dispatch().into_files();
    let host = Host::ca();
    for (wound, statement) in wounds(&files.statement) {
        assert!(receive(&host, Files { statement, ..copy(&files) }).is_err(), "statement {wound}");
    }
    for (wound, signature) in wounds(&files.signature) {
        assert!(receive(&host, Files { signature, ..copy(&files) }).is_err(), "signature {wound}");
    }
    let digest = |payload: &[u8]| Digest::of(payload) == statement(&files).lines().file_sha256;
    for (wound, payload) in wounds(&files.payload) {
        assert!(!digest(&payload), "payload {wound}");
    }
}

/// The same behind the statement: someone signs a statement over a wounded container.
#[test]
fn every_wound_inside_a_soundly_stated_bundle_is_refused() {
    let good = with(|draft| draft.requests.truncate(1));
    let (mut host, enrolled) = (Host::ca(), Enrolled::new());
    let address = address(good.statement().lines());
    let typed = confirmed(&mut host, good.statement());
    let closed = receive(&host, good.into_files()).unwrap();
    let known = enrolled.at(host.now);
    let confirmed = closed.confirm(&typed).unwrap();
    let payload = confirmed.payload().to_vec();
    assert!(confirmed.open(&known, None).is_ok());
    for (wound, payload) in wounds(&payload) {
        let read = airlock::exchange::container::Container::read(&payload, &BundleLayout, known.key);
        assert!(read.is_err(), "{wound}");
    }
    // One of them through the whole walk.
    let (_, wounded) = wounds(&payload).last().unwrap();
    let refused = walk(sent::<CsrBundle>(address, wounded, Payload::Zip, &key(CLUSTER))).unwrap_err();
    assert_eq!(refused.check(), "V01");
}

#[test]
fn a_container_signed_by_another_key_is_refused() {
    let payload = parts().write(&BundleLayout, &key(STRANGER));
    let address = address(dispatch().statement().lines());
    let refused = walk(sent::<CsrBundle>(address, payload, Payload::Zip, &key(CLUSTER))).unwrap_err();
    assert_eq!((refused.reason().code, refused.check()), ("SIGNATURE_KEY", "V03"));
}

#[test]
fn r09_the_manifest_says_what_the_statement_says() {
    for (pointer, value, code) in [
        ("/format", json!("airlock.csr-bundle/2"), "BUNDLE_FORMAT"),
        ("/suite", json!("gm-1"), "BUNDLE_SUITE"),
        ("/trace", json!("20250715-K3JD-88XA-B"), "BUNDLE_TRACE"),
        ("/origin/party", json!("cluster:prod-2"), "BUNDLE_FROM"),
        ("/origin/uid", json!("3f0f0f5e-6f0a-4f62-9a58-5a0c2b7d9e12"), "BUNDLE_UID"),
        ("/audience/ca", json!("ca:root-ca-02"), "BUNDLE_TO"),
        ("/expires", json!("2025-07-29T03:00:01Z"), "BUNDLE_EXPIRES"),
        ("/revocations", Value::Null, "BUNDLE_ITEMS"),
        (
            "/reply_to/recipient",
            json!("age1ygp5lfd9cfvkp2hxkr5z4mk2nh6qsxqyhzzlz9ecr7s6l37s0q2sfnwxxf"),
            "BUNDLE_MANIFEST",
        ),
        ("/reply_to/ca_epoch", json!(2), "BUNDLE_CA_EPOCH"),
    ] {
        assert_eq!(forged_field(pointer, value).unwrap_err().reason().code, code, "{pointer}");
    }
    let other = airlock::exchange::seal::identity::Identity::generate().recipient().to_string();
    let refused = forged_field("/reply_to/recipient", json!(other)).unwrap_err();
    assert_eq!((refused.reason().code, refused.check()), ("BUNDLE_RECIPIENT", "V06"));
}

#[test]
fn r11_a_bundle_is_for_exactly_one_ca_host() {
    let two = json!(["ca:root-ca-01", "ca:root-ca-02"]);
    assert_eq!(forged_field("/audience/ca", two).unwrap_err().reason().code, "BUNDLE_MANIFEST");
    let taken_over = with(|draft| draft.voids = vec!["20250715-K3JD-88XA-B".parse().unwrap()]);
    assert_eq!(walk(taken_over.into_files()).unwrap().manifest().voids.len(), 1);
    let itself = json!([TRACE]);
    assert_eq!(forged_field("/voids", itself).unwrap_err().reason().code, "BUNDLE_VOIDS");
}

#[test]
fn a_manifest_agrees_with_itself() {
    for (pointer, value, code) in [
        ("/nonce", json!("AAAA"), "BUNDLE_NONCE"),
        ("/created", json!("2025-07-30T00:00:00Z"), "BUNDLE_LIFE"),
        ("/created", json!("2025-07-15T02:59:59Z"), "BUNDLE_LIFE"),
        ("/counts", json!({"apiserver": 2}), "BUNDLE_COUNTS"),
        ("/counts", json!({"apiserver": 1, "etcd-peer": 1, "scheduler": 0}), "BUNDLE_COUNTS"),
        ("/requests/1/id", json!("0003"), "BUNDLE_NUMBERS"),
        ("/requests/1/id", json!("00002"), "BUNDLE_NUMBERS"),
        ("/requests/1/id", json!("0001"), "BUNDLE_NUMBERS"),
        ("/requests/1/id", json!("2"), "BUNDLE_MANIFEST"),
        ("/requests/1/profile", json!("scheduler"), "BUNDLE_COUNTS"),
        ("/requests/1/profile", json!("root"), "BUNDLE_MANIFEST"),
        ("/audience/issuers", json!([Digest::of(b"b"), Digest::of(b"b")]), "BUNDLE_ISSUERS"),
        ("/trust_ops", json!([{"domain": "etcd", "op": "introduce-root"}]), "BUNDLE_TRUST_OPS"),
    ] {
        assert_eq!(forged_field(pointer, value).unwrap_err().reason().code, code, "{pointer}");
    }
    let twice = |parts: &mut Parts| {
        let first = parts.manifest["revocations"][0].clone();
        parts.manifest["revocations"].as_array_mut().unwrap().push(first);
    };
    assert_eq!(forged(twice).unwrap_err(), BundleError::Revocations);
}

#[test]
fn r34_only_x_keys_may_be_added_and_only_at_the_top() {
    assert!(forged_field("/x-ticket", json!("4A-2025-118")).is_ok());
    for (pointer, value, code) in [
        ("/ticket", json!("4A"), "BUNDLE_UNKNOWN_KEY"),
        ("/X-ticket", json!("4A"), "BUNDLE_UNKNOWN_KEY"),
        ("/origin/x-ticket", json!("4A"), "BUNDLE_MANIFEST"),
        ("/requests/0/x-ticket", json!("4A"), "BUNDLE_MANIFEST"),
        ("/x-ticket", json!(1), "BUNDLE_MANIFEST"),
    ] {
        assert_eq!(forged_field(pointer, value).unwrap_err().reason().code, code, "{pointer}");
    }
}

#[test]
fn r34_a_manifest_has_one_encoding_and_hides_nothing() {
    let (parts, ours) = (parts(), key(CLUSTER));
    let good = String::from_utf8(airlock::wire::json::to_vec(&parts.manifest).unwrap()).unwrap();
    let address = address(dispatch().statement().lines());
    let mut bad = vec![
        good.replacen("{\"audience\"", "{ \"audience\"", 1),
        format!("{good}\n"),
        good.replacen("\"seq\":118", "\"seq\":118.0", 1),
        good.replacen("\"seq\":118", "\"seq\":118,\"seq\":118", 1),
        good.replacen("\"seq\":118", "\"seq\":18446744073709551615", 1),
        good.replacen("adm-ws-01", "adm-ws-0\\u0031", 1),
    ];
    bad.extend(HIDING.map(|hiding| good.replacen("adm-ws", &format!("adm{hiding}ws"), 1)));
    for manifest in bad {
        assert_ne!(manifest, good);
        let payload = parts.write_with(manifest.as_bytes(), &BundleLayout, &ours);
        let refused = walk(sent::<CsrBundle>(address.clone(), payload, Payload::Zip, &ours)).unwrap_err();
        assert!(matches!(refused, BundleError::Manifest(_)), "{refused}");
    }
}

#[test]
fn r31_the_files_are_exactly_those_of_the_manifest() {
    for (change, code) in [
        (("requests/0002.csr.pem", None), "BUNDLE_MISSING"),
        (("context/replaced/0001.pem", None), "BUNDLE_MISSING"),
        (("context/cluster.json", None), "BUNDLE_MISSING"),
        (("requests/0003.csr.pem", Some(())), "BUNDLE_UNLISTED"),
        (("context/replaced/0002.pem", Some(())), "BUNDLE_UNLISTED"),
    ] {
        let (name, adds) = change;
        let refused = forged(|parts| match adds {
            Some(()) => assert!(parts.files.insert(name.to_owned(), b"more".to_vec()).is_none()),
            None => assert!(parts.files.remove(name).is_some()),
        });
        let refused = refused.unwrap_err();
        assert_eq!((refused.reason().code, refused.check()), (code, "V05"), "{name}");
    }
    let parts = parts();
    for name in ["requests/1.csr.pem", "requests/0001.csr", "context/0001.pem", "certs/0001.pem", "readme"] {
        let mut files = parts.files.clone();
        files.insert(name.to_owned(), Vec::new());
        let entries: Vec<_> =
            files.iter().map(|(name, bytes)| airlock::exchange::container::Entry { name, bytes }).collect();
        let refused = airlock::exchange::container::write(b"{}", &entries, &BundleLayout, &key(CLUSTER)).unwrap_err();
        assert_eq!(refused.reason().code, "CONTAINER_NAME", "{name}");
    }
}

#[test]
fn r33_digests_are_those_of_the_csrs() {
    let peer = || csr("kubeadm-etcd-peer").to_pem();
    let other = csr("kubeadm-scheduler").to_pem();
    let file = "requests/0002.csr.pem".to_owned();
    for (text, code) in [
        (other, "BUNDLE_CSR_DIGEST"),
        (peer().replace('\n', "\r\n"), "BUNDLE_PEM"),
        (format!("{}\n", peer()), "BUNDLE_PEM"),
        (format!("note\n{}", peer()), "BUNDLE_PEM"),
        (format!("{}{}", peer(), peer()), "BUNDLE_PEM"),
        (peer().replace("CERTIFICATE REQUEST", "CERTIFICATE"), "BUNDLE_PEM"),
    ] {
        let refused = forged(|parts| drop(parts.files.insert(file.clone(), text.into_bytes()))).unwrap_err();
        assert_eq!((refused.reason().code, refused.check()), (code, "V09"));
    }
    let refused = forged_field("/requests/1/spki_sha256", json!(Digest::of(b"other"))).unwrap_err();
    assert_eq!(refused.reason().code, "BUNDLE_SPKI_DIGEST");
    assert!(refused.to_string().contains("0002"), "{refused}");
}

#[test]
fn what_is_replaced_is_there_and_is_what_the_manifest_says() {
    let etcd = certificate("cp1/etc/kubernetes/pki/etcd/server.crt").to_pem();
    for text in [etcd.into_bytes(), b"none".to_vec()] {
        let refused =
            forged(|parts| drop(parts.files.insert("context/replaced/0001.pem".to_owned(), text))).unwrap_err();
        assert_eq!(refused.check(), "V10");
    }
    for (pointer, value) in [
        ("/requests/0/replaces/serial", json!("01")),
        ("/requests/0/replaces/not_after", json!("2030-01-01T00:00:00Z")),
    ] {
        assert_eq!(forged_field(pointer, value).unwrap_err().reason().code, "BUNDLE_REPLACED_OTHER", "{pointer}");
    }
    let refused = forged_field("/requests/0/replaces/serial", json!("4A")).unwrap_err();
    assert_eq!(refused.reason().code, "BUNDLE_MANIFEST");
}

/// A hostile CSR that the bundle describes truly is denied alone; the others go on.
#[test]
fn a_bad_csr_is_a_verdict_on_one_request() {
    for (name, code) in [
        ("signature-of-other-bytes", "CSR_POSSESSION"),
        ("signature-of-another-key", "CSR_POSSESSION"),
        ("length-indefinite", "CSR_ENCODING"),
        ("attribute-challenge", "CSR_CHALLENGE_PASSWORD"),
        ("trailing-byte", "CSR_ENCODING"),
        ("version-2", "CSR_VERSION"),
    ] {
        let text = String::from_utf8(fixture(&format!("csr/{name}.csr"))).unwrap();
        let der = pem::blocks(&text).unwrap().remove(0).1;
        let bundle = forged(|parts| {
            let pem = pem::encode(pem::CERTIFICATE_REQUEST, &der);
            parts.files.insert("requests/0002.csr.pem".to_owned(), pem.into_bytes());
            set(&mut parts.manifest, "/requests/1/csr_sha256", json!(Digest::of(&der)));
        })
        .unwrap();
        assert_eq!(bundle.proven(), 1);
        assert_eq!(bundle.requests()[1].csr.as_ref().map(Csr::der).unwrap_err().reason().code, code, "{name}");
    }
}

#[test]
fn a_changed_cluster_record_needs_an_enrolment() {
    let refused = forged(|parts| {
        let file = parts.files.get_mut("context/cluster.json").unwrap();
        *file = String::from_utf8(file.clone()).unwrap().replace("10.66.0.21", "10.66.0.99").into_bytes();
    })
    .unwrap_err();
    assert_eq!((refused.reason().code, refused.reason().class.exit_status()), ("RECORD_CHANGED", 4));
    let spaced = forged(|parts| parts.files.get_mut("context/cluster.json").unwrap().push(b'\n'));
    assert_eq!(spaced.unwrap_err(), BundleError::RecordChanged);
}

#[test]
fn r19_operators_are_requesters_of_the_roster() {
    for operators in [json!([]), json!(["li"]), json!(["zhao"]), json!(["zhang-wei", "nobody"])] {
        let refused = forged_field("/origin/operators", operators).unwrap_err();
        assert_eq!((refused.reason().code, refused.reason().class.exit_status()), ("BUNDLE_OPERATOR", 4));
    }
    assert!(matches!(forged_field("/origin/operators", json!(["LI"])), Err(BundleError::Manifest(_))));
}

#[test]
fn r20_a_bundle_from_the_future_is_refused() {
    let mut host = Host::ca();
    host.now = time("2025-07-22T02:48:00Z").plus(-10);
    let refused = open(&mut host, dispatch().into_files(), None).unwrap_err();
    assert_eq!((refused.reason().code, refused.reason().class.exit_status()), ("BUNDLE_FUTURE", 10));
    host.now = time("2025-07-22T02:48:00Z");
    assert!(open(&mut host, dispatch().into_files(), None).is_ok());
}

#[test]
fn r21_a_sequence_number_is_one_that_json_carries() {
    for (seq, code) in [((1_u64 << 53) - 1, ""), (1 << 53, "BUNDLE_MANIFEST"), (u64::MAX, "BUNDLE_MANIFEST")] {
        let manifest = serde_json::to_vec(&parts().manifest).unwrap();
        let manifest = String::from_utf8(manifest).unwrap().replacen("\"seq\":118", &format!("\"seq\":{seq}"), 1);
        let payload = parts().write_with(manifest.as_bytes(), &BundleLayout, &key(CLUSTER));
        let address = address(dispatch().statement().lines());
        let found = walk(sent::<CsrBundle>(address, payload, Payload::Zip, &key(CLUSTER)));
        assert_eq!(found.map_or_else(|error| error.reason().code, |_| ""), code, "{seq}");
    }
}

#[test]
fn r26_the_seen_checkpoint_is_cosigned_by_the_enrolled_witness() {
    let head = Head { size: 1042, root: Digest::of(b"head") };
    let good = serde_json::to_value(seen(head)).unwrap();
    for (pointer, value) in [
        ("/seen_checkpoint/size", json!(1043)),
        ("/seen_checkpoint/root", json!(Digest::of(b"other"))),
        ("/seen_checkpoint/cosignature", json!("AAAA")),
        ("/seen_checkpoint", serde_json::to_value(seen(Head { size: 1, ..head })).unwrap()),
    ] {
        let found = forged_field(pointer, value).map(|_| ()).map_err(|error| (error.reason().code, error.check()));
        let expected = if pointer == "/seen_checkpoint" { Ok(()) } else { Err(("BUNDLE_COSIGNATURE", "V11")) };
        assert_eq!(found, expected, "{pointer}");
    }
    assert!(forged_field("/seen_checkpoint", good).is_ok());
    assert!(forged_field("/seen_checkpoint", Value::Null).is_ok());
}

#[test]
fn r15_a_change_of_trust_stays_unsettled_until_one_person_typed_all_rows() {
    let trust = || {
        with(|draft| {
            draft.requests.clear();
            draft.revocations.clear();
            draft.trust_ops = vec![TrustOp { domain: Domain::Etcd, op: TrustChange::IntroduceRoot }];
        })
    };
    let intermediate = || with(|draft| draft.requests[1].profile = Role::IntermediateKubernetes);
    for files in [trust().into_files(), intermediate().into_files()] {
        let mut host = Host::ca();
        let statement = statement(&files);
        let halves = confirmed(&mut host, &statement);
        let enrolled = Enrolled::new();
        let known = enrolled.at(host.now);
        let unsettled = receive(&host, files).unwrap().confirm(&halves).unwrap().open(&known, None).unwrap();
        assert_eq!(unsettled.demand().sharing, Sharing::Whole);
        let mismatch = unsettled.settle(&halves).unwrap_err();
        assert_eq!(mismatch.reason().code, "PAPER_WHOLES");
        host.types(&statement, "li", Sharing::Whole);
        assert!(mismatch.state.settle(&host.evidence(&statement).unwrap()).is_ok());
    }
}

fn verified(host: &mut Host, status: &str) -> Option<Possession> {
    let check = CheckResult { code: None, id: "V09".to_owned(), status: status.to_owned() };
    let statement = dispatch().statement().clone();
    host.note(Event::Verified(Verified { checks: vec![check], statement: statement.id() }));
    Possession::logged(host.log.entries(), &statement)
}

/// A stopped run goes on without verifying all proofs again, if the log knows that they all held.
#[test]
fn proofs_once_verified_need_not_be_verified_again() {
    let mut host = Host::ca();
    assert_eq!(Possession::logged(host.log.entries(), dispatch().statement()), None);
    let held = verified(&mut host, "ok").unwrap();
    assert_eq!(open(&mut host, dispatch().into_files(), Some(&held)).unwrap().proven(), 2);
    // Of other bytes it says nothing: they are verified.
    let other = with(|draft| draft.seq = 119);
    assert!(open(&mut host, other.into_files(), Some(&held)).is_ok());
    assert_eq!(verified(&mut host, "deny"), None);
    assert!(verified(&mut host, "ok").is_some());
}

#[test]
fn what_could_not_be_read_is_not_made() {
    assert_eq!(made(|draft| draft.created = time("2025-08-01T00:00:00Z")).unwrap_err().reason().code, "BUNDLE_LIFE");
    let same = |draft: &mut Draft<'_>| draft.voids = vec![TRACE.parse().unwrap()];
    assert_eq!(made(same).unwrap_err().reason().code, "BUNDLE_VOIDS");
    let named = |draft: &mut Draft<'_>| draft.origin.host = "adm\u{202e}".to_owned();
    assert_eq!(made(named).unwrap_err().reason().code, "BUNDLE_MANIFEST");
}
