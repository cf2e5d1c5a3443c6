//! From the room of this host to what a run stands on.

use super::fault::RotateError;
use super::ground::{Ground, Patience, Sources};
use super::planned::VERIFIES_KUBELETS;
use super::site::Site;
use crate::cluster::role::Role;
use crate::config::fleet::NodeConfig;
use crate::exchange::roots::RootStatus;
use crate::exchange::trace::Trace;
use crate::online::inventory::Looked;
use crate::online::room::Room;
use crate::online::scan::NodeRoot;
use crate::online::stage::{Goods, staged_on, variant_on};
use crate::refusal::Refused;
use crate::rotation::fleet::Fleet;
use crate::rotation::graph::{Shape, Signing};
use crate::rotation::plan::{Plan, Tempo};

/// What a person asks for.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The rotation.
    pub trace: Trace,
    /// The node that this host is; none where the config says it.
    pub node: Option<NodeRoot>,
    /// How much at once, and how long to wait.
    pub tempo: Tempo,
    /// Where facts come from.
    pub sources: Sources,
}

/// What a run of `asked` stands on.
///
/// # Errors
/// [`RotateError::NoNode`], [`RotateError::Stranger`];
/// [`StageError`](crate::online::stage::StageError) where no such package was accepted; what the disk says.
pub fn prepare(room: &Room, asked: Asked) -> Result<Ground, Refused> {
    let goods = Goods::accepted(room, &asked.trace)?;
    let node = asked.node.map_or_else(|| of_config(room), Ok)?;
    let record = room.config().record();
    let fleet = Fleet::of(record);
    let signing = if goods.has_issued(Role::IntermediateKubernetes) { Signing::Intermediate } else { Signing::Batched };
    let staged = staged_on(room, &asked.trace, &node.node)?;
    let shape = Shape { variant: variant_on(staged.as_ref()), signing, verifies_kubelets: VERIFIES_KUBELETS };
    let looked = Looked::at(room, std::slice::from_ref(&node), &[])?;
    let programs = looked.programs.into_iter().next().unwrap_or_default();
    let site = Site::new(&fleet, record, room.config().rotation(), node.clone(), &programs)?;
    let stays = goods.ca().roots().iter().filter(|root| root.status != RootStatus::Retiring);
    let roots = stays.map(|root| (root.domain, root.certificate.clone())).collect();
    Ok(Ground {
        party: room.config().cluster().clone(),
        plan: Plan::new(fleet, shape, asked.tempo)?,
        tempo: asked.tempo,
        site,
        roots,
        people: room.people_of(&asked.trace)?,
        staged,
        trace: asked.trace,
        sources: asked.sources,
        patience: Patience::default(),
    })
}

fn of_config(room: &Room) -> Result<NodeRoot, RotateError> {
    let config = room.config();
    let named = config.rotation().node().or(config.node().map(NodeConfig::name));
    let node = named.ok_or(RotateError::NoNode)?;
    let root = room.config().nodes().get(node).cloned().unwrap_or_else(|| "/".into());
    Ok(NodeRoot { node: node.to_owned(), root })
}
