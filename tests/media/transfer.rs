//! A transfer with short names, and who knows them.

use airlock::devices::media::export::{Outgoing, OutgoingSet};
use airlock::devices::media::{Part, Recognised};

pub(crate) fn grammar(name: &str) -> Option<Recognised> {
    let (stem, end) = name.split_once('.')?;
    let part = match end {
        "ZIP" => Part::Payload,
        "TXT" => Part::Statement,
        "SIG" => Part::Signature,
        _ => return None,
    };
    Some(Recognised { stem: stem.to_owned(), part })
}

pub(crate) fn set(payload: &[u8]) -> OutgoingSet<'_> {
    OutgoingSet {
        payload: Outgoing { name: "T.ZIP", bytes: payload },
        statement: Outgoing { name: "T.TXT", bytes: b"statement" },
        signature: Outgoing { name: "T.SIG", bytes: b"signature" },
    }
}
