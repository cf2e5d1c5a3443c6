//! What is staged, as a report tells it: the waves of a rotation, and what is held back.

use serde::Serialize;

use super::plan::Plan;
use super::unit::Held;
use super::waves::{Wave, waves};
use crate::report::checks::Status;
use crate::report::columns;
use crate::report::document::Detail;
use crate::report::table::{Column, Table};

/// The waves and what is held back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Overview {
    /// The waves in their order.
    pub waves: Vec<Wave>,
    /// What is held back.
    pub held: Vec<Held>,
}

impl Plan {
    /// What a person sees of it.
    pub fn overview(&self) -> Overview {
        Overview { waves: waves(self), held: self.held().to_vec() }
    }
}

impl Detail for Overview {
    fn name(&self) -> &'static str {
        "stage"
    }

    fn status(&self) -> Status {
        if self.held.is_empty() { Status::Ok } else { Status::Warn }
    }

    fn lines(&self, width: usize) -> Vec<String> {
        let mut table = Table::new([
            Column::number("wave"),
            Column::flexible("component", 20),
            Column::number("certs"),
            Column::number("nodes"),
            Column::whole("state"),
            Column::flexible("health gate", 12),
        ]);
        for wave in &self.waves {
            table.row(cells(wave));
        }
        let mut lines = table.lines(width);
        lines.extend(self.held.iter().flat_map(|held| held.lines(width)));
        lines
    }

    fn json(&self) -> serde_json::Result<serde_json::Value> {
        serde_json::to_value(self)
    }
}

fn cells(wave: &Wave) -> [String; 6] {
    let none_or = |count: usize| if count == 0 { "-".to_owned() } else { count.to_string() };
    let state = match (wave.held, wave.certificates, wave.nodes) {
        (0, _, 0) => "-".to_owned(),
        (0, ..) => "ready".to_owned(),
        (held, ..) => format!("{held} HELD"),
    };
    let component = columns::visible(wave.component);
    [wave.wave.to_string(), component, none_or(wave.certificates), none_or(wave.nodes), state, wave.gate.clone()]
}
