//! Paths judged three times: by us, by openssl and by certval, over a matrix of changes to leaf, CA and root. What we
//! accept both others accept; what we alone refuse is listed with its reason, and each reason must occur.

use std::collections::BTreeSet;
use std::process::Command;

use certval::{
    CertificationPath, CertificationPathResults, CertificationPathSettings, PDVCertificate, PDVTrustAnchorChoice,
    PkiEnvironment, TimeOfInterest,
};

use super::*;
use crate::pki::extension::KeyUsage;
use crate::pki::key::PublicKey;
use crate::pki::mint::key_usage;

/// What we alone refuse, by code and change of the leaf, and why.
const STRICTER: &[(&str, &str, &str)] = &[
    ("CHAIN_OUTLIVES", "outlives", "a certificate that is good longer than its CA would stop being so without a word"),
    ("PATH_LEAF_IS_CA", "is a CA", "what is put where a leaf belongs cannot issue; RFC 5280 lets a CA be a target"),
    ("PATH_USE", "without usages", "Kubernetes tells servers from clients by usages; RFC 5280 takes none for any"),
];

/// A change to what a certificate says.
#[derive(Clone, Copy)]
struct Change(&'static str, fn(&mut TbsFields));

const LEAVES: &[Change] = &[
    Change("plain", |_| {}),
    Change("server only", |fields| put(fields, extended_key_usage(&[oid::SERVER_AUTH]))),
    Change("client only", |fields| put(fields, extended_key_usage(&[oid::CLIENT_AUTH]))),
    Change("without usages", |fields| drop(fields, oid::EXTENDED_KEY_USAGE)),
    Change("inside", |fields| names(fields, &[dns("api.cluster.local"), ip("10.0.0.1")])),
    Change("name outside", |fields| names(fields, &[dns("api.example.com")])),
    Change("address outside", |fields| names(fields, &[dns("api.cluster.local"), ip("192.0.2.1")])),
    Change("excluded", |fields| names(fields, &[dns("secret.cluster.local")])),
    Change("expired", |fields| fields.validity = days(-20, -10)),
    Change("not yet", |fields| fields.validity = days(10, 20)),
    Change("outlives", |fields| fields.validity = days(-1, 2_500)),
    Change("other issuer", |fields| fields.issuer = Name::from_pairs(&[("CN", "other")]).unwrap()),
    Change("other key id", |fields| put(fields, Extension::authority_key_id(&[9; 20]))),
    Change("unknown critical", unknown_critical),
    Change("is a CA", |fields| put(fields, basic_constraints(true, None))),
];

const CAS: &[Change] = &[
    Change("plain", |_| {}),
    Change("path length 0", |fields| put(fields, basic_constraints(true, Some(0)))),
    Change("no CA", |fields| put(fields, basic_constraints(false, None))),
    Change("without constraints", |fields| drop(fields, oid::BASIC_CONSTRAINTS)),
    Change("may not sign", |fields| put(fields, key_usage(KeyUsage::CRL_SIGN))),
    Change("server only", |fields| put(fields, extended_key_usage(&[oid::SERVER_AUTH]))),
    Change("names permitted", |fields| constrain(fields, 0xa0, &[(0x82, b"cluster.local")])),
    Change("names excluded", |fields| constrain(fields, 0xa1, &[(0x82, b"secret.cluster.local")])),
    Change("addresses permitted", |fields| constrain(fields, 0xa0, &[(0x87, &[10, 0, 0, 0, 255, 0, 0, 0])])),
    Change("expired", |fields| fields.validity = days(-20, -10)),
    Change("not yet", |fields| fields.validity = days(10, 20)),
    Change("other key id", |fields| put(fields, Extension::authority_key_id(&[9; 20]))),
    Change("unknown critical", unknown_critical),
];

const ROOTS: &[Change] = &[
    Change("plain", |_| {}),
    Change("path length 0", |fields| put(fields, basic_constraints(true, Some(0)))),
    Change("path length 1", |fields| put(fields, basic_constraints(true, Some(1)))),
    Change("may not sign", |fields| put(fields, key_usage(KeyUsage::CRL_SIGN))),
    Change("names permitted", |fields| constrain(fields, 0xa0, &[(0x82, b"cluster.local")])),
    Change("expired", |fields| fields.validity = days(-20, -10)),
];

fn days(from: i64, until: i64) -> Validity {
    Validity::new(now().plus(from * 86_400), now().plus(until * 86_400)).unwrap()
}

fn dns(name: &str) -> AltName {
    AltName::Dns(name.to_owned())
}

fn ip(address: &str) -> AltName {
    AltName::Ip(address.parse().unwrap())
}

fn unknown_critical(fields: &mut TbsFields) {
    let private = der::asn1::ObjectIdentifier::new_unwrap("1.3.6.1.4.1.99999.1");
    put(fields, Extension::new(private, true, vec![5, 0]));
}

fn constrain(fields: &mut TbsFields, side: u8, names: &[(u8, &[u8])]) {
    let trees: Vec<_> = names.iter().map(|(kind, name)| element(tag::SEQUENCE, &[&element(*kind, &[name])])).collect();
    let trees = element(side, &trees.iter().map(Vec::as_slice).collect::<Vec<_>>());
    put(fields, Extension::new(oid::NAME_CONSTRAINTS, true, element(tag::SEQUENCE, &[&trees])));
}

/// A root, CAs from the one below it on, and leaves of the last of them.
struct Case {
    name: String,
    root: Certificate,
    cas: Vec<Certificate>,
    leaves: Vec<(String, Certificate)>,
}

/// What the judges say of one leaf.
struct Verdict {
    case: String,
    leaf: String,
    ours: Result<(), PathError>,
    openssl: bool,
    certval: bool,
}

impl Case {
    fn judge(&self, leaf_use: LeafUse) -> Vec<Verdict> {
        let openssl = self.openssl(leaf_use);
        let judged = self.leaves.iter().zip(openssl).map(|((name, leaf), openssl)| Verdict {
            case: format!("{leaf_use:?}, {}", self.name),
            leaf: name.clone(),
            ours: verify(leaf, &self.cas, std::slice::from_ref(&self.root), now(), leaf_use),
            openssl,
            certval: self.certval(leaf, leaf_use),
        });
        judged.collect()
    }

    /// One openssl for all leaves; it names those that it accepts.
    fn openssl(&self, leaf_use: LeafUse) -> Vec<bool> {
        let bench = tempfile::tempdir().unwrap();
        let put = |name: &str, pem: String| std::fs::write(bench.path().join(name), pem).unwrap();
        put("root", self.root.to_pem());
        put("cas", self.cas.iter().map(Certificate::to_pem).collect());
        let names: Vec<_> = (0..self.leaves.len()).map(|at| at.to_string()).collect();
        self.leaves.iter().zip(&names).for_each(|((_, leaf), name)| put(name, leaf.to_pem()));
        let purpose = if leaf_use == LeafUse::Server { "sslserver" } else { "sslclient" };
        let at = now().unix().to_string();
        let mut openssl = Command::new("openssl");
        openssl.args(["verify", "-attime", &at, "-purpose", purpose, "-CAfile", "root"]);
        if !self.cas.is_empty() {
            openssl.args(["-untrusted", "cas"]);
        }
        let output = openssl.args(&names).current_dir(bench.path()).output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        names.iter().map(|name| said.lines().any(|line| line == format!("{name}: OK"))).collect()
    }

    fn certval(&self, leaf: &Certificate, leaf_use: LeafUse) -> bool {
        let mut environment = PkiEnvironment::new();
        environment.populate_5280_pki_environment();
        let mut settings = CertificationPathSettings::new();
        let time = TimeOfInterest::from_unix_secs(now().unix().unsigned_abs()).unwrap();
        settings.set_time_of_interest(time);
        settings.set_check_revocation_status(false);
        settings.set_require_ta_store(false);
        settings.set_enforce_trust_anchor_constraints(true);
        settings.set_extended_key_usage_path(true);
        let usage = if leaf_use == LeafUse::Server { oid::SERVER_AUTH } else { oid::CLIENT_AUTH };
        settings.set_extended_key_usage(vec![usage.to_string()]);
        let read = |certificate: &Certificate| PDVCertificate::try_from(certificate.der());
        let anchor = PDVTrustAnchorChoice::try_from(self.root.der());
        let cas = self.cas.iter().map(read).collect::<Result<Vec<_>, _>>();
        let (Ok(anchor), Ok(cas), Ok(target)) = (anchor, cas, read(leaf)) else { return false };
        let path = CertificationPath::new(anchor, cas, target);
        environment.validate_path(&environment, &settings, &path, &mut CertificationPathResults::new()).is_ok()
    }
}

/// Every change to leaf, CA and root with each other, under keys of three kinds.
fn changed() -> Vec<Case> {
    let leaf_key = key();
    let mut cases = Vec::new();
    for Change(root_name, change_root) in ROOTS {
        let root = Authority::root_with("root", Key::ec(Curve::P384), change_root);
        for Change(ca_name, change_ca) in CAS {
            let below = root.subordinate("below", Key::ec(Curve::P521), change_ca);
            let leaf = |Change(name, change): &Change| ((*name).to_owned(), below.leaf(&leaf_key, change));
            cases.push(Case {
                name: format!("{root_name} > {ca_name}"),
                root: root.certificate.clone(),
                cas: vec![below.certificate.clone()],
                leaves: LEAVES.iter().map(leaf).collect(),
            });
        }
    }
    cases
}

/// Other shapes of paths, and keys of every kind.
fn shaped() -> Vec<Case> {
    let case = |name: &str, root: &Authority, cas: &[&Authority], leaf: Certificate| Case {
        name: name.to_owned(),
        root: root.certificate.clone(),
        cas: cas.iter().map(|ca| ca.certificate.clone()).collect(),
        leaves: vec![("leaf".to_owned(), leaf)],
    };
    let plain = |issuer: &Authority| issuer.leaf(&key(), |_| {});
    let flat = |fields: &mut TbsFields| put(fields, basic_constraints(true, Some(0)));
    let (root, other) = (root(), root());
    let (below, last) = (root.subordinate("below", key(), |_| {}), root.subordinate("last", key(), flat));
    let (beneath, too_deep) = (below.subordinate("beneath", key(), flat), last.subordinate("beneath", key(), |_| {}));
    let stranger = other.subordinate("below", key(), |_| {});
    let new = Authority::root("new", key());
    let crossed = |public_key: &PublicKey| {
        root.subordinate("new", key(), |fields| {
            fields.public_key = public_key.clone();
            put(fields, Extension::subject_key_id(&public_key.key_identifier()));
        })
    };
    let (cross, crossed_other) = (crossed(new.certificate.public_key()), crossed(&key().public()));
    let mut cases = vec![
        case("alone", &root, &[], plain(&root)),
        case("two between", &root, &[&below, &beneath], plain(&beneath)),
        case("deeper than allowed", &root, &[&last, &too_deep], plain(&too_deep)),
        case("one between is missing", &root, &[&beneath], plain(&beneath)),
        case("key of a CA with the same name", &root, &[&below], plain(&stranger)),
        case("root with the same name", &other, &[&below], plain(&below)),
        case("by cross-certificate", &root, &[&cross], plain(&new)),
        case("by cross-certificate of another key", &root, &[&crossed_other], plain(&new)),
        case("cross-certificate under a stranger", &other, &[&cross], plain(&new)),
    ];
    let keys = || [Key::ec(Curve::P384), Key::ec(Curve::P521), Key::rsa(KeySize::Rsa4096), Key::ed25519()];
    for root in keys().map(|key| Authority::root("root", key)) {
        for ca_key in keys() {
            let below = root.subordinate("below", ca_key, |_| {});
            cases.push(case("keys", &root, &[&below], plain(&below)));
        }
    }
    cases
}

/// Compares; returns how many were accepted, and what we alone refuse.
fn compare(cases: &[Case]) -> (usize, BTreeSet<(&'static str, String)>) {
    let (mut accepted, mut alone) = (0, BTreeSet::new());
    let uses = [LeafUse::Server, LeafUse::Client];
    let verdicts = cases.iter().flat_map(|case| uses.map(|leaf_use| case.judge(leaf_use))).flatten();
    for Verdict { case, leaf, ours, openssl, certval } in verdicts {
        match ours {
            Ok(()) => {
                assert!(openssl && certval, "{case} > {leaf}: accepted here, openssl: {openssl}, certval: {certval}");
                accepted += 1;
            }
            Err(error) if openssl && certval => {
                alone.insert((error.reason().code, leaf));
            }
            Err(_) => {}
        }
    }
    (accepted, alone)
}

#[test]
fn three_judges_agree_on_changed_certificates() {
    let (accepted, alone) = compare(&changed());
    let listed: BTreeSet<_> = STRICTER.iter().map(|(code, leaf, _)| (*code, (*leaf).to_owned())).collect();
    assert_eq!(alone, listed);
    assert!(accepted > 100, "{accepted}");
}

#[test]
fn three_judges_agree_on_shapes_and_keys() {
    let (accepted, alone) = compare(&shaped());
    assert_eq!((accepted, alone), (2 * (3 + 16), BTreeSet::new()));
}
