//! The issuer keys in the token: found by the label and id that the log holds since they were made.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry as Place;

use thiserror::Error;

use crate::devices::hsm::{IssuerKey, Unlocked};
use crate::issuance::authority::Authorities;
use crate::offline::room::Room;
use crate::refusal::{Class, Reason, Refusal, Refused};
use crate::wire::digest::Digest;

/// Keys that were opened, each once.
pub struct IssuerKeys<'t> {
    token: &'t Unlocked,
    authorities: &'t Authorities,
    open: BTreeMap<Digest, IssuerKey<'t>>,
}

/// Why there is no key for an issuer.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum IssuerKeyError {
    /// No CA of this cluster has this key.
    #[error("no CA of this cluster has the key {0}")]
    Authority(Digest),
}

impl<'t> IssuerKeys<'t> {
    /// None is open yet.
    pub fn new(token: &'t Unlocked, authorities: &'t Authorities) -> Self {
        Self { token, authorities, open: BTreeMap::new() }
    }

    /// The key of the CA with this public key; what the token holds is compared with the CA's certificate.
    ///
    /// # Errors
    /// [`IssuerKeyError`]; what the log and the token say.
    pub fn key(&mut self, room: &Room, issuer: &Digest) -> Result<&IssuerKey<'t>, Refused> {
        let place = match self.open.entry(*issuer) {
            Place::Occupied(open) => return Ok(open.into_mut()),
            Place::Vacant(place) => place,
        };
        let authority = self.authorities.by_key(issuer).ok_or(IssuerKeyError::Authority(*issuer))?;
        let known = room.issuer_key(issuer)?;
        Ok(place.insert(self.token.issuer(&known.uri, authority.tbs.public_key())?))
    }
}

impl Refusal for IssuerKeyError {
    fn reason(&self) -> Reason {
        match self {
            Self::Authority(_) => Reason::new(
                Class::Inconsistent,
                "ISSUER_AUTHORITY",
                "stop; call the auditor; the plan names a CA that is not this cluster's",
            ),
        }
    }
}
