//! Which nodes a verb is about, where their file systems, or copies of them, lie, and what they get.

use clap::Args;

use crate::config::online::OnlineConfig;
use crate::exchange::csr_bundle::number::Number;
use crate::online::scan::NodeRoot;
use crate::online::stage::Choice;

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
    /// The only node that is named, as it was typed.
    pub(super) fn typed(&self) -> Option<String> {
        self.one().map(|at| format!("{}={}", at.node, at.root.to_string_lossy()))
    }

    /// The node that is named, where it is the only one.
    pub(super) fn one(&self) -> Option<NodeRoot> {
        match self.nodes.as_slice() {
            [one] => Some(one.clone()),
            _ => None,
        }
    }
}

/// What of a package is taken, and for whom.
#[derive(Debug, Clone, Args)]
pub(super) struct ChoiceOptions {
    /// Take a group although this request of it was denied; may be repeated
    #[arg(long = "without", value_name = "NUMBER")]
    without: Vec<Number>,
    /// Leave this node out; may be repeated
    #[arg(long = "exclude", value_name = "NODE")]
    excluded: Vec<String>,
}

impl From<ChoiceOptions> for Choice {
    fn from(ChoiceOptions { without, excluded }: ChoiceOptions) -> Self {
        Self { without, excluded, crosses: None }
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
