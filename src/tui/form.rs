//! Fields under each other. Enter goes to the next one, and from the last one on.

use std::path::PathBuf;

use super::asked::{Asked, AskedKind};
use super::field::{Secret, Text};
use super::frame::{Canvas, Row};
use super::keys::Key;
use super::language::Language;
use super::palette::Weight;
use crate::report::columns;
use crate::report::mark::Mark;

/// Columns of the labels.
const LABELS: usize = 20;
/// Columns of a secret, whatever it is.
const HIDDEN: usize = 34;

/// Fields, and the one that the person is in.
#[derive(Debug, Default)]
pub struct Form {
    fields: Vec<Field>,
    at: usize,
    /// Whether secrets were taken: what is asked for again are those first.
    is_again: bool,
    /// Why what was typed was not taken, in English and Chinese; it goes with the next key.
    typo: Option<(&'static str, &'static str)>,
}

/// A field with its label.
#[derive(Debug)]
pub struct Field {
    label: (&'static str, &'static str),
    value: Value,
}

#[derive(Debug)]
enum Value {
    Text(Text),
    Secret(Secret),
}

/// What a key did to a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pressed {
    /// It was for the form.
    Taken,
    /// Enter in the last field, and no field is empty.
    Complete,
    /// The form does not know it.
    Other,
}

impl Field {
    /// Text that is shown while it is typed; its label in English and Chinese.
    pub fn text(english: &'static str, chinese: &'static str) -> Self {
        Self { label: (english, chinese), value: Value::Text(Text::default()) }
    }

    /// Text that stands there already and can be changed.
    #[must_use]
    pub fn filled(mut self, text: &str) -> Self {
        self.value = Value::Text(Text::with(text));
        self
    }

    /// A secret.
    pub fn secret(english: &'static str, chinese: &'static str) -> Self {
        Self { label: (english, chinese), value: Value::Secret(Secret::default()) }
    }

    fn is_empty_secret(&self) -> bool {
        matches!(self.value, Value::Secret(_)) && self.is_empty()
    }

    fn is_empty(&self) -> bool {
        match &self.value {
            Value::Text(text) => text.as_str().is_empty(),
            Value::Secret(secret) => secret.is_empty(),
        }
    }
}

impl Form {
    /// A form of these fields; the person is in the first one.
    pub fn new(fields: impl Into<Vec<Field>>) -> Self {
        Self { fields: fields.into(), at: 0, is_again: false, typo: None }
    }

    /// Takes a key.
    pub fn press(&mut self, key: Key) -> Pressed {
        let last = self.fields.len().saturating_sub(1);
        self.typo = None;
        match (key, self.next_secret()) {
            (Key::Enter, Some(at)) => self.at = at,
            (Key::Enter, _) if self.at == last && self.fields.iter().all(|field| !field.is_empty()) => {
                return Pressed::Complete;
            }
            (Key::Enter, _) if self.at == last => {
                self.at = self.fields.iter().position(Field::is_empty).unwrap_or(last)
            }
            (Key::Tab | Key::Down | Key::Enter, _) => self.at = (self.at + 1).min(last),
            (Key::BackTab | Key::Up, _) => self.at = self.at.saturating_sub(1),
            (key, _) => {
                let taken = self.fields.get_mut(self.at).is_some_and(|field| match &mut field.value {
                    Value::Text(text) => text.take(key),
                    Value::Secret(secret) => secret.take(key),
                });
                return if taken { Pressed::Taken } else { Pressed::Other };
            }
        }
        Pressed::Taken
    }

    /// The field that the person is in, counted from 0.
    pub const fn at(&self) -> usize {
        self.at
    }

    /// Puts `text` into the field `at`, which is shown while it is typed.
    pub fn put(&mut self, at: usize, text: &str) {
        if let Some(Field { value: Value::Text(field), .. }) = self.fields.get_mut(at) {
            *field = Text::with(text);
        }
    }

    /// What was typed into the field `at` was not taken: the person is in it again, it is empty, and `english` or
    /// `chinese` says why until the next key.
    pub fn mistyped(&mut self, at: usize, english: &'static str, chinese: &'static str) {
        self.put(at, "");
        self.at = at;
        self.typo = Some((english, chinese));
    }

    /// The text of the field `at`, counted from 0.
    pub fn text(&self, at: usize) -> &str {
        match self.fields.get(at).map(|field| &field.value) {
            Some(Value::Text(text)) => text.as_str().trim(),
            _ => "",
        }
    }

    /// The text of the field `at` as a path.
    pub fn path(&self, at: usize) -> PathBuf {
        PathBuf::from(self.text(at))
    }

    /// Takes the secret of the field `at`, which is then empty. The person is then in the first secret that is: where it is
    /// asked for again, it must not be typed into a field that shows it.
    pub fn secret(&mut self, at: usize) -> Secret {
        let taken = match self.fields.get_mut(at).map(|field| &mut field.value) {
            Some(Value::Secret(secret)) => std::mem::take(secret),
            _ => return Secret::default(),
        };
        self.is_again = true;
        self.at = self.fields.iter().position(Field::is_empty_secret).unwrap_or(self.at);
        taken
    }

    /// The next secret that is to be typed again, for who has just typed one: no field that shows it lies between.
    fn next_secret(&self) -> Option<usize> {
        let is_in_one = matches!(self.fields.get(self.at)?.value, Value::Secret(_));
        let next = self.fields.iter().skip(self.at + 1).position(Field::is_empty_secret)?;
        (self.is_again && is_in_one).then_some(self.at + 1 + next)
    }

    /// Its rows.
    pub fn rows(&self, canvas: &Canvas<'_>) -> Vec<Row> {
        let row = |(at, field): (usize, &Field)| {
            let here = at == self.at;
            let label = columns::left(canvas.say(field.label.0, field.label.1), LABELS);
            let value = match &field.value {
                Value::Secret(_) => columns::left("[ hidden", HIDDEN) + "]",
                Value::Text(text) => {
                    let room = canvas.width.saturating_sub(LABELS + 6);
                    columns::cut_middle(text.as_str(), room) + if here { "_" } else { "" }
                }
            };
            Row::from(format!(" {} {label} {value}", if here { ">" } else { " " })).field()
        };
        let typo = self.typo.map(|(english, chinese)| {
            Row::weighted(format!(" {} {}", Mark::Typo, canvas.say(english, chinese)), Weight::Strong)
        });
        self.fields.iter().enumerate().map(row).chain(typo).collect()
    }

    /// The question of the field that the person is in.
    pub fn asked(&self, language: Language) -> Option<Asked> {
        let field = self.fields.get(self.at)?;
        let (kind, given) = match &field.value {
            Value::Text(text) => (AskedKind::Text, text.as_str().to_owned()),
            Value::Secret(_) => (AskedKind::Secret, String::new()),
        };
        Some(Asked { label: language.say(field.label.0, field.label.1).to_owned(), kind, given })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(form: &mut Form, text: &str) {
        text.chars().for_each(|c| assert_eq!(form.press(Key::Char(c)), Pressed::Taken));
    }

    #[test]
    fn enter_walks_through_and_never_submits_an_empty_field() {
        let mut form = Form::new([Field::text("Person", "人员"), Field::secret("Passphrase", "口令")]);
        assert_eq!(form.press(Key::Enter), Pressed::Taken);
        typed(&mut form, "secret");
        assert_eq!(form.press(Key::Enter), Pressed::Taken);
        typed(&mut form, "chen");
        assert_eq!(form.press(Key::Enter), Pressed::Taken);
        assert_eq!(form.press(Key::Enter), Pressed::Complete);
        assert_eq!(form.text(0), "chen");
        assert_eq!(form.secret(1).into_typed().as_str(), "secret");
        assert!(form.secret(1).is_empty());
    }

    #[test]
    fn a_secret_that_was_taken_is_typed_again_where_it_is_hidden() {
        let secret = || Field::secret("Passphrase", "口令");
        let mut form = Form::new([
            Field::text("Person", "人员"),
            secret(),
            Field::text("Minute", "分钟"),
            secret(),
            Field::text("Minute", "分钟"),
        ]);
        for text in ["chen", "first", "03:10", "second", "03:11"] {
            typed(&mut form, text);
            form.press(Key::Enter);
        }
        assert_eq!([1, 3].map(|at| form.secret(at).into_typed().to_string()), ["first", "second"]);
        assert_eq!(form.at(), 1);
        typed(&mut form, "again");
        assert_eq!([0, 2, 4].map(|at| form.text(at)), ["chen", "03:10", "03:11"]);
        assert_eq!(
            (form.press(Key::Enter), form.at()),
            (Pressed::Taken, 3),
            "the next secret, and not the minute before it"
        );
        typed(&mut form, "again");
        assert_eq!((form.press(Key::Enter), form.at()), (Pressed::Taken, 4));
        assert_eq!(form.press(Key::Enter), Pressed::Complete);
    }

    #[test]
    fn a_secret_looks_the_same_whatever_was_typed() {
        let canvas = Canvas::of(80, 24, crate::tui::language::Language::English, "ca").unwrap();
        let mut form = Form::new([Field::secret("PIN", "PIN")]);
        let before = form.rows(&canvas);
        typed(&mut form, "123456");
        assert_eq!(form.rows(&canvas), before);
    }
}
