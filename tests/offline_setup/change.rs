//! Policy and people change by quorum of those who are in force, and only one step at a time.

use airlock::audit::entry::Actor;
use airlock::exchange::approval::operation::Operation;
use airlock::exchange::people::person::{Person, PersonKey, PersonRole};
use airlock::exchange::signature::SigningKey as _;
use airlock::exchange::signature::private_key::SoftwareKey;
use airlock::offline::{people, policy};
use zeroize::Zeroizing;

use crate::rig::with_token;
use crate::world::{World, code};

fn zhou(seed: u8) -> Person {
    let key = SoftwareKey::from_seed(&Zeroizing::new([seed; 32])).unwrap().public_key().clone();
    let keys = vec![PersonKey { key, revoked_from: None }];
    Person { id: "zhou".parse().unwrap(), keys, name: "zhou".to_owned(), role: PersonRole::Officer }
}

#[test]
fn another_policy_comes_into_force() {
    with_token(another_policy_comes_into_force, |rig| {
        let (world, mut room) = World::born(rig);
        let system = Actor::system();
        let (old, new) = (crate::world::policy(), crate::world::policy().replace("2026-01", "2026-02"));
        assert_eq!(code(policy::propose(&mut room, &system, old.as_bytes())), "POLICY_SAME");
        let same_id = old.replace("leaf = 398", "leaf = 90");
        assert_eq!(code(policy::propose(&mut room, &system, same_id.as_bytes())), "POLICY_SAME_ID");
        assert_eq!(code(policy::propose(&mut room, &system, b"id = 1")), "POLICY_FORM");
        let object = policy::propose(&mut room, &system, new.as_bytes()).unwrap();
        let subject = room.subject(Operation::Policy, &object).unwrap();
        assert_eq!(code(policy::adopt(&mut room, &object)), "QUORUM_OFFICERS");
        assert_eq!(room.carry_out(&subject).unwrap(), None);
        world.agree(&mut room, &subject);
        room.carry_out(&subject).unwrap().unwrap();
        assert_eq!(room.policy().name().id.as_str(), "POL-2026-02");
        assert_eq!(policy::text(&room).unwrap(), new);
        assert_eq!(code(policy::adopt(&mut room, &object)), "MATTER_CLOSED");
        drop(room);
        assert_eq!(world.open().unwrap().policy().digest(), object);
    });
}

#[test]
fn people_come_and_go_by_epochs() {
    with_token(people_come_and_go_by_epochs, |rig| {
        let (world, mut room) = World::born(rig);
        let system = Actor::system();
        let chen = room.roster().person(&"chen".parse().unwrap()).unwrap().clone();
        assert_eq!(code(people::add(&mut room, &system, chen.clone())), "PEOPLE_SAME");
        let as_auditor = Person { role: PersonRole::Auditor, ..chen.clone() };
        assert_eq!(code(people::add(&mut room, &system, as_auditor)), "PEOPLE_TAKEN");
        let shared = Person { keys: chen.keys, ..zhou(1) };
        assert_eq!(code(people::add(&mut room, &system, shared)), "ROSTER_SHARED_KEY");
        assert_eq!(code(people::revoke(&mut room, &system, &"zhou".parse().unwrap(), None)), "PEOPLE_UNKNOWN");
        // Without a spare officer three of four could no longer be three of three.
        assert_eq!(code(people::revoke(&mut room, &system, &"sun".parse().unwrap(), None)), "ROSTER_QUORUM");

        let object = people::add(&mut room, &system, zhou(1)).unwrap();
        let other = people::add(&mut room, &system, zhou(2)).unwrap();
        let (subject, of_other) =
            (room.subject(Operation::Roster, &object).unwrap(), room.subject(Operation::Roster, &other).unwrap());
        world.agree(&mut room, &subject);
        world.agree(&mut room, &of_other);
        people::adopt(&mut room, &object).unwrap();
        assert_eq!((room.roster().epoch(), room.roster().officers()), (2, 5));
        // What was approved under the roster before is about another roster now.
        assert_eq!(code(people::adopt(&mut room, &other)), "APPROVAL_OTHER");
        // The same may be put before people again, who begin anew; then it is found to be of another epoch.
        let json = room.desk().objects().get(&other).unwrap();
        room.propose(&system, Operation::Roster, &json).unwrap();
        assert_eq!(code(room.propose(&system, Operation::Roster, &json)), "MATTER_OPEN");
        let again = room.subject(Operation::Roster, &other).unwrap();
        world.agree(&mut room, &again);
        assert_eq!(code(people::adopt(&mut room, &other)), "PEOPLE_STALE");

        let object = people::revoke(&mut room, &system, &"sun".parse().unwrap(), None).unwrap();
        let subject = room.subject(Operation::Roster, &object).unwrap();
        assert_eq!(subject.rule.to_string(), "administration 3-of-5");
        world.agree(&mut room, &subject);
        people::adopt(&mut room, &object).unwrap();
        assert_eq!((room.roster().epoch(), room.roster().officers()), (3, 4));
        assert_eq!(code(world.present(&mut room, "sun")), "KEY_NOT_HIS");
        assert!(world.present(&mut room, "wang").is_ok());
    });
}
