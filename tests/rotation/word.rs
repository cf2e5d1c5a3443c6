//! Whose word counts: nodes by their files alone, without any server.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use airlock::audit::detail::Genesis;
use airlock::audit::entry::{Actor, Side};
use airlock::audit::event::Event;
use airlock::cluster::role::Domain;
use airlock::desk::host::{Desk, Senses};
use airlock::devices::entropy::SystemEntropy;
use airlock::online::rotate::eyes::Seen;
use airlock::online::rotate::ground::{Patience, Sources};
use airlock::online::rotate::run::tell;
use airlock::online::rotate::site::{Servers, Site};
use airlock::online::rotate::{Goal, Ground, Why, run};
use airlock::online::scan::NodeRoot;
use airlock::rotation::account::Account;
use airlock::rotation::fleet::{Fleet, Member};
use airlock::rotation::graph::{Shape, Signing, Variant};
use airlock::rotation::plan::{Plan, Tempo};
use airlock::rotation::store::Store;
use airlock::rotation::trust::Trust;
use airlock::wire::digest::Digest;
use serde_json::json;
use tempfile::TempDir;

use crate::nodes::Nodes;
use crate::people::{Shifted, people};
use crate::pki::{Root, certificate};

/// A control plane, a member of etcd alone, and a worker.
const NODES: [(&str, bool, bool); 3] = [("cp0", true, true), ("m1", false, true), ("w2", false, false)];
/// Longer than any program takes to look at a watched file.
const LATER: i64 = 100;

/// Their files, all of the old root.
struct Files {
    base: TempDir,
    old: [Root; 3],
    new: [Root; 3],
    ahead: Arc<AtomicI64>,
}

impl Files {
    fn new() -> Self {
        let roots = || ["kubernetes", "etcd-ca", "front-proxy-ca"].map(Root::new);
        let (base, ahead) = (tempfile::tempdir().unwrap(), Arc::new(AtomicI64::new(0)));
        let files = Self { base, old: roots(), new: roots(), ahead };
        fs::create_dir(files.base.path().join("facts")).unwrap();
        let [kubernetes, etcd, front_proxy] = &files.old;
        files.put(0, "ca.crt", &kubernetes.pem);
        files.put(0, "etcd/ca.crt", &etcd.pem);
        files.put(0, "front-proxy-ca.crt", &front_proxy.pem);
        // Whom the kubelets see.
        let client = kubernetes.client_of("kube-apiserver-kubelet-client", "system:masters");
        files.put(0, "apiserver-kubelet-client.crt", &client.certificate);
        files.put(0, "apiserver-kubelet-client.key", &client.key);
        // Which signs nothing, so that leaves come first.
        let manager = "kind: Pod\nspec:\n  containers:\n  - command:\n    - kube-controller-manager\n";
        files.put(0, "../manifests/kube-controller-manager.yaml", manager);
        files.put(1, "etcd/ca.crt", &etcd.pem);
        files.put(2, "ca.crt", &kubernetes.pem);
        (0..NODES.len()).for_each(|at| files.make_state(at));
        files
    }

    fn put(&self, at: usize, file: &str, text: &str) {
        let path = self.root(at).join("etc/kubernetes/pki").join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn root(&self, at: usize) -> PathBuf {
        self.base.path().join(NODES[at].0)
    }

    fn senses(&self) -> Senses {
        Senses { clock: Box::new(Shifted(Arc::clone(&self.ahead))), entropy: Box::new(SystemEntropy) }
    }

    fn make_state(&self, at: usize) {
        let party = "cluster:prod-1".parse().unwrap();
        let mut desk = Desk::make(&self.root(at).join("state"), Side::Online, &party, self.senses()).unwrap();
        let genesis = Genesis { genesis: Digest::of(b""), policy: None, roster: Digest::of(b""), signatures: vec![] };
        desk.note(&Actor::system(), None, Event::Genesis(genesis)).unwrap();
    }

    fn desk(&self, at: usize) -> Desk {
        Desk::open(&self.root(at).join("state"), Side::Online, self.senses()).unwrap()
    }

    fn ground(&self, at: usize, objects: Vec<PathBuf>) -> Ground {
        let member =
            |(name, control_plane, etcd): (&str, bool, bool)| Member { name: name.to_owned(), control_plane, etcd };
        let fleet = Fleet::new(NODES.map(member).to_vec());
        // Over a bridge the first steps of all ask whether everybody takes what is shown.
        let shape = Shape { variant: Variant::Bridge, signing: Signing::Batched, verifies_kubelets: false };
        let tempo = Tempo { kubelets: 10, files: 50, soak: 600 };
        let node = NodeRoot { node: NODES[at].0.to_owned(), root: self.root(at) };
        let servers = NODES.map(|_| Servers::default()).to_vec();
        let site = Site::of(&fleet, node, BTreeMap::new(), self.base.path().join("parked"), servers).unwrap();
        let domains = [Domain::Kubernetes, Domain::Etcd, Domain::FrontProxy];
        let facts = Some(self.base.path().join("facts"));
        Ground {
            party: "cluster:prod-1".parse().unwrap(),
            trace: Nodes::trace(),
            plan: Plan::new(fleet, shape, tempo).unwrap(),
            tempo,
            site,
            roots: domains.into_iter().zip(&self.new).map(|(domain, root)| (domain, certificate(&root.pem))).collect(),
            people: people(),
            staged: None,
            sources: Sources { facts, freshness: 900, objects, ..Sources::default() },
            patience: Patience {
                probe: Duration::from_secs(1),
                gate: Duration::from_secs(60),
                step: Duration::from_secs(1),
                lost_write: Duration::ZERO,
            },
        }
    }

    fn tell(&self, at: usize, objects: &[PathBuf]) -> Seen {
        tell(&mut self.desk(at), &self.ground(at, objects.to_vec())).unwrap()
    }

    /// What the node said of itself last.
    fn said(&self, at: usize) -> Option<Account> {
        let bytes = fs::read(self.base.path().join(format!("facts/{}.json", NODES[at].0))).ok()?;
        Some(Account::parse(&bytes).unwrap())
    }

    /// What aggregated API servers are told to trust, as an admin would show it.
    fn objects(&self, name: &str, roots: &[&Root]) -> PathBuf {
        let path = self.base.path().join(name);
        let bundle: String = roots.iter().map(|root| root.pem.as_str()).collect();
        let metadata = json!({ "name": "extension-apiserver-authentication", "namespace": "kube-system" });
        let map =
            json!({ "kind": "ConfigMap", "metadata": metadata, "data": { "requestheader-client-ca-file": bundle } });
        fs::write(&path, json!({ "kind": "List", "items": [map] }).to_string()).unwrap();
        path
    }
}

/// Who is no control plane lacks roots of other domains: shown the same objects, it takes the first node's word on them.
#[test]
fn objects_are_judged_by_control_planes_alone() {
    let files = Files::new();
    let ([_, _, old], [_, _, new]) = (&files.old, &files.new);
    let extensions = |at: usize, objects: &[PathBuf]| files.tell(at, objects).facts.cluster.extensions;
    let both = [files.objects("both.json", &[old, new])];
    assert_eq!((extensions(1, &both), extensions(2, &both)), (None, None), "nobody has told them");
    assert_eq!(extensions(0, &both), Some(Trust::Both));
    for others in [1, 2] {
        assert_eq!(extensions(others, &both), Some(Trust::Both));
        assert_eq!(extensions(others, &[]), Some(Trust::Both));
    }
    // The first node judges what it is shown now, and not by its own word.
    let old_alone = [files.objects("old.json", &[old])];
    assert_eq!(extensions(1, &old_alone), Some(Trust::Both), "it does not judge them");
    assert_eq!(extensions(0, &old_alone), Some(Trust::Old));
    assert_eq!(extensions(1, &both), Some(Trust::Old));
}

/// The next one takes this node's word on what its kubelet has loaded, which is known only after a while.
#[test]
fn a_turn_ends_when_it_is_known_what_own_programs_have_loaded() {
    let files = Files::new();
    (0..2).for_each(|at| drop(files.tell(at, &[])));
    let knows = || files.said(2).map(|said| said.facts.memory.contains_key(&Store::KubeletClients));
    let goes = || {
        let began = Instant::now();
        let ended = run(&mut files.desk(2), &files.ground(2, vec![]), Goal::Forward).unwrap();
        assert!(matches!(&ended.why, Why::Turn(error) if error.to_string().contains("cp0")), "{:?}", ended.why);
        began.elapsed()
    };
    thread::scope(|scope| {
        scope.spawn(|| {
            // Once it has looked and does not know.
            while knows().is_none() {
                thread::sleep(Duration::from_millis(20));
            }
            assert_eq!(knows(), Some(false));
            files.ahead.store(LATER, Ordering::SeqCst);
        });
        goes();
        assert_eq!(knows(), Some(true));
    });
    // What others have loaded is still not known, and is not waited for.
    assert!(!files.tell(2, &[]).facts.nodes[0].memory.contains_key(&Store::KubeletClients));
    assert!(goes() < Duration::from_secs(30));
}
