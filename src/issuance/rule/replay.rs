//! R1: the request was not answered before, and what it replaces is this cluster's and was not replaced yet.
//!
//! A certificate is the cluster's where the log says that it was issued to it (R12), or where a root that was enrolled
//! with the cluster signed it: enrolment adopts what the cluster had before (R40).

use super::violation::{Code, Violation};
use crate::issuance::index::CertificateName;
use crate::issuance::request::{Context, Facts};
use crate::pki::certificate::Certificate;

pub(in crate::issuance) fn judge(facts: &Facts<'_>, context: &Context<'_>) -> Option<Violation> {
    let denies = |detail: &str| Some(Violation::denies(Code::R1, detail));
    if context.index.is_consumed(&context.statement, facts.asked.id) {
        return denies("a signature for this request was announced before");
    }
    let replaces = facts.asked.replaces.as_ref()?;
    let (Some(name), Some(replaced)) = (facts.replaces(), facts.replaced) else {
        return denies("the certificate that it replaces is not in the bundle");
    };
    if *replaced.serial() != name.serial || replaced.validity().not_after() != replaces.not_after {
        return denies("the certificate that it replaces is not the one in the bundle");
    }
    if !facts.role().accepts(replaced.subject(), &facts.asked.place.node) {
        return denies("the certificate that it replaces is of another identity");
    }
    if facts.same_replaced > 1 {
        return denies("two requests of the bundle replace the same certificate");
    }
    if context.index.is_replaced(&name) {
        return denies("the certificate that it replaces was replaced before");
    }
    if is_the_clusters(&name, replaced, context) {
        return None;
    }
    denies("not yours: the certificate that it replaces was not issued to this cluster")
}

fn is_the_clusters(name: &CertificateName, replaced: &Certificate, context: &Context<'_>) -> bool {
    match context.index.issued(name) {
        Some(issued) => {
            let same = issued.tbs_sha256 == replaced.tbs_sha256();
            same && issued.cluster.as_deref() == Some(context.cluster.fields().uid.as_str())
        }
        None => {
            let mut roots = context.adopted.iter().map(|root| root.public_key());
            roots.any(|key| key.spki_sha256() == name.issuer && replaced.verify_signed_by(key).is_ok())
        }
    }
}
