//! A decision with its signature, verified under a key of the person it names.

use super::operation::Decision;
use super::{Approval, ApprovalError};
use crate::audit::detail;
use crate::audit::event::Event;
use crate::audit::log::Record;
use crate::exchange::people::person::Person;
use crate::exchange::signature::public_key::SshPublicKey;
use crate::exchange::signature::{self, SignatureError, SigningKey};
use crate::refusal::Refused;
use crate::wire::digest::Digest;

/// A decision that its person signed. How many it takes, and whether this one still counts, is for others to say: a key
/// that was revoked from some log entry on is still a key of the person here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedApproval {
    approval: Approval,
    key: SshPublicKey,
    armored: String,
}

impl SignedApproval {
    /// Reads a text and verifies its signature under the keys of `person`, whom the text must name in his role. The
    /// namespace follows from the first line, so no rejection is read as an approval.
    ///
    /// # Errors
    /// Any [`ApprovalError`] but those of comparison.
    pub fn verify(text: &[u8], armored: &[u8], person: &Person) -> Result<Self, ApprovalError> {
        let approval = Approval::parse(text)?;
        let (found, expected) = (&approval.lines().person, person.principal());
        if *found != expected {
            return Err(ApprovalError::Person { found: found.clone(), expected });
        }
        let namespace = approval.lines().decision.namespace();
        let mut refused = SignatureError::Key;
        for own in &person.keys {
            match signature::verify(&own.key, namespace, text, armored) {
                Ok(()) => {
                    let armored = String::from_utf8_lossy(armored).into_owned();
                    return Ok(Self { approval, key: own.key.clone(), armored });
                }
                Err(SignatureError::Key) => {}
                Err(error) => refused = error,
            }
        }
        Err(ApprovalError::Signature { person: expected, error: refused })
    }

    /// Signs `approval` with `key` and verifies the result as anyone else would.
    ///
    /// # Errors
    /// The refusal of the key, or any [`ApprovalError`]: the key must be one of `person`, and he the one who is named.
    pub fn sign(approval: &Approval, key: &dyn SigningKey, person: &Person) -> Result<Self, Refused> {
        let text = approval.text();
        let armored = signature::sign(key, approval.lines().decision.namespace(), text.as_bytes())?;
        Ok(Self::verify(text.as_bytes(), armored.as_bytes(), person)?)
    }

    /// What was decided.
    pub fn approval(&self) -> &Approval {
        &self.approval
    }

    /// The key it was signed with.
    pub fn key(&self) -> &SshPublicKey {
        &self.key
    }

    /// The armored signature.
    pub fn armored(&self) -> &str {
        &self.armored
    }
}

impl Record for SignedApproval {
    fn event(&self) -> Event {
        let lines = self.approval.lines();
        let decision = detail::Decision {
            object: lines.subject.object_sha256,
            operation: lines.subject.operation.to_string(),
            person: lines.person.id.to_string(),
            signature: Digest::of(self.armored.as_bytes()),
            text: self.approval.sha256(),
        };
        match lines.decision {
            Decision::Approve => Event::Approved(decision),
            Decision::Witness => Event::Witnessed(decision),
            Decision::Reject => Event::Rejected(decision),
        }
    }
}
