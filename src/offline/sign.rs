//! The one ladder around every signature of an issuer key, for certificates of clusters and for roots and CRLs alike:
//!
//! ```text
//! approved plan → batch → announced in the log → signed and verified → result in the log → next batch
//! ```
//!
//! While the token signs a batch, which was announced before, the result of the one before it is written down, and then
//! the next one is announced; so the token does not wait for the disk. At any moment at most two batches are announced
//! without a result. A killed run is resumed by signing under the same plan again: what has a result is not asked for
//! again, what has none is announced once more, over the same bytes (R25).
//!
//! A person may stop it: what was announced is signed to its end and nothing more is announced, for an order that was
//! announced twice without a result is denied. The rest goes on under the same plan.
//!
//! - [`keys`]: the issuer keys in the token, each compared with the certificate of its CA
//! - [`issued`]: certificates and lists, put together from plan and log

pub mod issued;
pub mod keys;

use std::ops::ControlFlow;
use std::thread;

use thiserror::Error;

use crate::audit::detail::Token;
use crate::audit::entry::{Actor, Outcome};
use crate::audit::event::Event;
use crate::audit::log::Recorded;
use crate::desk::host::Desk;
use crate::devices::hsm::{Signed, Unlocked};
use crate::exchange::approval::rule::RosterName;
use crate::exchange::trace::Trace;
use crate::issuance::authority::Authorities;
use crate::issuance::order::progress::Progress;
use crate::issuance::order::{Current, OrderError, SignedBatch, Signing, SigningBatch, SigningOrder};
use crate::issuance::plan::Plan;
use crate::issuance::plan::order::Kind;
use crate::issuance::quorum::ApprovedPlan;
use crate::offline::ca::install;
use crate::offline::plan::load;
use crate::offline::room::Room;
use crate::offline::verify::one_bundle;
use crate::refusal::{Class, Reason, Refusal, Refused};
use keys::IssuerKeys;

/// How far the signing of a plan has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gauge {
    /// Signatures that exist.
    pub signed: usize,
    /// Signatures of the plan.
    pub of: usize,
}

/// Why a signing that could go on did not.
#[derive(Debug, Error, Clone, Copy, PartialEq, Eq)]
pub enum SigningError {
    /// A person stopped it.
    #[error("the signing was stopped by a person: {} of {} are signed and kept", .0.signed, .0.of)]
    Stopped(Gauge),
}

/// Signs `approved`, from where the log says that it stands, and tells after each batch how far it is. It comes back when
/// everything is signed, or soon after `gauge` broke it off. `actor` is who logged in.
///
/// # Errors
/// Any [`OrderError`], [`IssuerKeyError`](keys::IssuerKeyError), [`SigningError`], what the token says,
/// or what the log says. Every signature that was made stands in the log then, unless the log is what failed.
pub fn sign(
    room: &mut Room,
    token: &Unlocked,
    actor: &Actor,
    approved: ApprovedPlan,
    gauge: &mut dyn FnMut(Gauge) -> ControlFlow<()>,
) -> Result<Signing, Refused> {
    let progress = Progress::of(approved.plan(), room.desk().entries());
    let authorities = authorities(room, approved.plan());
    let signing = Signing::begin(approved, &progress)?;
    let mut ladder = Ladder { actor, signing, keys: IssuerKeys::new(token, &authorities), unwritten: None };
    let ended = ladder.climb(room, gauge);
    // Whatever ended it, what was signed is written down first.
    if let Some(made) = ladder.unwritten.take() {
        write_result(room.desk_mut(), actor, &ladder.trace(), &made)?;
    }
    match ended {
        Ok(()) => Ok(ladder.signing),
        Err(Stop::Refused(refused)) => Err(refused),
        Err(Stop::Token(refused)) => {
            lost(room, actor, &ladder.trace(), &refused)?;
            Err(refused)
        }
    }
}

/// Signs the newest plan of `trace`, which answers a bundle, once enough people have approved it. Revocation lists that it
/// signs are the CA's own from then on. At the end the head of the log is signed, which vouches for the signatures in it.
///
/// # Errors
/// As [`sign`]; any [`QuorumError`](crate::issuance::quorum::QuorumError).
pub fn answer(
    room: &mut Room,
    token: &Unlocked,
    actor: &Actor,
    trace: &Trace,
    gauge: &mut dyn FnMut(Gauge) -> ControlFlow<()>,
) -> Result<Signing, Refused> {
    let approved = room.approved_plan(load::again(room, trace)?)?;
    // What was announced is signed to its end; before that it is not too late to stop.
    if let Some(statement) = load::closed(room, trace)?.statement.filter(|_| load::announced(room, trace).is_err()) {
        one_bundle(room, trace, &statement)?;
    }
    // The head that is signed below vouches for what an earlier run wrote, which the disk may have changed since.
    let (authorities, vouched) = (authorities(room, approved.plan()), room.vouched(token)?);
    issued::verify_recorded(approved.plan(), room.desk().entries(), &authorities, vouched)?;
    let signing = sign(room, token, actor, approved, gauge)?;
    let has_lists = signing.plan().fields().orders.iter().any(|order| order.kind == Kind::Crl);
    if has_lists && !install::is_installed(room, signing.plan()) {
        install::install(room, signing.plan())?;
    }
    room.checkpoint(token)?;
    Ok(signing)
}

/// The CAs that may sign under `plan`: those of its cluster, and the roots that it makes.
pub fn authorities(room: &Room, plan: &Plan) -> Authorities {
    let cluster = format!("cluster:{}", plan.fields().cluster.name).parse();
    plan.authorities(&cluster.map(|cluster| room.authorities(&cluster)).unwrap_or_default())
}

/// A plan on its way.
struct Ladder<'a> {
    actor: &'a Actor,
    signing: Signing,
    keys: IssuerKeys<'a>,
    /// What came of the batch before, which is written down while the next one is signed.
    unwritten: Option<Made>,
}

/// A batch that went through the token, and the signatures that came back.
type Made = Signed<Vec<Recorded<SigningOrder>>>;

/// What ended it.
enum Stop {
    Refused(Refused),
    Token(Refused),
}

impl Ladder<'_> {
    fn climb(&mut self, room: &mut Room, gauge: &mut dyn FnMut(Gauge) -> ControlFlow<()>) -> Result<(), Stop> {
        // A key that is not to be had is found out before anything is announced for it.
        for issuer in self.signing.issuers() {
            self.keys.key(room, &issuer)?;
        }
        // Whoever asked for an end while the token was being logged in has nothing announced.
        let stands = self.gauge(None);
        if gauge(stands).is_break() && stands.signed < stands.of {
            return Err(SigningError::Stopped(stands).into());
        }
        let current = in_force(room, self.signing.plan())?;
        let first = self.signing.next(&current)?;
        let mut announced =
            first.map(|batch| room.desk_mut().record(self.actor, Some(&self.trace()), batch)).transpose()?;
        let mut goes_on = gauge(self.gauge(announced.as_ref())).is_continue();
        while let Some(batch) = announced {
            announced = self.step(room, batch, goes_on)?;
            goes_on &= gauge(self.gauge(announced.as_ref())).is_continue();
        }
        match self.gauge(None) {
            stands if stands.signed < stands.of => Err(SigningError::Stopped(stands).into()),
            _ => Ok(()),
        }
    }

    /// Signs a batch that was announced; returns the next one, announced meanwhile, where it `goes_on`. The token waits
    /// for nothing that can be done beside it.
    fn step(
        &mut self,
        room: &mut Room,
        batch: Recorded<SigningBatch>,
        goes_on: bool,
    ) -> Result<Option<Recorded<SigningBatch>>, Stop> {
        let Some(issuer) = batch.value().issuer_spki_sha256() else { return Ok(None) };
        // This batch was announced a while ago: what it was judged by must still be in force (R24).
        let current = in_force(room, self.signing.plan())?;
        self.signing.still_holds(&current)?;
        let (actor, trace, before) = (self.actor, self.trace(), self.unwritten.take());
        let (keys, signing) = (&mut self.keys, &mut self.signing);
        let key = keys.key(room, &issuer)?;
        let (noted, mut made) = thread::scope(|scope| {
            let (desk, trace) = (room.desk_mut(), trace.as_str());
            let writer = scope.spawn(move || {
                before.map(|made| write_result(desk, actor, trace, &made)).transpose()?;
                let next = if goes_on { signing.next(&current)? } else { None };
                next.map(|batch| desk.record(actor, Some(trace), batch)).transpose()
            });
            let made = key.sign(batch.into_items().collect::<Vec<_>>());
            (joined(writer), made)
        });
        let stopped = made.stopped.take();
        self.unwritten = Some(made);
        let announced = noted?;
        stopped.map_or(Ok(announced), |error| Err(Stop::Token(error.into())))
    }

    fn gauge(&self, announced: Option<&Recorded<SigningBatch>>) -> Gauge {
        let of = self.signing.plan().fields().orders.len();
        let waiting = self.signing.remaining() + announced.map_or(0, |batch| batch.value().len());
        Gauge { signed: of - waiting, of }
    }

    fn trace(&self) -> String {
        self.signing.plan().fields().trace.to_string()
    }
}

/// Writes down what the token made of a batch, if it made anything.
fn write_result(desk: &mut Desk, actor: &Actor, trace: &str, made: &Made) -> Result<(), Refused> {
    let signatures = made.signatures.iter().map(|made| made.as_ref().map(|made| made.as_bytes().to_vec())).collect();
    if let Some(result) = SignedBatch::of(made.spent.orders(), signatures)? {
        desk.record(actor, Some(trace), result)?;
    }
    Ok(())
}

/// What is in force at this moment, by an attested clock (R24).
fn in_force(room: &Room, plan: &Plan) -> Result<Current, Refused> {
    let cluster = format!("cluster:{}", plan.fields().cluster.name).parse().ok();
    // Before its enrolment a cluster gets roots only, and a plan for them names no enrolment.
    let enrolled = cluster.as_ref().filter(|_| plan.fields().cluster.enrolment_sha256.is_some());
    Ok(Current {
        time: room.attested_now()?.time,
        policy: room.policy().name(),
        roster: RosterName::of(room.roster())?,
        enrolment_sha256: enrolled.and_then(|cluster| room.peer(cluster)).map(|record| record.sha256()),
    })
}

/// Writes down that the token failed.
fn lost(room: &mut Room, actor: &Actor, trace: &str, refused: &Refused) -> Result<u64, Refused> {
    let token = Event::HsmLost(Token { token: room.token_serial().to_owned() });
    let outcome = Outcome::Failed(refused.reason().code.to_owned());
    room.desk_mut().note_as(actor, Some(trace), outcome, token)
}

fn joined<T>(writer: thread::ScopedJoinHandle<'_, T>) -> T {
    writer.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

impl Refusal for SigningError {
    fn reason(&self) -> Reason {
        Reason::new(
            Class::Interrupted,
            "SIGN_STOPPED",
            "sign again when you are ready: the rest goes on under the same approval",
        )
    }
}

impl From<SigningError> for Stop {
    fn from(error: SigningError) -> Self {
        Self::Refused(error.into())
    }
}

impl From<OrderError> for Stop {
    fn from(error: OrderError) -> Self {
        Self::Refused(error.into())
    }
}

impl From<Refused> for Stop {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}
