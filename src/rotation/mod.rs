//! Taking a cluster from its old root to the new one: what is in what order, what must hold before each step, and how to
//! go back. Nothing here touches the world: facts come in, a verdict goes out.
//!
//! The law it all follows: on every connection the verifier trusts the new root *in memory* before the presenter shows a
//! leaf of it, and the presenter has left the old leaf before the verifier forgets the old root.
//!
//! - [`stage`]: the ten states, the three passes, and where one can go back to
//! - [`trust`]: what a verifier trusts, what a presenter shows, and whether one accepts the other
//! - [`component`]: the programs of a cluster, how they are restarted and how long that takes
//! - [`store`]: each place in memory that verifies: its flag, its file, and whether it reloads
//! - [`graph`]: who verifies whom, and the order that follows
//! - [`fleet`]: the nodes, and the quorum of etcd
//! - [`facts`]: what was observed
//! - [`account`]: what a node says of itself to the others
//! - [`step`]: one change on one node, and whether it is done
//! - [`mod@plan`]: every step in waves, with what it costs
//! - [`state`]: how far a cluster is, from facts alone
//! - [`check`] and [`gate`]: what must hold before a step and after a stage
//! - [`matrix`]: who accepts whom, predicted and observed
//! - [`meter`]: the success rate, how sure it is, and when it stops the next step
//! - [`soak`]: whether the old root is still in use
//! - [`apart`]: whether old and new leaves are told apart by how long they have to live
//! - [`witness`]: what the metrics of an API server before 1.32 say of it
//! - [`rollback`]: the way back
//! - [`preflight`]: what must hold before anything is touched

pub mod account;
pub mod apart;
pub mod check;
pub mod component;
pub mod facts;
pub mod fleet;
pub mod gate;
pub mod graph;
pub mod matrix;
pub mod meter;
pub mod plan;
pub mod preflight;
pub mod rollback;
pub mod soak;
pub mod stage;
pub mod state;
pub mod step;
pub mod store;
pub mod trust;
pub mod witness;
