//! A whole ceremony, and the package judged by openssl and by what importers read.

use std::fs;

use airlock::audit::event::Event;
use airlock::cluster::role::{Domain, Role};
use airlock::exchange::cert_package::layout::PackageLayout;
use airlock::exchange::cert_package::manifest::Manifest;
use airlock::exchange::container::Container;
use airlock::exchange::roots::RootStatus;
use airlock::exchange::seal::Sealed;
use airlock::offline::machine::Machine;
use airlock::offline::review::review;
use airlock::offline::seal::{self, sheet::sheet};
use airlock::offline::verify::verify;
use airlock::report::checks::{CheckId, Status};
use airlock::wire::json;

use crate::rig::{tool, with_token};
use crate::scene::{Asks, DAY, Scene, asks, identity, kubeadm, prod};
use crate::world::code;

#[test]
fn a_bundle_is_answered_by_a_package_that_openssl_takes() {
    with_token(a_bundle_is_answered_by_a_package_that_openssl_takes, |rig| {
        let (scene, mut room) = Scene::new(rig);
        let (old, issuer) = (kubeadm("apiserver.crt"), kubeadm("ca.crt").public_key().spki_sha256());
        let wishes = [
            Asks { replaces: Some((old, issuer)), ..asks(Role::Apiserver, "cp1") },
            asks(Role::Admin, "cp1"),
            asks(Role::EtcdPeer, "cp1"),
            Asks { validity_s: 999 * DAY, ..asks(Role::Scheduler, "cp1") },
        ];
        let (medium, _) = scene.bundle(&room, 1, &wishes, |_| {});
        let trace = scene.confirmed(&mut room, &medium);
        assert_eq!(code(review(&room, &trace)), "CASE_NOT_VERIFIED");

        let checked = verify(&mut room, &trace).unwrap();
        let of = |id| checked.checks.all().iter().find(|check| check.id() == id).unwrap().status();
        assert_eq!(checked.checks.all().len(), 12, "{:?}", checked.checks);
        assert_eq!((of(CheckId::V10), of(CheckId::V12)), (Status::Warn, Status::Deny), "{:?}", checked.checks);
        let passed = checked.checks.all().iter().filter(|check| check.status() == Status::Ok).count();
        assert_eq!(passed, 10, "{:?}", checked.checks);
        assert_eq!(review(&room, &trace).unwrap().ticked, 1);

        let closed = airlock::offline::plan::close(&mut room, &trace).unwrap();
        assert_eq!(closed.plan.fields().rule.name.as_str(), "privileged");
        assert_eq!(code(scene.signs(&mut room, &trace)), "QUORUM_OFFICERS");
        scene.votes(&mut room, &trace, "chen").unwrap();
        assert_eq!(code(scene.seals(&mut room, &trace, false)), "QUORUM_OFFICERS");
        scene.votes(&mut room, &trace, "li").unwrap();
        scene.votes(&mut room, &trace, "zhao").unwrap();
        assert_eq!(code(seal::kept(&room, &trace)), "SEAL_NOT_SEALED");
        scene.signs(&mut room, &trace).unwrap();
        scene.signs(&mut room, &trace).unwrap();
        assert_eq!(Scene::count(&room, |event| matches!(event, Event::Signed(_))), 5, "three roots' and this plan's");
        let entry = scene.seals(&mut room, &trace, false).unwrap();
        assert_eq!(scene.seals(&mut room, &trace, false).unwrap(), entry, "sealed once");

        drop(room);
        let mut room = scene.world.open().unwrap();
        judged(&scene, &room, &trace);
        let out = scene.medium("out");
        Scene::exports(&mut room, &trace, &out).unwrap();
        assert_eq!(fs::read_dir(&out).unwrap().count(), 3);
        let (kept, contents) = sheet(&room, &trace).unwrap();
        assert_eq!(contents.items(), 3);
        assert_eq!(kept.statement.lines().items, 3);
        // What was answered is not taken in again.
        assert_eq!(code(airlock::offline::receive::receive(&mut room, &medium)), "ARRIVAL_SPENT");
        assert_eq!(code(airlock::offline::plan::close(&mut room, &trace)), "PLAN_ANOTHER_ANNOUNCED");
    });
}

fn judged(scene: &Scene, room: &airlock::offline::room::Room, trace: &airlock::exchange::trace::Trace) {
    let kept = seal::kept(room, trace).unwrap();
    let plain = Sealed::parse(&kept.files[0].1).unwrap().open(&identity()).unwrap();
    let key = room.machine_key(Machine::Statement).unwrap();
    let container = Container::read(&plain, &PackageLayout, &key).unwrap();
    let manifest: Manifest = json::from_slice(container.manifest()).unwrap();
    assert_eq!((manifest.results.len(), manifest.issued(), manifest.package_seq), (4, 3, 1));
    assert_eq!(manifest.crls.len(), 2, "of the two CAs that issued");
    let holding = room.holding(&prod()).unwrap();
    for (number, domain) in [("0001", Domain::Kubernetes), ("0002", Domain::Kubernetes), ("0003", Domain::Etcd)] {
        let root = scene.world.dir.join("root.pem");
        fs::write(&root, holding.root(domain, RootStatus::Current).unwrap().certificate.to_pem()).unwrap();
        let file = scene.world.dir.join(format!("{number}.pem"));
        fs::write(&file, container.get(&format!("certs/{number}.pem")).unwrap()).unwrap();
        let arguments = ["verify", "-x509_strict", "-CAfile", root.to_str().unwrap(), file.to_str().unwrap()];
        assert!(tool("openssl", &arguments).contains("OK"));
    }
    for name in ["approvals/chen.txt", "approvals/li.txt.sig", "approvals/zhao.txt", "audit/entries.jsonl"] {
        assert!(container.get(name).is_some(), "{name}");
    }
}
