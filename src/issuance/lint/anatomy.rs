//! The parts of a TBSCertificate (RFC 5280, 4.1) as they lie in its bytes: a reader of its own, so that no fault of the
//! code that writes certificates hides behind the same fault of the code that reads them.

use std::borrow::Cow;

use crate::pki::certificate::TbsCertificate;
use crate::pki::key::PublicKey;
use crate::pki::name::Name;
use crate::wire::time::Timestamp;

/// One DER element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Element<'a> {
    pub(super) tag: u8,
    pub(super) content: &'a [u8],
    pub(super) whole: &'a [u8],
}

/// One extension.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part<'a> {
    /// The content of its object identifier.
    pub(super) oid: &'a [u8],
    /// The content of the BOOLEAN, where there is one.
    pub(super) critical: Option<&'a [u8]>,
    pub(super) value: &'a [u8],
}

/// The parts of a TBSCertificate.
#[derive(Debug)]
pub(super) struct Anatomy<'a> {
    /// The content of `[0]`.
    pub(super) version: &'a [u8],
    pub(super) serial: Element<'a>,
    pub(super) algorithm: &'a [u8],
    pub(super) issuer: &'a [u8],
    /// From when until when; none where a time is not in its one form (RFC 5280, 4.1.2.5).
    pub(super) times: Option<(Timestamp, Timestamp)>,
    pub(super) subject: &'a [u8],
    pub(super) key: &'a [u8],
    pub(super) extensions: Vec<Part<'a>>,
    /// What another reader read from the same bytes. Where both found the same part, what it says is not read again.
    read: Option<&'a TbsCertificate>,
}

/// Splits the first element off `bytes`: a tag of one byte, a definite length in its shortest form.
pub(super) fn split(bytes: &[u8]) -> Option<(Element<'_>, &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, head) = match first {
        0..=0x7f => (usize::from(first), 2),
        0x81..=0x84 => {
            let digits = rest.get(..usize::from(first & 0x7f))?;
            let length = digits.iter().fold(0_usize, |sum, digit| sum << 8 | usize::from(*digit));
            let shortest = digits.first() != Some(&0) && length > 0x7f;
            (Some(length).filter(|_| shortest)?, 2 + digits.len())
        }
        _ => return None,
    };
    let end = head.checked_add(length)?;
    let (whole, rest) = bytes.split_at_checked(end)?;
    Some((Element { tag, content: whole.get(head..)?, whole }, rest))
}

/// Every element of a content, to its last byte.
pub(super) fn elements(mut content: &[u8]) -> Option<Vec<Element<'_>>> {
    let mut all = Vec::new();
    while !content.is_empty() {
        let (element, rest) = split(content)?;
        all.push(element);
        content = rest;
    }
    Some(all)
}

/// The elements of one element of this tag that fills `bytes`.
pub(super) fn within(tag: u8, bytes: &[u8]) -> Option<Vec<Element<'_>>> {
    match split(bytes)? {
        (element, []) if element.tag == tag => elements(element.content),
        _ => None,
    }
}

const SEQUENCE: u8 = 0x30;

/// A time in its one form (RFC 5280, 4.1.2.5).
fn time(element: Element<'_>) -> Option<Timestamp> {
    let text = std::str::from_utf8(element.content).ok()?;
    let (year, rest) = match element.tag {
        // UTCTime: 50 to 99 mean the last century, and everything until 2049 is written so.
        0x17 if text.len() == 13 => {
            let (two, rest) = text.split_at_checked(2)?;
            let century = if two >= "50" { "19" } else { "20" };
            (format!("{century}{two}"), rest)
        }
        0x18 if text.len() == 15 => {
            let (year, rest) = text.split_at_checked(4)?;
            (Some(year.to_owned()).filter(|year| year.as_str() >= "2050")?, rest)
        }
        _ => return None,
    };
    let digits: Vec<&str> = (0..5).map(|at| rest.get(at * 2..at * 2 + 2)).collect::<Option<_>>()?;
    let [month, day, hour, minute, second] = digits.try_into().ok()?;
    let written: Timestamp = format!("{year}-{month}-{day}T{hour}:{minute}:{second}Z").parse().ok()?;
    (rest.get(10..) == Some("Z")).then_some(written)
}

impl<'a> Anatomy<'a> {
    /// Reads exactly the parts that our certificates have: a version, no unique identifiers, extensions.
    pub(super) fn of(der: &'a [u8]) -> Option<Self> {
        let parts = within(SEQUENCE, der)?;
        let [version, serial, algorithm, issuer, validity, subject, key, extensions] = parts.as_slice() else {
            return None;
        };
        let [not_before, not_after] = elements(validity.content)?.try_into().ok()?;
        let tags = [version, algorithm, issuer, validity, subject, key, extensions].map(|part| part.tag);
        if tags != [0xa0, SEQUENCE, SEQUENCE, SEQUENCE, SEQUENCE, SEQUENCE, 0xa3] {
            return None;
        }
        let list = within(SEQUENCE, extensions.content)?;
        Some(Self {
            version: version.content,
            serial: *serial,
            algorithm: algorithm.whole,
            issuer: issuer.whole,
            times: time(not_before).zip(time(not_after)),
            subject: subject.whole,
            key: key.whole,
            extensions: list.into_iter().map(part).collect::<Option<_>>()?,
            read: None,
        })
    }

    /// The parts of a certificate that was read before.
    pub(super) fn of_read(tbs: &'a TbsCertificate) -> Option<Self> {
        Some(Self { read: Some(tbs), ..Self::of(tbs.tbs_der())? })
    }

    /// The subject as a name.
    pub(super) fn subject_name(&self) -> Option<Cow<'a, Name>> {
        match self.read.map(TbsCertificate::subject) {
            Some(name) if name.der() == self.subject => Some(Cow::Borrowed(name)),
            _ => Name::from_der(self.subject).ok().map(Cow::Owned),
        }
    }

    /// The certified key.
    pub(super) fn public_key(&self) -> Option<Cow<'a, PublicKey>> {
        match self.read.map(TbsCertificate::public_key) {
            Some(key) if key.der() == self.key => Some(Cow::Borrowed(key)),
            _ => PublicKey::from_spki(self.key).ok().map(Cow::Owned),
        }
    }

    /// The value of the extension of this object identifier, where there is exactly one.
    pub(super) fn extension(&self, oid: &[u8]) -> Option<&'a [u8]> {
        let mut all = self.extensions.iter().filter(|part| part.oid == oid);
        match (all.next(), all.next()) {
            (Some(only), None) => Some(only.value),
            _ => None,
        }
    }

    /// The content of the BIT STRING of the certified key.
    pub(super) fn key_bits(&self) -> Option<&'a [u8]> {
        match within(SEQUENCE, self.key)?.as_slice() {
            [_, bits] if bits.tag == 0x03 => bits.content.strip_prefix(&[0]),
            _ => None,
        }
    }

    /// Whether the certified key is an RSA key.
    pub(super) fn is_rsa(&self) -> bool {
        const RSA_ENCRYPTION: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01";
        let algorithm = within(SEQUENCE, self.key).and_then(|parts| elements(parts.first()?.content));
        algorithm.is_some_and(|parts| parts.first().is_some_and(|oid| oid.content == RSA_ENCRYPTION))
    }
}

fn part(extension: Element<'_>) -> Option<Part<'_>> {
    let parts = elements(extension.content)?;
    let (oid, critical, value) = match parts.as_slice() {
        [oid, value] => (oid, None, value),
        [oid, critical, value] if critical.tag == 0x01 => (oid, Some(critical.content), value),
        _ => return None,
    };
    let tags = (extension.tag, oid.tag, value.tag) == (SEQUENCE, 0x06, 0x04);
    tags.then_some(Part { oid: oid.content, critical, value: value.content })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_have_one_form() {
        let long = [&[0x04, 0x81, 0x80][..], &[7; 0x80]].concat();
        for good in [&[0x05, 0][..], &[0x04, 1, 9], &long] {
            assert_eq!(split(good).unwrap().1, [0_u8; 0]);
        }
        for bad in [
            &[][..],
            &[0x04],
            &[0x04, 2, 9],
            &[0x04, 0x80, 0, 0],
            &[0x04, 0x81, 1, 9],
            &[0x04, 0x82, 0, 1, 9],
            &[0x04, 0x85, 0, 0, 0, 0, 1, 9],
            &[0x04, 0x84, 0xff, 0xff, 0xff, 0xff],
        ] {
            assert_eq!(split(bad), None, "{bad:?}");
        }
        assert_eq!(within(0x30, &[0x30, 0, 0]), None);
        assert_eq!(within(0x31, &[0x30, 0]), None);
    }
}
