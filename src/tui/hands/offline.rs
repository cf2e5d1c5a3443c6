//! The offline room.

use std::path::PathBuf;

use super::fault::EffectError;
use super::seat::identify;
use super::{Teller, host, senses, transfer};
use crate::audit::entry::{Actor, Side};
use crate::config::offline::OfflineConfig;
use crate::desk::clock::{self, Compared};
use crate::devices::hsm::Pin;
use crate::exchange::csr_bundle::number::Number;
use crate::exchange::people::person::PersonRole;
use crate::exchange::trace::Trace;
use crate::offline::approve::Ballot;
use crate::offline::case::closed;
use crate::offline::review::{Denial, deny, review};
use crate::offline::room::Room;
use crate::offline::sign::{Gauge, answer};
use crate::offline::{plan, receive, seal, sheet, verify};
use crate::refusal::Refused;
use crate::tui::brake::Brake;
use crate::tui::effect::{Credentials, Effect};
use crate::tui::field::Secret;
use crate::tui::told::{TokenView, Told};
use crate::wire::text;

mod ballot;
mod detail;
mod elsewhere;
mod lock;
mod package;
pub(super) mod setup;

/// Executes what is done in this room.
pub(super) fn execute(
    config: OfflineConfig,
    effect: Effect,
    brake: &Brake,
    tell: &mut Teller<'_>,
) -> Result<Told, Refused> {
    let mut room = Room::open(config, senses())?;
    match effect {
        Effect::Receive { medium } => Ok(transfer::arrived(&receive::receive(&mut room, &medium)?)),
        Effect::Paper(trace) => transfer::paper(room.desk(), closed(&room, &trace)?.statement(), Side::Offline),
        Effect::Verify { trace, .. } => checked(&mut room, &trace),
        Effect::Review(trace) => reviewed(&room, &trace),
        Effect::Detail { trace, request } => detail::told(&room, &trace, request),
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
        Effect::WriteVote { trace, id, vote, file } => {
            let ask = ballot::asked(&room, &trace, &id, vote)?;
            elsewhere::write(&mut room, ask, &file)
        }
        Effect::BringVote { trace, id, signature } => {
            let subject = Ballot::of(&room, &trace)?.plan().subject();
            elsewhere::bring(&mut room, &subject, &id, &signature)?;
            ballot::told(&room, &trace)
        }
        Effect::GiveUp { trace, who } => {
            given_up(&mut room, &trace, who)?;
            ballot::told(&room, &trace)
        }
        Effect::EndPlan(trace) => {
            plan::end(&mut room, &trace)?;
            ballot::told(&room, &trace)
        }
        Effect::Attest(both) => attested(&mut room, *both),
        Effect::Locked(trace) => lock::told(&room, &trace),
        Effect::Clear(trace) => {
            lock::clear(&mut room, &trace)?;
            lock::told(&room, &trace)
        }
        Effect::Release { trace, who, no } => {
            lock::release(&mut room, &trace, who, no)?;
            lock::told(&room, &trace)
        }
        Effect::WriteRelease { trace, id, no, file } => {
            let ask = lock::asked(&room, &trace, &id, no)?;
            elsewhere::write(&mut room, ask, &file)
        }
        Effect::BringRelease { trace, id, signature } => {
            lock::bring(&mut room, &trace, &id, &signature)?;
            lock::told(&room, &trace)
        }
        Effect::Outgoing(trace) => outgoing(&mut room, &trace, None),
        Effect::Token(trace) => token(&room, &trace),
        Effect::Sign { trace, pin } => signed(&mut room, &trace, pin, brake, tell),
        Effect::Print { trace, to, large } => {
            let (sent, config) = (sheet::again(&room, &trace)?, room.config().sheet().clone());
            transfer::reprint(room.desk_mut(), &sent, &config, to.as_deref(), large)?;
            host::outgoing(room.desk_mut(), &trace, None).map(host::told)
        }
        Effect::Seal { trace, pin, medium, sheet, anew } => sealed(&mut room, &trace, pin, Out { medium, sheet, anew }),
        _ => Err(EffectError::OtherSide.into()),
    }
}

fn checked(room: &mut Room, trace: &Trace) -> Result<Told, Refused> {
    let checked = verify::verify(room, trace)?;
    Ok(transfer::checked(&checked.statement, checked.checks, checked.entry))
}

fn reviewed(room: &Room, trace: &Trace) -> Result<Told, Refused> {
    let reviewed = review(room, trace)?;
    Ok(Told::Reviewed(reviewed.requests, reviewed.trust_ops))
}

fn denied(room: &mut Room, trace: &Trace, who: Credentials, request: Number, code: &str) -> Result<Told, Refused> {
    let code = code.to_uppercase().parse().map_err(|_| EffectError::Rule)?;
    let persons = room.roster().persons().to_vec();
    let officer = identify(room.desk_mut(), &persons, &[PersonRole::Officer], who)?;
    deny(room, trace, &officer, &[Denial { request, code }])?;
    reviewed(room, trace)
}

/// Both officers show their keys; each read a clock of his own.
fn attested(room: &mut Room, both: [(Credentials, String); 2]) -> Result<Told, Refused> {
    let persons = room.roster().persons().to_vec();
    let mut compared = Vec::new();
    for (who, read) in both {
        let minute = clock::minute(&read).ok_or(EffectError::Minute)?;
        compared.push((identify(room.desk_mut(), &persons, &[PersonRole::Officer], who)?, minute));
    }
    let compared: Vec<_> = compared.iter().map(|(person, minute)| Compared { person, minute: *minute }).collect();
    Ok(Told::Attested(room.desk_mut().attest(&compared, PersonRole::Officer)?))
}

fn given_up(room: &mut Room, trace: &Trace, who: Credentials) -> Result<u64, Refused> {
    let persons = room.roster().persons().to_vec();
    let officer = identify(room.desk_mut(), &persons, &[PersonRole::Officer], who)?;
    plan::give_up(room, trace, &officer)
}

/// The transfer of this exchange, and what its package holds.
fn outgoing(room: &mut Room, trace: &Trace, left: Option<u64>) -> Result<Told, Refused> {
    let mut facts = host::outgoing(room.desk_mut(), trace, left)?;
    facts.about.extend(package::about(room, trace)?);
    Ok(host::told(facts))
}

fn token(room: &Room, trace: &Trace) -> Result<Told, Refused> {
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
        keys: package::keys(room, trace)?,
    })))
}

/// Signs until everything is signed or `brake` was pulled.
fn signed(room: &mut Room, trace: &Trace, pin: Secret, brake: &Brake, tell: &mut Teller<'_>) -> Result<Told, Refused> {
    let token = room.login(Pin::typed(pin.into_typed()))?;
    let serial = text::clip(room.token_serial(), 40);
    tell.note(&format!("HSM session open, token serial {serial}"), &format!("已登录密码机，序列号 {serial}"));
    let bound = brake.bind();
    let mut noted = None;
    let signed = answer(room, &token, &Actor::system(), trace, &mut |at| {
        let Gauge { signed, of } = at;
        if noted.replace(signed) != Some(signed) {
            tell.note(
                &format!("{signed} of {of} signed, verified, equal to the plan, in the log"),
                &format!("已签 {signed}/{of}：已验证，与计划一致，已入日志"),
            );
        }
        tell.gauge(at.signed, at.of);
        brake.flow()
    });
    let closed = room.logout(token);
    drop(bound);
    tell.note("HSM session closed", "密码机会话已关闭");
    let signed = signed?;
    closed?;
    Ok(Told::Signed(signed.plan().fields().orders.len()))
}

/// How a package leaves.
struct Out {
    medium: PathBuf,
    sheet: PathBuf,
    anew: bool,
}

/// Seals where that was not done, prints the sheet, and lets the package leave.
fn sealed(room: &mut Room, trace: &Trace, pin: Option<Secret>, out: Out) -> Result<Told, Refused> {
    let Out { medium, sheet, anew } = out;
    let tray = room.desk().tray(&transfer::place(&sheet, room.config().sheet())?, &medium)?;
    if anew || !seal::is_sealed(room, trace)? {
        let pin = pin.ok_or(EffectError::OtherSide)?;
        let token = room.login(Pin::typed(pin.into_typed()))?;
        let sealed = seal::seal(room, &token, trace, anew);
        let closed = room.logout(token);
        sealed.and(closed)?;
    }
    let (kept, contents) = seal::sheet::sheet(room, trace)?;
    let wish = transfer::wish(room.desk().label_of_stick(&medium));
    room.desk_mut().print(&Actor::system(), &kept.statement, &contents, &wish, tray)?;
    let entry = room.desk_mut().export(&Actor::system(), &kept, &medium)?;
    outgoing(room, trace, Some(entry))
}
