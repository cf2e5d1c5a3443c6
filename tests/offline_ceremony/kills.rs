//! Signing and sealing, killed at each system call by which they change something.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use airlock::audit::event::Event;
use airlock::cluster::role::Role;
use airlock::exchange::trace::Trace;
use airlock::offline::room::Room;
use airlock::offline::seal;

use crate::rig::{Rig, with_token};
use crate::scene::{Scene, asks};
use crate::sweep::{changes, child, sweep_prepared};
use crate::world::World;

fn scene_at(rig: &Rig, path: &Path) -> (Scene, Room, Trace) {
    let scene = Scene::of(World::at(rig, path));
    let room = scene.world.open().unwrap();
    let trace = room.desk().entries().iter().rev().find_map(|entry| match &entry.event {
        Event::PlanClosed(_) => entry.trace.as_ref().map(|trace| trace.parse().unwrap()),
        _ => None,
    });
    (scene, room, trace.unwrap())
}

/// Copies the state and the people of `scene` to where a run may be killed.
fn copied(scene: &Scene) -> impl Fn(&Path) {
    move |path| {
        let state = scene.world.state();
        let keys = ["chen", "li"].map(|id| scene.world.key(id));
        let copy = Command::new("cp").arg("-a").arg(state).args(keys).arg(path).status();
        assert!(copy.unwrap().success());
    }
}

#[test]
fn child_signs() {
    child(|path| {
        with_token(child_signs, |rig| {
            let (scene, mut room, trace) = scene_at(rig, path);
            scene.signs(&mut room, &trace).unwrap();
        });
    });
}

#[test]
fn child_seals() {
    child(|path| {
        with_token(child_seals, |rig| {
            let (scene, mut room, trace) = scene_at(rig, path);
            scene.seals(&mut room, &trace, false).unwrap();
            Scene::exports(&mut room, &trace, &scene.medium("out")).unwrap();
        });
    });
}

/// How often each order of `trace` was announced, and the orders that have a result.
fn orders(room: &Room, trace: &Trace) -> (BTreeMap<u64, usize>, Vec<u64>) {
    let (mut announced, mut signed) = (BTreeMap::new(), Vec::new());
    for entry in room.desk().entries().iter().filter(|entry| entry.trace.as_deref() == Some(trace.as_str())) {
        match &entry.event {
            Event::SignIntent(intent) | Event::SignRepeat(intent) => {
                intent.orders.iter().for_each(|order| *announced.entry(order.n).or_default() += 1);
            }
            Event::Signed(batch) => signed.extend(batch.results.iter().map(|result| result.n)),
            _ => {}
        }
    }
    (announced, signed)
}

#[test]
fn a_killed_signing_goes_on_and_signs_nothing_twice() {
    with_token(a_killed_signing_goes_on_and_signs_nothing_twice, |rig| {
        let (scene, mut room) = Scene::new(rig);
        let wishes = [asks(Role::EtcdPeer, "cp1"), asks(Role::Scheduler, "cp1"), asks(Role::KubeletServer, "w1")];
        let (medium, _) = scene.bundle(&room, 1, &wishes, |_| {});
        scene.approved(&mut room, &medium);
        drop(room);
        sweep_prepared("kills::child_signs", copied(&scene), changes, |path| {
            let (scene, mut room, trace) = scene_at(rig, path);
            scene.signs(&mut room, &trace).unwrap();
            let (announced, signed) = orders(&room, &trace);
            assert!(announced.values().all(|times| *times <= 2), "{announced:?}");
            assert_eq!(signed.len(), 3, "a result that stood in the log was asked for again");
            assert_eq!(signed.iter().collect::<BTreeSet<_>>().len(), 3);
            scene.seals(&mut room, &trace, false).unwrap();
        });
    });
}

#[test]
fn a_killed_seal_ends_in_one_package() {
    with_token(a_killed_seal_ends_in_one_package, |rig| {
        let (scene, mut room) = Scene::new(rig);
        let (medium, _) = scene.bundle(&room, 1, &[asks(Role::EtcdPeer, "cp1")], |_| {});
        let trace = scene.approved(&mut room, &medium);
        scene.signs(&mut room, &trace).unwrap();
        drop(room);
        sweep_prepared("kills::child_seals", copied(&scene), changes, |path| {
            let (scene, mut room, trace) = scene_at(rig, path);
            let before = seal::kept(&room, &trace).ok().map(|kept| kept.files);
            scene.seals(&mut room, &trace, false).unwrap();
            let kept = seal::kept(&room, &trace).unwrap();
            assert!(before.is_none_or(|before| before == kept.files), "another package than the one that was sealed");
            assert_eq!(Scene::count(&room, |event| matches!(event, Event::Sealed(_))), 1);
            let outbox = scene.world.state().join("outbox");
            assert_eq!(std::fs::read_dir(outbox).unwrap().count(), 1, "a package was kept that no entry names");
            Scene::exports(&mut room, &trace, &scene.medium("again")).unwrap();
        });
    });
}
