//! What this host asked for: its own bundle, read again from the state.

use std::collections::BTreeMap;

use super::VerifyError;
use crate::desk::host::Desk;
use crate::exchange::cert_package::answers::Outstanding;
use crate::exchange::container::Container;
use crate::exchange::csr_bundle::layout::{self, BundleLayout};
use crate::exchange::csr_bundle::manifest::{Manifest, Request};
use crate::exchange::csr_bundle::number::Number;
use crate::exchange::signature::public_key::SshPublicKey;
use crate::exchange::statement::Statement;
use crate::online::history::Past;
use crate::pki::csr::{Csr, ProvenBefore};
use crate::refusal::Refused;
use crate::wire::{json, pem};

/// An own bundle.
#[derive(Debug)]
pub struct Bundle {
    statement: Statement,
    manifest: Manifest,
    nonce: [u8; 32],
    requests: BTreeMap<Number, (Request, Csr)>,
}

impl Bundle {
    /// Reads the bundle of `past`, which `key`, our own, signed.
    ///
    /// # Errors
    /// [`VerifyError::Kept`]; what the disk says.
    pub fn kept(desk: &Desk, past: &Past, key: &SshPublicKey) -> Result<Self, Refused> {
        let damaged = || VerifyError::Kept(past.trace.clone());
        let kept = desk.kept(&past.requested.statement)?;
        let [(_, payload), ..] = &kept.files;
        let container = Container::read(payload, &BundleLayout, key)?;
        let manifest: Manifest = json::from_slice(container.manifest()).map_err(|_| damaged())?;
        let csr = |request: &Request| {
            let der = pem::decode(pem::CERTIFICATE_REQUEST, container.get(&layout::request(request.id))?).ok()?;
            // It was made, or proven, before this host signed the bundle.
            Csr::assume_proven(&der, ProvenBefore::the_log_says_this_request_was_verified(request.csr_sha256)).ok()
        };
        let pair = |request: &Request| Some((request.id, (request.clone(), csr(request)?)));
        let requests: Option<BTreeMap<_, _>> = manifest.requests.iter().map(pair).collect();
        let nonce = past.requested.nonce.0.as_slice().try_into().map_err(|_| damaged())?;
        Ok(Self { statement: kept.statement, requests: requests.ok_or_else(damaged)?, manifest, nonce })
    }

    /// What it says.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The request of this number, and its CSR.
    pub fn request(&self, id: Number) -> Option<(&Request, &Csr)> {
        self.requests.get(&id).map(|(request, csr)| (request, csr))
    }

    /// It as a package must answer it; `key` is our own.
    pub fn outstanding<'a>(&'a self, key: &'a SshPublicKey) -> Outstanding<'a> {
        Outstanding {
            statement: &self.statement,
            key,
            nonce: &self.nonce,
            seq: self.manifest.seq,
            requests: self.manifest.requests.len(),
        }
    }
}
