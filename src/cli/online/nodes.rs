//! Which nodes a verb is about, and where their file systems, or copies of them, lie.

use clap::Args;

use crate::config::online::OnlineConfig;
use crate::online::scan::NodeRoot;

/// The nodes.
#[derive(Debug, Clone, Args)]
pub(super) struct NodeOptions {
    /// A node and the root of its file system, or of a copy; may be repeated [default: those of the config]
    #[arg(long = "node", value_name = "NAME=ROOT", value_parser = parse)]
    nodes: Vec<NodeRoot>,
}

impl NodeOptions {
    /// The nodes that are named, or else those of the config.
    pub(super) fn of(&self, config: &OnlineConfig) -> Vec<NodeRoot> {
        if !self.nodes.is_empty() {
            return self.nodes.clone();
        }
        config.nodes().iter().map(|(node, root)| NodeRoot { node: node.clone(), root: root.clone() }).collect()
    }
}

impl NodeOptions {
    /// The node that is named, where it is the only one.
    pub(super) fn one(&self) -> Option<NodeRoot> {
        match self.nodes.as_slice() {
            [one] => Some(one.clone()),
            _ => None,
        }
    }
}

fn parse(text: &str) -> Result<NodeRoot, String> {
    match text.split_once('=') {
        Some((node, root)) if !node.is_empty() && !root.is_empty() => {
            Ok(NodeRoot { node: node.to_owned(), root: root.into() })
        }
        _ => Err("not NAME=ROOT".to_owned()),
    }
}
