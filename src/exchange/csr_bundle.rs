//! The CSR bundle `airlock.csr-bundle/1`: what a cluster asks of its CA.
//!
//! ```text
//! Closed<CsrBundle> ─ confirm → Confirmed ─ open(known) → Unsettled ─ settle → CsrBundle
//! ```
//!
//! A bundle that contradicts its statement, its enrolment or itself is refused whole: it lies, so nothing of it is
//! judged. A CSR that the bundle describes truly and that is bad in itself (its proof of possession fails, its encoding
//! is hostile) is a verdict on one request: that one can be denied and the others go on.
//!
//! - [`manifest`]: the fields of `MANIFEST.json`
//! - [`number`]: the numbers of requests and the names of their files
//! - [`layout`]: the files of a bundle
//! - [`bindings`]: what the manifest owes to statement, enrolment and roster
//! - [`possession`]: that proof of possession was verified before
//! - [`draft`]: how a bundle is made

pub mod bindings;
pub mod draft;
mod error;
pub mod layout;
pub mod manifest;
pub mod number;
pub mod possession;
mod requests;
mod shape;

use crate::exchange::arrival::{Confirmed, Content, Letter, Unsettled};
use crate::exchange::container::Container;
use crate::exchange::paper::evidence::Demand;
use crate::exchange::statement::kind::Kind;
use crate::pki::certificate::Certificate;
use crate::pki::csr::{Csr, CsrError};
use crate::wire::json;
use bindings::Known;
pub use error::BundleError;
use layout::{BundleLayout, CLUSTER};
use manifest::{Manifest, Request};
use possession::Possession;

/// A bundle whose content agrees with its statement, with the enrolment of its cluster and with itself. Whether it
/// follows the cluster's last one, and whether it may be granted, is not said.
#[derive(Debug)]
pub struct CsrBundle {
    asked: Asked,
    requests: Vec<BundleRequest>,
}

/// What a bundle asks, its requests unread. The answer needs no more: the requests were read when the plan was made that
/// is answered with, and the statement that it names holds them to the byte.
#[derive(Debug)]
pub struct Asked {
    letter: Letter,
    manifest: Manifest,
}

/// One request of a bundle.
#[derive(Debug)]
pub struct BundleRequest {
    /// What the manifest says of it.
    pub entry: Request,
    /// The request, if it is one and proves possession of its key; otherwise what is wrong with it.
    pub csr: Result<Csr, CsrError>,
    /// The certificate that it replaces.
    pub replaced: Option<Certificate>,
}

impl Content for CsrBundle {
    const KIND: Kind = Kind::CsrBundle;
}

impl Confirmed<CsrBundle> {
    /// Reads the bundle, on all cores. Proof of possession is verified, unless `before` says that the log knows it was.
    ///
    /// # Errors
    /// Any [`BundleError`].
    pub fn open(self, known: &Known<'_>, before: Option<&Possession>) -> Result<Unsettled<CsrBundle>, BundleError> {
        let proven = before.is_some_and(|before| before.is_of(self.statement()));
        let (container, manifest) = self.read(known)?;
        let requests = requests::read(&container, &manifest, proven)?;
        Ok(self.unsettled(manifest, |asked| CsrBundle { asked, requests }))
    }

    /// Reads what the bundle asks, and leaves its requests unread.
    ///
    /// # Errors
    /// Any [`BundleError`] but those of single requests.
    pub fn ask(self, known: &Known<'_>) -> Result<Unsettled<Asked>, BundleError> {
        let (_, manifest) = self.read(known)?;
        Ok(self.unsettled(manifest, |asked| asked))
    }

    fn read(&self, known: &Known<'_>) -> Result<(Container<'_>, Manifest), BundleError> {
        let container = Container::read(self.payload(), &BundleLayout, known.key)?;
        let manifest = json::from_slice::<Manifest>(container.manifest())?;
        shape::check(&manifest)?;
        bindings::check(&manifest, self.statement(), known)?;
        layout::check_files(&container, &manifest)?;
        let record = known.record.to_json().map_err(|_| BundleError::RecordChanged)?;
        if container.get(CLUSTER) != Some(record.as_slice()) {
            return Err(BundleError::RecordChanged);
        }
        Ok((container, manifest))
    }

    fn unsettled<T>(self, manifest: Manifest, whole: impl FnOnce(Asked) -> T) -> Unsettled<T> {
        let demand = if manifest.changes_trust() { Demand::of_trust() } else { Demand::of(Kind::CsrBundle) };
        let (letter, _) = self.into_parts();
        let statement = letter.statement().clone();
        Unsettled::new(whole(Asked { letter, manifest }), statement, demand)
    }
}

impl Asked {
    /// The statement it came with, the signature on it, which travels back in the package, and who confirmed it.
    pub fn letter(&self) -> &Letter {
        &self.letter
    }

    /// What it says.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }
}

impl CsrBundle {
    /// What it asks.
    pub fn asked(&self) -> &Asked {
        &self.asked
    }

    /// As [`Asked::letter`].
    pub fn letter(&self) -> &Letter {
        &self.asked.letter
    }

    /// As [`Asked::manifest`].
    pub fn manifest(&self) -> &Manifest {
        &self.asked.manifest
    }

    /// The requests, by number.
    pub fn requests(&self) -> &[BundleRequest] {
        &self.requests
    }

    /// How many requests prove possession of their keys.
    pub fn proven(&self) -> usize {
        self.requests.iter().filter(|request| request.csr.is_ok()).count()
    }
}
