//! A package under a plan that an auditor follows to its end: two certificates, one of them privileged, a denial and a
//! CRL, approved by two officers who typed eight rows each.

use std::fs;
use std::process::{Command, Output};

use airlock::audit::detail::{Head as LogHead, OrderIntent, OrderResult, PlanClosed, SignIntent, Signed};
use airlock::audit::entry::Actor;
use airlock::audit::event::Event;
use airlock::cluster::role::{Domain, Role};
use airlock::exchange::approval::operation::Decision;
use airlock::exchange::approval::rule::{PolicyName, RosterName, Rule, RuleName};
use airlock::exchange::approval::signed::SignedApproval;
use airlock::exchange::approval::subject::Subject;
use airlock::exchange::approval::{Approval, Lines};
use airlock::exchange::arrival::Files;
use airlock::exchange::cert_package::CertPackage;
use airlock::exchange::cert_package::draft::{Answer, Draft, LogPart};
use airlock::exchange::cert_package::layout::PackageLayout;
use airlock::exchange::cert_package::manifest::{Clock, QuorumMet};
use airlock::exchange::code::Code;
use airlock::exchange::csr_bundle::CsrBundle;
use airlock::exchange::csr_bundle::draft::Wanted;
use airlock::exchange::csr_bundle::manifest::{KeyOrigin, Place, Tool};
use airlock::exchange::csr_bundle::number::Number;
use airlock::exchange::dispatch::Dispatch;
use airlock::exchange::roots::{RootName, RootStatus};
use airlock::exchange::seal::{Sealed, seal};
use airlock::exchange::transfer::Payload;
use airlock::issuance::authority::Authority;
use airlock::issuance::plan::fields::{
    Clock as PlanClock, Cluster, Denial, DenialCode, FORMAT, NeededRule, PlanFields, PlanOperation,
};
use airlock::issuance::plan::order::{Kind, Label, Order, Tbs};
use airlock::issuance::rule::violation::Code as Rules;
use airlock::pki::certificate::Certificate;
use airlock::pki::crl::Crl;
use airlock::wire::base64::Base64;
use airlock::wire::digest::Digest;
use airlock::wire::json;
use std::io::Write as _;

use crate::approval::{issue, lines};
use crate::bundle_world::{self, TRACE};
use crate::enrolment;
use crate::host::{Host, id};
use crate::issuer::{crl, leaf, root};
use crate::letter::{Parts, address, sent, statement};
use crate::package_world::{ARCHIVE, ROOT};
use crate::packed::packed;
use crate::tools::Bench;
use crate::world::{CA, CHEN, IDENTITY, LI, ZHAO, checkpoint, csr, identity, key, person, record, roster, seen, time};

/// The CA after it signed.
pub(crate) struct Audited {
    pub(crate) host: Host,
    pub(crate) bundle: CsrBundle,
    bundle_file: Vec<u8>,
    remembered: u64,
    pub(crate) root: Certificate,
    pub(crate) apiserver: Certificate,
    admin: Certificate,
    crl: Crl,
    pub(crate) plan: PlanFields,
    pub(crate) approvals: Vec<SignedApproval>,
    /// Rosters newer than the pinned one, each with who approved it.
    pub(crate) rosters: Vec<(u64, Vec<u8>, Vec<SignedApproval>)>,
}

fn asked(host: &Host) -> Dispatch {
    let admin = csr("kubeadm-super-admin");
    bundle_world::with(|draft| {
        draft.seen_checkpoint = Some(seen(host.log.tree().head()));
        let place = Place { node: "cp1".to_owned(), path: "etc/kubernetes/super-admin.conf".to_owned() };
        let (profile, key_origin) = (Role::SuperAdmin, KeyOrigin::Node);
        // The certificate outlives the draft, which borrows it.
        let csr = Box::leak(Box::new(admin));
        draft.requests.push(Wanted { csr, profile, validity_s: 31_536_000, replaces: None, place, key_origin });
    })
}

impl Audited {
    /// The first request and the third are granted, the second is denied.
    pub(crate) fn new() -> Self {
        let mut host = Host::ca();
        host.note(Event::Checkpoint(LogHead { root: Digest::of(b""), size: 0 }));
        host.note(Event::Checkpoint(LogHead { root: Digest::of(b""), size: 0 }));
        host.note(Event::Checkpoint(LogHead { root: Digest::of(b""), size: 0 }));
        let remembered = host.log.tree().size();
        let dispatch = asked(&host);
        let bundle_file = dispatch.payload().to_vec();
        let bundle = bundle_world::received_of(&mut host, dispatch);
        let root = root(ROOT, "kubernetes");
        let issued = |at: usize, number| {
            let csr = bundle.requests()[at].csr.as_ref().unwrap();
            leaf(ROOT, &root, csr.subject(), csr.public_key(), number)
        };
        let (apiserver, admin, crl) = (issued(0, 50), issued(2, 51), crl(ROOT, &root, 20_250_722));
        let plan = plan(&bundle, &root, [&apiserver, &admin], &crl);
        let (approvals, rosters) = (Vec::new(), Vec::new());
        let mut audited =
            Self { host, bundle, bundle_file, remembered, root, apiserver, admin, crl, plan, approvals, rosters };
        audited.host.now = time("2025-07-22T03:10:00Z");
        audited.host.trace = Some(TRACE.to_owned());
        audited
    }

    /// The plan is closed, approved by these, and signed.
    pub(crate) fn sign(self, people: &[(&str, u8)]) -> Self {
        self.sign_with(people, |_| None)
    }

    /// The same, where some decided otherwise.
    pub(crate) fn sign_with(
        mut self,
        people: &[(&str, u8)],
        otherwise: impl Fn(&str) -> Option<SignedApproval>,
    ) -> Self {
        let (plan, tbs) = (Digest::of(&self.json()), Digest::of(b"tbs"));
        self.host.note(Event::PlanClosed(PlanClosed {
            bundle_seq: Some(118),
            cluster: Some(record().fields().uid.clone()),
            denials: 1,
            expires: self.plan.expires,
            orders: 3,
            plan,
            rule: "privileged".to_owned(),
            statement: Some(self.bundle.letter().statement().id()),
            tbs,
        }));
        for (who, number) in people {
            let signed = otherwise(who).unwrap_or_else(|| self.decision(who, *number));
            self.log_late(signed);
        }
        let orders = self.plan.orders.iter().map(|order| OrderIntent {
            crl_number: order.crl_number,
            issuer: order.issuer_spki_sha256,
            n: order.n,
            replaces: None,
            request: order.request.map(|request| request.to_string()),
            revokes: Vec::new(),
            serial: order.serial.as_ref().map(ToString::to_string),
            spki: order.spki_sha256,
            tbs: order.tbs_sha256,
        });
        self.host.note(Event::SignIntent(SignIntent { orders: orders.collect(), plan }));
        // An Ed25519 signature is the end of what it signs.
        let list = &self.crl.der()[self.crl.der().len() - 64..];
        let signatures = [self.apiserver.signature(), self.admin.signature(), list];
        let results = self.plan.orders.iter().zip(signatures).map(|(order, signature)| OrderResult {
            n: order.n,
            signature: Base64(signature.to_vec()),
            tbs: order.tbs_sha256,
        });
        self.host.note(Event::Signed(Signed { plan, results: results.collect() }));
        self.host.note_of(None, Event::Checkpoint(LogHead { root: Digest::of(b""), size: 0 }));
        self
    }

    /// A decision is written down now.
    pub(crate) fn log_late(&mut self, signed: SignedApproval) {
        self.host.wait(1);
        self.host.log.record(&self.host.moment(), &Actor::system(), Some(TRACE), signed.clone()).unwrap();
        self.approvals.push(signed);
    }

    pub(crate) fn json(&self) -> Vec<u8> {
        json::to_vec(&self.plan).unwrap()
    }

    /// What `who` signs: an officer, with the rows that the log shows, approves; an auditor witnesses.
    pub(crate) fn decision(&self, who: &str, number: u8) -> SignedApproval {
        let decision = if who == "zhao" { Decision::Witness } else { Decision::Approve };
        self.decided(decision, who, number, |_| {})
    }

    /// A decision on this plan, with a change.
    pub(crate) fn decided(
        &self,
        decision: Decision,
        who: &str,
        number: u8,
        change: impl FnOnce(&mut Lines),
    ) -> SignedApproval {
        let subject = Subject {
            statement_sha256: Some(self.bundle.letter().statement().digest()),
            policy: self.plan.policy.clone(),
            rule: self.plan.rule.into(),
            roster: self.plan.roster,
            ..issue(&self.json())
        };
        let mut lines = lines(subject, decision, who);
        if let Some(diligence) = &mut lines.diligence {
            let typed = self.bundle.letter().evidence().people();
            diligence.rows = typed.iter().find(|one| one.person == id(who)).map_or(diligence.rows, |one| one.rows);
            diligence.ticked = vec![number_of(3)];
        }
        change(&mut lines);
        SignedApproval::sign(&Approval::new(lines).unwrap(), &key(number), &person(who)).unwrap()
    }

    pub(crate) fn files(&self) -> Files {
        let (plan, chain, tree) = (self.json(), [self.root.clone()], self.host.log.tree());
        let denied = Answer::Denied { codes: vec!["S3".to_owned()], note: Some("not ours".to_owned()) };
        let head = checkpoint(tree.head());
        let draft = Draft {
            asked: self.bundle.asked(),
            package_seq: 7,
            created: time("2025-07-22T03:20:00Z"),
            import_before: time("2025-08-05T03:20:00Z"),
            clock: Clock { attested: 1, officers: vec![id("chen"), id("li")] },
            answers: vec![
                Answer::Issued { certificate: (&self.apiserver).into(), profile: Role::Apiserver },
                denied,
                Answer::Issued { certificate: (&self.admin).into(), profile: Role::SuperAdmin },
            ],
            chain: &chain,
            roots: vec![(Domain::Kubernetes, RootStatus::Current, &self.root)],
            crls: vec![(Domain::Kubernetes, self.root.public_key().spki_sha256(), &self.crl)],
            cross: Vec::new(),
            plan: &plan,
            tbs: vec![self.apiserver.tbs_der(), self.admin.tbs_der(), self.crl.tbs().tbs_der()],
            approvals: &self.approvals,
            rosters: self.rosters.iter().map(|(epoch, file, by)| (*epoch, file.as_slice(), by.as_slice())).collect(),
            log: LogPart::of(tree, self.host.log.entries(), TRACE, &head, Some(self.remembered)),
            quorum: QuorumMet { auditor: true, of: 4, officers: 2, rule: RuleName::Privileged },
            recipients: vec![identity().recipient(), ARCHIVE.parse().unwrap()],
            tool: Tool { sha256: Digest::of(b"binary"), version: "0.1.0".to_owned() },
        };
        packed(draft, &key(CA)).unwrap()
    }

    /// What somebody sends who holds the keys of the CA host, after a change of the parts.
    pub(crate) fn forged(&self, change: impl FnOnce(&mut Parts)) -> Files {
        let files = self.files();
        let plain = Sealed::parse(&files.payload).unwrap().open(&identity()).unwrap();
        let mut parts = Parts::of(&plain, &PackageLayout, &key(CA));
        change(&mut parts);
        let mut sealed = seal(&[identity().recipient(), ARCHIVE.parse().unwrap()], Vec::new()).unwrap();
        sealed.write_all(&parts.write(&PackageLayout, &key(CA))).unwrap();
        let address = address(statement(&files).lines());
        sent::<CertPackage>(address, sealed.finish().unwrap(), Payload::Age, &key(CA))
    }

    /// What the auditor has on the table.
    pub(crate) fn table(&self, files: &Files) -> Table {
        let bench = Bench::new();
        let name = format!("{TRACE}.cert-package");
        bench.put(&format!("{name}.age"), &files.payload);
        bench.put(&format!("{name}.txt"), &files.statement);
        bench.put(&format!("{name}.txt.sig"), &files.signature);
        bench.put("bundle.zip", &self.bundle_file);
        bench.put("ca.json", enrolment::ca().json());
        bench.put("cluster.json", enrolment::cluster().json());
        bench.put("identity", IDENTITY);
        bench.put("paper", Code::of(&statement(files)).sheet_rows().join("\n"));
        Table { bench, opened: false }
    }
}

/// Two officers and the auditor.
pub(crate) const ENOUGH: [(&str, u8); 3] = [("chen", CHEN), ("li", LI), ("zhao", ZHAO)];

fn number_of(value: u32) -> Number {
    Number::new(value, 3).unwrap()
}

fn plan(bundle: &CsrBundle, root: &Certificate, certificates: [&Certificate; 2], crl: &Crl) -> PlanFields {
    let issuer = Authority { domain: Domain::Kubernetes, status: RootStatus::Current, tbs: root.tbs().clone() };
    let label = |n, kind, profile, request: Option<u32>| Label {
        n,
        kind,
        profile,
        request: request.map(number_of),
        replaces: None,
        reuses_key: false,
    };
    let certificate = |n, one: &Certificate, profile, request| {
        let tbs = Tbs::Certificate(Box::new(one.tbs().clone()));
        Order::of(label(n, Kind::Leaf, Some(profile), Some(request)), &tbs, &issuer)
    };
    let list = Tbs::Crl(Box::new(crl.tbs().clone()));
    let orders = vec![
        certificate(1, certificates[0], Role::Apiserver, 1),
        certificate(2, certificates[1], Role::SuperAdmin, 3),
        Order::of(label(3, Kind::Crl, None, None), &list, &issuer),
    ];
    let rule = Rule::of(RuleName::Privileged, &roster());
    let mut recipients = vec![identity().recipient(), ARCHIVE.parse().unwrap()];
    recipients.sort_by_key(ToString::to_string);
    PlanFields {
        bundle_seq: Some(118),
        ca: "ca:root-ca-01".parse().unwrap(),
        carried: Vec::new(),
        clock: PlanClock { attested: 1, not_before_backdating_s: 600 },
        closes: None,
        cluster: Cluster {
            enrolment_sha256: Some(Digest::of(enrolment::cluster().json())),
            name: "prod-1".to_owned(),
            uid: Some(record().fields().uid.clone()),
        },
        created: time("2025-07-22T03:10:00Z"),
        denials: vec![Denial {
            codes: vec![DenialCode::Rule(Rules::S3)],
            note: "not ours".to_owned(),
            request: Some(number_of(2)),
            revocation: None,
        }],
        expires: time("2025-07-23T03:10:00Z"),
        format: FORMAT.to_owned(),
        key_events: Vec::new(),
        nonce: Some(bundle.manifest().nonce.clone()),
        operation: PlanOperation::Issue,
        orders,
        policy: PolicyName { id: "POL-2025-03".parse().unwrap(), sha256: Digest::of(b"policy") },
        prior_rejections: Vec::new(),
        recipients,
        roots: vec![RootName { domain: Domain::Kubernetes, sha256: root.fingerprint(), status: RootStatus::Current }],
        roster: RosterName::of(&roster()).unwrap(),
        rule: NeededRule { auditor: false, name: RuleName::Privileged, of: rule.of, officers: rule.officers },
        statement_sha256: Some(bundle.letter().statement().digest()),
        trace: TRACE.parse().unwrap(),
        trust_ops: Vec::new(),
    }
}

/// The auditor's table.
pub(crate) struct Table {
    pub(crate) bench: Bench,
    /// Whether `p.zip`, opened by somebody else, lies there in place of the identity.
    pub(crate) opened: bool,
}

impl Table {
    /// Runs `scripts/audit` with everything on the table, less what `without` names.
    pub(crate) fn audit_without(&self, without: &[&str]) -> Output {
        let options = [
            ("--ca", "ca.json"),
            ("--cluster", "cluster.json"),
            ("--paper", "paper"),
            if self.opened { ("--opened", "p.zip") } else { ("--identity", "identity") },
            ("--bundle", "bundle.zip"),
        ];
        let mut command = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/audit"));
        for (option, file) in options.iter().filter(|(option, _)| !without.contains(option)) {
            command.arg(option).arg(self.bench.path(file));
        }
        command.arg(self.bench.path(&format!("{TRACE}.cert-package.age"))).output().unwrap()
    }

    /// The step at which the audit failed first; nothing where it passed.
    pub(crate) fn failed_at(&self) -> String {
        let output = self.audit_without(&[]);
        let text = String::from_utf8(output.stdout).unwrap();
        let failed = text.lines().find_map(|line| line.strip_prefix("FAIL "));
        assert_eq!(output.status.success(), failed.is_none(), "{text}");
        failed.unwrap_or_default().to_owned()
    }

    /// Changes a file on the table.
    pub(crate) fn change(&self, name: &str, change: impl FnOnce(&mut Vec<u8>)) {
        let mut bytes = fs::read(self.bench.path(name)).unwrap();
        change(&mut bytes);
        self.bench.put(name, bytes);
    }
}
