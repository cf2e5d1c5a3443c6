//! Certificates beside the live ones, and nothing else anywhere.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use airlock::audit::entry::{Actor, Side};
use airlock::audit::event::Event;
use airlock::cluster::kubeconfig::{Kubeconfig, Material};
use airlock::cluster::layout;
use airlock::cluster::role::{Domain, Files, Role};
use airlock::desk::unfinished::{Stage as Waits, unfinished};
use airlock::exchange::csr_bundle::number::Number;
use airlock::online::request::{Choice, Keys};
use airlock::online::scan::NodeRoot;
use airlock::online::stage::{self, Choice as Wanted, Goods, Plan, Staged};
use airlock::pki::certificate::Certificate;
use airlock::pki::key::KeyType;
use airlock::refusal::Refused;
use airlock::wire::digest::Digest;

use crate::ca::Wish;
use crate::verify::{Asked, asked};
use crate::world::{NODES, World, choice, small};

/// A host with a package that was accepted.
pub(crate) fn accepted(choice: Choice, wish: &Wish<'_>) -> Asked {
    let mut asked = asked(choice);
    let done = asked.import(wish);
    assert!(done.accepted.is_some(), "{:#?}", done.checks);
    asked
}

impl Asked {
    fn plan(&self, roots: &[NodeRoot], wanted: &Wanted) -> Result<Plan, Refused> {
        let room = self.world.room();
        Plan::new(&room, Goods::accepted(&room, &self.trace)?, roots, wanted)
    }

    pub(crate) fn stage(&self, wanted: &Wanted) -> Result<Staged, Refused> {
        let plan = self.plan(&self.world.roots(), wanted)?;
        stage::stage(&mut self.world.room(), &plan, &Actor::system())
    }
}

fn is_next(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str().to_str().unwrap().ends_with(".next"))
}

fn walk(root: &Path, found: &mut BTreeMap<PathBuf, Digest>) {
    for entry in fs::read_dir(root).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if entry.file_type().unwrap().is_dir() {
            walk(&path, found);
        } else if entry.file_type().unwrap().is_symlink() {
            found.insert(path.clone(), Digest::of(fs::read_link(&path).unwrap().to_str().unwrap().as_bytes()));
        } else {
            found.insert(path.clone(), Digest::of(&fs::read(&path).unwrap()));
        }
    }
}

/// The files of all nodes: the live ones, and those of the next generation.
pub(crate) fn files(world: &World) -> (BTreeMap<PathBuf, Digest>, BTreeMap<PathBuf, Digest>) {
    let mut all = BTreeMap::new();
    NODES.iter().for_each(|node| walk(&world.base.join(node), &mut all));
    all.into_iter().partition(|(path, _)| !is_next(path))
}

fn openssl(arguments: &[&str]) -> String {
    let output = Command::new("openssl").args(arguments).output().unwrap();
    assert!(output.status.success(), "openssl {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Certificate, key and trust of a role on a node, as files for openssl.
fn staged_files(asked: &Asked, role: Role, node: &str) -> [String; 3] {
    let at = |live: &str| asked.world.base.join(node).join(layout::next(live).unwrap());
    let shown = |path: PathBuf| path.to_str().unwrap().to_owned();
    match role.identity().files {
        Files::Pair { certificate, key } => {
            [shown(at(certificate)), shown(at(key)), shown(at(role.domain().ca_certificate()))]
        }
        Files::Kubeconfig(path) => {
            let config = Kubeconfig::parse(&fs::read_to_string(at(path)).unwrap()).unwrap();
            let parts = [config.certificate(), config.key(), config.ca()].map(|material| match material {
                Some(Material::Embedded(pem)) => pem.to_string(),
                _ => panic!("{path} of {node} is not whole"),
            });
            let mut number = 0;
            parts.map(|pem| {
                number += 1;
                let file = asked.world.base.join(format!("{node}-{role}-{number}.pem"));
                fs::write(&file, pem).unwrap();
                shown(file)
            })
        }
    }
}

#[test]
fn a_whole_cluster_is_staged_and_openssl_agrees_with_each_file() {
    let all = Choice { keys: Keys::New(KeyType::P256), ..Choice::default() };
    let asked = accepted(all, &Wish::default());
    let (live, keys) = files(&asked.world);
    let plan = asked.plan(&asked.world.roots(), &Wanted::default()).unwrap();
    assert_eq!(files(&asked.world), (live.clone(), keys.clone()), "looking writes nothing");
    assert!(plan.held().is_empty(), "{:?}", plan.held());
    let leaves = plan.staged().len();
    let waves = stage::waves(&plan);
    let count: usize = waves.iter().map(|wave| wave.certificates).sum();
    assert_eq!((count, waves[1].nodes, waves[3].certificates, waves[4].certificates), (leaves, 4, 9, 12));
    drop(plan);
    let staged = asked.stage(&Wanted::default()).unwrap();
    // Kubeconfigs lay there with their keys; certificates and three bundles on each control plane, one on the worker.
    assert_eq!((staged.written, staged.equal, staged.nodes.len()), (leaves + 10, 0, 4));
    let (now, next) = files(&asked.world);
    assert_eq!(now, live, "a live file changed");
    let room = asked.world.room();
    let goods = Goods::accepted(&room, &asked.trace).unwrap();
    for issued in goods.issued() {
        let (role, node) = (issued.request.profile, issued.request.place.node.as_str());
        let [certificate, key, trust] = staged_files(&asked, role, node);
        openssl(&["verify", "-CAfile", &trust, "-attime", "1796173200", &certificate]);
        let of_certificate = openssl(&["x509", "-in", &certificate, "-noout", "-pubkey"]);
        assert_eq!(of_certificate, openssl(&["pkey", "-in", &key, "-pubout"]), "{role} {node}");
        let bundle = fs::read_to_string(&trust).unwrap();
        let old = fs::read_to_string(asked.world.base.join(node).join(role.domain().ca_certificate()));
        let both = Certificate::parse_foreign_all(&bundle).unwrap();
        assert_eq!(both.len(), 2, "{role} {node}");
        if let Ok(old) = old {
            assert_eq!(both[0], Certificate::parse_foreign(&old).unwrap(), "the old one first");
        }
    }
    assert!(next.len() > keys.len());
    let events: Vec<_> = room.desk().entries().iter().rev().take(2).map(|entry| &entry.event).collect();
    let [Event::Staged(done), Event::StageIntent(intent)] = events.as_slice() else { panic!("{events:?}") };
    assert!(done == intent && room.desk().objects().get(&done.list).is_ok());
    // Whoever comes back finds it, and what goes on with it.
    let open = unfinished(room.desk().entries());
    let goes_on: Vec<_> = open.iter().map(|one| (one.stage, one.next(Side::Online))).collect();
    assert_eq!(goes_on, [(Waits::Staged, format!("airlock online rotate {} --dry-run", asked.trace))]);
    drop(room);
    let again = asked.stage(&Wanted::default()).unwrap();
    assert_eq!((again.written, again.equal), (0, leaves + 10));
    assert_eq!(files(&asked.world), (now, next));
}

#[test]
fn a_group_is_whole_or_held_back() {
    let roles = choice(&["etcd-peer", "etcd-server", "scheduler"], &["cp1", "cp2"]);
    let policy = |text: String| text.replace("super-admin = 92", "super-admin = 92\netcd-server = 10");
    let asked = accepted(roles, &Wish { policy: &policy, ..Wish::default() });
    let plan = asked.plan(&asked.world.roots(), &Wanted::default()).unwrap();
    let staged: Vec<_> = plan.staged().iter().map(|(role, node)| format!("{role} {node}")).collect();
    assert_eq!(staged, ["scheduler cp1", "scheduler cp2"]);
    let held: Vec<_> = plan.held().iter().map(|held| (held.role.id(), held.waiting)).collect();
    assert_eq!(held, [("etcd-server", 2), ("etcd-server", 2)]);
    let denied: Vec<Number> = plan.held().iter().map(|held| held.request).collect();
    let without = |without: &[Number]| Wanted { without: without.to_vec(), ..Wanted::default() };
    let plan = asked.plan(&asked.world.roots(), &without(&denied[..1])).unwrap();
    assert_eq!(plan.staged().len(), 2, "one of two denials is still unanswered");
    let plan = asked.plan(&asked.world.roots(), &without(&denied)).unwrap();
    assert_eq!(plan.staged().len(), 4);
    let other = Number::list(6).unwrap().find(|number| !denied.contains(number)).unwrap();
    let refused = asked.plan(&asked.world.roots(), &without(&[other])).err().unwrap();
    assert_eq!(refused.reason().code, "STAGE_NOT_DENIED");
}

#[test]
fn a_node_that_is_not_there_holds_its_groups() {
    let asked = accepted(choice(&["etcd-peer", "scheduler"], &["cp1", "cp2"]), &Wish::default());
    let excluded = Wanted { excluded: vec!["cp2".to_owned()], ..Wanted::default() };
    let plan = asked.plan(&asked.world.roots(), &excluded).unwrap();
    let staged: Vec<_> = plan.staged().iter().map(|(role, node)| format!("{role} {node}")).collect();
    assert_eq!(staged, ["scheduler cp1"], "etcd spans the cluster");
    assert_eq!(plan.held().iter().map(|held| held.waiting).collect::<Vec<_>>(), [1, 0]);
    let none = asked.plan(&[], &Wanted::default()).err().unwrap();
    assert_eq!(none.reason().code, "STAGE_NOTHING");
    let worker = &asked.world.roots()[3..];
    let plan = asked.plan(worker, &Wanted::default()).unwrap();
    let refused = stage::stage(&mut asked.world.room(), &plan, &Actor::system()).unwrap_err();
    assert_eq!(refused.reason().code, "STAGE_NOTHING");
}

#[test]
fn a_certificate_waits_for_its_key() {
    let asked = accepted(small(), &Wish::default());
    let key = asked.world.base.join("cp1/etc/kubernetes.next/pki/etcd/peer.key");
    let good = fs::read(&key).unwrap();
    fs::remove_file(&key).unwrap();
    let held = |asked: &Asked| asked.plan(&asked.world.roots(), &Wanted::default()).unwrap().held().to_vec();
    let [missing] = held(&asked).try_into().unwrap();
    assert!(missing.why.contains("no private key") && missing.role == Role::EtcdPeer);
    let other = fs::read(asked.world.base.join("cp1/etc/kubernetes/pki/etcd/peer.key")).unwrap();
    fs::write(&key, other).unwrap();
    assert_eq!(held(&asked).len(), 1, "another key is none");
    fs::write(&key, good).unwrap();
    assert!(held(&asked).is_empty());
}

#[test]
fn what_somebody_else_put_there_is_left_alone() {
    let asked = accepted(small(), &Wish::default());
    let stranger = asked.world.base.join("cp1/etc/kubernetes.next/pki/etcd/peer.crt");
    fs::write(&stranger, "mine").unwrap();
    let before = files(&asked.world);
    let refused = asked.stage(&Wanted::default()).unwrap_err();
    assert_eq!(refused.reason().code, "STAGE_OCCUPIED");
    assert_eq!(files(&asked.world), before);
    fs::remove_file(&stranger).unwrap();
    asked.stage(&Wanted::default()).unwrap();
}

#[test]
fn what_was_staged_before_makes_room_for_a_newer_root() {
    let asked = accepted(small(), &Wish::default());
    asked.stage(&Wanted::default()).unwrap();
    let bundle = |asked: &Asked| {
        let path = asked.world.base.join("cp1/etc/kubernetes.next").join("pki/ca.crt");
        Certificate::parse_foreign_all(&fs::read_to_string(path).unwrap()).unwrap().len()
    };
    assert_eq!(bundle(&asked), 2);
    // The node comes to trust one more in the meantime.
    let live = asked.world.base.join("cp1/etc/kubernetes").join("pki/ca.crt");
    let etcd = fs::read_to_string(asked.world.base.join("cp1").join(Domain::Etcd.ca_certificate())).unwrap();
    fs::write(&live, fs::read_to_string(&live).unwrap() + &etcd).unwrap();
    let again = asked.stage(&Wanted::default()).unwrap();
    assert_eq!((again.written, bundle(&asked)), (2, 3), "the bundle and the kubeconfig that embeds it");
}

#[test]
fn live_keys_are_used_once_more_where_that_was_asked() {
    let wanted = Choice { keys: Keys::Reuse, ..choice(&["scheduler", "etcd-healthcheck-client"], &["cp1"]) };
    let policy = |text: String| text.replace("reuse = []", "reuse = [\"scheduler\", \"etcd-healthcheck-client\"]");
    let asked = accepted(wanted, &Wish { policy: &policy, ..Wish::default() });
    let staged = asked.stage(&Wanted::default()).unwrap();
    assert_eq!((staged.written, staged.nodes.len()), (2 + 10, 4));
    let [certificate, key, _] = staged_files(&asked, Role::Scheduler, "cp1");
    let of_certificate = openssl(&["x509", "-in", &certificate, "-noout", "-pubkey"]);
    assert_eq!(of_certificate, openssl(&["pkey", "-in", &key, "-pubout"]));
    assert!(!asked.world.base.join("cp1/etc/kubernetes.next/pki/etcd/healthcheck-client.key").exists());
    assert!(asked.world.base.join("cp1/etc/kubernetes.next/pki/etcd/healthcheck-client.crt").exists());
}

#[test]
fn only_what_was_accepted_is_staged() {
    let mut asked = asked(small());
    let refused = Goods::accepted(&asked.world.room(), &asked.trace).unwrap_err();
    assert_eq!(refused.reason().code, "STAGE_NOT_ACCEPTED");
    asked.import(&Wish { approvers: &["chen"], ..Wish::default() });
    let refused = Goods::accepted(&asked.world.room(), &asked.trace).unwrap_err();
    assert_eq!(refused.reason().code, "STAGE_NOT_ACCEPTED", "a package that failed a check is not there");
}
