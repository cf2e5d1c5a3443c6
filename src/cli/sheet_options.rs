//! Where and how the sheet of a transfer is printed.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::config::sheet::SheetConfig;
use crate::desk::host::Desk;
use crate::desk::printing::Wish;
use crate::desk::tray::Tray;
use crate::desk::tray::place::{Form, Output, Place};
use crate::devices::printer::{PrinterError, PrinterName};
use crate::refusal::Refused;
use crate::report::sheet::Encoding;

/// A sheet that is printed with the transfer.
#[derive(Debug, Clone, Args)]
pub struct SheetOptions {
    /// Where
    #[command(flatten)]
    pub to: OutputOptions,
    /// How
    #[command(flatten)]
    pub paper: PaperOptions,
}

/// Where a sheet is printed.
#[derive(Debug, Clone, Args)]
#[group(required = true, multiple = false)]
pub struct OutputOptions {
    /// Write the fingerprint sheet to this new file, which never lies on the medium of the transfer: PDF where it ends in
    /// .pdf, SVG pages where it ends in .svg, otherwise text
    #[arg(long, value_name = "FILE")]
    sheet: Option<PathBuf>,
    /// Print the fingerprint sheet on this device, such as /dev/usb/lp0, or on the queue lp:QUEUE
    #[arg(long, value_name = "PRINTER", value_parser = printer)]
    printer: Option<PrinterName>,
}

/// How a sheet is printed.
#[derive(Debug, Clone, Args)]
pub struct PaperOptions {
    /// The encoding of lines [default: that of the config, or gb18030 for a device and utf-8 elsewhere]
    #[arg(long, value_enum)]
    pub encoding: Option<PrinterEncoding>,
    /// What it becomes [default: PDF for a queue, lines for a device, what its name says for a file]
    #[arg(long = "as", value_enum, value_name = "FORM")]
    pub form: Option<SheetForm>,
    /// Put a page in large print, for whoever types the code, before the others
    #[arg(long)]
    pub large: bool,
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

/// [`Form`] as an option.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum SheetForm {
    /// Lines.
    Text,
    /// One PDF.
    Pdf,
    /// An SVG a page.
    Svg,
}

impl OutputOptions {
    /// What was named; one of the two is.
    pub fn output(&self) -> Option<Output> {
        let file = self.sheet.clone().map(Output::File);
        file.or_else(|| self.printer.clone().map(Output::Printer))
    }
}

impl PaperOptions {
    /// What is asked of the printer.
    pub fn wish(&self, medium: Option<String>) -> Wish {
        Wish { copies: self.copies, large: self.large, medium }
    }

    /// The place, with what the config says where nothing else was asked for.
    pub fn place(&self, output: Output, config: &SheetConfig) -> Place {
        let encoding = self.encoding.map(|encoding| match encoding {
            PrinterEncoding::Utf8 => Encoding::Utf8,
            PrinterEncoding::Gb18030 => Encoding::Gb18030,
            PrinterEncoding::Ascii => Encoding::Ascii,
        });
        let form = self.form.map(|form| match form {
            SheetForm::Text => Form::Text,
            SheetForm::Pdf => Form::Pdf,
            SheetForm::Svg => Form::Svg,
        });
        Place { output, form, encoding: encoding.or(config.encoding()), font: config.font().map(Path::to_owned) }
    }
}

impl SheetOptions {
    /// What is asked of the printer.
    pub fn wish(&self, medium: Option<String>) -> Wish {
        self.paper.wish(medium)
    }

    /// The place.
    ///
    /// # Errors
    /// [`PrinterError::Name`] where none is named.
    pub fn place(&self, config: &SheetConfig) -> Result<Place, PrinterError> {
        Ok(self.paper.place(self.to.output().ok_or(PrinterError::Name)?, config))
    }

    /// Where it is printed, apart from `medium`; asked for before anything is done.
    ///
    /// # Errors
    /// As [`Desk::tray`].
    pub fn tray(&self, desk: &Desk, config: &SheetConfig, medium: &Path) -> Result<Tray, Refused> {
        desk.tray(&self.place(config)?, medium)
    }

    /// The file or the printer, as it is shown.
    pub fn shown(&self) -> String {
        self.to.output().map(|output| output.to_string()).unwrap_or_default()
    }
}

/// A printer by its name, as a refusal of the command line tells it.
pub fn printer(text: &str) -> Result<PrinterName, String> {
    text.parse().map_err(|error: PrinterError| error.to_string())
}
