//! Why a file is no kubeconfig. Nothing here repeats what the file holds: it may be a key.

use thiserror::Error;

use crate::refusal::{Class, Reason, Refusal};

/// Why a file is no kubeconfig.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum KubeconfigError {
    /// Longer than [`super::file::MAX_KUBECONFIG`].
    #[error("the kubeconfig has {0} bytes, too many")]
    Size(usize),
    /// Not YAML, or a key that is unknown, missing, of another type or there twice.
    #[error("line {0} is not what a kubeconfig holds there")]
    Shape(u64),
    /// Another kind of object, or another version.
    #[error("not a kubeconfig of apiVersion v1")]
    Kind,
    /// A name leads to nothing.
    #[error("the {0} that is named is not there")]
    Dangling(&'static str),
    /// A name leads to two things.
    #[error("two of the {0} bear the same name")]
    Twice(&'static str),
    /// Both embedded and by path.
    #[error("{0} stands there both embedded and by path")]
    Both(&'static str),
    /// What is embedded is not the base64 of a text.
    #[error("{0} is not base64 of PEM text")]
    Data(&'static str),
    /// It cannot be written as YAML.
    #[error("the kubeconfig cannot be written")]
    Unwritable,
}

impl Refusal for KubeconfigError {
    fn reason(&self) -> Reason {
        let verification = |code, hint| Reason::new(Class::Verification, code, hint);
        match self {
            Self::Size(_) => verification("KUBECONFIG_SIZE", "check that this is the right file"),
            Self::Shape(_) => {
                verification("KUBECONFIG_SHAPE", "look at that line; only what kubeadm and kubectl write is read")
            }
            Self::Kind => verification("KUBECONFIG_KIND", "check that this is the right file"),
            Self::Dangling(_) => verification("KUBECONFIG_DANGLING", "mend it with kubectl config"),
            Self::Twice(_) => verification("KUBECONFIG_TWICE", "leave one of them"),
            Self::Both(_) => verification("KUBECONFIG_BOTH", "leave one of the two"),
            Self::Data(_) => verification("KUBECONFIG_DATA", "embed the PEM file again with kubectl config"),
            Self::Unwritable => Reason::new(Class::Internal, "KUBECONFIG_UNWRITABLE", "report this as a fault"),
        }
    }
}
