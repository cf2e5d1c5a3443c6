//! The keys of an enrolled peer as OpenSSH allowed signers (`ssh-keygen`, ALLOWED SIGNERS), each for its purposes only.
//!
//! ```text
//! ca:root-ca-01 namespaces="statement@airlock.v1,cert-package@airlock.v1",valid-after="20261122030000Z" ssh-ed25519 …
//! officer:li namespaces="approval@airlock.v1,rejection@airlock.v1,genesis@airlock.v1",valid-after=… ssh-ed25519 …
//! ```
//!
//! A revoked key is left out: which of its signatures still count, the index of their log entry says and no time does.

use super::record::EnrolmentRecord;
use crate::exchange::people::person::{Person, PersonRole};
use crate::exchange::signature::Namespace;
use crate::exchange::signature::public_key::SshPublicKey;
use crate::wire::time::Timestamp;

impl EnrolmentRecord {
    /// The lines of the party itself, and of a CA's people, whose signatures are good from `since` on.
    pub fn allowed_signers(&self, since: Timestamp) -> String {
        let own = match self.ca() {
            Some(_) => [Namespace::Statement, Namespace::CertPackage],
            None => [Namespace::Statement, Namespace::CsrBundle],
        };
        let mut lines = line(&self.party().to_string(), &own, since, self.statement_key());
        let people = self.ca().map(|ca| ca.roster.persons()).unwrap_or_default();
        people.iter().for_each(|person| lines.push_str(&of_person(person, since)));
        lines
    }
}

fn of_person(person: &Person, since: Timestamp) -> String {
    let purposes: &[Namespace] = match person.role {
        PersonRole::Officer => &[Namespace::Approval, Namespace::Rejection, Namespace::Genesis],
        PersonRole::Auditor => &[Namespace::Approval, Namespace::Genesis],
        PersonRole::Sysadmin => &[Namespace::Genesis],
        PersonRole::Requester => return String::new(),
    };
    let principal = person.principal().to_string();
    let in_force = person.keys.iter().filter(|own| own.revoked_from.is_none());
    in_force.map(|own| line(&principal, purposes, since, &own.key)).collect()
}

fn line(principal: &str, purposes: &[Namespace], since: Timestamp, key: &SshPublicKey) -> String {
    let purposes: Vec<_> = purposes.iter().map(|namespace| namespace.as_str()).collect();
    let since: String = since.to_string().chars().filter(|c| c.is_ascii_digit() || *c == 'Z').collect();
    format!("{principal} namespaces=\"{}\",valid-after=\"{since}\" {key}\n", purposes.join(","))
}
