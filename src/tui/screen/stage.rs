//! I40: certificates are written beside the live ones. Nothing is live yet.

use super::{Screen, Turn};
use crate::exchange::csr_bundle::number::Number;
use crate::exchange::trace::Trace;
use crate::online::stage::Wish;
use crate::report::columns;
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
    /// What is wanted.
    wish: Wish,
    at: Window,
}

#[derive(Debug)]
enum Doing {
    Looking,
    /// It is written once somebody types the name of the cluster.
    Staging(Form),
    /// A node is named that is left out.
    Excluding(Form),
    /// Something else is chosen.
    Choosing(Form),
}

/// What stands in a field in which nothing is chosen.
const NOTHING: &str = "-";
/// What asks for a bridge.
const BRIDGE: &str = "bridge";

/// What each field of the choice takes, in English and Chinese.
const TAKES: [(&str, &str); 4] = [
    (
        "Numbers of denied requests that their group may lack, with spaces, or -.",
        "所在组可缺少的被拒请求编号，空格分隔，或 -。",
    ),
    ("Nodes of the config, with spaces between, or -.", "配置中的节点，空格分隔，或 -。"),
    (
        "bridge: the old CA certifies the new root, by its key on a node; or -.",
        "bridge：由节点上的旧 CA 密钥签发新根；或 -。",
    ),
    (
        "Files of certificates of the new root by the old CA, with spaces, or -.",
        "旧 CA 签发的新根证书文件，空格分隔，或 -。",
    ),
];

impl Stage {
    /// Looks at what would be written for `trace`.
    pub fn begin(trace: Trace) -> Turn {
        let (doing, wish, at) = (Doing::Looking, Wish::default(), Window::default());
        Box::new(Self { trace, facts: None, doing, wish, at }).look_anew()
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
                    let (trace, wish) = (self.trace.clone(), Box::new(self.wish.clone()));
                    return Turn::stay(self).and(Effect::Stage(trace, wish));
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
            Doing::Choosing(form) => {
                if form.press(key) == Pressed::Complete
                    && let Some(wish) = chosen(form)
                {
                    self.wish = wish;
                    return self.look_anew();
                }
            }
        }
        Turn::stay(self)
    }

    /// Leaves a node out, or takes it in again, and looks anew.
    fn exclude(mut self: Box<Self>, node: String) -> Turn {
        match self.wish.excluded.iter().position(|one| *one == node) {
            Some(at) => drop(self.wish.excluded.remove(at)),
            None => self.wish.excluded.push(node),
        }
        self.look_anew()
    }

    fn look_anew(mut self: Box<Self>) -> Turn {
        // What was shown before says nothing of what is wanted now.
        (self.doing, self.facts) = (Doing::Looking, None);
        let (trace, wish) = (self.trace.clone(), Box::new(self.wish.clone()));
        Turn::stay(self).and(Effect::PlanStage(trace, wish))
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
            (_, Some('p')) => return super::split::Split::begin(self.trace),
            (_, Some('c')) if !self.is_staged() => self.doing = Doing::Choosing(choice(&self.wish)),
            _ => self.at = self.at.moved(key, self.facts.as_ref().map_or(0, |facts| facts.lines.longest())),
        }
        Turn::stay(self)
    }

    fn form(&self) -> Option<&Form> {
        match &self.doing {
            Doing::Looking => None,
            Doing::Staging(form) | Doing::Excluding(form) | Doing::Choosing(form) => Some(form),
        }
    }

    fn body(&self, canvas: &Canvas<'_>) -> Vec<Row> {
        let mut body = Vec::new();
        if let Doing::Choosing(form) = &self.doing {
            return form.rows(canvas);
        }
        if let Some(facts) = &self.facts {
            let out = if self.wish.excluded.is_empty() { "-".to_owned() } else { self.wish.excluded.join(", ") };
            let head = fill(
                match facts.entry {
                    None => canvas.say(
                        "{} file{s} to write, {} there already   left out: {}",
                        "待写入 {} 个文件，已有 {} 个   排除：{}",
                    ),
                    Some(_) => canvas.say(
                        "{} file{s} written, {} there before   left out: {}",
                        "已写入 {} 个文件，原有 {} 个   排除：{}",
                    ),
                },
                [&(facts.files - facts.equal), &facts.equal, &out],
            );
            body.extend(canvas.whole(&head).into_iter().map(|line| Row::weighted(line, Weight::Strong)));
            body.extend(
                facts.bridge.iter().map(|line| Row::from(format!(" {}", columns::cut_middle(line, canvas.width - 2)))),
            );
            body.push(Row::default());
            let room = canvas.height.saturating_sub(body.len() + 4);
            let lines = facts.lines.of(canvas.language);
            let drawn = self.at.drawn(lines.len(), room);
            let (from, all) = (drawn.start + 1, lines.len());
            let lines = lines.iter().skip(drawn.start).take(drawn.len());
            body.extend(lines.map(|line| Row::from(format!(" {line}"))));
            let place = canvas.say("   line {}-{} of {}", "   第 {}-{} 行，共 {} 行");
            body.push(match drawn.len() < all {
                true => fill(place, [&from, &drawn.end, &all]).into(),
                false => Row::default(),
            });
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
            (Doing::Choosing(_), _) => canvas.say(
                "type + Enter   Tab field   Enter in the last field looks anew   Esc back",
                "输入+回车   Tab 字段   末项回车重新查看   Esc 返回",
            ),
            (Doing::Looking, true) => canvas.say(
                "Up/Down   R rotation   P split   Esc home   ? help",
                "上/下   R 轮换   P 拆分   Esc 主页   ? 帮助",
            ),
            (Doing::Looking, false) => canvas.say(
                "Up/Down   X exclude node   C choose   S stage   P split   Esc home   ? help",
                "上/下   X 排除节点   C 选择   S 暂存   P 拆分   Esc 主页   ? 帮助",
            ),
        };
        View {
            title: canvas.say("Import: 4 Stage", "导入：4 暂存").to_owned(),
            code: "I40",
            rail: format!("{}   {}", canvas.host, Journey::Importing.rail(4, canvas.language)),
            body: self.body(canvas),
            message: self.message(canvas).to_owned(),
            keys: keys.to_owned(),
        }
    }

    fn about(&self) -> (&'static str, &'static str) {
        (
            "The waves in which a rotation will use what is staged: a wave starts only when the one before is healthy. Staging asks for the name of the cluster, writes beside the live files and can be repeated. C chooses otherwise; with a bridge the old CA certifies the new root, by its key on a node, when it is staged. P cuts the package for nodes that stage for themselves.",
            "轮换将按批次使用暂存内容：前一批健康后才开始下一批。暂存要求输入集群名称，写在现用文件旁，可重复执行。C 另行选择；选 bridge 则在暂存时由节点上的旧 CA 密钥签发新根。P 为自行暂存的节点拆分。",
        )
    }

    fn command(&self) -> String {
        format!("airlock online stage {}{} --dry-run", self.trace, self.wish.options())
    }

    fn asked(&self, language: Language) -> Option<Asked> {
        self.form()?.asked(language)
    }

    fn takes_text(&self) -> bool {
        self.form().is_some()
    }
}

impl Stage {
    fn message(&self, canvas: &Canvas<'_>) -> &'static str {
        match &self.doing {
            Doing::Choosing(form) => TAKES.get(form.at()).map_or("", |(english, chinese)| canvas.say(english, chinese)),
            _ => canvas.say(
                "Staging writes new files beside the old ones. Nothing is live yet.",
                "暂存将新文件写在旧文件旁边。尚未生效。",
            ),
        }
    }
}

/// The form, with what `wish` wants in it.
fn choice(wish: &Wish) -> Form {
    let list = |words: Vec<String>| if words.is_empty() { NOTHING.to_owned() } else { words.join(" ") };
    let field = |english, chinese, words: Vec<String>| Field::text(english, chinese).filled(&list(words));
    let files = wish.crosses.iter().map(|file| file.to_string_lossy().into_owned()).collect();
    Form::new([
        field("Without requests", "缺少的请求", wish.without.iter().map(ToString::to_string).collect()),
        field("Without nodes", "排除的节点", wish.excluded.clone()),
        field("Bridge", "交叉桥接", wish.bridge.then(|| BRIDGE.to_owned()).into_iter().collect()),
        field("Signed elsewhere", "他处签发的文件", files),
    ])
}

/// What the form wants. Where a field is not taken, the person is in it again.
fn chosen(form: &mut Form) -> Option<Wish> {
    let words = |at: usize| form.text(at).split_whitespace().filter(|word| *word != NOTHING).map(str::to_owned);
    let (excluded, crosses): (Vec<_>, Vec<_>) = (words(1).collect(), words(3).map(Into::into).collect());
    let without: Option<Vec<Number>> = words(0).map(|word| word.parse().ok()).collect();
    let bridge = match form.text(2) {
        NOTHING => Some(false),
        BRIDGE => Some(true),
        _ => None,
    };
    let wrong = match (&without, bridge) {
        (None, _) => 0,
        (_, None) => 2,
        (_, Some(false)) if !crosses.is_empty() => 2,
        (Some(without), Some(bridge)) => {
            return Some(Wish { without: without.clone(), excluded, bridge, crosses });
        }
    };
    let (english, chinese) = TAKES.get(wrong).copied().unwrap_or_default();
    form.mistyped(wrong, english, chinese);
    None
}
