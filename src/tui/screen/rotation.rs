//! I50: how far a rotation is, by the log of this host and those of others that are named, what it cost, and the metrics of its
//! nodes. It is watched here and run on the command line of each node.

use std::path::PathBuf;

use super::{Screen, Turn};
use crate::exchange::trace::Trace;
use crate::online::chronicle::Sources;
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
use crate::tui::reading::Reading;
use crate::tui::told::{CourseFacts, Told};
use crate::tui::window::Window;

/// Columns of a bar.
const BAR: usize = 30;

/// The state of I50.
#[derive(Debug)]
pub struct Rotation {
    trace: Trace,
    facts: Option<CourseFacts>,
    at: Window,
    doing: Doing,
    sources: Sources,
}

#[derive(Debug)]
enum Doing {
    Watching,
    /// Everything that is told of it is on its way.
    Asking,
    /// It is read.
    Reading(Reading),
    /// A file is named.
    Naming(File, Form),
    /// It was written.
    Written(String),
}

/// What a file is named for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum File {
    /// Metrics are written to it.
    Metrics,
    /// It is the log of another host.
    Log,
    /// It holds what kubectl printed.
    Objects,
}

impl File {
    /// What is done with it, in English and Chinese.
    const fn told(self) -> (&'static str, &'static str) {
        match self {
            Self::Metrics => (
                " What this host knows of its nodes, for the textfile collector of node_exporter.",
                " 将本机所知的节点情况写给 node_exporter 的文本收集器。",
            ),
            Self::Log => (
                " log/entries.jsonl in the state of another host. Named again, it is left out.",
                " 另一主机状态目录中的 log/entries.jsonl。再次输入同一文件则移除。",
            ),
            Self::Objects => (
                " What kubectl get ... -o json printed, for T. Named again, it is left out.",
                " kubectl get ... -o json 的输出，供 T 使用。再次输入同一文件则移除。",
            ),
        }
    }

    fn form(self) -> Form {
        Form::new([match self {
            Self::Metrics => Field::text("File, *.prom", "文件 *.prom"),
            Self::Log => Field::text("Log of a host", "主机日志"),
            Self::Objects => Field::text("Objects", "集群对象"),
        }])
    }
}

impl Rotation {
    /// Looks at the rotation of `trace`.
    pub fn begin(trace: Trace) -> Turn {
        let (at, doing, sources) = (Window::default(), Doing::Watching, Sources::default());
        let effect = Effect::Course(trace.clone(), Box::default());
        Turn::to(Self { trace, facts: None, at, doing, sources }).and(effect)
    }

    fn body(&self, canvas: &Canvas<'_>) -> Vec<Row> {
        match &self.doing {
            Doing::Reading(reading) => reading.rows(canvas),
            Doing::Naming(file, form) => {
                let (english, chinese) = file.told();
                [Row::from(canvas.say(english, chinese)), Row::default()].into_iter().chain(form.rows(canvas)).collect()
            }
            Doing::Written(file) => {
                let told = fill(canvas.say(" {} written to {}", " {} 已写入 {}"), [&Mark::Ok, file]);
                std::iter::once(Row::weighted(told, Weight::Strong)).chain(self.course(canvas)).collect()
            }
            Doing::Watching | Doing::Asking => self.course(canvas),
        }
    }

    fn course(&self, canvas: &Canvas<'_>) -> Vec<Row> {
        let Some(facts) = &self.facts else { return Vec::new() };
        let head = canvas.say(" Nodes that have reached each stage, of {}", " 到达各阶段的节点数（共 {}）");
        let mut body = vec![Row::weighted(fill(head, [&facts.nodes]), Weight::Strong)];
        body.extend(
            facts.stages.iter().map(|(name, reached)| stage(name.of(canvas.language), *reached, facts.nodes, canvas)),
        );
        let width = canvas.width.saturating_sub(1);
        let requests =
            columns::hanging(canvas.say(" API calls: ", " API 调用："), facts.success.of(canvas.language), width);
        body.extend(columns::first(requests, 2, width).into_iter().map(Row::from));
        match &facts.held {
            Some(why) => {
                let at = format!("{}{}", canvas.say("HELD at ", "已暂停于 "), why.of(canvas.language));
                let held = columns::hanging(&format!(" {} ", Mark::Fail), &at, width);
                let held = columns::first(held, 2, width);
                body.extend(held.into_iter().map(|line| Row::weighted(line, Weight::Strong)));
                let next = canvas.say(
                    " Held: nothing more is done until it is mended, then the same command again.",
                    " 已暂停：排除原因后重新执行同一命令；在此之前不再前进。",
                );
                body.push(next.into());
            }
            None if self.has_begun() => {
                body.push(canvas.say(" These logs tell of no hold.", " 所读日志中无阻塞。").into())
            }
            None => {}
        }
        if !self.has_begun() {
            let begins = canvas.say(
                " Not begun. Here --dry-run; then on each node --look (rotation.md):",
                " 轮换未开始。先在本机 --dry-run，再在各节点 --look（rotation.md）：",
            );
            body.push(Row::weighted(begins, Weight::Strong));
            body.push(format!("   airlock online rotate {} --dry-run", self.trace).into());
        }
        let Sources { logs, objects } = &self.sources;
        if !(logs.is_empty() && objects.is_empty()) {
            let told = canvas.say(" Named beside: {} log{s}, {} of objects", " 另指定：日志 {} 个，集群对象 {} 个");
            body.push(fill(told, [&logs.len(), &objects.len()]).into());
        }
        let room = canvas.height.saturating_sub(body.len());
        let drawn = self.at.drawn(facts.lines.len(), room);
        let lines = facts.lines.iter().skip(drawn.start).take(drawn.len());
        body.extend(lines.map(|line| Row::from(format!("  {}", line.of(canvas.language)))));
        body
    }
}

/// A stage with its bar; a terminal without screens is told the numbers.
fn stage(name: &str, reached: usize, of: usize, canvas: &Canvas<'_>) -> Row {
    let name = columns::left(name, 20);
    if canvas.is_linear {
        return format!(" {name} {reached}/{of}").into();
    }
    let full = (reached.min(of) * BAR).checked_div(of).unwrap_or_default();
    let bar: String = std::iter::repeat_n('#', full).chain(std::iter::repeat_n('.', BAR - full)).collect();
    format!(" {name} [{bar}] {reached:>5}/{of}").into()
}

impl Rotation {
    fn key(mut self: Box<Self>, key: Key) -> Turn {
        match &mut self.doing {
            Doing::Watching | Doing::Written(_) => return self.watch(key),
            Doing::Asking => {}
            Doing::Reading(reading) => {
                if !reading.press(key) {
                    self.doing = Doing::Watching;
                }
            }
            Doing::Naming(..) if key == Key::Esc => self.doing = Doing::Watching,
            Doing::Naming(what, form) => {
                if form.press(key) == Pressed::Complete {
                    let (what, file) = (*what, form.path(0));
                    return self.named(what, file);
                }
            }
        }
        Turn::stay(self)
    }

    /// A log counts once it was read; objects are read when everything is told.
    fn named(mut self: Box<Self>, what: File, file: PathBuf) -> Turn {
        match what {
            File::Metrics => Turn::stay(self).and(Effect::Metrics(file)),
            File::Log => {
                let mut sources = self.sources.clone();
                toggle(&mut sources.logs, file);
                let effect = Effect::Course(self.trace.clone(), Box::new(sources));
                Turn::stay(self).and(effect)
            }
            File::Objects => {
                toggle(&mut self.sources.objects, file);
                self.doing = Doing::Watching;
                Turn::stay(self)
            }
        }
    }

    fn watch(mut self: Box<Self>, key: Key) -> Turn {
        match (key, key.letter()) {
            (Key::Esc, _) => return Turn::home(),
            (_, Some('r')) => {
                let effect = Effect::Course(self.trace.clone(), Box::new(self.sources.clone()));
                return Turn::stay(self).and(effect);
            }
            (_, Some('t')) => {
                self.doing = Doing::Asking;
                let effect = Effect::Chronicle(self.trace.clone(), Box::new(self.sources.clone()));
                return Turn::stay(self).and(effect);
            }
            (_, Some('m')) => self.name(File::Metrics),
            (_, Some('l')) => self.name(File::Log),
            (_, Some('o')) => self.name(File::Objects),
            (_, Some('p')) => return super::split::Split::begin(self.trace),
            (_, Some('s')) if !self.has_begun() => return super::stage::Stage::begin(self.trace),
            _ => self.at = self.at.moved(key, self.facts.as_ref().map_or(0, |facts| facts.lines.len())),
        }
        Turn::stay(self)
    }

    /// Whether any step was taken or held, by the logs that are named.
    fn has_begun(&self) -> bool {
        self.facts.as_ref().is_none_or(|facts| !facts.lines.is_empty())
    }

    fn name(&mut self, file: File) {
        self.doing = Doing::Naming(file, file.form());
    }

    fn told(mut self: Box<Self>, told: Told) -> Turn {
        match (told, &self.doing) {
            (Told::Course(facts), doing) => {
                if let Doing::Naming(File::Log, form) = doing {
                    toggle(&mut self.sources.logs, form.path(0));
                    self.doing = Doing::Watching;
                }
                // The newest line is what a person wants to see first.
                self.at = Window::on(facts.lines.len());
                self.facts = Some(*facts);
            }
            (Told::Read(lines), Doing::Asking) => self.doing = Doing::Reading(Reading::new(lines)),
            (Told::Read(lines), Doing::Naming(..)) => {
                self.doing = Doing::Written(lines.of(Language::English).concat());
            }
            (Told::Refused(_), Doing::Asking) => self.doing = Doing::Watching,
            _ => {}
        }
        Turn::stay(self)
    }

    fn keys(&self, canvas: &Canvas<'_>) -> &'static str {
        match self.doing {
            Doing::Naming(File::Metrics, _) => {
                canvas.say("type + Enter write   Esc back   F1 help", "输入后回车写出   Esc 返回   F1 帮助")
            }
            Doing::Naming(..) => {
                canvas.say("type + Enter look anew   Esc back   F1 help", "输入后回车重新查看   Esc 返回   F1 帮助")
            }
            Doing::Reading(_) => canvas.say("Up/Down scroll   any other key back", "上/下 滚动   其他键返回"),
            Doing::Watching | Doing::Asking | Doing::Written(_) if !self.has_begun() => canvas.say(
                "S stage  R anew  T tell all  L log  O objects  M metrics  P split  Esc  ? help",
                "S 暂存  R 刷新  T 全部记录  L 日志  O 对象  M 指标  P 拆分  Esc 主页  ? 帮助",
            ),
            Doing::Watching | Doing::Asking | Doing::Written(_) => canvas.say(
                "Up/Down  R anew  T tell all  L log  O objects  M metrics  P split  Esc  ? help",
                "上/下  R 刷新  T 全部记录  L 日志  O 对象  M 指标  P 拆分  Esc 主页  ? 帮助",
            ),
        }
    }
}

impl Screen for Rotation {
    fn update(self: Box<Self>, input: Input) -> Turn {
        match input {
            Input::Key(key) => self.key(key),
            Input::Told(told) => self.told(told),
            Input::Pasted => Turn::stay(self),
        }
    }

    fn view(&self, canvas: &Canvas<'_>) -> View {
        View {
            title: canvas.say("Import: 5 Rotate", "导入：5 轮换").to_owned(),
            code: "I50",
            rail: format!("{}   {}", canvas.host, Journey::Importing.rail(5, canvas.language)),
            body: self.body(canvas),
            message: canvas
                .say(
                    "By the log of this host and those named. Steps are taken on each node.",
                    "依据本机日志及所指定的日志。各步骤在各节点的命令行上执行。",
                )
                .to_owned(),
            keys: self.keys(canvas).to_owned(),
        }
    }

    fn about(&self) -> (&'static str, &'static str) {
        (
            "How far a rotation is: which stage each node has reached, what the meter counted, what holds the next step, and what was done. A rotation takes days; it runs on the command line, where a killed run is simply run again. T tells everything that the logs say of it and counts the places that embed a CA. L names the log of another host, O a file of cluster objects.",
            "轮换进度：各节点所处阶段、请求统计、阻塞原因及已执行的步骤。轮换历时数日，在命令行上运行，中断后重新运行即可。T 显示日志中的全部记录并统计嵌有 CA 的位置。L 指定另一主机的日志，O 指定集群对象文件。",
        )
    }

    fn command(&self) -> String {
        match self.doing {
            Doing::Naming(File::Metrics, _) | Doing::Written(_) => "airlock online metrics --out FILE".to_owned(),
            _ => {
                let (trace, options) = (&self.trace, self.sources.options());
                format!("airlock online report {trace}{options}; airlock online metrics --out FILE")
            }
        }
    }

    fn asked(&self, language: Language) -> Option<Asked> {
        if let Doing::Naming(_, form) = &self.doing { form.asked(language) } else { None }
    }

    fn takes_text(&self) -> bool {
        matches!(self.doing, Doing::Naming(..))
    }
}

/// Names `file`; one that was named is left out again.
fn toggle(files: &mut Vec<PathBuf>, file: PathBuf) {
    match files.iter().position(|known| *known == file) {
        Some(at) => drop(files.remove(at)),
        None => files.push(file),
    }
}
