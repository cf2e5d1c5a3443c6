//! Killing a test at each of its system calls, by strace.

// Each test binary uses its part of this.
#![allow(dead_code)]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

const WHERE: &str = "AIRLOCK_TEST_DIRECTORY";
/// Set to `all`, every point of every sweep is tried; otherwise long sweeps try some, spread evenly.
const EXTENT: &str = "AIRLOCK_SWEEP";
/// How many points of a long sweep are tried by default.
const SOME: usize = 36;
const BEGIN: &str = "/airlock-test-begin";
const END: &str = "/airlock-test-end";

/// What is killed. It does nothing unless it was started by a sweep; the markers delimit what counts.
pub(crate) fn child(work: impl Fn(&Path)) {
    let Some(directory) = std::env::var_os(WHERE) else { return };
    let _ = std::fs::read_link(BEGIN);
    work(Path::new(&directory));
    let _ = std::fs::read_link(END);
}

/// The calls that change something on a disk, and those that open a file to be changed.
pub(crate) fn changes(call: &str, line: &str) -> bool {
    match call {
        "openat" => ["O_CREAT", "O_WRONLY", "O_RDWR"].iter().any(|flag| line.contains(flag)),
        _ => [
            "mkdirat",
            "write",
            "pwrite64",
            "fsync",
            "fdatasync",
            "syncfs",
            "renameat",
            "renameat2",
            "unlinkat",
            "fchmod",
            "ftruncate",
            "flock",
        ]
        .contains(&call),
    }
}

fn strace(directory: &Path, test: &str, options: &[&str]) -> Option<String> {
    let trace = directory.with_extension("trace");
    let this = std::env::current_exe().unwrap();
    Command::new("strace")
        .args(["-f", "-qq", "-o"])
        .arg(&trace)
        .args(options)
        .arg(this)
        .args(["--exact", test, "--test-threads=1"])
        .env(WHERE, directory)
        .output()
        .ok()?;
    let text = std::fs::read_to_string(&trace).ok()?;
    std::fs::remove_file(&trace).unwrap();
    Some(text)
}

/// Every system call between the markers that `counts` takes, as its name and how many of that name the same thread
/// made until then.
fn points(trace: &str, counts: impl Fn(&str, &str) -> bool) -> Vec<(String, usize)> {
    let mut seen: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let mut points = Vec::new();
    let mut within = false;
    for line in trace.lines() {
        let Some((thread, call)) = line.split_once(' ') else { continue };
        let Some((name, _)) = call.trim_start().split_once('(').filter(|(name, _)| !name.contains(' ')) else {
            continue;
        };
        let count = seen.entry((thread, name)).or_default();
        *count += 1;
        within = (within || line.contains(BEGIN)) && !line.contains(END);
        if within && counts(name, line) {
            points.push((name.to_owned(), *count));
        }
    }
    points
}

/// All points, or so many that a sweep stays short: the first, the last, and some between them.
fn extent(points: Vec<(String, usize)>) -> Vec<(String, usize)> {
    let all = std::env::var(EXTENT).is_ok_and(|extent| extent == "all");
    if all || points.len() <= SOME {
        return points;
    }
    let last = points.len() - 1;
    (0..SOME).map(|at| points[at * last / (SOME - 1)].clone()).collect()
}

/// Kills `test` at each of its system calls in a fresh directory, which `judge` looks at afterwards.
pub(crate) fn sweep(test: &str, judge: impl Fn(&Path)) {
    run(test, |_| {}, |_, _| true, |points| points, judge);
}

/// As [`sweep`], in directories that `prepare` has filled, and only at the system calls that `counts` takes by their name
/// and their line. Such a sweep is long: by default it tries some points only.
pub(crate) fn sweep_prepared(
    test: &str,
    prepare: impl Fn(&Path),
    counts: impl Fn(&str, &str) -> bool,
    judge: impl Fn(&Path),
) {
    run(test, prepare, counts, extent, judge);
}

fn run(
    test: &str,
    prepare: impl Fn(&Path),
    counts: impl Fn(&str, &str) -> bool,
    extent: impl Fn(Vec<(String, usize)>) -> Vec<(String, usize)>,
    judge: impl Fn(&Path),
) {
    let base = tempfile::tempdir().unwrap();
    let fresh = |name: &str| {
        let path = base.path().join(name);
        std::fs::create_dir(&path).unwrap();
        prepare(&path);
        path
    };
    let Some(trace) = strace(&fresh("whole"), test, &[]).filter(|trace| trace.contains(BEGIN)) else {
        eprintln!("skipped: strace cannot trace here");
        return;
    };
    let points = points(&trace, counts);
    assert!(points.len() > 8 && trace.contains(END), "{trace}");
    for (at, (name, count)) in extent(points).iter().enumerate() {
        let directory = fresh(&at.to_string());
        let inject = format!("inject={name}:signal=KILL:when={count}");
        let killed = strace(&directory, test, &["-e", &format!("trace={name}"), "-e", &inject]);
        assert!(killed.unwrap().contains("+++ killed by SIGKILL +++"), "{name} {count}");
        judge(&directory);
        std::fs::remove_dir_all(&directory).unwrap();
    }
}
