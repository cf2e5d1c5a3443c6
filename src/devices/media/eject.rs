//! A medium is given back: the kernel lets go of it and powers its port down.

use std::fs;
use std::path::Path;

use super::bay::Bay;
use super::verdict::{DeviceError, judge_hardware};

/// How it can be taken out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ejected {
    /// The kernel has let go of it: it is no longer there.
    Released,
    /// Nothing of it is in use; it has no switch that this program reaches.
    ByHand,
}

impl Bay {
    /// Lets go of the medium that a person names; what lies on it need not be to our liking.
    ///
    /// # Errors
    /// Any [`DeviceError`] of its hardware but those of its interfaces and size.
    pub fn eject(&self, named: &Path) -> Result<Ejected, DeviceError> {
        let disk = self.find(named)?.disk;
        match judge_hardware(&disk) {
            Ok(()) | Err(DeviceError::Interface(..) | DeviceError::Size(_) | DeviceError::Absent(_)) => {}
            Err(refused) => return Err(refused),
        }
        let fault = |e: &dyn std::fmt::Display| DeviceError::Node(disk.name.clone(), e.to_string());
        if disk.size > 0 {
            let parts = disk.partitions.iter().map(|part| (part.name.as_str(), part.number));
            for (name, number) in parts.chain([(disk.name.as_str(), disk.number)]) {
                let node = self.open_alone(name, number, false)?;
                rustix::fs::fsync(&node).map_err(|e| fault(&e))?;
            }
        }
        let here = fs::canonicalize(self.place(&disk.name)).map_err(|e| fault(&e))?;
        let port = here.ancestors().find(|place| place.join("bDeviceClass").exists());
        match port.map(|port| port.join("remove")).filter(|switch| switch.exists()) {
            Some(switch) => fs::write(switch, "1").map(|()| Ejected::Released).map_err(|e| fault(&e)),
            None => Ok(Ejected::ByHand),
        }
    }
}
