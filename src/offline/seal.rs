//! The answer leaves: a package of everything the plan lists, signed by the key of this host in the token, sealed to
//! everyone the plan names, with its entries of the log and the proofs that they stand there.
//!
//! The package is kept before the entry that says so. A run that dies between leaves a package that nobody was sent, and
//! the next run makes another in its place; one that dies after finds the package where it lies. Where the log takes no
//! entry, the package is removed.
//!
//! - [`delivery`]: the certificates, roots and lists of a plan
//! - [`sheet`]: what the return sheet tells

pub mod delivery;
mod rosters;
pub mod sheet;

use thiserror::Error;

use crate::audit::checkpoint::Checkpoint;
use crate::audit::detail::{Head, Sealed};
use crate::audit::entry::{Actor, Entry};
use crate::audit::event::Event;
use crate::audit::note::Note;
use crate::audit::tree::Head as TreeHead;
use crate::cores::both;
use crate::desk::dispatch::Kept;
use crate::desk::host::Desk;
use crate::desk::outbox;
use crate::devices::hsm::Unlocked;
use crate::devices::store::NewFile;
use crate::exchange::approval::operation::Decision;
use crate::exchange::arrival::Closed;
use crate::exchange::cert_package::draft::{Draft, LogPart};
use crate::exchange::cert_package::manifest::{Clock, QuorumMet};
use crate::exchange::csr_bundle::CsrBundle;
use crate::exchange::csr_bundle::manifest::Tool;
use crate::exchange::dispatch::Cover;
use crate::exchange::people::person::PersonId;
use crate::exchange::signature::SigningKey as _;
use crate::exchange::trace::Trace;
use crate::issuance::index::Index;
use crate::issuance::plan::Plan;
use crate::issuance::plan::order::Kind;
use crate::offline::ca::install;
use crate::offline::case;
use crate::offline::machine::{Machine, note_key};
use crate::offline::plan::load;
use crate::offline::room::{Room, RoomError};
use crate::refusal::{Class, Reason, Refusal, Refused};
use crate::wire::digest::Digest;
use crate::wire::time::Timestamp;
use delivery::Delivery;
use rosters::approvals;

/// For how long a package may be imported, in seconds.
pub const LIFE_S: i64 = 14 * 86_400;

/// Why nothing is sealed, or nothing leaves.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum SealStepError {
    /// The plan answers no bundle: what it makes stays here.
    #[error("the plan of {0} answers no bundle")]
    NoAnswer(Trace),
    /// Its package was not made.
    #[error("no package was sealed for {0}")]
    NotSealed(Trace),
    /// Something that the plan lists is not to be found.
    #[error("this host does not hold {0}, which the plan lists")]
    Lacks(Digest),
}

/// Seals the package that answers the bundle of `trace`; with `anew`, once more, for an importer whose time ran out.
/// Where it was sealed before and is not made anew, nothing happens. Returns the entry that says so.
///
/// # Errors
/// [`SealStepError`]; [`ProgressError`](crate::issuance::order::progress::ProgressError) where not everything is signed;
/// a [`QuorumError`](crate::issuance::quorum::QuorumError) where there is nothing to sign and people are missing; what the
/// token, the disk and the log say.
pub fn seal(room: &mut Room, token: &Unlocked, trace: &Trace, anew: bool) -> Result<u64, Refused> {
    let Some(statement) = load::closed(room, trace)?.statement else {
        return Err(SealStepError::NoAnswer(trace.clone()).into());
    };
    // Neither the bundle that is answered nor the history of this host needs the plan, to be read.
    let entries = room.desk().entries();
    let ((asked, index), plan) =
        both(|| (case::planned(room, trace, &statement), Index::fold(entries)), || load::again(room, trace));
    let plan = plan?;
    if let Some(entry) = sealed(room.desk().entries(), &plan.sha256()).filter(|_| !anew) {
        return Ok(entry.seq);
    }
    if !load::is_announced(room, &plan.sha256()) {
        // Nothing was signed under it, so nobody has counted its votes yet.
        room.approved_plan(load::plan(room, trace)?)?;
    }
    // Lists that were signed are the CA's own, also where the run that signed them was killed.
    let has_lists = plan.fields().orders.iter().any(|order| order.kind == Kind::Crl);
    if has_lists && !install::is_installed(room, &plan) {
        install::install(room, &plan)?;
    }
    let package_seq = index?.package_seq() + 1;
    let asked = asked?;
    outbox::keep(
        room,
        |room, payload| made(room, token, &plan, asked, package_seq, payload),
        |room, cover| {
            let (file, statement) = (cover.statement().lines().file_sha256, cover.statement().id());
            room.sealed(Sealed { file, package_seq, plan: plan.sha256(), statement }, plan.fields())
        },
    )
}

/// Whether the package of the newest plan of `trace` was sealed.
///
/// # Errors
/// [`PlanStepError::None`](super::plan::PlanStepError::None).
pub fn is_sealed(room: &Room, trace: &Trace) -> Result<bool, Refused> {
    Ok(sealed(room.desk().entries(), &load::closed(room, trace)?.plan).is_some())
}

/// The package of `trace` that was sealed last, to be written out and printed.
///
/// # Errors
/// [`SealStepError::NotSealed`]; [`DispatchError`](crate::desk::dispatch::DispatchError).
pub fn kept(room: &Room, trace: &Trace) -> Result<Kept, Refused> {
    let (_, sealed) = newest(room, trace)?;
    room.desk().kept(&sealed.statement)
}

/// The newest entry that seals a package of `trace`.
fn newest<'r>(room: &'r Room, trace: &Trace) -> Result<(&'r Entry, &'r Sealed), SealStepError> {
    let of_trace = room.desk().entries().iter().rev().filter(|entry| entry.trace.as_deref() == Some(trace.as_str()));
    let mut sealed = of_trace.filter_map(|entry| match &entry.event {
        Event::Sealed(sealed) => Some((entry, sealed)),
        _ => None,
    });
    sealed.next().ok_or_else(|| SealStepError::NotSealed(trace.clone()))
}

fn sealed<'e>(entries: &'e [Entry], plan: &Digest) -> Option<&'e Entry> {
    entries.iter().rev().find(|entry| matches!(&entry.event, Event::Sealed(sealed) if sealed.plan == *plan))
}

fn made(
    room: &mut Room,
    token: &Unlocked,
    plan: &Plan,
    asked: Closed<CsrBundle>,
    package_seq: u64,
    payload: &mut NewFile<'_>,
) -> Result<Cover, Refused> {
    let vouched = room.vouched(token)?;
    let (asked, delivery) = both(|| case::answered(room, plan, asked), || Delivery::of(room, plan, vouched));
    let (asked, delivery, approvals) = (&asked?, delivery?, approvals(room, &plan.sha256())?);
    let seen = asked.manifest().seen_checkpoint.as_ref().map(|seen| seen.size);
    let rosters = rosters::newer(room, &asked.manifest().origin.party, plan)?;
    let (fields, now) = (plan.fields(), room.desk().now()?);
    let (note, head) = signed_head(room, token)?;
    let log =
        LogPart::of(room.desk().log().tree(), room.desk().entries(), fields.trace.as_str(), &note.to_string(), seen);
    let tool = room.desk().log().writer().tool.clone();
    let draft = Draft {
        asked,
        package_seq,
        created: now,
        import_before: now.plus(LIFE_S),
        clock: Clock { attested: fields.clock.attested, officers: clock_officers(room, fields.clock.attested)? },
        answers: delivery.answers(plan, asked),
        chain: &delivery.chain,
        roots: delivery.roots.iter().map(|(domain, status, root)| (*domain, *status, root)).collect(),
        crls: delivery.crls.iter().map(|(domain, issuer, list)| (*domain, *issuer, list)).collect(),
        cross: delivery.crosses.iter().map(|(domain, cross)| (*domain, cross)).collect(),
        plan: plan.json(),
        tbs: plan.orders().map(|(_, tbs)| tbs).collect(),
        approvals: &approvals,
        rosters: rosters.iter().map(|one| (one.epoch, one.file.as_slice(), one.approvals.as_slice())).collect(),
        log,
        quorum: QuorumMet {
            auditor: approvals.iter().any(|one| one.approval().lines().decision == Decision::Witness),
            of: fields.rule.of,
            officers: fields.rule.officers,
            rule: fields.rule.name,
        },
        recipients: fields.recipients.clone(),
        tool: Tool { sha256: tool.sha256, version: tool.version },
    };
    let signer = room.signer(Machine::Statement, token)?;
    // The head leaves with the package, and that not before its own entry.
    let keep = || keep_head(room.desk_mut(), fields.trace.as_str(), &note, head);
    let (kept, cover) = both(keep, || draft.written(&signer, |piece| Ok(payload.write_all(piece)?)));
    kept.and(cover)
}

/// A head of the log that is signed now.
fn signed_head(room: &Room, token: &Unlocked) -> Result<(Note, TreeHead), Refused> {
    let signer = room.signer(Machine::Log, token)?;
    let (origin, head) = (room.desk().party().log_origin(), room.desk().log().tree().head());
    let text = Checkpoint { origin: origin.clone(), head }.to_string();
    let key = note_key(&origin, signer.public_key()).ok_or(RoomError::Log)?;
    let line = key.line(&text, &signer.sign(text.as_bytes())?).map_err(|_| RoomError::Log)?;
    Ok((Note::new(text, vec![line]), head))
}

/// Keeps it beside the log, and writes that down.
fn keep_head(desk: &mut Desk, trace: &str, note: &Note, head: TreeHead) -> Result<u64, Refused> {
    desk.keep_head(note)?;
    let event = Event::Checkpoint(Head { root: head.root, size: head.size });
    desk.note(&Actor::system(), Some(trace), event)
}

/// Who compared the clock that dated the plan.
fn clock_officers(room: &Room, attested: u64) -> Result<Vec<PersonId>, RoomError> {
    let entry = usize::try_from(attested).ok().and_then(|at| room.desk().entries().get(at));
    match entry.map(|entry| &entry.event) {
        Some(Event::ClockAttested(attested)) => {
            attested.officers.iter().map(|id| id.parse().map_err(|_| RoomError::Log)).collect()
        }
        _ => Err(RoomError::Log),
    }
}

/// When the clock that dated the plan was compared.
fn attested_at(room: &Room, attested: u64) -> Result<Timestamp, RoomError> {
    let entry = usize::try_from(attested).ok().and_then(|at| room.desk().entries().get(at));
    entry.map(|entry| entry.time).ok_or(RoomError::Log)
}

impl Refusal for SealStepError {
    fn reason(&self) -> Reason {
        match self {
            Self::NoAnswer(_) => {
                Reason::new(Class::Usage, "SEAL_NO_ANSWER", "nothing is sent; what it made is installed here")
            }
            Self::NotSealed(_) => {
                Reason::new(Class::Replay, "SEAL_NOT_SEALED", "seal it first: airlock offline seal TRACE")
            }
            Self::Lacks(_) => Reason::new(
                Class::Inconsistent,
                "SEAL_LACKS",
                "stop; call the auditor; restore the state from a backup",
            ),
        }
    }
}
