//! Where and how the sheet of a transfer is printed.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use thiserror::Error;

use crate::desk::host::Desk;
use crate::desk::printing::Wish;
use crate::devices::media::Medium;
use crate::devices::store::{Directory, StoreError};
use crate::refusal::{Class, Reason, Refusal, Refused};
use crate::report::sheet::Encoding;
use crate::wire::text;

const PRIVATE: u32 = 0o600;

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

/// Paper and medium would travel together, and the rows would prove nothing.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("the sheet would lie on the medium of its transfer")]
pub struct SheetOnMedium;

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

    /// Demands a place for the sheet that is free and not on `medium`; asked before anything is done.
    ///
    /// # Errors
    /// [`SheetOnMedium`]; any [`StoreError`]; what the medium says.
    pub fn must_be_apart(&self, desk: &Desk, medium: &Path) -> Result<(), Refused> {
        let (folder, name) = self.place()?;
        if Medium::open(medium)?.bears(&folder, desk.state())? {
            return Err(SheetOnMedium.into());
        }
        match folder.holds(name)? {
            true => Err(StoreError::Exists(text::escape(&self.sheet.to_string_lossy())).into()),
            false => Ok(()),
        }
    }

    /// Writes the printed sheet.
    ///
    /// # Errors
    /// Any [`StoreError`]; nothing is overwritten.
    pub fn write(&self, sheet: &[u8]) -> Result<(), Refused> {
        let (folder, name) = self.place()?;
        Ok(folder.create_new(name, sheet, PRIVATE)?)
    }

    fn place(&self) -> Result<(Directory, &str), StoreError> {
        let name = self.sheet.file_name().and_then(|name| name.to_str());
        let name = name.ok_or_else(|| StoreError::Name(text::escape(&self.sheet.to_string_lossy())))?;
        let folder = self.sheet.parent().filter(|path| !path.as_os_str().is_empty());
        Ok((Directory::open(folder.unwrap_or(Path::new(".")))?, name))
    }
}

impl Refusal for SheetOnMedium {
    fn reason(&self) -> Reason {
        Reason::new(Class::Media, "SHEET_ON_MEDIUM", "name a file elsewhere; sheet and medium travel separately")
    }
}
