//! Officers who approve, with care or without, and one who rejects.

use airlock::cluster::role::Role;
use airlock::exchange::trace::Trace;
use airlock::offline::approve::{Ballot, Care, Vote};
use airlock::offline::plan;
use airlock::offline::room::Room;

use crate::rig::with_token;
use crate::scene::{Scene, asks};
use crate::world::code;

fn refused(scene: &Scene, room: &mut Room, trace: &Trace, id: &str, change: impl FnOnce(&mut Care)) -> &'static str {
    let ballot = Ballot::of(room, trace).unwrap();
    let mut care = Scene::care(&ballot);
    change(&mut care);
    match ballot.ask(room, &id.parse().unwrap(), Vote::Yes(care)) {
        Ok(ask) => {
            let present = scene.world.present(room, id).unwrap();
            code(room.decide(ask, &present))
        }
        Err(refused) => refused.reason().code,
    }
}

#[test]
fn an_approval_says_what_the_officer_did() {
    with_token(an_approval_says_what_the_officer_did, |rig| {
        let (scene, mut room) = Scene::new(rig);
        let wishes = [asks(Role::Admin, "cp1"), asks(Role::Scheduler, "cp1")];
        let (medium, _) = scene.bundle(&room, 1, &wishes, |_| {});
        let trace = scene.planned(&mut room, &medium);
        let mut vote = |id: &str, change: fn(&mut Care)| refused(&scene, &mut room, &trace, id, change);
        assert_eq!(vote("chen", |care| care.privileged = Some(2)), "APPROVE_COUNT");
        assert_eq!(vote("chen", |care| care.privileged = None), "APPROVE_COUNT");
        assert_eq!(vote("chen", |care| care.ticked.clear()), "APPROVE_TICKS");
        assert_eq!(vote("chen", |care| care.ticked.push("0002".parse().unwrap())), "APPROVE_TICKS");
        assert_eq!(vote("chen", |care| care.sheet = None), "APPROVE_SHEET");
        assert_eq!(vote("wang", |_| {}), "APPROVE_ROWS");
        assert_eq!(vote("zhang-wei", |_| {}), "APPROVE_ROWS");
        assert_eq!(vote("chen", |_| {}), "");
        assert_eq!(vote("chen", |_| {}), "DECIDE_TWICE");
        // Li signs where his key is.
        let ballot = Ballot::of(&room, &trace).unwrap();
        let ask = ballot.ask(&room, &"li".parse().unwrap(), Vote::Yes(Scene::care(&ballot))).unwrap();
        let text = room.ask(ask).unwrap().text();
        assert!(text.contains("\nprivileged-ticked: 0001\n") && text.contains("\noob-rows: "), "{text}");
        let armored = scene.world.sign("li", "approval@airlock.v1", text.as_bytes());
        let subject = ballot.plan().subject();
        assert_eq!(code(room.decide_detached(&subject, &"sun".parse().unwrap(), &armored)), "DECIDE_NOT_ASKED");
        room.decide_detached(&subject, &"li".parse().unwrap(), &armored).unwrap();
        scene.signs(&mut room, &trace).unwrap();
    });
}

#[test]
fn a_rejection_closes_the_plan_and_the_next_needs_one_officer_more() {
    with_token(a_rejection_closes_the_plan_and_the_next_needs_one_officer_more, |rig| {
        let (scene, mut room) = Scene::new(rig);
        let (medium, statement) = scene.bundle(&room, 1, &[asks(Role::Scheduler, "cp1")], |_| {});
        let trace = scene.planned(&mut room, &medium);
        scene.votes(&mut room, &trace, "chen").unwrap();
        let ballot = Ballot::of(&room, &trace).unwrap();
        let ask = ballot.ask(&room, &"wang".parse().unwrap(), Vote::No("not announced to us".to_owned())).unwrap();
        let wang = scene.world.present(&mut room, "wang").unwrap();
        room.decide(ask, &wang).unwrap();
        assert_eq!(code(scene.votes(&mut room, &trace, "li")), "MATTER_REJECTED");
        assert_eq!(code(scene.signs(&mut room, &trace)), "PLAN_REJECTED");
        plan::close(&mut room, &trace).unwrap();
        for id in ["chen", "li"] {
            scene.votes(&mut room, &trace, id).unwrap();
        }
        assert_eq!(code(scene.signs(&mut room, &trace)), "QUORUM_OFFICERS");
        scene.types(&mut room, &statement, "sun", airlock::exchange::draw::Sharing::Halves);
        scene.votes(&mut room, &trace, "sun").unwrap();
        scene.signs(&mut room, &trace).unwrap();
    });
}
