//! What the CA will have to say of a request, told before the bundle leaves.
//!
//! The questions are those of the CA's rules, as far as the cluster record answers them; the site's policy, its history
//! and its officers are only there. A finding changes nothing: what is wrong with a live certificate is carried over
//! exactly, and said.

use serde::Serialize;

use super::ask::{Ask, KeySource};
use crate::cluster::record::Record;
use crate::cluster::record::names::NameFault;
use crate::pki::extension::oid;
use crate::pki::name::Oddity;

const MAX_TEXT: usize = 240;

/// Something that the CA denies, or looks at twice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The rule of the CA, as `S1`.
    pub rule: &'static str,
    /// What is wrong, one line of ASCII.
    pub text: String,
}

/// Everything that can be known here.
pub(super) fn of(ask: &Ask, record: &Record) -> Vec<Finding> {
    let mut found = Vec::new();
    found.extend(subject(ask, record));
    found.extend(characters(ask));
    found.extend(names(ask, record));
    found.extend(extensions(ask));
    if matches!(ask.key, KeySource::Live(_)) {
        found.push(Finding::new("K2", "the key is used again: only a profile that allows it gets such a certificate"));
    }
    found
}

impl Finding {
    /// `text` is ASCII: what stands in it was escaped where it came from.
    fn new(rule: &'static str, text: &str) -> Self {
        Self { rule, text: text.get(..MAX_TEXT).map_or_else(|| text.to_owned(), |cut| format!("{cut}...")) }
    }
}

fn subject(ask: &Ask, record: &Record) -> Option<Finding> {
    let Some(node) = record.node(&ask.node) else {
        return Some(Finding::new("N1", "the node is not in the cluster record"));
    };
    if !record.hosts(ask.role, node) {
        return Some(Finding::new("N1", "the cluster record does not put this profile on this node"));
    }
    let told = || Finding::new("N1", &format!("not a subject of this profile: {}", ask.subject.safe()));
    (!ask.role.accepts(&ask.subject, &ask.node)).then(told)
}

fn characters(ask: &Ask) -> Option<Finding> {
    let oddities = ask.subject.oddities();
    let told = |oddity: &Oddity| match oddity {
        Oddity::StringKind => "an outdated kind of string",
        Oddity::Control => "a control character",
        Oddity::NotAscii => "a character beyond ASCII",
        Oddity::OuterBlank => "a blank at an end",
        Oddity::Length => "a value that is too long",
        Oddity::Type => "an attribute of an unknown type",
    };
    let all: Vec<_> = oddities.iter().map(told).collect();
    (!all.is_empty()).then(|| Finding::new("N2", &format!("the subject holds {}", all.join(", "))))
}

fn names(ask: &Ask, record: &Record) -> Vec<Finding> {
    let faults = record.name_faults(ask.role, &ask.node, ask.names());
    let told = faults.iter().map(|fault| match fault {
        NameFault::Missing(name) => Finding::new("S1", &format!("{name} is missing")),
        NameFault::Kind(name) => {
            Finding::new("S2", &format!("{name} is a wildcard or neither a DNS name nor an address"))
        }
        NameFault::Outside(name) => Finding::new("S3", &format!("{name} is outside the cluster record")),
    });
    told.collect()
}

/// Of requests made elsewhere: extensions beside the names are at best repeated by the profile.
fn extensions(ask: &Ask) -> Vec<Finding> {
    let mut found = Vec::new();
    let asks_for_ca = ask.extensions.basic_constraints().is_some_and(|constraints| constraints.ca);
    if asks_for_ca && !ask.role.identity().is_ca {
        found.push(Finding::new("C1", "it asks to be a CA"));
    }
    let judged = [oid::SUBJECT_ALT_NAME, oid::KEY_USAGE, oid::EXTENDED_KEY_USAGE, oid::BASIC_CONSTRAINTS];
    let usages = ask.extensions.extended_key_usage();
    if usages.is_some_and(|usages| !usages.usages().iter().all(|usage| ask.role.identity().usages.contains(usage))) {
        found.push(Finding::new("U1", "it asks for usages that the profile does not give"));
    }
    let others = ask.extensions.all().iter().filter(|extension| !judged.contains(&extension.oid));
    let others: Vec<_> = others.map(|extension| extension.oid.to_string()).collect();
    if !others.is_empty() {
        found.push(Finding::new("E1", &format!("it asks for the extensions {}", others.join(", "))));
    }
    found
}
