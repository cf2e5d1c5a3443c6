//! What a step costs on a serial line: at 9600 baud two KiB are two seconds.

use std::cell::RefCell;
use std::io;
use std::rc::Rc;

use airlock::audit::entry::Side;
use airlock::desk::unfinished::Stage;
use airlock::tui::keys::Key;
use airlock::tui::palette::Palette;
use airlock::tui::runner::draw;
use airlock::tui::told::Told;
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use ratatui::{Terminal, TerminalOptions, Viewport};

use crate::drawn::Drawn;
use crate::facts;
use crate::screens::{eight, home, review, typing};

/// Bytes of a step.
const MOST: usize = 2048;

/// What a terminal is sent.
#[derive(Clone, Default)]
struct Wire(Rc<RefCell<Vec<u8>>>);

impl io::Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A serial line to a terminal of 80 columns and 24 rows.
struct Serial {
    terminal: Terminal<CrosstermBackend<Wire>>,
    wire: Wire,
    palette: Palette,
}

impl Serial {
    fn to(palette: Palette, drawn: &Drawn) -> Self {
        let wire = Wire::default();
        let viewport = Viewport::Fixed(Rect::new(0, 0, 80, 24));
        let terminal =
            Terminal::with_options(CrosstermBackend::new(wire.clone()), TerminalOptions { viewport }).unwrap();
        let mut serial = Self { terminal, wire, palette };
        serial.frame(drawn);
        serial
    }

    /// Draws a frame; returns how many bytes that took.
    fn frame(&mut self, drawn: &Drawn) -> usize {
        self.wire.0.borrow_mut().clear();
        draw(&mut self.terminal, drawn.app(), self.palette).unwrap();
        self.wire.0.borrow().len()
    }

    fn step(&mut self, name: &str, drawn: &Drawn, most: usize) {
        let bytes = self.frame(drawn);
        println!("{bytes:>5} B  {name} ({:?})", self.palette);
        assert!(bytes < most, "{name} takes {bytes} bytes");
    }
}

#[test]
fn a_step_takes_less_than_two_kib() {
    for palette in [Palette::Plain, Palette::Coloured] {
        let mut drawn = home(Side::Offline, &[Stage::Typed, Stage::Quarantined]);
        let mut serial = Serial::to(palette, &drawn);
        assert_eq!(serial.frame(&drawn), serial.frame(&drawn), "nothing changed");
        drawn.key(Key::Down);
        serial.step("S00 down", &drawn, 512);
        drawn.typed("?");
        serial.step("S00 help", &drawn, MOST);
        drawn.key(Key::Esc).typed("2");
        serial.step("F10", &drawn, MOST);
        drawn.typed("/");
        serial.step("F10 a character", &drawn, 128);
        drawn = typing(Side::Offline, eight());
        serial.step("F20", &drawn, MOST);
        drawn.typed("8");
        serial.step("F20 a digit", &drawn, 128);
        drawn = review(20_000);
        serial.step("F40", &drawn, MOST);
        for (name, key, most) in [
            ("F40 down", Key::Down, MOST),
            ("F40 page down", Key::PageDown, MOST),
            ("F40 last", Key::End, MOST),
            ("F40 up", Key::Up, MOST),
        ] {
            drawn.key(key);
            serial.step(name, &drawn, most);
        }
        drawn.told(Told::Refused(facts::notice()));
        serial.step("F40 refused", &drawn, MOST);
    }
}

#[test]
fn what_did_not_change_is_not_drawn() {
    let drawn = review(42);
    let mut serial = Serial::to(Palette::Coloured, &drawn);
    // The cursor is hidden again and the style reset; no cell is sent.
    assert!(serial.frame(&drawn) < 64);
}
