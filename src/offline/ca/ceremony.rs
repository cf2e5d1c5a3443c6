//! What every plan of the CA's own begins and ends with.

use crate::audit::entry::Entry;
use crate::audit::event::Event;
use crate::cluster::role::Domain;
use crate::devices::hsm::Unlocked;
use crate::exchange::approval::rule::RosterName;
use crate::exchange::people::roster::Roster;
use crate::exchange::statement::party::{Party, Role};
use crate::exchange::trace::Trace;
use crate::issuance::authority::Authorities;
use crate::issuance::index::Index;
use crate::issuance::plan::draft::{Draft, Head};
use crate::issuance::plan::fields::{Cluster, PlanFields};
use crate::issuance::plan::{Plan, Reference};
use crate::offline::ca::CaError;
use crate::offline::plan;
use crate::offline::room::{Attested, Room, RoomError};
use crate::pki::serial::Serial;
use crate::refusal::Refused;
use crate::wire::digest::Digest;
use crate::wire::json;

/// A ceremony that has begun: its trace, the attested time and the history it goes by.
pub(super) struct Ceremony {
    pub(super) cluster: Party,
    pub(super) trace: Trace,
    pub(super) attested: Attested,
    pub(super) index: Index,
    roster: Roster,
}

impl Ceremony {
    /// Begins one for `cluster`, of which no other is open.
    pub(super) fn begin(room: &mut Room, cluster: &Party) -> Result<Self, Refused> {
        if cluster.role() != Role::Cluster {
            return Err(CaError::NoCluster(cluster.clone()).into());
        }
        let attested = room.attested_now()?;
        if let Some(open) = open_of(room, cluster)? {
            return Err(CaError::PlanOpen(open).into());
        }
        let index = Index::fold(room.desk().entries())?;
        let trace = Trace::new(attested.time, room.desk_mut().random()?);
        Ok(Self { cluster: cluster.clone(), trace, attested, index, roster: room.roster().clone() })
    }

    /// An empty plan.
    pub(super) fn draft(&self, room: &Room) -> Draft<'_> {
        let peer = room.peer(&self.cluster).and_then(|record| Some((record, record.cluster()?)));
        Draft::ceremony(Head {
            trace: self.trace.clone(),
            ca: room.desk().party().clone(),
            cluster: Cluster {
                enrolment_sha256: peer.map(|(record, _)| record.sha256()),
                name: self.cluster.name().to_owned(),
                uid: peer.map(|(_, cluster)| cluster.record.fields().uid.clone()),
            },
            created: self.attested.time,
            attested: self.attested.entry,
            policy: room.policy().name(),
            roster: &self.roster,
        })
    }

    /// Closes the plan: lints it, keeps its two files and writes it down. From then on it may be approved.
    pub(super) fn close(&self, room: &mut Room, draft: Draft<'_>) -> Result<Plan, Refused> {
        let plan = draft.close(&reference(room, &self.cluster, &room.authorities(&self.cluster)))?;
        plan::keep(room, &plan, None)?;
        Ok(plan)
    }
}

/// A fresh serial number, of the randomness of the token and of the host.
pub(super) fn serial(room: &mut Room, token: &Unlocked) -> Result<Serial, Refused> {
    let of_token = token.random(20)?.try_into().map_err(|_| RoomError::Log)?;
    Ok(Serial::from_entropy(of_token, room.desk_mut().random()?))
}

/// The domains, each once, in their order.
pub(super) fn each_once(domains: &[Domain]) -> Result<Vec<Domain>, CaError> {
    let mut sorted = domains.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    if sorted.is_empty() || sorted.len() != domains.len() { Err(CaError::Domains) } else { Ok(sorted) }
}

/// The plan of the CA's own with this trace, read again.
///
/// # Errors
/// [`CaError::Unknown`], [`CaError::Damaged`]; what the blobs say.
pub fn plan(room: &Room, trace: &Trace) -> Result<Plan, Refused> {
    let of_trace = |entry: &&Entry| entry.trace.as_deref() == Some(trace.as_str());
    let closed = room.desk().entries().iter().rev().filter(of_trace).find_map(|entry| match &entry.event {
        Event::PlanClosed(closed) if closed.statement.is_none() => Some(closed),
        _ => None,
    });
    let closed = closed.ok_or_else(|| CaError::Unknown(trace.clone()))?;
    let (json, tbs) = (room.desk().objects().get(&closed.plan)?, room.desk().objects().get(&closed.tbs)?);
    let cluster = fields(&json).and_then(|fields| cluster_of(&fields));
    let cluster = cluster.ok_or_else(|| CaError::Damaged(trace.clone()))?;
    // Roots that this very plan made may be installed by now; they certify what else is in it.
    Ok(Plan::load(&json, &tbs, &reference(room, &cluster, &room.authorities(&cluster)))?)
}

/// Every plan of the CA's own, as trace and digest, the newest last.
pub fn plans(room: &Room) -> impl Iterator<Item = (Trace, Digest)> {
    room.desk().entries().iter().filter_map(|entry| match &entry.event {
        Event::PlanClosed(closed) if closed.statement.is_none() => {
            Some((entry.trace.as_ref()?.parse().ok()?, closed.plan))
        }
        _ => None,
    })
}

fn reference<'a>(room: &'a Room, cluster: &Party, authorities: &'a Authorities) -> Reference<'a> {
    let record = room.peer(cluster).and_then(|record| record.cluster()).map(|cluster| &cluster.record);
    Reference { authorities, record, policy: Some(room.policy()) }
}

/// The trace of the plan of `cluster` that may still be signed and that is not installed. One that was made under another
/// policy or roster never will be.
fn open_of(room: &Room, cluster: &Party) -> Result<Option<Trace>, Refused> {
    let (policy, roster) = (room.policy().name(), RosterName::of(room.roster())?);
    for (trace, plan) in plans(room) {
        if room.matter(&plan).is_ok() {
            let fields = fields(&room.desk().objects().get(&plan)?).ok_or_else(|| CaError::Damaged(trace.clone()))?;
            let is_current = fields.policy == policy && fields.roster == roster;
            if is_current && cluster_of(&fields).as_ref() == Some(cluster) {
                return Ok(Some(trace));
            }
        }
    }
    Ok(None)
}

fn fields(json: &[u8]) -> Option<PlanFields> {
    json::from_slice(json).ok()
}

fn cluster_of(fields: &PlanFields) -> Option<Party> {
    format!("cluster:{}", fields.cluster.name).parse().ok()
}
