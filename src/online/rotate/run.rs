//! A run: look, take the next step that is this node's, look again, until it is another node's turn, a gate holds, or all is
//! done. Nothing is remembered between two runs but what files, processes and the log say; so a run that was killed is
//! simply run again.

use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

use super::announced::Announced;
use super::begin;
use super::counted::{self, Counted};
use super::ended::{Done, Ended, Why};
use super::eyes::{self, Seen};
use super::fault::RotateError;
use super::goal::Goal;
use super::ground::Ground;
use super::hands::act;
use super::hands::act::{Scene, by_hand};
use super::held::{explain, is_for_people, named, next_action, results, seen_by, state_of, timely, unknown, way};
use super::past::Past;
use super::returned;
use super::sampler::Sampler;
use super::vouched::vouch;
use super::wave::{before, other_way, stage, takes_all};
use crate::audit::detail::{RotationDone, RotationHeld};
use crate::audit::entry::{Actor, Outcome};
use crate::audit::event::Event;
use crate::audit::log::Recorded;
use crate::desk::host::Desk;
use crate::refusal::{Refusal as _, Refused};
use crate::rotation::check::{Check, Finding, Outcome as Judged};
use crate::rotation::facts::{Facts, Told};
use crate::rotation::gate::{self, Held, Permit};
use crate::rotation::plan::Plan;
use crate::rotation::rollback::rollback;
use crate::rotation::stage::Stage;
use crate::rotation::state;
use crate::rotation::step::{Action, Step};
use crate::rotation::trust::Trust;
use crate::wire::text;

/// What became of a step, and what was seen last.
enum Taken {
    Done(Box<Seen>),
    Not(Why, Box<Seen>),
}

/// Leave to do a step, or what holds it; and what was seen last.
enum Leave {
    Given(Permit, Box<Seen>),
    Held(Held, Box<Seen>),
}

impl Taken {
    fn not(why: Why, seen: Seen) -> Self {
        Self::Not(why, Box::new(seen))
    }
}

/// How often the counts of the meter are kept while something is waited for: a run that is killed loses no more.
const KEEP_EACH: Duration = Duration::from_secs(2);
const LOOK_AGAIN: Duration = Duration::from_millis(300);
const PROVE_AGAIN: Duration = Duration::from_secs(5);

/// Takes the steps of this node towards `goal`.
///
/// # Errors
/// What the log and the clock say, and a plan that cannot be made; all else ends the run and is told in [`Ended`].
pub fn run(desk: &mut Desk, ground: &Ground, goal: Goal) -> Result<Ended, Refused> {
    vouch(desk, ground)?;
    let counted = match goal {
        Goal::Forward => Counted::of(desk, &ground.trace)?,
        Goal::Back(_) => counted::on_the_way_back(desk, &ground.trace)?,
    };
    let sampler = Sampler::new(counted);
    // What a killed run left stopped is an outage that was announced.
    sampler.announce(ground.plan.fleet().is_single());
    thread::scope(|scope| {
        scope.spawn(|| sampler.run(ground));
        let (steps, proven) = (Vec::new(), BTreeMap::new());
        let ended = Run { desk, ground, goal, sampler: &sampler, steps, proven, kept: Instant::now() }.until_it_ends();
        sampler.end();
        ended
    })
}

/// Looks, and tells the others what this node sees of itself. Nothing is changed.
///
/// # Errors
/// As [`eyes::look`].
pub fn tell(desk: &mut Desk, ground: &Ground) -> Result<Seen, Refused> {
    vouch(desk, ground)?;
    let seen = eyes::look(ground, Past::of(desk, &ground.trace), desk.now()?)?;
    eyes::accounts::write(ground, &seen.account)?;
    Ok(seen)
}

struct Run<'r> {
    desk: &'r mut Desk,
    ground: &'r Ground,
    goal: Goal,
    sampler: &'r Sampler,
    steps: Vec<Done>,
    /// What was proven since something was changed last.
    proven: BTreeMap<Check, Told>,
    /// When the counts of the meter were kept last.
    kept: Instant,
}

/// What comes next.
enum Next {
    Done,
    Mine(Step),
    Others(Step, RotateError),
    Held(Held),
}

impl Run<'_> {
    fn until_it_ends(mut self) -> Result<Ended, Refused> {
        let mut seen = self.look()?;
        let plan = self.plan(&seen.facts)?;
        let is_start = |step: &Step| matches!(step.action, Action::Start(_));
        let left = plan.next(&seen.facts).into_iter().find(is_start);
        self.sampler.announce(left.is_some_and(|step| takes_all(&plan, step)));
        loop {
            let plan = self.plan(&seen.facts)?;
            if let Some(error) = other_way(&plan, self.goal, &seen) {
                return self.end(&plan, Why::Refused(error.into()), &seen.facts);
            }
            let why = match self.next(&plan, &seen) {
                Next::Done => Why::Finished,
                Next::Others(step, error) => {
                    seen = self.until_it_is_known(&plan, step, seen)?;
                    Why::Turn(error)
                }
                Next::Held(held) => Why::Held(held),
                Next::Mine(step) => match self.take(&plan, step, seen)? {
                    Taken::Done(now) => {
                        seen = *now;
                        continue;
                    }
                    Taken::Not(why, then) => {
                        seen = *then;
                        why
                    }
                },
            };
            return self.end(&plan, why, &seen.facts);
        }
    }

    fn end(self, plan: &Plan, why: Why, facts: &Facts) -> Result<Ended, Refused> {
        let reached = state::derive(&self.ground.plan, facts).reached;
        let digest = self.ground.digest().map_err(RotateError::Unwritable)?;
        let (action, checks, said, code) = match &why {
            Why::Finished | Why::Turn(_) => return self.ended(why, reached, facts),
            Why::Held(held) => (held.step.clone(), results(&held.findings), held.to_string(), held.reason().code),
            Why::Refused(refused) => (next_action(plan), Vec::new(), refused.to_string(), refused.reason().code),
        };
        let detail = RotationHeld { action, checks, plan: digest, why: text::clip(&said, 400) };
        let outcome = Outcome::Denied(code.to_owned());
        self.desk.note_as(&Actor::system(), Some(self.ground.trace.as_str()), outcome, Event::RotationHeld(detail))?;
        self.ended(why, reached, facts)
    }

    fn ended(mut self, why: Why, reached: Stage, facts: &Facts) -> Result<Ended, Refused> {
        self.keep()?;
        returned::note(self.desk, self.ground, self.goal, &why)?;
        let is_clean = facts.cluster.residue == Some(0);
        Ok(Ended { steps: self.steps, goal: self.goal, why, reached, is_clean, meter: self.sampler.said() })
    }

    /// Keeps what the meter counted, for the next run.
    fn keep(&mut self) -> Result<(), Refused> {
        self.kept = Instant::now();
        self.sampler.counted().keep(self.desk, &self.ground.trace)
    }

    /// Looks, tells the others what this node sees of itself, and lets the meter dial by what lies there now.
    fn look(&mut self) -> Result<Seen, Refused> {
        let past = Past::of(self.desk, &self.ground.trace);
        let mut seen = eyes::look(self.ground, past, self.desk.now()?)?;
        for (check, told) in &self.proven {
            seen.facts.told.insert(*check, told.clone());
        }
        if self.kept.elapsed() >= KEEP_EACH {
            self.keep()?;
        }
        eyes::accounts::write(self.ground, &seen.account)?;
        self.sampler.dial_as(&seen.callers);
        Ok(seen)
    }

    fn plan(&self, facts: &Facts) -> Result<Plan, Refused> {
        match self.goal {
            Goal::Forward => Ok(self.ground.plan.clone()),
            Goal::Back(back) => Ok(rollback(&self.ground.plan, self.ground.tempo, facts, back)?),
        }
    }

    fn next(&self, plan: &Plan, seen: &Seen) -> Next {
        let next = plan.next(&seen.facts);
        let is_mine = |step: &&Step| match step.place {
            Some(place) => place == self.ground.site.place,
            None => self.ground.is_first(),
        };
        let Some(first) = next.first() else { return Next::Done };
        if let Some(mine) = next.iter().find(is_mine) {
            return Next::Mine(*mine);
        }
        let known = |step: &&Step| step.place.is_none_or(|place| seen.facts.node(place).is_some_and(|node| node.seen));
        match next.iter().find(known) {
            Some(step) => {
                let first = self.ground.plan.fleet().members().iter().find(|member| member.control_plane);
                let first = first.or_else(|| plan.fleet().member(0)).map(|member| member.name.as_str());
                let node = text::clip(plan.node(step).or(first).unwrap_or_default(), 64);
                Next::Others(*step, RotateError::Turn { node, action: step.action.to_string() })
            }
            None => Next::Held(unknown(plan, first)),
        }
    }

    /// Takes `step`, where a program does it.
    fn take(&mut self, plan: &Plan, step: Step, seen: Seen) -> Result<Taken, Refused> {
        match step.action {
            Action::Soak => {
                let checks = [Check::OldUnused, Check::SecondPerson];
                let findings = checks.map(|check| check.judge(plan, &seen.facts, Trust::Both));
                let findings = timely(findings.into_iter().filter(|finding| !finding.holds()).collect());
                Ok(Taken::not(Why::Held(Held { step: named(plan, step), findings }), seen))
            }
            // What is left is kept on purpose, and goes when a person says so.
            Action::Clean => Ok(match self.permit(plan, step, seen)? {
                Leave::Given(_, seen) => Taken::Not(Why::Finished, seen),
                Leave::Held(held, seen) => Taken::Not(Why::Held(held), seen),
            }),
            action @ (Action::Publish(_) | Action::AwaitRootCa(_) | Action::RollWorkloads(_)) => {
                let how = by_hand(action).to_owned();
                let error = RotateError::ByHand { action: action.to_string(), how };
                Ok(Taken::not(Why::Refused(error.into()), seen))
            }
            _ => match self.permit(plan, step, seen)? {
                Leave::Given(permit, seen) => {
                    self.sampler.announce(takes_all(plan, step));
                    let taken = self.step(plan, step, permit, *seen);
                    self.sampler.announce(false);
                    taken
                }
                Leave::Held(held, seen) => Ok(Taken::Not(Why::Held(held), seen)),
            },
        }
    }

    /// The preflight that the first step asks for, where this node makes it and none counts; whether one was made now.
    fn preflight(&mut self, held: &Held, seen: &Seen) -> Result<bool, Refused> {
        let is_asked = held.findings.iter().any(|finding| finding.check == Check::Preflight);
        if !is_asked || !self.ground.is_first() || self.proven.contains_key(&Check::Preflight) {
            return Ok(false);
        }
        let told = begin::preflight(self.desk, self.ground, seen)?;
        self.proven.insert(Check::Preflight, told);
        Ok(true)
    }

    /// Does `step`: written down, done, seen to be done, written down.
    fn step(&mut self, plan: &Plan, step: Step, permit: Permit, seen: Seen) -> Result<Taken, Refused> {
        let (began, before) = (Instant::now(), self.sampler.counts());
        let plan_digest = self.ground.digest().map_err(RotateError::Unwritable)?;
        let node = plan.node(&step).map(|name| text::clip(name, 64));
        let announced = Announced { permit, node: node.clone(), plan: plan_digest, to: self.goal.back() };
        let trace = self.ground.trace.as_str().to_owned();
        let announced: Recorded<Announced> = self.desk.record(&Actor::system(), Some(&trace), announced)?;
        self.proven.clear();
        self.keep()?;
        let (intent, now) = (announced.entry(), self.desk.now()?);
        let scene = Scene { ground: self.ground, seen: &seen, lock: self.desk.lock(), now };
        let made = match act(&scene, announced) {
            Ok(made) => made,
            Err(refused) => return Ok(Taken::not(Why::Refused(refused), seen)),
        };
        let seen = match self.wait_done(plan, step)? {
            Ok(seen) => seen,
            Err((held, seen)) => return Ok(Taken::not(Why::Held(held), seen)),
        };
        let (took, after) = (began.elapsed(), self.sampler.counts());
        let detail = RotationDone {
            action: step.action.to_string(),
            files: made.files,
            intent,
            milliseconds: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            node,
            requests_failed: after.1 - before.1,
            requests_ok: after.0 - before.0,
            restarts: made.restarts,
            stage: stage(step).to_owned(),
            way: way(step.way).to_owned(),
        };
        self.desk.note(&Actor::system(), Some(&trace), Event::RotationDone(detail))?;
        self.keep()?;
        self.steps.push(Done { action: step.action.to_string(), stage: stage(step), made, took });
        Ok(Taken::Done(Box::new(seen)))
    }

    /// Leave to do `step`: the gate after the wave before it, and what holds before it. What may come right by itself is
    /// waited for.
    fn permit(&mut self, plan: &Plan, step: Step, seen: Seen) -> Result<Leave, Refused> {
        let until = Instant::now() + self.ground.patience.gate;
        let mut seen = seen;
        loop {
            let mut held = match gate::permit(plan, step, &seen.facts, self.sampler.standing()) {
                Ok(permit) => match before(plan, step, &seen) {
                    findings if findings.is_empty() => return Ok(Leave::Given(permit, Box::new(seen))),
                    findings => Held { step: named(plan, step), findings },
                },
                Err(held) => held,
            };
            if self.preflight(&held, &seen)? || self.prove(&held, &seen) {
                seen = self.look()?;
                continue;
            }
            explain(&mut held, &seen);
            if is_for_people(step, &held) || Instant::now() >= until {
                return Ok(Leave::Held(held, Box::new(seen)));
            }
            thread::sleep(self.forget_disproven());
            seen = self.look()?;
        }
    }

    /// What was disproven may come right by itself, as when a controller manager has not looked at its new pair yet: it is
    /// proven anew. How long to wait before, for a proof leaves a request behind.
    fn forget_disproven(&mut self) -> Duration {
        let before = self.proven.len();
        self.proven.retain(|check, told| told.holds || *check == Check::Preflight);
        if self.proven.len() < before { PROVE_AGAIN } else { LOOK_AGAIN }
    }

    /// Whether something that held was proven just now, one way or the other.
    fn prove(&mut self, held: &Held, seen: &Seen) -> bool {
        let unknown = held.findings.iter().filter(|finding| finding.outcome == Judged::Unknown);
        let fresh: Vec<_> = unknown
            .filter(|finding| !self.proven.contains_key(&finding.check))
            .filter_map(|finding| Some((finding.check, eyes::whole::prove(self.ground, seen, finding.check)?)))
            .collect();
        let any = !fresh.is_empty();
        self.proven.extend(fresh);
        any
    }

    /// Goes on looking until it is known what programs of this node have loaded of what they look at by themselves, where that
    /// holds up the `step` of another: the other takes this node's word, which gets no newer when it has gone.
    fn until_it_is_known(&mut self, plan: &Plan, step: Step, seen: Seen) -> Result<Seen, Refused> {
        let (until, mut seen) = (Instant::now() + self.ground.patience.gate, seen);
        let own = self.ground.site.place;
        while Instant::now() < until && gate::waits_for(plan, step, &seen.facts, own) {
            thread::sleep(LOOK_AGAIN);
            seen = self.look()?;
        }
        Ok(seen)
    }

    /// Waits until `step` is seen to be done.
    fn wait_done(&mut self, plan: &Plan, step: Step) -> Result<Result<Seen, (Held, Seen)>, Refused> {
        let member = step.place.and_then(|place| plan.fleet().member(place));
        let takes = Duration::from_secs(u64::from(step.takes(member).most)).min(self.ground.patience.gate);
        let until = Instant::now() + takes + self.ground.patience.step;
        loop {
            let seen = self.look()?;
            if plan.is_done(&step, &seen.facts) {
                return Ok(Ok(seen));
            }
            if Instant::now() >= until {
                let evidence = format!("it was done and is not seen to be: {}", state_of(plan, step, &seen));
                let finding = Finding { check: seen_by(step.action), outcome: Judged::Fail, evidence };
                return Ok(Err((Held { step: named(plan, step), findings: vec![finding] }, seen)));
            }
            thread::sleep(LOOK_AGAIN);
        }
    }
}
