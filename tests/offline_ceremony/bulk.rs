//! Twenty thousand requests: how long each step takes and how much memory it needs. `cargo test --release --test
//! offline_ceremony bulk -- --ignored --nocapture`; AIRLOCK_BULK is another number of requests.

use std::fs;
use std::time::Instant;

use airlock::cluster::role::Role;
use airlock::offline::{plan, receive, verify};

use crate::rig::with_token;
use crate::scene::{Scene, asks};

/// What each step may need at most, in MiB.
const MOST: u64 = 600;

/// Does one step, and tells how long it took and what memory it needed at most.
fn measured<T>(step: &str, work: impl FnOnce() -> T) -> T {
    let _ = fs::write("/proc/self/clear_refs", "5");
    let start = Instant::now();
    let done = work();
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let peak: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
    println!("{step:8} {:6.1} s  {:4} MiB", start.elapsed().as_secs_f64(), peak / 1024);
    assert!(peak / 1024 < MOST, "{step} needs {} MiB", peak / 1024);
    done
}

#[test]
#[ignore = "measures for minutes"]
fn twenty_thousand_requests_fit_into_memory() {
    with_token(twenty_thousand_requests_fit_into_memory, |rig| {
        let (scene, mut room) = Scene::new(rig);
        let count = std::env::var("AIRLOCK_BULK").ok().map_or(20_000, |count| count.parse().unwrap());
        let wishes: Vec<_> = (0..count).map(|_| asks(Role::KubeletServer, "w1")).collect();
        let (medium, statement) = scene.bundle(&room, 1, &wishes, |_| {});
        drop(wishes);
        let trace = statement.lines().trace.clone();
        measured("receive", || receive::receive(&mut room, &medium).map(drop)).unwrap();
        for id in ["chen", "li"] {
            scene.types(&mut room, &statement, id, airlock::exchange::draw::Sharing::Halves);
        }
        measured("verify", || verify::verify(&mut room, &trace).map(drop)).unwrap();
        measured("plan", || plan::close(&mut room, &trace).map(drop)).unwrap();
        for id in ["chen", "li"] {
            scene.votes(&mut room, &trace, id).unwrap();
        }
        measured("sign", || scene.signs(&mut room, &trace)).unwrap();
        drop(room);
        let mut room = scene.world.open().unwrap();
        measured("seal", || scene.seals(&mut room, &trace, false)).unwrap();
    });
}
