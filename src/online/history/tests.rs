use super::*;
use crate::audit::detail::{Exported, KeysPlaced, PackageAccepted, Requested, Verified};
use crate::audit::entry::{Actor, ClockState, Side, Tool};
use crate::wire::base64::Base64;

const TRACES: [&str; 4] = ["A", "B", "C", "D"];

fn trace(name: &str) -> Trace {
    let at = TRACES.iter().position(|known| *known == name).unwrap();
    Trace::new(Timestamp::from_unix(1_790_000_000).unwrap(), [at as u8; 5])
}

fn statement(name: &str) -> Digest {
    Digest::of(name.as_bytes())
}

fn requested(name: &str, seq: u64, voids: &[&str]) -> (String, Event) {
    let detail = Requested {
        file: Digest::of(b"file"),
        nonce: Base64(vec![7; 32]),
        seq,
        statement: statement(name),
        voids: voids.iter().map(|name| trace(name).to_string()).collect(),
    };
    (trace(name).to_string(), Event::Requested(detail))
}

fn placed(name: &str) -> (String, Event) {
    let detail = KeysPlaced { files: 1, nodes: vec!["cp1".to_owned()], statement: statement(name) };
    (trace(name).to_string(), Event::KeysPlaced(detail))
}

fn exported(name: &str) -> (String, Event) {
    (trace(name).to_string(), Event::Exported(Exported { medium: "/mnt".to_owned(), statement: statement(name) }))
}

fn accepted(name: &str, package_seq: u64) -> (String, Event) {
    let detail = PackageAccepted {
        container: Digest::of(b"container"),
        crls: Vec::new(),
        log: detail::Head { root: Digest::of(b"root"), size: 10 + package_seq },
        package_seq,
        plan: Digest::of(b"plan"),
        statement: statement(&format!("package {package_seq}")),
    };
    (trace(name).to_string(), Event::PackageAccepted(detail))
}

fn enrolled(peer: &str, epoch: u64) -> (String, Event) {
    let detail =
        Enrolled { epoch, peer: peer.to_owned(), record: Digest::of(b"record"), statement: Digest::of(b"enrolment") };
    (trace("D").to_string(), Event::Enrolled(detail))
}

fn history(events: Vec<(String, Event)>) -> History {
    History::of(&entries(events))
}

fn entries(events: Vec<(String, Event)>) -> Vec<Entry> {
    let entry = |(seq, (trace, event)): (usize, (String, Event))| Entry {
        actor: Actor::system(),
        clock: ClockState { attested: None, boot: String::new(), monotonic_ms: 0 },
        event,
        host: "cluster:prod-1".to_owned(),
        outcome: Outcome::Ok,
        seq: seq as u64,
        side: Side::Online,
        time: Timestamp::from_unix(1_790_000_000 + seq as i64).unwrap(),
        tool: Tool { sha256: Digest::of(b"tool"), version: String::new() },
        trace: Some(trace),
    };
    events.into_iter().enumerate().map(entry).collect()
}

fn unanswered(history: &History) -> Vec<&Trace> {
    history.unanswered().into_iter().map(|past| &past.trace).collect()
}

#[test]
fn nothing_happened_at_first() {
    let history = history(Vec::new());
    assert_eq!((history.outstanding(), history.next_seq(), history.accepted()), (None, 1, None));
    assert!(history.ca().is_none() && history.unanswered().is_empty() && history.receipts().is_empty());
}

#[test]
fn a_request_is_outstanding_until_its_package_is_accepted() {
    let asked = vec![requested("A", 1, &[]), placed("A"), exported("A")];
    let past = history(asked.clone()).outstanding().unwrap().clone();
    assert_eq!((past.trace, past.placed, past.exported, past.entry), (trace("A"), true, true, 0));
    let history = history([asked, vec![accepted("A", 5)]].concat());
    assert_eq!((history.outstanding(), history.next_seq()), (None, 2));
    assert_eq!(history.request(&trace("A")).unwrap().fate, Fate::Answered);
    assert_eq!(history.accepted().unwrap().head.size, 15);
    assert!(history.unanswered().is_empty());
    let told = history.receipts()[0];
    assert_eq!((told.outcome, told.statement), (ReceiptOutcome::Accepted, statement("package 5")));
}

#[test]
fn one_request_is_outstanding_and_every_unanswered_one_is_voided_again() {
    let history = history(vec![
        requested("A", 1, &[]),
        accepted("A", 1),
        requested("B", 2, &[]),
        exported("B"),
        requested("C", 3, &["B"]),
    ]);
    assert_eq!(history.outstanding().map(|past| &past.trace), Some(&trace("C")));
    assert_eq!(history.request(&trace("B")).unwrap().fate, Fate::Voided);
    assert_eq!(unanswered(&history), [&trace("B"), &trace("C")]);
    assert_eq!(history.next_seq(), 4);
}

#[test]
fn an_answered_request_is_not_voided() {
    let history = history(vec![requested("A", 1, &[]), accepted("A", 1), requested("B", 2, &["A"])]);
    assert_eq!(history.request(&trace("A")).unwrap().fate, Fate::Answered);
}

#[test]
fn what_the_ca_was_told_is_not_told_again() {
    let refused = |name: &str, statement: Digest| {
        (trace(name).to_string(), Event::Verified(Verified { checks: Vec::new(), statement }))
    };
    let events = vec![requested("A", 1, &[]), accepted("A", 1), requested("B", 2, &[]), accepted("B", 2)];
    let told = |history: &History| history.receipts().iter().map(|receipt| receipt.statement).collect::<Vec<_>>();
    assert_eq!(told(&history(events.clone())), [statement("package 2")]);
    let mut entries = entries([events, vec![refused("B", Digest::of(b"bad"))]].concat());
    assert_eq!(told(&History::of(&entries)), [statement("package 2")]);
    entries.last_mut().unwrap().outcome = Outcome::Failed("W03".to_owned());
    assert_eq!(told(&History::of(&entries)), [statement("package 2"), Digest::of(b"bad")]);
}

#[test]
fn the_last_ca_counts_and_no_cluster() {
    let history = history(vec![enrolled("ca:one", 1), enrolled("ca:two", 3), enrolled("cluster:x", 1)]);
    let (party, enrolled) = history.ca().unwrap();
    assert_eq!((party.to_string().as_str(), enrolled.epoch), ("ca:two", 3));
}
