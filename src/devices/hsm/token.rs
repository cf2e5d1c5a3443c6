//! The token before anyone has logged in: found by its serial, never by a slot number, which changes.

use std::marker::PhantomData;
use std::path::Path;
use std::sync::Arc;

use cryptoki::context::Pkcs11;
use cryptoki::object::{Attribute, ObjectClass};
use cryptoki::slot::{Slot, TokenInfo};
use thiserror::Error;

use super::desk::Desk;
use super::facts::TokenFacts;
use super::lane::{Health, Lane, Patience};
use super::module::Module;
use super::pin::Pin;
use super::unlocked::{self, Unlocked};
use super::{Fault, HsmError};
use crate::pki::key_uri::KeyUri;
use crate::refusal::{Reason, Refusal};
use crate::wire::text;

/// A token that was found. Nobody is logged in, no object has been looked at.
#[derive(Debug)]
pub struct Token(Box<Inner>);

#[derive(Debug)]
struct Inner {
    lane: Lane,
    health: Health,
    patience: Patience,
    facts: TokenFacts,
    serial: String,
}

/// A login was refused; here is the token back, to be asked again.
#[derive(Debug, Error)]
#[error("{error}")]
pub struct LoginRefused {
    /// The token, with its PIN state as it is now.
    pub token: Token,
    /// Why.
    #[source]
    pub error: HsmError,
}

impl Refusal for LoginRefused {
    fn reason(&self) -> Reason {
        self.error.reason()
    }
}

impl Token {
    /// Loads and initialises `module` and finds the one token that `uri` names by its serial, and by its label, model and
    /// manufacturer if it has them; module-path and pin-source are for the caller to follow. The module is finalised when the token, or what becomes of it, is dropped; it must be dropped before the
    /// process ends.
    ///
    /// # Errors
    /// The module or the token is refused, hangs or is gone.
    pub fn open(module: &Path, uri: &KeyUri, patience: Patience) -> Result<Self, HsmError> {
        let serial = uri.serial().ok_or(HsmError::UriSerial)?.to_owned();
        let wanted = Wanted(uri.clone());
        let health = Health::default();
        let path = module.to_owned();
        let open = move || {
            let module = Module::open(&path)?;
            let slot = wanted.slot(module.context())?;
            Ok(Desk::new(module, slot))
        };
        let lane = Lane::start(health.clone(), patience.call, open)?;
        let facts = lane.call("reading the token", patience.call, |desk| desk.facts())?;
        Ok(Self(Box::new(Inner { lane, health, patience, facts, serial })))
    }

    /// What the token says of itself; the state of its PIN is to be shown before the PIN is asked for.
    pub fn facts(&self) -> &TokenFacts {
        &self.0.facts
    }

    /// `count` bytes of the generator of the token, to be mixed with those of the operating system. Nobody needs to log
    /// in for them.
    ///
    /// # Errors
    /// [`HsmError::RandomStuck`] where it gives one byte over and over; the token hangs or is gone.
    pub fn random(&self, count: u16) -> Result<Vec<u8>, HsmError> {
        self.0.lane.call("drawing random bytes", self.0.patience.call, move |desk| {
            let bytes = desk.context().open_ro_session(desk.slot())?.generate_random_vec(count.into())?;
            if unlocked::is_stuck(&bytes) { Err(Fault::Refused(HsmError::RandomStuck)) } else { Ok(bytes) }
        })
    }

    /// Logs in as the user of the token.
    ///
    /// # Errors
    /// [`HsmError::PinForm`], [`HsmError::PinLocked`] and [`HsmError::PinUnusable`] without asking the token, where its
    /// facts say so; [`HsmError::PinWrong`] and the same when it was asked.
    pub fn login(mut self, pin: Pin) -> Result<Unlocked, LoginRefused> {
        let asked = self.0.facts.pin.may_try(pin.length()).and_then(|()| self.ask(pin));
        match asked {
            Ok(pin) => {
                let Inner { lane, health, patience, facts, serial } = *self.0;
                Ok(Unlocked { lane, health, patience, facts, serial, pin, one_user: PhantomData })
            }
            Err(error) => {
                let inner = &mut self.0;
                if let Ok(facts) = inner.lane.call("reading the token", inner.patience.call, |desk| desk.facts()) {
                    inner.facts = facts;
                }
                Err(LoginRefused { token: self, error })
            }
        }
    }

    /// Logs in; the PIN comes back only if some key asks for it at each signature, else it is wiped here.
    fn ask(&self, pin: Pin) -> Result<Option<Arc<Pin>>, HsmError> {
        self.0.lane.call("the login", self.0.patience.call, move |desk| {
            desk.login(&pin)?;
            let asking = [Attribute::Class(ObjectClass::PRIVATE_KEY), Attribute::AlwaysAuthenticate(true)];
            let is_needed = !desk.session()?.find_objects(&asking)?.is_empty();
            Ok(is_needed.then(|| Arc::new(pin)))
        })
    }
}

/// Which token is meant.
struct Wanted(KeyUri);

impl Wanted {
    fn is(&self, token: &TokenInfo) -> bool {
        let agrees = |wanted: Option<&str>, is: &str| wanted.is_none_or(|wanted| wanted == is);
        token.token_initialized()
            && self.0.serial() == Some(token.serial_number())
            && agrees(self.0.token(), token.label())
            && agrees(self.0.manufacturer(), token.manufacturer_id())
            && agrees(self.0.model(), token.model())
    }

    fn shown(&self) -> String {
        text::clip(&self.0.of_object().to_string(), 200)
    }

    /// The slot of the one token that is meant.
    fn slot(&self, context: &Pkcs11) -> Result<Slot, Fault> {
        let mut present = Vec::new();
        let mut matching = Vec::new();
        for slot in context.get_slots_with_token()? {
            let Ok(token) = context.get_token_info(slot) else {
                present.push("one that cannot be read".to_owned());
                continue;
            };
            if self.is(&token) {
                matching.push(slot);
            }
            if token.token_initialized() {
                let (label, serial) = (text::clip(token.label(), 40), text::clip(token.serial_number(), 40));
                present.push(format!("{label} (serial {serial})"));
            }
        }
        self.one(&matching, &present)
    }

    /// The one slot that matches.
    fn one(&self, matching: &[Slot], present: &[String]) -> Result<Slot, Fault> {
        let wanted = self.shown();
        match matching {
            [slot] => Ok(*slot),
            [] if present.is_empty() => Err(HsmError::TokenNotFound { wanted, present: "none".to_owned() }.into()),
            [] => Err(HsmError::TokenNotFound { wanted, present: present.join(", ") }.into()),
            _ => Err(HsmError::TokenAmbiguous { wanted, count: matching.len() }.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_token_matches_or_none_is_used() {
        let wanted = Wanted("pkcs11:serial=1".parse().unwrap());
        let slots = [1_u64, 2].map(|slot| Slot::try_from(slot).unwrap());
        assert_eq!(wanted.one(&slots[..1], &[]).unwrap(), slots[0]);
        let refused = |matching: &[Slot], present: &[String]| match wanted.one(matching, present) {
            Err(Fault::Refused(error)) => (error.reason().code, error.to_string()),
            other => panic!("{other:?}"),
        };
        assert_eq!(refused(&slots, &[]).0, "TOKEN_AMBIGUOUS");
        let none = ("TOKEN_NOT_FOUND", "no token matches pkcs11:serial=1; present: none".to_owned());
        assert_eq!(refused(&[], &[]), none);
        assert!(refused(&[], &["ca (serial 2)".to_owned()]).1.ends_with("present: ca (serial 2)"));
    }
}
