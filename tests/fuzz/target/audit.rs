//! The log and what is signed of it.

use airlock::audit::checkpoint::Checkpoint;
use airlock::audit::entry::Entry;
use airlock::audit::note::Note;
use airlock::audit::proof::{ConsistencyFile, InclusionFile};

use super::{Target, exact, text};
use crate::mutate::Shape;

pub(super) fn all() -> Vec<Target> {
    vec![
        Target::new("entry", Shape::Json, Vec::new, |input| {
            exact(input, Entry::from_line(input), |entry| entry.to_line().unwrap())
        }),
        Target::new("note", Shape::Text, Vec::new, |input| {
            exact(input, Note::parse(input), |note| note.to_string().into_bytes())
        }),
        Target::new("checkpoint", Shape::Text, Vec::new, |input| {
            text(input, |text| exact(input, Checkpoint::parse(text), |checkpoint| checkpoint.to_string().into_bytes()))
        }),
        Target::new("inclusion", Shape::Text, Vec::new, |input| {
            exact(input, InclusionFile::parse(input), |proof| proof.to_text().into_bytes())
        }),
        Target::new("consistency", Shape::Text, Vec::new, |input| {
            exact(input, ConsistencyFile::parse(input), |proof| proof.to_text().into_bytes())
        }),
    ]
}
