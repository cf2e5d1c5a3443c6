//! A real read and a real write through a kube-apiserver: one ConfigMap that holds nothing but a mark. `/readyz` alone is
//! never asked, for an apiserver that has lost etcd may still say that it is ready.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use serde_json::json;

use super::connection::Connection;
use super::fault::ProbeError;
use super::http::{Answer, Ask};
use crate::wire::text;

/// Where the canary lies.
const NAMESPACE: &str = "/api/v1/namespaces/kube-system/configmaps";
/// What it is called.
const NAME: &str = "airlock-canary";

#[derive(Deserialize)]
struct ConfigMap {
    #[serde(default)]
    data: BTreeMap<String, String>,
}

impl Connection {
    /// Writes `mark` into the canary under the name of whoever writes, making it where it is missing, and reads it back
    /// through the same apiserver; `time` for each request. Each writer has a line of his own: what others write meanwhile is
    /// no fault. `writer` is what a key of a ConfigMap may be. The caller needs the rights to get, create and patch ConfigMaps in
    /// `kube-system`.
    ///
    /// # Errors
    /// [`ProbeError::Api`] where the answer is not what was asked for; any other [`ProbeError`].
    pub fn read_and_write(&mut self, writer: &str, mark: &str, time: Duration) -> Result<(), ProbeError> {
        let path = format!("{NAMESPACE}/{NAME}");
        let data = json!({ "data": { writer: mark } }).to_string();
        let mut written = self.ask(Ask::Patch(&path, &data), time)?;
        if written.status() == 404 {
            let whole = json!({
                "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": NAME }, "data": { writer: mark }
            });
            written = self.ask(Ask::Post(NAMESPACE, &whole.to_string()), time)?;
            if written.status() == 409 {
                // Another writer made it meanwhile.
                written = self.ask(Ask::Patch(&path, &data), time)?;
            }
        }
        self.must_hold(&written, writer, mark)?;
        let read = self.ask(Ask::Get(&path), time)?;
        self.must_hold(&read, writer, mark)
    }

    fn must_hold(&self, answer: &Answer, writer: &str, mark: &str) -> Result<(), ProbeError> {
        let holds =
            answer.json::<ConfigMap>().is_some_and(|told| told.data.get(writer).map(String::as_str) == Some(mark));
        if holds && matches!(answer.status(), 200 | 201) {
            return Ok(());
        }
        let said = text::clip(&String::from_utf8_lossy(answer.body()), 120);
        Err(ProbeError::Api(self.endpoint().clone(), format!("{} {said}", answer.status())))
    }
}
