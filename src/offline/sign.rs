//! The one ladder around every signature of an issuer key, for certificates of clusters and for roots and CRLs alike:
//!
//! ```text
//! approved plan → batch → announced in the log → signed and verified → result in the log → next batch
//! ```
//!
//! The result of a batch is written down while the token signs the next one; that one was announced before. So at any
//! moment at most two batches are announced without a result. A killed run is resumed by signing under the same plan
//! again: what has a result is not asked for again, what has none is announced once more, over the same bytes (R25).
//!
//! - [`keys`]: the issuer keys in the token, each compared with the certificate of its CA
//! - [`issued`]: certificates and lists, put together from plan and log

pub mod issued;
pub mod keys;

use std::thread;

use crate::audit::detail::Token;
use crate::audit::entry::{Actor, Outcome};
use crate::audit::event::Event;
use crate::audit::log::Recorded;
use crate::devices::hsm::{IssuerKey, Unlocked};
use crate::exchange::approval::rule::RosterName;
use crate::exchange::trace::Trace;
use crate::issuance::authority::Authorities;
use crate::issuance::order::progress::Progress;
use crate::issuance::order::{Current, SignedBatch, Signing, SigningBatch, SigningOrder};
use crate::issuance::plan::Plan;
use crate::issuance::plan::order::Kind;
use crate::issuance::quorum::ApprovedPlan;
use crate::offline::ca::install;
use crate::offline::plan::load;
use crate::offline::room::Room;
use crate::refusal::Refused;
use keys::IssuerKeys;

/// How far the signing of a plan has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gauge {
    /// Signatures that exist.
    pub signed: usize,
    /// Signatures of the plan.
    pub of: usize,
}

/// Signs `approved`, from where the log says that it stands, and tells after each batch how far it is. It comes back when
/// everything is signed. `actor` is who logged in.
///
/// # Errors
/// Any [`OrderError`](crate::issuance::order::OrderError), [`IssuerKeyError`](keys::IssuerKeyError), what the token says,
/// or what the log says. Every signature that was made stands in the log then, unless the log is what failed.
pub fn sign(
    room: &mut Room,
    token: &Unlocked,
    actor: &Actor,
    approved: ApprovedPlan,
    gauge: &mut dyn FnMut(Gauge),
) -> Result<Signing, Refused> {
    let progress = Progress::of(approved.plan(), room.desk().entries());
    let authorities = authorities(room, approved.plan());
    let signing = Signing::begin(approved, &progress)?;
    let mut ladder = Ladder { actor, signing, keys: IssuerKeys::new(token, &authorities), unwritten: None };
    let ended = ladder.climb(room, gauge);
    // Whatever ended it, what was signed is written down first.
    if let Some(result) = ladder.unwritten.take() {
        let trace = ladder.trace();
        room.desk_mut().record(actor, Some(&trace), result)?;
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
/// signs are the CA's own from then on.
///
/// # Errors
/// As [`sign`]; any [`QuorumError`](crate::issuance::quorum::QuorumError).
pub fn answer(
    room: &mut Room,
    token: &Unlocked,
    actor: &Actor,
    trace: &Trace,
    gauge: &mut dyn FnMut(Gauge),
) -> Result<Signing, Refused> {
    let approved = room.approved_plan(load::plan(room, trace)?)?;
    let signing = sign(room, token, actor, approved, gauge)?;
    let has_lists = signing.plan().fields().orders.iter().any(|order| order.kind == Kind::Crl);
    if has_lists && !install::is_installed(room, signing.plan()) {
        install::install(room, signing.plan())?;
    }
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
    /// The result of the batch before, which is written down while the next one is signed.
    unwritten: Option<SignedBatch>,
}

/// What ended it.
enum Stop {
    Refused(Refused),
    Token(Refused),
}

impl Ladder<'_> {
    fn climb(&mut self, room: &mut Room, gauge: &mut dyn FnMut(Gauge)) -> Result<(), Stop> {
        let of = self.signing.plan().fields().orders.len();
        gauge(Gauge { signed: of - self.signing.remaining(), of });
        while let Some(batch) = self.signing.next(&in_force(room, self.signing.plan())?).map_err(Refused::from)? {
            self.step(room, batch)?;
            gauge(Gauge { signed: of - self.signing.remaining(), of });
        }
        Ok(())
    }

    fn step(&mut self, room: &mut Room, batch: SigningBatch) -> Result<(), Stop> {
        let (actor, trace) = (self.actor, self.trace());
        let Some(issuer) = batch.issuer_spki_sha256() else { return Ok(()) };
        let key = self.keys.key(room, &issuer)?;
        let announced = room.desk_mut().record(actor, Some(&trace), batch)?;
        let before = self.unwritten.take();
        let (written, signed) = thread::scope(|scope| {
            let (desk, trace) = (room.desk_mut(), trace.as_str());
            let writer = before.map(|result| scope.spawn(move || desk.record(actor, Some(trace), result).map(drop)));
            let signed = sign_batch(key, announced.into_items().collect());
            (writer.map_or(Ok(()), joined), signed)
        });
        let (result, stopped) = signed?;
        self.unwritten = result;
        written?;
        stopped.map_or(Ok(()), |refused| Err(Stop::Token(refused)))
    }

    fn trace(&self) -> String {
        self.signing.plan().fields().trace.to_string()
    }
}

/// Has the token sign one announced batch; says what it made, and why it stopped, if it did.
fn sign_batch(
    key: &IssuerKey<'_>,
    orders: Vec<Recorded<SigningOrder>>,
) -> Result<(Option<SignedBatch>, Option<Refused>), Refused> {
    let signed = key.sign(orders);
    let signatures = signed.signatures.iter().map(|made| made.as_ref().map(|made| made.as_bytes().to_vec())).collect();
    let result = SignedBatch::of(signed.spent.orders(), signatures)?;
    Ok((result, signed.stopped.map(Refused::from)))
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

impl From<Refused> for Stop {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}
