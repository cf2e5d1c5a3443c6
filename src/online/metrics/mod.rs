//! What this host knows of its nodes, for a monitoring system: a file that node_exporter's textfile collector reads.
//!
//! Times are given as points in time, and how long ago they are is for whoever asks. What cannot be told is left out: an
//! alert on an absent series tells more than a number that was made up.
//!
//! - `certificates`: when each ends, and what each place trusts
//! - `past`: what the log says: heads, packages, how far a rotation is
//! - [`place`]: where they are written

mod certificates;
mod past;
pub mod place;

use std::path::Path;

use crate::cluster::scan::{EXPIRING_WITHIN, Question, survey};
use crate::devices::store::{Directory, Links, StoreError, read_file};
use crate::online::inventory::Looked;
use crate::online::room::Room;
use crate::online::scan::{NodeRoot, Scan};
use crate::refusal::Refused;
use crate::report::exposition::{Exposition, Family, Kind};
use crate::rotation::facts::Told;
use crate::wire::text;
use crate::wire::time::Timestamp;
pub use place::{Place, PlaceError};

/// What others than the owner may do with the file: node_exporter is another user, and nothing in it is secret.
const MODE: u32 = 0o644;
/// When the file was made.
const MADE: &str = "airlock_metrics_timestamp_seconds";
/// How old it may be in seconds, where somebody writes it again and again.
const FRESH: i64 = 15 * 60;
const MAX_FILE: u64 = 64 << 20;

/// The metrics of this host, about `nodes`.
///
/// # Errors
/// [`ScanError`](crate::online::scan::ScanError); what the disks and the log say.
pub fn gather(room: &Room, nodes: &[NodeRoot]) -> Result<Exposition, Refused> {
    let now = room.desk().now()?;
    let mut all = Exposition::default();
    // Without a CA there is no new root, so nothing can be said of places.
    let (report, inventory) = match room.ca() {
        Ok(_) => {
            let looked = Looked::at(room, nodes, &[])?;
            let question = Question { now, expiring_within: EXPIRING_WITHIN, record: Some(room.config().record()) };
            (survey(&looked.trees, &question), Some(looked.inventory))
        }
        Err(_) => (Scan::of(nodes, room.config().record(), now)?.report, None),
    };
    certificates::tell(&mut all, &report, inventory.as_ref());
    past::tell(&mut all, room)?;
    let mut made = Family::new(MADE, Kind::Gauge, "When this file was made.");
    made.sample([], now.unix());
    all.push(made);
    Ok(all)
}

/// Whether somebody writes the file `path` again and again, where a collector reads it: it is ours, and not older than a
/// quarter of an hour.
///
/// # Errors
/// Any error of the disk but that there is no such file, which is told.
pub fn hooked_up(path: &Path, now: Timestamp) -> Result<Told, StoreError> {
    let told = |holds, evidence: String| Told { holds, evidence };
    if let Err(error) = Place::at(path) {
        return Ok(told(false, error.to_string()));
    }
    let bytes = match read_file(path, MAX_FILE, Links::Follow) {
        Err(StoreError::Missing(_)) => return Ok(told(false, "there is no such file".to_owned())),
        read => read?,
    };
    let made = String::from_utf8_lossy(&bytes).lines().find_map(|line| {
        let time = line.strip_prefix(MADE)?.trim().parse().ok()?;
        Timestamp::from_unix(time)
    });
    Ok(match made.map(|made| now.since(made)) {
        None => told(false, "it does not hold metrics of airlock".to_owned()),
        Some(age) => told((0..=FRESH).contains(&age), format!("written {age} s ago")),
    })
}

/// Writes `all` at `place`, in one step: whoever reads sees the old one or the new one, whole.
///
/// # Errors
/// Any error of the disk.
pub fn write(all: &Exposition, place: &Place) -> Result<(), StoreError> {
    let path = place.path();
    let shown = || text::escape(&path.to_string_lossy());
    let name = path.file_name().and_then(|name| name.to_str()).ok_or_else(|| StoreError::Name(shown()))?;
    let above = path.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let directory = Directory::open(above)?;
    directory.sweep_of(name)?;
    directory.replace(name, all.text().as_bytes(), MODE)
}
