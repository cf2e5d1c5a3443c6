//! The terminal workstation: it asks and shows, and decides nothing.
//!
//! Each screen owns its typed state. Its `update` is pure: a key or an answer in, the next screen and effects out. One
//! pair of hands executes effects, by the functions of the rooms that the command line calls too; drawing changes nothing.
//!
//! - [`start`]: the workstation at this terminal
//! - [`runner`]: keys and answers in, effects and frames out
//! - [`plain`]: the workstation without screens
//! - [`sources`]: what reaches a face beside the terminal
//! - [`idle`], [`pace`]: when it locks, and how often a gauge is drawn
//! - [`output`]: what the terminal is sent, and its recording
//! - [`terminal_guard`]: the terminal is given back as it was
//! - [`app`]: what all screens have in common
//! - [`effect`]: what screens ask the rooms for
//! - [`told`]: what the rooms answer
//! - [`brake`]: a person asks for the end of what they do
//! - [`asked`]: what one line is asked for
//! - [`hands`]: one worker executes effects
//! - [`screen`]: the screens, a file each
//! - [`frame`]: the frame around every screen
//! - [`notice`]: a refusal as it is shown
//! - [`explained`]: what a code means and what to do
//! - [`palette`]: colours, and what stands in for them
//! - [`language`]: English and Chinese
//! - [`keys`]: keys, whatever the terminal calls them
//! - [`keyboard`], [`decoder`]: bytes of the terminal as keys
//! - [`rail`]: the steps of each journey
//! - [`form`], [`field`]: what a person types
//! - [`window`], [`grid`]: long tables, of which a part is drawn
//! - [`reading`]: everything about one thing

pub mod app;
pub mod asked;
pub mod brake;
pub mod decoder;
pub mod effect;
pub mod explained;
pub mod field;
pub mod form;
pub mod frame;
pub mod grid;
pub mod hands;
pub mod idle;
pub mod keyboard;
pub mod keys;
pub mod language;
pub mod notice;
pub mod output;
pub mod pace;
pub mod palette;
pub mod plain;
pub mod rail;
pub mod reading;
pub mod runner;
pub mod screen;
pub mod sources;
pub mod start;
pub mod terminal_guard;
pub mod told;
pub mod window;
