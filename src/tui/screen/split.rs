//! I41: an accepted package is cut into one for each node that stages for itself. Private keys leave this host in them, each
//! encrypted to its node alone.

use super::{Screen, Turn};
use crate::exchange::csr_bundle::number::Number;
use crate::exchange::trace::Trace;
use crate::online::split::Wish;
use crate::report::mark::Mark;
use crate::tui::asked::Asked;
use crate::tui::effect::{Effect, Input};
use crate::tui::form::{Field, Form, Pressed};
use crate::tui::frame::{Canvas, Row, View};
use crate::tui::keys::Key;
use crate::tui::language::{Language, fill};
use crate::tui::palette::Weight;
use crate::tui::rail::Journey;
use crate::tui::told::{SplitFacts, Told};
use crate::tui::window::Window;

/// The state of I41.
#[derive(Debug)]
pub struct Split {
    trace: Trace,
    facts: Option<SplitFacts>,
    doing: Doing,
    wish: Wish,
    at: Window,
}

#[derive(Debug)]
enum Doing {
    Looking,
    /// Something else is chosen.
    Choosing(Form),
    /// It is written once somebody types how many private keys leave.
    Splitting(Form),
}

/// What stands in a field in which nothing is chosen.
const NOTHING: &str = "-";
/// Rows of the body that are not of the table.
const AROUND: usize = 7;
/// The fields that say how it is split.
const DIRECTORY: usize = 0;
const KEYS: usize = 1;
const PASSPHRASE: usize = 2;

impl Split {
    /// Looks at what each node would get of the package of `trace`.
    pub fn begin(trace: Trace) -> Turn {
        let (doing, wish, at) = (Doing::Looking, Wish::default(), Window::default());
        Box::new(Self { trace, facts: None, doing, wish, at }).look_anew()
    }

    fn look_anew(mut self: Box<Self>) -> Turn {
        // What was shown before says nothing of what is wanted now.
        (self.doing, self.facts) = (Doing::Looking, None);
        let (trace, wish) = (self.trace.clone(), Box::new(self.wish.clone()));
        Turn::stay(self).and(Effect::PlanSplit(trace, wish))
    }

    fn key(mut self: Box<Self>, key: Key) -> Turn {
        match &mut self.doing {
            Doing::Looking => return self.look(key),
            _ if key == Key::Esc => self.doing = Doing::Looking,
            Doing::Choosing(form) => {
                if form.press(key) == Pressed::Complete
                    && let Some(wish) = chosen(form)
                {
                    self.wish = wish;
                    return self.look_anew();
                }
            }
            Doing::Splitting(form) => {
                if form.press(key) == Pressed::Complete {
                    return self.split();
                }
            }
        }
        Turn::stay(self)
    }

    fn look(mut self: Box<Self>, key: Key) -> Turn {
        match (key, key.letter()) {
            (Key::Esc, _) => return Turn::home(),
            (_, Some('s')) if self.may_split() => self.doing = Doing::Splitting(places()),
            (_, Some('c')) => self.doing = Doing::Choosing(choice(&self.wish)),
            _ => self.at = self.at.moved(key, self.facts.as_ref().map_or(0, |facts| facts.lines.longest())),
        }
        Turn::stay(self)
    }

    /// What was written is not written again unless somebody looks anew.
    fn may_split(&self) -> bool {
        self.facts.as_ref().is_some_and(|facts| facts.done.is_none())
    }

    /// Whoever types how many private keys leave has read what leaves.
    fn split(mut self: Box<Self>) -> Turn {
        let keys = self.facts.as_ref().map(|facts| facts.keys);
        let Doing::Splitting(form) = &mut self.doing else { return Turn::stay(self) };
        let Some(keys) = keys.filter(|keys| keys.to_string() == form.text(KEYS)) else {
            miscounted(form);
            return Turn::stay(self);
        };
        let (to, host) = (form.path(DIRECTORY), form.secret(PASSPHRASE));
        let (trace, wish) = (self.trace.clone(), Box::new(self.wish.clone()));
        Turn::stay(self).and(Effect::Split { trace, wish, keys, host, to })
    }

    fn told(mut self: Box<Self>, facts: SplitFacts) -> Turn {
        match &mut self.doing {
            Doing::Splitting(form) if facts.done.is_none() => miscounted(form),
            _ if facts.done.is_some() => self.doing = Doing::Looking,
            _ => {}
        }
        self.facts = Some(facts);
        Turn::stay(self)
    }

    fn form(&self) -> Option<&Form> {
        match &self.doing {
            Doing::Looking => None,
            Doing::Choosing(form) | Doing::Splitting(form) => Some(form),
        }
    }

    fn body(&self, canvas: &Canvas<'_>) -> Vec<Row> {
        let mut body = Vec::new();
        if let (Some(facts), false) = (&self.facts, matches!(self.doing, Doing::Choosing(_))) {
            body.push(Row::weighted(self.head(facts, canvas), Weight::Strong));
            body.push(Row::default());
            let lines = facts.lines.of(canvas.language);
            let drawn = self.at.drawn(lines.len(), canvas.height.saturating_sub(AROUND));
            let lines = lines.iter().skip(drawn.start).take(drawn.len());
            body.extend(lines.map(|line| Row::from(format!(" {line}"))));
            body.push(Row::default());
            body.extend(facts.done.iter().flat_map(|(files, entry)| written(*files, *entry, canvas)));
        }
        body.extend(self.form().into_iter().flat_map(|form| form.rows(canvas)));
        body
    }

    fn head(&self, facts: &SplitFacts, canvas: &Canvas<'_>) -> String {
        let out = if self.wish.excluded.is_empty() { NOTHING.to_owned() } else { self.wish.excluded.join(", ") };
        fill(
            canvas.say(
                " {} node{s}, {} certificate{s}, {} private key{s}   left out: {}",
                " {} 个节点，{} 张证书，{} 个私钥   排除：{}",
            ),
            [&facts.nodes, &facts.certificates, &facts.keys, &out],
        )
    }

    fn keys(&self, canvas: &Canvas<'_>) -> &'static str {
        match &self.doing {
            Doing::Choosing(_) => canvas.say(
                "type + Enter   Tab field   Enter in the last field looks anew   Esc back",
                "输入+回车   Tab 字段   末项回车重新查看   Esc 返回",
            ),
            Doing::Splitting(_) => canvas.say(
                "type + Enter   Tab field   Enter in the last field splits   Esc back   F1 help",
                "输入+回车   Tab 字段   末项回车拆分   Esc 返回   F1 帮助",
            ),
            Doing::Looking => canvas
                .say("Up/Down   C choose   S split   Esc home   ? help", "上/下   C 选择   S 拆分   Esc 主页   ? 帮助"),
        }
    }

    fn message(&self, canvas: &Canvas<'_>) -> &'static str {
        let at = match &self.doing {
            Doing::Choosing(form) => Some(form.at()),
            _ => None,
        };
        match at {
            Some(0) => canvas.say(
                "Numbers of denied requests that their group may lack, with spaces, or -.",
                "所在组可缺少的被拒请求编号，空格分隔，或 -。",
            ),
            Some(_) => canvas.say("Nodes of the config, with spaces between, or -.", "配置中的节点，空格分隔，或 -。"),
            None => canvas.say(
                "Each file is signed by this host and encrypted to its node alone.",
                "每个文件由本机签名，仅加密给其节点。",
            ),
        }
    }
}

fn written(files: usize, entry: u64, canvas: &Canvas<'_>) -> [Row; 3] {
    let told = fill(
        canvas.say(" {} {} file{s} written; log entry {}", " {} 已写入 {} 个文件；日志记录 {}"),
        [&Mark::Ok, &files, &entry],
    );
    let next = canvas.say(
        " Take each to its node and, there: airlock online node accept FILE",
        " 将各文件送至其节点，并在该节点执行：airlock online node accept FILE",
    );
    // `request` made them below the roots of the nodes on this host.
    let left = canvas.say(
        " When a node has staged, remove its kubernetes.next and pki.next on this host.",
        " 私钥仍留在本机：节点暂存后，删除本机上其 kubernetes.next 与 pki.next。",
    );
    [Row::weighted(told, Weight::Strong), Row::from(next), Row::from(left)]
}

fn places() -> Form {
    Form::new([
        Field::text("Directory", "目录"),
        Field::text("Private keys in all", "私钥总数"),
        Field::secret("Passphrase of host", "主机口令"),
    ])
}

/// The form, with what `wish` wants in it.
fn choice(wish: &Wish) -> Form {
    let list = |words: Vec<String>| if words.is_empty() { NOTHING.to_owned() } else { words.join(" ") };
    let without = wish.without.iter().map(ToString::to_string).collect();
    Form::new([
        Field::text("Without requests", "缺少的请求").filled(&list(without)),
        Field::text("Without nodes", "排除的节点").filled(&list(wish.excluded.clone())),
    ])
}

/// What the form wants. Where a field is not taken, the person is in it again.
fn chosen(form: &mut Form) -> Option<Wish> {
    let words = |at: usize| form.text(at).split_whitespace().filter(|word| *word != NOTHING);
    let without: Option<Vec<Number>> = words(0).map(|word| word.parse().ok()).collect();
    let excluded = words(1).map(str::to_owned).collect();
    if without.is_none() {
        form.mistyped(0, "Numbers of denied requests, with spaces, or -.", "被拒请求编号，空格分隔，或 -。");
    }
    Some(Wish { without: without?, excluded })
}

/// The number of keys is typed again: it is not that above, or what stands above has changed.
fn miscounted(form: &mut Form) {
    form.mistyped(
        KEYS,
        "Not the number of private keys above. Nothing was written.",
        "不是上方的私钥总数，未写入任何内容。",
    );
}

impl Screen for Split {
    fn update(self: Box<Self>, input: Input) -> Turn {
        match input {
            Input::Key(key) => self.key(key),
            Input::Told(Told::Splitting(facts)) => self.told(*facts),
            Input::Told(_) | Input::Pasted => Turn::stay(self),
        }
    }

    fn view(&self, canvas: &Canvas<'_>) -> View {
        View {
            title: canvas.say("Import: 4 Split for nodes", "导入：4 按节点拆分").to_owned(),
            code: "I41",
            rail: format!("{}   {}", canvas.host, Journey::Importing.rail(4, canvas.language)),
            body: self.body(canvas),
            message: self.message(canvas).to_owned(),
            keys: self.keys(canvas).to_owned(),
        }
    }

    fn about(&self) -> (&'static str, &'static str) {
        (
            "Nodes that stage for themselves get a package of their own: their certificates, the keys that were made for them here, and whom to trust. The config names whom each is encrypted to. Splitting asks for the number of private keys that leave, and can be repeated. C leaves nodes out.",
            "自行暂存的节点各得一个证书包：其证书、在本机为其生成的私钥以及信任对象。配置指明各包加密给谁。拆分要求输入送出的私钥总数，可重复执行。C 可排除节点。",
        )
    }

    fn command(&self) -> String {
        format!("airlock online split {}{} --to DIR", self.trace, self.wish.options())
    }

    fn asked(&self, language: Language) -> Option<Asked> {
        self.form()?.asked(language)
    }

    fn takes_text(&self) -> bool {
        self.form().is_some()
    }
}
