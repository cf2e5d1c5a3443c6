//! Every request of `fixtures/csr`: the expected outcome stands in its file, openssl is the second judge.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::print_stdout)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use airlock::pki::csr::Csr;
use airlock::refusal::Refusal;
use airlock::wire::pem;

struct Case {
    path: PathBuf,
    text: String,
}

impl Case {
    fn name(&self) -> &str {
        self.path.file_stem().unwrap().to_str().unwrap()
    }

    fn header(&self, key: &str) -> Option<&str> {
        let prefix = format!("{key}: ");
        self.text.lines().take_while(|line| !line.starts_with("-----")).find_map(|line| line.strip_prefix(&prefix))
    }

    fn is_accepted(&self) -> bool {
        self.header("expect") == Some("accepted")
    }

    fn der(&self) -> Vec<u8> {
        pem::blocks(&self.text).unwrap().remove(0).1
    }
}

fn cases() -> Vec<Case> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/csr");
    let mut paths: Vec<_> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "csr"));
    paths.sort();
    paths.into_iter().map(|path| Case { text: fs::read_to_string(&path).unwrap(), path }).collect()
}

fn openssl(arguments: &[&str], path: &Path) -> (bool, Vec<u8>) {
    let output = Command::new("openssl").args(arguments).arg("-in").arg(path).stdin(Stdio::null()).output().unwrap();
    (output.status.success(), [output.stdout, output.stderr].concat())
}

#[test]
fn every_request_meets_its_expected_outcome() {
    let cases = cases();
    for case in &cases {
        let outcome = match Csr::parse_foreign(&case.text) {
            Ok(_) => "accepted",
            Err(error) => error.reason().code,
        };
        assert_eq!(Some(outcome), case.header("expect"), "{}", case.name());
    }
    let accepted = cases.iter().filter(|case| case.is_accepted()).count();
    assert!(accepted >= 49 && cases.len() - accepted >= 49, "{accepted} of {}", cases.len());
}

#[test]
fn accepted_requests_say_what_they_should() {
    for case in cases().iter().filter(|case| case.is_accepted()) {
        let csr = Csr::parse_foreign(&case.text).unwrap();
        assert_eq!(csr.subject().safe(), case.header("subject").unwrap(), "{}", case.name());
        let san = csr.subject_alt_names().map(ToString::to_string).unwrap_or_default();
        assert_eq!(san, case.header("san").unwrap(), "{}", case.name());
        assert_eq!(csr.der(), case.der());
        assert_eq!(Csr::parse_der(csr.der()), Ok(csr.clone()));
        assert_eq!(Csr::parse_pem(csr.to_pem().as_bytes()), Ok(csr));
    }
}

#[test]
fn openssl_verifies_what_is_accepted() {
    for case in cases().iter().filter(|case| case.is_accepted()) {
        let (verified, output) = openssl(&["req", "-verify", "-noout"], &case.path);
        assert!(verified, "{}: {}", case.name(), String::from_utf8_lossy(&output));
    }
}

/// The subject is the second element of the request information: openssl says where it lies in the file.
#[test]
fn subjects_keep_every_byte_that_openssl_sees() {
    for case in cases().iter().filter(|case| case.is_accepted()) {
        let (read, listing) = openssl(&["asn1parse"], &case.path);
        assert!(read, "{}", case.name());
        let listing = String::from_utf8_lossy(&listing);
        let number = |text: &str, after: &str| -> usize {
            let rest = text.split(after).nth(1).unwrap().trim_start();
            rest.split(|c: char| !c.is_ascii_digit()).next().unwrap().parse().unwrap()
        };
        let subject = listing.lines().filter(|line| line.contains(":d=2 ")).nth(1).unwrap();
        let start: usize = subject.split(':').next().unwrap().trim().parse().unwrap();
        let end = start + number(subject, "hl=") + number(subject, " l=");
        let csr = Csr::parse_foreign(&case.text).unwrap();
        assert_eq!(csr.subject().der(), &case.der()[start..end], "{}", case.name());
    }
}

/// A wound is only tested where everything around it is sound: the requests whose subject, names, extensions or
/// attributes are hostile bear a signature that verifies, so nothing but the wound can have refused them.
#[test]
fn hostile_requests_are_soundly_signed() {
    let mut sound = 0;
    for case in cases().iter().filter(|case| !case.is_accepted()) {
        let prefix = case.name().split('-').next().unwrap();
        if matches!(prefix, "subject" | "san" | "extension" | "attribute" | "version") && case.name() != "subject-17000"
        {
            let (verified, output) = openssl(&["req", "-verify", "-noout"], &case.path);
            let output = String::from_utf8_lossy(&output);
            // What openssl cannot even read is refused by both.
            assert!(
                verified || output.contains("Unable to load") || output.contains("unable to load"),
                "{}: {output}",
                case.name()
            );
            sound += usize::from(verified);
        }
    }
    println!("{sound} hostile requests verify with openssl");
    assert!(sound >= 30, "{sound}");
}

fn small() -> Vec<u8> {
    let case = cases().into_iter().find(|case| case.name() == "san-wildcard").unwrap();
    assert!(Csr::parse_der(&case.der()).is_ok());
    case.der()
}

#[test]
fn no_flipped_bit_is_accepted() {
    let der = small();
    for at in 0..der.len() * 8 {
        let mut flipped = der.clone();
        flipped[at / 8] ^= 1 << (at % 8);
        assert!(Csr::parse_der(&flipped).is_err(), "bit {at}");
    }
}

#[test]
fn no_truncation_is_accepted() {
    let der = small();
    for length in 0..der.len() {
        assert!(Csr::parse_der(&der[..length]).is_err(), "{length} bytes");
    }
}

#[test]
fn no_inserted_byte_is_accepted() {
    let der = small();
    for at in 0..=der.len() {
        for byte in [0, 0x30, 0xff] {
            let mut longer = der.clone();
            longer.insert(at, byte);
            assert!(Csr::parse_der(&longer).is_err(), "{byte} at {at}");
        }
    }
}
