//! `airlock sheet`: the paper of what this host sends.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use thiserror::Error;

use super::answer::Answer;
use super::call::Call;
use crate::audit::event::Event;
use crate::desk::host::Desk;
use crate::devices::store::{Links, read_file};
use crate::exchange::code::Code;
use crate::exchange::statement::Statement;
use crate::exchange::trace::Trace;
use crate::refusal::{Class, Reason, Refusal, Refused};
use crate::wire::digest::Digest;

/// Longer than any statement, so that its own reader says what is wrong.
const MAX: u64 = 4096;

/// Show the rows of what this host sends, or compute them on another workstation
#[derive(Debug, Subcommand)]
pub(super) enum Sheet {
    /// Show statement and rows of a transfer that was made here
    Show(Show),
    /// Compute the rows of a statement, to compare a printed sheet with before it leaves; never on the receiving side
    Check(Check),
}

/// Options of `sheet show`.
#[derive(Debug, Args)]
pub(super) struct Show {
    /// The trace, as printed on the sheet
    trace: Trace,
}

/// Options of `sheet check`.
#[derive(Debug, Args)]
pub(super) struct Check {
    /// The statement, a file that ends in .txt
    statement: PathBuf,
}

/// Nothing of the trace was made here.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("nothing of the trace {0} was made on this host")]
struct NotOurs(Trace);

/// The rows of what this host receives come from paper.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("the statement is for this host, and its rows come from paper")]
struct ReceivingSide;

impl Sheet {
    pub(super) fn run(self, call: &Call) -> Result<Answer, Refused> {
        match self {
            Self::Show(show) => Ok(rows(&made_here(&call.desk()?, &show.trace)?).into()),
            Self::Check(check) => {
                let bytes = read_file(&check.statement, MAX, Links::Follow)?;
                let statement = Statement::parse(&bytes)?;
                // Who types rows that the receiving host computed has proven that the medium equals the medium.
                if call.desk().is_ok_and(|desk| *desk.party() == statement.lines().to) {
                    return Err(ReceivingSide.into());
                }
                Ok(rows(&statement).into())
            }
        }
    }
}

/// The newest statement of `trace` that this host made.
fn made_here(desk: &Desk, trace: &Trace) -> Result<Statement, Refused> {
    let of_trace = desk.entries().iter().rev().filter(|entry| entry.trace.as_deref() == Some(trace.as_str()));
    let statements = of_trace.filter_map(|entry| match &entry.event {
        Event::Exported(exported) => Some(exported.statement),
        Event::SheetPrinted(printed) => Some(printed.statement),
        _ => None,
    });
    let newest: Option<Digest> = statements.into_iter().next();
    let id = newest.ok_or_else(|| NotOurs(trace.clone()))?;
    Ok(desk.kept(&id)?.statement)
}

/// The eight lines that the code covers, and the code.
fn rows(statement: &Statement) -> String {
    let code = Code::of(statement).sheet_rows().join("\n");
    format!("{}\n{code}\n", statement.text())
}

impl Refusal for NotOurs {
    fn reason(&self) -> Reason {
        Reason::new(Class::Replay, "SHEET_NOT_OURS", "ask the host that sent it; the receiving side shows no rows")
    }
}

impl Refusal for ReceivingSide {
    fn reason(&self) -> Reason {
        Reason::new(Class::Sheet, "SHEET_RECEIVING_SIDE", "type the rows from the paper sheet")
    }
}
