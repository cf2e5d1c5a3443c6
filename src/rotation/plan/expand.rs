//! From the order of kinds of changes to steps on nodes.

use super::{Cost, Tempo, Wave};
use crate::rotation::component::{Component, Seconds};
use crate::rotation::facts::Signer;
use crate::rotation::fleet::Fleet;
use crate::rotation::graph::{Shape, Signing, Task, Variant};
use crate::rotation::stage::{Pass, Stage};
use crate::rotation::step::{Action, Scope, Step, Way, hot_roles, roles};
use crate::rotation::store::{Reload, Store};
use crate::rotation::trust::{Leaf, Trust};

/// A plan that grows.
pub(in crate::rotation) struct Building<'f> {
    fleet: &'f Fleet,
    shape: Shape,
    tempo: Tempo,
    steps: Vec<Step>,
    waves: Vec<Wave>,
}

impl<'f> Building<'f> {
    pub(in crate::rotation) fn new(fleet: &'f Fleet, shape: Shape, tempo: Tempo) -> Self {
        Self { fleet, shape, tempo, steps: Vec::new(), waves: Vec::new() }
    }

    pub(in crate::rotation) fn done(self) -> (Vec<Step>, Vec<Wave>) {
        (self.steps, self.waves)
    }

    /// The three passes, as `order` gives them.
    pub(in crate::rotation) fn forward(&mut self, order: &[Task]) {
        let of = |pass| components(order, pass);
        self.wave(Stage::SignerSplit, Action::SplitSigner, Way::Forward);
        if self.shape.variant == Variant::DualTrust {
            self.trust_on_disk(Stage::TrustOnDisk, Scope::All, Trust::Both, Way::Forward);
            self.load(Stage::TrustLoaded, &of(Pass::Trust), Trust::Both, Way::Forward);
        } else if !self.shape.learners().is_empty() {
            // Who comes without the cross-certificate comes to the API server alone, which reads this file by itself.
            self.wave(Stage::TrustOnDisk, Action::PutTrust(Scope::ClientCa, Trust::Both), Way::Forward);
        }
        let leaf = self.shape.variant.leaf();
        self.leaves(&of(Pass::Leaf), leaf, Way::Forward);
        self.wave(Stage::Soak, Action::Soak, Way::Forward);
        self.trust_on_disk(Stage::OldTrustOff, Scope::Clients, Trust::New, Way::Forward);
        self.wave(Stage::OldTrustOff, Action::PutTrust(Scope::Servers, Trust::New), Way::Forward);
        self.load(Stage::OldTrustOff, &of(Pass::Drop), Trust::New, Way::Forward);
        if leaf == Leaf::Bridged {
            let (hot, cold): (Vec<_>, Vec<_>) = of(Pass::Leaf).into_iter().partition(|component| is_hot(*component));
            self.leaves_at(Stage::Clean, &hot, Leaf::New, Way::Forward);
            // Those lose it in their files: the leaf stays the same, and a restart for it would be for nothing.
            for component in cold.into_iter().filter(|component| roles(*component).next().is_some()) {
                self.wave(Stage::Clean, Action::Strip(component), Way::Forward);
            }
        }
        self.wave(Stage::Clean, Action::Clean, Way::Forward);
    }

    /// Files and objects hold `trust`.
    pub(in crate::rotation) fn trust_on_disk(&mut self, stage: Stage, scope: Scope, trust: Trust, way: Way) {
        self.wave(stage, Action::PutTrust(scope, trust), way);
        self.wave(stage, Action::Publish(trust), way);
    }

    /// What does not look again is restarted, in the order of `components`.
    pub(in crate::rotation) fn load(&mut self, stage: Stage, components: &[Component], trust: Trust, way: Way) {
        let restarts = |component: &Component| Store::of(*component).any(|store| store.reload() == Reload::Restart);
        let mut cycled = false;
        for component in components.iter().filter(|component| restarts(component)) {
            match component {
                // On a node that has both, the API server must be out of the load balancer before its etcd goes.
                Component::Etcd | Component::Apiserver if cycled => {}
                Component::Etcd | Component::Apiserver => {
                    cycled = true;
                    self.wave(stage, Action::Cycle(trust), way);
                }
                Component::Workloads => {
                    self.wave(stage, Action::AwaitRootCa(trust), way);
                    self.wave(stage, Action::RollWorkloads(trust), way);
                }
                component => self.wave(stage, Action::Restart(*component, trust), way),
            }
        }
    }

    /// Everybody shows `leaf`, servers first.
    pub(in crate::rotation) fn leaves(&mut self, components: &[Component], leaf: Leaf, way: Way) {
        let hot: Vec<_> = components.iter().copied().filter(|component| is_hot(*component)).collect();
        self.leaves_at(Stage::Leaves, &hot, leaf, way);
        self.prove(way);
        self.signer(way);
        let cold: Vec<_> = components.iter().copied().filter(|component| !is_hot(*component)).collect();
        self.leaves_at(Stage::Identities, &cold, leaf, way);
    }

    fn leaves_at(&mut self, stage: Stage, components: &[Component], leaf: Leaf, way: Way) {
        for component in components.iter().filter(|component| roles(**component).next().is_some()) {
            let action = match is_hot(*component) {
                true => Action::SwapLeaves(*component, leaf),
                false => Action::SwapIdentity(*component, leaf),
            };
            self.wave(stage, action, way);
        }
    }

    /// Before the leaves of all others change, one member shows that the memory of its peers is right.
    fn prove(&mut self, way: Way) {
        if let (Some(last), Way::Forward) = (self.fleet.with(Component::Etcd).last(), way) {
            self.push(Stage::Leaves, Action::ProveReconnect, way, &[Some(last)]);
        }
    }

    fn signer(&mut self, way: Way) {
        let signer = match (way, self.shape.signing) {
            (Way::Back, _) => Signer::Apart,
            (Way::Forward, Signing::Intermediate) => Signer::Intermediate,
            (Way::Forward, Signing::Batched) => Signer::Off,
        };
        self.wave(Stage::Leaves, Action::SwapSigner(signer), way);
    }

    /// The same on every node that it is for.
    pub(in crate::rotation) fn wave(&mut self, stage: Stage, action: Action, way: Way) {
        let places: Vec<_> = match action {
            // Members of etcd alone have no objects.
            Action::Publish(_) | Action::AwaitRootCa(_) | Action::RollWorkloads(_)
                if self.on(&[Component::Apiserver]).is_empty() =>
            {
                Vec::new()
            }
            Action::Publish(_) | Action::AwaitRootCa(_) | Action::RollWorkloads(_) | Action::Soak | Action::Clean => {
                vec![None]
            }
            Action::PutTrust(Scope::ClientCa, _) => self.on(&[Component::Apiserver]),
            Action::PutTrust(..) => self.on(&[Component::Kubelet]),
            Action::Cycle(_) => self.on(&[Component::Etcd, Component::Apiserver]),
            Action::SplitSigner | Action::JoinSigner | Action::SwapSigner(_) => {
                self.on(&[Component::ControllerManager])
            }
            Action::ProveReconnect => self.on(&[Component::Etcd]),
            Action::Start(component)
            | Action::Restart(component, _)
            | Action::SwapLeaves(component, _)
            | Action::SwapIdentity(component, _)
            | Action::Strip(component) => self.on(&[component]),
        };
        self.push(stage, action, way, &places);
    }

    /// The places where one of `components` runs.
    fn on(&self, components: &[Component]) -> Vec<Option<usize>> {
        let runs = |member: &crate::rotation::fleet::Member| components.iter().any(|one| member.runs(*one));
        let members = self.fleet.members().iter().enumerate();
        members.filter(|(_, member)| runs(member)).map(|(place, _)| Some(place)).collect()
    }

    fn push(&mut self, stage: Stage, action: Action, way: Way, places: &[Option<usize>]) {
        if places.is_empty() {
            return;
        }
        let at_once = match action {
            Action::PutTrust(..) => self.tempo.files,
            Action::Restart(Component::Kubelet, _) | Action::SwapIdentity(Component::Kubelet, _) => self.tempo.kubelets,
            _ => 1,
        }
        .max(1);
        let first = self.steps.len();
        self.steps.extend(places.iter().map(|place| Step { stage, action, place: *place, way }));
        let member = places.first().copied().flatten().and_then(|place| self.fleet.member(place));
        let one = Step { stage, action, place: places.first().copied().flatten(), way }.takes(member);
        let rounds = u32::try_from(places.len()).unwrap_or(u32::MAX).div_ceil(at_once);
        self.waves.push(Wave { action, stage, first, steps: places.len(), at_once, takes: one.times(rounds) });
    }
}

/// What a plan of these waves costs.
pub(in crate::rotation) fn cost(fleet: &Fleet, shape: Shape, tempo: Tempo, waves: &[Wave]) -> Cost {
    let cycle = fleet.etcd_members().saturating_add(fleet.with(Component::Apiserver).count());
    let restarts = |wave: &Wave| match wave.action {
        Action::Cycle(_) => cycle,
        Action::SplitSigner | Action::JoinSigner | Action::SwapSigner(Signer::Off) => wave.steps,
        Action::Restart(..) | Action::ProveReconnect => wave.steps,
        Action::SwapIdentity(component, _) if component != Component::Admin => wave.steps,
        _ => 0,
    };
    Cost {
        restarts: waves.iter().map(restarts).sum(),
        rounds: waves.iter().filter(|wave| matches!(wave.action, Action::Cycle(_))).count(),
        work: waves.iter().fold(Seconds::NONE, |sum, wave| sum.then(wave.takes)),
        soak: if waves.iter().any(|wave| wave.action == Action::Soak) { tempo.soak } else { 0 },
        old_key_uses: if shape.variant == Variant::Bridge { crate::cluster::role::Domain::ALL.len() } else { 0 },
    }
}

/// The components of a pass in their order, each once.
pub(in crate::rotation) fn components(order: &[Task], pass: Pass) -> Vec<Component> {
    let mut found = Vec::new();
    for task in order.iter().filter(|task| task.pass() == pass) {
        if !found.contains(&task.component()) {
            found.push(task.component());
        }
    }
    found
}

/// Whether all the leaves of `component` are read without a restart, on a server.
fn is_hot(component: Component) -> bool {
    component != Component::Admin && hot_roles(component).count() == roles(component).count()
}
