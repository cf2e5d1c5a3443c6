//! One entry of a log as a person reads it.

use serde::Serialize;

use crate::audit::detail::PlacesCounted;
use crate::audit::entry::{Entry, Outcome};
use crate::audit::event::Event;
use crate::report::sheet::print::printed_as;
use crate::wire::text::{self, fill};
use crate::wire::time::Timestamp;

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    /// When, by the clock of the host.
    pub time: Timestamp,
    /// The host.
    pub host: String,
    /// Its index in the log of that host.
    pub entry: u64,
    /// Who.
    pub who: String,
    /// The name of the event.
    pub event: String,
    /// `ok`, or the code of the refusal.
    pub outcome: String,
    /// What, in one line.
    pub what: String,
    /// Whether it is of the rotation itself.
    #[serde(skip)]
    pub is_step: bool,
}

impl Line {
    /// What `entry` says.
    pub(super) fn of(entry: &Entry) -> Self {
        let event = serde_json::to_value(&entry.event).unwrap_or_default();
        let event = event.get("event").and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
        let outcome = match &entry.outcome {
            Outcome::Ok => "ok".to_owned(),
            Outcome::Denied(code) | Outcome::Failed(code) => text::clip(code, 64),
        };
        Self {
            time: entry.time,
            host: text::clip(&entry.host, 80),
            entry: entry.seq,
            who: text::clip(entry.actor.person.as_deref().unwrap_or(&entry.actor.role), 40),
            event,
            outcome,
            what: text::clip(&what(&entry.event), 300),
            is_step: matches!(
                entry.event,
                Event::RotationPreflight(_)
                    | Event::BudgetForgiven(_)
                    | Event::RotationIntent(_)
                    | Event::RotationDone(_)
                    | Event::RotationHeld(_)
                    | Event::RotationReturned(_)
                    | Event::RotationAgreed(_)
                    | Event::RotationVouched(_)
                    | Event::ReclaimIntent(_)
                    | Event::Reclaimed(_)
            ),
        }
    }
}

fn what(event: &Event) -> String {
    match event {
        Event::Requested(requested) => format!("bundle {}", requested.seq),
        Event::KeysPlaced(placed) => fill("{} file{s} on {}", [&placed.files, &nodes(&placed.nodes)]),
        Event::Received(received) => format!("{} from {}", received.kind, received.from),
        Event::OobRows(rows) => format!("rows by {}", rows.person),
        Event::Verified(verified) => {
            let failed = verified.checks.iter().filter(|check| check.status == "fail").count();
            fill("{} check{s}, {} failed", [&verified.checks.len(), &failed])
        }
        Event::PackageAccepted(package) => format!("package {}", package.package_seq),
        Event::Split(split) => fill("{} package{s} of nodes", [&split.files.len()]),
        Event::SplitWritten(written) => fill("{} package{s} of nodes to {}", [&written.nodes.len(), &written.out]),
        Event::NodePackageAccepted(package) => format!("cut from package {}", package.package_seq),
        Event::CrossIntent(told) | Event::CrossSigned(told) => {
            format!("root of {} by the old CA, with its key on {}", told.domain, told.node)
        }
        Event::StageIntent(staged) | Event::Staged(staged) => {
            fill("{} file{s} on {}", [&staged.files, &nodes(&staged.nodes)])
        }
        Event::PlacesCounted(PlacesCounted { both, foreign, only_new, only_old, unreadable }) => {
            let other = foreign + unreadable;
            format!("{only_old} only old, {both} old+new, {only_new} only new, {other} other")
        }
        Event::SheetPrinted(printed) => format!("{}, {}", printed.sheet, printed_as(printed.copy).0),
        Event::Refused(refused) => format!("{}: {}", refused.verb, refused.message),
        _ => of_rotation(event),
    }
}

fn of_rotation(event: &Event) -> String {
    let at = |node: &Option<String>| node.as_ref().map_or_else(|| "cluster".to_owned(), Clone::clone);
    match event {
        Event::RotationIntent(intent) => format!("{} {}: {}", intent.stage, at(&intent.node), intent.action),
        Event::RotationDone(done) => {
            let seconds = done.milliseconds.div_ceil(1000);
            let cost = fill("{} file{s}, {} restart{s}, {} s", [&done.files, &done.restarts, &seconds]);
            format!("{} {}: {}, {cost}", done.stage, at(&done.node), done.action)
        }
        Event::RotationHeld(held) => format!("{}: {}", held.action, held.why),
        Event::RotationReturned(returned) => format!("back to {}: done", returned.to),
        Event::RotationAgreed(agreed) => format!("{} agrees to the {}", agreed.person, agreed.step),
        Event::RotationVouched(told) => {
            format!("{} says that {} come without a certificate", told.person, told.names.join(", "))
        }
        Event::RotationPreflight(told) => {
            let open = told.checks.iter().filter(|check| check.status != "ok").count();
            fill("{} item{s}, {} not held or not observed", [&told.checks.len(), &open])
        }
        Event::BudgetForgiven(told) => format!("{} of {} failed: {}", told.failed, told.ok + told.failed, told.why),
        Event::ReclaimIntent(reclaimed) | Event::Reclaimed(reclaimed) => {
            fill("{} old file{s} of {}", [&reclaimed.files, &reclaimed.node])
        }
        _ => String::new(),
    }
}

fn nodes(names: &[String]) -> String {
    match names {
        [only] => only.clone(),
        all => format!("{} nodes", all.len()),
    }
}
