//! What is offered, and what is not.

use std::fs;
use std::path::Path;

use airlock::devices::media::bay::Judged;
use airlock::refusal::Refusal as _;

use crate::machine::{FIRST, Machine, ext4, mbr, run};

/// Looks at the disk; its code where it is refused.
fn code(machine: &Machine, name: &str) -> &'static str {
    judged(machine, name).verdict.map_or_else(|refused| refused.reason().code, |_| "")
}

fn judged(machine: &Machine, name: &str) -> Judged {
    machine.bay().find(Path::new(name)).unwrap()
}

/// A stick without a node: everything but what lies on it can be judged.
fn bare() -> Machine {
    let machine = Machine::new();
    machine.plug("1-3", "sdb", "8:16", 1 << 20);
    machine.partition("1-3", "sdb", 1, "8:17", FIRST, (1 << 20) - FIRST);
    machine
}

#[test]
fn hardware_is_judged_before_anything_is_read() {
    assert_eq!(code(&bare(), "sdb"), "DEVICE_NODE");

    let machine = bare();
    machine.interface("1-3", 1, ["03", "01", "01"]);
    assert_eq!(code(&machine, "sdb"), "DEVICE_INTERFACE");

    let machine = bare();
    machine.write(&format!("{}/size", Machine::disk("1-3", "sdb")), "536870913\n");
    assert_eq!(code(&machine, "sdb1"), "DEVICE_SIZE");
    machine.write(&format!("{}/size", Machine::disk("1-3", "sdb")), "0\n");
    assert_eq!(code(&machine, "sdb1"), "DEVICE_ABSENT");
    assert!(machine.bay().find(Path::new("sdc")).is_err_and(|e| e.reason().code == "DEVICE_NONE"));
}

#[test]
fn what_is_in_use_is_not_offered() {
    for (file, content) in [
        ("proc/self/mountinfo", "30 20 8:17 / /media/stick rw - ext4 /dev/sdb1 rw\n"),
        ("proc/self/mountinfo", "30 20 0:55 / /home rw - btrfs /dev/sdb1 rw\n"),
        ("proc/swaps", "Filename Type\n/dev/sdb1 partition 1 0 -2\n"),
        (&format!("{}/sdb1/holders/dm-0", Machine::disk("1-3", "sdb")), ""),
        (&format!("{}/holders/md0", Machine::disk("1-3", "sdb")), ""),
    ] {
        let machine = bare();
        machine.write(file, content);
        assert_eq!(code(&machine, "sdb"), "DEVICE_USED", "{file} {content}");
    }
    let machine = bare();
    fs::remove_file(machine.path("proc/self/mountinfo")).unwrap();
    assert_eq!(code(&machine, "sdb"), "DEVICE_USED");
}

#[test]
fn the_disk_of_this_machine_is_not_offered() {
    let machine = bare();
    let disk = "sys/devices/pci0/virtio1/block/vda";
    for (file, content) in [("removable", "0"), ("ro", "0"), ("dev", "254:0"), ("size", "2048")] {
        machine.write(&format!("{disk}/{file}"), content);
    }
    std::os::unix::fs::symlink(machine.path(disk), machine.path("sys/block/vda")).unwrap();
    assert_eq!(code(&machine, "vda"), "DEVICE_INTERNAL");
    let names: Vec<_> = machine.bay().look().unwrap().into_iter().map(|judged| judged.disk.name).collect();
    assert_eq!(names, ["sdb", "vda"]);
}

#[test]
fn a_stick_with_ext4_is_offered_and_recognised() {
    let Some(machine) = Machine::with_stick(32, ext4) else { return };
    let seen = judged(&machine, "sdb1");
    assert!(seen.verdict.unwrap().warnings.is_empty());
    let identity = seen.disk.identity().to_string();
    assert_eq!(identity, "usb=0019E06B fs=01234567-89ab-cdef-0123-456789abcdef label=XFER");
    assert_eq!((seen.disk.bus(), seen.disk.usb.as_ref().unwrap().port.as_str()), ("usb", "1-3"));
}

#[test]
fn other_file_systems_are_refused() {
    let ext2 = |volume: &Path| run("mkfs.ext2", &["-q", "-F", volume.to_str().unwrap()]).is_some();
    let Some(machine) = Machine::with_stick(32, ext2) else { return };
    assert_eq!(code(&machine, "sdb"), "DEVICE_FILE_SYSTEM");
    let Some(machine) = Machine::with_stick(32, |_| true) else { return };
    assert_eq!(code(&machine, "sdb"), "DEVICE_FILE_SYSTEM");
}

#[test]
fn tables_with_more_to_tell_are_refused() {
    let Some(machine) = Machine::with_stick(32, ext4) else { return };
    let mut image = fs::read(machine.image()).unwrap();
    let sectors = (image.len() as u64 / 512 - FIRST) as u32;
    let mut code = |table: Vec<u8>| {
        image[..512].copy_from_slice(&table);
        fs::write(machine.image(), &image).unwrap();
        run("blockdev", &["--flushbufs", machine.path("dev/sdb").to_str().unwrap()]).unwrap();
        code(&machine, "sdb")
    };
    let own = (0x0C, FIRST as u32, sectors);
    assert_eq!(code(mbr(&[own])), "");
    assert_eq!(code(mbr(&[(0x0C, FIRST as u32, sectors - 8), (0x83, FIRST as u32 + sectors - 8, 8)])), "DEVICE_TABLE");
    assert_eq!(code(mbr(&[(0x05, own.1, own.2)])), "DEVICE_TABLE");
    assert_eq!(code(mbr(&[(0xEE, 1, u32::MAX)])), "DEVICE_TABLE");
    assert_eq!(code(mbr(&[])), "DEVICE_TABLE");
    // The kernel saw another one.
    assert_eq!(code(mbr(&[(0x0C, own.1 + 8, own.2 - 8)])), "DEVICE_KERNEL");
}

#[test]
fn space_behind_the_partition_is_told() {
    let Some(machine) = Machine::with_stick(32, ext4) else { return };
    let more = FIRST + (30 << 11) + (16 << 11) + 1;
    machine.write(&format!("{}/size", Machine::disk("1-3", "sdb")), &format!("{}\n", more + (1 << 11)));
    assert_eq!(judged(&machine, "sdb").verdict.unwrap().warnings.len(), 1);
}

#[test]
fn a_node_of_another_device_is_not_read() {
    let Some(machine) = Machine::with_stick(32, ext4) else { return };
    machine.write(&format!("{}/dev", Machine::disk("1-3", "sdb")), "8:16\n");
    assert_eq!(code(&machine, "sdb"), "DEVICE_NODE");
}
