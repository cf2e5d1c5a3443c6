//! Which host this is: the config that is named, or the one that lies at its usual place.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::IgnoredAny;
use thiserror::Error;
use zeroize::Zeroizing;

#[cfg(feature = "offline")]
use super::offline::{self, OfflineConfig};
#[cfg(feature = "online")]
use super::online::{self, OnlineConfig};
use super::sheet::SheetConfig;
use super::strict::MAX_FILE;
use crate::audit::entry::Side;
use crate::devices::store::{Links, StoreError, read_own_file};
use crate::refusal::{Class, Reason, Refusal, Refused};

/// The usual places, a side each.
const PLACES: &[&str] = &[
    #[cfg(feature = "online")]
    online::DEFAULT_FILE,
    #[cfg(feature = "offline")]
    offline::DEFAULT_FILE,
];

/// What a config may not be: writable by everybody.
const WRITABLE: u32 = 0o002;

/// The config of this host, of its side.
#[derive(Debug, Clone)]
pub enum Config {
    /// Of the cluster admin's side.
    #[cfg(feature = "online")]
    Online(Box<OnlineConfig>),
    /// Of the CA's side.
    #[cfg(feature = "offline")]
    Offline(Box<OfflineConfig>),
}

/// Why it is not known which host this is.
#[derive(Debug, Error)]
pub enum HostConfigError {
    /// No config lies at a usual place.
    #[error("there is no config at {0}")]
    None(String),
    /// Configs of both sides lie there.
    #[error("this host has a config of each side")]
    Both,
    /// The config is of the other side, or of a side that this program was built without.
    #[error("this is the config of the {0} side")]
    Side(&'static str),
    /// Everybody may write it, or it is another user's.
    #[error("others may write the config {0}")]
    Writable(String),
    /// It cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What tells the sides apart.
#[derive(Deserialize)]
struct Peek {
    ca: Option<IgnoredAny>,
}

impl Config {
    /// Reads the config at `path`, or else the one at its usual place.
    ///
    /// # Errors
    /// [`HostConfigError`], [`ConfigError`](super::ConfigError).
    pub fn read(path: Option<&Path>) -> Result<Self, Refused> {
        let (path, bytes) = match path {
            Some(path) => (path.to_owned(), read_guarded(path)?),
            None => usual(PLACES)?,
        };
        Self::parse(&path.to_string_lossy(), &bytes)
    }

    /// As [`Config::read`]; none where nobody named a config and none lies at a usual place, as on a workstation that is no
    /// host. One that was named and is missing is no such place: a host would pass for none by a wrong name.
    ///
    /// # Errors
    /// As [`Config::read`], but where nobody named a config and none is found.
    pub fn find(path: Option<&Path>) -> Result<Option<Self>, Refused> {
        match Self::read(path) {
            Err(refused) if matches!(refused.error().downcast_ref(), Some(HostConfigError::None(_))) => Ok(None),
            found => found.map(Some),
        }
    }

    fn parse(file: &str, bytes: &[u8]) -> Result<Self, Refused> {
        // A file that is no TOML is refused by either reading, with its line.
        let text = std::str::from_utf8(bytes).unwrap_or_default();
        let is_offline = toml::from_str::<Peek>(text).is_ok_and(|peek| peek.ca.is_some());
        match is_offline {
            #[cfg(feature = "offline")]
            true => Ok(Self::Offline(Box::new(OfflineConfig::parse(file, bytes)?))),
            #[cfg(feature = "online")]
            false => Ok(Self::Online(Box::new(OnlineConfig::parse(file, bytes)?))),
            #[cfg(not(all(feature = "online", feature = "offline")))]
            other => Err(HostConfigError::Side(if other { "offline" } else { "online" }).into()),
        }
    }

    /// The side.
    pub fn side(&self) -> Side {
        match self {
            #[cfg(feature = "online")]
            Self::Online(_) => Side::Online,
            #[cfg(feature = "offline")]
            Self::Offline(_) => Side::Offline,
        }
    }

    /// The state directory.
    pub fn state(&self) -> &Path {
        match self {
            #[cfg(feature = "online")]
            Self::Online(config) => config.state(),
            #[cfg(feature = "offline")]
            Self::Offline(config) => config.state(),
        }
    }

    /// How this host prints sheets.
    pub fn sheet(&self) -> &SheetConfig {
        match self {
            #[cfg(feature = "online")]
            Self::Online(config) => config.sheet(),
            #[cfg(feature = "offline")]
            Self::Offline(config) => config.sheet(),
        }
    }

    /// The config of the online side.
    ///
    /// # Errors
    /// [`HostConfigError::Side`].
    #[cfg(feature = "online")]
    pub fn online(self) -> Result<OnlineConfig, HostConfigError> {
        match self {
            Self::Online(config) => Ok(*config),
            #[cfg(feature = "offline")]
            Self::Offline(_) => Err(HostConfigError::Side("offline")),
        }
    }

    /// The config of the offline side.
    ///
    /// # Errors
    /// [`HostConfigError::Side`].
    #[cfg(feature = "offline")]
    pub fn offline(self) -> Result<OfflineConfig, HostConfigError> {
        match self {
            Self::Offline(config) => Ok(*config),
            #[cfg(feature = "online")]
            Self::Online(_) => Err(HostConfigError::Side("online")),
        }
    }
}

/// A config names the module that is loaded and given the PIN: whoever may write it has both.
fn read_guarded(path: &Path) -> Result<Zeroizing<Vec<u8>>, HostConfigError> {
    read_own_file(path, MAX_FILE, Links::Follow, WRITABLE).map_err(|error| match error {
        StoreError::NotPrivate(path) => HostConfigError::Writable(path),
        error => error.into(),
    })
}

/// The one config that lies at a usual place. A link that leads nowhere lies there, too: its host is one.
fn usual(places: &[&str]) -> Result<(PathBuf, Zeroizing<Vec<u8>>), HostConfigError> {
    let mut found = None;
    for place in places.iter().map(Path::new) {
        match read_guarded(place) {
            Ok(_) if found.is_some() => return Err(HostConfigError::Both),
            Ok(bytes) => found = Some((place.to_owned(), bytes)),
            Err(HostConfigError::Store(StoreError::Missing(_))) if is_empty(place) => {}
            Err(error) => return Err(error),
        }
    }
    found.ok_or_else(|| HostConfigError::None(places.join(" or ")))
}

/// Whether nothing lies at `place`, and no link on the way to it leads nowhere: what lies behind one is not known. A place to
/// mount a disk at, with no disk, looks as empty as it is.
fn is_empty(place: &Path) -> bool {
    place.ancestors().all(|on_the_way| !on_the_way.is_symlink() || on_the_way.exists())
}

impl Refusal for HostConfigError {
    fn reason(&self) -> Reason {
        const NAME: &str = "name the config of this host: --config FILE, or AIRLOCK_CONFIG";
        match self {
            Self::None(_) => Reason::new(Class::Usage, "HOST_CONFIG_NONE", NAME),
            Self::Both => Reason::new(Class::Usage, "HOST_CONFIG_BOTH", NAME),
            Self::Side(_) => {
                Reason::new(Class::Usage, "HOST_CONFIG_SIDE", "use the other workstation; a host never changes sides")
            }
            Self::Writable(_) => Reason::new(
                Class::Usage,
                "HOST_CONFIG_WRITABLE",
                "read it through, then make it yours and its mode 0644 or less",
            ),
            Self::Store(error) => error.reason(),
        }
    }
}

#[cfg(all(test, feature = "online", feature = "offline"))]
mod tests {
    use super::*;

    const OFFLINE: &[u8] = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/config/offline.toml"));

    const ONLINE: &[u8] = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/config/online.toml"));
    const PEOPLE: &[u8] = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/config/people.toml"));

    #[test]
    fn a_config_says_its_side() {
        let config = Config::parse("x", OFFLINE).unwrap();
        assert_eq!(config.side(), Side::Offline);
        assert!(config.clone().offline().is_ok());
        assert_eq!(config.online().unwrap_err().reason().code, "HOST_CONFIG_SIDE");
    }

    #[test]
    fn the_examples_of_the_online_side_are_good() {
        let config = Config::parse("online.toml", ONLINE).unwrap().online().unwrap();
        assert_eq!((config.party().to_string().as_str(), config.nodes().len()), ("cluster:prod-1", 4));
        let people = crate::config::people::parse("people.toml", PEOPLE).unwrap();
        assert!(
            people.len() == 2 && people.iter().all(|person| person.principal().to_string().starts_with("requester:"))
        );
    }

    #[test]
    fn what_is_neither_is_refused_with_its_line() {
        for (text, line) in
            [("\u{fffd}", "line 1"), ("host = 'a'\nfoo = 1\n", "line 2"), ("ca = 'a'\nfoo = 1", "line 2")]
        {
            let refused = Config::parse("x", text.as_bytes()).unwrap_err();
            assert_eq!(refused.reason().code, "CONFIG_FORM");
            assert!(refused.to_string().contains(line), "{refused}");
        }
    }

    #[test]
    fn a_config_that_everybody_may_write_is_not_used() {
        let base = tempfile::tempdir().unwrap();
        let folder = crate::devices::store::Directory::open(base.path()).unwrap();
        for (mode, code) in [(0o644, ""), (0o664, ""), (0o646, "HOST_CONFIG_WRITABLE"), (0o602, "HOST_CONFIG_WRITABLE")]
        {
            let name = format!("{mode:o}.toml");
            folder.create_new(&name, OFFLINE, mode).unwrap();
            let read = Config::read(Some(&base.path().join(name)));
            assert_eq!(read.map_or_else(|refused| refused.reason().code, |_| ""), code, "{mode:o}");
        }
    }

    #[test]
    fn a_named_config_must_be_there() {
        let missing = tempfile::tempdir().unwrap().path().join("none.toml");
        assert_eq!(Config::read(Some(&missing)).unwrap_err().reason().code, "STORAGE_MISSING");
        assert_eq!(Config::find(Some(&missing)).unwrap_err().reason().code, "STORAGE_MISSING");
    }

    #[test]
    fn one_config_lies_at_the_usual_places() {
        let base = tempfile::tempdir().unwrap();
        let folder = crate::devices::store::Directory::open(base.path()).unwrap();
        let [one, other] = ["online.toml", "offline.toml"].map(|name| base.path().join(name));
        let places = [&one, &other].map(|place| place.to_str().unwrap());
        let found = || usual(&places).map_or_else(|error| error.reason().code, |_| "");
        assert_eq!(found(), "HOST_CONFIG_NONE");
        std::os::unix::fs::symlink("nowhere", &other).unwrap();
        assert_eq!(found(), "STORAGE_MISSING", "a link that leads nowhere");
        folder.create_new("online.toml", ONLINE, 0o644).unwrap();
        assert_eq!(found(), "STORAGE_MISSING", "a link that leads nowhere, beside a config");
        folder.remove("offline.toml").unwrap();
        assert!(found().is_empty() && usual(&places).unwrap().0 == one);
        folder.create_new("offline.toml", OFFLINE, 0o644).unwrap();
        assert_eq!(found(), "HOST_CONFIG_BOTH");
        std::os::unix::fs::symlink("disk", base.path().join("etc")).unwrap();
        let away = usual(&[base.path().join("etc/online.toml").to_str().unwrap()]).unwrap_err();
        assert_eq!(away.reason().code, "STORAGE_MISSING", "a link on the way that leads nowhere");
    }
}
