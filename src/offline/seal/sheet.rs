//! What the return sheet tells beside its code: read off the plan and the log, so that it can be printed again.

use crate::audit::checkpoint::Vouched;
use crate::audit::entry::Entry;
use crate::audit::event::Event;
use crate::audit::tree::Head;
use crate::desk::dispatch::Kept;
use crate::exchange::approval::operation::Decision;
use crate::exchange::approval::rule::Rule;
use crate::exchange::people::person::PersonId;
use crate::exchange::roots::RootStatus;
use crate::exchange::trace::Trace;
use crate::issuance::plan::Plan;
use crate::issuance::plan::fields::Denial;
use crate::issuance::plan::order::{Order, Tbs};
use crate::offline::machine::Machine;
use crate::offline::plan::load;
use crate::offline::room::{Room, RoomError};
use crate::offline::seal::delivery::Delivery;
use crate::offline::seal::rosters::approvals;
use crate::offline::seal::{attested_at, kept, newest};
use crate::refusal::Refused;
use crate::report::sheet::facts::{self, Contents};
use crate::wire::time::Timestamp;

/// The package of `trace` that was sealed last, and what its sheet tells.
///
/// # Errors
/// [`SealStepError::NotSealed`](super::SealStepError::NotSealed); what the state says.
pub fn sheet(room: &Room, trace: &Trace) -> Result<(Kept, Contents), Refused> {
    let plan = load::again(room, trace)?;
    let (delivery, fields) = (Delivery::of(room, &plan, Vouched::default())?, plan.fields());
    let (entry, sealed) = newest(room, trace)?;
    let package = facts::Package {
        package_seq: sealed.package_seq,
        bundle_seq: fields.bundle_seq.unwrap_or_default(),
        issued: plan.orders().filter_map(|(order, tbs)| certificate(order, tbs)).collect(),
        denials: denials(&plan),
        crls: delivery
            .crls
            .iter()
            .map(|(domain, _, list)| facts::Crl {
                domain: *domain,
                number: list.tbs().fields().number,
                next_update: list.tbs().fields().next_update,
            })
            .collect(),
        roots: delivery
            .roots
            .iter()
            .map(|(domain, status, root)| facts::Root {
                domain: *domain,
                status: shown(*status),
                subject: root.subject().clone(),
                sha256: root.fingerprint(),
            })
            .collect(),
        approval: approval(room, &plan)?,
        log: head_before(room, entry.seq).ok_or(RoomError::Log)?,
        policy: (fields.policy.id.as_str().to_owned(), fields.policy.sha256),
        roster: (fields.roster.epoch, fields.roster.sha256),
        clock: facts::Clock {
            attested: attested_at(room, fields.clock.attested)?,
            backdating_s: fields.clock.not_before_backdating_s,
            set: clock_set(room, trace),
        },
        key_events: Vec::new(),
        token: room.token_serial().to_owned(),
        signer: room.machine_key(Machine::Statement)?,
    };
    Ok((kept(room, trace)?, Contents::Package(Box::new(package))))
}

fn certificate(order: &Order, tbs: &[u8]) -> Option<facts::Request> {
    let (number, profile) = (order.request?, order.profile?);
    let Tbs::Certificate(tbs) = Tbs::read(order.kind, tbs)? else { return None };
    let validity = tbs.validity();
    Some(facts::Request {
        number,
        profile,
        subject: tbs.subject().clone(),
        names: tbs.subject_alt_names().map_or(0, |names| names.names().len()),
        validity_s: validity.not_after().since(validity.not_before()).unsigned_abs(),
        spki: tbs.public_key().spki_sha256(),
        serial: Some(tbs.serial().clone()),
    })
}

fn denials(plan: &Plan) -> Vec<facts::Denial> {
    let of_requests = plan.fields().denials.iter().filter_map(|denial| Some((denial.request?, denial)));
    let denial = |(request, denial): (_, &Denial)| facts::Denial {
        request,
        codes: denial.codes.iter().map(ToString::to_string).collect(),
        note: denial.note.clone(),
    };
    of_requests.map(denial).collect()
}

fn approval(room: &Room, plan: &Plan) -> Result<facts::Approval, Refused> {
    let approvals = approvals(room, &plan.sha256())?;
    let who = |decision: Decision| -> Vec<PersonId> {
        let of = approvals.iter().map(|one| one.approval().lines()).filter(|lines| lines.decision == decision);
        of.map(|lines| lines.person.id.clone()).collect()
    };
    Ok(facts::Approval {
        rule: Rule::from(plan.fields().rule).to_string(),
        officers: who(Decision::Approve),
        witnesses: who(Decision::Witness),
    })
}

/// The head that was signed for the package of this entry.
fn head_before(room: &Room, sealed: u64) -> Option<Head> {
    let before = room.desk().entries().iter().rev().skip_while(|entry| entry.seq > sealed);
    let mut heads = before.filter_map(|entry| match &entry.event {
        Event::Checkpoint(head) => Some(Head { size: head.size, root: head.root }),
        _ => None,
    });
    heads.next()
}

/// Where the clock was set back since the package before this one.
fn clock_set(room: &Room, trace: &Trace) -> Option<(Timestamp, Timestamp)> {
    let entries = room.desk().entries();
    let of_another =
        |entry: &&Entry| matches!(entry.event, Event::Sealed(_)) && entry.trace.as_deref() != Some(trace.as_str());
    let since = entries.iter().rev().find(of_another).map_or(0, |entry| entry.seq);
    entries.iter().rev().take_while(|entry| entry.seq > since).find_map(|entry| match &entry.event {
        Event::ClockSet(set) => Some((set.from, set.to)),
        _ => None,
    })
}

const fn shown(status: RootStatus) -> facts::RootStatus {
    match status {
        RootStatus::Current => facts::RootStatus::Current,
        RootStatus::Next => facts::RootStatus::Next,
        RootStatus::Retiring => facts::RootStatus::Retiring,
    }
}
