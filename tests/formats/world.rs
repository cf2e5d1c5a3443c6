//! A CA host, a cluster and their people, with throw-away keys.

use std::path::Path;

use airlock::audit::checkpoint::Checkpoint;
use airlock::audit::note::{self, KeyUse, Note, NoteKey};
use airlock::audit::tree::Head;
use airlock::cluster::record::Record;
use airlock::exchange::csr_bundle::manifest::SeenCheckpoint;
use airlock::exchange::people::person::Person;
use airlock::exchange::people::roster::Roster;
use airlock::exchange::seal::identity::Identity;
use airlock::exchange::signature::SigningKey as _;
use airlock::exchange::signature::private_key::SoftwareKey;
use airlock::pki::certificate::Certificate;
use airlock::pki::csr::Csr;
use airlock::wire::base64::Base64;
use airlock::wire::time::Timestamp;
use ed25519_dalek::VerifyingKey;
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

pub(crate) const CLUSTER: u8 = 20;
pub(crate) const WITNESS: u8 = 21;
pub(crate) const CA: u8 = 30;
pub(crate) const LOG: u8 = 31;

/// The age identity of the import host, as its file.
pub(crate) const IDENTITY: &[u8] = b"AGE-SECRET-KEY-1EGTZVFFV20835NWYV6270LXYVK2VKNX2MMDKWYKLMGR48UAWX40Q2P2LM0\n";

/// The age identity of the import host.
pub(crate) fn identity() -> Identity {
    Identity::read(IDENTITY).unwrap()
}

pub(crate) fn fixture(path: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(path)).unwrap()
}

/// The enrolled cluster record.
pub(crate) fn record() -> Record {
    Record::from_json(&fixture("cluster/prod-1.cluster.json")).unwrap()
}

pub(crate) fn csr(name: &str) -> Csr {
    Csr::parse_foreign(&String::from_utf8(fixture(&format!("csr/{name}.csr"))).unwrap()).unwrap()
}

pub(crate) fn certificate(path: &str) -> Certificate {
    let text = String::from_utf8(fixture(&format!("cluster/kubeadm-ha/{path}"))).unwrap();
    Certificate::parse_foreign(&text).unwrap()
}

fn note_key(name: &str, number: u8, purpose: KeyUse) -> NoteKey {
    let key = VerifyingKey::from_bytes(key(number).public_key().as_ed25519()).unwrap();
    NoteKey::new(name, key, purpose).unwrap()
}

/// The witness of the cluster.
pub(crate) fn witness() -> NoteKey {
    note_key("prod-1-witness", WITNESS, KeyUse::Cosignature)
}

/// A head of the CA's log, cosigned by the cluster's witness.
pub(crate) fn seen(head: Head) -> SeenCheckpoint {
    let text = Checkpoint { origin: "airlock/root-ca-01/log".to_owned(), head }.to_string();
    let at = 1_753_000_000_u64;
    let signature = key(WITNESS).sign(&note::cosigned(&text, at)).unwrap();
    let cosignature = Base64([&at.to_be_bytes()[..], &signature].concat());
    SeenCheckpoint { cosignature, root: head.root, size: head.size }
}

/// The log of the CA.
pub(crate) fn log_key() -> NoteKey {
    note_key("airlock/root-ca-01/log", LOG, KeyUse::Log)
}

/// The head of a log, signed by the log and cosigned by the cluster's witness.
pub(crate) fn checkpoint(head: Head) -> String {
    let text = Checkpoint { origin: "airlock/root-ca-01/log".to_owned(), head }.to_string();
    let line = log_key().line(&text, &key(LOG).sign(text.as_bytes()).unwrap()).unwrap();
    let at = 1_753_000_000_u64;
    let signature = key(WITNESS).sign(&note::cosigned(&text, at)).unwrap();
    let cosigned = witness().cosignature_line(&text, at, &signature).unwrap();
    Note::new(text, vec![line, cosigned]).to_string()
}
