//! What stops a signing on its way, and what becomes of what was signed.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};

use airlock::audit::entry::Actor;
use airlock::audit::event::Event;
use airlock::cluster::role::Role;
use airlock::desk::host::Senses;
use airlock::devices::clock::{Clock, ClockError, Reading, SystemClock};
use airlock::devices::entropy::SystemEntropy;
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

use crate::failing::Readings;
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

#[test]
fn a_package_that_the_log_does_not_take_is_not_kept_and_the_next_one_is() {
    with_token(a_package_that_the_log_does_not_take_is_not_kept_and_the_next_one_is, |rig| {
        let (scene, mut room) = Scene::new(rig);
        let (medium, _) = scene.bundle(&room, 1, &[asks(Role::Scheduler, "cp1")], |_| {});
        let trace = scene.approved(&mut room, &medium);
        scene.signs(&mut room, &trace).unwrap();
        drop(room);
        let (readings, senses) = Readings::of(SystemClock);
        let mut room = Room::open(scene.world.config(), senses).unwrap();
        let token = room.login(pin()).unwrap();
        let outbox = scene.world.state().join("outbox");
        let kept = || fs::read_dir(&outbox).map_or(0, Iterator::count);
        let before = kept();
        let mut stops = 0;
        loop {
            let sealed = readings.during(stops, || seal::seal(&mut room, &token, &trace, false));
            let Err(refused) = sealed else { break };
            assert_eq!(refused.reason().code, "CLOCK_OUT_OF_RANGE");
            assert_eq!(code(seal::kept(&room, &trace)), "SEAL_NOT_SEALED");
            assert_eq!(kept(), before, "after {stops} readings");
            stops += 1;
        }
        assert_eq!(stops, 5, "the last three are those of the package, of its head, and of its entry");
        room.logout(token).unwrap();
        assert_eq!(kept(), before + 1);
        let (medium, of_package) = (scene.medium("out"), |event: &Event| matches!(event, Event::Sealed(_)));
        assert_eq!(Scene::count(&room, of_package), 1);
        Scene::exports(&mut room, &trace, &medium).unwrap();
    });
}

/// A clock at whose reading, after it was read so often, somebody else writes into this file.
struct Meddled(Arc<AtomicI32>, PathBuf);

impl Clock for Meddled {
    fn read(&self) -> Result<Reading, ClockError> {
        if self.0.fetch_sub(1, Ordering::Relaxed) == 0 {
            OpenOptions::new().append(true).open(&self.1).unwrap().write_all(b"{").unwrap();
        }
        SystemClock.read()
    }
}

#[test]
fn a_package_stays_where_nobody_knows_whether_the_log_names_it() {
    with_token(a_package_stays_where_nobody_knows_whether_the_log_names_it, |rig| {
        let (scene, mut room) = Scene::new(rig);
        let (medium, _) = scene.bundle(&room, 1, &[asks(Role::Scheduler, "cp1")], |_| {});
        let trace = scene.approved(&mut room, &medium);
        scene.signs(&mut room, &trace).unwrap();
        drop(room);
        let (left, lines) = (Arc::new(AtomicI32::new(i32::MAX)), scene.world.state().join("log/entries.jsonl"));
        let senses = Senses { clock: Box::new(Meddled(Arc::clone(&left), lines)), entropy: Box::new(SystemEntropy) };
        let mut room = Room::open(scene.world.config(), senses).unwrap();
        let token = room.login(pin()).unwrap();
        left.store(4, Ordering::Relaxed);
        assert_eq!(code(seal::seal(&mut room, &token, &trace, false)), "STORAGE_CHANGED");
        assert_eq!(fs::read_dir(scene.world.state().join("outbox")).unwrap().count(), 1);
        drop((token, room));
        // It was not: the next run makes another.
        let mut room = scene.world.open().unwrap();
        scene.seals(&mut room, &trace, false).unwrap();
        Scene::exports(&mut room, &trace, &scene.medium("out")).unwrap();
    });
}
