//! People agree that the old root is dropped, and later that what is kept of it goes: nobody does either alone. An agreement
//! is over the digest of the plan, so it is worth nothing for another; it counts for a day, for its step alone, and no more
//! once anybody went back after it. It lies in the directory of facts, where each node finds it, and in the log of the host on
//! which it was signed.

use std::collections::BTreeSet;

use super::eyes::accounts::{of, put};
use super::fault::RotateError;
use super::ground::Ground;
use crate::audit::detail::RotationAgreed;
use crate::audit::event::Event;
use crate::desk::host::Desk;
use crate::desk::people::Present;
use crate::devices::store::{Links, StoreError, read_file};
use crate::exchange::consent::{Agreed, Consent, MAX_BYTES};
use crate::refusal::{Refusal as _, Refused};
use crate::rotation::check::MAX_SKEW;
use crate::rotation::facts::Told;
use crate::rotation::soak::LEAST_WINDOW;
use crate::wire::digest::Digest;
use crate::wire::text;
use crate::wire::time::Timestamp;

/// How many people it takes.
pub const PEOPLE: usize = 2;

/// How long an agreement counts, in seconds.
pub const LIFE: i64 = 24 * 60 * 60;

/// What an agreement must be younger than.
#[derive(Debug, Clone, Copy)]
pub struct After {
    /// When; nothing where it never was.
    pub time: Option<Timestamp>,
    /// What is said of one that is older.
    pub why: &'static str,
}

impl After {
    /// The last step back of any node: what was agreed to before it was about another cluster.
    pub const fn back(time: Option<Timestamp>) -> Self {
        Self { time, why: "from before somebody went back" }
    }

    /// The drop: that what is kept goes is agreed to by who has seen it done.
    pub const fn drop(time: Option<Timestamp>) -> Self {
        Self { time, why: "from before the drop" }
    }
}

/// `person` agrees to `step`. Written down, then laid where the nodes find it; the index of the entry. `shown` is the start of
/// the digest of the plan that the person was shown.
///
/// # Errors
/// [`RotateError::OtherPlan`]; what the key, the log and the disk say.
pub fn agree(desk: &mut Desk, ground: &Ground, step: Agreed, shown: &str, person: &Present) -> Result<u64, Refused> {
    let plan = must_be_shown(ground, shown)?;
    let consent = Consent {
        step,
        cluster: ground.party.clone(),
        trace: ground.trace.clone(),
        plan,
        person: person.principal().clone(),
        time: desk.now()?,
        challenge: desk.random()?,
    };
    let (text, armored) = (consent.text(), consent.sign(person.key())?);
    let (text_digest, signature) = (desk.objects().put(text.as_bytes())?, desk.objects().put(armored.as_bytes())?);
    let (id, step_name) = (person.id().to_string(), step.to_string());
    let detail = RotationAgreed { person: id, plan, signature, step: step_name, text: text_digest };
    let entry = desk.note(&person.actor(), Some(ground.trace.as_str()), Event::RotationAgreed(detail))?;
    if let Some(directory) = &ground.sources.facts {
        let name = name(ground, step, person.id().as_str());
        put(directory, &format!("{name}.sig"), armored.as_bytes())?;
        put(directory, &name, text.as_bytes())?;
    }
    Ok(entry)
}

/// The digest of the plan, of which a person typed the start after its steps were shown.
///
/// # Errors
/// [`RotateError::OtherPlan`].
pub fn must_be_shown(ground: &Ground, shown: &str) -> Result<Digest, RotateError> {
    let plan = ground.digest().map_err(RotateError::Unwritable)?;
    if shown == plan.short() { Ok(plan) } else { Err(RotateError::OtherPlan(plan.short())) }
}

/// Until when it is too early for `step` at the least, by what the nodes said of themselves, however long ago: what is agreed to
/// before counts for a day and holds nothing open. None where nobody says so; that it is time says the run alone.
pub fn early(ground: &Ground, step: Agreed, now: Timestamp) -> Option<Timestamp> {
    let directory = ground.sources.facts.as_ref()?;
    let window = i64::from(ground.tempo.soak.max(LEAST_WINDOW));
    let members = ground.plan.fleet().members().iter();
    // Whoever goes on is held by what cannot be read; here it only says nothing.
    let accounts = members.filter_map(|member| of(directory, &member.name).ok().flatten());
    let since = accounts.filter(|account| account.trace == ground.trace).filter_map(|account| {
        let newest = match step {
            Agreed::Drop => account.times.newest_leaf,
            Agreed::Reclaim => account.times.newest_trust,
        };
        newest.filter(|time| *time <= account.written)
    });
    since.max().map(|since| since.plus(window)).filter(|until| now < *until)
}

/// Whether enough people agreed to `step` of exactly this plan, less than a day ago, and since all of `after`.
///
/// # Errors
/// What the disk says. An agreement that does not verify is none, and is told.
pub fn judge(ground: &Ground, step: Agreed, now: Timestamp, after: &[After]) -> Result<Told, Refused> {
    let plan = ground.digest().map_err(RotateError::Unwritable)?;
    let (mut agreed, mut void) = (BTreeSet::new(), Vec::new());
    for person in &ground.people {
        let Some(signed) = read(ground, step, person.id.as_str())? else { continue };
        let id = text::clip(person.id.as_str(), 64);
        match Consent::verify(&signed.text, &signed.armored, &ground.people) {
            Err(error) => void.push(format!("{id}: {}", error.reason().code)),
            Ok(consent) => match against(ground, &consent, step, &plan, now, after) {
                _ if consent.person != person.principal() => void.push(format!("{id}: of another")),
                Some(why) => void.push(format!("{id}: {why}")),
                None => drop(agreed.insert(id)),
            },
        }
    }
    let names: Vec<_> = agreed.iter().map(String::as_str).collect();
    let mut evidence = match names.as_slice() {
        [] => format!("nobody agreed to the {step} of plan {}", plan.short()),
        names => format!("{} agreed to the {step} of plan {}", names.join(" and "), plan.short()),
    };
    if !void.is_empty() {
        evidence = text::clip(&format!("{evidence}; does not count: {}", void.join(", ")), 300);
    }
    Ok(Told { holds: agreed.len() >= PEOPLE, evidence })
}

/// Why `consent` does not count.
fn against(
    ground: &Ground,
    consent: &Consent,
    step: Agreed,
    plan: &Digest,
    now: Timestamp,
    after: &[After],
) -> Option<&'static str> {
    let age = now.since(consent.time);
    if consent.cluster != ground.party || consent.trace != ground.trace || consent.step != step {
        Some("to something else")
    } else if consent.plan != *plan {
        Some("to another plan")
    } else if age < -MAX_SKEW {
        Some("dated in the future")
    } else if age > LIFE {
        Some("more than a day old")
    } else {
        after.iter().find(|after| after.time.is_some_and(|time| consent.time <= time)).map(|after| after.why)
    }
}

/// What lies beside the facts of one person.
struct Signed {
    text: Vec<u8>,
    armored: Vec<u8>,
}

fn read(ground: &Ground, step: Agreed, person: &str) -> Result<Option<Signed>, Refused> {
    let Some(directory) = &ground.sources.facts else { return Ok(None) };
    let name = name(ground, step, person);
    let read = |name: &str| match read_file(&directory.join(name), MAX_BYTES as u64, Links::Refuse) {
        Err(StoreError::Missing(_)) => Ok(None),
        read => read.map(|bytes| Some(bytes.to_vec())),
    };
    let both = read(&name)?.zip(read(&format!("{name}.sig"))?);
    Ok(both.map(|(text, armored)| Signed { text, armored }))
}

fn name(ground: &Ground, step: Agreed, person: &str) -> String {
    format!("{}.{step}.{person}", ground.trace)
}
