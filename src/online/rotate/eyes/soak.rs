//! Whether the old root is still in use, so far as this node is told.

use std::path::Path;

use crate::devices::store::{Links, read_file};
use crate::online::rotate::ground::Ground;
use crate::refusal::Refused;
use crate::rotation::component::Component;
use crate::rotation::facts::{Facts, Told};
use crate::rotation::soak::{Evidence, LEAST_WINDOW, Reason, Verdict, judge};
use crate::wire::time::Timestamp;

use super::audit;

/// How a component says that it met somebody whose root it does not know.
const COMPLAINTS: [&str; 3] = ["unknown authority", "unknown certificate authority", "bad certificate"];
/// The longest log that is searched, in bytes.
const MAX_LOG: u64 = 256 << 20;
/// Who looks at its files every five minutes has closed its old connections after this long (client-go).
const POLL: i64 = 300;

/// Whether the window is over, and why or why not; `since` is when the newest leaf of any node was put in place, and
/// `restarted` when a member of etcd was restarted after the
/// newest of etcd's own, and came back.
///
/// # Errors
/// What the disk says of logs.
pub fn verdict(
    ground: &Ground,
    facts: &Facts,
    since: Option<Timestamp>,
    restarted: Option<Timestamp>,
    now: Timestamp,
) -> Result<(bool, Told), Refused> {
    let told = |holds, evidence| (holds, Told { holds, evidence });
    let Some(since) = since else { return Ok(told(false, "when leaves were swapped is not known".to_owned())) };
    let audited = match ground.plan.fleet().with(Component::Apiserver).count() {
        0 => audit::Found::nobody(since),
        servers => audit::search(&ground.sources.audit, servers, &facts.cluster.canaries, now)?,
    };
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
        audited_from: audited.from,
        last_old_use: audited.last_old_use(&facts.cluster.old_leaves),
        reconnected: reconnected.filter(|time| *time <= now),
        complaints: complaints(&ground.sources.logs)?,
        old_endpoints: Some(old_endpoints(facts)),
    };
    Ok(match judge(&evidence, ground.tempo.soak) {
        Verdict::Over => told(true, format!("nobody used the old root since {since}")),
        Verdict::Until(time) => told(false, format!("nothing speaks against it, and the window ends at {time}")),
        Verdict::Blocked(reasons) => {
            let reasons: Vec<_> = reasons.into_iter().map(Reason::as_str).collect();
            told(false, reasons.join("; "))
        }
    })
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
    !ground.sources.audit.is_empty() || !ground.sources.logs.is_empty() || old_endpoints(facts) > 0
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
