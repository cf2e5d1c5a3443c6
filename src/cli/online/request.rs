//! `airlock online request`.

use std::path::PathBuf;
use std::sync::Mutex;

use clap::Args;

use super::nodes::NodeOptions;
use super::trust::TrustOptions;
use crate::audit::entry::Actor;
use crate::cli::answer::Answer;
use crate::cli::call::Call;
use crate::cli::person::OptionalPersonOptions;
use crate::cli::reinsert::{ReinsertOption, Reinsertion};
use crate::cli::secrets::HostPassphraseOptions;
use crate::cli::sheet_options::{PaperOptions, printer};
use crate::cluster::role::Role;
use crate::desk::tray::Tray;
use crate::desk::tray::place::Output;
use crate::devices::printer::PrinterName;
use crate::exchange::people::person::PersonRole;
use crate::exchange::trace::Trace;
use crate::online::request::order::DEFAULT_LIFE_DAYS;
use crate::online::request::{Draft, Keys, Sent, Terms, Wish, export, place, sheet, wish};
use crate::online::room::Room;
use crate::online::scan::NodeRoot;
use crate::pki::key::KeyType;
use crate::refusal::Refused;
use crate::report::document::Report;
use crate::report::document::kind::ReportKind;

/// Make new keys beside the live ones, and carry a signed CSR bundle out
#[derive(Debug, Args)]
pub(in crate::cli) struct Request {
    #[command(flatten)]
    nodes: NodeOptions,
    #[command(flatten)]
    choice: ChoiceOptions,
    #[command(flatten)]
    trust: TrustOptions,
    /// Show what would be asked, and do nothing
    #[arg(long, conflicts_with_all = ["media", "sheet", "printer", "trace"])]
    dry_run: bool,
    /// Write the bundle of this trace to a medium again
    #[arg(id = "trace", long = "again", value_name = "TRACE")]
    again: Option<Trace>,
    /// The device, as sdb1, or the directory where the medium is mounted
    #[arg(long, value_name = "DEV|DIR", required_unless_present = "dry_run")]
    media: Option<PathBuf>,
    #[command(flatten)]
    reinsert: ReinsertOption,
    /// Write the fingerprint sheet to this new file, which never lies on the medium of the transfer: PDF where it ends in
    /// .pdf, SVG pages where it ends in .svg, otherwise text
    #[arg(long, value_name = "FILE", required_unless_present_any = ["dry_run", "printer"])]
    sheet: Option<PathBuf>,
    /// Print the fingerprint sheet on this device, such as /dev/usb/lp0, or on the queue lp:QUEUE
    #[arg(long, value_name = "PRINTER", value_parser = printer, conflicts_with = "sheet")]
    printer: Option<PrinterName>,
    #[command(flatten)]
    paper: PaperOptions,
    #[command(flatten)]
    person: OptionalPersonOptions,
    #[command(flatten)]
    host: HostPassphraseOptions,
    /// The days within which the bundle may be received
    #[arg(long, value_name = "DAYS", default_value_t = DEFAULT_LIFE_DAYS)]
    life_days: u32,
    /// Give the outstanding request of this trace up for the new one
    #[arg(long, value_name = "TRACE")]
    void: Option<Trace>,
}

/// What is asked for.
#[derive(Debug, Args)]
struct ChoiceOptions {
    /// Only certificates of this profile; may be repeated
    #[arg(long = "role", value_name = "PROFILE")]
    roles: Vec<Role>,
    /// Only certificates of this node; may be repeated
    #[arg(long = "only", value_name = "NODE")]
    only: Vec<String>,
    /// Ask for nothing in this place; may be repeated
    #[arg(long = "drop", value_name = "NODE:PROFILE", value_parser = wish::place)]
    dropped: Vec<(String, Role)>,
    /// A certificate that does not exist today; may be repeated
    #[arg(long = "add", value_name = "NODE:PROFILE", value_parser = wish::place)]
    added: Vec<(String, Role)>,
    /// A CSR that was made elsewhere; may be repeated
    #[arg(long = "csr", value_name = "NODE:PROFILE=FILE", value_parser = wish::file)]
    foreign: Vec<(String, Role, PathBuf)>,
    /// The type of new keys, such as p256 or rsa-3072 [default: that of the old key]
    #[arg(long, value_name = "TYPE", value_parser = wish::key_type, conflicts_with = "reuse_keys")]
    key_type: Option<KeyType>,
    /// Ask for the live keys once more
    #[arg(long)]
    reuse_keys: bool,
    /// Ask also for the names that the cluster record demands and a certificate lacks
    #[arg(long)]
    add_names: bool,
    /// The validity to ask for, one for all [default: that of the config]
    #[arg(long, value_name = "DAYS")]
    validity_days: Option<u32>,
}

impl Request {
    pub(super) fn run(self: Box<Self>, call: &Call) -> Result<Answer, Refused> {
        let mut room = Room::open(call.online()?, call.senses())?;
        match (&self.again, self.out(&room)?) {
            (Some(trace), Some(out)) => leave(&mut room, trace, Report::new(ReportKind::Request), out),
            (_, out) => self.anew(call, &mut room, out),
        }
    }

    /// Drafts a request; where it is to go out, makes it and lets it leave.
    fn anew(&self, call: &Call, room: &mut Room, out: Option<Out>) -> Result<Answer, Refused> {
        let nodes = self.nodes.of(room.config());
        let wish = self.wish();
        let draft = wish.draft(room, &nodes)?;
        let report = Report::new(ReportKind::Request).detail(draft.review().clone());
        let Some(out) = out else {
            let options = wish.options();
            let next = format!("airlock online request{options} --media DIR --sheet FILE --person ID --key FILE");
            return Ok(report.next(&next).into());
        };
        let trace = self.order(call, room, &nodes, draft, wish)?;
        leave(room, &trace, report, out)
    }

    /// What is asked for.
    fn wish(&self) -> Wish {
        let choice = &self.choice;
        Wish {
            roles: choice.roles.clone(),
            nodes: choice.only.clone(),
            dropped: choice.dropped.clone(),
            added: choice.added.clone(),
            foreign: choice.foreign.clone(),
            keys: match (choice.reuse_keys, choice.key_type) {
                (true, _) => Keys::Reuse,
                (false, Some(key_type)) => Keys::New(key_type),
                (false, None) => Keys::Like,
            },
            add_names: choice.add_names,
            validity_days: choice.validity_days,
            trust: self.trust.changes(),
            void: self.void.clone(),
            life_days: self.life_days,
        }
    }

    /// Makes the keys and the bundle, and writes the keys beside the live ones.
    fn order(
        &self,
        call: &Call,
        room: &mut Room,
        nodes: &[NodeRoot],
        draft: Draft,
        wish: Wish,
    ) -> Result<Trace, Refused> {
        let ca = room.asked_ca()?;
        let person = self.person.given().ok_or(crate::online::request::RequestError::NoOperator)?;
        let (desk, people) = room.desk_and_people();
        let present = person.identify(desk, people, &[PersonRole::Requester])?;
        room.must_be_known_to_ca(&present)?;
        let keys = room.unlock(&self.host.read()?)?;
        let (config, recipient) = (room.config().clone(), room.public()?.recipient.clone());
        let terms = Terms {
            config: &config,
            roots: nodes,
            ca: &ca,
            operators: std::slice::from_ref(&present),
            keys: &keys,
            recipient: &recipient,
            life_days: wish.life_days,
            void: wish.void,
        };
        let total = draft.review().requests.len() as u64;
        let gauge = Mutex::new(call.gauge("keys"));
        let progress = |done: usize| {
            if let Ok(mut gauge) = gauge.lock() {
                gauge.at(done as u64, total);
            }
        };
        let order = draft.order(room.desk_mut(), &terms, &progress)?;
        let placed = place(room.desk_mut(), order)?;
        room.sign_head(&keys)?;
        Ok(placed.trace)
    }

    /// Where bundle and sheet go; nowhere in a dry run.
    fn out(&self, room: &Room) -> Result<Option<Out>, Refused> {
        let file = self.sheet.clone().map(Output::File);
        let output = file.or_else(|| self.printer.clone().map(Output::Printer));
        let (false, Some(medium), Some(output)) = (self.dry_run, self.media.clone(), output) else {
            return Ok(None);
        };
        let tray = room.desk().tray(&self.paper.place(output.clone(), room.config().sheet()), &medium)?;
        let stick = self.reinsert.before(room.desk(), &medium)?;
        Ok(Some(Out { medium, paper: self.paper.clone(), output, tray, stick }))
    }
}

/// Where bundle and sheet go.
struct Out {
    medium: PathBuf,
    paper: PaperOptions,
    output: Output,
    tray: Tray,
    stick: Reinsertion,
}

/// The bundle leaves, and its sheet is printed.
fn leave(room: &mut Room, trace: &Trace, report: Report, out: Out) -> Result<Answer, Refused> {
    let Out { medium, paper, output, tray, stick } = out;
    let actor = Actor::system();
    let contents = sheet::contents(room, trace)?;
    let Sent { statement, files, entry } = export(room.desk_mut(), &actor, trace, &medium)?;
    stick.read_again(room.desk(), &room.desk().kept(&statement.id())?)?;
    let label = room.desk().label_of(&medium);
    room.desk_mut().print(&actor, &statement, &contents, &paper.wish(label), tray)?;
    let written: Vec<_> = files.iter().map(|(name, bytes)| format!("{name}  {bytes} B")).collect();
    let report = report.subject(&statement).entry(entry).fact("files", "Files", &written[..]);
    let report = report.fact("sheet", "Sheet", output.to_string());
    let check = format!("on another workstation, a second person: airlock sheet check {trace}.csr-bundle.txt --rows");
    let carry = format!("sign the sheet, bag the stick; carry them by different people; then wait for {trace}");
    Ok(report.next(&check).next(&carry).into())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        request: Request,
    }

    /// What is asked for, and what its options ask for when they are read again.
    fn both(options: &str) -> [Wish; 2] {
        let read = |options: &str| {
            let words = ["airlock", "--dry-run"].into_iter().chain(options.split_whitespace());
            Line::try_parse_from(words).unwrap().request.wish()
        };
        let wish = read(options);
        let again = read(&wish.options());
        [wish, again]
    }

    #[test]
    fn options_that_are_told_ask_for_the_same() {
        for options in [
            "",
            "--role apiserver --role etcd-peer --only cp1 --drop cp1:admin --add cp1:intermediate-etcd",
            "--csr cp2:scheduler=/srv/s.csr --key-type p384 --add-names --validity-days 90 --life-days 3",
            "--reuse-keys --void 20250722-7Q2K-9M4F-B",
            "--introduce-root etcd --retire-root kubernetes",
        ] {
            let [wish, again] = both(options);
            assert_eq!(wish, again, "{options}");
            assert_eq!(wish == Wish::default(), options.is_empty(), "{options}");
        }
    }
}
