//! How many places hold which root.

use serde::{Deserialize, Serialize};

/// See [`Event::PlacesCounted`](crate::audit::event::Event::PlacesCounted).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlacesCounted {
    /// Places that hold an old and a new root.
    pub both: u64,
    /// Places that hold neither.
    pub foreign: u64,
    /// Places that hold a new root alone.
    pub only_new: u64,
    /// Places that hold an old root alone.
    pub only_old: u64,
    /// Places of which it cannot be told.
    pub unreadable: u64,
}
