//! From the room of this host to what a run stands on.

use super::eyes::accounts;
use super::fault::RotateError;
use super::ground::{Ground, Patience, Sources};
use super::site::Site;
use crate::cluster::role::Role;
use crate::exchange::roots::RootStatus;
use crate::exchange::trace::Trace;
use crate::online::inventory::Looked;
use crate::online::room::Room;
use crate::online::scan::NodeRoot;
use crate::online::stage::{Goods, staged_on};
use crate::refusal::Refused;
use crate::rotation::fleet::Fleet;
use crate::rotation::graph::{Shape, Signing, Variant};
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
    let node = asked.node.clone().map_or_else(|| of_config(room), Ok)?;
    let record = room.config().record();
    let fleet = Fleet::of(record);
    let has_intermediate = goods.issued().iter().any(|one| one.request.profile == Role::IntermediateKubernetes);
    let is_plane = fleet.members().iter().any(|member| member.name == node.node && member.control_plane);
    let signing = match (has_intermediate, is_plane) {
        (true, _) => Signing::Intermediate,
        (false, true) => Signing::Batched,
        // The package of another node does not say what control planes get; they do.
        (false, false) => signing_of_planes(&fleet, &asked)?.unwrap_or(Signing::Batched),
    };
    // Whether API servers verify kubelets is not known on each node; to reckon with it asks for nothing more.
    let shape = Shape { variant: Variant::DualTrust, signing, verifies_kubelets: true };
    let looked = Looked::at(room, std::slice::from_ref(&node), &[])?;
    let programs = looked.programs.into_iter().next().unwrap_or_default();
    let site = Site::new(&fleet, record, room.config().rotation(), node.clone(), &programs)?;
    let stays = goods.ca().roots().iter().filter(|root| root.status != RootStatus::Retiring);
    let roots = stays.map(|root| (root.domain, root.certificate.clone())).collect();
    Ok(Ground {
        party: room.config().party().clone(),
        plan: Plan::new(fleet, shape, asked.tempo)?,
        tempo: asked.tempo,
        site,
        roots,
        people: room.people().to_vec(),
        staged: staged_on(room, &asked.trace, &node.node)?,
        trace: asked.trace,
        sources: asked.sources,
        patience: Patience::default(),
    })
}

fn signing_of_planes(fleet: &Fleet, asked: &Asked) -> Result<Option<Signing>, Refused> {
    let Some(directory) = &asked.sources.facts else { return Ok(None) };
    for member in fleet.members().iter().filter(|member| member.control_plane) {
        let account = accounts::of(directory, &member.name)?.filter(|account| account.trace == asked.trace);
        if let Some(signing) = account.and_then(|account| account.signing) {
            return Ok(Some(signing));
        }
    }
    Ok(None)
}

fn of_config(room: &Room) -> Result<NodeRoot, RotateError> {
    let node = room.config().rotation().node().ok_or(RotateError::NoNode)?;
    let root = room.config().nodes().get(node).cloned().unwrap_or_else(|| "/".into());
    Ok(NodeRoot { node: node.to_owned(), root })
}
