//! A cluster, its CAs and good requests, for tests that spoil one thing at a time.

use std::collections::BTreeSet;

use crate::audit::entry::Entry;
use crate::cluster::record::{Fields, Record};
use crate::cluster::role::{Domain, Role};
use crate::exchange::csr_bundle::manifest::{self, KeyOrigin, Place};
use crate::exchange::csr_bundle::number::Number;
use crate::exchange::roots::RootStatus;
use crate::issuance::authority::{Authorities, Authority};
use crate::issuance::index::Index;
use crate::issuance::judge::{Judged, judge};
use crate::issuance::policy::{DAY, Policy};
use crate::issuance::profile::root_name;
use crate::issuance::request::Context;
use crate::issuance::template;
use crate::pki::certificate::Certificate;
use crate::pki::extension::{Extension, oid};
use crate::pki::key::Curve;
use crate::pki::mint::Key;
use crate::pki::san::{AltName, SubjectAltNames};
use crate::pki::serial::Serial;
use crate::wire::digest::Digest;
use crate::wire::time::Timestamp;

pub(crate) mod ceremony;
pub(crate) mod history;
pub(crate) mod wish;

use wish::{Made, Wish, requests};

const RECORD: &[u8] = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/cluster/prod-1.cluster.json"));
pub(crate) const POLICY: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/policy/example.toml"));

/// A root with its key.
pub(crate) struct Root {
    pub(crate) key: Key,
    pub(crate) certificate: Certificate,
}

/// Everything requests are judged by.
pub(crate) struct World {
    pub(crate) record: Record,
    pub(crate) policy: Policy,
    pub(crate) index: Index,
    pub(crate) roots: Vec<Root>,
    pub(crate) authorities: Authorities,
    pub(crate) audience: Vec<Digest>,
    pub(crate) adopted: Vec<Certificate>,
    pub(crate) keys_in_use: BTreeSet<Digest>,
    pub(crate) time: Timestamp,
}

pub(crate) fn now() -> Timestamp {
    "2026-11-22T03:00:00Z".parse().unwrap()
}

pub(crate) fn serial() -> Serial {
    let mut entropy = [0; 20];
    aws_lc_rs::rand::fill(&mut entropy).unwrap();
    Serial::from_entropy(entropy, [0; 20])
}

/// A root of prod-1 as this CA makes it.
pub(crate) fn root(domain: Domain, generation: &str) -> Root {
    let key = Key::ec(Curve::P256);
    let subject = root_name::of("prod-1", domain, generation).unwrap();
    let validity = template::root_validity(now().plus(-86_400), 3_650 * DAY).unwrap();
    let tbs = template::root(domain, &subject, &key.public(), validity, serial()).unwrap();
    let signature = key.sign(tbs.tbs_der());
    Root { certificate: tbs.assemble(&signature), key }
}

pub(crate) fn dns(name: &str) -> AltName {
    AltName::Dns(name.to_owned())
}

pub(crate) fn ip(text: &str) -> AltName {
    AltName::Ip(text.parse().unwrap())
}

impl Default for World {
    fn default() -> Self {
        let roots: Vec<_> = Domain::ALL.into_iter().map(|domain| root(domain, "2026-1")).collect();
        let authority = |(domain, root): (Domain, &Root)| Authority {
            domain,
            status: RootStatus::Current,
            tbs: root.certificate.tbs().clone(),
        };
        let authorities = Authorities::new(Domain::ALL.into_iter().zip(&roots).map(authority).collect());
        Self {
            record: Record::from_json(RECORD).unwrap(),
            policy: Policy::parse(POLICY.as_bytes()).unwrap(),
            index: Index::default(),
            audience: authorities.all().iter().map(Authority::spki_sha256).collect(),
            keys_in_use: authorities.all().iter().map(Authority::spki_sha256).collect(),
            roots,
            authorities,
            adopted: Vec::new(),
            time: now(),
        }
    }
}

impl World {
    /// With the policy changed.
    pub(crate) fn policy(mut self, from: &str, to: &str) -> Self {
        assert!(POLICY.contains(from), "{from}");
        self.policy = Policy::parse(POLICY.replacen(from, to, 1).as_bytes()).unwrap();
        self
    }

    /// With the record changed.
    pub(crate) fn record(mut self, change: impl FnOnce(&mut Fields)) -> Self {
        let mut fields = self.record.fields().clone();
        change(&mut fields);
        self.record = Record::try_from(fields).unwrap();
        self
    }

    /// With this history.
    pub(crate) fn history(mut self, entries: &[Entry]) -> Self {
        self.index = Index::fold(entries).unwrap();
        self
    }

    pub(crate) fn root_of(&self, domain: Domain) -> &Root {
        &self.roots[Domain::ALL.iter().position(|other| *other == domain).unwrap()]
    }

    pub(crate) fn context(&self) -> Context<'_> {
        Context {
            cluster: &self.record,
            policy: &self.policy,
            index: &self.index,
            authorities: &self.authorities,
            audience: &self.audience,
            adopted: &self.adopted,
            keys_in_use: &self.keys_in_use,
            statement: Digest::of(b"statement"),
            time: self.time,
        }
    }

    pub(crate) fn judge<'a>(&'a self, made: &'a [Made]) -> Judged<'a> {
        judge(&requests(made), self.context())
    }

    /// The codes of all violations of the first of some requests.
    pub(crate) fn codes_of(&self, made: &[Made]) -> String {
        let judged = self.judge(made);
        let codes = judged.verdicts()[0].violations().iter().map(|found| found.code.to_string());
        codes.collect::<Vec<_>>().join(" ")
    }

    /// The codes of all violations of a request for `role` on `node`, with a change.
    pub(crate) fn codes(&self, role: Role, node: &str, change: impl FnOnce(&mut Wish)) -> String {
        let mut wish = self.wish(role, node);
        change(&mut wish);
        self.codes_of(&[wish.make()])
    }

    /// What a good request for `role` on `node` asks.
    pub(crate) fn wish(&self, role: Role, node: &str) -> Wish {
        let names = self.record.required(role, node);
        let san = |names: &[AltName]| SubjectAltNames::from_names(names).unwrap().der().to_vec();
        let extensions = match names.as_slice() {
            [] => Vec::new(),
            some => vec![Extension::new(oid::SUBJECT_ALT_NAME, false, san(some))],
        };
        let empty = Digest::of(b"");
        Wish {
            key: None,
            subject: role.subject(node).unwrap(),
            extensions,
            asked: manifest::Request {
                csr_sha256: empty,
                id: Number::new(1, 1).unwrap(),
                key_origin: KeyOrigin::Node,
                profile: role,
                replaces: None,
                spki_sha256: empty,
                validity_s: 30 * DAY,
                place: Place { node: node.to_owned(), path: "x".to_owned() },
            },
            replaced: None,
        }
    }

    /// A certificate of this cluster's CA for a good request, as it could be replaced.
    pub(crate) fn issue(&self, made: &Made) -> Certificate {
        let domain = made.asked.profile.domain();
        let authority = self.authorities.choose(domain, &self.audience).unwrap();
        let validity = template::validity(self.time, DAY, &authority.tbs).unwrap();
        let tbs = template::of_request(&made.csr, made.asked.profile, None, authority, validity, serial()).unwrap();
        let signature = self.root_of(domain).key.sign(tbs.tbs_der());
        tbs.assemble(&signature)
    }
}
