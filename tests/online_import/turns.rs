//! Real turns over SSH: three hosts with a member of etcd each, which Ansible takes to new leaves and back, or to the end, where
//! nothing of the old root is left. Needs root; `AIRLOCK_FLEET=1 scripts/test` runs the one, and with `all` the other too.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use airlock::cluster::record::{Fields, NodeRole};
use airlock::devices::clock::{Clock as _, SystemClock};
use airlock::online::scan::Scan;
use airlock::report::document::Report;
use airlock::report::document::kind::ReportKind;

use crate::ansible::{AIRLOCK, Network, cut_for, live, must, said, shown, succeeds};
use crate::ca::Wish;
use crate::fleet::{CLUSTER, key_line};
use crate::verify::{Asked, asked_in};
use crate::world::{PASSPHRASE, PEOPLE, World, choice, cluster, config_text, fixture};

const HOSTS: [(&str, &str); 3] = [("cp1", "10.66.0.11"), ("cp2", "10.66.0.12"), ("cp3", "10.66.0.13")];
const PKI: &str = "etc/kubernetes/pki/etcd";
/// How long three members may take to find one another.
const LONG: Duration = Duration::from_secs(120);

/// Members of etcd alone.
fn of_etcd(fields: &mut Fields) {
    fields.nodes.retain(|node| node.name != "w1");
    fields.nodes.iter_mut().for_each(|node| node.roles = vec![NodeRole::Etcd]);
}

fn etcd() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target/etcd/etcd")
}

/// The hosts, each with a member that a script starts and another stops.
struct Fleet {
    base: PathBuf,
    network: Network,
}

impl Fleet {
    fn start(asked: &Asked) -> Self {
        let base = asked.world.base.clone();
        let mut hosts =
            format!("[all:vars]\nairlock={AIRLOCK}\nansible_python_interpreter=/usr/bin/python3\n[airlock]\n");
        for (name, address) in HOSTS {
            let own = base.join(format!("node-{name}"));
            let from = fixture("cluster/kubeadm-ha").join(name).join(PKI);
            crate::nodes::copy(&from, &own.join("root").join(PKI));
            fs::create_dir_all(own.join("facts")).unwrap();
            fs::write(own.join("start"), starts(&own, name, address)).unwrap();
            let pid = own.join("pid");
            fs::write(own.join("stop"), format!("[ ! -f {0} ] || kill $(cat {0}) 2>/dev/null; true\n", shown(&pid)))
                .unwrap();
            fs::write(own.join("online.toml"), config(asked, &own, name)).unwrap();
            hosts.push_str(&format!(
                "{name} airlock_config={0}/online.toml airlock_facts={0}/facts airlock_drop={0}\n",
                shown(&own)
            ));
        }
        fs::write(base.join("hosts"), hosts).unwrap();
        let found = Scan::of(&asked.world.roots(), asked.world.config.record(), asked.world.now()).unwrap().report;
        fs::write(base.join("scan.json"), Report::new(ReportKind::Scan).detail(found).json().unwrap()).unwrap();
        Self { network: Network::start(&base, "t", HOSTS), base }
    }

    fn node(&self, name: &str) -> PathBuf {
        self.base.join(format!("node-{name}"))
    }

    /// Runs a program on a host.
    fn on(&self, name: &str, words: &[&str]) -> std::process::Output {
        Command::new("ip").args(["netns", "exec", &self.network.namespace(name)]).args(words).output().unwrap()
    }

    /// Whether each member takes writes from a client of its own.
    fn is_healthy(&self) -> bool {
        let answers = |(name, address): &(&str, &str)| {
            let file = |end: &str| self.node(name).join("root").join(PKI).join(end);
            let (ca, certificate, key) =
                (file("ca.crt"), file("healthcheck-client.crt"), file("healthcheck-client.key"));
            let url = format!("https://{address}:2379/health");
            let tls = ["--cacert", shown(&ca), "--cert", shown(&certificate), "--key", shown(&key), &url];
            let told = self.on(name, &[&["curl", "-s", "-m", "5"][..], &tls].concat());
            String::from_utf8_lossy(&told.stdout).contains(r#""health":"true""#)
        };
        HOSTS.iter().all(answers)
    }

    fn waits_healthy(&self) {
        let since = Instant::now();
        while !self.is_healthy() {
            assert!(since.elapsed() < LONG, "{}", self.logs());
            thread::sleep(Duration::from_millis(300));
        }
    }

    /// What the members said last.
    fn logs(&self) -> String {
        let last = |(name, _): (&str, &str)| {
            let log = fs::read_to_string(self.node(name).join("log")).unwrap_or_default();
            let lines: Vec<String> = log.lines().rev().take(6).map(|line| line.chars().take(300).collect()).collect();
            format!("{name}: {}\n", lines.join("\n"))
        };
        HOSTS.map(last).concat()
    }

    /// The digest of the leaf that a member shows to who asks over the network.
    fn shows(&self, address: &str) -> String {
        let line = format!(
            "openssl s_client -connect {address}:2379 </dev/null 2>/dev/null | openssl x509 -noout -fingerprint -sha256"
        );
        String::from_utf8(self.on("hub", &["sh", "-c", &line]).stdout).unwrap()
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        for (name, _) in HOSTS {
            let _ = Command::new("sh").arg(self.node(name).join("stop")).status();
        }
    }
}

/// No other member of this machine is called so: hosts share its processes.
fn member(name: &str) -> String {
    format!("{name}-{}", std::process::id())
}

fn starts(own: &Path, name: &str, address: &str) -> String {
    let all = HOSTS.map(|(name, address)| format!("{}=https://{address}:2380", member(name))).join(",");
    let file = |end: &str| shown(&own.join("root").join(PKI).join(end)).to_owned();
    let flags = [
        format!("--name={}", member(name)),
        format!("--data-dir={}", shown(&own.join("data"))),
        format!("--listen-client-urls=https://{address}:2379 --advertise-client-urls=https://{address}:2379"),
        format!("--listen-peer-urls=https://{address}:2380 --initial-advertise-peer-urls=https://{address}:2380"),
        format!("--initial-cluster={all}"),
        format!("--cert-file={} --key-file={}", file("server.crt"), file("server.key")),
        format!("--peer-cert-file={} --peer-key-file={}", file("peer.crt"), file("peer.key")),
        format!("--trusted-ca-file={0} --peer-trusted-ca-file={0}", file("ca.crt")),
        "--logger=zap --client-cert-auth --peer-client-cert-auth --unsafe-no-fsync".to_owned(),
    ];
    format!("setsid {} {} </dev/null >>{2}/log 2>&1 &\necho $! >{2}/pid\n", shown(&etcd()), flags.join(" "), shown(own))
}

fn config(asked: &Asked, own: &Path, name: &str) -> String {
    let text = |key: &str, value: &str| (key.to_owned(), toml::Value::from(value));
    let list = |key: &str, words: &[&str]| (key.to_owned(), toml::Value::from(words.to_vec()));
    let table = |entries: Vec<(String, toml::Value)>| toml::Value::from(toml::Table::from_iter(entries));
    let managed = table(vec![
        list("arguments", &[&format!("--name={}", member(name))]),
        list("stop", &["sh", shown(&own.join("stop"))]),
        list("start", &["sh", shown(&own.join("start"))]),
    ]);
    let components = table(vec![("etcd".to_owned(), managed)]);
    let more = [
        cluster(asked.world.config.record().fields()),
        ("node".to_owned(), table(vec![text("name", name), text("cluster_key", &key_line(CLUSTER))])),
        ("nodes".to_owned(), table(vec![text(name, shown(&own.join("root")))])),
        ("rotation".to_owned(), table(vec![("components".to_owned(), components)])),
    ];
    config_text(&own.join("state"), toml::Table::from_iter(more))
}

/// The hosts with their packages staged, their members running, and what a play is given.
struct Staged {
    // Dropped first: it stops the members by what lies in the world of `asked`.
    fleet: Fleet,
    asked: Asked,
    given: Vec<String>,
}

impl Staged {
    /// Each airlock has these options too.
    fn start(options: &str) -> Option<Self> {
        if !etcd().exists() {
            println!("skipped: no etcd here; run scripts/etcd");
            return None;
        }
        // Hosts go by the clock of this machine.
        let world = World::beginning(SystemClock.read().unwrap().now.plus(-4 * 3600), of_etcd);
        let wanted = choice(&["etcd-server", "etcd-peer", "etcd-healthcheck-client"], &["cp1", "cp2", "cp3"]);
        let mut asked = asked_in(world, wanted);
        let done = asked.import(&Wish::default());
        assert!(done.accepted.is_some(), "{:#?}", done.checks);
        let fleet = Fleet::start(&asked);
        let (network, base) = (&fleet.network, &fleet.base);
        let more = toml::Table::from_iter([cluster(asked.world.config.record().fields())]);
        cut_for(&mut asked, network, HOSTS, more);
        let trace = format!("trace={}", asked.trace);
        let packages = format!("packages={}", shown(&base.join("out")));
        succeeds(&network.play("stage.yml", &["-e", &trace, "-e", &packages]));

        for (name, _) in HOSTS {
            assert!(fleet.on(name, &["sh", shown(&fleet.node(name).join("start"))]).status.success());
        }
        fleet.waits_healthy();
        let facts = base.join("facts");
        let options = format!(r#"{{"airlock_options": {options}}}"#);
        let given = [trace, format!("facts={}", shown(&facts)), options];
        let given = given.into_iter().flat_map(|given| ["-e".to_owned(), given]).collect();
        Some(Self { fleet, asked, given })
    }

    fn play(&self, playbook: &str, more: &[&str]) -> std::process::Output {
        let given: Vec<&str> = self.given.iter().map(String::as_str).chain(more.iter().copied()).collect();
        self.fleet.network.play(playbook, &given)
    }

    fn leaves(&self) -> [String; 3] {
        HOSTS.map(|(_, address)| self.fleet.shows(address))
    }

    /// The file `end` of the host `name`.
    fn file(&self, name: &str, end: &str) -> PathBuf {
        self.fleet.node(name).join("root").join(PKI).join(end)
    }

    /// To new leaves, until nothing but the soak is in the way.
    fn forward(&self) {
        let (old, since) = (self.leaves(), Instant::now());
        assert!(old.iter().all(|leaf| leaf.starts_with("sha256")), "{old:?}");
        let snapshot = self.fleet.base.join("snapshot");
        fs::write(&snapshot, "restored once").unwrap();
        let held = self.play("rotate.yml", &["-e", &format!("snapshot_restored={}", shown(&snapshot))]);
        let told = said(&held);
        let is_held = !held.status.success() && told.contains("\"rc\": 14") && told.contains("old-unused");
        assert!(is_held, "{told}\n{}", self.fleet.logs());
        assert!(!told.contains("second-person"), "nobody agrees before the soak is over: {told}");
        println!("forward, until it must soak: {} s", since.elapsed().as_secs());
        let new = self.leaves();
        assert!(old.iter().zip(&new).all(|(old, new)| old != new), "{new:?}");
        assert!(self.fleet.is_healthy());
        for (name, _) in HOSTS {
            self.shows_roots(name, 2);
        }
    }

    /// The host trusts so many roots, and its leaf is of one of them.
    fn shows_roots(&self, name: &str, count: usize) {
        let (ca, leaf) = (self.file(name, "ca.crt"), self.file(name, "server.crt"));
        must("openssl", &["verify", "-CAfile", shown(&ca), shown(&leaf)]);
        let bundle = fs::read_to_string(ca).unwrap();
        assert_eq!(bundle.matches("BEGIN CERTIFICATE").count(), count, "{name}");
    }

    /// Runs airlock on a host, as a person does there.
    fn airlock(&self, name: &str, words: &[&str]) -> serde_json::Value {
        let config = self.fleet.node(name).join("online.toml");
        let words = [&[AIRLOCK, "--config", shown(&config), "-o", "json", "online"], words].concat();
        let told = self.fleet.on(name, &words);
        assert!(told.status.success(), "{words:?}: {}", said(&told));
        serde_json::from_slice(&told.stdout).unwrap()
    }

    /// Two people read the plan and agree to `step`; what they sign lies where facts travel from.
    fn agree(&self, step: &str, options: &[&str]) {
        let facts = self.fleet.base.join("facts").join(self.asked.trace.as_str());
        let trace = self.asked.trace.to_string();
        let words = [&["agree", &trace, "--facts", shown(&facts), "--step", step][..], options].concat();
        let shows = self.airlock("cp1", &words);
        let plan = &shows["facts"]["plan"].as_str().unwrap()[..16];
        let passphrase = self.fleet.base.join("passphrase");
        fs::write(&passphrase, PASSPHRASE).unwrap();
        fs::set_permissions(&passphrase, fs::Permissions::from_mode(0o600)).unwrap();
        for person in PEOPLE {
            let key = self.fleet.base.join(person);
            let who = ["--plan", plan, "--person", person, "--key", shown(&key)];
            let secret = ["--passphrase-file", shown(&passphrase)];
            self.airlock("cp1", &[&words[..], &who, &secret].concat());
        }
    }
}

#[test]
#[ignore = "needs root, ansible-core, sshd and etcd; AIRLOCK_FLEET=1 scripts/test"]
fn real_members_of_etcd_are_turned_over_ssh_until_they_must_soak_and_back() {
    let Some(staged) = Staged::start("[]") else { return };
    let fleet = &staged.fleet;
    let files = || HOSTS.map(|(name, _)| live(&fleet.node(name).join("root")));
    let (before, old) = (files(), staged.leaves());
    staged.forward();

    let since = Instant::now();
    let back = r#"{"verb": ["rollback", "--to", "none"]}"#;
    succeeds(&staged.play("rotate.yml", &["-e", back]));
    println!("and back: {} s", since.elapsed().as_secs());
    fleet.waits_healthy();
    assert_eq!(staged.leaves(), old);
    let kept = files();
    for ((name, _), (before, kept)) in HOSTS.iter().zip(before.iter().zip(&kept)) {
        assert!(before.iter().all(|(path, digest)| kept.get(path) == Some(digest)), "{name}: {kept:?}");
    }
}

/// An hour, the shortest window that a person can ask for, behind the five minutes in which old connections end, and a little
/// more.
const WINDOW: Duration = Duration::from_secs(67 * 60);

/// Both windows are waited for: when a member was started its kernel says, and no clock that is put ahead.
#[test]
#[ignore = "needs root, ansible-core, sshd and etcd, and more than two hours; AIRLOCK_FLEET=all scripts/test"]
fn real_members_of_etcd_are_turned_over_ssh_to_the_end() {
    let Some(staged) = Staged::start(r#"["--soak", "1"]"#) else { return };
    let fleet = &staged.fleet;
    let old: Vec<_> = ["server.crt", "server.key", "ca.crt"].map(|end| staged.file("cp1", end)).into();
    let old: Vec<_> = old.iter().map(|path| fs::read(path).unwrap()).collect();
    let as_before = fleet.base.join("as-before");
    fs::create_dir(&as_before).unwrap();
    for end in ["ca.crt", "healthcheck-client.crt", "healthcheck-client.key"] {
        fs::copy(staged.file("cp1", end), as_before.join(end)).unwrap();
    }
    staged.forward();
    let log = |name: &str| fleet.node(name).join("log");
    let lengths = HOSTS.map(|(name, _)| fs::read(log(name)).unwrap().len());
    thread::sleep(WINDOW);
    // Whoever shows no certificate leaves a line in each log, and no complaint.
    staged.leaves();
    let mut options = vec!["--soak".to_owned(), "1".to_owned()];
    for ((name, _), length) in HOSTS.iter().zip(lengths) {
        let path = fleet.base.join(format!("log-{name}"));
        fs::write(&path, &fs::read(log(name)).unwrap()[length..]).unwrap();
        options.extend(["--log".to_owned(), shown(&path).to_owned()]);
    }
    staged.agree("drop", &["--soak", "1"]);
    let logs = format!(r#"{{"airlock_options": {}}}"#, serde_json::to_string(&options).unwrap());
    let since = Instant::now();
    succeeds(&staged.play("rotate.yml", &["-e", &logs]));
    println!("the drop: {} s", since.elapsed().as_secs());
    fleet.waits_healthy();
    HOSTS.iter().for_each(|(name, _)| staged.shows_roots(name, 1));
    let calls = |dir: &Path| {
        let file = |end: &str| dir.join(end);
        let (ca, certificate, key) =
            (staged.file("cp1", "ca.crt"), file("healthcheck-client.crt"), file("healthcheck-client.key"));
        let tls =
            ["curl", "-s", "-m", "5", "--cacert", shown(&ca), "--cert", shown(&certificate), "--key", shown(&key)];
        let url = format!("https://{}:2379/health", HOSTS[1].1);
        fleet.on("cp1", &[&tls[..], &[&url]].concat()).status.success()
    };
    assert!(calls(&staged.file("cp1", "")) && !calls(&as_before), "a client of the old root is let in");

    thread::sleep(WINDOW);
    staged.agree("reclaim", &["--soak", "1"]);
    let since = Instant::now();
    succeeds(&staged.play("reclaim.yml", &[]));
    println!("and reclaimed: {} s", since.elapsed().as_secs());
    for (name, _) in HOSTS {
        for (path, bytes) in files_below(&fleet.node(name).join("root")) {
            assert!(!old.contains(&bytes), "{name}: {} is still of the old root", path.display());
        }
    }
    assert!(fleet.is_healthy());
}

fn files_below(dir: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let of = |path: PathBuf| match path.is_dir() {
        true => files_below(&path),
        false => vec![(path.clone(), fs::read(&path).unwrap())],
    };
    entries.flat_map(of).collect()
}
