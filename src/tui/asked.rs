//! What a person is asked to type now, for a terminal that asks a line at a time.

/// A question with one line for an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// What is asked for.
    pub label: String,
    /// How it is typed.
    pub kind: AskedKind,
    /// What stands there already.
    pub given: String,
}

/// How an answer is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AskedKind {
    /// As text.
    Text,
    /// Not shown.
    Secret,
    /// As the six digits of a row.
    Row,
}
