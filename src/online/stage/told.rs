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
        ]);
        for wave in &self.waves {
            table.row(cells(wave));
        }
        let mut lines = gated(table.lines(width), &self.waves, "health gate: ", width);
        lines.extend(self.held.iter().flat_map(|held| held.lines(width)));
        lines
    }

    fn json(&self) -> serde_json::Result<serde_json::Value> {
        serde_json::to_value(self)
    }
}

/// The lines of a table of `waves`, and below each, under `name`, what must hold before the next one: all of it, for who waits must
/// know.
pub fn gated(table: Vec<String>, waves: &[Wave], name: &str, width: usize) -> Vec<String> {
    let gates = waves.iter().map(|wave| match wave.gate.as_str() {
        "" => Vec::new(),
        gate => columns::hanging(&format!("      {name}"), gate, width),
    });
    let below = std::iter::once(Vec::new()).chain(gates);
    table.into_iter().zip(below).flat_map(|(line, below)| std::iter::once(line).chain(below)).collect()
}

fn cells(wave: &Wave) -> [String; 5] {
    let none_or = |count: usize| if count == 0 { "-".to_owned() } else { count.to_string() };
    let state = match (wave.held, wave.certificates, wave.nodes) {
        (0, _, 0) => "-".to_owned(),
        (0, ..) => "ready".to_owned(),
        (held, ..) => format!("{held} HELD"),
    };
    let component = columns::visible(wave.component);
    [wave.wave.to_string(), component, none_or(wave.certificates), none_or(wave.nodes), state]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_of_a_gate_is_told_at_80_columns() {
        let gate = ["apiserver-served", "bundles-loaded", "etcd-quorum", "kubelets-ready", "no-old-root-refused"];
        let gate = gate.map(str::to_owned).into_iter().chain((0..9).map(|at| format!("another-check-{at}")));
        let gate = gate.collect::<Vec<_>>().join(", ");
        let wave = |wave, gate: &str| Wave {
            wave,
            component: "controller-manager, scheduler",
            certificates: 6,
            nodes: 3,
            held: 0,
            gate: gate.to_owned(),
        };
        let waves = vec![wave(1, &gate), wave(2, ""), wave(3, "etcd-quorum")];
        let lines = Overview { waves, held: Vec::new() }.lines(76);
        assert!(lines.iter().all(|line| columns::width(line) <= 76 && !line.contains("..")), "{lines:#?}");
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words(&lines.join(" ")).contains(&format!("health gate: {gate} 2 controller-manager, scheduler")));
        assert_eq!(lines.last().unwrap(), "      health gate: etcd-quorum");
    }
}
