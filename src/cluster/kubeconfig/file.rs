//! A kubeconfig, its current context, and the same one with other keys and certificates.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::fault::KubeconfigError;
use super::shape::{Config, Secret, User};

/// A parsed kubeconfig. What is asked of it and renewed in it is the cluster and the user of its current context.
pub struct Kubeconfig {
    config: Config,
    cluster: usize,
    user: usize,
    ca: Option<Material>,
    certificate: Option<Material>,
    key: Option<Material>,
}

/// A certificate or a key in a kubeconfig.
pub enum Material {
    /// The PEM text itself.
    Embedded(Zeroizing<String>),
    /// The path of a file, as it stands there.
    File(String),
}

/// The longest kubeconfig, in bytes.
pub const MAX_KUBECONFIG: usize = 1 << 20;

impl Kubeconfig {
    /// Reads a kubeconfig. Keys that client-go knows but kubeadm never writes (`exec`, `extensions`, ...) are refused.
    ///
    /// # Errors
    /// Any [`KubeconfigError`].
    pub fn parse(text: &str) -> Result<Self, KubeconfigError> {
        if text.len() > MAX_KUBECONFIG {
            return Err(KubeconfigError::Size(text.len()));
        }
        let options = serde_saphyr::options! { with_snippet: false };
        // The message of the parser may repeat what it read; the line alone does not.
        let config: Config = serde_saphyr::from_str_with_options(text, options)
            .map_err(|e| KubeconfigError::Shape(e.location().map_or(0, |at| at.line())))?;
        if config.api_version != "v1" || config.kind != "Config" {
            return Err(KubeconfigError::Kind);
        }
        let context = only(&config.contexts, "contexts", "context", |c| c.name == config.current_context)?.1;
        let cluster = only(&config.clusters, "clusters", "cluster", |c| c.name == context.context.cluster)?;
        let user = only(&config.users, "users", "user", |u| u.name == context.context.user)?;
        let (trust, client) = (&cluster.1.cluster, &user.1.user);
        let ca = [&trust.certificate_authority_data, &client.client_certificate_data, &client.client_key_data];
        let [ca_data, certificate_data, key_data] = ca;
        Ok(Self {
            ca: material(&trust.certificate_authority, ca_data, "certificate-authority")?,
            certificate: material(&client.client_certificate, certificate_data, "client-certificate")?,
            key: material(&client.client_key, key_data, "client-key")?,
            cluster: cluster.0,
            user: user.0,
            config,
        })
    }

    /// The URL of the API server.
    pub fn server(&self) -> &str {
        self.config.clusters.get(self.cluster).map_or("", |cluster| &cluster.cluster.server)
    }

    /// What it trusts; `None` where it leaves that to the system.
    pub fn ca(&self) -> Option<&Material> {
        self.ca.as_ref()
    }

    /// Its client certificate.
    pub fn certificate(&self) -> Option<&Material> {
        self.certificate.as_ref()
    }

    /// The key of its client certificate.
    pub fn key(&self) -> Option<&Material> {
        self.key.as_ref()
    }

    /// The same, trusting the certificates in `pem`, embedded.
    pub fn with_ca(mut self, pem: &str) -> Self {
        if let Some(cluster) = self.config.clusters.get_mut(self.cluster).map(|named| &mut named.cluster) {
            cluster.certificate_authority = None;
            cluster.certificate_authority_data = Some(encode(pem));
            self.ca = Some(Material::embedded(pem));
        }
        self
    }

    /// The same with the private key in `pem`, embedded, and without a certificate: the old one is another key's.
    pub fn with_key(mut self, pem: &str) -> Self {
        if let Some(user) = self.user() {
            user.client_certificate = None;
            user.client_certificate_data = None;
            user.client_key = None;
            user.client_key_data = Some(encode(pem));
            self.key = Some(Material::embedded(pem));
            self.certificate = None;
        }
        self
    }

    /// The same with the client certificate (and its chain) in `pem`, embedded.
    pub fn with_certificate(mut self, pem: &str) -> Self {
        if let Some(user) = self.user() {
            user.client_certificate = None;
            user.client_certificate_data = Some(encode(pem));
            self.certificate = Some(Material::embedded(pem));
        }
        self
    }

    /// The kubeconfig as YAML.
    ///
    /// # Errors
    /// [`KubeconfigError::Unwritable`].
    pub fn to_yaml(&self) -> Result<Zeroizing<String>, KubeconfigError> {
        // Room for all of it at once: growing would leave copies of the key behind.
        let mut yaml = Zeroizing::new(String::with_capacity(2 * MAX_KUBECONFIG));
        let options = serde_saphyr::ser_options! { prefer_block_scalars: false };
        serde_saphyr::to_fmt_writer_with_options(&mut *yaml, &self.config, options)
            .map_err(|_| KubeconfigError::Unwritable)?;
        Ok(yaml)
    }

    fn user(&mut self) -> Option<&mut User> {
        self.config.users.get_mut(self.user).map(|named| &mut named.user)
    }
}

impl Material {
    fn embedded(pem: &str) -> Self {
        Self::Embedded(Zeroizing::new(pem.to_owned()))
    }
}

/// The only one of `all` that is meant, and where it stands.
fn only<'a, T>(
    all: &'a [T],
    plural: &'static str,
    singular: &'static str,
    is_meant: impl Fn(&T) -> bool,
) -> Result<(usize, &'a T), KubeconfigError> {
    let mut found = all.iter().enumerate().filter(|(_, one)| is_meant(one));
    match (found.next(), found.next()) {
        (Some(only), None) => Ok(only),
        (None, _) => Err(KubeconfigError::Dangling(singular)),
        _ => Err(KubeconfigError::Twice(plural)),
    }
}

fn material(
    path: &Option<String>,
    data: &Option<Secret>,
    key: &'static str,
) -> Result<Option<Material>, KubeconfigError> {
    match (path, data) {
        (None, None) => Ok(None),
        (Some(path), None) => Ok(Some(Material::File(path.clone()))),
        (None, Some(data)) => decode(data).map(|pem| Some(Material::Embedded(pem))).ok_or(KubeconfigError::Data(key)),
        (Some(_), Some(_)) => Err(KubeconfigError::Both(key)),
    }
}

fn decode(data: &Secret) -> Option<Zeroizing<String>> {
    let bytes = Zeroizing::new(STANDARD.decode(data.0.as_bytes()).ok()?);
    std::str::from_utf8(&bytes).ok().map(|pem| Zeroizing::new(pem.to_owned()))
}

fn encode(pem: &str) -> Secret {
    Secret(Zeroizing::new(STANDARD.encode(pem)))
}

impl fmt::Debug for Kubeconfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Kubeconfig({:?})", self.server())
    }
}

impl fmt::Debug for Material {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Embedded(_) => f.write_str("Embedded"),
            Self::File(path) => write!(f, "File({path:?})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use proptest::prelude::*;

    use super::*;

    const ADMIN: &str =
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/cluster/kubeadm-ha/cp1/etc/kubernetes/admin.conf"));

    fn by_path() -> String {
        ADMIN
            .lines()
            .map(|line| match line.trim_start().split_once(':') {
                Some(("client-certificate-data", _)) => {
                    "    client-certificate: /var/lib/kubelet/pki/c.pem\n".to_owned()
                }
                Some(("client-key-data", _)) => "    client-key: c.key\n".to_owned(),
                _ => format!("{line}\n"),
            })
            .collect()
    }

    #[test]
    fn what_kubeadm_writes_is_found() {
        let config = Kubeconfig::parse(ADMIN).unwrap();
        assert_eq!(config.server(), "https://10.66.0.10:6443");
        for (material, label) in [(config.ca(), "CERTIFICATE"), (config.certificate(), "CERTIFICATE")] {
            assert!(matches!(material, Some(Material::Embedded(pem)) if pem.contains(label)));
        }
        assert!(matches!(config.key(), Some(Material::Embedded(pem)) if pem.contains("RSA PRIVATE KEY")));
        let text = by_path();
        let config = Kubeconfig::parse(&text).unwrap();
        assert!(matches!(config.certificate(), Some(Material::File(path)) if path == "/var/lib/kubelet/pki/c.pem"));
        assert!(matches!(config.key(), Some(Material::File(path)) if path == "c.key"));
    }

    #[test]
    fn what_is_not_a_whole_kubeconfig_is_refused() {
        let code = |text: &str| Kubeconfig::parse(text).unwrap_err();
        assert!(matches!(code(""), KubeconfigError::Shape(_)));
        assert!(matches!(code("{"), KubeconfigError::Shape(_)));
        assert_eq!(code(&ADMIN.replace("kind: Config", "kind: Pod")), KubeconfigError::Kind);
        assert_eq!(code(&ADMIN.replace("apiVersion: v1", "apiVersion: v2")), KubeconfigError::Kind);
        let exec = ADMIN.replace("    client-key-data", "    exec: {}\n    client-key-data");
        assert_eq!(code(&exec), KubeconfigError::Shape(19));
        let twice = ADMIN.replace("kind: Config", "kind: Config\nkind: Config");
        assert!(matches!(code(&twice), KubeconfigError::Shape(_)));
        let dangling = ADMIN.replace("current-context: ", "current-context: x");
        assert_eq!(code(&dangling), KubeconfigError::Dangling("context"));
        assert_eq!(code(&ADMIN.replace("    user: ", "    user: x")), KubeconfigError::Dangling("user"));
        let both = ADMIN.replace("    client-key-data", "    client-key: x\n    client-key-data");
        assert_eq!(code(&both), KubeconfigError::Both("client-key"));
        let data = ADMIN.replace("client-key-data: LS0t", "client-key-data: LS0*");
        assert_eq!(code(&data), KubeconfigError::Data("client-key"));
        let other = format!("{ADMIN}- name: kubernetes-admin\n  user: {{}}\n");
        assert_eq!(code(&other), KubeconfigError::Twice("users"));
        assert!(matches!(code(&"#".repeat(MAX_KUBECONFIG + 1)), KubeconfigError::Size(_)));
    }

    #[test]
    fn no_error_and_no_debug_output_repeats_a_key() {
        let Some(Material::Embedded(key)) = Kubeconfig::parse(ADMIN).unwrap().key else { panic!() };
        let data = STANDARD.encode(&*key);
        let broken = [
            ADMIN.replace("client-key-data: ", "client-key-data: [").replace("preferences: {}", "preferences: ]"),
            ADMIN.replace("client-key-data: ", "client-key-data:\n      x: "),
            ADMIN.replace("client-key-data: ", "preferences: "),
            ADMIN.replace("preferences: {}", &format!("preferences: {data}")),
            ADMIN.replace("client-key-data: LS0t", "client-key-data: *LS0t"),
        ];
        for text in &broken {
            let error = Kubeconfig::parse(text).unwrap_err();
            let said = format!("{error} {error:?}");
            assert!(said.len() < 120 && !said.contains(&data[8..16]), "{said}");
        }
        let config = Kubeconfig::parse(ADMIN).unwrap();
        assert_eq!(format!("{config:?} {:?}", config.key()), "Kubeconfig(\"https://10.66.0.10:6443\") Some(Embedded)");
    }

    /// What kubectl makes of a kubeconfig; `None` where there is no kubectl.
    fn by_kubectl(yaml: &str) -> Option<serde_json::Value> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), yaml).unwrap();
        let mut kubectl = Command::new("kubectl");
        kubectl.args(["config", "view", "--raw", "-o", "json", "--kubeconfig"]).arg(file.path());
        let output = kubectl.output().ok()?;
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Some(serde_json::from_slice(&output.stdout).unwrap())
    }

    #[test]
    fn kubectl_reads_the_renewed_file_and_sees_only_what_changed() {
        let by_path = by_path();
        for old in [ADMIN, by_path.as_str()] {
            let new = Kubeconfig::parse(old).unwrap().with_key("KEY\n").with_certificate("LEAF\n").with_ca("CA\n");
            let yaml = new.to_yaml().unwrap();
            let again = Kubeconfig::parse(&yaml).unwrap();
            assert!(matches!(again.certificate(), Some(Material::Embedded(pem)) if **pem == "LEAF\n"));
            let (Some(before), Some(after)) = (by_kubectl(old), by_kubectl(&yaml)) else {
                eprintln!("skipped: no kubectl");
                return;
            };
            let mut expected = before;
            expected["clusters"][0]["cluster"]["certificate-authority-data"] = STANDARD.encode("CA\n").into();
            let user = expected["users"][0]["user"].as_object_mut().unwrap();
            user.clear();
            user.insert("client-certificate-data".to_owned(), STANDARD.encode("LEAF\n").into());
            user.insert("client-key-data".to_owned(), STANDARD.encode("KEY\n").into());
            assert_eq!(after, expected);
        }
    }

    #[test]
    fn an_untouched_file_is_written_as_kubeadm_wrote_it() {
        let written = Kubeconfig::parse(ADMIN).unwrap().to_yaml().unwrap();
        assert!(*written == ADMIN);
    }

    #[test]
    fn a_new_key_leaves_no_certificate() {
        let config = Kubeconfig::parse(ADMIN).unwrap().with_key("KEY\n");
        assert!(config.certificate().is_none());
        assert!(!config.to_yaml().unwrap().contains("client-certificate"));
    }

    proptest! {
        #[test]
        fn damaged_files_are_refused_or_read_but_never_fatal(at in 0..ADMIN.len(), byte in 0_u8..128, cut: bool) {
            let mut text = ADMIN.as_bytes().to_vec();
            text[at] = byte;
            if cut {
                text.truncate(at);
            }
            if let Ok(config) = Kubeconfig::parse(std::str::from_utf8(&text).unwrap()) {
                let yaml = config.to_yaml().unwrap();
                prop_assert_eq!(&*Kubeconfig::parse(&yaml).unwrap().to_yaml().unwrap(), &*yaml);
            }
        }

        #[test]
        fn any_name_and_any_text_survive(name in "\\PC{1,20}", server in "\\PC{0,20}", pem in "\\PC{0,200}\n?") {
            let mut config = Kubeconfig::parse(ADMIN).unwrap().with_certificate(&pem);
            config.config.clusters[0].cluster.server = server.clone();
            config.config.contexts[0].name = name.clone();
            config.config.current_context = name.clone();
            let again = Kubeconfig::parse(&config.to_yaml().unwrap()).unwrap();
            prop_assert_eq!(again.server(), server);
            prop_assert_eq!(again.config.current_context, name);
            prop_assert!(matches!(again.certificate, Some(Material::Embedded(read)) if *read == pem));
        }
    }
}
