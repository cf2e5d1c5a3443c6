//! `airlock online node`: what is done on a node that stages for itself.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::cli::answer::Answer;
use crate::cli::call::Call;
use crate::devices::store::{Links, read_file};
use crate::online::node::accept::MAX_FILE;
use crate::online::node::{accept, init};
use crate::online::room::Room;
use crate::refusal::Refused;
use crate::report::document::Report;
use crate::report::document::kind::ReportKind;

/// A node that stages for itself
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Node {
    Init(Init),
    Accept(Accept),
}

/// Set this node up: its state and its identity; prints the line for the config of the admin's host
#[derive(Debug, Args)]
pub(in crate::cli) struct Init {}

/// Open the package that was cut for this node, check it, and keep it for `stage`
#[derive(Debug, Args)]
pub(in crate::cli) struct Accept {
    /// The file, TRACE.node-NAME.age
    file: PathBuf,
}

impl Node {
    pub(super) fn run(self, call: &Call) -> Result<Answer, Refused> {
        match self {
            Self::Init(verb) => verb.run(call),
            Self::Accept(verb) => verb.run(call),
        }
    }
}

impl Init {
    fn run(self, call: &Call) -> Result<Answer, Refused> {
        let config = call.online()?;
        let made = init::init(&config, call.senses())?;
        let key = config.node().map(|node| node.cluster_key().fingerprint()).unwrap_or_default();
        let report = Report::new(ReportKind::Node)
            .fact("node", "Node", config.party().name())
            .fact("recipient", "Recipient", made.recipient.to_string())
            .fact("clusterKey", "Key of the cluster", key)
            .entry(made.entry);
        let line = format!("[recipients] {} = \"{}\"", config.party().name(), made.recipient);
        Ok(report.next(&format!("write into the config of the admin's host: {line}")).into())
    }
}

impl Accept {
    fn run(self, call: &Call) -> Result<Answer, Refused> {
        let mut room = Room::open(call.online()?, call.senses())?;
        let sealed = read_file(&self.file, MAX_FILE, Links::Follow)?;
        let taken = accept(&mut room, &sealed)?;
        let report = Report::new(ReportKind::Node)
            .trace(&taken.trace)
            .fact("certificates", "Certificates", taken.certificates)
            .fact("keys", "Keys", taken.keys)
            .entry(taken.entry);
        Ok(report.next(&format!("airlock online stage {} --dry-run", taken.trace)).into())
    }
}
