//! `airlock offline approve`.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::answer::Answer;
use crate::cli::call::Call;
use crate::cli::person::PersonOptions;
use crate::cli::secrets::PassphraseOptions;
use crate::cli::terminal::{self, Terminal, TerminalError};
use crate::devices::store::{Links, read_file};
use crate::exchange::csr_bundle::number::Number;
use crate::exchange::paper::sheet_copy::SheetCopy;
use crate::exchange::people::person::{PersonId, PersonRole};
use crate::exchange::signature::MAX_BYTES;
use crate::exchange::trace::Trace;
use crate::offline::approve::{Ballot, Care, Vote};
use crate::offline::decide::Ask;
use crate::offline::plan::load;
use crate::offline::room::Room;
use crate::refusal::Refused;
use crate::report::document::Report;
use crate::report::document::kind::ReportKind;

/// Approve the newest plan of a trace, or reject it; an auditor witnesses
///
/// With --key the person signs here. Without, the text that is to be signed is written out; it is signed with
/// `ssh-keygen -Y sign -n approval@airlock.v1` (`rejection@airlock.v1`) where his key is, and brought back with
/// --signature.
#[derive(Debug, Args)]
pub(in crate::cli) struct Approve {
    /// The trace, as printed on the sheet
    trace: Trace,
    /// Who decides, as the roster names him
    #[arg(long = "officer", visible_alias = "person", value_name = "ID")]
    person: PersonId,
    /// His encrypted OpenSSH key file
    #[arg(long, value_name = "FILE", conflicts_with = "signature")]
    key: Option<PathBuf>,
    #[command(flatten)]
    passphrase: PassphraseOptions,
    /// The signature that he made elsewhere over the text that was written out
    #[arg(long, value_name = "FILE")]
    signature: Option<PathBuf>,
    /// The number and copy of the sheet in his hand, such as S-000001/1
    #[arg(long, value_name = "SHEET")]
    sheet: Option<SheetCopy>,
    /// How many certificates give full rights, as he counted them; asked for where it is not given
    #[arg(long, value_name = "COUNT")]
    privileged: Option<usize>,
    /// The requests that he opened and ticked one by one
    #[arg(long, value_name = "REQUEST", value_delimiter = ',')]
    tick: Vec<Number>,
    /// Reject the plan, for this reason; it is closed then
    #[arg(long, value_name = "REASON", conflicts_with_all = ["privileged", "tick"])]
    reject: Option<String>,
}

impl Approve {
    pub(in crate::cli) fn run(self, call: &Call) -> Result<Answer, Refused> {
        let mut room = Room::open(call.offline()?, call.senses())?;
        let ballot = Ballot::of(&room, &self.trace)?;
        let report = Report::new(ReportKind::Approve).trace(&self.trace);
        if let Some(file) = &self.signature {
            let armored = read_file(file, MAX_BYTES as u64, Links::Follow)?;
            let entry = room.decide_detached(&ballot.plan().subject(), &self.person, &armored)?;
            return self.told(&room, report, entry);
        }
        let ask = ballot.ask(&room, &self.person, self.vote(&room, &ballot)?)?;
        match &self.key {
            Some(key) => {
                let entry = self.here(&mut room, ask, key)?;
                self.told(&room, report, entry)
            }
            None => Ok(room.ask(ask)?.text().into()),
        }
    }

    /// He shows his key and signs.
    fn here(&self, room: &mut Room, ask: Ask, key: &Path) -> Result<u64, Refused> {
        let options =
            PersonOptions { id: self.person.clone(), key: key.to_owned(), passphrase: self.passphrase.clone() };
        let persons = room.roster().persons().to_vec();
        let roles = [PersonRole::Officer, PersonRole::Auditor];
        let present = options.identify(room.desk_mut(), &persons, &roles)?;
        room.decide(ask, &present)
    }

    fn vote(&self, room: &Room, ballot: &Ballot) -> Result<Vote, Refused> {
        if let Some(reason) = &self.reject {
            return Ok(Vote::No(reason.clone()));
        }
        let is_auditor = room.roster().person(&self.person).is_some_and(|person| person.role == PersonRole::Auditor);
        let privileged = match self.privileged {
            None if !is_auditor => counted(ballot)?,
            given => given,
        };
        Ok(Vote::Yes(Care { sheet: self.sheet, privileged, ticked: self.tick.clone() }))
    }

    fn told(&self, room: &Room, report: Report, entry: u64) -> Result<Answer, Refused> {
        let report = report.fact("person", "Decided by", self.person.to_string()).entry(entry);
        Ok(report.next(&self.next(room, entry)?).into())
    }

    /// What comes next: a rejected plan is closed, one that lacks people waits for them, and one without signatures is
    /// sealed at once.
    fn next(&self, room: &Room, entry: u64) -> Result<String, Refused> {
        let trace = &self.trace;
        if room.is_no(entry) {
            return Ok(format!("airlock offline plan {trace}"));
        }
        Ok(match room.approved_plan(load::plan(room, trace)?) {
            Err(_) => format!("airlock offline approve {trace} --officer ID --key FILE"),
            Ok(approved) if approved.plan().fields().orders.is_empty() => {
                format!("airlock offline seal {trace} --media DIR --sheet FILE")
            }
            Ok(_) => format!("airlock offline sign {trace}"),
        })
    }
}

/// Asks for a number that is not shown.
fn counted(ballot: &Ballot) -> Result<Option<usize>, TerminalError> {
    let mut terminal = Terminal::open()?;
    let fields = ballot.plan().fields();
    for change in &fields.trust_ops {
        terminal.say(&format!("The plan changes what {} trusts: {change}.", fields.cluster.name))?;
    }
    let orders = fields.orders.len();
    terminal.say(&format!("The plan holds {orders} signatures; some certificates may give full rights."))?;
    match terminal.ask("Type the number of privileged certificates to approve: ")? {
        terminal::Answer::Typed(line) => Ok(line.trim().parse().ok()),
        terminal::Answer::Pasted => Ok(None),
    }
}
