//! How each screen is reached, by keys and answers alone.

use airlock::audit::entry::Side;
use airlock::desk::unfinished::Stage;
use airlock::exchange::code::rows::{Row, Rows};
use airlock::exchange::draw::entry::Answer;
use airlock::tui::keys::Key;
use airlock::tui::told::Told;

use crate::drawn::Drawn;
use crate::facts;

/// S00, with work at `stages`.
pub(crate) fn home(side: Side, stages: &[Stage]) -> Drawn {
    let mut drawn = Drawn::begin();
    drawn.told(facts::host(side, stages));
    drawn
}

/// The screen that goes on with work at `stage`.
pub(crate) fn at(side: Side, stage: Stage) -> Drawn {
    let mut drawn = home(side, &[stage]);
    drawn.typed("a");
    drawn
}

/// Somebody signs in with the form of a screen.
pub(crate) fn sign_in(drawn: &mut Drawn, id: &str) {
    drawn.typed(id).key(Key::Enter).typed("/keys/chen").key(Key::Enter).typed("correct horse");
}

/// F20 or I20, with somebody in front of these rows.
pub(crate) fn seated(side: Side, asked: Rows) -> Drawn {
    let mut drawn = at(side, Stage::Received);
    drawn.told(facts::paper(side));
    sign_in(&mut drawn, "chen");
    drawn.key(Key::Enter);
    let row = asked.iter().next().unwrap();
    drawn.told(Told::Seated { person: "chen".to_owned(), asked, row });
    drawn
}

/// F20 with rows that were right, mistyped and not typed yet.
pub(crate) fn typing(side: Side, asked: Rows) -> Drawn {
    let mut drawn = seated(side, asked);
    let rows: Vec<Row> = asked.iter().collect();
    drawn.typed("109857").told(Told::Answered { answer: Answer::Right, row: rows[1] });
    drawn.typed("３０１０３４").told(Told::Answered { answer: Answer::Right, row: rows[2] });
    drawn.typed("028203").told(Told::Answered { answer: Answer::Typo, row: rows[2] }).typed("02");
    drawn
}

/// F40 with so many requests.
pub(crate) fn review(count: u32) -> Drawn {
    let mut drawn = at(Side::Offline, Stage::Verified);
    drawn.told(Told::Reviewed(facts::requests(count), Vec::new()));
    drawn
}

/// F50 with a plan.
pub(crate) fn quorum(missing: bool) -> Drawn {
    let mut drawn = at(Side::Offline, Stage::Planned);
    drawn.told(facts::ballot(missing));
    drawn
}

/// F60.
pub(crate) fn login() -> Drawn {
    let mut drawn = quorum(false);
    drawn.typed("n").told(facts::token());
    drawn
}

pub(crate) fn eight() -> Rows {
    [0, 2, 3, 6, 7, 10, 13, 15].into_iter().map(|at| Row::ALL[at]).collect()
}
