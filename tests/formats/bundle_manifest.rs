//! What the manifest of a bundle must say, and everything refused of one.

use airlock::audit::tree::Head;
use airlock::exchange::csr_bundle::layout::BundleLayout;
use airlock::exchange::csr_bundle::{BundleError, CsrBundle};
use airlock::exchange::transfer::Payload;
use airlock::pki::csr::Csr;
use airlock::refusal::Refusal as _;
use airlock::wire::digest::Digest;
use airlock::wire::pem;
use serde_json::{Value, json};

use crate::host::Host;
use crate::letter::{Parts, address, sent};
use crate::tools::HIDING;
use crate::world::{CLUSTER, certificate, csr, fixture, key, seen, time};

use crate::bundle_world::{TRACE, dispatch, forged, forged_field, open, parts, set, walk, with};

#[test]
fn r09_the_manifest_says_what_the_statement_says() {
    for (pointer, value, code) in [
        ("/format", json!("airlock.csr-bundle/2"), "BUNDLE_FORMAT"),
        ("/suite", json!("gm-1"), "BUNDLE_SUITE"),
        ("/trace", json!("20250715-K3JD-88XA-B"), "BUNDLE_TRACE"),
        ("/origin/party", json!("cluster:prod-2"), "BUNDLE_FROM"),
        ("/origin/uid", json!("3f0f0f5e-6f0a-4f62-9a58-5a0c2b7d9e12"), "BUNDLE_UID"),
        ("/audience/ca", json!("ca:root-ca-02"), "BUNDLE_TO"),
        ("/expires", json!("2025-07-29T03:00:01Z"), "BUNDLE_EXPIRES"),
        ("/revocations", Value::Null, "BUNDLE_ITEMS"),
        (
            "/reply_to/recipient",
            json!("age1ygp5lfd9cfvkp2hxkr5z4mk2nh6qsxqyhzzlz9ecr7s6l37s0q2sfnwxxf"),
            "BUNDLE_MANIFEST",
        ),
        ("/reply_to/ca_epoch", json!(2), "BUNDLE_CA_EPOCH"),
    ] {
        assert_eq!(forged_field(pointer, value).unwrap_err().reason().code, code, "{pointer}");
    }
    let other = airlock::exchange::seal::identity::Identity::generate().recipient().to_string();
    let refused = forged_field("/reply_to/recipient", json!(other)).unwrap_err();
    assert_eq!((refused.reason().code, refused.check()), ("BUNDLE_RECIPIENT", "V06"));
}

#[test]
fn r11_a_bundle_is_for_exactly_one_ca_host() {
    let two = json!(["ca:root-ca-01", "ca:root-ca-02"]);
    assert_eq!(forged_field("/audience/ca", two).unwrap_err().reason().code, "BUNDLE_MANIFEST");
    let taken_over = with(|draft| draft.voids = vec!["20250715-K3JD-88XA-B".parse().unwrap()]);
    assert_eq!(walk(taken_over.into_files()).unwrap().manifest().voids.len(), 1);
    let itself = json!([TRACE]);
    assert_eq!(forged_field("/voids", itself).unwrap_err().reason().code, "BUNDLE_VOIDS");
}

#[test]
fn a_manifest_agrees_with_itself() {
    for (pointer, value, code) in [
        ("/nonce", json!("AAAA"), "BUNDLE_NONCE"),
        ("/created", json!("2025-07-30T00:00:00Z"), "BUNDLE_LIFE"),
        ("/created", json!("2025-07-15T02:59:59Z"), "BUNDLE_LIFE"),
        ("/counts", json!({"apiserver": 2}), "BUNDLE_COUNTS"),
        ("/counts", json!({"apiserver": 1, "etcd-peer": 1, "scheduler": 0}), "BUNDLE_COUNTS"),
        ("/requests/1/id", json!("0003"), "BUNDLE_NUMBERS"),
        ("/requests/1/id", json!("00002"), "BUNDLE_NUMBERS"),
        ("/requests/1/id", json!("0001"), "BUNDLE_NUMBERS"),
        ("/requests/1/id", json!("2"), "BUNDLE_MANIFEST"),
        ("/requests/1/profile", json!("scheduler"), "BUNDLE_COUNTS"),
        ("/requests/1/profile", json!("root"), "BUNDLE_MANIFEST"),
        ("/audience/issuers", json!([Digest::of(b"b"), Digest::of(b"b")]), "BUNDLE_ISSUERS"),
        ("/trust_ops", json!([{"domain": "etcd", "op": "introduce-root"}]), "BUNDLE_TRUST_OPS"),
    ] {
        assert_eq!(forged_field(pointer, value).unwrap_err().reason().code, code, "{pointer}");
    }
    let twice = |parts: &mut Parts| {
        let first = parts.manifest["revocations"][0].clone();
        parts.manifest["revocations"].as_array_mut().unwrap().push(first);
    };
    assert_eq!(forged(twice).unwrap_err(), BundleError::Revocations);
}

#[test]
fn r34_only_x_keys_may_be_added_and_only_at_the_top() {
    assert!(forged_field("/x-ticket", json!("4A-2025-118")).is_ok());
    for (pointer, value, code) in [
        ("/ticket", json!("4A"), "BUNDLE_UNKNOWN_KEY"),
        ("/X-ticket", json!("4A"), "BUNDLE_UNKNOWN_KEY"),
        ("/origin/x-ticket", json!("4A"), "BUNDLE_MANIFEST"),
        ("/requests/0/x-ticket", json!("4A"), "BUNDLE_MANIFEST"),
        ("/x-ticket", json!(1), "BUNDLE_MANIFEST"),
    ] {
        assert_eq!(forged_field(pointer, value).unwrap_err().reason().code, code, "{pointer}");
    }
}

#[test]
fn r34_a_manifest_has_one_encoding_and_hides_nothing() {
    let (parts, ours) = (parts(), key(CLUSTER));
    let good = String::from_utf8(airlock::wire::json::to_vec(&parts.manifest).unwrap()).unwrap();
    let address = address(dispatch().statement().lines());
    let mut bad = vec![
        good.replacen("{\"audience\"", "{ \"audience\"", 1),
        format!("{good}\n"),
        good.replacen("\"seq\":118", "\"seq\":118.0", 1),
        good.replacen("\"seq\":118", "\"seq\":118,\"seq\":118", 1),
        good.replacen("\"seq\":118", "\"seq\":18446744073709551615", 1),
        good.replacen("adm-ws-01", "adm-ws-0\\u0031", 1),
    ];
    bad.extend(HIDING.map(|hiding| good.replacen("adm-ws", &format!("adm{hiding}ws"), 1)));
    for manifest in bad {
        assert_ne!(manifest, good);
        let payload = parts.write_with(manifest.as_bytes(), &BundleLayout, &ours);
        let refused = walk(sent::<CsrBundle>(address.clone(), payload, Payload::Zip, &ours)).unwrap_err();
        assert!(matches!(refused, BundleError::Manifest(_)), "{refused}");
    }
}

#[test]
fn r31_the_files_are_exactly_those_of_the_manifest() {
    for (change, code) in [
        (("requests/0002.csr.pem", None), "BUNDLE_MISSING"),
        (("context/replaced/0001.pem", None), "BUNDLE_MISSING"),
        (("context/cluster.json", None), "BUNDLE_MISSING"),
        (("requests/0003.csr.pem", Some(())), "BUNDLE_UNLISTED"),
        (("context/replaced/0002.pem", Some(())), "BUNDLE_UNLISTED"),
    ] {
        let (name, adds) = change;
        let refused = forged(|parts| match adds {
            Some(()) => assert!(parts.files.insert(name.to_owned(), b"more".to_vec()).is_none()),
            None => assert!(parts.files.remove(name).is_some()),
        });
        let refused = refused.unwrap_err();
        assert_eq!((refused.reason().code, refused.check()), (code, "V05"), "{name}");
    }
    let parts = parts();
    for name in ["requests/1.csr.pem", "requests/0001.csr", "context/0001.pem", "certs/0001.pem", "readme"] {
        let mut files = parts.files.clone();
        files.insert(name.to_owned(), Vec::new());
        let entries: Vec<_> =
            files.iter().map(|(name, bytes)| airlock::exchange::container::Entry { name, bytes }).collect();
        let refused = airlock::exchange::container::write(b"{}", &entries, &BundleLayout, &key(CLUSTER)).unwrap_err();
        assert_eq!(refused.reason().code, "CONTAINER_NAME", "{name}");
    }
}

#[test]
fn r33_digests_are_those_of_the_csrs() {
    let peer = || csr("kubeadm-etcd-peer").to_pem();
    let other = csr("kubeadm-scheduler").to_pem();
    let file = "requests/0002.csr.pem".to_owned();
    for (text, code) in [
        (other, "BUNDLE_CSR_DIGEST"),
        (peer().replace('\n', "\r\n"), "BUNDLE_PEM"),
        (format!("{}\n", peer()), "BUNDLE_PEM"),
        (format!("note\n{}", peer()), "BUNDLE_PEM"),
        (format!("{}{}", peer(), peer()), "BUNDLE_PEM"),
        (peer().replace("CERTIFICATE REQUEST", "CERTIFICATE"), "BUNDLE_PEM"),
    ] {
        let refused = forged(|parts| drop(parts.files.insert(file.clone(), text.into_bytes()))).unwrap_err();
        assert_eq!((refused.reason().code, refused.check()), (code, "V09"));
    }
    let refused = forged_field("/requests/1/spki_sha256", json!(Digest::of(b"other"))).unwrap_err();
    assert_eq!(refused.reason().code, "BUNDLE_SPKI_DIGEST");
    assert!(refused.to_string().contains("0002"), "{refused}");
}

#[test]
fn what_is_replaced_is_there_and_is_what_the_manifest_says() {
    let etcd = certificate("cp1/etc/kubernetes/pki/etcd/server.crt").to_pem();
    for text in [etcd.into_bytes(), b"none".to_vec()] {
        let refused =
            forged(|parts| drop(parts.files.insert("context/replaced/0001.pem".to_owned(), text))).unwrap_err();
        assert_eq!(refused.check(), "V10");
    }
    for (pointer, value) in [
        ("/requests/0/replaces/serial", json!("01")),
        ("/requests/0/replaces/not_after", json!("2030-01-01T00:00:00Z")),
    ] {
        assert_eq!(forged_field(pointer, value).unwrap_err().reason().code, "BUNDLE_REPLACED_OTHER", "{pointer}");
    }
    let refused = forged_field("/requests/0/replaces/serial", json!("4A")).unwrap_err();
    assert_eq!(refused.reason().code, "BUNDLE_MANIFEST");
}

/// A hostile CSR that the bundle describes truly is denied alone; the others go on.
#[test]
fn a_bad_csr_is_a_verdict_on_one_request() {
    for (name, code) in [
        ("signature-of-other-bytes", "CSR_POSSESSION"),
        ("signature-of-another-key", "CSR_POSSESSION"),
        ("length-indefinite", "CSR_ENCODING"),
        ("attribute-challenge", "CSR_CHALLENGE_PASSWORD"),
        ("trailing-byte", "CSR_ENCODING"),
        ("version-2", "CSR_VERSION"),
    ] {
        let text = String::from_utf8(fixture(&format!("csr/{name}.csr"))).unwrap();
        let der = pem::blocks(&text).unwrap().remove(0).1;
        let bundle = forged(|parts| {
            let pem = pem::encode(pem::CERTIFICATE_REQUEST, &der);
            parts.files.insert("requests/0002.csr.pem".to_owned(), pem.into_bytes());
            set(&mut parts.manifest, "/requests/1/csr_sha256", json!(Digest::of(&der)));
        })
        .unwrap();
        assert_eq!(bundle.proven(), 1);
        assert_eq!(bundle.requests()[1].csr.as_ref().map(Csr::der).unwrap_err().reason().code, code, "{name}");
    }
}

#[test]
fn a_changed_cluster_record_needs_an_enrolment() {
    let refused = forged(|parts| {
        let file = parts.files.get_mut("context/cluster.json").unwrap();
        *file = String::from_utf8(file.clone()).unwrap().replace("10.66.0.21", "10.66.0.99").into_bytes();
    })
    .unwrap_err();
    assert_eq!((refused.reason().code, refused.reason().class.exit_status()), ("RECORD_CHANGED", 4));
    let spaced = forged(|parts| parts.files.get_mut("context/cluster.json").unwrap().push(b'\n'));
    assert_eq!(spaced.unwrap_err(), BundleError::RecordChanged);
}

#[test]
fn r19_operators_are_requesters_of_the_roster() {
    for operators in [json!([]), json!(["li"]), json!(["zhao"]), json!(["zhang-wei", "nobody"])] {
        let refused = forged_field("/origin/operators", operators).unwrap_err();
        assert_eq!((refused.reason().code, refused.reason().class.exit_status()), ("BUNDLE_OPERATOR", 4));
    }
    assert!(matches!(forged_field("/origin/operators", json!(["LI"])), Err(BundleError::Manifest(_))));
}

#[test]
fn r20_a_bundle_from_the_future_is_refused() {
    let mut host = Host::ca();
    host.now = time("2025-07-22T02:48:00Z").plus(-10);
    let refused = open(&mut host, dispatch().into_files(), None).unwrap_err();
    assert_eq!((refused.reason().code, refused.reason().class.exit_status()), ("BUNDLE_FUTURE", 10));
    host.now = time("2025-07-22T02:48:00Z");
    assert!(open(&mut host, dispatch().into_files(), None).is_ok());
}

#[test]
fn r21_a_sequence_number_is_one_that_json_carries() {
    for (seq, code) in [((1_u64 << 53) - 1, ""), (1 << 53, "BUNDLE_MANIFEST"), (u64::MAX, "BUNDLE_MANIFEST")] {
        let manifest = serde_json::to_vec(&parts().manifest).unwrap();
        let manifest = String::from_utf8(manifest).unwrap().replacen("\"seq\":118", &format!("\"seq\":{seq}"), 1);
        let payload = parts().write_with(manifest.as_bytes(), &BundleLayout, &key(CLUSTER));
        let address = address(dispatch().statement().lines());
        let found = walk(sent::<CsrBundle>(address, payload, Payload::Zip, &key(CLUSTER)));
        assert_eq!(found.map_or_else(|error| error.reason().code, |_| ""), code, "{seq}");
    }
}

#[test]
fn r26_the_seen_checkpoint_is_cosigned_by_the_enrolled_witness() {
    let head = Head { size: 1042, root: Digest::of(b"head") };
    let good = serde_json::to_value(seen(head)).unwrap();
    for (pointer, value) in [
        ("/seen_checkpoint/size", json!(1043)),
        ("/seen_checkpoint/root", json!(Digest::of(b"other"))),
        ("/seen_checkpoint/cosignature", json!("AAAA")),
        ("/seen_checkpoint", serde_json::to_value(seen(Head { size: 1, ..head })).unwrap()),
    ] {
        let found = forged_field(pointer, value).map(|_| ()).map_err(|error| (error.reason().code, error.check()));
        let expected = if pointer == "/seen_checkpoint" { Ok(()) } else { Err(("BUNDLE_COSIGNATURE", "V11")) };
        assert_eq!(found, expected, "{pointer}");
    }
    assert!(forged_field("/seen_checkpoint", good).is_ok());
    assert!(forged_field("/seen_checkpoint", Value::Null).is_ok());
}
