//! Whether enough people have approved a plan.
//!
//! The CA host counts before it signs; an importer counts again, by the roster it pinned and whatever the package says.
//! What counts is people: distinct persons of the roster in the role of officer, each by a key that was his when his
//! approval was written down. Every line of every approval must be that of the plan. One that is not, or one rejection,
//! ends the count; nothing is left out silently.

use std::collections::BTreeMap;

use thiserror::Error;

use crate::exchange::approval::ApprovalError;
use crate::exchange::approval::diligence::Diligence;
use crate::exchange::approval::operation::Decision;
use crate::exchange::approval::rule::{RosterName, Rule};
use crate::exchange::approval::signed::SignedApproval;
use crate::exchange::code::rows::Rows;
use crate::exchange::draw::{CoverageError, Sharing, covered};
use crate::exchange::paper::channel::Channel;
use crate::exchange::people::person::{PersonId, Principal};
use crate::exchange::people::roster::{Roster, RosterError};
use crate::issuance::plan::Plan;
use crate::issuance::plan::fields::PlanOperation;
use crate::issuance::plan::history::OpenPlan;
use crate::issuance::policy::{OfficerKey, Policy};
use crate::refusal::{Class, Reason, Refusal};
use crate::wire::digest::Digest;

/// A decision and the entry of the CA's log that it stands in.
#[derive(Debug, Clone, Copy)]
pub struct Vote<'a> {
    /// The decision, whose signature was verified.
    pub signed: &'a SignedApproval,
    /// The index of its entry.
    pub entry: u64,
}

/// By what votes are counted.
#[derive(Debug, Clone, Copy)]
pub struct Demands<'a> {
    /// The people, as this side knows them.
    pub roster: &'a Roster,
    /// The policy, on the CA host.
    pub policy: Option<&'a Policy>,
    /// Officers that this site wants at least, on the importing side; 0 where it wants no more than the roster does.
    pub least: u64,
}

/// Enough people have approved one plan. Only [`count`] makes it, and it opens that plan only:
///
/// ```compile_fail,E0451
/// # use airlock::issuance::quorum::QuorumMet;
/// # use airlock::wire::digest::Digest;
/// fn forged(plan: Digest) -> QuorumMet {
///     QuorumMet { plan, officers: Vec::new(), auditors: Vec::new() }
/// }
/// ```
///
/// ```
/// # use airlock::issuance::plan::Plan;
/// # use airlock::issuance::quorum::{Demands, QuorumError, QuorumMet, Vote, count};
/// fn counted(plan: &Plan, votes: &[Vote<'_>], demands: &Demands<'_>) -> Result<QuorumMet, QuorumError> {
///     count(plan, votes, demands)
/// }
/// ```
#[derive(Debug)]
pub struct QuorumMet {
    plan: Digest,
    officers: Vec<PersonId>,
    auditors: Vec<PersonId>,
}

/// A plan that enough people have approved: the only source of [`SigningOrder`](crate::issuance::order::SigningOrder)s.
/// It is neither made by hand nor copied, so a plan is signed once:
///
/// ```compile_fail,E0599
/// # use airlock::issuance::quorum::ApprovedPlan;
/// fn twice(plan: ApprovedPlan) -> (ApprovedPlan, ApprovedPlan) {
///     (plan.clone(), plan)
/// }
/// ```
///
/// ```compile_fail,E0451
/// # use airlock::issuance::plan::Plan;
/// # use airlock::issuance::quorum::ApprovedPlan;
/// fn forged(plan: Plan) -> ApprovedPlan {
///     ApprovedPlan { plan }
/// }
/// ```
///
/// ```
/// # use airlock::issuance::plan::history::OpenPlan;
/// # use airlock::issuance::quorum::{ApprovedPlan, QuorumError, QuorumMet};
/// fn approved(plan: OpenPlan, met: QuorumMet) -> Result<ApprovedPlan, QuorumError> {
///     ApprovedPlan::new(plan, met)
/// }
/// ```
#[derive(Debug)]
pub struct ApprovedPlan {
    plan: Plan,
}

/// Why a plan is not approved.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum QuorumError {
    /// The plan was made under another roster.
    #[error("the plan was made under another roster than the one here")]
    Roster,
    /// The roster has no digest.
    #[error(transparent)]
    NoDigest(#[from] RosterError),
    /// The plan names another rule than the roster asks for.
    #[error("the plan asks for {found}, the roster for {needed}")]
    Rule {
        /// What the plan names.
        found: Rule,
        /// What is needed.
        needed: Rule,
    },
    /// Somebody rejected the plan.
    #[error("{0} rejected the plan")]
    Rejected(Principal),
    /// A line of an approval is not the plan's, or it was made when the plan was not open.
    #[error("{person}: {error}")]
    Approval {
        /// Whose approval.
        person: Principal,
        /// Which line.
        error: ApprovalError,
    },
    /// The roster does not have this person in this role.
    #[error("{0} is not in the roster")]
    Stranger(Principal),
    /// The key was not the person's when the approval was written down.
    #[error("the key of {0} was revoked, or never was one of that person's")]
    Key(Principal),
    /// The policy does not take keys that live there.
    #[error("policy does not take the kind of key that {0} signed with")]
    KeyKind(Principal),
    /// The rows did not come by a way that counts.
    #[error("the rows of {person} came by the channel {channel}, which does not count here")]
    Channel {
        /// Whose rows.
        person: Principal,
        /// How they came.
        channel: Channel,
    },
    /// The ticked requests are not the privileged ones.
    #[error("{0} did not tick exactly the privileged requests")]
    Ticks(Principal),
    /// Not enough officers yet.
    #[error("{found} of {needed} officers have approved")]
    Officers {
        /// How many have.
        found: u64,
        /// How many must.
        needed: u64,
    },
    /// No auditor has witnessed it yet.
    #[error("no auditor has witnessed the approvals")]
    Auditor,
    /// The rows that were typed do not suffice.
    #[error(transparent)]
    Rows(#[from] CoverageError),
    /// The quorum is of another plan.
    #[error("the quorum is of another plan")]
    OtherPlan,
}

/// Counts the votes on a plan.
///
/// # Errors
/// Any [`QuorumError`] but [`QuorumError::OtherPlan`]; [`QuorumError::Officers`] and [`QuorumError::Auditor`] while people
/// are missing.
pub fn count(plan: &Plan, votes: &[Vote<'_>], demands: &Demands<'_>) -> Result<QuorumMet, QuorumError> {
    let roster = demands.roster;
    if RosterName::of(roster)? != plan.fields().roster || *roster.ca() != plan.fields().ca {
        return Err(QuorumError::Roster);
    }
    let (found, needed) = (Rule::from(plan.fields().rule), plan.rule_under(roster));
    if found != needed {
        return Err(QuorumError::Rule { found, needed });
    }
    let (mut officers, mut auditors) = (BTreeMap::<PersonId, Rows>::new(), Vec::new());
    for vote in votes {
        let person = check(plan, vote, demands)?;
        match vote.signed.approval().lines().decision {
            Decision::Approve => {
                let rows = officers.entry(person).or_insert(Rows::NONE);
                let typed = vote.signed.approval().lines().diligence.as_ref().map(|diligence| diligence.rows);
                *rows = rows.and(typed.unwrap_or(Rows::NONE));
            }
            Decision::Witness => auditors.push(person),
            Decision::Reject => return Err(QuorumError::Rejected(vote.signed.approval().lines().person.clone())),
        }
    }
    let (found, needed) = (officers.len() as u64, needed.officers.max(demands.least));
    if found < needed {
        return Err(QuorumError::Officers { found, needed });
    }
    if plan.fields().rule.auditor && auditors.is_empty() {
        return Err(QuorumError::Auditor);
    }
    if plan.fields().operation == PlanOperation::Issue {
        let sharing = if plan.needs_whole_code() { Sharing::Whole } else { Sharing::Halves };
        covered(sharing, &officers.values().copied().collect::<Vec<_>>())?;
    }
    auditors.sort();
    auditors.dedup();
    Ok(QuorumMet { plan: plan.sha256(), officers: officers.into_keys().collect(), auditors })
}

/// Checks one vote and says whose it is.
fn check(plan: &Plan, vote: &Vote<'_>, demands: &Demands<'_>) -> Result<PersonId, QuorumError> {
    let approval = vote.signed.approval();
    let lines = approval.lines();
    let person = || lines.person.clone();
    let fields = plan.fields();
    if lines.decision == Decision::Reject && lines.subject.object_sha256 == plan.sha256() {
        return Err(QuorumError::Rejected(person()));
    }
    let fits = approval.is_about(&plan.subject()).and_then(|()| approval.is_within(fields.created, fields.expires));
    fits.map_err(|error| QuorumError::Approval { person: person(), error })?;
    let known = demands.roster.principal(&lines.person).ok_or_else(|| QuorumError::Stranger(person()))?;
    if !known.holds(vote.signed.key(), vote.entry) {
        return Err(QuorumError::Key(person()));
    }
    let kind = if vote.signed.key().is_token() { OfficerKey::Token } else { OfficerKey::Software };
    if demands.policy.is_some_and(|policy| !policy.allows_officer_key(kind)) {
        return Err(QuorumError::KeyKind(person()));
    }
    if let Some(diligence) = &lines.diligence {
        check_diligence(plan, diligence, person, demands)?;
    }
    Ok(known.id.clone())
}

fn check_diligence(
    plan: &Plan,
    diligence: &Diligence,
    person: impl Fn() -> Principal,
    demands: &Demands<'_>,
) -> Result<(), QuorumError> {
    let channel = diligence.channel;
    // What a program entered counts nowhere but on the CA host of a test, whose policy says so.
    let counts = match demands.policy {
        Some(policy) => policy.allows_channel(channel),
        None => channel != Channel::Scripted,
    };
    if !counts {
        return Err(QuorumError::Channel { person: person(), channel });
    }
    if diligence.ticked == plan.ticked() { Ok(()) } else { Err(QuorumError::Ticks(person())) }
}

impl QuorumMet {
    /// The officers who approved, each once.
    pub fn officers(&self) -> &[PersonId] {
        &self.officers
    }

    /// The auditors who witnessed, each once.
    pub fn auditors(&self) -> &[PersonId] {
        &self.auditors
    }
}

impl ApprovedPlan {
    /// An open plan with its quorum.
    ///
    /// # Errors
    /// [`QuorumError::OtherPlan`].
    pub fn new(open: OpenPlan, met: QuorumMet) -> Result<Self, QuorumError> {
        let plan = open.into_plan();
        if plan.sha256() == met.plan { Ok(Self { plan }) } else { Err(QuorumError::OtherPlan) }
    }

    /// The plan, to look at.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The plan, to be signed.
    pub(super) fn into_plan(self) -> Plan {
        self.plan
    }
}

impl Refusal for QuorumError {
    fn reason(&self) -> Reason {
        let quorum = |code, hint| Reason::new(Class::Quorum, code, hint);
        match self {
            Self::Roster => quorum("QUORUM_ROSTER", "make a new plan under the roster in force"),
            Self::NoDigest(error) => error.reason(),
            Self::Rule { .. } => {
                quorum("QUORUM_RULE", "treat the plan as hostile: it asks for other people than it needs")
            }
            Self::Rejected(_) => quorum("QUORUM_REJECTED", "read the reason; a new plan needs one officer more"),
            Self::Approval { error, .. } => error.reason(),
            Self::Stranger(_) => quorum("QUORUM_STRANGER", "leave that approval out, and ask where it came from"),
            Self::Key(_) => quorum("QUORUM_KEY", "have that person approve with a key in force"),
            Self::KeyKind(_) => quorum("QUORUM_KEY_KIND", "have that person approve with a key that the policy takes"),
            Self::Channel { .. } => quorum("QUORUM_CHANNEL", "have that person type the rows from paper"),
            Self::Ticks(_) => quorum("QUORUM_TICKS", "have that person open and tick each privileged request"),
            Self::Officers { .. } => quorum("QUORUM_OFFICERS", "have further officers approve"),
            Self::Auditor => quorum("QUORUM_AUDITOR", "have an auditor witness the approvals"),
            Self::Rows(error) => error.reason(),
            Self::OtherPlan => Reason::new(Class::Internal, "QUORUM_OTHER_PLAN", "report this to the maintainers"),
        }
    }
}

#[cfg(test)]
mod tests;
