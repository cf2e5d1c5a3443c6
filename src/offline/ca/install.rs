//! A plan of the CA's own is signed, and what was signed is the CA's from then on.

use std::ops::ControlFlow;

use crate::audit::checkpoint::Vouched;
use crate::audit::detail::CaInstalled;
use crate::audit::entry::Actor;
use crate::audit::event::Event;
use crate::devices::hsm::Unlocked;
use crate::exchange::trace::Trace;
use crate::issuance::order::progress::{Issued, Progress};
use crate::issuance::plan::Plan;
use crate::issuance::plan::order::Kind;
use crate::offline::ca::{CaError, ceremony};
use crate::offline::room::Room;
use crate::offline::sign::{self, Gauge, issued};
use crate::refusal::Refused;

/// Signs the plan of this trace, from where it stands, and installs what was signed; returns the entry that says so.
///
/// # Errors
/// [`CaError::Unknown`], [`CaError::Installed`]; any [`QuorumError`](crate::issuance::quorum::QuorumError); what the
/// ladder says.
pub fn sign(
    room: &mut Room,
    token: &Unlocked,
    trace: &Trace,
    gauge: &mut dyn FnMut(Gauge) -> ControlFlow<()>,
) -> Result<u64, Refused> {
    let plan = ceremony::plan(room, trace)?;
    if is_installed(room, &plan) {
        return Err(CaError::Installed(trace.clone()).into());
    }
    // Whoever was killed between the last signature and this needs no quorum for the rest.
    if is_signed(room, &plan)? {
        return install(room, &plan);
    }
    let approved = room.approved_plan(plan)?;
    let signing = sign::sign(room, token, &Actor::system(), approved, gauge)?;
    install(room, signing.plan())
}

/// Puts the roots, cross-certificates and lists of a plan whose orders are all signed into the CA's own store; returns
/// the entry that says so.
///
/// # Errors
/// What plan and log say, where they do not fit; what the disk says.
pub fn install(room: &mut Room, plan: &Plan) -> Result<u64, Refused> {
    let all = issued::issued(plan, room.desk().entries(), &sign::authorities(room, plan), Vouched::default())?;
    let own = |kind| matches!(kind, Kind::Root | Kind::Cross | Kind::Crl);
    let mut objects = Vec::new();
    for ((order, _), issued) in plan.orders().zip(&all) {
        if own(order.kind) {
            let der = match issued {
                Issued::Certificate(certificate) => certificate.der(),
                Issued::Crl(crl) => crl.der(),
            };
            objects.push(room.desk().objects().put(der)?);
        }
    }
    let installed = Event::CaInstalled(CaInstalled { objects, plan: plan.sha256() });
    room.change(&Actor::system(), Some(plan.fields().trace.as_str()), installed)
}

/// Whether all signatures of the plan stand in the log.
///
/// # Errors
/// What plan and log say, where they do not fit.
pub fn is_signed(room: &Room, plan: &Plan) -> Result<bool, Refused> {
    let signed = Progress::of(plan, room.desk().entries()).signed(plan)?;
    Ok(signed.len() == plan.fields().orders.len())
}

/// Whether the log says that the plan is installed.
pub fn is_installed(room: &Room, plan: &Plan) -> bool {
    let digest = plan.sha256();
    let says_so = |event: &Event| matches!(event, Event::CaInstalled(installed) if installed.plan == digest);
    room.desk().entries().iter().any(|entry| says_so(&entry.event))
}
