//! When leaves were put in place and members of etcd were started, on this node and by what others said.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use super::holdings::renewed;
use super::memory::{chain, shown};
use super::own::Own;
use crate::cluster::role::{Domain, Role};
use crate::devices::store::StoreError;
use crate::devices::swap::Place;
use crate::online::rotate::ground::Ground;
use crate::online::rotate::past::Past;
use crate::rotation::account::{Account, Times};
use crate::rotation::component::Component;
use crate::rotation::facts::{Facts, NodeFacts};
use crate::rotation::trust::Leaf;
use crate::wire::time::Timestamp;

/// When this node's leaves and CA files were put in place, its etcd was started, and it went back last.
pub fn of(ground: &Ground, own: &Own, past: Past) -> Times {
    let mut times = Times { last_back: past.last_back, ..Times::default() };
    for domain in Domain::ALL {
        let since = Place::at(&ground.site.live(domain.ca_certificate())).and_then(|place| place.since());
        times.newest_trust = times.newest_trust.max(since.ok().flatten().and_then(stamp));
    }
    for (role, _) in own.facts.files.iter().filter(|(_, leaf)| leaf.is_some_and(|leaf| leaf.is_new())) {
        let by_itself = renewed_since(ground, own, *role, past.last_back);
        let place = Place::at(&ground.site.live(role.certificate_path()));
        let in_file = place.and_then(|place| leaf_since(&place, *role, by_itself)).ok().flatten().and_then(stamp);
        let Some(since) = in_file.max(by_itself) else { continue };
        times.newest_leaf = times.newest_leaf.max(Some(since));
        if matches!(role, Role::EtcdServer | Role::EtcdPeer) {
            times.etcd_leaf = times.etcd_leaf.max(Some(since));
        }
    }
    times.etcd_started = own.process(Component::Etcd).and_then(|process| stamp(process.started()));
    times
}

/// When the leaf in the live file came to lie there. A file that was replaced since and holds the same leaf, with other trust
/// beside it or with another chain behind it, is no new leaf.
fn leaf_since(place: &Place, role: Role, by_itself: Option<Timestamp>) -> Result<Option<SystemTime>, StoreError> {
    let leaf = |bytes: &[u8]| chain(bytes, role).and_then(|chain| chain.into_iter().next());
    let (Some(bytes), Some(mut since)) = (place.read()?, place.since()?) else { return Ok(None) };
    // A kubeconfig that only names its certificate says nothing of when that came.
    let Some(live) = leaf(&bytes) else { return Ok(by_itself.is_none().then_some(since)) };
    // A generation was put in place when the one before it was replaced; of the first that is not known, and it ended then.
    let mut kept = place.history()?.into_iter().rev().peekable();
    while let Some(one) = kept.next().filter(|one| leaf(&one.bytes).as_ref() == Some(&live)) {
        since = kept.peek().map_or(one.until, |before| before.until);
    }
    Ok(Some(since))
}

/// Since when a kubelet that renews itself has had leaves of the new root: from the first that came after anybody went back
/// here. What it renews later is of the same root.
fn renewed_since(ground: &Ground, own: &Own, role: Role, last_back: Option<Timestamp>) -> Option<Timestamp> {
    let current = ground.site.live(role.identity().self_renewed?);
    let is_new = |text: &str| shown(text.as_bytes(), role, &own.issuers).is_some_and(Leaf::is_new);
    let files = renewed(&ground.site, role).into_iter().filter(|(_, text)| is_new(text));
    let since = files.filter_map(|(name, _)| {
        Place::at(&current.with_file_name(name)).and_then(|place| place.since()).ok().flatten().and_then(stamp)
    });
    since.filter(|time| last_back.is_none_or(|back| *time > back)).min()
}

fn stamp(time: SystemTime) -> Option<Timestamp> {
    let since = time.duration_since(UNIX_EPOCH).ok()?;
    Timestamp::from_unix(i64::try_from(since.as_secs()).ok()?)
}

/// Of each member of etcd whether it was started after the newest leaf of all was put in place, and works. A time of
/// another node is taken back by how far its clock is off.
pub fn reconnected(
    ground: &Ground,
    nodes: &[NodeFacts],
    others: &BTreeMap<usize, Account>,
    mine: Times,
) -> BTreeMap<usize, bool> {
    let fleet = ground.plan.fleet();
    let times: Vec<_> = fleet
        .with(Component::Etcd)
        .map(|place| {
            let skew = nodes.get(place).and_then(|node| node.clock_skew).unwrap_or_default();
            let times = if place == ground.site.place { Some(mine) } else { others.get(&place).map(|one| one.times) };
            let back = |time: Option<Timestamp>| time.map(|time| time.plus(-skew));
            (place, times.map(|times| (back(times.etcd_leaf), back(times.etcd_started))))
        })
        .collect();
    let leaves: Option<Vec<_>> = times.iter().map(|(_, times)| times.as_ref().and_then(|(leaf, _)| *leaf)).collect();
    let Some(newest) = leaves.and_then(|leaves| leaves.into_iter().max()) else { return BTreeMap::new() };
    let came_back = |place: usize, times: &Option<(Option<Timestamp>, Option<Timestamp>)>| {
        let works = nodes.get(place).is_some_and(|node| node.is_up(Component::Etcd));
        works && times.is_some_and(|(_, started)| started.is_some_and(|started| started > newest))
    };
    times.iter().map(|(place, times)| (*place, came_back(*place, times))).collect()
}

/// When the newest leaf of any node was put in place; nothing where a node is silent.
pub fn newest(facts: &Facts, others: &BTreeMap<usize, Account>, mine: Times, own: usize) -> Option<Timestamp> {
    let of_node = |place: usize| if place == own { mine.newest_leaf } else { others.get(&place)?.times.newest_leaf };
    let with_leaves = facts.nodes.iter().enumerate().filter(|(_, node)| !node.seen || !node.files.is_empty());
    let all: Option<Vec<_>> = with_leaves.map(|(place, _)| of_node(place)).collect();
    all?.into_iter().max()
}

/// When a CA file of any node was changed last; nothing where a node is silent.
pub fn newest_trust(ground: &Ground, others: &BTreeMap<usize, Account>, mine: Times) -> Option<Timestamp> {
    let of_node = |place: usize| {
        if place == ground.site.place { mine.newest_trust } else { others.get(&place)?.times.newest_trust }
    };
    let all: Option<Vec<_>> = (0..ground.plan.fleet().members().len()).map(of_node).collect();
    all?.into_iter().max()
}

/// When a member of etcd was restarted last that came back.
pub fn restarted(facts: &Facts, others: &BTreeMap<usize, Account>, mine: Times, ground: &Ground) -> Option<Timestamp> {
    let came_back = facts.nodes.iter().enumerate().filter(|(_, node)| node.reconnected == Some(true));
    let started = came_back.filter_map(|(place, _)| {
        if place == ground.site.place { mine.etcd_started } else { others.get(&place)?.times.etcd_started }
    });
    started.max()
}
