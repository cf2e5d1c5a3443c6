//! What the rules ask of a cluster record: which names a certificate must bear, and which it may.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::check::Record;
use super::fields::{Node, NodeRole};
use crate::cluster::role::{Hosts, Names, Role};
use crate::pki::san::{AltName, SubjectAltNames};

/// What is wrong with one subject alternative name of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NameFault {
    /// The record demands it and it is not there.
    Missing(AltName),
    /// Neither a DNS name nor an address, or a wildcard.
    Kind(AltName),
    /// The record does not give it to this role on this node.
    Outside(AltName),
}

const LOOPBACK: [IpAddr; 2] = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];

impl Record {
    /// Whether `role` lives on `node`.
    pub fn hosts(&self, role: Role, node: &Node) -> bool {
        match role.identity().hosts {
            Hosts::ControlPlane => node.roles.contains(&NodeRole::ControlPlane),
            Hosts::Etcd => node.roles.contains(&NodeRole::Etcd),
            Hosts::Every => true,
        }
    }

    /// The first address of each service network, which the service `kubernetes` has.
    pub fn service_ips(&self) -> Vec<IpAddr> {
        self.fields().service_cidrs.iter().map(|net| successor(net.network())).collect()
    }

    /// The DNS names of the service `kubernetes`.
    pub fn service_names(&self) -> Vec<String> {
        let short = ["kubernetes", "kubernetes.default", "kubernetes.default.svc"].map(str::to_owned);
        let long = format!("kubernetes.default.svc.{}", self.fields().dns_domain);
        short.into_iter().chain([long]).collect()
    }

    /// The names that a certificate of `role` on the node called `node` must bear. None for a node that is not in the
    /// record: nothing is known of it, and [`Record::allows`] allows it nothing.
    pub fn required(&self, role: Role, node: &str) -> Vec<AltName> {
        let Some(node) = self.node(node) else { return Vec::new() };
        let mut names = vec![AltName::Dns(node.name.clone())];
        names.extend(node.ips.first().map(|ip| AltName::Ip(*ip)));
        match role.identity().names {
            Names::None => return Vec::new(),
            Names::Kubelet | Names::EtcdPeer => {}
            Names::EtcdServer => {
                names.extend([AltName::Dns("localhost".to_owned()), AltName::Ip(Ipv4Addr::LOCALHOST.into())]);
            }
            Names::Apiserver => {
                names.extend(self.service_names().into_iter().map(AltName::Dns));
                names.extend(self.service_ips().first().map(|ip| AltName::Ip(*ip)));
                names.push(self.fields().endpoint.host.alt_name());
            }
        }
        let mut once = Vec::new();
        for name in names {
            if !once.contains(&name) {
                once.push(name);
            }
        }
        once
    }

    /// Whether a certificate of `role` on the node called `node` may bear `name`.
    ///
    /// A kubelet bears the names of its own node only. API servers and etcd members may bear those of their fellows,
    /// the loopback and the record's extra names too: all of them are the same service.
    pub fn allows(&self, role: Role, node: &str, name: &AltName) -> bool {
        let Some(node) = self.node(node).filter(|node| self.hosts(role, node)) else { return false };
        match role.identity().names {
            Names::None => false,
            Names::Kubelet => bears(node, name),
            Names::EtcdServer | Names::EtcdPeer => self.is_shared(name) || self.fellow_bears(role, name),
            Names::Apiserver => {
                self.is_shared(name)
                    || self.fellow_bears(role, name)
                    || *name == self.fields().endpoint.host.alt_name()
                    || match name {
                        AltName::Dns(dns) => self.service_names().contains(dns),
                        AltName::Ip(ip) => self.service_ips().contains(ip),
                        AltName::Other { .. } => false,
                    }
            }
        }
    }

    /// Everything that is wrong with the subject alternative names of a certificate of `role` on the node called
    /// `node`: first what is there and should not be, in its order, then what is missing.
    pub fn name_faults(&self, role: Role, node: &str, names: Option<&SubjectAltNames>) -> Vec<NameFault> {
        let found = names.map(SubjectAltNames::names).unwrap_or_default();
        let judged = found.iter().filter_map(|name| match name {
            AltName::Other { .. } => Some(NameFault::Kind(name.clone())),
            AltName::Dns(dns) if dns.contains('*') => Some(NameFault::Kind(name.clone())),
            _ => (!self.allows(role, node, name)).then(|| NameFault::Outside(name.clone())),
        });
        let missing =
            self.required(role, node).into_iter().filter(|name| !found.contains(name)).map(NameFault::Missing);
        judged.chain(missing).collect()
    }

    /// The loopback and the extra names.
    fn is_shared(&self, name: &AltName) -> bool {
        match name {
            AltName::Dns(dns) => dns == "localhost" || self.fields().extra_dns.contains(dns),
            AltName::Ip(ip) => LOOPBACK.contains(ip) || self.fields().extra_ips.contains(ip),
            AltName::Other { .. } => false,
        }
    }

    fn fellow_bears(&self, role: Role, name: &AltName) -> bool {
        self.nodes().iter().filter(|node| self.hosts(role, node)).any(|node| bears(node, name))
    }
}

fn bears(node: &Node, name: &AltName) -> bool {
    match name {
        AltName::Dns(dns) => *dns == node.name || node.dns.contains(dns),
        AltName::Ip(ip) => node.ips.contains(ip),
        AltName::Other { .. } => false,
    }
}

/// The next address; networks of services have room for it.
fn successor(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(ip) => IpAddr::V4(Ipv4Addr::from_bits(ip.to_bits().saturating_add(1))),
        IpAddr::V6(ip) => IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits().saturating_add(1))),
    }
}
