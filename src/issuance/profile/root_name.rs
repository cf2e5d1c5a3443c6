//! How roots are called: `O=prod-1, CN=kubernetes-ca-2026-1`. Each generation has a name of its own, so that programs
//! that choose by name do not mistake the next root for the current one; the domain can be read off it.

use crate::cluster::role::Domain;
use crate::pki::name::{Name, NameError};

/// The subject of a root of `cluster`, whose `generation` is `[a-z0-9][a-z0-9-]{0,31}`.
///
/// # Errors
/// [`NameError::Type`] for another generation, and what [`Name::from_pairs`] refuses.
pub fn of(cluster: &str, domain: Domain, generation: &str) -> Result<Name, NameError> {
    if !is_generation(generation) {
        return Err(NameError::Characters("CN".to_owned()));
    }
    Name::from_pairs(&[("O", cluster), ("CN", &format!("{domain}-ca-{generation}"))])
}

/// The domain that a root of this subject certifies; none for what [`of`] does not make.
pub fn domain(subject: &Name) -> Option<Domain> {
    let [cluster] = subject.organizations().try_into().ok()?;
    let common_name = subject.common_name()?;
    let named = |domain: &Domain| {
        let generation = common_name.strip_prefix(&format!("{domain}-ca-"));
        generation.is_some_and(|generation| of(cluster, *domain, generation).as_ref() == Ok(subject))
    };
    Domain::ALL.into_iter().find(named)
}

fn is_generation(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    (1..=32).contains(&text.len())
        && text.bytes().next().is_some_and(plain)
        && text.bytes().all(|b| plain(b) || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_domain_is_read_off_the_name() {
        for (name, written) in [
            (of("prod-1", Domain::Kubernetes, "2026-1"), "O=prod-1, CN=kubernetes-ca-2026-1"),
            (of("prod-1", Domain::Etcd, "2026-1"), "O=prod-1, CN=etcd-ca-2026-1"),
            (of("prod-1", Domain::FrontProxy, "7"), "O=prod-1, CN=front-proxy-ca-7"),
        ] {
            assert_eq!(name.unwrap().safe(), written);
        }
        for domain in Domain::ALL {
            assert_eq!(super::domain(&of("prod-1", domain, "2026-1").unwrap()), Some(domain));
        }
    }

    #[test]
    fn other_names_have_no_domain() {
        for pairs in [
            &[("CN", "kubernetes-ca-2026")][..],
            &[("O", "prod-1"), ("CN", "kubernetes")],
            &[("O", "prod-1"), ("CN", "kubernetes-ca-")],
            &[("O", "prod-1"), ("CN", "kubernetes-ca-A")],
            &[("CN", "kubernetes-ca-1"), ("O", "prod-1")],
            &[("O", "prod-1"), ("OU", "x"), ("CN", "kubernetes-ca-1")],
            &[("O", "prod-1"), ("O", "prod-2"), ("CN", "kubernetes-ca-1")],
        ] {
            assert_eq!(domain(&Name::from_pairs(pairs).unwrap()), None, "{pairs:?}");
        }
        for generation in ["", "-1", "A", "1_2", &"1".repeat(33)] {
            assert!(of("prod-1", Domain::Etcd, generation).is_err(), "{generation}");
        }
    }
}
