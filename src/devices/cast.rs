//! A recording of what a terminal was sent, as asciicast version 2: a header, then a line for each piece with its time in
//! seconds. What was typed is not in it. One that the disk ended keeps its whole lines under a name that says so.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use rustix::fs::{CWD, RenameFlags, renameat_with};
use serde_json::{Value, json};

use super::store::StoreError;

/// A recording that goes on.
#[derive(Debug)]
pub struct Cast {
    file: File,
    path: PathBuf,
    /// Bytes of its whole lines.
    length: u64,
    began: Instant,
    /// Bytes of a character that is not whole yet.
    held: Vec<u8>,
}

impl Cast {
    /// Begins a recording in the new file `path`, which others cannot read. Nothing is left of one that did not begin.
    ///
    /// # Errors
    /// [`StoreError::Exists`] where anything bears the name; any error of the disk.
    pub fn create(path: &Path, columns: u16, rows: u16) -> Result<Self, StoreError> {
        let fault = |error| StoreError::of_io(path, error);
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(fault)?;
        let (path, began) = (path.to_owned(), Instant::now());
        let mut cast = Self { file, path, length: 0, began, held: Vec::new() };
        let begun = cast.line(&json!({"version": 2, "width": columns, "height": rows}));
        if let Err(error) = begun {
            let _ = fs::remove_file(&cast.path);
            return Err(StoreError::of_io(&cast.path, error));
        }
        Ok(cast)
    }

    /// What was recorded keeps its whole lines, and a name that says that something is missing behind them. Nothing else is
    /// taken the place of.
    pub fn give_up(self) {
        let mut name = self.path.clone().into_os_string();
        name.push(".partial");
        let _ = self.file.set_len(self.length);
        let _ = renameat_with(CWD, &self.path, CWD, &name, RenameFlags::NOREPLACE);
    }

    /// Writes down what the terminal is sent. A character that is cut waits for its rest.
    ///
    /// # Errors
    /// Those of the disk; then it is given up.
    pub fn sent(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.held.extend_from_slice(bytes);
        let whole = match std::str::from_utf8(&self.held) {
            Ok(text) => text.len(),
            Err(error) => error.valid_up_to(),
        };
        let piece: Vec<u8> = self.held.drain(..whole).collect();
        if piece.is_empty() {
            return Ok(());
        }
        let seconds = self.began.elapsed().as_secs_f64();
        self.line(&json!([seconds, "o", String::from_utf8_lossy(&piece)]))
    }

    fn line(&mut self, value: &Value) -> io::Result<()> {
        let line = format!("{value}\n");
        self.file.write_all(line.as_bytes())?;
        self.length += line.len() as u64;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sent_is_in_it_and_no_character_is_cut() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.cast");
        let mut cast = Cast::create(&path, 80, 24).unwrap();
        let text = "\x1b[1m指纹\n".as_bytes();
        text.chunks(5).for_each(|chunk| cast.sent(chunk).unwrap());
        let lines = std::fs::read_to_string(&path).unwrap();
        let mut lines = lines.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        assert_eq!(lines.next().unwrap()["width"], 80);
        let sent: String = lines.map(|line| line[2].as_str().unwrap().to_owned()).collect();
        assert_eq!(sent.as_bytes(), text);
    }

    #[test]
    fn one_that_is_given_up_keeps_its_whole_lines_and_says_so() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.cast");
        let mut cast = Cast::create(&path, 80, 24).unwrap();
        cast.sent(b"whole").unwrap();
        cast.file.write_all(b"[0.1,\"o\",\"hal").unwrap();
        cast.give_up();
        let kept = std::fs::read_to_string(dir.path().join("a.cast.partial")).unwrap();
        assert!(kept.ends_with("\"whole\"]\n") && !path.exists(), "{kept}");
    }

    #[test]
    fn nothing_is_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.cast");
        std::fs::write(&path, "kept").unwrap();
        assert!(matches!(Cast::create(&path, 80, 24), Err(StoreError::Exists(_))));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "kept");
    }
}
