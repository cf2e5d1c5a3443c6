use super::*;
use crate::devices::media::disk::{Content, DeviceNumber, Partition, Usb};
use crate::devices::media::filesystem::{FileSystem, FileSystemKind};
use crate::devices::media::table::Extent;

const EXTENT: Extent = Extent { start: 2048, sectors: 31_000_000 };

/// A stick as it should be.
fn stick() -> Disk {
    let kind = FileSystemKind::Fat32;
    let filesystem = Some(FileSystem {
        kind,
        serial: Some("19E0-6B12".to_owned()),
        label: Some("XFER".to_owned()),
        is_unclean: false,
    });
    Disk {
        name: "sdb".to_owned(),
        number: DeviceNumber { major: 8, minor: 16 },
        sequence: Some(9),
        size: (EXTENT.end() + 100) * SECTOR,
        read_only: false,
        removable: true,
        buses: ["block", "scsi", "usb", "pci"].map(str::to_owned).to_vec(),
        usb: Some(Usb {
            port: "1-3".to_owned(),
            serial: Some("0019E06B".to_owned()),
            model: "A stick".to_owned(),
            interfaces: vec![[0x08, 0x06, 0x50]],
        }),
        partitions: vec![Partition {
            name: "sdb1".to_owned(),
            number: DeviceNumber { major: 8, minor: 17 },
            extent: EXTENT,
        }],
        used: Vec::new(),
        content: Some(Content { table: Ok(EXTENT), filesystem }),
    }
}

fn judged(change: impl FnOnce(&mut Disk)) -> Result<Offer, DeviceError> {
    let mut disk = stick();
    change(&mut disk);
    judge(&disk)
}

fn code(change: impl FnOnce(&mut Disk)) -> &'static str {
    judged(change).map_or_else(|refused| refused.reason().code, |_| "")
}

#[test]
fn a_stick_as_it_should_be_is_offered() {
    assert_eq!(judge(&stick()), Ok(Offer { warnings: vec![] }));
    // Hard disks in a USB case call themselves fixed.
    assert_eq!(code(|disk| disk.removable = false), "");
    assert_eq!(code(|disk| disk.usb.as_mut().unwrap().interfaces = vec![[0x08, 0x06, 0x62]]), "");
    assert_eq!(stick().bus(), "usb");
}

#[test]
fn what_hangs_on_no_plug_is_internal() {
    let inside = |disk: &mut Disk| {
        disk.removable = false;
        disk.buses = ["block", "nvme", "pci"].map(str::to_owned).to_vec();
        disk.usb = None;
    };
    assert_eq!(code(inside), "DEVICE_INTERNAL");
    for bus in PLUGGED {
        assert_eq!(
            code(|disk| {
                inside(disk);
                disk.buses.push(bus.to_owned());
            }),
            "",
            "{bus}"
        );
    }
}

#[test]
fn what_is_in_use_is_not_offered() {
    for used in ["mounted at /", "swap", "by dm-0"] {
        assert_eq!(code(|disk| disk.used = vec![used.to_owned()]), "DEVICE_USED");
    }
}

#[test]
fn a_stick_that_is_also_something_else_is_refused() {
    let interfaces = |all: &[[u8; 3]]| code(|disk| disk.usb.as_mut().unwrap().interfaces = all.to_vec());
    assert_eq!(interfaces(&[[0x08, 0x06, 0x50], [0x03, 0x01, 0x01]]), "DEVICE_INTERFACE");
    assert_eq!(interfaces(&[[0x08, 0x06, 0x00]]), "DEVICE_INTERFACE");
    assert_eq!(interfaces(&[[0x08, 0x04, 0x50]]), "DEVICE_INTERFACE");
    assert_eq!(interfaces(&[]), "DEVICE_INTERFACE");
}

#[test]
fn sizes_have_limits() {
    assert_eq!(code(|disk| disk.size = 0), "DEVICE_ABSENT");
    assert_eq!(code(|disk| disk.size = MAX_SIZE), "");
    assert_eq!(code(|disk| disk.size = MAX_SIZE + 1), "DEVICE_SIZE");
    assert_eq!(code(|disk| disk.size = EXTENT.end() * SECTOR - 1), "DEVICE_TABLE");
}

#[test]
fn one_partition_that_the_kernel_sees_in_the_same_place() {
    let table = |table| code(|disk| disk.content.as_mut().unwrap().table = table);
    assert_eq!(table(Err(TableError::Partitions(2))), "DEVICE_TABLE");
    assert_eq!(table(Err(TableError::Nested)), "DEVICE_TABLE");
    assert_eq!(table(Err(TableError::None)), "DEVICE_TABLE");
    assert_eq!(table(Ok(Extent { start: 4096, ..EXTENT })), "DEVICE_KERNEL");
    assert_eq!(code(|disk| disk.partitions.clear()), "DEVICE_KERNEL");
    assert_eq!(code(|disk| disk.partitions.push(disk.partitions[0].clone())), "DEVICE_KERNEL");
    assert_eq!(code(|disk| disk.content = None), "DEVICE_NODE");
}

#[test]
fn another_file_system_is_refused() {
    assert_eq!(code(|disk| disk.content.as_mut().unwrap().filesystem = None), "DEVICE_FILE_SYSTEM");
}

#[test]
fn space_outside_the_partition_is_worth_a_word() {
    let outside = |bytes| judged(|disk| disk.size = EXTENT.end() * SECTOR + bytes).unwrap().warnings.len();
    assert_eq!((outside(MAX_OUTSIDE), outside(MAX_OUTSIDE + 1)), (0, 1));
    assert_eq!(judged(|disk| disk.read_only = true).unwrap().warnings, ["write-protected"]);
}

#[test]
fn a_disc_needs_no_table() {
    let disc = |disk: &mut Disk| {
        disk.name = "sr0".to_owned();
        disk.usb = None;
        disk.read_only = true;
        disk.partitions.clear();
        disk.content.as_mut().unwrap().table = Err(TableError::None);
    };
    assert_eq!(judged(disc), Ok(Offer { warnings: vec![] }));
}
