//! The policy of a site: one strict TOML file that people read, approve and pin by its digest.
//!
//! It narrows what the profiles give and chooses where the design leaves a choice. It has no switch that turns a rule
//! off. Every key must be written; an unknown key, a value twice and a value out of its range are refused.

use std::collections::{BTreeMap, BTreeSet};

use thiserror::Error;

use crate::cluster::role::Role;
use crate::exchange::approval::rule::PolicyName;
use crate::exchange::paper::channel::Channel;
use crate::exchange::seal::recipient::Recipient;
use crate::exchange::statement::party::Party;
use crate::issuance::profile::{self, Profile};
use crate::pki::key::KeyType;
use crate::refusal::{Class, Reason, Refusal};
use crate::wire::digest::Digest;
use crate::wire::text;

mod document;
pub mod key_type;
pub mod settings;

use document::{Document, Keys, Validity};
pub use document::{Mode, OfficerKey, Unattested};
use key_type::CertifiedKey;

/// The value of `format`.
pub const FORMAT: &str = "airlock.policy/1";
/// The longest file, in bytes.
pub const MAX_BYTES: usize = 64 * 1024;
/// Seconds of a day.
pub const DAY: u64 = 86_400;

/// A checked policy.
#[derive(Debug, Clone)]
pub struct Policy {
    document: Document,
    digest: Digest,
}

/// Why a policy was refused.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum PolicyError {
    /// Longer than [`MAX_BYTES`].
    #[error("the policy has {0} bytes, more than {MAX_BYTES}")]
    Size(usize),
    /// Not TOML, a missing or unknown key, or a value of the wrong kind.
    #[error("the policy is not of its form: {0}")]
    Form(String),
    /// Another format or version.
    #[error("the policy is not of the format {FORMAT}")]
    Format,
    /// It was written for another table of profiles.
    #[error("the policy was written for version {0} of the profiles, this program has version {ours}", ours = profile::VERSION)]
    ProfileVersion(u64),
    /// A list that may not be empty is, or something stands in it twice, or should not stand there.
    #[error("the list {0} of the policy is empty, holds something twice, or something that does not belong there")]
    List(String),
    /// A number out of its range.
    #[error("{key} of the policy is not from {least} to {most}")]
    Range {
        /// Which.
        key: String,
        /// The least.
        least: u64,
        /// The most.
        most: u64,
    },
    /// A cluster's name is not of its form.
    #[error("the policy names a cluster {0:?}, which is no name of a cluster")]
    Cluster(String),
}

impl Policy {
    /// Reads a policy file.
    ///
    /// # Errors
    /// Any [`PolicyError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, PolicyError> {
        if bytes.len() > MAX_BYTES {
            return Err(PolicyError::Size(bytes.len()));
        }
        let file = std::str::from_utf8(bytes).map_err(|_| PolicyError::Form("not UTF-8".to_owned()))?;
        let document: Document =
            toml::from_str(file).map_err(|error| PolicyError::Form(text::clip(error.message(), 200)))?;
        check_head(&document)?;
        check_keys(&document.keys)?;
        check_validity(&document.validity_days)?;
        check_lists(&document)?;
        in_range("crl.next_update_days", document.crl.next_update_days, 1, 400)?;
        Ok(Self { document, digest: Digest::of(bytes) })
    }

    /// Its id and its digest, as plans and approvals name it.
    pub fn name(&self) -> PolicyName {
        PolicyName { id: self.document.id.clone(), sha256: self.digest }
    }

    /// SHA-256 of the file.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// What the cluster of this name may ask for.
    pub fn mode(&self, cluster: &str) -> Mode {
        self.document.issuing.clusters.get(cluster).copied().unwrap_or(self.document.issuing.mode)
    }

    /// Whether a key of this type may be certified.
    pub fn allows_key(&self, profile: Profile, key: KeyType) -> bool {
        self.keys(profile).iter().any(|allowed| allowed.key_type() == key)
    }

    fn keys(&self, profile: Profile) -> &[CertifiedKey] {
        let keys = &self.document.keys;
        match profile {
            Profile::Role(role) if keys.profiles.contains_key(&role) => {
                keys.profiles.get(&role).map_or(&[], Vec::as_slice)
            }
            Profile::Role(role) if role.identity().is_ca => &keys.intermediate,
            Profile::Role(_) => &keys.leaf,
            Profile::Root(_) | Profile::Cross(_) => &keys.root,
        }
    }

    /// Whether a key of this role that was certified before may be certified again, where each request is ticked.
    pub fn allows_reuse(&self, role: Role) -> bool {
        self.document.keys.reuse.contains(&role)
    }

    /// The longest time from notBefore to notAfter, in seconds. `privileged` says whether the certificate gives full
    /// rights, which may follow from its subject where it does not from its role.
    pub fn longest_validity_s(&self, profile: Profile, privileged: bool) -> u64 {
        let days = &self.document.validity_days;
        let most = match profile {
            Profile::Role(role) => match days.profiles.get(&role) {
                Some(own) => *own,
                None if role.identity().is_ca => days.intermediate,
                None if privileged => days.privileged,
                None => days.leaf,
            },
            Profile::Root(_) => days.root,
            Profile::Cross(_) => days.cross,
        };
        most.saturating_mul(DAY)
    }

    /// From thisUpdate to nextUpdate of a CRL, in seconds.
    pub fn crl_lifetime_s(&self) -> u64 {
        self.document.crl.next_update_days.saturating_mul(DAY)
    }

    /// What follows where the clock is not attested.
    pub fn unattested(&self) -> Unattested {
        self.document.clock.unattested
    }

    /// Whether rows may come by this channel.
    pub fn allows_channel(&self, channel: Channel) -> bool {
        self.document.paper.channels.iter().any(|allowed| allowed == channel.as_str())
    }

    /// Whether approvals by a key that lives there count.
    pub fn allows_officer_key(&self, key: OfficerKey) -> bool {
        self.document.officers.keys.contains(&key)
    }

    /// To whom every package is sealed besides its cluster.
    pub fn archive(&self) -> &[Recipient] {
        &self.document.archive.recipients
    }
}

fn check_head(document: &Document) -> Result<(), PolicyError> {
    if document.format != FORMAT {
        return Err(PolicyError::Format);
    }
    if document.profile_version != profile::VERSION {
        return Err(PolicyError::ProfileVersion(document.profile_version));
    }
    let is_cluster = |name: &&String| format!("cluster:{name}").parse::<Party>().is_ok();
    match document.issuing.clusters.keys().find(|name| !is_cluster(name)) {
        Some(name) => Err(PolicyError::Cluster(text::clip(name, 64))),
        None => Ok(()),
    }
}

fn check_keys(keys: &Keys) -> Result<(), PolicyError> {
    list("keys.leaf", &keys.leaf, |_| true)?;
    list("keys.intermediate", &keys.intermediate, |_| true)?;
    list("keys.root", &keys.root, |key| key.suits_a_root())?;
    for (role, own) in &keys.profiles {
        let class = if role.identity().is_ca { &keys.intermediate } else { &keys.leaf };
        list(&format!("keys.profiles.{role}"), own, |key| class.contains(key))?;
    }
    // A key that gives full rights, or certifies others, is made anew each time.
    let ordinary = |role: &Role| !role.identity().privileged && !role.identity().is_ca;
    if keys.reuse.is_empty() { Ok(()) } else { list("keys.reuse", &keys.reuse, ordinary) }
}

fn check_validity(days: &Validity) -> Result<(), PolicyError> {
    let (leaf, intermediate) = (Profile::Role(Role::Apiserver), Profile::Role(Role::IntermediateKubernetes));
    let (root, cross) = (Profile::Root(Role::Apiserver.domain()), Profile::Cross(Role::Apiserver.domain()));
    for (key, value, profile) in [
        ("leaf", days.leaf, leaf),
        ("privileged", days.privileged, leaf),
        ("intermediate", days.intermediate, intermediate),
        ("root", days.root, root),
        ("cross", days.cross, cross),
    ] {
        in_range(&format!("validity_days.{key}"), value, 1, profile.longest_days())?;
    }
    let own: &BTreeMap<Role, u64> = &days.profiles;
    own.iter().try_for_each(|(role, value)| {
        in_range(&format!("validity_days.profiles.{role}"), *value, 1, Profile::Role(*role).longest_days())
    })
}

fn check_lists(document: &Document) -> Result<(), PolicyError> {
    let channels = &document.paper.channels;
    list("paper.channels", channels, |channel| channel.parse::<Channel>().is_ok())?;
    if !channels.iter().any(|channel| channel == Channel::Typed.as_str()) {
        return Err(PolicyError::List("paper.channels".to_owned()));
    }
    list("officers.keys", &document.officers.keys, |_| true)?;
    let recipients: Vec<_> = document.archive.recipients.iter().map(ToString::to_string).collect();
    if recipients.is_empty() { Ok(()) } else { list("archive.recipients", &recipients, |_| true) }
}

fn list<T: Ord>(key: &str, items: &[T], belongs: impl Fn(&T) -> bool) -> Result<(), PolicyError> {
    let once: BTreeSet<_> = items.iter().collect();
    let sound = !items.is_empty() && once.len() == items.len() && items.iter().all(belongs);
    if sound { Ok(()) } else { Err(PolicyError::List(key.to_owned())) }
}

fn in_range(key: &str, value: u64, least: u64, most: u64) -> Result<(), PolicyError> {
    if (least..=most).contains(&value) { Ok(()) } else { Err(PolicyError::Range { key: key.to_owned(), least, most }) }
}

impl Refusal for PolicyError {
    fn reason(&self) -> Reason {
        let usage = |code, hint| Reason::new(Class::Usage, code, hint);
        match self {
            Self::Size(_) => usage("POLICY_SIZE", "give the policy file"),
            Self::Form(_) => usage("POLICY_FORM", "write every key of the example policy, and no other"),
            Self::Format => usage("POLICY_FORMAT", "give a policy of this version of the program"),
            Self::ProfileVersion(_) => {
                usage("POLICY_PROFILE_VERSION", "read what changed in the profiles, then have a new policy approved")
            }
            Self::List(_) => usage("POLICY_LIST", "correct that list"),
            Self::Range { .. } => usage("POLICY_RANGE", "correct that number"),
            Self::Cluster(_) => usage("POLICY_CLUSTER", "name clusters as their records do"),
        }
    }
}

#[cfg(test)]
mod tests;
