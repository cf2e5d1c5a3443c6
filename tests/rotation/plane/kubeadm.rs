//! What kubeadm leaves on a node, and what lies staged beside it.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use airlock::cluster::role::Domain;
use airlock::devices::probe::http::Ask;
use airlock::rotation::graph::Signing;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::{NODES, Plane, api, both, pair, pod, write};
use crate::etcd::program;
use crate::people::private;
use crate::pki::{Pair, Root};

/// The roots of a generation, and a person with all rights.
pub(crate) struct Generation {
    pub(crate) kubernetes: Root,
    pub(crate) etcd: Root,
    pub(crate) front_proxy: Root,
    pub(crate) intermediate: Pair,
    pub(crate) admin: Pair,
}

impl Generation {
    pub(crate) fn new(number: &str) -> Self {
        let root = |name: &str| Root::new(&format!("{name}-{number}"));
        let (kubernetes, etcd, front_proxy) = (root("kubernetes"), root("etcd-ca"), root("front-proxy-ca"));
        let intermediate = kubernetes.below("kubernetes-intermediate");
        let admin = kubernetes.leaf("load", Some("system:masters"), false, true);
        Self { kubernetes, etcd, front_proxy, intermediate, admin }
    }

    pub(crate) fn root(&self, domain: Domain) -> &Root {
        match domain {
            Domain::Kubernetes => &self.kubernetes,
            Domain::Etcd => &self.etcd,
            Domain::FrontProxy => &self.front_proxy,
        }
    }
}

pub(crate) fn live(plane: &Plane, at: usize) {
    let (_, is_plane, has_etcd) = NODES[at];
    let pki = plane.live(at, "etc/kubernetes/pki");
    let old = &plane.old;
    leaves(plane, at, old, &pki, "etc/kubernetes", &old.kubernetes.pem);
    if is_plane || !has_etcd {
        write(&pki.join("ca.crt"), &old.kubernetes.pem);
        kubelet(plane, at);
    }
    if is_plane || has_etcd {
        write(&pki.join("etcd/ca.crt"), &old.etcd.pem);
    }
    if is_plane {
        write(&pki.join("front-proxy-ca.crt"), &old.front_proxy.pem);
        write(&pki.join("ca.key"), &old.kubernetes.key());
        write(&pki.join("etcd/ca.key"), &old.etcd.key());
        write(&pki.join("front-proxy-ca.key"), &old.front_proxy.key());
    }
}

/// A kubelet renews itself: its kubeconfig names the link to the newest of its files.
fn kubelet(plane: &Plane, at: usize) {
    let name = NODES[at].0;
    let at_pki = plane.live(at, "var/lib/kubelet/pki");
    let own = plane.old.kubernetes.leaf(&format!("system:node:{name}"), Some("system:nodes"), false, true);
    write(&at_pki.join("kubelet-client-2026-01-01-00-00-00.pem"), &format!("{}{}", own.certificate, own.key));
    symlink("kubelet-client-2026-01-01-00-00-00.pem", at_pki.join("kubelet-client-current.pem")).unwrap();
    let file = "/var/lib/kubelet/pki/kubelet-client-current.pem";
    let user = format!("client-certificate: {file}\n    client-key: {file}");
    let text = kubeconfig(&server(plane, at), &plane.old.kubernetes.pem, &user);
    write(&plane.live(at, "etc/kubernetes/kubelet.conf"), &text);
}

pub(crate) fn next(plane: &Plane, at: usize) {
    let (_, is_plane, has_etcd) = NODES[at];
    private(&plane.root(at), "etc/kubernetes.next/pki/etcd");
    let pki = plane.live(at, "etc/kubernetes.next/pki");
    let (old, new) = (&plane.old, &plane.new);
    let trust = both(&old.kubernetes, &new.kubernetes);
    leaves(plane, at, new, &pki, "etc/kubernetes.next", &trust);
    if is_plane || !has_etcd {
        write(&pki.join("ca.crt"), &trust);
        let name = NODES[at].0;
        let own = new.kubernetes.leaf(&format!("system:node:{name}"), Some("system:nodes"), false, true);
        let text = kubeconfig(&server(plane, at), &trust, &embedded(&own));
        write(&plane.live(at, "etc/kubernetes.next/kubelet.conf"), &text);
    }
    if is_plane || has_etcd {
        write(&pki.join("etcd/ca.crt"), &both(&old.etcd, &new.etcd));
    }
    if is_plane {
        write(&pki.join("front-proxy-ca.crt"), &both(&old.front_proxy, &new.front_proxy));
        if plane.signing == Signing::Intermediate {
            pair(&pki, "ca-signing", &new.intermediate);
        }
    }
    for below in ["etc/kubernetes.next", "var/lib/kubelet/pki.next"] {
        if plane.live(at, below).exists() {
            seal(&plane.live(at, below));
        }
    }
}

/// The directories of a mirror are private.
fn seal(directory: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(directory, fs::Permissions::from_mode(0o700)).unwrap();
    for entry in fs::read_dir(directory).unwrap().map(|entry| entry.unwrap()) {
        if entry.file_type().unwrap().is_dir() {
            seal(&entry.path());
        }
    }
}

/// Every pair and every kubeconfig with its own, of `of`.
fn leaves(plane: &Plane, at: usize, of: &Generation, pki: &Path, configs: &str, trust: &str) {
    let (name, is_plane, has_etcd) = NODES[at];
    let (kubernetes, etcd) = (&of.kubernetes, &of.etcd);
    if has_etcd {
        pair(&pki.join("etcd"), "server", &etcd.server(name));
        pair(&pki.join("etcd"), "peer", &etcd.server(name));
        pair(&pki.join("etcd"), "healthcheck-client", &etcd.client("kube-etcd-healthcheck-client"));
    }
    if is_plane || !has_etcd {
        let mirror = if configs.ends_with(".next") { "var/lib/kubelet/pki.next" } else { "var/lib/kubelet/pki" };
        let serving = kubernetes.leaf(&format!("system:node:{name}"), Some("system:nodes"), true, false);
        pair(&plane.live(at, mirror), "kubelet", &serving);
    }
    if !is_plane {
        return;
    }
    pair(pki, "apiserver", &kubernetes.leaf("kube-apiserver", None, true, false));
    let masters = Some("system:masters");
    pair(pki, "apiserver-kubelet-client", &kubernetes.leaf("kube-apiserver-kubelet-client", masters, false, true));
    pair(pki, "apiserver-etcd-client", &etcd.leaf("kube-apiserver-etcd-client", None, false, true));
    pair(pki, "front-proxy-client", &of.front_proxy.leaf("front-proxy-client", None, false, true));
    for (file, user, group) in [
        ("admin", "kubernetes-admin", masters),
        ("super-admin", "kubernetes-super-admin", masters),
        ("controller-manager", "system:kube-controller-manager", None),
        ("scheduler", "system:kube-scheduler", None),
    ] {
        let own = kubernetes.leaf(user, group, false, true);
        let text = kubeconfig(&server(plane, at), trust, &embedded(&own));
        write(&plane.live(at, &format!("{configs}/{file}.conf")), &text);
    }
}

/// Those of a control plane ask their own API server, the worker the second one.
fn server(plane: &Plane, at: usize) -> String {
    let api = if NODES[at].1 { at } else { 1 };
    format!("https://127.0.0.1:{}", plane.ports.api[api])
}

fn embedded(own: &Pair) -> String {
    let coded = |text: &str| BASE64_STANDARD.encode(text);
    format!("client-certificate-data: {}\n    client-key-data: {}", coded(&own.certificate), coded(&own.key))
}

fn kubeconfig(server: &str, trust: &str, user: &str) -> String {
    format!(
        "apiVersion: v1\nclusters:\n- cluster:\n    certificate-authority-data: {}\n    server: {server}\n  name: prod-1\n\
         contexts:\n- context:\n    cluster: prod-1\n    user: own\n  name: own@prod-1\ncurrent-context: own@prod-1\n\
         kind: Config\npreferences: {{}}\nusers:\n- name: own\n  user:\n    {user}\n",
        BASE64_STANDARD.encode(trust)
    )
}

/// Manifests where there is a control plane, and what starts and stops the rest.
pub(crate) fn programs(plane: &Plane, at: usize) {
    let (name, is_plane, has_etcd) = NODES[at];
    let manifest = |program: &str, flags: &[String]| {
        let items: String = flags.iter().map(|flag| format!("    - {flag}\n")).collect();
        let text = format!(
            "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - command:\n    - {program}\n{items}    image: registry.example/{program}:v1.32.3\n"
        );
        write(&plane.live(at, &format!("etc/kubernetes/manifests/{program}.yaml")), &text);
    };
    if is_plane {
        manifest("etcd", &etcd(plane, at));
        manifest("kube-apiserver", &apiserver(plane, at));
        manifest("kube-controller-manager", &manager(plane, at));
        manifest("kube-scheduler", &[own(plane, at), format!("--node-name={name}")]);
        let parked = plane.live(at, "etc/kubernetes/parked");
        fs::create_dir_all(&parked).unwrap();
        seal(&parked);
    } else if has_etcd {
        let program = program().unwrap();
        script(plane, at, "etcd", program.to_str().unwrap(), &etcd(plane, at));
    }
    if is_plane || !has_etcd {
        let flags = [
            own(plane, at),
            format!("--node-name={name}"),
            format!("--secure-port={}", plane.ports.kubelet[at]),
            "--tls-cert-file=/var/lib/kubelet/pki/kubelet.crt".to_owned(),
            "--tls-private-key-file=/var/lib/kubelet/pki/kubelet.key".to_owned(),
            "--client-ca-file=/etc/kubernetes/pki/ca.crt".to_owned(),
        ];
        let program = super::runtime::program(&plane.base, "kubelet");
        let before = ["--exact", "plane::pod::serves", "--nocapture", "--"].map(str::to_owned);
        script(plane, at, "kubelet", program.to_str().unwrap(), &[&before[..], &flags].concat());
    }
}

fn script(plane: &Plane, at: usize, what: &str, program: &str, flags: &[String]) {
    let (name, base) = (NODES[at].0, plane.base.display());
    let root = plane.root(at);
    let flags: Vec<_> = flags.iter().map(|flag| super::runtime::placed(flag, &root, what)).collect();
    let start = format!(
        "export {}={} {}={base}/ahead\nsetsid {program} {} </dev/null >>{base}/{what}-{name}.log 2>&1 &\necho $! >{base}/{what}-{name}.pid\n",
        pod::ROOT,
        root.display(),
        pod::AHEAD,
        flags.join(" ")
    );
    let stop = format!("[ ! -f {base}/{what}-{name}.pid ] || kill $(cat {base}/{what}-{name}.pid) 2>/dev/null; true\n");
    write(&plane.base.join(format!("start-{what}-{name}")), &start);
    write(&plane.base.join(format!("stop-{what}-{name}")), &stop);
}

fn own(plane: &Plane, at: usize) -> String {
    format!("--stand-in={}", plane.unique(at))
}

fn etcd(plane: &Plane, at: usize) -> Vec<String> {
    let url = |port: u16| format!("https://127.0.0.1:{port}");
    let (client, peer) = (url(plane.ports.etcd[at]), url(plane.ports.peer[at]));
    let cluster: Vec<_> = (0..3).map(|at| format!("{}={}", plane.unique(at), url(plane.ports.peer[at]))).collect();
    let file = |name: &str| format!("/etc/kubernetes/pki/etcd/{name}");
    let all = [
        ("name", plane.unique(at)),
        ("data-dir", "/var/lib/etcd".to_owned()),
        ("listen-client-urls", client.clone()),
        ("advertise-client-urls", client),
        ("listen-peer-urls", peer.clone()),
        ("initial-advertise-peer-urls", peer),
        ("initial-cluster", cluster.join(",")),
        ("cert-file", file("server.crt")),
        ("key-file", file("server.key")),
        ("trusted-ca-file", file("ca.crt")),
        ("peer-cert-file", file("peer.crt")),
        ("peer-key-file", file("peer.key")),
        ("peer-trusted-ca-file", file("ca.crt")),
        ("logger", "zap".to_owned()),
        ("client-cert-auth", "true".to_owned()),
        ("peer-client-cert-auth", "true".to_owned()),
        ("unsafe-no-fsync", "true".to_owned()),
    ];
    all.into_iter().map(|(name, value)| format!("--{name}={value}")).collect()
}

fn apiserver(plane: &Plane, at: usize) -> Vec<String> {
    let pki = |name: &str| format!("/etc/kubernetes/pki/{name}");
    let members: Vec<_> = (0..3).map(|at| format!("https://127.0.0.1:{}", plane.ports.etcd[at])).collect();
    let kubelets: Vec<_> = [0, 1, 3].map(|at| format!("{}:{}", NODES[at].0, plane.ports.kubelet[at])).to_vec();
    let all = [
        ("stand-in", plane.unique(at)),
        ("secure-port", plane.ports.api[at].to_string()),
        ("etcd-servers", members.join(",")),
        ("etcd-cafile", pki("etcd/ca.crt")),
        ("etcd-certfile", pki("apiserver-etcd-client.crt")),
        ("etcd-keyfile", pki("apiserver-etcd-client.key")),
        ("client-ca-file", pki("ca.crt")),
        ("requestheader-client-ca-file", pki("front-proxy-ca.crt")),
        ("tls-cert-file", pki("apiserver.crt")),
        ("tls-private-key-file", pki("apiserver.key")),
        ("kubelet-client-certificate", pki("apiserver-kubelet-client.crt")),
        ("kubelet-client-key", pki("apiserver-kubelet-client.key")),
        ("kubelet-places", kubelets.join(",")),
    ];
    all.into_iter().map(|(name, value)| format!("--{name}={value}")).collect()
}

fn manager(plane: &Plane, at: usize) -> Vec<String> {
    let pki = |name: &str| format!("/etc/kubernetes/pki/{name}");
    let all = [
        ("stand-in", plane.unique(at)),
        ("node-name", NODES[at].0.to_owned()),
        ("root-ca-file", pki("ca.crt")),
        ("cluster-signing-cert-file", pki("ca.crt")),
        ("cluster-signing-key-file", pki("ca.key")),
    ];
    all.into_iter().map(|(name, value)| format!("--{name}={value}")).collect()
}

const CLUSTER_INFO: &str = "/api/v1/namespaces/kube-public/configmaps/cluster-info";

impl Plane {
    /// As a person does it: the roots of `pem` into `cluster-info`.
    pub(crate) fn publish(&self, pem: &str) {
        let user = "token: none";
        let config = kubeconfig("https://127.0.0.1:6443", pem, user);
        let object = json!({ "kind": "ConfigMap", "metadata": { "name": "cluster-info", "namespace": "kube-public" },
            "data": { "kubeconfig": config } });
        self.ask(Ask::Patch(CLUSTER_INFO, &object.to_string())).expect("somebody answers");
    }

    /// As kubectl prints them.
    pub(crate) fn print_objects(&self) {
        let paths = [pod::ROOT_CA, CLUSTER_INFO, api::EXTENSIONS];
        let read: Vec<Value> = paths.iter().filter_map(|path| Some(self.ask(Ask::Get(path))?.1)).collect();
        if read.len() == paths.len() {
            let items = [&read[..], &[json!({ "kind": "APIService", "metadata": { "name": "v1.apps" } })]].concat();
            fs::write(self.base.join("objects.json"), json!({ "kind": "List", "items": items }).to_string()).unwrap();
        }
    }

    pub(crate) fn new_bundle(&self) -> String {
        both(&self.old.kubernetes, &self.new.kubernetes)
    }
}
