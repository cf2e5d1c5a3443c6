//! The record of this cluster: who it is, its keys, its names and addresses, and every root that its nodes trust today.

use std::collections::BTreeMap;
use std::path::Path;

use super::EnrolError;
use crate::audit::entry::Entry;
use crate::audit::event::Event;
use crate::audit::note::{KeyUse, NoteKey};
use crate::cluster::scan::{Holds, Report};
use crate::exchange::csr_bundle::manifest::Tool;
use crate::exchange::enrolment::record::{ClusterSide, Common, Contact, EnrolledRoot, EnrolmentRecord, Side};
use crate::exchange::roots::RootStatus;
use crate::exchange::statement::Statement;
use crate::exchange::statement::party::{Party, Role};
use crate::exchange::trace::Trace;
use crate::online::keys::HostKeys;
use crate::online::room::Room;
use crate::online::scan::{NodeRoot, Scan};
use crate::refusal::Refused;

/// How long the record may be received, in seconds.
const LIFE: i64 = 14 * 24 * 60 * 60;

/// To whom this cluster introduces itself, and by what.
pub struct Asked<'a> {
    /// The CA host.
    pub to: &'a Party,
    /// The keys of this host.
    pub keys: &'a HostKeys,
    /// Where the file systems of the nodes lie.
    pub nodes: &'a [NodeRoot],
    /// What the record leaves on.
    pub medium: &'a Path,
}

/// A record that left.
#[derive(Debug)]
pub struct Sent {
    /// What it says.
    pub record: EnrolmentRecord,
    /// Its statement, from which the sheet is printed.
    pub statement: Statement,
    /// Names and lengths of the files, in bytes.
    pub files: [(String, usize); 3],
    /// The entry that says so.
    pub entry: u64,
}

/// Makes the record, writes that down, and writes its three files to a medium. Each time it is made anew, and bears the
/// next epoch.
///
/// # Errors
/// [`EnrolError`]; what the nodes, the record and the medium say.
pub fn export(room: &mut Room, asked: &Asked<'_>) -> Result<Sent, Refused> {
    if asked.to.role() != Role::Ca {
        return Err(EnrolError::NotCa(asked.to.clone()).into());
    }
    let cluster = room.config().record().clone();
    let scan = Scan::run(&mut room.desk, asked.nodes, &cluster)?;
    let record = record(room, roots(&scan.report)?)?;
    let (created, random) = (record.common().created, room.desk.random()?);
    let trace = Trace::new(created, random);
    let dispatch = record.dispatch(trace, asked.to.clone(), created.plus(LIFE), &asked.keys.statement)?;
    let (kept, entry) = room.desk.introduce(&record, &dispatch, asked.medium)?;
    let files = kept.files.map(|(name, bytes)| (name, bytes.len()));
    Ok(Sent { record, statement: kept.statement, files, entry })
}

fn record(room: &Room, roots: Vec<EnrolledRoot>) -> Result<EnrolmentRecord, Refused> {
    let (config, public, tool) = (room.config(), room.public()?, &room.desk.log().writer().tool);
    let contact = |one: &crate::config::online::Contact| Contact { name: one.name.clone(), phone: one.phone.clone() };
    let common = Common {
        party: config.party().clone(),
        epoch: next_epoch(room.desk.entries()),
        created: room.desk.now()?,
        tool: Tool { sha256: tool.sha256, version: tool.version.clone() },
        contacts: config.contacts().iter().map(contact).collect(),
        statement_key: public.statement.clone(),
        log_key: public.log.clone(),
        roots,
    };
    let name = format!("airlock/{}/witness", config.party().name());
    let witness = NoteKey::of_ed25519(&name, public.witness.as_ed25519(), KeyUse::Cosignature);
    let side = ClusterSide {
        recipient: public.recipient.clone(),
        record: config.record().clone(),
        witness: witness.ok_or(EnrolError::Witness)?,
        witness_key: public.witness.clone(),
    };
    Ok(EnrolmentRecord::new(common, Side::Cluster(Box::new(side)))?)
}

/// One more than that of the last record that was made, whether it arrived or not.
fn next_epoch(entries: &[Entry]) -> u64 {
    let made = entries.iter().filter_map(|entry| match &entry.event {
        Event::Introduced(record) => Some(record.epoch),
        _ => None,
    });
    made.max().unwrap_or(0) + 1
}

/// Every CA certificate that a node trusts, each once.
fn roots(report: &Report) -> Result<Vec<EnrolledRoot>, EnrolError> {
    let places = report.found.iter().filter(|found| found.holds == Holds::Ca);
    let mut roots = BTreeMap::new();
    for (domain, certificate) in places
        .filter_map(|found| Some((found.domain?, found)))
        .flat_map(|(domain, found)| found.certificates.iter().map(move |certificate| (domain, certificate)))
    {
        let root = EnrolledRoot { domain, status: RootStatus::Current, certificate: certificate.clone() };
        roots.insert((domain, certificate.fingerprint()), root);
    }
    if roots.is_empty() { Err(EnrolError::NoRoot) } else { Ok(roots.into_values().collect()) }
}
