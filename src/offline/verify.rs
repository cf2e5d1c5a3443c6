//! The checks V01 to V12 over a bundle that people have confirmed.
//!
//! What the bundle owes to its statement, its cluster's enrolment and itself is checked while it is opened; what is left
//! needs the log of this host, its clock and its policy. All of these run, whatever one of them says; a plan demands
//! them again.

use thiserror::Error;

use crate::audit::detail::{Received, Verified};
use crate::audit::entry::{Actor, Entry, Outcome};
use crate::audit::event::Event;
use crate::exchange::arrival::ArrivalError;
use crate::exchange::statement::Statement;
use crate::exchange::statement::kind::Kind;
use crate::exchange::trace::Trace;
use crate::issuance::crl;
use crate::issuance::index::{CertificateName, SequenceError};
use crate::issuance::judge::Judged;
use crate::issuance::policy::Unattested;
use crate::issuance::rule::violation::Code;
use crate::offline::case::{Case, NotOpened, closed};
use crate::offline::review;
use crate::offline::room::Room;
use crate::refusal::{Class, Reason, Refusal, Refused};
use crate::report::checks::{Check, CheckId, CheckList, Status};
use crate::report::requests::RequestLine;
use crate::wire::digest::Digest;
use crate::wire::text::fill;

/// How the checks went.
#[derive(Debug)]
pub struct Checked {
    /// The statement of the bundle.
    pub statement: Statement,
    /// The checks.
    pub checks: CheckList,
    /// The requests, with the verdict of policy.
    pub requests: Vec<RequestLine>,
    /// The log entry that says so.
    pub entry: u64,
}

/// Why a bundle that is sound in itself is not taken.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum VerifyError {
    /// A package was sealed for this cluster, and it has seen no head of our log.
    #[error("the cluster says that it never saw our log, and the package of log entry {0} was made for it")]
    SeenMissing(u64),
    /// The head that the cluster saw is not one of our log.
    #[error("the cluster saw a log of {0} entries that this log does not extend")]
    SeenForked(u64),
    /// Another statement of its trace came in.
    #[error("another statement of this trace was received: log entry {0}")]
    TraceSeen(u64),
}

/// Runs the checks over the newest bundle of `trace` and writes down how they went.
///
/// # Errors
/// Where the bundle cannot be opened at all: its rows are not typed, or its files are not those that were received.
pub fn verify(room: &mut Room, trace: &Trace) -> Result<Checked, Refused> {
    let (statement, checks, requests) = match Case::open(room, trace) {
        Ok(case) => {
            let requests = case.requests();
            let judged = case.judge(room, &requests)?;
            (case.statement().clone(), run(room, &case, &judged), review::lines(&judged))
        }
        Err(NotOpened { check: Some(check), refused }) => {
            let mut checks = CheckList::default();
            checks.push(Check::refused(check, &refused));
            (closed(room, trace)?.statement().clone(), checks, Vec::new())
        }
        Err(not) => return Err(not.refused),
    };
    let failed = checks.all().iter().any(|check| check.status() == Status::Fail);
    let outcome = if failed { Outcome::Failed("VERIFY".to_owned()) } else { Outcome::Ok };
    let event = Event::Verified(Verified { checks: checks.results(), statement: statement.id() });
    let entry = room.desk_mut().note_as(&Actor::system(), Some(trace.as_str()), outcome, event)?;
    Ok(Checked { statement, checks, requests, entry })
}

/// Demands what a bundle owes to log and clock of this host, for whoever goes on with it.
///
/// # Errors
/// What V07, V08 or V11 says.
pub fn demand(room: &Room, case: &Case) -> Result<(), Refused> {
    sequence(room, case)?;
    clock(room, case)?;
    seen(room, case).map(drop)
}

fn run(room: &Room, case: &Case, judged: &Judged<'_>) -> CheckList {
    let mut checks = CheckList::default();
    let pushed = |check: Result<Check, Refused>, id| check.unwrap_or_else(|refused| Check::refused(id, &refused));
    for check in opened(room, case) {
        checks.push(check);
    }
    checks.push(pushed(sequence(room, case), CheckId::V07));
    checks.push(pushed(clock(room, case), CheckId::V08));
    checks.push(possession(case));
    checks.push(replaced(case, judged));
    checks.push(pushed(seen(room, case), CheckId::V11));
    checks.push(policy(case, judged));
    checks
}

/// What was checked while the bundle was opened.
fn opened(room: &Room, case: &Case) -> [Check; 6] {
    let (manifest, cluster) = (case.bundle().manifest(), case.cluster());
    let (party, requests) = (cluster.party(), manifest.requests.len());
    let pinned = room.in_force().pinned(party).map_or(0, |pinned| pinned.entry);
    let created = cluster.common().created;
    [
        Check::ok(CheckId::V01, "the container is canonical: encoded again it is the same bytes"),
        Check::ok(CheckId::V02, fill("within the limits: {} request{s}, no file is extra", [&requests])),
        Check::ok(CheckId::V03, format!("inner signature {party}  csr-bundle@airlock.v1")),
        Check::ok(CheckId::V04, format!("signer key of the record of {created}, enrolled by log entry {pinned}")),
        Check::ok(CheckId::V05, "all listed digests match, the set of files is exact"),
        Check::ok(CheckId::V06, format!("addressed to {}", manifest.audience.ca)),
    ]
}

/// V07: the sequence number follows the last one, or is that of the plan that was closed for this very statement.
fn sequence(room: &Room, case: &Case) -> Result<Check, Refused> {
    let (manifest, id) = (case.bundle().manifest(), case.statement().id());
    one_bundle(room, &case.statement().lines().trace, &id)?;
    let (seq, last) = (manifest.seq, case.index().bundle_seq(&manifest.origin.uid));
    let planned = room.desk().entries().iter().any(|entry| match &entry.event {
        Event::PlanClosed(closed) => closed.statement == Some(id),
        _ => false,
    });
    match planned {
        true if seq == last => return Ok(Check::ok(CheckId::V07, format!("sequence {seq}, planned here before"))),
        true => return Err(SequenceError { last, found: seq }.into()),
        false => case.index().admits_bundle(&manifest.origin.uid, seq)?,
    }
    Ok(Check::ok(CheckId::V07, format!("sequence {seq} follows {last}; trace not seen before")))
}

/// No cluster makes two bundles of one trace: which of them is its own cannot be told here, and neither is taken.
///
/// # Errors
/// [`VerifyError::TraceSeen`].
pub fn one_bundle(room: &Room, trace: &Trace, id: &Digest) -> Result<(), VerifyError> {
    let is_other = |received: &Received| received.kind == Kind::CsrBundle.as_str() && received.statement != *id;
    let other = |entry: &&Entry| match &entry.event {
        Event::Received(received) => entry.trace.as_deref() == Some(trace.as_str()) && is_other(received),
        _ => false,
    };
    let other = room.desk().entries().iter().find(other);
    other.map_or(Ok(()), |entry| Err(VerifyError::TraceSeen(entry.seq)))
}

/// V08: it has not expired, and somebody vouches for the clock that says so.
fn clock(room: &Room, case: &Case) -> Result<Check, Refused> {
    let (created, expires) = (case.bundle().manifest().created, case.bundle().manifest().expires);
    let now = room.desk().now()?;
    if now > expires {
        return Err(ArrivalError::Expired(expires).into());
    }
    let text = format!("created {created}, this clock {now}");
    match room.attested_now() {
        Ok(attested) => Ok(Check::ok(CheckId::V08, format!("{text}, attested by log entry {}", attested.entry))),
        Err(_) if room.policy().unattested() == Unattested::Warn => {
            Ok(Check::warn(CheckId::V08, "CLOCK_NOT_ATTESTED", format!("{text}, not attested today")))
        }
        Err(refused) => Err(refused),
    }
}

/// V09: requests without proof of possession are denied alone.
fn possession(case: &Case) -> Check {
    let (proven, all) = (case.bundle().proven(), case.bundle().requests().len());
    let text = fill("proof of possession on {} of {} request{s}", [&proven, &all]);
    let unproven = case.bundle().requests().iter().find_map(|request| request.csr.as_ref().err());
    match unproven {
        Some(error) => Check::deny(CheckId::V09, error.reason().code, text),
        None => Check::ok(CheckId::V09, text),
    }
}

/// V10: what is replaced was issued here, or adopted when the cluster was enrolled, and was not replaced before.
fn replaced(case: &Case, judged: &Judged<'_>) -> Check {
    let name = |replaces: &crate::exchange::csr_bundle::manifest::Replaces| CertificateName {
        issuer: replaces.issuer_spki_sha256,
        serial: replaces.serial.clone(),
    };
    let asked: Vec<_> = judged.verdicts().iter().filter(|verdict| verdict.request().asked.replaces.is_some()).collect();
    let unknown =
        asked.iter().filter(|verdict| verdict.violations().iter().any(|found| found.code == Code::R1)).count();
    let issued_here = |replaces| case.index().issued(&name(replaces)).is_some();
    let here =
        asked.iter().filter(|verdict| verdict.request().asked.replaces.as_ref().is_some_and(issued_here)).count();
    let (all, known) = (asked.len(), asked.len() - unknown);
    let text = format!("replaced certificates known here: {known} of {all}");
    match (unknown, known.saturating_sub(here)) {
        (0, 0) => Check::ok(CheckId::V10, text),
        (0, adopted) => {
            let text = format!("{text}; {adopted} were adopted when the cluster was enrolled");
            Check::warn(CheckId::V10, "FIRST_CONTACT", text)
        }
        _ => Check::deny(CheckId::V10, "R1", text),
    }
}

/// V11: the head of our log that the cluster saw last is one of this log. It may have seen none before its first package
/// since it was enrolled.
fn seen(room: &Room, case: &Case) -> Result<Check, Refused> {
    let log = room.desk().log();
    let Some(seen) = &case.bundle().manifest().seen_checkpoint else {
        let enrolled = room.in_force().pinned(case.cluster().party()).map_or(0, |pinned| pinned.entry);
        return match last_sealed(room.desk().entries(), &case.bundle().manifest().origin.uid) {
            Some(entry) if entry > enrolled => Err(VerifyError::SeenMissing(entry).into()),
            _ => Ok(Check::ok(CheckId::V11, "the cluster has seen no head of our log, and was sent none")),
        };
    };
    let (head, size) = (seen.head(), log.tree().size());
    if !log.tree().begins_with(&head) {
        return Err(VerifyError::SeenForked(head.size).into());
    }
    Ok(Check::ok(
        CheckId::V11,
        fill("online side last saw our log at {}; prefix of our {} entr{y}", [&head.size, &size]),
    ))
}

/// The entry of the last package that was sealed for this cluster.
fn last_sealed(entries: &[Entry], uid: &str) -> Option<u64> {
    let is_for = |plan| {
        entries.iter().any(|entry| match &entry.event {
            Event::PlanClosed(closed) => closed.plan == plan && closed.cluster.as_deref() == Some(uid),
            _ => false,
        })
    };
    entries
        .iter()
        .rev()
        .find(|entry| matches!(&entry.event, Event::Sealed(sealed) if is_for(sealed.plan)))
        .map(|e| e.seq)
}

/// V12: what policy says of requests and revocations.
fn policy(case: &Case, judged: &Judged<'_>) -> Check {
    let (manifest, verdicts) = (case.bundle().manifest(), judged.verdicts());
    let denied = verdicts.iter().filter(|verdict| verdict.is_denied()).count();
    let uid = manifest.origin.uid.as_str();
    let unrevoked = manifest.revocations.iter().filter(|one| crl::judge(one, uid, case.index()).is_err()).count();
    let ticked = verdicts.iter().filter(|verdict| !verdict.is_denied() && verdict.needs_tick()).count();
    match (denied, unrevoked) {
        (0, 0) => {
            let text = fill("policy denies none of {} request{s}; {} to be ticked", [&verdicts.len(), &ticked]);
            Check::ok(CheckId::V12, text)
        }
        (_, 0) => {
            let text = fill("policy: {} of {} request{s} denied (see review)", [&denied, &verdicts.len()]);
            Check::deny(CheckId::V12, "REQUESTS_DENIED", text)
        }
        _ => {
            let text = fill("policy: {} request{s} and {} revocation{s} denied (see review)", [&denied, &unrevoked]);
            Check::deny(CheckId::V12, "REQUESTS_DENIED", text)
        }
    }
}

impl Refusal for VerifyError {
    fn reason(&self) -> Reason {
        match self {
            Self::SeenMissing(_) => Reason::new(
                Class::Inconsistent,
                "SEEN_MISSING",
                "have the cluster import that package first, or enrol again",
            ),
            Self::SeenForked(_) => Reason::new(
                Class::Inconsistent,
                "SEEN_FORKED",
                "stop; call the auditor: this log was rewound, or the cluster was shown another",
            ),
            Self::TraceSeen(_) => Reason::new(
                Class::Replay,
                "TRACE_SEEN",
                "sign neither; call the cluster on your own number: it makes a new request; sticks and sheets go to the auditor",
            ),
        }
    }
}
