//! STAND-INS for kube-apiserver, kube-controller-manager, kube-scheduler and kubelet: processes with the flags of the real
//! ones, which load their files as those were measured to (what only at the start, what by itself), keep everything in the
//! real etcd beside them, and speak enough of the API for a rotation and nothing more. Paths in flags are those of a node;
//! its root stands in the environment.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::thread::sleep;
use std::time::Duration;

use airlock::cluster::kubeconfig::{Kubeconfig, Material};
use airlock::devices::probe::http::Ask;
use airlock::devices::probe::{Caller, Connection, Endpoint};
use airlock::pki::certificate::Certificate;
use airlock::wire::time::Timestamp;
use serde_json::{Value, json};

use super::{api, tls};

pub(crate) const ROOT: &str = "AIRLOCK_TEST_PLANE_ROOT";
/// The file that says how far the clock is ahead.
pub(crate) const AHEAD: &str = "AIRLOCK_TEST_PLANE_AHEAD";
const TIME: Duration = Duration::from_secs(2);
const PACE: Duration = Duration::from_millis(700);
/// How long a lease is respected, in seconds; real ones wait 15 and more.
const LEASE: i64 = 3;
pub(crate) const LEASES: &str = "/apis/coordination.k8s.io/v1/namespaces";
pub(crate) const ROOT_CA: &str = "/api/v1/namespaces/default/configmaps/kube-root-ca.crt";

/// What it was started with.
pub(crate) struct Flags {
    root: PathBuf,
    flags: BTreeMap<String, String>,
}

/// What is started in place of a component; it does nothing unless it was started to be one.
#[test]
fn serves() {
    let Some(root) = std::env::var_os(ROOT) else { return };
    let words: Vec<_> = std::env::args().collect();
    let named = |word: &String| {
        word.strip_prefix("--")?.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()))
    };
    let flags = Flags { root: root.into(), flags: words.iter().filter_map(named).collect() };
    match words[0].rsplit('/').next().unwrap() {
        "kube-apiserver" => api::serve(flags),
        "kube-controller-manager" => manage(&flags),
        "kube-scheduler" => schedule(&flags),
        "kubelet" => keep_node(flags),
        other => panic!("{other}"),
    }
}

impl Flags {
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.flags.get(name).map(String::as_str)
    }

    pub(crate) fn need(&self, name: &str) -> &str {
        self.get(name).unwrap_or_else(|| panic!("--{name}"))
    }

    /// The file that a flag names, below the root of the node.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.join(self.need(name).trim_start_matches('/'))
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }
}

pub(crate) fn certificates(pem: &str) -> Vec<Certificate> {
    Certificate::parse_foreign_all(pem).unwrap()
}

/// Years after the throw-away certificates begin, years before they end.
pub(crate) fn always() -> Timestamp {
    "2027-01-01T00:00:00Z".parse().unwrap()
}

/// The clock, which a test may have set forward.
pub(crate) fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let ahead = std::env::var_os(AHEAD).and_then(|file| std::fs::read_to_string(file).ok()?.parse().ok()).unwrap_or(0);
    Timestamp::from_unix(since.as_secs() as i64 + ahead).unwrap()
}

/// A client of the API as client-go is one: who it is and whom it trusts was read at its start.
pub(crate) struct Client {
    endpoint: Endpoint,
    caller: Caller,
    roots: Vec<Certificate>,
}

impl Client {
    pub(crate) fn of(flags: &Flags, kubeconfig: &str) -> Self {
        let text = std::fs::read_to_string(flags.root.join(kubeconfig)).unwrap();
        let config = Kubeconfig::parse(&text).unwrap();
        let pem = |material: Option<&Material>| match material.unwrap() {
            Material::Embedded(pem) => pem.to_string(),
            Material::File(path) => std::fs::read_to_string(flags.root.join(path.trim_start_matches('/'))).unwrap(),
        };
        let (chain, key) = (pem(config.certificate()), pem(config.key()));
        let endpoint = config.server().trim_start_matches("https://").parse().unwrap();
        Self {
            endpoint,
            caller: Caller::holding(&chain, &only_key(&key)).unwrap(),
            roots: certificates(&pem(config.ca())),
        }
    }

    pub(crate) fn ask(&self, ask: Ask<'_>) -> Option<(u16, Value)> {
        let mut connection = Connection::open(&self.endpoint, &self.caller, TIME).ok()?;
        connection.served().trusted_under(&self.roots, always()).ok()?;
        let answer = connection.ask(ask, TIME).ok()?;
        Some((answer.status(), serde_json::from_slice(answer.body()).unwrap_or_default()))
    }

    fn renew(&self, namespace: &str, name: &str, holder: &str) {
        let body = json!({ "metadata": { "name": name }, "spec": {
            "holderIdentity": holder, "renewTime": now().to_string().replace('Z', ".000000Z"),
        } });
        self.ask(Ask::Patch(&format!("{LEASES}/{namespace}/leases/{name}"), &body.to_string()));
    }
}

/// A file may hold certificate and key in one.
pub(crate) fn only_key(pem: &str) -> String {
    pem[pem.find("-----BEGIN PRIVATE").or(pem.find("-----BEGIN EC")).unwrap()..].to_owned()
}

/// Hands out its root at every start, signs what was approved, and does nothing while another leads.
fn manage(flags: &Flags) {
    let client = Client::of(flags, "etc/kubernetes/controller-manager.conf");
    let root_ca = flags.read("root-ca-file");
    // Measured: with a bundle it exits.
    assert!(
        flags
            .get("cluster-signing-cert-file")
            .is_none_or(|_| certificates(&flags.read("cluster-signing-cert-file")).len() == 1)
    );
    let (name, me) = ("kube-controller-manager", flags.need("node-name"));
    loop {
        let lease = client.ask(Ask::Get(&format!("{LEASES}/kube-system/leases/{name}")));
        let holder =
            lease.as_ref().and_then(|(_, lease)| lease.pointer("/spec/holderIdentity")?.as_str()).unwrap_or(me);
        let renewed = lease.as_ref().and_then(|(_, lease)| lease.pointer("/spec/renewTime")?.as_str());
        let renewed = renewed.and_then(|text| format!("{}Z", text.split('.').next()?).parse::<Timestamp>().ok());
        if holder == me || renewed.is_none_or(|renewed| now().since(renewed) > LEASE) {
            client.renew("kube-system", name, me);
            let map = json!({ "kind": "ConfigMap", "metadata": { "name": "kube-root-ca.crt", "namespace": "default" },
                "data": { "ca.crt": root_ca } });
            client.ask(Ask::Patch(ROOT_CA, &map.to_string()));
            sign(flags, &client);
        }
        sleep(PACE);
    }
}

/// Reads its pair each time; one that holds a bundle signs nothing.
fn sign(flags: &Flags, client: &Client) -> Option<()> {
    let (certificate, key) = (flags.get("cluster-signing-cert-file")?, flags.get("cluster-signing-key-file")?);
    assert!(!certificate.is_empty() && !key.is_empty());
    let pending = client.ask(Ask::Get(api::PENDING))?.1;
    let path = pending.get("path")?.as_str()?.to_owned();
    let request = client.ask(Ask::Get(&path))?.1;
    let approved = request.pointer("/status/conditions/0/type")?.as_str()? == "Approved";
    let open = request.pointer("/status/certificate").is_none();
    if approved && open && certificates(&flags.read("cluster-signing-cert-file")).len() == 1 {
        let csr = request.pointer("/spec/request")?.as_str()?.to_owned();
        let issued = tls::sign(&csr, &flags.read("cluster-signing-cert-file"), &flags.read("cluster-signing-key-file"));
        let status = json!({ "status": { "certificate": issued } });
        client.ask(Ask::Patch(&format!("{path}/status"), &status.to_string()));
    }
    Some(())
}

fn schedule(flags: &Flags) {
    let client = Client::of(flags, "etc/kubernetes/scheduler.conf");
    loop {
        client.renew("kube-system", "kube-scheduler", flags.need("node-name"));
        sleep(PACE);
    }
}

/// Answers the API server, and renews the lease of its node.
fn keep_node(flags: Flags) {
    let client = Client::of(&flags, "etc/kubernetes/kubelet.conf");
    let node = flags.need("node-name").to_owned();
    std::thread::spawn(move || tls::listen(&flags, tls::Manner::KUBELET, |_, _| (200, json!("ok"))));
    loop {
        client.renew("kube-node-lease", &node, &node);
        sleep(PACE);
    }
}
