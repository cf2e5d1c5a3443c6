//! What a person writes down about a cluster. The config of the online side reads it; unknown keys are refused.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

use ipnet::IpNet;

use crate::pki::san::AltName;
use serde::{Deserialize, Serialize};
use serde_with::{DeserializeFromStr, SerializeDisplay};

/// A cluster as written down, unchecked: [`super::Record`] is the checked form. Members stand in the order of RFC 8785.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fields {
    /// The domain of its services, as `cluster.local`.
    pub dns_domain: String,
    /// How its API server is reached, as `10.66.0.10:6443`.
    pub endpoint: Endpoint,
    /// Further DNS names of the API server and of etcd.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extra_dns: Vec<String>,
    /// Further addresses of the API server and of etcd.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extra_ips: Vec<IpAddr>,
    /// What people call it: `[a-z0-9][a-z0-9.-]{0,62}`.
    pub name: String,
    /// Its nodes.
    pub nodes: Vec<Node>,
    /// The networks of its services, one or one of each family, the primary one first.
    pub service_cidrs: Vec<IpNet>,
    /// The UID of its namespace kube-system.
    pub uid: String,
}

/// A node of a cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Node {
    /// Its further DNS names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dns: Vec<String>,
    /// Its addresses, the one it is known by first.
    pub ips: Vec<IpAddr>,
    /// Its name in Kubernetes: `[a-z0-9][a-z0-9.-]{0,62}`.
    pub name: String,
    /// What runs on it.
    pub roles: Vec<NodeRole>,
}

/// What runs on a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NodeRole {
    /// An API server, a controller manager and a scheduler.
    ControlPlane,
    /// A member of etcd.
    Etcd,
    /// Workloads only.
    Worker,
}

/// A host and a port, as `k8s.example:6443`, `10.66.0.10:6443` or `[fd00::1]:6443`.
#[derive(Debug, Clone, PartialEq, Eq, DeserializeFromStr, SerializeDisplay)]
pub struct Endpoint {
    /// The host.
    pub host: Host,
    /// The port, not 0.
    pub port: u16,
}

/// A DNS name or an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Host {
    /// A DNS name.
    Dns(String),
    /// An address.
    Ip(IpAddr),
}

/// The text is not `HOST:PORT` in its one form.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not a host and a port, as k8s.example:6443 or [fd00::1]:6443")]
pub struct EndpointError;

impl Host {
    /// As a certificate bears it.
    pub fn alt_name(&self) -> AltName {
        match self {
            Self::Dns(name) => AltName::Dns(name.clone()),
            Self::Ip(ip) => AltName::Ip(*ip),
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Host::Dns(name) => write!(f, "{name}:{}", self.port),
            Host::Ip(IpAddr::V4(ip)) => write!(f, "{ip}:{}", self.port),
            Host::Ip(IpAddr::V6(ip)) => write!(f, "[{ip}]:{}", self.port),
        }
    }
}

impl FromStr for Endpoint {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, EndpointError> {
        let (host, port) = text.rsplit_once(':').ok_or(EndpointError)?;
        let in_brackets = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let host = match in_brackets {
            Some(ip) => Host::Ip(IpAddr::V6(ip.parse::<Ipv6Addr>().map_err(|_| EndpointError)?)),
            None => host.parse().map_or_else(|_| Host::Dns(host.to_owned()), |ip| Host::Ip(IpAddr::V4(ip))),
        };
        let endpoint = Self { host, port: port.parse().map_err(|_| EndpointError)? };
        let sound = match &endpoint.host {
            Host::Dns(name) => is_dns_name(name),
            Host::Ip(_) => true,
        };
        if sound && endpoint.port != 0 && endpoint.to_string() == text { Ok(endpoint) } else { Err(EndpointError) }
    }
}

/// Whether `name` is `[a-z0-9][a-z0-9.-]{0,62}`.
pub(super) fn is_short_name(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    (1..=63).contains(&name.len())
        && name.bytes().next().is_some_and(plain)
        && name.bytes().all(|b| plain(b) || b == b'.' || b == b'-')
}

/// Whether `name` is a DNS name in lower case, without a wildcard and without a dot at its end (RFC 1123, 2.1), that
/// nobody takes for an address.
pub(super) fn is_dns_name(name: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let all_digits = name.rsplit('.').next().is_some_and(|last| last.bytes().all(|b| b.is_ascii_digit()));
    name.len() <= 253 && name.split('.').all(label) && !all_digits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_has_one_form() {
        for text in ["k8s.example:6443", "10.66.0.10:6443", "[fd00::1]:6443", "cp1:1"] {
            assert_eq!(text.parse::<Endpoint>().unwrap().to_string(), text);
        }
        for text in [
            "k8s.example",
            ":6443",
            "10.66.0.10:0",
            "10.66.0.10:06443",
            "10.66.0.10:65536",
            "fd00::1:6443",
            "[fd00:0::1]:6443",
            "[10.66.0.10]:6443",
            "K8S:6443",
            "*.example:6443",
            "a b:1",
            "10.66.0.010:6443",
            "10.66.0.256:1",
            "k8s.example:+6443",
            "k8s.example.:6443",
            "https://k8s.example:6443",
        ] {
            assert_eq!(text.parse::<Endpoint>(), Err(EndpointError), "{text}");
        }
    }

    #[test]
    fn names_are_lower_case_and_plain() {
        for name in ["a", "cp1", "node-7.rack-3", "0"] {
            assert!(is_short_name(name), "{name}");
        }
        for name in ["", "-a", ".a", "A", "a_b", "a b", "ü", &"a".repeat(64)] {
            assert!(!is_short_name(name), "{name}");
        }
        for name in ["a", "cp1", "k8s.example", "a-b.c"] {
            assert!(is_dns_name(name), "{name}");
        }
        for name in ["", "a.", ".a", "a..b", "*.a", "A", "-a", "a-", "a_b", "10.0.0.1", "1", &"a".repeat(64)] {
            assert!(!is_dns_name(name), "{name}");
        }
    }
}
