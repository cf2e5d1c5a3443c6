//! The programs of a node with their flags: from static pod manifests (YAML) and systemd units. Read leniently, for
//! they are others' files and only looked at; bounded by the size of the files that are read.

use serde::Deserialize;

use crate::cluster::role::Domain;
use crate::cluster::tree::NodeTree;

/// A program as a manifest or a unit starts it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// The file it was found in.
    pub file: String,
    /// The last part of the command, as `kube-apiserver`.
    pub name: String,
    /// The version, from the tag of the image; units have none.
    pub version: Option<String>,
    flags: Vec<(String, String)>,
}

/// The flags that name files with CAs, and whose.
pub const CA_FLAGS: [(&str, Domain); 8] = [
    ("trusted-ca-file", Domain::Etcd),
    ("peer-trusted-ca-file", Domain::Etcd),
    ("etcd-cafile", Domain::Etcd),
    ("client-ca-file", Domain::Kubernetes),
    ("kubelet-certificate-authority", Domain::Kubernetes),
    ("root-ca-file", Domain::Kubernetes),
    ("requestheader-client-ca-file", Domain::FrontProxy),
    ("tls-ca-file", Domain::Kubernetes),
];

/// The longest file that is read, in bytes.
pub const MAX_FILE: usize = 1 << 20;
/// The most words of a command line.
const MAX_WORDS: usize = 4096;

#[derive(Deserialize)]
struct Pod {
    kind: String,
    spec: Spec,
}

#[derive(Deserialize)]
struct Spec {
    #[serde(default)]
    containers: Vec<Container>,
}

#[derive(Deserialize)]
struct Container {
    image: Option<String>,
    #[serde(default)]
    command: Vec<String>,
    #[serde(default)]
    args: Vec<String>,
}

#[derive(Deserialize)]
struct KubeletConfig {
    kind: String,
    authentication: Option<Authentication>,
}

#[derive(Deserialize)]
struct Authentication {
    x509: Option<X509>,
}

#[derive(Deserialize)]
struct X509 {
    #[serde(rename = "clientCAFile")]
    client_ca_file: Option<String>,
}

impl Program {
    /// The value of the last flag called `name`, as the programs themselves take it.
    pub fn flag(&self, name: &str) -> Option<&str> {
        self.flags.iter().rev().find(|(flag, _)| flag == name).map(|(_, value)| value.as_str())
    }

    /// Each file with CAs that it names, absolute, with its flag.
    pub fn ca_files(&self) -> impl Iterator<Item = (&'static str, Domain, &str)> {
        CA_FLAGS.into_iter().filter_map(|(flag, domain)| Some((flag, domain, self.flag(flag)?)))
    }

    /// The same with `value` for the flag called `name`, or without it.
    pub fn with_flag(mut self, name: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) if self.flag(name).is_none() => self.flags.push((name.to_owned(), value.to_owned())),
            Some(value) => {
                for (_, old) in self.flags.iter_mut().filter(|(flag, _)| flag == name) {
                    *old = value.to_owned();
                }
            }
            None => self.flags.retain(|(flag, _)| flag != name),
        }
        self
    }

    /// Its flags in one order: of two commands with the same flags, whichever way round, it makes the same.
    pub(super) fn sort_flags(&mut self) {
        self.flags.sort();
    }

    fn of_words(file: &str, words: &[String], image: Option<&str>) -> Option<Self> {
        let (command, rest) = words.split_first()?;
        let name = command.rsplit('/').next().filter(|name| !name.is_empty())?.to_owned();
        let version = image.and_then(|image| image.rsplit_once(':')).map(|(_, tag)| tag.to_owned());
        Some(Self { file: file.to_owned(), name, version, flags: flags(rest) })
    }
}

/// The programs in the manifests and units of `tree`, and the kubelet's own config as one of its flags.
pub fn programs(tree: &NodeTree) -> Vec<Program> {
    let readable = tree.paths().filter_map(|path| Some((path, tree.file(path)?.text().ok()?)));
    readable.filter(|(_, text)| text.len() <= MAX_FILE).flat_map(|(path, text)| of_file(path, text)).collect()
}

/// The programs in one file, by its name: `*.yaml` is a manifest or the kubelet's config, `*.service` and `*.conf` units.
pub fn of_file(path: &str, text: &str) -> Vec<Program> {
    if path.ends_with(".yaml") || path.ends_with(".yml") || path.ends_with(".json") {
        let kubelet = of_kubelet_config(path, text);
        return if kubelet.is_empty() { of_manifest(path, text) } else { kubelet };
    }
    if path.starts_with("etc/systemd/") || path.contains("/systemd/system/") { of_unit(path, text) } else { Vec::new() }
}

fn of_manifest(path: &str, text: &str) -> Vec<Program> {
    let options = serde_saphyr::options! { with_snippet: false };
    let Ok(pod) = serde_saphyr::from_str_with_options::<Pod>(text, options) else { return Vec::new() };
    if pod.kind != "Pod" {
        return Vec::new();
    }
    let words = |container: &Container| [container.command.as_slice(), container.args.as_slice()].concat();
    let containers = pod.spec.containers.iter();
    containers.filter_map(|one| Program::of_words(path, &words(one), one.image.as_deref())).collect()
}

fn of_kubelet_config(path: &str, text: &str) -> Vec<Program> {
    let options = serde_saphyr::options! { with_snippet: false };
    let Ok(config) = serde_saphyr::from_str_with_options::<KubeletConfig>(text, options) else { return Vec::new() };
    let file = config.authentication.and_then(|all| all.x509).and_then(|x509| x509.client_ca_file);
    match file {
        Some(file) if config.kind == "KubeletConfiguration" => {
            let flags = vec![("client-ca-file".to_owned(), file)];
            vec![Program { file: path.to_owned(), name: "kubelet".to_owned(), version: None, flags }]
        }
        _ => Vec::new(),
    }
}

/// The commands of `ExecStart=` (systemd.service(5)); a backslash at the end of a line continues it.
fn of_unit(path: &str, text: &str) -> Vec<Program> {
    let joined = text.replace("\\\r\n", " ").replace("\\\n", " ");
    let commands = joined.lines().filter_map(|line| line.trim().strip_prefix("ExecStart="));
    commands
        .filter_map(|command| {
            Program::of_words(path, &words(command.trim_start_matches(['-', '@', '+', '!', ':'])), None)
        })
        .collect()
}

/// Words between blanks, with quotes taken off; a quote that does not end reaches to the end.
fn words(command: &str) -> Vec<String> {
    let (mut all, mut word, mut quote, mut begun) = (Vec::new(), String::new(), None, false);
    for c in command.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => (quote, begun) = (Some(c), true),
            (None, c) if c.is_whitespace() => {
                if begun {
                    all.push(std::mem::take(&mut word));
                }
                begun = false;
            }
            (_, c) => {
                word.push(c);
                begun = true;
            }
        }
    }
    if begun {
        all.push(word);
    }
    all.truncate(MAX_WORDS);
    all
}

/// `--flag=value` and `--flag value`, with one dash or two; a flag before another has no value.
fn flags(words: &[String]) -> Vec<(String, String)> {
    let mut flags = Vec::new();
    let mut words = words.iter().peekable();
    while let Some(word) = words.next() {
        let Some(flag) = word.strip_prefix("--").or_else(|| word.strip_prefix('-')) else { continue };
        match flag.split_once('=') {
            Some((flag, value)) => flags.push((flag.to_owned(), value.to_owned())),
            None => {
                let value = words.next_if(|next| !next.starts_with('-')).cloned().unwrap_or_default();
                flags.push((flag.to_owned(), value));
            }
        }
    }
    flags
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: kube-controller-manager\nspec:\n  containers:\n  \
        - command:\n    - kube-controller-manager\n    - --client-ca-file=/etc/kubernetes/pki/ca.crt\n    \
        - --cluster-signing-cert-file=/etc/kubernetes/pki/ca.crt\n    - --root-ca-file=/etc/kubernetes/pki/ca.crt\n    \
        - --use-service-account-credentials=true\n    image: registry.example:5000/kube-controller-manager:v1.32.3\n    \
        livenessProbe:\n      httpGet: {path: /healthz, port: 10257}\n  hostNetwork: true\n";

    #[test]
    fn a_manifest_tells_program_version_and_flags() {
        let all = of_file("etc/kubernetes/manifests/kube-controller-manager.yaml", MANIFEST);
        let [program] = all.as_slice() else { panic!("{all:?}") };
        assert_eq!((program.name.as_str(), program.version.as_deref()), ("kube-controller-manager", Some("v1.32.3")));
        assert_eq!(program.flag("cluster-signing-cert-file"), Some("/etc/kubernetes/pki/ca.crt"));
        assert_eq!(program.flag("kubelet-certificate-authority"), None);
        let files: Vec<_> = program.ca_files().map(|(flag, ..)| flag).collect();
        assert_eq!(files, ["client-ca-file", "root-ca-file"]);
    }

    #[test]
    fn a_unit_tells_them_too() {
        let unit = "[Service]\nExecStart=\nExecStart=-/usr/bin/etcd --name cp1 \\\n  --trusted-ca-file=\"/etc/etcd/a b.crt\" \\\n  \
            --peer-trusted-ca-file /etc/etcd/peer.crt --client-cert-auth\nRestart=always\n";
        let all = of_file("etc/systemd/system/etcd.service", unit);
        let [program] = all.as_slice() else { panic!("{all:?}") };
        assert_eq!((program.name.as_str(), program.flag("name")), ("etcd", Some("cp1")));
        assert_eq!(program.flag("trusted-ca-file"), Some("/etc/etcd/a b.crt"));
        assert_eq!(program.flag("peer-trusted-ca-file"), Some("/etc/etcd/peer.crt"));
        assert_eq!(program.flag("client-cert-auth"), Some(""));
        assert!(of_file("etc/kubernetes/notes.txt", unit).is_empty());
    }

    #[test]
    fn the_config_of_a_kubelet_names_whom_it_trusts() {
        let config = "apiVersion: kubelet.config.k8s.io/v1beta1\nauthentication:\n  x509:\n    clientCAFile: /etc/kubernetes/pki/ca.crt\nkind: KubeletConfiguration\nfeatureGates: {x: true}\n";
        let all = of_file("var/lib/kubelet/config.yaml", config);
        assert_eq!(all[0].flag("client-ca-file"), Some("/etc/kubernetes/pki/ca.crt"));
        for broken in ["", "kind: KubeletConfiguration", "kind: [", "- a\n- b", "kind: Pod\nspec: 3"] {
            assert!(of_file("var/lib/kubelet/config.yaml", broken).is_empty(), "{broken}");
        }
    }
}
