//! How far a rotation is, for I50.

use std::collections::BTreeMap;

use crate::audit::event::Event;
use crate::exchange::trace::Trace;
use crate::online::chronicle::Chronicle;
use crate::online::room::Room;
use crate::refusal::Refused;
use crate::rotation::stage::Stage;
use crate::tui::told::{CourseFacts, Told};

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
        (format!("{} {}", stage.id(), stage.name()), count)
    };
    let steps: Vec<_> = chronicle.timeline.iter().filter(|line| line.is_step).collect();
    let held = chronicle.rotation.holds.last();
    let held = held.filter(|hold| steps.last().is_some_and(|line| line.entry == hold.entry));
    Ok(Told::Course(Box::new(CourseFacts {
        nodes: reached.len(),
        stages: Stage::ALL.iter().skip(1).map(stage).collect(),
        success: chronicle.success.clone(),
        held: held.map(|hold| format!("{}: {}", hold.action, hold.why)),
        lines: steps.iter().map(|line| format!("{}  {}", line.time, line.what)).collect(),
    })))
}
