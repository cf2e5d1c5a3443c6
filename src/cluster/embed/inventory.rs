//! All places of a cluster, and whether the old root may be dropped.

use serde::Serialize;

use super::holding::Holding;
use super::object::Objects;
use super::place::{Kind, Place};

/// All places that were found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Inventory {
    /// The places, those that hold the drop up first.
    pub places: Vec<Place>,
    /// What was not looked at, as a person would be told; with anything here the old root is not dropped.
    pub missing: Vec<String>,
}

/// Objects that every cluster has: where one is not there, the objects were not all asked for.
const EVERYWHERE: [Kind; 3] = [Kind::RootCaMap, Kind::ClusterInfo, Kind::ExtensionAuthentication];

impl Inventory {
    /// The places on `nodes` and those in `objects`; `missing_nodes` were not looked at.
    pub fn new(nodes: Vec<Place>, objects: Vec<Objects>, missing_nodes: impl IntoIterator<Item = String>) -> Self {
        let api_services = objects.iter().any(|objects| objects.api_services);
        let mut places = nodes;
        places.extend(objects.into_iter().flat_map(|objects| objects.places));
        let mut missing: Vec<_> = missing_nodes.into_iter().map(|node| format!("node {node}")).collect();
        let lacks = |kind: &Kind| !places.iter().any(|place| place.kind == *kind);
        missing.extend(EVERYWHERE.iter().filter(|kind| lacks(kind)).map(|kind| kind.as_str().to_owned()));
        if !api_services {
            missing.push(Kind::ApiService.as_str().to_owned());
        }
        places.sort_by_key(|place| (!place.holding.forbids_drop(), place.clone()));
        Self { places, missing }
    }

    /// The places for whose sake the old root stays.
    pub fn in_the_way(&self) -> impl Iterator<Item = &Place> {
        self.places.iter().filter(|place| place.holding.forbids_drop())
    }

    /// Whether the old root may be dropped, as far as the places go.
    pub fn allows_drop(&self) -> bool {
        self.missing.is_empty() && self.in_the_way().next().is_none()
    }

    /// How many places hold what.
    pub fn count(&self, holding: Holding) -> usize {
        self.places.iter().filter(|place| place.holding == holding).count()
    }
}
