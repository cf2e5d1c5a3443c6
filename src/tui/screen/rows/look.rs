//! What F20 and I20 look like.

use super::{Rows, Stage, Typing};
use crate::audit::entry::Side;
use crate::desk::second::is_given_up;
use crate::exchange::code::rows::{Row as SheetRow, Rows as SheetRows};
use crate::exchange::draw::entry::Answer;
use crate::report::mark::Mark;
use crate::tui::frame::{Canvas, Row, View};
use crate::tui::language::fill;
use crate::tui::palette::Weight;
use crate::tui::rail::Journey;
use crate::tui::screen::odd;

/// More rows than these stand in a grid.
const LISTED: u32 = 8;
/// Columns of the grid.
const ACROSS: usize = 4;

impl Rows {
    pub(super) fn look(&self, canvas: &Canvas<'_>) -> View {
        let (title, code, journey) = match self.side {
            Side::Offline => (
                fill(
                    canvas.say("Offline CA {}: 2 Confirm the paper sheet", "离线 CA {}：2 录入纸质核对单"),
                    [&canvas.host],
                ),
                "F20",
                Journey::Answering,
            ),
            Side::Online => (
                canvas.say("Import: 2 Confirm the paper sheet", "导入：2 录入纸质核对单").to_owned(),
                "I20",
                Journey::Importing,
            ),
        };
        View {
            title,
            code,
            rail: journey.rail(2, canvas.language),
            body: self.body(canvas),
            message: self.message(canvas),
            keys: self.keys(canvas).to_owned(),
        }
    }

    fn body(&self, canvas: &Canvas<'_>) -> Vec<Row> {
        let kind = self.paper.as_ref().map_or("", |paper| paper.kind);
        let take = fill(
            canvas.say("Take the PAPER sheet for trace   {}   {}", "请取纸质核对单，追溯号   {}   {}"),
            [&self.trace, &kind],
        );
        let mut rows = match &self.stage {
            Stage::Typing(typing) => vec![Row::weighted(typing.whose(canvas), Weight::Strong), Row::default()],
            _ => self.typed(canvas),
        };
        rows.push(format!(" {take}").into());
        // Whoever sits down was perhaps not there when it came.
        if let (Stage::SigningIn { .. }, Some(paper)) =
            (&self.stage, self.paper.as_ref().filter(|paper| paper.is_second))
        {
            rows.extend(odd::second(paper.side, paper.kind, canvas));
        }
        rows.extend(self.rows(canvas));
        rows
    }

    /// What is done below the name of the sheet.
    fn rows(&self, canvas: &Canvas<'_>) -> Vec<Row> {
        let mut rows = Vec::new();
        match &self.stage {
            Stage::SigningIn { form, whole } => {
                rows.push(Row::default());
                rows.extend(form.rows(canvas));
                rows.push(Row::default());
                rows.push(format!("   F3   {}", sharing(*whole, canvas)).into());
            }
            Stage::Typing(typing) => {
                let told = canvas.say(
                    "Type the six digits of each row. Nothing here shows you the right answer.",
                    "输入每行的六位数字。屏幕不会显示正确答案。",
                );
                rows.push(format!(" {told}").into());
                rows.push(Row::default());
                let grid = typing.asked.count() > LISTED && !canvas.is_linear;
                rows.extend(if grid { typing.grid(canvas) } else { typing.list(canvas) });
                let done = fill(
                    canvas.say("{} of {} row{s} done", "已完成 {}/{} 行"),
                    [&typing.done(), &typing.asked.count()],
                );
                rows.push(crate::report::columns::right(&done, 75).into());
            }
            Stage::Done { complete } => {
                rows.push(Row::default());
                let next = match complete {
                    true => canvas
                        .say("All rows are confirmed. The transfer may be opened.", "全部行已确认。可以打开该传输。"),
                    false => canvas.say(
                        "Your rows are confirmed. The others belong to the next person.",
                        "您的行已确认。其余的行属于下一位人员。",
                    ),
                };
                rows.push(Row::weighted(format!(" {} {next}", Mark::Ok), Weight::Strong));
            }
            Stage::Tired(row) => {
                rows.push(Row::default());
                let rest = fill(
                    canvas.say(
                        "Six typos in row {}. Rest ten minutes, then type it to the end today.",
                        "行 {} 输入错误六次。请休息十分钟，今日内须录完。",
                    ),
                    [row],
                );
                rows.push(Row::weighted(format!(" {} {rest}", Mark::Fail), Weight::Strong));
                let until = canvas.say(
                    "Until then this sheet counts as given up: a second one locks the intake.",
                    "在此之前本核对单视为已放弃；再有一份将锁定接收。",
                );
                rows.push(format!("        {until}").into());
            }
        }
        rows
    }

    /// Who has confirmed which rows before.
    fn typed(&self, canvas: &Canvas<'_>) -> Vec<Row> {
        let Some(paper) = &self.paper else { return Vec::new() };
        let mut rows: Vec<Row> = paper
            .typed
            .iter()
            .map(|(person, typed)| {
                let told = fill(canvas.say("{}: {} row{s} confirmed", "{}：已确认 {} 行"), [person, &typed.count()]);
                Row::from(format!(" {} {told}", Mark::Ok))
            })
            .collect();
        if paper.complete {
            rows.push(Row::weighted(
                format!(
                    " {} {}",
                    Mark::Ok,
                    canvas.say("the sheet is complete: F4 goes on", "核对单已完成：按 F4 继续")
                ),
                Weight::Strong,
            ));
        }
        rows.push(Row::default());
        rows
    }

    fn message(&self, canvas: &Canvas<'_>) -> String {
        if self.pasted {
            return format!(
                "{} {}",
                Mark::Typo,
                canvas.say("Paste is off; read the row and type it.", "禁止粘贴；请阅读该行并手动输入。")
            );
        }
        let told = match &self.stage {
            Stage::Typing(typing) if typing.is_leaving => canvas.say(
                "Leave (Esc)? Rows are typed again; two sheets left in a day lock the intake.",
                "离开（再按 Esc）？各行须重录；一日内放弃两份核对单将锁定接收。",
            ),
            Stage::Typing(_) => canvas.say(
                "Paste is off. If a row fails twice with a right check digit: quarantine.",
                "禁止粘贴。若某行两次校验位正确而内容不符，将被隔离。",
            ),
            _ => canvas.say(
                "Nothing inside the transfer is read before its sheet is typed.",
                "核对单录入之前不会读取传输内容。",
            ),
        };
        told.to_owned()
    }

    /// Whether what it belongs to ended where it came in.
    fn gives_up(&self) -> bool {
        self.paper.as_ref().is_some_and(|paper| paper.is_second && is_given_up(paper.side, paper.kind))
    }

    fn keys(&self, canvas: &Canvas<'_>) -> &'static str {
        match &self.stage {
            Stage::SigningIn { .. } if self.gives_up() => {
                canvas.say("Esc home: type no row of this sheet   F1 help", "Esc 主页：不得录入本单任何一行   F1 帮助")
            }
            Stage::SigningIn { .. } if self.is_complete() => canvas.say(
                "F4 go on   type + Enter sit down   Tab field   F3 rows   Esc home   F1 help",
                "F4 继续   输入后回车开始录入   Tab 字段   F3 行数   Esc 主页   F1 帮助",
            ),
            Stage::SigningIn { .. } => canvas.say(
                "type + Enter sit down   Tab field   F3 rows   Esc home   F1 help",
                "输入后回车开始录入   Tab 字段   F3 行数   Esc 主页   F1 帮助",
            ),
            Stage::Typing(_) => canvas.say(
                "0-9 type   Backspace   Esc leave (sheet looks wrong: call the sender)   ? help",
                "0-9 输入   退格   Esc 离开（核对单有疑：致电发送方）   ? 帮助",
            ),
            Stage::Done { .. } | Stage::Tired(_) => {
                canvas.say("N next   Esc home   ? help", "N 下一步   Esc 主页   ? 帮助")
            }
        }
    }
}

fn sharing(whole: bool, canvas: &Canvas<'_>) -> String {
    let (half, all) = if whole { ("( )", "(o)") } else { ("(o)", "( )") };
    fill(
        canvas.say(
            "{} eight rows, a second person types the others   {} all sixteen",
            "{} 八行，其余由第二人输入   {} 全部十六行",
        ),
        [&half, &all],
    )
}

impl Typing {
    /// Who types which share of the sheet.
    fn whose(&self, canvas: &Canvas<'_>) -> String {
        let person = self.person.to_uppercase();
        if self.asked == SheetRows::ALL {
            return fill(canvas.say(" Person   {}   all 16 rows", " 人员   {}   全部 16 行"), [&person]);
        }
        let told = canvas.say(" Person   {}   {} row{s}, drawn at random", " 人员   {}   {} 行，随机抽取");
        fill(told, [&person, &self.asked.count()])
    }

    /// A row a line, as on the paper.
    fn list(&self, canvas: &Canvas<'_>) -> Vec<Row> {
        let title = canvas.say("row   digits          result", "行    数字            结果");
        let mut rows = vec![Row::from(format!("        {title}"))];
        for row in self.asked.iter() {
            let last = self.last(row);
            let is_right = matches!(last, Some((_, Answer::Right)));
            if let Some((digits, answer)) = last {
                rows.push(
                    format!("         {row}    {}         {}", spaced(digits), result(answer, row, canvas)).into(),
                );
                rows.extend(once_more(answer, 37, canvas));
            }
            if row == self.row && !is_right {
                let typed = format!("    >    {row}    {}", blanks(&self.digits));
                rows.push(Row::weighted(typed, Weight::Strong).field());
            } else if last.is_none() {
                rows.push(format!("         {row}").into());
            }
        }
        rows
    }

    /// Four rows a line; what is wrong with the current one stands below.
    fn grid(&self, canvas: &Canvas<'_>) -> Vec<Row> {
        let cell = |row: SheetRow| {
            let cell = match self.last(row) {
                Some((digits, Answer::Right)) => format!("{row} {} {}", spaced(digits), Mark::Ok),
                _ if row == self.row => format!("{row} {}  <", blanks(&self.digits)),
                _ => row.to_string(),
            };
            format!("{cell:<20}")
        };
        let all: Vec<SheetRow> = self.asked.iter().collect();
        let mut rows: Vec<Row> = all
            .chunks(ACROSS)
            .map(|chunk| {
                Row::from(format!("    {}", chunk.iter().map(|row| cell(*row)).collect::<String>().trim_end()))
            })
            .collect();
        rows.push(Row::default());
        let wrong = self.last(self.row).filter(|(_, answer)| *answer != Answer::Right);
        let advice = wrong.and_then(|(_, answer)| once_more(answer, 22, canvas));
        rows.push(
            wrong
                .map(|(digits, answer)| {
                    format!("    {} {}  {}", self.row, spaced(digits), result(answer, self.row, canvas))
                })
                .unwrap_or_default()
                .into(),
        );
        rows.extend(advice);
        rows
    }
}

fn result(answer: Answer, row: SheetRow, canvas: &Canvas<'_>) -> String {
    match answer {
        Answer::Right => Mark::Ok.to_string(),
        Answer::Typo => format!(
            "{} {}",
            Mark::Typo,
            fill(canvas.say("check digit wrong, type row {} again", "校验位错误，请重新输入行 {}"), [&row])
        ),
        Answer::TypeAgain => {
            format!("{} {}", Mark::Warn, canvas.say("not this transfer's row:", "与本次传输不符："))
        }
    }
}

/// What to do about a row of another sheet, below it and `indented` columns to the right; it is the last chance.
fn once_more(answer: Answer, indented: usize, canvas: &Canvas<'_>) -> Option<Row> {
    let told = canvas.say("check the trace, then type ONCE more", "先核对追溯号，再重输，仅剩一次");
    (answer == Answer::TypeAgain).then(|| Row::weighted(format!("{:indented$}{told}", ""), Weight::Strong))
}

fn spaced(digits: &str) -> String {
    let (first, second) = digits.split_at_checked(3).unwrap_or((digits, ""));
    format!("{first} {second}")
}

/// What was typed, and blanks for the rest.
fn blanks(digits: &str) -> String {
    spaced(&format!("{digits:_<6}"))
}
