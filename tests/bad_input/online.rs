//! The cluster's host, and what comes back to it.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use airlock::audit::detail::Enrolled;
use airlock::audit::entry::Actor;
use airlock::audit::event::Event;
use airlock::exchange::enrolment::record::EnrolmentRecord;
use airlock::exchange::statement::Statement;
use airlock::offline::room::Room;
use airlock::wire::digest::Digest;

use crate::host::{Host, damages, file, forged as altered, mode, option};
use crate::names::requests;
use crate::offline::{self, paper};
use crate::rig::{PIN, Rig, tool, with_token};
use crate::scene::{Scene, fixture, prod};
use crate::world::World;
use crate::{clock, forged, introduced, pulled};

pub(crate) const SECRET: &str = "a passphrase of theirs";
pub(crate) const HOST: &str = "a secret for the keys";
pub(crate) const IMPORT: &str = "a secret for packages";
const REQUESTERS: [&str; 2] = ["zhang-wei", "liu-yang"];

/// Both hosts, and the directory in which everything lies.
pub(crate) struct Pair {
    pub(crate) dir: PathBuf,
    scene: Scene,
    pub(crate) offline: Host,
    pub(crate) online: Host,
}

fn dir(path: PathBuf) -> PathBuf {
    fs::create_dir(&path).unwrap();
    path
}

fn option_of(name: &str, value: String) -> Vec<String> {
    vec![name.to_owned(), value]
}

impl Pair {
    fn medium(&self, name: &str) -> PathBuf {
        dir(self.dir.join(name))
    }

    /// Medium and sheet.
    fn out(&self, medium: &Path, sheet: &str) -> Vec<String> {
        [option("--media", medium), option("--sheet", &self.dir.join(sheet))].concat()
    }

    fn host_secret(&self) -> Vec<String> {
        option_of("--host-passphrase-file", self.online.secret("host-secret", HOST))
    }

    fn pin(&self) -> Vec<String> {
        option_of("--pin-file", self.offline.secret("pin", PIN))
    }

    fn requester(&self) -> Vec<String> {
        [self.online.by("zhang-wei"), option_of("--passphrase-file", self.online.secret("own-secret", SECRET))].concat()
    }

    pub(crate) fn world(&self) -> &World {
        &self.scene.world
    }

    /// Neither side knows the other.
    pub(crate) fn new(rig: &Rig) -> Self {
        let (world, mut room) = World::attested(rig);
        let scene = Scene::of(world);
        scene.makes_roots(&mut room);
        drop(room);
        let key = rig.dir.join("liu-yang");
        tool("ssh-keygen", &["-q", "-t", "ed25519", "-a", "1", "-N", SECRET, "-C", "x", "-f", key.to_str().unwrap()]);
        let node = rig.dir.join("cp1");
        tool("cp", &["-r", &fixture_path("cluster/kubeadm-ha/cp1"), node.to_str().unwrap()]);
        private(&node);
        let cluster = toml::Table::try_from(scene.record.fields()).unwrap();
        let cluster = toml::to_string(&toml::Table::from_iter([("cluster".to_owned(), cluster.into())])).unwrap();
        let config = format!(
            "host = 'ops-bj1'\nstate = 'STATE'\n[[contacts]]\nname = 'operations'\nphone = '+86 10 5555 0100'\n\
             [nodes]\ncp1 = '{}'\n{cluster}",
            node.display()
        );
        let online = Host::new(&dir(rig.dir.join("online")), &config, &rig.dir);
        let offline = Host::new(&rig.dir, &offline::config(rig), &rig.dir);
        let pair = Self { dir: rig.dir.clone(), scene, offline, online };
        pair.begins();
        pair
    }

    fn begins(&self) {
        let person = |id: &str| {
            let key = fs::read_to_string(self.dir.join(format!("{id}.pub"))).unwrap();
            format!("[[persons]]\nid = '{id}'\nname = '{id}'\nrole = 'requester'\nkeys = ['{}']\n", key.trim())
        };
        let people = self.dir.join("people.toml");
        fs::write(&people, REQUESTERS.map(person).concat()).unwrap();
        let genesis = dir(self.dir.join("online-genesis"));
        let begin = [
            [option("--people", &people), option("--signatures", &genesis)].concat(),
            self.host_secret(),
            option_of("--import-passphrase-file", self.online.secret("import-secret", IMPORT)),
        ]
        .concat();
        let unsigned = self.online.runs("init", &begin);
        assert_eq!(unsigned.status, 6, "{}", unsigned.said);
        let text = fs::read(genesis.join("genesis.txt")).unwrap();
        for id in REQUESTERS {
            let signature = self.scene.world.sign(id, "genesis@airlock.v1", &text);
            fs::write(genesis.join(format!("{id}.sig")), signature).unwrap();
        }
        self.online.runs("init", &begin).ok();
        // Keys that open at once: they are opened often here.
        for name in ["statement", "log", "witness"] {
            let key = self.online.state().join("keys").join(name);
            tool("ssh-keygen", &["-q", "-p", "-a", "1", "-P", HOST, "-N", HOST, "-f", key.to_str().unwrap()]);
        }
    }

    /// Who says that he introduced himself has been on a medium.
    fn introduces_itself_on_no_medium_that_is_taken(&self) {
        let taken = self.medium("taken");
        fs::write(taken.join("20250722-7Q2K-9M4F-B.enrolment.json"), "{}").unwrap();
        let sides =
            [(&self.online, "ca:root-ca-01", self.host_secret()), (&self.offline, "cluster:prod-1", self.pin())];
        for (host, to, secret) in sides {
            let export = [self.out(&taken, "taken.txt"), secret].concat();
            host.refuses(9, "MEDIA_OCCUPIED", &format!("enrol export --to {to}"), &export);
            assert!(!host.log().contains(r#""event":"INTRODUCED""#));
        }
    }

    /// Each side enrols the other.
    fn enrols(&self) {
        let (there, back) = (self.medium("enrol-1"), self.medium("enrol-2"));
        let export = [self.out(&there, "cluster.txt"), self.host_secret()].concat();
        self.online.runs("enrol export --to ca:root-ca-01", &export).ok();
        self.is_typed_by_two_before_it_is_approved(&there);
        self.pins(&there);
        let export = [self.out(&back, "ca.txt"), self.pin()].concat();
        self.offline.runs("enrol export --to cluster:prod-1", &export).ok();
        let imported = self.online.runs("enrol import", &option("--media", &back)).ok();
        assert!(imported.said.contains("airlock enrol confirm") && !imported.said.contains("two different"));
        let trace = imported.trace();
        for id in REQUESTERS {
            self.online.refuses(5, "PAPER_WHOLES", &format!("enrol accept {trace}"), &self.requester());
            self.online.typed_by(id, &self.dir.join("ca.txt"), &format!("enrol confirm {trace}")).ok();
        }
        self.online.runs(&format!("enrol accept {trace}"), &self.requester()).ok();
    }

    /// After the first of two there is nothing to approve yet.
    fn is_typed_by_two_before_it_is_approved(&self, medium: &Path) {
        let ca = self.offline.copy("enrolling");
        let trace = ca.runs("enrol import", &option("--media", medium)).ok().trace();
        for (id, [next, not]) in [("chen", ["confirm", "approve"]), ("li", ["approve", "confirm"])] {
            let typed = ca.typed_by(id, &self.dir.join("cluster.txt"), &format!("enrol confirm {trace}")).ok();
            let says = |verb: &str| flat(&typed.said).contains(&format!("next: airlock enrol {verb} {trace}"));
            assert!(says(next) && !says(not), "{id}: {}", typed.said);
        }
    }

    /// As the entry of an enrolment would have it.
    fn pins(&self, medium: &Path) {
        let record = EnrolmentRecord::parse(&fs::read(file(medium, ".json")).unwrap()).unwrap();
        let mut room = self.room();
        let sha256 = room.desk().objects().put(record.json()).unwrap();
        let epoch = record.epoch();
        let pinned = Enrolled { epoch, peer: prod().to_string(), record: sha256, statement: Digest::of(b"sheet") };
        room.change(&Actor::system(), None, Event::Enrolled(pinned)).unwrap();
    }

    pub(crate) fn room(&self) -> Room {
        self.scene.world.open().unwrap()
    }

    fn request(&self, medium: &Path, sheet: &str) -> Vec<String> {
        [self.out(medium, sheet), self.host_secret(), self.requester()].concat()
    }

    /// The bundle on `out` is answered on `back`.
    fn answers(&self, out: &Path, back: &Path) -> String {
        let mut room = self.room();
        let trace = self.scene.approved(&mut room, out);
        self.scene.signs(&mut room, &trace).unwrap();
        drop(room);
        let seal = [self.out(back, "package.txt"), self.pin()].concat();
        self.offline.runs(&format!("offline seal {trace}"), &seal).ok();
        trace.to_string()
    }
}

fn fixture_path(path: &str) -> String {
    assert!(!fixture(&format!("{path}/kubeadm.yaml")).is_empty());
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(path).to_str().unwrap().to_owned()
}

/// As kubeadm leaves its files.
fn private(node: &Path) {
    let find = Command::new("find").arg(node).args(["-name", "*.key", "-o", "-name", "*.conf"]).output().unwrap();
    String::from_utf8(find.stdout).unwrap().lines().for_each(|path| mode(Path::new(path), 0o600));
}

const REQUEST: &str = "online request --role scheduler --only cp1 --key-type p256";

#[test]
fn what_comes_back_is_exactly_what_was_asked_or_nothing() {
    with_token(what_comes_back_is_exactly_what_was_asked_or_nothing, |rig| {
        let pair = Pair::new(rig);
        let online = &pair.online;
        let (out, back) = (pair.medium("out"), pair.medium("back"));
        let on_it = [option("--media", &out).to_vec(), option("--sheet", &out.join("sheet.txt")).to_vec()].concat();
        let export = [on_it.clone(), pair.host_secret()].concat();
        online.refuses(9, "SHEET_ON_MEDIUM", "enrol export --to ca:root-ca-01", &export);
        pair.introduces_itself_on_no_medium_that_is_taken();
        pair.enrols();

        online.refuses(9, "SHEET_ON_MEDIUM", REQUEST, &[on_it, pair.host_secret(), pair.requester()].concat());
        let next = rig.dir.join("cp1/etc/kubernetes.next");
        assert!(!next.exists() && fs::read_dir(&out).unwrap().count() == 0);
        let asked = online.runs(REQUEST, &pair.request(&out, "bundle.txt")).ok();
        let trace = asked.trace();
        // A second person compares the print before anybody carries it.
        let said = flat(&asked.said);
        let at = |words: &str| said.find(words).unwrap_or_else(|| panic!("{words}: {said}"));
        assert!(
            at(&format!("airlock sheet check {trace}.csr-bundle.txt --rows")) < at("by different people"),
            "{said}"
        );
        pulled::while_it_is_written(&pair.online.copy("pulled"), &trace);
        assert_eq!(pair.answers(&out, &back), trace);
        comes_back(&pair, &trace, &out, &back);
        is_staged(&pair, &trace, &back);
    });
}

#[test]
fn what_the_key_of_the_ca_forges_and_foreign_requests_are_refused() {
    with_token(what_the_key_of_the_ca_forges_and_foreign_requests_are_refused, |rig| {
        let pair = Pair::new(rig);
        let (out, back) = (pair.medium("out"), pair.medium("back"));
        pair.enrols();
        foreign_requests_are_judged(&pair, &out);
        assert_eq!(fs::read_dir(&out).unwrap().count(), 0);
        let trace = pair.online.runs(REQUEST, &pair.request(&out, "bundle.txt")).ok().trace();
        assert_eq!(pair.answers(&out, &back), trace);
        introduced::are_kept_apart(&pair, &trace, &pair.dir.join("enrol-1"), &pair.dir.join("enrol-2"));
        forged::are_refused(&pair, &back);
        forged::to_other_keys_is_found(&pair, &trace, &back);
        crate::setup::is_told_online(&pair.online, &trace);
        clock::a_step_of_the_clock_stops_a_host_until_two_people_lead_it_back(&pair);
    });
}

/// One request of every third kind of wound, made elsewhere; `tests/csr_matrix.rs` has them all.
fn foreign_requests_are_judged(pair: &Pair, out: &Path) {
    let wounded = requests().into_iter().filter(|(_, expected)| expected != "accepted");
    let kinds: BTreeMap<_, _> = wounded.map(|(path, code)| (code, path)).collect();
    assert!(kinds.len() > 20, "{kinds:?}");
    for (code, path) in kinds.into_iter().step_by(3) {
        let csr = option_of("--csr", format!("cp1:scheduler={}", path.display()));
        let request = [csr, pair.request(out, "foreign.txt")].concat();
        pair.online.refuses(3, &code, "online request --only cp1", &request);
    }
}

fn comes_back(pair: &Pair, trace: &str, out: &Path, back: &Path) {
    let online = &pair.online;
    online.refuses(10, "TRANSFER_UNKNOWN", "online verify", &[trace.to_owned()]);
    online.refuses(3, "ARRIVAL_KIND", "online receive", &option("--media", out));
    for (end, code) in [(".age", "ARRIVAL_DIGEST"), (".txt", "STATEMENT_"), (".txt.sig", "SIGNATURE_")] {
        let whole = fs::read(file(back, end)).unwrap();
        for bytes in damages(&whole) {
            let medium = altered(back, "damaged", |at| fs::write(file(at, end), bytes).unwrap());
            online.refuses(3, code, "online receive", &option("--media", &medium));
            fs::remove_dir_all(medium).unwrap();
        }
    }
    online.runs("online receive", &option("--media", back)).ok();
    online.refuses(5, "ROWS_MISSING", "online verify", &[trace.to_owned()]);
    let copy = online.copy("wrong-paper");
    let text = fs::read_to_string(file(back, ".txt")).unwrap();
    let (before, digest) = text.split_at(text.len() - 65);
    let other = format!("{before}{}\n", Digest::of(digest.as_bytes()));
    let sheet = paper(&pair.dir, &Statement::parse(other.as_bytes()).unwrap());
    let ran = copy.typed_by("zhang-wei", &sheet, &format!("online confirm {trace}"));
    copy.was_refused(&ran, 5, "ROWS_MISMATCH", "online confirm");
    copy.refuses(5, "PAPER_QUARANTINED", "online receive", &option("--media", back));
    // What is done on this side stands there alone; elsewhere it is what the code says on either.
    let told = flat(&copy.runs("online receive", &option("--media", back)).said);
    let (here, either) = ("At this import host: nobody lets it out.", "keep the medium and the sheet");
    assert!(told.contains(here) && !told.contains(either), "{told}");
    let told = flat(&copy.runs(&format!("online verify {trace}"), &[]).said);
    assert!(told.contains("PAPER_QUARANTINED") && told.contains(either) && !told.contains(here), "{told}");
    is_sealed_again(pair, &copy, trace);
    online.typed_by("zhang-wei", &pair.dir.join("package.txt"), &format!("online confirm {trace}")).ok();
}

/// What was said, without its lines.
fn flat(said: &str) -> String {
    said.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Nobody lets anything out here; what the CA sealed again comes under the same trace, with a sheet of its own.
fn is_sealed_again(pair: &Pair, locked: &Host, trace: &str) {
    let told = locked.runs("quarantine list", &[]).ok().said;
    let way_out = format!("airlock offline seal {trace} --again");
    assert!(told.contains(&format!("trace {trace}")) && told.contains(&way_out), "{told}");
    let clear = format!("quarantine clear --statement {}", Digest::of(b""));
    locked.refuses(4, "QUARANTINE_IMPORT_HOST", &clear, &[]);
    let (ca, medium) = (pair.offline.copy("sealing-again"), pair.medium("again"));
    let seal = [pair.out(&medium, "again.txt"), pair.pin()].concat();
    ca.runs(&format!("offline seal {trace} --again"), &seal).ok();
    let alarm = "another statement of this trace was received before: call the CA on your own number";
    let resumed = || flat(&locked.runs("resume", &[]).ok().said);
    assert!(!resumed().contains(alarm));
    let told = flat(&locked.runs("online receive", &option("--media", &medium)).ok().said);
    assert!(told.contains(alarm), "{told}");
    // Whoever comes back to it is told as he was who brought it, until it is settled.
    let told = resumed();
    assert!(told.contains("received; second statement") && told.contains(alarm), "{told}");
    let typed = locked.typed_by("zhang-wei", &pair.dir.join("again.txt"), &format!("online confirm {trace}")).ok();
    assert!(flat(&typed.said).contains(&format!("[STOP] {alarm}")), "{}", typed.said);
    let secret = locked.secret("import-secret", IMPORT);
    locked.runs(&format!("online verify {trace} --import-passphrase-file {secret}"), &[]).ok();
    assert!(!resumed().contains("second statement"), "{}", resumed());
}

/// What is printed after a look at what must hold first can be typed, one after the other.
fn leads_to_the_rotation(pair: &Pair) {
    let told = |options: &[String]| flat(&pair.online.runs("online preflight", options).said);
    let (printed, looked) =
        ("-A -o json > objects.json", "next: on each node, as root: airlock online rotate TRACE --look");
    let without = told(&[]);
    let again = "next: airlock online preflight --objects objects.json --objects tokens.json";
    assert!(without.contains(printed) && without.contains(again) && !without.contains(looked), "{without}");
    // Who was not shown the objects knows nothing of them, which holds all the same.
    assert!(without.contains("not observed: places are missing") && !without.contains("[FAIL] S4"), "{without}");
    let objects = pair.dir.join("objects.json");
    fs::write(&objects, r#"{"kind":"List","items":[]}"#).unwrap();
    let with = told(&option("--objects", &objects));
    assert!(with.contains(looked) && with.contains("--snapshot-restored FILE") && !with.contains(printed), "{with}");
}

fn is_staged(pair: &Pair, trace: &str, back: &Path) {
    let online = &pair.online;
    let verify = |secret: &str| {
        let file = online.secret("import-secret", secret);
        [vec![trace.to_owned()], option_of("--import-passphrase-file", file)].concat()
    };
    online.refuses(10, "STAGE_", "online stage", &[trace.to_owned()]);
    online.refuses(8, "", "online verify", &verify("another secret"));
    let told = flat(&online.runs("online verify", &verify(IMPORT)).ok().said);
    assert!(told.contains("1 request, none denied") && told.contains("1 certificate chained"), "{told}");
    crate::split::is_cut(online, trace);
    let elsewhere = pair.dir.join("cp1-linked");
    tool("cp", &["-a", pair.dir.join("cp1").to_str().unwrap(), elsewhere.to_str().unwrap()]);
    let next = elsewhere.join("etc/kubernetes.next");
    fs::rename(&next, pair.dir.join("elsewhere")).unwrap();
    symlink(pair.dir.join("elsewhere"), &next).unwrap();
    let node = format!("cp1={}", elsewhere.display());
    online.refuses(13, "STORAGE_NOT_DIRECTORY", "online stage", &[trace.to_owned(), "--node".to_owned(), node]);
    let told = online.runs("online stage", &[trace.to_owned()]).ok().said;
    assert!(told.contains(&format!("next: airlock online rotate {trace} --dry-run")), "{told}");
    leads_to_the_rotation(pair);
    online.refuses(10, "ARRIVAL_", "online receive", &option("--media", back));
}
