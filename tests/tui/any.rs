//! Any keys over any answers, in any order: every frame can be drawn, nothing ends by itself, nothing moves the cursor.

use airlock::audit::entry::Side;
use airlock::desk::unfinished::Stage;
use airlock::exchange::code::rows::Row;
use airlock::exchange::draw::entry::Answer;
use airlock::tui::effect::Effect;
use airlock::tui::keys::Key;
use airlock::tui::palette::Palette;
use airlock::tui::reading::Lines;
use airlock::tui::told::{Told, Written};
use proptest::prelude::*;
use unicode_width::UnicodeWidthChar as _;

use crate::drawn::{Drawn, text};
use crate::facts;
use crate::screens::{eight, home};

const STAGES: [Stage; 9] = [
    Stage::Received,
    Stage::Typed,
    Stage::Quarantined,
    Stage::Verified,
    Stage::Planned,
    Stage::Signing,
    Stage::Sealed,
    Stage::Accepted,
    Stage::Staged,
];

#[derive(Debug, Clone)]
enum Step {
    Key(Key),
    Told(u8),
    Pasted,
    Drowsy,
    Idle,
}

fn step() -> impl Strategy<Value = Step> {
    let command = prop::sample::select("123456abnrdpashfvtowglocm/?~! xX09".chars().map(Key::Char).collect::<Vec<_>>());
    let named = prop::sample::select(vec![
        Key::Enter,
        Key::Esc,
        Key::Tab,
        Key::BackTab,
        Key::Backspace,
        Key::Up,
        Key::Down,
        Key::PageDown,
        Key::End,
        Key::Home,
        Key::Redraw,
        Key::Function(2),
        Key::Function(3),
        Key::Function(4),
        Key::Function(9),
    ]);
    prop_oneof![
        6 => command.prop_map(Step::Key),
        6 => named.prop_map(Step::Key),
        1 => any::<char>().prop_filter("Q leaves", |c| !"qQｑＱ".contains(*c)).prop_map(|c| Step::Key(Key::Char(c))),
        6 => any::<u8>().prop_map(Step::Told),
        1 => Just(Step::Pasted),
        1 => Just(Step::Drowsy),
        1 => Just(Step::Idle),
    ]
}

/// What a hostile file or certificate may be called.
fn long() -> String {
    format!("{}{}{}", "n".repeat(10_000), "e\u{301}\u{200b}\u{202e}".repeat(2_000), "指".repeat(1_000))
}

fn told(number: u8) -> Told {
    let side = if number & 64 == 0 { Side::Offline } else { Side::Online };
    match number % 27 {
        0 => facts::host(side, &STAGES),
        1 => facts::journal(),
        2 => facts::arrived_second(),
        3 => facts::paper(side),
        4 => facts::checked(),
        5 => facts::failed(),
        6 => Told::Reviewed(facts::requests(u32::from(number) * 3), Vec::new()),
        7 => facts::ballot(number & 32 == 0),
        8 => Told::Ballot(None),
        9 => facts::token(),
        10 => facts::outgoing(Some("cert-package"), Some(7)),
        11 => facts::outgoing(None, None),
        12 => Told::Seated { person: "chen".to_owned(), asked: eight(), row: Row::ALL[0] },
        13 => Told::Answered { answer: Answer::Right, row: Row::ALL[2] },
        14 => Told::RowsDone { complete: number & 32 == 0 },
        15 => Told::Mismatch(Row::ALL[3], 7),
        16 => Told::Gauge { done: usize::from(number), of: 255 },
        17 => {
            let lines = vec![airlock::report::columns::visible(&long()); 3];
            Told::Detail(Lines::both(lines.clone(), lines))
        }
        18 => Told::Refused(facts::notice()),
        19 => Told::PrintRow(Row::ALL[usize::from(number % 16)], Some(Answer::Typo)),
        20 => Told::PrintEqual,
        21 => Told::Written(Box::new(Written {
            person: "li".to_owned(),
            file: airlock::report::columns::visible(&long()),
            namespace: "approval@airlock.v1",
        })),
        22 => {
            let lines = vec![airlock::report::columns::visible(&long()); 40];
            Told::Read(Lines::both(lines.clone(), lines))
        }
        23 => facts::locked((number & 32 == 0).then(facts::deciding)),
        #[cfg(feature = "online")]
        24 => facts::online::splitting((number & 32 == 0).then_some((2, 91))),
        #[cfg(feature = "online")]
        25 => facts::online::course(number & 32 == 0),
        _ => hostile(number),
    }
}

/// Names of ten thousand characters, and of marks that stand on others.
fn hostile(number: u8) -> Told {
    match (number & 32 == 0, facts::arrived(), facts::journal()) {
        (true, Told::Arrived(mut arrived), _) => {
            arrived.ignored = vec![(long(), "not of a transfer"); 9];
            Told::Arrived(arrived)
        }
        (_, _, Told::Journal(mut journal)) => {
            for entry in &mut journal.entries {
                entry.actor.person = Some(long());
                entry.actor.role = long();
                entry.trace = Some(long());
            }
            Told::Journal(journal)
        }
        _ => Told::Stood,
    }
}

fn take(drawn: &mut Drawn, step: &Step) {
    match step {
        Step::Key(key) => drop(drawn.key(*key)),
        Step::Told(number) => drop(drawn.told(told(*number))),
        Step::Pasted => drop(drawn.pasted()),
        Step::Drowsy => drop(drawn.drowsy()),
        Step::Idle => drop(drawn.idle()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn every_frame_can_be_drawn(is_online in any::<bool>(), steps in prop::collection::vec(step(), 1..48)) {
        let mut drawn = home(if is_online { Side::Online } else { Side::Offline }, &STAGES);
        for step in &steps {
            take(&mut drawn, step);
            prop_assert!(!drawn.asked.iter().any(|effect| matches!(effect, Effect::Quit(_))), "{step:?} ended it");
            for c in drawn.last().chars().filter(|c| *c != '\n') {
                prop_assert!(matches!(c.width(), Some(1 | 2)), "{c:?} after {step:?}:\n{}", drawn.last());
            }
            for row in drawn.app().linear().body {
                prop_assert!(row.text.chars().all(|c| matches!(c.width(), Some(1 | 2))), "{:?}", row.text);
            }
        }
        for (columns, rows) in [(132, 43), (40, 10), (1, 1), (0, 0)] {
            drawn.buffer(columns, rows, Palette::Coloured);
        }
        // A size that came and went changed nothing.
        prop_assert_eq!(&text(&drawn.buffer(80, 24, Palette::Coloured)), drawn.last());
    }
}

#[test]
fn long_names_and_combining_marks_are_cut_and_escaped() {
    let mut drawn = home(Side::Offline, &[]);
    drawn.typed("2/mnt").key(Key::Enter).told(hostile(0));
    assert!(drawn.shows("copied in") && drawn.shows("nnnnnnnn..."), "{}", drawn.last());
    let mut drawn = home(Side::Offline, &[]);
    drawn.typed("4").told(hostile(32));
    assert!(drawn.shows("[A10]") && drawn.shows("nnnn"), "{}", drawn.last());
    assert!(drawn.last().is_ascii(), "{}", drawn.last());
}
