//! A computer in QEMU, without a network: Debian's kernel, the root of this machine to read, one disk for the hosts, and a
//! USB controller that sticks are plugged into and pulled out of.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::place::run;

/// How long anything may take on a machine that is emulated on a busy one.
const PATIENCE: Duration = Duration::from_secs(600);
/// What the kernel loads before it sees the root of this machine, and what it loads from there.
const EARLY: [&str; 4] = ["virtio_pci", "9pnet_virtio", "9p", "virtio_blk"];
const LATE: &str =
    "ext4 xhci_pci usb_storage uas sd_mod sr_mod vfat nls_cp437 nls_ascii nls_utf8 nls_iso8859-1 exfat isofs udf";

/// The machine while it runs.
pub(crate) struct Guest {
    qemu: Child,
    dir: PathBuf,
    shell: BufReader<UnixStream>,
    monitor: BufReader<UnixStream>,
}

/// What a command came to.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) status: i32,
    pub(crate) said: String,
}

impl Ran {
    pub(crate) fn ok(self) -> Self {
        assert_eq!(self.status, 0, "{}", self.said);
        self
    }

    /// Whether it is refused so.
    pub(crate) fn is_refused(&self, code: &str) -> bool {
        self.status != 0 && self.said.contains(code)
    }
}

/// What a machine boots from: made once, in a directory.
pub(crate) struct Firmware {
    kernel: PathBuf,
    memory: PathBuf,
    dir: PathBuf,
}

impl Firmware {
    /// The kernel that is installed here, and a memory disk with what leads from it to the root of this machine; the disk of
    /// the hosts is mounted at `at`. None where a package is missing.
    pub(crate) fn new(dir: &Path, at: &Path) -> Option<Self> {
        let mut kernels: Vec<_> = fs::read_dir("/boot").ok()?.filter_map(|file| Some(file.ok()?.path())).collect();
        kernels.retain(|path| path.to_string_lossy().contains("vmlinuz-"));
        kernels.sort();
        let kernel = kernels.pop()?;
        let version = kernel.file_name()?.to_str()?.strip_prefix("vmlinuz-")?.to_owned();
        let modules = Path::new("/lib/modules").join(version);
        let tree = dir.join("memory");
        for folder in ["bin", "proc", "sys", "dev", "host", "modules"] {
            fs::create_dir_all(tree.join(folder)).unwrap();
        }
        fs::copy("/bin/busybox", tree.join("bin/busybox")).ok()?;
        let loaded = early(&modules);
        for (at, module) in loaded.iter().enumerate() {
            fs::copy(modules.join(module), tree.join(format!("modules/{at:02}.ko"))).unwrap();
        }
        let init = tree.join("init");
        fs::write(&init, init_script(at)).unwrap();
        run(dir, "chmod", &["755", init.to_str().unwrap()]);
        run(&tree, "sh", &["-c", "find . | cpio --quiet -o -H newc > ../memory.img"]);
        let memory = dir.join("memory.img");
        Some(Self { kernel, memory, dir: dir.to_owned() })
    }
}

/// The modules that the early ones need, each after those it needs.
fn early(modules: &Path) -> Vec<String> {
    let table = fs::read_to_string(modules.join("modules.dep")).unwrap();
    let named = |line: &&str, name: &str| {
        let file = line.split(':').next().unwrap().rsplit('/').next().unwrap();
        file.split('.').next().unwrap().replace('-', "_") == name
    };
    let mut loaded: Vec<String> = Vec::new();
    for name in EARLY {
        let line = table.lines().find(|line| named(line, name)).unwrap_or_else(|| panic!("no module {name}"));
        let (own, needs) = line.split_once(':').unwrap();
        for module in needs.split_whitespace().rev().chain([own]) {
            if !loaded.iter().any(|known| known == module) {
                loaded.push(module.to_owned());
            }
        }
    }
    loaded
}

/// The first process: it reads a line, runs it in a shell below the root of this machine, and tells how it ended.
fn init_script(at: &Path) -> String {
    let at = at.display();
    format!(
        "#!/bin/busybox sh\n\
         b=/bin/busybox\n\
         $b mount -t proc none /proc; $b mount -t sysfs none /sys; $b mount -t devtmpfs none /dev\n\
         for m in /modules/*; do $b insmod $m; done\n\
         $b mount -t 9p -o trans=virtio,version=9p2000.L,ro,msize=512000,cache=loose root /host || $b poweroff -f\n\
         for d in proc sys dev; do $b mount -o bind /$d /host/$d; done\n\
         $b mount -t tmpfs none /host/run\n\
         $b chroot /host /sbin/modprobe -a {LATE}\n\
         $b mount -t ext4 /dev/vda /host{at} || $b poweroff -f\n\
         $b stty -F /dev/ttyS1 raw -echo\n\
         exec $b chroot /host /bin/sh -c 'cd {at}; export PATH=/usr/sbin:/usr/bin:/sbin:/bin TERM=dumb LC_ALL=C\n\
         echo @@0; while read -r line; do ( eval \"$line\" ) 2>&1; echo \"@@$?\"; done' </dev/ttyS1 >/dev/ttyS1\n"
    )
}

impl Guest {
    /// Boots; the disk of the hosts is `disk`.
    pub(crate) fn boots(firmware: &Firmware, disk: &Path) -> Self {
        let socket = |name: &str| firmware.dir.join(name);
        for name in ["shell", "monitor"] {
            let _ = fs::remove_file(socket(name));
        }
        let listening = |kind: &str, name: &str| format!("{kind}unix:{},server=on,wait=off", socket(name).display());
        let qemu = Command::new("qemu-system-x86_64")
            .args([
                "-accel",
                "tcg",
                "-cpu",
                "qemu64,+rdrand,+ssse3,+sse4.1,+sse4.2",
                "-m",
                "1024",
                "-nodefaults",
                "-display",
                "none",
                "-no-reboot",
            ])
            .args(["-rtc", "base=utc", "-nic", "none", "-device", "qemu-xhci,id=usb"])
            .arg("-kernel")
            .arg(&firmware.kernel)
            .arg("-initrd")
            .arg(&firmware.memory)
            .args(["-append", "console=ttyS0 loglevel=4 panic=-1 random.trust_cpu=on cryptomgr.notests"])
            .args(["-serial", &format!("file:{}", socket("console").display())])
            .args(["-serial", &listening("", "shell"), "-qmp", &listening("", "monitor")])
            .args(["-drive", &format!("file={},if=virtio,format=raw", disk.display())])
            .args(["-virtfs", "local,path=/,mount_tag=root,security_model=none,readonly=on,multidevs=remap"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(fs::File::create(socket("qemu")).unwrap())
            .spawn()
            .unwrap();
        let (shell, monitor) = (connected(&socket("shell")), connected(&socket("monitor")));
        let mut guest = Self { qemu, dir: firmware.dir.clone(), shell, monitor };
        guest.answer();
        guest.asks(json!({"execute": "qmp_capabilities"}));
        guest.ended().ok();
        guest
    }

    /// Runs a line of a shell, in the directory of the hosts.
    pub(crate) fn runs(&mut self, line: &str) -> Ran {
        self.shell.get_mut().write_all(format!("{line}\n").as_bytes()).unwrap();
        self.ended()
    }

    /// What is said until a line has run.
    fn ended(&mut self) -> Ran {
        let mut said = String::new();
        loop {
            let mut line = Vec::new();
            if self.shell.read_until(b'\n', &mut line).unwrap() == 0 {
                panic!("the machine is gone: {said}{}", self.last_words());
            }
            let line = String::from_utf8_lossy(&line);
            // What was said before may not have ended its line.
            if let Some((before, status)) = line.trim_end().rsplit_once("@@") {
                return Ran { status: status.parse().unwrap(), said: said + before };
            }
            said += &line;
        }
    }

    /// What its kernel and the emulator said last.
    fn last_words(&mut self) -> String {
        let told = ["console", "qemu"].map(|name| fs::read(self.dir.join(name)).unwrap_or_default());
        format!("{:?}: {}", self.qemu.wait(), String::from_utf8_lossy(&told.concat()))
    }

    /// Plugs a stick in, or a disc in a drive, and returns the kernel's name of it.
    pub(crate) fn plugs(&mut self, id: &str, image: &Path, is_disc: bool) -> String {
        let before = self.disks();
        let file = json!({"driver": "file", "filename": image});
        self.asks(json!({"execute": "blockdev-add", "arguments": {
            "driver": "raw", "node-name": id, "file": file, "read-only": is_disc}}));
        let device = |driver: &str| json!({"driver": driver, "id": id, "bus": "usb.0", "serial": format!("SN-{id}")});
        if is_disc {
            self.asks(json!({"execute": "device_add", "arguments": device("usb-bot")}));
            let disc = json!({"driver": "scsi-cd", "id": format!("{id}-disc"), "bus": format!("{id}.0"), "drive": id});
            self.asks(json!({"execute": "device_add", "arguments": disc}));
            let path = format!("/machine/peripheral/{id}");
            self.asks(json!({"execute": "qom-set", "arguments": {
                "path": path, "property": "attached", "value": true}}));
        } else {
            let mut stick = device("usb-storage");
            stick["drive"] = json!(id);
            stick["removable"] = json!(true);
            self.asks(json!({"execute": "device_add", "arguments": stick}));
        }
        self.appears(&before)
    }

    /// Pulls it out, whatever happens there.
    pub(crate) fn pulls(&mut self, id: &str) {
        self.asks(json!({"execute": "device_del", "arguments": {"id": id}}));
        while self.answer()["event"] != "DEVICE_DELETED" {}
    }

    /// Forgets the image of a stick that was pulled out, so that it can be looked at.
    pub(crate) fn lets_go(&mut self, id: &str) {
        let gone = json!({"execute": "blockdev-del", "arguments": {"node-name": id}});
        let since = Instant::now();
        while let Err(why) = self.tries(&gone) {
            assert!(since.elapsed() < PATIENCE, "{why}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// The power is cut: what was not written to a disk by now never is.
    pub(crate) fn loses_power(mut self) {
        self.qemu.kill().unwrap();
        self.qemu.wait().unwrap();
    }

    /// Is switched off as it should be.
    pub(crate) fn halts(mut self) {
        self.runs("sync").ok();
        self.qemu.kill().unwrap();
        self.qemu.wait().unwrap();
    }

    fn disks(&mut self) -> Vec<String> {
        let listed = self.runs("ls /sys/block").ok().said;
        listed.split_whitespace().filter(|name| name.starts_with('s')).map(str::to_owned).collect()
    }

    /// Waits until there is one more disk, whose partitions are read.
    fn appears(&mut self, before: &[String]) -> String {
        let since = Instant::now();
        loop {
            let found = self.disks().into_iter().find(|name| !before.contains(name));
            if let Some(name) = found
                && self.runs(&format!("cat /sys/block/{name}/size")).said.trim() != "0"
            {
                return name;
            }
            assert!(since.elapsed() < PATIENCE, "no disk appears");
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    fn asks(&mut self, question: Value) {
        self.tries(&question).unwrap_or_else(|why| panic!("{question}: {why}"));
    }

    fn tries(&mut self, question: &Value) -> Result<(), String> {
        self.monitor.get_mut().write_all(format!("{question}\n").as_bytes()).unwrap();
        loop {
            let answer = self.answer();
            if answer.get("return").is_some() {
                return Ok(());
            }
            if let Some(error) = answer.get("error") {
                return Err(error.to_string());
            }
        }
    }

    fn answer(&mut self) -> Value {
        let mut line = String::new();
        assert!(self.monitor.read_line(&mut line).unwrap() > 0, "QEMU is gone");
        serde_json::from_str(&line).unwrap()
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        let _ = self.qemu.kill();
        let _ = self.qemu.wait();
    }
}

fn connected(socket: &Path) -> BufReader<UnixStream> {
    let since = Instant::now();
    loop {
        match UnixStream::connect(socket) {
            Ok(stream) => {
                stream.set_read_timeout(Some(PATIENCE)).unwrap();
                return BufReader::new(stream);
            }
            Err(error) => assert!(since.elapsed() < PATIENCE, "{}: {error}", socket.display()),
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}
