//! The orders that fail, on the real control plane: seen by clients, by the meter and by the gates.

use std::fs;
use std::thread::{self, sleep};
use std::time::Duration;

use airlock::cluster::layout::next;
use airlock::cluster::role::{Domain, Files, Role};
use airlock::devices::component::restart;
use airlock::online::rotate::ground::Sources;
use airlock::rotation::check::{Check, Outcome};
use airlock::rotation::component::Component;
use airlock::rotation::gate;
use airlock::rotation::meter::{DEFAULT_BUDGET, Meter, Standing};
use airlock::rotation::step::Action;
use airlock::rotation::trust::{Leaf, Trust};
use airlock::wire::time::Timestamp;

use super::clients::{Measured, under_load};
use super::plane::Plane;
use super::room::{NODES, inside};

const ETCD: [Role; 3] = [Role::EtcdServer, Role::EtcdPeer, Role::EtcdHealthcheckClient];
const APISERVER: [Role; 4] =
    [Role::Apiserver, Role::ApiserverEtcdClient, Role::ApiserverKubeletClient, Role::FrontProxyClient];

impl Plane {
    /// Writes over the live leaves what lies beside them, as one does who has no engine.
    fn takes(&self, at: usize, roles: &[Role]) {
        for role in roles {
            let paths = match role.identity().files {
                Files::Pair { certificate, key } => vec![key, certificate],
                Files::Kubeconfig(path) => vec![path],
            };
            for path in paths {
                fs::copy(self.live(at, &next(path).unwrap()), self.live(at, path)).unwrap();
            }
        }
    }

    fn trusts(&self, at: usize, domains: &[Domain], trust: impl Fn(Domain) -> String) {
        domains.iter().for_each(|domain| fs::write(self.live(at, domain.ca_certificate()), trust(*domain)).unwrap());
    }

    fn both(&self, domain: Domain) -> String {
        format!("{}{}", self.old.trust(domain), self.new.trust(domain))
    }

    pub(crate) fn restarts(&self, at: usize, component: Component) {
        let component = self.ground(at, &Sources::default()).site.component(component).unwrap().unwrap();
        restart(&*component).unwrap();
    }

    /// What a gate would say to new leaves of etcd on the first node now.
    fn gate(&self) -> String {
        let (ground, seen) = (self.ground(0, &Sources::default()), self.tell(0, &Sources::default()));
        let leaves = Action::SwapLeaves(Component::Etcd, Leaf::New);
        let step = ground.plan.steps().iter().find(|step| step.action == leaves).copied().unwrap();
        let held = gate::permit(&ground.plan, step, &seen.facts, Standing::TooFew).unwrap_err();
        assert!(held.findings.iter().any(|finding| finding.check == Check::MatrixGreen), "{held:?}");
        held.to_string()
    }
}

/// The meter holds what was measured.
fn must_be_spent(measured: &Measured, what: &str) {
    let record = &measured.with_certificates;
    record.tell(what);
    let mut meter = Meter::new(DEFAULT_BUDGET);
    let begin: Timestamp = "2026-12-02T00:00:00Z".parse().unwrap();
    for sample in &record.samples {
        let second = begin.plus(i64::try_from(sample.second).unwrap());
        meter.count(second, u64::from(sample.retried), u64::from(!sample.retried));
    }
    println!("{what}: {meter}");
    assert_eq!(meter.standing(), Standing::Spent);
    assert!(record.failed_with_retry() > 0);
}

/// Component by component, bundle and new leaf at once, restarted when its turn comes.
#[test]
#[ignore = "takes minutes and a control plane: scripts/test --control-plane"]
fn one_pass_in_the_literal_order_is_an_outage() {
    if !inside("control_plane::orders::one_pass_in_the_literal_order_is_an_outage") {
        return;
    }
    let plane = Plane::start();
    println!("a gate before: {}", plane.gate());
    let pair = plane.old.client("load", "load");
    plane.furnish();
    let measured = under_load(&plane, &pair, |_| {
        for (at, (node, _)) in NODES.iter().enumerate() {
            plane.trusts(at, &[Domain::Etcd], |domain| plane.both(domain));
            plane.takes(at, &ETCD);
            plane.restarts(at, Component::Etcd);
            sleep(Duration::from_secs(5));
            let seen = plane.tell(0, &Sources::default());
            let matrix = Check::MatrixGreen.judge(&plane.ground(0, &Sources::default()).plan, &seen.facts, Trust::Both);
            let healthy =
                Check::EtcdHealthy.judge(&plane.ground(0, &Sources::default()).plan, &seen.facts, Trust::Both);
            println!("{}: {:?} {}; {:?} {}", node, matrix.outcome, matrix.evidence, healthy.outcome, healthy.evidence);
            assert_eq!((matrix.outcome == Outcome::Pass, healthy.outcome == Outcome::Pass), (false, false));
        }
        for at in 0..NODES.len() {
            plane.trusts(at, &[Domain::Kubernetes, Domain::FrontProxy], |domain| plane.both(domain));
            plane.takes(at, &APISERVER);
            plane.restarts(at, Component::Apiserver);
            sleep(Duration::from_secs(5));
        }
    });
    must_be_spent(&measured, "literal order");
    assert!(measured.with_certificates.dark_seconds() >= 5);
}

/// All files everywhere, everything restarted at once, the clients in the same second.
#[test]
#[ignore = "takes minutes and a control plane: scripts/test --control-plane"]
fn to_swap_all_at_once_is_an_outage() {
    if !inside("control_plane::orders::to_swap_all_at_once_is_an_outage") {
        return;
    }
    let plane = Plane::start();
    plane.furnish();
    let (old, new) = (plane.old.client("load", "load"), plane.new.client("load", "load"));
    let measured = under_load(&plane, &old, |load| {
        sleep(Duration::from_secs(10));
        for at in 0..NODES.len() {
            plane.trusts(at, &Domain::ALL, |domain| plane.new.trust(domain));
            plane.takes(at, &ETCD);
            plane.takes(at, &APISERVER);
            plane.takes(at, &[Role::Admin, Role::ControllerManager, Role::Scheduler, Role::KubeletClient]);
        }
        load.trusts(&new, &plane.new.trust(Domain::Kubernetes));
        thread::scope(|scope| {
            for at in 0..NODES.len() {
                for component in [Component::Etcd, Component::Apiserver] {
                    let plane = &plane;
                    scope.spawn(move || plane.restarts(at, component));
                }
            }
        });
        sleep(Duration::from_secs(10));
    });
    must_be_spent(&measured, "swap all");
    assert!(measured.with_certificates.dark_seconds() >= 2);
}
