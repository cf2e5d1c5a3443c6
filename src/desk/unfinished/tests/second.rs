//! Two statements of one exchange: the alarm stays until it is settled which is right.

use super::*;
use crate::audit::detail::{Enrolled, OobRows, Verified};
use crate::desk::second::has_second;

/// A transfer whose statement says this.
fn brought(kind: &str, statement: &[u8]) -> Event {
    let Event::Received(received) = received(kind) else { unreachable!() };
    Event::Received(Received { statement: Digest::of(statement), ..received })
}

#[test]
fn a_second_statement_is_told_of_until_it_is_settled() {
    let told = |side, events: Vec<Event>| {
        let log = entries(events.into_iter().map(|event| ("a", event)).collect());
        let one = unfinished(&log).into_iter().next().unwrap();
        assert_eq!(has_second(&log, "a"), one.is_second);
        assert!(!has_second(&log, "b"));
        (one.is_second, one.stands(), one.next(side))
    };
    let both = |kind| vec![brought(kind, b"one"), brought(kind, b"another")];
    let (is_second, stands, next) = told(Side::Offline, both("csr-bundle"));
    assert!(is_second && stands == "received; second statement", "{stands}");
    assert!(next.contains("do not go on") && next.ends_with("(a)") && !next.contains("airlock"), "{next}");
    // A CA goes on with neither, however far somebody went; what is locked away is told of as before.
    let verified = Event::PlanVoided(Object { object: Digest::of(b"plan") });
    assert!(told(Side::Offline, [both("csr-bundle"), vec![verified]].concat()).2.contains("do not go on"));
    let locked = Event::OobMismatch(OobRow { person: String::new(), row: String::new(), statement: Digest::of(b"") });
    let (is_second, stands, next) = told(Side::Offline, [both("csr-bundle"), vec![locked]].concat());
    assert!(is_second && stands == "quarantined; second statement" && next.contains("quarantine list"), "{next}");
    let (_, _, next) = told(Side::Online, both("cert-package"));
    assert!(
        next.contains("call the CA on your own number")
            && next.ends_with(": airlock online confirm a --officer ID --key FILE"),
        "{next}"
    );
    // The package that was accepted is the one of the paper; a third one after it is told of again.
    let settled = [both("cert-package"), vec![accepted()]].concat();
    assert_eq!(told(Side::Online, settled.clone()).1, "accepted");
    assert!(told(Side::Online, [settled, vec![brought("cert-package", b"third")]].concat()).0);
    // The same one copied in twice is no second one, nor is what has another kind.
    let same = vec![brought("csr-bundle", b"one"), brought("csr-bundle", b"one")];
    assert_eq!(told(Side::Offline, same).2, "airlock offline confirm a --officer ID --key FILE");
    let kinds = vec![brought("csr-bundle", b"one"), brought("cert-package", b"another")];
    assert!(!told(Side::Online, kinds).0);
}

/// Those that are open in the log of these events of one trace, and whether the alarm stands in it.
fn stand(events: Vec<Event>) -> (Vec<Unfinished>, bool) {
    let log = entries(events.into_iter().map(|event| ("a", event)).collect());
    (unfinished(&log), has_second(&log, "a"))
}

fn both(kind: &str) -> Vec<Event> {
    vec![brought(kind, b"one"), brought(kind, b"another")]
}

fn enrolled(statement: &[u8]) -> Event {
    let [record, statement] = [b"record", statement].map(Digest::of);
    Event::Enrolled(Enrolled { epoch: 1, peer: "cluster:prod-1".to_owned(), record, statement })
}

/// A bundle that was read, answered and written out.
fn answered() -> Vec<Event> {
    let read = Event::PlanVoided(Object { object: Digest::of(b"plan") });
    vec![brought("csr-bundle", b"one"), read, sealed(), exported()]
}

fn locked() -> Event {
    Event::OobMismatch(OobRow { person: String::new(), row: String::new(), statement: Digest::of(b"another") })
}

#[test]
fn nothing_of_another_kind_takes_the_alarm_away() {
    for (kind, other) in [("csr-bundle", "enrolment"), ("cert-package", "enrolment"), ("enrolment", "csr-bundle")] {
        let (open, alarm) = stand([both(kind), vec![brought(other, b"third")]].concat());
        assert!(alarm && open[0].is_second, "{kind} {other}");
        // It is told of, and leads to, what it was.
        assert_eq!(open[0].kind.as_deref(), Some(kind));
        assert!(open[0].next(Side::Offline).contains("do not go on"), "{}", open[0].next(Side::Offline));
    }
    // What settles one kind settles no other.
    let settled = vec![brought("enrolment", b"third"), enrolled(b"third"), accepted()];
    assert!(stand([both("csr-bundle"), settled].concat()).1);
    assert!(!stand(vec![brought("csr-bundle", b"one"), brought("enrolment", b"third")]).1);
}

#[test]
fn what_leaves_once_more_takes_no_alarm_away() {
    assert_eq!(stand(answered()), (Vec::new(), false));
    // As it is, and sealed anew.
    for out in [vec![exported()], vec![sealed(), exported()]] {
        for (since, stage) in [(vec![], Stage::Received), (vec![locked()], Stage::Quarantined)] {
            let came = [answered(), vec![brought("csr-bundle", b"another")], since].concat();
            let (open, alarm) = stand([came, out.clone()].concat());
            assert!(alarm && open[0].is_second && open[0].stage == stage, "{open:?}");
        }
    }
    let placed = Event::KeysPlaced(KeysPlaced { files: 2, nodes: Vec::new(), statement: Digest::of(b"") });
    let request = vec![placed, exported(), exported()];
    assert_eq!(stand(request.clone()).0[0].stage, Stage::Awaited);
    let (open, alarm) = stand([request, both("cert-package"), vec![exported()]].concat());
    assert!(alarm && open[0].is_second && open[0].stage == Stage::Received, "{open:?}");
}

#[test]
fn what_is_sealed_or_locked_away_is_not_undone_by_checking_it_again() {
    let checked = || Event::Verified(Verified { checks: Vec::new(), statement: Digest::of(b"one") });
    let came = || vec![brought("csr-bundle", b"one")];
    assert_eq!(stand([came(), vec![checked()]].concat()).0[0].stage, Stage::Verified);
    assert_eq!(stand([came(), vec![locked(), checked()]].concat()).0[0].stage, Stage::Quarantined);
    assert_eq!(stand([came(), vec![checked(), sealed(), checked()]].concat()).0[0].stage, Stage::Sealed);
    assert!(stand([came(), vec![checked(), sealed(), checked(), exported()]].concat()).0.is_empty());
}

#[test]
fn what_was_accepted_may_come_again_and_changes_nothing() {
    let rows = OobRows {
        attempts: 16,
        channel: "typed".to_owned(),
        person: "li".to_owned(),
        rows: String::new(),
        statement: Digest::of(b"s"),
        typos: 0,
    };
    let again = || vec![brought("cert-package", b"s"), Event::OobRows(rows.clone())];
    for came in [vec![brought("cert-package", b"s")], both("cert-package")] {
        let settled = [came, vec![accepted()], again()].concat();
        let (open, alarm) = stand(settled.clone());
        assert_eq!((open[0].stage, open[0].is_second, alarm), (Stage::Accepted, false, false));
        assert_eq!(open[0].next(Side::Online), "airlock online stage a");
        for (then, stage) in [(staged(&["cp1"]), Stage::Staged), (step(None), Stage::Rotating)] {
            let (open, alarm) = stand([settled.clone(), vec![then]].concat());
            assert_eq!((open[0].stage, alarm), (stage, false));
        }
        // Another one than that is told of.
        let (open, alarm) = stand([settled, vec![brought("cert-package", b"third")]].concat());
        assert!(alarm && open[0].is_second && open[0].stage == Stage::Received);
    }
}

#[test]
fn of_two_enrolments_the_sender_is_asked_and_nobody_is_said_to_have_sealed_again() {
    for side in [Side::Offline, Side::Online] {
        let (open, alarm) = stand(both("enrolment"));
        let next = open[0].next(side);
        assert!(
            alarm && next.starts_with("two different enrolments of this trace were received: do not go on"),
            "{next}"
        );
        assert!(
            next.contains("which sheet is theirs") && !next.contains("seal") && !next.contains("airlock"),
            "{next}"
        );
        // The one that was enrolled is the one of the paper; what comes after it is told of again.
        let settled = [both("enrolment"), vec![enrolled(b"one")]].concat();
        assert_eq!(stand(settled.clone()), (Vec::new(), false));
        assert!(!stand([settled.clone(), vec![brought("enrolment", b"one")]].concat()).1);
        assert!(stand([settled, vec![brought("enrolment", b"another")]].concat()).1);
    }
}

#[test]
fn an_alarm_comes_first_however_old_it_is() {
    let log = entries(vec![
        ("a", brought("csr-bundle", b"one")),
        ("a", brought("csr-bundle", b"another")),
        ("b", brought("csr-bundle", b"another")),
        ("b", locked()),
        ("c", accepted()),
        ("c", split(&["w1"])),
        ("c", written(&["w1"], "/srv/out")),
        ("d", received("csr-bundle")),
        ("e", received("csr-bundle")),
    ]);
    assert_eq!(unfinished(&log).iter().map(|one| one.trace.as_str()).collect::<Vec<_>>(), ["b", "a", "e", "d", "c"]);
}
