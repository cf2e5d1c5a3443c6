//! New leaves with the new root by the old one behind them: clients that know the old root alone, and are never started
//! anew, are served before, meanwhile and afterwards; so is who was certified by the new root's intermediate.

use std::time::Instant;

use airlock::cluster::role::{Domain, Role};
use airlock::online::rotate::Goal;
use airlock::online::rotate::ground::Sources;
use airlock::rotation::check::Check;
use airlock::rotation::graph::Variant;
use airlock::rotation::stage::{Back, Stage};
use airlock::rotation::trust::{Leaf, Trust};

use super::clients::under_load;
use super::journey::Journey;
use super::plane::Plane;
use super::room::{NODES, inside};
use super::whole::{drop_that_was_announced, fell, finished, live, same};
use crate::engine::held;

#[test]
#[ignore = "takes a quarter of an hour and a control plane: scripts/test --control-plane"]
fn over_a_bridge_and_back_fails_no_request() {
    if !inside("control_plane::bridge::over_a_bridge_and_back_fails_no_request") {
        return;
    }
    let plane = Plane::start_with(Variant::Bridge);
    plane.furnish();
    let (before, pair) = (live(&plane), plane.old.client("load", "load"));
    let measured = under_load(&plane, &pair, |load| {
        let began = Instant::now();
        let mut journey = Journey::new(&plane, load);
        held(journey.go(Goal::Forward, |_| false).unwrap(), Check::OldUnused);
        assert_eq!(journey.reached(), Stage::Identities);
        println!("leaves took {:?}, {} programs fell; {}", began.elapsed(), fell(&plane), journey.computed());
        load.say("over the bridge");
        leads_to_either_root(&plane);
        finished(journey.go(Goal::Back(Back::None), |_| false));
        same(&live(&plane), &before, "over the bridge");
        println!("there and back took {:?}; {}", began.elapsed(), journey.computed());
        load.settle();
    });
    measured.must_be_whole("over the bridge and back");
}

/// Clients learn the new root when it is published in place of the old one, and from then on a leaf of it needs no bridge.
#[test]
#[ignore = "takes a quarter of an hour and a control plane: scripts/test --control-plane"]
fn the_drop_over_a_bridge_fails_no_request() {
    if inside("control_plane::bridge::the_drop_over_a_bridge_fails_no_request") {
        drop_that_was_announced(Variant::Bridge);
    }
}

/// Every node shows new leaves, and nobody but API servers was taught the new root.
fn leads_to_either_root(plane: &Plane) {
    let seen = plane.tell(0, &Sources::default());
    for (at, node) in seen.facts.nodes.iter().enumerate() {
        assert!(node.shown.iter().all(|(_, leaf)| *leaf == Leaf::Bridged), "{:?}", node.shown);
        assert!(plane.has_new(at, Role::Apiserver));
        let ca = |domain: Domain| std::fs::read_to_string(plane.live(at, domain.ca_certificate())).unwrap();
        assert_eq!(
            [Domain::Etcd, Domain::FrontProxy].map(ca),
            [Domain::Etcd, Domain::FrontProxy].map(|one| plane.old.trust(one))
        );
        let taught: Vec<_> = node.memory.iter().filter(|(_, trust)| **trust != Trust::Old).collect();
        println!("{}: {taught:?}", NODES[at].0);
    }
}
