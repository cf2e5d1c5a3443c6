//! What this host is and how it stands, its log, and what it sent.

use std::path::Path;

use super::{desk, head};
use crate::audit::checkpoint::Checkpoint;
use crate::audit::entry::Side;
use crate::audit::event::Event;
use crate::config::host::Config;
use crate::desk::host::Desk;
use crate::desk::log_review::{self, AuditError};
use crate::desk::media::Line;
use crate::desk::unfinished::unfinished;
use crate::devices::store::{Directory, StoreError};
use crate::devices::surroundings::Surroundings;
use crate::exchange::code::Code;
use crate::exchange::trace::Trace;
use crate::refusal::Refused;
use crate::tui::language::{Both, fill};
use crate::tui::reading::Lines;
use crate::tui::told::{HostFacts, JournalFacts, OutgoingFacts, Told};
use crate::wire::text;

/// What stands on S00.
pub(super) fn look(config: &Config) -> Result<Told, Refused> {
    let (desk, around) = (desk(config)?, Surroundings::look()?);
    let moment = desk.moment()?;
    let tool = desk.log().writer().tool.clone();
    Ok(Told::Look(Box::new(HostFacts {
        name: desk.party().name().to_owned(),
        side: config.side(),
        clock: moment.time,
        attested: config.side() == Side::Offline && desk.log().attestation(&moment).is_some(),
        entries: desk.log().tree().size(),
        signed: signed(&desk)?,
        version: tool.version,
        program: tool.sha256.short(),
        links_up: around.links_up.iter().map(|link| text::clip(link, 32)).collect(),
        token: token(config),
        unfinished: unfinished(desk.entries()),
    })))
}

/// The log; that it was read is written down.
pub(super) fn journal(config: &Config) -> Result<Told, Refused> {
    let mut desk = desk(config)?;
    log_review::viewed(&mut desk, "audit list")?;
    Ok(Told::Journal(Box::new(JournalFacts { entries: desk.entries().to_vec(), signed: signed(&desk)? })))
}

/// The log is checked, and its head by the key in a file.
pub(super) fn verify_log(config: &Config, key: Option<&Path>) -> Result<Told, Refused> {
    Ok(Told::LogChecked(Box::new(log_review::review(&mut desk(config)?, key)?)))
}

/// The log is compared with a paper: how many entries it names and the first digits of their root, as they were typed.
pub(super) fn compare_log(config: &Config, entries: &str, digits: &str) -> Result<Told, Refused> {
    let entries = entries.parse().map_err(|_| AuditError::Typed)?;
    log_review::compare(&mut desk(config)?, entries, digits)?;
    Ok(Told::Read(Lines::both(
        vec![fill("this log begins with the {} entr{y} of the paper", [&entries])],
        vec![format!("本日志以纸上的 {entries} 条记录开头")],
    )))
}

/// The log is copied into a directory.
pub(super) fn export_log(config: &Config, directory: &Path) -> Result<Told, Refused> {
    let copied = log_review::copy(&mut desk(config)?, directory)?;
    let (entries, sha256) = (copied.entries, copied.sha256);
    Ok(Told::Read(Lines::both(
        vec![fill("{} entr{y} copied", [&entries]), format!("sha256 {sha256}")],
        vec![format!("已复制 {entries} 条记录"), format!("sha256 {sha256}")],
    )))
}

/// The newest signed head, and the commands of an auditor who checks it.
pub(super) fn checkpoint(config: &Config) -> Result<Told, Refused> {
    let mut desk = desk(config)?;
    let note = log_review::checkpoint(&mut desk)?;
    Ok(Told::Read(head::told(&note, desk.log().tree().size())))
}

/// A report is written to a new file.
pub(super) fn save(lines: &[String], file: &Path) -> Result<Told, Refused> {
    NewFile::at(file)?.create((lines.join("\n") + "\n").as_bytes())?;
    Ok(Told::Read(Lines::same(vec![text::clip(&file.to_string_lossy(), 70)])))
}

/// A file that is made and never replaced, in a directory that is there.
pub(super) struct NewFile {
    folder: Directory,
    name: String,
}

impl NewFile {
    /// The place `file`; nothing is made yet.
    pub(super) fn at(file: &Path) -> Result<Self, StoreError> {
        let shown = text::escape(&file.to_string_lossy());
        let name = file.file_name().and_then(|name| name.to_str()).ok_or(StoreError::Name(shown))?;
        let folder = file.parent().filter(|path| !path.as_os_str().is_empty());
        Ok(Self { folder: Directory::open(folder.unwrap_or(Path::new(".")))?, name: name.to_owned() })
    }

    /// Makes it; nobody else may read it.
    pub(super) fn create(&self, bytes: &[u8]) -> Result<(), StoreError> {
        self.folder.create_new(&self.name, bytes, 0o600)
    }
}

/// The newest transfer of `trace` that was made here; `left` is the entry by which it left just now.
pub(super) fn outgoing(desk: &mut Desk, trace: &Trace, left: Option<u64>) -> Result<OutgoingFacts, Refused> {
    let of_trace = desk.entries().iter().rev().filter(|entry| entry.trace.as_deref() == Some(trace.as_str()));
    let mut made = of_trace.filter_map(|entry| match &entry.event {
        Event::Sealed(sealed) => Some(sealed.statement),
        Event::Requested(requested) => Some(requested.statement),
        _ => None,
    });
    let Some(id) = made.next() else {
        let (sheet, about, files) = (Vec::new(), Vec::new(), Vec::new());
        let (trace, kind, printed, printed_to) = (trace.clone(), None, 0, None);
        return Ok(OutgoingFacts { trace, kind, sheet, about, files, printed, printed_to, left });
    };
    let kept = desk.kept(&id)?;
    let lines = kept.statement.lines();
    Ok(OutgoingFacts {
        trace: trace.clone(),
        kind: Some(lines.kind.as_str()),
        about: vec![Both::new(
            fill("to {}   {} item{s}   expires {}", [&lines.to, &lines.items, &lines.expires]),
            format!("发往 {}   {} 项   有效至 {}", lines.to, lines.items, lines.expires),
        )],
        sheet: Code::of(&kept.statement).sheet_rows(),
        files: kept.files.iter().map(|(name, bytes)| (name.clone(), bytes.len())).collect(),
        printed: desk.next_print(&id).printed,
        printed_to: desk.printed_to(&id),
        left,
    })
}

pub(super) fn told(facts: OutgoingFacts) -> Told {
    Told::Outgoing(Box::new(facts))
}

/// Entries under the newest signed head.
fn signed(desk: &Desk) -> Result<Option<u64>, Refused> {
    let note = desk.signed_head()?;
    Ok(note.and_then(|note| Checkpoint::parse(note.unverified_text()).ok()).map(|checkpoint| checkpoint.head.size))
}

fn token(config: &Config) -> Option<String> {
    match config {
        #[cfg(feature = "offline")]
        Config::Offline(config) => config.hsm().token.serial().map(|serial| text::clip(serial, 40)),
        #[cfg(feature = "online")]
        Config::Online(_) => None,
    }
}

/// Which media are plugged in; a host that cannot tell has none to choose from, and says why where one is named.
pub(super) fn media(config: &Config) -> Told {
    let seen = super::desk(config).and_then(|desk| desk.media()).unwrap_or_default();
    Told::Media(seen.iter().map(Line::of).collect())
}
