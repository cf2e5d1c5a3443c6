//! The config of the online side, `/etc/airlock/online.toml`:
//!
//! ```toml
//! host = "ops-bj1"                       # this workstation
//! state = "/var/lib/airlock/online"      # may be left out
//! validity_days = 365                    # may be left out
//!
//! [[contacts]]                           # whom the CA calls
//! name = "Cluster operations"
//! phone = "+86 10 5555 0100"
//!
//! [nodes]                                # may be left out: where the nodes' file systems, or copies, lie
//! cp1 = "/mnt/cp1"
//!
//! [sheet]                                # may be left out, see `config::sheet`
//! printer = "/dev/usb/lp0"
//!
//! [recipients]                           # may be left out, see `config::fleet`; so may [node]
//! cp1 = "age1..."
//!
//! [rotation]                             # may be left out, see `config::rotation`
//! node = "cp1"
//!
//! [cluster]                              # the cluster record, see `cluster::record`
//! name = "prod-1"                        # the party is cluster:prod-1
//! # ...
//! ```

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::contact::{self, is_short_text};
pub use super::contact::{Contact, MAX_CONTACTS};
use super::fleet::{self, NodeConfig, NodeTable};
use super::rotation::{self, RotationConfig};
use super::sheet::{self, SheetConfig};
use super::strict::{self, ConfigError};
use crate::cluster::record::{Fields, Record};
use crate::exchange::seal::recipient::Recipient;
use crate::exchange::statement::party::Party;

/// Where the config lies unless another is named.
pub const DEFAULT_FILE: &str = "/etc/airlock/online.toml";
/// Where the state lies unless the config says otherwise.
pub const DEFAULT_STATE: &str = "/var/lib/airlock/online";
/// The validity that is asked for unless the config says otherwise, in days.
pub const DEFAULT_VALIDITY_DAYS: u32 = 365;
/// The longest validity that may be asked for, in days.
pub const MAX_VALIDITY_DAYS: u32 = 3660;

/// A checked config of the online side.
#[derive(Debug, Clone)]
pub struct OnlineConfig {
    host: String,
    cluster: Party,
    state: PathBuf,
    validity_days: u32,
    contacts: Vec<Contact>,
    nodes: BTreeMap<String, PathBuf>,
    record: Record,
    rotation: RotationConfig,
    sheet: SheetConfig,
    recipients: BTreeMap<String, Recipient>,
    node: Option<NodeConfig>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    host: String,
    state: Option<PathBuf>,
    validity_days: Option<u32>,
    #[serde(default)]
    contacts: Vec<Contact>,
    #[serde(default)]
    nodes: BTreeMap<String, PathBuf>,
    #[serde(default)]
    rotation: rotation::Table,
    #[serde(default)]
    sheet: sheet::Table,
    #[serde(default)]
    recipients: BTreeMap<String, String>,
    node: Option<NodeTable>,
    cluster: Fields,
}

impl OnlineConfig {
    /// Reads `bytes`, the content of the file called `file`.
    ///
    /// # Errors
    /// Any [`ConfigError`].
    pub fn parse(file: &str, bytes: &[u8]) -> Result<Self, ConfigError> {
        let read: File = strict::read(file, bytes)?;
        let refuse = |key, message: &dyn std::fmt::Display| Err(ConfigError::value(file, key, message));
        if !is_short_text(&read.host) {
            return refuse("host", &"not 1 to 64 printable ASCII characters");
        }
        let validity_days = read.validity_days.unwrap_or(DEFAULT_VALIDITY_DAYS);
        if !(1..=MAX_VALIDITY_DAYS).contains(&validity_days) {
            return refuse("validity_days", &format!("not 1 to {MAX_VALIDITY_DAYS}"));
        }
        let state = read.state.unwrap_or_else(|| DEFAULT_STATE.into());
        if !state.is_absolute() {
            return refuse("state", &"not an absolute path");
        }
        contact::check(file, &read.contacts)?;
        let record = Record::try_from(read.cluster).map_err(|e| ConfigError::value(file, "cluster", &e))?;
        if let Some(stranger) = read.nodes.keys().find(|name| record.node(name).is_none()) {
            return refuse("nodes", &format!("{stranger} is not in the cluster record"));
        }
        if let Some(path) = read.nodes.values().find(|path| !path.is_absolute()) {
            return refuse("nodes", &format!("{} is not an absolute path", path.display()));
        }
        let cluster = format!("cluster:{}", record.fields().name);
        let cluster = cluster.parse().map_err(|e| ConfigError::value(file, "cluster.name", &e))?;
        let sheet = SheetConfig::of(file, read.sheet)?;
        let recipients = fleet::recipients(file, read.recipients, &record)?;
        let node = read.node.map(|table| NodeConfig::of(file, table, &record)).transpose()?;
        let rotation = RotationConfig::of(file, read.rotation, |name| record.node(name).is_some())?;
        if node.as_ref().zip(rotation.node()).is_some_and(|(node, named)| node.name() != named) {
            return refuse("rotation.node", &"not the node of [node]");
        }
        let File { host, contacts, nodes, .. } = read;
        Ok(Self { host, cluster, state, validity_days, contacts, nodes, record, rotation, sheet, recipients, node })
    }

    /// The name of this workstation.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// This host, as its log names it: the cluster, which it speaks for, or one node of it.
    pub fn party(&self) -> &Party {
        self.node.as_ref().map_or(&self.cluster, NodeConfig::party)
    }

    /// The cluster as it signs statements.
    pub fn cluster(&self) -> &Party {
        &self.cluster
    }

    /// The state directory.
    pub fn state(&self) -> &Path {
        &self.state
    }

    /// The validity to ask for, in days.
    pub fn validity_days(&self) -> u32 {
        self.validity_days
    }

    /// Whom the CA calls.
    pub fn contacts(&self) -> &[Contact] {
        &self.contacts
    }

    /// Where the nodes' file systems, or copies, lie.
    pub fn nodes(&self) -> &BTreeMap<String, PathBuf> {
        &self.nodes
    }

    /// The cluster record.
    pub fn record(&self) -> &Record {
        &self.record
    }

    /// Whom the package of a node is encrypted to, by node.
    pub fn recipients(&self) -> &BTreeMap<String, Recipient> {
        &self.recipients
    }

    /// Which node this host is, where it is one.
    pub fn node(&self) -> Option<&NodeConfig> {
        self.node.as_ref()
    }

    /// How this host takes part in a rotation.
    pub fn rotation(&self) -> &RotationConfig {
        &self.rotation
    }

    /// How this host prints sheets.
    pub fn sheet(&self) -> &SheetConfig {
        &self.sheet
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::refusal::{Class, Refusal as _};

    const GOOD: &str = r#"
host = "ops-bj1"
state = "/srv/airlock"
[[contacts]]
name = "Cluster operations"
phone = "+86 10 5555 0100"
[nodes]
cp1 = "/mnt/cp1"
[cluster]
name = "prod-1"
uid = "3b6f1f0e-5a5e-4a8e-9a0f-0f2d1c3b4a59"
dns_domain = "cluster.local"
service_cidrs = ["10.96.0.0/16"]
endpoint = "10.66.0.10:6443"
[[cluster.nodes]]
name = "cp1"
roles = ["control-plane", "etcd"]
ips = ["10.66.0.21"]
"#;

    fn refused(from: &str, to: &str) -> String {
        assert!(GOOD.contains(from), "{from}");
        let refused = OnlineConfig::parse("online.toml", GOOD.replacen(from, to, 1).as_bytes()).unwrap_err();
        assert_eq!(refused.reason().class, Class::Usage);
        refused.to_string()
    }

    #[test]
    fn a_config_is_read() {
        let config = OnlineConfig::parse("online.toml", GOOD.as_bytes()).unwrap();
        assert_eq!((config.host(), config.party().to_string().as_str()), ("ops-bj1", "cluster:prod-1"));
        assert_eq!((config.state(), config.validity_days()), (Path::new("/srv/airlock"), DEFAULT_VALIDITY_DAYS));
        assert_eq!(config.nodes()["cp1"], Path::new("/mnt/cp1"));
        assert_eq!((config.contacts().len(), config.record().nodes().len()), (1, 1));
        let bare = GOOD.replace("state = \"/srv/airlock\"\n", "").replace("[nodes]\ncp1 = \"/mnt/cp1\"\n", "");
        let bare = OnlineConfig::parse("online.toml", bare.as_bytes()).unwrap();
        assert_eq!(bare.state(), Path::new(DEFAULT_STATE));
    }

    #[test]
    fn unknown_keys_are_named_with_their_line() {
        assert!(refused("host =", "hots =").contains("line 2: unknown field `hots`"));
        assert!(refused("uid =", "uuid =").contains("line 11: unknown field `uuid`"));
        assert!(refused("ips =", "ip =").contains("line 18: unknown field `ip`"));
        assert!(refused("phone =", "tel =").contains("line 6: unknown field `tel`"));
    }

    #[test]
    fn values_that_cannot_be_used_are_named_by_their_key() {
        for (from, to, word) in [
            ("\"ops-bj1\"", "\"\"", "host:"),
            ("\"ops-bj1\"", "\"ops\\u202e\"", "host:"),
            ("\"/srv/airlock\"", "\"airlock\"", "state:"),
            ("\"/srv/airlock\"", "\"/srv\"\nvalidity_days = 0", "validity_days:"),
            ("\"/srv/airlock\"", "\"/srv\"\nvalidity_days = 9999", "validity_days:"),
            ("name = \"Cluster operations\"", "name = \"\\u001b[2J\"", "contacts:"),
            ("cp1 = \"/mnt/cp1\"", "cp9 = \"/mnt/cp9\"", "nodes:"),
            ("cp1 = \"/mnt/cp1\"", "cp1 = \"mnt/cp1\"", "nodes:"),
            ("\"prod-1\"", "\"Prod\"", "cluster:"),
            ("10.96.0.0/16", "10.96.0.1/16", "cluster:"),
            ("[cluster]", "[recipients]\ncp9 = 'x'\n[cluster]", "recipients:"),
            ("[cluster]", "[recipients]\ncp1 = 'age1'\n[cluster]", "recipients:"),
            ("[cluster]", "[node]\nname = 'cp9'\ncluster_key = 'x'\n[cluster]", "node.name:"),
            ("[cluster]", "[node]\nname = 'cp1'\ncluster_key = 'x'\n[cluster]", "node.cluster_key:"),
            ("[cluster]", "[rotation]\nnode = 'cp9'\n[cluster]", "rotation:"),
        ] {
            let said = refused(from, to);
            assert!(said.contains(word) && said.is_ascii(), "{said}");
        }
        assert!(
            refused("[[contacts]]\nname = \"Cluster operations\"\nphone = \"+86 10 5555 0100\"\n", "")
                .contains("contacts:")
        );
    }
}
