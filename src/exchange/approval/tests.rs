use super::operation::Operation;
use super::*;

/// The eight lines that an approval of an answer to a bundle begins with, and the rest of it.
pub(super) fn text() -> String {
    let digest = Digest::of(b"");
    format!(
        "airlock-approval-v1\noperation: issue\ntrace: 20250722-7Q2K-9M4F-B\nstatement-sha256: {digest}\n\
         object-sha256: {digest}\npolicy: POL-2026-01 {digest}\nrule: leaf 2-of-4\nroster: 1 {digest}\n\
         decision: approve\nofficer: officer:li\nrole: officer\nsheet: S-000001/1\noob-channel: typed\n\
         oob-rows: B,E,F,I,J,L,M,O\noob-attempts: 8\noob-typos: 0\nprivileged-ticked: 0031,0032\n\
         host: ca:root-ca-01\nlog-head: 1048 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\
         time: 2026-11-22T03:16:02Z\nchallenge: {}\n",
        Base64(vec![7; 32])
    )
}

fn with(from: &str, to: &str) -> Result<Approval, ApprovalError> {
    let changed = text().replacen(from, to, 1);
    assert_ne!(changed, text(), "{from:?} does not occur");
    Approval::parse(changed.as_bytes())
}

fn without(keys: &[&str]) -> String {
    let dropped = |line: &&str| !keys.iter().any(|key| line.starts_with(&format!("{key}: ")));
    text().lines().filter(dropped).map(|line| format!("{line}\n")).collect()
}

const DILIGENCE: [&str; 6] = ["sheet", "oob-channel", "oob-rows", "oob-attempts", "oob-typos", "privileged-ticked"];

#[test]
fn an_approval_reads_back() {
    let approval = Approval::parse(text().as_bytes()).unwrap();
    assert_eq!(approval.text(), text());
    assert_eq!(approval.lines().subject.operation, Operation::Issue);
    assert_eq!(approval.lines().log_head.size, 1048);
    let ticked = &approval.lines().diligence.as_ref().unwrap().ticked;
    assert_eq!(ticked.iter().map(|number| number.value()).collect::<Vec<_>>(), [31, 32]);
}

#[test]
fn each_operation_has_its_lines() {
    let administration = without(&[&["trace", "statement-sha256"], DILIGENCE.as_slice()].concat());
    for operation in Operation::ALL {
        let rule = if operation.has_plan() { "rule: leaf" } else { "rule: administration" };
        let text = match operation {
            Operation::Issue => text(),
            Operation::Ca => without(&[&["statement-sha256"], DILIGENCE.as_slice()].concat()),
            _ => administration.clone(),
        };
        let text = text.replace("operation: issue", &format!("operation: {operation}")).replace("rule: leaf", rule);
        let approval = Approval::parse(text.as_bytes()).unwrap();
        assert_eq!(approval.text(), text);
        assert_eq!(approval.lines().subject.operation, operation);
    }
    for missing in ["trace", "statement-sha256"] {
        let refused = Approval::parse(without(&[missing]).as_bytes());
        assert_eq!(refused, Err(ApprovalError::Subject(Operation::Issue)));
    }
    let ca = with("operation: issue", "operation: ca");
    assert_eq!(ca, Err(ApprovalError::Subject(Operation::Ca)));
    assert_eq!(with("rule: leaf", "rule: administration"), Err(ApprovalError::Subject(Operation::Issue)));
    assert_eq!(with("host: ca:", "host: cluster:"), Err(ApprovalError::Subject(Operation::Issue)));
}

#[test]
fn officers_approve_and_auditors_witness() {
    let witness = without(&DILIGENCE)
        .replace("decision: approve", "decision: witness")
        .replace("officer:li\nrole: officer", "auditor:zhao\nrole: auditor");
    assert!(Approval::parse(witness.as_bytes()).is_ok());
    for person in ["auditor:zhao", "sysadmin:qian", "requester:zhang-wei"] {
        let refused = with("officer: officer:li", &format!("officer: {person}"));
        assert!(matches!(refused, Err(ApprovalError::Role(_))), "{person}");
    }
    assert!(matches!(with("role: officer", "role: auditor"), Err(ApprovalError::Role(_))));
    let officer = witness.replace("auditor:zhao\nrole: auditor", "officer:li\nrole: officer");
    assert!(matches!(Approval::parse(officer.as_bytes()), Err(ApprovalError::Role(_))));
}

#[test]
fn r17_an_officer_says_what_he_did_and_nobody_else_does() {
    assert_eq!(Approval::parse(without(&DILIGENCE).as_bytes()), Err(ApprovalError::Diligence));
    let witness = text()
        .replace("decision: approve", "decision: witness")
        .replace("officer:li\nrole: officer", "auditor:zhao\nrole: auditor");
    assert_eq!(Approval::parse(witness.as_bytes()), Err(ApprovalError::Diligence));
    for line in DILIGENCE {
        assert!(Approval::parse(without(&[line]).as_bytes()).is_err(), "{line}");
    }
    assert_eq!(with("B,E,F,I,J,L,M,O\noob-attempts: 8", "B,E,F,I,J,L,M\noob-attempts: 8"), Err(ApprovalError::Rows));
    assert_eq!(with("oob-attempts: 8", "oob-attempts: 7"), Err(ApprovalError::Rows));
    assert_eq!(with("0031,0032", "0032,0031"), Err(ApprovalError::Ticks));
    assert_eq!(with("0031,0032", "0031,0031"), Err(ApprovalError::Ticks));
    assert_eq!(with("0031,0032", "0031,00032"), Err(ApprovalError::Ticks));
    assert_eq!(with("0031,0032", ""), Err(LineError::Value("privileged-ticked").into()));
    assert!(with("0031,0032", "none").unwrap().lines().diligence.as_ref().unwrap().ticked.is_empty());
}

#[test]
fn r03_a_rejection_has_its_own_first_line_and_a_reason() {
    let rejection =
        text().replace("airlock-approval-v1", "airlock-rejection-v1").replace("decision: approve", "decision: reject")
            + "reason: 0009 asks for an address that is not ours\n";
    let read = Approval::parse(rejection.as_bytes()).unwrap();
    assert_eq!(read.text(), rejection);
    assert_eq!(read.lines().decision.namespace().as_str(), "rejection@airlock.v1");
    let early = without(&DILIGENCE)
        .replace("airlock-approval-v1", "airlock-rejection-v1")
        .replace("decision: approve", "decision: reject")
        + "reason: the sheet is torn\n";
    assert!(Approval::parse(early.as_bytes()).is_ok());

    assert_eq!(with("decision: approve", "decision: reject"), Err(ApprovalError::Header(Decision::Reject)));
    assert_eq!(with("airlock-approval-v1", "airlock-rejection-v1"), Err(ApprovalError::Header(Decision::Approve)));
    let silent: String =
        rejection.lines().filter(|line| !line.starts_with("reason")).map(|l| format!("{l}\n")).collect();
    assert_eq!(Approval::parse(silent.as_bytes()), Err(ApprovalError::Reason));
    assert_eq!(Approval::parse(format!("{}reason: fine\n", text()).as_bytes()), Err(ApprovalError::Reason));
    for reason in ["", " x", "x ", &"x".repeat(MAX_REASON + 1)] {
        let text = rejection.replace("0009 asks for an address that is not ours", reason);
        assert_eq!(Approval::parse(text.as_bytes()), Err(ApprovalError::Reason), "{reason:?}");
    }
}

#[test]
fn r05_the_operation_is_compared_before_anything_else() {
    let approval = Approval::parse(text().as_bytes()).unwrap();
    let subject = approval.lines().subject.clone();
    assert_eq!(approval.is_about(&subject), Ok(()));
    let other = Digest::of(b"other");
    let enrol = Subject { operation: Operation::Enrol, object_sha256: other, trace: None, ..subject.clone() };
    assert_eq!(approval.is_about(&enrol), Err(ApprovalError::Other("operation")));
    let mut rule = subject.rule;
    rule.officers += 1;
    let policy = rule::PolicyName { sha256: other, ..subject.policy.clone() };
    let roster = rule::RosterName { epoch: 2, ..subject.roster };
    for (line, subject) in [
        ("trace", Subject { trace: Some("20250715-K3JD-88XA-B".parse().unwrap()), ..subject.clone() }),
        ("statement-sha256", Subject { statement_sha256: Some(other), ..subject.clone() }),
        ("object-sha256", Subject { object_sha256: other, ..subject.clone() }),
        ("policy", Subject { policy, ..subject.clone() }),
        ("rule", Subject { rule, ..subject.clone() }),
        ("roster", Subject { roster, ..subject.clone() }),
        ("host", Subject { host: "ca:root-ca-02".parse().unwrap(), ..subject.clone() }),
    ] {
        assert_eq!(approval.is_about(&subject), Err(ApprovalError::Other(line)));
    }
}

#[test]
fn r03_an_approval_counts_while_its_plan_is_open() {
    let approval = Approval::parse(text().as_bytes()).unwrap();
    let time = approval.lines().time;
    assert_eq!(approval.is_within(time, time), Ok(()));
    assert_eq!(approval.is_within(time.plus(1), time.plus(2)), Err(ApprovalError::Time(time)));
    assert_eq!(approval.is_within(time.plus(-2), time.plus(-1)), Err(ApprovalError::Time(time)));
}
