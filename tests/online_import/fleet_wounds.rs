//! What the holder of the cluster's own key could write into a node package, and what a node says of it.

use std::fs;
use std::io::Write as _;

use airlock::exchange::container::{self, Container, Entry, Layout};
use airlock::exchange::csr_bundle::layout::BundleLayout;
use airlock::exchange::node_package::layout::NodePackageLayout;
use airlock::exchange::seal::identity::Identity;
use airlock::exchange::seal::{Sealed, seal};
use airlock::exchange::signature::SigningKey as _;
use airlock::wire::digest::Digest;
use serde_json::{Value, json};

use crate::bridge::crossed;
use crate::fleet::{CLUSTER, NodeHost, fleet, split_all};
use crate::world::{choice, key};

/// A package, opened: its manifest and its files.
#[derive(Clone)]
struct Parts {
    manifest: Value,
    files: Vec<(String, Vec<u8>)>,
}

impl Parts {
    fn of(plain: &[u8]) -> Self {
        let container = Container::read(plain, &NodePackageLayout, key(CLUSTER).public_key()).unwrap();
        let files = container.files().iter().map(|file| (file.name.to_owned(), file.bytes.to_vec()));
        Self { manifest: serde_json::from_slice(container.manifest()).unwrap(), files: files.collect() }
    }

    fn file(&mut self, name: &str) -> &mut Vec<u8> {
        &mut self.files.iter_mut().find(|(known, _)| known == name).unwrap().1
    }

    fn sealed(&self, to: &NodeHost, layout: &dyn Layout) -> Vec<u8> {
        let manifest = serde_json::to_vec(&self.manifest).unwrap();
        let entries: Vec<_> = self.files.iter().map(|(name, bytes)| Entry { name, bytes }).collect();
        let plain = container::write(&manifest, &entries, layout, &key(CLUSTER)).unwrap();
        let mut sealed = seal(std::slice::from_ref(&to.recipient), Vec::new()).unwrap();
        sealed.write_all(&plain).unwrap();
        sealed.finish().unwrap()
    }
}

/// Something that is wrong, and the code of its refusal.
type Wound = (&'static str, fn(&mut Parts));

fn other_pem() -> Vec<u8> {
    let made = std::process::Command::new("openssl")
        .args(["genpkey", "-quiet", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"])
        .output();
    made.unwrap().stdout
}

const WOUNDS: &[Wound] = &[
    ("NODE_PACKAGE_MANIFEST", |parts| parts.manifest["note"] = json!("x")),
    ("NODE_PACKAGE_MANIFEST", |parts| parts.manifest["created"] = json!("today")),
    ("NODE_PACKAGE_FORMAT", |parts| parts.manifest["format"] = json!("airlock.node-package/2")),
    ("NODE_PACKAGE_SUITE", |parts| parts.manifest["suite"] = json!("other")),
    ("NODE_PACKAGE_CLUSTER", |parts| parts.manifest["cluster"] = json!("cluster:prod-2")),
    ("NODE_PACKAGE_CLUSTER", |parts| parts.manifest["uid"] = json!("3b6f1f0e-5a5e-4a8e-9a0f-0f2d1c3b4a00")),
    // Its own certificates under the name of another node are first of all strangers to it.
    ("NODE_PACKAGE_STRANGER", |parts| parts.manifest["node"] = json!("cp2")),
    ("NODE_PACKAGE_STRANGER", |parts| parts.manifest["certificates"][0]["request"]["where"]["node"] = json!("cp2")),
    ("NODE_PACKAGE_RECIPIENT", |parts| {
        parts.manifest["recipient"] = json!("age1lggyhqrw2nlhcxprm67z43rta597azn8gknawjehu9d9dl0jq3yqqvfafg");
    }),
    ("NODE_PACKAGE_ORDER", |parts| parts.manifest["certificates"].as_array_mut().unwrap().reverse()),
    ("NODE_PACKAGE_ORDER", |parts| {
        let twice = parts.manifest["certificates"][0].clone();
        parts.manifest["certificates"].as_array_mut().unwrap().insert(0, twice);
    }),
    ("NODE_PACKAGE_ORDER", |parts| parts.manifest["profiles"].as_array_mut().unwrap().reverse()),
    ("NODE_PACKAGE_PROFILE", |parts| {
        parts.manifest["profiles"].as_array_mut().unwrap().pop();
    }),
    ("NODE_PACKAGE_FILES", |parts| {
        parts.manifest["certificates"].as_array_mut().unwrap().pop();
    }),
    ("NODE_PACKAGE_FILES", |parts| parts.manifest["certificates"][0]["key"] = json!(false)),
    ("NODE_PACKAGE_FILES", |parts| parts.files.retain(|(name, _)| name != "context/people.json")),
    ("NODE_PACKAGE_CERTIFICATE", |parts| {
        parts.manifest["certificates"][0]["cert_sha256"] = json!(Digest::of(b"x").to_string());
    }),
    ("NODE_PACKAGE_CERTIFICATE", |parts| {
        parts.manifest["certificates"][0]["request"]["spki_sha256"] = json!(Digest::of(b"x").to_string());
    }),
    ("NODE_PACKAGE_CERTIFICATE", |parts| parts.file("certs/0001.pem").push(b'\n')),
    ("NODE_PACKAGE_CERTIFICATE", |parts| parts.file("certs/0001.pem").clear()),
    ("NODE_PACKAGE_ORDER", |parts| parts.manifest["crosses"] = json!(["kubernetes", "kubernetes"])),
    ("NODE_PACKAGE_FILES", |parts| parts.manifest["crosses"] = json!([])),
    ("NODE_PACKAGE_CROSSES", |parts| parts.file("crosses/kubernetes.pem").push(b'\n')),
    ("NODE_PACKAGE_CROSSES", |parts| parts.file("crosses/kubernetes.pem").clear()),
    ("NODE_PACKAGE_KEY", |parts| *parts.file("keys/0001.pem") = other_pem()),
    ("NODE_PACKAGE_KEY", |parts| parts.file("keys/0001.pem").push(b'\n')),
    ("NODE_PACKAGE_CA", |parts| parts.manifest["ca"] = json!("ca:root-ca-02")),
    ("ENROLMENT_FORM", |parts| parts.file("context/ca.json").push(b' ')),
    ("PEOPLE_FORM", |parts| parts.file("context/people.json").push(b' ')),
];

#[test]
fn each_wound_has_its_code_and_the_same_without_it_is_taken() {
    let (mut asked, _) = crossed(choice(&["etcd-peer", "scheduler"], &["cp1", "cp2"]));
    let nodes = fleet(&["cp1", "cp2"], &mut asked);
    let (cp1, world) = (&nodes[0], &asked.world);
    let identity = Identity::read(&fs::read(cp1.identity()).unwrap()).unwrap();
    let sealed = split_all(&asked).remove("cp1").unwrap();
    let good = Parts::of(&Sealed::parse(&sealed).unwrap().open(&identity).unwrap());
    for (at, (code, wound)) in WOUNDS.iter().enumerate() {
        let mut parts = good.clone();
        wound(&mut parts);
        assert_eq!(cp1.refuses(world, &parts.sealed(cp1, &NodePackageLayout)), *code, "wound {at}");
    }
    // A container of another format by the same key: its namespace is another.
    struct Other;
    impl Layout for Other {
        fn namespace(&self) -> airlock::exchange::signature::Namespace {
            BundleLayout.namespace()
        }
        fn cap(&self, name: &str) -> Option<usize> {
            NodePackageLayout.cap(name)
        }
    }
    assert_eq!(cp1.refuses(world, &good.sealed(cp1, &Other)), "SIGNATURE_NAMESPACE");
    cp1.accept(world, &good.sealed(cp1, &NodePackageLayout)).unwrap();
}
