//! How long a member of etcd that led goes on standing before it is stopped.
//!
//! Raft loses a write that a follower sends on to a leader which hands over, and nobody tells: whoever asked waits until his
//! time is over, and asks the next member then. That one must not be down.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use airlock::devices::probe::ProbeError;
use airlock::devices::probe::etcd::Member;

use crate::load::{Client, End};
use crate::nodes::LOST_WRITE;

const LOOK: Duration = Duration::from_millis(50);
const TIME: Duration = Duration::from_millis(500);

/// What is seen of one member.
#[derive(Default)]
struct Watched {
    led: Option<Instant>,
    down: bool,
    /// From when it was last seen to lead until it was seen to be down, each time.
    stood: Vec<Duration>,
}

impl Watched {
    fn look(&mut self, told: Result<bool, ProbeError>) {
        let now = Instant::now();
        let goes = matches!(told, Err(ProbeError::Refused(..)));
        match (self.led, told) {
            (_, Ok(true)) => self.led = Some(now),
            (Some(led), _) if goes && !self.down => self.stood.push(now - led),
            _ => {}
        }
        self.down = goes;
    }
}

/// Runs `work`, and sees that each member which led stood until lost writes were answered; how often one was stopped after it led.
pub(crate) fn stands_until_answered(client: &Client, work: impl FnOnce()) -> usize {
    let ends = AtomicBool::new(false);
    let stood: Vec<Duration> = thread::scope(|scope| {
        let watches: Vec<_> = (0..client.members.len())
            .map(|at| {
                scope.spawn({
                    let ends = &ends;
                    move || watch(client, at, ends)
                })
            })
            .collect();
        {
            let _end = End(&ends);
            work();
        }
        watches.into_iter().flat_map(|watch| watch.join().unwrap()).collect()
    });
    println!("members that had led stood for {stood:?}");
    assert!(stood.iter().all(|stood| *stood >= LOST_WRITE), "{stood:?}");
    stood.len()
}

fn watch(client: &Client, at: usize, ends: &AtomicBool) -> Vec<Duration> {
    let mut watched = Watched::default();
    while !ends.load(Ordering::SeqCst) {
        watched.look(leads(client, at));
        thread::sleep(LOOK);
    }
    watched.stood
}

fn leads(client: &Client, at: usize) -> Result<bool, ProbeError> {
    let status = Member::connect(&client.members[at], &client.caller, TIME)?.status(TIME)?;
    Ok(status.leader == Some(status.member))
}
