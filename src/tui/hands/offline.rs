//! The offline room.

use std::path::Path;

use super::fault::EffectError;
use super::seat::identify;
use super::{Teller, host, senses, transfer};
use crate::audit::entry::{Actor, Side};
use crate::config::offline::OfflineConfig;
use crate::devices::hsm::Pin;
use crate::exchange::csr_bundle::number::Number;
use crate::exchange::people::person::PersonRole;
use crate::exchange::trace::Trace;
use crate::offline::case::{Case, closed};
use crate::offline::review::{Denial, deny, review};
use crate::offline::room::Room;
use crate::offline::sign::answer;
use crate::offline::{plan, receive, seal, sheet, verify};
use crate::refusal::Refused;
use crate::report::specimen::Specimen;
use crate::tui::effect::{Credentials, Effect};
use crate::tui::field::Secret;
use crate::tui::told::{TokenView, Told};
use crate::wire::text;

mod ballot;

/// Columns of a report on a screen.
const WIDTH: usize = 78;

/// Executes what is done in this room.
pub(super) fn execute(config: OfflineConfig, effect: Effect, tell: &mut Teller<'_>) -> Result<Told, Refused> {
    let mut room = Room::open(config, senses())?;
    match effect {
        Effect::Receive { medium } => Ok(transfer::arrived(&receive::receive(&mut room, &medium)?)),
        Effect::Paper(trace) => transfer::paper(room.desk(), closed(&room, &trace)?.statement(), Side::Offline),
        Effect::Verify { trace, .. } => checked(&mut room, &trace),
        Effect::Review(trace) => Ok(Told::Reviewed(review(&room, &trace)?.requests)),
        Effect::Detail { trace, request } => detail(&room, &trace, request),
        Effect::Deny { trace, who, request, code } => denied(&mut room, &trace, who, request, &code),
        Effect::Ballot(trace) => ballot::told(&room, &trace),
        Effect::ClosePlan(trace) => {
            plan::close(&mut room, &trace)?;
            ballot::told(&room, &trace)
        }
        Effect::Vote { trace, who, vote } => {
            ballot::vote(&mut room, &trace, who, vote)?;
            ballot::told(&room, &trace)
        }
        Effect::Token => token(&room),
        Effect::Sign { trace, pin } => signed(&mut room, &trace, pin, tell),
        Effect::Print { trace, to, large } => {
            let (sent, config) = (sheet::again(&room, &trace)?, room.config().sheet().clone());
            transfer::reprint(room.desk_mut(), &sent, &config, to.as_deref(), large)?;
            host::outgoing(room.desk_mut(), &trace, None).map(host::told)
        }
        Effect::Seal { trace, pin, medium, sheet } => sealed(&mut room, &trace, pin, &medium, &sheet),
        _ => Err(EffectError::OtherSide.into()),
    }
}

fn checked(room: &mut Room, trace: &Trace) -> Result<Told, Refused> {
    let checked = verify::verify(room, trace)?;
    Ok(transfer::checked(&checked.statement, checked.checks, checked.entry))
}

fn detail(room: &Room, trace: &Trace, request: Number) -> Result<Told, Refused> {
    let case = Case::open(room, trace)?;
    case.must_be_verified(room.desk().entries())?;
    let found = case.bundle().requests().iter().find(|one| one.entry.id == request);
    let csr = found.and_then(|found| found.csr.as_ref().ok()).ok_or(EffectError::Request)?;
    let report = Specimen::of(csr.der()).map(|specimen| specimen.report().text(WIDTH)).unwrap_or_default();
    let mut lines: Vec<String> = report.lines().map(str::to_owned).collect();
    lines.push(String::new());
    let reviewed = review(room, trace)?.requests.into_iter().filter(|one| one.id == request).collect::<Vec<_>>();
    lines.extend(crate::report::requests::lines(&reviewed, WIDTH));
    Ok(Told::Detail(lines))
}

fn denied(room: &mut Room, trace: &Trace, who: Credentials, request: Number, code: &str) -> Result<Told, Refused> {
    let code = code.to_uppercase().parse().map_err(|_| EffectError::Rule)?;
    let persons = room.roster().persons().to_vec();
    let officer = identify(room.desk_mut(), &persons, &[PersonRole::Officer], who)?;
    deny(room, trace, &officer, &[Denial { request, code }])?;
    Ok(Told::Reviewed(review(room, trace)?.requests))
}

fn token(room: &Room) -> Result<Told, Refused> {
    let token = room.token()?;
    let facts = token.facts();
    let pin = [
        (facts.pin.is_low, "one or more wrong tries"),
        (facts.pin.is_final_try, "one try is left"),
        (facts.pin.is_locked, "locked"),
        (facts.pin.must_change, "must be changed"),
    ];
    Ok(Told::Token(Box::new(TokenView {
        module: text::clip(&facts.module, 60),
        label: text::clip(&facts.label, 32),
        serial: text::clip(&facts.serial, 32),
        model: text::clip(&format!("{} {}", facts.model, facts.versions), 60),
        pin: pin.into_iter().filter(|(is, _)| *is).map(|(_, told)| told).collect(),
    })))
}

fn signed(room: &mut Room, trace: &Trace, pin: Secret, tell: &mut Teller<'_>) -> Result<Told, Refused> {
    let token = room.login(Pin::typed(pin.into_typed()))?;
    let signed = answer(room, &token, &Actor::system(), trace, &mut |at| tell.gauge(at.signed, at.of));
    let closed = room.logout(token);
    let signed = signed?;
    closed?;
    Ok(Told::Signed(signed.plan().fields().orders.len()))
}

/// Seals where that was not done, prints the sheet, and lets the package leave.
fn sealed(room: &mut Room, trace: &Trace, pin: Option<Secret>, medium: &Path, sheet: &Path) -> Result<Told, Refused> {
    let tray = room.desk().tray(&transfer::place(sheet, room.config().sheet())?, medium)?;
    if !seal::is_sealed(room, trace)? {
        let pin = pin.ok_or(EffectError::OtherSide)?;
        let token = room.login(Pin::typed(pin.into_typed()))?;
        let sealed = seal::seal(room, &token, trace, false);
        let closed = room.logout(token);
        sealed.and(closed)?;
    }
    let (kept, contents) = seal::sheet::sheet(room, trace)?;
    let wish = transfer::wish(room.desk().label_of_stick(medium));
    room.desk_mut().print(&Actor::system(), &kept.statement, &contents, &wish, tray)?;
    let entry = seal::export(room, trace, medium)?;
    host::outgoing(room.desk_mut(), trace, Some(entry)).map(host::told)
}
