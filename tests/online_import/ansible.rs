//! The playbooks of `scripts/ansible`, run by ansible-core over SSH: each node has a network namespace with its own address,
//! a daemon with its own host key, and the files and the state of a node. Needs root; `AIRLOCK_FLEET=1 scripts/test` runs it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use airlock::cluster::role::Domain;
use airlock::devices::next_tree::NextTree;
use airlock::online::scan::Scan;
use airlock::online::stage::Choice as Wanted;
use airlock::report::document::Report;
use airlock::report::document::kind::ReportKind;
use airlock::wire::digest::Digest;

use crate::ca::Wish;
use crate::fleet::{CLUSTER, key_line, next, split_to};
use crate::stage::accepted;
use crate::verify::Asked;
use crate::world::{World, choice, config_with, fixture};

/// The nodes, and their addresses in the certificates of the fixture.
const HOSTS: [(&str, &str); 3] = [("cp1", "10.66.0.11"), ("cp2", "10.66.0.12"), ("w1", "10.66.0.21")];
pub(crate) const AIRLOCK: &str = env!("CARGO_BIN_EXE_airlock");

/// Namespaces with a daemon each, and one more from which Ansible reaches them.
pub(crate) struct Network {
    base: PathBuf,
    tag: String,
    names: Vec<String>,
    daemons: Vec<Child>,
}

pub(crate) fn must(program: &str, arguments: &[&str]) {
    let done = Command::new(program).args(arguments).output().unwrap();
    assert!(done.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
}

pub(crate) fn shown(path: &Path) -> &str {
    path.to_str().unwrap()
}

impl Network {
    /// Those of the test `name`.
    pub(crate) fn start(base: &Path, name: &str, hosts: [(&str, &str); 3]) -> Self {
        let tag = format!("al{}{name}", std::process::id());
        let names = hosts.map(|(name, _)| name.to_owned()).to_vec();
        let mut network = Self { base: base.to_owned(), tag, names, daemons: Vec::new() };
        fs::create_dir_all("/run/sshd").unwrap();
        let (hub, user) = (network.namespace("hub"), base.join("user"));
        must("ssh-keygen", &["-q", "-t", "ed25519", "-N", "", "-f", shown(&user)]);
        must("ip", &["netns", "add", &hub]);
        must("ip", &["-n", &hub, "link", "add", "bridge", "type", "bridge"]);
        must("ip", &["-n", &hub, "address", "add", "10.66.0.1/24", "dev", "bridge"]);
        must("ip", &["-n", &hub, "link", "set", "bridge", "up"]);
        let known: String = hosts.map(|(name, address)| network.host(name, address)).concat();
        fs::write(base.join("known_hosts"), known).unwrap();
        network
    }

    pub(crate) fn namespace(&self, name: &str) -> String {
        format!("{}-{name}", self.tag)
    }

    /// Starts a host; its line of known hosts.
    fn host(&mut self, name: &str, address: &str) -> String {
        let (own, hub) = (self.namespace(name), self.namespace("hub"));
        must("ip", &["netns", "add", &own]);
        must("ip", &["-n", &own, "link", "set", "lo", "up"]);
        must("ip", &["-n", &hub, "link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", &own]);
        must("ip", &["-n", &hub, "link", "set", name, "master", "bridge", "up"]);
        must("ip", &["-n", &own, "address", "add", &format!("{address}/24"), "dev", "eth0"]);
        must("ip", &["-n", &own, "link", "set", "eth0", "up"]);
        let key = self.base.join(format!("sshd-{name}"));
        must("ssh-keygen", &["-q", "-t", "ed25519", "-N", "", "-f", shown(&key)]);
        let (config, user) = (self.base.join(format!("sshd-{name}.conf")), self.base.join("user.pub"));
        let lines = format!(
            "ListenAddress {address}\nHostKey {}\nAuthorizedKeysFile {}\nStrictModes no\nUsePAM no\n\
             PermitRootLogin prohibit-password\nPidFile none\n",
            shown(&key),
            shown(&user)
        );
        fs::write(&config, lines).unwrap();
        let daemon = Command::new("ip")
            .args(["netns", "exec", &own, "/usr/sbin/sshd", "-D", "-f", shown(&config)])
            .stderr(Stdio::null())
            .spawn();
        self.daemons.push(daemon.unwrap());
        let public = fs::read_to_string(key.with_extension("pub")).unwrap();
        format!("{address} {public}")
    }

    /// Runs a playbook from the hub.
    pub(crate) fn play(&self, playbook: &str, more: &[&str]) -> Output {
        let ansible = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/ansible");
        let ssh = format!(
            "-F /dev/null -i {} -o UserKnownHostsFile={} -o StrictHostKeyChecking=yes -o ControlMaster=auto -o ControlPersist=60",
            shown(&self.base.join("user")),
            shown(&self.base.join("known_hosts"))
        );
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.namespace("hub"), "ansible-playbook", "-i"]);
        command.arg(ansible.join("inventory")).arg("-i").arg(self.base.join("hosts")).arg(ansible.join(playbook));
        command.args(more).env("ANSIBLE_SSH_ARGS", ssh).env("ANSIBLE_PIPELINING", "1").env("ANSIBLE_NOCOLOR", "1");
        command.env("AIRLOCK_SCAN", self.base.join("scan.json")).env("ANSIBLE_LOCALHOST_WARNING", "0");
        command.env("ANSIBLE_HOME", self.base.join("ansible")).env("LC_ALL", "C.UTF-8");
        // A connection that another network left open leads to a host of the same address in that one.
        command.env("ANSIBLE_SSH_CONTROL_PATH_DIR", self.base.join("cp"));
        command.output().unwrap()
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        for daemon in &mut self.daemons {
            let _ = daemon.kill();
            let _ = daemon.wait();
        }
        for name in self.names.iter().map(String::as_str).chain(["hub"]) {
            let _ = Command::new("ip").args(["netns", "delete", &self.namespace(name)]).status();
        }
    }
}

pub(crate) fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

pub(crate) fn succeeds(output: &Output) -> String {
    assert!(output.status.success(), "{}", said(output));
    said(output)
}

/// The files and the config of each node, and what Ansible must know of them.
fn prepare(world: &World) {
    let base = &world.base;
    let mut hosts = format!("[all:vars]\nairlock={AIRLOCK}\nansible_python_interpreter=/usr/bin/python3\n[airlock]\n");
    for (name, _) in HOSTS {
        let own = base.join(format!("node-{name}"));
        crate::nodes::copy(&fixture("cluster/kubeadm-ha").join(name), &own.join("root"));
        fs::create_dir_all(own.join("facts")).unwrap();
        let of = |value: toml::Table| toml::Value::from(value);
        let text = |key: &str, value: &str| (key.to_owned(), toml::Value::from(value));
        let node = toml::Table::from_iter([text("name", name), text("cluster_key", &key_line(CLUSTER))]);
        let nodes = toml::Table::from_iter([text(name, shown(&own.join("root")))]);
        let more = toml::Table::from_iter([("node".to_owned(), of(node)), ("nodes".to_owned(), of(nodes))]);
        fs::write(own.join("online.toml"), crate::world::config_text(&own.join("state"), more)).unwrap();
        hosts.push_str(&format!(
            "{name} airlock_config={0}/online.toml airlock_facts={0}/facts airlock_drop={0} airlock_root={0}/root\n",
            shown(&own)
        ));
    }
    fs::write(base.join("hosts"), hosts).unwrap();
    let roots: Vec<_> = world.roots().into_iter().filter(|at| at.node != "cp3").collect();
    let found = Scan::of(&roots, world.config.record(), world.now()).unwrap().report;
    fs::write(base.join("scan.json"), Report::new(ReportKind::Scan).detail(found).json().unwrap()).unwrap();
}

/// The lines that the nodes printed, as an admin would copy them.
fn recipients(told: &str, hosts: [(&str, &str); 3]) -> toml::Table {
    let found = hosts.map(|(name, _)| {
        let start = format!("{name} = \\\"");
        let at = told.find(&start).unwrap_or_else(|| panic!("{name}: {told}")) + start.len();
        (name.to_owned(), toml::Value::from(told[at..].split('\\').next().unwrap()))
    });
    toml::Table::from_iter(found)
}

/// Each host makes its recipient, the admin writes it into a config that says `more` too, and the package is cut for them.
pub(crate) fn cut_for(asked: &mut Asked, network: &Network, hosts: [(&str, &str); 3], mut more: toml::Table) {
    let told = succeeds(&network.play("init.yml", &[]));
    more.insert("recipients".to_owned(), recipients(&told, hosts).into());
    asked.world.config = config_with(&network.base.join("state"), more);
    split_to(asked, &network.base.join("out")).unwrap();
}

pub(crate) fn live(base: &Path) -> BTreeMap<PathBuf, Digest> {
    let found = Command::new("find").arg(base).args(["-type", "f", "-not", "-path", "*.next/*"]).output().unwrap();
    let paths = String::from_utf8(found.stdout).unwrap();
    paths.lines().map(|path| (PathBuf::from(path), Digest::of(&fs::read(path).unwrap()))).collect()
}

#[test]
#[ignore = "needs root, ansible-core and sshd; AIRLOCK_FLEET=1 scripts/test"]
fn a_fleet_is_set_up_and_staged_by_ansible_over_ssh_and_held_where_nothing_runs() {
    let mut asked = accepted(choice(&["etcd-peer", "scheduler"], &["cp1", "cp2"]), &Wish::default());
    let base = asked.world.base.clone();
    prepare(&asked.world);
    let network = Network::start(&base, "a", HOSTS);
    cut_for(&mut asked, &network, HOSTS, toml::Table::new());
    asked.stage(&Wanted::default()).unwrap();
    let root = |name: &str| base.join(format!("node-{name}/root"));
    let before = HOSTS.map(|(name, _)| live(&root(name)));

    // Somebody mixed the files up: the first node that refuses stops all.
    let trace = format!("trace={}", asked.trace);
    let file = |name: &str| base.join("out").join(format!("{}.node-{name}.age", asked.trace));
    let mixed = base.join("mixed");
    fs::create_dir(&mixed).unwrap();
    for (from, to) in [("cp1", "cp2"), ("cp2", "cp1"), ("w1", "w1")] {
        fs::copy(file(from), mixed.join(file(to).file_name().unwrap())).unwrap();
    }
    let refused = network.play("stage.yml", &["-e", &trace, "-e", &format!("packages={}", shown(&mixed))]);
    assert!(!refused.status.success() && said(&refused).contains("SEAL_NOT_FOR_US"), "{}", said(&refused));
    assert!(HOSTS.iter().all(|(name, _)| next(&root(name)).is_empty()), "nothing was staged anywhere");

    let packages = format!("packages={}", shown(&base.join("out")));
    succeeds(&network.play("stage.yml", &["-e", &trace, "-e", &packages]));
    succeeds(&network.play("stage.yml", &["-e", &trace, "-e", &packages]));
    for (name, _) in HOSTS {
        assert_eq!(next(&root(name)), next(&base.join(name)), "{name}: what its admin would stage");
        assert!(
            !base.join(format!("node-{name}")).join(file(name).file_name().unwrap()).exists(),
            "the copy is removed"
        );
    }

    // No program runs here: the first step is held, and the playbook says why and stops.
    let facts = format!("facts={}", shown(&base.join("facts")));
    let held = network.play("rotate.yml", &["-e", &trace, "-e", &facts, "-e", "rounds=1"]);
    assert!(!held.status.success() && said(&held).contains("\"rc\": 14"), "{}", said(&held));
    for (name, _) in HOSTS {
        assert!(base.join("facts").join(asked.trace.as_str()).join(format!("{name}.json")).is_file(), "{name}");
    }
    assert_eq!(HOSTS.map(|(name, _)| live(&root(name))), before, "nothing live changed");
}

#[test]
#[ignore = "needs root, ansible-core and sshd; AIRLOCK_FLEET=1 scripts/test"]
fn a_bridge_is_signed_on_the_first_node_and_carried_to_the_others() {
    let mut asked = accepted(choice(&["etcd-peer", "kubelet-client"], &["cp1", "cp2", "w1"]), &Wish::default());
    let base = asked.world.base.clone();
    prepare(&asked.world);
    let network = Network::start(&base, "d", HOSTS);
    cut_for(&mut asked, &network, HOSTS, toml::Table::new());
    // The second control plane has no key of the CA, as a worker has none.
    let root = |name: &str| base.join(format!("node-{name}/root"));
    fs::remove_file(root("cp2").join(Domain::Kubernetes.ca_key())).unwrap();
    fs::remove_file(root("cp2").join(Domain::Etcd.ca_key())).unwrap();
    let (trace, packages) = (format!("trace={}", asked.trace), format!("packages={}", shown(&base.join("out"))));
    let given = ["-e", &trace, "-e", &packages, "-e", "bridge=true"];
    // Once more is harmless.
    for _ in 0..2 {
        succeeds(&network.play("stage.yml", &given));
        let crosses = |name: &str, domain: Domain| NextTree::of(&root(name)).read(domain.cross_certificate()).unwrap();
        for domain in [Domain::Kubernetes, Domain::Etcd] {
            let first = crosses("cp1", domain).unwrap();
            assert_eq!(crosses("cp2", domain).as_ref(), Some(&first), "{domain}");
            assert_eq!(crosses("w1", domain), (domain == Domain::Kubernetes).then_some(first), "{domain}");
        }
    }
    for (name, _) in HOSTS {
        let left = fs::read_dir(base.join(format!("node-{name}"))).unwrap().map(|entry| entry.unwrap().file_name());
        let left: Vec<_> = left.filter(|left| left.to_string_lossy().ends_with(".crt")).collect();
        assert!(left.is_empty(), "{name}: {left:?}");
    }
}

/// A stand-in for the program, which says in turn what it is told to: so the order of the playbook is seen.
const STAND_IN: &str = r#"#!/usr/bin/python3
import json, os, sys
here = os.path.dirname(os.path.abspath(__file__))
words = sys.argv[1:]
node = os.path.basename(os.path.dirname(words[words.index("--config") + 1])).removeprefix("node-")
facts = words[words.index("--facts") + 1]
with open(os.path.join(facts, node + ".json"), "w") as file:
    file.write(node)
known = sorted(name for name in os.listdir(facts) if name.endswith(".json"))
look = "--look" in words
answers = os.path.join(here, "answers")
with open(answers) as file:
    lines = file.read().splitlines()
status, steps = (0, 0) if look else map(int, lines.pop(0).split())
with open(answers, "w") as file:
    file.write("\n".join(lines) + "\n")
with open(os.path.join(here, "calls"), "a") as file:
    told = "".join(word for word in words if word.startswith("--s") or word.startswith("reason"))
    file.write(f"{node} {'look' if look else words[words.index('online') + 1]} {len(known)} {told}".strip() + "\n")
print(json.dumps({"facts": {"steps": ["S5 x"] * steps, "reclaimed": 3 * ("reclaim" in words)}, "error": {"message": "it is the turn of cp2"}}))
sys.exit(status)
"#;

/// How a playbook ended, and who was called in which order with the facts of how many.
struct Turns {
    network: Network,
    program: PathBuf,
}

impl Turns {
    fn of(world: &World, name: &str) -> Self {
        use std::os::unix::fs::PermissionsExt as _;
        prepare(world);
        let program = world.base.join("stand-in");
        fs::write(&program, STAND_IN).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        Self { network: Network::start(&world.base, name, HOSTS), program }
    }

    fn run(&self, playbook: &str, answers: &str, more: &[&str]) -> (Output, Vec<String>) {
        let base = &self.network.base;
        fs::write(base.join("answers"), answers).unwrap();
        let _ = fs::remove_file(base.join("calls"));
        for (name, _) in HOSTS {
            fs::remove_dir_all(base.join(format!("node-{name}/facts"))).unwrap();
            fs::create_dir(base.join(format!("node-{name}/facts"))).unwrap();
        }
        let _ = fs::remove_dir_all(base.join("facts"));
        let (facts, own) =
            (format!("facts={}", shown(&base.join("facts"))), format!("airlock={}", shown(&self.program)));
        let given = ["-e", "trace=20250722-7Q2K-9M4F-B", "-e", &facts, "-e", &own];
        let done = self.network.play(playbook, &[&given, more].concat());
        let calls = fs::read_to_string(base.join("calls")).unwrap_or_default();
        (done, calls.lines().map(str::to_owned).collect())
    }
}

#[test]
#[ignore = "needs root, ansible-core and sshd; AIRLOCK_FLEET=1 scripts/test"]
fn the_turn_goes_round_until_all_is_done_or_something_holds() {
    let world = World::new();
    let turns = Turns::of(&world, "b");
    // Each knows what those before it said of themselves; a step that was done and another's turn go on; 0 ends it.
    let (done, calls) =
        turns.run("rotate.yml", "15 1\n15 1\n15 0\n15 1\n0 1\n", &["-e", r#"{"verb":["rollback","--to","trust"]}"#]);
    succeeds(&done);
    let looks = ["cp1 look 1", "cp2 look 2", "w1 look 3"];
    let back = ["cp1 rollback 3", "cp2 rollback 3", "w1 rollback 3", "cp1 rollback 3", "cp2 rollback 3"];
    assert_eq!(calls, [&looks[..], &back].concat());
    // A gate that holds stops everybody at once.
    let (held, calls) = turns.run("rotate.yml", "15 1\n14 0\n", &[]);
    assert!(!held.status.success(), "{}", said(&held));
    assert_eq!(calls.len(), looks.len() + 2);
    // And so do two rounds in which nobody did anything.
    let (idle, calls) = turns.run("rotate.yml", &"15 0\n".repeat(20), &[]);
    assert!(!idle.status.success() && said(&idle).contains("it is the turn of cp2"), "{}", said(&idle));
    assert_eq!(calls.len(), looks.len() + 7);
}

#[test]
#[ignore = "needs root, ansible-core and sshd; AIRLOCK_FLEET=1 scripts/test"]
fn what_is_said_once_is_said_in_one_round_and_what_is_kept_goes_node_by_node() {
    let world = World::new();
    let turns = Turns::of(&world, "c");
    let once = r#"{"spent_because": "reason", "spent_on": ["cp2"], "snapshot_restored": "db"}"#;
    let (done, calls) = turns.run("rotate.yml", "15 1\n15 1\n15 1\n15 1\n0 1\n", &["-e", once]);
    succeeds(&done);
    let own = "--snapshot-restored";
    let both = format!("cp2 rotate 3 {own}--spent-becausereason");
    let [first, last] = ["cp1", "w1"].map(|node| format!("{node} rotate 3 {own}"));
    assert_eq!(calls[3..], [&first[..], &both, &last, &first, &format!("cp2 rotate 3 {own}")]);

    let (done, calls) = turns.run("reclaim.yml", "0 0\n0 0\n0 0\n", &[]);
    succeeds(&done);
    let looks = ["cp1 look 1", "cp2 look 2", "w1 look 3"];
    assert_eq!(calls, [looks, ["cp1 reclaim 3", "cp2 reclaim 3", "w1 reclaim 3"]].concat());
    let (held, calls) = turns.run("reclaim.yml", "0 0\n14 0\n", &[]);
    assert!(!held.status.success(), "{}", said(&held));
    assert_eq!(calls.len(), looks.len() + 2, "the last node keeps what it has");
}
