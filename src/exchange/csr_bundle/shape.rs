//! What a manifest owes to itself: numbers without gaps, counts that are right, lists without repetition.

use std::collections::{BTreeMap, BTreeSet};

use super::BundleError;
use super::manifest::{FORMAT, Manifest, SUITE};
use super::number::{MAX_REQUESTS, Number};

/// The longest time between making and expiry, in seconds.
const MAX_LIFE: i64 = 14 * 24 * 60 * 60;
const NONCE: usize = 32;

pub(super) fn check(manifest: &Manifest) -> Result<(), BundleError> {
    if manifest.format != FORMAT {
        return Err(BundleError::Format);
    }
    if manifest.suite != SUITE {
        return Err(BundleError::Suite);
    }
    if let Some(key) = manifest.extra.keys().find(|key| !key.starts_with("x-")) {
        return Err(BundleError::UnknownKey(key.clone()));
    }
    if manifest.nonce.0.len() != NONCE {
        return Err(BundleError::Nonce);
    }
    let life = manifest.expires.since(manifest.created);
    if !(0..=MAX_LIFE).contains(&life) {
        return Err(BundleError::Life);
    }
    check_requests(manifest)?;
    check_lists(manifest)
}

fn check_requests(manifest: &Manifest) -> Result<(), BundleError> {
    let count = Some(manifest.requests.len()).filter(|count| *count <= MAX_REQUESTS as usize);
    let numbers = count.and_then(Number::list).ok_or(BundleError::Numbers)?;
    if !numbers.eq(manifest.requests.iter().map(|request| request.id)) {
        return Err(BundleError::Numbers);
    }
    let mut counts = BTreeMap::new();
    for request in &manifest.requests {
        *counts.entry(request.profile).or_insert(0_u64) += 1;
    }
    if counts != manifest.counts { Err(BundleError::Counts) } else { Ok(()) }
}

fn check_lists(manifest: &Manifest) -> Result<(), BundleError> {
    if !manifest.audience.issuers.is_sorted_by(|one, next| one < next) {
        return Err(BundleError::Issuers);
    }
    let revocations = manifest.revocations.iter().map(|one| (one.issuer_spki_sha256, &one.serial));
    if !are_distinct(revocations) {
        return Err(BundleError::Revocations);
    }
    let alone = manifest.requests.is_empty() && manifest.revocations.is_empty();
    let changes = manifest.trust_ops.iter().map(|op| (op.domain, op.op));
    let stand_alone = manifest.trust_ops.is_empty() || (alone && are_distinct(changes));
    if !stand_alone {
        return Err(BundleError::TrustOps);
    }
    let traces = manifest.voids.iter().chain([&manifest.trace]);
    if !are_distinct(traces) {
        return Err(BundleError::Voids);
    }
    Ok(())
}

fn are_distinct<T: Ord>(mut all: impl Iterator<Item = T>) -> bool {
    let mut seen = BTreeSet::new();
    all.all(|one| seen.insert(one))
}
