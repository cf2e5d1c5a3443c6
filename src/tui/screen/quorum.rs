//! F50: people decide on the exact bytes to be signed. The number of privileged certificates is not told here: whoever
//! approves has counted them in the review.

use super::person::{FIELDS, credentials, form};
use super::{Screen, Turn, login, review};
use crate::exchange::csr_bundle::number::Number;
use crate::exchange::trace::Trace;
use crate::report::mark::Mark;
use crate::tui::asked::Asked;
use crate::tui::effect::{Decision, Effect, Input};
use crate::tui::form::{Field, Form, Pressed};
use crate::tui::frame::{Canvas, Row, View};
use crate::tui::grid::{self, Cell};
use crate::tui::keys::Key;
use crate::tui::language::{Language, fill};
use crate::tui::palette::Weight;
use crate::tui::rail::Journey;
use crate::tui::told::{BallotFacts, Told, Voter};

/// The state of F50.
#[derive(Debug)]
pub struct Quorum {
    trace: Trace,
    ticked: Vec<Number>,
    facts: Option<BallotFacts>,
    doing: Doing,
    /// Ticks are of one person: they are gone once his vote is taken, and kept where it was refused.
    is_voting: bool,
}

#[derive(Debug)]
enum Doing {
    Looking,
    /// The bytes are frozen once somebody types the last four characters of the trace.
    Closing(Form),
    Approving(Form),
    Rejecting(Form),
}

const CELLS: [Cell; 4] = [Cell::Left(16), Cell::Left(18), Cell::Left(12), Cell::Rest];

impl Quorum {
    /// Reads the plan of `trace` and who has decided; `ticked` is what the person before the screen ticked in review.
    pub fn begin(trace: Trace, ticked: Vec<Number>) -> Turn {
        Turn::to(Self { trace: trace.clone(), ticked, facts: None, doing: Doing::Looking, is_voting: false })
            .and(Effect::Ballot(trace))
    }

    fn is_approved(&self) -> bool {
        self.facts.as_ref().is_some_and(|facts| facts.missing.is_none())
    }

    /// What is typed to show that the trace was read: its last four characters.
    fn tail(&self) -> String {
        let letters: Vec<char> = self.trace.as_str().chars().filter(char::is_ascii_alphanumeric).collect();
        letters.iter().rev().take(4).rev().collect()
    }

    fn key(mut self: Box<Self>, key: Key) -> Turn {
        let tail = self.tail();
        match &mut self.doing {
            Doing::Looking => return self.look(key),
            _ if key == Key::Esc => self.doing = Doing::Looking,
            Doing::Closing(form) => {
                if form.press(key) == Pressed::Complete && form.text(0).eq_ignore_ascii_case(&tail) {
                    let trace = self.trace.clone();
                    return Turn::stay(self).and(Effect::ClosePlan(trace));
                }
            }
            Doing::Approving(form) => {
                if form.press(key) == Pressed::Complete {
                    let (sheet, privileged) = (form.text(FIELDS).to_owned(), form.text(FIELDS + 1).to_owned());
                    let (who, trace) = (credentials(form), self.trace.clone());
                    let vote = Decision::Yes { sheet, privileged, ticked: self.ticked.clone() };
                    self.is_voting = true;
                    return Turn::stay(self).and(Effect::Vote { trace, who, vote });
                }
            }
            Doing::Rejecting(form) => {
                if form.press(key) == Pressed::Complete {
                    let vote = Decision::No(form.text(FIELDS).to_owned());
                    let (who, trace) = (credentials(form), self.trace.clone());
                    return Turn::stay(self).and(Effect::Vote { trace, who, vote });
                }
            }
        }
        Turn::stay(self)
    }

    fn look(mut self: Box<Self>, key: Key) -> Turn {
        match (key.letter(), &self.facts) {
            _ if key == Key::Esc => return review::Review::begin(self.trace),
            (Some('h'), _) => return Turn::home(),
            (Some('p'), None) => {
                self.doing = Doing::Closing(Form::new([Field::text("Last four of trace", "追溯号末四位")]));
            }
            (Some('a'), Some(_)) => {
                let sheet = Field::text("Sheet (S-000001/1)", "核对单 (S-000001/1)");
                let count = Field::text("Privileged, counted", "特权证书数量");
                self.doing = Doing::Approving(form([sheet, count]));
            }
            (Some('r'), Some(_)) => self.doing = Doing::Rejecting(form([Field::text("Reason", "理由")])),
            (Some('n'), Some(_)) if self.is_approved() => return login::Login::begin(self.trace),
            _ => {}
        }
        Turn::stay(self)
    }
}

impl Screen for Quorum {
    fn update(mut self: Box<Self>, input: Input) -> Turn {
        match input {
            Input::Key(key) => self.key(key),
            Input::Told(Told::Ballot(facts)) => {
                self.facts = facts.map(|facts| *facts);
                if std::mem::take(&mut self.is_voting) {
                    self.ticked.clear();
                }
                self.doing = Doing::Looking;
                Turn::stay(self)
            }
            Input::Told(Told::Refused(_)) => {
                self.is_voting = false;
                Turn::stay(self)
            }
            Input::Told(_) | Input::Pasted => Turn::stay(self),
        }
    }

    fn view(&self, canvas: &Canvas<'_>) -> View {
        let keys = match (&self.doing, &self.facts) {
            (Doing::Looking, None) => {
                canvas.say("P close the plan   Esc review   H home   ? help", "P 冻结计划   Esc 审查   H 主页   ? 帮助")
            }
            (Doing::Looking, Some(_)) if self.is_approved() => canvas.say(
                "N next (sign)   A approve   R reject   Esc review   ? help",
                "N 下一步（签发）   A 批准   R 否决   Esc 审查   ? 帮助",
            ),
            (Doing::Looking, Some(_)) => canvas.say(
                "A approve or witness   R reject   Esc review   H home   ? help",
                "A 批准或见证   R 否决   Esc 审查   H 主页   ? 帮助",
            ),
            _ => canvas
                .say("type + Enter   Tab field   Esc back   F1 help", "输入后回车   Tab 字段   Esc 返回   F1 帮助"),
        };
        let message = match self.facts {
            None => canvas.say(
                "A plan freezes every byte that will be signed, and ends after a day.",
                "计划冻结将被签名的每个字节，一天后失效。",
            ),
            Some(_) => canvas.say(
                "Ticks count for one person: the next one opens the review and ticks again.",
                "勾选仅对一人有效：下一位须重新打开审查并勾选。",
            ),
        };
        View {
            title: fill(canvas.say("Offline CA {}: 5 Quorum approval", "离线 CA {}：5 法定人数批准"), [&canvas.host]),
            code: "F50",
            rail: Journey::Answering.rail(5, canvas.language),
            body: self.body(canvas),
            message: message.to_owned(),
            keys: keys.to_owned(),
        }
    }

    fn about(&self) -> (&'static str, &'static str) {
        (
            "Each officer who approves signs the digest of the plan with his own key; an auditor witnesses. Danger is typed: the number of privileged certificates, as counted in the review. A rejection closes the plan and its reason is recorded.",
            "每位批准的安全官用自己的密钥对计划摘要签名；审计员见证。危险操作须手动输入：在审查中数出的特权证书数量。否决将关闭计划并记录理由。",
        )
    }

    fn command(&self) -> String {
        match self.facts {
            None => format!("airlock offline plan {}", self.trace),
            Some(_) => format!(
                "airlock offline approve {} --officer ID --key FILE --sheet SHEET --tick REQUEST,...",
                self.trace
            ),
        }
    }

    fn asked(&self, language: Language) -> Option<Asked> {
        match &self.doing {
            Doing::Looking => None,
            Doing::Closing(form) | Doing::Approving(form) | Doing::Rejecting(form) => form.asked(language),
        }
    }

    fn takes_text(&self) -> bool {
        !matches!(self.doing, Doing::Looking)
    }
}

impl Quorum {
    fn body(&self, canvas: &Canvas<'_>) -> Vec<Row> {
        let mut rows = match &self.facts {
            Some(facts) => plan(facts, canvas),
            None => {
                vec![Row::from(fill(canvas.say(" No plan was closed for {}.", " {} 尚未冻结计划。"), [&self.trace]))]
            }
        };
        rows.push(Row::default());
        match &self.doing {
            Doing::Looking => {
                let missing = self.facts.as_ref().and_then(|facts| facts.missing.as_ref());
                rows.extend(
                    missing.map(|missing| Row::from(format!(" {} {}: {}", Mark::Open, missing.code, missing.message))),
                );
                rows.extend(self.is_approved().then(|| {
                    Row::weighted(
                        format!(" {} {}", Mark::Ok, canvas.say("enough people have approved", "批准人数已足够")),
                        Weight::Strong,
                    )
                }));
            }
            Doing::Closing(form) => {
                let told = canvas.say(
                    " Type the last four characters of the trace to freeze the bytes to be signed.",
                    " 输入追溯号末四位以冻结将被签名的字节。",
                );
                rows.push(Row::weighted(told, Weight::Strong));
                rows.extend(form.rows(canvas));
            }
            Doing::Approving(form) => {
                let ticked: Vec<_> = self.ticked.iter().map(ToString::to_string).collect();
                rows.push(Row::weighted(
                    fill(
                        canvas.say(" You approve the plan above. Ticked by you: {}", " 您将批准上述计划。您已勾选：{}"),
                        [&ticked.join(" ")],
                    ),
                    Weight::Strong,
                ));
                rows.extend(form.rows(canvas));
            }
            Doing::Rejecting(form) => {
                rows.push(Row::weighted(
                    canvas.say(" You reject the plan above; it is closed then.", " 您将否决上述计划；计划随即关闭。"),
                    Weight::Strong,
                ));
                rows.extend(form.rows(canvas));
            }
        }
        rows
    }
}

fn plan(facts: &BallotFacts, canvas: &Canvas<'_>) -> Vec<Row> {
    let closed = fill(
        canvas.say(
            " PLAN closed   {} signatures, {} denied      plan sha256 {}",
            " 计划已冻结   {} 个签名，{} 个拒绝      计划 sha256 {}",
        ),
        [&facts.orders, &facts.denials, &facts.plan],
    );
    let rule = fill(
        canvas.say(" Rule {}   cluster {}   until {}", " 规则 {}   集群 {}   截止 {}"),
        [&facts.rule, &facts.cluster, &facts.expires],
    );
    let titles = [
        canvas.say("person", "人员"),
        canvas.say("role", "角色"),
        canvas.say("sheet rows", "核对行"),
        canvas.say("decision", "决定"),
    ];
    let mut rows = vec![
        Row::weighted(closed, Weight::Strong),
        rule.into(),
        Row::default(),
        format!("  {}", grid::line(&CELLS, &titles, canvas.width.saturating_sub(3))).into(),
    ];
    rows.extend(facts.people.iter().map(|voter| {
        let line = grid::line(&CELLS, &cells(voter), canvas.width.saturating_sub(3));
        Row::from(format!("  {line}"))
    }));
    rows.push(Row::default());
    let orders = fill(
        canvas.say(
            " To be approved: {} signatures for {}; some may give full rights.",
            " 待批准：{} 个签名，集群 {}；其中可能含集群完全管理权限。",
        ),
        [&facts.orders, &facts.cluster],
    );
    rows.push(orders.into());
    rows
}

fn cells(voter: &Voter) -> [String; 4] {
    let rows = if voter.rows > 0 { format!("{} {}", voter.rows, Mark::Ok) } else { "-".to_owned() };
    let decided = voter.decided.map_or_else(
        || "-".to_owned(),
        |(decision, time)| {
            let time: String = time.to_string().chars().skip(11).take(5).collect();
            format!("{decision} {time}")
        },
    );
    [voter.id.clone(), voter.role.to_owned(), rows, decided]
}
