//! A place that embeds a CA.

use std::collections::BTreeSet;

use serde::Serialize;

use super::holding::{Holding, Roots};
use crate::cluster::role::Domain;
use crate::wire::digest::Digest;
use crate::wire::{pem, text};

/// What kind of place it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A CA file where kubeadm keeps it.
    CaFile,
    /// A file that a flag of a program names.
    Flag,
    /// The CA of a kubeconfig.
    Kubeconfig,
    /// `kube-root-ca.crt` of a namespace.
    RootCaMap,
    /// `kube-public/cluster-info`.
    ClusterInfo,
    /// `kube-system/extension-apiserver-authentication`.
    ExtensionAuthentication,
    /// `caBundle` of an admission webhook.
    Webhook,
    /// `caBundle` of an aggregated API.
    ApiService,
    /// `caBundle` of a conversion webhook.
    Conversion,
    /// `ca.crt` of a service account token.
    TokenSecret,
}

/// A place that embeds a CA, and what it holds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Place {
    /// What kind it is.
    pub kind: Kind,
    /// The node it is on; none for an object of the API.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// The path on the node, or namespace, name and field of the object; escaped for showing.
    pub name: String,
    /// The world of trust it belongs to, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain: Option<Domain>,
    /// The verdict.
    pub holding: Holding,
    /// How many certificates it holds.
    pub certificates: usize,
    /// Why it cannot be read; escaped for showing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// The most certificates that are looked at in one place.
pub const MAX_CERTIFICATES: usize = 1024;

impl Place {
    /// The place called `name`, which holds the PEM text `text`, judged by `roots`.
    pub fn of(kind: Kind, name: &str, domain: Option<Domain>, text: &str, roots: &Roots) -> Self {
        match prints(text) {
            Ok(all) => {
                let holding = roots.holding(&all, domain);
                let name = crate::wire::text::clip(name, 300);
                Self { kind, node: None, name, domain, holding, certificates: all.len(), why: None }
            }
            Err(why) => Self::unreadable(kind, name, domain, &why),
        }
    }

    /// The place called `name` that cannot be read.
    pub fn unreadable(kind: Kind, name: &str, domain: Option<Domain>, why: &str) -> Self {
        let (name, why) = (text::clip(name, 300), Some(text::clip(why, 200)));
        Self { kind, node: None, name, domain, holding: Holding::Unreadable, certificates: 0, why }
    }

    /// The same on `node`.
    pub fn on(self, node: &str) -> Self {
        Self { node: Some(text::clip(node, 64)), ..self }
    }
}

/// The fingerprints of the certificates of a PEM text. They are compared, not read: who certifies others is no matter of
/// ours. What stands between the blocks, and keys, are not even decoded.
fn prints(text: &str) -> Result<BTreeSet<Digest>, String> {
    let blocks: Vec<_> = text.split("-----BEGIN ").filter(|block| block.starts_with("CERTIFICATE-----")).collect();
    if blocks.is_empty() {
        return Err("no certificate in PEM".to_owned());
    }
    if blocks.len() > MAX_CERTIFICATES {
        return Err(format!("{} certificates, more than {MAX_CERTIFICATES}", blocks.len()));
    }
    let only: String = blocks.iter().map(|block| format!("-----BEGIN {block}")).collect();
    let blocks = pem::blocks(&only).map_err(|e| e.to_string())?;
    Ok(blocks.iter().filter(|(label, _)| label == pem::CERTIFICATE).map(|(_, der)| Digest::of(der)).collect())
}

impl Kind {
    /// How it is shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CaFile => "CA file",
            Self::Flag => "file of a flag",
            Self::Kubeconfig => "kubeconfig",
            Self::RootCaMap => "kube-root-ca.crt",
            Self::ClusterInfo => "cluster-info",
            Self::ExtensionAuthentication => "extension-apiserver-authentication",
            Self::Webhook => "webhook",
            Self::ApiService => "APIService",
            Self::Conversion => "CRD conversion",
            Self::TokenSecret => "token secret",
        }
    }
}
