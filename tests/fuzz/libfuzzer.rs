//! The long run: one target under libFuzzer, with coverage; `scripts/fuzz` builds and starts it. Built in any other way it
//! does nothing.

#![cfg_attr(airlock_fuzz, no_main)]
// The macros of libFuzzer export functions by name.
#![cfg_attr(airlock_fuzz, allow(unsafe_code))]

#[cfg(airlock_fuzz)]
#[allow(dead_code)]
#[path = "../formats/host.rs"]
mod host;
#[cfg(airlock_fuzz)]
#[allow(dead_code)]
#[path = "../formats/letter.rs"]
mod letter;
#[cfg(airlock_fuzz)]
mod mutate;
#[cfg(airlock_fuzz)]
mod random;
#[cfg(airlock_fuzz)]
#[allow(dead_code)]
mod seeds;
#[cfg(airlock_fuzz)]
mod target;
#[cfg(airlock_fuzz)]
#[allow(dead_code)]
#[path = "../formats/world.rs"]
mod world;

#[cfg(not(airlock_fuzz))]
fn main() {}

#[cfg(airlock_fuzz)]
mod run {
    use std::path::PathBuf;
    use std::sync::OnceLock;
    use std::{env, fs, process};

    use airlock::wire::digest::Digest;
    use libfuzzer_sys::{Corpus, fuzz_crossover, fuzz_mutator, fuzz_target};

    use crate::mutate::mutate;
    use crate::random::Random;
    use crate::target::{self, Target};

    static CHOSEN: OnceLock<Target> = OnceLock::new();

    /// Finds the target that `AIRLOCK_FUZZ_TARGET` names, and lays its seeds into the directory `AIRLOCK_FUZZ_CORPUS`,
    /// which libFuzzer then reads. Without a target it lists all.
    fn begin() {
        let name = env::var("AIRLOCK_FUZZ_TARGET").unwrap_or_default();
        let Some(target) = target::all().into_iter().find(|target| target.name == name) else {
            target::all().iter().for_each(|target| println!("{}", target.name));
            process::exit(i32::from(!name.is_empty()));
        };
        let corpus = PathBuf::from(env::var_os("AIRLOCK_FUZZ_CORPUS").unwrap());
        for seed in target.all_seeds() {
            fs::write(corpus.join(Digest::of(&seed).to_string()), seed).unwrap();
        }
        assert!(CHOSEN.set(target).is_ok());
    }

    fn chosen() -> &'static Target {
        CHOSEN.get().unwrap()
    }

    fuzz_target!(init: begin(), |input: &[u8]| -> Corpus {
        (chosen().take)(input);
        Corpus::Keep
    });

    // libFuzzer's own changes, which follow comparisons, and ours, which follow the structure, take turns.
    fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
        if seed.is_multiple_of(2) {
            return libfuzzer_sys::fuzzer_mutate(data, size, max_size);
        }
        place(&mutate(chosen().shape, &data[..size], b"", &mut Random::new(seed.into())), data, max_size)
    });

    // Two inputs of the corpus, one with parts of the other.
    fuzz_crossover!(|one: &[u8], other: &[u8], out: &mut [u8], seed: u32| {
        let max_size = out.len();
        place(&mutate(chosen().shape, one, other, &mut Random::new(seed.into())), out, max_size)
    });

    /// Writes what fits into the room that libFuzzer gives.
    fn place(bytes: &[u8], room: &mut [u8], max_size: usize) -> usize {
        let size = bytes.len().min(max_size).min(room.len());
        room[..size].copy_from_slice(&bytes[..size]);
        size
    }
}
