//! What crosses the gap: plain text, paper, ZIP, SSHSIG and age, each with one valid encoding.
//!
//! - [`trace`]: the id that ties together every record of one exchange
//! - [`statement`]: the eight lines that are signed, hashed and printed for one transfer
//! - [`code`]: the hash of a statement as sixteen rows that a person types from paper
//! - [`draw`]: who types which rows, and how one person's typing is judged
//! - [`transfer`]: the three files of one transfer and their names
//! - [`csr_bundle`]: what a cluster asks of its CA
//! - [`node_package`]: what one node needs of an accepted package
//! - [`container`]: the files of a bundle or package in one canonical ZIP
//! - [`signature`]: SSHSIG by Ed25519 keys, as `ssh-keygen -Y` makes and checks it
//! - [`people`]: who approves, with which keys, and how many
//! - [`consent`]: a person agrees that an old root is dropped
//! - [`genesis`]: the text that everyone signs before a host works
//! - [`seal`]: age encryption to the recipients of a package
//! - [`digested`]: the digest of bytes that are kept while they are written

pub mod approval;
pub mod arrival;
pub mod cert_package;
pub mod code;
pub mod consent;
pub mod container;
pub mod csr_bundle;
pub mod digested;
pub mod dispatch;
pub mod draw;
pub mod enrolment;
pub mod genesis;
pub mod lines;
pub mod node_package;
pub mod paper;
pub mod people;
pub mod roots;
pub mod seal;
pub mod signature;
pub mod statement;
pub mod trace;
pub mod transfer;
