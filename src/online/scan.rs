//! Looking at the nodes: what is there, and what is wrong with it. Nothing is written to any node.

use std::collections::BTreeSet;
use std::path::PathBuf;

use thiserror::Error;

use crate::audit::detail::Scanned;
use crate::audit::entry::Actor;
use crate::audit::event::Event;
use crate::cluster::record::Record;
use crate::cluster::scan::{EXPIRING_WITHIN, Question, Report, survey};
use crate::cluster::tree::NodeTree;
use crate::desk::host::Desk;
use crate::devices::store::StoreError;
use crate::devices::store::tree::read_node;
use crate::refusal::{Class, Reason, Refusal, Refused};
use crate::wire::text;
use crate::wire::time::Timestamp;

/// Where the file system of a node, or a copy of it, lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeRoot {
    /// The name of the node.
    pub node: String,
    /// The root of its file system.
    pub root: PathBuf,
}

/// What was found.
#[derive(Debug)]
pub struct Scan {
    /// The files, keys among them; wiped when dropped.
    pub trees: Vec<NodeTree>,
    /// What is there and what is wrong with it.
    pub report: Report,
}

/// Why nothing could be looked at.
#[derive(Debug, Error)]
pub enum ScanError {
    /// No node was named.
    #[error("no node is named")]
    NoNode,
    /// One node twice.
    #[error("the node {0} is named twice")]
    Twice(String),
    /// Its files cannot be read.
    #[error("{node}: {error}")]
    Unreadable {
        /// The node.
        node: String,
        /// Why.
        error: StoreError,
    },
}

impl Scan {
    /// Reads `nodes`, judges what is there, and writes down that they were looked at.
    ///
    /// # Errors
    /// Any [`ScanError`]; what the log says.
    pub fn run(desk: &mut Desk, nodes: &[NodeRoot], record: &Record) -> Result<Self, Refused> {
        let scan = Self::of(nodes, record, desk.now()?)?;
        let detail = Scanned {
            certificates: scan.report.leaves().count() as u64,
            nodes: nodes.iter().map(|at| text::clip(&at.node, 64)).collect(),
            problems: scan.report.problems().count() as u64,
        };
        desk.note(&Actor::system(), None, Event::Scanned(detail))?;
        Ok(scan)
    }

    /// Reads `nodes` and judges what is there by `record` at the time `now`.
    ///
    /// # Errors
    /// Any [`ScanError`].
    pub fn of(nodes: &[NodeRoot], record: &Record, now: Timestamp) -> Result<Self, ScanError> {
        if nodes.is_empty() {
            return Err(ScanError::NoNode);
        }
        let mut seen = BTreeSet::new();
        if let Some(twice) = nodes.iter().find(|node| !seen.insert(&node.node)) {
            return Err(ScanError::Twice(text::clip(&twice.node, 64)));
        }
        let read = |at: &NodeRoot| {
            let fault = |error| ScanError::Unreadable { node: text::clip(&at.node, 64), error };
            read_node(&at.root, &at.node).map_err(fault)
        };
        let trees = nodes.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        let question = Question { now, expiring_within: EXPIRING_WITHIN, record: Some(record) };
        let report = survey(&trees, &question);
        Ok(Self { trees, report })
    }
}

impl Refusal for ScanError {
    fn reason(&self) -> Reason {
        match self {
            Self::NoNode => {
                Reason::new(Class::Usage, "SCAN_NO_NODE", "name each node with --node NAME=ROOT, or in the config")
            }
            Self::Twice(_) => Reason::new(Class::Usage, "SCAN_NODE_TWICE", "name each node once"),
            Self::Unreadable { error, .. } => error.reason(),
        }
    }
}
