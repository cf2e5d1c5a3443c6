//! What goes wrong inside a call: a refusal that leaves the token as it was, or the end of it.

use cryptoki::error::Error;

use super::HsmError;
use crate::wire::text;

/// How a call on the token ended badly.
#[derive(Debug)]
pub(super) enum Fault {
    /// Expected; the token may be asked again.
    Refused(HsmError),
    /// Not expected. Modules report a token that is gone in at least five ways (CKR_DEVICE_ERROR, CKR_GENERAL_ERROR,
    /// CKR_OBJECT_HANDLE_INVALID, ...), so no code is trusted to mean less.
    Gone(String),
}

impl From<HsmError> for Fault {
    fn from(error: HsmError) -> Self {
        Self::Refused(error)
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Gone(describe(&error))
    }
}

/// One short line for an error of the module. The crate's own text for a return code is a paragraph, its name is not.
pub(super) fn describe(error: &Error) -> String {
    match error {
        Error::Pkcs11(code, function) => format!("{function:?} returned {code:?}"),
        other => text::clip(&other.to_string(), 120),
    }
}

#[cfg(test)]
mod tests {
    use cryptoki::context::Function;
    use cryptoki::error::RvError;

    use super::*;

    #[test]
    fn a_code_is_named_with_its_call() {
        let error = Error::Pkcs11(RvError::DeviceError, Function::SignInit);
        assert_eq!(describe(&error), "SignInit returned DeviceError");
    }
}
