//! What a command found or did, by name.

use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};

use crate::report::columns;

/// The value of a fact.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub enum Value {
    /// A count or a number.
    Number(u64),
    /// One text.
    Text(String),
    /// Several.
    List(Vec<String>),
}

/// Facts in the order in which they are told.
#[derive(Debug, Default)]
pub(super) struct Facts(Vec<(&'static str, &'static str, Value)>);

impl Facts {
    pub(super) fn push(&mut self, name: &'static str, label: &'static str, value: Value) {
        let value = match value {
            Value::Number(_) => value,
            Value::Text(text) => Value::Text(columns::visible(&text)),
            Value::List(texts) => Value::List(texts.iter().map(|text| columns::visible(text)).collect()),
        };
        self.0.push((name, label, value));
    }

    /// Label and value, the values below one another.
    pub(super) fn lines(&self, width: usize) -> Vec<String> {
        let labels = self.0.iter().map(|(_, label, _)| columns::width(label)).max().unwrap_or_default();
        let lines = self.0.iter().flat_map(|(_, label, value)| {
            let start = columns::left(label, labels + 2);
            let values = match value {
                Value::Number(number) => vec![number.to_string()],
                Value::Text(text) => vec![text.clone()],
                Value::List(texts) if texts.is_empty() => vec!["-".to_owned()],
                Value::List(texts) => texts.clone(),
            };
            let starts = std::iter::once(start).chain(std::iter::repeat(columns::left("", labels + 2)));
            starts.zip(values).flat_map(|(start, value)| columns::hanging(&start, &value, width)).collect::<Vec<_>>()
        });
        lines.collect()
    }
}

impl Serialize for Facts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, _, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl From<usize> for Value {
    fn from(number: usize) -> Self {
        Self::Number(number as u64)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl<T: ToString> From<&[T]> for Value {
    fn from(values: &[T]) -> Self {
        Self::List(values.iter().map(ToString::to_string).collect())
    }
}
