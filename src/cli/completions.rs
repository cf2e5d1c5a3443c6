//! `airlock completions SHELL`.

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use super::answer::Answer;
use super::args::Arguments;
use crate::refusal::Refused;

/// Print the completions of a shell
#[derive(Debug, Args)]
pub(super) struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    pub(super) fn run(&self) -> Result<Answer, Refused> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Arguments::command(), "airlock", &mut script);
        Ok(script.into())
    }
}
