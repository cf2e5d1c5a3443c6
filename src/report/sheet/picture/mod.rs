//! A sheet as PDF and as SVG: the same lines as on a line printer, on A4, with the code once more as a QR code.
//!
//! What is drawn depends on the facts and on the host's Chinese font alone: no clock, no chance, no script, nothing from
//! elsewhere. Letters and digits are those of a font within this program, never of the host: a font decides what a reader
//! sees.
//!
//! - [`font`]: the letters
//! - `place`: where each line stands
//! - `qr`: the QR code
//! - [`leaves`]: pages ready to be drawn
//! - `pdf`: one PDF of all pages
//! - `svg`: an SVG a page

pub mod font;
pub mod leaves;
mod pdf;
mod place;
mod qr;
mod svg;

pub use font::{ChineseFont, FontError};
pub use leaves::Leaves;
