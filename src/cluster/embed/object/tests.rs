use serde_json::{Value, json};

use super::*;
use crate::cluster::embed::holding::Holding;
use crate::cluster::embed::inventory::Inventory;
use crate::wire::digest::Digest;
use crate::wire::pem;

const OLD: &str =
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/cluster/kubeadm-ha/cp1/etc/kubernetes/pki/ca.crt"));
/// Stands in for a new root; what it certifies does not matter here.
const NEW: &str = include_str!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/fixtures/cluster/kubeadm-ha/cp1/etc/kubernetes/pki/etcd/ca.crt"
));
const OTHER: &str = include_str!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/fixtures/cluster/kubeadm-ha/cp1/etc/kubernetes/pki/front-proxy-ca.crt"
));

fn roots() -> Roots {
    let print = |text: &str| Digest::of(&pem::blocks(text).unwrap()[0].1);
    let of_both = |text: &str| [Domain::Kubernetes, Domain::FrontProxy].map(|domain| (domain, print(text)));
    Roots::new(of_both(OLD), of_both(NEW))
}

fn coded(text: &str) -> String {
    STANDARD.encode(text)
}

/// Twelve places, one of each kind and some more, all knowing the new root.
fn cluster() -> Value {
    let both = format!("{OLD}{NEW}");
    let map = |namespace: &str, name: &str, data: Value| json!({"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"namespace": namespace, "name": name}, "data": data});
    let info = format!(
        "apiVersion: v1\nkind: Config\nclusters:\n- name: \"\"\n  cluster:\n    server: https://x:6443\n    certificate-authority-data: {}\ncontexts: null\ncurrent-context: \"\"\nusers: null\n",
        coded(&both)
    );
    let hook =
        |bundle: &str| json!({"name": "h.example", "clientConfig": {"caBundle": coded(bundle), "url": "https://x"}});
    json!({"kind": "List", "apiVersion": "v1", "items": [
        map("default", "kube-root-ca.crt", json!({"ca.crt": both})),
        map("kube-system", "kube-root-ca.crt", json!({"ca.crt": both})),
        map("default", "app", json!({"ca.crt": OLD, "x": "y"})),
        map("kube-public", "cluster-info", json!({"kubeconfig": info, "jws-kubeconfig-abcdef": "x"})),
        map("kube-system", "extension-apiserver-authentication", json!({
            "client-ca-file": both, "requestheader-client-ca-file": both, "requestheader-allowed-names": "[]"})),
        {"kind": "ValidatingWebhookConfiguration", "metadata": {"name": "v"}, "webhooks": [hook(&both), hook(NEW), {"name": "none"}]},
        {"kind": "MutatingWebhookConfiguration", "metadata": {"name": "m"}, "webhooks": [hook(OTHER)]},
        {"kind": "APIService", "metadata": {"name": "v1."}, "spec": {"version": "v1"}},
        {"kind": "APIService", "metadata": {"name": "v1.metrics"}, "spec": {"caBundle": coded(&both)}},
        {"kind": "CustomResourceDefinition", "metadata": {"name": "c"},
            "spec": {"conversion": {"strategy": "Webhook", "webhook": {"clientConfig": {"caBundle": coded(NEW)}}}}},
        {"kind": "Secret", "type": "kubernetes.io/service-account-token", "metadata": {"namespace": "ns", "name": "t"},
            "data": {"ca.crt": coded(&both), "token": coded("eyJhbGciOi-secret"), "namespace": coded("ns")}},
    ]})
}

fn parse(value: &Value) -> Result<Objects, ObjectError> {
    Objects::parse(value.to_string().as_bytes(), &roots())
}

fn inventory(value: &Value) -> Inventory {
    Inventory::new(Vec::new(), vec![parse(value).unwrap()], [])
}

#[test]
fn every_place_is_found_and_nothing_else() {
    let all = inventory(&cluster());
    let names: Vec<_> =
        all.places.iter().map(|place| (place.kind.as_str(), place.name.as_str(), place.holding)).collect();
    assert_eq!(names.len(), 11, "{names:#?}");
    assert!(all.allows_drop(), "{:?} {:?}", all.missing, all.in_the_way().collect::<Vec<_>>());
    let count = |holding| all.count(holding);
    assert_eq!((count(Holding::Both), count(Holding::OnlyNew), count(Holding::Foreign)), (8, 2, 1));
    assert!(!names.iter().any(|(_, name, _)| name.contains("app")));
}

#[test]
fn one_stale_place_of_any_kind_forbids_the_drop_and_is_named() {
    let good = cluster().to_string();
    let both = [format!("{OLD}{NEW}").replace('\n', "\\n"), coded(&format!("{OLD}{NEW}"))];
    let stale = [OLD.replace('\n', "\\n"), coded(OLD)];
    let mut tried = 0;
    for (both, stale) in both.iter().zip(&stale) {
        for (at, _) in good.match_indices(both.as_str()) {
            let text = format!("{}{stale}{}", &good[..at], &good[at + both.len()..]);
            let objects = Objects::parse(text.as_bytes(), &roots()).unwrap();
            let all = Inventory::new(Vec::new(), vec![objects], []);
            assert_eq!((all.allows_drop(), all.in_the_way().count()), (false, 1));
            assert_eq!(all.places[0].holding, Holding::OnlyOld);
            tried += 1;
        }
    }
    assert_eq!(tried, 8);
}

#[test]
fn what_cannot_be_read_or_was_not_asked_for_forbids_the_drop() {
    let broken = cluster().to_string().replace(&coded(NEW), "%%%");
    let all = Inventory::new(Vec::new(), vec![Objects::parse(broken.as_bytes(), &roots()).unwrap()], []);
    assert!(!all.allows_drop() && all.places[0].holding == Holding::Unreadable);
    let mut without = cluster();
    without["items"].as_array_mut().unwrap().retain(|item| item["kind"] != "APIService");
    assert_eq!(inventory(&without).missing, ["APIService"]);
    let whole = Inventory::new(Vec::new(), vec![parse(&cluster()).unwrap()], ["w9".to_owned()]);
    assert_eq!((whole.allows_drop(), whole.missing), (false, vec!["node w9".to_owned()]));
}

#[test]
fn no_token_is_kept_and_no_error_repeats_one() {
    let kept = format!("{:?}", parse(&cluster()).unwrap());
    assert!(!kept.contains("secret") && !kept.contains(&coded("eyJhbGciOi-secret")));
    let broken = cluster().to_string().replace("\"token\":", "\"ca.crt\": 3, \"token\":");
    let error = Objects::parse(broken.as_bytes(), &roots()).unwrap_err();
    assert!(matches!(error, ObjectError::Shape(..)) && !error.to_string().contains("secret"));
    for bad in ["", "{", "[]", "3", "{\"items\": 3}"] {
        assert!(matches!(Objects::parse(bad.as_bytes(), &roots()), Err(ObjectError::Shape(..))), "{bad}");
    }
}
