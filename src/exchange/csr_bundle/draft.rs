//! How a bundle is made: from parts to the three files of a transfer.

use std::collections::BTreeMap;

use super::manifest::{
    Audience, FORMAT, KeyOrigin, Manifest, Origin, Place, Receipt, Replaces, ReplyTo, Request, Revocation, SUITE,
    SeenCheckpoint, TrustOp,
};
use super::number::Number;
use super::{BundleError, CsrBundle, layout, shape};
use crate::cluster::record::Record;
use crate::cluster::role::Role;
use crate::exchange::container::{self, Entry};
use crate::exchange::dispatch::{Address, Dispatch};
use crate::exchange::signature::SigningKey;
use crate::exchange::trace::Trace;
use crate::exchange::transfer::Payload;
use crate::pki::certificate::Certificate;
use crate::pki::csr::Csr;
use crate::refusal::Refused;
use crate::wire::base64::Base64;
use crate::wire::digest::Digest;
use crate::wire::json;
use crate::wire::time::Timestamp;

/// Everything that a bundle says; numbers, counts and digests follow from it.
#[derive(Debug)]
pub struct Draft<'a> {
    /// The id of the exchange.
    pub trace: Trace,
    /// One more than the last.
    pub seq: u64,
    /// Random bytes that the package echoes.
    pub nonce: [u8; 32],
    /// The time.
    pub created: Timestamp,
    /// At most 14 days later.
    pub expires: Timestamp,
    /// Who asks.
    pub origin: Origin,
    /// Who is asked.
    pub audience: Audience,
    /// Where the answer goes.
    pub reply_to: ReplyTo,
    /// The head of the CA's log that was seen last, cosigned.
    pub seen_checkpoint: Option<SeenCheckpoint>,
    /// What became of earlier packages.
    pub receipts: Vec<Receipt>,
    /// Outstanding traces that this bundle replaces.
    pub voids: Vec<Trace>,
    /// The enrolled cluster record.
    pub cluster: &'a Record,
    /// The requests, in the order of their numbers.
    pub requests: Vec<Wanted<'a>>,
    /// Certificates to be revoked.
    pub revocations: Vec<Revocation>,
    /// Changes of trust, which stand alone.
    pub trust_ops: Vec<TrustOp>,
}

/// One certificate that is wanted.
#[derive(Debug)]
pub struct Wanted<'a> {
    /// The request for it.
    pub csr: &'a Csr,
    /// The profile.
    pub profile: Role,
    /// Validity, in seconds.
    pub validity_s: u64,
    /// The certificate it replaces, and the digest of its issuer's public key.
    pub replaces: Option<(&'a Certificate, Digest)>,
    /// Where it will live.
    pub place: Place,
    /// Where its key was made.
    pub key_origin: KeyOrigin,
}

impl Draft<'_> {
    /// Writes the bundle and its statement, signed with the cluster's statement key.
    ///
    /// # Errors
    /// What a reader would refuse of the bundle alone, or what keeps the key from signing.
    pub fn dispatch(self, key: &dyn SigningKey) -> Result<Dispatch, Refused> {
        let record = self.cluster.to_json()?;
        let files = self.files()?;
        let manifest = self.manifest()?;
        shape::check(&manifest)?;
        let mut entries = vec![Entry { name: layout::CLUSTER, bytes: &record }];
        entries.extend(files.iter().map(|(name, pem)| Entry { name, bytes: pem.as_bytes() }));
        let json = json::to_vec(&manifest).map_err(BundleError::Manifest)?;
        let payload = container::write(&json, &entries, &layout::BundleLayout, key)?;
        let too_many = |_| BundleError::Numbers;
        let address = Address {
            items: u32::try_from(manifest.items()).map_err(too_many)?,
            trace: manifest.trace,
            from: manifest.origin.party,
            to: manifest.audience.ca,
            expires: manifest.expires,
        };
        Dispatch::sign::<CsrBundle>(address, payload, Payload::Zip, key)
    }

    /// The CSRs and what they replace, by file name.
    fn files(&self) -> Result<Vec<(String, String)>, BundleError> {
        let mut files = Vec::new();
        for (id, wanted) in self.numbered()? {
            files.push((layout::request(id), wanted.csr.to_pem()));
            files.extend(wanted.replaces.map(|(old, _)| (layout::replaced(id), old.to_pem())));
        }
        Ok(files)
    }

    fn numbered(&self) -> Result<impl Iterator<Item = (Number, &Wanted<'_>)>, BundleError> {
        let numbers = Number::list(self.requests.len()).ok_or(BundleError::Numbers)?;
        Ok(numbers.zip(&self.requests))
    }

    fn manifest(self) -> Result<Manifest, BundleError> {
        let requests: Vec<_> = self.numbered()?.map(|(id, wanted)| wanted.entry(id)).collect();
        let mut counts = BTreeMap::new();
        for request in &requests {
            *counts.entry(request.profile).or_insert(0) += 1;
        }
        Ok(Manifest {
            audience: self.audience,
            counts,
            created: self.created,
            expires: self.expires,
            format: FORMAT.to_owned(),
            nonce: Base64(self.nonce.to_vec()),
            origin: self.origin,
            receipts: self.receipts,
            reply_to: self.reply_to,
            requests,
            revocations: self.revocations,
            seen_checkpoint: self.seen_checkpoint,
            seq: self.seq,
            suite: SUITE.to_owned(),
            trace: self.trace,
            trust_ops: self.trust_ops,
            voids: self.voids,
            extra: BTreeMap::new(),
        })
    }
}

impl Wanted<'_> {
    fn entry(&self, id: Number) -> Request {
        Request {
            csr_sha256: self.csr.sha256(),
            id,
            key_origin: self.key_origin,
            profile: self.profile,
            replaces: self.replaces.map(|(old, issuer)| Replaces {
                issuer_spki_sha256: issuer,
                not_after: old.validity().not_after(),
                serial: old.serial().clone(),
            }),
            spki_sha256: self.csr.public_key().spki_sha256(),
            validity_s: self.validity_s,
            place: self.place.clone(),
        }
    }
}
