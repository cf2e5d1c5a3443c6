//! What each node gets, as a report tells it.

use serde::Serialize;

use super::cut::Cut;
use crate::online::stage::Held;
use crate::report::checks::Status;
use crate::report::columns;
use crate::report::document::Detail;
use crate::report::table::{Column, Table};

/// What each node gets, and what is held back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Overview {
    /// The nodes.
    pub nodes: Vec<Line>,
    /// What is held back.
    pub held: Vec<Held>,
}

/// What one node gets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    /// The node.
    pub node: String,
    /// Certificates.
    pub certificates: usize,
    /// Private keys that travel with them.
    pub keys: usize,
}

impl Cut {
    /// What a person sees of it.
    pub fn overview(&self) -> Overview {
        let line = |(node, certificates, keys): (&str, usize, usize)| Line {
            node: columns::visible(node),
            certificates,
            keys,
        };
        Overview { nodes: self.nodes().map(line).collect(), held: self.held().to_vec() }
    }
}

impl Detail for Overview {
    fn name(&self) -> &'static str {
        "split"
    }

    fn status(&self) -> Status {
        if self.held.is_empty() { Status::Ok } else { Status::Warn }
    }

    fn lines(&self, width: usize) -> Vec<String> {
        let mut table = Table::new([Column::flexible("node", 6), Column::number("certs"), Column::number("keys")]);
        for Line { node, certificates, keys } in &self.nodes {
            table.row([node.clone(), certificates.to_string(), keys.to_string()]);
        }
        let held = self.held.iter().flat_map(|held| held.lines(width));
        table.lines(width).into_iter().chain(held).collect()
    }

    fn json(&self) -> serde_json::Result<serde_json::Value> {
        serde_json::to_value(self)
    }
}
