//! Twenty thousand requests: how long each step takes and how much memory it needs, beside the same of fewer, for the
//! time of one may not grow with their number. `scripts/bench bulk`; AIRLOCK_BULK is another number of requests.

use std::fs;
use std::time::Instant;

use airlock::cluster::role::Role;
use airlock::offline::{plan, receive, verify};

use crate::rig::{Rig, with_token};
use crate::scene::{Scene, asks};

/// What each step may need at most, in MiB.
const MOST: u64 = 600;

/// What one step needed.
struct Needed {
    step: &'static str,
    /// Microseconds a request.
    took: f64,
    /// Resident at most, in MiB.
    peak: u64,
}

/// Does one step, and tells what it needed.
fn measured<T>(step: &'static str, count: usize, needed: &mut Vec<Needed>, work: impl FnOnce() -> T) -> T {
    let _ = fs::write("/proc/self/clear_refs", "5");
    let start = Instant::now();
    let done = work();
    let took = start.elapsed().as_secs_f64() * 1e6 / count as f64;
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let peak: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
    needed.push(Needed { step, took, peak: peak / 1024 });
    done
}

/// From medium to package, on a host of its own.
fn ceremony(rig: &Rig, count: usize) {
    let (scene, mut room) = Scene::new(rig);
    let wishes: Vec<_> = (0..count).map(|_| asks(Role::KubeletServer, "w1")).collect();
    let (medium, statement) = scene.bundle(&room, 1, &wishes, |_| {});
    drop(wishes);
    let trace = statement.lines().trace.clone();
    let mut needed = Vec::new();
    measured("receive", count, &mut needed, || receive::receive(&mut room, &medium).map(drop)).unwrap();
    for id in ["chen", "li"] {
        scene.types(&mut room, &statement, id, airlock::exchange::draw::Sharing::Halves);
    }
    measured("verify", count, &mut needed, || verify::verify(&mut room, &trace).map(drop)).unwrap();
    measured("plan", count, &mut needed, || plan::close(&mut room, &trace).map(drop)).unwrap();
    for id in ["chen", "li"] {
        scene.votes(&mut room, &trace, id).unwrap();
    }
    measured("sign", count, &mut needed, || scene.signs(&mut room, &trace)).unwrap();
    drop(room);
    let mut room = measured("open", count, &mut needed, || scene.world.open()).unwrap();
    measured("seal", count, &mut needed, || scene.seals(&mut room, &trace, false)).unwrap();
    let whole: f64 = needed.iter().map(|one| one.took).sum();
    let most = needed.iter().map(|one| one.peak).max().unwrap();
    let steps: Vec<_> = needed.iter().map(|one| format!("{} {:.0} us {} MiB", one.step, one.took, one.peak)).collect();
    println!("bench {count:>6} requests: {whole:.0} us each, at most {most} MiB (asked {MOST}): {}", steps.join("  "));
    assert!(most < MOST, "{most} MiB");
}

#[test]
#[ignore = "measures for minutes"]
fn twenty_thousand_requests_fit_into_memory() {
    with_token(twenty_thousand_requests_fit_into_memory, |rig| {
        let count = std::env::var("AIRLOCK_BULK").ok().map_or(20_000, |count| count.parse().unwrap());
        ceremony(rig, count);
    });
}
