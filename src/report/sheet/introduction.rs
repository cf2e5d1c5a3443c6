//! What stands on the sheet of an enrolment record.

use super::facts::{Contents, Enrolment, Root, RootStatus, Roster};
use crate::exchange::enrolment::record::{EnrolledRoot, EnrolmentRecord};
use crate::exchange::roots;

impl From<&EnrolmentRecord> for Contents {
    fn from(record: &EnrolmentRecord) -> Self {
        let (common, cluster, ca) = (record.common(), record.cluster(), record.ca());
        Self::Enrolment(Box::new(Enrolment {
            epoch: common.epoch,
            created: common.created,
            statement_key: common.statement_key.clone(),
            log: (common.party.log_origin(), common.log_key.clone()),
            recipient: cluster.map(|side| side.recipient.clone()),
            archive: ca.map(|side| side.archive.clone()).unwrap_or_default(),
            witness: cluster.map(|side| (side.witness.name().to_owned(), side.witness_key.clone())),
            // A checked record has a digest.
            cluster: cluster.and_then(|side| Some((side.record.fields().uid.clone(), side.record.digest().ok()?))),
            made_for: ca.map(|side| side.cluster.clone()),
            roots: record.roots().iter().map(Root::from).collect(),
            roster: ca.and_then(|side| {
                let (epoch, persons) = (side.roster.epoch(), side.roster.persons().to_vec());
                Some(Roster { epoch, sha256: side.roster.digest().ok()?, persons })
            }),
            policy: ca.map(|side| (side.policy.id.to_string(), side.policy.sha256)),
            token: ca.map(|side| side.token.clone()),
            contacts: common.contacts.iter().map(|one| (one.name.clone(), one.phone.clone())).collect(),
        }))
    }
}

impl From<&EnrolledRoot> for Root {
    fn from(root: &EnrolledRoot) -> Self {
        Self {
            domain: root.domain,
            status: root.status.into(),
            subject: root.certificate.subject().clone(),
            sha256: root.certificate.fingerprint(),
        }
    }
}

impl From<roots::RootStatus> for RootStatus {
    fn from(status: roots::RootStatus) -> Self {
        match status {
            roots::RootStatus::Current => Self::Current,
            roots::RootStatus::Next => Self::Next,
            roots::RootStatus::Retiring => Self::Retiring,
        }
    }
}
