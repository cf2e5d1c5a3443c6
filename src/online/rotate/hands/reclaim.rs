//! Old generations are overwritten and removed, once nobody takes the old root any more. There is no way back from here.

use super::act::Scene;
use crate::audit::detail::Reclaimed;
use crate::audit::entry::Actor;
use crate::audit::event::Event;
use crate::cluster::role::{Domain, Files, Role};
use crate::desk::host::Desk;
use crate::devices::next_tree::NextTree;
use crate::devices::swap::{self, Place, shred};
use crate::online::rotate::eyes::whole::paths;
use crate::online::rotate::eyes::{holdings, look};
use crate::online::rotate::fault::RotateError;
use crate::online::rotate::ground::Ground;
use crate::refusal::Refused;
use crate::rotation::gate;
use crate::rotation::stage::Stage;

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
/// [`RotateError::Needed`] unless the old root is refused everywhere *now*; what the disk and the log say. A run that was
/// killed is finished by running it again.
pub fn reclaim(desk: &mut Desk, ground: &Ground) -> Result<u64, Refused> {
    let now = desk.now()?;
    let seen = look(ground, now)?;
    let held: Vec<_> =
        gate::exit(&ground.plan, Stage::OldTrustOff, &seen.facts).into_iter().filter(|one| !one.holds()).collect();
    if let Some(first) = held.first() {
        return Err(RotateError::Needed(format!("{}: {}", first.check, first.evidence)).into());
    }
    let list = List::of(&Scene { ground, seen: &seen, lock: desk.lock(), now })?;
    let plan = ground.digest().map_err(RotateError::Unwritable)?;
    let detail = Reclaimed { files: list.count(), node: ground.node().to_owned(), plan };
    let trace = Some(ground.trace.as_str());
    desk.note(&Actor::system(), trace, Event::ReclaimIntent(detail.clone()))?;
    list.take_away(ground, desk.lock())?;
    desk.note(&Actor::system(), trace, Event::Reclaimed(detail.clone()))?;
    Ok(detail.files)
}

impl List {
    fn of(scene: &Scene<'_>) -> Result<Self, Refused> {
        let (ground, own) = (scene.ground, &scene.seen.own);
        let mut list = Self::default();
        for path in paths() {
            if let Ok(place) = Place::at(&ground.site.live(path)) {
                list.generations.extend(place.generations()?.into_iter().map(|number| (path, number)));
            }
            if NextTree::of(&ground.site.node.root).read(path)?.is_some() {
                list.mirrors.push(path);
            }
        }
        let keys = Domain::ALL.iter().map(|domain| domain.ca_key());
        list.others
            .extend(keys.filter(|key| own.tree().is_some_and(|tree| tree.file(key).is_some())).map(str::to_owned));
        for role in Role::ALL.iter().filter(|role| matches!(role.identity().files, Files::Kubeconfig(_))) {
            let Some((above, _)) = role.identity().self_renewed.and_then(|path| path.rsplit_once('/')) else {
                continue;
            };
            let old = holdings::of(ground, own, *role).into_iter().filter(|held| !held.leaf.is_new());
            list.others.extend(old.filter_map(|held| held.file).map(|name| format!("{above}/{name}")));
        }
        Ok(list)
    }

    fn count(&self) -> u64 {
        (self.generations.len() + self.others.len() + self.mirrors.len()) as u64
    }

    fn take_away(&self, ground: &Ground, lock: &crate::devices::store::StateLock) -> Result<(), Refused> {
        for (path, number) in &self.generations {
            swap::reclaim(&Place::at(&ground.site.live(path))?, *number, lock)?;
        }
        for path in &self.others {
            shred(&ground.site.live(path), lock)?;
        }
        for path in &self.mirrors {
            NextTree::of(&ground.site.node.root).remove(path)?;
        }
        Ok(())
    }
}
