//! Who may have issued whom: the checks that a path library leaves out, and for which CA certificates are as good as
//! leaves.
//!
//! rustls-webpki believes a trust anchor for ever and at any depth, and verifies leaves only. Here every certificate of a
//! chain counts, the anchor too: names chain by DER, key identifiers match, the issuer is a CA that may sign certificates,
//! path lengths hold, and no certificate outlives its issuer.

use thiserror::Error;

use super::certificate::{Certificate, TbsCertificate};
use super::extension::KeyUsage;
use super::key::KeyError;
use super::name::Name;
use super::validity::Validity;
use crate::refusal::{Class, Reason, Refusal};
use crate::wire::time::Timestamp;

mod cross;

pub use cross::{CrossError, cross_certifies};

/// Why a chain was refused; each names the certificate by its subject.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum ChainError {
    /// No certificate at all.
    #[error("the chain holds no certificate")]
    Empty,
    /// The issuer's subject is not the name of the issuer, compared by DER.
    #[error("{subject} names {issuer} as its issuer, which is not the subject of the next certificate")]
    IssuerName {
        /// Of the lower certificate.
        subject: Name,
        /// Whom it names.
        issuer: Name,
    },
    /// The authority key identifier is not the issuer's subject key identifier.
    #[error("the authority key identifier of {0} is not the subject key identifier of its issuer")]
    KeyId(Name),
    /// The issuer is not a CA.
    #[error("{0} is not a CA")]
    NotCa(Name),
    /// The issuer's keyUsage lacks keyCertSign.
    #[error("{0} may not sign certificates")]
    KeyCertSign(Name),
    /// More CAs below than pathLenConstraint allows.
    #[error("{subject} allows {allowed} CAs below it, the chain has {found}")]
    PathLength {
        /// The CA that limits its depth.
        subject: Name,
        /// What it allows.
        allowed: u8,
        /// What stands below it.
        found: usize,
    },
    /// The validity is not within the issuer's.
    #[error("{subject} is valid {inner}, its issuer {outer}")]
    Outlives {
        /// Of the lower certificate.
        subject: Name,
        /// Its validity.
        inner: Validity,
        /// The issuer's.
        outer: Validity,
    },
    /// Not yet, or no longer, valid.
    #[error("{subject} is valid {validity}, not at {time}")]
    Time {
        /// Whose certificate it is.
        subject: Name,
        /// When it is valid.
        validity: Validity,
        /// When it was to be.
        time: Timestamp,
    },
    /// A critical extension that airlock does not know.
    #[error("{0} holds a critical extension that is not known")]
    UnknownCritical(Name),
    /// The signature does not verify under the issuer's key.
    #[error("the signature of {subject} does not verify under the key of its issuer")]
    Signature {
        /// Of the lower certificate.
        subject: Name,
        /// What the key said.
        #[source]
        error: KeyError,
    },
}

impl Refusal for ChainError {
    fn reason(&self) -> Reason {
        let verification = |code, hint| Reason::new(Class::Verification, code, hint);
        match self {
            Self::Empty => verification("CHAIN_EMPTY", "give the certificate and its CAs"),
            Self::IssuerName { .. } => verification("CHAIN_ISSUER_NAME", "give the CA that issued it"),
            Self::KeyId(_) => verification("CHAIN_KEY_ID", "give the CA certificate of the key that signed it"),
            Self::NotCa(_) => verification("CHAIN_NOT_CA", "treat it as hostile: a leaf does not issue certificates"),
            Self::KeyCertSign(_) => verification("CHAIN_KEY_CERT_SIGN", "use a CA whose keyUsage has keyCertSign"),
            Self::PathLength { .. } => verification("CHAIN_PATH_LENGTH", "issue from a CA nearer to the root"),
            Self::Outlives { .. } => verification("CHAIN_OUTLIVES", "shorten it, or issue from a CA that lives longer"),
            Self::Time { .. } => verification("CHAIN_TIME", "check the clock; if it is right, renew the certificate"),
            Self::UnknownCritical(_) => verification("CHAIN_UNKNOWN_CRITICAL", "issue it again without that extension"),
            Self::Signature { .. } => verification("CHAIN_SIGNATURE", "treat it as tampered with, or not of this CA"),
        }
    }
}

/// Whether `issuer` may issue what `tbs` says: everything but the signatures, so it can be asked before either is signed.
///
/// # Errors
/// Any [`ChainError`] but those of time, signature and emptiness.
pub fn may_issue(issuer: &TbsCertificate, tbs: &TbsCertificate) -> Result<(), ChainError> {
    if tbs.issuer() != issuer.subject() {
        return Err(ChainError::IssuerName { subject: tbs.subject().clone(), issuer: tbs.issuer().clone() });
    }
    if !key_ids_match(issuer, tbs) {
        return Err(ChainError::KeyId(tbs.subject().clone()));
    }
    may_sign(issuer)?;
    let (inner, outer) = (tbs.validity(), issuer.validity());
    if !outer.encloses(&inner) {
        return Err(ChainError::Outlives { subject: tbs.subject().clone(), inner, outer });
    }
    if tbs.is_ca() && !is_self_issued(tbs) { path_length(issuer, 1) } else { Ok(()) }
}

/// Whether `issuer` issued `certificate`: [`may_issue`] and the signature.
///
/// # Errors
/// Any [`ChainError`] but those of time and emptiness.
pub fn issued(issuer: &Certificate, certificate: &Certificate) -> Result<(), ChainError> {
    may_issue(issuer, certificate)?;
    certificate
        .verify_signed_by(issuer.public_key())
        .map_err(|error| ChainError::Signature { subject: certificate.subject().clone(), error })
}

/// Verifies a whole chain at `time`, the target first and the anchor last; the target may be a CA, and alone. The anchor
/// is trusted for its key, so its own signature does not count, but everything else it says does. Unlike RFC 5280, a
/// target that is a CA counts for path lengths: it is there to issue.
///
/// # Errors
/// Any [`ChainError`].
pub fn verify(chain: &[&Certificate], time: Timestamp) -> Result<(), ChainError> {
    let Some((target, _)) = chain.split_first() else { return Err(ChainError::Empty) };
    for certificate in chain {
        let (subject, validity) = (certificate.subject(), certificate.validity());
        if !validity.contains(time) {
            return Err(ChainError::Time { subject: subject.clone(), validity, time });
        }
        if !certificate.extensions().unknown_critical().is_empty() {
            return Err(ChainError::UnknownCritical(subject.clone()));
        }
    }
    let counts = |certificate: &Certificate| usize::from(certificate.is_ca() && !is_self_issued(certificate));
    let mut below = counts(target);
    for pair in chain.windows(2) {
        let [certificate, issuer] = pair else { continue };
        issued(issuer, certificate)?;
        path_length(issuer, below)?;
        below += counts(issuer);
    }
    Ok(())
}

/// Self-issued certificates do not count for path lengths (RFC 5280, 4.2.1.9).
fn is_self_issued(tbs: &TbsCertificate) -> bool {
    tbs.issuer() == tbs.subject()
}

/// Whether `issuer` is a CA that may sign certificates.
///
/// # Errors
/// [`ChainError::NotCa`], [`ChainError::KeyCertSign`].
pub fn may_sign(issuer: &TbsCertificate) -> Result<(), ChainError> {
    if !issuer.is_ca() {
        return Err(ChainError::NotCa(issuer.subject().clone()));
    }
    let usage = issuer.extensions().key_usage();
    if usage.is_some_and(|usage| usage.contains(KeyUsage::KEY_CERT_SIGN)) {
        Ok(())
    } else {
        Err(ChainError::KeyCertSign(issuer.subject().clone()))
    }
}

/// A self-signed certificate may leave its authority out (RFC 5280, 4.2.1.1); a serial number there must be the issuer's.
fn key_ids_match(issuer: &TbsCertificate, tbs: &TbsCertificate) -> bool {
    let subject_key_id = issuer.extensions().subject_key_id();
    match tbs.extensions().authority_key_id() {
        None => subject_key_id.is_none() || (is_self_issued(tbs) && tbs.public_key() == issuer.public_key()),
        Some(authority) => {
            let same_key = authority.key_id.as_deref() == subject_key_id;
            same_key && authority.serial.as_ref().is_none_or(|serial| serial == issuer.serial())
        }
    }
}

fn path_length(issuer: &TbsCertificate, below: usize) -> Result<(), ChainError> {
    match issuer.extensions().basic_constraints().and_then(|constraints| constraints.path_len) {
        Some(allowed) if below > usize::from(allowed) => {
            Err(ChainError::PathLength { subject: issuer.subject().clone(), allowed, found: below })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
