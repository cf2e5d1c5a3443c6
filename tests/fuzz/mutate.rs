//! Hostile changes to good input: to its bytes, or to the structure that the format has, so that what is changed still
//! gets past the outermost checks.

mod der;
mod json;
mod text;

use crate::random::Random;

/// What a format is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Bytes without a structure that is known here.
    Bytes,
    /// Lines of text.
    Text,
    /// Canonical JSON.
    Json,
    /// DER.
    Der,
}

/// Inputs do not grow beyond this.
const MAX_BYTES: usize = 64 << 10;

/// Changes `input` in one to four places; `other` is another input of the same kind, to take parts from.
pub(crate) fn mutate(shape: Shape, input: &[u8], other: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = input.to_vec();
    for _ in 0..=random.below(4) {
        let structured = match shape {
            _ if random.once_in(4) => None,
            Shape::Bytes => None,
            Shape::Text => text::mutate(&bytes, other, random),
            Shape::Json => json::mutate(&bytes, other, random),
            Shape::Der => der::mutate(&bytes, other, random),
        };
        bytes = structured.unwrap_or_else(|| any(bytes, other, random));
        bytes.truncate(MAX_BYTES);
    }
    bytes
}

/// Bytes at which formats break.
const ODD: [u8; 12] = [0, 1, 0x7f, 0x80, 0x81, 0x84, 0xff, b'\n', b'\r', b'"', b' ', b'0'];

fn any(mut bytes: Vec<u8>, other: &[u8], random: &mut Random) -> Vec<u8> {
    let at = random.below(bytes.len());
    let end = (at + 1 + random_length(random)).min(bytes.len());
    match random.below(8) {
        0 => bytes.truncate(at),
        1 => bytes.insert(at, *random.pick(&ODD)),
        2 if at < end => drop(bytes.drain(at..end)),
        3 if at < end => {
            let part = bytes[at..end].to_vec();
            let to = random.below(bytes.len());
            bytes.splice(to..to, part);
        }
        4 if !other.is_empty() => {
            let from = random.below(other.len());
            let until = (from + 1 + random_length(random)).min(other.len());
            bytes.splice(at..end, other[from..until].iter().copied());
        }
        5 if !bytes.is_empty() => bytes[at] = *random.pick(&ODD),
        6 if !bytes.is_empty() => bytes[at] = random.byte(),
        _ if !bytes.is_empty() => bytes[at] ^= 1 << random.below(8),
        _ => bytes.push(random.byte()),
    }
    bytes
}

/// Mostly short, sometimes long.
fn random_length(random: &mut Random) -> usize {
    let longest = *random.pick(&[1, 2, 4, 8, 32, 256]);
    random.below(longest)
}
