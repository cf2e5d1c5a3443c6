//! Values of a JSON text replaced, taken away, repeated, exchanged; written canonically again.

use airlock::wire::json;
use serde_json::{Value, json};

use crate::random::Random;

pub(super) fn mutate(bytes: &[u8], other: &[u8], random: &mut Random) -> Option<Vec<u8>> {
    let mut value: Value = serde_json::from_slice(bytes).ok()?;
    let stranger = serde_json::from_slice(other).unwrap_or(Value::Null);
    let paths = paths(&value);
    let path = random.pick(&paths).clone();
    let (parent, name) = path.rsplit_once('/').unwrap_or(("", ""));
    match random.below(6) {
        0 => remove(value.pointer_mut(parent)?, name),
        1 => {
            let one = value.pointer(&path)?.clone();
            repeat(value.pointer_mut(parent)?, one, random);
        }
        2 => {
            let target = random.pick(&paths).clone();
            let one = value.pointer(&path)?.clone();
            *value.pointer_mut(&target)? = one;
        }
        3 => {
            let others = self::paths(&stranger);
            *value.pointer_mut(&path)? = stranger.pointer(random.pick(others.as_slice()).as_str())?.clone();
        }
        4 => *value.pointer_mut(&path)? = bent(value.pointer(&path)?, random),
        _ => *value.pointer_mut(&path)? = odd(random),
    }
    // What cannot be written canonically is written as it is.
    json::to_vec(&value).ok().or_else(|| serde_json::to_vec(&value).ok())
}

/// The pointers to all values.
fn paths(value: &Value) -> Vec<String> {
    fn walk(value: &Value, here: &str, found: &mut Vec<String>) {
        found.push(here.to_owned());
        match value {
            Value::Array(list) => {
                list.iter().enumerate().for_each(|(at, one)| walk(one, &format!("{here}/{at}"), found))
            }
            Value::Object(map) => map.iter().for_each(|(key, one)| {
                walk(one, &format!("{here}/{}", key.replace('~', "~0").replace('/', "~1")), found);
            }),
            _ => {}
        }
    }
    let mut found = Vec::new();
    walk(value, "", &mut found);
    found
}

fn remove(parent: &mut Value, name: &str) {
    match parent {
        Value::Object(map) => drop(map.remove(name)),
        Value::Array(list) => match name.parse::<usize>() {
            Ok(at) if at < list.len() => drop(list.remove(at)),
            _ => {}
        },
        _ => {}
    }
}

fn repeat(parent: &mut Value, one: Value, random: &mut Random) {
    match parent {
        Value::Array(list) => (0..=random.below(4)).for_each(|_| list.push(one.clone())),
        Value::Object(map) => drop(map.insert((*random.pick(&["x", "", "note", "format", "zz"])).to_owned(), one)),
        _ => {}
    }
}

/// Something near to what stands there.
fn bent(value: &Value, random: &mut Random) -> Value {
    match value {
        Value::Number(number) => {
            let number = number.as_u64().unwrap_or_default();
            json!(random.pick(&[number.wrapping_add(1), number.saturating_sub(1), number << 1, number ^ (1 << 40)]))
        }
        Value::String(text) => {
            let mut characters: Vec<char> = text.chars().collect();
            let at = random.below(characters.len());
            match random.below(4) {
                0 if !characters.is_empty() => drop(characters.remove(at)),
                1 => characters.insert(at, *random.pick(&['0', 'A', 'a', ' ', '-', '/', '\u{202e}'])),
                2 if !characters.is_empty() => characters[at] = char::from(b'0' + random.below(75) as u8),
                _ => characters.extend(text.chars()),
            }
            Value::String(characters.into_iter().collect())
        }
        Value::Bool(truth) => Value::Bool(!truth),
        Value::Array(list) => Value::Array(list.iter().rev().cloned().collect()),
        other => Value::Array(vec![other.clone()]),
    }
}

fn odd(random: &mut Random) -> Value {
    let all = [
        json!(null),
        json!(true),
        json!(0),
        json!(1),
        json!((1_u64 << 53) - 1),
        json!(u64::MAX),
        json!(-1),
        json!(0.5),
        json!(""),
        json!("\u{0}"),
        json!("x".repeat(5000)),
        json!("2025-02-30T00:00:00Z"),
        json!("AAAA"),
        json!([]),
        json!({}),
        json!([[[[[[[[[[]]]]]]]]]]),
    ];
    random.pick(&all).clone()
}
