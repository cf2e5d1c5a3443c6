//! What will be written, looked at before anything is: which groups are whole, and which are held back and why.

use std::collections::BTreeSet;

use super::StageError;
use super::bridge::Crosses;
use super::goods::{Goods, Issued};
use super::node::{Lies, Node, Planned};
use super::unit::{self, Held, Looked};
use crate::cluster::role::Role;
use crate::exchange::csr_bundle::number::Number;
use crate::online::room::Room;
use crate::online::scan::NodeRoot;
use crate::refusal::Refused;
use crate::rotation;
use crate::rotation::fleet::Fleet;
use crate::rotation::graph::{Shape, Signing, Variant};
use crate::rotation::plan::Tempo;
use crate::wire::digest::Digest;
use crate::wire::text;

/// What a person wants.
#[derive(Debug, Default)]
pub struct Choice {
    /// Denied requests without which their group is staged all the same; a person types their numbers.
    pub without: Vec<Number>,
    /// Nodes that are left out.
    pub excluded: Vec<String>,
    /// What bridges the old CA and the roots that come; none where both are trusted for a while.
    pub crosses: Option<Crosses>,
}

/// What will be written. Nothing has been.
pub struct Plan {
    pub(super) goods: Goods,
    pub(super) nodes: Vec<Node>,
    pub(super) files: Vec<Planned>,
    staged: Vec<(Role, String)>,
    held: Vec<Held>,
    rotation: rotation::plan::Plan,
}

impl Plan {
    /// Looks at `nodes`, and at what was accepted under the trace of `goods`.
    ///
    /// # Errors
    /// [`StageError`]; what the nodes say.
    pub fn new(room: &Room, goods: Goods, roots: &[NodeRoot], choice: &Choice) -> Result<Self, Refused> {
        if let Some(other) = choice.without.iter().find(|id| !goods.denied().iter().any(|request| request.id == **id)) {
            return Err(StageError::NotDenied(*other).into());
        }
        let wanted = roots.iter().filter(|at| !choice.excluded.contains(&at.node));
        let nodes = wanted.map(Node::open).collect::<Result<Vec<_>, _>>()?;
        let variant = if choice.crosses.is_some() { Variant::Bridge } else { Variant::DualTrust };
        let rotation = rotation(room, &goods, &nodes, variant)?;
        let mut plan = Self { goods, nodes, files: Vec::new(), staged: Vec::new(), held: Vec::new(), rotation };
        plan.certificates(choice)?;
        for node in &plan.nodes {
            plan.files.extend(node.trust(plan.goods.ca())?);
            if let Some(crosses) = &choice.crosses {
                plan.files.extend(node.crosses(crosses)?);
            }
        }
        if plan.nodes.is_empty() {
            return Err(StageError::Nothing("no node is named".to_owned()).into());
        }
        plan.must_be_ours(room)?;
        Ok(plan)
    }

    /// The files of every unit that is whole; the others are held back.
    fn certificates(&mut self, choice: &Choice) -> Result<(), Refused> {
        let (delivered, held) = unit::whole(&self.goods, &choice.without, |issued| self.look(issued, choice))?;
        for (role, node, files) in delivered {
            self.staged.push((role, node));
            self.files.extend(files);
        }
        self.held = held;
        Ok(())
    }

    fn look(&self, issued: &Issued, choice: &Choice) -> Result<Looked<(Role, String, Vec<Planned>)>, Refused> {
        let (request, name) = (&issued.request, &issued.request.place.node);
        let Some(node) = self.nodes.iter().find(|node| node.name == *name) else {
            let why = if choice.excluded.contains(name) { "its node is left out" } else { "its node is not named" };
            return Ok(Looked::Missing(Held::of(request, why)));
        };
        Ok(match node.certificate(issued, self.goods.ca())? {
            Some(files) => Looked::Whole((request.profile, name.clone(), files)),
            None => {
                let spki = request.spki_sha256.short();
                Looked::Missing(Held::of(request, &format!("the node has no private key for SPKI {spki}")))
            }
        })
    }

    /// Whatever lies in the way must be what this host once staged, or a key file that waits for its certificate.
    fn must_be_ours(&self, room: &Room) -> Result<(), Refused> {
        let mut known = None;
        for file in &self.files {
            let Lies::Other(digest) = file.lies else { continue };
            if file.ours {
                continue;
            }
            let known = match &known {
                Some(known) => known,
                None => known.insert(super::list::staged_before(room)?),
            };
            let name = (file.node.clone(), file.live.to_owned(), digest);
            if !known.contains(&name) {
                let path = crate::cluster::layout::next(file.live).unwrap_or_default();
                return Err(StageError::Occupied { node: text::clip(&file.node, 64), path }.into());
            }
        }
        Ok(())
    }

    /// The certificates that will be staged, by role and node.
    pub fn staged(&self) -> &[(Role, String)] {
        &self.staged
    }

    /// How a rotation will use what is staged.
    pub fn rotation(&self) -> &rotation::plan::Plan {
        &self.rotation
    }

    /// What holds others back.
    pub fn held(&self) -> &[Held] {
        &self.held
    }

    /// How many files there will be, and how many of them lie there already.
    pub fn files(&self) -> (usize, usize) {
        (self.files.len(), self.files.iter().filter(|file| file.lies == Lies::Same).count())
    }

    /// The nodes that get files, each once.
    pub fn nodes(&self) -> BTreeSet<&str> {
        self.files.iter().map(|file| file.node.as_str()).collect()
    }

    /// Each file as its node, its live path, and the digest of what will lie in its mirror.
    pub(super) fn names(&self) -> impl Iterator<Item = (&str, &'static str, Digest)> {
        self.files.iter().map(|file| (file.node.as_str(), file.live, Digest::of(&file.bytes)))
    }
}

/// The rotation of the nodes that are staged for. Whether API servers verify kubelets adds no wave.
fn rotation(room: &Room, goods: &Goods, nodes: &[Node], variant: Variant) -> Result<rotation::plan::Plan, Refused> {
    let whole = Fleet::of(room.config().record());
    let members = whole.members().iter().filter(|member| nodes.iter().any(|node| node.name == member.name));
    let signing = if goods.has_issued(Role::IntermediateKubernetes) { Signing::Intermediate } else { Signing::Batched };
    let shape = Shape { variant, signing, verifies_kubelets: true };
    Ok(rotation::plan::Plan::new(Fleet::new(members.cloned().collect()), shape, Tempo::default())?)
}
