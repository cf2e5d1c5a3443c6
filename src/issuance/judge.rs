//! The verdict on every request of a bundle: all rules, on all cores.

use crate::cores::on_all_cores;
use crate::exchange::csr_bundle::number::Number;
use crate::issuance::authority::Authority;
use crate::issuance::request::{Census, Context, Facts, Request};
use crate::issuance::rule::violation::{Code, Violation, Weight};
use crate::issuance::rule::{
    characters, constraints, extensions, key_reuse, key_type, name_kind, name_missing, name_outside, privileged,
    replay, subject, usages, validity,
};
use crate::issuance::template;
use crate::pki::csr::CsrError;
use crate::pki::validity::Validity;

/// Every rule, in the order in which violations are shown.
const RULES: [fn(&Facts<'_>, &Context<'_>) -> Option<Violation>; 13] = [
    key_type::judge,
    key_reuse::judge,
    subject::judge,
    characters::judge,
    name_missing::judge,
    name_kind::judge,
    name_outside::judge,
    usages::judge,
    validity::judge,
    constraints::judge,
    extensions::judge,
    replay::judge,
    privileged::judge,
];

/// What the rules say of one request, and what an officer adds.
#[derive(Debug, Clone)]
pub struct Verdict<'a> {
    request: Request<'a>,
    violations: Vec<Violation>,
    denied_by_officer: Option<Code>,
    issuer: Option<&'a Authority>,
    validity: Option<Validity>,
}

/// The judged requests of one bundle, in their order. Only [`judge`] makes it, so nothing is planned that was not judged.
///
/// ```
/// # use airlock::issuance::judge::{Judged, judge};
/// # use airlock::issuance::request::{Context, Request};
/// fn judged<'a>(requests: &[Request<'a>], context: Context<'a>) -> Judged<'a> {
///     judge(requests, context)
/// }
/// ```
///
/// ```compile_fail,E0451
/// # use airlock::issuance::judge::Judged;
/// # use airlock::issuance::request::Context;
/// fn judged(context: Context<'_>) -> Judged<'_> {
///     Judged { verdicts: Vec::new(), context }
/// }
/// ```
#[derive(Debug)]
pub struct Judged<'a> {
    verdicts: Vec<Verdict<'a>>,
    context: Context<'a>,
}

/// Judges every request of a bundle.
pub fn judge<'a>(requests: &[Request<'a>], context: Context<'a>) -> Judged<'a> {
    let census = Census::of(requests);
    let verdicts = on_all_cores(requests, |request| verdict(request, &census, &context));
    Judged { verdicts, context }
}

fn verdict<'a>(request: &Request<'a>, census: &Census, context: &Context<'a>) -> Verdict<'a> {
    let unjudged =
        Verdict { request: *request, violations: Vec::new(), denied_by_officer: None, issuer: None, validity: None };
    let Ok(csr) = request.csr else { return unjudged };
    let facts = Facts::of(request, csr, census, context);
    let within = |issuer: &'a Authority| template::validity(context.time, request.asked.validity_s, &issuer.tbs);
    Verdict {
        violations: RULES.iter().filter_map(|rule| rule(&facts, context)).collect(),
        issuer: facts.issuer,
        validity: facts.issuer.and_then(within),
        ..unjudged
    }
}

impl<'a> Judged<'a> {
    /// The verdicts, in the order of the requests.
    pub fn verdicts(&self) -> &[Verdict<'a>] {
        &self.verdicts
    }

    /// What they were judged by.
    pub fn context(&self) -> &Context<'a> {
        &self.context
    }

    /// Denies a request that the rules allow, under the code that an officer names; false where there is none.
    pub fn deny(&mut self, request: Number, code: Code) -> bool {
        let found = self.verdicts.iter_mut().find(|verdict| verdict.number() == request);
        found.is_some_and(|verdict| verdict.denied_by_officer.replace(code).is_none())
    }
}

impl<'a> Verdict<'a> {
    /// The request.
    pub fn request(&self) -> &Request<'a> {
        &self.request
    }

    /// Its number.
    pub fn number(&self) -> Number {
        self.request.asked.id
    }

    /// All that the rules found.
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }

    /// Why it is no request that rules could judge.
    pub fn unreadable(&self) -> Option<&'a CsrError> {
        self.request.csr.err()
    }

    /// Whether it is denied.
    pub fn is_denied(&self) -> bool {
        self.request.csr.is_err()
            || self.denied_by_officer.is_some()
            || self.violations.iter().any(|found| found.weight == Weight::Denies)
    }

    /// Whether each officer must tick it, where it is allowed.
    pub fn needs_tick(&self) -> bool {
        self.violations.iter().any(|found| found.weight == Weight::NeedsTick)
    }

    /// Whether its key was certified before, which is allowed where each officer ticks it.
    pub fn reuses_key(&self) -> bool {
        self.violations.iter().any(|found| found.code == Code::K2 && found.weight == Weight::NeedsTick)
    }

    /// The codes for which it is denied, each once in the order of the rules.
    pub fn denied_for(&self) -> Vec<Code> {
        let of_rules = self.violations.iter().filter(|found| found.weight == Weight::Denies).map(|found| found.code);
        let mut codes: Vec<_> = of_rules.chain(self.denied_by_officer).collect();
        codes.sort_unstable();
        codes.dedup();
        codes
    }

    /// The CA that would issue it.
    pub fn issuer(&self) -> Option<&'a Authority> {
        self.issuer
    }

    /// From when until when it would be valid.
    pub fn validity(&self) -> Option<Validity> {
        self.validity
    }
}

#[cfg(test)]
mod tests {
    use der::asn1::ObjectIdentifier;

    use super::*;
    use crate::cluster::role::Role;
    use crate::cluster::role::Role::KubeletServer;
    use crate::issuance::policy::DAY;
    use crate::issuance::specimen::wish::numbered;
    use crate::issuance::specimen::{World, dns, ip};
    use crate::pki::extension::{Extension, KeyUsage};
    use crate::pki::mint::{basic_constraints, key_usage};
    use crate::pki::name::Name;

    #[test]
    fn a_good_request_of_every_role_breaches_no_rule() {
        let world = World::default().policy("mode = \"leaves\"", "mode = \"intermediates\"");
        for role in Role::ALL {
            let privileged = role.identity().privileged;
            assert_eq!(world.codes(*role, "cp1", |_| {}), if privileged { "P1" } else { "" }, "{role}");
        }
    }

    #[test]
    fn every_violation_of_a_request_is_shown() {
        let world = World::default();
        let codes = world.codes(KubeletServer, "w1", |wish| {
            wish.subject = Name::from_pairs(&[("CN", "w\u{202e}1")]).unwrap();
            wish.names(&[dns("*.w1"), dns("other"), ip("10.66.0.21")]);
            wish.extensions.extend([basic_constraints(true, None), key_usage(KeyUsage::KEY_CERT_SIGN)]);
            wish.extensions.push(Extension::new(ObjectIdentifier::new_unwrap("1.2.3"), false, vec![5, 0]));
            wish.asked.validity_s = 999 * DAY;
        });
        assert_eq!(codes, "N1 N2 S1 S2 S3 U1 T1 C1 E1");
    }

    #[test]
    fn an_officer_denies_what_the_rules_allow() {
        let world = World::default();
        let made = numbered(vec![world.wish(KubeletServer, "w1").make(), world.wish(Role::Scheduler, "cp1").make()]);
        let mut judged = world.judge(&made);
        let (first, second) = (made[0].asked.id, made[1].asked.id);
        assert!(judged.deny(first, Code::S3));
        assert!(!judged.deny(Number::new(9, 9).unwrap(), Code::S3));
        let denied: Vec<_> = judged.verdicts().iter().map(|verdict| verdict.is_denied()).collect();
        assert_eq!(denied, [true, false]);
        assert_eq!(judged.verdicts()[0].denied_for(), [Code::S3]);
        assert_eq!(judged.verdicts()[1].number(), second);
    }

    #[test]
    fn the_order_of_verdicts_is_that_of_the_requests_on_every_core() {
        let world = World::default();
        let wish = |i: usize| if i.is_multiple_of(2) { (KubeletServer, "w1") } else { (Role::Scheduler, "w1") };
        let made = numbered((0..200).map(wish).map(|(role, node)| world.wish(role, node).make()).collect());
        let judged = world.judge(&made);
        for (i, verdict) in judged.verdicts().iter().enumerate() {
            assert_eq!(verdict.number().value() as usize, i + 1);
            assert_eq!(verdict.is_denied(), !i.is_multiple_of(2));
        }
    }
}
