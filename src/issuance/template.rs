//! From what is asked and who signs to the exact bytes to be signed.

use crate::cluster::role::{Domain, Role};
use crate::issuance::authority::{Authority, algorithm};
use crate::issuance::profile::{Bearing, Profile};
use crate::pki::certificate::{CertificateError, TbsCertificate, TbsFields};
use crate::pki::csr::Csr;
use crate::pki::extension::NameConstraints;
use crate::pki::key::{PublicKey, SignatureAlgorithm};
use crate::pki::name::Name;
use crate::pki::serial::Serial;
use crate::pki::validity::Validity;
use crate::wire::time::Timestamp;

/// How far notBefore lies before the attested time, in seconds: nodes whose clocks are a little behind accept the
/// certificate at once.
pub const BACKDATING_S: i64 = 600;

/// From the attested time, dated back but not to before the issuer, for `asked_s` seconds, but not beyond the issuer's
/// end; none where the issuer has ended before.
pub fn validity(time: Timestamp, asked_s: u64, issuer: &TbsCertificate) -> Option<Validity> {
    let outer = issuer.validity();
    let not_before = time.plus(-BACKDATING_S).max(outer.not_before());
    let asked = i64::try_from(asked_s).unwrap_or(i64::MAX);
    Validity::new(not_before, not_before.plus(asked).min(outer.not_after())).ok()
}

/// From the attested time, dated back, for `asked_s` seconds: a root has no issuer whose life limits its own.
pub fn root_validity(time: Timestamp, asked_s: u64) -> Option<Validity> {
    let not_before = time.plus(-BACKDATING_S);
    Validity::new(not_before, not_before.plus(i64::try_from(asked_s).unwrap_or(i64::MAX))).ok()
}

/// As [`validity`], and not beyond the life of `existing`, the root that is certified once more.
pub fn cross_validity(
    time: Timestamp,
    asked_s: u64,
    existing: &TbsCertificate,
    issuer: &TbsCertificate,
) -> Option<Validity> {
    let within = validity(time, asked_s, issuer)?;
    let own = existing.validity();
    Validity::new(within.not_before().max(own.not_before()), within.not_after().min(own.not_after())).ok()
}

/// What a signature binds besides extensions.
struct Frame<'a> {
    subject: &'a Name,
    issuer: &'a Name,
    algorithm: SignatureAlgorithm,
    validity: Validity,
    serial: Serial,
}

impl Frame<'_> {
    fn finalize(self, profile: Profile, bearing: &Bearing<'_>) -> Result<TbsCertificate, CertificateError> {
        TbsCertificate::finalize(&TbsFields {
            serial: self.serial,
            algorithm: self.algorithm,
            issuer: self.issuer.clone(),
            validity: self.validity,
            subject: self.subject.clone(),
            public_key: bearing.key.clone(),
            extensions: profile.extensions(bearing)?,
        })
    }
}

/// A leaf or an intermediate: subject, key and names as the request has them byte for byte, all else from the profile.
///
/// # Errors
/// [`CertificateError`] where the whole is no certificate; not for requests that passed the rules.
pub fn of_request(
    csr: &Csr,
    role: Role,
    constraints: Option<&NameConstraints>,
    issuer: &Authority,
    validity: Validity,
    serial: Serial,
) -> Result<TbsCertificate, CertificateError> {
    let names = csr.subject_alt_names();
    let bearing = Bearing { key: csr.public_key(), authority_key_id: issuer.key_id(), names, constraints };
    Frame { subject: csr.subject(), issuer: issuer.tbs.subject(), algorithm: issuer.algorithm(), validity, serial }
        .finalize(Profile::Role(role), &bearing)
}

/// A self-signed root.
///
/// # Errors
/// [`CertificateError`] where the whole is no certificate.
pub fn root(
    domain: Domain,
    subject: &Name,
    key: &PublicKey,
    validity: Validity,
    serial: Serial,
) -> Result<TbsCertificate, CertificateError> {
    let own_id = key.key_identifier();
    let bearing = Bearing { key, authority_key_id: &own_id, names: None, constraints: None };
    Frame { subject, issuer: subject, algorithm: algorithm(key.key_type()), validity, serial }
        .finalize(Profile::Root(domain), &bearing)
}

/// `existing`, a root, certified by another root of its domain: the same subject and the same key.
///
/// # Errors
/// [`CertificateError`] where the whole is no certificate.
pub fn cross(
    existing: &TbsCertificate,
    issuer: &Authority,
    validity: Validity,
    serial: Serial,
) -> Result<TbsCertificate, CertificateError> {
    let key = existing.public_key();
    let bearing = Bearing { key, authority_key_id: issuer.key_id(), names: None, constraints: None };
    Frame { subject: existing.subject(), issuer: issuer.tbs.subject(), algorithm: issuer.algorithm(), validity, serial }
        .finalize(Profile::Cross(issuer.domain), &bearing)
}
