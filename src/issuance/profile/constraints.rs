//! The name constraints of intermediates, from the cluster record.
//!
//! An intermediate's key lives online, so it certifies as little as it can be of use for: that of Kubernetes the names
//! of the nodes, for their kubelets, and never those of the API server's service; that of etcd the names of its members,
//! the extra names and the loopback they listen on; that of the front proxy no name at all, for it certifies clients only.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use crate::cluster::record::{Node, NodeRole, Record};
use crate::cluster::role::Domain;
use crate::pki::extension::{NameConstraints, Subtree};

/// The longest value that is written, in bytes: with more, every handshake would carry it.
pub const MAX_BYTES: usize = 16 * 1024;

/// The constraints of the intermediate of `domain`; none where the record has more names than [`MAX_BYTES`] carry.
pub fn of(domain: Domain, record: &Record) -> Option<NameConstraints> {
    let constraints = match domain {
        Domain::Kubernetes => permitted(record.nodes().iter(), Vec::new(), Vec::new()),
        Domain::Etcd => {
            let members = record.nodes().iter().filter(|node| node.roles.contains(&NodeRole::Etcd));
            let mut names = record.fields().extra_dns.clone();
            names.push("localhost".to_owned());
            let mut ips = record.fields().extra_ips.clone();
            ips.extend([IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)]);
            permitted(members, names, ips)
        }
        Domain::FrontProxy => nothing(),
    };
    Some(constraints).filter(|constraints| constraints.to_der().len() <= MAX_BYTES)
}

fn permitted<'a>(nodes: impl Iterator<Item = &'a Node> + Clone, dns: Vec<String>, ips: Vec<IpAddr>) -> NameConstraints {
    let own = nodes.clone().flat_map(|node| std::iter::once(&node.name).chain(&node.dns)).cloned();
    let ips = nodes.flat_map(|node| node.ips.clone()).chain(ips);
    let permitted = own.chain(dns).map(Subtree::Dns).chain(ips.map(|ip| Subtree::Ip(IpNet::from(ip)))).collect();
    NameConstraints { permitted, excluded: Vec::new() }
}

/// No DNS name and no address.
fn nothing() -> NameConstraints {
    let every = [IpNet::V4(Ipv4Net::default()), IpNet::V6(Ipv6Net::default())];
    let excluded = std::iter::once(Subtree::Dns(String::new())).chain(every.map(Subtree::Ip)).collect();
    NameConstraints { permitted: Vec::new(), excluded }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::record::Fields;

    const FIXTURE: &[u8] = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/cluster/prod-1.cluster.json"));

    fn permits(domain: Domain) -> String {
        let constraints = of(domain, &Record::from_json(FIXTURE).unwrap()).unwrap();
        let one = |subtree: &Subtree| match subtree {
            Subtree::Dns(name) => name.clone(),
            Subtree::Ip(net) => net.to_string(),
        };
        let list = |list: &[Subtree]| list.iter().map(one).collect::<Vec<_>>().join(" ");
        format!("{}|{}", list(&constraints.permitted), list(&constraints.excluded))
    }

    #[test]
    fn each_intermediate_has_the_names_it_needs_and_no_other() {
        let nodes = "cp1 cp2 cp3 w1 10.66.0.11/32 10.66.0.12/32 10.66.0.13/32 10.66.0.21/32|";
        let members = "cp1 cp2 cp3 localhost 10.66.0.11/32 10.66.0.12/32 10.66.0.13/32 127.0.0.1/32 ::1/128|";
        assert_eq!(permits(Domain::Kubernetes), nodes);
        assert_eq!(permits(Domain::Etcd), members);
        assert_eq!(permits(Domain::FrontProxy), "| 0.0.0.0/0 ::/0");
    }

    #[test]
    fn a_record_may_have_too_many_names() {
        let many = |count: u8| {
            let mut fields: Fields = Record::from_json(FIXTURE).unwrap().fields().clone();
            let worker = fields.nodes[3].clone();
            let node = |i: u8| Node { name: format!("node-{i}"), ips: vec![[10, 67, 0, i].into()], ..worker.clone() };
            let dns = |i: u8, j: u8| format!("node-{i}-{j}.rack.datacentre.example");
            fields.nodes.extend((1..count).map(|i| Node { dns: (0..4).map(|j| dns(i, j)).collect(), ..node(i) }));
            of(Domain::Kubernetes, &Record::try_from(fields).unwrap())
        };
        assert!(many(60).is_some());
        assert!(many(200).is_none());
    }
}
