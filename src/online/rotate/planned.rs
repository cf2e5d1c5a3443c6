//! The plan for this cluster and this package.

use crate::cluster::role::Role;
use crate::exchange::trace::Trace;
use crate::online::inventory::Looked;
use crate::online::room::Room;
use crate::online::stage::Goods;
use crate::refusal::Refused;
use crate::rotation::facts::Told;
use crate::rotation::fleet::Fleet;
use crate::rotation::graph::{Shape, Signing, Variant};
use crate::rotation::plan::{Cost, Plan, Tempo};

/// What a person wants of a rotation.
#[derive(Debug, Clone, Copy)]
pub struct Wish {
    /// How trust comes about.
    pub variant: Variant,
    /// How much at once, and how long to wait.
    pub tempo: Tempo,
}

/// A plan, and what the other way would cost.
#[derive(Debug)]
pub struct Planned {
    /// Every step.
    pub plan: Plan,
    /// The other way to bring trust about, and its cost.
    pub other: (Variant, Cost),
    /// What a person must know before it starts.
    pub remarks: Vec<&'static str>,
    /// By what it will be told whether the old root is still in use, where that was looked at.
    pub evidence: Option<Told>,
}

impl Planned {
    /// The plan for the accepted package of `trace`: the one that a run carries out.
    ///
    /// # Errors
    /// [`StageError`](crate::online::stage::StageError) where no such package was accepted; a fault of the table.
    pub fn new(room: &Room, trace: &Trace, wish: Wish) -> Result<Self, Refused> {
        let goods = Goods::accepted(room, trace)?;
        let signing =
            if goods.has_issued(Role::IntermediateKubernetes) { Signing::Intermediate } else { Signing::Batched };
        let shape = Shape { variant: wish.variant, signing, verifies_kubelets: VERIFIES_KUBELETS };
        Self::of(Fleet::of(room.config().record()), shape, wish.tempo)
    }

    /// The plan for `fleet`.
    ///
    /// # Errors
    /// A fault of the table.
    pub fn of(fleet: Fleet, shape: Shape, tempo: Tempo) -> Result<Self, Refused> {
        let variant = match shape.variant {
            Variant::DualTrust => Variant::Bridge,
            Variant::Bridge => Variant::DualTrust,
        };
        let other = Plan::new(fleet.clone(), Shape { variant, ..shape }, tempo)?;
        let remarks = remarks(&fleet, shape);
        let plan = Plan::new(fleet, shape, tempo)?;
        Ok(Self { plan, other: (variant, other.cost()), remarks, evidence: None })
    }
}

/// A plan reckons with API servers that verify kubelets: whether they do is not known on each node, the plan must be the same
/// on all of them, and to reckon with it asks for nothing more.
pub const VERIFIES_KUBELETS: bool = true;

/// Whether an API server of the cluster verifies kubelets, by its flags.
pub fn verifies_kubelets(looked: &Looked) -> bool {
    let mut servers = looked.programs_called("kube-apiserver");
    servers.any(|server| server.flag("kubelet-certificate-authority").is_some_and(|file| !file.is_empty()))
}

fn remarks(fleet: &Fleet, shape: Shape) -> Vec<&'static str> {
    let single = "one API server: each of its restarts is an outage of the API, some ten seconds; what fails meanwhile is told \
        and spends no budget";
    let small = "one or two members of etcd: each restart of one is an outage of etcd and of the API; what fails meanwhile is \
        told and spends no budget";
    let bridge = "the old CA signs the new roots once more; in a first rotation its key lies in pki/ca.key on a node";
    let batched =
        "no CA is online afterwards: requests of kubelets are carried to the CA in batches, and new nodes wait";
    let intermediate = "kubelets are certified by an intermediate: its certificate must stand in every client CA bundle, \
        for a kubelet shows its leaf alone";
    let mut remarks = Vec::new();
    remarks.extend(fleet.has_one_apiserver().then_some(single));
    remarks.extend(fleet.has_small_etcd().then_some(small));
    remarks.extend((shape.variant == Variant::Bridge).then_some(bridge));
    remarks.push(if shape.signing == Signing::Batched { batched } else { intermediate });
    remarks
}
