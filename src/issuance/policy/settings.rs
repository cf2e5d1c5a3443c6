//! A policy in plain words, and what is wider or narrower in another.
//!
//! Every setting is a number or a set, so that two policies compare by one rule: a larger number or a further member
//! widens, a smaller number or a missing member narrows. Settings are effective ones: what holds for each profile,
//! wherever in the file it was said.

use std::collections::BTreeSet;
use std::fmt;

use super::{DAY, Mode, OfficerKey, Policy, Unattested};
use crate::cluster::role::{Domain, Role};
use crate::exchange::paper::channel::Channel;
use crate::issuance::profile::Profile;

/// One setting, as it takes effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// What it is about, in plain words.
    pub name: String,
    /// What holds.
    pub value: Value,
}

/// The value of a setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// So many days.
    Days(u64),
    /// These, and no others.
    Set(BTreeSet<String>),
}

/// In which direction a change goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Direction {
    /// It allows what was not allowed.
    Wider,
    /// It no longer allows what was.
    Narrower,
}

/// What is different in another policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Which way.
    pub direction: Direction,
    /// In one line of plain words.
    pub text: String,
}

/// Every setting of `policy`, in a fixed order.
pub fn all(policy: &Policy) -> Vec<Setting> {
    let document = &policy.document;
    let mut all = vec![setting("asked for by a cluster that is not named", mode(document.issuing.mode))];
    for (cluster, own) in &document.issuing.clusters {
        all.push(setting(&format!("asked for by {cluster}"), mode(*own)));
    }
    let roles = Role::ALL.iter().map(|role| (Profile::Role(*role), role.to_string()));
    let cas = [(Profile::Root(Domain::Kubernetes), "root"), (Profile::Cross(Domain::Kubernetes), "cross-certificate")];
    for (profile, name) in roles.chain(cas.map(|(profile, name)| (profile, name.to_owned()))) {
        let privileged = matches!(profile, Profile::Role(role) if role.identity().privileged);
        all.push(setting(&format!("longest validity of {name}"), days(policy.longest_validity_s(profile, privileged))));
        all.push(setting(&format!("keys of {name}"), set(policy.keys(profile))));
    }
    let full_rights = Profile::Role(Role::EtcdHealthcheckClient);
    let name = "longest validity of any other subject that gives full rights";
    all.push(setting(name, days(policy.longest_validity_s(full_rights, true))));
    all.push(setting("profiles whose key may be certified again, each ticked", set(&document.keys.reuse)));
    all.push(setting("longest time between two CRLs", days(policy.crl_lifetime_s())));
    all.push(setting("verified without", unattested(document.clock.unattested)));
    all.push(setting("ways of the rows from the paper", set(&document.paper.channels)));
    all.push(setting("keys of officers", set(&document.officers.keys.iter().map(officer_key).collect::<Vec<_>>())));
    all.push(setting("readers of every package besides its cluster", set(&document.archive.recipients)));
    all
}

/// What an officer should know of `policy` although it is in order.
pub fn warnings(policy: &Policy) -> Vec<&'static str> {
    let document = &policy.document;
    let intermediates = std::iter::once(&document.issuing.mode).chain(document.issuing.clusters.values());
    [
        (
            policy.allows_channel(Channel::Scripted),
            "scripted rows are for tests only: importers refuse what was confirmed so",
        ),
        (intermediates.into_iter().any(|m| *m == Mode::Intermediates), "intermediates keep a CA key on an online host"),
        (document.clock.unattested == Unattested::Warn, "bundles are verified by a clock that nobody compared"),
        (policy.allows_officer_key(OfficerKey::Software), "officers may sign with keys that lie in files"),
        (!document.keys.reuse.is_empty(), "keys that may be certified again live as long as nobody renews them"),
        (document.archive.recipients.is_empty(), "no archive reads the packages: only the cluster can open them"),
    ]
    .into_iter()
    .filter_map(|(holds, text)| holds.then_some(text))
    .collect()
}

/// What `new` changes against `old`, what it widens first.
pub fn changes(old: &Policy, new: &Policy) -> Vec<Change> {
    let (old_settings, new_settings) = (all(old), all(new));
    let mut changes = Vec::new();
    for setting in &new_settings {
        let before = old_settings.iter().find(|before| before.name == setting.name);
        // A cluster that is named for the first time was one of those that are not named.
        let before = before.or(old_settings.first());
        changes.extend(before.map(|before| compare(&setting.name, &before.value, &setting.value)));
    }
    for gone in old_settings.iter().filter(|old| !new_settings.iter().any(|new| new.name == old.name)) {
        changes.extend(new_settings.first().map(|now| compare(&gone.name, &gone.value, &now.value)));
    }
    let mut changes: Vec<_> = changes.into_iter().flatten().collect();
    changes.sort_by_key(|change| change.direction);
    changes
}

fn compare(name: &str, old: &Value, new: &Value) -> Vec<Change> {
    let change = |direction, text| Change { direction, text };
    match (old, new) {
        (Value::Days(old), Value::Days(new)) if old == new => Vec::new(),
        (Value::Days(old), Value::Days(new)) => {
            let direction = if new > old { Direction::Wider } else { Direction::Narrower };
            vec![change(direction, format!("{name}: {old} days before, {new} now"))]
        }
        (Value::Set(old), Value::Set(new)) => {
            let further = new.difference(old).map(|item| change(Direction::Wider, format!("{name}: now also {item}")));
            let gone = old.difference(new).map(|item| change(Direction::Narrower, format!("{name}: no longer {item}")));
            further.chain(gone).collect()
        }
        (old, new) => vec![change(Direction::Wider, format!("{name}: {old} before, {new} now"))],
    }
}

fn setting(name: &str, value: Value) -> Setting {
    Setting { name: name.to_owned(), value }
}

fn days(seconds: u64) -> Value {
    Value::Days(seconds / DAY)
}

fn set<T: fmt::Display>(items: &[T]) -> Value {
    Value::Set(items.iter().map(ToString::to_string).collect())
}

fn mode(mode: Mode) -> Value {
    match mode {
        Mode::Leaves => set(&["leaves"]),
        Mode::Intermediates => set(&["leaves", "intermediates"]),
    }
}

fn unattested(unattested: Unattested) -> Value {
    match unattested {
        Unattested::Deny => set::<&str>(&[]),
        Unattested::Warn => set(&["an attested clock"]),
    }
}

fn officer_key(key: &OfficerKey) -> &'static str {
    match key {
        OfficerKey::Software => "in files",
        OfficerKey::Token => "in tokens",
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Days(days) => write!(f, "{days} days"),
            Self::Set(items) if items.is_empty() => f.write_str("none"),
            Self::Set(items) => f.write_str(&items.iter().map(String::as_str).collect::<Vec<_>>().join(", ")),
        }
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.value)
    }
}
