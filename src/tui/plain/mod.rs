//! The workstation without screens: for screen readers, braille lines, serial lines, and terminals that place no cursor.
//!
//! It walks the same [`App`](super::app::App) as the screens do. What a screen shows is told in lines, and then only what
//! changed; what a person types is turned into the keys of the screen. No escape sequence is ever written.
//!
//! - [`dialogue`]: lines and answers in, effects and lines out
//! - [`voice`]: what is told of a screen
//! - [`words`]: a line as keys
//! - [`mod@line`]: lines as the terminal gives them
//! - [`console`]: the terminal: echo, and how it is given back

pub mod console;
pub mod dialogue;
pub mod line;
pub mod voice;
pub mod words;
