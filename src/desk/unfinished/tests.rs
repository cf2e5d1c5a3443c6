mod second;

use super::*;
use crate::audit::detail::node::{Split, SplitFile, SplitWritten};
use crate::audit::detail::{
    CaInstalled, Exported, Head, KeysPlaced, Object, OobRow, OrderResult, PackageAccepted, PlanClosed, Received,
    Reclaimed, RotationHeld, RotationIntent, RotationReturned, Sealed, Signed, Staged,
};
use crate::audit::entry::{Actor, ClockState, Outcome, Tool};
use crate::wire::base64::Base64;
use crate::wire::digest::Digest;

fn entries(events: Vec<(&str, Event)>) -> Vec<Entry> {
    let tool = Tool { sha256: Digest::of(b""), version: "0".to_owned() };
    let entry = |(seq, (trace, event)): (u64, (&str, Event))| Entry {
        actor: Actor::system(),
        clock: ClockState { attested: None, boot: String::new(), monotonic_ms: seq },
        event,
        host: "ca:root-ca-01".to_owned(),
        outcome: Outcome::Ok,
        seq,
        side: Side::Offline,
        time: Timestamp::from_unix(seq as i64).unwrap(),
        tool: tool.clone(),
        trace: Some(trace.to_owned()),
    };
    (0..).zip(events).map(entry).collect()
}

fn received(kind: &str) -> Event {
    let (kind, medium, from) = (kind.to_owned(), "m".to_owned(), "cluster:prod-1".to_owned());
    Event::Received(Received { from, kind, medium, statement: Digest::of(b"") })
}

fn sealed() -> Event {
    let [file, plan, statement] = [b"f", b"p", b"s"].map(|bytes| Digest::of(bytes));
    Event::Sealed(Sealed { file, package_seq: 1, plan, statement })
}

fn exported() -> Event {
    Event::Exported(Exported { medium: "m".to_owned(), statement: Digest::of(b"") })
}

#[test]
fn a_request_that_left_is_awaited_and_anything_else_that_left_is_ended() {
    let placed = Event::KeysPlaced(KeysPlaced { files: 2, nodes: Vec::new(), statement: Digest::of(b"") });
    let log = entries(vec![
        ("a", received("csr-bundle")),
        ("a", Event::PlanVoided(Object { object: Digest::of(b"plan") })),
        ("a", sealed()),
        ("b", received("csr-bundle")),
        ("a", exported()),
        ("c", exported()),
        ("d", placed),
        ("d", exported()),
        ("d", exported()),
    ]);
    let open = unfinished(&log);
    assert_eq!(open.iter().map(|one| one.trace.as_str()).collect::<Vec<_>>(), ["d", "b"]);
    assert_eq!(open[0].stage, Stage::Awaited);
    assert_eq!(open[1].next(Side::Offline), "airlock offline confirm b --officer ID --key FILE");
}

fn step(to: Option<&str>) -> Event {
    Event::RotationIntent(RotationIntent {
        action: "swap leaves of etcd".to_owned(),
        checks: vec![],
        node: None,
        plan: Digest::of(b"plan"),
        stage: "S5".to_owned(),
        to: to.map(str::to_owned),
        // What is down is started on the way back, too.
        way: "forward".to_owned(),
    })
}

fn held() -> Event {
    let (action, why) = (String::new(), String::new());
    Event::RotationHeld(RotationHeld { action, checks: vec![], plan: Digest::of(b"plan"), why })
}

fn staged(nodes: &[&str]) -> Event {
    let (nodes, list, statement) = (nodes.iter().map(|node| (*node).to_owned()), Digest::of(b"l"), Digest::of(b"s"));
    Event::Staged(Staged { files: 31, list, nodes: nodes.collect(), statement })
}

#[test]
fn what_is_staged_waits_for_its_rotation() {
    let stands = |events: Vec<(&str, Event)>| {
        let open = unfinished(&entries(events)).into_iter();
        open.map(|one| format!("{} {}", one.trace, one.stage.as_str())).collect::<Vec<_>>()
    };
    let both = || staged(&["cp1", "w1"]);
    assert_eq!(stands(vec![("a", both())]), ["a staged; rotation not begun"]);
    let open = unfinished(&entries(vec![("a", both())]));
    assert_eq!(open[0].next(Side::Online), "airlock online rotate a --dry-run");
    // Once it has begun the line of the rotation stands there, also where something is staged once more.
    assert_eq!(stands(vec![("a", both()), ("a", step(None))]), ["a rotating"]);
    assert_eq!(stands(vec![("a", both()), ("a", step(None)), ("a", both())]), ["a rotating"]);
    assert_eq!(stands(vec![("a", both()), ("a", step(Some("none"))), ("a", both())]), ["a staged; rotation not begun"]);
    assert_eq!(stands(vec![("a", both()), ("a", held())]), ["a staged; rotation not begun"]);
    let apart = vec![("a", staged(&["cp1"])), ("a", staged(&["w1"])), ("b", staged(&["cp1"]))];
    assert_eq!(stands(apart), ["b staged; rotation not begun"]);
    let gone = Reclaimed { files: 1, node: "cp1".to_owned(), plan: Digest::of(b"plan") };
    assert!(stands(vec![("a", both()), ("a", step(None)), ("a", Event::Reclaimed(gone))]).is_empty());
    // What took its place on a node ends it, and nothing that has begun.
    assert_eq!(stands(vec![("a", both()), ("b", staged(&["w1"]))]), ["b staged; rotation not begun"]);
    assert_eq!(stands(vec![("a", staged(&["cp1"])), ("b", staged(&["w1"]))]).len(), 2);
    assert_eq!(
        stands(vec![("a", both()), ("a", step(None)), ("b", both())]),
        ["b staged; rotation not begun", "a rotating"]
    );
}

#[test]
fn what_was_on_its_way_back_goes_on_back() {
    for (steps, next) in [
        (vec![step(None), held()], "airlock online rotate a"),
        (vec![step(None), step(Some("trust"))], "airlock online rollback a --to trust"),
        (vec![step(None), step(Some("none")), held()], "airlock online rollback a --to none"),
        (vec![step(Some("none")), step(None)], "airlock online rotate a"),
    ] {
        let log = entries(steps.into_iter().map(|step| ("a", step)).collect());
        assert_eq!(unfinished(&log)[0].next(Side::Online), next);
    }
}

#[test]
fn what_is_signed_to_its_end_is_sealed_and_not_signed_again() {
    let plan = Event::PlanClosed(PlanClosed {
        bundle_seq: None,
        cluster: None,
        denials: 0,
        expires: Timestamp::from_unix(0).unwrap(),
        orders: 3,
        plan: Digest::of(b"plan"),
        rule: "leaf".to_owned(),
        statement: Some(Digest::of(b"statement")),
        tbs: Digest::of(b"tbs"),
    });
    let signed = |numbers: &[u64]| {
        let result = |n: &u64| OrderResult { n: *n, signature: Base64(Vec::new()), tbs: Digest::of(b"") };
        Event::Signed(Signed { plan: Digest::of(b"plan"), results: numbers.iter().map(result).collect() })
    };
    let told = |events: Vec<Event>| {
        let log = entries(events.into_iter().map(|event| ("a", event)).collect());
        let open = unfinished(&log).into_iter().next();
        open.map(|one| (one.stage, one.next(Side::Offline)))
    };
    let stands = |events: Vec<Event>| told([vec![received("csr-bundle")], events].concat()).unwrap();
    let sign = (Stage::Signing, "airlock offline sign a".to_owned());
    assert_eq!(stands(vec![plan.clone(), signed(&[1, 2])]), sign);
    let seal = (Stage::Signed, "airlock offline seal a --media DEV|DIR --sheet FILE".to_owned());
    assert_eq!(stands(vec![plan.clone(), signed(&[1, 2]), signed(&[3])]), seal);
    // A plan that ends the one before has its own signatures.
    assert_eq!(stands(vec![plan.clone(), signed(&[1, 2]), plan.clone(), signed(&[3])]), sign);
    // Lists that it signed are installed first, and the package is still to be sealed.
    let installed = || Event::CaInstalled(CaInstalled { objects: Vec::new(), plan: Digest::of(b"plan") });
    assert_eq!(stands(vec![plan, signed(&[1, 2, 3]), installed()]), seal);
    // A plan of the CA's own came with no transfer, and installing ends it.
    let own = signed(&[1, 2, 3]);
    assert_eq!(told(vec![own.clone()]), Some((Stage::Signing, "airlock offline ca sign a".to_owned())));
    assert_eq!(told(vec![own, installed()]), None);
}

#[test]
fn an_enrolment_goes_on_with_its_own_words() {
    let log = entries(vec![("a", received("enrolment"))]);
    assert_eq!(unfinished(&log)[0].next(Side::Online), "airlock enrol confirm a --officer ID --key FILE");
}

fn returned(to: &str) -> Event {
    Event::RotationReturned(RotationReturned { plan: Digest::of(b"plan"), to: to.to_owned() })
}

fn split(nodes: &[&str]) -> Event {
    let file = |node: &&str| SplitFile {
        certificates: 4,
        keys: 4,
        node: (*node).to_owned(),
        recipient: "age1".to_owned(),
        sha256: Digest::of(b""),
    };
    let files = nodes.iter().map(file).collect();
    Event::Split(Split { container: Digest::of(b"c"), files, statement: Digest::of(b"s") })
}

fn written(nodes: &[&str], out: &str) -> Event {
    let nodes = nodes.iter().map(|node| (*node).to_owned()).collect();
    Event::SplitWritten(SplitWritten { nodes, out: out.to_owned(), statement: Digest::of(b"s") })
}

fn accepted() -> Event {
    Event::PackageAccepted(PackageAccepted {
        container: Digest::of(b"c"),
        crls: Vec::new(),
        log: Head { root: Digest::of(b"r"), size: 1 },
        package_seq: 1,
        plan: Digest::of(b"p"),
        statement: Digest::of(b"s"),
    })
}

#[test]
fn a_way_back_that_was_gone_to_its_end_is_no_work_any_more() {
    let stands = |events: Vec<Event>| {
        let log = entries(events.into_iter().map(|event| ("a", event)).collect());
        unfinished(&log).into_iter().next().map(|one| (one.stage, one.next(Side::Online)))
    };
    let before = || vec![staged(&["cp1"]), step(None), step(Some("none"))];
    let back = (Stage::Returning, "airlock online rollback a --to none".to_owned());
    assert_eq!(stands(before()), Some(back.clone()));
    assert_eq!(stands([before(), vec![held()]].concat()), Some(back));
    assert_eq!(stands([before(), vec![returned("none")]].concat()), None);
    assert_eq!(stands([before(), vec![returned("none"), held()]].concat()), None);
    // Whoever begins again, or stages again, has work again.
    let forward = (Stage::Rotating, "airlock online rotate a".to_owned());
    assert_eq!(stands([before(), vec![returned("none"), step(None)]].concat()), Some(forward.clone()));
    let waits = (Stage::Staged, "airlock online rotate a --dry-run".to_owned());
    assert_eq!(stands([before(), vec![returned("none"), staged(&["cp1"])]].concat()), Some(waits.clone()));
    // Half of the way back is half of a rotation, of which it is said where it stands and what may be done from there.
    let half = |to: &str| vec![staged(&["cp1"]), step(None), step(Some(to)), returned(to)];
    let again = "airlock online rotate a, forward again; or airlock online rollback a --to";
    let trust = (Stage::Returned, format!("{again} none"));
    let leaf = (Stage::Returned, format!("{again} trust, or airlock online rollback a --to none"));
    assert_eq!(stands(half("trust")), Some(trust.clone()));
    assert_eq!(stands(half("leaf")), Some(leaf));
    // It stays there while nothing is done, and is left by a step, either way.
    for stays in [held(), staged(&["cp1"])] {
        assert_eq!(stands([half("trust"), vec![stays]].concat()), Some(trust.clone()));
    }
    assert_eq!(stands([half("leaf"), vec![step(None)]].concat()), Some(forward));
    let further = (Stage::Returning, "airlock online rollback a --to trust".to_owned());
    assert_eq!(stands([half("leaf"), vec![step(Some("trust"))]].concat()), Some(further));
    assert_eq!(stands([half("leaf"), vec![returned("trust")]].concat()), Some(trust));
    assert_eq!(stands([half("leaf"), vec![returned("none")]].concat()), None);
    let told = unfinished(&entries(half("leaf").into_iter().map(|event| ("a", event)).collect()));
    assert_eq!(told[0].stands(), "went back to leaf");
    // Nothing had begun: what is staged waits as before.
    assert_eq!(stands(vec![staged(&["cp1"]), returned("none")]), Some(waits));
}

#[test]
fn a_host_that_split_says_for_how_many_nodes_and_not_that_all_is_to_be_staged_here() {
    let stands = |events: Vec<Event>| {
        let log = entries(events.into_iter().map(|event| ("a", event)).collect());
        unfinished(&log).into_iter().next().map(|one| (one.stage, one.nodes)).unwrap()
    };
    assert_eq!(stands(vec![accepted()]), (Stage::Accepted, 0));
    // Nobody knows what of it lies there: it is cut once more.
    assert_eq!(stands(vec![accepted(), split(&["cp1", "w1"])]), (Stage::Split, 0));
    let cut = |nodes: &[&str]| vec![split(nodes), written(nodes, "/srv/out")];
    let both = || [vec![accepted()], cut(&["cp1", "w1"])].concat();
    assert_eq!(stands(both()), (Stage::Delivered, 2));
    // Cut again for some of them, and for one more.
    assert_eq!(stands([both(), cut(&["w1", "w2"])].concat()), (Stage::Delivered, 3));
    assert_eq!(stands([both(), vec![split(&["w1", "w2"])]].concat()).0, Stage::Split);
    assert_eq!(stands([both(), vec![staged(&["cp1"])]].concat()), (Stage::Staged, 2));
    assert_eq!(stands([vec![accepted(), staged(&["cp1"])], cut(&["w1"])].concat()).0, Stage::Staged);
    let log = entries(vec![("a", accepted()), ("a", split(&["w1"]))]);
    assert_eq!(unfinished(&log)[0].next(Side::Online), "airlock online split a --to DIR");
}

#[test]
fn what_was_written_for_nodes_is_done_here_and_no_unfinished_work() {
    let events =
        |trace, nodes: &[&str], out| [(trace, accepted()), (trace, split(nodes)), (trace, written(nodes, out))];
    let a = events("a", &["cp1", "w1"], "/srv/out").to_vec();
    let open = unfinished(&entries(a.clone()));
    assert!(open[0].stage.is_done());
    assert_eq!(open[0].stands(), "done here: 2 node packages written, last to /srv/out");
    assert_eq!(
        open[0].next(Side::Online),
        "airlock online node accept FILE, airlock online stage a: on each node; or airlock online stage a here"
    );
    let of =
        |log: Vec<(&str, Event)>| -> Vec<_> { unfinished(&entries(log)).iter().map(|one| one.trace.clone()).collect() };
    // What is to be done comes first, however old; a node that is given a newer package needs the older one no more.
    let waits = vec![("c", received("csr-bundle"))];
    assert_eq!(of([waits, a.clone()].concat()), ["c", "a"]);
    assert_eq!(of([a.clone(), events("b", &["w1"], "/srv/b").to_vec()].concat()), ["b"]);
    assert_eq!(of([a, events("b", &["w2"], "/srv/b").to_vec()].concat()), ["b", "a"]);
}
