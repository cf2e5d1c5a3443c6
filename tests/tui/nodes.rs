//! I41, a package is cut into one for each node that stages for itself, and I50 with what other hosts wrote.

use std::path::{Path, PathBuf};

use airlock::audit::entry::Side;
use airlock::desk::unfinished::Stage;
use airlock::online::chronicle::Sources;
use airlock::online::split::Wish;
use airlock::tui::effect::Effect;
use airlock::tui::keys::Key;
use airlock::tui::told::Told;

use crate::drawn::Drawn;
use crate::facts::{self, online};
use crate::screens::at;

/// I41, reached from I40, with what would be cut.
fn split() -> Drawn {
    let mut drawn = at(Side::Online, Stage::Accepted);
    drawn.told(online::staging(None)).typed("p");
    assert!(
        matches!(drawn.one(), Effect::PlanSplit(trace, wish) if trace == facts::trace() && *wish == Wish::default())
    );
    drawn.told(online::splitting(None));
    assert!(drawn.shows("[I41]") && drawn.shows("2 nodes, 16 certificates, 12 private keys"), "{}", drawn.last());
    drawn
}

#[test]
fn one_of_anything_is_not_many() {
    let mut drawn = split();
    let Told::Splitting(mut facts) = online::splitting(Some((1, 91))) else { unreachable!() };
    (facts.nodes, facts.certificates, facts.keys) = (1, 1, 1);
    drawn.told(Told::Splitting(facts));
    assert!(drawn.shows(" 1 node, 1 certificate, 1 private key ") && drawn.shows("1 file written"), "{}", drawn.last());
}

/// Fills in where to, how many keys leave, and the passphrase.
fn fill(drawn: &mut Drawn, keys: &str) {
    drawn.typed("s").typed("/srv/out").key(Key::Enter).typed(keys).key(Key::Enter).typed("of the host").key(Key::Enter);
}

#[test]
fn private_keys_leave_once_somebody_types_how_many() {
    let mut drawn = split();
    insta::assert_snapshot!("I41", drawn.snapshot());
    drawn.key(Key::Function(1));
    assert!(drawn.shows(&format!("airlock online split {} --to DIR", facts::trace())), "{}", drawn.last());
    drawn.key(Key::Esc);
    fill(&mut drawn, "14");
    assert!(drawn.asked.is_empty() && drawn.shows("[TYPO] Not the number of private keys above"), "{}", drawn.last());
    drawn.typed("12");
    insta::assert_snapshot!("I41_form", drawn.snapshot());
    drawn.key(Key::Enter).key(Key::Enter);
    let Effect::Split { trace, wish, keys, to, .. } = drawn.one() else { panic!("nothing is split: {}", drawn.last()) };
    assert_eq!((trace, *wish, keys, to.as_path()), (facts::trace(), Wish::default(), 12, Path::new("/srv/out")));
    // A mistyped passphrase costs nothing but typing it again.
    drawn.told(Told::Refused(facts::notice())).key(Key::Enter);
    assert!(drawn.shows("/srv/out") && drawn.shows("[ hidden"), "{}", drawn.last());
    drawn.key(Key::Enter);
    assert!(drawn.asked.is_empty(), "an empty passphrase is not sent");
    drawn.typed("of the host").key(Key::Enter);
    assert!(matches!(drawn.one(), Effect::Split { .. }));
    // Other keys lie there by now: the number is typed anew.
    drawn.told(online::splitting(None));
    assert!(drawn.shows("[TYPO] Not the number of private keys above"), "{}", drawn.last());
    drawn.told(online::splitting(Some((2, 91))));
    assert!(drawn.shows("[ OK ] 2 files written; log entry 91"), "{}", drawn.last());
    insta::assert_snapshot!("I41_done", drawn.snapshot());
    drawn.typed("s");
    assert!(drawn.shows("files written"), "what was written is not written again by one key: {}", drawn.last());
    drawn.key(Key::Esc);
    assert!(matches!(drawn.one(), Effect::Look));
}

#[test]
fn nodes_are_left_out_and_requests_missed_as_on_the_command_line() {
    let instead = |drawn: &mut Drawn, text: &str| {
        drawn.key(Key::Backspace).typed(text).key(Key::Enter);
    };
    let mut drawn = split();
    drawn.typed("c");
    instead(&mut drawn, "nine");
    instead(&mut drawn, "w1");
    assert!(drawn.asked.is_empty() && drawn.shows("[TYPO] Numbers of denied requests"), "{}", drawn.last());
    drawn.typed("0009").key(Key::Enter).key(Key::Enter);
    let Effect::PlanSplit(_, wish) = drawn.one() else { panic!("nothing is looked at: {}", drawn.last()) };
    assert_eq!(*wish, Wish { without: vec!["0009".parse().unwrap()], excluded: vec!["w1".to_owned()] });
    assert_eq!(wish.options(), " --without 0009 --exclude w1");
    // What was seen before says nothing of this: it is not split before it was looked at.
    drawn.told(Told::Refused(facts::notice())).key(Key::Enter).typed("s");
    assert!(drawn.shows("S split") && !drawn.shows("Directory"), "{}", drawn.last());
    drawn.typed("c").key(Key::Enter).key(Key::Enter);
    assert!(matches!(drawn.one(), Effect::PlanSplit(_, again) if again == wish));
    drawn.told(online::splitting(None)).key(Key::Function(1));
    assert!(drawn.shows("--without 0009 --exclude w1"), "{}", drawn.last());
    drawn.key(Key::Esc);
    fill(&mut drawn, "12");
    assert!(matches!(drawn.one(), Effect::Split { wish: again, .. } if again == wish));
}

#[test]
fn logs_of_other_hosts_and_objects_are_named_on_i50() {
    let mut drawn = at(Side::Online, Stage::Rotating);
    drawn.told(online::course(false)).typed("l").typed("/srv/cp1.jsonl").key(Key::Enter);
    let logs = |names: &[&str]| names.iter().map(PathBuf::from).collect::<Vec<_>>();
    let cp1 = Sources { logs: logs(&["/srv/cp1.jsonl"]), ..Sources::default() };
    assert!(matches!(drawn.one(), Effect::Course(_, sources) if *sources == cp1));
    // What is no log is not named: the person puts it right.
    drawn.told(Told::Refused(facts::notice())).key(Key::Enter);
    assert!(drawn.shows("/srv/cp1.jsonl_"), "{}", drawn.last());
    drawn.key(Key::Esc).typed("r");
    assert!(matches!(drawn.one(), Effect::Course(_, sources) if *sources == Sources::default()));
    drawn.told(online::course(false));
    for name in ["/srv/cp1.jsonl", "/srv/a log.jsonl"] {
        drawn.typed("l").typed(name).key(Key::Enter).told(online::course(false));
    }
    drawn.typed("o").typed("/srv/objects.json").key(Key::Enter);
    assert!(drawn.asked.is_empty() && drawn.shows("Named beside: 2 logs, 1 of objects"), "{}", drawn.last());
    insta::assert_snapshot!("I50_named", drawn.snapshot());
    drawn.key(Key::Function(1));
    assert!(drawn.shows("--log /srv/cp1.jsonl") && drawn.shows("--objects /srv/objects.json"), "{}", drawn.last());
    drawn.key(Key::Esc).typed("t");
    let objects = logs(&["/srv/objects.json"]);
    let all = Sources { logs: logs(&["/srv/cp1.jsonl", "/srv/a log.jsonl"]), objects };
    assert!(matches!(drawn.one(), Effect::Chronicle(_, sources) if *sources == all));
    assert_eq!(all.options(), " --log /srv/cp1.jsonl --log '/srv/a log.jsonl' --objects /srv/objects.json");
    // Named again, it is left out.
    drawn
        .told(Told::Read(facts::lines(&["S1 staged"])))
        .key(Key::Esc)
        .typed("l")
        .typed("/srv/a log.jsonl")
        .key(Key::Enter);
    assert!(matches!(drawn.one(), Effect::Course(_, sources) if sources.logs == cp1.logs));
    drawn.told(online::course(false)).typed("p");
    assert!(matches!(drawn.one(), Effect::PlanSplit(..)) && drawn.shows("[I41]"), "{}", drawn.last());
}
