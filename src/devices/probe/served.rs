//! What a server shows: its chain, as it came in a handshake in which it proved that it holds the key.

use rustls::pki_types::CertificateDer;

use super::caller::Caller;
use super::connection::{self, Handshake};
use super::endpoint::Endpoint;
use super::fault::ProbeError;
use crate::pki::certificate::Certificate;
use crate::pki::path::{self, LeafUse};
use crate::wire::digest::Digest;
use crate::wire::text;
use crate::wire::time::Timestamp;
use std::time::Duration;

/// The certificates a server showed, leaf first. The server holds the key of the leaf; nothing else is known of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Served {
    endpoint: Endpoint,
    leaf: Vec<u8>,
    above: Vec<Vec<u8>>,
}

/// What the server at `endpoint` shows to `caller`, within `time`. A server that then turns `caller` away has shown its
/// certificate all the same.
///
/// # Errors
/// Any [`ProbeError`] of the network and of the handshake.
pub fn served(endpoint: &Endpoint, caller: &Caller, time: Duration) -> Result<Served, ProbeError> {
    match connection::handshake(endpoint, caller, time)? {
        Handshake::Done(connection) => Ok(connection.served().clone()),
        Handshake::TurnedAway(served, _) => Ok(served),
    }
}

impl Served {
    /// From what the TLS library keeps once the server has proved that it holds the key.
    pub(super) fn of(endpoint: &Endpoint, chain: &[CertificateDer<'_>]) -> Option<Self> {
        let (leaf, above) = chain.split_first()?;
        let above = above.iter().map(|der| der.to_vec()).collect();
        Some(Self { endpoint: endpoint.clone(), leaf: leaf.to_vec(), above })
    }

    /// SHA-256 over the DER of the leaf.
    pub fn fingerprint(&self) -> Digest {
        Digest::of(&self.leaf)
    }

    /// The leaf.
    ///
    /// # Errors
    /// [`ProbeError::Unreadable`]: it is not in the one form that this program reads.
    pub fn leaf(&self) -> Result<Certificate, ProbeError> {
        self.read(&self.leaf)
    }

    /// What it sends beside the leaf, as a cross-certificate.
    ///
    /// # Errors
    /// As [`Self::leaf`].
    pub fn above(&self) -> Result<Vec<Certificate>, ProbeError> {
        self.above.iter().map(|der| self.read(der)).collect()
    }

    /// Whether a client that trusts `roots` alone would accept it at `now` by what it was dialled by: path, use, and
    /// name or address.
    ///
    /// # Errors
    /// [`ProbeError::Untrusted`], [`ProbeError::OtherName`], [`ProbeError::Unreadable`].
    pub fn trusted_under(&self, roots: &[Certificate], now: Timestamp) -> Result<(), ProbeError> {
        let leaf = self.leaf()?;
        path::verify(&leaf, &self.above()?, roots, now, LeafUse::Server)
            .map_err(|error| ProbeError::Untrusted(self.endpoint.clone(), Box::new(error)))?;
        if self.is_named_by(&leaf) { Ok(()) } else { Err(ProbeError::OtherName(self.endpoint.clone())) }
    }

    fn is_named_by(&self, leaf: &Certificate) -> bool {
        let Some(names) = leaf.extensions().subject_alt_names() else { return false };
        match self.endpoint.name() {
            Some(name) => names.dns().any(|dns| dns.eq_ignore_ascii_case(name)),
            None => names.ips().any(|ip| ip == self.endpoint.ip()),
        }
    }

    fn read(&self, der: &[u8]) -> Result<Certificate, ProbeError> {
        Certificate::parse_der(der)
            .map_err(|error| ProbeError::Unreadable(self.endpoint.clone(), text::clip(&error.to_string(), 120)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::refusal::Refusal as _;

    #[test]
    fn what_cannot_be_read_has_a_fingerprint_all_the_same() {
        let endpoint: Endpoint = "10.0.0.1:6443".parse().unwrap();
        let chain = [CertificateDer::from(b"no certificate".to_vec())];
        let seen = Served::of(&endpoint, &chain).unwrap();
        assert_eq!(seen.fingerprint(), Digest::of(b"no certificate"));
        assert_eq!(seen.leaf().unwrap_err().reason().code, "PROBE_UNREADABLE");
        assert!(Served::of(&endpoint, &[]).is_none());
    }
}
