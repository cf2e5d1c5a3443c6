//! Every place that embeds a CA: on the nodes, and among the objects that the admin's own kubectl printed. Nothing is
//! written anywhere.

use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::cluster::embed::object::{MAX_OBJECTS, Objects};
use crate::cluster::embed::program::Program;
use crate::cluster::embed::{Inventory, Roots, node};
use crate::cluster::role::Domain;
use crate::cluster::tree::NodeTree;
use crate::devices::store::tree::{read_node, read_programs};
use crate::devices::store::{Links, read_file};
use crate::exchange::enrolment::record::EnrolmentRecord;
use crate::exchange::roots::RootStatus;
use crate::online::room::Room;
use crate::online::scan::{NodeRoot, ScanError};
use crate::refusal::Refused;
use crate::wire::digest::Digest;
use crate::wire::{pem, text};

/// What was looked at, and the places in it.
#[derive(Debug)]
pub struct Looked {
    /// The files of each node, keys among them; wiped when dropped.
    pub trees: Vec<NodeTree>,
    /// Its programs with their flags, in the same order.
    pub programs: Vec<Vec<Program>>,
    /// The roots by which places were judged.
    pub roots: Roots,
    /// All places.
    pub inventory: Inventory,
}

impl Looked {
    /// Looks at `nodes` and at the outputs of kubectl in the files `objects`; the roots are those of the enrolled CA, and
    /// those that the nodes trust beside them.
    ///
    /// # Errors
    /// [`ScanError`]; what the disks and the outputs say; [`RoomError`](crate::online::room::RoomError) without a CA.
    pub fn at(room: &Room, nodes: &[NodeRoot], objects: &[PathBuf]) -> Result<Self, Refused> {
        let record = room.config().record().nodes().iter().map(|node| node.name.clone());
        let ca = room.ca()?;
        Self::with(nodes, objects, record.collect(), |trees| roots(ca, trees))
    }

    /// Looks at `nodes` and `objects`, and judges places by the roots that `roots_of` finds; `named` are the names of all
    /// nodes.
    ///
    /// # Errors
    /// As [`Looked::at`].
    pub fn with(
        nodes: &[NodeRoot],
        objects: &[PathBuf],
        named: Vec<String>,
        roots_of: impl FnOnce(&[NodeTree]) -> Roots,
    ) -> Result<Self, Refused> {
        if nodes.is_empty() {
            return Err(ScanError::NoNode.into());
        }
        let (mut trees, mut programs) = (Vec::new(), Vec::new());
        for at in nodes {
            let fault = |error| ScanError::Unreadable { node: text::clip(&at.node, 64), error };
            let mut tree = read_node(&at.root, &at.node).map_err(fault)?;
            programs.push(read_programs(&at.root, &mut tree).map_err(fault)?);
            trees.push(tree);
        }
        let roots = roots_of(&trees);
        let objects = objects.iter().map(|file| self::objects(file, &roots)).collect::<Result<Vec<_>, _>>()?;
        let places = trees.iter().zip(&programs).flat_map(|(tree, all)| node::places(tree, all, &roots)).collect();
        let missing: Vec<_> = named.into_iter().filter(|name| !trees.iter().any(|tree| tree.node() == name)).collect();
        let inventory = Inventory::new(places, objects, missing);
        Ok(Self { trees, programs, roots, inventory })
    }

    /// Each program called `name`, wherever it runs.
    pub fn programs_called<'l>(&'l self, name: &'l str) -> impl Iterator<Item = &'l Program> {
        self.programs.iter().flatten().filter(move |program| program.name == name)
    }
}

/// The file may hold tokens: it is wiped when it was read.
fn objects(file: &Path, roots: &Roots) -> Result<Objects, Refused> {
    let bytes: Zeroizing<Vec<u8>> = read_file(file, MAX_OBJECTS as u64, Links::Follow)?;
    Ok(Objects::parse(&bytes, roots)?)
}

/// The roots of `ca` that are not retiring come; whatever else lies in the CA files of the nodes goes.
fn roots(ca: &EnrolmentRecord, trees: &[NodeTree]) -> Roots {
    let stays = ca.roots().iter().filter(|root| root.status != RootStatus::Retiring);
    let new = stays.map(|root| (root.domain, root.certificate.fingerprint()));
    let retiring = ca.roots().iter().filter(|root| root.status == RootStatus::Retiring);
    let retiring = retiring.map(|root| (root.domain, root.certificate.fingerprint()));
    let old = trees.iter().flat_map(|tree| Domain::ALL.into_iter().flat_map(|domain| trusted(tree, domain)));
    Roots::new(old.chain(retiring), new)
}

fn trusted(tree: &NodeTree, domain: Domain) -> Vec<(Domain, Digest)> {
    let text = tree.file(domain.ca_certificate()).and_then(|file| file.text().ok());
    let blocks = text.and_then(|text| pem::blocks(text).ok()).unwrap_or_default();
    let certificates = blocks.iter().filter(|(label, _)| label == pem::CERTIFICATE);
    certificates.map(|(_, der)| (domain, Digest::of(der))).collect()
}
