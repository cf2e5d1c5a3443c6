//! Serial numbers (RFC 5280, 4.1.2.2).

use std::fmt;
use std::str::FromStr;

use serde_with::{DeserializeFromStr, SerializeDisplay};
use thiserror::Error;

use super::exact::{element, tag};
use crate::refusal::{Class, Reason, Refusal};

/// The serial number of a certificate: a number of at most 20 octets that is not negative.
///
/// Ours are positive and of exactly 20 octets. Zero is read because kubeadm gave it to its CAs for years.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, DeserializeFromStr, SerializeDisplay)]
pub struct Serial(Box<[u8]>);

/// The number is negative, too long, or not in its one valid form.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("not a serial number: an integer of 1 to 20 octets, not negative, without needless zeros")]
pub struct SerialError;

impl Refusal for SerialError {
    fn reason(&self) -> Reason {
        Reason::new(Class::Verification, "SERIAL", "have the certificate issued again with a serial number of RFC 5280")
    }
}

impl Serial {
    /// Mixes two independent random inputs: while one of them is unpredictable, so are the 158 bits that stay of it.
    /// The first octet is between 0x01 and 0x7F, so the encoding always has 20 octets.
    pub fn from_entropy(hsm: [u8; 20], os: [u8; 20]) -> Self {
        let mut mixed: [u8; 20] = std::array::from_fn(|at| hsm.get(at).unwrap_or(&0) ^ os.get(at).unwrap_or(&0));
        if let Some(first) = mixed.first_mut() {
            *first = match *first & 0x7f {
                0 => 0x40,
                kept => kept,
            };
        }
        Self(mixed.into())
    }

    /// Takes the content octets of a DER INTEGER.
    ///
    /// # Errors
    /// [`SerialError`].
    pub fn from_octets(octets: &[u8]) -> Result<Self, SerialError> {
        match octets {
            [] | [0x80..=0xff, ..] => Err(SerialError),
            [0, second, ..] if *second < 0x80 => Err(SerialError),
            _ if octets.len() > 20 => Err(SerialError),
            _ => Ok(Self(octets.into())),
        }
    }

    /// The content octets of the DER INTEGER.
    pub fn octets(&self) -> &[u8] {
        &self.0
    }

    /// The whole DER INTEGER.
    pub fn to_der(&self) -> Vec<u8> {
        element(tag::INTEGER, &[&self.0])
    }

    /// Whether it is the zero of old kubeadm CAs.
    pub fn is_zero(&self) -> bool {
        *self.0 == [0]
    }
}

impl fmt::Display for Serial {
    /// Lower-case hex of the content octets, two digits an octet.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut room = [0; 40];
        let digits = room.get_mut(..2 * self.0.len()).ok_or(fmt::Error)?;
        hex::encode_to_slice(&self.0, digits).map_err(|_| fmt::Error)?;
        f.write_str(std::str::from_utf8(digits).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Serial({self})")
    }
}

impl FromStr for Serial {
    type Err = SerialError;

    fn from_str(text: &str) -> Result<Self, SerialError> {
        let serial = Self::from_octets(&hex::decode(text).map_err(|_| SerialError)?)?;
        if serial.to_string() == text { Ok(serial) } else { Err(SerialError) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_that_are_not_serials_are_refused() {
        for octets in [&[][..], &[0x80], &[0xff, 1], &[0, 1], &[0, 0x7f], &[1; 21], &[0, 0]] {
            assert_eq!(Serial::from_octets(octets), Err(SerialError), "{octets:?}");
        }
        for octets in [&[0][..], &[1], &[0x7f], &[0, 0x80], &[0x7f; 20]] {
            assert_eq!(Serial::from_octets(octets).unwrap().octets(), octets);
        }
    }

    #[test]
    fn text_has_one_form() {
        assert_eq!("00ff".parse::<Serial>().unwrap().octets(), [0, 0xff]);
        for text in ["", "f", "FF", "ff", "00FF", "0001", "0x01", "01 "] {
            assert_eq!(text.parse::<Serial>(), Err(SerialError), "{text}");
        }
    }

    proptest! {
        #[test]
        fn entropy_gives_positive_serials_of_20_octets(hsm: [u8; 20], os: [u8; 20]) {
            let serial = Serial::from_entropy(hsm, os);
            prop_assert_eq!(serial.octets().len(), 20);
            prop_assert!((1..=0x7f).contains(&serial.octets()[0]));
            prop_assert_eq!(serial.to_string().parse(), Ok(serial.clone()));
            prop_assert_eq!(Serial::from_octets(serial.octets()), Ok(serial));
        }

        #[test]
        fn both_inputs_count_in_every_octet(hsm: [u8; 20], os: [u8; 20], at in 1_usize..20, flip in 1_u8..) {
            let serial = Serial::from_entropy(hsm, os);
            let (mut other_hsm, mut other_os) = (hsm, os);
            other_hsm[at] ^= flip;
            other_os[at] ^= flip;
            prop_assert_ne!(&Serial::from_entropy(other_hsm, os), &serial);
            prop_assert_ne!(&Serial::from_entropy(hsm, other_os), &serial);
        }
    }
}
