//! The bytes of a line printer: ESC/P, as dot-matrix printers of nine and of twenty-four needles take it.
//!
//! Each page is reset, near letter quality, 66 lines of a sixth of an inch, and ends with a form feed. What stands on a
//! sheet is put between these commands and can be none: every control character is replaced, and a printer is never sent
//! UTF-8, whose bytes from 0x80 to 0x9F are control codes to it.

use thiserror::Error;

use super::encoding::Encoding;
use super::layout::Sheet;
use super::page::Page;
use crate::refusal::{Class, Reason, Refusal};

/// `ESC @` reset, `ESC x 1` near letter quality, `ESC 2` six lines an inch, `ESC C 66` lines of a page.
const BEGIN: &[u8] = b"\x1b@\x1bx1\x1b2\x1bC\x42";
/// `ESC w 1` twice as high, `ESC W 1` twice as wide; a line above is left free, for such letters grow upwards.
const LARGE: &[u8] = b"\r\n\x1bw1\x1bW1";
const ORDINARY: &[u8] = b"\x1bW0\x1bw0";
const LINE: &[u8] = b"\r\n";
const EJECT: &[u8] = b"\x0c";
/// Leaves the printer as the next user expects it.
const END: &[u8] = b"\x1b@";

/// The printer would read the encoding as commands.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("a line printer does not take {0}")]
pub struct PrinterEncodingError(pub Encoding);

/// The job that prints `sheets`, a form feed behind each page.
///
/// # Errors
/// [`PrinterEncodingError`] for UTF-8.
pub fn job(sheets: &[Sheet], encoding: Encoding) -> Result<Vec<u8>, PrinterEncodingError> {
    let encoding = takes(encoding)?;
    let mut job = Vec::new();
    for page in sheets.iter().flat_map(|sheet| sheet.pages(encoding.language())) {
        write(&mut job, &page, encoding);
    }
    job.extend(END);
    Ok(job)
}

/// The encoding, where a printer takes it.
///
/// # Errors
/// [`PrinterEncodingError`] for UTF-8.
pub const fn takes(encoding: Encoding) -> Result<Encoding, PrinterEncodingError> {
    match encoding {
        Encoding::Utf8 => Err(PrinterEncodingError(encoding)),
        Encoding::Gb18030 | Encoding::Ascii => Ok(encoding),
    }
}

fn write(job: &mut Vec<u8>, page: &Page, encoding: Encoding) {
    job.extend(BEGIN);
    for line in &page.large {
        job.extend(LARGE);
        job.extend(harmless(line, encoding));
        job.extend(ORDINARY);
        job.extend(LINE);
    }
    for line in &page.lines {
        job.extend(harmless(line, encoding));
        job.extend(LINE);
    }
    job.extend(EJECT);
}

/// A line without anything that a printer could obey.
fn harmless(line: &str, encoding: Encoding) -> Vec<u8> {
    let plain = line.trim_end().replace(|c: char| c.is_control(), "?");
    let bytes = encoding.bytes(&plain).into_iter();
    // The first byte of a character of GB 2312 is never one of these, and neither is the second.
    bytes.map(|byte| if byte < b' ' || (0x7f..0xa1).contains(&byte) { b'?' } else { byte }).collect()
}

impl Refusal for PrinterEncodingError {
    fn reason(&self) -> Reason {
        Reason::new(Class::Usage, "SHEET_PRINTER_ENCODING", "use --encoding gb18030 or ascii for this printer")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_printer_obeys_stays_in_a_line() {
        for encoding in [Encoding::Gb18030, Encoding::Ascii] {
            let line = harmless("a\x1b@\x0c\x07\u{85}\u{9b}b\r\n", encoding);
            assert!(line.iter().all(|byte| (b' '..0x7f).contains(byte)), "{line:?}");
        }
        assert_eq!(harmless("根 A  ", Encoding::Gb18030), [0xb8, 0xf9, b' ', b'A']);
        // Characters outside of GB 2312 take four bytes in GB 18030, some of which are commands.
        assert!(harmless("\u{1f600}\u{20ac}", Encoding::Gb18030).iter().all(|byte| !(0x7f..0xa1).contains(byte)));
    }
}
