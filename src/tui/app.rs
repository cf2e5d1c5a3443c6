//! What all screens have in common: language, help, refusals, waiting, and the way out.

use super::asked::Asked;
use super::effect::{Effect, Input};
use super::frame::{Canvas, Row, View};
use super::keys::Key;
use super::language::{Language, fill};
use super::notice::lay_over;
use super::screen::home::Home;
use super::screen::lock::Lock;
use super::screen::{Screen, Turn};
use super::told::{Notice, Told};
use crate::report::advice::Here;
use crate::report::columns;
use crate::report::mark::Mark;

/// Exit status of a person who left by Ctrl-C.
pub const INTERRUPTED: u8 = 130;

/// What reaches the workstation.
#[derive(Debug)]
pub enum Event {
    /// For the screen.
    Input(Input),
    /// The terminal has another size; it is asked for when the next frame is drawn.
    Resized,
    /// Nobody has been here for a while.
    Drowsy,
    /// Nobody is here.
    Idle,
    /// What is shown is recorded no more.
    Unrecorded,
    /// The system ends this program.
    Ended,
}

/// The workstation.
pub struct App {
    screen: Box<dyn Screen>,
    over: Over,
    waiting: Option<Waiting>,
    language: Language,
    may_switch: bool,
    /// Empty until the host was looked at: before that nothing can be open.
    host: String,
    is_locked: bool,
}

/// What lies over a screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cover {
    /// The screen can be used.
    Nothing,
    /// Help or a refusal, to be read.
    Told,
    /// The person is asked whether he leaves, or is there at all.
    Asks,
}

/// What lies over the screen, and what it says.
#[derive(Debug, PartialEq, Eq)]
enum Over {
    Nothing,
    Help,
    Leaving,
    /// The person is asked whether what goes on is to be stopped.
    Stopping,
    /// It locks soon.
    Drowsy,
    /// It is locked, and nobody leaves it so.
    Locked,
    Notice(Notice),
}

/// Effects that were not answered yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Waiting {
    answers: usize,
    gauge: Option<(usize, usize)>,
    /// Whether a person has asked for the end.
    stops: bool,
}

impl App {
    /// The workstation as it begins; `may_switch` where the terminal can show Chinese.
    pub fn begin(language: Language, may_switch: bool) -> (Self, Vec<Effect>) {
        let app = Self {
            screen: Box::new(Home::default()),
            over: Over::Nothing,
            waiting: None,
            language: if may_switch { language } else { Language::English },
            may_switch,
            host: String::new(),
            is_locked: false,
        };
        app.turn(Turn::home())
    }

    /// What follows from `event`. Pure.
    #[must_use]
    pub fn update(self, event: Event) -> (Self, Vec<Effect>) {
        match event {
            Event::Resized => (self, Vec::new()),
            Event::Drowsy => self.drowsy(),
            Event::Idle => self.lock(),
            Event::Unrecorded => self.unrecorded(),
            Event::Ended => self.end(INTERRUPTED),
            Event::Input(Input::Told(told)) => self.told(told),
            Event::Input(Input::Key(key)) => self.key(key),
            Event::Input(Input::Pasted) => self.pass(Input::Pasted),
        }
    }

    /// What it looks like.
    pub fn view(&self, columns: u16, rows: u16) -> Option<(View, Canvas<'_>)> {
        let canvas = Canvas::of(columns, rows, self.language, &self.host)?;
        Some((self.on(&canvas), canvas))
    }

    /// What is told of it on a terminal without screens.
    pub fn linear(&self) -> View {
        self.on(&Canvas::linear(self.language, &self.host))
    }

    fn on(&self, canvas: &Canvas<'_>) -> View {
        let mut view = if self.over == Over::Help { self.help(canvas) } else { self.screen.view(canvas) };
        if let Some(waiting) = self.waiting {
            view.message = waiting.told(canvas);
        }
        match &self.over {
            Over::Notice(notice) => lay_over(&mut view, notice, self.screen.refused(notice.code), canvas),
            over => view.message = self.question(over).unwrap_or(view.message),
        }
        view
    }

    /// What is asked of the person before anything else.
    fn question(&self, over: &Over) -> Option<String> {
        let (english, chinese) = match over {
            Over::Leaving if self.may_stop() => (
                "Stop signing and leave? Ctrl-C again does; what is signed is kept. Else: go on.",
                "停止签发并离开？再按 Ctrl-C 离开，已签内容保留；按其他键继续。",
            ),
            Over::Leaving => (
                "Leave airlock? Ctrl-C again leaves, any other key stays.",
                "离开 airlock？再按 Ctrl-C 离开，按其他键留下。",
            ),
            Over::Stopping => (
                "Stop signing? S again stops; what is signed is kept. Any other key goes on.",
                "停止签发？再按 S 停止，已签内容保留；按其他键继续。",
            ),
            Over::Locked => (
                "It is locked: Ctrl-C does not leave it. A key of this host unlocks it.",
                "已锁定：Ctrl-C 不能离开。用本机人员的密钥解锁。",
            ),
            Over::Drowsy => {
                let told = self.language.say(
                    "Nobody here? This locks in 10 seconds; any key stays.",
                    "无人操作？10 秒后锁定；按任意键保持。",
                );
                return Some(format!("{} {told}", Mark::Warn));
            }
            Over::Nothing | Over::Help | Over::Notice(_) => return None,
        };
        Some(self.language.say(english, chinese).to_owned())
    }

    /// The one line that is asked of the person now; none where keys are commands, or where anything goes on.
    pub fn asked(&self) -> Option<Asked> {
        if self.is_waiting() || self.over != Over::Nothing { None } else { self.screen.asked(self.language) }
    }

    /// Whether the rooms have not answered yet.
    pub fn is_waiting(&self) -> bool {
        self.waiting.is_some()
    }

    /// Whether what the rooms do can be stopped, and nobody has asked for that.
    pub fn may_stop(&self) -> bool {
        self.screen.may_stop() && self.waiting.is_some_and(|waiting| !waiting.stops)
    }

    /// How far the rooms are, where they have told.
    pub fn gauge(&self) -> Option<(usize, usize)> {
        self.waiting?.gauge
    }

    /// What lies over the screen; the next key takes it away.
    pub fn cover(&self) -> Cover {
        match self.over {
            Over::Nothing => Cover::Nothing,
            Over::Help | Over::Locked | Over::Notice(_) => Cover::Told,
            Over::Leaving | Over::Stopping | Over::Drowsy => Cover::Asks,
        }
    }

    /// The refusal that lies over the screen, and what is done about it on this side.
    pub fn refusal(&self) -> Option<(&Notice, Option<Here>)> {
        if let Over::Notice(notice) = &self.over { Some((notice, self.screen.refused(notice.code))) } else { None }
    }

    /// What labels are written in.
    pub fn language(&self) -> Language {
        self.language
    }

    fn key(mut self, key: Key) -> (Self, Vec<Effect>) {
        let is_command = !self.screen.takes_text();
        match (key, &self.over) {
            // Behind it would be a shell, for anybody who comes by.
            (Key::Interrupt, _) if self.is_locked => self.over = Over::Locked,
            (Key::Interrupt, Over::Leaving) => return self.end(INTERRUPTED),
            (Key::Interrupt, _) => self.over = Over::Leaving,
            (Key::Function(2) | Key::Char('~'), Over::Help | Over::Notice(_)) => self.switch(),
            (key, Over::Stopping) if key.stops() => return self.stop(),
            (_, Over::Leaving | Over::Stopping | Over::Drowsy | Over::Locked | Over::Notice(_) | Over::Help) => {
                self.over = Over::Nothing;
            }
            (Key::Function(12), _) => return self.lock(),
            (Key::Char('!'), _) if is_command => return self.lock(),
            (Key::Function(1), _) => self.over = Over::Help,
            (Key::Char('?'), _) if is_command => self.over = Over::Help,
            (Key::Function(2), _) => self.switch(),
            (Key::Char('~'), _) if is_command => self.switch(),
            _ if key.stops() && self.may_stop() => self.over = Over::Stopping,
            // Until the rooms have answered there is nothing to decide; a key that was typed ahead decides nothing.
            _ if self.waiting.is_some() => {}
            _ => return self.pass(Input::Key(key)),
        }
        (self, Vec::new())
    }

    /// What goes on ends where nothing is lost; its answer says how far it came.
    fn stop(mut self) -> (Self, Vec<Effect>) {
        self.over = Over::Nothing;
        if let Some(waiting) = &mut self.waiting {
            waiting.stops = true;
        }
        (self, vec![Effect::Stop])
    }

    /// It is told as a refusal, and written down as one.
    fn unrecorded(self) -> (Self, Vec<Effect>) {
        (self, vec![Effect::Unrecorded])
    }

    fn drowsy(mut self) -> (Self, Vec<Effect>) {
        if self.may_lock() && self.waiting.is_none() {
            self.over = Over::Drowsy;
        }
        (self, Vec::new())
    }

    /// Closes everything that a person had open. What the rooms are doing ends by itself; its answer shows nothing here.
    fn lock(mut self) -> (Self, Vec<Effect>) {
        if !self.may_lock() {
            return (self, Vec::new());
        }
        (self.is_locked, self.over) = (true, Over::Nothing);
        let left = self.screen.before_end();
        let locked = Turn::to(Lock::new());
        self.turn(left.into_iter().fold(locked, Turn::and))
    }

    /// A host that was not looked at has nothing open, and nobody who could unlock it.
    fn may_lock(&self) -> bool {
        !self.is_locked && !self.host.is_empty()
    }

    fn switch(&mut self) {
        if self.may_switch {
            self.language = self.language.other();
        }
    }

    fn told(mut self, told: Told) -> (Self, Vec<Effect>) {
        if let (Told::Gauge { done, of }, Some(waiting)) = (&told, &mut self.waiting) {
            waiting.gauge = Some((*done, *of));
            return self.pass(Input::Told(told));
        }
        if let Told::Unrecorded(notice) = told {
            // No screen asked for it, and none has failed.
            self.over = Over::Notice(notice);
            return (self, Vec::new());
        }
        if matches!(told, Told::Media(_) | Told::Noted(_)) {
            return self.pass(Input::Told(told));
        }
        let left = self.waiting.map_or(0, |waiting| waiting.answers).saturating_sub(1);
        self.waiting = (left > 0).then_some(Waiting { answers: left, gauge: None, stops: false });
        if self.over == Over::Stopping {
            self.over = Over::Nothing;
        }
        match &told {
            Told::Look(facts) => self.host = columns::cut_middle(&facts.name, HOST),
            Told::Unlocked => self.is_locked = false,
            Told::Refused(notice) => self.over = Over::Notice(notice.clone()),
            _ => {}
        }
        self.pass(Input::Told(told))
    }

    fn pass(mut self, input: Input) -> (Self, Vec<Effect>) {
        let screen = std::mem::replace(&mut self.screen, Box::new(Home::default()));
        self.turn(screen.update(input))
    }

    fn turn(mut self, turn: Turn) -> (Self, Vec<Effect>) {
        self.screen = turn.screen;
        let asked = turn.effects.iter().filter(|effect| !matches!(effect, Effect::Quit(_) | Effect::Media)).count();
        if asked > 0 {
            let answers = asked + self.waiting.map_or(0, |waiting| waiting.answers);
            self.waiting = Some(Waiting { answers, gauge: None, stops: false });
        }
        (self, turn.effects)
    }

    fn end(self, status: u8) -> (Self, Vec<Effect>) {
        let left = (!self.host.is_empty()).then_some(Effect::Left);
        let effects = self.screen.before_end().into_iter().chain(left).chain([Effect::Quit(status)]).collect();
        (self, effects)
    }

    fn help(&self, canvas: &Canvas<'_>) -> View {
        let screen = self.screen.view(canvas);
        let (english, chinese) = self.screen.about();
        let width = canvas.width.saturating_sub(2);
        let mut body: Vec<Row> = Vec::new();
        let text = canvas.say(english, chinese);
        body.extend(columns::wrap(text, width).into_iter().map(|line| Row::from(format!(" {line}"))));
        body.push(Row::default());
        body.push(format!(" {}", canvas.say("The same on the command line:", "对应的命令行：")).into());
        body.extend(columns::hanging("   ", &self.screen.command(), width).into_iter().map(Row::from));
        body.extend(KEYS.iter().map(|(key, english, chinese)| {
            Row::from(format!("   {} {}", columns::left(key, 12), canvas.say(english, chinese)))
        }));
        View {
            title: fill(canvas.say("Help for {}", "{} 的帮助"), [&screen.title]),
            code: screen.code,
            rail: screen.rail,
            body,
            message: String::new(),
            keys: match self.may_switch {
                true => canvas.say("~ Chinese   any other key back", "~ 英文   按其他键返回").to_owned(),
                false => canvas.say("any key back", "按任意键返回").to_owned(),
            },
        }
    }
}

/// Columns of the name of the host: room for what stands beside it. S00 has all of it.
const HOST: usize = 20;
const KEYS: [(&str, &str, &str); 7] = [
    ("? F1", "this page", "本页"),
    ("~ F2", "English or Chinese, where the terminal can show it", "切换中英文（终端支持时）"),
    (
        "Esc",
        "back; what is in the log is kept, ticks and typed fields are not",
        "返回；已记入日志的保留，勾选和未提交的输入不保留",
    ),
    ("! F12", "lock now; seats are left, typed secrets wiped", "立即锁定；离席并清除已输入的口令"),
    ("Ctrl-F 3", "F3, and so on, on a terminal without function keys", "终端无功能键时：即 F3，依此类推"),
    ("Ctrl-L", "draw the screen again", "重绘屏幕"),
    ("Ctrl-C", "leave; asks once", "离开；询问一次"),
];

impl Waiting {
    fn told(self, canvas: &Canvas<'_>) -> String {
        let stops = canvas.say("Stopping; the batches in flight end first ...", "正在停止；先完成进行中的批次 ...");
        match self.gauge {
            _ if self.stops => stops.to_owned(),
            Some((done, of)) => fill(canvas.say("Working: {} of {} ...", "处理中：{}/{} ..."), [&done, &of]),
            None => canvas.say("Working ...", "处理中 ...").to_owned(),
        }
    }
}
