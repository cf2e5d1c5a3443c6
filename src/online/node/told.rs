//! The people and the CA of the cluster, as the last package told a node.

use crate::audit::event::Event;
use crate::desk::host::Desk;
use crate::exchange::enrolment::record::EnrolmentRecord;
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
    let newest = desk.entries().iter().rev().find_map(|entry| match &entry.event {
        Event::NodePackageAccepted(accepted) => Some(accepted),
        _ => None,
    });
    let Some(accepted) = newest else { return Ok(None) };
    let people = People::parse(&desk.objects().get(&accepted.people)?)?;
    let ca = EnrolmentRecord::parse(&desk.objects().get(&accepted.ca)?)?;
    Ok(Some(Told { people, ca }))
}
