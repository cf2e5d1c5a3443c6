//! FAT and exFAT in user space, mounted by somebody else: the medium is a directory then.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use airlock::devices::media::Medium;
use airlock::devices::store::Directory;
use airlock::refusal::Refusal as _;
use tempfile::TempDir;

use crate::drive::LIMITS;
use crate::machine::run;
use crate::transfer::{grammar, set};

/// A file system that a process of user space serves.
struct Served {
    base: TempDir,
    server: Child,
    attached: Option<String>,
}

impl Served {
    /// FAT32 by fusefat; none where this machine cannot.
    fn fat() -> Option<Self> {
        let (base, image) = image(64)?;
        let formatted = run("mkfs.vfat", &["-F", "32", "-n", "XFER", image.to_str()?]);
        let at = base.path().join("mnt");
        let server = formatted.and_then(|_| spawn("fusefat", &["-f", "-o", "rw+", image.to_str()?, at.to_str()?]));
        Self::serve(base, server, None, "fusefat, mkfs.vfat")
    }

    /// exFAT by exfat-fuse on a loop device; none where this machine cannot.
    fn exfat() -> Option<Self> {
        let (base, image) = image(64)?;
        let formatted = run("mkfs.exfat", &[image.to_str()?]);
        let attached = formatted.and_then(|_| run("losetup", &["-f", "--show", image.to_str()?]));
        let at = base.path().join("mnt");
        let server = attached.as_ref().and_then(|node| spawn("mount.exfat-fuse", &["-d", node.as_str(), at.to_str()?]));
        Self::serve(base, server, attached, "exfat-fuse, exfatprogs")
    }

    fn serve(base: TempDir, server: Option<Child>, attached: Option<String>, tools: &str) -> Option<Self> {
        let Some(server) = server else {
            eprintln!("skipped: no {tools} here");
            return None;
        };
        let served = Self { base, server, attached };
        let since = Instant::now();
        while served.connection().is_none() {
            if since.elapsed() > Duration::from_secs(10) {
                eprintln!("skipped: {tools} does not mount here");
                return None;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Some(served)
    }

    fn at(&self) -> PathBuf {
        self.base.path().join("mnt")
    }

    /// The number of its connection to the kernel.
    fn connection(&self) -> Option<String> {
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
        let at = self.at();
        let line = mounts.lines().find(|line| line.split(' ').nth(4) == at.to_str())?;
        Some(line.split(' ').nth(2)?.split_once(':')?.1.to_owned())
    }

    /// Breaks the connection, as pulling the stick out would.
    fn abort(&self) -> bool {
        let Some(number) = self.connection() else { return false };
        let control = Path::new("/sys/fs/fuse/connections");
        if !control.join(&number).exists() {
            let _ = run("mount", &["-t", "fusectl", "none", control.to_str().unwrap()]);
        }
        fs::write(control.join(number).join("abort"), "1").is_ok()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = run("umount", &["-l", self.at().to_str().unwrap()]);
        let _ = self.server.kill();
        let _ = self.server.wait();
        if let Some(node) = &self.attached {
            let _ = run("losetup", &["-d", node]);
        }
    }
}

fn image(mebibytes: u64) -> Option<(TempDir, PathBuf)> {
    let base = tempfile::tempdir().unwrap();
    fs::create_dir(base.path().join("mnt")).unwrap();
    let image = base.path().join("image");
    fs::File::create(&image).unwrap().set_len(mebibytes << 20).unwrap();
    Some((base, image))
}

fn spawn(program: &str, arguments: &[&str]) -> Option<Child> {
    let quiet =
        Command::new(program).args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    quiet.ok()
}

fn carries_a_transfer(served: &Served) {
    let payload: Vec<u8> = (0..300_000_u32).map(|i| (i >> 3) as u8).collect();
    let medium = Medium::open(&served.at()).unwrap();
    medium.export(&set(&payload), grammar).unwrap();
    let transfer = medium.list(grammar).unwrap().one_transfer().unwrap();
    let local = tempfile::tempdir().unwrap();
    let here = Directory::open(local.path()).unwrap();
    medium.copy_in(&transfer, &LIMITS, &here).unwrap();
    assert_eq!(here.read("T.ZIP", 1 << 20).unwrap().as_slice(), payload);
    let again = medium.export(&set(b"other"), grammar).unwrap_err();
    assert_eq!(again.reason().code, "MEDIA_OCCUPIED");
}

#[test]
fn fat32_carries_a_transfer() {
    let Some(served) = Served::fat() else { return };
    carries_a_transfer(&served);
}

#[test]
fn exfat_carries_a_transfer() {
    let Some(served) = Served::exfat() else { return };
    carries_a_transfer(&served);
}

#[test]
fn a_connection_that_breaks_in_the_middle_is_a_medium_that_is_gone() {
    let payload: Vec<u8> = (0..8_000_000_u32).map(|i| (i >> 3) as u8).collect();
    for wait in [0, 5, 40] {
        let Some(served) = Served::fat() else { return };
        let medium = Medium::open(&served.at()).unwrap();
        let (done, broken) = std::thread::scope(|scope| {
            let export = scope.spawn(|| medium.export(&set(&payload), grammar));
            std::thread::sleep(Duration::from_millis(wait));
            let broken = served.abort();
            (export.join().unwrap(), broken)
        });
        if !broken {
            eprintln!("skipped: no fusectl here");
            return;
        }
        // It may have been written before; if not, it is gone, and a signature that was just being written may be there.
        if let Err(refused) = done {
            assert!(["MEDIA_GONE", "MEDIA_LEFT"].contains(&refused.reason().code), "{refused}");
        }
        assert_eq!(medium.export(&set(&payload), grammar).unwrap_err().reason().code, "MEDIA_GONE");
    }
}
