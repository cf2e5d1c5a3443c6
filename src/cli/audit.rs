//! `airlock audit`: the log of this host, read and checked.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::answer::Answer;
use super::call::Call;
use crate::audit::entry::Entry;
use crate::desk::host::Desk;
use crate::desk::log_review::{self, AuditError, viewed};
use crate::exchange::trace::Trace;
use crate::refusal::Refused;
use crate::report::document::Report;
use crate::report::document::kind::ReportKind;
use crate::report::journal::JournalView;
use crate::wire::text::fill;

/// Read and check the log of this host; that it was read is written down
#[derive(Debug, Subcommand)]
pub(super) enum Audit {
    /// List entries
    List(List),
    /// Print one entry as it stands in the log
    Show(Show),
    /// Check every entry and the tree over them; and with --log-key the signed head, which is not checked without
    Verify(Verify),
    /// Copy the log and its signed head into a new directory
    Export(Export),
    /// Print the newest signed head (C2SP tlog-checkpoint)
    Checkpoint,
}

/// Options of `audit list`.
#[derive(Debug, Args)]
pub(super) struct List {
    /// Of this exchange only
    #[arg(long)]
    trace: Option<Trace>,
    /// The newest so many
    #[arg(long, value_name = "N", default_value_t = 40)]
    last: usize,
}

/// Options of `audit show`.
#[derive(Debug, Args)]
pub(super) struct Show {
    /// The number of the entry, from 0
    entry: u64,
}

/// Options of `audit verify`.
#[derive(Debug, Args)]
pub(super) struct Verify {
    /// The public key of the log in OpenSSH form, taken from where its peers pinned it
    #[arg(long, value_name = "FILE")]
    log_key: Option<PathBuf>,
    /// The number of entries that a paper names, to compare this log with it
    #[arg(long, value_name = "N", requires = "root")]
    entries: Option<u64>,
    /// The root on that paper, as typed from it: at least its first 16 digits
    #[arg(long, value_name = "DIGITS", requires = "entries")]
    root: Option<String>,
}

/// Options of `audit export`.
#[derive(Debug, Args)]
pub(super) struct Export {
    /// An existing directory; nothing in it is overwritten
    directory: PathBuf,
}

impl Audit {
    pub(super) fn run(self, call: &Call) -> Result<Answer, Refused> {
        let mut desk = call.desk()?;
        match self {
            Self::List(list) => list.run(&mut desk),
            Self::Show(show) => show.run(&mut desk),
            Self::Verify(verify) => verify.run(&mut desk),
            Self::Export(export) => export.run(&mut desk),
            Self::Checkpoint => {
                let head = log_review::checkpoint(&mut desk)?;
                Ok(head.to_string().into())
            }
        }
    }
}

impl List {
    fn run(&self, desk: &mut Desk) -> Result<Answer, Refused> {
        let of_trace = |entry: &&Entry| match &self.trace {
            Some(trace) => entry.trace.as_deref() == Some(trace.as_str()),
            None => true,
        };
        let all: Vec<&Entry> = desk.entries().iter().filter(of_trace).collect();
        let shown = JournalView::of(all.iter().rev().take(self.last).rev().copied());
        let total = desk.log().tree().size();
        let entry = viewed(desk, "audit list")?;
        Ok(Report::new(ReportKind::Audit).detail(shown).fact("total", "Entries", total).entry(entry).into())
    }
}

impl Show {
    fn run(&self, desk: &mut Desk) -> Result<Answer, Refused> {
        let line = desk.log().tree().line(self.entry).ok_or(AuditError::NoEntry(self.entry))?;
        let line = [line, b"\n"].concat();
        viewed(desk, "audit show")?;
        Ok(line.into())
    }
}

impl Verify {
    fn run(&self, desk: &mut Desk) -> Result<Answer, Refused> {
        let paper = self.entries.zip(self.root.as_deref());
        paper.map(|(entries, root)| log_review::compare(desk, entries, root)).transpose()?;
        let reviewed = log_review::review(desk, self.log_key.as_deref())?;
        let mut report = Report::new(ReportKind::Audit)
            .fact("host", "Host", desk.party().to_string())
            .fact("entries", "Entries", reviewed.head.size)
            .fact("root", "Root (RFC 6962)", reviewed.head.root.to_string());
        if let Some(signed) = reviewed.signed {
            let told =
                signed.map_or("NOT checked: name --log-key".to_owned(), |size| fill("good, over {} entr{y}", [&size]));
            report = report.fact("signedHead", "Signed head", told);
        }
        if let Some((entries, _)) = paper {
            report =
                report.fact("paper", "Paper", fill("this log begins with the {} entr{y} of the paper", [&entries]));
        }
        Ok(report.entry(reviewed.entry).into())
    }
}

impl Export {
    fn run(&self, desk: &mut Desk) -> Result<Answer, Refused> {
        let copied = log_review::copy(desk, &self.directory)?;
        let report = Report::new(ReportKind::Audit).fact("entries", "Entries", copied.entries);
        Ok(report.fact("sha256", "SHA-256", copied.sha256.to_string()).entry(copied.entry).into())
    }
}
