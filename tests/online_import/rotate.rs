//! How far a cluster is and what the plan to the new root looks like, on a real accepted package.

use std::fs;

use airlock::cluster::embed::Holding;
use airlock::online::inventory::Looked;
use airlock::online::rotate::{Planned, Preflight, Status, Wish};
use airlock::online::stage::Choice as Wanted;
use airlock::report::document::Detail as _;
use airlock::rotation::check::Outcome;
use airlock::rotation::graph::Variant;
use airlock::rotation::plan::Tempo;
use airlock::rotation::preflight::Item;
use airlock::rotation::trust::Trust;

use crate::ca::Wish as Answer;
use crate::stage::accepted;
use crate::world::small;

const MANAGER: &str = "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - command:\n    - kube-controller-manager\n    \
    - --cluster-signing-cert-file=/etc/kubernetes/pki/ca.crt\n    image: registry.example/kcm:v1.32.3\n";

#[test]
fn every_place_is_told_and_the_old_root_stays_while_one_knows_it_alone() {
    let asked = accepted(small(), &Answer::default());
    let manifests = asked.world.base.join("cp1/etc/kubernetes/manifests");
    fs::create_dir_all(&manifests).unwrap();
    fs::write(manifests.join("kube-controller-manager.yaml"), MANAGER).unwrap();
    let mut room = asked.world.room();
    let looked = Looked::at(&room, &asked.world.roots(), &[]).unwrap();
    let old = looked.inventory.count(Holding::OnlyOld);
    // Three CA files and five kubeconfigs on each of three control planes, a CA file and a kubeconfig on the worker.
    assert_eq!((old, looked.inventory.count(Holding::Unreadable)), (26, 0), "{:#?}", looked.inventory.places);
    let status = Status::of(&mut room, looked).unwrap();
    assert!(!status.allows_drop);
    let cp1 = status.nodes.iter().find(|node| node.node == "cp1").unwrap();
    assert_eq!((cp1.trust, cp1.new_leaves, cp1.leaves), (Some(Trust::Old), 0, 12));
    assert_eq!(cp1.signs_with.as_deref(), Some("/etc/kubernetes/pki/ca.crt"));
    assert!(status.lines(80).iter().all(|line| line.len() <= 80));
    assert_eq!(status.json().unwrap()["nodes"].as_array().unwrap().len(), 4);
    // What is staged, put in place by hand, is seen.
    drop(room);
    asked.stage(&Wanted::default()).unwrap();
    let base = asked.world.base.join("cp1/etc");
    fs::copy(base.join("kubernetes.next/pki/ca.crt"), base.join("kubernetes/pki/ca.crt")).unwrap();
    let mut room = asked.world.room();
    let looked = Looked::at(&room, &asked.world.roots(), &[]).unwrap();
    assert_eq!((looked.inventory.count(Holding::OnlyOld), looked.inventory.count(Holding::Both)), (25, 1));
    let preflight = Preflight::of(&mut room, &looked).unwrap();
    assert!(!preflight.may_begin);
    let outcome = |item| preflight.items.iter().find(|line| line.item == item).unwrap().outcome;
    assert_eq!(outcome(Item::EtcdMembers), Outcome::Unknown);
    assert_eq!(outcome(Item::Signer), Outcome::Pass);
    assert_eq!(outcome(Item::OneCa), Outcome::Fail, "a bundle already");
    assert_eq!(outcome(Item::KubeletGate), Outcome::Pass, "the article is wrong, the cluster is not");
    assert_eq!(outcome(Item::Rollback), Outcome::Pass);
}

#[test]
fn the_plan_is_shown_with_its_cost_and_that_of_the_other_way() {
    let asked = accepted(small(), &Answer::default());
    let room = asked.world.room();
    let plan = |variant| Planned::new(&room, &asked.trace, Wish { variant, tempo: Tempo::default() }).unwrap();
    let (dual, bridge) = (plan(Variant::DualTrust), plan(Variant::Bridge));
    assert_eq!((dual.plan.cost().rounds, bridge.plan.cost().rounds), (2, 1));
    assert_eq!((dual.other.1, bridge.other.1), (bridge.plan.cost(), dual.plan.cost()));
    let lines = dual.lines(80).join("\n");
    assert!(lines.contains("load old+new trust: apiserver, etcd") && lines.contains("cross-signed bridge"), "{lines}");
    let json = dual.json().unwrap();
    let waves = json["waves"].as_array().unwrap();
    assert_eq!((waves[0]["stage"].as_str(), waves[0]["nodes"].as_array().map(Vec::len)), (Some("S2"), Some(3)));
    assert_eq!(waves.last().unwrap()["stage"], "S9");
}
