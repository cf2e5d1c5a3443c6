//! `airlock quarantine`: what a sheet that did not match has locked away.

use clap::Subcommand;

use super::answer::Answer;
use super::call::Call;
#[cfg(feature = "offline")]
use super::{decision::Approve, offline::clear::Clear};
use crate::audit::entry::Side;
use crate::desk::host::Desk;
use crate::desk::quarantine::{Locked, list, trace_of};
#[cfg(feature = "offline")]
use crate::exchange::approval::operation::Operation;
use crate::refusal::Refused;
use crate::report::document::Report;
use crate::report::document::kind::ReportKind;

/// What a sheet that did not match, or sheets that were left, have locked away
#[derive(Debug, Subcommand)]
pub(super) enum Quarantine {
    /// List it
    List,
    /// At a CA host, put before people that something is let out
    #[cfg(feature = "offline")]
    Clear(Clear),
    /// At a CA host, decide on it; with the last decision it is out
    #[cfg(feature = "offline")]
    Approve(Approve),
}

impl Quarantine {
    pub(super) fn run(self, call: &Call) -> Result<Answer, Refused> {
        match self {
            Self::List => Ok(told(&call.desk()?, call.host()?.side())?.into()),
            #[cfg(feature = "offline")]
            Self::Clear(clear) => clear.run(call),
            #[cfg(feature = "offline")]
            Self::Approve(approve) => approve.run(call, Operation::QuarantineClear, ReportKind::Quarantine),
        }
    }
}

/// What is locked away, and the way out of each side.
fn told(desk: &Desk, side: Side) -> Result<Report, Refused> {
    let line = |locked: &Locked| match locked {
        Locked::Statement(statement, entry) => {
            let trace = trace_of(desk, statement).unwrap_or_default();
            format!("statement {statement}  trace {trace}  since entry {entry}")
        }
        Locked::Peer(peer) => format!("peer {peer}"),
    };
    let all = list(desk)?;
    let lines: Vec<_> = all.iter().map(line).collect();
    let report = Report::new(ReportKind::Quarantine).fact("locked", "Locked away", &lines[..]);
    Ok(all.iter().fold(report, |report, locked| report.next(&way_out(desk, locked, side))))
}

fn way_out(desk: &Desk, locked: &Locked, side: Side) -> String {
    match (side, locked) {
        (Side::Offline, Locked::Statement(statement, _)) => format!("airlock quarantine clear --statement {statement}"),
        (Side::Offline, Locked::Peer(peer)) => format!("airlock quarantine clear --peer {peer}"),
        (Side::Online, Locked::Statement(statement, _)) => {
            let trace = trace_of(desk, statement).unwrap_or_default();
            format!(
                "at the CA, where the package was in order: airlock offline seal {trace} --again, with its new sheet"
            )
        }
        (Side::Online, Locked::Peer(peer)) => format!("nothing of {peer} is received for a day; call it meanwhile"),
    }
}
