//! What does not change while a rotation runs: the plan, this node, and where its facts come from.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use serde_json::json;

use super::site::Site;
use crate::cluster::role::Domain;
use crate::exchange::people::person::Person;
use crate::exchange::statement::party::Party;
use crate::exchange::trace::Trace;
use crate::pki::certificate::Certificate;
use crate::rotation::plan::{Plan, Tempo};
use crate::wire::digest::Digest;
use crate::wire::json::JsonError;
use crate::wire::time::Timestamp;

/// What a run stands on.
#[derive(Debug)]
pub struct Ground {
    /// The cluster.
    pub party: Party,
    /// The exchange that brought the new certificates.
    pub trace: Trace,
    /// The way from the old root to the new one.
    pub plan: Plan,
    /// How much at once, and how long to wait.
    pub tempo: Tempo,
    /// This node.
    pub site: Site,
    /// The roots that come.
    pub roots: Vec<(Domain, Certificate)>,
    /// Who may agree that the old root is dropped.
    pub people: Vec<Person>,
    /// What the log of this host says of the files beside the live ones: path and digest; none where it says nothing.
    pub staged: Option<BTreeMap<String, Digest>>,
    /// What else is looked at.
    pub sources: Sources,
    /// How long is waited.
    pub patience: Patience,
}

/// Where facts come from that this node cannot see.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// The directory of the facts files and of the agreements, each node's under its name.
    pub facts: Option<PathBuf>,
    /// Facts of other nodes that are older count as unknown, in seconds.
    pub freshness: i64,
    /// What kubectl printed.
    pub objects: Vec<PathBuf>,
    /// Audit logs of API servers.
    pub audit: Vec<PathBuf>,
    /// What API servers before 1.32 print of themselves; the time of a file is when it was printed.
    pub api_metrics: Vec<PathBuf>,
    /// Certificates of the new root that lie on no node, as those of people.
    pub clients: Vec<PathBuf>,
    /// Users who come without a certificate, by the word of a person.
    pub without_certificate: BTreeSet<String>,
    /// The person whose word that is.
    pub vouches: Option<String>,
    /// Logs of components, since the leaves were swapped.
    pub logs: Vec<PathBuf>,
    /// The snapshot of etcd that a person says was restored once.
    pub snapshot: Option<PathBuf>,
    /// When the oldest workload that calls the API was started, by the word of a person.
    pub workloads_rolled: Option<Timestamp>,
}

/// How long is waited until it is called a fault.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For one answer of a probe.
    pub probe: Duration,
    /// For a gate that may open by itself, as when something reloads.
    pub gate: Duration,
    /// For a step to be seen done, beside what it takes.
    pub step: Duration,
    /// For writes that were lost while the lead of etcd was handed over to be answered, before the member that led is stopped.
    pub lost_write: Duration,
}

impl Default for Patience {
    /// Three seconds, two minutes, half a minute; and eight seconds, for etcd 3.5 gives a write up after five and twice its
    /// election timeout, which is one.
    fn default() -> Self {
        Self {
            probe: Duration::from_secs(3),
            gate: Duration::from_secs(120),
            step: Duration::from_secs(30),
            lost_write: Duration::from_secs(8),
        }
    }
}

impl Ground {
    /// Digest of the plan: what people agree to. It is the same on each node.
    ///
    /// # Errors
    /// [`JsonError`]: a name that cannot stand in it.
    pub fn digest(&self) -> Result<Digest, JsonError> {
        let steps = self.plan.steps().iter().map(|step| {
            json!({ "action": step.action.to_string(), "node": self.plan.node(step).unwrap_or("-"), "stage": step.stage.id() })
        });
        let roots = self
            .roots
            .iter()
            .map(|(domain, root)| json!({ "domain": domain.to_string(), "sha256": root.fingerprint().to_string() }));
        let all = json!({
            "cluster": self.party.to_string(),
            "filesAtOnce": self.tempo.files,
            "format": "airlock.rotation-plan/1",
            "kubeletsAtOnce": self.tempo.kubelets,
            "roots": roots.collect::<Vec<_>>(),
            "soakSeconds": self.tempo.soak,
            "steps": steps.collect::<Vec<_>>(),
            "trace": self.trace.to_string(),
            "variant": self.plan.shape().variant,
            "verifiesKubelets": self.plan.shape().verifies_kubelets,
        });
        Ok(Digest::of(&crate::wire::json::to_vec(&all)?))
    }

    /// The name of this node.
    pub fn node(&self) -> &str {
        &self.site.node.node
    }

    /// The place of the node that does what belongs to no node: the first control plane, or the first node of all.
    pub fn first(&self) -> usize {
        self.plan.fleet().members().iter().position(|member| member.control_plane).unwrap_or(0)
    }

    /// Whether this node is that one.
    pub fn is_first(&self) -> bool {
        self.site.place == self.first()
    }
}
