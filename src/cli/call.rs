//! What every verb is given.

use std::path::{Path, PathBuf};

use super::answer::Format;
use super::gauge::Gauge;
use crate::audit::entry::Side;
use crate::config::host::Config;
use crate::desk::host::{Desk, Senses};
use crate::devices::clock::SystemClock;
use crate::devices::entropy::SystemEntropy;
use crate::refusal::Refused;

/// The command line around a verb.
#[derive(Debug, Clone)]
pub struct Call {
    /// The config named by `--config` or `AIRLOCK_CONFIG`.
    pub config: Option<PathBuf>,
    /// How data is written.
    pub format: Format,
}

impl Call {
    /// The config of this host, of whichever side it is.
    ///
    /// # Errors
    /// Any [`HostConfigError`](crate::config::host::HostConfigError) or [`ConfigError`](crate::config::ConfigError).
    pub fn host(&self) -> Result<Config, Refused> {
        Config::read(self.config.as_deref())
    }

    /// The config of this host, which is on the online side.
    ///
    /// # Errors
    /// As [`Call::host`]; where the host is on the other side.
    #[cfg(feature = "online")]
    pub fn online(&self) -> Result<crate::config::online::OnlineConfig, Refused> {
        Ok(self.host()?.online()?)
    }

    /// The config of this host, which is on the offline side.
    ///
    /// # Errors
    /// As [`Call::host`]; where the host is on the other side.
    #[cfg(feature = "offline")]
    pub fn offline(&self) -> Result<crate::config::offline::OfflineConfig, Refused> {
        Ok(self.host()?.offline()?)
    }

    /// The clock and the randomness of this host.
    pub fn senses(&self) -> Senses {
        Senses { clock: Box::new(SystemClock), entropy: Box::new(SystemEntropy) }
    }

    /// The state of this host, whatever its side.
    ///
    /// # Errors
    /// As [`Call::host`]; any [`DeskError`](crate::desk::host::DeskError).
    pub fn desk(&self) -> Result<Desk, Refused> {
        let config = self.host()?;
        self.desk_at(config.state(), config.side())
    }

    /// As [`Call::desk`]; none on a workstation that is no host.
    ///
    /// # Errors
    /// As [`Call::desk`], but for a config that is missing.
    pub fn desk_if_host(&self) -> Result<Option<Desk>, Refused> {
        let config = Config::find(self.config.as_deref())?;
        config.map(|config| self.desk_at(config.state(), config.side())).transpose()
    }

    /// Progress of the long step `label`.
    pub fn gauge(&self, label: &'static str) -> Gauge {
        Gauge::new(label, self.format)
    }

    fn desk_at(&self, state: &Path, side: Side) -> Result<Desk, Refused> {
        Desk::open(state, side, self.senses())
    }
}
