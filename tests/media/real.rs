//! Sticks as they are: FAT32, exFAT, ext4, ISO 9660 and UDF on USB storage, by the kernel's own drivers. The built program
//! writes to a stick that is pulled out, or whose computer loses its power, at chosen system calls and at random ones.
//!
//! It takes minutes, so it runs where `AIRLOCK_QEMU` is set: to at how many calls, or to `all`.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use airlock::devices::entropy::{Entropy as _, SystemEntropy};
use tempfile::TempDir;

use crate::guest::{Firmware, Guest, Ran};
use crate::machine::run;
use crate::place::{Place, Side};
use crate::program;
use crate::step::online;
use crate::stick::{Stick, fat32};
use crate::table::{ENROLMENT, ROUND, set_up};

/// What is traced: what changes a file, and the mounts of the stick.
const CALLS: &str = "write,fsync,fdatasync,syncfs,renameat2,unlinkat,fsopen,fsmount";
/// The fewest calls that are tried, and how often it is pulled out at random.
const FEWEST: (usize, usize) = (3, 1);
const BY: &str = "--person zhang-wei --key people/zhang-wei --passphrase-file secret/own";

/// Both hosts, enrolled, with a bundle that may leave, and the computer that they are at.
struct World {
    place: Place,
    base: TempDir,
    firmware: Firmware,
    bundle: String,
    guest: Option<Guest>,
    sheets: u32,
}

/// Where the writing stops: after so many calls of this name.
#[derive(Debug, Clone)]
struct Point {
    call: String,
    count: usize,
}

impl World {
    fn new() -> Option<Self> {
        let base = tempfile::tempdir().unwrap();
        let [hosts, machine] = ["hosts", "machine"].map(|name| base.path().join(name));
        [&hosts, &machine].into_iter().for_each(|dir| fs::create_dir(dir).unwrap());
        let firmware = Firmware::new(&machine, &hosts)?;
        let place = Place::new(&hosts)?;
        let mut traces = BTreeMap::new();
        set_up(&place, &mut traces, |step| step.alive());
        ENROLMENT.iter().chain(&ROUND[..2]).for_each(|step| step.alive().take(&place, &mut traces));
        let request = "online request --only cp1 --key-type p256 --media out --sheet paper/bundle.txt \
                       --host-passphrase-file secret/host --person zhang-wei --key people/zhang-wei \
                       --passphrase-file secret/own";
        online(request).named("bundle").take(&place, &mut traces);
        // A test that runs beside this one may make it anew.
        fs::copy(program::airlock(), hosts.join("airlock")).unwrap();
        let disk = base.path().join("disk");
        fs::File::create(&disk).unwrap().set_len(512 << 20).unwrap();
        run("mkfs.ext4", &["-q", "-F", "-d", hosts.to_str().unwrap(), disk.to_str().unwrap()]).unwrap();
        let bundle = traces["bundle"].clone();
        Some(Self { place, base, firmware, bundle, guest: None, sheets: 0 })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.base.path().join(name)
    }

    fn transfer(&self) -> PathBuf {
        self.place.dir.join("out")
    }

    /// The computer; it is booted where it is off.
    fn guest(&mut self) -> &mut Guest {
        let disk = self.base.path().join("disk");
        self.guest.get_or_insert_with(|| Guest::boots(&self.firmware, &disk))
    }

    fn command(side: Side, words: &str, place: &Path) -> String {
        format!("env AIRLOCK_CONFIG={}/{}.toml ./airlock {words}", place.display(), side.name())
    }

    fn airlock(&mut self, side: Side, words: &str) -> Ran {
        let line = Self::command(side, words, &self.place.dir);
        self.guest().runs(&line)
    }

    /// The words that write the bundle to a stick once more.
    fn again(&mut self, disk: &str) -> String {
        self.sheets += 1;
        format!("online request --again {} --media {disk}1 --sheet paper/again-{}.txt", self.bundle, self.sheets)
    }

    /// Pulls the stick out, and puts it in again.
    fn reinserts(&mut self, stick: &Stick) -> String {
        self.guest().pulls("stick");
        self.guest().lets_go("stick");
        self.guest().plugs("stick", &stick.image, false)
    }

    /// Makes the stick anew, as who keeps the register does.
    fn wipes(&mut self, stick: &Stick, disk: &str) -> String {
        self.airlock(Side::Online, &format!("media wipe {disk} --label XFER --serial tick {BY}")).ok();
        self.reinserts(stick)
    }

    fn exported(&mut self) -> usize {
        let counted = self.guest().runs(r#"grep -c '"event":"EXPORTED"' online/log/entries.jsonl"#);
        counted.said.trim().parse().unwrap()
    }

    /// Begins to write to the stick, and stops after the call. Whether it came so far.
    fn stops_at(&mut self, Point { call, count }: &Point, words: &str) -> bool {
        let line = Self::command(Side::Online, words, &self.place.dir);
        let guest = self.guest();
        guest.runs("rm -f /run/trace /run/said /run/status").ok();
        let strace = format!("strace -f -o /run/trace -e trace={call} -e inject={call}:signal=STOP:when={count}");
        guest
            .runs(&format!("( {strace} {line} >/run/said 2>&1; echo $? >/run/status ) </dev/null >/dev/null 2>&1 &"))
            .ok();
        let stopped = guest.runs(
            "while ! grep -q 'stopped by SIGSTOP' /run/trace; do [ -e /run/status ] && exit 1; sleep 0.05; done; exit 0",
        );
        stopped.status == 0
    }

    /// What becomes of it when it goes on.
    fn goes_on(&mut self) -> Ran {
        let guest = self.guest();
        guest.runs("kill -CONT $(sed -n 's/ .*stopped by SIGSTOP.*//p' /run/trace)");
        guest.runs("while ! [ -s /run/status ]; do sleep 0.05; done; cat /run/said; exit $(cat /run/status)")
    }

    /// Judges a stick that was pulled out, and the log, then goes on with the same stick. `before` is how often it had been
    /// written then. Tells what was found.
    fn judges(&mut self, stick: &Stick, before: usize, how: &str) -> (String, String) {
        let found = stick.found();
        let disk = self.guest().plugs("stick", &stick.image, false);
        let is_exported = self.exported() > before;
        assert!(found.is_whole || !is_exported, "{how}: exported, and {found:?}");
        let is_unsure = self.airlock(Side::Online, "resume").ok().said.contains(&format!("{} TX-01", self.bundle));
        assert!(
            is_exported || !found.is_whole || is_unsure,
            "{how}: it lies there and the log does not know: {found:?}"
        );
        assert!(!is_exported || !is_unsure, "{how}: the log says two things");
        let words = self.again(&disk);
        let next = self.airlock(Side::Online, &words);
        let is_refused = next.is_refused("MEDIA_UNCLEAN");
        assert!(if found.is_clean { next.status == 0 } else { is_refused }, "{how}: {found:?}: {}", next.said);
        let disk = if is_refused {
            let disk = self.wipes(stick, &disk);
            let words = self.again(&disk);
            self.airlock(Side::Online, &words).ok();
            disk
        } else {
            disk
        };
        let left = if is_exported {
            "exported"
        } else if is_unsure {
            "may lie there"
        } else {
            "nothing"
        };
        let fault = found.fault.clone().unwrap_or_default();
        println!("{how}: {left}, {} {fault}", if found.is_clean { "clean" } else { "not let go of, refused" });
        self.guest().pulls("stick");
        self.guest().lets_go("stick");
        let found = stick.found();
        assert!(found.is_whole && found.is_clean, "{how}: in the end {found:?}");
        let _ = disk;
        (left.to_owned(), fault)
    }

    /// The stick without what was written to it, plugged in.
    fn fresh(&mut self, stick: &Stick) -> String {
        stick.empties();
        self.guest().plugs("stick", &stick.image, false)
    }

    /// Pulled out in the middle.
    fn pulled(&mut self, stick: &Stick, point: &Point) {
        let disk = self.fresh(stick);
        let (before, words) = (self.exported(), self.again(&disk));
        assert!(self.stops_at(point, &words), "{point:?} is not reached");
        self.guest().pulls("stick");
        let ended = self.goes_on();
        self.guest().lets_go("stick");
        let (left, _) = self.judges(stick, before, &format!("pulled at {} {}", point.call, point.count));
        assert_eq!(ended.status == 0, left == "exported", "{point:?}: {}", ended.said);
    }

    /// Pulled out after so many milliseconds, whatever it was doing.
    fn pulled_after(&mut self, stick: &Stick, milliseconds: u64) {
        let disk = self.fresh(stick);
        let (before, words) = (self.exported(), self.again(&disk));
        let line = Self::command(Side::Online, &words, &self.place.dir);
        let guest = self.guest();
        guest
            .runs(&format!(
                "rm -f /run/status; ( {line} >/run/said 2>&1; echo $? >/run/status ) </dev/null >/dev/null 2>&1 &"
            ))
            .ok();
        std::thread::sleep(std::time::Duration::from_millis(milliseconds));
        guest.pulls("stick");
        let ended = self.goes_on();
        self.guest().lets_go("stick");
        let (left, _) = self.judges(stick, before, &format!("pulled after {milliseconds} ms"));
        assert_eq!(ended.status == 0, left == "exported", "{milliseconds} ms: {}", ended.said);
    }

    /// The power is cut in the middle.
    fn dark(&mut self, stick: &Stick, point: &Point) {
        let disk = self.fresh(stick);
        let (before, words) = (self.exported(), self.again(&disk));
        assert!(self.stops_at(point, &words), "{point:?} is not reached");
        self.guest.take().unwrap().loses_power();
        self.judges(stick, before, &format!("dark at {} {}", point.call, point.count));
    }

    /// Every call of an export by which the stick, or what the log says of it, changes.
    fn points(&mut self, stick: &Stick) -> Vec<Point> {
        let disk = self.fresh(stick);
        let words = self.again(&disk);
        let line = Self::command(Side::Online, &words, &self.place.dir);
        self.guest().runs(&format!("strace -f -o /run/trace -e trace={CALLS} {line}")).ok();
        let trace = self.guest().runs("cat /run/trace").ok().said;
        // 0x200000 is MOUNT_ATTR_NOSYMFOLLOW, for which this strace has no name.
        let safe = "MOUNT_ATTR_NOSUID|MOUNT_ATTR_NODEV|MOUNT_ATTR_NOEXEC|0x200000";
        let mounts: Vec<_> = trace.lines().filter(|line| line.contains("fsmount(")).collect();
        assert!(mounts.len() == 3 && mounts.iter().all(|line| line.contains(safe)), "{mounts:?}");
        assert!(mounts[2].contains("MOUNT_ATTR_RDONLY"), "read back: {mounts:?}");
        self.guest().pulls("stick");
        self.guest().lets_go("stick");
        let found = stick.found();
        assert!(found.is_whole && found.is_signed && found.is_clean && found.fault.is_none(), "{found:?}");
        points(&trace)
    }
}

/// What is called from the second mount on: by the first one it is looked whether the transfer would fit.
fn points(trace: &str) -> Vec<Point> {
    let (mut seen, mut points, mut mounts) = (BTreeMap::new(), Vec::new(), 0);
    for line in trace.lines() {
        let Some((thread, call)) = line.split_once(' ') else { continue };
        let Some((name, _)) = call.trim_start().split_once('(').filter(|(name, _)| !name.contains(' ')) else {
            continue;
        };
        let count = seen.entry((thread, name)).or_insert(0_usize);
        *count += 1;
        mounts += usize::from(name == "fsmount");
        if mounts >= 2 && !name.starts_with("fso") {
            points.push(Point { call: name.to_owned(), count: *count });
        }
    }
    points
}

/// All, or so many spread evenly.
fn some(points: &[Point]) -> Vec<Point> {
    let wish = env::var("AIRLOCK_QEMU").unwrap_or_default();
    let count = wish.parse().unwrap_or(0).max(FEWEST.0);
    let last = points.len() - 1;
    if wish == "all" { points.to_vec() } else { (0..count).map(|at| points[at * last / (count - 1)].clone()).collect() }
}

fn random(below: u64) -> u64 {
    let mut bytes = [0; 8];
    SystemEntropy.fill(&mut bytes).unwrap();
    u64::from_le_bytes(bytes) % below
}

#[test]
#[ignore = "takes minutes, in QEMU: scripts/test runs it where AIRLOCK_QEMU is set"]
fn a_real_stick_that_is_pulled_or_goes_dark_is_never_called_written() {
    let Some(mut world) = World::new() else {
        println!("skipped: no kernel, busybox or SoftHSM here: AIRLOCK_QEMU=1 scripts/setup");
        return;
    };
    let stick = Stick::new(&world.path("stick"), &world.transfer(), fat32);
    let disk = world.guest().plugs("stick", &stick.image, false);
    let words = world.again(&disk);
    assert!(world.airlock(Side::Online, &words).is_refused("MEDIUM_STRANGER"));
    world.airlock(Side::Online, &format!("media register {disk}1 --name TX-01 --way out {BY}")).ok();
    world.guest().pulls("stick");
    world.guest().lets_go("stick");
    let points = world.points(&stick);
    let began = Instant::now();
    let (pulled, dark) = (some(&points), some(&points[1..points.len() - 1]));
    pulled.iter().for_each(|point| world.pulled(&stick, point));
    (0..FEWEST.1).for_each(|_| world.pulled_after(&stick, random(2500)));
    dark.iter().for_each(|point| world.dark(&stick, point));
    let seconds = began.elapsed().as_secs();
    println!("{} calls; {} pulls and {} cuts in {seconds} s", points.len(), pulled.len() + FEWEST.1, dark.len());

    // The other side takes it.
    let disk = world.guest().plugs("stick", &stick.image, false);
    world.admits(&format!("{disk}1"));
    world.airlock(Side::Offline, &format!("offline receive --media {disk}1")).ok();
    world.guest().pulls("stick");
    every_kind_is_read(&mut world);
    world.guest.take().unwrap().halts();
}

impl World {
    fn admits(&mut self, device: &str) {
        let officers = "--officer chen --key people/chen --passphrase-file secret/own --second li \
                        --second-key people/li --second-passphrase-file secret/own";
        self.airlock(Side::Offline, &format!("media admit {device} {officers}")).ok();
    }
}

/// exFAT, ext4, UDF and ISO 9660, by the kernel's own drivers.
fn every_kind_is_read(world: &mut World) {
    let (transfer, dir) = (world.transfer(), world.base.path().to_owned());
    let receive = |disk: &str| format!("offline receive --media {disk}");

    let kinds = [("exfat", vec!["mkfs.exfat"]), ("ext4", vec!["mkfs.ext4", "-q", "-F"])];
    for (at, (kind, format)) in kinds.into_iter().enumerate() {
        let format = |volume: &str| run(format[0], &[&format[1..], &["-L", "XFER", volume]].concat()).is_some();
        let stick = Stick::new(&dir.join(kind), &transfer, format);
        let disk = world.guest().plugs(kind, &stick.image, false);
        world.airlock(Side::Online, &format!("media register {disk}1 --name TX-1{at} --way out {BY}")).ok();
        let words = world.again(&disk);
        let ran = world.airlock(Side::Online, &words);
        println!("{kind}: {}", ran.status);
        ran.ok();
        world
            .guest()
            .runs(&format!("mkdir -p /run/mnt; mount -o ro /dev/{disk}1 /run/mnt; ls /run/mnt; umount /run/mnt"))
            .ok();
        world.admits(&format!("{disk}1"));
        world.airlock(Side::Offline, &receive(&format!("{disk}1"))).ok();
        world.guest().pulls(kind);
    }

    let udf = |volume: &str| run("mkudffs", &["--media-type=hd", "--blocksize=512", "-l", "XFER", volume]).is_some();
    let stick = Stick::new(&dir.join("udf"), &transfer, udf);
    let disk = world.guest().plugs("udf", &stick.image, false);
    let fill = format!("mount -t udf /dev/{disk}1 /run/mnt; cp out/* /run/mnt/; umount /run/mnt; sync");
    world.guest().runs(&fill).ok();
    world.admits(&format!("{disk}1"));
    world.airlock(Side::Offline, &receive(&format!("{disk}1"))).ok();
    world.guest().pulls("udf");
    println!("udf: read");

    let image = dir.join("disc");
    let iso = ["-as", "mkisofs", "-quiet", "-r", "-V", "XFER", "-o", image.to_str().unwrap()];
    run("xorriso", &[&iso[..], &[transfer.to_str().unwrap()]].concat()).unwrap();
    let disc = world.guest().plugs("disc", &image, true);
    assert!(disc.starts_with("sr"), "{disc}");
    world.admits(&disc);
    world.airlock(Side::Offline, &receive(&disc)).ok();
    let words = world.again(&disc).replace(&format!("{disc}1"), &disc);
    let ran = world.airlock(Side::Online, &words);
    assert!(ran.is_refused("MEDIUM_STRANGER"), "{}", ran.said);
    println!("iso9660: read");
}
