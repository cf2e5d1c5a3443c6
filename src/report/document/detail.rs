//! Parts of a report that have a shape of their own.

use std::fmt;

use serde::ser::{Error as _, SerializeMap as _};
use serde::{Serialize, Serializer};

use crate::report::checks::Status;

/// What a report tells besides facts, checks and requests.
pub trait Detail: fmt::Debug {
    /// Its name in JSON, in camel case.
    fn name(&self) -> &'static str;
    /// The worst it found.
    fn status(&self) -> Status;
    /// Its text, at most `width` columns wide.
    fn lines(&self, width: usize) -> Vec<String>;
    /// Its JSON; texts of others are escaped.
    ///
    /// # Errors
    /// Where it has no JSON form.
    fn json(&self) -> serde_json::Result<serde_json::Value>;
}

/// The details of a report.
#[derive(Debug, Default)]
pub(super) struct Details(Vec<Box<dyn Detail>>);

impl Details {
    pub(super) fn push(&mut self, detail: Box<dyn Detail>) {
        self.0.push(detail);
    }

    pub(super) fn status(&self) -> Status {
        self.0.iter().map(|detail| detail.status()).max().unwrap_or(Status::Ok)
    }

    pub(super) fn lines(&self, width: usize) -> Vec<String> {
        self.0.iter().flat_map(|detail| detail.lines(width)).collect()
    }
}

impl Serialize for Details {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for detail in &self.0 {
            map.serialize_entry(detail.name(), &detail.json().map_err(S::Error::custom)?)?;
        }
        map.end()
    }
}
