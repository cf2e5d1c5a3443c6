//! The only door to an issuer key.

use crate::audit::log::Recorded;
use crate::issuance::order::SigningOrder;

/// What an issuer key may be asked to sign: orders that stand in the log, and that the type of the value proves to.
///
/// Those are [`SigningOrder`]s, which come out of an approved plan only, once they are recorded:
///
/// ```
/// use airlock::audit::log::Recorded;
/// use airlock::devices::hsm::{IssuerKey, Signed};
/// use airlock::issuance::order::SigningOrder;
///
/// fn sign(key: &IssuerKey<'_>, orders: Vec<Recorded<SigningOrder>>) -> Signed<Vec<Recorded<SigningOrder>>> {
///     key.sign(orders)
/// }
/// ```
///
/// An order that nobody has written down is not signed:
///
/// ```compile_fail,E0277
/// use airlock::devices::hsm::{IssuerKey, Signed};
/// use airlock::issuance::order::SigningOrder;
///
/// fn sign(key: &IssuerKey<'_>, orders: Vec<SigningOrder>) -> Signed<Vec<SigningOrder>> {
///     key.sign(orders)
/// }
/// ```
///
/// Nor is one that was signed before; [`Spent`] lets it be looked at:
///
/// ```compile_fail,E0277
/// use airlock::audit::log::Recorded;
/// use airlock::devices::hsm::{IssuerKey, Spent};
/// use airlock::issuance::order::SigningOrder;
///
/// fn again(key: &IssuerKey<'_>, orders: Spent<Vec<Recorded<SigningOrder>>>) {
///     key.sign(orders);
/// }
/// ```
///
/// The trait is sealed: nothing outside the HSM's own module can claim it.
///
/// ```compile_fail
/// struct Mine;
/// impl airlock::devices::hsm::Orders for Mine {
///     fn to_be_signed(&self) -> Vec<&[u8]> {
///         vec![b"whatever I like"]
///     }
/// }
/// ```
///
/// What claims it may be looked at by anyone:
///
/// ```
/// fn count(orders: &impl airlock::devices::hsm::Orders) -> usize {
///     orders.to_be_signed().len()
/// }
/// ```
pub trait Orders: sealed::Sealed {
    /// The exact bytes that each order wants signed, in turn.
    fn to_be_signed(&self) -> Vec<&[u8]>;
}

/// Orders that were given to an issuer key, to look at and never to give again.
#[derive(Debug)]
pub struct Spent<O>(O);

impl<O> Spent<O> {
    pub(super) const fn new(orders: O) -> Self {
        Self(orders)
    }

    /// The orders.
    pub const fn orders(&self) -> &O {
        &self.0
    }
}

impl sealed::Sealed for Vec<Recorded<SigningOrder>> {}

impl Orders for Vec<Recorded<SigningOrder>> {
    fn to_be_signed(&self) -> Vec<&[u8]> {
        self.iter().map(|order| order.value().tbs()).collect()
    }
}

pub(super) mod sealed {
    pub trait Sealed {}
}
