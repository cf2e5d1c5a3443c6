//! The places among the objects of the API, from what the admin's own `kubectl get ... -o json` prints. Fields that are
//! not about CAs are skipped while reading and never kept: secrets hold tokens.

use std::fmt;

use ::base64::Engine as _;
use ::base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use thiserror::Error;

use super::holding::Roots;
use super::place::{Kind, Place};
use crate::cluster::role::Domain;
use crate::refusal::{Class, Reason, Refusal};

/// The longest output that is read, in bytes.
pub const MAX_OBJECTS: usize = 256 << 20;
/// The most places that are taken from it.
pub const MAX_PLACES: usize = 200_000;

/// The command whose output is wanted: every kind in one call, secrets of tokens alone in another.
pub const COMMANDS: [&str; 2] = [
    "kubectl get configmaps,validatingwebhookconfigurations,mutatingwebhookconfigurations,apiservices,\
     customresourcedefinitions -A -o json",
    "kubectl get secrets -A --field-selector type=kubernetes.io/service-account-token -o json",
];

/// Why the output was refused.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum ObjectError {
    /// Longer than [`MAX_OBJECTS`].
    #[error("the output of kubectl has {0} bytes, more than {MAX_OBJECTS}")]
    Size(usize),
    /// Not JSON of an object or a list; where.
    #[error("the output of kubectl is not JSON of objects: line {0}, column {1}")]
    Shape(usize, usize),
    /// More than [`MAX_PLACES`].
    #[error("the output of kubectl names more than {MAX_PLACES} places")]
    Crowded,
}

#[derive(Deserialize)]
struct Item {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    metadata: Metadata,
    #[serde(default)]
    items: Vec<Item>,
    data: Option<Data>,
    spec: Option<Spec>,
    #[serde(default)]
    webhooks: Vec<Webhook>,
}

#[derive(Deserialize, Default)]
struct Metadata {
    #[serde(default)]
    name: String,
    #[serde(default)]
    namespace: String,
}

/// The only keys of a ConfigMap or of a Secret that are read.
#[derive(Deserialize)]
struct Data {
    #[serde(rename = "ca.crt")]
    ca: Option<String>,
    kubeconfig: Option<String>,
    #[serde(rename = "client-ca-file")]
    client_ca: Option<String>,
    #[serde(rename = "requestheader-client-ca-file")]
    front_proxy_ca: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Spec {
    ca_bundle: Option<String>,
    conversion: Option<Conversion>,
}

#[derive(Deserialize)]
struct Conversion {
    webhook: Option<Webhook>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Webhook {
    name: Option<String>,
    client_config: Option<ClientConfig>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClientConfig {
    ca_bundle: Option<String>,
}

#[derive(Deserialize)]
struct Info {
    clusters: Vec<Named>,
}

#[derive(Deserialize)]
struct Named {
    cluster: Cluster,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Cluster {
    certificate_authority_data: Option<String>,
}

/// What objects there were, and the places in them.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Objects {
    /// The places.
    pub places: Vec<Place>,
    /// Whether aggregated APIs were asked for; each cluster has some, so they show that the call was whole.
    pub api_services: bool,
}

impl Objects {
    /// Reads one output of kubectl, a list or a single object.
    ///
    /// # Errors
    /// Any [`ObjectError`]; a place that cannot be read is no error, but one more place.
    pub fn parse(json: &[u8], roots: &Roots) -> Result<Self, ObjectError> {
        if json.len() > MAX_OBJECTS {
            return Err(ObjectError::Size(json.len()));
        }
        // The message of serde_json may repeat a value, and that may be a token.
        let item: Item = serde_json::from_slice(json).map_err(|e| ObjectError::Shape(e.line(), e.column()))?;
        let mut objects = Self::default();
        objects.take(&item, roots);
        // A list of lists is nothing that kubectl prints.
        for inner in &item.items {
            objects.take(inner, roots);
            if objects.places.len() > MAX_PLACES {
                return Err(ObjectError::Crowded);
            }
        }
        Ok(objects)
    }

    fn take(&mut self, item: &Item, roots: &Roots) {
        let id = Id(&item.metadata);
        let kubernetes = Some(Domain::Kubernetes);
        let mut pem = |kind, field: &str, domain, text: &Option<String>| {
            if let Some(text) = text {
                self.places.push(Place::of(kind, &format!("{id}{field}"), domain, text, roots));
            }
        };
        match (item.kind.as_str(), &item.data) {
            ("ConfigMap", Some(data)) => match item.metadata.name.as_str() {
                "kube-root-ca.crt" => pem(Kind::RootCaMap, "", kubernetes, &data.ca),
                "extension-apiserver-authentication" if item.metadata.namespace == "kube-system" => {
                    let kind = Kind::ExtensionAuthentication;
                    pem(kind, " client-ca-file", kubernetes, &data.client_ca);
                    pem(kind, " requestheader-client-ca-file", Some(Domain::FrontProxy), &data.front_proxy_ca);
                }
                "cluster-info" if item.metadata.namespace == "kube-public" => {
                    self.places.push(cluster_info(&id, data.kubeconfig.as_deref(), roots));
                }
                _ => {}
            },
            ("Secret", Some(Data { ca: Some(ca), .. })) => self.coded(Kind::TokenSecret, &id.to_string(), ca, roots),
            ("APIService", _) => self.api_services = true,
            _ => {}
        }
        self.bundles(item, &id, roots);
    }

    fn bundles(&mut self, item: &Item, id: &Id<'_>, roots: &Roots) {
        if let Some(bundle) = item.spec.as_ref().and_then(|spec| spec.ca_bundle.as_ref()) {
            self.coded(Kind::ApiService, &id.to_string(), bundle, roots);
        }
        let conversion = item.spec.as_ref().and_then(|spec| spec.conversion.as_ref()?.webhook.as_ref());
        let all = item.webhooks.iter().map(|hook| (Kind::Webhook, hook));
        for (kind, hook) in all.chain(conversion.map(|hook| (Kind::Conversion, hook))) {
            if let Some(bundle) = hook.client_config.as_ref().and_then(|config| config.ca_bundle.as_ref()) {
                let name = hook.name.as_deref().map_or(String::new(), |name| format!(" {name}"));
                self.coded(kind, &format!("{id}{name}"), bundle, roots);
            }
        }
    }

    /// A place that holds PEM in base64. Its server may be certified by anybody.
    fn coded(&mut self, kind: Kind, name: &str, coded: &str, roots: &Roots) {
        if coded.is_empty() {
            return;
        }
        let pem = STANDARD.decode(coded).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        self.places.push(match pem {
            Some(pem) => Place::of(kind, name, None, &pem, roots),
            None => Place::unreadable(kind, name, None, "not base64 of text"),
        });
    }
}

fn cluster_info(id: &Id<'_>, kubeconfig: Option<&str>, roots: &Roots) -> Place {
    let (kind, domain, name) = (Kind::ClusterInfo, Some(Domain::Kubernetes), id.to_string());
    let options = serde_saphyr::options! { with_snippet: false };
    let info = kubeconfig.and_then(|text| serde_saphyr::from_str_with_options::<Info>(text, options).ok());
    let coded = info.and_then(|info| info.clusters.into_iter().next()?.cluster.certificate_authority_data);
    let pem = coded.and_then(|coded| String::from_utf8(STANDARD.decode(coded).ok()?).ok());
    match pem {
        Some(pem) => Place::of(kind, &name, domain, &pem, roots),
        None => Place::unreadable(kind, &name, domain, "its kubeconfig names no CA"),
    }
}

/// Namespace and name.
struct Id<'m>(&'m Metadata);

impl fmt::Display for Id<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.0.namespace.is_empty() {
            write!(f, "{}/", self.0.namespace)?;
        }
        f.write_str(&self.0.name)
    }
}

impl Refusal for ObjectError {
    fn reason(&self) -> Reason {
        let usage = |code, hint| Reason::new(Class::Usage, code, hint);
        match self {
            Self::Size(_) => usage("OBJECTS_SIZE", "ask kubectl for the named kinds alone"),
            Self::Shape(..) => usage("OBJECTS_SHAPE", "give the output of kubectl get with -o json"),
            Self::Crowded => usage("OBJECTS_CROWDED", "give the output in several files"),
        }
    }
}

#[cfg(test)]
mod tests;
