//! What one thread works with: the module, the slot, and a session once someone has logged in.

use std::sync::Arc;

use cryptoki::context::Pkcs11;
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::object::ObjectHandle;
use cryptoki::session::{Session, UserType};
use cryptoki::slot::Slot;

use super::facts::{PinState, TokenFacts};
use super::module::Module;
use super::pin::Pin;
use super::{Fault, HsmError};

/// The working place of one thread. Fields are dropped in order: the session is closed before the module is left.
pub(super) struct Desk {
    session: Option<Session>,
    /// Whether this desk logged in, and so logs out: the login belongs to the process, not to a session.
    is_logged_in: bool,
    /// The private key found last, by its id: handles are asked for once per session, not once per batch.
    pub(super) key: Option<(Vec<u8>, ObjectHandle)>,
    slot: Slot,
    module: Arc<Module>,
}

impl Desk {
    pub(super) fn new(module: Arc<Module>, slot: Slot) -> Self {
        Self { session: None, is_logged_in: false, key: None, slot, module }
    }

    /// Another place at the same token, with a read-only session under the login of the process.
    pub(super) fn beside(module: Arc<Module>, slot: Slot) -> Result<Self, Fault> {
        let session = module.context().open_ro_session(slot)?;
        Ok(Self { session: Some(session), is_logged_in: false, key: None, slot, module })
    }

    /// The same module and slot, for another desk.
    pub(super) fn place(&self) -> (Arc<Module>, Slot) {
        (Arc::clone(&self.module), self.slot)
    }

    pub(super) fn context(&self) -> &Pkcs11 {
        self.module.context()
    }

    pub(super) fn slot(&self) -> Slot {
        self.slot
    }

    /// The session; there is one after login.
    pub(super) fn session(&self) -> Result<&Session, Fault> {
        self.session.as_ref().ok_or_else(|| Fault::Gone("nobody is logged in".to_owned()))
    }

    pub(super) fn facts(&self) -> Result<TokenFacts, Fault> {
        let token = self.context().get_token_info(self.slot)?;
        Ok(TokenFacts::of(&self.context().get_library_info()?, &token))
    }

    /// Opens the session and logs in.
    pub(super) fn login(&mut self, pin: &Pin) -> Result<(), Fault> {
        let session = self.context().open_ro_session(self.slot)?;
        let Err(error) = session.login(UserType::User, pin.secret()) else {
            self.session = Some(session);
            self.is_logged_in = true;
            return Ok(());
        };
        let state = PinState::of(&self.context().get_token_info(self.slot)?);
        Err(login_refusal(&error, state).map_or_else(|| error.into(), Fault::Refused))
    }

    pub(super) fn logout(&mut self) -> Result<(), Fault> {
        if std::mem::take(&mut self.is_logged_in) {
            self.session()?.logout()?;
        }
        Ok(())
    }

    /// C_SignInit, the login that the key asks for, and C_Sign.
    pub(super) fn sign_after_login(
        &self,
        mechanism: &Mechanism<'_>,
        key: ObjectHandle,
        pin: &Pin,
        data: &[u8],
    ) -> Result<Vec<u8>, Fault> {
        let session = self.session()?;
        session.sign_init(mechanism, key)?;
        session.login(UserType::ContextSpecific, pin.secret())?;
        Ok(self.module.sign()?.sign(session, data)?)
    }
}

/// What a refused C_Login means; [`None`] where it means nothing that a person at the PIN can mend.
fn login_refusal(error: &Error, state: PinState) -> Option<HsmError> {
    let Error::Pkcs11(code, _) = error else { return None };
    match code {
        RvError::PinIncorrect | RvError::PinInvalid => Some(HsmError::PinWrong(state)),
        RvError::PinLenRange => Some(state.form()),
        RvError::PinLocked => Some(HsmError::PinLocked),
        RvError::PinExpired => Some(HsmError::PinUnusable("expired")),
        RvError::UserPinNotInitialized => Some(HsmError::PinUnusable("not set")),
        _ => None,
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        // The token may be gone; then there is nobody to log out from.
        let _ = self.logout();
    }
}

#[cfg(test)]
mod tests {
    use cryptoki::context::Function;

    use super::*;
    use crate::refusal::Refusal as _;

    #[test]
    fn a_locked_pin_is_told_from_a_wrong_one_and_from_a_dead_token() {
        let state = PinState::usual();
        let code = |code| login_refusal(&Error::Pkcs11(code, Function::Login), state).map(|e| e.reason().code);
        assert_eq!(code(RvError::PinIncorrect), Some("PIN_WRONG"));
        assert_eq!(code(RvError::PinLocked), Some("PIN_LOCKED"));
        assert_eq!(code(RvError::PinLenRange), Some("PIN_FORM"));
        assert_eq!(code(RvError::PinExpired), Some("PIN_UNUSABLE"));
        assert_eq!(code(RvError::UserPinNotInitialized), Some("PIN_UNUSABLE"));
        assert_eq!(code(RvError::DeviceError), None);
        assert_eq!(code(RvError::UserAlreadyLoggedIn), None);
    }
}
