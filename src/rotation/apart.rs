//! Whether leaves of both roots are told apart by how long they have to live, as an API server before Kubernetes 1.32 counts
//! its clients: by buckets of remaining life, and by nothing else.

use std::collections::BTreeSet;

use super::check::MAX_SKEW;
use super::facts::Told;
use crate::cluster::lives::Bucket;
use crate::wire::time::Timestamp;

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

/// The upper ends of the buckets of Kubernetes 1.20.2, in seconds (`apiserver/pkg/authentication/request/x509/x509.go`), the
/// last left out, which has none.
pub const BOUNDS: [i64; 14] = [
    0,
    HOUR / 2,
    HOUR,
    2 * HOUR,
    6 * HOUR,
    12 * HOUR,
    DAY,
    2 * DAY,
    4 * DAY,
    7 * DAY,
    30 * DAY,
    90 * DAY,
    180 * DAY,
    360 * DAY,
];

/// So many points in time are looked at for when they are told apart; each end passes fourteen.
const MAX_LOOKS: usize = 4096;

/// When the clients' certificates end that are known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ends {
    /// Those of the old root.
    pub old: BTreeSet<Timestamp>,
    /// Those of the new root.
    pub new: BTreeSet<Timestamp>,
}

/// Whose certificates a bucket may count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// Those of the new root, and no old one that is known.
    New,
    /// Of both.
    Both,
    /// No new one: old ones, or some that nobody knows.
    NotNew,
}

impl Ends {
    /// Whose certificates `bucket` may have counted between `from` and `until`, by clocks that are up to five minutes off.
    pub fn whose(&self, bucket: Bucket, from: Timestamp, until: Timestamp) -> Whose {
        let any = |ends: &BTreeSet<Timestamp>| ends.iter().any(|end| passes(*end, bucket, from, until));
        match (any(&self.new), any(&self.old)) {
            (true, false) => Whose::New,
            (true, true) => Whose::Both,
            (false, _) => Whose::NotNew,
        }
    }

    /// Whether no old and new one fall into the same bucket from `from` for `window` seconds. Who has ended is refused, and
    /// is no matter.
    pub fn are_apart(&self, from: Timestamp, window: i64) -> bool {
        let until = from.plus(window);
        lives().all(|bucket| bucket.is_ended() || self.whose(bucket, from, until) != Whose::Both)
    }

    /// The first time not before `from` at which a window of `window` seconds may begin that tells them apart, and in which no
    /// new one ends.
    pub fn apart_from(&self, from: Timestamp, window: i64) -> Option<Timestamp> {
        // Only when one passes from a bucket to the next, anything changes.
        let ends = self.old.union(&self.new);
        let passes = ends.flat_map(|end| BOUNDS.iter().map(|bound| end.plus(MAX_SKEW - bound)));
        let times: BTreeSet<_> = passes.filter(|time| *time > from).chain([from]).take(MAX_LOOKS).collect();
        let is_soon = |time: &Timestamp| self.new.first().is_none_or(|end| time.plus(window) < *end);
        times.into_iter().take_while(is_soon).find(|time| self.are_apart(*time, window))
    }
}

/// By what it will be told whether the old root is still in use, where a window of `window` seconds begins a day after `now`
/// at the latest; `names_certificates` says whether audit logs do.
pub fn foretell(names_certificates: Option<bool>, ends: &Ends, now: Timestamp, window: i64) -> Told {
    let told = |holds, evidence: String| Told { holds, evidence };
    let version = match names_certificates {
        Some(true) => return told(true, "by the certificates in audit logs: Kubernetes 1.32 or newer".to_owned()),
        Some(false) => "older than Kubernetes 1.32",
        None => "Kubernetes of an unknown version",
    };
    if ends.new.is_empty() {
        return told(false, format!("{version}: when new leaves end is not known here"));
    }
    let by = |when: String| told(true, format!("by the lives of certificates in metrics, {version}: {when}"));
    match ends.apart_from(now, window.saturating_add(DAY)) {
        Some(time) if time <= now => by("old and new leaves are told apart".to_owned()),
        Some(time) => by(format!("old and new leaves are told apart in a window that begins at {time} or later")),
        None if names_certificates.is_none() => {
            told(true, format!("{version}: only from 1.32 on, for old and new leaves have the same lives"))
        }
        None => told(
            false,
            format!(
                "{version} names no certificate in audit logs, and old and new leaves have the same lives, so the old root could \
                 never be dropped: ask for leaves that end at another time"
            ),
        ),
    }
}

/// Whether a certificate that ends at `end` may have as long to live as `bucket` says, at any time of the span.
fn passes(end: Timestamp, bucket: Bucket, from: Timestamp, until: Timestamp) -> bool {
    let (longest, shortest) = (end.since(from) + MAX_SKEW, end.since(until) - MAX_SKEW);
    bucket.above.is_none_or(|above| longest > above) && bucket.up_to.is_none_or(|up_to| shortest <= up_to)
}

/// The buckets of Kubernetes 1.20.2.
fn lives() -> impl Iterator<Item = Bucket> {
    let above = std::iter::once(None).chain(BOUNDS.map(Some));
    let up_to = BOUNDS.map(Some).into_iter().chain([None]);
    above.zip(up_to).map(|(above, up_to)| Bucket { above, up_to, requests: 0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(day: i64) -> Timestamp {
        Timestamp::from_unix(1_800_000_000 + day * DAY).unwrap()
    }

    fn ends(old: &[i64], new: &[i64]) -> Ends {
        Ends { old: old.iter().map(|end| day(*end)).collect(), new: new.iter().map(|end| day(*end)).collect() }
    }

    #[test]
    fn leaves_of_other_lives_are_apart_and_of_the_same_are_not() {
        for (old, new, apart) in [
            (&[200][..], &[500][..], true),
            (&[100, 200], &[365], true),
            (&[200], &[300], false),
            // It would be, for the first half of the window.
            (&[200], &[361], false),
            (&[200], &[364], true),
            (&[500], &[500], false),
            // Three days from now it has ended, and until then nobody else has so little time.
            (&[2], &[365], true),
            // Some that have ended, and some that are gone.
            (&[-5], &[-4], true),
            (&[], &[365], true),
            (&[200], &[], true),
        ] {
            assert_eq!(ends(old, new).are_apart(day(0), 3 * DAY), apart, "{old:?} {new:?}");
        }
    }

    #[test]
    fn clocks_may_be_five_minutes_off() {
        let of = |seconds: i64| Ends { new: [day(363).plus(seconds)].into(), ..ends(&[200], &[]) };
        assert!(!of(MAX_SKEW).are_apart(day(0), 3 * DAY));
        assert!(of(MAX_SKEW + 1).are_apart(day(0), 3 * DAY));
    }

    /// The time that is told is right, and none before it is.
    #[test]
    fn from_when_on_they_are_apart_is_told() {
        let window = 3 * DAY;
        for (old, new) in [(&[200][..], &[300][..]), (&[40, 300], &[364, 365]), (&[95], &[100]), (&[500], &[700])] {
            let ends = ends(old, new);
            let from = ends.apart_from(day(0), window).unwrap();
            assert!(ends.are_apart(from, window), "{old:?} {new:?}");
            let mut before = day(0);
            while before < from {
                assert!(!ends.are_apart(before, window), "{old:?} {new:?}: at {before}, not {from}");
                before = before.plus(6 * HOUR);
            }
        }
        assert_eq!(ends(&[200], &[500]).apart_from(day(0), window), Some(day(0)));
        // As long as both live, and then it is too late for the new one as well.
        assert_eq!(ends(&[400], &[400]).apart_from(day(0), window), None);
    }

    #[test]
    fn what_can_never_be_told_is_said_before() {
        let said = |names, old: &[i64], new: &[i64]| foretell(names, &ends(old, new), day(0), 3 * DAY);
        assert!(said(Some(true), &[400], &[400]).holds);
        assert!(!said(Some(false), &[200], &[]).holds);
        assert!(said(Some(false), &[200], &[500]).evidence.ends_with("are told apart"));
        let later = said(Some(false), &[200], &[300]);
        assert!(later.holds && later.evidence.contains("a window that begins at 20"), "{}", later.evidence);
        let never = said(Some(false), &[400], &[400]);
        assert!(!never.holds && never.evidence.contains("ask for leaves that end at another time"));
        // Who does not know his version is told that he may need another.
        let unknown = said(None, &[400], &[400]);
        assert!(unknown.holds && unknown.evidence.contains("only from 1.32 on"));
    }

    #[test]
    fn a_bucket_is_of_the_new_of_both_or_of_nobody_new() {
        let of = |above: i64, up_to: i64| Bucket { above: Some(above * DAY), up_to: Some(up_to * DAY), requests: 1 };
        let ends = ends(&[100, 200], &[170]);
        let whose = |bucket| ends.whose(bucket, day(0), day(1));
        assert_eq!(whose(of(90, 180)), Whose::Both);
        assert_eq!(whose(of(180, 360)), Whose::NotNew);
        assert_eq!(whose(of(0, 30)), Whose::NotNew);
        assert_eq!(whose(of(150, 180)), Whose::New);
    }
}
