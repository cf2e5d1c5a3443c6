//! Whole rotations of the stand-in control plane by the engine, there and back, with load over the API.

use std::fs;
use std::sync::atomic::Ordering;
use std::time::Instant;

use airlock::cluster::role::Role;
use airlock::devices::process::{Process, Sought};
use airlock::exchange::consent::Agreed;
use airlock::online::rotate::eyes::old_keys::{self, OldKeys};
use airlock::online::rotate::hands::reclaim::reclaim;
use airlock::online::rotate::{Goal, Why};
use airlock::rotation::check::{Check, Outcome};
use airlock::rotation::graph::Signing;
use airlock::rotation::stage::{Back, Stage};
use airlock::rotation::state;
use airlock::rotation::trust::{Leaf, Trust};
use airlock::wire::digest::Digest;

use super::load::under_load;
use super::{NODES, Plane};
use crate::engine::held;

const CLIENTS: usize = 3;

/// Every node in turn, as an admin would, who does by hand what a person does; until a run ends otherwise.
fn in_turn(plane: &Plane, goal: Goal) -> Why {
    for round in 0..40 {
        for (at, node) in NODES.iter().enumerate() {
            let ended = plane.run(at, goal);
            for step in &ended.steps {
                println!("round {round} {}: {step} {:?}", node.0, step.made);
            }
            match ended.why {
                Why::Turn(_) => {}
                Why::Refused(refused) if refused.reason().code == "ROTATE_BY_HAND" => {
                    by_hand(plane, &refused.to_string())
                }
                why => return why,
            }
        }
        green(plane);
    }
    panic!("40 rounds are not enough");
}

fn green(plane: &Plane) {
    let seen = plane.tell(0);
    let matrix = Check::MatrixGreen.judge(&plane.ground(0).plan, &seen.facts, Trust::Both);
    assert_ne!(matrix.outcome, Outcome::Fail, "{}", matrix.evidence);
}

fn by_hand(plane: &Plane, what: &str) {
    println!("by hand: {what}");
    let trust = match what {
        what if what.starts_with("old+new trust") => plane.new_bundle(),
        what if what.starts_with("new trust") => plane.new.kubernetes.pem.clone(),
        what if what.starts_with("old trust") => plane.old.kubernetes.pem.clone(),
        what if what.contains("workloads") => return plane.rolled.store(true, Ordering::SeqCst),
        _ => return std::thread::sleep(std::time::Duration::from_secs(1)),
    };
    plane.publish(&trust);
}

fn reached(plane: &Plane) -> Stage {
    state::derive(&plane.ground(0).plan, &plane.tell(0).facts).reached
}

/// The window passes: what the audit logs of both API servers and the logs of components tell since the leaves were swapped.
fn soak(plane: &Plane) {
    // Each request has an identifier of its own: by them a log is told from a copy of another server's.
    let line = |(at, time): (usize, String), who: &str| {
        format!(
            r#"{{"auditID":"{who}-{at}","requestReceivedTimestamp":"{}","user":{{"extra":{{"authentication.kubernetes.io/credential-id":["X509SHA256={}"]}}}}}}"#,
            time.replace('Z', ".0Z"),
            Digest::of(who.as_bytes())
        )
    };
    let begin = plane.now();
    plane.move_clocks(1200);
    for who in ["cp0", "cp1"] {
        let times = [begin, begin.plus(600), plane.now()].map(|time| time.to_string());
        let lines: Vec<_> = times.into_iter().enumerate().map(|event| line(event, who)).collect();
        fs::write(plane.base.join(format!("audit-{who}")), lines.join("\n")).unwrap();
    }
    fs::write(plane.base.join("since"), "{\"level\":\"info\",\"msg\":\"ready\"}\n").unwrap();
    (0..NODES.len()).for_each(|at| drop(plane.tell(at)));
}

/// Its link was turned after it was started, so by times alone nothing is known of what it shows; and there never was a new leaf.
fn a_kubelet_that_renewed_itself_shows_no_new_leaf(plane: &Plane) {
    let pki = plane.live(3, "var/lib/kubelet/pki");
    let own = plane.old.kubernetes.leaf("system:node:w3", Some("system:nodes"), false, true);
    let name = "kubelet-client-2026-06-01-00-00-00.pem";
    fs::write(pki.join(name), format!("{}{}", own.certificate, own.key)).unwrap();
    let between = pki.join("between");
    std::os::unix::fs::symlink(name, &between).unwrap();
    fs::rename(between, pki.join("kubelet-client-current.pem")).unwrap();
    let seen = plane.tell(3);
    assert_eq!(seen.facts.nodes[3].shown.get(&Role::KubeletClient), Some(&Leaf::Old));
    green(plane);
}

/// A worker without any client of etcd among them: from trust to leaves to the drop, and what is kept goes.
#[test]
#[ignore = "takes two minutes: scripts/test runs it where AIRLOCK_SWEEP is set"]
fn a_whole_control_plane_is_rotated_and_no_request_fails() {
    let Some(plane) = Plane::start(Signing::Intermediate) else { return };
    let began = Instant::now();
    a_kubelet_that_renewed_itself_shows_no_new_leaf(&plane);
    let record = under_load(&plane, &plane.old.admin, CLIENTS, || {
        held(in_turn(&plane, Goal::Forward), Check::OldUnused);
    });
    record.tell("trust and leaves");
    assert_eq!(record.failed_with_retry(), 0);
    assert_eq!(reached(&plane), Stage::Identities);
    soak(&plane);
    let newest = plane.tell(0).account.times.newest_leaf;
    (0..2).for_each(|person| plane.agree(person, Agreed::Drop));
    let record = under_load(&plane, &plane.new.admin, CLIENTS, || {
        let why = in_turn(&plane, Goal::Forward);
        assert!(matches!(why, Why::Finished), "{why:?}");
        assert_eq!(plane.run(0, Goal::Forward).outcome(), "dropped");
    });
    record.tell("drop");
    println!("in {:?}", began.elapsed());
    assert_eq!(record.failed_with_retry(), 0);
    assert_eq!(reached(&plane), Stage::OldTrustOff);
    for at in 0..NODES.len() {
        plane.tell(at);
    }
    // Other trust went into kubeconfigs, and their leaves are as old as before: the window of the soak did not begin anew.
    assert!(newest.is_some() && plane.tell(0).account.times.newest_leaf == newest);
    plane.move_clocks(1200);
    (0..NODES.len()).for_each(|at| drop(plane.tell(at)));
    (0..2).for_each(|person| plane.agree(person, Agreed::Reclaim));
    // A key in the place of a CA's that belongs to none which is known: a person looks first.
    let unknown = plane.live(1, "etc/kubernetes/pki/front-proxy-ca.key");
    fs::write(&unknown, &plane.new.admin.key).unwrap();
    let refused = reclaim(&mut plane.desk(1), &plane.ground(1)).unwrap_err();
    assert!(refused.reason().code == "RECLAIM_UNKNOWN_KEY" && unknown.exists(), "{refused}");
    fs::remove_file(&unknown).unwrap();
    for at in 0..NODES.len() {
        plane.print_objects();
        assert!(reclaim(&mut plane.desk(at), &plane.ground(at)).unwrap() > 0);
        plane.tell(at);
    }
    // The window of the soak is told from logs that go on until now, and these have ended.
    assert_eq!(plane.tell(0).facts.cluster.residue, Some(0));
    for (at, path, stays) in [
        (0, "etc/kubernetes/pki/ca.key", false),
        (0, "etc/kubernetes/pki/ca-signing.key", true),
        (3, "var/lib/kubelet/pki/kubelet-client-2026-01-01-00-00-00.pem", false),
        (3, "var/lib/kubelet/pki/kubelet-client-2026-06-01-00-00-00.pem", false),
        (3, "var/lib/kubelet/pki/kubelet-client-current.pem", true),
    ] {
        assert_eq!(plane.live(at, path).exists(), stays, "{path}");
    }
}

/// One that does not stop in time is told to run in the end: it may yet stop, and nobody else would start it.
#[test]
#[ignore = "takes half a minute: scripts/test runs it where AIRLOCK_SWEEP is set"]
fn an_api_server_that_did_not_stop_in_time_is_told_to_run_in_the_end() {
    let Some(mut plane) = Plane::start(Signing::Batched) else { return };
    plane.seconds = 4;
    let deaf = plane.base.join("deaf-kube-apiserver-cp0");
    let manifest = plane.live(0, "etc/kubernetes/manifests/kube-apiserver.yaml");
    fs::write(&deaf, "").unwrap();
    let why = in_turn(&plane, Goal::Forward);
    assert!(matches!(&why, Why::Refused(refused) if refused.reason().code == "COMPONENT_STILL_RUNS"), "{why:?}");
    assert!(manifest.exists(), "it is wanted again");
    // It stops now, late; its manifest is there, so it runs again.
    let sought =
        Sought { program: "kube-apiserver".to_owned(), arguments: vec![format!("--stand-in={}", plane.unique(0))] };
    let late = Process::find(&sought).unwrap().pid().to_string();
    assert!(std::process::Command::new("kill").arg(late).status().unwrap().success());
    fs::remove_file(deaf).unwrap();
    assert!(plane.wait_healthy());
    plane.seconds = 60;
    held(in_turn(&plane, Goal::Forward), Check::OldUnused);
}

/// From new leaves back to how it was before.
#[test]
#[ignore = "takes a minute: scripts/test runs it where AIRLOCK_SWEEP is set"]
fn a_whole_control_plane_goes_back_and_no_request_fails() {
    let Some(plane) = Plane::start(Signing::Batched) else { return };
    let record = under_load(&plane, &plane.old.admin, CLIENTS, || {
        held(in_turn(&plane, Goal::Forward), Check::OldUnused);
        // Nobody signs online any more: what the old CA signed with goes with it.
        let OldKeys { old, unknown } = old_keys::of(&plane.tell(0).own);
        assert!(old.contains(&"etc/kubernetes/pki/ca-signing.key") && unknown.is_empty(), "{old:?}");
        plane.rolled.store(false, Ordering::SeqCst);
        let why = in_turn(&plane, Goal::Back(Back::None));
        assert!(matches!(why, Why::Finished), "{why:?}");
    });
    record.tell("there and back");
    assert_eq!(record.failed_with_retry(), 0);
    assert_eq!(reached(&plane), Stage::Staged);
}
