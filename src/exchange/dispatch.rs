//! A transfer on its way out: a payload, the statement over it, and the signature on the statement.

use std::borrow::Cow;

use crate::exchange::arrival::{Content, Files};
use crate::exchange::signature::{self, Namespace, SigningKey};
use crate::exchange::statement::party::Party;
use crate::exchange::statement::{Lines, Statement};
use crate::exchange::trace::Trace;
use crate::exchange::transfer::{Payload, TransferSet};
use crate::refusal::Refused;
use crate::wire::digest::Digest;
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

/// What goes with a payload: the signed statement over it, and the names of all three files. Wherever the payload lies.
#[derive(Debug, Clone)]
pub struct Cover {
    set: TransferSet,
    statement: Statement,
    signature: String,
}

/// Three files, ready to be written to a medium.
#[derive(Debug)]
pub struct Dispatch {
    cover: Cover,
    payload: Vec<u8>,
}

impl Cover {
    /// Writes the statement over the payload of this digest and signs it.
    ///
    /// # Errors
    /// What [`Statement::new`] and [`TransferSet::new`] refuse, or what keeps the key from signing.
    pub fn sign<K: Content>(
        address: Address,
        file_sha256: Digest,
        form: Payload,
        key: &dyn SigningKey,
    ) -> Result<Self, Refused> {
        let Address { trace, from, to, items, expires } = address;
        let set = TransferSet::new(K::KIND, trace.clone(), form)?;
        let statement = Statement::new(Lines { kind: K::KIND, trace, from, to, items, expires, file_sha256 })?;
        let signature = signature::sign(key, Namespace::Statement, statement.text().as_bytes())?;
        Ok(Self { set, statement, signature })
    }

    /// The statement, which is also what the sheet is printed from.
    pub fn statement(&self) -> &Statement {
        &self.statement
    }

    /// The armored signature on the statement.
    pub fn signature(&self) -> &str {
        &self.signature
    }

    /// The names of the files.
    pub fn set(&self) -> &TransferSet {
        &self.set
    }
}

impl Dispatch {
    /// Writes the statement over `payload` and signs it.
    ///
    /// # Errors
    /// As [`Cover::sign`].
    pub fn sign<K: Content>(
        address: Address,
        payload: Vec<u8>,
        form: Payload,
        key: &dyn SigningKey,
    ) -> Result<Self, Refused> {
        let cover = Cover::sign::<K>(address, Digest::of(&payload), form, key)?;
        Ok(Self { cover, payload })
    }

    /// What goes with the payload.
    pub fn cover(&self) -> &Cover {
        &self.cover
    }

    /// As [`Cover::statement`].
    pub fn statement(&self) -> &Statement {
        self.cover.statement()
    }

    /// The payload.
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// Names and contents in the order in which they are written: the signature last, for it says that all is there.
    pub fn files(&self) -> [(String, Cow<'_, [u8]>); 3] {
        let [payload, statement, signature] = self.cover.set.names();
        [
            (payload, Cow::Borrowed(&self.payload)),
            (statement, Cow::Owned(self.statement().text().into_bytes())),
            (signature, Cow::Borrowed(self.cover.signature.as_bytes())),
        ]
    }

    /// The files as a receiver would copy them in.
    pub fn into_files(self) -> Files {
        let Cover { set, statement, signature } = self.cover;
        Files {
            set,
            payload: self.payload,
            statement: statement.text().into_bytes(),
            signature: signature.into_bytes(),
        }
    }
}
