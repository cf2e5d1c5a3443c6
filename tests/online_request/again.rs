//! A second request: one is outstanding at a time, what a void one left is removed, what a stranger left is not.

use std::fs;

use airlock::audit::event::Event;
use airlock::exchange::trace::Trace;
use airlock::online::history::{Fate, History};
use airlock::online::request::{Choice, place};

use crate::world::{Wish, World};

fn kubelets() -> Wish {
    Wish { choice: Choice { roles: vec!["kubelet-client".parse().unwrap()], ..Choice::default() }, ..Wish::default() }
}

fn voids(trace: &Trace) -> Wish {
    Wish { void: Some(trace.clone()), ..kubelets() }
}

fn code<T>(result: Result<T, airlock::refusal::Refused>) -> &'static str {
    result.err().map_or("", |refused| refused.reason().code)
}

#[test]
fn an_outstanding_request_is_voided_by_name_or_waited_for() {
    let world = World::new();
    let (first, _) = world.send(kubelets(), "first");
    let before = world.next();
    assert_eq!(code(world.request(kubelets())), "REQUEST_OUTSTANDING");
    let other = Trace::new("2026-01-01T00:00:00Z".parse().unwrap(), [7; 5]);
    assert_eq!(code(world.request(voids(&other))), "REQUEST_NOT_OUTSTANDING");
    assert_eq!(world.next(), before, "a refused request touched a key");
    let second = world.request(voids(&first.trace)).unwrap();
    let after = world.next();
    assert!(before.keys().eq(after.keys()) && before.values().all(|old| after.values().all(|new| new != old)));
    let desk = world.desk();
    let history = History::of(desk.entries());
    assert_eq!(history.request(&first.trace).unwrap().fate, Fate::Voided);
    assert_eq!(history.outstanding().unwrap().trace, second.trace);
    let requested = &history.outstanding().unwrap().requested;
    assert_eq!((requested.seq, &requested.voids), (2, &vec![first.trace.to_string()]));
    drop(desk);
    assert_eq!(code(world.export(&first.trace, &world.medium("late"))), "REQUEST_NOT_OUTSTANDING");
    assert_eq!(code(world.export(&second.trace, &world.medium("second"))), "");
}

#[test]
fn a_void_request_leaves_nothing_at_places_that_the_new_one_does_not_ask_for() {
    let world = World::new();
    let (first, _) = world.send(Wish::default(), "first");
    assert_eq!(world.next().len(), 38);
    world.request(voids(&first.trace)).unwrap();
    assert_eq!(world.next().len(), 4);
}

#[test]
fn a_request_that_is_ready_leaves_as_often_as_it_is_asked_for() {
    let world = World::new();
    let placed = world.request(kubelets()).unwrap();
    assert_eq!(code(world.request(kubelets())), "REQUEST_UNSENT");
    for stick in ["one", "two"] {
        world.export(&placed.trace, &world.medium(stick)).unwrap();
    }
    let files = |stick: &str| {
        let mut files: Vec<_> = fs::read_dir(world.medium(stick))
            .unwrap()
            .map(|entry| entry.unwrap())
            .map(|entry| (entry.file_name(), fs::read(entry.path()).unwrap()))
            .collect();
        files.sort();
        files
    };
    assert_eq!(files("one"), files("two"));
    let exported = world.desk().entries().iter().filter(|e| matches!(e.event, Event::Exported(_))).count();
    assert_eq!(exported, 2);
}

#[test]
fn a_request_without_its_keys_never_leaves_and_is_voided_unasked() {
    let world = World::new();
    let mut desk = world.desk();
    let order = world.order(&mut desk, kubelets()).unwrap();
    drop(order);
    drop(desk);
    let trace = History::of(world.desk().entries()).outstanding().unwrap().trace.clone();
    assert_eq!(code(world.export(&trace, &world.medium("early"))), "REQUEST_NOT_PLACED");
    assert!(world.next().is_empty());
    let second = world.request(kubelets()).unwrap();
    let history = History::of(world.desk().entries());
    assert_eq!(history.outstanding().unwrap().requested.voids, [trace.to_string()]);
    assert_eq!(world.export(&second.trace, &world.medium("stick")).unwrap().statement.lines().items, 4);
}

#[test]
fn what_a_stranger_put_there_is_neither_overwritten_nor_removed() {
    for text in ["-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "", "not a key"] {
        let world = World::new();
        let placed = world.request(kubelets()).unwrap();
        let file = world.root("cp1").join("etc/kubernetes.next/kubelet.conf");
        fs::write(&file, text).unwrap();
        let before = world.next();
        assert_eq!(code(world.request(voids(&placed.trace))), "NEXT_OCCUPIED");
        assert_eq!(world.next(), before);
        let roles = vec!["scheduler".parse().unwrap()];
        let elsewhere =
            Wish { choice: Choice { roles, ..Choice::default() }, void: Some(placed.trace), ..Wish::default() };
        world.request(elsewhere).unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), text, "a stranger's file was removed");
        assert_eq!(world.next().len(), 3 + 1);
    }
}

#[test]
fn every_step_stands_in_the_log_under_one_trace() {
    let world = World::new();
    let (placed, _) = world.send(kubelets(), "stick");
    let desk = world.desk();
    let told: Vec<_> = desk
        .entries()
        .iter()
        .filter(|entry| entry.trace.as_deref() == Some(placed.trace.as_str()))
        .map(|entry| (entry.actor.person.as_deref(), &entry.event))
        .collect();
    assert!(matches!(
        told.as_slice(),
        [
            (Some("zhang-wei"), Event::Requested(_)),
            (Some("zhang-wei"), Event::KeysPlaced(_)),
            (None, Event::ExportIntent(_)),
            (None, Event::Exported(_)),
        ]
    ));
    let log = fs::read_to_string(world.state().join("log/entries.jsonl")).unwrap();
    assert!(!log.contains("PRIVATE KEY") && !log.contains("kubernetes.next") && log.is_ascii());
}

#[test]
fn a_request_is_written_down_before_any_key_reaches_a_node() {
    let world = World::new();
    let mut desk = world.desk();
    let order = world.order(&mut desk, kubelets()).unwrap();
    assert!(matches!(desk.entries().last().unwrap().event, Event::Requested(_)));
    assert!(world.next().is_empty());
    place(&mut desk, order).unwrap();
    assert_eq!(world.next().len(), 4);
}
