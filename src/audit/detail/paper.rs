//! Details of events about transfers and their sheets.

use serde::{Deserialize, Serialize};

use crate::wire::digest::Digest;

/// See [`Event::Received`](crate::audit::event::Event::Received).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Received {
    /// The sender, as its statement says and its key proves.
    pub from: String,
    /// `csr-bundle`, `cert-package`, …
    pub kind: String,
    /// What it was copied from.
    pub medium: String,
    /// Identifier of the statement.
    pub statement: Digest,
}

/// See [`Event::OobDraw`](crate::audit::event::Event::OobDraw).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OobDraw {
    /// The sixteen row letters in the order drawn.
    pub order: String,
    /// Identifier of the statement.
    pub statement: Digest,
}

/// See [`Event::OobAsked`](crate::audit::event::Event::OobAsked).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OobAsked {
    /// The person.
    pub person: String,
    /// The row letters, in order.
    pub rows: String,
    /// Identifier of the statement.
    pub statement: Digest,
}

/// One row that a person typed; never its digits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OobRow {
    /// The person.
    pub person: String,
    /// The row letter.
    pub row: String,
    /// Identifier of the statement.
    pub statement: Digest,
}

/// See [`Event::OobRows`](crate::audit::event::Event::OobRows).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OobRows {
    /// Entries typed, right and wrong.
    pub attempts: u64,
    /// `typed`, `scanner`, `phone` or `scripted`.
    pub channel: String,
    /// The person.
    pub person: String,
    /// The row letters, in order.
    pub rows: String,
    /// Identifier of the statement.
    pub statement: Digest,
    /// Entries that failed their check digit.
    pub typos: u64,
}

/// See [`Event::QuarantineCleared`](crate::audit::event::Event::QuarantineCleared).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cleared {
    /// Digest of the approved object.
    pub object: Digest,
    /// Identifier of the statement, where one statement was in quarantine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statement: Option<Digest>,
    /// The peer whose intake was locked, where it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peer: Option<String>,
}
