//! Writers and readers that run through a rotation, each with a client certificate and a trust of its own in memory, as an
//! apiserver has. A request that fails is tried once more, after 100 ms on a new connection to the next member, as client libraries do.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use airlock::devices::probe::etcd::Member;
use airlock::devices::probe::{Caller, Endpoint, ProbeError};
use airlock::pki::certificate::Certificate;
use airlock::wire::time::Timestamp;

/// One request: when it began and ended, and how it went.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample {
    pub(crate) second: u64,
    pub(crate) ended: u64,
    pub(crate) first: bool,
    pub(crate) retried: bool,
}

/// Who asks: where, as whom, trusting what.
pub(crate) struct Client {
    pub(crate) members: Vec<Endpoint>,
    pub(crate) caller: Caller,
    pub(crate) roots: Vec<Certificate>,
}

/// What was measured, and the last value that was acknowledged under each key.
#[derive(Debug, Default)]
pub(crate) struct Record {
    pub(crate) samples: Vec<Sample>,
    /// Of each request that failed with its retry: when, by whom, and what was answered both times.
    pub(crate) failures: Vec<String>,
    pub(crate) acknowledged: Vec<(String, u64)>,
}

const TIME: Duration = Duration::from_secs(2);
const PACE: Duration = Duration::from_millis(25);
const BEFORE_RETRY: Duration = Duration::from_millis(100);

/// Ends those who run beside the work, also where it panics: threads that never end would hide why.
pub(crate) struct End<'a>(pub(crate) &'a AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Runs `work` while `writers` write.
pub(crate) fn under_load(client: &Client, writers: usize, work: impl FnOnce()) -> Record {
    let (ends, record) = (AtomicBool::new(false), Mutex::new(Record::default()));
    let started = Instant::now();
    thread::scope(|scope| {
        for writer in 0..writers {
            let (ends, record) = (&ends, &record);
            scope.spawn(move || write_on(client, writer, started, ends, record));
        }
        let _end = End(&ends);
        work();
    });
    record.into_inner().unwrap()
}

fn write_on(client: &Client, writer: usize, started: Instant, ends: &AtomicBool, record: &Mutex<Record>) {
    let key = format!("writer/{writer}");
    let (mut at, mut open, mut last) = (writer, None, 0);
    let (mut samples, mut failures) = (Vec::new(), Vec::new());
    for number in 1.. {
        if ends.load(Ordering::SeqCst) {
            break;
        }
        let began = started.elapsed();
        let first = put(client, at, &mut open, &key, number);
        let retried = first.as_ref().map(drop).or_else(|why| {
            at += 1;
            thread::sleep(BEFORE_RETRY);
            let again = put(client, at, &mut open, &key, number);
            again.map_err(|again| {
                failures.push(format!("{key} {number}, {began:?} to {:?}: {why}; again: {again}", started.elapsed()))
            })
        });
        if retried.is_ok() {
            last = number;
        }
        let (first, retried) = (first.is_ok(), retried.is_ok());
        samples.push(Sample { second: began.as_secs(), ended: started.elapsed().as_secs(), first, retried });
        thread::sleep(PACE);
    }
    let mut record = record.lock().unwrap();
    record.samples.extend(samples);
    record.failures.extend(failures);
    record.acknowledged.push((key, last));
}

/// On the connection that is open, or on a new one to a member that is trusted.
fn put(client: &Client, at: usize, open: &mut Option<Member>, key: &str, number: u64) -> Result<(), ProbeError> {
    let mut member = match open.take() {
        Some(member) => member,
        None => {
            let member = Member::connect(&client.members[at % client.members.len()], &client.caller, TIME)?;
            let now: Timestamp = "2027-01-01T00:00:00Z".parse().unwrap();
            member.served().trusted_under(&client.roots, now)?;
            member
        }
    };
    member.put(key.as_bytes(), number.to_string().as_bytes(), TIME)?;
    *open = Some(member);
    Ok(())
}

impl Record {
    /// Every write that was acknowledged is there, or a later one of the same writer.
    pub(crate) fn nothing_is_lost(&self, endpoint: &Endpoint, caller: &Caller) {
        let mut member = Member::connect(endpoint, caller, TIME).unwrap();
        for (key, last) in self.acknowledged.iter().filter(|(_, last)| *last > 0) {
            let value = member.range(key.as_bytes(), TIME).unwrap().expect("the key");
            let found: u64 = String::from_utf8(value.bytes).unwrap().parse().unwrap();
            assert!(found >= *last, "{key}: {found} after {last} was acknowledged");
        }
    }

    /// Says what was measured.
    pub(crate) fn tell(&self, what: &str) {
        println!(
            "{what}: {} writes, {} failed at first, {} with one retry, {} dark seconds",
            self.samples.len(),
            self.failed_at_first(),
            self.failed_with_retry(),
            self.dark_seconds()
        );
        self.failures.iter().for_each(|failure| println!("  {failure}"));
    }

    pub(crate) fn failed_with_retry(&self) -> usize {
        self.samples.iter().filter(|sample| !sample.retried).count()
    }

    pub(crate) fn failed_at_first(&self) -> usize {
        self.samples.iter().filter(|sample| !sample.first).count()
    }

    /// Seconds in which no request that succeeded began or ended, of those in which there could have been one.
    pub(crate) fn dark_seconds(&self) -> usize {
        let last = self.samples.iter().map(|sample| sample.second).max().unwrap_or(0);
        let lit = |second| self.samples.iter().any(|one| one.retried && (one.second == second || one.ended == second));
        (0..=last).filter(|second| !lit(*second)).count()
    }
}
