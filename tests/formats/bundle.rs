//! CSR bundles: how they are made, and everything the CA refuses of one whose sender holds all keys of the cluster.

use airlock::audit::detail::{CheckResult, Verified};
use airlock::audit::event::Event;
use airlock::cluster::role::{Domain, Role};
use airlock::exchange::arrival::{Closed, Files, Reception, Standing};
use airlock::exchange::csr_bundle::CsrBundle;
use airlock::exchange::csr_bundle::draft::Draft;
use airlock::exchange::csr_bundle::layout::BundleLayout;
use airlock::exchange::csr_bundle::manifest::{TrustChange, TrustOp};
use airlock::exchange::csr_bundle::possession::Possession;
use airlock::exchange::draw::Sharing;
use airlock::exchange::paper::PaperError;
use airlock::exchange::transfer::Payload;
use airlock::refusal::Refusal as _;
use airlock::wire::digest::Digest;

use crate::host::{Host, confirmed};
use crate::letter::{address, copy, restated, sent, statement};
use crate::tools::wounds;
use crate::world::{CLUSTER, STRANGER, certificate, csr, fixture, key, time};

use crate::bundle_world::{Enrolled, TRACE, dispatch, forged, key_of, made, open, parts, receive, walk, with};

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
