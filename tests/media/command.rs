//! `airlock media` on this machine, whose disks are its own.

use std::fs;
use std::path::Path;
use std::process::Command;

use airlock::audit::detail::Genesis;
use airlock::audit::entry::{Actor, Side};
use airlock::audit::event::Event;
use airlock::desk::host::{Desk, Senses};
use airlock::devices::clock::SystemClock;
use airlock::devices::entropy::SystemEntropy;
use airlock::wire::digest::Digest;
use tempfile::TempDir;

/// A CA host with a config and a log.
fn host() -> TempDir {
    let base = tempfile::tempdir().unwrap();
    let state = base.path().join("state");
    let senses = Senses { clock: Box::new(SystemClock), entropy: Box::new(SystemEntropy) };
    let mut desk = Desk::make(&state, Side::Offline, &"ca:root-ca-01".parse().unwrap(), senses).unwrap();
    let digest = Digest::of(b"");
    let genesis = Event::Genesis(Genesis { genesis: digest, policy: None, roster: digest, signatures: vec![] });
    desk.note(&Actor::system(), None, genesis).unwrap();
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/config/offline.toml");
    let lines = fs::read_to_string(example).unwrap();
    let kept = lines.lines().filter(|line| !line.starts_with("state"));
    let config = format!("state = \"{}\"\n{}\n", state.display(), kept.collect::<Vec<_>>().join("\n"));
    fs::write(base.path().join("offline.toml"), config).unwrap();
    base
}

fn airlock(host: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_airlock"))
        .arg("--config")
        .arg(host.join("offline.toml"))
        .args(["-o", "json", "media"])
        .args(arguments)
        .output()
        .unwrap();
    (output.status.code(), String::from_utf8(output.stdout).unwrap())
}

#[test]
fn the_disks_of_this_machine_are_listed_and_not_offered() {
    let host = host();
    let disks: Vec<_> = fs::read_dir("/sys/block").unwrap().map(|disk| disk.unwrap().file_name()).collect();
    let (status, told) = airlock(host.path(), &["list"]);
    assert_eq!(status, Some(0), "{told}");
    for disk in disks {
        assert!(told.contains(disk.to_str().unwrap()), "{disk:?}: {told}");
    }
    // Where a loop device exists it is no medium, whatever lies on it.
    if Path::new("/sys/block/loop0").exists() {
        let (status, told) = airlock(host.path(), &["check", "loop0"]);
        assert_eq!((status, told.contains("DEVICE_INTERNAL")), (Some(9), true), "{told}");
        assert_eq!(airlock(host.path(), &["eject", "/dev/loop0"]).0, Some(9));
    }
    let (status, told) = airlock(host.path(), &["check", "none-of-this-name"]);
    assert_eq!((status, told.contains("DEVICE_NONE")), (Some(9), true), "{told}");
}
