//! What a person sets up on a host: one strict TOML a side, and the list of its people.
//!
//! - [`strict`]: TOML in which an unknown key is refused with its line
//! - `online`: the config of the online side
//! - [`people`]: the people of a host and their keys

#[cfg(feature = "online")]
pub mod online;
pub mod people;
pub mod strict;

pub use strict::ConfigError;
