//! What the API tells of the cluster, asked by the administrator's live identity: leases, the way to kubelets, and whether
//! a request is certified. No client library and no token; each question is one request.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;
use serde_json::json;

use crate::devices::probe::http::Ask;
use crate::devices::probe::many::{THREADS, each};
use crate::devices::probe::{Caller, Connection, Endpoint, ProbeError};
use crate::online::rotate::observe::Issuers;
use crate::pki::certificate::Certificate;
use crate::rotation::check::MAX_LEASE_AGE;
use crate::rotation::facts::Told;
use crate::wire::text;
use crate::wire::time::Timestamp;

const MANAGER: &str = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/kube-controller-manager";
const NODES: &str = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases";
const REQUESTS: &str = "/apis/certificates.k8s.io/v1/certificatesigningrequests";
/// The signer that the controller manager is for clients of the API.
const SIGNER: &str = "kubernetes.io/kube-apiserver-client";
const LOOK: Duration = Duration::from_millis(500);

#[derive(Deserialize)]
struct Lease {
    #[serde(default)]
    metadata: Metadata,
    #[serde(default)]
    spec: Spec,
}

#[derive(Deserialize, Default)]
struct Metadata {
    #[serde(default)]
    name: String,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct Spec {
    holder_identity: Option<String>,
    renew_time: Option<String>,
}

#[derive(Deserialize)]
struct Leases {
    #[serde(default)]
    items: Vec<Lease>,
}

/// An API server, and who asks it.
pub struct Api<'a> {
    /// Where it listens.
    pub endpoint: &'a Endpoint,
    /// The administrator.
    pub admin: &'a Caller,
    /// How long one answer may take.
    pub time: Duration,
}

impl Api<'_> {
    /// Whether a controller manager holds its lease.
    pub fn leader(&self, now: Timestamp) -> Told {
        match self.read::<Lease>(MANAGER) {
            Err(error) => Told { holds: false, evidence: clip(&error.to_string()) },
            Ok(lease) => {
                let held = lease.spec.holder_identity.as_ref().is_some_and(|holder| !holder.is_empty());
                let age = lease.age(now);
                let evidence = match age {
                    Some(age) if held => format!("renewed {age} s ago"),
                    _ => "nobody holds the lease".to_owned(),
                };
                Told { holds: held && age.is_some_and(|age| age < MAX_LEASE_AGE), evidence }
            }
        }
    }

    /// How long ago the lease of each node was renewed, in seconds, by name; nothing where they cannot be read.
    pub fn node_leases(&self, now: Timestamp) -> BTreeMap<String, u32> {
        let leases = self.read::<Leases>(NODES).map(|leases| leases.items).unwrap_or_default();
        leases.into_iter().filter_map(|lease| Some((lease.metadata.name.clone(), lease.age(now)?))).collect()
    }

    /// Whether the API server reaches the kubelet of each of `nodes`.
    pub fn kubelets(&self, nodes: &[&str]) -> Told {
        let reached = each(nodes, THREADS, |node| {
            let path = format!("/api/v1/nodes/{node}/proxy/healthz");
            self.ask(Ask::Get(&path)).is_ok_and(|answer| answer.0 == 200)
        });
        match nodes.iter().zip(&reached).find(|(_, reached)| !**reached) {
            None => Told { holds: true, evidence: format!("{} of {} kubelets", nodes.len(), nodes.len()) },
            Some((node, _)) => Told { holds: false, evidence: format!("{} is not reached", clip(node)) },
        }
    }

    /// Whether a request of ours is certified within `patience`, and by which root: by the new one where `is_new`.
    pub fn certifies(&self, is_new: bool, issuers: &Issuers, patience: Duration) -> Told {
        let no = |evidence: String| Told { holds: false, evidence: clip(&evidence) };
        let issued = match self.request(patience) {
            Ok(issued) => issued,
            Err(why) => return no(why),
        };
        let chain = Certificate::parse_foreign_all(&issued).unwrap_or_default();
        match issuers.leaf(crate::cluster::role::Domain::Kubernetes, &chain) {
            Some(leaf) if leaf.is_new() == is_new => {
                Told { holds: true, evidence: format!("a request was certified under the {} root", leaf.as_str()) }
            }
            Some(leaf) => no(format!("a request was certified under the {} root", leaf.as_str())),
            None => no("a request was certified by a CA that is neither of the two roots".to_owned()),
        }
    }

    /// Asks for a certificate of a name without rights, approves it, and waits for it.
    fn request(&self, patience: Duration) -> Result<String, String> {
        let said = |error: ProbeError| error.to_string();
        let key = rcgen::KeyPair::generate().map_err(|error| error.to_string())?;
        let mut params = rcgen::CertificateParams::default();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(rcgen::DnType::CommonName, "airlock-canary");
        let request = params.serialize_request(&key).and_then(|request| request.pem());
        let request = BASE64_STANDARD.encode(request.map_err(|error| error.to_string())?);
        let asked = json!({
            "apiVersion": "certificates.k8s.io/v1", "kind": "CertificateSigningRequest",
            "metadata": { "generateName": "airlock-canary-" },
            "spec": { "request": request, "signerName": SIGNER, "usages": ["client auth"], "expirationSeconds": 600 },
        });
        let (status, body) = self.ask(Ask::Post(REQUESTS, &asked.to_string())).map_err(said)?;
        let name = serde_json::from_slice::<Lease>(&body).map(|made| made.metadata.name).unwrap_or_default();
        if status != 201 || name.is_empty() {
            return Err(format!("a request is answered with {status}"));
        }
        let path = format!("{REQUESTS}/{name}");
        let approved = json!({ "status": { "conditions": [{
            "type": "Approved", "status": "True", "reason": "Canary", "message": "a canary of airlock; it has no rights",
        }] } });
        let (status, _) = self.ask(Ask::Patch(&format!("{path}/approval"), &approved.to_string())).map_err(said)?;
        if status != 200 {
            return Err(format!("an approval is answered with {status}"));
        }
        self.wait_issued(&path, patience)
    }

    fn wait_issued(&self, path: &str, patience: Duration) -> Result<String, String> {
        let until = Instant::now() + patience;
        loop {
            let read = self.read::<serde_json::Value>(path).map_err(|error| error.to_string())?;
            let issued = read.pointer("/status/certificate").and_then(|value| value.as_str());
            if let Some(issued) = issued.and_then(|text| BASE64_STANDARD.decode(text).ok()) {
                return String::from_utf8(issued).map_err(|_| "a certificate is not text".to_owned());
            }
            if Instant::now() >= until {
                return Err("an approved request is not certified".to_owned());
            }
            std::thread::sleep(LOOK);
        }
    }

    fn read<T: serde::de::DeserializeOwned>(&self, path: &str) -> Result<T, ProbeError> {
        let (status, body) = self.ask(Ask::Get(path))?;
        let read = serde_json::from_slice(&body).ok().filter(|_| status == 200);
        read.ok_or_else(|| ProbeError::Api(self.endpoint.clone(), format!("{status} for {path}")))
    }

    fn ask(&self, ask: Ask<'_>) -> Result<(u16, Vec<u8>), ProbeError> {
        let mut connection = Connection::open(self.endpoint, self.admin, self.time)?;
        let answer = connection.ask(ask, self.time)?;
        Ok((answer.status(), answer.body().to_vec()))
    }
}

impl Lease {
    /// How long ago it was renewed, in seconds; a renewal in the future was just now.
    fn age(&self, now: Timestamp) -> Option<u32> {
        let renewed = self.spec.renew_time.as_deref()?.strip_suffix('Z')?.split('.').next()?;
        let renewed: Timestamp = format!("{renewed}Z").parse().ok()?;
        u32::try_from(now.since(renewed).max(0)).ok()
    }
}

fn clip(evidence: &str) -> String {
    text::clip(evidence, 200)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_age_of_a_lease_is_read() {
        let now = "2026-12-02T00:01:00Z".parse().unwrap();
        let lease = |time: &str| {
            let text =
                format!(r#"{{"metadata":{{"name":"w1"}},"spec":{{"holderIdentity":"w1","renewTime":"{time}"}}}}"#);
            serde_json::from_str::<Lease>(&text).unwrap().age(now)
        };
        assert_eq!(lease("2026-12-02T00:00:53.123456Z"), Some(7));
        assert_eq!(lease("2026-12-02T00:01:02.000000Z"), Some(0));
        assert_eq!(lease("yesterday"), None);
        let bare: Lease = serde_json::from_str("{}").unwrap();
        assert_eq!(bare.age(now), None);
    }
}
