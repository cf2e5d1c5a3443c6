//! Old generations are overwritten and removed, once nobody takes the old root any more. There is no way back from here.

use super::act::Scene;
use crate::audit::detail::Reclaimed;
use crate::audit::entry::Actor;
use crate::audit::event::Event;
use crate::cluster::role::{Domain, Files, Role};
use crate::desk::host::Desk;
use crate::devices::next_tree::NextTree;
use crate::devices::store::StoreError;
use crate::devices::swap::{self, Link, Place, shred};
use crate::exchange::consent::Agreed;
use crate::online::rotate::agreement::{self, After};
use crate::online::rotate::eyes::whole::paths;
use crate::online::rotate::eyes::{accounts, holdings, look, old_keys};
use crate::online::rotate::fault::RotateError;
use crate::online::rotate::ground::Ground;
use crate::online::rotate::past::Past;
use crate::refusal::Refused;
use crate::rotation::account::Account;
use crate::rotation::check::Check;
use crate::rotation::gate;
use crate::rotation::trust::Leaf;
use crate::wire::text;

/// What is taken away.
#[derive(Debug, Default)]
struct List {
    /// Live paths and the generation of each.
    generations: Vec<(&'static str, u32)>,
    /// Other files: keys of the old CA, old certificates of a kubelet that renews itself.
    others: Vec<String>,
    /// Mirrors of live files.
    mirrors: Vec<&'static str>,
}

/// Takes away what is kept on this node; how many files that were.
///
/// # Errors
/// [`RotateError::Needed`] unless the old root is refused everywhere *now*, has been off for the whole window, and two people
/// agreed to this step; what the disk and the log say. A run that was killed is finished by running it again.
pub fn reclaim(desk: &mut Desk, ground: &Ground) -> Result<u64, Refused> {
    let (now, past) = (desk.now()?, Past::of(desk, &ground.trace));
    let mut seen = look(ground, past, now)?;
    let plan = ground.digest().map_err(RotateError::Unwritable)?;
    // What was begun is ended: it stands in the log, and what proved the checks is partly gone.
    if past.reclaiming != Some(plan) {
        let after = [After::back(past.last_back.max(seen.last_back)), After::drop(seen.newest_trust)];
        seen.facts.told.insert(Check::SecondPerson, agreement::judge(ground, Agreed::Reclaim, now, &after)?);
        let held = gate::before_reclaim(&ground.plan, &seen.facts).into_iter().filter(|one| !one.holds());
        let said: Vec<_> = held.map(|one| format!("{}: {}", one.check, one.evidence)).collect();
        if !said.is_empty() {
            return Err(RotateError::Needed(text::clip(&said.join("; "), 600)).into());
        }
    }
    if seen.own.facts.files.values().any(|leaf| *leaf == Some(Leaf::Bridged)) {
        return Err(RotateError::Needed("files of leaves still hold a cross-certificate".to_owned()).into());
    }
    if let Some(key) = old_keys::of(&seen.own).unknown.first() {
        return Err(RotateError::UnknownKey((*key).to_owned()).into());
    }
    let list = List::of(&Scene { ground, seen: &seen, lock: desk.lock(), now })?;
    let detail = Reclaimed { files: list.count(), node: ground.node().to_owned(), plan };
    let trace = Some(ground.trace.as_str());
    desk.note(&Actor::system(), trace, Event::ReclaimIntent(detail.clone()))?;
    // The others know that nobody goes back before anything is gone.
    accounts::write(ground, &Account { reclaimed: true, ..seen.account })?;
    list.take_away(ground, desk.lock())?;
    desk.note(&Actor::system(), trace, Event::Reclaimed(detail.clone()))?;
    let now = desk.now()?;
    accounts::write(ground, &look(ground, Past::of(desk, &ground.trace), now)?.account)?;
    Ok(detail.files)
}

impl List {
    fn of(scene: &Scene<'_>) -> Result<Self, Refused> {
        let (ground, own) = (scene.ground, &scene.seen.own);
        let mut list = Self::default();
        for path in Domain::ALL.map(|domain| domain.cross_certificate()) {
            if NextTree::of(&ground.site.node.root).read(path)?.is_some() {
                list.mirrors.push(path);
            }
        }
        for path in paths() {
            if let Ok(place) = Place::at(&ground.site.live(path)) {
                list.generations.extend(place.generations()?.into_iter().map(|number| (path, number)));
            }
            if NextTree::of(&ground.site.node.root).read(path)?.is_some() {
                list.mirrors.push(path);
            }
        }
        list.others.extend(old_keys::of(own).old.into_iter().map(str::to_owned));
        for role in Role::ALL.iter().filter(|role| matches!(role.identity().files, Files::Kubeconfig(_))) {
            let Some(current) = role.identity().self_renewed else { continue };
            let Some((above, _)) = current.rsplit_once('/') else { continue };
            let live = target(ground, current)?;
            let old = holdings::of(ground, own, *role).into_iter().filter(|held| !held.leaf.is_new());
            // Where the link leads is in use, whatever it is.
            let old = old.filter_map(|held| held.file).filter(|name| live.as_ref() != Some(name));
            list.others.extend(old.map(|name| format!("{above}/{name}")));
        }
        Ok(list)
    }

    /// Whether the kubelet turned its link to `path` since the list was made.
    fn is_linked(&self, ground: &Ground, path: &str) -> Result<bool, Refused> {
        let mut currents = Role::ALL.iter().filter_map(|role| role.identity().self_renewed);
        let beside = currents.find(|current| {
            current.rsplit_once('/').map(|(above, _)| above) == path.rsplit_once('/').map(|(above, _)| above)
        });
        let Some(current) = beside else { return Ok(false) };
        Ok(target(ground, current)?.is_some_and(|live| path.ends_with(&format!("/{live}"))))
    }

    fn count(&self) -> u64 {
        (self.generations.len() + self.others.len() + self.mirrors.len()) as u64
    }

    fn take_away(&self, ground: &Ground, lock: &crate::devices::store::StateLock) -> Result<(), Refused> {
        for (path, number) in &self.generations {
            swap::reclaim(&Place::at(&ground.site.live(path))?, *number, lock)?;
        }
        for path in &self.others {
            if self.is_linked(ground, path)? {
                continue;
            }
            shred(&ground.site.live(path), lock)?;
        }
        for path in &self.mirrors {
            NextTree::of(&ground.site.node.root).remove(path)?;
        }
        Ok(())
    }
}

/// The file that the link of a kubelet leads to.
fn target(ground: &Ground, current: &str) -> Result<Option<String>, Refused> {
    match Link::at(&ground.site.live(current)) {
        Err(StoreError::Missing(_)) => Ok(None),
        link => Ok(link?.target()?),
    }
}
