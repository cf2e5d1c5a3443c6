//! Why something was refused: what happened, what to do, a stable code and an exit class.
//!
//! Each noun of this crate has a small error enum of its own, one variant per refusal. This module holds no list of
//! them; it only says what a face needs to know of any. The message of the error (its `Display`) says what happened,
//! the [`Reason`] says the rest.

use std::fmt;

/// The classes of refusal, each with its exit status; the table stands in `docs/codes.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// A fault of this program.
    Internal = 1,
    /// The command line, a config or a policy file is wrong.
    Usage = 2,
    /// A signature, a digest, a format or a chain did not verify.
    Verification = 3,
    /// The site's policy denies a request or forbids the command.
    Policy = 4,
    /// The paper sheet does not match, or the object is in quarantine.
    Sheet = 5,
    /// Not enough people, or people of the wrong role.
    Quorum = 6,
    /// The HSM or its PKCS#11 module failed.
    Hsm = 7,
    /// A PIN, a passphrase or an officer key was wrong or locked.
    Authentication = 8,
    /// The medium is missing, refused, or does not read back.
    Media = 9,
    /// Seen before, out of sequence, expired or not outstanding.
    Replay = 10,
    /// The audit log or the state contradicts itself.
    Inconsistent = 11,
    /// A person at a terminal is needed.
    NeedsPerson = 12,
    /// Local storage is full, read-only, forbidden, or the output exists.
    Storage = 13,
    /// The rotation is held: a gate failed.
    Held = 14,
    /// Nothing is wrong, and the next step is for another node to do.
    Turn = 15,
    /// A person stopped it; what was done is kept.
    Interrupted = 130,
}

impl Class {
    /// The exit status of the process.
    pub fn exit_status(self) -> u8 {
        self as u8
    }
}

/// What a face shows and returns for a refusal, beside its message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reason {
    /// Decides the exit status.
    pub class: Class,
    /// Stable, upper case with underscores; scripts and runbooks rely on it.
    pub code: &'static str,
    /// What the person should do now, one sentence in lower case without a full stop.
    pub hint: &'static str,
}

impl Reason {
    /// Binds a class, a code and a hint.
    pub const fn new(class: Class, code: &'static str, hint: &'static str) -> Self {
        Self { class, code, hint }
    }
}

/// An error that knows its [`Reason`].
pub trait Refusal: std::error::Error + Send + Sync + 'static {
    /// The class, the code and the hint of this refusal.
    fn reason(&self) -> Reason;
}

/// Any refusal, as the rooms hand it to a face.
#[derive(Debug)]
pub struct Refused(Box<dyn Refusal>);

impl Refused {
    /// The class, the code and the hint.
    pub fn reason(&self) -> Reason {
        self.0.reason()
    }

    /// The error itself, for its chain of sources.
    pub fn error(&self) -> &(dyn std::error::Error + 'static) {
        &*self.0
    }
}

impl<E: Refusal> From<E> for Refused {
    fn from(error: E) -> Self {
        Self(Box::new(error))
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
