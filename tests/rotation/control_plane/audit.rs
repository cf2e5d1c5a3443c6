//! What the API servers say of who came: their metrics and their audit logs, as an administrator shows them to the engine.

use std::fs;
use std::path::PathBuf;

use super::journey::Journey;
use super::plane::Plane;
use super::room::NODES;
use crate::pki::Pair;

/// Within a year less five days.
const OLD: &str = "apiserver_client_certificate_expiration_seconds_bucket{le=\"3.1104e+07\"}";
const LOG: &str = "var/log/kubernetes/audit.log";

fn metrics(plane: &Plane, at: usize) -> String {
    plane.kubectl(at, &["get", "--raw", "/metrics"]).unwrap()
}

/// How often each API server met a certificate that ends within a year, since it was started.
pub(crate) fn old_met(plane: &Plane) -> Vec<u64> {
    let of = |at: usize| {
        let text = metrics(plane, at);
        let line = text.lines().find_map(|line| line.strip_prefix(OLD));
        line.unwrap_or_else(|| panic!("{} has no such metric", NODES[at].0)).trim().parse::<f64>().unwrap() as u64
    };
    (0..NODES.len()).map(of).collect()
}

/// The run on the first node is shown what they say now, and what their metrics said whenever it was shown them: metrics first,
/// for whoever is counted must stand in a log that is printed after. The client of the load lies on no node.
pub(crate) fn show(plane: &Plane, journey: &mut Journey<'_>, load: &Pair) {
    let put = |name: String, text: &[u8]| {
        let path = plane.base.path().join(name);
        fs::write(&path, text).unwrap();
        path
    };
    let each = |file: &dyn Fn(usize) -> PathBuf| (0..NODES.len()).map(file).collect::<Vec<_>>();
    let shown = journey.sources.api_metrics.len();
    let now = each(&|at| put(format!("metrics-{}-{shown}", NODES[at].0), metrics(plane, at).as_bytes()));
    journey.sources.api_metrics.extend(now);
    journey.sources.audit = each(&|at| put(format!("audit-{}", NODES[at].0), &fs::read(plane.live(at, LOG)).unwrap()));
    journey.sources.clients = vec![put("load.crt".to_owned(), load.certificate.as_bytes())];
}
