//! The private key of a leaf where it lives today.

use zeroize::Zeroizing;

use super::collect::{resolve, text_at};
use super::problem::Problem;
use crate::cluster::kubeconfig::{Kubeconfig, Material};
use crate::cluster::role::{Files, Role};
use crate::cluster::tree::NodeTree;

/// The PEM text in which the private key stands of the certificate of `role` that a scan found at `path`: of its key
/// file, of its kubeconfig, or of the file that holds both. Other blocks may stand in it too.
///
/// # Errors
/// [`Problem::Unreadable`] for the file or the kubeconfig, [`Problem::KeyMissing`] for a kubeconfig without a key.
pub fn live_key(tree: &NodeTree, role: Role, path: &str) -> Result<Zeroizing<String>, Problem> {
    let owned = |text: &str| Zeroizing::new(text.to_owned());
    match role.identity().files {
        Files::Pair { certificate, key } if certificate == path => text_at(tree, key).map(owned),
        Files::Kubeconfig(config) if config == path => {
            let parsed = Kubeconfig::parse(text_at(tree, path)?).map_err(|e| Problem::Unreadable(e.to_string()))?;
            match parsed.key() {
                Some(Material::Embedded(pem)) => Ok(pem.clone()),
                Some(Material::File(file)) => text_at(tree, &resolve(path, file)).map(owned),
                None => Err(Problem::KeyMissing(path.to_owned())),
            }
        }
        _ => text_at(tree, path).map(owned),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::tree::{Content, NodeFile};

    const KUBECONFIG: &str = "apiVersion: v1\nclusters:\n- cluster:\n    server: https://x\n  name: c\ncontexts:\n\
        - context:\n    cluster: c\n    user: u\n  name: x\ncurrent-context: x\nkind: Config\nusers:\n- name: u\n  user:\n";

    fn tree(files: &[(&str, &str)]) -> NodeTree {
        let mut tree = NodeTree::new("w1");
        for (path, text) in files {
            tree.insert(path, NodeFile { content: Content::Bytes(text.as_bytes().to_vec().into()), mode: 0o600 });
        }
        tree
    }

    #[test]
    fn the_key_is_found_wherever_it_lives() {
        let renewed = "var/lib/kubelet/pki/kubelet-client-current.pem";
        let by_path = format!("{KUBECONFIG}    client-certificate: /{renewed}\n    client-key: /{renewed}\n");
        let embedded = format!("{KUBECONFIG}    client-key-data: S0VZ\n");
        let tree = tree(&[
            ("etc/kubernetes/pki/apiserver.crt", "CERTIFICATE"),
            ("etc/kubernetes/pki/apiserver.key", "PAIR"),
            ("etc/kubernetes/kubelet.conf", &by_path),
            ("etc/kubernetes/scheduler.conf", &embedded),
            ("etc/kubernetes/admin.conf", &format!("{KUBECONFIG}    token: x\n")),
            (renewed, "BOTH"),
        ]);
        let key = |role, path| live_key(&tree, role, path).map(|key| key.to_string());
        assert_eq!(key(Role::Apiserver, "etc/kubernetes/pki/apiserver.crt").as_deref(), Ok("PAIR"));
        assert_eq!(key(Role::KubeletClient, "etc/kubernetes/kubelet.conf").as_deref(), Ok("BOTH"));
        assert_eq!(key(Role::KubeletClient, renewed).as_deref(), Ok("BOTH"));
        assert_eq!(key(Role::Scheduler, "etc/kubernetes/scheduler.conf").as_deref(), Ok("KEY"));
        assert!(matches!(key(Role::Admin, "etc/kubernetes/admin.conf"), Err(Problem::KeyMissing(_))));
        assert!(matches!(key(Role::EtcdPeer, "etc/kubernetes/pki/etcd/peer.crt"), Err(Problem::Unreadable(_))));
    }
}
