//! Revocation lists: the next one of each root of a cluster, with what is revoked from now on.

use crate::cluster::role::Domain;
use crate::exchange::statement::party::Party;
use crate::issuance::authority::{Authorities, Authority};
use crate::issuance::crl;
use crate::issuance::index::{CertificateName, Index};
use crate::issuance::plan::Plan;
use crate::offline::ca::CaError;
use crate::offline::ca::ceremony::{Ceremony, each_once};
use crate::offline::room::Room;
use crate::pki::crl::RevocationReason;
use crate::pki::serial::Serial;
use crate::refusal::Refused;

/// A certificate that is revoked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revoke {
    /// Its serial number.
    pub serial: Serial,
    /// Why.
    pub reason: RevocationReason,
}

/// Closes the plan of the next list of every root of the cluster in these domains.
///
/// # Errors
/// [`CaError`]; [`RoomError::ClockNotAttested`](crate::offline::room::RoomError).
pub fn lists(room: &mut Room, cluster: &Party, domains: &[Domain], revoke: &[Revoke]) -> Result<Plan, Refused> {
    let domains = each_once(domains)?;
    let ceremony = Ceremony::begin(room, cluster)?;
    let authorities = room.authorities(cluster);
    let has_root = |domain: &Domain| authorities.all().iter().any(|root| root.domain == *domain);
    if let Some(domain) = domains.iter().find(|domain| !has_root(domain)) {
        return Err(CaError::None(*domain).into());
    }
    let issuers: Vec<_> = authorities.all().iter().filter(|root| domains.contains(&root.domain)).cloned().collect();
    let issuers = Authorities::new(issuers);
    let revoked = assign(revoke, issuers.all(), &ceremony.index)?;
    let mut draft = ceremony.draft(room);
    for (issuer, anew) in issuers.all().iter().zip(revoked) {
        let list = crl::next(issuer, &ceremony.index, &anew, room.policy(), ceremony.attested.time)?;
        draft.crl(list, issuer);
    }
    ceremony.close(room, draft)
}

/// What each issuer revokes.
fn assign(
    revoke: &[Revoke],
    issuers: &[Authority],
    index: &Index,
) -> Result<Vec<Vec<(Serial, RevocationReason)>>, CaError> {
    let mut of_issuer = vec![Vec::new(); issuers.len()];
    for Revoke { serial, reason } in revoke {
        let name = |issuer: &Authority| CertificateName { issuer: issuer.spki_sha256(), serial: serial.clone() };
        let mut found = issuers.iter().zip(&mut of_issuer).filter(|(issuer, _)| index.issued(&name(issuer)).is_some());
        let (issuer, anew) = found.next().ok_or_else(|| CaError::UnknownSerial(serial.clone()))?;
        if found.next().is_some() {
            return Err(CaError::AmbiguousSerial(serial.clone()));
        }
        if index.is_revoked(&name(issuer)) || anew.iter().any(|(known, _)| known == serial) {
            return Err(CaError::Revoked(serial.clone()));
        }
        anew.push((serial.clone(), *reason));
    }
    Ok(of_issuer)
}
