//! What the log says of removable media. A stick is named by what it is recognised by: `usb=... fs=... label=...`.

use serde::{Deserialize, Serialize};

use crate::wire::digest::Digest;

/// See [`Event::MediumRegistered`](crate::audit::event::Event::MediumRegistered).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediumRegistered {
    /// The stick.
    pub device: String,
    /// What people call it.
    pub name: String,
    /// `in` or `out`, seen from this host.
    pub way: String,
}

/// See [`Event::MediumAdmitted`](crate::audit::event::Event::MediumAdmitted).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediumAdmitted {
    /// The stick.
    pub device: String,
    /// Who let it in.
    pub officers: Vec<String>,
}

/// See [`Event::MediumWiped`](crate::audit::event::Event::MediumWiped).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediumWiped {
    /// The stick as it is recognised from then on.
    pub after: String,
    /// The stick as it was.
    pub device: String,
}

/// See [`Event::OutboxSwept`](crate::audit::event::Event::OutboxSwept).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboxSwept {
    /// Identifiers of their statements.
    pub statements: Vec<Digest>,
}
