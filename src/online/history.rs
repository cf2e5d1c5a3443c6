//! What this host asked for and what became of it, folded from its log.
//!
//! One request is outstanding at a time. A newer one voids it; a package that answers a voided one is refused. A request
//! counts as outstanding from its first entry on, even where its keys were never written or its bundle never left: then
//! nobody is asked before it is voided.

use crate::audit::detail::{self, CrlSeen, Enrolled};
use crate::audit::entry::{Entry, Outcome};
use crate::audit::event::Event;
use crate::audit::tree::Head;
use crate::exchange::csr_bundle::manifest::ReceiptOutcome;
use crate::exchange::statement::party::{Party, Role};
use crate::exchange::trace::Trace;
use crate::wire::digest::Digest;
use crate::wire::time::Timestamp;

/// The past of an online host.
#[derive(Debug, Default)]
pub struct History {
    requests: Vec<Past>,
    accepted: Option<Accepted>,
    packages: Vec<Package>,
    crls: Vec<CrlSeen>,
    lists: Vec<Digest>,
    receipts: Vec<Outcomes>,
    split: Vec<Digest>,
    node_package: Option<(u64, Digest)>,
    ca: Option<(Party, Enrolled)>,
}

/// A request of the past.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Past {
    /// The id of its exchange.
    pub trace: Trace,
    /// What the log says of it.
    pub requested: detail::Requested,
    /// When it was made.
    pub time: Timestamp,
    /// Index of its entry.
    pub entry: u64,
    /// Whether all its keys lie beside the live ones.
    pub placed: bool,
    /// Whether its bundle was written to a medium.
    pub exported: bool,
    /// What became of it.
    pub fate: Fate,
}

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It waits for its package.
    Outstanding,
    /// A newer one took its place.
    Voided,
    /// Its package was accepted.
    Answered,
}

/// The last package that was accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accepted {
    /// The head of the CA's log that it proved.
    pub head: Head,
    /// Its sequence number.
    pub package_seq: u64,
}

/// A package that was accepted, as staging needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// The id of its exchange.
    pub trace: Trace,
    /// Identifier of its statement.
    pub statement: Digest,
    /// Digest of its container, which the state keeps; on a node, of its own package, still sealed.
    pub container: Digest,
    /// Sequence number of the CA's package.
    pub seq: u64,
    /// The entry by which it was accepted.
    pub entry: u64,
    /// Whether its certificates lie beside the live ones.
    pub staged: bool,
}

/// How a package fared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcomes {
    /// Identifier of its statement.
    pub statement: Digest,
    /// Accepted or refused.
    pub outcome: ReceiptOutcome,
    /// When.
    pub time: Timestamp,
    /// Index of the entry that says so.
    pub entry: u64,
}

impl History {
    /// Folds the entries of a log that was verified when it was opened.
    pub fn of(entries: &[Entry]) -> Self {
        let mut history = Self::default();
        entries.iter().for_each(|entry| history.take(entry));
        history
    }

    fn take(&mut self, entry: &Entry) {
        let trace = entry.trace.as_deref().and_then(|trace| trace.parse::<Trace>().ok());
        match (&entry.event, &entry.outcome) {
            (Event::Requested(requested), Outcome::Ok) => {
                let voids = |past: &&mut Past| requested.voids.iter().any(|trace| trace == past.trace.as_str());
                let replaced = self.requests.iter_mut().filter(voids);
                replaced.filter(|past| past.fate == Fate::Outstanding).for_each(|past| past.fate = Fate::Voided);
                let Some(trace) = trace else { return };
                let (requested, fate) = (requested.clone(), Fate::Outstanding);
                let (time, entry) = (entry.time, entry.seq);
                self.requests.push(Past { trace, requested, time, entry, placed: false, exported: false, fate });
            }
            (Event::KeysPlaced(placed), Outcome::Ok) => self.mark(&placed.statement, |past| past.placed = true),
            (Event::Exported(exported), Outcome::Ok) => self.mark(&exported.statement, |past| past.exported = true),
            (Event::PackageAccepted(package), Outcome::Ok) => {
                let head = Head { size: package.log.size, root: package.log.root };
                self.accepted = Some(Accepted { head, package_seq: package.package_seq });
                self.answer(trace.as_ref());
                self.crls.clone_from(&package.crls);
                self.note(package.statement, ReceiptOutcome::Accepted, entry);
                let (statement, container, seq) = (package.statement, package.container, package.package_seq);
                let of = |trace| Package { trace, statement, container, seq, entry: entry.seq, staged: false };
                self.packages.extend(trace.map(of));
            }
            (Event::Verified(verified), Outcome::Denied(_) | Outcome::Failed(_)) => {
                self.note(verified.statement, ReceiptOutcome::Refused, entry);
            }
            (Event::NodePackageAccepted(taken), Outcome::Ok) => {
                self.node_package = Some((taken.package_seq, taken.container));
                let (statement, container, seq) = (taken.statement, taken.sealed, taken.package_seq);
                // The same package may be cut again; the newest cut counts.
                self.packages.retain(|package| Some(&package.trace) != trace.as_ref());
                let of = |trace| Package { trace, statement, container, seq, entry: entry.seq, staged: false };
                self.packages.extend(trace.map(of));
            }
            (Event::Split(split), Outcome::Ok) => self.split.extend(split.files.iter().map(|file| file.sha256)),
            (Event::StageIntent(staged), Outcome::Ok) => self.lists.push(staged.list),
            (Event::Staged(staged), Outcome::Ok) => {
                let packages = self.packages.iter_mut().filter(|package| package.statement == staged.statement);
                packages.for_each(|package| package.staged = true);
            }
            (Event::Enrolled(enrolled), Outcome::Ok) => self.enrol(enrolled),
            _ => {}
        }
    }

    /// Another CA host has another log, of which nothing is remembered.
    fn enrol(&mut self, enrolled: &Enrolled) {
        let Some(party) = enrolled.peer.parse::<Party>().ok().filter(|party| party.role() == Role::Ca) else { return };
        if self.ca.as_ref().is_some_and(|(known, _)| *known != party) {
            (self.accepted, self.crls) = (None, Vec::new());
        }
        self.ca = Some((party, enrolled.clone()));
    }

    fn mark(&mut self, statement: &Digest, mark: impl Fn(&mut Past)) {
        self.requests.iter_mut().filter(|past| past.requested.statement == *statement).for_each(mark);
    }

    /// The request of `trace` is answered. The CA has seen it, and with it everything that it told.
    fn answer(&mut self, trace: Option<&Trace>) {
        let Some(past) = self.requests.iter_mut().find(|past| Some(&past.trace) == trace) else { return };
        past.fate = Fate::Answered;
        let told_until = past.entry;
        self.receipts.retain(|receipt| receipt.entry > told_until);
    }

    fn note(&mut self, statement: Digest, outcome: ReceiptOutcome, entry: &Entry) {
        self.receipts.retain(|receipt| receipt.statement != statement);
        self.receipts.push(Outcomes { statement, outcome, time: entry.time, entry: entry.seq });
    }

    /// Every request, the oldest first.
    pub fn requests(&self) -> &[Past] {
        &self.requests
    }

    /// The request of `trace`.
    pub fn request(&self, trace: &Trace) -> Option<&Past> {
        self.requests.iter().find(|past| past.trace == *trace)
    }

    /// The request that waits for its package.
    pub fn outstanding(&self) -> Option<&Past> {
        self.requests.iter().rev().find(|past| past.fate == Fate::Outstanding)
    }

    /// What a new request replaces: every request since the last answered one. The CA may have received any of them and
    /// none of those that voided them.
    pub fn unanswered(&self) -> Vec<&Past> {
        let answered = self.requests.iter().rposition(|past| past.fate == Fate::Answered);
        self.requests.iter().skip(answered.map_or(0, |at| at + 1)).collect()
    }

    /// The sequence number of the next bundle.
    pub fn next_seq(&self) -> u64 {
        self.requests.iter().map(|past| past.requested.seq).max().unwrap_or(0) + 1
    }

    /// The last package that was accepted.
    pub fn accepted(&self) -> Option<Accepted> {
        self.accepted
    }

    /// The package that answered `trace`.
    pub fn package(&self, trace: &Trace) -> Option<&Package> {
        self.packages.iter().find(|package| package.trace == *trace)
    }

    /// The newest CRL of each issuer that was accepted.
    pub fn crls(&self) -> &[CrlSeen] {
        &self.crls
    }

    /// Digests of the lists of all files that were ever about to be staged.
    pub fn lists(&self) -> &[Digest] {
        &self.lists
    }

    /// Digests of all node packages that were ever about to be written.
    pub fn split(&self) -> &[Digest] {
        &self.split
    }

    /// On a node, the CA's package that its newest one was cut from: its sequence number and its digest.
    pub fn node_package(&self) -> Option<(u64, Digest)> {
        self.node_package
    }

    /// How packages fared of which the CA may not know yet.
    pub fn receipts(&self) -> &[Outcomes] {
        &self.receipts
    }

    /// The CA host that was enrolled last, and the entry that says so.
    pub fn ca(&self) -> Option<(&Party, &Enrolled)> {
        self.ca.as_ref().map(|(party, enrolled)| (party, enrolled))
    }
}

#[cfg(test)]
mod tests;
