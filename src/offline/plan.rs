//! The exact bytes to be signed are frozen, and put before the officers.
//!
//! A plan is kept as two objects, `PLAN.json` and the bytes, and counts from the entry on that closes it. One plan of a
//! bundle is open at a time. One that announced no signature can be given up; one that did is ended by another, which
//! signs nothing and delivers what was signed (R24).
//!
//! - [`load`]: a plan out of the state, read by what it was judged by
//! - [`leaving`]: what leaves with the answer beside certificates
//! - [`serials`]: serial numbers out of two generators

pub mod leaving;
pub mod load;
pub mod serials;

use thiserror::Error;

use crate::audit::detail::Object;
use crate::audit::entry::Actor;
use crate::audit::event::Event;
use crate::cluster::role::Domain;
use crate::cores::both;
use crate::desk::host::Desk;
use crate::desk::people::Present;
use crate::exchange::csr_bundle::manifest::Revocation;
use crate::exchange::statement::party::Party;
use crate::exchange::trace::Trace;
use crate::issuance::authority::Authorities;
use crate::issuance::crl;
use crate::issuance::index::CertificateName;
use crate::issuance::order::progress::Progress;
use crate::issuance::plan::draft::{Answer, Draft, Head};
use crate::issuance::plan::fields::{Cluster, RevocationName};
use crate::issuance::plan::history::Plans;
use crate::issuance::plan::{Plan, Reference};
use crate::offline::case::{self, Case};
use crate::offline::room::{Attested, Room};
use crate::offline::{review, verify};
use crate::pki::crl::RevocationReason;
use crate::pki::serial::Serial;
use crate::refusal::{Class, Reason, Refusal, Refused};
use crate::report::requests::RequestLine;
use crate::wire::digest::Digest;
use leaving::Touched;

/// A plan that was closed.
#[derive(Debug)]
pub struct Closed {
    /// The plan.
    pub plan: Plan,
    /// What becomes of each request; of a plan that ends another, nothing.
    pub requests: Vec<RequestLine>,
    /// The log entry.
    pub entry: u64,
}

/// Why there is no such plan.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum PlanStepError {
    /// Nothing of this trace was planned.
    #[error("no plan was closed for {0}")]
    None(Trace),
    /// The root that trust is to be changed to was not made.
    #[error("there is no next root of {0} to bring in or to go over to")]
    NoNextRoot(Domain),
    /// Signatures were announced under it.
    #[error("signatures were announced under the plan")]
    Announced,
    /// Nothing was announced under it, or everything is signed.
    #[error("the plan signed nothing, or all of it")]
    NothingToEnd,
    /// It cannot be kept.
    #[error("the plan cannot be kept")]
    Unkept,
}

/// Closes the plan that answers the newest bundle of `trace`: every request is issued or denied in it.
///
/// # Errors
/// Where the bundle cannot be opened or its checks do not pass; where another plan for it is open, or nobody vouches for
/// the clock; what the token says.
pub fn close(room: &mut Room, trace: &Trace) -> Result<Closed, Refused> {
    let attested = room.attested_now()?;
    let bundle = case::closed(room, trace)?;
    let statement = bundle.statement().id();
    Plans::fold(room.desk().entries()).may_close(&statement, None, attested.time)?;
    let case = Case::of(room, bundle)?;
    case.must_be_verified(room.desk().entries())?;
    verify::demand(room, &case)?;
    let serials = serials::draw(room, case.bundle().requests().len())?;
    let (plan, requests) = drafted(room, &case, &attested, serials)?;
    let (from, voids) = (case.cluster().party().clone(), case.bundle().manifest().voids.clone());
    void(room, &from, &voids)?;
    // Thousands of requests are let go of while the disk is waited for.
    let ((), entry) = both(|| drop(case), || keep(room, &plan, Some(statement)));
    Ok(Closed { plan, requests, entry: entry? })
}

fn drafted(
    room: &Room,
    case: &Case,
    attested: &Attested,
    serials: Vec<Serial>,
) -> Result<(Plan, Vec<RequestLine>), Refused> {
    let requests = case.requests();
    let judged = case.judge(room, &requests)?;
    let (manifest, statement) = (case.bundle().manifest(), case.statement());
    let touched = Touched::by(&judged, manifest);
    let answer = Answer {
        statement_sha256: statement.digest(),
        nonce: manifest.nonce.clone(),
        bundle_seq: manifest.seq,
        leaving: leaving::of(room, case.cluster(), &touched, &manifest.trust_ops, &statement.id())?,
    };
    let mut draft = Draft::answer(head(room, case.cluster().party(), &manifest.trace, attested)?, answer);
    manifest.trust_ops.iter().for_each(|op| draft.trust_op(op.clone()));
    draft.requests(&judged, serials)?;
    revocations(room, case, attested, &mut draft)?;
    let record = case.cluster().cluster().map(|side| &side.record);
    let reference = Reference { authorities: case.authorities(), record, policy: Some(room.policy()) };
    let (lines, plan) = both(|| review::lines(&judged), || draft.close(&reference));
    Ok((plan?, lines))
}

/// A list for each issuer of a certificate that may be revoked, and a denial for each that may not.
fn revocations(room: &Room, case: &Case, attested: &Attested, draft: &mut Draft<'_>) -> Result<(), Refused> {
    let uid = case.bundle().manifest().origin.uid.as_str();
    let mut revoked: Vec<(CertificateName, RevocationReason)> = Vec::new();
    for revocation in &case.bundle().manifest().revocations {
        match crl::judge(revocation, uid, case.index()) {
            Ok(allowed) => revoked.push(allowed),
            Err(error) => draft.deny_revocation(name(revocation), &error.to_string()),
        }
    }
    let mut listed = Vec::new();
    for issuer in case.authorities().all() {
        let (of_issuer, others) = revoked.into_iter().partition(|(name, _)| name.issuer == issuer.spki_sha256());
        revoked = others;
        let anew: Vec<(Serial, RevocationReason)> =
            of_issuer.into_iter().map(|(name, reason)| (name.serial, reason)).collect();
        if anew.is_empty() {
            continue;
        }
        if listed.contains(&issuer.domain) {
            let issuer_spki_sha256 = issuer.spki_sha256();
            for (serial, _) in anew {
                let name = RevocationName { issuer_spki_sha256, serial };
                draft.deny_revocation(name, "a package has room for one list a domain; ask again in the next bundle");
            }
            continue;
        }
        listed.push(issuer.domain);
        draft.crl(crl::next(issuer, case.index(), &anew, room.policy(), attested.time)?, issuer);
    }
    Ok(())
}

fn name(revocation: &Revocation) -> RevocationName {
    RevocationName { issuer_spki_sha256: revocation.issuer_spki_sha256, serial: revocation.serial.clone() }
}

/// Where an answer to `cluster` belongs, and by what it is made.
fn head<'r>(room: &'r Room, cluster: &Party, trace: &Trace, attested: &Attested) -> Result<Head<'r>, Refused> {
    let record = room.peer(cluster);
    Ok(Head {
        trace: trace.clone(),
        ca: room.desk().party().clone(),
        cluster: Cluster {
            enrolment_sha256: record.map(|record| record.sha256()),
            name: cluster.name().to_owned(),
            uid: record.and_then(|record| Some(record.cluster()?.record.fields().uid.clone())),
        },
        created: attested.time,
        attested: attested.entry,
        policy: room.policy().name(),
        roster: room.roster(),
    })
}

/// Keeps a plan and writes down that it was closed.
///
/// # Errors
/// What the disk and the log say; the plan does not count then.
pub fn keep(room: &mut Room, plan: &Plan, statement: Option<Digest>) -> Result<u64, Refused> {
    let (trace, closed) = (plan.fields().trace.to_string(), Event::PlanClosed(plan.closed(statement)));
    let write_down = |desk: &mut Desk| desk.note(&Actor::system(), Some(&trace), closed);
    room.desk_mut().hold(&[plan.json(), plan.tbs_file()], write_down)
}

/// Gives the newest plan of `trace` up, in the name of `officer`; nothing may have been announced under it.
///
/// # Errors
/// [`PlanStepError`]; what the log says.
pub fn give_up(room: &mut Room, trace: &Trace, officer: &Present) -> Result<u64, Refused> {
    let closed = load::closed(room, trace)?.plan;
    if load::is_announced(room, &closed) {
        return Err(PlanStepError::Announced.into());
    }
    room.desk_mut().note(&officer.actor(), Some(trace.as_str()), Event::PlanVoided(Object { object: closed }))
}

/// Gives up the open plans of traces that a bundle replaces: those that answer bundles of the same cluster.
fn void(room: &mut Room, from: &Party, traces: &[Trace]) -> Result<(), Refused> {
    for trace in traces {
        let Ok(closed) = load::closed(room, trace) else { continue };
        if !closed.statement.is_some_and(|statement| is_from(room, from, &statement)) {
            continue;
        }
        let is_open = room.matter(&closed.plan).is_ok();
        if is_open && !load::is_announced(room, &closed.plan) {
            let voided = Event::PlanVoided(Object { object: closed.plan });
            room.desk_mut().note(&Actor::system(), Some(trace.as_str()), voided)?;
        }
    }
    Ok(())
}

/// Whether the statement was received from this party.
fn is_from(room: &Room, party: &Party, statement: &Digest) -> bool {
    let party = party.to_string();
    room.desk().entries().iter().any(|entry| match &entry.event {
        Event::Received(received) => received.statement == *statement && received.from == party,
        _ => false,
    })
}

/// Ends the plan of `trace` that signed some of its orders and will sign no more: what was signed is delivered under the
/// new plan, the rest is denied for now. Where people let that one expire, or reject it, this makes another.
///
/// # Errors
/// [`PlanStepError`]; what the log says.
pub fn end(room: &mut Room, trace: &Trace) -> Result<Closed, Refused> {
    let attested = room.attested_now()?;
    let (newest, closed) = (load::closed(room, trace)?.plan, load::announced(room, trace)?);
    let earlier = load::read(room, &closed)?;
    let signed = Progress::of(&earlier, room.desk().entries()).signed(&earlier)?;
    let statement = closed.statement.ok_or(PlanStepError::NothingToEnd)?;
    if signed.len() == earlier.fields().orders.len() || load::is_sealed(room, &newest) {
        return Err(PlanStepError::NothingToEnd.into());
    }
    if room.matter(&closed.plan).is_ok() {
        let voided = Event::PlanVoided(Object { object: closed.plan });
        room.desk_mut().note(&Actor::system(), Some(trace.as_str()), voided)?;
    }
    Plans::fold(room.desk().entries()).may_close(&statement, Some(&closed.plan), attested.time)?;
    let plan = ending(room, &earlier, &attested, &signed, &statement)?;
    let entry = keep(room, &plan, Some(statement))?;
    Ok(Closed { plan, requests: Vec::new(), entry })
}

fn ending(
    room: &Room,
    earlier: &Plan,
    attested: &Attested,
    signed: &[u64],
    statement: &Digest,
) -> Result<Plan, Refused> {
    let fields = earlier.fields();
    let cluster: Party = format!("cluster:{}", fields.cluster.name).parse().map_err(|_| PlanStepError::Unkept)?;
    let (Some(statement_sha256), Some(nonce), Some(bundle_seq)) =
        (fields.statement_sha256, fields.nonce.clone(), fields.bundle_seq)
    else {
        return Err(PlanStepError::NothingToEnd.into());
    };
    let leaving = leaving::again(room, fields, statement);
    let mut draft = Draft::answer(
        head(room, &cluster, &fields.trace, attested)?,
        Answer { statement_sha256, nonce, bundle_seq, leaving },
    );
    draft.close_after(earlier, signed)?;
    let authorities: Authorities = room.authorities(&cluster);
    let record = room.peer(&cluster).and_then(|record| record.cluster()).map(|side| &side.record);
    // What was signed was linted by the policy that it was planned under.
    Ok(draft.close(&Reference { authorities: &authorities, record, policy: None })?)
}

impl Refusal for PlanStepError {
    fn reason(&self) -> Reason {
        match self {
            Self::None(_) => Reason::new(Class::Replay, "PLAN_NONE", "close one first: airlock offline plan TRACE"),
            Self::NoNextRoot(_) => {
                Reason::new(Class::Policy, "PLAN_NO_NEXT_ROOT", "make it first: airlock offline ca next")
            }
            Self::Announced => Reason::new(
                Class::Replay,
                "PLAN_ANNOUNCED",
                "sign the rest of it, or end it: airlock offline plan TRACE --end",
            ),
            Self::NothingToEnd => {
                Reason::new(Class::Replay, "PLAN_NOTHING_TO_END", "give it up, or seal what it signed")
            }
            Self::Unkept => Reason::new(Class::Inconsistent, "PLAN_UNKEPT", "stop; call the auditor"),
        }
    }
}
