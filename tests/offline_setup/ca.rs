//! The CAs of a cluster: made in the token, approved by a quorum, installed from the log; judged by openssl.

use std::fs;
use std::ops::ControlFlow;

use airlock::audit::entry::Actor;
use airlock::audit::event::Event;
use airlock::cluster::role::Domain;
use airlock::devices::hsm::IssuerKeyType;
use airlock::exchange::approval::operation::Decision;
use airlock::exchange::roots::RootStatus;
use airlock::exchange::statement::party::Party;
use airlock::exchange::trace::Trace;
use airlock::issuance::plan::Plan;
use airlock::offline::ca::ceremony::plan;
use airlock::offline::ca::cross::cross;
use airlock::offline::ca::install::sign;
use airlock::offline::ca::lists::{Revoke, lists};
use airlock::offline::ca::roots::{NewRoots, init, next};
use airlock::offline::decide::Ask;
use airlock::offline::room::Room;
use airlock::offline::sign as ladder;
use airlock::pki::crl::RevocationReason;
use airlock::refusal::Refused;

use crate::rig::{tool, with_token};
use crate::world::{AUDITOR, World, ask, code, pin};

const ALL: [Domain; 3] = [Domain::Kubernetes, Domain::Etcd, Domain::FrontProxy];

fn prod() -> Party {
    "cluster:prod-1".parse().unwrap()
}

fn roots(generation: &str) -> NewRoots {
    let generation = generation.to_owned();
    NewRoots { cluster: prod(), domains: ALL.to_vec(), generation, key: IssuerKeyType::P256, days: None }
}

/// Drafts a plan in the token.
fn drafted(
    room: &mut Room,
    draft: impl FnOnce(&mut Room, &airlock::devices::hsm::Unlocked) -> Result<Plan, Refused>,
) -> Result<Trace, Refused> {
    let token = room.login(pin()).unwrap();
    let plan = draft(room, &token);
    room.logout(token).unwrap();
    Ok(plan?.fields().trace.clone())
}

fn signed(room: &mut Room, trace: &Trace) -> Result<u64, Refused> {
    let token = room.login(pin()).unwrap();
    let entry = sign(room, &token, trace, &mut |_| ControlFlow::Continue(()));
    room.logout(token).unwrap();
    entry
}

/// Everyone approves and the token signs.
fn done(world: &World, room: &mut Room, trace: &Trace) {
    let subject = plan(room, trace).unwrap().subject();
    world.agree(room, &subject);
    signed(room, trace).unwrap();
}

#[test]
fn roots_are_made_followed_crossed_and_listed() {
    with_token(roots_are_made_followed_crossed_and_listed, |rig| {
        let (world, mut room) = World::attested(rig);
        assert_eq!(code(drafted(&mut room, |room, token| next(room, token, &roots("2026-1")))), "CA_NONE");
        let trace = drafted(&mut room, |room, token| init(room, token, &roots("2026-1"))).unwrap();
        let subject = plan(&room, &trace).unwrap().subject();
        assert_eq!(subject.rule.to_string(), "root 3-of-4");
        assert_eq!(code(drafted(&mut room, |room, token| init(room, token, &roots("2026-1")))), "CA_PLAN_OPEN");
        // Two officers are not three, and the auditor is missing.
        world.says(&mut room, &subject, "chen").unwrap();
        world.says(&mut room, &subject, "li").unwrap();
        assert_eq!(code(signed(&mut room, &trace)), "QUORUM_OFFICERS");
        world.says(&mut room, &subject, "sun").unwrap();
        assert_eq!(code(signed(&mut room, &trace)), "QUORUM_AUDITOR");
        world.says(&mut room, &subject, AUDITOR).unwrap();
        assert!(room.holding(&prod()).is_none());
        signed(&mut room, &trace).unwrap();
        assert_eq!(code(signed(&mut room, &trace)), "CA_INSTALLED");
        assert_eq!(code(drafted(&mut room, |room, token| init(room, token, &roots("2026-2")))), "CA_EXISTS");
        // The next process sees the same.
        drop(room);
        let mut room = world.open().unwrap();
        assert_eq!((held(&room).roots().len(), held(&room).crls().len()), (3, 3));
        judged_by_openssl(&world, &room);

        assert_eq!(code(drafted(&mut room, |room, token| cross(room, token, &prod(), &ALL))), "CA_NO_NEXT");
        assert_eq!(code(drafted(&mut room, |room, token| next(room, token, &roots("2026-1")))), "CA_SAME_NAME");
        let trace = drafted(&mut room, |room, token| next(room, token, &roots("2027-1"))).unwrap();
        done(&world, &mut room, &trace);
        let of = |status| held(&room).root(Domain::Etcd, status).unwrap().certificate.subject().safe();
        assert_eq!(of(RootStatus::Current), "O=prod-1, CN=etcd-ca-2026-1");
        assert_eq!(of(RootStatus::Next), "O=prod-1, CN=etcd-ca-2027-1");
        assert_eq!(code(drafted(&mut room, |room, token| next(room, token, &roots("2028-1")))), "CA_NEXT_EXISTS");

        let trace = drafted(&mut room, |room, token| cross(room, token, &prod(), &ALL)).unwrap();
        done(&world, &mut room, &trace);
        assert_eq!(held(&room).crosses().len(), 6);
        crosses_judged_by_openssl(&world, &room);
        revocations(&world, &mut room);
    });
}

fn held(room: &Room) -> &airlock::offline::holdings::Holding {
    room.holding(&prod()).unwrap()
}

fn judged_by_openssl(world: &World, room: &Room) {
    let now = room.desk().now().unwrap();
    for root in held(room).roots() {
        let file = world.dir.join(format!("{}.pem", root.domain));
        fs::write(&file, root.certificate.to_pem()).unwrap();
        let path = file.to_str().unwrap();
        assert!(tool("openssl", &["verify", "-check_ss_sig", "-x509_strict", "-CAfile", path, path]).contains("OK"));
        let begins = now.since(root.certificate.validity().not_before());
        assert!((600..660).contains(&begins), "dated back by {begins} s");
    }
    for (domain, crl) in held(room).crls() {
        let file = world.dir.join(format!("{domain}.crl"));
        fs::write(&file, crl.to_pem()).unwrap();
        let root = world.dir.join(format!("{domain}.pem"));
        let arguments = ["crl", "-noout", "-in", file.to_str().unwrap(), "-CAfile", root.to_str().unwrap()];
        assert!(tool("openssl", &arguments).contains("verify OK"));
    }
}

fn crosses_judged_by_openssl(world: &World, room: &Room) {
    for (at, (domain, certificate)) in held(room).crosses().iter().enumerate() {
        let issuer = held(room).roots().iter().find(|root| root.certificate.subject() == certificate.issuer());
        let (issuer, file) = (issuer.unwrap(), world.dir.join(format!("cross-{at}.pem")));
        assert_eq!(issuer.domain, *domain);
        let anchor = world.dir.join("anchor.pem");
        fs::write(&anchor, issuer.certificate.to_pem()).unwrap();
        fs::write(&file, certificate.to_pem()).unwrap();
        let arguments = ["verify", "-x509_strict", "-CAfile", anchor.to_str().unwrap(), file.to_str().unwrap()];
        assert!(tool("openssl", &arguments).contains("OK"));
    }
}

/// A cross-certificate is revoked, and one that nobody issued is not.
fn revocations(world: &World, room: &mut Room) {
    let serial = held(room).crosses()[0].1.serial().clone();
    let revoke = |serial: &str| Revoke { serial: serial.parse().unwrap(), reason: RevocationReason::Superseded };
    let good = revoke(&serial.to_string());
    let before = held(room).crls().len();
    assert_eq!(code(lists(room, &prod(), &ALL, &[revoke("1234")])), "CA_UNKNOWN_SERIAL");
    assert_eq!(code(lists(room, &prod(), &ALL, &[good.clone(), good.clone()])), "CA_REVOKED");
    let trace = lists(room, &prod(), &ALL, std::slice::from_ref(&good)).unwrap().fields().trace.clone();
    let subject = plan(room, &trace).unwrap().subject();
    // Something is listed for the first time, so one officer does not suffice.
    assert_eq!(subject.rule.to_string(), "leaf 2-of-4");
    world.says(room, &subject, "chen").unwrap();
    assert_eq!(code(signed(room, &trace)), "QUORUM_OFFICERS");
    world.says(room, &subject, "li").unwrap();
    signed(room, &trace).unwrap();
    assert_eq!(held(room).crls().len(), before);
    assert_eq!(held(room).crls().iter().filter(|(_, crl)| crl.find(&serial).is_some()).count(), 1);
    assert_eq!(code(lists(room, &prod(), &ALL, &[good])), "CA_REVOKED");
    // A mere refresh takes one officer.
    let trace = lists(room, &prod(), &[Domain::Etcd], &[]).unwrap().fields().trace.clone();
    let subject = plan(room, &trace).unwrap().subject();
    assert_eq!(subject.rule.to_string(), "crl 1-of-4");
    world.says(room, &subject, "wang").unwrap();
    signed(room, &trace).unwrap();
    assert_eq!(held(room).crls().iter().filter(|(_, crl)| crl.find(&serial).is_some()).count(), 1);
}

#[test]
fn what_policy_and_clock_forbid_is_not_planned() {
    with_token(what_policy_and_clock_forbid_is_not_planned, |rig| {
        let (world, mut room) = World::born(rig);
        let attempt = |room: &mut Room, new: NewRoots| code(drafted(room, |room, token| init(room, token, &new)));
        assert_eq!(attempt(&mut room, roots("2026-1")), "CLOCK_NOT_ATTESTED");
        world.attest(&mut room).unwrap();
        for (new, expected) in [
            (NewRoots { days: Some(3_654), ..roots("2026-1") }, "CA_DAYS"),
            (NewRoots { days: Some(0), ..roots("2026-1") }, "CA_DAYS"),
            (roots("2026_1"), "CA_GENERATION"),
            (NewRoots { domains: vec![Domain::Etcd; 2], ..roots("2026-1") }, "CA_DOMAINS"),
            (NewRoots { domains: vec![], ..roots("2026-1") }, "CA_DOMAINS"),
            (NewRoots { cluster: "ca:root-ca-01".parse().unwrap(), ..roots("2026-1") }, "CA_NO_CLUSTER"),
        ] {
            assert_eq!(attempt(&mut room, new), expected);
        }
        let keys = room.desk().entries().iter().filter(|entry| matches!(entry.event, Event::KeyIntent(_))).count();
        assert_eq!(keys, 2, "no key is made for a plan that cannot be");
    });
}

#[test]
fn a_rejected_plan_signs_nothing_and_its_keys_serve_the_next_one() {
    with_token(a_rejected_plan_signs_nothing_and_its_keys_serve_the_next_one, |rig| {
        let (world, mut room) = World::attested(rig);
        let trace = drafted(&mut room, |room, token| init(room, token, &roots("2026-1"))).unwrap();
        let first = plan(&room, &trace).unwrap();
        let (subject, li) = (first.subject(), world.present(&mut room, "li").unwrap());
        let no = Ask { decision: Decision::Reject, reason: Some("another name".to_owned()), ..ask(&subject, "li") };
        room.decide(no, &li).unwrap();
        assert_eq!(code(signed(&mut room, &trace)), "PLAN_REJECTED");
        let again = drafted(&mut room, |room, token| init(room, token, &roots("2026-1"))).unwrap();
        let second = plan(&room, &again).unwrap();
        let keys = |plan: &Plan| plan.fields().orders.iter().map(|o| o.issuer_spki_sha256).collect::<Vec<_>>();
        assert_eq!(keys(&first), keys(&second));
        // Killed between signing and installing: the rest needs no quorum, not even the plan to be open.
        world.agree(&mut room, &second.subject());
        let approved = room.approved_plan(second).unwrap();
        let token = room.login(pin()).unwrap();
        ladder::sign(&mut room, &token, &Actor::system(), approved, &mut |_| ControlFlow::Continue(())).unwrap();
        room.logout(token).unwrap();
        assert!(room.holding(&prod()).is_none());
        *world.ahead.lock().unwrap() = 86_400 + 60;
        signed(&mut room, &again).unwrap();
        assert_eq!(held(&room).roots().len(), 3);
    });
}
