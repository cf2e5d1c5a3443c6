//! Where and how the sheet of a transfer is printed.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::desk::host::Desk;
use crate::desk::printing::Wish;
use crate::desk::tray::Tray;
use crate::refusal::Refused;
use crate::report::sheet::Encoding;

/// A sheet that is printed with the transfer.
#[derive(Debug, Clone, Args)]
pub struct SheetOptions {
    /// Write the fingerprint sheet to this new file, which never lies on the medium of the transfer
    #[arg(long, value_name = "FILE")]
    pub sheet: PathBuf,
    /// How
    #[command(flatten)]
    pub paper: PaperOptions,
}

/// How a sheet is printed.
#[derive(Debug, Clone, Args)]
pub struct PaperOptions {
    /// What the printer takes
    #[arg(long, value_enum, default_value = "utf-8")]
    pub encoding: PrinterEncoding,
    /// How many copies are printed: one travels, one stays in the file
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=9))]
    pub copies: u32,
}

/// [`Encoding`] as an option.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum PrinterEncoding {
    /// Unicode.
    #[value(name = "utf-8")]
    Utf8,
    /// The Chinese national standard.
    Gb18030,
    /// English alone.
    Ascii,
}

impl SheetOptions {
    /// What is asked of the printer.
    pub fn wish(&self, medium: Option<String>) -> Wish {
        let encoding = match self.paper.encoding {
            PrinterEncoding::Utf8 => Encoding::Utf8,
            PrinterEncoding::Gb18030 => Encoding::Gb18030,
            PrinterEncoding::Ascii => Encoding::Ascii,
        };
        Wish { encoding, copies: self.paper.copies, medium }
    }

    /// Where it is printed, apart from `medium`; asked for before anything is done.
    ///
    /// # Errors
    /// As [`Desk::tray`].
    pub fn tray(&self, desk: &Desk, medium: &Path) -> Result<Tray, Refused> {
        desk.tray(&self.sheet, medium)
    }
}
