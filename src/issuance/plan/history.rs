//! What became of earlier plans, folded from the log, and which plan may be approved.

use std::collections::HashMap;
use std::collections::hash_map::Entry as Place;

use thiserror::Error;

use super::Plan;
use crate::audit::detail::PlanClosed;
use crate::audit::entry::Entry;
use crate::audit::event::Event;
use crate::refusal::{Class, Reason, Refusal};
use crate::wire::digest::Digest;
use crate::wire::time::Timestamp;

/// Every plan of the log.
#[derive(Debug, Default)]
pub struct Plans(HashMap<Digest, Story>);

/// What the log says of one plan.
#[derive(Debug)]
struct Story {
    statement: Option<Digest>,
    from: Timestamp,
    expires: Timestamp,
    /// The log went on after it expired: a clock that is set back opens it no more.
    expired: bool,
    tbs: Digest,
    voided: bool,
    announced: bool,
    rejections: Vec<Digest>,
}

/// A plan that may be approved and signed: closed in the log, neither given up nor rejected nor expired.
///
/// Only [`Plans::open`] makes one:
///
/// ```compile_fail,E0451
/// # use airlock::issuance::plan::Plan;
/// # use airlock::issuance::plan::history::OpenPlan;
/// fn opened(plan: Plan) -> OpenPlan {
///     OpenPlan { plan }
/// }
/// ```
///
/// ```
/// # use airlock::issuance::plan::Plan;
/// # use airlock::issuance::plan::history::{HistoryError, OpenPlan, Plans};
/// # use airlock::wire::time::Timestamp;
/// fn opened(plan: Plan, plans: &Plans, now: Timestamp) -> Result<OpenPlan, HistoryError> {
///     plans.open(plan, now)
/// }
/// ```
#[derive(Debug)]
pub struct OpenPlan {
    plan: Plan,
}

/// Why a plan is not open, or may not be closed.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum HistoryError {
    /// The log does not say that it was closed, or closed over other bytes.
    #[error("the log does not hold this plan")]
    Unknown,
    /// It was given up.
    #[error("the plan was given up")]
    Voided,
    /// Somebody rejected it (R19).
    #[error("the plan was rejected")]
    Rejected,
    /// A day has passed.
    #[error("the plan expired at {0}")]
    Expired(Timestamp),
    /// Another plan for the same statement is open (R24).
    #[error("another plan for this statement is open")]
    AnotherOpen,
    /// Signatures for the same statement were announced under another plan (R24).
    #[error("signatures for this statement were announced under another plan")]
    AnotherAnnounced,
}

impl Plans {
    /// Folds the entries of a log in their order.
    pub fn fold(entries: &[Entry]) -> Self {
        let mut plans = Self::default();
        let mut latest: Option<Timestamp> = None;
        for entry in entries {
            if latest.is_some_and(|latest| entry.time < latest) {
                plans.pass(latest.take());
            }
            plans.take(entry);
            latest = latest.max(entry.is_vouched().then_some(entry.time));
        }
        plans.pass(latest);
        plans
    }

    /// What expired before a time that people vouched for.
    fn pass(&mut self, time: Option<Timestamp>) {
        self.0.values_mut().for_each(|story| story.expired |= time.is_some_and(|time| time > story.expires));
    }

    fn take(&mut self, entry: &Entry) {
        match &entry.event {
            Event::PlanClosed(closed) => {
                if let Place::Vacant(place) = self.0.entry(closed.plan) {
                    place.insert(Story::begin(closed, entry.time));
                }
            }
            Event::PlanVoided(voided) => self.with(&voided.object, |story| story.voided = true),
            Event::Rejected(decision) => self.with(&decision.object, |story| story.rejections.push(decision.text)),
            Event::SignIntent(intent) | Event::SignRepeat(intent) => {
                self.with(&intent.plan, |story| story.announced = true);
            }
            _ => {}
        }
    }

    fn with(&mut self, plan: &Digest, change: impl FnOnce(&mut Story)) {
        if let Some(story) = self.0.get_mut(plan) {
            change(story);
        }
    }

    fn of_statement(&self, statement: &Digest) -> impl Iterator<Item = (&Digest, &Story)> {
        let statement = *statement;
        self.0.iter().filter(move |(_, story)| story.statement == Some(statement))
    }

    /// Digests of the rejections of plans for a statement, named by its id, sorted: each makes the next one need another
    /// officer (R19).
    pub fn rejections(&self, statement: &Digest) -> Vec<Digest> {
        let mut all: Vec<_> = self.of_statement(statement).flat_map(|(_, story)| story.rejections.clone()).collect();
        all.sort_unstable();
        all
    }

    /// Demands that a new plan for this statement may be closed (R24): no other is open, and no signature was announced
    /// but under the plan that the new one ends.
    ///
    /// # Errors
    /// [`HistoryError::AnotherOpen`] and [`HistoryError::AnotherAnnounced`].
    pub fn may_close(&self, statement: &Digest, closes: Option<&Digest>, now: Timestamp) -> Result<(), HistoryError> {
        for (plan, story) in self.of_statement(statement) {
            if story.announced && closes != Some(plan) {
                return Err(HistoryError::AnotherAnnounced);
            }
            if story.state(now).is_ok() {
                return Err(HistoryError::AnotherOpen);
            }
        }
        Ok(())
    }

    /// Opens a plan for approval and signing.
    ///
    /// # Errors
    /// Any [`HistoryError`] but [`HistoryError::AnotherOpen`].
    pub fn open(&self, plan: Plan, now: Timestamp) -> Result<OpenPlan, HistoryError> {
        let story = self.0.get(&plan.sha256()).ok_or(HistoryError::Unknown)?;
        if story.tbs != Digest::of(plan.tbs_file()) {
            return Err(HistoryError::Unknown);
        }
        story.state(now)?;
        let closes = plan.fields().closes;
        let mut others = story.statement.iter().flat_map(|statement| self.of_statement(statement));
        if others.any(|(other, story)| story.announced && *other != plan.sha256() && Some(*other) != closes) {
            return Err(HistoryError::AnotherAnnounced);
        }
        Ok(OpenPlan { plan })
    }
}

impl Story {
    fn begin(closed: &PlanClosed, from: Timestamp) -> Self {
        let (statement, expires, tbs) = (closed.statement, closed.expires, closed.tbs);
        Self { statement, from, expires, expired: false, tbs, voided: false, announced: false, rejections: Vec::new() }
    }

    /// What a clock that was ahead closed is not open until it is that late.
    fn state(&self, now: Timestamp) -> Result<(), HistoryError> {
        match self {
            Self { voided: true, .. } => Err(HistoryError::Voided),
            Self { rejections, .. } if !rejections.is_empty() => Err(HistoryError::Rejected),
            Self { from, expires, expired, .. } if *expired || now < *from || now > *expires => {
                Err(HistoryError::Expired(*expires))
            }
            _ => Ok(()),
        }
    }
}

impl OpenPlan {
    /// The plan, to look at.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The plan, to go on with.
    pub(in crate::issuance) fn into_plan(self) -> Plan {
        self.plan
    }
}

impl Refusal for HistoryError {
    fn reason(&self) -> Reason {
        match self {
            Self::Unknown => {
                Reason::new(Class::Inconsistent, "PLAN_UNKNOWN", "stop; the stored plan is not the one in the log")
            }
            Self::Voided => Reason::new(Class::Replay, "PLAN_VOIDED", "make a new plan"),
            Self::Rejected => Reason::new(Class::Quorum, "PLAN_REJECTED", "make a new plan; it needs one officer more"),
            Self::Expired(_) => Reason::new(Class::Replay, "PLAN_EXPIRED", "give it up and make a new plan"),
            Self::AnotherOpen => {
                Reason::new(Class::Replay, "PLAN_ANOTHER_OPEN", "finish the open plan, or give it up, first")
            }
            Self::AnotherAnnounced => {
                Reason::new(Class::Replay, "PLAN_ANOTHER_ANNOUNCED", "end that plan with a closing plan")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::detail::{Decision, Object, Verb};
    use crate::cluster::role::Role;
    use crate::issuance::specimen::ceremony::statement;
    use crate::issuance::specimen::history::{entries, intent, order};
    use crate::issuance::specimen::{World, now};

    fn closed(plan: &Plan) -> Event {
        Event::PlanClosed(plan.closed(Some(statement())))
    }

    fn rejected(plan: &Plan) -> Event {
        let digest = Digest::of(b"no");
        let (operation, person) = ("issue".to_owned(), "li".to_owned());
        Event::Rejected(Decision { object: plan.sha256(), operation, person, signature: digest, text: digest })
    }

    fn announced(plan: &Plan) -> Event {
        match intent("p", vec![order(1, "11")]) {
            Event::SignIntent(intent) => {
                Event::SignIntent(crate::audit::detail::SignIntent { plan: plan.sha256(), ..intent })
            }
            other => other,
        }
    }

    fn voided(plan: &Plan) -> Event {
        Event::PlanVoided(Object { object: plan.sha256() })
    }

    fn two() -> (World, Plan, Plan) {
        let world = World::default();
        let (one, other) = (world.plan(&[(Role::Scheduler, "cp1")]), world.plan(&[(Role::Scheduler, "cp1")]));
        (world, one, other)
    }

    fn state(plan: Plan, events: Vec<Event>, at: i64) -> Result<(), HistoryError> {
        Plans::fold(&entries(events)).open(plan, now().plus(at)).map(drop)
    }

    #[test]
    fn only_what_the_log_closed_is_open_until_something_ends_it() {
        for (end, expected) in [
            (None, Ok(())),
            (Some(voided as fn(&Plan) -> Event), Err(HistoryError::Voided)),
            (Some(rejected), Err(HistoryError::Rejected)),
            (Some(announced), Ok(())),
        ] {
            let (_, plan, _) = two();
            let events = [vec![closed(&plan)], end.map(|end| end(&plan)).into_iter().collect()].concat();
            assert_eq!(state(plan, events, 0), expected);
        }
        let (_, plan, other) = two();
        assert_eq!(state(plan, vec![closed(&other)], 0), Err(HistoryError::Unknown));
        let (_, plan, other) = two();
        let Event::PlanClosed(mut swapped) = closed(&plan) else { panic!() };
        swapped.tbs = Digest::of(other.tbs_file());
        assert_eq!(state(plan, vec![Event::PlanClosed(swapped)], 0), Err(HistoryError::Unknown));
    }

    #[test]
    fn r06_a_plan_is_open_for_a_day() {
        for (at, open) in [(86_400, true), (86_401, false)] {
            let (_, plan, _) = two();
            let events = vec![closed(&plan)];
            assert_eq!(state(plan, events, at).is_ok(), open);
        }
    }

    /// Entries at these seconds, under a clock that people vouched for.
    fn timed(events: Vec<(i64, Event)>) -> Vec<Entry> {
        let (times, events): (Vec<_>, Vec<_>) = events.into_iter().unzip();
        let mut entries = entries(events);
        for (entry, at) in entries.iter_mut().zip(times) {
            (entry.time, entry.clock.attested) = (now().plus(at), Some(0));
        }
        entries
    }

    fn viewed() -> Event {
        Event::LogViewed(Verb { verb: "audit list".to_owned() })
    }

    #[test]
    fn what_expired_opens_no_more_when_the_clock_is_set_back() {
        let open = |plan: Plan, entries: &[Entry]| Plans::fold(entries).open(plan, now().plus(60)).map(drop);
        for (later, vouched, expected) in [
            (86_400, true, Ok(())),
            (86_401, true, Err(HistoryError::Expired(now().plus(86_400)))),
            (86_401, false, Ok(())),
        ] {
            let (_, plan, _) = two();
            let mut entries = timed(vec![(0, closed(&plan)), (later, viewed()), (60, viewed())]);
            if !vouched {
                entries[1].clock.attested = None;
            }
            assert_eq!(open(plan, &entries), expected, "{later} {vouched}");
        }
        // Nor is open yet what a clock that was ahead closed.
        for (at, is_open) in [(60, true), (61, false)] {
            let (_, plan, _) = two();
            let entries = timed(vec![(at, closed(&plan))]);
            assert_eq!(open(plan, &entries).is_ok(), is_open, "{at}");
        }
    }

    #[test]
    fn r24_one_plan_of_a_statement_is_open_and_none_after_an_announcement() {
        let (_, one, other) = two();
        let may = |events: Vec<Event>, at| Plans::fold(&entries(events)).may_close(&statement(), None, now().plus(at));
        assert_eq!(may(vec![], 0), Ok(()));
        assert_eq!(may(vec![closed(&one)], 0), Err(HistoryError::AnotherOpen));
        assert_eq!(may(vec![closed(&one)], 86_401), Ok(()));
        assert_eq!(may(vec![closed(&one), voided(&one)], 0), Ok(()));
        assert_eq!(may(vec![closed(&one), rejected(&one)], 0), Ok(()));
        let announced_then_voided = || vec![closed(&one), announced(&one), voided(&one)];
        assert_eq!(may(announced_then_voided(), 0), Err(HistoryError::AnotherAnnounced));
        assert_eq!(may(announced_then_voided(), 999_999), Err(HistoryError::AnotherAnnounced));
        // Were a second plan in the log all the same, it would not open.
        let events = [announced_then_voided(), vec![closed(&other)]].concat();
        assert_eq!(state(other, events, 0), Err(HistoryError::AnotherAnnounced));
    }

    #[test]
    fn r19_rejections_of_earlier_plans_are_remembered() {
        let (_, one, other) = two();
        let plans = Plans::fold(&entries(vec![closed(&one), rejected(&one), closed(&other), rejected(&other)]));
        assert_eq!(plans.rejections(&statement()), [Digest::of(b"no"), Digest::of(b"no")]);
        assert!(plans.rejections(&Digest::of(b"another")).is_empty());
    }
}
