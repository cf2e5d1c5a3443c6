//! What each node that stages for itself gets, for I41.

use std::path::Path;

use super::{WIDTH, chinese, nodes};
use crate::exchange::trace::Trace;
use crate::online::room::Room;
use crate::online::split::{self, Cut, Wish};
use crate::refusal::Refused;
use crate::report::document::Detail as _;
use crate::tui::field::Secret;
use crate::tui::reading::Lines;
use crate::tui::told::{SplitFacts, Told};

/// What would be written.
pub(super) fn looked(room: &Room, trace: &Trace, wish: &Wish) -> Result<Told, Refused> {
    Ok(Told::Splitting(Box::new(facts(&wish.cut(room, trace, &nodes(room))?))))
}

/// Signs it with the keys that the passphrase `host` opens, and writes it into the directory `to`. Where other than `counted`
/// private keys would leave, for the nodes have changed since somebody looked, nothing is done, and he is told what would be now.
pub(super) fn written(
    room: &mut Room,
    trace: &Trace,
    wish: &Wish,
    (counted, host): (usize, Secret),
    to: &Path,
) -> Result<Told, Refused> {
    let cut = wish.cut(room, trace, &nodes(room))?;
    let facts = facts(&cut);
    if facts.keys != counted {
        return Ok(Told::Splitting(Box::new(facts)));
    }
    let keys = room.unlock(&host.into_passphrase())?;
    let done = split::split(room, cut, &keys, to)?;
    Ok(Told::Splitting(Box::new(SplitFacts { done: Some((done.files.len(), done.entry)), ..facts })))
}

fn facts(cut: &Cut) -> SplitFacts {
    let overview = cut.overview();
    SplitFacts {
        nodes: overview.nodes.len(),
        certificates: overview.nodes.iter().map(|line| line.certificates).sum(),
        keys: overview.nodes.iter().map(|line| line.keys).sum(),
        lines: Lines::both(overview.lines(WIDTH), chinese::cut(&overview, WIDTH)),
        done: None,
    }
}
