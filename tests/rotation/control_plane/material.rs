//! Both generations of roots, and what they issue for a node. Leaves of the old root end within a year, those of the new one
//! later: an API server tells in its metrics how long the certificates have to live that it meets, and so the two are told
//! apart by somebody who knows nothing of roots.

use airlock::cluster::role::{Domain, Files, Role};
use airlock::online::rotate::observe::Issuers;
use airlock::pki::extension::oid::{CLIENT_AUTH, SERVER_AUTH};
use airlock::rotation::trust::Leaf;
use airlock::wire::time::Timestamp;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use rcgen::{ExtendedKeyUsagePurpose, SanType};

use super::room::NODES;
use crate::pki::{Pair, Root, certificate};

/// The roots of one generation.
pub(crate) struct Generation {
    pub(crate) kubernetes: Root,
    etcd: Root,
    front_proxy: Root,
    /// For the controller manager to sign with; the old root signs itself.
    pub(crate) signer: Option<Pair>,
}

/// A file of a node: its live path, and what it holds.
pub(crate) type File = (String, String);

impl Generation {
    pub(crate) fn old() -> Self {
        let ends = in_days(200);
        let root = |name| Root::until(name, ends);
        let (kubernetes, etcd, front_proxy) = (root("kubernetes"), root("etcd-ca"), root("front-proxy-ca"));
        Self { kubernetes, etcd, front_proxy, signer: None }
    }

    pub(crate) fn new() -> Self {
        let ends = in_days(500);
        let root = |name| Root::until(name, ends);
        let (kubernetes, etcd) = (root("kubernetes-2"), root("etcd-ca-2"));
        let signer = Some(kubernetes.below("kubernetes-intermediate"));
        Self { kubernetes, etcd, front_proxy: root("front-proxy-ca-2"), signer }
    }

    pub(crate) fn root(&self, domain: Domain) -> &Root {
        match domain {
            Domain::Kubernetes => &self.kubernetes,
            Domain::Etcd => &self.etcd,
            Domain::FrontProxy => &self.front_proxy,
        }
    }

    /// What a place of `domain` holds that trusts this generation.
    pub(crate) fn trust(&self, domain: Domain) -> String {
        let below = self.signer.as_ref().filter(|_| domain == Domain::Kubernetes);
        format!("{}{}", self.root(domain).pem, below.map_or("", |pair| pair.certificate.as_str()))
    }

    /// A client of the API.
    pub(crate) fn client(&self, name: &str, organization: &str) -> Pair {
        self.kubernetes.client_of(name, organization)
    }

    /// Every leaf of the node at `at`; `trust` is what its kubeconfigs hold.
    pub(crate) fn leaves(&self, at: usize, trust: &str) -> Vec<File> {
        let borne = Role::ALL.iter().filter(|role| !role.identity().is_ca && **role != Role::SuperAdmin);
        borne.flat_map(|role| self.leaf(*role, at, trust)).collect()
    }

    fn leaf(&self, role: Role, at: usize, trust: &str) -> Vec<File> {
        let (node, address) = NODES[at];
        let (name, organization) = subject(role, node);
        let usages: Vec<_> = role.identity().usages.iter().map(|usage| purpose(*usage)).collect();
        let pair = self.root(role.domain()).issue(&name, organization, &names(role, node, address), &usages);
        match role.identity().files {
            Files::Pair { certificate, key } => {
                vec![(key.to_owned(), pair.key), (certificate.to_owned(), pair.certificate)]
            }
            Files::Kubeconfig(path) => vec![(path.to_owned(), kubeconfig(&name, address, trust, &pair))],
        }
    }
}

fn purpose(usage: der::asn1::ObjectIdentifier) -> ExtendedKeyUsagePurpose {
    match usage {
        SERVER_AUTH => ExtendedKeyUsagePurpose::ServerAuth,
        CLIENT_AUTH => ExtendedKeyUsagePurpose::ClientAuth,
        other => panic!("{other}"),
    }
}

/// As kubeadm 1.20 names them.
fn subject(role: Role, node: &str) -> (String, Option<&'static str>) {
    const MASTERS: Option<&str> = Some("system:masters");
    let (name, organization) = match role {
        Role::Apiserver => ("kube-apiserver", None),
        Role::ApiserverKubeletClient => ("kube-apiserver-kubelet-client", MASTERS),
        Role::ApiserverEtcdClient => ("kube-apiserver-etcd-client", MASTERS),
        Role::FrontProxyClient => ("front-proxy-client", None),
        Role::EtcdHealthcheckClient => ("kube-etcd-healthcheck-client", MASTERS),
        Role::Admin => ("kubernetes-admin", MASTERS),
        Role::ControllerManager => ("system:kube-controller-manager", None),
        Role::Scheduler => ("system:kube-scheduler", None),
        Role::KubeletClient | Role::KubeletServer => return (format!("system:node:{node}"), Some("system:nodes")),
        Role::EtcdServer | Role::EtcdPeer => (node, None),
        other => panic!("{other}"),
    };
    (name.to_owned(), organization)
}

fn names(role: Role, node: &str, address: &str) -> Vec<SanType> {
    let dns = |name: &str| SanType::DnsName(name.try_into().unwrap());
    let ip = |address: &str| SanType::IpAddress(address.parse().unwrap());
    match role {
        Role::Apiserver => {
            let services = ["kubernetes", "kubernetes.default", "kubernetes.default.svc"];
            let services = services.into_iter().map(dns).chain([dns(node), ip("10.96.0.1"), ip("127.0.0.1")]);
            services.chain([ip(address)]).collect()
        }
        // On one host a member comes from the address that it dials, so each bears all of them.
        Role::EtcdServer | Role::EtcdPeer => {
            let all = NODES.iter().map(|(_, address)| ip(address));
            [dns(node), dns("localhost"), ip("127.0.0.1")].into_iter().chain(all).collect()
        }
        Role::KubeletServer => vec![dns(node), ip(address)],
        _ => Vec::new(),
    }
}

/// As kubeadm writes it.
pub(crate) fn kubeconfig(user: &str, address: &str, trust: &str, pair: &Pair) -> String {
    let [trust, certificate, key] =
        [trust, &pair.certificate, &pair.key].map(|text| BASE64_STANDARD.encode(text.as_bytes()));
    format!(
        "apiVersion: v1\nclusters:\n- cluster:\n    certificate-authority-data: {trust}\n    \
         server: https://{address}:6443\n  name: kubernetes\ncontexts:\n- context:\n    cluster: kubernetes\n    \
         user: {user}\n  name: {user}@kubernetes\ncurrent-context: {user}@kubernetes\nkind: Config\npreferences: {{}}\n\
         users:\n- name: {user}\n  user:\n    client-certificate-data: {certificate}\n    client-key-data: {key}\n"
    )
}

/// That day by the clock of this host.
pub(crate) fn in_days(days: u64) -> (i32, u8, u8) {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let day = Timestamp::from_unix(i64::try_from(now + days * 86_400).unwrap()).unwrap().to_string();
    let part = |range: std::ops::Range<usize>| day[range].parse::<u16>().unwrap();
    (i32::from(part(0..4)), u8::try_from(part(5..7)).unwrap(), u8::try_from(part(8..10)).unwrap())
}

/// The second of two CAs of one side is one too: an intermediate stands behind its root.
#[test]
fn what_the_controller_manager_signs_is_of_the_new_root() {
    let (new, other) = (Root::new("kubernetes-2"), Root::new("kubernetes"));
    let (first, second) = (new.below("one"), new.below("two"));
    let sides = |all: &[&str]| all.iter().map(|pem| (Domain::Kubernetes, certificate(pem))).collect::<Vec<_>>();
    let issuers =
        Issuers { old: sides(&[&other.pem]), new: sides(&[&new.pem, &first.certificate, &second.certificate]) };
    let leaf = |pem: &str| issuers.leaf(Domain::Kubernetes, &[certificate(pem)]);
    assert_eq!(leaf(&second.certificate), Some(Leaf::New));
    assert_eq!(leaf(&other.client("a").certificate), Some(Leaf::Old));
    let signed = Root::new("leaf").cross_signed_by(&other);
    assert_eq!(leaf(&signed), Some(Leaf::Old));
    assert_eq!(leaf(&Root::new("stranger").pem), None);
}
