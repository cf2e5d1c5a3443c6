//! What an enrolment record says.

use super::EnrolmentError;
use super::fields::Fields;
use crate::audit::note::{KeyUse, NoteKey};
use crate::cluster::record::Record;
use crate::cluster::record::document::MAX_RECORD;
use crate::cluster::role::Domain;
use crate::exchange::approval::rule::PolicyName;
use crate::exchange::csr_bundle::bindings::Known;
use crate::exchange::csr_bundle::manifest::Tool;
use crate::exchange::people::roster::Roster;
use crate::exchange::roots::RootStatus;
use crate::exchange::seal::recipient::Recipient;
use crate::exchange::signature::public_key::SshPublicKey;
use crate::exchange::statement::party::{Party, Role};
use crate::pki::certificate::Certificate;
use crate::pki::extension::KeyUsage;
use crate::wire::digest::Digest;
use crate::wire::json;
use crate::wire::time::Timestamp;

/// The longest record, in bytes: 64 KiB beside the cluster record.
pub const MAX_BYTES: usize = MAX_RECORD + (64 << 10);

const MAX_CONTACTS: usize = 8;
const MAX_TEXT: usize = 64;
/// Every package goes to the cluster, and to at most these.
const MAX_ARCHIVE: usize = 14;

/// A checked record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnrolmentRecord {
    common: Common,
    side: Side,
    log_key: NoteKey,
    json: Vec<u8>,
}

/// What both sides say of themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Common {
    /// Who it is.
    pub party: Party,
    /// From 1; higher at each re-enrolment.
    pub epoch: u64,
    /// When the record was made.
    pub created: Timestamp,
    /// The program that made it.
    pub tool: Tool,
    /// Whom to call, by a number that does not come from a stick.
    pub contacts: Vec<Contact>,
    /// Signs statements and containers.
    pub statement_key: SshPublicKey,
    /// Signs the heads of the log.
    pub log_key: SshPublicKey,
    /// Of a cluster what it trusts today, of a CA its roots for this cluster; by domain, status and digest.
    pub roots: Vec<EnrolledRoot>,
}

/// What only one side says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Side {
    /// A cluster.
    Cluster(Box<ClusterSide>),
    /// A CA host.
    Ca(Box<CaSide>),
}

/// What a cluster says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterSide {
    /// Whom packages are sealed to.
    pub recipient: Recipient,
    /// Its names and addresses.
    pub record: Record,
    /// Cosigns the heads of the CA's log.
    pub witness: NoteKey,
    /// The key of the witness.
    pub witness_key: SshPublicKey,
}

/// What a CA host says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaSide {
    /// Whom every package is also sealed to, sorted.
    pub archive: Vec<Recipient>,
    /// The cluster that the record is for.
    pub cluster: Party,
    /// Its people.
    pub roster: Roster,
    /// Its policy.
    pub policy: PolicyName,
    /// Serial number of its HSM token.
    pub token: String,
}

/// Someone to call.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// The name.
    pub name: String,
    /// The telephone number.
    pub phone: String,
}

/// A root that a party trusts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnrolledRoot {
    /// The world of trust it certifies.
    pub domain: Domain,
    /// Where it stands.
    pub status: RootStatus,
    /// The certificate.
    pub certificate: Certificate,
}

impl EnrolmentRecord {
    /// Takes what fits together.
    ///
    /// # Errors
    /// Any [`EnrolmentError`] of the record.
    pub fn new(common: Common, side: Side) -> Result<Self, EnrolmentError> {
        let is_ca = matches!(side, Side::Ca(_));
        let expected = if is_ca { Role::Ca } else { Role::Cluster };
        if common.party.role() != expected {
            return Err(EnrolmentError::Party);
        }
        check_common(&common)?;
        check_roots(&common.roots, is_ca)?;
        match &side {
            Side::Cluster(cluster) => check_cluster(&common, cluster)?,
            Side::Ca(ca) => check_ca(&common, ca)?,
        }
        let log_key = note_key(&common.party.log_origin(), &common.log_key, KeyUse::Log)?;
        let json = json::to_vec(&Fields::of(&common, &side)?)?;
        if json.len() > MAX_BYTES {
            return Err(EnrolmentError::Size(json.len()));
        }
        Ok(Self { common, side, log_key, json })
    }

    /// Reads exactly what [`EnrolmentRecord::json`] gives.
    ///
    /// # Errors
    /// Any [`EnrolmentError`] of the record.
    pub fn parse(bytes: &[u8]) -> Result<Self, EnrolmentError> {
        if bytes.len() > MAX_BYTES {
            return Err(EnrolmentError::Size(bytes.len()));
        }
        let (common, side) = json::from_slice::<Fields>(bytes)?.read()?;
        let record = Self::new(common, side)?;
        if record.json == bytes { Ok(record) } else { Err(json::JsonError::NotCanonical.into()) }
    }

    /// The file.
    pub fn json(&self) -> &[u8] {
        &self.json
    }

    /// The digest of the file: the object that people approve, and the name of the record in the log.
    pub fn sha256(&self) -> Digest {
        Digest::of(&self.json)
    }

    /// What both sides say.
    pub fn common(&self) -> &Common {
        &self.common
    }

    /// Who it is.
    pub fn party(&self) -> &Party {
        &self.common.party
    }

    /// How often it enrolled.
    pub fn epoch(&self) -> u64 {
        self.common.epoch
    }

    /// Signs statements and containers.
    pub fn statement_key(&self) -> &SshPublicKey {
        &self.common.statement_key
    }

    /// Signs the heads of its log, under the log's name.
    pub fn log_key(&self) -> &NoteKey {
        &self.log_key
    }

    /// The roots.
    pub fn roots(&self) -> &[EnrolledRoot] {
        &self.common.roots
    }

    /// What a cluster says, if it is one.
    pub fn cluster(&self) -> Option<&ClusterSide> {
        match &self.side {
            Side::Cluster(cluster) => Some(cluster),
            Side::Ca(_) => None,
        }
    }

    /// What a CA host says, if it is one.
    pub fn ca(&self) -> Option<&CaSide> {
        match &self.side {
            Side::Ca(ca) => Some(ca),
            Side::Cluster(_) => None,
        }
    }

    /// What a bundle of this cluster is read by; none for a CA. `ca_epoch` is the epoch of the CA's own record.
    pub fn known<'a>(&'a self, ca_epoch: u64, roster: &'a Roster, now: Timestamp) -> Option<Known<'a>> {
        let ClusterSide { recipient, record, witness, .. } = self.cluster()?;
        Some(Known { key: self.statement_key(), record, recipient, witness, ca_epoch, roster, now })
    }
}

/// A key under the name it signs notes with.
///
/// # Errors
/// [`EnrolmentError::Witness`] for a name or a key that cannot be used.
pub fn note_key(name: &str, key: &SshPublicKey, purpose: KeyUse) -> Result<NoteKey, EnrolmentError> {
    let key = ed25519_dalek::VerifyingKey::from_bytes(key.as_ed25519()).map_err(|_| EnrolmentError::Witness)?;
    NoteKey::new(name, key, purpose).ok_or(EnrolmentError::Witness)
}

fn check_common(common: &Common) -> Result<(), EnrolmentError> {
    if common.epoch == 0 {
        return Err(EnrolmentError::Epoch);
    }
    let reachable = |contact: &Contact| is_text(&contact.name) && is_text(&contact.phone);
    if !(1..=MAX_CONTACTS).contains(&common.contacts.len()) || !common.contacts.iter().all(reachable) {
        return Err(EnrolmentError::Contacts);
    }
    // Touching a token for every transfer is for people; and a key that signs heads must not sign anything else.
    if common.statement_key.is_token() || common.log_key.is_token() {
        return Err(EnrolmentError::Token);
    }
    if common.statement_key == common.log_key { Err(EnrolmentError::SharedKey) } else { Ok(()) }
}

fn check_roots(roots: &[EnrolledRoot], is_ca: bool) -> Result<(), EnrolmentError> {
    let order = |root: &EnrolledRoot| (root.domain, root.status, root.certificate.fingerprint());
    if roots.is_empty() || !roots.is_sorted_by(|one, next| order(one) < order(next)) {
        return Err(EnrolmentError::Roots);
    }
    let place = |root: &EnrolledRoot| (root.domain, root.status);
    if is_ca && !roots.is_sorted_by(|one, next| place(one) < place(next)) {
        return Err(EnrolmentError::Roots);
    }
    let may_issue = |certificate: &Certificate| {
        let usage = certificate.extensions().key_usage();
        certificate.is_ca() && usage.is_none_or(|usage| usage.contains(KeyUsage::KEY_CERT_SIGN))
    };
    let is_root = |root: &&EnrolledRoot| may_issue(&root.certificate) && (!is_ca || root.certificate.is_self_signed());
    match roots.iter().find(|root| !is_root(root)) {
        Some(root) => Err(EnrolmentError::Root(root.certificate.subject().safe())),
        None => Ok(()),
    }
}

fn check_cluster(common: &Common, cluster: &ClusterSide) -> Result<(), EnrolmentError> {
    if cluster.record.fields().name != common.party.name() {
        return Err(EnrolmentError::ClusterName);
    }
    if cluster.witness_key.is_token() {
        return Err(EnrolmentError::Token);
    }
    if note_key(cluster.witness.name(), &cluster.witness_key, KeyUse::Cosignature)? != cluster.witness {
        return Err(EnrolmentError::Witness);
    }
    let used_twice = [&common.statement_key, &common.log_key].contains(&&cluster.witness_key);
    if used_twice { Err(EnrolmentError::SharedKey) } else { Ok(()) }
}

fn check_ca(common: &Common, ca: &CaSide) -> Result<(), EnrolmentError> {
    if *ca.roster.ca() != common.party {
        return Err(EnrolmentError::Roster);
    }
    if ca.cluster.role() != Role::Cluster {
        return Err(EnrolmentError::For);
    }
    let texts: Vec<_> = ca.archive.iter().map(ToString::to_string).collect();
    if texts.len() > MAX_ARCHIVE || !texts.is_sorted_by(|one, next| one < next) {
        return Err(EnrolmentError::Archive);
    }
    if !is_text(&ca.token) {
        return Err(EnrolmentError::TokenSerial);
    }
    let persons_key = [&common.statement_key, &common.log_key].into_iter().any(|key| ca.roster.holder(key).is_some());
    if persons_key { Err(EnrolmentError::SharedKey) } else { Ok(()) }
}

/// Printable ASCII that is not blank at its ends.
fn is_text(text: &str) -> bool {
    let printable = text.bytes().all(|b| matches!(b, b' '..=b'~'));
    printable && !text.is_empty() && text.trim() == text && text.len() <= MAX_TEXT
}
