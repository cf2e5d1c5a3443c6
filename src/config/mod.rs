//! What a person sets up on a host: one strict TOML a side, and the list of its people.
//!
//! - [`strict`]: TOML in which an unknown key is refused with its line
//! - `online`: the config of the online side
//! - `offline`: the config of the offline side
//! - [`host`]: which of the two this host has
//! - [`contact`]: whom the other side calls
//! - `rotation`: how a host of the online side takes part in a rotation
//! - [`sheet`]: how a host prints
//! - `fleet`: nodes that stage for themselves
//! - [`people`]: the people of a host and their keys
//! - `roster`: the people of a CA host and how many of them it takes

pub mod contact;
#[cfg(feature = "online")]
pub mod fleet;
pub mod host;
#[cfg(feature = "offline")]
pub mod offline;
#[cfg(feature = "online")]
pub mod online;
pub mod people;
#[cfg(feature = "offline")]
pub mod roster;
#[cfg(feature = "online")]
pub mod rotation;
pub mod sheet;
pub mod strict;

pub use strict::ConfigError;
