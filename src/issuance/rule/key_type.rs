//! K1: the key is of a type that the policy allows for the profile, and not weak within its type.

use der::asn1::{SequenceRef, UintRef};
use der::{Decode as _, Reader as _, SliceReader};

use super::violation::{Code, Violation};
use crate::issuance::request::{Context, Facts};
use crate::pki::key::{KeyType, PublicKey};

pub(in crate::issuance) fn judge(facts: &Facts<'_>, context: &Context<'_>) -> Option<Violation> {
    let key = facts.csr.public_key();
    if !context.policy.allows_key(facts.profile(), key.key_type()) {
        let detail = format!("policy allows no {} key for {}", key.key_type(), facts.role());
        return Some(Violation::denies(Code::K1, &detail));
    }
    // FIPS 186-5, A.1.1: the public exponent is above 2^16.
    let weak = matches!(key.key_type(), KeyType::Rsa(_)) && exponent(key).is_none_or(|exponent| exponent <= 1 << 16);
    weak.then(|| Violation::denies(Code::K1, "the public exponent of the RSA key is below 65537"))
}

/// The public exponent of an RSA key.
fn exponent(key: &PublicKey) -> Option<u64> {
    let numbers = <&SequenceRef>::from_der(key.key_bits()).ok()?;
    let mut reader = SliceReader::new(numbers.as_bytes()).ok()?;
    reader.decode::<UintRef<'_>>().ok()?;
    let exponent = reader.decode::<UintRef<'_>>().ok()?;
    Some(exponent.as_bytes().iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::rsa::KeySize;

    use crate::cluster::role::Role::KubeletServer;
    use crate::issuance::specimen::World;
    use crate::issuance::specimen::wish::{fixture, with_key};
    use crate::pki::key::Curve;
    use crate::pki::mint::Key;

    #[test]
    fn k1_keys_are_of_the_types_that_the_policy_allows() {
        let world = World::default().policy("[keys.profiles]", "[keys.profiles]\nkubelet-server = [\"P-256\"]");
        for (key, codes) in [
            (Key::ec(Curve::P256), ""),
            (Key::ec(Curve::P384), "K1"),
            (Key::ed25519(), "K1"),
            (Key::rsa(KeySize::Rsa2048), "K1"),
        ] {
            assert_eq!(world.codes(KubeletServer, "w1", with_key(key)), codes);
        }
        assert_eq!(World::default().codes(KubeletServer, "w1", with_key(Key::rsa(KeySize::Rsa2048))), "");
    }

    #[test]
    fn k1_small_rsa_exponents_are_weak() {
        assert_eq!(World::default().codes_of(&[fixture!("key-rsae3-sha256")]), "K1 S1");
        assert_eq!(World::default().codes_of(&[fixture!("key-rsa2048-sha256")]), "S1");
    }
}
