//! What crosses the gap with its content: every refusal beside the case that passes.

mod approval;
mod bundle;
mod host;
mod letter;
mod paper;
mod tools;
mod world;
