//! What a monitoring system and an auditor are told: metrics that another parser reads, and the report of an exchange.

use std::fs;
use std::process::Command;

use airlock::audit::detail::{CheckResult, RotationAgreed, RotationDone, RotationHeld, RotationIntent};
use airlock::audit::entry::{Actor, Entry, Outcome};
use airlock::audit::event::Event;
use airlock::online::chronicle::{self, Chronicle};
use airlock::online::metrics::{self, Place};
use airlock::online::room::Room;
use airlock::online::stage::Choice as Wanted;
use airlock::report::document::Detail as _;
use airlock::report::exposition::{Exposition, Family, Kind};
use airlock::rotation::stage::Stage;
use airlock::wire::digest::Digest;
use serde_json::Value;

use crate::ca::Wish;
use crate::fleet::{fleet, split_all};
use crate::stage::accepted;
use crate::verify::Asked;
use crate::world::{choice, small};

/// Every sample of a file as the Prometheus client of Python reads it: `name{label=value,...} number`.
fn samples(file: &std::path::Path) -> Vec<(String, Value, f64)> {
    let script = "import json, sys\n\
        from prometheus_client.parser import text_fd_to_metric_families as parse\n\
        out = [[s.name, s.labels, s.value] for f in parse(open(sys.argv[1])) for s in f.samples]\n\
        print(json.dumps(out))\n";
    let read = Command::new("/usr/bin/python3").args(["-c", script]).arg(file).output().unwrap();
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
    let all: Vec<(String, Value, f64)> = serde_json::from_slice(&read.stdout).unwrap();
    all
}

fn one(all: &[(String, Value, f64)], name: &str, labels: &[(&str, &str)]) -> Option<f64> {
    let is_meant = |known: &Value| labels.iter().all(|(label, value)| known[*label] == *value);
    let found: Vec<_> = all.iter().filter(|(known, of, _)| known == name && is_meant(of)).collect();
    assert!(found.len() < 2, "{name} {labels:?}: {found:?}");
    found.first().map(|(_, _, value)| *value)
}

fn write(room: &Room, asked: &Asked) -> std::path::PathBuf {
    let out = asked.world.base.join("airlock.prom");
    metrics::write(&metrics::gather(room, &asked.world.roots()).unwrap(), &Place::at(&out).unwrap()).unwrap();
    out
}

fn check(id: &str, status: &str) -> CheckResult {
    CheckResult { code: None, id: id.to_owned(), status: status.to_owned() }
}

/// A step of a rotation, announced and done.
fn step(asked: &Asked, node: &str, stage: &str, way: &str, requests: (u64, u64)) {
    let mut room = asked.world.room();
    let trace = Some(asked.trace.as_str());
    let intent = RotationIntent {
        action: "swap leaves of etcd".to_owned(),
        checks: vec![check("quorum", "ok"), check("matrix-green", "ok")],
        node: Some(node.to_owned()),
        plan: Digest::of(b"plan"),
        stage: stage.to_owned(),
        to: None,
        way: way.to_owned(),
    };
    let intent = room.desk_mut().note(&Actor::system(), trace, Event::RotationIntent(intent)).unwrap();
    asked.world.wait(30);
    let done = RotationDone {
        action: "swap leaves of etcd".to_owned(),
        files: 6,
        intent,
        milliseconds: 1500,
        node: Some(node.to_owned()),
        requests_failed: requests.1,
        requests_ok: requests.0,
        restarts: 1,
        stage: stage.to_owned(),
        way: way.to_owned(),
    };
    room.desk_mut().note(&Actor::system(), trace, Event::RotationDone(done)).unwrap();
}

fn hold(asked: &Asked) {
    let held = RotationHeld {
        action: "swap leaves of etcd".to_owned(),
        checks: vec![check("quorum", "fail")],
        plan: Digest::of(b"plan"),
        why: "cp3 is away".to_owned(),
    };
    let denied = Outcome::Denied("ROTATION_HELD".to_owned());
    let (mut room, trace) = (asked.world.room(), Some(asked.trace.as_str()));
    room.desk_mut().note_as(&Actor::system(), trace, denied, Event::RotationHeld(held)).unwrap();
}

#[test]
fn another_parser_reads_the_metrics_and_they_are_true() {
    let asked = accepted(small(), &Wish::default());
    let before = samples(&write(&asked.world.room(), &asked));
    assert_eq!(one(&before, "airlock_rotation_stage", &[("node", "cp1")]), None, "nothing is made up");
    assert_eq!(one(&before, "airlock_package_timestamp_seconds", &[("what", "staged")]), None);
    asked.stage(&Wanted::default()).unwrap();
    step(&asked, "cp1", "S5", "forward", (40_000, 1));
    step(&asked, "cp2", "S5", "forward", (10, 0));
    step(&asked, "cp2", "S5", "back", (5, 0));
    hold(&asked);
    let room = asked.world.room();
    room.sign_head(&asked.world.keys).unwrap();
    let out = write(&room, &asked);
    let all = samples(&out);
    let at = |name: &str, labels: &[(&str, &str)]| one(&all, name, labels).unwrap_or_else(|| panic!("{name}"));
    let openssl = Command::new("openssl")
        .args(["x509", "-noout", "-enddate", "-dateopt", "iso_8601", "-in"])
        .arg(asked.world.base.join("cp1/etc/kubernetes/pki/apiserver.crt"))
        .output()
        .unwrap();
    let end = String::from_utf8(openssl.stdout).unwrap().trim().replace("notAfter=", "").replace(' ', "T");
    let end = crate::world::time(&end).unix() as f64;
    let name = "airlock_certificate_not_after_timestamp_seconds";
    assert_eq!(at(name, &[("node", "cp1"), ("role", "apiserver")]), end);
    assert!(at(name, &[("node", "w1"), ("path", "etc/kubernetes/pki/ca.crt")]) > 0.0);
    assert_eq!(at("airlock_trust_places", &[("node", "cp1"), ("holds", "only-old")]), 8.0);
    assert_eq!(at("airlock_trust_places", &[("node", "cp1"), ("holds", "only-new")]), 0.0);
    assert_eq!(at("airlock_rotation_stage", &[("node", "cp1")]), 5.0);
    assert_eq!(at("airlock_rotation_stage", &[("node", "cp2")]), 4.0, "a step back leaves the stage");
    assert_eq!(at("airlock_rotation_requests_total", &[("outcome", "ok")]), 40_015.0);
    assert_eq!(at("airlock_rotation_requests_total", &[("outcome", "failed")]), 1.0);
    assert_eq!((at("airlock_rotation_restarts_total", &[]), at("airlock_rotation_holds_total", &[])), (3.0, 1.0));
    let entries = room.desk().entries();
    assert_eq!(at("airlock_log_checkpoint_entries", &[]), entries.len() as f64);
    assert_eq!(at("airlock_log_checkpoint_timestamp_seconds", &[]), entries.last().unwrap().time.unix() as f64);
    assert_eq!(at("airlock_metrics_timestamp_seconds", &[]), asked.world.now().unix() as f64);
    // A file that somebody keeps writing is what a preflight asks for.
    let hooked = |path: &std::path::Path, later: i64| metrics::hooked_up(path, asked.world.now().plus(later)).unwrap();
    assert!(hooked(&out, 0).holds && hooked(&out, 900).holds);
    assert!(!hooked(&out, 901).holds && !hooked(&out, -1).holds, "an old file, and one from the future");
    for other in ["none.prom", "liu-yang"] {
        assert!(!hooked(&asked.world.base.join(other), 0).holds, "{other}");
    }
    // What no collector reads is not hooked up, whatever it holds.
    let unread = out.with_extension("txt");
    fs::copy(&out, &unread).unwrap();
    let told = hooked(&unread, 0);
    assert!(!told.holds && told.evidence.contains(".prom"), "{told:?}");
    fs::remove_file(&unread).unwrap();
    // Replaced in one step, readable for node_exporter, and nothing else left in its directory.
    use std::os::unix::fs::PermissionsExt as _;
    assert_eq!(fs::metadata(&out).unwrap().permissions().mode() & 0o777, 0o644);
    let nowhere = Place::at(std::path::Path::new("/nowhere/x.prom")).unwrap();
    let missing = metrics::write(&Exposition::default(), &nowhere).unwrap_err();
    assert!(missing.to_string().contains("/nowhere"));
}

#[test]
fn the_other_parser_reads_what_must_be_escaped_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let hostile = "a\"b\\n\\c\nd{}=,'\u{1b}é";
    let mut family = Family::new("airlock_x", Kind::Gauge, "A \\ and\na line.");
    family.sample([("node", hostile), ("role", "")], -7);
    let mut all = Exposition::default();
    all.push(family);
    metrics::write(&all, &Place::at(&folder.path().join("x.prom")).unwrap()).unwrap();
    let read = samples(&folder.path().join("x.prom"));
    assert_eq!(read.len(), 1);
    assert_eq!((read[0].1["node"].as_str().unwrap(), read[0].2), (hostile, -7.0));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn the_report_adds_up_what_the_logs_of_all_hosts_say() {
    let mut asked = accepted(choice(&["etcd-peer", "scheduler"], &["cp1", "cp2"]), &Wish::default());
    let nothing = Chronicle::of(&asked.world.room(), &"20250722-7Q2K-9M4F-B".parse().unwrap(), &[]).unwrap_err();
    assert_eq!(nothing.reason().code, "CHRONICLE_NOTHING");
    let nodes = fleet(&["cp1", "cp2"], &mut asked);
    let files = split_all(&asked);
    let count = |asked: &Asked| {
        let roots = asked.world.roots();
        chronicle::count(&mut asked.world.room(), &asked.trace, &roots, &[]).unwrap()
    };
    count(&asked);
    nodes[0].accept(&asked.world, &files["cp1"]).unwrap();
    asked.stage(&Wanted::default()).unwrap();
    step(&asked, "cp1", "S5", "forward", (40_000, 1));
    hold(&asked);
    let agreed = RotationAgreed {
        person: "liu-yang".to_owned(),
        plan: Digest::of(b"plan"),
        signature: Digest::of(b"signature"),
        step: "drop".to_owned(),
        text: Digest::of(b"text"),
    };
    asked
        .world
        .room()
        .desk_mut()
        .note(&Actor::system(), Some(asked.trace.as_str()), Event::RotationAgreed(agreed))
        .unwrap();
    step(&asked, "cp1", "S8", "forward", (0, 0));
    // One place is turned over by hand, as a rotation would.
    let base = asked.world.base.join("cp1/etc");
    fs::copy(base.join("kubernetes.next/pki/ca.crt"), base.join("kubernetes/pki/ca.crt")).unwrap();
    count(&asked);
    let log = nodes[0].config.state().join("log/entries.jsonl");
    let room = asked.world.room();
    let told = Chronicle::of(&room, &asked.trace, &[log.clone(), log.clone()]).unwrap();
    assert_eq!(told.hosts, ["cluster:prod-1", "host:cp1"]);
    assert!(told.timeline.is_sorted_by_key(|line| line.time));
    let events: Vec<_> = told.timeline.iter().map(|line| line.event.as_str()).collect();
    let taken = events.iter().filter(|event| **event == "NODE_PACKAGE_ACCEPTED").count();
    assert_eq!(taken, 1, "the same log twice counts once: {events:?}");
    for event in
        ["REQUESTED", "PACKAGE_ACCEPTED", "SPLIT", "SPLIT_WRITTEN", "STAGED", "ROTATION_HELD", "PLACES_COUNTED"]
    {
        assert!(events.contains(&event), "{event}: {events:?}");
    }
    let course = &told.rotation;
    assert_eq!((course.steps, course.open, course.files, course.restarts), (2, 0, 12, 2));
    assert_eq!((course.work_ms, told.seconds, course.requests_ok, course.requests_failed), (3000, Some(60), 40_000, 1));
    assert_eq!(course.nodes["cp1"], Stage::OldTrustOff);
    assert_eq!((course.holds[0].why.as_str(), course.agreed.as_slice()), ("cp3 is away", &["liu-yang".to_owned()][..]));
    let quorum = &course.checks["quorum"];
    assert_eq!((quorum.looked, quorum.failed, quorum.last.as_str()), (3, 1, "ok"));
    assert!(told.success.starts_with("99.9975 % of 40001, at least 99.98"), "{}", told.success);
    let (before, after) = (told.places_before.as_ref().unwrap(), told.places_after.as_ref().unwrap());
    assert_eq!((before.places.only_old - after.places.only_old, after.places.both - before.places.both), (1, 1));
    assert_eq!(told.package_checks.len(), 13);
    let lines = told.lines(80);
    assert!(lines.iter().all(|line| line.len() <= 80 && line.is_ascii()), "{lines:#?}");
    assert_eq!(told.json().unwrap()["rotation"]["restarts"], 2);
    // A run that was killed in a step is told, and a file that is no log is refused.
    let damaged = asked.world.base.join("damaged");
    fs::write(&damaged, [fs::read(&log).unwrap(), b"{}\n".to_vec()].concat()).unwrap();
    let refused = Chronicle::of(&room, &asked.trace, &[damaged]).unwrap_err();
    assert_eq!(refused.reason().code, "CHRONICLE_LINE");
    // A file cannot put its words in the place of another log's, nor speak for this host.
    let text = fs::read_to_string(&log).unwrap();
    let theirs =
        Entry::from_line(text.lines().find(|line| line.contains(asked.trace.as_str())).unwrap().as_bytes()).unwrap();
    let ours = room.desk().entries().iter().find(|entry| entry.trace.as_deref() == Some(asked.trace.as_str())).unwrap();
    let new = room.desk().entries().len() as u64;
    let reworded = |entry: &Entry| Entry { outcome: Outcome::Failed("X".to_owned()), ..entry.clone() };
    let forged = asked.world.base.join("forged");
    for entry in [reworded(&theirs), reworded(ours), Entry { seq: new, ..ours.clone() }] {
        fs::write(&forged, [entry.to_line().unwrap(), b"\n".to_vec()].concat()).unwrap();
        let refused = Chronicle::of(&room, &asked.trace, &[log.clone(), forged.clone()]).unwrap_err();
        assert_eq!(refused.reason().code, "CHRONICLE_DIFFERS", "{entry:?}");
    }
    fs::write(&forged, [ours.to_line().unwrap(), b"\n".to_vec()].concat()).unwrap();
    assert_eq!(Chronicle::of(&room, &asked.trace, &[log, forged]).unwrap().timeline.len(), told.timeline.len());
}
