//! What this host is and how it stands, its log, and what it sent.

use super::desk;
use crate::audit::checkpoint::Checkpoint;
use crate::audit::detail::Verb;
use crate::audit::entry::{Actor, Side};
use crate::audit::event::Event;
use crate::config::host::Config;
use crate::desk::host::Desk;
use crate::desk::media::Line;
use crate::desk::unfinished::unfinished;
use crate::devices::surroundings::Surroundings;
use crate::exchange::code::Code;
use crate::exchange::trace::Trace;
use crate::refusal::Refused;
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
    let verb = Verb { verb: "audit list".to_owned() };
    desk.note(&Actor::system(), None, Event::LogViewed(verb))?;
    Ok(Told::Journal(Box::new(JournalFacts { entries: desk.entries().to_vec(), signed: signed(&desk)? })))
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
        let (sheet, files) = (Vec::new(), Vec::new());
        return Ok(OutgoingFacts { trace: trace.clone(), kind: None, sheet, files, printed: 0, left });
    };
    let kept = desk.kept(&id)?;
    Ok(OutgoingFacts {
        trace: trace.clone(),
        kind: Some(kept.statement.lines().kind.as_str()),
        sheet: Code::of(&kept.statement).sheet_rows(),
        files: kept.files.iter().map(|(name, bytes)| (name.clone(), bytes.len())).collect(),
        printed: desk.next_print(&id).printed,
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
