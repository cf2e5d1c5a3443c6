//! An officer approves a plan, or rejects it; an auditor witnesses.
//!
//! What the officer did before stands in what he signs: the sheet in his hand, the rows he typed, and every privileged
//! request that he ticked, beside the number of privileged certificates that he counted.

use thiserror::Error;

use crate::exchange::approval::diligence::Diligence;
use crate::exchange::approval::operation::Decision;
use crate::exchange::code::rows::Rows;
use crate::exchange::csr_bundle::number::Number;
use crate::exchange::draw::SHARE;
use crate::exchange::paper::sheet_copy::SheetCopy;
use crate::exchange::people::person::{PersonId, PersonRole};
use crate::exchange::trace::Trace;
use crate::issuance::plan::Plan;
use crate::offline::decide::{Ask, DecideError};
use crate::offline::plan::load;
use crate::offline::room::Room;
use crate::refusal::{Class, Reason, Refusal, Refused};
use crate::wire::digest::Digest;
use crate::wire::text;

/// So many characters of the numbers of requests are told.
const TOLD: usize = 60;

/// A plan that is put before people.
pub struct Ballot {
    plan: Plan,
    statement: Option<Digest>,
}

/// What a person says to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Vote {
    /// An officer approves, an auditor witnesses.
    Yes(Care),
    /// An officer rejects it, for this reason.
    No(String),
}

/// What an officer shows of his review.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Care {
    /// The sheet in his hand, by its number and its copy; of a plan that answers a bundle.
    pub sheet: Option<SheetCopy>,
    /// How many certificates give full rights, as he counted them.
    pub privileged: Option<usize>,
    /// The requests that he ticked one by one.
    pub ticked: Vec<Number>,
}

/// Why a person's vote is not taken.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum ApproveError {
    /// The sheet is not named.
    #[error("the number and copy of the sheet are not given")]
    Sheet,
    /// He typed no rows of the sheet, or not all that this plan needs.
    #[error("{person} has typed {found} rows of the sheet, this plan needs {needed}")]
    Rows {
        /// The person.
        person: PersonId,
        /// How many rows he typed.
        found: u32,
        /// How many he must.
        needed: u32,
    },
    /// Not the number of privileged certificates.
    #[error("the plan does not hold that many privileged certificates")]
    Count,
    /// Not exactly the requests that are to be ticked.
    /// Those that are missing are not told: whoever approves finds them in the review.
    #[error("the ticked requests are not exactly those that must be ticked; ticked in vain: {0}")]
    Ticks(String),
}

impl Ballot {
    /// The newest plan of `trace`.
    ///
    /// # Errors
    /// [`PlanStepError`](super::plan::PlanStepError); what the blobs say of it.
    pub fn of(room: &Room, trace: &Trace) -> Result<Self, Refused> {
        Ok(Self { plan: load::plan(room, trace)?, statement: load::closed(room, trace)?.statement })
    }

    /// The plan.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// How many certificates give full rights.
    pub fn privileged(&self) -> usize {
        self.plan.fields().orders.iter().filter(|order| order.privileged == Some(true)).count()
    }

    /// What is asked of this person, to be decided by him here or elsewhere.
    ///
    /// # Errors
    /// [`ApproveError`]; [`DecideError::Stranger`]; what the log says of the sheet.
    pub fn ask(&self, room: &Room, person: &PersonId, vote: Vote) -> Result<Ask, Refused> {
        let known = room.roster().person(person).ok_or_else(|| DecideError::Stranger(person.clone()))?;
        let (decision, diligence, reason) = match vote {
            Vote::No(reason) => (Decision::Reject, None, Some(reason)),
            Vote::Yes(_) if known.role == PersonRole::Auditor => (Decision::Witness, None, None),
            Vote::Yes(care) => {
                self.counted(&care)?;
                (Decision::Approve, self.diligence(room, person, care)?, None)
            }
        };
        Ok(Ask { subject: self.plan.subject(), person: person.clone(), decision, diligence, reason })
    }

    fn counted(&self, care: &Care) -> Result<(), ApproveError> {
        if care.privileged != Some(self.privileged()) {
            return Err(ApproveError::Count);
        }
        let mut ticked = care.ticked.clone();
        ticked.sort_unstable();
        let due = self.plan.ticked();
        if ticked == due {
            return Ok(());
        }
        let vain: Vec<_> = ticked.iter().filter(|one| !due.contains(one)).map(ToString::to_string).collect();
        let vain = if vain.is_empty() { "none".to_owned() } else { text::clip(&vain.join(","), TOLD) };
        Err(ApproveError::Ticks(vain))
    }

    /// What the officer did at the paper; of a plan without a bundle, nothing.
    fn diligence(&self, room: &Room, person: &PersonId, care: Care) -> Result<Option<Diligence>, Refused> {
        let Some(statement) = self.statement else { return Ok(None) };
        let papers = room.desk().papers()?;
        let sheet = papers.sheets().find(|sheet| sheet.statement() == statement);
        let evidence = sheet.map(|sheet| sheet.evidence()).transpose()?;
        let typed = evidence.as_ref().and_then(|evidence| evidence.of(person));
        let (found, needed) = (typed.map_or(Rows::NONE, |typed| typed.rows), self.rows_needed());
        let Some(typed) = typed.filter(|_| found.count() >= needed) else {
            return Err(ApproveError::Rows { person: person.clone(), found: found.count(), needed }.into());
        };
        Ok(Some(Diligence {
            sheet: care.sheet.ok_or(ApproveError::Sheet)?,
            channel: typed.channel,
            rows: typed.rows,
            attempts: typed.attempts,
            typos: typed.typos,
            ticked: self.plan.ticked(),
        }))
    }

    fn rows_needed(&self) -> u32 {
        if self.plan.needs_whole_code() { Rows::ALL.count() } else { SHARE }
    }
}

impl Refusal for ApproveError {
    fn reason(&self) -> Reason {
        match self {
            Self::Sheet => Reason::new(Class::Usage, "APPROVE_SHEET", "read it off the paper: --sheet S-000001/1"),
            Self::Rows { .. } => Reason::new(
                Class::Sheet,
                "APPROVE_ROWS",
                "have him type his rows: airlock offline confirm TRACE; all of them with --whole",
            ),
            Self::Count => Reason::new(
                Class::Quorum,
                "APPROVE_COUNT",
                "read the plan again: airlock offline review TRACE; then count what is marked privileged",
            ),
            Self::Ticks(_) => Reason::new(
                Class::Quorum,
                "APPROVE_TICKS",
                "open each request marked with ! in the review, and tick it with Space or --tick",
            ),
        }
    }
}
