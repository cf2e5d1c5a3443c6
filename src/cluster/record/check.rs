//! What makes a cluster record of what a person wrote down.

use std::collections::BTreeSet;
use std::net::IpAddr;

use ipnet::IpNet;
use thiserror::Error;

use super::fields::{Fields, Host, Node, NodeRole, is_dns_name, is_short_name};
use crate::refusal::{Class, Reason, Refusal};
use crate::wire::json::JsonError;
use crate::wire::text;

/// A checked cluster record, its lists in the one order: nodes, their further names and the extra names are sorted,
/// while the first service network and the first address of a node come first because they are the primary ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record(Fields);

/// The most nodes of a cluster.
pub const MAX_NODES: usize = 6_000;
/// The most names, and the most addresses, of a node or beside the nodes.
pub const MAX_NAMES: usize = 64;

/// Why something is no cluster record.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum RecordError {
    /// Not `airlock.cluster/1` in canonical form.
    #[error("the cluster record is not airlock.cluster/1 in canonical form: {0}")]
    Form(#[from] JsonError),
    /// Longer than [`super::document::MAX_RECORD`].
    #[error("the cluster record has {0} bytes, too many")]
    Size(usize),
    /// A name that is not `[a-z0-9][a-z0-9.-]{0,62}` or not a DNS name.
    #[error("{0} is no name: use lower-case letters, digits, dots and hyphens")]
    Name(String),
    /// Not the UID of a namespace.
    #[error("{0} is no UID")]
    Uid(String),
    /// Not one service network, or not one of each family.
    #[error("a cluster has one service network, or one of each IP family")]
    ServiceCidrs,
    /// A network with host bits, or with no room for a service.
    #[error("{0} is no service network")]
    ServiceCidr(IpNet),
    /// An address that no host has: unspecified, loopback, multicast, or IPv4 written as IPv6.
    #[error("{0} is no address of a host")]
    Address(IpAddr),
    /// No node, no role or no address where one is needed.
    #[error("{0} is missing")]
    Missing(String),
    /// A worker that is something else as well.
    #[error("{0} is a worker and something else")]
    Roles(String),
    /// Something stands twice, within a list or for two nodes.
    #[error("{0} stands there twice")]
    Twice(String),
    /// A node bears a name or an address that belongs to the API server or to the services.
    #[error("the node {0} may not bear {1}, which belongs to the API server")]
    Reserved(String, String),
    /// More nodes or names than a record carries.
    #[error("too many {0}")]
    TooMany(&'static str),
}

impl Record {
    /// What it says.
    pub fn fields(&self) -> &Fields {
        &self.0
    }

    /// Its nodes, by name.
    pub fn nodes(&self) -> &[Node] {
        &self.0.nodes
    }

    /// The node called `name`.
    pub fn node(&self, name: &str) -> Option<&Node> {
        let at = self.0.nodes.binary_search_by(|node| node.name.as_str().cmp(name)).ok()?;
        self.0.nodes.get(at)
    }
}

impl TryFrom<Fields> for Record {
    type Error = RecordError;

    fn try_from(mut fields: Fields) -> Result<Self, RecordError> {
        check_cluster(&fields)?;
        check_services(&fields.service_cidrs)?;
        check_names(&fields.extra_dns, &fields.extra_ips)?;
        if fields.nodes.is_empty() {
            return Err(RecordError::Missing("a node".to_owned()));
        }
        if fields.nodes.len() > MAX_NODES {
            return Err(RecordError::TooMany("nodes"));
        }
        fields.nodes.iter().try_for_each(check_node)?;
        check_twice(&fields.nodes)?;
        sort(&mut fields);
        let record = Self(fields);
        record.0.nodes.iter().try_for_each(|node| record.check_reserved(node))?;
        Ok(record)
    }
}

impl Record {
    /// No node is the API server's service, and a worker is not the API server in any way.
    fn check_reserved(&self, node: &Node) -> Result<(), RecordError> {
        let reserved = |what: &str| Err(RecordError::Reserved(node.name.clone(), what.to_owned()));
        let services = self.service_names();
        let is_server = node.roles.contains(&NodeRole::ControlPlane);
        for name in std::iter::once(&node.name).chain(&node.dns) {
            let endpoint = self.0.endpoint.host == Host::Dns(name.clone());
            if name == "localhost" || services.contains(name) {
                return reserved(name);
            }
            if !is_server && (endpoint || self.0.extra_dns.contains(name)) {
                return reserved(name);
            }
        }
        for ip in &node.ips {
            let endpoint = self.0.endpoint.host == Host::Ip(*ip);
            let service = self.0.service_cidrs.iter().any(|net| net.contains(ip));
            if service || (!is_server && (endpoint || self.0.extra_ips.contains(ip))) {
                return reserved(&ip.to_string());
            }
        }
        Ok(())
    }
}

fn check_cluster(fields: &Fields) -> Result<(), RecordError> {
    if !is_short_name(&fields.name) {
        return Err(no_name(&fields.name));
    }
    if !is_dns_name(&fields.dns_domain) {
        return Err(no_name(&fields.dns_domain));
    }
    if !is_uid(&fields.uid) {
        return Err(RecordError::Uid(text::clip(&fields.uid, 64)));
    }
    match &fields.endpoint.host {
        Host::Ip(ip) => check_address(*ip),
        Host::Dns(_) => Ok(()),
    }
}

fn check_services(networks: &[IpNet]) -> Result<(), RecordError> {
    let families: BTreeSet<bool> = networks.iter().map(|net| net.addr().is_ipv4()).collect();
    if networks.is_empty() || networks.len() > families.len() {
        return Err(RecordError::ServiceCidrs);
    }
    for net in networks {
        let room = net.max_prefix_len().saturating_sub(net.prefix_len()) >= 2;
        if net.trunc() != *net || !room || check_address(net.addr()).is_err() {
            return Err(RecordError::ServiceCidr(*net));
        }
    }
    Ok(())
}

fn check_node(node: &Node) -> Result<(), RecordError> {
    if !is_short_name(&node.name) || !is_dns_name(&node.name) {
        return Err(no_name(&node.name));
    }
    if node.roles.is_empty() {
        return Err(RecordError::Missing(format!("the role of {}", node.name)));
    }
    if node.ips.is_empty() {
        return Err(RecordError::Missing(format!("an address of {}", node.name)));
    }
    if node.roles.contains(&NodeRole::Worker) && node.roles.iter().any(|role| *role != NodeRole::Worker) {
        return Err(RecordError::Roles(node.name.clone()));
    }
    let roles: BTreeSet<_> = node.roles.iter().collect();
    if roles.len() != node.roles.len() {
        return Err(RecordError::Twice(format!("a role of {}", node.name)));
    }
    check_names(&node.dns, &node.ips)
}

fn check_names(dns: &[String], ips: &[IpAddr]) -> Result<(), RecordError> {
    if dns.len() > MAX_NAMES || ips.len() > MAX_NAMES {
        return Err(RecordError::TooMany("names"));
    }
    if let Some(name) = dns.iter().find(|name| !is_dns_name(name)) {
        return Err(no_name(name));
    }
    ips.iter().try_for_each(|ip| check_address(*ip))?;
    unique(dns.iter())?;
    unique(ips.iter().map(IpAddr::to_string).collect::<Vec<_>>().iter())
}

/// Names and addresses belong to one node each.
fn check_twice(nodes: &[Node]) -> Result<(), RecordError> {
    unique(nodes.iter().flat_map(|node| std::iter::once(&node.name).chain(&node.dns)))?;
    unique(nodes.iter().flat_map(|node| &node.ips).map(IpAddr::to_string).collect::<Vec<_>>().iter())
}

fn check_address(ip: IpAddr) -> Result<(), RecordError> {
    let mapped = matches!(ip, IpAddr::V6(v6) if v6.to_ipv4_mapped().is_some());
    let broadcast = matches!(ip, IpAddr::V4(v4) if v4.is_broadcast());
    if ip.is_unspecified() || ip.is_loopback() || ip.is_multicast() || mapped || broadcast {
        return Err(RecordError::Address(ip));
    }
    Ok(())
}

fn unique<'a>(mut all: impl Iterator<Item = &'a String>) -> Result<(), RecordError> {
    let mut seen = BTreeSet::new();
    match all.find(|one| !seen.insert(*one)) {
        Some(twice) => Err(RecordError::Twice(text::escape(twice))),
        None => Ok(()),
    }
}

fn sort(fields: &mut Fields) {
    fields.extra_dns.sort();
    fields.extra_ips.sort();
    fields.nodes.sort_by(|a, b| a.name.cmp(&b.name));
    for node in &mut fields.nodes {
        node.roles.sort();
        node.dns.sort();
    }
}

/// `8-4-4-4-12` lower-case hex digits (RFC 9562, 4).
fn is_uid(text: &str) -> bool {
    let groups: Vec<_> = text.split('-').collect();
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups.iter().all(|group| group.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')))
}

fn no_name(name: &str) -> RecordError {
    RecordError::Name(text::clip(name, 80))
}

impl Refusal for RecordError {
    fn reason(&self) -> Reason {
        let usage = |code, hint| Reason::new(Class::Usage, code, hint);
        match self {
            Self::Form(_) => {
                Reason::new(Class::Verification, "RECORD_FORM", "have the record exported again by the other side")
            }
            Self::Size(_) => {
                Reason::new(Class::Verification, "RECORD_SIZE", "have the record exported again by the other side")
            }
            Self::Name(_) => usage("RECORD_NAME", "write the name as Kubernetes and DNS know it"),
            Self::Uid(_) => usage("RECORD_UID", "copy the UID of the namespace kube-system"),
            Self::ServiceCidrs => usage("RECORD_SERVICE_CIDRS", "copy --service-cluster-ip-range of the API server"),
            Self::ServiceCidr(_) => usage("RECORD_SERVICE_CIDR", "write the network address and its prefix length"),
            Self::Address(_) => usage("RECORD_ADDRESS", "write addresses that other hosts reach"),
            Self::Missing(_) => usage("RECORD_MISSING", "complete the record"),
            Self::Roles(_) => usage("RECORD_ROLES", "leave worker out where a node runs more than workloads"),
            Self::Twice(_) => usage("RECORD_TWICE", "give each name and address to one node only"),
            Self::Reserved(..) => usage("RECORD_RESERVED", "take the name or address from the node"),
            Self::TooMany(_) => usage("RECORD_TOO_MANY", "leave out what no certificate bears"),
        }
    }
}
