//! Why a component did not restart.

use thiserror::Error;

use crate::devices::process::ProcessError;
use crate::devices::program::ProgramError;
use crate::devices::store::StoreError;
use crate::refusal::{Class, Reason, Refusal};

/// Why a component was not stopped, started or restarted.
#[derive(Debug, Error)]
pub enum ComponentError {
    /// Nothing, or too much, is known of its process.
    #[error(transparent)]
    Process(#[from] ProcessError),
    /// A program that should have done it failed.
    #[error(transparent)]
    Program(#[from] ProgramError),
    /// The disk refused to move the manifest.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It did not end in the time that it was given.
    #[error("{0} still runs {1} s after it was told to stop")]
    StillRuns(String, u64),
    /// It did not start in the time that it was given.
    #[error("{0} does not run {1} s after it was told to start")]
    NotThere(String, u64),
    /// All was done, and the process is still the one from before.
    #[error("{0} was told to restart and is still the same process")]
    Same(String),
    /// Both the manifest and the one that was moved out are there.
    #[error("{0} has a manifest, and another that was moved out of the way")]
    TwoManifests(String),
    /// Neither the manifest nor one that was moved out is there.
    #[error("{0} has no manifest")]
    NoManifest(String),
    /// Not the name of a systemd unit.
    #[error("{0} is not the name of a systemd unit")]
    UnitName(String),
}

impl Refusal for ComponentError {
    fn reason(&self) -> Reason {
        let held = |code, hint| Reason::new(Class::Held, code, hint);
        match self {
            Self::Process(error) => error.reason(),
            Self::Program(error) => error.reason(),
            Self::Store(error) => error.reason(),
            Self::StillRuns(..) => held("COMPONENT_STILL_RUNS", "see in its log what it waits for; nothing was killed"),
            Self::NotThere(..) => held("COMPONENT_NOT_THERE", "read its log and the kubelet's, and start it"),
            Self::Same(_) => held("COMPONENT_SAME", "check the config: the process looked at is not the one restarted"),
            Self::TwoManifests(_) => held("COMPONENT_TWO_MANIFESTS", "compare the two and remove the one not meant"),
            Self::NoManifest(_) => held("COMPONENT_NO_MANIFEST", "bring the manifest back from the backup"),
            Self::UnitName(_) => {
                Reason::new(Class::Usage, "COMPONENT_UNIT", "give the unit as systemctl lists it, as kubelet.service")
            }
        }
    }
}
