//! A CA that answers the bundles of the world: its roots, its people, its log, in memory.

use airlock::audit::checkpoint::Checkpoint;
use airlock::audit::detail::{OrderIntent, OrderResult, PlanClosed, SignIntent, Signed};
use airlock::audit::entry::Actor;
use airlock::audit::event::Event;
use airlock::audit::note::Note;
use airlock::cluster::role::Domain;
use airlock::exchange::approval::diligence::Diligence;
use airlock::exchange::approval::operation::Decision;
use airlock::exchange::approval::signed::SignedApproval;
use airlock::exchange::approval::{Approval, Lines};
use airlock::exchange::arrival::{Closed, Files, Reception, Standing};
use airlock::exchange::cert_package::draft::{Answer as Outcome, Draft as Package, LogPart};
use airlock::exchange::cert_package::manifest::{Clock, QuorumMet};
use airlock::exchange::code::rows::{Row, Rows};
use airlock::exchange::csr_bundle::CsrBundle;
use airlock::exchange::csr_bundle::manifest::Tool;
use airlock::exchange::draw::Sharing;
use airlock::exchange::enrolment::record::{
    CaSide, Common, Contact, EnrolledRoot, EnrolmentRecord, Side as RecordSide,
};
use airlock::exchange::paper::channel::Channel;
use airlock::exchange::people::person::Person;
use airlock::exchange::people::roster::Roster;
use airlock::exchange::roots::{RootName, RootStatus};
use airlock::exchange::signature::SigningKey as _;
use airlock::exchange::statement::Statement;
use airlock::exchange::statement::party::Party;
use airlock::issuance::authority::{Authorities, Authority};
use airlock::issuance::index::Index;
use airlock::issuance::judge::judge;
use airlock::issuance::plan::draft::{Answer, Draft, Head, Leaving};
use airlock::issuance::plan::fields::{Carried, CarriedKind, Cluster};
use airlock::issuance::plan::order::{Kind, Order, Tbs};
use airlock::issuance::plan::{Plan, Reference};
use airlock::issuance::policy::Policy;
use airlock::issuance::profile::root_name;
use airlock::issuance::request::{Context, Request, keys_in_use};
use airlock::issuance::template;
use airlock::pki::certificate::Certificate;
use airlock::pki::crl::{Crl, CrlFields, RevocationReason, Revoked, TbsCrl};
use airlock::pki::key::{Curve, PublicKey};
use airlock::pki::serial::Serial;
use airlock::refusal::Refused;
use airlock::wire::base64::Base64;
use airlock::wire::digest::Digest;
use airlock::wire::time::Timestamp;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};

use crate::host::Host;
use crate::packed::packed;
use crate::world::{NOW, World, key, time};

const DAY: i64 = 86_400;
pub(crate) const STATEMENT: u8 = 30;
const LOG: u8 = 31;

pub(crate) struct Root {
    pub(crate) domain: Domain,
    pub(crate) key: EcdsaKeyPair,
    pub(crate) certificate: Certificate,
}

pub(crate) struct Ca {
    pub(crate) host: Host,
    pub(crate) roots: Vec<Root>,
    pub(crate) roster: Roster,
    pub(crate) policy: Policy,
    pub(crate) package_seq: u64,
    /// Cross-certificates of earlier plans, which its packages carry.
    pub(crate) crosses: Vec<(Domain, Certificate)>,
    /// What the head of the log was when the last package left.
    pub(crate) seen: Option<u64>,
}

/// What somebody who holds the keys of the CA does differently.
pub(crate) struct Wish<'a> {
    /// Changes the bundle's requests before they are judged.
    pub(crate) asked: &'a dyn Fn(&mut Vec<airlock::exchange::csr_bundle::BundleRequest>),
    /// Changes the policy.
    pub(crate) policy: &'a dyn Fn(String) -> String,
    /// Who approves; the last one witnesses where that is the auditor.
    pub(crate) approvers: &'a [&'a str],
    /// The time of the plan.
    pub(crate) planned: Option<Timestamp>,
    /// Seconds between approval and announcement.
    pub(crate) pause: i64,
    /// The number of the CRL; none for no CRL.
    pub(crate) crl: Option<u64>,
    /// Changes the draft of the package when all is signed.
    pub(crate) package: &'a dyn Fn(&mut Package<'_>),
    /// Whether the CRL revokes the first certificate of this very package.
    pub(crate) revoke: bool,
    /// Digest of the enrolment record of the cluster in the plan.
    pub(crate) enrolment: Option<Digest>,
    /// How the rows came to the officers.
    pub(crate) channel: Channel,
    /// Whether it was signed under another plan, which nobody approved.
    pub(crate) elsewhere: bool,
}

/// What was signed, each with its order.
struct Made {
    certificates: Vec<(Order, Certificate)>,
    crls: Vec<(Order, Crl)>,
}

impl Default for Wish<'_> {
    fn default() -> Self {
        Self {
            asked: &|_| {},
            policy: &|text| text,
            approvers: &["chen", "li"],
            planned: None,
            pause: 60,
            crl: Some(20_261_202_010_000),
            revoke: false,
            package: &|_| {},
            enrolment: None,
            channel: Channel::Typed,
            elsewhere: false,
        }
    }
}

pub(crate) fn serial() -> Serial {
    let mut entropy = [0; 20];
    aws_lc_rs::rand::fill(&mut entropy).unwrap();
    Serial::from_entropy(entropy, [0; 20])
}

pub(crate) fn new_root(domain: Domain, generation: &str) -> Root {
    let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
    let public = PublicKey::from_ec_point(Curve::P256, key.public_key().as_ref()).unwrap();
    let subject = root_name::of("prod-1", domain, generation).unwrap();
    let validity = template::root_validity(time(NOW).plus(-10 * DAY), 3650 * DAY as u64).unwrap();
    let tbs = template::root(domain, &subject, &public, validity, serial()).unwrap();
    let signature = sign(&key, tbs.tbs_der());
    Root { domain, certificate: tbs.assemble(&signature), key }
}

pub(crate) fn sign(key: &EcdsaKeyPair, tbs: &[u8]) -> Vec<u8> {
    key.sign(&SystemRandom::new(), tbs).unwrap().as_ref().to_vec()
}

/// Four officers, an auditor, and the requesters of the cluster.
fn roster(requesters: &[Person], epoch: u64) -> Roster {
    let own = |(id, role, seed): (&str, &str, u8)| {
        let key = key(seed).public_key().to_string();
        (id.to_owned(), format!(r#"{{"id":"{id}","keys":[{{"key":"{key}"}}],"name":"{id}","role":"{role}"}}"#))
    };
    let mut persons: Vec<_> = [
        ("chen", "officer", 1),
        ("li", "officer", 2),
        ("sun", "officer", 5),
        ("wang", "officer", 4),
        ("zhao", "auditor", 6),
    ]
    .map(own)
    .to_vec();
    persons.extend(requesters.iter().map(|person| {
        let (id, key) = (person.id.to_string(), &person.keys[0].key);
        (id.clone(), format!(r#"{{"id":"{id}","keys":[{{"key":"{key}"}}],"name":"{id}","role":"requester"}}"#))
    }));
    persons.sort();
    let persons: Vec<_> = persons.into_iter().map(|(_, json)| json).collect();
    let quorum = r#"{"administration":3,"crl":1,"leaf":2,"privileged":2,"root":3}"#;
    let head = format!(r#"{{"ca":"ca:root-ca-01","epoch":{epoch},"format":"airlock.roster/1","persons":["#);
    Roster::parse(format!("{head}{}],\"quorum\":{quorum}}}", persons.join(",")).as_bytes()).unwrap()
}

fn seed(id: &str) -> u8 {
    match id {
        "chen" => 1,
        "li" => 2,
        "wang" => 4,
        "sun" => 5,
        _ => 6,
    }
}

impl Ca {
    pub(crate) fn new(world: &World) -> Self {
        let mut host = Host::ca();
        host.now = world.now().plus(-3600);
        let policy = std::fs::read(crate::world::fixture("policy/example.toml")).unwrap();
        Self {
            host,
            roots: Domain::ALL.into_iter().map(|domain| new_root(domain, "2026-1")).collect(),
            roster: roster(&world.persons(), 1),
            policy: Policy::parse(&policy).unwrap(),
            package_seq: 0,
            crosses: Vec::new(),
            seen: None,
        }
    }

    pub(crate) fn party(&self) -> Party {
        "ca:root-ca-01".parse().unwrap()
    }

    /// The record by which it introduces itself to the cluster.
    pub(crate) fn record(&self, epoch: u64) -> EnrolmentRecord {
        self.record_of(epoch, &[0, 1, 2])
    }

    /// The record with a root that is to follow the one in use.
    pub(crate) fn record_with(&self, epoch: u64, next: &Root) -> EnrolmentRecord {
        let certificate = next.certificate.clone();
        self.record_and(
            epoch,
            &[0, 1, 2],
            &[EnrolledRoot { domain: next.domain, status: RootStatus::Next, certificate }],
        )
    }

    /// The record with some of its roots.
    pub(crate) fn record_of(&self, epoch: u64, roots: &[usize]) -> EnrolmentRecord {
        self.record_and(epoch, roots, &[])
    }

    fn record_and(&self, epoch: u64, roots: &[usize], more: &[EnrolledRoot]) -> EnrolmentRecord {
        let root = |root: &Root| EnrolledRoot {
            domain: root.domain,
            status: RootStatus::Current,
            certificate: root.certificate.clone(),
        };
        let mut all: Vec<_> = roots.iter().map(|at| root(&self.roots[*at])).chain(more.iter().cloned()).collect();
        all.sort_by_key(|root| (root.domain, root.status));
        let common = Common {
            party: self.party(),
            epoch,
            created: self.host.now,
            tool: tool(),
            contacts: vec![Contact { name: "CA desk".to_owned(), phone: "+86 10 5555 0199".to_owned() }],
            statement_key: key(STATEMENT).public_key().clone(),
            log_key: key(LOG).public_key().clone(),
            roots: all,
        };
        let side = CaSide {
            archive: Vec::new(),
            cluster: "cluster:prod-1".parse().unwrap(),
            roster: self.roster.clone(),
            policy: self.policy.name(),
            token: "0001".to_owned(),
        };
        EnrolmentRecord::new(common, RecordSide::Ca(Box::new(side))).unwrap()
    }

    /// Takes the bundle in `files` from the cluster that is enrolled with `record`.
    pub(crate) fn take(&mut self, files: Files, record: &EnrolmentRecord) -> CsrBundle {
        self.take_by(files, record, Sharing::Halves, &["chen", "li"])
    }

    /// As [`Ca::take`], where these officers type so many rows of the sheet.
    pub(crate) fn take_by(
        &mut self,
        files: Files,
        record: &EnrolmentRecord,
        sharing: Sharing,
        officers: &[&str],
    ) -> CsrBundle {
        let statement = Statement::parse(&files.statement).unwrap();
        self.host.trace = Some(statement.lines().trace.to_string());
        self.host.take_in(&statement);
        officers.iter().for_each(|id| self.host.types(&statement, id, sharing));
        let evidence = self.host.evidence(&statement).unwrap();
        let papers = self.host.papers();
        let (host, now) = (self.party(), self.host.now);
        let key_of = |party: &Party| (party == record.party()).then(|| record.statement_key().clone());
        let standing = |_: &Statement| Standing::Welcome;
        let reception = Reception { host: &host, now, papers: &papers, key_of: &key_of, standing: &standing };
        let closed = Closed::<CsrBundle>::receive(files, &reception).unwrap();
        let known = record.known(1, &self.roster, now).unwrap();
        closed.confirm(&evidence).unwrap().open(&known, None).unwrap().settle(&evidence).unwrap()
    }

    fn authorities(&self) -> Authorities {
        let authority = |root: &Root| Authority {
            domain: root.domain,
            status: RootStatus::Current,
            tbs: root.certificate.tbs().clone(),
        };
        Authorities::new(self.roots.iter().map(authority).collect())
    }

    fn plan(&self, bundle: &CsrBundle, record: &EnrolmentRecord, wish: &Wish<'_>) -> Plan {
        let (authorities, index) = (self.authorities(), Index::default());
        let text = std::fs::read_to_string(crate::world::fixture("policy/example.toml")).unwrap();
        let policy = Policy::parse((wish.policy)(text).as_bytes()).unwrap();
        let cluster = &record.cluster().unwrap().record;
        let adopted: Vec<_> = record.roots().iter().map(|root| root.certificate.clone()).collect();
        let used = keys_in_use(&authorities, &self.roster, &[]);
        let created = wish.planned.unwrap_or(self.host.now);
        let context = Context {
            cluster,
            policy: &policy,
            index: &index,
            authorities: &authorities,
            audience: &bundle.manifest().audience.issuers,
            adopted: &adopted,
            keys_in_use: &used,
            statement: bundle.letter().statement().id(),
            time: created,
        };
        let mut asked: Vec<_> = bundle
            .requests()
            .iter()
            .map(|one| airlock::exchange::csr_bundle::BundleRequest {
                entry: one.entry.clone(),
                csr: Ok(one.csr.as_ref().unwrap().clone()),
                replaced: one.replaced.clone(),
            })
            .collect();
        (wish.asked)(&mut asked);
        let requests: Vec<_> = asked.iter().map(Request::from).collect();
        let judged = judge(&requests, context);
        let mut draft = Draft::answer(self.head(record, created, &policy, wish), self.answer(bundle));
        let serials: Vec<_> = requests.iter().map(|_| serial()).collect();
        draft.requests(&judged, serials.clone()).unwrap();
        if let Some(number) = wish.crl {
            let (authority, root) = (&authorities.all()[0], &self.roots[0].certificate);
            let next = created.plus(90 * DAY);
            let mut fields = CrlFields::of(root, authority.algorithm(), number, created, next).unwrap();
            if wish.revoke {
                let (time, reason) = (created.plus(-1), RevocationReason::KeyCompromise);
                fields.revoked.extend(serials.into_iter().map(|serial| Revoked { serial, time, reason }));
            }
            draft.crl(TbsCrl::finalize(&fields).unwrap(), authority);
        }
        draft.close(&Reference { authorities: &authorities, record: Some(cluster), policy: Some(&policy) }).unwrap()
    }

    fn head<'a>(&'a self, record: &EnrolmentRecord, created: Timestamp, policy: &Policy, wish: &Wish<'_>) -> Head<'a> {
        Head {
            trace: self.host.trace.as_ref().unwrap().parse().unwrap(),
            ca: self.party(),
            cluster: Cluster {
                enrolment_sha256: Some(wish.enrolment.unwrap_or(record.sha256())),
                name: record.party().name().to_owned(),
                uid: record.cluster().map(|cluster| cluster.record.fields().uid.clone()),
            },
            created,
            attested: 1,
            policy: policy.name(),
            roster: &self.roster,
        }
    }

    fn answer(&self, bundle: &CsrBundle) -> Answer {
        let name = |root: &Root| RootName {
            domain: root.domain,
            sha256: root.certificate.fingerprint(),
            status: RootStatus::Current,
        };
        Answer {
            statement_sha256: bundle.letter().statement().digest(),
            nonce: bundle.manifest().nonce.clone(),
            bundle_seq: bundle.manifest().seq,
            leaving: Leaving {
                recipients: vec![bundle.manifest().reply_to.recipient.clone()],
                roots: self.roots.iter().map(name).collect(),
                carried: self.crosses.iter().map(carried).collect(),
                ..Leaving::default()
            },
        }
    }

    fn decide(&mut self, plan: &Plan, id: &str, channel: Channel) -> SignedApproval {
        let person = self.roster.person(&id.parse().unwrap()).unwrap().clone();
        let witnesses = id == "zhao";
        let half: Rows = Row::ALL.into_iter().take(8).collect();
        let rows = if id == "chen" { half } else { Rows::ALL.without(half) };
        let diligence = (!witnesses).then(|| Diligence {
            sheet: "S-000001/1".parse().unwrap(),
            channel,
            rows,
            attempts: rows.count(),
            typos: 0,
            ticked: plan.ticked(),
        });
        self.host.wait(60);
        let lines = Lines {
            subject: plan.subject(),
            decision: if witnesses { Decision::Witness } else { Decision::Approve },
            person: person.principal(),
            diligence,
            log_head: self.host.log.tree().head(),
            time: self.host.now,
            challenge: [7; 32],
            reason: None,
        };
        let signed = SignedApproval::sign(&Approval::new(lines).unwrap(), &key(seed(id)), &person).unwrap();
        let (moment, trace) = (self.host.moment(), self.host.trace.clone());
        self.host.log.record(&moment, &Actor::system(), trace.as_deref(), signed.clone()).unwrap();
        signed
    }

    /// Everything from the bundle on a medium to the files of a package.
    pub(crate) fn answers(
        &mut self,
        files: Files,
        record: &EnrolmentRecord,
        wish: &Wish<'_>,
    ) -> Result<Files, Refused> {
        let bundle = self.take(files, record);
        self.answers_bundle(&bundle, record, wish)
    }

    pub(crate) fn answers_bundle(
        &mut self,
        bundle: &CsrBundle,
        record: &EnrolmentRecord,
        wish: &Wish<'_>,
    ) -> Result<Files, Refused> {
        let plan = self.plan(bundle, record, wish);
        let closed = plan.closed(Some(bundle.letter().statement().id()));
        self.host.note(Event::PlanClosed(closed.clone()));
        let mut under = plan.sha256();
        if wish.elsewhere {
            under = Digest::of(b"another plan");
            self.host.note(Event::PlanClosed(PlanClosed { plan: under, ..closed }));
        }
        let approvals: Vec<_> = wish.approvers.iter().map(|id| self.decide(&plan, id, wish.channel)).collect();
        self.host.wait(wish.pause);
        let made = self.sign(&plan, under);
        self.package(bundle, &plan, &approvals, &made, wish)
    }

    fn sign(&mut self, plan: &Plan, under: Digest) -> Made {
        let intents = plan.orders().map(|(order, _)| intent(order)).collect();
        self.host.note(Event::SignIntent(SignIntent { orders: intents, plan: under }));
        let (mut certificates, mut crls, mut results) = (Vec::new(), Vec::new(), Vec::new());
        for (order, tbs) in plan.orders() {
            let root =
                self.roots.iter().find(|root| root.certificate.public_key().spki_sha256() == order.issuer_spki_sha256);
            let signature = sign(&root.unwrap().key, tbs);
            results.push(OrderResult { n: order.n, signature: Base64(signature.clone()), tbs: order.tbs_sha256 });
            match Tbs::read(order.kind, tbs).unwrap() {
                Tbs::Certificate(tbs) => certificates.push((order.clone(), tbs.assemble(&signature))),
                Tbs::Crl(tbs) => crls.push((order.clone(), tbs.assemble(&signature))),
            }
        }
        self.host.note(Event::Signed(Signed { plan: under, results }));
        Made { certificates, crls }
    }

    fn package(
        &mut self,
        bundle: &CsrBundle,
        plan: &Plan,
        approvals: &[SignedApproval],
        made: &Made,
        wish: &Wish<'_>,
    ) -> Result<Files, Refused> {
        self.package_seq += 1;
        let answer = |request: &airlock::exchange::csr_bundle::BundleRequest| {
            let issued = made.certificates.iter().find(|(order, _)| order.request == Some(request.entry.id));
            match issued {
                Some((order, certificate)) => {
                    Outcome::Issued { certificate: certificate.into(), profile: order.profile.unwrap() }
                }
                None => {
                    let denials = &plan.fields().denials;
                    let denial = denials.iter().find(|one| one.request == Some(request.entry.id)).unwrap();
                    let codes = denial.codes.iter().map(ToString::to_string).collect();
                    Outcome::Denied { codes, note: Some(denial.note.clone()) }
                }
            }
        };
        let tree = self.host.log.tree();
        let trace = self.host.trace.clone().unwrap();
        let head = Checkpoint { origin: self.party().log_origin(), head: tree.head() }.to_string();
        let record = self.record(1);
        let line = record.log_key().line(&head, &key(LOG).sign(head.as_bytes()).unwrap()).unwrap();
        let checkpoint = Note::new(head, vec![line]).to_string();
        let log = LogPart::of(tree, self.host.log.entries(), &trace, &checkpoint, self.seen);
        let size = tree.size();
        let mut draft = Package {
            asked: bundle.asked(),
            package_seq: self.package_seq,
            created: self.host.now,
            import_before: self.host.now.plus(14 * DAY),
            clock: Clock { attested: 1, officers: vec!["chen".parse().unwrap(), "li".parse().unwrap()] },
            answers: bundle.requests().iter().map(answer).collect(),
            chain: &[],
            roots: self.roots.iter().map(|root| (root.domain, RootStatus::Current, &root.certificate)).collect(),
            crls: made.crls.iter().map(|(order, crl)| (order.domain, order.issuer_spki_sha256, crl)).collect(),
            cross: self.crosses.iter().map(|(domain, cross)| (*domain, cross)).collect(),
            plan: plan.json(),
            tbs: plan.orders().map(|(_, tbs)| tbs).collect(),
            approvals,
            rosters: Vec::new(),
            log,
            quorum: QuorumMet {
                auditor: false,
                of: self.roster.officers(),
                officers: approvals.len() as u64,
                rule: plan.fields().rule.name,
            },
            recipients: plan.fields().recipients.clone(),
            tool: tool(),
        };
        (wish.package)(&mut draft);
        let files = packed(draft, &key(STATEMENT))?;
        self.seen = Some(size);
        Ok(files)
    }
}

fn carried((domain, cross): &(Domain, Certificate)) -> Carried {
    Carried { domain: *domain, kind: CarriedKind::Cross, sha256: cross.fingerprint() }
}

fn intent(order: &Order) -> OrderIntent {
    OrderIntent {
        crl_number: order.crl_number,
        issuer: order.issuer_spki_sha256,
        n: order.n,
        replaces: None,
        request: order.request.map(|id| id.to_string()),
        revokes: Vec::new(),
        serial: order.serial.as_ref().map(ToString::to_string),
        spki: order.spki_sha256.filter(|_| order.kind != Kind::Crl),
        tbs: order.tbs_sha256,
    }
}

fn tool() -> Tool {
    Tool { sha256: Digest::of(b"binary"), version: "0.1.0".to_owned() }
}
