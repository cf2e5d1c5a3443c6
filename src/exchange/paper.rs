//! The paper: who typed which rows of a sheet, and what follows from it.
//!
//! - [`channel`]: how the rows came from the paper to the machine
//! - [`sheet_copy`]: which printed sheet a person held

pub mod channel;
pub mod sheet_copy;
