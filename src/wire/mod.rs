//! The strict encodings that everything that crosses the gap, or lies in the log, is made of.
//!
//! - [`digest`]: SHA-256 as 64 lower-case hex digits
//! - [`time`]: UTC seconds as RFC 3339 with `Z`
//! - [`json`]: RFC 8785, one valid encoding per value
//! - [`pem`]: RFC 7468, one block with one valid encoding
//! - [`base64`]: bytes inside JSON
//! - `expected`: a writer that compares
//! - [`text`]: untrusted text made safe to show

pub mod base64;
pub mod digest;
pub(crate) mod expected;
pub mod json;
pub mod pem;
pub mod text;
pub mod time;
