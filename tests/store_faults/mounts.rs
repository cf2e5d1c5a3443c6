//! Throw-away file systems.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// A mounted file system, unmounted when dropped.
pub(crate) struct Mounted {
    base: TempDir,
}

/// Runs a program quietly; whether it succeeded.
pub(crate) fn run(program: &str, arguments: &[&str]) -> bool {
    let status = Command::new(program).args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

impl Mounted {
    /// A tmpfs with `options`, as `size=64k,nr_inodes=8`; `None` where this user cannot mount.
    pub(crate) fn tmpfs(options: &str) -> Option<Self> {
        let mounted = Self::new();
        let at = mounted.path();
        let done = run("mount", &["-t", "tmpfs", "-o", options, "airlock-test", at.to_str().unwrap()]);
        if done {
            Some(mounted)
        } else {
            eprintln!("skipped: cannot mount a tmpfs here (run as root)");
            None
        }
    }

    /// An ext4 of `mebibytes` on a loop device; `None` where this machine cannot.
    pub(crate) fn ext4(mebibytes: u64) -> Option<Self> {
        let mounted = Self::new();
        let image = mounted.image();
        std::fs::File::create(&image).unwrap().set_len(mebibytes << 20).unwrap();
        let made = run("mkfs.ext4", &["-q", "-F", image.to_str().unwrap()]) && mounted.mount_again();
        if !made {
            eprintln!("skipped: cannot mount ext4 on a loop device here");
        }
        made.then_some(mounted)
    }

    /// A FAT16 in user space; `None` where this machine cannot.
    pub(crate) fn fat() -> Option<Self> {
        let mounted = Self::new();
        let (image, at) = (mounted.image(), mounted.path());
        std::fs::File::create(&image).unwrap().set_len(16 << 20).unwrap();
        let made = run("mkfs.vfat", &[image.to_str().unwrap()])
            && run("fusefat", &["-o", "rw+", image.to_str().unwrap(), at.to_str().unwrap()]);
        if !made {
            eprintln!("skipped: cannot mount FAT here (fusefat, mkfs.vfat, /dev/fuse)");
        }
        made.then_some(mounted)
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.base.path().join("mnt")
    }

    pub(crate) fn remount(&self, options: &str) -> bool {
        run("mount", &["-o", &format!("remount,{options}"), self.path().to_str().unwrap()])
    }

    pub(crate) fn unmount(&self) -> bool {
        run("umount", &["-l", self.path().to_str().unwrap()])
    }

    /// Mounts the loop image, at first or once more.
    pub(crate) fn mount_again(&self) -> bool {
        run("mount", &["-o", "loop", self.image().to_str().unwrap(), self.path().to_str().unwrap()])
    }

    /// What is there when a stick is pulled out: every access fails from now on.
    pub(crate) fn shut_down(path: &Path) -> bool {
        run("xfs_io", &["-x", "-c", "shutdown", path.to_str().unwrap()])
    }

    fn new() -> Self {
        let base = tempfile::tempdir().unwrap();
        std::fs::create_dir(base.path().join("mnt")).unwrap();
        Self { base }
    }

    fn image(&self) -> PathBuf {
        self.base.path().join("image")
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        self.unmount();
    }
}
