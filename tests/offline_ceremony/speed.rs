//! How fast: figures for `scripts/bench`, each a ratio to a yardstick of the same round and beside it what is asked.
//! Nothing here fails for being slow.
//!
//! A round measures the token, then a ceremony, then the token again; what is told is the median of the rounds. A step
//! is timed as a verb does it, login and all, on a state that is open; opening the state is told by itself.

use std::fmt::Write as _;
use std::time::Instant;

use airlock::cluster::role::Role;
use airlock::devices::hsm::IssuerKeyType;
use airlock::offline::room::Room;
use airlock::offline::{plan, verify};

use crate::rig::{Rig, with_token};
use crate::scene::{Asks, Scene, asks, fixture};
use crate::yardsticks::{self, OpensslCa, median};

const ROUNDS: usize = 3;
const STEPS: [&str; 6] = ["receive", "verify", "plan", "sign", "seal", "open"];

/// What is measured with one type of issuer key, and what is asked of it.
struct Bench {
    name: &'static str,
    key: IssuerKeyType,
    count: usize,
    /// Of the rate of the raw token in one session: plan to seal, and the step `sign` alone.
    asked: [f64; 2],
}

/// Seconds by the clock, and seconds of the processors, which other programs on the machine change little.
#[derive(Clone, Copy)]
struct Took {
    clock: f64,
    processors: f64,
}

/// What one round found.
struct Round {
    /// Seconds, in the order of [`STEPS`]: by the clock, and of the processors.
    took: [Took; 6],
    /// Signatures a second of the raw token, in one session and in two.
    raw: [f64; 2],
    /// Seconds of the processors that one of them takes.
    cost: f64,
    /// Certificates a second of `openssl ca`.
    openssl: f64,
}

#[test]
#[ignore = "a measurement: scripts/bench"]
fn p256() {
    let bench = Bench { name: "P-256", key: IssuerKeyType::P256, count: 4000, asked: [0.45, 0.75] };
    with_token(p256, |rig| bench.run(rig));
}

#[test]
#[ignore = "a measurement: scripts/bench"]
fn p384() {
    let bench = Bench { name: "P-384", key: IssuerKeyType::P384, count: 1500, asked: [0.70, 0.90] };
    with_token(p384, |rig| bench.run(rig));
}

#[test]
#[ignore = "a measurement: scripts/bench"]
fn rsa4096() {
    let bench = Bench { name: "RSA-4096", key: IssuerKeyType::Rsa4096, count: 800, asked: [0.95, 0.98] };
    with_token(rsa4096, |rig| bench.run(rig));
}

/// A cluster of so many workers.
fn cluster(workers: usize) -> Vec<u8> {
    let record = String::from_utf8(fixture("cluster/prod-1.cluster.json")).unwrap();
    let mut nodes = String::new();
    for at in 0..workers {
        let ip = format!("10.{}.{}.{}", 100 + at / 62_500, at / 250 % 250, at % 250 + 1);
        write!(nodes, r#"{{"ips":["{ip}"],"name":"{}","roles":["worker"]}},"#, worker(at)).unwrap();
    }
    let at = record.find(r#"{"ips":["10.66.0.21"],"name":"w1""#).unwrap();
    format!("{}{nodes}{}", &record[..at], &record[at..]).into_bytes()
}

fn worker(at: usize) -> String {
    format!("n{at:05}")
}

/// Two certificates for each worker.
fn wishes(count: usize) -> Vec<Asks> {
    let roles = [Role::KubeletClient, Role::KubeletServer];
    (0..count).map(|at| asks(roles[at % 2], worker(at / 2).leak())).collect()
}

impl Bench {
    fn run(&self, rig: &Rig) {
        let (scene, mut room) = Scene::with(rig, &cluster(self.count / 2), self.key);
        let (verification, openssl) = (yardsticks::verification(&room), OpensslCa::new(rig, self.key));
        let mut rounds = Vec::new();
        for seq in 1..=ROUNDS as u64 {
            if seq > 1 {
                // A cluster that is enrolled again need not have seen what was sealed before.
                scene.enrols(&mut room);
            }
            let round;
            (round, room) = self.round(&openssl, &scene, room, seq);
            rounds.push(round);
        }
        self.tell(&rounds, verification);
    }

    fn round(&self, openssl: &OpensslCa, scene: &Scene, mut room: Room, seq: u64) -> (Round, Room) {
        let wishes = wishes(self.count);
        let (medium, _) = scene.bundle(&room, seq, &wishes, |_| {});
        let before = yardsticks::token();
        let (receive, trace) = timed(|| scene.confirmed(&mut room, &medium));
        let (verify, _) = timed(|| verify::verify(&mut room, &trace).unwrap());
        let (plan, _) = timed(|| plan::close(&mut room, &trace).unwrap());
        for officer in ["chen", "li"] {
            scene.votes(&mut room, &trace, officer).unwrap();
        }
        let (sign, _) = timed(|| scene.signs(&mut room, &trace).unwrap());
        let (seal, _) = timed(|| scene.seals(&mut room, &trace, false).unwrap());
        let after = yardsticks::token();
        drop(room);
        let (open, room) = timed(|| scene.world.open().unwrap());
        let openssl = openssl.rate(scene, &wishes[..self.count.min(2000)]);
        let raw = [0, 1].map(|at| (before[at].0 + after[at].0) / 2.0);
        let cost = (before[0].1 + after[0].1) / 2.0;
        (Round { took: [receive, verify, plan, sign, seal, open], raw, cost, openssl }, room)
    }

    fn tell(&self, rounds: &[Round], verification: f64) {
        let (name, count) = (self.name, self.count);
        let middle = |of: &dyn Fn(&Round) -> f64| median(rounds.iter().map(of).collect());
        let raw = [0, 1].map(|at| middle(&|round: &Round| round.raw[at]));
        println!("bench {name}, {count} requests, medians of {ROUNDS} rounds");
        let steps: Vec<_> = (0..STEPS.len())
            .map(|at| {
                format!("{} {:.0}", STEPS[at], middle(&|round: &Round| round.took[at].clock * 1e6 / count as f64))
            })
            .collect();
        println!("bench   us a request: {}", steps.join("  "));
        let steps: Vec<_> = (0..STEPS.len())
            .map(|at| {
                format!("{} {:.0}", STEPS[at], middle(&|round: &Round| round.took[at].processors * 1e6 / count as f64))
            })
            .collect();
        let cost = middle(&|round: &Round| round.cost * 1e6);
        println!("bench   us of processors a request: {}; a raw C_Sign {cost:.0}", steps.join("  "));
        let cores = std::thread::available_parallelism().map_or(1, usize::from) as f64;
        let bound = cores / (1.0 / raw[0] + 1.0 / verification);
        println!(
            "bench   raw C_Sign {:.0}/s in one session, {:.0}/s in two; a verification {verification:.0}/s on one core; both on all cores {bound:.0}/s, which is {:.2} of one session and no run exceeds",
            raw[0],
            raw[1],
            bound / raw[0]
        );
        let whole = |round: &Round| count as f64 / round.took[2..5].iter().map(|took| took.clock).sum::<f64>();
        let sign = |round: &Round| count as f64 / round.took[3].clock;
        for (at, sessions) in ["one session", "two sessions"].into_iter().enumerate() {
            let [of_whole, of_sign] =
                if at == 0 { self.asked.map(|x| format!(" (asked {x:.2})")) } else { Default::default() };
            println!(
                "bench   against raw C_Sign in {sessions}: plan to seal {:.2}{of_whole}, sign {:.2}{of_sign}",
                middle(&|round: &Round| whole(round) / round.raw[at]),
                middle(&|round: &Round| sign(round) / round.raw[at])
            );
        }
        println!(
            "bench   against openssl ca, {:.0}/s: plan to seal {:.2} (asked 2.00)",
            middle(&|round: &Round| round.openssl),
            middle(&|round: &Round| whole(round) / round.openssl)
        );
    }
}

fn timed<T>(act: impl FnOnce() -> T) -> (Took, T) {
    let (started, before) = (Instant::now(), processors());
    let done = act();
    (Took { clock: started.elapsed().as_secs_f64(), processors: processors() - before }, done)
}

/// Seconds of the processors that all threads of this process have had.
pub(crate) fn processors() -> f64 {
    let had = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    had.tv_sec as f64 + had.tv_nsec as f64 / 1e9
}
