//! Items 5 and 6 of S00: what set-up has left, and the machine.

use airlock::audit::entry::Side;
use airlock::tui::effect::Effect;
use airlock::tui::keys::Key;
use airlock::tui::reading::Lines;
use airlock::tui::told::Told;

use crate::screens::home;

fn lines(english: &[&str], chinese: &[&str]) -> Told {
    let owned = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect();
    Told::Read(Lines::both(owned(english), owned(chinese)))
}

#[test]
fn what_was_set_up_is_read_and_looked_at_again() {
    let mut drawn = home(Side::Offline, &[]);
    drawn.typed("5");
    assert!(matches!(drawn.one(), Effect::SetUp));
    drawn.told(lines(
        &[
            "Clock",
            "  [WARN] not attested now: K on S00",
            "  compared 2025-07-21T03:05:00Z by chen, li, log entry 1040",
            "  $ airlock clock set MINUTE",
        ],
        &[
            "时钟",
            "  [WARN] 当前未确认：在 S00 按 K",
            "  2025-07-21T03:05:00Z 由 chen, li 核对，日志记录 1040",
            "  $ airlock clock set MINUTE",
        ],
    ));
    assert!(drawn.shows("[S15]"), "{}", drawn.last());
    insta::assert_snapshot!("S15", drawn.snapshot());
    drawn.typed("r");
    assert!(matches!(drawn.one(), Effect::SetUp));
    drawn.told(lines(&["Clock"], &["时钟"])).key(Key::Esc);
    assert!(matches!(drawn.one(), Effect::Look));
}

#[test]
fn the_machine_is_looked_at() {
    let mut drawn = home(Side::Online, &[]);
    drawn.typed("6");
    assert!(matches!(drawn.one(), Effect::HostCheck));
    drawn.told(lines(&["Host  cluster:prod-1", "Swap  -"], &["主机  cluster:prod-1", "交换区  -"]));
    insta::assert_snapshot!("S16", drawn.snapshot());
    drawn.key(Key::Esc);
    assert!(matches!(drawn.one(), Effect::Look));
}
