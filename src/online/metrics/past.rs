//! What the log says: its heads, packages, and how far the newest rotation is.

use crate::audit::checkpoint::Checkpoint;
use crate::audit::event::Event;
use crate::online::course::Course;
use crate::online::room::Room;
use crate::refusal::Refused;
use crate::report::exposition::{Exposition, Family, Kind};

pub(super) fn tell(all: &mut Exposition, room: &Room) -> Result<(), Refused> {
    heads(all, room)?;
    packages(all, room);
    if let Some((trace, course)) = newest(room) {
        rotation(all, trace, &course);
    }
    Ok(())
}

/// The log of this host, its signed head, and the newest head of the CA's log.
fn heads(all: &mut Exposition, room: &Room) -> Result<(), Refused> {
    let entries = room.desk().entries();
    let mut size = Family::new("airlock_log_entries", Kind::Gauge, "Entries of the log of this host.");
    size.sample([], number(entries.len() as u64));
    all.push(size);
    let head = room.desk().signed_head()?.and_then(|note| Checkpoint::parse(note.unverified_text()).ok());
    let last = head.and_then(|head| Some((head.head.size, entries.get(usize::try_from(head.head.size).ok()? - 1)?)));
    let last = last.map(|(size, entry)| (size, entry.time));
    let mut size = Family::new("airlock_log_checkpoint_entries", Kind::Gauge, "Entries below the newest signed head.");
    let name = "airlock_log_checkpoint_timestamp_seconds";
    let mut time = Family::new(name, Kind::Gauge, "When the last entry below the newest signed head was written.");
    if let Some((entries, at)) = last {
        size.sample([], number(entries));
        time.sample([], at.unix());
    }
    all.push(size);
    all.push(time);
    let mut ca = Family::new("airlock_ca_log_entries", Kind::Gauge, "Entries of the log of the CA, as last proven.");
    if let Some(accepted) = room.history().accepted() {
        ca.sample([], number(accepted.head.size));
    }
    all.push(ca);
    Ok(())
}

fn packages(all: &mut Exposition, room: &Room) {
    let mut newest = Family::new(
        "airlock_package_timestamp_seconds",
        Kind::Gauge,
        "When the newest certificate package was accepted, and when it was staged.",
    );
    let at = |is_meant: fn(&Event) -> bool| {
        room.desk().entries().iter().rev().find(|entry| is_meant(&entry.event)).map(|entry| entry.time.unix())
    };
    let accepted = at(|event| matches!(event, Event::PackageAccepted(_) | Event::NodePackageAccepted(_)));
    for (what, time) in [("accepted", accepted), ("staged", at(|event| matches!(event, Event::Staged(_))))] {
        if let Some(time) = time {
            newest.sample([("what", what)], time);
        }
    }
    all.push(newest);
}

/// The course of the exchange that was rotated last.
fn newest(room: &Room) -> Option<(&str, Course)> {
    let entries = room.desk().entries();
    let is_step = |event: &Event| matches!(event, Event::RotationIntent(_) | Event::RotationHeld(_));
    let trace = entries.iter().rev().find(|entry| is_step(&entry.event))?.trace.as_deref()?;
    Some((trace, Course::of(entries.iter().filter(|entry| entry.trace.as_deref() == Some(trace)))))
}

fn rotation(all: &mut Exposition, trace: &str, course: &Course) {
    let mut stage = Family::new(
        "airlock_rotation_stage",
        Kind::Gauge,
        "The stage of the newest rotation that a node has reached, 0 to 9, by the log of this host.",
    );
    for (node, at) in &course.nodes {
        let reached = crate::rotation::stage::Stage::ALL.iter().position(|known| known == at).unwrap_or_default();
        stage.sample([("trace", trace), ("node", node)], number(reached as u64));
    }
    all.push(stage);
    let mut requests = Family::new(
        "airlock_rotation_requests_total",
        Kind::Counter,
        "Requests that the meter made while steps of the newest rotation were taken.",
    );
    requests.sample([("trace", trace), ("outcome", "ok")], number(course.requests_ok));
    requests.sample([("trace", trace), ("outcome", "failed")], number(course.requests_failed));
    all.push(requests);
    let counts = [
        ("airlock_rotation_steps_total", "Steps of the newest rotation that were done.", course.steps),
        ("airlock_rotation_starts_total", "Those of them that started what was found down.", course.starts),
        ("airlock_rotation_restarts_total", "Components that the newest rotation restarted.", course.restarts),
        ("airlock_rotation_holds_total", "How often the newest rotation was held.", course.holds.len() as u64),
    ];
    for (name, help, count) in counts {
        let mut family = Family::new(name, Kind::Counter, help);
        family.sample([("trace", trace)], number(count));
        all.push(family);
    }
}

fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
