//! The certificates of a kubeadm cluster, a row each. A new role is one row.
//!
//! Where a role has several subjects, kubeadm before 1.29 made the later ones: it gave the group `system:masters` to
//! identities that do not need it, and `kubeadm certs renew` keeps what it finds.

use der::asn1::ObjectIdentifier;

use super::identity::{Domain, Files, Group, Hosts, Identity, Names};
use crate::pki::extension::oid::{CLIENT_AUTH, SERVER_AUTH};

const CLIENT: &[ObjectIdentifier] = &[CLIENT_AUTH];
const SERVER: &[ObjectIdentifier] = &[SERVER_AUTH];
const BOTH: &[ObjectIdentifier] = &[SERVER_AUTH, CLIENT_AUTH];

/// Writes the enum of roles and the way to their rows. A row names what differs from [`LEAF`].
macro_rules! table {
    ($($(#[$doc:meta])* $role:ident { $($field:ident: $value:expr),+ $(,)? })+) => {
        /// A Kubernetes identity, by the name of its certificate.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Role {
            $($(#[$doc])* $role,)+
        }

        impl Role {
            /// All of them, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$role),+];

            /// Its row.
            pub fn identity(self) -> &'static Identity {
                match self {
                    $(Self::$role => const { &Identity { $($field: $value,)+ ..LEAF } },)+
                }
            }
        }
    };
}

const LEAF: Identity = Identity {
    id: "",
    domain: Domain::Kubernetes,
    subjects: &[],
    usages: CLIENT,
    is_ca: false,
    names: Names::None,
    privileged: false,
    hosts: Hosts::ControlPlane,
    files: Files::Kubeconfig(""),
    self_renewed: None,
    group: Group::ControlPlane,
};

const fn pair(certificate: &'static str, key: &'static str) -> Files {
    Files::Pair { certificate, key }
}

table! {
    /// The serving certificate of the API server.
    Apiserver {
        id: "apiserver",
        subjects: &[&[("CN", "kube-apiserver")]],
        usages: SERVER,
        names: Names::Apiserver,
        files: pair("etc/kubernetes/pki/apiserver.crt", "etc/kubernetes/pki/apiserver.key"),
    }
    /// The API server as client of the kubelets.
    ApiserverKubeletClient {
        id: "apiserver-kubelet-client",
        subjects: &[
            &[("O", "kubeadm:cluster-admins"), ("CN", "kube-apiserver-kubelet-client")],
            &[("O", "system:masters"), ("CN", "kube-apiserver-kubelet-client")],
        ],
        privileged: true,
        files: pair(
            "etc/kubernetes/pki/apiserver-kubelet-client.crt",
            "etc/kubernetes/pki/apiserver-kubelet-client.key",
        ),
    }
    /// The API server as client of etcd: who holds it reads and writes the whole cluster.
    ApiserverEtcdClient {
        id: "apiserver-etcd-client",
        domain: Domain::Etcd,
        subjects: &[
            &[("CN", "kube-apiserver-etcd-client")],
            &[("O", "system:masters"), ("CN", "kube-apiserver-etcd-client")],
        ],
        privileged: true,
        files: pair("etc/kubernetes/pki/apiserver-etcd-client.crt", "etc/kubernetes/pki/apiserver-etcd-client.key"),
    }
    /// The API server as client of aggregated API servers.
    FrontProxyClient {
        id: "front-proxy-client",
        domain: Domain::FrontProxy,
        subjects: &[&[("CN", "front-proxy-client")]],
        files: pair("etc/kubernetes/pki/front-proxy-client.crt", "etc/kubernetes/pki/front-proxy-client.key"),
    }
    /// The serving certificate of an etcd member; a client too, because its gateway dials itself.
    EtcdServer {
        id: "etcd-server",
        domain: Domain::Etcd,
        subjects: &[&[("CN", "{node}")]],
        usages: BOTH,
        names: Names::EtcdServer,
        hosts: Hosts::Etcd,
        files: pair("etc/kubernetes/pki/etcd/server.crt", "etc/kubernetes/pki/etcd/server.key"),
        group: Group::Etcd,
    }
    /// An etcd member among its peers.
    EtcdPeer {
        id: "etcd-peer",
        domain: Domain::Etcd,
        subjects: &[&[("CN", "{node}")]],
        usages: BOTH,
        names: Names::EtcdPeer,
        hosts: Hosts::Etcd,
        files: pair("etc/kubernetes/pki/etcd/peer.crt", "etc/kubernetes/pki/etcd/peer.key"),
        group: Group::Etcd,
    }
    /// The liveness probe of etcd.
    EtcdHealthcheckClient {
        id: "etcd-healthcheck-client",
        domain: Domain::Etcd,
        subjects: &[
            &[("CN", "kube-etcd-healthcheck-client")],
            &[("O", "system:masters"), ("CN", "kube-etcd-healthcheck-client")],
        ],
        hosts: Hosts::Etcd,
        files: pair(
            "etc/kubernetes/pki/etcd/healthcheck-client.crt",
            "etc/kubernetes/pki/etcd/healthcheck-client.key",
        ),
        group: Group::Etcd,
    }
    /// The administrator.
    Admin {
        id: "admin",
        subjects: &[
            &[("O", "kubeadm:cluster-admins"), ("CN", "kubernetes-admin")],
            &[("O", "system:masters"), ("CN", "kubernetes-admin")],
        ],
        privileged: true,
        files: Files::Kubeconfig("etc/kubernetes/admin.conf"),
        group: Group::Admin,
    }
    /// The administrator whom no authorisation rule stops.
    SuperAdmin {
        id: "super-admin",
        subjects: &[&[("O", "system:masters"), ("CN", "kubernetes-super-admin")]],
        privileged: true,
        files: Files::Kubeconfig("etc/kubernetes/super-admin.conf"),
        group: Group::Admin,
    }
    /// The controller manager.
    ControllerManager {
        id: "controller-manager",
        subjects: &[&[("CN", "system:kube-controller-manager")]],
        files: Files::Kubeconfig("etc/kubernetes/controller-manager.conf"),
    }
    /// The scheduler.
    Scheduler {
        id: "scheduler",
        subjects: &[&[("CN", "system:kube-scheduler")]],
        files: Files::Kubeconfig("etc/kubernetes/scheduler.conf"),
    }
    /// A kubelet as client of the API server.
    KubeletClient {
        id: "kubelet-client",
        subjects: &[&[("O", "system:nodes"), ("CN", "system:node:{node}")]],
        hosts: Hosts::Every,
        files: Files::Kubeconfig("etc/kubernetes/kubelet.conf"),
        self_renewed: Some("var/lib/kubelet/pki/kubelet-client-current.pem"),
        group: Group::Kubelet,
    }
    /// The serving certificate of a kubelet.
    KubeletServer {
        id: "kubelet-server",
        subjects: &[&[("O", "system:nodes"), ("CN", "system:node:{node}")]],
        usages: SERVER,
        names: Names::Kubelet,
        hosts: Hosts::Every,
        files: pair("var/lib/kubelet/pki/kubelet.crt", "var/lib/kubelet/pki/kubelet.key"),
        self_renewed: Some("var/lib/kubelet/pki/kubelet-server-current.pem"),
        group: Group::Kubelet,
    }
    /// A CA below the Kubernetes root whose key lives online, for the controller manager to sign with.
    IntermediateKubernetes {
        id: "intermediate-kubernetes",
        subjects: &[&[("CN", "kubernetes-intermediate")]],
        usages: BOTH,
        is_ca: true,
        privileged: true,
        files: pair("etc/kubernetes/pki/ca-signing.crt", "etc/kubernetes/pki/ca-signing.key"),
        group: Group::Issuer,
    }
    /// A CA below the etcd root whose key lives online.
    IntermediateEtcd {
        id: "intermediate-etcd",
        domain: Domain::Etcd,
        subjects: &[&[("CN", "etcd-intermediate")]],
        usages: BOTH,
        is_ca: true,
        privileged: true,
        files: pair("etc/kubernetes/pki/etcd/ca-signing.crt", "etc/kubernetes/pki/etcd/ca-signing.key"),
        group: Group::Issuer,
    }
    /// A CA below the front-proxy root whose key lives online.
    IntermediateFrontProxy {
        id: "intermediate-front-proxy",
        domain: Domain::FrontProxy,
        subjects: &[&[("CN", "front-proxy-intermediate")]],
        is_ca: true,
        privileged: true,
        files: pair("etc/kubernetes/pki/front-proxy-ca-signing.crt", "etc/kubernetes/pki/front-proxy-ca-signing.key"),
        group: Group::Issuer,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::pki::extension::ExtendedKeyUsage;
    use crate::pki::name::Name;

    /// The profile ids as the design names them.
    const IDS: &str = "apiserver apiserver-kubelet-client apiserver-etcd-client front-proxy-client etcd-server \
        etcd-peer etcd-healthcheck-client admin super-admin controller-manager scheduler kubelet-client kubelet-server \
        intermediate-kubernetes intermediate-etcd intermediate-front-proxy";

    #[test]
    fn the_table_is_whole_and_each_row_stands_for_itself() {
        let ids: Vec<_> = Role::ALL.iter().map(|role| role.id()).collect();
        assert_eq!(ids, IDS.split_whitespace().collect::<Vec<_>>());
        let files: BTreeSet<_> = Role::ALL
            .iter()
            .map(|role| match role.identity().files {
                Files::Pair { certificate, key } => format!("{certificate} {key}"),
                Files::Kubeconfig(path) => path.to_owned(),
            })
            .collect();
        assert_eq!(files.len(), Role::ALL.len());
        for role in Role::ALL {
            assert_eq!(role.id().parse(), Ok(*role));
            assert!(!role.identity().subjects.is_empty() && !role.identity().usages.is_empty(), "{role}");
            assert!(!role.identity().is_ca || role.identity().privileged, "{role}");
        }
        assert!("kubelet".parse::<Role>().is_err() && "".parse::<Role>().is_err());
    }

    fn name(pairs: &[(&str, &str)]) -> Name {
        Name::from_pairs(pairs).unwrap()
    }

    #[test]
    fn each_role_accepts_its_own_subject_and_no_other() {
        for role in Role::ALL {
            let subject = role.subject("cp1").unwrap();
            for other in Role::ALL {
                let same_rows = other.identity().subjects == role.identity().subjects;
                assert_eq!(other.accepts(&subject, "cp1"), same_rows, "{role} {other}");
            }
        }
    }

    #[test]
    fn older_subjects_are_accepted_where_kubeadm_made_them() {
        for (role, user, accepted) in [
            (Role::ApiserverKubeletClient, "kube-apiserver-kubelet-client", true),
            (Role::ApiserverEtcdClient, "kube-apiserver-etcd-client", true),
            (Role::EtcdHealthcheckClient, "kube-etcd-healthcheck-client", true),
            (Role::Admin, "kubernetes-admin", true),
            (Role::Apiserver, "kube-apiserver", false),
            (Role::FrontProxyClient, "front-proxy-client", false),
            (Role::Scheduler, "system:kube-scheduler", false),
        ] {
            let older = name(&[("O", "system:masters"), ("CN", user)]);
            assert_eq!(role.accepts(&older, "cp1"), accepted, "{role}");
            assert!(role.is_privileged(&older), "{role}");
        }
    }

    #[test]
    fn a_subject_is_accepted_in_every_part_or_not_at_all() {
        let accepts = |pairs: &[(&str, &str)]| Role::KubeletClient.accepts(&name(pairs), "w1");
        assert!(accepts(&[("O", "system:nodes"), ("CN", "system:node:w1")]));
        assert!(!accepts(&[("O", "system:nodes"), ("CN", "system:node:w2")]));
        assert!(!accepts(&[("CN", "system:node:w1"), ("O", "system:nodes")]));
        assert!(!accepts(&[("CN", "system:node:w1")]));
        assert!(!accepts(&[("O", "system:nodes"), ("O", "system:masters"), ("CN", "system:node:w1")]));
        assert!(!accepts(&[("OU", "system:nodes"), ("CN", "system:node:w1")]));
        let one_rdn = Name::from_rdns(&[&[("O", "system:nodes"), ("CN", "system:node:w1")]]).unwrap();
        assert!(!Role::KubeletClient.accepts(&one_rdn, "w1"));
        assert!(!Role::EtcdPeer.accepts(&name(&[("CN", "{node}")]), "w1"));
    }

    #[test]
    fn usages_are_exact() {
        let usages = |list: &[ObjectIdentifier]| ExtendedKeyUsage::new(list);
        assert!(Role::EtcdPeer.uses(usages(&[SERVER_AUTH, CLIENT_AUTH]).as_ref()));
        assert!(Role::EtcdPeer.uses(usages(&[CLIENT_AUTH, SERVER_AUTH]).as_ref()));
        assert!(!Role::EtcdPeer.uses(usages(&[SERVER_AUTH]).as_ref()));
        assert!(!Role::EtcdPeer.uses(usages(&[SERVER_AUTH, SERVER_AUTH]).as_ref()));
        assert!(!Role::Apiserver.uses(usages(&[SERVER_AUTH, CLIENT_AUTH]).as_ref()));
        assert!(!Role::Apiserver.uses(None));
    }

    #[test]
    fn the_privileged_are_those_the_rules_name() {
        let plain = name(&[("CN", "x")]);
        let privileged: Vec<_> = Role::ALL.iter().filter(|role| role.is_privileged(&plain)).map(|r| r.id()).collect();
        let expected = "apiserver-kubelet-client apiserver-etcd-client admin super-admin intermediate-kubernetes \
            intermediate-etcd intermediate-front-proxy";
        assert_eq!(privileged, expected.split_whitespace().collect::<Vec<_>>());
        for group in ["system:masters", "kubeadm:cluster-admins"] {
            assert!(Role::Scheduler.is_privileged(&name(&[("O", "a"), ("O", group), ("CN", "x")])));
        }
    }
}
