//! What must hold before anything is touched: the seven checks and the prerequisites that the article names, one by one,
//! and those of our own. Where the article is wrong, the item says so and does not fail a healthy cluster for it.

use serde::Serialize;
use serde_with::SerializeDisplay;

use super::check::{Check, Outcome};
use super::facts::{Facts, Told};
use super::graph::GraphError;
use super::plan::{Plan, Tempo};
use super::rollback::{RollbackError, rollback};
use super::stage::Back;
use super::trust::Trust;
use crate::wire::text::{self, fill};

/// Writes the enum of items and their rows.
macro_rules! items {
    ($($item:ident $id:literal $asks:literal $remark:expr;)+) => {
        /// Something that is looked at before a rotation.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, SerializeDisplay)]
        pub enum Item {
            $(#[doc = $asks] $item,)+
        }

        impl Item {
            /// All of them, the checks of the article first, then its prerequisites.
            pub const ALL: &[Self] = &[$(Self::$item),+];

            /// `A1` to `A7` the checks, `P1` to `P4` the prerequisites of the article, `S1` and on our own.
            pub const fn id(self) -> &'static str {
                match self { $(Self::$item => $id,)+ }
            }

            /// What is asked for.
            pub const fn asks(self) -> &'static str {
                match self { $(Self::$item => $asks,)+ }
            }

            /// What is to be said of the article here.
            pub const fn remark(self) -> Option<&'static str> {
                match self { $(Self::$item => $remark,)+ }
            }
        }
    };
}

items! {
    Chains "A1" "each leaf chains to its CA, intermediates included" None;
    ClocksSynced "A2" "the clocks of all components agree"
        Some("five minutes do: leaves are dated back; see P4");
    Memory "A3" "the memory of holding both sets is known"
        Some("the article says +8 %; this is what was measured here");
    Reclaim "A4" "old generations can be taken away after the window" None;
    AuditWrite "A5" "the log can be written and read back" None;
    Rollback "A6" "the way back is there from every state" None;
    Metrics "A7" "metrics are hooked up" None;
    Kubernetes "P1" "the versions of Kubernetes are known; the article asks for 1.24 or newer"
        Some("no technical floor: 1.20 reloads too, by a poll of 60 s; older ones are told as a warning");
    Etcd "P2" "the versions of etcd are known; the article asks for 3.5 or newer"
        Some("no technical floor; no version of etcd reloads its CA file, so each member is restarted");
    KubeletGate "P3" "RotateKubeletServerCertificate: the article asks for it on kube-apiserver"
        Some("wrong there: it is a gate of the kubelet, on by default since 1.12, and no part of a CA rotation");
    ClockSkew "P4" "clocks of workers within 50 ms"
        Some("not needed: five minutes do, for leaves are dated back");
    EtcdMembers "S1" "each member of etcd is healthy" None;
    ReadsWrites "S2" "each API server answers a read and a write" None;
    Expiry "S3" "no leaf ends within thirty days" None;
    Inventory "S4" "every place that embeds a CA was looked at" None;
    OneCa "S5" "each CA file holds one certificate" None;
    Signer "S6" "the signing flags of each controller manager are known" None;
    Backup "S7" "backup and snapshot exist, and the snapshot was restored once" None;
    NextTrees "S8" "what is to be put in place lies beside the live files" None;
    Evidence "S9" "it can be told in the end that nobody uses the old root" None;
}

/// How an item stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// The item.
    pub item: Item,
    /// What is asked for.
    pub asks: &'static str,
    /// How it went.
    pub outcome: Outcome,
    /// What was seen; ASCII.
    pub evidence: String,
    /// What is to be said of the article.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remark: Option<&'static str>,
}

/// What was seen beside the facts, by item.
pub type Seen = std::collections::BTreeMap<Item, Told>;

/// Every item, judged by `facts`, by what else was `seen`, and by walking the way back of `plan` from every state.
///
/// # Errors
/// [`GraphError`]: a fault of the table.
pub fn judge(plan: &Plan, tempo: Tempo, facts: &Facts, seen: &Seen) -> Result<Vec<Line>, GraphError> {
    let way_back = rehearse(plan, tempo, facts)?;
    let lines = Item::ALL.iter().map(|item| {
        let (outcome, evidence) = match (item.check(), seen.get(item)) {
            _ if *item == Item::Rollback => way_back.clone(),
            _ if *item == Item::Evidence && !Check::ReadWrite.concerns(plan.fleet()) => {
                (Outcome::Pass, "these nodes have no API".to_owned())
            }
            (Some(check), _) if !check.concerns(plan.fleet()) => (Outcome::Pass, "these nodes have none".to_owned()),
            (_, Some(told)) => {
                (if told.holds { Outcome::Pass } else { Outcome::Fail }, text::clip(&told.evidence, 200))
            }
            (Some(check), None) => {
                let finding = check.judge(plan, facts, Trust::Old);
                (finding.outcome, finding.evidence)
            }
            (None, None) => (Outcome::Unknown, "not observed".to_owned()),
        };
        Line { item: *item, asks: item.asks(), outcome, evidence, remark: item.remark() }
    });
    Ok(lines.collect())
}

/// Whether a rotation may begin: every item that the law needs holds. Remarks, and the figures that only the article
/// asks for, stop nothing.
pub fn may_begin(lines: &[Line]) -> bool {
    lines.iter().filter(|line| line.item.is_needed()).all(|line| line.outcome == Outcome::Pass)
}

impl Item {
    /// The check that judges it by facts.
    const fn check(self) -> Option<Check> {
        Some(match self {
            Self::Chains => Check::ChainsOnDisk,
            Self::ClocksSynced | Self::ClockSkew => Check::Clocks,
            Self::Rollback => Check::RollbackRehearsed,
            Self::EtcdMembers => Check::EtcdHealthy,
            Self::ReadsWrites => Check::ReadWrite,
            Self::Expiry => Check::NotExpiring,
            Self::Inventory => Check::InventoryWhole,
            Self::OneCa => Check::SingleCa,
            Self::Signer => Check::SignerKnown,
            Self::Backup => Check::Backup,
            Self::NextTrees => Check::StagedWhole,
            Self::Memory
            | Self::Reclaim
            | Self::AuditWrite
            | Self::Metrics
            | Self::Kubernetes
            | Self::Etcd
            | Self::KubeletGate
            | Self::Evidence => return None,
        })
    }

    /// Whether a rotation must not begin without it.
    pub const fn is_needed(self) -> bool {
        !matches!(
            self,
            Self::Memory | Self::Metrics | Self::Kubernetes | Self::Etcd | Self::KubeletGate | Self::ClockSkew
        )
    }
}

/// Walks back on paper to each state that can be gone back to: a plan exists, and it ends where it should.
fn rehearse(plan: &Plan, tempo: Tempo, facts: &Facts) -> Result<(Outcome, String), GraphError> {
    let mut walked = Vec::new();
    for back in Back::ALL {
        match rollback(plan, tempo, facts, back) {
            Ok(way) => walked.push(fill("{}: {} step{s}", [&back, &way.steps().len()])),
            Err(RollbackError::Graph(error)) => return Err(error),
            // What is ahead needs no way back yet; it gets one with the same functions when it is reached.
            Err(RollbackError::Ahead(..)) => walked.push(format!("{back}: not reached")),
            Err(RollbackError::Clean) => return Ok((Outcome::Fail, "nothing to go back to".to_owned())),
        }
    }
    match facts.told.get(&Check::RollbackRehearsed) {
        Some(told) if !told.holds => Ok((Outcome::Fail, text::clip(&told.evidence, 200))),
        _ => Ok((Outcome::Pass, walked.join(", "))),
    }
}

/// Whether a version like `v1.32.3` or `3.5.16-0` is at least `major.minor`; `None` where it is none.
pub fn is_at_least(version: &str, major: u32, minor: u32) -> Option<bool> {
    let mut parts = version.trim_start_matches('v').split(['.', '-', '+']);
    let mut number = || parts.next()?.parse::<u32>().ok();
    let found = (number()?, number()?);
    Some(found >= (major, minor))
}

impl std::fmt::Display for Item {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert_eq!(is_at_least("v1.32.3", 1, 24), Some(true));
        assert_eq!(is_at_least("v1.9.0", 1, 24), Some(false));
        assert_eq!(is_at_least("3.5.16-0", 3, 5), Some(true));
        assert_eq!(is_at_least("latest", 3, 5), None);
        assert_eq!(is_at_least("", 3, 5), None);
    }

    #[test]
    fn the_seven_checks_and_the_four_prerequisites_are_all_there() {
        let ids: Vec<_> = Item::ALL.iter().map(|item| item.id()).filter(|id| !id.starts_with('S')).collect();
        assert_eq!(ids.join(" "), "A1 A2 A3 A4 A5 A6 A7 P1 P2 P3 P4");
        assert!(Item::KubeletGate.remark().unwrap().contains("gate of the kubelet"));
    }
}
