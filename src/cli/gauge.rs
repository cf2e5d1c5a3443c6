//! Progress of a long step: a bar on a terminal, plain lines elsewhere, JSON lines where those were asked for.

use std::io::{self, IsTerminal as _};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::answer::Format;

/// In so many steps a line is written where there is no terminal.
const TENTHS: u64 = 10;

/// How far one step is. It ends when it is dropped.
#[derive(Debug)]
pub struct Gauge {
    label: &'static str,
    shown: Shown,
}

#[derive(Debug)]
enum Shown {
    Bar(ProgressBar),
    Lines { tenth: u64 },
    Json { tenth: u64 },
}

impl Gauge {
    /// A gauge for the step `label`, one word.
    pub fn new(label: &'static str, format: Format) -> Self {
        let shown = match format {
            Format::Jsonl => Shown::Json { tenth: 0 },
            _ if io::stderr().is_terminal() => Shown::Bar(bar(label)),
            _ => Shown::Lines { tenth: 0 },
        };
        Self { label, shown }
    }

    /// Says that `done` of `total` are done.
    pub fn at(&mut self, done: u64, total: u64) {
        let now = (done * TENTHS).checked_div(total).unwrap_or(TENTHS);
        let label = self.label;
        match &mut self.shown {
            Shown::Bar(bar) => {
                bar.set_length(total);
                bar.set_position(done);
            }
            Shown::Lines { tenth } if now > *tenth => {
                *tenth = now;
                say(&mut io::stderr(), format_args!("{label}: {done} of {total}"));
            }
            Shown::Json { tenth } if now > *tenth => {
                *tenth = now;
                let line = serde_json::json!({ "kind": "Progress", "step": label, "done": done, "total": total });
                say(&mut io::stdout(), format_args!("{line}"));
            }
            Shown::Lines { .. } | Shown::Json { .. } => {}
        }
    }
}

impl Drop for Gauge {
    fn drop(&mut self) {
        if let Shown::Bar(bar) = &self.shown {
            bar.finish_and_clear();
        }
    }
}

fn bar(label: &'static str) -> ProgressBar {
    let style = ProgressStyle::with_template("{prefix} [{bar:30}] {pos}/{len} {eta}");
    let style = style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("#>-");
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr()).with_prefix(label);
    bar.set_style(style);
    bar
}

/// Nobody may be there any more to read how far it is; the work goes on.
fn say(to: &mut dyn io::Write, line: std::fmt::Arguments<'_>) {
    let _ = writeln!(to, "{line}");
}
