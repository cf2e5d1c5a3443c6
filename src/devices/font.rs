//! The font of this host that draws the Chinese half of a picture of a sheet.

use std::path::Path;

use super::store::{Links, StoreError, read_file};

/// Larger than any font that holds Chinese, in bytes.
const MAX: u64 = 64 << 20;

/// Where distributions keep such fonts, the smaller ones first.
const PLACES: &[&str] = &[
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf",
    "/usr/share/fonts/wqy-microhei/wqy-microhei.ttc",
    "/usr/share/fonts/wqy-microhei-fonts/wqy-microhei.ttc",
    "/usr/share/fonts/google-droid-sans-fonts/DroidSansFallbackFull.ttf",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/google-noto-sans-cjk-fonts/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc",
];

/// The font at `named`, or else the first that lies at a usual place; none where none does.
///
/// # Errors
/// What the disk says of `named`.
pub fn chinese(named: Option<&Path>) -> Result<Option<Vec<u8>>, StoreError> {
    let read = |path: &Path| read_file(path, MAX, Links::Follow).map(|bytes| bytes.to_vec());
    match named {
        Some(path) => read(path).map(Some),
        None => Ok(PLACES.iter().find_map(|place| read(Path::new(place)).ok())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_named_font_must_be_there() {
        assert!(chinese(Some(Path::new("/nowhere/font.ttf"))).is_err());
        let font = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/DejaVuSansMono.ttf");
        assert_eq!(chinese(Some(Path::new(font))).unwrap().unwrap(), std::fs::read(font).unwrap());
    }
}
