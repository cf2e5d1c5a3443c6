//! What the rooms answer. Plain data: no room, no key that is open, no code of a sheet that is still to be typed.

use crate::audit::entry::{Entry, Side};
use crate::desk::tray::place::Output;
use crate::desk::unfinished::Unfinished;
use crate::exchange::code::rows::{Row, Rows};
use crate::exchange::csr_bundle::manifest::TrustOp;
use crate::exchange::csr_bundle::number::Number;
use crate::exchange::draw::entry::Answer;
use crate::exchange::trace::Trace;
use crate::refusal::{Class, Refused};
use crate::report::checks::CheckList;
use crate::report::columns;
use crate::report::mark::Mark;
use crate::report::requests::RequestLine;
use crate::wire::time::Timestamp;

#[cfg(doc)]
use super::effect::Effect;
use super::language::Both;
use super::reading::Lines;

#[cfg(feature = "online")]
mod online;
#[cfg(feature = "online")]
pub use online::{CourseFacts, SplitFacts, StageFacts};

/// An answer to an effect.
#[derive(Debug)]
pub enum Told {
    /// To [`Effect::Look`].
    Look(Box<HostFacts>),
    /// To [`Effect::Journal`].
    Journal(Box<JournalFacts>),
    /// To [`Effect::Media`].
    Media(Vec<crate::desk::media::Line>),
    /// To [`Effect::Eject`].
    Ejected,
    /// To [`Effect::Receive`].
    Arrived(Box<ArrivalFacts>),
    /// To [`Effect::Paper`].
    Paper(PaperFacts),
    /// To [`Effect::Sit`]: the rows that are asked of this person, and the first of them.
    Seated {
        /// As the roster names him.
        person: String,
        /// All that are asked in this sitting.
        asked: Rows,
        /// The one that is asked now.
        row: Row,
    },
    /// To [`Effect::Enter`]: go on with this row.
    Answered {
        /// What came of the entry.
        answer: Answer,
        /// The row to type now.
        row: Row,
    },
    /// To [`Effect::Enter`]: all rows of this person are confirmed.
    RowsDone {
        /// Whether no other person is needed.
        complete: bool,
    },
    /// To [`Effect::Enter`]: too many typos; the person rests.
    Tired(Row),
    /// To [`Effect::Enter`]: the paper is of something else; the transfer is in quarantine by this entry.
    Mismatch(Row, u64),
    /// To [`Effect::Stand`].
    Stood,
    /// To [`Effect::Verify`].
    Checked(Box<CheckFacts>),
    /// To [`Effect::Review`] and [`Effect::Deny`]: requests, and what is to become of roots.
    Reviewed(Vec<RequestLine>, Vec<TrustOp>),
    /// To [`Effect::Detail`]: the lines of a report.
    Detail(Lines),
    /// To [`Effect::Ballot`], [`Effect::ClosePlan`], [`Effect::Vote`] and [`Effect::BringVote`]; none where no plan was closed.
    Ballot(Option<Box<BallotFacts>>),
    /// To [`Effect::WriteVote`] and [`Effect::WriteRelease`].
    Written(Box<Written>),
    /// To [`Effect::Token`].
    Token(Box<TokenView>),
    /// How far a long effect is.
    Gauge {
        /// Done.
        done: usize,
        /// In all.
        of: usize,
    },
    /// What a long effect has done by now, a line with its time.
    Noted(Both),
    /// To [`Effect::Sign`]: so many signatures exist.
    Signed(usize),
    /// To [`Effect::Outgoing`], [`Effect::Seal`] and what lets a bundle leave.
    Outgoing(Box<OutgoingFacts>),
    /// To [`Effect::Scan`].
    #[cfg(feature = "online")]
    Scanned(Box<crate::cluster::scan::Report>),
    /// To [`Effect::Draft`].
    #[cfg(feature = "online")]
    Drafted(Box<crate::online::request::Review>),
    /// To [`Effect::PlanStage`] and [`Effect::Stage`].
    #[cfg(feature = "online")]
    Staging(Box<StageFacts>),
    /// To [`Effect::PlanSplit`] and [`Effect::Split`].
    #[cfg(feature = "online")]
    Splitting(Box<SplitFacts>),
    /// To [`Effect::Course`].
    #[cfg(feature = "online")]
    Course(Box<CourseFacts>),
    /// To what is read or written and changes nothing, such as [`Effect::Inspect`], [`Effect::SetUp`], [`Effect::Save`] and
    /// [`Effect::CompareLog`]: what came of it.
    Read(Lines),
    /// To [`Effect::VerifyLog`].
    LogChecked(Box<crate::desk::log_review::Reviewed>),
    /// To [`Effect::OpenPrint`].
    Print(Box<PrintFacts>),
    /// To [`Effect::PrintTyping`] and [`Effect::PrintRow`]: the row to type now, and what came of the entry before.
    PrintRow(Row, Option<Answer>),
    /// To [`Effect::PrintRow`] and [`Effect::PrintScan`]: the print is equal.
    PrintEqual,
    /// To [`Effect::Locked`], [`Effect::Clear`], [`Effect::Release`] and [`Effect::BringRelease`]; none where nothing is locked.
    Locked(Option<Box<LockFacts>>),
    /// To [`Effect::Attest`]: this entry of the log.
    Attested(u64),
    /// To [`Effect::Unlock`].
    Unlocked,
    /// To [`Effect::Unrecorded`].
    Unrecorded(Notice),
    /// To any: it was refused, and that was written down.
    Refused(Notice),
}

/// What this host is and how it stands.
#[derive(Debug, Clone)]
pub struct HostFacts {
    /// Its name.
    pub name: String,
    /// Its side.
    pub side: Side,
    /// Its clock.
    pub clock: Timestamp,
    /// Whether officers vouch for the clock; offline only.
    pub attested: bool,
    /// Entries of the log, whose chain was checked when it was opened.
    pub entries: u64,
    /// Entries under the newest signed head.
    pub signed: Option<u64>,
    /// Version of this program.
    pub version: String,
    /// The first digits of its SHA-256.
    pub program: String,
    /// Network interfaces that are not down.
    pub links_up: Vec<String>,
    /// Serial number of the token of the config; offline only.
    pub token: Option<String>,
    /// What was begun and not ended.
    pub unfinished: Vec<Unfinished>,
}

/// The log.
#[derive(Debug, Clone)]
pub struct JournalFacts {
    /// Its entries, oldest first.
    pub entries: Vec<Entry>,
    /// Entries under the newest signed head.
    pub signed: Option<u64>,
}

/// A transfer that was copied in.
#[derive(Debug, Clone)]
pub struct ArrivalFacts {
    /// The exchange.
    pub trace: Trace,
    /// Its kind.
    pub kind: &'static str,
    /// Who sent it.
    pub from: String,
    /// How many things it carries.
    pub items: u32,
    /// What else lay on the medium, and why it was left alone.
    pub ignored: Vec<(String, &'static str)>,
    /// Whether another statement of this exchange came before.
    pub is_second: bool,
    /// The log entry.
    pub entry: u64,
}

/// What is known of a sheet. Never its code.
#[derive(Debug, Clone)]
pub struct PaperFacts {
    /// The exchange.
    pub trace: Trace,
    /// The kind of the transfer.
    pub kind: &'static str,
    /// Who sent it.
    pub from: String,
    /// The side of this host.
    pub side: Side,
    /// Who confirmed which rows.
    pub typed: Vec<(String, Rows)>,
    /// Whether they suffice.
    pub complete: bool,
    /// Whether another statement of this exchange came before.
    pub is_second: bool,
}

/// How the checks went.
#[derive(Debug, Clone)]
pub struct CheckFacts {
    /// The exchange.
    pub trace: Trace,
    /// Who sent it.
    pub from: String,
    /// How many things it carries.
    pub items: u32,
    /// The checks.
    pub checks: CheckList,
    /// The log entry.
    pub entry: u64,
}

/// A plan before people.
#[derive(Debug, Clone)]
pub struct BallotFacts {
    /// The cluster.
    pub cluster: String,
    /// Signatures of the plan.
    pub orders: usize,
    /// Requests that it denies.
    pub denials: usize,
    /// The first digits of its SHA-256.
    pub plan: String,
    /// The rule that it needs.
    pub rule: String,
    /// When it ends.
    pub expires: Timestamp,
    /// What becomes of roots by it.
    pub trust_ops: Vec<TrustOp>,
    /// When the last of its certificates ends; none where it makes none.
    pub last_end: Option<Timestamp>,
    /// Each signature of it, a line.
    pub lines: Lines,
    /// The people of the roster and what they did.
    pub people: Vec<Voter>,
    /// Requests that must be ticked one by one.
    pub ticked: Vec<Number>,
    /// Why it may not be signed yet; none where enough people have approved.
    pub missing: Option<Notice>,
}

/// A person of the roster.
#[derive(Debug, Clone)]
pub struct Voter {
    /// As the roster names him.
    pub id: String,
    /// His role.
    pub role: &'static str,
    /// The kind of the key that he shows.
    pub credential: &'static str,
    /// How many rows of the sheet he confirmed.
    pub rows: u32,
    /// What he decided, and when.
    pub decided: Option<(&'static str, Timestamp)>,
}

/// What a token says of itself.
#[derive(Debug, Clone)]
pub struct TokenView {
    /// The PKCS#11 module.
    pub module: String,
    /// Its label.
    pub label: String,
    /// Its serial number.
    pub serial: String,
    /// Its model and versions.
    pub model: String,
    /// What it says of the PIN.
    pub pin: Vec<&'static str>,
    /// The keys that will sign, and how often each.
    pub keys: Vec<Both>,
}

/// A transfer that is locked away, and who let it out by now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockFacts {
    /// The log entry of the mismatch.
    pub since: u64,
    /// What is before people; none where nobody asked them yet.
    pub before: Option<Deciding>,
}

/// A statement whose print is compared. Never its rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrintFacts {
    /// The exchange.
    pub trace: Trace,
    /// The kind of the transfer.
    pub kind: &'static str,
    /// Who sent it.
    pub from: String,
    /// Whom it is for.
    pub to: String,
    /// How many things it carries.
    pub items: u32,
}

/// The text of a decision, which is to be signed elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Who signs it.
    pub person: String,
    /// The file that it was written to, escaped.
    pub file: String,
    /// The namespace that it is signed in.
    pub namespace: &'static str,
}

/// Who has decided on something without a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deciding {
    /// The rule that it needs.
    pub rule: String,
    /// Officers who approved.
    pub officers: Vec<String>,
    /// Auditors who witnessed.
    pub auditors: Vec<String>,
}

/// A transfer that was made here.
#[derive(Debug, Clone)]
pub struct OutgoingFacts {
    /// The exchange.
    pub trace: Trace,
    /// Its kind; none where nothing was sealed yet.
    pub kind: Option<&'static str>,
    /// The rows of its sheet: this host sends it, so its people may see them.
    pub sheet: Vec<String>,
    /// Whom it is for and what it holds, a line each.
    pub about: Vec<Both>,
    /// Names and lengths of its files.
    pub files: Vec<(String, usize)>,
    /// How often its sheet was printed.
    pub printed: u32,
    /// Where to, the last time.
    pub printed_to: Option<Output>,
    /// The log entry by which it left in this step.
    pub left: Option<u64>,
}

/// A refusal as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Its verdict word.
    pub mark: Mark,
    /// Its stable code.
    pub code: &'static str,
    /// What happened.
    pub message: String,
    /// What to do now.
    pub hint: &'static str,
    /// The exit status that the command would have had.
    pub class: Class,
}

impl From<&Refused> for Notice {
    fn from(refused: &Refused) -> Self {
        let reason = refused.reason();
        Self {
            mark: Mark::of(reason.class),
            code: reason.code,
            message: columns::visible(&refused.to_string()),
            hint: reason.hint,
            class: reason.class,
        }
    }
}
