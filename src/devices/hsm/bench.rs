//! The sign step against raw C_Sign of the same key in the same run: `cargo test --release --lib hsm::bench -- --ignored
//! --nocapture`. Raw is C_SignInit and C_Sign in a loop, one session a thread, no verification. Rounds of each kind take
//! turns; the best of each counts, since other work on the machine only slows.

use std::sync::Arc;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use super::rig;
use super::tests::{TYPES, orders, unlock};
use super::*;

const ROUNDS: usize = 12;
const ROUND: Duration = Duration::from_millis(250);

#[test]
#[ignore = "measures for minutes"]
fn the_sign_step_against_raw_signing() {
    rig::with_token(the_sign_step_against_raw_signing, |rig| {
        let token = unlock(rig);
        println!("signatures per second; raw sessions: 1, 2; with verification, sessions: 1, 2, 3; ratios");
        for kind in TYPES {
            let made = token.generate_issuer(&format!("{kind:?}").to_lowercase(), kind).unwrap();
            let issuers = [1, 2, 3].map(|sessions| token.issuer_in(sessions, &made.uri, &made.public).unwrap());
            let [mut raw1, mut raw2, mut verified1, mut verified2, mut verified3] = [0.0_f64; 5];
            for _ in 0..ROUNDS {
                raw1 = raw1.max(raw(&issuers[1], 1));
                raw2 = raw2.max(raw(&issuers[1], 2));
                verified1 = verified1.max(verified(&issuers[0]));
                verified2 = verified2.max(verified(&issuers[1]));
                verified3 = verified3.max(verified(&issuers[2]));
            }
            let best = verified1.max(verified2).max(verified3);
            println!(
                "{:8} raw {raw1:6.0} {raw2:6.0}  verified {verified1:6.0} {verified2:6.0} {verified3:6.0}  \
                 best to raw 1: {:.2}, to raw 2: {:.2}",
                format!("{kind:?}"),
                best / raw1,
                best / raw2,
            );
        }
    });
}

/// Signatures per second in so many sessions.
fn raw(issuer: &IssuerKey<'_>, sessions: usize) -> f64 {
    let (lanes, key, scheme) = issuer.raw_parts();
    let input = Arc::new(scheme.input(b"to be signed"));
    let (done, counts) = mpsc::channel();
    let start = Instant::now();
    for lane in lanes.into_iter().take(sessions) {
        let (key, input, done) = (Arc::clone(key), Arc::clone(&input), done.clone());
        lane.post(move |desk| {
            let mut count = 0_u32;
            while start.elapsed() < ROUND {
                key.sign(desk, &input).unwrap();
                count += 1;
            }
            done.send(f64::from(count) / start.elapsed().as_secs_f64()).unwrap();
        })
        .unwrap();
    }
    drop(done);
    counts.iter().sum()
}

/// Signatures per second through whole batches.
fn verified(issuer: &IssuerKey<'_>) -> f64 {
    let start = Instant::now();
    let mut count = 0_usize;
    while start.elapsed() < ROUND {
        let signed = issuer.sign(orders(MAX_BATCH));
        assert!(signed.stopped.is_none());
        count += signed.signatures.len();
    }
    count as f64 / start.elapsed().as_secs_f64()
}
