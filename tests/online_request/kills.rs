//! A request killed at each system call by which it changes something or may.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use airlock::audit::entry::Actor;
use airlock::cluster::kubeconfig::{Kubeconfig, Material};
use airlock::exchange::container::Container;
use airlock::exchange::csr_bundle::layout::BundleLayout;
use airlock::exchange::csr_bundle::manifest::Manifest;
use airlock::exchange::signature::SigningKey as _;
use airlock::online::history::{Fate, History, Past};
use airlock::online::request::{Choice, Keys, export, place};
use airlock::pki::key::{KeyType, PublicKey};
use airlock::wire::digest::Digest;
use airlock::wire::json;

use crate::sweep::{changes, child, sweep_prepared};
use crate::world::{Wish, World};

/// One node, one key file and one kubeconfig: two keys, so that a run can die between them.
fn wish() -> Wish {
    let roles = ["etcd-peer", "scheduler"].map(|id| id.parse().unwrap()).to_vec();
    let choice = Choice { roles, nodes: vec!["cp1".to_owned()], keys: Keys::New(KeyType::P256), ..Choice::default() };
    Wish { choice, ..Wish::default() }
}

#[test]
fn child_requests() {
    child(|path| {
        let world = World::at(path);
        let mut desk = world.desk();
        let order = world.order(&mut desk, wish()).unwrap();
        let placed = place(&mut desk, order).unwrap();
        export(&mut desk, &Actor::system(), &placed.trace, &world.medium("stick")).unwrap();
    });
}

/// The keys that the bundle of `past` asks certificates for.
fn asked(world: &World, past: &Past) -> BTreeSet<Digest> {
    let kept = world.desk().kept(&past.requested.statement).unwrap();
    let container = Container::read(&kept.files[0].1, &BundleLayout, world.keys.statement.public_key()).unwrap();
    let manifest: Manifest = json::from_slice(container.manifest()).unwrap();
    manifest.requests.iter().map(|request| request.spki_sha256).collect()
}

/// The keys in the next generation.
fn lying(world: &World) -> BTreeSet<Digest> {
    let key = |name: &String| {
        let text = fs::read_to_string(world.base.join(name)).unwrap();
        let pem = match Kubeconfig::parse(&text) {
            Ok(config) => match config.key() {
                Some(Material::Embedded(pem)) => pem.to_string(),
                _ => panic!("no key in {name}"),
            },
            Err(_) => text,
        };
        PublicKey::of_private_pem(&pem).unwrap().spki_sha256()
    };
    world.next().keys().filter(|name| !name.ends_with(".airlock-tmp")).map(key).collect()
}

fn holds_signature(medium: &Path) -> bool {
    fs::read_dir(medium).is_ok_and(|mut all| all.any(|e| e.unwrap().path().extension().is_some_and(|e| e == "sig")))
}

#[test]
fn a_killed_request_leaves_nothing_that_counts_or_something_that_the_next_run_knows() {
    let template = World::new();
    let live = template.live().into_values().collect::<Vec<_>>();
    let prepare = |path: &Path| {
        let from = format!("{}/.", template.base.display());
        assert!(Command::new("cp").args(["-a", &from]).arg(path).status().unwrap().success());
    };
    sweep_prepared("kills::child_requests", prepare, changes, |path| {
        let world = World::at(path);
        assert_eq!(world.live().into_values().collect::<Vec<_>>(), live, "a live file changed");
        let history = History::of(world.desk().entries());
        let known: BTreeSet<_> = history.requests().iter().flat_map(|past| asked(&world, past)).collect();
        assert!(lying(&world).is_subset(&known), "a key of no request");
        let outstanding = history.outstanding().cloned();
        if holds_signature(&path.join("stick")) {
            assert!(outstanding.as_ref().is_some_and(|past| past.placed && asked(&world, past) == lying(&world)));
        }
        let trace = match outstanding.filter(|past| past.placed) {
            Some(past) => past.trace,
            None => world.request(wish()).unwrap().trace,
        };
        world.export(&trace, &world.medium("other")).unwrap();
        let history = History::of(world.desk().entries());
        let last = history.request(&trace).unwrap();
        assert!(last.fate == Fate::Outstanding && last.exported);
        assert_eq!(asked(&world, last), lying(&world));
        assert_eq!(world.next().len(), 2, "something was left behind");
        let kept = fs::read_dir(path.join("state/outbox")).unwrap().count();
        assert_eq!(kept, history.requests().len(), "a bundle was kept that no request names");
    });
}
