//! Who approved a package, and who says who may: decisions and rosters as the importer counts on them.

use airlock::audit::entry::Actor;
use airlock::exchange::approval::operation::{Decision, Operation};
use airlock::exchange::approval::rule::{RosterName, Rule, RuleName};
use airlock::exchange::approval::signed::SignedApproval;
use airlock::exchange::approval::subject::Subject;
use airlock::exchange::approval::{Approval, Lines};
use airlock::exchange::paper::channel::Channel;
use airlock::exchange::people::roster::Roster;
use airlock::wire::digest::Digest;

use crate::approval::{issue, lines};
use crate::bundle_world::TRACE;
use crate::letter::Parts;
use crate::package_world::{Answering, Importer, decision, subject};
use crate::tools::wounds;
use crate::world::{CHEN, LI, SUN, WANG, ZHAO, key, person, roster, roster_json};

type Refused = (&'static str, &'static str);

fn import(answering: &Answering, change: impl FnOnce(&mut Parts)) -> Refused {
    Importer::of(answering).import(answering.forged(change)).err().unwrap_or_default()
}

fn put(parts: &mut Parts, id: &str, signed: &SignedApproval) {
    parts.files.insert(format!("approvals/{id}.txt"), signed.approval().text().into_bytes());
    parts.files.insert(format!("approvals/{id}.txt.sig"), signed.armored().as_bytes().to_vec());
}

/// A package in which a decision of `id` is another, that stands in the log or not.
fn with(logged: bool, id: &str, make: impl FnOnce(&Answering) -> SignedApproval) -> Refused {
    let mut answering = Answering::new();
    let signed = make(&answering);
    if logged {
        let host = &mut answering.host;
        host.wait(1);
        host.log.record(&host.moment(), &Actor::system(), Some(TRACE), signed.clone()).unwrap();
    }
    import(&answering, |parts| put(parts, id, &signed))
}

fn by(number: u8, lines: Lines, id: &str) -> SignedApproval {
    SignedApproval::sign(&Approval::new(lines).unwrap(), &key(number), &person(id)).unwrap()
}

#[test]
fn r04_one_approval_twice_counts_for_one_person() {
    let twice = |parts: &mut Parts| {
        for suffix in ["txt", "txt.sig"] {
            let bytes = parts.files[&format!("approvals/li.{suffix}")].clone();
            parts.files.insert(format!("approvals/wang.{suffix}"), bytes);
        }
    };
    assert_eq!(import(&Answering::new(), twice), ("W05", "APPROVAL_PERSON"));
    let renamed = |parts: &mut Parts| {
        for suffix in ["txt", "txt.sig"] {
            let bytes = parts.files.remove(&format!("approvals/li.{suffix}")).unwrap();
            parts.files.insert(format!("approvals/nobody.{suffix}"), bytes);
        }
    };
    assert_eq!(import(&Answering::new(), renamed), ("W05", "PACKAGE_STRANGER"));
}

#[test]
fn r03_a_rejection_is_no_approval() {
    let rejected = |answering: &Answering| decision(&subject(&answering.bundle), Decision::Reject, "wang", WANG);
    assert_eq!(with(true, "wang", rejected), ("W05", "PACKAGE_REJECTED"));
    let approved = |answering: &Answering| decision(&subject(&answering.bundle), Decision::Approve, "wang", WANG);
    assert_eq!(with(true, "wang", approved), ("", ""));
}

#[test]
fn an_auditor_witnesses_and_never_approves() {
    let answering = Answering::new();
    let imported = Importer::of(&answering).import(answering.files()).unwrap();
    let zhao = imported.decisions.iter().find(|one| one.person.id.as_str() == "zhao").unwrap();
    assert_eq!(zhao.signed.approval().lines().decision, Decision::Witness);
    let dressed = |parts: &mut Parts| {
        let text = String::from_utf8(parts.files["approvals/zhao.txt"].clone()).unwrap();
        let text = text.replace("decision: witness", "decision: approve");
        parts.files.insert("approvals/zhao.txt".to_owned(), text.into_bytes());
    };
    assert_eq!(import(&answering, dressed), ("W05", "APPROVAL_ROLE"));
}

#[test]
fn r03_every_line_of_an_approval_is_about_this_plan() {
    let about = |change: fn(&mut Subject)| {
        with(true, "wang", move |answering| {
            let mut subject = subject(&answering.bundle);
            change(&mut subject);
            decision(&subject, Decision::Approve, "wang", WANG)
        })
    };
    let other = ("W05", "APPROVAL_OTHER");
    assert_eq!(about(|subject| subject.object_sha256 = Digest::of(b"another plan")), other);
    assert_eq!(about(|subject| subject.statement_sha256 = Some(Digest::of(b"another bundle"))), other);
    assert_eq!(about(|subject| subject.trace = Some("20250715-K3JD-88XA-B".parse().unwrap())), other);
    assert_eq!(about(|subject| subject.roster.epoch = 2), other);
    assert_eq!(about(|subject| subject.roster.sha256 = Digest::of(b"another roster")), other);
    assert_eq!(about(|subject| subject.host = "ca:root-ca-02".parse().unwrap()), other);
}

#[test]
fn r05_an_approval_of_another_operation_is_refused() {
    let enrolled = |answering: &Answering| {
        let subject = Subject {
            operation: Operation::Enrol,
            trace: None,
            statement_sha256: None,
            rule: Rule::of(RuleName::Administration, &roster()),
            ..subject(&answering.bundle)
        };
        decision(&subject, Decision::Approve, "wang", WANG)
    };
    assert_eq!(with(true, "wang", enrolled), ("W05", "APPROVAL_OPERATION"));
}

#[test]
fn r17_rows_that_a_program_entered_are_refused() {
    let by_channel = |channel: Channel| {
        with(true, "wang", move |answering| {
            let mut lines = lines(subject(&answering.bundle), Decision::Approve, "wang");
            lines.diligence.as_mut().unwrap().channel = channel;
            by(WANG, lines, "wang")
        })
    };
    assert_eq!(by_channel(Channel::Scripted), ("W05", "PACKAGE_SCRIPTED"));
    assert_eq!(by_channel(Channel::Scanner), ("", ""));
    assert_eq!(by_channel(Channel::Phone), ("", ""));
}

#[test]
fn a_decision_stands_in_the_log_with_its_signature_and_both_its_files() {
    let approved = |answering: &Answering| decision(&subject(&answering.bundle), Decision::Approve, "wang", WANG);
    assert_eq!(with(false, "wang", approved), ("W12", "PACKAGE_UNLOGGED"));
    for name in ["approvals/li.txt", "approvals/li.txt.sig"] {
        let refused = import(&Answering::new(), |parts| drop(parts.files.remove(name)));
        assert_eq!(refused, ("W05", "PACKAGE_UNPAIRED"), "{name}");
    }
    let missing = |parts: &mut Parts| parts.files.retain(|name, _| !name.starts_with("approvals/li"));
    assert_eq!(import(&Answering::new(), missing), ("", ""), "whether those that are left suffice is not asked here");
}

#[test]
fn every_wound_of_an_approval_is_refused() {
    let answering = Answering::new();
    let parts = answering.parts();
    for name in ["approvals/li.txt", "approvals/li.txt.sig"] {
        for (wound, bytes) in wounds(&parts.files[name]).step_by(13) {
            let (check, _) = import(&answering, |parts| drop(parts.files.insert(name.to_owned(), bytes)));
            assert!(["W05", "W12"].contains(&check), "{name}: {wound}");
        }
    }
}

/// The roster of the world with a key of `id` revoked from a log entry on.
fn revoking(id: &str, from: u64) -> Roster {
    let key = person(id).keys[0].key.to_string();
    let json = roster_json(1)
        .replace(&format!(r#"{{"key":"{key}"}}"#), &format!(r#"{{"key":"{key}","revoked_from":{from}}}"#));
    Roster::parse(json.as_bytes()).unwrap()
}

/// A package approved under a roster in which li's key is revoked from this log entry on; which entry li's approval
/// stands in, or why the package is refused.
fn revoked_from(from: u64) -> Result<u64, Refused> {
    let mut answering = Answering::new();
    let mut importer = Importer::of(&answering);
    importer.roster = revoking("li", from);
    let subject = Subject { roster: RosterName::of(&importer.roster).unwrap(), ..subject(&answering.bundle) };
    let approvals = [("chen", CHEN), ("li", LI)].map(|(id, number)| decision(&subject, Decision::Approve, id, number));
    answering.replace_approvals(approvals.to_vec());
    let imported = importer.import(answering.files())?;
    Ok(imported.decisions.iter().find(|one| one.person.id.as_str() == "li").unwrap().entry)
}

#[test]
fn r27_a_key_counts_up_to_the_entry_it_is_revoked_from() {
    let entry = revoked_from(1_000).unwrap();
    assert_eq!(revoked_from(entry + 1), Ok(entry));
    assert_eq!(revoked_from(entry), Err(("W05", "PACKAGE_REVOKED")));
    assert_eq!(revoked_from(0), Err(("W05", "PACKAGE_REVOKED")));
}

/// The approvals by which people change roster 1 into this file.
pub(crate) fn change_of_roster(file: &str, who: &[(&str, u8)]) -> Vec<SignedApproval> {
    change_by(file, who, Rule::of(RuleName::Administration, &roster()))
}

fn change_by(file: &str, who: &[(&str, u8)], rule: Rule) -> Vec<SignedApproval> {
    let subject = Subject {
        operation: Operation::Roster,
        trace: None,
        statement_sha256: None,
        object_sha256: Digest::of(file.as_bytes()),
        rule,
        ..issue(b"")
    };
    let how = |id: &str| if id == "zhao" { Decision::Witness } else { Decision::Approve };
    who.iter().map(|(id, number)| decision(&subject, how(id), id, *number)).collect()
}

const ENOUGH: [(&str, u8); 4] = [("chen", CHEN), ("li", LI), ("wang", WANG), ("zhao", ZHAO)];

/// A package approved under a roster 2 that `by` made of the pinned one.
fn under_new_roster(file: &str, epoch: u64, by: Vec<SignedApproval>) -> Refused {
    let mut answering = Answering::new();
    if let Ok(new) = Roster::parse(file.as_bytes()) {
        let subject = Subject { roster: RosterName::of(&new).unwrap(), ..subject(&answering.bundle) };
        let approvals =
            [("chen", CHEN), ("li", LI)].map(|(id, number)| decision(&subject, Decision::Approve, id, number));
        answering.replace_approvals(approvals.to_vec());
    }
    answering.rosters.push((epoch, file.as_bytes().to_vec(), by));
    Importer::of(&answering).import(answering.files()).err().unwrap_or_default()
}

#[test]
fn r02_a_new_roster_is_approved_by_the_people_of_the_old_one() {
    let new = roster_json(2);
    assert_eq!(under_new_roster(&new, 2, change_of_roster(&new, &ENOUGH)), ("", ""));
    let quorum = ("W05", "PACKAGE_ROSTER_QUORUM");
    assert_eq!(under_new_roster(&new, 2, change_of_roster(&new, &ENOUGH[1..])), quorum);
    assert_eq!(under_new_roster(&new, 2, change_of_roster(&new, &ENOUGH[..3])), quorum);
    assert_eq!(under_new_roster(&new, 2, Vec::new()), quorum);
    let four = [("chen", CHEN), ("li", LI), ("wang", WANG), ("sun", SUN)];
    assert_eq!(under_new_roster(&new, 2, change_of_roster(&new, &four)), quorum);
}

#[test]
fn r19_a_roster_that_was_rejected_once_needs_one_officer_more_and_is_taken() {
    let (new, base) = (roster_json(2), Rule::of(RuleName::Administration, &roster()));
    let rule = |officers| Rule { officers, ..base };
    let everyone = [("chen", CHEN), ("li", LI), ("sun", SUN), ("wang", WANG), ("zhao", ZHAO)];
    assert_eq!(under_new_roster(&new, 2, change_by(&new, &everyone, rule(4))), ("", ""));
    assert_eq!(under_new_roster(&new, 2, change_by(&new, &ENOUGH, rule(4))), ("W05", "PACKAGE_ROSTER_QUORUM"));
    assert_eq!(under_new_roster(&new, 2, change_by(&new, &ENOUGH, rule(2))), ("W05", "APPROVAL_OTHER"));
}

#[test]
fn r02_rosters_follow_one_another() {
    let order = ("W05", "PACKAGE_ROSTER_ORDER");
    for (file, epoch) in [
        (roster_json(3), 3),
        (roster_json(3), 2),
        (roster_json(1), 1),
        (roster_json(2).replace("ca:root-ca-01", "ca:root-ca-02"), 2),
    ] {
        assert_eq!(under_new_roster(&file, epoch, change_of_roster(&file, &ENOUGH)), order, "{epoch}");
    }
    let weak = roster_json(2).replace(r#""leaf":2"#, r#""leaf":1"#);
    assert_eq!(under_new_roster(&weak, 2, change_of_roster(&weak, &ENOUGH)), ("W05", "ROSTER_QUORUM"));
    let (new, other) = (roster_json(2), roster_json(2).replace("\"root\":3", "\"root\":2"));
    assert_eq!(under_new_roster(&new, 2, change_of_roster(&other, &ENOUGH)), ("W05", "APPROVAL_OTHER"));
    let without_file = |parts: &mut Parts| drop(parts.files.insert("roster/2/li.txt".to_owned(), b"x".to_vec()));
    assert_eq!(import(&Answering::new(), without_file), order);
}

#[test]
fn r02_a_package_under_a_roster_that_does_not_travel_with_it_is_refused() {
    let mut answering = Answering::new();
    let new = Roster::parse(roster_json(2).as_bytes()).unwrap();
    let subject = Subject { roster: RosterName::of(&new).unwrap(), ..subject(&answering.bundle) };
    answering.replace_approvals(vec![decision(&subject, Decision::Approve, "chen", CHEN)]);
    let refused = Importer::of(&answering).import(answering.files()).err();
    assert_eq!(refused, Some(("W05", "APPROVAL_OTHER")));
}

#[test]
fn r27_a_revoked_key_changes_no_roster() {
    let new = roster_json(2);
    let mut answering = Answering::new();
    let pinned = revoking("li", 5);
    let subject = Subject {
        operation: Operation::Roster,
        trace: None,
        statement_sha256: None,
        object_sha256: Digest::of(new.as_bytes()),
        rule: Rule::of(RuleName::Administration, &pinned),
        roster: RosterName::of(&pinned).unwrap(),
        ..issue(b"")
    };
    let li = decision(&subject, Decision::Approve, "li", LI);
    answering.rosters.push((2, new.into_bytes(), vec![li]));
    let mut importer = Importer::of(&answering);
    importer.roster = pinned;
    assert_eq!(importer.import(answering.files()).err(), Some(("W05", "PACKAGE_REVOKED")));
}
