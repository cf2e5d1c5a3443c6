//! The path of a leaf to a pinned root, found and verified by rustls-webpki, and judged once more by
//! [`chain`]: RFC 5280, 6, with name constraints and extended key usages of every CA on the way.

use std::cell::RefCell;

use rustls_pki_types::{CertificateDer, TrustAnchor, UnixTime};
use thiserror::Error;
use webpki::{EndEntityCert, KeyUsage, VerifiedPath};

use super::certificate::Certificate;
use super::chain::{self, ChainError};
use super::extension::oid;
use super::name::Name;
use crate::refusal::{Class, Reason, Refusal};
use crate::wire::time::Timestamp;

/// What a leaf is to be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeafUse {
    /// As a TLS server.
    Server,
    /// As a TLS client.
    Client,
    /// As both, like the certificates of etcd.
    Both,
}

/// Why no path was found.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum PathError {
    /// No CA leads to a root.
    #[error("no path leads from {0} to a trusted root")]
    UnknownIssuer(Name),
    /// The leaf is a CA.
    #[error("{0} is a CA and cannot be used as a leaf")]
    LeafIsCa(Name),
    /// The leaf or a CA above it is not for this use; a leaf must name it.
    #[error("{0} or a CA above it is not for the use that is asked of it")]
    Use(Name),
    /// A CA with the right name has another key.
    #[error("a signature on the way from {0} to a trusted root does not verify")]
    Signature(Name),
    /// A name of the leaf is outside what a CA may name.
    #[error("a name of {0} is outside the name constraints of a CA above it")]
    NameConstraints(Name),
    /// A path leads to a root, but it does not hold.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// Any other refusal of the path library.
    #[error("the path of {subject} does not verify: {cause}")]
    Other {
        /// Whose path it is.
        subject: Name,
        /// In the words of the library.
        cause: String,
    },
}

impl Refusal for PathError {
    fn reason(&self) -> Reason {
        let verification = |code, hint| Reason::new(Class::Verification, code, hint);
        match self {
            Self::UnknownIssuer(_) => {
                verification("PATH_UNKNOWN_ISSUER", "treat it as hostile, or give the CAs between")
            }
            Self::LeafIsCa(_) => verification("PATH_LEAF_IS_CA", "treat it as hostile: a CA came where a leaf was due"),
            Self::Use(_) => verification("PATH_USE", "have it issued under the profile of its role"),
            Self::Signature(_) => verification("PATH_SIGNATURE", "treat it as hostile, or give the CA that signed it"),
            Self::NameConstraints(_) => {
                verification("PATH_NAME_CONSTRAINTS", "have it issued by a CA that may name it")
            }
            Self::Chain(error) => error.reason(),
            Self::Other { .. } => verification("PATH_OTHER", "look at each certificate of the path"),
        }
    }
}

/// Verifies that `leaf` is good for `leaf_use` at `time` under one of `anchors`, by way of any of `cas`.
///
/// # Errors
/// Any [`PathError`]. Where several paths fail, the reason is that of the first that reached an anchor.
pub fn verify(
    leaf: &Certificate,
    cas: &[Certificate],
    anchors: &[Certificate],
    time: Timestamp,
    leaf_use: LeafUse,
) -> Result<(), PathError> {
    let usages = match leaf_use {
        LeafUse::Server => vec![(oid::SERVER_AUTH, KeyUsage::server_auth())],
        LeafUse::Client => vec![(oid::CLIENT_AUTH, KeyUsage::client_auth())],
        LeafUse::Both => {
            vec![(oid::SERVER_AUTH, KeyUsage::server_auth()), (oid::CLIENT_AUTH, KeyUsage::client_auth())]
        }
    };
    if leaf.is_ca() {
        return Err(PathError::LeafIsCa(leaf.subject().clone()));
    }
    for (named, usage) in usages {
        let leaf_names_it = leaf.extensions().extended_key_usage().is_some_and(|x| x.usages().contains(&named));
        if !leaf_names_it {
            return Err(PathError::Use(leaf.subject().clone()));
        }
        one_use(&Search { leaf, cas, anchors, time }, usage)?;
    }
    Ok(())
}

struct Search<'a> {
    leaf: &'a Certificate,
    cas: &'a [Certificate],
    anchors: &'a [Certificate],
    time: Timestamp,
}

fn one_use(search: &Search<'_>, usage: KeyUsage) -> Result<(), PathError> {
    let explain = |error| explain(search.leaf, error);
    let der = |certificate: &Certificate| CertificateDer::from(certificate.der().to_vec());
    let (leaf_der, ca_ders) = (der(search.leaf), search.cas.iter().map(der).collect::<Vec<_>>());
    let anchor_ders: Vec<_> = search.anchors.iter().map(der).collect();
    let anchors = anchor_ders.iter().map(webpki::anchor_from_trusted_cert).collect::<Result<Vec<_>, _>>();
    let anchors = anchors.map_err(explain)?;
    let leaf = EndEntityCert::try_from(&leaf_der).map_err(explain)?;
    let time = UnixTime::since_unix_epoch(std::time::Duration::from_secs(search.time.unix().unsigned_abs()));

    let refused = RefCell::new(None);
    let judge = |path: &VerifiedPath<'_>| {
        let judged = search.judge(path, &anchors);
        judged.map_err(|error| {
            refused.borrow_mut().get_or_insert(error);
            webpki::Error::UnknownIssuer
        })
    };
    let found =
        leaf.verify_for_usage(webpki::ALL_VERIFICATION_ALGS, &anchors, &ca_ders, time, usage, None, Some(&judge));
    match (found, refused.take()) {
        (Ok(_), _) => Ok(()),
        (Err(_), Some(error)) => Err(PathError::Chain(error)),
        (Err(error), None) => Err(explain(error)),
    }
}

impl Search<'_> {
    /// Judges a path that the library holds good. Certificates with the same name and key are one anchor to the library;
    /// here one of them must be good.
    fn judge(&self, path: &VerifiedPath<'_>, anchors: &[TrustAnchor<'_>]) -> Result<(), ChainError> {
        let between: Vec<_> = path
            .intermediate_certificates()
            .filter_map(|used| self.cas.iter().find(|ca| *ca.der() == *used.der()))
            .collect();
        let mut verdict = Err(ChainError::Empty);
        for (anchor, _) in self.anchors.iter().zip(anchors).filter(|(_, anchor)| *anchor == path.anchor()) {
            let chain: Vec<_> = [self.leaf].into_iter().chain(between.iter().copied()).chain([anchor]).collect();
            verdict = chain::verify(&chain, self.time);
            if verdict.is_ok() {
                break;
            }
        }
        verdict
    }
}

fn explain(leaf: &Certificate, error: webpki::Error) -> PathError {
    use webpki::Error as E;
    let (subject, validity) = (leaf.subject().clone(), leaf.validity());
    let at = |time: UnixTime| i64::try_from(time.as_secs()).ok().and_then(Timestamp::from_unix);
    match error {
        E::UnknownIssuer => PathError::UnknownIssuer(subject),
        E::CaUsedAsEndEntity => PathError::LeafIsCa(subject),
        E::RequiredEkuNotFoundContext(_) => PathError::Use(subject),
        E::InvalidSignatureForPublicKey => PathError::Signature(subject),
        E::NameConstraintViolation => PathError::NameConstraints(subject),
        // The library does not say whose time it is; the leaf's is said where it is the leaf's.
        E::CertExpired { time, .. } | E::CertNotValidYet { time, .. } => match at(time) {
            Some(time) if !validity.contains(time) => ChainError::Time { subject, validity, time }.into(),
            _ => PathError::Other { subject, cause: error.to_string() },
        },
        other => PathError::Other { subject, cause: other.to_string() },
    }
}

#[cfg(test)]
mod tests;
