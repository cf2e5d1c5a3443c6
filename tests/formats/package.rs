//! Certificate packages: everything the cluster refuses of one whose sender holds all keys of the CA host.

use airlock::cluster::role::Domain;
use airlock::exchange::arrival::Files;
use airlock::exchange::cert_package::CertPackage;
use airlock::exchange::cert_package::draft::{Answer, Draft};
use airlock::exchange::cert_package::layout::PackageLayout;
use airlock::exchange::draw::Sharing;
use airlock::exchange::roots::RootStatus;
use airlock::exchange::seal::identity::Identity;
use airlock::exchange::signature::{self, Namespace, SigningKey as _};
use airlock::exchange::transfer::Payload;
use airlock::refusal::Refusal as _;
use airlock::wire::digest::Digest;
use serde_json::{Value, json};

use crate::bundle_world::{self, set};
use crate::issuer::{crl, leaf, public, root};
use crate::letter::{Parts, copy, restated, sent, statement};
use crate::package_world::{ARCHIVE, Answering, Importer, ROOT};
use crate::tools::{HIDING, wounds};
use crate::world::{CA, STRANGER, identity, key, time};

type Refused = (&'static str, &'static str);

/// What an importer says of a package after someone with the CA's package key changed it.
fn forged(change: impl FnOnce(&mut Parts)) -> Refused {
    let answering = Answering::new();
    Importer::of(&answering).import(answering.forged(change)).err().unwrap_or_default()
}

fn forged_field(pointer: &str, value: Value) -> Refused {
    forged(|parts| set(&mut parts.manifest, pointer, value))
}

fn forged_file(name: &str, bytes: Option<&[u8]>) -> Refused {
    forged(|parts| {
        drop(match bytes {
            Some(bytes) => parts.files.insert(name.to_owned(), bytes.to_vec()),
            None => Some(parts.files.remove(name).unwrap()),
        });
    })
}

fn made(change: impl FnOnce(&mut Draft<'_>)) -> Refused {
    let answering = Answering::new();
    let files = answering.made(change).unwrap();
    Importer::of(&answering).import(files).err().unwrap_or_default()
}

#[test]
fn a_package_goes_through() {
    let answering = Answering::new();
    let imported = Importer::of(&answering).import(answering.files()).unwrap();
    assert_eq!(imported.contents.certificates()[0].1, answering.certificate);
    assert_eq!((imported.contents.chain().len(), imported.contents.roots().len()), (1, 1));
    assert!(imported.contents.crls()[0].1.verify_issued_by(&answering.root).is_ok());
    let who: Vec<_> = imported.decisions.iter().map(|one| (one.person.id.to_string(), one.entry)).collect();
    assert_eq!(who.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>(), ["chen", "li", "zhao"]);
    let announced = imported.log.announced().unwrap();
    assert!(who.iter().all(|(_, entry)| *entry < announced.seq));
    assert_eq!(imported.log.head(), answering.host.log.tree().head());
    assert_eq!(imported.roster.epoch(), 1);
    assert_eq!(forged(|_| {}), ("", ""), "what the tests below change is good before");
}

#[test]
fn each_step_says_what_it_found() {
    let answering = Answering::new();
    let mut importer = Importer::of(&answering);
    let (open, typed) = importer.open(answering.files()).unwrap();
    assert_eq!(open.letter().evidence(), &typed);
    assert_eq!(open.unpack(key(CA).public_key()).unwrap().files(), answering.parts().files.len());
    let package = importer.bind(&open, &typed).unwrap();
    assert_eq!(package.tbs().next().unwrap(), answering.certificate.tbs_der());
    assert_eq!(Digest::of(package.plan()), package.manifest().plan_sha256);
    assert_eq!(package.statement().lines().trace, package.manifest().trace);
}

#[test]
fn w01_the_package_is_for_us_and_for_those_it_names() {
    let answering = Answering::new();
    let plain = answering.parts().write(&PackageLayout, &key(CA));
    let (ours, archive) = (identity().recipient(), ARCHIVE.parse().unwrap());
    let third = Identity::generate().recipient();
    let import = |files: Files| Importer::of(&answering).import(files).err().unwrap_or_default();
    assert_eq!(import(answering.resealed(&plain, &[ours.clone(), archive])), ("", ""));
    // Sealed again to a third, with or without us; to fewer than it names.
    assert_eq!(import(answering.resealed(&plain, std::slice::from_ref(&third))), ("", "SEAL_NOT_FOR_US"));
    let archive = ARCHIVE.parse().unwrap();
    assert_eq!(import(answering.resealed(&plain, &[ours.clone(), archive, third.clone()])), ("W01", "SEAL_LISTED"));
    assert_eq!(import(answering.resealed(&plain, std::slice::from_ref(&ours))), ("W01", "SEAL_LISTED"));
    // The right number of them, but we are not named inside.
    assert_eq!(made(|draft| draft.recipients = vec![ours.clone(), third.clone()]), ("", ""));
    let unnamed = |parts: &mut Parts| {
        let mut named = [ARCHIVE.to_owned(), third.to_string()];
        named.sort();
        set(&mut parts.manifest, "/audience/recipients", json!(named));
    };
    assert_eq!(forged(unnamed), ("W01", "SEAL_LISTED"));

    let mut stranger = Importer::of(&answering);
    stranger.identity = Identity::generate();
    assert_eq!(stranger.import(answering.files()).err(), Some(("", "SEAL_NOT_FOR_US")));
}

#[test]
fn w01_a_package_for_another_cluster_is_refused() {
    let answering = Answering::new();
    let mut other = Importer::of(&answering);
    other.uid = "3f0f0f5e-6f0a-4f62-9a58-5a0c2b7d9e12".to_owned();
    assert_eq!(other.import(answering.files()).err(), Some(("W01", "PACKAGE_AUDIENCE")));
    let mut other = Importer::of(&answering);
    other.party = "cluster:prod-2".parse().unwrap();
    assert_eq!(other.import(answering.files()).err(), Some(("", "ARRIVAL_TO")));
    assert_eq!(forged_field("/audience/cluster", json!("cluster:prod-2")), ("W01", "PACKAGE_TO"));
}

#[test]
fn w03_only_the_pinned_key_signs_the_container() {
    let answering = Answering::new();
    let plain = answering.parts().write(&PackageLayout, &key(STRANGER));
    let files = answering.resealed(&plain, &[identity().recipient(), ARCHIVE.parse().unwrap()]);
    assert_eq!(Importer::of(&answering).import(files).err(), Some(("W03", "SIGNATURE_KEY")));
    let files = answering.files();
    let by_stranger = restated(files, "items: 1", "items: 2", &key(STRANGER));
    assert_eq!(Importer::of(&answering).import(by_stranger).err(), Some(("", "SIGNATURE_KEY")));
}

#[test]
fn r09_the_manifest_says_what_the_statement_says() {
    for (pointer, value, expected) in [
        ("/format", json!("airlock.cert-package/2"), ("W02", "PACKAGE_FORMAT")),
        ("/suite", json!("gm-1"), ("W02", "PACKAGE_SUITE")),
        ("/trace", json!("20250715-K3JD-88XA-B"), ("W04", "PACKAGE_TRACE")),
        ("/ca", json!("ca:root-ca-02"), ("W03", "PACKAGE_FROM")),
        ("/import_before", json!("2025-08-05T03:20:01Z"), ("W04", "PACKAGE_EXPIRES")),
        ("/created", json!("2025-08-06T00:00:00Z"), ("W04", "PACKAGE_LIFE")),
        ("/audience/recipients", json!([]), ("W01", "PACKAGE_RECIPIENTS")),
        ("/audience/recipients", json!([ARCHIVE, ARCHIVE]), ("W01", "PACKAGE_RECIPIENTS")),
        ("/results/1/codes", json!([]), ("W09", "PACKAGE_CODES")),
        ("/results/1/codes", json!(["because of a missing address"]), ("W09", "PACKAGE_CODES")),
        ("/results/1/id", json!("0003"), ("W02", "PACKAGE_NUMBERS")),
        ("/results/1/status", json!("deferred"), ("W02", "PACKAGE_MANIFEST")),
        ("/results/1", Value::Null, ("W04", "PACKAGE_REPLY")),
        ("/results", json!([]), ("W02", "PACKAGE_MANIFEST")),
        ("/results", Value::Null, ("W04", "PACKAGE_ITEMS")),
        ("/plan_sha256", json!(Digest::of(b"other")), ("W05", "PACKAGE_PLAN")),
    ] {
        assert_eq!(forged_field(pointer, value.clone()), expected, "{pointer} {value}");
    }
    let answering = Answering::new();
    let two = restated(answering.files(), "items: 1", "items: 2", &key(CA));
    assert_eq!(Importer::of(&answering).import(two).err(), Some(("W04", "PACKAGE_ITEMS")));
}

#[test]
fn r22_a_request_is_issued_or_denied_and_a_certificate_turned_into_a_denial_leaves_a_trace() {
    let denied = json!({"codes": ["S3"], "id": "0001", "status": "denied"});
    assert_eq!(forged_field("/results/0", denied.clone()), ("W04", "PACKAGE_ITEMS"));
    let answering = Answering::new();
    let files = answering.forged(|parts| set(&mut parts.manifest, "/results/0", denied));
    let stated = restated(files, "items: 1", "items: 0", &key(CA));
    assert_eq!(Importer::of(&answering).import(stated).err(), Some(("W02", "PACKAGE_UNLISTED")));
}

#[test]
fn r34_only_x_keys_may_be_added_and_nothing_hides() {
    assert_eq!(forged_field("/x-ticket", json!("4A")), ("", ""));
    assert_eq!(forged_field("/key_events", json!("now")), ("W02", "PACKAGE_UNKNOWN_KEY"));
    assert_eq!(forged_field("/key_events", json!([])), ("W02", "PACKAGE_MANIFEST"));
    assert_eq!(forged_field("/results/0/x-ticket", json!("4A")), ("W02", "PACKAGE_MANIFEST"));
    let answering = Answering::new();
    let parts = answering.parts();
    let good = String::from_utf8(airlock::wire::json::to_vec(&parts.manifest).unwrap()).unwrap();
    let recipients = [identity().recipient(), ARCHIVE.parse().unwrap()];
    for hiding in HIDING {
        let manifest = good.replacen("intl-1", &format!("intl{hiding}-1"), 1);
        let plain = parts.write_with(manifest.as_bytes(), &PackageLayout, &key(CA));
        let refused = Importer::of(&answering).import(answering.resealed(&plain, &recipients)).err();
        assert_eq!(refused, Some(("W02", "PACKAGE_MANIFEST")), "{hiding:?}");
    }
    // Only a note may speak Chinese, and even there nothing may be hidden.
    assert_eq!(forged_field("/results/1/note", json!("地址不在记录中")), ("", ""));
}

#[test]
fn w04_the_package_answers_our_request_and_no_other() {
    let other = json!(Digest::of(b"other"));
    for (pointer, value) in [
        ("/in_reply_to/statement_sha256", other.clone()),
        ("/in_reply_to/file_sha256", other),
        ("/in_reply_to/nonce", json!("CAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg=")),
        ("/in_reply_to/seq", json!(117)),
    ] {
        assert_eq!(forged_field(pointer, value), ("W04", "PACKAGE_REPLY"), "{pointer}");
    }
    assert_eq!(forged_field("/in_reply_to/nonce", json!("CAgI")), ("W04", "PACKAGE_NONCE"));
    assert_eq!(forged_file("request/statement.txt", Some(b"other\n")), ("W04", "PACKAGE_REPLY"));
    let text = bundle_world::dispatch().statement().text();
    let by_stranger = signature::sign(&key(STRANGER), Namespace::Statement, text.as_bytes()).unwrap();
    let refused = forged_file("request/statement.txt.sig", Some(by_stranger.as_bytes()));
    assert_eq!(refused, ("W04", "PACKAGE_REQUEST"));
    let answering = Answering::new();
    let mut importer = Importer::of(&answering);
    importer.nonce = [8; 32];
    assert_eq!(importer.import(answering.files()).err(), Some(("W04", "PACKAGE_REPLY")));
}

#[test]
fn r31_the_files_are_exactly_those_of_the_manifest() {
    for name in ["plan/PLAN.json", "audit/checkpoint", "audit/entries.jsonl", "request/statement.txt", "certs/0001.pem"]
    {
        assert_eq!(forged_file(name, None), ("W02", "PACKAGE_MISSING"), "{name}");
    }
    assert_eq!(forged_file("roots/kubernetes-current.pem", None), ("W02", "PACKAGE_MISSING"));
    assert_eq!(forged_file("crl/kubernetes.pem", None), ("W02", "PACKAGE_MISSING"));
    for name in
        ["certs/0002.pem", "roots/kubernetes-next.pem", "crl/etcd.pem", "plan/tbs/0004.der", "plan/tbs/00003.der"]
    {
        assert_eq!(forged_file(name, Some(b"more")), ("W02", "PACKAGE_UNLISTED"), "{name}");
    }
}

/// R01: the package key alone brings no root in.
#[test]
fn r01_a_root_that_is_not_pinned_stays_unsettled_until_all_rows_were_typed() {
    let mut answering = Answering::new();
    answering.more_roots.push((Domain::Kubernetes, RootStatus::Next, root(STRANGER, "kubernetes")));
    let files = answering.files();
    let statement = statement(&files);
    let mut importer = Importer::of(&answering);
    importer.host.take_in(&statement);
    importer.host.types(&statement, "zhang-wei", Sharing::Halves);
    importer.host.types(&statement, "second", Sharing::Halves);
    let (open, typed) = importer.open(files).unwrap();
    let (recipient, ca) = (identity().recipient(), key(CA));
    let own = airlock::exchange::cert_package::Own {
        party: &importer.party,
        uid: &importer.uid,
        recipient: &recipient,
        roots: &importer.roots,
    };
    let unsettled = open.unpack(ca.public_key()).unwrap().bind(&own).unwrap();
    assert_eq!(unsettled.demand().sharing, Sharing::Whole);
    let mismatch = unsettled.settle(&typed).unwrap_err();
    assert_eq!(mismatch.error.reason().code, "PAPER_WHOLES");
    importer.host.types(&statement, "zhang-wei", Sharing::Whole);
    assert!(mismatch.state.settle(&importer.host.evidence(&statement).unwrap()).is_ok());
}

#[test]
fn w06_certificates_are_what_the_manifest_says() {
    let answering = Answering::new();
    let other = leaf(ROOT, &answering.root, answering.root.subject(), &public(&key(STRANGER)), 51);
    assert_eq!(forged_file("certs/0001.pem", Some(other.to_pem().as_bytes())), ("W07", "PACKAGE_CERTIFICATE_OTHER"));
    for pointer in ["/results/0/cert_sha256", "/results/0/spki_sha256"] {
        assert_eq!(forged_field(pointer, json!(Digest::of(b"x"))), ("W07", "PACKAGE_CERTIFICATE_OTHER"), "{pointer}");
    }
    for (pointer, value) in [
        ("/results/0/serial", json!("01")),
        ("/results/0/not_before", json!("2025-07-22T02:55:01Z")),
        ("/results/0/not_after", json!("2026-07-22T02:55:01Z")),
    ] {
        assert_eq!(forged_field(pointer, value), ("W07", "PACKAGE_CERTIFICATE_OTHER"), "{pointer}");
    }
    let pem = answering.certificate.to_pem();
    for text in [pem.replace('\n', "\r\n"), format!("{pem}\n"), format!("{pem}{pem}"), "none".to_owned()] {
        assert_eq!(forged_file("certs/0001.pem", Some(text.as_bytes())).0, "W06");
    }
    let (root, evil) = (answering.root.to_pem(), root(STRANGER, "kubernetes").to_pem());
    for text in [format!("{root}{root}"), format!("{root}more"), format!("{root}\n"), String::new(), "more".to_owned()]
    {
        assert_eq!(forged_file("chain/all.pem", Some(text.as_bytes())).0, "W06", "{text}");
    }
    assert_eq!(forged_file("chain/all.pem", Some(format!("{root}{evil}").as_bytes())), ("", ""));
    let refused = forged_file("roots/kubernetes-current.pem", Some(evil.as_bytes()));
    assert_eq!(refused, ("W06", "PACKAGE_ROOT_OTHER"));
}

#[test]
fn w11_crls_are_what_the_manifest_says() {
    let answering = Answering::new();
    let older = crl(ROOT, &answering.root, 20_250_721).to_pem();
    assert_eq!(forged_file("crl/kubernetes.pem", Some(older.as_bytes())), ("W11", "PACKAGE_CRL_OTHER"));
    assert_eq!(forged_file("crl/kubernetes.pem", Some(b"none")).0, "W11");
    for (pointer, value) in [
        ("/crls/0/number", json!(1)),
        ("/crls/0/this_update", json!("2025-07-22T03:19:01Z")),
        ("/crls/0/next_update", json!("2025-10-20T03:19:01Z")),
    ] {
        assert_eq!(forged_field(pointer, value), ("W11", "PACKAGE_CRL_OTHER"), "{pointer}");
    }
    let twice = |parts: &mut Parts| {
        let first = parts.manifest["crls"][0].clone();
        parts.manifest["crls"].as_array_mut().unwrap().push(first);
    };
    assert_eq!(forged(twice), ("W02", "PACKAGE_LISTS"));
}

#[test]
fn r29_the_payload_is_age_and_nothing_else() {
    let answering = Answering::new();
    let plain = answering.parts().write(&PackageLayout, &key(CA));
    let armored = b"-----BEGIN AGE ENCRYPTED FILE-----\n".to_vec();
    for payload in [plain, armored, b"age-encryption.org/v1\n-> scrypt".to_vec()] {
        let is_age = payload.starts_with(b"age-encryption.org/v1\n");
        let files = sent::<CertPackage>(answering.address(), payload, Payload::Age, &key(CA));
        let (_, code) = Importer::of(&answering).import(files).err().unwrap();
        assert_eq!(code, if is_age { "SEAL_HEADER" } else { "TRANSFER_PAYLOAD" });
    }
}

#[test]
fn r30_a_truncated_or_changed_ciphertext_yields_nothing() {
    let answering = Answering::new();
    let files = answering.files();
    let digest = statement(&files).lines().file_sha256;
    for (wound, payload) in wounds(&files.payload) {
        assert_ne!(Digest::of(&payload), digest, "{wound}");
    }
    // The same under a statement that fits: the seal itself holds.
    let sealed = |payload: &[u8]| {
        airlock::exchange::seal::Sealed::parse(payload).is_ok_and(|sealed| sealed.open(&identity()).is_ok())
    };
    assert!(sealed(&files.payload));
    for (wound, payload) in wounds(&files.payload).step_by(17) {
        assert!(!sealed(&payload), "{wound}");
    }
    let cut = files.payload[..files.payload.len() - 100].to_vec();
    let files = sent::<CertPackage>(answering.address(), cut, Payload::Age, &key(CA));
    assert_eq!(Importer::of(&answering).import(files).err(), Some(("", "SEAL_DAMAGED")));
}

#[test]
fn every_wound_of_the_container_is_refused() {
    let parts = Answering::new().parts();
    let ca = key(CA);
    let plain = parts.write(&PackageLayout, &ca);
    let read =
        |bytes: &[u8]| airlock::exchange::container::Container::read(bytes, &PackageLayout, ca.public_key()).is_ok();
    assert!(read(&plain));
    for (wound, bytes) in wounds(&plain) {
        assert!(!read(&bytes), "{wound}");
    }
}

#[test]
fn r23_a_late_package_is_refused_and_a_failed_one_consumes_nothing() {
    let answering = Answering::new();
    let late = Importer::of(&answering).at(time("2025-08-05T03:20:01Z"));
    let mut late = late;
    assert_eq!(late.import(answering.files()).err(), Some(("", "ARRIVAL_EXPIRED")));
    let mut importer = Importer::of(&answering);
    let files = answering.files();
    importer.nonce = [8; 32];
    assert!(importer.import(copy(&files)).is_err());
    importer.nonce = [7; 32];
    assert!(importer.import(copy(&files)).is_ok());
    assert!(importer.import(files).is_ok(), "the same package may be read again until it is acted on");
}

#[test]
fn what_could_not_be_read_is_not_made() {
    let answering = Answering::new();
    let code = |change: &dyn Fn(&mut Draft<'_>)| answering.made(change).unwrap_err().reason().code;
    assert_eq!(code(&|draft| draft.created = time("2026-01-01T00:00:00Z")), "PACKAGE_LIFE");
    assert_eq!(code(&|draft| draft.recipients.clear()), "PACKAGE_RECIPIENTS");
    assert_eq!(code(&|draft| drop(draft.answers.pop())), "PACKAGE_NUMBERS");
    let silent = Answer::Denied { codes: Vec::new(), note: None };
    assert_eq!(code(&|draft| draft.answers[1] = silent.clone()), "PACKAGE_CODES");
    let hidden = Answer::Denied { codes: vec!["S3".to_owned()], note: Some("a\u{202e}b".to_owned()) };
    assert_eq!(code(&|draft| draft.answers[1] = hidden.clone()), "PACKAGE_MANIFEST");
    let mut twice = Answering::new();
    twice.more_roots.push((Domain::Kubernetes, RootStatus::Current, twice.root.clone()));
    assert_eq!(twice.made(|_| {}).unwrap_err().reason().code, "PACKAGE_LISTS");
}
