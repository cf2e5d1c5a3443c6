//! Of one exchange there is one statement of each kind. Another one is an alarm until it is settled which is right; this is
//! folded from the log alone, so that nothing that ends an exchange, and nothing of another kind, drops it.

use std::collections::{BTreeMap, BTreeSet};

use crate::audit::entry::{Entry, Outcome, Side};
use crate::audit::event::Event;
use crate::exchange::statement::kind::Kind;
use crate::wire::digest::Digest;

/// The statements that came in.
#[derive(Debug, Default)]
pub(super) struct Statements<'a> {
    /// By trace and kind, those of which nobody knows yet which is right.
    open: BTreeMap<&'a str, BTreeMap<&'a str, BTreeSet<Digest>>>,
    /// With their trace, those that were found to be.
    right: BTreeSet<(&'a str, Digest)>,
}

impl<'a> Statements<'a> {
    /// Those of a log.
    fn of(entries: &'a [Entry]) -> Self {
        let mut all = Self::default();
        entries.iter().for_each(|entry| all.take(entry));
        all
    }

    /// Takes what `entry` tells. At a CA nothing settles two bundles: no cluster makes two.
    pub(super) fn take(&mut self, entry: &'a Entry) {
        let Some(trace) = entry.trace.as_deref() else { return };
        let (kind, right) = match (&entry.event, &entry.outcome) {
            (Event::Received(received), _) => {
                let of_trace = self.open.entry(trace).or_default();
                of_trace.entry(&received.kind).or_default().insert(received.statement);
                return;
            }
            (Event::PackageAccepted(accepted), Outcome::Ok) => (Kind::CertPackage, accepted.statement),
            (Event::Enrolled(enrolled), Outcome::Ok) => (Kind::Enrolment, enrolled.statement),
            _ => return,
        };
        // The others are told of no more; another one that comes after it is.
        self.open.entry(trace).or_default().insert(kind.as_str(), BTreeSet::from([right]));
        self.right.insert((trace, right));
    }

    /// The kind of which there is more than one statement of `trace`, if there is one.
    pub(super) fn second(&self, trace: &str) -> Option<&'a str> {
        self.open.get(trace)?.iter().find_map(|(kind, statements)| (statements.len() > 1).then_some(*kind))
    }

    /// Whether `statement` of `trace` was found to be right: it was acted on, and to bring it once more changes nothing.
    pub(super) fn is_right(&self, trace: &str, statement: Digest) -> bool {
        self.right.contains(&(trace, statement))
    }
}

/// Whether two statements of `trace` and of one kind came in, and nothing settled which is right.
pub fn has_second(entries: &[Entry], trace: &str) -> bool {
    Statements::of(entries).second(trace).is_some()
}

/// The alarm of a second statement of this kind, and what is done on `side`. An enrolment is sealed again by nobody: each has
/// a trace of its own.
pub fn second(side: Side, kind: &str) -> &'static str {
    match side {
        _ if is_enrolment(kind) => {
            "two different enrolments of this trace were received: do not go on; ask its sender on your own number which sheet is theirs"
        }
        Side::Offline => {
            "another statement of this trace was received before: do not go on; call the cluster on your own number"
        }
        Side::Online => {
            "another statement of this trace was received before: call the CA on your own number; go on only if it says that it sealed it again"
        }
    }
}

/// Whether whoever meets a second statement of this kind stops there: only a package is sealed again by its sender.
pub fn stops(side: Side, kind: &str) -> bool {
    side == Side::Offline || is_enrolment(kind)
}

/// Whether nothing is done with it any more, whatever its sender says: which of two bundles is right cannot be told at a CA.
pub fn is_given_up(side: Side, kind: &str) -> bool {
    side == Side::Offline && !is_enrolment(kind)
}

/// Whether this is the kind of an enrolment.
pub fn is_enrolment(kind: &str) -> bool {
    kind == Kind::Enrolment.as_str()
}
