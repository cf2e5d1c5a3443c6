//! `airlock policy`: what this CA may issue.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::answer::Answer;
use super::call::Call;
use super::decision::{Approve, proposed};
use crate::audit::entry::Actor;
use crate::devices::store::{Links, read_file};
use crate::exchange::approval::operation::Operation;
use crate::issuance::policy::{MAX_BYTES, Policy as Checked};
use crate::offline::policy;
use crate::offline::room::Room;
use crate::refusal::Refused;
use crate::report::document::Report;
use crate::report::document::kind::ReportKind;

/// What this CA may issue; another policy comes into force under quorum
#[derive(Debug, Subcommand)]
pub(super) enum Policy {
    /// Check a policy file; needs no host
    Check(File),
    /// Print the policy in force
    Show,
    /// Tell the lines in which a file differs from the policy in force
    Diff(File),
    /// Put a policy before people
    Propose(File),
    /// Decide on it; with the last decision it is in force
    Approve(Approve),
}

/// A policy file.
#[derive(Debug, Args)]
pub(super) struct File {
    /// The file
    file: PathBuf,
}

impl Policy {
    pub(super) fn run(self, call: &Call) -> Result<Answer, Refused> {
        match self {
            Self::Check(File { file }) => {
                let name = Checked::parse(&read(&file)?)?.name();
                let report = Report::new(ReportKind::Policy).fact("id", "Id", name.id.as_str());
                Ok(report.fact("sha256", "SHA-256", name.sha256.to_string()).into())
            }
            Self::Show => Ok(policy::text(&Room::open(call.offline()?, call.senses())?)?.into()),
            Self::Diff(File { file }) => diff(&Room::open(call.offline()?, call.senses())?, &read(&file)?),
            Self::Propose(File { file }) => {
                let mut room = Room::open(call.offline()?, call.senses())?;
                let object = policy::propose(&mut room, &Actor::system(), &read(&file)?)?;
                Ok(proposed(ReportKind::Policy, "policy", &object))
            }
            Self::Approve(approve) => approve.run(call, Operation::Policy, ReportKind::Policy),
        }
    }
}

fn diff(room: &Room, new: &[u8]) -> Result<Answer, Refused> {
    let name = Checked::parse(new)?.name();
    let lines = policy::difference(&policy::text(room)?, &String::from_utf8_lossy(new));
    let report = Report::new(ReportKind::Policy).fact("inForce", "In force", room.policy().name().to_string()).fact(
        "file",
        "File",
        name.to_string(),
    );
    Ok(report.fact("difference", "Difference", &lines[..]).into())
}

fn read(file: &Path) -> Result<Vec<u8>, Refused> {
    // One byte more than a policy has, so that its own reader says what is wrong.
    Ok(std::mem::take(&mut *read_file(file, MAX_BYTES as u64 + 1, Links::Follow)?))
}
