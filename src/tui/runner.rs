//! Keys and answers in, effects and frames out. It waits for events; nothing is drawn that did not change.

use std::io::{self, Write as _};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Instant;

use ratatui::Terminal;
use ratatui::backend::Backend;

use super::app::{App, Event};
use super::effect::{Effect, Input};
use super::frame;
use super::idle::Idle;
use super::keyboard::{self, Pastes};
use super::output::Unrecorded;
use super::pace::Pace;
use super::palette::Palette;
use super::sources::{Arrived, Interrupts, LastWord, Worker, hear_signals, work};
use super::terminal_guard::give_back;
use super::told::Told;

/// Exit status of a fault of this program.
pub(super) const BROKEN: u8 = 1;
/// What is told of work that goes on when nobody sits here any more; both languages, for the screen is gone.
const SIGNED_FIRST: &str = "ending; what was announced is signed first / 正在结束：已公布的批次先签完";
const CUT_OFF: &str = "ending; what goes on ends first, Ctrl-C cuts it off / 正在结束：先完成当前操作，Ctrl-C 立即中断";

/// How the terminal is drawn on.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// Its colours.
    pub palette: Palette,
    /// How often a gauge moves.
    pub pace: Pace,
    /// How a paste is told apart from keys.
    pub pastes: Pastes,
}

/// Runs the workstation until it ends. What its worker does is waited for once the terminal was given back.
///
/// # Errors
/// What the terminal says.
pub fn run<B: Backend<Error = io::Error>>(
    terminal: &mut Terminal<B>,
    app: (App, Vec<Effect>),
    look: Look,
    config: Option<std::path::PathBuf>,
    unrecorded: &Unrecorded,
) -> io::Result<Ending> {
    let (sender, events) = channel();
    let mut worker = work(config, sender.clone());
    keyboard::listen(LastWord::of(sender.clone()), look.pastes);
    hear_signals(sender, Interrupts::End, worker.brake(), give_back)?;
    let status = turn(terminal, app, (look, unrecorded), &events, &mut worker);
    Ok(Ending { status, worker })
}

/// A workstation that nobody sits at any more.
pub struct Ending {
    /// What it ended with.
    pub(super) status: io::Result<u8>,
    /// What still goes on.
    pub(super) worker: Worker,
}

impl Ending {
    /// Waits until nothing goes on, also where the terminal is gone; returns the exit status.
    ///
    /// # Errors
    /// What the terminal said.
    pub fn wait(self) -> io::Result<u8> {
        let brake = self.worker.brake();
        if !matches!(self.status, Ok(BROKEN)) {
            self.worker.ends(|| {
                let told = if brake.is_bound() { SIGNED_FIRST } else { CUT_OFF };
                // Nobody may be there any more to read it.
                let _ = writeln!(io::stderr(), "airlock: {told}");
            });
        }
        self.status
    }
}

fn turn<B: Backend<Error = io::Error>>(
    terminal: &mut Terminal<B>,
    (mut app, mut asked): (App, Vec<Effect>),
    (mut look, unrecorded): (Look, &Unrecorded),
    events: &Receiver<Arrived>,
    worker: &mut Worker,
) -> io::Result<u8> {
    let mut idle = Idle::since(Instant::now());
    let mut is_changed = true;
    loop {
        if let Some(status) = hand_over(std::mem::take(&mut asked), worker) {
            return Ok(status);
        }
        if is_changed {
            draw(terminal, &app, look.palette)?;
            look.pace.drawn(Instant::now());
        }
        is_changed = true;
        if unrecorded.is_news() {
            (app, asked) = app.update(Event::Unrecorded);
            continue;
        }
        match next(events, &mut idle, &mut look.pace) {
            Some(Arrived::Event(event)) => {
                let now = Instant::now();
                if !matches!(event, Event::Drowsy | Event::Idle | Event::Resized) {
                    idle = Idle::since(now);
                }
                if let Event::Input(Input::Told(Told::Gauge { .. })) = event {
                    is_changed = look.pace.moved(now);
                }
                (app, asked) = app.update(event);
            }
            Some(Arrived::Redraw) => wipe(terminal)?,
            Some(Arrived::Broken) => return Ok(BROKEN),
            Some(Arrived::Line(_)) | None => {}
        }
    }
}

/// Gives effects to the worker; returns the exit status where one of them ends the program.
pub(super) fn hand_over(asked: Vec<Effect>, worker: &mut Worker) -> Option<u8> {
    for effect in asked {
        match effect {
            Effect::Quit(status) => return Some(status),
            effect => {
                if !worker.takes(effect) {
                    return Some(BROKEN);
                }
            }
        }
    }
    None
}

/// What arrives next, or is due before; none where a gauge is to be drawn.
fn next(events: &Receiver<Arrived>, idle: &mut Idle, pace: &mut Pace) -> Option<Arrived> {
    loop {
        let now = Instant::now();
        let left = pace.left(now).map_or(idle.left(now), |left| left.min(idle.left(now)));
        match events.recv_timeout(left) {
            Ok(arrived) => return Some(arrived),
            Err(RecvTimeoutError::Disconnected) => return Some(Arrived::Broken),
            Err(RecvTimeoutError::Timeout) => {
                let now = Instant::now();
                if let Some(event) = idle.due(now) {
                    return Some(Arrived::Event(event));
                }
                if pace.due(now) {
                    return None;
                }
            }
        }
    }
}

/// Clears the terminal, so that the next frame is drawn whole. The library's own way would ask the terminal where its cursor
/// is, and the keyboard, which reads everything, would get the answer.
fn wipe<B: Backend>(terminal: &mut Terminal<B>) -> Result<(), B::Error> {
    let area = terminal.get_frame().area();
    terminal.resize(area)
}

/// Draws one frame.
///
/// # Errors
/// What the terminal says.
pub fn draw<B: Backend>(terminal: &mut Terminal<B>, app: &App, palette: Palette) -> Result<(), B::Error> {
    terminal.draw(|drawn| {
        let area = drawn.area();
        match app.view(area.width, area.height) {
            Some((view, canvas)) => frame::draw(drawn, &view, &canvas, palette),
            None => frame::too_small(drawn, app.language()),
        }
    })?;
    Ok(())
}
