//! Facts from sysfs and procfs. What a device says of itself is cut short and escaped.

use std::fs;
use std::path::Path;

use super::disk::{DeviceNumber, Partition, Usb};
use super::table::Extent;
use crate::wire::text;

const MAX_TEXT: usize = 64;

/// The trimmed text of an attribute.
fn text_of(place: &Path, attribute: &str) -> Option<String> {
    let raw = fs::read(place.join(attribute)).ok()?;
    let read = String::from_utf8_lossy(&raw).trim().to_owned();
    (!read.is_empty()).then(|| text::clip(&read, MAX_TEXT))
}

/// The decimal number of an attribute.
pub(super) fn decimal(place: &Path, attribute: &str) -> Option<u64> {
    text_of(place, attribute)?.parse().ok()
}

/// The device number that `dev` tells.
pub(super) fn number(place: &Path) -> Option<DeviceNumber> {
    parse_number(&text_of(place, "dev")?)
}

fn parse_number(text: &str) -> Option<DeviceNumber> {
    let (major, minor) = text.split_once(':')?;
    Some(DeviceNumber { major: major.parse().ok()?, minor: minor.parse().ok()? })
}

/// The names in a directory, in order; none where there is none.
pub(super) fn names(place: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(place)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(text::clip(&entry.ok()?.file_name().to_string_lossy(), MAX_TEXT)))
        .collect();
    names.sort();
    names
}

/// The subsystems of a device and of all above it, the nearest first.
pub(super) fn buses(device: &Path) -> Vec<String> {
    let subsystem = |place: &Path| Some(fs::read_link(place.join("subsystem")).ok()?.file_name()?.to_str()?.to_owned());
    let mut buses: Vec<String> = device.ancestors().filter_map(subsystem).collect();
    buses.dedup();
    buses
}

/// The USB device that a block device is a part of.
pub(super) fn usb(device: &Path) -> Option<Usb> {
    let place = device.ancestors().find(|place| place.join("bDeviceClass").exists())?;
    let interfaces = names(place).iter().filter_map(|name| interface(&place.join(name))).collect();
    let [maker, model] = ["manufacturer", "product"].map(|name| text_of(place, name).unwrap_or_default());
    Some(Usb {
        port: text::clip(&place.file_name()?.to_string_lossy(), MAX_TEXT),
        serial: text_of(place, "serial"),
        model: format!("{maker} {model}").trim().to_owned(),
        interfaces,
    })
}

fn interface(place: &Path) -> Option<[u8; 3]> {
    let byte = |attribute| u8::from_str_radix(&text_of(place, attribute)?, 16).ok();
    // An interface of which not all is known is one that stores nothing.
    let class = text_of(place, "bInterfaceClass").map(|_| byte("bInterfaceClass").unwrap_or(0xFF))?;
    Some([class, byte("bInterfaceSubClass").unwrap_or(0xFF), byte("bInterfaceProtocol").unwrap_or(0xFF)])
}

/// The partitions of a disk, as the kernel read them.
pub(super) fn partitions(disk: &Path) -> Vec<Partition> {
    let read = |name: String| {
        let place = disk.join(&name);
        let extent = Extent { start: decimal(&place, "start")?, sectors: decimal(&place, "size")? };
        decimal(&place, "partition")?;
        Some(Partition { number: number(&place)?, name, extent })
    };
    names(disk).into_iter().filter_map(read).collect()
}

/// Where any of `own` is mounted, by device number or by the name of its node.
pub(super) fn mounts(root: &Path, own: &[(&str, DeviceNumber)]) -> Vec<String> {
    let Ok(table) = fs::read_to_string(root.join("proc/self/mountinfo")) else {
        // A machine that does not tell what is mounted has everything mounted.
        return vec!["the kernel does not tell what is mounted".to_owned()];
    };
    let is_own = |line: &&str| {
        let number = line.split(' ').nth(2).and_then(parse_number);
        let source = line.split(" - ").nth(1).and_then(|rest| rest.split(' ').nth(1)).unwrap_or_default();
        own.iter().any(|(name, device)| number == Some(*device) || is_node(source, name))
    };
    let point = |line: &str| format!("mounted at {}", text::clip(line.split(' ').nth(4).unwrap_or("?"), MAX_TEXT));
    table.lines().filter(is_own).map(point).collect()
}

/// Which of `own` are swapped to.
pub(super) fn swaps(root: &Path, own: &[(&str, DeviceNumber)]) -> Vec<String> {
    let table = fs::read_to_string(root.join("proc/swaps")).unwrap_or_default();
    let sources = table.lines().skip(1).filter_map(|line| line.split_whitespace().next());
    sources.filter(|source| own.iter().any(|(name, _)| is_node(source, name))).map(|_| "swap".to_owned()).collect()
}

fn is_node(path: &str, name: &str) -> bool {
    path.strip_prefix("/dev/") == Some(name)
}
