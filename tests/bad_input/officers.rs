//! An officer whose key was revoked.

use std::path::Path;

use airlock::audit::entry::Actor;
use airlock::cluster::role::Role;
use airlock::exchange::approval::operation::Operation;
use airlock::exchange::draw::Sharing;
use airlock::exchange::people::person::{Person, PersonKey, PersonRole};
use airlock::exchange::signature::SigningKey as _;
use airlock::offline::receive::receive;
use airlock::offline::room::Room;
use airlock::offline::{people, plan, verify};
use airlock::wire::digest::Digest;

use crate::host::Host;
use crate::offline::host;
use crate::rig::with_token;
use crate::scene::{Scene, asks, key};
use crate::world::{PASSPHRASE, World};

/// People agree on another roster.
fn adopted(world: &World, room: &mut Room, object: &Digest) {
    let subject = room.subject(Operation::Roster, object).unwrap();
    world.agree(room, &subject);
    people::adopt(room, object).unwrap();
}

fn zhou() -> Person {
    let keys = vec![PersonKey { key: key(90).public_key().clone(), revoked_from: None }];
    Person { id: "zhou".parse().unwrap(), keys, name: "Zhou".to_owned(), role: PersonRole::Officer }
}

fn by(host: &Host, id: &str) -> Vec<String> {
    let secret = host.secret("own-secret", PASSPHRASE);
    let care = ["--passphrase-file", &secret, "--sheet", "S-000001/1", "--privileged", "0"];
    host.by(id).into_iter().chain(care.map(str::to_owned)).collect()
}

#[test]
fn an_officer_whose_key_was_revoked_types_and_approves_nothing() {
    with_token(an_officer_whose_key_was_revoked_types_and_approves_nothing, |rig| {
        let (scene, mut room) = Scene::new(rig);
        // There have to be four officers left.
        let object = people::add(&mut room, &Actor::system(), zhou()).unwrap();
        adopted(&scene.world, &mut room, &object);
        let (medium, statement) = scene.bundle(&room, 1, &[asks(Role::Scheduler, "cp1")], |_| {});
        receive(&mut room, &medium).unwrap();
        for id in ["chen", "sun"] {
            scene.types(&mut room, &statement, id, Sharing::Halves);
        }
        let object = people::revoke(&mut room, &Actor::system(), &"sun".parse().unwrap(), None).unwrap();
        adopted(&scene.world, &mut room, &object);
        let trace = &statement.lines().trace;
        verify::verify(&mut room, trace).unwrap();
        plan::close(&mut room, trace).unwrap();
        drop(room);
        let host = host(rig);
        let revoked = by(&host, "sun");
        let ran = host.typed_by("sun", Path::new("-"), &format!("offline confirm {trace}"));
        host.was_refused(&ran, 8, "KEY_NOT_HIS", "offline confirm");
        host.refuses(8, "KEY_NOT_HIS", &format!("offline approve {trace}"), &revoked);
        let ran = host.runs(&format!("offline approve {trace}"), &by(&host, "chen")).ok();
        assert!(ran.said.contains(&format!("next: airlock offline approve {trace}")), "one of two: {}", ran.said);
        // A plan that was rejected is closed.
        let reject = ["--passphrase-file", &host.secret("own-secret", PASSPHRASE), "--reject", "not this one"];
        let reject: Vec<_> = host.by("li").into_iter().chain(reject.map(str::to_owned)).collect();
        let ran = host.runs(&format!("offline approve {trace}"), &reject).ok();
        assert!(ran.said.contains(&format!("next: airlock offline plan {trace}")), "{}", ran.said);
    });
}
