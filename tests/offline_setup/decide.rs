//! People decide: by the key they show or by a signature they bring, each once, over what is open.

use airlock::audit::entry::Actor;
use airlock::desk::clock::Compared;
use airlock::exchange::approval::operation::{Decision, Operation};
use airlock::exchange::people::person::PersonRole;
use airlock::offline::clock;
use airlock::offline::decide::Ask;
use airlock::offline::room::Room;
use airlock::wire::digest::Digest;

use crate::rig::with_token;
use crate::world::{AUDITOR, World, ask, code};

fn proposed(room: &mut Room, object: &[u8]) -> Digest {
    room.propose(&Actor::system(), Operation::QuarantineClear, object).unwrap()
}

#[test]
fn a_quorum_is_three_officers_and_an_auditor() {
    with_token(a_quorum_is_three_officers_and_an_auditor, |rig| {
        let (world, mut room) = World::born(rig);
        let object = proposed(&mut room, b"one");
        let subject = room.subject(Operation::QuarantineClear, &object).unwrap();
        assert_eq!(code(room.agreed(&subject)), "QUORUM_OFFICERS");
        world.says(&mut room, &subject, "chen").unwrap();
        world.says(&mut room, &subject, "li").unwrap();
        assert_eq!(code(world.says(&mut room, &subject, "li")), "DECIDE_TWICE");
        assert_eq!(code(room.agreed(&subject)), "QUORUM_OFFICERS");
        world.says(&mut room, &subject, "wang").unwrap();
        assert_eq!(code(room.agreed(&subject)), "QUORUM_AUDITOR");
        // An approval of one thing is none of another, and a requester decides nothing.
        let other = proposed(&mut room, b"another");
        let of_other = room.subject(Operation::QuarantineClear, &other).unwrap();
        assert_eq!(code(room.agreed(&of_other)), "QUORUM_OFFICERS");
        assert_eq!(code(world.present(&mut room, "zhang-wei")), "ROLE_MAY_NOT");
        world.says(&mut room, &subject, AUDITOR).unwrap();
        assert_eq!(room.agreed(&subject).unwrap().object(), &object);
        // All this holds in the next process too.
        drop(room);
        let room = world.open().unwrap();
        assert!(room.agreed(&subject).is_ok());
        let as_policy = room.subject(Operation::Policy, &object).unwrap();
        assert_eq!(code(room.agreed(&as_policy)), "APPROVAL_OPERATION");
    });
}

#[test]
fn a_signature_counts_over_a_text_that_was_handed_out() {
    with_token(a_signature_counts_over_a_text_that_was_handed_out, |rig| {
        let (world, mut room) = World::born(rig);
        let object = proposed(&mut room, b"one");
        let subject = room.subject(Operation::QuarantineClear, &object).unwrap();
        let (li, chen) = ("li".parse().unwrap(), "chen".parse().unwrap());
        assert_eq!(code(room.decide_detached(&subject, &li, b"")), "DECIDE_NOT_ASKED");
        let text = room.ask(ask(&subject, "li")).unwrap().text();
        let signature = world.sign("li", "approval@airlock.v1", text.as_bytes());
        let of_chen = world.sign("chen", "approval@airlock.v1", text.as_bytes());
        let rejection = world.sign("li", "rejection@airlock.v1", text.as_bytes());
        assert_eq!(code(room.decide_detached(&subject, &li, &of_chen)), "SIGNATURE_KEY");
        assert_eq!(code(room.decide_detached(&subject, &li, &rejection)), "SIGNATURE_NAMESPACE");
        assert_eq!(code(room.decide_detached(&subject, &chen, &of_chen)), "DECIDE_NOT_ASKED");
        let changed = world.sign("li", "approval@airlock.v1", text.replace("3-of-4", "1-of-4").as_bytes());
        assert_eq!(code(room.decide_detached(&subject, &li, &changed)), "SIGNATURE_INVALID");
        room.decide_detached(&subject, &li, &signature).unwrap();
        assert_eq!(code(room.decide_detached(&subject, &li, &signature)), "DECIDE_TWICE");
        assert_eq!(room.tally(&subject).unwrap().officers, ["li".to_owned()].into());
    });
}

#[test]
fn a_rejection_closes_and_makes_the_next_time_harder() {
    with_token(a_rejection_closes_and_makes_the_next_time_harder, |rig| {
        let (world, mut room) = World::born(rig);
        let object = proposed(&mut room, b"one");
        let subject = room.subject(Operation::QuarantineClear, &object).unwrap();
        world.says(&mut room, &subject, "li").unwrap();
        let no = Ask { decision: Decision::Reject, reason: Some("not ours".to_owned()), ..ask(&subject, "li") };
        let li = world.present(&mut room, "li").unwrap();
        let silent = Ask { reason: None, ..no.clone() };
        assert_eq!(code(room.decide(silent, &li)), "APPROVAL_REASON");
        assert_eq!(
            code(room.decide(Ask { person: "chen".parse().unwrap(), ..no.clone() }, &li)),
            "DECIDE_OTHER_PERSON"
        );
        // He may change his mind.
        room.decide(no, &li).unwrap();
        assert_eq!(code(world.says(&mut room, &subject, "chen")), "MATTER_REJECTED");
        assert_eq!(code(room.agreed(&subject)), "MATTER_REJECTED");
        proposed(&mut room, b"one");
        let again = room.subject(Operation::QuarantineClear, &object).unwrap();
        assert_eq!(again.rule.officers, 4);
        assert!(room.tally(&again).unwrap().officers.is_empty());
        assert_eq!(code(room.propose(&Actor::system(), Operation::QuarantineClear, b"one")), "MATTER_OPEN");
    });
}

#[test]
fn a_matter_is_open_for_a_day() {
    with_token(a_matter_is_open_for_a_day, |rig| {
        let (world, mut room) = World::born(rig);
        let object = proposed(&mut room, b"one");
        let subject = room.subject(Operation::QuarantineClear, &object).unwrap();
        world.says(&mut room, &subject, "li").unwrap();
        *world.ahead.lock().unwrap() = 86_400 + 60;
        assert_eq!(code(world.says(&mut room, &subject, "chen")), "MATTER_EXPIRED");
        assert_eq!(code(room.matter(&Digest::of(b"never"))), "MATTER_UNKNOWN");
    });
}

#[test]
fn a_matter_is_not_open_before_its_time_nor_again_after_it() {
    with_token(a_matter_is_not_open_before_its_time_nor_again_after_it, |rig| {
        let (world, mut room) = World::born(rig);
        let day = 86_400;
        // Proposed under a clock that was ten years ahead: nobody decides on it for ten years.
        *world.ahead.lock().unwrap() = 3_650 * day;
        let object = proposed(&mut room, b"one");
        room.matter(&object).unwrap();
        *world.ahead.lock().unwrap() = 0;
        world.attest(&mut room).unwrap();
        assert_eq!(code(room.matter(&object)), "MATTER_EXPIRED");
        let object = proposed(&mut room, b"one");
        room.matter(&object).unwrap();
        // It expires, as people vouched; a quorum sets the clock back to when it was open.
        let early = room.desk().now().unwrap().plus(60);
        *world.ahead.lock().unwrap() = day + 120;
        world.attest(&mut room).unwrap();
        let set_back = clock::propose(&mut room, &Actor::system(), early).unwrap();
        let subject = room.subject(Operation::ClockSet, &set_back).unwrap();
        world.agree(&mut room, &subject);
        clock::set(&mut room, &set_back).unwrap();
        *world.ahead.lock().unwrap() = 120;
        assert_eq!(code(room.matter(&object)), "MATTER_EXPIRED");
        assert!(room.open_matters(Operation::QuarantineClear).unwrap().is_empty());
        let object = proposed(&mut room, b"one");
        room.matter(&object).unwrap();
    });
}

#[test]
fn two_officers_vouch_for_the_clock_and_a_quorum_sets_it_back() {
    with_token(two_officers_vouch_for_the_clock_and_a_quorum_sets_it_back, |rig| {
        let (world, mut room) = World::born(rig);
        assert_eq!(code(room.attested_now()), "CLOCK_NOT_ATTESTED");
        let (chen, li) = (world.present(&mut room, "chen").unwrap(), world.present(&mut room, "li").unwrap());
        let zhao = world.present(&mut room, AUDITOR).unwrap();
        let now = room.desk().now().unwrap();
        let read = |person, off: i64| Compared { person, minute: now.plus(off) };
        let attest = |room: &mut Room, read: &[Compared<'_>]| room.desk_mut().attest(read, PersonRole::Officer);
        assert_eq!(code(attest(&mut room, &[read(&chen, 0)])), "CLOCK_TWO_PEOPLE");
        assert_eq!(code(attest(&mut room, &[read(&chen, 0), read(&chen, 0)])), "CLOCK_TWO_PEOPLE");
        assert_eq!(code(attest(&mut room, &[read(&chen, 0), read(&zhao, 0)])), "CLOCK_TWO_PEOPLE");
        assert_eq!(code(attest(&mut room, &[read(&chen, 0), read(&li, 300)])), "CLOCK_SPREAD");
        attest(&mut room, &[read(&chen, 0), read(&li, 60)]).unwrap();
        assert_eq!(room.attested_now().unwrap().officers, ["chen", "li"]);
        // A day later somebody has to look again.
        *world.ahead.lock().unwrap() = 86_400 + 60;
        assert_eq!(code(room.attested_now()), "CLOCK_NOT_ATTESTED");
        // Attested ten years ahead, by mistake.
        *world.ahead.lock().unwrap() = 10 * 365 * 86_400;
        world.attest(&mut room).unwrap();
        let ahead = room.desk().now().unwrap();
        let right = ahead.plus(-10 * 365 * 86_400);
        assert_eq!(code(clock::propose(&mut room, &Actor::system(), ahead.plus(60))), "CLOCK_NOT_BACK");
        let object = clock::propose(&mut room, &Actor::system(), right).unwrap();
        assert_eq!(code(clock::propose(&mut room, &Actor::system(), right)), "MATTER_OPEN");
        assert_eq!(code(clock::set(&mut room, &object)), "QUORUM_OFFICERS");
        let other = clock::propose(&mut room, &Actor::system(), right.plus(60)).unwrap();
        // People take their time.
        *world.ahead.lock().unwrap() += 600;
        for object in [&object, &other] {
            let subject = room.subject(Operation::ClockSet, object).unwrap();
            world.agree(&mut room, &subject);
        }
        clock::set(&mut room, &object).unwrap();
        assert_eq!(code(clock::set(&mut room, &other)), "CLOCK_OBJECT", "it was set back meanwhile");
        *world.ahead.lock().unwrap() = 0;
        world.attest(&mut room).unwrap();
        assert!(room.attested_now().is_ok());
        assert_eq!(code(clock::set(&mut room, &object)), "MATTER_CLOSED");
    });
}
