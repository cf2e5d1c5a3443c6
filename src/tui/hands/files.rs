//! A file that somebody holds: what it is, and whether the print of its sheet is equal. Another workstation than that of a
//! host has no config, and does this all the same.

use std::path::Path;

use super::{fault, labels, senses};
use crate::config::host::Config;
use crate::desk::host::Desk;
use crate::desk::inspect::inspect;
use crate::desk::print_check::{Print, Typed, Typing};
use crate::refusal::Refused;
use crate::tui::effect::Effect;
use crate::tui::reading::Lines;
use crate::tui::told::{PrintFacts, Told};

/// Columns of what is read on the screen.
const WIDTH: usize = 78;

/// A statement whose print is compared.
pub(super) struct Held {
    print: Print,
    typing: Option<Typing>,
}

/// What a file holds.
pub(super) fn inspected(file: &Path) -> Result<Told, Refused> {
    Ok(Told::Read(labels::both(&inspect(file)?, WIDTH)))
}

impl Held {
    /// Opens a statement, at whatever host the config at this path is of.
    pub(super) fn open(config: Option<&Path>, file: &Path) -> Result<(Self, Told), Refused> {
        let desk = Config::find(config)?.map(|config| Desk::open(config.state(), config.side(), senses()));
        let print = Print::read(file, desk.transpose()?.as_ref())?;
        let lines = print.statement().lines();
        let facts = PrintFacts {
            trace: lines.trace.clone(),
            kind: lines.kind.as_str(),
            from: lines.from.to_string(),
            to: lines.to.to_string(),
            items: lines.items,
        };
        Ok((Self { print, typing: None }, Told::Print(Box::new(facts))))
    }

    /// Compares, as `effect` says.
    pub(super) fn take(&mut self, effect: Effect) -> Result<Told, Refused> {
        match effect {
            Effect::PrintTyping => {
                let typing = self.typing.insert(self.print.typing());
                Ok(Told::PrintRow(typing.row(), None))
            }
            Effect::PrintRow(typed) => {
                let typing = self.typing.take().ok_or(fault::EffectError::NoPrint)?;
                match typing.enter(&typed)? {
                    Typed::Next(typing, answer) => Ok(Told::PrintRow(self.typing.insert(typing).row(), Some(answer))),
                    Typed::Equal => Ok(Told::PrintEqual),
                }
            }
            Effect::PrintScan(line) => {
                self.print.must_bear(&line)?;
                Ok(Told::PrintEqual)
            }
            _ => Ok(Told::Read(Lines::same(self.print.rows().lines().map(str::to_owned).collect()))),
        }
    }
}
