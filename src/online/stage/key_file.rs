//! The file of the next generation in which the private key of a role lies.

use zeroize::Zeroizing;

use crate::cluster::kubeconfig::{Kubeconfig, Material};
use crate::cluster::role::{Files, Role};

/// The live path of that file: a key of its own, or a kubeconfig.
pub(in crate::online) fn path(role: Role) -> &'static str {
    match role.identity().files {
        Files::Pair { key, .. } => key,
        Files::Kubeconfig(path) => path,
    }
}

/// The key in `bytes`, the content of that file; none where a kubeconfig has it elsewhere.
pub(in crate::online) fn pem(role: Role, bytes: &[u8]) -> Option<Zeroizing<String>> {
    let text = std::str::from_utf8(bytes).ok()?;
    match role.identity().files {
        Files::Pair { .. } => Some(Zeroizing::new(text.to_owned())),
        Files::Kubeconfig(_) => match Kubeconfig::parse(text).ok()?.key()? {
            Material::Embedded(pem) => Some(pem.clone()),
            Material::File(_) => None,
        },
    }
}
