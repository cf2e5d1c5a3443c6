//! What a stick says before it is mounted.

use airlock::devices::media::Identity;
use airlock::devices::media::filesystem::FileSystem;
use airlock::devices::media::table::{Extent, WINDOW};

use super::{Target, exact, found, taken, texts};
use crate::mutate::Shape;

pub(super) fn all() -> Vec<Target> {
    vec![
        Target::new("partition-table", Shape::Bytes, tables, |input| {
            taken(Extent::read(input), |extent| {
                assert!(extent.start > 0 && extent.sectors > 0);
                assert_eq!(extent.end() - extent.start, extent.sectors);
                assert!(input.len() >= 512);
            })
        }),
        Target::new("file-system", Shape::Bytes, volumes, |input| {
            found(FileSystem::read(input), |read| {
                assert!(FileSystem::all(input).contains(read));
                for text in read.label.iter().chain(&read.serial) {
                    assert!(text.len() <= 36 && text.bytes().all(|b| b == b' ' || b.is_ascii_graphic()), "{text:?}");
                }
            })
        })
        .slow(),
        Target::new(
            "medium-identity",
            Shape::Text,
            || texts(&["usb=0019E06B fs=19E0-6B12 label=XFER", "usb=- fs=%2D label=A%20B"]),
            |input| {
                super::text(input, |text| {
                    exact(input, text.parse::<Identity>(), |value| value.to_string().into_bytes())
                })
            },
        ),
    ]
}

fn sector(entry: &[u8]) -> Vec<u8> {
    let mut disk = vec![0; 2048];
    disk[446..446 + entry.len()].copy_from_slice(entry);
    disk[510..512].copy_from_slice(&[0x55, 0xAA]);
    disk
}

fn tables() -> Vec<Vec<u8>> {
    let plain = sector(&[0, 0, 2, 0, 0x0C, 0, 0, 0, 0, 8, 0, 0, 0, 0, 1, 0]);
    let mut guid = sector(&[0, 0, 2, 0, 0xEE, 0, 0, 0, 1, 0, 0, 0, 255, 255, 255, 255]);
    guid[512..520].copy_from_slice(b"EFI PART");
    guid[584] = 2;
    guid[592] = 4;
    guid[596] = 128;
    guid[1024] = 1;
    guid[1056..1058].copy_from_slice(&[0, 8]);
    guid[1064..1066].copy_from_slice(&[0, 9]);
    vec![plain, guid]
}

fn volumes() -> Vec<Vec<u8>> {
    let mut fat = vec![0; 512];
    fat[0] = 0xEB;
    fat[71..82].copy_from_slice(b"XFER       ");
    fat[82..90].copy_from_slice(b"FAT32   ");
    fat[510..512].copy_from_slice(&[0x55, 0xAA]);
    let mut ext4 = vec![0; 2048];
    ext4[1080..1082].copy_from_slice(&[0x53, 0xEF]);
    ext4[1120] = 0x40;
    ext4[1144..1148].copy_from_slice(b"XFER");
    let mut disc = vec![0; WINDOW];
    disc[32768] = 1;
    disc[32769..32774].copy_from_slice(b"CD001");
    vec![fat, ext4, disc]
}
