//! A person's word that users come without a certificate is written down before anything is judged by it.

use airlock::audit::event::Event;
use airlock::desk::host::Desk;
use airlock::exchange::trace::Trace;
use airlock::online::rotate::Goal;
use airlock::online::rotate::run::{run, tell};
use airlock::online::rotate::vouched::{last, vouch};
use airlock::rotation::stage::Back;

use crate::nodes::Nodes;

fn words(desk: &Desk) -> Vec<(String, Vec<String>)> {
    let words = desk.entries().iter().filter_map(|entry| match &entry.event {
        Event::RotationVouched(word) => Some((word.person.clone(), word.names.clone())),
        _ => None,
    });
    words.collect()
}

#[test]
fn the_word_of_a_person_is_written_down_once_and_nobody_elses_counts() {
    let Some(nodes) = Nodes::start() else { return };
    let mut desk = nodes.desk(0);
    let mut says = |person: Option<&str>, names: &[&str]| {
        let mut ground = nodes.ground(0);
        ground.sources.vouches = person.map(str::to_owned);
        ground.sources.without_certificate = names.iter().map(|name| (*name).to_owned()).collect();
        let said = vouch(&mut desk, &ground).map_err(|refused| refused.reason().code);
        (said, words(&desk))
    };
    let person = nodes.ground(0).people[0].id.to_string();
    assert_eq!(says(None, &[]), (Ok(()), vec![]));
    assert_eq!(says(Some("nobody"), &["oidc:zhang-wei"]), (Err("VOUCH_NO_PERSON"), vec![]));
    let first = (person.clone(), vec!["oidc:zhang-wei".to_owned()]);
    for _ in 0..2 {
        assert_eq!(says(Some(&person), &["oidc:zhang-wei"]), (Ok(()), vec![first.clone()]));
    }
    let second = (person.clone(), vec!["oidc:qian-yu".to_owned(), "oidc:zhang-wei".to_owned()]);
    assert_eq!(says(Some(&person), &["oidc:zhang-wei", "oidc:qian-yu"]), (Ok(()), vec![first, second.clone()]));
    // Who agrees to the drop is shown the last word about this rotation.
    let shown = |trace: &Trace| last(&desk, trace).map(|word| (word.person.clone(), word.names.clone()));
    let other = Trace::new("2026-12-03T00:00:00Z".parse().unwrap(), [5, 4, 3, 2, 1]);
    assert_eq!([&Nodes::trace(), &other].map(shown), [Some(second), None]);
}

/// Whichever way a run goes, and where a node is only looked at.
#[test]
fn nothing_is_judged_by_the_word_of_nobody() {
    let Some(nodes) = Nodes::start() else { return };
    let mut ground = nodes.ground(0);
    ground.sources.vouches = Some("nobody".to_owned());
    ground.sources.without_certificate = ["oidc:zhang-wei".to_owned()].into();
    let mut desk = nodes.desk(0);
    let code = |refused: airlock::refusal::Refused| refused.reason().code;
    for goal in [Goal::Forward, Goal::Back(Back::Leaf)] {
        assert_eq!(run(&mut desk, &ground, goal).map_err(code).unwrap_err(), "VOUCH_NO_PERSON");
    }
    assert_eq!(tell(&mut desk, &ground).map_err(code).unwrap_err(), "VOUCH_NO_PERSON");
    assert_eq!(words(&desk), []);
}
