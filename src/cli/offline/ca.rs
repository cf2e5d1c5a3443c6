//! `airlock offline ca`: the CAs of the clusters.

use clap::{Args, Subcommand, ValueEnum};

use crate::cli::answer::Answer;
use crate::cli::call::Call;
use crate::cli::decision::{DecisionOptions, Taken};
use crate::cli::domain::domain;
use crate::cli::interrupt::Interrupt;
use crate::cli::offline::sign::STOPS;
use crate::cli::secrets::PinOptions;
use crate::cluster::role::Domain;
use crate::devices::hsm::{IssuerKeyType, Unlocked};
use crate::exchange::statement::party::Party;
use crate::exchange::trace::Trace;
use crate::issuance::plan::Plan;
use crate::issuance::plan::order::Order;
use crate::offline::ca::ceremony;
use crate::offline::ca::cross::cross;
use crate::offline::ca::install;
use crate::offline::ca::roots::{self, NewRoots};
use crate::offline::holdings::{HeldRoot, Holding};
use crate::offline::room::Room;
use crate::offline::sign::Gauge as Progress;
use crate::refusal::Refused;
use crate::report::document::Report;
use crate::report::document::kind::ReportKind;
use crate::wire::digest::Digest;

/// Make and keep the CAs of a cluster: keys in the token, a plan, its approval, signatures
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Ca {
    /// Make the keys of the first roots of a cluster, and the plan that certifies them
    Init(New),
    /// Make the keys of the roots that follow the current ones, and the plan that certifies them
    Next(New),
    /// Plan that current and next roots certify each other
    Cross(Cross),
    /// Show the CAs of all clusters, and the plans
    Show,
    /// Decide on a plan of these
    Approve(Approve),
    /// Have the token sign an approved plan of these, and install what was signed
    Sign(Sign),
}

/// Options of `ca init` and `ca next`.
#[derive(Debug, Args)]
pub(in crate::cli) struct New {
    #[command(flatten)]
    of: ClusterOptions,
    /// What tells these roots from the ones before and after, such as 2026-1; stands in their names
    #[arg(long)]
    generation: String,
    /// The type of the keys
    #[arg(long, value_enum, default_value = "p-384")]
    key_type: KeyType,
    /// How many days they live; ten years where it is not given
    #[arg(long)]
    days: Option<u64>,
    #[command(flatten)]
    pin: PinOptions,
}

/// Options of `ca cross`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Cross {
    #[command(flatten)]
    of: ClusterOptions,
    #[command(flatten)]
    pin: PinOptions,
}

/// A cluster, and domains of it.
#[derive(Debug, Args)]
pub(in crate::cli) struct ClusterOptions {
    /// The cluster, such as cluster:prod-1
    #[arg(long, value_name = "PARTY")]
    pub(in crate::cli) cluster: Party,
    /// Only these domains, each once; all three where none is given
    #[arg(long, value_name = "DOMAIN", value_parser = domain)]
    domain: Vec<Domain>,
}

/// Options of `ca approve`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Approve {
    /// The trace of the plan
    trace: Trace,
    #[command(flatten)]
    how: DecisionOptions,
}

/// Options of `ca sign`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Sign {
    /// The trace of the plan
    trace: Trace,
    #[command(flatten)]
    pin: PinOptions,
}

/// [`IssuerKeyType`] as an option.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(in crate::cli) enum KeyType {
    #[value(name = "p-256")]
    P256,
    #[value(name = "p-384")]
    P384,
    #[value(name = "rsa-3072")]
    Rsa3072,
    #[value(name = "rsa-4096")]
    Rsa4096,
}

impl Ca {
    pub(in crate::cli) fn run(self, call: &Call) -> Result<Answer, Refused> {
        let mut room = Room::open(call.offline()?, call.senses())?;
        let plan = match self {
            Self::Show => return Ok(show(&room).into()),
            Self::Approve(approve) => return approve.run(&mut room),
            Self::Sign(sign) => return sign.run(&mut room, call),
            Self::Init(new) => new.plan(&mut room, roots::init)?,
            Self::Next(new) => new.plan(&mut room, roots::next)?,
            Self::Cross(Cross { of, pin }) => {
                with_token(&mut room, &pin, |room, token| cross(room, token, &of.cluster, &of.domains()))?
            }
        };
        Ok(planned(ReportKind::Ca, &plan))
    }
}

/// A plan that was closed, told.
pub(in crate::cli) fn planned(kind: ReportKind, plan: &Plan) -> Answer {
    let fields = plan.fields();
    let order = |order: &Order| match (&order.serial, order.crl_number) {
        (Some(serial), _) => format!("{} {:?} serial {serial}", order.domain, order.kind),
        (None, number) => format!("{} {:?} number {}", order.domain, order.kind, number.unwrap_or_default()),
    };
    let orders: Vec<_> = fields.orders.iter().map(order).collect();
    let trace = &fields.trace;
    Report::new(kind)
        .trace(trace)
        .fact("plan", "Plan", plan.sha256().to_string())
        .fact("cluster", "Cluster", fields.cluster.name.as_str())
        .fact("rule", "Rule", plan.subject().rule.to_string())
        .fact("expires", "Expires", fields.expires.to_string())
        .fact("orders", "To be signed", &orders[..])
        .next(&format!("airlock offline ca approve {trace} --officer ID --key FILE"))
        .into()
}

/// Logs in, does it, and logs out whatever came of it.
fn with_token<T>(
    room: &mut Room,
    pin: &PinOptions,
    work: impl FnOnce(&mut Room, &Unlocked) -> Result<T, Refused>,
) -> Result<T, Refused> {
    let token = room.login(pin.pin()?)?;
    let done = work(room, &token);
    let closed = room.logout(token);
    let done = done?;
    closed.map(|()| done)
}

impl ClusterOptions {
    pub(in crate::cli) fn domains(&self) -> Vec<Domain> {
        if self.domain.is_empty() { Domain::ALL.to_vec() } else { self.domain.clone() }
    }
}

impl New {
    fn plan(
        self,
        room: &mut Room,
        draft: impl FnOnce(&mut Room, &Unlocked, &NewRoots) -> Result<Plan, Refused>,
    ) -> Result<Plan, Refused> {
        let (domains, key) = (self.of.domains(), self.key_type.into());
        let (cluster, generation, days) = (self.of.cluster, self.generation, self.days);
        let new = NewRoots { cluster, domains, generation, key, days };
        // Before the PIN is asked for: nothing is planned by a clock that nobody vouches for.
        room.attested_now()?;
        with_token(room, &self.pin, |room, token| draft(room, token, &new))
    }
}

impl Approve {
    fn run(self, room: &mut Room) -> Result<Answer, Refused> {
        let subject = ceremony::plan(room, &self.trace)?.subject();
        let entry = match self.how.take(room, &subject)? {
            Taken::Text(text) => return Ok(text.into()),
            Taken::Entry(entry) => entry,
        };
        let report = self.how.told(room, &subject, Report::new(ReportKind::Approve).trace(&self.trace));
        let trace = &self.trace;
        let next = match room.agreed(&subject) {
            _ if room.is_no(entry) => "airlock offline ca show".to_owned(),
            Err(_) => format!("airlock offline ca approve {trace} --officer ID --key FILE"),
            Ok(_) => format!("airlock offline ca sign {trace}"),
        };
        Ok(report.entry(entry).next(&next).into())
    }
}

impl Sign {
    fn run(self, room: &mut Room, call: &Call) -> Result<Answer, Refused> {
        let plan = ceremony::plan(room, &self.trace)?;
        // Before the PIN is asked for: there is nothing to log in for where people are missing.
        if !install::is_signed(room, &plan)? {
            room.approved_plan(plan)?;
        }
        let mut gauge = call.gauge("sign");
        let entry = with_token(room, &self.pin, |room, token| {
            let asked = Interrupt::heard(STOPS);
            let told = &mut |at: Progress| {
                gauge.at(at.signed as u64, at.of as u64);
                asked.flow()
            };
            install::sign(room, token, &self.trace, told)
        })?;
        Ok(show(room).trace(&self.trace).entry(entry).into())
    }
}

fn show(room: &Room) -> Report {
    let clusters: Vec<_> = room.holdings().all().collect();
    let roots: Vec<_> = clusters.iter().flat_map(|(_, holding)| holding.roots()).map(|root| line(room, root)).collect();
    let crosses: Vec<_> = clusters.iter().flat_map(|(_, holding)| crosses(holding)).collect();
    let lists: Vec<_> = clusters.iter().flat_map(|(_, holding)| lists(holding)).collect();
    let state = |plan: &Digest| if room.matter(plan).is_ok() { "open" } else { "closed" };
    let plans: Vec<_> = ceremony::plans(room).map(|(trace, plan)| format!("{trace}  {}", state(&plan))).collect();
    Report::new(ReportKind::Ca)
        .fact("roots", "Roots", &roots[..])
        .fact("crosses", "Cross-certificates", &crosses[..])
        .fact("lists", "Revocation lists", &lists[..])
        .fact("plans", "Plans", &plans[..])
}

fn line(room: &Room, root: &HeldRoot) -> String {
    let certificate = &root.certificate;
    let key = room.issuer_key(&certificate.public_key().spki_sha256()).map(|key| key.label);
    format!(
        "{}  {}  until {}  sha256 {}  key {}",
        certificate.subject().safe(),
        root.status,
        certificate.validity().not_after(),
        certificate.fingerprint(),
        key.unwrap_or_else(|_| "missing".to_owned()),
    )
}

fn crosses(holding: &Holding) -> impl Iterator<Item = String> {
    holding.crosses().iter().map(|(_, cross)| {
        format!(
            "{} by {}  until {}  serial {}",
            cross.subject().safe(),
            cross.issuer().safe(),
            cross.validity().not_after(),
            cross.serial()
        )
    })
}

fn lists(holding: &Holding) -> impl Iterator<Item = String> {
    holding.crls().iter().map(|(_, crl)| {
        let fields = crl.tbs().fields();
        let (issuer, number, next) = (fields.issuer.safe(), fields.number, fields.next_update);
        format!("{issuer}  number {number}  next {next}  revoked {}", fields.revoked.len())
    })
}

impl From<KeyType> for IssuerKeyType {
    fn from(key: KeyType) -> Self {
        match key {
            KeyType::P256 => Self::P256,
            KeyType::P384 => Self::P384,
            KeyType::Rsa3072 => Self::Rsa3072,
            KeyType::Rsa4096 => Self::Rsa4096,
        }
    }
}
