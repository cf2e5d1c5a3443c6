//! A unit of systemd, by `systemctl` (systemctl(1)).

use std::time::Duration;

use super::fault::ComponentError;
use super::{Component, wait_gone, wait_there};
use crate::devices::process::{Process, ProcessError};
use crate::devices::program::Program;
use crate::wire::text;

/// A unit of systemd with a main process.
#[derive(Debug)]
pub struct Unit {
    name: String,
    systemctl: String,
    patience: Duration,
}

/// The program that is asked unless another is named.
pub const SYSTEMCTL: &str = "systemctl";
/// How long one question may take.
const QUESTION: Duration = Duration::from_secs(10);

impl Unit {
    /// The unit called `name`, as `kubelet.service`, by the program `systemctl`; stopping and starting may take `patience`
    /// each.
    ///
    /// # Errors
    /// [`ComponentError::UnitName`].
    pub fn new(name: &str, systemctl: &str, patience: Duration) -> Result<Self, ComponentError> {
        let plain = |c: char| c.is_ascii_alphanumeric() || ":_.@\\-".contains(c);
        let good = (1..=255).contains(&name.len()) && !name.starts_with('-') && name.chars().all(plain);
        if !good {
            return Err(ComponentError::UnitName(text::clip(name, 80)));
        }
        Ok(Self { name: name.to_owned(), systemctl: systemctl.to_owned(), patience })
    }

    fn ask(&self, arguments: &[&str], time: Duration) -> Result<Vec<u8>, ComponentError> {
        let list: Vec<String> = [self.systemctl.as_str()]
            .iter()
            .chain(arguments)
            .chain(&["--", self.name.as_str()])
            .map(ToString::to_string)
            .collect();
        Ok(Program::of(&list)?.run(time)?)
    }
}

impl Component for Unit {
    fn name(&self) -> &str {
        &self.name
    }

    fn process(&self) -> Result<Process, ComponentError> {
        let told = self.ask(&["show", "--property=MainPID", "--value"], QUESTION)?;
        let pid = String::from_utf8_lossy(&told).trim().parse().unwrap_or(0);
        if pid == 0 {
            return Err(ProcessError::None(self.name.clone()).into());
        }
        Ok(Process::of(pid)?)
    }

    fn stop(&self) -> Result<(), ComponentError> {
        self.ask(&["stop"], self.patience)?;
        wait_gone(self, self.patience)
    }

    fn start(&self) -> Result<Process, ComponentError> {
        self.ask(&["start"], self.patience)?;
        wait_there(self, self.patience)
    }

    fn stop_and_start(&self) -> Result<Process, ComponentError> {
        self.ask(&["restart"], self.patience + self.patience)?;
        wait_there(self, self.patience)
    }
}
