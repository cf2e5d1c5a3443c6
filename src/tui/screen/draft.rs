//! N20: what would be asked for, before any key exists. Each privileged request is ticked by the person who asks.

use std::collections::BTreeSet;

use super::{Screen, Turn, export, scan, wish};
use crate::exchange::csr_bundle::number::Number;
use crate::online::request::{Change, Review, Wish};
use crate::report::columns;
use crate::report::mark::Mark;
use crate::tui::asked::{Asked, AskedKind};
use crate::tui::effect::{Effect, Input};
use crate::tui::field::Text;
use crate::tui::form::{Form, Pressed};
use crate::tui::frame::{Canvas, Row, View};
use crate::tui::grid::{self, Cell};
use crate::tui::keys::Key;
use crate::tui::language::{Language, fill};
use crate::tui::palette::Weight;
use crate::tui::rail::Journey;
use crate::tui::reading::{Lines, Reading};
use crate::tui::told::Told;
use crate::tui::window::Window;

/// The state of N20.
#[derive(Debug, Default)]
pub struct Draft {
    review: Option<Box<Review>>,
    /// Those of the requests that are shown, in their order.
    shown: Vec<usize>,
    at: Window,
    ticked: BTreeSet<Number>,
    /// What is asked for.
    wish: Wish,
    filter: Text,
    doing: Doing,
}

#[derive(Debug, Default)]
enum Doing {
    #[default]
    Looking,
    Filtering,
    Reading(Reading),
    /// Something else is chosen.
    Choosing(Form),
}

const CELLS: [Cell; 6] = [Cell::Right(5), Cell::Left(14), Cell::Left(8), Cell::Rest, Cell::Left(8), Cell::Left(10)];
/// Rows of the body that are no table.
const AROUND: usize = 8;

impl Draft {
    /// Drafts a request of everything that a scan finds.
    pub fn begin() -> Turn {
        Self::of(Wish::default())
    }

    /// Drafts what `wish` asks for.
    fn of(wish: Wish) -> Turn {
        Turn::to(Self { wish: wish.clone(), ..Self::default() }).and(Effect::Draft(Box::new(wish)))
    }

    fn changes(&self) -> &[Change] {
        self.review.as_ref().map(|review| review.requests.as_slice()).unwrap_or_default()
    }

    fn change(&self) -> Option<&Change> {
        self.changes().get(*self.shown.get(self.at.at(self.shown.len())?)?)
    }

    fn unticked(&self) -> usize {
        self.changes().iter().filter(|change| change.privileged && !self.ticked.contains(&change.id)).count()
    }

    /// Those whose profile, node or subject bears what was typed.
    fn show(&mut self) {
        let text = self.filter.as_str();
        let wanted = |change: &Change| {
            let of = [change.role.to_string(), change.node.clone(), change.subject.clone()];
            text.is_empty() || of.iter().any(|one| one.contains(text))
        };
        self.shown = (0..).zip(self.changes()).filter(|(_, change)| wanted(change)).map(|(at, _)| at).collect();
    }

    fn key(mut self: Box<Self>, key: Key) -> Turn {
        match &mut self.doing {
            Doing::Looking => return self.look(key),
            Doing::Filtering => {
                match key {
                    Key::Enter | Key::Esc => self.doing = Doing::Looking,
                    key => drop(self.filter.take(key)),
                }
                self.show();
            }
            Doing::Reading(reading) => {
                if !reading.press(key) {
                    self.doing = Doing::Looking;
                }
            }
            // Without a draft there is nothing to go back to but what is asked for unless something else is said.
            Doing::Choosing(_) if key == Key::Esc && self.review.is_none() => return Self::begin(),
            Doing::Choosing(_) if key == Key::Esc => self.doing = Doing::Looking,
            Doing::Choosing(form) => {
                if form.press(key) == Pressed::Complete
                    && let Some(wish) = wish::read(form, &self.wish)
                {
                    return Self::of(wish);
                }
            }
        }
        Turn::stay(self)
    }

    fn look(mut self: Box<Self>, key: Key) -> Turn {
        match (key, key.letter()) {
            (Key::Esc, _) if self.filter.as_str().is_empty() => return scan::Scan::begin(),
            (Key::Esc, _) => {
                self.filter.clear();
                self.show();
            }
            (Key::Char('/'), _) => self.doing = Doing::Filtering,
            (Key::Char(' '), _) => {
                let id = self.change().filter(|change| change.privileged).map(|change| change.id);
                if let Some(id) = id.filter(|id| !self.ticked.remove(id)) {
                    self.ticked.insert(id);
                }
            }
            (Key::Enter, _) | (_, Some('v')) => {
                let lines = self.change().map(everything);
                self.doing = lines.map_or(Doing::Looking, |lines| Doing::Reading(Reading::new(Lines::same(lines))));
            }
            (_, Some('l')) => self.doing = Doing::Reading(Reading::new(Lines::same(self.left_out()))),
            (_, Some('c')) if self.review.is_some() => self.doing = Doing::Choosing(wish::form(&self.wish)),
            (_, Some('d')) => return self.drop_here(),
            (_, Some('n')) if self.review.is_some() && self.unticked() == 0 => {
                return export::Export::begin(self.wish.options());
            }
            _ => self.at = self.at.moved(key, self.shown.len()),
        }
        Turn::stay(self)
    }

    /// Asks for nothing in the place that the person is on: the numbers of the others change, and so do their ticks.
    fn drop_here(self: Box<Self>) -> Turn {
        let Some(place) = self.change().map(|change| (change.node.clone(), change.role)) else {
            return Turn::stay(self);
        };
        let mut wish = self.wish;
        wish.dropped.push(place);
        Self::of(wish)
    }

    /// What is not asked for, and why.
    fn left_out(&self) -> Vec<String> {
        let left = self.review.iter().flat_map(|review| &review.left_out);
        let left = left.map(|left| format!("{} {}: {}", left.node, left.role, columns::visible(&left.why)));
        let dropped = self.wish.dropped.iter().map(|(node, role)| format!("{node} {role}: dropped here"));
        left.chain(dropped).flat_map(|line| columns::wrap(&line, READ)).collect()
    }
}

/// Columns of what is read on the screen.
const READ: usize = 76;

/// Everything about one request. No key exists yet, so there is no CSR to show.
fn everything(change: &Change) -> Vec<String> {
    let mut lines = vec![format!("#{} {} on {}   {}", change.id, change.role, change.node, change.path)];
    let mut add = |label: &str, text: &str| lines.extend(columns::hanging(&columns::left(label, 12), text, READ));
    add("subject", &change.subject);
    change.subject_today.iter().for_each(|today| add("  today", today));
    add("SAN", &if change.names.is_empty() { "-".to_owned() } else { change.names.join(" ") });
    change.names_added.iter().for_each(|name| add("  + added", name));
    change.names_dropped.iter().for_each(|name| add("  - dropped", name));
    let again = if change.key_reused { " (the live key once more)" } else { " (new)" };
    add("key", &format!("{}{again}", change.key_type));
    change.key_type_today.iter().for_each(|today| add("  today", today));
    add("asks", &format!("{} days", change.validity_days));
    if let Some(old) = &change.replaces {
        add("replaces", &format!("serial {}, {} days, ends {}", old.serial, old.validity_days, old.not_after));
        add("  sha256", &old.fingerprint.to_string());
    }
    change.findings.iter().for_each(|finding| add(finding.rule, &finding.text));
    lines
}

impl Screen for Draft {
    fn update(mut self: Box<Self>, input: Input) -> Turn {
        match input {
            Input::Told(Told::Drafted(review)) => {
                self.review = Some(review);
                self.show();
            }
            // What cannot be asked for is put right in the form. Where every place was dropped, all is asked for again.
            Input::Told(Told::Refused(_)) if self.review.is_none() && self.wish != Wish::default() => {
                if (Wish { dropped: Vec::new(), ..self.wish.clone() }) == Wish::default() {
                    return Self::begin();
                }
                self.doing = Doing::Choosing(wish::form(&self.wish));
            }
            Input::Key(key) => return self.key(key),
            Input::Told(_) | Input::Pasted => {}
        }
        Turn::stay(self)
    }

    fn view(&self, canvas: &Canvas<'_>) -> View {
        let message = match (&self.doing, self.unticked()) {
            (Doing::Choosing(form), _) => wish::hint(form, canvas.language).to_owned(),
            _ if self.review.is_none() => String::new(),
            _ if !self.wish.trust.is_empty() => canvas.say("No key is made for it.", "无需生成密钥。").to_owned(),
            (_, 0) => {
                canvas.say("No key exists yet. The next step makes them.", "尚未生成任何密钥。下一步生成。").to_owned()
            }
            (_, count) => fill(
                canvas.say(
                    "Privileged requests that are not ticked: {}. Tick them or drop them (D).",
                    "{} 个特权请求尚未勾选。请勾选或去除 (D)。",
                ),
                [&count],
            ),
        };
        View {
            title: canvas.say("Online: 2 Request review", "在线：2 请求审查").to_owned(),
            code: "N20",
            rail: format!("{}   {}", canvas.host, Journey::Asking.rail(2, canvas.language)),
            body: self.body(canvas),
            message,
            keys: self.keys(canvas).to_owned(),
        }
    }

    fn asked(&self, language: Language) -> Option<Asked> {
        match &self.doing {
            Doing::Choosing(form) => form.asked(language),
            Doing::Filtering => Some(Asked {
                label: language.say("filter", "过滤").to_owned(),
                kind: AskedKind::Text,
                given: self.filter.as_str().to_owned(),
            }),
            Doing::Looking | Doing::Reading(_) => None,
        }
    }

    fn takes_text(&self) -> bool {
        matches!(self.doing, Doing::Filtering | Doing::Choosing(_))
    }

    fn about(&self) -> (&'static str, &'static str) {
        (
            "One request for every certificate that the scan found, with a new key of the same type. Requests that give full rights are ticked one by one. D asks for nothing in a place, and the others are numbered anew. C chooses otherwise: keys, validity, profiles, nodes, certificates that are new or were asked for elsewhere, or a change of trust, which stands alone.",
            "扫描到的每个证书对应一个请求，使用同类型的新密钥。授予完全权限的请求须逐个勾选。D 去除一项，其余重新编号。C 另行选择：密钥、有效期、类别、节点、新增或他处生成的申请，或单独成包的信任变更。",
        )
    }

    fn command(&self) -> String {
        format!("airlock online request --dry-run{}", self.wish.options())
    }
}

impl Draft {
    fn keys(&self, canvas: &Canvas<'_>) -> &'static str {
        match self.doing {
            Doing::Looking => canvas.say(
                "Space tick  C choose  D drop  V view  L left out  / filter  N next  ? help",
                "空格 勾选  C 选择  D 去除  V 查看  L 未纳入  / 过滤  N 下一步  ? 帮助",
            ),
            Doing::Filtering => canvas
                .say("type a part of profile, node or subject, then Enter", "输入类别、节点或主体的一部分，然后回车"),
            Doing::Reading(_) => canvas.say("Up/Down scroll   any other key back", "上/下 滚动   其他键返回"),
            Doing::Choosing(_) => canvas.say(
                "type + Enter   Tab field   Enter in the last field asks so   Esc back   F1 help",
                "输入+回车   Tab 字段   末项回车即采用   Esc 返回   F1 帮助",
            ),
        }
    }

    fn body(&self, canvas: &Canvas<'_>) -> Vec<Row> {
        if let Doing::Choosing(form) = &self.doing {
            let head = canvas.say(" What is asked for; - where nothing is chosen", " 申请内容；- 表示不指定");
            return std::iter::once(Row::weighted(head, Weight::Strong)).chain(form.rows(canvas)).collect();
        }
        let Some(review) = &self.review else { return Vec::new() };
        if let Doing::Reading(reading) = &self.doing {
            return reading.rows(canvas);
        }
        if !review.trust_ops.is_empty() {
            return changes_of_trust(review, canvas);
        }
        let filter = self.filter.as_str();
        let filtered = if filter.is_empty() { String::new() } else { format!("   /{filter}") };
        // One validity for all.
        let days = self.changes().first().map_or(0, |change| change.validity_days);
        let left_out = review.left_out.len() + self.wish.dropped.len();
        let privileged = self.changes().iter().filter(|change| change.privileged).count();
        let head = fill(
            canvas.say(
                " {} requests of {} days   privileged {}   ticked {}   left out {}{}",
                " {} 个请求，{} 天   特权 {}   已勾选 {}   未纳入 {}{}",
            ),
            [&self.changes().len(), &days, &privileged, &self.ticked.len(), &left_out, &filtered],
        );
        let titles = [
            "#",
            canvas.say("profile", "类别"),
            canvas.say("node", "节点"),
            canvas.say("subject (escaped)", "主体（转义显示）"),
            canvas.say("key", "密钥"),
            canvas.say("replaces", "替换到期"),
        ];
        let width = canvas.width.saturating_sub(3);
        let mut body =
            vec![Row::weighted(head, Weight::Strong), Row::from(format!("   {}", grid::line(&CELLS, &titles, width)))];
        let table = canvas.height.saturating_sub(AROUND);
        let (drawn, here) = (self.at.drawn(self.shown.len(), table), self.at.at(self.shown.len()));
        let shown = self.shown.iter().enumerate().skip(drawn.start).take(drawn.len());
        let changes = shown.filter_map(|(index, at)| Some((index, self.changes().get(*at)?)));
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

/// A change of trust stands alone.
fn changes_of_trust(review: &Review, canvas: &Canvas<'_>) -> Vec<Row> {
    let head = canvas.say(" No certificate is asked for, but a change of trust:", " 不申请证书，仅变更信任：");
    let told = canvas
        .say("Each officer of the CA types all sixteen rows of its sheet.", "CA 的每位安全员须录入核对单全部十六行。");
    let changes = review.trust_ops.iter().map(|op| Row::weighted(format!("   {op}"), Weight::Strong));
    let head = [Row::from(head), Row::default()].into_iter().chain(changes);
    head.chain([Row::default(), Row::from(format!(" {told}"))]).collect()
}

/// `!` where a tick is missing.
fn tick(change: &Change, ticked: &BTreeSet<Number>) -> &'static str {
    match (change.privileged, ticked.contains(&change.id)) {
        (true, true) => "x",
        (true, false) => "!",
        (false, _) => " ",
    }
}

fn cells(change: &Change) -> [String; 6] {
    [
        change.id.to_string(),
        change.role.to_string(),
        change.node.clone(),
        change.subject.clone(),
        change.key_type.clone(),
        change
            .replaces
            .as_ref()
            .map_or_else(|| "-".to_owned(), |replaced| replaced.not_after.to_string().chars().take(10).collect()),
    ]
}

/// The names, and what the CA will have to say.
fn told(change: &Change, width: usize) -> Vec<Row> {
    let width = width.saturating_sub(1);
    let names = columns::first(columns::hanging(" SAN ", &change.names.join(" "), width), 2, width);
    let findings = change
        .findings
        .iter()
        .flat_map(|finding| columns::hanging(&format!(" {} {}: ", Mark::Warn, finding.rule), &finding.text, width));
    columns::first(names.into_iter().chain(findings).collect(), AROUND - 3, width).into_iter().map(Row::from).collect()
}
