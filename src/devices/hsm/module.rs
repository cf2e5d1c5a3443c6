//! A PKCS#11 module: loaded once, initialised with OS locking, finalised when the last thread in it has left.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::Error;

use super::raw::SignFunction;
use super::{HsmError, fault};
use crate::wire::text;

/// The modules that are initialised in this process. C_Initialize counts per process, not per caller.
static IN_USE: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// An initialised module. Threads that may be inside a call hold it by [`Arc`]; so C_Finalize is called after the last
/// of them has returned, and never while one hangs.
pub(super) struct Module {
    context: Pkcs11,
    sign: OnceLock<SignFunction>,
    claim: Claim,
}

impl Module {
    /// Loads and initialises the module at `path`.
    pub(super) fn open(path: &Path) -> Result<Arc<Self>, HsmError> {
        let path = &real_path(path)?;
        let claim = Claim::take(path)?;
        let failed = |error| HsmError::ModuleLoad(fault::describe(&error));
        let context = Pkcs11::new(path).map_err(failed)?;
        // The library stays mapped until the process ends: modules that link OpenSSL crash when they are unloaded.
        std::mem::forget(context.clone());
        let arguments = CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK);
        context.initialize(arguments).map_err(failed)?;
        Ok(Arc::new(Self { context, sign: OnceLock::new(), claim }))
    }

    pub(super) fn context(&self) -> &Pkcs11 {
        &self.context
    }

    /// C_Sign without C_SignInit, looked up when a key first needs it.
    pub(super) fn sign(&self) -> Result<&SignFunction, Error> {
        if let Some(known) = self.sign.get() {
            return Ok(known);
        }
        let found = SignFunction::of(&self.claim.0)?;
        Ok(self.sign.get_or_init(|| found))
    }
}

impl Drop for Module {
    fn drop(&mut self) {
        // Left to the exit handlers of the process, finalising crashes with modules that link OpenSSL. A failure here
        // leaves nothing to undo.
        let _ = self.context.clone().finalize();
    }
}

/// The right to initialise one module; given back when it is dropped, after C_Finalize.
struct Claim(PathBuf);

impl Claim {
    fn take(path: &Path) -> Result<Self, HsmError> {
        let mut in_use = IN_USE.lock().unwrap_or_else(PoisonError::into_inner);
        if in_use.insert(path.to_owned()) { Ok(Self(path.to_owned())) } else { Err(HsmError::ModuleBusy(shown(path))) }
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        IN_USE.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.0);
    }
}

/// The file that `path` leads to. A module is code that sees the PIN: it is named in full, and nobody but its owner may
/// write it.
fn real_path(path: &Path) -> Result<PathBuf, HsmError> {
    let refuse = |fault| Err(HsmError::ModulePath { path: shown(path), fault });
    if !path.is_absolute() {
        return refuse("is not named by an absolute path");
    }
    let found = path.canonicalize().and_then(|real| fs::metadata(&real).map(|file| (real, file)));
    let Ok((real, file)) = found else { return refuse("does not exist") };
    if !file.is_file() {
        return refuse("is not a regular file");
    }
    if file.permissions().mode() & 0o022 != 0 {
        return refuse("can be written by others than its owner");
    }
    Ok(real)
}

fn shown(path: &Path) -> String {
    text::clip(&path.to_string_lossy(), 200)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(path: &Path) -> &'static str {
        match real_path(path) {
            Err(HsmError::ModulePath { fault, .. }) => fault,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_module_is_a_regular_file_of_its_owner_alone() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("module.so");
        assert_eq!(fault(&file), "does not exist");
        fs::write(&file, b"").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        let link = dir.path().join("link.so");
        std::os::unix::fs::symlink(&file, &link).unwrap();
        assert_eq!(real_path(&link).unwrap(), file.canonicalize().unwrap());
        fs::set_permissions(&file, fs::Permissions::from_mode(0o664)).unwrap();
        assert_eq!(fault(&file), "can be written by others than its owner");
        assert_eq!(fault(&link), "can be written by others than its owner");
        assert_eq!(fault(dir.path()), "is not a regular file");
        assert_eq!(fault(Path::new("module.so")), "is not named by an absolute path");
    }

    #[test]
    fn what_is_no_module_does_not_start_and_stays_claimable() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("module.so");
        fs::write(&file, b"no shared object").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        for _ in 0..2 {
            assert!(matches!(Module::open(&file), Err(HsmError::ModuleLoad(_))));
        }
    }

    #[test]
    fn one_claim_at_a_time() {
        let path = Path::new("/nowhere/module.so");
        let claim = Claim::take(path).unwrap();
        assert!(matches!(Claim::take(path), Err(HsmError::ModuleBusy(_))));
        drop(claim);
        assert!(Claim::take(path).is_ok());
    }
}
