//! `airlock enrol`: both sides introduce themselves with the same words.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::answer::Answer;
use super::call::Call;
use super::person::PersonOptions;
use super::reinsert::ReinsertOption;
use super::secrets::{HostPassphraseOptions, PinOptions};
use super::sheet_options::SheetOptions;
use crate::config::host::Config;
use crate::exchange::statement::party::Party;
use crate::exchange::trace::Trace;
use crate::refusal::Refused;

/// Introduce this host to a peer, and peers to this host
#[derive(Debug, Subcommand)]
pub(super) enum Enrol {
    /// Write the record of this host, for one peer, to a medium
    Export(Export),
    /// Copy the record of a peer in
    Import(Import),
    /// Type the rows of its sheet; two people do, sixteen rows each
    Confirm(Confirm),
    /// Show the record of a confirmed peer beside the one before, and enrol the peer
    Accept(Accept),
    /// On the offline side, decide on a confirmed record; with the last decision the peer is enrolled
    #[cfg(feature = "offline")]
    Approve(Approve),
    /// List the peers of this host
    List,
    /// Print the keys of this host's peers as OpenSSH allowed signers
    AllowedSigners,
}

/// Options of `enrol export`.
#[derive(Debug, Args)]
pub(super) struct Export {
    /// The peer, such as ca:root-ca-01 or cluster:prod-1
    #[arg(long, value_name = "PARTY")]
    pub(super) to: Party,
    /// The device, as sdb1, or the directory where the medium is mounted
    #[arg(long, value_name = "DEV|DIR")]
    pub(super) media: PathBuf,
    #[command(flatten)]
    pub(super) reinsert: ReinsertOption,
    #[command(flatten)]
    pub(super) sheet: SheetOptions,
    /// On the online side, what opens the keys of this host
    #[command(flatten)]
    pub(super) host: HostPassphraseOptions,
    /// On the offline side, what opens the token
    #[command(flatten)]
    pub(super) pin: PinOptions,
}

/// Options of `enrol import`.
#[derive(Debug, Args)]
pub(super) struct Import {
    /// The device, as sdb1, or the directory where the medium is mounted
    #[arg(long, value_name = "DEV|DIR")]
    pub(super) media: PathBuf,
}

/// Options of `enrol confirm`.
#[derive(Debug, Args)]
pub(super) struct Confirm {
    /// The trace, as printed on the sheet
    pub(super) trace: Trace,
    #[command(flatten)]
    pub(super) person: PersonOptions,
}

/// Options of `enrol accept`.
#[derive(Debug, Args)]
pub(super) struct Accept {
    /// The trace, as printed on the sheet
    pub(super) trace: Trace,
    #[command(flatten)]
    pub(super) person: PersonOptions,
}

/// Options of `enrol approve`.
#[cfg(feature = "offline")]
#[derive(Debug, Args)]
pub(super) struct Approve {
    /// The trace, as printed on the sheet
    pub(super) trace: Trace,
    #[command(flatten)]
    pub(super) how: super::decision::DecisionOptions,
}

impl Enrol {
    pub(super) fn run(self, call: &Call) -> Result<Answer, Refused> {
        match call.host()? {
            #[cfg(feature = "online")]
            Config::Online(config) => super::online::enrol::run(self, call, *config),
            #[cfg(feature = "offline")]
            Config::Offline(_) => super::offline::enrol::run(self, call),
        }
    }
}
