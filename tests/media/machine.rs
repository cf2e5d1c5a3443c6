//! A machine whose sysfs says what a test wants, over block devices of this one: loop devices on images.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use airlock::devices::media::Bay;
use tempfile::TempDir;

/// Sectors before the partition.
pub(crate) const FIRST: u64 = 2048;

/// A machine with one stick in its only USB port.
pub(crate) struct Machine {
    base: TempDir,
    loops: Vec<String>,
}

/// A program that ran well; none where it did not, or is missing.
pub(crate) fn run(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

impl Machine {
    /// A machine with nothing plugged in.
    pub(crate) fn new() -> Self {
        let machine = Self { base: tempfile::tempdir().unwrap(), loops: Vec::new() };
        machine.write("proc/self/mountinfo", "20 1 254:0 / / rw - ext4 /dev/vda rw\n");
        machine.write("proc/swaps", "Filename\tType\tSize\tUsed\tPriority\n");
        machine.write("sys/devices/pci0/subsystem-target", "");
        for folder in ["sys/block", "dev", "sys/bus/usb", "sys/bus/scsi", "sys/bus/pci", "sys/class/block"] {
            fs::create_dir_all(machine.path(folder)).unwrap();
        }
        machine
    }

    pub(crate) fn bay(&self) -> Bay {
        Bay::under(self.base.path())
    }

    pub(crate) fn path(&self, below: &str) -> PathBuf {
        self.base.path().join(below)
    }

    pub(crate) fn write(&self, below: &str, content: &str) {
        let path = self.path(below);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// Where sysfs tells of the USB device at `port`.
    pub(crate) fn port(port: &str) -> String {
        format!("sys/devices/pci0/usb1/{port}")
    }

    /// Where sysfs tells of the disk `name` in it.
    pub(crate) fn disk(port: &str, name: &str) -> String {
        format!("{}/{port}:1.0/host2/target2/2:0:0:0/block/{name}", Self::port(port))
    }

    /// Plugs a storage device of `sectors` into `port`; it is the disk `name` with this device number.
    pub(crate) fn plug(&self, port: &str, name: &str, number: &str, sectors: u64) {
        let (device, disk) = (Self::port(port), Self::disk(port, name));
        for (file, content) in [
            ("bDeviceClass", "00\n"),
            ("serial", "0019E06B\n"),
            ("manufacturer", "Maker\n"),
            ("product", "Stick\n"),
            ("remove", ""),
        ] {
            self.write(&format!("{device}/{file}"), content);
        }
        self.interface(port, 0, ["08", "06", "50"]);
        for (file, content) in
            [("removable", "1"), ("ro", "0"), ("diskseq", "7"), ("dev", number), ("size", &sectors.to_string())]
        {
            self.write(&format!("{disk}/{file}"), &format!("{content}\n"));
        }
        fs::create_dir_all(self.path(&format!("{disk}/holders"))).unwrap();
        for (place, bus) in [
            (disk.as_str(), "sys/class/block"),
            (device.as_str(), "sys/bus/usb"),
            ("sys/devices/pci0", "sys/bus/pci"),
            (disk.split("/block/").next().unwrap(), "sys/bus/scsi"),
        ] {
            let link = self.path(&format!("{place}/subsystem"));
            if !link.exists() {
                symlink(self.path(bus), link).unwrap();
            }
        }
        symlink(self.path(&disk), self.path(&format!("sys/block/{name}"))).unwrap();
    }

    /// Gives the USB device another interface.
    pub(crate) fn interface(&self, port: &str, at: u32, [class, subclass, protocol]: [&str; 3]) {
        let place = format!("{}/{port}:1.{at}", Self::port(port));
        self.write(&format!("{place}/bInterfaceClass"), &format!("{class}\n"));
        self.write(&format!("{place}/bInterfaceSubClass"), &format!("{subclass}\n"));
        self.write(&format!("{place}/bInterfaceProtocol"), &format!("{protocol}\n"));
    }

    /// Has the kernel see a partition.
    pub(crate) fn partition(&self, port: &str, disk: &str, at: u32, number: &str, start: u64, sectors: u64) {
        let place = format!("{}/{disk}{at}", Self::disk(port, disk));
        for (file, content) in [
            ("partition", at.to_string()),
            ("start", start.to_string()),
            ("size", sectors.to_string()),
            ("dev", number.to_owned()),
        ] {
            self.write(&format!("{place}/{file}"), &format!("{content}\n"));
        }
        fs::create_dir_all(self.path(&format!("{place}/holders"))).unwrap();
    }

    /// Pulls the stick out: sysfs no longer knows it, and its nodes are gone.
    pub(crate) fn pull(&self, port: &str, name: &str) {
        let _ = fs::remove_file(self.path(&format!("sys/block/{name}")));
        let _ = fs::remove_dir_all(self.path(&Self::port(port)));
        for node in [name.to_owned(), format!("{name}1")] {
            let _ = fs::remove_file(self.path("dev").join(node));
        }
    }

    /// A stick `sdb` with one partition that `format` fills, on loop devices; none where this machine has none.
    pub(crate) fn with_stick(mebibytes: u64, format: impl Fn(&Path) -> bool) -> Option<Self> {
        let mut machine = Self::new();
        let image = machine.path("stick.img");
        fs::File::create(&image).unwrap().set_len(mebibytes << 20).unwrap();
        let sectors = (mebibytes << 11) - FIRST;
        let volume = machine.path("volume.img");
        fs::File::create(&volume).unwrap().set_len(sectors * 512).unwrap();
        if !format(&volume) {
            eprintln!("skipped: the tool that formats is missing here");
            return None;
        }
        let mut disk = mbr(&[(0x0C, FIRST as u32, sectors as u32)]);
        disk.resize((FIRST * 512) as usize, 0);
        disk.extend(fs::read(&volume).unwrap());
        fs::write(&image, disk).unwrap();
        machine.plug_image(&image, sectors).then_some(machine)
    }

    /// Plugs the image in as `sdb`, its partition as `sdb1`.
    pub(crate) fn plug_image(&mut self, image: &Path, sectors: u64) -> bool {
        let image = image.to_str().unwrap();
        let whole = self.attach(&[image]);
        let part = self.attach(&["-o", &(FIRST * 512).to_string(), image]);
        let (Some(whole), Some(part)) = (whole, part) else {
            eprintln!("skipped: no loop device here (run as root)");
            return false;
        };
        self.plug("1-3", "sdb", &number(&whole), FIRST + sectors);
        self.partition("1-3", "sdb", 1, &number(&part), FIRST, sectors);
        symlink(&whole, self.path("dev/sdb")).unwrap();
        symlink(&part, self.path("dev/sdb1")).unwrap();
        true
    }

    fn attach(&mut self, arguments: &[&str]) -> Option<String> {
        let attached = run("losetup", &[&["-f", "--show"][..], arguments].concat())?;
        self.loops.push(attached.clone());
        // A loop device remembers that it was write-protected.
        run("blockdev", &["--setrw", &attached])?;
        Some(attached)
    }

    /// The image behind the stick.
    pub(crate) fn image(&self) -> PathBuf {
        self.path("stick.img")
    }

    /// The loop device of the partition.
    pub(crate) fn volume(&self) -> &str {
        &self.loops[1]
    }

    /// The stick as another system mounts it, read-only or not.
    pub(crate) fn elsewhere<T>(&self, look: impl FnOnce(&Path) -> T) -> T {
        let at = self.path("mnt");
        fs::create_dir_all(&at).unwrap();
        run("mount", &[self.volume(), at.to_str().unwrap()]).expect("mount");
        let seen = look(&at);
        run("umount", &[at.to_str().unwrap()]).expect("umount");
        seen
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        for attached in &self.loops {
            let _ = run("losetup", &["-d", attached]);
        }
    }
}

/// `mkfs.ext4` with a fixed identifier.
pub(crate) fn ext4(volume: &Path) -> bool {
    let id = "01234567-89ab-cdef-0123-456789abcdef";
    run("mkfs.ext4", &["-q", "-F", "-U", id, "-L", "XFER", volume.to_str().unwrap()]).is_some()
}

/// The first sector of a disk with these partitions: type, first sector, length.
pub(crate) fn mbr(entries: &[(u8, u32, u32)]) -> Vec<u8> {
    let mut sector = vec![0; 512];
    for (at, (kind, start, sectors)) in entries.iter().enumerate() {
        let entry = 446 + at * 16;
        sector[entry + 4] = *kind;
        sector[entry + 8..entry + 12].copy_from_slice(&start.to_le_bytes());
        sector[entry + 12..entry + 16].copy_from_slice(&sectors.to_le_bytes());
    }
    sector[510..512].copy_from_slice(&[0x55, 0xAA]);
    sector
}

/// `major:minor` of a block device.
pub(crate) fn number(node: &str) -> String {
    use std::os::unix::fs::MetadataExt as _;
    let device = fs::metadata(node).unwrap().rdev();
    format!("{}:{}", rustix::fs::major(device), rustix::fs::minor(device))
}
