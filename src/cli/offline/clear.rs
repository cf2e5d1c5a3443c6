//! `airlock quarantine clear`, at a CA host.

use clap::Args;
use thiserror::Error;

use crate::audit::entry::{Actor, Side};
use crate::cli::answer::Answer;
use crate::cli::call::Call;
use crate::cli::decision::proposed;
use crate::desk::quarantine::{Locked, list};
use crate::exchange::statement::party::Party;
use crate::offline::quarantine::{QuarantineFault, propose};
use crate::offline::room::Room;
use crate::refusal::{Class, Reason, Refusal, Refused};
use crate::report::document::kind::ReportKind;
use crate::wire::digest::Digest;

/// Options of `quarantine clear`.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(in crate::cli) struct Clear {
    /// A statement, by the identifier that the list shows
    #[arg(long, value_name = "ID")]
    statement: Option<Digest>,
    /// A peer whose intake is locked
    #[arg(long, value_name = "PARTY")]
    peer: Option<Party>,
}

/// Nobody there can let anything out.
#[derive(Debug, Error)]
#[error("an import host has no officers who could let anything out of quarantine")]
struct ImportHost;

impl Clear {
    pub(in crate::cli) fn run(&self, call: &Call) -> Result<Answer, Refused> {
        if call.host()?.side() == Side::Online {
            return Err(ImportHost.into());
        }
        let mut room = Room::open(call.offline()?, call.senses())?;
        let all = list(room.desk())?;
        let locked = all.iter().find(|locked| self.means(locked)).ok_or(QuarantineFault::NotLocked)?;
        let object = propose(&mut room, &Actor::system(), locked)?;
        Ok(proposed(ReportKind::Quarantine, "quarantine", &object))
    }

    fn means(&self, locked: &Locked) -> bool {
        match locked {
            Locked::Statement(statement, _) => self.statement == Some(*statement),
            Locked::Peer(peer) => self.peer.as_ref() == Some(peer),
        }
    }
}

impl Refusal for ImportHost {
    fn reason(&self) -> Reason {
        Reason::new(
            Class::Policy,
            "QUARANTINE_IMPORT_HOST",
            "have the sender make it anew, with a new sheet; a package at the CA: airlock offline seal TRACE --again",
        )
    }
}
