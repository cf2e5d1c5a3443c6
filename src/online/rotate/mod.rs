//! From a staged package to the new root: the plan, how far a cluster is, and the steps of this node.
//!
//! - [`observe`]: the facts that files alone can tell
//! - [`planned`]: the plan for this cluster and this package
//! - [`status`]: how far each node and each place is
//! - [`preflight`]: what must hold before anything is touched
//! - [`told`]: how a report tells them
//! - [`site`]: this node among the others
//! - [`mod@prepare`]: from the room to the ground
//! - [`ground`]: what does not change while a run lasts
//! - [`eyes`]: what is so, looked at anew each time
//! - [`hands`]: one step done
//! - [`sampler`]: real requests while it runs, counted
//! - [`past`]: what the log says of earlier runs
//! - [`counted`]: what the meter counted in them
//! - [`announced`]: a step that stands in the log, about to be done
//! - [`begin`]: the preflight that a rotation demands
//! - [`foretold`]: by what it will be told whether the old root is still in use
//! - [`vouched`]: users who come without a certificate, by the word of a person
//! - [`agreement`]: people agree to the drop, and to taking away what is kept
//! - [`goal`]: where a run leads
//! - [`mod@run`]: look, do the next step of this node, look again
//! - [`ended`]: what a run did, and why it ended
//! - `returned`: that a way back is at its end
//! - `wave`: a step among the others
//! - `held`: what is said where it is held
//! - [`fault`]: why it does not go on

pub mod agreement;
pub mod announced;
pub mod begin;
pub mod counted;
pub mod ended;
pub mod eyes;
pub mod fault;
pub mod foretold;
pub mod goal;
pub mod ground;
pub mod hands;
mod held;
pub mod observe;
pub mod past;
pub mod planned;
pub mod preflight;
pub mod prepare;
mod returned;
pub mod run;
pub mod sampler;
pub mod site;
pub mod status;
pub mod told;
pub mod vouched;
mod wave;

pub use ended::{Ended, Why};
pub use fault::RotateError;
pub use goal::Goal;
pub use ground::Ground;
pub use planned::{Planned, Wish};
pub use preflight::Preflight;
pub use prepare::{Asked, prepare};
pub use run::run;
pub use status::Status;
