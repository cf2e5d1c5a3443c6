//! Randomness of the operating system.

use thiserror::Error;

use crate::refusal::{Class, Reason, Refusal};

/// A source of random bytes.
pub trait Entropy {
    /// Fills `bytes`.
    ///
    /// # Errors
    /// [`EntropyError`]; what `bytes` hold then must not be used.
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), EntropyError>;
}

/// The kernel's generator, `getrandom(2)`.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemEntropy;

/// The operating system gave no random bytes.
#[derive(Debug, Error)]
#[error("the operating system gives no random bytes: {0}")]
pub struct EntropyError(String);

impl Entropy for SystemEntropy {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        getrandom::fill(bytes).map_err(|e| EntropyError(e.to_string()))
    }
}

impl Refusal for EntropyError {
    fn reason(&self) -> Reason {
        Reason::new(Class::Internal, "ENTROPY_FAILED", "do not go on with this host; have its operating system checked")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_draws_differ() {
        let (mut first, mut second) = ([0; 32], [0; 32]);
        SystemEntropy.fill(&mut first).unwrap();
        SystemEntropy.fill(&mut second).unwrap();
        assert_ne!(first, second);
        assert_ne!(first, [0; 32]);
    }
}
