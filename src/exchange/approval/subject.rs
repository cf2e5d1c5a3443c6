//! What is decided about: the lines that every decision on one object has in common.

use super::ApprovalError;
use super::operation::Operation;
use super::rule::{PolicyName, RosterName, Rule, RuleName};
use crate::exchange::lines::{LineError, Lines};
use crate::exchange::statement::party::{Party, Role};
use crate::exchange::trace::Trace;
use crate::wire::digest::Digest;

/// The object of a decision and everything it was judged by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// What is to be done.
    pub operation: Operation,
    /// The exchange, where the object is a plan.
    pub trace: Option<Trace>,
    /// The statement that is answered, where there is one.
    pub statement_sha256: Option<Digest>,
    /// Digest of the object: of PLAN.json, of the record, of the policy.
    pub object_sha256: Digest,
    /// The policy in force.
    pub policy: PolicyName,
    /// The quorum it needs.
    pub rule: Rule,
    /// The roster in force.
    pub roster: RosterName,
    /// The CA host.
    pub host: Party,
}

impl Subject {
    /// Demands the lines that belong to the operation, no more and no less.
    pub(super) fn check(&self) -> Result<(), ApprovalError> {
        let plan = self.operation.has_plan();
        let whole = self.trace.is_some() == plan && self.statement_sha256.is_some() == self.operation.has_statement();
        let ruled = (self.rule.name == RuleName::Administration) != plan;
        if whole && ruled && self.host.role() == Role::Ca {
            Ok(())
        } else {
            Err(ApprovalError::Subject(self.operation))
        }
    }

    /// Reads the lines up to the roster; the host, which stands further down, is yet to be filled in.
    pub(super) fn begin(rest: &mut Lines<'_>) -> Result<Begun, LineError> {
        Ok(Begun {
            operation: rest.value("operation")?,
            trace: rest.optional("trace")?,
            statement_sha256: rest.optional("statement-sha256")?,
            object_sha256: rest.value("object-sha256")?,
            policy: rest.value("policy")?,
            rule: rest.value("rule")?,
            roster: rest.value("roster")?,
        })
    }

    /// The lines up to the roster.
    pub(super) fn beginning(&self) -> String {
        let mut text = format!("operation: {}\n", self.operation);
        if let Some(trace) = &self.trace {
            text.push_str(&format!("trace: {trace}\n"));
        }
        if let Some(statement) = &self.statement_sha256 {
            text.push_str(&format!("statement-sha256: {statement}\n"));
        }
        text.push_str(&format!(
            "object-sha256: {}\npolicy: {}\nrule: {}\nroster: {}\n",
            self.object_sha256, self.policy, self.rule, self.roster
        ));
        text
    }

    /// The first line in which two subjects differ, the operation before all others.
    pub(super) fn difference(&self, other: &Self) -> Option<&'static str> {
        let lines = [
            ("operation", self.operation == other.operation),
            ("trace", self.trace == other.trace),
            ("statement-sha256", self.statement_sha256 == other.statement_sha256),
            ("object-sha256", self.object_sha256 == other.object_sha256),
            ("policy", self.policy == other.policy),
            ("rule", self.rule == other.rule),
            ("roster", self.roster == other.roster),
            ("host", self.host == other.host),
        ];
        lines.into_iter().find(|(_, same)| !same).map(|(line, _)| line)
    }
}

/// The lines of a subject that stand at the beginning of a text.
pub(super) struct Begun {
    operation: Operation,
    trace: Option<Trace>,
    statement_sha256: Option<Digest>,
    object_sha256: Digest,
    policy: PolicyName,
    rule: Rule,
    roster: RosterName,
}

impl Begun {
    /// The whole subject.
    pub(super) fn at(self, host: Party) -> Subject {
        let Self { operation, trace, statement_sha256, object_sha256, policy, rule, roster } = self;
        Subject { operation, trace, statement_sha256, object_sha256, policy, rule, roster, host }
    }
}
