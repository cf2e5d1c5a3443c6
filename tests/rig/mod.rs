//! A fresh SoftHSM2 token for one test, in a process of its own: PKCS#11 modules read their environment once per process
//! and are initialised once per process.

// Each test binary uses its part of this; and clippy's leave for tests reaches only functions marked #[test].
#![allow(dead_code, clippy::unwrap_used, clippy::print_stdout, clippy::indexing_slicing)]

use std::collections::BTreeMap;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};
use std::{any, env, fs, thread};

/// The PIN of each token that is made here.
pub(crate) const PIN: &str = "1234";
/// The label of the token.
pub(crate) const LABEL: &str = "ca";

const INSIDE: &str = "AIRLOCK_RIG";
const P11_KIT: &str = "/usr/lib/x86_64-linux-gnu/pkcs11/p11-kit-client.so";

/// The token of this test.
pub(crate) struct Rig {
    /// A directory of the test alone; the token is under `tokens/`.
    pub(crate) dir: PathBuf,
    /// The module the test is to open: SoftHSM itself, or the p11-kit client.
    pub(crate) module: PathBuf,
    /// SoftHSM itself.
    pub(crate) softhsm: PathBuf,
    pub(crate) serial: String,
    /// The p11-kit server, where there is one.
    server: Option<u32>,
}

/// Runs `body` with a fresh token: `test`, the test function itself, is started again in a process of its own.
pub(crate) fn with_token(test: impl Fn(), body: impl FnOnce(&Rig)) {
    run(&test, body, false);
}

/// As [`with_token`], through a p11-kit server, which can be stopped and killed.
pub(crate) fn with_remote_token(test: impl Fn(), body: impl FnOnce(&Rig)) {
    run(&test, body, true);
}

fn run(test: &impl Fn(), body: impl FnOnce(&Rig), is_remote: bool) {
    if env::var_os(INSIDE).is_some() {
        return body(&Rig::inside());
    }
    if let Some(missing) = missing(is_remote) {
        println!("skipped: {missing} is not installed");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let mut variables = add_token(dir.path(), LABEL);
    let mut server = is_remote.then(|| Server::start(dir.path(), &mut variables));
    let name = any::type_name_of_val(test).split_once("::").unwrap().1;
    let log = dir.path().join("log");
    let out = fs::OpenOptions::new().create(true).append(true).open(&log).unwrap();
    let inside = Command::new(env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture", "--include-ignored"])
        .env(INSIDE, dir.path())
        .envs(&variables)
        .env("RUST_BACKTRACE", "0")
        .stdout(out.try_clone().unwrap())
        .stderr(out)
        .spawn()
        .unwrap();
    let status = ended(inside);
    drop(server.take());
    let said = fs::read_to_string(&log).unwrap();
    print!("{said}");
    assert!(status.is_some_and(|status| status.success()), "{name} ended with {status:?}");
    assert!(said.contains("1 passed"), "{name} did not run");
}

/// Waits for a process that must end by itself, hung threads or not.
fn ended(mut process: Child) -> Option<ExitStatus> {
    let deadline = Instant::now() + Duration::from_secs(300);
    while Instant::now() < deadline {
        if let Some(status) = process.try_wait().unwrap() {
            return Some(status);
        }
        thread::sleep(Duration::from_millis(20));
    }
    process.kill().unwrap();
    None
}

fn missing(is_remote: bool) -> Option<&'static str> {
    let has = |program: &str| Command::new(program).arg("--version").output().is_ok();
    if !has("softhsm2-util") {
        Some("softhsm2")
    } else if is_remote && !(has("p11-kit") && Path::new(P11_KIT).exists()) {
        Some("p11-kit with its client module")
    } else {
        None
    }
}

/// Adds a token to the SoftHSM of `dir`; returns the environment it needs.
pub(crate) fn add_token(dir: &Path, label: &str) -> BTreeMap<String, String> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/softhsm");
    let output = Command::new(script).arg(dir).arg(label).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).unwrap();
    lines.lines().map(|line| line.split_once('=').unwrap()).map(|(k, v)| (k.to_owned(), v.to_owned())).collect()
}

impl Rig {
    fn inside() -> Self {
        let variable = |name| env::var(name).unwrap();
        let softhsm = PathBuf::from(variable("AIRLOCK_MODULE"));
        let server = env::var("AIRLOCK_RIG_SERVER").ok().map(|pid| pid.parse().unwrap());
        Self {
            dir: variable(INSIDE).into(),
            module: if server.is_some() { P11_KIT.into() } else { softhsm.clone() },
            softhsm,
            serial: variable("AIRLOCK_TOKEN_SERIAL"),
            server,
        }
    }

    /// Sends `signal` to the process of the p11-kit server that serves this one.
    pub(crate) fn signal_server(&self, signal: &str) {
        let children = children(self.server.unwrap());
        assert!(!children.is_empty(), "the p11-kit server serves nobody");
        children.iter().for_each(|child| send(signal, child));
    }

    /// Sends `signal` to the process of the p11-kit server that takes connections.
    pub(crate) fn signal_listener(&self, signal: &str) {
        send(signal, &self.server.unwrap().to_string());
    }

    /// The files that hold the objects of the token.
    pub(crate) fn objects(&self) -> Vec<PathBuf> {
        let tokens = fs::read_dir(self.dir.join("tokens")).unwrap();
        let files = tokens.flat_map(|token| fs::read_dir(token.unwrap().path()).unwrap());
        let is_object =
            |path: &PathBuf| path.extension().is_some_and(|e| e == "object") && !path.ends_with("token.object");
        files.map(|file| file.unwrap().path()).filter(is_object).collect()
    }
}

/// Runs a program that must succeed, and returns what it prints.
pub(crate) fn tool(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().unwrap();
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{program} {arguments:?}: {text}");
    text
}

/// A p11-kit server over SoftHSM.
struct Server(Child);

impl Server {
    fn start(dir: &Path, variables: &mut BTreeMap<String, String>) -> Self {
        let socket = dir.join("p11-kit.sock");
        let server = Command::new("p11-kit")
            .args(["server", "--foreground", "--provider", &variables["AIRLOCK_MODULE"], "--name"])
            .arg(&socket)
            .arg(format!("pkcs11:token={LABEL}"))
            .envs(&*variables)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .unwrap();
        let deadline = Instant::now() + Duration::from_secs(10);
        while !socket.exists() {
            assert!(Instant::now() < deadline, "the p11-kit server does not start");
            thread::sleep(Duration::from_millis(10));
        }
        variables.insert("P11_KIT_SERVER_ADDRESS".to_owned(), format!("unix:path={}", socket.display()));
        variables.insert("AIRLOCK_RIG_SERVER".to_owned(), server.id().to_string());
        Self(server)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Its group: a process it forks meanwhile is not to stay behind.
        send("KILL", &format!("-{}", self.0.id()));
        self.0.wait().unwrap();
    }
}

fn children(process: u32) -> Vec<String> {
    let children = fs::read_to_string(format!("/proc/{process}/task/{process}/children")).unwrap();
    children.split_whitespace().map(str::to_owned).collect()
}

fn send(signal: &str, process: &str) {
    assert!(Command::new("kill").args([&format!("-{signal}"), "--", process]).status().unwrap().success());
}
