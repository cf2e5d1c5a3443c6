//! S15 and S16: what set-up has left, and the commands by which people change it together; the machine around this program.

use super::{desk, labels, senses};
use crate::audit::event::Event;
use crate::config::host::Config;
use crate::desk::fitness::{Fitness, fitness};
use crate::desk::host::Desk;
use crate::desk::register::{Register, Way};
use crate::exchange::people::person::{Person, PersonKey, PersonRole};
use crate::refusal::Refused;
use crate::report::columns;
use crate::report::mark::Mark;
use crate::tui::language::{Both, Language, fill};
use crate::tui::reading::Lines;
use crate::tui::told::{Notice, Told};
use crate::wire::text;

/// Columns of what is read on the screen.
const WIDTH: usize = 78;
/// What nothing was done of.
const NONE: (&str, &str) = ("none", "无");

/// Lines in both languages.
#[derive(Debug, Default)]
pub(super) struct Page {
    english: Vec<String>,
    chinese: Vec<String>,
}

/// What was set up at this host.
pub(super) fn set_up(config: Config) -> Result<Told, Refused> {
    let mut page = Page::default();
    match config {
        #[cfg(feature = "offline")]
        Config::Offline(config) => {
            let room = crate::offline::room::Room::open(*config, senses())?;
            super::offline::setup::fill(&mut page, &room)?;
        }
        #[cfg(feature = "online")]
        Config::Online(config) => {
            let room = crate::online::room::Room::open(*config, senses())?;
            super::online::setup::fill(&mut page, &room)?;
        }
    }
    Ok(page.told())
}

/// How the machine around this program stands.
pub(super) fn host_check(config: &Config) -> Result<Told, Refused> {
    let Fitness { report, unfit } = fitness(&desk(config)?, config.side())?;
    let mut page = Page::from(labels::both(&report, WIDTH));
    if let Some(notice) = unfit.as_ref().map(Notice::from) {
        page.same("");
        let told = |language| format!("{}   {}", notice.what(language), notice.to_do(language));
        page.marked(notice.mark, &Both::new(told(Language::English), told(Language::Chinese)));
        page.same(&format!("       {}", notice.code));
    }
    page.commands(&["airlock host check"]);
    Ok(page.told())
}

impl Page {
    /// What comes below is of another thing.
    pub(super) fn head(&mut self, english: &str, chinese: &str) {
        if !self.english.is_empty() {
            self.same("");
        }
        self.english.push(english.to_owned());
        self.chinese.push(chinese.to_owned());
    }

    /// A thing.
    pub(super) fn line(&mut self, told: &Both) {
        self.hanging("  ", told);
    }

    /// What belongs to the thing above.
    pub(super) fn below(&mut self, told: &Both) {
        self.hanging("    ", told);
    }

    /// A thing that is right or wrong.
    pub(super) fn marked(&mut self, mark: Mark, told: &Both) {
        self.hanging(&format!("  {mark} "), told);
    }

    /// That there is none of what the head names.
    pub(super) fn none(&mut self) {
        self.line(&Both::new(NONE.0, NONE.1));
    }

    /// Commands that change it.
    pub(super) fn commands(&mut self, commands: &[&str]) {
        for command in commands {
            self.hanging("  $ ", &Both::same(command));
        }
    }

    fn same(&mut self, line: &str) {
        self.english.push(line.to_owned());
        self.chinese.push(line.to_owned());
    }

    fn hanging(&mut self, start: &str, told: &Both) {
        let lines = |language| {
            let lines = columns::hanging(start, told.of(language), WIDTH - 2).into_iter();
            lines.enumerate().map(|(at, line)| if at == 0 { line } else { format!("  {line}") }).collect::<Vec<_>>()
        };
        self.english.extend(lines(Language::English));
        self.chinese.extend(lines(Language::Chinese));
    }

    fn told(self) -> Told {
        Told::Read(Lines::both(self.english, self.chinese))
    }

    /// When the clock was compared and set back.
    pub(super) fn clock(&mut self, desk: &Desk) {
        let entries = desk.entries().iter().rev();
        let compared = entries.clone().find_map(|entry| match &entry.event {
            Event::ClockAttested(attested) => Some((entry.seq, entry.time, attested.officers.join(", "))),
            _ => None,
        });
        match &compared {
            Some((seq, time, who)) => self.line(&Both::new(
                fill("compared {} by {}, log entry {}", [time, who, seq]),
                fill("{} 由 {} 核对，日志记录 {}", [time, who, seq]),
            )),
            None => self.line(&Both::new("never compared", "从未核对")),
        }
        let set = entries.clone().find_map(|entry| match &entry.event {
            Event::ClockSet(set) => Some((entry.seq, set.from, set.to)),
            _ => None,
        });
        match &set {
            Some((seq, from, to)) => self.line(&Both::new(
                fill("set back from {} to {}, log entry {}", [from, to, seq]),
                fill("由 {} 回拨至 {}，日志记录 {}", [from, to, seq]),
            )),
            None => self.line(&Both::new("never set back", "从未回拨")),
        }
    }

    /// The register, in and out apart.
    pub(super) fn sticks(&mut self, desk: &Desk) {
        let register = Register::fold(desk.entries());
        for (way, english, chinese) in [
            (Way::In, "Sticks that bring transfers", "导入介质"),
            (Way::Out, "Sticks that take transfers away", "导出介质"),
        ] {
            self.head(english, chinese);
            let mut of_way = register.sticks().filter(|stick| stick.way == way).peekable();
            if of_way.peek().is_none() {
                self.none();
            }
            for stick in of_way {
                let told = format!("{}: {}", text::escape(&stick.name), text::escape(&stick.identity.to_string()));
                self.line(&Both::same(&told));
            }
        }
        self.commands(match desk.keeper() {
            PersonRole::Requester => &[
                "airlock media register DEV --name NAME --way in|out --person ID --key FILE",
                "airlock media wipe DEV --label LABEL --person ID --key FILE",
            ],
            _ => &[
                "airlock media register DEV --name NAME --way in|out --officer ID --key FILE",
                "airlock media wipe DEV --label LABEL --officer ID --key FILE",
            ],
        });
    }

    /// People, their roles and their keys.
    pub(super) fn people(&mut self, persons: &[Person]) {
        for person in persons {
            let key = |key: &PersonKey, language: Language| {
                let revoked = key
                    .revoked_from
                    .map(|from| fill(language.say(" (revoked from entry {})", "（自记录 {} 起吊销）"), [&from]));
                format!("{}{}", key.key.fingerprint(), revoked.unwrap_or_default())
            };
            let told = |language| {
                let keys: Vec<_> = person.keys.iter().map(|one| key(one, language)).collect();
                format!("{}, {}, {}", person.principal(), person.name, keys.join(", "))
            };
            self.line(&Both::new(told(Language::English), told(Language::Chinese)));
        }
    }
}

impl From<Lines> for Page {
    fn from(lines: Lines) -> Self {
        let of = |language| lines.of(language).to_vec();
        Self { english: of(Language::English), chinese: of(Language::Chinese) }
    }
}
