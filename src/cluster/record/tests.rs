//! Tests of the cluster record.

use std::net::IpAddr;

use proptest::prelude::*;

use super::*;
use crate::cluster::record::NodeRole::{ControlPlane, Etcd, Worker};
use crate::cluster::record::names::NameFault;
use crate::cluster::role::Role;
use crate::pki::san::{AltName, SubjectAltNames};
use crate::refusal::Refusal as _;
use crate::wire::digest::Digest;

const FIXTURE: &[u8] = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/cluster/prod-1.cluster.json"));

fn fields() -> Fields {
    Record::from_json(FIXTURE).unwrap().fields().clone()
}

fn refused(change: impl FnOnce(&mut Fields)) -> &'static str {
    let mut fields = fields();
    change(&mut fields);
    Record::try_from(fields).unwrap_err().reason().code
}

fn dns(name: &str) -> AltName {
    AltName::Dns(name.to_owned())
}

fn ip(text: &str) -> AltName {
    AltName::Ip(text.parse().unwrap())
}

#[test]
fn a_record_has_one_encoding() {
    let record = Record::from_json(FIXTURE).unwrap();
    assert_eq!(record.to_json().unwrap(), FIXTURE);
    assert_eq!(record.digest().unwrap(), Digest::of(FIXTURE));
    let text = std::str::from_utf8(FIXTURE).unwrap();
    let swapped = text.replace("cp1", "cpX").replace("cp2", "cp1").replace("cpX", "cp2");
    for other in [
        format!("{text}\n"),
        text.replace("\"prod-1\"", "\"prod-1\",\"note\":\"x\""),
        text.replace("cluster/1", "cluster/2"),
        text.replace("[\"control-plane\",\"etcd\"]", "[\"etcd\",\"control-plane\"]"),
        text.replace("\"worker\"", "\"master\""),
        text.replace("\"name\":\"w1\",", ""),
        text.replace("10.66.0.21", "10.66.0.021"),
        text.replace("10.96.0.0/16", "10.96.0.0/016"),
        text.replace("\"endpoint\"", "\"extra_dns\":[],\"endpoint\""),
        swapped,
    ] {
        assert_ne!(other, text);
        assert!(matches!(Record::from_json(other.as_bytes()), Err(RecordError::Form(_))), "{other}");
    }
}

#[test]
fn what_a_person_wrote_in_any_order_becomes_one_record() {
    let mut shuffled = fields();
    shuffled.nodes.reverse();
    shuffled.nodes[1].roles.reverse();
    assert_eq!(Record::try_from(shuffled).unwrap().to_json().unwrap(), FIXTURE);
}

#[test]
fn what_is_wrong_has_its_code() {
    assert_eq!(refused(|f| f.name = "Prod".to_owned()), "RECORD_NAME");
    assert_eq!(refused(|f| f.dns_domain = "cluster.local.".to_owned()), "RECORD_NAME");
    assert_eq!(refused(|f| f.extra_dns = vec!["*.example".to_owned()]), "RECORD_NAME");
    assert_eq!(refused(|f| f.nodes[0].name = "a..b".to_owned()), "RECORD_NAME");
    assert_eq!(refused(|f| f.nodes[0].dns = vec!["CP1".to_owned()]), "RECORD_NAME");
    assert_eq!(refused(|f| f.uid = f.uid.to_uppercase()), "RECORD_UID");
    assert_eq!(refused(|f| f.uid.truncate(35)), "RECORD_UID");
    assert_eq!(refused(|f| f.service_cidrs.clear()), "RECORD_SERVICE_CIDRS");
    assert_eq!(refused(|f| f.service_cidrs.push("10.97.0.0/16".parse().unwrap())), "RECORD_SERVICE_CIDRS");
    assert_eq!(refused(|f| f.service_cidrs = vec!["10.96.0.1/16".parse().unwrap()]), "RECORD_SERVICE_CIDR");
    assert_eq!(refused(|f| f.service_cidrs = vec!["10.96.0.0/31".parse().unwrap()]), "RECORD_SERVICE_CIDR");
    assert_eq!(refused(|f| f.service_cidrs = vec!["224.0.0.0/16".parse().unwrap()]), "RECORD_SERVICE_CIDR");
    for address in ["0.0.0.0", "127.0.0.2", "224.0.0.1", "255.255.255.255", "::", "::1", "ff02::1", "::ffff:10.0.0.1"] {
        assert_eq!(refused(|f| f.nodes[0].ips.push(address.parse().unwrap())), "RECORD_ADDRESS", "{address}");
    }
    assert_eq!(refused(|f| f.endpoint = "127.0.0.1:6443".parse().unwrap()), "RECORD_ADDRESS");
    assert_eq!(refused(|f| f.nodes.clear()), "RECORD_MISSING");
    assert_eq!(refused(|f| f.nodes[0].roles.clear()), "RECORD_MISSING");
    assert_eq!(refused(|f| f.nodes[0].ips.clear()), "RECORD_MISSING");
    assert_eq!(refused(|f| f.nodes[0].roles = vec![Worker, Etcd]), "RECORD_ROLES");
    assert_eq!(refused(|f| f.nodes[0].roles = vec![Etcd, Etcd]), "RECORD_TWICE");
    assert_eq!(refused(|f| f.nodes[0].name = "cp2".to_owned()), "RECORD_TWICE");
    assert_eq!(refused(|f| f.nodes[0].dns = vec!["cp2".to_owned()]), "RECORD_TWICE");
    assert_eq!(refused(|f| f.nodes[0].ips = f.nodes[1].ips.clone()), "RECORD_TWICE");
    assert_eq!(refused(|f| f.extra_dns = vec!["a".to_owned(), "a".to_owned()]), "RECORD_TWICE");
    assert_eq!(refused(|f| f.extra_dns = (0..65).map(|i| format!("a{i}")).collect()), "RECORD_TOO_MANY");
    assert_eq!(Record::from_json(&vec![b' '; (1 << 20) + 1]).unwrap_err().reason().code, "RECORD_SIZE");
}

#[test]
fn a_worker_bears_no_name_of_the_api_server() {
    let worker = 3;
    for change in [
        &(|f: &mut Fields| f.nodes[worker].name = "kubernetes".to_owned()) as &dyn Fn(&mut Fields),
        &|f| f.nodes[worker].dns = vec!["kubernetes.default.svc.cluster.local".to_owned()],
        &|f| f.nodes[worker].dns = vec!["localhost".to_owned()],
        &|f| f.nodes[worker].ips = vec!["10.66.0.10".parse().unwrap()],
        &|f| f.nodes[worker].ips.push("10.96.0.1".parse().unwrap()),
        &|f| {
            f.extra_dns = vec!["lb.example".to_owned()];
            f.nodes[worker].dns = vec!["lb.example".to_owned()];
        },
        &|f| f.nodes[0].dns = vec!["kubernetes.default".to_owned()],
        &|f| f.nodes[0].ips.push("10.96.7.7".parse().unwrap()),
    ] {
        assert_eq!(refused(change), "RECORD_RESERVED");
    }
    let mut single = fields();
    single.nodes[0].ips.push("10.66.0.10".parse().unwrap());
    assert!(Record::try_from(single).is_ok());
}

#[test]
fn required_names_are_those_of_kubeadm() {
    let record = Record::from_json(FIXTURE).unwrap();
    let required = |role, node| {
        let names = record.required(role, node);
        names.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(
        required(Role::Apiserver, "cp1"),
        "DNS:cp1 IP:10.66.0.11 DNS:kubernetes DNS:kubernetes.default DNS:kubernetes.default.svc \
         DNS:kubernetes.default.svc.cluster.local IP:10.96.0.1 IP:10.66.0.10"
    );
    assert_eq!(required(Role::EtcdServer, "cp2"), "DNS:cp2 IP:10.66.0.12 DNS:localhost IP:127.0.0.1");
    assert_eq!(required(Role::EtcdPeer, "cp2"), "DNS:cp2 IP:10.66.0.12");
    assert_eq!(required(Role::KubeletServer, "w1"), "DNS:w1 IP:10.66.0.21");
    assert_eq!(required(Role::KubeletClient, "w1"), "");
    assert_eq!(required(Role::KubeletServer, "w2"), "");
}

#[test]
fn names_beyond_the_record_are_not_allowed() {
    let record = Record::from_json(FIXTURE).unwrap();
    for (role, node, name, allowed) in [
        (Role::Apiserver, "cp1", dns("cp2"), true),
        (Role::Apiserver, "cp1", ip("127.0.0.1"), true),
        (Role::Apiserver, "cp1", ip("10.66.0.10"), true),
        (Role::Apiserver, "cp1", dns("w1"), false),
        (Role::Apiserver, "cp1", ip("10.0.0.99"), false),
        (Role::Apiserver, "cp1", ip("10.96.0.2"), false),
        (Role::Apiserver, "w1", dns("w1"), false),
        (Role::EtcdPeer, "cp1", ip("10.66.0.13"), true),
        (Role::EtcdPeer, "cp1", dns("localhost"), true),
        (Role::EtcdPeer, "cp1", ip("10.66.0.10"), false),
        (Role::EtcdPeer, "cp1", dns("kubernetes"), false),
        (Role::EtcdPeer, "w1", dns("w1"), false),
        (Role::KubeletServer, "w1", dns("w1"), true),
        (Role::KubeletServer, "w1", dns("localhost"), false),
        (Role::KubeletServer, "w1", dns("cp1"), false),
        (Role::KubeletServer, "w9", dns("w9"), false),
        (Role::Scheduler, "cp1", dns("cp1"), false),
    ] {
        assert_eq!(record.allows(role, node, &name), allowed, "{role} {node} {name}");
    }
}

#[test]
fn faults_of_names_are_told_apart() {
    let record = Record::from_json(FIXTURE).unwrap();
    let uri = AltName::Other { tag: 6, der: vec![0x86, 1, b'x'] };
    let names = [dns("w1"), dns("*.w1"), ip("10.0.0.99"), uri.clone()];
    let names = SubjectAltNames::from_names(&names).unwrap();
    assert_eq!(
        record.name_faults(Role::KubeletServer, "w1", Some(&names)),
        [
            NameFault::Kind(dns("*.w1")),
            NameFault::Outside(ip("10.0.0.99")),
            NameFault::Kind(uri),
            NameFault::Missing(ip("10.66.0.21")),
        ]
    );
    assert_eq!(record.name_faults(Role::KubeletClient, "w1", None), []);
    assert_eq!(record.name_faults(Role::EtcdPeer, "cp1", None).len(), 2);
}

#[test]
fn both_families_have_a_first_service_address() {
    let mut dual = fields();
    dual.service_cidrs.push("fd00:96::/112".parse().unwrap());
    let record = Record::try_from(dual).unwrap();
    assert_eq!(record.service_ips(), ["10.96.0.1".parse::<IpAddr>().unwrap(), "fd00:96::1".parse().unwrap()]);
    assert!(record.allows(Role::Apiserver, "cp1", &ip("fd00:96::1")));
    assert!(!record.required(Role::Apiserver, "cp1").contains(&ip("fd00:96::1")));
}

fn node() -> impl Strategy<Value = Node> {
    let roles = prop_oneof![Just(vec![Worker]), Just(vec![Etcd]), Just(vec![Etcd, ControlPlane])];
    ("[a-z][a-z0-9]{0,8}", roles, proptest::collection::vec("[a-z]{1,6}\\.[a-z]{1,6}", 0..3), any::<[u8; 3]>())
        .prop_map(|(name, roles, dns, [a, b, c])| Node { name, roles, dns, ips: vec![[11, a, b, c].into()] })
}

proptest! {
    #[test]
    fn every_record_reads_back(nodes in proptest::collection::vec(node(), 1..6)) {
        let written = Record::try_from(Fields { nodes, ..fields() });
        if let Ok(record) = written {
            let bytes = record.to_json().unwrap();
            prop_assert_eq!(Record::from_json(&bytes).unwrap(), record.clone());
            for role in Role::ALL {
                for node in record.nodes().iter().filter(|node| record.hosts(*role, node)) {
                    for name in record.required(*role, &node.name) {
                        prop_assert!(record.allows(*role, &node.name, &name), "{} {}", role, name);
                    }
                }
            }
        }
    }

    #[test]
    fn damaged_bytes_are_refused_or_another_record(at in 0..FIXTURE.len(), byte: u8) {
        let mut bytes = FIXTURE.to_vec();
        bytes[at] = byte;
        if let Ok(record) = Record::from_json(&bytes) {
            prop_assert_eq!(record.to_json().unwrap(), bytes);
        }
    }
}
