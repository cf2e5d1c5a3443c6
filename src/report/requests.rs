//! What is asked and what becomes of it: a line a request.

use serde::{Serialize, Serializer};

use super::columns;
use super::table::{Column, Table};
use crate::cluster::role::Role;
use crate::exchange::csr_bundle::number::Number;
use crate::pki::name::Name;
use crate::wire::time::Timestamp;

/// Whether a request is granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It may be issued.
    Allow,
    /// It is not issued.
    Deny,
}

/// A request as it is shown.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestLine {
    /// Its number.
    pub id: Number,
    /// What becomes of it; none before review.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// Why, and what a person must look at.
    pub reasons: Vec<RuleReason>,
    /// Its profile.
    pub profile: Role,
    /// Its subject.
    #[serde(serialize_with = "safe")]
    pub subject: Name,
    /// How many subject alternative names it bears.
    pub names: usize,
    /// Whether it must be ticked one by one.
    pub privileged: bool,
    /// When its certificate will end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// A rule and what it found.
#[derive(Debug, Clone, Serialize)]
pub struct RuleReason {
    code: String,
    detail: String,
}

impl RuleReason {
    /// The rule's code and a line of what it found.
    pub fn new(code: &str, detail: &str) -> Self {
        Self { code: columns::visible(code), detail: columns::visible(detail) }
    }

    /// The rule's code.
    pub fn code(&self) -> &str {
        &self.code
    }

    /// What it found.
    pub fn detail(&self) -> &str {
        &self.detail
    }
}

/// The table of a review: the privileged first, then the others; under it why requests are denied or must be looked at.
pub fn lines(requests: &[RequestLine], width: usize) -> Vec<String> {
    let mut table = Table::new([
        Column::number("#"),
        Column::whole("verdict"),
        Column::flexible("profile", 9),
        Column::flexible("subject", 12),
        Column::number("SAN"),
        Column::whole("until"),
        Column::flexible("why", 3),
    ]);
    let (privileged, others): (Vec<_>, Vec<_>) = requests.iter().partition(|request| request.privileged);
    for request in privileged.iter().chain(&others) {
        table.row(request.cells());
    }
    let reasons = requests.iter().flat_map(|request| request.reasons.iter().map(move |reason| (request.id, reason)));
    let reasons = reasons
        .flat_map(|(id, RuleReason { code, detail })| columns::hanging(&format!("#{id} {code}: "), detail, width));
    let mut lines = columns::flow(counts(requests, privileged.len()), width);
    lines.extend(table.lines(width));
    lines.extend(reasons);
    lines
}

fn counts(requests: &[RequestLine], privileged: usize) -> [String; 4] {
    let count = |verdict| requests.iter().filter(|request| request.verdict == Some(verdict)).count();
    [
        format!("requests {}", requests.len()),
        format!("allow {}", count(Verdict::Allow)),
        format!("deny {}", count(Verdict::Deny)),
        format!("privileged {privileged}"),
    ]
}

impl RequestLine {
    fn cells(&self) -> [String; 7] {
        let verdict = match (self.verdict, self.privileged) {
            (None, false) => "[  --  ]",
            (None, true) => "[  -- !]",
            (Some(Verdict::Allow), false) => "[ALLOW ]",
            (Some(Verdict::Allow), true) => "[ALLOW!]",
            (Some(Verdict::Deny), false) => "[DENY  ]",
            (Some(Verdict::Deny), true) => "[DENY !]",
        };
        let codes: Vec<&str> = self.reasons.iter().map(|reason| reason.code.as_str()).collect();
        [
            self.id.to_string(),
            verdict.to_owned(),
            self.profile.to_string(),
            self.subject.safe(),
            self.names.to_string(),
            self.until.map_or_else(|| "-".to_owned(), |until| until.to_string().chars().take(10).collect()),
            codes.join(" "),
        ]
    }
}

fn safe<S: Serializer>(name: &Name, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&name.safe())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::report) fn request(id: u32, role: Role, verdict: Option<Verdict>) -> RequestLine {
        let subject = role.subject("worker-01").unwrap();
        RequestLine {
            id: Number::new(id, 42).unwrap(),
            verdict,
            reasons: Vec::new(),
            profile: role,
            names: 9,
            privileged: role.is_privileged(&subject),
            subject,
            until: Some("2026-07-22T02:55:00Z".parse().unwrap()),
        }
    }

    fn review() -> Vec<RequestLine> {
        let mut denied = request(9, Role::Apiserver, Some(Verdict::Deny));
        denied.until = None;
        denied.reasons = vec![RuleReason::new("S3", "SAN IP 10.0.0.99 is outside the cluster record 10.0.0.0/26 \x1b")];
        vec![
            request(1, Role::Apiserver, Some(Verdict::Allow)),
            denied,
            request(25, Role::KubeletClient, None),
            request(31, Role::SuperAdmin, Some(Verdict::Allow)),
        ]
    }

    #[test]
    fn the_privileged_come_first_and_reasons_stand_below() {
        assert_eq!(
            lines(&review(), 80),
            [
                "requests 4  allow 2  deny 1  privileged 1",
                "   #  verdict   profile         subject                     SAN  until       why",
                "0031  [ALLOW!]  super-admin     O=system:mas..-super-admin    9  2026-07-22",
                "0001  [ALLOW ]  apiserver       CN=kube-apiserver             9  2026-07-22",
                "0009  [DENY  ]  apiserver       CN=kube-apiserver             9  -           S3",
                "0025  [  --  ]  kubelet-client  O=system:nod..de:worker-01    9  2026-07-22",
                "#0009 S3: SAN IP 10.0.0.99 is outside the cluster record 10.0.0.0/26 \\x1b",
            ]
        );
    }

    #[test]
    fn narrow_tables_cut_their_cells() {
        assert!(lines(&review(), 60).iter().all(|line| columns::width(line) <= 60));
    }
}
