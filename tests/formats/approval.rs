//! Approvals and rejections: what is signed, by whom, for what.

use airlock::audit::event::Event;
use airlock::audit::log::Record as _;
use airlock::audit::tree::Head;
use airlock::exchange::approval::diligence::Diligence;
use airlock::exchange::approval::operation::{Decision, Operation};
use airlock::exchange::approval::rule::{PolicyName, RosterName, Rule, RuleName};
use airlock::exchange::approval::signed::SignedApproval;
use airlock::exchange::approval::subject::Subject;
use airlock::exchange::approval::{Approval, ApprovalError, Lines};
use airlock::exchange::csr_bundle::number::Number;
use airlock::exchange::lines::LineError;
use airlock::exchange::paper::channel::Channel;
use airlock::exchange::signature::{self, Namespace, SignatureError, SigningKey as _};
use airlock::refusal::Refusal as _;
use airlock::wire::digest::Digest;
use proptest::prelude::*;

use crate::tools::{Bench, HIDING, wounds};
use crate::world::{CHEN, LI, LI_SPARE, STRANGER, ZHAO, key, person, roster, time};

pub(crate) fn issue(plan: &[u8]) -> Subject {
    Subject {
        operation: Operation::Issue,
        trace: Some("20250722-7Q2K-9M4F-B".parse().unwrap()),
        statement_sha256: Some(Digest::of(b"statement")),
        object_sha256: Digest::of(plan),
        policy: PolicyName { id: "POL-2026-01".parse().unwrap(), sha256: Digest::of(b"policy") },
        rule: Rule::of(RuleName::Leaf, &roster()),
        roster: RosterName::of(&roster()).unwrap(),
        host: "ca:root-ca-01".parse().unwrap(),
    }
}

pub(crate) fn lines(subject: Subject, decision: Decision, id: &str) -> Lines {
    let with_paper = subject.operation == Operation::Issue && decision == Decision::Approve;
    let diligence = Diligence {
        sheet: "S-000001/1".parse().unwrap(),
        channel: Channel::Typed,
        rows: "B,E,F,I,J,L,M,O".parse().unwrap(),
        attempts: 8,
        typos: 0,
        ticked: Vec::new(),
    };
    Lines {
        subject,
        decision,
        person: person(id).principal(),
        diligence: with_paper.then_some(diligence),
        log_head: Head { size: 1048, root: Digest::of(b"root") },
        time: time("2025-07-22T03:16:02Z"),
        challenge: [7; 32],
        reason: (decision == Decision::Reject).then(|| "0009 asks for a foreign address".to_owned()),
    }
}

fn approval(id: &str) -> Approval {
    Approval::new(lines(issue(b"plan"), Decision::Approve, id)).unwrap()
}

fn signed(approval: &Approval, number: u8, namespace: Namespace) -> String {
    signature::sign(&key(number), namespace, approval.text().as_bytes()).unwrap()
}

fn verify(approval: &Approval, armored: &str, id: &str) -> Result<SignedApproval, ApprovalError> {
    SignedApproval::verify(approval.text().as_bytes(), armored.as_bytes(), &person(id))
}

fn signature_of(refused: Result<SignedApproval, ApprovalError>) -> SignatureError {
    match refused {
        Err(ApprovalError::Signature { error, .. }) => error,
        other => panic!("{other:?}"),
    }
}

#[test]
fn any_key_of_the_person_signs_and_no_other() {
    let approval = approval("li");
    for number in [LI, LI_SPARE] {
        let one = verify(&approval, &signed(&approval, number, Namespace::Approval), "li").unwrap();
        assert_eq!(one.key(), key(number).public_key());
    }
    for number in [CHEN, STRANGER, ZHAO] {
        let armored = signed(&approval, number, Namespace::Approval);
        assert_eq!(signature_of(verify(&approval, &armored, "li")), SignatureError::Key);
    }
    assert!(SignedApproval::sign(&approval, &key(LI), &person("li")).is_ok());
    assert!(SignedApproval::sign(&approval, &key(CHEN), &person("li")).is_err());
}

#[test]
fn one_persons_approval_is_not_anothers() {
    let approval = approval("li");
    let armored = signed(&approval, LI, Namespace::Approval);
    let refused = verify(&approval, &armored, "chen").unwrap_err();
    assert!(matches!(refused, ApprovalError::Person { .. }));
    assert_eq!(refused.reason().code, "APPROVAL_PERSON");
}

#[test]
fn r03_a_rejection_is_no_approval_in_any_dress() {
    let rejection = Approval::new(lines(issue(b"plan"), Decision::Reject, "li")).unwrap();
    let armored = signed(&rejection, LI, Namespace::Rejection);
    let read = verify(&rejection, &armored, "li").unwrap();
    assert!(matches!(read.event(), Event::Rejected(_)));

    // Signed as an approval, and the text turned into one under the signature of the rejection.
    let dressed = signed(&rejection, LI, Namespace::Approval);
    assert_eq!(signature_of(verify(&rejection, &dressed, "li")), SignatureError::Namespace);
    assert_eq!(signature_of(verify(&approval("li"), &armored, "li")), SignatureError::Namespace);
    let turned = rejection.text().replace("airlock-rejection-v1", "airlock-approval-v1");
    let refused = SignedApproval::verify(turned.as_bytes(), armored.as_bytes(), &person("li")).unwrap_err();
    assert_eq!(refused, ApprovalError::Header(Decision::Reject));
}

#[test]
fn an_auditor_witnesses_and_cannot_approve() {
    let witness = Approval::new(lines(issue(b"plan"), Decision::Witness, "zhao")).unwrap();
    let read = verify(&witness, &signed(&witness, ZHAO, Namespace::Approval), "zhao").unwrap();
    assert!(matches!(read.event(), Event::Witnessed(_)));
    for (decision, id) in [(Decision::Approve, "zhao"), (Decision::Reject, "zhao"), (Decision::Witness, "li")] {
        let refused = Approval::new(lines(issue(b"plan"), decision, id)).unwrap_err();
        assert_eq!(refused.reason().code, "APPROVAL_ROLE");
    }
    let requester = Approval::new(lines(issue(b"plan"), Decision::Approve, "zhang-wei"));
    assert!(matches!(requester, Err(ApprovalError::Role(_))));
}

#[test]
fn r05_an_approval_of_one_operation_is_none_of_another() {
    let subject = Subject {
        operation: Operation::Enrol,
        trace: None,
        statement_sha256: None,
        rule: Rule::of(RuleName::Administration, &roster()),
        ..issue(b"record")
    };
    let approval = Approval::new(lines(subject.clone(), Decision::Approve, "li")).unwrap();
    let read = verify(&approval, &signed(&approval, LI, Namespace::Approval), "li").unwrap();
    assert_eq!(read.approval().is_about(&subject), Ok(()));
    let policy = Subject { operation: Operation::Policy, ..subject };
    assert_eq!(read.approval().is_about(&policy), Err(ApprovalError::Other("operation")));
}

#[test]
fn every_wound_of_text_or_signature_is_refused() {
    let approval = approval("li");
    let (text, armored) = (approval.text().into_bytes(), signed(&approval, LI, Namespace::Approval).into_bytes());
    let li = person("li");
    assert!(SignedApproval::verify(&text, &armored, &li).is_ok());
    for (wound, text) in wounds(&text) {
        assert!(SignedApproval::verify(&text, &armored, &li).is_err(), "text {wound}");
    }
    for (wound, armored) in wounds(&armored) {
        assert!(SignedApproval::verify(&text, &armored, &li).is_err(), "signature {wound}");
    }
}

#[test]
fn nothing_hides_in_a_text() {
    let rejection = Approval::new(lines(issue(b"plan"), Decision::Reject, "li")).unwrap().text();
    for hiding in HIDING {
        for place in ["foreign", "officer:", "POL-2026"] {
            let text = rejection.replacen(place, &format!("{place}{hiding}"), 1);
            assert_eq!(Approval::parse(text.as_bytes()), Err(LineError::Characters.into()), "{hiding:?}");
        }
    }
    for (from, to) in [("reason: 0", "reason:  0"), ("log-head: 1048", "log-head: +1048"), ("policy: ", "policy:")] {
        let text = rejection.replacen(from, to, 1);
        assert_ne!(text, rejection);
        assert!(Approval::parse(text.as_bytes()).is_err(), "{to}");
    }
    assert!(Approval::parse(format!("{rejection}reason: again\n").as_bytes()).is_err());
    assert!(Approval::parse(format!("{rejection}\n").as_bytes()).is_err());
}

#[test]
fn ssh_keygen_agrees() {
    let bench = Bench::new();
    bench.put("allowed", format!("officer:li {}\n", key(LI).public_key()));
    for (decision, namespace, other) in [
        (Decision::Approve, "approval@airlock.v1", "rejection@airlock.v1"),
        (Decision::Reject, "rejection@airlock.v1", "approval@airlock.v1"),
    ] {
        let approval = Approval::new(lines(issue(b"plan"), decision, "li")).unwrap();
        let signed = SignedApproval::sign(&approval, &key(LI), &person("li")).unwrap();
        bench.put("sig", signed.armored());
        assert!(bench.ssh_keygen_accepts("officer:li", namespace, approval.text().as_bytes()));
        assert!(!bench.ssh_keygen_accepts("officer:li", other, approval.text().as_bytes()));
        assert!(!bench.ssh_keygen_accepts("officer:chen", namespace, approval.text().as_bytes()));
    }
}

fn any_lines() -> impl Strategy<Value = Lines> {
    let decisions = prop::sample::select(vec![Decision::Approve, Decision::Witness, Decision::Reject]);
    let ticks = prop::collection::btree_set(1..=25_000_u32, 0..5);
    (0..9_usize, decisions, ticks, any::<(bool, u64, [u8; 32], [u8; 32])>(), "[!-~]([ -~]{0,60}[!-~])?").prop_map(
        |(operation, decision, ticks, (with_paper, size, root, challenge), reason)| {
            let operation = Operation::ALL[operation];
            let rule = if operation.has_plan() { RuleName::Root } else { RuleName::Administration };
            let subject = Subject {
                operation,
                trace: operation.has_plan().then(|| "20250722-7Q2K-9M4F-B".parse().unwrap()),
                statement_sha256: operation.has_statement().then(|| Digest::of(&root)),
                rule: Rule::of(rule, &roster()),
                ..issue(&challenge)
            };
            let id = if decision == Decision::Witness { "zhao" } else { "wang" };
            let ticked = ticks.into_iter().map(|n| Number::new(n, 25_000).unwrap()).collect();
            let mut lines = lines(subject, decision, id);
            lines.diligence = match lines.diligence.take() {
                Some(diligence) => Some(Diligence { ticked, ..diligence }),
                None if decision == Decision::Reject && operation == Operation::Issue && with_paper => {
                    self::lines(issue(b""), Decision::Approve, "li").diligence
                }
                None => None,
            };
            let log_head = Head { size, root: Digest::from_bytes(root) };
            Lines { log_head, challenge, reason: lines.reason.as_ref().map(|_| reason), ..lines }
        },
    )
}

proptest! {
    #[test]
    fn what_is_made_reads_back(lines in any_lines()) {
        let made = Approval::new(lines).unwrap();
        prop_assert_eq!(Approval::parse(made.text().as_bytes()), Ok(made));
    }

    #[test]
    fn what_reads_prints_the_same(lines in any_lines(), at in 0..900_usize, cut in 0..4_usize, more in "[ -~\n]{0,4}") {
        let mut bytes = Approval::new(lines).unwrap().text().into_bytes();
        let at = at.min(bytes.len());
        let end = (at + cut).min(bytes.len());
        bytes.splice(at..end, more.bytes());
        if let Ok(read) = Approval::parse(&bytes) {
            prop_assert_eq!(read.text().into_bytes(), bytes);
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(Approval::parse(&bytes).is_err());
    }
}
