//! A plan that fits together.

use std::borrow::Borrow;

use super::fields::PlanFields;
use super::order::{Kind, Order, Tbs};
use super::{PlanError, coherence, rule};
use crate::audit::detail::PlanClosed;
use crate::cluster::record::Record;
use crate::cores::{both, on_all_cores};
use crate::exchange::approval::rule::{Rule, RuleName};
use crate::exchange::approval::subject::Subject;
use crate::exchange::csr_bundle::number::Number;
use crate::exchange::people::roster::Roster;
use crate::exchange::roots::RootStatus;
use crate::issuance::authority::{Authorities, Authority};
use crate::issuance::lint::{self, Expected, Findings};
use crate::issuance::policy::Policy;
use crate::issuance::privilege;
use crate::issuance::profile::{Profile, root_name};
use crate::pki::certificate::TbsCertificate;
use crate::wire::digest::Digest;
use crate::wire::json;

/// The longest `PLAN.json`, in bytes.
pub const MAX_JSON: usize = 32 << 20;
/// The longest file of bytes to be signed.
pub const MAX_TBS: usize = 128 << 20;

/// What a plan is read against: what the reader knows by itself.
#[derive(Debug, Clone, Copy)]
pub struct Reference<'a> {
    /// The CAs of the cluster; roots that the plan makes are added to them.
    pub authorities: &'a Authorities,
    /// The record of the cluster, once that is enrolled.
    pub record: Option<&'a Record>,
    /// The policy, on the CA host.
    pub policy: Option<&'a Policy>,
}

/// A plan in which everything fits: the fields with each other, each order with its bytes, the bytes with profile,
/// issuer and cluster record, and the rule with all effects. It is read by [`Plan::load`] only, and closed by
/// [`Draft::close`](super::draft::Draft::close), which comes to the same.
///
/// A plan is not copied: one plan is approved once.
///
/// ```compile_fail,E0599
/// # use airlock::issuance::plan::Plan;
/// fn twice(plan: Plan) -> (Plan, Plan) {
///     (plan.clone(), plan)
/// }
/// ```
///
/// ```
/// # use airlock::issuance::plan::Plan;
/// fn once(plan: Plan) -> Plan {
///     plan
/// }
/// ```
#[derive(Debug)]
pub struct Plan {
    body: Body,
    json: Vec<u8>,
    sha256: Digest,
}

/// Fields that fit together, and as many elements as orders.
#[derive(Debug)]
struct Body {
    fields: PlanFields,
    tbs: Vec<u8>,
    /// Where the bytes of each order end.
    ends: Vec<usize>,
}

/// A `PLAN.json` in its one form. Whether what it says fits together, and fits the bytes, is not said: a reader who must
/// know from it what to read the plan against looks, and goes on with [`PlanFile::load`].
#[derive(Debug)]
pub struct PlanFile {
    fields: PlanFields,
    json: Vec<u8>,
    sha256: Digest,
}

impl PlanFile {
    /// Reads `PLAN.json`.
    ///
    /// # Errors
    /// [`PlanError::Size`] and [`PlanError::Json`].
    pub fn parse(json: Vec<u8>) -> Result<Self, PlanError> {
        if json.len() > MAX_JSON {
            return Err(PlanError::Size(json.len()));
        }
        Ok(Self { fields: json::from_slice(&json)?, sha256: Digest::of(&json), json })
    }

    /// Reads a `PLAN.json` that this host closed before. Its form is not looked at again: it was seen to be the one form
    /// of these fields when the plan was closed and whenever people read it, and these are the same bytes.
    ///
    /// # Errors
    /// [`PlanError::Closed`] where it is another file; [`PlanError::Json`].
    pub fn parse_again(json: Vec<u8>, before: &ClosedBefore) -> Result<Self, PlanError> {
        let sha256 = Digest::of(&json);
        if sha256 != before.plan {
            return Err(PlanError::Closed);
        }
        Ok(Self { fields: json::from_own(&json)?, json, sha256 })
    }

    /// What it says, not to be believed yet.
    pub fn fields(&self) -> &PlanFields {
        &self.fields
    }

    /// The plan that it makes with the bytes to be signed.
    ///
    /// # Errors
    /// Any [`PlanError`].
    pub fn load(self, tbs: Vec<u8>, reference: &Reference<'_>) -> Result<Plan, PlanError> {
        let body = Body::fitted(self.fields, tbs)?;
        body.check(|order, der| Tbs::read(order.kind, der).ok_or(PlanError::Kind(order.n)), reference)?;
        Ok(Plan { body, json: self.json, sha256: self.sha256 })
    }

    /// The plan that it makes with the bytes to be signed, where this host read it whole and closed it before: nothing is
    /// linted anew, for both files are those to the byte. What people are shown and decide on is read whole each time.
    ///
    /// The log can be written by whoever has the disk, until its head is signed; the plan cannot, for people sign its
    /// digest. So the bytes are held against the plan, order by order, and not only against the log.
    ///
    /// # Errors
    /// [`PlanError::Closed`] where one of the two files is another; [`PlanError::Restated`] for bytes that are not those
    /// of their order; [`PlanError::Bytes`].
    pub fn load_again(self, tbs: Vec<u8>, before: &ClosedBefore) -> Result<Plan, PlanError> {
        let body = Body::fitted(self.fields, tbs)?;
        if self.sha256 != before.plan || Digest::of(&body.tbs) != before.tbs {
            return Err(PlanError::Closed);
        }
        let pairs: Vec<_> = body.orders().collect();
        let are_own = on_all_cores(&pairs, |(order, der)| Digest::of(der) == order.tbs_sha256);
        match pairs.iter().zip(are_own).find(|(_, is_own)| !is_own) {
            Some(((order, _), _)) => Err(PlanError::Restated { n: order.n, key: "tbs_sha256" }),
            None => Ok(Plan { body, json: self.json, sha256: self.sha256 }),
        }
    }
}

/// That two files were read whole and closed as a plan on this host.
#[derive(Debug)]
pub struct ClosedBefore {
    plan: Digest,
    tbs: Digest,
}

impl ClosedBefore {
    /// The word of the log, which was written when they had been read whole.
    pub fn the_log_says_it_was_closed(entry: &PlanClosed) -> Self {
        Self { plan: entry.plan, tbs: entry.tbs }
    }
}

impl Plan {
    /// Reads the two files of a plan.
    ///
    /// # Errors
    /// Any [`PlanError`].
    pub fn load(json: &[u8], tbs: &[u8], reference: &Reference<'_>) -> Result<Self, PlanError> {
        PlanFile::parse(json.to_vec())?.load(tbs.to_vec(), reference)
    }

    /// Writes `fields` and the bytes of `orders`, and checks them as anyone would who reads them.
    pub(super) fn of(fields: PlanFields, orders: &[Tbs], reference: &Reference<'_>) -> Result<Self, PlanError> {
        let body = Body::fitted(fields, orders.iter().map(Tbs::der).collect::<Vec<_>>().concat())?;
        // They were read from these bytes when they were drafted.
        let read = |order: &Order, der: &[u8]| {
            let at = usize::try_from(order.n).ok().and_then(|n| n.checked_sub(1));
            at.and_then(|at| orders.get(at)).filter(|tbs| tbs.der() == der).ok_or(PlanError::Kind(order.n))
        };
        let print = || json::to_vec(&body.fields).map(|json| (Digest::of(&json), json));
        let (printed, checked) = both(print, || body.check(read, reference));
        let (sha256, json) = printed?;
        if json.len() > MAX_JSON {
            return Err(PlanError::Size(json.len()));
        }
        checked.map(|()| Self { body, json, sha256 })
    }
}

impl Body {
    fn fitted(fields: PlanFields, tbs: Vec<u8>) -> Result<Self, PlanError> {
        if tbs.len() > MAX_TBS {
            return Err(PlanError::Size(tbs.len()));
        }
        coherence::check(&fields)?;
        let ends = ends(&tbs).filter(|ends| ends.len() == fields.orders.len()).ok_or(PlanError::Bytes)?;
        Ok(Self { fields, tbs, ends })
    }

    /// Checks each order against its bytes, as `read` has them, and the rule against all effects.
    fn check<T: Borrow<Tbs>>(
        &self,
        read: impl Fn(&Order, &[u8]) -> Result<T, PlanError> + Sync,
        reference: &Reference<'_>,
    ) -> Result<(), PlanError> {
        let authorities = self.authorities(reference.authorities);
        let pairs: Vec<_> = self.orders().collect();
        let checked = on_all_cores(&pairs, |(order, der)| {
            check_order(order, read(order, der)?.borrow(), &authorities, reference)
        });
        let revokes_anew = checked.into_iter().try_fold(false, |anew, one| Ok::<_, PlanError>(anew | one?))?;
        let name = rule::name(&self.fields, revokes_anew);
        let named = self.fields.rule;
        if named.name == name && named.auditor == name.needs_auditor() { Ok(()) } else { Err(PlanError::Rule) }
    }

    fn orders(&self) -> impl Iterator<Item = (&Order, &[u8])> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        let slices = starts.zip(&self.ends).map(|(start, end)| self.tbs.get(start..*end).unwrap_or_default());
        self.fields.orders.iter().zip(slices)
    }

    fn authorities(&self, known: &Authorities) -> Authorities {
        let roots = self.orders().filter(|(order, _)| order.kind == Kind::Root);
        let new = roots.filter_map(|(_, der)| {
            let tbs = TbsCertificate::from_der(der).ok()?;
            Some(Authority { domain: root_name::domain(tbs.subject())?, status: RootStatus::Next, tbs })
        });
        Authorities::new(known.all().iter().cloned().chain(new).collect())
    }
}

impl Plan {
    /// What it says.
    pub fn fields(&self) -> &PlanFields {
        &self.body.fields
    }

    /// `PLAN.json`.
    pub fn json(&self) -> &[u8] {
        &self.json
    }

    /// SHA-256 of `PLAN.json`, which people approve.
    pub fn sha256(&self) -> Digest {
        self.sha256
    }

    /// The bytes to be signed, one structure after the other.
    pub fn tbs_file(&self) -> &[u8] {
        &self.body.tbs
    }

    /// Each order with its bytes.
    pub fn orders(&self) -> impl Iterator<Item = (&Order, &[u8])> {
        self.body.orders()
    }

    /// The order of this number, with its bytes.
    pub fn order(&self, n: u64) -> Option<(&Order, &[u8])> {
        let at = usize::try_from(n.checked_sub(1)?).ok()?;
        let Body { fields, tbs, ends } = &self.body;
        let start = at.checked_sub(1).map_or(Some(0), |before| ends.get(before).copied())?;
        Some((fields.orders.get(at)?, tbs.get(start..*ends.get(at)?)?))
    }

    /// The CAs that may sign here: those known before, and the roots that this plan makes.
    pub fn authorities(&self, known: &Authorities) -> Authorities {
        self.body.authorities(known)
    }

    /// The requests that each officer ticks one by one, in order: those whose bytes give full rights, and those whose key
    /// was certified before.
    pub fn ticked(&self) -> Vec<Number> {
        let mut ticked: Vec<_> = self.fields().orders.iter().filter_map(Order::ticked).collect();
        ticked.sort_unstable();
        ticked
    }

    /// The rule that its effects need under `roster`: the numbers may differ from those it names.
    pub fn rule_under(&self, roster: &Roster) -> Rule {
        rule::needed(self.fields().rule.name, self.fields(), roster).into()
    }

    /// Whether everyone who approves must have typed all sixteen rows (R15).
    pub fn needs_whole_code(&self) -> bool {
        self.fields().rule.name == RuleName::Root
    }

    /// What the log says when the plan is closed. The statement that it answers is named by its id.
    pub fn closed(&self, statement_id: Option<Digest>) -> PlanClosed {
        let fields = self.fields();
        PlanClosed {
            bundle_seq: fields.bundle_seq,
            cluster: fields.cluster.uid.clone(),
            denials: fields.denials.len() as u64,
            expires: fields.expires,
            orders: fields.orders.len() as u64,
            plan: self.sha256,
            rule: fields.rule.name.to_string(),
            statement: statement_id,
            tbs: Digest::of(&self.body.tbs),
        }
    }

    /// The lines that every decision on it has in common.
    pub fn subject(&self) -> Subject {
        let fields = self.fields();
        Subject {
            operation: fields.operation.into(),
            trace: Some(fields.trace.clone()),
            statement_sha256: fields.statement_sha256,
            object_sha256: self.sha256,
            policy: fields.policy.clone(),
            rule: fields.rule.into(),
            roster: fields.roster,
            host: fields.ca.clone(),
        }
    }
}

/// Where each of the DER elements that fill `bytes` ends.
fn ends(bytes: &[u8]) -> Option<Vec<usize>> {
    let mut ends = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        at = at.checked_add(lint::element_length(bytes.get(at..)?)?)?;
        ends.push(at);
    }
    (at == bytes.len()).then_some(ends)
}

/// Compares one order with its bytes and lints them; says whether it revokes anew.
fn check_order(
    order: &Order,
    tbs: &Tbs,
    authorities: &Authorities,
    reference: &Reference<'_>,
) -> Result<bool, PlanError> {
    let n = order.n;
    let issuer = authorities.by_key(&order.issuer_spki_sha256).ok_or(PlanError::Authority(n))?;
    if let Some(key) = order.difference(&Order::of(order.label(), tbs, issuer)) {
        return Err(PlanError::Restated { n, key });
    }
    let profile = order.expected_profile().ok_or(PlanError::Kind(n))?;
    let findings = lint_order(tbs, profile, issuer, authorities, reference);
    if findings.is_empty() { Ok(tbs.revokes_anew()) } else { Err(PlanError::Lint { n, findings }) }
}

fn lint_order(
    tbs: &Tbs,
    profile: Option<Profile>,
    issuer: &Authority,
    authorities: &Authorities,
    reference: &Reference<'_>,
) -> Findings {
    match (tbs, profile) {
        (Tbs::Certificate(tbs), Some(profile)) => {
            let certified = match profile {
                Profile::Cross(_) => authorities.by_key(&tbs.public_key().spki_sha256()),
                _ => None,
            };
            let expected = Expected {
                profile,
                issuer,
                certified: certified.map(|authority| &authority.tbs),
                record: reference.record,
                policy: reference.policy,
                privileged: privilege::of_certificate(tbs),
            };
            lint::certificate(tbs, &expected)
        }
        (Tbs::Crl(tbs), _) => lint::crl(tbs, issuer, reference.policy),
        (Tbs::Certificate(_), None) => Findings::unexpected(),
    }
}

#[cfg(test)]
mod tests;
