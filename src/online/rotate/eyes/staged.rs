//! Whether what lies beside the live files fits: it is judged once before anything is touched, and each file again when it
//! is about to be put in place.

use zeroize::Zeroizing;

use super::own::Own;
use crate::cluster::kubeconfig::{Kubeconfig, Material};
use crate::cluster::role::{Domain, Files, Role};
use crate::devices::next_tree::NextTree;
use crate::online::rotate::fault::RotateError;
use crate::online::rotate::ground::Ground;
use crate::pki::certificate::Certificate;
use crate::pki::chain::{cross_certifies, issued};
use crate::pki::key::PublicKey;
use crate::pki::path::{self, LeafUse};
use crate::refusal::Refused;
use crate::rotation::graph::Variant;
use crate::rotation::trust::Trust;
use crate::wire::digest::Digest;
use crate::wire::time::Timestamp;

/// A certificate that comes, and its key.
pub struct Fitting {
    /// The file of the certificate, or the kubeconfig, as it lies there.
    pub certificate: Zeroizing<Vec<u8>>,
    /// The file of the key; none where a kubeconfig holds it, or where the live key stays.
    pub key: Option<Zeroizing<Vec<u8>>>,
}

/// Whether all that is meant for this node lies there and fits.
///
/// # Errors
/// [`RotateError::Staged`] of the first file that does not.
pub fn whole(ground: &Ground, own: &Own, now: Timestamp) -> Result<(), Refused> {
    for domain in Domain::ALL {
        if own.tree().is_some_and(|tree| tree.file(domain.ca_certificate()).is_some()) {
            bundle(ground, own, domain)?;
        }
    }
    let member = ground.plan.fleet().member(ground.site.place);
    let borne = Role::ALL.iter().filter(|role| member.is_some_and(|member| member.bears(**role)));
    for role in borne.filter(|role| own.facts.files.contains_key(role) && !role.identity().is_ca) {
        fitting(ground, own, *role, now)?;
    }
    Ok(())
}

/// The bundle of `domain` beside the live one, which holds both roots.
///
/// # Errors
/// [`RotateError::Staged`]; what the disk says.
pub fn bundle(ground: &Ground, own: &Own, domain: Domain) -> Result<Zeroizing<Vec<u8>>, Refused> {
    let path = domain.ca_certificate();
    let bytes = read(ground, path)?;
    let holds = super::memory::trusted(&bytes, false, domain, &own.looked.roots);
    match holds {
        Some(Trust::Both) => Ok(bytes),
        // Where the old root is not known any more, nothing of it can be missing.
        Some(Trust::New) if !own.issuers.old.iter().any(|(of, _)| *of == domain) => Ok(bytes),
        _ => Err(RotateError::staged(path, "it does not hold the old and the new root").into()),
    }
}

/// What leaves of `domain` come with: the root that comes, certified by the old CA; nothing where both are trusted for a
/// while, and nothing of a domain whose old CA is not known here any more.
///
/// # Errors
/// [`RotateError::Staged`] where it is missing, is another one than the log of this host names, does not certify a root that
/// comes, is not by the old CA, or is out of its time; what the disk says.
pub fn cross(ground: &Ground, own: &Own, domain: Domain, now: Timestamp) -> Result<Option<Certificate>, Refused> {
    let path = domain.cross_certificate();
    let misfit = |why: &str| RotateError::staged(path, why);
    let of_domain = |all: &[(Domain, Certificate)]| {
        all.iter().filter(|(of, _)| *of == domain).map(|(_, one)| one.clone()).collect::<Vec<_>>()
    };
    let (old, roots) = (of_domain(&own.issuers.old), of_domain(&ground.roots));
    if ground.plan.shape().variant == Variant::DualTrust || old.is_empty() || roots.is_empty() {
        return Ok(None);
    }
    let bytes = read(ground, path)?;
    let cross = Certificate::parse_pem(&bytes).map_err(|e| misfit(&e.to_string()))?;
    if !roots.iter().any(|root| cross_certifies(&cross, root).is_ok()) {
        return Err(misfit("it certifies no root that comes").into());
    }
    if !old.iter().any(|ca| issued(ca, &cross).is_ok()) {
        return Err(misfit("it is not by the old CA of this node").into());
    }
    if !cross.validity().contains(now) {
        return Err(misfit("it is out of its time").into());
    }
    Ok(Some(cross))
}

/// What is to be put in place for `role`.
///
/// # Errors
/// [`RotateError::Staged`] where it is missing, is another one than the log of this host names, is not of the new root,
/// has ended, is not for this role, lacks a name of the live one, or where its key is another's; what the disk says.
pub fn fitting(ground: &Ground, own: &Own, role: Role, now: Timestamp) -> Result<Fitting, Refused> {
    let at = role.certificate_path();
    let misfit = |why: &str| RotateError::staged(at, why);
    let certificate = read(ground, at)?;
    let chain = std::str::from_utf8(&certificate).map_err(|_| misfit("it is not text"))?;
    let (chain, key_text, key) = match role.identity().files {
        Files::Pair { key, .. } => {
            let key = key_bytes(ground, own, key)?;
            let text = std::str::from_utf8(&key.1).map_err(|_| misfit("its key is not text"))?;
            let key_text = Zeroizing::new(text.to_owned());
            (Zeroizing::new(chain.to_owned()), key_text, key.0.then_some(key.1))
        }
        Files::Kubeconfig(_) => {
            let config = Kubeconfig::parse(chain).map_err(|e| misfit(&e.to_string()))?;
            let (Some(Material::Embedded(chain)), Some(Material::Embedded(key))) = (config.certificate(), config.key())
            else {
                return Err(misfit("it does not hold a certificate and its key").into());
            };
            (chain.clone(), key.clone(), None)
        }
    };
    let chain = Certificate::parse_foreign_all(&chain).map_err(|e| misfit(&e.to_string()))?;
    must_fit(ground, own, role, &chain, &key_text, now)?;
    Ok(Fitting { certificate, key })
}

fn must_fit(
    ground: &Ground,
    own: &Own,
    role: Role,
    chain: &[Certificate],
    key: &str,
    now: Timestamp,
) -> Result<(), Refused> {
    let misfit = |why: &str| RotateError::staged(role.certificate_path(), why);
    let Some((leaf, above)) = chain.split_first() else { return Err(misfit("it holds no certificate").into()) };
    let of_domain = |all: &[(Domain, Certificate)]| {
        all.iter().filter(|(domain, _)| *domain == role.domain()).map(|(_, root)| root.clone()).collect::<Vec<_>>()
    };
    if PublicKey::of_private_pem(key).ok().as_ref() != Some(leaf.public_key()) {
        return Err(misfit("the key is another's").into());
    }
    if role.identity().is_ca {
        let signed = ground.roots.iter().any(|(_, root)| leaf.verify_signed_by(root.public_key()).is_ok());
        return if signed { Ok(()) } else { Err(misfit("it is not of the new root").into()) };
    }
    let usages = role.identity().usages;
    let leaf_use = match usages {
        [only] if *only == crate::pki::extension::oid::SERVER_AUTH => LeafUse::Server,
        [_] => LeafUse::Client,
        _ => LeafUse::Both,
    };
    path::verify(leaf, above, &of_domain(&ground.roots), now, leaf_use).map_err(|e| misfit(&e.to_string()))?;
    if let Some(cross) = cross(ground, own, role.domain(), now)? {
        let bridged = [above, std::slice::from_ref(&cross)].concat();
        let by_old = path::verify(leaf, &bridged, &of_domain(&own.issuers.old), now, leaf_use);
        by_old.map_err(|e| misfit(&format!("under the old CA: {e}")))?;
    }
    let live = own.report.found.iter().find(|found| found.role == Some(role)).and_then(|found| found.certificate());
    let names = |certificate: &Certificate| {
        certificate.subject_alt_names().map(|names| names.names().to_vec()).unwrap_or_default()
    };
    let (before, after) = (live.map(&names).unwrap_or_default(), names(leaf));
    match before.iter().find(|name| !after.contains(name)) {
        Some(lost) => Err(misfit(&format!("it lacks the name {lost} of the live one")).into()),
        None => Ok(()),
    }
}

/// The key that lies beside the live one, or the live one; and whether it is the former.
fn key_bytes(ground: &Ground, own: &Own, path: &str) -> Result<(bool, Zeroizing<Vec<u8>>), Refused> {
    if let Some(bytes) = NextTree::of(&ground.site.node.root).read(path)? {
        return Ok((true, bytes));
    }
    let live = own.tree().and_then(|tree| tree.file(path)).and_then(|file| file.text().ok());
    match live {
        Some(text) => Ok((false, Zeroizing::new(text.as_bytes().to_vec()))),
        None => Err(RotateError::staged(path, "there is no key").into()),
    }
}

/// The file beside `path`, as the log of this host names it.
fn read(ground: &Ground, path: &str) -> Result<Zeroizing<Vec<u8>>, Refused> {
    let bytes = NextTree::of(&ground.site.node.root).read(path)?;
    let bytes = bytes.ok_or_else(|| RotateError::staged(path, "nothing is staged for it"))?;
    match ground.staged.as_ref().and_then(|all| all.get(path)) {
        Some(named) if *named != Digest::of(&bytes) => {
            Err(RotateError::staged(path, "it is not what the log says was staged").into())
        }
        None if ground.staged.is_some() => Err(RotateError::staged(path, "it was not staged by this host").into()),
        _ => Ok(bytes),
    }
}
