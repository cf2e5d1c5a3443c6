//! The workstation at real pseudo terminals: what it writes, what it takes, and how it gives the terminal back.
//!
//! The hosts here were not set up: the terminal is what is tested. Whole journeys are walked by `scripts/walk` and
//! `scripts/walk-plain`.

mod ends;
mod lines;
#[path = "../store_faults/mounts.rs"]
#[allow(dead_code)]
mod mounts;
mod noise;
mod screens;
mod seat;
