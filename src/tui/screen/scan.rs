//! N10: what is on the nodes of the config, and what is wrong with it. Nothing is written to any node.

use super::{Screen, Turn, draft};
use crate::cluster::role::Group;
use crate::cluster::scan::{Found, Holds, Problem, Report, Severity};
use crate::report::columns;
use crate::report::mark::Mark;
use crate::tui::effect::{Effect, Input};
use crate::tui::explained::{LABEL, explained};
use crate::tui::frame::{Canvas, Row, View};
use crate::tui::grid::{self, Cell};
use crate::tui::keys::Key;
use crate::tui::language::{Language, fill};
use crate::tui::palette::Weight;
use crate::tui::rail::Journey;
use crate::tui::reading::{Lines, Reading};
use crate::tui::told::Told;
use crate::tui::window::Window;
use crate::wire::text;

/// The state of N10.
#[derive(Debug, Default)]
pub struct Scan {
    report: Option<Box<Report>>,
    at: Window,
    /// Everything about the place that the person is on, while he reads it.
    reading: Option<Reading>,
}

const CELLS: [Cell; 5] = [Cell::Left(6), Cell::Left(10), Cell::Left(26), Cell::Rest, Cell::Left(10)];
/// What is counted by itself, in the order of the screen.
const SOURCES: [(Group, &str, &str); 5] = [
    (Group::ControlPlane, "control plane", "控制平面"),
    (Group::Etcd, "etcd", "etcd"),
    (Group::Kubelet, "kubelets", "kubelet"),
    (Group::Admin, "administrators", "管理员"),
    (Group::Issuer, "issuing CAs", "签发 CA"),
];
const COUNTS: [Cell; 4] = [Cell::Left(20), Cell::Right(8), Cell::Right(14), Cell::Right(9)];
/// Rows that say everything about the place that the person is on.
const ABOUT: usize = 4;

impl Scan {
    /// Looks at the nodes of the config.
    pub fn begin() -> Turn {
        Turn::to(Self::default()).and(Effect::Scan)
    }

    fn found(&self) -> &[Found] {
        self.report.as_ref().map(|report| report.found.as_slice()).unwrap_or_default()
    }
}

impl Screen for Scan {
    fn update(mut self: Box<Self>, input: Input) -> Turn {
        match input {
            Input::Told(Told::Scanned(report)) => self.report = Some(report),
            Input::Key(key) if self.reading.is_some() => {
                let goes_on = self.reading.as_mut().is_some_and(|reading| reading.press(key));
                self.reading = self.reading.take().filter(|_| goes_on);
            }
            Input::Key(Key::Enter) => {
                let here = self.at.at(self.found().len()).and_then(|at| self.found().get(at));
                self.reading = here.map(|found| {
                    Reading::new(Lines::both(
                        everything(found, Language::English),
                        everything(found, Language::Chinese),
                    ))
                });
            }
            Input::Key(Key::Esc) => return Turn::home(),
            Input::Key(key) if key.letter() == Some('r') => return Self::begin(),
            Input::Key(key) if key.letter() == Some('n') && self.report.is_some() => return draft::Draft::begin(),
            Input::Key(key) => self.at = self.at.moved(key, self.found().len()),
            Input::Told(_) | Input::Pasted => {}
        }
        Turn::stay(self)
    }

    fn view(&self, canvas: &Canvas<'_>) -> View {
        View {
            title: canvas.say("Online: 1 Scan", "在线：1 扫描").to_owned(),
            code: "N10",
            rail: format!("{}   {}", canvas.host, Journey::Asking.rail(1, canvas.language)),
            body: self.body(canvas),
            message: canvas
                .say("Nothing is written to any node by this step.", "此步骤不会向任何节点写入。")
                .to_owned(),
            keys: canvas
                .say(
                    "Up/Down   Enter details   R rescan   N next   Esc home   ? help",
                    "上/下   回车 详情   R 重新扫描   N 下一步   Esc 主页   ? 帮助",
                )
                .to_owned(),
        }
    }

    fn about(&self) -> (&'static str, &'static str) {
        (
            "Every certificate, key and CA on the nodes that the config names, judged by the cluster record: where it lies, whether its key fits, when it ends, and what is wrong with it.",
            "按集群记录检查配置所列节点上的每个证书、密钥和 CA：位置、密钥是否匹配、何时到期以及存在的问题。",
        )
    }

    fn command(&self) -> String {
        "airlock online scan -o json".to_owned()
    }
}

impl Scan {
    fn body(&self, canvas: &Canvas<'_>) -> Vec<Row> {
        let Some(report) = &self.report else { return Vec::new() };
        let marked = |wanted| report.found.iter().filter(|found| mark(&found.problems) == wanted).count();
        if let Some(reading) = &self.reading {
            return reading.rows(canvas);
        }
        let head = fill(
            canvas.say(" nodes {}   certificates {}   warn {}   fail {}", " {} 个节点   {} 个证书   警告 {}   失败 {}"),
            [&report.nodes.len(), &report.leaves().count(), &marked(Mark::Warn), &marked(Mark::Fail)],
        );
        let titles = [
            "",
            canvas.say("node", "节点"),
            canvas.say("what", "内容"),
            canvas.say("subject", "主体"),
            canvas.say("until", "到期"),
        ];
        let width = canvas.width.saturating_sub(2);
        let mut body = vec![Row::weighted(head, Weight::Strong)];
        body.extend(sources(report, canvas));
        body.extend([Row::default(), Row::from(format!("  {}", grid::line(&CELLS, &titles, width)))]);
        let table = canvas.height.saturating_sub(body.len() + ABOUT);
        let (drawn, here) = (self.at.drawn(report.found.len(), table), self.at.at(report.found.len()));
        body.extend(report.found.iter().enumerate().skip(drawn.start).take(drawn.len()).map(|(index, found)| {
            let is_here = here == Some(index);
            let text = format!("{} {}", if is_here { ">" } else { " " }, grid::line(&CELLS, &cells(found), width));
            Row::weighted(text, if is_here { Weight::Chosen } else { Weight::Plain })
        }));
        body.resize(canvas.height.saturating_sub(ABOUT), Row::default());
        body.extend(here.and_then(|at| report.found.get(at)).map(|found| told(found, canvas)).unwrap_or_default());
        body
    }
}

/// How many certificates of each kind there are, how many of them end soon, and how many are no longer good.
fn sources(report: &Report, canvas: &Canvas<'_>) -> Vec<Row> {
    let is_of = |found: &Found, group| found.role.is_some_and(|role| role.identity().group == group);
    let ends = |found: &Found| found.problems.iter().any(|problem| matches!(problem, Problem::Expiring(_)));
    let titles = [
        canvas.say("Sources", "来源"),
        canvas.say("found", "找到"),
        canvas.say("expiring <30d", "30天内到期"),
        canvas.say("wrong", "有误"),
    ];
    let mut rows = vec![Row::from(format!(" {}", grid::line(&COUNTS, &titles, canvas.width)))];
    for (group, english, chinese) in SOURCES {
        let all: Vec<_> = report.leaves().filter(|found| is_of(found, group)).collect();
        if all.is_empty() {
            continue;
        }
        let count = |is: &dyn Fn(&Found) -> bool| all.iter().filter(|found| is(found)).count().to_string();
        let wrong = count(&|found| mark(&found.problems) == Mark::Fail);
        let cells = [canvas.say(english, chinese).to_owned(), all.len().to_string(), count(&ends), wrong];
        rows.push(Row::from(format!(" {}", grid::line(&COUNTS, &cells, canvas.width))));
    }
    rows
}

/// Everything about one place.
fn everything(found: &Found, language: Language) -> Vec<String> {
    let mut lines = vec![format!("{}   {}", text::escape(&found.node), text::escape(&found.path))];
    let mut add = |label: &str, text: &str| lines.extend(columns::hanging(&columns::left(label, LABEL), text, READ));
    if let Some(says) = &found.says {
        add(language.say("subject", "主体"), &says.subject);
        add("SAN", &if says.subject_alt_names.is_empty() { "-".to_owned() } else { says.subject_alt_names.join(" ") });
        add(language.say("issuer", "签发者"), &says.issuer);
        add(language.say("serial", "序列号"), &says.serial);
        add(language.say("validity", "有效期"), &format!("{} - {}", says.not_before, says.not_after));
        add(language.say("key", "密钥"), &format!("{}, {}", says.key_type, says.algorithm));
        add("sha256", &says.fingerprint.to_string());
    }
    for problem in &found.problems {
        let start = columns::left(mark(std::slice::from_ref(problem)).as_str(), LABEL);
        lines.extend(columns::hanging(&start, &columns::visible(&problem.to_string()), READ));
        lines.extend(explained(problem.code(), language, READ));
    }
    lines
}

/// Columns of what is read on the screen.
const READ: usize = 76;

/// The path, and what is wrong with what lies there.
fn told(found: &Found, canvas: &Canvas<'_>) -> Vec<Row> {
    let width = canvas.width.saturating_sub(2);
    let path = Row::from(columns::cut(&format!(" {}", text::escape(&found.path)), width));
    let problems = found.problems.iter().flat_map(|problem| {
        let mark = mark(std::slice::from_ref(problem));
        columns::hanging(&format!(" {mark} "), &said(problem, canvas.language), width)
    });
    std::iter::once(path).chain(problems.map(Row::from)).take(ABOUT).collect()
}

/// What is wrong. In Chinese it is what the code means, with what was found behind it.
fn said(problem: &Problem, language: Language) -> String {
    let found = columns::visible(&problem.to_string());
    match (language, language.meaning(problem.code())) {
        (Language::Chinese, Some(meaning)) => format!("{}: {}。原文 {found}", problem.code(), meaning.what),
        _ => format!("{}: {found}", problem.code()),
    }
}

fn mark(problems: &[Problem]) -> Mark {
    match problems.iter().map(Problem::severity).max() {
        None => Mark::Ok,
        Some(Severity::Warn) => Mark::Warn,
        Some(Severity::Fail) => Mark::Fail,
    }
}

fn cells(found: &Found) -> [String; 5] {
    let what = match (found.role, found.domain, found.holds) {
        (Some(role), ..) => role.to_string(),
        (None, Some(domain), Holds::Ca) => format!("ca {domain}"),
        (None, _, Holds::ServiceAccountKey) => "service-account key".to_owned(),
        _ => text::escape(&found.path),
    };
    let says = found.says.as_ref();
    [
        mark(&found.problems).to_string(),
        text::escape(&found.node),
        what,
        says.map_or_else(|| "-".to_owned(), |says| says.subject.clone()),
        says.map_or_else(|| "-".to_owned(), |says| says.not_after.to_string().chars().take(10).collect()),
    ]
}
