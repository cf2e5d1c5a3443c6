//! What the log of this host says of the rotation: nothing else remembers it from one run to the next.

use crate::audit::entry::{Entry, Outcome};
use crate::audit::event::Event;
use crate::desk::host::Desk;
use crate::exchange::trace::Trace;
use crate::rotation::account::Passed;
use crate::rotation::stage::Stage;
use crate::wire::digest::Digest;
use crate::wire::time::Timestamp;

/// What this node did under the trace before.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Past {
    /// The newest preflight that was passed here.
    pub preflight: Option<Passed>,
    /// When a step back to an earlier state was announced last.
    pub last_back: Option<Timestamp>,
    /// The plan under which a step of the drop was announced here first, and when, where none back was since: what it asks for
    /// held then, and is not asked again.
    pub dropping: Option<(Digest, Timestamp)>,
    /// Whether what was kept of the old root was taken away, or begun to be.
    pub reclaimed: bool,
    /// The plan under which that was begun and not ended, and nothing was staged or swapped under any trace since.
    pub reclaiming: Option<Digest>,
}

impl Past {
    /// Whether the drop by `plan` has begun here, and no node went back since.
    pub fn has_begun_to_drop(&self, plan: Digest, last_back: Option<Timestamp>) -> bool {
        self.dropping.is_some_and(|(under, since)| under == plan && last_back.is_none_or(|back| back < since))
    }

    /// What the log of `desk` says under `trace`.
    pub fn of(desk: &Desk, trace: &Trace) -> Self {
        Self::fold(desk.entries(), trace)
    }

    fn fold(entries: &[Entry], trace: &Trace) -> Self {
        let mut past = Self::default();
        for entry in entries {
            let is_ours = entry.trace.as_deref() == Some(trace.as_str()) && entry.outcome == Outcome::Ok;
            // Whatever was staged or swapped since, and under whichever trace, no reclaim was meant for.
            if matches!(entry.event, Event::Reclaimed(_) | Event::RotationIntent(_) | Event::Staged(_)) {
                past.reclaiming = None;
            }
            match &entry.event {
                Event::RotationPreflight(told) if is_ours => {
                    past.preflight = Some(Passed { at: entry.time, plan: told.plan });
                }
                Event::RotationIntent(intent) if is_ours && intent.way == "back" => {
                    past.last_back = Some(entry.time);
                    past.dropping = None;
                }
                Event::RotationIntent(intent) if is_ours && intent.stage == Stage::OldTrustOff.id() => {
                    past.dropping =
                        past.dropping.filter(|(plan, _)| *plan == intent.plan).or(Some((intent.plan, entry.time)));
                }
                Event::ReclaimIntent(intent) if is_ours => {
                    past.reclaimed = true;
                    past.reclaiming = Some(intent.plan);
                }
                _ => {}
            }
        }
        past
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::detail::{Reclaimed, RotationIntent};
    use crate::audit::entry::{Actor, ClockState, Side, Tool};

    const TRACE: &str = "20250722-7Q2K-9M4F-B";
    const OTHER: &str = "20260723-XW3P-8NVC-4";

    fn entry((trace, event): (&str, Event)) -> Entry {
        Entry {
            actor: Actor::system(),
            clock: ClockState { attested: None, boot: String::new(), monotonic_ms: 0 },
            event,
            host: "cluster:prod-1".to_owned(),
            outcome: Outcome::Ok,
            seq: 0,
            side: Side::Online,
            time: Timestamp::from_unix(0).unwrap(),
            tool: Tool { sha256: Digest::of(b""), version: "0".to_owned() },
            trace: Some(trace.to_owned()),
        }
    }

    fn detail() -> Reclaimed {
        Reclaimed { files: 1, node: "cp1".to_owned(), plan: Digest::of(b"plan") }
    }

    fn step() -> Event {
        announced("S3", "forward")
    }

    fn announced(stage: &str, way: &str) -> Event {
        let (action, stage, way) = ("swap".to_owned(), stage.to_owned(), way.to_owned());
        Event::RotationIntent(RotationIntent {
            action,
            checks: vec![],
            node: None,
            plan: Digest::of(b"next"),
            stage,
            to: None,
            way,
        })
    }

    #[test]
    fn a_drop_has_begun_when_it_was_announced_here_and_nobody_went_back() {
        let dropping = |events: &[(&str, &str, &str)]| {
            let entries: Vec<_> =
                events.iter().map(|(trace, stage, way)| entry((trace, announced(stage, way)))).collect();
            Past::fold(&entries, &TRACE.parse().unwrap()).dropping.is_some()
        };
        let (leaves, drop, back) = ((TRACE, "S6", "forward"), (TRACE, "S8", "forward"), (TRACE, "S8", "back"));
        assert!(dropping(&[leaves, drop]));
        assert!(dropping(&[drop, back, drop]));
        for events in [&[leaves][..], &[drop, back], &[(OTHER, "S8", "forward")]] {
            assert!(!dropping(events), "{events:?}");
        }
        // Another plan, or a node that went back later than it was announced, is another matter.
        let entries = [entry((TRACE, announced("S8", "forward")))];
        let past = Past::fold(&entries, &TRACE.parse().unwrap());
        let (plan, at) = (Digest::of(b"next"), entries[0].time);
        assert!(past.has_begun_to_drop(plan, None));
        assert!(!past.has_begun_to_drop(Digest::of(b"another"), None));
        assert!(!past.has_begun_to_drop(plan, Some(at.plus(1))));
    }

    #[test]
    fn only_a_reclaim_that_was_killed_may_be_ended_without_its_checks() {
        let begun = || (TRACE, Event::ReclaimIntent(detail()));
        let past = |events: Vec<(&str, Event)>| {
            let entries: Vec<_> = events.into_iter().map(entry).collect();
            Past::fold(&entries, &TRACE.parse().unwrap())
        };
        assert_eq!(past(vec![begun()]).reclaiming, Some(detail().plan));
        for after in [(TRACE, Event::Reclaimed(detail())), (TRACE, step()), (OTHER, step())] {
            let past = past(vec![begun(), after]);
            assert_eq!((past.reclaimed, past.reclaiming), (true, None));
        }
        assert_eq!(past(vec![(OTHER, Event::ReclaimIntent(detail()))]), Past::default());
    }
}
