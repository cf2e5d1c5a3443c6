//! S00: what this host is, what can be done here, and what was begun and not ended.

use super::resume::resume;
use super::{Screen, Turn, clock, inspect, journal, print, receive, seal, setup};
use crate::audit::entry::Side;
use crate::desk::unfinished::{Stage, Unfinished};
use crate::report::columns;
use crate::report::mark::Mark;
use crate::tui::asked::Asked;
use crate::tui::effect::{Effect, Input};
use crate::tui::form::{Field, Form, Pressed};
use crate::tui::frame::{Canvas, Row, View};
use crate::tui::keys::Key;
use crate::tui::language::{Language, fill};
use crate::tui::palette::Weight;
use crate::tui::told::{HostFacts, Told};
use crate::tui::window::Window;

/// The state of S00.
#[derive(Debug, Default)]
pub struct Home {
    facts: Option<HostFacts>,
    at: Window,
    /// A transfer is named that was made here and leaves again.
    again: Option<Form>,
}

/// What can be done, in its order: digit, side, English, Chinese.
const ITEMS: [(Option<Side>, &str, &str); 6] = [
    (Some(Side::Online), "Online:  export a CSR bundle", "在线：导出 CSR 申请包"),
    (Some(Side::Offline), "Offline: process a CSR bundle", "离线：处理 CSR 申请包"),
    (Some(Side::Online), "Online:  import a certificate package", "在线：导入证书包"),
    (None, "Audit viewer (read only)", "审计日志（只读）"),
    (None, "Enrolment and keys", "登记与密钥"),
    (None, "Host self-check", "主机自检"),
];
/// Columns of what can be done.
const ITEM: usize = 41;
/// How a package leaves again.
const AS_IT_IS: &str = "-";
const ANEW: &str = "anew";
/// Unfinished work has letters.
const LETTERS: &str = "abcdefghij";

impl Screen for Home {
    fn update(mut self: Box<Self>, input: Input) -> Turn {
        match input {
            Input::Told(Told::Look(facts)) => {
                self.facts = Some(*facts);
                Turn::stay(self)
            }
            Input::Key(key) if self.again.is_some() => self.leave_again(key),
            Input::Key(key) => self.key(key),
            Input::Told(_) | Input::Pasted => Turn::stay(self),
        }
    }

    fn view(&self, canvas: &Canvas<'_>) -> View {
        let (rail, mut body) = match &self.facts {
            Some(facts) => (about(facts, canvas), standing(facts, canvas)),
            None => (canvas.say("This host was not looked at yet.", "尚未读取本机状态。").to_owned(), Vec::new()),
        };
        body.push(Row::default());
        body.extend((1..).zip(ITEMS).map(|(number, item)| self.item(number, item, canvas)));
        body.push(Row::default());
        body.extend(self.lower(canvas, canvas.height.saturating_sub(body.len())));
        View {
            title: canvas.say("Home", "主页").to_owned(),
            code: "S00",
            rail,
            body,
            message: match self.facts.as_ref().map(|facts| facts.side) {
                Some(Side::Online) => canvas.say(
                    "Quarantined: find out why. Only what was in order does the CA seal again.",
                    "已隔离的：先查明原因；确认无误后才由 CA 重新封装并附新核对单。",
                ),
                _ => canvas.say(
                    "Quarantined work is let out by a quorum and an auditor, never by one person.",
                    "隔离的工作须由法定人数的安全员与审计员共同解除，不得由一人单独解除。",
                ),
            }
            .to_owned(),
            keys: match self.again {
                Some(_) => canvas
                    .say("type + Enter   Tab field   Esc back   F1 help", "输入+回车   Tab 字段   Esc 返回   F1 帮助"),
                None if self.facts.is_none() => canvas
                    .say("V view   S sheet   R look   ? help   Q quit", "V 查看   S 核对单   R 刷新   ? 帮助   Q 退出"),
                None if self.is_offline() => canvas.say(
                    "1-6 open  a-j resume  T again  V view  S sheet  K clock  R look  ? help  Q quit",
                    "1-6 打开  a-j 继续  T 再送  V 查看  S 核对单  K 时钟  R 刷新  ? 帮助  Q 退出",
                ),
                None => canvas.say(
                    "1-6 open  a-j resume  T again  V view  S sheet  R look  ? help  Q quit",
                    "1-6 打开  a-j 继续  T 再送  V 查看  S 核对单  R 刷新  ? 帮助  Q 退出",
                ),
            }
            .to_owned(),
        }
    }

    fn about(&self) -> (&'static str, &'static str) {
        (
            "Everything begins here. A host works on one side, for ever. Work that was begun is listed below; its letter goes on with it. T lets what was made here leave again, V shows a file, S compares a printed sheet.",
            "一切从这里开始。每台主机永远只属于一侧。已开始的工作记录在日志中并列在下方，按其字母继续。T 再次送出本机生成的传输（介质丢失或导入期限已过）。V 查看文件；S 复核打印的核对单。",
        )
    }

    fn command(&self) -> String {
        "airlock host check; airlock resume".to_owned()
    }

    fn asked(&self, language: Language) -> Option<Asked> {
        self.again.as_ref()?.asked(language)
    }

    fn takes_text(&self) -> bool {
        self.again.is_some()
    }
}

impl Home {
    fn key(mut self: Box<Self>, key: Key) -> Turn {
        let items = ITEMS.len();
        if let Some(digit) = key.digit().and_then(|c| c.to_digit(10)).filter(|digit| (1..=6).contains(digit)) {
            return self.open(digit as usize);
        }
        match (key, key.letter()) {
            (_, Some('q')) => Turn::stay(self).and(Effect::Quit(0)),
            (_, Some('r')) => Turn::stay(self).and(Effect::Look),
            (_, Some('k')) if self.is_offline() => clock::Clock::begin(),
            (_, Some('t')) if self.facts.is_some() => {
                self.again = Some(self.of_again());
                Turn::stay(self)
            }
            (Key::Enter, _) => {
                let at = self.at.at(items).unwrap_or_default();
                self.open(at + 1)
            }
            (Key::Esc, _) => Turn::stay(self),
            // Neither needs a host.
            (_, Some('v')) => inspect::Inspect::begin(),
            (_, Some('s')) => print::Print::begin(),
            (_, Some(letter)) => self.go_on(letter),
            (key, None) => {
                self.at = self.at.moved(key, items);
                Turn::stay(self)
            }
        }
    }

    fn is_offline(&self) -> bool {
        self.facts.as_ref().is_some_and(|facts| facts.side == Side::Offline)
    }

    /// Asks for a trace; at a CA host also whether its package is sealed once more.
    fn of_again(&self) -> Form {
        let trace = Field::text("Trace", "追溯号");
        let anew = Field::text("Seal: - or anew", "封装：- 或 anew").filled(AS_IT_IS);
        if self.is_offline() { Form::new([trace, anew]) } else { Form::new([trace]) }
    }

    fn leave_again(mut self: Box<Self>, key: Key) -> Turn {
        let is_offline = self.is_offline();
        let Some(form) = self.again.as_mut().filter(|_| key != Key::Esc) else {
            self.again = None;
            return Turn::stay(self);
        };
        if form.press(key) != Pressed::Complete {
            return Turn::stay(self);
        }
        let anew = match form.text(1) {
            ANEW if is_offline => true,
            "" | AS_IT_IS => false,
            _ => {
                form.mistyped(1, "Type anew, or - for the package as it is.", "填 anew，或 - 表示原包。");
                return Turn::stay(self);
            }
        };
        match form.text(0).parse() {
            Ok(trace) if is_offline => seal::Seal::again(trace, anew),
            #[cfg(feature = "online")]
            Ok(trace) => super::export::Export::again(trace),
            _ => {
                form.mistyped(
                    0,
                    "Not a trace, as on the sheet: 20250722-7Q2K-9M4F-B.",
                    "不是追溯号，格式如 20250722-7Q2K-9M4F-B。",
                );
                Turn::stay(self)
            }
        }
    }

    fn go_on(self: Box<Self>, letter: char) -> Turn {
        let work = self.facts.as_ref().and_then(|facts| {
            let work = facts.unfinished.get(LETTERS.find(letter)?)?;
            resume(facts.side, work)
        });
        work.unwrap_or_else(|| Turn::stay(self))
    }

    fn open(self: Box<Self>, number: usize) -> Turn {
        let Some(side) = self.facts.as_ref().map(|facts| facts.side) else { return Turn::stay(self) };
        match (number, side) {
            #[cfg(feature = "online")]
            (1, Side::Online) => super::scan::Scan::begin(),
            (2, Side::Offline) | (3, Side::Online) => receive::Receive::begin(side),
            (4, _) => journal::Journal::begin(),
            (5, _) => setup::SetUp::begin(),
            (6, _) => setup::SetUp::host(),
            _ => Turn::stay(self),
        }
    }

    fn item(&self, number: usize, item: (Option<Side>, &'static str, &'static str), canvas: &Canvas<'_>) -> Row {
        let (side, english, chinese) = item;
        let here = self.at.at(ITEMS.len()) == number.checked_sub(1);
        let is = self.facts.as_ref().map(|facts| facts.side);
        let disabled = match is {
            Some(is) if side.is_some_and(|side| side != is) => {
                fill(canvas.say("disabled: this host is {}", "不可用：本机为 {}"), [&is.name().to_uppercase()])
            }
            _ => String::new(),
        };
        let text = format!(
            " {} {number}  {}{disabled}",
            if here { ">" } else { " " },
            columns::left(canvas.say(english, chinese), ITEM)
        );
        Row::weighted(text.trim_end(), if here { Weight::Strong } else { Weight::Plain })
    }

    fn lower(&self, canvas: &Canvas<'_>, height: usize) -> Vec<Row> {
        let Some(facts) = &self.facts else { return Vec::new() };
        if let Some(form) = &self.again {
            let head = canvas.say(
                " What was made here leaves again, on another medium and with a sheet of its own",
                " 本机生成的传输再次送出，使用另一介质并另附核对单",
            );
            let which = canvas.say(
                "   -: as it is, same rows (stick lost)   anew: sealed again, new rows (too old)",
                "   -：原包，各行不变（介质丢失）   anew：重新封装，新的各行（已过期）",
            );
            let which = self.is_offline().then(|| Row::from(which));
            return std::iter::once(Row::from(head)).chain(form.rows(canvas)).chain(which).collect();
        }
        let mut rows = unfinished(facts, canvas, height);
        rows.truncate(height);
        rows
    }
}

fn about(facts: &HostFacts, canvas: &Canvas<'_>) -> String {
    let side = facts.side.name().to_uppercase();
    fill(
        canvas.say("host {}   side {} (fixed)   F2: zh/en", "主机 {}   侧 {}（固定）   F2: zh/en"),
        [&facts.name, &side],
    )
}

/// How the host stands, a line a thing.
fn standing(facts: &HostFacts, canvas: &Canvas<'_>) -> Vec<Row> {
    let label = |english, chinese| columns::left(canvas.say(english, chinese), 10);
    let network = match (facts.links_up.as_slice(), facts.side) {
        ([], _) => format!("{} {}", Mark::Ok, canvas.say("no interface is up", "没有启用的网络接口")),
        (up, Side::Offline) => {
            fill(canvas.say("{} {} is up: unplug it", "{} {} 已启用：请拔除"), [&Mark::Warn, &up.join(", ")])
        }
        (up, Side::Online) => format!("{} {}", Mark::Open, up.join(", ")),
    };
    let clock = match (facts.attested, facts.side) {
        (_, Side::Online) => String::new(),
        (true, Side::Offline) => Mark::Ok.to_string(),
        (false, Side::Offline) => {
            format!("{} {}", Mark::Warn, canvas.say("not attested today: press K", "今日尚未确认，请按 K"))
        }
    };
    let log = match facts.signed {
        Some(signed) => fill(
            canvas.say("{} entr{y}, the newest signed head covers {}", "{} 条记录，最新签名树头覆盖 {} 条"),
            [&facts.entries, &signed],
        ),
        None => fill(canvas.say("{} entr{y}, no head was signed yet", "{} 条记录，尚无签名树头"), [&facts.entries]),
    };
    let hsm = facts
        .token
        .as_ref()
        .map(|serial| fill(canvas.say("not logged in, token serial {}", "未登录，密码机序列号 {}"), [serial]));
    let program = fill(
        canvas.say("version {}   sha256 {}   compare with record", "版本 {}   sha256 {}：请与仪式记录核对"),
        [&facts.version, &facts.program],
    );
    let mut rows = vec![
        Row::from(format!(" {}{network}", label("Network", "网络"))),
        Row::from(format!(" {}{}  {clock}", label("Clock", "时钟"), facts.clock).trim_end()),
        Row::from(format!(" {}{} {log}", label("Audit log", "审计日志"), Mark::Ok)),
    ];
    rows.extend(hsm.map(|hsm| Row::from(format!(" {}{} {hsm}", label("HSM", "HSM"), Mark::Open))));
    rows.push(Row::from(format!(" {}{} {program}", label("Program", "程序"), Mark::Open)));
    rows
}

fn unfinished(facts: &HostFacts, canvas: &Canvas<'_>, height: usize) -> Vec<Row> {
    let head = match facts.unfinished.iter().any(|work| !work.stage.is_done()) {
        true => canvas.say(" Unfinished work", " 未完成的工作"),
        false => canvas.say(" No unfinished work", " 没有未完成的工作"),
    };
    let mut rows = vec![Row::from(head)];
    let told = LETTERS.chars().zip(&facts.unfinished).map(|(letter, work)| line(letter, work, facts.side, canvas));
    let mut shown = 0;
    for told in told {
        let more = usize::from(shown + 1 < facts.unfinished.len());
        if rows.len() + told.len() + more > height {
            break;
        }
        shown += 1;
        rows.extend(told);
    }
    let more = facts.unfinished.len().saturating_sub(shown);
    rows.extend(
        (more > 0).then(|| {
            Row::from(fill(canvas.say("   {} more: airlock resume", "   另有 {} 项：airlock resume"), [&more]))
        }),
    );
    rows
}

/// Work on its line; where packages of nodes lie stands below.
fn line(letter: char, work: &Unfinished, side: Side, canvas: &Canvas<'_>) -> Vec<Row> {
    let kind = work.kind.as_deref().unwrap_or("request");
    let (english, chinese) = match (work.waits_for_a_call(), side) {
        (false, _) => stage(work.stage),
        (true, _) if work.is_enrolment() => ("second enrolment: do not go on", "第二份登记：不得继续"),
        (true, Side::Offline) => ("second statement: do not go on", "第二份声明：不得继续"),
        (true, Side::Online) => ("second statement: call the CA first", "第二份声明：先致电 CA"),
    };
    let stands = fill(canvas.say(english, chinese), [&told_of(work)]);
    let text = format!("   {letter}  {}  {kind:<12}  {stands}", work.trace);
    let out = work.out.as_ref().filter(|_| work.stage.is_done()).map(|out| columns::visible(out));
    let below = out.iter().flat_map(|out| columns::hanging("      ", out, canvas.width));
    let row = Row::weighted(text, if work.is_alarm() { Weight::Alarm } else { Weight::Plain });
    std::iter::once(row).chain(below.map(Row::from)).collect()
}

/// How far it is, and what comes next.
const fn stage(stage: Stage) -> (&'static str, &'static str) {
    match stage {
        Stage::Received => ("received: type its sheet", "已接收：录入核对单"),
        Stage::Typed => ("typed: go on from the sheet", "已录入：从核对单继续"),
        Stage::Quarantined => ("quarantined: nothing goes on", "已隔离：不能继续"),
        Stage::Verified => ("verified: go on", "已校验：继续"),
        Stage::Planned => ("planned: people decide", "已冻结计划：待人员决定"),
        Stage::Deciding => ("deciding: others are awaited", "决定中：待其他人员"),
        Stage::Signing => ("signing: sign the rest", "签发中：签发其余"),
        Stage::Signed => ("signed: seal it", "已签发：封装"),
        Stage::Sealed => ("sealed: write it to a medium", "已封装：写到介质"),
        Stage::Requested => ("requested: begin it again", "已申请：重新开始"),
        Stage::Placed => ("ready: write it to a medium", "已备好：写到介质"),
        Stage::Awaited => ("awaited: the answer is to come", "等待中：答复未到"),
        Stage::Accepted => ("accepted: stage it", "已接受：暂存"),
        Stage::Split => ("split, not written: split it again", "已拆分，未写完：重新拆分"),
        Stage::Delivered => ("done here: {} node package{s} in", "本机已完成：{} 个节点包，位于"),
        Stage::Staged => ("staged; rotation not begun", "已暂存；轮换未开始"),
        Stage::Rotating => ("rotating: see how far", "轮换中：查看进度"),
        Stage::Returning => ("going back to {}: see how far", "正回退至 {}：查看进度"),
        Stage::Returned => ("went back to {}; forward or back", "已回退至 {}：可前进或再回退"),
    }
}

/// What its line names.
fn told_of(work: &Unfinished) -> String {
    match work.stage {
        Stage::Returning | Stage::Returned => columns::visible(work.to.as_deref().unwrap_or("-")),
        _ => work.nodes.to_string(),
    }
}
