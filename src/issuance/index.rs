//! What was issued before: a fold over the log, which is the only place that says so.
//!
//! A serial number, a key, a request and a CRL number count as used when their signature was announced, for from then on
//! it may exist; a certificate counts as replaced when the signature of its successor is recorded. What an announced
//! CRL revokes stays revoked, whatever became of that CRL.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use thiserror::Error;

use crate::audit::detail::{OrderIntent, PlanClosed, Replaced, SignIntent, Signed};
use crate::audit::entry::Entry;
use crate::audit::event::Event;
use crate::exchange::csr_bundle::number::Number;
use crate::pki::crl::{RevocationReason, Revoked};
use crate::pki::serial::Serial;
use crate::refusal::{Class, Reason, Refusal};
use crate::wire::digest::Digest;

mod sequence;

pub use sequence::{MAX_STEP, SequenceError, follows};

/// A certificate named by the key of its issuer and its serial number.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CertificateName {
    /// Digest of the issuer's public key.
    pub issuer: Digest,
    /// Its number under that issuer.
    pub serial: Serial,
}

/// A certificate that this CA announced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issued {
    /// UID of the cluster it is for; none for one of the CA's own.
    pub cluster: Option<Arc<str>>,
    /// Digest of its public key.
    pub spki_sha256: Digest,
    /// Digest of its TBS.
    pub tbs_sha256: Digest,
}

/// The history of one CA host, or of one importer as far as it concerns sequence numbers.
#[derive(Debug, Default)]
pub struct Index {
    issued: HashMap<CertificateName, Issued>,
    keys: HashSet<Digest>,
    replaced: HashSet<CertificateName>,
    consumed: HashSet<(Digest, String)>,
    crl_numbers: BTreeMap<Digest, u64>,
    revoked: BTreeMap<Digest, Vec<Revoked>>,
    bundle_seqs: BTreeMap<Arc<str>, u64>,
    package_seq: u64,
    plans: HashMap<Digest, Plan>,
}

/// What later entries need of a plan.
#[derive(Debug)]
struct Plan {
    cluster: Option<Arc<str>>,
    statement: Option<Digest>,
    announced: HashMap<u64, Announced>,
}

#[derive(Debug)]
struct Announced {
    tbs: Digest,
    replaces: Option<CertificateName>,
}

/// Why the log makes no sense as a history of issuance.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum IndexError {
    /// An entry names a plan that was not closed before it.
    #[error("entry {0} of the log is about a plan that was never closed")]
    UnknownPlan(u64),
    /// A result or a repetition of a signature that was not announced, or over other bytes.
    #[error("entry {0} of the log is about a signature that was never announced")]
    NotAnnounced(u64),
    /// A value in an entry is not of its form.
    #[error("entry {0} of the log does not hold values of their form")]
    Form(u64),
    /// A serial number for two certificates of one issuer.
    #[error("entry {0} of the log announces a serial number that was announced before")]
    SerialTwice(u64),
    /// A CRL number that does not rise.
    #[error("entry {0} of the log announces a CRL number that is not above the last")]
    CrlNumber(u64),
}

impl Index {
    /// Folds the entries of a log in their order.
    ///
    /// # Errors
    /// Any [`IndexError`].
    pub fn fold(entries: &[Entry]) -> Result<Self, IndexError> {
        let mut index = Self::default();
        entries.iter().try_for_each(|entry| index.take(entry))?;
        Ok(index)
    }

    /// Takes the next entry.
    ///
    /// # Errors
    /// Any [`IndexError`].
    pub fn take(&mut self, entry: &Entry) -> Result<(), IndexError> {
        match &entry.event {
            Event::PlanClosed(closed) => self.plan_closed(closed),
            Event::SignIntent(intent) => self.announced(intent, entry.seq)?,
            Event::SignRepeat(intent) => {
                let same = |order: &OrderIntent| self.is_announced(&intent.plan, order.n, &order.tbs);
                if !intent.orders.iter().all(same) {
                    return Err(IndexError::NotAnnounced(entry.seq));
                }
            }
            Event::Signed(signed) => self.signed(signed, entry.seq)?,
            Event::Sealed(sealed) => self.package_seq = self.package_seq.max(sealed.package_seq),
            Event::PackageAccepted(accepted) => self.package_seq = self.package_seq.max(accepted.package_seq),
            _ => {}
        }
        Ok(())
    }

    fn plan_closed(&mut self, closed: &PlanClosed) {
        let cluster: Option<Arc<str>> = closed.cluster.as_deref().map(Arc::from);
        if let (Some(uid), Some(seq)) = (&cluster, closed.bundle_seq) {
            let last = self.bundle_seqs.entry(Arc::clone(uid)).or_default();
            *last = (*last).max(seq);
        }
        let plan = Plan { cluster, statement: closed.statement, announced: HashMap::new() };
        self.plans.entry(closed.plan).or_insert(plan);
    }

    fn announced(&mut self, intent: &SignIntent, entry: u64) -> Result<(), IndexError> {
        let plan = self.plans.get(&intent.plan).ok_or(IndexError::UnknownPlan(entry))?;
        let (cluster, statement) = (plan.cluster.clone(), plan.statement);
        for order in &intent.orders {
            if let (Some(statement), Some(request)) = (statement, &order.request) {
                self.consumed.insert((statement, request.clone()));
            }
            match order.crl_number {
                Some(number) => self.crl_announced(order, number, entry)?,
                None => self.certificate_announced(order, &cluster, entry)?,
            }
            let replaces = order.replaces.as_ref().map(CertificateName::try_from).transpose();
            let announced = Announced { tbs: order.tbs, replaces: replaces.map_err(|()| IndexError::Form(entry))? };
            let plan = self.plans.get_mut(&intent.plan).ok_or(IndexError::UnknownPlan(entry))?;
            if plan.announced.insert(order.n, announced).is_some() {
                return Err(IndexError::SerialTwice(entry));
            }
        }
        Ok(())
    }

    fn certificate_announced(
        &mut self,
        order: &OrderIntent,
        cluster: &Option<Arc<str>>,
        entry: u64,
    ) -> Result<(), IndexError> {
        let serial = order.serial.as_ref().and_then(|serial| serial.parse().ok());
        let (Some(serial), Some(spki_sha256)) = (serial, order.spki) else { return Err(IndexError::Form(entry)) };
        let issued = Issued { cluster: cluster.clone(), spki_sha256, tbs_sha256: order.tbs };
        self.keys.insert(spki_sha256);
        match self.issued.insert(CertificateName { issuer: order.issuer, serial }, issued) {
            Some(_) => Err(IndexError::SerialTwice(entry)),
            None => Ok(()),
        }
    }

    fn crl_announced(&mut self, order: &OrderIntent, number: u64, entry: u64) -> Result<(), IndexError> {
        if self.crl_numbers.insert(order.issuer, number).is_some_and(|last| last >= number) {
            return Err(IndexError::CrlNumber(entry));
        }
        let list = self.revoked.entry(order.issuer).or_default();
        for revoked in &order.revokes {
            let serial = revoked.serial.parse().map_err(|_| IndexError::Form(entry))?;
            let reason = reason(revoked.reason).ok_or(IndexError::Form(entry))?;
            list.push(Revoked { serial, time: revoked.time, reason });
        }
        Ok(())
    }

    fn is_announced(&self, plan: &Digest, n: u64, tbs: &Digest) -> bool {
        self.plans.get(plan).and_then(|plan| plan.announced.get(&n)).is_some_and(|announced| announced.tbs == *tbs)
    }

    fn signed(&mut self, signed: &Signed, entry: u64) -> Result<(), IndexError> {
        for result in &signed.results {
            if !self.is_announced(&signed.plan, result.n, &result.tbs) {
                return Err(IndexError::NotAnnounced(entry));
            }
            let announced = self.plans.get_mut(&signed.plan).and_then(|plan| plan.announced.get_mut(&result.n));
            self.replaced.extend(announced.and_then(|announced| announced.replaces.take()));
        }
        Ok(())
    }
}

impl Index {
    /// The certificate of this name, where this CA announced it.
    pub fn issued(&self, name: &CertificateName) -> Option<&Issued> {
        self.issued.get(name)
    }

    /// Whether this key was certified before.
    pub fn knows_key(&self, spki_sha256: &Digest) -> bool {
        self.keys.contains(spki_sha256)
    }

    /// Whether the certificate of this name has a successor.
    pub fn is_replaced(&self, name: &CertificateName) -> bool {
        self.replaced.contains(name)
    }

    /// Whether the certificate of this name is revoked.
    pub fn is_revoked(&self, name: &CertificateName) -> bool {
        self.revoked(&name.issuer).iter().any(|revoked| revoked.serial == name.serial)
    }

    /// Whether a signature for this request of this statement, named by its id, was announced (R23).
    pub fn is_consumed(&self, statement: &Digest, request: Number) -> bool {
        self.consumed.contains(&(*statement, request.to_string()))
    }

    /// The number of the last CRL of an issuer; 0 before the first.
    pub fn crl_number(&self, issuer: &Digest) -> u64 {
        self.crl_numbers.get(issuer).copied().unwrap_or(0)
    }

    /// What an issuer revoked, in the order in which it did.
    pub fn revoked(&self, issuer: &Digest) -> &[Revoked] {
        self.revoked.get(issuer).map_or(&[], Vec::as_slice)
    }
}

impl TryFrom<&Replaced> for CertificateName {
    type Error = ();

    fn try_from(replaced: &Replaced) -> Result<Self, ()> {
        Ok(Self { issuer: replaced.issuer, serial: replaced.serial.parse().map_err(|_| ())? })
    }
}

fn reason(code: u64) -> Option<RevocationReason> {
    use RevocationReason as R;
    let all = [
        R::Unspecified,
        R::KeyCompromise,
        R::CaCompromise,
        R::AffiliationChanged,
        R::Superseded,
        R::CessationOfOperation,
        R::PrivilegeWithdrawn,
    ];
    all.into_iter().find(|reason| u64::from(reason.code()) == code)
}

impl Refusal for IndexError {
    fn reason(&self) -> Reason {
        const STOP: &str = "stop; call the auditor; nothing is issued before the log is understood";
        let code = match self {
            Self::UnknownPlan(_) => "INDEX_UNKNOWN_PLAN",
            Self::NotAnnounced(_) => "INDEX_NOT_ANNOUNCED",
            Self::Form(_) => "INDEX_FORM",
            Self::SerialTwice(_) => "INDEX_SERIAL_TWICE",
            Self::CrlNumber(_) => "INDEX_CRL_NUMBER",
        };
        Reason::new(Class::Inconsistent, code, STOP)
    }
}

#[cfg(test)]
mod tests;
