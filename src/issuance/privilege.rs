//! Whether a certificate gives full rights, read off the certificate alone: officers and importers derive it from the
//! bytes, whatever profile the bytes are said to be of.

use crate::cluster::role::{PRIVILEGED_GROUPS, Role};
use crate::pki::certificate::TbsCertificate;
use crate::pki::name::Name;

/// Whether `tbs` gives full rights: it is a CA, or its subject does.
pub fn of_certificate(tbs: &TbsCertificate) -> bool {
    tbs.is_ca() || of_subject(tbs.subject())
}

/// Whether a subject gives full rights: it bears one of the groups that may do everything, or the name of a role that
/// the table marks, as the API server's client of etcd.
pub fn of_subject(subject: &Name) -> bool {
    let in_a_group = subject.organizations().iter().any(|group| PRIVILEGED_GROUPS.contains(group));
    let has_a_name = subject.attributes().any(|attribute| attribute.type_name() == "CN" && is_marked(attribute.text()));
    in_a_group || has_a_name
}

fn is_marked(common_name: &str) -> bool {
    let marked = Role::ALL.iter().map(|role| role.identity()).filter(|identity| identity.privileged);
    marked.flat_map(|identity| identity.subjects).flat_map(|rdns| rdns.iter()).any(|rdn| *rdn == ("CN", common_name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_and_the_bytes_agree() {
        for role in Role::ALL {
            let subject = role.subject("cp1").unwrap();
            assert_eq!(of_subject(&subject), role.is_privileged(&subject), "{role}");
        }
    }

    #[test]
    fn a_privileged_name_is_seen_under_any_profile() {
        for pairs in [
            &[("CN", "kube-apiserver-etcd-client")][..],
            &[("OU", "x"), ("CN", "kubernetes-admin")],
            &[("O", "a"), ("O", "system:masters"), ("CN", "x")],
        ] {
            assert!(of_subject(&Name::from_pairs(pairs).unwrap()), "{pairs:?}");
        }
        for pairs in [&[("CN", "kube-apiserver")][..], &[("OU", "system:masters"), ("CN", "x")], &[("O", "masters")]] {
            assert!(!of_subject(&Name::from_pairs(pairs).unwrap()), "{pairs:?}");
        }
    }
}
