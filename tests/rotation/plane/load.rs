//! Clients of the API that read and write through a rotation, as one who has loaded both roots; one retry elsewhere.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use airlock::devices::probe::Connection;
use airlock::pki::certificate::Certificate;

use super::pod::always;
use super::{PLANES, Plane};
use crate::load::{Record, Sample};
use crate::pki::{Pair, certificate};

const TIME: Duration = Duration::from_secs(10);
const PACE: Duration = Duration::from_millis(80);

/// Runs `work` while `clients` read and write as `admin`.
pub(crate) fn under_load(plane: &Plane, admin: &Pair, clients: usize, work: impl FnOnce()) -> Record {
    let (ends, record, started) = (AtomicBool::new(false), Mutex::new(Record::default()), Instant::now());
    thread::scope(|scope| {
        for client in 0..clients {
            let (ends, record) = (&ends, &record);
            scope.spawn(move || go_on(plane, admin, client, started, ends, record));
        }
        let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
        ends.store(true, Ordering::SeqCst);
        if let Err(why) = done {
            std::panic::resume_unwind(why);
        }
    });
    record.into_inner().unwrap()
}

fn go_on(plane: &Plane, admin: &Pair, client: usize, started: Instant, ends: &AtomicBool, record: &Mutex<Record>) {
    let roots: Vec<_> = [&plane.old, &plane.new].map(|of| certificate(&of.kubernetes.pem)).to_vec();
    let (mut open, mut at) = (None, client);
    while !ends.load(Ordering::SeqCst) {
        let second = started.elapsed().as_secs();
        let first = once(plane, admin, client, at, &mut open, &roots).is_some();
        let retried = first || {
            at += 1;
            sleep(Duration::from_millis(100));
            once(plane, admin, client, at, &mut open, &roots).is_some()
        };
        record.lock().unwrap().samples.push(Sample { second, ended: started.elapsed().as_secs(), first, retried });
        sleep(PACE);
    }
}

/// On the connection that stands, or on a new one to the next API server.
fn once(
    plane: &Plane,
    admin: &Pair,
    client: usize,
    at: usize,
    open: &mut Option<Connection>,
    roots: &[Certificate],
) -> Option<()> {
    let mut connection = match open.take() {
        Some(connection) => connection,
        None => {
            let endpoint = plane.endpoint(plane.ports.api[PLANES[at % PLANES.len()]]);
            let connection = Connection::open(&endpoint, &admin.caller(), TIME).ok()?;
            connection.served().trusted_under(roots, always()).ok()?;
            connection
        }
    };
    connection.read_and_write(&format!("load{client}"), "x", TIME).ok()?;
    *open = Some(connection);
    Some(())
}
