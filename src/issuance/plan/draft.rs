//! What is to be done, until it is closed into a plan.

use std::collections::BTreeMap;

use thiserror::Error;

use super::fields::{
    Carried, Clock, Cluster, Denial, DenialCode, FORMAT, KeyEvent, NeededRule, PlanFields, PlanOperation,
    RevocationName,
};
use super::order::{Kind, Label, Order, Tbs};
use super::{LIFETIME_S, Plan, PlanError, Reference, rule};
use crate::cluster::role::Domain;
use crate::cores::on_all_cores;
use crate::exchange::approval::rule::{PolicyName, RosterName, RuleName};
use crate::exchange::csr_bundle::manifest::TrustOp;
use crate::exchange::people::roster::{Roster, RosterError};
use crate::exchange::roots::{RootName, RootStatus};
use crate::exchange::seal::recipient::Recipient;
use crate::exchange::statement::party::Party;
use crate::exchange::trace::Trace;
use crate::issuance::authority::Authority;
use crate::issuance::index::{CertificateName, Index};
use crate::issuance::judge::{Judged, Verdict};
use crate::issuance::profile::constraints;
use crate::issuance::rule::violation::Code;
use crate::issuance::template;
use crate::pki::certificate::{CertificateError, TbsCertificate};
use crate::pki::crl::TbsCrl;
use crate::pki::extension::NameConstraints;
use crate::pki::serial::Serial;
use crate::refusal::{Class, Reason, Refusal};
use crate::wire::base64::Base64;
use crate::wire::digest::Digest;
use crate::wire::text;
use crate::wire::time::Timestamp;

/// The longest note of a denial, in characters.
const MAX_NOTE: usize = 600;

/// Where a plan belongs and by what it was made.
#[derive(Debug, Clone)]
pub struct Head<'a> {
    /// The exchange, or the ceremony.
    pub trace: Trace,
    /// The CA host.
    pub ca: Party,
    /// Whom it is for.
    pub cluster: Cluster,
    /// The attested time.
    pub created: Timestamp,
    /// The log entry in which officers attested it.
    pub attested: u64,
    /// The policy in force.
    pub policy: PolicyName,
    /// The roster in force.
    pub roster: &'a Roster,
}

/// The bundle that a plan answers.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Digest of its statement.
    pub statement_sha256: Digest,
    /// Its 32 random bytes.
    pub nonce: Base64,
    /// Its sequence number.
    pub bundle_seq: u64,
    /// What leaves with it.
    pub leaving: Leaving,
}

/// What leaves with an answer, in any order.
#[derive(Debug, Clone, Default)]
pub struct Leaving {
    /// To whom the package is sealed.
    pub recipients: Vec<Recipient>,
    /// The roots that the package carries.
    pub roots: Vec<RootName>,
    /// What it carries from earlier plans.
    pub carried: Vec<Carried>,
    /// Digests of the rejections of earlier plans for the same statement.
    pub prior_rejections: Vec<Digest>,
}

/// A plan that is still open to additions.
#[derive(Debug)]
pub struct Draft<'a> {
    head: Head<'a>,
    answer: Option<Answer>,
    closes: Option<Digest>,
    orders: Vec<(Order, Tbs)>,
    denials: Vec<Denial>,
    trust_ops: Vec<TrustOp>,
    key_events: Vec<KeyEvent>,
}

/// Why a plan could not be drafted.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum DraftError {
    /// Too few serial numbers were given.
    #[error("there are fewer serial numbers than certificates")]
    Serials,
    /// A serial number that was used before: a generator repeats itself.
    #[error("the serial number {0} was used before; the random generator is broken")]
    SerialUsed(Serial),
    /// A request that was allowed makes no certificate.
    #[error("request {0} was allowed and makes no certificate")]
    NotIssuable(String),
    /// A template makes no certificate.
    #[error("the template makes no certificate: {0}")]
    Template(#[from] CertificateError),
    /// The roster has no digest.
    #[error(transparent)]
    Roster(#[from] RosterError),
    /// A rejected statement needs more officers than there are.
    #[error("after {rejections} rejections {needed} of {of} officers would have to approve")]
    Rejected {
        /// How often it was rejected.
        rejections: usize,
        /// How many would be needed.
        needed: u64,
        /// How many there are.
        of: u64,
    },
    /// What was drafted is no plan: a fault of this program.
    #[error("what was drafted is no plan: {0}")]
    Plan(PlanError),
}

impl<'a> Draft<'a> {
    /// Begins the answer to a bundle.
    pub fn answer(head: Head<'a>, answer: Answer) -> Self {
        Self { answer: Some(answer), ..Self::ceremony(head) }
    }

    /// Begins a plan of the CA's own.
    pub fn ceremony(head: Head<'a>) -> Self {
        let (orders, denials, trust_ops, key_events) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { head, answer: None, closes: None, orders, denials, trust_ops, key_events }
    }

    /// Adds an order for each request that is allowed and a denial for each that is not. Every order takes one of
    /// `serials`, which were drawn for it.
    ///
    /// # Errors
    /// [`DraftError::Serials`], [`DraftError::SerialUsed`], [`DraftError::NotIssuable`].
    pub fn requests(&mut self, judged: &Judged<'_>, serials: Vec<Serial>) -> Result<(), DraftError> {
        let context = judged.context();
        let limits: BTreeMap<Domain, NameConstraints> = Domain::ALL
            .into_iter()
            .filter_map(|domain| Some((domain, constraints::of(domain, context.cluster)?)))
            .collect();
        let allowed: Vec<_> = judged.verdicts().iter().filter(|verdict| !verdict.is_denied()).collect();
        if serials.len() < allowed.len() {
            return Err(DraftError::Serials);
        }
        let first = self.orders.len() as u64 + 1;
        let pairs: Vec<_> = allowed.into_iter().zip(serials).zip(first..).collect();
        let drafted =
            on_all_cores(&pairs, |((verdict, serial), n)| draft_order(verdict, serial, *n, &limits, context.index));
        self.orders.extend(drafted.into_iter().collect::<Result<Vec<_>, _>>()?);
        self.denials.extend(judged.verdicts().iter().filter(|verdict| verdict.is_denied()).map(denial));
        Ok(())
    }

    /// Denies a revocation that a rule forbids: the certificate is not the cluster's.
    pub fn deny_revocation(&mut self, revocation: RevocationName, note: &str) {
        let codes = vec![DenialCode::Rule(Code::R1)];
        let note = text::clip(note, MAX_NOTE);
        self.denials.push(Denial { codes, note, request: None, revocation: Some(revocation) });
    }

    /// Adds a root that certifies itself.
    ///
    /// # Errors
    /// [`DraftError::SerialUsed`].
    pub fn root(&mut self, domain: Domain, tbs: TbsCertificate, index: &Index) -> Result<(), DraftError> {
        let issuer = Authority { domain, status: RootStatus::Next, tbs: tbs.clone() };
        self.certificate(Kind::Root, tbs, &issuer, index)
    }

    /// Adds a root certified by another.
    ///
    /// # Errors
    /// [`DraftError::SerialUsed`].
    pub fn cross(&mut self, tbs: TbsCertificate, issuer: &Authority, index: &Index) -> Result<(), DraftError> {
        self.certificate(Kind::Cross, tbs, issuer, index)
    }

    fn certificate(
        &mut self,
        kind: Kind,
        tbs: TbsCertificate,
        issuer: &Authority,
        index: &Index,
    ) -> Result<(), DraftError> {
        unused(tbs.serial(), issuer, index)?;
        self.own(kind, Tbs::Certificate(Box::new(tbs)), issuer);
        Ok(())
    }

    /// Adds a revocation list.
    pub fn crl(&mut self, tbs: TbsCrl, issuer: &Authority) {
        self.own(Kind::Crl, Tbs::Crl(Box::new(tbs)), issuer);
    }

    /// Adds what answers no request.
    fn own(&mut self, kind: Kind, tbs: Tbs, issuer: &Authority) {
        let n = self.orders.len() as u64 + 1;
        let label = Label { n, kind, profile: None, request: None, replaces: None, reuses_key: false };
        self.orders.push((Order::of(label, &tbs, issuer), tbs));
    }

    /// Adds a change of trust.
    pub fn trust_op(&mut self, op: TrustOp) {
        self.trust_ops.push(op);
    }

    /// Adds the change of a machine key.
    pub fn key_event(&mut self, event: KeyEvent) {
        self.key_events.push(event);
    }

    /// Makes this the end of `earlier` (R24): what was `signed` under it, by order number, is delivered; what was not is
    /// denied for now.
    ///
    /// # Errors
    /// [`DraftError::Plan`] where the bytes of an order cannot be read again.
    pub fn close_after(&mut self, earlier: &Plan, signed: &[u64]) -> Result<(), DraftError> {
        self.closes = Some(earlier.sha256());
        self.denials = earlier.fields().denials.clone();
        for (order, der) in earlier.orders() {
            if signed.contains(&order.n) {
                let tbs = Tbs::read(order.kind, der).ok_or(DraftError::Plan(PlanError::Kind(order.n)))?;
                let n = self.orders.len() as u64 + 1;
                self.orders.push((Order { n, ..order.clone() }, tbs));
            } else if order.request.is_some() {
                let note = "not signed before the plan ended; ask again".to_owned();
                let codes = vec![DenialCode::Retry];
                self.denials.push(Denial { codes, note, request: order.request, revocation: None });
            }
        }
        Ok(())
    }

    /// Closes the plan: sorts, counts, computes the rule, and checks the whole as anyone would who reads it.
    ///
    /// # Errors
    /// [`DraftError::Rejected`]; [`DraftError::Plan`] for a fault of this program.
    pub fn close(mut self, reference: &Reference<'_>) -> Result<Plan, DraftError> {
        let people = self.head.roster;
        let revokes_anew = self.orders.iter().any(|(_, tbs)| tbs.revokes_anew());
        let (orders, read): (Vec<_>, Vec<_>) = std::mem::take(&mut self.orders).into_iter().unzip();
        let mut fields = self.fields(orders)?;
        fields.rule = rule::needed(rule::name(&fields, revokes_anew), &fields, people);
        let NeededRule { officers: needed, of, .. } = fields.rule;
        if needed > of {
            return Err(DraftError::Rejected { rejections: fields.prior_rejections.len(), needed, of });
        }
        Plan::of(fields, &read, reference).map_err(DraftError::Plan)
    }

    /// All fields but the rule, which follows from them.
    fn fields(mut self, orders: Vec<Order>) -> Result<PlanFields, DraftError> {
        let Head { trace, ca, cluster, created, attested, policy, roster } = self.head;
        let operation = if self.answer.is_some() { PlanOperation::Issue } else { PlanOperation::Ca };
        let Leaving { recipients, roots, carried, prior_rejections } =
            self.answer.as_mut().map(|answer| std::mem::take(&mut answer.leaving)).unwrap_or_default().sorted();
        let place = |denial: &Denial| (denial.request.is_none(), denial.request, denial.revocation.clone());
        self.denials.sort_by_key(place);
        Ok(PlanFields {
            bundle_seq: self.answer.as_ref().map(|answer| answer.bundle_seq),
            ca,
            carried,
            clock: Clock { attested, not_before_backdating_s: template::BACKDATING_S.unsigned_abs() },
            closes: self.closes,
            cluster,
            created,
            denials: self.denials,
            expires: created.plus(LIFETIME_S),
            format: FORMAT.to_owned(),
            key_events: self.key_events,
            nonce: self.answer.as_ref().map(|answer| answer.nonce.clone()),
            operation,
            orders,
            policy,
            prior_rejections,
            recipients,
            roots,
            roster: RosterName::of(roster)?,
            rule: NeededRule { auditor: false, name: RuleName::Leaf, of: 0, officers: 0 },
            statement_sha256: self.answer.as_ref().map(|answer| answer.statement_sha256),
            trace,
            trust_ops: self.trust_ops,
        })
    }
}

impl Leaving {
    /// In the order in which a plan lists it, each once.
    fn sorted(mut self) -> Self {
        self.recipients.sort_by_key(ToString::to_string);
        self.recipients.dedup();
        self.roots.sort_unstable();
        self.roots.dedup();
        self.carried.sort_unstable();
        self.carried.dedup();
        self.prior_rejections.sort_unstable();
        self.prior_rejections.dedup();
        self
    }
}

/// The order for a request that is allowed.
fn draft_order(
    verdict: &Verdict<'_>,
    serial: &Serial,
    n: u64,
    limits: &BTreeMap<Domain, NameConstraints>,
    index: &Index,
) -> Result<(Order, Tbs), DraftError> {
    let not_issuable = || DraftError::NotIssuable(verdict.number().to_string());
    let request = verdict.request();
    let csr = request.csr.map_err(|_| not_issuable())?;
    let (issuer, validity) = verdict.issuer().zip(verdict.validity()).ok_or_else(not_issuable)?;
    let role = request.asked.profile;
    let is_ca = role.identity().is_ca;
    let constraints = limits.get(&role.domain()).filter(|_| is_ca);
    unused(serial, issuer, index)?;
    let tbs = template::of_request(csr, role, constraints, issuer, validity, serial.clone())?;
    let label = Label {
        n,
        kind: if is_ca { Kind::Intermediate } else { Kind::Leaf },
        profile: Some(role),
        request: Some(verdict.number()),
        replaces: request.asked.replaces.clone(),
        reuses_key: verdict.reuses_key(),
    };
    let tbs = Tbs::Certificate(Box::new(tbs));
    Ok((Order::of(label, &tbs, issuer), tbs))
}

fn unused(serial: &Serial, issuer: &Authority, index: &Index) -> Result<(), DraftError> {
    let name = CertificateName { issuer: issuer.spki_sha256(), serial: serial.clone() };
    match index.issued(&name) {
        Some(_) => Err(DraftError::SerialUsed(serial.clone())),
        None => Ok(()),
    }
}

fn denial(verdict: &Verdict<'_>) -> Denial {
    let request = Some(verdict.number());
    if let Some(error) = verdict.unreadable() {
        let codes = vec![DenialCode::Unreadable(error.reason().code.to_owned())];
        return Denial { codes, note: text::clip(&error.to_string(), MAX_NOTE), request, revocation: None };
    }
    let denied_for = verdict.denied_for();
    let found = verdict.violations().iter().filter(|found| denied_for.contains(&found.code));
    let said: Vec<_> = found.map(ToString::to_string).collect();
    let note = if said.is_empty() { "denied by an officer in review".to_owned() } else { said.join("; ") };
    // The details are escaped already.
    let note = note.get(..MAX_NOTE).map_or(note.clone(), str::to_owned);
    let codes = denied_for.into_iter().map(DenialCode::Rule).collect();
    Denial { codes, note, request, revocation: None }
}

impl Refusal for DraftError {
    fn reason(&self) -> Reason {
        let internal = |code| Reason::new(Class::Internal, code, "report this to the maintainers; nothing was signed");
        match self {
            Self::Serials => internal("DRAFT_SERIALS"),
            Self::SerialUsed(_) => {
                Reason::new(Class::Hsm, "DRAFT_SERIAL_USED", "stop; have the random generators examined")
            }
            Self::NotIssuable(_) => internal("DRAFT_NOT_ISSUABLE"),
            Self::Template(_) => internal("DRAFT_TEMPLATE"),
            Self::Roster(error) => error.reason(),
            Self::Rejected { .. } => {
                Reason::new(Class::Quorum, "DRAFT_REJECTED", "have the cluster ask again in a new bundle")
            }
            Self::Plan(_) => internal("DRAFT_PLAN"),
        }
    }
}
