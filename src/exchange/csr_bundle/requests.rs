//! The CSRs of a bundle, read on all cores: verifying the proofs of possession is most of the work of receiving.

use std::num::NonZero;
use std::thread;

use super::layout;
use super::manifest::{Manifest, Request};
use super::{BundleError, BundleRequest};
use crate::exchange::container::Container;
use crate::pki::certificate::Certificate;
use crate::pki::csr::{Csr, CsrError, ProvenBefore};
use crate::wire::digest::Digest;
use crate::wire::pem;

/// Reads each request and what it replaces. `proven` means that the log knows the proofs to hold for these bytes.
pub(super) fn read(
    container: &Container<'_>,
    manifest: &Manifest,
    proven: bool,
) -> Result<Vec<BundleRequest>, BundleError> {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let share = manifest.requests.len().div_ceil(cores).max(1);
    let some = |entries: &[Request]| entries.iter().map(|entry| one(container, entry, proven)).collect();
    let parts: Vec<Result<Vec<_>, BundleError>> = thread::scope(|scope| {
        let workers: Vec<_> = manifest.requests.chunks(share).map(|chunk| scope.spawn(|| some(chunk))).collect();
        workers.into_iter().map(|worker| worker.join().unwrap_or(Err(BundleError::Worker))).collect()
    });
    let mut all = Vec::with_capacity(manifest.requests.len());
    for part in parts {
        all.extend(part?);
    }
    Ok(all)
}

fn one(container: &Container<'_>, entry: &Request, proven: bool) -> Result<BundleRequest, BundleError> {
    let id = entry.id;
    let text = container.get(&layout::request(id)).unwrap_or_default();
    let der = pem::decode(pem::CERTIFICATE_REQUEST, text).map_err(|error| BundleError::Pem { id, error })?;
    if Digest::of(&der) != entry.csr_sha256 {
        return Err(BundleError::CsrDigest(id));
    }
    let csr = csr(&der, entry.csr_sha256, proven);
    if csr.as_ref().is_ok_and(|csr| csr.public_key().spki_sha256() != entry.spki_sha256) {
        return Err(BundleError::SpkiDigest(id));
    }
    Ok(BundleRequest { entry: entry.clone(), csr, replaced: replaced(container, entry)? })
}

fn csr(der: &[u8], csr_sha256: Digest, proven: bool) -> Result<Csr, CsrError> {
    if proven {
        Csr::assume_proven(der, ProvenBefore::the_log_says_this_request_was_verified(csr_sha256))
    } else {
        Csr::parse_der(der)
    }
}

/// The replaced certificate; that it was issued here, and to this cluster, is for the index of issued ones to say.
fn replaced(container: &Container<'_>, entry: &Request) -> Result<Option<Certificate>, BundleError> {
    let Some(replaces) = &entry.replaces else { return Ok(None) };
    let id = entry.id;
    let text = container.get(&layout::replaced(id)).unwrap_or_default();
    let certificate = Certificate::parse_pem(text).map_err(|error| BundleError::Replaced { id, error })?;
    let same = *certificate.serial() == replaces.serial && certificate.validity().not_after() == replaces.not_after;
    if same { Ok(Some(certificate)) } else { Err(BundleError::ReplacedOther(id)) }
}
