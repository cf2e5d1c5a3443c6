//! A CA that answers the bundle of the fixtures, and the cluster that imports the answer.

use airlock::audit::detail::{Head as LogHead, OrderIntent, OrderResult, PlanClosed, SignIntent, Signed};
use airlock::audit::entry::{Actor, Side};
use airlock::audit::event::Event;
use airlock::audit::tree::Head;
use airlock::cluster::role::{Domain, Role};
use airlock::exchange::approval::Approval;
use airlock::exchange::approval::operation::Decision;
use airlock::exchange::approval::rule::RuleName;
use airlock::exchange::approval::signed::SignedApproval;
use airlock::exchange::approval::subject::Subject;
use airlock::exchange::arrival::{Closed, Files, Reception, Standing};
use airlock::exchange::cert_package::answers::Outstanding;
use airlock::exchange::cert_package::contents::Contents;
use airlock::exchange::cert_package::decisions::Decided;
use airlock::exchange::cert_package::draft::{Answer, Draft, LogPart};
use airlock::exchange::cert_package::layout::PackageLayout;
use airlock::exchange::cert_package::log::ProvenLog;
use airlock::exchange::cert_package::manifest::{Clock, QuorumMet};
use airlock::exchange::cert_package::{CertPackage, OpenPackage, Own, Package, PackageError};
use airlock::exchange::csr_bundle::CsrBundle;
use airlock::exchange::csr_bundle::manifest::Tool;
use airlock::exchange::dispatch::Address;
use airlock::exchange::draw::Sharing;
use airlock::exchange::paper::evidence::Evidence;
use airlock::exchange::people::roster::Roster;
use airlock::exchange::roots::RootStatus;
use airlock::exchange::seal::identity::Identity;
use airlock::exchange::seal::recipient::Recipient;
use airlock::exchange::seal::{Sealed, seal};
use airlock::exchange::signature::SigningKey as _;
use airlock::exchange::statement::party::Party;
use airlock::exchange::transfer::Payload;
use airlock::pki::certificate::Certificate;
use airlock::refusal::{Refusal as _, Refused};
use airlock::wire::base64::Base64;
use airlock::wire::digest::Digest;
use airlock::wire::time::Timestamp;
use std::io::Write as _;

use crate::approval::{issue, lines};
use crate::bundle_world::{self, TRACE};
use crate::host::Host;
use crate::issuer::{crl, leaf, root};
use crate::letter::{Parts, address, copy, sent, statement};
use crate::packed::packed;
use crate::world::{CA, CHEN, CLUSTER, LI, ZHAO, checkpoint, identity, key, log_key, person, record, roster, time};

/// The key of the kubernetes root.
pub(crate) const ROOT: u8 = 40;
pub(crate) const PLAN: &[u8] = br#"{"format":"airlock.plan/1"}"#;

/// The age identity of the audit office.
pub(crate) const ARCHIVE: &str = "age1lggyhqrw2nlhcxprm67z43rta597azn8gknawjehu9d9dl0jq3yqqvfafg";

/// The CA after it signed: its log, the bundle it answers, what it issued.
pub(crate) struct Answering {
    pub(crate) host: Host,
    pub(crate) bundle: CsrBundle,
    pub(crate) remembered: Head,
    pub(crate) root: Certificate,
    pub(crate) certificate: Certificate,
    pub(crate) approvals: Vec<SignedApproval>,
    /// Roots beside the one that is pinned.
    pub(crate) more_roots: Vec<(Domain, RootStatus, Certificate)>,
    /// Rosters newer than the pinned one, each with who approved it.
    pub(crate) rosters: Vec<(u64, Vec<u8>, Vec<SignedApproval>)>,
}

pub(crate) fn subject(bundle: &CsrBundle) -> Subject {
    let statement_sha256 = Some(bundle.letter().statement().digest());
    Subject { statement_sha256, ..issue(PLAN) }
}

pub(crate) fn decision(subject: &Subject, decision: Decision, id: &str, number: u8) -> SignedApproval {
    let approval = Approval::new(lines(subject.clone(), decision, id)).unwrap();
    SignedApproval::sign(&approval, &key(number), &person(id)).unwrap()
}

impl Answering {
    /// The first request is granted, the second denied.
    pub(crate) fn new() -> Self {
        let mut host = Host::ca();
        host.note(Event::Checkpoint(LogHead { root: Digest::of(b""), size: 0 }));
        host.note(Event::Checkpoint(LogHead { root: Digest::of(b""), size: 0 }));
        let remembered = host.log.tree().head();
        let bundle = bundle_world::received(&mut host);
        let root = root(ROOT, "kubernetes");
        let csr = bundle.requests()[0].csr.as_ref().unwrap();
        let certificate = leaf(ROOT, &root, csr.subject(), csr.public_key(), 50);
        let subject = subject(&bundle);
        let approvals = vec![
            decision(&subject, Decision::Approve, "chen", CHEN),
            decision(&subject, Decision::Approve, "li", LI),
            decision(&subject, Decision::Witness, "zhao", ZHAO),
        ];
        let (more_roots, rosters) = (Vec::new(), Vec::new());
        let mut answering = Self { host, bundle, remembered, root, certificate, approvals, more_roots, rosters };
        answering.sign();
        answering
    }

    /// Writes down what leads to a signature, and the signature.
    fn sign(&mut self) {
        let (plan, host) = (Digest::of(PLAN), &mut self.host);
        let certificate = &self.certificate;
        host.note_of(
            Some(TRACE),
            Event::PlanClosed(PlanClosed {
                bundle_seq: Some(118),
                cluster: Some(record().fields().uid.clone()),
                denials: 1,
                expires: time("2025-07-23T03:10:00Z"),
                orders: 2,
                plan,
                rule: "leaf".to_owned(),
                statement: Some(self.bundle.letter().statement().id()),
                tbs: Digest::of(b"tbs"),
            }),
        );
        for signed in &self.approvals {
            host.wait(1);
            host.log.record(&host.moment(), &Actor::system(), Some(TRACE), signed.clone()).unwrap();
        }
        let order = OrderIntent {
            crl_number: None,
            issuer: self.root.public_key().spki_sha256(),
            n: 1,
            replaces: None,
            request: Some("0001".to_owned()),
            revokes: Vec::new(),
            serial: Some(certificate.serial().to_string()),
            spki: Some(certificate.public_key().spki_sha256()),
            tbs: certificate.tbs_sha256(),
        };
        host.note_of(Some(TRACE), Event::SignIntent(SignIntent { orders: vec![order], plan }));
        let signature = Base64(certificate.signature().to_vec());
        let result = OrderResult { n: 1, signature, tbs: certificate.tbs_sha256() };
        host.note_of(Some(TRACE), Event::Signed(Signed { plan, results: vec![result] }));
        host.note(Event::Checkpoint(LogHead { root: Digest::of(b""), size: 0 }));
    }

    /// Other people approve, later than the first ones.
    pub(crate) fn replace_approvals(&mut self, approvals: Vec<SignedApproval>) {
        for signed in &approvals {
            self.host.wait(1);
            self.host.log.record(&self.host.moment(), &Actor::system(), Some(TRACE), signed.clone()).unwrap();
        }
        self.approvals = approvals;
    }

    pub(crate) fn log_part(&self) -> LogPart {
        let (tree, entries) = (self.host.log.tree(), self.host.log.entries());
        LogPart::of(tree, entries, TRACE, &checkpoint(tree.head()), Some(self.remembered.size))
    }

    /// The package with a change.
    pub(crate) fn made(&self, change: impl FnOnce(&mut Draft<'_>)) -> Result<Files, Refused> {
        let (crl, chain) = (crl(ROOT, &self.root, 20_250_722), [self.root.clone()]);
        let denied = Answer::Denied { codes: vec!["S3".to_owned()], note: Some("不在集群记录中".to_owned()) };
        let mut draft = Draft {
            asked: self.bundle.asked(),
            package_seq: 7,
            created: time("2025-07-22T03:20:00Z"),
            import_before: time("2025-08-05T03:20:00Z"),
            clock: Clock { attested: 1, officers: vec!["chen".parse().unwrap(), "li".parse().unwrap()] },
            answers: vec![Answer::Issued { certificate: (&self.certificate).into(), profile: Role::Apiserver }, denied],
            chain: &chain,
            roots: vec![(Domain::Kubernetes, RootStatus::Current, &self.root)],
            crls: vec![(Domain::Kubernetes, self.root.public_key().spki_sha256(), &crl)],
            cross: Vec::new(),
            plan: PLAN,
            tbs: vec![self.certificate.tbs_der(), crl.tbs().tbs_der()],
            approvals: &self.approvals,
            rosters: self.rosters.iter().map(|(epoch, file, by)| (*epoch, file.as_slice(), by.as_slice())).collect(),
            log: self.log_part(),
            quorum: QuorumMet { auditor: true, of: 4, officers: 2, rule: RuleName::Leaf },
            recipients: vec![identity().recipient(), ARCHIVE.parse().unwrap()],
            tool: Tool { sha256: Digest::of(b"binary"), version: "0.1.0".to_owned() },
        };
        draft.roots.extend(self.more_roots.iter().map(|(domain, status, root)| (*domain, *status, root)));
        change(&mut draft);
        packed(draft, &key(CA))
    }

    pub(crate) fn files(&self) -> Files {
        self.made(|_| {}).unwrap()
    }

    /// The parts of the package, for somebody who holds the keys of the CA.
    pub(crate) fn parts(&self) -> Parts {
        let plain = Sealed::parse(&self.files().payload).unwrap().open(&identity()).unwrap();
        Parts::of(&plain, &PackageLayout, &key(CA))
    }

    /// What that somebody sends after a change.
    pub(crate) fn forged(&self, change: impl FnOnce(&mut Parts)) -> Files {
        let mut parts = self.parts();
        change(&mut parts);
        self.resealed(&parts.write(&PackageLayout, &key(CA)), &[identity().recipient(), ARCHIVE.parse().unwrap()])
    }

    pub(crate) fn address(&self) -> Address {
        address(statement(&self.files()).lines())
    }

    /// This container sealed to these, under a sound statement.
    pub(crate) fn resealed(&self, plain: &[u8], recipients: &[Recipient]) -> Files {
        let mut sealed = seal(recipients, Vec::new()).unwrap();
        sealed.write_all(plain).unwrap();
        sent::<CertPackage>(self.address(), sealed.finish().unwrap(), Payload::Age, &key(CA))
    }
}

/// The importing cluster.
pub(crate) struct Importer {
    pub(crate) host: Host,
    pub(crate) party: Party,
    pub(crate) uid: String,
    pub(crate) identity: Identity,
    pub(crate) roots: Vec<Digest>,
    pub(crate) nonce: [u8; 32],
    pub(crate) remembered: Option<Head>,
    pub(crate) roster: Roster,
}

/// What every check established.
pub(crate) struct Imported {
    pub(crate) contents: Contents,
    pub(crate) log: ProvenLog,
    pub(crate) decisions: Vec<Decided>,
    pub(crate) roster: Roster,
}

impl Importer {
    pub(crate) fn of(answering: &Answering) -> Self {
        let mut host = Host::new("cluster:prod-1", Side::Online);
        host.now = time("2025-07-22T05:00:00Z");
        Self {
            host,
            party: "cluster:prod-1".parse().unwrap(),
            uid: record().fields().uid.clone(),
            identity: identity(),
            roots: vec![answering.root.fingerprint()],
            nonce: [7; 32],
            remembered: Some(answering.remembered),
            roster: roster(),
        }
    }

    pub(crate) fn at(mut self, now: Timestamp) -> Self {
        self.host.now = now;
        self
    }

    fn receive(&self, files: Files) -> Result<Closed<CertPackage>, &'static str> {
        let papers = self.host.papers();
        let key_of = |party: &Party| (party.to_string() == "ca:root-ca-01").then(|| key(CA).public_key().clone());
        let standing = |statement: &airlock::exchange::statement::Statement| {
            if statement.lines().trace.as_str() == TRACE { Standing::Welcome } else { Standing::Unasked }
        };
        let now = self.host.now;
        let reception = Reception { host: &self.party, now, papers: &papers, key_of: &key_of, standing: &standing };
        Closed::receive(files, &reception).map_err(|error| error.reason().code)
    }

    /// Receives it, types its sheet, and decrypts it.
    pub(crate) fn open(&mut self, files: Files) -> Result<(OpenPackage, Evidence), &'static str> {
        let closed = self.receive(copy(&files))?;
        let statement = statement(&files);
        if self.host.papers().sheet(&statement).is_none() {
            self.host.take_in(&statement);
            self.host.types(&statement, "zhang-wei", Sharing::Whole);
        }
        let typed = self.host.evidence(&statement).unwrap();
        let open = closed.confirm(&typed).unwrap().open(&self.identity).map_err(|error| error.reason().code)?;
        Ok((open, typed))
    }

    pub(crate) fn bind<'a>(&self, open: &'a OpenPackage, typed: &Evidence) -> Result<Package<'a>, PackageError> {
        let recipient = self.identity.recipient();
        let own = Own { party: &self.party, uid: &self.uid, recipient: &recipient, roots: &self.roots };
        Ok(open.unpack(key(CA).public_key())?.bind(&own)?.settle(typed).unwrap())
    }

    /// Every check that this floor knows.
    pub(crate) fn check(&self, package: &Package<'_>) -> Result<Imported, PackageError> {
        let (asked, ours) = (bundle_world::dispatch(), key(CLUSTER));
        package.answers(&Outstanding {
            statement: asked.statement(),
            key: ours.public_key(),
            nonce: &self.nonce,
            seq: 118,
            requests: 2,
        })?;
        let contents = package.contents()?;
        let log = package.log(&log_key(), self.remembered.as_ref())?;
        let roster = package.rosters(&self.roster)?;
        let decisions = package.decisions(&roster, &log)?;
        Ok(Imported { contents, log, decisions, roster })
    }

    /// The whole walk; refusals as the check and the code.
    pub(crate) fn import(&mut self, files: Files) -> Result<Imported, (&'static str, &'static str)> {
        let (open, typed) = self.open(files).map_err(|code| ("", code))?;
        let named = |error: PackageError| (error.check(), error.reason().code);
        let package = self.bind(&open, &typed).map_err(named)?;
        self.check(&package).map_err(named)
    }
}
