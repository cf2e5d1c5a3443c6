//! The config of the offline side, `/etc/airlock/offline.toml`:
//!
//! ```toml
//! ca = "root-ca-01"                      # the party is ca:root-ca-01
//! organisation = "Example Bank"
//! state = "/var/lib/airlock/offline"     # may be left out
//!
//! [[contacts]]                           # whom a cluster's admins call
//! name = "Security office"
//! phone = "+86 10 5555 0199"
//!
//! [sheet]                                # may be left out, see `config::sheet`
//! printer = "/dev/usb/lp0"
//!
//! [hsm]
//! module = "/usr/lib/softhsm/libsofthsm2.so"
//! token = "pkcs11:token=ca;serial=0123456789abcdef"
//! ```
//!
//! Nothing in it is trusted: what may be issued, and who may open every package, the approved policy says.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::contact::{self, Contact, is_short_text};
use super::sheet::{self, SheetConfig};
use super::strict::{self, ConfigError};
use crate::exchange::statement::party::Party;
use crate::pki::key_uri::KeyUri;

/// Where the config lies unless another is named.
pub const DEFAULT_FILE: &str = "/etc/airlock/offline.toml";
/// Where the state lies unless the config says otherwise.
pub const DEFAULT_STATE: &str = "/var/lib/airlock/offline";

/// A checked config of the offline side.
#[derive(Debug, Clone)]
pub struct OfflineConfig {
    party: Party,
    organisation: String,
    state: PathBuf,
    contacts: Vec<Contact>,
    hsm: HsmConfig,
    sheet: SheetConfig,
}

/// Where the keys are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HsmConfig {
    /// The PKCS#11 module.
    pub module: PathBuf,
    /// The token; it names a serial number and no object.
    pub token: KeyUri,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    ca: String,
    organisation: String,
    state: Option<PathBuf>,
    #[serde(default)]
    contacts: Vec<Contact>,
    #[serde(default)]
    sheet: sheet::Table,
    hsm: Hsm,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Hsm {
    module: PathBuf,
    token: String,
}

impl OfflineConfig {
    /// Reads `bytes`, the content of the file called `file`.
    ///
    /// # Errors
    /// Any [`ConfigError`].
    pub fn parse(file: &str, bytes: &[u8]) -> Result<Self, ConfigError> {
        let read: File = strict::read(file, bytes)?;
        let party = format!("ca:{}", read.ca).parse().map_err(|e| ConfigError::value(file, "ca", &e))?;
        if !is_short_text(&read.organisation) {
            return Err(ConfigError::value(file, "organisation", &"not 1 to 64 printable ASCII characters"));
        }
        let state = read.state.unwrap_or_else(|| DEFAULT_STATE.into());
        if !state.is_absolute() {
            return Err(ConfigError::value(file, "state", &"not an absolute path"));
        }
        contact::check(file, &read.contacts)?;
        let hsm = HsmConfig::of(file, read.hsm)?;
        let sheet = SheetConfig::of(file, read.sheet)?;
        Ok(Self { party, organisation: read.organisation, state, contacts: read.contacts, hsm, sheet })
    }

    /// This host, as peers address it.
    pub fn party(&self) -> &Party {
        &self.party
    }

    /// Whose CA it is.
    pub fn organisation(&self) -> &str {
        &self.organisation
    }

    /// The state directory.
    pub fn state(&self) -> &Path {
        &self.state
    }

    /// Whom a cluster's admins call.
    pub fn contacts(&self) -> &[Contact] {
        &self.contacts
    }

    /// Where the keys are.
    pub fn hsm(&self) -> &HsmConfig {
        &self.hsm
    }

    /// How this host prints sheets.
    pub fn sheet(&self) -> &SheetConfig {
        &self.sheet
    }
}

impl HsmConfig {
    fn of(file: &str, read: Hsm) -> Result<Self, ConfigError> {
        if !read.module.is_absolute() {
            return Err(ConfigError::value(file, "hsm.module", &"not an absolute path"));
        }
        let refuse = |message: &dyn std::fmt::Display| ConfigError::value(file, "hsm.token", message);
        let token: KeyUri = read.token.parse().map_err(|e| refuse(&e))?;
        if token.serial().is_none() {
            return Err(refuse(&"the token is named by its serial number: pkcs11:serial=..."));
        }
        let names_more = token.object().is_some()
            || token.id().is_some()
            || token.object_type().is_some()
            || token.module_path().is_some()
            || token.pin_source().is_some();
        if names_more {
            return Err(refuse(&"the token, no object of it, and neither module nor PIN"));
        }
        Ok(Self { module: read.module, token })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::refusal::{Class, Refusal as _};

    const GOOD: &[u8] = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/config/offline.toml"));

    fn refused(from: &str, to: &str) -> String {
        let good = std::str::from_utf8(GOOD).unwrap();
        assert!(good.contains(from), "{from}");
        let refused = OfflineConfig::parse("offline.toml", good.replacen(from, to, 1).as_bytes()).unwrap_err();
        assert_eq!(refused.reason().class, Class::Usage);
        refused.to_string()
    }

    #[test]
    fn the_example_is_read() {
        let config = OfflineConfig::parse("offline.toml", GOOD).unwrap();
        assert_eq!((config.party().to_string().as_str(), config.organisation()), ("ca:root-ca-01", "Example Bank"));
        assert_eq!((config.state(), config.contacts().len()), (Path::new(DEFAULT_STATE), 1));
        assert_eq!(config.hsm().token.serial(), Some("0123456789abcdef"));
        assert!(config.hsm().module.ends_with("libsofthsm2.so"));
    }

    #[test]
    fn unknown_and_missing_keys_are_named() {
        assert!(refused("ca =", "cA =").contains("unknown field `cA`"));
        assert!(refused("module =", "lib =").contains("unknown field `lib`"));
        assert!(refused("organisation = \"Example Bank\"\n", "").contains("missing field `organisation`"));
    }

    #[test]
    fn values_that_cannot_be_used_are_named_by_their_key() {
        for (from, to, word) in [
            ("\"root-ca-01\"", "\"Root CA\"", "ca:"),
            ("\"Example Bank\"", "\" \"", "organisation:"),
            ("state = \"/var", "state = \"var", "state:"),
            ("\"Security office\"", "\"\\u001b[2J\"", "contacts:"),
            ("module = \"/usr", "module = \"usr", "hsm.module:"),
            ("pkcs11:", "p11:", "hsm.token:"),
            ("serial=0123456789abcdef", "model=x", "hsm.token:"),
            ("serial=", "object=x;serial=", "hsm.token:"),
            ("cdef\"", "cdef?pin-source=/root/pin\"", "hsm.token:"),
        ] {
            let said = refused(from, to);
            assert!(said.contains(word) && said.is_ascii(), "{said}");
        }
    }
}
