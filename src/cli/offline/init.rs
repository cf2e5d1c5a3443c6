//! `airlock init` on the offline side.

use thiserror::Error;

use crate::cli::answer::Answer;
use crate::cli::call::Call;
use crate::cli::init::Init;
use crate::config::offline::OfflineConfig;
use crate::config::roster;
use crate::config::strict::MAX_FILE;
use crate::devices::store::{Links, read_file};
use crate::issuance::policy::MAX_BYTES;
use crate::offline::genesis::Founding;
use crate::offline::machine::Machine;
use crate::refusal::{Class, Reason, Refusal, Refused};
use crate::report::document::Report;
use crate::report::document::kind::ReportKind;

/// An option that this side needs is missing.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("a CA host is set up with {0}")]
struct Missing(&'static str);

/// Sets the host up, or writes the genesis that people sign first.
pub(in crate::cli) fn run(init: Init, call: &Call, config: OfflineConfig) -> Result<Answer, Refused> {
    let policy = init.policy.ok_or(Missing("--policy FILE"))?;
    let signatures = init.signatures.ok_or(Missing("--signatures DIR"))?;
    let people = read_file(&init.people, MAX_FILE, Links::Follow)?;
    let roster = roster::parse(&init.people.to_string_lossy(), &people, config.party(), 1)?;
    let policy = read_file(&policy, MAX_BYTES as u64 + 1, Links::Follow)?;
    let (founding, senses) = (Founding::new(config, roster, &policy)?, call.senses());
    let signed = founding.signed(&signatures, &senses)?;
    let room = founding.make(signed, senses, &mut || init.pin.pin())?;
    Ok(Report::new(ReportKind::Init)
        .fact("party", "Host", room.desk().party().to_string())
        .fact("policy", "Policy", room.policy().name().to_string())
        .fact("officers", "Officers", room.roster().officers())
        .fact("token", "Token", room.token_serial())
        .fact("statementKey", "Statement key", room.machine_key(Machine::Statement)?.fingerprint())
        .fact("logKey", "Log key", room.machine_key(Machine::Log)?.fingerprint())
        .entry(0)
        .next("airlock clock attest --officer ID --key FILE --second ID --second-key FILE")
        .into())
}

impl Refusal for Missing {
    fn reason(&self) -> Reason {
        Reason::new(Class::Usage, "INIT_MISSING", "name the people, the policy and where the signatures lie")
    }
}
