//! Noise on the line, for some seconds: nothing of it ends the program, and afterwards keys are keys.

use std::time::{Duration, Instant};

use crate::seat::{Begin, Seat};

/// A small generator (SplitMix64): the same noise in every run.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Bytes with many escape sequences in them, and nothing that a person leaves by.
    fn bytes(&mut self) -> Vec<u8> {
        const BEGINS: [&[u8]; 6] = [b"\x1b[", b"\x1bO", b"\x1b[200~", b"\x1b[M", b"\x1b]0;", b"\x1b[?"];
        let begin = BEGINS[self.next() as usize % BEGINS.len()];
        let rest = (0..self.next() % 24).map(|_| self.next() as u8);
        let bytes = begin.iter().copied().chain(rest.collect::<Vec<_>>());
        bytes.filter(|byte| !matches!(byte, 0x03 | 0x04 | b'q' | b'Q' | 0x11 | 0x13)).collect()
    }
}

fn hears_noise(seat: &mut Seat, seed: u64) {
    let (mut noise, begin) = (Noise(seed), Instant::now());
    while begin.elapsed() < Duration::from_secs(2) {
        seat.at_once(&noise.bytes());
        std::thread::sleep(Duration::from_millis(5));
    }
    // The last piece may have begun a paste, which ends after two seconds of silence.
    std::thread::sleep(Duration::from_millis(2500));
}

#[test]
fn screens_survive_it() {
    for term in ["xterm-256color", "linux"] {
        let mut seat = Begin { variables: &[("LANG", "C")], ..Begin::at(term) }.sit();
        seat.sees("STORAGE_MISSING");
        hears_noise(&mut seat, 7);
        seat.types(b"\x1b");
        std::thread::sleep(Duration::from_millis(200));
        seat.types(b"\x03");
        seat.sees("Leave airlock?");
        seat.types(b"\x03");
        assert_eq!(seat.ends(), "130", "{term}");
    }
}

#[test]
fn lines_survive_it() {
    let mut seat = Begin::at("dumb").sit();
    seat.hears("\n> ", 1);
    hears_noise(&mut seat, 9);
    seat.at_once(b"\n");
    std::thread::sleep(Duration::from_millis(500));
    let asked = seat.text().matches("Leave airlock?").count();
    seat.at_once(b"\x03");
    seat.hears("Leave airlock?", asked + 1);
    seat.at_once(b"\x03");
    assert_eq!(seat.ends(), "130");
}
