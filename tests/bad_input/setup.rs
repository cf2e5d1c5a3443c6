//! What S15, S16 and S21 tell at a real host, by the hands of the workstation.

use std::fs;
use std::path::Path;

use airlock::audit::detail::medium::MediumRegistered;
use airlock::audit::detail::{ClockSet, RotationHeld};
use airlock::audit::entry::{Actor, Entry};
use airlock::audit::event::Event;
use airlock::cluster::role::{Domain, Role};
use airlock::exchange::code::Code;
use airlock::exchange::statement::Statement;
use airlock::offline::ca::ceremony;
use airlock::offline::ca::install;
use airlock::offline::ca::lists::lists;
use airlock::offline::receive::receive;
use airlock::offline::room::Room;
use airlock::online::chronicle::Sources;
use airlock::tui::effect::Effect;
use airlock::tui::language::Language;
use airlock::tui::told::Told;
use airlock::wire::digest::Digest;

use crate::host::{Host, file, option};
use crate::offline::host;
use crate::rig::with_token;
use crate::scene::{Scene, asks, prod};
use crate::world::{World, pin};

/// A day, in seconds.
const DAY: i64 = 86_400;

fn read(host: &Host, effect: Effect) -> [String; 2] {
    match host.does(effect) {
        Told::Read(lines) => [Language::English, Language::Chinese].map(|language| lines.of(language).join("\n")),
        other => panic!("{other:?}"),
    }
}

fn all_in(told: &str, wanted: &[&str]) {
    wanted.iter().for_each(|one| assert!(told.contains(one), "{one:?} is not told:\n{told}"));
}

/// The list of one domain is signed.
fn signs_a_list(scene: &Scene, room: &mut Room) {
    let trace = lists(room, &prod(), &[Domain::Etcd], &[]).unwrap().fields().trace.clone();
    let subject = ceremony::plan(room, &trace).unwrap().subject();
    scene.world.agree(room, &subject);
    let token = room.login(pin()).unwrap();
    install::sign(room, &token, &trace, &mut |_| std::ops::ControlFlow::Continue(())).unwrap();
    room.logout(token).unwrap();
}

#[test]
fn what_set_up_has_left_is_told_with_its_commands() {
    with_token(what_set_up_has_left_is_told_with_its_commands, |rig| {
        let (scene, mut room) = Scene::new(rig);
        signs_a_list(&scene, &mut room);
        for (name, way, serial) in [("TX-03", "in", "0019E06B"), ("TX-04", "out", "AA0000000001")] {
            let device = format!("usb={serial} fs=- label=-");
            let registered = MediumRegistered { device, name: name.to_owned(), way: way.to_owned() };
            room.desk_mut().note(&Actor::system(), None, Event::MediumRegistered(registered)).unwrap();
        }
        drop(room);
        let host = host(rig);
        let [english, chinese] = read(&host, Effect::SetUp);
        all_in(
            &english,
            &[
                "[ OK ] attested until ",
                "by chen, li, log entry",
                "never set back",
                "$ airlock clock set MINUTE",
                "cluster:prod-1",
                "kubernetes current, until",
                "[ OK ] list of O=prod-1, CN=",
                "this update",
                "next update",
                "$ airlock offline crl --cluster PARTY",
                "roster epoch 1",
                "auditor:zhao",
                "SHA256:",
                "$ airlock officer add",
                "POL-2026-01",
                "$ airlock policy show",
                "cluster:prod-1, epoch 1",
                "$ airlock enrol export",
                "Before people now\n  none",
            ],
        );
        let (bring, take) = english.split_once("Sticks that take").unwrap();
        assert!(bring.contains("TX-03") && !bring.contains("TX-04") && take.contains("TX-04"), "{english}");
        all_in(&chinese, &["确认有效至", "从未回拨", "下次更新", "名册版本 1", "$ airlock officer add"]);
        assert!(english.lines().chain(chinese.lines()).all(|line| airlock::report::columns::width(line) <= 78));

        let [english, chinese] = read(&host, Effect::HostCheck);
        all_in(&english, &["Host", "ca:root-ca-01", "Log entries", "Core dumps", "$ airlock host check"]);
        all_in(&chinese, &["主机", "ca:root-ca-01", "核心转储"]);
        is_told_when_it_changes(&scene, &host);
    });
}

/// A clock that was set back and counts no more, and a matter that is open.
fn is_told_when_it_changes(scene: &Scene, host: &Host) {
    let mut room = scene.world.open().unwrap();
    let now = room.desk().now().unwrap();
    let set = ClockSet { from: now, object: Digest::of(b"object"), to: now };
    room.change(&Actor::system(), None, Event::ClockSet(set)).unwrap();
    let new = crate::world::policy().replace("2026-01", "2026-02");
    airlock::offline::policy::propose(&mut room, &Actor::system(), new.as_bytes()).unwrap();
    drop(room);
    let [english, _] = read(host, Effect::SetUp);
    all_in(&english, &[&format!("set back from {now} to {now}"), "Before people now\n  policy "]);
}

#[test]
fn a_list_that_was_not_renewed_in_time_is_told() {
    with_token(a_list_that_was_not_renewed_in_time_is_told, |rig| {
        let daily = crate::world::policy().replace("next_update_days = 90", "next_update_days = 1");
        let world = World::new(rig);
        *world.ahead.lock().unwrap() = -3 * DAY;
        assert!(world.init_with(&daily, &rig.serial).is_err(), "nobody has signed");
        world.everyone_signs();
        let mut room = world.init_with(&daily, &rig.serial).unwrap();
        world.attest(&mut room).unwrap();
        let scene = Scene::of(world);
        scene.makes_roots(&mut room);
        signs_a_list(&scene, &mut room);
        drop(room);
        let host = host(rig);
        for told in read(&host, Effect::SetUp) {
            assert!(told.contains("[WARN] list of O=prod-1") || told.contains("[WARN] O=prod-1"), "{told}");
            assert!(!told.contains("[ OK ] list of") && !told.contains("[ OK ] O="), "{told}");
        }

        // The twin: a list of today, for one of the three domains.
        *scene.world.ahead.lock().unwrap() = 0;
        let mut room = scene.world.open().unwrap();
        scene.world.attest(&mut room).unwrap();
        signs_a_list(&scene, &mut room);
        drop(room);
        for told in read(&host, Effect::SetUp) {
            let etcd =
                |mark: &str| ["list of ", ""].iter().any(|of| told.contains(&format!("{mark} {of}O=prod-1, CN=etcd")));
            assert!(etcd("[ OK ]") && !etcd("[WARN]"), "{told}");
        }
    });
}

#[test]
fn the_rows_of_what_a_host_receives_are_shown_on_no_screen() {
    with_token(the_rows_of_what_a_host_receives_are_shown_on_no_screen, |rig| {
        let (scene, mut room) = Scene::new(rig);
        let (medium, statement) = scene.bundle(&room, 1, &[asks(Role::Scheduler, "cp1")], |_| {});
        receive(&mut room, &medium).unwrap();
        drop(room);
        let host = host(rig);
        let text = file(&medium, ".txt");
        assert_eq!(code(&host.does(Effect::OpenPrint(text.clone()))), "SHEET_RECEIVING_SIDE");
        // Nor while another process holds the state, in which the host could not be asked who it is.
        let held = scene.world.open().unwrap();
        assert_eq!(code(&host.does(Effect::OpenPrint(text.clone()))), "STATE_LOCKED");
        let ran = host.runs("sheet check", &[text.to_str().unwrap().to_owned()]);
        assert!(ran.status != 0 && ran.said.contains("STATE_LOCKED"), "{}", ran.said);
        drop(held);
        rows_are_for_another_workstation(&host, &statement, &text);
        let [english, chinese] = read(&host, Effect::Inspect(text));
        for row in Code::of(&statement).sheet_rows() {
            let digits = &row[2..];
            assert!(!english.contains(digits) && !chinese.contains(digits), "{row}:\n{english}");
        }
        assert!(english.contains(statement.lines().trace.as_str()), "{english}");
        assert!(!english.contains(&statement.lines().file_sha256.to_string()[..8]), "{english}");
    });
}

/// A wrong name makes no other workstation of a host. One that has no config at all shows the rows.
fn rows_are_for_another_workstation(host: &Host, statement: &Statement, text: &Path) {
    let words = [text.to_str().unwrap().to_owned()];
    let row = Code::of(statement).sheet_rows().remove(0);
    let misnamed = host.misnamed();
    assert_eq!(code(&misnamed.does(Effect::OpenPrint(text.to_owned()))), "STORAGE_MISSING");
    let ran = misnamed.runs("sheet check", &words);
    assert!(ran.said.contains("STORAGE_MISSING") && ran.status == 13 && !ran.said.contains(&row), "{}", ran.said);
    let by_option = ["--config".to_owned(), misnamed.path("host.toml").to_str().unwrap().to_owned()];
    let other = host.elsewhere("another-workstation");
    let ran = other.runs("sheet check", &[&words[..], &by_option].concat());
    assert!(ran.said.contains("STORAGE_MISSING") && ran.status == 13 && !ran.said.contains(&row), "{}", ran.said);

    let ran = other.runs("sheet check", &words).ok();
    assert!(ran.said.contains(&row), "{}", ran.said);
    assert!(matches!(other.does(Effect::OpenPrint(text.to_owned())), Told::Print(_)));
}

fn code(told: &Told) -> &str {
    match told {
        Told::Refused(notice) => notice.code,
        other => panic!("{other:?}"),
    }
}

/// The same at a host in the network, and what I50 tells beside how far a rotation is.
pub(crate) fn is_told_online(host: &Host, trace: &str) {
    let [english, chinese] = read(host, Effect::SetUp);
    let wanted =
        ["never compared", "requester:zhang-wei", "ca:root-ca-01, epoch 1", "$ airlock online metrics --out FILE"];
    all_in(&english, &wanted);
    all_in(&chinese, &["从未核对", "requester:zhang-wei", "ca:root-ca-01，版本 1"]);
    let [english, _] = read(host, Effect::HostCheck);
    all_in(&english, &["cluster:prod-1", "online"]);
    let [english, _] = read(host, Effect::Chronicle(trace.parse().unwrap(), Box::default()));
    assert!(english.contains("REQUESTED") && host.last().contains("PLACES_COUNTED"), "{english}\n{}", host.last());
    logs_of_others_are_read(host, trace);
    metrics_replace_what_a_collector_reads_alone(host);
}

/// The log of another host tells of it what ours does not know; what is no log is refused before anything is written.
fn logs_of_others_are_read(host: &Host, trace: &str) {
    let (log, none) = (host.path("cp1.jsonl"), host.path("none.jsonl"));
    let mut entry = Entry::from_line(host.last().as_bytes()).unwrap();
    "host:cp1".clone_into(&mut entry.host);
    entry.event = Event::RotationHeld(RotationHeld {
        action: "old+new trust on disk".to_owned(),
        checks: Vec::new(),
        plan: Digest::of(b"plan"),
        why: "one-out: cp2 is away".to_owned(),
    });
    fs::write(&log, [entry.to_line().unwrap(), b"\n".to_vec()].concat()).unwrap();
    fs::write(&none, "no log\n").unwrap();
    let sources = |files: &[&Path]| {
        let logs = files.iter().map(|file| (*file).to_owned()).collect();
        Box::new(Sources { logs, ..Sources::default() })
    };
    let course = |files: &[&Path]| match host.does(Effect::Course(trace.parse().unwrap(), sources(files))) {
        Told::Course(facts) => *facts,
        other => panic!("{other:?}"),
    };
    assert_eq!((course(&[]).held, course(&[]).lines.len()), (None, 0));
    let told = course(&[&log, &log]);
    assert_eq!(told.lines.len(), 1, "the same log twice counts once: {:?}", told.lines);
    for (language, held) in [(Language::English, "old+new trust on disk"), (Language::Chinese, "新旧信任写入磁盘")]
    {
        assert!(told.held.as_ref().unwrap().of(language).contains(held), "{:?}", told.held);
        let line = told.lines[0].of(language);
        assert!(line.contains("host:cp1") && line.contains(held), "{line}");
    }
    let [english, _] = read(host, Effect::Chronicle(trace.parse().unwrap(), sources(&[&log])));
    assert!(english.contains("host:cp1 #"), "{english}");
    let ran = host.runs(&format!("online report {trace}"), &option("--log", &log)).ok();
    assert!(ran.said.contains("host:cp1 #"), "{}", ran.said);

    let refused = host.does(Effect::Course(trace.parse().unwrap(), sources(&[&none])));
    assert_eq!(code(&refused), "CHRONICLE_LINE");
    let counted = || host.log().matches(r#""event":"PLACES_COUNTED""#).count();
    let before = counted();
    let refused = host.does(Effect::Chronicle(trace.parse().unwrap(), sources(&[&none])));
    assert_eq!((code(&refused), counted()), ("CHRONICLE_LINE", before));
    host.refuses(3, "CHRONICLE_LINE", &format!("online report {trace}"), &option("--log", &none));
}

/// A file of another name is left as it is, by the screen and by the command.
fn metrics_replace_what_a_collector_reads_alone(host: &Host) {
    let file = host.path("airlock.prom");
    for _ in 0..2 {
        read(host, Effect::Metrics(file.clone()));
    }
    assert!(fs::read_to_string(&file).unwrap().contains("airlock_"));
    fs::write(&file, "of yesterday").unwrap();
    host.runs("online metrics", &option("--out", &file)).ok();
    assert!(fs::read_to_string(&file).unwrap().contains("airlock_"));
    let other = host.path("admin.conf");
    fs::write(&other, "of the cluster").unwrap();
    assert_eq!(code(&host.does(Effect::Metrics(other.clone()))), "METRICS_NAME");
    assert!(host.last().contains(r#""denied":"METRICS_NAME""#), "{}", host.last());
    host.refuses(2, "METRICS_NAME", "online metrics", &option("--out", &other));
    assert_eq!(fs::read_to_string(other).unwrap(), "of the cluster");
}
