//! New roots: the keys are made in the token, and a plan holds what will certify them, each with its first, empty list.

use crate::cluster::role::Domain;
use crate::devices::hsm::{IssuerKeyType, Unlocked};
use crate::exchange::roots::RootStatus;
use crate::exchange::statement::party::Party;
use crate::issuance::authority::Authority;
use crate::issuance::plan::Plan;
use crate::issuance::plan::draft::Draft;
use crate::issuance::policy::DAY;
use crate::issuance::profile::{Profile, root_name};
use crate::issuance::{crl, template};
use crate::offline::ca::CaError;
use crate::offline::ca::ceremony::{Ceremony, each_once, serial};
use crate::offline::machine::{self, KnownKey, NewKeyKind};
use crate::offline::room::Room;
use crate::pki::certificate::TbsCertificate;
use crate::pki::name::Name;
use crate::refusal::Refused;

/// Roots that are to be made.
#[derive(Debug, Clone)]
pub struct NewRoots {
    /// For which cluster.
    pub cluster: Party,
    /// In which domains.
    pub domains: Vec<Domain>,
    /// What tells them from the roots before and after: stands in their names, as `kubernetes-ca-2026-1`.
    pub generation: String,
    /// The type of their keys.
    pub key: IssuerKeyType,
    /// How long they live, where it is not as usual.
    pub days: Option<u64>,
}

/// Makes the keys of the first roots of a cluster, and closes the plan that certifies them.
///
/// # Errors
/// [`CaError`]; [`RoomError::ClockNotAttested`](crate::offline::room::RoomError); what the token says.
pub fn init(room: &mut Room, token: &Unlocked, new: &NewRoots) -> Result<Plan, Refused> {
    make(room, token, new, |room, domain| {
        let any = roots(room, &new.cluster).any(|(known, _)| known == domain);
        if any { Err(CaError::Exists(domain)) } else { Ok(()) }
    })
}

/// Makes the keys of the roots that follow the current ones, and closes the plan that certifies them.
///
/// # Errors
/// As [`init`].
pub fn next(room: &mut Room, token: &Unlocked, new: &NewRoots) -> Result<Plan, Refused> {
    make(room, token, new, |room, domain| {
        let has = |status| roots(room, &new.cluster).any(|known| known == (domain, status));
        match (has(RootStatus::Current), has(RootStatus::Next)) {
            (false, _) => Err(CaError::None(domain)),
            (true, true) => Err(CaError::NextExists(domain)),
            (true, false) => Ok(()),
        }
    })
}

fn roots<'a>(room: &'a Room, cluster: &Party) -> impl Iterator<Item = (Domain, RootStatus)> + use<'a> {
    room.holding(cluster).into_iter().flat_map(|holding| holding.roots()).map(|root| (root.domain, root.status))
}

fn make(
    room: &mut Room,
    token: &Unlocked,
    new: &NewRoots,
    may: impl Fn(&Room, Domain) -> Result<(), CaError>,
) -> Result<Plan, Refused> {
    let domains = each_once(&new.domains)?;
    let ceremony = Ceremony::begin(room, &new.cluster)?;
    let names = domains.iter().map(|domain| {
        may(room, *domain)?;
        name(room, new, *domain)
    });
    let names = names.collect::<Result<Vec<_>, _>>()?;
    let mut made = Vec::new();
    for (domain, subject) in domains.into_iter().zip(names) {
        made.push((domain, tbs(room, token, new, &ceremony, (domain, &subject))?));
    }
    let mut draft = ceremony.draft(room);
    for (domain, root) in &made {
        draft.root(*domain, root.clone(), &ceremony.index)?;
    }
    for (domain, root) in made {
        add_list(room, &mut draft, &ceremony, Authority { domain, status: RootStatus::Next, tbs: root })?;
    }
    ceremony.close(room, draft)
}

fn add_list(room: &Room, draft: &mut Draft<'_>, ceremony: &Ceremony, issuer: Authority) -> Result<(), Refused> {
    let list = crl::next(&issuer, &ceremony.index, &[], room.policy(), ceremony.attested.time)?;
    draft.crl(list, &issuer);
    Ok(())
}

/// The name of the root, once everything that was asked for is allowed.
fn name(room: &Room, new: &NewRoots, domain: Domain) -> Result<Name, CaError> {
    let (profile, key) = (Profile::Root(domain), new.key.key_type());
    if !room.policy().allows_key(profile, key) {
        return Err(CaError::KeyType(key));
    }
    let most = room.policy().longest_validity_s(profile, false) / DAY;
    if let Some(asked) = new.days.filter(|asked| !(1..=most).contains(asked)) {
        return Err(CaError::Days { asked, most });
    }
    let name = root_name::of(new.cluster.name(), domain, &new.generation).map_err(|_| CaError::Generation)?;
    let mut held = room.holding(&new.cluster).into_iter().flat_map(|holding| holding.roots());
    if held.any(|root| *root.certificate.subject() == name) { Err(CaError::SameName(domain)) } else { Ok(name) }
}

fn tbs(
    room: &mut Room,
    token: &Unlocked,
    new: &NewRoots,
    ceremony: &Ceremony,
    (domain, subject): (Domain, &Name),
) -> Result<TbsCertificate, Refused> {
    let key = key(room, token, new, ceremony, domain)?;
    let most = room.policy().longest_validity_s(Profile::Root(domain), false);
    let asked_s = new.days.map_or_else(|| most.min(Profile::Root(domain).usual_days() * DAY), |days| days * DAY);
    let validity = template::root_validity(ceremony.attested.time, asked_s);
    let validity = validity.ok_or(CaError::Days { asked: asked_s / DAY, most: most / DAY })?;
    let serial = serial(room, token)?;
    Ok(template::root(domain, subject, &key.public, validity, serial)?)
}

/// The key of the root: one that was made for it before and never came to be certified, or a new one.
fn key(
    room: &mut Room,
    token: &Unlocked,
    new: &NewRoots,
    ceremony: &Ceremony,
    domain: Domain,
) -> Result<KnownKey, Refused> {
    let prefix = format!("{}-{domain}-ca-{}-", new.cluster.name(), new.generation);
    let key_type = new.key.key_type();
    let left = room
        .made_for(&prefix)?
        .into_iter()
        .find(|key| key.public.key_type() == key_type && !ceremony.index.knows_key(&key.public.spki_sha256()));
    if let Some(left) = left {
        return Ok(left);
    }
    let label = machine::next_label(room.desk().entries(), &prefix);
    room.make_key(token, Some(ceremony.trace.as_str()), &label, NewKeyKind::Issuer(new.key))
}
