//! What was sealed, opened.

use std::fmt;
use std::ops::Deref;

use zeroize::Zeroize as _;

/// Opened bytes, which are wiped when dropped. `Zeroizing` would wipe a vector byte by byte, which takes longer than
/// opening it; a slice is wiped at once.
pub struct Plaintext(Vec<u8>);

impl Plaintext {
    /// Room for so many bytes, which is never moved.
    pub(super) fn zeroed(length: usize) -> Self {
        Self(vec![0; length])
    }

    pub(super) fn room(&mut self) -> &mut [u8] {
        &mut self.0
    }
}

impl Deref for Plaintext {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Plaintext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Plaintext({} bytes)", self.0.len())
    }
}

impl Drop for Plaintext {
    fn drop(&mut self) {
        self.0.as_mut_slice().zeroize();
    }
}
