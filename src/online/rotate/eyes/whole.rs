//! Everything that can be seen from this node, together with what other nodes said of themselves.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, UNIX_EPOCH};

use super::accounts::{self, Others};
use super::api::Api;
use super::callers::Callers;
use super::clocks;
use super::dial::{self, Answer, Server};
use super::holdings;
use super::memory;
use super::old_keys::{self, OldKeys};
use super::own::Own;
use super::ready;
use super::soak;
use super::spared::{is_soaking, is_spared};
use super::staged;
use super::times;
use super::unused::Scene;
use super::verdicts;
use crate::cluster::role::{Domain, Files, Role};
use crate::devices::swap::Place;
use crate::exchange::consent::Agreed;
use crate::online::rotate::agreement::{self, After};
use crate::online::rotate::begin::{self, counts_at};
use crate::online::rotate::fault::RotateError;
use crate::online::rotate::ground::Ground;
use crate::online::rotate::past::Past;
use crate::refusal::Refused;
use crate::rotation::account::{Account, Times, Word};
use crate::rotation::check::Check;
use crate::rotation::component::Component;
use crate::rotation::facts::{ClusterFacts, Facts, NodeFacts, Told};
use crate::rotation::graph::{Signing, Variant};
use crate::rotation::store::{Reload, leaf_reload, presenter};
use crate::rotation::trust::Trust;
use crate::wire::base64::Base64;
use crate::wire::time::Timestamp;

/// What was seen.
#[derive(Debug)]
pub struct Seen {
    /// This node.
    pub own: Own,
    /// Of all nodes.
    pub facts: Facts,
    /// What this node says of itself to the others.
    pub account: Account,
    /// Who dials.
    pub callers: Callers,
    /// Whether what lies beside the live files fits, and why not.
    pub misfit: Option<String>,
    /// Another node that was staged for the other way.
    pub other_way: Option<String>,
    /// What the other nodes say of themselves.
    pub others: Others,
    /// When a CA file of any node was changed last; nothing where a node is silent.
    pub newest_trust: Option<Timestamp>,
}

/// Looks at everything, at `now` by the clock of this host, of whose log `past` tells.
///
/// # Errors
/// What this node's disk and its processes say; facts of others that are not of their form. A server that cannot be
/// reached is no error but a fact.
pub fn look(ground: &Ground, past: Past, now: Timestamp) -> Result<Seen, Refused> {
    let others = accounts::read(ground, now)?;
    let own = Own::look(ground, &others.fresh, now)?;
    let callers = Callers::of(ground, &own, now);
    let mut nodes = nodes(ground, &own, &others, now);
    if let Some(mine) = nodes.get_mut(ground.site.place) {
        remember(ground, &own, mine, now);
    }
    let mut servers = dial::servers(&ground.site, ground.plan.fleet().members().len());
    servers.iter_mut().for_each(|server| server.is_spared = is_spared(ground, server, nodes.get(server.place)));
    let mark = format!("{} {now}", ground.node());
    let asker = dial::Asker {
        callers: &callers,
        issuers: &own.issuers,
        spares: is_soaking(ground.plan.shape().variant, &own.facts),
    };
    let answers = dial::ask(&servers, &asker, &mark, ground.patience.probe);
    let misfit = staged::whole(ground, &own, now).err().map(|refused| refused.to_string());
    if let Some(mine) = nodes.get_mut(ground.site.place) {
        mine.staged = Some(misfit.is_none());
    }
    for (server, answer) in servers.iter().zip(&answers) {
        if let Some(node) = nodes.get_mut(server.place) {
            take(node, server, answer, now);
        }
    }
    let names: Vec<_> = ground.plan.fleet().members().iter().map(|member| member.name.as_str()).collect();
    let words = others.fresh.iter().map(|(place, account)| (*place, &account.clocks)).collect();
    let clocks = clocks::together(&names, ground.site.place, &mut nodes, &words);
    let times = times::of(ground, &own, past);
    let reconnected = times::reconnected(ground, &nodes, &others.fresh, times);
    for (place, node) in nodes.iter_mut().enumerate() {
        node.reconnected = reconnected.get(&place).copied();
    }
    let word = word(ground, &own, &others, past, now);
    let by_api = by_api(ground, &callers, &mut nodes, now);
    let mine = nodes.get(ground.site.place).cloned().unwrap_or_default();
    let canary = callers.kubernetes.old_print;
    let mut account = Account { clocks, canary, ..account(ground, &own, mine, times, past, now)? };
    let mut facts = Facts { nodes, cluster: cluster(ground, word.clone(), &others, &account), told: BTreeMap::new() };
    account.told = verdicts::told((ground, &own), &servers, &answers, &callers, &others, &mut facts);
    account.told.extend(by_api.clone());
    facts.told.extend(by_api);
    if let (None, Some(said)) = (facts.told.get(&Check::LeaderHeld), others.told(Check::LeaderHeld)) {
        facts.told.insert(Check::LeaderHeld, said);
    }
    judge_together((ground, &own), &others, &account, past, &mut facts, now)?;
    account.cluster = Some(Word { soaked: facts.cluster.soaked, ..word });
    let newest_trust = times::newest_trust(ground, &others.fresh, times);
    let other_way = other_way(ground, &others);
    Ok(Seen { own, facts, account, callers, misfit, others, newest_trust, other_way })
}

/// A node that was staged for the other way.
fn other_way(ground: &Ground, others: &Others) -> Option<String> {
    let ours = ground.plan.shape().variant == Variant::Bridge;
    others.fresh.values().find(|account| account.bridge != ours).map(|account| account.node.clone())
}

/// What follows from what all nodes said of themselves, from logs, and from agreements.
fn judge_together(
    (ground, own): (&Ground, &Own),
    others: &Others,
    mine: &Account,
    past: Past,
    facts: &mut Facts,
    now: Timestamp,
) -> Result<(), Refused> {
    let newest = times::newest(facts, &others.fresh, mine.times, ground.site.place);
    let restarted = times::restarted(facts, &others.fresh, mine.times, ground);
    let scene = newest.map(|since| Scene { ground, own, others, mine, since, now });
    let last_back = past.last_back.max(others.last_back);
    let plan = ground.digest().map_err(RotateError::Unwritable)?;
    let (soaked, said) = match past.has_begun_to_drop(plan, last_back) {
        true => soak::begun(),
        false => soak::verdict(scene.as_ref(), facts, restarted)?,
    };
    // Who was not shown the logs takes the word of the first node.
    let by_word = facts.cluster.soaked && !soaked && !soak::sees_itself(ground, facts);
    let said = match by_word {
        true => Told { evidence: "the first node says that the window is over".to_owned(), holds: true },
        false => said,
    };
    facts.cluster.soaked = soaked || by_word;
    facts.told.insert(Check::OldUnused, said);
    facts.told.insert(Check::SecondPerson, agreement::judge(ground, Agreed::Drop, now, &[After::back(last_back)])?);
    for check in ready::EACH {
        facts.told.extend(ready::together(ground, &others.fresh, mine, check).map(|told| (check, told)));
    }
    facts.told.insert(Check::Preflight, begin::known(ground, others, (mine, last_back), facts, now)?);
    let newest = times::newest_trust(ground, &others.fresh, mine.times);
    facts.told.extend(soak::since_drop(ground, newest, now).map(|told| (Check::DropWindow, told)));
    Ok(())
}

/// What the nodes themselves said, without what the network tells.
fn nodes(ground: &Ground, own: &Own, others: &Others, now: Timestamp) -> Vec<NodeFacts> {
    let members = ground.plan.fleet().members().iter().enumerate();
    members
        .map(|(place, _)| match others.fresh.get(&place) {
            _ if place == ground.site.place => {
                NodeFacts { clock_skew: Some(0), up: running(own), lease_age: None, ..own.facts.clone() }
            }
            Some(account) => {
                // Written after now: that clock is ahead by this much at least.
                let ahead = account.written.since(now);
                NodeFacts { clock_skew: (ahead > 1).then_some(ahead), ..account.facts.clone() }
            }
            None => NodeFacts { clock_skew: others.ahead.get(&place).copied(), ..NodeFacts::default() },
        })
        .collect()
}

fn running(own: &Own) -> BTreeMap<Component, bool> {
    own.processes.iter().map(|(component, process)| (*component, process.is_some())).collect()
}

/// What the network tells of a node comes before what it said.
fn take(node: &mut NodeFacts, server: &Server, answer: &Answer, now: Timestamp) {
    let runs = node.up.get(&server.component()) != Some(&false);
    if let Some(works) = answer.works {
        node.up.insert(server.component(), works && runs);
    }
    if let Some((_, leaf)) = &answer.shows {
        match leaf {
            // A kubelet may show a certificate that it signed itself, which is no part of the rotation.
            Some(leaf) if node.files.contains_key(&server.role()) || !node.seen => {
                node.shown.insert(server.role(), *leaf);
            }
            _ => {}
        }
    }
    if let Some(trust) = answer.trusts {
        node.memory.insert(server.store(), trust);
    }
    if let Some(date) = answer.date {
        let skew = date.since(now);
        let worse = node.clock_skew.is_none_or(|known| known.abs() < skew.abs());
        if worse {
            node.clock_skew = Some(skew);
        }
    }
}

/// What this node's own processes have loaded by files and times; what probes tell comes before it.
fn remember(ground: &Ground, own: &Own, node: &mut NodeFacts, now: Timestamp) {
    let clock = UNIX_EPOCH + Duration::from_secs(u64::try_from(now.unix()).unwrap_or_default());
    let stores: Vec<_> = node.disk.keys().copied().collect();
    for store in stores {
        if !node.memory.contains_key(&store)
            && let Some(trust) = memory::trust(&ground.site, own, store, clock)
        {
            node.memory.insert(store, trust);
        }
    }
    for role in Role::ALL.iter().filter(|role| matches!(leaf_reload(**role), Reload::Restart)) {
        if node.shown.contains_key(role) {
            continue;
        }
        let process = own.process(presenter(*role));
        if let Some(leaf) = process.and_then(|process| memory::leaf(&ground.site, own, *role, &process)) {
            node.shown.insert(*role, leaf);
        }
    }
}

fn account(
    ground: &Ground,
    own: &Own,
    facts: NodeFacts,
    times: Times,
    past: Past,
    now: Timestamp,
) -> Result<Account, Refused> {
    let facts = NodeFacts { clock_skew: None, ..facts };
    let leaves = holdings::Leaves::of(ground, own);
    Ok(Account {
        node: ground.node().to_owned(),
        trace: ground.trace.clone(),
        written: now,
        facts,
        times,
        only_old: own.only_old(),
        clocks: BTreeMap::new(),
        ready: ready::of(ground, own),
        preflight: past.preflight,
        bridge: ground.plan.shape().variant == Variant::Bridge,
        reclaimed: past.reclaimed,
        residue: (own.still_old() + kept(ground, own)?) as u64,
        old_leaves: leaves.old,
        old_ends: leaves.old_ends,
        clients: leaves.clients,
        canary: None,
        signing: is_plane(ground).then_some(ground.plan.shape().signing),
        issuers: own.below(ground).map(|certificate| Base64(certificate.der().to_vec())).collect(),
        told: BTreeMap::new(),
        cluster: None,
    })
}

fn is_plane(ground: &Ground) -> bool {
    ground.plan.fleet().member(ground.site.place).is_some_and(|member| member.control_plane)
}

/// What the API tells, where this node has an administrator to ask it.
fn by_api(ground: &Ground, callers: &Callers, nodes: &mut [NodeFacts], now: Timestamp) -> BTreeMap<Check, Told> {
    let endpoint = ground.site.servers(ground.site.place).apiserver;
    let (Some(admin), Some(endpoint)) = (&callers.admin, &endpoint) else { return BTreeMap::new() };
    let api = Api { endpoint, admin, time: ground.patience.probe };
    let leases = api.node_leases(now);
    for (node, member) in nodes.iter_mut().zip(ground.plan.fleet().members()) {
        if let Some(age) = leases.get(&member.name) {
            node.lease_age = Some(*age);
        }
    }
    BTreeMap::from([(Check::LeaderHeld, api.leader(now))])
}

/// Proves what is too dear to be asked each time: a request is certified, each kubelet is reached. Nothing where this node
/// has no administrator, or where `check` is none of these.
pub fn prove(ground: &Ground, seen: &Seen, check: Check) -> Option<Told> {
    let (admin, endpoint) = (seen.callers.admin.as_ref()?, ground.site.servers(ground.site.place).apiserver?);
    let api = Api { endpoint: &endpoint, admin, time: ground.patience.probe };
    let is_batched = ground.plan.shape().signing == Signing::Batched;
    match check {
        Check::KubeletPath => {
            let members = ground.plan.fleet().members().iter().zip(&seen.facts.nodes);
            // A member of etcd alone may have no kubelet.
            let members = members.filter(|(_, node)| !node.seen || node.has(Component::Kubelet));
            let names: Vec<_> = members.map(|(member, _)| member.name.as_str()).collect();
            Some(api.kubelets(&names))
        }
        Check::SignerIssues => Some(api.certifies(false, &seen.own.issuers, ground.patience.step)),
        Check::CsrFlow if is_batched => {
            Some(Told { evidence: "requests are listed for the next bundle".to_owned(), holds: true })
        }
        Check::CsrFlow => Some(api.certifies(true, &seen.own.issuers, ground.patience.step)),
        _ => None,
    }
}

/// How many generations and keys of the old CA this node keeps.
fn kept(ground: &Ground, own: &Own) -> Result<usize, Refused> {
    let mut count = 0;
    for path in paths() {
        if let Ok(place) = Place::at(&ground.site.live(path)) {
            count += place.generations()?.len();
        }
    }
    let OldKeys { old, unknown } = old_keys::of(own);
    Ok(count + old.len() + unknown.len())
}

/// Every live file that a rotation replaces.
pub(in crate::online::rotate) fn paths() -> Vec<&'static str> {
    let of_role = |role: &Role| match role.identity().files {
        Files::Pair { certificate, key } => vec![key, certificate],
        Files::Kubeconfig(path) => vec![path],
    };
    let roles = Role::ALL.iter().flat_map(of_role);
    roles.chain(Domain::ALL.iter().map(|domain| domain.ca_certificate())).collect()
}

fn cluster(ground: &Ground, word: Word, others: &Others, mine: &Account) -> ClusterFacts {
    let all_said = others.fresh.len() + 1 == ground.plan.fleet().members().len();
    let accounts = || others.fresh.values().chain([mine]);
    let on_nodes = accounts().flat_map(|one| one.only_old.iter().map(|place| format!("{}: {place}", one.node)));
    ClusterFacts {
        only_old: on_nodes.chain(word.only_old).collect(),
        published: word.published,
        root_ca_maps: word.root_ca_maps,
        workloads: word.workloads,
        extensions: word.extensions,
        inventory_whole: all_said && word.whole,
        soaked: word.soaked,
        closed: others.reclaimed || mine.reclaimed,
        residue: all_said.then(|| accounts().map(|one| one.residue as usize).sum()),
        canaries: accounts().filter_map(|one| one.canary).collect(),
        old_leaves: accounts().flat_map(|one| one.old_leaves.iter().copied()).collect::<BTreeSet<_>>(),
    }
}

/// How long it counts what somebody was shown of the objects of the API, in seconds: as long as a day's work with them.
const OBJECTS_LIFE: i64 = 24 * 60 * 60;

/// What the objects of the API hold, so far as they are shown to this node; else what the first node was shown last. That
/// lives for a day, and ends when anybody goes back: what was published then is another question.
fn word(ground: &Ground, own: &Own, others: &Others, past: Past, now: Timestamp) -> Word {
    use crate::cluster::embed::Kind;
    let last_back = past.last_back.max(others.last_back);
    let lives = |seen: Timestamp| counts_at(now, seen, OBJECTS_LIFE) && last_back.is_none_or(|back| seen > back);
    let known = others.word.clone().filter(|word| word.seen.is_some_and(lives)).unwrap_or_default();
    // That the window is over it is told by the first node, whatever else it is shown itself.
    let soaked = known.soaked && others.fresh.contains_key(&ground.first());
    let has_api = ground.plan.fleet().with(Component::Apiserver).next().is_some();
    // Who is no control plane lacks roots to judge objects by.
    let judges = ground.plan.fleet().member(ground.site.place).is_none_or(|member| member.control_plane);
    if (ground.sources.objects.is_empty() || !judges) && (has_api || !ground.is_first()) {
        return Word { soaked, ..known };
    }
    let inventory = &own.looked.inventory;
    let least = |kind: Kind| {
        let of = inventory.places.iter().filter(|place| place.kind == kind);
        of.map(|place| Trust::of(place.holding)).collect::<Option<Vec<_>>>().and_then(|all| all.into_iter().min())
    };
    // Without an API there are no objects to look at.
    let missing = inventory.missing.iter().filter(|what| has_api && !what.starts_with("node ")).count();
    let in_the_way = inventory.in_the_way().filter(|place| place.node.is_none());
    let root_ca_maps = least(Kind::RootCaMap);
    let word = Word {
        extensions: least(Kind::ExtensionAuthentication),
        only_old: in_the_way.map(|place| format!("{} {}", place.kind.as_str(), place.name)).collect(),
        published: least(Kind::ClusterInfo),
        seen: Some(now),
        soaked,
        whole: missing == 0,
        ..known
    };
    let word = word.learning(others.word.as_ref(), root_ca_maps, ground.sources.workloads_rolled, now);
    // Over a bridge nobody is handed anything but the old root until it is dropped, and so nobody is started anew before.
    let is_old = ground.plan.shape().variant == Variant::Bridge && word.root_ca_maps == Some(Trust::Old);
    Word { workloads: word.workloads.or(is_old.then_some(Trust::Old)), ..word }
}
