//! What must never stand on a screen.

use airlock::exchange::code::rows::{Row, Rows};
use airlock::tui::effect::Effect;
use airlock::tui::keys::Key;

use crate::screens::{eight, login};
use crate::walk::{Sitting, digits, slip, statement};

/// A row as it could be written.
fn forms(row: Row) -> [String; 2] {
    let digits = digits(row);
    [format!("{} {}", &digits[..3], &digits[3..]), digits]
}

#[test]
fn no_right_row_and_no_digest_is_shown_before_the_row_was_typed() {
    let mut sitting = Sitting::begin(eight());
    let (id, digest) = (statement().id().to_string(), statement().digest().to_string());
    let mut confirmed = Rows::NONE;
    for row in eight().iter() {
        sitting.drawn.frames.clear();
        sitting.types(&slip(row));
        sitting.drawn.typed(&digits(row)[..5]).key(Key::Backspace);
        let rest = digits(row)[4..].to_owned();
        sitting.types(&rest);
        // The last frame is drawn after the answer.
        let (after, before) = sitting.drawn.frames.split_last().unwrap();
        for other in Rows::ALL.without(confirmed).iter() {
            assert!(before.iter().all(|frame| forms(other).iter().all(|form| !frame.contains(form))), "row {other}");
        }
        confirmed = confirmed.with(row);
        for other in Rows::ALL.without(confirmed).iter() {
            assert!(forms(other).iter().all(|form| !after.contains(form)), "row {other}");
        }
        for frame in &sitting.drawn.frames {
            assert!(!frame.contains(&digest[..8]) && !frame.contains(&id[..8]));
        }
    }
}

#[test]
fn a_pin_leaves_no_trace_in_any_frame() {
    let mut drawn = login();
    let before = drawn.last().to_owned();
    drawn.typed("83615");
    assert_eq!(drawn.last(), before);
    drawn.typed("2").key(Key::Enter);
    assert!(drawn.frames.iter().all(|frame| !frame.contains("83615")));
    assert!(!format!("{:?}", drawn.asked).contains("8361"));
    let Effect::Sign { pin, .. } = drawn.one() else { panic!("no PIN is given") };
    assert_eq!(pin.into_typed().as_str(), "836152");
}
