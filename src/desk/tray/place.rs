//! What a sheet becomes, and where.

use std::fmt;
use std::path::{Path, PathBuf};

use super::TrayError;
use crate::devices::font;
use crate::devices::printer::PrinterName;
use crate::refusal::Refused;
use crate::report::sheet::picture::ChineseFont;
use crate::report::sheet::{Encoding, escp};
use crate::wire::text;

/// A place for a sheet, and what it becomes there.
#[derive(Debug, Clone)]
pub struct Place {
    /// Where it goes.
    pub output: Output,
    /// What it becomes; otherwise what fits the place.
    pub form: Option<Form>,
    /// The encoding of lines; otherwise what fits the place. ASCII leaves the Chinese half out of pictures too.
    pub encoding: Option<Encoding>,
    /// The font for the Chinese half of pictures; otherwise one that the host has.
    pub font: Option<PathBuf>,
}

/// Where a sheet goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// A new file.
    File(PathBuf),
    /// A printer.
    Printer(PrinterName),
}

/// What a sheet becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Lines; on a device with the commands of a line printer.
    Text,
    /// One PDF.
    Pdf,
    /// An SVG a page.
    Svg,
}

/// How it is made.
#[derive(Debug)]
pub(super) enum Press {
    Lines(Encoding),
    Printer(Encoding),
    Pdf(Option<ChineseFont>),
    Svg(Option<ChineseFont>),
}

impl Place {
    /// What fits the place.
    pub const fn of(output: Output) -> Self {
        Self { output, form: None, encoding: None, font: None }
    }

    pub(super) fn press(&self) -> Result<Press, Refused> {
        let lines = |usual| self.encoding.unwrap_or(usual);
        Ok(match (&self.output, self.form) {
            (Output::Printer(PrinterName::Device(_)), None | Some(Form::Text)) => {
                Press::Printer(escp::takes(lines(Encoding::Gb18030))?)
            }
            (Output::Printer(PrinterName::Device(_)), Some(Form::Pdf)) => return Err(TrayError::Form("PDF").into()),
            (Output::Printer(_), Some(Form::Svg)) => return Err(TrayError::Form("SVG").into()),
            (Output::Printer(PrinterName::Queue(_)), Some(Form::Text)) => Press::Lines(lines(Encoding::Utf8)),
            (Output::Printer(PrinterName::Queue(_)), _) => Press::Pdf(self.chinese()?),
            (Output::File(file), form) => match form.unwrap_or_else(|| Form::of(file)) {
                Form::Text => Press::Lines(lines(Encoding::Utf8)),
                Form::Pdf => Press::Pdf(self.chinese()?),
                Form::Svg => Press::Svg(self.chinese()?),
            },
        })
    }

    /// A font that was named must be one; of those that lie around the first is taken that is.
    fn chinese(&self) -> Result<Option<ChineseFont>, Refused> {
        if self.encoding == Some(Encoding::Ascii) {
            return Ok(None);
        }
        let font = font::chinese(self.font.as_deref())?.map(ChineseFont::new);
        Ok(if self.font.is_some() { font.transpose()? } else { font.and_then(Result::ok) })
    }
}

impl Output {
    /// What a person typed in one line: `lp:QUEUE` and what lies in `/dev` is a printer, anything else a new file.
    ///
    /// # Errors
    /// [`PrinterError::Name`](crate::devices::printer::PrinterError::Name).
    pub fn typed(path: &Path) -> Result<Self, Refused> {
        match path.to_str().filter(|text| text.starts_with("lp:") || text.starts_with("/dev/")) {
            Some(printer) => Ok(Self::Printer(printer.parse()?)),
            None => Ok(Self::File(path.to_owned())),
        }
    }
}

impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => f.write_str(&text::clip(&path.to_string_lossy(), 200)),
            Self::Printer(printer) => fmt::Display::fmt(printer, f),
        }
    }
}

impl Form {
    fn of(file: &Path) -> Self {
        match file.extension().and_then(|extension| extension.to_str()) {
            Some("pdf") => Self::Pdf,
            Some("svg") => Self::Svg,
            _ => Self::Text,
        }
    }
}
