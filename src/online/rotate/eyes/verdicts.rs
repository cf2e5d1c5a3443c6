//! What probes say to the checks that the facts of nodes alone do not tell.

use std::collections::{BTreeMap, BTreeSet};

use super::accounts::Others;
use super::callers::Callers;
use super::dial::{Answer, Kind, Server};
use super::own::Own;
use crate::cluster::role::Role;
use crate::devices::swap::Place;
use crate::online::rotate::ground::Ground;
use crate::pki::certificate::Certificate;
use crate::rotation::check::Check;
use crate::rotation::facts::{Facts, Told};
use crate::rotation::graph::Variant;
use crate::rotation::trust::Trust;
use crate::wire::text::fill;

/// What probes of this node say to a check.
struct Verdict {
    told: Told,
    /// Whether there were servers that this node cannot ask, for want of a client: the word of those who can is needed too.
    is_part: bool,
}

/// What probes said to the checks that cannot be told from the facts of nodes: first those that this node could ask wholly
/// by itself, then all of them, the word of others beside its own where it could not.
pub fn told(
    (ground, own): (&Ground, &Own),
    servers: &[Server],
    answers: &[Answer],
    callers: &Callers,
    others: &Others,
    facts: &mut Facts,
) -> BTreeMap<Check, Told> {
    let all: Vec<_> = servers.iter().zip(answers).collect();
    let verdicts = [
        (Check::EtcdHealthy, healthy(&all, callers)),
        (Check::ReadWrite, read_and_written(&all, callers)),
        (Check::EtcdCanary, accepts(&all, facts, callers, &[Kind::Etcd, Kind::EtcdPeer], |trust| trust != Trust::Old)),
        (Check::HotCanary, accepts(&all, facts, callers, learners(ground), |trust| trust != Trust::Old)),
        (Check::OldRefused, refused(&all, facts, callers)),
    ];
    let mut whole_here = BTreeMap::new();
    for (check, Verdict { told, is_part }) in verdicts {
        let said = is_part.then(|| others.told(check));
        let whole = match said {
            None => {
                whole_here.insert(check, told.clone());
                told
            }
            // Its own probes come first: nobody's word makes good what they saw.
            Some(_) if !told.holds => told,
            Some(Some(said)) => Told { evidence: format!("by the word of another node: {}", said.evidence), ..said },
            // Who reclaimed had proved it, for all, and nobody goes back since.
            Some(None) if check == Check::OldRefused && others.reclaimed => Told {
                evidence: format!("{}; the rest was proved by a node that has reclaimed", told.evidence),
                ..told
            },
            Some(None) => Told {
                holds: false,
                evidence: format!("{}; the rest nobody here may ask, and no other node told", told.evidence),
            },
        };
        facts.told.insert(check, whole);
    }
    facts.told.insert(Check::ServedAsStaged, served((ground, own), servers, answers, callers, facts));
    whole_here
}

/// Who reads a changed client CA by himself and has learned from it: with a bridge API servers alone.
fn learners(ground: &Ground) -> &'static [Kind] {
    match ground.plan.shape().variant {
        Variant::DualTrust => &[Kind::Apiserver, Kind::Kubelet],
        Variant::Bridge => &[Kind::Apiserver],
    }
}

type Seen<'s> = (&'s Server, &'s Answer);

fn healthy(all: &[Seen<'_>], callers: &Callers) -> Verdict {
    let members = || all.iter().filter(|(server, _)| server.kind == Kind::Etcd);
    if callers.etcd.is_empty() {
        return Verdict { told: Told { holds: true, evidence: "no client of etcd here".to_owned() }, is_part: true };
    }
    let rafts: BTreeSet<_> = members().map(|(_, answer)| answer.raft).collect();
    let why = members().find_map(|(_, answer)| answer.why.clone());
    let one = rafts.len() == 1 && rafts.iter().all(|raft| raft.is_some_and(|(_, leader)| leader.is_some()));
    let evidence =
        why.unwrap_or_else(|| if one { "one term, one leader" } else { "terms or leaders differ" }.to_owned());
    Verdict { told: Told { holds: one, evidence }, is_part: false }
}

/// Reading and writing takes an administrator: that a server answers is not enough.
fn read_and_written(all: &[Seen<'_>], callers: &Callers) -> Verdict {
    let servers: Vec<_> = all.iter().filter(|(server, _)| server.kind == Kind::Apiserver).collect();
    if callers.admin.is_none() {
        let answered = servers.iter().filter(|(_, answer)| answer.shows.is_some()).count();
        let gone = servers.iter().any(|(_, answer)| answer.works == Some(false));
        let evidence = format!("{answered} of {} answered; no admin.conf here to read and write with", servers.len());
        return Verdict { told: Told { holds: !gone, evidence }, is_part: true };
    }
    let done = servers.iter().filter(|(_, answer)| answer.works == Some(true)).count();
    let why = servers.iter().find_map(|(_, answer)| answer.why.clone());
    let evidence = why.unwrap_or_else(|| format!("{done} of {} read and written", servers.len()));
    Verdict { told: Told { holds: done == servers.len(), evidence }, is_part: false }
}

/// Whether each server of `kinds` that this node can ask trusts what is `wanted`.
fn accepts(all: &[Seen<'_>], facts: &Facts, callers: &Callers, kinds: &[Kind], wanted: fn(Trust) -> bool) -> Verdict {
    // A node that has no such place, as a member of etcd without a kubelet, is not asked.
    let has = |server: &Server| {
        facts.node(server.place).is_none_or(|node| !node.seen || node.disk.contains_key(&server.store()))
    };
    let asked: Vec<_> = all.iter().filter(|(server, _)| kinds.contains(&server.kind) && has(server)).collect();
    let is_blind = |server: &Server, answer: &Answer| answer.is_blind && !callers.pair(server.kind).old_has_ended;
    let mine: Vec<_> = asked.iter().filter(|(server, answer)| !is_blind(server, answer)).collect();
    // Who was spared the old client trusts the new root; that it trusts the old one too, its file says.
    let trusts = |answer: &Answer| answer.trusts.or(answer.takes_new.then_some(Trust::Both));
    let yes = mine.iter().filter(|(_, answer)| trusts(answer).is_some_and(wanted)).count();
    let is_part = mine.len() < asked.len();
    let holds = yes == mine.len() && (is_part || !mine.is_empty());
    Verdict { told: Told { holds, evidence: format!("{yes} of {}", mine.len()) }, is_part }
}

/// Whether a client of the old root is refused everywhere. One whose time is over proves nothing: it would be refused anyway.
fn refused(all: &[Seen<'_>], facts: &Facts, callers: &Callers) -> Verdict {
    const ALL: [Kind; 4] = [Kind::Etcd, Kind::EtcdPeer, Kind::Apiserver, Kind::Kubelet];
    if callers.etcd.old_has_ended || callers.kubernetes.old_has_ended {
        let evidence = "the certificates of the old root that this node has are out of their time: that they are refused says \
            nothing of the root; show one that is in time, from the backup, to a server of each kind";
        return Verdict { told: Told { holds: false, evidence: evidence.to_owned() }, is_part: false };
    }
    accepts(all, facts, callers, &ALL, |trust| trust == Trust::New)
}

/// Whether this node knows the old root of what such a server shows: a member of etcd alone has nothing of Kubernetes.
fn knows(own: &Own, server: &Server) -> bool {
    own.issuers.old.iter().any(|(domain, _)| *domain == server.role().domain())
}

/// Whether each server shows what lies on its disk: on this node by the fingerprint, elsewhere by whose it is.
fn served(
    (ground, own): (&Ground, &Own),
    servers: &[Server],
    answers: &[Answer],
    callers: &Callers,
    facts: &Facts,
) -> Told {
    let own_file = |role: Role| {
        let place = Place::at(&ground.site.live(role.certificate_path())).ok()?;
        let bytes = place.read().ok().flatten()?;
        let chain = Certificate::parse_foreign_all(std::str::from_utf8(&bytes).ok()?).ok()?;
        chain.first().map(Certificate::fingerprint)
    };
    let mut shown = 0;
    for (server, answer) in servers.iter().zip(answers) {
        let Some(node) = facts.node(server.place) else { continue };
        let Some(file) = node.files.get(&server.role()) else { continue };
        let fits = match &answer.shows {
            // Whose leaf it is, only who knows the roots of its domain can tell.
            Some((_, None)) if !knows(own, server) => continue,
            // Who has no client of it may not reach it either.
            None if callers.pair(server.kind).is_empty() => continue,
            None => false,
            Some((print, _)) if server.place == ground.site.place => own_file(server.role()) == Some(*print),
            Some((_, leaf)) => leaf.is_some() && leaf == file,
        };
        if !fits {
            let name = ground.plan.fleet().member(server.place).map_or("", |member| member.name.as_str());
            let evidence =
                format!("{} of {} shows another than lies there", server.role(), crate::wire::text::clip(name, 64));
            return Told { holds: false, evidence };
        }
        shown += 1;
    }
    Told { holds: shown > 0, evidence: fill("what lies there is shown on {} port{s}", [&shown]) }
}
