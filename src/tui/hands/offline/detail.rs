//! Everything about one request: what it says, what it asks, what would be issued, and what the rules say.

use crate::exchange::csr_bundle::number::Number;
use crate::exchange::trace::Trace;
use crate::issuance::judge::Verdict;
use crate::issuance::profile::Profile;
use crate::offline::case::Case;
use crate::offline::room::Room;
use crate::refusal::Refused;
use crate::report::columns;
use crate::report::specimen::Specimen;
use crate::tui::hands::fault::EffectError;
use crate::tui::told::Told;
use crate::wire::text;

/// Columns of a line.
const WIDTH: usize = 78;
const DAY_S: u64 = 24 * 60 * 60;

/// The lines of F41.
pub(super) fn told(room: &Room, trace: &Trace, request: Number) -> Result<Told, Refused> {
    let case = Case::open(room, trace)?;
    case.must_be_verified(room.desk().entries())?;
    let requests = case.requests();
    let judged = case.judge(room, &requests)?;
    let verdict = judged.verdicts().iter().find(|verdict| verdict.number() == request).ok_or(EffectError::Request)?;
    let csr = verdict.request().csr.map_err(|_| EffectError::Request)?;
    let mut lines = verdicts(verdict);
    lines.push(String::new());
    let report = Specimen::of(csr.der()).map(|specimen| specimen.report().text(WIDTH)).unwrap_or_default();
    lines.extend(report.lines().map(str::to_owned));
    lines.push(String::new());
    lines.extend(asked(verdict));
    lines.extend(issued(verdict));
    Ok(Told::Detail(lines))
}

/// What becomes of it, and why.
fn verdicts(verdict: &Verdict<'_>) -> Vec<String> {
    let word = match (verdict.is_denied(), verdict.needs_tick()) {
        (true, _) => "[DENY]",
        (false, true) => "[ALLOW!] to be ticked by each officer",
        (false, false) => "[ALLOW ]",
    };
    let mut lines = vec![format!("Verdict    {word}")];
    for found in verdict.violations() {
        lines.extend(columns::hanging(&format!("  {}  ", found.code), &columns::visible(&found.detail), WIDTH));
    }
    let by_rules: Vec<_> = verdict.violations().iter().map(|found| found.code).collect();
    let by_officer = verdict.denied_for().into_iter().filter(|code| !by_rules.contains(code));
    lines.extend(by_officer.map(|code| format!("  {code}  denied by an officer in review")));
    lines
}

/// What the manifest asks for it.
fn asked(verdict: &Verdict<'_>) -> Vec<String> {
    let asked = verdict.request().asked;
    let place = text::escape(&asked.place.node);
    let mut lines = vec![format!("Asked      {} days as {} on {place}", asked.validity_s / DAY_S, asked.profile)];
    lines.push(match &asked.replaces {
        Some(old) => format!("Replaces   serial {}, which ends {}", old.serial, old.not_after),
        None => "Replaces   nothing that this bundle names".to_owned(),
    });
    lines
}

/// What the certificate would hold: it comes from the profile, never from the request.
fn issued(verdict: &Verdict<'_>) -> Vec<String> {
    let Ok(csr) = verdict.request().csr else { return Vec::new() };
    let profile = Profile::Role(verdict.request().asked.profile);
    let mut lines = Vec::new();
    if let (Some(issuer), Some(validity)) = (verdict.issuer(), verdict.validity()) {
        lines.extend(columns::hanging(
            "Will issue ",
            &format!("by {}, {validity}", issuer.tbs.subject().safe()),
            WIDTH,
        ));
    }
    let usages = profile.extended_key_usage().map_or_else(|| "-".to_owned(), |usages| usages.to_string());
    let ca = if profile.is_ca() { "TRUE" } else { "FALSE" };
    let held = format!("KU {}, EKU {usages}, CA:{ca}, SKI, AKI", profile.key_usage(csr.public_key().key_type()));
    lines.extend(columns::hanging("           ", &held, WIDTH));
    lines
}
