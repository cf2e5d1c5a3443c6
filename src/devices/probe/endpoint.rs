//! Where to dial, and by which name.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use rustls::pki_types::{DnsName, ServerName};
use thiserror::Error;

use crate::refusal::{Class, Reason, Refusal};
use crate::wire::text;

/// An address and, where it is dialled by name, the name that stands in SNI (RFC 6066, section 3). Without one the
/// handshake carries no SNI, as when a control plane dials a node by its address: some servers answer the two with
/// different certificates.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Endpoint {
    address: SocketAddr,
    name: Option<DnsName<'static>>,
}

/// Not an endpoint.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum EndpointError {
    /// Not an IP address and a port.
    #[error("{0} is not an IP address and a port, as 10.0.0.1:6443 or [fd00::1]:6443")]
    Address(String),
    /// Not a host name.
    #[error("{0} is not a host name that can stand in SNI")]
    Name(String),
}

impl Endpoint {
    /// `address` without SNI.
    pub const fn by_address(address: SocketAddr) -> Self {
        Self { address, name: None }
    }

    /// The same address with `name` in SNI.
    ///
    /// # Errors
    /// [`EndpointError::Name`].
    pub fn by_name(&self, name: &str) -> Result<Self, EndpointError> {
        let name = DnsName::try_from(name.to_owned()).map_err(|_| EndpointError::Name(text::clip(name, 80)))?;
        Ok(Self { address: self.address, name: Some(name) })
    }

    /// Where it is dialled.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its IP address.
    pub const fn ip(&self) -> IpAddr {
        self.address.ip()
    }

    /// The name in SNI, where there is one.
    pub fn name(&self) -> Option<&str> {
        self.name.as_ref().map(AsRef::as_ref)
    }

    /// As the TLS library wants it: an IP address is never sent in SNI.
    pub(super) fn server_name(&self) -> ServerName<'static> {
        match &self.name {
            Some(name) => ServerName::DnsName(name.clone()),
            None => ServerName::from(self.address.ip()),
        }
    }

    /// What stands in the `Host` field of a request.
    pub(super) fn authority(&self) -> String {
        match &self.name {
            Some(name) => format!("{}:{}", name.as_ref(), self.address.port()),
            None => self.address.to_string(),
        }
    }
}

impl FromStr for Endpoint {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, EndpointError> {
        text.parse().map(Self::by_address).map_err(|_| EndpointError::Address(text::clip(text, 80)))
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "{} as {}", self.address, name.as_ref()),
            None => self.address.fmt(f),
        }
    }
}

impl Refusal for EndpointError {
    fn reason(&self) -> Reason {
        match self {
            Self::Address(_) => Reason::new(Class::Usage, "PROBE_ADDRESS", "give an IP address and a port"),
            Self::Name(_) => Reason::new(Class::Usage, "PROBE_NAME", "give a host name, or dial by address alone"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_goes_without_sni_and_a_name_with_it() {
        let plain: Endpoint = "[fd00::1]:10250".parse().unwrap();
        let named = plain.by_name("w1").unwrap();
        assert!(matches!(plain.server_name(), ServerName::IpAddress(_)));
        assert!(matches!(named.server_name(), ServerName::DnsName(_)));
        assert_eq!((plain.to_string().as_str(), plain.name()), ("[fd00::1]:10250", None));
        assert_eq!((named.to_string().as_str(), named.authority().as_str()), ("[fd00::1]:10250 as w1", "w1:10250"));
        assert_eq!(named.address(), plain.address());
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["", "localhost:1", "10.0.0.1", "10.0.0.1:66000", "10.0.0.1:1 "] {
            assert_eq!(text.parse::<Endpoint>().unwrap_err().reason().code, "PROBE_ADDRESS", "{text}");
        }
        let plain: Endpoint = "10.0.0.1:1".parse().unwrap();
        for name in ["", "a b", "10.0.0.1", "x\u{202e}y"] {
            assert_eq!(plain.by_name(name).unwrap_err().reason().code, "PROBE_NAME", "{name}");
        }
    }
}
