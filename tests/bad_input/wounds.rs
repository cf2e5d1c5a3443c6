//! A bundle whose ZIP is wounded, under a true signature and on a true sheet: by somebody who holds the key of the cluster,
//! and whom only the container itself gives away. `tests/container_wounds` has every wound.

use std::fs;
use std::path::Path;

use airlock::cluster::role::Role;
use airlock::exchange::container::archive;
use airlock::exchange::draw::Sharing;
use airlock::exchange::signature::{self, Namespace};
use airlock::exchange::statement::Statement;
use airlock::offline::receive::receive;
use airlock::offline::room::Room;
use airlock::wire::digest::Digest;

use crate::host::{file, option};
use crate::offline::{host, resigned};
use crate::rig::with_token;
use crate::scene::{STATEMENT, Scene, asks, key};
use crate::zip::{File, plain, zip};

/// The files of a bundle, wounded.
type Wound = fn(Vec<File>) -> Vec<u8>;

/// The last file of the bundle, which is a request.
fn of_last(mut files: Vec<File>, wound: impl FnOnce(&mut File)) -> Vec<u8> {
    wound(files.last_mut().unwrap());
    plain(&files)
}

/// With another file at the end, summed up and signed as the rest.
fn with_file(mut files: Vec<File>, name: &str) -> Vec<u8> {
    files.push(File::new(name, b"x"));
    files[3..].sort_by(|one, next| one.name.cmp(&next.name));
    let mut listed: Vec<_> = files[2..].iter().collect();
    listed.sort_by(|one, next| one.name.cmp(&next.name));
    let line = |file: &&File| format!("{}  {}\n", Digest::of(&file.data), String::from_utf8_lossy(&file.name));
    let sums: String = listed.iter().map(line).collect();
    let signature = signature::sign(&key(STATEMENT), Namespace::CsrBundle, sums.as_bytes()).unwrap();
    files[0] = File::new("SHA256SUMS", sums.as_bytes());
    files[1] = File::new("SHA256SUMS.sig", signature.as_bytes());
    plain(&files)
}

fn repeated(mut files: Vec<File>) -> Vec<u8> {
    files.push(files.last().unwrap().clone());
    plain(&files)
}

fn swapped(mut files: Vec<File>) -> Vec<u8> {
    files.swap(1, 2);
    plain(&files)
}

/// One more than there may be.
fn many(mut files: Vec<File>) -> Vec<u8> {
    files.extend((files.len()..60_001).map(|number| File::new(&format!("requests/{number:05}.csr.pem"), b"x")));
    plain(&files)
}

fn described(file: &mut File) {
    let [crc, size] = [file.crc, file.size].map(u32::to_le_bytes);
    file.flags = 8;
    file.descriptor = [b"PK\x07\x08".as_slice(), &crc, &size, &size].concat();
}

/// In one stored block (RFC 1951, 3.2.4).
fn deflated(file: &mut File) {
    let length = u16::try_from(file.data.len()).unwrap();
    file.method = 8;
    file.data = [&[1][..], &length.to_le_bytes(), &(!length).to_le_bytes(), &file.data].concat();
}

/// Those of the list, each with the code of its refusal, and none.
const WOUNDS: &[(&str, &str, Wound)] = &[
    ("none", "", |files| plain(&files)),
    ("a duplicate", "CONTAINER_ORDER", repeated),
    ("a prefix", "TRANSFER_PAYLOAD", |files| [b"#!/bin/sh\n".to_vec(), plain(&files)].concat()),
    ("a suffix", "CONTAINER_", |files| [plain(&files), b"\n".to_vec()].concat()),
    ("a gap", "CONTAINER_CANONICAL", |files| of_last(files, |file| file.gap = vec![0; 8])),
    ("a descriptor", "CONTAINER_CANONICAL", |files| of_last(files, described)),
    ("ZIP64", "CONTAINER_", |files| {
        let end = [b"PK\x06\x06".as_slice(), &44_u64.to_le_bytes(), &[0; 44], b"PK\x06\x07", &[0; 16]].concat();
        zip(&files, &end, None, &[])
    }),
    ("an extra field", "CONTAINER_", |files| of_last(files, |file| file.local_extra = vec![0xfe, 0xca, 0, 0])),
    ("deflate", "CONTAINER_", |files| of_last(files, deflated)),
    ("case twins", "CONTAINER_NAME", |files| with_file(files, "requests/0001.CSR.pem")),
    ("a symlink", "CONTAINER_CANONICAL", |files| of_last(files, |file| file.external = 0o120_777 << 16)),
    ("60 001 entries", "CONTAINER_COUNT", many),
    ("another order", "CONTAINER_ORDER", swapped),
];

/// A medium with a bundle wounded so; its statement is true of it.
fn wounded(scene: &Scene, room: &Room, wound: Wound) -> (std::path::PathBuf, Statement) {
    let (medium, statement) = scene.bundle(room, 1, &[asks(Role::Scheduler, "cp1")], |_| {});
    let path = file(&medium, ".zip");
    let whole = fs::read(&path).unwrap();
    let files = archive::read(&whole).unwrap().iter().map(|entry| File::new(entry.name, entry.bytes)).collect();
    let bytes = wound(files);
    let (before, after) = (statement.lines().file_sha256.to_string(), Digest::of(&bytes).to_string());
    fs::write(path, bytes).unwrap();
    resigned(&medium, STATEMENT, Namespace::Statement, |text| text.replace(&before, &after));
    let statement = Statement::parse(&fs::read(file(&medium, ".txt")).unwrap()).unwrap();
    (medium, statement)
}

/// Received, and every row typed from its true sheet.
fn confirmed(scene: &Scene, room: &mut Room, medium: &Path, statement: &Statement) {
    receive(room, medium).unwrap();
    scene.types(room, statement, "chen", Sharing::Whole);
}

#[test]
fn a_wounded_container_is_refused_by_the_check_of_it_and_goes_no_further() {
    with_token(a_wounded_container_is_refused_by_the_check_of_it_and_goes_no_further, |rig| {
        let (scene, room) = Scene::new(rig);
        drop(room);
        let host = host(rig);
        for (name, code, wound) in WOUNDS {
            let mut room = scene.world.open().unwrap();
            let (medium, statement) = wounded(&scene, &room, *wound);
            if !code.starts_with("CONTAINER_") && !code.is_empty() {
                drop(room);
                host.refuses(3, code, "offline receive", &option("--media", &medium));
                continue;
            }
            confirmed(&scene, &mut room, &medium, &statement);
            drop(room);
            let trace = [statement.lines().trace.to_string()];
            let ran = host.runs("offline verify", &trace);
            if code.is_empty() {
                assert!(!ran.said.contains("CONTAINER_") && ran.said.contains("V01 "), "{}", ran.said);
                continue;
            }
            assert!(ran.status == 3 && ran.said.contains(code), "{name}: {code} expected: {}", ran.said);
            assert!(host.last().contains(&format!(r#"{{"code":"{code}"#)), "{name}: {}", host.last());
            host.refuses(3, code, "offline plan", &trace);
        }
    });
}
