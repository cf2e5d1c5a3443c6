//! A queue of the host's print service, through `lp`. The job goes through its standard input, so no list of processes
//! and no file shows it.

use std::io::{ErrorKind, Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::thread::{sleep, spawn};
use std::time::{Duration, Instant};

use super::PrinterError;
use crate::wire::text;

const PROGRAM: &str = "lp";
const PAUSE: Duration = Duration::from_millis(20);
/// As much as is shown of what it says, in bytes and in columns.
const SAID: (u64, usize) = (4096, 200);

/// Hands `job` to the queue.
///
/// # Errors
/// [`PrinterError::NoService`], [`PrinterError::Queue`], [`PrinterError::Stuck`].
pub(super) fn hand_over(queue: &str, job: &[u8], patience: Duration) -> Result<(), PrinterError> {
    let started = Command::new(PROGRAM)
        .args(["-d", queue, "-s"])
        .env("LC_ALL", "C")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = started.map_err(|error| match error.kind() {
        ErrorKind::NotFound => PrinterError::NoService(format!("{PROGRAM} is not installed")),
        _ => PrinterError::NoService(text::clip(&error.to_string(), SAID.1)),
    })?;
    let (input, output) = (child.stdin.take(), child.stderr.take());
    let job = job.to_vec();
    // It may end before it has read everything; its exit status tells then.
    let feeder = spawn(move || input.map(|mut input| input.write_all(&job).is_ok()));
    let listener = spawn(move || {
        let mut said = Vec::new();
        if let Some(output) = output {
            // What it says is told as far as it could be read.
            let _ = output.take(SAID.0).read_to_end(&mut said);
        }
        String::from_utf8_lossy(&said).into_owned()
    });
    let status = wait(&mut child, patience);
    let is_whole = feeder.join().ok().flatten().unwrap_or(false);
    let said = listener.join().unwrap_or_default();
    match status {
        Some(true) if is_whole => Ok(()),
        Some(_) => {
            let said = said.lines().next().unwrap_or("it took only a part");
            Err(PrinterError::Queue(queue.to_owned(), text::clip(said, SAID.1)))
        }
        None => Err(PrinterError::Stuck(format!("lp:{queue}"), patience.as_secs())),
    }
}

/// Whether it ended well; nothing where it was given up.
fn wait(child: &mut Child, patience: Duration) -> Option<bool> {
    let begun = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status.success()),
            Ok(None) if begun.elapsed() < patience => sleep(PAUSE),
            Ok(None) | Err(_) => {
                // It may have ended by itself meanwhile.
                let _ = child.kill();
                let _ = child.wait();
                return None;
            }
        }
    }
}
