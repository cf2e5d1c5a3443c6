//! How this host takes part in a rotation, in the config of the online side. A kubeadm node needs nothing of it but its name:
//! static pods are found by their manifests, units by their names, addresses and ports in the cluster record.
//!
//! ```toml
//! [rotation]                             # may be left out, and so may each line
//! node = "cp1"                           # which node this host is
//! parking = "/etc/kubernetes/parked"     # where a manifest lies while its pod is stopped; on the file system of /etc
//! facts_minutes = 15                     # facts of other nodes that are older count as unknown
//! kubectl = ["kubectl", "--kubeconfig", "/etc/kubernetes/admin.conf"]   # reads and changes the objects of the API
//!
//! [rotation.components.etcd]             # what is neither a static pod nor a unit of its name
//! program = "etcd"                       # its process: the name of its program,
//! arguments = ["--name=cp1"]             # and arguments that no other of this host has
//! stop = ["/usr/local/sbin/etcd-stop"]
//! start = ["/usr/local/sbin/etcd-start"]
//! seconds = 120                          # how long stopping and starting may take, each
//!
//! [rotation.endpoints.cp1]               # what is not at the first address of its node and the usual port
//! etcd = "10.66.0.21:2379"
//! etcd_peer = "10.66.0.21:2380"
//! apiserver = "10.66.0.21:6443"
//! kubelet = "10.66.0.21:10250"
//! ```

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use super::strict::ConfigError;
use crate::rotation::component::Component;

/// How this host takes part in a rotation, as far as its config says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RotationConfig {
    node: Option<String>,
    parking: Option<PathBuf>,
    facts_minutes: Option<u32>,
    kubectl: Vec<String>,
    components: BTreeMap<Component, Managed>,
    endpoints: BTreeMap<String, Endpoints>,
}

/// How a component of this host is found, stopped and started.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Managed {
    /// The name of its program, as `etcd`; its own name unless another is given.
    pub program: Option<String>,
    /// Arguments that tell its process from others.
    #[serde(default)]
    pub arguments: Vec<String>,
    /// The unit of systemd that it is.
    pub unit: Option<String>,
    /// The manifest of the static pod that it is.
    pub manifest: Option<PathBuf>,
    /// The argument list that stops it.
    #[serde(default)]
    pub stop: Vec<String>,
    /// The argument list that starts it.
    #[serde(default)]
    pub start: Vec<String>,
    /// How long stopping and starting may take, each, in seconds.
    pub seconds: Option<u64>,
}

/// Where the servers of a node listen; what is not there is at its first address and the usual port.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Endpoints {
    /// The client port of etcd.
    pub etcd: Option<SocketAddr>,
    /// The peer port of etcd.
    pub etcd_peer: Option<SocketAddr>,
    /// The API server.
    pub apiserver: Option<SocketAddr>,
    /// The kubelet.
    pub kubelet: Option<SocketAddr>,
}

/// The table as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    node: Option<String>,
    parking: Option<PathBuf>,
    facts_minutes: Option<u32>,
    #[serde(default)]
    kubectl: Vec<String>,
    #[serde(default)]
    components: BTreeMap<String, Managed>,
    #[serde(default)]
    endpoints: BTreeMap<String, Endpoints>,
}

/// Facts of other nodes that are older count as unknown, in minutes.
pub const DEFAULT_FACTS_MINUTES: u32 = 15;

/// How long stopping or starting may take unless the config says otherwise: an API server drains for half a minute.
pub const DEFAULT_PATIENCE: Duration = Duration::from_secs(120);

impl RotationConfig {
    pub(super) fn of(file: &str, read: Table, is_node: impl Fn(&str) -> bool) -> Result<Self, ConfigError> {
        let refuse = |key, message: &dyn std::fmt::Display| Err(ConfigError::value(file, key, message));
        let named = read.node.iter().chain(read.endpoints.keys());
        if let Some(stranger) = named.into_iter().find(|name| !is_node(name)) {
            return refuse("rotation", &format!("{stranger} is not in the cluster record"));
        }
        if read.parking.as_ref().is_some_and(|path| !path.is_absolute()) {
            return refuse("rotation.parking", &"not an absolute path");
        }
        let mut components = BTreeMap::new();
        for (name, managed) in read.components {
            let Some(component) = Component::ALL.into_iter().find(|one| one.as_str() == name) else {
                return refuse("rotation.components", &format!("{name} is no component"));
            };
            if !managed.is_one() {
                return refuse("rotation.components", &format!("{name}: give a unit, a manifest, or stop and start"));
            }
            components.insert(component, managed);
        }
        let Table { node, parking, facts_minutes, kubectl, endpoints, .. } = read;
        Ok(Self { node, parking, facts_minutes, kubectl, components, endpoints })
    }

    /// The node that this host is.
    pub fn node(&self) -> Option<&str> {
        self.node.as_deref()
    }

    /// Where manifests lie while their pods are stopped.
    pub fn parking(&self) -> Option<&Path> {
        self.parking.as_deref()
    }

    /// Facts that are older count as unknown, in seconds.
    pub fn freshness(&self) -> i64 {
        i64::from(self.facts_minutes.unwrap_or(DEFAULT_FACTS_MINUTES)) * 60
    }

    /// The program that reads and changes objects; empty where there is none.
    pub fn kubectl(&self) -> &[String] {
        &self.kubectl
    }

    /// Components that are named.
    pub fn components(&self) -> &BTreeMap<Component, Managed> {
        &self.components
    }

    /// Where the servers of `node` listen, as far as the config says.
    pub fn endpoints(&self, node: &str) -> Endpoints {
        self.endpoints.get(node).copied().unwrap_or_default()
    }
}

impl Managed {
    /// One that is found by its unit.
    pub fn unit(name: &str) -> Self {
        Self { unit: Some(name.to_owned()), ..Self::none() }
    }

    /// One that is found by its manifest.
    pub fn manifest(path: &Path) -> Self {
        Self { manifest: Some(path.to_owned()), ..Self::none() }
    }

    /// One that is stopped and started by programs.
    pub fn commands(stop: &[String], start: &[String]) -> Self {
        Self { stop: stop.to_vec(), start: start.to_vec(), ..Self::none() }
    }

    /// How long stopping and starting may take, each.
    pub fn patience(&self) -> Duration {
        self.seconds.map_or(DEFAULT_PATIENCE, Duration::from_secs)
    }

    const fn none() -> Self {
        Self {
            program: None,
            arguments: Vec::new(),
            unit: None,
            manifest: None,
            stop: Vec::new(),
            start: Vec::new(),
            seconds: None,
        }
    }

    fn is_one(&self) -> bool {
        let commands = !self.stop.is_empty() && !self.start.is_empty();
        let half = self.stop.is_empty() != self.start.is_empty();
        !half && [self.unit.is_some(), self.manifest.is_some(), commands].into_iter().filter(|way| *way).count() == 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::strict;

    fn read(text: &str) -> Result<RotationConfig, ConfigError> {
        RotationConfig::of("x", strict::read::<Table>("x", text.as_bytes())?, |name| name == "cp1")
    }

    const GOOD: &str = "node = 'cp1'\nparking = '/srv/parked'\nfacts_minutes = 5\n[components.etcd]\nprogram = 'etcd'\n\
        arguments = ['--name=cp1']\nstop = ['a']\nstart = ['b']\nseconds = 9\n[components.kubelet]\nunit = 'kubelet.service'\n\
        [endpoints.cp1]\netcd = '127.0.0.1:23790'\n";

    #[test]
    fn a_table_is_read_and_nothing_is_needed() {
        let config = read(GOOD).unwrap();
        assert_eq!((config.node(), config.freshness()), (Some("cp1"), 300));
        assert_eq!(config.components()[&Component::Etcd].patience(), Duration::from_secs(9));
        assert_eq!(config.components()[&Component::Kubelet].unit.as_deref(), Some("kubelet.service"));
        assert_eq!(config.endpoints("cp1").etcd, Some("127.0.0.1:23790".parse().unwrap()));
        assert_eq!(config.endpoints("cp2"), Endpoints::default());
        let bare = read("").unwrap();
        assert_eq!((bare.freshness(), bare.components().len()), (900, 0));
    }

    #[test]
    fn what_cannot_be_used_is_refused() {
        for (from, to) in [
            ("'cp1'\np", "'cp9'\np"),
            ("endpoints.cp1", "endpoints.cp9"),
            ("'/srv", "'srv"),
            ("components.etcd", "components.etc"),
            ("start = ['b']\n", ""),
            ("unit =", "manifest = '/x'\nunit ="),
            ("unit = 'kubelet.service'\n", ""),
            ("program =", "programme ="),
            (":23790", ""),
        ] {
            assert!(GOOD.contains(from), "{from}");
            assert!(read(&GOOD.replacen(from, to, 1)).is_err(), "{from}");
        }
    }
}
