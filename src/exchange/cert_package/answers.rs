//! That a package answers exactly the request that is outstanding (W04).

use super::layout::File;
use super::{Package, PackageError};
use crate::exchange::signature::public_key::SshPublicKey;
use crate::exchange::signature::{self, Namespace};
use crate::exchange::statement::Statement;

/// The request that is outstanding, as this cluster sent it.
pub struct Outstanding<'a> {
    /// Its statement.
    pub statement: &'a Statement,
    /// Our own statement key.
    pub key: &'a SshPublicKey,
    /// Its nonce.
    pub nonce: &'a [u8; 32],
    /// Its sequence number.
    pub seq: u64,
    /// How many requests it held.
    pub requests: usize,
}

/// A package was found to answer our request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answered {
    seq: u64,
    issued: usize,
    denied: usize,
}

impl Package<'_> {
    /// Demands that this answers `outstanding`, each request once, and that the statement inside is ours.
    ///
    /// # Errors
    /// [`PackageError::Reply`] with the first thing that differs, [`PackageError::Request`].
    pub fn answers(&self, outstanding: &Outstanding<'_>) -> Result<Answered, PackageError> {
        let (reply, lines) = (&self.manifest.in_reply_to, outstanding.statement.lines());
        for (what, same) in [
            ("trace", self.manifest.trace == lines.trace),
            ("statement", reply.statement_sha256 == outstanding.statement.digest()),
            ("file", reply.file_sha256 == lines.file_sha256),
            ("nonce", reply.nonce.0 == outstanding.nonce),
            ("sequence number", reply.seq == outstanding.seq),
            ("number of requests", self.manifest.results.len() == outstanding.requests),
            ("statement text", self.file(&File::Request) == Some(outstanding.statement.text().as_bytes())),
        ] {
            if !same {
                return Err(PackageError::Reply(what));
            }
        }
        let text = self.file(&File::Request).unwrap_or_default();
        let armored = self.file(&File::RequestSignature).unwrap_or_default();
        signature::verify(outstanding.key, Namespace::Statement, text, armored).map_err(PackageError::Request)?;
        let issued = self.manifest.issued();
        Ok(Answered { seq: reply.seq, issued, denied: self.manifest.results.len() - issued })
    }
}

impl Answered {
    /// The sequence number of the bundle.
    pub const fn seq(&self) -> u64 {
        self.seq
    }

    /// How many certificates were issued.
    pub const fn issued(&self) -> usize {
        self.issued
    }

    /// How many requests were denied.
    pub const fn denied(&self) -> usize {
        self.denied
    }
}
