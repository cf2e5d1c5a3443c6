//! A person of the online side agrees that the old root is dropped, or that what is kept of it goes: eight lines over the
//! digest of the plan, signed with SSHSIG in a namespace of their own. It is no approval of a CA, and no approval is one of
//! these.
//!
//! ```text
//! airlock-agreement-v1
//! step: drop
//! cluster: cluster:prod-1
//! trace: 20261129-5E5C-VF2R-F
//! plan-sha256: 8ee6…
//! person: requester:liu-yang
//! time: 2026-12-05T09:00:00Z
//! challenge: …
//! ```

use thiserror::Error;

use super::lines::{LineError, Lines};
use super::people::person::{Person, Principal};
use super::signature::{self, Namespace, SignatureError, SigningKey};
use super::statement::party::Party;
use super::trace::Trace;
use crate::refusal::{Class, Reason, Refusal, Refused};
use crate::wire::base64::Base64;
use crate::wire::digest::Digest;
use crate::wire::time::Timestamp;

/// The longest text, in bytes.
pub const MAX_BYTES: usize = 2048;
const HEADER: &str = "airlock-agreement-v1";

/// The step that is agreed to; an agreement to the one is none to the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Agreed {
    /// The old root is dropped.
    Drop,
    /// What is kept of the old root is taken away for ever.
    Reclaim,
}

/// The text names no step that people agree to.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("not drop or reclaim")]
pub struct AgreedError;

/// What is agreed to, by whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    /// The step.
    pub step: Agreed,
    /// The cluster.
    pub cluster: Party,
    /// The rotation.
    pub trace: Trace,
    /// Digest of its plan.
    pub plan: Digest,
    /// The person.
    pub person: Principal,
    /// When.
    pub time: Timestamp,
    /// Random bytes, so that no two texts are the same.
    pub challenge: [u8; 16],
}

/// Why somebody has not agreed.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum ConsentError {
    /// Not the lines of one.
    #[error("agreement: {0}")]
    Lines(#[from] LineError),
    /// The person is not one of this host, or has another role.
    #[error("agreement: {0} is nobody who may agree here")]
    Unknown(Principal),
    /// It does not verify under a key of the person that is in force.
    #[error("agreement of {person}: {error}")]
    Signature {
        /// Whom the text names.
        person: Principal,
        /// Why it does not.
        error: SignatureError,
    },
}

impl Consent {
    /// The text, byte for byte as it is signed.
    pub fn text(&self) -> String {
        format!(
            "{HEADER}\nstep: {}\ncluster: {}\ntrace: {}\nplan-sha256: {}\nperson: {}\ntime: {}\nchallenge: {}\n",
            self.step,
            self.cluster,
            self.trace,
            self.plan,
            self.person,
            self.time,
            Base64(self.challenge.to_vec())
        )
    }

    /// Reads exactly what [`Consent::text`] prints.
    ///
    /// # Errors
    /// [`ConsentError::Lines`].
    pub fn parse(bytes: &[u8]) -> Result<Self, ConsentError> {
        let mut rest = Lines::of(bytes, MAX_BYTES)?;
        rest.header(&[HEADER])?;
        let step = rest.value("step")?;
        let (cluster, trace, plan) = (rest.value("cluster")?, rest.value("trace")?, rest.value("plan-sha256")?);
        let (person, time) = (rest.value("person")?, rest.value("time")?);
        let challenge: Base64 = rest.value("challenge")?;
        let challenge = challenge.0.try_into().map_err(|_| LineError::Value("challenge"))?;
        rest.end()?;
        let read = Self { step, cluster, trace, plan, person, time, challenge };
        if read.text().as_bytes() == bytes { Ok(read) } else { Err(LineError::Spelling.into()) }
    }

    /// Signs it with `key`; the armored block.
    ///
    /// # Errors
    /// The refusal of the key.
    pub fn sign(&self, key: &dyn SigningKey) -> Result<String, Refused> {
        signature::sign(key, Namespace::Drop, self.text().as_bytes())
    }

    /// Reads `text`, and verifies `armored` over it under a key in force of the one of `people` whom it names.
    ///
    /// # Errors
    /// Any [`ConsentError`].
    pub fn verify(text: &[u8], armored: &[u8], people: &[Person]) -> Result<Self, ConsentError> {
        let read = Self::parse(text)?;
        let known = people.iter().find(|person| person.principal() == read.person);
        let known = known.ok_or_else(|| ConsentError::Unknown(read.person.clone()))?;
        let mut refused = SignatureError::Key;
        for own in known.keys.iter().filter(|own| own.revoked_from.is_none()) {
            match signature::verify(&own.key, Namespace::Drop, text, armored) {
                Ok(()) => return Ok(read),
                Err(SignatureError::Key) => {}
                Err(error) => refused = error,
            }
        }
        Err(ConsentError::Signature { person: read.person, error: refused })
    }
}

impl Agreed {
    /// The name of the step.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Drop => "drop",
            Self::Reclaim => "reclaim",
        }
    }
}

impl std::fmt::Display for Agreed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for Agreed {
    type Err = AgreedError;

    fn from_str(text: &str) -> Result<Self, AgreedError> {
        [Self::Drop, Self::Reclaim].into_iter().find(|step| step.as_str() == text).ok_or(AgreedError)
    }
}

impl Refusal for AgreedError {
    fn reason(&self) -> Reason {
        Reason::new(Class::Usage, "CONSENT_STEP", "name drop or reclaim")
    }
}

impl Refusal for ConsentError {
    fn reason(&self) -> Reason {
        const AGAIN: &str = "have this person agree again: airlock online agree";
        match self {
            Self::Lines(_) => Reason::new(Class::Verification, "CONSENT_FORM", AGAIN),
            Self::Unknown(_) => Reason::new(Class::Quorum, "CONSENT_UNKNOWN", AGAIN),
            Self::Signature { error, .. } => error.reason(),
        }
    }
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;
    use crate::exchange::people::person::{PersonKey, PersonRole};
    use crate::exchange::signature::private_key::SoftwareKey;

    fn key(seed: u8) -> SoftwareKey {
        SoftwareKey::from_seed(&Zeroizing::new([seed; 32])).unwrap()
    }

    fn person(seed: u8) -> Person {
        let keys = vec![PersonKey { key: key(seed).public_key().clone(), revoked_from: None }];
        Person { id: "liu".parse().unwrap(), keys, name: "Liu".to_owned(), role: PersonRole::Requester }
    }

    fn consent() -> Consent {
        let time = Timestamp::from_unix(1_800_000_000).unwrap();
        Consent {
            step: Agreed::Drop,
            cluster: "cluster:prod-1".parse().unwrap(),
            trace: Trace::new(time, [1; 5]),
            plan: Digest::of(b"plan"),
            person: person(1).principal(),
            time,
            challenge: [7; 16],
        }
    }

    #[test]
    fn an_agreement_is_of_the_person_who_signed_it() {
        let (text, armored) = (consent().text(), consent().sign(&key(1)).unwrap());
        let verify = |people: &[Person]| Consent::verify(text.as_bytes(), armored.as_bytes(), people);
        assert_eq!(verify(&[person(1)]), Ok(consent()));
        assert_eq!(verify(&[]).unwrap_err().reason().code, "CONSENT_UNKNOWN");
        assert_eq!(verify(&[person(2)]).unwrap_err().reason().code, "SIGNATURE_KEY");
        let revoked = PersonKey { revoked_from: Some(1), ..person(1).keys[0].clone() };
        assert!(verify(&[Person { keys: vec![revoked], ..person(1) }]).is_err());
        let officer = Person { role: PersonRole::Officer, ..person(1) };
        assert_eq!(verify(&[officer]).unwrap_err().reason().code, "CONSENT_UNKNOWN");
    }

    #[test]
    fn other_texts_and_other_purposes_are_refused() {
        let text = consent().text();
        let code = |text: &str| Consent::parse(text.as_bytes()).unwrap_err().reason().code;
        for broken in [
            text.replace("agreement-v1", "agreement-v2"),
            text.replace("step: drop", "step: all"),
            text.replace("trace: ", "trace:  "),
            text.replace("plan-sha256", "plan"),
            format!("{text}more: x\n"),
            text.trim_end().to_owned(),
            String::new(),
        ] {
            assert_eq!(code(&broken), "CONSENT_FORM", "{broken}");
        }
        let elsewhere = signature::sign(&key(1), Namespace::Approval, text.as_bytes()).unwrap();
        let refused = Consent::verify(text.as_bytes(), elsewhere.as_bytes(), &[person(1)]).unwrap_err();
        assert_eq!(refused.reason().code, "SIGNATURE_NAMESPACE");
        // An agreement to the one step is none to the other.
        let later = text.replace("step: drop", "step: reclaim");
        let refused = Consent::verify(later.as_bytes(), consent().sign(&key(1)).unwrap().as_bytes(), &[person(1)]);
        assert_eq!(refused.unwrap_err().reason().code, "SIGNATURE_INVALID");
        let other = Consent { plan: Digest::of(b"another plan"), ..consent() }.text();
        let armored = consent().sign(&key(1)).unwrap();
        let refused = Consent::verify(other.as_bytes(), armored.as_bytes(), &[person(1)]).unwrap_err();
        assert_eq!(refused.reason().code, "SIGNATURE_INVALID");
    }
}
