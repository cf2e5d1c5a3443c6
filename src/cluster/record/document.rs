//! The record as it crosses the gap: `airlock.cluster/1`, canonical JSON with one valid encoding per record.

use serde::{Deserialize, Serialize};

use super::check::{Record, RecordError};
use super::fields::Fields;
use crate::wire::digest::Digest;
use crate::wire::json::{self, JsonError};

/// The longest record, in bytes: what an entry of a bundle may have.
pub const MAX_RECORD: usize = 1 << 20;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    cluster: Fields,
    format: Format,
}

#[derive(Serialize, Deserialize)]
enum Format {
    #[serde(rename = "airlock.cluster/1")]
    V1,
}

impl Record {
    /// Reads exactly what [`Record::to_json`] writes.
    ///
    /// # Errors
    /// Any [`RecordError`]; lists out of their order are [`RecordError::Form`].
    pub fn from_json(bytes: &[u8]) -> Result<Self, RecordError> {
        if bytes.len() > MAX_RECORD {
            return Err(RecordError::Size(bytes.len()));
        }
        let document: Document = json::from_slice(bytes)?;
        let record = Self::try_from(document.cluster)?;
        if record.to_json()? == bytes { Ok(record) } else { Err(JsonError::NotCanonical.into()) }
    }

    /// The record as canonical JSON.
    ///
    /// # Errors
    /// [`RecordError::Size`] for a record that [`Record::from_json`] would refuse.
    pub fn to_json(&self) -> Result<Vec<u8>, RecordError> {
        let bytes = json::to_vec(&Document { cluster: self.fields().clone(), format: Format::V1 })?;
        if bytes.len() > MAX_RECORD { Err(RecordError::Size(bytes.len())) } else { Ok(bytes) }
    }

    /// SHA-256 of the canonical JSON, by which enrolment and bundles name the record.
    ///
    /// # Errors
    /// As [`Record::to_json`].
    pub fn digest(&self) -> Result<Digest, RecordError> {
        Ok(Digest::of(&self.to_json()?))
    }
}
