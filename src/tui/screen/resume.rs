//! Which screen goes on with unfinished work.

use super::{Turn, checks, login, mismatch, quorum, receive, review, rows, seal};
use crate::audit::entry::Side;
use crate::desk::unfinished::{Stage, Unfinished};
use crate::exchange::trace::Trace;

/// The screen that `work` is at; none where it is at none, as an enrolment, which is done on the command line.
pub fn resume(side: Side, work: &Unfinished) -> Option<Turn> {
    let trace: Trace = work.trace.parse().ok()?;
    if work.is_enrolment() && work.stage != Stage::Quarantined {
        return None;
    }
    Some(match (work.stage, side) {
        (Stage::Quarantined, _) => mismatch::Mismatch::again(trace, side),
        (Stage::Received | Stage::Typed, _) => rows::Rows::begin(trace, side),
        (Stage::Awaited, _) => receive::Receive::begin(side),
        (Stage::Verified, Side::Offline) => review::Review::begin(trace),
        (Stage::Verified, Side::Online) => checks::Checks::begin(trace, side),
        (Stage::Planned | Stage::Deciding | Stage::Signing, _) => quorum::Quorum::begin(trace, Vec::new()),
        (Stage::Signed, _) => login::Login::begin(trace),
        (Stage::Sealed, _) => seal::Seal::begin(trace),
        #[cfg(feature = "online")]
        (Stage::Placed, _) => super::export::Export::again(trace),
        #[cfg(feature = "online")]
        (Stage::Split, _) => super::split::Split::begin(trace),
        #[cfg(feature = "online")]
        (Stage::Accepted | Stage::Delivered, _) => super::stage::Stage::begin(trace),
        #[cfg(feature = "online")]
        (Stage::Staged | Stage::Rotating | Stage::Returning | Stage::Returned, _) => {
            super::rotation::Rotation::begin(trace)
        }
        // Keys that were not all placed are removed by the next request; a new one is drafted from a scan.
        #[cfg(feature = "online")]
        (Stage::Requested, _) => super::scan::Scan::begin(),
        #[cfg(not(feature = "online"))]
        (
            Stage::Requested
            | Stage::Placed
            | Stage::Accepted
            | Stage::Split
            | Stage::Delivered
            | Stage::Staged
            | Stage::Rotating
            | Stage::Returning
            | Stage::Returned,
            _,
        ) => return None,
    })
}
