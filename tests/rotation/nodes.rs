//! Three members of etcd, each a node with a directory for its file system, a state of its own, and commands that stop and
//! start it, as plain systemd hosts have them; what is staged for each lies beside its live files.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
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
use airlock::devices::probe::Endpoint;
use airlock::devices::probe::etcd::Member as Probe;
use airlock::exchange::consent::Agreed;
use airlock::exchange::trace::Trace;
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
use tempfile::TempDir;

use crate::etcd::{ALONE, TIME, ports, program, wait};
use crate::people::{self, Shifted, people, private};
use crate::pki::{Pair, Root, certificate};

pub(crate) const NODES: usize = 3;
const PKI: &str = "etc/kubernetes/pki/etcd";
const NEXT: &str = "etc/kubernetes.next/pki/etcd";
/// Twice what a writer of [`load`](crate::load) waits for an answer.
pub(crate) const LOST_WRITE: Duration = Duration::from_secs(4);
pub(crate) const LONG: Duration = Duration::from_secs(40);

pub(crate) struct Nodes {
    pub(crate) base: PathBuf,
    _temporary: Option<TempDir>,
    ports: Vec<[u16; 2]>,
    pub(crate) old: String,
    pub(crate) new: String,
    pub(crate) client: Pair,
    pub(crate) new_client: Pair,
    /// Whether leaves come with a bridge.
    pub(crate) bridge: bool,
    /// How far the clock of each node is ahead.
    pub(crate) ahead: Vec<Arc<AtomicI64>>,
    pub(crate) patience: Patience,
    /// How long stopping and starting may take.
    pub(crate) seconds: u64,
    _alone: Option<MutexGuard<'static, ()>>,
}

pub(crate) fn name(at: usize) -> String {
    format!("m{at}")
}

impl Nodes {
    /// Three healthy members of the old root with all staged; `None` where there is no etcd.
    pub(crate) fn start() -> Option<Self> {
        Self::start_with(false)
    }

    /// As [`Nodes::start`], staged with a bridge.
    pub(crate) fn start_with(bridge: bool) -> Option<Self> {
        program()?;
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let temporary = tempfile::tempdir().unwrap();
        let (base, roots) = (temporary.path(), [Root::new("etcd-ca-1"), Root::new("etcd-ca-2")]);
        for (root, which) in roots.iter().zip(["old", "new"]) {
            let client = root.client("client");
            fs::write(base.join(which), &root.pem).unwrap();
            fs::write(base.join(format!("{which}.client")), &client.certificate).unwrap();
            fs::write(base.join(format!("{which}.key")), &client.key).unwrap();
        }
        let past = roots[0].past_client("kube-etcd-healthcheck-client");
        fs::write(base.join("past.crt"), &past.certificate).unwrap();
        fs::write(base.join("past.key"), &past.key).unwrap();
        let ports: Vec<_> = ports().concat().iter().map(ToString::to_string).collect();
        fs::write(base.join("ports"), ports.join(" ")).unwrap();
        let cross = certificate(&roots[1].cross_signed_by(&roots[0])).to_pem();
        fs::write(base.join("cross"), cross).unwrap();
        fs::write(base.join("past.cross"), certificate(&roots[1].past_cross(&roots[0])).to_pem()).unwrap();
        let foreign = roots[1].cross_signed_by(&Root::new("etcd-ca-1"));
        fs::write(base.join("foreign.cross"), certificate(&foreign).to_pem()).unwrap();
        if bridge {
            fs::write(base.join("bridge"), "").unwrap();
        }
        let mut nodes = Self::at(base);
        (nodes._alone, nodes._temporary) = (Some(alone), Some(temporary));
        fs::create_dir(nodes.facts()).unwrap();
        fs::write(nodes.base.join("snapshot"), "restored once").unwrap();
        (0..NODES).for_each(|at| nodes.make(at, &roots));
        (0..NODES).for_each(|at| nodes.command("start", at));
        assert!(nodes.wait_healthy(), "{}", nodes.log(0));
        (0..NODES).for_each(|at| drop(nodes.tell(at)));
        Some(nodes)
    }

    /// Those that were made in `base`, perhaps by another process.
    pub(crate) fn at(base: &Path) -> Self {
        let read = |name: &str| fs::read_to_string(base.join(name)).unwrap();
        let pair =
            |which: &str| Pair { certificate: read(&format!("{which}.client")), key: read(&format!("{which}.key")) };
        let ports: Vec<u16> = read("ports").split(' ').map(|port| port.parse().unwrap()).collect();
        Self {
            base: base.to_owned(),
            _temporary: None,
            ports: ports.chunks(2).map(|pair| [pair[0], pair[1]]).collect(),
            old: read("old"),
            new: read("new"),
            client: pair("old"),
            new_client: pair("new"),
            bridge: base.join("bridge").exists(),
            ahead: (0..NODES).map(|at| Arc::new(AtomicI64::new(ahead(base, at)))).collect(),
            patience: Patience {
                probe: TIME,
                gate: Duration::from_secs(30),
                step: Duration::from_secs(30),
                lost_write: if base.join("patient").exists() { Patience::default().lost_write } else { LOST_WRITE },
            },
            seconds: 60,
            _alone: None,
        }
    }

    fn make(&self, at: usize, roots: &[Root; 2]) {
        let (live, next) = (self.root(at).join(PKI), self.root(at).join(NEXT));
        fs::create_dir_all(&live).unwrap();
        private(&self.root(at), NEXT);
        let both = format!("{}{}", self.old, self.new);
        for (directory, root, bundle) in [(&live, &roots[0], &self.old), (&next, &roots[1], &both)] {
            fs::write(directory.join("ca.crt"), bundle).unwrap();
            for (file, pair) in [
                ("server", root.server(&name(at))),
                ("peer", root.server(&name(at))),
                ("healthcheck-client", root.client("kube-etcd-healthcheck-client")),
            ] {
                fs::write(directory.join(format!("{file}.key")), &pair.key).unwrap();
                fs::write(directory.join(format!("{file}.crt")), &pair.certificate).unwrap();
            }
        }
        if self.bridge {
            fs::write(next.join("ca-cross.crt"), self.cross()).unwrap();
        }
        fs::write(self.base.join(format!("start{at}")), self.starts(at)).unwrap();
        let stop = format!("[ ! -f {0}/pid{at} ] || kill $(cat {0}/pid{at}) 2>/dev/null; true\n", self.base.display());
        fs::write(self.base.join(format!("stop{at}")), stop).unwrap();
        self.make_state(at);
    }

    fn make_state(&self, at: usize) {
        let mut desk =
            Desk::make(&self.state(at), Side::Online, &"cluster:prod-1".parse().unwrap(), self.senses(at)).unwrap();
        let genesis = Genesis { genesis: Digest::of(b""), policy: None, roster: Digest::of(b""), signatures: vec![] };
        desk.note(&Actor::system(), None, Event::Genesis(genesis)).unwrap();
    }

    /// What a unit would say.
    fn starts(&self, at: usize) -> String {
        let url = |port: u16| format!("https://127.0.0.1:{port}");
        let [client, peer] = self.ports[at];
        let cluster: Vec<_> = (0..NODES).map(|at| format!("{}={}", self.unique(at), url(self.ports[at][1]))).collect();
        let file = |name: &str| self.root(at).join(PKI).join(name).to_str().unwrap().to_owned();
        let flags = [
            format!("--name={}", self.unique(at)),
            format!("--data-dir={}", self.base.join(format!("data{at}")).display()),
            format!("--listen-client-urls={}", url(client)),
            format!("--advertise-client-urls={}", url(client)),
            format!("--listen-peer-urls={}", url(peer)),
            format!("--initial-advertise-peer-urls={}", url(peer)),
            format!("--initial-cluster={}", cluster.join(",")),
            format!("--cert-file={}", file("server.crt")),
            format!("--key-file={}", file("server.key")),
            format!("--trusted-ca-file={}", file("ca.crt")),
            format!("--peer-cert-file={}", file("peer.crt")),
            format!("--peer-key-file={}", file("peer.key")),
            format!("--peer-trusted-ca-file={}", file("ca.crt")),
            "--logger=zap --client-cert-auth --peer-client-cert-auth --unsafe-no-fsync".to_owned(),
        ];
        format!(
            "setsid {} {} </dev/null >>{base}/log{at} 2>&1 &\necho $! >{base}/pid{at}\n",
            program().unwrap().display(),
            flags.join(" "),
            base = self.base.display()
        )
    }

    fn unique(&self, at: usize) -> String {
        format!("m{at}-{}", self.ports[at][0])
    }

    pub(crate) fn root(&self, at: usize) -> PathBuf {
        self.base.join(name(at))
    }

    pub(crate) fn live(&self, at: usize, file: &str) -> PathBuf {
        self.root(at).join(PKI).join(file)
    }

    pub(crate) fn next(&self, at: usize, file: &str) -> PathBuf {
        self.root(at).join(NEXT).join(file)
    }

    /// The new root, certified by the old one.
    pub(crate) fn cross(&self) -> String {
        fs::read_to_string(self.base.join("cross")).unwrap()
    }

    /// The new root, certified by another CA of the old one's name.
    pub(crate) fn foreign_cross(&self) -> String {
        fs::read_to_string(self.base.join("foreign.cross")).unwrap()
    }

    pub(crate) fn facts(&self) -> PathBuf {
        self.base.join("facts")
    }

    pub(crate) fn state(&self, at: usize) -> PathBuf {
        self.base.join(format!("state{at}"))
    }

    fn senses(&self, at: usize) -> Senses {
        Senses { clock: Box::new(Shifted(Arc::clone(&self.ahead[at]))), entropy: Box::new(SystemEntropy) }
    }

    pub(crate) fn desk(&self, at: usize) -> Desk {
        Desk::open(&self.state(at), Side::Online, self.senses(at)).unwrap()
    }

    pub(crate) fn endpoint(&self, at: usize) -> Endpoint {
        format!("127.0.0.1:{}", self.ports[at][0]).parse().unwrap()
    }

    pub(crate) fn command(&self, what: &str, at: usize) {
        assert!(Command::new("sh").arg(self.base.join(format!("{what}{at}"))).status().unwrap().success());
    }

    pub(crate) fn trace() -> Trace {
        Trace::new("2026-12-02T00:00:00Z".parse().unwrap(), [1, 2, 3, 4, 5])
    }

    pub(crate) fn ground(&self, at: usize) -> Ground {
        let member = |at| Member { name: name(at), control_plane: false, etcd: true };
        let fleet = Fleet::new((0..NODES).map(member).collect());
        let variant = if self.bridge { Variant::Bridge } else { Variant::DualTrust };
        let shape = Shape { variant, signing: Signing::Batched, verifies_kubelets: false };
        let tempo = Tempo { kubelets: 10, files: 50, soak: 600 };
        let script =
            |what: &str| vec!["sh".to_owned(), self.base.join(format!("{what}{at}")).to_str().unwrap().to_owned()];
        let managed = Managed {
            program: Some("etcd".to_owned()),
            arguments: vec![format!("--name={}", self.unique(at))],
            seconds: Some(self.seconds),
            ..Managed::commands(&script("stop"), &script("start"))
        };
        let servers = (0..NODES).map(|at| {
            let local = |port: u16| Some(([127, 0, 0, 1], port).into());
            let [client, peer] = self.ports[at];
            Servers::at(Endpoints { etcd: local(client), etcd_peer: local(peer), ..Endpoints::default() })
        });
        let node = NodeRoot { node: name(at), root: self.root(at) };
        let managed = BTreeMap::from([(Component::Etcd, managed)]);
        let site = Site::of(&fleet, node, managed, self.base.join("parked"), servers.collect()).unwrap();
        let logs: Vec<_> = Some(self.base.join("since")).filter(|log| at == 0 && log.exists()).into_iter().collect();
        let snapshot = Some(self.base.join("snapshot")).filter(|file| file.exists());
        Ground {
            party: "cluster:prod-1".parse().unwrap(),
            trace: Self::trace(),
            plan: Plan::new(fleet, shape, tempo).unwrap(),
            tempo,
            site,
            roots: vec![(Domain::Etcd, certificate(&self.new))],
            people: people(),
            staged: None,
            sources: Sources { facts: Some(self.facts()), freshness: 900, logs, snapshot, ..Sources::default() },
            patience: self.patience,
        }
    }

    pub(crate) fn run(&self, at: usize, goal: Goal) -> Ended {
        run(&mut self.desk(at), &self.ground(at), goal).unwrap()
    }

    pub(crate) fn tell(&self, at: usize) -> airlock::online::rotate::eyes::Seen {
        tell(&mut self.desk(at), &self.ground(at)).unwrap()
    }

    /// As `airlock online agree`, without the passphrase of a key file.
    pub(crate) fn agree(&self, which: usize, step: Agreed) {
        self.agree_at(which, step, self.now());
    }

    /// As [`Nodes::agree`], dated.
    pub(crate) fn agree_at(&self, which: usize, step: Agreed, time: Timestamp) {
        people::agree(&self.ground(0), &self.facts(), which, step, time);
    }

    /// By the clock of the first node.
    pub(crate) fn now(&self) -> Timestamp {
        Shifted(Arc::clone(&self.ahead[0])).read().unwrap().now
    }

    /// The clock of a node moves.
    pub(crate) fn move_clock(&self, at: usize, seconds: i64) {
        fs::write(self.base.join(format!("ahead{at}")), seconds.to_string()).unwrap();
        self.ahead[at].store(seconds, Ordering::SeqCst);
    }

    /// The state of a node is made anew.
    pub(crate) fn forget_log(&self, at: usize) {
        fs::remove_dir_all(self.state(at)).unwrap();
        self.make_state(at);
    }

    /// What stands in the log of a node, a line an entry.
    pub(crate) fn entries(&self, at: usize) -> Vec<String> {
        let log = fs::read_dir(self.state(at).join("log")).unwrap().map(|entry| entry.unwrap().path());
        let log = log.filter(|path| path.extension().is_none_or(|end| end != "head"));
        log.flat_map(|path| {
            let text = String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned();
            text.lines().map(str::to_owned).collect::<Vec<_>>()
        })
        .collect()
    }

    pub(crate) fn log_size(&self, at: usize) -> u64 {
        let files = fs::read_dir(self.state(at).join("log")).unwrap();
        files.map(|file| file.unwrap().metadata().map_or(0, |told| told.len())).sum()
    }

    /// A member that does not lead.
    pub(crate) fn is_follower(&self, at: usize) -> bool {
        [&self.client, &self.new_client].iter().any(|client| {
            let told =
                Probe::connect(&self.endpoint(at), &client.caller(), TIME).and_then(|mut probe| probe.status(TIME));
            told.is_ok_and(|told| told.leader.is_some() && told.leader != Some(told.member))
        })
    }

    /// The logs of all members since the leaves were swapped, as an admin would take them.
    pub(crate) fn take_logs(&self) {
        fs::write(self.base.join("since"), "{\"level\":\"info\",\"msg\":\"ready to serve client requests\"}\n")
            .unwrap();
    }

    pub(crate) fn writes(&self, at: usize, is_new: bool) -> bool {
        let client = if is_new { &self.new_client } else { &self.client };
        Probe::connect(&self.endpoint(at), &client.caller(), TIME)
            .and_then(|mut probe| probe.put(b"k", b"v", TIME))
            .is_ok()
    }

    pub(crate) fn wait_healthy(&self) -> bool {
        wait(LONG, || (0..NODES).all(|at| self.writes(at, false) || self.writes(at, true)))
    }

    pub(crate) fn log(&self, at: usize) -> String {
        let log = fs::read_to_string(self.base.join(format!("log{at}"))).unwrap_or_default();
        log.lines().rev().take(12).collect::<Vec<_>>().join("\n")
    }

    pub(crate) fn pid(&self, at: usize) -> String {
        fs::read_to_string(self.base.join(format!("pid{at}"))).unwrap().trim().to_owned()
    }

    /// As a power cut.
    pub(crate) fn kill(&self, at: usize) {
        let _ = Command::new("kill").args(["-9", &self.pid(at)]).status();
    }
}

impl Drop for Nodes {
    fn drop(&mut self) {
        if self._temporary.is_some() {
            (0..NODES).for_each(|at| self.kill(at));
        }
    }
}

/// How far a test moved the clock of a node, for processes that it starts.
fn ahead(base: &Path, at: usize) -> i64 {
    fs::read_to_string(base.join(format!("ahead{at}"))).ok().and_then(|text| text.parse().ok()).unwrap_or(0)
}
