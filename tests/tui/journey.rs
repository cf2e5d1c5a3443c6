//! Both rooms from S00 to the end, typed blind through the pure `update`: each key leads to the effect that a room would
//! execute, each answer to the next screen. What was typed in secret, and what paper alone may tell, is in no frame.

use airlock::audit::entry::Side;
use airlock::exchange::code::rows::{Row, Rows};
use airlock::exchange::draw::entry::Answer;
use airlock::tui::effect::{Decision, Effect};
use airlock::tui::keys::Key;
use airlock::tui::language::Both;
use airlock::tui::told::Told;

use crate::drawn::Drawn;
use crate::facts;
use crate::screens::{eight, home};
use crate::walk::{digits, statement};

const PASSPHRASE: &str = "korrekt-pferd-batterie";
const PIN: &str = "83615274";

/// Types a form, Enter after each field.
fn fields(drawn: &mut Drawn, texts: &[&str]) {
    for text in texts {
        drawn.typed(text).key(Key::Enter);
    }
}

fn person(drawn: &mut Drawn, id: &str) {
    fields(drawn, &[id, "/keys/own", PASSPHRASE]);
}

/// A person sits down and types his rows; until a row is confirmed it stands in no frame.
fn rows(drawn: &mut Drawn, id: &str, asked: Rows, complete: bool) {
    person(drawn, id);
    let Effect::Sit { who, .. } = drawn.one() else { panic!("nobody sits down: {}", drawn.last()) };
    assert_eq!(who.id, id);
    let all: Vec<Row> = asked.iter().collect();
    drawn.told(Told::Seated { person: id.to_owned(), asked, row: all[0] });
    for (at, row) in all.iter().enumerate() {
        let before = drawn.frames.len();
        drawn.typed(&digits(*row));
        assert!(matches!(drawn.one(), Effect::Enter(typed) if typed == digits(*row)));
        let (whole, spaced) = (digits(*row), format!("{} {}", &digits(*row)[..3], &digits(*row)[3..]));
        let shown = drawn.frames[before..].iter().any(|frame| frame.contains(&whole) || frame.contains(&spaced));
        assert!(!shown, "row {row} is shown before it was confirmed");
        drawn.told(match all.get(at + 1) {
            Some(next) => Told::Answered { answer: Answer::Right, row: *next },
            None => Told::RowsDone { complete },
        });
    }
}

/// No frame of the whole journey shows a secret or a digest that the paper vouches for.
fn hides(drawn: &Drawn) {
    let digest = statement().digest().to_string();
    for frame in &drawn.frames {
        for secret in [PASSPHRASE, &PASSPHRASE[..6], PIN, &PIN[..4], &digest[..8]] {
            assert!(!frame.contains(secret), "{secret} is shown:\n{frame}");
        }
    }
}

/// Opens and ticks each privileged request, which stand first.
fn tick(drawn: &mut Drawn, count: usize) {
    for _ in 0..count {
        drawn.key(Key::Enter);
        assert!(matches!(drawn.one(), Effect::Detail { .. }));
        drawn.told(Told::Detail(facts::lines(&["Type PKCS#10 request, possession proven"]))).typed(" ");
        assert!(drawn.shows("ticked"), "{}", drawn.last());
        drawn.key(Key::Esc).key(Key::Down);
    }
}

#[test]
#[cfg(feature = "offline")]
fn the_offline_room_from_the_stick_to_the_return_sheet() {
    let mut drawn = home(Side::Offline, &[]);
    drawn.resizes = true;
    drawn.typed("2");
    fields(&mut drawn, &["/mnt/in"]);
    assert!(matches!(drawn.one(), Effect::Receive { .. }));
    // Of two bundles of one trace none is typed.
    drawn.told(facts::arrived_second()).typed("n");
    assert!(drawn.asked.is_empty());
    drawn.told(facts::arrived()).typed("n");
    assert!(matches!(drawn.one(), Effect::Paper(_)));
    drawn.told(facts::paper(Side::Offline));
    rows(&mut drawn, "chen", eight(), false);
    drawn.typed("n").told(facts::paper(Side::Offline));
    rows(&mut drawn, "li", Rows::ALL.without(eight()), true);
    drawn.typed("n");
    assert!(matches!(drawn.one(), Effect::Verify { passphrase: None, .. }));
    drawn.told(facts::checked()).typed("n");
    assert!(matches!(drawn.one(), Effect::Review(_)));
    drawn.told(Told::Reviewed(facts::requests(42), Vec::new()));
    tick(&mut drawn, 3);
    drawn.typed("n").told(Told::Ballot(None)).typed("p");
    fields(&mut drawn, &[&facts::trace().tail()]);
    assert!(matches!(drawn.one(), Effect::ClosePlan(_)));
    drawn.told(facts::ballot(true)).typed("a");
    person(&mut drawn, "chen");
    fields(&mut drawn, &["S-000001/1", "3"]);
    let Effect::Vote { who, vote: Decision::Yes { privileged, ticked, .. }, .. } = drawn.one() else { panic!() };
    assert_eq!((who.id.as_str(), privileged.as_str(), ticked.len()), ("chen", "3", 3));
    // His ticks are his: the second officer opens and ticks himself.
    drawn.told(facts::ballot(true)).key(Key::Esc).told(Told::Reviewed(facts::requests(42), Vec::new()));
    assert!(drawn.shows("ticked 0"), "{}", drawn.last());
    tick(&mut drawn, 3);
    drawn.typed("n").told(facts::ballot(true)).typed("a");
    person(&mut drawn, "li");
    fields(&mut drawn, &["S-000001/1", "3"]);
    assert!(matches!(drawn.one(), Effect::Vote { .. }));
    drawn.told(facts::ballot(false)).typed("n");
    assert!(matches!(drawn.one(), Effect::Token(_)));
    drawn.told(facts::token());
    fields(&mut drawn, &[PIN]);
    assert!(matches!(drawn.one(), Effect::Sign { .. }));
    drawn.told(Told::Gauge { done: 20, of: 41 }).told(Told::Noted(Both::same("03:19:11  20/41")));
    drawn.told(Told::Signed(41)).typed("n").told(facts::outgoing(None, None));
    fields(&mut drawn, &["/mnt/out", "/root/return.txt", PIN]);
    assert!(matches!(drawn.one(), Effect::Seal { pin: Some(_), .. }));
    drawn.told(facts::outgoing(Some("cert-package"), Some(1056))).typed("n");
    drawn.told(facts::outgoing(Some("cert-package"), None));
    for _ in 0..4 {
        drawn.typed(" ").key(Key::Down);
    }
    drawn.typed("f");
    assert!(matches!(drawn.one(), Effect::Look) && drawn.shows("[S00]"));
    hides(&drawn);
}

#[test]
#[cfg(feature = "online")]
fn the_online_room_from_the_scan_to_what_is_staged() {
    use crate::facts::online;

    let mut drawn = home(Side::Online, &[]);
    drawn.resizes = true;
    drawn.typed("1");
    assert!(matches!(drawn.one(), Effect::Scan));
    drawn.told(online::scanned()).typed("n");
    assert!(matches!(drawn.one(), Effect::Draft(wish) if *wish == airlock::online::request::Wish::default()));
    drawn.told(online::drafted()).key(Key::Down).typed(" n");
    person(&mut drawn, "zhang-wei");
    fields(&mut drawn, &[PASSPHRASE, "/mnt/out", "/root/sheet.txt"]);
    let Effect::Request { who, .. } = drawn.one() else { panic!("nothing is made: {}", drawn.last()) };
    assert_eq!(who.id, "zhang-wei");
    drawn.told(Told::Gauge { done: 1, of: 2 }).told(facts::outgoing(Some("csr-bundle"), Some(20))).typed("n");
    drawn.told(facts::outgoing(Some("csr-bundle"), None));
    assert!(drawn.shows("[N40]"));
    drawn.key(Key::Esc).told(facts::host(Side::Online, &[])).typed("3");
    fields(&mut drawn, &["/mnt/back"]);
    drawn.told(facts::arrived()).typed("n").told(facts::paper(Side::Online));
    rows(&mut drawn, "zhang-wei", Rows::ALL, true);
    drawn.typed("n");
    assert!(drawn.asked.is_empty(), "nothing is opened before its passphrase");
    fields(&mut drawn, &[PASSPHRASE]);
    assert!(matches!(drawn.one(), Effect::Verify { passphrase: Some(_), .. }));
    drawn.told(facts::accepted()).typed("n").told(online::staging(None)).typed("s");
    fields(&mut drawn, &["prod-1"]);
    assert!(matches!(drawn.one(), Effect::Stage(..)));
    drawn.told(online::staging(Some(90))).key(Key::Esc).told(facts::host(Side::Online, &[])).typed("4");
    assert!(matches!(drawn.one(), Effect::Journal));
    hides(&drawn);
}
