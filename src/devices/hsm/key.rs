//! The two kinds of keys in the token, which never do each other's work.
//!
//! An [`IssuerKey`] signs certificates and CRLs, and only what stands in the log. A [`MachineKey`] signs the messages of
//! this host: statements, packages, checkpoints. They differ in type here, in their key type in the token (Ed25519 is
//! never an issuer, nothing else is a machine key), in the prefix of their label, and in the public key that the caller
//! has on record: the issuer's certificate, or what was written down when the machine key was made.

use std::sync::Arc;

use cryptoki::object::{Attribute, AttributeType, ObjectClass};

use super::batch::{Made, Pipeline, Signed};
use super::desk::Desk;
use super::lane::Lane;
use super::object::Object;
use super::order::{Orders, Spent};
use super::pin::Pin;
use super::private::PrivateKey;
use super::scheme::{Check, Scheme, Signature};
use super::unlocked::Unlocked;
use super::{Fault, HsmError, custody, inventory};
use crate::pki::key::{KeyType, PublicKey, SignatureAlgorithm};
use crate::pki::key_uri::{KeyUri, ObjectType};
use crate::wire::text;

/// What the labels of machine keys begin with, and those of issuer keys never.
pub const MACHINE_PREFIX: &str = "machine-";

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Issuer,
    Machine,
}

/// A key in the token that signs certificates and CRLs, and no message that anyone makes up:
///
/// ```compile_fail
/// fn sign(key: &airlock::devices::hsm::IssuerKey<'_>) {
///     key.sign_message(b"anything").ok();
/// }
/// ```
///
/// [`MachineKey`] does that:
///
/// ```
/// fn sign(key: &airlock::devices::hsm::MachineKey<'_>) {
///     key.sign_message(b"anything").ok();
/// }
/// ```
#[derive(Debug)]
pub struct IssuerKey<'t> {
    bound: Bound<'t>,
    /// Sessions beside that of the token, for batches.
    beside: Vec<Lane>,
}

/// A key in the token that signs the messages of this host. It never signs certificates.
#[derive(Debug)]
pub struct MachineKey<'t>(Bound<'t>);

/// A key that was found, is kept as it must be, and has signed once under the intended key.
#[derive(Debug)]
struct Bound<'t> {
    token: &'t Unlocked,
    public: PublicKey,
    key: Arc<PrivateKey>,
    check: Arc<Check>,
}

impl Unlocked {
    /// Finds the issuer key that `uri` names and that `intended`, the key of the issuer's certificate, belongs to. It
    /// signs one self-test, which is thrown away; whoever compares the token's own counter with the log counts it.
    ///
    /// # Errors
    /// The key is not there, not one, not whole, not safely kept, not the intended one, or a machine key.
    pub fn issuer(&self, uri: &KeyUri, intended: &PublicKey) -> Result<IssuerKey<'_>, HsmError> {
        let sessions = Scheme::of(intended.key_type())?.sessions();
        self.issuer_in(sessions, uri, intended)
    }

    /// As [`Unlocked::issuer`], signing in so many sessions instead of as many as is best with SoftHSM on two cores.
    ///
    /// # Errors
    /// As [`Unlocked::issuer`].
    pub fn issuer_in(&self, sessions: usize, uri: &KeyUri, intended: &PublicKey) -> Result<IssuerKey<'_>, HsmError> {
        let bound = self.bind(Role::Issuer, uri, intended)?;
        let beside = (1..sessions).map(|_| self.lane_beside()).collect::<Result<_, _>>()?;
        Ok(IssuerKey { bound, beside })
    }

    /// Finds the machine key that `uri` names and that `recorded`, the key written down when it was made, belongs to.
    ///
    /// # Errors
    /// As [`Unlocked::issuer`], and where the key is not a machine key.
    pub fn machine(&self, uri: &KeyUri, recorded: &PublicKey) -> Result<MachineKey<'_>, HsmError> {
        self.bind(Role::Machine, uri, recorded).map(MachineKey)
    }

    fn bind(&self, role: Role, uri: &KeyUri, intended: &PublicKey) -> Result<Bound<'_>, HsmError> {
        let wanted = Wanted::of(uri, self)?;
        let check = Arc::new(Check::new(intended)?);
        let target = (intended.clone(), check.scheme(), self.pin.clone());
        let key = self.lane.call("finding the key", self.patience.call, move |desk| {
            let (public, scheme, pin) = target;
            Ok(wanted.find(desk, role, &public)?.private_key(scheme, pin))
        })?;
        let bound = Bound { token: self, public: intended.clone(), key: Arc::new(key), check };
        bound.sign(&self_test(&self.random(32)?))?;
        Ok(bound)
    }

    fn lane_beside(&self) -> Result<Lane, HsmError> {
        let (module, slot) = self.lane.call("opening a session", self.patience.call, |desk| Ok(desk.place()))?;
        Lane::start(self.health.clone(), self.patience.call, move || Desk::beside(module, slot))
    }
}

impl IssuerKey<'_> {
    /// The key of the issuer's certificate.
    pub fn public(&self) -> &PublicKey {
        &self.bound.public
    }

    /// The algorithm of its signatures, which the orders must name too.
    pub fn algorithm(&self) -> SignatureAlgorithm {
        self.bound.check.scheme().algorithm()
    }

    /// Signs recorded orders, 256 at most. Each signature has verified under [`IssuerKey::public`].
    pub fn sign<O: Orders>(&self, orders: O) -> Signed<O> {
        let Bound { token, key, check, .. } = &self.bound;
        let lanes = [&token.lane].into_iter().chain(&self.beside).collect();
        let pipeline = Pipeline { lanes, health: &token.health, patience: token.patience.call, key, check };
        let Made { signatures, stopped } = pipeline.sign(&orders.to_be_signed());
        Signed { spent: Spent::new(orders), signatures, stopped }
    }

    #[cfg(test)]
    pub(super) fn raw_parts(&self) -> (Vec<&Lane>, &Arc<PrivateKey>, Scheme) {
        let lanes = [&self.bound.token.lane].into_iter().chain(&self.beside).collect();
        (lanes, &self.bound.key, self.bound.check.scheme())
    }
}

impl MachineKey<'_> {
    /// The key that was written down.
    pub fn public(&self) -> &PublicKey {
        &self.0.public
    }

    /// Signs `message` with Ed25519 (RFC 8032). The signature has verified under [`MachineKey::public`].
    ///
    /// # Errors
    /// [`HsmError::Hangs`], [`HsmError::Gone`], [`HsmError::SignatureWrong`].
    pub fn sign_message(&self, message: &[u8]) -> Result<[u8; 64], HsmError> {
        let signature = self.0.sign(message)?;
        signature.as_bytes().try_into().map_err(|_| HsmError::SignatureWrong)
    }
}

impl Bound<'_> {
    fn sign(&self, message: &[u8]) -> Result<Signature, HsmError> {
        let (key, input) = (Arc::clone(&self.key), self.check.scheme().input(message));
        let Unlocked { lane, patience, health, .. } = self.token;
        let raw = lane.call("signing", patience.call, move |desk| key.sign(desk, &input))?;
        self.check.signature(message, raw).inspect_err(|error| drop(health.gone(error.to_string())))
    }
}

impl Role {
    /// Whether a key with this label and of this type may play the role.
    pub(super) fn suits(self, label: &[u8], key: KeyType) -> bool {
        let is_machine = label.starts_with(MACHINE_PREFIX.as_bytes());
        match self {
            Self::Issuer => !is_machine && key != KeyType::Ed25519,
            Self::Machine => is_machine && key == KeyType::Ed25519,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Issuer => "an issuer key",
            Self::Machine => "a machine key",
        }
    }
}

/// What is signed to see whether a key signs: no DER begins so, no SSHSIG and no checkpoint.
pub(super) fn self_test(random: &[u8]) -> Vec<u8> {
    [b"airlock self-test ", random].concat()
}

/// Which key of the token is meant.
struct Wanted {
    template: Vec<Attribute>,
    shown: String,
}

/// Both halves of a key that may be used.
pub(super) struct Pair {
    pub(super) private: Object,
    pub(super) public: PublicKey,
}

impl Wanted {
    fn of(uri: &KeyUri, token: &Unlocked) -> Result<Self, HsmError> {
        let shown = text::clip(&uri.of_object().to_string(), 200);
        if uri.serial().ok_or(HsmError::UriSerial)? != token.serial {
            let present = format!("{} (serial {})", token.facts.label, token.facts.serial);
            return Err(HsmError::TokenNotFound { wanted: shown, present });
        }
        if uri.object_type().is_some_and(|wanted| wanted != ObjectType::Private) {
            return Err(HsmError::KeyNotFound(shown));
        }
        let mut template = vec![Attribute::Class(ObjectClass::PRIVATE_KEY)];
        template.extend(uri.object().map(|label| Attribute::Label(label.as_bytes().to_vec())));
        template.extend(uri.id().map(|id| Attribute::Id(id.to_vec())));
        Ok(Self { template, shown })
    }

    /// The pair, if it is one, whole, well kept, of the `intended` key and suits the `role`.
    fn find(&self, desk: &Desk, role: Role, intended: &PublicKey) -> Result<Pair, Fault> {
        let (found, unreadable) = Object::find(desk.session()?, &self.template)?;
        let label = self.shown.clone();
        let id = match found.as_slice() {
            _ if unreadable > 0 => return Err(HsmError::KeyHalf { label, fault: "it cannot be read" }.into()),
            [] => return Err(HsmError::KeyNotFound(label).into()),
            [private] => private.id().to_vec(),
            _ => return Err(HsmError::KeyAmbiguous { wanted: label, count: found.len() }.into()),
        };
        let pair = Pair::of(desk, &id)?;
        let label = pair.private.label();
        if pair.public != *intended {
            return Err(HsmError::KeyDiffers(label).into());
        }
        if !role.suits(pair.private.bytes(AttributeType::Label), intended.key_type()) {
            return Err(HsmError::KeyRole { label, wanted: role.name() }.into());
        }
        Ok(pair)
    }
}

impl Pair {
    /// Both halves with this `id`, if they are one pair and the private half is kept as it must be.
    pub(super) fn of(desk: &Desk, id: &[u8]) -> Result<Self, Fault> {
        let session = desk.session()?;
        let by_id = |class| [Attribute::Class(class), Attribute::Id(id.to_vec())];
        let (mut private, broken) = Object::find(session, &by_id(ObjectClass::PRIVATE_KEY))?;
        let (public, broken_too) = Object::find(session, &by_id(ObjectClass::PUBLIC_KEY))?;
        let label = private.first().or(public.first()).map_or_else(|| hex::encode(id), Object::label);
        if broken + broken_too > 0 {
            return Err(HsmError::KeyHalf { label, fault: "a half cannot be read" }.into());
        }
        if let Some(fault) = inventory::half_fault(&private, &public) {
            return Err(HsmError::KeyHalf { label, fault }.into());
        }
        let (Some(private), Some(public)) = (private.pop(), public.first()) else {
            return Err(HsmError::KeyNotFound(label).into());
        };
        let maker = desk.context().get_library_info()?.manufacturer_id().to_owned();
        if let Some(fault) = custody::fault(&private, &maker) {
            return Err(HsmError::KeyUnsafe { label, fault }.into());
        }
        Ok(Self { private, public: public.public_key()? })
    }

    /// What is needed to sign with it; `pin` is what the token was unlocked with, if it was kept.
    pub(super) fn private_key(&self, scheme: Scheme, pin: Option<Arc<Pin>>) -> PrivateKey {
        let asks = self.private.flag(AttributeType::AlwaysAuthenticate) == Some(true);
        PrivateKey { id: self.private.id().to_vec(), scheme, pin: pin.filter(|_| asks) }
    }
}
