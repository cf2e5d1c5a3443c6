//! The pages after the first: one line a request, the privileged ones in a block before the others.

use super::facts::{Contents, Denial, Request, Roster};
use super::label::{Label, Language};
use super::page::Section;
use super::profile::short;
use crate::exchange::csr_bundle::manifest::{Revocation, RevocationReason};
use crate::report::columns;
use crate::wire::text;

/// A column: its name, its width, and whether it is set to the right.
struct Column(Label, usize, bool);

const NUMBER: Label = Label("#", "序号");
const SERIAL: usize = 8;
/// Columns of a reason, and how many lines of them at most.
const NOTE: usize = 60;
const NOTE_LINES: usize = 22;

/// The lists of `contents`; empty ones are left out.
pub(super) fn of(contents: &Contents, language: Language) -> Vec<Section> {
    let list = List(language);
    let mut sections = match contents {
        Contents::Bundle(bundle) => {
            let mut sections = list.requests(&bundle.requests, Label("replaces", "旧序列号"));
            sections.push(list.revocations(&bundle.revocations));
            sections
        }
        Contents::Package(package) => {
            let mut sections = vec![list.denials(&package.denials)];
            sections.extend(list.requests(&package.issued, Label("serial", "序列号")));
            sections
        }
        Contents::Enrolment(enrolment) => enrolment.roster.iter().map(|roster| list.people(roster)).collect(),
    };
    sections.retain(|section| !section.lines.is_empty());
    sections
}

struct List(Language);

impl List {
    fn requests(&self, requests: &[Request], serial: Label) -> Vec<Section> {
        let number = requests.last().map_or(4, |last| last.number.to_string().len());
        let columns = [
            Column(NUMBER, number, false),
            Column(Label("profile", "类别"), 12, false),
            Column(Label("subject", "主体"), 28_usize.saturating_sub(number), false),
            Column(Label("SAN", "别名"), 4, true),
            Column(Label("valid", "期限"), 5, true),
            Column(Label("SPKI sha256", "公钥指纹"), 16, false),
            Column(serial, SERIAL, false),
        ];
        let (privileged, others): (Vec<_>, Vec<_>) =
            requests.iter().partition(|request| request.profile.is_privileged(&request.subject));
        [(Label("INVENTORY, privileged", "清单：特权"), privileged), (Label("INVENTORY", "清单"), others)]
            .into_iter()
            .map(|(title, requests)| {
                let lines = requests.iter().map(|request| line(&columns, &request_cells(request))).collect();
                self.section(title, requests.len(), &columns, lines)
            })
            .collect()
    }

    fn revocations(&self, revocations: &[Revocation]) -> Section {
        let columns = [
            Column(Label("serial", "序列号"), 40, false),
            Column(Label("reason", "原因"), 22, false),
            Column(Label("since", "起始"), 10, false),
        ];
        let cells = |revocation: &Revocation| {
            let since = revocation.since.to_string().chars().take(10).collect();
            [revocation.serial.to_string(), reason(revocation.reason).to_owned(), since]
        };
        let lines = revocations.iter().map(|revocation| line(&columns, &cells(revocation))).collect();
        self.section(Label("REVOCATIONS", "吊销"), revocations.len(), &columns, lines)
    }

    /// The reasons are cut where they fill a third of a page.
    fn denials(&self, denials: &[Denial]) -> Section {
        let columns = [
            Column(NUMBER, 5, false),
            Column(Label("code", "代码"), 12, false),
            Column(Label("reason", "原因"), NOTE, false),
        ];
        let lines = denials.iter().flat_map(|denial| {
            let first = [denial.request.to_string(), text::escape(&denial.codes.join(" "))];
            let heads = std::iter::once(first).chain(std::iter::repeat([String::new(), String::new()]));
            let note = columns::cut(&text::escape(&denial.note), NOTE * NOTE_LINES);
            let mut note = columns::wrap(&note, NOTE);
            note.resize(note.len().max(1), String::new());
            heads.zip(note).map(|([number, codes], part)| line(&columns, &[number, codes, part]))
        });
        let lines = lines.collect();
        self.section(Label("DENIED", "拒签"), denials.len(), &columns, lines)
    }

    fn people(&self, roster: &Roster) -> Section {
        let lines = roster.persons.iter().flat_map(|person| {
            let keys = person.keys.iter().map(|own| {
                let revoked =
                    own.revoked_from.map_or_else(String::new, |index| format!("  revoked from entry {index}"));
                format!("      {}{revoked}", own.key.fingerprint())
            });
            std::iter::once(format!(" {}  {}", person.principal(), text::clip(&person.name, 34))).chain(keys)
        });
        self.section(Label("PEOPLE", "人员"), roster.persons.len(), &[], lines.collect())
    }

    fn section(&self, title: Label, count: usize, columns: &[Column], lines: Vec<String>) -> Section {
        let title = format!(" {}   {count}", title.text(self.0));
        let english: Vec<_> = columns.iter().map(|column| column.0.0.to_owned()).collect();
        let chinese: Vec<_> = columns.iter().map(|column| column.0.1.to_owned()).collect();
        let columns = match self.0 {
            _ if columns.is_empty() => Vec::new(),
            Language::English => vec![line(columns, &english)],
            Language::Bilingual => vec![line(columns, &english), line(columns, &chinese)],
        };
        Section { title, columns, lines }
    }
}

/// One line of cells, each cut in its middle to its column.
fn line(columns: &[Column], cells: &[String]) -> String {
    let mut line = String::new();
    for (Column(_, width, to_the_right), cell) in columns.iter().zip(cells) {
        let cell = columns::cut_middle(cell, *width);
        line.push(' ');
        line.push_str(&if *to_the_right { columns::right(&cell, *width) } else { columns::left(&cell, *width) });
    }
    line.truncate(line.trim_end().len());
    line
}

fn request_cells(request: &Request) -> [String; 7] {
    let serial = request.serial.as_ref().map_or_else(|| "-".to_owned(), |serial| ends(&serial.to_string()));
    [
        request.number.to_string(),
        short(request.profile).to_owned(),
        request.subject.safe(),
        request.names.to_string(),
        span(request.validity_s),
        request.spki.short(),
        serial,
    ]
}

/// The first four and the last two digits of a serial number, where there are more.
fn ends(serial: &str) -> String {
    match (serial.get(..4), serial.len().checked_sub(2).and_then(|at| serial.get(at..))) {
        (Some(start), Some(end)) if serial.len() > SERIAL => format!("{start}..{end}"),
        _ => serial.to_owned(),
    }
}

/// A validity in the largest unit that divides it.
fn span(seconds: u64) -> String {
    let units = [(86_400, 'd'), (3_600, 'h'), (60, 'm'), (1, 's')];
    let unit = units.into_iter().find(|(length, _)| seconds.is_multiple_of(*length));
    unit.map_or_else(String::new, |(length, letter)| format!("{}{letter}", seconds / length))
}

const fn reason(reason: RevocationReason) -> &'static str {
    match reason {
        RevocationReason::Unspecified => "unspecified",
        RevocationReason::KeyCompromise => "key-compromise",
        RevocationReason::AffiliationChanged => "affiliation-changed",
        RevocationReason::Superseded => "superseded",
        RevocationReason::CessationOfOperation => "cessation-of-operation",
    }
}
