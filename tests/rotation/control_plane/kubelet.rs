//! STAND-IN for the half of a kubelet that serves and renews its lease, a process of its own: it reads its kubeconfig and
//! its pair at its start, as a kubelet does, registers its node at a real API server, and is reached by it.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use airlock::cluster::kubeconfig::{Kubeconfig, Material};
use airlock::cluster::role::Role;
use airlock::devices::clock::{Clock as _, SystemClock};
use airlock::devices::probe::http::Ask;
use airlock::devices::probe::{Caller, Connection, Endpoint};
use airlock::pki::certificate::Certificate;
use serde_json::json;

use super::room::NODES;
use crate::etcd::{TIME, wait};
use crate::stand_in::{APISERVER, Manner, StandIn};

const ROOT: &str = "AIRLOCK_TEST_KUBELET";
const RENEW: Duration = Duration::from_secs(5);
const LEASES: &str = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases";

/// The argument by which the process of the node at `at` is told from its likes.
pub(crate) fn unique(at: usize) -> String {
    format!("kubelet-of-{}", NODES[at].0)
}

/// The name of the program that it is.
pub(crate) fn program() -> String {
    std::env::current_exe().unwrap().file_name().unwrap().to_str().unwrap().to_owned()
}

/// The texts of what starts and stops it, for `sh`.
pub(crate) fn commands(root: &Path, at: usize) -> [String; 2] {
    let (exe, root) = (std::env::current_exe().unwrap(), root.display());
    let start = format!(
        "{ROOT}={root} setsid {} --exact control_plane::kubelet::child_serves --nocapture {} </dev/null \
         >>{root}/var/log/kubelet.log 2>&1 &\necho $! >{root}/var/run/kubelet.pid\n",
        exe.display(),
        unique(at)
    );
    let pid = format!("{root}/var/run/kubelet.pid");
    [start, format!("[ ! -f {pid} ] || kill $(cat {pid}) 2>/dev/null; true\n")]
}

pub(crate) fn start(script: &Path) {
    assert!(Command::new("sh").arg(script).stdin(Stdio::null()).status().unwrap().success());
}

/// What is started; it does nothing unless it was started to be one.
#[test]
fn child_serves() {
    let Some(root) = std::env::var_os(ROOT).map(PathBuf::from) else { return };
    let node = root.file_name().unwrap().to_str().unwrap().to_owned();
    let address = NODES.iter().find(|(name, _)| *name == node).unwrap().1;
    let files = root.join("var/run/kubelet");
    if !files.exists() {
        fs::create_dir_all(&files).unwrap();
        for (file, name) in [
            ("var/lib/kubelet/pki/kubelet.crt", "server.crt"),
            ("var/lib/kubelet/pki/kubelet.key", "server.key"),
            ("etc/kubernetes/pki/ca.crt", "ca.crt"),
        ] {
            symlink(root.join(file), files.join(name)).unwrap();
        }
    }
    let listener = bound(address);
    let _server = StandIn::on(listener, &files, Manner { only_sni_is_hot: true, ..APISERVER });
    let kubelet = Kubelet::of(&root, &node, address);
    loop {
        if let Err(why) = kubelet.renew() {
            println!("{node}: {why}");
        }
        thread::sleep(RENEW);
    }
}

/// Whoever was stopped may not have let go of the port yet: a process is gone before the last of its threads is.
fn bound(address: &str) -> TcpListener {
    let mut listener = None;
    let is_bound = wait(Duration::from_secs(30), || {
        listener = TcpListener::bind((address, 10250)).ok();
        listener.is_some()
    });
    assert!(is_bound, "{address}: another listens");
    listener.unwrap()
}

struct Kubelet {
    node: String,
    address: &'static str,
    caller: Caller,
    roots: Vec<Certificate>,
    server: Endpoint,
}

impl Kubelet {
    fn of(root: &Path, node: &str, address: &'static str) -> Self {
        let text = fs::read_to_string(root.join(Role::KubeletClient.certificate_path())).unwrap();
        let config = Kubeconfig::parse(&text).unwrap();
        let [ca, certificate, key] = [config.ca(), config.certificate(), config.key()].map(|part| match part {
            Some(Material::Embedded(pem)) => pem.to_string(),
            _ => panic!("not embedded"),
        });
        Self {
            node: node.to_owned(),
            address,
            caller: Caller::holding(&certificate, &key).unwrap(),
            roots: Certificate::parse_foreign_all(&ca).unwrap(),
            server: format!("{address}:6443").parse().unwrap(),
        }
    }

    /// The node, its status and its lease.
    fn renew(&self) -> Result<(), String> {
        let now = SystemClock.read().map_err(|error| error.to_string())?.now;
        let mut connection = Connection::open(&self.server, &self.caller, TIME).map_err(|error| error.to_string())?;
        connection.served().trusted_under(&self.roots, now).map_err(|error| error.to_string())?;
        let time = now.to_string();
        let renewed = format!("{}.000000Z", time.trim_end_matches('Z'));
        let node = json!({ "apiVersion": "v1", "kind": "Node", "metadata": { "name": self.node } });
        let status = json!({ "status": {
            "addresses": [{ "type": "InternalIP", "address": self.address }, { "type": "Hostname", "address": self.node }],
            "daemonEndpoints": { "kubeletEndpoint": { "Port": 10250 } },
            "conditions": [{
                "type": "Ready", "status": "True", "reason": "StandIn", "message": "a stand-in",
                "lastHeartbeatTime": time, "lastTransitionTime": time,
            }],
        } });
        let spec = json!({ "holderIdentity": self.node, "leaseDurationSeconds": 40, "renewTime": renewed });
        let lease = json!({
            "apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": { "name": self.node }, "spec": spec,
        });
        let renewal = json!({ "spec": spec }).to_string();
        let at_node = format!("/api/v1/nodes/{}", self.node);
        let mut put = |path: &str, change: &str, all: &str, whole: &str| {
            let patched = connection.ask(Ask::Patch(path, change), TIME).map_err(|error| error.to_string())?.status();
            let status = match patched {
                404 => connection.ask(Ask::Post(all, whole), TIME).map_err(|error| error.to_string())?.status(),
                other => other,
            };
            if matches!(status, 200 | 201) { Ok(()) } else { Err(format!("{path}: {status}")) }
        };
        put(&format!("{LEASES}/{}", self.node), &renewal, LEASES, &lease.to_string())?;
        put(&format!("{at_node}/status"), &status.to_string(), "/api/v1/nodes", &node.to_string())
    }
}
