//! Logs that say what was issued.

use crate::audit::detail::{OrderIntent, OrderResult, PlanClosed, Replaced, Revocation, SignIntent, Signed};
use crate::audit::entry::{Actor, ClockState, Entry, Outcome, Side, Tool};
use crate::audit::event::Event;
use crate::issuance::specimen::now;
use crate::wire::base64::Base64;
use crate::wire::digest::Digest;

/// The UID of the cluster whose plans these are.
pub(crate) const UID: &str = "3f0f0f5e-6f0a-4f62-9a58-5a0c2b7d9e11";

pub(crate) fn digest(text: &str) -> Digest {
    Digest::of(text.as_bytes())
}

/// The entries of these events.
pub(crate) fn entries(events: Vec<Event>) -> Vec<Entry> {
    let entry = |(seq, event)| Entry {
        actor: Actor::system(),
        clock: ClockState { attested: None, boot: "b".to_owned(), monotonic_ms: 0 },
        event,
        host: "ca:root-ca-01".to_owned(),
        outcome: Outcome::Ok,
        seq,
        side: Side::Offline,
        time: now(),
        tool: Tool { sha256: digest("tool"), version: "0.1.0".to_owned() },
        trace: None,
    };
    (0..).zip(events).map(entry).collect()
}

/// A plan for the cluster [`UID`], named by a word, that answers a statement named by a word.
pub(crate) fn closed(plan: &str, statement: &str, seq: u64) -> Event {
    closed_for(UID, plan, statement, seq)
}

pub(crate) fn closed_for(cluster: &str, plan: &str, statement: &str, seq: u64) -> Event {
    Event::PlanClosed(PlanClosed {
        bundle_seq: Some(seq),
        cluster: Some(cluster.to_owned()),
        denials: 0,
        expires: now().plus(86_400),
        orders: 1,
        plan: digest(plan),
        rule: "leaf".to_owned(),
        statement: Some(digest(statement)),
        tbs: digest("tbs"),
    })
}

/// An order for request `n`, whose key is named by its serial number, under an issuer named `root`.
pub(crate) fn order(n: u64, serial: &str) -> OrderIntent {
    OrderIntent {
        crl_number: None,
        issuer: digest("root"),
        n,
        replaces: None,
        request: Some(format!("{n:04}")),
        revokes: Vec::new(),
        serial: Some(serial.to_owned()),
        spki: Some(digest(serial)),
        tbs: digest(&format!("tbs {n}")),
    }
}

/// As [`order`], in the place of another certificate of the same issuer.
pub(crate) fn successor(n: u64, serial: &str, replaces: &str) -> OrderIntent {
    let replaces = Some(Replaced { issuer: digest("root"), serial: replaces.to_owned() });
    OrderIntent { replaces, ..order(n, serial) }
}

/// An order for a CRL that is the first to list these.
pub(crate) fn crl(number: u64, serials: &[&str]) -> OrderIntent {
    let revoked = |serial: &&str| Revocation { reason: 4, serial: (*serial).to_owned(), time: now() };
    let revokes = serials.iter().map(revoked).collect();
    OrderIntent { crl_number: Some(number), request: None, revokes, serial: None, spki: None, ..order(9, "00") }
}

pub(crate) fn intent(plan: &str, orders: Vec<OrderIntent>) -> Event {
    Event::SignIntent(SignIntent { orders, plan: digest(plan) })
}

pub(crate) fn repeat(plan: &str, orders: Vec<OrderIntent>) -> Event {
    Event::SignRepeat(SignIntent { orders, plan: digest(plan) })
}

/// The result of order `n`.
pub(crate) fn signed(plan: &str, n: u64) -> Event {
    signed_over(plan, n, digest(&format!("tbs {n}")))
}

pub(crate) fn signed_over(plan: &str, n: u64, tbs: Digest) -> Event {
    let result = OrderResult { n, signature: Base64(vec![1]), tbs };
    Event::Signed(Signed { plan: digest(plan), results: vec![result] })
}
