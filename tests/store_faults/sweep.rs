//! Killing a test at each of its system calls, by strace.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

const WHERE: &str = "AIRLOCK_TEST_DIRECTORY";
const BEGIN: &str = "/airlock-test-begin";
const END: &str = "/airlock-test-end";

/// What is killed. It does nothing unless it was started by a sweep; the markers delimit what counts.
pub(crate) fn child(work: impl Fn(&Path)) {
    let Some(directory) = std::env::var_os(WHERE) else { return };
    let _ = std::fs::read_link(BEGIN);
    work(Path::new(&directory));
    let _ = std::fs::read_link(END);
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
pub(crate) fn sweep(test: &str, judge: impl Fn(&Path)) {
    sweep_prepared(test, |_| {}, |_| true, judge);
}

/// As [`sweep`], in directories that `prepare` has filled, and only at the system calls that `counts` names.
pub(crate) fn sweep_prepared(
    test: &str,
    prepare: impl Fn(&Path),
    counts: impl Fn(&str) -> bool,
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
    let mut points = points(&trace);
    points.retain(|(name, _)| counts(name));
    assert!(points.len() > 8 && trace.contains(END), "{trace}");
    for (at, (name, count)) in points.iter().enumerate() {
        let directory = fresh(&at.to_string());
        let inject = format!("inject={name}:signal=KILL:when={count}");
        let killed = strace(&directory, test, &["-e", &inject]).unwrap();
        assert!(killed.contains("+++ killed by SIGKILL +++"), "{name} {count}");
        judge(&directory);
    }
}
