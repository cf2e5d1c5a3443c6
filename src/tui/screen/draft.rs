//! N20: what would be asked for, before any key exists. Each privileged request is ticked by the person who asks.

use std::collections::BTreeSet;

use super::{Screen, Turn, export, scan};
use crate::exchange::csr_bundle::number::Number;
use crate::online::request::{Change, Review};
use crate::report::columns;
use crate::report::mark::Mark;
use crate::tui::effect::{Effect, Input};
use crate::tui::frame::{Canvas, Row, View};
use crate::tui::grid::{self, Cell};
use crate::tui::keys::Key;
use crate::tui::language::fill;
use crate::tui::palette::Weight;
use crate::tui::rail::Journey;
use crate::tui::told::Told;
use crate::tui::window::Window;

/// The state of N20.
#[derive(Debug, Default)]
pub struct Draft {
    review: Option<Box<Review>>,
    at: Window,
    ticked: BTreeSet<Number>,
}

const CELLS: [Cell; 7] =
    [Cell::Right(5), Cell::Left(18), Cell::Left(8), Cell::Rest, Cell::Left(8), Cell::Right(5), Cell::Left(10)];
/// Rows of the body that are no table.
const AROUND: usize = 8;

impl Draft {
    /// Drafts a request of everything that a scan finds.
    pub fn begin() -> Turn {
        Turn::to(Self::default()).and(Effect::Draft)
    }

    fn changes(&self) -> &[Change] {
        self.review.as_ref().map(|review| review.requests.as_slice()).unwrap_or_default()
    }

    fn change(&self) -> Option<&Change> {
        self.changes().get(self.at.at(self.changes().len())?)
    }

    fn unticked(&self) -> usize {
        self.changes().iter().filter(|change| change.privileged && !self.ticked.contains(&change.id)).count()
    }
}

impl Screen for Draft {
    fn update(mut self: Box<Self>, input: Input) -> Turn {
        match input {
            Input::Told(Told::Drafted(review)) => self.review = Some(review),
            Input::Key(Key::Esc) => return scan::Scan::begin(),
            Input::Key(Key::Char(' ')) => {
                let id = self.change().filter(|change| change.privileged).map(|change| change.id);
                if let Some(id) = id.filter(|id| !self.ticked.remove(id)) {
                    self.ticked.insert(id);
                }
            }
            Input::Key(key) if key.letter() == Some('n') && self.review.is_some() && self.unticked() == 0 => {
                return export::Export::begin();
            }
            Input::Key(key) => self.at = self.at.moved(key, self.changes().len()),
            Input::Told(_) | Input::Pasted => {}
        }
        Turn::stay(self)
    }

    fn view(&self, canvas: &Canvas<'_>) -> View {
        let message = match self.unticked() {
            0 => {
                canvas.say("No key exists yet. The next step makes them.", "尚未生成任何密钥。下一步生成。").to_owned()
            }
            count => fill(canvas.say("{} privileged requests are not ticked.", "{} 个特权请求尚未勾选。"), [&count]),
        };
        View {
            title: canvas.say("Online: 2 Request review", "在线：2 请求审查").to_owned(),
            code: "N20",
            rail: format!("{}   {}", canvas.host, Journey::Asking.rail(2, canvas.language)),
            body: self.body(canvas),
            message,
            keys: canvas
                .say(
                    "Up/Down   Space tick   N next   Esc back   ? help",
                    "上/下   空格 勾选   N 下一步   Esc 返回   ? 帮助",
                )
                .to_owned(),
        }
    }

    fn about(&self) -> (&'static str, &'static str) {
        (
            "One request for every certificate that the scan found, with a new key of the same type. Requests that give full rights are ticked one by one. To ask for less, or for more, name it on the command line.",
            "扫描到的每个证书对应一个请求，使用同类型的新密钥。授予完全权限的请求须逐个勾选。如需增减，请在命令行指定。",
        )
    }

    fn command(&self) -> String {
        "airlock online request --dry-run".to_owned()
    }
}

impl Draft {
    fn body(&self, canvas: &Canvas<'_>) -> Vec<Row> {
        let Some(review) = &self.review else { return Vec::new() };
        let privileged = self.changes().iter().filter(|change| change.privileged).count();
        let head = fill(
            canvas.say(
                " {} requests   privileged {}   ticked {}   left out {}",
                " {} 个请求   特权 {}   已勾选 {}   未纳入 {}",
            ),
            [&self.changes().len(), &privileged, &self.ticked.len(), &review.left_out.len()],
        );
        let titles = [
            "#",
            canvas.say("profile", "配置"),
            canvas.say("node", "节点"),
            canvas.say("subject (safe form)", "主体（安全形式）"),
            canvas.say("key", "密钥"),
            canvas.say("asks", "申请"),
            canvas.say("replaces", "替换到期"),
        ];
        let width = canvas.width.saturating_sub(3);
        let mut body =
            vec![Row::weighted(head, Weight::Strong), Row::from(format!("   {}", grid::line(&CELLS, &titles, width)))];
        let table = canvas.height.saturating_sub(AROUND);
        let (drawn, here) = (self.at.drawn(self.changes().len(), table), self.at.at(self.changes().len()));
        let changes = self.changes().iter().enumerate().skip(drawn.start).take(drawn.len());
        body.extend(changes.map(|(index, change)| {
            let is_here = here == Some(index);
            let text = format!(
                "{}{} {}",
                if is_here { ">" } else { " " },
                tick(change, &self.ticked),
                grid::line(&CELLS, &cells(change), width)
            );
            Row::weighted(text, if is_here { Weight::Chosen } else { Weight::Plain })
        }));
        body.resize(3 + table, Row::default());
        body.extend(self.change().map(|change| told(change, canvas.width)).unwrap_or_default());
        body
    }
}

/// `!` where a tick is missing.
fn tick(change: &Change, ticked: &BTreeSet<Number>) -> &'static str {
    match (change.privileged, ticked.contains(&change.id)) {
        (true, true) => "x",
        (true, false) => "!",
        (false, _) => " ",
    }
}

fn cells(change: &Change) -> [String; 7] {
    [
        change.id.to_string(),
        change.role.to_string(),
        change.node.clone(),
        change.subject.clone(),
        change.key_type.clone(),
        format!("{}d", change.validity_days),
        change
            .replaces
            .as_ref()
            .map_or_else(|| "-".to_owned(), |replaced| replaced.not_after.to_string().chars().take(10).collect()),
    ]
}

/// The names, and what the CA will have to say.
fn told(change: &Change, width: usize) -> Vec<Row> {
    let names = columns::hanging(" SAN ", &change.names.join(" "), width.saturating_sub(1));
    let findings = change.findings.iter().flat_map(|finding| {
        columns::hanging(&format!(" {} {}: ", Mark::Warn, finding.rule), &finding.text, width.saturating_sub(1))
    });
    names.into_iter().take(2).chain(findings).take(AROUND - 3).map(Row::from).collect()
}
