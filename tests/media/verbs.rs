//! Sticks as people use them at the command line of both hosts: the built program, in a mount namespace where the stick of
//! a [`Machine`] is the only disk.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

use crate::machine::{FIRST, Machine, ext4, mbr, run};
use crate::place::{Place, Side};
use crate::table::set_up;

const REQUESTER: &str = "--person zhang-wei --key people/zhang-wei --passphrase-file secret/own";
const SYSADMIN: &str = "--person wu --key people/wu --passphrase-file secret/own";
const OFFICER: &str = "--person chen --key people/chen --passphrase-file secret/own";
const SECOND: &str = "--second li --second-key people/li --second-passphrase-file secret/own";
const EXPORT: &str = "enrol export --to ca:root-ca-01 --host-passphrase-file secret/host";

/// Both hosts, set up.
struct Hosts {
    place: Place,
    _base: TempDir,
}

/// Where the program is started, so that it sees one stick: arguments after the directory of the machine.
const WITHIN: &str = "m=$1; shift; mount --bind \"$m/sys/block\" /sys/block && \
                      mount -t overlay -o lowerdir=\"$m/dev\":/dev none /dev && exec \"$@\"";

impl Hosts {
    fn new() -> Option<Self> {
        let base = tempfile::tempdir().unwrap();
        let place = Place::new(base.path())?;
        set_up(&place, &mut BTreeMap::new(), |step| step.alive());
        Some(Self { place, _base: base })
    }

    fn before(machine: &Machine) -> Vec<String> {
        let dir = machine.path("");
        let dir = dir.to_str().unwrap().trim_end_matches('/');
        ["unshare", "-m", "--propagation", "private", "sh", "-c", WITHIN, "sh", dir].map(str::to_owned).to_vec()
    }

    fn runs(&self, machine: &Machine, side: Side, line: &str) -> (i32, String) {
        self.starts(side, &Self::before(machine), line)
    }

    /// Somebody at a terminal answers a prompt: `PROMPT=ANSWER`.
    fn types(&self, machine: &Machine, side: Side, answer: &str, line: &str) -> (i32, String) {
        let typist = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/typist");
        let before = [[typist, "-", answer, "--"].map(str::to_owned).to_vec(), Self::before(machine)].concat();
        self.starts(side, &before, line)
    }

    fn starts(&self, side: Side, before: &[String], line: &str) -> (i32, String) {
        let words: Vec<_> = line.split_whitespace().map(str::to_owned).collect();
        let output = self.place.command(side, None, before, &words).output().unwrap();
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        (output.status.code().unwrap(), said)
    }

    fn does(&self, machine: &Machine, side: Side, line: &str) -> String {
        let (status, said) = self.runs(machine, side, line);
        assert_eq!(status, 0, "{line}: {said}");
        said
    }

    /// Demands that it is refused so, that the log says it, and that the stick is what it was.
    fn refuses(&self, machine: &Machine, side: Side, why: (i32, &str), line: &str) {
        let before = fs::read(machine.image()).unwrap();
        self.refuses_mounted(machine, side, why, line);
        assert!(fs::read(machine.image()).unwrap() == before, "{line}: the stick was written to");
    }

    /// The same of a stick that was mounted for it, which leaves its mark.
    fn refuses_mounted(&self, machine: &Machine, side: Side, (status, code): (i32, &str), line: &str) {
        let (found, said) = self.runs(machine, side, line);
        assert_eq!((found, said.contains(code)), (status, true), "{line}: {code} expected: {said}");
        assert!(self.last(side).contains(&format!(r#""denied":"{code}"#)), "{line}: {}", self.last(side));
    }

    fn last(&self, side: Side) -> String {
        self.place.log(side).pop().unwrap()
    }

    /// The names of the events of a log.
    fn events(&self, side: Side) -> Vec<String> {
        let name = |line: &String| line.split(r#""event":""#).nth(1).unwrap().split('"').next().unwrap().to_owned();
        self.place.log(side).iter().map(name).collect()
    }
}

fn names(machine: &Machine) -> Vec<String> {
    machine.elsewhere(|at| {
        let names = fs::read_dir(at).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name != "lost+found").collect()
    })
}

/// Whether this machine can start a program so; it says so where it cannot.
fn can_be_within(machine: &Machine) -> bool {
    let words = Hosts::before(machine);
    let words: Vec<_> = words.iter().map(String::as_str).chain(["true"]).collect();
    let can = run(words[0], &words[1..]).is_some();
    if !can {
        eprintln!("skipped: no mount namespace, or no overlay, here");
    }
    can
}

#[test]
#[ignore = "takes a minute: scripts/test runs it where AIRLOCK_QEMU is set"]
fn sticks_are_registered_admitted_used_and_made_anew_as_people_type_it() {
    let Some(stick) = Machine::with_stick(32, ext4).filter(can_be_within) else { return };
    let Some(hosts) = Hosts::new() else { return };
    it_is_registered_and_takes_a_record(&hosts, &stick);
    the_other_side_lets_it_in(&hosts, &stick);
    what_is_no_stick_of_ours_is_refused(&hosts);
    one_that_was_not_let_go_of_is_read_alone(&hosts);
    it_is_made_anew(&hosts);
}

fn it_is_registered_and_takes_a_record(hosts: &Hosts, stick: &Machine) {
    let (online, export) = (Side::Online, |sheet: &str| format!("{EXPORT} --media sdb1 --sheet paper/{sheet}.txt"));
    assert!(hosts.does(stick, online, "media list").contains("not registered"));
    hosts.refuses(stick, online, (9, "MEDIUM_STRANGER"), &export("none"));
    let register = |name: &str, way: &str| format!("media register sdb1 --name {name} --way {way} {REQUESTER}");
    let (status, said) = hosts.runs(stick, online, &register("TX03", "out"));
    assert!(status == 2 && said.contains("TX-03"), "{said}");
    hosts.refuses(stick, online, (8, "PERSON_UNKNOWN"), &register("TX-03", "out").replace("zhang-wei", "wu"));
    hosts.does(stick, online, &register("TX-03", "out"));
    hosts.refuses(stick, online, (2, "MEDIUM_TAKEN"), &register("TX-04", "in"));
    assert!(hosts.does(stick, online, "media list").contains("registered TX-03 (out)"));
    hosts.refuses(stick, online, (9, "MEDIUM_OTHER_WAY"), "enrol import --media sdb1");

    hosts.refuses(stick, online, (12, "NEEDS_PERSON"), &format!("{} --reinsert", export("none")));
    let directory = format!("{EXPORT} --media out --sheet paper/none.txt --reinsert");
    hosts.refuses(stick, online, (2, "REINSERT_DIRECTORY"), &directory);
    assert!(!hosts.place.dir.join("paper/none.txt").exists());

    // It is pulled out and put in again while the person is asked.
    let sequence = format!("{}/diskseq", Machine::disk("1-3", "sdb"));
    let (status, said) = thread::scope(|scope| {
        scope.spawn(|| {
            while !hosts.place.log(online).last().unwrap().contains(r#""event":"EXPORTED""#) {
                thread::sleep(Duration::from_millis(20));
            }
            thread::sleep(Duration::from_millis(300));
            stick.write(&sequence, "8\n");
        });
        hosts.types(stick, online, "press Enter: =", &format!("{} --reinsert", export("cluster")))
    });
    assert_eq!((status, said.contains("[WARN] sdb was not pulled out")), (0, true), "{said}");
    let events = hosts.events(online);
    let began = events.iter().rposition(|name| name == "EXPORT_INTENT").unwrap();
    assert_eq!(events[began + 1..began + 3], ["EXPORTED", "SHEET_PRINTED"]);
    assert!(fs::read_to_string(hosts.place.dir.join("paper/cluster.txt")).unwrap().contains("TX-03"));
    assert_eq!(names(stick).len(), 3);
    run("fsck.ext4", &["-n", "-f", stick.volume()]).expect("a clean file system");
    hosts.refuses_mounted(stick, online, (9, "MEDIA_OCCUPIED"), &export("none"));
    assert_eq!(names(stick).len(), 3);
}

fn the_other_side_lets_it_in(hosts: &Hosts, stick: &Machine) {
    let (offline, import) = (Side::Offline, "enrol import --media sdb1");
    hosts.refuses(stick, offline, (9, "MEDIUM_STRANGER"), import);
    hosts.refuses(stick, offline, (6, "ROLE_MAY_NOT"), &format!("media register sdb1 --name TX-03 --way in {OFFICER}"));
    let twice = SECOND.replace("li", "chen");
    hosts.refuses(stick, offline, (6, "MEDIUM_TWO_OFFICERS"), &format!("media admit sdb1 {OFFICER} {twice}"));
    hosts.does(stick, offline, &format!("media admit sdb1 {OFFICER} {SECOND}"));
    hosts.does(stick, offline, import);
    assert!(hosts.place.log(offline).iter().any(|line| line.contains(r#""medium":"admitted usb=0019E06B "#)));
    let export = "enrol export --to cluster:prod-1 --media sdb1 --sheet paper/none.txt --pin-file secret/pin";
    hosts.refuses(stick, offline, (9, "MEDIUM_CAME_IN"), export);
    hosts.does(stick, offline, &format!("media register sdb1 --name TX-03 --way in {SYSADMIN}"));
    hosts.refuses(stick, offline, (9, "MEDIUM_OTHER_WAY"), export);
    hosts.does(stick, offline, import);
    assert!(hosts.does(stick, offline, "media eject sdb1").contains("take it out"));
    assert_eq!(fs::read_to_string(stick.path(&format!("{}/remove", Machine::port("1-3")))).unwrap(), "1");
}

fn what_is_no_stick_of_ours_is_refused(hosts: &Hosts) {
    let Some(machine) = Machine::with_stick(32, ext4) else { return };
    let online = Side::Online;
    let sectors = (fs::metadata(machine.image()).unwrap().len() / 512 - FIRST) as u32;
    let each = |code: &str, device: &str| {
        for line in [format!("media check {device}"), format!("{EXPORT} --media {device} --sheet paper/none.txt")] {
            hosts.refuses(&machine, online, (9, code), &line);
        }
    };
    let table = |entries: &[(u8, u32, u32)]| {
        let mut image = fs::read(machine.image()).unwrap();
        image[..512].copy_from_slice(&mbr(entries));
        fs::write(machine.image(), image).unwrap();
        run("blockdev", &["--flushbufs", machine.path("dev/sdb").to_str().unwrap()]).unwrap();
    };
    table(&[(0x0C, FIRST as u32, sectors - 8), (0x83, FIRST as u32 + sectors - 8, 8)]);
    each("DEVICE_TABLE", "sdb");
    let register = format!("media register sdb --name TX-09 --way out {REQUESTER}");
    hosts.refuses(&machine, online, (9, "DEVICE_TABLE"), &register);
    table(&[(0x0C, FIRST as u32, sectors)]);
    machine.elsewhere(|_| each("DEVICE_USED", "sdb1"));
    each("DEVICE_NONE", "sdz");
    machine.write(&format!("{}/removable", Machine::disk("1-3", "sdb")), "0\n");
    let bus = machine.path(&format!("{}/subsystem", Machine::port("1-3")));
    fs::remove_file(&bus).unwrap();
    each("DEVICE_INTERNAL", "sdb");
    std::os::unix::fs::symlink(machine.path("sys/bus/usb"), bus).unwrap();
    machine.interface("1-3", 1, ["03", "01", "01"]);
    each("DEVICE_INTERFACE", "sdb");
}

fn one_that_was_not_let_go_of_is_read_alone(hosts: &Hosts) {
    let Some(machine) = Machine::with_stick(32, ext4) else { return };
    machine.write(&format!("{}/serial", Machine::port("1-3")), "0019E07C\n");
    let online = Side::Online;
    hosts.does(&machine, online, &format!("media register sdb1 --name TX-05 --way out {REQUESTER}"));
    let state = |state: &str| {
        run("debugfs", &["-w", "-R", &format!("set_super_value state {state}"), machine.volume()]).unwrap();
        run("blockdev", &["--flushbufs", machine.volume()]).unwrap();
    };
    state("3");
    assert!(hosts.does(&machine, online, "media check sdb1").contains("pulled out while it was in use"));
    let export = format!("{EXPORT} --media sdb1 --sheet paper/second.txt");
    hosts.refuses(&machine, online, (9, "MEDIA_UNCLEAN"), &export);
    hosts.does(&machine, Side::Offline, &format!("media register sdb1 --name TX-05 --way in {SYSADMIN}"));
    hosts.refuses(&machine, Side::Offline, (9, "MEDIA_EMPTY"), "enrol import --media sdb1");
    state("1");
    hosts.does(&machine, online, &export);
}

fn it_is_made_anew(hosts: &Hosts) {
    let Some(machine) = Machine::with_stick(96, ext4) else { return };
    machine.write(&format!("{}/serial", Machine::port("1-3")), "0019E08D\n");
    let online = Side::Online;
    hosts.does(&machine, online, &format!("media register sdb1 --name TX-06 --way out {REQUESTER}"));
    let wipe = format!("media wipe sdb --label RETURN {REQUESTER}");
    hosts.refuses(&machine, online, (9, "WIPE_WORD"), &format!("{wipe} --serial E06B"));
    let officer = format!("media wipe sdb --label RETURN --serial E08D {OFFICER}");
    hosts.refuses(&machine, Side::Offline, (6, "ROLE_MAY_NOT"), &officer);
    let (status, said) = hosts.types(&machine, online, "of its serial number: =E08D", &wipe);
    assert!(status == 0 && said.contains("put it in again"), "{said}");
    run("blockdev", &["--flushbufs", machine.volume()]).unwrap();
    run("fsck.vfat", &["-n", machine.volume()]).expect("a clean FAT");
    assert!(hosts.does(&machine, online, "media list").contains("registered TX-06 (out)"));
    let export = format!("{EXPORT} --media sdb1 --sheet paper/third.txt");
    if Path::new("/proc/filesystems").exists() && fs::read_to_string("/proc/filesystems").unwrap().contains("vfat") {
        hosts.does(&machine, online, &export);
    } else {
        hosts.refuses(&machine, online, (9, "MEDIA_NO_DRIVER"), &export);
    }
}
