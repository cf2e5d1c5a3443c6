//! A pseudo terminal of script(1), and a person who waits before he types.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read as _, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// Other work may keep the machine busy.
const PATIENCE: Duration = Duration::from_secs(40);
/// No terminal takes these for keys that were held back.
const APART: Duration = Duration::from_millis(40);

/// A workstation at a terminal.
pub(crate) struct Seat {
    child: Child,
    input: ChildStdin,
    heard: Arc<Mutex<Vec<u8>>>,
    dir: TempDir,
}

/// How it is begun.
pub(crate) struct Begin<'a> {
    /// The terminal, or none.
    pub(crate) term: Option<&'a str>,
    pub(crate) variables: &'a [(&'a str, &'a str)],
    pub(crate) arguments: &'a [&'a str],
    /// Rows and columns.
    pub(crate) size: (u16, u16),
    /// Whether a config is named, which is missing; a workstation that is no host has none.
    pub(crate) is_host: bool,
}

impl<'a> Begin<'a> {
    pub(crate) const fn at(term: &'a str) -> Self {
        Self { term: Some(term), variables: &[("LANG", "C.UTF-8")], arguments: &[], size: (24, 80), is_host: true }
    }

    pub(crate) fn sit(self) -> Seat {
        self.run(env!("CARGO_BIN_EXE_airlock"), self.arguments)
    }

    /// Runs `program` at the terminal, in place of the workstation.
    pub(crate) fn run(&self, program: &str, arguments: &[&str]) -> Seat {
        let dir = tempfile::tempdir().unwrap();
        let at = dir.path().display();
        let (rows, columns) = self.size;
        let config = self.is_host.then(|| ("AIRLOCK_CONFIG", dir.path().join("none.toml")));
        let script = format!(
            "trap : INT\nstty rows {rows} cols {columns}\nstty -g >{at}/before\ntty >{at}/tty\n\
             sh -c 'echo $$ >{at}/pid; exec \"$0\" \"$@\"' \"$@\"\necho $? >{at}/ended\nstty -g >{at}/after\n\
             mv {at}/ended {at}/status\n"
        );
        fs::write(dir.path().join("run"), script).unwrap();
        let run = format!("sh {at}/run {program} {}", arguments.join(" "));
        let mut variables: BTreeMap<&str, &str> = self.variables.iter().copied().collect();
        variables.extend(self.term.map(|term| ("TERM", term)));
        let mut child = Command::new("script")
            .args(["-qfec", run.trim(), "/dev/null"])
            .env_remove("TERM")
            .env_remove("NO_COLOR")
            .env_remove("AIRLOCK_CONFIG")
            .envs(config)
            .envs(variables)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (input, mut output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let heard = Arc::new(Mutex::new(Vec::new()));
        let all = Arc::clone(&heard);
        thread::spawn(move || {
            let mut chunk = [0; 4096];
            while let Ok(count @ 1..) = output.read(&mut chunk) {
                all.lock().unwrap().extend_from_slice(&chunk[..count]);
            }
        });
        Seat { child, input, heard, dir }
    }
}

impl Seat {
    /// Everything that was written to the terminal.
    pub(crate) fn heard(&self) -> Vec<u8> {
        self.heard.lock().unwrap().clone()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.heard()).into_owned()
    }

    /// Waits until `text` was written `times` times.
    pub(crate) fn hears(&self, text: &str, times: usize) {
        waited(|| self.text().matches(text).count() >= times, || format!("no {text:?} in {}", tail(&self.text())));
    }

    /// Waits until a line is asked for.
    pub(crate) fn is_asked(&self) {
        waited(|| self.text().ends_with("> "), || format!("nothing is asked after {}", tail(&self.text())));
    }

    /// Answers with bytes, once something is asked.
    pub(crate) fn answers(&mut self, bytes: &[u8]) {
        self.is_asked();
        let before = self.heard().len();
        self.at_once(bytes);
        waited(|| self.heard().len() > before, || format!("no answer after {}", tail(&self.text())));
    }

    /// Waits until the screen shows `text`.
    pub(crate) fn sees(&self, text: &str) {
        waited(|| self.screen().contains(text), || format!("no {text:?} on\n{}", self.screen()));
    }

    /// What the screen shows.
    pub(crate) fn screen(&self) -> String {
        screen(&self.text())
    }

    /// Types bytes, a pause after each.
    pub(crate) fn types(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.at_once(&[*byte]);
            thread::sleep(APART);
        }
    }

    /// Gives bytes to the terminal without a pause, as a paste does.
    pub(crate) fn at_once(&mut self, bytes: &[u8]) {
        self.input.write_all(bytes).unwrap();
        self.input.flush().unwrap();
    }

    pub(crate) fn resize(&self, rows: u16, columns: u16) {
        let tty = self.file("tty");
        let size = ["rows".to_owned(), rows.to_string(), "cols".to_owned(), columns.to_string()];
        assert!(Command::new("stty").args(["-F", tty.trim()]).args(size).status().unwrap().success());
    }

    pub(crate) fn signal(&self, signal: &str) {
        let pid = self.file("pid");
        assert!(Command::new("kill").args([signal, pid.trim()]).status().unwrap().success());
    }

    /// Waits for the end; returns the exit status. The terminal is as it was before.
    pub(crate) fn ends(&mut self) -> String {
        let status = self.file("status").trim().to_owned();
        let (before, after) = (self.file("before"), self.file("after"));
        assert_eq!(before, after, "the terminal is not as it was");
        self.child.wait().unwrap();
        status
    }

    fn file(&self, name: &str) -> String {
        let path = self.dir.path().join(name);
        let read = || fs::read_to_string(&path).ok().filter(|text| text.ends_with('\n'));
        waited(|| read().is_some(), || format!("no {name} after {}", tail(&self.text())));
        read().unwrap()
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A screen of 50 rows after all of `text`: the few sequences that are used place the cursor and clear (ECMA-48).
fn screen(text: &str) -> String {
    let (mut cells, mut x, mut y) = (vec![vec![' '; 200]; 50], 0_usize, 0_usize);
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        if c == '\x1b' {
            let sequence: String = characters.by_ref().skip(1).take_while(|c| !c.is_ascii_alphabetic()).collect();
            let last = text[..text.len() - characters.as_str().len()].chars().last();
            match last {
                Some('H') => {
                    let mut place = sequence.split(';').map(|n| n.parse::<usize>().unwrap_or(1));
                    (y, x) = (place.next().unwrap_or(1) - 1, place.next().unwrap_or(1) - 1);
                }
                Some('J') => cells.iter_mut().flatten().for_each(|cell| *cell = ' '),
                _ => {}
            }
        } else if !c.is_control() {
            if let Some(cell) = cells.get_mut(y).and_then(|row| row.get_mut(x)) {
                *cell = c;
            }
            let width = unicode_width::UnicodeWidthChar::width(c).unwrap_or_default();
            // The second half of a wide character covers what stood there.
            for covered in x + 1..x + width {
                cells.get_mut(y).and_then(|row| row.get_mut(covered)).into_iter().for_each(|cell| *cell = ' ');
            }
            x += width;
        }
    }
    // The second half of a wide character is no blank between two characters.
    let row = |row: &Vec<char>| {
        let mut cells = row.iter();
        let mut text = String::new();
        while let Some(c) = cells.next() {
            text.push(*c);
            let covered = unicode_width::UnicodeWidthChar::width(*c).unwrap_or(1).saturating_sub(1);
            cells.by_ref().take(covered).for_each(drop);
        }
        text.trim_end().to_owned() + "\n"
    };
    cells.iter().map(row).collect::<String>().trim_end().to_owned()
}

/// What was written last.
fn tail(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    format!("{:?}", characters.iter().skip(characters.len().saturating_sub(1500)).collect::<String>())
}

fn waited(is_so: impl Fn() -> bool, told: impl Fn() -> String) {
    let begin = Instant::now();
    while !is_so() {
        assert!(begin.elapsed() < PATIENCE, "{}", told());
        thread::sleep(Duration::from_millis(20));
    }
}
