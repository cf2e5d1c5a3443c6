//! A sheet typed blind: keys in, effects out, and the code of the sheet judges as it does in the rooms.

use airlock::audit::entry::Side;
use airlock::desk::unfinished::Stage;
use airlock::exchange::code::rows::{Row, Rows};
use airlock::exchange::code::{Code, Judgement};
use airlock::exchange::draw::entry::{Entry, History, Step};
use airlock::exchange::statement::kind::Kind;
use airlock::exchange::statement::{Lines, Statement};
use airlock::refusal::{Class, Reason};
use airlock::tui::effect::Effect;
use airlock::tui::keys::Key;
use airlock::tui::told::Told;
use airlock::wire::digest::Digest;

use crate::drawn::Drawn;
use crate::facts;
use crate::screens::{at, eight, login, sign_in};

pub(crate) fn statement() -> Statement {
    Statement::new(Lines {
        kind: Kind::CsrBundle,
        trace: facts::trace(),
        from: "cluster:prod-bj1".parse().unwrap(),
        to: "ca:root-ca-01".parse().unwrap(),
        items: 42,
        expires: facts::time("2025-07-29T03:00:00Z"),
        file_sha256: Digest::of(b"bundle"),
    })
    .unwrap()
}

/// The six digits of `row`, as they are printed.
pub(crate) fn digits(row: Row) -> String {
    let printed = Code::of(&statement()).sheet_rows().join(" ");
    let letter = row.to_string();
    let words: Vec<&str> = printed.split_whitespace().collect();
    let at = words.iter().position(|word| *word == letter).unwrap();
    format!("{}{}", words[at + 1], words[at + 2])
}

/// Six digits for `row` of which the code says `wanted`.
fn judged(row: Row, wanted: Judgement) -> String {
    let code = Code::of(&statement());
    let mut all = (0..1_000_000_u32).map(|n| format!("{n:06}"));
    all.find(|typed| code.judge(row, typed) == wanted).unwrap()
}

/// A slip of the fingers.
pub(crate) fn slip(row: Row) -> String {
    judged(row, Judgement::Typo)
}

/// A person in front of his rows, and what judges them.
pub(crate) struct Sitting {
    pub(crate) drawn: Drawn,
    entry: Option<Entry>,
}

impl Sitting {
    pub(crate) fn begin(asked: Rows) -> Self {
        let mut drawn = at(Side::Offline, Stage::Received);
        assert!(matches!(drawn.one(), Effect::Paper(_)));
        drawn.told(facts::paper(Side::Offline));
        sign_in(&mut drawn, "chen");
        drawn.key(Key::Enter);
        let Effect::Sit { trace, who, whole } = drawn.one() else { panic!("nobody sits down") };
        assert_eq!((trace, who.id.as_str(), whole), (facts::trace(), "chen", false));
        assert_eq!(who.passphrase.into_typed().as_str(), "correct horse");
        let entry = Entry::begin(Code::of(&statement()), asked, History::default()).unwrap();
        drawn.told(Told::Seated { person: "chen".to_owned(), asked, row: entry.row() });
        Self { drawn, entry: Some(entry) }
    }

    pub(crate) fn row(&self) -> Row {
        self.entry.as_ref().unwrap().row()
    }

    /// Types a row; the answer is the judge's.
    pub(crate) fn types(&mut self, text: &str) {
        self.drawn.typed(text);
        let Effect::Enter(typed) = self.drawn.one() else { panic!("the row is not entered") };
        let told = match self.entry.take().unwrap().enter(&typed) {
            Step::Next(entry, answer) => {
                let row = entry.row();
                self.entry = Some(entry);
                Told::Answered { answer, row }
            }
            Step::Done(_) => Told::RowsDone { complete: true },
            Step::Tired(row) => Told::Tired(row),
            Step::Mismatch(row) => Told::Mismatch(row, 1047),
        };
        self.drawn.told(told);
    }
}

#[test]
fn eight_rows_lead_to_the_checks() {
    let mut sitting = Sitting::begin(eight());
    for row in eight().iter() {
        assert_eq!(sitting.row(), row);
        sitting.types(&digits(row));
    }
    assert!(sitting.drawn.shows("All rows are confirmed."));
    sitting.drawn.typed("n");
    assert!(matches!(sitting.drawn.one(), Effect::Verify { .. }));
}

#[test]
fn a_slip_costs_nothing_and_full_width_digits_count() {
    let mut sitting = Sitting::begin(eight());
    let row = sitting.row();
    sitting.types(&slip(row));
    assert!(
        sitting.drawn.shows(&format!("[TYPO] check digit wrong, type row {row} again")),
        "{}",
        sitting.drawn.last()
    );
    let wide: String = digits(row).chars().map(|c| char::from_u32(c as u32 - 0x30 + 0xff10).unwrap()).collect();
    sitting.types(&wide);
    assert_ne!(sitting.row(), row);
    assert!(sitting.drawn.shows("1 of 8 rows done"));
}

#[test]
fn twice_wrong_stops_everyone() {
    let mut sitting = Sitting::begin(eight());
    let (row, wrong) = (sitting.row(), judged(sitting.row(), Judgement::Wrong));
    sitting.types(&wrong);
    assert!(
        sitting.drawn.shows("[WARN] not this transfer's row") && sitting.drawn.shows("type ONCE more"),
        "{}",
        sitting.drawn.last()
    );
    sitting.types(&wrong);
    assert!(sitting.drawn.shows("[F21]") && sitting.drawn.shows(&format!("Row {row}: typed twice")));
    // Nothing on this screen goes on with the transfer.
    sitting.drawn.key(Key::Enter).typed("n");
    assert!(sitting.drawn.asked.is_empty() && sitting.drawn.shows("[F21]"));
    sitting.drawn.typed("h");
    assert!(matches!(sitting.drawn.one(), Effect::Look));
}

#[test]
fn a_paste_types_nothing() {
    let mut sitting = Sitting::begin(eight());
    sitting.drawn.typed("12").pasted();
    assert!(sitting.drawn.asked.is_empty() && sitting.drawn.shows("Paste is off"));
    assert!(sitting.drawn.shows("12_ ___"));
}

#[test]
fn keys_typed_ahead_of_an_answer_are_no_digits_of_the_next_row() {
    let mut sitting = Sitting::begin(eight());
    let (row, next) = (sitting.row(), eight().iter().nth(1).unwrap());
    sitting.drawn.typed(&digits(row));
    assert!(matches!(sitting.drawn.one(), Effect::Enter(_)));
    sitting.drawn.typed("999");
    sitting.drawn.told(Told::Answered { answer: airlock::exchange::draw::entry::Answer::Right, row: next });
    assert!(sitting.drawn.shows(&format!(">    {next}    ___ ___")), "{}", sitting.drawn.last());
}

#[test]
fn leaving_a_seat_is_asked_once_and_the_end_of_the_program_stands_up() {
    let mut sitting = Sitting::begin(eight());
    assert!(sitting.drawn.key(Key::Esc).asked.is_empty());
    assert!(sitting.drawn.shows("Leave (Esc)? Rows are typed again"));
    assert!(sitting.drawn.typed("1").asked.is_empty());
    sitting.drawn.key(Key::Esc).key(Key::Esc);
    assert!(matches!(sitting.drawn.one(), Effect::Stand));
    let mut sitting = Sitting::begin(eight());
    sitting.drawn.ended();
    assert_eq!(format!("{:?}", sitting.drawn.asked), "[Stand, Left, Quit(130)]");
}

#[test]
fn nothing_is_told_of_a_plan_or_of_requests_before_they_were_read() {
    let mut drawn = at(Side::Offline, Stage::Planned);
    assert!(
        drawn.shows("Reading ...") && !drawn.shows("No plan") && !drawn.shows("freeze the plan"),
        "{}",
        drawn.last()
    );
    drawn.typed("p");
    assert!(!drawn.shows("last four"), "{}", drawn.last());
    drawn.told(Told::Ballot(None));
    assert!(drawn.shows("No plan was frozen") && drawn.shows("P freeze the plan"), "{}", drawn.last());
    let mut drawn = at(Side::Offline, Stage::Verified);
    assert!(drawn.shows("Reading ...") && !drawn.shows("0 requests"), "{}", drawn.last());
    drawn.typed("n");
    assert!(drawn.shows("[F40]"), "{}", drawn.last());
    drawn.told(Told::Reviewed(facts::requests(3), Vec::new()));
    assert!(drawn.shows("3 requests"), "{}", drawn.last());
}

/// The token is asked for its PIN, to seal; nothing is left to be signed.
#[test]
fn what_is_signed_goes_on_at_the_token() {
    let drawn = at(Side::Offline, Stage::Signed);
    assert!(drawn.shows("[F60]"), "{}", drawn.last());
}

/// A token that failed in the middle is another matter: what it signed is kept, and is told.
#[test]
fn a_wrong_pin_is_asked_for_again_where_it_was_typed() {
    let wrong =
        || Told::Refused(facts::notice_of(Reason::new(Class::Authentication, "PIN_WRONG", "type the PIN again")));
    let mut drawn = login();
    drawn.typed("1234").key(Key::Enter).told(wrong()).key(Key::Enter);
    assert!(drawn.shows("[F60]"), "{}", drawn.last());
    drawn
        .told(facts::token())
        .typed("1234")
        .key(Key::Enter)
        .told(Told::Gauge { done: 256, of: 600 })
        .told(wrong())
        .key(Key::Enter);
    assert!(drawn.shows("[F61]") && drawn.shows("what was signed is kept"), "{}", drawn.last());
}
