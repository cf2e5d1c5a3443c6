//! I40: certificates are written beside the live ones. Nothing is live yet.

use super::{Screen, Turn};
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
use crate::tui::told::{StageFacts, Told};
use crate::tui::window::Window;

/// The state of I40.
#[derive(Debug)]
pub struct Stage {
    trace: Trace,
    facts: Option<StageFacts>,
    form: Option<Form>,
    at: Window,
}

impl Stage {
    /// Looks at what would be written for `trace`.
    pub fn begin(trace: Trace) -> Turn {
        let stage = Self { trace: trace.clone(), facts: None, form: None, at: Window::default() };
        Turn::to(stage).and(Effect::PlanStage(trace))
    }

    fn is_staged(&self) -> bool {
        self.facts.as_ref().is_some_and(|facts| facts.entry.is_some())
    }

    fn key(mut self: Box<Self>, key: Key) -> Turn {
        if let Some(form) = &mut self.form {
            let cluster = self.facts.as_ref().map(|facts| facts.cluster.as_str());
            match key {
                Key::Esc => self.form = None,
                key => {
                    if form.press(key) == Pressed::Complete && cluster == Some(form.text(0)) {
                        self.form = None;
                        let trace = self.trace.clone();
                        return Turn::stay(self).and(Effect::Stage(trace));
                    }
                }
            }
            return Turn::stay(self);
        }
        match (key, key.letter()) {
            (Key::Esc, _) => return Turn::home(),
            (_, Some('s')) if self.facts.is_some() && !self.is_staged() => {
                self.form = Some(Form::new([Field::text("Name of the cluster", "集群名称")]));
            }
            _ => self.at = self.at.moved(key, self.facts.as_ref().map_or(0, |facts| facts.lines.len())),
        }
        Turn::stay(self)
    }
}

impl Screen for Stage {
    fn update(mut self: Box<Self>, input: Input) -> Turn {
        match input {
            Input::Key(key) => self.key(key),
            Input::Told(Told::Staging(facts)) => {
                self.facts = Some(*facts);
                Turn::stay(self)
            }
            Input::Told(_) | Input::Pasted => Turn::stay(self),
        }
    }

    fn view(&self, canvas: &Canvas<'_>) -> View {
        let mut body = Vec::new();
        if let Some(facts) = &self.facts {
            let head = fill(
                canvas.say(" {} files to write, {} lie there already", " 待写入 {} 个文件，已有 {} 个"),
                [&(facts.files - facts.equal), &facts.equal],
            );
            body.extend([Row::weighted(head, Weight::Strong), Row::default()]);
            let room = canvas.height.saturating_sub(6);
            let drawn = self.at.drawn(facts.lines.len(), room);
            let lines = facts.lines.iter().skip(drawn.start).take(drawn.len());
            body.extend(lines.map(|line| Row::from(format!(" {line}"))));
            body.push(Row::default());
            body.extend(facts.entry.map(|entry| {
                let told = fill(
                    canvas.say(" {} staged beside the live files; log entry {}", " {} 已暂存于现用文件旁；日志记录 {}"),
                    [&Mark::Ok, &entry],
                );
                Row::weighted(told, Weight::Strong)
            }));
        }
        body.extend(self.form.iter().flat_map(|form| form.rows(canvas)));
        let keys = match (&self.form, self.is_staged()) {
            (Some(_), _) => {
                canvas.say("type + Enter stage   Esc back   F1 help", "输入后回车暂存   Esc 返回   F1 帮助")
            }
            (None, true) => canvas.say("Up/Down   Esc home   ? help", "上/下   Esc 主页   ? 帮助"),
            (None, false) => canvas.say("Up/Down   S stage   Esc home   ? help", "上/下   S 暂存   Esc 主页   ? 帮助"),
        };
        View {
            title: canvas.say("Import: 4 Stage", "导入：4 暂存").to_owned(),
            code: "I40",
            rail: format!("{}   {}", canvas.host, Journey::Importing.rail(4, canvas.language)),
            body,
            message: canvas
                .say(
                    "Staging writes new files beside the old ones. Nothing is live yet.",
                    "暂存将新文件写在旧文件旁边。尚未生效。",
                )
                .to_owned(),
            keys: keys.to_owned(),
        }
    }

    fn about(&self) -> (&'static str, &'static str) {
        (
            "The waves in which a rotation will use what is staged: a wave starts only when the one before is healthy. Staging asks for the name of the cluster, writes beside the live files and can be repeated.",
            "轮换将按批次使用暂存内容：前一批健康后才开始下一批。暂存要求输入集群名称，写在现用文件旁，可重复执行。",
        )
    }

    fn command(&self) -> String {
        format!("airlock online stage {} --dry-run", self.trace)
    }

    fn asked(&self, language: Language) -> Option<Asked> {
        self.form.as_ref()?.asked(language)
    }

    fn takes_text(&self) -> bool {
        self.form.is_some()
    }
}
