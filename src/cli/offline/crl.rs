//! `airlock offline crl`.

use clap::Args;

use super::ca::{ClusterOptions, planned};
use crate::cli::answer::Answer;
use crate::cli::call::Call;
use crate::offline::ca::lists::{Revoke, lists};
use crate::offline::room::Room;
use crate::pki::crl::RevocationReason;
use crate::refusal::Refused;
use crate::report::document::kind::ReportKind;

/// Plan the next revocation lists of a cluster; approved and signed as other plans of the CA's own
#[derive(Debug, Args)]
pub(in crate::cli) struct Crl {
    #[command(flatten)]
    of: ClusterOptions,
    /// A certificate that is revoked from now on, and why: unspecified, key-compromise, ca-compromise,
    /// affiliation-changed, superseded, cessation-of-operation or privilege-withdrawn
    #[arg(long, value_name = "SERIAL=REASON", value_parser = revoke)]
    revoke: Vec<Revoke>,
}

impl Crl {
    pub(in crate::cli) fn run(self, call: &Call) -> Result<Answer, Refused> {
        let mut room = Room::open(call.offline()?, call.senses())?;
        let plan = lists(&mut room, &self.of.cluster, &self.of.domains(), &self.revoke)?;
        Ok(planned(ReportKind::Crl, &plan))
    }
}

fn revoke(text: &str) -> Result<Revoke, String> {
    let (serial, reason) = text.split_once('=').ok_or("not SERIAL=REASON")?;
    let serial = serial.parse().map_err(|_| "not a serial number in lower-case hex")?;
    let reason = match reason {
        "unspecified" => RevocationReason::Unspecified,
        "key-compromise" => RevocationReason::KeyCompromise,
        "ca-compromise" => RevocationReason::CaCompromise,
        "affiliation-changed" => RevocationReason::AffiliationChanged,
        "superseded" => RevocationReason::Superseded,
        "cessation-of-operation" => RevocationReason::CessationOfOperation,
        "privilege-withdrawn" => RevocationReason::PrivilegeWithdrawn,
        _ => return Err("not a reason for a revocation".to_owned()),
    };
    Ok(Revoke { serial, reason })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serial_and_reason_are_read() {
        let read = revoke("0a1b=superseded").unwrap();
        assert_eq!((read.serial.to_string().as_str(), read.reason), ("0a1b", RevocationReason::Superseded));
        for wrong in ["0a1b", "0a1b=", "0a1b=bored", "xyz=superseded", "=superseded"] {
            assert!(revoke(wrong).is_err(), "{wrong}");
        }
    }
}
