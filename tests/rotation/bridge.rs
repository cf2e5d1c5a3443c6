//! Whole rotations of real etcd by the engine where new leaves bring the new root certified by the old one: nobody need trust
//! both, and members are restarted once. There, and back from each state.

use std::fs;
use std::process::Command;

use airlock::devices::probe::Caller;
use airlock::exchange::consent::Agreed;
use airlock::online::rotate::{Goal, Why};
use airlock::rotation::check::Check;
use airlock::rotation::stage::{Back, Stage};
use airlock::rotation::state;
use airlock::rotation::trust::{Leaf, Trust};

use crate::engine::{client, held, in_turn};
use crate::load::{Client, under_load};
use crate::nodes::{NODES, Nodes};
use crate::pki::{Root, certificate};

const WRITERS: usize = 4;
const LEAVES: [&str; 3] = ["server.crt", "peer.crt", "healthcheck-client.crt"];

/// Who has loaded the old root alone, as an API server that was not restarted has.
pub(crate) fn of_the_old_root(nodes: &Nodes) -> Client {
    Client { roots: vec![certificate(&nodes.old)], ..client(nodes, false) }
}

/// Who shows a new certificate with the bridge behind it, which is taken by whoever trusts either root.
fn bridged(nodes: &Nodes) -> Caller {
    let chain = format!("{}{}", nodes.new_client.certificate, nodes.cross());
    Caller::holding(&chain, &nodes.new_client.key).unwrap()
}

/// The same, trusting both.
pub(crate) fn of_either_root(nodes: &Nodes) -> Client {
    Client { caller: bridged(nodes), ..client(nodes, false) }
}

fn read(nodes: &Nodes, at: usize, file: &str) -> String {
    fs::read_to_string(nodes.live(at, file)).unwrap()
}

/// What a node has in place, byte for byte.
fn all(nodes: &Nodes) -> Vec<String> {
    let files = ["ca.crt", "server.key", "server.crt", "peer.key", "peer.crt", "healthcheck-client.crt"];
    (0..NODES).flat_map(|at| files.map(|file| read(nodes, at, file))).collect()
}

/// How often `what` stands in the logs of all nodes.
fn count(nodes: &Nodes, what: &str) -> usize {
    (0..NODES).map(|at| nodes.entries(at).iter().filter(|line| line.contains(what)).count()).sum()
}

/// The window passes, with the logs searched, and two people agree to the drop.
fn soak_and_agree(nodes: &Nodes, ahead: i64) {
    nodes.take_logs();
    (0..NODES).for_each(|at| nodes.move_clock(at, ahead));
    (0..NODES).for_each(|at| drop(nodes.tell(at)));
    (0..2).for_each(|person| nodes.agree(person, Agreed::Drop));
}

/// Why the first node does not go on; on a busy host a member may be slow to answer, and is asked again.
fn first_says(nodes: &Nodes) -> Why {
    for _ in 0..20 {
        match nodes.run(0, Goal::Forward).why {
            Why::Turn(_) => drop(nodes.tell(1)),
            why => return why,
        }
    }
    panic!("a member is slow for ever");
}

/// A cross-certificate that is missing, another's, of another root or out of its time holds the first step; the right one
/// does not. And all nodes are staged alike.
fn what_is_wrong_holds(nodes: &Nodes) {
    let path = nodes.next(1, "ca-cross.crt");
    let (old, new) = (Root::new("etcd-ca-1"), Root::new("etcd-ca-2"));
    let by = |root: &Root, ca: &Root| Some(certificate(&root.cross_signed_by(ca)).to_pem());
    let past = fs::read_to_string(nodes.base.join("past.cross")).unwrap();
    for (cross, why) in [
        (None, "nothing is staged for it"),
        (by(&new, &old), "it certifies no root that comes"),
        (Some(nodes.foreign_cross()), "it is not by the old CA of this node"),
        (Some(past), "it is out of its time"),
        (Some("x".to_owned()), "PEM"),
    ] {
        let _ = fs::remove_file(&path);
        cross.inspect(|cross| fs::write(&path, cross).unwrap());
        let misfit = nodes.tell(1).misfit.unwrap();
        assert!(misfit.starts_with("etc/kubernetes/pki/etcd/ca-cross.crt: ") && misfit.contains(why), "{misfit}");
        assert_eq!(held(first_says(nodes), Check::StagedWhole), "m1");
    }
    fs::write(&path, nodes.cross()).unwrap();
    assert_eq!(nodes.tell(1).misfit, None);
    let mut other = Nodes::at(&nodes.base);
    other.bridge = false;
    other.tell(1);
    let why = first_says(nodes);
    assert!(matches!(&why, Why::Refused(refused) if refused.reason().code == "ROTATE_OTHER_WAY"), "{why:?}");
    assert_ne!(other.ground(0).digest().unwrap(), nodes.ground(0).digest().unwrap());
    nodes.tell(1);
    assert_eq!(count(nodes, "\"ROTATION_INTENT\""), 0);
}

/// Each leaf leads to either root, and openssl agrees.
fn leads_to_either_root(nodes: &Nodes, at: usize) {
    let path = |file: &str| nodes.live(at, file).to_str().unwrap().to_owned();
    for file in LEAVES {
        assert_eq!(read(nodes, at, file), fs::read_to_string(nodes.next(at, file)).unwrap() + &nodes.cross());
        for root in ["old", "new"] {
            let root = nodes.base.join(root);
            let told = Command::new("openssl")
                .args(["verify", "-CAfile", root.to_str().unwrap(), "-untrusted", &path(file), &path(file)])
                .output()
                .unwrap();
            assert!(told.status.success(), "{file}: {}", String::from_utf8_lossy(&told.stderr));
        }
    }
}

#[test]
#[ignore = "takes a minute: scripts/test runs it where AIRLOCK_SWEEP is set"]
fn a_bridged_rotation_fails_no_write_and_restarts_once() {
    let Some(nodes) = Nodes::start_with(true) else { return };
    what_is_wrong_holds(&nodes);
    let mut killed = false;
    let record = under_load(&of_the_old_root(&nodes), WRITERS, || {
        let why = in_turn(&nodes, Goal::Forward, |_, at| {
            // It comes back with the old root in memory, among new leaves.
            if at > 0 && !killed && nodes.is_follower(at) {
                nodes.kill(at);
                killed = true;
            }
        });
        held(why, Check::OldUnused);
    });
    record.tell("bridge, leaves");
    assert_eq!((record.failed_with_retry(), record.dark_seconds(), killed), (0, 0, true));
    record.nothing_is_lost(&nodes.endpoint(0), &nodes.client.caller());
    let seen = nodes.tell(0);
    for (at, node) in seen.facts.nodes.iter().enumerate() {
        leads_to_either_root(&nodes, at);
        assert_eq!(read(&nodes, at, "ca.crt"), nodes.old, "nobody was taught anything");
        assert!(node.memory.values().all(|trust| *trust == Trust::Old), "{:?}", node.memory);
        assert!(node.shown.values().all(|leaf| *leaf == Leaf::Bridged), "{:?}", node.shown);
    }
    assert_eq!(count(&nodes, "load old+new trust"), 0);
    let newest = seen.account.times.newest_leaf;
    soak_and_agree(&nodes, 1200);
    let record = under_load(&of_either_root(&nodes), WRITERS, || {
        let why = in_turn(&nodes, Goal::Forward, |_, _| {});
        assert!(matches!(why, Why::Finished), "{why:?}");
    });
    record.tell("bridge, drop");
    assert_eq!((record.failed_with_retry(), record.dark_seconds()), (0, 0));
    record.nothing_is_lost(&nodes.endpoint(0), &nodes.new_client.caller());
    // Announced and done: a round for each member, and one member to prove the memory of the others.
    assert_eq!((count(&nodes, "load new trust: apiserver, etcd"), count(&nodes, "restart one etcd")), (2 * NODES, 2));
    for at in 0..NODES {
        assert!(nodes.writes(at, true) && !nodes.writes(at, false));
        for file in LEAVES {
            let staged = fs::read_to_string(nodes.next(at, file)).unwrap();
            assert_eq!(read(&nodes, at, file), staged, "the bridge is taken down");
        }
    }
    // The leaf itself is as old as before: neither the window nor the proof of a restart begins anew.
    assert_eq!(nodes.tell(0).account.times.newest_leaf, newest);
    assert_eq!(nodes.run(0, Goal::Forward).outcome(), "dropped");
}

/// The way back to how it was, under writers, and no more restarts than `restarts`.
fn back_to_none(nodes: &Nodes, before: &[String], restarts: usize) {
    let done = count(nodes, "trust: apiserver, etcd") / 2;
    let why = in_turn(nodes, Goal::Back(Back::None), |_, _| {});
    assert!(matches!(why, Why::Finished), "{why:?}");
    assert_eq!(all(nodes), before);
    assert_eq!(count(nodes, "trust: apiserver, etcd") / 2 - done, restarts);
}

/// From new leaves to old ones and to how it was, and from the middle of the drop.
#[test]
#[ignore = "takes a minute: scripts/test runs it where AIRLOCK_SWEEP is set"]
fn the_way_back_over_a_bridge_fails_no_write() {
    let Some(nodes) = Nodes::start_with(true) else { return };
    let before = all(&nodes);
    let record = under_load(&of_either_root(&nodes), WRITERS, || {
        held(in_turn(&nodes, Goal::Forward, |_, _| {}), Check::OldUnused);
        let why = in_turn(&nodes, Goal::Back(Back::Trust), |_, _| {});
        assert!(matches!(why, Why::Finished), "{why:?}");
        assert_eq!(all(&nodes), before, "nothing but leaves had changed");
        back_to_none(&nodes, &before, 0);
        held(in_turn(&nodes, Goal::Forward, |_, _| {}), Check::OldUnused);
        soak_and_agree(&nodes, 1200);
        // Files hold the new root everywhere, one member has loaded it.
        for at in [0, 1, 2, 0] {
            nodes.run(at, Goal::Forward);
        }
        assert_eq!(read(&nodes, 2, "ca.crt"), nodes.new);
        let memory = |at: usize| nodes.tell(at).account.facts.memory.values().next().copied();
        assert_eq!([0, 1].map(memory), [Some(Trust::New), Some(Trust::Old)]);
        // The one that had loaded it learns the old root again, and forgets the new one when nobody shows it any more.
        back_to_none(&nodes, &before, 2);
    });
    record.tell("bridge, there and back twice");
    assert_eq!((record.failed_with_retry(), record.dark_seconds()), (0, 0));
    assert!((0..NODES).all(|at| nodes.writes(at, false) && !nodes.writes(at, true)));
    assert_eq!(state::derive(&nodes.ground(0).plan, &nodes.tell(0).facts).reached, Stage::Staged);
}

/// From the end, when the bridge is down and the old root is trusted nowhere.
#[test]
#[ignore = "takes a minute: scripts/test runs it where AIRLOCK_SWEEP is set"]
fn the_way_back_from_the_far_side_fails_no_write() {
    let Some(nodes) = Nodes::start_with(true) else { return };
    let before = all(&nodes);
    held(in_turn(&nodes, Goal::Forward, |_, _| {}), Check::OldUnused);
    soak_and_agree(&nodes, 1200);
    let record = under_load(&of_either_root(&nodes), WRITERS, || {
        let why = in_turn(&nodes, Goal::Forward, |_, _| {});
        assert!(matches!(why, Why::Finished), "{why:?}");
        back_to_none(&nodes, &before, 2 * NODES);
    });
    record.tell("bridge, dropped and back");
    assert_eq!((record.failed_with_retry(), record.dark_seconds()), (0, 0));
    assert!((0..NODES).all(|at| nodes.writes(at, false) && !nodes.writes(at, true)));
}
