//! How far a rotation is, for I50.

use std::collections::BTreeMap;
use std::path::Path;

use super::{WIDTH, chinese, nodes};
use crate::audit::entry::Entry;
use crate::audit::event::Event;
use crate::exchange::trace::Trace;
use crate::online::chronicle::{self, Chronicle, Line, Sources};
use crate::online::course::Hold;
use crate::online::metrics::{self, Place};
use crate::online::room::Room;
use crate::refusal::Refused;
use crate::report::document::Detail as _;
use crate::rotation::stage::Stage;
use crate::tui::language::Both;
use crate::tui::reading::Lines;
use crate::tui::told::{CourseFacts, Told};

/// A step, with its host where there are several. In Chinese it is told by what happened, and else in the words of the log.
fn told_of(line: &Line, entry: &Entry, hosts: usize) -> Both {
    let chinese = chinese::event(&entry.event);
    let host = if hosts > 1 { format!("{}  ", line.host) } else { String::new() };
    Both::new(line.what.as_str(), chinese.unwrap_or_else(|| line.what.clone()))
        .map(|told| format!("{}  {host}{told}", line.time))
}

/// What the log of this host and those of `sources` say of the rotation of `trace`.
pub(super) fn told(room: &Room, trace: &Trace, sources: &Sources) -> Result<Told, Refused> {
    let entries = chronicle::entries(room, trace, &sources.logs)?;
    let chronicle = Chronicle::from_entries(&entries);
    let mut reached: BTreeMap<String, Stage> = BTreeMap::new();
    let record = room.config().record().nodes();
    reached.extend(record.iter().map(|node| (node.name.clone(), Stage::Preflight)));
    for entry in &entries {
        if let Event::Staged(staged) = &entry.event {
            reached.extend(staged.nodes.iter().map(|node| (node.clone(), Stage::Staged)));
        }
    }
    reached.extend(chronicle.rotation.nodes.clone());
    let stage = |stage: &Stage| {
        let count = reached.values().filter(|at| **at >= *stage).count();
        let name = |name| format!("{} {name}", stage.id());
        (Both::new(name(stage.name()), name(chinese::stage(*stage))), count)
    };
    let steps: Vec<_> = chronicle.timeline.iter().zip(&entries).filter(|(line, _)| line.is_step).collect();
    let held = chronicle.rotation.holds.last();
    let is_last = |(line, _): &(&Line, &Entry), hold: &Hold| (&line.host, line.entry) == (&hold.host, hold.entry);
    let held = held.filter(|hold| steps.last().is_some_and(|step| is_last(step, hold)));
    Ok(Told::Course(Box::new(CourseFacts {
        nodes: reached.len(),
        stages: Stage::ALL.iter().skip(1).map(stage).collect(),
        success: Both::new(chronicle.success.as_str(), chinese::chinese(&chronicle.success)),
        held: held
            .map(|hold| Both::new(format!("{}: {}", hold.action, hold.why), chinese::held(&hold.action, &hold.why))),
        lines: steps.iter().map(|(line, entry)| told_of(line, entry, chronicle.hosts.len())).collect(),
    })))
}

/// Everything that these logs say of `trace`. Where its nodes are reached the places that embed a CA are counted.
pub(super) fn chronicle(room: &mut Room, trace: &Trace, sources: &Sources) -> Result<Told, Refused> {
    let nodes = nodes(room);
    let english = chronicle::tell(room, trace, &nodes, sources)?.0.lines(WIDTH);
    let chinese = english.iter().map(|line| chinese::chinese(line)).collect();
    Ok(Told::Read(Lines::both(english, chinese)))
}

/// Writes what this host knows of its nodes.
pub(super) fn metrics(room: &Room, file: &Path) -> Result<Told, Refused> {
    let place = Place::at(file)?;
    metrics::write(&metrics::gather(room, &nodes(room))?, &place)?;
    Ok(Told::Read(Lines::same(vec![crate::wire::text::clip(&file.to_string_lossy(), 70)])))
}
