//! A transfer is copied in from its medium, checked while it is closed, and the rows of its sheet are drawn.
//!
//! The three files are kept under the identifier of the statement, so that a later process can read them again. Nothing
//! inside the payload is read here.

use std::path::Path;

use thiserror::Error;

use crate::audit::detail::Received;
use crate::audit::entry::{Actor, Entry};
use crate::audit::event::Event;
use crate::desk::host::Desk;
use crate::desk::media::{Admitted, Place};
use crate::desk::register::Way;
use crate::desk::second::{has_second, is_enrolment};
use crate::devices::media::drive::Taken;
use crate::devices::media::intake::Limits;
use crate::devices::media::set::Listing;
use crate::devices::media::{Medium, Part, Recognised};
use crate::devices::store::{Directory, StoreError};
use crate::exchange::arrival::{Closed, Content, Files, Reception, Standing};
use crate::exchange::container::MAX_BYTES;
use crate::exchange::paper::papers::Papers;
use crate::exchange::signature::public_key::SshPublicKey;
use crate::exchange::statement::Statement;
use crate::exchange::statement::kind::Kind;
use crate::exchange::statement::party::Party;
use crate::exchange::trace::Trace;
use crate::exchange::transfer::TransferSet;
use crate::refusal::{Class, Reason, Refusal, Refused};
use crate::wire::digest::Digest;

const INBOX: &str = "inbox";
const INCOMING: &str = "incoming";
const PRIVATE: u32 = 0o600;

/// Ciphertext is a little longer than the container it holds.
const LIMITS: Limits = Limits { payload: MAX_BYTES as u64 + (1 << 20), statement: 512, signature: 4096 };

/// What a room knows of its peers.
pub struct Acquaintance<'a> {
    /// The statement key pinned for a party, if it is enrolled.
    pub key_of: &'a dyn Fn(&Party) -> Option<SshPublicKey>,
    /// How a statement stands with this host.
    pub standing: &'a dyn Fn(&Statement) -> Standing,
}

/// A transfer that was copied in.
#[derive(Debug)]
pub struct Arrived<K> {
    /// The transfer.
    pub closed: Closed<K>,
    /// What else lay on the medium.
    pub listing: Listing,
    /// The entry that says so.
    pub entry: u64,
    /// Whether two statements of this trace came in and nothing settled which is right: worth an alarm.
    pub is_second: bool,
}

/// What a medium brought.
struct Brought {
    files: Files,
    listing: Listing,
    /// How the log names the medium.
    name: String,
}

/// Why a transfer is not to be had.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum IntakeError {
    /// Nothing of this trace and kind was received.
    #[error("no {0} of the trace {1} was received here")]
    Unknown(Kind, Trace),
    /// The files that were copied in are no longer what they were.
    #[error("the received files of the trace {0} are damaged")]
    Damaged(Trace),
}

impl Desk {
    /// Copies the one transfer of `medium` in, checks it, writes it down and draws its rows.
    ///
    /// # Errors
    /// What the medium says; any [`ArrivalError`](crate::exchange::arrival::ArrivalError). After an error nothing was
    /// kept, and only the refusal counts.
    pub fn receive<K: Content>(&mut self, medium: &Path, peers: &Acquaintance<'_>) -> Result<Arrived<K>, Refused> {
        let Brought { files, listing, name } = self.copy_in(medium)?;
        let kept = Statement::parse(&files.statement).map(|statement| statement.id()).map(|id| {
            (id, files.set.names(), [files.payload.clone(), files.statement.clone(), files.signature.clone()])
        });
        let papers = self.papers()?;
        // Whoever may bring an introduction that nobody's key has signed must not name with it what somebody is at.
        let standing = |statement: &Statement| match self.is_taken(statement) {
            true => Standing::Taken,
            false => (peers.standing)(statement),
        };
        let peers = Acquaintance { standing: &standing, ..*peers };
        let closed = Closed::<K>::receive(files, &self.reception(&papers, &peers)?)?;
        let (id, names, contents) = kept?;
        let folder = self.state().private_within(INBOX)?.private_within(&id.to_string())?;
        for (name, bytes) in names.iter().zip(&contents) {
            folder.create_or_same(name, bytes, PRIVATE)?;
        }
        let entry = self.write_down(&closed, &name, &papers)?;
        let is_second = has_second(self.entries(), closed.statement().lines().trace.as_str());
        Ok(Arrived { closed, listing, entry, is_second })
    }

    /// Reads the newest transfer of `trace` again, to go on with it.
    ///
    /// # Errors
    /// [`IntakeError`]; any [`ArrivalError`](crate::exchange::arrival::ArrivalError) but those of time and standing.
    pub fn reread<K: Content>(&self, trace: &Trace, peers: &Acquaintance<'_>) -> Result<Closed<K>, Refused> {
        let unknown = || IntakeError::Unknown(K::KIND, trace.clone());
        let papers = self.papers()?;
        let in_quarantine =
            |id: &Digest| papers.sheets().any(|sheet| sheet.statement() == *id && sheet.quarantine().is_some());
        let known: Vec<_> = self.received(K::KIND, trace).map(|received| received.statement).collect();
        // A forged second statement of a trace must not stand in the way of the genuine one.
        let id = known.iter().rev().find(|id| !in_quarantine(id)).or(known.last()).ok_or_else(unknown)?;
        self.reread_one(id, trace, peers)
    }

    /// Reads the transfer of `trace` whose statement has this identifier again.
    ///
    /// # Errors
    /// As [`Desk::reread`].
    pub fn reread_one<K: Content>(
        &self,
        id: &Digest,
        trace: &Trace,
        peers: &Acquaintance<'_>,
    ) -> Result<Closed<K>, Refused> {
        let (files, papers) = (self.inbound(id, trace)?, self.papers()?);
        Ok(Closed::reread(files, &self.reception(&papers, peers)?)?)
    }

    fn reception<'a>(&'a self, papers: &'a Papers, peers: &'a Acquaintance<'a>) -> Result<Reception<'a>, Refused> {
        let Acquaintance { key_of, standing } = *peers;
        Ok(Reception { host: self.party(), now: self.now()?, papers, key_of, standing })
    }

    /// Whether on this host the trace of `statement` is that of another kind of exchange, or of somebody else's. A request and
    /// its answer are one.
    fn is_taken(&self, statement: &Statement) -> bool {
        let (lines, entries) = (statement.lines(), self.entries().iter());
        let (from, is_enrolment) = (lines.from.to_string(), lines.kind == Kind::Enrolment);
        let of_trace = entries.filter(|entry| entry.trace.as_deref() == Some(lines.trace.as_str()));
        let mut events = of_trace.map(|entry| &entry.event);
        // Whom an introduction is from nobody knows before it is enrolled.
        let is_of_another =
            |received: &Received| !is_enrolment && received.kind == lines.kind.as_str() && received.from != from;
        events.any(|event| match event {
            Event::Received(received) if is_of_another(received) => true,
            event => introduces(event).is_some_and(|introduces| introduces != is_enrolment),
        })
    }

    fn received<'a>(&'a self, kind: Kind, trace: &'a Trace) -> impl Iterator<Item = &'a Received> {
        let of_trace = move |entry: &&Entry| entry.trace.as_deref() == Some(trace.as_str());
        self.entries().iter().filter(of_trace).filter_map(move |entry| match &entry.event {
            Event::Received(received) if received.kind == kind.as_str() => Some(received),
            _ => None,
        })
    }

    fn write_down<K: Content>(&mut self, closed: &Closed<K>, medium: &str, papers: &Papers) -> Result<u64, Refused> {
        let trace = closed.statement().lines().trace.to_string();
        let actor = Actor::system();
        let entry = self.note(&actor, Some(&trace), closed.received(medium))?;
        if papers.sheet(closed.statement()).is_none() {
            let random = self.random()?;
            self.note(&actor, Some(&trace), closed.drawn(&random))?;
        }
        Ok(entry)
    }

    fn copy_in(&self, path: &Path) -> Result<Brought, Refused> {
        let Admitted { place, name } = self.admitted(path, Way::In)?;
        let (files, listing) = match place {
            Place::Directory(directory) => self.copy_from(&directory)?,
            Place::Drive(drive) => {
                let Taken { set, bytes: [payload, statement, signature], listing } = drive.copy_in(&LIMITS, grammar)?;
                let names = Part::ALL.map(|part| set.name(part).to_owned());
                let set = TransferSet::find(names.iter().map(String::as_str))?;
                (Files { payload, statement, signature, set }, listing)
            }
        };
        Ok(Brought { files, listing, name })
    }

    fn copy_from(&self, medium: &Medium) -> Result<(Files, Listing), Refused> {
        let incoming = self.state().private_within(INBOX)?.private_within(INCOMING)?;
        incoming.empty()?;
        let listing = medium.list(grammar)?;
        let set = listing.one_transfer()?;
        medium.copy_in(&set, &LIMITS, &incoming)?;
        let names = Part::ALL.map(|part| set.name(part).to_owned());
        let files = read_files(&incoming, TransferSet::find(names.iter().map(String::as_str))?)?;
        incoming.empty()?;
        Ok((files, listing))
    }

    fn inbound(&self, id: &Digest, trace: &Trace) -> Result<Files, Refused> {
        let damaged = || IntakeError::Damaged(trace.clone());
        let folder = self.state().within(INBOX)?.within(&id.to_string())?;
        let entries = folder.entries()?;
        let names = entries.iter().map(|entry| entry.name.as_str());
        let files = read_files(&folder, TransferSet::find(names).map_err(|_| damaged())?)?;
        let statement = Statement::parse(&files.statement).map_err(|_| damaged())?;
        if statement.id() == *id { Ok(files) } else { Err(damaged().into()) }
    }
}

/// Whether `event` begins an introduction, or something else; none where it goes on with either.
fn introduces(event: &Event) -> Option<bool> {
    match event {
        Event::Received(received) => Some(is_enrolment(&received.kind)),
        Event::Introduced(_) => Some(true),
        Event::Requested(_) | Event::PlanClosed(_) | Event::NodePackageAccepted(_) => Some(false),
        _ => None,
    }
}

/// The part and the stem that a file name of a transfer says.
pub(crate) fn grammar(name: &str) -> Option<Recognised> {
    let (stem, extension) = name.match_indices('.').nth(1).map(|(at, _)| name.split_at(at))?;
    let part = match extension {
        ".txt" => Part::Statement,
        ".txt.sig" => Part::Signature,
        _ => Part::Payload,
    };
    TransferSet::is_name(name).then(|| Recognised { stem: stem.to_owned(), part })
}

fn read_files(folder: &Directory, set: TransferSet) -> Result<Files, StoreError> {
    let read = |name: &str, limit| folder.read(name, limit).map(|mut bytes| std::mem::take(&mut *bytes));
    Ok(Files {
        payload: read(&set.payload_name(), LIMITS.payload)?,
        statement: read(&set.statement_name(), LIMITS.statement)?,
        signature: read(&set.signature_name(), LIMITS.signature)?,
        set,
    })
}

impl Refusal for IntakeError {
    fn reason(&self) -> Reason {
        match self {
            Self::Unknown(..) => {
                Reason::new(Class::Replay, "TRANSFER_UNKNOWN", "receive it first, or look up the trace: airlock resume")
            }
            Self::Damaged(_) => {
                Reason::new(Class::Inconsistent, "TRANSFER_DAMAGED", "receive the transfer again from its medium")
            }
        }
    }
}
