//! The text format of Prometheus (version 0.0.4), as the textfile collector of node_exporter reads it.
//!
//! Names and labels are those of the format by type: a family has constant names, and only values and the values of labels
//! come from elsewhere. In a value of a label backslash, quote and line feed are escaped, in a help text backslash and line
//! feed; each family is announced once, with all its samples behind it.

use std::fmt::Write as _;

/// What the numbers of a family mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A value that goes up and down.
    Gauge,
    /// A count that only goes up; its name ends in `_total`.
    Counter,
}

/// A metric with its samples.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Family {
    name: &'static str,
    help: &'static str,
    kind: Kind,
    samples: Vec<(Vec<(&'static str, String)>, i64)>,
}

/// The families of a file, in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Exposition(Vec<Family>);

impl Family {
    /// Without samples it is not written.
    pub const fn new(name: &'static str, kind: Kind, help: &'static str) -> Self {
        Self { name, help, kind, samples: Vec::new() }
    }

    /// One more value, told apart by its labels.
    pub fn sample<const N: usize>(&mut self, labels: [(&'static str, &str); N], value: i64) {
        self.samples.push((labels.map(|(name, text)| (name, text.to_owned())).into(), value));
    }
}

impl Exposition {
    /// Adds a family.
    pub fn push(&mut self, family: Family) {
        self.0.push(family);
    }

    /// The file.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for family in self.0.iter().filter(|family| !family.samples.is_empty()) {
            family.write(&mut text);
        }
        text
    }
}

impl Family {
    fn write(&self, text: &mut String) {
        let kind = match self.kind {
            Kind::Gauge => "gauge",
            Kind::Counter => "counter",
        };
        let help = self.help.replace('\\', "\\\\").replace('\n', "\\n");
        // Writing to a string does not fail.
        let _ = write!(text, "# HELP {} {help}\n# TYPE {} {kind}\n", self.name, self.name);
        for (labels, value) in &self.samples {
            let labels: Vec<_> = labels.iter().map(|(name, text)| format!("{name}=\"{}\"", escaped(text))).collect();
            let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
            let _ = writeln!(text, "{}{labels} {value}", self.name);
        }
    }
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_are_written_as_the_format_has_them() {
        let mut all = Exposition::default();
        let mut one = Family::new("airlock_x_total", Kind::Counter, "Back\\slash and\nline.");
        one.sample([("node", "a\"b\\c\nd"), ("role", "x")], 7);
        all.push(one);
        all.push(Family::new("airlock_empty", Kind::Gauge, "Nothing."));
        let mut bare = Family::new("airlock_y", Kind::Gauge, "One.");
        bare.sample([], -1);
        all.push(bare);
        let expected = "# HELP airlock_x_total Back\\\\slash and\\nline.\n# TYPE airlock_x_total counter\n\
            airlock_x_total{node=\"a\\\"b\\\\c\\nd\",role=\"x\"} 7\n\
            # HELP airlock_y One.\n# TYPE airlock_y gauge\nairlock_y -1\n";
        assert_eq!(all.text(), expected);
    }
}
