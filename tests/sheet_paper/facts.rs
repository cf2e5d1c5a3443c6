//! Facts of three sheets: the published example, the package that answers it, and two enrolments.

use airlock::audit::tree::Head;
use airlock::cluster::role::{Domain, Role};
use airlock::exchange::csr_bundle::manifest::{Revocation, RevocationReason, TrustChange, TrustOp};
use airlock::exchange::csr_bundle::number::Number;
use airlock::exchange::people::person::{Person, PersonKey, PersonRole};
use airlock::exchange::signature::public_key::SshPublicKey;
use airlock::exchange::statement::kind::Kind;
use airlock::exchange::statement::{Lines, Statement};
use airlock::pki::name::Name;
use airlock::pki::serial::Serial;
use airlock::report::sheet::facts::{
    Approval, Bundle, Clock, Contents, Crl, Denial, Enrolment, KeyEvent, Package, Request, Root, RootStatus, Roster,
};
use airlock::report::sheet::print::{Print, SheetNumber};
use airlock::wire::digest::Digest;
use airlock::wire::time::Timestamp;

/// The statements of the published vectors.
pub(crate) const BUNDLE: &str = "airlock-statement-v1\nkind: csr-bundle\ntrace: 20250722-7Q2K-9M4F-B\n\
    from: cluster:prod-bj1\nto: ca:root-ca-01\nitems: 42\nexpires: 2025-07-29T03:00:00Z\n\
    file-sha256: 9aa04fbe56e1fcd9c986c05020c67d183ceac11313f535910a8cefd3f85c0e52\n";
pub(crate) const PACKAGE: &str = "airlock-statement-v1\nkind: cert-package\ntrace: 20250722-7Q2K-9M4F-B\n\
    from: ca:root-ca-01\nto: cluster:prod-bj1\nitems: 41\nexpires: 2025-08-05T03:21:00Z\n\
    file-sha256: da135e308fbfa1ecedae457aacbd03d102be998a71f43c638a86aa251c0d46e8\n";

/// How many requests of each profile the example has, and the subject of the n-th.
const ASKED: [(Role, u32); 9] = [
    (Role::Apiserver, 3),
    (Role::ApiserverKubeletClient, 3),
    (Role::FrontProxyClient, 3),
    (Role::EtcdServer, 3),
    (Role::EtcdPeer, 3),
    (Role::EtcdHealthcheckClient, 3),
    (Role::SuperAdmin, 6),
    (Role::KubeletClient, 9),
    (Role::KubeletServer, 9),
];

pub(crate) fn statement(text: &str) -> Statement {
    Statement::parse(text.as_bytes()).unwrap()
}

/// The same statement of another kind, party and count.
pub(crate) fn changed(change: impl FnOnce(&mut Lines)) -> Statement {
    let mut lines = statement(BUNDLE).lines().clone();
    change(&mut lines);
    Statement::new(lines).unwrap()
}

pub(crate) fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn key(seed: u8) -> SshPublicKey {
    // Points on the curve, found by counting; nobody holds their private keys.
    (seed..=u8::MAX).find_map(|byte| SshPublicKey::from_ed25519(&[byte; 32]).ok()).unwrap()
}

pub(crate) fn print() -> Print {
    Print {
        number: SheetNumber(318),
        copy: 1,
        copies: 2,
        reprint: 0,
        time: time("2025-07-22T03:01:44Z"),
        version: "0.4.2".to_owned(),
        host: "adm-ws-01".to_owned(),
        large: false,
        medium: Some("TX-03".to_owned()),
    }
}

pub(crate) fn requests() -> Vec<Request> {
    let roles = ASKED.iter().flat_map(|(role, count)| (1..=*count).map(move |at| (*role, at)));
    Number::list(42).unwrap().zip(roles).map(|(number, (role, at))| request(number, role, at)).collect()
}

pub(crate) fn request(number: Number, role: Role, at: u32) -> Request {
    let bytes = number.value().to_be_bytes();
    Request {
        number,
        profile: role,
        subject: role.subject(&format!("node-{at:02}")).unwrap(),
        names: if role == Role::Apiserver { 9 } else { 0 },
        validity_s: 365 * 86_400,
        spki: Digest::of(&bytes),
        serial: Serial::from_octets(&Digest::of(&bytes).as_bytes()[..])
            .ok()
            .or_else(|| Serial::from_octets(&[7; 8]).ok()),
    }
}

pub(crate) fn root(domain: Domain, status: RootStatus, year: u32) -> Root {
    let subject = Name::from_pairs(&[("CN", &format!("{domain}-ca-{year}"))]).unwrap();
    Root { domain, status, sha256: Digest::of(format!("{domain} {year}").as_bytes()), subject }
}

pub(crate) fn bundle() -> Bundle {
    Bundle {
        requests: requests(),
        revocations: Vec::new(),
        trust_ops: Vec::new(),
        voids: Vec::new(),
        roots: vec![root(Domain::Kubernetes, RootStatus::Current, 2025)],
        signer: key(1),
    }
}

/// A bundle that asks for everything else that a bundle can ask.
pub(crate) fn other_bundle() -> Bundle {
    let revoked = |serial: &str, reason| Revocation {
        issuer_spki_sha256: Digest::of(b"issuer"),
        reason,
        serial: serial.parse().unwrap(),
        since: time("2025-07-20T00:00:00Z"),
    };
    Bundle {
        requests: Vec::new(),
        revocations: vec![
            revoked("5a1f00000000000000000000000000000000ff02", RevocationReason::KeyCompromise),
            revoked("09cd", RevocationReason::CessationOfOperation),
        ],
        trust_ops: vec![TrustOp { domain: Domain::Etcd, op: TrustChange::IntroduceRoot }],
        voids: vec!["20250722-7Q2K-9M4F-B".parse().unwrap()],
        roots: Domain::ALL.iter().flat_map(|domain| roots(*domain)).collect(),
        signer: key(1),
    }
}

fn roots(domain: Domain) -> [Root; 3] {
    [(RootStatus::Current, 2025), (RootStatus::Next, 2030), (RootStatus::Retiring, 2020)]
        .map(|(status, year)| root(domain, status, year))
}

pub(crate) fn package() -> Package {
    let mut issued = requests();
    let denied = issued.remove(8);
    Package {
        package_seq: 57,
        bundle_seq: 118,
        issued,
        denials: vec![Denial {
            request: denied.number,
            codes: vec!["S3".to_owned()],
            note: "IP 10.0.0.99 is outside the cluster record 10.0.0.0/26; ask again without it, or enrol the cluster \
                   again with the new address"
                .to_owned(),
        }],
        crls: vec![Crl { domain: Domain::Kubernetes, number: 19, next_update: time("2025-10-20T03:19:00Z") }],
        roots: vec![
            root(Domain::Kubernetes, RootStatus::Current, 2025),
            root(Domain::Kubernetes, RootStatus::Next, 2030),
            root(Domain::Etcd, RootStatus::Current, 2025),
            root(Domain::FrontProxy, RootStatus::Current, 2025),
        ],
        approval: Approval {
            rule: "privileged 2-of-4".to_owned(),
            officers: ["chen", "li"].map(|id| id.parse().unwrap()).into(),
            witnesses: vec!["zhao".parse().unwrap()],
        },
        log: Head { size: 1056, root: Digest::of(b"log") },
        policy: ("POL-2025-03".to_owned(), Digest::of(b"policy")),
        roster: (4, Digest::of(b"roster")),
        clock: Clock { attested: time("2025-07-22T03:05:00Z"), backdating_s: 600, set: None },
        key_events: Vec::new(),
        token: "0123456789".to_owned(),
        signer: key(9),
    }
}

/// A package of which the first page cannot tell everything.
pub(crate) fn long_package() -> Package {
    let mut package = package();
    package.roots = Domain::ALL.iter().flat_map(|domain| roots(*domain)).collect();
    package.clock.set = Some((time("2031-01-01T00:00:00Z"), time("2025-07-01T00:00:00Z")));
    package.key_events = vec![KeyEvent { what: "log".to_owned(), old: key(20), new: key(30) }];
    package
}

pub(crate) fn enrolment_of_cluster() -> Enrolment {
    Enrolment {
        epoch: 1,
        created: time("2025-07-01T08:00:00Z"),
        statement_key: key(1),
        log: ("airlock/prod-bj1/log".to_owned(), key(2)),
        recipient: Some("age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj".parse().unwrap()),
        archive: Vec::new(),
        witness: Some(("airlock/prod-bj1/witness".to_owned(), key(3))),
        cluster: Some(("8a9b3c44-5d0e-4a7f-9a55-0c3d1b2e4f60".to_owned(), Digest::of(b"record"))),
        made_for: None,
        roots: vec![root(Domain::Kubernetes, RootStatus::Current, 2025)],
        roster: None,
        policy: None,
        token: None,
        contacts: vec![("Duty desk".to_owned(), "+86 10 5555 0100".to_owned())],
    }
}

pub(crate) fn enrolment_of_ca() -> Enrolment {
    let person = |id: &str, role, seed| Person {
        id: id.parse().unwrap(),
        keys: vec![PersonKey { key: key(seed), revoked_from: (seed == 80).then_some(900) }],
        name: format!("The {role} {id}"),
        role,
    };
    Enrolment {
        log: ("airlock/root-ca-01/log".to_owned(), key(12)),
        recipient: None,
        archive: vec!["age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj".parse().unwrap()],
        witness: None,
        cluster: None,
        made_for: Some("cluster:prod-bj1".parse().unwrap()),
        roots: Domain::ALL.iter().map(|domain| root(*domain, RootStatus::Current, 2025)).collect(),
        roster: Some(Roster {
            epoch: 4,
            sha256: Digest::of(b"roster"),
            persons: vec![
                person("chen", PersonRole::Officer, 40),
                person("li", PersonRole::Officer, 60),
                person("wang", PersonRole::Officer, 80),
                person("zhao", PersonRole::Auditor, 100),
            ],
        }),
        policy: Some(("POL-2025-03".to_owned(), Digest::of(b"policy"))),
        token: Some("0123456789".to_owned()),
        ..enrolment_of_cluster()
    }
}

/// Every sheet that has a golden file: its name, its statement and its facts.
pub(crate) fn sheets() -> Vec<(&'static str, Statement, Contents)> {
    let other = changed(|lines| lines.items = 3);
    let of_cluster = changed(|lines| (lines.kind, lines.items) = (Kind::Enrolment, 1));
    let of_ca = changed(|lines| {
        std::mem::swap(&mut lines.from, &mut lines.to);
        (lines.kind, lines.items) = (Kind::Enrolment, 1);
    });
    vec![
        ("csr-bundle", statement(BUNDLE), Contents::Bundle(bundle().into())),
        ("csr-bundle-other", other, Contents::Bundle(other_bundle().into())),
        ("cert-package", statement(PACKAGE), Contents::Package(package().into())),
        ("cert-package-long", statement(PACKAGE), Contents::Package(long_package().into())),
        ("enrolment-cluster", of_cluster, Contents::Enrolment(enrolment_of_cluster().into())),
        ("enrolment-ca", of_ca, Contents::Enrolment(enrolment_of_ca().into())),
    ]
}
