//! How far each node and each place is, by files and objects; what runs and what is loaded is for probes to say.

use serde::Serialize;

use super::observe::{self, Issuers};
use crate::cluster::embed::Inventory;
use crate::cluster::scan::{EXPIRING_WITHIN, Question, survey};
use crate::online::inventory::Looked;
use crate::online::room::Room;
use crate::refusal::Refused;
use crate::rotation::facts::NodeFacts;
use crate::rotation::fleet::Fleet;
use crate::rotation::trust::{Leaf, Trust};

/// How far a cluster is.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// The nodes.
    pub nodes: Vec<NodeStatus>,
    /// Every place that embeds a CA, and what was not looked at.
    pub inventory: Inventory,
    /// Whether the old root may be dropped, as far as places go.
    pub allows_drop: bool,
}

/// How far a node is.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NodeStatus {
    /// Its name.
    pub node: String,
    /// Whether it was looked at.
    pub seen: bool,
    /// The least that its sources of trust hold; none where one cannot be told.
    pub trust: Option<Trust>,
    /// How many of its leaves are of the new root.
    pub new_leaves: usize,
    /// How many leaves it has of either.
    pub leaves: usize,
    /// With which file its controller manager signs, by its flags.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signs_with: Option<String>,
}

impl Status {
    /// How far the cluster is that was `looked` at.
    ///
    /// # Errors
    /// [`RoomError`](crate::online::room::RoomError) without a CA; what the clock says.
    pub fn of(room: &mut Room, looked: Looked) -> Result<Self, Refused> {
        let now = room.desk_mut().now()?;
        let question = Question { now, expiring_within: EXPIRING_WITHIN, record: Some(room.config().record()) };
        let found = survey(&looked.trees, &question).found;
        let issuers = Issuers::of(room.ca()?, &found);
        let fleet = Fleet::of(room.config().record());
        let facts = observe::facts(&fleet, &looked, &found, &issuers, |_| None);
        let nodes = fleet.members().iter().zip(&facts.nodes);
        let nodes = nodes.map(|(member, node)| NodeStatus::of(&member.name, node, &looked)).collect();
        let allows_drop = looked.inventory.allows_drop();
        Ok(Self { nodes, inventory: looked.inventory, allows_drop })
    }
}

impl NodeStatus {
    fn of(name: &str, facts: &NodeFacts, looked: &Looked) -> Self {
        let known = facts.files.values().flatten();
        let place = looked.trees.iter().position(|tree| tree.node() == name);
        let programs = place.and_then(|place| looked.programs.get(place));
        let manager = programs.into_iter().flatten().find(|program| program.name == "kube-controller-manager");
        Self {
            node: crate::wire::text::clip(name, 64),
            seen: facts.seen,
            trust: facts.least_on_disk(|_| true),
            new_leaves: known.filter(|leaf: &&Leaf| leaf.is_new()).count(),
            leaves: facts.files.len(),
            signs_with: manager.map(|manager| {
                let file = manager.flag("cluster-signing-cert-file").filter(|file| !file.is_empty());
                crate::wire::text::clip(file.unwrap_or("nothing"), 100)
            }),
        }
    }
}
