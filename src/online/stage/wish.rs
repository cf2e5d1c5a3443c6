//! What a person wants staged, in the words that the command line and I40 have in common, and how that is carried out: the key
//! of an old CA is used last, when everything else is known to be in order.

use std::path::PathBuf;

use super::{Bridge, BridgeError, Choice, Goods, Plan, Staged, stage};
use crate::audit::entry::Actor;
use crate::devices::store::{Links, read_file};
use crate::exchange::csr_bundle::number::Number;
use crate::exchange::trace::Trace;
use crate::online::room::Room;
use crate::online::scan::NodeRoot;
use crate::pki::certificate::Certificate;
use crate::refusal::Refused;
use crate::wire::text;

/// The longest file of cross-certificates, in bytes.
const MAX_CROSS: u64 = 64 << 10;

/// What is wanted. Unless something else is said, everything for all nodes, and both roots are trusted for a while.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wish {
    /// Denied requests without which their group is staged all the same.
    pub without: Vec<Number>,
    /// Nodes that are left out.
    pub excluded: Vec<String>,
    /// Whether the old CA certifies the new root, so that nobody need trust both.
    pub bridge: bool,
    /// Files of such certificates that another node signed.
    pub crosses: Vec<PathBuf>,
}

/// What would be written, by a look at the nodes. Nothing has been, and no key was used.
pub struct Looked {
    plan: Plan,
    bridge: Option<Bridge>,
    choice: Choice,
}

impl Wish {
    /// Looks at `nodes` for what would be written of the accepted package of `trace`.
    ///
    /// # Errors
    /// [`StageError`](super::StageError), [`BridgeError`]; what a file of certificates and the nodes say.
    pub fn look(&self, room: &Room, trace: &Trace, nodes: &[NodeRoot]) -> Result<Looked, Refused> {
        let mut choice = Choice { without: self.without.clone(), excluded: self.excluded.clone(), crosses: None };
        let bridge = if self.bridge {
            Some(Bridge::look(room, &Goods::accepted(room, trace)?, nodes, &choice, &self.given()?)?)
        } else {
            None
        };
        choice.crosses = bridge.as_ref().map(Bridge::ready);
        let plan = Plan::new(room, Goods::accepted(room, trace)?, nodes, &choice)?;
        Ok(Looked { plan, bridge, choice })
    }

    fn given(&self) -> Result<Vec<Certificate>, Refused> {
        let mut given = Vec::new();
        for file in &self.crosses {
            let bytes = read_file(file, MAX_CROSS, Links::Follow)?;
            let text = String::from_utf8_lossy(&bytes);
            given
                .extend(Certificate::parse_foreign_all(&text).map_err(|error| BridgeError::cross(&error.to_string()))?);
        }
        Ok(given)
    }

    /// The options of `airlock online stage` that say the same, each with a space before it.
    pub fn options(&self) -> String {
        let choice = choice_options(&self.without, &self.excluded);
        let bridge = self.bridge.then(|| " --bridge".to_owned());
        let cross = |file: &PathBuf| format!(" --cross {}", text::quoted(&file.to_string_lossy()));
        std::iter::once(choice).chain(bridge).chain(self.crosses.iter().map(cross)).collect()
    }
}

/// What is taken of a package and for whom, as options of a command line.
pub(in crate::online) fn choice_options(without: &[Number], excluded: &[String]) -> String {
    let without = without.iter().map(|number| format!(" --without {number}"));
    let excluded = excluded.iter().map(|node| format!(" --exclude {}", text::quoted(node)));
    without.chain(excluded).collect()
}

impl Looked {
    /// What would be written.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The root that comes, certified by the old CA, a line for each domain; nothing without a bridge.
    pub fn bridge(&self) -> Vec<String> {
        self.bridge.as_ref().map(Bridge::lines).unwrap_or_default()
    }

    /// Writes it, and has the old CA certify what no certificate is there for.
    ///
    /// # Errors
    /// As [`stage`]; [`BridgeError`].
    pub fn carry_out(
        self,
        room: &mut Room,
        trace: &Trace,
        nodes: &[NodeRoot],
        actor: &Actor,
    ) -> Result<Staged, Refused> {
        let Self { mut plan, bridge, mut choice } = self;
        if let Some(bridge) = bridge.filter(|bridge| bridge.signs() && !plan.staged().is_empty()) {
            choice.crosses = Some(bridge.carry_out(room, trace.as_str(), actor)?);
            plan = Plan::new(room, Goods::accepted(room, trace)?, nodes, &choice)?;
        }
        stage(room, &plan, actor)
    }
}
