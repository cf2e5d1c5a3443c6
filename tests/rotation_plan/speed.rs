//! Planning for many nodes, in time and memory.

use std::time::Instant;

use airlock::rotation::graph::{Shape, Signing, Variant};
use airlock::rotation::plan::{Plan, Tempo};
use airlock::rotation::state;

use crate::fleet;
use crate::world::World;

fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// `scripts/bench rotation`: 5 000 nodes are planned, and the place of the cluster in the plan is found, in under 2 s
/// and 200 MiB.
#[test]
#[ignore = "a benchmark; scripts/bench runs it"]
fn five_thousand_nodes() {
    let shape = Shape { variant: Variant::DualTrust, signing: Signing::Intermediate, verifies_kubelets: true };
    let fleet = fleet(5, 0, 0, 4_995);
    let facts = World::new(fleet.clone(), true).facts();
    let begin = Instant::now();
    let plan = Plan::new(fleet, shape, Tempo::default()).unwrap();
    let planned = begin.elapsed();
    let position = state::derive(&plan, &facts);
    let (all, peak) = (begin.elapsed(), peak() / 1024);
    println!("bench rotation: {} steps for 5000 nodes in {} ms,", plan.steps().len(), planned.as_millis());
    println!("bench rotation: with the state of the cluster {} ms, {peak} MiB at most", all.as_millis());
    assert_eq!(position.done, 0);
    assert!(all.as_secs_f64() < 2.0 && peak < 200, "{all:?} {peak} MiB");
}
