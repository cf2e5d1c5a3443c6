//! Lines taken away, repeated, exchanged; values made odd.

use crate::random::Random;

/// What a person or a tool with bad intent writes where a value belongs.
const ODD: [&str; 26] = [
    "",
    " ",
    "\t",
    "\r",
    "\n\n",
    "0",
    "00",
    "+1",
    "-1",
    "1.0",
    "1e9",
    "65536",
    "4294967296",
    "18446744073709551616",
    "9999-12-31T23:59:59Z",
    "2024-02-29T00:00:00Z",
    "\u{202e}",
    "\u{200b}",
    "\u{feff}",
    "\u{ff11}\u{ff12}",
    "\u{1b}[2J",
    "\0",
    "\"\"\"",
    "[[x]]",
    "&a [*a, *a]",
    "../../etc/passwd",
];

pub(super) fn mutate(bytes: &[u8], other: &[u8], random: &mut Random) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(bytes).ok()?;
    let mut lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
    let at = random.below(lines.len());
    match random.below(7) {
        0 => drop(lines.remove(at)),
        1 => {
            let to = random.below(lines.len());
            lines.insert(to, lines[at].clone());
        }
        2 => {
            let with = random.below(lines.len());
            lines.swap(at, with);
        }
        3 => {
            let others = std::str::from_utf8(other).ok()?;
            let others: Vec<_> = others.split('\n').collect();
            lines[at] = (*random.pick(&others)).to_owned();
        }
        4 => lines[at] = lines[at].repeat(1 + random.below(40)),
        _ => lines[at] = with_odd_word(&lines[at], random),
    }
    Some(lines.join("\n").into_bytes())
}

/// The line with a word of it, or a place in it, made odd.
fn with_odd_word(line: &str, random: &mut Random) -> String {
    let odd = *random.pick(&ODD);
    let words: Vec<_> = line.split(' ').collect();
    let word = *random.pick(&words);
    if !word.is_empty() && random.once_in(2) {
        return line.replacen(word, odd, 1);
    }
    let places: Vec<_> = line.char_indices().map(|(at, _)| at).chain([line.len()]).collect();
    let (before, after) = line.split_at(*random.pick(&places));
    format!("{before}{odd}{after}")
}
