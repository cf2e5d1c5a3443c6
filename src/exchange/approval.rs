//! What a person signs to approve, witness or reject something, as plain text.
//!
//! ```text
//! airlock-approval-v1
//! operation: issue
//! trace: 20261122-7Q2K-9M4F-M
//! statement-sha256: 2ae9…
//! object-sha256: 2c91…
//! policy: POL-2026-01 7f0c…
//! rule: leaf 2-of-4
//! roster: 1 44d1…
//! decision: approve
//! officer: officer:li
//! role: officer
//! sheet: S-000001/1
//! oob-channel: typed
//! oob-rows: B,E,F,I,J,L,M,O
//! oob-attempts: 8
//! oob-typos: 0
//! privileged-ticked: 0031,0032
//! host: ca:root-ca-01
//! log-head: 1048 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=
//! time: 2026-11-22T03:16:02Z
//! challenge: AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=
//! ```
//!
//! `trace` stands where the operation has a plan, `statement-sha256` where it answers a bundle. The lines from `sheet` to
//! `privileged-ticked` say what an officer did before he approved an answer to a bundle; where he rejects it he may have
//! done less, and they may be missing. A rejection begins with `airlock-rejection-v1` and ends with a `reason`.
//!
//! - [`operation`]: what is decided, and how
//! - [`subject`]: the lines that all decisions on one object share
//! - [`rule`]: the quorum rule, and the names of policy and roster
//! - [`diligence`]: what an officer did at the paper and in review
//! - [`signed`]: the text with its signature, verified

pub mod diligence;
mod error;
pub mod operation;
pub mod rule;
pub mod signed;
pub mod subject;

use crate::audit::tree::Head;
use crate::exchange::lines::{self, LineError};
use crate::exchange::people::person::{PersonRole, Principal};
use crate::wire::base64::Base64;
use crate::wire::digest::Digest;
use crate::wire::time::Timestamp;
use diligence::Diligence;
pub use error::ApprovalError;
use operation::Decision;
use subject::Subject;

/// The longest text that is read, in bytes: room for 25 000 ticked requests.
pub const MAX_BYTES: usize = 192 << 10;
/// The longest reason of a rejection, in characters.
pub const MAX_REASON: usize = 400;

const APPROVAL: &str = "airlock-approval-v1";
const REJECTION: &str = "airlock-rejection-v1";

/// What a decision says, line by line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lines {
    /// What is decided about.
    pub subject: Subject,
    /// How.
    pub decision: Decision,
    /// By whom.
    pub person: Principal,
    /// What he did before; for answers to bundles only.
    pub diligence: Option<Diligence>,
    /// The head of the log on the screen of the host when he signed.
    pub log_head: Head,
    /// When, by the clock of the host.
    pub time: Timestamp,
    /// Random bytes of the host, so that no two texts are the same.
    pub challenge: [u8; 32],
    /// Why, of a rejection only; printable ASCII.
    pub reason: Option<String>,
}

/// Lines that fit together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval(Lines);

impl Approval {
    /// Takes lines that fit together.
    ///
    /// # Errors
    /// [`ApprovalError`] unless the subject is whole, the person's role decides so, an officer who approves an answer to
    /// a bundle says what he did, nobody else does, and a rejection and nothing else has a reason.
    pub fn new(lines: Lines) -> Result<Self, ApprovalError> {
        lines.subject.check()?;
        if lines.person.role != lines.decision.role() {
            return Err(ApprovalError::Role(lines.person));
        }
        let at_paper = lines.subject.operation.has_statement() && lines.decision.role() == PersonRole::Officer;
        let may_lack = !at_paper || lines.decision == Decision::Reject;
        match &lines.diligence {
            Some(_) if !at_paper => return Err(ApprovalError::Diligence),
            None if !may_lack => return Err(ApprovalError::Diligence),
            Some(diligence) => diligence.check()?,
            None => {}
        }
        match &lines.reason {
            Some(reason) if lines.decision == Decision::Reject && is_reason(reason) => Ok(Self(lines)),
            None if lines.decision != Decision::Reject => Ok(Self(lines)),
            _ => Err(ApprovalError::Reason),
        }
    }

    /// Reads `bytes`, which must be exactly what [`Approval::text`] prints.
    ///
    /// # Errors
    /// Any [`ApprovalError`] but those of signatures and comparison.
    pub fn parse(bytes: &[u8]) -> Result<Self, ApprovalError> {
        let mut rest = lines::Lines::of(bytes, MAX_BYTES)?;
        let header = rest.header(&[APPROVAL, REJECTION])?;
        let subject = Subject::begin(&mut rest)?;
        let decision: Decision = rest.value("decision")?;
        let person = rest.value("officer")?;
        let role = rest.field("role")?;
        let diligence = if rest.is_next("sheet") { Some(Diligence::read(&mut rest)?) } else { None };
        let subject = subject.at(rest.value("host")?);
        let log_head = read_head(rest.field("log-head")?).ok_or(LineError::Value("log-head"))?;
        let time = rest.value("time")?;
        let challenge: Base64 = rest.value("challenge")?;
        let challenge = challenge.0.try_into().map_err(|_| LineError::Value("challenge"))?;
        let reason = rest.optional("reason")?;
        rest.end()?;
        if header != first_line(decision) {
            return Err(ApprovalError::Header(decision));
        }
        if role != decision.role().as_str() {
            return Err(ApprovalError::Role(person));
        }
        let read = Self::new(Lines { subject, decision, person, diligence, log_head, time, challenge, reason })?;
        if read.text().as_bytes() == bytes { Ok(read) } else { Err(LineError::Spelling.into()) }
    }

    /// The text, byte for byte as it is signed.
    pub fn text(&self) -> String {
        let lines = &self.0;
        let mut text = format!("{}\n{}", first_line(lines.decision), lines.subject.beginning());
        let role = lines.decision.role();
        text.push_str(&format!("decision: {}\nofficer: {}\nrole: {role}\n", lines.decision, lines.person));
        if let Some(diligence) = &lines.diligence {
            text.push_str(&diligence.to_string());
        }
        let root = Base64(lines.log_head.root.as_bytes().to_vec());
        let challenge = Base64(lines.challenge.to_vec());
        text.push_str(&format!(
            "host: {}\nlog-head: {} {root}\ntime: {}\nchallenge: {challenge}\n",
            lines.subject.host, lines.log_head.size, lines.time
        ));
        if let Some(reason) = &lines.reason {
            text.push_str(&format!("reason: {reason}\n"));
        }
        text
    }

    /// SHA-256 of [`Approval::text`], by which the log and later plans name the decision.
    pub fn sha256(&self) -> Digest {
        Digest::of(self.text().as_bytes())
    }

    /// What it says.
    pub fn lines(&self) -> &Lines {
        &self.0
    }

    /// Demands that this decides on exactly `subject`; the operation is compared before anything else.
    ///
    /// # Errors
    /// [`ApprovalError::Other`] with the first line that differs.
    pub fn is_about(&self, subject: &Subject) -> Result<(), ApprovalError> {
        match self.0.subject.difference(subject) {
            Some(line) => Err(ApprovalError::Other(line)),
            None => Ok(()),
        }
    }

    /// Demands that it was made while its object was open.
    ///
    /// # Errors
    /// [`ApprovalError::Time`].
    pub fn is_within(&self, from: Timestamp, until: Timestamp) -> Result<(), ApprovalError> {
        if (from..=until).contains(&self.0.time) { Ok(()) } else { Err(ApprovalError::Time(self.0.time)) }
    }
}

/// The first line tells rejections apart, beside the namespace of the signature.
const fn first_line(decision: Decision) -> &'static str {
    match decision {
        Decision::Approve | Decision::Witness => APPROVAL,
        Decision::Reject => REJECTION,
    }
}

fn read_head(text: &str) -> Option<Head> {
    let (size, root) = text.split_once(' ')?;
    let root: Base64 = root.parse().ok()?;
    Some(Head { size: size.parse().ok()?, root: Digest::from_bytes(root.0.try_into().ok()?) })
}

fn is_reason(text: &str) -> bool {
    let printable = text.bytes().all(|b| matches!(b, b' '..=b'~'));
    printable && !text.is_empty() && text.trim() == text && text.len() <= MAX_REASON
}

#[cfg(test)]
mod tests;
