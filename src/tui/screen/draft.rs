//! N20: what would be asked for, before any key exists. Each privileged request is ticked by the person who asks.

use std::collections::BTreeSet;

use super::change::{self, Asked};
use super::{Screen, Turn, export, scan, wish};
use crate::exchange::csr_bundle::number::Number;
use crate::online::request::{Change, Place, Review, Wish};
use crate::report::columns;
use crate::tui::asked::{self, AskedKind};
use crate::tui::effect::{Effect, Input};
use crate::tui::field::Text;
use crate::tui::form::{Form, Pressed};
use crate::tui::frame::{Canvas, Row, View};
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
    /// Those of the lines that are shown, in their order.
    shown: Vec<usize>,
    at: Window,
    ticked: BTreeSet<Number>,
    /// What is asked for.
    wish: Wish,
    filter: Text,
    doing: Doing,
    /// What stood here before a place was left out or taken in again.
    before: Before,
    /// Whether the last key would have left out all that is asked for.
    is_last: bool,
}

/// What is found again when the lines are numbered anew.
#[derive(Debug, Default)]
struct Before {
    ticked: Vec<Change>,
    place: Option<Place>,
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

    /// The requests by number, then the places for which nothing is asked because somebody said so here.
    fn line(&self, at: usize) -> Option<Asked<'_>> {
        let changes = self.changes();
        let dropped = || self.wish.dropped.get(at.checked_sub(changes.len())?);
        changes.get(at).map(Asked::For).or_else(|| dropped().map(Asked::Not))
    }

    /// What the person is on.
    fn here(&self) -> Option<Asked<'_>> {
        self.line(*self.shown.get(self.at.at(self.shown.len())?)?)
    }

    fn unticked(&self) -> usize {
        self.changes().iter().filter(|change| change.privileged && !self.ticked.contains(&change.id)).count()
    }

    /// Those whose profile, node or subject bears what was typed.
    fn show(&mut self) {
        let text = self.filter.as_str();
        let all = 0..self.changes().len() + self.wish.dropped.len();
        self.shown = all.filter(|at| self.line(*at).is_some_and(|line| line.bears(text))).collect();
    }

    /// Ticks what is as it was when it was ticked, but for its number, and goes to the place that the person was on.
    fn find_again(&mut self) {
        let Before { ticked, place } = std::mem::take(&mut self.before);
        let is_as_before =
            |change: &&Change| ticked.iter().any(|known| Change { id: change.id, ..known.clone() } == **change);
        self.ticked = self.changes().iter().filter(is_as_before).map(|change| change.id).collect();
        let is_there = |at: &usize| self.line(*at).map(Asked::place) == place;
        let at = place.as_ref().and_then(|_| self.shown.iter().position(is_there));
        self.at = at.map_or(self.at, Window::on);
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
        self.is_last = false;
        match (key, key.letter()) {
            (Key::Esc, _) if self.filter.as_str().is_empty() => return scan::Scan::begin(),
            (Key::Esc, _) => {
                self.filter.clear();
                self.show();
            }
            (Key::Char('/'), _) => self.doing = Doing::Filtering,
            (Key::Char(' '), _) => {
                let id = match self.here() {
                    Some(Asked::For(change)) if change.privileged => Some(change.id),
                    _ => None,
                };
                if let Some(id) = id.filter(|id| !self.ticked.remove(id)) {
                    self.ticked.insert(id);
                }
            }
            (Key::Enter, _) | (_, Some('v')) => {
                let lines = self.here().map(Asked::everything);
                self.doing = lines.map_or(Doing::Looking, |lines| Doing::Reading(Reading::new(lines)));
            }
            (_, Some('l')) => self.doing = Doing::Reading(Reading::new(self.left_out())),
            (_, Some('c')) if self.review.is_some() => self.doing = Doing::Choosing(wish::form(&self.wish)),
            (_, Some('d')) => return self.drop_or_take_back(),
            (_, Some('n')) if self.review.is_some() && self.unticked() == 0 => {
                return export::Export::begin(self.wish.options());
            }
            _ => self.at = self.at.moved(key, self.shown.len()),
        }
        Turn::stay(self)
    }

    /// Asks for nothing in the place that the person is on, or for it again: the numbers of the others change.
    fn drop_or_take_back(mut self: Box<Self>) -> Turn {
        let Some(place) = self.here().map(Asked::place) else { return Turn::stay(self) };
        let is_of_place = |change: &Change| change.node == place.0 && change.role == place.1;
        match self.wish.dropped.iter().position(|dropped| *dropped == place) {
            Some(at) => drop(self.wish.dropped.remove(at)),
            None if self.changes().iter().all(is_of_place) => {
                self.is_last = true;
                return Turn::stay(self);
            }
            None => self.wish.dropped.push(place.clone()),
        }
        let ticked = self.changes().iter().filter(|change| self.ticked.contains(&change.id)).cloned().collect();
        let before = Before { ticked, place: Some(place) };
        let (wish, filter) = (self.wish, self.filter);
        let effect = Effect::Draft(Box::new(wish.clone()));
        Turn::to(Self { wish, filter, before, at: self.at, ..Self::default() }).and(effect)
    }

    /// What is not asked for, and why.
    fn left_out(&self) -> Lines {
        let lines = |language: Language| {
            let left = self.review.iter().flat_map(|review| &review.left_out);
            let left = left.map(|left| format!("{} {}: {}", left.node, left.role, columns::visible(&left.why)));
            let told = language.say("{} {}: left out here, D takes it back", "{} {}：在此去除，按 D 恢复");
            let dropped = self.wish.dropped.iter().map(|(node, role)| fill(told, [node, role]));
            left.chain(dropped).flat_map(|line| columns::wrap(&line, READ)).collect()
        };
        Lines::both(lines(Language::English), lines(Language::Chinese))
    }
}

/// Columns of what is read on the screen.
const READ: usize = 76;

impl Screen for Draft {
    fn update(mut self: Box<Self>, input: Input) -> Turn {
        match input {
            Input::Told(Told::Drafted(review)) => {
                self.review = Some(review);
                self.show();
                self.find_again();
            }
            // What cannot be asked for is put right in the form.
            Input::Told(Told::Refused(_)) if self.review.is_none() && self.wish != Wish::default() => {
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
            _ if self.is_last => canvas
                .say("The last request stays: a bundle asks for something.", "最后一个请求不能去除：申请包不能为空。")
                .to_owned(),
            _ if !self.wish.trust.is_empty() => canvas.say("No key is made for it.", "无需生成密钥。").to_owned(),
            (_, 0) => {
                canvas.say("No key exists yet. The next step makes them.", "尚未生成任何密钥。下一步生成。").to_owned()
            }
            (_, count) => fill(
                canvas.say(
                    "Privileged requests that are not ticked: {}. Tick them or leave them out (D).",
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

    fn asked(&self, language: Language) -> Option<asked::Asked> {
        match &self.doing {
            Doing::Choosing(form) => form.asked(language),
            Doing::Filtering => Some(asked::Asked {
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
            "One request for every certificate that the scan found, with a new key of the same type. Requests that give full rights are ticked one by one. D leaves a place out and takes it back, and the others are numbered anew. C chooses otherwise: keys, validity, profiles, nodes, certificates that are new or were asked for elsewhere, or a change of trust, which stands alone.",
            "扫描到的每个证书对应一个请求，使用同类型的新密钥。授予完全权限的请求须逐个勾选。D 去除一项，再按恢复，其余重新编号。C 另行选择：密钥、有效期、类别、节点、新增或他处生成的申请，或单独成包的信任变更。",
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
                "Space tick  C choose  D out/back  V view  L left out  / filter  N next  ? help",
                "空格 勾选  C 选择  D 去除/恢复  V 查看  L 未纳入  / 过滤  N 下一步  ? 帮助",
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
                " requests {}   days {}   privileged {}   ticked {}   left out {}{}",
                " {} 个请求，{} 天   特权 {}   已勾选 {}   未纳入 {}{}",
            ),
            [&self.changes().len(), &days, &privileged, &self.ticked.len(), &left_out, &filtered],
        );
        let mut body = vec![Row::weighted(head, Weight::Strong), change::titles(canvas)];
        let table = canvas.height.saturating_sub(AROUND);
        let (drawn, here) = (self.at.drawn(self.shown.len(), table), self.at.at(self.shown.len()));
        let shown = self.shown.iter().enumerate().skip(drawn.start).take(drawn.len());
        body.extend(shown.filter_map(|(index, at)| Some((index, self.line(*at)?))).map(|(index, line)| {
            let is_here = here == Some(index);
            let text = format!("{}{}", if is_here { ">" } else { " " }, line.row(&self.ticked, canvas));
            Row::weighted(text, if is_here { Weight::Chosen } else { Weight::Plain })
        }));
        body.resize(3 + table, Row::default());
        body.extend(self.here().map(|line| line.told(AROUND - 3, canvas)).unwrap_or_default());
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
