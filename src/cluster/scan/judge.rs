//! What is wrong with a certificate, its key and its place.

use super::authority::{Authorities, fingerprints, is_issued, is_self_made};
use super::collect::{KeyFile, Place, public_key_at};
use super::problem::Problem;
use super::report::{Found, Holds, KeyState, Says};
use super::survey::Question;
use crate::cluster::layout::SERVICE_ACCOUNT;
use crate::cluster::record::names::NameFault;
use crate::cluster::role::Role;
use crate::cluster::tree::NodeTree;
use crate::pki::certificate::Certificate;
use crate::pki::extension::ExtendedKeyUsage;
use crate::wire::text;

/// Turns a place into a finding.
pub(super) fn judge(
    tree: &NodeTree,
    place: Place,
    authorities: &Authorities,
    nodes: &[String],
    question: &Question<'_>,
) -> Found {
    let node = tree.node();
    let mut problems = Vec::new();
    let certificates = place.certificates.as_deref().unwrap_or_default();
    if let Err(problem) = &place.certificates {
        problems.push(problem.clone());
    }
    if let Some(first) = certificates.first() {
        problems.extend(validity(
            if place.holds == Holds::Ca { certificates } else { std::slice::from_ref(first) },
            question,
        ));
    }
    problems.extend(match (place.role, place.holds) {
        (Some(role), _) => leaf(role, node, &place, certificates, authorities, question),
        (None, Holds::Ca) => ca(node, &place, certificates, authorities, nodes),
        _ => Vec::new(),
    });
    let key = key_state(tree, &place, certificates.first());
    problems.extend(key_problems(&place, key));
    Found {
        node: node.to_owned(),
        says: certificates.first().map(|certificate| Says::of(certificate, place.role)),
        path: place.path,
        holds: place.holds,
        role: place.role,
        domain: place.domain,
        by_path: place.by_path,
        key,
        problems,
        certificates: place.certificates.unwrap_or_default(),
    }
}

fn validity(certificates: &[Certificate], question: &Question<'_>) -> Vec<Problem> {
    let judged = certificates.iter().filter_map(|certificate| {
        let (begin, end) = (certificate.validity().not_before(), certificate.validity().not_after());
        if end < question.now {
            Some(Problem::Expired(end))
        } else if question.now < begin {
            Some(Problem::NotYetValid(begin))
        } else {
            (end.since(question.now) < question.expiring_within).then_some(Problem::Expiring(end))
        }
    });
    judged.collect()
}

fn leaf(
    role: Role,
    node: &str,
    place: &Place,
    chain: &[Certificate],
    authorities: &Authorities,
    question: &Question<'_>,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    problems.extend(place.shadowed_by.map(|path| Problem::Shadowed(path.to_owned())));
    let known = question.record.and_then(|record| record.node(node).map(|known| (record, known)));
    if known.is_some_and(|(record, known)| !record.hosts(role, known)) {
        problems.push(Problem::Misplaced);
    }
    let Some(certificate) = chain.first() else { return problems };
    let trusted = authorities.for_node(node, role.domain());
    if !place.trust.is_empty() && !trusted.is_empty() {
        let same = fingerprints(place.trust.iter()) == fingerprints(trusted.iter().copied());
        problems.extend((!same).then_some(Problem::TrustDiffers));
    }
    let issued = is_issued(chain, &trusted);
    if !issued && role == Role::KubeletServer && is_self_made(chain) {
        // Made by the kubelet for itself: neither its subject nor its names follow the table, and none of it is kept.
        problems.push(Problem::SelfSigned);
        return problems;
    }
    match (issued, trusted.is_empty()) {
        (true, _) => {}
        (false, true) => problems.push(Problem::CaMissing),
        (false, false) => problems.push(Problem::WrongIssuer(certificate.issuer().safe())),
    }
    problems.extend(identity(role, node, certificate));
    if let Some((record, _)) = known {
        let faults = record.name_faults(role, node, certificate.subject_alt_names());
        problems.extend(faults.into_iter().map(|fault| match fault {
            NameFault::Missing(name) => Problem::SanMissing(name.to_string()),
            NameFault::Kind(name) => Problem::SanKind(text::clip(&name.to_string(), 120)),
            NameFault::Outside(name) => Problem::SanOutside(text::clip(&name.to_string(), 120)),
        }));
    }
    problems
}

fn identity(role: Role, node: &str, certificate: &Certificate) -> Vec<Problem> {
    let mut problems = Vec::new();
    if !role.accepts(certificate.subject(), node) {
        problems.push(Problem::Subject(text::clip(&certificate.subject().safe(), 200)));
    }
    let usages = certificate.extensions().extended_key_usage();
    // The controller manager signs with a CA that has no extended key usages of its own.
    if !role.identity().is_ca && !role.uses(usages) {
        let told = usages.map_or_else(|| "(none)".to_owned(), ExtendedKeyUsage::to_string);
        problems.push(Problem::Usages(text::clip(&told, 200)));
    }
    if role.identity().is_ca && !certificate.is_ca() {
        problems.push(Problem::NotCa);
    }
    problems
}

fn ca(
    node: &str,
    place: &Place,
    certificates: &[Certificate],
    authorities: &Authorities,
    nodes: &[String],
) -> Vec<Problem> {
    let mut problems = Vec::new();
    if certificates.len() > 1 {
        problems.push(Problem::SeveralCas(certificates.len()));
    }
    if certificates.iter().any(|certificate| !certificate.is_ca()) {
        problems.push(Problem::NotCa);
    }
    if !matches!(place.key.state, KeyFile::Missing) {
        problems.push(Problem::CaKeyPresent(text::escape(&place.key.path)));
    }
    let differing = place.domain.and_then(|domain| authorities.differing(node, domain, nodes));
    problems.extend(differing.map(|other| Problem::CaDiffers(text::escape(other))));
    problems
}

fn key_state(tree: &NodeTree, place: &Place, certificate: Option<&Certificate>) -> KeyState {
    let [_, public] = SERVICE_ACCOUNT;
    let expected = match place.holds {
        Holds::ServiceAccountKey => public_key_at(tree, public),
        _ => certificate.map(|certificate| certificate.public_key().clone()),
    };
    match (&place.key.state, expected) {
        (KeyFile::Missing, _) => KeyState::Missing,
        (KeyFile::Unreadable(_), _) => KeyState::Unreadable,
        (KeyFile::Of(_), None) => KeyState::Alone,
        (KeyFile::Of(key), Some(expected)) if *key == expected => KeyState::Matches,
        (KeyFile::Of(_), Some(_)) => KeyState::Mismatch,
    }
}

fn key_problems(place: &Place, state: KeyState) -> Vec<Problem> {
    let path = text::escape(&place.key.path);
    let mut problems = Vec::new();
    match (&place.key.state, state) {
        // Trust needs no key, and a stray certificate may be anybody's.
        (KeyFile::Missing, _) if place.holds != Holds::Leaf => {}
        (KeyFile::Missing, _) => problems.push(Problem::KeyMissing(path.clone())),
        (KeyFile::Unreadable(why), _) => problems.push(Problem::KeyUnreadable(format!("{path}: {why}"))),
        (KeyFile::Of(_), KeyState::Mismatch) => problems.push(Problem::KeyMismatch(path.clone())),
        (KeyFile::Of(_), _) => {}
    }
    problems.extend(place.key.open_mode.map(|mode| Problem::KeyMode(path, mode)));
    problems
}
