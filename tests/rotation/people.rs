//! Who agrees in these tests, by which clock, and the private directories of a node.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use airlock::devices::clock::{Clock, ClockError, Reading, SystemClock};
use airlock::exchange::people::person::{Person, PersonKey, PersonRole};
use airlock::exchange::signature::SigningKey as _;
use airlock::exchange::signature::private_key::SoftwareKey;
use zeroize::Zeroizing;

/// The clock of this host, set forward.
pub(crate) struct Shifted(pub(crate) Arc<AtomicI64>);

impl Clock for Shifted {
    fn read(&self) -> Result<Reading, ClockError> {
        let read = SystemClock.read()?;
        let ahead = self.0.load(Ordering::SeqCst);
        let monotonic_ns = read.monotonic_ns + u64::try_from(ahead).unwrap_or_default() * 1_000_000_000;
        Ok(Reading { now: read.now.plus(ahead), monotonic_ns, ..read })
    }
}

pub(crate) fn key(seed: u8) -> SoftwareKey {
    SoftwareKey::from_seed(&Zeroizing::new([seed; 32])).unwrap()
}

pub(crate) const PEOPLE: [(&str, u8); 2] = [("liu-yang", 51), ("zhang-wei", 52)];

pub(crate) fn people() -> Vec<Person> {
    let person = |(id, seed): (&str, u8)| {
        let keys = vec![PersonKey { key: key(seed).public_key().clone(), revoked_from: None }];
        Person { id: id.parse().unwrap(), keys, name: id.to_owned(), role: PersonRole::Requester }
    };
    PEOPLE.map(person).to_vec()
}

/// The directories of a mirror are private.
pub(crate) fn private(root: &Path, below: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::create_dir_all(root.join(below)).unwrap();
    let mut path = root.join("etc");
    for part in below.split('/').skip(1) {
        path = path.join(part);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
    }
}
