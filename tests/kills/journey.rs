//! Each verb of the journey dies, and is run again.

use std::collections::BTreeMap;

use crate::place::Place;
use crate::table::{CHANGES, CLOCK, CUT, ENROLMENT, INTRODUCED, NEXT_ROOT, RETIRED, ROUND, set_up};

#[test]
#[ignore = "takes minutes: scripts/test runs it where AIRLOCK_SWEEP is set"]
fn each_verb_that_is_killed_ends_well_when_it_is_run_again() {
    let base = tempfile::tempdir().unwrap();
    let Some(place) = Place::new(base.path()) else { return };
    let mut traces = BTreeMap::new();
    set_up(&place, &mut traces, |step| step);
    for step in ENROLMENT
        .iter()
        .chain(&ROUND)
        .chain(&CUT)
        .chain(&NEXT_ROOT)
        .chain(&INTRODUCED)
        .chain(&RETIRED)
        .chain(&CHANGES)
        .chain(&CLOCK)
    {
        step.take(&place, &mut traces);
    }
}
