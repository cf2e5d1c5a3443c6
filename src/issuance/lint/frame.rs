//! What stands around the extensions: version, serial number, algorithm, names of the CAs, validity, key.

use super::anatomy::{Anatomy, Element};
use super::{Expected, Lint};
use crate::issuance::policy::DAY;
use crate::issuance::profile::Profile;
use crate::pki::key::PublicKey;

pub(super) const LINTS: &[Lint] = &[
    Lint { id: "version-3", holds: |anatomy, _| anatomy.version == [2, 1, 2] },
    Lint { id: "serial-20-octets-positive", holds: |anatomy, _| is_serial(anatomy.serial) },
    Lint {
        id: "algorithm-is-the-issuers",
        holds: |anatomy, expected| anatomy.algorithm == expected.issuer.algorithm().der(),
    },
    Lint {
        id: "issuer-is-the-issuers-subject",
        holds: |anatomy, expected| anatomy.issuer == expected.issuer.tbs.subject().der(),
    },
    Lint { id: "validity-encoding", holds: |anatomy, _| anatomy.times.is_some() },
    Lint { id: "validity-order", holds: |anatomy, _| anatomy.times.is_some_and(|(from, to)| from < to) },
    Lint { id: "validity-within-the-issuers", holds: within_issuer },
    Lint { id: "validity-within-the-longest", holds: within_longest },
    Lint { id: "key-is-not-the-issuers", holds: key_is_fresh },
    Lint { id: "key-type-is-allowed", holds: key_type_is_allowed },
    Lint { id: "root-is-self-issued", holds: self_issued },
    Lint { id: "cross-is-the-same-ca", holds: same_ca },
];

/// 20 octets, so that 158 bits are random; the first neither negative nor a needless zero.
fn is_serial(serial: Element<'_>) -> bool {
    serial.tag == 0x02 && serial.content.len() == 20 && matches!(serial.content.first(), Some(0x01..=0x7f))
}

fn within_issuer(anatomy: &Anatomy<'_>, expected: &Expected<'_>) -> bool {
    let outer = expected.issuer.tbs.validity();
    anatomy.times.is_some_and(|(from, to)| outer.not_before() <= from && to <= outer.not_after())
}

fn within_longest(anatomy: &Anatomy<'_>, expected: &Expected<'_>) -> bool {
    let Expected { profile, privileged, .. } = *expected;
    let longest = expected.policy.map(|policy| policy.longest_validity_s(profile, privileged));
    let longest = i64::try_from(longest.unwrap_or(profile.longest_days() * DAY)).unwrap_or(i64::MAX);
    anatomy.times.is_some_and(|(from, to)| to.since(from) <= longest)
}

fn key_is_fresh(anatomy: &Anatomy<'_>, expected: &Expected<'_>) -> bool {
    let same = anatomy.key == expected.issuer.tbs.public_key().der();
    same == matches!(expected.profile, Profile::Root(_))
}

fn self_issued(anatomy: &Anatomy<'_>, expected: &Expected<'_>) -> bool {
    !matches!(expected.profile, Profile::Root(_)) || anatomy.subject == anatomy.issuer
}

fn key_type_is_allowed(anatomy: &Anatomy<'_>, expected: &Expected<'_>) -> bool {
    let allowed =
        |key: &PublicKey| expected.policy.is_none_or(|policy| policy.allows_key(expected.profile, key.key_type()));
    anatomy.public_key().as_deref().is_some_and(allowed)
}

/// The subject and the key of a cross-certificate are those of the root it certifies.
fn same_ca(anatomy: &Anatomy<'_>, expected: &Expected<'_>) -> bool {
    match (expected.profile, expected.certified) {
        (Profile::Cross(_), Some(root)) => {
            anatomy.subject == root.subject().der() && anatomy.key == root.public_key().der()
        }
        (Profile::Cross(_), None) => false,
        _ => true,
    }
}
