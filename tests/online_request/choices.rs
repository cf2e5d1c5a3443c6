//! What can be chosen, and what the review says of it.

use std::fs;
use std::process::Command;

use airlock::online::request::{Choice, Foreign, Keys, Review};
use airlock::pki::key::KeyType;
use airlock::refusal::Refused;

use crate::world::{Wish, World, fixture};

fn roles(ids: &[&str]) -> Vec<airlock::cluster::role::Role> {
    ids.iter().map(|id| id.parse().unwrap()).collect()
}

fn review(world: &World, choice: Choice) -> Result<Review, Refused> {
    world.draft(Wish { choice, ..Wish::default() }).map(|(draft, ..)| draft.review().clone())
}

fn code(result: Result<Review, Refused>) -> &'static str {
    result.err().map_or("", |refused| refused.reason().code)
}

fn rules(review: &Review) -> Vec<&'static str> {
    review.requests.iter().flat_map(|change| &change.findings).map(|finding| finding.rule).collect()
}

fn openssl(arguments: &[&str]) {
    let output = Command::new("openssl").args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?} {}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn nodes_and_roles_narrow_the_choice() {
    let world = World::new();
    let all = review(&world, Choice::default()).unwrap();
    assert_eq!((all.requests.len(), all.left_out.len(), rules(&all).len()), (38, 0, 0));
    assert_eq!(all.requests.iter().filter(|change| change.privileged).count(), 12);
    assert!(all.requests.iter().map(|change| change.id.to_string()).is_sorted());
    let one =
        Choice { nodes: vec!["cp2".to_owned()], roles: roles(&["etcd-peer", "etcd-server"]), ..Choice::default() };
    let one = review(&world, one).unwrap();
    assert_eq!(
        one.requests.iter().map(|c| (c.node.as_str(), c.role.id())).collect::<Vec<_>>(),
        [("cp2", "etcd-server"), ("cp2", "etcd-peer")]
    );
    assert_eq!(one.requests[0].replaces.as_ref().unwrap().validity_days, 365);
    assert!(one.requests[0].replaces.as_ref().unwrap().issuer_known && one.requests[0].names_added.is_empty());
    let unknown = Choice { nodes: vec!["cp9".to_owned()], ..Choice::default() };
    assert_eq!(code(review(&world, unknown)), "REQUEST_NOT_SCANNED");
    let none = Choice { nodes: vec!["w1".to_owned()], roles: roles(&["apiserver"]), ..Choice::default() };
    assert_eq!(code(review(&world, none)), "REQUEST_NOTHING");
    for days in [0, 3661] {
        let refused = world.draft(Wish { validity_days: Some(days), ..Wish::default() }).err().unwrap();
        assert_eq!(refused.reason().code, "REQUEST_VALIDITY");
    }
}

#[test]
fn a_certificate_that_does_not_exist_today_is_asked_for_by_the_table() {
    let world = World::new();
    let added = vec![("cp1".to_owned(), "intermediate-etcd".parse().unwrap())];
    let choice = Choice { roles: roles(&["etcd-peer"]), nodes: vec!["cp1".to_owned()], added, ..Choice::default() };
    let review = review(&world, choice).unwrap();
    let new = review.requests.iter().find(|change| change.role.id() == "intermediate-etcd").unwrap();
    assert_eq!((new.subject.as_str(), new.key_type.as_str(), new.privileged), ("CN=etcd-intermediate", "P-256", true));
    assert!(new.replaces.is_none() && new.findings.is_empty());
    let twice = vec![("cp1".to_owned(), "etcd-peer".parse().unwrap())];
    assert_eq!(code(self::review(&world, Choice { added: twice, ..Choice::default() })), "REQUEST_TWICE");
    let config = vec![("w1".to_owned(), "scheduler".parse().unwrap())];
    assert_eq!(code(self::review(&world, Choice { added: config, ..Choice::default() })), "REQUEST_NO_KUBECONFIG");
}

#[test]
fn keys_are_of_the_type_that_was_chosen() {
    for (key_type, told) in [(KeyType::P256, "P-256"), (KeyType::P384, "P-384"), (KeyType::Ed25519, "Ed25519")] {
        let world = World::new();
        let choice =
            Choice { roles: roles(&["etcd-peer", "scheduler"]), keys: Keys::New(key_type), ..Choice::default() };
        let reviewed =
            review(&world, Choice { keys: choice.keys, roles: choice.roles.clone(), ..Choice::default() }).unwrap();
        let change = &reviewed.requests[0];
        assert_eq!((change.key_type.as_str(), change.key_type_today.as_deref()), (told, Some("RSA-2048")));
        world.request(Wish { choice, ..Wish::default() }).unwrap();
        let key = world.root("cp1").join("etc/kubernetes.next/pki/etcd/peer.key");
        openssl(&["pkey", "-noout", "-in", key.to_str().unwrap()]);
    }
    let world = World::new();
    let odd = Choice { keys: Keys::New(KeyType::Rsa(2560)), ..Choice::default() };
    assert_eq!(world.request(Wish { choice: odd, ..Wish::default() }).unwrap_err().reason().code, "KEY_TYPE_NOT_MADE");
    assert!(world.next().is_empty());
}

#[test]
fn live_keys_are_used_again_where_that_is_asked_for() {
    let world = World::new();
    let live = world.live();
    let wish = || Wish { choice: Choice { keys: Keys::Reuse, ..Choice::default() }, ..Wish::default() };
    let reviewed = review(&world, wish().choice).unwrap();
    assert!(reviewed.requests.iter().all(|change| change.key_reused));
    assert_eq!(rules(&reviewed), ["K2"; 38]);
    let (placed, sent) = world.send(wish(), "stick");
    assert_eq!((placed.files, sent.statement.lines().items), (0, 38));
    assert!(world.next().is_empty());
    assert_eq!(world.live(), live);
    let key = world.root("cp1").join("etc/kubernetes/pki/etcd/peer.key");
    fs::copy(world.root("cp1").join("etc/kubernetes/pki/etcd/server.key"), key).unwrap();
    assert_eq!(code(review(&world, wish().choice)), "REQUEST_NO_KEY");
}

/// Puts a certificate of its own making, with its key, in the place of a live pair; signed by the cluster's CA.
fn reissue(world: &World, node: &str, pair: &str, ca: &str, subject: &str, names: &str) {
    let pki = world.root(node).join("etc/kubernetes/pki");
    let at = |name: &str| pki.join(name).to_str().unwrap().to_owned();
    let names = format!("subjectAltName={names}");
    let arguments =
        ["req", "-x509", "-utf8", "-newkey", "rsa:2048", "-nodes", "-days", "365", "-subj", subject, "-addext"];
    let files = ["-keyout", &at(&format!("{pair}.key")), "-out", &at(&format!("{pair}.crt"))];
    let issuer = ["-CA", &at(&format!("{ca}.crt")), "-CAkey", &at(&format!("{ca}.key"))];
    openssl(&[&arguments[..], &[&names], &files, &issuer].concat());
}

#[test]
fn what_the_ca_will_not_like_is_told_and_carried_over_exactly() {
    let world = World::new();
    reissue(&world, "cp1", "apiserver", "ca", "/CN=kube-apiserver", "DNS:cp1,IP:10.66.0.99,DNS:*.example");
    let only = || Choice { roles: roles(&["apiserver"]), nodes: vec!["cp1".to_owned()], ..Choice::default() };
    let reviewed = review(&world, only()).unwrap();
    let change = &reviewed.requests[0];
    assert_eq!(change.names, ["DNS:cp1", "IP:10.66.0.99", "DNS:*.example"]);
    let mut found = rules(&reviewed);
    found.dedup();
    assert_eq!(found, ["S3", "S2", "S1"]);
    let missing = change.findings.iter().filter(|finding| finding.rule == "S1").count();
    let added = review(&world, Choice { add_names: true, ..only() }).unwrap();
    assert_eq!(added.requests[0].names_added.len(), missing);
    assert!(rules(&added).iter().all(|rule| *rule != "S1"));
    assert_eq!(added.requests[0].names[..3], change.names[..]);
    world.request(Wish { choice: Choice { add_names: true, ..only() }, ..Wish::default() }).unwrap();
}

#[test]
fn repeated_and_multi_valued_rdns_survive() {
    let world = World::new();
    let subject = "/O=system:masters/O=team-b/OU=a+CN=kube-apiserver-kubelet-client";
    let pki = world.root("cp1").join("etc/kubernetes/pki");
    let at = |name: &str| pki.join(name).to_str().unwrap().to_owned();
    openssl(&[
        "req",
        "-x509",
        "-multivalue-rdn",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "365",
        "-subj",
        subject,
        "-CA",
        &at("ca.crt"),
        "-CAkey",
        &at("ca.key"),
        "-keyout",
        &at("apiserver-kubelet-client.key"),
        "-out",
        &at("apiserver-kubelet-client.crt"),
    ]);
    let choice =
        Choice { roles: roles(&["apiserver-kubelet-client"]), nodes: vec!["cp1".to_owned()], ..Choice::default() };
    let (_, _) = world.send(Wish { choice, ..Wish::default() }, "stick");
    let log = world.medium("stick");
    let zip =
        fs::read_dir(&log).unwrap().map(|e| e.unwrap().path()).find(|p| p.extension().is_some_and(|e| e == "zip"));
    let unzip = Command::new("unzip").arg("-p").arg(zip.unwrap()).arg("requests/0001.csr.pem").output().unwrap();
    let csr = log.join("csr.pem");
    fs::write(&csr, unzip.stdout).unwrap();
    let subject = |kind: &str, file: &str| {
        let output = Command::new("openssl").args([kind, "-noout", "-subject", "-in", file]).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let asked = subject("req", csr.to_str().unwrap());
    assert_eq!(asked, subject("x509", &at("apiserver-kubelet-client.crt")));
    assert!(asked.contains("O = system:masters, O = team-b, OU = a + CN = "), "{asked}");
}

#[test]
fn hostile_names_are_shown_escaped_and_nothing_else() {
    let world = World::new();
    reissue(&world, "cp1", "apiserver", "ca", "/CN=kube\u{202e}revresipa\u{1b}[2J", "DNS:cp1");
    let reviewed = review(&world, Choice::default()).unwrap();
    let json = serde_json::to_string(&reviewed).unwrap();
    assert!(json.is_ascii() && json.contains(r"CN=kube\\u{202e}revresipa\\x1b[2J"));
    let change = &reviewed.requests[0];
    let rules: Vec<_> = change.findings.iter().map(|finding| finding.rule).collect();
    assert_eq!(rules[..2], ["N1", "N2"]);
    let (_, sent) = world.send(Wish::default(), "stick");
    assert!(sent.statement.text().is_ascii());
    assert!(fs::read_to_string(world.state().join("log/entries.jsonl")).unwrap().is_ascii());
}

#[test]
fn a_kubelet_that_signed_itself_is_left_out_unless_it_is_named() {
    let world = World::new();
    let pki = world.root("w1").join("var/lib/kubelet/pki");
    let at = |name: &str| pki.join(name).to_str().unwrap().to_owned();
    openssl(&[
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "365",
        "-subj",
        "/CN=w1@1763",
        "-addext",
        "subjectAltName=DNS:w1",
        "-keyout",
        &at("kubelet.key"),
        "-out",
        &at("kubelet.crt"),
    ]);
    let all = review(&world, Choice::default()).unwrap();
    assert_eq!((all.requests.len(), all.left_out.len()), (37, 1));
    assert_eq!((all.left_out[0].node.as_str(), all.left_out[0].role.id()), ("w1", "kubelet-server"));
    let named = review(&world, Choice { roles: roles(&["kubelet-server"]), ..Choice::default() }).unwrap();
    assert_eq!(named.requests[0].subject, "O=system:nodes, CN=system:node:w1");
    assert!(named.requests[0].findings.is_empty() && named.requests[0].replaces.is_none());
}

#[test]
fn a_certificate_that_cannot_be_read_is_left_out_and_told() {
    let world = World::new();
    fs::write(world.root("cp1").join("etc/kubernetes/pki/apiserver.crt"), "damaged").unwrap();
    let all = review(&world, Choice::default()).unwrap();
    assert_eq!((all.requests.len(), all.left_out.len()), (37, 1));
}

fn foreign(world: &World, node: &str, role: &str, text: &[u8]) -> Result<Review, Refused> {
    let foreign = vec![Foreign::parse(node, role.parse().unwrap(), "x\u{202e}.csr", text)?];
    review(world, Choice { foreign, ..Choice::default() })
}

#[test]
fn requests_made_elsewhere_take_the_place_of_ours() {
    let world = World::new();
    let made = fs::read(fixture().join("../csr/kubeadm-apiserver-etcd-client.csr")).unwrap();
    let reviewed = foreign(&world, "cp1", "apiserver-etcd-client", &made).unwrap();
    assert_eq!(reviewed.requests.len(), 38);
    let change = reviewed.requests.iter().find(|c| c.node == "cp1" && c.role.id() == "apiserver-etcd-client").unwrap();
    assert_eq!(serde_json::to_value(change.key_origin).unwrap(), "elsewhere");
    assert!(change.replaces.is_some() && change.findings.is_empty(), "{:?}", change.findings);
    let parsed = || Foreign::parse("cp1", "apiserver-etcd-client".parse().unwrap(), "x", &made).unwrap();
    let choice = Choice { foreign: vec![parsed()], roles: roles(&["etcd-peer"]), ..Choice::default() };
    let (placed, sent) = world.send(Wish { choice, ..Wish::default() }, "stick");
    assert_eq!((placed.files, sent.statement.lines().items), (3, 4));
    let twice = Choice { foreign: vec![parsed(), parsed()], ..Choice::default() };
    assert_eq!(code(review(&world, twice)), "REQUEST_TWICE");
    let other_place = Foreign::parse("cp2", "apiserver-etcd-client".parse().unwrap(), "x", &made).unwrap();
    let same_key = Choice { foreign: vec![parsed(), other_place], ..Choice::default() };
    let refused = World::new().request(Wish { choice: same_key, ..Wish::default() }).unwrap_err();
    assert_eq!(refused.reason().code, "REQUEST_KEY_TWICE");
    let stranger = Foreign::parse("cp9", "apiserver-etcd-client".parse().unwrap(), "x", &made).unwrap();
    assert_eq!(code(review(&world, Choice { foreign: vec![stranger], ..Choice::default() })), "NODE_NOT_IN_RECORD");
}

#[test]
fn each_request_of_the_table_is_taken_whole_or_refused_with_its_reason() {
    let world = World::new();
    let mut accepted = 0;
    for entry in fs::read_dir(fixture().join("../csr")).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.extension().is_none_or(|extension| extension != "csr") {
            continue;
        }
        let bytes = fs::read(&entry).unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let expected = text.lines().find_map(|line| line.strip_prefix("expect: ")).unwrap().to_owned();
        match foreign(&world, "cp1", "scheduler", &bytes) {
            Ok(reviewed) => {
                accepted += 1;
                assert_eq!(expected, "accepted", "{}", entry.display());
                assert!(serde_json::to_string(&reviewed).unwrap().is_ascii());
            }
            Err(refused) => {
                assert_eq!(refused.reason().code, expected, "{}", entry.display());
                assert!(refused.to_string().starts_with(r"x\u{202e}.csr: "), "{refused}");
            }
        }
    }
    assert!(accepted > 20, "{accepted}");
}
