//! The people and the CA of the cluster, as the last package told a node.

use crate::audit::entry::Entry;
use crate::audit::event::Event;
use crate::desk::host::Desk;
use crate::exchange::enrolment::record::EnrolmentRecord;
use crate::exchange::trace::Trace;
use crate::online::people::People;
use crate::refusal::Refused;

/// What a node knows of its cluster beside its config.
pub(crate) struct Told {
    /// The people of the admin's host.
    pub(crate) people: People,
    /// The record of the CA.
    pub(crate) ca: EnrolmentRecord,
}

/// What the last package that `desk` accepted told; nothing before the first.
pub(crate) fn told(desk: &Desk) -> Result<Option<Told>, Refused> {
    told_by(desk, |_| true)
}

/// What the last package of `trace` told: a newer one of another exchange does not change who agrees to this one.
pub(crate) fn told_of(desk: &Desk, trace: &Trace) -> Result<Option<Told>, Refused> {
    told_by(desk, |entry| entry.trace.as_deref() == Some(trace.as_str()))
}

fn told_by(desk: &Desk, is_meant: impl Fn(&Entry) -> bool) -> Result<Option<Told>, Refused> {
    let newest = desk.entries().iter().rev().filter(|entry| is_meant(entry)).find_map(|entry| match &entry.event {
        Event::NodePackageAccepted(accepted) => Some(accepted),
        _ => None,
    });
    let Some(accepted) = newest else { return Ok(None) };
    let people = People::parse(&desk.objects().get(&accepted.people)?)?;
    let ca = EnrolmentRecord::parse(&desk.objects().get(&accepted.ca)?)?;
    Ok(Some(Told { people, ca }))
}
