//! F70: the package is sealed, its sheet printed, and it leaves on a medium.

use super::shelf::{Picked, Shelf};
use super::{Screen, Turn, sheet};
use crate::desk::register::Way;
use crate::exchange::trace::Trace;
use crate::report::mark::Mark;
use crate::tui::asked::Asked;
use crate::tui::effect::{Effect, Input};
use crate::tui::form::{Field, Form, Pressed};
use crate::tui::frame::{Canvas, Row, View};
use crate::tui::keys::Key;
use crate::tui::language::{Language, fill};
use crate::tui::palette::Weight;
use crate::tui::rail::Journey;
use crate::tui::told::{OutgoingFacts, Told};

/// The state of F70.
#[derive(Debug)]
pub struct Seal {
    trace: Trace,
    facts: Option<OutgoingFacts>,
    shelf: Shelf,
    form: Form,
    /// Whether it is sealed once more.
    anew: bool,
    /// The rows of the sheet from before; others are of a package that was sealed since.
    before: Option<Vec<String>>,
}

impl Seal {
    /// Looks whether the package of `trace` was sealed before.
    pub fn begin(trace: Trace) -> Turn {
        Self::again(trace, false)
    }

    /// The package of `trace` leaves again, sealed `anew` where the time of the importer ran out.
    pub fn again(trace: Trace, anew: bool) -> Turn {
        let (facts, shelf, form) = (None, Shelf::of(Way::Out), Form::default());
        Self { trace, facts, shelf, form, anew, before: None }.look()
    }

    fn look(self) -> Turn {
        let trace = self.trace.clone();
        Turn::to(self).and(Effect::Outgoing(trace)).and(Effect::Media)
    }

    /// Sealed or not: what stands in the log says so. What was asked for is asked again, and nothing is sealed a second time.
    fn refused(mut self: Box<Self>) -> Turn {
        self.before = self.facts.take().map(|facts| facts.sheet);
        self.shelf = Shelf::of(Way::Out);
        self.form = Form::default();
        self.look()
    }

    fn has_left(&self) -> bool {
        self.facts.as_ref().is_some_and(|facts| facts.left.is_some())
    }

    /// What is asked for: the PIN only where the package is still to be sealed.
    fn asked(facts: &OutgoingFacts, anew: bool) -> Form {
        let places =
            [Field::text("Device or path", "设备或路径"), Field::text("Sheet: file, printer", "核对单：文件、打印机")];
        let pin = (anew || facts.kind.is_none()).then(|| Field::secret("PIN", "PIN"));
        Form::new(places.into_iter().chain(pin).collect::<Vec<_>>())
    }

    fn key(mut self: Box<Self>, key: Key) -> Turn {
        match (key, key.letter()) {
            (Key::Esc, _) => return Turn::home(),
            (Key::Enter, _) | (_, Some('n')) if self.has_left() => return sheet::Sheet::begin(self.trace),
            _ if self.has_left() || self.facts.is_none() => {}
            _ => {
                match self.shelf.press(key, &mut self.form, 0) {
                    Picked::Yes => return Turn::stay(self),
                    Picked::Do(effect) => return Turn::stay(self).and(effect),
                    Picked::No => {}
                }
                if self.form.press(key) == Pressed::Complete {
                    let is_sealed = self.facts.as_ref().is_some_and(|facts| facts.kind.is_some());
                    let (medium, sheet) = (self.form.path(0), self.form.path(1));
                    let pin = (self.anew || !is_sealed).then(|| self.form.secret(2));
                    let (trace, anew) = (self.trace.clone(), self.anew);
                    return Turn::stay(self).and(Effect::Seal { trace, pin, medium, sheet, anew });
                }
            }
        }
        Turn::stay(self)
    }

    fn body(&self, canvas: &Canvas<'_>) -> Vec<Row> {
        let Some(facts) = &self.facts else { return Vec::new() };
        let sealed = match facts.kind.as_ref().filter(|_| !self.anew) {
            Some(kind) => format!(
                " {} {}{kind}",
                Mark::Ok,
                canvas.say("package signed by this CA and encrypted: ", "证书包已由本 CA 签名并加密：")
            ),
            None if self.anew => format!(
                " {} {}",
                Mark::Open,
                canvas.say("the package is sealed once more; the token signs it", "证书包将重新封装；由密码机签名")
            ),
            None => format!(
                " {} {}",
                Mark::Open,
                canvas.say("the package is not sealed yet; the token signs it", "证书包尚未封装；由密码机签名")
            ),
        };
        let mut rows = vec![Row::from(sealed), Row::default()];
        rows.extend(facts.about.iter().map(|line| Row::from(format!("   {}", line.of(canvas.language)))));
        rows.extend(facts.files.iter().map(|(name, bytes)| Row::from(format!("   {name}   {bytes} B"))));
        rows.push(Row::default());
        match facts.left {
            None => {
                rows.extend(self.shelf.rows(canvas));
                rows.extend(self.form.rows(canvas));
            }
            Some(entry) => {
                let told = canvas.say(
                    "[ OK ] written   [ OK ] flushed   [ OK ] read back equal",
                    "[ OK ] 已写入   [ OK ] 已写盘   [ OK ] 回读一致",
                );
                rows.push(format!(" {told}").into());
                rows.push(Row::weighted(
                    fill(
                        canvas.say(
                            " {} The package left; log entry {}. Remove the medium.",
                            " {} 证书包已导出；日志记录 {}。请取出介质。",
                        ),
                        [&Mark::Ok, &entry],
                    ),
                    Weight::Strong,
                ));
            }
        }
        rows
    }
}

impl Screen for Seal {
    fn update(mut self: Box<Self>, input: Input) -> Turn {
        match input {
            Input::Key(key) => self.key(key),
            Input::Told(Told::Outgoing(facts)) => {
                let before = self.facts.take().map(|facts| facts.sheet).or(self.before.take());
                self.anew &= before.is_none_or(|before| before == facts.sheet);
                self.form = Self::asked(&facts, self.anew);
                self.facts = Some(*facts);
                Turn::stay(self)
            }
            Input::Told(Told::Refused(_)) if self.facts.is_some() => self.refused(),
            Input::Told(Told::Media(seen)) => {
                self.shelf.fill(seen);
                Turn::stay(self)
            }
            Input::Told(Told::Ejected) => Turn::stay(self).and(Effect::Media),
            Input::Told(_) | Input::Pasted => Turn::stay(self),
        }
    }

    fn view(&self, canvas: &Canvas<'_>) -> View {
        let keys = match (self.has_left(), self.facts.is_some()) {
            (true, _) => canvas.say("N return sheet   Esc home   ? help", "N 回执核对单   Esc 主页   ? 帮助"),
            (_, true) => canvas.say(
                "Enter seal and write   Tab field   Up/Down R X medium   Esc home   F1 help",
                "回车封装并写出   Tab 字段   上下键 R X 介质   Esc 主页   F1 帮助",
            ),
            _ => canvas.say("Esc home   ? help", "Esc 主页   ? 帮助"),
        };
        View {
            title: fill(canvas.say("Offline CA {}: 7 Seal and export", "离线 CA {}：7 封装与导出"), [&canvas.host]),
            code: "F70",
            rail: Journey::Answering.rail(7, canvas.language),
            body: self.body(canvas),
            message: canvas
                .say("The sheet must NOT travel with this medium.", "核对单不得与本介质一同传递。")
                .to_owned(),
            keys: keys.to_owned(),
        }
    }

    fn about(&self) -> (&'static str, &'static str) {
        (
            "The certificates, the plan, the approvals and a part of the log are signed and encrypted to the cluster. The package is kept here, its sheet printed on a printer or to a new file (text, .pdf or .svg), then it is written to the medium and read back.",
            "证书、计划、批准及部分日志经签名并加密给集群。证书包保存在本机，核对单打印或写入新文件（文本、.pdf 或 .svg），然后写入介质并回读。",
        )
    }

    fn command(&self) -> String {
        let again = if self.anew { " --again" } else { "" };
        format!("airlock offline seal {}{again} --media DEV|DIR --sheet FILE", self.trace)
    }

    fn asked(&self, language: Language) -> Option<Asked> {
        self.takes_text().then(|| self.form.asked(language))?
    }

    fn takes_text(&self) -> bool {
        self.facts.is_some() && !self.has_left()
    }
}
