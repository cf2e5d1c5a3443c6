//! What an operator is shown: the same facts in both faces, in JSON and on paper. Pure: facts in, text out.
//!
//! - [`sheet`]: the printed paper with the code
//! - [`columns`]: text measured as terminals and printers count it
//! - [`mark`]: the words that stand for a result

pub mod columns;
pub mod mark;
pub mod sheet;
