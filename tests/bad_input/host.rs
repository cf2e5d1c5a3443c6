//! A host as people at a terminal have it: a config, a state directory, and the built binary.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use airlock::tui::brake::Brake;
use airlock::tui::effect::Effect;
use airlock::tui::hands::{Hands, Teller};
use airlock::tui::told::Told;

use crate::program;

const SECRET: &str = "a passphrase of theirs";

pub(crate) struct Host {
    dir: PathBuf,
    config: String,
    /// Whether it has a config, and names it; another workstation has none.
    is_host: bool,
    /// Where officers and requesters keep their keys.
    people: PathBuf,
}

/// What a run came to.
pub(crate) struct Ran {
    pub(crate) status: i32,
    pub(crate) said: String,
}

impl Host {
    /// The host of `config`, in which `STATE` stands for the state directory within `dir`.
    pub(crate) fn new(dir: &Path, config: &str, people: &Path) -> Self {
        let state = dir.join("state");
        fs::write(dir.join("host.toml"), config.replace("STATE", state.to_str().unwrap())).unwrap();
        Self { dir: dir.to_owned(), config: config.to_owned(), is_host: true, people: people.to_owned() }
    }

    /// The host as it is now, to be played with.
    pub(crate) fn copy(&self, name: &str) -> Self {
        let dir = self.dir.join(name);
        fs::create_dir(&dir).unwrap();
        self.copy_to(&dir)
    }

    /// The host as it is now, to be played with, and with more in its config.
    pub(crate) fn copy_with(&self, name: &str, more: &str) -> Self {
        let Self { dir, people, .. } = self.copy(name);
        Self::new(&dir, &format!("{}\n{more}", self.config), &people)
    }

    /// The host as it is now, elsewhere.
    pub(crate) fn copy_to(&self, dir: &Path) -> Self {
        let copied = Command::new("cp").arg("-a").arg(self.state()).arg(dir.join("state")).status();
        assert!(copied.unwrap().success());
        Self::new(dir, &self.config, &self.people)
    }

    /// The config.
    pub(crate) fn config(&self) -> String {
        fs::read_to_string(self.dir.join("host.toml")).unwrap()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    pub(crate) fn state(&self) -> PathBuf {
        self.dir.join("state")
    }

    /// A file that holds a secret and nobody else can read.
    pub(crate) fn secret(&self, name: &str, secret: &str) -> String {
        let path = self.path(name);
        fs::write(&path, secret).unwrap();
        mode(&path, 0o600);
        path.to_str().unwrap().to_owned()
    }

    /// A person and his key.
    pub(crate) fn by(&self, id: &str) -> Vec<String> {
        let key = self.people.join(id);
        ["--officer", id, "--key", key.to_str().unwrap()].map(str::to_owned).to_vec()
    }

    fn airlock(&self, mut command: Command, arguments: &[String]) -> Ran {
        self.names(command.args(arguments)).env("TERM", "xterm");
        Ran::of(command.output().unwrap())
    }

    fn names<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        if self.is_host {
            command.env("AIRLOCK_CONFIG", self.dir.join("host.toml"))
        } else {
            command.env_remove("AIRLOCK_CONFIG")
        }
    }

    /// Runs without a person.
    pub(crate) fn runs(&self, line: &str, more: &[String]) -> Ran {
        self.airlock(Command::new(program::airlock()), &words(line, more))
    }

    /// What the hands of the workstation answer at this host.
    pub(crate) fn does(&self, effect: Effect) -> Told {
        let mut told = Vec::new();
        let mut hands = Hands::new(self.is_host.then(|| self.path("host.toml")));
        hands.execute(effect, &Brake::default(), &mut Teller::new(&mut |one| told.push(one)));
        told.pop().unwrap()
    }

    /// Runs without a person, in this environment.
    pub(crate) fn runs_with(&self, environment: &[(&str, &str)], line: &str, more: &[String]) -> Ran {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin("airlock"));
        command.envs(environment.iter().copied());
        self.airlock(command, &words(line, more))
    }

    /// Runs without a person, and is sent this signal as soon as `when` says so.
    pub(crate) fn runs_until(&self, signal: &str, when: impl Fn() -> bool, line: &str, more: &[String]) -> Ran {
        let mut command = Command::new(program::airlock());
        self.names(command.args(words(line, more))).env("TERM", "xterm");
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let until = Instant::now() + Duration::from_secs(120);
        while !when() && Instant::now() < until {
            thread::sleep(Duration::from_millis(1));
        }
        let sent = Command::new("kill").args([signal, &child.id().to_string()]).status();
        assert!(sent.unwrap().success(), "{line} has ended before");
        Ran::of(child.wait_with_output().unwrap())
    }

    /// Runs with `input` on standard input.
    pub(crate) fn reads(&self, input: &str, line: &str) -> Ran {
        let path = self.path("input");
        fs::write(&path, input).unwrap();
        let mut command = Command::new(assert_cmd::cargo::cargo_bin("airlock"));
        command.stdin(fs::File::open(path).unwrap());
        self.airlock(command, &words(line, &[]))
    }

    /// Another workstation, which was never set up: no config is named and none lies at a usual place.
    pub(crate) fn elsewhere(&self, name: &str) -> Self {
        assert!(
            !Path::new("/etc/airlock").exists(),
            "this machine is a host of its own: no workstation without a config"
        );
        let dir = self.dir.join(name);
        fs::create_dir(&dir).unwrap();
        Self { dir, config: String::new(), is_host: false, people: self.people.clone() }
    }

    /// The same host with a wrong name of its config.
    pub(crate) fn misnamed(&self) -> Self {
        let Self { config, people, .. } = self;
        Self { dir: self.dir.join("nowhere"), config: config.clone(), is_host: true, people: people.clone() }
    }

    /// Runs at a terminal, with a person who reads `sheet` and answers prompts.
    pub(crate) fn typed(&self, sheet: &Path, answers: &[&str], line: &str, more: &[String]) -> Ran {
        let typist = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/typist");
        let mut command = Command::new(typist);
        command.arg(sheet).args(answers).arg("--").arg(program::airlock());
        self.airlock(command, &words(line, more))
    }

    /// A person types with his own key.
    pub(crate) fn typed_by(&self, id: &str, sheet: &Path, line: &str) -> Ran {
        self.typed(sheet, &[&format!("passphrase of {id}={SECRET}")], line, &self.by(id))
    }

    /// Demands that the run is refused so, keeps and writes nothing, and that the log says it.
    pub(crate) fn refuses(&self, status: u8, code: &str, line: &str, more: &[String]) {
        let before = self.kept();
        let ran = self.runs(line, more);
        self.was_refused(&ran, status, code, line);
        assert_eq!(self.kept(), before, "{line} {more:?} left something");
    }

    pub(crate) fn was_refused(&self, ran: &Ran, status: u8, code: &str, line: &str) {
        assert!(ran.said.contains(code), "{line}: {code} expected: {}", ran.said);
        assert_eq!(ran.status, i32::from(status), "{line}: {}", ran.said);
        let last = self.last();
        let written = last.contains(r#""event":"REFUSED""#) && last.contains(&format!(r#""denied":"{code}"#));
        assert!(written, "{line} {code}: {last}");
    }

    /// Demands that the run is refused so where the log itself cannot be written, and that it holds what it held.
    pub(crate) fn refuses_unwritten(&self, status: u8, code: &str, line: &str, more: &[String]) {
        let before = self.log();
        let ran = self.runs(line, more);
        assert!(ran.said.contains(code) && ran.status == i32::from(status), "{line}: {code} expected: {}", ran.said);
        assert!(self.log().starts_with(&before), "{line}: {code}");
    }

    /// The last line of the log.
    pub(crate) fn last(&self) -> String {
        self.log().lines().last().unwrap().to_owned()
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.log_file()).unwrap()
    }

    pub(crate) fn log_file(&self) -> PathBuf {
        self.state().join("log/entries.jsonl")
    }

    /// Everything in the state but the log.
    fn kept(&self) -> BTreeMap<PathBuf, u64> {
        let mut found = BTreeMap::new();
        let mut open = vec![self.state()];
        while let Some(dir) = open.pop() {
            for entry in fs::read_dir(&dir).unwrap().map(Result::unwrap) {
                let (path, data) = (entry.path(), entry.metadata().unwrap());
                match data.is_dir() {
                    true if path.ends_with("log") => {}
                    true => open.push(path),
                    false => drop(found.insert(path, data.len())),
                }
            }
        }
        found
    }
}

impl Ran {
    fn of(ended: Output) -> Self {
        let Output { status, stdout, stderr } = ended;
        let said = String::from_utf8_lossy(&[stdout, stderr].concat()).into_owned();
        Self { status: status.code().unwrap(), said }
    }

    pub(crate) fn ok(self) -> Self {
        assert_eq!(self.status, 0, "{}", self.said);
        self
    }

    /// The trace that was told.
    pub(crate) fn trace(&self) -> String {
        let mut words = self.said.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
        let is_trace = |word: &&str| word.len() == 20 && word.starts_with("20") && word.matches('-').count() == 3;
        words.rfind(is_trace).unwrap_or_else(|| panic!("{}", self.said)).to_owned()
    }
}

fn words(line: &str, more: &[String]) -> Vec<String> {
    line.split_whitespace().map(str::to_owned).chain(more.iter().cloned()).collect()
}

/// An option with a path.
pub(crate) fn option(name: &str, path: &Path) -> [String; 2] {
    [name.to_owned(), path.to_str().unwrap().to_owned()]
}

pub(crate) fn mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// A copy of a medium, to be forged.
pub(crate) fn forged(medium: &Path, name: &str, change: impl FnOnce(&Path)) -> PathBuf {
    let copy = medium.with_file_name(name);
    fs::create_dir(&copy).unwrap();
    for file in fs::read_dir(medium).unwrap().map(Result::unwrap) {
        fs::copy(file.path(), copy.join(file.file_name())).unwrap();
    }
    change(&copy);
    copy
}

/// The file of a medium whose name ends so.
pub(crate) fn file(medium: &Path, end: &str) -> PathBuf {
    let mut names = fs::read_dir(medium).unwrap().map(|entry| entry.unwrap().path());
    names.find(|path| path.to_str().unwrap().ends_with(end)).unwrap()
}

/// Every damage of one file that the test tries: a bit at its ends and in its middle, and three truncations.
pub(crate) fn damages(bytes: &[u8]) -> Vec<Vec<u8>> {
    let last = bytes.len() - 1;
    let flipped = [0, last / 2, last].map(|at| {
        let mut bytes = bytes.to_vec();
        bytes[at] ^= 1;
        bytes
    });
    let cut = [0, last / 2, last].map(|length| bytes[..length].to_vec());
    [flipped.to_vec(), cut.to_vec()].concat()
}
