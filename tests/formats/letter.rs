//! A transfer taken apart, and put together again by someone who holds the sender's keys.

use std::collections::BTreeMap;

use airlock::exchange::arrival::{Content, Files};
use airlock::exchange::container::{self, Container, Entry, Layout};
use airlock::exchange::dispatch::{Address, Dispatch};
use airlock::exchange::signature::private_key::SoftwareKey;
use airlock::exchange::signature::{self, Namespace, SigningKey as _};
use airlock::exchange::statement::{Lines, Statement};
use airlock::exchange::transfer::Payload;
use serde_json::Value;

/// The parts of a container.
#[derive(Clone)]
pub(crate) struct Parts {
    pub(crate) manifest: Value,
    pub(crate) files: BTreeMap<String, Vec<u8>>,
}

impl Parts {
    pub(crate) fn of(bytes: &[u8], layout: &dyn Layout, key: &SoftwareKey) -> Self {
        let container = Container::read(bytes, layout, key.public_key()).unwrap();
        let files = container.files().iter().map(|file| (file.name.to_owned(), file.bytes.to_vec())).collect();
        Self { manifest: serde_json::from_slice(container.manifest()).unwrap(), files }
    }

    /// The container of these parts, soundly signed with `key`.
    pub(crate) fn write(&self, layout: &dyn Layout, key: &SoftwareKey) -> Vec<u8> {
        let manifest = airlock::wire::json::to_vec(&self.manifest).unwrap();
        self.write_with(&manifest, layout, key)
    }

    /// The same with other bytes as its manifest.
    pub(crate) fn write_with(&self, manifest: &[u8], layout: &dyn Layout, key: &SoftwareKey) -> Vec<u8> {
        let entries: Vec<_> = self.files.iter().map(|(name, bytes)| Entry { name, bytes }).collect();
        container::write(manifest, &entries, layout, key).unwrap()
    }
}

pub(crate) fn address(lines: &Lines) -> Address {
    let Lines { trace, from, to, items, expires, .. } = lines.clone();
    Address { trace, from, to, items, expires }
}

/// Another payload under a statement with the same lines, soundly signed.
pub(crate) fn sent<K: Content>(address: Address, payload: Vec<u8>, form: Payload, key: &SoftwareKey) -> Files {
    Dispatch::sign::<K>(address, payload, form, key).unwrap().into_files()
}

/// Changes the text of a statement and signs it again; the payload stays.
pub(crate) fn restated(mut files: Files, from: &str, to: &str, key: &SoftwareKey) -> Files {
    let text = String::from_utf8(files.statement).unwrap();
    let changed = text.replacen(from, to, 1);
    assert_ne!(changed, text, "{from:?} does not occur");
    files.signature = signature::sign(key, Namespace::Statement, changed.as_bytes()).unwrap().into_bytes();
    files.statement = changed.into_bytes();
    files
}

pub(crate) fn statement(files: &Files) -> Statement {
    Statement::parse(&files.statement).unwrap()
}

/// A copy, as from a second stick.
pub(crate) fn copy(files: &Files) -> Files {
    Files {
        set: files.set.clone(),
        payload: files.payload.clone(),
        statement: files.statement.clone(),
        signature: files.signature.clone(),
    }
}
