//! What must hold before a step and after a wave. Only here is a [`Permit`] made, and only with one is a step done.

use thiserror::Error;

use super::check::{Check, Finding, Outcome};
use super::component::Component;
use super::facts::{Facts, NodeFacts, Signer};
use super::graph::Variant;
use super::matrix::{would_accept, would_suffice};
use super::meter::Standing;
use super::plan::{Plan, Wave};
use super::stage::Stage;
use super::step::{Action, Step, Way};
use super::store::{Reload, Store};
use super::trust::{Leaf, Trust};
use crate::refusal::{Class, Reason, Refusal};
use crate::wire::text::fill;

/// Leave to do one step, given after all of its checks held. It has no other maker:
///
/// ```compile_fail,E0451
/// # use airlock::rotation::{gate::Permit, step::Step};
/// fn forged(step: Step) -> Permit {
///     Permit { step, findings: Vec::new() }
/// }
/// ```
///
/// ```
/// # use airlock::rotation::{facts::Facts, gate::{self, Held, Permit}, meter::Standing, plan::Plan, step::Step};
/// fn asked(plan: &Plan, step: Step, facts: &Facts, standing: Standing) -> Result<Permit, Held> {
///     gate::permit(plan, step, facts, standing)
/// }
/// ```
#[derive(Debug)]
pub struct Permit {
    step: Step,
    findings: Vec<Finding>,
}

/// The rotation is held: these checks do not hold, or are not known.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("held before {step}: {}", all(.findings))]
pub struct Held {
    /// What was to be done.
    pub step: String,
    /// What is in the way.
    pub findings: Vec<Finding>,
}

/// Leave to do `step` now.
///
/// # Errors
/// [`Held`] with each check that does not hold.
pub fn permit(plan: &Plan, step: Step, facts: &Facts, standing: Standing) -> Result<Permit, Held> {
    let checks = before(plan.shape().variant, step).iter().filter(|check| check.concerns(plan.fleet()));
    let mut findings: Vec<_> = checks.map(|check| check.judge(plan, facts, trust_before(step))).collect();
    findings.extend(guards(plan, step, facts, standing));
    match findings.iter().any(|finding| !finding.holds()) {
        false => Ok(Permit { step, findings }),
        true => {
            findings.retain(|finding| !finding.holds());
            let node = plan.node(&step).map_or(String::new(), |node| format!(" on {node}"));
            Err(Held { step: format!("{}{node}", step.action), findings })
        }
    }
}

/// Whether `step` waits for what programs of the node at `place` have loaded of files that they look at by themselves.
pub fn waits_for(plan: &Plan, step: Step, facts: &Facts, place: usize) -> bool {
    let is_dark = |finding: &Finding| finding.check == Check::MatrixGreen && finding.outcome == Outcome::Unknown;
    let looks = |store: &Store| matches!(store.reload(), Reload::Hot(_));
    let waits = |node: &NodeFacts| node.disk.keys().any(|store| looks(store) && !node.memory.contains_key(store));
    // How the meter stands is a matter of its own.
    let leave = || permit(plan, step, facts, Standing::Proven);
    facts.node(place).is_some_and(waits) && leave().is_err_and(|held| held.findings.iter().any(is_dark))
}

/// What must hold when all of `stage` is done, with how each check went.
pub fn exit(plan: &Plan, stage: Stage, facts: &Facts) -> Vec<Finding> {
    let trust = if stage < Stage::OldTrustOff { Trust::Both } else { Trust::New };
    // With a bridge the files that need no learning stay old until the drop.
    let is_partial = plan.shape().variant == Variant::Bridge && stage == Stage::TrustOnDisk;
    let checks = after_stage(stage).iter().filter(|check| !(is_partial && **check == Check::BundlesExact));
    checks.filter(|check| check.concerns(plan.fleet())).map(|check| check.judge(plan, facts, trust)).collect()
}

/// What must hold before anything of the old root is taken away for ever, beside what [`exit`] of the drop asks for.
pub fn before_reclaim(plan: &Plan, facts: &Facts) -> Vec<Finding> {
    let own = [Check::DropWindow, Check::SecondPerson].map(|check| check.judge(plan, facts, Trust::New));
    exit(plan, Stage::OldTrustOff, facts).into_iter().chain(own).collect()
}

/// How the gate after `wave` stands.
pub fn of_wave(plan: &Plan, wave: &Wave, facts: &Facts) -> Vec<Finding> {
    let trust = match wave.action {
        Action::PutTrust(_, trust)
        | Action::Publish(trust)
        | Action::Cycle(trust)
        | Action::Restart(_, trust)
        | Action::AwaitRootCa(trust)
        | Action::RollWorkloads(trust) => trust,
        _ => Trust::Both,
    };
    // On the way back nobody need learn first what is forgotten again right after.
    let no_more_than = |have: Option<Trust>| match wave.way(plan) {
        Way::Back => have.filter(|have| *have <= trust).unwrap_or(trust),
        Way::Forward => trust,
    };
    let wanted = |check: &Check| match check {
        Check::RootCaEverywhere => no_more_than(facts.cluster.root_ca_maps),
        Check::WorkloadsRolled => no_more_than(facts.cluster.workloads),
        _ => trust,
    };
    // Nor need a node that never learned the new root take a client of it, where nobody has anything of that root, or where
    // leaves came with a bridge: then the matrix alone tells whether an old leaf is taken everywhere.
    let learns = plan.shape().variant == Variant::DualTrust;
    let is_idle = wave.way(plan) == Way::Back && (!learns || is_all_old(facts));
    let asked = |check: &&Check| !(is_idle && matches!(check, Check::EtcdCanary | Check::HotCanary));
    let checks = wave.gate().iter().filter(|check| check.concerns(plan.fleet())).filter(asked);
    checks.map(|check| check.judge(plan, facts, wanted(check))).collect()
}

/// Whether every node is known to have and to show leaves of the old root alone, and to sign with it.
fn is_all_old(facts: &Facts) -> bool {
    facts.nodes.iter().all(|node| {
        let lies = node.files.values().all(|leaf| *leaf == Some(Leaf::Old));
        let shows = node.shown.values().all(|leaf| *leaf == Leaf::Old);
        node.seen && node.signer != Some(Signer::Intermediate) && lies && shows
    })
}

/// What must hold when all of `stage` is done.
pub const fn after_stage(stage: Stage) -> &'static [Check] {
    match stage {
        Stage::Preflight => &[
            Check::Backup,
            Check::Clocks,
            Check::EtcdHealthy,
            Check::ReadWrite,
            Check::ChainsOnDisk,
            Check::NotExpiring,
            Check::InventoryWhole,
            Check::SingleCa,
            Check::SignerKnown,
            Check::RollbackRehearsed,
        ],
        Stage::Staged => &[Check::StagedWhole],
        Stage::SignerSplit => &[Check::SignerIssues, Check::LeaderHeld],
        Stage::TrustOnDisk => &[Check::BundlesExact, Check::HotCanary],
        Stage::TrustLoaded => LOADED,
        Stage::Leaves => {
            &[Check::ServedAsStaged, Check::MatrixGreen, Check::ReadWrite, Check::EtcdHealthy, Check::Reconnected]
        }
        Stage::Identities => {
            &[Check::NodeLeases, Check::LeaderHeld, Check::KubeletPath, Check::CsrFlow, Check::MatrixGreen]
        }
        Stage::Soak => &[Check::OldUnused, Check::Budget],
        Stage::OldTrustOff => {
            &[Check::BundlesExact, Check::TrustLoaded, Check::OldRefused, Check::ReadWrite, Check::EtcdHealthy]
        }
        Stage::Clean => &[Check::NothingLeft],
    }
}

const LOADED: &[Check] = &[
    Check::EtcdCanary,
    Check::TrustLoaded,
    Check::RootCaEverywhere,
    Check::WorkloadsRolled,
    Check::ReadWrite,
    Check::EtcdHealthy,
];

/// What must hold after a wave of `action`, before the next.
pub const fn after(action: Action) -> &'static [Check] {
    match action {
        Action::Start(_) => &[],
        Action::SplitSigner | Action::JoinSigner => &[Check::SignerIssues, Check::LeaderHeld],
        Action::PutTrust(_, Trust::Both) => &[Check::HotCanary],
        Action::PutTrust(..) => &[Check::ReadWrite],
        Action::Publish(_) => &[Check::ReadWrite],
        // On the way back nobody takes the new root any more.
        Action::Cycle(Trust::Old) => &[Check::EtcdHealthy, Check::ReadWrite],
        Action::Cycle(_) => &[Check::EtcdHealthy, Check::EtcdCanary, Check::ReadWrite],
        Action::Restart(Component::Kubelet, _) => &[Check::NodeLeases],
        Action::Restart(..) => &[Check::LeaderHeld],
        Action::AwaitRootCa(_) => &[Check::RootCaEverywhere],
        Action::RollWorkloads(_) => &[Check::WorkloadsRolled],
        Action::SwapLeaves(Component::Etcd, _) => &[Check::ServedAsStaged, Check::EtcdHealthy],
        Action::SwapLeaves(..) => &[Check::ServedAsStaged, Check::ReadWrite],
        Action::SwapSigner(Signer::Intermediate | Signer::Off) => &[Check::CsrFlow],
        // On the way back what is certified from now on is of the old root again.
        Action::SwapSigner(_) => &[Check::SignerIssues],
        Action::ProveReconnect => &[Check::Reconnected, Check::EtcdHealthy],
        Action::SwapIdentity(Component::Kubelet, _) => &[Check::NodeLeases, Check::KubeletPath],
        Action::SwapIdentity(Component::Admin, _) => &[Check::ReadWrite],
        Action::SwapIdentity(..) => &[Check::LeaderHeld],
        Action::Strip(_) => &[Check::ReadWrite],
        Action::Soak => &[Check::OldUnused, Check::SecondPerson],
        Action::Clean => &[Check::NothingLeft],
    }
}

/// What must hold before `step`: of the first of a pass, that the pass before is whole *now*, on all nodes.
const fn before(variant: Variant, step: Step) -> &'static [Check] {
    match (step.way, step.stage, step.action) {
        // With a bridge these are the first steps of all: nobody has learned anything yet that would have been looked at.
        (Way::Forward, Stage::Leaves | Stage::Identities, _) if matches!(variant, Variant::Bridge) => &[
            Check::Preflight,
            Check::SingleCa,
            Check::StagedWhole,
            Check::Clocks,
            Check::EtcdHealthy,
            Check::ReadWrite,
            Check::MatrixGreen,
        ],
        // And here all places go from the old root to the new one; those that do not are asked for before leaves come bare.
        (Way::Forward, Stage::OldTrustOff, Action::PutTrust(..)) if matches!(variant, Variant::Bridge) => {
            &[Check::OldUnused, Check::SecondPerson, Check::InventoryWhole, Check::MatrixGreen]
        }
        (Way::Forward, Stage::Clean, Action::SwapLeaves(..) | Action::Strip(_)) => BARE,
        (Way::Forward, Stage::SignerSplit | Stage::TrustOnDisk, _) => &[
            Check::Preflight,
            Check::SingleCa,
            Check::StagedWhole,
            Check::Clocks,
            Check::EtcdHealthy,
            Check::ReadWrite,
        ],
        (Way::Forward, Stage::Leaves | Stage::Identities, _) => &[Check::Preflight, Check::MatrixGreen],
        (Way::Back, Stage::Leaves | Stage::Identities, _) => &[Check::MatrixGreen],
        (Way::Forward, Stage::OldTrustOff, Action::PutTrust(..)) => {
            &[Check::OldUnused, Check::SecondPerson, Check::NoneOnlyOld, Check::MatrixGreen]
        }
        (Way::Forward, Stage::Clean, _) => after_stage(Stage::OldTrustOff),
        _ => &[],
    }
}

/// Before the cross-certificate goes: who trusts the old root alone would refuse what is left.
const BARE: &[Check] = &[
    Check::BundlesExact,
    Check::TrustLoaded,
    Check::OldRefused,
    Check::NoneOnlyOld,
    Check::ReadWrite,
    Check::EtcdHealthy,
    Check::MatrixGreen,
];

/// The trust that the checks before `step` look for.
const fn trust_before(step: Step) -> Trust {
    match step.stage {
        Stage::Clean => Trust::New,
        _ => Trust::Both,
    }
}

/// What holds before any step, by what the step does: never fewer than a quorum of etcd, never two control planes out,
/// no leaf that a verifier would refuse, and no step more once the budget is spent.
fn guards(plan: &Plan, step: Step, facts: &Facts, standing: Standing) -> Vec<Finding> {
    let mut findings = Vec::new();
    // Going back, and starting what is down, only helps.
    if step.way == Way::Forward && !matches!(step.action, Action::Start(_)) {
        let outcome = if standing == Standing::Spent { Outcome::Fail } else { Outcome::Pass };
        findings.push(Finding { check: Check::Budget, outcome, evidence: standing.as_str().to_owned() });
    }
    if step.restarts_etcd() && step.place.and_then(|place| plan.fleet().member(place)).is_some_and(|node| node.etcd) {
        findings.push(quorum(plan, step, facts));
    }
    if step.takes_control_plane_out() {
        findings.push(one_out(plan, step, facts));
    }
    findings.extend(told(step.action, plan, facts));
    findings
}

/// Whether what the step changes leaves every connection green.
fn told(action: Action, plan: &Plan, facts: &Facts) -> Vec<Finding> {
    let green = |(outcome, evidence)| Finding { check: Check::MatrixGreen, outcome, evidence };
    let suffices = |component: Component, trust| green(would_suffice(plan, facts, component, trust));
    match action {
        Action::SwapLeaves(component, leaf) | Action::SwapIdentity(component, leaf) => {
            vec![green(would_accept(plan, facts, component, leaf))]
        }
        Action::Strip(component) => vec![green(would_accept(plan, facts, component, Leaf::New))],
        Action::PutTrust(_, trust) | Action::Publish(trust) => {
            Component::ALL.into_iter().map(|component| suffices(component, trust)).collect()
        }
        Action::Cycle(trust) => vec![suffices(Component::Etcd, trust), suffices(Component::Apiserver, trust)],
        Action::Restart(component, trust) => vec![suffices(component, trust)],
        Action::AwaitRootCa(trust) | Action::RollWorkloads(trust) => vec![suffices(Component::Workloads, trust)],
        Action::SwapSigner(Signer::Intermediate) => {
            vec![green(would_accept(plan, facts, Component::ControllerManager, Leaf::New))]
        }
        Action::SwapSigner(Signer::Apart) => {
            vec![green(would_accept(plan, facts, Component::ControllerManager, Leaf::Old))]
        }
        _ => Vec::new(),
    }
}

/// Whether the other members are a quorum. Of a cluster of one there are no others: its outage was announced.
fn quorum(plan: &Plan, step: Step, facts: &Facts) -> Finding {
    let others = plan.fleet().with(Component::Etcd).filter(|place| Some(*place) != step.place);
    let healthy = others.filter(|place| facts.node(*place).is_some_and(|node| node.is_up(Component::Etcd))).count();
    let needed = if plan.fleet().etcd_members() < 3 { 0 } else { plan.fleet().quorum() };
    let outcome = if healthy >= needed { Outcome::Pass } else { Outcome::Fail };
    Finding { check: Check::Quorum, outcome, evidence: fill("{} other{s} healthy, {} needed", [&healthy, &needed]) }
}

fn one_out(plan: &Plan, step: Step, facts: &Facts) -> Finding {
    let others = plan.fleet().with(Component::Apiserver).filter(|place| Some(*place) != step.place);
    let out = others.filter(|place| !facts.node(*place).is_some_and(|node| node.is_up(Component::Apiserver)));
    let (outcome, evidence) = match out.count() {
        0 => (Outcome::Pass, "all others answer".to_owned()),
        count => (Outcome::Fail, fill("{} other{s} without an answer", [&count])),
    };
    Finding { check: Check::OneOut, outcome, evidence }
}

/// Each finding, those of one check once.
fn all(findings: &[Finding]) -> String {
    let mut told: Vec<_> = findings.iter().map(|finding| format!("{}: {}", finding.check, finding.evidence)).collect();
    told.dedup();
    told.join("; ")
}

impl Permit {
    /// The step.
    pub const fn step(&self) -> Step {
        self.step
    }

    /// What was found, for the log.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }
}

impl Refusal for Held {
    fn reason(&self) -> Reason {
        Reason::new(Class::Held, "ROTATION_HELD", "mend what the checks name and run it again, or go back")
    }
}
