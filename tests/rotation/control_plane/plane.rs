//! The cluster, and the engine on each of its nodes.

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use airlock::audit::detail::Genesis;
use airlock::audit::entry::{Actor, Side};
use airlock::audit::event::Event;
use airlock::cluster::role::{Domain, Files, Role};
use airlock::config::rotation::{Endpoints, Managed};
use airlock::desk::host::{Desk, Senses};
use airlock::devices::clock::SystemClock;
use airlock::devices::entropy::SystemEntropy;
use airlock::devices::next_tree::NextTree;
use airlock::devices::probe::Endpoint;
use airlock::online::rotate::ground::{Patience, Sources};
use airlock::online::rotate::run::tell;
use airlock::online::rotate::site::{Servers, Site};
use airlock::online::rotate::{Ended, Goal, Ground, eyes::Seen, run};
use airlock::online::scan::NodeRoot;
use airlock::rotation::component::Component;
use airlock::rotation::fleet::{Fleet, Member};
use airlock::rotation::graph::{Shape, Signing, Variant};
use airlock::rotation::plan::{Plan, Tempo};
use airlock::wire::digest::Digest;
use tempfile::TempDir;

use super::kubelet;
use super::manifests::{PODS, manifest, unique};
use super::material::{File, Generation};
use super::pods::Pods;
use super::room::{NODES, program};
use crate::nodes;
use crate::people::people;
use crate::pki::certificate;

/// Three nodes of the old root with all staged.
pub(crate) struct Plane {
    pub(crate) base: TempDir,
    pub(crate) old: Generation,
    pub(crate) new: Generation,
    pub(crate) pods: Pods,
    variant: Variant,
}

const MANAGED: [(Component, &str); 4] = [
    (Component::Etcd, PODS[0]),
    (Component::Apiserver, PODS[1]),
    (Component::ControllerManager, PODS[2]),
    (Component::Scheduler, PODS[3]),
];
/// Whoever asked for something, and by which certificate class: no bodies.
const AUDIT_POLICY: &str =
    "apiVersion: audit.k8s.io/v1\nkind: Policy\nomitStages: [RequestReceived]\nrules:\n- level: Metadata\n";

impl Plane {
    pub(crate) fn start() -> Self {
        Self::start_with(Variant::DualTrust)
    }

    pub(crate) fn start_with(variant: Variant) -> Self {
        let base = tempfile::tempdir().unwrap();
        let (old, new) = (Generation::old(), Generation::new());
        let service = rcgen::KeyPair::generate().unwrap();
        let service = [("sa.key", service.serialize_pem()), ("sa.pub", service.public_key_pem())];
        for (at, (node, _)) in NODES.iter().enumerate() {
            let root = base.path().join(node);
            make_live(&root, at, &old, &service);
            make_next(&root, at, &old, &new);
            if variant == Variant::Bridge {
                make_cross(&root, &old, &new);
            }
            make_state(&base.path().join(format!("state-{node}")));
        }
        fs::create_dir(base.path().join("facts")).unwrap();
        fs::write(base.path().join("snapshot"), "restored once").unwrap();
        let roots: Vec<_> = NODES.iter().map(|(node, _)| base.path().join(node)).collect();
        let pods = Pods::run(&roots);
        let plane = Self { base, old, new, pods, variant };
        plane.wait_up();
        (0..NODES.len()).for_each(|at| kubelet::start(&plane.script("start", at)));
        plane
    }

    pub(crate) fn root(&self, at: usize) -> PathBuf {
        self.base.path().join(NODES[at].0)
    }

    pub(crate) fn live(&self, at: usize, path: &str) -> PathBuf {
        self.root(at).join(path)
    }

    pub(crate) fn facts(&self) -> PathBuf {
        self.base.path().join("facts")
    }

    fn script(&self, what: &str, at: usize) -> PathBuf {
        self.root(at).join(format!("usr/kubelet-{what}"))
    }

    pub(crate) fn api(at: usize) -> Endpoint {
        format!("{}:6443", NODES[at].1).parse().unwrap()
    }

    pub(crate) fn desk(&self, at: usize) -> Desk {
        let state = self.base.path().join(format!("state-{}", NODES[at].0));
        Desk::open(&state, Side::Online, senses()).unwrap()
    }

    pub(crate) fn ground(&self, at: usize, sources: &Sources) -> Ground {
        let member = |(node, _): (&str, &str)| Member { name: node.to_owned(), control_plane: true, etcd: true };
        let fleet = Fleet::new(NODES.map(member).to_vec());
        let shape = Shape { variant: self.variant, signing: Signing::Intermediate, verifies_kubelets: true };
        let tempo = Tempo { kubelets: 10, files: 50, soak: 600 };
        let node = NodeRoot { node: NODES[at].0.to_owned(), root: self.root(at) };
        let site = Site::of(&fleet, node, self.managed(at), self.root(at).join("etc/kubernetes/parked"), servers());
        let domains = [Domain::Kubernetes, Domain::Etcd, Domain::FrontProxy];
        Ground {
            party: "cluster:prod-1".parse().unwrap(),
            trace: nodes::Nodes::trace(),
            plan: Plan::new(fleet, shape, tempo).unwrap(),
            tempo,
            site: site.unwrap(),
            roots: domains.map(|domain| (domain, self.new.root(domain).certificate())).to_vec(),
            people: people(),
            staged: None,
            sources: Sources {
                facts: Some(self.facts()),
                freshness: 900,
                snapshot: Some(self.base.path().join("snapshot")),
                ..sources.clone()
            },
            patience: Patience::default(),
        }
    }

    fn managed(&self, at: usize) -> BTreeMap<Component, Managed> {
        let pods = MANAGED.map(|(component, pod)| {
            let manifest = self.live(at, &format!("etc/kubernetes/manifests/{pod}.yaml"));
            (component, Managed { arguments: vec![unique(pod, at)], ..Managed::manifest(&manifest) })
        });
        let [start, stop] =
            ["start", "stop"].map(|what| vec!["sh".to_owned(), self.script(what, at).to_str().unwrap().to_owned()]);
        let kubelet = Managed {
            program: Some(kubelet::program()),
            arguments: vec![kubelet::unique(at)],
            ..Managed::commands(&stop, &start)
        };
        pods.into_iter().chain([(Component::Kubelet, kubelet)]).collect()
    }

    pub(crate) fn run(&self, at: usize, goal: Goal, sources: &Sources) -> Ended {
        run(&mut self.desk(at), &self.ground(at, sources), goal).unwrap()
    }

    pub(crate) fn tell(&self, at: usize, sources: &Sources) -> Seen {
        tell(&mut self.desk(at), &self.ground(at, sources)).unwrap()
    }

    /// Until each API server answers an administrator.
    pub(crate) fn wait_up(&self) {
        let answers = |at| self.kubectl(at, &["get", "--raw", "/api/v1/namespaces/kube-system"]).is_ok();
        let up = crate::etcd::wait(Duration::from_secs(180), || (0..NODES.len()).all(answers));
        assert!(up, "{}", self.last_words());
    }

    /// The last lines of every log.
    pub(crate) fn last_words(&self) -> String {
        let of = |at| PODS.map(|pod| super::pods::log(&self.root(at), pod));
        let kubelets = (0..NODES.len()).map(|at| self.root(at).join("var/log/kubelet.log"));
        let logs = (0..NODES.len()).flat_map(of).chain(kubelets);
        let tail = |log: PathBuf| {
            let text = fs::read_to_string(&log).unwrap_or_default();
            let lines: Vec<_> = text.lines().rev().take(6).collect();
            format!("{}\n{}\n", log.display(), lines.into_iter().rev().collect::<Vec<_>>().join("\n"))
        };
        logs.map(tail).collect()
    }
}

impl Drop for Plane {
    /// Else what is removed with the directory would begin with the processes.
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("{}", self.last_words());
        }
        for at in 0..NODES.len() {
            let _ = Command::new("umount").arg("--lazy").arg(self.root(at).join("proc")).status();
        }
    }
}

fn servers() -> Vec<Servers> {
    let of = |(_, address): (&str, &str)| {
        let at = |port: u16| Some((address.parse::<std::net::IpAddr>().unwrap(), port).into());
        Servers::at(Endpoints { etcd: at(2379), etcd_peer: at(2380), apiserver: at(6443), kubelet: at(10250) })
    };
    NODES.map(of).to_vec()
}

fn senses() -> Senses {
    Senses { clock: Box::new(SystemClock), entropy: Box::new(SystemEntropy) }
}

fn make_state(state: &Path) {
    let mut desk = Desk::make(state, Side::Online, &"cluster:prod-1".parse().unwrap(), senses()).unwrap();
    let genesis = Genesis { genesis: Digest::of(b""), policy: None, roster: Digest::of(b""), signatures: vec![] };
    desk.note(&Actor::system(), None, Event::Genesis(genesis)).unwrap();
}

/// The live files of the node at `at`, its manifests and what starts its kubelet.
fn make_live(root: &Path, at: usize, old: &Generation, service: &[(&str, String)]) {
    let mut files: Vec<File> = old.leaves(at, &old.trust(Domain::Kubernetes));
    files.extend(Domain::ALL.map(|domain| (domain.ca_certificate().to_owned(), old.trust(domain))));
    files.push((Domain::Kubernetes.ca_key().to_owned(), old.kubernetes.key()));
    files.extend(service.iter().map(|(name, text)| (format!("etc/kubernetes/pki/{name}"), text.clone())));
    files.extend(PODS.map(|pod| (format!("etc/kubernetes/manifests/{pod}.yaml"), manifest(pod, at))));
    files.push(("etc/kubernetes/audit-policy.yaml".to_owned(), AUDIT_POLICY.to_owned()));
    let [start, stop] = kubelet::commands(root, at);
    files.extend([("usr/kubelet-start".to_owned(), start), ("usr/kubelet-stop".to_owned(), stop)]);
    for directory in ["var/lib/etcd", "var/log/kubernetes", "var/run", "usr/bin"] {
        fs::create_dir_all(root.join(directory)).unwrap();
    }
    // By it a program knows when it was started, as in a container.
    let proc = root.join("proc");
    fs::create_dir(&proc).unwrap();
    assert!(Command::new("mount").args(["-t", "proc", "proc"]).arg(&proc).status().unwrap().success());
    for pod in &PODS[1..] {
        let (built, here) = (program(pod), root.join("usr/bin").join(pod));
        fs::hard_link(&built, &here).or_else(|_| fs::copy(&built, &here).map(drop)).unwrap();
    }
    fs::set_permissions(root.join("var/lib/etcd"), Permissions::from_mode(0o700)).unwrap();
    // A kubelet finds its pods when it starts: all of them at once, and last.
    for (path, text) in files {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        let mode = if path.extension().is_some_and(|end| end == "crt") { 0o644 } else { 0o600 };
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
    }
}

/// What lies beside them, as `stage` puts it there.
fn make_next(root: &Path, at: usize, old: &Generation, new: &Generation) {
    let both = |domain| format!("{}{}", old.trust(domain), new.trust(domain));
    let mut files = new.leaves(at, &both(Domain::Kubernetes));
    files.extend(Domain::ALL.map(|domain| (domain.ca_certificate().to_owned(), both(domain))));
    if let (Some(pair), Files::Pair { certificate, key }) = (&new.signer, Role::IntermediateKubernetes.identity().files)
    {
        files.extend([(key.to_owned(), pair.key.clone()), (certificate.to_owned(), pair.certificate.clone())]);
    }
    let next = NextTree::of(root);
    files.iter().for_each(|(path, text)| next.create(path, text.as_bytes()).unwrap());
}

/// The new roots by the old ones, as `stage --bridge` puts them there.
fn make_cross(root: &Path, old: &Generation, new: &Generation) {
    for domain in Domain::ALL {
        let cross = certificate(&new.root(domain).cross_signed_by(old.root(domain))).to_pem();
        NextTree::of(root).create(domain.cross_certificate(), cross.as_bytes()).unwrap();
    }
}
