//! What was begun on this host and not ended, folded from the log: which exchange, how far, and what comes next.

use std::collections::BTreeMap;

use crate::audit::entry::{Entry, Side};
use crate::audit::event::Event;
use crate::wire::time::Timestamp;

/// How far an exchange came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// A transfer was copied in; its sheet is still to be typed.
    Received,
    /// Rows were typed.
    Typed,
    /// A row was wrong twice.
    Quarantined,
    /// The transfer was opened and checked.
    Verified,
    /// The bytes to be signed are frozen.
    Planned,
    /// People decide.
    Deciding,
    /// Signatures are being made.
    Signing,
    /// All of them are made.
    Signed,
    /// A package was made and has not left.
    Sealed,
    /// A request was written down; its keys are not all placed.
    Requested,
    /// The bundle may leave.
    Placed,
    /// The bundle left; the answer is awaited.
    Awaited,
    /// A package was accepted and is not staged.
    Accepted,
    /// Its certificates lie beside the live ones; no step of the rotation was taken.
    Staged,
    /// The cluster is on its way to the new root.
    Rotating,
    /// The cluster is on its way back to an earlier state.
    Returning,
}

/// An exchange that has not ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfinished {
    /// The trace, as it stands in the log.
    pub trace: String,
    /// The kind of the transfer that came in last, if one did.
    pub kind: Option<String>,
    /// How far it is.
    pub stage: Stage,
    /// The state that the cluster is on its way back to.
    pub to: Option<String>,
    /// When something last happened.
    pub since: Timestamp,
}

impl Stage {
    /// In a word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Typed => "typed",
            Self::Quarantined => "quarantined",
            Self::Verified => "verified",
            Self::Planned => "planned",
            Self::Deciding => "deciding",
            Self::Signing => "signing",
            Self::Signed => "signed",
            Self::Sealed => "sealed",
            Self::Requested => "requested",
            Self::Placed => "placed",
            Self::Awaited => "awaited",
            Self::Accepted => "accepted",
            Self::Staged => "staged; rotation not begun",
            Self::Rotating => "rotating",
            Self::Returning => "going back",
        }
    }

    /// The stage that `event` leads to in an exchange that began with a transfer, or not: none where it tells nothing of
    /// it, [`None`] inside where it ends the exchange.
    fn after(event: &Event, before: Option<Self>, is_answer: bool) -> Option<Option<Self>> {
        Some(Some(match event {
            Event::Received(_) => Self::Received,
            Event::OobRows(_) => Self::Typed,
            Event::OobMismatch(_) => Self::Quarantined,
            Event::QuarantineCleared(_) => Self::Received,
            Event::Verified(_) | Event::PlanVoided(_) => Self::Verified,
            Event::PlanClosed(_) => Self::Planned,
            Event::Approved(_) | Event::Witnessed(_) => Self::Deciding,
            Event::SignIntent(_) | Event::SignRepeat(_) | Event::Signed(_) => Self::Signing,
            Event::Sealed(_) => Self::Sealed,
            Event::Requested(_) => Self::Requested,
            Event::KeysPlaced(_) => Self::Placed,
            Event::PackageAccepted(_) | Event::NodePackageAccepted(_) => Self::Accepted,
            Event::RotationIntent(intent) if intent.to.is_some() => Self::Returning,
            Event::RotationIntent(_) => Self::Rotating,
            // Who is held before the first step has not begun.
            Event::RotationHeld(_) if before == Some(Self::Staged) => Self::Staged,
            Event::RotationDone(_) | Event::RotationHeld(_) => match before {
                Some(Self::Returning) => Self::Returning,
                _ => Self::Rotating,
            },
            // Of all that leaves, only a request has an answer to wait for.
            Event::Exported(_) if matches!(before, Some(Self::Placed | Self::Awaited)) => Self::Awaited,
            // Who stages once more on the way is still on it; who went back means to go forward again.
            Event::Staged(_) if before == Some(Self::Rotating) => Self::Rotating,
            Event::Staged(_) => Self::Staged,
            // Lists that answer a bundle are installed before they are sealed; of the CA's own plan that is the end.
            Event::CaInstalled(_) if is_answer => return None,
            Event::Exported(_) | Event::Enrolled(_) | Event::CaInstalled(_) | Event::Reclaimed(_) => {
                return Some(None);
            }
            _ => return None,
        }))
    }
}

/// All exchanges of a log that have not ended, those of the newest entries first.
pub fn unfinished(entries: &[Entry]) -> Vec<Unfinished> {
    let mut open: BTreeMap<&str, (u64, Unfinished)> = BTreeMap::new();
    let mut unsigned: BTreeMap<&str, u64> = BTreeMap::new();
    let mut staged: BTreeMap<&str, Vec<&String>> = BTreeMap::new();
    for entry in entries {
        let Some(trace) = entry.trace.as_deref() else { continue };
        if let Event::Staged(now) = &entry.event {
            staged.entry(trace).or_default().extend(&now.nodes);
            // The files of what was only staged on one of these nodes are gone: nobody rotates with it any more.
            let is_replaced = |of: &str| {
                of != trace && staged.get(of).is_some_and(|nodes| nodes.iter().any(|node| now.nodes.contains(*node)))
            };
            open.retain(|of, (_, known)| known.stage != Stage::Staged || !is_replaced(of));
        }
        let before = open.get(trace).map(|(_, known)| known.stage);
        let left = left_to_sign(&entry.event, unsigned.get(trace).copied());
        left.map(|left| unsigned.insert(trace, left));
        let is_answer = open.get(trace).is_some_and(|(_, known)| known.kind.is_some());
        let after = Stage::after(&entry.event, before, is_answer);
        let is_signed = after == Some(Some(Stage::Signing)) && left == Some(0);
        match if is_signed { Some(Some(Stage::Signed)) } else { after } {
            None => {}
            Some(None) => drop(open.remove(trace)),
            Some(Some(stage)) => {
                let (kind, to) = open.remove(trace).map_or((None, None), |(_, known)| (known.kind, known.to));
                let (kind, to) = match &entry.event {
                    Event::Received(received) => (Some(received.kind.clone()), to),
                    Event::RotationIntent(intent) => (kind, intent.to.clone()),
                    _ => (kind, to),
                };
                let found = Unfinished { trace: trace.to_owned(), kind, stage, to, since: entry.time };
                open.insert(trace, (entry.seq, found));
            }
        }
    }
    let mut open: Vec<_> = open.into_values().collect();
    open.sort_by_key(|(seq, _)| std::cmp::Reverse(*seq));
    open.into_iter().map(|(_, found)| found).collect()
}

/// How many signatures of a plan are not made, where `event` tells of it.
fn left_to_sign(event: &Event, before: Option<u64>) -> Option<u64> {
    match event {
        // What a plan of the CA's own makes is installed here, by whoever signs it again.
        Event::PlanClosed(plan) => plan.statement.map(|_| plan.orders),
        Event::Signed(signed) => before.map(|left| left.saturating_sub(signed.results.len() as u64)),
        _ => None,
    }
}

impl Unfinished {
    /// The command that goes on with it.
    pub fn next(&self, side: Side) -> String {
        let enrolment = self.kind.as_deref() == Some("enrolment");
        let room = if enrolment { "enrol" } else { side.name() };
        let verb = match self.stage {
            Stage::Received | Stage::Typed if enrolment => "confirm",
            Stage::Received => "confirm",
            Stage::Typed => "verify",
            Stage::Quarantined => {
                return format!("airlock quarantine list; do not wipe, call the sender ({})", self.trace);
            }
            Stage::Verified if enrolment => "accept",
            Stage::Verified if side == Side::Offline => "review",
            Stage::Verified => "verify",
            Stage::Planned | Stage::Deciding => "approve",
            Stage::Signing if self.kind.is_none() => "ca sign",
            Stage::Signing => "sign",
            Stage::Signed | Stage::Sealed => "seal",
            Stage::Requested | Stage::Placed => "request --again",
            Stage::Awaited => return format!("wait for the answer of the CA to {}", self.trace),
            Stage::Accepted => "stage",
            // It looks first, and says what a rotation asks for.
            Stage::Staged => return format!("airlock {room} rotate {} --dry-run", self.trace),
            Stage::Rotating => "rotate",
            Stage::Returning => {
                let to = self.to.as_deref().unwrap_or("STATE");
                return format!("airlock {room} rollback {} --to {to}", self.trace);
            }
        };
        format!("airlock {room} {verb} {}", self.trace)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::detail::{
        CaInstalled, Exported, KeysPlaced, OrderResult, PlanClosed, Received, Reclaimed, RotationHeld, RotationIntent,
        Signed, Staged,
    };
    use crate::audit::entry::{Actor, ClockState, Outcome, Tool};
    use crate::wire::base64::Base64;
    use crate::wire::digest::Digest;

    fn entries(events: Vec<(&str, Event)>) -> Vec<Entry> {
        let tool = Tool { sha256: Digest::of(b""), version: "0".to_owned() };
        let entry = |(seq, (trace, event)): (u64, (&str, Event))| Entry {
            actor: Actor::system(),
            clock: ClockState { attested: None, boot: String::new(), monotonic_ms: seq },
            event,
            host: "ca:root-ca-01".to_owned(),
            outcome: Outcome::Ok,
            seq,
            side: Side::Offline,
            time: Timestamp::from_unix(seq as i64).unwrap(),
            tool: tool.clone(),
            trace: Some(trace.to_owned()),
        };
        (0..).zip(events).map(entry).collect()
    }

    fn received(kind: &str) -> Event {
        let (kind, medium, from) = (kind.to_owned(), "m".to_owned(), "cluster:prod-1".to_owned());
        Event::Received(Received { from, kind, medium, statement: Digest::of(b"") })
    }

    fn exported() -> Event {
        Event::Exported(Exported { medium: "m".to_owned(), statement: Digest::of(b"") })
    }

    #[test]
    fn a_request_that_left_is_awaited_and_anything_else_that_left_is_ended() {
        let placed = Event::KeysPlaced(KeysPlaced { files: 2, nodes: Vec::new(), statement: Digest::of(b"") });
        let log = entries(vec![
            ("a", received("csr-bundle")),
            ("b", received("csr-bundle")),
            ("a", exported()),
            ("c", exported()),
            ("d", placed),
            ("d", exported()),
            ("d", exported()),
        ]);
        let open = unfinished(&log);
        assert_eq!(open.iter().map(|one| one.trace.as_str()).collect::<Vec<_>>(), ["d", "b"]);
        assert_eq!(open[0].stage, Stage::Awaited);
        assert_eq!(open[1].next(Side::Offline), "airlock offline confirm b");
    }

    fn step(to: Option<&str>) -> Event {
        Event::RotationIntent(RotationIntent {
            action: "swap leaves of etcd".to_owned(),
            checks: vec![],
            node: None,
            plan: Digest::of(b"plan"),
            stage: "S5".to_owned(),
            to: to.map(str::to_owned),
            // What is down is started on the way back, too.
            way: "forward".to_owned(),
        })
    }

    fn held() -> Event {
        let (action, why) = (String::new(), String::new());
        Event::RotationHeld(RotationHeld { action, checks: vec![], plan: Digest::of(b"plan"), why })
    }

    fn staged(nodes: &[&str]) -> Event {
        let (nodes, list, statement) =
            (nodes.iter().map(|node| (*node).to_owned()), Digest::of(b"l"), Digest::of(b"s"));
        Event::Staged(Staged { files: 31, list, nodes: nodes.collect(), statement })
    }

    #[test]
    fn what_is_staged_waits_for_its_rotation() {
        let stands = |events: Vec<(&str, Event)>| {
            let open = unfinished(&entries(events)).into_iter();
            open.map(|one| format!("{} {}", one.trace, one.stage.as_str())).collect::<Vec<_>>()
        };
        let both = || staged(&["cp1", "w1"]);
        assert_eq!(stands(vec![("a", both())]), ["a staged; rotation not begun"]);
        let open = unfinished(&entries(vec![("a", both())]));
        assert_eq!(open[0].next(Side::Online), "airlock online rotate a --dry-run");
        // Once it has begun the line of the rotation stands there, also where something is staged once more.
        assert_eq!(stands(vec![("a", both()), ("a", step(None))]), ["a rotating"]);
        assert_eq!(stands(vec![("a", both()), ("a", step(None)), ("a", both())]), ["a rotating"]);
        assert_eq!(
            stands(vec![("a", both()), ("a", step(Some("none"))), ("a", both())]),
            ["a staged; rotation not begun"]
        );
        assert_eq!(stands(vec![("a", both()), ("a", held())]), ["a staged; rotation not begun"]);
        let apart = vec![("a", staged(&["cp1"])), ("a", staged(&["w1"])), ("b", staged(&["cp1"]))];
        assert_eq!(stands(apart), ["b staged; rotation not begun"]);
        let gone = Reclaimed { files: 1, node: "cp1".to_owned(), plan: Digest::of(b"plan") };
        assert!(stands(vec![("a", both()), ("a", step(None)), ("a", Event::Reclaimed(gone))]).is_empty());
        // What took its place on a node ends it, and nothing that has begun.
        assert_eq!(stands(vec![("a", both()), ("b", staged(&["w1"]))]), ["b staged; rotation not begun"]);
        assert_eq!(stands(vec![("a", staged(&["cp1"])), ("b", staged(&["w1"]))]).len(), 2);
        assert_eq!(
            stands(vec![("a", both()), ("a", step(None)), ("b", both())]),
            ["b staged; rotation not begun", "a rotating"]
        );
    }

    #[test]
    fn what_was_on_its_way_back_goes_on_back() {
        for (steps, next) in [
            (vec![step(None), held()], "airlock online rotate a"),
            (vec![step(None), step(Some("trust"))], "airlock online rollback a --to trust"),
            (vec![step(None), step(Some("none")), held()], "airlock online rollback a --to none"),
            (vec![step(Some("none")), step(None)], "airlock online rotate a"),
        ] {
            let log = entries(steps.into_iter().map(|step| ("a", step)).collect());
            assert_eq!(unfinished(&log)[0].next(Side::Online), next);
        }
    }

    #[test]
    fn what_is_signed_to_its_end_is_sealed_and_not_signed_again() {
        let plan = Event::PlanClosed(PlanClosed {
            bundle_seq: None,
            cluster: None,
            denials: 0,
            expires: Timestamp::from_unix(0).unwrap(),
            orders: 3,
            plan: Digest::of(b"plan"),
            rule: "leaf".to_owned(),
            statement: Some(Digest::of(b"statement")),
            tbs: Digest::of(b"tbs"),
        });
        let signed = |numbers: &[u64]| {
            let result = |n: &u64| OrderResult { n: *n, signature: Base64(Vec::new()), tbs: Digest::of(b"") };
            Event::Signed(Signed { plan: Digest::of(b"plan"), results: numbers.iter().map(result).collect() })
        };
        let told = |events: Vec<Event>| {
            let log = entries(events.into_iter().map(|event| ("a", event)).collect());
            let open = unfinished(&log).into_iter().next();
            open.map(|one| (one.stage, one.next(Side::Offline)))
        };
        let stands = |events: Vec<Event>| told([vec![received("csr-bundle")], events].concat()).unwrap();
        let sign = (Stage::Signing, "airlock offline sign a".to_owned());
        assert_eq!(stands(vec![plan.clone(), signed(&[1, 2])]), sign);
        let seal = (Stage::Signed, "airlock offline seal a".to_owned());
        assert_eq!(stands(vec![plan.clone(), signed(&[1, 2]), signed(&[3])]), seal);
        // A plan that ends the one before has its own signatures.
        assert_eq!(stands(vec![plan.clone(), signed(&[1, 2]), plan.clone(), signed(&[3])]), sign);
        // Lists that it signed are installed first, and the package is still to be sealed.
        let installed = || Event::CaInstalled(CaInstalled { objects: Vec::new(), plan: Digest::of(b"plan") });
        assert_eq!(stands(vec![plan, signed(&[1, 2, 3]), installed()]), seal);
        // A plan of the CA's own came with no transfer, and installing ends it.
        let own = signed(&[1, 2, 3]);
        assert_eq!(told(vec![own.clone()]), Some((Stage::Signing, "airlock offline ca sign a".to_owned())));
        assert_eq!(told(vec![own, installed()]), None);
    }

    #[test]
    fn an_enrolment_goes_on_with_its_own_words() {
        let log = entries(vec![("a", received("enrolment"))]);
        assert_eq!(unfinished(&log)[0].next(Side::Online), "airlock enrol confirm a");
    }
}
