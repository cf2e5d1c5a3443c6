//! Whether the old root is still in use: evidence first, time second.
//!
//! The window is counted from the last sign of use. It is long because what is rare must come by in it: a weekly job, a
//! kubelet that renews, a client that looks at its files every five minutes.

use serde::Serialize;

use crate::wire::time::Timestamp;

/// What was seen since the last leaf was replaced. What is not there was not looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Evidence {
    /// Now.
    pub now: Timestamp,
    /// When the last leaf was replaced.
    pub since: Timestamp,
    /// From when on the audit logs of all API servers were searched without a gap.
    pub audited_from: Option<Timestamp>,
    /// Until when each request stands in them that was received; until now, where nobody counted.
    pub audited_until: Option<Timestamp>,
    /// When a certificate of the old root was last seen in use, there or by a probe.
    pub last_old_use: Option<Timestamp>,
    /// When every standing connection had been made again.
    pub reconnected: Option<Timestamp>,
    /// How many lines of component logs complain of an unknown authority since then.
    pub complaints: Option<u64>,
    /// How many endpoints still show an old leaf, webhooks and aggregated API servers among them.
    pub old_endpoints: Option<u64>,
}

/// Whether the old root may go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It may.
    Over,
    /// Nothing speaks against it, and it is too early.
    Until(Timestamp),
    /// Something speaks against it, or was not looked at.
    Blocked(Vec<Reason>),
}

/// What speaks against it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// Nobody searched the audit logs.
    NoAudit,
    /// Standing connections were not made again.
    NotReconnected,
    /// Components complain, or nobody looked.
    Complaints,
    /// An old leaf is still shown, or nobody looked.
    OldEndpoints,
    /// A time lies in the future.
    Clock,
}

/// Seventy-two hours, in seconds.
pub const DEFAULT_WINDOW: u32 = 72 * 60 * 60;

/// The shortest window that is accepted, in seconds: longer than the poll of client-go (300 s) and than the refresh of
/// projected volumes (90 s), with room for both.
pub const LEAST_WINDOW: u32 = 10 * 60;

/// Judges `evidence` for a window of `window` seconds; a shorter one than [`LEAST_WINDOW`] is taken as that.
pub fn judge(evidence: &Evidence, window: u32) -> Verdict {
    let reasons = against(evidence);
    let (Some(audited), Some(reconnected)) = (evidence.audited_from, evidence.reconnected) else {
        return Verdict::Blocked(reasons);
    };
    if !reasons.is_empty() {
        return Verdict::Blocked(reasons);
    }
    let begins = [Some(evidence.since), Some(audited), Some(reconnected), evidence.last_old_use];
    let begin = begins.into_iter().flatten().max().unwrap_or(evidence.now);
    let until = begin.plus(i64::from(window.max(LEAST_WINDOW)));
    let seen = evidence.audited_until.unwrap_or(evidence.now).min(evidence.now);
    if until <= seen { Verdict::Over } else { Verdict::Until(until) }
}

fn against(evidence: &Evidence) -> Vec<Reason> {
    let times = [Some(evidence.since), evidence.audited_from, evidence.last_old_use, evidence.reconnected];
    let in_future = times.into_iter().flatten().any(|time| time > evidence.now);
    [
        (evidence.audited_from.is_none(), Reason::NoAudit),
        (evidence.reconnected.is_none_or(|time| time < evidence.since), Reason::NotReconnected),
        (evidence.complaints != Some(0), Reason::Complaints),
        (evidence.old_endpoints != Some(0), Reason::OldEndpoints),
        (in_future, Reason::Clock),
    ]
    .into_iter()
    .filter_map(|(holds, reason)| holds.then_some(reason))
    .collect()
}

impl Reason {
    /// What is to be done about it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoAudit => "the audit logs were not searched",
            Self::NotReconnected => "connections from before the swap still stand",
            Self::Complaints => "components complain of an unknown authority, or nobody looked",
            Self::OldEndpoints => "an old leaf is still shown, or nobody looked",
            Self::Clock => "a time lies in the future",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3600;

    fn at(hours: i64) -> Timestamp {
        Timestamp::from_unix(hours * HOUR).unwrap()
    }

    fn good() -> Evidence {
        Evidence {
            now: at(100),
            since: at(10),
            audited_from: Some(at(11)),
            audited_until: None,
            last_old_use: None,
            reconnected: Some(at(12)),
            complaints: Some(0),
            old_endpoints: Some(0),
        }
    }

    #[test]
    fn the_window_begins_at_the_last_sign_of_use() {
        assert_eq!(judge(&good(), DEFAULT_WINDOW), Verdict::Over);
        let used = Evidence { last_old_use: Some(at(50)), ..good() };
        assert_eq!(judge(&used, DEFAULT_WINDOW), Verdict::Until(at(122)));
        let late = Evidence { audited_from: Some(at(90)), ..good() };
        assert_eq!(judge(&late, DEFAULT_WINDOW), Verdict::Until(at(162)));
        let late = Evidence { reconnected: Some(at(99)), ..good() };
        assert_eq!(judge(&late, 0), Verdict::Over, "ten minutes at least have passed");
        let late = Evidence { reconnected: Some(at(100)), ..good() };
        assert_eq!(judge(&late, 0), Verdict::Until(at(100).plus(600)));
    }

    #[test]
    fn the_window_is_over_as_far_as_requests_are_accounted_for() {
        let told = |hour| judge(&Evidence { audited_until: Some(at(hour)), ..good() }, DEFAULT_WINDOW);
        assert_eq!(told(83), Verdict::Until(at(84)));
        assert_eq!((told(84), told(101)), (Verdict::Over, Verdict::Over));
    }

    #[test]
    fn time_alone_is_no_evidence() {
        for (evidence, reason) in [
            (Evidence { audited_from: None, ..good() }, Reason::NoAudit),
            (Evidence { reconnected: None, ..good() }, Reason::NotReconnected),
            (Evidence { reconnected: Some(at(9)), ..good() }, Reason::NotReconnected),
            (Evidence { complaints: None, ..good() }, Reason::Complaints),
            (Evidence { complaints: Some(1), ..good() }, Reason::Complaints),
            (Evidence { old_endpoints: None, ..good() }, Reason::OldEndpoints),
            (Evidence { old_endpoints: Some(1), ..good() }, Reason::OldEndpoints),
            (Evidence { last_old_use: Some(at(101)), ..good() }, Reason::Clock),
        ] {
            let evidence = Evidence { since: evidence.since, ..evidence };
            assert_eq!(judge(&evidence, DEFAULT_WINDOW), Verdict::Blocked(vec![reason]));
        }
    }
}
