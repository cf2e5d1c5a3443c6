//! `airlock offline sign`.

use clap::Args;

use crate::audit::entry::Actor;
use crate::cli::answer::Answer;
use crate::cli::call::Call;
use crate::cli::interrupt::Interrupt;
use crate::cli::secrets::PinOptions;
use crate::exchange::trace::Trace;
use crate::offline::plan::load;
use crate::offline::room::Room;
use crate::offline::sign::{Gauge as Progress, answer};
use crate::refusal::Refused;
use crate::report::document::Report;
use crate::report::document::kind::ReportKind;

/// What Ctrl-C is answered with.
pub(super) const STOPS: &str =
    "stopping: what was announced to the log is signed to its end and kept, then the token is logged out";

/// Have the token sign an approved plan; a run that was stopped, by Ctrl-C for one, goes on where it was
#[derive(Debug, Args)]
pub(in crate::cli) struct Sign {
    /// The trace, as printed on the sheet
    trace: Trace,
    #[command(flatten)]
    pin: PinOptions,
}

impl Sign {
    pub(in crate::cli) fn run(self, call: &Call) -> Result<Answer, Refused> {
        let mut room = Room::open(call.offline()?, call.senses())?;
        // Before the PIN is asked for: there is nothing to log in for where people are missing.
        room.approved_plan(load::again(&room, &self.trace)?)?;
        let pin = self.pin.pin()?;
        let (mut gauge, asked) = (call.gauge("sign"), Interrupt::heard(STOPS));
        let token = room.login(pin)?;
        let told = &mut |at: Progress| {
            gauge.at(at.signed as u64, at.of as u64);
            asked.flow()
        };
        let signed = answer(&mut room, &token, &Actor::system(), &self.trace, told);
        let closed = room.logout(token);
        let signed = signed?;
        closed?;
        let report = Report::new(ReportKind::Sign).trace(&self.trace);
        let report = report.fact("signed", "Signed", signed.plan().fields().orders.len());
        Ok(report.next(&format!("airlock offline seal {} --media DIR --sheet FILE", self.trace)).into())
    }
}
