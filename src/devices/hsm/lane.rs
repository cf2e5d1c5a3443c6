//! The watchdog: every call on the token happens on a thread of its own, and whoever waits for it waits only so long.
//!
//! A thread that hangs inside a module cannot be stopped. It is left behind with all it holds; nothing is asked of the
//! token any more, and the process can still end. If the call returns after all, the thread finds itself alone, closes
//! its session and, as the last one, the module. Until then, and where it never returns, the module counts as in use.

use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

use super::desk::Desk;
use super::{Fault, HsmError};

/// How long the token may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// For a login, a search, a signature.
    pub call: Duration,
    /// For a new key; RSA-4096 takes minutes on some devices.
    pub generate: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { call: Duration::from_secs(30), generate: Duration::from_secs(300) }
    }
}

/// Whether a token is still to be believed; its lanes share one of these.
#[derive(Debug, Clone, Default)]
pub(super) struct Health(Arc<OnceLock<Lost>>);

#[derive(Debug)]
enum Lost {
    Hangs(&'static str),
    Gone(String),
}

impl Health {
    /// Why the token is lost, if it is. The first reason stays.
    pub(super) fn check(&self) -> Result<(), HsmError> {
        match self.0.get() {
            None => Ok(()),
            Some(Lost::Hangs(what)) => Err(HsmError::Hangs(what)),
            Some(Lost::Gone(why)) => Err(HsmError::Gone(why.clone())),
        }
    }

    pub(super) fn hangs(&self, what: &'static str) -> HsmError {
        let _ = self.0.set(Lost::Hangs(what));
        HsmError::Hangs(what)
    }

    pub(super) fn gone(&self, why: String) -> HsmError {
        let _ = self.0.set(Lost::Gone(why.clone()));
        HsmError::Gone(why)
    }

    /// A thread has ended without an answer.
    pub(super) fn ended(&self) -> HsmError {
        self.check().err().unwrap_or_else(|| self.gone("its thread has ended".to_owned()))
    }

    /// The error of a call; the end of the token is remembered.
    pub(super) fn judge(&self, fault: Fault) -> HsmError {
        match fault {
            Fault::Refused(error) => error,
            Fault::Gone(why) => self.gone(why),
        }
    }
}

/// A thread with a [`Desk`], and the way to put work on it.
#[derive(Debug)]
pub(super) struct Lane {
    work: Option<Sender<Work>>,
    /// Nothing is ever sent; it closes when the thread has left the module.
    left: Mutex<Receiver<()>>,
    health: Health,
    patience: Duration,
}

struct Work(Box<dyn FnOnce(&mut Desk) + Send>);

impl Lane {
    /// Starts a thread that opens its desk with `open`.
    pub(super) fn start(
        health: Health,
        patience: Duration,
        open: impl FnOnce() -> Result<Desk, Fault> + Send + 'static,
    ) -> Result<Self, HsmError> {
        let (work, inbox) = mpsc::channel::<Work>();
        let (leaving, left) = mpsc::channel();
        let (opened, opening) = mpsc::channel();
        let watched = health.clone();
        let run = move || {
            match open() {
                Ok(desk) if opened.send(Ok(())).is_ok() => serve(desk, &inbox, &watched),
                Ok(desk) => drop(desk),
                Err(fault) => drop(opened.send(Err(fault))),
            }
            drop::<Sender<()>>(leaving);
        };
        thread::Builder::new()
            .name("pkcs11".to_owned())
            .spawn(run)
            .map_err(|error| HsmError::ModuleLoad(error.to_string()))?;
        let lane = Self { work: Some(work), left: Mutex::new(left), health, patience };
        lane.wait(&opening, patience, "opening the module")?;
        Ok(lane)
    }

    /// Does `job` on the thread and waits for it, `patience` at most.
    ///
    /// # Errors
    /// What `job` refuses; [`HsmError::Hangs`] and [`HsmError::Gone`], which no later call on this token survives.
    pub(super) fn call<T: Send + 'static>(
        &self,
        what: &'static str,
        patience: Duration,
        job: impl FnOnce(&mut Desk) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, HsmError> {
        let (answer, answered) = mpsc::channel();
        self.post(move |desk| drop(answer.send(job(desk))))?;
        self.wait(&answered, patience, what)
    }

    /// Puts `job` on the thread without waiting.
    pub(super) fn post(&self, job: impl FnOnce(&mut Desk) + Send + 'static) -> Result<(), HsmError> {
        self.health.check()?;
        let sent = self.work.as_ref().is_some_and(|work| work.send(Work(Box::new(job))).is_ok());
        if sent { Ok(()) } else { Err(self.health.ended()) }
    }

    fn wait<T>(
        &self,
        answered: &Receiver<Result<T, Fault>>,
        patience: Duration,
        what: &'static str,
    ) -> Result<T, HsmError> {
        match answered.recv_timeout(patience) {
            Ok(answer) => answer.map_err(|fault| self.health.judge(fault)),
            Err(RecvTimeoutError::Timeout) => Err(self.health.hangs(what)),
            Err(RecvTimeoutError::Disconnected) => Err(self.health.ended()),
        }
    }
}

impl Drop for Lane {
    /// Lets the thread go and waits until it has left the module, unless the token hangs.
    fn drop(&mut self) {
        self.work = None;
        if !matches!(self.health.0.get(), Some(Lost::Hangs(_))) {
            let left = self.left.get_mut().unwrap_or_else(PoisonError::into_inner);
            let ended = left.recv_timeout(self.patience);
            if ended == Err(RecvTimeoutError::Timeout) {
                self.health.hangs("closing the session");
            }
        }
    }
}

/// Works until the lane is dropped or the token is lost.
fn serve(mut desk: Desk, inbox: &Receiver<Work>, health: &Health) {
    while let Ok(Work(job)) = inbox.recv() {
        job(&mut desk);
        if health.check().is_err() {
            break;
        }
    }
}
