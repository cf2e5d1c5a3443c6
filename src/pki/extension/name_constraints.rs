//! The names that may stand below a CA.

use std::net::IpAddr;

use ipnet::IpNet;

use super::{Extension, oid};
use crate::pki::exact::{element, tag};

/// A set of names that a constraint permits or excludes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subtree {
    /// This DNS name and all names below it; every DNS name where it is empty.
    Dns(String),
    /// The addresses of this network.
    Ip(IpNet),
}

/// nameConstraints (RFC 5280, 4.2.1.10) of DNS names and addresses, for writing. A kind of name of which a subtree is
/// permitted is limited to those; a kind of which none is permitted is not limited, so exclude what shall not stand.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NameConstraints {
    /// The only names of their kind, in order.
    pub permitted: Vec<Subtree>,
    /// Names that are refused even where they are permitted, in order.
    pub excluded: Vec<Subtree>,
}

impl NameConstraints {
    /// The value of the extension.
    pub fn to_der(&self) -> Vec<u8> {
        let subtrees = |identifier: u8, list: &[Subtree]| match list {
            [] => Vec::new(),
            some => {
                let each: Vec<_> = some.iter().map(Subtree::to_der).collect();
                element(identifier, &each.iter().map(Vec::as_slice).collect::<Vec<_>>())
            }
        };
        element(tag::SEQUENCE, &[&subtrees(0xa0, &self.permitted), &subtrees(0xa1, &self.excluded)])
    }

    /// The extension, which is critical (RFC 5280, 4.2.1.10).
    pub fn to_extension(&self) -> Extension {
        Extension::new(oid::NAME_CONSTRAINTS, true, self.to_der())
    }
}

impl Subtree {
    fn to_der(&self) -> Vec<u8> {
        let base = match self {
            Self::Dns(name) => element(0x82, &[name.as_bytes()]),
            Self::Ip(net) => element(0x87, &[&octets(net.network()), &octets(net.netmask())]),
        };
        element(tag::SEQUENCE, &[&base])
    }
}

fn octets(ip: IpAddr) -> Vec<u8> {
    match ip {
        IpAddr::V4(ip) => ip.octets().to_vec(),
        IpAddr::V6(ip) => ip.octets().to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pki::key::Curve;
    use crate::pki::mint::{Authority, Key, now, openssl, put};
    use crate::pki::san::{AltName, SubjectAltNames};

    fn constraints() -> NameConstraints {
        let nets = ["10.0.0.11/32", "fd00::/64"].map(|net| Subtree::Ip(net.parse().unwrap()));
        let [v4, v6] = nets;
        NameConstraints { permitted: vec![Subtree::Dns("w1".to_owned()), v4, v6], excluded: Vec::new() }
    }

    #[test]
    fn the_value_is_that_of_rfc_5280() {
        let excluded = vec![Subtree::Dns(String::new()), Subtree::Ip("0.0.0.0/0".parse().unwrap())];
        let der = NameConstraints { permitted: Vec::new(), excluded }.to_der();
        assert_eq!(hex::encode(der), "3012a11030028200300a87080000000000000000");
        let der = NameConstraints { permitted: vec![Subtree::Dns("w1".to_owned())], excluded: Vec::new() }.to_der();
        assert_eq!(hex::encode(der), "3008a006300482027731");
    }

    /// Whether openssl accepts a leaf with this name below the constrained CA.
    fn accepted(constraints: &NameConstraints, name: AltName) -> bool {
        let root = Authority::root("root", Key::ec(Curve::P256));
        let limit = |fields: &mut _| put(fields, constraints.to_extension());
        let below = root.subordinate("below", Key::ec(Curve::P256), limit);
        let names = SubjectAltNames::from_names(&[name]).unwrap();
        let san = Extension::new(oid::SUBJECT_ALT_NAME, false, names.der().to_vec());
        let leaf = below.leaf(&Key::ec(Curve::P256), |fields| put(fields, san));
        let at = now().unix().to_string();
        let files = [root.certificate.to_pem(), below.certificate.to_pem(), leaf.to_pem()];
        let verify = ["verify", "-x509_strict", "-attime", &at, "-CAfile", "{0}", "-untrusted", "{1}", "{2}"];
        openssl(&verify, &files).0
    }

    #[test]
    fn openssl_holds_a_ca_to_them() {
        let dns = |name: &str| AltName::Dns(name.to_owned());
        let ip = |text: &str| AltName::Ip(text.parse().unwrap());
        for (name, allowed) in [
            (dns("w1"), true),
            (dns("w2"), false),
            (dns("kubernetes.default.svc"), false),
            (ip("10.0.0.11"), true),
            (ip("10.0.0.12"), false),
            (ip("fd00::7"), true),
            (ip("fd01::7"), false),
        ] {
            assert_eq!(accepted(&constraints(), name.clone()), allowed, "{name}");
        }
        let nothing = ["0.0.0.0/0", "::/0"].map(|net| Subtree::Ip(net.parse().unwrap()));
        let excluded = nothing.into_iter().chain([Subtree::Dns(String::new())]).collect();
        let nothing = NameConstraints { permitted: Vec::new(), excluded };
        for name in [dns("w1"), dns("a.example"), ip("10.0.0.11"), ip("::1")] {
            assert!(!accepted(&nothing, name.clone()), "{name}");
        }
    }
}
