//! A STAND-IN for that part of a kubelet which runs static pods: a process for each manifest in the directory that it
//! watches, ended when the manifest goes, started again when it dies or its manifest changes.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::pod;

pub(crate) struct Runtime {
    ends: Arc<AtomicBool>,
    threads: Vec<thread::JoinHandle<()>>,
}

struct Pod {
    manifest: String,
    child: Child,
    ending: Option<Instant>,
}

/// Long after a graceful end; a file `deaf-POD-NODE` has a pod ignore the end for that long.
const GRACE: Duration = Duration::from_secs(10);

impl Runtime {
    /// Watches the manifests of `nodes`.
    pub(crate) fn start(base: &Path, nodes: &[&'static str]) -> Self {
        let ends = Arc::new(AtomicBool::new(false));
        let watch = |node: &'static str| {
            let (base, ends) = (base.to_owned(), Arc::clone(&ends));
            thread::spawn(move || watch(&base, node, &ends))
        };
        let threads = nodes.iter().map(|node| watch(node)).collect();
        Self { ends, threads }
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::SeqCst);
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

fn watch(base: &Path, node: &str, ends: &AtomicBool) {
    let mut pods: BTreeMap<String, Pod> = BTreeMap::new();
    while !ends.load(Ordering::SeqCst) {
        let wanted = manifests(&base.join(node).join("etc/kubernetes/manifests"));
        for (name, pod) in &mut pods {
            let stays = wanted.get(name) == Some(&pod.manifest);
            let deaf = base.join(format!("deaf-{name}-{node}")).exists();
            match pod.ending {
                None if !stays && !deaf => pod.end(),
                Some(since) if since.elapsed() > GRACE => drop(pod.child.kill()),
                _ => {}
            }
        }
        pods.retain(|_, pod| pod.child.try_wait().unwrap().is_none());
        for (name, manifest) in wanted {
            pods.entry(name.clone()).or_insert_with(|| Pod::start(base, node, &name, manifest));
        }
        thread::sleep(Duration::from_millis(40));
    }
    for pod in pods.values_mut() {
        let _ = pod.child.kill();
        let _ = pod.child.wait();
    }
}

fn manifests(directory: &Path) -> BTreeMap<String, String> {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let entries = entries.filter(|path| path.extension().is_some_and(|end| end == "yaml"));
    let read = |path: PathBuf| Some((path.file_stem()?.to_str()?.to_owned(), fs::read_to_string(&path).ok()?));
    entries.filter_map(read).collect()
}

impl Pod {
    fn start(base: &Path, node: &str, name: &str, manifest: String) -> Self {
        let words = manifest.lines().filter_map(|line| line.strip_prefix("    - "));
        let mut words = words.map(str::to_owned);
        let (program_name, root) = (words.next().unwrap(), base.join(node));
        let flags: Vec<_> = words.map(|word| placed(&word, &root, &program_name)).collect();
        let log = File::options().create(true).append(true).open(base.join(format!("{name}-{node}.log"))).unwrap();
        let mut command = match program_name.as_str() {
            "etcd" => Command::new(crate::etcd::program().unwrap()),
            other => {
                let mut command = Command::new(program(base, other));
                command.args(["--exact", "plane::pod::serves", "--nocapture", "--"]);
                command
            }
        };
        command.args(flags).env(pod::ROOT, &root).env(pod::AHEAD, base.join("ahead"));
        let child = command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap();
        Self { manifest, child, ending: None }
    }

    fn end(&mut self) {
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        self.ending = Some(Instant::now());
    }
}

/// The stand-in under the name of what it stands for.
pub(crate) fn program(base: &Path, name: &str) -> PathBuf {
    let path = base.join("bin").join(name);
    fs::create_dir_all(base.join("bin")).unwrap();
    let _ = symlink(std::env::current_exe().unwrap(), &path);
    path
}

/// A real etcd looks where the files of its node really are.
pub(crate) fn placed(flag: &str, root: &Path, program: &str) -> String {
    match program {
        "etcd" => flag
            .replace("=/etc/", &format!("={}/etc/", root.display()))
            .replace("=/var/", &format!("={}/var/", root.display())),
        _ => flag.to_owned(),
    }
}
