//! Everything in the token, put together by pairs.

use std::collections::BTreeMap;

use cryptoki::object::{AttributeType, ObjectClass};

use super::desk::Desk;
use super::object::Object;
use super::{Fault, custody};
use crate::pki::key::PublicKey;

/// What the token holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inventory {
    /// Each key id with its halves, in order of the ids.
    pub keys: Vec<HeldKey>,
    /// Objects that are no halves of key pairs: certificates, secret keys, data.
    pub others: usize,
    /// Objects that cannot be read: what a killed key generation may leave.
    pub unreadable: usize,
}

/// The objects of one key id; all text is escaped and safe to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldKey {
    /// CKA_LABEL.
    pub label: String,
    /// CKA_ID in hex.
    pub id: String,
    /// The public key, if a public half is there and can be read.
    pub public: Option<PublicKey>,
    /// What keeps the key from being used, if anything does.
    pub fault: Option<&'static str>,
}

#[derive(Default)]
struct Halves {
    private: Vec<Object>,
    public: Vec<Object>,
}

pub(super) fn read(desk: &Desk) -> Result<Inventory, Fault> {
    let maker = desk.context().get_library_info()?.manufacturer_id().to_owned();
    let (objects, unreadable) = Object::find(desk.session()?, &[])?;
    let mut others = 0;
    let mut pairs = BTreeMap::<Vec<u8>, Halves>::new();
    for object in objects {
        if object.is(ObjectClass::PRIVATE_KEY) {
            pairs.entry(object.id().to_vec()).or_default().private.push(object);
        } else if object.is(ObjectClass::PUBLIC_KEY) {
            pairs.entry(object.id().to_vec()).or_default().public.push(object);
        } else {
            others += 1;
        }
    }
    let keys = pairs.into_iter().map(|(id, halves)| held(&id, &halves, &maker)).collect();
    Ok(Inventory { keys, others, unreadable })
}

fn held(id: &[u8], halves: &Halves, maker: &str) -> HeldKey {
    let Halves { private, public } = halves;
    let named = private.first().or(public.first());
    let key = public.first().and_then(|half| half.public_key().ok());
    let fault = half_fault(private, public).or_else(|| {
        let kept = private.first().and_then(|half| custody::fault(half, maker));
        kept.or(key.is_none().then_some("its public key is of no kind we know"))
    });
    HeldKey { label: named.map(Object::label).unwrap_or_default(), id: hex::encode(id), public: key, fault }
}

/// Why these halves are no pair.
pub(super) fn half_fault(private: &[Object], public: &[Object]) -> Option<&'static str> {
    match (private, public) {
        ([private], [public]) => {
            let told = private.bytes(AttributeType::PublicKeyInfo);
            let contradicted = !told.is_empty() && public.public_key().is_ok_and(|key| key.der() != told);
            contradicted.then_some("its halves name different public keys")
        }
        ([], _) => Some("its private half is missing"),
        (_, []) => Some("its public half is missing"),
        _ => Some("its id occurs more than once"),
    }
}

#[cfg(test)]
mod tests {
    use cryptoki::object::{Attribute, KeyType};

    use super::*;

    /// RFC 8032, 7.1, test 1.
    fn public() -> Object {
        let point = hex::decode("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a").unwrap();
        let params = Attribute::EcParams(vec![6, 3, 0x2b, 0x65, 0x70]);
        Object::from_attributes(vec![Attribute::KeyType(KeyType::EC_EDWARDS), params, Attribute::EcPoint(point)])
    }

    fn private(says: &[u8]) -> Object {
        Object::from_attributes(vec![Attribute::PublicKeyInfo(says.to_vec())])
    }

    #[test]
    fn a_pair_is_one_of_each_that_agree() {
        let key = public().public_key().unwrap();
        assert_eq!(half_fault(&[private(b"")], &[public()]), None);
        assert_eq!(half_fault(&[private(key.der())], &[public()]), None);
        let other = half_fault(&[private(b"another key")], &[public()]);
        assert_eq!(other, Some("its halves name different public keys"));
        assert_eq!(half_fault(&[], &[public()]), Some("its private half is missing"));
        assert_eq!(half_fault(&[private(b"")], &[]), Some("its public half is missing"));
        let repeated = Some("its id occurs more than once");
        assert_eq!(half_fault(&[private(b""), private(b"")], &[public()]), repeated);
        assert_eq!(half_fault(&[private(b"")], &[public(), public()]), repeated);
    }
}
