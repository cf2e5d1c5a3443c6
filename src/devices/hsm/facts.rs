//! What a token says of itself before anyone logs in.

use std::fmt;

use cryptoki::context::Info;
use cryptoki::slot::TokenInfo;

use super::HsmError;
use crate::wire::text;

/// Who the token is and how its PIN stands; all text is escaped and safe to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenFacts {
    /// The name it was given at initialisation.
    pub label: String,
    /// What it is found by.
    pub serial: String,
    /// Who made it, and which model it is.
    pub model: String,
    /// Hardware and firmware version.
    pub versions: String,
    /// The PKCS#11 module that speaks for it: maker, description, version.
    pub module: String,
    /// How its PIN stands.
    pub pin: PinState,
}

/// How the user PIN of a token stands. Tokens may keep some of this to themselves: a fact that is absent proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PinState {
    /// A PIN has been set.
    pub is_set: bool,
    /// A wrong PIN was given since the last right one.
    pub is_low: bool,
    /// The next wrong PIN locks it.
    pub is_final_try: bool,
    /// It is locked.
    pub is_locked: bool,
    /// It must be changed first.
    pub must_change: bool,
    /// It is typed at the device, not here.
    pub at_device: bool,
    /// Fewest bytes it has.
    pub minimum: usize,
    /// Most bytes it has.
    pub maximum: usize,
}

impl TokenFacts {
    pub(super) fn of(module: &Info, token: &TokenInfo) -> Self {
        Self {
            label: text::escape(token.label()),
            serial: text::escape(token.serial_number()),
            model: text::escape(&format!("{} {}", token.manufacturer_id(), token.model())),
            versions: format!("hardware {} firmware {}", token.hardware_version(), token.firmware_version()),
            module: text::escape(&format!(
                "{} {} {}",
                module.manufacturer_id(),
                module.library_description(),
                module.library_version()
            )),
            pin: PinState::of(token),
        }
    }
}

impl PinState {
    pub(super) fn of(token: &TokenInfo) -> Self {
        Self {
            is_set: token.user_pin_initialized(),
            is_low: token.user_pin_count_low(),
            is_final_try: token.user_pin_final_try(),
            is_locked: token.user_pin_locked(),
            must_change: token.user_pin_to_be_changed(),
            at_device: token.protected_authentication_path(),
            minimum: token.min_pin_length(),
            maximum: token.max_pin_length(),
        }
    }

    /// Refuses a PIN of `length` bytes, or one typed at the device, where asking the token can only cost a try.
    pub(super) fn may_try(&self, length: Option<usize>) -> Result<(), HsmError> {
        if self.is_locked {
            return Err(HsmError::PinLocked);
        }
        if !self.is_set {
            return Err(HsmError::PinUnusable("not set"));
        }
        let fits = match length {
            Some(length) => !self.at_device && (self.minimum..=self.maximum).contains(&length),
            None => self.at_device,
        };
        if fits { Ok(()) } else { Err(self.form()) }
    }

    pub(super) fn form(&self) -> HsmError {
        let place = if self.at_device { "at the device" } else { "here" };
        HsmError::PinForm { minimum: self.minimum, maximum: self.maximum, place }
    }
}

impl fmt::Display for PinState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self { is_set: false, .. } => "no PIN is set",
            Self { is_locked: true, .. } => "the PIN is locked",
            Self { is_final_try: true, .. } => "the next wrong PIN locks the token",
            Self { must_change: true, .. } => "the PIN must be changed first",
            Self { is_low: true, .. } => "a wrong PIN was given since the last right one",
            _ => "no wrong PIN is counted",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl PinState {
        /// As a token with a PIN of 4 to 8 bytes says it on a good day.
        pub(in crate::devices::hsm) fn usual() -> Self {
            Self {
                is_set: true,
                is_low: false,
                is_final_try: false,
                is_locked: false,
                must_change: false,
                at_device: false,
                minimum: 4,
                maximum: 8,
            }
        }
    }

    #[test]
    fn a_pin_that_can_only_fail_is_not_tried() {
        let usual = PinState::usual();
        assert!(usual.may_try(Some(4)).is_ok());
        for length in [Some(3), Some(9), None] {
            assert!(matches!(usual.may_try(length), Err(HsmError::PinForm { minimum: 4, maximum: 8, place: "here" })));
        }
        let locked = PinState { is_locked: true, ..usual };
        assert!(matches!(locked.may_try(Some(4)), Err(HsmError::PinLocked)));
        let unset = PinState { is_set: false, ..usual };
        assert!(matches!(unset.may_try(Some(4)), Err(HsmError::PinUnusable(_))));
        let at_device = PinState { at_device: true, ..usual };
        assert!(at_device.may_try(None).is_ok());
        assert!(matches!(at_device.may_try(Some(4)), Err(HsmError::PinForm { place: "at the device", .. })));
    }

    #[test]
    fn the_worst_fact_is_said_first() {
        let low = PinState { is_low: true, ..PinState::usual() };
        assert_eq!(low.to_string(), "a wrong PIN was given since the last right one");
        let last = PinState { is_final_try: true, ..low };
        assert_eq!(last.to_string(), "the next wrong PIN locks the token");
        assert_eq!(PinState { is_locked: true, ..last }.to_string(), "the PIN is locked");
        assert_eq!(PinState::usual().to_string(), "no wrong PIN is counted");
    }
}
