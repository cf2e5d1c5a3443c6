//! Whole rotations of etcd by hand, under writers: the bridge, and two orders that are wrong and must be seen to be. The
//! right order is walked by the engine, see `engine`.

use std::thread::sleep;
use std::time::Duration;

use airlock::devices::probe::etcd::Member;
use airlock::pki::certificate::Certificate;

use crate::etcd::{Etcd, MEMBERS, TIME, wait};
use crate::load::{Client, Record, under_load};

const LONG: Duration = Duration::from_secs(30);
const WRITERS: usize = 4;

/// Writers that trust `roots` and show the certificate of a generation.
fn client(etcd: &Etcd, is_new: bool, roots: &[Certificate]) -> Client {
    let members = (0..MEMBERS).map(|at| etcd.endpoint(at)).collect();
    Client { members, caller: etcd.client(is_new), roots: roots.to_vec() }
}

fn both(etcd: &Etcd) -> [Certificate; 2] {
    [etcd.old.root.certificate(), etcd.new.root.certificate()]
}

/// Every write that was acknowledged is there, or a later one of the same writer.
fn nothing_is_lost(etcd: &Etcd, is_new: bool, record: &Record) {
    let mut member = Member::connect(&etcd.endpoint(0), &etcd.client(is_new), TIME).unwrap();
    for (key, last) in record.acknowledged.iter().filter(|(_, last)| *last > 0) {
        let value = member.range(key.as_bytes(), TIME).unwrap().expect("the key");
        let found: u64 = String::from_utf8(value.bytes).unwrap().parse().unwrap();
        assert!(found >= *last, "{key}: {found} after {last} was acknowledged");
    }
}

/// One member after the other; all must be healthy, and that one write, before the next one goes.
fn roll(etcd: &mut Etcd, is_new: bool) {
    for at in 0..MEMBERS {
        etcd.restart(at);
        assert!(wait(LONG, || etcd.writes(at, is_new)) && etcd.wait_healthy(LONG), "{}", etcd.log(at));
    }
}

/// The bridge: new leaves come with the new root as a CA below the old one, so that members which have loaded the old root
/// alone take them, even when they restart in the middle; then trust goes from old to new with one rolling restart.
#[test]
fn a_bridge_fails_no_write_and_needs_one_restart() {
    let Some(mut etcd) = Etcd::start() else { return };
    let before = client(&etcd, false, &[etcd.old.root.certificate()]);
    let record = under_load(&before, WRITERS, || {
        for at in 0..MEMBERS {
            etcd.bridge(at);
        }
        let killed = etcd.follower(false);
        etcd.kill(killed);
        sleep(Duration::from_millis(300));
        etcd.run(killed);
        assert!(wait(LONG, || (0..MEMBERS).all(|at| etcd.writes(at, false))), "{}", etcd.log(killed));
    });
    record.tell("bridge, leaves");
    assert_eq!((record.failed_with_retry(), record.dark_seconds()), (0, 0));
    nothing_is_lost(&etcd, false, &record);
    // Clients take both roots and show their new certificate with the bridge beside it.
    let after = Client { caller: etcd.bridged_client(), ..client(&etcd, true, &both(&etcd)) };
    let record = under_load(&after, WRITERS, || {
        for at in 0..MEMBERS {
            etcd.trust(at, &[true]);
        }
        roll(&mut etcd, true);
    });
    record.tell("bridge, trust");
    assert_eq!((record.failed_with_retry(), record.dark_seconds()), (0, 0));
    nothing_is_lost(&etcd, true, &record);
}

/// The literal order of the article: each member gets the bundle and its new leaves when its turn comes, and restarts.
/// Writers trust what an apiserver trusts that has its turn later: the old root.
#[test]
fn one_pass_in_the_literal_order_is_an_outage() {
    let Some(mut etcd) = Etcd::start() else { return };
    let client = client(&etcd, false, &[etcd.old.root.certificate()]);
    let record = under_load(&client, WRITERS, || {
        for at in 0..MEMBERS {
            etcd.trust(at, &[false, true]);
            etcd.serve(at, true);
            etcd.peer(at, true);
            etcd.restart(at);
            sleep(Duration::from_secs(3));
        }
    });
    record.tell("literal order");
    assert!(record.failed_with_retry() > 0 && record.dark_seconds() >= 2);
}

/// All files replaced everywhere, everything restarted at once; the writers switch in the same second.
#[test]
fn to_swap_all_at_once_is_an_outage() {
    let Some(mut etcd) = Etcd::start() else { return };
    let client = client(&etcd, false, &both(&etcd));
    let record = under_load(&client, WRITERS, || {
        for at in 0..MEMBERS {
            etcd.trust(at, &[true]);
            etcd.serve(at, true);
            etcd.peer(at, true);
        }
        for at in 0..MEMBERS {
            etcd.restart(at);
        }
        sleep(Duration::from_secs(3));
        assert!(wait(LONG, || etcd.writes(0, true)));
    });
    record.tell("swap all");
    assert!(record.failed_with_retry() > 0 && record.dark_seconds() >= 1);
}
