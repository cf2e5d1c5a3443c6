//! The extensions: exactly those of the profile, in their order, each with its criticality and its value.

use aws_lc_rs::digest;

use super::anatomy::Anatomy;
use super::{Expected, Lint};
use crate::cluster::role::Names;
use crate::issuance::profile::Profile;
use crate::pki::extension::oid;

/// The contents of the object identifiers (RFC 5280, 4.2.1).
pub(super) const SUBJECT_KEY_ID: &[u8] = &[0x55, 0x1d, 14];
pub(super) const KEY_USAGE: &[u8] = &[0x55, 0x1d, 15];
pub(super) const SUBJECT_ALT_NAME: &[u8] = &[0x55, 0x1d, 17];
pub(super) const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 19];
pub(super) const NAME_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 30];
pub(super) const AUTHORITY_KEY_ID: &[u8] = &[0x55, 0x1d, 35];
pub(super) const EXTENDED_KEY_USAGE: &[u8] = &[0x55, 0x1d, 37];

pub(super) const LINTS: &[Lint] = &[
    Lint {
        id: "extensions-are-the-profiles",
        holds: |anatomy, expected| anatomy.extensions.iter().map(|x| x.oid).eq(listed(expected)),
    },
    Lint { id: "criticality", holds: |anatomy, _| anatomy.extensions.iter().all(|x| x.critical == criticality(x.oid)) },
    Lint {
        id: "key-usage",
        holds: |anatomy, expected| anatomy.extension(KEY_USAGE) == Some(key_usage(anatomy, expected)),
    },
    Lint {
        id: "extended-key-usage",
        holds: |anatomy, expected| anatomy.extension(EXTENDED_KEY_USAGE) == usages(expected),
    },
    Lint {
        id: "basic-constraints",
        holds: |anatomy, expected| anatomy.extension(BASIC_CONSTRAINTS) == Some(constraints(expected)),
    },
    Lint {
        id: "subject-key-id",
        holds: |anatomy, _| subject_key_id(anatomy).is_some_and(|id| anatomy.extension(SUBJECT_KEY_ID) == Some(&id)),
    },
    Lint {
        id: "authority-key-id",
        holds: |anatomy, expected| {
            anatomy.extension(AUTHORITY_KEY_ID).and_then(keyed) == Some(expected.issuer.key_id())
        },
    },
];

fn is_ca(expected: &Expected<'_>) -> bool {
    match expected.profile {
        Profile::Role(role) => role.identity().is_ca,
        Profile::Root(_) | Profile::Cross(_) => true,
    }
}

fn listed<'a>(expected: &Expected<'_>) -> impl Iterator<Item = &'a [u8]> {
    let (limited, named, constrained) = match expected.profile {
        Profile::Role(role) => (true, role.identity().names != Names::None, role.identity().is_ca),
        Profile::Root(_) | Profile::Cross(_) => (false, false, false),
    };
    [
        Some(KEY_USAGE),
        limited.then_some(EXTENDED_KEY_USAGE),
        Some(BASIC_CONSTRAINTS),
        Some(SUBJECT_KEY_ID),
        Some(AUTHORITY_KEY_ID),
        named.then_some(SUBJECT_ALT_NAME),
        constrained.then_some(NAME_CONSTRAINTS),
    ]
    .into_iter()
    .flatten()
}

/// TRUE where it must be, left out where it is FALSE. No subject is empty here, so no name is critical.
fn criticality(oid: &[u8]) -> Option<&'static [u8]> {
    [KEY_USAGE, BASIC_CONSTRAINTS, NAME_CONSTRAINTS].contains(&oid).then_some(&[0xff])
}

fn key_usage(anatomy: &Anatomy<'_>, expected: &Expected<'_>) -> &'static [u8] {
    match (is_ca(expected), anatomy.is_rsa()) {
        // keyCertSign, cRLSign
        (true, _) => &[0x03, 2, 1, 0x06],
        // digitalSignature, keyEncipherment
        (false, true) => &[0x03, 2, 5, 0xa0],
        // digitalSignature
        (false, false) => &[0x03, 2, 7, 0x80],
    }
}

fn usages(expected: &Expected<'_>) -> Option<&'static [u8]> {
    const SERVER: &[u8] = b"\x30\x0a\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x01";
    const CLIENT: &[u8] = b"\x30\x0a\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x02";
    const BOTH: &[u8] = b"\x30\x14\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x01\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x02";
    let Profile::Role(role) = expected.profile else { return None };
    let listed = |usage| role.identity().usages.contains(&usage);
    match (listed(oid::SERVER_AUTH), listed(oid::CLIENT_AUTH)) {
        (true, true) => Some(BOTH),
        (true, false) => Some(SERVER),
        (false, true) => Some(CLIENT),
        (false, false) => Some(&[]),
    }
}

fn constraints(expected: &Expected<'_>) -> &'static [u8] {
    match expected.profile {
        Profile::Role(role) if role.identity().is_ca => &[0x30, 6, 0x01, 1, 0xff, 0x02, 1, 0],
        Profile::Role(_) => &[0x30, 0],
        Profile::Root(_) | Profile::Cross(_) => &[0x30, 3, 0x01, 1, 0xff],
    }
}

/// The value by method 1 of RFC 5280, 4.2.1.2.
fn subject_key_id(anatomy: &Anatomy<'_>) -> Option<Vec<u8>> {
    let hash = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, anatomy.key_bits()?);
    Some([&[0x04, 20], hash.as_ref()].concat())
}

/// The key identifier of a value that holds nothing else.
fn keyed(value: &[u8]) -> Option<&[u8]> {
    match value {
        [0x30, whole, 0x80, length, id @ ..] if usize::from(*length) == id.len() && *whole == length + 2 => Some(id),
        _ => None,
    }
}
