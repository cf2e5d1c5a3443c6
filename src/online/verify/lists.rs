//! Revocation lists and roots: nothing goes back (W11), and no trust changes that nobody asked for (W13).

use super::VerifyError;
use super::run::{Known, Run};
use crate::audit::detail::CrlSeen;
use crate::cluster::role::Domain;
use crate::exchange::cert_package::Package;
use crate::exchange::cert_package::contents::Contents;
use crate::exchange::enrolment::record::EnrolledRoot;
use crate::exchange::roots::{RootName, RootStatus};
use crate::pki::certificate::Certificate;
use crate::pki::chain::cross_certifies;
use crate::pki::crl::Crl;
use crate::report::checks::CheckId;
use crate::wire::digest::Digest;
use crate::wire::text::fill;

/// Checks them; returns the newest list of each issuer, known before or new.
pub(super) fn check(
    run: &mut Run,
    package: &Package<'_>,
    contents: &Contents,
    known: &Known<'_>,
) -> Result<Vec<CrlSeen>, VerifyError> {
    let mut newest = known.crls.to_vec();
    for (name, crl) in contents.crls() {
        let issuer = issued_by(name.domain, name.issuer_spki_sha256, crl, known)?;
        let number = name.number;
        match newest.iter_mut().find(|seen| seen.issuer == name.issuer_spki_sha256) {
            Some(seen) if seen.number > number => {
                let (domain, known) = (name.domain.to_string(), seen.number);
                return Err(VerifyError::CrlOlder { domain, found: number, known });
            }
            Some(seen) => seen.number = number,
            None => newest.push(CrlSeen { issuer: name.issuer_spki_sha256, number }),
        }
        let of_issuer = |certificate: &Certificate| certificate.issuer() == issuer.subject();
        let revoked =
            contents.certificates().iter().find(|(_, one)| of_issuer(one) && crl.find(one.serial()).is_some());
        if let Some((id, _)) = revoked {
            return Err(VerifyError::Revoked(*id));
        }
    }
    newest.sort_by_key(|seen| *seen.issuer.as_bytes());
    run.ok(CheckId::W11, format!("{} CRLs, none older than ours", contents.crls().len()));
    trust(run, package, contents, known)?;
    Ok(newest)
}

/// The pinned root that signed the list; its key identifier, name and usage fit.
fn issued_by<'a>(domain: Domain, issuer: Digest, crl: &Crl, known: &Known<'a>) -> Result<&'a Certificate, VerifyError> {
    let by = |root: &&EnrolledRoot| root.domain == domain && root.certificate.public_key().spki_sha256() == issuer;
    let root = known.ca.roots().iter().find(by).ok_or_else(|| VerifyError::CrlIssuer(domain.to_string()))?;
    let refused = |error| VerifyError::Crl { domain: domain.to_string(), error };
    crl.verify_issued_by(&root.certificate).map_err(refused)?;
    Ok(&root.certificate)
}

fn trust(run: &mut Run, package: &Package<'_>, contents: &Contents, known: &Known<'_>) -> Result<(), VerifyError> {
    for (name, root) in contents.roots() {
        let is_pinned = |pinned: &EnrolledRoot| pinned.domain == name.domain && pinned.certificate == *root;
        if !known.ca.roots().iter().any(is_pinned) {
            return Err(VerifyError::Trust(format!("the {} root {} of {}", name.status, name.sha256, name.domain)));
        }
    }
    for (domain, cross) in contents.cross() {
        let fits = |root: &EnrolledRoot| root.domain == *domain && cross_certifies(cross, &root.certificate).is_ok();
        if !known.ca.roots().iter().any(fits) {
            return Err(VerifyError::Trust(format!("a cross-certificate of {domain}")));
        }
    }
    let next = package.manifest().roots.iter().filter(|root: &&RootName| root.status == RootStatus::Next).count();
    let text = match (package.manifest().roots.len(), next) {
        (0, _) => "no root travels with the package".to_owned(),
        (all, 0) => fill("{} root{s}, all pinned", [&all]),
        (all, next) => fill("{} root{s}, all pinned, {} of them next", [&all, &next]),
    };
    run.ok(CheckId::W13, text);
    Ok(())
}
