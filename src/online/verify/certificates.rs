//! Each certificate against the request that it answers: its key, its names and usages, its time, and its way to a pinned
//! root (W06, W07, W08, W10).

use std::collections::BTreeSet;

use super::VerifyError;
use super::run::{Known, Run};
use crate::cluster::role::{Domain, Role};
use crate::exchange::cert_package::Package;
use crate::exchange::cert_package::contents::Contents;
use crate::exchange::cert_package::manifest::Outcome;
use crate::exchange::csr_bundle::manifest::Request;
use crate::exchange::csr_bundle::number::Number;
use crate::issuance::template::BACKDATING_S;
use crate::pki::certificate::Certificate;
use crate::pki::chain;
use crate::pki::csr::Csr;
use crate::pki::extension::oid;
use crate::pki::path::{self, LeafUse};
use crate::pki::san::{AltName, SubjectAltNames};
use crate::report::checks::{Check, CheckId};
use crate::wire::text::{self, fill};

/// Checks them all.
pub(super) fn check(
    run: &mut Run,
    package: &Package<'_>,
    contents: &Contents,
    known: &Known<'_>,
) -> Result<(), VerifyError> {
    let all = contents.certificates();
    let asked = |id: Number| known.bundle.request(id).ok_or(VerifyError::Key(id));
    for (id, certificate) in all {
        let (request, csr) = asked(*id)?;
        if certificate.public_key() != csr.public_key() || request.spki_sha256 != csr.public_key().spki_sha256() {
            return Err(VerifyError::Key(*id));
        }
    }
    run.ok(CheckId::W07, format!("{} public keys equal the keys we sent; none extra", all.len()));
    for outcome in &package.manifest().results {
        let Outcome::Issued { id, profile, .. } = outcome else { continue };
        if asked(*id)?.0.profile != *profile {
            return Err(VerifyError::Profile(*id));
        }
    }
    let mut narrowed = Vec::new();
    for (id, certificate) in all {
        let (request, csr) = asked(*id)?;
        if !names(*id, certificate, request, csr)? {
            narrowed.push(id.to_string());
        }
    }
    match narrowed.as_slice() {
        [] => run.ok(CheckId::W08, "subjects, names and usages are those that we asked for"),
        some => {
            let text = format!("within what we asked; fewer names than asked: {}", some.join(", "));
            run.push(Check::warn(CheckId::W08, "NAMES_NARROWED", text));
        }
    }
    for (id, certificate) in all {
        times(*id, certificate, asked(*id)?.0, known)?;
    }
    let end = all.iter().map(|(_, certificate)| certificate.validity().not_after()).min();
    let end = end.map_or_else(|| "nothing was issued".to_owned(), |end| format!("the first one ends {end}"));
    run.ok(CheckId::W10, format!("validity began in the past; {end}"));
    paths(contents, known)?;
    run.ok(CheckId::W06, fill("{} certificate{s} chained to pinned roots", [&all.len()]));
    Ok(())
}

/// Whether all names are there that were asked for; more are refused.
fn names(id: Number, certificate: &Certificate, request: &Request, csr: &Csr) -> Result<bool, VerifyError> {
    let role = request.profile;
    if certificate.subject() != csr.subject() {
        return Err(VerifyError::Subject(id));
    }
    if certificate.is_ca() != role.identity().is_ca || !role.uses(certificate.extensions().extended_key_usage()) {
        return Err(VerifyError::Usages(id));
    }
    let set = |names: Option<&'_ SubjectAltNames>| -> BTreeSet<String> {
        names.map(SubjectAltNames::names).unwrap_or_default().iter().map(AltName::to_string).collect()
    };
    let (found, asked) = (set(certificate.subject_alt_names()), set(csr.subject_alt_names()));
    match found.difference(&asked).next() {
        Some(name) => Err(VerifyError::Names { id, name: text::clip(name, 80) }),
        None => Ok(found == asked),
    }
}

fn times(id: Number, certificate: &Certificate, request: &Request, known: &Known<'_>) -> Result<(), VerifyError> {
    let validity = certificate.validity();
    if validity.not_before() > known.now {
        return Err(VerifyError::NotYet { id, from: validity.not_before(), now: known.now });
    }
    if validity.not_after() < known.now {
        return Err(VerifyError::Ended { id, end: validity.not_after() });
    }
    let lasts = validity.not_after().since(validity.not_before());
    let asked = i64::try_from(request.validity_s).unwrap_or(i64::MAX).saturating_add(BACKDATING_S);
    if lasts > asked { Err(VerifyError::TooLong(id)) } else { Ok(()) }
}

fn paths(contents: &Contents, known: &Known<'_>) -> Result<(), VerifyError> {
    for ca in contents.chain() {
        let is_root = known.ca.roots().iter().any(|root| root.certificate == *ca);
        let leads = |root: &Certificate| chain::verify(&[ca, root], known.now).is_ok();
        if !is_root && !known.ca.roots().iter().any(|root| leads(&root.certificate)) {
            return Err(VerifyError::Chain(ca.subject().safe()));
        }
    }
    for (id, certificate) in contents.certificates() {
        let Some((request, _)) = known.bundle.request(*id) else { continue };
        let refused = |error| VerifyError::Path { id: *id, error };
        path_of(certificate, request.profile, contents, known).map_err(refused)?;
    }
    Ok(())
}

fn path_of(
    certificate: &Certificate,
    role: Role,
    contents: &Contents,
    known: &Known<'_>,
) -> Result<(), path::PathError> {
    let anchors = anchors(known, role.domain());
    if role.identity().is_ca {
        let mut why = path::PathError::UnknownIssuer(certificate.subject().clone());
        for root in &anchors {
            match chain::verify(&[certificate, root], known.now) {
                Ok(()) => return Ok(()),
                Err(error) => why = error.into(),
            }
        }
        return Err(why);
    }
    path::verify(certificate, contents.chain(), &anchors, known.now, leaf_use(role))
}

/// The pinned roots of a domain.
fn anchors(known: &Known<'_>, domain: Domain) -> Vec<Certificate> {
    let of_domain = known.ca.roots().iter().filter(|root| root.domain == domain);
    of_domain.map(|root| root.certificate.clone()).collect()
}

fn leaf_use(role: Role) -> LeafUse {
    let usages = role.identity().usages;
    match (usages.contains(&oid::SERVER_AUTH), usages.contains(&oid::CLIENT_AUTH)) {
        (true, true) => LeafUse::Both,
        (true, false) => LeafUse::Server,
        _ => LeafUse::Client,
    }
}
