//! Certificates and their keys are replaced: by those that lie beside them, or by those that were kept.

use zeroize::Zeroizing;

use super::act::{Made, Scene};
use super::trust::live;
use crate::cluster::kubeconfig::{Kubeconfig, Material};
use crate::cluster::role::{Files, Role};
use crate::devices::store::{Directory, StoreError};
use crate::devices::swap::{Done, Link, Place, Wanted, swap as swap_files, turn};
use crate::online::rotate::eyes::{holdings, staged};
use crate::online::rotate::fault::RotateError;
use crate::refusal::Refused;
use crate::rotation::trust::Leaf;

const PRIVATE: u32 = 0o600;

/// Makes each of `roles` that this node has the leaf that is wanted, a pair at a time, the key first.
///
/// # Errors
/// [`RotateError::Staged`], [`RotateError::NothingKept`]; what the disk says. A pair is swapped whole or not at all.
pub fn swap(scene: &Scene<'_>, roles: impl Iterator<Item = Role>, wanted: Leaf) -> Result<Made, Refused> {
    let mut made = Made::default();
    let has = |role: &Role| scene.seen.own.facts.files.contains_key(role);
    let roles: Vec<_> = roles.filter(has).collect();
    // All are looked at before the first is touched.
    let goods = roles.iter().map(|role| Goods::of(scene, *role, wanted)).collect::<Result<Vec<_>, _>>()?;
    for (role, goods) in roles.iter().zip(&goods) {
        made = made.and(goods.put(scene, *role)?);
    }
    Ok(made)
}

/// Makes the pair of `role` the one that is wanted, whether or not this node has one.
///
/// # Errors
/// As [`swap`].
pub fn swap_role(scene: &Scene<'_>, role: Role, wanted: Leaf) -> Result<Made, Refused> {
    Goods::of(scene, role, wanted)?.put(scene, role)
}

/// What is put in place.
struct Goods {
    /// Live paths and what they shall hold, in the order in which they are renamed.
    files: Vec<(&'static str, Zeroizing<Vec<u8>>)>,
    /// Of a kubelet that renews itself: certificate and key in one, under which name they lie or are to lie.
    current: Option<(String, Zeroizing<Vec<u8>>)>,
}

impl Goods {
    fn of(scene: &Scene<'_>, role: Role, wanted: Leaf) -> Result<Self, Refused> {
        match wanted {
            Leaf::Old => Self::kept(scene, role),
            Leaf::New => Self::coming(scene, role, ""),
            Leaf::Bridged => {
                let cross = staged::cross(scene.ground, &scene.seen.own, role.domain(), scene.now)?;
                let missing = || RotateError::staged(role.domain().cross_certificate(), "nothing is staged for it");
                Self::coming(scene, role, &cross.ok_or_else(missing)?.to_pem())
            }
        }
    }

    /// What lies beside the live files, with `cross` behind it.
    fn coming(scene: &Scene<'_>, role: Role, cross: &str) -> Result<Self, Refused> {
        let found = staged::fitting(scene.ground, &scene.seen.own, role, scene.now)?;
        match role.identity().files {
            Files::Pair { certificate, key } => {
                let mut files: Vec<_> = found.key.map(|bytes| (key, bytes)).into_iter().collect();
                files.push((certificate, Zeroizing::new([&found.certificate, cross.as_bytes()].concat())));
                Ok(Self { files, current: None })
            }
            Files::Kubeconfig(path) => {
                let text =
                    std::str::from_utf8(&found.certificate).map_err(|_| RotateError::staged(path, "it is not text"))?;
                let coming = Kubeconfig::parse(text).map_err(|e| RotateError::staged(path, &e.to_string()))?;
                let (Some(Material::Embedded(chain)), Some(Material::Embedded(key))) =
                    (coming.certificate(), coming.key())
                else {
                    return Err(RotateError::staged(path, "it does not hold a certificate and its key").into());
                };
                let chain = Zeroizing::new(format!("{}{cross}", chain.as_str()));
                Self::kubeconfig(scene, role, path, &chain, key, None)
            }
        }
    }

    /// What was kept of the old root.
    fn kept(scene: &Scene<'_>, role: Role) -> Result<Self, Refused> {
        let at = role.certificate_path();
        let held = holdings::first(scene.ground, &scene.seen.own, role, false);
        let held = held.ok_or_else(|| RotateError::NothingKept(at.to_owned()))?;
        match role.identity().files {
            Files::Pair { certificate, key } => {
                let bytes = |text: &Zeroizing<String>| Zeroizing::new(text.as_bytes().to_vec());
                Ok(Self { files: vec![(key, bytes(&held.key)), (certificate, bytes(&held.chain))], current: None })
            }
            Files::Kubeconfig(path) => Self::kubeconfig(scene, role, path, &held.chain, &held.key, held.file),
        }
    }

    /// The live kubeconfig with another certificate and key; the trust in it stays. Where it only names the file of a
    /// kubelet that renews itself, that file changes and the kubeconfig stays.
    fn kubeconfig(
        scene: &Scene<'_>,
        role: Role,
        path: &'static str,
        chain: &Zeroizing<String>,
        key: &Zeroizing<String>,
        known: Option<String>,
    ) -> Result<Self, Refused> {
        let text = live(scene, path).ok_or_else(|| RotateError::live(path, "it is gone"))?;
        let text = text.map_err(|why| RotateError::live(path, &why))?;
        let config = Kubeconfig::parse(&text).map_err(|e| RotateError::live(path, &e.to_string()))?;
        let renewed = role.identity().self_renewed.filter(|path| live(scene, path).is_some());
        // What lies in a known file holds both as it is.
        let both = match &known {
            Some(_) => Zeroizing::new(chain.as_bytes().to_vec()),
            None => Zeroizing::new([chain.as_bytes(), key.as_bytes()].concat()),
        };
        let name = known.unwrap_or_else(|| format!("{}{}.pem", start(renewed), stamp(scene)));
        let current = renewed.map(|_| (name, both));
        let is_named = matches!(config.certificate(), Some(Material::File(_)));
        let mut files = Vec::new();
        if !(is_named && current.is_some()) {
            let config = config.with_key(key).with_certificate(chain);
            let yaml = config.to_yaml().map_err(|e| RotateError::live(path, &e.to_string()))?;
            files.push((path, Zeroizing::new(yaml.as_bytes().to_vec())));
        }
        Ok(Self { files, current })
    }

    fn put(&self, scene: &Scene<'_>, role: Role) -> Result<Made, Refused> {
        let mut made = Made::default();
        if let (Some((name, bytes)), Some(renewed)) = (&self.current, role.identity().self_renewed) {
            made = made.and(renew(scene, renewed, name, bytes)?);
        }
        let at = |path: &str| Place::at(&scene.ground.site.live(path));
        let places = self.files.iter().map(|(path, _)| at(path)).collect::<Result<Vec<_>, _>>()?;
        let wanted: Vec<_> =
            places.iter().zip(&self.files).map(|(place, (_, bytes))| Wanted { place, bytes, mode: PRIVATE }).collect();
        if let Done::Swapped(_) = swap_files(&wanted, scene.lock)? {
            made = made.and(Made::files(wanted.len() as u64));
        }
        Ok(made)
    }
}

/// As the kubelet does it: a new file, then the link to it in one step. Where the link leads to these bytes already,
/// nothing is done.
fn renew(scene: &Scene<'_>, current: &str, name: &str, bytes: &[u8]) -> Result<Made, Refused> {
    let path = scene.ground.site.live(current);
    if let Some(Ok(text)) = live(scene, current)
        && text.as_bytes() == bytes
    {
        return Ok(Made::default());
    }
    let above = path.parent().ok_or_else(|| RotateError::live(current, "it lies nowhere"))?;
    match Directory::open(above)?.create_or_same(name, bytes, PRIVATE) {
        Err(StoreError::Differs(_)) => return Err(RotateError::live(current, "another file bears the name").into()),
        made => made?,
    }
    turn(&Link::at(&path)?, name, scene.lock)?;
    Ok(Made::files(1))
}

/// `kubelet-client-` of `.../kubelet-client-current.pem`.
fn start(current: Option<&str>) -> &str {
    current.and_then(|path| path.rsplit('/').next()?.strip_suffix("current.pem")).unwrap_or("kubelet-client-")
}

/// As the kubelet dates its files.
fn stamp(scene: &Scene<'_>) -> String {
    scene.now.to_string().trim_end_matches('Z').replace(['T', ':'], "-")
}
