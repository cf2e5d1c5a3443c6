//! The process that rotates is killed: at each intent, somewhere in the middle of each step, and when a step has just been
//! done. The next run goes on where it stopped.

use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use airlock::exchange::consent::Agreed;
use airlock::online::rotate::{Goal, Why};
use airlock::rotation::check::Check;

use crate::bridge::{of_either_root, of_the_old_root};
use crate::engine::{client, green, held, in_turn, soak};
use crate::load::{Client, under_load};
use crate::nodes::{NODES, Nodes};

const BASE: &str = "AIRLOCK_TEST_NODES";
const NODE: &str = "AIRLOCK_TEST_NODE";

/// What is killed; it does nothing unless it was started to be.
#[test]
fn child_rotates() {
    let (Some(base), Ok(at)) = (std::env::var_os(BASE), std::env::var(NODE)) else { return };
    let ended = Nodes::at(Path::new(&base)).run(at.parse().unwrap(), Goal::Forward);
    println!("{:?}", ended.why);
    println!("{OWN}{}", own_ticks());
}

/// What this process has computed, in its threads and in the kernel, in hundredths of a second (`man 5 proc_pid_stat`).
fn own_ticks() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let (_, fields) = stat.rsplit_once(") ").unwrap();
    fields.split(' ').skip(11).take(2).map(|ticks| ticks.parse::<u64>().unwrap()).sum()
}

/// What the child says it has computed stands behind this.
pub(crate) const OWN: &str = "own ticks: ";

/// The process that takes the steps of the node at `at`.
pub(crate) fn child(nodes: &Nodes, at: usize) -> Command {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "engine_kills::child_rotates", "--nocapture"]);
    child.env(BASE, &nodes.base).env(NODE, at.to_string());
    child
}

/// When the child dies.
#[derive(Debug, Clone, Copy)]
enum When {
    /// As soon as its next step stands in the log.
    Announced,
    /// So many milliseconds later.
    After(u64),
    /// As soon as its next step is written down as done.
    Done,
}

/// Whether a step was begun before it died.
fn killed(nodes: &Nodes, at: usize, when: When) -> bool {
    let count = |what: &str| nodes.entries(at).iter().filter(|line| line.contains(what)).count();
    let (intents, done) = (count("\"ROTATION_INTENT\""), count("\"ROTATION_DONE\""));
    let mut child = child(nodes, at).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let until = Instant::now() + Duration::from_secs(180);
    let (mut announced, mut size) = (None, 0);
    loop {
        // The log is read only when it has grown.
        let grown = std::mem::replace(&mut size, nodes.log_size(at)) != size;
        if grown && announced.is_none() && count("\"ROTATION_INTENT\"") > intents {
            announced = Some(Instant::now());
        }
        let now = match (when, announced) {
            (_, None) => false,
            (When::Announced, Some(_)) => true,
            (When::After(milliseconds), Some(since)) => since.elapsed() >= Duration::from_millis(milliseconds),
            (When::Done, Some(_)) => grown && count("\"ROTATION_DONE\"") > done,
        };
        if now {
            child.kill().unwrap();
            child.wait().unwrap();
            return true;
        }
        if child.try_wait().unwrap().is_some() {
            return announced.is_some();
        }
        assert!(Instant::now() < until, "the child neither acts nor ends");
        sleep(Duration::from_millis(2));
    }
}

/// Kills by `whens` in turn, node after node, until nobody has a step to do.
fn with_kills(nodes: &Nodes, whens: &[When]) -> usize {
    let (mut kills, mut idle) = (0, 0);
    while idle < 2 * NODES {
        for at in 0..NODES {
            let begun = killed(nodes, at, whens[kills % whens.len()]);
            // What a killed run left is known by whoever looks next.
            green(nodes, at);
            kills += usize::from(begun);
            idle = if begun { 0 } else { idle + 1 };
        }
        assert!(kills < 400, "no progress");
    }
    kills
}

/// At the intent, in the middle of the act, at the result.
fn whens() -> Vec<When> {
    let middle = [40, 5, 300, 90, 900, 15, 600, 150, 1500].map(When::After);
    middle.into_iter().flat_map(|middle| [When::Announced, middle, When::Done]).collect()
}

/// Kills in both halves; `before` and `after` are who writes meanwhile.
fn goes_on(nodes: &Nodes, before: &Client, after: &Client) {
    let mut kills = 0;
    let record = under_load(before, 4, || {
        kills = with_kills(nodes, &whens());
        held(in_turn(nodes, Goal::Forward, |_, _| {}), Check::OldUnused);
    });
    record.tell(&format!("trust and leaves, {kills} kills"));
    assert_eq!((record.failed_with_retry(), record.dark_seconds()), (0, 0));
    soak(nodes);
    (0..2).for_each(|person| nodes.agree(person, Agreed::Drop));
    let record = under_load(after, 4, || {
        kills = with_kills(nodes, &whens());
        let why = in_turn(nodes, Goal::Forward, |_, _| {});
        assert!(matches!(why, Why::Finished), "{why:?}");
    });
    record.tell(&format!("drop, {kills} kills"));
    assert_eq!((record.failed_with_retry(), record.dark_seconds()), (0, 0));
    assert!((0..NODES).all(|at| nodes.writes(at, true) && !nodes.writes(at, false)));
}

#[test]
#[ignore = "takes minutes: scripts/test runs it where AIRLOCK_SWEEP is set"]
fn killed_at_every_step_of_every_pass_it_goes_on() {
    let Some(nodes) = Nodes::start() else { return };
    goes_on(&nodes, &client(&nodes, false), &client(&nodes, true));
}

#[test]
#[ignore = "takes minutes: scripts/test runs it where AIRLOCK_SWEEP is set"]
fn killed_at_every_step_on_a_bridge_it_goes_on() {
    let Some(nodes) = Nodes::start_with(true) else { return };
    goes_on(&nodes, &of_the_old_root(&nodes), &of_either_root(&nodes));
}
