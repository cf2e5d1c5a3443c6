//! What audit logs and metrics of API servers say of the old root, together: from when on nobody came with it, who came last,
//! and what is missing to tell.

use std::collections::BTreeSet;

use super::accounts::Others;
use super::audit::{self, Log, faults};
use super::own::Own;
use super::times;
use crate::cluster::lives::{Lives, MAX_TEXT};
use crate::cluster::role::Domain;
use crate::devices::store::{Links, read_dated, read_file, tree::MAX_FILE};
use crate::online::rotate::fault::RotateError;
use crate::online::rotate::ground::Ground;
use crate::pki::certificate::Certificate;
use crate::refusal::Refused;
use crate::rotation::account::Account;
use crate::rotation::apart::Ends;
use crate::rotation::component::Component;
use crate::rotation::facts::Facts;
use crate::rotation::trust::Leaf;
use crate::rotation::witness::{Against, Reading, Unused, each_its_own};
use crate::wire::text;
use crate::wire::time::Timestamp;

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// From when on it is told of all API servers who came; none where something is missing.
    pub from: Option<Timestamp>,
    /// Who came last with the old root, or may have, and when.
    pub last: Option<(Timestamp, String)>,
    /// What is missing.
    pub why: Vec<String>,
    /// By what it is told.
    pub by: String,
}

/// Everything that the judgement stands on.
pub struct Scene<'s> {
    /// What does not change.
    pub ground: &'s Ground,
    /// This node.
    pub own: &'s Own,
    /// The others.
    pub others: &'s Others,
    /// What this node says of itself.
    pub mine: &'s Account,
    /// When the newest leaf of any node was put in place.
    pub since: Timestamp,
    /// Now.
    pub now: Timestamp,
}

/// Searches what this node was shown: for the certificates themselves, where all logs name them; otherwise by metrics.
///
/// # Errors
/// What the disk says; metrics that are not in their form.
pub fn search(scene: &Scene<'_>, facts: &Facts) -> Result<Found, Refused> {
    let sources = &scene.ground.sources;
    let servers = scene.ground.plan.fleet().with(Component::Apiserver).count();
    if servers == 0 {
        return Ok(Found { from: Some(scene.since), ..Found::default() });
    }
    let logs = audit::read(&sources.audit, &sources.without_certificate)?;
    let missing = faults(&logs, servers, scene.now, |log| log.told);
    if missing.is_empty() {
        let uses = logs.iter().flat_map(|log| log.used.iter().map(move |(print, time)| (*time, print, log)));
        let last =
            uses.filter(|(_, print, _)| facts.cluster.old_leaves.contains(*print)).max_by_key(|(time, ..)| *time);
        return Ok(Found {
            from: logs.iter().filter_map(|log| log.told).map(|span| span.begin).max(),
            last: last.map(|(time, print, log)| (time, format!("certificate {} by {}", print.short(), log.name))),
            why: Vec::new(),
            by: format!("by the certificates in {} audit logs", logs.len()),
        });
    }
    if sources.api_metrics.is_empty() {
        let hint = logs.iter().any(|log| log.span.is_some() && log.told.is_none());
        let hint = hint.then(|| "before Kubernetes 1.32 none does: show metrics too (--api-metrics)".to_owned());
        return Ok(Found { why: missing.into_iter().chain(hint).collect(), ..Found::default() });
    }
    by_metrics(scene, &logs, servers)
}

/// By how long certificates had to live, which says of each request whether it came with a known old one; and by the names of
/// users, which say of those that nobody knows whether the new root certifies them at all.
fn by_metrics(scene: &Scene<'_>, logs: &[Log], servers: usize) -> Result<Found, Refused> {
    let mut why = faults(logs, servers, scene.now, |log| log.span);
    let known = Known::of(scene, &mut why)?;
    let readings = readings(scene.ground)?;
    let mut unused = Vec::new();
    for (name, started) in started(scene) {
        match of_server(scene, &known.ends, &readings, started) {
            Ok(found) => unused.push((name, found)),
            Err(reason) => why.push(format!("API server of {}: {reason}", text::clip(&name, 64))),
        }
    }
    if !why.is_empty() {
        return Ok(Found { why, ..Found::default() });
    }
    let is_whole = |server: usize, log: usize| match (unused.get(server), logs.get(log)) {
        (Some((_, Unused { from, printed, requests, .. })), Some(log)) => {
            log.requests(from.plus(-1), printed.plus(1)) >= *requests
        }
        _ => false,
    };
    if let Err(server) = each_its_own(unused.len(), logs.len(), is_whole) {
        why.extend(unused.get(server).map(|(name, unused)| lacking(name, unused, logs)));
        return Ok(Found { why, ..Found::default() });
    }
    let strangers = logs.iter().flat_map(|log| log.users.iter().map(move |(user, time)| (*time, user, log)));
    let strangers = strangers.filter(|(time, user, _)| *time > scene.since && !known.names.contains(*user));
    let last = strangers.max_by_key(|(time, ..)| *time).map(|(time, user, log)| {
        (time, format!("{}, whom nothing of the new root certifies, by {}", text::clip(user, 100), log.name))
    });
    let requests: u64 = unused.iter().map(|(_, unused)| unused.requests).sum();
    Ok(Found { from: unused.iter().map(|(_, unused)| unused.from).max(), last, why, by: scene.told(requests, &known) })
}

impl Scene<'_> {
    /// By what it is told, and what it does not tell.
    fn told(&self, requests: u64, known: &Known) -> String {
        let sources = &self.ground.sources;
        let word = match &sources.vouches {
            Some(person) => {
                let names: Vec<_> = sources.without_certificate.iter().map(String::as_str).collect();
                format!(", without a certificate by the word of {person}: {}", names.join(" "))
            }
            None => String::new(),
        };
        format!(
            "by the lives of certificates in {requests} requests and {} names{word}; not told is a certificate that lies on no \
             node, bears one of these names and ends as new ones do",
            known.names.len()
        )
    }
}

/// What is known of clients of the API.
struct Known {
    ends: Ends,
    names: BTreeSet<String>,
}

impl Known {
    /// By what all nodes say of themselves, and by the certificates that a person shows. Whether one is of the new root, the
    /// root says and nobody else.
    fn of(scene: &Scene<'_>, why: &mut Vec<String>) -> Result<Self, Refused> {
        let (ends, names) = clients(scene.own, scene.others.fresh.values().chain([scene.mine]));
        let mut known = Self { ends, names };
        for file in &scene.ground.sources.clients {
            let bytes = read_file(file, MAX_FILE, Links::Follow)?;
            let read = std::str::from_utf8(&bytes).ok().and_then(|pem| Certificate::parse_foreign_all(pem).ok());
            let client = read.and_then(|chain| chain.into_iter().next());
            let Some((end, name)) = client.and_then(|client| of_new_root(scene.own, &client)) else {
                why.push(format!("{} is no certificate of the new root with one name", audit::name(file)));
                continue;
            };
            known.ends.new.insert(end);
            known.names.insert(name);
        }
        Ok(known)
    }
}

/// When the clients of the API end that are known to these nodes, and the names of those of the new root.
pub fn clients<'a>(own: &Own, accounts: impl Iterator<Item = &'a Account>) -> (Ends, BTreeSet<String>) {
    let (mut ends, mut names) = (Ends::default(), BTreeSet::new());
    for account in accounts {
        ends.old.extend(&account.old_ends);
        let clients = account.clients.iter().filter_map(|der| Certificate::parse_der(&der.0).ok());
        for (end, name) in clients.filter_map(|client| of_new_root(own, &client)) {
            ends.new.insert(end);
            names.insert(name);
        }
    }
    (ends, names)
}

/// When `client` ends and how it is called, where it is of the new root: that the root says, and nobody else.
fn of_new_root(own: &Own, client: &Certificate) -> Option<(Timestamp, String)> {
    let leaf = own.issuers.leaf(Domain::Kubernetes, std::slice::from_ref(client));
    let name = client.subject().common_name().filter(|_| leaf == Some(Leaf::New))?;
    Some((client.validity().not_after(), name.to_owned()))
}

/// When the API server of each node was started, by the word of the node; by the name of the node.
fn started(scene: &Scene<'_>) -> Vec<(String, Option<Timestamp>)> {
    let fleet = scene.ground.plan.fleet();
    let of = |place: usize| match place == scene.ground.site.place {
        true => scene.mine.times.apiserver_started,
        false => scene.others.fresh.get(&place)?.times.apiserver_started,
    };
    let name = |place: usize| fleet.member(place).map_or(String::new(), |member| member.name.clone());
    fleet.with(Component::Apiserver).map(|place| (name(place), of(place))).collect()
}

/// How far the start of a process may be off between what its node and what its metrics say, in seconds: the clock may have
/// been set meanwhile. Two API servers are never restarted within that of one another.
const SAME: i64 = 5;

fn of_server(
    scene: &Scene<'_>,
    ends: &Ends,
    readings: &[Reading],
    started: Option<Timestamp>,
) -> Result<Unused, String> {
    let started = started.ok_or("nothing new enough is known of its node: bring its facts here")?;
    let own = |reading: &&Reading| reading.lives.started.since(started).abs() <= SAME;
    let mut own: Vec<_> = readings.iter().filter(own).collect();
    own.sort_by_key(|reading| (reading.lives.collected, reading.printed));
    let newest = own.last().ok_or_else(|| {
        // What helps is a restart, not metrics of this process.
        let older = Against::Older { started, since: scene.since };
        if started <= scene.since { older.to_string() } else { format!("no metrics of it were shown since {started}") }
    })?;
    if own.iter().any(|reading| reading.lives.started != newest.lives.started) {
        return Err(
            "another was started within seconds of it, so their metrics are not told apart: restart it".to_owned()
        );
    }
    newest.judge(ends, scene.since, scene.now).map_err(|against| match against {
        Against::Undecided(_) => format!("{against}; {}", from_when(scene, ends)),
        against => against.to_string(),
    })
}

/// From when on old and new leaves could be told apart.
fn from_when(scene: &Scene<'_>, ends: &Ends) -> String {
    match ends.apart_from(scene.now, i64::from(scene.ground.tempo.soak)) {
        Some(time) => format!("they are told apart in a window that begins at {time}: restart it then"),
        None => "they cannot be told apart".to_owned(),
    }
}

fn lacking(name: &str, unused: &Unused, logs: &[Log]) -> String {
    let most = logs.iter().map(|log| log.requests(unused.from.plus(-1), unused.printed.plus(1))).max();
    format!(
        "API server of {}: no audit log has all of its {} requests with certificates since {}, the best has {}: show it whole, \
         and have the audit policy leave nobody out",
        text::clip(name, 64),
        unused.requests,
        unused.from,
        most.unwrap_or_default()
    )
}

fn readings(ground: &Ground) -> Result<Vec<Reading>, Refused> {
    let read = |file: &std::path::PathBuf| {
        let (bytes, changed) = read_dated(file, MAX_TEXT, Links::Follow)?;
        let lives = Lives::parse(&bytes).map_err(|error| RotateError::Metrics { file: audit::name(file), error })?;
        let printed = times::stamp(changed).unwrap_or(lives.collected);
        Ok(Reading { lives, printed })
    };
    ground.sources.api_metrics.iter().map(read).collect()
}
