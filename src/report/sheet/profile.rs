//! Short names of profiles: a line of the inventory has twelve columns for them.

use crate::cluster::role::Role;

/// At most twelve columns, no two alike.
pub(super) const fn short(role: Role) -> &'static str {
    match role {
        Role::Apiserver => "apiserver",
        Role::ApiserverKubeletClient => "apiserver-kc",
        Role::ApiserverEtcdClient => "apiserver-ec",
        Role::FrontProxyClient => "front-proxy",
        Role::EtcdServer => "etcd-server",
        Role::EtcdPeer => "etcd-peer",
        Role::EtcdHealthcheckClient => "etcd-health",
        Role::Admin => "admin",
        Role::SuperAdmin => "super-admin",
        Role::ControllerManager => "controller",
        Role::Scheduler => "scheduler",
        Role::KubeletClient => "kubelet-cl",
        Role::KubeletServer => "kubelet-srv",
        Role::IntermediateKubernetes => "ca-kube",
        Role::IntermediateEtcd => "ca-etcd",
        Role::IntermediateFrontProxy => "ca-front",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_names_fit_and_differ() {
        let names: BTreeSet<_> = Role::ALL.iter().map(|role| short(*role)).collect();
        assert_eq!(names.len(), Role::ALL.len());
        assert!(names.iter().all(|name| (1..=12).contains(&name.len())));
    }
}
