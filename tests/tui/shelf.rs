//! Media are chosen from a table, or named by a path.

use airlock::audit::entry::Side;
use airlock::desk::media::Line;
use airlock::desk::register::Way;
use airlock::desk::unfinished::Stage;
use airlock::tui::effect::Effect;
use airlock::tui::keys::Key;
use airlock::tui::told::Told;

use crate::drawn::Drawn;
use crate::facts;
use crate::screens::{at, home};

fn line(device: &str, serial: &str, verdict: &str) -> Line {
    Line {
        device: device.to_owned(),
        bus: "usb".to_owned(),
        size: "14.9 GiB".to_owned(),
        filesystem: "FAT32".to_owned(),
        label: "XFER".to_owned(),
        serial: serial.to_owned(),
        verdict: verdict.to_owned(),
        code: verdict.starts_with("[STOP]").then_some(if verdict.ends_with("disk") {
            "DEVICE_INTERNAL"
        } else {
            "DEVICE_TABLE"
        }),
        way: verdict.starts_with("registered").then_some(if verdict.ends_with("(in)") { Way::In } else { Way::Out }),
        is_offered: !verdict.starts_with("[STOP]"),
        is_plugged: !verdict.ends_with("internal disk"),
    }
}

fn media() -> Told {
    Told::Media(vec![
        line("sda", "-", "[STOP] sda is an internal disk"),
        line("sdc", "AA0000000001", "[STOP] sdc is refused: it has 2 partitions"),
        line("sdb1", "0019E06B", "registered TX-03 (in)"),
        line("sdd1", "77AA0011", "not registered"),
    ])
}

fn receiving() -> Drawn {
    let mut drawn = home(Side::Offline, &[]);
    drawn.typed("2");
    assert!(matches!(drawn.one(), Effect::Media));
    drawn.told(media());
    drawn
}

/// The medium that Enter asks to be received.
fn received(drawn: &mut Drawn) -> String {
    match drawn.key(Key::Enter).one() {
        Effect::Receive { medium } => medium.to_string_lossy().into_owned(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_media_are_listed() {
    insta::assert_snapshot!("F10_media", receiving().snapshot());
    let mut none = home(Side::Online, &[]);
    none.typed("3").told(Told::Media(vec![line("sda", "-", "[STOP] sda is an internal disk")]));
    insta::assert_snapshot!("I10_no_media", none.snapshot());
    let mut sealing = at(Side::Offline, Stage::Sealed);
    sealing.told(facts::outgoing(None, None)).told(media());
    insta::assert_snapshot!("F70_media", sealing.snapshot());
}

#[test]
fn the_first_offered_one_is_chosen_and_another_by_the_arrows() {
    assert_eq!(received(&mut receiving()), "sdb1");
    let mut drawn = receiving();
    drawn.key(Key::Down).key(Key::Down).key(Key::Down);
    assert_eq!(received(&mut drawn), "sdd1");
}

#[test]
fn what_is_refused_cannot_be_taken() {
    let mut drawn = receiving();
    drawn.key(Key::Up).key(Key::Enter);
    assert!(drawn.asked.is_empty() && drawn.shows("sdc: [STOP] sdc is refused: it has 2 partitions"));
    drawn.key(Key::Down);
    assert_eq!(received(&mut drawn), "sdb1");
}

#[test]
fn a_typed_path_wins_over_the_table() {
    let mut drawn = receiving();
    drawn.typed("/mnt/rx").key(Key::Down);
    assert_eq!(received(&mut drawn), "/mnt/rx");
}

#[test]
fn media_are_looked_for_again_and_let_go_of() {
    let mut drawn = receiving();
    assert!(matches!(drawn.typed("r").one(), Effect::Media));
    match drawn.typed("x").one() {
        Effect::Eject(device) => assert_eq!(device.to_str(), Some("sdb1")),
        other => panic!("{other:?}"),
    }
    assert!(matches!(drawn.told(Told::Ejected).one(), Effect::Media));
    drawn.told(Told::Media(vec![]));
    assert!(drawn.shows("No removable media. Insert one and press R."));
    drawn.key(Key::Enter);
    assert!(drawn.asked.is_empty());
}

#[test]
fn nobody_waits_for_the_look() {
    let mut drawn = home(Side::Offline, &[]);
    drawn.typed("2").typed("/mnt/sdb1");
    assert_eq!(received(&mut drawn), "/mnt/sdb1");
}

#[test]
fn on_the_way_out_the_table_fills_its_field_and_the_form_goes_on() {
    let mut drawn = at(Side::Offline, Stage::Sealed);
    drawn.told(facts::outgoing(Some("cert-package"), None)).told(media());
    // The registered one is of the other way: it is neither chosen first nor taken.
    drawn.key(Key::Up).key(Key::Enter);
    assert!(drawn.shows("sdb1: registered TX-03 (in); it is not for the way out"), "{}", drawn.last());
    drawn.typed("/sheets/one.txt").key(Key::Enter);
    assert!(drawn.asked.is_empty(), "{:?}", drawn.asked);
    let mut drawn = at(Side::Offline, Stage::Sealed);
    drawn.told(facts::outgoing(Some("cert-package"), None)).told(media());
    drawn.key(Key::Enter).typed("/sheets/one.txt");
    match drawn.key(Key::Enter).one() {
        Effect::Seal { medium, sheet, .. } => {
            assert_eq!((medium.to_str(), sheet.to_str()), (Some("sdd1"), Some("/sheets/one.txt")));
        }
        other => panic!("{other:?}"),
    }
}
