//! A member of etcd, by HTTP: its health, its status, a real read and a real write.
//!
//! etcd 3.5 offers its v3 API as JSON beside gRPC. That gateway reaches the member by a connection to itself, in which the
//! member shows its own serving certificate as a client: so an answer here also says that the member accepts its own.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use serde_with::{DisplayFromStr, serde_as};

use super::caller::Caller;
use super::connection::Connection;
use super::endpoint::Endpoint;
use super::fault::ProbeError;
use super::http::{Answer, Ask};
use super::served::Served;
use crate::wire::text;
use crate::wire::time::Timestamp;

/// A connection to the client port of one member.
pub struct Member {
    connection: Connection,
    date: Option<Timestamp>,
}

/// What a member says of itself and of the raft group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// Its version, as 3.5.16.
    pub version: String,
    /// Its id.
    pub member: u64,
    /// Whom it takes for the leader; nobody while there is none.
    pub leader: Option<u64>,
    /// The raft term: the same on each member, and not rising, where all is well.
    pub term: u64,
    /// The last entry of the raft log that it has applied.
    pub applied: u64,
}

/// A value, and when it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// The revision of the whole store at which it was last written.
    pub revision: u64,
}

impl Member {
    /// Connects to the member at `endpoint` as `caller`.
    ///
    /// # Errors
    /// Any [`ProbeError`] of the network and of the handshake.
    pub fn connect(endpoint: &Endpoint, caller: &Caller, time: Duration) -> Result<Self, ProbeError> {
        Connection::open(endpoint, caller, time).map(|connection| Self { connection, date: None })
    }

    /// What it showed.
    pub fn served(&self) -> &Served {
        self.connection.served()
    }

    /// Its clock when it answered last, where it tells.
    pub const fn date(&self) -> Option<Timestamp> {
        self.date
    }

    /// Whether it says that it is healthy: there is a leader, and a read through the quorum succeeds.
    ///
    /// # Errors
    /// Any [`ProbeError`].
    pub fn health(&mut self, time: Duration) -> Result<bool, ProbeError> {
        #[derive(Deserialize)]
        struct Health {
            health: String,
        }
        let answer = self.connection.ask(Ask::Get("/health"), time)?;
        self.date = answer.date();
        // It answers 503 with the same body where it is not.
        let told = answer.json::<Health>().ok_or_else(|| self.strange(&answer))?;
        Ok(told.health == "true" && answer.status() == 200)
    }

    /// What it says of itself.
    ///
    /// # Errors
    /// Any [`ProbeError`].
    pub fn status(&mut self, time: Duration) -> Result<Status, ProbeError> {
        #[serde_as]
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Told {
            header: Header,
            version: String,
            #[serde_as(as = "DisplayFromStr")]
            #[serde(default)]
            leader: u64,
            #[serde_as(as = "DisplayFromStr")]
            #[serde(default)]
            raft_term: u64,
            #[serde_as(as = "DisplayFromStr")]
            #[serde(default)]
            raft_applied_index: u64,
        }
        #[serde_as]
        #[derive(Deserialize)]
        struct Header {
            #[serde_as(as = "DisplayFromStr")]
            member_id: u64,
        }
        let told: Told = self.post("/v3/maintenance/status", &json!({}), time)?;
        Ok(Status {
            version: text::clip(&told.version, 40),
            member: told.header.member_id,
            leader: (told.leader != 0).then_some(told.leader),
            term: told.raft_term,
            applied: told.raft_applied_index,
        })
    }

    /// Has it hand the lead over to the member of the id `to`, and waits until it has; asked of whoever leads.
    ///
    /// # Errors
    /// Any [`ProbeError`]; [`ProbeError::Etcd`] where it does not lead.
    pub fn hand_over(&mut self, to: u64, time: Duration) -> Result<(), ProbeError> {
        let whom = json!({ "targetID": to.to_string() });
        self.post::<serde::de::IgnoredAny>("/v3/maintenance/transfer-leadership", &whom, time).map(drop)
    }

    /// Reads `key` through the quorum; `None` where nothing was ever written there.
    ///
    /// # Errors
    /// Any [`ProbeError`].
    pub fn range(&mut self, key: &[u8], time: Duration) -> Result<Option<Value>, ProbeError> {
        #[derive(Deserialize)]
        struct Told {
            #[serde(default)]
            kvs: Vec<Pair>,
        }
        #[serde_as]
        #[derive(Deserialize)]
        struct Pair {
            #[serde(default)]
            value: String,
            #[serde_as(as = "DisplayFromStr")]
            mod_revision: u64,
        }
        let told: Told = self.post("/v3/kv/range", &json!({ "key": BASE64_STANDARD.encode(key) }), time)?;
        let Some(pair) = told.kvs.into_iter().next() else { return Ok(None) };
        let bytes = BASE64_STANDARD
            .decode(pair.value)
            .map_err(|_| ProbeError::Etcd(self.connection.endpoint().clone(), "a value is not base64".to_owned()))?;
        Ok(Some(Value { bytes, revision: pair.mod_revision }))
    }

    /// Writes `value` under `key`; the revision at which it stands.
    ///
    /// # Errors
    /// Any [`ProbeError`].
    pub fn put(&mut self, key: &[u8], value: &[u8], time: Duration) -> Result<u64, ProbeError> {
        #[derive(Deserialize)]
        struct Told {
            header: Header,
        }
        #[serde_as]
        #[derive(Deserialize)]
        struct Header {
            #[serde_as(as = "DisplayFromStr")]
            revision: u64,
        }
        let pair = json!({ "key": BASE64_STANDARD.encode(key), "value": BASE64_STANDARD.encode(value) });
        let told: Told = self.post("/v3/kv/put", &pair, time)?;
        Ok(told.header.revision)
    }

    fn post<T: DeserializeOwned>(
        &mut self,
        path: &str,
        body: &serde_json::Value,
        time: Duration,
    ) -> Result<T, ProbeError> {
        let answer = self.connection.ask(Ask::Post(path, &body.to_string()), time)?;
        if answer.status() != 200 {
            return Err(self.strange(&answer));
        }
        answer.json().ok_or_else(|| self.strange(&answer))
    }

    fn strange(&self, answer: &Answer) -> ProbeError {
        let said = text::clip(&String::from_utf8_lossy(answer.body()), 120);
        ProbeError::Etcd(self.connection.endpoint().clone(), format!("{} {said}", answer.status()))
    }
}
