//! Another policy comes into force: the people of the roster approve the digest of its file.

use thiserror::Error;

use crate::audit::detail::Object;
use crate::audit::entry::Actor;
use crate::audit::event::Event;
use crate::exchange::approval::operation::Operation;
use crate::issuance::policy::Policy;
use crate::offline::room::Room;
use crate::refusal::{Class, Reason, Refusal, Refused};
use crate::wire::digest::Digest;

/// Why a policy is not put before people.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum PolicyFault {
    /// It is in force.
    #[error("this very policy is in force")]
    Same,
    /// Another policy bears its id.
    #[error("the policy in force has the same id and says something else")]
    SameId,
}

/// Puts the policy file `bytes` before people; returns its digest.
///
/// # Errors
/// Any [`PolicyError`](crate::issuance::policy::PolicyError); [`PolicyFault`]; as [`Room::propose`].
pub fn propose(room: &mut Room, actor: &Actor, bytes: &[u8]) -> Result<Digest, Refused> {
    let (new, old) = (Policy::parse(bytes)?.name(), room.policy().name());
    if new.sha256 == old.sha256 {
        return Err(PolicyFault::Same.into());
    }
    if new.id == old.id {
        return Err(PolicyFault::SameId.into());
    }
    room.propose(actor, Operation::Policy, bytes)
}

/// Brings a policy into force, once enough people have approved it; returns the entry that says so.
///
/// # Errors
/// As [`Room::agreed`]; what the log says.
pub fn adopt(room: &mut Room, object: &Digest) -> Result<u64, Refused> {
    let agreed = room.agreed(&room.subject(Operation::Policy, object)?)?;
    // A policy that this program does not read must not come into force, or nothing would work any more.
    Policy::parse(&room.desk().objects().get(agreed.object())?)?;
    room.change(&Actor::system(), None, Event::PolicyAdopted(Object { object: *agreed.object() }))
}

/// The policy file in force.
///
/// # Errors
/// What the blobs say.
pub fn text(room: &Room) -> Result<String, Refused> {
    Ok(String::from_utf8_lossy(&room.desk().objects().get(&room.policy().digest())?).into_owned())
}

/// The lines that differ between two files: `- ` before what falls away, `+ ` before what is new, in their order.
pub fn difference(old: &str, new: &str) -> Vec<String> {
    let (old, new): (Vec<_>, Vec<_>) = (old.lines().collect(), new.lines().collect());
    let same_from = longest_common(&old, &new);
    let at = |i: usize, j: usize| same_from.get(i).and_then(|row| row.get(j)).copied().unwrap_or(0);
    let (mut i, mut j, mut lines) = (0, 0, Vec::new());
    loop {
        match (old.get(i), new.get(j)) {
            (None, None) => return lines,
            (Some(gone), Some(come)) if gone == come => (i, j) = (i + 1, j + 1),
            (Some(gone), come) if come.is_none() || at(i + 1, j) >= at(i, j + 1) => {
                lines.push(format!("- {gone}"));
                i += 1;
            }
            (_, Some(come)) => {
                lines.push(format!("+ {come}"));
                j += 1;
            }
            (Some(_), None) => return lines,
        }
    }
}

/// For each pair of suffixes, how many lines they have in common in order.
fn longest_common(old: &[&str], new: &[&str]) -> Vec<Vec<usize>> {
    let mut rows = vec![vec![0; new.len() + 1]];
    for gone in old.iter().rev() {
        let below = rows.last().cloned().unwrap_or_default();
        let mut row = vec![0];
        for (j, come) in new.iter().enumerate().rev() {
            let at = |j: usize| below.get(j).copied().unwrap_or(0);
            let right = row.last().copied().unwrap_or(0);
            row.push(if gone == come { at(j + 1) + 1 } else { at(j).max(right) });
        }
        row.reverse();
        rows.push(row);
    }
    rows.reverse();
    rows
}

impl Refusal for PolicyFault {
    fn reason(&self) -> Reason {
        match self {
            Self::Same => Reason::new(Class::Usage, "POLICY_SAME", "nothing is left to do"),
            Self::SameId => Reason::new(Class::Usage, "POLICY_SAME_ID", "give the new policy an id of its own"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_told_line_by_line() {
        assert!(difference("a\nb\nc\n", "a\nb\nc\n").is_empty());
        assert_eq!(difference("a\nb\nc\n", "a\nx\nc\n"), ["- b", "+ x"]);
        assert_eq!(difference("a\nb\n", "b\nc\n"), ["- a", "+ c"]);
        assert_eq!(difference("", "a\n"), ["+ a"]);
        assert_eq!(difference("a\n", ""), ["- a"]);
    }
}
