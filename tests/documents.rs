//! The documents say what the program does.
//!
//! `UPDATE_DOCUMENTS=1 cargo test --test documents` writes what can be written without a person; the rest fails.

#[path = "documents/codes.rs"]
mod codes;
#[path = "documents/commands.rs"]
mod commands;
#[path = "documents/evidence.rs"]
mod evidence;
#[path = "documents/source.rs"]
mod source;
#[path = "documents/told.rs"]
mod told;
