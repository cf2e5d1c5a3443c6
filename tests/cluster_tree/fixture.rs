//! The cluster as kubeadm made it.

use std::collections::BTreeMap;

use airlock::cluster::kubeconfig::{Kubeconfig, Material};
use airlock::cluster::role::{Domain, Role};
use airlock::cluster::scan::{Holds, KeyState};

use crate::openssl::{openssl, tell};
use crate::{NODES, copy, record, root, scan, trees};

#[test]
fn the_cluster_asks_for_38_certificates() {
    let report = scan(&trees());
    let mut by_role: BTreeMap<Role, Vec<&str>> = BTreeMap::new();
    for leaf in report.leaves() {
        by_role.entry(leaf.role.unwrap()).or_default().push(&leaf.node);
    }
    assert_eq!(report.leaves().count(), 38);
    for role in Role::ALL {
        let expected: &[&str] = match role.id() {
            "kubelet-client" => &NODES,
            "kubelet-server" => &["w1"],
            id if id.starts_with("intermediate") => &[],
            _ => &NODES[..3],
        };
        assert_eq!(by_role.get(role).map_or(&[][..], Vec::as_slice), expected, "{role}");
    }
    let privileged = report.leaves().filter(|leaf| leaf.says.as_ref().unwrap().privileged).count();
    assert_eq!(privileged, 4 * 3);
}

#[test]
fn cas_and_service_account_keys_are_listed_as_such() {
    let report = scan(&trees());
    let list = |holds: Holds| {
        let found = report.found.iter().filter(|found| found.holds == holds);
        found.map(|found| (found.node.as_str(), found.domain, found.key)).collect::<Vec<_>>()
    };
    let mut cas = Vec::new();
    for node in &NODES[..3] {
        cas.extend(Domain::ALL.map(|domain| (*node, Some(domain), KeyState::Matches)));
    }
    cas.push(("w1", Some(Domain::Kubernetes), KeyState::Missing));
    assert_eq!(list(Holds::Ca), cas);
    assert_eq!(
        list(Holds::ServiceAccountKey),
        NODES[..3].iter().map(|n| (*n, None, KeyState::Matches)).collect::<Vec<_>>()
    );
    assert_eq!(list(Holds::Other), []);
}

#[test]
fn all_that_is_wrong_with_it_is_that_the_ca_keys_lie_on_the_nodes() {
    let report = scan(&trees());
    let mut problems: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, _, problem) in report.problems() {
        *problems.entry(problem.code()).or_default() += 1;
    }
    assert_eq!(problems, BTreeMap::from([("CA_KEY_PRESENT", 9)]));
    assert!(report.leaves().all(|leaf| leaf.key == KeyState::Matches));
}

#[test]
fn openssl_reads_the_same_in_every_certificate() {
    for leaf in scan(&trees()).leaves() {
        let file = std::fs::read_to_string(root(&leaf.node).join(&leaf.path)).unwrap();
        let (pem, key) = if leaf.path.ends_with(".conf") {
            let config = Kubeconfig::parse(&file).unwrap();
            let (Some(Material::Embedded(pem)), Some(Material::Embedded(key))) = (config.certificate(), config.key())
            else {
                panic!()
            };
            ((**pem).clone(), (**key).clone())
        } else {
            let key = root(&leaf.node).join(leaf.path.replace(".crt", ".key"));
            (file, std::fs::read_to_string(key).unwrap())
        };
        let (told, says) = (tell(&pem), leaf.says.as_ref().unwrap());
        assert_eq!(says.subject, told.subject);
        assert_eq!(says.issuer, told.issuer);
        assert_eq!(says.serial.trim_start_matches("00"), told.serial.trim_start_matches("00"));
        assert_eq!(says.not_after.to_string(), told.not_after);
        assert_eq!(says.subject_alt_names, told.names);
        assert_eq!(says.key_type, "RSA-2048");
        assert_eq!(openssl("pkey -pubout", &key).unwrap(), told.public_key, "{}", leaf.path);
        let ca = root(&leaf.node).join(leaf.domain.unwrap().ca_certificate());
        assert!(openssl(&format!("verify -CAfile {} /dev/stdin", ca.display()), &pem).is_some(), "{}", leaf.path);
    }
}

#[test]
fn keys_that_others_may_read_are_named() {
    let trees: Vec<_> = trees().iter().map(|tree| copy(tree, tree.node(), |_| Some(0o640))).collect();
    let report = scan(&trees);
    let open = report.problems().filter(|(_, _, problem)| problem.code() == "KEY_MODE").count();
    assert_eq!(open, 38 + 9 + 3);
}

#[test]
fn every_certificate_bears_the_names_the_record_demands_and_no_other() {
    let record = record();
    for leaf in scan(&trees()).leaves() {
        let names = leaf.certificate().unwrap().subject_alt_names();
        assert_eq!(record.name_faults(leaf.role.unwrap(), &leaf.node, names), [], "{} {}", leaf.node, leaf.path);
        assert!(leaf.role.unwrap().accepts(leaf.certificate().unwrap().subject(), &leaf.node));
    }
}

#[test]
fn the_report_has_a_json_form_without_keys() {
    let json = serde_json::to_value(scan(&trees())).unwrap();
    assert_eq!(json["found"].as_array().unwrap().len(), 38 + 10 + 3);
    let first = &json["found"][0];
    assert_eq!(first["role"], "apiserver");
    assert_eq!(first["key"], "matches");
    assert_eq!(first["says"]["subject"], "CN=kube-apiserver");
    assert_eq!(first["says"]["notAfter"], "2027-11-22T06:37:07Z");
    let ca = json["found"].as_array().unwrap().iter().find(|found| found["holds"] == "ca").unwrap();
    assert_eq!(ca["problems"][0]["code"], "CA_KEY_PRESENT");
    assert!(!json.to_string().contains("PRIVATE KEY"));
}
