//! One worker executes effects, by the functions of the rooms that the command line calls too.
//!
//! A room is open only while an effect is executed, and while a person sits in front of a sheet: between two steps the
//! command line can work on the same host. Nothing is remembered here that does not stand in the log.
//!
//! - [`host`]: what this host is, its log, and what it sent
//! - `seat`: a person in front of a sheet
//! - `offline`, `online`: the rooms
//! - `transfer`: what both rooms tell of a transfer that came in
//! - `setup`: what set-up has left, and the machine; `labels`: a report in both languages
//! - `files`: a file that somebody holds
//! - `fault`: why something that was typed means nothing

mod fault;
mod files;
mod head;
pub mod host;
mod labels;
#[cfg(feature = "offline")]
mod offline;
#[cfg(feature = "online")]
mod online;
mod seat;
mod setup;
mod transfer;

use std::path::PathBuf;

use super::brake::Brake;
use super::effect::Effect;
#[cfg(feature = "offline")]
use super::language::Both;
use super::told::{Notice, Told};
use crate::config::host::Config;
use crate::desk::host::{Desk, Senses};
use crate::devices::clock::SystemClock;
use crate::devices::entropy::SystemEntropy;
use crate::exchange::trace::Trace;
use crate::refusal::Refused;
use seat::Held;

/// The hands of the workstation.
pub struct Hands {
    config: Option<PathBuf>,
    held: Option<Held>,
    /// The statement whose print is compared.
    print: Option<files::Held>,
    /// What a person reviewed, so that exactly that is made.
    #[cfg(feature = "online")]
    draft: Option<online::Drafted>,
}

/// Tells a screen something. Threads may pass it on.
pub struct Teller<'t>(&'t mut (dyn FnMut(Told) + Send));

impl<'t> Teller<'t> {
    /// A teller that hands everything to `tell`.
    pub fn new(tell: &'t mut (dyn FnMut(Told) + Send)) -> Self {
        Self(tell)
    }

    fn say(&mut self, told: Told) {
        (self.0)(told);
    }

    /// A line of what was done just now, by the clock of this host.
    #[cfg(feature = "offline")]
    fn note(&mut self, english: &str, chinese: &str) {
        let time = senses().clock.read().map(|reading| reading.now.to_string());
        let time: String = time.unwrap_or_default().chars().skip(11).take(8).collect();
        self.say(Told::Noted(Both::new(english, chinese).map(|line| format!("{time:<8}  {line}"))));
    }

    fn gauge(&mut self, done: usize, of: usize) {
        self.say(Told::Gauge { done, of });
    }
}

impl Hands {
    /// Hands that work on the host of the config at this path, or at its usual place.
    pub fn new(config: Option<PathBuf>) -> Self {
        Self {
            config,
            held: None,
            print: None,
            #[cfg(feature = "online")]
            draft: None,
        }
    }

    /// Executes `effect` and tells its one answer, after how far it is, where it takes long; it stops where `brake` is
    /// pulled. What is refused is written down where this host has a log.
    pub fn execute(&mut self, effect: Effect, brake: &Brake, tell: &mut Teller<'_>) {
        let (verb, trace) = name(&effect);
        if let Effect::Unrecorded = effect {
            let refused = fault::EffectError::Unrecorded.into();
            self.write_down(verb, None, &refused);
            return tell.say(Told::Unrecorded(Notice::from(&refused)));
        }
        let told = self.try_execute(effect, brake, tell).unwrap_or_else(|refused| {
            self.write_down(verb, trace.as_ref(), &refused);
            Told::Refused(Notice::from(&refused))
        });
        tell.say(told);
    }

    // Nothing of the online room takes so long that it could be stopped.
    #[cfg_attr(not(feature = "offline"), allow(unused_variables))]
    fn try_execute(&mut self, effect: Effect, brake: &Brake, tell: &mut Teller<'_>) -> Result<Told, Refused> {
        let effect = match effect {
            Effect::Inspect(file) => return files::inspected(&file),
            Effect::OpenPrint(file) => {
                let (held, told) = files::Held::open(self.config.as_deref(), &file)?;
                self.print = Some(held);
                return Ok(told);
            }
            Effect::PrintRows | Effect::PrintTyping | Effect::PrintRow(_) | Effect::PrintScan(_) => {
                return self.print.as_mut().ok_or(fault::EffectError::NoPrint)?.take(effect);
            }
            effect => effect,
        };
        let config = self.config()?;
        match effect {
            Effect::Look => host::look(&config),
            Effect::SetUp => setup::set_up(config),
            Effect::HostCheck => setup::host_check(&config),
            Effect::Journal => host::journal(&config),
            Effect::VerifyLog(key) => host::verify_log(&config, key.as_deref()),
            Effect::CompareLog { entries, root } => host::compare_log(&config, &entries, &root),
            Effect::ExportLog(directory) => host::export_log(&config, &directory),
            Effect::Checkpoint => host::checkpoint(&config),
            Effect::Save { lines, file } => host::save(&lines, &file),
            Effect::Media => Ok(host::media(&config)),
            Effect::Eject(device) => desk(&config)?.eject(&device).map(|_| Told::Ejected),
            Effect::Sit { trace, who, whole } => {
                let (held, told) = Held::sit(config, &trace, who, whole)?;
                self.held = Some(held);
                Ok(told)
            }
            Effect::Enter(typed) => self.enter(&typed),
            Effect::Stand => self.stand(),
            Effect::Unlock(who) => seat::unlock(config, who),
            Effect::Left => Err(fault::EffectError::Left.into()),
            effect => match config {
                #[cfg(feature = "offline")]
                Config::Offline(config) => offline::execute(*config, effect, brake, tell),
                #[cfg(feature = "online")]
                Config::Online(config) => online::execute(*config, effect, &mut self.draft, tell),
            },
        }
    }

    fn enter(&mut self, typed: &str) -> Result<Told, Refused> {
        let held = self.held.take().ok_or(fault::EffectError::NoSeat)?;
        let (held, told) = held.enter(typed)?;
        self.held = held;
        Ok(told)
    }

    fn stand(&mut self) -> Result<Told, Refused> {
        self.held.take().map_or(Ok(()), Held::stand)?;
        Ok(Told::Stood)
    }

    fn config(&self) -> Result<Config, Refused> {
        Config::read(self.config.as_deref())
    }

    /// A host that was not set up, or whose log is the very thing that is wrong, has nowhere to write it.
    fn write_down(&mut self, verb: &str, trace: Option<&Trace>, refused: &Refused) {
        let trace = trace.map(Trace::as_str);
        let _ = match &mut self.held {
            Some(held) => held.desk().refused(verb, trace, refused),
            None => self.config().and_then(|config| desk(&config)?.refused(verb, trace, refused)),
        };
    }
}

/// The state of the host, whatever its side.
fn desk(config: &Config) -> Result<Desk, Refused> {
    Desk::open(config.state(), config.side(), senses())
}

fn senses() -> Senses {
    Senses { clock: Box::new(SystemClock), entropy: Box::new(SystemEntropy) }
}

/// The verb and the exchange of an effect, as the log names them.
fn name(effect: &Effect) -> (&'static str, Option<Trace>) {
    let (verb, trace) = match effect {
        Effect::Look => ("resume", None),
        Effect::Journal => ("audit list", None),
        Effect::VerifyLog(_) | Effect::CompareLog { .. } => ("audit verify", None),
        Effect::ExportLog(_) => ("audit export", None),
        Effect::Checkpoint => ("audit checkpoint", None),
        Effect::SetUp => ("setup", None),
        Effect::HostCheck => ("host check", None),
        Effect::Inspect(_) => ("inspect", None),
        Effect::OpenPrint(_) | Effect::PrintRows | Effect::PrintTyping | Effect::PrintRow(_) | Effect::PrintScan(_) => {
            ("sheet check", None)
        }
        Effect::Save { .. } => ("save", None),
        Effect::Attest(_) => ("clock attest", None),
        Effect::Locked(trace) | Effect::Clear(trace) => ("quarantine clear", Some(trace)),
        Effect::Release { trace, .. } | Effect::WriteRelease { trace, .. } | Effect::BringRelease { trace, .. } => {
            ("quarantine approve", Some(trace))
        }
        Effect::Media => ("media list", None),
        Effect::Eject(_) => ("media eject", None),
        Effect::Receive { .. } => ("receive", None),
        Effect::Paper(trace) | Effect::Sit { trace, .. } => ("confirm", Some(trace)),
        Effect::Enter(_) | Effect::Stand => ("confirm", None),
        Effect::Verify { trace, .. } => ("verify", Some(trace)),
        Effect::Review(trace) | Effect::Detail { trace, .. } | Effect::Deny { trace, .. } => ("review", Some(trace)),
        Effect::ClosePlan(trace) | Effect::EndPlan(trace) | Effect::GiveUp { trace, .. } => ("plan", Some(trace)),
        Effect::Ballot(trace)
        | Effect::Vote { trace, .. }
        | Effect::WriteVote { trace, .. }
        | Effect::BringVote { trace, .. } => ("approve", Some(trace)),
        Effect::Token(trace) | Effect::Sign { trace, .. } => ("sign", Some(trace)),
        Effect::Seal { trace, .. } => ("seal", Some(trace)),
        Effect::Outgoing(trace) => ("sheet show", Some(trace)),
        Effect::Print { trace, .. } => ("sheet print", Some(trace)),
        #[cfg(feature = "online")]
        Effect::Scan => ("scan", None),
        #[cfg(feature = "online")]
        Effect::Draft(_) | Effect::Request { .. } => ("request", None),
        #[cfg(feature = "online")]
        Effect::Leave { trace, .. } => ("request", Some(trace)),
        #[cfg(feature = "online")]
        Effect::PlanStage(trace, _) | Effect::Stage(trace, _) => ("stage", Some(trace)),
        #[cfg(feature = "online")]
        Effect::PlanSplit(trace, _) | Effect::Split { trace, .. } => ("split", Some(trace)),
        #[cfg(feature = "online")]
        Effect::Course(trace, _) | Effect::Chronicle(trace, _) => ("report", Some(trace)),
        #[cfg(feature = "online")]
        Effect::Metrics(_) => ("metrics", None),
        Effect::Unlock(_) => ("unlock", None),
        Effect::Left | Effect::Unrecorded | Effect::Stop | Effect::Quit(_) => ("workstation", None),
    };
    (verb, trace.cloned())
}
