//! Elements of DER retagged, taken away, repeated, exchanged; all lengths around them are written anew.

use crate::random::Random;

/// One element; what it holds is either elements again or bytes.
#[derive(Clone)]
struct Element {
    tag: u8,
    /// What stands before the elements of a BIT STRING.
    prefix: Vec<u8>,
    content: Content,
    length: Length,
}

#[derive(Clone)]
enum Content {
    Elements(Vec<Element>),
    Bytes(Vec<u8>),
}

/// How the length is written.
#[derive(Clone, Copy)]
enum Length {
    Minimal,
    Padded,
    Indefinite,
    Off(i8),
}

const TAGS: [u8; 24] = [
    0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0a, 0x0c, 0x13, 0x14, 0x16, 0x17, 0x18, 0x1c, 0x1e, 0x30, 0x31, 0x80, 0x81,
    0x82, 0xa0, 0xa3, 0x1f, 0xff,
];

pub(super) fn mutate(bytes: &[u8], other: &[u8], random: &mut Random) -> Option<Vec<u8>> {
    let mut all = parse(bytes, 0)?;
    let strangers = parse(other, 0).unwrap_or_default();
    let stranger = pick(&strangers, random).cloned();
    let twin = pick(&all, random).cloned();
    let count = count(&all);
    change(
        &mut all,
        &mut random.below(count),
        &mut |list, at, random| alter(list, at, stranger.as_ref(), twin.as_ref(), random),
        random,
    );
    Some(write(&all))
}

/// Alters the element at `at` of `list`.
fn alter(list: &mut Vec<Element>, at: usize, stranger: Option<&Element>, twin: Option<&Element>, random: &mut Random) {
    match random.below(10) {
        0 => drop(list.remove(at)),
        1 => list.insert(at, list[at].clone()),
        2 => {
            let with = random.below(list.len());
            list.swap(at, with);
        }
        3 => list[at].tag = *random.pick(&TAGS),
        4 => list[at].length = *random.pick(&[Length::Padded, Length::Indefinite, Length::Off(1), Length::Off(-1)]),
        5 => list[at] = stranger.or(twin).cloned().unwrap_or_else(|| list[at].clone()),
        6 => list.insert(at, twin.cloned().unwrap_or_else(|| list[at].clone())),
        7 => list[at].content = Content::Bytes(Vec::new()),
        8 => {
            let fill = random.byte();
            list[at].content = Content::Bytes(vec![fill; *random.pick(&[1, 2, 20, 21, 127, 128, 300])]);
        }
        _ => bend(&mut list[at].content, random),
    }
}

/// Changes a byte of a value.
fn bend(content: &mut Content, random: &mut Random) {
    if let Content::Bytes(bytes) = content {
        let at = random.below(bytes.len());
        match random.below(3) {
            0 => bytes.insert(at, *random.pick(&[0, 0x80, 0xff])),
            1 if !bytes.is_empty() => drop(bytes.remove(at)),
            _ if !bytes.is_empty() => bytes[at] = random.byte(),
            _ => {}
        }
    }
}

/// Walks to the element of number `left` and changes the list it stands in.
fn change(
    list: &mut Vec<Element>,
    left: &mut usize,
    how: &mut dyn FnMut(&mut Vec<Element>, usize, &mut Random),
    random: &mut Random,
) -> bool {
    for at in 0..list.len() {
        if *left == 0 {
            how(list, at, random);
            return true;
        }
        *left -= 1;
        if let Content::Elements(inner) = &mut list[at].content
            && change(inner, left, how, random)
        {
            return true;
        }
    }
    false
}

fn count(list: &[Element]) -> usize {
    let inner = |element: &Element| match &element.content {
        Content::Elements(inner) => count(inner),
        Content::Bytes(_) => 0,
    };
    list.iter().map(|element| 1 + inner(element)).sum()
}

fn pick<'a>(list: &'a [Element], random: &mut Random) -> Option<&'a Element> {
    let one = list.get(random.below(list.len()))?;
    match &one.content {
        Content::Elements(inner) if !inner.is_empty() && !random.once_in(4) => pick(inner, random),
        _ => Some(one),
    }
}

/// The elements that fill `bytes`.
fn parse(mut bytes: &[u8], depth: usize) -> Option<Vec<Element>> {
    let mut list = Vec::new();
    while let [tag, first, rest @ ..] = bytes {
        let (length, rest) = match first {
            ..=0x7f => (usize::from(*first), rest),
            0x81 => (usize::from(*rest.first()?), rest.get(1..)?),
            0x82 => (usize::from(u16::from_be_bytes([*rest.first()?, *rest.get(1)?])), rest.get(2..)?),
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(length)?;
        list.push(element(*tag, content, depth));
        bytes = rest;
    }
    (bytes.is_empty() && !list.is_empty() && depth < 16).then_some(list)
}

fn element(tag: u8, content: &[u8], depth: usize) -> Element {
    let prefix: &[u8] = match (tag, content) {
        (3, [0, ..]) => &[0],
        _ => &[],
    };
    let inner = match tag {
        3 | 4 => parse(&content[prefix.len()..], depth + 1),
        _ if tag & 0x20 != 0 => parse(content, depth + 1),
        _ => None,
    };
    let (prefix, content) = match inner {
        Some(inner) => (prefix.to_vec(), Content::Elements(inner)),
        None => (Vec::new(), Content::Bytes(content.to_vec())),
    };
    Element { tag, prefix, content, length: Length::Minimal }
}

fn write(list: &[Element]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for element in list {
        let content = match &element.content {
            Content::Elements(inner) => [element.prefix.as_slice(), &write(inner)].concat(),
            Content::Bytes(content) => content.clone(),
        };
        bytes.push(element.tag);
        match element.length {
            Length::Minimal => bytes.extend(minimal(content.len())),
            Length::Padded => bytes.extend([&[0x84][..], &(content.len() as u32).to_be_bytes()].concat()),
            Length::Indefinite => bytes.push(0x80),
            Length::Off(by) => bytes.extend(minimal(content.len().saturating_add_signed(by.into()))),
        }
        bytes.extend(content);
        if matches!(element.length, Length::Indefinite) {
            bytes.extend([0, 0]);
        }
    }
    bytes
}

fn minimal(length: usize) -> Vec<u8> {
    let bytes = length.to_be_bytes();
    match length {
        0..0x80 => vec![length as u8],
        0x80..0x100 => vec![0x81, length as u8],
        _ => [&[0x82], &bytes[bytes.len() - 2..]].concat(),
    }
}
