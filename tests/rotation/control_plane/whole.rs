//! There, and back, without a request that fails with one retry.

use std::fs;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use airlock::audit::detail::RotationIntent;
use airlock::audit::entry::Actor;
use airlock::audit::event::Event;
use airlock::cluster::role::{Domain, Role};
use airlock::devices::probe::Connection;
use airlock::devices::probe::http::Ask;
use airlock::exchange::consent::Agreed;
use airlock::online::rotate::ground::Sources;
use airlock::online::rotate::{Goal, Why};
use airlock::pki::certificate::Certificate;
use airlock::rotation::check::Check;
use airlock::rotation::component::Component;
use airlock::rotation::graph::Variant;
use airlock::rotation::stage::{Back, Stage};

use super::audit;
use super::clients::{Load, under_load};
use super::journey::{Journey, now};
use super::manifests::PODS;
use super::material;
use super::plane::Plane;
use super::pods;
use super::room::{NODES, inside};
use crate::engine::held;
use crate::etcd::TIME;
use crate::people;
use crate::pki::Pair;

/// After this long every watch has ended that client-go opened before, and a little more.
const ENDED: Duration = Duration::from_secs(10 * 60 + 20);
/// The five minutes of a poll, the shortest window there is, the two minutes within which a Go program collects its garbage, and
/// a little more.
const WINDOW: Duration = Duration::from_secs(17 * 60 + 30);

pub(super) fn finished(why: Option<Why>) {
    assert!(matches!(why, Some(Why::Finished)), "{why:?}");
}

/// The ends of all logs of components since they were as long as `since` says.
fn logs(plane: &Plane, since: &[usize]) -> Vec<PathBuf> {
    let write = |(log, since): (PathBuf, &usize)| {
        let bytes = fs::read(&log).unwrap();
        let name = log.strip_prefix(plane.base.path()).unwrap().to_str().unwrap().replace('/', "-");
        let path = plane.base.path().join(name);
        fs::write(&path, &bytes[*since..]).unwrap();
        path
    };
    all_logs(plane).into_iter().zip(since).map(write).collect()
}

fn all_logs(plane: &Plane) -> Vec<PathBuf> {
    (0..NODES.len()).flat_map(|at| PODS.map(|pod| pods::log(&plane.root(at), pod))).collect()
}

fn lengths(plane: &Plane) -> Vec<usize> {
    all_logs(plane).iter().map(|log| fs::read(log).unwrap().len()).collect()
}

#[test]
#[ignore = "takes most of an hour and a control plane: scripts/test --control-plane"]
fn a_whole_rotation_fails_no_request() {
    if !inside("control_plane::whole::a_whole_rotation_fails_no_request") {
        return;
    }
    let plane = Plane::start();
    plane.furnish();
    let (old, new) = (plane.old.client("load", "load"), plane.new.client("load", "load"));
    let measured = under_load(&plane, &old, |load| {
        let began = Instant::now();
        let mut journey = Journey::new(&plane, load);
        let (mut since, mut swapped) = (lengths(&plane), false);
        let evidence = journey.go(Goal::Forward, |plane| {
            // Before the first leaf changes, whoever does not know a root may complain.
            if !swapped {
                since = lengths(plane);
                swapped = plane.has_new(0, Role::EtcdServer);
            }
            false
        });
        println!("held: {}", held(evidence.unwrap(), Check::OldUnused));
        for stage in [Stage::SignerSplit, Stage::TrustLoaded, Stage::Leaves, Stage::Identities] {
            journey.gates(stage);
        }
        println!("trust and leaves took {:?}, {} programs fell; {}", began.elapsed(), fell(&plane), journey.computed());
        load.say("trust and leaves");
        assert_eq!(journey.reached(), Stage::Identities);
        // People have their new certificates too, and now nobody uses the old root.
        load.roll(Some(&new));
        thread::sleep(Duration::from_secs(5));
        let evidence = judged(&plane, &mut journey, &since, &new);
        assert!(evidence.contains("API server of cp3: it runs since") && evidence.contains("restart it"), "{evidence}");
        (0..NODES.len()).for_each(|at| anew(&plane, at));
        somebody_comes(&plane, &mut journey, &since, (&old, &new));
        somebody_unknown_comes(&plane);
        // From here on nothing but time is in the way.
        unused(&plane, WINDOW);
        ends_its_watch(load);
        let evidence = judged(&plane, &mut journey, &since, &new);
        let said = "forgotten, whom nothing of the new root certifies, by audit-cp3";
        assert!(evidence.starts_with("nothing speaks against it") && evidence.contains(said), "{evidence}");
        unused(&plane, ENDED);
        ends_its_watch(load);
        show(&plane, &mut journey, &since, &new);
        println!("at the end: {}", seen(&plane, &journey));
        two_agree(&plane, &journey);
        let began = Instant::now();
        finished(journey.go(Goal::Forward, |_| false));
        journey.gates(Stage::OldTrustOff);
        println!("the drop took {:?}, {} programs fell; {}", began.elapsed(), fell(&plane), journey.computed());
        assert_eq!(journey.reached(), Stage::OldTrustOff);
        only_the_new_root_is_left(&plane);
        load.settle();
    });
    measured.must_be_whole("there");
}

/// The drop without the half hour of evidence before it: as where a run of the first node was killed right behind its
/// announcement.
#[test]
#[ignore = "takes a quarter of an hour and a control plane: scripts/test --control-plane"]
fn a_drop_that_was_announced_goes_round_and_fails_no_request() {
    if !inside("control_plane::whole::a_drop_that_was_announced_goes_round_and_fails_no_request") {
        return;
    }
    drop_that_was_announced(Variant::DualTrust);
}

/// Forward until people must wait, and then the drop with nothing more to prove.
pub(super) fn drop_that_was_announced(variant: Variant) {
    let plane = Plane::start_with(variant);
    plane.furnish();
    let (old, new) = (plane.old.client("load", "load"), plane.new.client("load", "load"));
    let measured = under_load(&plane, &old, |load| {
        let mut journey = Journey::new(&plane, load);
        held(journey.go(Goal::Forward, |_| false).unwrap(), Check::OldUnused);
        load.roll(Some(&new));
        two_agree(&plane, &journey);
        let ground = plane.ground(0, &journey.sources);
        let (stage, way) = (Stage::OldTrustOff.id().to_owned(), "forward".to_owned());
        let (action, plan) = ("announced".to_owned(), ground.digest().unwrap());
        let intent = RotationIntent { action, checks: vec![], node: None, plan, stage, to: None, way };
        let trace = Some(ground.trace.as_str());
        plane.desk(0).note(&Actor::system(), trace, Event::RotationIntent(intent)).unwrap();
        let began = Instant::now();
        finished(journey.go(Goal::Forward, |_| false));
        println!("the drop took {:?}, {} programs fell; {}", began.elapsed(), fell(&plane), journey.computed());
        only_the_new_root_is_left(&plane);
        load.settle();
    });
    measured.must_be_whole("an announced drop");
}

/// Each node says what it sees, and two people agree to the drop.
fn two_agree(plane: &Plane, journey: &Journey<'_>) {
    (0..NODES.len()).for_each(|at| drop(plane.tell(at, &journey.sources)));
    let ground = plane.ground(0, &journey.sources);
    (0..2).for_each(|person| people::agree(&ground, &plane.facts(), person, Agreed::Drop, now()));
}

/// That of the load is a person's, who names no end: an API server would let it go on for half an hour or more.
fn ends_its_watch(load: &Load<'_>) {
    load.roll(None);
    thread::sleep(Duration::from_secs(2));
}

/// So long no API server meets a certificate of the old root, though the engine looks, on each node.
fn unused(plane: &Plane, time: Duration) {
    let met = audit::old_met(plane);
    for part in 0..4 {
        (0..NODES.len()).for_each(|at| drop(plane.tell(at, &Sources::default())));
        assert_eq!(audit::old_met(plane), met, "part {part}: a look of ours used the old root");
        thread::sleep(time / 4);
    }
    assert_eq!(audit::old_met(plane), met, "an API server met a certificate of the old root");
}

/// The API server of the node at `at` is started anew and answers, and its node says so.
fn anew(plane: &Plane, at: usize) {
    plane.restarts(at, Component::Apiserver);
    plane.wait_up();
    plane.tell(at, &Sources::default());
}

/// What the engine says of the old root, where the first node is shown what all API servers say now.
fn judged(plane: &Plane, journey: &mut Journey<'_>, since: &[usize], load: &Pair) -> String {
    show(plane, journey, since, load);
    let evidence = held(plane.run(0, Goal::Forward, &journey.sources).why, Check::OldUnused);
    println!("judged: {evidence}");
    evidence
}

fn seen(plane: &Plane, journey: &Journey<'_>) -> String {
    plane.tell(0, &journey.sources).facts.told[&Check::OldUnused].evidence.clone()
}

fn show(plane: &Plane, journey: &mut Journey<'_>, since: &[usize], load: &Pair) {
    audit::show(plane, journey, load);
    journey.sources.logs = logs(plane, since);
}

fn comes(at: usize, pair: &Pair) -> u16 {
    let mut connection = Connection::open(&Plane::api(at), &pair.caller(), TIME).unwrap();
    connection.ask(Ask::Get("/api"), TIME).unwrap().status()
}

/// With a certificate of the old root whose like the nodes know: it is seen by how long it has to live.
fn somebody_comes(plane: &Plane, journey: &mut Journey<'_>, since: &[usize], (old, new): (&Pair, &Pair)) {
    assert_eq!(comes(1, old), 200);
    let evidence = judged(plane, journey, since, new);
    let said = "API server of cp2: 1 request came with certificates that had 4320 h to 8640 h to live";
    assert!(evidence.contains(said) && !evidence.contains("of cp1") && !evidence.contains("of cp3"), "{evidence}");
    anew(plane, 1);
    let evidence = judged(plane, journey, since, new);
    // Who watches is in no log yet; of nobody it is said that he came with the old root.
    assert!(!evidence.contains("came with"), "{evidence}");
}

/// With one that lies nowhere and ends on the day on which new ones do: it is seen by its name, which the new root has not.
fn somebody_unknown_comes(plane: &Plane) {
    let forgotten = plane.old.kubernetes.client_until("forgotten", "load", material::in_days(500));
    assert_eq!(comes(2, &forgotten), 200);
}

pub(super) fn fell(plane: &Plane) -> usize {
    plane.pods.fell.load(std::sync::atomic::Ordering::SeqCst)
}

/// Judged by openssl, kubectl and the API servers themselves.
fn only_the_new_root_is_left(plane: &Plane) {
    let old_admin = plane.base.path().join("old-admin.conf");
    let trust = plane.new.trust(Domain::Kubernetes);
    for (at, (node, address)) in NODES.iter().enumerate() {
        let admin = plane.old.client("kubernetes-admin", "system:masters");
        fs::write(&old_admin, super::material::kubeconfig("admin", address, &trust, &admin)).unwrap();
        let said = plane.kubectl(at, &["--kubeconfig", old_admin.to_str().unwrap(), "get", "namespaces"]);
        assert!(said.unwrap_err().contains("Unauthorized"), "{node}");
        for domain in Domain::ALL {
            assert_eq!(fs::read_to_string(plane.live(at, domain.ca_certificate())).unwrap(), plane.new.trust(domain));
        }
    }
    let map = ["get", "configmap", "extension-apiserver-authentication", "-n", "kube-system", "-ojson"];
    let count = |text: &str| text.matches("BEGIN CERTIFICATE").count();
    // It only ever grows; deleted, it is made again, by the new roots alone.
    assert!(count(&plane.asks(&map)) > 3);
    plane.asks(&["delete", "configmap", "extension-apiserver-authentication", "-n", "kube-system"]);
    let again = || (0..NODES.len()).find_map(|at| plane.kubectl(at, &map).ok());
    assert!(
        crate::etcd::wait(Duration::from_secs(90), || again().is_some_and(|text| count(&text) == 3)),
        "{:?}",
        again()
    );
    assert_eq!(Certificate::parse_foreign_all(&plane.handed_out()).unwrap().len(), 2);
}

/// Every file of every node that a rotation replaces.
pub(super) fn live(plane: &Plane) -> Vec<String> {
    let leaves = Role::ALL.iter().map(|role| role.certificate_path());
    let paths: Vec<_> = leaves.chain(Domain::ALL.map(|domain| domain.ca_certificate())).collect();
    let read = |at: usize| {
        let manifest =
            fs::read_to_string(plane.live(at, "etc/kubernetes/manifests/kube-controller-manager.yaml")).unwrap();
        let text = |path: &&str| fs::read_to_string(plane.live(at, path)).unwrap_or_default();
        // The signing pair may stay behind: nobody is pointed to it.
        let paths = paths.iter().filter(|path| !path.ends_with("/ca-signing.crt"));
        paths.map(text).chain([manifest]).collect::<Vec<_>>()
    };
    (0..NODES.len()).flat_map(read).collect()
}

/// From each state there is to each earlier one.
#[test]
#[ignore = "takes most of an hour and a control plane: scripts/test --control-plane"]
fn the_way_back_from_each_state_fails_no_request() {
    if !inside("control_plane::whole::the_way_back_from_each_state_fails_no_request") {
        return;
    }
    let plane = Plane::start();
    plane.furnish();
    let before = live(&plane);
    let pair = plane.old.client("load", "load");
    let measured = under_load(&plane, &pair, |load| {
        let mut journey = Journey::new(&plane, load);
        let began = Instant::now();
        // In the middle of the pass of trust: one signer split, one bundle put.
        assert!(journey.go(Goal::Forward, |plane| plane.trusts_both(0)).is_none());
        finished(journey.go(Goal::Back(Back::None), |_| false));
        same(&live(&plane), &before, "from the middle of trust");
        load.say("back from the middle of trust");
        // In the middle of the pass of leaves, and only as far as the trust.
        assert!(journey.go(Goal::Forward, |plane| plane.has_new(1, Role::Apiserver)).is_none());
        finished(journey.go(Goal::Back(Back::Trust), |_| false));
        assert_eq!(journey.reached(), Stage::TrustLoaded);
        load.say("back from the middle of leaves");
        // From the end of what can be done without people, all the way.
        held(journey.go(Goal::Forward, |_| false).unwrap(), Check::OldUnused);
        finished(journey.go(Goal::Back(Back::None), |_| false));
        same(&live(&plane), &before, "from new identities");
        println!("there and back took {:?}, {} programs fell; {}", began.elapsed(), fell(&plane), journey.computed());
        load.settle();
    });
    measured.must_be_whole("there and back");
}

/// Byte for byte.
pub(super) fn same(now: &[String], before: &[String], whence: &str) {
    let differing = now.iter().zip(before).position(|(now, before)| now != before);
    assert_eq!(differing, None, "back {whence}: another file lies there:\n{:?}", differing.map(|at| &now[at]));
}

impl Plane {
    /// Whether the leaf of `role` on the node at `at` is of the new root.
    pub(super) fn has_new(&self, at: usize, role: Role) -> bool {
        let text = fs::read_to_string(self.live(at, role.certificate_path())).unwrap();
        let root = self.new.root(role.domain()).certificate();
        // A bridge stands behind it.
        Certificate::parse_foreign_all(&text).unwrap()[0].verify_signed_by(root.public_key()).is_ok()
    }

    fn trusts_both(&self, at: usize) -> bool {
        let text = fs::read_to_string(self.live(at, Domain::Kubernetes.ca_certificate())).unwrap();
        Certificate::parse_foreign_all(&text).unwrap().len() > 1
    }
}
