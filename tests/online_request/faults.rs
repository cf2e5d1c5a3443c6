//! Nodes that cannot be written to.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use airlock::audit::entry::Side;
use airlock::desk::host::Desk;
use airlock::devices::clock::SystemClock;
use airlock::online::history::History;
use airlock::online::request::{Choice, place};
use airlock::refusal::{Refusal as _, Refused};

use crate::failing::Readings;
use crate::mounts::Mounted;
use crate::world::{Wish, World};

fn wish() -> Wish {
    let roles = ["etcd-peer", "scheduler"].map(|id| id.parse().unwrap()).to_vec();
    Wish { choice: Choice { roles, ..Choice::default() }, ..Wish::default() }
}

fn code<T>(result: Result<T, Refused>) -> &'static str {
    result.err().map_or("", |refused| refused.reason().code)
}

/// A world whose node cp2 lies on a file system of its own.
fn world_with_cp2_on(disk: &Mounted) -> World {
    let world = World::new();
    let from = format!("{}/.", world.root("cp2").display());
    assert!(Command::new("cp").args(["-a", &from]).arg(disk.path()).status().unwrap().success());
    fs::remove_dir_all(world.root("cp2")).unwrap();
    symlink(disk.path(), world.root("cp2")).unwrap();
    world
}

#[test]
fn a_read_only_node_is_refused_before_anything_is_written_down() {
    let Some(disk) = Mounted::tmpfs("size=4m") else { return };
    let world = world_with_cp2_on(&disk);
    assert!(disk.remount("ro"));
    assert_eq!(code(world.request(wish())), "STORAGE_READ_ONLY");
    assert!(History::of(world.desk().entries()).requests().is_empty());
    assert!(world.next().is_empty());
    assert!(disk.remount("rw"));
    world.request(wish()).unwrap();
}

#[test]
fn a_full_node_gets_no_key_and_neither_does_any_other() {
    let Some(disk) = Mounted::tmpfs("size=4m") else { return };
    let world = world_with_cp2_on(&disk);
    // The directories can be made, the keys cannot.
    for above in ["", "/pki", "/pki/etcd"] {
        let path = disk.path().join(format!("etc/kubernetes.next{above}"));
        fs::create_dir(&path).unwrap();
        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    }
    let ballast = disk.path().join("ballast");
    let _ = fs::write(&ballast, vec![0; 8 << 20]);
    assert_eq!(code(world.request(wish())), "STORAGE_FULL");
    assert!(world.next().is_empty(), "{:?}", world.next());
    fs::remove_file(&ballast).unwrap();
    let placed = world.request(wish()).unwrap();
    let history = History::of(world.desk().entries());
    assert_eq!(history.request(&placed.trace).unwrap().requested.voids.len(), 1);
    assert_eq!(world.next().len(), 6);
}

#[test]
fn a_linked_or_open_next_tree_is_refused() {
    type Spoil = fn(&World);
    let cases: [(&str, Spoil); 3] = [
        ("STORAGE_NOT_DIRECTORY", |world| {
            symlink("/tmp", world.root("cp1").join("etc/kubernetes.next")).unwrap();
        }),
        ("STORAGE_NOT_DIRECTORY", |world| {
            fs::write(world.root("cp1").join("etc/kubernetes.next"), b"").unwrap();
        }),
        ("STORAGE_NOT_PRIVATE", |world| {
            let path = world.root("cp1").join("etc/kubernetes.next");
            fs::create_dir(&path).unwrap();
            fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        }),
    ];
    for (expected, spoil) in cases {
        let world = World::new();
        spoil(&world);
        let before = world.live();
        assert_eq!(code(world.request(wish())), expected);
        assert!(History::of(world.desk().entries()).requests().is_empty());
        assert_eq!(world.live(), before);
    }
}

#[test]
fn a_full_state_directory_asks_for_nothing() {
    let Some(disk) = Mounted::tmpfs("mode=700,size=4m") else { return };
    let world = World::new();
    let from = format!("{}/.", world.state().display());
    assert!(Command::new("cp").args(["-a", &from]).arg(disk.path()).status().unwrap().success());
    fs::remove_dir_all(world.state()).unwrap();
    symlink(disk.path(), world.state()).unwrap();
    let mut desk = world.desk();
    let requester = world.requester(&mut desk);
    let _ = fs::write(disk.path().join("ballast"), vec![0; 8 << 20]);
    assert_eq!(code(world.order_by(&mut desk, [requester], wish())), "STORAGE_FULL");
    assert!(world.next().is_empty() && History::of(desk.entries()).requests().is_empty());
}

#[test]
fn a_bundle_that_the_log_does_not_take_is_not_kept_and_the_next_one_is() {
    let world = World::new();
    let (readings, senses) = Readings::of(SystemClock);
    let mut desk = Desk::open(&world.state(), Side::Online, senses).unwrap();
    let kept = || fs::read_dir(world.state().join("outbox")).map_or(0, Iterator::count);
    for stops in 0.. {
        let requester = world.requester(&mut desk);
        let ordered = readings.during(stops, || world.order_by(&mut desk, [requester], wish()));
        if let Ok(order) = ordered {
            assert_eq!(stops, 2, "one reading is of the bundle, one of its entry");
            assert_eq!(kept(), 1);
            place(&mut desk, order).unwrap();
            break;
        }
        assert_eq!((code(ordered), kept()), ("CLOCK_OUT_OF_RANGE", 0), "after {stops} readings");
        assert!(History::of(desk.entries()).requests().is_empty() && world.next().is_empty());
    }
    let past = History::of(desk.entries()).requests()[0].clone();
    assert!(desk.kept(&past.requested.statement).is_ok());
}

#[test]
fn a_node_that_is_not_there_is_named() {
    let world = World::new();
    fs::remove_dir_all(world.root("cp3")).unwrap();
    let refused = world.scan().unwrap_err();
    assert!(refused.reason().code == "STORAGE_MISSING" && refused.to_string().starts_with("cp3: "), "{refused}");
}
