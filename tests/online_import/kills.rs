//! Staging killed at each system call by which it changes something.

use std::path::Path;
use std::process::Command;

use airlock::audit::entry::Actor;
use airlock::audit::event::Event;
use airlock::exchange::trace::Trace;
use airlock::online::scan::NodeRoot;
use airlock::online::stage::{self, Choice, Goods, Plan, Staged};

use crate::ca::Wish;
use crate::stage::{accepted, files};
use crate::sweep::{changes, child, sweep_prepared};
use crate::world::{World, small};

/// One control plane: a certificate, a kubeconfig with its key, three bundles.
fn stage_again(world: &World) -> Staged {
    let mut room = world.room();
    let accepted = |event: &Event| matches!(event, Event::PackageAccepted(_));
    let entry = room.desk().entries().iter().find(|entry| accepted(&entry.event)).unwrap();
    let trace: Trace = entry.trace.as_ref().unwrap().parse().unwrap();
    let roots = [NodeRoot { node: "cp1".to_owned(), root: world.base.join("cp1") }];
    let plan = Plan::new(&room, Goods::accepted(&room, &trace).unwrap(), &roots, &Choice::default()).unwrap();
    stage::stage(&mut room, &plan, &Actor::system()).unwrap()
}

/// The host in `path`, some time after the package was accepted.
fn later(path: &Path) -> World {
    let world = World::at(path);
    world.wait(10_000);
    world
}

#[test]
fn child_stages() {
    child(|path| drop(stage_again(&later(path))));
}

#[test]
fn a_killed_stage_is_run_again() {
    let template = accepted(small(), &Wish::default()).world;
    let (live, _) = files(&template);
    let live: Vec<_> = live.into_values().collect();
    let prepare = |path: &Path| {
        let from = format!("{}/.", template.base.display());
        assert!(Command::new("cp").args(["-a", &from]).arg(path).status().unwrap().success());
    };
    sweep_prepared("kills::child_stages", prepare, changes, |path| {
        let world = later(path);
        let staged = stage_again(&world);
        assert_eq!(staged.written + staged.equal, 5, "{staged:?}");
        let (now, next) = files(&world);
        assert_eq!(now.into_values().collect::<Vec<_>>(), live, "a live file changed");
        assert!(
            next.keys().all(|path| !path.to_str().unwrap().ends_with(".airlock-tmp")),
            "something half-written stayed"
        );
        assert_eq!(stage_again(&world).written, 0);
    });
}
