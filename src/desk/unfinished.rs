//! What was begun on this host and not ended, folded from the log: which exchange, how far, and what comes next.

use std::collections::{BTreeMap, BTreeSet};

use crate::audit::entry::{Entry, Side};
use crate::audit::event::Event;
use crate::desk::second::{Statements, is_enrolment, second, stops};
use crate::wire::text::fill;
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
    /// It is cut for nodes that stage for themselves; their packages are not all written.
    Split,
    /// Their packages were written: that is all that can be known here, for nodes tell this host nothing.
    Delivered,
    /// Its certificates lie beside the live ones; no step of the rotation was taken.
    Staged,
    /// The cluster is on its way to the new root.
    Rotating,
    /// The cluster is on its way back to an earlier state.
    Returning,
    /// The cluster went back to an earlier state, from where it may go on or further back.
    Returned,
}

/// The state before a rotation, as the way back to it is named.
const BEFORE: &str = "none";
/// The state from which there is more than one way back.
const LEAF: &str = "leaf";

/// An exchange that has not ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfinished {
    /// The trace, as it stands in the log.
    pub trace: String,
    /// The kind of the transfer that came in last, if one did; where there are two statements of one kind, that kind.
    pub kind: Option<String>,
    /// How far it is.
    pub stage: Stage,
    /// The state that the cluster is on its way back to, or went back to.
    pub to: Option<String>,
    /// For how many nodes packages were written.
    pub nodes: usize,
    /// The directory that packages of nodes were last written into.
    pub out: Option<String>,
    /// Whether two statements of it came in: whoever comes back to it must know, as he did who brought the other.
    pub is_second: bool,
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
            Self::Split => "split, not written to the end",
            Self::Delivered => "done here",
            Self::Staged => "staged; rotation not begun",
            Self::Rotating => "rotating",
            Self::Returning => "going back",
            Self::Returned => "went back",
        }
    }

    /// Whether nothing of it is left to do on this host.
    pub const fn is_done(self) -> bool {
        matches!(self, Self::Delivered)
    }

    /// Whether a step of a rotation was taken that nothing has ended.
    const fn is_on_its_way(self) -> bool {
        matches!(self, Self::Rotating | Self::Returning | Self::Returned)
    }

    /// Whether a transfer waits of which nothing was read.
    const fn is_closed(self) -> bool {
        matches!(self, Self::Received | Self::Typed | Self::Quarantined)
    }

    const fn outlasts_checks(self) -> bool {
        matches!(self, Self::Quarantined | Self::Signing | Self::Signed | Self::Sealed)
    }

    /// The stage that `event` leads to in an exchange that began with a transfer, or not: none where it tells nothing of
    /// it, [`None`] inside where it ends the exchange.
    fn after(event: &Event, before: Option<Self>, is_answer: bool) -> Option<Option<Self>> {
        Some(Some(match event {
            Event::Received(_) => Self::Received,
            Event::OobRows(_) => Self::Typed,
            Event::OobMismatch(_) => Self::Quarantined,
            Event::QuarantineCleared(_) => Self::Received,
            // What is signed, or locked away, is not undone by looking at it once more.
            Event::Verified(_) if before.is_some_and(Self::outlasts_checks) => return None,
            Event::Verified(_) | Event::PlanVoided(_) => Self::Verified,
            Event::PlanClosed(_) => Self::Planned,
            Event::Approved(_) | Event::Witnessed(_) => Self::Deciding,
            Event::SignIntent(_) | Event::SignRepeat(_) | Event::Signed(_) => Self::Signing,
            // A package that is sealed again answers what was read before, not what waits.
            Event::Sealed(_) if before.is_some_and(Self::is_closed) => return None,
            Event::Sealed(_) => Self::Sealed,
            Event::Requested(_) => Self::Requested,
            Event::KeysPlaced(_) => Self::Placed,
            Event::PackageAccepted(_) | Event::NodePackageAccepted(_) => Self::Accepted,
            // What is staged here, or further, is told by that.
            Event::Split(_) if matches!(before, Some(Self::Accepted | Self::Split | Self::Delivered)) => Self::Split,
            Event::SplitWritten(_) if before == Some(Self::Split) => Self::Delivered,
            // Who went all the way back is where he was before; elsewhere on the way there is more to do.
            Event::RotationReturned(returned) if before.is_some_and(Self::is_on_its_way) => {
                match returned.to.as_str() {
                    BEFORE => return Some(None),
                    _ => Self::Returned,
                }
            }
            Event::RotationIntent(intent) if intent.to.is_some() => Self::Returning,
            Event::RotationIntent(_) => Self::Rotating,
            // Who is held before the first step has not begun, nor has he who was back before it.
            Event::RotationHeld(_) if before.is_none() => return None,
            Event::RotationHeld(_) if before == Some(Self::Staged) => Self::Staged,
            Event::RotationDone(_) | Event::RotationHeld(_) => match before {
                Some(before @ (Self::Returning | Self::Returned)) => before,
                _ => Self::Rotating,
            },
            // Of all that leaves, only a request has an answer to wait for.
            Event::Exported(_) if matches!(before, Some(Self::Placed | Self::Awaited)) => Self::Awaited,
            Event::Exported(_) if before == Some(Self::Sealed) => return Some(None),
            // What leaves once more ends nothing that came in since.
            Event::Exported(_) => return None,
            // Who stages once more on the way is still on it; who went back means to go forward again.
            Event::Staged(_) if before == Some(Self::Rotating) => Self::Rotating,
            Event::Staged(_) if before == Some(Self::Returned) => Self::Returned,
            Event::Staged(_) => Self::Staged,
            // Lists that answer a bundle are installed before they are sealed; of the CA's own plan that is the end.
            Event::CaInstalled(_) if is_answer => return None,
            Event::Enrolled(_) | Event::CaInstalled(_) | Event::Reclaimed(_) => return Some(None),
            _ => return None,
        }))
    }
}

/// All exchanges of a log that have not ended: first those that stop whoever comes to them, then those of the newest entries,
/// behind them those that are done here.
pub fn unfinished(entries: &[Entry]) -> Vec<Unfinished> {
    let mut open: BTreeMap<&str, (u64, Unfinished)> = BTreeMap::new();
    let mut unsigned: BTreeMap<&str, u64> = BTreeMap::new();
    let (mut staged, mut cut) = (ByTrace::new(), ByTrace::new());
    let mut statements = Statements::default();
    for entry in entries {
        let Some(trace) = entry.trace.as_deref() else { continue };
        // The files of what was only staged on one of these nodes are gone: nobody rotates with it any more. So is what a node
        // was given before.
        match &entry.event {
            Event::Staged(now) => {
                let replaced = replaced(&mut staged, trace, &now.nodes);
                open.retain(|of, (_, known)| known.stage != Stage::Staged || !replaced.contains(of));
            }
            Event::SplitWritten(now) => {
                let replaced = replaced(&mut cut, trace, &now.nodes);
                open.retain(|of, (_, known)| known.stage != Stage::Delivered || !replaced.contains(of));
            }
            _ => {}
        }
        statements.take(entry);
        if is_told_already(&entry.event, trace, &statements) {
            continue;
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
                let (seq, found) =
                    open.entry(trace).or_insert_with(|| (entry.seq, Unfinished::begun(trace, stage, entry)));
                (*seq, found.stage, found.since) = (entry.seq, stage, entry.time);
                found.nodes = cut.get(trace).map_or(0, BTreeSet::len);
                found.learn(&entry.event);
            }
        }
    }
    for (trace, (_, found)) in &mut open {
        if let Some(kind) = statements.second(trace) {
            (found.is_second, found.kind) = (true, Some(kind.to_owned()));
        }
    }
    let mut open: Vec<_> = open.into_values().collect();
    open.sort_by_key(|(seq, found)| (!found.is_alarm(), found.stage.is_done(), std::cmp::Reverse(*seq)));
    open.into_iter().map(|(_, found)| found).collect()
}

/// Nodes, by the exchange that did something for them.
type ByTrace<'a> = BTreeMap<&'a str, BTreeSet<&'a String>>;

/// The other exchanges that had done for one of `nodes` what `trace` does now.
fn replaced<'a>(known: &mut ByTrace<'a>, trace: &'a str, nodes: &'a [String]) -> BTreeSet<&'a str> {
    known.entry(trace).or_default().extend(nodes);
    let others = known.iter().filter(|(of, done)| **of != trace && nodes.iter().any(|node| done.contains(node)));
    others.map(|(of, _)| *of).collect()
}

/// Whether `event` is of the statement of `trace` that was acted on: it may be brought and typed again, which changes nothing.
fn is_told_already(event: &Event, trace: &str, statements: &Statements<'_>) -> bool {
    match event {
        Event::Received(received) => statements.is_right(trace, received.statement),
        Event::OobRows(rows) => statements.is_right(trace, rows.statement),
        _ => false,
    }
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
    fn begun(trace: &str, stage: Stage, entry: &Entry) -> Self {
        let (trace, since) = (trace.to_owned(), entry.time);
        Self { trace, kind: None, stage, to: None, nodes: 0, out: None, is_second: false, since }
    }

    /// Takes what `event` names.
    fn learn(&mut self, event: &Event) {
        match event {
            Event::Received(received) => self.kind = Some(received.kind.clone()),
            Event::RotationIntent(intent) => self.to.clone_from(&intent.to),
            Event::RotationReturned(returned) => self.to = Some(returned.to.clone()),
            Event::SplitWritten(written) => self.out = Some(written.out.clone()),
            _ => {}
        }
    }

    /// Whether its sender must be asked about two statements before anything else: what is quarantined waits for more.
    pub fn waits_for_a_call(&self) -> bool {
        self.is_second && self.stage != Stage::Quarantined
    }

    /// Whether it stops whoever comes to it.
    pub fn is_alarm(&self) -> bool {
        self.is_second || self.stage == Stage::Quarantined
    }

    /// Whether it is an enrolment.
    pub fn is_enrolment(&self) -> bool {
        self.kind.as_deref().is_some_and(is_enrolment)
    }

    /// How it stands, in few words.
    pub fn stands(&self) -> String {
        let second = if self.is_second { "; second statement" } else { "" };
        match (self.stage, self.to.as_deref()) {
            (Stage::Delivered, _) => {
                let (stage, out) = (self.stage.as_str(), self.out.as_deref().unwrap_or("-"));
                fill("{}: {} node package{s} written, last to {}", [&stage, &self.nodes, &out])
            }
            (Stage::Returning | Stage::Returned, Some(to)) => format!("{} to {to}{second}", self.stage.as_str()),
            _ => format!("{}{second}", self.stage.as_str()),
        }
    }

    /// What is done next: what a second statement asks for comes first, and where nobody makes two it is all.
    pub fn next(&self, side: Side) -> String {
        let kind = self.kind.as_deref().unwrap_or_default();
        match self.waits_for_a_call() {
            true if stops(side, kind) => format!("{} ({})", second(side, kind), self.trace),
            true => format!("{}: {}", second(side, kind), self.command(side)),
            false => self.command(side),
        }
    }

    /// The command that goes on with it.
    fn command(&self, side: Side) -> String {
        let enrolment = self.is_enrolment();
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
            Stage::Split => return format!("airlock {room} split {} --to DIR", self.trace),
            Stage::Delivered => {
                return format!(
                    "airlock online node accept FILE, airlock online stage {0}: on each node; or airlock online stage {0} here",
                    self.trace
                );
            }
            // It looks first, and says what a rotation asks for.
            Stage::Staged => return format!("airlock {room} rotate {} --dry-run", self.trace),
            Stage::Rotating => "rotate",
            Stage::Returned => {
                let forward = format!("airlock {room} rotate {}, forward again", self.trace);
                let back = format!("airlock {room} rollback {} --to", self.trace);
                return match self.to.as_deref() {
                    Some(LEAF) => format!("{forward}; or {back} trust, or {back} none"),
                    _ => format!("{forward}; or {back} none"),
                };
            }
            Stage::Returning => {
                let to = self.to.as_deref().unwrap_or("STATE");
                return format!("airlock {room} rollback {} --to {to}", self.trace);
            }
        };
        format!("airlock {room} {verb} {}{}", self.trace, asked(verb))
    }
}

/// What a verb wants beside the trace, so that what is printed can be typed.
fn asked(verb: &str) -> &'static str {
    match verb {
        "confirm" | "accept" | "approve" => " --officer ID --key FILE",
        "seal" | "request --again" => " --media DEV|DIR --sheet FILE",
        _ => "",
    }
}

#[cfg(test)]
mod tests;
