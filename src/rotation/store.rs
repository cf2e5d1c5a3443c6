//! Each place in the memory of a process that verifies somebody: the flag that fills it, the file it reads, and whether
//! it looks at the file again. Measured on etcd 3.5.16 and Kubernetes 1.32; `docs/rotation.md` has the table.

use serde::{Deserialize, Serialize};

use super::component::{Component, Seconds};
use crate::cluster::role::{Domain, Role};

/// When a process looks at a changed file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reload {
    /// By itself, within so many seconds.
    Hot(Seconds),
    /// When it is started.
    Restart,
    /// Each time it is run.
    EachRun,
}

/// Where what is trusted is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// A file on the node, its path relative to the root.
    File(&'static str),
    /// The CA inside the kubeconfig of this role.
    Kubeconfig(Role),
    /// An object of the API, which a component fills from a file of its own.
    Object(&'static str),
}

/// Writes the enum of stores and their rows.
macro_rules! stores {
    ($($(#[$doc:meta])* $store:ident $component:ident $domain:ident $flag:literal $source:expr, $reload:expr;)+) => {
        /// A place in memory that verifies.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum Store {
            $($(#[$doc])* $store,)+
        }

        impl Store {
            /// All of them, by component.
            pub const ALL: &[Self] = &[$(Self::$store),+];

            /// Whose memory it is.
            pub const fn component(self) -> Component {
                match self { $(Self::$store => Component::$component,)+ }
            }

            /// Of which CA it holds certificates.
            pub const fn domain(self) -> Domain {
                match self { $(Self::$store => Domain::$domain,)+ }
            }

            /// The flag or the key that names its source.
            pub const fn flag(self) -> &'static str {
                match self { $(Self::$store => $flag,)+ }
            }

            /// What fills it.
            pub const fn source(self) -> Source {
                match self { $(Self::$store => $source,)+ }
            }

            /// Whether it looks again.
            pub const fn reload(self) -> Reload {
                match self { $(Self::$store => $reload,)+ }
            }
        }
    };
}

const KUBERNETES_CA: Source = Source::File("etc/kubernetes/pki/ca.crt");
const ETCD_CA: Source = Source::File("etc/kubernetes/pki/etcd/ca.crt");
const FRONT_PROXY_CA: Source = Source::File("etc/kubernetes/pki/front-proxy-ca.crt");
/// Kubernetes 1.32 watches the file; 1.20 polls it once a minute.
const WATCHED: Reload = Reload::Hot(Seconds { least: 0, most: 75 });

stores! {
    /// Clients of etcd.
    EtcdClients Etcd Etcd "--trusted-ca-file" ETCD_CA, Reload::Restart;
    /// Members of etcd among themselves, both ways.
    EtcdPeers Etcd Etcd "--peer-trusted-ca-file" ETCD_CA, Reload::Restart;
    /// The API server looking at etcd.
    ApiserverEtcd Apiserver Etcd "--etcd-cafile" ETCD_CA, Reload::Restart;
    /// Clients of the API server.
    ApiserverClients Apiserver Kubernetes "--client-ca-file" KUBERNETES_CA, WATCHED;
    /// Front proxies that speak for somebody.
    ApiserverFrontProxy Apiserver FrontProxy "--requestheader-client-ca-file" FRONT_PROXY_CA, WATCHED;
    /// The API server looking at kubelets, where the flag is set: kubeadm leaves it out, and any kubelet is accepted.
    ApiserverKubelets Apiserver Kubernetes "--kubelet-certificate-authority" KUBERNETES_CA, Reload::Restart;
    /// The controller manager looking at the API server.
    ControllerManagerServer ControllerManager Kubernetes "--kubeconfig"
        Source::Kubeconfig(Role::ControllerManager), Reload::Restart;
    /// What the controller manager hands to every namespace; it verifies nobody, but workloads learn from it.
    ControllerManagerRoot ControllerManager Kubernetes "--root-ca-file" KUBERNETES_CA, Reload::Restart;
    /// The scheduler looking at the API server.
    SchedulerServer Scheduler Kubernetes "--kubeconfig" Source::Kubeconfig(Role::Scheduler), Reload::Restart;
    /// The kubelet looking at the API server.
    KubeletServer Kubelet Kubernetes "--kubeconfig" Source::Kubeconfig(Role::KubeletClient), Reload::Restart;
    /// Clients of the kubelet.
    KubeletClients Kubelet Kubernetes "authentication.x509.clientCAFile" KUBERNETES_CA, WATCHED;
    /// Administrators looking at the API server.
    AdminServer Admin Kubernetes "--kubeconfig" Source::Kubeconfig(Role::Admin), Reload::EachRun;
    /// Workloads looking at the API server; client-go reads its CA once, before Kubernetes 1.36.
    WorkloadsServer Workloads Kubernetes "kube-root-ca.crt" Source::Object("kube-root-ca.crt"), Reload::Restart;
    /// Aggregated API servers looking at the front proxy.
    ExtensionsFrontProxy Extensions FrontProxy "extension-apiserver-authentication"
        Source::Object("extension-apiserver-authentication"), WATCHED;
}

impl Store {
    /// Those of `component`.
    pub fn of(component: Component) -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied().filter(move |store| store.component() == component)
    }

    /// Whether it lives on nodes, each with its own; the others are the cluster's.
    pub const fn is_on_nodes(self) -> bool {
        !matches!(self.source(), Source::Object(_))
    }
}

/// When a changed certificate of `role` is shown on new connections.
pub const fn leaf_reload(role: Role) -> Reload {
    match role {
        // Read from disk at every handshake.
        Role::EtcdServer | Role::EtcdPeer => Reload::Hot(Seconds { least: 0, most: 1 }),
        Role::Apiserver | Role::FrontProxyClient => WATCHED,
        // With the next connection: the one that stands keeps the old leaf for ever.
        Role::ApiserverEtcdClient => Reload::Hot(Seconds { least: 0, most: 10 }),
        // client-go looks every five minutes, and closes its connections then.
        Role::ApiserverKubeletClient => Reload::Hot(Seconds { least: 0, most: 300 }),
        Role::EtcdHealthcheckClient | Role::Admin | Role::SuperAdmin => Reload::EachRun,
        Role::IntermediateKubernetes | Role::IntermediateEtcd | Role::IntermediateFrontProxy => {
            Reload::Hot(Seconds { least: 0, most: 5 })
        }
        // A kubelet without a restart shows its new leaf only to clients that send SNI, and the API server sends none.
        Role::ControllerManager | Role::Scheduler | Role::KubeletClient | Role::KubeletServer => Reload::Restart,
    }
}

/// Who shows the certificate of `role`.
pub const fn presenter(role: Role) -> Component {
    match role {
        Role::EtcdServer | Role::EtcdPeer | Role::EtcdHealthcheckClient | Role::IntermediateEtcd => Component::Etcd,
        Role::Apiserver
        | Role::ApiserverKubeletClient
        | Role::ApiserverEtcdClient
        | Role::FrontProxyClient
        | Role::IntermediateFrontProxy => Component::Apiserver,
        Role::ControllerManager | Role::IntermediateKubernetes => Component::ControllerManager,
        Role::Scheduler => Component::Scheduler,
        Role::KubeletClient | Role::KubeletServer => Component::Kubelet,
        Role::Admin | Role::SuperAdmin => Component::Admin,
    }
}
