//! The numbered checks of a transfer and how they went. The numbers are the same on screens, in JSON, in the log and in
//! the manual.

use std::fmt;

use serde::{Serialize, Serializer};

use super::columns;
use super::mark::Mark;
use crate::audit::detail::CheckResult;
use crate::refusal::{Class, Reason, Refused};

/// Writes the enum of checks and what each demands.
macro_rules! checks {
    ($($id:ident $meaning:literal)+) => {
        /// A check: `V` of a CSR bundle offline, `W` of a certificate package online.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum CheckId {
            $(#[doc = $meaning] $id,)+
        }

        impl CheckId {
            /// All of them, in the order in which they run.
            pub const ALL: &[Self] = &[$(Self::$id),+];

            /// `V01`, …
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$id => stringify!($id),)+
                }
            }

            /// What it demands.
            pub const fn meaning(self) -> &'static str {
                match self {
                    $(Self::$id => $meaning,)+
                }
            }
        }
    };
}

checks! {
    V01 "the container is canonical: encoded again it is the same bytes"
    V02 "sizes and counts are within the limits, no file is extra"
    V03 "the inner signature is the sender's"
    V04 "the signing key is enrolled, valid and not revoked"
    V05 "every listed digest matches, the set of files is exact"
    V06 "it is addressed to this CA host"
    V07 "its sequence number follows the last, its trace is new"
    V08 "its times fit this clock, which is attested"
    V09 "each request proves possession of its key"
    V10 "the certificates to be replaced are known here"
    V11 "the log head the cluster saw last is a prefix of this log"
    V12 "policy allows the requests"
    W01 "it decrypts with our key, which the signed manifest names"
    W02 "the container is canonical, digests match, the set of files is exact"
    W03 "the inner signature is that of the CA's enrolled key"
    W04 "it answers our request: trace, nonce, digests, sequence number"
    W05 "enough officers approved exactly this plan"
    W06 "each certificate chains to a pinned root"
    W07 "the public keys are those we sent, none missing, none extra"
    W08 "names and usages are within what was asked"
    W09 "each request has its answer"
    W10 "validity begins in the past and ends when the plan says"
    W11 "no CRL is older than the one we have"
    W12 "the CA's log extends the head we remember"
    W13 "changes of trust are those the plan allows"
}

/// How a check went; a later one outweighs an earlier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// In order.
    Ok,
    /// In order, and a person should look.
    Warn,
    /// Requests are denied; the others go on.
    Deny,
    /// Nothing goes on.
    Fail,
}

/// One check that ran.
#[derive(Debug, Clone, Serialize)]
pub struct Check {
    id: CheckId,
    status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    text: String,
    #[serde(skip)]
    class: Option<Class>,
}

/// The checks that ran, in their order.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(transparent)]
pub struct CheckList(Vec<Check>);

impl Check {
    /// It went well; `text` says what was found, in one line.
    pub fn ok(id: CheckId, text: impl AsRef<str>) -> Self {
        Self::new(id, Status::Ok, None, text.as_ref())
    }

    /// It went well, and a person should look; the code is stable.
    pub fn warn(id: CheckId, code: &'static str, text: impl AsRef<str>) -> Self {
        Self::new(id, Status::Warn, Some(code), text.as_ref())
    }

    /// Requests are denied; their reasons stand beside them.
    pub fn deny(id: CheckId, code: &'static str, text: impl AsRef<str>) -> Self {
        Self::new(id, Status::Deny, Some(code), text.as_ref())
    }

    /// It went wrong.
    pub fn fail(id: CheckId, reason: Reason, text: impl AsRef<str>) -> Self {
        Self { class: Some(reason.class), ..Self::new(id, Status::Fail, Some(reason.code), text.as_ref()) }
    }

    /// It went wrong as `refused` says.
    pub fn refused(id: CheckId, refused: &Refused) -> Self {
        Self::fail(id, refused.reason(), refused.to_string())
    }

    fn new(id: CheckId, status: Status, code: Option<&'static str>, text: &str) -> Self {
        Self { id, status, code, text: columns::visible(text), class: None }
    }

    /// Which check it is.
    pub const fn id(&self) -> CheckId {
        self.id
    }

    /// How it went.
    pub const fn status(&self) -> Status {
        self.status
    }

    /// The stable code of what is to be looked at, where something is.
    pub const fn code(&self) -> Option<&'static str> {
        self.code
    }

    /// What was found.
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl CheckList {
    /// Adds the next check.
    pub fn push(&mut self, check: Check) {
        self.0.push(check);
    }

    /// The checks.
    pub fn all(&self) -> &[Check] {
        &self.0
    }

    /// How the worst of them went.
    pub fn status(&self) -> Status {
        self.0.iter().map(Check::status).max().unwrap_or(Status::Ok)
    }

    /// The class of the first that failed.
    pub fn class(&self) -> Option<Class> {
        self.0.iter().find_map(|check| check.class)
    }

    /// How they went, for the log.
    pub fn results(&self) -> Vec<CheckResult> {
        let result = |check: &Check| CheckResult {
            code: check.code.map(str::to_owned),
            id: check.id.to_string(),
            status: check.status.to_string(),
        };
        self.0.iter().map(result).collect()
    }

    /// `11 passed   1 warning   0 failed   1 request-level`.
    pub fn counts(&self) -> String {
        let count = |status| self.0.iter().filter(|check| check.status == status).count();
        let warnings = count(Status::Warn);
        let plural = if warnings == 1 { "" } else { "s" };
        let (passed, failed, denied) = (count(Status::Ok), count(Status::Fail), count(Status::Deny));
        format!("{passed} passed   {warnings} warning{plural}   {failed} failed   {denied} request-level")
    }

    /// One check a line, long texts on more; at most `width` columns.
    pub fn lines(&self, width: usize) -> Vec<String> {
        self.0.iter().flat_map(|check| check.lines(width)).collect()
    }
}

impl Check {
    /// `[ OK ] V01 ...`, a long text on more lines; at most `width` columns.
    pub fn lines(&self, width: usize) -> Vec<String> {
        let code = self.code.map_or_else(String::new, |code| format!(" ({code})"));
        columns::hanging(&format!("{} {} ", Mark::from(self.status), self.id), &format!("{}{code}", self.text), width)
    }
}

impl From<Status> for Mark {
    fn from(status: Status) -> Self {
        match status {
            Status::Ok => Self::Ok,
            Status::Warn => Self::Warn,
            Status::Deny => Self::Deny,
            Status::Fail => Self::Fail,
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Deny => "deny",
            Self::Fail => "fail",
        })
    }
}

impl fmt::Display for CheckId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for CheckId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list() -> CheckList {
        CheckList(vec![
            Check::ok(CheckId::V01, "container is canonical"),
            Check::warn(
                CheckId::V08,
                "CLOCK_NOT_ATTESTED",
                "created 2025-07-22 02:58Z, this clock 03:05Z, not attested",
            ),
            Check::deny(CheckId::V12, "POLICY_DENIED", "1 of 42 requests denied"),
        ])
    }

    #[test]
    fn the_lines_are_those_of_the_screen() {
        assert_eq!(
            list().lines(60),
            [
                "[ OK ] V01 container is canonical",
                "[WARN] V08 created 2025-07-22 02:58Z, this clock 03:05Z, not",
                "           attested (CLOCK_NOT_ATTESTED)",
                "[DENY] V12 1 of 42 requests denied (POLICY_DENIED)",
            ]
        );
        assert_eq!(list().counts(), "1 passed   1 warning   0 failed   1 request-level");
    }

    #[test]
    fn the_worst_decides() {
        assert_eq!((CheckList::default().status(), CheckList::default().class()), (Status::Ok, None));
        assert_eq!((list().status(), list().class()), (Status::Deny, None));
        let mut list = list();
        list.push(Check::fail(CheckId::V07, Reason::new(Class::Replay, "SEEN", "stop"), "seen before"));
        list.push(Check::fail(CheckId::V09, Reason::new(Class::Verification, "POP", "stop"), "no"));
        assert_eq!((list.status(), list.class()), (Status::Fail, Some(Class::Replay)));
    }

    #[test]
    fn the_log_gets_id_status_and_code() {
        let results = list().results();
        let result = |at: usize| (results[at].id.as_str(), results[at].status.as_str(), results[at].code.as_deref());
        assert_eq!(result(0), ("V01", "ok", None));
        assert_eq!(result(1), ("V08", "warn", Some("CLOCK_NOT_ATTESTED")));
    }

    #[test]
    fn nothing_in_a_text_moves_the_cursor() {
        let check = Check::ok(CheckId::W01, "a\x1b[2J\nb");
        assert_eq!(check.lines(80), ["[ OK ] W01 a\\x1b[2J\\x0ab"]);
    }

    #[test]
    fn there_are_twelve_checks_inwards_and_thirteen_outwards() {
        let named = |letter| CheckId::ALL.iter().filter(|id| id.as_str().starts_with(letter)).count();
        assert_eq!((named('V'), named('W')), (12, 13));
    }
}
