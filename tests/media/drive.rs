//! In and out, on a stick that airlock mounts itself.

use std::fs;
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use airlock::devices::media::export::{Outgoing, OutgoingSet};
use airlock::devices::media::intake::Limits;
use airlock::devices::media::{Drive, Part, Recognised};
use airlock::refusal::{Refusal as _, Refused};

use crate::machine::{Machine, ext4, run};

pub(crate) const LIMITS: Limits = Limits { payload: 1 << 20, statement: 512, signature: 512 };

pub(crate) fn grammar(name: &str) -> Option<Recognised> {
    let (stem, end) = name.split_once('.')?;
    let part = match end {
        "ZIP" => Part::Payload,
        "TXT" => Part::Statement,
        "SIG" => Part::Signature,
        _ => return None,
    };
    Some(Recognised { stem: stem.to_owned(), part })
}

pub(crate) fn set(payload: &[u8]) -> OutgoingSet<'_> {
    OutgoingSet {
        payload: Outgoing { name: "T.ZIP", bytes: payload },
        statement: Outgoing { name: "T.TXT", bytes: b"statement" },
        signature: Outgoing { name: "T.SIG", bytes: b"signature" },
    }
}

fn drive(machine: &Machine) -> Drive {
    machine.bay().drive(Path::new("sdb1")).unwrap().0
}

fn code<T>(done: Result<T, Refused>) -> &'static str {
    done.map_or_else(|refused| refused.reason().code, |_| "")
}

fn names(at: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(at).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.retain(|name| name != "lost+found");
    names.sort();
    names
}

#[test]
fn a_transfer_goes_out_and_comes_in_and_nothing_stays_mounted() {
    let Some(machine) = Machine::with_stick(32, ext4) else { return };
    let payload: Vec<u8> = (0..300_000_u32).map(|i| (i >> 3) as u8).collect();
    drive(&machine).export(&set(&payload), grammar).unwrap();
    machine.elsewhere(|at| {
        assert_eq!(names(at), ["T.SIG", "T.TXT", "T.ZIP"]);
        assert_eq!(fs::read(at.join("T.ZIP")).unwrap(), payload);
    });
    let taken = drive(&machine).copy_in(&LIMITS, grammar).unwrap();
    assert_eq!(taken.bytes, [payload, b"statement".to_vec(), b"signature".to_vec()]);
    let mounted = fs::read_to_string("/proc/self/mountinfo").unwrap();
    assert!(!mounted.contains(&format!(" {} ", machine.volume())), "{mounted}");
    // Nobody holds the device: it can be taken for itself, and judged clean.
    run("fsck.ext4", &["-n", "-f", machine.volume()]).expect("a clean file system");
}

#[test]
fn the_stick_that_is_read_is_not_written_to() {
    let Some(machine) = Machine::with_stick(32, ext4) else { return };
    drive(&machine).export(&set(b"payload"), grammar).unwrap();
    let before = fs::read(machine.image()).unwrap();
    drive(&machine).copy_in(&LIMITS, grammar).unwrap();
    assert!(fs::read(machine.image()).unwrap() == before);
}

#[test]
fn hostile_sticks_are_refused() {
    let Some(machine) = Machine::with_stick(32, ext4) else { return };
    let code_of = |change: &dyn Fn(&Path)| {
        machine.elsewhere(|at| {
            for name in names(at) {
                fs::remove_file(at.join(name)).unwrap();
            }
            for (name, bytes) in [("T.ZIP", &b"payload"[..]), ("T.TXT", b"statement"), ("T.SIG", b"signature")] {
                fs::write(at.join(name), bytes).unwrap();
            }
            change(at);
        });
        code(drive(&machine).copy_in(&LIMITS, grammar))
    };
    assert_eq!(code_of(&|_| {}), "");
    let link = |at: &Path| {
        fs::remove_file(at.join("T.ZIP")).unwrap();
        std::os::unix::fs::symlink("/etc/passwd", at.join("T.ZIP")).unwrap();
    };
    assert_eq!(code_of(&link), "MEDIA_INCOMPLETE");
    assert_eq!(code_of(&|at| fs::write(at.join("t.zip"), b"twin").unwrap()), "MEDIA_CASE_TWINS");
    assert_eq!(code_of(&|at| fs::write(at.join("U.TXT"), b"other").unwrap()), "MEDIA_AMBIGUOUS");
    assert_eq!(code_of(&|at| fs::write(at.join("T.TXT"), [b'x'; 513]).unwrap()), "MEDIA_TOO_LARGE");
    let empty = |at: &Path| names(at).iter().for_each(|name| fs::remove_file(at.join(name)).unwrap());
    assert_eq!(code_of(&empty), "MEDIA_EMPTY");
}

#[test]
fn a_full_stick_keeps_nothing() {
    let Some(machine) = Machine::with_stick(16, ext4) else { return };
    machine.elsewhere(|at| {
        let _ = fs::write(at.join("ballast"), vec![7; 64 << 20]);
        let ballast = fs::OpenOptions::new().write(true).open(at.join("ballast")).unwrap();
        let length = ballast.metadata().unwrap().len();
        ballast.set_len(length - 100_000).unwrap();
    });
    assert_eq!(code(drive(&machine).export(&set(&[7; 90_000]), grammar)), "MEDIA_ROOM");
    machine.elsewhere(|at| assert_eq!(names(at), ["ballast"]));
}

#[test]
fn a_write_protected_stick_is_read_and_not_written() {
    let Some(machine) = Machine::with_stick(32, ext4) else { return };
    drive(&machine).export(&set(b"payload"), grammar).unwrap();
    run("blockdev", &["--setro", machine.volume()]).unwrap();
    drive(&machine).copy_in(&LIMITS, grammar).unwrap();
    assert_eq!(code(drive(&machine).export(&set(b"payload"), grammar)), "MEDIA_READ_ONLY");
    run("blockdev", &["--setrw", machine.volume()]).unwrap();
    drive(&machine).export(&set(b"payload"), grammar).unwrap();
}

#[test]
fn what_somebody_else_has_mounted_is_not_shared() {
    let Some(machine) = Machine::with_stick(32, ext4) else { return };
    let drive = drive(&machine);
    machine.elsewhere(|_| assert_eq!(code(drive.copy_in(&LIMITS, grammar)), "DEVICE_USED"));
    machine.elsewhere(|_| assert_eq!(code(drive.export(&set(b"payload"), grammar)), "DEVICE_USED"));
    assert_eq!(code(drive.export(&set(b"payload"), grammar)), "");
}

#[test]
fn another_stick_in_its_place_is_not_taken_for_it() {
    let Some(machine) = Machine::with_stick(32, ext4) else { return };
    let drive = drive(&machine);
    machine.write(&format!("{}/serial", Machine::port("1-3")), "OTHER\n");
    assert_eq!(code(drive.export(&set(b"payload"), grammar)), "MEDIA_GONE");
    machine.pull("1-3", "sdb");
    assert_eq!(code(drive.copy_in(&LIMITS, grammar)), "MEDIA_GONE");
}

#[test]
fn a_stick_is_read_again_only_after_it_was_pulled_out() {
    let Some(machine) = Machine::with_stick(32, ext4) else { return };
    let drive = drive(&machine);
    drive.export(&set(b"payload"), grammar).unwrap();
    let (bay, before) = (machine.bay(), drive.inserted());
    assert_eq!(bay.drive_again(&before).unwrap_err().reason().code, "DEVICE_SAME");
    machine.write(&format!("{}/diskseq", Machine::disk("1-3", "sdb")), "8\n");
    bay.drive_again(&before).unwrap().read_back(&set(b"payload")).unwrap();
    machine.pull("1-3", "sdb");
    assert_eq!(bay.drive_again(&before).unwrap_err().reason().code, "DEVICE_NONE");
}

#[test]
fn a_stick_that_forgets_is_found_out() {
    let Some(machine) = Machine::with_stick(32, ext4) else { return };
    let payload = b"a payload that is easily found on the disk".repeat(100);
    let drive = drive(&machine);
    drive.export(&set(&payload), grammar).unwrap();
    drive.read_back(&set(&payload)).unwrap();
    let mut image = fs::read(machine.image()).unwrap();
    let at = image.windows(payload.len()).position(|window| window == payload).unwrap();
    image[at] ^= 1;
    fs::write(machine.image(), image).unwrap();
    assert_eq!(code(drive.read_back(&set(&payload))), "MEDIA_READ_BACK");
}

/// Shuts the file system down under a running export, as a stick does that dies. The export is called done only if all
/// three files are there, and the signature never stands without the other two.
#[test]
fn a_stick_that_dies_while_it_is_written_is_never_called_written() {
    let payload: Vec<u8> = (0..900_000_u32).map(|i| (i >> 3) as u8).collect();
    for wait in [0, 2, 6, 15, 40] {
        let Some(machine) = Machine::with_stick(32, ext4) else { return };
        let drive = drive(&machine);
        let device = fs::metadata(machine.volume()).unwrap().rdev();
        let done = std::thread::scope(|scope| {
            let export = scope.spawn(|| drive.export(&set(&payload), grammar));
            while !export.is_finished() {
                if let Some(top) = open_directory(device) {
                    std::thread::sleep(std::time::Duration::from_millis(wait));
                    let path = format!("/proc/{}/fd/{}", std::process::id(), top.as_raw_fd());
                    let _ = run("xfs_io", &["-x", "-c", "shutdown", &path]);
                    break;
                }
            }
            export.join().unwrap()
        });
        let code = code(done);
        // That it is still in use it says while this test holds its top open.
        let refusals = ["MEDIA_GONE", "MEDIA_READ_ONLY", "MEDIA_READ_BACK", "DEVICE_USED"];
        assert!(code.is_empty() || refusals.contains(&code), "{wait} ms: {code}");
        machine.elsewhere(|at| {
            let holds = |name: &str, bytes: &[u8]| fs::read(at.join(name)).is_ok_and(|found| found == bytes);
            let is_whole = holds("T.ZIP", &payload) && holds("T.TXT", b"statement");
            assert!(is_whole || !at.join("T.SIG").exists(), "{wait} ms: {code}");
            assert!(!code.is_empty() || (is_whole && holds("T.SIG", b"signature")), "{wait} ms");
        });
        drive.export(&set(&payload), grammar).unwrap();
    }
}

/// A directory on this device that this process holds open, opened once more: no path leads to it. Its number in the
/// process may be another file's a moment later, so it is looked at once it is open.
fn open_directory(device: u64) -> Option<fs::File> {
    let held = fs::read_dir("/proc/self/fd").ok()?.filter_map(|entry| fs::File::open(entry.ok()?.path()).ok());
    let is_it = |held: &fs::File| held.metadata().is_ok_and(|held| held.is_dir() && held.dev() == device);
    held.into_iter().find(is_it)
}
