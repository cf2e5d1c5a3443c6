//! Enough officers approved exactly this plan, and the package does nothing else (W05).

use std::collections::{BTreeMap, BTreeSet};

use super::VerifyError;
use super::run::{Known, Run, Stop};
use crate::audit::event::Event;
use crate::cluster::role::Domain;
use crate::exchange::cert_package::contents::Contents;
use crate::exchange::cert_package::decisions::Decided;
use crate::exchange::cert_package::log::ProvenLog;
use crate::exchange::cert_package::manifest::Outcome;
use crate::exchange::cert_package::{Package, PackageError};
use crate::exchange::people::roster::Roster;
use crate::issuance::authority::{Authorities, Authority};
use crate::issuance::plan::fields::{Carried, CarriedKind, PlanFields};
use crate::issuance::plan::order::{Kind, Order};
use crate::issuance::plan::{Plan, Reference};
use crate::issuance::quorum::{self, Demands, Vote};
use crate::report::checks::{Check, CheckId};
use crate::wire::digest::Digest;
use crate::wire::json;

/// Reads the plan by what is pinned here, and counts who approved it.
pub(super) fn check(
    run: &mut Run,
    package: &Package<'_>,
    log: &ProvenLog,
    known: &Known<'_>,
) -> Result<(Plan, Roster), Stop> {
    let roster = newest_roster(package, known)?;
    let plan = read(package, known)?;
    let decisions = package.decisions(&roster, log)?;
    let votes: Vec<_> = decisions.iter().map(|one| Vote { signed: &one.signed, entry: one.entry }).collect();
    let demands = Demands { roster: &roster, policy: None, least: 0 };
    let met = quorum::count(&plan, &votes, &demands).map_err(Stop::of(CheckId::W05))?;
    check_times(&plan, &decisions, log)?;
    let text = format!(
        "approvals {} of {} security officers valid, rule {}, plan digest equal",
        met.officers().len(),
        roster.officers(),
        plan.fields().rule.name
    );
    let pinned = known.ca.ca().map(|ca| &ca.policy);
    match pinned.is_none_or(|pinned| *pinned == plan.fields().policy) {
        true => run.ok(CheckId::W05, text),
        false => {
            let text = format!("{text}; policy {} is newer than the enrolled one", plan.fields().policy.id);
            run.push(Check::warn(CheckId::W05, "POLICY_CHANGED", text));
        }
    }
    Ok((plan, roster))
}

/// The roster that the package leads to, from the newest one known here or from the enrolled one.
fn newest_roster(package: &Package<'_>, known: &Known<'_>) -> Result<Roster, Stop> {
    let newest = match package.rosters(known.roster) {
        Err(PackageError::RosterOrder(_)) if known.roster != known.enrolled_roster => {
            package.rosters(known.enrolled_roster)?
        }
        found => found?,
    };
    let (found, least) = (newest.epoch(), known.roster.epoch());
    let same = found > least || newest == *known.roster;
    if same { Ok(newest) } else { Err(VerifyError::RosterOlder { found, known: least }.into()) }
}

fn read(package: &Package<'_>, known: &Known<'_>) -> Result<Plan, Stop> {
    let fields: PlanFields = json::from_slice(package.plan())
        .map_err(|error| Stop::of(CheckId::W05)(crate::issuance::plan::PlanError::Json(error)))?;
    let enrolment = fields.cluster.enrolment_sha256.unwrap_or_else(|| Digest::of(b""));
    let own = (known.own_records)(&enrolment).filter(|record| record.party() == known.party);
    let own = own.ok_or(VerifyError::Enrolment(enrolment))?;
    let record = own.cluster().map(|cluster| &cluster.record);
    let authorities = Authorities::new(
        known
            .ca
            .roots()
            .iter()
            .map(|root| Authority { domain: root.domain, status: root.status, tbs: root.certificate.tbs().clone() })
            .collect(),
    );
    let tbs: Vec<u8> = package.tbs().flatten().copied().collect();
    let reference = Reference { authorities: &authorities, record, policy: None };
    Plan::load(package.plan(), &tbs, &reference).map_err(Stop::of(CheckId::W05))
}

/// Approved before it was announced, and announced before it expired (R06): by the log, never by this clock. What was
/// announced under any other plan than this one, or the one that it ends, was approved by nobody.
fn check_times(plan: &Plan, decisions: &[Decided], log: &ProvenLog) -> Result<(), VerifyError> {
    let under = [Some(plan.sha256()), plan.fields().closes];
    let intents = log.entries().iter().filter_map(|entry| match &entry.event {
        Event::SignIntent(intent) if under.contains(&Some(intent.plan)) => Some(&intent.orders),
        _ => None,
    });
    let known: BTreeSet<Digest> = intents.flatten().map(|order| order.tbs).collect();
    if plan.orders().any(|(order, _)| !known.contains(&order.tbs_sha256)) {
        return Err(VerifyError::Announced("under another plan"));
    }
    let announced = log
        .entries()
        .iter()
        .filter(|entry| matches!(&entry.event, Event::SignIntent(intent) if intent.plan == plan.sha256()));
    for entry in announced {
        if entry.time > plan.fields().expires {
            return Err(VerifyError::Announced("after the plan had expired"));
        }
        if decisions.iter().any(|one| one.entry > entry.seq || one.signed.approval().lines().time > entry.time) {
            return Err(VerifyError::Announced("before the plan was approved"));
        }
    }
    Ok(())
}

/// The manifest restates the plan and never adds: every effect of the package stands in the plan, and the other way round
/// (R01).
pub(super) fn effects(plan: &Plan, package: &Package<'_>, contents: &Contents) -> Result<(), VerifyError> {
    let (fields, manifest) = (plan.fields(), package.manifest());
    let reply = &manifest.in_reply_to;
    let uid = fields.cluster.uid.as_deref() == Some(manifest.audience.uid.as_str());
    for (what, same) in [
        ("trace", fields.trace == manifest.trace),
        ("CA", fields.ca == manifest.ca),
        ("cluster", uid && fields.cluster.name == manifest.audience.cluster.name()),
        ("statement", fields.statement_sha256 == Some(reply.statement_sha256)),
        ("nonce", fields.nonce.as_ref() == Some(&reply.nonce)),
        ("sequence number", fields.bundle_seq == Some(reply.seq)),
        ("recipients", fields.recipients == manifest.audience.recipients),
        ("key events", fields.key_events.is_empty()),
    ] {
        must(same, || what.to_owned())?;
    }
    results(fields, package, contents)?;
    roots(fields, package)?;
    crls(fields, contents)?;
    crosses(fields, contents)
}

fn must(same: bool, what: impl FnOnce() -> String) -> Result<(), VerifyError> {
    if same { Ok(()) } else { Err(VerifyError::Effect(what())) }
}

fn results(fields: &PlanFields, package: &Package<'_>, contents: &Contents) -> Result<(), VerifyError> {
    let tbs: BTreeMap<_, _> = contents.certificates().iter().map(|(id, one)| (*id, one.tbs_sha256())).collect();
    let orders: BTreeMap<_, _> = fields.orders.iter().filter_map(|order| Some((order.request?, order))).collect();
    let denials: BTreeMap<_, _> = fields.denials.iter().filter_map(|denial| Some((denial.request?, denial))).collect();
    for outcome in &package.manifest().results {
        let id = outcome.id();
        let (order, denial) = (orders.get(&id), denials.get(&id));
        let same = match outcome {
            Outcome::Issued { profile, .. } => {
                order.is_some_and(|order| Some(&order.tbs_sha256) == tbs.get(&id) && order.profile == Some(*profile))
            }
            Outcome::Denied { codes, .. } => {
                let planned = denial.map(|denial| denial.codes.iter().map(ToString::to_string).collect::<Vec<_>>());
                order.is_none() && planned.as_ref() == Some(codes)
            }
        };
        must(same, || format!("request {id}"))?;
    }
    must(orders.len() == tbs.len(), || "the number of certificates".to_owned())
}

fn roots(fields: &PlanFields, package: &Package<'_>) -> Result<(), VerifyError> {
    let planned: BTreeSet<_> = fields.roots.iter().collect();
    must(planned == package.manifest().roots.iter().collect(), || "roots".to_owned())
}

fn crls(fields: &PlanFields, contents: &Contents) -> Result<(), VerifyError> {
    let mut planned = expected(fields, Kind::Crl, CarriedKind::Crl);
    for (name, crl) in contents.crls() {
        let found = planned.remove(&(name.domain, crl.tbs().tbs_sha256()))
            || planned.remove(&(name.domain, Digest::of(crl.der())));
        must(found, || format!("the CRL of {}", name.domain))?;
    }
    must(planned.is_empty(), || "a CRL is missing".to_owned())
}

fn crosses(fields: &PlanFields, contents: &Contents) -> Result<(), VerifyError> {
    let mut planned = expected(fields, Kind::Cross, CarriedKind::Cross);
    for (domain, cross) in contents.cross() {
        let found = planned.remove(&(*domain, cross.tbs_sha256())) || planned.remove(&(*domain, cross.fingerprint()));
        must(found, || format!("a cross-certificate of {domain}"))?;
    }
    must(planned.is_empty(), || "a cross-certificate is missing".to_owned())
}

/// The digests of what the plan signs of one kind (of its TBS) and carries of it (of its DER).
fn expected(fields: &PlanFields, kind: Kind, carried: CarriedKind) -> BTreeSet<(Domain, Digest)> {
    let signed = fields.orders.iter().filter(|order| order.kind == kind);
    let signed = signed.map(|order: &Order| (order.domain, order.tbs_sha256));
    let carried = fields.carried.iter().filter(|one: &&Carried| one.kind == carried);
    signed.chain(carried.map(|one| (one.domain, one.sha256))).collect()
}
