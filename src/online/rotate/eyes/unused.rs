//! What audit logs and metrics of API servers say of the old root, together: from when on nobody came with it, who came last,
//! and what is missing to tell.

use std::collections::BTreeSet;

use super::accounts::Others;
use super::audit::{self, Log, Spared, faults};
use super::own::Own;
use super::times;
use crate::cluster::lives::{Lives, MAX_TEXT};
use crate::cluster::role::Domain;
use crate::devices::store::{Links, read_dated, read_file, tree::MAX_FILE};
use crate::online::rotate::fault::RotateError;
use crate::online::rotate::ground::Ground;
use crate::pki::certificate::Certificate;
use crate::pki::path::{self, LeafUse};
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
    /// Until when each request that was counted stands in a log; until now, where nothing is counted.
    pub until: Option<Timestamp>,
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
    let spared = Spared { canaries: &facts.cluster.canaries, without: &sources.without_certificate };
    let logs = audit::read(&sources.audit, spared)?;
    let missing = faults(&logs, servers, scene.now, |log| log.told);
    if missing.is_empty() {
        let uses = logs.iter().flat_map(|log| log.used.iter().map(move |(print, time)| (*time, print, log)));
        let last =
            uses.filter(|(_, print, _)| facts.cluster.old_leaves.contains(*print)).max_by_key(|(time, ..)| *time);
        return Ok(Found {
            from: logs.iter().filter_map(|log| log.told).map(|span| span.begin).max(),
            last: last.map(|(time, print, log)| (time, format!("certificate {} by {}", print.short(), log.name))),
            by: format!("by the certificates in {} audit logs", logs.len()),
            ..Found::default()
        });
    }
    if sources.api_metrics.is_empty() {
        let hint = logs.iter().any(|log| log.span.is_some() && log.told.is_none());
        let hint = hint.then(|| "before Kubernetes 1.32 none does: show metrics too (--api-metrics)".to_owned());
        return Ok(Found { why: missing.into_iter().chain(hint).collect(), ..Found::default() });
    }
    let (ends, names) = clients(scene.own, scene.others.fresh.values().chain([scene.mine]));
    let mut case = Case {
        servers: started(scene),
        readings: readings(scene.ground)?,
        logs,
        ends,
        names,
        since: scene.since,
        now: scene.now,
        window: i64::from(scene.ground.tempo.soak),
    };
    let mut found = match shown(scene, &mut case)? {
        strangers if strangers.is_empty() => case.judge(),
        strangers => Found { why: strangers, ..Found::default() },
    };
    if let Some(person) = &sources.vouches {
        let names: Vec<_> = sources.without_certificate.iter().map(String::as_str).collect();
        found.by = format!("{}; without a certificate by the word of {person}: {}", found.by, names.join(" "));
    }
    Ok(found)
}

/// The certificates that a person shows are added to those of the nodes; those that are none of the new root are named.
fn shown(scene: &Scene<'_>, case: &mut Case) -> Result<Vec<String>, Refused> {
    let mut strangers = Vec::new();
    for file in &scene.ground.sources.clients {
        let bytes = read_file(file, MAX_FILE, Links::Follow)?;
        let read = std::str::from_utf8(&bytes).ok().and_then(|pem| Certificate::parse_foreign_all(pem).ok());
        match read.and_then(|chain| of_new_root(scene.own, client(&scene.own.issuers.new, &chain, scene.now)?)) {
            Some((end, name)) => {
                case.ends.new.insert(end);
                case.names.insert(name);
            }
            None => strangers.push(format!(
                "{} is no client's certificate of the new root, in time, with one name",
                audit::name(file)
            )),
        }
    }
    Ok(strangers)
}

/// The first of `chain`, where an API server that trusts `new` alone lets it in now.
fn client<'a>(new: &[(Domain, Certificate)], chain: &'a [Certificate], now: Timestamp) -> Option<&'a Certificate> {
    let (client, between) = chain.split_first()?;
    let anchors = new.iter().filter(|(domain, _)| *domain == Domain::Kubernetes);
    let anchors: Vec<_> = anchors.map(|(_, certificate)| certificate.clone()).collect();
    path::verify(client, between, &anchors, now, LeafUse::Client).ok().map(|()| client)
}

/// An API server of which nothing speaks for the old root.
struct Server<'s> {
    name: &'s str,
    newest: Unused,
    /// What it counted at each time that was shown, the newest among them.
    all: Vec<Unused>,
}

/// What API servers before 1.32 say, and what is known of whom they may have met.
struct Case {
    /// The nodes with an API server, and when it was started by their own word.
    servers: Vec<(String, Option<Timestamp>)>,
    readings: Vec<Reading>,
    logs: Vec<Log>,
    ends: Ends,
    names: BTreeSet<String>,
    since: Timestamp,
    now: Timestamp,
    window: i64,
}

impl Case {
    /// By how long certificates had to live, which says of each request whether it came with a known old one; and by the
    /// names of users, which say of those that nobody knows whether the new root certifies them at all.
    fn judge(&self) -> Found {
        let mut why = faults(&self.logs, self.servers.len(), self.now, |log| log.span);
        let mut told = Vec::new();
        for (name, started) in &self.servers {
            match self.of_server(name, *started) {
                Ok(server) => told.push(server),
                Err(reason) => why.push(format!("API server of {}: {reason}", text::clip(name, 64))),
            }
        }
        let until = if why.is_empty() { self.whole_until(&told).map_err(|without| why.push(without)) } else { Err(()) };
        let Ok(until) = until else { return Found { why, ..Found::default() } };
        let requests: u64 = told.iter().map(|server| server.newest.requests).sum();
        let by = text::fill(
            "by the lives of certificates in {} request{s} and {} name{s}; not told is a certificate that lies on no node, \
             bears one of these names and ends as new ones do",
            [&requests, &self.names.len()],
        );
        let from = told.iter().map(|server| server.newest.from).max();
        Found { from, until, last: self.stranger(), why, by }
    }

    /// Until when each API server has a log of its own in which none of its requests is missing; what is said of the first that
    /// has none. What still goes on stands in no log yet, so an older reading may be the one that is whole.
    fn whole_until(&self, told: &[Server<'_>]) -> Result<Option<Timestamp>, String> {
        let requests = |one: &Unused, log: &Log| log.requests(one.from.plus(-1), one.printed.plus(1));
        let whole = |server: &Server<'_>, log: &Log| {
            let whole = server.all.iter().filter(|one| requests(one, log) >= one.requests);
            whole.map(|one| one.until).max()
        };
        let table: Vec<Vec<_>> =
            told.iter().map(|server| self.logs.iter().map(|log| whole(server, log)).collect()).collect();
        let until = |server: usize, log: usize| table.get(server)?.get(log).copied().flatten();
        let mut times: Vec<_> = table.iter().flatten().flatten().copied().collect();
        times.sort_unstable();
        let reaches = |time: Timestamp| {
            each_its_own(told.len(), self.logs.len(), |server, log| until(server, log) >= Some(time)).is_ok()
        };
        if let Some(time) = times.iter().rev().find(|time| reaches(**time)) {
            return Ok(Some(*time));
        }
        let without = each_its_own(told.len(), self.logs.len(), |server, log| until(server, log).is_some()).err();
        let Some(without) = without.and_then(|server| told.get(server)) else { return Ok(None) };
        let most = self.logs.iter().map(|log| requests(&without.newest, log)).max().unwrap_or_default();
        let least = without.all.iter().map(|one| one.requests).min().unwrap_or_default();
        Err(text::fill(
            "API server of {}: no audit log is left that has all of its {} request{s} with certificates since {}, the best has \
             {}, nor all {} of the oldest metrics: a watch stands there only when it has ended, so show metrics of ten \
             minutes to two hours ago too; show the log whole, and have the audit policy leave nobody out",
            [&text::clip(without.name, 64), &without.newest.requests, &without.newest.from, &most, &least],
        ))
    }

    /// Who came last whom nothing of the new root certifies.
    fn stranger(&self) -> Option<(Timestamp, String)> {
        let users = self.logs.iter().flat_map(|log| log.users.iter().map(move |(user, time)| (*time, user, log)));
        let strangers = users.filter(|(time, user, _)| *time > self.since && !self.names.contains(*user));
        strangers.max_by_key(|(time, ..)| *time).map(|(time, user, log)| {
            (time, format!("{}, whom nothing of the new root certifies, by {}", text::clip(user, 100), log.name))
        })
    }

    fn of_server<'s>(&self, name: &'s str, started: Option<Timestamp>) -> Result<Server<'s>, String> {
        let started = started.ok_or("nothing new enough is known of its node: bring its facts here")?;
        let is_own = |reading: &&Reading| reading.lives.started.since(started).abs() <= SAME;
        let mut own: Vec<_> = self.readings.iter().filter(is_own).collect();
        own.sort_by_key(|reading| (reading.lives.collected, reading.printed));
        let newest = own.last().ok_or_else(|| {
            // What helps is a restart, not metrics of this process.
            let older = Against::Older { started, since: self.since };
            if started <= self.since {
                older.to_string()
            } else {
                format!("no metrics of it were shown since {started}")
            }
        })?;
        let is_near =
            |other: &&(String, Option<Timestamp>)| other.1.is_some_and(|other| other.since(started).abs() <= 2 * SAME);
        if self.servers.iter().filter(is_near).count() > 1 {
            return Err(
                "another was started within seconds of it, so their metrics are not told apart: restart it".to_owned()
            );
        }
        let newest = newest.judge(&self.ends, self.since, self.now).map_err(|against| match against {
            Against::Undecided(_) => format!("{against}; {}", self.apart_when()),
            against => against.to_string(),
        })?;
        let all = own.iter().filter_map(|reading| reading.counted(self.now).ok()).collect();
        Ok(Server { name, newest, all })
    }

    /// From when on old and new leaves could be told apart.
    fn apart_when(&self) -> String {
        match self.ends.apart_from(self.now, self.window) {
            Some(time) => format!("they are told apart in a window that begins at {time}: restart it then"),
            None => "they cannot be told apart".to_owned(),
        }
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

fn readings(ground: &Ground) -> Result<Vec<Reading>, Refused> {
    let read = |file: &std::path::PathBuf| {
        let (bytes, changed) = read_dated(file, MAX_TEXT, Links::Follow)?;
        let lives = Lives::parse(&bytes).map_err(|error| RotateError::Metrics { file: audit::name(file), error })?;
        let printed = times::stamp(changed).unwrap_or(lives.collected);
        Ok(Reading { lives, printed })
    };
    ground.sources.api_metrics.iter().map(read).collect()
}

#[cfg(test)]
mod tests;
