//! The YAML of a kubeconfig (client-go `clientcmd/api/v1`), its keys in the order in which kubeadm writes them. What is
//! not listed here is refused: a renewed file would lose it.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Config {
    #[serde(rename = "apiVersion")]
    pub(super) api_version: String,
    pub(super) clusters: Vec<NamedCluster>,
    pub(super) contexts: Vec<NamedContext>,
    pub(super) current_context: String,
    pub(super) kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) preferences: Option<Preferences>,
    pub(super) users: Vec<NamedUser>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Preferences {}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NamedCluster {
    pub(super) cluster: Cluster,
    pub(super) name: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NamedContext {
    pub(super) context: Context,
    pub(super) name: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NamedUser {
    pub(super) name: String,
    pub(super) user: User,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Cluster {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) certificate_authority: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) certificate_authority_data: Option<Secret>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) disable_compression: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) insecure_skip_tls_verify: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) proxy_url: Option<String>,
    pub(super) server: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) tls_server_name: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Context {
    pub(super) cluster: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) namespace: Option<String>,
    pub(super) user: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct User {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) client_certificate: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) client_certificate_data: Option<Secret>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) client_key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) client_key_data: Option<Secret>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) token: Option<Secret>,
    #[serde(rename = "tokenFile", skip_serializing_if = "Option::is_none")]
    pub(super) token_file: Option<String>,
}

/// Text that is wiped from memory and never printed.
pub(super) struct Secret(pub(super) Zeroizing<String>);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(Zeroizing::new(text)))
    }
}
