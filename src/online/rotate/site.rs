//! This node: where its files lie, how its components are stopped and started, and where the servers of all nodes listen.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use super::fault::RotateError;
use crate::cluster::embed::program::Program;
use crate::cluster::record::Record;
use crate::config::rotation::{Endpoints, Managed, RotationConfig};
use crate::devices::component::{self, Commanded, ComponentError, StaticPod, Unit};
use crate::devices::probe::Endpoint;
use crate::devices::process::Sought;
use crate::devices::store::Directory;
use crate::online::scan::NodeRoot;
use crate::rotation::component::Component;
use crate::rotation::fleet::Fleet;

/// This node among the others.
#[derive(Debug, Clone)]
pub struct Site {
    /// Its place in the fleet.
    pub place: usize,
    /// Its name and the root of its file system.
    pub node: NodeRoot,
    managed: BTreeMap<Component, Managed>,
    parking: PathBuf,
    servers: Vec<Servers>,
}

/// Where the servers of a node listen; none for what does not run there.
#[derive(Debug, Clone, Default)]
pub struct Servers {
    /// The client port of etcd.
    pub etcd: Option<Endpoint>,
    /// The peer port of etcd.
    pub etcd_peer: Option<Endpoint>,
    /// The API server.
    pub apiserver: Option<Endpoint>,
    /// The kubelet.
    pub kubelet: Option<Endpoint>,
}

/// Components that run as processes of a node, the lower layer first.
pub const RUNNING: [Component; 5] =
    [Component::Etcd, Component::Apiserver, Component::ControllerManager, Component::Scheduler, Component::Kubelet];

const MANIFESTS: &str = "etc/kubernetes/manifests/";
const KUBELET: &str = "kubelet.service";
const UNITS: &str = "etc/systemd/system/";
/// Beside the directory that the kubelet watches, and not in it.
const PARKING: &str = "etc/kubernetes/parked";

impl Site {
    /// The node `node` of `fleet`: what `config` does not say is as kubeadm makes it, by the cluster `record` and by the
    /// `programs` of the node.
    ///
    /// # Errors
    /// [`RotateError::Stranger`] where the fleet has no such node.
    pub fn new(
        fleet: &Fleet,
        record: &Record,
        config: &RotationConfig,
        node: NodeRoot,
        programs: &[Program],
    ) -> Result<Self, RotateError> {
        let parking = config.parking().map_or_else(|| node.root.join(PARKING), ToOwned::to_owned);
        let mut managed = config.components().clone();
        for component in RUNNING {
            let mut found = programs.iter().filter(|program| program.name == component.as_str()).peekable();
            // The kubelet's own unit lies where packages put it.
            let unit = (component == Component::Kubelet && found.peek().is_some()).then(|| Managed::unit(KUBELET));
            let found = found.find_map(|program| of_file(&node, &program.file));
            if let Some(found) = found.or_else(|| parked(&node, &parking, component)).or(unit) {
                managed.entry(component).or_insert(found);
            }
        }
        let addresses = |name: &str| record.node(name).and_then(|node| node.ips.first().copied());
        let servers = fleet.members().iter().map(|member| {
            let (named, ip) = (config.endpoints(&member.name), addresses(&member.name));
            let runs = |component| member.runs(component);
            Servers {
                etcd: at(named.etcd, ip, 2379).filter(|_| runs(Component::Etcd)),
                etcd_peer: at(named.etcd_peer, ip, 2380).filter(|_| runs(Component::Etcd)),
                apiserver: at(named.apiserver, ip, 6443).filter(|_| runs(Component::Apiserver)),
                kubelet: at(named.kubelet, ip, 10250).filter(|_| runs(Component::Kubelet)),
            }
        });
        Self::of(fleet, node, managed, parking, servers.collect())
    }

    /// The node `node` of `fleet`, said in full; `servers` stand in the order of the fleet.
    ///
    /// # Errors
    /// As [`Site::new`].
    pub fn of(
        fleet: &Fleet,
        node: NodeRoot,
        managed: BTreeMap<Component, Managed>,
        parking: PathBuf,
        servers: Vec<Servers>,
    ) -> Result<Self, RotateError> {
        let place = fleet.members().iter().position(|member| member.name == node.node);
        let place = place.ok_or_else(|| RotateError::stranger(&node.node))?;
        Ok(Self { place, node, managed, parking, servers })
    }

    /// The path of a live file of this node.
    pub fn live(&self, path: &str) -> PathBuf {
        self.node.root.join(path)
    }

    /// Where the servers of the node at `place` listen.
    pub fn servers(&self, place: usize) -> Servers {
        self.servers.get(place).cloned().unwrap_or_default()
    }

    /// Where manifests and their generations lie that the kubelet must not see.
    pub fn parking(&self) -> &PathBuf {
        &self.parking
    }

    /// The component `which` of this node; `None` where it has none.
    ///
    /// # Errors
    /// Any [`ComponentError`].
    pub fn component(&self, which: Component) -> Option<Result<Box<dyn component::Component>, ComponentError>> {
        self.managed.get(&which).map(|managed| self.made(which, managed))
    }

    fn made(&self, which: Component, managed: &Managed) -> Result<Box<dyn component::Component>, ComponentError> {
        let program = managed.program.clone().unwrap_or_else(|| which.as_str().to_owned());
        let (sought, patience) = (Sought { program, arguments: managed.arguments.clone() }, managed.patience());
        Ok(match (&managed.unit, &managed.manifest) {
            (Some(unit), _) => Box::new(Unit::new(unit, component::unit::SYSTEMCTL, patience)?),
            (None, Some(manifest)) => Box::new(StaticPod::new(manifest, &self.parking, sought, patience)?),
            (None, None) => Box::new(Commanded::new(which.as_str(), &managed.stop, &managed.start, sought, patience)?),
        })
    }
}

/// How the program is started whose command stands in `file` of the node.
fn of_file(node: &NodeRoot, file: &str) -> Option<Managed> {
    if let Some(unit) = file.strip_prefix(UNITS) {
        // A drop-in lies in a directory named after its unit.
        let unit = unit.split('/').next().unwrap_or_default().trim_end_matches(".d");
        return Some(Managed::unit(unit));
    }
    file.starts_with(MANIFESTS).then(|| Managed::manifest(&node.root.join(file)))
}

/// The pod whose manifest a killed run left out of the way.
fn parked(node: &NodeRoot, parking: &Path, component: Component) -> Option<Managed> {
    let name = format!("{}.yaml", component.as_str());
    let is_there = Directory::open(parking).and_then(|parking| parking.holds(&name)).unwrap_or(false);
    is_there.then(|| Managed::manifest(&node.root.join(MANIFESTS).join(name)))
}

fn at(named: Option<SocketAddr>, ip: Option<IpAddr>, port: u16) -> Option<Endpoint> {
    named.or_else(|| ip.map(|ip| SocketAddr::new(ip, port))).map(Endpoint::by_address)
}

impl Servers {
    /// Those at the given addresses.
    pub fn at(endpoints: Endpoints) -> Self {
        let of = |address: Option<SocketAddr>| address.map(Endpoint::by_address);
        Self {
            etcd: of(endpoints.etcd),
            etcd_peer: of(endpoints.etcd_peer),
            apiserver: of(endpoints.apiserver),
            kubelet: of(endpoints.kubelet),
        }
    }
}
