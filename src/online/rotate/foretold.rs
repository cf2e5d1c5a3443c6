//! By what it will be told in the end whether the old root is still in use: looked at before the first step, for after the last
//! new leaf it is too late to ask for others.

use super::observe::Issuers;
use super::planned::Wish;
use crate::cluster::embed::program::Program;
use crate::cluster::role::{Domain, Role};
use crate::cluster::scan::{EXPIRING_WITHIN, Question, survey};
use crate::exchange::trace::Trace;
use crate::online::inventory::Looked;
use crate::online::room::Room;
use crate::online::scan::NodeRoot;
use crate::online::stage::Goods;
use crate::pki::extension::oid::CLIENT_AUTH;
use crate::refusal::Refused;
use crate::rotation::apart::{Ends, foretell};
use crate::rotation::facts::Told;
use crate::rotation::preflight::is_at_least;
use crate::wire::time::Timestamp;

/// For the package of `trace`, by the files of the `nodes` that this host sees.
///
/// # Errors
/// What the disks and the clock say; [`StageError`](crate::online::stage::StageError) where no such package was accepted.
pub fn by_files(room: &Room, trace: &Trace, nodes: &[NodeRoot], wish: Wish) -> Result<Told, Refused> {
    let (goods, now) = (Goods::accepted(room, trace)?, room.desk().now()?);
    let looked = Looked::at(room, nodes, &[])?;
    let report = survey(&looked.trees, &Question { now, expiring_within: EXPIRING_WITHIN, record: None });
    let issuers = Issuers::of(goods.ca(), &report.found);
    let live = report.found.iter().filter(|found| found.role.is_some_and(is_client));
    let old =
        live.filter(|found| issuers.leaf(Domain::Kubernetes, &found.certificates).is_some_and(|leaf| !leaf.is_new()));
    let new = goods.issued().iter().filter(|issued| is_client(issued.request.profile));
    let ends = Ends {
        old: old.filter_map(|found| Some(found.certificate()?.validity().not_after())).collect(),
        new: new.map(|issued| issued.certificate.validity().not_after()).collect(),
    };
    Ok(told(&looked, &ends, now, wish.tempo.soak))
}

/// By what `looked` says of the API servers of this host, and the ends that are known.
pub fn told(looked: &Looked, ends: &Ends, now: Timestamp, soak: u32) -> Told {
    foretell(names_certificates(looked.programs_called("kube-apiserver")), ends, now, i64::from(soak))
}

/// Whether API servers of these versions name certificates in their audit logs; nothing where no version is known.
pub fn names_certificates<'p>(servers: impl Iterator<Item = &'p Program>) -> Option<bool> {
    let versions: Option<Vec<_>> = servers.map(|server| is_at_least(server.version.as_deref()?, 1, 32)).collect();
    versions.filter(|versions| !versions.is_empty()).map(|versions| versions.into_iter().all(|is| is))
}

/// Whether whoever has it calls the API with it.
pub fn is_client(role: Role) -> bool {
    let identity = role.identity();
    role.domain() == Domain::Kubernetes && !identity.is_ca && identity.usages.contains(&CLIENT_AUTH)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A CA passes on what clients may do, and is none: with its end no old leaf would be told from a new one.
    #[test]
    fn clients_of_the_api_are_leaves_for_clients() {
        let clients: Vec<_> = Role::ALL.iter().filter(|role| is_client(**role)).map(ToString::to_string).collect();
        let expected =
            ["apiserver-kubelet-client", "admin", "super-admin", "controller-manager", "scheduler", "kubelet-client"];
        assert_eq!(clients, expected);
    }
}
