//! What the offline room is measured against: the raw token, one verification in software, `openssl ca`, and age.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use airlock::cluster::role::Domain;
use airlock::devices::hsm::IssuerKeyType;
use airlock::devices::store::{Directory, NewFile};
use airlock::exchange::digested::digested;
use airlock::exchange::roots::RootStatus;
use airlock::exchange::seal::{Plaintext, Sealed, seal};
use airlock::offline::room::Room;
use airlock::pki::certificate::Certificate;
use airlock::pki::key::Verifier;
use airlock::refusal::Refused;
use airlock::wire::digest::Digest;
use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::types::AuthPin;
use tempfile::TempDir;

use crate::rig::{LABEL, PIN, Rig, add_token, with_token};
use crate::scene::{Asks, Scene, identity, prod};
use crate::speed::processors;

/// How long a raw measurement lasts.
const RAW: Duration = Duration::from_millis(1500);
/// How much age is given, in bytes: the packages of a cluster, of 4 000 requests and of 20 000.
const AGE_BYTES: [usize; 3] = [256 << 10, 10 << 20, 48 << 20];
const AGE_ROUNDS: usize = 9;

/// The middle one; of an even number, the upper of the two.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Not a measurement of its own: the token, in a process of its own.
#[test]
#[ignore = "a measurement: scripts/bench"]
fn raw() {
    with_token(raw, |rig| {
        for sessions in [1, 2] {
            let before = processors();
            let (rate, made) = raw_rate(rig, sessions);
            println!("raw {rate} {}", (processors() - before) / made);
        }
    });
}

/// Signatures a second of the raw token, in one session and in two, and the seconds of the processors that one takes.
pub(crate) fn token() -> [(f64, f64); 2] {
    let arguments = ["--exact", "yardsticks::raw", "--ignored", "--nocapture"];
    let output = Command::new(std::env::current_exe().unwrap()).args(arguments).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let lines = said.lines().filter_map(|line| line.strip_prefix("raw ")?.split_once(' '));
    let rates: Vec<_> = lines.map(|(rate, cost)| (rate.parse().unwrap(), cost.parse().unwrap())).collect();
    rates.try_into().unwrap()
}

/// Signatures a second, and how many were made.
fn raw_rate(rig: &Rig, sessions: usize) -> (f64, f64) {
    let module = Pkcs11::new(&rig.module).unwrap();
    // The second measurement finds it initialised.
    let _ = module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK));
    let slots = module.get_slots_with_initialized_token().unwrap();
    let slot = *slots.iter().find(|slot| module.get_token_info(**slot).unwrap().serial_number() == rig.serial).unwrap();
    let open: Vec<Session> = (0..sessions).map(|_| module.open_ro_session(slot).unwrap()).collect();
    open[0].login(UserType::User, Some(&AuthPin::new(PIN.into()))).unwrap();
    let started = Instant::now();
    let made: usize = std::thread::scope(|scope| {
        let lanes: Vec<_> = open.into_iter().map(|session| scope.spawn(move || signs(&session, started))).collect();
        lanes.into_iter().map(|lane| lane.join().unwrap()).sum()
    });
    (made as f64 / started.elapsed().as_secs_f64(), made as f64)
}

/// Signs without looking at what comes back, as fast as the token lets one session.
fn signs(session: &Session, started: Instant) -> usize {
    let (key, is_rsa) = issuer_key(session);
    let (mechanism, input) = if is_rsa { (Mechanism::RsaPkcs, vec![7; 51]) } else { (Mechanism::Ecdsa, vec![7; 32]) };
    let mut made = 0;
    while started.elapsed() < RAW {
        session.sign(&mechanism, key, &input).unwrap();
        made += 1;
    }
    made
}

fn issuer_key(session: &Session) -> (ObjectHandle, bool) {
    let private = session.find_objects(&[Attribute::Class(ObjectClass::PRIVATE_KEY)]).unwrap();
    let mut keys = private.into_iter().filter_map(|key| {
        let found = session.get_attributes(key, &[AttributeType::Label, AttributeType::KeyType]).unwrap();
        let is_issuer =
            found.iter().any(|a| matches!(a, Attribute::Label(l) if l.windows(13).any(|w| w == b"kubernetes-ca")));
        let is_rsa = found.contains(&Attribute::KeyType(KeyType::RSA));
        is_issuer.then_some((key, is_rsa))
    });
    keys.next().unwrap()
}

fn issuer(room: &Room) -> Certificate {
    let holding = room.holding(&prod()).unwrap();
    holding.root(Domain::Kubernetes, RootStatus::Current).unwrap().certificate.clone()
}

/// Verifications a second in software, on one core, under the key of the issuer.
pub(crate) fn verification(room: &Room) -> f64 {
    let root = issuer(room);
    let verifier = Verifier::new(root.public_key(), root.algorithm()).unwrap();
    let started = Instant::now();
    let mut made = 0;
    while started.elapsed() < RAW {
        verifier.verify(root.tbs_der(), root.signature()).unwrap();
        made += 1;
    }
    f64::from(made) / started.elapsed().as_secs_f64()
}

/// `openssl ca` with a key in a token of its own: the engine cannot list the keys of a token that holds one of Ed25519.
pub(crate) struct OpensslCa {
    dir: TempDir,
    variables: BTreeMap<String, String>,
}

impl OpensslCa {
    /// A token of the same module with an issuer key of this type, and its certificate.
    pub(crate) fn new(rig: &Rig, key: IssuerKeyType) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let variables = add_token(dir.path(), LABEL);
        let key_type = match key {
            IssuerKeyType::P256 => "EC:prime256v1",
            IssuerKeyType::P384 => "EC:secp384r1",
            _ => "rsa:4096",
        };
        let ca = Self { dir, variables };
        let module = rig.softhsm.to_str().unwrap();
        let token = ["--module", module, "--token-label", LABEL, "--login", "--pin", PIN, "--keypairgen"];
        ca.must("pkcs11-tool", &[&token[..], &["--key-type", key_type, "--id", "01", "--usage-sign"]].concat());
        let made = ["req", "-new", "-x509", "-subj", "/CN=ca", "-out", "ca.pem", "-engine", "pkcs11"];
        ca.must("openssl", &[&made[..], &["-keyform", "engine", "-key", &Self::key()]].concat());
        ca
    }

    fn key() -> String {
        format!("pkcs11:token={LABEL};id=%01;type=private;pin-value={PIN}")
    }

    fn must(&self, program: &str, arguments: &[&str]) {
        let module = &self.variables["AIRLOCK_MODULE"];
        let mut command = Command::new(program);
        command.current_dir(self.dir.path()).envs(&self.variables).env("PKCS11_MODULE_PATH", module).args(arguments);
        let ended = command.output().unwrap();
        assert!(ended.status.success(), "{program}: {}", String::from_utf8_lossy(&ended.stderr));
    }

    /// Certificates a second that it issues for requests of this form in one batch.
    pub(crate) fn rate(&self, scene: &Scene, wishes: &[Asks]) -> f64 {
        let path = |name: &str| self.dir.path().join(name);
        let _ = fs::remove_dir_all(path("out"));
        fs::create_dir_all(path("out")).unwrap();
        let names: Vec<_> = (0..wishes.len()).map(|at| format!("{at:05}.csr")).collect();
        for (name, asks) in names.iter().zip(wishes) {
            fs::write(path(name), scene.csr(asks).to_pem()).unwrap();
        }
        fs::write(path("index.txt"), "").unwrap();
        fs::write(path("serial"), "01\n").unwrap();
        fs::write(path("ca.cnf"), CONFIG).unwrap();
        let key = Self::key();
        let mut arguments =
            vec!["ca", "-batch", "-notext", "-config", "ca.cnf", "-extensions", "e", "-engine", "pkcs11"];
        arguments.extend(["-keyform", "engine", "-keyfile", &key, "-cert", "ca.pem", "-infiles"]);
        arguments.extend(names.iter().map(String::as_str));
        let ((), took) = timed(|| self.must("openssl", &arguments));
        assert_eq!(fs::read_dir(path("out")).unwrap().count(), wishes.len());
        wishes.len() as f64 / took
    }
}

const CONFIG: &str = "[ca]\ndefault_ca=d\n[d]\nnew_certs_dir=out\ndatabase=index.txt\nserial=serial\ndefault_md=sha256\n\
    policy=p\ndefault_days=30\nunique_subject=no\nemail_in_dn=no\n[p]\norganizationName=optional\ncommonName=supplied\n\
    [e]\nbasicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=clientAuth\n\
    authorityKeyIdentifier=keyid\nsubjectKeyIdentifier=hash\n";

/// Sealing and opening, against age itself on the same bytes, turn about, and the medians are compared. A package is opened
/// from its file into memory, where `verify` reads it, and age gives what it opened to nobody; beside it both write it out.
#[test]
#[ignore = "a measurement: scripts/bench"]
fn age() {
    AGE_BYTES.into_iter().for_each(age_of);
}

fn age_of(bytes: usize) {
    let dir = tempfile::tempdir().unwrap();
    let path = |name| dir.path().join(name);
    let content: Vec<u8> = (0..bytes).map(|at| (at * 7 + at / 251) as u8).collect();
    fs::write(path("plain"), &content).unwrap();
    fs::write(path("identity"), "AGE-SECRET-KEY-1EGTZVFFV20835NWYV6270LXYVK2VKNX2MMDKWYKLMGR48UAWX40Q2P2LM0\n")
        .unwrap();
    let recipient = identity().recipient().to_string();
    let here = Directory::open(dir.path()).unwrap();
    let mut took = [(); 8].map(|()| Vec::new());
    for _ in 0..AGE_ROUNDS {
        // What frees the blocks of an older file is not measured.
        for name in ["theirs.age", "ours.age", "theirs", "ours"] {
            let _ = fs::remove_file(path(name));
        }
        let theirs = timed(|| run_age(dir.path(), &["-r", &recipient, "-o", "theirs.age", "plain"])).1;
        let their_flush = timed(|| flush(&path("theirs.age"))).1;
        let ((file, sha256), ours) = timed(|| our_seal(&path("plain"), &here));
        let our_flush = timed(|| file.commit_or_same(&here, "ours.age", &sha256).unwrap()).1;
        let open = ["-d", "-i", "identity", "-o"];
        let their_memory = timed(|| run_age(dir.path(), &[&open[..], &["/dev/null", "ours.age"]].concat())).1;
        let (opened, our_memory) = timed(|| our_open(&path("theirs.age")));
        assert!(*opened == *content);
        drop(opened);
        let their_plain = timed(|| run_age(dir.path(), &[&open[..], &["theirs", "ours.age"]].concat())).1;
        let write = || fs::write(path("ours"), &*our_open(&path("theirs.age"))).unwrap();
        let our_plain = timed(write).1;
        let round = [
            [theirs, ours],
            [their_memory, our_memory],
            [theirs + their_flush, ours + our_flush],
            [their_plain, our_plain],
        ];
        took.iter_mut().zip(round.as_flattened()).for_each(|(all, one)| all.push(*one));
    }
    assert!(fs::read(path("theirs")).unwrap() == content && fs::read(path("ours")).unwrap() == content);
    let told = took.map(median);
    let [seal, open, durable, plain] = [0, 2, 4, 6].map(|at| {
        let [theirs, ours] = [told[at], told[at + 1]];
        format!("{:.1} ms of {:.1} ms = {:.2}", ours * 1e3, theirs * 1e3, ours / theirs)
    });
    println!(
        "bench age, {} KiB, medians of {AGE_ROUNDS}: seal {seal} (at most 1.3)  open {open} (at most 1.3)  \
        sealed and flushed to the disk, which age leaves to others: {durable}  \
        opened and written out in clear, which this program never does: {plain}",
        bytes >> 10
    );
}

/// What `act` made, and the seconds that it took.
fn timed<T>(act: impl FnOnce() -> T) -> (T, f64) {
    let started = Instant::now();
    (act(), started.elapsed().as_secs_f64())
}

fn flush(file: &Path) {
    fs::File::open(file).unwrap().sync_all().unwrap();
}

fn run_age(dir: &Path, arguments: &[&str]) {
    assert!(Command::new("age").current_dir(dir).args(arguments).status().unwrap().success());
}

/// As a package is sealed and kept: what is written goes into the seal as it comes, is digested and goes to disk.
fn our_seal<'d>(plain: &Path, here: &'d Directory) -> (NewFile<'d>, Digest) {
    let mut file = NewFile::create(here, "payload", 0o600).unwrap();
    file.set_mode(0o600).unwrap();
    let keep = |piece: &[u8]| Ok(file.write_all(piece)?);
    let sha256 = digested(keep, |out| {
        let mut writer = seal(&[identity().recipient()], out)?;
        io::copy(&mut fs::File::open(plain).unwrap(), &mut writer).unwrap();
        Ok::<_, Refused>(writer.finish().map(drop)?)
    });
    (file, sha256.unwrap())
}

fn our_open(sealed: &Path) -> Plaintext {
    Sealed::parse(&fs::read(sealed).unwrap()).unwrap().open(&identity()).unwrap()
}
