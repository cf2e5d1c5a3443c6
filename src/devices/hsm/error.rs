//! Why the token, or what it holds, was refused.

use thiserror::Error;

use super::facts::PinState;
use crate::pki::key::{KeyError, KeyType};
use crate::refusal::{Class, Reason, Refusal};

/// Why the token, or what it holds, was refused. Text that comes from a token is escaped before it gets here.
#[derive(Debug, Error)]
pub enum HsmError {
    /// The module is not a file we would load.
    #[error("the PKCS#11 module {path} {fault}")]
    ModulePath {
        /// As given, escaped.
        path: String,
        /// What is wrong with it.
        fault: &'static str,
    },
    /// The module did not load or initialise.
    #[error("the PKCS#11 module does not start: {0}")]
    ModuleLoad(String),
    /// This process has the module open, or a hung call still sits in it.
    #[error("the PKCS#11 module {0} is in use by this program")]
    ModuleBusy(String),
    /// The key URI does not say which token.
    #[error("the key URI names no token serial")]
    UriSerial,
    /// No token matches the URI.
    #[error("no token matches {wanted}; present: {present}")]
    TokenNotFound {
        /// What the URI asks for.
        wanted: String,
        /// Label and serial of each token that is there.
        present: String,
    },
    /// Several tokens match the URI.
    #[error("{count} tokens match {wanted}")]
    TokenAmbiguous {
        /// What the URI asks for.
        wanted: String,
        /// How many tokens match.
        count: usize,
    },
    /// The token refused the PIN.
    #[error("the token refused the PIN; {0}")]
    PinWrong(PinState),
    /// The PIN is locked.
    #[error("the PIN of the token is locked")]
    PinLocked,
    /// The PIN has expired, or was never set.
    #[error("the PIN of the token is {0}")]
    PinUnusable(&'static str),
    /// No PIN of this token can look like that; the token was not asked.
    #[error("this token takes a PIN of {minimum} to {maximum} bytes, typed {place}")]
    PinForm {
        /// Fewest bytes the token takes.
        minimum: usize,
        /// Most bytes the token takes.
        maximum: usize,
        /// Here, or at the device.
        place: &'static str,
    },
    /// No key matches the URI.
    #[error("the token holds no private key {0}")]
    KeyNotFound(String),
    /// Several keys match the URI.
    #[error("{count} private keys match {wanted}")]
    KeyAmbiguous {
        /// What the URI asks for.
        wanted: String,
        /// How many keys match.
        count: usize,
    },
    /// One half of the pair is missing, repeated or unreadable.
    #[error("the key pair {label} is not whole: {fault}")]
    KeyHalf {
        /// Its label, or its id.
        label: String,
        /// What is wrong with it.
        fault: &'static str,
    },
    /// The private key is not kept as an issuer or machine key must be.
    #[error("the private key {label} is not safe to use: {fault}")]
    KeyUnsafe {
        /// Its label.
        label: String,
        /// The attribute that is wrong.
        fault: &'static str,
    },
    /// The public half is not a key we know.
    #[error("the public key of {label} cannot be read: {source}")]
    KeyUnreadable {
        /// Its label.
        label: String,
        /// What is wrong with it.
        source: KeyError,
    },
    /// The key in the token is not the one that is meant.
    #[error("the key {0} in the token is not the intended key")]
    KeyDiffers(String),
    /// An issuer key was asked for as a machine key, or the other way round.
    #[error("the key {label} cannot be {wanted}")]
    KeyRole {
        /// Its label.
        label: String,
        /// What it was asked to be.
        wanted: &'static str,
    },
    /// A label we do not give.
    #[error("{0:?} is not a label for a new key")]
    KeyLabel(String),
    /// The label or the id is taken.
    #[error("the token already holds an object with the {0} of the new key")]
    KeyExists(&'static str),
    /// The token cannot do what the key type needs.
    #[error("the token cannot make or use keys of type {0}")]
    KeyMechanism(KeyType),
    /// A new key failed a check and was destroyed.
    #[error("the new key was destroyed: {0}")]
    KeyDestroyed(Box<HsmError>),
    /// A new key failed a check and could not be destroyed.
    #[error("a faulty new key labelled {label} is left in the token: {source}")]
    KeyLeftBehind {
        /// Its label.
        label: String,
        /// The check that failed.
        source: Box<HsmError>,
    },
    /// The token returned a signature that does not verify under the intended key.
    #[error("the token returned a signature that does not verify under the intended key")]
    SignatureWrong,
    /// More orders than one batch holds, or none.
    #[error("{0} orders are not one batch")]
    BatchSize(usize),
    /// The generator of the token returned nothing random.
    #[error("the random generator of the token repeats itself")]
    RandomStuck,
    /// The token did not answer in time.
    #[error("the token does not answer: {0} took too long")]
    Hangs(&'static str),
    /// The token answered what it never should; whatever it says now is not believed.
    #[error("the token is gone: {0}")]
    Gone(String),
}

impl Refusal for HsmError {
    fn reason(&self) -> Reason {
        let hsm = |code, hint| Reason::new(Class::Hsm, code, hint);
        let person = |code, hint| Reason::new(Class::Authentication, code, hint);
        match self {
            Self::ModulePath { .. } => hsm("MODULE_PATH", "name the module by its absolute path in the config"),
            Self::ModuleLoad(_) => hsm("MODULE_LOAD", "check the module's installation and its own config"),
            Self::ModuleBusy(_) => hsm("MODULE_BUSY", "close the other use of it, or start airlock again"),
            Self::UriSerial => hsm("TOKEN_URI", "write the key URI with serial="),
            Self::TokenNotFound { .. } => hsm("TOKEN_NOT_FOUND", "insert the enrolled token, or correct the key URI"),
            Self::TokenAmbiguous { .. } => hsm("TOKEN_AMBIGUOUS", "remove the token that is not meant"),
            Self::PinWrong(_) => person("PIN_WRONG", "type the PIN again; wrong PINs lock the token"),
            Self::PinLocked => person("PIN_LOCKED", "have the token's SO (its PIN administrator) unlock the PIN"),
            Self::PinUnusable(_) => person("PIN_UNUSABLE", "set a PIN with the tool of the HSM's vendor"),
            Self::PinForm { .. } => person("PIN_FORM", "type the PIN again; the token has not counted this try"),
            Self::KeyNotFound(_) => hsm("TOKEN_KEY_NOT_FOUND", "look at the token's inventory and correct the key URI"),
            Self::KeyAmbiguous { .. } => hsm("TOKEN_KEY_AMBIGUOUS", "add id= to the key URI"),
            Self::KeyHalf { .. } => hsm("TOKEN_KEY_HALF", "destroy what is left of the key and make a new one"),
            Self::KeyUnsafe { .. } => hsm("TOKEN_KEY_UNSAFE", "make a new key in the token with airlock"),
            Self::KeyUnreadable { .. } => hsm("TOKEN_KEY_UNREADABLE", "make a new key of a type that airlock knows"),
            Self::KeyDiffers(_) => {
                hsm("TOKEN_KEY_DIFFERS", "stop: the URI, the token or the certificate is the wrong one")
            }
            Self::KeyRole { .. } => hsm("TOKEN_KEY_ROLE", "issuer keys sign certificates only, machine keys never"),
            Self::KeyLabel(_) => {
                hsm("TOKEN_KEY_LABEL", "use 1 to 63 of a-z, 0-9, dot and hyphen; machine- is reserved")
            }
            Self::KeyExists(_) => hsm("TOKEN_KEY_EXISTS", "choose another label; keys are never replaced"),
            Self::KeyMechanism(_) => hsm("TOKEN_KEY_MECHANISM", "choose another key type, or another token"),
            Self::KeyDestroyed(_) => hsm("TOKEN_KEY_DESTROYED", "have the token examined; nothing of the key is left"),
            Self::KeyLeftBehind { .. } => {
                hsm("TOKEN_KEY_LEFT", "destroy the key by hand, then have the token examined")
            }
            Self::SignatureWrong => hsm("TOKEN_SIGNATURE_WRONG", "stop using the token and have it examined"),
            Self::BatchSize(_) => hsm("TOKEN_BATCH_SIZE", "sign 1 to 256 orders at a time"),
            Self::RandomStuck => hsm("TOKEN_RANDOM", "stop using the token and have it examined"),
            Self::Hangs(_) => hsm("TOKEN_HANGS", "check the HSM and its connection, then start airlock again"),
            Self::Gone(_) => hsm("TOKEN_GONE", "check the HSM and its connection, then log in again"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_and_the_person_are_told_apart() {
        assert_eq!(HsmError::PinLocked.reason().class, Class::Authentication);
        assert_eq!(HsmError::PinForm { minimum: 4, maximum: 8, place: "here" }.reason().class, Class::Authentication);
        assert_eq!(HsmError::Hangs("signing").reason().class, Class::Hsm);
        assert_ne!(HsmError::PinLocked.reason().code, HsmError::PinUnusable("unset").reason().code);
    }
}
