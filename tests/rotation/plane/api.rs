//! The STAND-IN of a kube-apiserver: objects are JSON under their paths in the real etcd, of which it reads the CA at its
//! start, and its client pair with each new connection.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use airlock::devices::probe::etcd::Member;
use airlock::devices::probe::http::Ask;
use airlock::devices::probe::{Caller, Connection, Endpoint};
use airlock::pki::certificate::Certificate;
use serde_json::{Value, json};

use super::pod::{Flags, LEASES, ROOT_CA, always, certificates};
use super::tls;

const TIME: Duration = Duration::from_secs(5);
/// Where the stand-in of a controller manager learns of the newest request; a real one watches.
pub(crate) const PENDING: &str = "/stand-in/pending";
const REQUESTS: &str = "/apis/certificates.k8s.io/v1/certificatesigningrequests";
pub(crate) const EXTENSIONS: &str = "/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication";

struct Store {
    flags: Flags,
    roots: Vec<Certificate>,
    open: Mutex<Vec<Member>>,
    turn: AtomicU64,
    /// Who wrote into the canary here. Each line of it is a key of its own: a real one locks the object instead.
    writers: Mutex<BTreeSet<String>>,
}

const CANARY: &str = "/api/v1/namespaces/kube-system/configmaps/airlock-canary";

pub(crate) fn serve(flags: Flags) {
    let roots = certificates(&flags.read("etcd-cafile"));
    let port = Flags::need(&flags, "secure-port").to_owned();
    let store = Store {
        flags,
        roots,
        open: Mutex::default(),
        turn: AtomicU64::new(port.parse().unwrap()),
        writers: Mutex::default(),
    };
    let flags = &store.flags;
    std::thread::scope(|scope| {
        scope.spawn(|| {
            loop {
                store.publish();
                std::thread::sleep(Duration::from_secs(2));
            }
        });
        tls::listen(flags, tls::Manner::APISERVER, |who, asked| store.answer(who, asked));
    });
}

impl Store {
    /// On a connection that stands, or on a new one to a member whose certificate it trusts by what it read at its start.
    fn with<T>(&self, work: impl Fn(&mut Member) -> Option<T>) -> Option<T> {
        for _ in 0..4 {
            let free = self.open.lock().unwrap().pop();
            let Some(mut member) = free.or_else(|| self.connect()) else { continue };
            if let Some(done) = work(&mut member) {
                self.open.lock().unwrap().push(member);
                return Some(done);
            }
            // Whoever stands beside it may lead to the same member that went.
            self.open.lock().unwrap().clear();
        }
        None
    }

    fn connect(&self) -> Option<Member> {
        let caller = Caller::holding(&self.flags.read("etcd-certfile"), &self.flags.read("etcd-keyfile")).ok()?;
        let servers: Vec<_> = self.flags.need("etcd-servers").split(',').collect();
        let at = self.turn.fetch_add(1, Ordering::SeqCst) as usize % servers.len();
        let endpoint: Endpoint = servers[at].trim_start_matches("https://").parse().unwrap();
        let member = Member::connect(&endpoint, &caller, TIME).ok()?;
        member.served().trusted_under(&self.roots, always()).ok()?;
        Some(member)
    }

    /// Nothing where etcd does not answer; nothing in it where there is no such object.
    fn get(&self, path: &str) -> Option<Option<Value>> {
        let read = self.with(|member| member.range(path.as_bytes(), TIME).ok())?;
        Some(read.and_then(|value| serde_json::from_slice(&value.bytes).ok()))
    }

    fn put(&self, path: &str, object: &Value) -> Option<()> {
        self.with(|member| member.put(path.as_bytes(), object.to_string().as_bytes(), TIME).ok()).map(drop)
    }

    /// What it trusts of front proxies and clients is added for aggregated API servers, and nothing is ever taken out.
    fn publish(&self) -> Option<()> {
        let known = self.get(EXTENSIONS)?;
        let mut object = known.clone().unwrap_or_else(|| {
            json!({ "kind": "ConfigMap", "metadata": { "name": "extension-apiserver-authentication", "namespace": "kube-system" },
                "data": {} })
        });
        for flag in ["client-ca-file", "requestheader-client-ca-file"] {
            let mut held = object["data"][flag].as_str().unwrap_or_default().to_owned();
            for one in certificates(&self.flags.read(flag)) {
                if !held.contains(&one.to_pem()) {
                    held.push_str(&one.to_pem());
                }
            }
            object["data"][flag] = json!(held);
        }
        if known.as_ref() == Some(&object) { Some(()) } else { self.put(EXTENSIONS, &object) }
    }

    fn answer(&self, who: &Certificate, asked: &str) -> (u16, Value) {
        let (head, body) = asked.split_once("\r\n\r\n").unwrap();
        let mut words = head.split(' ');
        let (method, path) = (words.next().unwrap(), words.next().unwrap());
        let is_master = who.subject().organizations().iter().any(|name| **name == *"system:masters");
        let is_system = who.subject().common_name().is_some_and(|name| name.starts_with("system:"));
        if !is_master && !is_system {
            return (403, json!({ "kind": "Status" }));
        }
        let done = match (method, path) {
            ("GET", "/api" | "/version" | "/healthz") => Some((200, json!({}))),
            ("GET", CANARY) => self.canary(),
            ("PATCH", CANARY) => self.write_canary(body),
            ("GET", path) if path.ends_with("/proxy/healthz") => Some(self.kubelet(path)),
            ("GET", path) if path == format!("{LEASES}/kube-node-lease/leases") => self.leases(),
            ("GET", path) => {
                self.get(path).map(|read| read.map_or((404, json!({ "code": 404 })), |found| (200, found)))
            }
            ("POST", REQUESTS) => self.certify(body),
            ("POST", path) => self.create(path, body),
            ("PATCH", path) if !head.contains("application/merge-patch+json") => Some((415, json!({ "path": path }))),
            ("PATCH", path) => self.patch(path, body),
            _ => Some((405, json!({}))),
        };
        done.unwrap_or((500, json!({ "message": "etcdserver: request timed out" })))
    }

    /// The API server asks the kubelet, by address and with its own client certificate.
    fn kubelet(&self, path: &str) -> (u16, Value) {
        let node = path.split('/').nth(4).unwrap();
        let places = self.flags.need("kubelet-places");
        let port = places.split(',').find_map(|place| place.strip_prefix(&format!("{node}:"))).unwrap();
        let pair = (self.flags.read("kubelet-client-certificate"), self.flags.read("kubelet-client-key"));
        let reached = Caller::holding(&pair.0, &pair.1).ok().and_then(|caller| {
            let endpoint: Endpoint = format!("127.0.0.1:{port}").parse().unwrap();
            let mut connection = Connection::open(&endpoint, &caller, TIME).ok()?;
            connection.ask(Ask::Get("/healthz"), TIME).ok()
        });
        (reached.map_or(503, |answer| answer.status()), json!("ok"))
    }

    fn canary(&self) -> Option<(u16, Value)> {
        let mut data = serde_json::Map::new();
        for writer in self.writers.lock().unwrap().clone() {
            if let Some(mark) = self.get(&format!("{CANARY}/{writer}"))? {
                data.insert(writer, mark);
            }
        }
        Some((200, json!({ "kind": "ConfigMap", "data": data })))
    }

    fn write_canary(&self, body: &str) -> Option<(u16, Value)> {
        let object: Value = serde_json::from_str(body).unwrap();
        for (writer, mark) in object["data"].as_object().unwrap() {
            self.put(&format!("{CANARY}/{writer}"), mark)?;
            self.writers.lock().unwrap().insert(writer.clone());
        }
        Some((200, object))
    }

    fn leases(&self) -> Option<(u16, Value)> {
        let nodes = self.flags.need("kubelet-places").split(',').map(|place| place.split(':').next().unwrap());
        let mut items = Vec::new();
        for node in nodes {
            items.extend(self.get(&format!("{LEASES}/kube-node-lease/leases/{node}"))?);
        }
        Some((200, json!({ "items": items })))
    }

    fn certify(&self, body: &str) -> Option<(u16, Value)> {
        let mut object: Value = serde_json::from_str(body).unwrap();
        let number = self.turn.fetch_add(1, Ordering::SeqCst);
        let name = format!("csr-{}-{number}", self.flags.need("secure-port"));
        object["metadata"]["name"] = json!(name);
        self.put(&format!("{REQUESTS}/{name}"), &object)?;
        self.put(PENDING, &json!({ "path": format!("{REQUESTS}/{name}") }))?;
        Some((201, object))
    }

    fn create(&self, path: &str, body: &str) -> Option<(u16, Value)> {
        let object: Value = serde_json::from_str(body).unwrap();
        let name = object["metadata"]["name"].as_str().unwrap().to_owned();
        self.put(&format!("{path}/{name}"), &object)?;
        Some((201, object))
    }

    fn patch(&self, path: &str, body: &str) -> Option<(u16, Value)> {
        let path = path.trim_end_matches("/approval").trim_end_matches("/status");
        // Who renews a lease, or hands out a root, makes it where there is none.
        let makes = path.contains("/leases/") || path == ROOT_CA || path.ends_with("/cluster-info");
        let object = match self.get(path)? {
            None if !makes => return Some((404, json!({ "code": 404 }))),
            known => merged(known.unwrap_or_else(|| json!({})), serde_json::from_str(body).unwrap()),
        };
        self.put(path, &object)?;
        Some((200, object))
    }
}

/// A merge patch (RFC 7396).
fn merged(mut object: Value, patch: Value) -> Value {
    let (Some(fields), Value::Object(changes)) = (object.as_object_mut(), patch.clone()) else { return patch };
    for (name, change) in changes {
        let known = fields.remove(&name).unwrap_or(Value::Null);
        if !change.is_null() {
            let known = if known.is_object() { known } else { json!({}) };
            fields.insert(name, if change.is_object() { merged(known, change) } else { change });
        }
    }
    object
}
