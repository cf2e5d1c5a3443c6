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
