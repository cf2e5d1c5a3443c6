//! Hostile input for every parser: the fixtures, and thousands of changes to them that are the same in every run.
//!
//! A parser must return, soon, without a panic; what it accepts it must write again byte for byte, where its format has
//! one encoding; and what it says of what it refuses must be fit to show. The long run with coverage is `scripts/fuzz`.

// Shared with other tests, each of which uses its part.
#[allow(dead_code)]
#[path = "../formats/host.rs"]
mod host;
#[allow(dead_code)]
#[path = "../formats/letter.rs"]
mod letter;
mod mutate;
mod random;
mod seeds;
mod target;
#[allow(dead_code)]
#[path = "../formats/world.rs"]
mod world;

use std::panic::catch_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use std::{process, thread};

use random::Random;
use target::{Target, Verdict};

/// A parser that takes longer for one input hangs, however busy the machine is.
const HANG: Duration = Duration::from_secs(20);

/// What a worker is at.
struct Work {
    target: &'static str,
    input: Vec<u8>,
    since: Instant,
}

#[test]
fn each_target_takes_one_of_its_seeds() {
    let names: Vec<_> = target::all().iter().map(|target| target.name).collect();
    for (at, target) in target::all().into_iter().enumerate() {
        assert!(!names[..at].contains(&target.name), "{} twice", target.name);
        let accepted = target.all_seeds().iter().filter(|seed| (target.take)(seed) == Verdict::Accepted).count();
        assert!(accepted > 0, "{}: no seed is accepted", target.name);
    }
}

#[test]
fn no_change_to_good_input_breaks_a_parser() {
    let (targets, next) = (target::all(), AtomicUsize::new(0));
    let (at_work, faults) = (Mutex::new(Vec::new()), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        let workers = thread::available_parallelism().map_or(2, usize::from);
        let work = || {
            while let Some(target) = targets.get(next.fetch_add(1, Ordering::Relaxed)) {
                if let Err(fault) = run(target, &at_work) {
                    faults.lock().unwrap().push(fault);
                }
            }
        };
        let workers: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        while workers.iter().any(|worker| !worker.is_finished()) {
            thread::sleep(Duration::from_millis(100));
            watch(&at_work);
        }
    });
    let faults = faults.into_inner().unwrap();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Takes every seed, then changed ones, up to the first that breaks it.
fn run(target: &Target, at_work: &Mutex<Vec<Work>>) -> Result<(), String> {
    let started = Instant::now();
    let seeds = target.all_seeds();
    let mut random = Random::new(target.name.bytes().fold(7_u64, |sum, byte| sum.wrapping_mul(31) + u64::from(byte)));
    let one = |random: &mut Random| seeds[random.below(seeds.len())].as_slice();
    let mut accepted = 0;
    for round in 0..seeds.len() + target.rounds {
        let input = match seeds.get(round) {
            Some(seed) => seed.clone(),
            None => mutate::mutate(target.shape, one(&mut random), one(&mut random), &mut random),
        };
        let lock = || at_work.lock().unwrap_or_else(PoisonError::into_inner);
        lock().push(Work { target: target.name, input: input.clone(), since: Instant::now() });
        let verdict = catch_unwind(|| (target.take)(&input));
        lock().retain(|work| work.target != target.name);
        match verdict {
            Ok(verdict) => accepted += usize::from(verdict == Verdict::Accepted),
            Err(_) => return Err(format!("{} breaks on b\"{}\"", target.name, target::show(&input))),
        }
    }
    println!("{}: {} inputs, {accepted} accepted, {:?}", target.name, seeds.len() + target.rounds, started.elapsed());
    Ok(())
}

/// A thread that hangs cannot be stopped, only the process.
fn watch(at_work: &Mutex<Vec<Work>>) {
    let work = at_work.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(hung) = work.iter().find(|work| work.since.elapsed() > HANG) {
        eprintln!("{} hangs on b\"{}\"", hung.target, target::show(&hung.input));
        process::exit(1);
    }
}
