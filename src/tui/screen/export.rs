//! N30: keys and bundle are made, and the bundle leaves on a medium.

use super::person::{FIELDS, credentials, form};
use super::shelf::{Picked, Shelf};
use super::{Screen, Turn, draft, sheet};
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

/// The state of N30.
#[derive(Debug)]
pub struct Export {
    /// The request that was made before and leaves again; none where it is still to be made.
    again: Option<Trace>,
    shelf: Shelf,
    form: Form,
    facts: Option<OutgoingFacts>,
    /// Whether keys began to be made: what was drafted is spent then.
    is_spent: bool,
    /// The options of the command line that asked for what was reviewed.
    options: String,
}

impl Export {
    /// What was reviewed is made and leaves. These `options` of the command line asked for it.
    pub fn begin(options: String) -> Turn {
        let more = [Field::secret("Passphrase of host", "主机口令")].into_iter().chain(places());
        Self::with(None, form(more), options)
    }

    /// The bundle of `trace`, whose keys are placed, leaves once more.
    pub fn again(trace: Trace) -> Turn {
        Self::with(Some(trace), Form::new(places()), String::new())
    }

    fn with(again: Option<Trace>, form: Form, options: String) -> Turn {
        let shelf = Shelf::of(Way::Out);
        Turn::to(Self { again, shelf, form, facts: None, is_spent: false, options }).and(Effect::Media)
    }

    fn key(mut self: Box<Self>, key: Key) -> Turn {
        if let Some(facts) = &self.facts {
            return match (key, key.letter()) {
                (Key::Enter, _) | (_, Some('n')) => sheet::Sheet::begin(facts.trace.clone()),
                (Key::Esc, _) => Turn::home(),
                _ => Turn::stay(self),
            };
        }
        if key == Key::Esc {
            return if self.again.is_some() { Turn::home() } else { draft::Draft::begin() };
        }
        let field = if self.again.is_some() { 0 } else { FIELDS + 1 };
        match self.shelf.press(key, &mut self.form, field) {
            Picked::Yes => return Turn::stay(self),
            Picked::Do(effect) => return Turn::stay(self).and(effect),
            Picked::No => {}
        }
        if self.form.press(key) != Pressed::Complete {
            return Turn::stay(self);
        }
        let effect = match &self.again {
            Some(trace) => Effect::Leave { trace: trace.clone(), medium: self.form.path(0), sheet: self.form.path(1) },
            None => Effect::Request {
                host: self.form.secret(FIELDS),
                medium: self.form.path(FIELDS + 1),
                sheet: self.form.path(FIELDS + 2),
                who: credentials(&mut self.form),
            },
        };
        Turn::stay(self).and(effect)
    }
}

fn places() -> [Field; 2] {
    [Field::text("Device or path", "设备或路径"), Field::text("Sheet: file, printer", "核对单：文件、打印机")]
}

impl Screen for Export {
    fn update(mut self: Box<Self>, input: Input) -> Turn {
        match input {
            Input::Key(key) => self.key(key),
            Input::Told(Told::Outgoing(facts)) => {
                self.facts = Some(*facts);
                Turn::stay(self)
            }
            Input::Told(Told::Gauge { .. }) => {
                self.is_spent = true;
                Turn::stay(self)
            }
            // What was drafted is spent, and what was made waits at home to leave.
            Input::Told(Told::Refused(_)) if self.is_spent => Turn::home(),
            Input::Told(Told::Media(seen)) => {
                self.shelf.fill(seen);
                Turn::stay(self)
            }
            Input::Told(Told::Ejected) => Turn::stay(self).and(Effect::Media),
            Input::Told(_) | Input::Pasted => Turn::stay(self),
        }
    }

    fn view(&self, canvas: &Canvas<'_>) -> View {
        let mut body = Vec::new();
        match &self.facts {
            None => {
                let told = match self.again {
                    None => canvas.say(
                        "New keys are written beside the live ones; nothing live changes.",
                        "新密钥写在现用密钥旁边；现用文件不变。",
                    ),
                    Some(_) => canvas.say(
                        "The bundle that was made leaves as it is; no key is made.",
                        "已生成的申请包原样送出；不再生成密钥。",
                    ),
                };
                body.extend([Row::from(format!(" {told}")), Row::default()]);
                body.extend(self.shelf.rows(canvas));
                body.extend(self.form.rows(canvas));
            }
            Some(facts) => {
                body.push(Row::weighted(format!(" {}", facts.trace), Weight::Strong));
                body.extend(facts.about.iter().map(|line| Row::from(format!("   {}", line.of(canvas.language)))));
                body.push(Row::default());
                body.extend(facts.files.iter().map(|(name, bytes)| Row::from(format!("   {name}   {bytes} B"))));
                body.push(Row::default());
                let left = facts.left.unwrap_or_default();
                let told = fill(
                    canvas.say(
                        " {} written, flushed, read back equal; log entry {}. Remove the medium.",
                        " {} 已写入、写盘、回读一致；日志记录 {}。请取出介质。",
                    ),
                    [&Mark::Ok, &left],
                );
                body.push(told.into());
            }
        }
        let keys = match self.facts {
            Some(_) => canvas.say("N sheet   Esc home   ? help", "N 核对单   Esc 主页   ? 帮助"),
            None if self.again.is_some() => canvas.say(
                "Enter export   Tab field   Up/Down R X medium   Esc home   F1 help",
                "回车导出   Tab 字段   上下键 R X 介质   Esc 主页   F1 帮助",
            ),
            None => canvas.say(
                "Enter make and export   Tab field   Up/Down R X medium   Esc back   F1 help",
                "回车生成并导出   Tab 字段   上下键 R X 介质   Esc 返回   F1 帮助",
            ),
        };
        View {
            title: canvas.say("Online: 3 Export", "在线：3 导出").to_owned(),
            code: "N30",
            rail: format!("{}   {}", canvas.host, Journey::Asking.rail(3, canvas.language)),
            body,
            message: canvas
                .say("The sheet must NOT travel with this medium.", "核对单不得与本介质一同传递。")
                .to_owned(),
            keys: keys.to_owned(),
        }
    }

    fn about(&self) -> (&'static str, &'static str) {
        (
            "Exactly what was reviewed is made: keys beside the live ones, one request for each, a bundle signed by this host. The request stands in the log before the first key reaches a node.",
            "严格按审查内容生成：新密钥写在现用密钥旁，每个密钥一个请求，并由本机签名的申请包。请求先记入日志，再写入节点。",
        )
    }

    fn command(&self) -> String {
        match &self.again {
            Some(trace) => format!("airlock online request --again {trace} --media DEV|DIR --sheet FILE"),
            None => {
                format!("airlock online request{} --media DEV|DIR --sheet FILE --person ID --key FILE", self.options)
            }
        }
    }

    fn asked(&self, language: Language) -> Option<Asked> {
        self.facts.is_none().then(|| self.form.asked(language))?
    }

    fn takes_text(&self) -> bool {
        self.facts.is_none()
    }
}
