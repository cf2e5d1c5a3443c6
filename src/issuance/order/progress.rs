//! How far the signing of a plan has come, folded from the log, and what was signed.

use std::collections::BTreeMap;

use thiserror::Error;

use crate::audit::checkpoint::Vouched;
use crate::audit::entry::Entry;
use crate::audit::event::Event;
use crate::issuance::plan::Plan;
use crate::issuance::plan::order::{Order, Tbs};
use crate::pki::certificate::{self, Certificate};
use crate::pki::crl::Crl;
use crate::pki::key::Verifier;
use crate::refusal::{Class, Reason, Refusal};
use crate::wire::digest::Digest;

/// What the log says of the signatures of one plan, by the digests of their bytes.
#[derive(Debug, Default)]
pub struct Progress {
    announced: BTreeMap<Digest, u32>,
    signatures: BTreeMap<Digest, Made>,
}

/// A signature, and the entry that holds it.
#[derive(Debug)]
struct Made {
    signature: Vec<u8>,
    entry: u64,
}

/// Where one order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State<'a> {
    /// Not announced yet.
    Waiting,
    /// Announced so many times, without a result.
    Announced(u32),
    /// Signed.
    Signed(&'a [u8]),
}

/// What was signed, whole, its signature verified under the issuer's key: by whoever reads it, or before it was written
/// into an entry that the key of the log vouches for.
#[derive(Debug, Clone)]
pub enum Issued {
    /// A certificate.
    Certificate(Box<Certificate>),
    /// A revocation list.
    Crl(Box<Crl>),
}

/// Why the log does not fit a plan.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum ProgressError {
    /// A result without an announcement.
    #[error("the log holds a result of order {0}, which was never announced")]
    NotAnnounced(u64),
    /// An order has no result.
    #[error("order {0} is not signed")]
    NotSigned(u64),
    /// A recorded signature does not verify, or the bytes under it cannot be read.
    #[error("the recorded signature of order {0} does not verify under the key of its issuer")]
    Signature(u64),
}

impl Progress {
    /// Folds what the log says of `plan`, or of the plan that it ends.
    pub fn of(plan: &Plan, entries: &[Entry]) -> Self {
        let signed_under = plan.fields().closes.unwrap_or(plan.sha256());
        let mut progress = Self::default();
        for entry in entries {
            match &entry.event {
                Event::SignIntent(intent) | Event::SignRepeat(intent) if intent.plan == signed_under => {
                    intent.orders.iter().for_each(|order| *progress.announced.entry(order.tbs).or_default() += 1);
                }
                Event::Signed(signed) if signed.plan == signed_under => {
                    let made = |signature: &[u8]| Made { signature: signature.to_vec(), entry: entry.seq };
                    progress
                        .signatures
                        .extend(signed.results.iter().map(|one| (one.tbs, made(one.signature.as_ref()))));
                }
                _ => {}
            }
        }
        progress
    }

    /// Where an order stands.
    ///
    /// # Errors
    /// [`ProgressError::NotAnnounced`].
    pub fn state(&self, order: &Order) -> Result<State<'_>, ProgressError> {
        match (self.made(order)?, self.announced.get(&order.tbs_sha256)) {
            (Some(made), _) => Ok(State::Signed(&made.signature)),
            (None, Some(times)) => Ok(State::Announced(*times)),
            (None, None) => Ok(State::Waiting),
        }
    }

    fn made(&self, order: &Order) -> Result<Option<&Made>, ProgressError> {
        let made = self.signatures.get(&order.tbs_sha256);
        if made.is_some() && !self.announced.contains_key(&order.tbs_sha256) {
            return Err(ProgressError::NotAnnounced(order.n));
        }
        Ok(made)
    }

    /// The numbers of the orders that are signed.
    ///
    /// # Errors
    /// As [`Progress::state`].
    pub fn signed(&self, plan: &Plan) -> Result<Vec<u64>, ProgressError> {
        let mut signed = Vec::new();
        for (order, _) in plan.orders() {
            if let State::Signed(_) = self.state(order)? {
                signed.push(order.n);
            }
        }
        Ok(signed)
    }

    /// The recorded signature of an order over its bytes, verified under `issuer`. Nothing but a signature that had
    /// verified is written into the log, so those in entries that are `vouched` for are not verified again.
    ///
    /// # Errors
    /// Any [`ProgressError`].
    pub fn signature(
        &self,
        order: &Order,
        tbs: &[u8],
        issuer: &Verifier,
        vouched: Vouched,
    ) -> Result<&[u8], ProgressError> {
        let Made { signature, entry } = self.made(order)?.ok_or(ProgressError::NotSigned(order.n))?;
        if !vouched.covers(*entry) {
            issuer.verify(tbs, signature).map_err(|_| ProgressError::Signature(order.n))?;
        }
        Ok(signature)
    }

    /// What was signed for an order: the bytes of the plan, read, under their [`signature`](Self::signature).
    ///
    /// # Errors
    /// Any [`ProgressError`].
    pub fn issued(
        &self,
        order: &Order,
        tbs: &[u8],
        issuer: &Verifier,
        vouched: Vouched,
    ) -> Result<Issued, ProgressError> {
        let signature = self.signature(order, tbs, issuer, vouched)?;
        Ok(match Tbs::read(order.kind, tbs).ok_or(ProgressError::Signature(order.n))? {
            Tbs::Certificate(tbs) => Issued::Certificate(Box::new(tbs.assemble(signature))),
            Tbs::Crl(tbs) => Issued::Crl(Box::new(tbs.assemble(signature))),
        })
    }

    /// The DER of the certificate that answers a request, as [`Self::issued`] has it. The bytes of the plan are not read
    /// again: what they say stands beside their digest in the order, and was read off them when the plan was closed.
    ///
    /// # Errors
    /// Any [`ProgressError`].
    pub fn certificate(
        &self,
        order: &Order,
        tbs: &[u8],
        issuer: &Verifier,
        vouched: Vouched,
    ) -> Result<Vec<u8>, ProgressError> {
        Ok(certificate::join(tbs, issuer.algorithm(), self.signature(order, tbs, issuer, vouched)?))
    }
}

impl Refusal for ProgressError {
    fn reason(&self) -> Reason {
        match self {
            Self::NotAnnounced(_) => {
                Reason::new(Class::Inconsistent, "PROGRESS_NOT_ANNOUNCED", "stop; call the auditor")
            }
            Self::NotSigned(_) => Reason::new(Class::Hsm, "PROGRESS_NOT_SIGNED", "sign the rest of the plan first"),
            Self::Signature(_) => {
                Reason::new(Class::Inconsistent, "PROGRESS_SIGNATURE", "stop; the log or the plan was changed")
            }
        }
    }
}
