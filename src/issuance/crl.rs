//! The next revocation list of an issuer.

use thiserror::Error;

use crate::exchange::csr_bundle::manifest::{self, Revocation};
use crate::issuance::authority::Authority;
use crate::issuance::index::{CertificateName, Index};
use crate::issuance::policy::Policy;
use crate::issuance::template::BACKDATING_S;
use crate::pki::crl::{CrlError, CrlFields, RevocationReason, Revoked, TbsCrl};
use crate::pki::serial::Serial;
use crate::refusal::{Class, Reason, Refusal};
use crate::wire::time::Timestamp;

/// Why a revocation is denied.
#[derive(Debug, Error, Clone, Copy, PartialEq, Eq)]
pub enum RevocationError {
    /// The certificate was not issued to this cluster (R12).
    #[error("not yours: the certificate was not issued to this cluster")]
    NotYours,
    /// It is revoked already.
    #[error("the certificate is revoked already")]
    Twice,
}

/// What a cluster may have revoked: certificates that the log says were issued to it, and only once.
///
/// # Errors
/// Any [`RevocationError`].
pub fn judge(
    revocation: &Revocation,
    cluster_uid: &str,
    index: &Index,
) -> Result<(CertificateName, RevocationReason), RevocationError> {
    let name = CertificateName { issuer: revocation.issuer_spki_sha256, serial: revocation.serial.clone() };
    let issued = index.issued(&name).ok_or(RevocationError::NotYours)?;
    if issued.cluster.as_deref() != Some(cluster_uid) {
        return Err(RevocationError::NotYours);
    }
    if index.is_revoked(&name) { Err(RevocationError::Twice) } else { Ok((name, reason(revocation.reason))) }
}

/// The next list of `issuer`: all that was revoked before, and `revoked` besides. Its number is the time in digits, or
/// one more than the last where that is greater, so that it rises even where the last is not known. It is dated back as
/// certificates are.
///
/// # Errors
/// [`CrlError`] where the issuer may not sign lists, or the whole is no list.
pub fn next(
    issuer: &Authority,
    index: &Index,
    revoked: &[(Serial, RevocationReason)],
    policy: &Policy,
    time: Timestamp,
) -> Result<TbsCrl, CrlError> {
    let key = issuer.spki_sha256();
    let this_update = time.plus(-BACKDATING_S).max(issuer.tbs.validity().not_before());
    let lifetime = i64::try_from(policy.crl_lifetime_s()).unwrap_or(i64::MAX);
    let number = index.crl_number(&key).saturating_add(1).max(digits(time));
    let mut fields = CrlFields::of(&issuer.tbs, issuer.algorithm(), number, this_update, this_update.plus(lifetime))?;
    fields.revoked = index.revoked(&key).to_vec();
    let anew =
        revoked.iter().map(|(serial, reason)| Revoked { serial: serial.clone(), time: this_update, reason: *reason });
    fields.revoked.extend(anew);
    TbsCrl::finalize(&fields)
}

/// `YYYYMMDDhhmmss`
fn digits(time: Timestamp) -> u64 {
    let text = time.to_string();
    let digits = text.bytes().filter(u8::is_ascii_digit).map(|digit| u64::from(digit - b'0'));
    digits.fold(0, |number, digit| number * 10 + digit)
}

fn reason(asked: manifest::RevocationReason) -> RevocationReason {
    use manifest::RevocationReason as Asked;
    match asked {
        Asked::Unspecified => RevocationReason::Unspecified,
        Asked::KeyCompromise => RevocationReason::KeyCompromise,
        Asked::AffiliationChanged => RevocationReason::AffiliationChanged,
        Asked::Superseded => RevocationReason::Superseded,
        Asked::CessationOfOperation => RevocationReason::CessationOfOperation,
    }
}

impl Refusal for RevocationError {
    fn reason(&self) -> Reason {
        let code = match self {
            Self::NotYours => "REVOCATION_NOT_YOURS",
            Self::Twice => "REVOCATION_TWICE",
        };
        Reason::new(Class::Policy, code, "ask for certificates of this cluster that are not revoked yet")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::role::Domain;
    use crate::issuance::specimen::history::{UID, closed, closed_for, crl, digest, entries, intent, order};
    use crate::issuance::specimen::{World, now, serial};
    use crate::pki::mint::openssl;

    fn asks(serial: &str) -> Revocation {
        Revocation {
            issuer_spki_sha256: digest("root"),
            reason: manifest::RevocationReason::KeyCompromise,
            serial: serial.parse().unwrap(),
            since: now(),
        }
    }

    #[test]
    fn r12_a_cluster_revokes_its_own_certificates_once() {
        let issued = vec![
            closed("p", "s", 1),
            intent("p", vec![order(1, "11"), order(2, "12")]),
            closed_for("another", "q", "t", 1),
            intent("q", vec![order(1, "21")]),
            closed("r", "u", 2),
            intent("r", vec![crl(7, &["12"])]),
        ];
        let index = Index::fold(&entries(issued)).unwrap();
        let verdict = |serial| judge(&asks(serial), UID, &index).map(|(name, _)| name.serial.to_string());
        assert_eq!(verdict("11"), Ok("11".to_owned()));
        assert_eq!(verdict("12"), Err(RevocationError::Twice));
        assert_eq!(verdict("21"), Err(RevocationError::NotYours));
        assert_eq!(verdict("22"), Err(RevocationError::NotYours));
    }

    #[test]
    fn numbers_are_the_time_and_rise_where_the_clock_does_not() {
        let world = World::default();
        let issuer = &world.authorities.all()[0];
        let number = |last: Option<u64>| {
            let orders = last.map(|last| {
                let list = crl(last, &[]);
                crate::audit::detail::OrderIntent { issuer: issuer.spki_sha256(), ..list }
            });
            let events = vec![closed("p", "s", 1), intent("p", orders.into_iter().collect())];
            let index = Index::fold(&entries(events)).unwrap();
            next(issuer, &index, &[], &world.policy, now()).unwrap().fields().number
        };
        assert_eq!(number(None), 20_261_122_030_000);
        assert_eq!(number(Some(20_261_122_029_999)), 20_261_122_030_000);
        assert_eq!(number(Some(20_261_122_030_000)), 20_261_122_030_001);
        assert_eq!(number(Some(20_991_122_030_000)), 20_991_122_030_001);
    }

    #[test]
    fn openssl_reads_the_list_and_finds_what_is_revoked() {
        let world = World::default();
        let issuer = world.authorities.choose(Domain::Kubernetes, &world.audience).unwrap();
        let revoked = serial();
        let entry = (revoked.clone(), RevocationReason::KeyCompromise);
        let tbs = next(issuer, &world.index, std::slice::from_ref(&entry), &world.policy, now()).unwrap();
        let (from, to) = (tbs.fields().this_update, tbs.fields().next_update);
        assert_eq!((from, to.since(from)), (now().plus(-600), 90 * 86_400));
        let signature = world.sign(&issuer.spki_sha256(), tbs.tbs_der());
        let list = tbs.assemble(&signature);
        let root = world.root_of(Domain::Kubernetes).certificate.to_pem();
        let (_, said) = openssl(&["crl", "-in", "{0}", "-CAfile", "{1}", "-noout", "-text"], &[list.to_pem(), root]);
        assert!(said.contains("verify OK"), "{said}");
        assert!(said.contains(&revoked.to_string().to_uppercase()) && said.contains("Key Compromise"), "{said}");
    }
}
