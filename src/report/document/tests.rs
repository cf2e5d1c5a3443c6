use serde_json::{Value as Json, json};

use super::*;
use crate::exchange::draw::entry::EntryError;
use crate::exchange::trace::TraceError;
use crate::refusal::Reason;
use crate::report::checks::{Check, CheckId};
use crate::report::requests::RuleReason;
use crate::report::requests::tests::request;

const STATEMENT: &str = "airlock-statement-v1\nkind: csr-bundle\ntrace: 20250722-7Q2K-9M4F-B\n\
    from: cluster:prod-bj1\nto: ca:root-ca-01\nitems: 42\nexpires: 2025-07-29T03:00:00Z\n\
    file-sha256: 9aa04fbe56e1fcd9c986c05020c67d183ceac11313f535910a8cefd3f85c0e52\n";

fn statement() -> Statement {
    Statement::parse(STATEMENT.as_bytes()).unwrap()
}

fn verified() -> Report {
    let mut checks = CheckList::default();
    checks.push(Check::ok(CheckId::V07, "sequence 118 follows 117"));
    checks.push(Check::warn(CheckId::V08, "CLOCK_NOT_ATTESTED", "not attested today"));
    Report::new(ReportKind::Verify)
        .subject(&statement())
        .checks(checks)
        .entry(1043)
        .next("airlock offline review 20250722-7Q2K-9M4F-B")
}

fn denied() -> RequestLine {
    let mut denied = request(9, crate::cluster::role::Role::Apiserver, Some(Verdict::Deny));
    denied.reasons = vec![RuleReason::new("S3", "IP 10.0.0.99")];
    denied
}

fn json(report: &Report) -> Json {
    let text = report.json().unwrap();
    assert!(text.is_ascii() && !text.contains('\n'));
    serde_json::from_str(&text).unwrap()
}

#[test]
fn json_is_the_published_object_and_more() {
    let report = json(&verified().requests(vec![denied()]));
    for (name, value) in [
        ("apiVersion", json!("airlock/v1")),
        ("kind", json!("VerifyReport")),
        ("status", json!("deny")),
        ("exitCode", json!(0)),
        ("trace", json!("20250722-7Q2K-9M4F-B")),
        ("subject", json!({"kind": "csr-bundle", "from": "cluster:prod-bj1", "items": 42})),
        (
            "checks",
            json!([{"id": "V07", "status": "ok", "text": "sequence 118 follows 117"},
                {"id": "V08", "status": "warn", "code": "CLOCK_NOT_ATTESTED", "text": "not attested today"}]),
        ),
        ("audit", json!({"entry": 1043, "checkpoint": null})),
        ("nextActions", json!(["airlock offline review 20250722-7Q2K-9M4F-B"])),
        ("error", Json::Null),
        ("facts", json!({})),
    ] {
        assert_eq!(report[name], value, "{name}");
    }
    let request = &report["requests"][0];
    assert_eq!((&request["id"], &request["verdict"]), (&json!("0009"), &json!("deny")));
    assert_eq!(request["reasons"], json!([{"code": "S3", "detail": "IP 10.0.0.99"}]));
    assert_eq!(request["subject"], json!("CN=kube-apiserver"));
}

#[test]
fn every_report_has_the_same_names_in_the_same_order() {
    let text = Report::new(ReportKind::Seal).json().unwrap();
    assert_eq!(
        text,
        "{\"apiVersion\":\"airlock/v1\",\"kind\":\"SealReport\",\"status\":\"ok\",\"exitCode\":0,\"trace\":null,\
         \"subject\":null,\"checks\":[],\"requests\":[],\"facts\":{},\"error\":null,\
         \"audit\":{\"entry\":null,\"checkpoint\":null},\"nextActions\":[]}"
    );
}

#[test]
fn the_digests_of_a_statement_are_not_told() {
    let report = verified();
    let (file, code) = (statement().lines().file_sha256.to_string(), statement().digest().to_string());
    for text in [report.json().unwrap(), report.text(80)] {
        assert!(!text.contains(&file[..16]) && !text.contains(&code[..16]) && !text.contains("109 857"), "{text}");
    }
}

#[test]
fn findings_are_no_failure_unless_asked() {
    let report = Report::new(ReportKind::Review).requests(vec![denied()]);
    assert_eq!((report.status(), report.exit_status()), (Status::Deny, 0));
    let report = report.strict();
    assert_eq!((report.status(), report.exit_status()), (Status::Deny, 4));
    assert_eq!((verified().status(), verified().strict().exit_status()), (Status::Warn, 0));
    let mut checks = CheckList::default();
    checks.push(Check::deny(CheckId::V12, "POLICY_DENIED", "1 of 42"));
    assert_eq!(Report::new(ReportKind::Verify).checks(checks).strict().exit_status(), 4);
}

#[test]
fn the_first_failing_check_and_before_it_a_refusal_give_the_exit_status() {
    let mut checks = CheckList::default();
    checks.push(Check::fail(CheckId::V07, Reason::new(Class::Replay, "SEQUENCE_SEEN", "stop"), "118 was seen"));
    let report = Report::new(ReportKind::Verify).checks(checks);
    assert_eq!((report.status(), report.exit_status()), (Status::Fail, 10));
    let report = report.error(&Refused::from(TraceError::Form));
    assert_eq!((report.status(), report.exit_status()), (Status::Fail, 2));
}

#[test]
fn a_refusal_says_what_happened_what_to_do_and_its_code() {
    let report = Report::refused(&Refused::from(EntryError::Mismatch));
    assert!(report.text(80).starts_with("[STOP] "), "{}", report.text(80));
    let lines: Vec<String> = report.text(80).lines().map(str::to_owned).collect();
    assert_eq!(lines[1], "       keep the medium and the sheet, and call the sender on a number you");
    assert_eq!(lines.last().unwrap(), "       ROWS_MISMATCH, exit 5");
    let error = &json(&report)["error"];
    assert_eq!((&error["code"], &json(&report)["exitCode"]), (&json!("ROWS_MISMATCH"), &json!(5)));
}

#[test]
fn text_tells_all_of_it_in_the_same_order() {
    let report = verified().fact("planSha256", "plan sha256", "2c9104aa").fact("orders", "orders", 42_usize).fact(
        "recipients",
        "to",
        ["cluster prod-bj1", "archive"].as_slice(),
    );
    assert_eq!(
        report.text(80),
        "20250722-7Q2K-9M4F-B   csr-bundle from cluster:prod-bj1   42 items\n\n\
         [ OK ] V07 sequence 118 follows 117\n\
         [WARN] V08 not attested today (CLOCK_NOT_ATTESTED)\n\
         1 passed   1 warning   0 failed   0 request-level\n\n\
         plan sha256  2c9104aa\n\
         orders       42\n\
         to           cluster prod-bj1\n\
         \x20            archive\n\n\
         log entry 1043\n\
         next: airlock offline review 20250722-7Q2K-9M4F-B\n"
    );
    let facts = &json(&report)["facts"];
    assert_eq!(*facts, json!({"planSha256": "2c9104aa", "orders": 42, "recipients": ["cluster prod-bj1", "archive"]}));
}

#[test]
fn hostile_texts_are_visible_everywhere() {
    let report = verified().fact("label", "label", "a\x1b[2J\u{202e}").next("rm\n");
    for text in [report.json().unwrap(), report.text(80)] {
        assert!(text.is_ascii() && !text.contains('\x1b') && text.contains("u{202e}"), "{text}");
    }
}

#[derive(Debug)]
struct Odd;

impl Detail for Odd {
    fn name(&self) -> &'static str {
        "odd"
    }

    fn status(&self) -> Status {
        Status::Warn
    }

    fn lines(&self, _width: usize) -> Vec<String> {
        vec!["an odd line".to_owned()]
    }

    fn json(&self) -> serde_json::Result<Json> {
        Ok(json!({"lines": 1}))
    }
}

#[test]
fn a_detail_stands_under_its_own_name_and_counts() {
    let report = Report::new(ReportKind::Scan).detail(Odd);
    assert_eq!(json(&report)["odd"], json!({"lines": 1}));
    assert_eq!((report.status(), report.text(80).as_str()), (Status::Warn, "an odd line\n"));
}
