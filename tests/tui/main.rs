//! The terminal workstation without a terminal: every screen as it is drawn, in both languages, two sizes, with and
//! without colour; walks typed blind through the pure `update`; and what must never stand on a screen.

mod again;
mod any;
mod bytes;
mod chinese;
#[cfg(all(feature = "online", feature = "offline"))]
mod commands;
mod complete;
mod drawn;
mod elsewhere;
mod facts;
mod files;
mod fits;
mod journey;
mod lock;
mod look;
#[cfg(feature = "online")]
mod nodes;
mod screens;
mod secrets;
mod setup;
mod shelf;
mod speed;
mod stop;
mod trust;
mod walk;
#[cfg(feature = "online")]
mod wish;
