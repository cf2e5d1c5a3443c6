//! Killing at each system call, by strace: a test of this binary, or a verb of the command line.

// Each test binary uses its part of this.
#![allow(dead_code)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

const WHERE: &str = "AIRLOCK_TEST_DIRECTORY";
/// Set to `all`, every point of every sweep is tried; otherwise long sweeps try some, spread evenly. Set to something
/// else, the verbs whose command line holds one of those words, between commas, are tried at every point, and no others.
const EXTENT: &str = "AIRLOCK_SWEEP";
/// How many points of a long sweep are tried by default.
const SOME: usize = 36;
/// As many of a verb, of which there are many.
pub(crate) const SOME_OF_A_VERB: usize = 2;
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
            "mkdir",
            "mkdirat",
            "rename",
            "unlink",
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

/// The test of this binary, under a program that is named before it.
fn this_test(test: &str, directory: &Path, before: &[String]) -> Command {
    let mut command = Command::new(&before[0]);
    let this = std::env::current_exe().unwrap();
    command.args(&before[1..]).arg(this).args(["--exact", test, "--test-threads=1"]).env(WHERE, directory);
    command
}

/// What strace sees of the command that `victim` makes of strace and its options.
fn strace(directory: &Path, options: &[&str], victim: &dyn Fn(&Path, &[String]) -> Command) -> Option<String> {
    let trace = directory.with_extension("trace");
    let before = ["strace", "-f", "-qq", "-o", trace.to_str().unwrap()].into_iter().chain(options.iter().copied());
    victim(directory, &before.map(str::to_owned).collect::<Vec<_>>()).output().ok()?;
    let text = std::fs::read_to_string(&trace).ok()?;
    std::fs::remove_file(&trace).unwrap();
    Some(text)
}

/// Every system call, or every one between the markers, that `counts` takes, as its name and how many of that name the
/// same thread made until then.
fn points(trace: &str, is_marked: bool, counts: impl Fn(&str, &str) -> bool) -> Vec<(String, usize)> {
    let mut seen: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let mut points = Vec::new();
    let mut within = !is_marked;
    for line in trace.lines() {
        let Some((thread, call)) = line.split_once(' ') else { continue };
        let Some((name, _)) = call.trim_start().split_once('(').filter(|(name, _)| !name.contains(' ')) else {
            continue;
        };
        let count = seen.entry((thread, name)).or_default();
        *count += 1;
        within = !is_marked || (within || line.contains(BEGIN)) && !line.contains(END);
        if within && counts(name, line) {
            points.push((name.to_owned(), *count));
        }
    }
    points
}

/// What was asked for beyond the default.
fn wished() -> Option<String> {
    std::env::var(EXTENT).ok().filter(|extent| !extent.is_empty())
}

/// All points, or so many that a sweep stays short: the first, the last, and some between them.
fn extent(points: Vec<(String, usize)>, some: usize) -> Vec<(String, usize)> {
    if wished().is_some() || points.len() <= some {
        return points;
    }
    let last = points.len() - 1;
    (0..some).map(|at| points[at * last / (some - 1)].clone()).collect()
}

/// What `test` asks of the system between its markers, in a directory that `prepare` has filled, a call a line; none where
/// strace cannot trace here.
pub(crate) fn traced(test: &str, prepare: impl Fn(&Path)) -> Option<Vec<String>> {
    let base = tempfile::tempdir().unwrap();
    let victim = |directory: &Path, before: &[String]| this_test(test, directory, before);
    let trace = strace(&filled(base.path(), "whole", prepare), &[], &victim);
    let Some(trace) = trace.filter(|trace| trace.contains(BEGIN)) else {
        eprintln!("skipped: strace cannot trace here");
        return None;
    };
    let within = trace.split_once(BEGIN)?.1.split_once(END)?.0;
    let call = |line: &str| line.split_once(' ').map(|(_, call)| call.trim_start().to_owned());
    Some(within.lines().skip(1).filter_map(call).collect())
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
    run(test, prepare, counts, |points| extent(points, SOME), judge);
}

fn run(
    test: &str,
    prepare: impl Fn(&Path),
    counts: impl Fn(&str, &str) -> bool,
    extent: impl Fn(Vec<(String, usize)>) -> Vec<(String, usize)>,
    judge: impl Fn(&Path),
) {
    let base = tempfile::tempdir().unwrap();
    let fresh = |name: &str| filled(base.path(), name, &prepare);
    let victim = |directory: &Path, before: &[String]| this_test(test, directory, before);
    let Some(trace) = strace(&fresh("whole"), &[], &victim).filter(|trace| trace.contains(BEGIN)) else {
        eprintln!("skipped: strace cannot trace here");
        return;
    };
    let points = points(&trace, true, counts);
    assert!(points.len() > 8 && trace.contains(END), "{trace}");
    for (at, point) in extent(points).iter().enumerate() {
        let directory = fresh(&at.to_string());
        kill(&directory, point, &victim);
        judge(&directory);
        std::fs::remove_dir_all(&directory).unwrap();
    }
}

/// A new directory that `prepare` has filled.
fn filled(base: &Path, name: &str, prepare: impl Fn(&Path)) -> PathBuf {
    let path = base.join(name);
    std::fs::create_dir(&path).unwrap();
    prepare(&path);
    path
}

/// Kills the victim at one point: in whichever thread comes there first. Returns the call in which it died.
fn kill(directory: &Path, (name, count): &(String, usize), victim: &dyn Fn(&Path, &[String]) -> Command) -> String {
    let (trace, inject) = (format!("trace={name}"), format!("inject={name}:signal=KILL:when={count}"));
    let killed = strace(directory, &["-y", "-e", &trace, "-e", &inject], victim).unwrap();
    assert!(killed.contains("+++ killed by SIGKILL +++"), "{name} {count}");
    killed.lines().rfind(|line| line.contains(&format!(" {name}("))).unwrap_or_default().to_owned()
}

/// The calls by which a command changes a file, and not what it tells a person or another thread.
fn changes_a_file(call: &str, line: &str) -> bool {
    changes(call, line) && !["</dev/", "<pipe:", "<socket:", "<anon_inode:"].iter().any(|end| line.contains(end))
}

/// SoftHSM empties and writes its record of a token in place at every login: a process that dies between loses the token,
/// which no caller of it can heal. Keys are in files of their own.
const RECORD_OF_TOKEN: &str = "/token.object>";

/// Whether this verb, which dies at `some` points by default, is to be killed in this run.
pub(crate) fn is_wanted(line: &str, some: usize) -> bool {
    wished().map_or(some > 0, |extent| extent == "all" || extent.split(',').any(|words| line.contains(words)))
}

/// All points, or so many from within: the first and the last calls of a verb are those of its lock.
fn within(points: &[(String, usize)], some: usize) -> Vec<(String, usize)> {
    if wished().is_some() || points.len() <= some {
        return points.to_vec();
    }
    (0..some).map(|at| points[(2 * at + 1) * points.len() / (2 * some)].clone()).collect()
}

/// Kills a command at the system calls by which it changes files, by default at some of them, in directories that
/// `prepare` fills and `judge` looks at afterwards. `victim` puts the words it is given, strace and its options, before
/// the program; `some` says how many by default. Returns how many points there are and how many were tried; none where
/// strace cannot trace here.
pub(crate) fn sweep_command(
    prepare: impl Fn(&Path) + Sync,
    victim: impl Fn(&Path, &[String]) -> Command + Sync,
    judge: impl Fn(&Path, &str) + Sync,
    some: usize,
) -> Option<(usize, usize)> {
    let base = tempfile::tempdir().unwrap();
    let fresh = |name: &str| filled(base.path(), name, &prepare);
    let whole = strace(&fresh("whole"), &["-y"], &victim).filter(|trace| trace.contains("execve("))?;
    let points = points(&whole, false, changes_a_file);
    assert!(!points.is_empty(), "{whole}");
    let tried = within(&points, some);
    let (next, left_out) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let work = || {
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(point) = tried.get(at) else { return };
            let directory = fresh(&at.to_string());
            let last = kill(&directory, point, &victim);
            if last.contains(RECORD_OF_TOKEN) {
                left_out.fetch_add(1, Ordering::Relaxed);
            } else {
                judge(&directory, &format!("killed at {} {}", point.0, point.1));
            }
            std::fs::remove_dir_all(&directory).unwrap();
        }
    };
    std::thread::scope(|scope| [(), ()].map(|()| scope.spawn(work)).into_iter().for_each(|one| one.join().unwrap()));
    Some((points.len(), tried.len() - left_out.into_inner()))
}
