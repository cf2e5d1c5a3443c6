//! A second person agrees that the old root is dropped: nobody drops it alone. The agreement is over the digest of the
//! plan, so it is worth nothing for another; it lies in the directory of facts, where each node finds it, and in the log of
//! the host on which it was signed.

use std::collections::BTreeSet;

use super::eyes::accounts::put;
use super::fault::RotateError;
use super::ground::Ground;
use crate::audit::detail::RotationAgreed;
use crate::audit::event::Event;
use crate::desk::host::Desk;
use crate::desk::people::Present;
use crate::devices::store::{Links, StoreError, read_file};
use crate::exchange::consent::{Consent, MAX_BYTES};
use crate::refusal::Refused;
use crate::rotation::facts::Told;
use crate::wire::digest::Digest;

/// How many people it takes.
pub const PEOPLE: usize = 2;

/// `person` agrees. Written down, then laid where the nodes find it; the index of the entry.
///
/// # Errors
/// What the key, the log and the disk say.
pub fn agree(desk: &mut Desk, ground: &Ground, person: &Present) -> Result<u64, Refused> {
    let consent = Consent {
        cluster: ground.party.clone(),
        trace: ground.trace.clone(),
        plan: ground.digest().map_err(RotateError::Unwritable)?,
        person: person.principal().clone(),
        time: desk.now()?,
        challenge: desk.random()?,
    };
    let (text, armored) = (consent.text(), consent.sign(person.key())?);
    let (text_digest, signature) = (desk.objects().put(text.as_bytes())?, desk.objects().put(armored.as_bytes())?);
    let detail = RotationAgreed { person: person.id().to_string(), plan: consent.plan, signature, text: text_digest };
    let entry = desk.note(&person.actor(), Some(ground.trace.as_str()), Event::RotationAgreed(detail))?;
    if let Some(directory) = &ground.sources.facts {
        let name = name(ground, person.id().as_str());
        put(directory, &format!("{name}.sig"), armored.as_bytes())?;
        put(directory, &name, text.as_bytes())?;
    }
    Ok(entry)
}

/// Whether enough people agreed to exactly this plan.
///
/// # Errors
/// [`ConsentError`](crate::exchange::consent::ConsentError) of an agreement that lies there and does not verify.
pub fn judge(ground: &Ground) -> Result<Told, Refused> {
    let plan = ground.digest().map_err(RotateError::Unwritable)?;
    let mut agreed = BTreeSet::new();
    for person in &ground.people {
        let Some(signed) = read(ground, person.id.as_str())? else { continue };
        let consent = Consent::verify(&signed.text, &signed.armored, &ground.people)?;
        let is_this = consent.cluster == ground.party && consent.trace == ground.trace && consent.plan == plan;
        if is_this && consent.person == person.principal() {
            agreed.insert(person.id.to_string());
        }
    }
    let names: Vec<_> = agreed.iter().map(String::as_str).collect();
    let evidence = match names.as_slice() {
        [] => format!("nobody agreed to the plan {}", short(&plan)),
        names => format!("{} agreed to the plan {}", names.join(" and "), short(&plan)),
    };
    Ok(Told { holds: agreed.len() >= PEOPLE, evidence })
}

/// What lies beside the facts of one person.
struct Signed {
    text: Vec<u8>,
    armored: Vec<u8>,
}

fn read(ground: &Ground, person: &str) -> Result<Option<Signed>, Refused> {
    let Some(directory) = &ground.sources.facts else { return Ok(None) };
    let name = name(ground, person);
    let read = |name: &str| match read_file(&directory.join(name), MAX_BYTES as u64, Links::Refuse) {
        Err(StoreError::Missing(_)) => Ok(None),
        read => read.map(|bytes| Some(bytes.to_vec())),
    };
    let both = read(&name)?.zip(read(&format!("{name}.sig"))?);
    Ok(both.map(|(text, armored)| Signed { text, armored }))
}

fn name(ground: &Ground, person: &str) -> String {
    format!("{}.drop.{person}", ground.trace)
}

fn short(digest: &Digest) -> String {
    digest.to_string().chars().take(16).collect()
}
