//! What is said where a run is held.

use super::eyes::Seen;
use crate::audit::detail::CheckResult;
use crate::rotation::check::{Check, Finding, Outcome};
use crate::rotation::facts::Signer;
use crate::rotation::gate::Held;
use crate::rotation::plan::Plan;
use crate::rotation::step::{Action, Step, Way};
use crate::rotation::trust::Trust;
use crate::wire::text;

/// Whether only people, or days, bring it right.
pub(super) fn is_for_people(step: Step, held: &Held) -> bool {
    let of_people = [
        Check::Preflight,
        Check::SingleCa,
        Check::SecondPerson,
        Check::OldUnused,
        Check::NoneOnlyOld,
        Check::Backup,
        Check::Budget,
        Check::StagedWhole,
    ];
    matches!(step.action, Action::Soak) || held.findings.iter().any(|finding| of_people.contains(&finding.check))
}

/// Without the people, where it is not time for them yet: what they sign counts for a day.
pub(in crate::online) fn timely(mut findings: Vec<Finding>) -> Vec<Finding> {
    let is_early =
        |finding: &Finding| matches!(finding.check, Check::OldUnused | Check::DropWindow) && !finding.holds();
    if findings.iter().any(is_early) {
        findings.retain(|finding| finding.check != Check::SecondPerson);
    }
    findings
}

/// Says why, where only this node knows.
pub(super) fn explain(held: &mut Held, seen: &Seen) {
    held.findings = timely(std::mem::take(&mut held.findings));
    for finding in &mut held.findings {
        if let (Check::StagedWhole, Some(why)) = (finding.check, &seen.misfit) {
            finding.evidence = format!("{}: {}", text::clip(&seen.account.node, 64), text::clip(why, 200));
        }
    }
}

/// The check that a step which is not seen to be done fails.
pub(super) const fn seen_by(action: Action) -> Check {
    match action {
        Action::SwapLeaves(..) | Action::SwapIdentity(..) | Action::Strip(_) => Check::ServedAsStaged,
        Action::PutTrust(..) => Check::BundlesExact,
        Action::ProveReconnect => Check::Reconnected,
        Action::SwapSigner(Signer::Intermediate | Signer::Off) => Check::CsrFlow,
        Action::SplitSigner | Action::JoinSigner | Action::SwapSigner(_) => Check::SignerIssues,
        Action::Start(_) => Check::EtcdHealthy,
        _ => Check::TrustLoaded,
    }
}

pub(super) fn state_of(plan: &Plan, step: Step, seen: &Seen) -> String {
    let mut said = seen_by(step.action).judge(plan, &seen.facts, Trust::Both).evidence;
    if let Some(told) = seen.facts.told.get(&Check::EtcdHealthy).filter(|told| !told.holds) {
        said = format!("{said}; etcd: {}", told.evidence);
    }
    text::clip(&said, 200)
}

pub(super) fn unknown(plan: &Plan, step: &Step) -> Held {
    let node = text::clip(plan.node(step).unwrap_or_default(), 64);
    let evidence = format!("nothing new enough is known of {node}: bring its facts here, or run the command there");
    let finding = Finding { check: Check::InventoryWhole, outcome: Outcome::Unknown, evidence };
    Held { step: named(plan, *step), findings: vec![finding] }
}

pub(super) fn named(plan: &Plan, step: Step) -> String {
    let node = plan.node(&step).map_or(String::new(), |node| format!(" on {}", text::clip(node, 64)));
    format!("{}{node}", step.action)
}

pub(super) fn next_action(plan: &Plan) -> String {
    plan.steps().first().map_or(String::new(), |step| step.action.to_string())
}

pub(super) const fn way(way: Way) -> &'static str {
    match way {
        Way::Forward => "forward",
        Way::Back => "back",
    }
}

pub(super) fn results(findings: &[Finding]) -> Vec<CheckResult> {
    let status = |finding: &Finding| if finding.holds() { "ok" } else { "fail" };
    let result = |finding: &Finding| CheckResult {
        code: (!finding.holds()).then(|| "ROTATION_HELD".to_owned()),
        id: finding.check.code().to_owned(),
        status: status(finding).to_owned(),
    };
    findings.iter().map(result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(check: Check, outcome: Outcome) -> Finding {
        Finding { check, outcome, evidence: String::new() }
    }

    #[test]
    fn nobody_is_asked_to_agree_before_it_is_time() {
        for (time, asked) in [(Outcome::Fail, 1), (Outcome::Unknown, 1), (Outcome::Pass, 2)] {
            for check in [Check::OldUnused, Check::DropWindow] {
                let findings = timely(vec![finding(check, time), finding(Check::SecondPerson, Outcome::Fail)]);
                assert_eq!(findings.len(), asked, "{check} {time:?}");
            }
        }
    }
}
