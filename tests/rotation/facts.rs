//! What etcd 3.5 reloads and what it does not, seen through our own probes: the facts that the order of a rotation rests
//! on. A newer etcd for which one of them fails here needs another order.

use std::thread::sleep;
use std::time::Duration;

use airlock::devices::probe::canary::{self, Acceptance};
use airlock::devices::probe::etcd::Member;
use airlock::devices::probe::reload::{Held, Reload};
use airlock::devices::probe::served::served;
use airlock::devices::probe::{Alert, Caller, ProbeError};
use airlock::devices::process::Loaded;
use airlock::devices::swap::Done;
use airlock::pki::certificate::Certificate;
use airlock::wire::digest::Digest;
use airlock::wire::time::Timestamp;

use crate::etcd::{Etcd, MEMBERS, TIME, wait};

const LONG: Duration = Duration::from_secs(30);

fn shown(etcd: &Etcd, at: usize) -> Digest {
    served(&etcd.endpoint(at), &etcd.client(false), TIME).unwrap().fingerprint()
}

fn trusted(etcd: &Etcd, at: usize, roots: &[&Certificate]) -> bool {
    let now: Timestamp = "2027-01-01T00:00:00Z".parse().unwrap();
    let roots: Vec<_> = roots.iter().map(|root| (*root).clone()).collect();
    served(&etcd.endpoint(at), &Caller::nobody().unwrap(), TIME).unwrap().trusted_under(&roots, now).is_ok()
}

/// Served at the next handshake by the same process, and a client of the old trust turns away.
fn a_server_leaf_is_hot(etcd: &Etcd) {
    let (old, new) = (etcd.old.root.certificate(), etcd.new.root.certificate());
    let mut held = Held::open(&etcd.endpoint(0), &etcd.client(false), "/version", Some(etcd.process(0)), TIME).unwrap();
    assert_eq!(held.before(), etcd.old.serving[0].fingerprint());
    let wanted = etcd.new.serving[0].fingerprint();
    assert_eq!(held.look(&wanted, TIME).unwrap(), Reload::Stale(held.before()));
    assert_eq!(etcd.serve(0, true), Done::Swapped(1));
    assert_eq!(held.look(&wanted, TIME).unwrap(), Reload::Hot);
    assert!(trusted(etcd, 0, &[&new]) && trusted(etcd, 0, &[&old, &new]) && !trusted(etcd, 0, &[&old]));
    assert!(etcd.writes(0, false));
}

/// A key without its certificate, for as long as it lasts.
fn half_a_pair_is_an_internal_error(etcd: &Etcd) {
    etcd.put(0, &[("server.key", &etcd.old.serving[0].key)]);
    let refused = served(&etcd.endpoint(0), &etcd.client(false), TIME);
    assert!(matches!(refused, Err(ProbeError::Alert(_, Alert::InternalError))), "{refused:?}");
    etcd.serve(0, false);
    assert_eq!(shown(etcd, 0), etcd.old.serving[0].fingerprint());
}

/// On disk it does nothing; the process is older than the file.
fn a_bundle_needs_a_restart(etcd: &mut Etcd) {
    let file = etcd.directory(0).join("ca.crt");
    assert_eq!(etcd.process(0).loaded(&file).unwrap(), Loaded::Yes);
    etcd.trust(0, &[false, true]);
    sleep(Duration::from_secs(2));
    let refused = etcd.acceptance(0, true).unwrap();
    assert!(matches!(refused, Acceptance::Refused(Alert::UnknownCa | Alert::BadCertificate)), "{refused:?}");
    assert_eq!(etcd.process(0).loaded(&file).unwrap(), Loaded::No);
    etcd.restart(0);
    assert!(wait(LONG, || etcd.acceptance(0, true).is_ok_and(Acceptance::is_accepted)));
    assert_eq!(etcd.process(0).loaded(&file).unwrap(), Loaded::Yes);
    assert!(etcd.acceptance(0, false).unwrap().is_accepted());
    assert!(wait(LONG, || etcd.writes(0, true)));
    // The peer port says the same of the same bundle.
    let peer = |is_new| canary::acceptance(&etcd.peer_endpoint(0), &etcd.client(is_new), "/version", TIME).unwrap();
    assert!(peer(true).is_accepted() && peer(false).is_accepted());
}

/// Nothing is seen of a peer leaf that others do not trust until its member restarts; then it is cut off.
fn a_peer_leaf_that_others_do_not_trust_isolates(etcd: &mut Etcd) {
    assert!(etcd.wait_healthy(LONG));
    etcd.peer(0, true);
    let seen = served(&etcd.peer_endpoint(0), &etcd.client(false), TIME).unwrap();
    assert_eq!(seen.fingerprint(), etcd.new.peering[0].fingerprint());
    sleep(Duration::from_secs(1));
    assert!((0..MEMBERS).all(|at| etcd.writes(at, false)));
    etcd.restart(0);
    assert!(!wait(Duration::from_secs(4), || etcd.writes(0, false)));
    assert!(etcd.writes(1, false) && etcd.writes(2, false));
    // The bundle on the disks of the others does not help; their restarts do.
    for at in 1..MEMBERS {
        etcd.trust(at, &[false, true]);
    }
    sleep(Duration::from_secs(2));
    assert!(!etcd.writes(0, false));
    for at in 1..MEMBERS {
        etcd.restart(at);
        assert!(wait(LONG, || etcd.writes(at, false)), "{}", etcd.log(at));
    }
    assert!(etcd.wait_healthy(LONG));
}

/// All members tell one term and one leader.
fn one_term_and_one_leader(etcd: &Etcd, is_new: bool) {
    let told: Vec<_> = (0..MEMBERS)
        .map(|at| Member::connect(&etcd.endpoint(at), &etcd.client(is_new), TIME).unwrap().status(TIME).unwrap())
        .collect();
    assert!(told.iter().all(|one| one.version.starts_with("3.5.") && one.leader == told[0].leader));
    assert!(told.iter().all(|one| one.term == told[0].term && one.leader.is_some()), "{told:?}");
    assert_eq!(told.iter().filter(|one| one.leader == Some(one.member)).count(), 1);
}

/// Who leads hands over when asked, without an election; who does not has nothing to hand over.
fn the_lead_is_handed_over(etcd: &Etcd) {
    let member = |at| Member::connect(&etcd.endpoint(at), &etcd.client(false), TIME).unwrap();
    let status = |at: usize| member(at).status(TIME).unwrap();
    let led = (0..MEMBERS).find(|at| status(*at).leader == Some(status(*at).member)).unwrap();
    let next = (led + 1) % MEMBERS;
    let refused = member(next).hand_over(status(led).member, TIME).unwrap_err();
    assert!(refused.to_string().contains("not leader"), "{refused}");
    member(led).hand_over(status(next).member, TIME).unwrap();
    assert_eq!(status(led).leader, Some(status(next).member));
    assert!((0..MEMBERS).all(|at| etcd.writes(at, false)));
}

/// The old root goes from memory with a restart only; then its clients are refused everywhere.
fn the_old_root_is_dropped_by_restarts(etcd: &mut Etcd) {
    for at in 0..MEMBERS {
        etcd.serve(at, true);
        etcd.peer(at, true);
    }
    assert!((0..MEMBERS).all(|at| etcd.writes(at, false) && etcd.writes(at, true)));
    for at in 0..MEMBERS {
        etcd.trust(at, &[true]);
    }
    sleep(Duration::from_secs(1));
    assert!(etcd.acceptance(0, false).unwrap().is_accepted());
    for at in 0..MEMBERS {
        etcd.restart(at);
        assert!(wait(LONG, || (0..MEMBERS).all(|at| etcd.writes(at, true))), "{}", etcd.log(at));
    }
    for at in 0..MEMBERS {
        assert!(matches!(etcd.acceptance(at, false).unwrap(), Acceptance::Refused(_)));
        assert!(etcd.acceptance(at, true).unwrap().is_accepted());
    }
    one_term_and_one_leader(etcd, true);
}

#[test]
fn etcd_reloads_what_we_think_it_does() {
    let Some(mut etcd) = Etcd::start() else { return };
    one_term_and_one_leader(&etcd, false);
    the_lead_is_handed_over(&etcd);
    a_server_leaf_is_hot(&etcd);
    half_a_pair_is_an_internal_error(&etcd);
    a_bundle_needs_a_restart(&mut etcd);
    a_peer_leaf_that_others_do_not_trust_isolates(&mut etcd);
    the_old_root_is_dropped_by_restarts(&mut etcd);
}
