//! The QR code of a sheet: ISO/IEC 18004, alphanumeric, version 5, error correction M, 37 modules on a side.

use qrcodegen::{Mask, QrCode, QrCodeEcc, QrSegment, Version};

use crate::exchange::code::scan::Scan;

/// Modules on a side.
pub(super) const SIDE: u8 = 37;
/// White modules around it.
pub(super) const QUIET: u8 = 4;
const VERSION: u8 = 5;

/// Dark modules that touch each other in a row: column, row and how many; both count from 0 at the upper left.
pub(super) fn dark(scan: &Scan) -> Vec<(u8, u8, u8)> {
    let version = Version::new(VERSION);
    let segments = [QrSegment::make_alphanumeric(&scan.to_string())];
    // A scan has one length, which fits; the mask is the one that the standard prefers, always the same.
    let Ok(code) =
        QrCode::encode_segments_advanced(&segments, QrCodeEcc::Medium, version, version, None::<Mask>, false)
    else {
        return Vec::new();
    };
    let is_dark = |x: u8, y: u8| code.get_module(i32::from(x), i32::from(y));
    let mut runs: Vec<(u8, u8, u8)> = Vec::new();
    for (x, y) in (0..SIDE).flat_map(|y| (0..SIDE).map(move |x| (x, y))).filter(|(x, y)| is_dark(*x, *y)) {
        match runs.last_mut() {
            Some((from, row, length)) if *row == y && *from + *length == x => *length += 1,
            _ => runs.push((x, y, 1)),
        }
    }
    runs
}
