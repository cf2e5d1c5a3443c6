//! What a row of the table says, and what can be asked of a role.

use std::fmt;
use std::str::FromStr;

use der::asn1::ObjectIdentifier;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use thiserror::Error;

use super::table::Role;
use crate::pki::extension::ExtendedKeyUsage;
use crate::pki::name::{Name, NameError};
use crate::refusal::{Class, Reason, Refusal};
use crate::wire::text;

/// The CAs of a kubeadm cluster; each is a world of trust of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Domain {
    /// Certifies the API server, its clients and the kubelets.
    Kubernetes,
    /// Certifies etcd and its clients.
    Etcd,
    /// Certifies the API server to aggregated API servers.
    FrontProxy,
}

/// Which subject alternative names a role bears; the cluster record knows the names themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Names {
    /// None.
    None,
    /// Those of the API server: the node, the service, the control-plane endpoint.
    Apiserver,
    /// Those of an etcd member whose clients connect through the loopback too.
    EtcdServer,
    /// Those of an etcd member as its peers see it.
    EtcdPeer,
    /// Those of the node.
    Kubelet,
}

/// On which nodes a role lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hosts {
    /// On each control plane.
    ControlPlane,
    /// On each etcd member.
    Etcd,
    /// On each node.
    Every,
}

/// Where a role's certificate and key live, relative to the root of the node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Files {
    /// In a file each.
    Pair {
        /// The certificate.
        certificate: &'static str,
        /// Its key.
        key: &'static str,
    },
    /// In a kubeconfig, embedded or by path.
    Kubeconfig(&'static str),
}

/// What is staged all or nothing: with a part of it missing, the components of the group lose one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// The etcd members.
    Etcd,
    /// The API server with its clients, the controller manager and the scheduler.
    ControlPlane,
    /// The kubelet, as client and as server.
    Kubelet,
    /// An administrator.
    Admin,
    /// An issuing CA.
    Issuer,
}

/// How far a group reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Span {
    /// All of the cluster's certificates of the group belong together.
    Cluster,
    /// Those of one node belong together.
    Node,
    /// Each stands alone.
    Alone,
}

/// A row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Identity {
    /// The profile id.
    pub id: &'static str,
    /// The CA that certifies it.
    pub domain: Domain,
    /// The subjects that are accepted, as RDNs of one attribute in their order; the first is what is asked for today,
    /// the others are what older versions of kubeadm made. `{node}` stands for the name of the node.
    pub subjects: &'static [&'static [(&'static str, &'static str)]],
    /// Its extended key usages, no more and no less; of a CA those it may pass on.
    pub usages: &'static [ObjectIdentifier],
    /// Whether it is a CA.
    pub is_ca: bool,
    /// Its subject alternative names.
    pub names: Names,
    /// Whether each request must be ticked by each officer, whatever its subject says.
    pub privileged: bool,
    /// The nodes that bear it.
    pub hosts: Hosts,
    /// Where it lives.
    pub files: Files,
    /// The file, certificate and key in one, that a kubelet which renews itself writes and then prefers.
    pub self_renewed: Option<&'static str>,
    /// What it is staged with.
    pub group: Group,
}

/// The groups that may do everything in a cluster, whoever bears them.
pub const PRIVILEGED_GROUPS: [&str; 2] = ["system:masters", "kubeadm:cluster-admins"];

/// The text is not the id of a role.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("no profile is called {0:?}")]
pub struct RoleError(String);

impl Role {
    /// The profile id, as `etcd-peer`.
    pub fn id(self) -> &'static str {
        self.identity().id
    }

    /// The CA that certifies it.
    pub fn domain(self) -> Domain {
        self.identity().domain
    }

    /// The subject that is asked for on `node`.
    ///
    /// # Errors
    /// [`NameError`] where the name of the node makes no subject.
    pub fn subject(self, node: &str) -> Result<Name, NameError> {
        let rdns = self.identity().subjects.first().copied().unwrap_or_default();
        let values: Vec<_> = rdns.iter().map(|(kind, text)| (*kind, text.replace("{node}", node))).collect();
        Name::from_pairs(&values.iter().map(|(kind, text)| (*kind, text.as_str())).collect::<Vec<_>>())
    }

    /// Whether `subject` is one of the subjects of this role on `node`: the same RDNs with one attribute each, in the
    /// same order. The kind of string an attribute is written in does not matter here.
    pub fn accepts(self, subject: &Name, node: &str) -> bool {
        self.identity().subjects.iter().any(|rdns| {
            rdns.len() == subject.rdns().len()
                && rdns.iter().zip(subject.rdns()).all(|((kind, text), rdn)| match rdn.as_slice() {
                    [only] => only.type_name() == *kind && only.text() == text.replace("{node}", node),
                    _ => false,
                })
        })
    }

    /// Whether `usages` are exactly those of this role, in any order.
    pub fn uses(self, usages: Option<&ExtendedKeyUsage>) -> bool {
        let found = usages.map(ExtendedKeyUsage::usages).unwrap_or_default();
        let wanted = self.identity().usages;
        found.len() == wanted.len() && wanted.iter().all(|usage| found.contains(usage))
    }

    /// Whether a certificate of this role with `subject` must be ticked one by one: by the table, or because the
    /// subject bears a group of [`PRIVILEGED_GROUPS`].
    pub fn is_privileged(self, subject: &Name) -> bool {
        self.identity().privileged || subject.organizations().iter().any(|group| PRIVILEGED_GROUPS.contains(group))
    }
}

impl Group {
    /// How far it reaches.
    pub fn span(self) -> Span {
        match self {
            Self::Etcd => Span::Cluster,
            Self::ControlPlane | Self::Kubelet => Span::Node,
            Self::Admin | Self::Issuer => Span::Alone,
        }
    }
}

impl Domain {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Kubernetes, Self::Etcd, Self::FrontProxy];
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Kubernetes => "kubernetes",
            Self::Etcd => "etcd",
            Self::FrontProxy => "front-proxy",
        })
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

impl FromStr for Role {
    type Err = RoleError;

    fn from_str(id: &str) -> Result<Self, RoleError> {
        Self::ALL.iter().copied().find(|role| role.id() == id).ok_or_else(|| RoleError(text::clip(id, 64)))
    }
}

impl Serialize for Role {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.id())
    }
}

impl<'de> Deserialize<'de> for Role {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl Refusal for RoleError {
    fn reason(&self) -> Reason {
        Reason::new(Class::Usage, "ROLE_UNKNOWN", "use a profile id of the certificate table")
    }
}
