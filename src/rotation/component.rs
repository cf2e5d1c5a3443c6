//! The programs of a cluster that hold certificates: how they are restarted, and how long that takes.

use serde::{Deserialize, Serialize};

/// A program, or many that are alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Component {
    /// A member of etcd.
    Etcd,
    /// An API server.
    Apiserver,
    /// A controller manager.
    ControllerManager,
    /// A scheduler.
    Scheduler,
    /// A kubelet.
    Kubelet,
    /// Who calls the API with `kubectl` or from a job: each call is a process of its own.
    Admin,
    /// Pods that call the API, `kube-proxy` and the network plugin among them.
    Workloads,
    /// Aggregated API servers, which trust the front proxy.
    Extensions,
}

/// Between how many seconds and how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Seconds {
    /// At least.
    pub least: u32,
    /// At most, as measured; a probe waits longer before it calls it a fault.
    pub most: u32,
}

impl Component {
    /// All of them, in the order that the article gives inside a pass: the lower layer first.
    pub const ALL: [Self; 8] = [
        Self::Etcd,
        Self::Apiserver,
        Self::ControllerManager,
        Self::Scheduler,
        Self::Kubelet,
        Self::Admin,
        Self::Workloads,
        Self::Extensions,
    ];

    /// Its name in manifests and units.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Etcd => "etcd",
            Self::Apiserver => "kube-apiserver",
            Self::ControllerManager => "kube-controller-manager",
            Self::Scheduler => "kube-scheduler",
            Self::Kubelet => "kubelet",
            Self::Admin => "administrators",
            Self::Workloads => "workloads",
            Self::Extensions => "aggregated API servers",
        }
    }

    /// How long a graceful restart takes until it does its work again. Measured on one machine of two cores: an API
    /// server drains 9 to 30 s, a controller manager may wait 31 s for its lease.
    pub const fn restart(self) -> Seconds {
        let (least, most) = match self {
            Self::Etcd => (2, 15),
            Self::Apiserver => (10, 35),
            Self::ControllerManager | Self::Scheduler => (3, 35),
            Self::Kubelet => (3, 40),
            Self::Admin => (0, 0),
            Self::Workloads => (60, 1800),
            Self::Extensions => (5, 60),
        };
        Seconds { least, most }
    }
}

impl Seconds {
    /// Nothing.
    pub const NONE: Self = Self { least: 0, most: 0 };

    /// One after the other.
    pub const fn then(self, other: Self) -> Self {
        Self { least: self.least.saturating_add(other.least), most: self.most.saturating_add(other.most) }
    }

    /// So many times.
    pub const fn times(self, count: u32) -> Self {
        Self { least: self.least.saturating_mul(count), most: self.most.saturating_mul(count) }
    }
}
