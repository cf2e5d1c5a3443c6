//! Processes of this host, by `/proc` (proc(5)): which runs, since when, and whether it is older than a file.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::time::{ClockId, clock_gettime};
use thiserror::Error;

use crate::refusal::{Class, Reason, Refusal};
use crate::wire::text;

/// A process, told from any other that bears its number later by when it started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Process {
    pid: u32,
    /// Clock ticks from boot to its start.
    started: u64,
}

/// Which process is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sought {
    /// The name of its program without directories, as `kube-apiserver`.
    pub program: String,
    /// Arguments that it was started with, whole, as `--name=cp1`; none where the program runs once.
    pub arguments: Vec<String>,
}

/// Whether a process has read a file as it is now, so far as times tell; for those that read it only at their start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loaded {
    /// It started after the file was last changed.
    Yes,
    /// The file was changed after it started, or in the same instant.
    No,
}

/// Why nothing is known of a process.
#[derive(Debug, Error)]
pub enum ProcessError {
    /// No process that fits runs.
    #[error("no process {0} runs here")]
    None(String),
    /// More than one process fits.
    #[error("{0} fits {1} processes of this host")]
    Several(String, usize),
    /// It ended meanwhile, or `/proc` does not tell.
    #[error("the kernel does not tell of process {0}")]
    Unknown(u32),
    /// The file cannot be looked at.
    #[error("{0} cannot be looked at: {1}")]
    File(String, String),
}

/// How far the kernel's clock of starts may be off: one tick, and a step of the wall clock as a time service makes it. A
/// process that is started sooner than this after a change of its file counts as one that has not read it.
pub const DOUBT: Duration = Duration::from_millis(20);

impl Process {
    /// The process that bears `pid` now.
    ///
    /// # Errors
    /// [`ProcessError::Unknown`].
    pub fn of(pid: u32) -> Result<Self, ProcessError> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).map_err(|_| ProcessError::Unknown(pid))?;
        // The second field is the program's name in brackets and may hold anything; after the last one, fields 3 and on.
        let rest = stat.rsplit_once(')').map(|(_, rest)| rest).ok_or(ProcessError::Unknown(pid))?;
        let mut fields = rest.split_whitespace();
        let ended = fields.next().is_none_or(|state| matches!(state, "Z" | "X"));
        let started = fields.nth(18).and_then(|field| field.parse().ok());
        started.filter(|_| !ended).map(|started| Self { pid, started }).ok_or(ProcessError::Unknown(pid))
    }

    /// The one process that fits.
    ///
    /// # Errors
    /// [`ProcessError::None`], [`ProcessError::Several`].
    pub fn find(sought: &Sought) -> Result<Self, ProcessError> {
        let entries = fs::read_dir("/proc").map_err(|_| ProcessError::None(sought.to_string()))?;
        let pids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
        let found: Vec<_> = pids.filter(|pid| sought.fits(*pid)).filter_map(|pid| Self::of(pid).ok()).collect();
        match found.as_slice() {
            [one] => Ok(*one),
            [] => Err(ProcessError::None(sought.to_string())),
            several => Err(ProcessError::Several(sought.to_string(), several.len())),
        }
    }

    /// Its number.
    pub const fn pid(&self) -> u32 {
        self.pid
    }

    /// Whether it runs, and not another under its number.
    pub fn still_runs(&self) -> bool {
        Self::of(self.pid).is_ok_and(|now| now == *self)
    }

    /// What it was started with, its program first.
    ///
    /// # Errors
    /// [`ProcessError::Unknown`], also where it has ended meanwhile.
    pub fn arguments(&self) -> Result<Vec<String>, ProcessError> {
        let unknown = |_| ProcessError::Unknown(self.pid);
        let line = fs::read(format!("/proc/{}/cmdline", self.pid)).map_err(unknown)?;
        if !self.still_runs() {
            return Err(ProcessError::Unknown(self.pid));
        }
        let parts = line.strip_suffix(b"\0").unwrap_or(&line).split(|byte| *byte == 0);
        Ok(parts.map(|part| String::from_utf8_lossy(part).into_owned()).collect())
    }

    /// When it started, by the wall clock as it goes now.
    pub fn started(&self) -> SystemTime {
        let boot = clock_gettime(ClockId::Boottime);
        let since_boot = Duration::new(
            u64::try_from(boot.tv_sec).unwrap_or_default(),
            u32::try_from(boot.tv_nsec).unwrap_or_default(),
        );
        let ticks = rustix::param::clock_ticks_per_second().max(1);
        let start = Duration::from_nanos(self.started.saturating_mul(1_000_000_000 / ticks));
        SystemTime::now() - since_boot.saturating_sub(start)
    }

    /// Whether it started after `file` was last changed: its content, and its name too, for a file that was renamed into
    /// its place was written before. In doubt it did not.
    ///
    /// # Errors
    /// [`ProcessError::File`].
    pub fn loaded(&self, file: &Path) -> Result<Loaded, ProcessError> {
        let fault =
            |e: io::Error| ProcessError::File(text::escape(&file.to_string_lossy()), text::clip(&e.to_string(), 80));
        // A link that was turned leads to a file that may be older than its process.
        let (told, named) = (fs::metadata(file).map_err(fault)?, fs::symlink_metadata(file).map_err(fault)?);
        let moment = |seconds: i64, nanos: i64| {
            let whole = Duration::from_secs(u64::try_from(seconds).unwrap_or_default());
            UNIX_EPOCH + whole + Duration::from_nanos(u64::try_from(nanos).unwrap_or_default())
        };
        let changed = moment(told.mtime(), told.mtime_nsec()).max(moment(told.ctime(), told.ctime_nsec()));
        let changed = changed.max(moment(named.ctime(), named.ctime_nsec()));
        Ok(if self.started() > changed + DOUBT { Loaded::Yes } else { Loaded::No })
    }
}

impl Sought {
    fn fits(&self, pid: u32) -> bool {
        let Ok(line) = fs::read(format!("/proc/{pid}/cmdline")) else { return false };
        let mut arguments = line.split(|byte| *byte == 0);
        let program = arguments.next().map(|program| Path::new(OsStr::from_bytes(program)));
        let named = program.and_then(Path::file_name).is_some_and(|name| name == self.program.as_str());
        let given: Vec<_> = arguments.collect();
        named && self.arguments.iter().all(|argument| given.contains(&argument.as_bytes()))
    }
}

impl std::fmt::Display for Sought {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&text::escape(&self.program))?;
        self.arguments.iter().try_for_each(|argument| write!(f, " {}", text::escape(argument)))
    }
}

impl Refusal for ProcessError {
    fn reason(&self) -> Reason {
        let held = |code, hint| Reason::new(Class::Held, code, hint);
        match self {
            Self::None(_) => held("PROCESS_NONE", "see whether the component runs on this host, and start it"),
            Self::Several(..) => held("PROCESS_SEVERAL", "name an argument that only the one meant was started with"),
            Self::Unknown(_) => {
                held("PROCESS_UNKNOWN", "see whether it has ended; run as root where others' are meant")
            }
            Self::File(..) => held("PROCESS_FILE", "check the path in the component's own flags"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::process::{Child, Command};

    use super::*;

    struct Sleeper(Child);

    impl Sleeper {
        fn start(seconds: &str) -> Self {
            Self(Command::new("sleep").arg(seconds).spawn().unwrap())
        }
    }

    impl Drop for Sleeper {
        fn drop(&mut self) {
            self.0.kill().unwrap();
            self.0.wait().unwrap();
        }
    }

    /// Once it has become the program that was meant.
    fn found(argument: &str) -> Result<Process, ProcessError> {
        for _ in 0..100 {
            match Process::find(&sought(argument)) {
                Err(ProcessError::None(_)) => std::thread::sleep(Duration::from_millis(20)),
                found => return found,
            }
        }
        Process::find(&sought(argument))
    }

    fn sought(argument: &str) -> Sought {
        Sought { program: "sleep".to_owned(), arguments: vec![argument.to_owned()] }
    }

    #[test]
    fn a_process_is_found_by_its_program_and_arguments() {
        let sleeper = Sleeper::start("61.25");
        let first = found("61.25").unwrap();
        assert_eq!(first.pid(), sleeper.0.id());
        assert_eq!(first.arguments().unwrap(), ["sleep", "61.25"]);
        assert!(first.still_runs());
        assert!(first.started().elapsed().unwrap() < Duration::from_secs(5));
        let second = Sleeper::start("61.25");
        // Until it has become what it was started for.
        let several = || Process::find(&sought("61.25")).err().filter(|e| e.reason().code == "PROCESS_SEVERAL");
        let seen = (0..100).any(|_| {
            several().is_some() || {
                std::thread::sleep(Duration::from_millis(20));
                false
            }
        });
        assert!(seen);
        drop((sleeper, second));
        assert!(!first.still_runs());
        assert_eq!(Process::find(&sought("61.25")).unwrap_err().reason().code, "PROCESS_NONE");
        assert_eq!(Process::of(first.pid()).unwrap_err().reason().code, "PROCESS_UNKNOWN");
    }

    #[test]
    fn a_file_changed_after_the_start_is_not_loaded() {
        let base = tempfile::tempdir().unwrap();
        let (old, new) = (base.path().join("old"), base.path().join("new"));
        fs::write(&old, "x").unwrap();
        fs::write(&new, "x").unwrap();
        std::thread::sleep(Duration::from_millis(60));
        let sleeper = Sleeper::start("62.5");
        std::thread::sleep(Duration::from_millis(60));
        let process = Process::of(sleeper.0.id()).unwrap();
        assert_eq!(process.loaded(&old).unwrap(), Loaded::Yes);
        // Written before the start, but renamed into its place after it.
        fs::rename(&new, &old).unwrap();
        assert_eq!(process.loaded(&old).unwrap(), Loaded::No);
        assert_eq!(process.loaded(&new).unwrap_err().reason().code, "PROCESS_FILE");
    }
}
