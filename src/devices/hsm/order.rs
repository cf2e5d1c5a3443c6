//! The only door to an issuer key.

/// What an issuer key may be asked to sign: orders that stand in the log, and that the type of the value proves to.
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

pub(super) mod sealed {
    pub trait Sealed {}
}
