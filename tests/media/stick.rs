//! A stick of 96 MiB as an image, seen by programs that know nothing of airlock: dosfstools and mtools.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::machine::{FIRST, mbr, run};

const SECTORS: u64 = (96 << 11) - FIRST;

/// The image, and what should come to lie on it.
pub(crate) struct Stick {
    pub(crate) image: PathBuf,
    files: BTreeMap<String, Vec<u8>>,
}

/// What lies on it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// All files of the transfer, each whole.
    pub(crate) is_whole: bool,
    /// A file that bears the name of the signature.
    pub(crate) is_signed: bool,
    /// `fsck.vfat` has nothing to say.
    pub(crate) is_clean: bool,
    /// What it says where it is more than that the stick was not let go of.
    pub(crate) fault: Option<String>,
}

impl Stick {
    /// A stick whose partition `format` fills; what lies in `transfer` is to come to lie on it.
    pub(crate) fn new(image: &Path, transfer: &Path, format: impl Fn(&str) -> bool) -> Self {
        let volume = image.with_extension("volume");
        File::create(&volume).unwrap().set_len(SECTORS * 512).unwrap();
        assert!(format(volume.to_str().unwrap()), "the tool that formats is missing here");
        let mut disk = File::create(image).unwrap();
        disk.write_all(&mbr(&[(0x0C, FIRST as u32, SECTORS as u32)])).unwrap();
        disk.set_len((FIRST + SECTORS) * 512).unwrap();
        disk.seek(SeekFrom::Start(FIRST * 512)).unwrap();
        std::io::copy(&mut File::open(&volume).unwrap(), &mut disk).unwrap();
        fs::remove_file(&volume).unwrap();
        let files = fs::read_dir(transfer).unwrap().map(|file| file.unwrap());
        let files = files.map(|file| (file.file_name().into_string().unwrap(), fs::read(file.path()).unwrap()));
        Self { image: image.to_owned(), files: files.collect() }
    }

    /// Takes away what was written to it, as a person does elsewhere.
    pub(crate) fn empties(&self) {
        let volume = format!("{}@@{}", self.image.display(), FIRST * 512);
        for name in self.files.keys() {
            let _ = run("mdel", &["-i", &volume, &format!("::{name}")]);
        }
    }

    /// Looks at it from outside.
    pub(crate) fn found(&self) -> Found {
        let volume = self.image.with_extension("volume");
        let mut disk = File::open(&self.image).unwrap();
        disk.seek(SeekFrom::Start(FIRST * 512)).unwrap();
        std::io::copy(&mut disk.take(SECTORS * 512), &mut File::create(&volume).unwrap()).unwrap();
        let checked = Command::new("fsck.vfat").args(["-n", "-v"]).arg(&volume).output().unwrap();
        let said = String::from_utf8_lossy(&checked.stdout).into_owned();
        let read = |name: &str| {
            let output = Command::new("mtype").args(["-i", volume.to_str().unwrap(), &format!("::{name}")]).output();
            output.ok().filter(|output| output.status.success()).map(|output| output.stdout)
        };
        let is_whole = self.files.iter().all(|(name, bytes)| read(name).as_ref() == Some(bytes));
        let is_signed = self.files.keys().any(|name| name.ends_with(".sig") && read(name).is_some());
        let is_clean = checked.status.success();
        fs::remove_file(&volume).unwrap();
        Found { is_whole, is_signed, is_clean, fault: fault(&said) }
    }
}

/// What `fsck.vfat` says of damage, but for the mark of a stick that was not let go of.
fn fault(said: &str) -> Option<String> {
    // The mark is made in the boot sector alone, which then differs from its copy.
    const HARMLESS: &str = "between boot sector and its backup";
    let marks = ["Reclaimed", "differ", "bad", "Bad", "cluster chain", "Orphan", "Free cluster", "wrong"];
    let is_damage = |line: &&str| marks.iter().any(|mark| line.contains(mark)) && !line.contains(HARMLESS);
    said.lines().find(is_damage).map(|line| line.trim().to_owned())
}

/// FAT32 with a label, as `mkfs.vfat` makes it.
pub(crate) fn fat32(volume: &str) -> bool {
    run("mkfs.vfat", &["-F", "32", "-n", "XFER", volume]).is_some()
}
