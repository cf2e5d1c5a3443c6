//! The load: clients of the API that loaded their CA once, as workloads do. They read, write and ask for tokens with a
//! certificate over connections that stay open, read with a ServiceAccount token by kubectl, and watch. A request that fails
//! is tried once more at the next API server, as client libraries do.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use airlock::devices::probe::http::Ask;
use airlock::devices::probe::{Caller, Connection};
use airlock::pki::certificate::Certificate;
use airlock::wire::time::Timestamp;
use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};

use super::material::kubeconfig;
use super::objects::said;
use super::plane::Plane;
use super::room::{NODES, program};
use crate::etcd::wait;
use crate::load::{Record, Sample};
use crate::pki::Pair;

/// One for each API server.
const WORKERS: usize = NODES.len();
const PACE: Duration = Duration::from_millis(60);
const POD_PACE: Duration = Duration::from_millis(700);
const BEFORE_RETRY: Duration = Duration::from_millis(100);
/// An API server that drains holds a connection for a while.
const TIME: Duration = Duration::from_secs(5);
/// So many failures are told.
const TOLD: usize = 20;
const MAPS: &str = "/api/v1/namespaces/default/configmaps";
const TOKEN: &str = "/api/v1/namespaces/default/serviceaccounts/default/token";
const WANTED: &str =
    r#"{"apiVersion":"authentication.k8s.io/v1","kind":"TokenRequest","spec":{"expirationSeconds":3600}}"#;

/// As whom, and trusting what, since it was started last.
struct Who {
    number: usize,
    caller: Caller,
    pair: Pair,
    roots: Vec<Certificate>,
    trust: String,
}

/// What is shared by all clients.
pub(crate) struct Load<'p> {
    plane: &'p Plane,
    who: Mutex<Arc<Who>>,
    ends: AtomicBool,
    started: Instant,
    /// With a certificate, and by pods.
    records: [Mutex<Record>; 2],
    mark: AtomicU64,
    seen: AtomicU64,
    watch: Mutex<Option<Child>>,
    /// How often a watch ended by itself.
    cut: AtomicUsize,
    /// How many failures were told.
    told: AtomicUsize,
    /// What each client has computed until its last turn, in nanoseconds.
    computed: [AtomicU64; WORKERS + 2],
}

/// What was measured.
pub(crate) struct Measured {
    pub(crate) with_certificates: Record,
    pub(crate) of_pods: Record,
    pub(crate) watches_cut: usize,
}

struct End<'l, 'p>(&'l Load<'p>);

impl Drop for End<'_, '_> {
    fn drop(&mut self) {
        self.0.ends.store(true, Ordering::SeqCst);
        self.0.cut_watch();
    }
}

/// Runs `work` under load by a client with `pair`.
pub(crate) fn under_load(plane: &Plane, pair: &Pair, work: impl FnOnce(&Load<'_>)) -> Measured {
    let load = Load {
        plane,
        who: Mutex::new(Who::of(0, pair, plane.handed_out())),
        ends: AtomicBool::new(false),
        started: Instant::now(),
        records: Default::default(),
        mark: AtomicU64::new(0),
        seen: AtomicU64::new(0),
        watch: Mutex::new(None),
        cut: AtomicUsize::new(0),
        told: AtomicUsize::new(0),
        computed: Default::default(),
    };
    (0..WORKERS).for_each(|worker| load.make_map(worker));
    thread::scope(|scope| {
        for worker in 0..WORKERS {
            let load = &load;
            scope.spawn(move || load.work(worker));
        }
        scope.spawn(|| load.pod());
        scope.spawn(|| load.watch());
        // Also where the work panics: clients that never end would hide why.
        let _end = End(&load);
        work(&load);
    });
    let [with_certificates, of_pods] = load.records.map(|record| record.into_inner().unwrap());
    Measured { with_certificates, of_pods, watches_cut: load.cut.into_inner() }
}

impl Who {
    fn of(number: usize, pair: &Pair, trust: String) -> Arc<Self> {
        let roots = Certificate::parse_foreign_all(&trust).unwrap();
        Arc::new(Self { number, caller: pair.caller(), pair: pair.clone(), roots, trust })
    }
}

impl Load<'_> {
    fn who(&self) -> Arc<Who> {
        Arc::clone(&self.who.lock().unwrap())
    }

    /// Every client is started anew: it loads what is handed out now, and takes `pair` where one is given.
    pub(crate) fn roll(&self, pair: Option<&Pair>) {
        let pair = pair.map_or_else(|| self.who().pair.clone(), Clone::clone);
        self.trusts(&pair, &self.plane.handed_out());
    }

    /// Every client is started anew as `pair`, trusting `trust`.
    pub(crate) fn trusts(&self, pair: &Pair, trust: &str) {
        let mut who = self.who.lock().unwrap();
        *who = Who::of(who.number + 1, pair, trust.to_owned());
        drop(who);
        self.cut_watch();
    }

    fn cut_watch(&self) {
        if let Some(child) = self.watch.lock().unwrap().as_mut() {
            let _ = child.kill();
        }
    }

    /// A line of what was measured until now.
    pub(crate) fn say(&self, what: &str) {
        for (record, who) in self.records.iter().zip(["with certificates", "of pods"]) {
            record.lock().unwrap().tell(&format!("{what}, {who}"));
        }
    }

    fn make_map(&self, worker: usize) {
        self.plane.asks(&["create", "configmap", &format!("load-{worker}"), "--from-literal=mark=0"]);
    }

    /// What this process has computed beside its clients.
    pub(crate) fn others_computed(&self) -> Duration {
        let clients: u64 = self.computed.iter().map(|one| one.load(Ordering::SeqCst)).sum();
        computed(ClockId::ProcessCPUTime).saturating_sub(Duration::from_nanos(clients))
    }

    fn has_computed(&self, client: usize) {
        let nanoseconds = computed(ClockId::ThreadCPUTime).as_nanos().try_into().unwrap();
        self.computed[client].store(nanoseconds, Ordering::SeqCst);
    }

    fn work(&self, worker: usize) {
        let (map, mut open) = (format!("{MAPS}/load-{worker}"), None);
        for number in 1_u64.. {
            self.has_computed(worker);
            if self.ends.load(Ordering::SeqCst) {
                return;
            }
            let mark = json!({ "data": { "mark": number.to_string() } }).to_string();
            let ask = match number % 8 {
                7 => Ask::Post(TOKEN, WANTED),
                odd if odd % 2 == 1 => Ask::Patch(&map, &mark),
                _ => Ask::Get(&map),
            };
            // Each has a server of its own: else all might wait at the one that is away, and see an outage that is none.
            let ok = self.count(0, worker, |at| self.ask(at, &mut open, ask));
            if ok && matches!(ask, Ask::Patch(..)) && worker == 0 {
                self.mark.store(number, Ordering::SeqCst);
            }
            thread::sleep(PACE);
        }
    }

    /// One request, and once more where it fails.
    fn count(&self, record: usize, at: usize, mut ask: impl FnMut(usize) -> Result<(), String>) -> bool {
        let second = self.started.elapsed().as_secs();
        let first = ask(at);
        let retried = first.is_ok() || {
            thread::sleep(BEFORE_RETRY);
            match ask(at + 1) {
                Ok(()) => true,
                Err(why) => {
                    if self.told.fetch_add(1, Ordering::SeqCst) < TOLD {
                        println!("{second} s: failed twice: {first:?}; {why}");
                    }
                    false
                }
            }
        };
        let sample = Sample { second, ended: self.started.elapsed().as_secs(), first: first.is_ok(), retried };
        self.records[record].lock().unwrap().samples.push(sample);
        retried
    }

    /// On the connection that is open, where it leads there and whoever opened it was not started anew since.
    fn ask(&self, at: usize, open: &mut Option<(usize, usize, Connection)>, ask: Ask<'_>) -> Result<(), String> {
        let (at, who) = (at % NODES.len(), self.who());
        let said = |error: &dyn std::fmt::Display| format!("{}: {error}", NODES[at].0);
        let mut connection = match open.take() {
            Some((number, there, connection)) if (number, there) == (who.number, at) => connection,
            _ => {
                let connection = Connection::open(&Plane::api(at), &who.caller, TIME).map_err(|error| said(&error))?;
                let now: Timestamp = "2027-01-01T00:00:00Z".parse().unwrap();
                connection.served().trusted_under(&who.roots, now).map_err(|error| said(&error))?;
                connection
            }
        };
        let answer = connection.ask(ask, TIME).map_err(|error| said(&error))?;
        if !matches!(answer.status(), 200 | 201) {
            return Err(said(&answer.status()));
        }
        *open = Some((who.number, at, connection));
        Ok(())
    }

    /// A pod: a token of its ServiceAccount, and the CA that is handed out.
    fn pod(&self) {
        let mut open = None;
        for turn in 0.. {
            self.has_computed(WORKERS);
            if self.ends.load(Ordering::SeqCst) {
                return;
            }
            self.count(1, turn, |at| self.with_token(at, &mut open));
            thread::sleep(POD_PACE);
        }
    }

    fn with_token(&self, at: usize, open: &mut Option<(usize, String)>) -> Result<(), String> {
        let who = self.who();
        let token = match open.take() {
            Some((number, token)) if number == who.number => token,
            _ => self.token(at, &who)?,
        };
        let [ca, config] =
            ["ca.crt", "conf"].map(|end| self.plane.base.path().join(format!("pod-{}.{end}", who.number)));
        fs::write(&ca, &who.trust).unwrap();
        fs::write(&config, pod_config(&token, &ca)).unwrap();
        let server = format!("--server=https://{}:6443", NODES[at % NODES.len()].1);
        let mut kubectl = Command::new(program("kubectl"));
        kubectl.arg("--kubeconfig").arg(&config).args([&server, "--request-timeout=5s", "get", "--raw"]);
        said(kubectl.arg(format!("{MAPS}/load-0")))?;
        *open = Some((who.number, token));
        Ok(())
    }

    fn token(&self, at: usize, who: &Who) -> Result<String, String> {
        let said = |error: &dyn std::fmt::Display| error.to_string();
        let api = Plane::api(at % NODES.len());
        let mut connection = Connection::open(&api, &who.caller, TIME).map_err(|error| said(&error))?;
        let answer = connection.ask(Ask::Post(TOKEN, WANTED), TIME).map_err(|error| said(&error))?;
        let read: Value = serde_json::from_slice(answer.body()).map_err(|error| said(&error))?;
        read["status"]["token"].as_str().map(str::to_owned).ok_or_else(|| answer.status().to_string())
    }

    /// One watch after the other, at one API server after the other.
    fn watch(&self) {
        for turn in 0_usize.. {
            self.has_computed(WORKERS + 1);
            if self.ends.load(Ordering::SeqCst) {
                return;
            }
            let (who, address) = (self.who(), NODES[turn % NODES.len()].1);
            let config = self.plane.base.path().join("watch.conf");
            fs::write(&config, kubeconfig("load", address, &who.trust, &who.pair)).unwrap();
            let mut kubectl = Command::new(program("kubectl"));
            kubectl.arg("--kubeconfig").arg(&config).args(["get", "configmap", "load-0", "--watch"]);
            kubectl.arg("-ojsonpath={.data.mark}{\"\\n\"}").stdout(Stdio::piped()).stderr(Stdio::null());
            let mut child = kubectl.spawn().unwrap();
            let lines = BufReader::new(child.stdout.take().unwrap()).lines();
            *self.watch.lock().unwrap() = Some(child);
            if who.number != self.who().number || self.ends.load(Ordering::SeqCst) {
                self.cut_watch();
            }
            for mark in lines.map_while(Result::ok).filter_map(|line| line.parse().ok()) {
                self.seen.fetch_max(mark, Ordering::SeqCst);
            }
            if let Some(mut child) = self.watch.lock().unwrap().take() {
                let _ = child.kill();
                let _ = child.wait();
            }
            if who.number == self.who().number && !self.ends.load(Ordering::SeqCst) {
                self.cut.fetch_add(1, Ordering::SeqCst);
            }
            thread::sleep(BEFORE_RETRY);
        }
    }

    /// What was written last is what lies there, and the watch has seen it.
    pub(crate) fn settle(&self) {
        let mark = self.mark.load(Ordering::SeqCst);
        let seen = wait(Duration::from_secs(30), || self.seen.load(Ordering::SeqCst) >= mark);
        assert!(seen, "the watch missed {mark}, it saw {}", self.seen.load(Ordering::SeqCst));
        let read = self.plane.asks(&["get", "configmap", "load-0", "-ojsonpath={.data.mark}"]);
        assert!(read.parse::<u64>().unwrap() >= mark, "{read} lies there, {mark} was acknowledged");
    }
}

fn computed(by: ClockId) -> Duration {
    clock_gettime(by).try_into().unwrap()
}

fn pod_config(token: &str, ca: &PathBuf) -> String {
    json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "pod",
        "clusters": [{ "name": "pod", "cluster": { "certificate-authority": ca, "server": "https://10.66.0.21:6443" } }],
        "contexts": [{ "name": "pod", "context": { "cluster": "pod", "user": "pod" } }],
        "users": [{ "name": "pod", "user": { "token": token } }],
    })
    .to_string()
}

impl Measured {
    /// Says what was measured, and demands that no request failed with one retry, in no second.
    pub(crate) fn must_be_whole(&self, what: &str) {
        for (record, who) in [(&self.with_certificates, "with certificates"), (&self.of_pods, "of pods")] {
            record.tell(&format!("{what}, {who}"));
        }
        println!("{what}: {} watches were cut, no change was missed", self.watches_cut);
        assert_eq!((self.with_certificates.failed_with_retry(), self.of_pods.failed_with_retry()), (0, 0));
        assert_eq!(self.with_certificates.dark_seconds(), 0);
    }
}
