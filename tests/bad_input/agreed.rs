//! A host that died between the last decision and what it decides: whoever showed his yes ends it, and nobody else does.

use std::fs;

use airlock::audit::entry::Actor;
use airlock::exchange::approval::operation::Operation;
use airlock::offline::policy;

use crate::host::{Host, Ran, option};
use crate::offline::host;
use crate::rig::{Rig, with_token};
use crate::world::{PASSPHRASE, World};

const APPROVE: &str = "policy approve";

/// Everyone has decided on another policy, and it is not in force.
fn agreed(rig: &Rig) -> (World, Host) {
    let (world, mut room) = World::attested(rig);
    let new = crate::world::policy().replace("2026-01", "2026-02");
    let object = policy::propose(&mut room, &Actor::system(), new.as_bytes()).unwrap();
    let subject = room.subject(Operation::Policy, &object).unwrap();
    world.agree(&mut room, &subject);
    drop(room);
    (world, host(rig))
}

fn shown(host: &Host, id: &str, more: &[&str]) -> Vec<String> {
    let secret = host.secret("own-secret", PASSPHRASE);
    let more = more.iter().map(|&word| word.to_owned());
    host.by(id).into_iter().chain(["--passphrase-file".to_owned(), secret]).chain(more).collect()
}

fn of(id: &str, more: &[&str]) -> Vec<String> {
    ["--officer", id].iter().chain(more).map(|&word| word.to_owned()).collect()
}

fn adopted(host: &Host) -> usize {
    host.log().matches(r#""event":"POLICY_ADOPTED""#).count()
}

/// Signed where the key is, and brought back.
fn brought(world: &World, host: &Host, id: &str, namespace: &str, text: &str) -> Ran {
    let signature = host.path("brought.sig");
    fs::write(&signature, world.sign(id, namespace, text.as_bytes())).unwrap();
    host.runs(APPROVE, &[of(id, &[]), option("--signature", &signature).to_vec()].concat())
}

#[test]
fn what_people_agreed_on_is_done_by_one_of_them_and_a_no_stays_a_no() {
    with_token(what_people_agreed_on_is_done_by_one_of_them_and_a_no_stays_a_no, |rig| {
        let (world, host) = agreed(rig);
        let begun = adopted(&host);
        let is_in_force = |host: &Host| adopted(host) > begun;

        // Nobody of the roster, somebody without his key, somebody with the key of another.
        let none = host.copy("none");
        none.refuses(6, "DECIDE_STRANGER", APPROVE, &of("zhou", &[]));
        none.refuses(6, "DECIDE_TWICE", APPROVE, &of("chen", &[]));
        let of_li = shown(&none, "li", &[]).into_iter().map(|word| if word == "li" { "chen".to_owned() } else { word });
        none.refuses(8, "KEY_NOT_HIS", APPROVE, &of_li.collect::<Vec<_>>());
        assert!(!is_in_force(&none));

        // A no counts until it is done: shown here, or signed elsewhere.
        let no = host.copy("no");
        assert!(no.runs(APPROVE, &shown(&no, "sun", &["--reject", "doubts"])).ok().said.contains("rejected"));
        no.refuses(10, "DECISION_NOTHING", APPROVE, &shown(&no, "chen", &[]));
        let no_elsewhere = host.copy("no-elsewhere");
        let text = no_elsewhere.runs(APPROVE, &of("sun", &["--reject", "doubts"])).ok().said;
        let told = brought(&world, &no_elsewhere, "sun", "rejection@airlock.v1", &text).ok();
        assert!(told.said.contains("rejected"), "{}", told.said);
        no_elsewhere.refuses(10, "DECISION_NOTHING", APPROVE, &shown(&no_elsewhere, "chen", &[]));
        assert!(!is_in_force(&no) && !is_in_force(&no_elsewhere));

        // Who said yes before, and one who had not yet.
        for id in ["zhao", "sun"] {
            let ends = host.copy(&format!("by-{id}"));
            assert!(ends.runs(APPROVE, &shown(&ends, id, &[])).ok().said.contains("in force"));
            assert_eq!(adopted(&ends), begun + 1, "{id}");
            ends.refuses(10, "DECISION_NOTHING", APPROVE, &shown(&ends, id, &[]));
        }
    });
}
