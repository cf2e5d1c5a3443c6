//! Everything about one request: what it says, what it asks, what would be issued, and what the rules say.

use crate::exchange::csr_bundle::number::Number;
use crate::exchange::trace::Trace;
use crate::issuance::judge::Verdict;
use crate::issuance::plan::Plan;
use crate::issuance::plan::order::{Order, Tbs};
use crate::issuance::profile::Profile;
use crate::offline::case::Case;
use crate::offline::review::frozen;
use crate::offline::room::Room;
use crate::refusal::Refused;
use crate::report::columns;
use crate::report::specimen::Specimen;
use crate::tui::hands::fault::EffectError;
use crate::tui::hands::labels;
use crate::tui::language::{Language, fill};
use crate::tui::reading::Lines;
use crate::tui::told::Told;
use crate::wire::text;

/// Columns of a line.
const WIDTH: usize = 78;
/// Columns of a label.
const LABEL: usize = 11;
const DAY_S: u64 = 24 * 60 * 60;

/// The lines of F41. What a plan froze is told as it was frozen.
pub(super) fn told(room: &Room, trace: &Trace, request: Number) -> Result<Told, Refused> {
    let case = Case::open(room, trace)?;
    case.must_be_verified(room.desk().entries())?;
    let requests = case.requests();
    let judged = case.judge(room, &requests)?;
    let verdict = judged.verdicts().iter().find(|verdict| verdict.number() == request).ok_or(EffectError::Request)?;
    let csr = verdict.request().csr.map_err(|_| EffectError::Request)?;
    let report = Specimen::of(csr.der()).map(|specimen| specimen.report().text(WIDTH)).unwrap_or_default();
    let plan = frozen(room, trace, case.statement())?;
    let lines = |language| {
        let account = Account { language, verdict, plan: plan.as_ref() };
        let mut lines = account.verdicts();
        lines.push(String::new());
        let told = |line: &str| {
            let line = labels::named(line);
            if language == Language::Chinese { labels::chinese(&line) } else { line }
        };
        lines.extend(report.lines().map(told));
        lines.push(String::new());
        lines.extend(account.asked());
        lines.extend(account.issued());
        lines
    };
    Ok(Told::Detail(Lines::both(lines(Language::English), lines(Language::Chinese))))
}

/// What is told of one request, in one language.
struct Account<'a> {
    language: Language,
    verdict: &'a Verdict<'a>,
    plan: Option<&'a Plan>,
}

impl Account<'_> {
    /// `text` behind its label.
    fn labelled(&self, english: &'static str, chinese: &'static str, text: &str) -> Vec<String> {
        columns::hanging(&columns::left(self.language.say(english, chinese), LABEL), text, WIDTH)
    }

    /// The order of the plan that answers it, and the bytes.
    fn order(&self) -> Option<(&Order, &[u8])> {
        self.plan?.orders().find(|(order, _)| order.request == Some(self.verdict.number()))
    }

    /// What becomes of it, and why.
    fn verdicts(&self) -> Vec<String> {
        let is_denied = if self.plan.is_some() { self.order().is_none() } else { self.verdict.is_denied() };
        let word = match (is_denied, self.verdict.needs_tick()) {
            (true, _) => "[DENY]",
            (false, true) => self.language.say("[ALLOW!] to be ticked by each officer", "[ALLOW!] 每位安全员须勾选"),
            (false, false) => "[ALLOW ]",
        };
        let mut lines = self.labelled("Verdict", "结论", word);
        for found in self.verdict.violations() {
            lines.extend(self.reason(&found.code.to_string(), &columns::visible(&found.detail)));
        }
        let by_rules: Vec<_> = self.verdict.violations().iter().map(|found| found.code).collect();
        let by_officer = self.verdict.denied_for().into_iter().filter(|code| !by_rules.contains(code));
        let told = self.language.say("denied by an officer in review", "审查中由安全员拒绝");
        lines.extend(by_officer.flat_map(|code| self.reason(&code.to_string(), told)));
        lines
    }

    /// A rule, what it means and what to do, and below it what was found.
    fn reason(&self, code: &str, found: &str) -> Vec<String> {
        let start = format!("  {code}  ");
        let Some(rule) = self.language.meaning(code) else { return columns::hanging(&start, found, WIDTH) };
        let told = fill(self.language.say("{}; {}", "{}。{}"), [&rule.what, &rule.to_do]);
        let mut lines = columns::hanging(&start, &told, WIDTH);
        lines.extend(columns::hanging(self.language.say("      found ", "      原文 "), found, WIDTH));
        lines
    }

    /// What the manifest asks for it.
    fn asked(&self) -> Vec<String> {
        let asked = self.verdict.request().asked;
        let place = text::escape(&asked.place.node);
        let days = asked.validity_s / DAY_S;
        let told = fill(
            self.language.say("{} day{s} as {} on {}", "{} 天，类别 {}，节点 {}"),
            [&days, &asked.profile, &place],
        );
        let mut lines = self.labelled("Asked", "申请", &told);
        let replaces = match &asked.replaces {
            Some(old) => {
                fill(self.language.say("serial {}, which ends {}", "序列号 {}，到期 {}"), [&old.serial, &old.not_after])
            }
            None => self.language.say("nothing that this bundle names", "申请包未写明").to_owned(),
        };
        lines.extend(self.labelled("Replaces", "替换", &replaces));
        lines
    }

    /// What the certificate holds, which comes from the profile and never from the request: as it was frozen, or as it
    /// would be made now.
    fn issued(&self) -> Vec<String> {
        let Ok(csr) = self.verdict.request().csr else { return Vec::new() };
        let mut lines = Vec::new();
        if let Some((order, tbs)) = self.order() {
            lines.extend(self.frozen(order, tbs));
        } else if self.plan.is_some() {
            return self.labelled("Frozen", "已冻结", self.language.say("denied in the plan", "计划中已拒绝"));
        } else if let (Some(issuer), Some(validity)) = (self.verdict.issuer(), self.verdict.validity()) {
            let told = fill(
                self.language.say("by {}, {} if frozen now", "签发者 {}，{}（若现在冻结）"),
                [&issuer.tbs.subject().safe(), &validity],
            );
            lines.extend(self.labelled("Will issue", "将签发", &told));
        }
        let profile = Profile::Role(self.verdict.request().asked.profile);
        let usages = profile.extended_key_usage().map_or_else(|| "-".to_owned(), |usages| usages.to_string());
        let ca = if profile.is_ca() { "TRUE" } else { "FALSE" };
        let held = format!("KU {}, EKU {usages}, CA:{ca}, SKI, AKI", profile.key_usage(csr.public_key().key_type()));
        lines.extend(columns::hanging(&" ".repeat(LABEL), &held, WIDTH));
        lines
    }

    fn frozen(&self, order: &Order, tbs: &[u8]) -> Vec<String> {
        let Some(Tbs::Certificate(tbs)) = Tbs::read(order.kind, tbs) else { return Vec::new() };
        let plan = self.plan.map(|plan| plan.sha256().short()).unwrap_or_default();
        let told = fill(
            self.language.say("by {}, {}, serial {}, plan {}", "签发者 {}，{}，序列号 {}，计划 {}"),
            [&tbs.issuer().safe(), &tbs.validity(), tbs.serial(), &plan],
        );
        self.labelled("Frozen", "已冻结", &told)
    }
}
