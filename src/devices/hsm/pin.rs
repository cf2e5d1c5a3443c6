//! The PIN, on its way from the person to the token.

use std::fmt;

use cryptoki::types::AuthPin;
use secrecy::ExposeSecret as _;
use zeroize::Zeroizing;

/// A PIN, wiped from memory when it is dropped, or the word that it is typed at the device itself.
pub struct Pin(Option<AuthPin>);

impl Pin {
    /// A PIN that was typed here; what it was read into is wiped too.
    pub fn typed(text: Zeroizing<String>) -> Self {
        // From &str: taking the String itself would shrink it and leave a copy of its first allocation behind.
        Self(Some(AuthPin::from(text.as_str())))
    }

    /// The person types the PIN at the device (CKF_PROTECTED_AUTHENTICATION_PATH).
    pub fn at_device() -> Self {
        Self(None)
    }

    /// What C_Login takes.
    pub(super) fn secret(&self) -> Option<&AuthPin> {
        self.0.as_ref()
    }

    /// How many bytes the token would be given.
    pub(super) fn length(&self) -> Option<usize> {
        self.0.as_ref().map(|pin| pin.expose_secret().len())
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pin(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_is_not_printed() {
        let pin = Pin::typed(Zeroizing::new("81726354".to_owned()));
        assert_eq!(pin.length(), Some(8));
        assert!(!format!("{pin:?}").contains('8'));
        assert_eq!(Pin::at_device().length(), None);
    }
}
