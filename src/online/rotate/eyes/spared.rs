//! Which canaries are shown to nobody, for to ask would change the answer.

use super::dial::Server;
use crate::online::rotate::ground::Ground;
use crate::rotation::facts::NodeFacts;
use crate::rotation::graph::Variant;
use crate::rotation::store::Store;
use crate::rotation::trust::{Leaf, Trust};

/// Whether a bare client of the new root would only make `server` complain: leaves come with a bridge, and by what its node
/// says it has nothing but the old root.
pub fn is_spared(ground: &Ground, server: &Server, node: Option<&NodeFacts>) -> bool {
    let store = server.store();
    let is_old = |node: &NodeFacts| {
        node.memory.get(&store) == Some(&Trust::Old) && node.disk.get(&store) == Some(&Some(Trust::Old))
    };
    ground.plan.shape().variant == Variant::Bridge && node.is_some_and(is_old)
}

/// Whether this node has nothing but new leaves and still trusts the old root, over a bridge it alone. Then it shows no API server an old client: there
/// each request with one would count as a use of the old root, and by what it counts nobody tells ours apart.
pub fn is_soaking(variant: Variant, mine: &NodeFacts) -> bool {
    let stores = [Store::ApiserverClients, Store::KubeletClients];
    let mut trusts = stores.iter().filter_map(|store| mine.disk.get(store)).peekable();
    let mut leaves = mine.files.iter().filter(|(role, _)| !role.identity().is_ca).peekable();
    let any = leaves.peek().is_some();
    any && leaves.all(|(_, leaf)| leaf.is_some_and(Leaf::is_new))
        && trusts.peek().is_some()
        && trusts.all(|trust| match variant {
            Variant::DualTrust => *trust == Some(Trust::Both),
            Variant::Bridge => matches!(trust, Some(Trust::Old | Trust::Both)),
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::role::Role;

    #[test]
    fn an_old_client_is_silent_from_new_leaves_until_the_old_root_goes() {
        let node = |trust, leaf| {
            let mut node = NodeFacts::default();
            node.disk.insert(Store::ApiserverClients, Some(trust));
            node.files.insert(Role::Scheduler, Some(leaf));
            node
        };
        let both = [Variant::DualTrust, Variant::Bridge];
        let soaking = |trust, leaf| both.map(|variant| is_soaking(variant, &node(trust, leaf)));
        assert_eq!(soaking(Trust::Both, Leaf::New), [true, true]);
        // Over a bridge nobody learns the new root before the old one goes.
        assert_eq!(soaking(Trust::Old, Leaf::Bridged), [false, true]);
        assert_eq!(soaking(Trust::Both, Leaf::Old), [false, false]);
        assert_eq!(soaking(Trust::New, Leaf::New), [false, false]);
        assert!(both.iter().all(|variant| !is_soaking(*variant, &NodeFacts::default())));
    }
}
