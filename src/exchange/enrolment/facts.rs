//! What people compare: every name, key and digest of a record in a line, and how it differs from the record before.

use std::collections::BTreeMap;

use super::record::EnrolmentRecord;

/// One line of a record: what it is, and its value in a form that people can compare.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// What it is, such as `statement key`.
    pub name: String,
    /// In the record that is enrolled; none where there is no such line, or no such record.
    pub old: Option<String>,
    /// In the record that came; none where there is no such line any more.
    pub new: Option<String>,
}

impl Fact {
    /// Whether it is the same in both.
    pub fn is_same(&self) -> bool {
        self.old == self.new
    }
}

impl EnrolmentRecord {
    /// All lines of this record, beside those of the record that it would replace.
    pub fn facts(&self, known: Option<&Self>) -> Vec<Fact> {
        let (new, old) = (self.lines(), known.map(Self::lines).unwrap_or_default());
        let mut facts: Vec<Fact> = new
            .iter()
            .map(|(name, value)| Fact { name: name.clone(), old: old.get(name).cloned(), new: Some(value.clone()) })
            .collect();
        let gone = old.iter().filter(|(name, _)| !new.contains_key(*name));
        facts.extend(gone.map(|(name, value)| Fact { name: name.clone(), old: Some(value.clone()), new: None }));
        facts
    }

    fn lines(&self) -> BTreeMap<String, String> {
        let common = self.common();
        let mut lines = BTreeMap::from([
            ("epoch".to_owned(), self.epoch().to_string()),
            ("statement key".to_owned(), common.statement_key.fingerprint()),
            ("log key".to_owned(), common.log_key.fingerprint()),
        ]);
        let mut put = |name: &str, value: String| drop(lines.insert(name.to_owned(), value));
        for (at, contact) in (1..).zip(&common.contacts) {
            put(&format!("contact {at}"), format!("{} {}", contact.name, contact.phone));
        }
        // A cluster may trust several roots of one sort.
        let mut roots: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for root in self.roots() {
            let sort = format!("root {} {}", root.domain, root.status);
            roots.entry(sort).or_default().push(root.certificate.fingerprint().to_string());
        }
        for (sort, digests) in &roots {
            put(sort, digests.join(" "));
        }
        if let Some(cluster) = self.cluster() {
            put("recipient", cluster.recipient.to_string());
            put("witness", format!("{} {}", cluster.witness.name(), cluster.witness_key.fingerprint()));
            put("cluster uid", cluster.record.fields().uid.clone());
            put("cluster record", cluster.record.digest().map(|digest| digest.to_string()).unwrap_or_default());
        }
        if let Some(ca) = self.ca() {
            put("for", ca.cluster.to_string());
            put("policy", ca.policy.to_string());
            put("token", ca.token.clone());
            let digest = ca.roster.digest().map(|digest| digest.to_string()).unwrap_or_default();
            put("roster", format!("{} {digest}", ca.roster.epoch()));
            for (at, recipient) in (1..).zip(&ca.archive) {
                put(&format!("archive {at}"), recipient.to_string());
            }
        }
        lines
    }
}
