//! What the servers of all nodes show, whom they accept, and whether they work: real handshakes and real requests, many
//! at once, each with an end in time.

use std::time::Duration;

use super::callers::{Callers, Pair};
use crate::cluster::role::{Domain, Role};
use crate::devices::probe::etcd::Member;
use crate::devices::probe::http::Ask;
use crate::devices::probe::many::{THREADS, each};
use crate::devices::probe::served::served;
use crate::devices::probe::{Acceptance, Caller, Connection, Endpoint, ProbeError, canary};
use crate::online::rotate::observe::Issuers;
use crate::online::rotate::site::Site;
use crate::rotation::component::Component;
use crate::rotation::store::Store;
use crate::rotation::trust::{Leaf, Trust};
use crate::wire::digest::Digest;
use crate::wire::time::Timestamp;

/// A server and the node it is on.
#[derive(Debug, Clone)]
pub struct Server {
    /// The place of the node.
    pub place: usize,
    /// Which of its servers.
    pub kind: Kind,
    /// Whether no client of the new root is shown to it but with a bridge: its files hold the old root alone, and it would
    /// complain of the other in its log, where complaints are looked for. What it has loaded, its node tells then.
    pub is_spared: bool,
    endpoint: Endpoint,
}

/// Which server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The client port of etcd.
    Etcd,
    /// The peer port of etcd.
    EtcdPeer,
    /// The API server.
    Apiserver,
    /// The kubelet.
    Kubelet,
}

/// What was seen of a server.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    /// Whether it does its work; none where that was not asked.
    pub works: Option<bool>,
    /// The fingerprint of the leaf that it shows, by address without SNI, and whose it is.
    pub shows: Option<(Digest, Option<Leaf>)>,
    /// What it trusts, by whom it accepted.
    pub trusts: Option<Trust>,
    /// Whether this node lacks one of the two clients that it takes to tell what it trusts.
    pub is_blind: bool,
    /// Its clock.
    pub date: Option<Timestamp>,
    /// The raft term and the leader that a member tells.
    pub raft: Option<(u64, Option<u64>)>,
    /// Why it does not work, safe to show.
    pub why: Option<String>,
}

/// What an etcd canary writes: outside of what Kubernetes keeps.
pub const CANARY_KEY: &[u8] = b"airlock/canary";

/// What a canary asks an API server for: what everybody may read who is somebody.
pub const CANARY_PATH: &str = "/api";

/// Every server of every node.
pub fn servers(site: &Site, nodes: usize) -> Vec<Server> {
    let of_node = |place| {
        let servers = site.servers(place);
        let all = [
            (Kind::Etcd, servers.etcd),
            (Kind::EtcdPeer, servers.etcd_peer),
            (Kind::Apiserver, servers.apiserver),
            (Kind::Kubelet, servers.kubelet),
        ];
        all.into_iter()
            .filter_map(move |(kind, endpoint)| Some(Server { place, kind, is_spared: false, endpoint: endpoint? }))
    };
    (0..nodes).flat_map(of_node).collect()
}

/// Asks all of `servers`; `mark` is written where something is written.
pub fn ask(servers: &[Server], callers: &Callers, issuers: &Issuers, mark: &str, time: Duration) -> Vec<Answer> {
    each(servers, THREADS, |server| server.ask(callers, issuers, mark, time))
}

impl Server {
    fn ask(&self, callers: &Callers, issuers: &Issuers, mark: &str, time: Duration) -> Answer {
        let (pair, path) = match self.kind {
            Kind::Etcd | Kind::EtcdPeer => (&callers.etcd, "/version"),
            Kind::Apiserver => (&callers.kubernetes, CANARY_PATH),
            Kind::Kubelet => (&callers.kubernetes, "/pods"),
        };
        let shows = self.shows(pair, issuers, time);
        let is_blind = pair.old.is_none() || pair.new.is_none();
        // Nobody is there: the other questions would only wait.
        if shows.is_none() {
            return Answer { works: self.is_asked_to_work(callers).then_some(false), is_blind, ..Answer::default() };
        }
        let trusts = if self.is_spared { None } else { trusts(&self.endpoint, pair, path, time) };
        let seen = Answer { shows, trusts, is_blind, ..Answer::default() };
        match self.kind {
            Kind::Etcd => self.as_member(pair, mark, time, seen),
            Kind::Apiserver => self.as_api(callers, mark, time, seen),
            Kind::Kubelet => Answer { date: self.date(pair, time), ..seen },
            Kind::EtcdPeer => seen,
        }
    }

    /// Its clock: whoever is refused is told the time too.
    fn date(&self, pair: &Pair, time: Duration) -> Option<Timestamp> {
        let caller = pair.each().next().cloned().or_else(|| Caller::nobody().ok())?;
        let mut connection = Connection::open(&self.endpoint, &caller, time).ok()?;
        connection.ask(Ask::Get("/healthz"), time).ok()?.date()
    }

    fn is_asked_to_work(&self, callers: &Callers) -> bool {
        match self.kind {
            Kind::Etcd => !callers.etcd.is_empty(),
            Kind::Apiserver => !callers.kubernetes.is_empty(),
            Kind::EtcdPeer | Kind::Kubelet => false,
        }
    }

    fn shows(&self, pair: &Pair, issuers: &Issuers, time: Duration) -> Option<(Digest, Option<Leaf>)> {
        let caller = pair.each().next().cloned().or_else(|| Caller::nobody().ok())?;
        let seen = served(&self.endpoint, &caller, time).ok()?;
        let chain = std::iter::once(seen.leaf().ok()).chain(seen.above().ok()?.into_iter().map(Some));
        let chain: Option<Vec<_>> = chain.collect();
        let domain = match self.kind {
            Kind::Etcd | Kind::EtcdPeer => Domain::Etcd,
            Kind::Apiserver | Kind::Kubelet => Domain::Kubernetes,
        };
        Some((seen.fingerprint(), chain.and_then(|chain| issuers.leaf(domain, &chain))))
    }

    /// Its health, its status, a write and a read, by whichever of our clients it takes; without one nothing can be told.
    fn as_member(&self, pair: &Pair, mark: &str, time: Duration, seen: Answer) -> Answer {
        if pair.is_empty() {
            return seen;
        }
        let mut why = "no client of ours is taken".to_owned();
        for caller in pair.each() {
            match self.member(caller, mark, time) {
                Ok(told) => return Answer { works: told.works, raft: told.raft, date: told.date, ..seen },
                Err(error) => why = error.to_string(),
            }
        }
        Answer { works: Some(false), why: Some(why), ..seen }
    }

    fn member(&self, caller: &Caller, mark: &str, time: Duration) -> Result<Answer, ProbeError> {
        let mut member = Member::connect(&self.endpoint, caller, time)?;
        let healthy = member.health(time)?;
        let status = member.status(time)?;
        member.put(CANARY_KEY, mark.as_bytes(), time)?;
        let read = member.range(CANARY_KEY, time)?;
        Ok(Answer {
            works: Some(healthy && read.is_some()),
            raft: Some((status.term, status.leader)),
            date: member.date(),
            ..Answer::default()
        })
    }

    /// A read and a write as the administrator. Without one here somebody is answered, which is no read and no write.
    fn as_api(&self, callers: &Callers, mark: &str, time: Duration, seen: Answer) -> Answer {
        let Some(admin) = &callers.admin else {
            return Answer { date: self.date(&callers.kubernetes, time), ..seen };
        };
        let done = Connection::open(&self.endpoint, admin, time).and_then(|mut connection| {
            connection.read_and_write(mark.split(' ').next().unwrap_or_default(), mark, time)?;
            connection.ask(Ask::Get("/version"), time).map(|answer| answer.date())
        });
        match done {
            Ok(date) => Answer { works: Some(true), date, ..seen },
            Err(error) => Answer { works: Some(false), why: Some(error.to_string()), ..seen },
        }
    }

    /// The component that it is.
    pub const fn component(&self) -> Component {
        match self.kind {
            Kind::Etcd | Kind::EtcdPeer => Component::Etcd,
            Kind::Apiserver => Component::Apiserver,
            Kind::Kubelet => Component::Kubelet,
        }
    }

    /// What it shows.
    pub const fn role(&self) -> Role {
        match self.kind {
            Kind::Etcd => Role::EtcdServer,
            Kind::EtcdPeer => Role::EtcdPeer,
            Kind::Apiserver => Role::Apiserver,
            Kind::Kubelet => Role::KubeletServer,
        }
    }

    /// By what it accepts clients.
    pub const fn store(&self) -> Store {
        match self.kind {
            Kind::Etcd => Store::EtcdClients,
            Kind::EtcdPeer => Store::EtcdPeers,
            Kind::Apiserver => Store::ApiserverClients,
            Kind::Kubelet => Store::KubeletClients,
        }
    }
}

/// What the server trusts, by whom of the two it accepts; `None` where one of them could not be asked.
fn trusts(endpoint: &Endpoint, pair: &Pair, path: &str, time: Duration) -> Option<Trust> {
    let accepts = |caller: Option<&Caller>| match canary::acceptance(endpoint, caller?, path, time) {
        Ok(Acceptance::NotAsked) | Err(_) => None,
        Ok(told) => Some(told.is_accepted()),
    };
    match (accepts(pair.old.as_ref())?, accepts(pair.new.as_ref())?) {
        (true, false) => Some(Trust::Old),
        (true, true) => Some(Trust::Both),
        (false, true) => Some(Trust::New),
        (false, false) => None,
    }
}
