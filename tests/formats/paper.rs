//! The fold of the paper: nothing is forgotten by a restart, and nothing follows from the wrong sheet.

use airlock::audit::detail::{Cleared, ClockAttested, Object, OobAsked, OobDraw, OobRow, OobRows};
use airlock::audit::entry::Side;
use airlock::audit::event::Event;
use airlock::exchange::code::rows::Rows;
use airlock::exchange::draw::entry::{Answer, EntryError, Step};
use airlock::exchange::draw::{CoverageError, Sharing};
use airlock::exchange::paper::PaperError;
use airlock::exchange::paper::channel::Channel;
use airlock::exchange::paper::evidence::Demand;
use airlock::exchange::paper::papers::Papers;
use airlock::exchange::statement::kind::Kind;
use airlock::exchange::statement::party::Party;
use airlock::exchange::statement::{Lines, Statement};
use airlock::exchange::trace::Trace;
use airlock::wire::digest::Digest;

use crate::host::{Host, confirmed, id, paper};
use crate::world::time;

/// The `number`th bundle of the cluster.
fn bundle(number: u8) -> Statement {
    let expires = time("2025-07-29T03:00:00Z");
    Statement::new(Lines {
        kind: Kind::CsrBundle,
        trace: Trace::new(expires, [number; 5]),
        from: "cluster:prod-1".parse().unwrap(),
        to: "ca:root-ca-01".parse().unwrap(),
        items: 42,
        expires,
        file_sha256: Digest::of(&[number]),
    })
    .unwrap()
}

fn demand() -> Demand {
    Demand::of(Kind::CsrBundle)
}

#[test]
fn two_officers_confirm_half_each_and_a_third_has_rows_of_his_own() {
    let (mut host, bundle) = (Host::ca(), bundle(1));
    let evidence = confirmed(&mut host, &bundle);
    assert_eq!(evidence.covers(&bundle, demand()), Ok(()));
    let rows: Vec<_> = evidence.people().iter().map(|typed| (typed.person.as_str(), typed.rows)).collect();
    assert_eq!((rows[0].0, rows[1].0), ("chen", "li"));
    assert_eq!((rows[0].1.count(), rows[0].1.and(rows[1].1)), (8, Rows::ALL));
    host.types(&bundle, "wang", Sharing::Halves);
    let wang = host.evidence(&bundle).unwrap().of(&id("wang")).unwrap().clone();
    assert_eq!((wang.rows.count(), wang.attempts, wang.typos, wang.channel), (8, 8, 0, Channel::Typed));
}

#[test]
fn half_of_the_rows_does_not_suffice_and_one_person_may_type_all() {
    let (mut host, bundle) = (Host::ca(), bundle(1));
    host.take_in(&bundle);
    assert_eq!(
        host.evidence(&bundle).unwrap().covers(&bundle, demand()),
        Err(CoverageError::Missing(Rows::ALL).into())
    );
    host.types(&bundle, "chen", Sharing::Halves);
    let others = host.papers().sheet(&bundle).unwrap().asked(&id("li"), Sharing::Halves);
    assert_eq!(host.evidence(&bundle).unwrap().covers(&bundle, demand()), Err(CoverageError::Missing(others).into()));
    host.types(&bundle, "chen", Sharing::Whole);
    assert_eq!(host.evidence(&bundle).unwrap().covers(&bundle, demand()), Ok(()));
    assert!(matches!(host.sit(&bundle, "chen", Sharing::Whole), Err(PaperError::Entry(EntryError::Nothing))));
}

#[test]
fn r39_an_enrolment_needs_two_people_who_type_all_rows_each() {
    let (mut host, sheet) = (Host::ca(), bundle(1));
    let evidence = confirmed(&mut host, &sheet);
    let demand = Demand::of(Kind::Enrolment);
    let missing = evidence.of(&id("li")).unwrap().rows;
    assert_eq!(evidence.covers(&sheet, demand), Err(PaperError::Wholes { have: 0, need: 2, missing }));
    host.types(&sheet, "chen", Sharing::Whole);
    let one = host.evidence(&sheet).unwrap().covers(&sheet, demand);
    assert!(matches!(one, Err(PaperError::Wholes { have: 1, need: 2, .. })));
    host.types(&sheet, "li", Sharing::Whole);
    assert_eq!(host.evidence(&sheet).unwrap().covers(&sheet, demand), Ok(()));
}

#[test]
fn r15_a_change_of_trust_needs_all_rows_by_one_person() {
    let (mut host, bundle) = (Host::ca(), bundle(1));
    let halves = confirmed(&mut host, &bundle);
    assert!(matches!(halves.covers(&bundle, Demand::of_trust()), Err(PaperError::Wholes { have: 0, need: 1, .. })));
    host.types(&bundle, "li", Sharing::Whole);
    assert_eq!(host.evidence(&bundle).unwrap().covers(&bundle, Demand::of_trust()), Ok(()));
}

#[test]
fn the_rows_of_one_statement_open_no_other() {
    let mut host = Host::ca();
    let evidence = confirmed(&mut host, &bundle(1));
    assert_eq!(evidence.covers(&bundle(2), demand()), Err(PaperError::Statement(bundle(1).id())));
}

#[test]
fn r17_a_restart_gives_the_same_rows_and_no_fresh_attempts() {
    let (mut host, bundle) = (Host::ca(), bundle(1));
    host.take_in(&bundle);
    let (sitting, entry) = host.sit(&bundle, "chen", Sharing::Halves).unwrap();
    let row = entry.row();
    assert!(matches!(entry.enter("1"), Step::Next(_, Answer::Typo)));
    host.note(sitting.typo(row));
    host.note(sitting.wrong(row));
    host.note(sitting.abandoned());

    let (sitting, entry) = host.sit(&bundle, "chen", Sharing::Halves).unwrap();
    assert_eq!(entry.row(), row);
    host.finish(&bundle, &sitting, entry, Channel::Phone);
    let typed = host.evidence(&bundle).unwrap().of(&id("chen")).unwrap().clone();
    assert_eq!((typed.attempts, typed.typos, typed.channel), (9, 1, Channel::Phone));
}

#[test]
fn r14_a_mismatch_quarantines_the_statement_alone_until_it_is_cleared() {
    let mut host = Host::ca();
    let (bad, good) = (bundle(1), bundle(2));
    host.take_in(&bad);
    let (sitting, entry) = host.sit(&bad, "chen", Sharing::Halves).unwrap();
    let row = entry.row();
    host.note(sitting.wrong(row));
    let at = host.note(sitting.mismatch(row));
    assert_eq!(host.papers().sheet(&bad).unwrap().quarantine(), Some(at));
    assert!(matches!(host.sit(&bad, "li", Sharing::Halves), Err(PaperError::Quarantined(_))));
    assert_eq!(host.evidence(&bad), Err(PaperError::Quarantined(at)));

    // Another statement, even of the same trace, is not touched.
    assert_eq!(confirmed(&mut host, &good).covers(&good, demand()), Ok(()));

    let object = Digest::of(b"object");
    host.note(Event::QuarantineCleared(Cleared { object, statement: Some(bad.id()), peer: None }));
    host.types(&bad, "chen", Sharing::Halves);
    let typed = host.evidence(&bad).unwrap().of(&id("chen")).unwrap().clone();
    assert_eq!(typed.attempts, 10);
}

#[test]
fn r14_six_typos_end_the_sitting_and_ten_minutes_of_rest_allow_another() {
    let (mut host, bundle) = (Host::ca(), bundle(1));
    host.take_in(&bundle);
    let (sitting, mut entry) = host.sit(&bundle, "chen", Sharing::Halves).unwrap();
    let row = entry.row();
    for _ in 0..5 {
        let Step::Next(next, Answer::Typo) = entry.enter("1") else { panic!("five are forgiven") };
        entry = next;
        host.note(sitting.typo(row));
    }
    assert!(matches!(entry.enter("1"), Step::Tired(_)));
    host.note(sitting.typo(row));
    host.note(sitting.abandoned());
    assert!(matches!(host.sit(&bundle, "chen", Sharing::Halves), Err(PaperError::Entry(EntryError::Tired))));
    host.wait(600);
    host.types(&bundle, "chen", Sharing::Halves);
    assert_eq!(host.evidence(&bundle).unwrap().of(&id("chen")).unwrap().typos, 6);
}

/// Draws for a bundle, lets an officer see his rows, and loses him.
fn give_up(host: &mut Host, number: u8) {
    host.take_in(&bundle(number));
    let (sitting, _) = host.sit(&bundle(number), "chen", Sharing::Halves).unwrap();
    host.note(sitting.abandoned());
}

#[test]
fn r15_two_draws_given_up_within_a_day_lock_the_peer() {
    let mut host = Host::ca();
    let peer = "cluster:prod-1".parse().unwrap();
    give_up(&mut host, 1);
    assert_eq!(host.papers().intake(&peer, host.now), Ok(()));
    host.wait(86_000);
    give_up(&mut host, 2);
    assert_eq!(host.papers().intake(&peer, host.now), Err(PaperError::Locked("cluster:prod-1".to_owned())));
    assert!(matches!(host.sit(&bundle(1), "chen", Sharing::Halves), Err(PaperError::Locked(_))));
    assert_eq!(host.papers().intake(&"cluster:prod-2".parse().unwrap(), host.now), Ok(()));

    // Time does not unlock it; the auditor does.
    host.wait(10 * 86_400);
    assert!(host.papers().intake(&peer, host.now).is_err());
    let object = Digest::of(b"object");
    host.note(Event::QuarantineCleared(Cleared { object, statement: None, peer: Some(peer.to_string()) }));
    assert_eq!(host.papers().intake(&peer, host.now), Ok(()));
    give_up(&mut host, 3);
    assert_eq!(host.papers().intake(&peer, host.now), Ok(()));
}

#[test]
fn r15_a_ca_is_locked_out_for_a_day() {
    let mut host = Host::new("cluster:prod-1", Side::Online);
    let peer: Party = "ca:root-ca-01".parse().unwrap();
    for number in [1, 2] {
        let expires = time("2025-07-29T03:00:00Z");
        let package = Statement::new(Lines {
            kind: Kind::CertPackage,
            trace: Trace::new(expires, [number; 5]),
            from: peer.clone(),
            to: "cluster:prod-1".parse().unwrap(),
            items: 1,
            expires,
            file_sha256: Digest::of(&[number]),
        });
        host.take_in(package.as_ref().unwrap());
        let (sitting, _) = host.sit(&package.unwrap(), "zhang-wei", Sharing::Whole).unwrap();
        host.note(sitting.abandoned());
    }
    assert_eq!(host.papers().intake(&peer, host.now), Err(PaperError::Locked("ca:root-ca-01".to_owned())));
    host.wait(86_390);
    assert!(host.papers().intake(&peer, host.now).is_err());
    host.wait(20);
    assert_eq!(host.papers().intake(&peer, host.now), Ok(()));
}

/// Years ahead, and then put right by two officers.
const AHEAD: i64 = 10 * 365 * 86_400;

fn put_right(host: &mut Host) {
    host.wait(-AHEAD);
    host.note(Event::ClockAttested(ClockAttested { officers: vec!["chen".to_owned(), "li".to_owned()], spread_s: 0 }));
}

#[test]
fn what_was_given_up_under_a_clock_that_was_ahead_locks_nobody_out() {
    let mut host = Host::ca();
    let peer = "cluster:prod-1".parse().unwrap();
    host.wait(AHEAD);
    give_up(&mut host, 1);
    give_up(&mut host, 2);
    assert!(host.papers().intake(&peer, host.now).is_err());
    put_right(&mut host);
    assert_eq!(host.papers().intake(&peer, host.now), Ok(()));
    // Two under the right clock lock as ever.
    give_up(&mut host, 3);
    assert_eq!(host.papers().intake(&peer, host.now), Ok(()));
    give_up(&mut host, 4);
    assert!(host.papers().intake(&peer, host.now).is_err());
}

#[test]
fn typos_under_a_clock_that_was_ahead_keep_nobody_from_typing() {
    let (mut host, bundle) = (Host::ca(), bundle(1));
    host.wait(AHEAD);
    host.take_in(&bundle);
    let (sitting, entry) = host.sit(&bundle, "chen", Sharing::Halves).unwrap();
    for _ in 0..6 {
        host.note(sitting.typo(entry.row()));
    }
    host.note(sitting.abandoned());
    assert!(matches!(host.sit(&bundle, "chen", Sharing::Halves), Err(PaperError::Entry(EntryError::Tired))));
    put_right(&mut host);
    host.types(&bundle, "chen", Sharing::Halves);
}

#[test]
fn r15_what_is_far_apart_or_finished_after_all_locks_nothing() {
    let mut host = Host::ca();
    let peer = "cluster:prod-1".parse().unwrap();
    give_up(&mut host, 1);
    host.wait(86_401);
    give_up(&mut host, 2);
    assert_eq!(host.papers().intake(&peer, host.now), Ok(()));
    host.types(&bundle(2), "chen", Sharing::Whole);
    give_up(&mut host, 3);
    assert_eq!(host.papers().intake(&peer, host.now), Ok(()));
}

#[test]
fn r15_a_new_draw_gives_up_the_one_before() {
    let mut host = Host::ca();
    let peer = "cluster:prod-1".parse().unwrap();
    // The first officer finishes his half and sees that the other half will not fit: the stick is gone, another comes.
    for number in 1..=2 {
        host.take_in(&bundle(number));
        host.types(&bundle(number), "chen", Sharing::Halves);
    }
    assert_eq!(host.papers().intake(&peer, host.now), Ok(()));
    host.take_in(&bundle(3));
    assert!(host.papers().intake(&peer, host.now).is_err());
}

#[test]
fn a_sitting_without_an_end_is_written_down_before_the_next() {
    let (mut host, bundle) = (Host::ca(), bundle(1));
    host.take_in(&bundle);
    let (sitting, _) = host.sit(&bundle, "chen", Sharing::Halves).unwrap();
    assert!(host.papers().sheet(&bundle).unwrap().is_unfinished());
    assert!(matches!(host.sit(&bundle, "chen", Sharing::Halves), Err(PaperError::Unfinished)));
    host.note(sitting.abandoned());
    assert!(host.sit(&bundle, "chen", Sharing::Halves).is_ok());
}

#[test]
fn nobody_types_what_was_not_drawn() {
    let host = Host::ca();
    let refused = host.papers().sit(&bundle(1), &id("chen"), Sharing::Halves, host.now).unwrap_err();
    assert_eq!(refused, PaperError::NotDrawn);
}

/// An entry that cannot follow from the log so far is found where it stands.
#[test]
fn a_log_that_contradicts_itself_is_found() {
    let statement = bundle(1).id();
    let row = |person: &str, row: &str| OobRow { person: person.to_owned(), row: row.to_owned(), statement };
    let rows = |person: &str, rows: &str| OobRows {
        attempts: 8,
        channel: "typed".to_owned(),
        person: person.to_owned(),
        rows: rows.to_owned(),
        statement,
        typos: 0,
    };
    let order = "ABCDEFGHIJKLMNOP".to_owned();
    let asked = |rows: &str| OobAsked { person: "chen".to_owned(), rows: rows.to_owned(), statement };
    let other = Digest::of(b"never drawn");
    for event in [
        Event::OobDraw(OobDraw { order: order.clone(), statement }),
        Event::OobDraw(OobDraw { order, statement: other }),
        Event::OobAsked(asked("b")),
        Event::OobAsked(OobAsked { person: "Chen".to_owned(), ..asked("B") }),
        Event::OobAsked(OobAsked { statement: other, ..asked("B") }),
        Event::OobTypo(row("li", "A")),
        Event::OobTypo(row("chen", "Q")),
        Event::OobWrong(row("chen", "AB")),
        Event::OobMismatch(row("li", "A")),
        Event::OobRows(rows("chen", "A")),
        Event::OobRows(rows("li", "A,B")),
        Event::OobRows(OobRows { channel: "pasted".to_owned(), ..rows("chen", "A,B") }),
        Event::OobAbandoned(Object { object: other }),
        Event::QuarantineCleared(Cleared { object: other, statement: Some(other), peer: None }),
    ] {
        let mut host = Host::ca();
        host.take_in(&bundle(1));
        host.note(Event::OobAsked(asked("A,B")));
        assert!(Papers::fold(host.log.entries()).is_ok());
        let at = host.note(event.clone());
        assert_eq!(Papers::fold(host.log.entries()), Err(PaperError::Log(at)), "{event:?}");
    }
    let mut host = Host::ca();
    host.take_in(&bundle(1));
    host.note(Event::OobAsked(asked("A,B")));
    host.note(Event::OobRows(rows("chen", "A,B")));
    assert!(Papers::fold(host.log.entries()).is_ok());
}

#[test]
fn wrong_digits_of_another_sheet_are_a_mismatch() {
    let mut host = Host::ca();
    host.take_in(&bundle(1));
    let (_, entry) = host.sit(&bundle(1), "chen", Sharing::Halves).unwrap();
    let digits = paper(&bundle(2), &entry);
    let Step::Next(entry, Answer::TypeAgain) = entry.enter(&digits) else { panic!("well formed and wrong") };
    assert!(matches!(entry.enter(&digits), Step::Mismatch(_)));
}
