//! Whole rotations of real etcd by the engine: each node runs it in turn, as a playbook would, until all is done; and back.

use std::fs;
use std::time::Instant;

use airlock::exchange::consent::Agreed;
use airlock::online::rotate::agreement::{early, must_be_shown};
use airlock::online::rotate::counted::{Counted, forgive};
use airlock::online::rotate::ground::Sources;
use airlock::online::rotate::hands::reclaim::reclaim;
use airlock::online::rotate::{Goal, Ground, Why, run};
use airlock::refusal::Refusal as _;
use airlock::rotation::account::{Account, Passed, Word};
use airlock::rotation::check::{Check, Outcome};
use airlock::rotation::stage::{Back, Stage};
use airlock::rotation::state;
use airlock::rotation::trust::Trust;

use crate::lead::stands_until_answered;
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

/// Nothing is touched before a preflight of this plan was passed and written down: without a restored snapshot it is not, and
/// neither with a third CA, which would be dropped with the old one.
fn no_preflight_no_step(nodes: &Nodes) {
    let count = |what: &str| nodes.entries(0).iter().filter(|line| line.contains(what)).count();
    let snapshot = nodes.base.join("snapshot");
    fs::remove_file(&snapshot).unwrap();
    let evidence = held(nodes.run(0, Goal::Forward).why, Check::Preflight);
    assert!(evidence.starts_with("S7 ") && evidence.contains("--snapshot-restored"), "{evidence}");
    fs::write(&snapshot, "restored once").unwrap();
    // Another node does not make it: it waits for the word of the first.
    let evidence = held(nodes.run(1, Goal::Forward).why, Check::Preflight);
    assert!(evidence.contains("the run on m0 makes it"), "{evidence}");
    let third = format!("{}{}", nodes.old, crate::pki::Root::new("etcd-ca-3").pem);
    fs::write(nodes.live(2, "ca.crt"), third).unwrap();
    nodes.tell(2);
    let evidence = held(nodes.run(0, Goal::Forward).why, Check::SingleCa);
    assert_eq!(evidence, "m2: etc/kubernetes/pki/etcd/ca.crt holds 2 CAs beside those that come");
    fs::write(nodes.live(2, "ca.crt"), &nodes.old).unwrap();
    nodes.tell(2);
    assert_eq!((count("ROTATION_PREFLIGHT"), count("ROTATION_INTENT")), (2, 0));
}

/// A budget that an earlier run spent holds this one, until somebody writes down why.
fn a_spent_budget_holds(nodes: &Nodes) {
    let trace = Nodes::trace();
    assert_eq!(Counted::of(&nodes.desk(0), &trace).unwrap().dark, 0);
    Counted { dark: 1, failed: 3, ok: 90, spared: 0 }.keep(&nodes.desk(0), &trace).unwrap();
    let ended = nodes.run(0, Goal::Forward);
    assert_eq!((ended.outcome(), ended.steps.len()), ("held", 0));
    assert!(ended.meter.contains("1 second without any success"), "{}", ended.meter);
    assert_eq!(held(ended.why, Check::Budget), "the budget is spent");
    assert_eq!(forgive(&mut nodes.desk(0), &trace, "never mind").unwrap_err().reason().code, "ROTATE_REASON");
    forgive(&mut nodes.desk(0), &trace, "the test had spent it").unwrap();
    assert!(
        nodes.entries(0).iter().any(|line| line.contains("BUDGET_FORGIVEN") && line.contains("the test had spent it"))
    );
    assert_eq!(Counted::of(&nodes.desk(0), &trace).unwrap(), Counted::default());
    // A file that is not ours is no count of nothing.
    fs::write(nodes.state(0).join(format!("rotation/{trace}.meter")), "{}").unwrap();
    let refused = run(&mut nodes.desk(0), &nodes.ground(0), Goal::Forward).unwrap_err();
    assert_eq!(refused.reason().code, "ROTATE_COUNTS");
    // But it keeps nobody from going back, and that is written down.
    let back = run(&mut nodes.desk(0), &nodes.ground(0), Goal::Back(Back::None)).unwrap();
    assert_eq!((back.outcome(), back.steps.len()), ("rolled back to none", 0));
    // That it is at its end is written down, and once.
    let back = run(&mut nodes.desk(0), &nodes.ground(0), Goal::Back(Back::None)).unwrap();
    assert_eq!(back.outcome(), "rolled back to none");
    let ends = nodes.entries(0).iter().filter(|line| line.contains(r#""event":"ROTATION_RETURNED""#)).count();
    assert_eq!(ends, 1);
    assert!(nodes.entries(0).iter().any(|line| line.contains("BUDGET_FORGIVEN") && line.contains("does not wait")));
    assert_eq!(Counted::of(&nodes.desk(0), &trace).unwrap().dark, 0);
    forgive(&mut nodes.desk(0), &trace, "somebody wrote into the state").unwrap();
    // Who agrees types the start of the digest of the plan that was shown.
    let plan = nodes.ground(0).digest().unwrap();
    assert_eq!(must_be_shown(&nodes.ground(0), &plan.short()), Ok(plan));
    assert_eq!(must_be_shown(&nodes.ground(0), "8ee6b1f03a55c9d2").unwrap_err().reason().code, "AGREE_OTHER_PLAN");
    assert_eq!("all".parse::<Agreed>().unwrap_err().reason().code, "CONSENT_STEP");
}

/// What another node says of times counts where it can be: not what it dates in the future, nor what somebody has undone since.
fn what_cannot_be_counts_for_nothing(nodes: &Nodes) {
    let now = nodes.now();
    let says = |at: usize, account: &Account| {
        fs::write(nodes.facts().join(format!("m{at}.json")), account.json().unwrap()).unwrap();
    };
    let mut told = nodes.tell(1).account;
    for (back, counts) in [(now.plus(3600), false), (now.plus(-60), true)] {
        told.times.last_back = Some(back);
        says(1, &told);
        assert_eq!(nodes.tell(0).others.last_back, counts.then_some(back));
    }
    let plan = nodes.ground(0).digest().unwrap();
    for (passed, back, why) in [
        (now.plus(3600), None, "dated in the future"),
        (now.plus(-25 * 3600), None, "more than a day ago"),
        (now.plus(-60), Some(now.plus(-30)), "somebody went back since"),
        (now.plus(-60), None, "passed at"),
    ] {
        told.preflight = Some(Passed { at: passed, plan });
        told.times.last_back = back;
        says(1, &told);
        let seen = nodes.tell(0).facts.told[&Check::Preflight].clone();
        assert!(seen.holds == (why == "passed at") && seen.evidence.contains(why), "{}", seen.evidence);
    }
    nodes.tell(1);
    let mut first = nodes.tell(0).account;
    for (seen, counts) in [(now.plus(3600), false), (now.plus(-60), true)] {
        first.cluster = Some(Word { published: Some(Trust::Both), seen: Some(seen), ..Word::default() });
        says(0, &first);
        assert_eq!(nodes.tell(1).facts.cluster.published, counts.then_some(Trust::Both));
    }
    nodes.tell(0);
}

/// Whoever reclaims says so before anything is gone, and one that was stopped in the middle is ended.
fn a_reclaim_is_told_first(nodes: &Nodes) {
    let other = nodes.base.join("another name");
    fs::hard_link(nodes.live(0, "ca.crt.g1"), &other).unwrap();
    let refused = reclaim(&mut nodes.desk(0), &nodes.ground(0)).unwrap_err();
    assert_eq!(refused.reason().code, "SWAP_SHARED");
    assert!(fs::read_to_string(nodes.facts().join("m0.json")).unwrap().contains("\"reclaimed\":true"));
    let refused = run(&mut nodes.desk(1), &nodes.ground(1), Goal::Back(Back::Leaf)).unwrap_err();
    assert_eq!(refused.reason().code, "ROTATION_NO_WAY_BACK");
    fs::remove_file(other).unwrap();
}

/// A key in the place of a CA's that nobody knows holds, for it may be the old root's.
fn a_key_that_nobody_knows_holds(nodes: &Nodes) {
    let key = nodes.live(0, "ca.key");
    for text in [crate::pki::Root::new("etcd-ca-1").key(), "not a key".to_owned()] {
        fs::write(&key, text).unwrap();
        let refused = reclaim(&mut nodes.desk(0), &nodes.ground(0)).unwrap_err();
        assert_eq!(refused.reason().code, "RECLAIM_UNKNOWN_KEY");
        assert!(key.exists() && nodes.live(0, "ca.crt.g1").exists(), "nothing is taken away");
    }
    fs::remove_file(&key).unwrap();
}

/// That a client of the old root is refused says nothing where its time is over.
fn a_client_out_of_its_time_proves_nothing(nodes: &Nodes) {
    let refused = || nodes.tell(0).facts.told[&Check::OldRefused].clone();
    assert!(refused().holds, "{}", refused().evidence);
    let kept = [("healthcheck-client.crt.g1", "past.crt"), ("healthcheck-client.key.g1", "past.key")];
    let good = kept.map(|(file, _)| fs::read(nodes.live(0, file)).unwrap());
    for (file, past) in kept {
        fs::copy(nodes.base.join(past), nodes.live(0, file)).unwrap();
    }
    assert!(!refused().holds && refused().evidence.contains("out of their time"), "{}", refused().evidence);
    for ((file, _), good) in kept.iter().zip(good) {
        fs::write(nodes.live(0, file), good).unwrap();
    }
}

/// A member is killed in each pass, and heals; two people agree to the drop; then nothing of the old root is kept.
#[test]
fn a_whole_rotation_fails_no_write() {
    let Some(nodes) = Nodes::start() else { return };
    let began = Instant::now();
    no_preflight_no_step(&nodes);
    what_cannot_be_counts_for_nothing(&nodes);
    a_spent_budget_holds(&nodes);
    let mut killed = [false; 2];
    let record = under_load(&client(&nodes, false), WRITERS, || {
        let led = stands_until_answered(&client(&nodes, false), || {
            let why = in_turn(&nodes, Goal::Forward, |round, at| {
                // One in the trust pass, one in the leaf pass: the first that does not lead when its turn has come.
                if let Some(killed) = killed.get_mut(round / 2).filter(|killed| !**killed && nodes.is_follower(at)) {
                    nodes.kill(at);
                    *killed = true;
                }
            });
            held(why, Check::OldUnused);
        });
        assert!(led > 0, "nobody who led was restarted");
    });
    record.tell("trust and leaves");
    assert_eq!((record.failed_with_retry(), record.dark_seconds(), killed), (0, 0, [true; 2]));
    assert_eq!(reached(&nodes), Stage::Identities);
    let refused = reclaim(&mut nodes.desk(0), &nodes.ground(0)).unwrap_err();
    assert_eq!(refused.reason().code, "RECLAIM_NEEDED");
    let is_early = |step| early(&nodes.ground(0), step, nodes.now()).is_some();
    assert!(is_early(Agreed::Drop));
    soak(&nodes);
    assert!(!is_early(Agreed::Drop));
    // One alone is not enough.
    nodes.agree(0, Agreed::Drop);
    let evidence = held(nodes.run(0, Goal::Forward).why, Check::SecondPerson);
    assert!(evidence.starts_with("liu-yang agreed"), "{evidence}");
    // What was agreed to something else, too long ago, or in the future, does not count.
    nodes.agree_at(1, Agreed::Reclaim, nodes.now().plus(-1500));
    for (time, why) in [(-25 * 3600, "more than a day old"), (3600, "dated in the future")] {
        nodes.agree_at(1, Agreed::Drop, nodes.now().plus(time));
        let evidence = held(nodes.run(0, Goal::Forward).why, Check::SecondPerson);
        assert!(evidence.ends_with(&format!("does not count: zhang-wei: {why}")), "{evidence}");
    }
    nodes.agree(1, Agreed::Drop);
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
    a_client_out_of_its_time_proves_nothing(&nodes);
    reclaim_is_agreed_to(&nodes);
    a_key_that_nobody_knows_holds(&nodes);
    a_reclaim_is_told_first(&nodes);
    for at in 0..NODES {
        assert!(nodes.writes(at, true) && !nodes.writes(at, false));
        assert_eq!(fs::read_to_string(nodes.live(at, "ca.crt")).unwrap(), nodes.new);
        assert!(reclaim(&mut nodes.desk(at), &nodes.ground(at)).unwrap() > 0);
        nodes.tell(at);
        // One that has is enough: the others know it by what it says of itself, however long ago.
        let (last, mut ground) = (NODES - 1, nodes.ground(NODES - 1));
        ground.sources.freshness = -1;
        let refused = run(&mut nodes.desk(last), &ground, Goal::Back(Back::Leaf)).unwrap_err();
        assert_eq!(refused.reason().code, "ROTATION_NO_WAY_BACK");
        for file in FILES {
            assert!(!nodes.live(at, &format!("{file}.g1")).exists() && !nodes.next(at, file).exists(), "{file}");
        }
    }
    assert_eq!(reached(&nodes), Stage::Clean);
    // There is no way back from here.
    let refused = run(&mut nodes.desk(0), &nodes.ground(0), Goal::Back(Back::None)).unwrap_err();
    assert_eq!(refused.reason().code, "ROTATION_NO_WAY_BACK");
}

/// What is kept goes when the window is over once more, and two people agreed to that too.
fn reclaim_is_agreed_to(nodes: &Nodes) {
    let mut ground = nodes.ground(0);
    ground.tempo.soak = 72 * 3600;
    let refused = |ground: &Ground| reclaim(&mut nodes.desk(0), ground).unwrap_err().to_string();
    let said = refused(&ground);
    let until = early(&ground, Agreed::Reclaim, nodes.now()).unwrap();
    assert!(said.contains(&until.to_string()), "{until}: {said}");
    // Where nobody tells anything it is not known to be early.
    let nobody =
        Ground { sources: Sources { facts: Some(nodes.base.clone()), ..Sources::default() }, ..nodes.ground(0) };
    assert_eq!(early(&nobody, Agreed::Reclaim, nodes.now()), None);
    // An agreement lives a day: nobody is asked for one before the window is over.
    assert!(said.contains("drop-window: the window ends at") && !said.contains("second-person"), "{said}");
    assert_eq!(early(&nodes.ground(0), Agreed::Reclaim, nodes.now()), None);
    nodes.agree(0, Agreed::Reclaim);
    let said = refused(&nodes.ground(0));
    assert!(!said.contains("drop-window") && said.contains("second-person: liu-yang agreed"), "{said}");
    assert!(said.ends_with("does not count: zhang-wei: from before the drop"), "{said}");
    nodes.agree(1, Agreed::Reclaim);
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
        nodes.agree(0, Agreed::Drop);
        let why = in_turn(&nodes, Goal::Back(Back::Trust), |_, _| {});
        assert!(matches!(why, Why::Finished), "{why:?}");
        assert_eq!(reached(&nodes), Stage::TrustLoaded);
        assert!((0..NODES).all(|at| read(at)[1..] == before[at][1..] && read(at)[0] != before[at][0]));
        // What was agreed to before somebody went back is about another cluster.
        let second = nodes.tell(0).facts.told[&Check::SecondPerson].clone();
        assert!(second.evidence.ends_with("liu-yang: from before somebody went back"), "{}", second.evidence);
        let why = in_turn(&nodes, Goal::Back(Back::None), |_, _| {});
        assert!(matches!(why, Why::Finished), "{why:?}");
        assert_eq!(nodes.run(0, Goal::Back(Back::None)).outcome(), "rolled back to none");
    });
    record.tell("there and back");
    assert_eq!((record.failed_with_retry(), record.dark_seconds()), (0, 0));
    for (at, before) in before.iter().enumerate() {
        assert_eq!(read(at), *before);
        assert!(nodes.writes(at, false) && !nodes.writes(at, true));
    }
    assert_eq!(reached(&nodes), Stage::Staged);
}
