//! A host begins once everyone has signed, and only with a token of its own.

use std::fs;

use airlock::audit::detail::KeyMade;
use airlock::audit::entry::{Actor, Entry, Side};
use airlock::audit::event::Event;
use airlock::desk::host::Desk;
use airlock::devices::hsm::{Patience, Pin, Token};
use airlock::exchange::signature::{self, Namespace};
use airlock::offline::machine::Machine;
use airlock::offline::room::Room;
use zeroize::Zeroizing;

use crate::rig::with_token;
use crate::world::{AUDITOR, OFFICERS, World, code, pin, policy};

#[test]
fn a_host_begins_once_everyone_has_signed() {
    with_token(a_host_begins_once_everyone_has_signed, |rig| {
        let world = World::new(rig);
        assert_eq!(code(world.init()), "GENESIS_UNSIGNED");
        for id in OFFICERS {
            world.signs_genesis(id);
            assert_eq!(code(world.init()), "GENESIS_UNSIGNED", "{id}");
        }
        assert!(!world.state().exists());
        world.signs_genesis(AUDITOR);
        // A requester signs no genesis of a CA host.
        world.signs_genesis("zhang-wei");
        assert_eq!(code(world.init()), "GENESIS_SIGNATURE");
        fs::remove_file(world.signatures().join("zhang-wei.sig")).unwrap();
        assert_eq!(code(world.init_with(&policy().replace("2026-01", "2026-02"), &rig.serial)), "GENESIS_OTHER");
        drop(world.init().unwrap());
        assert_eq!(code(world.init()), "HOST_MADE");

        let mut room = world.open().unwrap();
        let Event::Genesis(genesis) = &room.desk().entries()[0].event else { panic!() };
        assert_eq!((genesis.policy, genesis.signatures.len()), (Some(room.policy().digest()), 5));
        for digest in genesis.signatures.iter().chain([&genesis.genesis, &genesis.roster]) {
            room.desk().objects().get(digest).unwrap();
        }
        let token = room.login(pin()).unwrap();
        for purpose in Machine::ALL {
            let signer = room.signer(purpose, &token).unwrap();
            let armored = signature::sign(&signer, Namespace::Statement, b"text").unwrap();
            let known = room.machine_key(purpose).unwrap();
            signature::verify(&known, Namespace::Statement, b"text", armored.as_bytes()).unwrap();
        }
        assert_ne!(room.machine_key(Machine::Log).unwrap(), room.machine_key(Machine::Statement).unwrap());
        let note = room.checkpoint(&token).unwrap();
        assert!(note.unverified_text().starts_with("airlock/root-ca-01/log\n"));
        room.logout(token).unwrap();
    });
}

#[test]
fn a_killed_set_up_is_resumed_and_a_foreign_key_is_not_taken_over() {
    with_token(a_killed_set_up_is_resumed_and_a_foreign_key_is_not_taken_over, |rig| {
        let world = World::new(rig);
        assert_eq!(code(world.init()), "GENESIS_UNSIGNED");
        world.everyone_signs();
        // Killed before entry 0: a state that counts as nothing.
        drop(Desk::make(&world.state(), Side::Offline, world.config().party(), world.senses()).unwrap());
        assert_eq!(code(world.open()), "HOST_UNBORN");
        // Killed while the PIN was being typed: born, but without keys.
        let founding = airlock::offline::genesis::Founding::new(world.config(), world.roster(), policy().as_bytes());
        let (founding, senses) = (founding.unwrap(), world.senses());
        let signed = founding.signed(&world.signatures(), &senses).unwrap();
        let wrong = founding.make(signed, senses, &mut || Ok(Pin::typed(Zeroizing::new("999999".to_owned()))));
        assert_eq!(code(wrong), "PIN_WRONG");
        assert_eq!(code(world.open()), "ROOM_NO_KEYS");
        killed_while_a_key_was_made(&world);
        drop(world.init().unwrap());
        let room = world.open().unwrap();
        let labels: Vec<_> = room.desk().entries().iter().filter_map(made).collect();
        assert_eq!(labels, ["machine-statement-2", "machine-log-1"]);
        let logins = room.desk().entries().iter().filter(|e| matches!(e.event, Event::HsmLogin(_))).count();
        assert_eq!(logins, 2);
        drop(room);
        // The same token for a second host.
        fs::rename(world.state(), rig.dir.join("old")).unwrap();
        assert_eq!(code(world.init()), "FOUNDING_TOKEN_IN_USE");
    });
}

/// The key is announced and stands in the token, and the log does not know that it was made.
fn killed_while_a_key_was_made(world: &World) {
    let mut desk = Desk::open(&world.state(), Side::Offline, world.senses()).unwrap();
    let (key_type, label, token) = ("Ed25519".to_owned(), "machine-statement-1".to_owned(), "x".to_owned());
    let intent = KeyMade { id: None, key_type, label: label.clone(), spki: None, token };
    desk.note(&Actor::system(), None, Event::KeyIntent(intent)).unwrap();
    let config = world.config();
    let token = Token::open(&config.hsm().module, &config.hsm().token, Patience::default()).unwrap();
    let token = token.login(pin()).unwrap();
    token.generate_machine(&label).unwrap();
    token.close().unwrap();
}

fn made(entry: &Entry) -> Option<&str> {
    match &entry.event {
        Event::KeyMade(made) => Some(&made.label),
        _ => None,
    }
}

#[test]
fn the_room_opens_for_its_own_host_and_token_only() {
    with_token(the_room_opens_for_its_own_host_and_token_only, |rig| {
        let (world, room) = World::born(rig);
        drop(room);
        let mut other = Room::open(world.config_with("0123456789abcdef"), world.senses()).unwrap();
        assert_eq!(code(other.login(pin())), "ROOM_OTHER_TOKEN");
        let logins = other.desk().entries().iter().filter(|e| matches!(e.event, Event::HsmLogin(_))).count();
        assert_eq!(logins, 1, "a token that is not ours is not even announced");
        drop(other);
        let text = fs::read_to_string(world.state().join("side")).unwrap();
        fs::write(world.state().join("side"), text.replace("root-ca-01", "root-ca-02")).unwrap();
        assert_eq!(code(world.open()), "LOG_FOREIGN");
    });
}
