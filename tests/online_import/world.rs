//! A host of the online side with the real cluster beside it, and a CA that it has enrolled.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use airlock::audit::detail::{self, Genesis};
use airlock::audit::entry::{Actor, Side};
use airlock::audit::event::Event;

use airlock::cluster::record::Fields;
use airlock::config::online::OnlineConfig;
use airlock::desk::host::{Desk, Senses};
use airlock::desk::people::Present;
use airlock::desk::seat::Seated;
use airlock::devices::clock::{Clock, ClockError, Reading};
use airlock::devices::entropy::SystemEntropy;
use airlock::exchange::arrival::Files;
use airlock::exchange::code::Code;
use airlock::exchange::draw::Sharing;
use airlock::exchange::enrolment::record::EnrolmentRecord;
use airlock::exchange::paper::channel::Channel;
use airlock::exchange::people::person::{Person, PersonKey, PersonRole};
use airlock::exchange::seal::identity::Identity;
use airlock::exchange::signature::SigningKey as _;
use airlock::exchange::signature::private_key::SoftwareKey;
use airlock::exchange::signature::public_key::SshPublicKey;
use airlock::exchange::statement::Statement;
use airlock::exchange::trace::Trace;
use airlock::exchange::transfer::TransferSet;
use airlock::online::enrol::{self, Asked};
use airlock::online::keys::HostKeys;
use airlock::online::people::People;
use airlock::online::request::{Choice, Draft, Keys, Terms, export, place};
use airlock::online::room::Room;
use airlock::online::scan::{NodeRoot, Scan};
use airlock::online::{receive, verify};
use airlock::pki::key::KeyType;
use airlock::refusal::Refused;
use airlock::wire::digest::Digest;
use airlock::wire::time::Timestamp;
use secrecy::SecretString;
use tempfile::TempDir;
use zeroize::Zeroizing;

pub(crate) const NODES: [&str; 4] = ["cp1", "cp2", "cp3", "w1"];
/// When the tests begin.
pub(crate) const NOW: &str = "2026-12-02T00:00:00Z";
pub(crate) const PEOPLE: [&str; 2] = ["liu-yang", "zhang-wei"];
pub(crate) const PASSPHRASE: &str = "a requester's own";

pub(crate) struct World {
    pub(crate) base: PathBuf,
    _temporary: Option<TempDir>,
    pub(crate) config: OnlineConfig,
    pub(crate) keys: HostKeys,
    pub(crate) identity: Identity,
    clock: Arc<AtomicI64>,
}

struct FakeClock(Arc<AtomicI64>);

impl Clock for FakeClock {
    fn read(&self) -> Result<Reading, ClockError> {
        let unix = self.0.load(Ordering::Relaxed);
        let now = Timestamp::from_unix(unix).ok_or(ClockError::OutOfRange)?;
        Ok(Reading { now, monotonic_ns: unix as u64 * 1_000_000_000, boot_id: "boot".to_owned() })
    }
}

pub(crate) fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn key(seed: u8) -> SoftwareKey {
    SoftwareKey::from_seed(&Zeroizing::new([seed; 32])).unwrap()
}

/// Two node-wide roles of the first node and the worker's: P-256 keys, so that a run is short.
pub(crate) fn small() -> Choice {
    choice(&["etcd-peer", "scheduler"], &["cp1"])
}

pub(crate) fn choice(roles: &[&str], nodes: &[&str]) -> Choice {
    Choice {
        roles: roles.iter().map(|role| role.parse().unwrap()).collect(),
        nodes: nodes.iter().map(|node| (*node).to_owned()).collect(),
        keys: Keys::New(KeyType::P256),
        ..Choice::default()
    }
}

impl World {
    pub(crate) fn new() -> Self {
        Self::beginning(time(NOW), |_| {})
    }

    /// One that begins at this time, in a cluster whose record was changed so.
    pub(crate) fn beginning(begin: Timestamp, change: impl FnOnce(&mut Fields)) -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let base = temporary.path();
        let mut world = Self::at(base);
        world.clock.store(begin.unix(), Ordering::Relaxed);
        let mut fields = world.config.record().fields().clone();
        change(&mut fields);
        world.config = config_with(&base.join("state"), toml::Table::from_iter([cluster(&fields)]));
        world.furnish();
        Self { _temporary: Some(temporary), ..world }
    }

    /// Makes the host, its people and the cluster.
    fn furnish(&self) {
        let (world, base) = (self, self.base.as_path());
        for id in PEOPLE {
            let made = Command::new("ssh-keygen")
                .args(["-q", "-t", "ed25519", "-a", "1", "-N", PASSPHRASE, "-C", id, "-f"])
                .arg(base.join(id))
                .status();
            assert!(made.unwrap().success());
        }
        for node in NODES {
            crate::nodes::copy(&fixture("cluster/kubeadm-ha").join(node), &base.join(node));
        }
        let mut desk = Desk::make(&base.join("state"), Side::Online, world.config.party(), world.senses()).unwrap();
        let roster = desk.objects().put(world.people().json()).unwrap();
        let genesis = Genesis { genesis: Digest::of(b""), policy: None, roster, signatures: vec![] };
        desk.note(&Actor::system(), None, Event::Genesis(genesis)).unwrap();
        let folder = base.join("state/keys");
        fs::create_dir(&folder).unwrap();
        fs::set_permissions(&folder, Permissions::from_mode(0o700)).unwrap();
        for (name, seed) in [("statement", 20), ("log", 21), ("witness", 22)] {
            fs::write(folder.join(format!("{name}.pub")), format!("{}\n", key(seed).public_key())).unwrap();
        }
        fs::write(folder.join("import.pub"), format!("{}\n", world.identity.recipient())).unwrap();
    }

    /// The host that was made in `base`.
    pub(crate) fn at(base: &Path) -> Self {
        let secret = b"AGE-SECRET-KEY-1EGTZVFFV20835NWYV6270LXYVK2VKNX2MMDKWYKLMGR48UAWX40Q2P2LM0\n";
        Self {
            base: base.to_owned(),
            _temporary: None,
            config: config(&base.join("state")),
            keys: HostKeys { statement: key(20), log: key(21), witness: key(22) },
            identity: Identity::read(secret).unwrap(),
            clock: Arc::new(AtomicI64::new(time(NOW).unix())),
        }
    }

    /// Seconds go by.
    pub(crate) fn wait(&self, seconds: i64) {
        self.clock.fetch_add(seconds, Ordering::Relaxed);
    }

    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::from_unix(self.clock.load(Ordering::Relaxed)).unwrap()
    }

    pub(crate) fn senses(&self) -> Senses {
        Senses { clock: Box::new(FakeClock(self.clock.clone())), entropy: Box::new(SystemEntropy) }
    }

    pub(crate) fn persons(&self) -> Vec<Person> {
        let person = |id: &str| {
            let line = fs::read_to_string(self.base.join(format!("{id}.pub"))).unwrap();
            let keys = vec![PersonKey { key: SshPublicKey::from_line(&line).unwrap(), revoked_from: None }];
            Person { id: id.parse().unwrap(), keys, name: id.to_owned(), role: PersonRole::Requester }
        };
        PEOPLE.map(person).to_vec()
    }

    fn people(&self) -> People {
        People::new(self.persons()).unwrap()
    }

    /// The open room. A child that another test is just starting may hold its lock for a moment.
    pub(crate) fn room(&self) -> Room {
        self.room_of(&self.config)
    }

    /// The open room of `config`, by the clock of this world.
    pub(crate) fn room_of(&self, config: &OnlineConfig) -> Room {
        let tried = (0..200).find_map(|_| match Room::open(config.clone(), self.senses()) {
            Err(refused) if refused.reason().code == "STATE_LOCKED" => {
                std::thread::sleep(std::time::Duration::from_millis(10));
                None
            }
            opened => Some(opened.unwrap()),
        });
        tried.expect("the lock")
    }

    pub(crate) fn roots(&self) -> Vec<NodeRoot> {
        let here = NODES.into_iter().filter(|node| self.config.record().node(node).is_some());
        here.map(|node| NodeRoot { node: node.to_owned(), root: self.base.join(node) }).collect()
    }

    pub(crate) fn medium(&self, name: &str) -> PathBuf {
        let path = self.base.join(name);
        fs::create_dir_all(&path).unwrap();
        path
    }

    /// The three files on a medium.
    pub(crate) fn files(&self, medium: &Path) -> Files {
        let names: Vec<_> =
            fs::read_dir(medium).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        let set = TransferSet::find(names.iter().map(String::as_str)).unwrap();
        let read = |name: String| fs::read(medium.join(name)).unwrap();
        Files {
            payload: read(set.payload_name()),
            statement: read(set.statement_name()),
            signature: read(set.signature_name()),
            set,
        }
    }

    /// Writes files to a medium of their own.
    pub(crate) fn carry(&self, files: &Files, name: &str) -> PathBuf {
        let medium = self.medium(name);
        for (name, bytes) in files.set.names().iter().zip([&files.payload, &files.statement, &files.signature]) {
            fs::write(medium.join(name), bytes).unwrap();
        }
        medium
    }

    pub(crate) fn requester(&self, room: &mut Room, id: &str) -> Present {
        let file = fs::read(self.base.join(id)).unwrap();
        let (desk, people) = room.desk_and_people();
        let roles = [PersonRole::Requester];
        desk.identify(people, &id.parse().unwrap(), &roles, &file, &SecretString::from(PASSPHRASE)).unwrap()
    }

    /// Its clock, for a room of another making.
    pub(crate) fn clock(&self) -> impl Clock + Send + Sync + 'static {
        FakeClock(Arc::clone(&self.clock))
    }

    /// The record of the cluster, as it leaves for the CA.
    pub(crate) fn introduce(&self, medium: &str) -> EnrolmentRecord {
        let (mut room, to) = (self.room(), "ca:root-ca-01".parse().unwrap());
        let medium = self.medium(medium);
        let asked = Asked { to: &to, keys: &self.keys, nodes: &self.roots(), medium: &medium };
        enrol::export(&mut room, &asked).unwrap().record
    }

    /// Pins the record of a CA, as if two people had typed its sheet.
    pub(crate) fn pin(&self, record: &EnrolmentRecord) {
        let mut room = self.room();
        let digest = room.desk().objects().put(record.json()).unwrap();
        let (epoch, statement) = (record.epoch(), Digest::of(&record.epoch().to_be_bytes()));
        let detail = detail::Enrolled { epoch, peer: record.party().to_string(), record: digest, statement };
        room.desk_mut().note(&Actor::system(), None, Event::Enrolled(detail)).unwrap();
    }

    /// From the scan to a bundle on a medium.
    pub(crate) fn request(&self, choice: Choice, void: Option<Trace>, medium: &str) -> Result<Trace, Refused> {
        let scan = Scan::of(&self.roots(), self.config.record(), self.now())?;
        self.ask(Draft::new(&scan, self.config.record(), choice, 45)?, void, medium)
    }

    /// From a draft to a bundle on a medium.
    pub(crate) fn ask(&self, draft: Draft, void: Option<Trace>, medium: &str) -> Result<Trace, Refused> {
        let mut room = self.room();
        let operators = [self.requester(&mut room, "zhang-wei")];
        let ca = room.asked_ca()?;
        let recipient = self.identity.recipient();
        let terms = Terms {
            config: &self.config,
            roots: &self.roots(),
            ca: &ca,
            operators: &operators,
            keys: &self.keys,
            recipient: &recipient,
            life_days: 7,
            void,
        };
        let order = draft.order(room.desk_mut(), &terms, &|_| {})?;
        let placed = place(room.desk_mut(), order)?;
        export(room.desk_mut(), &Actor::system(), &placed.trace, &self.medium(medium))?;
        Ok(placed.trace)
    }

    /// The package on `medium` is copied in.
    pub(crate) fn receive(&self, medium: &Path) -> Result<Statement, Refused> {
        let mut room = self.room();
        Ok(receive::receive(&mut room, medium)?.closed.statement().clone())
    }

    /// A person types all that is asked, from the true paper.
    pub(crate) fn types(&self, room: &mut Room, statement: &Statement, id: &str, sharing: Sharing) {
        let person = self.requester(room, id);
        let rows = Code::of(statement).sheet_rows();
        let mut seat = room.desk_mut().sit(statement, &person, sharing, Channel::Typed).unwrap();
        loop {
            let typed = rows[seat.row().index()][2..].to_owned();
            seat = match seat.enter(room.desk_mut(), &typed).unwrap() {
                Seated::Next(seat, _) => *seat,
                Seated::Done => return,
                _ => panic!("the true rows are refused"),
            };
        }
    }

    /// The package on `medium` comes in, its rows are typed, it is opened and checked.
    pub(crate) fn import(&self, medium: &Path) -> Result<verify::Verification, Refused> {
        let statement = self.receive(medium)?;
        let mut room = self.room();
        self.types(&mut room, &statement, "zhang-wei", Sharing::Whole);
        self.verify(&mut room, &statement.lines().trace)
    }

    pub(crate) fn verify(&self, room: &mut Room, trace: &Trace) -> Result<verify::Verification, Refused> {
        let ready = verify::ready(room, trace)?;
        verify::verify(room, ready, &self.identity)
    }
}

pub(crate) fn fixture(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(path)
}

fn config(state: &Path) -> OnlineConfig {
    config_with(state, toml::Table::new())
}

/// The config with more in it.
pub(crate) fn config_with(state: &Path, more: toml::Table) -> OnlineConfig {
    OnlineConfig::parse("online.toml", config_text(state, more).as_bytes()).unwrap()
}

/// The cluster, as the config tells it.
pub(crate) fn cluster(fields: &Fields) -> (String, toml::Value) {
    ("cluster".to_owned(), toml::Table::try_from(fields).unwrap().into())
}

/// The file of it.
pub(crate) fn config_text(state: &Path, more: toml::Table) -> String {
    let record = fs::read(fixture("cluster/prod-1.cluster.json")).unwrap();
    let record = airlock::cluster::record::Record::from_json(&record).unwrap();
    let contact = toml::Table::from_iter(
        [("name", "operations"), ("phone", "+86 10 5555 0100")].map(|(k, v)| (k.to_owned(), v.into())),
    );
    let mut all = toml::Table::from_iter([
        ("host".to_owned(), "ops-bj1".into()),
        ("state".to_owned(), state.to_str().unwrap().into()),
        ("contacts".to_owned(), vec![contact].into()),
        cluster(record.fields()),
    ]);
    all.extend(more);
    toml::to_string(&all).unwrap()
}
