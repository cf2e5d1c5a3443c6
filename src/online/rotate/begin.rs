//! The preflight that a rotation demands: made by the first node before anything is touched, of what all nodes say of
//! themselves and of what probes see, and written down. The others know of it by the account of that node.

use std::path::Path;

use super::eyes::Seen;
use super::eyes::accounts::Others;
use super::eyes::unused::clients;
use super::eyes::whole::paths;
use super::fault::RotateError;
use super::foretold;
use super::ground::Ground;
use crate::audit::detail::{CheckResult, RotationPreflight};
use crate::audit::entry::{Actor, Outcome};
use crate::audit::event::Event;
use crate::desk::host::Desk;
use crate::devices::store::{Directory, StoreError};
use crate::refusal::Refused;
use crate::rotation::account::Account;
use crate::rotation::check::{MAX_SKEW, Outcome as Judged};
use crate::rotation::facts::{Facts, Told};
use crate::rotation::preflight::{Item, Line, Seen as Shown, judge, may_begin};
use crate::rotation::state::is_under_way;
use crate::wire::digest::Digest;
use crate::wire::text;
use crate::wire::time::Timestamp;

/// How long a preflight counts, in seconds.
pub const LIFE: i64 = 24 * 60 * 60;
/// How old a snapshot may be, in seconds.
const SNAPSHOT_LIFE: i64 = 24 * 60 * 60;
/// The largest snapshot, in bytes.
const MAX_SNAPSHOT: u64 = 64 << 30;

/// Whether what was said at `said` counts at `now`: not longer than `life`, and not what is dated in the future, beyond what a
/// clock may be off.
pub(super) const fn counts_at(now: Timestamp, said: Timestamp, life: i64) -> bool {
    let age = now.since(said);
    -MAX_SKEW <= age && age <= life
}

/// Judges everything, writes it down, and says what is in the way.
///
/// # Errors
/// What the log and the disk say; a fault of the table.
pub fn preflight(desk: &mut Desk, ground: &Ground, seen: &Seen) -> Result<Told, Refused> {
    let now = desk.now()?;
    let snapshot = snapshot(ground, now)?;
    let written = desk.entries().last().map_or(0, |entry| entry.seq);
    let shown = Shown::from([
        (Item::Backup, snapshot.0),
        (Item::Reclaim, keeps(ground)),
        (Item::Evidence, evidence(ground, seen, now)),
        (Item::AuditWrite, Told { holds: true, evidence: format!("entry {written} is there") }),
    ]);
    let lines = judge(&ground.plan, ground.tempo, &seen.facts, &shown)?;
    let passes = may_begin(&lines);
    let (told, outcome) = match passes {
        true => (Told { holds: true, evidence: format!("passed at {now}") }, Outcome::Ok),
        false => (Told { holds: false, evidence: in_the_way(&lines) }, Outcome::Denied("ROTATION_HELD".to_owned())),
    };
    let detail = RotationPreflight {
        checks: lines.iter().map(result).collect(),
        plan: ground.digest().map_err(RotateError::Unwritable)?,
        snapshot: snapshot.1,
    };
    desk.note_as(&Actor::system(), Some(ground.trace.as_str()), outcome, Event::RotationPreflight(detail))?;
    Ok(told)
}

/// Whether it can be told in the end that nobody uses the old root, by what all nodes have and what comes.
fn evidence(ground: &Ground, seen: &Seen, now: Timestamp) -> Told {
    let ends = clients(&seen.own, seen.others.fresh.values().chain([&seen.account])).0;
    foretold::told(&seen.own.looked, &ends, now, ground.tempo.soak)
}

/// Whether a preflight of exactly this plan was passed, here or on another node, less than a day ago and since anybody went back
/// last. Once places were touched nobody asks any more: then the gates do.
///
/// # Errors
/// [`RotateError::Unwritable`].
pub fn known(
    ground: &Ground,
    others: &Others,
    (mine, last_back): (&Account, Option<Timestamp>),
    facts: &Facts,
    now: Timestamp,
) -> Result<Told, Refused> {
    if is_under_way(facts) {
        return Ok(Told { holds: true, evidence: "the rotation is under way".to_owned() });
    }
    let plan = ground.digest().map_err(RotateError::Unwritable)?;
    let passed = others.fresh.values().chain([mine]).filter_map(|account| account.preflight);
    let newest = passed.filter(|passed| passed.plan == plan).map(|passed| passed.at).max();
    Ok(match newest {
        Some(at) if last_back.is_some_and(|back| back >= at) => {
            Told { holds: false, evidence: format!("it was passed at {at}, and somebody went back since") }
        }
        Some(at) if now.since(at) < -MAX_SKEW => {
            Told { holds: false, evidence: format!("it is dated in the future: {at}") }
        }
        Some(at) if counts_at(now, at, LIFE) => Told { holds: true, evidence: format!("passed at {at}") },
        Some(at) => Told { holds: false, evidence: format!("it was passed at {at}, more than a day ago") },
        None => {
            let first = ground.plan.fleet().member(ground.first()).map_or("", |member| member.name.as_str());
            let evidence = format!("none of this plan was passed: the run on {} makes it", text::clip(first, 64));
            Told { holds: false, evidence }
        }
    })
}

/// Every item that is needed and does not hold.
fn in_the_way(lines: &[Line]) -> String {
    let open = lines.iter().filter(|line| line.item.is_needed() && line.outcome != Judged::Pass);
    let said: Vec<_> = open.map(|line| format!("{} {}: {}", line.item, line.asks, line.evidence)).collect();
    text::clip(&said.join("; "), 800)
}

fn result(line: &Line) -> CheckResult {
    let status = match line.outcome {
        Judged::Pass => "ok",
        Judged::Unknown => "unknown",
        Judged::Fail => "fail",
    };
    CheckResult { code: None, id: line.item.id().to_owned(), status: status.to_owned() }
}

/// The snapshot that a person says was restored once, and its digest, which is written down.
fn snapshot(ground: &Ground, now: Timestamp) -> Result<(Told, Option<Digest>), Refused> {
    let no = |evidence: &str| (Told { holds: false, evidence: evidence.to_owned() }, None);
    let Some(path) = &ground.sources.snapshot else {
        return Ok(no("nobody names a snapshot that was restored once: --snapshot-restored FILE"));
    };
    let (digest, bytes, age) = match digest(path, now) {
        Err(refused) => return Ok(no(&text::clip(&refused.to_string(), 160))),
        Ok(read) => read,
    };
    let fits = bytes > 0 && (0..=SNAPSHOT_LIFE).contains(&age);
    let evidence = format!("{bytes} bytes, {} h old, sha256 {}", age.div_euclid(3600), digest.short());
    Ok((Told { holds: fits, evidence }, Some(digest)))
}

fn digest(path: &Path, now: Timestamp) -> Result<(Digest, u64, i64), Refused> {
    let (name, above) = (path.file_name().and_then(|name| name.to_str()), path.parent());
    let named = name.zip(above).ok_or_else(|| StoreError::Name(text::escape(&path.to_string_lossy())))?;
    let above = if named.1.as_os_str().is_empty() { Path::new(".") } else { named.1 };
    let (mut file, bytes) = Directory::open(above)?.open_regular(named.0, MAX_SNAPSHOT)?;
    let fault = |error: &std::io::Error| StoreError::of_io(path, error.kind().into());
    let changed = file.metadata().and_then(|told| told.modified()).map_err(|error| fault(&error))?;
    let changed = changed.duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let age = now.unix().saturating_sub(i64::try_from(changed).unwrap_or_default());
    let digest = Digest::of_all(&mut file).map_err(|error| fault(&error))?;
    // A clock that goes by whole seconds may be behind a file that was just made.
    Ok((digest, bytes, if age < 0 && age > -5 { 0 } else { age }))
}

/// Whether generations can be kept beside the live files, and taken away: a file is made and removed in each directory.
fn keeps(ground: &Ground) -> Told {
    const PROBE: &str = ".airlock-preflight";
    let mut above: Vec<_> =
        paths().iter().filter_map(|path| Some(ground.site.live(path).parent()?.to_owned())).collect();
    above.sort_unstable();
    above.dedup();
    above.retain(|directory| directory.is_dir());
    let tried = |directory: &Path| {
        let directory = Directory::open(directory)?;
        directory.create_or_same(PROBE, b"\n", 0o600)?;
        directory.remove(PROBE)
    };
    match above.iter().find_map(|directory| tried(directory).err()) {
        None => Told { holds: true, evidence: text::fill("{} director{y}", [&above.len()]) },
        Some(error) => Told { holds: false, evidence: text::clip(&error.to_string(), 160) },
    }
}
