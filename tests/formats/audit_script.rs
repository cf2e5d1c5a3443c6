//! `scripts/audit` with the tools of Debian alone: what is sound passes, and whatever is wrong is seen, even where its
//! maker holds every machine key of the CA host. Each case says at which step.

use std::fs;
use std::process::Output;

use airlock::exchange::approval::Lines;
use airlock::exchange::approval::operation::Decision;
use airlock::exchange::approval::rule::{RosterName, RuleName};
use airlock::exchange::approval::signed::SignedApproval;
use airlock::exchange::paper::channel::Channel;
use airlock::exchange::people::roster::Roster;
use airlock::exchange::signature::{self, Namespace};
use airlock::wire::digest::Digest;
use serde_json::{Value, json};

use crate::audit_world::{Audited, ENOUGH};
use crate::bundle_world::{TRACE, set};
use crate::issuer::{leaf, root};
use crate::letter::{Parts, restated};
use crate::package_people::change_of_roster;
use crate::package_world::ROOT;
use crate::world::{CHEN, LI, STRANGER, SUN, WANG, ZHAO, key, roster_json};

fn audited() -> Audited {
    Audited::new().sign(&ENOUGH)
}

fn report(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Where the audit fails after someone with the machine keys of the CA changed the parts of the package.
fn forged(change: impl FnOnce(&mut Parts)) -> String {
    let audited = audited();
    audited.table(&audited.forged(change)).failed_at()
}

fn flip(bytes: &mut [u8]) {
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
}

fn assert_step(failed: &str, step: &str) {
    assert!(failed.starts_with(step), "expected {step:?}, found {failed:?}");
}

fn put(parts: &mut Parts, id: &str, signed: &SignedApproval) {
    parts.files.insert(format!("approvals/{id}.txt"), signed.approval().text().into_bytes());
    parts.files.insert(format!("approvals/{id}.txt.sig"), signed.armored().as_bytes().to_vec());
}

#[test]
fn a_sound_package_passes() {
    let audited = audited();
    let table = audited.table(&audited.files());
    let output = table.audit_without(&[]);
    let text = report(&output);
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    assert!(!text.contains("NOT "), "{text}");
    assert!(text.contains("quorum: rule privileged, 2 of 2 officers, 1 auditors, all 16 rows"), "{text}");
    assert_eq!(audited.table(&audited.forged(|_| {})).failed_at(), "", "what is changed below is good before");
}

#[test]
fn what_is_not_on_the_table_is_not_shown() {
    let audited = audited();
    let table = audited.table(&audited.files());
    for (option, not_shown) in [("--identity", 1), ("--bundle", 2)] {
        let output = table.audit_without(&[option]);
        let text = report(&output);
        assert!(output.status.success(), "{text}");
        assert_eq!(text.lines().filter(|line| line.starts_with("NOT ")).count(), not_shown, "{text}");
    }
    assert_eq!(table.audit_without(&["--ca"]).status.code(), Some(2));
}

#[test]
fn a_flipped_byte_of_any_file_on_the_table_is_seen() {
    let audited = audited();
    let files = audited.files();
    let (age, text, sig) = (".cert-package.age", ".cert-package.txt", ".cert-package.txt.sig");
    for (name, step) in [
        (format!("{TRACE}{age}"), "payload is the one"),
        (format!("{TRACE}{text}"), "statement"),
        (format!("{TRACE}{sig}"), "statement signed by"),
        ("identity".to_owned(), "package opened"),
        ("bundle.zip".to_owned(), "bundle"),
        ("ca.json".to_owned(), ""),
        ("cluster.json".to_owned(), ""),
    ] {
        let table = audited.table(&files);
        table.change(&name, |bytes| flip(bytes));
        let failed = table.failed_at();
        assert!(!failed.is_empty(), "{name}");
        assert_step(&failed, step);
    }
    let table = audited.table(&files);
    // The last digit of row A.
    table.change("paper", |bytes| bytes[8] = if bytes[8] == b'0' { b'1' } else { b'0' });
    assert_step(&table.failed_at(), "statement is the one on paper: row A differs");
}

#[test]
fn a_flipped_byte_of_any_file_in_the_package_is_seen() {
    let audited = audited();
    let mut seen = Vec::new();
    audited.forged(|parts| seen = parts.files.keys().cloned().collect());
    // One of a kind is as another.
    let others =
        ["audit/inclusion/", "approvals/chen", "approvals/zhao", "certs/0003", "plan/tbs/0002", "plan/tbs/0003"];
    let is_other = |name: &str| others.iter().any(|other| name.starts_with(other)) && !name.ends_with("/10.tlog-proof");
    seen.retain(|name| !is_other(name));
    for name in seen {
        let step = match name.split('/').next().unwrap() {
            "approvals" => "decision of",
            "certs" => "certificates",
            "chain" | "roots" => "roots in the plan, and the chain",
            "crl" => "CRLs",
            "plan" if name.ends_with(".der") => "every effect stands in the plan",
            "plan" => "plan",
            "request" => "request",
            _ if name.ends_with("checkpoint") => "log head",
            _ if name.ends_with("consistency.txt") => "log extends",
            _ => "entries are in the log",
        };
        let files = audited.forged(|parts| flip(parts.files.get_mut(&name).unwrap()));
        let failed = audited.table(&files).failed_at();
        assert!(failed.starts_with(step), "{name}: expected {step:?}, found {failed:?}");
    }
}

#[test]
fn a_container_that_is_not_canonical_is_seen() {
    let audited = audited();
    let mut table = audited.table(&audited.files());
    let run = table.bench.run("age -d -i identity -o p.zip *.age && cp p.zip good.zip", b"");
    assert!(run.status.success());
    table.opened = true;
    assert_eq!(table.failed_at(), "");
    for (wound, reason) in [
        ("printf x >>p.zip", "container: bytes hide"),
        ("printf x >p.zip; cat good.zip >>p.zip", "container: "),
        ("zip -q p.zip identity", "container: "),
        ("mkdir -p certs; echo x >certs/0001.pem; zip -q0 p.zip certs/0001.pem", "container: "),
    ] {
        assert!(table.bench.run(&format!("cp good.zip p.zip; {wound}"), b"").status.success());
        assert_step(&table.failed_at(), reason);
    }
}

#[test]
fn only_the_enrolled_keys_sign() {
    let audited = audited();
    let by_stranger = restated(audited.files(), "items: 2", "items: 3", &key(STRANGER));
    assert_step(&audited.table(&by_stranger).failed_at(), "statement signed by ca:root-ca-01");
    let of_the_request = |parts: &mut Parts| {
        let text = parts.files["request/statement.txt"].clone();
        let other = signature::sign(&key(STRANGER), Namespace::Statement, &text).unwrap();
        parts.files.insert("request/statement.txt.sig".to_owned(), other.into_bytes());
    };
    assert_step(&forged(of_the_request), "request that is answered: cluster:prod-1 did not sign");
    let trailing = |parts: &mut Parts| {
        parts.files.get_mut("approvals/li.txt.sig").unwrap().extend(b"and more\n");
    };
    assert_step(&forged(trailing), "decision of li: approvals/li.txt.sig is not one armored signature");
}

#[test]
fn a_missing_approval_is_seen() {
    let without_li = |parts: &mut Parts| parts.files.retain(|name, _| !name.starts_with("approvals/li."));
    assert_step(&forged(without_li), "quorum: 1 of 2 officers");
    let audited = Audited::new().sign(&[("chen", CHEN), ("zhao", ZHAO)]);
    assert_step(&audited.table(&audited.files()).failed_at(), "quorum: 1 of 2 officers");
}

#[test]
fn an_auditor_never_approves() {
    let sign = |parts: &mut Parts, text: &str| {
        let armored = signature::sign(&key(ZHAO), Namespace::Approval, text.as_bytes()).unwrap();
        parts.files.insert("approvals/zhao.txt".to_owned(), text.as_bytes().to_vec());
        parts.files.insert("approvals/zhao.txt.sig".to_owned(), armored.into_bytes());
    };
    let witness = |parts: &Parts| String::from_utf8(parts.files["approvals/zhao.txt"].clone()).unwrap();
    let as_himself = |parts: &mut Parts| {
        let text = witness(parts).replace("decision: witness", "decision: approve");
        sign(parts, &text);
    };
    assert_step(&forged(as_himself), "decision of zhao: the roster has no officer zhao");
    let as_an_officer = |parts: &mut Parts| {
        let text = witness(parts).replace("decision: witness", "decision: approve").replace("auditor", "officer");
        sign(parts, &text);
    };
    assert_step(&forged(as_an_officer), "decision of zhao: the roster has no officer zhao");
}

#[test]
fn a_decision_about_anything_else_is_seen() {
    let audited = audited();
    let failed = |signed: &SignedApproval| {
        let files = audited.forged(|parts| put(parts, "li", signed));
        audited.table(&files).failed_at()
    };
    let other = |change: fn(&mut Lines)| failed(&audited.decided(Decision::Approve, "li", LI, change));
    let not_for_this = "decision of li: li did not sign for this";
    assert_step(&other(|lines| lines.subject.object_sha256 = Digest::of(b"another plan")), not_for_this);
    assert_step(&other(|lines| lines.subject.rule.name = RuleName::Leaf), not_for_this);
    assert_step(&other(|lines| lines.subject.roster.epoch = 2), not_for_this);
    let unticked = |lines: &mut Lines| {
        lines.diligence.as_mut().unwrap().ticked.clear();
    };
    assert_step(&other(unticked), not_for_this);
    assert_step(
        &other(|lines| lines.challenge = [8; 32]),
        "decision of li: the decision of li does not stand in the log",
    );
    let rejected = audited.decided(Decision::Reject, "li", LI, |_| {});
    assert_step(&failed(&rejected), "decision of li: li neither approves nor witnesses");
    // The text of an approval over the signature of a rejection.
    let files = audited.forged(|parts| {
        parts.files.insert("approvals/li.txt.sig".to_owned(), rejected.armored().as_bytes().to_vec());
    });
    assert_step(&audited.table(&files).failed_at(), "decision of li: officer:li did not sign");
}

#[test]
fn rows_that_nobody_typed_are_seen() {
    let with = |change: fn(&mut Lines)| {
        let unsigned = Audited::new();
        let li = unsigned.decided(Decision::Approve, "li", LI, change);
        let audited = unsigned.sign_with(&ENOUGH, |who| (who == "li").then(|| li.clone()));
        audited.table(&audited.files()).failed_at()
    };
    let all = |lines: &mut Lines| {
        let diligence = lines.diligence.as_mut().unwrap();
        (diligence.rows, diligence.attempts) = ("A,B,C,D,E,F,G,H,I,J,K,L,M,N,O,P".parse().unwrap(), 16);
    };
    assert_step(&with(all), "decision of li: the log does not show that row");
    let scripted = |lines: &mut Lines| {
        lines.diligence.as_mut().unwrap().channel = Channel::Scripted;
    };
    assert_step(&with(scripted), "decision of li: the rows came by the channel scripted");
}

#[test]
fn a_decision_after_the_signatures_is_seen() {
    let mut audited = Audited::new().sign(&[("chen", CHEN), ("zhao", ZHAO)]);
    let late = audited.decision("li", LI);
    audited.log_late(late);
    let failed = audited.table(&audited.files()).failed_at();
    assert_step(&failed, "decision of li: li decided after signatures were announced");
}

#[test]
fn a_certificate_that_is_not_in_the_plan_is_seen() {
    let audited = audited();
    let csr = audited.bundle.requests()[0].csr.as_ref().unwrap();
    let other = leaf(ROOT, &audited.root, csr.subject(), csr.public_key(), 52);
    let swapped = audited.forged(|parts| {
        parts.files.insert("certs/0001.pem".to_owned(), other.to_pem().into_bytes());
        set(&mut parts.manifest, "/results/0/cert_sha256", json!(other.fingerprint()));
        set(&mut parts.manifest, "/results/0/serial", json!(other.serial()));
    });
    let failed = audited.table(&swapped).failed_at();
    assert_step(&failed, "certificates: certs/0001.pem: its signed bytes are not those of the plan");
    let added = audited.forged(|parts| {
        parts.files.insert("certs/0002.pem".to_owned(), other.to_pem().into_bytes());
    });
    assert_step(&audited.table(&added).failed_at(), "every effect stands in the plan");
    // Denied by the plan, and issued by the package.
    let issued = audited.forged(|parts| {
        let mut result = parts.manifest.pointer("/results/0").unwrap().clone();
        set(&mut result, "/id", json!("0002"));
        set(&mut parts.manifest, "/results/1", result);
        parts.files.insert("certs/0002.pem".to_owned(), other.to_pem().into_bytes());
    });
    assert!(!audited.table(&issued).failed_at().is_empty());
}

#[test]
fn a_root_that_is_not_in_the_plan_is_seen() {
    let mine = root(STRANGER, "kubernetes");
    let added = |parts: &mut Parts| {
        let name = json!({"domain": "kubernetes", "sha256": mine.fingerprint(), "status": "next"});
        parts.manifest.pointer_mut("/roots").and_then(Value::as_array_mut).unwrap().push(name);
        parts.files.insert("roots/kubernetes-next.pem".to_owned(), mine.to_pem().into_bytes());
    };
    assert_step(&forged(added), "every effect stands in the plan, and nothing else: other roots");
    let in_the_chain = |parts: &mut Parts| {
        parts.files.get_mut("chain/all.pem").unwrap().extend(mine.to_pem().bytes());
    };
    assert_step(&forged(in_the_chain), "roots in the plan, and the chain: chain/all.pem holds");
    let to_another = |parts: &mut Parts| set(&mut parts.manifest, "/results/1/codes", json!(["RETRY"]));
    assert_step(&forged(to_another), "every effect stands in the plan, and nothing else: other denials");
}

#[test]
fn a_weaker_rule_than_the_effects_need_is_seen() {
    let mut unsigned = Audited::new();
    unsigned.plan.rule.name = RuleName::Leaf;
    let audited = unsigned.sign(&ENOUGH);
    let failed = audited.table(&audited.files()).failed_at();
    assert_step(&failed, "quorum: the effects need the rule privileged");
    let mut unsigned = Audited::new();
    unsigned.plan.orders[1].privileged = Some(false);
    let audited = unsigned.sign(&ENOUGH);
    let failed = audited.table(&audited.files()).failed_at();
    assert_step(&failed, "certificates: certs/0003.pem: the plan says privileged: false");
}

#[test]
fn a_wrong_log_proof_is_seen() {
    let proofs = |parts: &Parts| -> Vec<String> {
        parts.files.keys().filter(|name| name.contains("inclusion")).cloned().collect()
    };
    let swapped = |parts: &mut Parts| {
        let names = proofs(parts);
        let (one, two) = (parts.files[&names[0]].clone(), parts.files[&names[1]].clone());
        parts.files.insert(names[0].clone(), two);
        parts.files.insert(names[1].clone(), one);
    };
    assert_step(&forged(swapped), "entries are in the log: the proof of entry");
    let missing = |parts: &mut Parts| {
        let name = proofs(parts).remove(0);
        parts.files.remove(&name);
    };
    assert_step(&forged(missing), "entries are in the log");
    let changed = |parts: &mut Parts| {
        let entries = parts.files.get_mut("audit/entries.jsonl").unwrap();
        *entries = String::from_utf8(entries.clone()).unwrap().replacen("TX-03", "TX-04", 1).into_bytes();
    };
    assert_step(&forged(changed), "entries are in the log: entry");
    let audited = audited();
    let other = audited.host.log.tree().consistency(2).unwrap();
    let elsewhere =
        airlock::audit::proof::ConsistencyFile { old_size: 2, new_size: audited.host.log.tree().size(), path: other };
    let from_elsewhere = audited.forged(|parts| {
        parts.files.insert("audit/consistency.txt".to_owned(), elsewhere.to_text().into_bytes());
    });
    assert_step(&audited.table(&from_elsewhere).failed_at(), "log extends what the cluster had seen: of other heads");
}

#[test]
fn a_newer_roster_counts_when_the_people_of_the_old_one_made_it() {
    let new = roster_json(2);
    let under = |by: &[(&str, u8)]| {
        let mut unsigned = Audited::new();
        unsigned.plan.roster = RosterName::of(&Roster::parse(new.as_bytes()).unwrap()).unwrap();
        unsigned.rosters = vec![(2, new.clone().into_bytes(), change_of_roster(&new, by))];
        let audited = unsigned.sign(&ENOUGH);
        audited.table(&audited.files()).failed_at()
    };
    assert_eq!(under(&[("chen", CHEN), ("li", LI), ("wang", WANG), ("zhao", ZHAO)]), "");
    let too_few = "roster leads from the pinned one: roster 2:";
    assert_step(&under(&[("chen", CHEN), ("li", LI), ("zhao", ZHAO)]), too_few);
    assert_step(&under(&[("chen", CHEN), ("li", LI), ("wang", WANG), ("sun", SUN)]), too_few);
}

#[test]
fn the_script_is_only_what_it_says() {
    let text = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/audit")).unwrap();
    assert!(!text.lines().any(|line| line.contains("airlock ") && !line.trim_start().starts_with('#')));
}
