//! Real requests while a rotation runs, counted: a write and a read of etcd, and of the API, each by one server after
//! another. A request that fails is tried once more elsewhere, as client libraries do.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use super::eyes::callers::Callers;
use super::eyes::dial::CANARY_KEY;
use super::ground::Ground;
use crate::devices::clock::{Clock as _, SystemClock};
use crate::devices::probe::etcd::Member;
use crate::devices::probe::{Caller, Connection, Endpoint};
use crate::rotation::meter::{DEFAULT_BUDGET, Meter, Standing};

/// Counts while [`Sampler::run`] runs.
#[derive(Debug)]
pub struct Sampler {
    meter: Mutex<Meter>,
    callers: Mutex<Callers>,
    ends: AtomicBool,
    /// Where a restart of one server takes all away, the outage was announced.
    announced: bool,
}

/// One request each so long.
const PACE: Duration = Duration::from_millis(100);
const BEFORE_RETRY: Duration = Duration::from_millis(100);

impl Sampler {
    /// Nothing counted.
    pub fn new(ground: &Ground) -> Self {
        Self {
            meter: Mutex::new(Meter::new(DEFAULT_BUDGET)),
            callers: Mutex::new(Callers::default()),
            ends: AtomicBool::new(false),
            announced: ground.plan.fleet().is_single(),
        }
    }

    /// Counts until [`Sampler::end`].
    pub fn run(&self, ground: &Ground) {
        let (etcd, apis) = endpoints(ground);
        let mut turn = 0_usize;
        while !self.ends.load(Ordering::SeqCst) {
            let callers = self.callers.lock().unwrap_or_else(PoisonError::into_inner).clone();
            turn = turn.wrapping_add(1);
            let ok = match (turn % 2, callers.admin.as_ref()) {
                (0, Some(admin)) if !apis.is_empty() => {
                    twice(&apis, turn / 2, |endpoint| api(endpoint, admin, ground.patience.probe))
                }
                _ if !etcd.is_empty() && callers.etcd.each().next().is_some() => twice(&etcd, turn, |endpoint| {
                    callers.etcd.each().any(|caller| member(endpoint, caller, ground.patience.probe))
                }),
                _ => {
                    thread::sleep(PACE);
                    continue;
                }
            };
            // A run that ends while a request waits counts no failure of it.
            if (ok || !self.ends.load(Ordering::SeqCst))
                && let Ok(read) = SystemClock.read()
            {
                self.lock().count(read.now, u64::from(ok), u64::from(!ok));
            }
            thread::sleep(PACE);
        }
    }

    /// Ends [`Sampler::run`].
    pub fn end(&self) {
        self.ends.store(true, Ordering::SeqCst);
    }

    /// From now on these dial.
    pub fn dial_as(&self, callers: &Callers) {
        *self.callers.lock().unwrap_or_else(PoisonError::into_inner) = callers.clone();
    }

    /// How many went well, and how many did not.
    pub fn counts(&self) -> (u64, u64) {
        self.lock().counts()
    }

    /// How the counts stand to the budget.
    pub fn standing(&self) -> Standing {
        match self.lock().standing() {
            Standing::Spent if self.announced => Standing::TooFew,
            standing => standing,
        }
    }

    /// What it knows, in one line.
    pub fn said(&self) -> String {
        self.lock().to_string()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Meter> {
        self.meter.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn endpoints(ground: &Ground) -> (Vec<Endpoint>, Vec<Endpoint>) {
    let nodes = || (0..ground.plan.fleet().members().len()).map(|place| ground.site.servers(place));
    (nodes().filter_map(|servers| servers.etcd).collect(), nodes().filter_map(|servers| servers.apiserver).collect())
}

fn twice(servers: &[Endpoint], turn: usize, ask: impl Fn(&Endpoint) -> bool) -> bool {
    let at = |turn: usize| servers.get(turn % servers.len().max(1));
    at(turn).is_some_and(&ask) || {
        thread::sleep(BEFORE_RETRY);
        at(turn + 1).is_some_and(&ask)
    }
}

fn member(endpoint: &Endpoint, caller: &Caller, time: Duration) -> bool {
    Member::connect(endpoint, caller, time).and_then(|mut member| member.put(CANARY_KEY, b"meter", time)).is_ok()
}

fn api(endpoint: &Endpoint, admin: &Caller, time: Duration) -> bool {
    Connection::open(endpoint, admin, time).and_then(|mut connection| connection.read_and_write("meter", time)).is_ok()
}
