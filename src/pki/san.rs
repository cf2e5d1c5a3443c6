//! Subject alternative names (RFC 5280, 4.2.1.6), in their order and with their duplicates.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use der::asn1::AnyRef;
use der::{Decode, Reader, SliceReader, Tag, Tagged};
use thiserror::Error;

use super::exact::{element, tag};
use crate::refusal::{Class, Reason, Refusal};
use crate::wire::text;

const DNS: u8 = 2;
const IP: u8 = 7;

/// One subject alternative name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum AltName {
    /// dNSName: graphic ASCII, not empty; wildcards and upper case are for a rule to judge.
    Dns(String),
    /// iPAddress
    Ip(IpAddr),
    /// Any other kind, which no Kubernetes component reads.
    Other {
        /// The number of its context-specific tag: 0 otherName, 1 email, 4 directoryName, 6 URI, 8 registeredID.
        tag: u8,
        /// The whole element as it came.
        der: Vec<u8>,
    },
}

/// The value of a subjectAltName extension; at least one name. Two are equal when their DER is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SubjectAltNames {
    der: Vec<u8>,
    names: Vec<AltName>,
}

/// Why bytes are not subject alternative names.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum SanError {
    /// Not a DER GeneralNames.
    #[error("the subject alternative names are not DER of the one valid form")]
    Encoding,
    /// No name at all.
    #[error("the subject alternative names are an empty list")]
    Empty,
    /// A DNS name is empty or holds something other than graphic ASCII.
    #[error("a DNS name is empty or holds something other than graphic ASCII: {0:?}")]
    Dns(String),
    /// An IP address of neither 4 nor 16 bytes.
    #[error("an IP address has {0} bytes, neither 4 nor 16")]
    Ip(usize),
}

impl Refusal for SanError {
    fn reason(&self) -> Reason {
        let verification = |code, hint| Reason::new(Class::Verification, code, hint);
        match self {
            Self::Encoding => verification("SAN_ENCODING", "have it made again with a tool that writes DER"),
            Self::Empty => verification("SAN_EMPTY", "leave the extension out where there is no name"),
            Self::Dns(_) => verification("SAN_DNS", "write DNS names in ASCII (A-labels), without blanks"),
            Self::Ip(_) => verification("SAN_IP", "write addresses, not networks, as 4 or 16 bytes"),
        }
    }
}

impl SubjectAltNames {
    /// Reads the value of the extension, which must fill `der`.
    ///
    /// # Errors
    /// Any [`SanError`].
    pub fn from_der(der: &[u8]) -> Result<Self, SanError> {
        let list = AnyRef::from_der(der).map_err(|_| SanError::Encoding)?;
        if list.tag() != Tag::Sequence {
            return Err(SanError::Encoding);
        }
        let mut reader = SliceReader::new(list.value()).map_err(|_| SanError::Encoding)?;
        let mut names = Vec::new();
        while !reader.is_finished() {
            names.push(name(reader.tlv_bytes().map_err(|_| SanError::Encoding)?)?);
        }
        if names.is_empty() { Err(SanError::Empty) } else { Ok(Self { der: der.to_vec(), names }) }
    }

    /// Writes `names` in their order.
    ///
    /// # Errors
    /// What [`Self::from_der`] would refuse.
    pub fn from_names(names: &[AltName]) -> Result<Self, SanError> {
        let encoded: Vec<_> = names.iter().map(AltName::to_der).collect();
        Self::from_der(&element(tag::SEQUENCE, &encoded.iter().map(Vec::as_slice).collect::<Vec<_>>()))
    }

    /// The exact value of the extension.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The names in their order.
    pub fn names(&self) -> &[AltName] {
        &self.names
    }

    /// The DNS names in their order.
    pub fn dns(&self) -> impl Iterator<Item = &str> {
        self.names.iter().filter_map(|name| match name {
            AltName::Dns(dns) => Some(dns.as_str()),
            _ => None,
        })
    }

    /// The IP addresses in their order.
    pub fn ips(&self) -> impl Iterator<Item = IpAddr> {
        self.names.iter().filter_map(|name| match name {
            AltName::Ip(ip) => Some(*ip),
            _ => None,
        })
    }

    /// The names that stand there more than once, each once.
    pub fn duplicates(&self) -> Vec<&AltName> {
        let mut found = Vec::new();
        for (at, name) in self.names.iter().enumerate() {
            let again = self.names.iter().skip(at + 1).any(|other| other == name);
            if again && !found.contains(&name) {
                found.push(name);
            }
        }
        found
    }
}

impl AltName {
    fn to_der(&self) -> Vec<u8> {
        match self {
            Self::Dns(dns) => element(0x80 | DNS, &[dns.as_bytes()]),
            Self::Ip(IpAddr::V4(ip)) => element(0x80 | IP, &[&ip.octets()]),
            Self::Ip(IpAddr::V6(ip)) => element(0x80 | IP, &[&ip.octets()]),
            Self::Other { der, .. } => der.clone(),
        }
    }
}

impl fmt::Display for AltName {
    /// `DNS:localhost`, `IP:10.0.0.1`, and of other kinds the name and the hex of the element; ASCII.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns(dns) => write!(f, "DNS:{}", text::escape(dns)),
            Self::Ip(ip) => write!(f, "IP:{ip}"),
            Self::Other { tag, der } => write!(f, "{}:{}", kind(*tag), hex::encode(der)),
        }
    }
}

impl fmt::Display for SubjectAltNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, name) in self.names.iter().enumerate() {
            write!(f, "{}{name}", if at == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

fn kind(tag: u8) -> &'static str {
    match tag {
        0 => "otherName",
        1 => "email",
        3 => "x400Address",
        4 => "dirName",
        5 => "ediPartyName",
        6 => "URI",
        8 => "registeredID",
        _ => "unknown",
    }
}

/// Reads one GeneralName from its element, whose identifier octet is context-specific and below 9.
fn name(der: &[u8]) -> Result<AltName, SanError> {
    let any = AnyRef::from_der(der).map_err(|_| SanError::Encoding)?;
    let identifier = der.first().copied().unwrap_or_default();
    match (identifier, any.value()) {
        (0x82, dns) => dns_name(dns),
        (0x87, ip) => ip_address(ip).map(AltName::Ip),
        // directoryName is a CHOICE and so tagged explicitly; these forms are constructed, the others primitive.
        (0xa0 | 0x81 | 0xa3 | 0xa4 | 0xa5 | 0x86 | 0x88, _) => {
            Ok(AltName::Other { tag: identifier & 0x1f, der: der.to_vec() })
        }
        _ => Err(SanError::Encoding),
    }
}

fn dns_name(bytes: &[u8]) -> Result<AltName, SanError> {
    match std::str::from_utf8(bytes) {
        Ok(dns) if !dns.is_empty() && dns.bytes().all(|byte| byte.is_ascii_graphic()) => {
            Ok(AltName::Dns(dns.to_owned()))
        }
        _ => Err(SanError::Dns(text::clip(&String::from_utf8_lossy(bytes), 64))),
    }
}

fn ip_address(bytes: &[u8]) -> Result<IpAddr, SanError> {
    if let Ok(v4) = <[u8; 4]>::try_from(bytes) {
        return Ok(IpAddr::V4(Ipv4Addr::from(v4)));
    }
    match <[u8; 16]>::try_from(bytes) {
        Ok(v6) => Ok(IpAddr::V6(Ipv6Addr::from(v6))),
        Err(_) => Err(SanError::Ip(bytes.len())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dns(text: &str) -> AltName {
        AltName::Dns(text.to_owned())
    }

    #[test]
    fn names_keep_their_order_and_their_duplicates() {
        let names = [dns("w1"), AltName::Ip([10, 0, 0, 1].into()), dns("w1"), AltName::Ip(IpAddr::V6(1.into()))];
        let san = SubjectAltNames::from_names(&names).unwrap();
        assert_eq!(san.names(), names);
        assert_eq!(san.to_string(), "DNS:w1, IP:10.0.0.1, DNS:w1, IP:::1");
        assert_eq!(san.duplicates(), [&dns("w1")]);
        assert_eq!(SubjectAltNames::from_der(san.der()), Ok(san));
    }

    #[test]
    fn other_kinds_stay_whole_and_visible() {
        let der = element(0x86, &[b"spiffe://x"]);
        let san = SubjectAltNames::from_names(&[AltName::Other { tag: 6, der: der.clone() }]).unwrap();
        assert_eq!(san.names(), [AltName::Other { tag: 6, der }]);
        assert!(san.to_string().starts_with("URI:860a"));
    }

    fn read(name: &[u8]) -> Result<SubjectAltNames, SanError> {
        SubjectAltNames::from_der(&element(tag::SEQUENCE, &[name]))
    }

    #[test]
    fn dns_names_are_graphic_ascii() {
        assert!(read(&element(0x82, &[b"*.Example.com"])).is_ok());
        for bad in [&b""[..], b"a b", b"a\0b", b"a\x1b[2J", "w\u{202e}1".as_bytes(), &[0xff]] {
            assert!(matches!(read(&element(0x82, &[bad])), Err(SanError::Dns(_))), "{bad:?}");
        }
    }

    #[test]
    fn addresses_have_4_or_16_bytes() {
        assert!(read(&element(0x87, &[&[1; 4]])).is_ok());
        assert!(read(&element(0x87, &[&[1; 16]])).is_ok());
        for length in [0, 3, 5, 8, 15, 17, 32] {
            assert_eq!(read(&element(0x87, &[&vec![1; length]])), Err(SanError::Ip(length)));
        }
    }

    #[test]
    fn what_is_no_list_of_names_is_refused() {
        assert_eq!(SubjectAltNames::from_der(&[0x30, 0]), Err(SanError::Empty));
        for bad in
            [&[][..], &[0x31, 0], &[0x30, 0, 0], &[0x30, 0x81, 0], &[0x30, 2, 0x02, 0], &[0x30, 4, 0x82, 0x81, 1, b'a']]
        {
            assert_eq!(SubjectAltNames::from_der(bad), Err(SanError::Encoding), "{bad:?}");
        }
        for identifier in [0xa2, 0xa7, 0x84, 0x89, 0x16] {
            assert_eq!(read(&element(identifier, &[b"ab"])), Err(SanError::Encoding), "{identifier:x}");
        }
    }
}
