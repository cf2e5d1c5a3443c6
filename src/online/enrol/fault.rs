//! Why nobody is introduced or enrolled.

use thiserror::Error;

use crate::exchange::statement::party::Party;
use crate::refusal::{Class, Reason, Refusal};

/// Why nobody is introduced or enrolled.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum EnrolError {
    /// A cluster introduces itself to a CA, and enrols a CA.
    #[error("{0} is no CA host")]
    NotCa(Party),
    /// The nodes trust nothing.
    #[error("no CA certificate was found on the nodes")]
    NoRoot,
    /// A key of this host cannot be named in a record.
    #[error("the witness key of this host cannot be named")]
    Witness,
}

impl Refusal for EnrolError {
    fn reason(&self) -> Reason {
        match self {
            Self::NotCa(_) => Reason::new(Class::Usage, "ENROL_NOT_CA", "name the CA host, such as ca:root-ca-01"),
            Self::NoRoot => {
                Reason::new(Class::Usage, "ENROL_NO_ROOT", "name the nodes that hold the cluster's CA certificates")
            }
            Self::Witness => Reason::new(Class::Internal, "ENROL_WITNESS", "report this to the maintainers"),
        }
    }
}
