//! The certificates of an accepted package are written beside the live ones, with old and new trust. Nothing live changes.
//!
//! ```text
//! accepted package → Goods ─ look at the nodes → Plan ─ STAGE_INTENT → files → STAGED
//! ```
//!
//! The log names the list of all files before the first is written, so a run that was killed is simply run again: what
//! lies there already is found equal. Groups are staged all or nothing: an etcd with half of its certificates is none.
//!
//! - [`goods`]: what was accepted
//! - [`mod@plan`]: what will be written, and what is held back
//! - [`mod@waves`]: in which order a rotation will use it
//! - [`bridge`]: the root that comes, certified by the old CA
//! - [`wish`]: what a person wants, in his words
//! - [`told`]: how a report tells it
//! - [`mod@unit`]: which certificates belong together
//! - `key_file`: where private keys lie
//! - `node`: one node: its trust, its keys, its files
//! - `list`: the list of what is staged
//! - [`fault`]: why nothing is

pub mod bridge;
pub mod fault;
pub mod goods;
pub(super) mod key_file;
mod list;
mod node;
pub mod plan;
pub mod told;
pub mod unit;
pub mod waves;
pub mod wish;

pub use bridge::{Bridge, BridgeError, Crosses};
pub use fault::StageError;
pub use goods::Goods;
pub use list::{staged_on, variant_of, variant_on};
pub use plan::{Choice, Plan};
pub use told::Overview;
pub use unit::Held;
pub use waves::{Wave, waves};
pub use wish::Wish;

use crate::audit::detail;
use crate::audit::entry::Actor;
use crate::audit::event::Event;
use crate::devices::store::StoreError;
use crate::online::room::Room;
use crate::refusal::Refused;
use node::Lies;

/// What lies beside the live files now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Staged {
    /// How many files were written.
    pub written: usize,
    /// How many lay there already.
    pub equal: usize,
    /// The nodes.
    pub nodes: Vec<String>,
    /// The entry that says so.
    pub entry: u64,
}

/// Writes what `plan` says, once that stands in the log.
///
/// # Errors
/// [`StageError::Nothing`] where every group is held back; what the disks say. What was written stays: to go on is to
/// do it again.
pub fn stage(room: &mut Room, plan: &Plan, actor: &Actor) -> Result<Staged, Refused> {
    if let (true, Some(held)) = (plan.staged().is_empty(), plan.held().first()) {
        return Err(StageError::Nothing(format!("{} on {}: {}", held.role, held.node, held.why)).into());
    }
    let trace = plan.goods.package().trace.to_string();
    let list = room.desk.objects().put(&list::write(plan)?)?;
    let nodes: Vec<_> = plan.nodes().into_iter().map(str::to_owned).collect();
    let (files, equal) = plan.files();
    let statement = plan.goods.package().statement;
    let detail = detail::Staged { files: files as u64, list, nodes: nodes.clone(), statement };
    room.desk.note(actor, Some(&trace), Event::StageIntent(detail.clone()))?;
    write(plan)?;
    let entry = room.desk.note(actor, Some(&trace), Event::Staged(detail))?;
    Ok(Staged { written: files - equal, equal, nodes, entry })
}

fn write(plan: &Plan) -> Result<(), StoreError> {
    for node in &plan.nodes {
        node.next.sweep()?;
        for file in plan.files.iter().filter(|file| file.node == node.name) {
            match file.lies {
                Lies::Same => {}
                Lies::Nothing => node.next.create(file.live, &file.bytes)?,
                Lies::Other(known) => node.next.replace(file.live, &known, &file.bytes)?,
            }
        }
    }
    Ok(())
}
