//! A CA host, a cluster and their people, with throw-away keys.

use airlock::exchange::people::person::Person;
use airlock::exchange::people::roster::Roster;
use airlock::exchange::signature::SigningKey as _;
use airlock::exchange::signature::private_key::SoftwareKey;
use airlock::wire::time::Timestamp;
use zeroize::Zeroizing;

/// The key of this number, always the same.
pub(crate) fn key(number: u8) -> SoftwareKey {
    SoftwareKey::from_seed(&Zeroizing::new([number; 32])).unwrap()
}

pub(crate) const CHEN: u8 = 1;
pub(crate) const LI: u8 = 2;
/// The second token of li.
pub(crate) const LI_SPARE: u8 = 3;
pub(crate) const WANG: u8 = 4;
pub(crate) const SUN: u8 = 5;
pub(crate) const ZHAO: u8 = 6;
pub(crate) const ZHANG_WEI: u8 = 7;
/// A key that is nobody's.
pub(crate) const STRANGER: u8 = 99;

pub(crate) fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Four officers, of whom two suffice for leaves, an auditor and a requester.
pub(crate) fn roster() -> Roster {
    Roster::parse(roster_json(1).as_bytes()).unwrap()
}

/// The file of [`roster`] at this epoch.
pub(crate) fn roster_json(epoch: u64) -> String {
    let keys = |numbers: &[u8]| {
        let keys: Vec<_> = numbers.iter().map(|n| format!(r#"{{"key":"{}"}}"#, key(*n).public_key())).collect();
        keys.join(",")
    };
    let persons: Vec<_> = [
        ("chen", "officer", &[CHEN][..]),
        ("li", "officer", &[LI, LI_SPARE]),
        ("sun", "officer", &[SUN]),
        ("wang", "officer", &[WANG]),
        ("zhang-wei", "requester", &[ZHANG_WEI]),
        ("zhao", "auditor", &[ZHAO]),
    ]
    .iter()
    .map(|(id, role, numbers)| format!(r#"{{"id":"{id}","keys":[{}],"name":"{id}","role":"{role}"}}"#, keys(numbers)))
    .collect();
    format!(
        r#"{{"ca":"ca:root-ca-01","epoch":{epoch},"format":"airlock.roster/1","persons":[{}],"quorum":{{"administration":3,"crl":1,"leaf":2,"privileged":2,"root":3}}}}"#,
        persons.join(",")
    )
}

/// The person of [`roster`] with this id.
pub(crate) fn person(id: &str) -> Person {
    roster().person(&id.parse().unwrap()).unwrap().clone()
}
