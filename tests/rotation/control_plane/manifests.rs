//! The static pods of a node, as kubeadm 1.20 writes them; each binds to the address of its node, for all share one host.

use super::room::NODES;

const PKI: &str = "/etc/kubernetes/pki";
/// What runs on a node, in the order in which it can be started.
pub(crate) const PODS: [&str; 4] = ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"];

/// The manifest of `pod` on the node at `at`.
pub(crate) fn manifest(pod: &str, at: usize) -> String {
    let flags = match pod {
        "etcd" => etcd(at),
        "kube-apiserver" => apiserver(at),
        "kube-controller-manager" => controller_manager(at),
        _ => scheduler(at),
    };
    let flags: String = flags.iter().map(|flag| format!("    - --{flag}\n")).collect();
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata:\n  labels:\n    component: {pod}\n    tier: control-plane\n  name: {pod}\n  \
         namespace: kube-system\nspec:\n  containers:\n  - command:\n    - {pod}\n{flags}    \
         image: registry.example/{pod}:v1.20.2\n    name: {pod}\n  hostNetwork: true\n"
    )
}

/// The argument by which a pod of the node at `at` is told from its likes on this host.
pub(crate) fn unique(pod: &str, at: usize) -> String {
    let (node, address) = NODES[at];
    if pod == "etcd" { format!("--name={node}") } else { format!("--bind-address={address}") }
}

fn etcd(at: usize) -> Vec<String> {
    let (node, address) = NODES[at];
    let cluster: Vec<_> = NODES.iter().map(|(node, address)| format!("{node}=https://{address}:2380")).collect();
    vec![
        format!("advertise-client-urls=https://{address}:2379"),
        format!("cert-file={PKI}/etcd/server.crt"),
        "client-cert-auth=true".to_owned(),
        "data-dir=/var/lib/etcd".to_owned(),
        format!("initial-advertise-peer-urls=https://{address}:2380"),
        format!("initial-cluster={}", cluster.join(",")),
        format!("key-file={PKI}/etcd/server.key"),
        format!("listen-client-urls=https://{address}:2379"),
        format!("listen-peer-urls=https://{address}:2380"),
        format!("name={node}"),
        format!("peer-cert-file={PKI}/etcd/peer.crt"),
        "peer-client-cert-auth=true".to_owned(),
        format!("peer-key-file={PKI}/etcd/peer.key"),
        format!("peer-trusted-ca-file={PKI}/etcd/ca.crt"),
        format!("trusted-ca-file={PKI}/etcd/ca.crt"),
        // For speed; what is measured here is no disk.
        "unsafe-no-fsync=true".to_owned(),
    ]
}

fn apiserver(at: usize) -> Vec<String> {
    let address = NODES[at].1;
    vec![
        format!("advertise-address={address}"),
        "allow-privileged=true".to_owned(),
        // In one piece: megabytes.
        "audit-log-maxsize=4000".to_owned(),
        "audit-log-path=/var/log/kubernetes/audit.log".to_owned(),
        "audit-policy-file=/etc/kubernetes/audit-policy.yaml".to_owned(),
        "authorization-mode=Node,RBAC".to_owned(),
        format!("bind-address={address}"),
        format!("client-ca-file={PKI}/ca.crt"),
        "enable-admission-plugins=NodeRestriction".to_owned(),
        "enable-bootstrap-token-auth=true".to_owned(),
        format!("etcd-cafile={PKI}/etcd/ca.crt"),
        format!("etcd-certfile={PKI}/apiserver-etcd-client.crt"),
        format!("etcd-keyfile={PKI}/apiserver-etcd-client.key"),
        format!("etcd-servers=https://{address}:2379"),
        "insecure-port=0".to_owned(),
        // Stricter than kubeadm, which leaves it out.
        format!("kubelet-certificate-authority={PKI}/ca.crt"),
        format!("kubelet-client-certificate={PKI}/apiserver-kubelet-client.crt"),
        format!("kubelet-client-key={PKI}/apiserver-kubelet-client.key"),
        "kubelet-preferred-address-types=InternalIP,ExternalIP,Hostname".to_owned(),
        format!("proxy-client-cert-file={PKI}/front-proxy-client.crt"),
        format!("proxy-client-key-file={PKI}/front-proxy-client.key"),
        "requestheader-allowed-names=front-proxy-client".to_owned(),
        format!("requestheader-client-ca-file={PKI}/front-proxy-ca.crt"),
        "requestheader-extra-headers-prefix=X-Remote-Extra-".to_owned(),
        "requestheader-group-headers=X-Remote-Group".to_owned(),
        "requestheader-username-headers=X-Remote-User".to_owned(),
        "secure-port=6443".to_owned(),
        "service-account-issuer=https://kubernetes.default.svc.cluster.local".to_owned(),
        format!("service-account-key-file={PKI}/sa.pub"),
        format!("service-account-signing-key-file={PKI}/sa.key"),
        "service-cluster-ip-range=10.96.0.0/12".to_owned(),
        format!("tls-cert-file={PKI}/apiserver.crt"),
        format!("tls-private-key-file={PKI}/apiserver.key"),
    ]
}

fn controller_manager(at: usize) -> Vec<String> {
    let conf = "/etc/kubernetes/controller-manager.conf";
    vec![
        format!("authentication-kubeconfig={conf}"),
        format!("authorization-kubeconfig={conf}"),
        format!("bind-address={}", NODES[at].1),
        format!("client-ca-file={PKI}/ca.crt"),
        "cluster-name=kubernetes".to_owned(),
        format!("cluster-signing-cert-file={PKI}/ca.crt"),
        format!("cluster-signing-key-file={PKI}/ca.key"),
        "controllers=*,bootstrapsigner,tokencleaner".to_owned(),
        format!("kubeconfig={conf}"),
        "leader-elect=true".to_owned(),
        "port=0".to_owned(),
        format!("requestheader-client-ca-file={PKI}/front-proxy-ca.crt"),
        format!("root-ca-file={PKI}/ca.crt"),
        format!("service-account-private-key-file={PKI}/sa.key"),
        "use-service-account-credentials=true".to_owned(),
    ]
}

fn scheduler(at: usize) -> Vec<String> {
    let conf = "/etc/kubernetes/scheduler.conf";
    vec![
        format!("authentication-kubeconfig={conf}"),
        format!("authorization-kubeconfig={conf}"),
        format!("bind-address={}", NODES[at].1),
        format!("kubeconfig={conf}"),
        "leader-elect=true".to_owned(),
        "port=0".to_owned(),
    ]
}
