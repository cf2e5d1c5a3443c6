//! A cluster that is only rules: what each component reads from disk and when, as measured on real ones. It knows nothing
//! of plans; it is what plans are judged by.

use std::collections::{BTreeMap, BTreeSet};

use airlock::cluster::role::Role;
use airlock::rotation::check::Check;
use airlock::rotation::component::Component;
use airlock::rotation::facts::{ClusterFacts, Facts, NodeFacts, Signer, Told};
use airlock::rotation::fleet::{Fleet, Member};
use airlock::rotation::store::Store;
use airlock::rotation::trust::{Leaf, Trust};

/// What trust lies in, and who reads it: the name of the file, the store it fills.
const READS: [(&str, Store); 12] = [
    ("etcd/ca.crt", Store::EtcdClients),
    ("etcd/ca.crt", Store::EtcdPeers),
    ("etcd/ca.crt", Store::ApiserverEtcd),
    ("ca.crt", Store::ApiserverClients),
    ("front-proxy-ca.crt", Store::ApiserverFrontProxy),
    ("ca.crt", Store::ApiserverKubelets),
    ("controller-manager.conf", Store::ControllerManagerServer),
    ("ca.crt", Store::ControllerManagerRoot),
    ("scheduler.conf", Store::SchedulerServer),
    ("kubelet.conf", Store::KubeletServer),
    ("ca.crt", Store::KubeletClients),
    ("admin.conf", Store::AdminServer),
];

/// Stores that look at their file again.
const HOT_STORES: [Store; 4] =
    [Store::ApiserverClients, Store::ApiserverFrontProxy, Store::KubeletClients, Store::AdminServer];

/// Who shows what, and whether a changed file is shown without a restart.
const SHOWS: [(Component, Role, bool); 13] = [
    (Component::Etcd, Role::EtcdServer, true),
    (Component::Etcd, Role::EtcdPeer, true),
    (Component::Etcd, Role::EtcdHealthcheckClient, true),
    (Component::Apiserver, Role::Apiserver, true),
    (Component::Apiserver, Role::ApiserverKubeletClient, true),
    (Component::Apiserver, Role::ApiserverEtcdClient, true),
    (Component::Apiserver, Role::FrontProxyClient, true),
    (Component::ControllerManager, Role::ControllerManager, false),
    (Component::Scheduler, Role::Scheduler, false),
    (Component::Kubelet, Role::KubeletClient, false),
    (Component::Kubelet, Role::KubeletServer, false),
    (Component::Admin, Role::Admin, true),
    (Component::Admin, Role::SuperAdmin, true),
];

/// Who verifies whom.
const EDGES: [(Store, &[Role]); 14] = [
    (Store::EtcdPeers, &[Role::EtcdPeer]),
    (Store::EtcdClients, &[Role::ApiserverEtcdClient, Role::EtcdHealthcheckClient, Role::EtcdServer]),
    (Store::ApiserverEtcd, &[Role::EtcdServer]),
    (Store::ApiserverClients, &[Role::ControllerManager, Role::Scheduler, Role::KubeletClient]),
    (Store::ApiserverClients, &[Role::Admin, Role::SuperAdmin, Role::IntermediateKubernetes]),
    (Store::ApiserverFrontProxy, &[Role::FrontProxyClient]),
    (Store::ExtensionsFrontProxy, &[Role::FrontProxyClient]),
    (Store::ApiserverKubelets, &[Role::KubeletServer]),
    (Store::KubeletClients, &[Role::ApiserverKubeletClient]),
    (Store::ControllerManagerServer, &[Role::Apiserver]),
    (Store::SchedulerServer, &[Role::Apiserver]),
    (Store::KubeletServer, &[Role::Apiserver]),
    (Store::AdminServer, &[Role::Apiserver]),
    (Store::WorkloadsServer, &[Role::Apiserver]),
];

/// Programs that run as processes of their own on nodes.
const RUNNING: [Component; 5] =
    [Component::Etcd, Component::Apiserver, Component::ControllerManager, Component::Scheduler, Component::Kubelet];

/// The smallest change: a process that is killed has made it or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Move {
    Write(usize, &'static str, Trust),
    Leaf(usize, Role, Leaf),
    Strip(usize, Role),
    Stop(usize, Component),
    Start(usize, Component),
    Signer(usize, Signer),
    Publish(Trust),
    Roll,
    Soaked,
    Cleaned,
}

struct Process {
    up: bool,
    started: u64,
    memory: BTreeMap<Store, Trust>,
    shown: BTreeMap<Role, Leaf>,
}

struct Host {
    files: BTreeMap<&'static str, Trust>,
    leaves: BTreeMap<Role, Leaf>,
    processes: BTreeMap<Component, Process>,
    signer: Signer,
    signs: Signer,
}

pub(crate) struct World {
    pub(crate) fleet: Fleet,
    hosts: Vec<Host>,
    verifies_kubelets: bool,
    published: Trust,
    workloads: Trust,
    extensions: Trust,
    soaked: bool,
    residue: usize,
    tick: u64,
    last_new_etcd_leaf: u64,
}

impl World {
    /// A healthy cluster of the old root, everything staged.
    pub(crate) fn new(fleet: Fleet, verifies_kubelets: bool) -> Self {
        let hosts = fleet.members().iter().map(|member| Host::new(member, verifies_kubelets)).collect();
        Self {
            fleet,
            hosts,
            verifies_kubelets,
            published: Trust::Old,
            workloads: Trust::Old,
            extensions: Trust::Old,
            soaked: false,
            residue: 7,
            tick: 1,
            last_new_etcd_leaf: 0,
        }
    }

    pub(crate) fn apply(&mut self, change: Move) {
        self.tick += 1;
        match change {
            Move::Write(place, file, trust) => {
                let host = &mut self.hosts[place];
                if let Some(held) = host.files.get_mut(file) {
                    *held = trust;
                }
                host.reload(self.verifies_kubelets);
            }
            Move::Leaf(place, role, leaf) => {
                let host = &mut self.hosts[place];
                let Some(held) = host.leaves.get_mut(&role) else { return };
                if *held == Leaf::Old && leaf != Leaf::Old && role == Role::EtcdPeer {
                    self.last_new_etcd_leaf = self.tick;
                }
                *held = leaf;
                host.reload(self.verifies_kubelets);
            }
            Move::Strip(place, role) => {
                let leaf = self.hosts[place].leaves.get_mut(&role);
                leaf.into_iter().filter(|leaf| **leaf == Leaf::Bridged).for_each(|leaf| *leaf = Leaf::New);
            }
            Move::Stop(place, component) => {
                if let Some(process) = self.hosts[place].processes.get_mut(&component) {
                    process.up = false;
                }
            }
            Move::Start(place, component) => self.hosts[place].start(component, self.tick, self.verifies_kubelets),
            Move::Signer(place, signer) => {
                let host = &mut self.hosts[place];
                host.signer = signer;
                // The pair in a file of its own is read again; the flags are not.
                if host.signs >= Signer::Apart && signer < Signer::Off && signer >= Signer::Apart {
                    host.signs = signer;
                }
            }
            Move::Publish(trust) => self.published = trust,
            Move::Roll => self.workloads = self.root_ca_maps(),
            Move::Soaked => self.soaked = true,
            Move::Cleaned => self.residue = 0,
        }
        // Every API server writes what it trusts, and nobody takes anything out.
        for process in self.hosts.iter().filter_map(|host| host.processes.get(&Component::Apiserver)) {
            if process.memory[&Store::ApiserverFrontProxy] != Trust::Old {
                self.extensions = Trust::Both;
            }
        }
    }

    /// A program dies and is started again by the node, unplanned.
    pub(crate) fn crash(&mut self, place: usize, component: Component) {
        if self.hosts[place].processes.get(&component).is_some_and(|process| process.up) {
            self.apply(Move::Stop(place, component));
            self.apply(Move::Start(place, component));
        }
    }

    fn root_ca_maps(&self) -> Trust {
        let managers = self.hosts.iter().filter_map(|host| host.processes.get(&Component::ControllerManager));
        let leader = managers.into_iter().find(|process| process.up);
        leader.map_or(Trust::Old, |process| process.memory[&Store::ControllerManagerRoot])
    }

    /// Every connection that would be refused if it were made now.
    pub(crate) fn red(&self) -> Vec<String> {
        let mut red = Vec::new();
        for (store, roles) in EDGES {
            for (verifier, trust) in self.verifiers(store) {
                for role in roles {
                    for (presenter, leaf) in self.presenters(*role) {
                        let itself = verifier == Some(presenter) && store == Store::EtcdPeers;
                        if !itself && !trust.accepts(leaf) {
                            red.push(format!(
                                "{store:?} of {verifier:?} ({trust:?}) refuses {role} of {presenter} ({leaf:?})"
                            ));
                        }
                    }
                }
            }
        }
        let crashed = |host: &Host| host.signs == Signer::Shared && host.files.get("ca.crt") == Some(&Trust::Both);
        for (place, host) in self.hosts.iter().enumerate() {
            if host.processes.get(&Component::ControllerManager).is_some_and(|one| one.up) && crashed(host) {
                red.push(format!("the controller manager of {place} has a bundle to sign with"));
            }
        }
        red
    }

    fn verifiers(&self, store: Store) -> Vec<(Option<usize>, Trust)> {
        match store {
            Store::WorkloadsServer => vec![(None, self.workloads)],
            Store::ExtensionsFrontProxy => vec![(None, self.extensions)],
            Store::AdminServer => {
                let files = self.hosts.iter().filter_map(|host| host.files.get("admin.conf"));
                files.map(|trust| (None, *trust)).collect()
            }
            store => {
                let hosts = self.hosts.iter().enumerate();
                let processes = hosts.filter_map(|(at, host)| Some((at, host.processes.get(&store.component())?)));
                let up = processes.filter(|(_, process)| process.up);
                up.filter_map(|(at, process)| Some((Some(at), *process.memory.get(&store)?))).collect()
            }
        }
    }

    fn presenters(&self, role: Role) -> Vec<(usize, Leaf)> {
        let shown = |host: &Host| match role {
            Role::IntermediateKubernetes => match host.processes.get(&Component::ControllerManager)?.up {
                true if host.signs == Signer::Intermediate => Some(Leaf::New),
                true if host.signs < Signer::Intermediate => Some(Leaf::Old),
                _ => None,
            },
            Role::Admin | Role::SuperAdmin => host.leaves.get(&role).copied(),
            role => {
                let (component, ..) = SHOWS.into_iter().find(|(_, of, _)| *of == role)?;
                let process = host.processes.get(&component)?;
                process.up.then(|| process.shown.get(&role).copied())?
            }
        };
        let hosts = self.hosts.iter().enumerate();
        hosts.filter_map(|(at, host)| Some((at, shown(host)?))).collect()
    }

    /// How many members of etcd and how many API servers are up.
    pub(crate) fn up(&self, component: Component) -> usize {
        self.hosts.iter().filter(|h| h.processes.get(&component).is_some_and(|process| process.up)).count()
    }

    /// What a run of probes finds, all probes that are no matter of this model being content.
    pub(crate) fn facts(&self) -> Facts {
        let nodes = self.hosts.iter().map(|host| self.of_host(host)).collect();
        let cluster = ClusterFacts {
            published: Some(self.published),
            root_ca_maps: Some(self.root_ca_maps()),
            workloads: Some(self.workloads),
            extensions: Some(self.extensions),
            only_old: Vec::new(),
            inventory_whole: true,
            soaked: self.soaked,
            residue: Some(self.residue),
            ..ClusterFacts::default()
        };
        let told =
            |check: &Check| (*check, Told { holds: self.probe(*check), evidence: "the model says so".to_owned() });
        Facts { nodes, cluster, told: Check::ALL.iter().map(told).collect() }
    }

    /// What a probe would be told that is not seen in the facts of nodes: who certifies requests.
    fn probe(&self, check: Check) -> bool {
        let up = |host: &&Host| host.processes.get(&Component::ControllerManager).is_some_and(|one| one.up);
        let mut signers = self.hosts.iter().filter(up).map(|host| host.signs);
        match check {
            Check::SignerIssues => signers.all(|signs| signs < Signer::Intermediate),
            // What is not signed online is listed for the next bundle.
            Check::CsrFlow => signers.all(|signs| signs >= Signer::Intermediate),
            _ => true,
        }
    }

    fn of_host(&self, host: &Host) -> NodeFacts {
        let is_there = |store: &Store| {
            let component = store.component();
            let runs = component == Component::Admin || host.processes.contains_key(&component);
            runs && (*store != Store::ApiserverKubelets || self.verifies_kubelets)
        };
        let sources = READS.into_iter().filter(|(_, store)| is_there(store));
        let disk = sources.filter_map(|(file, store)| Some((store, Some(*host.files.get(file)?)))).collect();
        let up = host.processes.values().filter(|process| process.up);
        let mut memory: BTreeMap<_, _> = up.clone().flat_map(|process| process.memory.clone()).collect();
        if let Some(admin) = host.files.get("admin.conf") {
            memory.insert(Store::AdminServer, *admin);
        }
        let etcd = host.processes.get(&Component::Etcd);
        let manager = host.processes.get(&Component::ControllerManager);
        NodeFacts {
            seen: true,
            staged: Some(true),
            signer: manager.map(|manager| if manager.up { host.signs } else { host.signer }),
            disk,
            memory,
            files: host.leaves.iter().map(|(role, leaf)| (*role, Some(*leaf))).collect(),
            shown: up.flat_map(|process| process.shown.clone()).collect(),
            up: host.processes.iter().map(|(component, process)| (*component, process.up)).collect(),
            lease_age: Some(7),
            clock_skew: Some(-2),
            reconnected: etcd.map(|etcd| etcd.up && etcd.started > self.last_new_etcd_leaf),
        }
    }

    /// Everything that is trusted in memory, and everything that is shown.
    pub(crate) fn summary(&self) -> (BTreeSet<Trust>, BTreeSet<Leaf>) {
        let processes = || self.hosts.iter().flat_map(|host| host.processes.values());
        let mut trust: BTreeSet<_> = processes().flat_map(|process| process.memory.values().copied()).collect();
        trust.insert(self.workloads);
        (trust, processes().flat_map(|process| process.shown.values().copied()).collect())
    }
}

impl Host {
    fn new(member: &Member, verifies_kubelets: bool) -> Self {
        let has = |file: &str| match file {
            "etcd/ca.crt" => member.etcd || member.control_plane,
            "ca.crt" | "kubelet.conf" => true,
            _ => member.control_plane,
        };
        let files = READS.into_iter().filter(|(file, _)| has(file)).map(|(file, _)| (file, Trust::Old)).collect();
        let runs = |component: &Component| member.runs(*component);
        let leaves = SHOWS.into_iter().filter(|(component, ..)| runs(component)).map(|(_, role, _)| (role, Leaf::Old));
        let mut host = Self {
            files,
            leaves: leaves.collect(),
            processes: BTreeMap::new(),
            signer: Signer::Shared,
            signs: Signer::Shared,
        };
        for component in RUNNING.into_iter().filter(runs) {
            let process = Process { up: true, started: 0, memory: BTreeMap::new(), shown: BTreeMap::new() };
            host.processes.insert(component, process);
            host.start(component, 0, verifies_kubelets);
        }
        host
    }

    fn start(&mut self, component: Component, tick: u64, verifies_kubelets: bool) {
        let Some(process) = self.processes.get_mut(&component) else { return };
        (process.up, process.started) = (true, tick);
        for (file, store) in READS.into_iter().filter(|(_, store)| store.component() == component) {
            if store != Store::ApiserverKubelets || verifies_kubelets {
                process.memory.insert(store, self.files[file]);
            }
        }
        for (_, role, _) in SHOWS.into_iter().filter(|(of, ..)| *of == component) {
            process.shown.insert(role, self.leaves[&role]);
        }
        if component == Component::ControllerManager {
            self.signs = self.signer;
        }
    }

    /// What running programs read again by themselves.
    fn reload(&mut self, verifies_kubelets: bool) {
        for (file, store) in READS.into_iter().filter(|(_, store)| HOT_STORES.contains(store)) {
            let is_read = store != Store::ApiserverKubelets || verifies_kubelets;
            if let Some(process) = self.processes.get_mut(&store.component()).filter(|process| is_read && process.up) {
                process.memory.insert(store, self.files[file]);
            }
        }
        for (component, role, hot) in SHOWS {
            if let Some(process) = self.processes.get_mut(&component).filter(|process| hot && process.up) {
                process.shown.insert(role, self.leaves[&role]);
            }
        }
    }
}
