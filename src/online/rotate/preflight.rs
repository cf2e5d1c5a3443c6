//! What can be said before a rotation by files, objects and flags; what needs a probe is told as not observed.

use serde::Serialize;

use super::foretold::names_certificates;
use super::observe::{self, Issuers};
use super::planned::verifies_kubelets;
use crate::cluster::embed::program::Program;
use crate::cluster::scan::{EXPIRING_WITHIN, Problem, Question, Report, survey};
use crate::online::inventory::Looked;
use crate::online::room::Room;
use crate::refusal::Refused;
use crate::rotation::facts::Told;
use crate::rotation::fleet::Fleet;
use crate::rotation::graph::{Shape, Signing, Variant};
use crate::rotation::plan::{Plan, Tempo};
use crate::rotation::preflight::{Item, Line, Seen, is_at_least, judge, may_begin};
use crate::wire::text::fill;

/// Every item with its evidence.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Preflight {
    /// The items.
    pub items: Vec<Line>,
    /// Whether a rotation may begin.
    pub may_begin: bool,
}

impl Preflight {
    /// Judges what was `looked` at.
    ///
    /// # Errors
    /// [`RoomError`](crate::online::room::RoomError) without a CA; what the clock says; a fault of the table.
    pub fn of(room: &mut Room, looked: &Looked) -> Result<Self, Refused> {
        Self::watched(room, looked, None)
    }

    /// [`Preflight::of`], with what was seen of the file of metrics.
    ///
    /// # Errors
    /// As [`Preflight::of`].
    pub fn watched(room: &mut Room, looked: &Looked, metrics: Option<Told>) -> Result<Self, Refused> {
        let now = room.desk_mut().now()?;
        let question = Question { now, expiring_within: EXPIRING_WITHIN, record: Some(room.config().record()) };
        let report = survey(&looked.trees, &question);
        let issuers = Issuers::of(room.ca()?, &report.found);
        let fleet = Fleet::of(room.config().record());
        let facts = observe::facts(&fleet, looked, &report.found, &issuers, |_| None);
        let verifies_kubelets = verifies_kubelets(looked);
        let shape = Shape { variant: Variant::DualTrust, signing: Signing::Intermediate, verifies_kubelets };
        let plan = Plan::new(fleet, shape, Tempo::default())?;
        let items = judge(&plan, Tempo::default(), &facts, &seen(looked, &report, metrics))?;
        Ok(Self { may_begin: may_begin(&items), items })
    }
}

fn seen(looked: &Looked, report: &Report, metrics: Option<Told>) -> Seen {
    let mut seen = Seen::new();
    let mut tell = |item, told: Option<Told>| seen.extend(told.map(|told| (item, told)));
    tell(Item::Chains, Some(none(report, |problem| matches!(problem, Problem::WrongIssuer(_) | Problem::CaMissing))));
    let ends = |problem: &Problem| matches!(problem, Problem::Expired(_) | Problem::Expiring(_));
    tell(Item::Expiry, Some(none(report, ends)));
    tell(Item::OneCa, Some(none(report, |problem| matches!(problem, Problem::SeveralCas(_)))));
    tell(Item::Kubernetes, versions(looked.programs_called("kube-apiserver"), 1, 24));
    tell(Item::Etcd, versions(looked.programs_called("etcd"), 3, 5));
    tell(Item::Signer, signers(looked));
    tell(Item::KubeletGate, Some(kubelet_gate(looked)));
    tell(Item::Evidence, evidence(looked));
    tell(Item::Metrics, metrics);
    seen
}

fn told(holds: bool, evidence: String) -> Told {
    Told { holds, evidence }
}

/// That no finding of the scan is such a problem.
fn none(report: &Report, is_meant: impl Fn(&Problem) -> bool) -> Told {
    let mut found = report.problems().filter(|(_, _, problem)| is_meant(problem));
    match found.next() {
        None => told(true, fill("{} certificate{s}", [&report.leaves().count()])),
        Some((node, path, problem)) => told(false, format!("{node} {}: {problem}", path.unwrap_or_default())),
    }
}

/// The versions by the tags of images; nothing where there are none, as with units.
fn versions<'p>(programs: impl Iterator<Item = &'p Program>, major: u32, minor: u32) -> Option<Told> {
    let mut all: Vec<_> = programs.filter_map(|program| program.version.as_deref()).collect();
    all.sort_unstable();
    all.dedup();
    let known = !all.is_empty() && all.iter().all(|version| is_at_least(version, major, minor).is_some());
    let old = all.iter().any(|version| is_at_least(version, major, minor) == Some(false));
    let older = if old { ", older than the article asks for" } else { "" };
    known.then(|| told(!old, format!("{}{older}", all.join(" "))))
}

/// Without a package it is not known when new leaves end.
fn evidence(looked: &Looked) -> Option<Told> {
    let names = names_certificates(looked.programs_called("kube-apiserver"))?;
    let older =
        "Kubernetes before 1.32 names no certificate in audit logs: rotate --dry-run says whether metrics will tell";
    Some(told(names, if names { "by the certificates in audit logs" } else { older }.to_owned()))
}

fn signers(looked: &Looked) -> Option<Told> {
    let files: Vec<_> = looked
        .programs_called("kube-controller-manager")
        .map(|manager| manager.flag("cluster-signing-cert-file").unwrap_or("nothing"))
        .collect();
    let mut shown = files.clone();
    shown.sort_unstable();
    shown.dedup();
    (!files.is_empty()).then(|| told(true, format!("{} sign with {}", files.len(), shown.join(" "))))
}

/// The gate is the kubelet's: to look for it on the API server would fail healthy clusters.
fn kubelet_gate(looked: &Looked) -> Told {
    let is_set = |program: &Program| {
        program.flag("feature-gates").is_some_and(|gates| gates.contains("RotateKubeletServerCertificate"))
    };
    let on_server = looked.programs_called("kube-apiserver").filter(|program| is_set(program)).count();
    told(true, format!("set on {on_server} API servers, where it changes nothing"))
}
