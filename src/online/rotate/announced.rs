//! A step that stands in the log, about to be done.

use super::held::{results, way};
use super::wave::stage;
use crate::audit::detail::RotationIntent;
use crate::audit::event::Event;
use crate::audit::log::Record;
use crate::rotation::gate::Permit;
use crate::wire::digest::Digest;

/// A step that stands in the log, about to be done.
#[derive(Debug)]
pub struct Announced {
    /// Leave to do it.
    pub permit: Permit,
    pub(super) node: Option<String>,
    pub(super) plan: Digest,
}

impl Record for Announced {
    fn event(&self) -> Event {
        let step = self.permit.step();
        Event::RotationIntent(RotationIntent {
            action: step.action.to_string(),
            checks: results(self.permit.findings()),
            node: self.node.clone(),
            plan: self.plan,
            stage: stage(step).to_owned(),
            way: way(step.way).to_owned(),
        })
    }
}
