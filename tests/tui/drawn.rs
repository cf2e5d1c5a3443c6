//! A workstation that is driven by keys and answers, and drawn after each.

use airlock::tui::app::{App, Event};
use airlock::tui::effect::{Effect, Input};
use airlock::tui::keys::Key;
use airlock::tui::language::Language;
use airlock::tui::palette::Palette;
use airlock::tui::runner::draw;
use airlock::tui::told::Told;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier};
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// The workstation, and what it asked for last.
pub(crate) struct Drawn {
    app: Option<App>,
    pub(crate) asked: Vec<Effect>,
    /// Every frame that was drawn at 80x24.
    pub(crate) frames: Vec<String>,
    /// Whether the terminal gets another size at every step.
    pub(crate) resizes: bool,
}

impl Drawn {
    pub(crate) fn begin() -> Self {
        let (app, asked) = App::begin(Language::English, true);
        Self { app: Some(app), asked, frames: Vec::new(), resizes: false }
    }

    fn event(&mut self, event: Event) {
        let (app, asked) = self.app.take().unwrap().update(event);
        (self.app, self.asked) = (Some(app), asked);
        let frame = text(&self.buffer(80, 24, Palette::Coloured));
        if self.resizes {
            self.resized(&frame);
        }
        self.frames.push(frame);
    }

    /// The terminal is made smaller and larger at every step: nothing is asked for, and it looks as before.
    fn resized(&mut self, before: &str) {
        for (columns, rows) in [(40, 10), (132, 43), (80, 24)] {
            let (app, asked) = self.app.take().unwrap().update(Event::Resized);
            self.app = Some(app);
            assert!(asked.is_empty(), "{asked:?}");
            let drawn = text(&self.buffer(columns, rows, Palette::Coloured));
            assert!(columns != 80 || drawn == before, "{before}\nbecame\n{drawn}");
        }
    }

    pub(crate) fn key(&mut self, key: Key) -> &mut Self {
        self.event(Event::Input(Input::Key(key)));
        self
    }

    /// Types `text`, and nothing is asked for before its last key.
    pub(crate) fn typed(&mut self, text: &str) -> &mut Self {
        for c in text.chars() {
            self.key(Key::Char(c));
        }
        self
    }

    pub(crate) fn pasted(&mut self) -> &mut Self {
        self.event(Event::Input(Input::Pasted));
        self
    }

    pub(crate) fn ended(&mut self) -> &mut Self {
        self.event(Event::Ended);
        self
    }

    pub(crate) fn told(&mut self, told: Told) -> &mut Self {
        self.event(Event::Input(Input::Told(told)));
        self
    }

    /// Nobody has been here for a while.
    pub(crate) fn drowsy(&mut self) -> &mut Self {
        self.event(Event::Drowsy);
        self
    }

    /// Nobody is here.
    pub(crate) fn idle(&mut self) -> &mut Self {
        self.event(Event::Idle);
        self
    }

    pub(crate) fn app(&self) -> &App {
        self.app.as_ref().unwrap()
    }

    /// The one thing that was asked for.
    pub(crate) fn one(&mut self) -> Effect {
        assert_eq!(self.asked.len(), 1, "{:?}", self.asked);
        self.asked.remove(0)
    }

    pub(crate) fn last(&self) -> &str {
        self.frames.last().unwrap()
    }

    pub(crate) fn shows(&self, text: &str) -> bool {
        self.last().contains(text)
    }

    /// Each screen tells what is done on it and which command does the same, on one page. Leaves it as it was.
    fn helps(&mut self) {
        let before = text(&self.buffer(80, 24, Palette::Plain));
        // A refusal and the page itself go away at any key.
        if ["exit ", "退出码", "Ctrl-L"].iter().any(|text| before.contains(text)) {
            return;
        }
        self.key(Key::Function(1));
        let help = self.buffer(80, 24, Palette::Plain);
        lint(&help);
        let help = text(&help);
        assert!(help.contains("   airlock") && help.contains("Ctrl-C"), "{help}");
        #[cfg(all(feature = "online", feature = "offline"))]
        {
            let command = crate::commands::named_by_help(self.app());
            assert_eq!(crate::commands::faults(&command), Vec::<String>::new(), "{help}");
        }
        self.key(Key::Esc);
        assert_eq!(text(&self.buffer(80, 24, Palette::Plain)), before);
    }

    pub(crate) fn buffer(&self, columns: u16, rows: u16, palette: Palette) -> Buffer {
        let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
        draw(&mut terminal, self.app.as_ref().unwrap(), palette).unwrap();
        terminal.backend().buffer().clone()
    }

    /// Everything that a snapshot holds of this screen. Leaves it as it was.
    pub(crate) fn snapshot(&mut self) -> String {
        let mut all = String::new();
        for (name, switch) in [("en", false), ("zh", true)] {
            if switch {
                self.key(Key::Function(2));
            }
            for (columns, rows) in [(80, 24), (132, 43)] {
                let buffer = self.buffer(columns, rows, Palette::Coloured);
                lint(&buffer);
                all.push_str(&format!("== {name} {columns}x{rows}\n{}", text(&buffer)));
            }
            let small = text(&self.buffer(79, 24, Palette::Coloured));
            all.push_str(&format!("== {name} 79x24\n{}\n", small.trim_end()));
            self.helps();
        }
        self.key(Key::Function(2));
        for (name, palette) in [("with colour", Palette::Coloured), ("without colour", Palette::Plain)] {
            all.push_str(&format!("== {name}\n{}", styles(&self.buffer(80, 24, palette))));
        }
        all
    }
}

/// The cells of a row; what a wide character covers is no cell.
fn cells(buffer: &Buffer, y: u16) -> Vec<(u16, &str)> {
    let mut cells = Vec::new();
    let mut x = 0;
    while x < buffer.area.width {
        let symbol = buffer[(x, y)].symbol();
        cells.push((x, symbol));
        x += symbol.width().max(1) as u16;
    }
    cells
}

pub(crate) fn text(buffer: &Buffer) -> String {
    let row = |y| cells(buffer, y).iter().map(|(_, symbol)| *symbol).collect::<String>().trim_end().to_owned() + "\n";
    (0..buffer.area.height).map(row).collect()
}

/// No row is wider than the terminal or was cut to fit, and no character is of a width that terminals disagree on.
fn lint(buffer: &Buffer) {
    for y in 0..buffer.area.height {
        let row: String = cells(buffer, y).iter().map(|(_, symbol)| *symbol).collect();
        assert_eq!(row.width(), usize::from(buffer.area.width), "{row}");
        assert!(!row.trim_end().ends_with("...") || row.trim_end().ends_with(" ..."), "{row}");
        for c in row.chars() {
            assert_eq!(c.width(), c.width_cjk(), "{c:?} in {row}");
        }
    }
}

/// What is not plain, row by row.
fn styles(buffer: &Buffer) -> String {
    let mut all = String::new();
    for y in 0..buffer.area.height {
        let mut runs: Vec<(String, String)> = Vec::new();
        for (x, symbol) in cells(buffer, y) {
            let cell = &buffer[(x, y)];
            let mut style = if cell.fg == Color::Reset { String::new() } else { format!("{} ", cell.fg) };
            for (modifier, name) in [(Modifier::BOLD, "bold "), (Modifier::REVERSED, "reversed ")] {
                style.push_str(if cell.modifier.contains(modifier) { name } else { "" });
            }
            match runs.last_mut() {
                Some((same, text)) if *same == style => text.push_str(symbol),
                _ => runs.push((style, symbol.to_owned())),
            }
        }
        for (style, text) in runs.iter().filter(|(style, _)| !style.is_empty()) {
            all.push_str(&format!("{y:>2} {}: {}\n", style.trim(), text.trim_end()));
        }
    }
    all
}
