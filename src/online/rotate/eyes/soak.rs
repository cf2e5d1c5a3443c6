//! Whether the old root is still in use, so far as this node is told.

use std::path::Path;

use crate::devices::store::{Links, read_file};
use crate::online::rotate::ground::Ground;
use crate::refusal::Refused;
use crate::rotation::facts::{Facts, Told};
use crate::rotation::soak::{Evidence, LEAST_WINDOW, Reason, Verdict, judge};
use crate::wire::text;
use crate::wire::time::Timestamp;

use super::unused::{Found, Scene, search};

/// How a component says that it met somebody whose root it does not know.
const COMPLAINTS: [&str; 3] = ["unknown authority", "unknown certificate authority", "bad certificate"];
/// The longest that is said, in characters.
const MAX_SAID: usize = 800;
/// The longest log that is searched, in bytes.
const MAX_LOG: u64 = 256 << 20;
/// Who looks at its files every five minutes has closed its old connections after this long (client-go).
const POLL: i64 = 300;

/// Whether the window is over, and why or why not; none is known where nobody knows when leaves were put in place, and
/// `restarted` is when a member of etcd was restarted after the newest of etcd's own, and came back.
///
/// # Errors
/// What the disk says of logs.
pub fn verdict(
    scene: Option<&Scene<'_>>,
    facts: &Facts,
    restarted: Option<Timestamp>,
) -> Result<(bool, Told), Refused> {
    let told = |holds, evidence: String| (holds, Told { holds, evidence: text::clip(&evidence, MAX_SAID) });
    let Some(scene) = scene else { return Ok(told(false, "when leaves were swapped is not known".to_owned())) };
    let Scene { ground, since, now, .. } = *scene;
    let found = search(scene, facts)?;
    let settled = since.plus(POLL);
    let reconnected = match restarted {
        // That of etcd is about its own leaves; who shows the others has been restarted with them, or looks by itself.
        Some(restarted) => Some(settled.max(restarted)),
        None if ground.plan.fleet().etcd_members() == 0 => Some(settled),
        None => None,
    };
    let evidence = Evidence {
        now,
        since,
        audited_from: found.from,
        audited_until: found.until,
        last_old_use: found.last.as_ref().map(|(time, _)| *time),
        reconnected: reconnected.filter(|time| *time <= now),
        complaints: complaints(&ground.sources.logs)?,
        old_endpoints: Some(old_endpoints(facts)),
    };
    Ok(match judge(&evidence, ground.tempo.soak) {
        Verdict::Over => told(true, format!("nobody used the old root for the window, {}", found.by)),
        Verdict::Until(time) => {
            let last = found
                .last
                .map_or(String::new(), |(time, who)| format!("; the old root was used last at {time}: {who}"));
            let behind = found.until.filter(|until| *until < time && time <= now);
            let seen = behind.map_or(String::new(), |until| {
                format!(
                    "; requests are accounted for until {until}: show newer metrics, and in ten minutes the log again"
                )
            });
            told(false, format!("nothing speaks against it, and the window ends at {time}{last}{seen}"))
        }
        Verdict::Blocked(reasons) => told(false, said(&reasons, &found)),
    })
}

/// The drop has begun here: it is carried on or taken back, and not held in the middle by what it brings about itself.
pub fn begun() -> (bool, Told) {
    (true, Told { holds: true, evidence: "it held when the drop began here".to_owned() })
}

/// Each reason; what the logs lack in full.
fn said(reasons: &[Reason], found: &Found) -> String {
    let one = |reason: &Reason| match (reason, found.why.as_slice()) {
        (Reason::NoAudit, [_, ..]) => found.why.join("; "),
        (reason, _) => reason.as_str().to_owned(),
    };
    reasons.iter().map(one).collect::<Vec<_>>().join("; ")
}

/// Whether the old root has been off everywhere for the whole window, by when a CA file of any node was changed last: the
/// other checks say that nobody trusts it. Nothing where a node is silent.
pub fn since_drop(ground: &Ground, newest: Option<Timestamp>, now: Timestamp) -> Option<Told> {
    let until = newest?.plus(i64::from(ground.tempo.soak.max(LEAST_WINDOW)));
    let (holds, evidence) = match until <= now {
        true => (true, format!("the window ended at {until}")),
        false => (false, format!("the window ends at {until}")),
    };
    Some(Told { holds, evidence })
}

/// Whether this node was shown logs itself, or sees somebody show a leaf of the old root: then nobody's word counts.
pub fn sees_itself(ground: &Ground, facts: &Facts) -> bool {
    !ground.sources.audit.is_empty()
        || !ground.sources.api_metrics.is_empty()
        || !ground.sources.logs.is_empty()
        || old_endpoints(facts) > 0
}

fn old_endpoints(facts: &Facts) -> u64 {
    let shown = facts.nodes.iter().flat_map(|node| node.shown.values());
    shown.filter(|leaf| !leaf.is_new()).count() as u64
}

/// How many lines complain; `None` where nobody looked, or a log is empty, as no component leaves it.
fn complaints(logs: &[impl AsRef<Path>]) -> Result<Option<u64>, Refused> {
    let mut count = None;
    for log in logs {
        let bytes = read_file(log.as_ref(), MAX_LOG, Links::Follow)?;
        if bytes.is_empty() {
            return Ok(None);
        }
        let text = String::from_utf8_lossy(&bytes);
        let lines = text.lines().filter(|line| COMPLAINTS.iter().any(|words| line.contains(words))).count() as u64;
        count = Some(count.unwrap_or(0) + lines);
    }
    Ok(count)
}
