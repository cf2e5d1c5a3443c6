//! Keys and requests, made on all cores.

use std::collections::BTreeMap;
use std::fmt;
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use zeroize::Zeroizing;

use super::ask::{Ask, KeySource};
use super::fault::RequestError;
use crate::cluster::kubeconfig::Kubeconfig;
use crate::cluster::role::Files;
use crate::online::private_key::PrivateKey;
use crate::pki::csr::Csr;
use crate::wire::digest::Digest;
use crate::wire::text;

/// A request, and the file that its new key goes into.
#[derive(Debug)]
pub struct Made {
    /// The request, read back and proven.
    pub csr: Csr,
    /// Where the key was made here.
    pub key_file: Option<KeyFile>,
}

/// A private key on its way into the next generation of its node.
pub struct KeyFile {
    /// The live file whose mirror it is.
    pub live: &'static str,
    /// A key in PEM, or a kubeconfig with the key embedded and no certificate.
    pub bytes: Zeroizing<Vec<u8>>,
}

/// Told after each request: how many are done.
pub type Progress<'a> = &'a (dyn Fn(usize) + Sync);

/// Makes what each of `asks` needs, in their order. Nothing is written.
///
/// # Errors
/// [`RequestError::Key`], [`RequestError::Kubeconfig`]; [`RequestError::KeyTwice`] where two requests have one key.
pub fn make(asks: &[Ask], progress: Progress<'_>) -> Result<Vec<Made>, RequestError> {
    let made = on_all_cores(asks, progress)?;
    let mut places: BTreeMap<Digest, &Ask> = BTreeMap::new();
    for (ask, made) in asks.iter().zip(&made) {
        if let Some(other) = places.insert(made.csr.public_key().spki_sha256(), ask) {
            return Err(RequestError::KeyTwice(place(other), place(ask)));
        }
    }
    Ok(made)
}

/// A key may take a hundred times as long as another, so each worker takes the next ask when it is free.
fn on_all_cores(asks: &[Ask], progress: Progress<'_>) -> Result<Vec<Made>, RequestError> {
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let work = || {
        let mut made = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(ask) = asks.get(at) else { return Ok(made) };
            // After a failure nobody begins anything more.
            made.push((at, one(ask).inspect_err(|_| next.store(asks.len(), Ordering::Relaxed))?));
            progress(done.fetch_add(1, Ordering::Relaxed) + 1);
        }
    };
    let workers = thread::available_parallelism().map_or(1, NonZero::get).min(asks.len().max(1));
    let finished: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap_or(Err(RequestError::Worker))).collect()
    });
    let mut all = Vec::with_capacity(asks.len());
    for part in finished {
        all.append(&mut part?);
    }
    all.sort_unstable_by_key(|(at, _)| *at);
    Ok(all.into_iter().map(|(_, made)| made).collect())
}

fn one(ask: &Ask) -> Result<Made, RequestError> {
    let fault = |error| RequestError::Key { node: text::clip(&ask.node, 64), role: ask.role, error };
    match &ask.key {
        KeySource::Elsewhere(csr) => Ok(Made { csr: (**csr).clone(), key_file: None }),
        KeySource::Live(pem) => {
            let key = PrivateKey::parse(pem).map_err(fault)?;
            let csr = key.request(&ask.subject, &ask.extensions).map_err(fault)?;
            Ok(Made { csr, key_file: None })
        }
        KeySource::New { key_type, kubeconfig } => {
            let key = PrivateKey::generate(*key_type).map_err(fault)?;
            let csr = key.request(&ask.subject, &ask.extensions).map_err(fault)?;
            let pem = key.to_pem().map_err(fault)?;
            Ok(Made { csr, key_file: Some(KeyFile::of(ask, kubeconfig.as_deref(), &pem)?) })
        }
    }
}

impl KeyFile {
    fn of(ask: &Ask, kubeconfig: Option<&String>, pem: &str) -> Result<Self, RequestError> {
        let fault = |error| RequestError::Kubeconfig { node: text::clip(&ask.node, 64), role: ask.role, error };
        let bytes = |text: &str| Zeroizing::new(text.as_bytes().to_vec());
        match ask.role.identity().files {
            Files::Pair { key, .. } => Ok(Self { live: key, bytes: bytes(pem) }),
            Files::Kubeconfig(path) => {
                let live = kubeconfig.ok_or_else(|| RequestError::NoKubeconfig(text::clip(&ask.node, 64), ask.role))?;
                let config = Kubeconfig::parse(live).map_err(fault)?.with_key(pem);
                Ok(Self { live: path, bytes: bytes(&config.to_yaml().map_err(fault)?) })
            }
        }
    }
}

impl fmt::Debug for KeyFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyFile({:?})", self.live)
    }
}

/// Where a request is for, as it may be shown.
fn place(ask: &Ask) -> String {
    format!("{} on {}", ask.role, text::clip(&ask.node, 64))
}
