//! Stable codes in the sources, with their class, their meaning and their hint as far as they can be told.
//!
//! A code is a string literal in capitals that stands in a `Refusal`, in a function called `code` or `row`, or in a
//! finding of a check; and, wherever it stands, one that is several words joined by underscores.

use std::collections::BTreeMap;

use crate::source::Source;

/// Words of other people's that look like codes.
const FOREIGN: &[&str] =
    &["AIRLOCK_", "CKA_", "CKF_", "CKK_", "CKM_", "CKO_", "CKR_", "CKS_", "CKU_", "LC_", "NO_COLOR"];

/// A code in the sources, and what can be told about it.
#[derive(Debug, Clone)]
pub(crate) struct Code {
    pub(crate) code: String,
    pub(crate) place: String,
    /// The error enum whose refusal it is.
    pub(crate) owner: Option<String>,
    /// The variant of `Class`, where it can be told.
    pub(crate) class: Option<String>,
    pub(crate) meaning: Option<String>,
    pub(crate) hint: Option<String>,
}

fn is_code(text: &str) -> bool {
    text.len() >= 2
        && text.starts_with(|c: char| c.is_ascii_uppercase())
        && text.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
        && !FOREIGN.iter().any(|prefix| text.starts_with(prefix))
}

/// Where a literal in capitals is a code even if it is one word.
fn scopes(source: &Source) -> Vec<(usize, usize)> {
    let blocks = ["impl Refusal for ", "fn code(", "fn codes(", "fn reason(", "fn row("];
    let calls = ["Check::warn(", "Check::deny(", "RuleReason::new("];
    let blocks = blocks.iter().flat_map(|start| source.blocks(start, '{'));
    let constants = ["const CODE:"].iter().flat_map(|start| {
        let begins = source.bare.match_indices(start);
        begins.map(|(at, _)| (at, at + source.bare[at..].find(';').unwrap())).collect::<Vec<_>>()
    });
    blocks.chain(calls.iter().flat_map(|start| source.blocks(start, '('))).chain(constants).collect()
}

/// Every code in `sources`.
pub(crate) fn codes(sources: &[Source]) -> Vec<Code> {
    let mut found = Vec::new();
    for source in sources {
        let scopes = scopes(source);
        for literal in &source.literals {
            let scope = scopes.iter().find(|(from, to)| (*from..*to).contains(&literal.at));
            let line = source.bare[..literal.at].rfind('\n').map_or(0, |at| at + 1);
            let in_attribute = source.bare[line..].trim_start().starts_with("#[");
            let is_variable = source.bare[..literal.at].trim_end_matches(['"', ' ']).ends_with("env!(");
            if is_code(&literal.text)
                && !in_attribute
                && !is_variable
                && (scope.is_some() || literal.text.contains('_'))
            {
                let told = scope.map(|scope| Told::of(source, *scope, literal.at));
                found.push(Code {
                    code: literal.text.clone(),
                    place: source.place(literal.at),
                    owner: told.as_ref().filter(|told| told.is_refusal()).and_then(Told::owner),
                    class: told.as_ref().and_then(Told::class),
                    meaning: told.as_ref().and_then(|told| told.meaning(sources)),
                    hint: told.as_ref().and_then(Told::hint),
                });
            }
        }
    }
    found
}

/// A code's surroundings: the arm of the `match` it stands in.
struct Told<'s> {
    source: &'s Source,
    scope: (usize, usize),
    at: usize,
    arm: (usize, usize),
}

impl<'s> Told<'s> {
    fn of(source: &'s Source, scope: (usize, usize), at: usize) -> Self {
        let from = source.bare[scope.0..at].rfind("=>").map_or(scope.0, |arrow| scope.0 + arrow);
        let to = source.bare[at..scope.1].find("=>").map_or(scope.1, |arrow| at + arrow);
        Self { source, scope, at, arm: (from, to) }
    }

    /// Named in the arm; or in the closure that the arm calls; or where the scope makes its reason.
    fn class(&self) -> Option<String> {
        let bare = &self.source.bare;
        let named = |from: usize, to: usize| bare[from..to].split_once("Class::").map(|(_, name)| word(name));
        named(self.arm.0, self.arm.1)
            .or_else(|| self.closure().and_then(|at| named(at, self.scope.1)))
            .or_else(|| named(self.at, self.scope.1))
    }

    /// The closure that is called with the code.
    fn closure(&self) -> Option<usize> {
        let before = self.source.bare[..self.at - 1].trim_end().strip_suffix('(')?;
        let name = before.rsplit(|c: char| !c.is_alphanumeric() && c != '_').next()?;
        let scope = &self.source.bare[self.scope.0..self.at];
        scope.find(&format!("let {name} =")).map(|at| self.scope.0 + at)
    }

    /// The sentence after the code; or the constant that is named there; or the sentence of the closure, or of the scope.
    fn hint(&self) -> Option<String> {
        self.sentence(self.at, self.arm.1)
            .or_else(|| self.named(self.at, self.arm.1))
            .or_else(|| self.closure().and_then(|at| self.sentence(at, self.at)))
            .or_else(|| self.sentence(self.at, self.scope.1))
            .or_else(|| self.named(self.at, self.scope.1))
    }

    fn sentence(&self, from: usize, to: usize) -> Option<String> {
        let within = self.source.literals.iter().filter(|literal| (from..to).contains(&literal.at));
        within.map(|literal| unwrapped(&literal.text)).find(|text| !is_code(text) && text.contains(' '))
    }

    fn named(&self, from: usize, to: usize) -> Option<String> {
        let words = self.source.bare[from..to].split(|c: char| !c.is_alphanumeric() && c != '_');
        words.filter(|word| word.len() > 1).find_map(|word| {
            let starts = [format!("const {word}: "), format!("let {word} = \"")];
            let at = starts.iter().find_map(|start| self.source.bare.find(start.as_str()))?;
            self.sentence(at, at + self.source.bare[at..].find(';')?)
        })
    }

    fn is_refusal(&self) -> bool {
        self.source.bare[self.scope.0..].starts_with("impl Refusal for ")
    }

    /// The type whose `impl` this is.
    fn owner(&self) -> Option<String> {
        let bare = &self.source.bare;
        let begin = if self.is_refusal() { self.scope.0 } else { bare[..self.scope.0].rfind("\nimpl ")? + 1 };
        let header = bare[begin..].split('{').next()?.trim_start_matches("impl ");
        Some(word(header.split_once(" for ").map_or(header, |(_, owner)| owner)))
    }

    /// What is written above the variant of the arm, or above the type.
    fn meaning(&self, sources: &[Source]) -> Option<String> {
        let owner = self.owner()?;
        let arm = &self.source.bare[self.scope.0..self.arm.0];
        let variant = arm.rsplit_once("Self::").map(|(_, rest)| word(rest));
        let mut declared = sources.iter().filter_map(|source| {
            let starts = ["enum", "struct"].map(|kind| format!("{kind} {owner}"));
            let at = starts.iter().find_map(|start| declaration(&source.bare, start))?;
            let Some(variant) = &variant else { return docs_above(source, at) };
            let below = declaration(&source.bare[at..], &format!("\n    {variant}"))?;
            docs_above(source, at + below + 1)
        });
        declared.next()
    }
}

/// Where `start` stands as a whole word.
fn declaration(bare: &str, start: &str) -> Option<usize> {
    let mut places = bare.match_indices(start).map(|(at, _)| at);
    places.find(|at| !bare[at + start.len()..].starts_with(|c: char| c.is_alphanumeric()))
}

/// The word that `text` begins with.
fn word(text: &str) -> String {
    text.split(|c: char| !c.is_alphanumeric()).next().unwrap().to_owned()
}

/// The documentation above the line of `at`, as one sentence without its full stop.
fn docs_above(source: &Source, at: usize) -> Option<String> {
    let start = source.text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let lines: Vec<&str> = source.text[..start].lines().rev().map(str::trim).collect();
    let skipped = lines.iter().take_while(|line| !line.starts_with("///")).count();
    let docs = lines.iter().skip(skipped).map_while(|line| line.strip_prefix("///"));
    let docs: Vec<&str> = docs.map(str::trim).collect::<Vec<_>>().into_iter().rev().collect();
    let text = docs.join(" ");
    (skipped < 8 && !text.is_empty()).then(|| text.trim_end_matches('.').to_owned())
}

/// A literal's text without the line breaks that a backslash hides.
fn unwrapped(text: &str) -> String {
    let mut parts = text.split("\\\n");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.trim_start())
}

/// The classes with their exit statuses, as `refusal.rs` has them.
pub(crate) fn classes(sources: &[Source]) -> BTreeMap<String, u8> {
    let refusal = sources.iter().find(|source| source.path == "refusal.rs").unwrap();
    let (from, to) = refusal.blocks("enum Class", '{')[0];
    let variants = refusal.bare[from..to].lines().filter_map(|line| line.trim().strip_suffix(',')?.split_once(" = "));
    variants.map(|(name, status)| (name.to_owned(), status.parse().unwrap())).collect()
}

/// The forms in which the sources write their codes.
pub(crate) const FORMS: &str = r#"
/// Why.
pub enum FormError {
    /// Bad bytes.
    #[error("bad")]
    Bytes(u8),
    /// Too long,
    /// by far.
    Length,
    /// Called.
    Called,
    /// Only a tuple.
    Tuple { at: u8 },
    /// Full.
    Full,
}
impl Refusal for FormError {
    fn reason(&self) -> Reason {
        const AGAIN: &str = "try again";
        let usage = |code, hint| Reason::new(Class::Usage, code, hint);
        let (code, hint) = match self {
            Self::Bytes(_) => return Reason::new(Class::Media, "FORM_BYTES", "take \
                another"),
            Self::Length => return Reason::new(Class::Media, "FORM_LENGTH", AGAIN),
            Self::Called => return usage("FORM_CALLED", "call again"),
            Self::Tuple { .. } => ("FORM_TUPLE", "untie it"),
            Self::Full => ("FULL", AGAIN),
        };
        Reason::new(Class::Storage, code, hint)
    }
}
impl Rule for Strength {
    fn code(&self) -> &'static str { "K1" }
    fn check(&self) { Check::warn(CheckId::V08, "CLOCK", "text"); other("WIDE_CODE"); getenv("AIRLOCK_HOME"); pem("PEM"); }
}
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Event {}
"#;

#[test]
fn each_form_of_a_code_is_read_with_its_class_its_meaning_and_its_hint() {
    let codes = codes(&[Source::new("form.rs", FORMS)]);
    let read: Vec<_> =
        codes.iter().map(|c| (c.code.as_str(), c.class.as_deref(), c.meaning.as_deref(), c.hint.as_deref())).collect();
    assert_eq!(
        read[..5],
        [
            ("FORM_BYTES", Some("Media"), Some("Bad bytes"), Some("take another")),
            ("FORM_LENGTH", Some("Media"), Some("Too long, by far"), Some("try again")),
            ("FORM_CALLED", Some("Usage"), Some("Called"), Some("call again")),
            ("FORM_TUPLE", Some("Storage"), Some("Only a tuple"), Some("untie it")),
            ("FULL", Some("Storage"), Some("Full"), Some("try again")),
        ]
    );
    let others: Vec<_> = read[5..].iter().map(|(code, class, ..)| (*code, *class)).collect();
    assert_eq!(others, [("K1", None), ("CLOCK", None), ("WIDE_CODE", None)]);
}
