//! The final report of an exchange: everything that logs say under its trace, what a rotation cost, and how many places
//! hold which root, before and after.
//!
//! - [`sources`]: what a person names beside this host
//! - `line`: one entry as a person reads it
//! - `told`: how a report tells it
//! - [`fault`]: why the log of another host is not read

pub mod fault;
mod line;
pub mod sources;
mod told;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry as Slot;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::audit::detail::{CheckResult, PlacesCounted};
use crate::audit::entry::{Actor, Entry};
use crate::audit::event::Event;
use crate::cluster::embed::{Holding, Inventory};
use crate::devices::store::{Links, read_file};
use crate::exchange::trace::Trace;
use crate::online::course::Course;
use crate::online::inventory::Looked;
use crate::online::room::Room;
use crate::online::scan::NodeRoot;
use crate::refusal::Refused;
use crate::wire::text;
use crate::wire::time::Timestamp;
pub use fault::ChronicleError;
pub use line::Line;
pub use sources::Sources;

/// The longest log of another host that is read, in bytes.
const MAX_LOG: u64 = 64 << 20;

/// Everything that is known of an exchange.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Chronicle {
    /// The hosts whose logs were read.
    pub hosts: Vec<String>,
    /// The entries, in the order of their times.
    pub timeline: Vec<Line>,
    /// The rotation.
    pub rotation: Course,
    /// Seconds from its first step to its last result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds: Option<i64>,
    /// What may be claimed of the requests that were made meanwhile.
    pub success: String,
    /// The checks of the package, W01 to W13, as they ran last.
    pub package_checks: Vec<CheckResult>,
    /// How many places held which root when they were first counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub places_before: Option<Counted>,
    /// The same, when they were counted last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub places_after: Option<Counted>,
}

/// How many places held which root.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Counted {
    /// When they were counted.
    pub time: Timestamp,
    /// The counts.
    pub places: PlacesCounted,
}

/// Everything that is known of `trace`. Where `nodes` are reached the places that embed a CA are counted first, which is
/// written down: the index of that entry. An admin's host that reaches none tells what the logs say.
///
/// # Errors
/// As [`entries`], before anything is written down; as [`Looked::at`]; what the log says.
pub fn tell(
    room: &mut Room,
    trace: &Trace,
    nodes: &[NodeRoot],
    sources: &Sources,
) -> Result<(Chronicle, Option<u64>), Refused> {
    entries(room, trace, &sources.logs)?;
    let counted = match nodes.is_empty() || room.ca().is_err() {
        true => None,
        false => Some(count(room, trace, nodes, &sources.objects)?),
    };
    Ok((Chronicle::of(room, trace, &sources.logs)?, counted))
}

/// Counts the places of `nodes` and of what kubectl printed, and writes that down under `trace`. Returns the log entry.
pub fn count(room: &mut Room, trace: &Trace, nodes: &[NodeRoot], objects: &[PathBuf]) -> Result<u64, Refused> {
    let looked = Looked::at(room, nodes, objects)?;
    let counted = Event::PlacesCounted(counts(&looked.inventory));
    room.desk_mut().note(&Actor::system(), Some(trace.as_str()), counted)
}

fn counts(inventory: &Inventory) -> PlacesCounted {
    let count = |holding| inventory.count(holding) as u64;
    PlacesCounted {
        both: count(Holding::Both),
        foreign: count(Holding::Foreign),
        only_new: count(Holding::OnlyNew),
        only_old: count(Holding::OnlyOld),
        unreadable: count(Holding::Unreadable),
    }
}

/// What the log of this host says under `trace`, and the `logs` of other hosts, as they lie in their state; in the order of
/// their times. The same log twice counts once.
///
/// # Errors
/// [`ChronicleError`]; what the files say.
pub fn entries(room: &Room, trace: &Trace, logs: &[PathBuf]) -> Result<Vec<Entry>, Refused> {
    let is_meant = |entry: &&Entry| entry.trace.as_deref() == Some(trace.as_str());
    let desk = room.desk();
    let mut told = Merged { own: desk.party().to_string(), entries: BTreeMap::new() };
    told.entries.extend(desk.entries().iter().filter(is_meant).map(|entry| (place(entry), entry.clone())));
    for log in logs {
        let entries = read(log)?;
        entries.into_iter().filter(|entry| is_meant(&entry)).try_for_each(|entry| told.take(log, entry))?;
    }
    let mut entries: Vec<Entry> = told.entries.into_values().collect();
    if entries.is_empty() {
        return Err(ChronicleError::Nothing(trace.clone()).into());
    }
    // Within a host the order of the log counts, whatever its clock did.
    entries.sort_by_key(|entry| entry.time);
    Ok(entries)
}

/// Entries of many logs, each in its place.
struct Merged {
    own: String,
    entries: BTreeMap<(String, u64), Entry>,
}

impl Merged {
    /// Takes an entry out of `log`. A place that is told of in two ways is told of by nobody, and of this host its own log
    /// alone tells: else a file could put its words in the place of ours.
    fn take(&mut self, log: &Path, entry: Entry) -> Result<(), ChronicleError> {
        let is_own = entry.host == self.own;
        match self.entries.entry(place(&entry)) {
            Slot::Occupied(known) if *known.get() == entry => Ok(()),
            Slot::Vacant(free) if !is_own => {
                free.insert(entry);
                Ok(())
            }
            _ => Err(ChronicleError::Differs { file: shown(log), host: text::clip(&entry.host, 80), entry: entry.seq }),
        }
    }
}

fn place(entry: &Entry) -> (String, u64) {
    (entry.host.clone(), entry.seq)
}

impl Chronicle {
    /// What [`entries`] says.
    ///
    /// # Errors
    /// As [`entries`].
    pub fn of(room: &Room, trace: &Trace, logs: &[PathBuf]) -> Result<Self, Refused> {
        Ok(Self::from_entries(&entries(room, trace, logs)?))
    }

    /// What `entries` of one exchange say, in the order of their times; each is a line of the timeline.
    pub fn from_entries(entries: &[Entry]) -> Self {
        let mut hosts: Vec<_> = entries.iter().map(|entry| text::clip(&entry.host, 80)).collect();
        hosts.sort_unstable();
        hosts.dedup();
        let rotation = Course::of(entries);
        let mut counted = entries.iter().filter_map(|entry| match &entry.event {
            Event::PlacesCounted(places) => Some(Counted { time: entry.time, places: places.clone() }),
            _ => None,
        });
        let (first, last) = (counted.next(), counted.next_back());
        let package_checks = entries.iter().rev().find_map(|entry| match &entry.event {
            Event::Verified(verified) => Some(verified.checks.clone()),
            _ => None,
        });
        Self {
            hosts,
            timeline: entries.iter().map(Line::of).collect(),
            seconds: rotation.seconds(),
            success: rotation.meter().to_string(),
            package_checks: package_checks.unwrap_or_default(),
            places_after: last.or_else(|| first.clone()),
            places_before: first,
            rotation,
        }
    }
}

/// The lines of another host's log. Whether they are its log, its signed head says, and `airlock audit verify` there.
fn read(path: &Path) -> Result<Vec<Entry>, Refused> {
    let bytes = read_file(path, MAX_LOG, Links::Follow)?;
    let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let entry = |(at, line): (usize, &[u8])| {
        Entry::from_line(line).map_err(|_| Refused::from(ChronicleError::Line { file: shown(path), line: at + 1 }))
    };
    lines.enumerate().map(entry).collect()
}

fn shown(path: &Path) -> String {
    text::clip(&text::escape(&path.to_string_lossy()), 200)
}
