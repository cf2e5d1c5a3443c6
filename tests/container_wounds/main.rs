//! Containers, whole and wounded. A small ZIP writer of its own makes what no honest one would, wound by wound; the
//! signature and `SHA256SUMS` inside are always true, unless they are the wound.

mod zip;

use airlock::exchange::container::{self, Container, ContainerError, Entry, Layout, MAX_BYTES, SMALL_ENTRY, archive};
use airlock::exchange::signature::private_key::SoftwareKey;
use airlock::exchange::signature::{self, Namespace, SigningKey as _};
use airlock::refusal::Refusal as _;
use airlock::wire::digest::Digest;
use proptest::prelude::*;
use zeroize::Zeroizing;

use zip::{File, plain, zip};

/// Takes any name, so that what is refused is refused by the container itself.
struct Any;

impl Layout for Any {
    fn namespace(&self) -> Namespace {
        Namespace::CsrBundle
    }

    fn cap(&self, _: &str) -> Option<usize> {
        Some(SMALL_ENTRY)
    }
}

/// Takes requests only.
struct Requests;

impl Layout for Requests {
    fn namespace(&self) -> Namespace {
        Namespace::CsrBundle
    }

    fn cap(&self, name: &str) -> Option<usize> {
        let number = name.strip_prefix("requests/")?.strip_suffix(".csr.pem")?;
        (number.len() == 4).then_some(16)
    }
}

fn key() -> SoftwareKey {
    SoftwareKey::from_seed(&Zeroizing::new([7; 32])).unwrap()
}

fn code(bytes: &[u8], layout: &dyn Layout) -> &'static str {
    Container::read(bytes, layout, key().public_key()).map_or_else(|error| error.reason().code, |_| "OK")
}

fn sums(files: &[File]) -> String {
    let mut files: Vec<_> = files.iter().collect();
    files.sort_by(|one, next| one.name.cmp(&next.name));
    files.iter().map(|file| format!("{}  {}\n", Digest::of(&file.data), String::from_utf8_lossy(&file.name))).collect()
}

/// The manifest and `files`, after these `SHA256SUMS`, signed.
fn signed_as(sums: &str, files: &[File]) -> Vec<File> {
    let signature = signature::sign(&key(), Namespace::CsrBundle, sums.as_bytes()).unwrap();
    let fixed = [File::new("SHA256SUMS", sums.as_bytes()), File::new("SHA256SUMS.sig", signature.as_bytes())];
    [fixed.to_vec(), files.to_vec()].concat()
}

fn signed(files: &[File]) -> Vec<File> {
    signed_as(&sums(files), files)
}

/// The files that [`good`] lists in `SHA256SUMS`.
fn listed() -> Vec<File> {
    let names = ["MANIFEST.json", "requests/0001.csr.pem", "requests/0002.csr.pem"];
    names.map(|name| File::new(name, name.as_bytes().split_at(8).1)).to_vec()
}

fn good() -> Vec<File> {
    signed(&listed())
}

/// [`good`] with a change to its fourth file.
fn with(change: impl FnOnce(&mut File)) -> Vec<u8> {
    let mut files = good();
    change(&mut files[3]);
    plain(&files)
}

/// [`good`] with one more file, listed and signed.
fn with_file(name: &str) -> Vec<u8> {
    let mut files = listed();
    files.push(File::new(name, b"x"));
    files[1..].sort_by(|one, next| one.name.cmp(&next.name));
    plain(&signed(&files))
}

#[test]
fn the_good_container_reads_and_is_what_our_writer_writes() {
    let files = listed();
    let bytes = plain(&good());
    let container = Container::read(&bytes, &Any, key().public_key()).unwrap();
    assert_eq!(container.manifest(), files[0].data);
    assert_eq!(container.get("requests/0002.csr.pem"), Some(files[2].data.as_slice()));
    assert_eq!(container.get("requests/0003.csr.pem"), None);
    assert_eq!(container.get("MANIFEST.json"), None);
    let mut entries: Vec<_> = container.files().to_vec();
    entries.reverse();
    assert_eq!(container::write(container.manifest(), &entries, &Any, &key()).unwrap(), bytes);
}

#[test]
fn one_header_field_off_its_value_is_refused() {
    let refused =
        |name: &str, wound: fn(&mut File)| assert_eq!(code(&with(wound), &Any), "CONTAINER_CANONICAL", "{name}");
    refused("made by DOS", |f| f.made_by = 0x001e);
    refused("made by 1.0", |f| f.made_by = 0x030a);
    refused("needed 1.0", |f| f.needed = 10);
    refused("UTF-8 flag", |f| f.flags = 0x800);
    refused("encrypted", |f| f.flags = 1);
    refused("descriptor flag alone", |f| f.flags = 8);
    refused("deflated", |f| f.method = 8);
    refused("time", |f| f.time = 1);
    refused("date", |f| f.date = 0x5af6);
    refused("checksum", |f| f.crc ^= 1);
    refused("text file", |f| f.internal = 1);
    refused("second disk", |f| f.disk = 1);
    refused("symlink", |f| f.external = 0o120_777 << 16);
    refused("executable", |f| f.external = 0o100_755 << 16);
    refused("comment", |f| f.comment = b"note".to_vec());
    assert_eq!(code(&with(|_| ()), &Any), "OK");
}

#[test]
fn bytes_that_belong_to_no_file_are_refused() {
    let (files, bytes) = (good(), plain(&good()));
    let zip64_size = [&[1, 0, 16, 0][..], &13_u64.to_le_bytes(), &13_u64.to_le_bytes()].concat();
    let zip64_end = [b"PK\x06\x06".as_slice(), &44_u64.to_le_bytes(), &[0; 44], b"PK\x06\x07", &[0; 16]].concat();
    let descriptor = |f: &mut File| {
        f.flags = 8;
        f.descriptor =
            [b"PK\x07\x08".as_slice(), &f.crc.to_le_bytes(), &f.size.to_le_bytes(), &f.size.to_le_bytes()].concat();
    };
    let deflated = |f: &mut File| {
        f.method = 8;
        f.data = [&[1, 13, 0, 242, 255], f.data.as_slice()].concat();
    };
    let mut prefixed = good();
    prefixed[0].gap = b"#!/bin/sh\n".to_vec();
    let mut hidden = good();
    hidden.insert(4, File { is_hidden: true, ..File::new("requests/0001.csr.pem", b"other") });
    for (name, wounded) in [
        ("prefix, offsets untouched", [b"#!/bin/sh\n", bytes.as_slice()].concat()),
        ("prefix, offsets moved", plain(&prefixed)),
        ("suffix", [bytes.as_slice(), b"\n"].concat()),
        ("second end record", [bytes.as_slice(), &bytes[bytes.len() - 22..]].concat()),
        ("archive comment", zip(&files, &[], None, b"note")),
        ("gap between files", with(|f| f.gap = vec![0; 8])),
        ("file in no directory", plain(&hidden)),
        ("descriptor", with(descriptor)),
        ("deflated, in one stored block", with(deflated)),
        ("local extra field", with(|f| f.local_extra = vec![0xfe, 0xca, 0, 0])),
        ("central extra field", with(|f| f.central_extra = vec![0xfe, 0xca, 0, 0])),
        ("ZIP64 sizes", with(|f| f.local_extra = zip64_size.clone())),
        ("ZIP64 sizes, central", with(|f| f.central_extra = zip64_size.clone())),
        ("ZIP64 end record", zip(&files, &zip64_end, None, &[])),
        ("bytes before the end record", zip(&files, &[0; 4], None, &[])),
    ] {
        assert!(
            matches!(code(&wounded, &Any), "CONTAINER_CANONICAL" | "CONTAINER_ZIP"),
            "{name}: {}",
            code(&wounded, &Any)
        );
    }
}

#[test]
fn two_stories_about_one_file_are_refused() {
    let other_name = with(|f| f.central_name = Some(b"requests/0009.csr.pem".to_vec()));
    assert_eq!(code(&other_name, &Any), "CONTAINER_CANONICAL");
    assert_eq!(code(&with(|f| f.size += 1), &Any), "CONTAINER_CANONICAL");
    assert_eq!(code(&zip(&good(), &[], Some(4), &[]), &Any), "CONTAINER_CANONICAL");
    assert_ne!(code(&zip(&good(), &[], Some(6), &[]), &Any), "OK");
}

#[test]
fn order_and_repetition_are_refused() {
    let mut repeated = good();
    repeated.insert(4, repeated[3].clone());
    assert_eq!(code(&plain(&repeated), &Any), "CONTAINER_ORDER");
    let entry = Entry { name: "requests/0001.csr.pem", bytes: b"x" };
    let refused = container::write(b"{}", &[entry, entry], &Any, &key()).unwrap_err();
    assert_eq!(refused.reason().code, "CONTAINER_ORDER");
    for (one, other) in [(0, 1), (1, 2), (2, 3), (3, 4)] {
        let mut swapped = good();
        swapped.swap(one, other);
        assert_eq!(code(&plain(&swapped), &Any), "CONTAINER_ORDER", "{one} and {other}");
    }
}

#[test]
fn names_that_some_system_reads_otherwise_are_refused() {
    for name in [
        "../x",
        "/etc/x",
        "requests\\x",
        "a//b",
        "a/",
        "a/b/c/d",
        ".hidden",
        "a/.hidden",
        "x.",
        "c:x",
        "a b",
        "x\u{202e}y",
        "requests/0001.csr.pem\0",
        "é",
    ] {
        assert_eq!(code(&with_file(name), &Any), "CONTAINER_NAME", "{name:?}");
    }
    assert_eq!(code(&with_file(&"x".repeat(65)), &Any), "CONTAINER_NAME");
    for clash in ["requests/0001.CSR.pem", "Requests/0001.csr.pem", "sha256sums", "manifest.json", "requests"] {
        assert_eq!(code(&with_file(clash), &Any), "CONTAINER_CLASH", "{clash}");
    }
    assert_eq!(code(&with_file("requests.d/0001.csr.pem"), &Any), "OK");
    let not_utf8 = with(|f| f.name = b"requests/\xff\xff\xff\xff.csr.pem".to_vec());
    assert_eq!(code(&not_utf8, &Any), "CONTAINER_CANONICAL");
}

#[test]
fn the_layout_closes_the_list_and_caps_the_sizes() {
    assert_eq!(code(&plain(&good()), &Requests), "OK");
    for name in ["requests/00001.csr.pem", "requests/0001.csr", "notes.txt"] {
        assert_eq!(code(&with_file(name), &Requests), "CONTAINER_NAME", "{name}");
    }
    let mut files = listed();
    files[1] = File::new("requests/0001.csr.pem", &[b'x'; 17]);
    assert_eq!(code(&plain(&signed(&files)), &Requests), "CONTAINER_ENTRY_SIZE");
    let entry = Entry { name: "requests/0001.csr.pem", bytes: &[b'x'; 17] };
    let refused = container::write(b"{}", &[entry], &Requests, &key()).unwrap_err();
    assert_eq!(refused.reason().code, "CONTAINER_ENTRY_SIZE");
}

#[test]
fn sums_that_are_not_exactly_of_these_files_are_refused() {
    let files = listed();
    let true_sums = sums(&files);
    let (first, rest) = true_sums.split_once('\n').unwrap();
    let digest = &first[..64];
    let swapped: String = true_sums.lines().rev().map(|line| format!("{line}\n")).collect();
    let extra = format!("{digest}  zz");
    for (name, wounded, expected) in [
        ("empty", String::new(), "SUMS_FORM"),
        ("binary mark", true_sums.replace("  ", " *"), "SUMS_FORM"),
        ("one space", true_sums.replace("  ", " "), "SUMS_FORM"),
        ("capitals", true_sums.replace(digest, &digest.to_uppercase()), "SUMS_FORM"),
        ("CRLF", true_sums.replace('\n', "\r\n"), "SUMS_SET"),
        ("no last LF", true_sums.trim_end().to_owned(), "SUMS_FORM"),
        ("empty line at the end", format!("{true_sums}\n"), "SUMS_FORM"),
        ("escaped name", format!("\\{true_sums}"), "SUMS_FORM"),
        ("tagged", true_sums.replacen(first, &format!("SHA256 (MANIFEST.json) = {digest}"), 1), "SUMS_FORM"),
        ("file not listed", rest.to_owned(), "SUMS_SET"),
        ("last file not listed", true_sums.lines().take(2).map(|line| format!("{line}\n")).collect(), "SUMS_SET"),
        ("listed and not there", format!("{true_sums}{extra}\n"), "SUMS_SET"),
        ("listed twice", format!("{first}\n{true_sums}"), "SUMS_SET"),
        ("other order", swapped, "SUMS_SET"),
        ("dot slash", true_sums.replace("  ", "  ./"), "SUMS_SET"),
        ("other digest", true_sums.replacen(digest, &Digest::of(b"").to_string(), 1), "SUMS_DIGEST"),
    ] {
        assert_eq!(code(&plain(&signed_as(&wounded, &files)), &Any), expected, "{name}");
    }
}

#[test]
fn the_signature_is_by_this_key_in_this_namespace() {
    struct Package;
    impl Layout for Package {
        fn namespace(&self) -> Namespace {
            Namespace::CertPackage
        }
        fn cap(&self, _: &str) -> Option<usize> {
            Some(SMALL_ENTRY)
        }
    }
    assert_eq!(code(&plain(&good()), &Package), "SIGNATURE_NAMESPACE");
    let other = SoftwareKey::from_seed(&Zeroizing::new([8; 32])).unwrap();
    let bytes = plain(&good());
    let refused = Container::read(&bytes, &Any, other.public_key()).unwrap_err();
    assert_eq!(refused, ContainerError::Signature(signature::SignatureError::Key));
}

#[test]
fn counts_are_checked_before_anything_is_allocated() {
    assert_eq!(code(&plain(&good()[..3]), &Any), "CONTAINER_COUNT");
    assert_eq!(
        code(b"PK\x05\x06\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\0\0", &Any),
        "CONTAINER_COUNT"
    );
    assert_eq!(code(&vec![0; MAX_BYTES + 1], &Any), "CONTAINER_SIZE");
    let mut files = vec![File::new("MANIFEST.json", b"{}")];
    files.extend((0..59_997).map(|number| File::new(&format!("requests/{number:05}.csr.pem"), b"x")));
    assert_eq!(code(&plain(&signed(&files)), &Any), "OK");
    files.push(File::new("requests/99999.csr.pem", b"x"));
    assert_eq!(code(&plain(&signed(&files)), &Any), "CONTAINER_COUNT");
}

#[test]
fn the_encoding_alone_carries_unsigned_files_too() {
    let entries = [Entry { name: "PLAN.json", bytes: b"{}" }, Entry { name: "tbs/0001.der", bytes: b"\x30\0" }];
    let bytes = archive::write(&entries).unwrap();
    assert_eq!(archive::read(&bytes).unwrap(), entries);
    assert_eq!(bytes, plain(&entries.map(|entry| File::new(entry.name, entry.bytes))));
    assert_eq!(archive::read(&bytes[..bytes.len() - 1]), Err(ContainerError::NotCanonical));
    let many = vec![entries[0]; container::MAX_ENTRIES + 1];
    assert_eq!(archive::write(&many), Err(ContainerError::Count(many.len())));
}

#[test]
fn every_flipped_bit_and_every_truncation_is_refused() {
    let bytes = plain(&good());
    for length in 0..bytes.len() {
        assert_ne!(code(&bytes[..length], &Any), "OK", "{length} bytes");
    }
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 << bit;
            assert_ne!(code(&flipped, &Any), "OK", "bit {bit} of byte {at}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_written_reads_back(
        manifest in prop::collection::vec(any::<u8>(), 0..64),
        files in prop::collection::btree_map("[a-z][a-z0-9]{0,8}/[a-z][a-z0-9.]{0,8}x", prop::collection::vec(any::<u8>(), 0..64), 1..8),
    ) {
        let entries: Vec<_> = files.iter().map(|(name, bytes)| Entry { name, bytes }).collect();
        let bytes = container::write(&manifest, &entries, &Any, &key()).unwrap();
        let container = Container::read(&bytes, &Any, key().public_key()).unwrap();
        prop_assert_eq!(container.manifest(), manifest);
        prop_assert_eq!(container.files(), entries);
    }

    #[test]
    fn no_other_bytes_are_read(at in 0..2000_usize, cut in 0..9_usize, insert in prop::collection::vec(any::<u8>(), 0..9)) {
        let good = plain(&good());
        let mut bytes = good.clone();
        let at = at.min(bytes.len());
        let end = (at + cut).min(bytes.len());
        bytes.splice(at..end, insert);
        prop_assume!(bytes != good);
        prop_assert_ne!(code(&bytes, &Any), "OK");
    }
}
