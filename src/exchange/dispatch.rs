//! A transfer on its way out: a payload, the statement over it, and the signature on the statement.

use std::borrow::Cow;

use crate::exchange::arrival::{Content, Files};
use crate::exchange::digested::Digested;
use crate::exchange::signature::{self, Namespace, SigningKey};
use crate::exchange::statement::party::Party;
use crate::exchange::statement::{Lines, Statement};
use crate::exchange::trace::Trace;
use crate::exchange::transfer::{Payload, TransferSet};
use crate::refusal::Refused;
use crate::wire::time::Timestamp;

/// From whom to whom something goes, and what its statement says of it beside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// The exchange it belongs to.
    pub trace: Trace,
    /// The party whose key signs it.
    pub from: Party,
    /// The host it is for.
    pub to: Party,
    /// How many things it carries, by the rule of its format.
    pub items: u32,
    /// Not to be accepted after this time.
    pub expires: Timestamp,
}

/// Three files, ready to be written to a medium.
#[derive(Debug)]
pub struct Dispatch {
    set: TransferSet,
    payload: Vec<u8>,
    statement: Statement,
    signature: String,
}

impl Dispatch {
    /// Writes the statement over `payload` and signs it.
    ///
    /// # Errors
    /// What [`Statement::new`] and [`TransferSet::new`] refuse, or what keeps the key from signing.
    pub fn sign<K: Content>(
        address: Address,
        payload: impl Into<Digested>,
        form: Payload,
        key: &dyn SigningKey,
    ) -> Result<Self, Refused> {
        let Address { trace, from, to, items, expires } = address;
        let set = TransferSet::new(K::KIND, trace.clone(), form)?;
        let payload = payload.into();
        let file_sha256 = payload.sha256();
        let statement = Statement::new(Lines { kind: K::KIND, trace, from, to, items, expires, file_sha256 })?;
        let signature = signature::sign(key, Namespace::Statement, statement.text().as_bytes())?;
        Ok(Self { set, payload: payload.into_bytes(), statement, signature })
    }

    /// The statement, which is also what the sheet is printed from.
    pub fn statement(&self) -> &Statement {
        &self.statement
    }

    /// The armored signature on the statement.
    pub fn signature(&self) -> &str {
        &self.signature
    }

    /// The payload.
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// The names of the files.
    pub fn set(&self) -> &TransferSet {
        &self.set
    }

    /// Names and contents in the order in which they are written: the signature last, for it says that all is there.
    pub fn files(&self) -> [(String, Cow<'_, [u8]>); 3] {
        let [payload, statement, signature] = self.set.names();
        [
            (payload, Cow::Borrowed(&self.payload)),
            (statement, Cow::Owned(self.statement.text().into_bytes())),
            (signature, Cow::Borrowed(self.signature.as_bytes())),
        ]
    }

    /// The files as a receiver would copy them in.
    pub fn into_files(self) -> Files {
        Files {
            set: self.set,
            payload: self.payload,
            statement: self.statement.text().into_bytes(),
            signature: self.signature.into_bytes(),
        }
    }
}
