//! Requests that were made elsewhere: by openssl, by `kubeadm certs generate-csr`, by a Go program.
//!
//! Nothing of one is changed. Its proof of possession is verified, and what the CA will not like of it is said.

use super::ask::{Ask, KeySource};
use super::fault::RequestError;
use super::stock::Stock;
use crate::cluster::role::Role;
use crate::pki::csr::Csr;
use crate::wire::text;

/// A request that was made elsewhere, and what it is for.
#[derive(Debug)]
pub struct Foreign {
    /// The node its certificate will live on.
    pub node: String,
    /// Its profile.
    pub role: Role,
    csr: Csr,
}

impl Foreign {
    /// Reads the request in `file`, the content of the file called `name`.
    ///
    /// # Errors
    /// [`RequestError::Foreign`] with what is wrong with it.
    pub fn parse(node: &str, role: Role, name: &str, file: &[u8]) -> Result<Self, RequestError> {
        let refuse = |error| RequestError::Foreign(text::clip(name, 120), error);
        let csr = match std::str::from_utf8(file) {
            Ok(text) => Csr::parse_foreign(text),
            // Not text at all: the DER itself, as openssl writes it with -outform DER.
            Err(_) => Csr::parse_der(file),
        };
        Ok(Self { node: node.to_owned(), role, csr: csr.map_err(refuse)? })
    }

    pub(super) fn ask(self, stock: &Stock<'_>) -> Ask {
        let Self { node, role, csr } = self;
        Ask {
            subject: csr.subject().clone(),
            extensions: csr.requested().clone(),
            today: stock.today(role, &node),
            key: KeySource::Elsewhere(Box::new(csr)),
            role,
            node,
        }
    }
}
