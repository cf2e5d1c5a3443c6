//! A private key of the token, found again in whatever session is to use it.

use std::sync::Arc;

use cryptoki::object::{Attribute, ObjectClass, ObjectHandle};

use super::Fault;
use super::desk::Desk;
use super::pin::Pin;
use super::scheme::Scheme;

/// Enough to sign with a private key from any session: handles belong to sessions, the id belongs to the key.
#[derive(Debug, Clone)]
pub(super) struct PrivateKey {
    pub(super) id: Vec<u8>,
    pub(super) scheme: Scheme,
    /// The PIN, where the key asks for it at each signature (CKA_ALWAYS_AUTHENTICATE).
    pub(super) pin: Option<Arc<Pin>>,
}

impl PrivateKey {
    /// Signs what [`Scheme::input`] made. The result is not to be believed before it is verified.
    pub(super) fn sign(&self, desk: &mut Desk, input: &[u8]) -> Result<Vec<u8>, Fault> {
        let handle = match &desk.key {
            Some((id, handle)) if *id == self.id => *handle,
            _ => self.find(desk)?,
        };
        let mechanism = self.scheme.mechanism();
        match &self.pin {
            None => Ok(desk.session()?.sign(&mechanism, handle, input)?),
            Some(pin) => desk.sign_after_login(&mechanism, handle, pin, input),
        }
    }

    fn find(&self, desk: &mut Desk) -> Result<ObjectHandle, Fault> {
        let template = [Attribute::Class(ObjectClass::PRIVATE_KEY), Attribute::Id(self.id.clone())];
        let found = desk.session()?.find_objects(&template)?;
        let [handle] = found.as_slice() else {
            return Err(Fault::Gone(format!("{} private keys have the id of the key in use", found.len())));
        };
        desk.key = Some((self.id.clone(), *handle));
        Ok(*handle)
    }
}
