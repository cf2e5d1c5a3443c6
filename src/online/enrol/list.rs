//! Who is enrolled on this host, and their keys as other tools take them.

use crate::exchange::enrolment::peers::Peers;
use crate::exchange::enrolment::record::EnrolmentRecord;
use crate::online::room::Room;
use crate::refusal::Refused;
use crate::wire::time::Timestamp;

/// An enrolled party.
#[derive(Debug)]
pub struct Peer {
    /// Its record.
    pub record: EnrolmentRecord,
    /// The log entry that pinned it.
    pub entry: u64,
    /// When.
    pub time: Timestamp,
}

/// Every enrolled party.
///
/// # Errors
/// What the log and the blobs say.
pub fn peers(room: &Room) -> Result<Vec<Peer>, Refused> {
    let entries = room.desk.entries();
    let mut all = Vec::new();
    for (_, pinned) in Peers::fold(entries)?.all() {
        let time = usize::try_from(pinned.entry).ok().and_then(|at| entries.get(at)).map(|entry| entry.time);
        let record = EnrolmentRecord::parse(&room.desk.objects().get(&pinned.record)?)?;
        all.extend(time.map(|time| Peer { record, entry: pinned.entry, time }));
    }
    Ok(all)
}

/// The keys of all of them as OpenSSH allowed signers.
///
/// # Errors
/// As [`peers`].
pub fn allowed_signers(room: &Room) -> Result<String, Refused> {
    Ok(peers(room)?.iter().map(|peer| peer.record.allowed_signers(peer.time)).collect())
}
