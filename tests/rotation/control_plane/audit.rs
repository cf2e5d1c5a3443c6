//! What the API servers say of who came. 1.20 writes no certificate into its audit log; 1.32 does, and the engine reads
//! nothing else. So this test writes them in, a STAND-IN for what 1.32 writes: into each real event the leaf that whoever
//! caused it has loaded. That this is true is asked of somebody else: the metrics of each API server count by how long the
//! certificates have to live that it meets, and those of the old root end within a year.

use std::fs;
use std::path::PathBuf;

use airlock::cluster::kubeconfig::{Kubeconfig, Material};
use airlock::cluster::role::Role;
use airlock::pki::certificate::Certificate;
use airlock::wire::digest::Digest;
use serde_json::{Value, json};

use super::plane::Plane;
use super::room::NODES;

/// Within a year less five days.
const OLD: &str = "apiserver_client_certificate_expiration_seconds_bucket{le=\"3.1104e+07\"}";
const LOG: &str = "var/log/kubernetes/audit.log";
const CREDENTIAL: &str = "authentication.kubernetes.io/credential-id";

/// How often each API server met a certificate that ends within a year, since it was started.
pub(crate) fn old_met(plane: &Plane) -> Vec<u64> {
    let of = |at: usize| {
        let text = plane.kubectl(at, &["get", "--raw", "/metrics"]).unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix(OLD));
        line.unwrap_or_else(|| panic!("{} has no such metric", NODES[at].0)).trim().parse::<f64>().unwrap() as u64
    };
    (0..NODES.len()).map(of).collect()
}

/// How long the audit log of each API server is.
pub(crate) fn lengths(plane: &Plane) -> Vec<u64> {
    (0..NODES.len()).map(|at| fs::metadata(plane.live(at, LOG)).unwrap().len()).collect()
}

/// The audit log of each API server from `since` on, with certificates written in; `load` is the one of the load.
pub(crate) fn as_of_1_32(plane: &Plane, since: &[u64], load: &Digest) -> Vec<PathBuf> {
    let of = |(at, since): (usize, &u64)| {
        let bytes = fs::read(plane.live(at, LOG)).unwrap();
        let text = String::from_utf8_lossy(&bytes[usize::try_from(*since).unwrap()..]).into_owned();
        let events: String = text.lines().filter_map(|line| event(plane, line, load)).collect();
        let path = plane.base.path().join(format!("audit-{}.log", NODES[at].0));
        fs::write(&path, events).unwrap();
        path
    };
    since.iter().enumerate().map(|(at, since)| of((at, since))).collect()
}

fn event(plane: &Plane, line: &str, load: &Digest) -> Option<String> {
    let mut event: Value = serde_json::from_str(line).ok()?;
    let user = event["user"]["username"].as_str()?.to_owned();
    let is_ours = event["userAgent"].as_str().is_some_and(|agent| agent.starts_with("airlock/"));
    let print = match user.as_str() {
        // Canaries of the engine come with either root.
        "system:kube-scheduler" if is_ours => plane.canary(),
        "load" => *load,
        "kubernetes-admin" => loaded(plane, 0, Role::Admin),
        "system:kube-controller-manager" => loaded(plane, 0, Role::ControllerManager),
        "system:kube-scheduler" => loaded(plane, 0, Role::Scheduler),
        user => {
            let node = user.strip_prefix("system:node:")?;
            loaded(plane, NODES.iter().position(|(name, _)| *name == node)?, Role::KubeletClient)
        }
    };
    event["user"]["extra"] = json!({ CREDENTIAL: [format!("X509SHA256={print}")] });
    Some(format!("{event}\n"))
}

impl Plane {
    /// A leaf of the old root by which the engine of the first node sees whether it is refused: the one that is kept.
    fn canary(&self) -> Digest {
        let kept = format!("{}.g1", Role::Scheduler.certificate_path());
        fingerprint(&fs::read_to_string(self.live(0, &kept)).unwrap())
    }
}

/// What lies in the kubeconfig of a role is what its process has loaded, once the engine has seen that.
fn loaded(plane: &Plane, at: usize, role: Role) -> Digest {
    fingerprint(&fs::read_to_string(plane.live(at, role.certificate_path())).unwrap())
}

fn fingerprint(kubeconfig: &str) -> Digest {
    match Kubeconfig::parse(kubeconfig).unwrap().certificate() {
        Some(Material::Embedded(pem)) => Certificate::parse_foreign(pem).unwrap().fingerprint(),
        _ => panic!("not embedded"),
    }
}
