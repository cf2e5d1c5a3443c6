//! The whole way on the cluster as kubeadm made it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use airlock::cluster::kubeconfig::{Kubeconfig, Material};
use airlock::exchange::csr_bundle::manifest::Manifest;
use airlock::exchange::signature::SigningKey as _;
use airlock::wire::digest::Digest;
use airlock::wire::json;

use crate::world::{Wish, World};

fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{program} {arguments:?}: {told}{}", String::from_utf8_lossy(&output.stderr));
    told
}

/// What openssl says of subject and names.
fn says(kind: &str, file: &str) -> (String, String) {
    let subject = run("openssl", &[kind, "-noout", "-subject", "-nameopt", "RFC2253,-esc_msb", "-in", file]);
    let text = run("openssl", &[kind, "-noout", "-text", "-in", file]);
    let mut lines = text.lines().skip_while(|line| !line.contains("Subject Alternative Name"));
    (subject, lines.nth(1).unwrap_or_default().trim().to_owned())
}

/// The container in `medium`, unpacked by unzip, and checked by sha256sum and ssh-keygen.
fn unpack(world: &World, medium: &Path) -> Manifest {
    let files: Vec<_> = fs::read_dir(medium).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(files.len(), 3);
    let by_end = |end: &str| files.iter().find(|path| path.to_str().unwrap().ends_with(end)).unwrap();
    let to = medium.join("unpacked");
    run("unzip", &["-q", by_end(".zip").to_str().unwrap(), "-d", to.to_str().unwrap()]);
    let checked = Command::new("sha256sum").args(["-c", "--quiet", "SHA256SUMS"]).current_dir(&to).status().unwrap();
    assert!(checked.success());
    let allowed = medium.join("allowed");
    fs::write(&allowed, format!("cluster:prod-1 {}\n", world.keys.statement.public_key())).unwrap();
    for (namespace, signed, signature) in [
        ("statement@airlock.v1", by_end(".txt").clone(), by_end(".txt.sig").clone()),
        ("csr-bundle@airlock.v1", to.join("SHA256SUMS"), to.join("SHA256SUMS.sig")),
    ] {
        let verified = Command::new("ssh-keygen")
            .args(["-Y", "verify", "-I", "cluster:prod-1", "-n", namespace, "-f"])
            .arg(&allowed)
            .arg("-s")
            .arg(signature)
            .stdin(fs::File::open(signed).unwrap())
            .output()
            .unwrap();
        assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
    }
    json::from_slice(&fs::read(to.join("MANIFEST.json")).unwrap()).unwrap()
}

#[test]
fn the_cluster_asks_for_38_certificates_and_openssl_agrees_with_each() {
    let world = World::new();
    let live = world.live();
    let (placed, sent) = world.send(Wish::default(), "stick");
    assert_eq!(world.live(), live, "a live file changed");
    assert_eq!((placed.files, placed.nodes.len()), (38, 4));
    assert_eq!(world.next().len(), 38);
    assert_eq!(sent.statement.lines().items, 38);
    let medium = world.medium("stick");
    let manifest = unpack(&world, &medium);
    assert_eq!(manifest.requests.len(), 38);
    for request in &manifest.requests {
        let csr = medium.join(format!("unpacked/requests/{}.csr.pem", request.id));
        let csr = csr.to_str().unwrap();
        run("openssl", &["req", "-verify", "-noout", "-in", csr]);
        let old = medium.join(format!("unpacked/context/replaced/{}.pem", request.id));
        assert_eq!(says("req", csr), says("x509", old.to_str().unwrap()), "{}", request.id);
        let key = next_key(&world, &request.place.node, &request.place.path, &medium);
        let of_key = run("openssl", &["pkey", "-pubout", "-in", &key]);
        assert_eq!(of_key, run("openssl", &["req", "-noout", "-pubkey", "-in", csr]));
        assert_ne!(of_key, run("openssl", &["x509", "-noout", "-pubkey", "-in", old.to_str().unwrap()]));
        assert!(run("openssl", &["pkey", "-noout", "-text", "-in", &key]).contains("2048 bit"));
        assert_eq!(request.validity_s, 365 * 24 * 60 * 60);
    }
}

/// A file with the new key of a request; of a kubeconfig, what is embedded in it.
fn next_key(world: &World, node: &str, path: &str, scratch: &Path) -> String {
    let next = airlock::cluster::layout::next(path).unwrap();
    let at = world.root(node).join(&next);
    if !path.ends_with(".conf") {
        return at.to_str().unwrap().replace(".crt", ".key");
    }
    let (new, old) = (fs::read_to_string(&at).unwrap(), fs::read_to_string(world.root(node).join(path)).unwrap());
    let config = Kubeconfig::parse(&new).unwrap();
    assert!(config.certificate().is_none(), "a key without its certificate is not complete");
    assert_eq!(config.server(), Kubeconfig::parse(&old).unwrap().server());
    let Some(Material::Embedded(pem)) = config.key() else { panic!("no key in {next}") };
    let file = scratch.join("key.pem");
    fs::write(&file, pem.as_bytes()).unwrap();
    file.to_str().unwrap().to_owned()
}

#[test]
fn the_manifest_says_what_the_statement_says() {
    let world = World::new();
    let (_, sent) = world.send(Wish { life_days: Some(14), validity_days: Some(90), ..Wish::default() }, "stick");
    let manifest = unpack(&world, &world.medium("stick"));
    let lines = sent.statement.lines();
    assert_eq!((&manifest.trace, &manifest.origin.party), (&lines.trace, &lines.from));
    assert_eq!((&manifest.audience.ca, manifest.expires), (&lines.to, lines.expires));
    assert_eq!(manifest.expires.since(manifest.created), 14 * 24 * 60 * 60);
    assert_eq!((manifest.seq, manifest.nonce.0.len(), manifest.voids.len()), (1, 32, 0));
    assert_eq!((manifest.receipts.len(), manifest.seen_checkpoint.is_none()), (0, true));
    let issuers = BTreeSet::from([Digest::of(b"a"), Digest::of(b"b")]);
    assert!(manifest.audience.issuers.iter().eq(&issuers), "sorted, each once");
    assert_eq!(manifest.origin.operators[0].as_str(), "zhang-wei");
    assert_eq!(manifest.origin.uid, world.config.record().fields().uid);
    let counted: u64 = manifest.counts.values().sum();
    assert_eq!(counted, 38);
    assert!(manifest.requests.iter().all(|request| request.validity_s == 90 * 24 * 60 * 60));
    let by_role: BTreeMap<_, _> = manifest.counts.iter().map(|(role, count)| (role.id(), *count)).collect();
    assert_eq!((by_role["apiserver"], by_role["kubelet-client"], by_role["kubelet-server"]), (3, 4, 1));
}
