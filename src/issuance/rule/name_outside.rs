//! S3: no name beyond those of the cluster record for this profile on this node.

use super::violation::{Code, Violation};
use crate::cluster::record::names::NameFault;
use crate::issuance::request::{Context, Facts};

pub(in crate::issuance) fn judge(facts: &Facts<'_>, _: &Context<'_>) -> Option<Violation> {
    let found = facts.name_faults.iter().filter_map(|fault| match fault {
        NameFault::Outside(name) => Some(name.to_string()),
        _ => None,
    });
    let found: Vec<_> = found.collect();
    (!found.is_empty()).then(|| {
        Violation::denies(
            Code::S3,
            &format!("{}: not of this profile and node in the cluster record", found.join(", ")),
        )
    })
}

#[cfg(test)]
mod tests {
    use crate::cluster::role::Role;
    use crate::cluster::role::Role::KubeletServer;
    use crate::issuance::specimen::wish::Wish;
    use crate::issuance::specimen::{World, dns, ip};
    use crate::pki::san::AltName;

    #[test]
    fn s1_s2_s3_names_are_those_of_the_record() {
        let world = World::default();
        let names = |names: &[AltName]| world.codes(KubeletServer, "w1", |wish| wish.names(names));
        let (own, address) = (dns("w1"), ip("10.66.0.21"));
        assert_eq!(names(&[own.clone(), address.clone()]), "");
        assert_eq!(names(std::slice::from_ref(&address)), "S1");
        assert_eq!(names(&[]), "S1");
        let uri = AltName::Other { tag: 6, der: vec![0x86, 1, b'x'] };
        for (further, codes) in [
            (dns("*.w1"), "S2"),
            (uri, "S2"),
            (dns("w1"), "S2"),
            (ip("10.66.0.11"), "S3"),
            (dns("kubernetes.default"), "S3"),
            (dns("W1"), "S3"),
        ] {
            assert_eq!(names(&[own.clone(), address.clone(), further.clone()]), codes, "{further}");
        }
        assert_eq!(world.codes(Role::KubeletClient, "w1", |wish| wish.names(&[dns("w1")])), "S3");
        let third = |wish: &mut Wish| wish.names(&[dns("w1"), ip("10.66.0.21"), dns("w1.rack")]);
        assert_eq!(world.codes(KubeletServer, "w1", third), "S3");
        let wider = World::default().record(|fields| fields.nodes[3].dns = vec!["w1.rack".to_owned()]);
        assert_eq!(wider.codes(KubeletServer, "w1", third), "");
    }
}
