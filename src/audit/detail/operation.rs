//! Details of events about what people decide on and who works with the token.

use serde::{Deserialize, Serialize};

use crate::wire::digest::Digest;

/// See [`Event::Proposed`](crate::audit::event::Event::Proposed).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposed {
    /// Digest of the object.
    pub object: Digest,
    /// `policy`, `roster`, `enrol`, …
    pub operation: String,
}

/// See [`Event::DecisionAsked`](crate::audit::event::Event::DecisionAsked).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// Digest of what is decided about.
    pub object: Digest,
    /// The person who is asked.
    pub person: String,
    /// Digest of the text.
    pub text: Digest,
}

/// See [`Event::HsmLogin`](crate::audit::event::Event::HsmLogin).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HsmLogin {
    /// Labels of the keys that may be used; each signs one self-test when it is found, which stands nowhere else.
    pub keys: Vec<String>,
    /// Serial number of the token.
    pub token: String,
}
