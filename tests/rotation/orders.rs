//! Whole rotations of etcd by hand, under writers, in two orders that are wrong and must be seen to be. The right orders are
//! walked by the engine, see `engine` and `bridge`.

use std::thread::sleep;
use std::time::Duration;

use airlock::pki::certificate::Certificate;

use crate::etcd::{Etcd, MEMBERS, wait};
use crate::load::{Client, under_load};

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
