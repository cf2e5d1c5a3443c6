//! A state directory whose disk is full or read-only, and a token that goes away between two batches.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use airlock::cluster::role::Role;
use airlock::exchange::csr_bundle::number::Number;
use airlock::exchange::trace::Trace;
use airlock::tui::brake::Brake;
use airlock::tui::effect::Effect;
use airlock::tui::field::Secret;
use airlock::tui::hands::{Hands, Teller};
use airlock::tui::keys::Key;
use airlock::tui::language::Language;
use airlock::tui::told::Told;

use crate::host::{Host, option};
use crate::mounts::Mounted;
use crate::offline::{host, with_bundle};
use crate::rig::{PIN, with_token};
use crate::scene::{Scene, asks};

/// Fills the disk to the last byte.
fn fill(path: &Path) {
    let mut file = fs::File::create(path).unwrap();
    for chunk in [vec![0; 1 << 16], vec![0; 512], vec![0]] {
        while file.write_all(&chunk).is_ok() {}
    }
}

#[test]
fn a_full_or_read_only_disk_is_told_and_costs_nothing() {
    with_token(a_full_or_read_only_disk_is_told_and_costs_nothing, |rig| {
        let (_, whole, medium) = with_bundle(rig);
        let Some(disk) = Mounted::tmpfs("size=4m,mode=700") else { return };
        let host = whole.copy_to(&disk.path());
        let media = option("--media", &medium);

        fill(&disk.path().join("filler"));
        host.refuses_unwritten(13, "STORAGE_FULL", "offline receive", &media);
        // What only reads goes on.
        host.runs("offline ca show", &[]).ok();
        fs::remove_file(disk.path().join("filler")).unwrap();

        assert!(disk.remount("ro"));
        host.refuses_unwritten(13, "STORAGE_READ_ONLY", "offline receive", &media);
        assert!(disk.remount("rw"));

        // Whatever the full disk cut off is dropped, and what was asked for is done now.
        host.runs("offline receive", &media).ok();
        host.runs("audit verify", &[]).ok();
        assert_eq!(host.log().matches(r#""event":"RECEIVED""#).count(), 1);
    });
}

/// So many that they are signed in several batches.
const MANY: usize = 1100;

#[test]
fn a_token_that_disappears_mid_batch_loses_no_signature() {
    with_token(a_token_that_disappears_mid_batch_loses_no_signature, |rig| {
        let (scene, mut room) = Scene::new(rig);
        let wishes: Vec<_> = (0..MANY).map(|_| asks(Role::KubeletServer, "w1")).collect();
        let (medium, _) = scene.bundle(&room, 1, &wishes, |_| {});
        let trace = scene.approved(&mut room, &medium);
        drop(room);
        let host = host(rig);
        let pin = host.secret("pin", PIN);
        let sign = [trace.to_string(), "--pin-file".to_owned(), pin];
        is_stopped_and_goes_on(&host.copy("by-ctrl-c"), &sign);
        is_stopped_on_the_screen(&host.copy("by-a-key"), &trace);
        let batches = || host.log().matches(r#""event":"SIGNED""#).count();
        let (before, tokens, away) = (batches(), rig.dir.join("tokens"), rig.dir.join("away"));
        let ran = thread::scope(|scope| {
            let signing = scope.spawn(|| host.runs("offline sign", &sign));
            let until = Instant::now() + Duration::from_secs(120);
            while batches() == before && !signing.is_finished() && Instant::now() < until {
                thread::sleep(Duration::from_millis(1));
            }
            fs::rename(&tokens, &away).unwrap();
            signing.join().unwrap()
        });
        assert_eq!((ran.status, ran.said.contains("TOKEN_GONE")), (7, true), "{}", ran.said);
        assert!(host.log().contains(r#""event":"HSM_LOST""#));
        let done = batches();
        assert!(done > before);
        fs::rename(&away, &tokens).unwrap();
        host.runs("offline sign", &sign).ok();
        host.runs("audit verify", &[]).ok();
        // Each order once, whichever run signed it.
        let room = scene.world.open().unwrap();
        let mut numbers = signed(&room, &trace);
        numbers.sort_unstable();
        assert_eq!(numbers, (1..=MANY as u64).collect::<Vec<_>>());
    });
}

/// Ctrl-C at the command line: what was announced is signed, and the next run signs the rest.
fn is_stopped_and_goes_on(host: &Host, sign: &[String]) {
    let count = |event: &str| host.log().matches(&format!(r#""event":"{event}""#)).count();
    let (before, announced) = (results(host), count("SIGN_INTENT"));
    let ran = host.runs_until("-INT", || count("SIGN_INTENT") > announced, "offline sign", sign);
    assert!(ran.said.contains("stopping: what was announced"), "{}", ran.said);
    host.was_refused(&ran, 130, "SIGN_STOPPED", "offline sign");
    assert_eq!(count("HSM_LOGIN"), count("HSM_LOGOUT"));
    let done = results(host) - before;
    assert!((1..MANY).contains(&done) && done.is_multiple_of(256), "{done}");
    host.runs("offline sign", sign).ok();
    host.runs("audit verify", &[]).ok();
    assert_eq!((results(host) - before, count("SIGN_REPEAT")), (MANY, 0));
}

/// The same by a key on F61, as the hands hear of it.
fn is_stopped_on_the_screen(host: &Host, trace: &Trace) {
    let before = results(host);
    let sign = || {
        let mut pin = Secret::default();
        assert!(PIN.chars().all(|c| pin.take(Key::Char(c))));
        Effect::Sign { trace: trace.clone(), pin }
    };
    let mut brake = Brake::default();
    let mut hands = Hands::new(Some(host.path("host.toml")));
    // Meanwhile F41 tells what was frozen, in both languages.
    let mut detail = Vec::new();
    let request = Number::new(7, MANY as u32).unwrap();
    hands.execute(
        Effect::Detail { trace: trace.clone(), request },
        &brake,
        &mut Teller::new(&mut |one| detail.push(one)),
    );
    let Some(Told::Detail(lines)) = detail.pop() else { panic!("{detail:?}") };
    for (language, frozen) in [(Language::English, "Frozen"), (Language::Chinese, "已冻结")] {
        let all = lines.of(language).join("\n");
        assert!(all.contains(frozen) && !all.contains("if frozen now"), "{all}");
    }
    let mut stops_at = |gauge: usize, signed: usize| {
        brake = brake.next();
        let (mut gauges, mut told) = (0, Vec::new());
        let mut tell = |one: Told| {
            if let Told::Gauge { .. } = one {
                gauges += 1;
            }
            if gauges >= gauge {
                brake.pull();
            }
            told.push(one);
        };
        hands.execute(sign(), &brake, &mut Teller::new(&mut tell));
        let Some(Told::Refused(notice)) = told.pop() else { panic!("{told:?}") };
        assert_eq!((notice.code, results(host) - before), ("SIGN_STOPPED", signed));
        assert!(!brake.is_bound());
    };
    // While the token is logged in nothing is announced yet; then a batch is.
    stops_at(0, 0);
    stops_at(2, 256);
    // The rest; nobody pulls, and what was stopped before stops nothing.
    let mut told = Vec::new();
    hands.execute(sign(), &brake.next(), &mut Teller::new(&mut |one| told.push(one)));
    assert!(matches!(told.pop(), Some(Told::Signed(MANY))), "{told:?}");
    assert_eq!(results(host) - before, MANY);
}

/// Signatures that stand in the log.
fn results(host: &Host) -> usize {
    host.log()
        .lines()
        .filter(|line| line.contains(r#""event":"SIGNED""#))
        .map(|line| line.matches(r#""tbs":"#).count())
        .sum()
}

fn signed(room: &airlock::offline::room::Room, trace: &airlock::exchange::trace::Trace) -> Vec<u64> {
    let of_trace = room.desk().entries().iter().filter(|entry| entry.trace.as_deref() == Some(trace.as_str()));
    let batches = of_trace.filter_map(|entry| match &entry.event {
        airlock::audit::event::Event::Signed(signed) => Some(&signed.results),
        _ => None,
    });
    batches.flatten().map(|result| result.n).collect()
}
