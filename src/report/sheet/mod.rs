//! The fingerprint sheet: the paper that carries the code by another way than the medium.
//!
//! 80 columns, pages of 66 lines, English and Chinese side by side. It is made from facts alone, so whoever has the same
//! facts prints the same sheet. Only the eight lines of the statement are covered by the code; the paper says so.
//!
//! - [`facts`]: what stands on a sheet
//! - [`print`](mod@print): number, copy and time of one piece of paper
//! - [`layout`]: from facts to pages
//! - [`encoding`]: the bytes of a text file
//! - [`escp`]: the bytes of a line printer
//! - [`picture`]: PDF and SVG, with a QR code
//! - `label`: the two languages
//! - `block`: lines of labelled values
//! - [`page`]: what stands on each page
//! - `front`: statement, code and signatures
//! - `large`: statement and code in large print
//! - `information`: what the first page tells besides
//! - `introduction`: an enrolment record as a sheet tells it
//! - `lists`: one line a request
//! - `profile`: short names of profiles

mod block;
pub mod encoding;
pub mod escp;
pub mod facts;
mod front;
mod information;
mod introduction;
mod label;
mod large;
pub mod layout;
mod lists;
pub mod page;
pub mod picture;
pub mod print;
mod profile;

pub use encoding::Encoding;
pub use label::Language;
pub use layout::{Sheet, SheetError};
pub use page::Page;
