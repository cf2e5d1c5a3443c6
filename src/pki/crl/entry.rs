//! The entries of a revocation list (RFC 5280, 5.3).

use std::collections::HashSet;

use x509_cert::crl::RevokedCert;
use x509_cert::ext::pkix::CrlReason;

use super::{CrlError, time};
use crate::pki::exact::{self, element, tag};
use crate::pki::extension::{Extension, oid};
use crate::pki::serial::Serial;
use crate::pki::validity::time_der;
use crate::wire::time::Timestamp;

/// Why a certificate was revoked (RFC 5280, 5.3.1); holds do not exist here, revoked is revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RevocationReason {
    /// No reason is given; nothing is written.
    Unspecified,
    /// The subject's key is in other hands.
    KeyCompromise,
    /// The CA's key is in other hands.
    CaCompromise,
    /// The subject changed its name or its place.
    AffiliationChanged,
    /// Another certificate took its place.
    Superseded,
    /// It is no longer needed.
    CessationOfOperation,
    /// A right that it gives was withdrawn.
    PrivilegeWithdrawn,
}

/// One revoked certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revoked {
    /// Its number under the issuer of the list.
    pub serial: Serial,
    /// Since when it is revoked.
    pub time: Timestamp,
    /// Why.
    pub reason: RevocationReason,
}

impl Revoked {
    pub(super) fn to_der(&self) -> Vec<u8> {
        let reason = match self.reason {
            RevocationReason::Unspecified => Vec::new(),
            given => {
                let code = element(tag::ENUMERATED, &[&[given.code()]]);
                element(tag::SEQUENCE, &[&Extension::new(oid::CRL_REASON, false, code).to_der()])
            }
        };
        element(tag::SEQUENCE, &[&self.serial.to_der(), &time_der(self.time), &reason])
    }
}

impl RevocationReason {
    /// Those that are written.
    pub(super) const WRITTEN: [Self; 6] = [
        Self::KeyCompromise,
        Self::CaCompromise,
        Self::AffiliationChanged,
        Self::Superseded,
        Self::CessationOfOperation,
        Self::PrivilegeWithdrawn,
    ];

    /// The number of CRLReason.
    pub const fn code(self) -> u8 {
        match self {
            Self::Unspecified => 0,
            Self::KeyCompromise => 1,
            Self::CaCompromise => 2,
            Self::AffiliationChanged => 3,
            Self::Superseded => 4,
            Self::CessationOfOperation => 5,
            Self::PrivilegeWithdrawn => 9,
        }
    }
}

/// Reads all entries; no serial stands twice.
pub(super) fn read(list: Vec<RevokedCert>) -> Result<Vec<Revoked>, CrlError> {
    let mut seen = HashSet::with_capacity(list.len());
    let mut revoked = Vec::with_capacity(list.len());
    for entry in list {
        let serial = Serial::from_octets(entry.serial_number.as_bytes())?;
        if !seen.insert(serial.clone()) {
            return Err(CrlError::Twice(serial));
        }
        let reason = reason(entry.crl_entry_extensions).ok_or_else(|| CrlError::Reason(serial.clone()))?;
        revoked.push(Revoked { serial, time: time(entry.revocation_date)?, reason });
    }
    Ok(revoked)
}

fn reason(extensions: Option<x509_cert::ext::Extensions>) -> Option<RevocationReason> {
    let Some(list) = extensions else { return Some(RevocationReason::Unspecified) };
    match list.as_slice() {
        [only] if only.extn_id == oid::CRL_REASON && !only.critical => {
            let code: CrlReason = exact::decode(only.extn_value.as_bytes()).ok()?;
            RevocationReason::WRITTEN.into_iter().find(|reason| reason.code() == code as u8)
        }
        _ => None,
    }
}
