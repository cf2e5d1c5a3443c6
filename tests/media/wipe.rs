//! A stick is made anew, judged by the tools of others.

use std::fs;
use std::path::Path;

use airlock::devices::media::eject::Ejected;
use airlock::devices::media::filesystem::FileSystemKind;
use airlock::refusal::Refusal as _;

use crate::drive::LIMITS;
use crate::machine::{FIRST, Machine, ext4, run};
use crate::transfer::grammar;

#[test]
fn a_wiped_stick_is_one_partition_of_fat32_that_other_tools_accept() {
    let Some(machine) = Machine::with_stick(96, ext4) else { return };
    let blank = machine.bay().blank(Path::new("sdb")).unwrap();
    let meant = blank.mean("E06B", [0x12, 0x34, 0x56, 0x78], "RETURN".parse().unwrap()).unwrap();
    let after = meant.after();
    assert_eq!(after.to_string(), "usb=0019E06B fs=7856-3412 label=RETURN");
    meant.hold().unwrap().wipe().unwrap();
    run("blockdev", &["--flushbufs", machine.volume()]).unwrap();

    let told = run("fsck.vfat", &["-n", "-v", machine.volume()]).expect("a clean FAT");
    assert!(told.contains("32 bit") || told.contains("FAT32") || told.contains("32 bits"), "{told}");
    let probed = run("blkid", &["-p", "-o", "export", machine.volume()]).unwrap();
    for line in ["TYPE=vfat", "UUID=7856-3412", "LABEL=RETURN", "VERSION=FAT32"] {
        assert!(probed.lines().any(|found| found == line), "{line}: {probed}");
    }
    match run("sfdisk", &["-d", machine.image().to_str().unwrap()]) {
        Some(table) => {
            let parts: Vec<_> = table.lines().filter(|line| line.contains("start=")).collect();
            assert_eq!(parts.len(), 1, "{table}");
            assert!(parts[0].contains(&format!("start={FIRST:>12}")) && parts[0].contains("type=c"), "{table}");
        }
        None => eprintln!("skipped: no sfdisk here"),
    }

    let (drive, offer) = machine.bay().drive(Path::new("sdb")).unwrap();
    assert!(offer.warnings.is_empty());
    assert_eq!(drive.identity(), after);
    let found = drive.disk().content.as_ref().unwrap().filesystem.as_ref().unwrap();
    assert_eq!(found.kind, FileSystemKind::Fat32);
    let has_driver = fs::read_to_string("/proc/filesystems").unwrap().contains("vfat");
    let expected = if has_driver { "MEDIA_EMPTY" } else { "MEDIA_NO_DRIVER" };
    assert_eq!(drive.copy_in(&LIMITS, grammar).unwrap_err().reason().code, expected);
}

#[test]
fn nothing_happens_before_the_right_stick_is_named() {
    let Some(machine) = Machine::with_stick(96, ext4) else { return };
    let before = fs::read(machine.image()).unwrap();
    for typed in ["", "y", "yes", "E06", "e06b", "0019E06B", "sdb"] {
        let blank = machine.bay().blank(Path::new("sdb")).unwrap();
        let refused = blank.mean(typed, [0; 4], "XFER".parse().unwrap()).unwrap_err();
        assert_eq!(refused.reason().code, "WIPE_WORD", "{typed:?}");
    }
    assert!(fs::read(machine.image()).unwrap() == before);
}

#[test]
fn a_stick_that_was_exchanged_while_a_person_was_asked_is_left_alone() {
    let (port, disk) = (Machine::port("1-3"), Machine::disk("1-3", "sdb"));
    for (file, now, code) in [
        (format!("{port}/product"), "Stick\n", ""),
        (format!("{port}/serial"), "0019E07C\n", "MEDIA_GONE"),
        (format!("{disk}/diskseq"), "8\n", "MEDIA_GONE"),
        (format!("{disk}/size"), "196610\n", "MEDIA_GONE"),
    ] {
        let Some(machine) = Machine::with_stick(96, ext4) else { return };
        let before = fs::read(machine.image()).unwrap();
        let blank = machine.bay().blank(Path::new("sdb")).unwrap();
        let meant = blank.mean("E06B", [1; 4], "RETURN".parse().unwrap()).unwrap();
        machine.write(&file, now);
        assert_eq!(meant.hold().map_or_else(|refused| refused.reason().code, |_| ""), code, "{file}");
        assert!(fs::read(machine.image()).unwrap() == before);
    }
}

#[test]
fn what_is_not_offered_is_not_wiped() {
    let Some(machine) = Machine::with_stick(32, ext4) else { return };
    let code =
        |machine: &Machine| machine.bay().blank(Path::new("sdb")).map_or_else(|refused| refused.reason().code, |_| "");
    assert_eq!(code(&machine), "WIPE_SMALL");
    let size = format!("{}/size", Machine::disk("1-3", "sdb"));
    machine.write(&size, "262144\n");
    assert_eq!(code(&machine), "");
    machine.write(&format!("{}/ro", Machine::disk("1-3", "sdb")), "1\n");
    assert_eq!(code(&machine), "WIPE_READ_ONLY");
    machine.write("proc/self/mountinfo", "30 20 0:9 / /home rw - ext4 /dev/sdb1 rw\n");
    assert_eq!(code(&machine), "DEVICE_USED");
}

#[test]
fn labels_are_of_one_alphabet() {
    use airlock::devices::media::wipe::Label;
    for (text, fits) in
        [("XFER", true), ("A-1_B", true), ("", false), ("xfer", false), ("ABCDEFGHIJKL", false), ("A B", false)]
    {
        assert_eq!(text.parse::<Label>().is_ok(), fits, "{text:?}");
    }
}

#[test]
fn an_ejected_stick_is_let_go_of() {
    let Some(machine) = Machine::with_stick(32, ext4) else { return };
    assert_eq!(machine.bay().eject(Path::new("sdb1")), Ok(Ejected::Released));
    assert_eq!(fs::read_to_string(machine.path(&format!("{}/remove", Machine::port("1-3")))).unwrap(), "1");
    machine.elsewhere(|_| {
        assert_eq!(machine.bay().eject(Path::new("sdb")).unwrap_err().reason().code, "DEVICE_USED");
    });
}
