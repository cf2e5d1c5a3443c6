//! The plan that people decide on, and who has.

use crate::exchange::approval::operation::Decision as Made;
use crate::exchange::approval::rule::Rule;
use crate::exchange::people::person::{PersonId, PersonRole};
use crate::exchange::trace::Trace;
use crate::issuance::plan::Plan;
use crate::issuance::plan::order::{Kind, Order, Tbs};
use crate::offline::approve::{Ballot, Care, Vote};
use crate::offline::decide::Ask;
use crate::offline::plan::load;
use crate::offline::room::Room;
use crate::refusal::Refused;
use crate::tui::effect::{Credentials, Decision};
use crate::tui::grid::{self, Cell};
use crate::tui::hands::fault::EffectError;
use crate::tui::hands::seat::identify;
use crate::tui::language::Language;
use crate::tui::reading::Lines;
use crate::tui::told::{BallotFacts, Notice, Told, Voter};
use crate::wire::digest::Digest;

/// Columns of a line of the plan.
const WIDTH: usize = 76;
const CELLS: [Cell; 6] = [Cell::Right(5), Cell::Left(1), Cell::Left(5), Cell::Left(18), Cell::Rest, Cell::Left(10)];

/// The plan of `trace`; none where no plan was closed.
pub(super) fn told(room: &Room, trace: &Trace) -> Result<Told, Refused> {
    let Ok(closed) = load::closed(room, trace) else { return Ok(Told::Ballot(None)) };
    let ballot = Ballot::of(room, trace)?;
    let (plan, fields) = (ballot.plan(), ballot.plan().fields());
    let missing = room.approved_plan(load::plan(room, trace)?).err();
    let facts = BallotFacts {
        cluster: fields.cluster.name.clone(),
        orders: fields.orders.len(),
        denials: fields.denials.len(),
        plan: plan.sha256().short(),
        rule: Rule::from(fields.rule).to_string(),
        expires: fields.expires,
        trust_ops: fields.trust_ops.clone(),
        last_end: fields.orders.iter().filter_map(|order| order.not_after).max(),
        lines: lines(plan),
        people: people(room, &plan.sha256(), closed.statement)?,
        ticked: plan.ticked(),
        missing: missing.as_ref().map(Notice::from),
    };
    Ok(Told::Ballot(Some(Box::new(facts))))
}

/// Each signature of the plan.
fn lines(plan: &Plan) -> Lines {
    Lines::both(lines_in(plan, Language::English), lines_in(plan, Language::Chinese))
}

fn lines_in(plan: &Plan, language: Language) -> Vec<String> {
    let line = |order: &Order, tbs: &[u8]| {
        let what = order.profile.map_or_else(|| kind(order.kind, language).to_owned(), |profile| profile.to_string());
        let whom = match Tbs::read(order.kind, tbs) {
            Some(Tbs::Certificate(tbs)) => tbs.subject().safe(),
            Some(Tbs::Crl(tbs)) => tbs.fields().issuer.safe(),
            None => String::new(),
        };
        let mark = if order.privileged == Some(true) { "!" } else { " " };
        let until = order.not_after.map(|until| until.to_string().chars().take(10).collect::<String>());
        let number = order.request.map(|number| number.to_string()).unwrap_or_default();
        let cells = [order.n.to_string(), mark.to_owned(), number, what, whom, until.unwrap_or_default()];
        grid::line(&CELLS, &cells, WIDTH)
    };
    let titles = match language {
        Language::English => ["n", "", "#", "profile", "subject", "until"],
        Language::Chinese => ["n", "", "#", "类别", "主体", "到期"],
    };
    std::iter::once(grid::line(&CELLS, &titles, WIDTH))
        .chain(plan.orders().map(|(order, tbs)| line(order, tbs)))
        .collect()
}

const fn kind(kind: Kind, language: Language) -> &'static str {
    match kind {
        Kind::Leaf => language.say("leaf", "叶证书"),
        Kind::Intermediate => language.say("intermediate", "中间证书"),
        Kind::Root => language.say("root", "根证书"),
        Kind::Cross => language.say("cross-certificate", "交叉证书"),
        Kind::Crl => "CRL",
    }
}

/// Everyone of the roster, the rows they confirmed and what they decided.
fn people(room: &Room, plan: &Digest, statement: Option<Digest>) -> Result<Vec<Voter>, Refused> {
    let papers = room.desk().papers()?;
    let sheet = papers.sheets().find(|sheet| Some(sheet.statement()) == statement);
    let evidence = sheet.and_then(|sheet| sheet.evidence().ok());
    let decisions = room.decisions(plan)?;
    let voter = |person: &crate::exchange::people::person::Person| {
        let typed = evidence.as_ref().and_then(|evidence| evidence.of(&person.id));
        let decided =
            decisions.iter().map(|one| one.signed.approval().lines()).find(|lines| lines.person.id == person.id);
        Voter {
            id: person.id.to_string(),
            role: person.role.as_str(),
            // A roster holds keys of this kind alone; a FIDO key signs elsewhere and its signature is brought.
            credential: "ssh-ed25519",
            rows: typed.map_or(0, |typed| typed.rows.count()),
            decided: decided.map(|lines| (word(lines.decision), lines.time)),
        }
    };
    let deciding = room.roster().persons().iter().filter(|person| person.role != PersonRole::Requester);
    Ok(deciding.map(voter).collect())
}

const fn word(decision: Made) -> &'static str {
    match decision {
        Made::Approve => "approved",
        Made::Witness => "witnessed",
        Made::Reject => "rejected",
    }
}

/// Takes the decision of a person who is here.
pub(super) fn vote(room: &mut Room, trace: &Trace, who: Credentials, vote: Decision) -> Result<u64, Refused> {
    let ask = asked(room, trace, &who.id, vote)?;
    let persons = room.roster().persons().to_vec();
    let present = identify(room.desk_mut(), &persons, &[PersonRole::Officer, PersonRole::Auditor], who)?;
    room.decide(ask, &present)
}

/// What is asked of the person `id`, who says `vote`.
pub(super) fn asked(room: &Room, trace: &Trace, id: &str, vote: Decision) -> Result<Ask, Refused> {
    let id: PersonId = id.parse().map_err(|_| EffectError::Person)?;
    let vote = match vote {
        Decision::No(reason) => Vote::No(reason),
        Decision::Yes { sheet, privileged, ticked } => {
            Vote::Yes(Care { sheet: sheet.parse().ok(), privileged: privileged.parse().ok(), ticked })
        }
    };
    Ballot::of(room, trace)?.ask(room, &id, vote)
}
