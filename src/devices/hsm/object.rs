//! Objects of the token, read with all we want to know of them.

use cryptoki::error::{Error, RvError};
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::Session;

use super::point::Params;
use super::{Fault, HsmError};
use crate::pki::key::{KeyError, PublicKey};
use crate::wire::text;

/// What is read of each object; attributes that an object does not have are left out by the module.
const READ: &[AttributeType] = &[
    AttributeType::Class,
    AttributeType::Label,
    AttributeType::Id,
    AttributeType::KeyType,
    AttributeType::Token,
    AttributeType::Private,
    AttributeType::Sensitive,
    AttributeType::AlwaysSensitive,
    AttributeType::Extractable,
    AttributeType::NeverExtractable,
    AttributeType::Local,
    AttributeType::Sign,
    AttributeType::Decrypt,
    AttributeType::Unwrap,
    AttributeType::Derive,
    AttributeType::AlwaysAuthenticate,
    AttributeType::EcParams,
    AttributeType::EcPoint,
    AttributeType::Modulus,
    AttributeType::PublicExponent,
    AttributeType::PublicKeyInfo,
];

/// One object and its attributes.
#[derive(Debug)]
pub(super) struct Object(Vec<Attribute>);

impl Object {
    /// Reads the object; [`None`] where what stands there is no object that can be read: a killed SoftHSM leaves some.
    pub(super) fn read(session: &Session, handle: ObjectHandle) -> Result<Option<Self>, Fault> {
        match session.get_attributes(handle, READ) {
            Ok(attributes) => Ok(Some(Self(attributes))),
            Err(Error::Pkcs11(RvError::AttributeValueInvalid, _)) => Ok(None),
            Err(error @ Error::Pkcs11(..)) => Err(error.into()),
            // The module answered, with bytes that are no value of the attribute.
            Err(_) => Ok(None),
        }
    }

    /// Every object that matches `template` and can be read, and how many cannot.
    pub(super) fn find(session: &Session, template: &[Attribute]) -> Result<(Vec<Self>, usize), Fault> {
        let handles = session.find_objects(template)?;
        let count = handles.len();
        let mut objects = Vec::with_capacity(count);
        for handle in handles {
            objects.extend(Self::read(session, handle)?);
        }
        let unreadable = count - objects.len();
        Ok((objects, unreadable))
    }

    /// A boolean attribute, if the object has it.
    pub(super) fn flag(&self, wanted: AttributeType) -> Option<bool> {
        match self.attribute(wanted)? {
            Attribute::Token(value)
            | Attribute::Private(value)
            | Attribute::Sensitive(value)
            | Attribute::AlwaysSensitive(value)
            | Attribute::Extractable(value)
            | Attribute::NeverExtractable(value)
            | Attribute::Local(value)
            | Attribute::Sign(value)
            | Attribute::Decrypt(value)
            | Attribute::Unwrap(value)
            | Attribute::Derive(value)
            | Attribute::AlwaysAuthenticate(value) => Some(*value),
            _ => None,
        }
    }

    /// A byte string attribute; empty where the object does not have it.
    pub(super) fn bytes(&self, wanted: AttributeType) -> &[u8] {
        match self.attribute(wanted) {
            Some(
                Attribute::Label(value)
                | Attribute::Id(value)
                | Attribute::EcParams(value)
                | Attribute::EcPoint(value)
                | Attribute::Modulus(value)
                | Attribute::PublicExponent(value)
                | Attribute::PublicKeyInfo(value),
            ) => value,
            _ => &[],
        }
    }

    pub(super) fn is(&self, class: ObjectClass) -> bool {
        self.attribute(AttributeType::Class) == Some(&Attribute::Class(class))
    }

    pub(super) fn id(&self) -> &[u8] {
        self.bytes(AttributeType::Id)
    }

    /// Its label, escaped.
    pub(super) fn label(&self) -> String {
        text::clip(&String::from_utf8_lossy(self.bytes(AttributeType::Label)), 80)
    }

    /// Reads the public key out of a public key object.
    pub(super) fn public_key(&self) -> Result<PublicKey, HsmError> {
        let key = match self.attribute(AttributeType::KeyType) {
            Some(Attribute::KeyType(KeyType::EC | KeyType::EC_EDWARDS)) => {
                let curve = Params::read(self.bytes(AttributeType::EcParams));
                let other = || KeyError::Curve(hex::encode(self.bytes(AttributeType::EcParams)));
                curve.ok_or_else(other).and_then(|curve| curve.public_key(self.bytes(AttributeType::EcPoint)))
            }
            Some(Attribute::KeyType(KeyType::RSA)) => {
                let exponent = self.bytes(AttributeType::PublicExponent);
                PublicKey::from_rsa(trimmed(self.bytes(AttributeType::Modulus)), trimmed(exponent))
            }
            _ => Err(KeyError::Type("no kind we know".to_owned())),
        };
        key.map_err(|source| HsmError::KeyUnreadable { label: self.label(), source })
    }

    fn attribute(&self, wanted: AttributeType) -> Option<&Attribute> {
        self.0.iter().find(|attribute| attribute.attribute_type() == wanted)
    }
}

/// Big integers of PKCS#11 have no leading zeros, but some modules pad them.
fn trimmed(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    number.get(zeros..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Object {
        pub(in crate::devices::hsm) fn from_attributes(attributes: Vec<Attribute>) -> Self {
            Self(attributes)
        }
    }

    #[test]
    fn rsa_numbers_may_be_padded() {
        let key = |pad: &[u8]| {
            let modulus = [pad, &[0xc1; 384][..]].concat();
            let exponent = [pad, &[1, 0, 1][..]].concat();
            let numbers = [Attribute::Modulus(modulus), Attribute::PublicExponent(exponent)];
            let key = Object::from_attributes([&[Attribute::KeyType(KeyType::RSA)][..], &numbers].concat());
            key.public_key().unwrap()
        };
        assert_eq!(key(&[0]), key(&[]));
    }

    #[test]
    fn other_kinds_of_keys_are_unreadable() {
        let dsa = Object::from_attributes(vec![Attribute::KeyType(KeyType::DSA)]);
        assert!(matches!(dsa.public_key(), Err(HsmError::KeyUnreadable { .. })));
        let no_curve = Object::from_attributes(vec![Attribute::KeyType(KeyType::EC)]);
        assert!(matches!(no_curve.public_key(), Err(HsmError::KeyUnreadable { .. })));
    }

    #[test]
    fn labels_are_shown_escaped() {
        let evil = Object::from_attributes(vec![Attribute::Label("a\u{202e}b".into())]);
        assert_eq!(evil.label(), "a\\u{202e}b");
    }
}
