//! A thousand endpoints at the speed of their handshakes, and what a rotation costs beside waiting for components.

use std::fs;
use std::time::{Duration, Instant};

use airlock::devices::probe::served::served;
use airlock::devices::probe::{Endpoint, many};
use airlock::exchange::consent::Agreed;

use crate::engine::soak;
use crate::engine_kills::{OWN, child};
use crate::etcd::TIME;
use crate::nodes::{NODES, Nodes};
use crate::pki::Root;
use crate::stand_in::{APISERVER, StandIn, put, trust};

const ENDPOINTS: usize = 1_000;

/// Against bare handshakes of the same library, one after the other: many threads must not make it slower.
#[test]
#[ignore = "a benchmark: scripts/bench runs it"]
fn a_thousand_endpoints_cost_their_handshakes() {
    let base = tempfile::tempdir().unwrap();
    let root = Root::new("root");
    put(base.path(), &root.server("s"));
    trust(base.path(), &root.pem);
    let server = StandIn::start(base.path(), APISERVER);
    let caller = root.client("c").caller();
    let endpoints: Vec<Endpoint> = vec![server.endpoint.clone(); ENDPOINTS];
    let probe = |endpoint: &Endpoint| served(endpoint, &caller, TIME).unwrap().fingerprint();
    many::each(&endpoints[..50], 1, probe);
    let timed = |threads| {
        let started = Instant::now();
        let found = many::each(&endpoints, threads, probe);
        assert!(found.iter().all(|seen| *seen == found[0]) && found.len() == ENDPOINTS);
        started.elapsed()
    };
    let (one, few) = (timed(1), timed(many::THREADS));
    println!(
        "probe: {ENDPOINTS} endpoints in {:.2} s by one thread, {:.2} s by {} threads: {:.2} of it",
        one.as_secs_f64(),
        few.as_secs_f64(),
        many::THREADS,
        few.as_secs_f64() / one.as_secs_f64()
    );
    assert!(few < one.mul_f64(1.1));
}

/// What the processes that rotate three members of etcd compute, against the time from the first look until the old root is
/// off. Each turn is a process of its own, as on a node.
#[test]
#[ignore = "a benchmark: scripts/bench runs it"]
fn a_rotation_of_three_nodes_is_spent_waiting() {
    let Some(nodes) = Nodes::start() else { return };
    // They wait for lost writes as long as the program does.
    fs::write(nodes.base.join("patient"), "").unwrap();
    let began = Instant::now();
    let (mut own, mut runs) = turns(&nodes);
    soak(&nodes);
    (0..2).for_each(|person| nodes.agree(person, Agreed::Drop));
    let (more, others) = turns(&nodes);
    let whole = began.elapsed();
    own += more;
    runs += others;
    assert!((0..NODES).all(|at| nodes.writes(at, true) && !nodes.writes(at, false)));
    println!(
        "rotation: {NODES} nodes in {:.1} s by {runs} runs, which computed for {:.2} s: {:.3} of it (asked: 0.05 at most)",
        whole.as_secs_f64(),
        own.as_secs_f64(),
        own.as_secs_f64() / whole.as_secs_f64()
    );
}

/// One node after the other, until nobody has a step to do: what was computed, and by how many runs.
fn turns(nodes: &Nodes) -> (Duration, u32) {
    let (mut own, mut runs, mut idle) = (Duration::ZERO, 0, 0);
    while idle < 2 * NODES {
        for at in 0..NODES {
            let done = |nodes: &Nodes| nodes.entries(at).iter().filter(|line| line.contains("ROTATION_DONE")).count();
            let before = done(nodes);
            let said = String::from_utf8(child(nodes, at).output().unwrap().stdout).unwrap();
            let ticks = said.lines().find_map(|line| line.strip_prefix(OWN)).unwrap_or_else(|| panic!("{said}"));
            own += Duration::from_millis(10 * ticks.parse::<u64>().unwrap());
            runs += 1;
            idle = if done(nodes) > before { 0 } else { idle + 1 };
        }
    }
    (own, runs)
}
