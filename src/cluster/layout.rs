//! Where kubeadm keeps what on a node, relative to the root of its file system, and the trees of the next generation.
//!
//! What airlock makes for a node is written beside the live files, into trees that mirror them: new keys and kubeconfigs
//! by `request`, certificates by `stage`. Nothing live changes until `rotate`.

use crate::cluster::role::{Domain, Files, Role};

/// The live trees and their mirrors.
const MIRRORS: [(&str, &str); 2] =
    [("etc/kubernetes/", "etc/kubernetes.next/"), ("var/lib/kubelet/pki/", "var/lib/kubelet/pki.next/")];

/// The directories that hold what concerns certificates.
pub const LIVE: [&str; 2] = ["etc/kubernetes", "var/lib/kubelet/pki"];

/// The mirrors of [`LIVE`], in the same order.
pub const NEXT: [&str; 2] = ["etc/kubernetes.next", "var/lib/kubelet/pki.next"];

/// The directories and files that tell which programs run on a node, and with what flags.
pub const PROGRAMS: [&str; 3] = ["etc/kubernetes/manifests", "etc/systemd/system", "var/lib/kubelet"];

/// The key pair that signs service account tokens; it has no certificate and is not rotated with a CA.
pub const SERVICE_ACCOUNT: [&str; 2] = ["etc/kubernetes/pki/sa.key", "etc/kubernetes/pki/sa.pub"];

/// The kubeconfig with which a node joins; it holds a CA and a token, no certificate.
pub const BOOTSTRAP_KUBECONFIG: &str = "etc/kubernetes/bootstrap-kubelet.conf";

impl Domain {
    /// The certificates that a node trusts in this domain.
    pub fn ca_certificate(self) -> &'static str {
        match self {
            Self::Kubernetes => "etc/kubernetes/pki/ca.crt",
            Self::Etcd => "etc/kubernetes/pki/etcd/ca.crt",
            Self::FrontProxy => "etc/kubernetes/pki/front-proxy-ca.crt",
        }
    }

    /// The root that comes, certified by the old CA: it lies in the mirror alone, until leaves are put in place with it.
    pub fn cross_certificate(self) -> &'static str {
        match self {
            Self::Kubernetes => "etc/kubernetes/pki/ca-cross.crt",
            Self::Etcd => "etc/kubernetes/pki/etcd/ca-cross.crt",
            Self::FrontProxy => "etc/kubernetes/pki/front-proxy-ca-cross.crt",
        }
    }

    /// The CA's private key, which is better not there.
    pub fn ca_key(self) -> &'static str {
        match self {
            Self::Kubernetes => "etc/kubernetes/pki/ca.key",
            Self::Etcd => "etc/kubernetes/pki/etcd/ca.key",
            Self::FrontProxy => "etc/kubernetes/pki/front-proxy-ca.key",
        }
    }
}

impl Role {
    /// The role whose certificate lives in the file or kubeconfig `path`.
    pub fn at(path: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|role| role.certificate_path() == path || role.identity().self_renewed == Some(path))
    }

    /// The file or kubeconfig in which its certificate lives.
    pub fn certificate_path(self) -> &'static str {
        match self.identity().files {
            Files::Pair { certificate, .. } | Files::Kubeconfig(certificate) => certificate,
        }
    }

    /// The role whose private key lives in the file `path`.
    pub fn of_key(path: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|role| matches!(role.identity().files, Files::Pair { key, .. } if key == path))
    }
}

/// The mirror of `path` in the next generation; `None` outside the live trees.
pub fn next(path: &str) -> Option<String> {
    MIRRORS.iter().find_map(|(live, next)| path.strip_prefix(live).map(|rest| format!("{next}{rest}")))
}

/// The live path that `path` of the next generation mirrors; `None` outside the next trees.
pub fn live(path: &str) -> Option<String> {
    MIRRORS.iter().find_map(|(live, next)| path.strip_prefix(next).map(|rest| format!("{live}{rest}")))
}

/// Whether a scan looks into the file `path`: kubeconfigs, certificates and keys, and nothing else of the trees.
pub fn concerns_certificates(path: &str) -> bool {
    if let Some(rest) = path.strip_prefix("etc/kubernetes/pki/") {
        return [".crt", ".key", ".pub", ".pem"].iter().any(|end| rest.ends_with(end));
    }
    match path.strip_prefix("etc/kubernetes/") {
        Some(rest) => rest.ends_with(".conf") && !rest.contains('/'),
        None => Role::at(path).is_some() || Role::of_key(path).is_some(),
    }
}

/// Whether the file `path` tells with what flags a program of the cluster runs: a static pod manifest, a unit of systemd
/// for etcd or Kubernetes, or the config of the kubelet.
pub fn concerns_programs(path: &str) -> bool {
    if let Some(name) = path.strip_prefix("etc/kubernetes/manifests/") {
        return !name.contains('/')
            && !name.starts_with('.')
            && [".yaml", ".yml"].iter().any(|end| name.ends_with(end));
    }
    match path.strip_prefix("etc/systemd/system/") {
        Some(unit) => {
            let ours = ["etcd", "kube"].iter().any(|start| unit.starts_with(start));
            ours && (unit.ends_with(".service") || (unit.contains(".service.d/") && unit.ends_with(".conf")))
        }
        None => path == "var/lib/kubelet/config.yaml",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn manifests_units_and_the_config_of_the_kubelet_tell_of_programs() {
        for path in [
            "etc/kubernetes/manifests/etcd.yaml",
            "etc/systemd/system/kubelet.service",
            "etc/systemd/system/kubelet.service.d/10-kubeadm.conf",
            "etc/systemd/system/etcd.service",
            "var/lib/kubelet/config.yaml",
        ] {
            assert!(concerns_programs(path), "{path}");
        }
        for path in [
            "etc/kubernetes/manifests/.etcd.yaml.swp",
            "etc/kubernetes/manifests/old/etcd.yaml",
            "etc/systemd/system/ssh.service",
            "etc/systemd/system/kubelet.service.d/notes",
            "var/lib/kubelet/pods/x.yaml",
        ] {
            assert!(!concerns_programs(path), "{path}");
        }
    }

    #[test]
    fn every_role_lives_in_a_tree_that_has_a_mirror() {
        for role in Role::ALL {
            let identity = role.identity();
            let paths = match identity.files {
                Files::Pair { certificate, key } => vec![certificate, key],
                Files::Kubeconfig(path) => vec![path],
            };
            for path in paths.into_iter().chain(identity.self_renewed) {
                let mirrored = next(path).unwrap();
                assert_ne!(mirrored, path);
                assert_eq!(live(&mirrored).unwrap(), path);
                assert_eq!(live(path), None);
                assert!(concerns_certificates(path), "{path}");
                assert!(Role::at(path) == Some(*role) || Role::of_key(path) == Some(*role), "{path}");
            }
        }
        for domain in Domain::ALL {
            assert!(concerns_certificates(domain.ca_certificate()) && concerns_certificates(domain.ca_key()));
        }
    }

    #[test]
    fn mirrors_lie_beside_the_live_trees() {
        assert_eq!(next("etc/kubernetes/pki/etcd/peer.key").unwrap(), "etc/kubernetes.next/pki/etcd/peer.key");
        assert_eq!(next("var/lib/kubelet/pki/kubelet.crt").unwrap(), "var/lib/kubelet/pki.next/kubelet.crt");
        for elsewhere in ["etc/kubernetes", "etc/kubernetes.next/x", "var/lib/kubelet/config.yaml", "/etc/kubernetes/x"]
        {
            assert_eq!(next(elsewhere), None, "{elsewhere}");
        }
    }

    #[test]
    fn a_scan_leaves_other_files_alone() {
        for path in [
            "etc/kubernetes/manifests/etcd.yaml",
            "etc/kubernetes/encryption.yaml",
            "etc/kubernetes/tmp/old.conf",
            "etc/kubernetes/pki/notes.txt",
            "var/lib/kubelet/config.yaml",
            "var/lib/kubelet/pki/kubelet-client-2026-11-22-06-38-00.pem",
            "etc/passwd",
        ] {
            assert!(!concerns_certificates(path), "{path}");
        }
        assert!(concerns_certificates("etc/kubernetes/bootstrap-kubelet.conf"));
        assert!(concerns_certificates("etc/kubernetes/pki/old/apiserver.crt"));
    }
}
