//! What an operator is shown: the same facts in both faces, in JSON and on paper. Pure: facts in, text out.
//!
//! - [`document`]: the one object that each command answers with, as JSON and as text
//! - [`advice`]: what is done on either side with a transfer that was refused
//! - [`meaning`]: what codes mean, in English and Chinese
//! - [`checks`]: the numbered checks of a transfer and how they went
//! - [`requests`]: what is asked and what becomes of it, a line a request
//! - [`scan`]: what a scan found, as a table
//! - `exposition`: the text format of Prometheus
//! - [`transcript`]: one line a command
//! - [`journal`]: entries of the log
//! - [`specimen`]: what a single file holds
//! - [`sheet`]: the printed paper with the code
//! - [`table`]: rows in columns, cut and never wrapped
//! - [`columns`]: text measured as terminals and printers count it
//! - [`mark`]: the words that stand for a result

pub mod advice;
pub mod checks;
pub mod columns;
pub mod document;
#[cfg(feature = "online")]
pub mod exposition;
pub mod journal;
pub mod mark;
pub mod meaning;
pub mod requests;
#[cfg(feature = "online")]
pub mod scan;
pub mod sheet;
pub mod specimen;
pub mod table;
pub mod transcript;
