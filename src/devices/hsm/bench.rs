//! The sign step against raw C_Sign of the same key in the same run: `cargo test --release --lib hsm::bench -- --ignored
//! --nocapture`. Raw is C_SignInit and C_Sign in a loop, one session a thread, no verification.

use std::sync::Arc;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use super::rig;
use super::tests::{TYPES, orders, unlock};
use super::*;

const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_millis(500);

#[test]
#[ignore = "measures for a minute"]
fn the_sign_step_against_raw_signing() {
    rig::with_token(the_sign_step_against_raw_signing, |rig| {
        let token = unlock(rig);
        println!(
            "{:9}{:>9}{:>9}{:>9}{:>9}{:>9}  one/raw1  two/raw1  best/raw2",
            "key", "raw1", "raw2", "one", "two", "three"
        );
        for kind in TYPES {
            let made = token.generate_issuer(&format!("{kind:?}").to_lowercase(), kind).unwrap();
            let issuers = [1, 2, 3].map(|sessions| token.issuer_in(sessions, &made.uri, &made.public).unwrap());
            let mut rates = [const { Vec::new() }; 5];
            for _ in 0..ROUNDS {
                rates[0].push(raw(&issuers[1], 1));
                rates[1].push(raw(&issuers[1], 2));
                for (sessions, issuer) in issuers.iter().enumerate() {
                    rates[2 + sessions].push(verified(issuer));
                }
            }
            let [raw1, raw2, one, two, three] = rates.map(median);
            let best = one.max(two).max(three);
            println!(
                "{:9}{raw1:9.0}{raw2:9.0}{one:9.0}{two:9.0}{three:9.0}{:10.2}{:10.2}{:11.2}",
                format!("{kind:?}"),
                one / raw1,
                two / raw1,
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

fn median(mut rates: Vec<f64>) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}
