//! Plans, states and preflights, as a report tells them.

use serde_json::{Value, json};

use super::{Planned, Preflight, Status};
use crate::cluster::embed::Holding;
use crate::report::checks::Status as Worst;
use crate::report::columns;
use crate::report::document::Detail;
use crate::report::table::{Column, Table};
use crate::rotation::check::Outcome;
use crate::rotation::component::Seconds;
use crate::rotation::plan::{Cost, Wave};
use crate::rotation::trust::Trust;

/// The most places that are named in text; JSON names all.
const MAX_LINES: usize = 40;

impl Detail for Planned {
    fn name(&self) -> &'static str {
        "rotation"
    }

    fn status(&self) -> Worst {
        if self.plan.fleet().is_single() { Worst::Warn } else { Worst::Ok }
    }

    fn lines(&self, width: usize) -> Vec<String> {
        let mut table = Table::new([
            Column::number("wave"),
            Column::whole("stage"),
            Column::flexible("what", 24),
            Column::number("steps"),
            Column::number("at once"),
            Column::whole("takes"),
        ]);
        for (number, wave) in (1..).zip(self.plan.waves()) {
            table.row(cells(number, wave));
        }
        let mut rows = table.lines(width).into_iter();
        let mut lines: Vec<_> = rows.next().into_iter().collect();
        for (row, wave) in rows.zip(self.plan.waves()) {
            lines.push(row);
            lines.extend(columns::hanging("             then: ", &gate(wave), width));
        }
        lines.push(format!("{}: {}", self.plan.shape().variant.as_str(), cost(self.plan.cost())));
        lines.push(format!("{}: {}", self.other.0.as_str(), cost(self.other.1)));
        lines.extend(self.remarks.iter().flat_map(|remark| columns::hanging("[WARN] ", remark, width)));
        lines
    }

    fn json(&self) -> serde_json::Result<Value> {
        let waves: Vec<_> = (1..).zip(self.plan.waves()).map(|(number, wave)| self.wave(number, wave)).collect();
        Ok(json!({
            "shape": self.plan.shape(),
            "waves": waves,
            "cost": self.plan.cost(),
            "other": { "variant": self.other.0, "cost": self.other.1 },
            "remarks": self.remarks,
        }))
    }
}

impl Planned {
    fn wave(&self, number: usize, wave: &Wave) -> Value {
        let nodes: Vec<_> = self.plan.steps_of(wave).iter().filter_map(|step| self.plan.node(step)).collect();
        json!({
            "wave": number,
            "pass": wave.pass(),
            "stage": wave.stage,
            "action": wave.action.to_string(),
            "nodes": nodes,
            "atOnce": wave.at_once,
            "reload": wave.action.reload(),
            "takes": wave.takes,
            "gate": wave.gate(),
        })
    }
}

/// What must hold before the next wave.
fn gate(wave: &Wave) -> String {
    wave.gate().iter().map(|check| check.code()).collect::<Vec<_>>().join(", ")
}

fn cells(number: usize, wave: &Wave) -> [String; 6] {
    [
        number.to_string(),
        wave.stage.id().to_owned(),
        wave.action.to_string(),
        wave.steps.to_string(),
        wave.at_once.to_string(),
        span(wave.takes),
    ]
}

fn span(Seconds { least, most }: Seconds) -> String {
    match most {
        0 => "-".to_owned(),
        1..=599 => format!("{least}-{most} s"),
        _ => format!("{}-{} min", least / 60, most.div_ceil(60)),
    }
}

fn cost(cost: Cost) -> String {
    let hours = cost.soak.div_ceil(3600);
    let Cost { restarts, rounds, work, old_key_uses, .. } = cost;
    format!(
        "{restarts} restarts in {rounds} rounds, {} of work, {hours} h soak, old keys used {old_key_uses} times",
        span(work)
    )
}

impl Detail for Status {
    fn name(&self) -> &'static str {
        "rotationStatus"
    }

    fn status(&self) -> Worst {
        if self.allows_drop { Worst::Ok } else { Worst::Warn }
    }

    fn lines(&self, width: usize) -> Vec<String> {
        let mut table = Table::new([
            Column::flexible("node", 6),
            Column::whole("trust"),
            Column::whole("new leaves"),
            Column::flexible("signs with", 12),
        ]);
        for node in &self.nodes {
            let trust = if node.seen { node.trust.map_or("unknown", Trust::as_str) } else { "not looked at" };
            let leaves = format!("{}/{}", node.new_leaves, node.leaves);
            table.row([node.node.clone(), trust.to_owned(), leaves, node.signs_with.clone().unwrap_or("-".to_owned())]);
        }
        let mut lines = table.lines(width);
        let counts = [Holding::OnlyOld, Holding::Both, Holding::OnlyNew, Holding::Foreign, Holding::Unreadable];
        let counts = counts.map(|holding| format!("{holding} {}", self.inventory.count(holding)));
        lines.extend(columns::flow(counts, width));
        for place in self.inventory.in_the_way().take(MAX_LINES) {
            let node = place.node.as_ref().map_or(String::new(), |node| format!("{node} "));
            let why = place.why.as_ref().map_or(String::new(), |why| format!(": {why}"));
            let start = format!("[WARN] {}: ", place.holding);
            lines.extend(columns::hanging(
                &start,
                &format!("{node}{} {}{why}", place.kind.as_str(), place.name),
                width,
            ));
        }
        let missing = self.inventory.missing.iter().take(MAX_LINES);
        lines.extend(missing.map(|what| format!("[WARN] not looked at: {}", columns::visible(what))));
        lines
    }

    fn json(&self) -> serde_json::Result<Value> {
        serde_json::to_value(self)
    }
}

impl Detail for Preflight {
    fn name(&self) -> &'static str {
        "preflight"
    }

    fn status(&self) -> Worst {
        if self.may_begin { Worst::Ok } else { Worst::Warn }
    }

    fn lines(&self, width: usize) -> Vec<String> {
        let tell = |line: &crate::rotation::preflight::Line| {
            let mark = match line.outcome {
                Outcome::Pass => "[ OK ]",
                Outcome::Unknown => "[ ?? ]",
                Outcome::Fail => "[FAIL]",
            };
            let remark = line.remark.map_or(String::new(), |remark| format!(" ({remark})"));
            let text = format!("{}: {}{remark}", line.asks, line.evidence);
            columns::hanging(&format!("{mark} {} ", line.item), &text, width)
        };
        self.items.iter().flat_map(tell).collect()
    }

    fn json(&self) -> serde_json::Result<Value> {
        serde_json::to_value(self)
    }
}
