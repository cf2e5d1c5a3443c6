//! A host of the online side, made anew for each test, and a copy of the real cluster beside it.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use airlock::audit::detail::Genesis;
use airlock::audit::entry::{Actor, Side};
use airlock::audit::event::Event;
use airlock::audit::log::Recorded;
use airlock::cluster::record::Record;
use airlock::config::online::OnlineConfig;
use airlock::desk::host::{Desk, Senses};
use airlock::desk::people::Present;
use airlock::devices::clock::SystemClock;
use airlock::devices::entropy::SystemEntropy;
use airlock::exchange::people::person::{Person, PersonKey, PersonRole};
use airlock::exchange::seal::identity::Identity;
use airlock::exchange::signature::private_key::SoftwareKey;
use airlock::exchange::signature::public_key::SshPublicKey;
use airlock::exchange::trace::Trace;
use airlock::online::keys::HostKeys;
use airlock::online::request::{AskedCa, Choice, Draft, Order, Placed, Sent, Terms, export, place};
use airlock::online::scan::{NodeRoot, Scan, ScanError};
use airlock::refusal::Refused;
use airlock::wire::digest::Digest;
use secrecy::SecretString;
use tempfile::TempDir;
use zeroize::Zeroizing;

pub(crate) const NODES: [&str; 4] = ["cp1", "cp2", "cp3", "w1"];
const PASSPHRASE: &str = "a requester's own";

pub(crate) struct World {
    pub(crate) base: PathBuf,
    _temporary: Option<TempDir>,
    pub(crate) config: OnlineConfig,
    pub(crate) keys: HostKeys,
    pub(crate) ca: AskedCa,
    pub(crate) roots: Vec<NodeRoot>,
    recipient: Identity,
}

/// What a run wants.
#[derive(Default)]
pub(crate) struct Wish {
    pub(crate) choice: Choice,
    pub(crate) void: Option<Trace>,
    pub(crate) life_days: Option<u32>,
    pub(crate) validity_days: Option<u32>,
}

impl World {
    pub(crate) fn new() -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let world = Self::make(temporary.path());
        Self { _temporary: Some(temporary), ..world }
    }

    /// Makes a host and a cluster in `base`.
    pub(crate) fn make(base: &Path) -> Self {
        let world = Self::at(base);
        make_requester_key(base);
        for node in NODES {
            crate::nodes::copy(&fixture().join("kubeadm-ha").join(node), &world.root(node));
        }
        let mut desk = Desk::make(&world.state(), Side::Online, world.config.party(), senses()).unwrap();
        let digest = Digest::of(b"");
        let genesis = Event::Genesis(Genesis { genesis: digest, policy: None, roster: digest, signatures: vec![] });
        desk.note(&Actor::system(), None, genesis).unwrap();
        world
    }

    /// The host that was made in `base`.
    pub(crate) fn at(base: &Path) -> Self {
        let config = config(&base.join("state"));
        let roots = NODES.map(|node| NodeRoot { node: node.to_owned(), root: base.join(node) }).to_vec();
        let key = |seed| SoftwareKey::from_seed(&Zeroizing::new([seed; 32])).unwrap();
        let keys = HostKeys { statement: key(1), log: key(2), witness: key(3) };
        let ca = AskedCa {
            party: "ca:root-ca-01".parse().unwrap(),
            epoch: 1,
            issuers: vec![Digest::of(b"b"), Digest::of(b"a"), Digest::of(b"a")],
        };
        Self { base: base.to_owned(), _temporary: None, config, keys, ca, roots, recipient: Identity::generate() }
    }

    pub(crate) fn root(&self, node: &str) -> PathBuf {
        self.base.join(node)
    }

    pub(crate) fn state(&self) -> PathBuf {
        self.base.join("state")
    }

    pub(crate) fn medium(&self, name: &str) -> PathBuf {
        let path = self.base.join(name);
        fs::create_dir_all(&path).unwrap();
        path
    }

    /// The open host. A child that another test is just starting may hold its lock for a moment.
    pub(crate) fn desk(&self) -> Desk {
        let tried = (0..200).find_map(|_| match Desk::open(&self.state(), Side::Online, senses()) {
            Err(refused) if refused.reason().code == "STATE_LOCKED" => {
                std::thread::sleep(std::time::Duration::from_millis(10));
                None
            }
            opened => Some(opened.unwrap()),
        });
        tried.expect("the lock")
    }

    pub(crate) fn scan(&self) -> Result<Scan, ScanError> {
        Scan::of(&self.roots, self.config.record(), "2026-12-02T00:00:00Z".parse().unwrap())
    }

    pub(crate) fn draft(&self, wish: Wish) -> Result<(Draft, Option<Trace>, u32), Refused> {
        let days = wish.validity_days.unwrap_or(self.config.validity_days());
        let draft = Draft::new(&self.scan()?, self.config.record(), wish.choice, days)?;
        Ok((draft, wish.void, wish.life_days.unwrap_or(7)))
    }

    pub(crate) fn order(&self, desk: &mut Desk, wish: Wish) -> Result<Recorded<Order>, Refused> {
        let requester = self.requester(desk);
        self.order_by(desk, [requester], wish)
    }

    pub(crate) fn order_by(
        &self,
        desk: &mut Desk,
        operators: [Present; 1],
        wish: Wish,
    ) -> Result<Recorded<Order>, Refused> {
        let (draft, void, life_days) = self.draft(wish)?;
        let terms = Terms {
            config: &self.config,
            roots: &self.roots,
            ca: &self.ca,
            operators: &operators,
            keys: &self.keys,
            recipient: &self.recipient.recipient(),
            life_days,
            void,
        };
        draft.order(desk, &terms, &|_| {})
    }

    /// Zhang-wei, who shows his key.
    pub(crate) fn requester(&self, desk: &mut Desk) -> Present {
        let public = fs::read_to_string(self.base.join("zhang-wei.pub")).unwrap();
        let person = Person {
            id: "zhang-wei".parse().unwrap(),
            keys: vec![PersonKey { key: SshPublicKey::from_line(&public).unwrap(), revoked_from: None }],
            name: "Zhang Wei".to_owned(),
            role: PersonRole::Requester,
        };
        let file = fs::read(self.base.join("zhang-wei")).unwrap();
        let passphrase = SecretString::from(PASSPHRASE);
        desk.identify(std::slice::from_ref(&person), &person.id, &[PersonRole::Requester], &file, &passphrase).unwrap()
    }

    /// From the scan to keys beside the live ones.
    pub(crate) fn request(&self, wish: Wish) -> Result<Placed, Refused> {
        let mut desk = self.desk();
        let order = self.order(&mut desk, wish)?;
        place(&mut desk, order)
    }

    pub(crate) fn export(&self, trace: &Trace, medium: &Path) -> Result<Sent, Refused> {
        export(&mut self.desk(), &Actor::system(), trace, medium)
    }

    /// From the scan to a medium.
    pub(crate) fn send(&self, wish: Wish, medium: &str) -> (Placed, Sent) {
        let placed = self.request(wish).unwrap();
        let sent = self.export(&placed.trace, &self.medium(medium)).unwrap();
        (placed, sent)
    }

    /// The digest of every live file, and of the links and modes.
    pub(crate) fn live(&self) -> BTreeMap<PathBuf, (u32, Digest)> {
        NODES.iter().flat_map(|node| files(&self.root(node))).filter(|(path, _)| !is_next(path)).collect()
    }

    /// Every file of the next generation, as `cp1/etc/kubernetes.next/pki/apiserver.key`.
    pub(crate) fn next(&self) -> BTreeMap<String, Digest> {
        let all = NODES.iter().flat_map(|node| files(&self.root(node))).filter(|(path, _)| is_next(path));
        let name = |path: PathBuf| path.strip_prefix(&self.base).unwrap().to_str().unwrap().to_owned();
        all.map(|(path, (mode, digest))| {
            assert_eq!(mode, 0o600, "{}", path.display());
            (name(path), digest)
        })
        .collect()
    }
}

pub(crate) fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/cluster")
}

pub(crate) fn record() -> Record {
    Record::from_json(&fs::read(fixture().join("prod-1.cluster.json")).unwrap()).unwrap()
}

fn config(state: &Path) -> OnlineConfig {
    let cluster = toml::Table::try_from(record().fields()).unwrap();
    let contact = toml::Table::from_iter(
        [("name", "operations"), ("phone", "+86 10 5555 0100")].map(|(k, v)| (k.to_owned(), v.into())),
    );
    let all = toml::Table::from_iter([
        ("host".to_owned(), "ops-bj1".into()),
        ("state".to_owned(), state.to_str().unwrap().into()),
        ("contacts".to_owned(), vec![contact].into()),
        ("cluster".to_owned(), cluster.into()),
    ]);
    OnlineConfig::parse("online.toml", toml::to_string(&all).unwrap().as_bytes()).unwrap()
}

fn senses() -> Senses {
    Senses { clock: Box::new(SystemClock), entropy: Box::new(SystemEntropy) }
}

/// Makes the key of zhang-wei in `base`, cheaply locked.
fn make_requester_key(base: &Path) {
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-a", "1", "-N", PASSPHRASE, "-C", "zhang-wei", "-f"])
        .arg(base.join("zhang-wei"))
        .status();
    assert!(made.unwrap().success());
}

fn is_next(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str().to_str().unwrap().ends_with(".next"))
}

fn files(root: &Path) -> Vec<(PathBuf, (u32, Digest))> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if entry.file_type().unwrap().is_dir() {
            found.extend(files(&path));
        } else if entry.file_type().unwrap().is_symlink() {
            found.push((path.clone(), (0, Digest::of(fs::read_link(&path).unwrap().to_str().unwrap().as_bytes()))));
        } else {
            let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o7777;
            found.push((path.clone(), (mode, Digest::of(&fs::read(&path).unwrap()))));
        }
    }
    found
}
