//! What a plan froze is shown as it was frozen, whatever the clock says later.

use airlock::cluster::role::Role;
use airlock::offline::plan::load;
use airlock::offline::review::{frozen, review};
use airlock::offline::{case, plan};
use airlock::report::requests::Verdict;

use crate::rig::with_token;
use crate::scene::{Scene, asks};

#[test]
fn the_end_of_a_certificate_is_that_of_the_plan_until_it_is_given_up() {
    with_token(the_end_of_a_certificate_is_that_of_the_plan_until_it_is_given_up, |rig| {
        let (scene, mut room) = Scene::new(rig);
        let (medium, _) = scene.bundle(&room, 1, &[asks(Role::Scheduler, "cp1"), asks(Role::Scheduler, "w1")], |_| {});
        let trace = scene.planned(&mut room, &medium);
        let made = load::plan(&room, &trace).unwrap();
        let ends: Vec<_> = made.orders().map(|(order, _)| order.not_after).collect();
        assert_eq!(ends.len(), 1, "a worker has no scheduler");
        *scene.world.ahead.lock().unwrap() = 3_600;
        let requests = review(&room, &trace).unwrap().requests;
        assert_eq!((requests[0].verdict, requests[0].until), (Some(Verdict::Allow), ends[0]));
        assert_eq!((requests[1].verdict, requests[1].until), (Some(Verdict::Deny), None));
        let statement = case::closed(&room, &trace).unwrap().statement().clone();
        assert_eq!(frozen(&room, &trace, &statement).unwrap().unwrap().sha256(), made.sha256());
        // A plan that is given up binds nobody: what would be said today is said.
        let chen = scene.world.present(&mut room, "chen").unwrap();
        plan::give_up(&mut room, &trace, &chen).unwrap();
        assert!(frozen(&room, &trace, &statement).unwrap().is_none());
        assert!(review(&room, &trace).unwrap().requests[0].until > ends[0]);
    });
}
