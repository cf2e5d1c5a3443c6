//! Whole rotations of real etcd by the engine: each node runs it in turn, as a playbook would, until all is done; and back.

use std::fs;
use std::time::Instant;

use airlock::online::rotate::hands::reclaim::reclaim;
use airlock::online::rotate::{Goal, Why};
use airlock::rotation::check::{Check, Outcome};
use airlock::rotation::stage::{Back, Stage};
use airlock::rotation::state;
use airlock::rotation::trust::Trust;

use crate::load::{Client, under_load};
use crate::nodes::{NODES, Nodes};
use crate::pki::certificate;

const WRITERS: usize = 4;
const ROUNDS: usize = 40;
const FILES: [&str; 5] = ["ca.crt", "server.key", "server.crt", "peer.key", "peer.crt"];

/// Every node in turn, until a run ends otherwise than with the turn of another; how that was. `before` is called before
/// each run.
pub(crate) fn in_turn(nodes: &Nodes, goal: Goal, mut before: impl FnMut(usize, usize)) -> Why {
    let mut idle = 0;
    for round in 0..ROUNDS {
        for at in 0..NODES {
            before(round, at);
            let ended = nodes.run(at, goal);
            for step in &ended.steps {
                println!("round {round} m{at}: {step} {:?}", step.made);
            }
            green(nodes, at);
            idle = if ended.steps.is_empty() { idle + 1 } else { 0 };
            match ended.why {
                Why::Turn(error) => assert!(idle < 2 * NODES, "nobody takes his turn: {error}"),
                why => return why,
            }
        }
    }
    panic!("{ROUNDS} rounds are not enough");
}

/// Nobody refuses anybody.
pub(crate) fn green(nodes: &Nodes, at: usize) {
    let seen = nodes.tell(at);
    let matrix = Check::MatrixGreen.judge(&nodes.ground(at).plan, &seen.facts, Trust::Both);
    assert_ne!(matrix.outcome, Outcome::Fail, "{}", matrix.evidence);
}

pub(crate) fn client(nodes: &Nodes, is_new: bool) -> Client {
    let caller = if is_new { nodes.new_client.caller() } else { nodes.client.caller() };
    let (old, new) = (certificate(&nodes.old), certificate(&nodes.new));
    let roots = if is_new { vec![new] } else { vec![old, new] };
    Client { members: (0..NODES).map(|at| nodes.endpoint(at)).collect(), caller, roots }
}

pub(crate) fn held(why: Why, check: Check) -> String {
    let Why::Held(held) = why else { panic!("not held: {why:?}") };
    let finding = held.findings.iter().find(|finding| finding.check == check);
    finding.unwrap_or_else(|| panic!("held by other checks: {held:?}")).evidence.clone()
}

fn reached(nodes: &Nodes) -> Stage {
    state::derive(&nodes.ground(0).plan, &nodes.tell(0).facts).reached
}

/// The window passes, with the logs searched.
pub(crate) fn soak(nodes: &Nodes) {
    nodes.take_logs();
    (0..NODES).for_each(|at| nodes.move_clock(at, 1200));
    (0..NODES).for_each(|at| drop(nodes.tell(at)));
}

/// A member is killed in each pass, and heals; two people agree to the drop; then nothing of the old root is kept.
#[test]
fn a_whole_rotation_fails_no_write() {
    let Some(nodes) = Nodes::start() else { return };
    let began = Instant::now();
    let mut killed = [false; 2];
    let record = under_load(&client(&nodes, false), WRITERS, || {
        let why = in_turn(&nodes, Goal::Forward, |round, at| {
            // One in the trust pass, one in the leaf pass: the first that does not lead when its turn has come.
            if let Some(killed) = killed.get_mut(round / 2).filter(|killed| !**killed && nodes.is_follower(at)) {
                nodes.kill(at);
                *killed = true;
            }
        });
        held(why, Check::OldUnused);
    });
    record.tell("trust and leaves");
    assert_eq!((record.failed_with_retry(), record.dark_seconds(), killed), (0, 0, [true; 2]));
    assert_eq!(reached(&nodes), Stage::Identities);
    let refused = reclaim(&mut nodes.desk(0), &nodes.ground(0)).unwrap_err();
    assert_eq!(refused.reason().code, "RECLAIM_NEEDED");
    soak(&nodes);
    // One alone is not enough.
    nodes.agree(0);
    let evidence = held(nodes.run(0, Goal::Forward).why, Check::SecondPerson);
    assert!(evidence.starts_with("liu-yang agreed"), "{evidence}");
    nodes.agree(1);
    let mut killed = false;
    let record = under_load(&client(&nodes, true), WRITERS, || {
        let why = in_turn(&nodes, Goal::Forward, |_, at| {
            if !killed && at > 0 && nodes.is_follower(at) {
                nodes.kill(at);
                killed = true;
            }
        });
        assert!(matches!(why, Why::Finished), "{why:?}");
    });
    record.tell("drop");
    println!("in {:?}", began.elapsed());
    assert_eq!((record.failed_with_retry(), record.dark_seconds(), killed), (0, 0, true));
    assert_eq!(reached(&nodes), Stage::OldTrustOff);
    for at in 0..NODES {
        assert!(nodes.writes(at, true) && !nodes.writes(at, false));
        assert_eq!(fs::read_to_string(nodes.live(at, "ca.crt")).unwrap(), nodes.new);
        assert!(reclaim(&mut nodes.desk(at), &nodes.ground(at)).unwrap() > 0);
        nodes.tell(at);
        for file in FILES {
            assert!(!nodes.live(at, &format!("{file}.g1")).exists() && !nodes.next(at, file).exists(), "{file}");
        }
    }
    assert_eq!(reached(&nodes), Stage::Clean);
    // There is no way back from here.
    let refused =
        airlock::online::rotate::run(&mut nodes.desk(0), &nodes.ground(0), Goal::Back(Back::None)).unwrap_err();
    assert_eq!(refused.reason().code, "ROTATION_NO_WAY_BACK");
}

/// From new leaves back to both roots with old leaves, and to how it was before; byte for byte.
#[test]
#[ignore = "takes a minute: scripts/test runs it where AIRLOCK_SWEEP is set"]
fn the_way_back_fails_no_write() {
    let Some(nodes) = Nodes::start() else { return };
    let read = |at: usize| FILES.map(|file| fs::read_to_string(nodes.live(at, file)).unwrap());
    let before: Vec<_> = (0..NODES).map(read).collect();
    let record = under_load(&client(&nodes, false), WRITERS, || {
        held(in_turn(&nodes, Goal::Forward, |_, _| {}), Check::OldUnused);
        assert!((0..NODES).all(|at| read(at)[2] != before[at][2]));
        let why = in_turn(&nodes, Goal::Back(Back::Trust), |_, _| {});
        assert!(matches!(why, Why::Finished), "{why:?}");
        assert_eq!(reached(&nodes), Stage::TrustLoaded);
        assert!((0..NODES).all(|at| read(at)[1..] == before[at][1..] && read(at)[0] != before[at][0]));
        let why = in_turn(&nodes, Goal::Back(Back::None), |_, _| {});
        assert!(matches!(why, Why::Finished), "{why:?}");
    });
    record.tell("there and back");
    assert_eq!((record.failed_with_retry(), record.dark_seconds()), (0, 0));
    for (at, before) in before.iter().enumerate() {
        assert_eq!(read(at), *before);
        assert!(nodes.writes(at, false) && !nodes.writes(at, true));
    }
    assert_eq!(reached(&nodes), Stage::Staged);
}
