//! E1: no extension is asked for but those that other rules judge.
//!
//! Extensions come from the profile whatever is asked; a request that asks for others expects what it will not get. A
//! subject key identifier is fine where it is the one that is given anyway.

use super::violation::{Code, Violation};
use crate::issuance::request::{Context, Facts};
use crate::pki::extension::{Extension, oid};

/// Judged by S1 to S3, U1 and C1.
const JUDGED: [der::asn1::ObjectIdentifier; 5] =
    [oid::SUBJECT_ALT_NAME, oid::KEY_USAGE, oid::EXTENDED_KEY_USAGE, oid::BASIC_CONSTRAINTS, oid::NAME_CONSTRAINTS];

pub(in crate::issuance) fn judge(facts: &Facts<'_>, _: &Context<'_>) -> Option<Violation> {
    let own_id = facts.csr.public_key().key_identifier();
    let is_own_id = |extension: &Extension| {
        extension.oid == oid::SUBJECT_KEY_ID && facts.csr.requested().subject_key_id() == Some(own_id.as_slice())
    };
    let others = facts.csr.requested().all().iter().filter(|x| !JUDGED.contains(&x.oid) && !is_own_id(x));
    let others: Vec<_> = others.map(|extension| extension.oid.to_string()).collect();
    let detail = || format!("the extensions {} are asked for, which no profile gives", others.join(", "));
    (!others.is_empty()).then(|| Violation::denies(Code::E1, &detail()))
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use der::asn1::ObjectIdentifier;

    use super::*;
    use crate::cluster::role::Role::KubeletServer;
    use crate::issuance::specimen::World;
    use crate::issuance::specimen::wish::with;
    use crate::pki::key::Curve;
    use crate::pki::mint::Key;

    #[test]
    fn e1_no_other_extension_is_asked_for() {
        let key = Rc::new(Key::ec(Curve::P256));
        for (id, expected) in [(key.public().key_identifier(), ""), ([7; 20], "E1")] {
            let codes = World::default().codes(KubeletServer, "w1", |wish| {
                wish.key = Some(Rc::clone(&key));
                wish.extensions.push(Extension::subject_key_id(&id));
            });
            assert_eq!(codes, expected);
        }
        let private = Extension::new(ObjectIdentifier::new_unwrap("1.2.3.4"), false, vec![5, 0]);
        assert_eq!(World::default().codes(KubeletServer, "w1", with(private)), "E1");
        assert_eq!(World::default().codes(KubeletServer, "w1", with(Extension::authority_key_id(&[7; 20]))), "E1");
    }
}
