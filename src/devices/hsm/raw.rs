//! C_Sign by itself, the one thing the safe crate does not offer.
//!
//! `cryptoki` 0.12 calls C_SignInit and C_Sign in one breath. A key with CKA_ALWAYS_AUTHENTICATE wants its C_Login
//! between the two (PKCS#11 3.1, private key objects), and raw CKM_ECDSA has no multi-part form to go around it. Only
//! those keys take this path. It asks the module for its function list a second time; the client and the proxy of
//! p11-kit give each asker a module of its own, so with them such keys fail with CKR_CRYPTOKI_NOT_INITIALIZED.

use std::path::Path;

use cryptoki::context::Function;
use cryptoki::error::{Error, Rv};
use cryptoki::session::Session;
use cryptoki_sys::{CK_BYTE, CK_RV, CK_SESSION_HANDLE, CK_ULONG};

/// The longest signature that is taken: RSA-8192.
const LONGEST: usize = 1024;

/// C_Sign of one module that stays mapped for the life of the process.
pub(super) struct SignFunction(
    unsafe extern "C" fn(CK_SESSION_HANDLE, *mut CK_BYTE, CK_ULONG, *mut CK_BYTE, *mut CK_ULONG) -> CK_RV,
);

impl SignFunction {
    /// Finds it in the function list of the module at `path`, which `cryptoki` has loaded already.
    pub(super) fn of(path: &Path) -> Result<Self, Error> {
        // SAFETY: the library is mapped already, so loading it again runs none of its code; that it is a PKCS#11 module
        // is what the site's config says, and cryptoki relies on the same.
        let library = unsafe { cryptoki_sys::Pkcs11::new(path) }.map_err(Error::LibraryLoading)?;
        if library.C_GetFunctionList.is_err() {
            return Err(Error::MissingSymbol("C_GetFunctionList"));
        }
        let mut list = std::ptr::null_mut();
        // SAFETY: the symbol was found, and it is given a place for one pointer, as its header declares.
        Rv::from(unsafe { library.C_GetFunctionList(&mut list) }).into_result(Function::GetFunctionList)?;
        // SAFETY: after CKR_OK it points to a CK_FUNCTION_LIST of the module, or is null; the module is not unloaded,
        // because `library` is forgotten below and the caller keeps another handle of it.
        let sign = unsafe { list.as_ref() }.and_then(|list| list.C_Sign).ok_or(Error::NullFunctionPointer)?;
        std::mem::forget(library);
        Ok(Self(sign))
    }

    /// Signs `data` in a `session` in which C_SignInit has succeeded.
    pub(super) fn sign(&self, session: &Session, data: &[u8]) -> Result<Vec<u8>, Error> {
        let mut signature = vec![0; LONGEST];
        let mut length: CK_ULONG = signature.len().try_into()?;
        // SAFETY: the handle is of an open session of the same module, which this thread alone uses (`Session` is not
        // Sync). C_Sign reads `data` (its pointer is not const only because the header predates const) and writes at
        // most `length` bytes to `signature`; both outlive the call.
        let code = unsafe {
            (self.0)(
                session.handle(),
                data.as_ptr().cast_mut(),
                data.len().try_into()?,
                signature.as_mut_ptr(),
                &mut length,
            )
        };
        Rv::from(code).into_result(Function::Sign)?;
        signature.truncate(length.try_into()?);
        Ok(signature)
    }
}
