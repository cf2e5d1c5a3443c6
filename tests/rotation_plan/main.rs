//! Plans are walked in a model of a cluster that obeys the measured rules of reloading: random clusters, kills and crashes
//! at random points, and after every smallest change no connection may be red, etcd must have its quorum, and one API
//! server may be out at most. The article's order, and replacing everything at once, are walked too, and seen to fail.

mod hands;
mod speed;
mod world;

use std::collections::BTreeSet;

use airlock::rotation::facts::{Facts, NodeFacts};
use airlock::rotation::fleet::{Fleet, Member};
use airlock::rotation::gate;
use airlock::rotation::graph::{Shape, Signing, Variant};
use airlock::rotation::plan::{Plan, Tempo};
use airlock::rotation::rollback::{RollbackError, rollback};
use airlock::rotation::stage::{Back, Stage};
use airlock::rotation::state;
use airlock::rotation::step::{Action, Scope, Step};
use airlock::rotation::store::Store;
use airlock::rotation::trust::{Leaf, Trust};
use hands::{Luck, walk};
use proptest::prelude::*;
use world::World;

const DUAL: Shape = Shape { variant: Variant::DualTrust, signing: Signing::Intermediate, verifies_kubelets: true };
const BRIDGE: Shape = Shape { variant: Variant::Bridge, ..DUAL };

/// `stacked` control planes with etcd, `planes` without, `members` of etcd alone, `workers`.
pub(crate) fn fleet(stacked: usize, planes: usize, members: usize, workers: usize) -> Fleet {
    let kind = |kind: &'static str, count, control_plane, etcd| {
        (1..=count).map(move |number| Member { name: format!("{kind}{number}"), control_plane, etcd })
    };
    let all = kind("w", workers, false, false).chain(kind("cp", stacked, true, true));
    Fleet::new(all.chain(kind("api", planes, true, false)).chain(kind("etcd", members, false, true)).collect())
}

fn plan(fleet: Fleet, shape: Shape) -> Plan {
    Plan::new(fleet, shape, Tempo { kubelets: 2, files: 3, soak: 600 }).unwrap()
}

fn shapes() -> impl Strategy<Value = Shape> {
    let signing = prop_oneof![Just(Signing::Intermediate), Just(Signing::Batched)];
    let variant = prop_oneof![Just(Variant::DualTrust), Just(Variant::Bridge)];
    (variant, signing, any::<bool>()).prop_map(|(variant, signing, verifies_kubelets)| Shape {
        variant,
        signing,
        verifies_kubelets,
    })
}

fn fleets() -> impl Strategy<Value = Fleet> {
    prop_oneof![
        (1..4_usize, 0..3_usize, 0..5_usize).prop_map(|(stacked, planes, workers)| fleet(stacked, planes, 0, workers)),
        (1..4_usize, 1..6_usize, 0..3_usize).prop_map(|(planes, members, workers)| fleet(0, planes, members, workers)),
    ]
}

/// How many walks each property is tried on; `PROPTEST_CASES` asks for more.
fn walks() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(6)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(walks()) })]

    #[test]
    fn no_connection_is_ever_red(fleet in fleets(), shape in shapes(), seed: u64, kill in 0_u64..12, crash in 0_u64..9) {
        let mut world = World::new(fleet.clone(), shape.verifies_kubelets);
        let plan = plan(fleet, shape);
        // Killed after every change it would never end a step of two.
        let mut luck = Luck::new(seed, if kill == 1 { 2 } else { kill }, crash);
        let seen = walk(&mut world, &plan, &mut luck, usize::MAX);
        prop_assert!(seen.red.is_empty(), "{:?}", seen.red);
        let position = state::derive(&plan, &world.facts());
        prop_assert_eq!((position.reached, position.next, position.torn), (Stage::Clean, None, None));
        let (trust, _) = world.summary();
        prop_assert_eq!(trust, BTreeSet::from([Trust::New]));
    }

    #[test]
    fn one_can_go_back_from_anywhere(fleet in fleets(), shape in shapes(), seed: u64, stop in 0_usize..400, crash in 0_u64..9) {
        for back in Back::ALL {
            let mut world = World::new(fleet.clone(), shape.verifies_kubelets);
            let plan = plan(fleet.clone(), shape);
            let mut luck = Luck::new(seed, 0, crash);
            let there = walk(&mut world, &plan, &mut luck, stop);
            let before = state::derive(&plan, &world.facts());
            let way = match rollback(&plan, Tempo::default(), &world.facts(), back) {
                Ok(way) => way,
                Err(RollbackError::Clean) => { prop_assert_eq!(before.reached, Stage::Clean); continue }
                Err(RollbackError::Ahead(..)) => { prop_assert!(before.reached < back.stage()); continue }
                Err(error) => panic!("{error}"),
            };
            luck.kill_one_of = 5;
            let back_again = walk(&mut world, &way, &mut luck, usize::MAX);
            prop_assert!(there.red.is_empty() && back_again.red.is_empty(), "{:?} {:?}", there.red, back_again.red);
            let (trust, leaves) = world.summary();
            prop_assert!(!trust.contains(&Trust::New), "{:?}", trust);
            if back != Back::Leaf {
                prop_assert_eq!(&leaves, &BTreeSet::from([Leaf::Old]));
            }
            if back == Back::None {
                prop_assert_eq!(trust, BTreeSet::from([Trust::Old]));
            }
        }
    }
}

/// What can be seen after each change of a whole walk.
fn after_each_change(plan: &Plan) -> Vec<Facts> {
    let fresh = || World::new(plan.fleet().clone(), true);
    let walked = |world: &mut World, stop| walk(world, plan, &mut Luck::new(1, 0, 0), stop);
    let seen = |stop| {
        let mut world = fresh();
        walked(&mut world, stop);
        world.facts()
    };
    (0..walked(&mut fresh(), usize::MAX).moves).map(seen).collect()
}

/// What a server looks at by itself is in its memory a minute after the file changed, and nobody knows until then.
#[test]
fn what_is_not_known_to_be_loaded_behind_the_drop_is_not_loaded_by_an_earlier_step() {
    let plan = plan(fleet(2, 0, 0, 1), DUAL);
    let mut dropping = 0;
    for (stop, mut facts) in after_each_change(&plan).into_iter().enumerate() {
        for node in &mut facts.nodes {
            let NodeFacts { disk, memory, .. } = node;
            memory.retain(|store, have| disk.get(store) != Some(&Some(Trust::New)) || *have == Trust::New);
        }
        let has_new = |place: usize| facts.nodes[place].disk.values().any(|have| *have == Some(Trust::New));
        let loads = |step: &&Step| matches!(step.action, Action::Cycle(_) | Action::Restart(..));
        for step in plan.next(&facts).iter().filter(loads).filter(|step| step.place.is_some_and(has_new)) {
            assert_eq!(step.stage, Stage::OldTrustOff, "after {stop} changes: {}", step.action);
            dropping += 1;
        }
    }
    assert!(dropping > 3, "{dropping} times in the middle of the drop");
}

/// A program that was started by chance while its files were farther has that in memory, and must be started again.
#[test]
fn what_is_known_to_be_loaded_too_far_is_loaded_again_on_the_way_back() {
    for shape in [DUAL, BRIDGE] {
        let plan = plan(fleet(2, 0, 0, 1), shape);
        let mut due = 0;
        for (stop, mut facts) in after_each_change(&plan).into_iter().enumerate() {
            let Ok(way) = rollback(&plan, Tempo::default(), &facts, Back::None) else { continue };
            for node in &mut facts.nodes {
                node.memory.values_mut().for_each(|have| *have = Trust::New);
            }
            for step in way.steps() {
                if let Action::Restart(_, Trust::Both) = step.action {
                    assert!(!way.is_done(step, &facts), "after {stop} changes: {}", step.action);
                    due += 1;
                }
            }
        }
        assert!(due > 3, "{due} starts");
    }
}

#[test]
fn stopped_anywhere_it_goes_on_and_nothing_is_red() {
    for shape in [DUAL, BRIDGE] {
        let whole = walk(
            &mut World::new(fleet(3, 0, 0, 2), true),
            &plan(fleet(3, 0, 0, 2), shape),
            &mut Luck::new(1, 0, 0),
            usize::MAX,
        );
        // Each in turn takes long without optimisation; the others come by in the random walks.
        for stop in (0..=whole.moves).step_by(5) {
            let mut world = World::new(fleet(3, 0, 0, 2), true);
            let plan = plan(fleet(3, 0, 0, 2), shape);
            let first = walk(&mut world, &plan, &mut Luck::new(1, 0, 0), stop);
            let second = walk(&mut world, &plan, &mut Luck::new(1, 0, 0), usize::MAX);
            assert!(first.red.is_empty() && second.red.is_empty(), "{stop}: {:?} {:?}", first.red, second.red);
            assert_eq!(state::derive(&plan, &world.facts()).reached, Stage::Clean, "{stop}");
        }
    }
}

fn red_of(changes: impl Fn(&World) -> Vec<world::Move>) -> Vec<String> {
    let mut world = World::new(fleet(3, 0, 0, 2), true);
    let all = changes(&world);
    let mut red = Vec::new();
    for change in all {
        world.apply(change);
        red.extend(world.red());
    }
    red
}

#[test]
fn the_order_of_the_article_taken_literally_turns_red() {
    let red = red_of(hands::as_the_article_has_it);
    // Members lose one another first, as the real ones did.
    assert!(red[0].starts_with("Etcd"), "{}", red[0]);
    assert!(red.iter().any(|red| red.starts_with("EtcdPeers")), "members lose one another");
    assert!(red.iter().any(|red| red.starts_with("ApiserverEtcd")), "an API server loses etcd");
    assert!(red.iter().any(|red| red.contains("bundle to sign with")), "the controller manager stops signing");
}

#[test]
fn replacing_everything_at_once_turns_red() {
    let red = red_of(hands::swap_all);
    for who in ["EtcdPeers", "ApiserverEtcd", "WorkloadsServer"] {
        assert!(red.iter().any(|red| red.starts_with(who)), "{who}");
    }
}

#[test]
fn hot_loading_without_a_restart_waits_for_the_first_crash() {
    use airlock::rotation::component::Component;
    let mut world = World::new(fleet(3, 0, 0, 2), true);
    let bundles = |change: &world::Move| matches!(change, world::Move::Write(..));
    let changes: Vec<_> = hands::as_the_article_has_it(&world).into_iter().filter(bundles).collect();
    for change in changes {
        world.apply(change);
    }
    assert!(world.red().iter().all(|red| red.contains("bundle to sign with")), "bundles on disk change nothing yet");
    world.apply(world::Move::Leaf(0, airlock::cluster::role::Role::EtcdPeer, Leaf::New));
    assert!(world.red().iter().any(|red| red.starts_with("EtcdPeers")), "the memory of its peers is old");
    world.crash(1, Component::Etcd);
    world.crash(2, Component::Etcd);
    assert!(!world.red().iter().any(|red| red.starts_with("EtcdPeers")), "a restart has loaded it");
}

#[test]
fn gates_refuse_what_the_order_forbids() {
    use airlock::rotation::{gate, meter::Standing, step::Action};
    let (world, plan) = (World::new(fleet(3, 0, 0, 1), true), plan(fleet(3, 0, 0, 1), DUAL));
    let ask = |action: fn(&Action) -> bool, standing| {
        let step = plan.steps().iter().find(|step| action(&step.action)).copied().unwrap();
        gate::permit(&plan, step, &world.facts(), standing).map(|permit| permit.step())
    };
    assert!(ask(|action| matches!(action, Action::SplitSigner), Standing::TooFew).is_ok());
    let held = ask(|action| matches!(action, Action::SwapLeaves(..)), Standing::TooFew).unwrap_err();
    assert!(held.to_string().contains("matrix-green"), "{held}");
    let held = ask(|action| matches!(action, Action::PutTrust(_, Trust::New)), Standing::TooFew).unwrap_err();
    assert!(held.to_string().contains("old-unused"), "{held}");
    let held = ask(|action| matches!(action, Action::SplitSigner), Standing::Spent).unwrap_err();
    assert!(held.to_string().contains("budget"), "{held}");
}

#[test]
fn what_was_not_observed_opens_no_gate_and_is_never_done() {
    use airlock::rotation::{facts::Facts, gate, meter::Standing};
    let plan = plan(fleet(3, 0, 0, 1), DUAL);
    let nothing = Facts::default();
    assert!(plan.steps().iter().all(|step| !plan.is_done(step, &nothing)));
    for step in plan.steps().iter().filter(|step| step.stage == Stage::SignerSplit || step.takes_control_plane_out()) {
        assert!(gate::permit(&plan, *step, &nothing, Standing::Proven).is_err(), "{}", step.action);
    }
    assert_eq!(state::derive(&plan, &nothing).reached, Stage::Preflight);
}

#[test]
fn a_step_waits_for_what_another_node_looks_at_by_itself() {
    let mut world = World::new(fleet(3, 0, 0, 0), true);
    let plan = plan(world.fleet.clone(), BRIDGE);
    let is_put = |step: &Step| matches!(step.action, Action::PutTrust(Scope::Servers | Scope::All, Trust::New));
    let (first, next) = loop {
        let next = plan.next(&world.facts());
        match next.iter().find(|step| is_put(step)) {
            Some(step) => {
                hands::moves(*step).into_iter().for_each(|change| world.apply(change));
                let then = plan.next(&world.facts());
                break (step.place.unwrap(), *then.iter().find(|step| is_put(step)).unwrap());
            }
            None => next.into_iter().flat_map(hands::moves).for_each(|change| world.apply(change)),
        }
    };
    let waits = |facts: &Facts, place| gate::waits_for(&plan, next, facts, place);
    let mut facts = world.facts();
    assert!((0..3).all(|place| !waits(&facts, place)));
    facts.nodes[first].memory.remove(&Store::ApiserverFrontProxy).unwrap();
    let waited: Vec<_> = (0..3).filter(|place| waits(&facts, *place)).collect();
    assert_eq!(waited, [first]);
    // Over a program that reads at its start alone time tells nothing.
    let mut facts = world.facts();
    facts.nodes[first].memory.remove(&Store::EtcdPeers).unwrap();
    assert!((0..3).all(|place| !waits(&facts, place)));
}
