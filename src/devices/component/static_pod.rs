//! A static pod of the kubelet, stopped by moving its manifest out of the directory that the kubelet watches, and started
//! by moving it back. To touch the file is not enough: the kubelet compares what it says, not its times.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{self, RenameFlags};

use super::fault::ComponentError;
use super::{Component, wait_gone, wait_there};
use crate::devices::process::{Process, Sought};
use crate::devices::store::fault::shown;
use crate::devices::store::{Directory, StoreError};

/// A static pod with one process that counts.
#[derive(Debug)]
pub struct StaticPod {
    name: String,
    watched: Directory,
    parked: Directory,
    manifest: String,
    sought: Sought,
    patience: Duration,
}

impl StaticPod {
    /// The pod of the manifest at `manifest`, which while it is stopped lies in `parking`: a private directory of the same
    /// file system that no kubelet watches. Its process is `sought`; stopping and starting may take `patience` each, which
    /// for an apiserver is more than its shutdown delay and drain.
    ///
    /// # Errors
    /// [`ComponentError::Store`].
    pub fn new(manifest: &Path, parking: &Path, sought: Sought, patience: Duration) -> Result<Self, ComponentError> {
        let named = |path: &Path| StoreError::Name(shown(path));
        let name = manifest.file_name().and_then(OsStr::to_str).ok_or_else(|| named(manifest))?;
        let watched = manifest.parent().ok_or_else(|| named(manifest))?;
        Ok(Self {
            name: name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_owned(),
            watched: Directory::open(watched)?,
            parked: Directory::private(parking)?,
            manifest: name.to_owned(),
            sought,
            patience,
        })
    }

    /// Whether its manifest is out of the way, as a killed run leaves it between stop and start.
    ///
    /// # Errors
    /// [`ComponentError::TwoManifests`], [`ComponentError::NoManifest`]; any error of the disk.
    pub fn is_parked(&self) -> Result<bool, ComponentError> {
        match (self.watched.holds(&self.manifest)?, self.parked.holds(&self.manifest)?) {
            (true, false) => Ok(false),
            (false, true) => Ok(true),
            (true, true) => Err(ComponentError::TwoManifests(self.name.clone())),
            (false, false) => Err(ComponentError::NoManifest(self.name.clone())),
        }
    }

    fn moved(&self, from: &Directory, to: &Directory) -> Result<(), StoreError> {
        let name = self.manifest.as_str();
        let path: PathBuf = to.path().join(name);
        fs::renameat_with(from.fd(), name, to.fd(), name, RenameFlags::NOREPLACE)
            .map_err(|e| StoreError::of(&path, e))?;
        to.flush()?;
        from.flush()
    }
}

impl Component for StaticPod {
    fn name(&self) -> &str {
        &self.name
    }

    fn process(&self) -> Result<Process, ComponentError> {
        Ok(Process::find(&self.sought)?)
    }

    fn stop(&self) -> Result<(), ComponentError> {
        if !self.is_parked()? {
            self.moved(&self.watched, &self.parked)?;
        }
        wait_gone(self, self.patience)
    }

    fn start(&self) -> Result<Process, ComponentError> {
        if self.is_parked()? {
            self.moved(&self.parked, &self.watched)?;
        }
        wait_there(self, self.patience)
    }

    /// A pod that does not stop gets its manifest back: better old than none.
    fn stop_and_start(&self) -> Result<Process, ComponentError> {
        let stopped = self.stop();
        if stopped.is_err() && self.is_parked()? {
            self.moved(&self.parked, &self.watched)?;
        }
        stopped?;
        self.start()
    }
}
