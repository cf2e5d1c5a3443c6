//! A medium that we mount ourselves, where no path leads.
//!
//! The mount is in no namespace at all: it belongs to a descriptor of this process (`fsmount(2)`), so no other program
//! can look into it, nothing is left mounted by a process that dies, and no namespace must be made before there are
//! threads. Its top is reached through the descriptor alone.

use std::os::fd::{AsFd as _, OwnedFd};
use std::path::Path;

use rustix::fs::{Mode, OFlags, openat};
use rustix::io::Errno;
use rustix::mount::{
    FsMountFlags, FsOpenFlags, MountAttrFlags, fsconfig_create, fsconfig_set_flag, fsconfig_set_string, fsmount, fsopen,
};

use super::fault::MediaError;
use super::filesystem::FileSystemKind;
use super::medium::Medium;
use crate::devices::store::fault::shown;
use crate::devices::store::{Directory, StoreError};

/// Whether the medium is written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// Nothing is written, not even the journal of a medium that was pulled out.
    Read,
    /// Files are written.
    Write,
}

/// A mounted medium; dropped, it is unmounted.
#[derive(Debug)]
pub(super) struct Mounted {
    // Before the mount, which lives as long as its descriptor.
    medium: Medium,
    _mount: OwnedFd,
}

/// A directory in memory that nobody else sees; dropped, it is gone.
#[derive(Debug)]
pub(super) struct Quarantine {
    directory: Directory,
    _mount: OwnedFd,
}

const SAFE: MountAttrFlags = MountAttrFlags::MOUNT_ATTR_NOSUID
    .union(MountAttrFlags::MOUNT_ATTR_NODEV)
    .union(MountAttrFlags::MOUNT_ATTR_NOEXEC)
    .union(MountAttrFlags::MOUNT_ATTR_NOSYMFOLLOW);
const TOP: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

impl Mounted {
    /// Mounts the block device at `node`; sysfs tells of it at `device`.
    ///
    /// # Errors
    /// [`MediaError::NoDriver`], [`MediaError::Denied`], [`MediaError::Unmountable`]; what else the medium says.
    pub(super) fn mount(node: &Path, device: &Path, kind: FileSystemKind, access: Access) -> Result<Self, MediaError> {
        let refused = |e| mount_error(node, kind, e);
        let fs = fsopen(kind.driver(), FsOpenFlags::FSOPEN_CLOEXEC).map_err(refused)?;
        fsconfig_set_string(fs.as_fd(), "source", node).map_err(refused)?;
        let (flags, values) = options(kind, access);
        for flag in flags {
            fsconfig_set_flag(fs.as_fd(), *flag).map_err(refused)?;
        }
        for (key, value) in values {
            fsconfig_set_string(fs.as_fd(), *key, *value).map_err(refused)?;
        }
        fsconfig_create(fs.as_fd()).map_err(refused)?;
        let attributes = if access == Access::Read { SAFE | MountAttrFlags::MOUNT_ATTR_RDONLY } else { SAFE };
        let mount = fsmount(fs.as_fd(), FsMountFlags::FSMOUNT_CLOEXEC, attributes).map_err(refused)?;
        let medium = Medium::held(top(&mount, node)?, device.to_owned());
        Ok(Self { medium, _mount: mount })
    }

    /// What is mounted.
    pub(super) fn medium(&self) -> &Medium {
        &self.medium
    }
}

impl Quarantine {
    /// A fresh one for `bytes` bytes, mode 0700.
    ///
    /// # Errors
    /// [`MediaError::Local`]: this user may not mount, or the kernel cannot.
    pub(super) fn make(bytes: u64) -> Result<Self, MediaError> {
        let name = Path::new("quarantine");
        let refused = |e| MediaError::Local(StoreError::of(name, e));
        let fs = fsopen("tmpfs", FsOpenFlags::FSOPEN_CLOEXEC).map_err(refused)?;
        fsconfig_set_string(fs.as_fd(), "size", bytes.to_string()).map_err(refused)?;
        fsconfig_set_string(fs.as_fd(), "mode", "0700").map_err(refused)?;
        fsconfig_create(fs.as_fd()).map_err(refused)?;
        let mount = fsmount(fs.as_fd(), FsMountFlags::FSMOUNT_CLOEXEC, SAFE).map_err(refused)?;
        Ok(Self { directory: top(&mount, name).map_err(MediaError::Local)?, _mount: mount })
    }

    /// The directory.
    pub(super) fn directory(&self) -> &Directory {
        &self.directory
    }
}

fn top(mount: &OwnedFd, name: &Path) -> Result<Directory, StoreError> {
    let fd = openat(mount, ".", TOP, Mode::empty()).map_err(|e| StoreError::of(name, e))?;
    Ok(Directory::held(fd, name))
}

/// Options that are set beside the attributes of the mount. A hostile superblock must not choose what an error does: ext4
/// can ask for a panic there.
fn options(kind: FileSystemKind, access: Access) -> (&'static [&'static str], &'static [(&'static str, &'static str)]) {
    const FAT: &[(&str, &str)] = &[("tz", "UTC"), ("errors", "remount-ro"), ("umask", "0077")];
    const EXFAT: &[(&str, &str)] = &[("errors", "remount-ro"), ("umask", "0077")];
    match (kind, access) {
        (FileSystemKind::Fat32, Access::Read) => (&["ro", "utf8"], FAT),
        (FileSystemKind::Fat32, Access::Write) => (&["utf8"], FAT),
        (FileSystemKind::ExFat, Access::Read) => (&["ro"], EXFAT),
        (FileSystemKind::ExFat, Access::Write) => (&[], EXFAT),
        (FileSystemKind::Ext4, Access::Read) => (&["ro", "noload"], &[("errors", "continue")]),
        (FileSystemKind::Ext4, Access::Write) => (&[], &[("errors", "remount-ro")]),
        (FileSystemKind::Iso9660 | FileSystemKind::Udf, _) => (&["ro"], &[]),
    }
}

fn mount_error(node: &Path, kind: FileSystemKind, e: Errno) -> MediaError {
    match e {
        Errno::NODEV => MediaError::NoDriver(kind),
        Errno::PERM => MediaError::Denied(shown(node)),
        // The kernel says "access" of a device that takes no writes.
        Errno::ROFS | Errno::ACCESS => MediaError::ReadOnly(shown(node)),
        Errno::IO | Errno::NXIO | Errno::NOMEDIUM | Errno::NOENT => MediaError::Gone(shown(node)),
        e => MediaError::Unmountable(shown(node), kind, e.to_string()),
    }
}
