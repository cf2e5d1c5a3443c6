//! The head of a log as C2SP tlog-checkpoint: origin, size and root, three lines of text, signed as a note.

use std::fmt;

use thiserror::Error;

use super::note::{Note, NoteError, NoteKey};
use super::tree::{Head, Tree};
use crate::wire::base64::Base64;
use crate::wire::digest::Digest;
use crate::wire::json::MAX_INTEGER;

/// Why a checkpoint was refused.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum CheckpointError {
    /// The text is not origin, size and root.
    #[error("not a checkpoint of three lines")]
    Malformed,
    /// The checkpoint is of another log.
    #[error("the checkpoint is of the log {0:?}")]
    Origin(String),
    /// The note around it is broken or not signed by the log.
    #[error(transparent)]
    Note(#[from] NoteError),
}

/// The head of the log `origin`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Name of the log, which is also the name of its key.
    pub origin: String,
    /// Size and root.
    pub head: Head,
}

impl Checkpoint {
    /// Reads the three lines.
    ///
    /// # Errors
    /// [`CheckpointError::Malformed`] for anything that would not print the same.
    pub fn parse(text: &str) -> Result<Self, CheckpointError> {
        let parsed = Self::lines(text).ok_or(CheckpointError::Malformed)?;
        if parsed.to_string() == text { Ok(parsed) } else { Err(CheckpointError::Malformed) }
    }

    fn lines(text: &str) -> Option<Self> {
        let mut lines = text.split('\n');
        let (origin, size, root) = (lines.next()?, lines.next()?, lines.next()?);
        let size = size.parse().ok().filter(|size| *size <= MAX_INTEGER)?;
        let root: Base64 = root.parse().ok()?;
        let root = Digest::from_bytes(root.0.try_into().ok()?);
        (!origin.is_empty()).then(|| Self { origin: origin.to_owned(), head: Head { size, root } })
    }

    /// Reads the checkpoint of a signed note, if `log` signed it under its own name.
    ///
    /// # Errors
    /// Any [`CheckpointError`].
    pub fn verified(note: &Note, log: &NoteKey) -> Result<Self, CheckpointError> {
        let checkpoint = Self::parse(note.verified_by(log)?)?;
        if checkpoint.origin == log.name() {
            Ok(checkpoint)
        } else {
            Err(CheckpointError::Origin(crate::wire::text::clip(&checkpoint.origin, 80)))
        }
    }
}

/// The entries of a log that are as they were when the key of the log signed a head over them: whatever was done to the
/// file since, it was not done to these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Vouched(u64);

impl Vouched {
    /// The entries under the head of `note`, if `log` signed it and `tree` begins with it; otherwise none.
    pub fn by(note: &Note, log: &NoteKey, tree: &Tree) -> Self {
        let head = Checkpoint::verified(note, log).ok().map(|checkpoint| checkpoint.head);
        Self(head.filter(|head| tree.begins_with(head)).map_or(0, |head| head.size))
    }

    /// Whether the entry at this index is one of them.
    pub const fn covers(self, entry: u64) -> bool {
        entry < self.0
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let root = Base64(self.head.root.as_bytes().to_vec());
        writeln!(f, "{}\n{}\n{root}", self.origin, self.head.size)
    }
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::{Signer, SigningKey};

    use super::*;
    use crate::audit::note::KeyUse;

    fn checkpoint() -> Checkpoint {
        Checkpoint { origin: "airlock.test/log".to_owned(), head: Head { size: 7, root: Digest::of(b"") } }
    }

    fn signed(checkpoint: &Checkpoint, name: &str) -> (Note, NoteKey) {
        let key = SigningKey::from_bytes(&[1; 32]);
        let public = NoteKey::new(name, key.verifying_key(), KeyUse::Log).unwrap();
        let text = checkpoint.to_string();
        let line = public.line(&text, &key.sign(text.as_bytes()).to_bytes()).unwrap();
        (Note::new(text, vec![line]), public)
    }

    #[test]
    fn the_text_reads_back() {
        let text = checkpoint().to_string();
        assert_eq!(text, "airlock.test/log\n7\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n");
        assert_eq!(Checkpoint::parse(&text), Ok(checkpoint()));
    }

    #[test]
    fn other_texts_are_refused() {
        let good = checkpoint().to_string();
        for bad in [
            good.replace("\n7\n", "\n07\n"),
            good.replace("\n7\n", "\n-7\n"),
            good.replace("\n7\n", "\n9007199254740992\n"),
            format!("{good}extension\n"),
            good.trim_end().to_owned(),
            good.replace('=', ""),
            good.replace("airlock.test/log", ""),
        ] {
            assert_eq!(Checkpoint::parse(&bad), Err(CheckpointError::Malformed), "{bad}");
        }
    }

    #[test]
    fn a_head_vouches_for_what_it_covers_and_only_in_its_own_log() {
        let mut tree = Tree::default();
        (0..3_u8).for_each(|line| tree.append(vec![line]));
        let head = Checkpoint { head: tree.head(), ..checkpoint() };
        tree.append(vec![3]);
        let (note, key) = signed(&head, "airlock.test/log");
        let vouched = Vouched::by(&note, &key, &tree);
        assert_eq!([0, 2, 3, 4].map(|entry| vouched.covers(entry)), [true, true, false, false]);
        let mut other = Tree::default();
        (1..5_u8).for_each(|line| other.append(vec![line]));
        let (_, stranger) = signed(&head, "airlock.other/log");
        for nothing in [Vouched::by(&note, &key, &other), Vouched::by(&note, &stranger, &tree), Vouched::default()] {
            assert!(!nothing.covers(0));
        }
    }

    #[test]
    fn only_the_log_itself_heads_its_log() {
        let (note, key) = signed(&checkpoint(), "airlock.test/log");
        assert_eq!(Checkpoint::verified(&note, &key), Ok(checkpoint()));
        let (note, other) = signed(&checkpoint(), "airlock.other/log");
        assert!(matches!(Checkpoint::verified(&note, &other), Err(CheckpointError::Origin(_))));
        assert!(matches!(Checkpoint::verified(&note, &key), Err(CheckpointError::Note(NoteError::Unsigned(_)))));
    }
}
