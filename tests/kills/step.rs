//! A step: a verb, what it leaves in the log, and how it is killed and judged.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;
use std::time::Instant;

use crate::place::{Place, Side, run};
use crate::sweep::{SOME_OF_A_VERB, is_wanted, sweep_command};

/// The minute that the clock is set back to; one, however often that is proposed.
static PAST: OnceLock<String> = OnceLock::new();

/// Something that a person does at one of the hosts.
#[derive(Clone, Copy)]
pub(crate) struct Step {
    side: Side,
    /// The words of the command line; `{NAME}` in a word stands for the trace that the step of this name told.
    line: &'static str,
    sheet: Option<&'static str>,
    name: &'static str,
    /// What stands in the log once more when it is done, how often, and how often where it was done again.
    event: &'static str,
    times: (usize, usize),
    /// How it is refused where it was done before.
    done: &'static [&'static str],
    is_killed: bool,
    /// At how many points by default.
    points: usize,
    /// The exit status.
    status: i32,
    /// Whether it tells the digest of an object, not a trace.
    is_object: bool,
}

/// What ran.
struct Ran {
    status: i32,
    said: String,
}

pub(crate) const fn online(line: &'static str) -> Step {
    let (side, sheet, name, event, times, done) = (Side::Online, None, "", "", (0, 0), &[] as &[&str]);
    Step {
        side,
        line,
        sheet,
        name,
        event,
        times,
        done,
        is_killed: false,
        points: SOME_OF_A_VERB,
        status: 0,
        is_object: false,
    }
}

pub(crate) const fn offline(line: &'static str) -> Step {
    Step { side: Side::Offline, ..online(line) }
}

pub(crate) const fn node(line: &'static str) -> Step {
    Step { side: Side::Node, ..online(line) }
}

impl Step {
    /// It is killed, and when it was done this event stands in the log so often more.
    pub(crate) const fn leaves(self, event: &'static str, times: usize) -> Self {
        Self { event, times: (times, times), is_killed: true, ..self }
    }

    /// It is killed, and leaves nothing in the log.
    pub(crate) const fn leaves_nothing(self) -> Self {
        Self { is_killed: true, ..self }
    }

    /// It may be done again, which leaves the event again and harms nobody.
    pub(crate) const fn again(self) -> Self {
        Self { times: (self.times.0, self.times.1 * 3), ..self }
    }

    /// Where it was done before, it says so.
    pub(crate) const fn or(self, done: &'static [&'static str]) -> Self {
        Self { done, ..self }
    }

    /// It stretches keys for seconds whenever it runs, so it is killed where that is asked for.
    pub(crate) const fn costly(self) -> Self {
        Self { points: 0, ..self }
    }

    /// A person types the rows of this sheet.
    pub(crate) const fn typed(self, sheet: &'static str) -> Self {
        Self { sheet: Some(sheet), ..self }
    }

    /// The trace that it tells has this name.
    pub(crate) const fn named(self, name: &'static str) -> Self {
        Self { name, ..self }
    }

    /// The object that it tells has this name.
    pub(crate) const fn named_object(self, name: &'static str) -> Self {
        Self { name, is_object: true, ..self }
    }

    /// It is not killed: others only want what it leads to.
    #[allow(dead_code)]
    pub(crate) const fn alive(self) -> Self {
        Self { is_killed: false, ..self }
    }

    /// It ends with this status.
    pub(crate) const fn ends(self, status: i32) -> Self {
        Self { status, ..self }
    }

    fn words(&self, traces: &BTreeMap<&str, String>) -> Vec<String> {
        let meant = |name: &str| match name {
            "minute" => minute("now"),
            "past" => PAST.get_or_init(|| minute("-1 minute")).clone(),
            name => traces[name].clone(),
        };
        let named =
            |word: &str| match word.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?))) {
                Some((before, (name, after))) => format!("{before}{}{after}", meant(name)),
                None => word.to_owned(),
            };
        self.line.split_whitespace().map(named).collect()
    }

    /// Kills it in copies of `place`, then takes it there.
    pub(crate) fn take(&self, place: &Place, traces: &mut BTreeMap<&'static str, String>) {
        if self.is_killed && is_wanted(self.line, self.points) {
            self.dies(place, traces);
        }
        let before = place.log(self.side);
        let ran = ran(place.command(self.side, self.sheet, &[], &self.words(traces)));
        assert_eq!(ran.status, self.status, "{}: {}", self.line, ran.said);
        if self.is_killed {
            assert_eq!(self.count(place) - self.count_in(&before), self.times.0, "{}: {}", self.line, self.event);
        }
        // What one host tells for the config of another is written there.
        place.configure();
        if !self.name.is_empty() {
            traces.insert(self.name, told(&ran.said, self.is_object));
        }
    }

    fn dies(&self, place: &Place, traces: &BTreeMap<&str, String>) {
        let began = Instant::now();
        let victim = |dir: &Path, before: &[String]| {
            place.moved(dir).command(self.side, self.sheet, before, &self.words(traces))
        };
        let judge = |dir: &Path, how: &str| self.judge(place, &place.moved(dir), &self.words(traces), how);
        let swept = sweep_command(|dir| drop(place.copy(dir)), victim, judge, self.points);
        let who = self.side.name();
        match swept {
            Some((points, tried)) => {
                println!(
                    "killed at {tried} of {points} points in {} s: {who} {}",
                    began.elapsed().as_secs(),
                    self.line
                );
            }
            None => println!("skipped: strace cannot trace here"),
        }
    }

    /// What must be true of a host that died, and is when the same is done again.
    fn judge(&self, before: &Place, place: &Place, words: &[String], how: &str) {
        let how = format!("{} {}: {how}", self.side.name(), self.line);
        let died = place.log(self.side);
        assert!(died.starts_with(&before.log(self.side)), "{how}: the log lost something");
        let again = self.once_more(place, words);
        let was_done = self.done.iter().any(|code| again.said.contains(code));
        assert!(again.status == 0 || was_done, "{how}: {}", again.said);
        let (times, (least, most)) = (self.count(place) - self.count(before), self.times);
        assert!((least..=most).contains(&times), "{how}: {times} times {}\n{}", self.event, again.said);
        let verified = ran(place.command(self.side, None, &[], &["audit".to_owned(), "verify".to_owned()]));
        assert_eq!(verified.status, 0, "{how}: {}", verified.said);
        assert!(place.log(self.side).starts_with(&died), "{how}: the log lost something");
        let files = place.files();
        let left: Vec<_> = files.lines().filter(|path| path.ends_with(".airlock-tmp")).collect();
        assert!(left.is_empty(), "{how}: {left:?}");
        let log = place.log(self.side).concat();
        let unnamed: Vec<_> = place.outbox(self.side).into_iter().filter(|id| !log.contains(id)).collect();
        assert!(unnamed.is_empty(), "{how}: kept, and no entry names it: {unnamed:?}");
    }

    /// The same again, and then as it is told: a request that did not leave is written again, and where sheet, medium or
    /// directory are taken by what the first run left, others are.
    fn once_more(&self, place: &Place, words: &[String]) -> Ran {
        let again = |words: &[String]| ran(place.command(self.side, self.sheet, &[], words));
        let mut words = words.to_vec();
        let mut last = again(&words);
        if last.said.contains("REQUEST_UNSENT") {
            words.extend(["--again".to_owned(), told(&last.said, false)]);
            last = again(&words);
        }
        // The bundle left and the run died before its sheet was whole.
        let sheet = words.iter().position(|word| word == "--sheet").and_then(|at| words.get(at + 1));
        if let Some(sheet) = sheet.filter(|_| last.said.contains("REQUEST_OUTSTANDING")) {
            let print = ["sheet", "print", &told(&last.said, false), "--sheet", sheet].map(str::to_owned);
            let printed = again(&print);
            assert!(printed.status == 0 || printed.said.contains("OUTPUT_EXISTS"), "{}", printed.said);
        }
        for (taken, option, other) in [
            ("OUTPUT_EXISTS", "--sheet", "paper/again"),
            ("MEDIA_OCCUPIED", "--media", "again"),
            ("OUTPUT_EXISTS", "export", "again"),
        ] {
            let at = words.iter().position(|word| word == option);
            if let Some(at) = at.filter(|_| last.said.contains(taken)) {
                words[at + 1] = other.to_owned();
                last = again(&words);
            }
        }
        last
    }

    fn count(&self, place: &Place) -> usize {
        self.count_in(&place.log(self.side))
    }

    fn count_in(&self, log: &[String]) -> usize {
        let event = format!(r#""event":"{}""#, self.event);
        log.iter().filter(|line| line.contains(&event)).count()
    }
}

fn ran(mut command: Command) -> Ran {
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    Ran { status: output.status.code().unwrap(), said }
}

/// A minute as people read it off a clock.
fn minute(when: &str) -> String {
    run(Path::new("."), "date", &["-u", "-d", when, "+%Y-%m-%dT%H:%MZ"]).trim().to_owned()
}

/// The last trace, or the last digest of an object, that was told.
fn told(said: &str, is_object: bool) -> String {
    let mut words = said.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
    let is_trace = |word: &str| word.len() == 20 && word.starts_with("20") && word.matches('-').count() == 3;
    let is_digest = |word: &str| word.len() == 64;
    words
        .rfind(|word| if is_object { is_digest(word) } else { is_trace(word) })
        .unwrap_or_else(|| panic!("{said}"))
        .to_owned()
}
