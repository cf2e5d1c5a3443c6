//! What leaves with an answer beside certificates: who can open it, the roots, and lists and cross-certificates of
//! earlier plans.

use std::collections::BTreeSet;

use crate::cluster::role::Domain;
use crate::exchange::csr_bundle::manifest::{Manifest, TrustChange, TrustOp};
use crate::exchange::enrolment::record::EnrolmentRecord;
use crate::exchange::roots::{RootName, RootStatus};
use crate::exchange::seal::recipient::Recipient;
use crate::issuance::judge::Judged;
use crate::issuance::plan::draft::Leaving;
use crate::issuance::plan::fields::{Carried, CarriedKind, PlanFields};
use crate::issuance::plan::history::Plans;
use crate::offline::holdings::{HeldRoot, Holding};
use crate::offline::plan::PlanStepError;
use crate::offline::room::Room;
use crate::refusal::Refused;
use crate::wire::digest::Digest;

/// The CAs that an answer has to do with.
#[derive(Debug, Default)]
pub struct Touched {
    domains: BTreeSet<Domain>,
    issuers: BTreeSet<Digest>,
    /// Issuers that sign a new list.
    revoking: BTreeSet<Digest>,
}

impl Touched {
    /// Those of requests that are allowed, and of certificates to be revoked.
    pub fn by(judged: &Judged<'_>, manifest: &Manifest) -> Self {
        let mut touched = Self::default();
        for issuer in judged.verdicts().iter().filter(|verdict| !verdict.is_denied()).filter_map(|v| v.issuer()) {
            touched.domains.insert(issuer.domain);
            touched.issuers.insert(issuer.spki_sha256());
        }
        touched.revoking.extend(manifest.revocations.iter().map(|one| one.issuer_spki_sha256));
        touched
    }
}

/// What leaves with the answer to a bundle whose statement has the id `statement`.
///
/// # Errors
/// [`PlanStepError::NoNextRoot`].
pub fn of(
    room: &Room,
    cluster: &EnrolmentRecord,
    touched: &Touched,
    ops: &[TrustOp],
    statement: &Digest,
) -> Result<Leaving, Refused> {
    let prior_rejections = Plans::fold(room.desk().entries()).rejections(statement);
    let mut leaving = Leaving { recipients: recipients(room, cluster), prior_rejections, ..Leaving::default() };
    let Some(holding) = room.holding(cluster.party()) else { return Ok(leaving) };
    for op in ops {
        leaving.roots.extend(changed(holding, op)?);
        leaving.carried.extend(lists(holding, op.domain, None).chain(crosses(holding, op.domain)));
    }
    for domain in &touched.domains {
        let issues = |root: &&HeldRoot| {
            let key = root.certificate.public_key().spki_sha256();
            root.domain == *domain && (root.status == RootStatus::Current || touched.issuers.contains(&key))
        };
        leaving.roots.extend(holding.roots().iter().filter(issues).map(HeldRoot::name));
        leaving.carried.extend(lists(holding, *domain, Some(touched)));
    }
    Ok(leaving)
}

/// What leaves with a plan that ends another: the same, to whoever may open packages now.
pub fn again(room: &Room, fields: &PlanFields, statement: &Digest) -> Leaving {
    let cluster = format!("cluster:{}", fields.cluster.name).parse().ok();
    let record = cluster.and_then(|cluster| room.peer(&cluster));
    Leaving {
        recipients: record.map_or_else(|| fields.recipients.clone(), |record| recipients(room, record)),
        roots: fields.roots.clone(),
        carried: fields.carried.clone(),
        prior_rejections: Plans::fold(room.desk().entries()).rejections(statement),
    }
}

/// The import host of the cluster, and whoever the policy lets read every package.
fn recipients(room: &Room, cluster: &EnrolmentRecord) -> Vec<Recipient> {
    let own = cluster.cluster().map(|side| side.recipient.clone());
    own.into_iter().chain(room.policy().archive().iter().cloned()).collect()
}

/// The roots of a domain as they stand once trust has changed so.
fn changed(holding: &Holding, op: &TrustOp) -> Result<Vec<RootName>, PlanStepError> {
    if holding.root(op.domain, RootStatus::Next).is_none() {
        return Err(PlanStepError::NoNextRoot(op.domain));
    }
    let after = |root: &HeldRoot| match (op.op, root.status) {
        (TrustChange::IntroduceRoot, status) => status,
        (TrustChange::RetireRoot, RootStatus::Next) => RootStatus::Current,
        (TrustChange::RetireRoot, _) => RootStatus::Retiring,
    };
    let of_domain = holding.roots().iter().filter(|root| root.domain == op.domain);
    // One root a status travels; of those that retired before, nobody asks any more.
    let is_old = |root: &&HeldRoot| op.op == TrustChange::RetireRoot && root.status == RootStatus::Retiring;
    let names = of_domain.filter(|root| !is_old(root)).map(|root| RootName { status: after(root), ..root.name() });
    Ok(names.collect())
}

/// The newest list of the root in use, unless a new one of this domain is signed.
fn lists<'h>(
    holding: &'h Holding,
    domain: Domain,
    touched: Option<&Touched>,
) -> impl Iterator<Item = Carried> + use<'h> {
    let current = holding.root(domain, RootStatus::Current);
    let revokes = |root: &HeldRoot| {
        touched.is_some_and(|touched| touched.revoking.contains(&root.certificate.public_key().spki_sha256()))
    };
    let is_anew = holding.roots().iter().filter(|root| root.domain == domain).any(revokes);
    let key_id = current.filter(|_| !is_anew).and_then(|root| root.certificate.extensions().subject_key_id());
    let of_current = holding.crls().iter().filter(move |(of, list)| {
        *of == domain && key_id.is_some_and(|id| list.tbs().fields().issuer_key_id.as_slice() == id)
    });
    of_current.map(|(domain, list)| Carried { domain: *domain, kind: CarriedKind::Crl, sha256: Digest::of(list.der()) })
}

fn crosses(holding: &Holding, domain: Domain) -> impl Iterator<Item = Carried> + '_ {
    let of_domain = holding.crosses().iter().filter(move |(of, _)| *of == domain);
    of_domain.map(|(domain, cross)| Carried { domain: *domain, kind: CarriedKind::Cross, sha256: cross.fingerprint() })
}
