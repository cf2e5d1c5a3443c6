//! Real turns over SSH: three hosts with a member of etcd each, which Ansible takes to new leaves and back. Needs root;
//! `AIRLOCK_FLEET=1 scripts/test` runs it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use airlock::cluster::record::{Fields, NodeRole};
use airlock::devices::clock::{Clock as _, SystemClock};
use airlock::online::scan::Scan;
use airlock::report::document::Report;
use airlock::report::document::kind::ReportKind;

use crate::ansible::{AIRLOCK, Network, live, must, recipients, said, shown, succeeds};
use crate::ca::Wish;
use crate::fleet::{CLUSTER, key_line, split_to};
use crate::verify::{Asked, asked_in};
use crate::world::{World, choice, cluster, config_text, config_with, fixture};

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

#[test]
#[ignore = "needs root, ansible-core, sshd and etcd; AIRLOCK_FLEET=1 scripts/test"]
fn real_members_of_etcd_are_turned_over_ssh_until_they_must_soak_and_back() {
    if !etcd().exists() {
        println!("skipped: no etcd here; run scripts/etcd");
        return;
    }
    // Hosts go by the clock of this machine.
    let world = World::beginning(SystemClock.read().unwrap().now.plus(-4 * 3600), of_etcd);
    let wanted = choice(&["etcd-server", "etcd-peer", "etcd-healthcheck-client"], &["cp1", "cp2", "cp3"]);
    let mut asked = asked_in(world, wanted);
    let done = asked.import(&Wish::default());
    assert!(done.accepted.is_some(), "{:#?}", done.checks);
    let fleet = Fleet::start(&asked);
    let (network, base) = (&fleet.network, fleet.base.clone());
    let told = succeeds(&network.play("init.yml", &[]));
    let more =
        [cluster(asked.world.config.record().fields()), ("recipients".to_owned(), recipients(&told, HOSTS).into())];
    asked.world.config = config_with(&base.join("state"), toml::Table::from_iter(more));
    split_to(&asked, &base.join("out")).unwrap();
    let trace = format!("trace={}", asked.trace);
    let packages = format!("packages={}", shown(&base.join("out")));
    succeeds(&network.play("stage.yml", &["-e", &trace, "-e", &packages]));

    for (name, _) in HOSTS {
        assert!(fleet.on(name, &["sh", shown(&fleet.node(name).join("start"))]).status.success());
    }
    fleet.waits_healthy();
    fs::write(base.join("snapshot"), "restored once").unwrap();
    let files = || HOSTS.map(|(name, _)| live(&fleet.node(name).join("root")));
    let leaves = || HOSTS.map(|(_, address)| fleet.shows(address));
    let (before, old) = (files(), leaves());
    assert!(old.iter().all(|leaf| leaf.starts_with("sha256")), "{old:?}");

    let facts = format!("facts={}", shown(&base.join("facts")));
    let snapshot = format!("snapshot_restored={}", shown(&base.join("snapshot")));
    let given = ["-e", &trace, "-e", &facts, "-e", &snapshot];
    let since = Instant::now();
    let held = network.play("rotate.yml", &given);
    let told = said(&held);
    let is_held = !held.status.success() && told.contains("\"rc\": 14") && told.contains("old-unused");
    assert!(is_held, "{told}\n{}", fleet.logs());
    assert!(!told.contains("second-person"), "nobody agrees before the soak is over: {told}");
    println!("forward, until it must soak: {} s", since.elapsed().as_secs());
    let new = leaves();
    assert!(old.iter().zip(&new).all(|(old, new)| old != new), "{new:?}");
    assert!(fleet.is_healthy());
    for (name, _) in HOSTS {
        let file = |end: &str| fleet.node(name).join("root").join(PKI).join(end);
        must("openssl", &["verify", "-CAfile", shown(&file("ca.crt")), shown(&file("server.crt"))]);
        let bundle = fs::read_to_string(file("ca.crt")).unwrap();
        assert_eq!(bundle.matches("BEGIN CERTIFICATE").count(), 2, "{name}: both roots");
    }

    let since = Instant::now();
    let back = r#"{"verb": ["rollback", "--to", "none"]}"#;
    succeeds(&network.play("rotate.yml", &["-e", &trace, "-e", &facts, "-e", back]));
    println!("and back: {} s", since.elapsed().as_secs());
    fleet.waits_healthy();
    assert_eq!(leaves(), old);
    let kept = files();
    for ((name, _), (before, kept)) in HOSTS.iter().zip(before.iter().zip(&kept)) {
        assert!(before.iter().all(|(path, digest)| kept.get(path) == Some(digest)), "{name}: {kept:?}");
    }
}
