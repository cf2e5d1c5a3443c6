//! Which certificates are delivered together or not at all: an etcd with half of its certificates is none.

use std::collections::BTreeMap;

use super::goods::{Goods, Issued};
use crate::cluster::role::{Group, Role, Span};
use crate::exchange::csr_bundle::manifest::Request;
use crate::exchange::csr_bundle::number::Number;
use crate::refusal::Refused;
use crate::report::columns;
use crate::wire::text;

/// A group that is not delivered, and why.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Held {
    /// The role of the request that holds it.
    pub role: Role,
    /// Its node.
    pub node: String,
    /// The request.
    pub request: Number,
    /// Why.
    pub why: String,
    /// How many certificates wait for it.
    pub waiting: usize,
}

/// What can be delivered of a certificate, or why nothing.
pub(in crate::online) enum Looked<T> {
    Whole(T),
    Missing(Held),
}

/// Those that are delivered all or nothing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Unit {
    /// Of the whole cluster.
    Cluster(Group),
    /// Of one node.
    Node(Group, String),
    /// One certificate.
    Alone(Number),
}

/// Looks at each certificate of `goods`; hands out those of whole units, and what holds the others. A unit is whole without
/// the denied requests `without`.
pub(in crate::online) fn whole<T>(
    goods: &Goods,
    without: &[Number],
    look: impl Fn(&Issued) -> Result<Looked<T>, Refused>,
) -> Result<(Vec<T>, Vec<Held>), Refused> {
    let mut units: BTreeMap<Unit, Vec<Looked<T>>> = BTreeMap::new();
    for issued in goods.issued() {
        units.entry(Unit::of(&issued.request)).or_default().push(look(issued)?);
    }
    for request in goods.denied().iter().filter(|request| !without.contains(&request.id)) {
        let unit = units.entry(Unit::of(request)).or_default();
        unit.push(Looked::Missing(Held::of(request, "it was denied, and keeps the old certificate")));
    }
    let (mut delivered, mut all_held) = (Vec::new(), Vec::new());
    for members in units.into_values() {
        let waiting = members.iter().filter(|member| matches!(member, Looked::Whole(_))).count();
        let is_whole = waiting == members.len();
        for member in members {
            match member {
                Looked::Whole(one) if is_whole => delivered.push(one),
                Looked::Whole(_) => {}
                Looked::Missing(held) => all_held.push(Held { waiting, ..held }),
            }
        }
    }
    Ok((delivered, all_held))
}

impl Unit {
    fn of(request: &Request) -> Self {
        let group = request.profile.identity().group;
        match group.span() {
            Span::Cluster => Self::Cluster(group),
            Span::Node => Self::Node(group, request.place.node.clone()),
            Span::Alone => Self::Alone(request.id),
        }
    }
}

impl Held {
    /// As a report tells it.
    pub(in crate::online) fn lines(&self, width: usize) -> Vec<String> {
        let Self { role, node, request, why, waiting } = self;
        let waiting = if *waiting == 0 { String::new() } else { format!("; {waiting} of its group wait") };
        columns::hanging(&format!("[WARN] {request} {role} {node}: "), &format!("{why}{waiting}"), width)
    }

    pub(in crate::online) fn of(request: &Request, why: &str) -> Self {
        let (role, node) = (request.profile, text::clip(&request.place.node, 64));
        Self { role, node, request: request.id, why: why.to_owned(), waiting: 0 }
    }
}
