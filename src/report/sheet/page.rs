//! What stands on each page: 66 lines with their footer.

use std::ops::Range;

use super::block::{COLUMNS, rule};
use super::label::{Label, Language};
use super::print::Print;
use crate::exchange::statement::{Lines, Statement};
use crate::report::columns;
use crate::wire::text;

/// Lines of a page.
pub(super) const LINES: usize = 66;

/// One page: lines for its top that are printed twice as high and twice as wide, and lines of ordinary size.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// Lines of at most 40 columns, each as high as two.
    pub large: Vec<String>,
    /// Lines of at most 80 columns; the last one is the footer.
    pub lines: Vec<String>,
    /// Which of [`Page::lines`] are titles.
    pub(super) titles: Vec<usize>,
    /// Which of [`Page::lines`] is the first of the four that hold the code, where they hold it.
    pub(super) code: Option<usize>,
}

/// Where the title of a page stands, between two rules.
const TITLE: usize = 1;

/// A list with a title, which is repeated where the list goes on on another page.
pub(super) struct Section {
    pub(super) title: String,
    /// The names of its columns.
    pub(super) columns: Vec<String>,
    pub(super) lines: Vec<String>,
}

/// The first page before its information is put in.
pub(super) struct First {
    pub(super) head: Vec<String>,
    /// Where in the head the code begins.
    pub(super) code: usize,
    pub(super) foot: Vec<String>,
    /// Which lines of the foot are to be signed.
    pub(super) signed: Range<usize>,
}

impl First {
    /// Puts as many groups between head and foot as find room; the others become a section.
    pub(super) fn fill(self, groups: Vec<Vec<String>>, language: Language) -> (Page, Option<Section>) {
        // The page's footer takes one line.
        let mut room = LINES.saturating_sub(self.head.len() + self.foot.len() + 1);
        let mut page = self.head;
        let all = groups.iter().map(Vec::len).sum::<usize>() <= room;
        if !all {
            room = room.saturating_sub(1);
        }
        let mut groups = groups.into_iter().peekable();
        while let Some(group) = groups.next_if(|group| group.len() <= room) {
            room -= group.len();
            page.extend(group);
        }
        let lines: Vec<String> = groups.flatten().collect();
        let more = (!lines.is_empty()).then(|| {
            page.push(format!(" {}", Label("more on page 2", "其余见第2页").text(language)));
            let title = format!(" {}", Label("INFORMATION, continued", "其余信息").text(language));
            Section { title, columns: Vec::new(), lines }
        });
        // Where there is room, people have room to sign.
        let is_wide = room >= self.signed.len();
        for (at, line) in self.foot.into_iter().enumerate() {
            if is_wide && self.signed.contains(&at) {
                page.push(String::new());
            }
            page.push(line);
        }
        (Page { lines: page, titles: vec![TITLE], code: Some(self.code), ..Page::default() }, more)
    }
}

/// Lays `sections` out on pages, each under `header`.
pub(super) fn flow(sections: Vec<Section>, header: &[String], language: Language) -> Vec<Page> {
    let mut press = Press { header, pages: Vec::new() };
    for section in sections {
        press.begin(&section.title, &section.columns);
        for line in section.lines {
            if press.room() == 0 {
                let again = format!("{}   {}", section.title, Label("(continued)", "（续）").text(language));
                press.begin(&again, &section.columns);
            }
            press.push(line);
        }
        press.gap();
    }
    press.finish()
}

/// The pages made so far.
struct Press<'a> {
    header: &'a [String],
    pages: Vec<Page>,
}

impl Press<'_> {
    /// How many lines the page still takes above its last rule and its footer.
    fn room(&self) -> usize {
        self.pages.last().map_or(0, |page| (LINES - 2).saturating_sub(page.lines.len()))
    }

    /// Writes a title and its columns, on a new page where they and a line under them find no room.
    fn begin(&mut self, title: &str, columns: &[String]) {
        if self.room() < columns.len() + 2 {
            self.pages.push(Page { lines: self.header.to_vec(), titles: vec![TITLE], ..Page::default() });
        }
        if let Some(page) = self.pages.last_mut() {
            page.titles.push(page.lines.len());
        }
        self.push(title.to_owned());
        for line in columns {
            self.push(line.clone());
        }
    }

    fn push(&mut self, line: String) {
        if let Some(page) = self.pages.last_mut() {
            page.lines.push(line);
        }
    }

    fn gap(&mut self) {
        if self.room() > 0 {
            self.push(String::new());
        }
    }

    fn finish(mut self) -> Vec<Page> {
        for page in &mut self.pages {
            page.lines.pop_if(|line| line.is_empty());
            page.lines.push(rule('-'));
        }
        self.pages
    }
}

/// The head of every page but the first.
pub(super) fn header(statement: &Statement, print: &Print, language: Language) -> Vec<String> {
    let Lines { kind, trace, .. } = statement.lines();
    heading(&format!(" {trace}  {} {kind}", kind.sheet_digit()), print, language)
}

/// `title` and which paper this is, between two rules.
pub(super) fn heading(title: &str, print: &Print, language: Language) -> Vec<String> {
    let mut lines = vec![rule('='), columns::apart(title, &print.identity(), COLUMNS)];
    lines.extend(print.reprinted().map(|(english, chinese)| match language {
        Language::Bilingual => format!(" {english} / {chinese}"),
        Language::English => format!(" {english}"),
    }));
    lines.push(rule('='));
    lines
}

/// Ends each page with when, by what and where it was printed, and its number.
pub(super) fn number(pages: &mut [Page], print: &Print) {
    let count = pages.len();
    let minute: String = print.time.to_string().chars().take(16).collect();
    let (version, host) = (columns::visible(&print.version), text::escape(&print.host));
    let printed = format!(" printed {minute}Z  airlock {version}  host {host}");
    for (at, page) in pages.iter_mut().enumerate() {
        let number = format!("page {} of {count}", at + 1);
        page.lines.push(columns::apart(&columns::cut(&printed, COLUMNS - 1 - number.len()), &number, COLUMNS));
    }
}
