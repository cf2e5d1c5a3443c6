//! How far a rotation is, for I50.

use std::collections::BTreeMap;
use std::path::Path;

use super::{WIDTH, chinese, nodes};
use crate::audit::event::Event;
use crate::exchange::trace::Trace;
use crate::online::chronicle::{self, Chronicle, Line};
use crate::online::metrics::{self, Place};
use crate::online::room::Room;
use crate::refusal::Refused;
use crate::report::document::Detail as _;
use crate::rotation::stage::Stage;
use crate::tui::language::Both;
use crate::tui::reading::Lines;
use crate::tui::told::{CourseFacts, Told};

/// A step. In Chinese it is told by what happened, and else in the words of the log.
fn told_of(room: &Room, line: &Line) -> Both {
    let of = room.desk().entries().iter().find(|entry| entry.seq == line.entry);
    let chinese = of.and_then(|entry| chinese::event(&entry.event));
    Both::new(line.what.as_str(), chinese.unwrap_or_else(|| line.what.clone()))
        .map(|told| format!("{}  {told}", line.time))
}

/// What the log of this host says of the rotation of `trace`.
pub(super) fn told(room: &Room, trace: &Trace) -> Result<Told, Refused> {
    let chronicle = Chronicle::of(room, trace, &[])?;
    let mut reached: BTreeMap<String, Stage> = BTreeMap::new();
    let record = room.config().record().nodes();
    reached.extend(record.iter().map(|node| (node.name.clone(), Stage::Preflight)));
    for entry in room.desk().entries().iter().filter(|entry| entry.trace.as_deref() == Some(trace.as_str())) {
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
    let steps: Vec<_> = chronicle.timeline.iter().filter(|line| line.is_step).collect();
    let held = chronicle.rotation.holds.last();
    let held = held.filter(|hold| steps.last().is_some_and(|line| line.entry == hold.entry));
    Ok(Told::Course(Box::new(CourseFacts {
        nodes: reached.len(),
        stages: Stage::ALL.iter().skip(1).map(stage).collect(),
        success: Both::new(chronicle.success.as_str(), chinese::chinese(&chronicle.success)),
        held: held
            .map(|hold| Both::new(format!("{}: {}", hold.action, hold.why), chinese::held(&hold.action, &hold.why))),
        lines: steps.iter().map(|line| told_of(room, line)).collect(),
    })))
}

/// Everything that the log of this host says of `trace`. Where its nodes are reached the places that embed a CA are counted.
pub(super) fn chronicle(room: &mut Room, trace: &Trace) -> Result<Told, Refused> {
    let nodes = nodes(room);
    if !nodes.is_empty() && room.ca().is_ok() {
        chronicle::count(room, trace, &nodes, &[])?;
    }
    let english = Chronicle::of(room, trace, &[])?.lines(WIDTH);
    let chinese = english.iter().map(|line| chinese::chinese(line)).collect();
    Ok(Told::Read(Lines::both(english, chinese)))
}

/// Writes what this host knows of its nodes.
pub(super) fn metrics(room: &Room, file: &Path) -> Result<Told, Refused> {
    let place = Place::at(file)?;
    metrics::write(&metrics::gather(room, &nodes(room))?, &place)?;
    Ok(Told::Read(Lines::same(vec![crate::wire::text::clip(&file.to_string_lossy(), 70)])))
}
