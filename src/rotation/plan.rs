//! Every step of a rotation in waves: a wave starts when the gate of the one before has opened.

pub(super) mod expand;

use super::check::Check;
use super::component::Seconds;
use super::facts::Facts;
use super::fleet::Fleet;
use super::gate;
use super::graph::{GraphError, Shape};
use super::stage::{Pass, Stage};
use super::step::{Action, Step, Way};

/// How much is done at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tempo {
    /// Kubelets that are restarted at once.
    pub kubelets: u32,
    /// Nodes whose files are written at once.
    pub files: u32,
    /// How long nobody may have used the old root before it is dropped, in seconds.
    pub soak: u32,
}

/// Steps that are alike; they are done `at_once` at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wave {
    /// What is changed.
    pub action: Action,
    /// The stage it belongs to.
    pub stage: Stage,
    /// Its steps are those from here.
    pub first: usize,
    /// How many there are.
    pub steps: usize,
    /// How many at a time.
    pub at_once: u32,
    /// What all of them take.
    pub takes: Seconds,
}

/// What a rotation costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Cost {
    /// Restarts of components, workloads left out.
    pub restarts: usize,
    /// How often each control plane leaves the load balancer.
    pub rounds: usize,
    /// The work, without the soak.
    pub work: Seconds,
    /// The soak, in seconds.
    pub soak: u32,
    /// How often the key of the old CA is needed: a cross-certificate a domain.
    pub old_key_uses: usize,
}

/// Every step, each after all those it waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    shape: Shape,
    fleet: Fleet,
    steps: Vec<Step>,
    waves: Vec<Wave>,
    cost: Cost,
}

impl Default for Tempo {
    /// Ten kubelets, fifty nodes, three days.
    fn default() -> Self {
        Self { kubelets: 10, files: 50, soak: 72 * 60 * 60 }
    }
}

impl Plan {
    /// The way from the old root to the new one.
    ///
    /// # Errors
    /// [`GraphError`]: a fault of the table.
    pub fn new(fleet: Fleet, shape: Shape, tempo: Tempo) -> Result<Self, GraphError> {
        let mut building = expand::Building::new(&fleet, shape, tempo);
        building.forward(&shape.order()?);
        let (steps, waves) = building.done();
        Ok(Self::of(fleet, shape, tempo, steps, waves))
    }

    /// The plan with these steps.
    pub(super) fn of(fleet: Fleet, shape: Shape, tempo: Tempo, steps: Vec<Step>, waves: Vec<Wave>) -> Self {
        let cost = expand::cost(&fleet, shape, tempo, &waves);
        Self { shape, fleet, steps, waves, cost }
    }

    /// The cluster.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// Its nodes.
    pub fn fleet(&self) -> &Fleet {
        &self.fleet
    }

    /// The steps in their order.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The waves in their order.
    pub fn waves(&self) -> &[Wave] {
        &self.waves
    }

    /// The steps of `wave`.
    pub fn steps_of(&self, wave: &Wave) -> &[Step] {
        self.steps.get(wave.first..wave.first.saturating_add(wave.steps)).unwrap_or_default()
    }

    /// What it costs.
    pub fn cost(&self) -> Cost {
        self.cost
    }

    /// The name of the node of `step`.
    pub fn node(&self, step: &Step) -> Option<&str> {
        step.place.and_then(|place| self.fleet.member(place)).map(|member| member.name.as_str())
    }

    /// Whether the facts show `step` as done.
    pub fn is_done(&self, step: &Step, facts: &Facts) -> bool {
        step.is_done(&self.fleet, self.shape, facts)
    }

    /// The steps that come next: what is down is started, then those of the first wave that is not done, as many as may
    /// be done at once. None where everything is done.
    pub fn next(&self, facts: &Facts) -> Vec<Step> {
        let down = self.down(facts);
        if !down.is_empty() {
            return down;
        }
        for wave in &self.waves {
            let undone = self.steps_of(wave).iter().filter(|step| !self.is_done(step, facts)).copied();
            let next: Vec<_> = undone.take(wave.at_once as usize).collect();
            if !next.is_empty() {
                return next;
            }
        }
        Vec::new()
    }
}

impl Plan {
    fn down(&self, facts: &Facts) -> Vec<Step> {
        let nodes = self.fleet.members().iter().zip(&facts.nodes).enumerate();
        let down = nodes.flat_map(|(place, (member, node))| {
            let stopped = node.up.iter().filter(|(component, up)| !**up && member.runs(**component));
            stopped.map(move |(component, _)| (*component, place))
        });
        let mut down: Vec<_> = down.collect();
        down.sort_unstable();
        let start = |(component, place)| Step {
            stage: Stage::Preflight,
            action: Action::Start(component),
            place: Some(place),
            way: Way::Forward,
        };
        down.into_iter().map(start).collect()
    }
}

impl Wave {
    /// The pass.
    pub fn pass(&self) -> Option<Pass> {
        self.stage.pass()
    }

    /// What must hold when it is done, before the next one starts.
    pub fn gate(&self) -> &'static [Check] {
        gate::after(self.action)
    }

    /// Which way it goes.
    pub fn way(&self, plan: &Plan) -> Way {
        plan.steps_of(self).first().map_or(Way::Forward, |step| step.way)
    }
}
