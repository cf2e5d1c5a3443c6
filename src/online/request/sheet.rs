//! What stands on the sheet of a bundle.

use crate::exchange::trace::Trace;
use crate::online::request::fault::RequestError;
use crate::online::room::Room;
use crate::online::verify::Bundle;
use crate::pki::san::SubjectAltNames;
use crate::refusal::Refused;
use crate::report::sheet::facts::{self, Contents, Root};

/// The contents of the bundle of `trace`, which this host made.
///
/// # Errors
/// [`RequestError::NotOutstanding`]; what the kept bundle says.
pub fn contents(room: &Room, trace: &Trace) -> Result<Contents, Refused> {
    let history = room.history();
    let past = history.request(trace).ok_or_else(|| RequestError::NotOutstanding(trace.clone()))?;
    let bundle = Bundle::kept(room.desk(), past, &room.public()?.statement)?;
    let manifest = bundle.manifest();
    let requests = manifest.requests.iter().filter_map(|request| bundle.request(request.id)).map(|(request, csr)| {
        facts::Request {
            number: request.id,
            profile: request.profile,
            subject: csr.subject().clone(),
            names: csr.subject_alt_names().map_or(0, |names| SubjectAltNames::names(names).len()),
            validity_s: request.validity_s,
            spki: request.spki_sha256,
            serial: request.replaces.as_ref().map(|replaces| replaces.serial.clone()),
        }
    });
    let requests = requests.collect();
    let own = room.own_record()?;
    Ok(Contents::Bundle(Box::new(facts::Bundle {
        requests,
        revocations: manifest.revocations.clone(),
        trust_ops: manifest.trust_ops.clone(),
        voids: manifest.voids.clone(),
        roots: own.iter().flat_map(|record| record.roots()).map(Root::from).collect(),
        signer: room.public()?.statement.clone(),
    })))
}
