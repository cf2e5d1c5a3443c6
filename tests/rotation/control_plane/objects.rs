//! What an administrator does with kubectl and kubeadm: prints the objects that embed a CA, and puts another CA into them.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::plane::Plane;
use super::room::{NODES, program};
use crate::etcd::wait;

const KINDS: &str =
    "configmaps,validatingwebhookconfigurations,mutatingwebhookconfigurations,apiservices,customresourcedefinitions";
const TOKENS: [&str; 6] =
    ["get", "secrets", "-A", "--field-selector", "type=kubernetes.io/service-account-token", "-ojson"];
const KUBEADM: &str = "apiVersion: kubeadm.k8s.io/v1beta2\nkind: InitConfiguration\nlocalAPIEndpoint:\n  \
    advertiseAddress: 10.66.0.21\nbootstrapTokens:\n- token: abcdef.0123456789abcdef\n---\n\
    apiVersion: kubeadm.k8s.io/v1beta2\nkind: ClusterConfiguration\nkubernetesVersion: v1.20.2\n";
const WEBHOOK: &str = "a-webhook-of-this-ca";

impl Plane {
    /// As the administrator of the node at `at`, by its live file.
    pub(crate) fn kubectl(&self, at: usize, arguments: &[&str]) -> Result<String, String> {
        let mut command = Command::new(program("kubectl"));
        command.arg("--kubeconfig").arg(self.live(at, "etc/kubernetes/admin.conf")).args(arguments);
        said(command.arg("--request-timeout=10s").stdin(Stdio::null()))
    }

    /// The same at whichever node answers.
    pub(crate) fn asks(&self, arguments: &[&str]) -> String {
        let answers: Vec<_> = (0..NODES.len()).map(|at| self.kubectl(at, arguments)).collect();
        let mut why = String::new();
        for answer in answers {
            match answer {
                Ok(answer) => return answer,
                Err(error) => why = error,
            }
        }
        panic!("{arguments:?}: {why}\n{}", self.last_words());
    }

    /// Puts `object` in the place of the one that is there.
    fn replaces(&self, object: &Value) {
        let mut command = Command::new(program("kubectl"));
        command.arg("--kubeconfig").arg(self.live(0, "etc/kubernetes/admin.conf")).args(["replace", "-f", "-"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(object.to_string().as_bytes()).unwrap();
        assert!(child.wait().unwrap().success(), "{object}");
    }

    /// What kubeadm leaves in a cluster, by kubeadm itself, and what this test needs.
    pub(crate) fn furnish(&self) {
        // The controller manager makes them for each namespace.
        let made = ["configmap/kube-root-ca.crt", "serviceaccount/default"];
        let there = || made.iter().all(|object| self.kubectl(0, &["get", object, "-n", "default"]).is_ok());
        assert!(wait(Duration::from_secs(120), there), "{}", self.last_words());
        let file = self.base.path().join("kubeadm.yaml");
        fs::write(&file, KUBEADM).unwrap();
        let mut kubeadm = Command::new(program("kubeadm"));
        kubeadm.args(["init", "phase", "bootstrap-token", "--skip-token-print", "--config"]).arg(&file);
        kubeadm.arg("--kubeconfig").arg(self.live(0, "etc/kubernetes/admin.conf"));
        said(&mut kubeadm).unwrap();
        for arguments in [
            &["create", "clusterrolebinding", "load", "--clusterrole=cluster-admin", "--group=load"][..],
            &["create", "clusterrolebinding", "pods", "--clusterrole=view", "--serviceaccount=default:default"],
        ] {
            self.asks(arguments);
        }
        let webhook = json!({
            "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration",
            "metadata": { "name": WEBHOOK },
            "webhooks": [{
                "name": "never.asked.example", "sideEffects": "None", "admissionReviewVersions": ["v1"],
                "failurePolicy": "Ignore", "objectSelector": { "matchLabels": { "never": "asked" } },
                "clientConfig": { "url": "https://10.66.0.21:9443/", "caBundle": base64(&self.old.kubernetes.pem) },
                "rules": [{ "apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"] }],
            }],
        });
        let file = self.base.path().join("webhook.json");
        fs::write(&file, webhook.to_string()).unwrap();
        self.asks(&["create", "-f", file.to_str().unwrap()]);
    }

    /// Prints all objects that embed a CA, as `docs/rotation.md` says; the files.
    pub(crate) fn print_objects(&self) -> Vec<PathBuf> {
        let put = |name: &str, text: String| {
            let path = self.base.path().join(name);
            fs::write(&path, text).unwrap();
            path
        };
        let objects = put("objects.json", self.asks(&["get", KINDS, "-A", "-ojson"]));
        vec![objects, put("tokens.json", self.asks(&TOKENS))]
    }

    /// Puts `trust` into `cluster-info` and the webhook.
    pub(crate) fn publish(&self, trust: &str) {
        let read = |arguments: &[&str]| -> Value { serde_json::from_str(&self.asks(arguments)).unwrap() };
        let mut info = read(&["get", "configmap", "cluster-info", "-n", "kube-public", "-ojson"]);
        let text = info["data"]["kubeconfig"].as_str().unwrap();
        let old = text.split("certificate-authority-data: ").nth(1).unwrap().split('\n').next().unwrap();
        info["data"]["kubeconfig"] = text.replace(old, &base64(trust)).into();
        self.replaces(&info);
        let mut webhook = read(&["get", "validatingwebhookconfiguration", WEBHOOK, "-ojson"]);
        webhook["webhooks"][0]["clientConfig"]["caBundle"] = base64(trust).into();
        self.replaces(&webhook);
    }

    /// What every namespace hands to its pods.
    pub(crate) fn handed_out(&self) -> String {
        let map = self.asks(&["get", "configmap", "kube-root-ca.crt", "-n", "default", "-ojson"]);
        serde_json::from_str::<Value>(&map).unwrap()["data"]["ca.crt"].as_str().unwrap().to_owned()
    }
}

fn base64(text: &str) -> String {
    BASE64_STANDARD.encode(text)
}

/// What it prints; otherwise what it complains of.
pub(crate) fn said(command: &mut Command) -> Result<String, String> {
    let output = command.output().unwrap();
    match output.status.success() {
        true => Ok(String::from_utf8(output.stdout).unwrap()),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}
