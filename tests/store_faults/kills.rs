//! Killed at each system call, by strace.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use airlock::devices::media::Medium;
use airlock::devices::store::{Directory, StateLock};

use crate::media::{grammar, set};

const PAYLOAD: [u8; 10_000] = [7; 10_000];
const WHERE: &str = "AIRLOCK_TEST_DIRECTORY";
const BEGIN: &str = "/airlock-test-begin";
const END: &str = "/airlock-test-end";

/// What is killed. It does nothing unless it was started by a sweep; the markers delimit what counts.
fn child(work: impl Fn(&Path)) {
    let Some(directory) = std::env::var_os(WHERE) else { return };
    let _ = std::fs::read_link(BEGIN);
    work(Path::new(&directory));
    let _ = std::fs::read_link(END);
}

#[test]
fn child_creates() {
    child(|path| Directory::open(path).unwrap().create_new("file", &PAYLOAD, 0o600).unwrap());
}

#[test]
fn child_exports() {
    child(|path| Medium::open(path).unwrap().export(&set(&PAYLOAD), grammar).unwrap());
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

/// Every system call between the markers, as its name and how many of that name the same thread made until then.
fn points(trace: &str) -> Vec<(String, usize)> {
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
        if within {
            points.push((name.to_owned(), *count));
        }
    }
    points
}

/// Kills `test` at each of its system calls in a fresh directory, which `judge` looks at afterwards.
fn sweep(test: &str, judge: impl Fn(&Path)) {
    let base = tempfile::tempdir().unwrap();
    let fresh = |name: &str| {
        let path = base.path().join(name);
        std::fs::create_dir(&path).unwrap();
        path
    };
    let Some(trace) = strace(&fresh("whole"), test, &[]).filter(|trace| trace.contains(BEGIN)) else {
        eprintln!("skipped: strace cannot trace here");
        return;
    };
    let points = points(&trace);
    assert!(points.len() > 8 && trace.contains(END), "{trace}");
    for (at, (name, count)) in points.iter().enumerate() {
        let directory = fresh(&at.to_string());
        let inject = format!("inject={name}:signal=KILL:when={count}");
        let killed = strace(&directory, test, &["-e", &inject]).unwrap();
        assert!(killed.contains("+++ killed by SIGKILL +++"), "{name} {count}");
        judge(&directory);
    }
}

#[test]
fn a_killed_create_is_whole_or_not_at_all() {
    sweep("kills::child_creates", |path| {
        let here = Directory::open(path).unwrap();
        if here.holds("file").unwrap() {
            assert_eq!(here.read("file", 1 << 20).unwrap().as_slice(), PAYLOAD);
        }
        let _lock = StateLock::acquire(&here).unwrap();
        here.create_or_same("file", &PAYLOAD, 0o600).unwrap();
        let names: Vec<_> = here.entries().unwrap().into_iter().map(|entry| entry.name).collect();
        assert_eq!(names, ["file", "lock"]);
    });
}

#[test]
fn a_killed_export_is_signed_only_when_whole() {
    sweep("kills::child_exports", |path| {
        let here = Directory::open(path).unwrap();
        let whole = |name: &str, bytes: &[u8]| {
            !here.holds(name).unwrap() || here.read(name, 1 << 20).unwrap().as_slice() == bytes
        };
        assert!(whole("T.ZIP", &PAYLOAD) && whole("T.TXT", b"statement") && whole("T.SIG", b"signature"));
        assert!(!here.holds("T.SIG").unwrap() || (here.holds("T.ZIP").unwrap() && here.holds("T.TXT").unwrap()));
        Medium::open(path).unwrap().export(&set(&PAYLOAD), grammar).unwrap();
        let names: Vec<_> = here.entries().unwrap().into_iter().map(|entry| entry.name).collect();
        assert_eq!(names, ["T.SIG", "T.TXT", "T.ZIP"]);
    });
}
