//! I50: how far a rotation is, by the log of this host. It is watched here and run on the command line of each node.

use super::{Screen, Turn};
use crate::exchange::trace::Trace;
use crate::report::columns;
use crate::report::mark::Mark;
use crate::tui::effect::{Effect, Input};
use crate::tui::frame::{Canvas, Row, View};
use crate::tui::keys::Key;
use crate::tui::language::fill;
use crate::tui::palette::Weight;
use crate::tui::rail::Journey;
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
}

impl Rotation {
    /// Looks at the rotation of `trace`.
    pub fn begin(trace: Trace) -> Turn {
        let effect = Effect::Course(trace.clone());
        Turn::to(Self { trace, facts: None, at: Window::default() }).and(effect)
    }

    fn body(&self, canvas: &Canvas<'_>) -> Vec<Row> {
        let Some(facts) = &self.facts else { return Vec::new() };
        let head = canvas.say(" Nodes that have reached each stage, of {}", " 到达各阶段的节点数（共 {}）");
        let mut body = vec![Row::weighted(fill(head, [&facts.nodes]), Weight::Strong)];
        body.extend(
            facts.stages.iter().map(|(name, reached)| stage(name.of(canvas.language), *reached, facts.nodes, canvas)),
        );
        let width = canvas.width.saturating_sub(1);
        let requests = columns::hanging(canvas.say(" Requests: ", " 请求："), facts.success.of(canvas.language), width);
        body.extend(requests.into_iter().take(2).map(Row::from));
        match &facts.held {
            Some(why) => {
                let held =
                    columns::hanging(&format!(" {} ", Mark::Warn), why.of(canvas.language), width).into_iter().take(2);
                body.extend(held.map(|line| Row::weighted(line, Weight::Strong)));
            }
            None => body.push(canvas.say(" Nothing holds it.", " 无阻塞。").into()),
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

impl Screen for Rotation {
    fn update(mut self: Box<Self>, input: Input) -> Turn {
        match input {
            Input::Key(key) => match (key, key.letter()) {
                (Key::Esc, _) => Turn::home(),
                (_, Some('r')) => {
                    let effect = Effect::Course(self.trace.clone());
                    Turn::stay(self).and(effect)
                }
                _ => {
                    self.at = self.at.moved(key, self.facts.as_ref().map_or(0, |facts| facts.lines.len()));
                    Turn::stay(self)
                }
            },
            Input::Told(Told::Course(facts)) => {
                // The newest line is what a person wants to see first.
                self.at = Window::on(facts.lines.len());
                self.facts = Some(*facts);
                Turn::stay(self)
            }
            Input::Told(_) | Input::Pasted => Turn::stay(self),
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
                    "By the log of this host. Steps are taken on the command line of each node.",
                    "依据本机日志。各步骤在各节点的命令行上执行。",
                )
                .to_owned(),
            keys: canvas
                .say("Up/Down   R look again   Esc home   ? help", "上/下   R 重新查看   Esc 主页   ? 帮助")
                .to_owned(),
        }
    }

    fn about(&self) -> (&'static str, &'static str) {
        (
            "How far a rotation is: which stage each node has reached, what the meter counted, what holds the next step, and what was done. A rotation takes days; it runs on the command line, where a killed run is simply run again.",
            "轮换进度：各节点所处阶段、请求统计、阻塞原因及已执行的步骤。轮换历时数日，在命令行上运行，中断后重新运行即可。",
        )
    }

    fn command(&self) -> String {
        format!("airlock online report {}", self.trace)
    }
}
