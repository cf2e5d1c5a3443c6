//! Real requests while a rotation runs, counted: a write and a read of etcd, and of the API, each by one server after
//! another. A request that fails is tried once more elsewhere, as client libraries do.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use super::counted::Counted;
use super::eyes::callers::Callers;
use super::eyes::dial::CANARY_KEY;
use super::ground::Ground;
use crate::devices::clock::{Clock as _, SystemClock};
use crate::devices::probe::etcd::Member;
use crate::devices::probe::{Caller, Connection, Endpoint};
use crate::rotation::meter::{DEFAULT_BUDGET, Meter, Standing};
use crate::wire::time::Timestamp;

/// Counts while [`Sampler::run`] runs.
#[derive(Debug)]
pub struct Sampler {
    meter: Mutex<Meter>,
    callers: Mutex<Callers>,
    ends: AtomicBool,
    /// Whether the step that is being done takes the only server away: that outage was announced with the plan.
    announced: AtomicBool,
    spared: AtomicU64,
}

/// One request each so long.
const PACE: Duration = Duration::from_millis(100);
const BEFORE_RETRY: Duration = Duration::from_millis(100);

impl Sampler {
    /// Goes on from what earlier runs counted.
    pub fn new(before: Counted) -> Self {
        let Counted { dark, failed, ok, spared } = before;
        Self {
            meter: Mutex::new(Meter::resumed(DEFAULT_BUDGET, ok, failed, dark)),
            callers: Mutex::new(Callers::default()),
            ends: AtomicBool::new(false),
            announced: AtomicBool::new(false),
            spared: AtomicU64::new(spared),
        }
    }

    /// Counts until [`Sampler::end`].
    pub fn run(&self, ground: &Ground) {
        let (etcd, apis) = endpoints(ground);
        let (mut turn, writer) = (0_usize, format!("{}.meter", ground.node()));
        while !self.ends.load(Ordering::SeqCst) {
            let callers = self.callers.lock().unwrap_or_else(PoisonError::into_inner).clone();
            turn = turn.wrapping_add(1);
            let ok = match (turn % 2, callers.admin.as_ref()) {
                (0, Some(admin)) if !apis.is_empty() => {
                    twice(&apis, turn / 2, |endpoint| api(endpoint, admin, &writer, turn, ground.patience.probe))
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
                self.count(read.now, ok);
            }
            thread::sleep(PACE);
        }
    }

    /// What fails while the only server is away for an announced step is told, and spends no budget.
    fn count(&self, at: Timestamp, ok: bool) {
        if !ok && self.announced.load(Ordering::SeqCst) {
            self.spared.fetch_add(1, Ordering::SeqCst);
        } else {
            self.lock().count(at, u64::from(ok), u64::from(!ok));
        }
    }

    /// Whether the step that is being done takes the only server away.
    pub fn announce(&self, takes_all: bool) {
        self.announced.store(takes_all, Ordering::SeqCst);
    }

    /// What was counted in this run and in those before.
    pub fn counted(&self) -> Counted {
        let meter = self.lock();
        let (ok, failed) = meter.counts();
        Counted { dark: meter.dark_seconds(), failed, ok, spared: self.spared.load(Ordering::SeqCst) }
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
        self.lock().standing()
    }

    /// What it knows, in one line.
    pub fn said(&self) -> String {
        let spared = self.spared.load(Ordering::SeqCst);
        let away = if spared > 0 { format!("; {spared} more failed in announced outages") } else { String::new() };
        format!("{}{away}", self.lock())
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

fn api(endpoint: &Endpoint, admin: &Caller, writer: &str, turn: usize, time: Duration) -> bool {
    let mark = turn.to_string();
    Connection::open(endpoint, admin, time)
        .and_then(|mut connection| connection.read_and_write(writer, &mark, time))
        .is_ok()
}
