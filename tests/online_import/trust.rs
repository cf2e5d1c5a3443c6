//! What a cluster asks of the roots it trusts: a bundle of its own, which needs no key.

use std::fs;

use airlock::cluster::role::Domain;
use airlock::exchange::csr_bundle::manifest::{TrustChange, TrustOp};
use airlock::exchange::draw::Sharing;
use airlock::exchange::enrolment::record::EnrolmentRecord;
use airlock::online::request::{Draft, RequestError};
use airlock::refusal::Refusal as _;

use crate::ca::{Ca, new_root};
use crate::world::{NODES, World};

fn introduce(domain: Domain) -> TrustOp {
    TrustOp { domain, op: TrustChange::IntroduceRoot }
}

fn retire(domain: Domain) -> TrustOp {
    TrustOp { domain, op: TrustChange::RetireRoot }
}

fn code(draft: Result<Draft, RequestError>) -> &'static str {
    draft.err().map_or("", |error| error.reason().code)
}

#[test]
fn only_a_root_that_was_enrolled_can_come_and_one_change_at_a_time() {
    let world = World::new();
    let ca = Ca::new(&world);
    let (without, with) = (ca.record(1), ca.record_with(2, &new_root(Domain::Etcd, "2027-1")));
    let asked = |ops: &[TrustOp], record: &EnrolmentRecord| code(Draft::trust(ops.to_vec(), record));
    for op in [introduce(Domain::Etcd), retire(Domain::Etcd)] {
        assert_eq!(asked(std::slice::from_ref(&op), &without), "REQUEST_NO_NEXT_ROOT");
        assert_eq!(asked(&[op], &with), "");
    }
    assert_eq!(asked(&[introduce(Domain::Kubernetes)], &with), "REQUEST_NO_NEXT_ROOT");
    assert_eq!(asked(&[introduce(Domain::Etcd), retire(Domain::Etcd)], &with), "REQUEST_TRUST_TWICE");
}

#[test]
fn the_ca_reads_what_is_to_become_of_a_root_and_no_node_is_touched() {
    let world = World::new();
    let mut ca = Ca::new(&world);
    let cluster = world.introduce("introduction");
    world.pin(&ca.record_with(1, &new_root(Domain::Etcd, "2027-1")));
    let draft = Draft::trust(vec![introduce(Domain::Etcd)], world.room().ca().unwrap()).unwrap();
    assert_eq!(draft.review().trust_ops, [introduce(Domain::Etcd)]);
    world.ask(draft, None, "out").unwrap();

    ca.host.now = world.now();
    let files = world.files(&world.medium("out"));
    let bundle = ca.take_by(files, &cluster, Sharing::Whole, &["chen", "li", "wang"]);
    assert_eq!(bundle.manifest().trust_ops, [introduce(Domain::Etcd)]);
    assert!(bundle.requests().is_empty() && bundle.manifest().changes_trust());
    for node in NODES {
        assert!(
            fs::read_dir(world.base.join(node).join("etc"))
                .unwrap()
                .all(|entry| { !entry.unwrap().file_name().to_string_lossy().contains(".next") })
        );
    }
}
