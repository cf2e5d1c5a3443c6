//! Whom a certificate names: its subject, its alternative names, and below an intermediate its constraints.

use super::anatomy::{self, Anatomy};
use super::extensions::{NAME_CONSTRAINTS, SUBJECT_ALT_NAME};
use super::{Expected, Lint};
use crate::cluster::record::Record;
use crate::cluster::role::{Names, Role};
use crate::issuance::profile::{Profile, constraints, root_name};
use crate::pki::name::Name;
use crate::pki::san::SubjectAltNames;

pub(super) const LINTS: &[Lint] = &[
    Lint { id: "subject-is-the-profiles", holds: subject },
    Lint { id: "alt-names-are-plain", holds: alt_names_are_plain },
    Lint { id: "alt-names-are-the-records", holds: alt_names_are_the_records },
    Lint { id: "name-constraints-are-the-records", holds: name_constraints },
];

/// One of the subjects of the role, whose node the record knows, in plain strings; or the name of a root of the domain.
fn subject(anatomy: &Anatomy<'_>, expected: &Expected<'_>) -> bool {
    let Some(subject) = anatomy.subject_name() else { return false };
    let known = match expected.profile {
        Profile::Role(role) => match (node_of(role, &subject), expected.record) {
            (Some(Node::Any), _) | (Some(Node::Named(_)), None) => true,
            (Some(Node::Named(name)), Some(record)) => record.node(name).is_some_and(|node| record.hosts(role, node)),
            (None, _) => false,
        },
        Profile::Root(domain) | Profile::Cross(domain) => root_name::domain(&subject) == Some(domain),
    };
    known && subject.oddities().is_empty()
}

/// On which node a subject of a role lives.
enum Node<'a> {
    /// The subject does not say.
    Any,
    /// On this one.
    Named(&'a str),
}

/// The node of a subject; none where the subject is not one of the role's.
fn node_of(role: Role, subject: &Name) -> Option<Node<'_>> {
    if role.accepts(subject, "") && role.accepts(subject, "-") {
        return Some(Node::Any);
    }
    let common_name = subject.common_name()?;
    let name = common_name.strip_prefix("system:node:").unwrap_or(common_name);
    let plain = name.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-'));
    (plain && role.accepts(subject, name)).then_some(Node::Named(name))
}

/// DNS names and addresses only, at least one, none twice, no wildcard.
fn alt_names_are_plain(anatomy: &Anatomy<'_>, _: &Expected<'_>) -> bool {
    let Some(value) = anatomy.extension(SUBJECT_ALT_NAME) else { return true };
    let Some(names) = anatomy::within(0x30, value) else { return false };
    let plain = |name: &anatomy::Element<'_>| match name.tag {
        0x82 => name.content.iter().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-')),
        0x87 => matches!(name.content.len(), 4 | 16),
        _ => false,
    };
    let twice = |at: usize, name| names.iter().skip(at + 1).any(|other: &anatomy::Element<'_>| other == name);
    !names.is_empty() && names.iter().enumerate().all(|(at, name)| plain(name) && !twice(at, name))
}

/// All that the record demands of the role and nothing that it does not allow. Where the subject does not tell the
/// node, one of the names does.
fn alt_names_are_the_records(anatomy: &Anatomy<'_>, expected: &Expected<'_>) -> bool {
    let (Profile::Role(role), Some(record)) = (expected.profile, expected.record) else { return true };
    let names = anatomy.extension(SUBJECT_ALT_NAME).map(SubjectAltNames::from_der).transpose();
    let (Ok(names), Some(subject)) = (names, anatomy.subject_name()) else { return false };
    let sound = |node: &str| record.name_faults(role, node, names.as_ref()).is_empty();
    match (role.identity().names, node_of(role, &subject)) {
        (Names::None, _) => names.is_none(),
        (_, Some(Node::Named(node))) => sound(node),
        (_, Some(Node::Any)) => {
            names.iter().flat_map(SubjectAltNames::dns).any(|dns| bears(record, role, dns) && sound(dns))
        }
        (_, None) => false,
    }
}

fn bears(record: &Record, role: Role, name: &str) -> bool {
    record.node(name).is_some_and(|node| record.hosts(role, node))
}

fn name_constraints(anatomy: &Anatomy<'_>, expected: &Expected<'_>) -> bool {
    let Profile::Role(role) = expected.profile else { return true };
    match (role.identity().is_ca, anatomy.extension(NAME_CONSTRAINTS), expected.record) {
        (false, value, _) => value.is_none(),
        (true, Some(value), Some(record)) => {
            constraints::of(role.domain(), record).is_some_and(|constraints| constraints.to_der() == value)
        }
        (true, Some(_), None) => true,
        (true, None, _) => false,
    }
}
