//! One door for every decision: a person approves, witnesses or rejects something that was put before people.
//!
//! He is here and shows his key, or he takes the text away and signs it with `ssh-keygen -Y sign` where his key
//! is, in a FIDO token for one. The text is kept and written down before it leaves, and a signature counts only over a
//! text of this host. What is decided is counted by [`Room::agreed`] and [`Room::approved_plan`].

use thiserror::Error;

use crate::audit::detail::{self, Asked};
use crate::audit::entry::Actor;
use crate::audit::event::Event;
use crate::desk::host::Desk;
use crate::desk::people::Present;
use crate::exchange::approval::diligence::Diligence;
use crate::exchange::approval::operation::Decision;
use crate::exchange::approval::signed::SignedApproval;
use crate::exchange::approval::subject::Subject;
use crate::exchange::approval::{Approval, Lines};
use crate::exchange::people::person::{Person, PersonId};
use crate::exchange::people::roster::Roster;
use crate::issuance::policy::OfficerKey;
use crate::issuance::quorum::QuorumError;
use crate::offline::room::{Room, RoomError};
use crate::refusal::{Class, Reason, Refusal, Refused};
use crate::wire::digest::Digest;

/// What one person is asked.
#[derive(Debug, Clone)]
pub struct Ask {
    /// What it is about: of a plan its own subject, of anything else [`Room::subject`].
    pub subject: Subject,
    /// Who decides.
    pub person: PersonId,
    /// How.
    pub decision: Decision,
    /// What he did at the paper and in review, of answers to bundles.
    pub diligence: Option<Diligence>,
    /// Why, of a rejection.
    pub reason: Option<String>,
}

/// A decision that stands in the log.
#[derive(Debug, Clone)]
pub struct Decided {
    /// The decision; its signature has verified.
    pub signed: SignedApproval,
    /// The index of its entry.
    pub entry: u64,
}

/// Why a decision is not taken.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum DecideError {
    /// The roster in force has no such person.
    #[error("{0} is not in the roster")]
    Stranger(PersonId),
    /// This person has decided.
    #[error("{0} has decided on it before")]
    Twice(PersonId),
    /// The key that was shown is another person's.
    #[error("the key that was shown is not one of {0}")]
    OtherPerson(PersonId),
    /// No text was handed out to this person.
    #[error("no text on this was handed out to {0}")]
    NotAsked(PersonId),
}

impl Room {
    /// Writes the text that this person signs elsewhere, under [`Decision::namespace`], and brings back.
    ///
    /// # Errors
    /// Any [`DecideError`] but [`DecideError::NotAsked`]; [`MatterError`](super::matter::MatterError); what the text
    /// lacks, as an [`ApprovalError`](crate::exchange::approval::ApprovalError).
    pub fn ask(&mut self, ask: Ask) -> Result<Approval, Refused> {
        let person = self.may_decide(&ask.subject, &ask.person)?;
        let approval = self.text(ask, &person)?;
        let (text, lines) = (approval.text(), approval.lines());
        let digest = Digest::of(text.as_bytes());
        let asked = Asked { object: lines.subject.object_sha256, person: person.id.to_string(), text: digest };
        let trace = lines.subject.trace.as_ref().map(ToString::to_string);
        let write_down = |desk: &mut Desk| desk.note(&Actor::system(), trace.as_deref(), Event::DecisionAsked(asked));
        self.desk_mut().hold(&[text.as_bytes()], write_down)?;
        Ok(approval)
    }

    /// Takes the decision of a person who is here, and writes it down; returns its entry.
    ///
    /// # Errors
    /// As [`Room::ask`], and [`QuorumError::Key`] or [`QuorumError::KeyKind`] for a key that would not count.
    pub fn decide(&mut self, ask: Ask, present: &Present) -> Result<u64, Refused> {
        let person = self.may_decide(&ask.subject, &ask.person)?;
        if *present.id() != person.id {
            return Err(DecideError::OtherPerson(person.id).into());
        }
        let approval = self.text(ask, &person)?;
        let signed = SignedApproval::sign(&approval, present.key(), &person)?;
        self.keep(signed, &person)
    }

    /// Takes the armored signature that a person made over a text that [`Room::ask`] gave him, and writes the decision
    /// down; returns its entry.
    ///
    /// # Errors
    /// [`DecideError::NotAsked`]; the refusal of the signature over the newest text; otherwise as [`Room::decide`].
    pub fn decide_detached(&mut self, subject: &Subject, id: &PersonId, armored: &[u8]) -> Result<u64, Refused> {
        let person = self.may_decide(subject, id)?;
        let opened = self.matter(&subject.object_sha256)?.opened;
        let of_person = |asked: &Asked| asked.object == subject.object_sha256 && asked.person == id.as_str();
        let since = self.desk().entries().iter().rev().take_while(|entry| entry.seq > opened);
        let texts = since.filter_map(|entry| match &entry.event {
            Event::DecisionAsked(asked) if of_person(asked) => Some(asked.text),
            _ => None,
        });
        let mut refused = None;
        for text in texts {
            match SignedApproval::verify(&self.desk().objects().get(&text)?, armored, &person) {
                Ok(signed) => {
                    signed.approval().is_about(subject)?;
                    return self.keep(signed, &person);
                }
                Err(error) => refused = refused.or(Some(error)),
            }
        }
        Err(refused.map_or_else(|| DecideError::NotAsked(id.clone()).into(), Refused::from))
    }

    /// Every decision on this object since it was last put before people, each verified again by the roster it names.
    ///
    /// # Errors
    /// [`MatterError::Unknown`](super::matter::MatterError); [`RoomError::Log`] where the log names a decision that is
    /// none; what the blobs say.
    pub fn decisions(&self, object: &Digest) -> Result<Vec<Decided>, Refused> {
        let opened = self.opened(object)?;
        let mut decided = Vec::new();
        for entry in self.desk().entries().iter().filter(|entry| entry.seq > opened) {
            let (Event::Approved(kept) | Event::Witnessed(kept) | Event::Rejected(kept)) = &entry.event else {
                continue;
            };
            if kept.object == *object {
                decided.push(Decided { signed: self.verified(kept)?, entry: entry.seq });
            }
        }
        Ok(decided)
    }

    /// Where enough people have approved and the run that was to do it died, whoever shows a second time that he approved is
    /// given the entry of his decision, so that the same step ends what it began.
    ///
    /// # Errors
    /// `refused`, which is why his decision was not taken now; what the log says.
    pub fn again(&self, subject: &Subject, id: &PersonId, refused: Refused) -> Result<u64, Refused> {
        let is_twice = matches!(refused.error().downcast_ref(), Some(DecideError::Twice(_)));
        if !is_twice || self.agreed(subject).is_err() {
            return Err(refused);
        }
        let decisions = self.decisions(&subject.object_sha256)?;
        let his = decisions.iter().find(|one| one.signed.approval().lines().person.id == *id);
        his.map(|his| his.entry).ok_or(refused)
    }

    /// Whether the decision in this entry of the log is a no; one that was signed elsewhere does not say so where it is
    /// brought.
    pub fn is_no(&self, entry: u64) -> bool {
        let newest = self.desk().entries().iter().rev().take_while(|one| one.seq >= entry);
        newest.filter(|one| one.seq == entry).any(|one| matches!(one.event, Event::Rejected(_)))
    }

    fn verified(&self, kept: &detail::Decision) -> Result<SignedApproval, Refused> {
        let objects = self.desk().objects();
        let (text, armored) = (objects.get(&kept.text)?, objects.get(&kept.signature)?);
        let lines = Approval::parse(&text)?.lines().clone();
        let roster = lines.subject.roster.sha256;
        if !self.in_force().rosters.contains(&roster) {
            return Err(RoomError::Log.into());
        }
        let roster = Roster::parse(&objects.get(&roster)?)?;
        let person = roster.principal(&lines.person).ok_or(RoomError::Log)?;
        Ok(SignedApproval::verify(&text, &armored, person)?)
    }

    /// The person, if he is in the roster and the object is open.
    fn may_decide(&self, subject: &Subject, id: &PersonId) -> Result<Person, Refused> {
        self.matter(&subject.object_sha256)?;
        let person = self.roster().person(id).ok_or_else(|| DecideError::Stranger(id.clone()))?;
        Ok(person.clone())
    }

    /// A second yes of one person says nothing; a no does at any time.
    fn first_time(&self, object: &Digest, id: &PersonId, decision: Decision) -> Result<(), Refused> {
        let has_decided = self.decisions(object)?.iter().any(|one| one.signed.approval().lines().person.id == *id);
        if has_decided && decision != Decision::Reject { Err(DecideError::Twice(id.clone()).into()) } else { Ok(()) }
    }

    fn text(&mut self, ask: Ask, person: &Person) -> Result<Approval, Refused> {
        let Ask { subject, decision, diligence, reason, .. } = ask;
        self.first_time(&subject.object_sha256, &person.id, decision)?;
        let log_head = self.desk().log().tree().head();
        let (time, challenge) = (self.desk().now()?, self.desk_mut().random()?);
        let person = person.principal();
        Ok(Approval::new(Lines { subject, decision, person, diligence, log_head, time, challenge, reason })?)
    }

    fn keep(&mut self, signed: SignedApproval, person: &Person) -> Result<u64, Refused> {
        let lines = signed.approval().lines();
        let (object, decision) = (lines.subject.object_sha256, lines.decision);
        self.first_time(&object, &person.id, decision)?;
        let matter = self.matter(&object)?;
        signed.approval().is_within(matter.from, matter.until)?;
        check_key(self, &signed, person, self.desk().log().tree().size())?;
        let (text, armored) = (signed.approval().text(), signed.armored().to_owned());
        let actor = Actor::person(person.id.as_str(), person.role.as_str(), &signed.key().fingerprint());
        let trace = lines.subject.trace.as_ref().map(ToString::to_string);
        let write_down = |desk: &mut Desk| Ok(desk.record(&actor, trace.as_deref(), signed)?.entry());
        self.desk_mut().hold(&[text.as_bytes(), armored.as_bytes()], write_down)
    }
}

/// Whether the key of a decision counts in the entry `index`.
pub(super) fn check_key(room: &Room, signed: &SignedApproval, person: &Person, index: u64) -> Result<(), QuorumError> {
    if !person.holds(signed.key(), index) {
        return Err(QuorumError::Key(person.principal()));
    }
    let kind = if signed.key().is_token() { OfficerKey::Token } else { OfficerKey::Software };
    if room.policy().allows_officer_key(kind) { Ok(()) } else { Err(QuorumError::KeyKind(person.principal())) }
}

impl Refusal for DecideError {
    fn reason(&self) -> Reason {
        match self {
            Self::Stranger(_) => Reason::new(
                Class::Quorum,
                "DECIDE_STRANGER",
                "name a person of the roster in force: airlock officer list",
            ),
            Self::Twice(_) => Reason::new(Class::Quorum, "DECIDE_TWICE", "have another person decide"),
            Self::OtherPerson(_) => {
                Reason::new(Class::Authentication, "DECIDE_OTHER_PERSON", "show the key of the person who decides")
            }
            Self::NotAsked(_) => {
                Reason::new(Class::Verification, "DECIDE_NOT_ASKED", "have the text written out first, and sign that")
            }
        }
    }
}
