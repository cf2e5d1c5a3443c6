//! What runs on a node, stopped and started. Every way out is looked at afterwards: a component was restarted when
//! another process runs in its place, whatever the program that was asked to do it says.
//!
//! - [`static_pod`]: by its manifest, which the kubelet watches
//! - [`mod@unit`]: by systemd
//! - [`command`]: by the argument lists of the config
//! - [`fault`]: why it did not restart

use std::time::{Duration, Instant};

use crate::devices::process::{Process, ProcessError};

pub mod command;
pub mod fault;
pub mod static_pod;
pub mod unit;

pub use command::Commanded;
pub use fault::ComponentError;
pub use static_pod::StaticPod;
pub use unit::Unit;

/// Something that runs on this node.
pub trait Component {
    /// What people call it, as `kube-apiserver`.
    fn name(&self) -> &str;

    /// The process that it is now.
    ///
    /// # Errors
    /// Any [`ComponentError`]; one of [`ProcessError::None`] where it does not run.
    fn process(&self) -> Result<Process, ComponentError>;

    /// Stops it, and returns when its process is gone. That it does not run is fine.
    ///
    /// # Errors
    /// Any [`ComponentError`].
    fn stop(&self) -> Result<(), ComponentError>;

    /// Starts it, and returns when it runs. That it runs already is fine.
    ///
    /// # Errors
    /// Any [`ComponentError`].
    fn start(&self) -> Result<Process, ComponentError>;

    /// Stops and starts it in the way that is best for it.
    ///
    /// # Errors
    /// Any [`ComponentError`].
    fn stop_and_start(&self) -> Result<Process, ComponentError> {
        self.stop()?;
        self.start()
    }
}

/// A component before and after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Restarted {
    /// The process that it was; none where it did not run.
    pub before: Option<Process>,
    /// The process that it is.
    pub after: Process,
}

/// Restarts `component`, and sees to it that another process runs.
///
/// # Errors
/// [`ComponentError::Same`] where it is still the one from before; any other of the component.
pub fn restart(component: &dyn Component) -> Result<Restarted, ComponentError> {
    let before = match component.process() {
        Ok(process) => Some(process),
        Err(ComponentError::Process(ProcessError::None(_))) => None,
        Err(error) => return Err(error),
    };
    let after = component.stop_and_start()?;
    if before == Some(after) || before.is_some_and(|before| before.still_runs()) {
        return Err(ComponentError::Same(component.name().to_owned()));
    }
    Ok(Restarted { before, after })
}

const LOOK: Duration = Duration::from_millis(50);

/// Waits until `component` does not run.
fn wait_gone(component: &dyn Component, patience: Duration) -> Result<(), ComponentError> {
    let until = Instant::now() + patience;
    loop {
        match component.process() {
            Err(ComponentError::Process(ProcessError::None(_))) => return Ok(()),
            Err(ComponentError::Process(_)) | Ok(_) if Instant::now() < until => std::thread::sleep(LOOK),
            Ok(_) => return Err(ComponentError::StillRuns(component.name().to_owned(), patience.as_secs())),
            Err(error) => return Err(error),
        }
    }
}

/// Waits until `component` runs.
fn wait_there(component: &dyn Component, patience: Duration) -> Result<Process, ComponentError> {
    let until = Instant::now() + patience;
    loop {
        match component.process() {
            Ok(process) => return Ok(process),
            Err(ComponentError::Process(_)) if Instant::now() < until => std::thread::sleep(LOOK),
            Err(ComponentError::Process(_)) => {
                return Err(ComponentError::NotThere(component.name().to_owned(), patience.as_secs()));
            }
            Err(error) => return Err(error),
        }
    }
}
