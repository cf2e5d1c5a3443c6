//! The token after login.

use std::cell::Cell;
use std::marker::PhantomData;
use std::sync::Arc;

use super::facts::TokenFacts;
use super::inventory::{self, Inventory};
use super::lane::{Health, Lane, Patience};
use super::pin::Pin;
use super::{Fault, HsmError};

/// A token someone is logged in to. Dropping it logs out, closes the session and finalises the module; [`close`] does
/// the same and says whether it went well.
///
/// After [`HsmError::Hangs`] or [`HsmError::Gone`] nothing is asked of it any more: drop it, open the token anew and log
/// in again.
///
/// [`close`]: Unlocked::close
#[derive(Debug)]
pub struct Unlocked {
    pub(super) lane: Lane,
    pub(super) health: Health,
    pub(super) patience: Patience,
    pub(super) facts: TokenFacts,
    /// As the token says it, not escaped.
    pub(super) serial: String,
    /// Kept only while the token holds keys that ask for it at each signature.
    pub(super) pin: Option<Arc<Pin>>,
    /// Not [`Sync`]: calls of several threads would wait for each other, and be taken for a token that hangs.
    pub(super) one_user: PhantomData<Cell<()>>,
}

impl Unlocked {
    /// What the token said of itself before the login.
    pub fn facts(&self) -> &TokenFacts {
        &self.facts
    }

    /// Every key in the token, whole or not.
    ///
    /// # Errors
    /// [`HsmError::Hangs`] and [`HsmError::Gone`].
    pub fn inventory(&self) -> Result<Inventory, HsmError> {
        self.lane.call("reading the objects", self.patience.call, |desk| inventory::read(desk))
    }

    /// `count` bytes of the generator of the token, to be mixed with those of the operating system.
    ///
    /// # Errors
    /// [`HsmError::RandomStuck`] where it gives one byte over and over.
    pub fn random(&self, count: u16) -> Result<Vec<u8>, HsmError> {
        self.lane.call("drawing random bytes", self.patience.call, move |desk| {
            let bytes = desk.session()?.generate_random_vec(count.into())?;
            if is_stuck(&bytes) { Err(Fault::Refused(HsmError::RandomStuck)) } else { Ok(bytes) }
        })
    }

    /// Logs out, closes the session and finalises the module.
    ///
    /// # Errors
    /// [`HsmError::Hangs`] and [`HsmError::Gone`]; the token is closed as far as it lets itself be.
    pub fn close(self) -> Result<(), HsmError> {
        self.lane.call("the logout", self.patience.call, |desk| desk.logout())
    }
}

/// Whether one byte fills eight bytes or more: a generator that is off, or one that never wrote to the buffer.
pub(super) fn is_stuck(bytes: &[u8]) -> bool {
    bytes.len() >= 8 && bytes.windows(2).all(|pair| matches!(pair, [one, next] if one == next))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generator_that_repeats_one_byte_is_stuck() {
        assert!(is_stuck(&[0; 8]));
        assert!(is_stuck(&[0xff; 20]));
        assert!(!is_stuck(&[0, 0, 0, 0, 0, 0, 0, 1]));
        assert!(!is_stuck(&[0; 4]));
    }
}
