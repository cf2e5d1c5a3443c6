//! Both ways with the tools an auditor has: ssh-keygen, age, unzip and sha256sum.

use std::fs;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use airlock::exchange::container::{self, Container, Entry, Layout, SMALL_ENTRY};
use airlock::exchange::seal::identity::Identity;
use airlock::exchange::seal::recipient::Recipient;
use airlock::exchange::seal::{Sealed, seal};
use airlock::exchange::signature::private_key::{PrivateKeyError, SoftwareKey};
use airlock::exchange::signature::public_key::{PublicKeyError, SshPublicKey};
use airlock::exchange::signature::{self, Namespace, SignatureError, SigningKey};
use airlock::refusal::Refusal as _;
use secrecy::SecretString;
use sha2::{Digest as _, Sha256};
use ssh_key::public::{Ed25519PublicKey, KeyData, SkEd25519};
use ssh_key::{Algorithm, HashAlg, LineEnding, SshSig};
use tempfile::TempDir;
use zeroize::Zeroizing;

const PASSPHRASE: &str = "correct horse";
const MESSAGE: &[u8] = b"airlock-statement-v1\nkind: csr-bundle\n";

/// A directory in which tools run.
struct Bench(TempDir);

impl Bench {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn put(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.path(name), bytes).unwrap();
    }

    fn take(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    /// Runs a shell line, with `input` on its standard input.
    fn try_run(&self, line: &str, input: &[u8]) -> Output {
        self.put(".input", input);
        let input = fs::File::open(self.path(".input")).unwrap();
        let mut command = Command::new("bash");
        command.args(["-euo", "pipefail", "-c", line]).current_dir(self.0.path()).env("TZ", "UTC");
        command.stdin(input).output().unwrap()
    }

    fn run(&self, line: &str, input: &[u8]) -> Vec<u8> {
        let output = self.try_run(line, input);
        assert!(output.status.success(), "{line}\n{}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    }

    /// Runs a line on a terminal of its own and types the passphrase whenever it asks for one.
    fn run_typing(&self, line: &str) {
        let mut command = Command::new("script");
        command.args(["-qec", line, "/dev/null"]).current_dir(self.0.path());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (mut keyboard, mut screen) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let (mut shown, mut typed, mut more) = (String::new(), 0, [0; 256]);
        while let Ok(length @ 1..) = screen.read(&mut more) {
            shown.push_str(&String::from_utf8_lossy(&more[..length]));
            while typed < shown.matches("assphrase").count() {
                writeln!(keyboard, "{PASSPHRASE}").unwrap();
                typed += 1;
            }
        }
        assert!(child.wait().unwrap().success() && typed > 0, "{line}\n{shown}");
    }
}

fn passphrase() -> SecretString {
    SecretString::from(PASSPHRASE)
}

/// A key that ssh-keygen made: as `key`, without a passphrase for ssh-keygen's own use, and unlocked here.
fn key_of_ssh_keygen(bench: &Bench) -> SoftwareKey {
    bench.run(&format!("ssh-keygen -q -t ed25519 -a 4 -N '{PASSPHRASE}' -C chen -f key"), b"");
    let key = SoftwareKey::unlock(&bench.take("key"), &passphrase()).unwrap();
    bench.run(&format!("ssh-keygen -q -p -P '{PASSPHRASE}' -N '' -f key"), b"");
    bench.put("allowed", format!("ca:root-ca-01 {}\n", key.public_key()));
    key
}

/// Whether `ssh-keygen -Y verify` accepts `signature` over [`MESSAGE`].
fn ssh_keygen_accepts(bench: &Bench, namespace: &str, signature: &[u8]) -> bool {
    bench.put("message.sig", signature);
    let line = format!("ssh-keygen -Y verify -f allowed -I ca:root-ca-01 -n {namespace} -s message.sig");
    bench.try_run(&line, MESSAGE).status.success()
}

#[test]
fn signatures_are_those_of_ssh_keygen_byte_for_byte() {
    let bench = Bench::new();
    let key = key_of_ssh_keygen(&bench);
    for namespace in [Namespace::Statement, Namespace::CsrBundle, Namespace::Rejection, Namespace::Genesis] {
        let ours = signature::sign(&key, namespace, MESSAGE).unwrap();
        let theirs = bench.run(&format!("ssh-keygen -q -Y sign -f key -n {}", namespace.as_str()), MESSAGE);
        assert_eq!(ours.as_bytes(), theirs);
        assert_eq!(signature::verify(key.public_key(), namespace, MESSAGE, &theirs), Ok(()));
        assert!(ssh_keygen_accepts(&bench, namespace.as_str(), ours.as_bytes()));
        assert!(!ssh_keygen_accepts(&bench, "approval@airlock.v1", ours.as_bytes()));
        let other = signature::verify(key.public_key(), Namespace::Approval, MESSAGE, &theirs);
        assert_eq!(other, Err(SignatureError::Namespace));
    }
}

#[test]
fn what_ssh_keygen_takes_and_we_do_not() {
    let bench = Bench::new();
    let key = key_of_ssh_keygen(&bench);
    let name = Namespace::Statement.as_str();
    let verdict = |armored: &[u8]| signature::verify(key.public_key(), Namespace::Statement, MESSAGE, armored);
    let sha256 = bench.run(&format!("ssh-keygen -q -Y sign -O hashalg=sha256 -f key -n {name}"), MESSAGE);
    assert!(ssh_keygen_accepts(&bench, name, &sha256));
    assert_eq!(verdict(&sha256), Err(SignatureError::NotCanonical));
    let good = bench.run(&format!("ssh-keygen -q -Y sign -f key -n {name}"), MESSAGE);
    for trailing in [b"note\n".as_slice(), &good] {
        let more = [good.as_slice(), trailing].concat();
        assert!(ssh_keygen_accepts(&bench, name, &more));
        assert!(matches!(verdict(&more), Err(SignatureError::Form | SignatureError::NotCanonical)));
    }
    assert_eq!(verdict(&good), Ok(()));
}

#[test]
fn a_token_signature_is_one_for_ssh_keygen_too() {
    let bench = Bench::new();
    let key = SoftwareKey::from_seed(&Zeroizing::new([7; 32])).unwrap();
    let application = "ssh:airlock";
    let token = KeyData::SkEd25519(SkEd25519::new(Ed25519PublicKey(*key.public_key().as_ed25519()), application));
    let line = ssh_key::PublicKey::from(token.clone()).to_openssh().unwrap();
    bench.put("allowed", format!("ca:root-ca-01 {line}\n"));
    let public: SshPublicKey = line.parse().unwrap();
    let name = Namespace::Approval.as_str();
    let blob = SshSig::signed_data(name, HashAlg::Sha512, MESSAGE).unwrap();
    // Flags: present, and verified or not. ssh-keygen asks for verification only where told to; we always do.
    for (flags, verdict) in [(5, Ok(())), (1, Err(SignatureError::Unattended))] {
        let trailer = [flags, 0, 0, 0, 1];
        let signed = [Sha256::digest(application).as_slice(), &trailer, &Sha256::digest(&blob)].concat();
        let raw = [&SigningKey::sign(&key, &signed).unwrap()[..], &trailer].concat();
        let signature = ssh_key::Signature::new(Algorithm::SkEd25519, raw).unwrap();
        let armored =
            SshSig::new(token.clone(), name, HashAlg::Sha512, signature).unwrap().to_pem(LineEnding::LF).unwrap();
        assert!(ssh_keygen_accepts(&bench, name, armored.as_bytes()));
        assert_eq!(signature::verify(&public, Namespace::Approval, MESSAGE, armored.as_bytes()), verdict);
    }
}

#[test]
fn ssh_keygen_opens_our_key_files() {
    let bench = Bench::new();
    let key = SoftwareKey::from_seed(&Zeroizing::new([9; 32])).unwrap();
    bench.put("key", key.lock(&passphrase(), "ca:root-ca-01", [3; 20]).unwrap().as_bytes());
    bench.run("chmod 600 key", b"");
    let line = bench.run(&format!("ssh-keygen -y -P '{PASSPHRASE}' -f key"), b"");
    let line = String::from_utf8(line).unwrap();
    assert_eq!(line, format!("{} ca:root-ca-01\n", key.public_key()));
    assert_eq!(SshPublicKey::from_line(&line).as_ref(), Ok(key.public_key()));
    assert!(!bench.try_run("ssh-keygen -y -P wrong -f key", b"").status.success());
    let listed = bench.run("ssh-keygen -l -f key", b"");
    assert!(String::from_utf8(listed).unwrap().contains(&key.public_key().fingerprint()));
}

#[test]
fn keys_of_other_types_are_refused() {
    let bench = Bench::new();
    for kind in ["rsa -b 2048", "ecdsa"] {
        bench.run(&format!("rm -f key*; ssh-keygen -q -t {kind} -a 4 -N '{PASSPHRASE}' -f key"), b"");
        let refused = SoftwareKey::unlock(&bench.take("key"), &passphrase()).unwrap_err();
        assert!(matches!(refused, PrivateKeyError::Type | PrivateKeyError::Form), "{kind}: {refused}");
        let line = String::from_utf8(bench.take("key.pub")).unwrap();
        let refused = SshPublicKey::from_line(&line).unwrap_err();
        assert!(matches!(refused, PublicKeyError::Type | PublicKeyError::Form), "{kind}: {refused}");
    }
}

fn sealed_to(recipients: &[Recipient], plaintext: &[u8]) -> Vec<u8> {
    let mut writer = seal(recipients, Vec::new()).unwrap();
    writer.write_all(plaintext).unwrap();
    writer.finish().unwrap()
}

#[test]
fn age_opens_what_we_seal_and_we_open_what_age_seals() {
    let bench = Bench::new();
    bench.run("age-keygen -o ours 2>/dev/null; age-keygen -o theirs 2>/dev/null", b"");
    let identity = Identity::read(&bench.take("ours")).unwrap();
    let other = Identity::read(&bench.take("theirs")).unwrap();
    let listed = bench.run("age-keygen -y ours", b"");
    assert_eq!(String::from_utf8(listed).unwrap().trim(), identity.recipient().to_string());
    let plaintext = vec![7; 200_000];
    bench.put("sealed", sealed_to(&[identity.recipient(), other.recipient()], &plaintext));
    assert_eq!(bench.run("age -d -i ours sealed", b""), plaintext);
    assert_eq!(bench.run("age -d -i theirs sealed", b""), plaintext);
    let line = format!("age -r {} -r {}", identity.recipient(), other.recipient());
    let theirs = bench.run(&line, &plaintext);
    let sealed = Sealed::parse(&theirs).unwrap();
    sealed.admits_recipients(&[other.recipient(), identity.recipient()], &identity.recipient()).unwrap();
    assert_eq!(*sealed.open(&identity).unwrap(), plaintext);
}

#[test]
fn what_age_takes_and_we_do_not() {
    let bench = Bench::new();
    let recipient = Identity::generate().recipient();
    bench.run("ssh-keygen -q -t ed25519 -N '' -f ssh", b"");
    let code = |file: &[u8]| Sealed::parse(file).unwrap_err().reason().code;
    assert_eq!(code(&bench.run(&format!("age -a -r {recipient}"), b"x")), "SEAL_HEADER");
    assert_eq!(code(&bench.run(&format!("age -r {recipient} -R ssh.pub"), b"x")), "SEAL_STANZA");
    bench.put("plain", "x");
    bench.run_typing("age -p -o sealed plain");
    assert_eq!(code(&bench.take("sealed")), "SEAL_STANZA");
}

#[test]
fn identity_files_go_both_ways() {
    let bench = Bench::new();
    let identity = Identity::generate();
    bench.put("ours.age", identity.lock(&passphrase()).unwrap());
    bench.run_typing("age -d -o plain ours.age");
    assert_eq!(Identity::read(&bench.take("plain")).unwrap().recipient(), identity.recipient());
    bench.put("sealed", sealed_to(&[identity.recipient()], b"certificates"));
    bench.run_typing("age -d -i ours.age -o opened sealed");
    assert_eq!(bench.take("opened"), b"certificates");
    bench.run_typing("age -p -o theirs.age plain");
    let theirs = Identity::unlock(&bench.take("theirs.age"), &passphrase()).unwrap();
    assert_eq!(theirs.recipient(), identity.recipient());
}

struct Package;

impl Layout for Package {
    fn namespace(&self) -> Namespace {
        Namespace::CertPackage
    }

    fn cap(&self, name: &str) -> Option<usize> {
        name.starts_with("certs/").then_some(SMALL_ENTRY)
    }
}

#[test]
fn unzip_sha256sum_and_ssh_keygen_agree_with_a_container() {
    let bench = Bench::new();
    let key = SoftwareKey::from_seed(&Zeroizing::new([7; 32])).unwrap();
    let files = [("certs/0001.pem", &b"one\n"[..]), ("certs/0002.pem", b""), ("certs/0003.pem", &[0xff; 70_000])];
    let entries = files.map(|(name, bytes)| Entry { name, bytes });
    bench.put("p.zip", container::write(b"{}", &entries, &Package, &key).unwrap());
    bench.run(
        "unzip -tq p.zip && mkdir d && cd d && unzip -q ../p.zip && sha256sum -c --strict --quiet SHA256SUMS",
        b"",
    );
    for (name, bytes) in files {
        assert_eq!(bench.take(&format!("d/{name}")), bytes);
    }
    bench.put("allowed", format!("ca:root-ca-01 namespaces=\"cert-package@airlock.v1\" {}\n", key.public_key()));
    let verify = "ssh-keygen -Y verify -f allowed -I ca:root-ca-01 -n cert-package@airlock.v1 -s d/SHA256SUMS.sig";
    bench.run(&format!("{verify} < d/SHA256SUMS"), b"");
    let names = String::from_utf8(bench.run("unzip -Z1 p.zip", b"")).unwrap();
    assert_eq!(names, "SHA256SUMS\nSHA256SUMS.sig\nMANIFEST.json\ncerts/0001.pem\ncerts/0002.pem\ncerts/0003.pem\n");
    let modes = String::from_utf8(bench.run("unzip -Z -s p.zip 'certs/*'", b"")).unwrap();
    assert!(modes.lines().all(|line| line.starts_with("-rw-r--r--  3.0 unx")), "{modes}");
}

/// Sums and signature that the tools made are those that we read.
#[test]
fn a_container_may_be_listed_and_signed_by_the_tools() {
    let bench = Bench::new();
    let key = key_of_ssh_keygen(&bench);
    fs::create_dir(bench.path("certs")).unwrap();
    bench.put("MANIFEST.json", "{}");
    bench.put("certs/0001.pem", "one\n");
    bench.run("LC_ALL=C sha256sum MANIFEST.json certs/* > SHA256SUMS", b"");
    bench.run("ssh-keygen -q -Y sign -f key -n cert-package@airlock.v1 SHA256SUMS", b"");
    let bytes = container::write(b"{}", &[Entry { name: "certs/0001.pem", bytes: b"one\n" }], &Package, &key).unwrap();
    assert!(Container::read(&bytes, &Package, key.public_key()).is_ok());
    bench.put("p.zip", &bytes);
    let contents = |path: &Path| bench.run(&format!("unzip -p p.zip {}", path.display()), b"");
    assert_eq!(contents(Path::new("SHA256SUMS")), bench.take("SHA256SUMS"));
    assert_eq!(contents(Path::new("SHA256SUMS.sig")), bench.take("SHA256SUMS.sig"));
}
