//! What a certificate of each kind holds: usages, constraints, lifetimes and extensions, from the table of roles and
//! never from a request.
//!
//! Every certificate has, in this order, keyUsage, extKeyUsage (not roots and cross-certificates), basicConstraints,
//! subjectKeyIdentifier, authorityKeyIdentifier, then subjectAltName where its role bears names, then nameConstraints
//! where it is an intermediate. That is the order of Go's library, so that a renewed certificate reads like kubeadm's.

use crate::cluster::role::{Domain, Names, Role};
use crate::pki::extension::{
    BasicConstraints, ExtendedKeyUsage, Extension, ExtensionError, Extensions, KeyUsage, NameConstraints, oid,
};
use crate::pki::key::{KeyType, PublicKey};
use crate::pki::san::SubjectAltNames;

pub mod constraints;
pub mod root_name;

/// The version of this table. A policy names the version it was written for, so that a program that issues something
/// else does not work under an approval of before.
pub const VERSION: u64 = 1;

/// A kind of certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Profile {
    /// A row of the table: a leaf, or an intermediate whose key lives online.
    Role(Role),
    /// A self-signed root.
    Root(Domain),
    /// A root certified by another root of its domain.
    Cross(Domain),
}

/// What differs from certificate to certificate of one profile.
#[derive(Debug, Clone, Copy)]
pub struct Bearing<'a> {
    /// The certified key.
    pub key: &'a PublicKey,
    /// The subject key identifier of the issuer.
    pub authority_key_id: &'a [u8],
    /// The subject alternative names, byte for byte; those of a role that bears none are left out.
    pub names: Option<&'a SubjectAltNames>,
    /// The name constraints of an intermediate.
    pub constraints: Option<&'a NameConstraints>,
}

impl Profile {
    /// The world of trust it belongs to.
    pub fn domain(self) -> Domain {
        match self {
            Self::Role(role) => role.domain(),
            Self::Root(domain) | Self::Cross(domain) => domain,
        }
    }

    /// Whether it certifies a CA.
    pub fn is_ca(self) -> bool {
        match self {
            Self::Role(role) => role.identity().is_ca,
            Self::Root(_) | Self::Cross(_) => true,
        }
    }

    /// Whether its certificates bear subject alternative names.
    pub fn bears_names(self) -> bool {
        matches!(self, Self::Role(role) if role.identity().names != Names::None)
    }

    /// keyUsage. A CA key signs certificates and CRLs and nothing else. A leaf signs handshakes; an RSA key may encipher
    /// keys too, as kubeadm's do, while of an elliptic curve RFC 8813, 3, forbids to say so.
    pub fn key_usage(self, key: KeyType) -> KeyUsage {
        match key {
            _ if self.is_ca() => KeyUsage::KEY_CERT_SIGN.and(KeyUsage::CRL_SIGN),
            KeyType::Rsa(_) => KeyUsage::DIGITAL_SIGNATURE.and(KeyUsage::KEY_ENCIPHERMENT),
            _ => KeyUsage::DIGITAL_SIGNATURE,
        }
    }

    /// extKeyUsage, exactly; of an intermediate those that certificates below it may have. Roots are not limited: what
    /// Go and openssl read there limits every certificate below.
    pub fn extended_key_usage(self) -> Option<ExtendedKeyUsage> {
        match self {
            Self::Role(role) => ExtendedKeyUsage::new(role.identity().usages),
            Self::Root(_) | Self::Cross(_) => None,
        }
    }

    /// basicConstraints: only leaves below an intermediate, anything below a root, as kubeadm has it.
    pub fn basic_constraints(self) -> BasicConstraints {
        match self {
            Self::Role(role) if role.identity().is_ca => BasicConstraints { ca: true, path_len: Some(0) },
            Self::Role(_) => BasicConstraints { ca: false, path_len: None },
            Self::Root(_) | Self::Cross(_) => BasicConstraints { ca: true, path_len: None },
        }
    }

    /// Days that are asked for where nobody says otherwise.
    pub fn usual_days(self) -> u64 {
        match self {
            Self::Role(_) => 365,
            Self::Root(_) => 3_650,
            Self::Cross(_) => 1_095,
        }
    }

    /// Days beyond which no policy reaches.
    pub fn longest_days(self) -> u64 {
        match self {
            Self::Role(role) if role.identity().is_ca => 1_826,
            Self::Role(_) => 825,
            Self::Root(_) => 9_131,
            Self::Cross(_) => 3_650,
        }
    }

    /// All extensions in their order.
    ///
    /// # Errors
    /// [`ExtensionError`] where a value is not of its form; not for values of this crate.
    pub fn extensions(self, bearing: &Bearing<'_>) -> Result<Extensions, ExtensionError> {
        let key_usage = self.key_usage(bearing.key.key_type()).to_der();
        let mut list = vec![Extension::new(oid::KEY_USAGE, true, key_usage)];
        if let Some(usages) = self.extended_key_usage() {
            list.push(Extension::new(oid::EXTENDED_KEY_USAGE, false, usages.to_der()));
        }
        list.push(Extension::new(oid::BASIC_CONSTRAINTS, true, self.basic_constraints().to_der()));
        list.push(Extension::subject_key_id(&bearing.key.key_identifier()));
        list.push(Extension::authority_key_id(bearing.authority_key_id));
        if let Some(names) = bearing.names.filter(|_| self.bears_names()) {
            list.push(Extension::new(oid::SUBJECT_ALT_NAME, false, names.der().to_vec()));
        }
        list.extend(bearing.constraints.map(NameConstraints::to_extension));
        Extensions::new(list)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_cas_certify_and_only_leaves_are_used() {
        for role in Role::ALL {
            let profile = Profile::Role(*role);
            let rsa = profile.key_usage(KeyType::Rsa(2048));
            assert_eq!(profile.is_ca(), rsa.contains(KeyUsage::KEY_CERT_SIGN), "{role}");
            assert_eq!(profile.is_ca(), !rsa.contains(KeyUsage::DIGITAL_SIGNATURE), "{role}");
            assert!(!profile.key_usage(KeyType::P256).contains(KeyUsage::KEY_ENCIPHERMENT), "{role}");
            assert_eq!(profile.basic_constraints().ca, profile.is_ca(), "{role}");
            assert!(role.uses(profile.extended_key_usage().as_ref()));
        }
        for profile in [Profile::Root(Domain::Etcd), Profile::Cross(Domain::Etcd)] {
            assert_eq!(profile.basic_constraints(), BasicConstraints { ca: true, path_len: None });
            assert_eq!(profile.extended_key_usage(), None);
        }
    }

    #[test]
    fn what_is_usual_is_not_beyond_the_longest() {
        let roles = Role::ALL.iter().map(|role| Profile::Role(*role));
        for profile in roles.chain(Domain::ALL.map(Profile::Root)).chain(Domain::ALL.map(Profile::Cross)) {
            assert!(profile.usual_days() <= profile.longest_days());
        }
    }
}
