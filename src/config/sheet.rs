//! How this host prints sheets, in the config of either side:
//!
//! ```toml
//! [sheet]                                # may be left out, and so may each line
//! printer = "/dev/usb/lp0"               # what P prints on in the workstation; or "lp:QUEUE"
//! encoding = "gb18030"                   # of lines: utf-8, gb18030 or ascii
//! font = "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc"   # for the Chinese half of PDF and SVG
//! ```

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::strict::ConfigError;
use crate::devices::printer::PrinterName;
use crate::report::sheet::Encoding;

/// How this host prints sheets, as far as its config says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SheetConfig {
    printer: Option<PrinterName>,
    encoding: Option<Encoding>,
    font: Option<PathBuf>,
}

/// The table as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    printer: Option<String>,
    encoding: Option<String>,
    font: Option<PathBuf>,
}

impl SheetConfig {
    pub(super) fn of(file: &str, read: Table) -> Result<Self, ConfigError> {
        let refuse = |key, message: &dyn std::fmt::Display| ConfigError::value(file, key, message);
        let printer = |name: String| name.parse::<PrinterName>().map_err(|e| refuse("sheet.printer", &e));
        let encoding = |name: String| name.parse::<Encoding>().map_err(|e| refuse("sheet.encoding", &e));
        let (printer, encoding) = (read.printer.map(printer).transpose()?, read.encoding.map(encoding).transpose()?);
        if read.font.as_ref().is_some_and(|font| !font.is_absolute()) {
            return Err(refuse("sheet.font", &"not an absolute path"));
        }
        Ok(Self { printer, encoding, font: read.font })
    }

    /// What the workstation prints on.
    pub fn printer(&self) -> Option<&PrinterName> {
        self.printer.as_ref()
    }

    /// The encoding of lines.
    pub fn encoding(&self) -> Option<Encoding> {
        self.encoding
    }

    /// The font for Chinese.
    pub fn font(&self) -> Option<&Path> {
        self.font.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<SheetConfig, ConfigError> {
        SheetConfig::of("x.toml", toml::from_str(text).unwrap())
    }

    #[test]
    fn a_table_is_read() {
        let full = read("printer = 'lp:ceremony'\nencoding = 'gb18030'\nfont = '/f.ttc'").unwrap();
        assert_eq!(full.printer().unwrap().to_string(), "lp:ceremony");
        assert_eq!((full.encoding(), full.font()), (Some(Encoding::Gb18030), Some(Path::new("/f.ttc"))));
        assert_eq!(read("").unwrap(), SheetConfig::default());
    }

    #[test]
    fn values_that_cannot_be_used_are_named_by_their_key() {
        for (text, key) in [
            ("printer = 'lp0'", "sheet.printer:"),
            ("encoding = 'UTF-8'", "sheet.encoding:"),
            ("font = 'f.ttc'", "sheet.font:"),
        ] {
            assert!(read(text).unwrap_err().to_string().contains(key), "{text}");
        }
        assert!(toml::from_str::<Table>("paper = 'A4'").is_err());
    }
}
