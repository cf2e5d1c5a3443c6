//! Sources of trust are replaced: CA files, and the CA inside kubeconfigs. All of a node at once, or none.

use zeroize::Zeroizing;

use super::act::{Made, Scene};
use crate::cluster::kubeconfig::Kubeconfig;
use crate::cluster::layout::BOOTSTRAP_KUBECONFIG;
use crate::cluster::role::{Domain, Files, Role};
use crate::devices::swap::{Done, Place, Wanted, swap};
use crate::online::rotate::eyes::staged;
use crate::online::rotate::fault::RotateError;
use crate::pki::certificate::Certificate;
use crate::refusal::Refused;
use crate::rotation::step::Scope;
use crate::rotation::trust::Trust;

/// Makes the sources of `scope` on this node hold `wanted`.
///
/// # Errors
/// [`RotateError::Live`] of a file that is no longer what it was taken for; what the disk says.
pub fn put(scene: &Scene<'_>, scope: Scope, wanted: Trust) -> Result<Made, Refused> {
    let mut files = Vec::new();
    // Those by which a step is seen to be done come last: else one that was killed between two might be taken for done.
    if matches!(scope, Scope::Clients | Scope::All) {
        for path in kubeconfigs() {
            files.extend(kubeconfig(scene, path, wanted)?.map(|bytes| (path, bytes)));
        }
    }
    for domain in Domain::ALL {
        let is_meant = match scope {
            Scope::Servers | Scope::All => true,
            Scope::ClientCa => domain == Domain::Kubernetes,
            Scope::Clients => false,
        };
        let path = domain.ca_certificate();
        if is_meant && live(scene, path).is_some() {
            files.push((path, Zeroizing::new(bundle(scene, domain, wanted)?.into_bytes())));
        }
    }
    let places =
        files.iter().map(|(path, _)| Place::at(&scene.ground.site.live(path))).collect::<Result<Vec<_>, _>>()?;
    let wanted: Vec<_> =
        places.iter().zip(&files).map(|(place, (_, bytes))| Wanted { place, bytes, mode: 0o600 }).collect();
    Ok(match swap(&wanted, scene.lock)? {
        Done::Already => Made::default(),
        Done::Swapped(_) => Made::files(wanted.len() as u64),
    })
}

/// What a place of `domain` holds that trusts `wanted`, PEM, the old root first: some programs take the first one as the
/// issuer.
///
/// # Errors
/// [`RotateError::Staged`] where both are wanted and the bundle does not lie there; [`RotateError::NothingKept`] where the
/// old root is not known any more.
pub fn bundle(scene: &Scene<'_>, domain: Domain, wanted: Trust) -> Result<String, Refused> {
    let issuers = &scene.seen.own.issuers;
    let of = |all: &[(Domain, Certificate)]| {
        all.iter().filter(|(of, _)| *of == domain).map(|(_, one)| one.to_pem()).collect::<String>()
    };
    let (old, new) = (of(&issuers.old), of(&issuers.new));
    if wanted != Trust::New && old.is_empty() {
        return Err(RotateError::NothingKept(domain.ca_certificate().to_owned()).into());
    }
    if wanted == Trust::Both {
        staged::bundle(scene.ground, &scene.seen.own, domain)?;
    }
    Ok(match wanted {
        Trust::Old => old,
        Trust::Both => old + &new,
        Trust::New => new,
    })
}

/// The kubeconfig at `path` with that trust; none where there is no such file.
fn kubeconfig(scene: &Scene<'_>, path: &str, wanted: Trust) -> Result<Option<Zeroizing<Vec<u8>>>, Refused> {
    let Some(file) = live(scene, path) else { return Ok(None) };
    let text = file.map_err(|why| RotateError::live(path, &why))?;
    let config = Kubeconfig::parse(&text).map_err(|e| RotateError::live(path, &e.to_string()))?;
    let config = config.with_ca(&bundle(scene, Domain::Kubernetes, wanted)?);
    let yaml = config.to_yaml().map_err(|e| RotateError::live(path, &e.to_string()))?;
    Ok(Some(Zeroizing::new(yaml.as_bytes().to_vec())))
}

/// The live text at `path`, or why there is none; none where there is no such file.
pub(super) fn live(scene: &Scene<'_>, path: &str) -> Option<Result<Zeroizing<String>, String>> {
    let file = scene.seen.own.tree()?.file(path)?;
    Some(file.text().map(|text| Zeroizing::new(text.to_owned())).map_err(str::to_owned))
}

/// Kubeconfigs of people and of joining first, then those of components.
fn kubeconfigs() -> Vec<&'static str> {
    let of_roles = Role::ALL.iter().filter_map(|role| match role.identity().files {
        Files::Kubeconfig(path) => Some((*role, path)),
        Files::Pair { .. } => None,
    });
    let (last, first): (Vec<_>, Vec<_>) = of_roles.partition(|(role, _)| *role != Role::SuperAdmin);
    let paths = first.into_iter().chain(last).map(|(_, path)| path);
    std::iter::once(BOOTSTRAP_KUBECONFIG).chain(paths).collect()
}
