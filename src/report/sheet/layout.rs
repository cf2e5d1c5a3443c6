//! From facts to pages.

use thiserror::Error;

use super::encoding::Encoding;
use super::facts::Contents;
use super::label::Language;
use super::page::{self, First, Page};
use super::print::Print;
use super::{front, information, large, lists};
use crate::exchange::code::scan::Scan;
use crate::exchange::statement::Statement;
use crate::exchange::statement::kind::Kind;
use crate::refusal::{Class, Reason, Refusal};

/// A sheet that fits its statement.
#[derive(Debug)]
pub struct Sheet {
    statement: Statement,
    contents: Contents,
    print: Print,
}

/// Why a sheet is not printed.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum SheetError {
    /// The contents are of another kind than the statement.
    #[error("the statement is of kind {statement}, what it should carry of kind {contents}")]
    Kind {
        /// Of the statement.
        statement: Kind,
        /// Of the contents.
        contents: Kind,
    },
    /// The contents hold more or fewer items than the statement says.
    #[error("the statement says {statement} items, there are {contents}")]
    Items {
        /// In the statement.
        statement: u32,
        /// In the contents.
        contents: usize,
    },
    /// The copy is none of the copies.
    #[error("there is no copy {0} of {1}")]
    Copy(u32, u32),
}

impl Sheet {
    /// Takes facts that fit together.
    ///
    /// # Errors
    /// Any [`SheetError`].
    pub fn new(statement: Statement, contents: Contents, print: Print) -> Result<Self, SheetError> {
        let lines = statement.lines();
        if lines.kind != contents.kind() {
            return Err(SheetError::Kind { statement: lines.kind, contents: contents.kind() });
        }
        if usize::try_from(lines.items) != Ok(contents.items()) {
            return Err(SheetError::Items { statement: lines.items, contents: contents.items() });
        }
        if !(1..=print.copies).contains(&print.copy) {
            return Err(SheetError::Copy(print.copy, print.copies));
        }
        Ok(Self { statement, contents, print })
    }

    /// The pages, each of at most 66 lines of at most 80 columns; a large line counts as two.
    pub fn pages(&self, language: Language) -> Vec<Page> {
        let (head, code) = front::head(&self.statement, &self.print, language);
        let (foot, signed) = front::foot(&self.statement, &self.print, language);
        let information = information::of(&self.contents, language);
        let (first, more) = First { head, code, foot, signed }.fill(information, language);
        let sections = more.into_iter().chain(lists::of(&self.contents, language)).collect();
        let mut pages = vec![first];
        if self.print.large {
            pages.insert(0, large::page(&self.statement, &self.print, language));
        }
        pages.extend(page::flow(sections, &page::header(&self.statement, &self.print, language), language));
        page::number(&mut pages, &self.print);
        pages
    }

    /// The part that the code does not cover, as the first page has it. Whoever confirmed the sheet compares it with
    /// the same lines, computed from the file that was confirmed.
    pub fn information(&self, language: Language) -> Vec<String> {
        information::of(&self.contents, language).concat()
    }

    /// The whole sheet: every line ends in LF, a form feed stands between pages.
    pub fn text(&self, language: Language) -> String {
        let pages = self.pages(language);
        let line = |line: &String| format!("{}\n", line.trim_end());
        let page = |page: &Page| page.large.iter().chain(&page.lines).map(line).collect::<String>();
        pages.iter().map(page).collect::<Vec<_>>().join("\x0c")
    }

    /// What a file of it is called by whoever shows it.
    pub(super) fn title(&self) -> String {
        let lines = self.statement.lines();
        format!("{} {} {}", self.print.number, lines.kind, lines.trace)
    }

    /// What the QR code of this sheet says.
    pub(super) fn scan(&self) -> Scan {
        Scan::of(&self.statement)
    }

    /// The bytes of a text file.
    pub fn encode(&self, encoding: Encoding) -> Vec<u8> {
        encoding.bytes(&self.text(encoding.language()))
    }
}

impl Refusal for SheetError {
    fn reason(&self) -> Reason {
        let stop = "stop: the statement and what it should carry differ; make the transfer again";
        match self {
            Self::Kind { .. } => Reason::new(Class::Inconsistent, "SHEET_KIND", stop),
            Self::Items { .. } => Reason::new(Class::Inconsistent, "SHEET_ITEMS", stop),
            Self::Copy(..) => Reason::new(Class::Usage, "SHEET_COPY", "name a copy between 1 and the number of copies"),
        }
    }
}
