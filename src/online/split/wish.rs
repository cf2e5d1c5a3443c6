//! What a person wants cut, in the words that the command line and I41 have in common.

use super::Cut;
use crate::exchange::csr_bundle::number::Number;
use crate::exchange::trace::Trace;
use crate::online::room::Room;
use crate::online::scan::NodeRoot;
use crate::online::stage::wish::choice_options;
use crate::online::stage::{Choice, Goods};
use crate::refusal::Refused;

/// What is wanted. Unless something else is said, everything for all nodes that the config names a recipient of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wish {
    /// Denied requests without which their group is given all the same.
    pub without: Vec<Number>,
    /// Nodes that are left out.
    pub excluded: Vec<String>,
}

impl Wish {
    /// Looks at what each node would get of the accepted package of `trace`; keys lie below the roots of `nodes`.
    ///
    /// # Errors
    /// As [`Cut::new`]; what [`Goods::accepted`] says.
    pub fn cut(&self, room: &Room, trace: &Trace, nodes: &[NodeRoot]) -> Result<Cut, Refused> {
        let choice = Choice { without: self.without.clone(), excluded: self.excluded.clone(), crosses: None };
        Cut::new(room, Goods::accepted(room, trace)?, nodes, &choice)
    }

    /// The options of `airlock online split` that say the same, each with a space before it.
    pub fn options(&self) -> String {
        choice_options(&self.without, &self.excluded)
    }
}
