//! What a manifest owes to itself.

use super::PackageError;
use super::manifest::{FORMAT, Manifest, Outcome};
use crate::exchange::csr_bundle::manifest::SUITE;
use crate::exchange::csr_bundle::number::Number;
use crate::exchange::seal::MAX_RECIPIENTS;

const NONCE: usize = 32;

pub(super) fn check(manifest: &Manifest) -> Result<(), PackageError> {
    if manifest.format != FORMAT {
        return Err(PackageError::Format);
    }
    if manifest.suite != SUITE {
        return Err(PackageError::Suite);
    }
    if let Some(key) = manifest.extra.keys().find(|key| !key.starts_with("x-")) {
        return Err(PackageError::UnknownKey(key.clone()));
    }
    if manifest.in_reply_to.nonce.0.len() != NONCE {
        return Err(PackageError::Nonce);
    }
    if manifest.created > manifest.import_before {
        return Err(PackageError::Life);
    }
    let texts: Vec<_> = manifest.audience.recipients.iter().map(ToString::to_string).collect();
    if !(1..=MAX_RECIPIENTS).contains(&texts.len()) || !texts.is_sorted_by(|one, next| one < next) {
        return Err(PackageError::Recipients);
    }
    let numbers = Number::list(manifest.results.len()).ok_or(PackageError::Numbers)?;
    if !numbers.eq(manifest.results.iter().map(Outcome::id)) {
        return Err(PackageError::Numbers);
    }
    if let Some(denied) = manifest.results.iter().find(|outcome| !has_codes(outcome)) {
        return Err(PackageError::Codes(denied.id()));
    }
    let roots = manifest.roots.iter().map(|root| (root.domain, root.status));
    let crls = manifest.crls.iter().map(|crl| crl.domain);
    if roots.is_sorted_by(|one, next| one < next) && crls.is_sorted_by(|one, next| one < next) {
        Ok(())
    } else {
        Err(PackageError::Lists)
    }
}

/// A denial says why, in codes of upper case.
fn has_codes(outcome: &Outcome) -> bool {
    let is_code = |code: &String| {
        code.starts_with(|c: char| c.is_ascii_uppercase())
            && code.len() <= 40
            && code.bytes().all(|b| matches!(b, b'A'..=b'Z' | b'0'..=b'9' | b'_'))
    };
    match outcome {
        Outcome::Issued { .. } => true,
        Outcome::Denied { codes, .. } => !codes.is_empty() && codes.iter().all(is_code),
    }
}
