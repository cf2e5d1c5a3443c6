//! `airlock init`: the state and the keys of a new host, of the side that its config says.

use std::path::PathBuf;

use clap::Args;

use super::answer::Answer;
use super::call::Call;
use super::secrets::{HostPassphraseOptions, ImportPassphraseOptions, PinOptions};
use crate::config::host::Config;
use crate::refusal::Refused;

/// Set this host up: its state, its keys and its people; it is locked to its side for ever
#[derive(Debug, Args)]
pub(super) struct Init {
    /// The people of this host, as TOML
    #[arg(long, value_name = "FILE")]
    pub(super) people: PathBuf,
    /// On the offline side, the first policy
    #[arg(long, value_name = "FILE")]
    pub(super) policy: Option<PathBuf>,
    /// Where the genesis is written to, and where its signatures lie [default: here]
    #[arg(long, value_name = "DIR")]
    pub(super) signatures: Option<PathBuf>,
    /// On the offline side, what opens the token
    #[command(flatten)]
    pub(super) pin: PinOptions,
    /// On the online side, what will open the keys of this host
    #[command(flatten)]
    pub(super) host: HostPassphraseOptions,
    /// On the online side, what will open the identity for packages
    #[command(flatten)]
    pub(super) import: ImportPassphraseOptions,
}

impl Init {
    pub(super) fn run(self, call: &Call) -> Result<Answer, Refused> {
        match call.host()? {
            #[cfg(feature = "online")]
            Config::Online(config) => super::online::init::run(&self, call, *config),
            #[cfg(feature = "offline")]
            Config::Offline(config) => super::offline::init::run(self, call, *config),
        }
    }
}
