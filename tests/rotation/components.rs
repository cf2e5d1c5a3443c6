//! Components stopped and started: real processes, by argument lists, by a manifest, and by a STAND-IN for systemctl.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use airlock::devices::component::{Commanded, Component, ComponentError, StaticPod, Unit, restart};
use airlock::devices::process::{Process, Sought};
use airlock::refusal::Refusal as _;

const PATIENCE: Duration = Duration::from_secs(5);
const SHORT: Duration = Duration::from_millis(1_500);

/// A process that is told from others by its argument: how long it sleeps.
fn sought(seconds: &str) -> Sought {
    Sought { program: "sleep".to_owned(), arguments: vec![seconds.to_owned()] }
}

fn list(parts: &[&str]) -> Vec<String> {
    parts.iter().map(ToString::to_string).collect()
}

/// Ends what the test started.
struct Ends(Sought);

impl Drop for Ends {
    fn drop(&mut self) {
        if let Ok(process) = Process::find(&self.0) {
            let _ = std::process::Command::new("kill").arg(process.pid().to_string()).status();
        }
    }
}

/// Writes down which process it started, for what stops it.
fn start(base: &Path) -> Vec<String> {
    list(&["sh", "-c", &format!("sleep 71.25 >/dev/null 2>&1 & echo $! >{}/pid", base.display())])
}

fn stop(base: &Path) -> Vec<String> {
    let file = base.join("pid");
    list(&["sh", "-c", &format!("[ ! -f {0} ] || kill $(cat {0}); rm -f {0}", file.display())])
}

#[test]
fn argument_lists_stop_and_start() {
    let _ends = Ends(sought("71.25"));
    let base = tempfile::tempdir().unwrap();
    let (stop, start) = (stop(base.path()), start(base.path()));
    let commanded = |stop: &[String], start: &[String], patience| {
        Commanded::new("sleeper", stop, start, sought("71.25"), patience).unwrap()
    };
    let good = commanded(&stop, &start, PATIENCE);
    let first = restart(&good).unwrap();
    assert_eq!(first.before, None);
    let second = restart(&good).unwrap();
    assert_eq!(second.before, Some(first.after));
    assert_ne!(second.after, first.after);
    assert!(second.after.still_runs() && !first.after.still_runs());
    // One that ignores it, one that fails, one that does not come back.
    let code = |component: Commanded| restart(&component).unwrap_err().reason().code;
    assert_eq!(code(commanded(&list(&["true"]), &start, SHORT)), "COMPONENT_STILL_RUNS");
    assert_eq!(code(commanded(&list(&["false"]), &start, SHORT)), "PROGRAM_FAILED");
    assert!(second.after.still_runs());
    assert_eq!(code(commanded(&stop, &list(&["true"]), SHORT)), "COMPONENT_NOT_THERE");
    let refused = Commanded::new("x", &[], &list(&["true"]), sought("71.25"), SHORT).unwrap_err();
    assert_eq!(refused.reason().code, "PROGRAM_EMPTY");
}

/// One that says it did what it was told.
struct Idle(Process);

impl Component for Idle {
    fn name(&self) -> &str {
        "idle"
    }

    fn process(&self) -> Result<Process, ComponentError> {
        Ok(self.0)
    }

    fn stop(&self) -> Result<(), ComponentError> {
        Ok(())
    }

    fn start(&self) -> Result<Process, ComponentError> {
        Ok(self.0)
    }
}

#[test]
fn the_same_process_was_not_restarted() {
    let idle = Idle(Process::of(std::process::id()).unwrap());
    assert_eq!(restart(&idle).unwrap_err().reason().code, "COMPONENT_SAME");
}

/// A STAND-IN for the kubelet: runs a process while a manifest lies in the directory it watches.
struct Kubelet {
    ends: std::sync::Arc<AtomicBool>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Kubelet {
    fn watch(manifests: &Path, seconds: &'static str, is_deaf: bool) -> Self {
        let ends = std::sync::Arc::new(AtomicBool::new(false));
        let (stop, manifest) = (std::sync::Arc::clone(&ends), manifests.join("pod.yaml"));
        let thread = thread::spawn(move || {
            let mut child = None;
            while !stop.load(Ordering::SeqCst) {
                let wanted = manifest.exists() || (is_deaf && child.is_some());
                if wanted && child.is_none() {
                    child = Some(std::process::Command::new("sleep").arg(seconds).spawn().unwrap());
                } else if !wanted {
                    end(child.take());
                }
                thread::sleep(Duration::from_millis(20));
            }
            end(child.take());
        });
        Self { ends, thread: Some(thread) }
    }
}

fn end(child: Option<std::process::Child>) {
    if let Some(mut child) = child {
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

impl Drop for Kubelet {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::SeqCst);
        self.thread.take().unwrap().join().unwrap();
    }
}

fn node() -> (tempfile::TempDir, PathBuf, PathBuf) {
    let base = tempfile::tempdir().unwrap();
    let (manifests, parking) = (base.path().join("manifests"), base.path().join("parked"));
    fs::create_dir(&manifests).unwrap();
    fs::write(manifests.join("pod.yaml"), "kind: Pod\n").unwrap();
    (base, manifests, parking)
}

#[test]
fn a_static_pod_goes_with_its_manifest_and_comes_with_it() {
    let (_base, manifests, parking) = node();
    let _kubelet = Kubelet::watch(&manifests, "72.25", false);
    let pod = StaticPod::new(&manifests.join("pod.yaml"), &parking, sought("72.25"), PATIENCE).unwrap();
    assert_eq!(pod.name(), "pod");
    pod.start().unwrap();
    let done = restart(&pod).unwrap();
    assert!(done.before.is_some_and(|before| before != done.after));
    assert_eq!(fs::read_to_string(manifests.join("pod.yaml")).unwrap(), "kind: Pod\n");
    assert!(!pod.is_parked().unwrap());
    // Killed between stop and start: the next run finds it parked, and starts it.
    pod.stop().unwrap();
    assert!(pod.is_parked().unwrap() && !manifests.join("pod.yaml").exists());
    let again = StaticPod::new(&manifests.join("pod.yaml"), &parking, sought("72.25"), PATIENCE).unwrap();
    let done = restart(&again).unwrap();
    assert_eq!(done.before, None);
    assert!(manifests.join("pod.yaml").exists());
}

#[test]
fn a_pod_that_does_not_stop_keeps_its_manifest() {
    let (_base, manifests, parking) = node();
    let _kubelet = Kubelet::watch(&manifests, "73.25", true);
    let pod = StaticPod::new(&manifests.join("pod.yaml"), &parking, sought("73.25"), SHORT).unwrap();
    let before = pod.start().unwrap();
    assert_eq!(restart(&pod).unwrap_err().reason().code, "COMPONENT_STILL_RUNS");
    assert!(before.still_runs() && manifests.join("pod.yaml").exists() && !pod.is_parked().unwrap());
}

#[test]
fn two_manifests_or_none_are_not_guessed_at() {
    let (_base, manifests, parking) = node();
    let pod = StaticPod::new(&manifests.join("pod.yaml"), &parking, sought("74.25"), SHORT).unwrap();
    fs::write(parking.join("pod.yaml"), "kind: Pod\n").unwrap();
    assert_eq!(pod.start().unwrap_err().reason().code, "COMPONENT_TWO_MANIFESTS");
    fs::remove_file(parking.join("pod.yaml")).unwrap();
    fs::remove_file(manifests.join("pod.yaml")).unwrap();
    assert_eq!(pod.stop().unwrap_err().reason().code, "COMPONENT_NO_MANIFEST");
}

/// A STAND-IN for systemctl, which writes down how it was called.
fn systemctl(base: &Path) -> String {
    let path = base.join("systemctl");
    let text = format!(
        "#!/bin/sh\necho \"$*\" >>{dir}/calls\nstop() {{ [ ! -f {dir}/pid ] || kill $(cat {dir}/pid); rm -f {dir}/pid; }}\n\
         start() {{ sleep 75.25 >/dev/null 2>&1 & echo $! >{dir}/pid; }}\n\
         case $1 in show) cat {dir}/pid 2>/dev/null || echo 0;; stop) stop;; start) start;; restart) stop; start;; esac\n",
        dir = base.display()
    );
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn a_unit_is_restarted_by_systemctl() {
    let base = tempfile::tempdir().unwrap();
    let _ends = Ends(sought("75.25"));
    let unit = Unit::new("kubelet.service", &systemctl(base.path()), PATIENCE).unwrap();
    let first = restart(&unit).unwrap();
    let second = restart(&unit).unwrap();
    assert_eq!((first.before, second.before), (None, Some(first.after)));
    unit.stop().unwrap();
    assert_eq!(unit.process().unwrap_err().reason().code, "PROCESS_NONE");
    let calls = fs::read_to_string(base.path().join("calls")).unwrap();
    assert!(calls.contains("restart -- kubelet.service\n") && calls.contains("stop -- kubelet.service\n"), "{calls}");
    assert!(calls.contains("show --property=MainPID --value -- kubelet.service\n"));
}

#[test]
fn a_unit_has_a_plain_name() {
    for name in ["", "-x", "a b", "a/b", "a;b", "$(x)", &"x".repeat(256)] {
        assert_eq!(Unit::new(name, "systemctl", SHORT).unwrap_err().reason().code, "COMPONENT_UNIT", "{name}");
    }
    Unit::new("getty@tty1.service", "systemctl", SHORT).unwrap();
}
