//! One bundle on the table, opened again from what was received and confirmed, and everything it is judged by.
//!
//! States die with the process: each step reads the bundle again. Proofs of possession that the log knows to hold are
//! not verified twice.

use std::collections::BTreeSet;

use thiserror::Error;

use crate::audit::detail::Enrolled;
use crate::audit::entry::{Entry, Outcome};
use crate::audit::event::Event;
use crate::cores::both;
use crate::desk::intake::Acquaintance;
use crate::exchange::arrival::{Closed, Standing};
use crate::exchange::csr_bundle::bindings::Known;
use crate::exchange::csr_bundle::possession::Possession;
use crate::exchange::csr_bundle::{Asked, BundleError, CsrBundle};
use crate::exchange::enrolment::EnrolmentError;
use crate::exchange::enrolment::record::EnrolmentRecord;
use crate::exchange::paper::evidence::Evidence;
use crate::exchange::people::roster::Roster;
use crate::exchange::signature::public_key::SshPublicKey;
use crate::exchange::statement::Statement;
use crate::exchange::statement::party::Party;
use crate::exchange::trace::Trace;
use crate::issuance::authority::Authorities;
use crate::issuance::index::Index;
use crate::issuance::judge::{Judged, judge};
use crate::issuance::plan::Plan;
use crate::issuance::request::{Context, Request, keys_in_use};
use crate::issuance::rule::violation::Code;
use crate::offline::machine::Machine;
use crate::offline::room::{Room, RoomError};
use crate::pki::certificate::Certificate;
use crate::pki::key::PublicKey;
use crate::refusal::{Class, Reason, Refusal, Refused};
use crate::report::checks::CheckId;
use crate::wire::digest::Digest;
use crate::wire::time::Timestamp;

/// An open bundle with its cluster's enrolment, the history of this host and the CAs of the cluster.
pub struct Case {
    bundle: CsrBundle,
    cluster: EnrolmentRecord,
    index: Index,
    authorities: Authorities,
    adopted: Vec<Certificate>,
    keys_in_use: BTreeSet<Digest>,
    time: Timestamp,
}

/// Why a bundle cannot be opened, and the check that says so, where it is one of the content.
#[derive(Debug)]
pub struct NotOpened {
    /// The check.
    pub check: Option<CheckId>,
    /// Why.
    pub refused: Refused,
}

/// Why a case is not taken further.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum CaseError {
    /// Nobody received a bundle of this trace here, or typed no row of it.
    #[error("no row of the sheet of {0} has been typed")]
    NotConfirmed(Trace),
    /// The checks were not run, or one of them failed.
    #[error("the checks of {0} have not all passed")]
    NotVerified(Trace),
    /// A plan answers another bundle of this trace than the newest one that was received.
    #[error("the newest bundle of {0} is not the one that was planned")]
    Other(Trace),
}

/// The statement of the newest bundle of `trace`, still closed.
///
/// # Errors
/// [`IntakeError`](crate::desk::intake::IntakeError); any [`ArrivalError`](crate::exchange::arrival::ArrivalError) but
/// those of time and standing.
pub fn closed(room: &Room, trace: &Trace) -> Result<Closed<CsrBundle>, Refused> {
    let key_of = |party: &Party| statement_key(room, party);
    room.desk().reread(trace, &Acquaintance { key_of: &key_of, standing: &|_| Standing::Welcome })
}

/// The bundle of `trace` whose statement has this identifier, which a plan answers: another one that came in after it keeps back
/// nothing that was signed.
///
/// # Errors
/// As [`closed`].
pub fn planned(room: &Room, trace: &Trace, statement: &Digest) -> Result<Closed<CsrBundle>, Refused> {
    let key_of = |party: &Party| statement_key(room, party);
    room.desk().reread_one(statement, trace, &Acquaintance { key_of: &key_of, standing: &|_| Standing::Welcome })
}

/// The statement key of an enrolled cluster.
pub fn statement_key(room: &Room, party: &Party) -> Option<SshPublicKey> {
    room.peer(party).filter(|record| record.cluster().is_some()).map(|record| record.statement_key().clone())
}

/// Who typed which rows of the sheet of `statement`.
///
/// # Errors
/// [`CaseError::NotConfirmed`]; [`PaperError`](crate::exchange::paper::PaperError).
pub fn evidence(room: &Room, statement: &Statement) -> Result<Evidence, Refused> {
    let papers = room.desk().papers()?;
    let sheet = papers.sheet(statement).ok_or_else(|| CaseError::NotConfirmed(statement.lines().trace.clone()))?;
    Ok(sheet.evidence()?)
}

/// What the bundle asks that `plan` answers, read before; opened by the enrolment and the roster that the plan names: what has
/// changed since does not keep back what was signed.
///
/// # Errors
/// Where it cannot be opened, or is not the one.
pub fn answered(room: &Room, plan: &Plan, closed: Closed<CsrBundle>) -> Result<Asked, Refused> {
    let fields = plan.fields();
    let other = || CaseError::Other(fields.trace.clone());
    let enrolment = fields.cluster.enrolment_sha256.ok_or_else(other)?;
    let roster = Roster::parse(&room.desk().objects().get(&fields.roster.sha256)?)?;
    if Some(closed.statement().digest()) != fields.statement_sha256 {
        return Err(other().into());
    }
    let cluster = room.enrolment(&closed.statement().lines().from, &enrolment)?;
    let typed = evidence(room, closed.statement())?;
    let known = known(room, &cluster, &roster, time(room)?)?;
    Ok(closed.confirm(&typed)?.ask(&known)?.settle(&typed)?)
}

impl Case {
    /// Opens the newest bundle of `trace`, whose rows must have been typed.
    ///
    /// # Errors
    /// [`NotOpened`].
    pub fn open(room: &Room, trace: &Trace) -> Result<Self, NotOpened> {
        Self::of(room, closed(room, trace)?)
    }

    /// As [`Case::open`], where the bundle was read already.
    ///
    /// # Errors
    /// [`NotOpened`].
    pub fn of(room: &Room, closed: Closed<CsrBundle>) -> Result<Self, NotOpened> {
        let time = time(room)?;
        let from = closed.statement().lines().from.clone();
        let cluster = room.peer(&from).ok_or_else(|| Refused::from(EnrolmentError::Party))?.clone();
        let entries = room.desk().entries();
        let (index, bundle) = both(|| Index::fold(entries), || open(room, closed, &cluster, room.roster(), time));
        let (bundle, index) = (bundle?, index.map_err(Refused::from)?);
        let authorities = room.authorities(&from);
        let keys_in_use = keys_in_use(&authorities, room.roster(), &machines(room, &cluster)?);
        let adopted = cluster.roots().iter().map(|root| root.certificate.clone()).collect();
        Ok(Self { bundle, cluster, index, authorities, adopted, keys_in_use, time })
    }

    /// The bundle.
    pub fn bundle(&self) -> &CsrBundle {
        &self.bundle
    }

    /// The statement that it came with.
    pub fn statement(&self) -> &Statement {
        self.bundle.letter().statement()
    }

    /// The enrolment of the cluster.
    pub fn cluster(&self) -> &EnrolmentRecord {
        &self.cluster
    }

    /// The history of this host.
    pub fn index(&self) -> &Index {
        &self.index
    }

    /// The CAs of the cluster.
    pub fn authorities(&self) -> &Authorities {
        &self.authorities
    }

    /// The requests, to be judged.
    pub fn requests(&self) -> Vec<Request<'_>> {
        self.bundle.requests().iter().map(Request::from).collect()
    }

    /// The verdict on every request by the policy in force, and by the officers who denied some in review.
    ///
    /// # Errors
    /// [`EnrolmentError::Party`] where the record is of no cluster; [`RoomError::Log`] where the log denies a request of this
    /// bundle that cannot be read, or that the bundle does not hold: one that was denied would be signed.
    pub fn judge<'a>(&'a self, room: &'a Room, requests: &[Request<'a>]) -> Result<Judged<'a>, Refused> {
        let side = self.cluster.cluster().ok_or(EnrolmentError::Party)?;
        let context = Context {
            cluster: &side.record,
            policy: room.policy(),
            index: &self.index,
            authorities: &self.authorities,
            audience: &self.bundle.manifest().audience.issuers,
            adopted: &self.adopted,
            keys_in_use: &self.keys_in_use,
            statement: self.statement().id(),
            time: self.time,
        };
        let mut judged = judge(requests, context);
        let denied = room.desk().entries().iter().filter_map(|entry| match &entry.event {
            Event::RequestDenied(denied) if denied.statement == self.statement().id() => Some(denied),
            _ => None,
        });
        for denied in denied {
            // A denial stays one, also under a code that is not known here.
            let request = denied.request.parse().map_err(|_| RoomError::Log)?;
            if judged.verdicts().iter().all(|verdict| verdict.number() != request) {
                return Err(RoomError::Log.into());
            }
            judged.deny(request, denied.code.parse().unwrap_or(Code::NotExplained));
        }
        Ok(judged)
    }

    /// Demands that the newest run of the checks let it pass.
    ///
    /// # Errors
    /// [`CaseError::NotVerified`].
    pub fn must_be_verified(&self, entries: &[Entry]) -> Result<(), CaseError> {
        let id = self.statement().id();
        let of_this = |entry: &&Entry| matches!(&entry.event, Event::Verified(run) if run.statement == id);
        match entries.iter().rev().find(of_this) {
            Some(Entry { outcome: Outcome::Ok, .. }) => Ok(()),
            _ => Err(CaseError::NotVerified(self.statement().lines().trace.clone())),
        }
    }
}

fn open(
    room: &Room,
    closed: Closed<CsrBundle>,
    cluster: &EnrolmentRecord,
    roster: &Roster,
    time: Timestamp,
) -> Result<CsrBundle, NotOpened> {
    let statement = closed.statement().clone();
    let typed = evidence(room, &statement)?;
    let known = known(room, cluster, roster, time)?;
    let before = Possession::logged(room.desk().entries(), &statement);
    let confirmed = closed.confirm(&typed).map_err(Refused::from)?;
    Ok(confirmed.open(&known, before.as_ref())?.settle(&typed).map_err(Refused::from)?)
}

/// What a bundle of `cluster` is held against.
fn known<'k>(
    room: &Room,
    cluster: &'k EnrolmentRecord,
    roster: &'k Roster,
    time: Timestamp,
) -> Result<Known<'k>, Refused> {
    let epoch = introduced(room, cluster.party()).map_or(0, |own| own.epoch);
    Ok(cluster.known(epoch, roster, time).ok_or(EnrolmentError::Party)?)
}

/// What the log says of the newest record by which this host introduced itself to `cluster`.
pub fn introduced<'r>(room: &'r Room, cluster: &Party) -> Option<&'r Enrolled> {
    let cluster = cluster.to_string();
    room.desk().entries().iter().rev().find_map(|entry| match &entry.event {
        Event::Introduced(introduced) if introduced.peer == cluster => Some(introduced),
        _ => None,
    })
}

/// The attested time; the time of the clock where nobody vouches for it, which a check says then.
fn time(room: &Room) -> Result<Timestamp, Refused> {
    match room.attested_now() {
        Ok(attested) => Ok(attested.time),
        Err(_) => Ok(room.desk().now()?),
    }
}

/// The keys of both hosts, which never become a leaf's.
fn machines(room: &Room, cluster: &EnrolmentRecord) -> Result<Vec<PublicKey>, Refused> {
    let ours = Machine::ALL.into_iter().map(|purpose| room.machine_key(purpose)).collect::<Result<Vec<_>, _>>()?;
    let common = cluster.common();
    let theirs = [&common.statement_key, &common.log_key].into_iter();
    let witness = cluster.cluster().map(|side| &side.witness_key);
    let keys = ours.iter().chain(theirs).chain(witness);
    Ok(keys.filter_map(|key| PublicKey::from_ed25519(key.as_ed25519()).ok()).collect())
}

impl From<Refused> for NotOpened {
    fn from(refused: Refused) -> Self {
        Self { check: None, refused }
    }
}

impl From<BundleError> for NotOpened {
    fn from(error: BundleError) -> Self {
        let check = CheckId::ALL.iter().find(|check| check.as_str() == error.check()).copied();
        Self { check, refused: error.into() }
    }
}

impl From<NotOpened> for Refused {
    fn from(not: NotOpened) -> Self {
        not.refused
    }
}

impl Refusal for CaseError {
    fn reason(&self) -> Reason {
        match self {
            Self::NotConfirmed(_) => {
                Reason::new(Class::Sheet, "CASE_NOT_CONFIRMED", "type its rows first: airlock offline confirm TRACE")
            }
            Self::NotVerified(_) => {
                Reason::new(Class::Verification, "CASE_NOT_VERIFIED", "run them first: airlock offline verify TRACE")
            }
            Self::Other(_) => Reason::new(Class::Replay, "CASE_OTHER", "call the auditor: two bundles bear one trace"),
        }
    }
}
