//! Why a rotation does not go on.

use thiserror::Error;

use crate::cluster::lives::LivesError;
use crate::refusal::{Class, Reason, Refusal};
use crate::wire::json::JsonError;
use crate::wire::text;

/// Why a rotation does not go on, beside what the gates hold.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum RotateError {
    /// The cluster has no such node.
    #[error("{0} is no node of the cluster record")]
    Stranger(String),
    /// It is not said which node this host is.
    #[error("it is not said which node this host is")]
    NoNode,
    /// Another node has its turn.
    #[error("it is the turn of {node}: {action}")]
    Turn {
        /// The node.
        node: String,
        /// What is to be done there.
        action: String,
    },
    /// A file beside the live ones is missing or does not fit.
    #[error("{path}: {why}")]
    Staged {
        /// The live file that it is for.
        path: String,
        /// Why it is not put in place.
        why: String,
    },
    /// What would be gone back to is not kept.
    #[error("{0}: nothing of the old root is kept to go back to")]
    NothingKept(String),
    /// A live file is not what it is taken for.
    #[error("{path}: {why}")]
    Live {
        /// The file.
        path: String,
        /// What is wrong with it.
        why: String,
    },
    /// A component of this node is not known to the config.
    #[error("nothing says how {0} is stopped and started here")]
    Unmanaged(&'static str),
    /// A step that a person does.
    #[error("{action} is done by a person: {how}")]
    ByHand {
        /// What is to be done.
        action: String,
        /// How.
        how: String,
    },
    /// Facts that bear the name of one node are of another.
    #[error("the facts of {file} are of {found}")]
    OtherFacts {
        /// The node that the file is named after.
        file: String,
        /// The node in it, or the trace.
        found: String,
    },
    /// Metrics of an API server are not in their form.
    #[error("{file}: {error}")]
    Metrics {
        /// The file.
        file: String,
        /// What is wrong with it.
        error: LivesError,
    },
    /// Whoever vouches is none of the people who may agree.
    #[error("{0} is no person of this exchange")]
    NoPerson(String),
    /// Another node was staged for the other way.
    #[error("{node} was staged for {theirs}, and this node for {ours}")]
    OtherWay {
        /// The node.
        node: String,
        /// Its way.
        theirs: &'static str,
        /// That of this node.
        ours: &'static str,
    },
    /// What is to be written has no canonical JSON form: a fault of this program.
    #[error("the plan or the facts cannot be written: {0}")]
    Unwritable(JsonError),
    /// What earlier runs counted is not in its form.
    #[error("what the meter counted before cannot be read: {0}")]
    Counts(String),
    /// A reason that says nothing.
    #[error("a reason has {0} characters at least")]
    Reason(usize),
    /// Who agrees was shown another plan, or none.
    #[error("the plan is {0}; what was typed is not the start of its digest")]
    OtherPlan(String),
    /// A key lies in the place of a CA's and belongs to no CA that is known here.
    #[error("{0}: a key that belongs to no CA known here, and may be the old root's")]
    UnknownKey(String),
    /// It is too early, or too late, to take old generations away.
    #[error("old generations are still needed: {0}")]
    Needed(String),
}

impl RotateError {
    /// [`RotateError::Stranger`], safe to show.
    pub(super) fn stranger(name: &str) -> Self {
        Self::Stranger(text::clip(name, 64))
    }

    /// [`RotateError::Staged`], safe to show.
    pub(super) fn staged(path: &str, why: &str) -> Self {
        Self::Staged { path: text::clip(path, 200), why: text::clip(why, 200) }
    }

    /// [`RotateError::Live`], safe to show.
    pub(super) fn live(path: &str, why: &str) -> Self {
        Self::Live { path: text::clip(path, 200), why: text::clip(why, 200) }
    }
}

impl Refusal for RotateError {
    fn reason(&self) -> Reason {
        let held = |code, hint| Reason::new(Class::Held, code, hint);
        match self {
            Self::Stranger(_) => Reason::new(Class::Usage, "ROTATE_STRANGER", "name a node of the cluster record"),
            Self::NoNode => Reason::new(
                Class::Usage,
                "ROTATE_NO_NODE",
                "name it with --node NAME=/, or as rotation.node in the config",
            ),
            Self::Turn { .. } => Reason::new(
                Class::Turn,
                "ROTATE_TURN",
                "bring the facts there, run the same command, bring its facts back, then here again",
            ),
            Self::Staged { .. } => held("ROTATE_STAGED", "stage the package of this trace again: airlock online stage"),
            Self::NothingKept(_) => {
                held("ROTATE_NOTHING_KEPT", "bring the file back from the backup, then run it again")
            }
            Self::Live { .. } => held("ROTATE_LIVE", "look at that file; scan the node again"),
            Self::Unmanaged(_) => held("ROTATE_UNMANAGED", "name it in the config under rotation.components"),
            Self::ByHand { .. } => held("ROTATE_BY_HAND", "do it, then run the command again"),
            Self::OtherFacts { .. } => {
                Reason::new(Class::Verification, "FACTS_OTHER", "copy the facts of each node under its own name")
            }
            Self::Metrics { error, .. } => error.reason(),
            Self::NoPerson(_) => Reason::new(Class::Usage, "VOUCH_NO_PERSON", "name one of the people who may agree"),
            Self::OtherWay { .. } => held("ROTATE_OTHER_WAY", "stage all nodes alike, with --bridge or without it"),
            Self::Unwritable(_) => Reason::new(Class::Internal, "ROTATE_UNWRITABLE", "report this to the maintainers"),
            Self::Counts(_) => held("ROTATE_COUNTS", "say why it begins anew: --spent-because REASON"),
            Self::Reason(_) => Reason::new(Class::Usage, "ROTATE_REASON", "say what was wrong and what was mended"),
            Self::OtherPlan(_) => Reason::new(
                Class::Usage,
                "AGREE_OTHER_PLAN",
                "read the steps that were printed, then agree with --plan and the digits of this plan",
            ),
            Self::UnknownKey(_) => held("RECLAIM_UNKNOWN_KEY", "find out whose it is, and move it away or destroy it"),
            Self::Needed(_) => held(
                "RECLAIM_NEEDED",
                "wait for its window; for second-person two people agree then: airlock online agree TRACE --step reclaim; else rotate",
            ),
        }
    }
}
