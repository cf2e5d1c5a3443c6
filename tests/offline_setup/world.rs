//! A CA host with its token and its people, who sign with ssh-keygen.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};

use airlock::config::offline::OfflineConfig;
use airlock::config::roster;
use airlock::desk::clock::Compared;
use airlock::desk::host::Senses;
use airlock::desk::people::Present;
use airlock::devices::clock::{Clock, ClockError, Reading, SystemClock};
use airlock::devices::entropy::SystemEntropy;
use airlock::devices::hsm::Pin;
use airlock::exchange::approval::operation::Decision;
use airlock::exchange::approval::subject::Subject;
use airlock::exchange::people::person::PersonRole;
use airlock::exchange::people::roster::Roster;
use airlock::exchange::statement::party::Party;
use airlock::offline::decide::Ask;
use airlock::offline::genesis::Founding;
use airlock::offline::room::Room;
use airlock::refusal::Refused;
use secrecy::SecretString;
use zeroize::Zeroizing;

use crate::rig::{PIN, Rig};

pub(crate) const OFFICERS: [&str; 4] = ["chen", "li", "sun", "wang"];
pub(crate) const AUDITOR: &str = "zhao";
pub(crate) const PASSPHRASE: &str = "a passphrase of theirs";

pub(crate) struct World {
    pub(crate) dir: PathBuf,
    module: PathBuf,
    serial: String,
    /// Seconds that the clock of the host is ahead.
    pub(crate) ahead: Arc<Mutex<i64>>,
}

/// A clock that can be put wrong.
struct Wrong(Arc<Mutex<i64>>);

impl Clock for Wrong {
    fn read(&self) -> Result<Reading, ClockError> {
        let read = SystemClock.read()?;
        Ok(Reading { now: read.now.plus(*self.0.lock().unwrap()), ..read })
    }
}

/// The code of a refusal; empty where there is none.
pub(crate) fn code<T>(done: Result<T, Refused>) -> &'static str {
    done.map_or_else(|refused| refused.reason().code, |_| "")
}

impl World {
    /// People with keys; no host yet.
    pub(crate) fn new(rig: &Rig) -> Self {
        let world = Self::at(rig, &rig.dir);
        for id in OFFICERS.iter().chain(&[AUDITOR, "zhang-wei"]) {
            let key = world.key(id);
            // Few rounds: the tests unlock these keys often.
            ssh_keygen(&["-q", "-t", "ed25519", "-a", "1", "-N", PASSPHRASE, "-C", id, "-f", key.to_str().unwrap()]);
        }
        fs::create_dir(world.signatures()).unwrap();
        world
    }

    /// The host whose state and people lie in `dir`.
    pub(crate) fn at(rig: &Rig, dir: &Path) -> Self {
        let (module, serial) = (rig.module.clone(), rig.serial.clone());
        Self { dir: dir.to_owned(), module, serial, ahead: Arc::default() }
    }

    /// A host that works.
    pub(crate) fn born(rig: &Rig) -> (Self, Room) {
        Self::born_under(rig, &policy())
    }

    /// A host that works under this policy.
    pub(crate) fn born_under(rig: &Rig, policy: &str) -> (Self, Room) {
        let world = Self::new(rig);
        assert_eq!(code(world.init_with(policy, &rig.serial)), "GENESIS_UNSIGNED");
        world.everyone_signs();
        let room = world.init_with(policy, &rig.serial).unwrap();
        (world, room)
    }

    /// A host that works, with an attested clock.
    pub(crate) fn attested(rig: &Rig) -> (Self, Room) {
        let (world, mut room) = Self::born(rig);
        world.attest(&mut room).unwrap();
        (world, room)
    }

    pub(crate) fn attest(&self, room: &mut Room) -> Result<u64, Refused> {
        let officers = ["chen", "li"].map(|id| self.present(room, id).unwrap());
        let minute = room.desk().now()?;
        let compared = officers.each_ref().map(|person| Compared { person, minute });
        room.desk_mut().attest(&compared, PersonRole::Officer)
    }

    pub(crate) fn key(&self, id: &str) -> PathBuf {
        self.dir.join(id)
    }

    pub(crate) fn signatures(&self) -> PathBuf {
        self.dir.join("genesis")
    }

    pub(crate) fn state(&self) -> PathBuf {
        self.dir.join("state")
    }

    pub(crate) fn config(&self) -> OfflineConfig {
        self.config_with(&self.serial)
    }

    pub(crate) fn config_with(&self, serial: &str) -> OfflineConfig {
        let text = format!(
            "ca = 'root-ca-01'\norganisation = 'Example Bank'\nstate = '{}'\n\
             [[contacts]]\nname = 'Security office'\nphone = '+86 10 5555 0199'\n\
             [hsm]\nmodule = '{}'\ntoken = 'pkcs11:serial={serial}'\n",
            self.state().display(),
            self.module.display(),
        );
        OfflineConfig::parse("offline.toml", text.as_bytes()).unwrap()
    }

    /// What people write down: four officers, an auditor and a requester.
    pub(crate) fn roster_toml(&self) -> String {
        let mut text = "[quorum]\nleaf = 2\nprivileged = 2\nroot = 3\ncrl = 1\nadministration = 3\n".to_owned();
        let mut add = |id: &str, role: &str| {
            let key = fs::read_to_string(self.key(id).with_extension("pub")).unwrap();
            text.push_str(&format!(
                "[[persons]]\nid = '{id}'\nname = '{id}'\nrole = '{role}'\nkeys = ['{}']\n",
                key.trim()
            ));
        };
        OFFICERS.iter().for_each(|id| add(id, "officer"));
        add(AUDITOR, "auditor");
        add("zhang-wei", "requester");
        text
    }

    pub(crate) fn roster(&self) -> Roster {
        roster::parse("roster.toml", self.roster_toml().as_bytes(), &ca(), 1).unwrap()
    }

    pub(crate) fn senses(&self) -> Senses {
        Senses { clock: Box::new(Wrong(Arc::clone(&self.ahead))), entropy: Box::new(SystemEntropy) }
    }

    /// One run of `airlock init`.
    pub(crate) fn init(&self) -> Result<Room, Refused> {
        self.init_with(&policy(), &self.serial)
    }

    pub(crate) fn init_with(&self, policy: &str, serial: &str) -> Result<Room, Refused> {
        let founding = Founding::new(self.config_with(serial), self.roster(), policy.as_bytes())?;
        let senses = self.senses();
        let signed = founding.signed(&self.signatures(), &senses)?;
        founding.make(signed, senses, &mut || Ok(pin()))
    }

    pub(crate) fn open(&self) -> Result<Room, Refused> {
        Room::open(self.config(), self.senses())
    }

    pub(crate) fn everyone_signs(&self) {
        OFFICERS.iter().chain(&[AUDITOR]).for_each(|id| self.signs_genesis(id));
    }

    pub(crate) fn signs_genesis(&self, id: &str) {
        let text = fs::read(self.signatures().join("genesis.txt")).unwrap();
        let signature = self.sign(id, "genesis@airlock.v1", &text);
        fs::write(self.signatures().join(format!("{id}.sig")), signature).unwrap();
    }

    /// What `ssh-keygen -Y sign` makes of `text`, where the person's key is.
    pub(crate) fn sign(&self, id: &str, namespace: &str, text: &[u8]) -> Vec<u8> {
        let file = self.dir.join(format!("{id}.txt"));
        let (key, signature) = (self.dir.join(format!("{id}.open")), self.dir.join(format!("{id}.txt.sig")));
        fs::copy(self.key(id), &key).unwrap();
        ssh_keygen(&["-q", "-p", "-P", PASSPHRASE, "-N", "", "-f", key.to_str().unwrap()]);
        fs::write(&file, text).unwrap();
        let _ = fs::remove_file(&signature);
        ssh_keygen(&["-q", "-Y", "sign", "-n", namespace, "-f", key.to_str().unwrap(), file.to_str().unwrap()]);
        fs::read(signature).unwrap()
    }

    /// The person, who shows his key.
    pub(crate) fn present(&self, room: &mut Room, id: &str) -> Result<Present, Refused> {
        let persons = room.roster().persons().to_vec();
        let roles = [PersonRole::Officer, PersonRole::Auditor];
        let file = fs::read(self.key(id)).unwrap();
        room.desk_mut().identify(&persons, &id.parse().unwrap(), &roles, &file, &SecretString::from(PASSPHRASE))
    }

    /// A person approves, or witnesses where he is an auditor.
    pub(crate) fn says(&self, room: &mut Room, subject: &Subject, id: &str) -> Result<u64, Refused> {
        let present = self.present(room, id)?;
        room.decide(ask(subject, id), &present)
    }

    /// Three officers approve and the auditor witnesses.
    pub(crate) fn agree(&self, room: &mut Room, subject: &Subject) {
        for id in ["chen", "li", "wang", AUDITOR] {
            self.says(room, subject, id).unwrap();
        }
    }
}

pub(crate) fn ask(subject: &Subject, id: &str) -> Ask {
    let decision = if id == AUDITOR { Decision::Witness } else { Decision::Approve };
    Ask { subject: subject.clone(), person: id.parse().unwrap(), decision, diligence: None, reason: None }
}

pub(crate) fn ca() -> Party {
    "ca:root-ca-01".parse().unwrap()
}

pub(crate) fn pin() -> Pin {
    Pin::typed(Zeroizing::new(PIN.to_owned()))
}

/// The policy of the host.
pub(crate) fn policy() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/policy/example.toml")).unwrap()
}

fn ssh_keygen(arguments: &[&str]) {
    let output = Command::new("ssh-keygen").args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}
