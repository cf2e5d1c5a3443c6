//! The JSON of an enrolment record. What JSON strings cannot hold in one line, DER, stands there as base64.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::EnrolmentError;
use super::record::{CaSide, ClusterSide, Common, Contact, EnrolledRoot, Side, note_key};
use crate::audit::note::KeyUse;
use crate::cluster::record::Record;
use crate::cluster::role::Domain;
use crate::exchange::approval::rule::PolicyName;
use crate::exchange::csr_bundle::manifest::Tool;
use crate::exchange::people::roster::{Roster, RosterFields};
use crate::exchange::roots::RootStatus;
use crate::exchange::seal::recipient::Recipient;
use crate::exchange::signature::public_key::SshPublicKey;
use crate::exchange::statement::party::Party;
use crate::pki::certificate::Certificate;
use crate::pki::key::PublicKey;
use crate::wire::base64::Base64;
use crate::wire::json::{self, JsonError};
use crate::wire::time::Timestamp;

const FORMAT: &str = "airlock.enrolment/1";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Fields {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    archive: Option<Vec<Recipient>>,
    /// The cluster record, as it stands in its own file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cluster: Option<Value>,
    contacts: Vec<Contact>,
    created: Timestamp,
    epoch: u64,
    #[serde(default, rename = "for", skip_serializing_if = "Option::is_none")]
    of: Option<Party>,
    format: String,
    log: Log,
    party: Party,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    policy: Option<PolicyName>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    recipient: Option<Recipient>,
    roots: Vec<Root>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    roster: Option<RosterFields>,
    statement_key: SshPublicKey,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    token: Option<String>,
    tool: Tool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    witness: Option<Witness>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Log {
    key: SshPublicKey,
    origin: String,
    /// The same key as SubjectPublicKeyInfo, for openssl.
    spki: Base64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Root {
    certificate: Base64,
    domain: Domain,
    status: RootStatus,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Witness {
    key: SshPublicKey,
    name: String,
}

impl Fields {
    pub(super) fn of(common: &Common, side: &Side) -> Result<Self, EnrolmentError> {
        let root = |root: &EnrolledRoot| Root {
            certificate: Base64(root.certificate.der().to_vec()),
            domain: root.domain,
            status: root.status,
        };
        let key = common.log_key.clone();
        let fields = Self {
            archive: None,
            cluster: None,
            contacts: common.contacts.clone(),
            created: common.created,
            epoch: common.epoch,
            of: None,
            format: FORMAT.to_owned(),
            log: Log { spki: spki(&key)?, origin: common.party.log_origin(), key },
            party: common.party.clone(),
            policy: None,
            recipient: None,
            roots: common.roots.iter().map(root).collect(),
            roster: None,
            statement_key: common.statement_key.clone(),
            token: None,
            tool: common.tool.clone(),
            witness: None,
        };
        match side {
            Side::Cluster(side) => fields.with_cluster(side),
            Side::Ca(side) => Ok(fields.with_ca(side)),
        }
    }

    fn with_cluster(self, side: &ClusterSide) -> Result<Self, EnrolmentError> {
        let record = serde_json::from_slice(&side.record.to_json()?);
        let witness = Witness { key: side.witness_key.clone(), name: side.witness.name().to_owned() };
        Ok(Self {
            cluster: Some(record.map_err(|error| JsonError::Shape(error.to_string()))?),
            recipient: Some(side.recipient.clone()),
            witness: Some(witness),
            ..self
        })
    }

    fn with_ca(self, side: &CaSide) -> Self {
        Self {
            archive: Some(side.archive.clone()),
            of: Some(side.cluster.clone()),
            policy: Some(side.policy.clone()),
            roster: Some(side.roster.fields().clone()),
            token: Some(side.token.clone()),
            ..self
        }
    }

    /// What the fields say, as far as each can be read by itself.
    pub(super) fn read(self) -> Result<(Common, Side), EnrolmentError> {
        if self.format != FORMAT {
            return Err(EnrolmentError::Format);
        }
        if self.log.origin != self.party.log_origin() {
            return Err(EnrolmentError::Origin);
        }
        if self.log.spki != spki(&self.log.key)? {
            return Err(EnrolmentError::Spki);
        }
        let root = |root: Root| {
            let certificate = Certificate::parse_der(&root.certificate.0).map_err(EnrolmentError::Certificate)?;
            Ok(EnrolledRoot { domain: root.domain, status: root.status, certificate })
        };
        let common = Common {
            party: self.party,
            epoch: self.epoch,
            created: self.created,
            tool: self.tool,
            contacts: self.contacts,
            statement_key: self.statement_key,
            log_key: self.log.key,
            roots: self.roots.into_iter().map(root).collect::<Result<_, EnrolmentError>>()?,
        };
        let cluster = (self.recipient, self.cluster, self.witness);
        let ca = (self.archive, self.of, self.roster, self.policy, self.token);
        let side = match (cluster, ca) {
            ((Some(recipient), Some(record), Some(witness)), (None, None, None, None, None)) => {
                let witness_key = witness.key;
                let witness = note_key(&witness.name, &witness_key, KeyUse::Cosignature)?;
                let record = Record::from_json(&json::to_vec(&record)?)?;
                Side::Cluster(Box::new(ClusterSide { recipient, record, witness, witness_key }))
            }
            ((None, None, None), (Some(archive), Some(cluster), Some(roster), Some(policy), Some(token))) => {
                let roster = Roster::try_from(roster)?;
                Side::Ca(Box::new(CaSide { archive, cluster, roster, policy, token }))
            }
            _ => return Err(EnrolmentError::Side),
        };
        Ok((common, side))
    }
}

/// The DER of the SubjectPublicKeyInfo (RFC 8410).
fn spki(key: &SshPublicKey) -> Result<Base64, EnrolmentError> {
    let key = PublicKey::from_ed25519(key.as_ed25519()).map_err(|_| EnrolmentError::Spki)?;
    Ok(Base64(key.der().to_vec()))
}
