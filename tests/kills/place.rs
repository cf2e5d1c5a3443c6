//! Both hosts, their people, their token and their media, in one directory that can be copied.

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use airlock::cluster::record::Record;

pub(crate) const HOST_SECRET: &str = "a secret for the keys";
const OWN_SECRET: &str = "a secret of theirs";
const OFFICERS: [&str; 4] = ["chen", "li", "sun", "wang"];
const REQUESTERS: [&str; 2] = ["zhang-wei", "liu-yang"];
const SECRETS: [(&str, &str); 4] =
    [("pin", "1234"), ("own", OWN_SECRET), ("host", HOST_SECRET), ("import", "a secret for packages")];

/// Where both hosts are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Online,
    Offline,
    /// A node that stages for itself.
    Node,
}

impl Side {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Online => "online",
            Self::Offline => "offline",
            Self::Node => "node",
        }
    }
}

/// The directory.
pub(crate) struct Place {
    pub(crate) dir: PathBuf,
    /// What a token needs, of this directory.
    token: BTreeMap<String, String>,
}

/// Runs a program that must succeed.
pub(crate) fn run(dir: &Path, program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).current_dir(dir).output().unwrap();
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{program} {arguments:?}: {said}");
    said
}

fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

impl Place {
    /// People, a token, a node of the cluster; no host was set up. Nothing where this machine has no SoftHSM.
    pub(crate) fn new(dir: &Path) -> Option<Self> {
        let script = root("scripts/softhsm");
        let made = Command::new(script).arg(dir).arg("ca").output().unwrap();
        if !made.status.success() {
            println!("skipped: {}", String::from_utf8_lossy(&made.stderr));
            return None;
        }
        let lines = String::from_utf8(made.stdout).unwrap();
        let token = lines.lines().map(|line| line.split_once('=').unwrap());
        let token = token.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        for folder in [
            "people",
            "paper",
            "secret",
            "genesis-online",
            "genesis-offline",
            "enrol-1",
            "enrol-2",
            "out",
            "back",
            "out-2",
            "enrol-3",
            "out-3",
            "back-3",
            "out-4",
            "back-4",
            "copy",
            "again",
            "split",
            "metrics",
        ] {
            fs::create_dir(dir.join(folder)).unwrap();
        }
        for (name, secret) in SECRETS {
            fs::write(dir.join("secret").join(name), secret).unwrap();
            fs::set_permissions(dir.join("secret").join(name), Permissions::from_mode(0o600)).unwrap();
        }
        for host in ["cp1", "cp1-itself"] {
            crate::nodes::copy(&root("fixtures/cluster/kubeadm-ha/cp1"), &dir.join(host));
        }
        let policy = fs::read_to_string(root("fixtures/policy/example.toml")).unwrap();
        fs::write(dir.join("policy-2.toml"), policy.replacen("2026-01", "2026-02", 1)).unwrap();
        fs::write(dir.join("policy.toml"), policy).unwrap();
        let place = Self { dir: dir.to_owned(), token };
        OFFICERS.iter().chain(&REQUESTERS).chain(&["zhao", "zhou", "wu"]).for_each(|id| place.person(id));
        place.rosters();
        place.configure();
        Some(place)
    }

    /// The same hosts at a later place.
    pub(crate) fn copy(&self, to: &Path) -> Self {
        run(&self.dir, "cp", &["-a", "--reflink=auto", "./.", to.to_str().unwrap()]);
        let copy = self.moved(to);
        copy.configure();
        copy
    }

    /// What was copied there.
    pub(crate) fn moved(&self, to: &Path) -> Self {
        Self { dir: to.to_owned(), token: self.token.clone() }
    }

    /// A key that is open, to sign genesis texts with, and the same encrypted, to act with.
    fn person(&self, id: &str) {
        let people = self.dir.join("people");
        run(&people, "ssh-keygen", &["-q", "-t", "ed25519", "-N", "", "-C", id, "-f", id]);
        run(&people, "cp", &["-p", id, &format!("{id}.open")]);
        run(&people, "ssh-keygen", &["-q", "-p", "-a", "1", "-P", "", "-N", OWN_SECRET, "-f", id]);
    }

    fn rosters(&self) {
        let person = |id: &str, role: &str| {
            let key = fs::read_to_string(self.dir.join(format!("people/{id}.pub"))).unwrap();
            format!("[[persons]]\nid = '{id}'\nname = '{id}'\nrole = '{role}'\nkeys = ['{}']\n", key.trim())
        };
        let requesters = REQUESTERS.map(|id| person(id, "requester")).concat();
        let quorum = "[quorum]\nleaf = 2\nprivileged = 2\nroot = 3\ncrl = 1\nadministration = 3\n";
        let officers = OFFICERS.map(|id| person(id, "officer")).concat();
        let others = [person("zhao", "auditor"), person("wu", "sysadmin")].concat();
        let roster = format!("{quorum}{officers}{others}{requesters}");
        fs::write(self.dir.join("online.people"), requesters).unwrap();
        fs::write(self.dir.join("offline.people"), roster).unwrap();
    }

    /// Writes what names this directory, and what each host has told for the config of another.
    pub(crate) fn configure(&self) {
        let dir = self.dir.display();
        let contacts = "[[contacts]]\nname = 'Security office'\nphone = '+86 10 5555 0199'\n";
        let (module, serial) = (&self.token["AIRLOCK_MODULE"], &self.token["AIRLOCK_TOKEN_SERIAL"]);
        let offline = format!(
            "ca = 'root-ca-01'\norganisation = 'Example Bank'\nstate = '{dir}/offline'\n{contacts}\
             [hsm]\nmodule = '{module}'\ntoken = 'pkcs11:serial={serial}'\n"
        );
        let record = fs::read(root("fixtures/cluster/prod-1.cluster.json")).unwrap();
        let cluster = toml::Table::try_from(Record::from_json(&record).unwrap().fields()).unwrap();
        let cluster = toml::to_string(&toml::Table::from_iter([("cluster".to_owned(), cluster.into())])).unwrap();
        let online =
            format!("host = 'ops-bj1'\nstate = '{dir}/online'\n{contacts}[nodes]\ncp1 = '{dir}/cp1'\n{cluster}");
        let recipient = self.recipient().map(|recipient| format!("[recipients]\ncp1 = '{recipient}'\n"));
        let online = format!("{online}{}", recipient.unwrap_or_default());
        // Before the online host has keys, nobody can pin them.
        if let Ok(key) = fs::read_to_string(self.dir.join("online/keys/statement.pub")) {
            let node = format!(
                "host = 'cp1'\nstate = '{dir}/node'\n{contacts}[nodes]\ncp1 = '{dir}/cp1-itself'\n{cluster}\
                 [node]\nname = 'cp1'\ncluster_key = '{}'\n",
                key.trim()
            );
            fs::write(self.dir.join("node.toml"), node).unwrap();
        }
        fs::write(self.dir.join("offline.toml"), offline).unwrap();
        fs::write(self.dir.join("online.toml"), online).unwrap();
        let softhsm = format!("directories.tokendir = {dir}/tokens\nobjectstore.backend = file\nlog.level = ERROR\n");
        fs::write(self.dir.join("softhsm2.conf"), softhsm).unwrap();
    }

    /// Whom packages of the node are encrypted to, once it was set up.
    fn recipient(&self) -> Option<String> {
        let log = self.log(Side::Node);
        let made = log.iter().find(|line| line.contains(r#""event":"NODE_MADE""#))?;
        Some(made.split_once(r#""recipient":""#)?.1.split_once('"')?.0.to_owned())
    }

    /// Everyone signs the genesis of a side.
    pub(crate) fn signs_genesis(&self, side: Side) {
        let dir = self.dir.join(format!("genesis-{}", side.name()));
        let persons = match side {
            Side::Online | Side::Node => REQUESTERS.to_vec(),
            Side::Offline => [OFFICERS.as_slice(), &["zhao", "wu"]].concat(),
        };
        for id in persons {
            let key = format!("../people/{id}.open");
            let sign = ["-q", "-Y", "sign", "-n", "genesis@airlock.v1", "-f", &key, "genesis.txt"];
            run(&dir, "ssh-keygen", &sign);
            fs::rename(dir.join("genesis.txt.sig"), dir.join(format!("{id}.sig"))).unwrap();
        }
    }

    /// The keys of the online host, encrypted so that they open at once: they are opened often here.
    pub(crate) fn hastens(&self) {
        for key in ["statement", "log", "witness"] {
            let rounds = ["-q", "-p", "-a", "1", "-P", HOST_SECRET, "-N", HOST_SECRET, "-f", key];
            run(&self.dir.join("online/keys"), "ssh-keygen", &rounds);
        }
    }

    /// The command, with `before` put before airlock; with a sheet, a person types at a terminal.
    pub(crate) fn command(&self, side: Side, sheet: Option<&str>, before: &[String], line: &[String]) -> Command {
        let typist = root("scripts/typist").to_str().unwrap().to_owned();
        let typed = sheet.map(|sheet| [typist, sheet.to_owned(), "--".to_owned()]);
        let airlock = crate::program::airlock().to_str().unwrap().to_owned();
        let words: Vec<_> = typed.into_iter().flatten().chain(before.iter().cloned()).chain([airlock]).collect();
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).args(line).current_dir(&self.dir).env("TERM", "xterm");
        command.env("AIRLOCK_CONFIG", self.dir.join(format!("{}.toml", side.name())));
        command.env("SOFTHSM2_CONF", self.dir.join("softhsm2.conf"));
        command
    }

    /// The whole lines of the log of a side.
    pub(crate) fn log(&self, side: Side) -> Vec<String> {
        let text = fs::read_to_string(self.dir.join(side.name()).join("log/entries.jsonl")).unwrap_or_default();
        text.split_inclusive('\n').filter(|line| line.ends_with('\n')).map(str::to_owned).collect()
    }

    /// The transfers that a side keeps.
    pub(crate) fn outbox(&self, side: Side) -> Vec<String> {
        let outbox = fs::read_dir(self.dir.join(side.name()).join("outbox"));
        outbox
            .map_or_else(|_| Vec::new(), |all| all.map(|one| one.unwrap().file_name().into_string().unwrap()).collect())
    }

    /// Every file of this directory.
    pub(crate) fn files(&self) -> String {
        run(&self.dir, "find", &[".", "-type", "f"])
    }
}
