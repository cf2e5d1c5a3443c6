//! From what a scan found, and what a person wants of it, to what will be asked for.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::ask::{Ask, KeySource};
use super::fault::RequestError;
use super::foreign::Foreign;
use super::stock::{Stock, is_self_signed};
use crate::cluster::record::Record;
use crate::cluster::record::names::NameFault;
use crate::cluster::role::{Files, Role};
use crate::cluster::scan::Found;
use crate::pki::certificate::Certificate;
use crate::pki::extension::{Extension, Extensions, oid};
use crate::pki::key::KeyType;
use crate::pki::san::{AltName, SubjectAltNames};
use crate::wire::text;

/// What a person wants.
#[derive(Debug, Default)]
pub struct Choice {
    /// The nodes; none for all that were scanned.
    pub nodes: Vec<String>,
    /// The roles; none for all, except serving certificates that a kubelet signed itself: to replace one is a change of
    /// how a cluster works, and is asked for by name.
    pub roles: Vec<Role>,
    /// Places for which nothing is asked.
    pub dropped: Vec<(String, Role)>,
    /// Certificates that do not exist today, as an intermediate or that of a new node.
    pub added: Vec<(String, Role)>,
    /// Where keys come from.
    pub keys: Keys,
    /// Whether names that the cluster record demands and a certificate lacks are asked for too.
    pub add_names: bool,
    /// Requests that were made elsewhere; each takes the place of one that would be made here.
    pub foreign: Vec<Foreign>,
}

/// Where keys come from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Keys {
    /// New ones of the type of the old.
    #[default]
    Like,
    /// New ones of this type.
    New(KeyType),
    /// The live ones, once more.
    Reuse,
}

/// The certificates to ask for, and those that were chosen and cannot be.
#[derive(Debug)]
pub struct Chosen {
    /// By role and node.
    pub asks: Vec<Ask>,
    /// What is left out, and why.
    pub left_out: Vec<LeftOut>,
}

/// A place for which nothing is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// The node.
    pub node: String,
    /// The role.
    pub role: Role,
    /// Why, one line of ASCII.
    pub why: String,
}

impl Choice {
    /// Chooses from what was found.
    ///
    /// # Errors
    /// [`RequestError`] where a node is unknown, a place is asked for twice, a key that is to be reused cannot be, or
    /// nothing is left.
    pub(super) fn from(self, stock: &Stock<'_>) -> Result<Chosen, RequestError> {
        self.must_know_its_nodes(stock)?;
        let mut asks: BTreeMap<(Role, String), Ask> = BTreeMap::new();
        let mut left_out = Vec::new();
        let by_hand: BTreeSet<_> = self.foreign.iter().map(|f| (f.role, f.node.clone())).collect();
        for found in stock.in_use().filter(|found| self.wants(found)) {
            let Some(role) = found.role else { continue };
            let place = (role, found.node.clone());
            match found.certificate() {
                _ if by_hand.contains(&place) => {}
                None => left_out.push(LeftOut::of(found, role, "its certificate cannot be read")),
                Some(_) if self.roles.is_empty() && is_self_signed(found) => {
                    left_out.push(LeftOut::of(found, role, "the kubelet signed it itself; ask for it by name"));
                }
                Some(certificate) => {
                    asks.insert(place, self.renewal(stock, found, role, certificate)?);
                }
            }
        }
        for (node, role) in &self.added {
            let ask = self.first(stock, node, *role)?;
            insert(&mut asks, ask)?;
        }
        for foreign in self.foreign {
            insert(&mut asks, foreign.ask(stock))?;
        }
        if asks.is_empty() {
            Err(RequestError::Nothing)
        } else {
            Ok(Chosen { asks: asks.into_values().collect(), left_out })
        }
    }

    fn must_know_its_nodes(&self, stock: &Stock<'_>) -> Result<(), RequestError> {
        let scanned: BTreeSet<_> = stock.nodes().collect();
        let wanted = self.nodes.iter().chain(self.added.iter().map(|(node, _)| node));
        if let Some(node) = wanted.into_iter().find(|node| !scanned.contains(node.as_str())) {
            return Err(RequestError::NotScanned(text::clip(node, 64)));
        }
        let chosen = scanned.into_iter().filter(|node| self.nodes.is_empty() || self.nodes.iter().any(|n| n == node));
        let mut nodes = chosen.chain(self.foreign.iter().map(|foreign| foreign.node.as_str()));
        match nodes.find(|node| stock.record.node(node).is_none()) {
            Some(stranger) => Err(RequestError::NotInRecord(text::clip(stranger, 64))),
            None => Ok(()),
        }
    }

    fn wants(&self, found: &Found) -> bool {
        let role = found.role.is_some_and(|role| self.roles.is_empty() || self.roles.contains(&role));
        let is_dropped = self.dropped.iter().any(|(node, role)| *node == found.node && Some(*role) == found.role);
        role && !is_dropped && (self.nodes.is_empty() || self.nodes.contains(&found.node))
    }

    /// What takes the place of `certificate`.
    fn renewal(
        &self,
        stock: &Stock<'_>,
        found: &Found,
        role: Role,
        certificate: &Certificate,
    ) -> Result<Ask, RequestError> {
        let key = match self.keys {
            Keys::Like => stock.new_key(found, role, certificate.public_key().key_type())?,
            Keys::New(key_type) => stock.new_key(found, role, key_type)?,
            Keys::Reuse => stock.live_key(found, role)?,
        };
        if is_self_signed(found) {
            // Neither its subject nor its names follow the table, and no CA has to know of it.
            return Ok(Ask { key, ..self.blank(stock, &found.node, role)? });
        }
        let carried = certificate.extensions().find(oid::SUBJECT_ALT_NAME).cloned();
        let mut ask = Ask {
            role,
            node: found.node.clone(),
            subject: certificate.subject().clone(),
            extensions: Extensions::new(carried.into_iter().collect())?,
            key,
            today: Some(stock.replaced(certificate)),
        };
        if self.add_names {
            ask.extensions = with_missing_names(&ask, stock.record)?;
        }
        Ok(ask)
    }

    /// The first certificate of its place.
    fn first(&self, stock: &Stock<'_>, node: &str, role: Role) -> Result<Ask, RequestError> {
        let Files::Pair { .. } = role.identity().files else {
            return Err(RequestError::NoKubeconfig(text::clip(node, 64), role));
        };
        let key_type = match self.keys {
            Keys::New(key_type) => key_type,
            Keys::Like => KeyType::P256,
            Keys::Reuse => {
                return Err(RequestError::NoKey(text::clip(node, 64), role, "there is none today".to_owned()));
            }
        };
        Ok(Ask { key: KeySource::New { key_type, kubeconfig: None }, ..self.blank(stock, node, role)? })
    }

    /// As the table and the record have it, with a key yet to be chosen.
    fn blank(&self, stock: &Stock<'_>, node: &str, role: Role) -> Result<Ask, RequestError> {
        let names = stock.record.required(role, node);
        Ok(Ask {
            role,
            node: node.to_owned(),
            subject: role.subject(node)?,
            extensions: names_extension(&names, false)?,
            key: KeySource::New { key_type: KeyType::P256, kubeconfig: None },
            today: None,
        })
    }
}

impl LeftOut {
    fn of(found: &Found, role: Role, why: &str) -> Self {
        Self { node: text::clip(&found.node, 64), role, why: why.to_owned() }
    }
}

fn insert(asks: &mut BTreeMap<(Role, String), Ask>, ask: Ask) -> Result<(), RequestError> {
    let (role, node) = (ask.role, ask.node.clone());
    match asks.insert((role, node), ask) {
        None => Ok(()),
        Some(twice) => Err(RequestError::Twice(text::clip(&twice.node, 64), role)),
    }
}

fn with_missing_names(ask: &Ask, record: &Record) -> Result<Extensions, RequestError> {
    let faults = record.name_faults(ask.role, &ask.node, ask.names());
    let missing: Vec<_> = faults
        .into_iter()
        .filter_map(|fault| match fault {
            NameFault::Missing(name) => Some(name),
            _ => None,
        })
        .collect();
    if missing.is_empty() {
        return Ok(ask.extensions.clone());
    }
    let critical = ask.extensions.find(oid::SUBJECT_ALT_NAME).is_some_and(|extension| extension.critical);
    let carried = ask.names().map(SubjectAltNames::names).unwrap_or_default();
    names_extension(&[carried, &missing].concat(), critical)
}

fn names_extension(names: &[AltName], critical: bool) -> Result<Extensions, RequestError> {
    if names.is_empty() {
        return Ok(Extensions::default());
    }
    let value = SubjectAltNames::from_names(names)?.der().to_vec();
    Ok(Extensions::new(vec![Extension { oid: oid::SUBJECT_ALT_NAME, critical, value }])?)
}
