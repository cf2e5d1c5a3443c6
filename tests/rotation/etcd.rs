//! Three members of etcd on the loopback, with TLS between them and to their clients. All connections come from
//! 127.0.0.1, which stands in each certificate; the stores are not flushed, for speed.

use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use airlock::devices::probe::canary::{self, Acceptance};
use airlock::devices::probe::etcd::Member;
use airlock::devices::probe::{Caller, Endpoint, ProbeError};
use airlock::devices::process::{DOUBT, Process};
use airlock::devices::store::{Directory, StateLock};
use airlock::devices::swap::{Done, Place, Wanted, swap};
use tempfile::TempDir;

use crate::pki::{Pair, Root};

/// How long one question to a member may take.
pub(crate) const TIME: Duration = Duration::from_secs(2);
/// How many members there are.
pub(crate) const MEMBERS: usize = 3;

/// Three members, and both generations of all that they need.
pub(crate) struct Etcd {
    base: TempDir,
    ports: Vec<[u16; 2]>,
    members: [Option<Child>; MEMBERS],
    lock: StateLock,
    pub(crate) old: Generation,
    pub(crate) new: Generation,
    _alone: MutexGuard<'static, ()>,
}

/// One group of members at a time: what is measured of one must not be the noise of another.
pub(crate) static ALONE: Mutex<()> = Mutex::new(());

/// One root and what it issued.
pub(crate) struct Generation {
    pub(crate) root: Root,
    pub(crate) serving: Vec<Pair>,
    pub(crate) peering: Vec<Pair>,
    pub(crate) client: Pair,
}

impl Generation {
    fn new(name: &str) -> Self {
        let root = Root::new(name);
        let each = |what: &str| (0..MEMBERS).map(|at| root.server(&format!("{what}-m{at}"))).collect();
        let (serving, peering, client) = (each("server"), each("peer"), root.client("client"));
        Self { root, serving, peering, client }
    }
}

/// Where `scripts/etcd` puts it.
pub(crate) fn program() -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/etcd/etcd");
    if path.exists() {
        Some(path)
    } else {
        eprintln!("skipped: no etcd here; run scripts/etcd");
        None
    }
}

impl Etcd {
    /// Three members of the old generation, all healthy; `None` where there is no etcd.
    pub(crate) fn start() -> Option<Self> {
        program()?;
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let base = tempfile::tempdir().unwrap();
        let lock = StateLock::acquire(&Directory::private(&base.path().join("state")).unwrap()).unwrap();
        let (old, new) = (Generation::new("etcd-ca-1"), Generation::new("etcd-ca-2"));
        let ports = ports();
        let mut etcd = Self { base, ports, members: [const { None }; MEMBERS], lock, old, new, _alone: alone };
        for at in 0..MEMBERS {
            fs::create_dir(etcd.directory(at)).unwrap();
            etcd.trust(at, &[false]);
            etcd.serve(at, false);
            etcd.peer(at, false);
        }
        (0..MEMBERS).for_each(|at| etcd.run(at));
        assert!(etcd.wait_healthy(Duration::from_secs(40)), "{}", etcd.log(0));
        Some(etcd)
    }

    pub(crate) fn generation(&self, is_new: bool) -> &Generation {
        if is_new { &self.new } else { &self.old }
    }

    pub(crate) fn client(&self, is_new: bool) -> Caller {
        self.generation(is_new).client.caller()
    }

    pub(crate) fn endpoint(&self, at: usize) -> Endpoint {
        format!("127.0.0.1:{}", self.ports[at][0]).parse().unwrap()
    }

    pub(crate) fn peer_endpoint(&self, at: usize) -> Endpoint {
        format!("127.0.0.1:{}", self.ports[at][1]).parse().unwrap()
    }

    /// Puts a trust bundle on the disk of a member, by a swap.
    pub(crate) fn trust(&self, at: usize, generations: &[bool]) -> Done {
        let bundle: String = generations.iter().map(|is_new| self.generation(*is_new).root.pem.as_str()).collect();
        self.put(at, &[("ca.crt", &bundle)])
    }

    pub(crate) fn serve(&self, at: usize, is_new: bool) -> Done {
        let pair = &self.generation(is_new).serving[at];
        self.put(at, &[("server.key", &pair.key), ("server.crt", &pair.certificate)])
    }

    pub(crate) fn peer(&self, at: usize, is_new: bool) -> Done {
        let pair = &self.generation(is_new).peering[at];
        self.put(at, &[("peer.key", &pair.key), ("peer.crt", &pair.certificate)])
    }

    /// Swaps files of a member by the code under test.
    pub(crate) fn put(&self, at: usize, files: &[(&str, &str)]) -> Done {
        let places: Vec<_> = files.iter().map(|(name, _)| Place::at(&self.directory(at).join(name)).unwrap()).collect();
        let wanted: Vec<_> = places
            .iter()
            .zip(files)
            .map(|(place, (_, text))| Wanted { place, bytes: text.as_bytes(), mode: 0o600 })
            .collect();
        swap(&wanted, &self.lock).unwrap()
    }

    pub(crate) fn directory(&self, at: usize) -> PathBuf {
        self.base.path().join(format!("m{at}"))
    }

    pub(crate) fn process(&self, at: usize) -> Process {
        Process::of(self.members[at].as_ref().unwrap().id()).unwrap()
    }

    pub(crate) fn stop(&mut self, at: usize) {
        if let Some(mut child) = self.members[at].take() {
            let told = Command::new("kill").arg(child.id().to_string()).status().unwrap();
            assert!(told.success());
            child.wait().unwrap();
        }
    }

    /// As a power cut.
    pub(crate) fn kill(&mut self, at: usize) {
        if let Some(mut child) = self.members[at].take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    pub(crate) fn run(&mut self, at: usize) {
        let url = |port: u16| format!("https://127.0.0.1:{port}");
        let [client, peer] = self.ports[at];
        let cluster: Vec<_> = (0..MEMBERS).map(|at| format!("m{at}={}", url(self.ports[at][1]))).collect();
        let file = |name: &str| self.directory(at).join(name).to_str().unwrap().to_owned();
        let log = File::options().create(true).append(true).open(self.base.path().join(format!("log{at}"))).unwrap();
        let mut command = Command::new(program().unwrap());
        for (flag, value) in [
            ("--name", format!("m{at}")),
            ("--data-dir", file("data")),
            ("--listen-client-urls", url(client)),
            ("--advertise-client-urls", url(client)),
            ("--listen-peer-urls", url(peer)),
            ("--initial-advertise-peer-urls", url(peer)),
            ("--initial-cluster", cluster.join(",")),
            ("--cert-file", file("server.crt")),
            ("--key-file", file("server.key")),
            ("--trusted-ca-file", file("ca.crt")),
            ("--peer-cert-file", file("peer.crt")),
            ("--peer-key-file", file("peer.key")),
            ("--peer-trusted-ca-file", file("ca.crt")),
            ("--logger", "zap".to_owned()),
        ] {
            command.args([flag, &value]);
        }
        command.args(["--client-cert-auth", "--peer-client-cert-auth", "--unsafe-no-fsync"]);
        // A start within the doubt of the clock counts as one before the change of a file.
        thread::sleep(DOUBT * 2);
        command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        self.members[at] = Some(command.spawn().unwrap());
    }

    pub(crate) fn restart(&mut self, at: usize) {
        self.stop(at);
        self.run(at);
    }

    /// A write through one member by the client of a generation.
    pub(crate) fn write(&self, at: usize, is_new: bool) -> Result<u64, ProbeError> {
        Member::connect(&self.endpoint(at), &self.client(is_new), TIME)?.put(b"k", b"v", TIME)
    }

    pub(crate) fn writes(&self, at: usize, is_new: bool) -> bool {
        self.write(at, is_new).is_ok()
    }

    /// What a member makes of the client of a generation, at its client port.
    pub(crate) fn acceptance(&self, at: usize, is_new: bool) -> Result<Acceptance, ProbeError> {
        canary::acceptance(&self.endpoint(at), &self.client(is_new), "/version", TIME)
    }

    pub(crate) fn wait_healthy(&self, patience: Duration) -> bool {
        wait(patience, || {
            (0..MEMBERS).all(|at| {
                // Whichever generation it trusts by now.
                [false, true].iter().any(|is_new| {
                    Member::connect(&self.endpoint(at), &self.client(*is_new), TIME)
                        .and_then(|mut member| member.health(TIME))
                        .unwrap_or(false)
                })
            })
        })
    }

    pub(crate) fn log(&self, at: usize) -> String {
        let log = fs::read_to_string(self.base.path().join(format!("log{at}"))).unwrap_or_default();
        log.lines().rev().take(12).collect::<Vec<_>>().join("\n")
    }
}

impl Drop for Etcd {
    fn drop(&mut self) {
        (0..MEMBERS).for_each(|at| self.kill(at));
    }
}

/// Looks every 100 ms whether it is so by now.
pub(crate) fn wait(patience: Duration, mut is_so: impl FnMut() -> bool) -> bool {
    let until = Instant::now() + patience;
    loop {
        if is_so() {
            return true;
        }
        if Instant::now() >= until {
            return false;
        }
        thread::sleep(Duration::from_millis(100));
    }
}

/// A client and a peer port for each member, free a moment ago.
pub(crate) fn ports() -> Vec<[u16; 2]> {
    let held: Vec<_> = (0..2 * MEMBERS).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
    let ports: Vec<_> = held.iter().map(|listener| listener.local_addr().unwrap().port()).collect();
    ports.chunks(2).map(|pair| [pair[0], pair[1]]).collect()
}
