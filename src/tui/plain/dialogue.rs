//! Lines and answers in, effects and lines out. It waits for events; nothing is told twice.

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use super::console::Console;
use super::line::{self, Line};
use super::voice::{Known, Voice, question};
use super::words::{Pressed, Said, WORDS, answer, command, stops};
use crate::report::advice::Here;
use crate::report::mark::Mark;
use crate::tui::app::{App, Cover, Event};
use crate::tui::asked::{Asked, AskedKind};
use crate::tui::effect::{Effect, Input};
use crate::tui::frame::Canvas;
use crate::tui::idle::Idle;
use crate::tui::keys::Key;
use crate::tui::language::{Language, fill};
use crate::tui::notice::rows;
use crate::tui::output::Unrecorded;
use crate::tui::runner::{BROKEN, Ending, hand_over};
use crate::tui::sources::{Arrived, Interrupts, LastWord, Worker, hear_signals, work};
use crate::tui::told::{Notice, Told};

/// What takes longer says that it goes on.
const LONG: Duration = Duration::from_secs(1);

/// Runs the workstation until it ends. What its worker does is waited for once the terminal was given back.
///
/// # Errors
/// What the terminal says.
pub fn run<W: Write>(
    console: Console<W>,
    app: (App, Vec<Effect>),
    config: Option<PathBuf>,
    unrecorded: Unrecorded,
) -> io::Result<Ending> {
    let (sender, events) = channel();
    let mut worker = work(config, sender.clone());
    line::listen(LastWord::of(sender.clone()));
    hear_signals(sender, Interrupts::Key, worker.brake(), console.giver())?;
    let (app, asked) = app;
    let (app, voice) = (Some(app), Voice::default());
    let mut dialogue = Dialogue {
        console,
        app,
        voice,
        asked: None,
        refused: None,
        tenths: None,
        may_stop: false,
        media_until: None,
        unrecorded,
    };
    let status = dialogue.hold(asked, &events, &mut worker);
    Ok(Ending { status, worker })
}

struct Dialogue<W> {
    console: Console<W>,
    /// None only while it takes an event.
    app: Option<App>,
    voice: Voice,
    /// The question that waits for a line; a key is asked for where it asks for no text.
    asked: Option<Option<Asked>>,
    /// The refusal that was told last, and in which language; it is told again in the other one.
    refused: Option<(Notice, Option<Here>, Language)>,
    /// Tenths of a gauge that were told.
    tenths: Option<usize>,
    /// Whether it was told that what goes on can be stopped.
    may_stop: bool,
    /// The media are on their way: until then nothing is asked, since they are what is chosen from.
    media_until: Option<Instant>,
    unrecorded: Unrecorded,
}

impl<W: Write> Dialogue<W> {
    fn hold(&mut self, mut effects: Vec<Effect>, events: &Receiver<Arrived>, worker: &mut Worker) -> io::Result<u8> {
        self.greet()?;
        let mut idle = Idle::since(Instant::now());
        let mut is_news = true;
        loop {
            if effects.iter().any(|effect| matches!(effect, Effect::Media)) {
                self.media_until = Some(Instant::now() + LONG);
            }
            if let Some(status) = hand_over(std::mem::take(&mut effects), worker) {
                return Ok(status);
            }
            if self.unrecorded.is_news() {
                effects = self.update(Event::Unrecorded);
                continue;
            }
            if is_news && !self.awaits_media() {
                self.speak()?;
            }
            is_news = true;
            match self.next(events, &mut idle)? {
                Some(Arrived::Line(line)) => {
                    idle = Idle::since(Instant::now());
                    effects = self.line(line)?;
                }
                Some(Arrived::Event(event)) => {
                    if !matches!(event, Event::Drowsy | Event::Idle) {
                        idle = Idle::since(Instant::now());
                    }
                    if matches!(event, Event::Input(Input::Told(Told::Media(_)))) {
                        self.media_until = None;
                    }
                    // Who answers already is not asked again, for that would drop what he has typed. He is told with what
                    // comes next, or by an empty line.
                    is_news = is_told(self.asked.is_some(), &event);
                    effects = self.update(event);
                }
                Some(Arrived::Broken) => return Ok(BROKEN),
                Some(Arrived::Redraw) | None => {}
            }
        }
    }

    /// Whether what is asked next waits for the list of media.
    fn awaits_media(&self) -> bool {
        self.asked.is_none() && self.media_until.is_some_and(|until| Instant::now() < until)
    }

    /// What arrives next; none where the media have not come in time. Work that takes long is told of, since nothing on
    /// such a terminal moves.
    fn next(&mut self, events: &Receiver<Arrived>, idle: &mut Idle) -> io::Result<Option<Arrived>> {
        let mut is_quiet = self.is_waiting() && self.tenths.is_none();
        loop {
            let left = if is_quiet { LONG } else { idle.left(Instant::now()) };
            let media = self.media_until.filter(|_| self.awaits_media());
            let left = media.map_or(left, |until| left.min(until.saturating_duration_since(Instant::now())));
            match events.recv_timeout(left) {
                Ok(arrived) => return Ok(Some(arrived)),
                Err(RecvTimeoutError::Disconnected) => return Ok(Some(Arrived::Broken)),
                Err(RecvTimeoutError::Timeout) if media.is_some() && !self.awaits_media() => return Ok(None),
                Err(RecvTimeoutError::Timeout) if is_quiet => {
                    is_quiet = false;
                    self.say("Working ...", "处理中 ...")?;
                }
                Err(RecvTimeoutError::Timeout) => {
                    if let Some(event) = idle.due(Instant::now()) {
                        return Ok(Some(Arrived::Event(event)));
                    }
                }
            }
        }
    }

    fn update(&mut self, event: Event) -> Vec<Effect> {
        let Some(app) = self.app.take() else { return Vec::new() };
        let (app, effects) = app.update(event);
        self.app = Some(app);
        effects
    }

    /// Nothing is asked any more; what is told begins on a line of its own.
    fn fall_silent(&mut self) -> io::Result<()> {
        match self.asked.take() {
            Some(_) => self.console.tell(""),
            None => Ok(()),
        }
    }

    /// Tells what changed, and asks.
    fn speak(&mut self) -> io::Result<()> {
        if self.is_waiting() && !self.is_asked_whether() {
            self.fall_silent()?;
            self.console.hide()?;
            self.stoppable()?;
            return self.gauge();
        }
        (self.tenths, self.may_stop) = (None, false);
        let Some(app) = &self.app else { return Ok(()) };
        let (view, asked, is_told) = (app.linear(), app.asked(), app.cover() == Cover::Told);
        let lines = self.voice.tell(&view, app.language());
        if lines.is_empty() && self.asked.as_ref() == Some(&asked) {
            // It is being answered.
            return Ok(());
        }
        let language = app.language();
        let refused = app.refusal().map(|(notice, here)| (notice.clone(), here, language));
        self.fall_silent()?;
        self.retell(language)?;
        for line in lines {
            self.console.tell(&line)?;
        }
        if is_told {
            self.refused = refused;
            // It was told whole; what lies below it was told before.
            drop(self.update(Event::Input(Input::Key(Key::Enter))));
            self.app.iter().for_each(|app| self.voice.know(&app.linear()));
        }
        self.ask()
    }

    /// Whoever switches the language behind a refusal is told it in the new one.
    fn retell(&mut self, language: Language) -> io::Result<()> {
        let Some((notice, here, told)) = &mut self.refused else { return Ok(()) };
        if *told == language {
            return Ok(());
        }
        *told = language;
        for row in rows(notice, *here, &Canvas::linear(language, "")) {
            self.console.tell(row.text.trim())?;
        }
        Ok(())
    }

    fn ask(&mut self) -> io::Result<()> {
        let Some(app) = &self.app else { return Ok(()) };
        let asked = app.asked();
        let is_shown = asked.as_ref().is_none_or(|asked| asked.kind != AskedKind::Secret);
        self.console.ask(&question(asked.as_ref(), app.language()), is_shown)?;
        self.asked = Some(asked);
        Ok(())
    }

    /// Nothing is asked meanwhile, and yet a line is heard: that is told once.
    fn stoppable(&mut self) -> io::Result<()> {
        if self.may_stop || !self.app.as_ref().is_some_and(App::may_stop) {
            return Ok(());
        }
        self.may_stop = true;
        self.say("To stop: stop. What is signed is kept.", "要停止：输入 stop。已签内容保留。")
    }

    /// A gauge, as a line for each tenth.
    fn gauge(&mut self) -> io::Result<()> {
        let Some((done, of)) = self.app.as_ref().and_then(App::gauge) else { return Ok(()) };
        let tenths = (done * 10).checked_div(of).unwrap_or_default();
        if self.tenths.is_none_or(|told| told < tenths) {
            self.tenths = Some(tenths);
            self.filled("Working: {} %, {} of {}", "处理中：{} %，{}/{}", [&(tenths * 10), &done, &of])?;
        }
        Ok(())
    }

    fn line(&mut self, line: Line) -> io::Result<Vec<Effect>> {
        let language = |app: &Option<App>| app.as_ref().map(App::language);
        let before = language(&self.app);
        let effects = self.heard(line)?;
        // Whoever goes on has read what was refused.
        self.refused.take_if(|_| language(&self.app) == before);
        Ok(effects)
    }

    fn heard(&mut self, line: Line) -> io::Result<Vec<Effect>> {
        // What was typed while nothing was asked is no answer to anything.
        let Some(asked) = self.asked.take() else {
            return match line {
                Line::Gone => Ok(self.update(Event::Ended)),
                Line::Back if self.app.as_ref().is_some_and(App::may_stop) => self.press(&[Pressed(Key::Esc)]),
                Line::Typed(line) if stops(&line) && self.app.as_ref().is_some_and(App::may_stop) => {
                    self.press(&[Pressed(Key::Char('s'))])
                }
                _ => Ok(Vec::new()),
            };
        };
        if asked.as_ref().is_some_and(|asked| asked.kind == AskedKind::Secret) || matches!(line, Line::Back) {
            self.console.tell("")?;
        }
        match line {
            Line::Gone => Ok(self.update(Event::Ended)),
            Line::Back => self.press(&[Pressed(Key::Esc)]),
            Line::Pasted => {
                self.typo(
                    "paste is off: several lines came at once, and nothing of them was taken",
                    "禁止粘贴：同时到达多行，均未采用",
                )?;
                Ok(self.update(Event::Input(Input::Pasted)))
            }
            // Whatever else is typed, it only takes away what lies over the screen.
            Line::Typed(line) if self.is_asked_whether() => {
                self.press(&[Pressed(if stops(&line) { Key::Char('s') } else { Key::Enter })])
            }
            Line::Typed(line) => {
                let said = asked.as_ref().map_or_else(|| command(&line), |asked| answer(&line, asked));
                self.said(said)
            }
        }
    }

    fn said(&mut self, said: Said) -> io::Result<Vec<Effect>> {
        match said {
            Said::Keys(keys) => self.press(&keys),
            Said::Again => {
                let Some(app) = &self.app else { return Ok(Vec::new()) };
                for line in self.voice.whole(&app.linear(), app.language()) {
                    self.console.tell(&line)?;
                }
                Ok(Vec::new())
            }
            Said::Words => {
                let words: Vec<&str> = WORDS.iter().map(|(word, _)| *word).collect();
                self.filled(
                    "Words: {}, f1 to f12, line N, down N, up N",
                    "词：{}，f1 至 f12，line N，down N，up N",
                    [&words.join(", ")],
                )?;
                Ok(Vec::new())
            }
            Said::Nothing(why) => {
                let (english, chinese) = why.told();
                self.typo(english, chinese)?;
                Ok(Vec::new())
            }
        }
    }

    /// Presses keys until one of them has the rooms do something.
    fn press(&mut self, keys: &[Pressed]) -> io::Result<Vec<Effect>> {
        let before = self.standing();
        for key in keys {
            let effects = self.update(Event::Input(Input::Key(key.0)));
            if !effects.is_empty() || self.app.as_ref().is_some_and(|app| app.cover() != Cover::Nothing) {
                return Ok(effects);
            }
        }
        if before == self.standing() {
            self.typo(
                "not taken: it changes nothing here; ? tells what can be typed",
                "未采用：此处无效；输入 ? 查看可用按键",
            )?;
        }
        Ok(Vec::new())
    }

    /// What would be told and asked now.
    fn standing(&self) -> Option<(Known, Option<(String, AskedKind)>)> {
        let app = self.app.as_ref()?;
        Some((Known::of(&app.linear()), app.asked().map(|asked| (asked.label, asked.kind))))
    }

    fn is_waiting(&self) -> bool {
        self.app.as_ref().is_some_and(App::is_waiting)
    }

    /// Whether the person is asked if he is there, or wants to leave.
    fn is_asked_whether(&self) -> bool {
        self.app.as_ref().is_some_and(|app| app.cover() == Cover::Asks)
    }

    fn greet(&mut self) -> io::Result<()> {
        self.say(
            "airlock, line by line. Type a letter or a digit from the line Keys, or a word: words lists them.",
            "airlock，逐行模式。输入按键行中的字母或数字，或一个词：words 列出全部。",
        )?;
        self.say(
            "An empty line tells again where you are. Where text is asked, a command begins with a colon, as in :esc.",
            "空行重述当前位置。在输入文字处，命令以冒号开头，如 :esc。",
        )?;
        self.say("Ctrl-D goes back; Ctrl-C leaves, and asks once.", "Ctrl-D 返回；Ctrl-C 离开，询问一次。")
    }

    fn say(&mut self, english: &'static str, chinese: &'static str) -> io::Result<()> {
        self.filled(english, chinese, [])
    }

    fn typo(&mut self, english: &'static str, chinese: &'static str) -> io::Result<()> {
        let told = self.app.as_ref().map_or(english, |app| app.language().say(english, chinese));
        self.console.tell(&format!("{} {told}", Mark::Typo))
    }

    fn filled<const N: usize>(
        &mut self,
        english: &'static str,
        chinese: &'static str,
        values: [&dyn std::fmt::Display; N],
    ) -> io::Result<()> {
        let template = self.app.as_ref().map_or(english, |app| app.language().say(english, chinese));
        self.console.tell(&fill(template, values))
    }
}

/// Whether what comes of `event` is told at once: not what nobody waits for, while an answer is being typed.
fn is_told(is_asked: bool, event: &Event) -> bool {
    let comes_unasked =
        matches!(event, Event::Input(Input::Told(Told::Media(_) | Told::Gauge { .. } | Told::Noted(_))));
    !(is_asked && comes_unasked)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::language::Both;

    #[test]
    fn what_comes_unasked_drops_no_answer() {
        let told = |told| Event::Input(Input::Told(told));
        for unasked in [Told::Media(Vec::new()), Told::Gauge { done: 1, of: 2 }, Told::Noted(Both::same("a"))] {
            let event = told(unasked);
            assert!(!is_told(true, &event) && is_told(false, &event), "{event:?}");
        }
        assert!(is_told(true, &told(Told::Signed(2))) && is_told(true, &Event::Drowsy));
    }
}
