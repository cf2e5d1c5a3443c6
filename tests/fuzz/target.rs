//! What is fuzzed: every parser, with the properties that its input must show.

mod audit;
mod documents;
mod exchange;
mod media;
mod pki;
mod walk;
mod wire;

use std::error::Error;

use crate::mutate::Shape;
use crate::seeds;

/// What a parser made of its input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Accepted,
    Refused,
}

/// A parser.
pub(crate) struct Target {
    pub(crate) name: &'static str,
    pub(crate) shape: Shape,
    /// Good input and bad, besides the files of `fixtures/seeds/NAME`; one at least is accepted.
    pub(crate) seeds: fn() -> Vec<Vec<u8>>,
    /// Parses, and panics where a property does not hold.
    pub(crate) take: fn(&[u8]) -> Verdict,
    /// How often the short run takes it.
    pub(crate) rounds: usize,
}

impl Target {
    const fn new(name: &'static str, shape: Shape, seeds: fn() -> Vec<Vec<u8>>, take: fn(&[u8]) -> Verdict) -> Self {
        Self { name, shape, seeds, take, rounds: 2500 }
    }

    /// The same, taken less often, for its parser takes its time.
    const fn slow(self) -> Self {
        Self { rounds: 250, ..self }
    }

    pub(crate) fn all_seeds(&self) -> Vec<Vec<u8>> {
        let mut all = (self.seeds)();
        all.extend(seeds::own(self.name));
        all
    }
}

/// Every parser.
pub(crate) fn all() -> Vec<Target> {
    [wire::all(), pki::all(), audit::all(), exchange::all(), documents::all(), walk::all(), media::all()]
        .into_iter()
        .flatten()
        .collect()
}

/// A refusal is fit to be shown: printable ASCII and short, down to its last cause.
fn refused(error: &dyn Error) -> Verdict {
    let mut cause = Some(error);
    while let Some(error) = cause {
        let message = error.to_string();
        assert!(message.bytes().all(|b| b == b' ' || b.is_ascii_graphic()), "a refusal says {message:?}");
        assert!(message.len() <= 4096, "a refusal of {} characters", message.len());
        cause = error.source();
    }
    Verdict::Refused
}

/// The result of a parser for a format with one encoding for each value: what is accepted is written as it was read.
fn exact<T, E: Error + 'static>(input: &[u8], read: Result<T, E>, write: impl FnOnce(&T) -> Vec<u8>) -> Verdict {
    match read {
        Ok(value) => {
            let written = write(&value);
            assert!(written == input, "read {:?}, written {:?}", show(input), show(&written));
            Verdict::Accepted
        }
        Err(error) => refused(&error),
    }
}

/// The result of a parser for a format with several encodings.
fn taken<T, E: Error + 'static>(read: Result<T, E>, check: impl FnOnce(&T)) -> Verdict {
    match read {
        Ok(value) => {
            check(&value);
            Verdict::Accepted
        }
        Err(error) => refused(&error),
    }
}

/// The result of a parser that says only whether.
fn found<T>(read: Option<T>, check: impl FnOnce(&T)) -> Verdict {
    let Some(value) = read else { return Verdict::Refused };
    check(&value);
    Verdict::Accepted
}

/// Text for parsers that take text; bytes that are none are refused before.
fn text(input: &[u8], take: impl FnOnce(&str) -> Verdict) -> Verdict {
    std::str::from_utf8(input).map_or(Verdict::Refused, take)
}

/// Bytes as they are written in a test.
pub(crate) fn show(bytes: &[u8]) -> String {
    bytes.escape_ascii().to_string()
}

/// Inline seeds.
fn texts(all: &[&str]) -> Vec<Vec<u8>> {
    all.iter().map(|text| text.as_bytes().to_vec()).collect()
}
