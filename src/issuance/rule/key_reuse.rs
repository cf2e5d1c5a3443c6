//! K2: the key is nobody's yet (R13). A request proves possession once and is not fresh, so whoever holds an old key
//! could ask again for exactly the certificate that is being rotated away.
//!
//! Where the policy names the profile, a certificate may be renewed with its own key, each request ticked.

use super::violation::{Code, Violation};
use crate::issuance::request::{Context, Facts};

pub(in crate::issuance) fn judge(facts: &Facts<'_>, context: &Context<'_>) -> Option<Violation> {
    let denies = |detail: &str| Some(Violation::denies(Code::K2, detail));
    if context.keys_in_use.contains(&facts.spki_sha256) {
        return denies("the key is that of an issuer, a person or a machine");
    }
    if facts.same_key > 1 {
        return denies("the key stands in this bundle more than once");
    }
    let renewed = facts.replaced.is_some_and(|replaced| replaced.public_key() == facts.csr.public_key());
    if !renewed && !context.index.knows_key(&facts.spki_sha256) {
        return None;
    }
    let revoked = facts.replaces().is_none_or(|name| context.index.is_revoked(&name));
    if context.policy.allows_reuse(facts.role()) && renewed && !revoked {
        return Some(Violation::needs_tick(Code::K2, "renewed with the key of before"));
    }
    denies("the key was certified before")
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use crate::audit::detail::OrderIntent;
    use crate::cluster::role::Role::{KubeletClient, KubeletServer};
    use crate::issuance::specimen::World;
    use crate::issuance::specimen::history::{closed, entries, intent, order};
    use crate::issuance::specimen::wish::{Before, Made, numbered};

    #[test]
    fn r13_k2_keys_in_use_are_never_certified() {
        let mut world = World::default();
        let made = [world.wish(KubeletServer, "w1").make()];
        assert_eq!(world.codes_of(&made), "");
        world.keys_in_use.insert(made[0].csr.public_key().spki_sha256());
        assert_eq!(world.codes_of(&made), "K2");
    }

    #[test]
    fn r13_k2_a_key_twice_in_a_bundle_is_refused() {
        let world = World::default();
        let made = || [world.wish(KubeletServer, "w1").make(), world.wish(KubeletClient, "w1").make()];
        assert_eq!(world.codes_of(&numbered(made().into())), "");
        let [mut first, second] = made();
        first.csr = World::default().wish(KubeletServer, "w1").make().csr;
        let same = Made { csr: first.csr.clone(), ..second };
        assert_eq!(world.codes_of(&numbered(vec![first, same])), "K2");
    }

    #[test]
    fn r13_k2_a_key_is_certified_again_only_to_renew_its_certificate_where_the_policy_says_so() {
        let before = Before::new();
        let reuse = || World::default().policy("reuse = []", "reuse = [\"kubelet-server\"]");
        let renewal = |world: &World, with_its_key: bool| {
            let mut wish = world.wish(KubeletServer, "w1");
            before.replaced_by(&mut wish);
            wish.key = with_its_key.then(|| Rc::clone(&before.key));
            wish.make()
        };
        for (world, with_its_key, codes, denied) in [
            (World::default(), false, "", false),
            (World::default(), true, "K2", true),
            (reuse(), false, "", false),
            (reuse(), true, "K2", false),
        ] {
            let world = before.enrolled(world);
            let made = [renewal(&world, with_its_key)];
            let judged = world.judge(&made);
            assert_eq!(world.codes_of(&made), codes);
            assert_eq!(
                (judged.verdicts()[0].is_denied(), judged.verdicts()[0].needs_tick()),
                (denied, codes == "K2" && !denied)
            );
        }
        // A key that was certified for something else is not renewed, whatever the policy says.
        let world = reuse().history(&entries(vec![closed("p", "s", 1), intent("p", vec![order(1, "11")])]));
        let made = Made { replaced: None, asked: world.wish(KubeletServer, "w1").asked, ..renewal(&world, true) };
        let of_its_key = OrderIntent { spki: Some(made.csr.public_key().spki_sha256()), ..order(1, "11") };
        let world = reuse().history(&entries(vec![closed("p", "s", 1), intent("p", vec![of_its_key])]));
        assert!(world.judge(&[made]).verdicts()[0].is_denied());
    }
}
