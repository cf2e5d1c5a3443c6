//! What was made here leaves again, and what is staged is chosen: as on the command line.

use airlock::audit::entry::Side;
use airlock::tui::effect::Effect;
use airlock::tui::keys::Key;
#[cfg(feature = "offline")]
use airlock::tui::told::Told;

use crate::drawn::Drawn;
use crate::facts;
use crate::screens::home;

const TRACE: &str = "20250722-7Q2K-9M4F-B";

/// S00, where somebody wants `trace` to leave again.
fn again(side: Side, trace: &str) -> Drawn {
    let mut drawn = home(side, &[]);
    drawn.typed("t").typed(trace).key(Key::Enter);
    drawn
}

/// Types into the field that the person is in what is to stand there.
fn instead(drawn: &mut Drawn, text: &str) {
    drawn.key(Key::Backspace).typed(text).key(Key::Enter);
}

#[test]
#[cfg(feature = "offline")]
fn a_package_leaves_again_as_it_is_or_sealed_anew() {
    for (word, is_anew) in [("-", false), ("anew", true)] {
        let mut drawn = again(Side::Offline, TRACE);
        if is_anew {
            insta::assert_snapshot!("S00_again", drawn.snapshot());
        }
        instead(&mut drawn, word);
        assert!(matches!(&drawn.asked[..], [Effect::Outgoing(trace), Effect::Media] if trace.as_str() == TRACE));
        drawn.asked.clear();
        drawn.told(facts::outgoing(Some("cert-package"), None));
        assert!(drawn.shows("[F70]") && drawn.shows("sealed once more") == is_anew, "{}", drawn.last());
        drawn.typed("/mnt/back").key(Key::Enter).typed("/root/sheet.txt").key(Key::Enter);
        if is_anew {
            drawn.typed("123456").key(Key::Enter);
        }
        let Effect::Seal { pin, anew, .. } = drawn.one() else { panic!("nothing is sealed: {}", drawn.last()) };
        assert_eq!((pin.is_some(), anew), (is_anew, is_anew));
    }
}

/// F70 of a package that is to be sealed anew, its fields typed; the token is on its way.
#[cfg(feature = "offline")]
fn sealing_anew() -> Drawn {
    let mut drawn = again(Side::Offline, TRACE);
    instead(&mut drawn, "anew");
    drawn.told(facts::outgoing(Some("cert-package"), None));
    drawn.typed("/mnt/back").key(Key::Enter).typed("/root/sheet.txt").key(Key::Enter);
    drawn.typed("999999").key(Key::Enter);
    assert!(matches!(drawn.one(), Effect::Seal { anew: true, .. }), "{}", drawn.last());
    drawn.asked.clear();
    drawn
}

/// The package as it stands once it was sealed anew: other rows.
#[cfg(feature = "offline")]
fn other(left: Option<u64>) -> Told {
    let Told::Outgoing(mut facts) = facts::outgoing(Some("cert-package"), left) else { unreachable!() };
    facts.sheet = vec!["A 000 000".to_owned()];
    Told::Outgoing(facts)
}

#[test]
#[cfg(feature = "offline")]
fn after_a_wrong_pin_the_old_package_is_not_offered_instead() {
    let mut drawn = sealing_anew();
    drawn.told(Told::Refused(facts::notice()));
    assert!(matches!(&drawn.asked[..], [Effect::Outgoing(_), Effect::Media]), "{:?}", drawn.asked);
    drawn.key(Key::Enter);
    drawn.told(facts::outgoing(Some("cert-package"), None));
    assert!(drawn.shows("sealed once more") && !drawn.shows("signed by this CA"), "{}", drawn.last());
    drawn.typed("/mnt/back").key(Key::Enter).typed("/root/sheet.txt").key(Key::Enter);
    drawn.typed("123456").key(Key::Enter);
    assert!(matches!(drawn.one(), Effect::Seal { pin: Some(_), anew: true, .. }), "{}", drawn.last());
}

#[test]
#[cfg(feature = "offline")]
fn what_was_sealed_anew_is_not_sealed_again() {
    // The medium refused it: the package is there, with rows of its own.
    let mut drawn = sealing_anew();
    drawn.told(Told::Refused(facts::notice())).key(Key::Enter);
    drawn.told(other(None));
    assert!(drawn.shows("signed by this CA") && !drawn.shows("sealed once more"), "{}", drawn.last());
    drawn.typed("/mnt/back").key(Key::Enter).typed("/root/sheet.txt").key(Key::Enter);
    assert!(matches!(drawn.one(), Effect::Seal { pin: None, anew: false, .. }), "{}", drawn.last());
    // It left.
    let mut drawn = sealing_anew();
    drawn.told(other(Some(42)));
    assert!(drawn.shows("The package left") && !drawn.shows("sealed once more"), "{}", drawn.last());
}

#[test]
#[cfg(feature = "offline")]
fn what_is_no_trace_opens_nothing() {
    let mut drawn = again(Side::Offline, "20250722");
    drawn.key(Key::Enter);
    assert!(drawn.asked.is_empty() && drawn.shows("[TYPO] Not a trace"), "{}", drawn.last());
    let mut drawn = again(Side::Offline, TRACE);
    instead(&mut drawn, "yes");
    assert!(drawn.asked.is_empty() && drawn.shows("[TYPO] Type anew"), "{}", drawn.last());
    drawn.key(Key::Esc);
    assert!(drawn.shows("No unfinished work"), "{}", drawn.last());
}

#[test]
#[cfg(feature = "online")]
fn a_bundle_leaves_again() {
    let mut drawn = again(Side::Online, TRACE);
    assert!(matches!(drawn.one(), Effect::Media) && drawn.shows("[N30]"), "{}", drawn.last());
    drawn.typed("/mnt/out").key(Key::Enter).typed("/root/sheet.txt").key(Key::Enter);
    assert!(matches!(drawn.one(), Effect::Leave { trace, .. } if trace.as_str() == TRACE));
}

#[test]
#[cfg(feature = "online")]
fn what_is_staged_is_chosen() {
    use std::path::PathBuf;

    use airlock::desk::unfinished::Stage;
    use airlock::online::stage::Wish;

    use crate::facts::online;

    let open = || {
        let mut drawn = crate::screens::at(Side::Online, Stage::Accepted);
        assert!(matches!(drawn.one(), Effect::PlanStage(_, wish) if *wish == Wish::default()));
        drawn.told(online::staging(None)).typed("c");
        drawn
    };
    let mut drawn = open();
    insta::assert_snapshot!("I40_choose", drawn.snapshot());
    for word in ["0009 0012", "w1", "bridge", "/srv/cross.pem"] {
        instead(&mut drawn, word);
    }
    let Effect::PlanStage(_, wish) = drawn.one() else { panic!("nothing is looked at: {}", drawn.last()) };
    let wanted = Wish {
        without: vec!["0009".parse().unwrap(), "0012".parse().unwrap()],
        excluded: vec!["w1".to_owned()],
        bridge: true,
        crosses: vec![PathBuf::from("/srv/cross.pem")],
    };
    assert_eq!(*wish, wanted);
    assert_eq!(wanted.options(), " --without 0009 --without 0012 --exclude w1 --bridge --cross /srv/cross.pem");
    // Only who types the name of the cluster lets the old CA sign.
    drawn.told(online::staging(None)).typed("s").typed("prod-1").key(Key::Enter);
    assert!(matches!(drawn.one(), Effect::Stage(_, wish) if *wish == wanted));
    for (fields, told) in [
        (["nine", "-", "-", "-"], "Numbers of denied requests"),
        (["-", "-", "yes", "-"], "bridge: the old CA certifies"),
        (["-", "-", "-", "/srv/cross.pem"], "bridge: the old CA certifies"),
    ] {
        let mut drawn = open();
        fields.iter().for_each(|word| instead(&mut drawn, word));
        assert!(drawn.asked.is_empty() && drawn.shows("[TYPO]") && drawn.shows(told), "{}", drawn.last());
    }
}
