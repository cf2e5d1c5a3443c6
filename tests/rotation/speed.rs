//! A thousand endpoints at the speed of their handshakes.

use std::time::Instant;

use airlock::devices::probe::served::served;
use airlock::devices::probe::{Endpoint, many};

use crate::etcd::TIME;
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
