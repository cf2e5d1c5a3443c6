//! The first page: the statement and its code, which the rows cover, and the lines people write on.

use std::ops::Range;

use super::block::{Block, COLUMNS, rule};
use super::label::{Label, Language};
use super::page;
use super::print::Print;
use crate::exchange::code::Code;
use crate::exchange::statement::kind::Kind;
use crate::exchange::statement::{Lines, Statement};
use crate::report::columns;
use crate::wire::text;

/// Where the values of the statement begin, and how long a line of them is: a picture of the sheet has its QR code
/// beside them.
const VALUES: usize = 19;
const WIDTH: usize = 44;
/// Where name, signature and time are written.
const WRITTEN: [(Label, usize, usize); 3] =
    [(Label("Name", "姓名"), 25, 17), (Label("Signature", "签字"), 44, 19), (Label("UTC time", "时间"), 65, 15)];

/// Everything down to the last row of the code, and the line that says what the code does not cover; and where in it the
/// code begins.
pub(super) fn head(statement: &Statement, print: &Print, language: Language) -> (Vec<String>, usize) {
    let title = format!(" {}", title(statement.lines().kind).text(language));
    let mut lines = page::heading(&title, print, language);
    lines.extend(fields(statement.lines(), language));
    lines.push(rule('-'));
    lines.extend(
        Label(
            "CODE. Type these rows on the receiving side, from this paper only.",
            "核对码：请在接收端按本纸逐行输入，不得抄自屏幕、U盘或短信。",
        )
        .lines(language),
    );
    lines.push(String::new());
    let at = lines.len();
    lines.extend(code(statement));
    lines.push(String::new());
    let border = Label("below this line: information, not covered by the code", "以下内容不在核对码内");
    let border = format!("- {} ", border.text(language));
    lines.push(format!("{border}{}", "-".repeat(COLUMNS.saturating_sub(columns::width(&border)))));
    (lines, at)
}

/// Everything below the information: what people write on it, and what they do when it does not fit; and which of these
/// lines are to be signed.
pub(super) fn foot(statement: &Statement, print: &Print, language: Language) -> (Vec<String>, Range<usize>) {
    let Lines { kind, trace, .. } = statement.lines();
    let mut lines = bags(*kind, print, language);
    lines.push(rule('-'));
    let signatures = signatures(*kind, language);
    // The first one names the columns.
    let signed = lines.len() + 1..lines.len() + signatures.len();
    lines.extend(signatures);
    let carrier = Label("The stick carrier must be a different person.", "携带U盘者不得为同一人。");
    lines.push(format!(" {}", carrier.text(language)));
    // Seven people sign this one: its information has no line to give.
    lines.extend((*kind != Kind::CertPackage).then(|| rule('-')));
    let ink = Label("Before typing, compare the ink with the specimens.", "输入前比对签字预留样本。");
    lines.push(format!(" {}", ink.text(language)));
    lines.extend(
        Label(
            "Any difference: STOP. Keep stick and sheet. Call the number you already have.",
            "任何一行不符：立即停止，保留U盘与本单，拨打已登记的电话。",
        )
        .lines(language),
    );
    let recheck = Label("Re-check on the exporting side, before the sheet leaves:", "离开前在发送端复算：");
    lines.push(format!(" {}", recheck.text(language)));
    lines.push(format!("      bash rows.sh {} {trace}.{kind}.txt", kind.sheet_digit()));
    (lines, signed)
}

pub(super) const fn title(kind: Kind) -> Label {
    match kind {
        Kind::CertPackage => Label("RETURN SHEET", "回执指纹核对单"),
        Kind::Enrolment => Label("ENROLMENT SHEET", "登记指纹核对单"),
        _ => Label("FINGERPRINT SHEET", "指纹核对单"),
    }
}

pub(super) const fn name(kind: Kind) -> Label {
    match kind {
        Kind::CsrBundle => Label("csr-bundle", "证书申请包"),
        Kind::CertPackage => Label("cert-package", "证书包"),
        Kind::Enrolment => Label("enrolment", "身份登记"),
        Kind::Checkpoint => Label("checkpoint", "日志检查点"),
        Kind::StateBackup => Label("state-backup", "状态备份"),
    }
}

/// What the statement says, complete: nothing here is cut.
fn fields(statement: &Lines, language: Language) -> Vec<String> {
    let digest = statement.file_sha256.to_string();
    let (left, right) = digest.split_at(32);
    let kind = format!("{}  {}", statement.kind.sheet_digit(), name(statement.kind).text(language));
    [
        (Label("Kind   ", "类型"), vec![kind]),
        (Label("Trace  ", "追溯号"), vec![statement.trace.to_string()]),
        (Label("From   ", "来源"), columns::wrap(&statement.from.to_string(), WIDTH)),
        (Label("To     ", "目的"), columns::wrap(&statement.to.to_string(), WIDTH)),
        (Label("Items  ", "数量"), vec![statement.items.to_string()]),
        (Label("Expires", "失效"), vec![statement.expires.to_string()]),
        (Label("file-sha256", ""), vec![left.to_owned(), right.to_owned()]),
    ]
    .into_iter()
    .flat_map(|(label, values)| {
        let title = format!(" {}", label.text(language));
        let starts = std::iter::once(title).chain(std::iter::repeat(String::new()));
        starts.zip(values).map(|(start, value)| format!("{}{value}", columns::left(&start, VALUES)))
    })
    .collect()
}

/// Four rows a line, letter and digits apart.
fn code(statement: &Statement) -> Vec<String> {
    let rows: Vec<String> = Code::of(statement).sheet_rows().iter().map(|row| row.replacen(' ', "  ", 1)).collect();
    rows.chunks(4).map(|four| format!("      {}", four.join("       "))).collect()
}

/// The medium, and the bags whose numbers are written in.
fn bags(kind: Kind, print: &Print, language: Language) -> Vec<String> {
    let mut block = Block::new(language);
    let medium = print.medium.as_ref().map_or_else(|| "_".repeat(16), |name| text::clip(name, 16));
    let bag = format!("{} {}", Label("tamper bag", "封袋号").text(language), "_".repeat(17));
    block.list(Label("Media", "介质"), [medium, bag]);
    if kind == Kind::CertPackage {
        block.list(Label("Card bags", "卡封袋号"), ["_".repeat(17), "_".repeat(17), "_".repeat(17)]);
    }
    block.groups.concat()
}

fn signatures(kind: Kind, language: Language) -> Vec<String> {
    let people: &[Label] = match kind {
        Kind::CertPackage => &[
            Label("Officer 1", "安全员一"),
            Label("Officer 2", "安全员二"),
            Label("Auditor  ", "审计员"),
            Label("Checked  ", "复核"),
            Label("Sheet carrier", "送单人"),
            Label("Typed by 1", "录入人一"),
            Label("Typed by 2", "录入人二"),
        ],
        Kind::Enrolment => &[
            Label("Prepared ", "制单"),
            Label("Checked  ", "复核"),
            Label("Handed over", "面交人"),
            Label("Typed by 1", "录入人一"),
            Label("Typed by 2", "录入人二"),
            Label("Auditor  ", "审计员"),
        ],
        _ => &[
            Label("Prepared ", "制单"),
            Label("Checked  ", "复核"),
            Label("Sheet carrier", "送单人"),
            Label("Officer 1", "安全员一"),
            Label("Officer 2", "安全员二"),
            Label("Auditor  ", "审计员"),
        ],
    };
    let role = Label("Role", "角色");
    let titles = WRITTEN.map(|(label, at, _)| (at, label.text(language)));
    let blanks = WRITTEN.map(|(_, at, long)| (at, "_".repeat(long)));
    let mut lines = vec![line(role, &titles, language)];
    lines.extend(people.iter().map(|person| line(*person, &blanks, language)));
    lines
}

/// A label, and texts each from its column on.
fn line(label: Label, texts: &[(usize, String)], language: Language) -> String {
    texts
        .iter()
        .fold(format!(" {}", label.text(language)), |line, (at, text)| format!("{}{text}", columns::left(&line, *at)))
}
