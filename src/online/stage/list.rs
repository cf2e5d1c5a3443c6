//! The list of what is staged, `airlock.staged/1`: each file with its digest, kept in the state and named in the log. No
//! private key is in it; the digest of a file that holds one tells nothing of it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::StageError;
use super::plan::Plan;
use crate::audit::event::Event;
use crate::cluster::role::Domain;
use crate::exchange::trace::Trace;
use crate::online::room::Room;
use crate::refusal::Refused;
use crate::rotation::graph::Variant;
use crate::wire::digest::Digest;
use crate::wire::json;

const FORMAT: &str = "airlock.staged/1";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    files: Vec<Line>,
    format: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    node: String,
    path: String,
    sha256: Digest,
}

/// The list of `plan`.
pub(super) fn write(plan: &Plan) -> Result<Vec<u8>, StageError> {
    let line =
        |(node, path, sha256): (&str, &str, Digest)| Line { node: node.to_owned(), path: path.to_owned(), sha256 };
    json::to_vec(&List { files: plan.names().map(line).collect(), format: FORMAT.to_owned() }).map_err(StageError::List)
}

/// Every file that this host was ever about to stage: its node, its live path, its digest.
pub(super) fn staged_before(room: &Room) -> Result<BTreeSet<(String, String, Digest)>, Refused> {
    let mut known = BTreeSet::new();
    for digest in room.history().lists() {
        let list: List = json::from_slice(&room.desk.objects().get(digest)?).map_err(StageError::List)?;
        known.extend(list.files.into_iter().map(|line| (line.node, line.path, line.sha256)));
    }
    Ok(known)
}

/// The way that was staged for: with a bridge where cross-certificates are among the files.
pub fn variant_on(staged: Option<&BTreeMap<String, Digest>>) -> Variant {
    let is_cross = |path: &String| Domain::ALL.iter().any(|domain| domain.cross_certificate() == path);
    match staged.is_some_and(|files| files.keys().any(is_cross)) {
        true => Variant::Bridge,
        false => Variant::DualTrust,
    }
}

/// The way that this host staged for under `trace` last, on any node; with both roots trusted where nothing is staged.
///
/// # Errors
/// As [`staged_on`].
pub fn variant_of(room: &Room, trace: &Trace) -> Result<Variant, Refused> {
    let of_trace = room.desk().entries().iter().rev().filter(|entry| entry.trace.as_deref() == Some(trace.as_str()));
    let node = of_trace.filter_map(|entry| match &entry.event {
        Event::Staged(staged) => staged.nodes.first(),
        _ => None,
    });
    match node.into_iter().next() {
        Some(node) => Ok(variant_on(staged_on(room, trace, node)?.as_ref())),
        None => Ok(Variant::DualTrust),
    }
}

/// What was staged last on `node` under `trace`, each live path with the digest of its mirror; `None` where the log of
/// this host tells of nothing.
///
/// # Errors
/// [`StageError::List`]; what the blobs say.
pub fn staged_on(room: &Room, trace: &Trace, node: &str) -> Result<Option<BTreeMap<String, Digest>>, Refused> {
    let of_trace = room.desk().entries().iter().rev().filter(|entry| entry.trace.as_deref() == Some(trace.as_str()));
    let staged = of_trace.filter_map(|entry| match &entry.event {
        Event::Staged(staged) if staged.nodes.iter().any(|name| name == node) => Some(staged.list),
        _ => None,
    });
    let Some(digest) = staged.into_iter().next() else { return Ok(None) };
    let list: List = json::from_slice(&room.desk().objects().get(&digest)?).map_err(StageError::List)?;
    let lines = list.files.into_iter().filter(|line| line.node == node);
    Ok(Some(lines.map(|line| (line.path, line.sha256)).collect()))
}
