//! In and out, on a stick that airlock mounts itself.

use std::fs;
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::Duration;

use airlock::devices::media::Drive;
use airlock::devices::media::intake::Limits;
use airlock::refusal::{Refusal as _, Refused};

use crate::machine::{Machine, ext4, run};
use crate::transfer::{grammar, set};

pub(crate) const LIMITS: Limits = Limits { payload: 1 << 20, statement: 512, signature: 512 };

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
    // The same in all that it says, but put in since: whatever was looked at may be another one's.
    let sequence = format!("{}/diskseq", Machine::disk("1-3", "sdb"));
    machine.write(&sequence, "8\n");
    assert_eq!(code(drive.export(&set(b"payload"), grammar)), "MEDIA_GONE");
    assert_eq!(code(drive.copy_in(&LIMITS, grammar)), "MEDIA_GONE");
    machine.write(&sequence, "7\n");
    assert_eq!(code(drive.export(&set(b"payload"), grammar)), "");
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
        let code = disturbed(&machine, &drive, &payload, |top| {
            std::thread::sleep(Duration::from_millis(wait));
            let _ = run("xfs_io", &["-x", "-c", "shutdown", top.to_str().unwrap()]);
            false
        });
        // That it is still in use it says while this test holds its top open.
        let refusals = ["MEDIA_GONE", "MEDIA_READ_ONLY", "MEDIA_READ_BACK", "MEDIA_LEFT", "DEVICE_USED"];
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

/// What becomes of an export that `disturb` is called in, with the top of the stick while it is mounted; where that asks
/// for it, the top is held open until the export is over.
fn disturbed(machine: &Machine, drive: &Drive, payload: &[u8], disturb: impl FnOnce(&Path) -> bool) -> &'static str {
    let device = fs::metadata(machine.volume()).unwrap().rdev();
    std::thread::scope(|scope| {
        let export = scope.spawn(|| code(drive.export(&set(payload), grammar)));
        let held = loop {
            match open_directory(device) {
                Some(top) => {
                    let path = format!("/proc/{}/fd/{}", std::process::id(), top.as_raw_fd());
                    break disturb(Path::new(&path)).then_some(top);
                }
                None if export.is_finished() => break None,
                None => {}
            }
        };
        let code = export.join().unwrap();
        drop(held);
        code
    })
}

#[test]
fn a_stick_that_is_not_let_go_of_keeps_no_transfer_that_nobody_knows_of() {
    let payload = vec![7; 900_000];
    let Some(machine) = Machine::with_stick(32, ext4) else { return };
    let drive = drive(&machine);
    // Somebody looks into it while it is written, and for longer than one waits.
    assert_eq!(disturbed(&machine, &drive, &payload, |_| true), "DEVICE_USED");
    machine.elsewhere(|at| assert_eq!(names(at), [""; 0]));
    drive.export(&set(&payload), grammar).unwrap();
    machine.elsewhere(|at| {
        assert_eq!(names(at), ["T.SIG", "T.TXT", "T.ZIP"]);
        names(at).iter().for_each(|name| fs::remove_file(at.join(name)).unwrap());
    });
    // Pulled out once all of it was written: nobody can take it away, and that is told.
    let code = disturbed(&machine, &drive, &payload, |top| {
        while !top.join("T.SIG").exists() {
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(Duration::from_millis(500));
        machine.pull("1-3", "sdb");
        true
    });
    assert_eq!(code, "MEDIA_LEFT");
    machine.elsewhere(|at| assert_eq!(names(at), ["T.SIG", "T.TXT", "T.ZIP"]));
}

/// A directory on this device that this process holds open, opened once more: no path leads to it. Its number in the
/// process may be another file's a moment later, so it is looked at once it is open.
fn open_directory(device: u64) -> Option<fs::File> {
    let held = fs::read_dir("/proc/self/fd").ok()?.filter_map(|entry| fs::File::open(entry.ok()?.path()).ok());
    let is_it = |held: &fs::File| held.metadata().is_ok_and(|held| held.is_dir() && held.dev() == device);
    held.into_iter().find(is_it)
}
