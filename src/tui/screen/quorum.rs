//! F50: people decide on the exact bytes to be signed. The number of privileged certificates is not told here: whoever
//! approves has counted them in the review.

use super::frozen::plan;
use super::person::{FIELDS, credentials, form};
use super::vote::{count, names_sheet, reason, sheet, yes};
use super::voters::people;
use super::{Screen, Turn, elsewhere, login, review, tail};
use crate::exchange::csr_bundle::number::Number;
use crate::exchange::trace::Trace;
use crate::report::columns;
use crate::report::mark::Mark;
use crate::tui::asked::Asked;
use crate::tui::effect::{Decision, Effect, Input};
use crate::tui::form::{Form, Pressed};
use crate::tui::frame::{Canvas, Row, View};
use crate::tui::keys::Key;
use crate::tui::language::{Language, fill};
use crate::tui::palette::Weight;
use crate::tui::rail::Journey;
use crate::tui::reading::Reading;
use crate::tui::told::{BallotFacts, Told, Written};

/// The state of F50.
#[derive(Debug)]
pub struct Quorum {
    trace: Trace,
    ticked: Vec<Number>,
    facts: Option<BallotFacts>,
    has_read: bool,
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
    /// The plan is read, line by line.
    Reading(Reading),
    /// It is given up by the officer who says so; nothing was announced under it.
    GivingUp(Form),
    /// It is ended, and delivers what it signed, once somebody types the last four characters of the trace.
    Ending(Form),
    /// A person takes the text of his decision away; whether he rejects.
    Writing(Form, bool),
    /// Where it lies.
    Written(Written),
    /// A signature is brought back.
    Bringing(Form),
}

impl Quorum {
    /// Reads the plan of `trace` and who has decided; `ticked` is what the person before the screen ticked in review.
    pub fn begin(trace: Trace, ticked: Vec<Number>) -> Turn {
        Turn::to(Self {
            trace: trace.clone(),
            ticked,
            facts: None,
            has_read: false,
            doing: Doing::Looking,
            is_voting: false,
        })
        .and(Effect::Ballot(trace))
    }

    fn form(&self) -> Option<&Form> {
        match &self.doing {
            Doing::Looking | Doing::Reading(_) | Doing::Written(_) => None,
            Doing::Closing(form)
            | Doing::Approving(form)
            | Doing::Rejecting(form)
            | Doing::GivingUp(form)
            | Doing::Ending(form)
            | Doing::Writing(form, _)
            | Doing::Bringing(form) => Some(form),
        }
    }

    fn is_approved(&self) -> bool {
        self.facts.as_ref().is_some_and(|facts| facts.missing.is_none())
    }

    fn key(mut self: Box<Self>, key: Key) -> Turn {
        match &mut self.doing {
            Doing::Looking => return self.look(key),
            Doing::Reading(reading) => {
                if !reading.press(key) {
                    self.doing = Doing::Looking;
                }
            }
            Doing::Written(_) => self.doing = Doing::Looking,
            _ if key == Key::Esc => self.doing = Doing::Looking,
            Doing::Approving(form) if key == elsewhere::KEY => {
                self.doing = Doing::Writing(elsewhere::text(form.text(0), [sheet(), count()]), false);
            }
            Doing::Rejecting(form) if key == elsewhere::KEY => {
                self.doing = Doing::Writing(elsewhere::text(form.text(0), [reason()]), true);
            }
            Doing::Closing(form) => {
                if tail::is_typed(form, key, &self.trace) {
                    let effect = Effect::ClosePlan(self.trace.clone());
                    return Turn::stay(self).and(effect);
                }
            }
            Doing::Ending(form) => {
                if tail::is_typed(form, key, &self.trace) {
                    let effect = Effect::EndPlan(self.trace.clone());
                    return Turn::stay(self).and(effect);
                }
            }
            Doing::GivingUp(form) => {
                if form.press(key) == Pressed::Complete {
                    let (who, trace) = (credentials(form), self.trace.clone());
                    return Turn::stay(self).and(Effect::GiveUp { trace, who });
                }
            }
            Doing::Approving(form) => {
                if form.press(key) == Pressed::Complete && names_sheet(form, FIELDS) {
                    return self.approve();
                }
            }
            Doing::Writing(form, is_no) => {
                let is_no = *is_no;
                if form.press(key) == Pressed::Complete && (is_no || names_sheet(form, 1)) {
                    return self.write(is_no);
                }
            }
            Doing::Bringing(form) => {
                if form.press(key) == Pressed::Complete {
                    return self.bring();
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

    fn approve(mut self: Box<Self>) -> Turn {
        let Doing::Approving(form) = &mut self.doing else { return Turn::stay(self) };
        let vote = yes(form, FIELDS, &self.ticked);
        let (who, trace) = (credentials(form), self.trace.clone());
        self.is_voting = true;
        Turn::stay(self).and(Effect::Vote { trace, who, vote })
    }

    fn write(self: Box<Self>, is_no: bool) -> Turn {
        let Doing::Writing(form, _) = &self.doing else { return Turn::stay(self) };
        let (id, trace) = (form.text(0).to_owned(), self.trace.clone());
        let (vote, file) = match is_no {
            true => (Decision::No(form.text(1).to_owned()), form.path(2)),
            false => (yes(form, 1, &self.ticked), form.path(3)),
        };
        Turn::stay(self).and(Effect::WriteVote { trace, id, vote, file })
    }

    fn bring(self: Box<Self>) -> Turn {
        let Doing::Bringing(form) = &self.doing else { return Turn::stay(self) };
        let (id, signature, trace) = (form.text(0).to_owned(), form.path(1), self.trace.clone());
        Turn::stay(self).and(Effect::BringVote { trace, id, signature })
    }

    fn look(mut self: Box<Self>, key: Key) -> Turn {
        match (key.letter(), &self.facts) {
            _ if key == Key::Esc => return review::Review::begin(self.trace),
            (Some('h'), _) => return Turn::home(),
            (Some('p'), None) if self.has_read => self.doing = Doing::Closing(tail::form()),
            (Some('a'), Some(_)) => {
                self.doing = Doing::Approving(form([sheet(), count()]));
            }
            (Some('s'), Some(_)) => self.doing = Doing::Bringing(elsewhere::signature()),
            (Some('v'), Some(facts)) => self.doing = Doing::Reading(Reading::new(facts.lines.clone())),
            (Some('g'), Some(_)) => self.doing = Doing::GivingUp(form([])),
            (Some('e'), Some(_)) => self.doing = Doing::Ending(tail::form()),
            (Some('r'), Some(_)) => self.doing = Doing::Rejecting(form([reason()])),
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
                self.has_read = true;
                if std::mem::take(&mut self.is_voting) {
                    self.ticked.clear();
                }
                self.doing = Doing::Looking;
                Turn::stay(self)
            }
            Input::Told(Told::Written(written)) => {
                // The next person ticks for himself.
                if matches!(self.doing, Doing::Writing(_, false)) {
                    self.ticked.clear();
                }
                self.doing = Doing::Written(*written);
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
            (Doing::Looking, None) if !self.has_read => {
                canvas.say("Esc review   H home   ? help", "Esc 审查   H 主页   ? 帮助")
            }
            (Doing::Looking, None) => canvas
                .say("P freeze the plan   Esc review   H home   ? help", "P 冻结计划   Esc 审查   H 主页   ? 帮助"),
            (Doing::Looking, Some(_)) if self.is_approved() => canvas.say(
                "N sign  A approve  R reject  S signature  V plan  G give up  E end  Esc  ? help",
                "N 签发  A 批准  R 否决  S 带回签名  V 计划  G 放弃  E 终止  Esc 审查  ? 帮助",
            ),
            (Doing::Looking, Some(_)) => canvas.say(
                "A approve/witness  R reject  S signature  V plan  G give up  E end  Esc  ? help",
                "A 批准/见证  R 否决  S 带回签名  V 计划  G 放弃  E 终止  Esc 审查  ? 帮助",
            ),
            (Doing::Reading(_), _) => canvas.say("Up/Down scroll   any other key back", "上/下 滚动   其他键返回"),
            (Doing::Written(_), _) => canvas.say("any key back", "按任意键返回"),
            (Doing::Approving(_) | Doing::Rejecting(_), _) => elsewhere::form_keys(canvas),
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
            "Each officer who approves signs the digest of the plan with his own key; an auditor witnesses. Danger is typed: the number of privileged certificates, as counted in the review. A rejection makes the plan void and its reason is recorded. A plan that signed nothing can be given up; one that signed a part is ended, and that part is delivered. F4 in a form writes its text to a file, to be signed with ssh-keygen elsewhere; S takes the signature.",
            "每位批准的安全员用自己的密钥对计划摘要签名；审计员见证。危险操作须手动输入：在审查中数出的特权证书数量。否决使计划作废并记录理由。未签任何内容的计划可放弃；已签部分的计划可终止并交付该部分。表单中按 F4 将文本写入文件，在别处用 ssh-keygen 签名；按 S 带回签名。",
        )
    }

    fn command(&self) -> String {
        match self.facts {
            None => format!("airlock offline plan {}", self.trace),
            Some(_) => {
                format!("airlock offline approve {} --officer ID --key FILE --sheet SHEET --tick REQUESTS", self.trace)
            }
        }
    }

    fn asked(&self, language: Language) -> Option<Asked> {
        self.form()?.asked(language)
    }

    fn takes_text(&self) -> bool {
        self.form().is_some()
    }
}

impl Quorum {
    fn body(&self, canvas: &Canvas<'_>) -> Vec<Row> {
        if let Doing::Reading(reading) = &self.doing {
            return reading.rows(canvas);
        }
        let mut rows = match &self.facts {
            Some(facts) if matches!(self.doing, Doing::Looking) => {
                let mut rows = plan(facts, canvas);
                rows.push(Row::default());
                let below = 1 + self.standing(canvas).len();
                rows.extend(people(facts, canvas, canvas.height.saturating_sub(rows.len() + below)));
                rows
            }
            // Who decides reads what it is about; the others are out of his way.
            Some(facts) => plan(facts, canvas),
            None if !self.has_read => vec![Row::from(canvas.say(" Reading ...", " 正在读取……"))],
            None => {
                vec![Row::from(fill(canvas.say(" No plan was frozen for {}.", " {} 尚未冻结计划。"), [&self.trace]))]
            }
        };
        rows.push(Row::default());
        match &self.doing {
            Doing::Looking => rows.extend(self.standing(canvas)),
            Doing::Reading(_) => {}
            Doing::Written(written) => rows.extend(elsewhere::to_do(written, canvas)),
            Doing::Bringing(form) => {
                rows.push(Row::weighted(format!(" {}", elsewhere::brought(canvas)), Weight::Strong));
                rows.extend(form.rows(canvas));
            }
            Doing::Closing(form)
            | Doing::Ending(form)
            | Doing::GivingUp(form)
            | Doing::Rejecting(form)
            | Doing::Writing(form, true) => {
                rows.push(Row::weighted(self.about_to(canvas), Weight::Strong));
                if matches!(self.doing, Doing::Closing(_) | Doing::Ending(_)) {
                    rows.push(format!(" {}", self.trace).into());
                    rows.extend(tail::how(canvas));
                }
                rows.extend(form.rows(canvas));
            }
            Doing::Approving(form) | Doing::Writing(form, false) => {
                rows.extend(self.approving(form, canvas));
                rows.extend(form.rows(canvas));
            }
        }
        rows
    }

    /// Whether it may be signed, and what is missing otherwise.
    fn standing(&self, canvas: &Canvas<'_>) -> Vec<Row> {
        if self.is_approved() {
            let told = canvas.say("enough people have approved", "批准人数已足够");
            return vec![Row::weighted(format!(" {} {told}", Mark::Ok), Weight::Strong)];
        }
        let Some(missing) = self.facts.as_ref().and_then(|facts| facts.missing.as_ref()) else { return Vec::new() };
        let width = canvas.width.saturating_sub(1);
        let start = format!(" {} ", Mark::Open);
        let what = format!("{}: {}", missing.code, missing.what(canvas.language));
        let what = columns::first(columns::hanging(&start, &what, width), 2, width);
        let to_do = columns::hanging(&columns::left("", start.len()), missing.to_do(canvas.language), width);
        what.into_iter().chain(columns::first(to_do, 2, width)).map(Row::from).collect()
    }

    /// What the form below it is for.
    fn about_to(&self, canvas: &Canvas<'_>) -> &'static str {
        match self.doing {
            Doing::Closing(_) => {
                canvas.say(" You freeze the bytes to be signed, of this trace:", " 您将冻结此追溯号待签名的字节：")
            }
            Doing::Ending(_) => canvas.say(
                " You end a plan that signed a part: that is delivered, the rest denied RETRY.",
                " 您将终止已签部分的计划：已签部分交付，其余以 RETRY 拒绝。",
            ),
            Doing::GivingUp(_) => canvas.say(
                " You give up the plan above, under which nothing was signed.",
                " 您将放弃上述未签任何内容的计划。",
            ),
            _ => canvas.say(
                " You reject the plan above: it is void, and the next needs one officer more.",
                " 您将否决上述计划：计划随即作废，下一计划多需一名安全员。",
            ),
        }
    }

    /// What is approved, as whom. How many of it give full rights is not told: who approves has counted them.
    fn approving(&self, form: &Form, canvas: &Canvas<'_>) -> Vec<Row> {
        let who = if form.text(0).is_empty() { "...".to_owned() } else { form.text(0).to_uppercase() };
        let ticked: Vec<_> = self.ticked.iter().map(ToString::to_string).collect();
        let ticked = if ticked.is_empty() { "-".to_owned() } else { ticked.join(" ") };
        let title = fill(
            canvas.say(" You are about to approve the plan above, as {}", " 您将以 {} 的身份批准上述计划"),
            [&who],
        );
        let start = canvas.say("   ticked by you  ", "   您已勾选  ");
        let width = canvas.width.saturating_sub(1);
        let lines = columns::first(columns::hanging(start, &ticked, width), 2, width);
        std::iter::once(Row::weighted(title, Weight::Strong)).chain(lines.into_iter().map(Row::from)).collect()
    }
}
