//! Which certificates and keys go to which node, looked at before anything is encrypted.

use std::collections::BTreeMap;

use zeroize::Zeroizing;

use super::SplitError;
use crate::devices::next_tree::NextTree;
use crate::exchange::node_package::{Delivered, PrivatePem};
use crate::exchange::seal::recipient::Recipient;
use crate::online::private_key::PrivateKey;
use crate::online::room::Room;
use crate::online::scan::NodeRoot;
use crate::online::stage::unit::{self, Held, Looked};
use crate::online::stage::{Choice, Goods, StageError, goods::Issued, key_file};
use crate::refusal::Refused;

/// What each node will get. Nothing has been written.
pub struct Cut {
    pub(super) goods: Goods,
    pub(super) nodes: Vec<NodeCut>,
    held: Vec<Held>,
}

/// What one node will get.
pub(super) struct NodeCut {
    pub(super) node: String,
    pub(super) recipient: Recipient,
    pub(super) parts: Vec<Delivered>,
}

/// Where keys lie, and who is left out.
struct Look<'a> {
    recipients: &'a BTreeMap<String, Recipient>,
    roots: &'a [NodeRoot],
    choice: &'a Choice,
}

impl Cut {
    /// Cuts `goods` for the nodes whose recipients the config names. A key travels where it lies in the next generation
    /// below the root of its node on this host; `roots` says where these are. Groups stay whole across the cluster.
    ///
    /// # Errors
    /// [`SplitError`], [`StageError::NotDenied`]; what the roots say.
    pub fn new(room: &Room, goods: Goods, roots: &[NodeRoot], choice: &Choice) -> Result<Self, Refused> {
        if let Some(other) = choice.without.iter().find(|id| !goods.denied().iter().any(|request| request.id == **id)) {
            return Err(StageError::NotDenied(*other).into());
        }
        let recipients = room.config().recipients();
        let look = Look { recipients, roots, choice };
        let (delivered, held) = unit::whole(&goods, &choice.without, |issued| look.at(issued))?;
        let named = recipients.iter().filter(|(node, _)| !choice.excluded.contains(node));
        let cut = |(node, recipient): (&String, &Recipient)| {
            (node.clone(), NodeCut { node: node.clone(), recipient: recipient.clone(), parts: Vec::new() })
        };
        let mut nodes: BTreeMap<_, _> = named.map(cut).collect();
        if nodes.is_empty() {
            return Err(SplitError::NoRecipient.into());
        }
        let nothing = delivered.is_empty();
        for part in delivered.into_iter().flatten() {
            if let Some(node) = nodes.get_mut(&part.request.place.node) {
                node.parts.push(part);
            }
        }
        if let (true, Some(held)) = (nothing, held.first()) {
            return Err(SplitError::Nothing(format!("{} on {}: {}", held.role, held.node, held.why)).into());
        }
        let mut nodes: Vec<_> = nodes.into_values().collect();
        nodes.iter_mut().for_each(|node| node.parts.sort_by_key(|part| part.request.id));
        Ok(Self { goods, nodes, held })
    }

    /// What holds others back.
    pub fn held(&self) -> &[Held] {
        &self.held
    }

    /// Each node with the number of its certificates and of its keys.
    pub fn nodes(&self) -> impl Iterator<Item = (&str, usize, usize)> {
        self.nodes.iter().map(|node| (node.node.as_str(), node.parts.len(), node.keys()))
    }
}

impl NodeCut {
    pub(super) fn keys(&self) -> usize {
        self.parts.iter().filter(|part| part.key.is_some()).count()
    }
}

impl Look<'_> {
    /// What goes to the node of `issued`; nothing for a node that is staged from here.
    fn at(&self, issued: &Issued) -> Result<Looked<Option<Delivered>>, Refused> {
        let (request, node) = (&issued.request, &issued.request.place.node);
        if self.choice.excluded.contains(node) {
            return Ok(Looked::Missing(Held::of(request, "its node is left out")));
        }
        let root = self.roots.iter().find(|at| at.node == *node);
        match (self.recipients.contains_key(node), root) {
            (true, root) => {
                let key = root.map(|at| key(at, issued)).transpose()?.flatten();
                let (request, certificate) = (request.clone(), issued.certificate.clone());
                let between = issued.between.clone();
                Ok(Looked::Whole(Some(Delivered { request, certificate, between, key })))
            }
            (false, Some(_)) => Ok(Looked::Whole(None)),
            (false, None) => Ok(Looked::Missing(Held::of(request, "its node has no recipient in the config"))),
        }
    }
}

/// The private key of `issued`, where `request` wrote it below the root of its node.
fn key(at: &NodeRoot, issued: &Issued) -> Result<Option<PrivatePem>, Refused> {
    let (role, public) = (issued.request.profile, issued.certificate.public_key());
    let Some(bytes) = NextTree::of(&at.root).read(key_file::path(role))? else { return Ok(None) };
    let Some(found) = key_file::pem(role, &bytes) else { return Ok(None) };
    let again = || {
        let pem: Zeroizing<String> = PrivateKey::parse(&found).ok()?.to_pem().ok()?;
        PrivatePem::read(pem.as_bytes(), public)
    };
    Ok(PrivatePem::read(found.as_bytes(), public).or_else(again))
}
