//! That the proofs of possession of a bundle were verified before, and all held: so that a stopped run goes on without
//! verifying twenty thousand signatures again.

use crate::audit::entry::Entry;
use crate::audit::event::Event;
use crate::exchange::statement::Statement;
use crate::wire::digest::Digest;

/// The id of the check.
pub const CHECK: &str = "V09";

/// The log holds a VERIFIED entry for this statement in which the proofs of all requests held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Possession {
    statement: Digest,
}

impl Possession {
    /// Looks the newest VERIFIED entry for `statement` up in the entries of this host's own log. Where a proof of one
    /// request failed then, or the check did not run, there is none.
    pub fn logged(entries: &[Entry], statement: &Statement) -> Option<Self> {
        let id = statement.id();
        let verified = entries.iter().rev().find_map(|entry| match &entry.event {
            Event::Verified(verified) if verified.statement == id => Some(verified),
            _ => None,
        })?;
        let mut checks = verified.checks.iter().filter(|check| check.id == CHECK);
        let all_held = matches!((checks.next(), checks.next()), (Some(only), None) if only.status == "ok");
        all_held.then_some(Self { statement: id })
    }

    pub(super) fn is_of(&self, statement: &Statement) -> bool {
        self.statement == statement.id()
    }
}
