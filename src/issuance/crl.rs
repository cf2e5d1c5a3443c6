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
    /// The serial number is none.
    #[error("the serial number is no number")]
    Serial,
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
    let serial: Serial = revocation.serial.parse().map_err(|_| RevocationError::Serial)?;
    let name = CertificateName { issuer: revocation.issuer_spki_sha256, serial };
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
            Self::Serial => "REVOCATION_SERIAL",
            Self::NotYours => "REVOCATION_NOT_YOURS",
            Self::Twice => "REVOCATION_TWICE",
        };
        Reason::new(Class::Policy, code, "ask for certificates of this cluster that are not revoked yet")
    }
}
