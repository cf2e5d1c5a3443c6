//! U1: no usage is asked for that the profile does not give.
//!
//! Usages come from the profile whatever is asked. A request that asks for more is still refused: whoever made it
//! expects a certificate that it will not get, or should not have asked. One that asks for a part, or for what kubeadm's
//! RSA certificates have, is fine with any key.

use super::violation::{Code, Violation};
use crate::issuance::request::{Context, Facts};
use crate::pki::key::KeyType;

/// The key usages of a profile at their widest, whatever the key.
const WIDEST: KeyType = KeyType::Rsa(2048);

pub(in crate::issuance) fn judge(facts: &Facts<'_>, _: &Context<'_>) -> Option<Violation> {
    let requested = facts.csr.requested();
    let mut beyond = Vec::new();
    if let Some(asked) = requested.key_usage() {
        let given = facts.profile().key_usage(WIDEST);
        if !given.contains(asked) {
            beyond.push(format!("keyUsage {asked}"));
        }
    }
    if let Some(asked) = requested.extended_key_usage() {
        let given = facts.role().identity().usages;
        if !asked.usages().iter().all(|usage| given.contains(usage)) {
            beyond.push(format!("extKeyUsage {asked}"));
        }
    }
    let detail = || format!("{} does not give {}", facts.role(), beyond.join(" and "));
    (!beyond.is_empty()).then(|| Violation::denies(Code::U1, &detail()))
}

#[cfg(test)]
mod tests {
    use der::asn1::ObjectIdentifier;

    use crate::cluster::role::Role;
    use crate::cluster::role::Role::KubeletServer;
    use crate::issuance::specimen::World;
    use crate::issuance::specimen::wish::with;
    use crate::pki::extension::{KeyUsage, oid};
    use crate::pki::mint::{extended_key_usage, key_usage};

    #[test]
    fn u1_no_usage_beyond_the_profile() {
        let world = World::default();
        let both = KeyUsage::DIGITAL_SIGNATURE.and(KeyUsage::KEY_ENCIPHERMENT);
        for (extension, codes) in [
            (key_usage(KeyUsage::DIGITAL_SIGNATURE), ""),
            (key_usage(both), ""),
            (key_usage(both.and(KeyUsage::KEY_CERT_SIGN)), "U1"),
            (key_usage(both.and(KeyUsage::CRL_SIGN)), "U1"),
            (extended_key_usage(&[oid::SERVER_AUTH]), ""),
            (extended_key_usage(&[oid::CLIENT_AUTH]), "U1"),
            (extended_key_usage(&[oid::SERVER_AUTH, oid::CLIENT_AUTH]), "U1"),
            (extended_key_usage(&[ObjectIdentifier::new_unwrap("2.5.29.37.0")]), "U1"),
        ] {
            assert_eq!(world.codes(KubeletServer, "w1", with(extension.clone())), codes, "{extension:?}");
        }
        assert_eq!(world.codes(Role::EtcdPeer, "cp1", with(extended_key_usage(&[oid::CLIENT_AUTH]))), "");
    }
}
