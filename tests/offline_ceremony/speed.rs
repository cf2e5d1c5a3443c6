//! How fast, and in how much memory: figures for `scripts/bench`, each beside a yardstick of the same run. Nothing here
//! fails for being slow.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use airlock::cluster::role::Domain;
use airlock::cluster::role::Role;
use airlock::devices::hsm::IssuerKeyType;
use airlock::exchange::roots::RootStatus;
use airlock::exchange::seal::{Sealed, seal};
use airlock::offline::room::Room;
use airlock::offline::{plan, verify};
use cryptoki::context::Pkcs11;
use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::types::AuthPin;

use crate::rig::{PIN, Rig, with_token};
use crate::scene::{Asks, Scene, asks, fixture, identity, prod};

/// How long a raw measurement lasts.
const RAW: Duration = Duration::from_secs(2);

#[test]
#[ignore = "a measurement: scripts/bench"]
fn p256() {
    with_token(p256, |rig| ceremony(rig, "P-256", IssuerKeyType::P256, 4000));
}

#[test]
#[ignore = "a measurement: scripts/bench"]
fn p384() {
    with_token(p384, |rig| ceremony(rig, "P-384", IssuerKeyType::P384, 2000));
}

#[test]
#[ignore = "a measurement: scripts/bench"]
fn rsa4096() {
    with_token(rsa4096, |rig| ceremony(rig, "RSA-4096", IssuerKeyType::Rsa4096, 1500));
}

/// Not a measurement of its own: the yardstick, in a process of its own.
#[test]
#[ignore = "a measurement: scripts/bench"]
fn raw() {
    with_token(raw, |rig| {
        for sessions in [1, 2] {
            println!("raw {sessions} {}", raw_rate(rig, sessions));
        }
    });
}

/// A cluster of so many workers.
fn cluster(workers: usize) -> Vec<u8> {
    let record = String::from_utf8(fixture("cluster/prod-1.cluster.json")).unwrap();
    let mut nodes = String::new();
    for at in 0..workers {
        let ip = format!("10.{}.{}.{}", 100 + at / 62_500, at / 250 % 250, at % 250 + 1);
        write!(nodes, r#"{{"ips":["{ip}"],"name":"{}","roles":["worker"]}},"#, worker(at)).unwrap();
    }
    let at = record.find(r#"{"ips":["10.66.0.21"],"name":"w1""#).unwrap();
    format!("{}{nodes}{}", &record[..at], &record[at..]).into_bytes()
}

fn worker(at: usize) -> String {
    format!("n{at:05}")
}

/// Peak resident memory since the last reset, in MiB.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
}

struct Watch(Vec<(&'static str, Duration)>);

impl Watch {
    fn time<T>(&mut self, step: &'static str, act: impl FnOnce() -> T) -> T {
        let started = Instant::now();
        let done = act();
        self.0.push((step, started.elapsed()));
        done
    }

    fn of(&self, steps: &[&str]) -> f64 {
        self.0.iter().filter(|(step, _)| steps.contains(step)).map(|(_, took)| took.as_secs_f64()).sum()
    }
}

fn ceremony(rig: &Rig, name: &str, key: IssuerKeyType, count: usize) {
    let (scene, mut room) = Scene::with(rig, &cluster(count / 2), key);
    let roles = [Role::KubeletClient, Role::KubeletServer];
    let node = |at: usize| -> &'static str { worker(at / 2).leak() };
    let wishes: Vec<Asks> = (0..count).map(|at| asks(roles[at % 2], node(at))).collect();
    let (medium, _) = scene.bundle(&room, 1, &wishes, |_| {});
    // Peak memory from here on; what made the bundle was another host.
    fs::write("/proc/self/clear_refs", "5").unwrap();
    let mut watch = Watch(Vec::new());
    let trace = watch.time("receive", || scene.confirmed(&mut room, &medium));
    watch.time("verify", || verify::verify(&mut room, &trace).unwrap());
    watch.time("plan", || plan::close(&mut room, &trace).unwrap());
    for officer in ["chen", "li"] {
        watch.time("approve", || scene.votes(&mut room, &trace, officer).unwrap());
    }
    watch.time("sign", || scene.signs(&mut room, &trace).unwrap());
    watch.time("seal", || scene.seals(&mut room, &trace, false).unwrap());
    let memory = peak();
    let rate = |steps: &[&str]| count as f64 / watch.of(steps);
    let told = watch.0.iter().map(|(step, took)| format!("{step} {:.2} s", took.as_secs_f64())).collect::<Vec<_>>();
    println!("bench {name}, {count} requests: {}", told.join("  "));
    println!(
        "bench   memory: peak {memory} MiB; per request {:.0} us",
        watch.of(&["receive", "verify", "plan", "sign", "seal"]) * 1e6 / count as f64
    );
    let (whole, sign) = (rate(&["plan", "sign", "seal"]), rate(&["sign"]));
    for (sessions, raw) in yardstick() {
        println!(
            "bench   against raw C_Sign, {sessions} session(s), {raw:.0}/s: plan to seal {whole:.0}/s = {:.2}, sign {sign:.0}/s = {:.2}",
            whole / raw,
            sign / raw
        );
    }
    let openssl = openssl_ca(rig, &room, &scene, &wishes[..count.min(2000)]);
    println!("bench   against openssl ca, {openssl:.0}/s: plan to seal = {:.2}", whole / openssl);
    against_age(&scene.world.dir, count * 1500);
}

/// Rates of the raw token, one and two sessions.
fn yardstick() -> Vec<(usize, f64)> {
    let arguments = ["--exact", "speed::raw", "--ignored", "--nocapture"];
    let output = Command::new(std::env::current_exe().unwrap()).args(arguments).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let lines = said.lines().filter_map(|line| line.strip_prefix("raw ")?.split_once(' '));
    lines.map(|(sessions, rate)| (sessions.parse().unwrap(), rate.parse().unwrap())).collect()
}

fn raw_rate(rig: &Rig, sessions: usize) -> f64 {
    let module = Pkcs11::new(&rig.module).unwrap();
    // The second measurement finds it initialised.
    let _ =
        module.initialize(cryptoki::context::CInitializeArgs::new(cryptoki::context::CInitializeFlags::OS_LOCKING_OK));
    let slots = module.get_slots_with_initialized_token().unwrap();
    let slot = *slots.iter().find(|slot| module.get_token_info(**slot).unwrap().serial_number() == rig.serial).unwrap();
    let open: Vec<Session> = (0..sessions).map(|_| module.open_ro_session(slot).unwrap()).collect();
    open[0].login(UserType::User, Some(&AuthPin::new(PIN.into()))).unwrap();
    let started = Instant::now();
    let made: usize = std::thread::scope(|scope| {
        let lanes: Vec<_> = open.into_iter().map(|session| scope.spawn(move || signs(&session, started))).collect();
        lanes.into_iter().map(|lane| lane.join().unwrap()).sum()
    });
    made as f64 / started.elapsed().as_secs_f64()
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
        let wanted = [cryptoki::object::AttributeType::Label, cryptoki::object::AttributeType::KeyType];
        let found = session.get_attributes(key, &wanted).unwrap();
        let is_issuer =
            found.iter().any(|a| matches!(a, Attribute::Label(l) if l.windows(13).any(|w| w == b"kubernetes-ca")));
        let is_rsa = found.contains(&Attribute::KeyType(cryptoki::object::KeyType::RSA));
        is_issuer.then_some((key, is_rsa))
    });
    keys.next().unwrap()
}

/// Certificates a second that `openssl ca` issues for the same requests in one batch, by the same key in the same token.
fn openssl_ca(rig: &Rig, room: &Room, scene: &Scene, wishes: &[Asks]) -> f64 {
    let dir = scene.world.dir.join("openssl");
    fs::create_dir_all(dir.join("out")).unwrap();
    let ca = room.holding(&prod()).unwrap().root(Domain::Kubernetes, RootStatus::Current).unwrap();
    fs::write(dir.join("ca.pem"), ca.certificate.to_pem()).unwrap();
    let names: Vec<_> = (0..wishes.len()).map(|at| format!("{at:05}.csr")).collect();
    for (name, asks) in names.iter().zip(wishes) {
        fs::write(dir.join(name), scene.csr(asks).to_pem()).unwrap();
    }
    fs::write(dir.join("index.txt"), "").unwrap();
    fs::write(dir.join("serial"), "01\n").unwrap();
    let config = "[ca]\ndefault_ca=d\n[d]\nnew_certs_dir=out\ndatabase=index.txt\nserial=serial\ndefault_md=sha256\n\
        policy=p\ndefault_days=30\nunique_subject=no\nemail_in_dn=no\n[p]\norganizationName=optional\ncommonName=supplied\n\
        [e]\nbasicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=clientAuth\n\
        authorityKeyIdentifier=keyid\nsubjectKeyIdentifier=hash\n";
    fs::write(dir.join("ca.cnf"), config).unwrap();
    let label = issuer_label(rig);
    let key = format!("pkcs11:token={};object={label};type=private;pin-value={PIN}", crate::rig::LABEL);
    let started = Instant::now();
    let ended = Command::new("openssl")
        .current_dir(&dir)
        .env("PKCS11_MODULE_PATH", &rig.module)
        .args(["ca", "-batch", "-notext", "-config", "ca.cnf", "-extensions", "e", "-engine", "pkcs11"])
        .args(["-keyform", "engine", "-keyfile", &key, "-cert", "ca.pem", "-infiles"])
        .args(&names)
        .output()
        .unwrap();
    let took = started.elapsed().as_secs_f64();
    let issued = fs::read_dir(dir.join("out")).unwrap().count();
    if issued != wishes.len() {
        println!(
            "bench   openssl ca issued {issued}: {}",
            String::from_utf8_lossy(&ended.stderr).lines().last().unwrap_or("")
        );
    }
    issued as f64 / took
}

fn issuer_label(rig: &Rig) -> String {
    let output = Command::new("pkcs11-tool")
        .args(["--module", rig.module.to_str().unwrap(), "--token-label", crate::rig::LABEL])
        .args(["--login", "--pin", PIN, "--list-objects", "--type", "privkey"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let labels = said.lines().filter_map(|line| line.trim().strip_prefix("label:"));
    labels.map(str::trim).find(|label| label.contains("kubernetes-ca")).unwrap().to_owned()
}

/// Sealing and opening, against age itself on the same bytes.
fn against_age(dir: &Path, bytes: usize) {
    let content: Vec<u8> = (0..bytes).map(|at| (at * 7 + at / 251) as u8).collect();
    let recipient = identity().recipient();
    let (plain, sealed, opened) = (dir.join("plain"), dir.join("sealed.age"), dir.join("opened"));
    fs::write(&plain, &content).unwrap();
    fs::write(dir.join("identity"), "AGE-SECRET-KEY-1EGTZVFFV20835NWYV6270LXYVK2VKNX2MMDKWYKLMGR48UAWX40Q2P2LM0\n")
        .unwrap();
    let age = |arguments: &[&str]| {
        let started = Instant::now();
        assert!(Command::new("age").current_dir(dir).args(arguments).status().unwrap().success());
        started.elapsed().as_secs_f64()
    };
    let theirs_seal = age(&["-r", &recipient.to_string(), "-o", sealed.to_str().unwrap(), plain.to_str().unwrap()]);
    let theirs_open = age(&["-d", "-i", "identity", "-o", opened.to_str().unwrap(), sealed.to_str().unwrap()]);
    let started = Instant::now();
    let mut ours = Vec::new();
    let mut writer = seal(&[recipient], &mut ours).unwrap();
    std::io::Write::write_all(&mut writer, &content).unwrap();
    writer.finish().unwrap();
    fs::write(dir.join("ours.age"), &ours).unwrap();
    let ours_seal = started.elapsed().as_secs_f64();
    let started = Instant::now();
    let back = Sealed::parse(&ours).unwrap().open(&identity()).unwrap();
    fs::write(dir.join("ours"), &back).unwrap();
    let ours_open = started.elapsed().as_secs_f64();
    assert!(*back == content);
    println!(
        "bench   against age on {:.1} MiB: seal {:.2}, open {:.2} of its time",
        bytes as f64 / 1048576.0,
        ours_seal / theirs_seal,
        ours_open / theirs_open
    );
}
