//! Two roots of a domain certify each other, so that chains verify for those who trust either of them.

use crate::cluster::role::Domain;
use crate::devices::hsm::Unlocked;
use crate::exchange::roots::RootStatus;
use crate::exchange::statement::party::Party;
use crate::issuance::authority::Authority;
use crate::issuance::plan::Plan;
use crate::issuance::profile::Profile;
use crate::issuance::template;
use crate::offline::ca::CaError;
use crate::offline::ca::ceremony::{Ceremony, each_once, serial};
use crate::offline::room::Room;
use crate::pki::certificate::TbsCertificate;
use crate::refusal::Refused;

/// Closes the plan in which current and next root of each domain certify each other, within the life of both.
///
/// # Errors
/// [`CaError`]; [`RoomError::ClockNotAttested`](crate::offline::room::RoomError); what the token says.
pub fn cross(room: &mut Room, token: &Unlocked, cluster: &Party, domains: &[Domain]) -> Result<Plan, Refused> {
    let domains = each_once(domains)?;
    let ceremony = Ceremony::begin(room, cluster)?;
    let authorities = room.authorities(cluster);
    let root = |domain, status| authorities.all().iter().find(|root| root.domain == domain && root.status == status);
    let mut made = Vec::new();
    for domain in domains {
        let current = root(domain, RootStatus::Current).ok_or(CaError::None(domain))?;
        let next = root(domain, RootStatus::Next).ok_or(CaError::NoNext(domain))?;
        for (certified, issuer) in [(next, current), (current, next)] {
            made.push((certify(room, token, &ceremony, certified, issuer)?, issuer));
        }
    }
    let mut draft = ceremony.draft(room);
    for (tbs, issuer) in made {
        draft.cross(tbs, issuer, &ceremony.index)?;
    }
    ceremony.close(room, draft)
}

fn certify(
    room: &mut Room,
    token: &Unlocked,
    ceremony: &Ceremony,
    certified: &Authority,
    issuer: &Authority,
) -> Result<TbsCertificate, Refused> {
    let domain = certified.domain;
    let most = room.policy().longest_validity_s(Profile::Cross(domain), false);
    let validity = template::cross_validity(ceremony.attested.time, most, &certified.tbs, &issuer.tbs);
    let validity = validity.ok_or(CaError::NoOverlap(domain))?;
    let serial = serial(room, token)?;
    Ok(template::cross(&certified.tbs, issuer, validity, serial)?)
}
