//! Hands that do steps in the model, one smallest change at a time, and the eyes of whoever watches.

use airlock::cluster::role::Role;
use airlock::rotation::component::Component;
use airlock::rotation::facts::{Facts, Signer};
use airlock::rotation::gate;
use airlock::rotation::meter::Standing;
use airlock::rotation::plan::Plan;
use airlock::rotation::step::{Action, Scope, Step, hot_roles, roles};
use airlock::rotation::trust::{Leaf, Trust};

use crate::world::{Move, World};

/// What goes wrong, and when: one draw for each change.
pub(crate) struct Luck {
    state: u64,
    /// One of so many changes is the last before a kill.
    pub(crate) kill_one_of: u64,
    /// After one of so many changes a program dies by itself.
    pub(crate) crash_one_of: u64,
}

/// What was seen on the way.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) red: Vec<String>,
    pub(crate) moves: usize,
    pub(crate) kills: usize,
}

const COMPONENTS: [Component; 5] =
    [Component::Etcd, Component::Apiserver, Component::ControllerManager, Component::Scheduler, Component::Kubelet];

impl Luck {
    pub(crate) fn new(seed: u64, kill_one_of: u64, crash_one_of: u64) -> Self {
        Self { state: seed.wrapping_mul(2).wrapping_add(1), kill_one_of, crash_one_of }
    }

    /// A number below `below` (splitmix64).
    pub(crate) fn draw(&mut self, below: u64) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % below
    }
}

/// The smallest changes that make up `step`.
pub(crate) fn moves(step: Step) -> Vec<Move> {
    let at = step.place.unwrap_or_default();
    let restart = |component| vec![Move::Stop(at, component), Move::Start(at, component)];
    let manager = Component::ControllerManager;
    match step.action {
        Action::Start(component) => vec![Move::Start(at, component)],
        Action::SplitSigner => [vec![Move::Signer(at, Signer::Apart)], restart(manager)].concat(),
        Action::JoinSigner => [vec![Move::Signer(at, Signer::Shared)], restart(manager)].concat(),
        Action::SwapSigner(Signer::Off) => [vec![Move::Signer(at, Signer::Off)], restart(manager)].concat(),
        Action::SwapSigner(signer) => [vec![Move::Signer(at, signer)], restart(manager)].concat(),
        Action::PutTrust(scope, trust) => put(at, scope, trust),
        Action::Publish(trust) => vec![Move::Publish(trust)],
        Action::Cycle(_) => vec![
            Move::Stop(at, Component::Apiserver),
            Move::Stop(at, Component::Etcd),
            Move::Start(at, Component::Etcd),
            Move::Start(at, Component::Apiserver),
        ],
        Action::Restart(component, _) => restart(component),
        Action::AwaitRootCa(_) => Vec::new(),
        Action::RollWorkloads(_) => vec![Move::Roll],
        Action::SwapLeaves(component, leaf) => hot_roles(component).map(|role| Move::Leaf(at, role, leaf)).collect(),
        Action::ProveReconnect => restart(Component::Etcd),
        Action::SwapIdentity(component, leaf) => {
            let swaps = roles(component).map(|role| Move::Leaf(at, role, leaf)).collect();
            [swaps, if component == Component::Admin { Vec::new() } else { restart(component) }].concat()
        }
        Action::Strip(component) => roles(component).map(|role| Move::Strip(at, role)).collect(),
        Action::Soak => vec![Move::Soaked],
        Action::Clean => vec![Move::Cleaned],
    }
}

fn put(at: usize, scope: Scope, trust: Trust) -> Vec<Move> {
    const CLIENTS: &[&str] = &["admin.conf", "controller-manager.conf", "kubelet.conf", "scheduler.conf"];
    const SERVERS: &[&str] = &["ca.crt", "etcd/ca.crt", "front-proxy-ca.crt"];
    let files = match scope {
        Scope::Clients => CLIENTS.to_vec(),
        Scope::Servers => SERVERS.to_vec(),
        Scope::ClientCa => vec!["ca.crt"],
        Scope::All => [CLIENTS, SERVERS].concat(),
    };
    files.into_iter().map(|file| Move::Write(at, file, trust)).collect()
}

/// More rounds than any walk needs, however often it is killed.
const ENOUGH: usize = 4_000;

/// Walks `plan` until it is done or `stop` changes were made, killed and started again as `luck` has it. The gates are
/// asked before each step, and after each wave before the next.
pub(crate) fn walk(world: &mut World, plan: &Plan, luck: &mut Luck, stop: usize) -> Seen {
    let mut seen = Seen::default();
    let mut rounds = 0;
    'run: loop {
        let facts = world.facts();
        let next = plan.next(&facts);
        rounds += 1;
        assert!(rounds < ENOUGH, "it goes round and round: {next:?}");
        if next.is_empty() {
            return seen;
        }
        open_after_the_wave_before(plan, next[0], &facts);
        for step in next {
            let permit = gate::permit(plan, step, &world.facts(), Standing::TooFew);
            let permit = permit.unwrap_or_else(|held| panic!("{held}: {:?}", held.findings));
            for change in moves(permit.step()) {
                if seen.moves >= stop {
                    return seen;
                }
                world.apply(change);
                seen.moves += 1;
                watch(world, &format!("after {change:?} of {}", step.action), &mut seen);
                if luck.crash_one_of > 0 && luck.draw(luck.crash_one_of) == 0 {
                    let place = luck.draw(world.fleet.members().len() as u64) as usize;
                    let component = COMPONENTS[luck.draw(5) as usize];
                    world.crash(place, component);
                    watch(world, &format!("after a crash of {component:?} on {place}"), &mut seen);
                }
                if luck.kill_one_of > 0 && luck.draw(luck.kill_one_of) == 0 {
                    seen.kills += 1;
                    continue 'run;
                }
            }
        }
    }
}

/// What must hold after the wave before that of `step` holds, as whoever carries the plan out demands it.
fn open_after_the_wave_before(plan: &Plan, step: Step, facts: &Facts) {
    let at = plan.waves().iter().position(|wave| plan.steps_of(wave).contains(&step));
    let Some(before) = at.and_then(|at| plan.waves().get(at.checked_sub(1)?)) else { return };
    let bad: Vec<_> = gate::of_wave(plan, before, facts).into_iter().filter(|finding| !finding.holds()).collect();
    assert!(bad.is_empty(), "after {}, before {}: {bad:?}", before.action, step.action);
}

/// No connection is red, etcd has its quorum, one API server is out at most.
fn watch(world: &World, when: &str, seen: &mut Seen) {
    let red = world.red();
    seen.red.extend(red.iter().take(1).map(|red| format!("{when}: {red}")));
    if world.fleet.etcd_members() >= 3 && world.up(Component::Etcd) < world.fleet.quorum() {
        seen.red.push(format!("{when}: etcd has no quorum"));
    }
    let out = world.fleet.with(Component::Apiserver).count() - world.up(Component::Apiserver);
    if out > 1 {
        seen.red.push(format!("{when}: {out} API servers are out"));
    }
}

/// Changes in the order of the article taken literally: each component gets bundle and leaf when its turn comes.
pub(crate) fn as_the_article_has_it(world: &World) -> Vec<Move> {
    let mut all = Vec::new();
    for (component, files) in [
        (Component::Etcd, &["etcd/ca.crt"][..]),
        (Component::Apiserver, &["ca.crt", "front-proxy-ca.crt"]),
        (Component::ControllerManager, &["controller-manager.conf"]),
        (Component::Kubelet, &["kubelet.conf", "ca.crt"]),
    ] {
        for at in world.fleet.with(component) {
            all.extend(files.iter().map(|file| Move::Write(at, file, Trust::Both)));
            all.extend(roles(component).map(|role| Move::Leaf(at, role, Leaf::New)));
            all.extend([Move::Stop(at, component), Move::Start(at, component)]);
        }
    }
    all
}

/// Everything replaced everywhere, then everything restarted.
pub(crate) fn swap_all(world: &World) -> Vec<Move> {
    let places = || 0..world.fleet.members().len();
    let files = |at| put(at, Scope::All, Trust::New);
    let leaves = |at| Role::ALL.iter().map(move |role| Move::Leaf(at, *role, Leaf::New));
    let restarts = |at| COMPONENTS.into_iter().flat_map(move |of| [Move::Stop(at, of), Move::Start(at, of)]);
    places().flat_map(files).chain(places().flat_map(leaves)).chain(places().flat_map(restarts)).collect()
}
