//! A cluster takes a next root in and retires the old one; from then on its certificates are issued by the new one.

use std::fs;
use std::ops::ControlFlow;

use airlock::cluster::role::{Domain, Role};
use airlock::devices::hsm::IssuerKeyType;
use airlock::exchange::csr_bundle::manifest::{TrustChange, TrustOp};
use airlock::exchange::draw::Sharing;
use airlock::exchange::roots::RootStatus;
use airlock::exchange::trace::Trace;
use airlock::offline::ca::roots::{NewRoots, next};
use airlock::offline::ca::{ceremony, install};
use airlock::offline::receive::receive;
use airlock::offline::room::Room;
use airlock::offline::{plan, verify};

use crate::rig::{tool, with_token};
use crate::scene::{Asks, Scene, asks, prod};
use crate::world::{AUDITOR, code, pin};

const ROOT_QUORUM: [&str; 4] = ["chen", "li", "wang", AUDITOR];

/// Received, every row typed by three officers, checked, and its plan closed.
fn planned(scene: &Scene, room: &mut Room, seq: u64, wishes: &[Asks], op: Option<TrustChange>) -> Trace {
    let ops = op.map(|op| TrustOp { domain: Domain::Etcd, op });
    let (medium, statement) = scene.bundle(room, seq, wishes, |draft| draft.trust_ops = ops.into_iter().collect());
    receive(room, &medium).unwrap();
    for id in ["chen", "li", "wang"] {
        scene.types(room, &statement, id, Sharing::Whole);
    }
    let trace = statement.lines().trace.clone();
    let checked = verify::verify(room, &trace).unwrap();
    assert_eq!(checked.checks.class(), None, "{:?}", checked.checks);
    plan::close(room, &trace).unwrap();
    trace
}

fn subject(room: &Room, status: RootStatus) -> String {
    let root = room.holding(&prod()).unwrap().root(Domain::Etcd, status);
    root.map(|root| root.certificate.subject().safe()).unwrap_or_default()
}

/// What the three statuses of the etcd roots are.
fn statuses(room: &Room) -> [String; 3] {
    [RootStatus::Current, RootStatus::Next, RootStatus::Retiring].map(|status| subject(room, status))
}

/// A next root for etcd.
fn makes_next(scene: &Scene, room: &mut Room, generation: &str) {
    let (domains, key) = (vec![Domain::Etcd], IssuerKeyType::P256);
    let new = NewRoots { cluster: prod(), domains, generation: generation.to_owned(), key, days: None };
    let token = room.login(pin()).unwrap();
    let trace = next(room, &token, &new).unwrap().fields().trace.clone();
    let agreed = ceremony::plan(room, &trace).unwrap().subject();
    scene.world.agree(room, &agreed);
    install::sign(room, &token, &trace, &mut |_| ControlFlow::Continue(())).unwrap();
    room.logout(token).unwrap();
}

#[test]
fn the_next_root_becomes_current_when_the_cluster_retires_the_old_one() {
    with_token(the_next_root_becomes_current_when_the_cluster_retires_the_old_one, |rig| {
        let (scene, mut room) = Scene::new(rig);
        makes_next(&scene, &mut room, "2027-1");
        let (old, new) = ("O=prod-1, CN=etcd-ca-2026-1", "O=prod-1, CN=etcd-ca-2027-1");
        assert_eq!(statuses(&room), [old, new, ""]);

        let introduced = planned(&scene, &mut room, 1, &[], Some(TrustChange::IntroduceRoot));
        // Two officers do not change what a cluster trusts.
        for id in ["chen", "li"] {
            scene.votes(&mut room, &introduced, id).unwrap();
        }
        assert_eq!(code(scene.seals(&mut room, &introduced, false)), "QUORUM_OFFICERS");
        for id in ["wang", AUDITOR] {
            scene.votes(&mut room, &introduced, id).unwrap();
        }
        scene.seals(&mut room, &introduced, false).unwrap();
        assert_eq!(statuses(&room), [old, new, ""], "nothing is issued by the next root yet");
        // A cluster that saw no package of ours is enrolled again before its next bundle.
        scene.enrols(&mut room);

        let retired = planned(&scene, &mut room, 2, &[], Some(TrustChange::RetireRoot));
        for id in ROOT_QUORUM {
            scene.votes(&mut room, &retired, id).unwrap();
        }
        assert_eq!(statuses(&room), [old, new, ""], "what was planned is not done");
        scene.seals(&mut room, &retired, false).unwrap();
        assert_eq!(statuses(&room), [new, "", old]);
        drop(room);
        let mut room = scene.world.open().unwrap();
        assert_eq!(statuses(&room), [new, "", old], "the log says the same");
        scene.enrols(&mut room);

        let leaf = planned(&scene, &mut room, 3, &[asks(Role::EtcdPeer, "cp1")], None);
        for id in ["chen", "li"] {
            scene.votes(&mut room, &leaf, id).unwrap();
        }
        scene.signs(&mut room, &leaf).unwrap();
        scene.seals(&mut room, &leaf, false).unwrap();
        is_issued_by_the_new_root(&scene, &room, &leaf);
        retires_once(&scene, room, &retired);
    });
}

/// The package that answered the retirement leaves once more, when another root is next already.
fn retires_once(scene: &Scene, mut room: Room, retired: &Trace) {
    makes_next(scene, &mut room, "2028-1");
    let expected = ["O=prod-1, CN=etcd-ca-2027-1", "O=prod-1, CN=etcd-ca-2028-1", "O=prod-1, CN=etcd-ca-2026-1"];
    assert_eq!(statuses(&room), expected);
    scene.seals(&mut room, retired, true).unwrap();
    assert_eq!(statuses(&room), expected);
    drop(room);
    assert_eq!(statuses(&scene.world.open().unwrap()), expected, "the log says the same");
}

fn is_issued_by_the_new_root(scene: &Scene, room: &Room, trace: &Trace) {
    let at = |name: &str| scene.world.dir.join(name).to_str().unwrap().to_owned();
    let root = room.holding(&prod()).unwrap().root(Domain::Etcd, RootStatus::Current).unwrap();
    fs::write(at("new.pem"), root.certificate.to_pem()).unwrap();
    fs::write(at("leaf.pem"), scene.issued(room, trace, 1)).unwrap();
    assert!(tool("openssl", &["verify", "-x509_strict", "-CAfile", &at("new.pem"), &at("leaf.pem")]).contains("OK"));
}
