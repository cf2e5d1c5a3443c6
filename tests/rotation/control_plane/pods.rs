//! STAND-IN for the half of the kubelet that runs static pods: a manifest that is there runs, one that says something else
//! is stopped and run anew, one that is gone is stopped, and what has ended is started again. Without containers: the directory
//! of its node is all that a program sees.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::manifests::PODS;

const LOOK: Duration = Duration::from_millis(100);
/// `terminationGracePeriodSeconds` of a static pod.
const GRACE: Duration = Duration::from_secs(30);
const BACK_OFF: Duration = Duration::from_secs(2);

/// What runs the pods of all nodes until it is dropped.
pub(crate) struct Pods {
    ends: Arc<AtomicBool>,
    /// How often a program ended by itself.
    pub(crate) fell: Arc<AtomicUsize>,
    thread: Option<JoinHandle<()>>,
}

struct Pod {
    manifest: PathBuf,
    root: PathBuf,
    log: PathBuf,
    says: String,
    child: Option<Child>,
    told: Option<Instant>,
    not_before: Instant,
}

impl Pods {
    /// Runs what lies below each of `roots`.
    pub(crate) fn run(roots: &[PathBuf]) -> Self {
        let (ends, fell) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let mut pods: BTreeMap<(usize, &str), Pod> = BTreeMap::new();
        for (at, root) in roots.iter().enumerate() {
            pods.extend(PODS.map(|pod| ((at, pod), Pod::of(root, pod))));
        }
        let (stop, count) = (Arc::clone(&ends), Arc::clone(&fell));
        let thread = thread::spawn(move || {
            while !stop.load(Ordering::SeqCst) {
                for pod in pods.values_mut() {
                    pod.look(&count);
                }
                thread::sleep(LOOK);
            }
            pods.values_mut().for_each(Pod::kill);
        });
        Self { ends, fell, thread: Some(thread) }
    }
}

impl Drop for Pods {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Where what `pod` of the node below `root` says is kept.
pub(crate) fn log(root: &Path, pod: &str) -> PathBuf {
    root.join(format!("var/log/{pod}.log"))
}

impl Pod {
    fn of(root: &Path, pod: &str) -> Self {
        Self {
            manifest: root.join(format!("etc/kubernetes/manifests/{pod}.yaml")),
            root: root.to_owned(),
            log: log(root, pod),
            says: String::new(),
            child: None,
            told: None,
            not_before: Instant::now(),
        }
    }

    fn look(&mut self, fell: &AtomicUsize) {
        if self.child.as_mut().is_some_and(|child| child.try_wait().unwrap().is_some()) {
            (self.child, self.not_before) = (None, Instant::now());
            if self.told.take().is_none() {
                fell.fetch_add(1, Ordering::SeqCst);
                self.not_before += BACK_OFF;
            }
        }
        let wanted = fs::read_to_string(&self.manifest).ok();
        match (&mut self.child, wanted) {
            (None, Some(wanted)) if Instant::now() >= self.not_before => self.start(wanted),
            (Some(child), wanted) if wanted.as_deref() != Some(self.says.as_str()) => match self.told {
                None => {
                    Command::new("kill").arg(child.id().to_string()).status().unwrap();
                    self.told = Some(Instant::now());
                }
                Some(told) if told.elapsed() > GRACE => child.kill().unwrap(),
                Some(_) => {}
            },
            _ => {}
        }
    }

    fn start(&mut self, says: String) {
        let words: Vec<_> = says.lines().filter_map(|line| line.trim().strip_prefix("- ")).collect();
        let at = words.iter().position(|word| PODS.contains(word)).unwrap();
        let flags = words[at + 1..].iter().take_while(|word| word.starts_with("--"));
        let log = File::options().create(true).append(true).open(&self.log).unwrap();
        let mut command = match words[at] {
            // It needs the libraries of the host.
            "etcd" => Command::new(crate::etcd::program().unwrap()),
            name => {
                let mut command = Command::new("chroot");
                command.arg(&self.root).arg(format!("/usr/bin/{name}"));
                command
            }
        };
        let of_node = |flag: &&str| match words[at] {
            "etcd" => flag.replace("=/", &format!("={}/", self.root.display())),
            _ => (*flag).to_owned(),
        };
        command.args(flags.map(of_node)).stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        (self.child, self.says) = (Some(command.spawn().unwrap()), says);
    }

    fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
