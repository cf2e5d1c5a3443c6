//! New keys: made in the token, checked half by half, tried once; or destroyed.

use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, AttributeType, ObjectHandle};
use cryptoki::session::Session;

use super::desk::Desk;
use super::key::{MACHINE_PREFIX, Pair, Role, self_test};
use super::point::Params;
use super::scheme::{Check, Scheme};
use super::unlocked::Unlocked;
use super::{Fault, HsmError};
use crate::pki::key::{Curve, KeyType, PublicKey};
use crate::pki::key_uri::KeyUri;
use crate::wire::text;

/// The types of issuer keys that are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IssuerKeyType {
    /// ECDSA on P-256.
    P256,
    /// ECDSA on P-384.
    P384,
    /// RSA of 3072 bits, exponent 65537.
    Rsa3072,
    /// RSA of 4096 bits, exponent 65537.
    Rsa4096,
}

/// A key that was made and checked: what to write down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewKey {
    /// Where it is: serial of the token, label and id of the key.
    pub uri: KeyUri,
    /// Its public half, as read back from the token.
    pub public: PublicKey,
}

impl Unlocked {
    /// Makes an issuer key: private, sensitive, not extractable, to sign and for nothing else, with a random id of 16
    /// bytes, and not modifiable where the module takes that.
    ///
    /// # Errors
    /// The label is none of ours or taken, the token cannot make such keys; or the new key failed a check, and the error
    /// says whether it could be destroyed.
    pub fn generate_issuer(&self, label: &str, kind: IssuerKeyType) -> Result<NewKey, HsmError> {
        self.generate(Role::Issuer, label, kind.key_type())
    }

    /// Makes an Ed25519 machine key; its label begins with [`MACHINE_PREFIX`].
    ///
    /// # Errors
    /// As [`Unlocked::generate_issuer`].
    pub fn generate_machine(&self, label: &str) -> Result<NewKey, HsmError> {
        self.generate(Role::Machine, label, KeyType::Ed25519)
    }

    fn generate(&self, role: Role, label: &str, key_type: KeyType) -> Result<NewKey, HsmError> {
        if !is_label(label) || !role.suits(label.as_bytes(), key_type) {
            return Err(HsmError::KeyLabel(text::clip(label, 80)));
        }
        let plan = Plan { label: label.to_owned(), id: self.random(16)?, key_type };
        let uri = key_uri(&self.serial, label, &plan.id)?;
        let make = move |desk: &mut Desk| plan.make(desk, examine);
        let public = self.lane.call("making the key", self.patience.generate, make)?;
        Ok(NewKey { uri, public })
    }
}

impl IssuerKeyType {
    /// As the public key will say it.
    pub fn key_type(self) -> KeyType {
        match self {
            Self::P256 => KeyType::P256,
            Self::P384 => KeyType::P384,
            Self::Rsa3072 => KeyType::Rsa(3072),
            Self::Rsa4096 => KeyType::Rsa(4096),
        }
    }
}

/// A key that is to be made.
pub(super) struct Plan {
    pub(super) label: String,
    pub(super) id: Vec<u8>,
    pub(super) key_type: KeyType,
}

impl Plan {
    /// Makes the key and has it examined; what fails is destroyed.
    pub(super) fn make(
        &self,
        desk: &mut Desk,
        examine: impl FnOnce(&Self, &mut Desk) -> Result<PublicKey, Fault>,
    ) -> Result<PublicKey, Fault> {
        let session = desk.context().open_rw_session(desk.slot())?;
        self.refuse_taken(&session)?;
        self.require_mechanisms(desk)?;
        let halves = self.generate(&session)?;
        match examine(self, desk) {
            Ok(public) => Ok(public),
            Err(Fault::Gone(why)) => Err(Fault::Gone(format!("{why}; a new key {} may be left in it", self.label))),
            Err(Fault::Refused(error)) => Err(self.undo(&session, halves, error)),
        }
    }

    /// Labels and ids are never used twice, whatever kind of object has them.
    fn refuse_taken(&self, session: &Session) -> Result<(), Fault> {
        for (what, attribute) in [("label", self.label()), ("id", self.id())] {
            if !session.find_objects(&[attribute])?.is_empty() {
                return Err(HsmError::KeyExists(what).into());
            }
        }
        Ok(())
    }

    fn require_mechanisms(&self, desk: &Desk) -> Result<(), Fault> {
        let known = desk.context().get_mechanism_list(desk.slot())?;
        let signing = Scheme::of(self.key_type)?.mechanism_type();
        let has_both = known.contains(&signing) && known.contains(&self.mechanism().mechanism_type());
        if has_both { Ok(()) } else { Err(HsmError::KeyMechanism(self.key_type).into()) }
    }

    /// C_GenerateKeyPair with the strictest template the module takes; [`examine`] sees what came of it.
    fn generate(&self, session: &Session) -> Result<[ObjectHandle; 2], Fault> {
        let (public, private) = (self.public_template(), self.private_template());
        let strict_public = [&public[..], &[Attribute::Modifiable(false)]].concat();
        let strict_private = [&private[..], &[Attribute::Modifiable(false), Attribute::SignRecover(false)]].concat();
        let made = match session.generate_key_pair(&self.mechanism(), &strict_public, &strict_private) {
            Err(Error::Pkcs11(code, _)) if is_about_template(code) => {
                session.generate_key_pair(&self.mechanism(), &public, &private)
            }
            other => other,
        };
        match made {
            Ok((public, private)) => Ok([public, private]),
            Err(Error::Pkcs11(code, _)) if is_about_template(code) || is_about_type(code) => {
                Err(HsmError::KeyMechanism(self.key_type).into())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Destroys both halves, the second also where the first cannot be.
    fn undo(&self, session: &Session, halves: [ObjectHandle; 2], error: HsmError) -> Fault {
        let source = Box::new(error);
        let destroyed = halves.map(|half| session.destroy_object(half).is_ok());
        if destroyed == [true; 2] && session.find_objects(&[self.id()]).is_ok_and(|left| left.is_empty()) {
            HsmError::KeyDestroyed(source).into()
        } else {
            HsmError::KeyLeftBehind { label: self.label.clone(), source }.into()
        }
    }

    fn label(&self) -> Attribute {
        Attribute::Label(self.label.as_bytes().to_vec())
    }

    fn id(&self) -> Attribute {
        Attribute::Id(self.id.clone())
    }

    fn mechanism(&self) -> Mechanism<'static> {
        match self.key_type {
            KeyType::Rsa(_) => Mechanism::RsaPkcsKeyPairGen,
            KeyType::Ed25519 => Mechanism::EccEdwardsKeyPairGen,
            KeyType::P256 | KeyType::P384 | KeyType::P521 => Mechanism::EccKeyPairGen,
        }
    }

    fn public_template(&self) -> Vec<Attribute> {
        let named = |curve| vec![Attribute::EcParams(Params::Named(curve).oid().to_vec())];
        let mut template = match self.key_type {
            KeyType::Rsa(bits) => {
                vec![Attribute::ModulusBits((bits as u64).into()), Attribute::PublicExponent(vec![1, 0, 1])]
            }
            KeyType::P256 => named(Curve::P256),
            KeyType::P384 => named(Curve::P384),
            KeyType::P521 => named(Curve::P521),
            KeyType::Ed25519 => vec![Attribute::EcParams(Params::Edwards25519.oid().to_vec())],
        };
        template.extend([self.label(), self.id(), Attribute::Token(true), Attribute::Private(false)]);
        template.push(Attribute::Verify(true));
        template
    }

    fn private_template(&self) -> Vec<Attribute> {
        vec![
            self.label(),
            self.id(),
            Attribute::Token(true),
            Attribute::Private(true),
            Attribute::Sensitive(true),
            Attribute::Extractable(false),
            Attribute::Sign(true),
            Attribute::Decrypt(false),
            Attribute::Unwrap(false),
            Attribute::Derive(false),
        ]
    }
}

/// Reads the new pair back as any key in use is read, and lets it sign once.
pub(super) fn examine(plan: &Plan, desk: &mut Desk) -> Result<PublicKey, Fault> {
    let label = || plan.label.clone();
    let pair = Pair::of(desk, &plan.id)?;
    if pair.private.bytes(AttributeType::Label) != plan.label.as_bytes() {
        return Err(HsmError::KeyUnsafe { label: label(), fault: "it does not have the label it was given" }.into());
    }
    if !is_as_asked(&pair.public, plan.key_type) {
        return Err(HsmError::KeyUnsafe { label: label(), fault: "it is not of the type that was asked for" }.into());
    }
    let check = Check::new(&pair.public)?;
    let message = self_test(&desk.session()?.generate_random_vec(32)?);
    let raw = pair.private_key(check.scheme(), None).sign(desk, &check.scheme().input(&message))?;
    check.signature(&message, raw)?;
    Ok(pair.public)
}

/// Whether the key is of the type, and where it is RSA, of the exponent 65537 that was asked for.
fn is_as_asked(public: &PublicKey, key_type: KeyType) -> bool {
    // An RSAPublicKey ends with its exponent (RFC 8017, A.1.1).
    let has_exponent = !matches!(key_type, KeyType::Rsa(_)) || public.key_bits().ends_with(&[2, 3, 1, 0, 1]);
    public.key_type() == key_type && has_exponent
}

/// The URI of a key in the token with this `serial`.
pub(super) fn key_uri(serial: &str, label: &str, id: &[u8]) -> Result<KeyUri, HsmError> {
    let encoded = |bytes: &[u8]| bytes.iter().map(|byte| format!("%{byte:02x}")).collect::<String>();
    let (serial, id) = (encoded(serial.as_bytes()), encoded(id));
    // The token was found by a URI with this serial, so there is one that can say it.
    format!("pkcs11:serial={serial};object={label};id={id};type=private").parse().map_err(|_| HsmError::UriSerial)
}

/// 1 to 63 of `a-z`, `0-9`, dot and hyphen, beginning with a letter or a digit: the same in a URI, a log and a sheet.
fn is_label(label: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    label.len() <= 63
        && label != MACHINE_PREFIX
        && label.bytes().next().is_some_and(plain)
        && label.bytes().all(|byte| plain(byte) || matches!(byte, b'.' | b'-'))
}

/// Codes by which modules say that they do not take an attribute.
fn is_about_template(code: RvError) -> bool {
    matches!(
        code,
        RvError::AttributeReadOnly
            | RvError::AttributeTypeInvalid
            | RvError::AttributeValueInvalid
            | RvError::TemplateInconsistent
    )
}

/// Codes by which modules say that they do not make such keys.
fn is_about_type(code: RvError) -> bool {
    matches!(
        code,
        RvError::MechanismInvalid
            | RvError::MechanismParamInvalid
            | RvError::KeySizeRange
            | RvError::CurveNotSupported
            | RvError::DomainParamsInvalid
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_of_another_type_or_exponent_is_not_what_was_asked_for() {
        let key = |exponent: &[u8]| PublicKey::from_rsa(&[0xc1; 384], exponent).unwrap();
        assert!(is_as_asked(&key(&[1, 0, 1]), KeyType::Rsa(3072)));
        assert!(!is_as_asked(&key(&[3]), KeyType::Rsa(3072)));
        assert!(!is_as_asked(&key(&[1, 0, 1]), KeyType::Rsa(4096)));
        assert!(!is_as_asked(&key(&[1, 0, 1]), KeyType::P256));
    }

    #[test]
    fn labels_are_plain_and_keep_the_roles_apart() {
        for label in ["kubernetes-ca-2025", "a", "etcd.ca", "machine-package", &"x".repeat(63)] {
            assert!(is_label(label), "{label}");
        }
        for label in ["", "-a", "K8s", "a b", "a/b", "根", "a%20", "machine-", &"x".repeat(64)] {
            assert!(!is_label(label), "{label}");
        }
        assert!(Role::Issuer.suits(b"etcd-ca", KeyType::P256));
        assert!(!Role::Issuer.suits(b"machine-log", KeyType::P256));
        assert!(!Role::Issuer.suits(b"etcd-ca", KeyType::Ed25519));
        assert!(Role::Machine.suits(b"machine-log", KeyType::Ed25519));
        assert!(!Role::Machine.suits(b"log", KeyType::Ed25519));
        assert!(!Role::Machine.suits(b"machine-log", KeyType::P384));
    }
}
