//! The CA host.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use airlock::cluster::role::Role;
use airlock::exchange::code::Code;
use airlock::exchange::signature::{self, Namespace};
use airlock::exchange::statement::Statement;
use airlock::exchange::trace::Trace;
use airlock::offline::room::Room;

use crate::forged::line;
use crate::host::{Host, damages, file, forged, mode, option};
use crate::mounts::Mounted;
use crate::rig::{PIN, Rig, with_token};
use crate::scene::{STATEMENT, Scene, asks, key};

const NOTHING: &str = "-";

/// The config of the CA host.
pub(crate) fn config(rig: &Rig) -> String {
    format!(
        "ca = 'root-ca-01'\norganisation = 'Example Bank'\nstate = 'STATE'\n\
         [[contacts]]\nname = 'Security office'\nphone = '+86 10 5555 0199'\n\
         [hsm]\nmodule = '{}'\ntoken = 'pkcs11:serial={}'\n",
        rig.module.display(),
        rig.serial
    )
}

pub(crate) fn host(rig: &Rig) -> Host {
    Host::new(&rig.dir, &config(rig), &rig.dir)
}

/// A CA host that enrolled a cluster, and a bundle of that cluster.
pub(crate) fn with_bundle(rig: &Rig) -> (Scene, Host, PathBuf) {
    let (scene, room) = Scene::new(rig);
    let (medium, _) = scene.bundle(&room, 1, &[asks(Role::Scheduler, "cp1")], |_| {});
    drop(room);
    (scene, host(rig), medium)
}

/// The rows of a statement as its sheet shows them.
pub(crate) fn paper(dir: &Path, statement: &Statement) -> PathBuf {
    let rows: Vec<_> = Code::of(statement).sheet_rows().iter().map(|row| row.replacen(' ', "  ", 1)).collect();
    let sheet = dir.join("other.txt");
    fs::write(&sheet, rows.join("\n")).unwrap();
    sheet
}

fn trace_on(medium: &Path) -> String {
    let name = file(medium, ".txt");
    name.file_name().unwrap().to_str().unwrap()[..20].to_owned()
}

/// The statement as `change` has it, signed again with the key of `number`.
pub(crate) fn resigned(medium: &Path, number: u8, namespace: Namespace, change: impl FnOnce(&str) -> String) {
    let path = file(medium, ".txt");
    let text = change(&fs::read_to_string(&path).unwrap());
    fs::write(file(medium, ".txt.sig"), signature::sign(&key(number), namespace, text.as_bytes()).unwrap()).unwrap();
    fs::write(&path, text).unwrap();
}

#[test]
fn a_damaged_or_foreign_bundle_is_not_taken_in() {
    with_token(a_damaged_or_foreign_bundle_is_not_taken_in, |rig| {
        let (scene, host, medium) = with_bundle(rig);
        let receive = |medium: &Path, status, code| {
            host.refuses(status, code, "offline receive", &option("--media", medium));
            fs::remove_dir_all(medium).unwrap();
        };
        for (end, codes) in [(".zip", ["ARRIVAL_DIGEST"; 6]), (".txt", STATEMENT_CODES), (".txt.sig", SIGNATURE_CODES)]
        {
            let whole = fs::read(file(&medium, end)).unwrap();
            for (bytes, code) in damages(&whole).into_iter().zip(codes) {
                receive(&forged(&medium, "damaged", |at| fs::write(file(at, end), bytes).unwrap()), 3, code);
            }
        }
        let of = |from: &'static str, to: &'static str, number, namespace| {
            forged(&medium, "resigned", |at| resigned(at, number, namespace, |text| text.replace(from, to)))
        };
        let late = |text: &str| text.replace(line(text, "expires:"), "expires: 2026-01-01T00:00:00Z");
        let late = forged(&medium, "late", |at| resigned(at, STATEMENT, Namespace::Statement, late));
        receive(&late, 10, "ARRIVAL_EXPIRED");
        receive(&of("ca:root-ca-01", "ca:root-ca-02", STATEMENT, Namespace::Statement), 3, "ARRIVAL_TO");
        receive(&of("cluster:prod-1", "cluster:prod-2", STATEMENT, Namespace::Statement), 3, "ARRIVAL_UNKNOWN");
        receive(&of("items: 1", "items: 1", STATEMENT, Namespace::Approval), 3, "SIGNATURE_NAMESPACE");
        receive(&of("items: 1", "items: 1", 99, Namespace::Statement), 3, "SIGNATURE_KEY");
        receive(&forged(&medium, "gone", |at| fs::remove_file(file(at, ".sig")).unwrap()), 9, "MEDIA_INCOMPLETE");
        let linked = forged(&medium, "linked", |at| {
            let (target, name) = (file(&medium, ".zip"), file(at, ".zip"));
            fs::remove_file(&name).unwrap();
            symlink(target, name).unwrap();
        });
        receive(&linked, 9, "MEDIA_INCOMPLETE");
        host.refuses(9, "MEDIA_MISSING", "offline receive", &option("--media", &rig.dir.join("nowhere")));
        // What was refused did not stand in the way of the genuine one.
        host.runs("offline receive", &option("--media", &medium)).ok();
        host.refuses(5, "ROWS_MISSING", "offline verify", &[trace_on(&medium)]);
        host.refuses(12, "NEEDS_PERSON", "offline confirm", &[vec![trace_on(&medium)], host.by("chen")].concat());
        let statement = file(&medium, ".txt").to_str().unwrap().to_owned();
        host.refuses(5, "SHEET_RECEIVING_SIDE", "sheet check", &[statement]);
        host.refuses(10, "SHEET_NOT_OURS", "sheet show", &[trace_on(&medium)]);
        is_refused_once_its_signer_is_revoked(&scene, &host, &medium);
    });
}

/// The cluster is enrolled anew, with another key: the one before signs for nobody any more.
fn is_refused_once_its_signer_is_revoked(scene: &Scene, host: &Host, medium: &Path) {
    scene.enrols_by(&mut scene.world.open().unwrap(), STATEMENT + 10);
    host.refuses(3, "SIGNATURE_KEY", "offline receive", &option("--media", medium));
    let by_the_new_one = forged(medium, "renewed", |at| {
        resigned(at, STATEMENT + 10, Namespace::Statement, |text| text.replace("items: 1", "items: 2"));
    });
    host.runs("offline receive", &option("--media", &by_the_new_one)).ok();
}

const STATEMENT_CODES: [&str; 6] = ["STATEMENT_"; 6];
const SIGNATURE_CODES: [&str; 6] = ["SIGNATURE_"; 6];

#[test]
fn the_wrong_paper_puts_a_bundle_into_quarantine() {
    with_token(the_wrong_paper_puts_a_bundle_into_quarantine, |rig| {
        let (scene, host, medium) = with_bundle(rig);
        host.runs("offline receive", &option("--media", &medium)).ok();
        let trace = trace_on(&medium);
        // The sheet of another bundle.
        let room = scene.world.open().unwrap();
        let (_, other) = scene.bundle(&room, 1, &[asks(Role::Scheduler, "cp1")], |_| {});
        drop(room);
        let sheet = paper(&rig.dir, &other);
        let ran = host.typed_by("chen", &sheet, &format!("offline confirm {trace}"));
        host.was_refused(&ran, 5, "ROWS_MISMATCH", "offline confirm");
        host.refuses(5, "PAPER_QUARANTINED", "offline receive", &option("--media", &medium));
        let told = host.runs("offline receive", &option("--media", &medium)).said;
        assert!(told.contains("At this CA host: bring it no second time."), "{told}");
        host.refuses(5, "PAPER_QUARANTINED", "offline verify", &[trace]);
    });
}

/// Everything is approved but not signed.
fn approved(rig: &Rig) -> (Scene, Host, Trace) {
    let (scene, mut room) = Scene::new(rig);
    let (medium, _) = scene.bundle(&room, 1, &[asks(Role::Scheduler, "cp1")], |_| {});
    let trace = scene.approved(&mut room, &medium);
    drop::<Room>(room);
    (scene, host(rig), trace)
}

#[test]
fn a_token_that_does_not_open_signs_nothing_and_loses_nothing() {
    with_token(a_token_that_does_not_open_signs_nothing_and_loses_nothing, |rig| {
        let (_, host, trace) = approved(rig);
        let sign = |pin: &str| vec![trace.to_string(), "--pin-file".to_owned(), pin.to_owned()];
        let right = host.secret("pin", PIN);
        let count = |event: &str| host.log().matches(&format!(r#""event":"{event}""#)).count();
        let (announced, signed) = (count("SIGN_INTENT"), count("SIGNED"));
        host.refuses(8, "PIN_WRONG", "offline sign", &sign(&host.secret("wrong", "4321")));
        host.refuses(12, "NEEDS_PERSON", "offline sign", &[trace.to_string()]);
        mode(Path::new(&right), 0o644);
        host.refuses(8, "SECRET_NOT_PRIVATE", "offline sign", &sign(&right));
        mode(Path::new(&right), 0o600);
        let (tokens, away) = (rig.dir.join("tokens"), rig.dir.join("away"));
        fs::rename(&tokens, &away).unwrap();
        fs::create_dir(&tokens).unwrap();
        host.refuses(7, "TOKEN_", "offline sign", &sign(&right));
        fs::remove_dir(&tokens).unwrap();
        fs::rename(&away, &tokens).unwrap();
        assert_eq!(count("SIGN_INTENT"), announced);
        host.runs("offline sign", &sign(&right)).ok();

        let medium = rig.dir.join("back");
        fs::create_dir(&medium).unwrap();
        let seal = |medium: &Path, sheet: &Path| {
            [sign(&right), option("--media", medium).to_vec(), option("--sheet", sheet).to_vec()].concat()
        };
        host.refuses(9, "SHEET_ON_MEDIUM", "offline seal", &seal(&medium, &medium.join("sheet.txt")));
        symlink(&medium, rig.dir.join("paper")).unwrap();
        host.refuses(9, "SHEET_ON_MEDIUM", "offline seal", &seal(&medium, &rig.dir.join("paper/sheet.txt")));
        fs::write(rig.dir.join("taken.txt"), "taken").unwrap();
        host.refuses(13, "OUTPUT_EXISTS", "offline seal", &seal(&medium, &rig.dir.join("taken.txt")));
        host.refuses(9, "MEDIA_MISSING", "offline seal", &seal(&rig.dir.join("none"), &rig.dir.join("sheet.txt")));
        if let Some(small) = Mounted::tmpfs("size=16k") {
            let ran = host.runs("offline seal", &seal(&small.path(), &rig.dir.join("small.txt")));
            host.was_refused(&ran, 9, "MEDIA_ROOM", "offline seal");
            assert_eq!(fs::read_dir(small.path()).unwrap().count(), 0);
            let on_it = seal(&medium, &small.path().join("sheet.txt"));
            // Another file system is another way.
            assert!(small.remount("ro"));
            let ran = host.runs("offline seal", &on_it);
            host.was_refused(&ran, 13, "STORAGE_READ_ONLY", "offline seal");
        }
        assert_eq!(fs::read_dir(&medium).unwrap().count(), 0);
        let sealed = host.runs("offline seal", &seal(&medium, &rig.dir.join("sheet.txt"))).ok();
        let check = format!("a second person: airlock sheet check {trace}.cert-package.txt --rows");
        assert!(sealed.said.contains(&check), "{}", sealed.said);
        assert_eq!(count("SIGNED"), signed + 1, "once, and not lost");
        crate::printing::again(&host, trace.as_str(), &medium);
    });
}

#[test]
fn a_state_that_was_tampered_with_is_not_worked_on() {
    with_token(a_state_that_was_tampered_with_is_not_worked_on, |rig| {
        let (scene, _, trace) = approved(rig);
        let mut room = scene.world.open().unwrap();
        scene.signs(&mut room, &trace).unwrap();
        drop(room);
        let host = host(rig);
        crate::paper::is_compared_with_the_log(&host.copy("paper"));
        // The log itself is wrong here, so it cannot say so.
        let refused = |host: &Host, code: &str| {
            let before = fs::read(host.log_file()).unwrap();
            let ran = host.runs("offline plan", &[trace.to_string()]);
            assert_eq!((ran.status, ran.said.contains(code)), (11, true), "{code}: {}", ran.said);
            assert!(fs::read(host.log_file()).unwrap() == before, "{code}");
        };
        let change = |name: &str, change: &dyn Fn(String) -> String| {
            let copy = host.copy(name);
            let log = change(copy.log());
            fs::write(copy.log_file(), log).unwrap();
            copy
        };
        refused(
            &change("edited", &|log| log.replacen("\"version\":\"0.1.0\"", "\"version\":\"0.1.1\"", 1)),
            "LOG_ROLLED_BACK",
        );
        refused(
            &change("cut", &|log| log.lines().take(2).map(|line| format!("{line}\n")).collect()),
            "LOG_ROLLED_BACK",
        );
        refused(&change("spaced", &|log| log.replacen("\":", "\": ", 1)), "LOG_DAMAGED");
        refused(&change("swapped", &|log| log.replace("ca:root-ca-01", "ca:root-ca-02")), "LOG_FOREIGN");
        let empty = host.copy("empty");
        for object in fs::read_dir(empty.state().join("objects")).unwrap() {
            fs::remove_file(object.unwrap().path()).unwrap();
        }
        let ran = empty.runs("offline plan", &[trace.to_string()]);
        assert_eq!((ran.status, ran.said.contains("OBJECT_MISSING")), (11, true), "{}", ran.said);
        let ahead = host.copy("ahead");
        *scene.world.ahead.lock().unwrap() = 7200;
        let config = airlock::config::offline::OfflineConfig::parse(
            "offline.toml",
            config(rig).replace("STATE", ahead.state().to_str().unwrap()).as_bytes(),
        );
        drop(Room::open(config.unwrap(), scene.world.senses()).map(|mut room| {
            let actor = airlock::audit::entry::Actor::system();
            let viewed = airlock::audit::detail::Verb { verb: "audit list".to_owned() };
            room.desk_mut().note(&actor, None, airlock::audit::event::Event::LogViewed(viewed)).unwrap();
        }));
        refused_by_clock(&ahead, &trace);
    });
}

fn refused_by_clock(host: &Host, trace: &Trace) {
    let before = host.log();
    let ran = host.typed_by("chen", Path::new(NOTHING), &format!("offline confirm {trace}"));
    assert_eq!((ran.status, ran.said.contains("CLOCK_BEFORE_LOG")), (11, true), "{}", ran.said);
    assert_eq!(host.log(), before);
}

#[test]
fn a_config_or_a_policy_with_an_unknown_key_is_not_used() {
    let dir = tempfile::tempdir().unwrap();
    let config = "ca = 'root-ca-01'\norganisation = 'Example Bank'\nstate = 'STATE'\ndebug = true\n";
    let host = Host::new(dir.path(), config, dir.path());
    let ran = host.runs("clock attest --officer chen --key x --second li --second-key y", &[]);
    assert_eq!((ran.status, ran.said.contains("CONFIG_")), (2, true), "{}", ran.said);
    assert!(!host.state().exists());
    let policy = dir.path().join("policy.toml");
    fs::write(&policy, format!("allow_everything = true\n{}", crate::world::policy())).unwrap();
    let ran = host.runs("policy check", &[policy.to_str().unwrap().to_owned()]);
    assert_eq!((ran.status, ran.said.contains("POLICY_")), (2, true), "{}", ran.said);
}
