//! What was closed before is read again as it was closed, or not at all.

use super::*;
use crate::cluster::role::Role;
use crate::issuance::specimen::World;

fn plan(world: &World) -> Plan {
    world.plan(&[(Role::Apiserver, "cp1"), (Role::Admin, "cp1"), (Role::EtcdPeer, "cp2")])
}

#[test]
fn what_was_closed_before_is_read_again_to_the_byte() {
    let world = World::default();
    let plan = plan(&world);
    let (closed, tbs) = (plan.closed(None), plan.tbs_file());
    let again = |json: &[u8], tbs: &[u8]| {
        let before = ClosedBefore::the_log_says_it_was_closed(&closed);
        PlanFile::parse_again(json.to_vec(), &before)?.load_again(tbs.to_vec(), &before)
    };
    let read = again(plan.json(), tbs).unwrap();
    assert_eq!((read.sha256(), read.order(1)), (plan.sha256(), plan.order(1)));
    let other = world.plan(&[(Role::KubeletServer, "w1")]);
    assert_eq!(again(other.json(), other.tbs_file()).unwrap_err(), PlanError::Closed);
    let mut serial = tbs.to_vec();
    // The last byte of a structure is one of a value: its lengths stay as they are.
    *serial.last_mut().unwrap() ^= 1;
    assert_eq!(again(plan.json(), &serial).unwrap_err(), PlanError::Closed);
    assert_eq!(again(plan.json(), &tbs[..tbs.len() - 1]).unwrap_err(), PlanError::Bytes);
}

#[test]
fn bytes_that_a_rewritten_log_names_are_not_those_that_people_approved() {
    let world = World::default();
    let plan = plan(&world);
    let mut serial = plan.tbs_file().to_vec();
    *serial.last_mut().unwrap() ^= 1;
    let again = |tbs: &[u8]| {
        let entry = PlanClosed { tbs: Digest::of(tbs), ..plan.closed(None) };
        let before = ClosedBefore::the_log_says_it_was_closed(&entry);
        PlanFile::parse_again(plan.json().to_vec(), &before)?.load_again(tbs.to_vec(), &before)
    };
    assert!(again(plan.tbs_file()).is_ok());
    let last = plan.fields().orders.len() as u64;
    assert_eq!(again(&serial).unwrap_err(), PlanError::Restated { n: last, key: "tbs_sha256" });
}
