//! The files of a node package: a closed list of names.

use std::fmt;

use crate::cluster::role::Domain;
use crate::exchange::container::{Layout, SMALL_ENTRY};
use crate::exchange::csr_bundle::number::Number;
use crate::exchange::enrolment::record::MAX_BYTES as MAX_CA;
use crate::exchange::signature::Namespace;

/// A private key in PEM: RSA-8192 has some 6 500 bytes.
pub(super) const MAX_KEY: usize = 16 << 10;

/// Which files a node package may hold.
#[derive(Debug)]
pub struct NodePackageLayout;

/// One file of a node package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum File {
    /// The enrolment record of the CA.
    Ca,
    /// The list of the cluster's people.
    People,
    /// A certificate and the CAs between it and its root.
    Certificate(Number),
    /// Its private key.
    Key(Number),
    /// The roots of a domain that certify one another.
    Crosses(Domain),
}

impl Layout for NodePackageLayout {
    fn namespace(&self) -> Namespace {
        Namespace::NodePackage
    }

    fn cap(&self, name: &str) -> Option<usize> {
        match File::named(name)? {
            File::Ca => Some(MAX_CA),
            File::Key(_) => Some(MAX_KEY),
            File::People | File::Certificate(_) | File::Crosses(_) => Some(SMALL_ENTRY),
        }
    }
}

impl fmt::Display for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ca => f.write_str("context/ca.json"),
            Self::People => f.write_str("context/people.json"),
            Self::Certificate(number) => write!(f, "certs/{number}.pem"),
            Self::Key(number) => write!(f, "keys/{number}.pem"),
            Self::Crosses(domain) => write!(f, "crosses/{domain}.pem"),
        }
    }
}

impl File {
    /// The file of exactly this name.
    pub fn named(name: &str) -> Option<Self> {
        let number = |folder: &str| name.strip_prefix(folder)?.strip_suffix(".pem")?.parse().ok();
        match name {
            "context/ca.json" => Some(Self::Ca),
            "context/people.json" => Some(Self::People),
            _ => number("certs/")
                .map(Self::Certificate)
                .or_else(|| number("keys/").map(Self::Key))
                .or_else(|| Domain::ALL.map(Self::Crosses).into_iter().find(|file| file.to_string() == name)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_reads_back_and_no_other_is_one() {
        for name in ["context/ca.json", "context/people.json", "certs/0031.pem", "keys/00031.pem", "crosses/etcd.pem"] {
            assert_eq!(File::named(name).unwrap().to_string(), name);
            assert!(NodePackageLayout.cap(name).is_some());
        }
        for name in [
            "",
            "context/CA.json",
            "certs/31.pem",
            "certs/0031.PEM",
            "keys/0031.key",
            "keys/../0031.pem",
            "crosses/Etcd.pem",
            "x",
        ] {
            assert_eq!(File::named(name), None, "{name}");
        }
    }
}
