//! A package is cut for its nodes, and each node takes its own and nothing else.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use airlock::audit::entry::Actor;
use airlock::audit::event::Event;
use airlock::config::online::OnlineConfig;
use airlock::exchange::seal::recipient::Recipient;
use airlock::online::node::{self, Accepted};
use airlock::online::room::Room;
use airlock::online::scan::NodeRoot;
use airlock::online::split::{self, Cut, Done};
use airlock::online::stage::{self, Choice as Wanted, Goods, Plan, Staged};
use airlock::refusal::Refused;
use airlock::wire::digest::Digest;

use crate::ca::Wish;
use crate::stage::accepted;
use crate::verify::Asked;
use crate::world::{World, choice, config_with, fixture, key};

/// A node with a state of its own and its live files.
pub(crate) struct NodeHost {
    name: &'static str,
    pub(crate) base: PathBuf,
    pub(crate) config: OnlineConfig,
    pub(crate) recipient: Recipient,
}

impl NodeHost {
    /// The node `name`, which takes the word of the key `pinned`.
    pub(crate) fn new(world: &World, name: &'static str, pinned: u8) -> Self {
        let base = world.base.join(format!("host-{name}-{pinned}"));
        crate::nodes::copy(&fixture("cluster/kubeadm-ha").join(name), &base.join("root"));
        let config = node_config(&base.join("state"), name, &key_line(pinned));
        let made = node::init::init(&config, world.senses()).unwrap();
        Self { name, base, config, recipient: made.recipient }
    }

    pub(crate) fn room(&self, world: &World) -> Room {
        world.room_of(&self.config)
    }

    pub(crate) fn accept(&self, world: &World, sealed: &[u8]) -> Result<Accepted, Refused> {
        node::accept(&mut self.room(world), sealed)
    }

    pub(crate) fn roots(&self) -> [NodeRoot; 1] {
        [NodeRoot { node: self.name.to_owned(), root: self.base.join("root") }]
    }

    fn stage(&self, asked: &Asked) -> Result<Staged, Refused> {
        let mut room = self.room(&asked.world);
        let plan = Plan::new(&room, Goods::accepted(&room, &asked.trace)?, &self.roots(), &Wanted::default())?;
        assert!(plan.held().is_empty(), "{:?}", plan.held());
        stage::stage(&mut room, &plan, &Actor::system())
    }

    pub(crate) fn identity(&self) -> PathBuf {
        self.base.join("state/keys/node.age-identity")
    }

    /// Every refusal of `sealed` leaves the node as it was.
    pub(crate) fn refuses(&self, world: &World, sealed: &[u8]) -> String {
        let before = self.room(world).desk().entries().len();
        let refused = self.accept(world, sealed).unwrap_err();
        let room = self.room(world);
        assert_eq!((room.desk().entries().len(), room.history().node_package()), (before, None));
        refused.reason().code.to_owned()
    }
}

pub(crate) fn key_line(seed: u8) -> String {
    use airlock::exchange::signature::SigningKey as _;
    key(seed).public_key().to_string()
}

fn node_config(state: &Path, name: &str, cluster_key: &str) -> OnlineConfig {
    let node =
        toml::Table::from_iter([("name", name), ("cluster_key", cluster_key)].map(|(k, v)| (k.to_owned(), v.into())));
    config_with(state, toml::Table::from_iter([("node".to_owned(), node.into())]))
}

/// The key of the cluster in these tests.
pub(crate) const CLUSTER: u8 = 20;

/// An accepted package, nodes that are set up, and their recipients in the config of the admin.
pub(crate) fn fleet(names: &[&'static str], asked: &mut Asked) -> Vec<NodeHost> {
    let nodes: Vec<_> = names.iter().map(|name| NodeHost::new(&asked.world, name, CLUSTER)).collect();
    know(asked, &nodes);
    nodes
}

fn know(asked: &mut Asked, nodes: &[NodeHost]) {
    let recipients = nodes.iter().map(|node| (node.name.to_owned(), node.recipient.to_string().into()));
    let more = toml::Table::from_iter([("recipients".to_owned(), toml::Table::from_iter(recipients).into())]);
    asked.world.config = config_with(&asked.world.base.join("state"), more);
}

fn cut(asked: &Asked, roots: &[NodeRoot], wanted: &Wanted) -> Result<Cut, Refused> {
    let room = asked.world.room();
    Cut::new(&room, Goods::accepted(&room, &asked.trace)?, roots, wanted)
}

pub(crate) fn split_to(asked: &Asked, out: &Path) -> Result<Done, Refused> {
    let cut = cut(asked, &asked.world.roots(), &Wanted::default())?;
    fs::create_dir_all(out).unwrap();
    split::split(&mut asked.world.room(), cut, &asked.world.keys, out)
}

/// The files of a split, by node.
pub(crate) fn split_all(asked: &Asked) -> BTreeMap<String, Vec<u8>> {
    let out = asked.world.base.join("out");
    let done = split_to(asked, &out).unwrap();
    let node = |name: &str| name.split(".node-").nth(1).unwrap().trim_end_matches(".age").to_owned();
    done.files.iter().map(|name| (node(name), fs::read(out.join(name)).unwrap())).collect()
}

pub(crate) fn small() -> Asked {
    accepted(choice(&["etcd-peer", "scheduler"], &["cp1", "cp2"]), &Wish::default())
}

/// Every file of the next generation below a root, by its path.
pub(crate) fn next(root: &Path) -> BTreeMap<PathBuf, Digest> {
    let found = Command::new("find").arg(root).args(["-type", "f", "-path", "*.next/*"]).output().unwrap();
    let paths = String::from_utf8(found.stdout).unwrap();
    let file =
        |path: &str| (Path::new(path).strip_prefix(root).unwrap().to_owned(), Digest::of(&fs::read(path).unwrap()));
    paths.lines().map(file).collect()
}

#[test]
fn what_a_node_stages_from_its_package_is_what_its_admin_would_stage() {
    let mut asked = small();
    let nodes = fleet(&["cp1", "cp2", "w1"], &mut asked);
    let files = split_all(&asked);
    asked.stage(&Wanted::default()).unwrap();
    for (node, expected) in nodes.iter().zip([(2, 2), (2, 2), (0, 0)]) {
        let taken = node.accept(&asked.world, &files[node.name]).unwrap();
        assert_eq!(((taken.certificates, taken.keys), &taken.trace), (expected, &asked.trace));
        let staged = node.stage(&asked).unwrap();
        let here = next(&node.base.join("root"));
        assert_eq!(here, next(&asked.world.base.join(node.name)), "{}", node.name);
        assert_eq!((staged.written, staged.equal), (here.len(), 0));
        let again = node.stage(&asked).unwrap();
        assert_eq!((again.written, again.equal), (0, here.len() - expected.0 / 2), "the key of etcd lies there by now");
        // A room on a node knows the people and the CA of its cluster.
        let room = node.room(&asked.world);
        assert_eq!((room.people().len(), room.ca().unwrap()), (2, asked.world.room().ca().unwrap()));
        // Who agrees to what becomes of an exchange, its own package told: that of another says nobody.
        assert_eq!(room.people_of(&asked.trace).unwrap(), room.people());
        assert!(room.people_of(&"20250722-7Q2K-9M4F-B".parse().unwrap()).unwrap().is_empty());
        assert_eq!(
            room.public().unwrap_err().to_string(),
            "this host is a node of its cluster; it asks for nothing and enrols nobody"
        );
    }
    let room = asked.world.room();
    let split = room.desk().entries().iter().find_map(|entry| match &entry.event {
        Event::Split(split) => Some(split),
        _ => None,
    });
    let logged: Vec<_> = split.unwrap().files.iter().map(|file| file.sha256).collect();
    assert_eq!(logged, files.values().map(|bytes| Digest::of(bytes)).collect::<Vec<_>>());
}

#[test]
fn age_ssh_keygen_and_sha256sum_agree_and_no_plaintext_is_kept() {
    let mut asked = small();
    let nodes = fleet(&["cp1", "cp2"], &mut asked);
    let files = split_all(&asked);
    nodes[0].accept(&asked.world, &files["cp1"]).unwrap();
    let (base, zip) = (asked.world.base.join("judge"), asked.world.base.join("judge.zip"));
    fs::create_dir(&base).unwrap();
    let sealed = asked.world.base.join("out").join(format!("{}.node-cp1.age", asked.trace));
    let opened =
        Command::new("age").arg("-d").arg("-i").arg(nodes[0].identity()).arg("-o").arg(&zip).arg(&sealed).status();
    assert!(opened.unwrap().success());
    let unzipped = Command::new("unzip").arg("-q").arg(&zip).arg("-d").arg(&base).status();
    assert!(unzipped.unwrap().success());
    let checked = Command::new("sha256sum").args(["-c", "--quiet", "SHA256SUMS"]).current_dir(&base).status();
    assert!(checked.unwrap().success());
    let signers = base.join("signers");
    fs::write(&signers, format!("cluster namespaces=\"node-package@airlock.v1\" {}\n", key_line(CLUSTER))).unwrap();
    let verify = |namespace: &str| {
        let sums = fs::File::open(base.join("SHA256SUMS")).unwrap();
        let mut keygen = Command::new("ssh-keygen");
        keygen.args(["-Y", "verify", "-I", "cluster", "-n", namespace, "-f"]).arg(&signers);
        keygen.arg("-s").arg(base.join("SHA256SUMS.sig")).stdin(sums).stdout(Stdio::null()).stderr(Stdio::null());
        keygen.status().unwrap().success()
    };
    assert!(verify("node-package@airlock.v1") && !verify("cert-package@airlock.v1"));
    // The key is in the package, and in no file of the state of either host.
    let pem = fs::read_to_string(base.join("keys/0001.pem")).unwrap();
    let body = pem.lines().nth(1).unwrap();
    for state in [asked.world.base.join("state"), nodes[0].base.join("state")] {
        let found = Command::new("grep").args(["-rlF", body]).arg(state).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&found.stdout), "");
    }
}

#[test]
fn a_node_opens_only_its_own() {
    let mut asked = small();
    let nodes = fleet(&["cp1", "cp2"], &mut asked);
    let files = split_all(&asked);
    let (cp1, world) = (&nodes[0], &asked.world);
    assert_eq!(cp1.refuses(world, &files["cp2"]), "SEAL_NOT_FOR_US");
    // Who holds a package that is his can encrypt it to another, and to more than one.
    let out = world.base.join("out");
    let plain = world.base.join("plain");
    let age = |arguments: &[&str]| assert!(Command::new("age").args(arguments).status().unwrap().success());
    let cp2_file = out.join(format!("{}.node-cp2.age", asked.trace));
    let shown = |path: &Path| path.to_str().unwrap().to_owned();
    age(&["-d", "-i", &shown(&nodes[1].identity()), "-o", &shown(&plain), &shown(&cp2_file)]);
    let again = world.base.join("again");
    age(&["-r", &cp1.recipient.to_string(), "-o", &shown(&again), &shown(&plain)]);
    assert_eq!(cp1.refuses(world, &fs::read(&again).unwrap()), "NODE_PACKAGE_NODE");
    let (own, two) = (world.base.join("own"), world.base.join("two"));
    let cp1_file = out.join(format!("{}.node-cp1.age", asked.trace));
    age(&["-d", "-i", &shown(&cp1.identity()), "-o", &shown(&own), &shown(&cp1_file)]);
    let (one, other) = (cp1.recipient.to_string(), nodes[1].recipient.to_string());
    age(&["-r", &one, "-r", &other, "-o", &shown(&two), &shown(&own)]);
    assert_eq!(cp1.refuses(world, &fs::read(&two).unwrap()), "SEAL_LISTED");
    // Another cluster's word is none, nor is that of a cluster whose key was changed in the config.
    let stranger = NodeHost::new(world, "cp1", 99);
    let elsewhere = world.base.join("elsewhere");
    age(&["-r", &stranger.recipient.to_string(), "-o", &shown(&elsewhere), &shown(&own)]);
    assert_eq!(stranger.refuses(world, &fs::read(&elsewhere).unwrap()), "SIGNATURE_KEY");
    // The same node with a new identity: what was made for the old one is not opened by encrypting it again.
    let renewed = NodeHost::new(world, "cp1", CLUSTER + 100);
    let config = node_config(renewed.config.state(), "cp1", &key_line(CLUSTER));
    let renewed = NodeHost { config, ..renewed };
    let moved = world.base.join("moved");
    age(&["-r", &renewed.recipient.to_string(), "-o", &shown(&moved), &shown(&own)]);
    assert_eq!(renewed.refuses(world, &fs::read(&moved).unwrap()), "NODE_PACKAGE_RECIPIENT");
    cp1.accept(world, &files["cp1"]).unwrap();
}

#[test]
fn every_flipped_byte_and_every_cut_is_refused() {
    let mut asked = small();
    let nodes = fleet(&["cp1", "cp2"], &mut asked);
    let good = &split_all(&asked)["cp1"];
    let identity = airlock::exchange::seal::identity::Identity::read(&fs::read(nodes[0].identity()).unwrap()).unwrap();
    let open = |bytes: &[u8]| airlock::exchange::node_package::OpenNodePackage::open(bytes, &identity).is_ok();
    assert!(open(good));
    // Each byte of the header; of the payload, whose tags cover all of it, a sample.
    for at in (0..good.len()).filter(|at| *at < 400 || at % 97 == 0) {
        let mut wounded = good.clone();
        wounded[at] ^= 1;
        assert!(!open(&wounded), "byte {at} of {}", good.len());
        assert!(!open(&good[..at]), "{at} bytes");
    }
    nodes[0].accept(&asked.world, good).unwrap();
}

#[test]
fn an_older_package_is_refused_and_the_same_may_come_again() {
    let mut asked = small();
    let nodes = fleet(&["cp1", "cp2"], &mut asked);
    let first = split_all(&asked).remove("cp1").unwrap();
    let again = split_all(&asked).remove("cp1").unwrap();
    assert_ne!(first, again, "encrypted twice");
    let cp1 = &nodes[0];
    cp1.accept(&asked.world, &first).unwrap();
    cp1.accept(&asked.world, &again).unwrap();
    cp1.stage(&asked).unwrap();
    // The cluster asks once more, and a newer package is cut.
    let old = asked.trace.clone();
    fs::remove_dir_all(asked.world.base.join("stick")).unwrap();
    fs::remove_dir_all(asked.world.base.join("return")).unwrap();
    for node in ["cp1", "cp2"] {
        for tree in ["etc/kubernetes.next", "var/lib/kubelet/pki.next"] {
            let _ = fs::remove_dir_all(asked.world.base.join(node).join(tree));
        }
    }
    asked.trace = asked.world.request(choice(&["etcd-peer", "scheduler"], &["cp1", "cp2"]), None, "stick").unwrap();
    asked.ca.host.now = asked.world.now().plus(3600);
    asked.world.wait(7200);
    let done = asked.import(&Wish { crl: Some(20_261_203_010_000), ..Wish::default() });
    assert!(done.accepted.is_some(), "{:#?}", done.checks);
    let newer = split_all(&asked).remove("cp1").unwrap();
    cp1.accept(&asked.world, &newer).unwrap();
    let refused = cp1.accept(&asked.world, &first).unwrap_err();
    assert_eq!(refused.reason().code, "NODE_PACKAGE_OLDER");
    // What this node staged before makes room: keys and kubeconfigs of the last rotation too.
    cp1.stage(&asked).unwrap();
    assert_ne!(asked.trace, old);
}

#[test]
fn a_group_goes_out_whole_and_strangers_are_told() {
    let mut asked = small();
    let nodes = [NodeHost::new(&asked.world, "cp1", CLUSTER)];
    let none = cut(&asked, &asked.world.roots(), &Wanted::default()).err().unwrap();
    assert_eq!(none.reason().code, "SPLIT_NO_RECIPIENT");
    know(&mut asked, &nodes);
    let held = |roots: &[NodeRoot]| {
        let cut = cut(&asked, roots, &Wanted::default()).unwrap();
        cut.held().iter().map(|held| (held.role.id(), held.waiting)).collect::<Vec<_>>()
    };
    assert_eq!(held(&asked.world.roots()), [], "cp2 is staged from here");
    assert_eq!(held(&asked.world.roots()[..1]), [("etcd-peer", 1), ("scheduler", 0)], "nobody reaches cp2");
    let excluded = Wanted { excluded: vec!["cp1".to_owned()], ..Wanted::default() };
    let refused = cut(&asked, &asked.world.roots()[..1], &excluded).err().unwrap();
    assert_eq!(refused.reason().code, "SPLIT_NO_RECIPIENT");
    // Without the root of a node its keys stay where they are.
    let cut = cut(&asked, &asked.world.roots()[1..], &Wanted::default()).unwrap();
    assert_eq!(cut.nodes().collect::<Vec<_>>(), [("cp1", 2, 0)]);
}

#[test]
fn what_somebody_else_put_into_the_directory_is_left_alone() {
    let mut asked = small();
    fleet(&["cp1", "cp2"], &mut asked);
    let out = asked.world.base.join("out");
    fs::create_dir(&out).unwrap();
    let name = out.join(format!("{}.node-cp1.age", asked.trace));
    fs::write(&name, "mine").unwrap();
    assert_eq!(split_to(&asked, &out).unwrap_err().reason().code, "SPLIT_OCCUPIED");
    assert_eq!(fs::read(&name).unwrap(), b"mine");
    fs::remove_file(&name).unwrap();
    split_to(&asked, &out).unwrap();
    split_to(&asked, &out).unwrap();
}

#[test]
fn a_node_does_what_is_a_nodes_and_nothing_else() {
    let asked = small();
    let node = NodeHost::new(&asked.world, "cp1", CLUSTER);
    let again = node::init::init(&node.config, asked.world.senses()).unwrap_err();
    assert_eq!(again.reason().code, "HOST_MADE");
    let refused = node::init::init(&asked.world.config, asked.world.senses()).unwrap_err();
    assert_eq!(refused.reason().code, "ROOM_NO_NODE");
    let refused = node::accept(&mut asked.world.room(), b"").unwrap_err();
    assert_eq!(refused.reason().code, "ROOM_NO_NODE");
    let room = node.room(&asked.world);
    assert_eq!(room.ca().unwrap_err().to_string(), "no CA is enrolled on this host");
    let locked = room.unlock(&secrecy::SecretString::from("x")).unwrap_err();
    assert_eq!(locked.reason().code, "ROOM_NODE");
    let refused = Goods::accepted(&room, &asked.trace).unwrap_err();
    assert_eq!(refused.reason().code, "STAGE_NOT_ACCEPTED");
}
