//! People, their decisions, and plans for them to decide about.

use zeroize::Zeroizing;

use crate::audit::tree::Head as LogHead;
use crate::exchange::approval::diligence::Diligence;
use crate::exchange::approval::operation::Decision;
use crate::exchange::approval::signed::SignedApproval;
use crate::exchange::approval::{Approval, Lines};
use crate::exchange::code::rows::{Row, Rows};
use crate::exchange::paper::channel::Channel;
use crate::exchange::people::person::{Person, PersonRole};
use crate::exchange::people::roster::Roster;
use crate::exchange::signature::SigningKey as _;
use crate::exchange::signature::private_key::SoftwareKey;
use crate::issuance::index::Index;
use crate::issuance::plan::draft::{Answer, Draft, Head, Leaving};
use crate::issuance::plan::fields::Cluster;
use crate::issuance::plan::history::{OpenPlan, Plans};
use crate::issuance::plan::order::Kind;
use crate::issuance::plan::{Plan, Reference};
use crate::issuance::quorum::{ApprovedPlan, Demands, QuorumError, QuorumMet, Vote, count};
use crate::issuance::specimen::history::entries;
use crate::issuance::specimen::wish::{Made, numbered};
use crate::issuance::specimen::{World, now, serial};
use crate::wire::base64::Base64;
use crate::wire::digest::Digest;

/// The officers, an auditor and a requester; their keys follow from their places.
const PEOPLE: [(&str, PersonRole); 6] = [
    ("chen", PersonRole::Officer),
    ("li", PersonRole::Officer),
    ("sun", PersonRole::Officer),
    ("wang", PersonRole::Officer),
    ("zhang-wei", PersonRole::Requester),
    ("zhao", PersonRole::Auditor),
];

const RECIPIENT: &str = "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj";

/// The id of the statement that plans answer.
pub(crate) fn statement() -> Digest {
    Digest::of(b"statement")
}

pub(crate) fn key(number: u8) -> SoftwareKey {
    SoftwareKey::from_seed(&Zeroizing::new([number; 32])).unwrap()
}

/// The first or the spare key of a person.
pub(crate) fn key_of(id: &str, spare: bool) -> SoftwareKey {
    let at = PEOPLE.iter().position(|(other, _)| *other == id).unwrap();
    key(u8::try_from(at).unwrap() + if spare { 101 } else { 1 })
}

pub(crate) fn roster() -> Roster {
    roster_with("")
}

/// The roster in which the first key of chen has a further field.
pub(crate) fn roster_with(field: &str) -> Roster {
    let persons: Vec<_> = PEOPLE
        .iter()
        .map(|(id, role)| {
            let field = if *id == "chen" { field } else { "" };
            let (own, spare) = (key_of(id, false), key_of(id, true));
            format!(
                r#"{{"id":"{id}","keys":[{{"key":"{}"{field}}},{{"key":"{}"}}],"name":"{id}","role":"{role}"}}"#,
                own.public_key(),
                spare.public_key()
            )
        })
        .collect();
    let quorum = r#"{"administration":3,"crl":1,"leaf":2,"privileged":2,"root":3}"#;
    let head = r#"{"ca":"ca:root-ca-01","epoch":1,"format":"airlock.roster/1","persons":["#;
    Roster::parse(format!("{head}{}],\"quorum\":{quorum}}}", persons.join(",")).as_bytes()).unwrap()
}

fn person(id: &str) -> Person {
    roster().person(&id.parse().unwrap()).unwrap().clone()
}

impl World {
    pub(crate) fn head<'a>(&self, roster: &'a Roster) -> Head<'a> {
        Head {
            trace: "20261122-7Q2K-9M4F-M".parse().unwrap(),
            ca: "ca:root-ca-01".parse().unwrap(),
            cluster: Cluster {
                enrolment_sha256: Some(Digest::of(b"enrolment")),
                name: self.record.fields().name.clone(),
                uid: Some(self.record.fields().uid.clone()),
            },
            created: now(),
            attested: 7,
            policy: self.policy.name(),
            roster,
        }
    }

    pub(crate) fn reference(&self) -> Reference<'_> {
        Reference { authorities: &self.authorities, record: Some(&self.record), policy: Some(&self.policy) }
    }

    /// A draft that answers these requests.
    pub(crate) fn draft<'a>(&self, roster: &'a Roster, made: &[Made]) -> Draft<'a> {
        let mut draft = Draft::answer(self.head(roster), answer());
        draft.requests(&self.judge(made), (0..made.len()).map(|_| serial()).collect()).unwrap();
        draft
    }

    /// A plan that answers requests for these roles, each on its node.
    pub(crate) fn plan(&self, roles: &[(crate::cluster::role::Role, &str)]) -> Plan {
        let made = numbered(roles.iter().map(|(role, node)| self.wish(*role, node).make()).collect());
        self.draft(&roster(), &made).close(&self.reference()).unwrap()
    }

    /// The signature of an order by the root that it names.
    pub(crate) fn sign(&self, issuer: &Digest, tbs: &[u8]) -> Vec<u8> {
        let root = self.roots.iter().find(|root| root.key.public().spki_sha256() == *issuer).unwrap();
        root.key.sign(tbs)
    }

    pub(crate) fn index(&self) -> &Index {
        &self.index
    }
}

pub(crate) fn answer() -> Answer {
    Answer {
        statement_sha256: Digest::of(b"the text of the statement"),
        nonce: Base64(vec![9; 32]),
        bundle_seq: 1,
        leaving: Leaving { recipients: vec![RECIPIENT.parse().unwrap()], ..Leaving::default() },
    }
}

/// Opens a plan as the log of its closing would.
pub(crate) fn opened(plan: Plan) -> OpenPlan {
    let closed = crate::audit::event::Event::PlanClosed(plan.closed(Some(statement())));
    Plans::fold(&entries(vec![closed])).open(plan, now()).unwrap()
}

/// Rows A to H, or I to P, or all.
pub(crate) fn rows(of: &str) -> Rows {
    let first = Row::ALL.into_iter().take(8).collect::<Rows>();
    match of {
        "first" => first,
        "second" => Rows::ALL.without(first),
        _ => Rows::ALL,
    }
}

/// What a person says of a plan.
pub(crate) fn lines(plan: &Plan, id: &str, decision: Decision, typed: Rows) -> Lines {
    let has_paper = decision != Decision::Witness && plan.fields().statement_sha256.is_some();
    let diligence = has_paper.then(|| Diligence {
        sheet: "S-000001/1".parse().unwrap(),
        channel: Channel::Typed,
        rows: typed,
        attempts: typed.count(),
        typos: 0,
        ticked: plan.ticked(),
    });
    Lines {
        subject: plan.subject(),
        decision,
        person: person(id).principal(),
        diligence,
        log_head: LogHead { size: 9, root: Digest::of(b"root") },
        time: now().plus(60),
        challenge: [7; 32],
        reason: (decision == Decision::Reject).then(|| "not ours".to_owned()),
    }
}

/// Signed by the first key of the person.
pub(crate) fn signed(lines: Lines) -> SignedApproval {
    signed_with(lines, false)
}

pub(crate) fn signed_with(lines: Lines, spare: bool) -> SignedApproval {
    let id = lines.person.id.to_string();
    let approval = Approval::new(lines).unwrap();
    SignedApproval::sign(&approval, &key_of(&id, spare), &person(&id)).unwrap()
}

/// The approval of an officer who typed these rows.
pub(crate) fn approval(plan: &Plan, id: &str, typed: &str) -> SignedApproval {
    signed(lines(plan, id, Decision::Approve, rows(typed)))
}

pub(crate) fn witness(plan: &Plan) -> SignedApproval {
    signed(lines(plan, "zhao", Decision::Witness, Rows::NONE))
}

/// Counts decisions that stand in entries from 10 on.
pub(crate) fn counted(plan: &Plan, decisions: &[SignedApproval]) -> Result<QuorumMet, QuorumError> {
    let roster = roster();
    counted_by(plan, decisions, &Demands { roster: &roster, policy: None, least: 0 })
}

pub(crate) fn counted_by(
    plan: &Plan,
    decisions: &[SignedApproval],
    demands: &Demands<'_>,
) -> Result<QuorumMet, QuorumError> {
    let votes: Vec<_> = (10..).zip(decisions).map(|(entry, signed)| Vote { signed, entry }).collect();
    count(plan, &votes, demands)
}

/// A plan approved by as many as it needs.
pub(crate) fn approved(plan: Plan) -> ApprovedPlan {
    let mut decisions: Vec<_> = ["chen", "li", "wang"].map(|id| approval(&plan, id, "all")).into();
    decisions.push(witness(&plan));
    let met = counted(&plan, &decisions).unwrap();
    ApprovedPlan::new(opened(plan), met).unwrap()
}

/// The kinds of a plan's orders, for short.
pub(crate) fn kinds(plan: &Plan) -> Vec<Kind> {
    plan.orders().map(|(order, _)| order.kind).collect()
}
