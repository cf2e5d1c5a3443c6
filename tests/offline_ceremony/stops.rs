//! What stops a signing on its way, and what becomes of what was signed.

use std::fs;
use std::ops::ControlFlow;

use airlock::audit::entry::Actor;
use airlock::audit::event::Event;
use airlock::cluster::role::Role;
use airlock::exchange::cert_package::layout::PackageLayout;
use airlock::exchange::cert_package::manifest::Manifest;
use airlock::exchange::container::Container;
use airlock::exchange::seal::Sealed;
use airlock::exchange::trace::Trace;
use airlock::offline::machine::Machine;
use airlock::offline::room::Room;
use airlock::offline::{plan, seal, sign};
use airlock::refusal::Refused;
use airlock::wire::json;

use crate::rig::{Rig, with_token};
use crate::scene::{Scene, asks, identity};
use crate::world::{code, pin};

/// More than one batch.
const MANY: usize = 300;

fn many(scene: &Scene, room: &mut Room) -> Trace {
    let wishes: Vec<_> = (0..MANY).map(|_| asks(Role::KubeletServer, "w1")).collect();
    let (medium, _) = scene.bundle(room, 1, &wishes, |_| {});
    scene.approved(room, &medium)
}

/// Signs until the first batch is done; then the token is removed.
fn interrupted(rig: &Rig, room: &mut Room, trace: &Trace) -> Result<(), Refused> {
    let (tokens, away) = (rig.dir.join("tokens"), rig.dir.join("away"));
    let token = room.login(pin()).unwrap();
    let signed = sign::answer(room, &token, &Actor::system(), trace, &mut |at| {
        if at.signed > 0 && tokens.exists() {
            fs::rename(&tokens, &away).unwrap();
        }
        ControlFlow::Continue(())
    });
    drop(room.logout(token));
    fs::rename(&away, &tokens).unwrap();
    signed.map(drop)
}

fn results(room: &Room, trace: &Trace) -> Vec<u64> {
    let of_trace = room.desk().entries().iter().filter(|entry| entry.trace.as_deref() == Some(trace.as_str()));
    let batches = of_trace.filter_map(|entry| match &entry.event {
        Event::Signed(signed) => Some(&signed.results),
        _ => None,
    });
    batches.flatten().map(|result| result.n).collect()
}

#[test]
fn a_token_that_is_removed_loses_no_signature() {
    with_token(a_token_that_is_removed_loses_no_signature, |rig| {
        let (scene, mut room) = Scene::new(rig);
        let trace = many(&scene, &mut room);
        assert_eq!(code(interrupted(rig, &mut room, &trace)), "TOKEN_GONE");
        assert_eq!(results(&room, &trace), (1..=256).collect::<Vec<_>>());
        assert_eq!(Scene::count(&room, |event| matches!(event, Event::HsmLost(_))), 2);
        assert_eq!(code(scene.seals(&mut room, &trace, false)), "PROGRESS_NOT_SIGNED");
        drop(room);
        let mut room = scene.world.open().unwrap();
        scene.signs(&mut room, &trace).unwrap();
        assert_eq!(results(&room, &trace), (1..=MANY as u64).collect::<Vec<_>>());
        assert_eq!(Scene::count(&room, |event| matches!(event, Event::SignRepeat(_))), 1);
        scene.seals(&mut room, &trace, false).unwrap();
    });
}

#[test]
fn a_person_stops_it_and_nothing_that_was_announced_is_left_behind() {
    with_token(a_person_stops_it_and_nothing_that_was_announced_is_left_behind, |rig| {
        let (scene, mut room) = Scene::new(rig);
        let trace = many(&scene, &mut room);
        let repeats = |room: &Room| Scene::count(room, |event| matches!(event, Event::SignRepeat(_)));
        let announced = |room: &Room| Scene::count(room, |event| matches!(event, Event::SignIntent(_)));
        // While the token is being logged in: nothing is announced.
        let before = announced(&room);
        assert_eq!(code(stopped(&mut room, &trace, 0)), "SIGN_STOPPED");
        assert_eq!(announced(&room), before);
        // Before the first batch, which is announced by then.
        assert_eq!(code(stopped(&mut room, &trace, 1)), "SIGN_STOPPED");
        assert_eq!(results(&room, &trace), (1..=256).collect::<Vec<_>>());
        assert_eq!(code(scene.seals(&mut room, &trace, false)), "PROGRESS_NOT_SIGNED");
        drop(room);
        let mut room = scene.world.open().unwrap();
        // So late that all there is was announced: it ends as if nobody had stopped it.
        stopped(&mut room, &trace, 1).unwrap();
        assert_eq!(results(&room, &trace), (1..=MANY as u64).collect::<Vec<_>>());
        assert_eq!(repeats(&room), 0, "an order that is announced twice without a result is denied");
        scene.seals(&mut room, &trace, false).unwrap();
    });
}

/// Signs, and asks for the end once it was told so often that it goes on.
fn stopped(room: &mut Room, trace: &Trace, often: usize) -> Result<(), Refused> {
    let token = room.login(pin()).unwrap();
    let mut gauges = 0..;
    let ended = sign::answer(room, &token, &Actor::system(), trace, &mut |_| match gauges.next() >= Some(often) {
        true => ControlFlow::Break(()),
        false => ControlFlow::Continue(()),
    });
    room.logout(token).unwrap();
    ended.map(drop)
}

#[test]
fn a_signature_that_is_changed_in_the_log_does_not_leave() {
    with_token(a_signature_that_is_changed_in_the_log_does_not_leave, |rig| {
        let (scene, mut room) = Scene::new(rig);
        let (medium, _) = scene.bundle(&room, 1, &[asks(Role::Scheduler, "cp1")], |_| {});
        let trace = scene.approved(&mut room, &medium);
        scene.signs(&mut room, &trace).unwrap();
        let signature = room.desk().entries().iter().rev().find_map(|entry| match &entry.event {
            Event::Signed(signed) => Some(signed.results[0].signature.to_string()),
            _ => None,
        });
        drop(room);
        let log = scene.world.state().join("log");
        let [lines, head] = ["entries.jsonl", "checkpoint"].map(|name| log.join(name));
        let (good, signed_head) = (fs::read_to_string(&lines).unwrap(), fs::read(&head).unwrap());
        let signature = signature.unwrap();
        let other = if &signature[20..21] == "A" { "B" } else { "A" };
        let changed = format!("{}{other}{}", &signature[..20], &signature[21..]);
        fs::write(&lines, good.replace(&signature, &changed)).unwrap();
        assert_eq!(code(scene.world.open()), "LOG_ROLLED_BACK");
        // Without the head nothing vouches for it, and it is verified again.
        fs::remove_file(&head).unwrap();
        let mut room = scene.world.open().unwrap();
        assert_eq!(code(scene.seals(&mut room, &trace, false)), "PROGRESS_SIGNATURE");
        // Nor is a head signed over it, by a run that goes on: that would vouch for it.
        assert_eq!(code(scene.signs(&mut room, &trace)), "PROGRESS_SIGNATURE");
        assert!(!head.exists());
        drop(room);
        fs::write(&lines, good).unwrap();
        fs::write(&head, signed_head).unwrap();
        let mut room = scene.world.open().unwrap();
        scene.seals(&mut room, &trace, false).unwrap();
    });
}

#[test]
fn r24_what_changed_stops_the_signing_and_a_closing_plan_delivers_the_rest() {
    with_token(r24_what_changed_stops_the_signing_and_a_closing_plan_delivers_the_rest, |rig| {
        let (scene, mut room) = Scene::new(rig);
        let trace = many(&scene, &mut room);
        assert_eq!(code(plan::end(&mut room, &trace)), "PLAN_NOTHING_TO_END");
        assert_eq!(code(interrupted(rig, &mut room, &trace)), "TOKEN_GONE");
        scene.enrols(&mut room);
        assert_eq!(code(scene.signs(&mut room, &trace)), "ORDER_CHANGED");
        assert_eq!(results(&room, &trace).len(), 256);
        plan::end(&mut room, &trace).unwrap();
        assert_eq!(code(plan::end(&mut room, &trace)), "PLAN_ANOTHER_OPEN");
        // Nobody decides on it for a day, and what was signed is not lost.
        *scene.world.ahead.lock().unwrap() = 86_500;
        scene.world.attest(&mut room).unwrap();
        assert_eq!(code(scene.votes(&mut room, &trace, "chen")), "MATTER_EXPIRED");
        let closed = plan::end(&mut room, &trace).unwrap();
        assert_eq!((closed.plan.fields().orders.len(), closed.plan.fields().denials.len()), (256, MANY - 256));
        assert_eq!(code(scene.seals(&mut room, &trace, false)), "QUORUM_OFFICERS");
        for id in ["chen", "li"] {
            scene.votes(&mut room, &trace, id).unwrap();
        }
        scene.seals(&mut room, &trace, false).unwrap();
        let kept = seal::kept(&room, &trace).unwrap();
        let plain = Sealed::parse(&kept.files[0].1).unwrap().open(&identity()).unwrap();
        let key = room.machine_key(Machine::Statement).unwrap();
        let container = Container::read(&plain, &PackageLayout, &key).unwrap();
        let manifest: Manifest = json::from_slice(container.manifest()).unwrap();
        assert_eq!((manifest.results.len(), manifest.issued()), (MANY, 256));
        assert_eq!(code(plan::end(&mut room, &trace)), "PLAN_NOTHING_TO_END");
    });
}

#[test]
fn nothing_is_signed_under_a_plan_that_expired_or_by_a_clock_nobody_compared() {
    with_token(nothing_is_signed_under_a_plan_that_expired_or_by_a_clock_nobody_compared, |rig| {
        let (scene, mut room) = Scene::new(rig);
        let (medium, _) = scene.bundle(&room, 1, &[asks(Role::Scheduler, "cp1")], |_| {});
        let trace = scene.approved(&mut room, &medium);
        *scene.world.ahead.lock().unwrap() = 86_000;
        scene.world.attest(&mut room).unwrap();
        *scene.world.ahead.lock().unwrap() = 86_500;
        assert_eq!(code(scene.signs(&mut room, &trace)), "PLAN_EXPIRED");
        assert_eq!(Scene::count(&room, |event| matches!(event, Event::SignIntent(_))), 3, "of the roots alone");
        // The next plan of the same bundle is a new one, with new serial numbers.
        plan::close(&mut room, &trace).unwrap();
        assert_eq!(code(scene.signs(&mut room, &trace)), "QUORUM_OFFICERS");
        for id in ["chen", "li"] {
            scene.votes(&mut room, &trace, id).unwrap();
        }
        *scene.world.ahead.lock().unwrap() = 86_000 + 86_401;
        assert_eq!(code(scene.signs(&mut room, &trace)), "CLOCK_NOT_ATTESTED");
        scene.world.attest(&mut room).unwrap();
        scene.signs(&mut room, &trace).unwrap();
    });
}
