//! What crosses the gap with its content: every refusal beside the case that passes.

mod approval;
mod tools;
mod world;
