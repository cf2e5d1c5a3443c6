//! A state directory whose disk is full or read-only, and a token that goes away between two batches.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use airlock::cluster::role::Role;

use crate::host::option;
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
const MANY: usize = 520;

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

fn signed(room: &airlock::offline::room::Room, trace: &airlock::exchange::trace::Trace) -> Vec<u64> {
    let of_trace = room.desk().entries().iter().filter(|entry| entry.trace.as_deref() == Some(trace.as_str()));
    let batches = of_trace.filter_map(|entry| match &entry.event {
        airlock::audit::event::Event::Signed(signed) => Some(&signed.results),
        _ => None,
    });
    batches.flatten().map(|result| result.n).collect()
}
