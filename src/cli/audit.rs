//! `airlock audit`: the log of this host, read and checked.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::answer::Answer;
use super::call::Call;
use crate::audit::checkpoint::Checkpoint;
use crate::audit::detail::Verb;
use crate::audit::entry::{Actor, Entry};
use crate::audit::event::Event;
use crate::audit::note::{KeyUse, Note};
use crate::desk::host::Desk;
use crate::devices::store::{Directory, Links, read_file};
use crate::exchange::enrolment::record::note_key;
use crate::exchange::signature::public_key::SshPublicKey;
use crate::exchange::trace::Trace;
use crate::refusal::{Class, Reason, Refusal, Refused};
use crate::report::document::Report;
use crate::report::document::kind::ReportKind;
use crate::report::journal::JournalView;
use crate::wire::digest::Digest;
use crate::wire::text;

const MAX_KEY: u64 = 4096;
const PRIVATE: u32 = 0o600;

/// Read and check the log of this host; that it was read is written down
#[derive(Debug, Subcommand)]
pub(super) enum Audit {
    /// List entries
    List(List),
    /// Print one entry as it stands in the log
    Show(Show),
    /// Check every entry, the tree over them and the signed head
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
}

/// Options of `audit export`.
#[derive(Debug, Args)]
pub(super) struct Export {
    /// An existing directory; nothing in it is overwritten
    directory: PathBuf,
}

/// Why the log cannot be shown or vouched for.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(super) enum AuditError {
    /// There are fewer entries.
    #[error("the log has no entry {0}")]
    NoEntry(u64),
    /// No head was signed yet.
    #[error("no head of this log was signed yet")]
    NoHead,
    /// The head is not signed by the key.
    #[error("the signed head does not verify: {0}")]
    Head(String),
    /// The file holds no OpenSSH Ed25519 key.
    #[error("{0} holds no OpenSSH Ed25519 public key")]
    Key(String),
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
                let head = desk.signed_head()?.ok_or(AuditError::NoHead)?;
                viewed(&mut desk, "audit checkpoint")?;
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
    /// That the state opened says that every line is canonical, the next one and of this host, and that the log
    /// extends the head beside it; what is left is who signed that head.
    fn run(&self, desk: &mut Desk) -> Result<Answer, Refused> {
        let head = desk.log().tree().head();
        let mut report = Report::new(ReportKind::Audit)
            .fact("host", "Host", desk.party().to_string())
            .fact("entries", "Entries", head.size)
            .fact("root", "Root (RFC 6962)", head.root.to_string());
        if let Some(note) = desk.signed_head()? {
            let signed = match &self.log_key {
                Some(path) => Some(verified(desk, &note, path)?.head.size),
                None => None,
            };
            let told =
                signed.map_or("not checked: name --log-key".to_owned(), |size| format!("good, over {size} entries"));
            report = report.fact("signedHead", "Signed head", told);
        }
        let entry = viewed(desk, "audit verify")?;
        Ok(report.entry(entry).into())
    }
}

impl Export {
    fn run(&self, desk: &mut Desk) -> Result<Answer, Refused> {
        let directory = Directory::open(&self.directory)?;
        // First, so that the copy says who took it.
        let entry = viewed(desk, "audit export")?;
        let tree = desk.log().tree();
        let lines: Vec<u8> =
            (0..tree.size()).filter_map(|at| tree.line(at)).flat_map(|line| [line, b"\n"].concat()).collect();
        directory.create_new("entries.jsonl", &lines, PRIVATE)?;
        if let Some(note) = desk.signed_head()? {
            directory.create_new("checkpoint", note.to_string().as_bytes(), PRIVATE)?;
        }
        let report = Report::new(ReportKind::Audit).fact("entries", "Entries", tree.size());
        Ok(report.fact("sha256", "SHA-256", Digest::of(&lines).to_string()).entry(entry).into())
    }
}

/// Writes down that the log was read.
fn viewed(desk: &mut Desk, verb: &str) -> Result<u64, Refused> {
    desk.note(&Actor::system(), None, Event::LogViewed(Verb { verb: verb.to_owned() }))
}

/// The head, signed by the key in the file at `path` under the name of this log.
fn verified(desk: &Desk, note: &Note, path: &Path) -> Result<Checkpoint, Refused> {
    let bytes = read_file(path, MAX_KEY, Links::Follow)?;
    let line = std::str::from_utf8(&bytes).ok().and_then(|line| SshPublicKey::from_line(line).ok());
    let key = line.ok_or_else(|| AuditError::Key(text::escape(&path.to_string_lossy())))?;
    let key = note_key(&desk.party().log_origin(), &key, KeyUse::Log)?;
    Ok(Checkpoint::verified(note, &key).map_err(|e| AuditError::Head(e.to_string()))?)
}

impl Refusal for AuditError {
    fn reason(&self) -> Reason {
        match self {
            Self::NoEntry(_) => Reason::new(Class::Usage, "AUDIT_NO_ENTRY", "see what there is: airlock audit list"),
            Self::NoHead => {
                Reason::new(Class::Usage, "AUDIT_NO_HEAD", "seal or export something first; it signs the head")
            }
            Self::Head(_) => Reason::new(
                Class::Inconsistent,
                "AUDIT_HEAD",
                "stop; keep the state as it is; compare the head with the last paper sheet",
            ),
            Self::Key(_) => {
                Reason::new(Class::Usage, "AUDIT_KEY", "name a file as airlock enrol allowed-signers gives it")
            }
        }
    }
}
