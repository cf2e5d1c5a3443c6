//! A whole control plane around three real members of etcd: two control planes with static pods, a node with etcd alone, and
//! a worker. What is no etcd is a STAND-IN, marked as such in `pod`, `api` and `tls`.

mod api;
mod kubeadm;
mod load;
mod pod;
mod runtime;
mod tls;
mod turns;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Duration;

use airlock::audit::detail::Genesis;
use airlock::audit::entry::{Actor, Side};
use airlock::audit::event::Event;
use airlock::cluster::role::Domain;
use airlock::config::rotation::{Endpoints, Managed};
use airlock::desk::host::{Desk, Senses};
use airlock::devices::clock::Clock as _;
use airlock::devices::entropy::SystemEntropy;
use airlock::devices::probe::http::Ask;
use airlock::devices::probe::{Connection, Endpoint};
use airlock::exchange::consent::Agreed;
use airlock::online::rotate::eyes::Seen;
use airlock::online::rotate::ground::{Patience, Sources};
use airlock::online::rotate::run::tell;
use airlock::online::rotate::site::{Servers, Site};
use airlock::online::rotate::{Ended, Goal, Ground, run};
use airlock::online::scan::NodeRoot;
use airlock::rotation::component::Component;
use airlock::rotation::fleet::{Fleet, Member};
use airlock::rotation::graph::{Shape, Signing, Variant};
use airlock::rotation::plan::{Plan, Tempo};
use airlock::wire::digest::Digest;
use airlock::wire::time::Timestamp;
use serde_json::Value;
use tempfile::TempDir;

use crate::etcd::{ALONE, TIME, program, wait};
use crate::nodes::{LONG, Nodes};
use crate::people::{Shifted, agree, people};
use crate::pki::{Pair, Root, certificate};
use kubeadm::Generation;
use runtime::Runtime;

/// What a node is.
pub(crate) const NODES: [(&str, bool, bool); 4] =
    [("cp0", true, true), ("cp1", true, true), ("m2", false, true), ("w3", false, false)];
pub(crate) const PLANES: [usize; 2] = [0, 1];

pub(crate) struct Plane {
    pub(crate) base: PathBuf,
    _temporary: TempDir,
    pub(crate) ports: Ports,
    pub(crate) old: Generation,
    pub(crate) new: Generation,
    ahead: Arc<AtomicI64>,
    pub(crate) signing: Signing,
    /// How long stopping and starting may take.
    pub(crate) seconds: u64,
    /// Whether a person says that workloads were restarted.
    pub(crate) rolled: std::sync::atomic::AtomicBool,
    runtime: Option<Runtime>,
    _alone: MutexGuard<'static, ()>,
}

/// Of each node.
pub(crate) struct Ports {
    pub(crate) etcd: Vec<u16>,
    pub(crate) peer: Vec<u16>,
    pub(crate) api: Vec<u16>,
    pub(crate) kubelet: Vec<u16>,
}

impl Ports {
    fn free() -> Self {
        let held: Vec<_> = (0..16).map(|_| std::net::TcpListener::bind("127.0.0.1:0").unwrap()).collect();
        let all: Vec<_> = held.iter().map(|listener| listener.local_addr().unwrap().port()).collect();
        let of = |at: usize| all[4 * at..4 * at + 4].to_vec();
        Self { etcd: of(0), peer: of(1), api: of(2), kubelet: of(3) }
    }
}

impl Plane {
    /// All healthy and of the old root, with all staged; `None` where there is no etcd.
    pub(crate) fn start(signing: Signing) -> Option<Self> {
        program()?;
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let temporary = tempfile::tempdir().unwrap();
        let base = temporary.path().to_owned();
        let mut plane = Self {
            ports: Ports::free(),
            _temporary: temporary,
            old: Generation::new("1"),
            new: Generation::new("2"),
            ahead: Arc::new(AtomicI64::new(0)),
            signing,
            seconds: 60,
            rolled: false.into(),
            runtime: None,
            _alone: alone,
            base,
        };
        fs::create_dir(plane.base.join("facts")).unwrap();
        fs::write(plane.base.join("snapshot"), "restored once").unwrap();
        fs::write(plane.base.join("ahead"), "0").unwrap();
        (0..NODES.len()).for_each(|at| plane.make(at));
        plane.runtime = Some(Runtime::start(&plane.base, &PLANES.map(|at| NODES[at].0)));
        plane.command("start-etcd", 2);
        [0, 1, 3].into_iter().for_each(|at| plane.command("start-kubelet", at));
        assert!(plane.wait_healthy(), "{}", plane.logs());
        plane.publish(&plane.old.kubernetes.pem);
        (0..NODES.len()).for_each(|at| drop(plane.tell(at)));
        Some(plane)
    }

    fn make(&self, at: usize) {
        kubeadm::live(self, at);
        kubeadm::next(self, at);
        kubeadm::programs(self, at);
        let mut desk =
            Desk::make(&self.state(at), Side::Online, &"cluster:prod-1".parse().unwrap(), self.senses()).unwrap();
        let genesis = Genesis { genesis: Digest::of(b""), policy: None, roster: Digest::of(b""), signatures: vec![] };
        desk.note(&Actor::system(), None, Event::Genesis(genesis)).unwrap();
    }

    pub(crate) fn root(&self, at: usize) -> PathBuf {
        self.base.join(NODES[at].0)
    }

    pub(crate) fn live(&self, at: usize, path: &str) -> PathBuf {
        self.root(at).join(path)
    }

    pub(crate) fn unique(&self, at: usize) -> String {
        format!("{}-{}", NODES[at].0, self.ports.etcd[at])
    }

    fn state(&self, at: usize) -> PathBuf {
        self.base.join(format!("state-{}", NODES[at].0))
    }

    fn senses(&self) -> Senses {
        Senses { clock: Box::new(Shifted(Arc::clone(&self.ahead))), entropy: Box::new(SystemEntropy) }
    }

    pub(crate) fn desk(&self, at: usize) -> Desk {
        Desk::open(&self.state(at), Side::Online, self.senses()).unwrap()
    }

    pub(crate) fn now(&self) -> Timestamp {
        Shifted(Arc::clone(&self.ahead)).read().unwrap().now
    }

    /// All clocks go on.
    pub(crate) fn move_clocks(&self, seconds: i64) {
        let ahead = self.ahead.fetch_add(seconds, Ordering::SeqCst) + seconds;
        fs::write(self.base.join("ahead"), ahead.to_string()).unwrap();
        // Leases are renewed by the new time.
        std::thread::sleep(Duration::from_secs(2));
    }

    pub(crate) fn command(&self, what: &str, at: usize) {
        let script = self.base.join(format!("{what}-{}", NODES[at].0));
        assert!(std::process::Command::new("sh").arg(script).status().unwrap().success());
    }

    fn managed(&self, at: usize) -> BTreeMap<Component, Managed> {
        let (name, plane, etcd) = NODES[at];
        let arguments = vec![format!("--stand-in={}", self.unique(at))];
        let with = |managed: Managed, arguments: &[String]| Managed {
            arguments: arguments.to_vec(),
            seconds: Some(self.seconds),
            ..managed
        };
        let script =
            |what: &str| vec!["sh".to_owned(), self.base.join(format!("{what}-{name}")).to_str().unwrap().to_owned()];
        let commands =
            |what: &str| Managed::commands(&script(&format!("stop-{what}")), &script(&format!("start-{what}")));
        let pod = |which: Component| {
            Managed::manifest(&self.live(at, &format!("etc/kubernetes/manifests/{}.yaml", which.as_str())))
        };
        let member = vec![format!("--name={}", self.unique(at))];
        let mut all = BTreeMap::new();
        if plane {
            all.insert(Component::Etcd, with(pod(Component::Etcd), &member));
            for which in [Component::Apiserver, Component::ControllerManager, Component::Scheduler] {
                all.insert(which, with(pod(which), &arguments));
            }
        } else if etcd {
            all.insert(Component::Etcd, with(commands("etcd"), &member));
        }
        if plane || !etcd {
            all.insert(Component::Kubelet, with(commands("kubelet"), &arguments));
        }
        all
    }

    pub(crate) fn ground(&self, at: usize) -> Ground {
        let member =
            |(name, control_plane, etcd): (&str, bool, bool)| Member { name: name.to_owned(), control_plane, etcd };
        let fleet = Fleet::new(NODES.map(member).to_vec());
        let shape = Shape { variant: Variant::DualTrust, signing: self.signing, verifies_kubelets: true };
        let tempo = Tempo { kubelets: 10, files: 50, soak: 600 };
        let local = |port: u16| Some(([127, 0, 0, 1], port).into());
        let servers = NODES.iter().enumerate().map(|(at, (_, plane, etcd))| {
            Servers::at(Endpoints {
                etcd: local(self.ports.etcd[at]).filter(|_| *etcd),
                etcd_peer: local(self.ports.peer[at]).filter(|_| *etcd),
                apiserver: local(self.ports.api[at]).filter(|_| *plane),
                kubelet: local(self.ports.kubelet[at]).filter(|_| *plane || !etcd),
            })
        });
        let node = NodeRoot { node: NODES[at].0.to_owned(), root: self.root(at) };
        let parking = self.live(at, "etc/kubernetes/parked");
        let site = Site::of(&fleet, node, self.managed(at), parking, servers.collect()).unwrap();
        let shown =
            |name: &str| Some(self.base.join(name)).filter(|file| file.exists()).into_iter().collect::<Vec<_>>();
        let on_first = |name: &str| if at == 0 { shown(name) } else { Vec::new() };
        let sources = Sources {
            facts: Some(self.base.join("facts")),
            freshness: 900,
            // A playbook gives all nodes the same options; logs alone are carried to the first.
            objects: shown("objects.json"),
            audit: [on_first("audit-cp0"), on_first("audit-cp1")].concat(),
            logs: on_first("since"),
            snapshot: Some(self.base.join("snapshot")),
            workloads_rolled: (at == 0 && self.rolled.load(Ordering::SeqCst)).then(|| self.now()),
            ..Sources::default()
        };
        Ground {
            party: "cluster:prod-1".parse().unwrap(),
            trace: Nodes::trace(),
            plan: Plan::new(fleet, shape, tempo).unwrap(),
            tempo,
            site,
            roots: Domain::ALL.map(|domain| (domain, certificate(&self.new.root(domain).pem))).to_vec(),
            people: people(),
            staged: None,
            sources,
            patience: Patience {
                probe: Duration::from_secs(5),
                gate: Duration::from_secs(30),
                step: Duration::from_secs(30),
                lost_write: Duration::ZERO,
            },
        }
    }

    pub(crate) fn run(&self, at: usize, goal: Goal) -> Ended {
        self.print_objects();
        run(&mut self.desk(at), &self.ground(at), goal).unwrap()
    }

    pub(crate) fn tell(&self, at: usize) -> Seen {
        tell(&mut self.desk(at), &self.ground(at)).unwrap()
    }

    pub(crate) fn agree(&self, which: usize, step: Agreed) {
        agree(&self.ground(0), &self.base.join("facts"), which, step, self.now());
    }

    pub(crate) fn endpoint(&self, port: u16) -> Endpoint {
        format!("127.0.0.1:{port}").parse().unwrap()
    }

    /// As the administrator, by whichever root an API server takes.
    pub(crate) fn ask(&self, ask: Ask<'_>) -> Option<(u16, Value)> {
        let admins = [&self.new.admin, &self.old.admin];
        PLANES.iter().flat_map(|at| admins.map(|admin| (at, admin))).find_map(|(at, admin)| {
            let mut connection = Connection::open(&self.endpoint(self.ports.api[*at]), &admin.caller(), TIME).ok()?;
            let answer = connection.ask(ask, TIME).ok().filter(|answer| answer.status() == 200)?;
            Some((answer.status(), serde_json::from_slice(answer.body()).unwrap()))
        })
    }

    fn works(&self, at: usize) -> bool {
        [&self.new.admin, &self.old.admin].iter().any(|admin| {
            Connection::open(&self.endpoint(self.ports.api[at]), &admin.caller(), TIME)
                .and_then(|mut connection| connection.read_and_write("test", "x", TIME))
                .is_ok()
        })
    }

    pub(crate) fn wait_healthy(&self) -> bool {
        let leased = || self.ask(Ask::Get(pod::ROOT_CA)).is_some();
        wait(LONG, || PLANES.iter().all(|at| self.works(*at)) && leased())
    }

    fn logs(&self) -> String {
        let logs = fs::read_dir(&self.base).unwrap().map(|entry| entry.unwrap().path());
        let logs = logs.filter(|path| path.extension().is_some_and(|end| end == "log"));
        let last = |path: &Path| {
            fs::read_to_string(path)
                .unwrap_or_default()
                .lines()
                .rev()
                .take(6)
                .map(str::to_owned)
                .collect::<Vec<_>>()
                .join("\n")
        };
        logs.map(|path| format!("{}:\n{}\n", path.display(), last(&path))).collect()
    }
}

impl Drop for Plane {
    fn drop(&mut self) {
        drop(self.runtime.take());
        self.command("stop-etcd", 2);
        [0, 1, 3].into_iter().for_each(|at| self.command("stop-kubelet", at));
        if std::thread::panicking() {
            println!("{}", self.logs());
        }
    }
}

pub(crate) fn both(old: &Root, new: &Root) -> String {
    format!("{}{}", old.pem, new.pem)
}

pub(crate) fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

pub(crate) fn pair(at: &Path, name: &str, pair: &Pair) {
    write(&at.join(format!("{name}.key")), &pair.key);
    write(&at.join(format!("{name}.crt")), &pair.certificate);
}
