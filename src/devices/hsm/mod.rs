//! The HSM over PKCS#11: where issuer keys and machine keys are made, kept and used.
//!
//! - [`Token`]: found by serial in a module, asked nothing but its [`TokenFacts`]
//! - [`Pin`]: what unlocks it
//! - [`Unlocked`]: after login; [`Inventory`], new keys, random bytes
//! - [`IssuerKey`], [`MachineKey`]: two kinds of keys that never do each other's work
//! - [`Orders`]: the only thing an issuer key signs, once: then it is [`Spent`]; [`Signed`]: what comes back
//! - [`Patience`]: how long the token may take before it is taken for dead
//!
//! Inside: every call happens on a `lane`, a thread with a deadline; its `desk` holds the session. A `fault` that
//! is not expected ends the token. No signature leaves before it has verified under the key that was meant (`scheme`).

mod batch;
mod custody;
mod desk;
mod error;
mod facts;
mod fault;
mod generate;
mod inventory;
mod key;
mod lane;
mod module;
mod object;
mod order;
mod pin;
mod point;
mod private;
#[allow(unsafe_code)] // Its reason stands at its head, those of its blocks beside them.
mod raw;
mod scheme;
mod token;
mod unlocked;

pub use batch::{MAX_BATCH, Signed};
pub use error::HsmError;
pub use facts::{PinState, TokenFacts};
use fault::Fault;
pub use generate::{IssuerKeyType, NewKey};
pub use inventory::{HeldKey, Inventory};
pub use key::{IssuerKey, MACHINE_PREFIX, MachineKey};
pub use lane::Patience;
pub use order::{Orders, Spent};
pub use pin::Pin;
pub use scheme::Signature;
pub use token::{LoginRefused, Token};
pub use unlocked::Unlocked;

#[cfg(test)]
mod bench;
#[cfg(test)]
#[path = "../../../tests/rig/mod.rs"]
mod rig;
#[cfg(test)]
mod tests;
