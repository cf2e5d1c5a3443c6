//! A component that is stopped and started by programs of the config.

use std::time::Duration;

use super::fault::ComponentError;
use super::{Component, wait_gone, wait_there};
use crate::devices::process::{Process, Sought};
use crate::devices::program::Program;

/// A component with a program that stops it and one that starts it.
#[derive(Debug)]
pub struct Commanded {
    name: String,
    stop: Program,
    start: Program,
    sought: Sought,
    patience: Duration,
}

impl Commanded {
    /// `name` is stopped and started by the argument lists `stop` and `start`, each of which must end within `patience`;
    /// its process is `sought`.
    ///
    /// # Errors
    /// [`ComponentError::Program`] for a list that names no program.
    pub fn new(
        name: &str,
        stop: &[String],
        start: &[String],
        sought: Sought,
        patience: Duration,
    ) -> Result<Self, ComponentError> {
        let (stop, start) = (Program::of(stop)?, Program::of(start)?);
        Ok(Self { name: name.to_owned(), stop, start, sought, patience })
    }
}

impl Component for Commanded {
    fn name(&self) -> &str {
        &self.name
    }

    fn process(&self) -> Result<Process, ComponentError> {
        Ok(Process::find(&self.sought)?)
    }

    fn stop(&self) -> Result<(), ComponentError> {
        self.stop.run(self.patience)?;
        wait_gone(self, self.patience)
    }

    fn start(&self) -> Result<Process, ComponentError> {
        self.start.run(self.patience)?;
        wait_there(self, self.patience)
    }
}
