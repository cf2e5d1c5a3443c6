//! F40: what becomes of each request. The privileged come first; each of them is opened and ticked by whoever approves.

use std::collections::BTreeSet;

use super::person::{FIELDS, credentials, form};
use super::{Screen, Turn, detail, quorum, rules};
use crate::exchange::csr_bundle::manifest::TrustOp;
use crate::exchange::csr_bundle::number::Number;
use crate::exchange::trace::Trace;
use crate::report::requests::{RequestLine, Verdict};
use crate::tui::asked::{Asked, AskedKind};
use crate::tui::effect::{Effect, Input};
use crate::tui::field::Text;
use crate::tui::form::{Field, Form, Pressed};
use crate::tui::frame::{Canvas, Row, View};
use crate::tui::grid::{self, Cell};
use crate::tui::keys::Key;
use crate::tui::language::{Language, fill};
use crate::tui::palette::Weight;
use crate::tui::rail::Journey;
use crate::tui::told::Told;
use crate::tui::window::Window;

/// The state of F40.
#[derive(Debug)]
pub struct Review {
    trace: Trace,
    requests: Vec<RequestLine>,
    trust_ops: Vec<TrustOp>,
    /// Those of `requests` that are shown, in their order.
    shown: Vec<usize>,
    at: Window,
    filter: Text,
    doing: Doing,
    opened: BTreeSet<Number>,
    ticked: BTreeSet<Number>,
    /// Whether the last key ticked what was not opened.
    is_unopened: bool,
    /// Whether the last key was to go on with some ticks, and not all.
    is_short: bool,
    has_read: bool,
}

#[derive(Debug)]
enum Doing {
    Looking,
    Filtering,
    Denying { request: Number, form: Form },
}

const CELLS: [Cell; 7] =
    [Cell::Right(5), Cell::Left(8), Cell::Left(14), Cell::Rest, Cell::Right(3), Cell::Left(10), Cell::Left(4)];
/// Characters of the code of a rule.
const RULE: usize = 2;
/// Rows of the body that are no table.
const AROUND: usize = 9;
/// Of them those that say everything about the request that the person is on.
const ABOUT: usize = 5;

impl Review {
    /// Reads what becomes of the requests of `trace`.
    pub fn begin(trace: Trace) -> Turn {
        Turn::to(Self::new(trace.clone())).and(Effect::Review(trace))
    }

    fn new(trace: Trace) -> Self {
        Self {
            trace,
            requests: Vec::new(),
            trust_ops: Vec::new(),
            shown: Vec::new(),
            at: Window::default(),
            filter: Text::default(),
            doing: Doing::Looking,
            opened: BTreeSet::new(),
            ticked: BTreeSet::new(),
            is_unopened: false,
            is_short: false,
            has_read: false,
        }
    }

    fn request(&self) -> Option<&RequestLine> {
        self.requests.get(*self.shown.get(self.at.at(self.shown.len())?)?)
    }

    /// Requests that whoever approves must tick.
    fn to_tick(&self) -> impl Iterator<Item = &RequestLine> {
        self.requests.iter().filter(|one| one.privileged && one.verdict != Some(Verdict::Deny))
    }

    /// Sorts what is shown: the privileged first, then by number.
    fn show(&mut self) {
        let wanted = |one: &RequestLine| {
            let text = self.filter.as_str();
            text.is_empty() || one.profile.to_string().contains(text) || one.subject.safe().contains(text)
        };
        let mut shown: Vec<usize> =
            (0..self.requests.len()).filter(|at| self.requests.get(*at).is_some_and(wanted)).collect();
        shown.sort_by_key(|at| self.requests.get(*at).map(|one| (!one.privileged, one.id)));
        self.shown = shown;
    }

    fn key(mut self: Box<Self>, key: Key) -> Turn {
        match &mut self.doing {
            Doing::Looking => self.look(key),
            Doing::Filtering => {
                match key {
                    Key::Enter | Key::Esc => self.doing = Doing::Looking,
                    key => drop(self.filter.take(key)),
                }
                self.show();
                Turn::stay(self)
            }
            Doing::Denying { request, form } => {
                if key == Key::Esc {
                    self.doing = Doing::Looking;
                } else if form.press(key) == Pressed::Complete {
                    let (request, code) = (*request, form.text(FIELDS).to_owned());
                    let effect = Effect::Deny { trace: self.trace.clone(), who: credentials(form), request, code };
                    return Turn::stay(self).and(effect);
                }
                Turn::stay(self)
            }
        }
    }

    fn look(mut self: Box<Self>, key: Key) -> Turn {
        self.is_unopened = false;
        let was_short = std::mem::take(&mut self.is_short);
        let is_part = (1..self.to_tick().count()).contains(&self.ticked.len());
        let request = self.request().map(|one| one.id);
        match (key, key.letter(), request) {
            (Key::Esc, ..) if self.filter.as_str().is_empty() => return Turn::home(),
            (Key::Esc, ..) => {
                self.filter.clear();
                self.show();
            }
            (Key::Char('/'), ..) => self.doing = Doing::Filtering,
            (Key::Enter, _, Some(_)) => return self.open(0),
            (Key::Char(' '), _, Some(request)) => self.tick(request),
            (_, Some('d'), _) => return self.deny(),
            _ if !self.has_read => {}
            (_, Some('n'), _) if is_part && !was_short => self.is_short = true,
            (_, Some('n'), _) => {
                let ticked = self.ticked.iter().copied().collect();
                return quorum::Quorum::begin(self.trace, ticked);
            }
            (key, ..) => self.at = self.at.moved(key, self.shown.len()),
        }
        Turn::stay(self)
    }

    /// The exchange.
    pub(super) fn trace(&self) -> &Trace {
        &self.trace
    }

    /// Asks who denies the request that the person is on, and why; one that is denied stays so.
    pub(super) fn deny(mut self: Box<Self>) -> Turn {
        let request = self.request().filter(|one| one.verdict != Some(Verdict::Deny)).map(|one| one.id);
        if let Some(request) = request {
            let form = form([Field::text("Code (of the list)", "代码（见列表）")]);
            self.doing = Doing::Denying { request, form };
        }
        Turn::stay(self)
    }

    /// Opens the request that stands so many lines further down.
    pub(super) fn open(mut self: Box<Self>, further: isize) -> Turn {
        let at = self.at.at(self.shown.len()).unwrap_or_default().saturating_add_signed(further);
        self.at = Window::on(at.min(self.shown.len().saturating_sub(1)));
        match self.request().map(|one| one.id) {
            Some(request) => {
                self.opened.insert(request);
                detail::Detail::begin(self, request)
            }
            None => Turn::stay(self),
        }
    }

    /// Whether the person has ticked it.
    pub(super) fn is_ticked(&self, request: Number) -> bool {
        self.ticked.contains(&request)
    }

    /// Only what was opened can be ticked, and only where a tick counts.
    pub(super) fn tick(&mut self, request: Number) {
        let counts = self.to_tick().any(|one| one.id == request);
        self.is_unopened = counts && !self.opened.contains(&request);
        if counts && !self.is_unopened && !self.ticked.remove(&request) {
            self.ticked.insert(request);
        }
    }
}

impl Screen for Review {
    fn update(mut self: Box<Self>, input: Input) -> Turn {
        match input {
            Input::Key(key) => self.key(key),
            Input::Told(Told::Reviewed(requests, trust_ops)) => {
                self.has_read = true;
                self.requests = requests;
                self.trust_ops = trust_ops;
                self.doing = Doing::Looking;
                self.show();
                Turn::stay(self)
            }
            Input::Told(_) | Input::Pasted => Turn::stay(self),
        }
    }

    fn view(&self, canvas: &Canvas<'_>) -> View {
        let keys = match self.doing {
            Doing::Looking => canvas.say(
                "Enter open   Space tick   D deny   / filter   N next   Esc home   ? help",
                "Enter 打开   空格 勾选   D 拒绝   / 过滤   N 下一步   Esc 主页   ? 帮助",
            ),
            Doing::Filtering => {
                canvas.say("type a part of profile or subject, then Enter", "输入类别或主体的一部分，然后回车")
            }
            Doing::Denying { .. } => {
                canvas.say("type + Enter deny for good   Esc back   F1 help", "输入后回车永久拒绝   Esc 返回   F1 帮助")
            }
        };
        let denying = if let Doing::Denying { request, .. } = &self.doing { Some(request) } else { None };
        View {
            title: fill(canvas.say("Offline CA {}: 4 CSR review", "离线 CA {}：4 CSR 审查"), [&canvas.host]),
            code: "F40",
            rail: Journey::Answering.rail(4, canvas.language),
            body: self.body(canvas),
            message: match (denying, self.is_unopened, self.is_short) {
                (Some(request), ..) => fill(
                    canvas.say(
                        "Deny request {} for good, under your name. The rest can go on.",
                        "以您的名义永久拒绝请求 {}。其余可以继续。",
                    ),
                    [request],
                ),
                (_, true, _) => {
                    canvas.say("Open it with Enter first, then tick.", "请先按回车打开，再勾选。").to_owned()
                }
                (.., true) => canvas
                    .say(
                        "Not all are ticked, and such an approval is refused. N once more goes on.",
                        "尚未全部勾选，如此批准将被拒绝。再按 N 继续。",
                    )
                    .to_owned(),
                _ => canvas
                    .say(
                        "! = privileged  ? = NOT_EXPLAINED. Deny is final here; the rest can go on.",
                        "! = 特权  ? = NOT_EXPLAINED。拒绝不可撤销；其余可以继续。",
                    )
                    .to_owned(),
            },
            keys: keys.to_owned(),
        }
    }

    fn about(&self) -> (&'static str, &'static str) {
        (
            "Policy has judged every request. Requests marked with ! give full rights: whoever approves opens each of them with Enter and then ticks it with Space. An officer may deny what policy allows, under the code of a rule or, where nobody can explain it, NOT_EXPLAINED; nobody can allow what policy denies.",
            "策略已判定每个请求。带 ! 的请求授予完全权限：批准者须逐个按回车打开，再按空格勾选。安全员可以拒绝策略允许的请求，写明规则代码；无人能解释的写 NOT_EXPLAINED。任何人都不能允许策略拒绝的请求。",
        )
    }

    fn command(&self) -> String {
        let deny = self.request().map(|one| format!(" --deny {}=CODE --officer ID --key FILE", one.id));
        format!("airlock offline review {}{}", self.trace, deny.unwrap_or_default())
    }

    fn asked(&self, language: Language) -> Option<Asked> {
        match &self.doing {
            Doing::Looking => None,
            Doing::Filtering => {
                let label = language.say("Part of profile or subject", "类别或主体的一部分").to_owned();
                Some(Asked { label, kind: AskedKind::Text, given: self.filter.as_str().to_owned() })
            }
            Doing::Denying { form, .. } => form.asked(language),
        }
    }

    fn takes_text(&self) -> bool {
        !matches!(self.doing, Doing::Looking)
    }
}

impl Review {
    fn body(&self, canvas: &Canvas<'_>) -> Vec<Row> {
        if let Doing::Denying { form, .. } = &self.doing {
            return form.rows(canvas).into_iter().chain(rules::all(canvas)).collect();
        }
        if !self.has_read {
            return vec![Row::from(canvas.say(" Reading ...", " 正在读取……"))];
        }
        let count = |verdict| self.requests.iter().filter(|one| one.verdict == Some(verdict)).count();
        let privileged = self.requests.iter().filter(|one| one.privileged).count();
        let filter = self.filter.as_str();
        let filtered = if filter.is_empty() { String::new() } else { format!("   /{filter}") };
        let head = fill(
            canvas
                .say(" {} request{s}: {} allow  {} deny   privileged {}{}", " {} 个请求：{} 允许  {} 拒绝   特权 {}{}"),
            [&self.requests.len(), &count(Verdict::Allow), &count(Verdict::Deny), &privileged, &filtered],
        );
        let mut body = vec![Row::weighted(head, Weight::Strong), Row::from(format!("  {}", titles(canvas)))];
        let table = canvas.height.saturating_sub(AROUND);
        body.extend(self.table(canvas, table));
        body.resize(2 + table, Row::default());
        body.push(Row::default());
        match self.request() {
            Some(request) => body.extend(rules::said(request, ABOUT, canvas)),
            None => body.extend(self.changes(canvas)),
        }
        body.resize(canvas.height.saturating_sub(1), Row::default());
        let (all, opened) =
            (self.to_tick().count(), self.to_tick().filter(|one| self.opened.contains(&one.id)).count());
        body.push(
            fill(
                canvas.say(" to be ticked {}   opened {}   ticked {}", " 须勾选 {}   已打开 {}   已勾选 {}"),
                [&all, &opened, &self.ticked.len()],
            )
            .into(),
        );
        body
    }

    fn table(&self, canvas: &Canvas<'_>, height: usize) -> Vec<Row> {
        let drawn = self.at.drawn(self.shown.len(), height);
        let here = self.at.at(self.shown.len());
        let rows = self.shown.iter().enumerate().skip(drawn.start).take(drawn.len());
        rows.filter_map(|(index, at)| Some((index, self.requests.get(*at)?)))
            .map(|(index, request)| {
                let is_here = here == Some(index);
                let tick = if self.ticked.contains(&request.id) { "x" } else { " " };
                let line = grid::line(&CELLS, &cells(request), canvas.width.saturating_sub(3));
                let text = format!("{}{tick} {line}", if is_here { ">" } else { " " });
                Row::weighted(text, if is_here { Weight::Chosen } else { Weight::Plain })
            })
            .collect()
    }

    /// What a bundle that changes trust asks for, which is nothing else.
    fn changes(&self, canvas: &Canvas<'_>) -> Vec<Row> {
        let change = |op| fill(canvas.say(" Trust change: {}", " 信任变更：{}"), [op]);
        let mut rows: Vec<_> =
            self.trust_ops.iter().map(|op| Row::weighted(change(op), Weight::Strong)).take(ABOUT - 1).collect();
        if !rows.is_empty() {
            let whole = canvas.say(
                " Each officer who approves it types all sixteen rows of the sheet.",
                " 每名批准的安全员须输入核对单全部16行。",
            );
            rows.push(Row::from(whole));
        }
        rows
    }
}

fn titles(canvas: &Canvas<'_>) -> String {
    let titles = [
        "#",
        canvas.say("verdict", "结论"),
        canvas.say("profile", "类别"),
        canvas.say("subject (escaped)", "主体（转义显示）"),
        "SAN",
        canvas.say("until", "到期"),
        canvas.say("why", "原因"),
    ];
    format!(" {}", grid::line(&CELLS, &titles, canvas.width.saturating_sub(3)))
}

fn cells(request: &RequestLine) -> [String; 7] {
    let verdict = match (request.verdict, request.privileged) {
        (None, _) => "[  --  ]",
        (Some(Verdict::Allow), false) => "[ALLOW ]",
        (Some(Verdict::Allow), true) => "[ALLOW!]",
        (Some(Verdict::Deny), false) => "[DENY  ]",
        (Some(Verdict::Deny), true) => "[DENY !]",
    };
    // The one code that is a word finds no room; it is told whole below the table.
    let short = |code: &'_ str| if code.len() > RULE { "?".to_owned() } else { code.to_owned() };
    let codes: Vec<_> = request.reasons.iter().map(|reason| short(reason.code())).collect();
    [
        request.id.to_string(),
        verdict.to_owned(),
        request.profile.to_string(),
        request.subject.safe(),
        request.names.to_string(),
        request.until.map_or_else(|| "-".to_owned(), |until| until.to_string().chars().take(10).collect()),
        codes.join(" "),
    ]
}
