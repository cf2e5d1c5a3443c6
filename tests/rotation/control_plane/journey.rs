//! Node after node, as a playbook would, until a run ends otherwise than with the turn of another; what is a person's is done
//! as it is said.

use std::time::{Duration, Instant};

use airlock::cluster::role::Domain;
use airlock::devices::clock::{Clock as _, SystemClock};
use airlock::online::rotate::ground::Sources;
use airlock::online::rotate::{Goal, Why};
use airlock::refusal::Refused;
use airlock::rotation::check::{Check, Outcome};
use airlock::rotation::stage::Stage;
use airlock::rotation::state;
use airlock::rotation::trust::Trust;
use airlock::wire::time::Timestamp;

use super::clients::Load;
use super::plane::Plane;
use super::room::NODES;

const ROUNDS: usize = 120;

pub(crate) fn now() -> Timestamp {
    SystemClock.read().unwrap().now
}

/// A walk of the whole cluster.
pub(crate) struct Journey<'p> {
    plane: &'p Plane,
    load: &'p Load<'p>,
    pub(crate) sources: Sources,
    towards: Option<Goal>,
    began: Instant,
    /// What was computed, and by how many runs.
    own: (Duration, u32),
}

impl<'p> Journey<'p> {
    pub(crate) fn new(plane: &'p Plane, load: &'p Load<'p>) -> Self {
        (0..NODES.len()).for_each(|at| drop(plane.tell(at, &Sources::default())));
        Self { plane, load, sources: Sources::default(), towards: None, began: Instant::now(), own: Default::default() }
    }

    /// Towards `goal`, until nobody may go on, `stops` says so after a run, or all is done.
    pub(crate) fn go(&mut self, goal: Goal, mut stops: impl FnMut(&Plane) -> bool) -> Option<Why> {
        // Whoever turns round gives a new word: workloads have not learned what is wanted now.
        if self.towards.replace(goal) != Some(goal) {
            self.sources.workloads_rolled = None;
        }
        let mut idle = 0;
        for round in 0..ROUNDS {
            for (at, (node, _)) in NODES.iter().enumerate() {
                self.sources.objects = self.plane.print_objects();
                let before = self.load.others_computed();
                let ended = self.plane.run(at, goal, &self.shown(at));
                self.own.0 += self.load.others_computed().saturating_sub(before);
                self.own.1 += 1;
                for step in &ended.steps {
                    println!("{:>5} s {node}: {step}; {}", self.began.elapsed().as_secs(), ended.meter);
                }
                idle = if ended.steps.is_empty() { idle + 1 } else { 0 };
                if idle > 2 * NODES.len() {
                    println!("{:>5} s {node}: {:?}", self.began.elapsed().as_secs(), ended.why);
                }
                assert!(idle < 4 * NODES.len(), "round {round}: nobody goes on: {:?}", ended.why);
                self.green(at);
                if stops(self.plane) {
                    return None;
                }
                match ended.why {
                    Why::Turn(_) => {}
                    Why::Refused(error) if error.reason().code == "ROTATE_BY_HAND" => self.by_hand(&error),
                    why => {
                        println!("{:>5} s {node}: {why:?}", self.began.elapsed().as_secs());
                        return Some(why);
                    }
                }
            }
        }
        panic!("{ROUNDS} rounds are not enough");
    }

    /// Logs and metrics are shown to the first node; the others take its word.
    fn shown(&self, at: usize) -> Sources {
        let (audit, api_metrics, logs, clients) = Default::default();
        match at {
            0 => self.sources.clone(),
            _ => Sources { audit, api_metrics, logs, clients, ..self.sources.clone() },
        }
    }

    /// What a person does, by what is said.
    fn by_hand(&mut self, error: &Refused) {
        let said = error.to_string();
        println!("{:>5} s by hand: {said}", self.began.elapsed().as_secs());
        let domain = Domain::Kubernetes;
        let (old, new) = (self.plane.old.trust(domain), self.plane.new.trust(domain));
        let trust = match &said {
            said if said.contains("old+new") => format!("{old}{new}"),
            said if said.contains("new") => new,
            _ => old,
        };
        if said.contains("into cluster objects") {
            self.plane.publish(&trust);
        } else if said.contains("kube-root-ca.crt") {
            // Whoever was started before that has not learned it.
            self.sources.workloads_rolled = None;
            std::thread::sleep(std::time::Duration::from_secs(1));
        } else {
            assert!(said.contains("workloads"), "{said}");
            self.load.roll(None);
            self.sources.workloads_rolled = Some(now());
        }
    }

    /// Nobody refuses anybody.
    fn green(&self, at: usize) {
        let seen = self.plane.tell(at, &self.shown(at));
        let matrix = Check::MatrixGreen.judge(&self.plane.ground(at, &self.sources).plan, &seen.facts, Trust::Both);
        assert_ne!(matrix.outcome, Outcome::Fail, "{}", matrix.evidence);
    }

    /// Of the time since it began. The start of a process is not in it: a run is a call here.
    pub(crate) fn computed(&self) -> String {
        let ((own, runs), whole) = (self.own, self.began.elapsed());
        let share = own.as_secs_f64() / whole.as_secs_f64();
        format!("{runs} runs computed for {:.1} s of {:.0} s: {share:.3}", own.as_secs_f64(), whole.as_secs_f64())
    }

    pub(crate) fn reached(&self) -> Stage {
        let seen = self.plane.tell(0, &self.sources);
        state::derive(&self.plane.ground(0, &self.sources).plan, &seen.facts).reached
    }

    /// What each gate after `stage` says, from the real processes.
    pub(crate) fn gates(&self, stage: Stage) {
        let seen = self.plane.tell(0, &self.sources);
        for finding in airlock::rotation::gate::exit(&self.plane.ground(0, &self.sources).plan, stage, &seen.facts) {
            println!("        {stage} {}: {:?}, {}", finding.check, finding.outcome, finding.evidence);
        }
    }
}
