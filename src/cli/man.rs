//! `airlock man DIR`.

use std::path::PathBuf;

use clap::{Args, Command, CommandFactory as _};
use clap_mangen::Man as Page;

use super::answer::Answer;
use super::args::Arguments;
use crate::devices::store::Directory;
use crate::refusal::Refused;
use crate::report::document::Report;
use crate::report::document::kind::ReportKind;

const READABLE: u32 = 0o644;

/// Write the manual pages
#[derive(Debug, Args)]
pub(super) struct Man {
    /// An existing directory; no page in it is overwritten
    directory: PathBuf,
}

impl Man {
    pub(super) fn run(&self) -> Result<Answer, Refused> {
        let directory = Directory::open(&self.directory)?;
        let mut command = Arguments::command().disable_help_subcommand(true);
        command.build();
        let mut pages = Vec::new();
        write(&directory, &command, &mut pages)?;
        Ok(Report::new(ReportKind::Host).fact("pages", "Pages", &pages[..]).into())
    }
}

/// Writes the page of `command`, and those of the commands below it.
fn write(directory: &Directory, command: &Command, pages: &mut Vec<String>) -> Result<(), Refused> {
    let mut page = Vec::new();
    // Memory takes everything that is written to it.
    let _ = Page::new(command.clone()).render(&mut page);
    let file = format!("{}.1", command.get_display_name().unwrap_or(command.get_name()));
    directory.create_new(&file, &page, READABLE)?;
    pages.push(file);
    for below in command.get_subcommands().filter(|below| !below.is_hide_set()) {
        write(directory, below, pages)?;
    }
    Ok(())
}
