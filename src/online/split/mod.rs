//! An accepted package is cut into one for each node that stages for itself: its certificates, the keys that were made for
//! it here, and whom to trust. Each is signed by the cluster and sealed to its node.
//!
//! ```text
//! Wish ─ look at recipients and keys → Cut ─ sign, seal ─ SPLIT in the log → <trace>.node-<name>.age ─ SPLIT_WRITTEN
//! ```
//!
//! The log names each file by its digest before the first is written. A run that was killed is run again: files that this
//! host wrote before are replaced, for encrypting twice gives two files. That all of them lie there is written down after the
//! last: without it nobody who reads the log could tell it from a run that was killed.
//!
//! - [`mod@cut`]: who gets what, and what is held back
//! - [`wish`]: what a person wants, in his words
//! - [`told`]: how a report tells it
//! - [`fault`]: why nothing is split

pub mod cut;
pub mod fault;
pub mod told;
pub mod wish;

pub use cut::Cut;
pub use fault::SplitError;
pub use told::Overview;
pub use wish::Wish;

use std::path::{self, Path};

use crate::audit::detail::node::{Split, SplitFile, SplitWritten};
use crate::audit::entry::Actor;
use crate::audit::event::Event;
use crate::devices::store::{Directory, StoreError};
use crate::exchange::csr_bundle::manifest::Tool;
use crate::exchange::node_package::draft::Draft;
use crate::exchange::node_package::manifest::Origin;
use crate::online::keys::HostKeys;
use crate::online::node::accept::MAX_FILE;
use crate::online::room::Room;
use crate::refusal::Refused;
use crate::wire::digest::Digest;
use crate::wire::text;
use cut::NodeCut;

const MODE: u32 = 0o600;
/// Characters of a path in the log.
const MOST: usize = 200;

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// The names of the files.
    pub files: Vec<String>,
    /// The log entry that names them.
    pub entry: u64,
}

/// Signs and seals what `cut` says, writes that down, and then the files into the directory `out`.
///
/// # Errors
/// [`SplitError::Occupied`]; what the keys and the disks say. What was written stays: to go on is to do it again.
pub fn split(room: &mut Room, cut: Cut, keys: &HostKeys, out: &Path) -> Result<Done, Refused> {
    let package = cut.goods.package().clone();
    let trace = package.trace.to_string();
    let out = Directory::open(out)?;
    let sealed = cut.nodes.iter().map(|node| seal(room, &cut, node, keys)).collect::<Result<Vec<_>, _>>()?;
    let names: Vec<_> = cut.nodes.iter().map(|node| format!("{trace}.node-{}.age", node.node)).collect();
    let history = room.history();
    let taken = names.iter().map(|name| is_ours(history.split(), &out, name)).collect::<Result<Vec<_>, _>>()?;
    let file = |(node, bytes): (&NodeCut, &Vec<u8>)| SplitFile {
        certificates: node.parts.len() as u64,
        keys: node.keys() as u64,
        node: node.node.clone(),
        recipient: node.recipient.to_string(),
        sha256: Digest::of(bytes),
    };
    let files = cut.nodes.iter().zip(&sealed).map(file).collect();
    let nodes = cut.nodes.iter().map(|node| node.node.clone()).collect();
    let split = Split { container: package.container, files, statement: package.statement };
    let entry = room.desk.note(&Actor::system(), Some(&trace), Event::Split(split))?;
    for ((name, bytes), is_taken) in names.iter().zip(&sealed).zip(taken) {
        out.sweep_of(name)?;
        if is_taken { out.replace(name, bytes, MODE)? } else { out.create_new(name, bytes, MODE)? }
    }
    let written = SplitWritten { nodes, out: named(&out), statement: package.statement };
    room.desk.note(&Actor::system(), Some(&trace), Event::SplitWritten(written))?;
    Ok(Done { files: names, entry })
}

/// A directory as the log names it: whoever reads that may stand elsewhere.
fn named(directory: &Directory) -> String {
    let path = path::absolute(directory.path()).unwrap_or_else(|_| directory.path().to_owned());
    text::clip(&path.to_string_lossy(), MOST)
}

fn seal(room: &Room, cut: &Cut, node: &NodeCut, keys: &HostKeys) -> Result<Vec<u8>, Refused> {
    let tool = &room.desk.log().writer().tool;
    let (package, config) = (cut.goods.package(), room.config());
    let draft = Draft {
        trace: &package.trace,
        cluster: config.cluster(),
        uid: &config.record().fields().uid,
        node: &node.node,
        recipient: &node.recipient,
        package: Origin { seq: package.seq, sha256: package.container, statement: package.statement },
        created: room.desk.now()?,
        parts: &node.parts,
        profiles: cut.goods.profiles().iter().copied().collect(),
        crosses: cut.goods.crosses(),
        ca: cut.goods.ca(),
        people: room.people_json(),
        tool: Tool { sha256: tool.sha256, version: tool.version.clone() },
    };
    draft.seal(&keys.statement)
}

/// Whether one of the packages `written` by this host bears `name`; anything else there is refused.
fn is_ours(written: &[Digest], out: &Directory, name: &str) -> Result<bool, Refused> {
    match out.read(name, MAX_FILE) {
        Err(StoreError::Missing(_)) => Ok(false),
        Ok(found) if written.contains(&Digest::of(&found)) => Ok(true),
        Ok(_) => Err(SplitError::Occupied(text::escape(&out.path().join(name).to_string_lossy())).into()),
        Err(error) => Err(error.into()),
    }
}
