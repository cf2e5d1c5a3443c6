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
    doing: Doing,
    /// Nodes that are left out.
    excluded: Vec<String>,
    at: Window,
}

#[derive(Debug)]
enum Doing {
    Looking,
    /// It is written once somebody types the name of the cluster.
    Staging(Form),
    /// A node is named that is left out.
    Excluding(Form),
}

impl Stage {
    /// Looks at what would be written for `trace`.
    pub fn begin(trace: Trace) -> Turn {
        let stage = Self {
            trace: trace.clone(),
            facts: None,
            doing: Doing::Looking,
            excluded: Vec::new(),
            at: Window::default(),
        };
        Turn::to(stage).and(Effect::PlanStage(trace, Vec::new()))
    }

    fn is_staged(&self) -> bool {
        self.facts.as_ref().is_some_and(|facts| facts.entry.is_some())
    }

    fn key(mut self: Box<Self>, key: Key) -> Turn {
        let cluster = self.facts.as_ref().map(|facts| facts.cluster.as_str());
        match &mut self.doing {
            Doing::Looking => return self.look(key),
            _ if key == Key::Esc => self.doing = Doing::Looking,
            Doing::Staging(form) => {
                if form.press(key) != Pressed::Complete {
                    return Turn::stay(self);
                }
                if cluster == Some(form.text(0)) {
                    self.doing = Doing::Looking;
                    let (trace, excluded) = (self.trace.clone(), self.excluded.clone());
                    return Turn::stay(self).and(Effect::Stage(trace, excluded));
                }
                form.mistyped(
                    0,
                    "Not the name of this cluster. Nothing was written.",
                    "不是本集群名称，未写入任何内容。",
                );
            }
            Doing::Excluding(form) => {
                if form.press(key) == Pressed::Complete {
                    let node = form.text(0).to_owned();
                    return self.exclude(node);
                }
            }
        }
        Turn::stay(self)
    }

    /// Leaves a node out, or takes it in again, and looks anew.
    fn exclude(mut self: Box<Self>, node: String) -> Turn {
        self.doing = Doing::Looking;
        match self.excluded.iter().position(|one| *one == node) {
            Some(at) => drop(self.excluded.remove(at)),
            None => self.excluded.push(node),
        }
        let (trace, excluded) = (self.trace.clone(), self.excluded.clone());
        Turn::stay(self).and(Effect::PlanStage(trace, excluded))
    }

    fn look(mut self: Box<Self>, key: Key) -> Turn {
        let may_stage = self.facts.is_some() && !self.is_staged();
        match (key, key.letter()) {
            (Key::Esc, _) => return Turn::home(),
            (_, Some('r')) if self.is_staged() => return super::rotation::Rotation::begin(self.trace),
            (_, Some('s')) if may_stage => {
                self.doing = Doing::Staging(Form::new([Field::text("Name of the cluster", "集群名称")]));
            }
            (_, Some('x')) if may_stage => {
                self.doing = Doing::Excluding(Form::new([Field::text("Node, out or in", "节点（排除/恢复）")]));
            }
            _ => self.at = self.at.moved(key, self.facts.as_ref().map_or(0, |facts| facts.lines.longest())),
        }
        Turn::stay(self)
    }

    fn form(&self) -> Option<&Form> {
        match &self.doing {
            Doing::Looking => None,
            Doing::Staging(form) | Doing::Excluding(form) => Some(form),
        }
    }

    fn body(&self, canvas: &Canvas<'_>) -> Vec<Row> {
        let mut body = Vec::new();
        if let Some(facts) = &self.facts {
            let out = if self.excluded.is_empty() { "-".to_owned() } else { self.excluded.join(", ") };
            let head = fill(
                canvas.say(
                    " {} files to write, {} lie there already   left out: {}",
                    " 待写入 {} 个文件，已有 {} 个   排除：{}",
                ),
                [&(facts.files - facts.equal), &facts.equal, &out],
            );
            body.extend([Row::weighted(head, Weight::Strong), Row::default()]);
            let room = canvas.height.saturating_sub(6);
            let lines = facts.lines.of(canvas.language);
            let drawn = self.at.drawn(lines.len(), room);
            let lines = lines.iter().skip(drawn.start).take(drawn.len());
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
        body.extend(self.form().into_iter().flat_map(|form| form.rows(canvas)));
        body
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
        let keys = match (&self.doing, self.is_staged()) {
            (Doing::Staging(_), _) => {
                canvas.say("type + Enter stage   Esc back   F1 help", "输入后回车暂存   Esc 返回   F1 帮助")
            }
            (Doing::Excluding(_), _) => {
                canvas.say("type + Enter look anew   Esc back   F1 help", "输入后回车重新查看   Esc 返回   F1 帮助")
            }
            (Doing::Looking, true) => {
                canvas.say("Up/Down   R rotation   Esc home   ? help", "上/下   R 轮换   Esc 主页   ? 帮助")
            }
            (Doing::Looking, false) => canvas.say(
                "Up/Down   X exclude node   S stage   Esc home   ? help",
                "上/下   X 排除节点   S 暂存   Esc 主页   ? 帮助",
            ),
        };
        View {
            title: canvas.say("Import: 4 Stage", "导入：4 暂存").to_owned(),
            code: "I40",
            rail: format!("{}   {}", canvas.host, Journey::Importing.rail(4, canvas.language)),
            body: self.body(canvas),
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
        self.form()?.asked(language)
    }

    fn takes_text(&self) -> bool {
        self.form().is_some()
    }
}
