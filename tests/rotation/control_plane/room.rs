//! A network and a process table of one's own: the nodes keep their usual ports, nobody else is met, and whatever a test
//! started ends with it.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The nodes and their addresses: none of the loopback network, which an API server refuses to reach kubelets in.
pub(crate) const NODES: [(&str, &str); 3] = [("cp1", "10.66.0.21"), ("cp2", "10.66.0.22"), ("cp3", "10.66.0.23")];
const INSIDE: &str = "AIRLOCK_TEST_CONTROL_PLANE";

/// Where `scripts/control-plane` puts `program`.
pub(crate) fn program(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target/control-plane").join(name)
}

/// Whether this is inside. Outside, the test called `name` is run inside, and must pass there.
pub(crate) fn inside(name: &str) -> bool {
    if std::env::var_os(INSIDE).is_some() {
        return true;
    }
    if !program("kube-apiserver").exists() {
        eprintln!("skipped: no control plane here; run scripts/control-plane");
        return false;
    }
    let addresses: Vec<_> = NODES.iter().map(|(_, address)| format!("ip address add {address}/32 dev lo")).collect();
    let script = format!("ip link set lo up && {} && exec \"$0\" \"$@\"", addresses.join(" && "));
    // Whoever kills this test kills what it started.
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "unshare", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"]);
    if !rustix::process::geteuid().is_root() {
        command.arg("--map-root-user");
    }
    command.args(["sh", "-c", &script]).arg(std::env::current_exe().unwrap());
    command.args(["--exact", name, "--include-ignored", "--nocapture"]).env(INSIDE, "1");
    assert!(command.status().unwrap().success(), "{name} failed");
    false
}
