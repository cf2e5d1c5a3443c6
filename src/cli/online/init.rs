//! `airlock init` on this side.

use crate::cli::answer::Answer;
use crate::cli::call::Call;
use crate::cli::init::Init;
use crate::config::online::OnlineConfig;
use crate::config::people;
use crate::desk::founding;
use crate::devices::store::{Links, read_file};
use crate::online::init::{self, Passphrases};
use crate::online::people::People;
use crate::online::room::Room;
use crate::refusal::Refused;
use crate::report::document::Report;
use crate::report::document::kind::ReportKind;

/// The largest people file, in bytes.
const MAX_PEOPLE: u64 = 1 << 20;

pub(in crate::cli) fn run(verb: &Init, call: &Call, config: OnlineConfig) -> Result<Answer, Refused> {
    init::must_have_people(&config)?;
    let bytes = read_file(&verb.people, MAX_PEOPLE, Links::Follow)?;
    let people = People::new(people::parse(&verb.people.to_string_lossy(), &bytes)?)?;
    let senses = call.senses();
    let fresh = init::text(&config, &people, senses.clock.read()?.now);
    let folder = verb.signatures.clone().unwrap_or_else(|| ".".into());
    let signed = founding::signed(&folder, &fresh, people.all())?;
    let (host, import) = (verb.host.read()?, verb.import.read()?);
    let passphrases = Passphrases { host: &host, import: &import };
    let made = init::init(&config, &people, signed, &passphrases, senses)?;
    let room = Room::open(config, call.senses())?;
    room.sign_head(&room.unlock(&host)?)?;
    let report = Report::new(ReportKind::Init)
        .fact("host", "Host", room.config().party().to_string())
        .fact("side", "Side", "online")
        .fact("statementKey", "Statement key", made.keys.statement.fingerprint())
        .fact("logKey", "Log key", made.keys.log.fingerprint())
        .fact("witnessKey", "Witness key", made.keys.witness.fingerprint())
        .fact("recipient", "Recipient", made.keys.recipient.to_string())
        .entry(made.entry)
        .next("airlock enrol export --to ca:NAME --media DIR --sheet FILE");
    Ok(report.into())
}
