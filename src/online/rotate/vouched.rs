//! A person's word that some users come without a certificate: by tokens of an identity provider, of bootstrapping, or through a
//! front proxy. An audit log before Kubernetes 1.32 does not tell them from others.

use super::fault::RotateError;
use super::ground::Ground;
use crate::audit::detail::RotationVouched;
use crate::audit::entry::Actor;
use crate::audit::event::Event;
use crate::desk::host::Desk;
use crate::exchange::trace::Trace;
use crate::refusal::Refused;
use crate::wire::text;

/// Writes down whose word it is, and about whom, before anything is judged by it; once for the same word.
///
/// # Errors
/// [`RotateError::NoPerson`]; what the log says.
pub fn vouch(desk: &mut Desk, ground: &Ground) -> Result<(), Refused> {
    let Some(person) = &ground.sources.vouches else { return Ok(()) };
    if !ground.people.iter().any(|one| one.id.as_str() == person) {
        return Err(RotateError::NoPerson(text::clip(person, 64)).into());
    }
    let names = ground.sources.without_certificate.iter().map(|name| text::clip(name, 200)).collect();
    let word = RotationVouched { names, person: person.clone() };
    if last(desk, &ground.trace) != Some(&word) {
        desk.note(&Actor::system(), Some(ground.trace.as_str()), Event::RotationVouched(word))?;
    }
    Ok(())
}

/// The last word that was given at this host in the rotation of `trace`. Who agrees to the drop is shown it: it stands for
/// evidence.
pub fn last<'d>(desk: &'d Desk, trace: &Trace) -> Option<&'d RotationVouched> {
    let mut of_trace = desk.entries().iter().rev().filter(|entry| entry.trace.as_deref() == Some(trace.as_str()));
    of_trace.find_map(|entry| match &entry.event {
        Event::RotationVouched(told) => Some(told),
        _ => None,
    })
}
