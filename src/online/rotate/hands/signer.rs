//! With what the controller manager signs: a pair of its own, for a bundle there would stop it; then the intermediate, or
//! nothing.

use super::act::{Made, Scene};
use super::restart;
use super::trust::live;
use crate::cluster::embed::edit::with_flags;
use crate::cluster::role::{Domain, Files, Role};
use crate::devices::store::Directory;
use crate::devices::swap::{Done, Place, Wanted, swap as swap_files};
use crate::online::rotate::fault::RotateError;
use crate::pki::certificate::Certificate;
use crate::refusal::Refused;
use crate::rotation::component::Component;
use crate::rotation::facts::{NodeFacts, Signer};
use crate::rotation::rollback::may_join;
use crate::rotation::store::Store;
use crate::rotation::trust::Leaf;

const MANAGER: Component = Component::ControllerManager;
const CERTIFICATE: &str = "cluster-signing-cert-file";
const KEY: &str = "cluster-signing-key-file";

/// Gives it the old CA in files of its own.
///
/// # Errors
/// [`RotateError::Live`] where the CA file holds more than one certificate, or its key is not here; what disks and
/// components say.
pub fn split(scene: &Scene<'_>) -> Result<Made, Refused> {
    let (path, key) = (Domain::Kubernetes.ca_certificate(), Domain::Kubernetes.ca_key());
    let text = |path: &str| {
        let text = live(scene, path).ok_or_else(|| RotateError::live(path, "it is missing"))?;
        text.map_err(|why| RotateError::live(path, &why))
    };
    let certificate = text(path)?;
    Certificate::parse_foreign(&certificate).map_err(|e| RotateError::live(path, &e.to_string()))?;
    let files = put(scene, &[(files()[0], text(key)?.as_bytes()), (files()[1], certificate.as_bytes())])?;
    Ok(files.and(flags(scene, [Some(files_of_flags()[0].as_str()), Some(files_of_flags()[1].as_str())])?))
}

/// Lets it sign with the trusted pair again.
///
/// # Errors
/// [`RotateError::Live`] while the CA file is a bundle, which would stop it; as [`split`].
pub fn join(scene: &Scene<'_>) -> Result<Made, Refused> {
    let facts: &NodeFacts = &scene.seen.own.facts;
    let disk = facts.disk.get(&Store::ControllerManagerRoot).copied().flatten();
    let path = Domain::Kubernetes.ca_certificate();
    if !facts.signer.is_some_and(|signer| may_join(signer, disk)) {
        return Err(RotateError::live(path, "the controller manager must not sign with a bundle").into());
    }
    flags(scene, [Some(&format!("/{path}")), Some(&format!("/{}", Domain::Kubernetes.ca_key()))])
}

/// Gives it the pair of the new root, or that of the old one again.
///
/// # Errors
/// As [`split`], and as for any leaf.
pub fn swap(scene: &Scene<'_>, wanted: Signer) -> Result<Made, Refused> {
    let leaf = if wanted == Signer::Intermediate { Leaf::New } else { Leaf::Old };
    let swapped = super::leaves::swap_role(scene, Role::IntermediateKubernetes, leaf)?;
    // It may have been told to sign nothing meanwhile.
    match scene.seen.own.facts.signer {
        Some(Signer::Off) => {
            let [certificate, key] = files_of_flags();
            Ok(swapped.and(flags(scene, [Some(certificate.as_str()), Some(key.as_str())])?))
        }
        _ => Ok(swapped),
    }
}

/// Takes its pair away: requests are carried to the CA.
///
/// # Errors
/// As [`split`].
pub fn stop(scene: &Scene<'_>) -> Result<Made, Refused> {
    flags(scene, [None, None])
}

/// Key and certificate of the pair of its own.
fn files() -> [&'static str; 2] {
    match Role::IntermediateKubernetes.identity().files {
        Files::Pair { certificate, key } => [key, certificate],
        Files::Kubeconfig(path) => [path, path],
    }
}

fn files_of_flags() -> [String; 2] {
    let [key, certificate] = files();
    [format!("/{certificate}"), format!("/{key}")]
}

fn put(scene: &Scene<'_>, all: &[(&str, &[u8])]) -> Result<Made, Refused> {
    let places = all.iter().map(|(path, _)| Place::at(&scene.ground.site.live(path))).collect::<Result<Vec<_>, _>>()?;
    let wanted: Vec<_> =
        places.iter().zip(all).map(|(place, (_, bytes))| Wanted { place, bytes, mode: 0o600 }).collect();
    Ok(match swap_files(&wanted, scene.lock)? {
        Done::Already => Made::default(),
        Done::Swapped(_) => Made::files(wanted.len() as u64),
    })
}

/// Its two flags with other values, or without any, and a restart. The generations of its manifest lie where the kubelet
/// does not look.
fn flags(scene: &Scene<'_>, values: [Option<&str>; 2]) -> Result<Made, Refused> {
    let by_hand = || RotateError::ByHand {
        action: "the signing flags of the controller manager".to_owned(),
        how: format!(
            "set --{CERTIFICATE} to {} and --{KEY} to {}",
            values[0].unwrap_or("nothing"),
            values[1].unwrap_or("nothing")
        ),
    };
    let manager = scene.seen.own.looked.programs_called(MANAGER.as_str()).next().ok_or_else(by_hand)?;
    let path = scene.ground.site.live(&manager.file);
    let parking = scene.ground.site.parking();
    Directory::private(parking)?;
    let place = Place::kept_in(&path, parking)?;
    let bytes = place.read()?.ok_or_else(by_hand)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| by_hand())?;
    let changes = [(CERTIFICATE, values[0]), (KEY, values[1])];
    let edited = with_flags(&manager.file, text, MANAGER.as_str(), &changes).ok_or_else(by_hand)?;
    let wanted = [Wanted { place: &place, bytes: edited.as_bytes(), mode: 0o600 }];
    let files = match swap_files(&wanted, scene.lock)? {
        Done::Already => Made::default(),
        Done::Swapped(_) => Made::files(1),
    };
    Ok(files.and(restart::restart(scene, MANAGER)?))
}
