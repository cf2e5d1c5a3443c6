//! Sealed files against the age vectors of C2SP CCTV (`fixtures/age/`), and wounded in every byte.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use airlock::exchange::seal::identity::{Identity, IdentityError};
use airlock::exchange::seal::recipient::Recipient;
use airlock::exchange::seal::{MAX_RECIPIENTS, SealError, Sealed, seal};
use airlock::refusal::Refusal as _;
use airlock::wire::digest::Digest;
use aws_lc_rs::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};
use secrecy::SecretString;

/// One vector: what stands in its header, and the age file.
struct Vector {
    name: String,
    keys: Vec<(String, String)>,
    file: Vec<u8>,
}

impl Vector {
    fn all() -> Vec<Self> {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/age");
        let paths = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
        let vectors = paths.filter(|path| !path.to_str().unwrap().contains('.')).map(|path| {
            let bytes = fs::read(&path).unwrap();
            let end = bytes.windows(2).position(|pair| pair == b"\n\n").unwrap();
            let header = std::str::from_utf8(&bytes[..end]).unwrap();
            let keys = header.lines().map(|line| line.split_once(": ").unwrap());
            Self {
                name: path.file_name().unwrap().to_str().unwrap().to_owned(),
                keys: keys.map(|(key, value)| (key.to_owned(), value.to_owned())).collect(),
                file: bytes[end + 2..].to_vec(),
            }
        });
        vectors.collect()
    }

    fn get(&self, key: &str) -> Option<&str> {
        self.keys.iter().find(|(known, _)| known == key).map(|(_, value)| value.as_str())
    }

    /// The digest of what opens, or the code of the refusal.
    fn open(&self, identity: &Identity) -> String {
        let opened = Sealed::parse(&self.file).and_then(|sealed| sealed.open(identity));
        opened.map_or_else(|error| error.reason().code.to_owned(), |plaintext| Digest::of(&plaintext).to_string())
    }
}

/// Stanzas that are valid age, and that we refuse nevertheless.
const OTHER_STANZAS: [&str; 6] = [
    "scrypt_and_x25519",
    "stanza_empty_body",
    "stanza_empty_last_line",
    "stanza_valid_characters",
    "x25519_grease",
    "x25519_lowercase",
];

#[test]
fn every_vector_for_a_recipient_is_judged_as_it_says() {
    let mut opened = 0;
    for vector in Vector::all() {
        let Some(identity) = vector.get("identity") else { continue };
        let found = vector.open(&Identity::read(identity.as_bytes()).unwrap());
        if OTHER_STANZAS.contains(&vector.name.as_str()) {
            assert_eq!(found, "SEAL_STANZA", "{}", vector.name);
            continue;
        }
        match vector.get("expect").unwrap() {
            "success" => assert_eq!(Some(found.as_str()), vector.get("payload"), "{}", vector.name),
            "no match" => assert_eq!(found, "SEAL_NOT_FOR_US", "{}", vector.name),
            "HMAC failure" => assert_eq!(found, "SEAL_DAMAGED", "{}", vector.name),
            "header failure" => {
                assert!(matches!(found.as_str(), "SEAL_HEADER" | "SEAL_LENGTH"), "{}: {found}", vector.name)
            }
            "payload failure" => {
                assert!(matches!(found.as_str(), "SEAL_DAMAGED" | "SEAL_LENGTH"), "{}: {found}", vector.name)
            }
            other => panic!("{}: {other}", vector.name),
        }
        opened += 1;
    }
    assert!(opened > 40, "{opened} vectors");
}

#[test]
fn every_vector_for_a_passphrase_is_judged_as_it_says() {
    let mut opened = 0;
    for vector in Vector::all() {
        let Some(passphrase) = vector.get("passphrase") else { continue };
        let error = Identity::unlock(&vector.file, &SecretString::from(passphrase)).unwrap_err();
        match (vector.get("expect").unwrap(), error) {
            ("success", IdentityError::Content)
            | ("no match", IdentityError::Passphrase | IdentityError::Form)
            | ("header failure", IdentityError::Form | IdentityError::Work) => opened += 1,
            (expected, other) => panic!("{}: expected {expected}, not {other}", vector.name),
        }
    }
    assert!(opened > 20, "{opened} vectors");
}

fn sealed_to(recipients: &[Recipient], plaintext: &[u8]) -> Vec<u8> {
    let mut writer = seal(recipients, Vec::new()).unwrap();
    writer.write_all(plaintext).unwrap();
    writer.finish().unwrap()
}

fn code(file: &[u8], identity: &Identity) -> &'static str {
    let opened = Sealed::parse(file).and_then(|sealed| sealed.open(identity));
    opened.map_or_else(|error| error.reason().code, |_| "OK")
}

#[test]
fn the_halves_of_a_large_file_open_together_or_not_at_all() {
    let identity = Identity::generate();
    let (chunk, sealed_chunk) = (64 << 10, (64 << 10) + 16);
    for length in [32 * chunk, 33 * chunk + 7] {
        let file = sealed_to(&[identity.recipient()], &vec![7; length]);
        let start = file.len() - length - length.div_ceil(chunk) * 16;
        let at = |number: usize| start + number * sealed_chunk;
        assert_eq!(code(&file, &identity), "OK");
        for place in [at(0), at(15), at(16) - 1, at(16), at(17), at(31), file.len() - 1] {
            let mut wounded = file.clone();
            wounded[place] ^= 1;
            assert_eq!(code(&wounded, &identity), "SEAL_DAMAGED", "{place} of {length}");
        }
        for end in [at(15), at(16), at(17), at(31), at(16) + 20] {
            assert_eq!(code(&file[..end], &identity), "SEAL_DAMAGED", "{end} of {length}");
        }
        for (one, other) in [(0, 1), (15, 16), (3, 20), (17, 18)] {
            let mut swapped = file.clone();
            swapped[at(one)..at(one + 1)].copy_from_slice(&file[at(other)..at(other + 1)]);
            swapped[at(other)..at(other + 1)].copy_from_slice(&file[at(one)..at(one + 1)]);
            assert_eq!(code(&swapped, &identity), "SEAL_DAMAGED", "{one} and {other} of {length}");
        }
    }
}

/// A file whose header is a vector's and whose chunks were encrypted here, each with or without the mark of the last one.
fn with_chunks(vector: &Vector, marks: &[bool]) -> Vec<u8> {
    let (nonce, file_key) = ([7; 16], hex::decode(vector.get("file key").unwrap()).unwrap());
    let salt = Salt::new(HKDF_SHA256, &nonce);
    let pseudorandom = salt.extract(&file_key);
    let key = pseudorandom.expand(&[b"payload"], &CHACHA20_POLY1305).unwrap();
    let key = LessSafeKey::new(UnboundKey::from(key));
    let mac = vector.file.windows(4).position(|window| window == b"--- ").unwrap();
    let end = mac + vector.file[mac..].iter().position(|byte| *byte == b'\n').unwrap() + 1;
    let mut file = [&vector.file[..end], &nonce].concat();
    for (number, is_last) in marks.iter().enumerate() {
        let mut nonce = [0; 12];
        nonce[7..11].copy_from_slice(&u32::try_from(number).unwrap().to_be_bytes());
        nonce[11] = u8::from(*is_last);
        let mut chunk = vec![u8::try_from(number).unwrap(); 64 << 10];
        let nonce = Nonce::assume_unique_for_key(nonce);
        key.seal_in_place_append_tag(nonce, Aad::empty(), &mut chunk).unwrap();
        file.extend(chunk);
    }
    file
}

/// Whoever can encrypt can also mark a chunk in the middle as the last one. Readers that begin at the front stop there; so
/// must one that reads both halves, wherever the mark stands, at the seam above all.
#[test]
fn a_file_that_ends_in_its_middle_does_not_open() {
    let vector = Vector::all().into_iter().find(|vector| vector.name == "x25519").unwrap();
    let identity = Identity::read(vector.get("identity").unwrap().as_bytes()).unwrap();
    for count in [2, 15, 16, 17, 32, 33] {
        let mut marks = vec![false; count];
        assert_eq!(code(&with_chunks(&vector, &marks), &identity), "SEAL_DAMAGED", "{count} chunks without an end");
        marks[count - 1] = true;
        assert_eq!(code(&with_chunks(&vector, &marks), &identity), "OK", "{count} chunks");
        for middle in 0..count - 1 {
            let mut marks = marks.clone();
            marks[middle] = true;
            assert_eq!(code(&with_chunks(&vector, &marks), &identity), "SEAL_DAMAGED", "{middle} of {count}");
        }
    }
}

#[test]
fn what_is_sealed_opens_to_the_same_bytes() {
    let identity = Identity::generate();
    let chunk = 64 << 10;
    for length in [0, 1, chunk - 1, chunk, chunk + 1, 3 * chunk, 16 * chunk - 1, 16 * chunk, 17 * chunk, 33 * chunk + 7]
    {
        let plaintext: Vec<u8> = (0..length).map(|at| at as u8).collect();
        let file = sealed_to(&[identity.recipient()], &plaintext);
        assert_eq!(*Sealed::parse(&file).unwrap().open(&identity).unwrap(), plaintext, "{length} bytes");
    }
}

#[test]
fn our_own_files_pass_our_header_check_whatever_grease_they_hold() {
    for number in 1..=MAX_RECIPIENTS {
        let identities: Vec<_> = (0..number).map(|_| Identity::generate()).collect();
        let recipients: Vec<_> = identities.iter().map(Identity::recipient).collect();
        for _ in 0..20 {
            let file = sealed_to(&recipients, b"x");
            let sealed = Sealed::parse(&file).unwrap();
            sealed.admits_recipients(&recipients, &recipients[0]).unwrap();
            sealed.open(&identities[number - 1]).unwrap();
        }
    }
}

#[test]
fn the_header_must_hold_as_many_recipients_as_the_manifest() {
    let [ours, second, third] = [(); 3].map(|()| Identity::generate().recipient());
    let file = sealed_to(&[ours.clone(), second.clone()], b"x");
    let admits = |listed: &[Recipient]| Sealed::parse(&file).unwrap().admits_recipients(listed, &ours);
    assert!(admits(&[ours.clone(), second.clone()]).is_ok());
    for listed in [vec![ours.clone()], vec![ours.clone(), second.clone(), third.clone()], vec![second, third], vec![]] {
        assert_eq!(admits(&listed).unwrap_err().reason().code, "SEAL_LISTED");
    }
}

#[test]
fn re_encrypted_to_a_third_key_it_is_not_for_us() {
    let file = sealed_to(&[Identity::generate().recipient()], b"x");
    assert_eq!(code(&file, &Identity::generate()), "SEAL_NOT_FOR_US");
}

#[test]
fn sealing_takes_different_recipients_and_not_too_many() {
    let recipients: Vec<_> = (0..=MAX_RECIPIENTS).map(|_| Identity::generate().recipient()).collect();
    let twice = [recipients[0].clone(), recipients[0].clone()];
    for refused in [&[][..], &recipients, &twice] {
        assert!(matches!(seal(refused, Vec::new()), Err(SealError::Recipients)));
    }
    assert!(seal(&recipients[1..], Vec::new()).is_ok());
}

#[test]
fn stanzas_that_are_none_of_ours_are_refused_before_any_key_is_used() {
    let identity = Identity::generate();
    let file = sealed_to(&[identity.recipient()], b"x");
    let mac = file.windows(5).position(|window| window == b"\n--- ").unwrap() + 1;
    let share = "A".repeat(43);
    let x25519 = format!("-> X25519 {share}\n{share}\n");
    let full = "A".repeat(64);
    for (stanza, expected) in [
        (format!("-> scrypt {} 18\n{share}\n", "A".repeat(22)), "SEAL_STANZA"),
        (format!("-> ssh-ed25519 AAAAAA {share}\n{share}\n"), "SEAL_STANZA"),
        (format!("-> ssh-rsa AAAAAA\n{full}\n\n"), "SEAL_STANZA"),
        (format!("-> piv-p256 AAAAAA {share}\n{share}\n"), "SEAL_STANZA"),
        (format!("-> mlkem768x25519 {share}\n{share}\n"), "SEAL_STANZA"),
        ("-> x-grease\n\n-> y-grease\n\n".to_owned(), "SEAL_STANZAS"),
        (x25519.repeat(15), "SEAL_STANZAS"),
        (x25519.repeat(40), "SEAL_STANZAS"),
        (format!("-> X25519 {share} x\n{share}\n"), "SEAL_HEADER"),
        (format!("-> X25519 {}\n{share}\n", "A".repeat(42)), "SEAL_HEADER"),
        (format!("-> X25519 {share}\n{}\n", "A".repeat(44)), "SEAL_HEADER"),
        (format!("-> x-grease\n{full}\n"), "SEAL_HEADER"),
        ("-> x-grease\n".to_owned(), "SEAL_HEADER"),
        ("-> x-grease\nAB\n".to_owned(), "SEAL_HEADER"),
        ("-> x-grease \n\n".to_owned(), "SEAL_HEADER"),
        ("->  x-grease\n\n".to_owned(), "SEAL_HEADER"),
        ("-> \u{e9}-grease\n\n".to_owned(), "SEAL_HEADER"),
        (format!("-> x-grease {}\n\n", "a".repeat(17 << 10)), "SEAL_HEADER"),
    ] {
        let wounded = [&file[..mac], stanza.as_bytes(), &file[mac..]].concat();
        assert_eq!(code(&wounded, &identity), expected, "{stanza}");
    }
}

#[test]
fn armor_and_text_around_a_file_are_refused() {
    let identity = Identity::generate();
    let file = sealed_to(&[identity.recipient()], b"x");
    for wounded in [
        b"-----BEGIN AGE ENCRYPTED FILE-----\n".to_vec(),
        [b"\n", file.as_slice()].concat(),
        [b"# note\n", file.as_slice()].concat(),
        Vec::new(),
    ] {
        assert_eq!(code(&wounded, &identity), "SEAL_HEADER");
    }
    assert_eq!(code(&[file.as_slice(), b"\n"].concat(), &identity), "SEAL_DAMAGED");
}

#[test]
fn every_flipped_bit_and_every_truncation_is_refused() {
    let identity = Identity::generate();
    let file = sealed_to(&[identity.recipient()], b"certificates");
    for length in 0..file.len() {
        assert_ne!(code(&file[..length], &identity), "OK", "{length} bytes");
    }
    for at in 0..file.len() {
        for bit in 0..8 {
            let mut flipped = file.clone();
            flipped[at] ^= 1 << bit;
            assert_ne!(code(&flipped, &identity), "OK", "bit {bit} of byte {at}");
        }
    }
}

/// The first chunks of a truncated file decrypt well; none of them may come out.
#[test]
fn a_file_cut_between_chunks_opens_not_at_all() {
    let identity = Identity::generate();
    let file = sealed_to(&[identity.recipient()], &vec![7; 3 * (64 << 10)]);
    let payload = file.len() - 3 * ((64 << 10) + 16) - 16;
    for chunks in 0..3 {
        let cut = &file[..payload + 16 + chunks * ((64 << 10) + 16)];
        assert!(matches!(code(cut, &identity), "SEAL_DAMAGED" | "SEAL_LENGTH"), "{chunks} chunks");
    }
    assert_eq!(code(&file, &identity), "OK");
}
