//! `airlock quarantine`: what a sheet that did not match has locked away.

use clap::{Args, Subcommand};

use super::answer::Answer;
use super::call::Call;
use super::decision::{Approve, proposed};
use crate::audit::entry::Actor;
use crate::exchange::approval::operation::Operation;
use crate::exchange::statement::party::Party;
use crate::offline::quarantine::{self, Locked, QuarantineFault};
use crate::offline::room::Room;
use crate::refusal::Refused;
use crate::report::document::Report;
use crate::report::document::kind::ReportKind;
use crate::wire::digest::Digest;

/// What a sheet that did not match, or sheets that were left, have locked away
#[derive(Debug, Subcommand)]
pub(super) enum Quarantine {
    /// List it
    List,
    /// Put before people that something is let out
    Clear(Clear),
    /// Decide on it; with the last decision it is out
    Approve(Approve),
}

/// Options of `quarantine clear`.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(super) struct Clear {
    /// A statement, by the identifier that the list shows
    #[arg(long, value_name = "ID")]
    statement: Option<Digest>,
    /// A peer whose intake is locked
    #[arg(long, value_name = "PARTY")]
    peer: Option<Party>,
}

impl Quarantine {
    pub(super) fn run(self, call: &Call) -> Result<Answer, Refused> {
        match self {
            Self::Approve(approve) => approve.run(call, Operation::QuarantineClear, ReportKind::Quarantine),
            Self::List => Ok(list(&Room::open(call.offline()?, call.senses())?)?.into()),
            Self::Clear(clear) => {
                let mut room = Room::open(call.offline()?, call.senses())?;
                let all = quarantine::list(&room)?;
                let locked = all.iter().find(|locked| clear.means(locked)).ok_or(QuarantineFault::NotLocked)?;
                let object = quarantine::propose(&mut room, &Actor::system(), locked)?;
                Ok(proposed(ReportKind::Quarantine, "quarantine", &object))
            }
        }
    }
}

impl Clear {
    fn means(&self, locked: &Locked) -> bool {
        match locked {
            Locked::Statement(statement, _) => self.statement == Some(*statement),
            Locked::Peer(peer) => self.peer.as_ref() == Some(peer),
        }
    }
}

fn list(room: &Room) -> Result<Report, Refused> {
    let line = |locked: &Locked| match locked {
        Locked::Statement(statement, entry) => {
            format!(
                "statement {statement}  trace {}  since entry {entry}",
                quarantine::trace_of(room, statement).unwrap_or_default()
            )
        }
        Locked::Peer(peer) => format!("peer {peer}"),
    };
    let lines: Vec<_> = quarantine::list(room)?.iter().map(line).collect();
    Ok(Report::new(ReportKind::Quarantine).fact("locked", "Locked away", &lines[..]))
}
