//! A node takes its package: opened, checked, kept as it came, written down. Its plaintext is kept nowhere.

use crate::audit::detail::node::NodePackageAccepted;
use crate::audit::entry::Actor;
use crate::audit::event::Event;
use crate::audit::log::Record;
use crate::exchange::node_package::{NodePackage, OpenNodePackage, Own};
use crate::exchange::trace::Trace;
use crate::online::node::NodeError;
use crate::online::people::People;
use crate::online::room::{Room, RoomError};
use crate::refusal::Refused;
use crate::wire::digest::Digest;

/// The largest package of a node, in bytes: its certificates, their keys, and the record of the CA.
pub const MAX_FILE: u64 = 64 << 20;

/// A package that was taken.
#[derive(Debug)]
pub struct Accepted {
    /// The id of its exchange.
    pub trace: Trace,
    /// How many certificates it brought.
    pub certificates: usize,
    /// How many private keys it brought.
    pub keys: usize,
    /// The log entry that says so.
    pub entry: u64,
}

/// A package that is in order; it counts once it stands in the log.
#[derive(Debug)]
struct Passed(NodePackageAccepted);

impl Record for Passed {
    fn event(&self) -> Event {
        Event::NodePackageAccepted(self.0.clone())
    }
}

/// Takes the package `sealed` for this node.
///
/// # Errors
/// [`RoomError::NoNode`], any [`NodePackageError`](crate::exchange::node_package::NodePackageError), [`NodeError`];
/// nothing was then accepted.
pub fn accept(room: &mut Room, sealed: &[u8]) -> Result<Accepted, Refused> {
    let package = read(room, sealed)?;
    let manifest = package.manifest();
    let (trace, parts) = (manifest.trace.clone(), package.parts());
    let (certificates, keys) = (parts.len(), parts.iter().filter(|part| part.key.is_some()).count());
    must_follow(room, manifest.package.seq, &manifest.package.sha256)?;
    let people = People::parse(package.people())?;
    let signer = room.config().node().ok_or(RoomError::NoNode)?.cluster_key().fingerprint();
    let objects = room.desk.objects();
    let passed = Passed(NodePackageAccepted {
        ca: objects.put(package.ca().json())?,
        container: manifest.package.sha256,
        key: signer,
        package_seq: manifest.package.seq,
        people: objects.put(people.json())?,
        sealed: objects.put(sealed)?,
        statement: manifest.package.statement,
    });
    let entry = room.desk.record(&Actor::system(), Some(trace.as_str()), passed)?.entry();
    room.refresh()?;
    Ok(Accepted { trace, certificates, keys, entry })
}

/// The package that was taken before and lies under `sealed` in the state; it must still be by the pinned key.
///
/// # Errors
/// As [`accept`], but for what was accepted since.
pub fn kept(room: &Room, sealed: &Digest) -> Result<NodePackage, Refused> {
    read(room, &room.desk.objects().get(sealed)?)
}

fn read(room: &Room, sealed: &[u8]) -> Result<NodePackage, Refused> {
    let identity = room.node_identity()?;
    let node = room.config().node().ok_or(RoomError::NoNode)?;
    let own = Own {
        key: node.cluster_key(),
        cluster: room.config().cluster(),
        uid: &room.config().record().fields().uid,
        node: node.name(),
        recipient: &identity.recipient(),
    };
    Ok(OpenNodePackage::open(sealed, &identity)?.read(&own)?)
}

/// Demands that the CA's package is the newest known, or a newer one.
fn must_follow(room: &Room, seq: u64, container: &Digest) -> Result<(), NodeError> {
    match room.history().node_package() {
        Some((last, _)) if seq < last => Err(NodeError::Older { last, found: seq }),
        Some((last, known)) if seq == last && known != *container => Err(NodeError::Twin(seq)),
        _ => Ok(()),
    }
}
