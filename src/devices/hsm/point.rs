//! CKA_EC_POINT and CKA_EC_PARAMS as modules really write them.
//!
//! The standard asks for a DER OCTET STRING around the point; in the wild it is also bare, or a BIT STRING. The three
//! are told apart by their length, which a curve fixes. Nothing else is guessed.

use crate::pki::key::{Curve, KeyError, PublicKey};

/// A curve of the keys we know, by how long a point on it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Params {
    Named(Curve),
    Edwards25519,
}

impl Params {
    /// Reads CKA_EC_PARAMS: the object identifier of the curve, or the name `edwards25519` as PrintableString (PKCS#11
    /// 3.1, Edwards EC public key objects).
    pub(super) fn read(attribute: &[u8]) -> Option<Self> {
        let known = [Self::Named(Curve::P256), Self::Named(Curve::P384), Self::Edwards25519];
        let by_name = attribute == b"\x13\x0cedwards25519";
        if by_name { Some(Self::Edwards25519) } else { known.into_iter().find(|curve| curve.oid() == attribute) }
    }

    /// The DER of its object identifier, as CKA_EC_PARAMS is given.
    pub(super) fn oid(self) -> &'static [u8] {
        match self {
            Self::Named(Curve::P256) => &[6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7],
            Self::Named(Curve::P384) => &[6, 5, 0x2b, 0x81, 4, 0, 0x22],
            Self::Named(Curve::P521) => &[6, 5, 0x2b, 0x81, 4, 0, 0x23],
            Self::Edwards25519 => &[6, 3, 0x2b, 0x65, 0x70],
        }
    }

    fn point_length(self) -> usize {
        match self {
            Self::Named(Curve::P256) => 65,
            Self::Named(Curve::P384) => 97,
            Self::Named(Curve::P521) => 133,
            Self::Edwards25519 => 32,
        }
    }

    /// Reads CKA_EC_POINT in any of its three forms.
    pub(super) fn public_key(self, attribute: &[u8]) -> Result<PublicKey, KeyError> {
        let point = bare(attribute, self.point_length()).ok_or(KeyError::Encoding)?;
        match self {
            Self::Named(curve) => PublicKey::from_ec_point(curve, point),
            Self::Edwards25519 => PublicKey::from_ed25519(point.try_into().map_err(|_| KeyError::Encoding)?),
        }
    }
}

/// The point inside `attribute`: bare, or in an OCTET STRING or a BIT STRING without unused bits. Points of the curves
/// we know are short enough for a length of one byte.
fn bare(attribute: &[u8], length: usize) -> Option<&[u8]> {
    let (header, point) = attribute.split_at_checked(attribute.len().checked_sub(length)?)?;
    let short = u8::try_from(length).ok()?;
    let known = header.is_empty() || header == [4, short] || header == [3, short.checked_add(1)?, 0];
    known.then_some(point)
}

#[cfg(test)]
mod tests {
    use super::*;

    const P256: Params = Params::Named(Curve::P256);

    /// The base point of P-256 (SP 800-186, 3.2.1.3).
    fn point() -> Vec<u8> {
        hex::decode(concat!(
            "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296",
            "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
        ))
        .unwrap()
    }

    #[test]
    fn the_three_forms_are_one_key() {
        let bare = P256.public_key(&point()).unwrap();
        assert_eq!(P256.public_key(&[&[4, 65][..], &point()].concat()), Ok(bare.clone()));
        assert_eq!(P256.public_key(&[&[3, 66, 0][..], &point()].concat()), Ok(bare));
    }

    #[test]
    fn no_fourth_form_is_taken() {
        let point = point();
        for attribute in [
            [&[4, 64][..], &point].concat(),
            [&[3, 66, 1][..], &point].concat(),
            [&[4, 0x81, 65][..], &point].concat(),
            [&[0x30, 65][..], &point].concat(),
            point[1..].to_vec(),
            Vec::new(),
        ] {
            assert_eq!(P256.public_key(&attribute), Err(KeyError::Encoding), "{}", hex::encode(&attribute));
        }
        let compressed = [&[2 | point[64] & 1][..], &point[1..33]].concat();
        assert!(P256.public_key(&compressed).is_err());
        let mut off_curve = point;
        off_curve[64] ^= 1;
        assert_eq!(P256.public_key(&off_curve), Err(KeyError::Point));
    }

    #[test]
    fn edwards_points_come_bare_and_wrapped() {
        // RFC 8032, 7.1, test 1.
        let point = hex::decode("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a").unwrap();
        let bare = Params::Edwards25519.public_key(&point).unwrap();
        assert_eq!(Params::Edwards25519.public_key(&[&[4, 32][..], &point].concat()), Ok(bare));
        assert_eq!(Params::Edwards25519.public_key(&point[1..]), Err(KeyError::Encoding));
    }

    #[test]
    fn curves_are_read_by_identifier_and_edwards25519_also_by_name() {
        for params in [P256, Params::Named(Curve::P384), Params::Edwards25519] {
            assert_eq!(Params::read(params.oid()), Some(params));
        }
        assert_eq!(Params::read(b"\x13\x0cedwards25519"), Some(Params::Edwards25519));
        assert_eq!(Params::read(Params::Named(Curve::P521).oid()), None);
        assert_eq!(Params::read(&[]), None);
    }
}
