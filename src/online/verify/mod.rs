//! A package is opened and checked, W01 to W13; what came of it is written down before anybody is told.
//!
//! ```text
//! Closed ─ rows → Confirmed ─ identity → open ─ W01…W13 → VerifiedPackage ─ log.record → accepted
//! ```
//!
//! A package that fails a check consumes nothing: the genuine one can still come. One that passes answers its request for
//! good, and its container is kept, so that it can be staged without the identity.
//!
//! - `run`: the checks in their order
//! - `asked`: what this host asked for
//! - `plan`: who approved what, and that the package does nothing else
//! - `certificates`: each certificate against its request
//! - `lists`: revocation lists and roots
//! - [`fault`]: why a package is not accepted

mod asked;
mod certificates;
pub mod fault;
mod lists;
mod plan;
mod run;

pub use asked::Bundle;
pub use fault::VerifyError;

use crate::audit::detail::{self, Object};
use crate::audit::entry::{Actor, Outcome as LogOutcome};
use crate::audit::event::Event;
use crate::audit::log::{Record, Recorded};
use crate::exchange::arrival::Confirmed;
use crate::exchange::cert_package::CertPackage;
use crate::exchange::cert_package::manifest::Outcome;
use crate::exchange::enrolment::record::EnrolmentRecord;
use crate::exchange::paper::PaperError;
use crate::exchange::seal::Plaintext;
use crate::exchange::seal::identity::Identity;
use crate::exchange::statement::Statement;
use crate::exchange::trace::Trace;
use crate::online::history::{Fate, Past};
use crate::online::receive::reread;
use crate::online::room::Room;
use crate::refusal::Refused;
use crate::report::checks::{Check, CheckList};
use crate::wire::digest::Digest;
use run::{Known, Passed, Run, Stop};

/// What came of a package.
#[derive(Debug)]
pub struct Verification {
    /// Its statement.
    pub statement: Statement,
    /// Every check that ran.
    pub checks: CheckList,
    /// How many certificates it brings.
    pub issued: usize,
    /// The requests that were denied.
    pub denied: Vec<Outcome>,
    /// The entry by which it was accepted; none where a check refused it.
    pub accepted: Option<u64>,
    /// The newest entry that says how it fared.
    pub entry: u64,
}

/// A package that passed every check. It counts once it stands in the log; only [`verify`] makes it.
///
/// ```compile_fail,E0451
/// # use airlock::audit::detail::PackageAccepted;
/// # use airlock::online::verify::VerifiedPackage;
/// # use airlock::exchange::seal::Plaintext;
/// fn forged(accepted: PackageAccepted, container: Plaintext) -> VerifiedPackage {
///     VerifiedPackage { accepted, container }
/// }
/// ```
///
/// ```
/// # use airlock::audit::log::Recorded;
/// # use airlock::online::verify::VerifiedPackage;
/// # use airlock::exchange::seal::Plaintext;
/// fn taken(package: Recorded<VerifiedPackage>) -> Plaintext {
///     package.into_value().into_container()
/// }
/// ```
#[derive(Debug)]
pub struct VerifiedPackage {
    accepted: detail::PackageAccepted,
    container: Plaintext,
}

/// The rows of the sheet were typed; what is missing is the identity.
pub struct Ready {
    confirmed: Confirmed<CertPackage>,
    past: Past,
}

impl VerifiedPackage {
    /// The container, which is kept.
    pub fn into_container(self) -> Plaintext {
        self.container
    }
}

impl Record for VerifiedPackage {
    fn event(&self) -> Event {
        Event::PackageAccepted(self.accepted.clone())
    }
}

/// Looks up the package of `trace` and its rows, before anybody is asked for the passphrase of the identity.
///
/// # Errors
/// [`VerifyError::NotOutstanding`]; [`PaperError`] while rows are missing; what the received files say.
pub fn ready(room: &Room, trace: &Trace) -> Result<Ready, Refused> {
    let history = room.history();
    let past = history.request(trace).filter(|past| past.fate == Fate::Outstanding && past.placed);
    let past = past.cloned().ok_or_else(|| VerifyError::NotOutstanding(trace.clone()))?;
    let closed = reread(room, trace)?;
    let papers = room.desk.papers()?;
    let evidence = papers.sheet(closed.statement()).ok_or(PaperError::NotDrawn)?.evidence()?;
    let confirmed = closed.confirm(&evidence).map_err(|mismatch| mismatch.error)?;
    Ok(Ready { confirmed, past })
}

/// Decrypts and checks the package, and writes down what came of it. A check that refuses is no error: it is told with
/// the others.
///
/// # Errors
/// What the state says; nothing was then accepted.
pub fn verify(room: &mut Room, ready: Ready, identity: &Identity) -> Result<Verification, Refused> {
    let Ready { confirmed, past } = ready;
    let statement = confirmed.statement().clone();
    let mut run = Run::default();
    let passed = check(room, &mut run, confirmed, &past, identity)?;
    let (issued, denied) = (run.issued, std::mem::take(&mut run.denied));
    let trace = past.trace.to_string();
    let (passed, outcome) = match passed {
        Ok(passed) => (Some(passed), LogOutcome::Ok),
        Err(stop) => {
            run.push(Check::refused(stop.check, &stop.refused));
            (None, LogOutcome::Denied(stop.refused.reason().code.to_owned()))
        }
    };
    let checks = run.list();
    let verified = Event::Verified(detail::Verified { checks: checks.results(), statement: statement.id() });
    let entry = room.desk.note_as(&Actor::system(), Some(&trace), outcome, verified)?;
    let accepted = passed.map(|passed| accept(room, &trace, passed)).transpose()?.map(|package| package.entry());
    Ok(Verification { statement, checks, issued, denied, accepted, entry: accepted.unwrap_or(entry) })
}

/// Keeps the container, then writes down that the package was accepted: an entry never names what is not there.
fn accept(room: &mut Room, trace: &str, passed: Passed) -> Result<Recorded<VerifiedPackage>, Refused> {
    let Passed { container, accepted, roster } = passed;
    room.desk.objects().put(&container)?;
    let roster = roster.map(|roster| room.desk.objects().put(&roster.to_json()?).map_err(Refused::from)).transpose()?;
    let package = room.desk.record(&Actor::system(), Some(trace), VerifiedPackage { accepted, container })?;
    if let Some(object) = roster {
        room.desk.note(&Actor::system(), Some(trace), Event::RosterAdopted(Object { object }))?;
    }
    Ok(package)
}

/// Runs the checks; the outer error is one of this host, the inner one of the package.
fn check(
    room: &Room,
    run: &mut Run,
    confirmed: Confirmed<CertPackage>,
    past: &Past,
    identity: &Identity,
) -> Result<Result<Passed, Stop>, Refused> {
    let own_key = &room.public()?.statement;
    let bundle = Bundle::kept(&room.desk, past, own_key)?;
    let (history, roster) = (room.history(), room.roster()?);
    let own_records = |digest: &Digest| EnrolmentRecord::parse(&room.desk.objects().get(digest).ok()?).ok();
    let known = Known {
        party: room.config().party(),
        uid: &room.config().record().fields().uid,
        own_key,
        ca: room.ca()?,
        enrolled_roster: &room.ca_side()?.roster,
        roster: &roster,
        own_records: &own_records,
        last_package: history.accepted().map_or(0, |accepted| accepted.package_seq),
        crls: history.crls(),
        remembered: history.accepted().map(|accepted| accepted.head),
        bundle: &bundle,
        now: room.desk.now()?,
    };
    Ok(run.all(confirmed, identity, &known))
}
