//! The verdict on every request of a bundle: all rules, on all cores.

use std::num::NonZeroUsize;
use std::thread;

use crate::exchange::csr_bundle::number::Number;
use crate::issuance::authority::Authority;
use crate::issuance::request::{Census, Context, Facts, Request};
use crate::issuance::rule::violation::{Code, Violation, Weight};
use crate::issuance::rule::{
    characters, constraints, extensions, key_reuse, key_type, name_kind, name_missing, name_outside, privileged,
    replay, subject, usages, validity,
};
use crate::issuance::template;
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
    let verdicts = on_all_cores(requests, |request| {
        let facts = Facts::of(request, &census, &context);
        Verdict {
            request: *request,
            violations: RULES.iter().filter_map(|rule| rule(&facts, &context)).collect(),
            denied_by_officer: None,
            issuer: facts.issuer,
            validity: facts
                .issuer
                .and_then(|issuer| template::validity(context.time, request.asked.validity_s, &issuer.tbs)),
        }
    });
    Judged { verdicts, context }
}

/// Maps `items` in their order, a share on each core.
pub(super) fn on_all_cores<T: Sync, R: Send>(items: &[T], map: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let share = items.len().div_ceil(cores).max(1);
    if items.len() < 64 {
        return items.iter().map(map).collect();
    }
    let map = &map;
    thread::scope(|scope| {
        let lanes: Vec<_> =
            items.chunks(share).map(|chunk| scope.spawn(move || chunk.iter().map(map).collect::<Vec<_>>())).collect();
        // A panic in a lane goes on in the caller: a rule that panics must not pass for one that allows.
        lanes
            .into_iter()
            .flat_map(|lane| lane.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    })
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

    /// Whether it is denied.
    pub fn is_denied(&self) -> bool {
        self.denied_by_officer.is_some() || self.violations.iter().any(|found| found.weight == Weight::Denies)
    }

    /// Whether each officer must tick it, where it is allowed.
    pub fn needs_tick(&self) -> bool {
        self.violations.iter().any(|found| found.weight == Weight::NeedsTick)
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
