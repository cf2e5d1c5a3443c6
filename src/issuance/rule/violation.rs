//! What a rule found.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::wire::text;

/// The longest detail, in characters.
const MAX_DETAIL: usize = 300;

/// The code of a rule, stable: it stands in plans, on sheets and in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// Key type or strength.
    K1,
    /// Key used before.
    K2,
    /// Subject.
    N1,
    /// Characters or encoding of the subject.
    N2,
    /// Name missing.
    S1,
    /// Kind of name, or wildcard.
    S2,
    /// Name outside the cluster record.
    S3,
    /// Usages.
    U1,
    /// Validity.
    T1,
    /// CA or constraints.
    C1,
    /// Extension.
    E1,
    /// Replay, already replaced, or not yours.
    R1,
    /// Privileged.
    P1,
    /// Nobody can say why it is asked for. No rule finds that; an officer says so. It is spelt as the code of a refusal, for
    /// whoever reads plans takes any such.
    NotExplained,
}

/// The text is not the code of a rule.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("no rule has this code")]
pub struct CodeError;

/// What follows from a violation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// The request is denied.
    Denies,
    /// The request is allowed where each officer ticks it.
    NeedsTick,
}

/// The breach of one rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Which rule.
    pub code: Code,
    /// What was found, in ASCII that is safe to show.
    pub detail: String,
    /// What follows.
    pub weight: Weight,
}

impl Violation {
    /// A breach for which the request is denied. `detail` is escaped already where it quotes the request.
    pub(super) fn denies(code: Code, detail: &str) -> Self {
        Self { code, detail: clip(detail), weight: Weight::Denies }
    }

    /// A breach that each officer must tick.
    pub(super) fn needs_tick(code: Code, detail: &str) -> Self {
        Self { code, detail: clip(detail), weight: Weight::NeedsTick }
    }
}

/// Cuts without escaping twice.
fn clip(detail: &str) -> String {
    match detail.get(..MAX_DETAIL) {
        Some(cut) if detail.len() > MAX_DETAIL => format!("{cut}..."),
        _ if detail.is_ascii() => detail.to_owned(),
        _ => text::clip(detail, MAX_DETAIL),
    }
}

impl Code {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 14] = [
        Self::K1,
        Self::K2,
        Self::N1,
        Self::N2,
        Self::S1,
        Self::S2,
        Self::S3,
        Self::U1,
        Self::T1,
        Self::C1,
        Self::E1,
        Self::R1,
        Self::P1,
        Self::NotExplained,
    ];
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotExplained => f.write_str("NOT_EXPLAINED"),
            rule => write!(f, "{rule:?}"),
        }
    }
}

impl FromStr for Code {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, CodeError> {
        Self::ALL.into_iter().find(|code| code.to_string() == text).ok_or(CodeError)
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.detail)
    }
}
