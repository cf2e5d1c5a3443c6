//! A request is written down, then its keys are written beside the live ones, then its bundle may leave.
//!
//! ```text
//! Draft ─ order → Recorded<Order> ─ place → Placed ─ export → on a medium
//! ```
//!
//! Keys and bundle are made in memory and the bundle is kept before anything is written down; the log names it before
//! the first key reaches a node. So every key file in a next generation is one that a bundle of the log asks for, and a
//! run that finds one can tell its own from a stranger's. Killed before the request stands in the log, a run leaves
//! nothing that counts; killed later, before `KEYS_PLACED`, it leaves a request that can never leave this host: the next
//! one voids it unasked and removes its keys.

use crate::audit::detail::{self, KeysPlaced};
use crate::audit::entry::Actor;
use crate::audit::event::Event;
use crate::audit::log::{Record, Recorded};
use crate::config::online::OnlineConfig;
use crate::desk::host::Desk;
use crate::desk::people::Present;
use crate::exchange::seal::recipient::Recipient;
use crate::exchange::signature::SigningKey as _;
use crate::exchange::trace::Trace;
use crate::online::history::{Fate, History, Past};
use crate::online::keys::HostKeys;
use crate::online::request::ask::Ask;
use crate::online::request::bundle;
use crate::online::request::draft::Draft;
use crate::online::request::fault::RequestError;
use crate::online::request::make::{KeyFile, Made, Progress, make};
use crate::online::request::places::Places;
use crate::online::scan::NodeRoot;
use crate::refusal::Refused;
use crate::wire::digest::Digest;

/// The longest life of a bundle, in days.
pub const MAX_LIFE_DAYS: u32 = 14;
/// The life of a bundle unless another is asked for, in days.
pub const DEFAULT_LIFE_DAYS: u32 = 7;

/// On what terms a request is made.
pub struct Terms<'a> {
    /// The config of this host.
    pub config: &'a OnlineConfig,
    /// Where the file systems of the nodes lie.
    pub roots: &'a [NodeRoot],
    /// The CA that is asked.
    pub ca: &'a AskedCa,
    /// Those who make the request, at least one.
    pub operators: &'a [Present],
    /// The keys of this host.
    pub keys: &'a HostKeys,
    /// Whom the package is to be encrypted to.
    pub recipient: &'a Recipient,
    /// How long the bundle may be received, in days.
    pub life_days: u32,
    /// The outstanding request that is given up for this one.
    pub void: Option<Trace>,
}

/// The CA that is asked, as it was enrolled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedCa {
    /// Its host.
    pub party: crate::exchange::statement::party::Party,
    /// The epoch of its enrolment.
    pub epoch: u64,
    /// Digests of the public keys of its issuers for this cluster.
    pub issuers: Vec<Digest>,
}

/// A request that is about to be written down. The new keys are in it.
#[derive(Debug)]
pub struct Order {
    trace: Trace,
    actor: Actor,
    event: detail::Requested,
    files: Vec<(String, KeyFile)>,
    places: Places,
}

/// A request whose keys all lie beside the live ones.
#[derive(Debug)]
pub struct Placed {
    /// The id of the exchange.
    pub trace: Trace,
    /// Identifier of its statement.
    pub statement: Digest,
    /// The nodes that got keys.
    pub nodes: Vec<String>,
    /// How many files were written.
    pub files: usize,
}

impl Draft {
    /// Makes keys, requests and bundle, keeps the bundle, and writes the request down. No node has been written to but
    /// for empty directories.
    ///
    /// # Errors
    /// [`RequestError::Outstanding`] and its neighbours; [`RequestError::Occupied`] and what else the nodes say; what
    /// keeps a key from being made.
    pub fn order(self, desk: &mut Desk, terms: &Terms<'_>, progress: Progress<'_>) -> Result<Recorded<Order>, Refused> {
        let history = History::of(desk.entries());
        may_ask(&history, terms)?;
        let unanswered = history.unanswered();
        let signer = terms.keys.statement.public_key();
        let places = Places::prepare(desk, signer, terms.roots, &self.asks, &unanswered)?;
        let made = make(&self.asks, progress)?;
        let dispatch = bundle::write(desk, terms, &history, &self, &made)?;
        let trace = dispatch.letter.statement().lines().trace.clone();
        let actor = terms.operators.first().map(Present::actor).ok_or(RequestError::NoOperator)?;
        let event = detail::Requested {
            file: dispatch.letter.statement().lines().file_sha256,
            nonce: dispatch.nonce.to_vec().into(),
            seq: dispatch.seq,
            statement: dispatch.letter.statement().id(),
            voids: unanswered.iter().map(|past| past.trace.to_string()).collect(),
        };
        let order =
            Order { files: key_files(self.asks, made), trace: trace.clone(), actor: actor.clone(), event, places };
        desk.keep(&dispatch.letter, |desk| desk.record(&actor, Some(trace.as_str()), order))
    }
}

impl Record for Order {
    fn event(&self) -> Event {
        Event::Requested(self.event.clone())
    }
}

/// Writes the keys of a request beside the live ones, and that down.
///
/// # Errors
/// What the disks of the nodes say; of this request no key is then left there, and it can only be voided.
pub fn place(desk: &mut Desk, order: Recorded<Order>) -> Result<Placed, Refused> {
    let Order { trace, actor, event, files, places } = order.into_value();
    places.write(&files)?;
    let mut nodes: Vec<_> = files.iter().map(|(node, _)| node.clone()).collect();
    nodes.sort();
    nodes.dedup();
    let placed = Placed { trace, statement: event.statement, nodes, files: files.len() };
    let detail = KeysPlaced { files: placed.files as u64, nodes: placed.nodes.clone(), statement: placed.statement };
    desk.note(&actor, Some(placed.trace.as_str()), Event::KeysPlaced(detail))?;
    Ok(placed)
}

/// Whether a new request may be made now. One that never left this host for want of its keys stands in nobody's way.
fn may_ask(history: &History, terms: &Terms<'_>) -> Result<(), RequestError> {
    if !(1..=MAX_LIFE_DAYS).contains(&terms.life_days) {
        return Err(RequestError::Life(terms.life_days));
    }
    let outstanding = history.outstanding();
    if let Some(void) = terms.void.as_ref().filter(|void| outstanding.is_none_or(|past| past.trace != **void)) {
        return Err(RequestError::NotOutstanding(void.clone()));
    }
    match outstanding {
        Some(past) if past.placed && terms.void.is_none() => match past.exported {
            true => Err(RequestError::Outstanding(past.trace.clone())),
            false => Err(RequestError::Unsent(past.trace.clone())),
        },
        _ => Ok(()),
    }
}

/// The request of `trace`, if its bundle may leave.
///
/// # Errors
/// [`RequestError::NotOutstanding`], [`RequestError::NotPlaced`].
pub fn ready(history: &History, trace: &Trace) -> Result<Past, RequestError> {
    match history.request(trace) {
        Some(past) if past.fate == Fate::Outstanding && past.placed => Ok(past.clone()),
        Some(past) if past.fate == Fate::Outstanding => Err(RequestError::NotPlaced(trace.clone())),
        _ => Err(RequestError::NotOutstanding(trace.clone())),
    }
}

fn key_files(asks: Vec<Ask>, made: Vec<Made>) -> Vec<(String, KeyFile)> {
    asks.into_iter().zip(made).filter_map(|(ask, made)| Some((ask.node, made.key_file?))).collect()
}
