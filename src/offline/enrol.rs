//! Both sides introduce themselves in person: what this CA says of itself to one cluster, and what it takes from it.
//!
//! ```text
//! import → two people type sixteen rows each → officers and auditor accept the record → it stands in the log
//! ```

use std::path::Path;

use thiserror::Error;

use crate::audit::entry::Actor;
use crate::audit::event::Event;
use crate::desk::intake::{Acquaintance, Arrived};
use crate::devices::hsm::Unlocked;
use crate::exchange::approval::operation::Operation;
use crate::exchange::approval::subject::Subject;
use crate::exchange::arrival::{Closed, Standing};
use crate::exchange::csr_bundle::manifest::Tool;
use crate::exchange::enrolment::facts::Fact;
use crate::exchange::enrolment::introduction::{Introduced, Introduction};
use crate::exchange::enrolment::record::{CaSide, Common, Contact, EnrolledRoot, EnrolmentRecord, Side};
use crate::exchange::paper::PaperError;
use crate::exchange::signature::SigningKey as _;
use crate::exchange::signature::public_key::SshPublicKey;
use crate::exchange::statement::Statement;
use crate::exchange::statement::party::{Party, Role};
use crate::exchange::trace::Trace;
use crate::offline::holdings::HeldRoot;
use crate::offline::machine::Machine;
use crate::offline::room::Room;
use crate::refusal::{Class, Reason, Refusal, Refused};

/// How long the record may be received, in seconds.
const LIFE_S: i64 = 14 * 86_400;

/// A record that left.
#[derive(Debug)]
pub struct Sent {
    /// What it says.
    pub record: EnrolmentRecord,
    /// Its statement, from which the sheet is printed.
    pub statement: Statement,
    /// The entry that says so.
    pub entry: u64,
}

/// A record that two people confirmed, beside the one that it would replace.
#[derive(Debug)]
pub struct Reviewed {
    introduced: Introduced,
    facts: Vec<Fact>,
}

/// Why nobody is introduced or enrolled.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum EnrolFault {
    /// A CA introduces itself to clusters, and enrols clusters.
    #[error("{0} is not a cluster")]
    NotCluster(Party),
    /// There is nothing that the cluster could trust.
    #[error("{0} has no CAs yet")]
    NoRoots(Party),
    /// What was approved is not the record that was confirmed.
    #[error("the approved record is not the one of this trace")]
    Other,
}

/// Makes the record of this host for `cluster`, writes that down, and writes its three files to `medium`. Each time it
/// is made anew, and bears the next epoch.
///
/// # Errors
/// [`EnrolFault::NotCluster`], [`EnrolFault::NoRoots`]; what record, token and medium say.
pub fn export(room: &mut Room, token: &Unlocked, cluster: &Party, medium: &Path) -> Result<Sent, Refused> {
    let signer = room.signer(Machine::Statement, token)?;
    let record = record(room, signer.public_key(), cluster)?;
    let created = record.common().created;
    let trace = Trace::new(created, room.desk_mut().random()?);
    let dispatch = record.dispatch(trace, cluster.clone(), created.plus(LIFE_S), &signer)?;
    let (_, entry) = room.desk_mut().introduce(&record, &dispatch, medium)?;
    Ok(Sent { record, statement: dispatch.statement().clone(), entry })
}

fn record(room: &Room, statement_key: &SshPublicKey, cluster: &Party) -> Result<EnrolmentRecord, Refused> {
    if cluster.role() != Role::Cluster {
        return Err(EnrolFault::NotCluster(cluster.clone()).into());
    }
    let holding = room.holding(cluster).ok_or_else(|| EnrolFault::NoRoots(cluster.clone()))?;
    let root = |root: &HeldRoot| EnrolledRoot {
        domain: root.domain,
        status: root.status,
        certificate: root.certificate.clone(),
    };
    // Of retiring roots there may be several; a record has room for one of each status.
    let mut roots: Vec<_> = holding.roots().iter().map(root).collect();
    roots.dedup_by_key(|root| (root.domain, root.status));
    let tool = &room.desk().log().writer().tool;
    let contacts = room.config().contacts().iter();
    let mut archive = room.policy().archive().to_vec();
    archive.sort_by_key(ToString::to_string);
    let common = Common {
        party: room.desk().party().clone(),
        epoch: own_epoch(room, cluster).unwrap_or(0) + 1,
        created: room.desk().now()?,
        tool: Tool { sha256: tool.sha256, version: tool.version.clone() },
        contacts: contacts.map(|one| Contact { name: one.name.clone(), phone: one.phone.clone() }).collect(),
        statement_key: statement_key.clone(),
        log_key: room.machine_key(Machine::Log)?,
        roots,
    };
    let side = CaSide {
        archive,
        cluster: cluster.clone(),
        roster: room.roster().clone(),
        policy: room.policy().name(),
        token: room.token_serial().to_owned(),
    };
    Ok(EnrolmentRecord::new(common, Side::Ca(Box::new(side)))?)
}

/// The epoch of the last record of this host that was made for `cluster`.
pub fn own_epoch(room: &Room, cluster: &Party) -> Option<u64> {
    let peer = cluster.to_string();
    let made = room.desk().entries().iter().filter_map(|entry| match &entry.event {
        Event::Introduced(record) if record.peer == peer => Some(record.epoch),
        _ => None,
    });
    made.max()
}

/// Copies the record on `medium` in and draws its rows. It stays closed.
///
/// # Errors
/// What the medium says; any [`ArrivalError`](crate::exchange::arrival::ArrivalError).
pub fn import(room: &mut Room, medium: &Path) -> Result<Arrived<Introduction>, Refused> {
    let pinned = |party: &Party| room.in_force().pinned(party).map(|pinned| pinned.statement);
    let known: Vec<_> = room.in_force().peers().filter_map(|(_, record)| pinned(record.party())).collect();
    let standing = |statement: &Statement| match statement.lines().from.role() {
        Role::Cluster if known.contains(&statement.id()) => Standing::Spent,
        Role::Cluster => Standing::Welcome,
        _ => Standing::Unasked,
    };
    room.desk_mut().receive(medium, &Acquaintance { key_of: &|_| None, standing: &standing })
}

/// The statement whose rows are to be typed for the record of `trace`.
///
/// # Errors
/// [`IntakeError`](crate::desk::intake::IntakeError); any [`ArrivalError`](crate::exchange::arrival::ArrivalError).
pub fn statement(room: &Room, trace: &Trace) -> Result<Statement, Refused> {
    Ok(reread(room, trace)?.statement().clone())
}

/// Opens the record of `trace`, whose sheet two people typed, and compares it with the one before.
///
/// # Errors
/// [`PaperError`] while rows are missing; any [`EnrolmentError`](crate::exchange::enrolment::EnrolmentError).
pub fn review(room: &Room, trace: &Trace) -> Result<Reviewed, Refused> {
    let closed = reread(room, trace)?;
    let papers = room.desk().papers()?;
    let evidence = papers.sheet(closed.statement()).ok_or(PaperError::NotDrawn)?.evidence()?;
    let confirmed = closed.confirm(&evidence).map_err(|mismatch| mismatch.error)?;
    let known = room.peer(&confirmed.statement().lines().from);
    let introduced = confirmed.open(known)?;
    let facts = introduced.record().facts(known);
    Ok(Reviewed { introduced, facts })
}

/// Puts the record before people, where it is not yet; returns what they decide about.
///
/// # Errors
/// As [`Room::propose`].
pub fn propose(room: &mut Room, actor: &Actor, reviewed: &Reviewed) -> Result<Subject, Refused> {
    let object = reviewed.record().sha256();
    if room.matter(&object).is_err() {
        room.propose(actor, Operation::Enrol, reviewed.record().json())?;
    }
    room.subject(Operation::Enrol, &object)
}

/// Enrols the cluster, once enough people have approved; returns the entry that says so.
///
/// # Errors
/// As [`Room::agreed`]; [`EnrolFault::Other`]; what the log and the blobs say.
pub fn accept(room: &mut Room, reviewed: Reviewed) -> Result<u64, Refused> {
    let Reviewed { introduced, .. } = reviewed;
    let agreed = room.agreed(&room.subject(Operation::Enrol, &introduced.record().sha256())?)?;
    if *agreed.object() != introduced.record().sha256() {
        return Err(EnrolFault::Other.into());
    }
    let trace = introduced.letter().statement().lines().trace.to_string();
    let entry = room.desk_mut().record(&Actor::system(), Some(&trace), introduced)?.entry();
    room.refold()?;
    Ok(entry)
}

/// The keys of all enrolled parties as OpenSSH allowed signers.
pub fn allowed_signers(room: &Room) -> String {
    let since = |at: u64| usize::try_from(at).ok().and_then(|at| room.desk().entries().get(at)).map(|entry| entry.time);
    let lines =
        room.in_force().peers().filter_map(|(pinned, record)| Some(record.allowed_signers(since(pinned.entry)?)));
    lines.collect()
}

impl Reviewed {
    /// The record.
    pub fn record(&self) -> &EnrolmentRecord {
        self.introduced.record()
    }

    /// Its lines, beside those of the record that it would replace.
    pub fn facts(&self) -> &[Fact] {
        &self.facts
    }
}

fn reread(room: &Room, trace: &Trace) -> Result<Closed<Introduction>, Refused> {
    room.desk().reread(trace, &Acquaintance { key_of: &|_| None, standing: &|_| Standing::Welcome })
}

impl Refusal for EnrolFault {
    fn reason(&self) -> Reason {
        match self {
            Self::NotCluster(_) => {
                Reason::new(Class::Usage, "ENROL_NOT_CLUSTER", "name the cluster, such as cluster:prod-1")
            }
            Self::NoRoots(_) => {
                Reason::new(Class::Policy, "ENROL_NO_CA", "make its CAs first: airlock offline ca init")
            }
            Self::Other => Reason::new(Class::Inconsistent, "ENROL_OTHER", "stop; call the auditor"),
        }
    }
}
