//! The online room.

use super::fault::EffectError;
use super::{Teller, host, senses, transfer};
use crate::audit::entry::{Actor, Side};
use crate::config::online::OnlineConfig;
use crate::exchange::trace::Trace;
use crate::online::request::{Draft, Wish};
use crate::online::room::Room;
use crate::online::scan::{NodeRoot, Scan};
use crate::online::stage::{self, Overview};
use crate::online::{receive, sheet, verify};
use crate::refusal::Refused;
use crate::report::document::Detail as _;
use crate::tui::effect::Effect;
use crate::tui::field::Secret;
use crate::tui::reading::Lines;
use crate::tui::told::{StageFacts, Told};

mod chinese;
mod course;
mod request;
pub(super) mod setup;
mod split;

/// A request that was reviewed, and the words that it was asked for in.
pub(super) type Drafted = (Draft, Wish);

/// Columns of a report on a screen.
const WIDTH: usize = 78;

/// Executes what is done in this room.
pub(super) fn execute(
    config: OnlineConfig,
    effect: Effect,
    draft: &mut Option<Drafted>,
    tell: &mut Teller<'_>,
) -> Result<Told, Refused> {
    let mut room = Room::open(config, senses())?;
    match effect {
        Effect::Scan => scanned(&mut room),
        Effect::Receive { medium } => Ok(transfer::arrived(&receive::receive(&mut room, &medium)?)),
        Effect::Paper(trace) => transfer::paper(room.desk(), &receive::statement(&room, &trace)?, Side::Online),
        Effect::Verify { trace, passphrase } => checked(&mut room, &trace, passphrase.unwrap_or_default()),
        Effect::Outgoing(trace) => host::outgoing(room.desk_mut(), &trace, None).map(host::told),
        Effect::Draft(wish) => {
            let nodes = nodes(&room);
            let drafted = wish.draft(&mut room, &nodes)?;
            let review = drafted.review().clone();
            *draft = Some((drafted, *wish));
            Ok(Told::Drafted(Box::new(review)))
        }
        Effect::Request { who, host, medium, sheet } => {
            let tray = room.desk().tray(&transfer::place(&sheet, room.config().sheet())?, &medium)?;
            let trace = request::order(&mut room, draft, who, host, tell)?;
            request::leave(&mut room, &trace, &medium, tray)
        }
        Effect::Leave { trace, medium, sheet } => {
            let tray = room.desk().tray(&transfer::place(&sheet, room.config().sheet())?, &medium)?;
            request::leave(&mut room, &trace, &medium, tray)
        }
        Effect::Print { trace, to, large } => {
            let (sent, config) = (sheet::again(&room, &trace)?, room.config().sheet().clone());
            transfer::reprint(room.desk_mut(), &sent, &config, to.as_deref(), large)?;
            host::outgoing(room.desk_mut(), &trace, None).map(host::told)
        }
        Effect::PlanStage(trace, wish) => staged(&mut room, &trace, &wish, false),
        Effect::Stage(trace, wish) => staged(&mut room, &trace, &wish, true),
        Effect::PlanSplit(trace, wish) => split::looked(&room, &trace, &wish),
        Effect::Split { trace, wish, keys, host, to } => split::written(&mut room, &trace, &wish, (keys, host), &to),
        Effect::Course(trace, sources) => course::told(&room, &trace, &sources),
        Effect::Chronicle(trace, sources) => course::chronicle(&mut room, &trace, &sources),
        Effect::Metrics(file) => course::metrics(&room, &file),
        _ => Err(EffectError::OtherSide.into()),
    }
}

/// What would be written beside the live files of the nodes; `write` writes it.
fn staged(room: &mut Room, trace: &Trace, wish: &stage::Wish, write: bool) -> Result<Told, Refused> {
    let nodes = nodes(room);
    let looked = wish.look(room, trace, &nodes)?;
    let ((files, equal), bridge) = (looked.plan().files(), looked.bridge());
    let (cluster, lines) = (room.config().party().name().to_owned(), told(&looked.plan().overview()));
    let entry = if write { Some(looked.carry_out(room, trace, &nodes, &Actor::system())?.entry) } else { None };
    Ok(Told::Staging(Box::new(StageFacts { cluster, lines, bridge, files, equal, entry })))
}

/// The waves of a rotation and what is held back.
fn told(overview: &Overview) -> Lines {
    Lines::both(overview.lines(WIDTH), chinese::overview(overview, WIDTH))
}

/// The nodes of the config.
fn nodes(room: &Room) -> Vec<NodeRoot> {
    let nodes = room.config().nodes().iter();
    nodes.map(|(node, root)| NodeRoot { node: node.clone(), root: root.clone() }).collect()
}

fn scanned(room: &mut Room) -> Result<Told, Refused> {
    let (nodes, record) = (nodes(room), room.config().record().clone());
    Ok(Told::Scanned(Box::new(Scan::run(room.desk_mut(), &nodes, &record)?.report)))
}

fn checked(room: &mut Room, trace: &Trace, passphrase: Secret) -> Result<Told, Refused> {
    let ready = verify::ready(room, trace)?;
    let identity = room.unlock_identity(&passphrase.into_passphrase())?;
    let done = verify::verify(room, ready, &identity)?;
    Ok(transfer::checked(&done.statement, done.checks, done.entry))
}
