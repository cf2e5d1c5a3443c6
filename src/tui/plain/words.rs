//! A line as the keys of a screen. Commands are words and letters; where text is asked, a command begins with a colon.

use zeroize::Zeroizing;

use crate::tui::asked::{Asked, AskedKind};
use crate::tui::keys::Key;

/// Digits of a row.
const DIGITS: usize = 6;
/// The longest text of a field, in characters.
const MOST: usize = 512;
/// The longest list that a person walks through at once.
const FURTHEST: usize = 20_000;

/// What a line means.
pub enum Said {
    /// These keys.
    Keys(Zeroizing<Vec<Pressed>>),
    /// Tell again where I am.
    Again,
    /// Tell the words.
    Words,
    /// Nothing, and why.
    Nothing(Misheard),
}

/// A key, wiped from memory once it was pressed: it may be of a secret.
#[derive(Clone, Copy)]
pub struct Pressed(pub Key);

impl zeroize::Zeroize for Pressed {
    fn zeroize(&mut self) {
        self.0 = Key::Redraw;
    }
}

/// Why a line means nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Misheard {
    /// It is no command.
    NoCommand,
    /// An empty line answers nothing here.
    Empty,
    /// A row has six digits.
    NoRow,
    /// It holds what no field takes: control characters, as arrow keys send them, or other than ASCII.
    NotText,
    /// It is longer than any field.
    TooLong,
}

impl Misheard {
    /// What is told of it, in English and in Chinese.
    pub const fn told(self) -> (&'static str, &'static str) {
        match self {
            Self::NoCommand => (
                "no such command here; ? tells what can be typed, words lists all words",
                "此处没有该命令；? 查看可用按键，words 列出全部词",
            ),
            Self::Empty => ("nothing was typed; Ctrl-D goes back", "未输入任何内容；Ctrl-D 返回"),
            Self::NoRow => ("a row has six digits; nothing was entered", "每行为六位数字；未录入"),
            Self::NotText => (
                "only letters, digits and signs of ASCII are taken here; arrow keys are not: type up or down",
                "此处仅接受 ASCII 字符；方向键无效：请输入 up 或 down",
            ),
            Self::TooLong => ("longer than any answer, 512 characters; nothing was taken", "超过 512 个字符；未采用"),
        }
    }
}

/// The words, and the key that each is.
pub const WORDS: [(&str, Key); 23] = [
    ("enter", Key::Enter),
    ("open", Key::Enter),
    ("next", Key::Char('n')),
    ("esc", Key::Esc),
    ("back", Key::Esc),
    ("space", Key::Char(' ')),
    ("tick", Key::Char(' ')),
    ("tab", Key::Tab),
    ("up", Key::Up),
    ("down", Key::Down),
    ("pgup", Key::PageUp),
    ("pgdn", Key::PageDown),
    ("first", Key::Home),
    ("last", Key::End),
    ("left", Key::Left),
    ("right", Key::Right),
    ("help", Key::Function(1)),
    ("language", Key::Function(2)),
    ("lock", Key::Function(12)),
    ("leave", Key::Interrupt),
    ("quit", Key::Char('q')),
    ("stop", Key::Char('s')),
    ("home", Key::Char('h')),
];

/// What `line` means where nothing but a key is asked.
pub fn command(line: &str) -> Said {
    let line = line.trim();
    let line = line.strip_prefix(':').unwrap_or(line);
    let lower = line.to_ascii_lowercase();
    let mut words = lower.split_ascii_whitespace();
    let keys = match (words.next(), words.next(), words.next()) {
        (None, ..) => return Said::Again,
        (Some("words"), None, _) => return Said::Words,
        (Some(word), None, _) => single(line, word).map(|key| vec![Pressed(key)]),
        (Some("line"), Some(number), None) => to_line(number),
        (Some(word), Some(count), None) => repeated(word, count),
        _ => None,
    };
    keys.map_or(Said::Nothing(Misheard::NoCommand), |keys| Said::Keys(Zeroizing::new(keys)))
}

/// Whether a line asks that what goes on is stopped.
pub fn stops(line: &str) -> bool {
    matches!(command(line), Said::Keys(keys) if matches!(keys.as_slice(), [Pressed(Key::Char('s' | 'S') | Key::Esc)]))
}

/// What `line` means where `asked` is asked.
pub fn answer(line: &str, asked: &Asked) -> Said {
    match asked.kind {
        AskedKind::Secret if line.is_empty() => Said::Nothing(Misheard::Empty),
        AskedKind::Secret if line.chars().count() > MOST => Said::Nothing(Misheard::TooLong),
        AskedKind::Secret => typed(line, 0),
        AskedKind::Row => row(line),
        AskedKind::Text if line.starts_with(':') => aside(line),
        AskedKind::Text if line.is_empty() && asked.given.is_empty() => Said::Nothing(Misheard::Empty),
        AskedKind::Text if line.is_empty() => Said::Keys(Zeroizing::new(vec![Pressed(Key::Enter)])),
        AskedKind::Text if !line.chars().all(|c| (' '..='~').contains(&c)) => Said::Nothing(Misheard::NotText),
        AskedKind::Text if line.len() > MOST => Said::Nothing(Misheard::TooLong),
        AskedKind::Text => typed(line, asked.given.chars().count()),
    }
}

/// A command where characters are text: what is no key of its own would be typed.
fn aside(line: &str) -> Said {
    let Said::Keys(mut keys) = command(line) else { return command(line) };
    for Pressed(key) in keys.iter_mut() {
        *key = match *key {
            Key::Char('?') => Key::Function(1),
            Key::Char('~') => Key::Function(2),
            Key::Char('!') => Key::Function(12),
            Key::Char(_) => return Said::Nothing(Misheard::NoCommand),
            key => key,
        };
    }
    Said::Keys(keys)
}

/// The keys that replace what was `given` by `line`, and Enter.
fn typed(line: &str, given: usize) -> Said {
    let mut keys = Zeroizing::new(Vec::with_capacity(given + MOST + 1));
    keys.extend(std::iter::repeat_n(Pressed(Key::Backspace), given));
    keys.extend(line.chars().map(Key::Char).map(Pressed));
    keys.push(Pressed(Key::Enter));
    Said::Keys(keys)
}

/// Six digits with blanks where they are on the paper. Nothing is entered before all six are there.
fn row(line: &str) -> Said {
    let typed = line.chars().filter(|c| !c.is_whitespace()).map(Key::Char);
    let digits: Option<Vec<Pressed>> = typed.map(|key| key.digit().map(Key::Char).map(Pressed)).collect();
    match digits {
        Some(digits) if digits.len() == DIGITS => Said::Keys(Zeroizing::new(digits)),
        Some(digits) if digits.is_empty() => Said::Again,
        None if !line.contains(|c| Key::Char(c).digit().is_some()) => command(line),
        _ => Said::Nothing(Misheard::NoRow),
    }
}

fn single(line: &str, word: &str) -> Option<Key> {
    let mut characters = line.chars();
    if let (Some(c), None) = (characters.next(), characters.next()) {
        return (!c.is_control()).then_some(Key::Char(c));
    }
    let function = || {
        let number: u8 = word.strip_prefix('f')?.parse().ok()?;
        (1..=12).contains(&number).then_some(Key::Function(number))
    };
    WORDS.iter().find(|(name, _)| *name == word).map(|(_, key)| *key).or_else(function)
}

/// `down 5`: only what moves is pressed more than once.
fn repeated(word: &str, count: &str) -> Option<Vec<Pressed>> {
    let key = single(word, word).filter(|key| matches!(key, Key::Up | Key::Down | Key::PageUp | Key::PageDown))?;
    let count: usize = count.parse().ok().filter(|count| (1..=FURTHEST).contains(count))?;
    Some(vec![Pressed(key); count])
}

/// `line 31` of a list, counted from 1.
fn to_line(number: &str) -> Option<Vec<Pressed>> {
    let number: usize = number.parse().ok().filter(|number| (1..=FURTHEST).contains(number))?;
    let down = std::iter::repeat_n(Pressed(Key::Down), number - 1);
    Some(std::iter::once(Pressed(Key::Home)).chain(down).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(said: Said) -> Vec<Key> {
        match said {
            Said::Keys(keys) => keys.iter().map(|pressed| pressed.0).collect(),
            _ => vec![],
        }
    }

    fn asked(kind: AskedKind, given: &str) -> Asked {
        Asked { label: "Person".to_owned(), kind, given: given.to_owned() }
    }

    #[test]
    fn letters_digits_and_words_are_commands() {
        assert_eq!(keys(command("n")), [Key::Char('n')]);
        assert_eq!(keys(command(" 2 ")), [Key::Char('2')]);
        assert_eq!(keys(command("Back")), [Key::Esc]);
        assert_eq!(keys(command(":F3")), [Key::Function(3)]);
        assert_eq!(keys(command("down 2")), [Key::Down, Key::Down]);
        assert_eq!(keys(command("line 2")), [Key::Home, Key::Down]);
        for wrong in ["approve", "f13", "tick 2", "down 20001", "down x", "a b c", "\x1b[A"] {
            assert!(matches!(command(wrong), Said::Nothing(Misheard::NoCommand)), "{wrong:?}");
        }
        assert!(matches!(command("  "), Said::Again));
    }

    #[test]
    fn a_stop_is_a_word_a_letter_or_esc() {
        assert!(["stop", "s", "S", "esc", ":esc", "back"].into_iter().all(stops));
        assert!(["", "n", "stop it", "sign", "down 2"].into_iter().all(|line| !stops(line)));
    }

    #[test]
    fn a_text_replaces_what_was_given_and_an_empty_line_keeps_it() {
        let (empty, given) = (asked(AskedKind::Text, ""), asked(AskedKind::Text, "li"));
        assert_eq!(keys(answer("a", &given)), [Key::Backspace, Key::Backspace, Key::Char('a'), Key::Enter]);
        assert_eq!(keys(answer("", &given)), [Key::Enter]);
        assert!(matches!(answer("", &empty), Said::Nothing(Misheard::Empty)));
        assert_eq!(keys(answer(":esc", &empty)), [Key::Esc]);
        assert_eq!(keys(answer(":?", &empty)), [Key::Function(1)]);
        assert!(matches!(answer(":n", &empty), Said::Nothing(Misheard::NoCommand)));
        assert!(matches!(answer("\x1b[A", &empty), Said::Nothing(Misheard::NotText)));
        assert!(matches!(answer("e\u{301}", &empty), Said::Nothing(Misheard::NotText)));
        assert!(matches!(answer(&"n".repeat(4000), &empty), Said::Nothing(Misheard::TooLong)));
    }

    #[test]
    fn a_secret_is_taken_as_it_is_typed() {
        let secret = asked(AskedKind::Secret, "");
        assert_eq!(keys(answer(":e", &secret)), [Key::Char(':'), Key::Char('e'), Key::Enter]);
        assert!(matches!(answer("", &secret), Said::Nothing(Misheard::Empty)));
    }

    #[test]
    fn a_row_is_six_digits_or_nothing() {
        let row = asked(AskedKind::Row, "");
        assert_eq!(keys(answer("109 857", &row)).len(), 6);
        assert_eq!(keys(answer("１０９ 857", &row))[0], Key::Char('1'));
        for wrong in ["10985", "1098577", "10985x", "1"] {
            assert!(matches!(answer(wrong, &row), Said::Nothing(Misheard::NoRow)), "{wrong}");
        }
        assert_eq!(keys(answer("x", &row)), [Key::Char('x')]);
        assert!(matches!(answer("", &row), Said::Again));
    }
}
