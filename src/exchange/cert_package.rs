//! The certificate package `airlock.cert-package/1`: what a CA answers a cluster.
//!
//! ```text
//! Closed<CertPackage> ─ confirm → Confirmed ─ open(identity) → OpenPackage ─ unpack → Unpacked ─ bind → Unsettled
//!                                                                                     ─ settle → Package
//! ```
//!
//! A [`Package`] is canonical, signed by the pinned CA, addressed to us and to nobody it does not name. What it says is
//! then checked in steps that each return what they established, so that each can be reported by itself: [`answers`] our
//! request, [`contents`] are what the manifest says, the [`log`] extends the one we remember and holds all of it, the
//! [`rosters`] lead from the pinned one to the newest, and [`decisions`] are by people of that roster. Whether those
//! people suffice, and whether every effect stands in the plan that they approved, is judged where plans are known.
//!
//! - [`manifest`]: the fields of `MANIFEST.json`
//! - [`layout`]: the files of a package
//! - [`draft`]: how a package is made

pub mod answers;
pub mod contents;
pub mod decisions;
pub mod draft;
mod error;
pub mod layout;
pub mod log;
pub mod manifest;
pub mod rosters;
mod shape;

use crate::exchange::arrival::{Confirmed, Content, Letter, Unsettled};
use crate::exchange::container::Container;
use crate::exchange::csr_bundle::number::Number;
use crate::exchange::paper::evidence::Demand;
use crate::exchange::seal::identity::Identity;
use crate::exchange::seal::recipient::Recipient;
use crate::exchange::seal::{Plaintext, RecipientCount, Sealed};
use crate::exchange::signature::public_key::SshPublicKey;
use crate::exchange::statement::Statement;
use crate::exchange::statement::kind::Kind;
use crate::exchange::statement::party::Party;
use crate::wire::digest::Digest;
use crate::wire::json;
pub use error::PackageError;
use layout::{File, PackageLayout};
use manifest::Manifest;

/// The package that travels in a transfer of this kind, still sealed.
#[derive(Debug)]
pub enum CertPackage {}

/// A package that was decrypted; nothing of it has been parsed. The plaintext is wiped when it is dropped.
#[must_use]
pub struct OpenPackage {
    letter: Letter,
    recipients: RecipientCount,
    plain: Plaintext,
}

/// A package whose container is canonical and signed by the pinned CA.
#[must_use]
pub struct Unpacked<'a> {
    open: &'a OpenPackage,
    container: Container<'a>,
}

/// A package that is what its statement says, and for us.
#[derive(Debug)]
pub struct Package<'a> {
    statement: &'a Statement,
    bytes: &'a [u8],
    container: Container<'a>,
    manifest: Manifest,
}

/// Who we are to the CA.
pub struct Own<'a> {
    /// This cluster.
    pub party: &'a Party,
    /// The UID of its namespace kube-system.
    pub uid: &'a str,
    /// The recipient of the import host.
    pub recipient: &'a Recipient,
    /// Digests of the roots that were pinned at enrolment or adopted since; any other is a change of trust.
    pub roots: &'a [Digest],
}

impl Content for CertPackage {
    const KIND: Kind = Kind::CertPackage;
}

impl Confirmed<CertPackage> {
    /// Decrypts the package to its end (W01).
    ///
    /// # Errors
    /// [`PackageError::Seal`].
    pub fn open(self, identity: &Identity) -> Result<OpenPackage, PackageError> {
        let (letter, sealed) = self.into_parts();
        let sealed = Sealed::parse(&sealed)?;
        Ok(OpenPackage { letter, recipients: sealed.recipients(), plain: sealed.open(identity)? })
    }
}

impl OpenPackage {
    /// What came with it.
    pub fn letter(&self) -> &Letter {
        &self.letter
    }

    /// The container, as it was sealed.
    pub fn into_plaintext(self) -> Plaintext {
        self.plain
    }

    /// Reads the container (W02), which `key`, the one pinned for the CA, must have signed (W03).
    ///
    /// # Errors
    /// [`PackageError::Container`].
    pub fn unpack(&self, key: &SshPublicKey) -> Result<Unpacked<'_>, PackageError> {
        Ok(Unpacked { open: self, container: Container::read(&self.plain, &PackageLayout, key)? })
    }
}

impl<'a> Unpacked<'a> {
    /// How many files there are beside the manifest and the sums.
    pub fn files(&self) -> usize {
        self.container.files().len()
    }

    /// Reads the manifest and demands that it agrees with the statement and with the files, and that it is for us: our
    /// recipient is named inside, and the seal has as many as it names (W01).
    ///
    /// # Errors
    /// Any [`PackageError`] of the manifest.
    pub fn bind(self, own: &Own<'_>) -> Result<Unsettled<Package<'a>>, PackageError> {
        let manifest = json::from_slice::<Manifest>(self.container.manifest())?;
        shape::check(&manifest)?;
        let statement = self.open.letter.statement();
        check_statement(&manifest, statement)?;
        if manifest.audience.uid != own.uid || manifest.audience.cluster != *own.party {
            return Err(PackageError::Audience);
        }
        self.open.recipients.admits(&manifest.audience.recipients, own.recipient)?;
        check_files(&self.container, &manifest)?;
        let is_known = |sha256: &Digest| own.roots.contains(sha256);
        let demand = match manifest.roots.iter().all(|root| is_known(&root.sha256)) {
            true => Demand::of(Kind::CertPackage),
            false => Demand::of_trust(),
        };
        let package = Package { statement, bytes: &self.open.plain, container: self.container, manifest };
        Ok(Unsettled::new(package, statement.clone(), demand))
    }
}

impl<'a> Package<'a> {
    /// What it says.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The statement it came with.
    pub fn statement(&self) -> &'a Statement {
        self.statement
    }

    /// The whole container, to be kept.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// PLAN.json, whose digest the manifest names and people approved.
    pub fn plan(&self) -> &'a [u8] {
        self.file(&File::Plan).unwrap_or_default()
    }

    /// What was signed for each order of the plan, in the order of their numbers.
    pub fn tbs(&self) -> impl Iterator<Item = &'a [u8]> {
        self.files().filter(|(file, _)| matches!(file, File::Tbs(_))).map(|(_, bytes)| bytes)
    }

    fn file(&self, file: &File) -> Option<&'a [u8]> {
        self.container.get(&file.to_string())
    }

    /// All files; the layout admitted their names.
    fn files(&self) -> impl Iterator<Item = (File, &'a [u8])> {
        self.container.files().iter().filter_map(|entry| Some((File::named(entry.name)?, entry.bytes)))
    }
}

/// What the manifest owes to the statement that people confirmed.
fn check_statement(manifest: &Manifest, statement: &Statement) -> Result<(), PackageError> {
    let lines = statement.lines();
    if manifest.trace != lines.trace {
        return Err(PackageError::Trace);
    }
    if manifest.ca != lines.from {
        return Err(PackageError::From);
    }
    if manifest.audience.cluster != lines.to {
        return Err(PackageError::To);
    }
    if manifest.import_before != lines.expires {
        return Err(PackageError::Expires);
    }
    if manifest.issued() as u64 != u64::from(lines.items) {
        return Err(PackageError::Items { stated: lines.items, found: manifest.issued() });
    }
    Ok(())
}

/// The files that the manifest speaks of are there, and no others of their sort; and the plan is the one it names.
fn check_files(container: &Container<'_>, manifest: &Manifest) -> Result<(), PackageError> {
    let mut expected = vec![File::Plan, File::Checkpoint, File::Entries, File::Request, File::RequestSignature];
    expected.extend(manifest.results.iter().filter(|one| one.is_issued()).map(|one| File::Certificate(one.id())));
    expected.extend(manifest.roots.iter().map(|root| File::Root(root.domain, root.status)));
    expected.extend(manifest.crls.iter().map(|crl| File::Crl(crl.domain)));
    let plan = container.get(&File::Plan.to_string());
    if let Some(missing) = expected.iter().find(|file| container.get(&file.to_string()).is_none()) {
        return Err(PackageError::Missing(missing.to_string()));
    }
    expected.sort_unstable();
    let is_listed = |file: &File| match file {
        File::Certificate(_) | File::Root(..) | File::Crl(_) => expected.binary_search(file).is_ok(),
        _ => true,
    };
    let unlisted = container.files().iter().find(|entry| File::named(entry.name).is_none_or(|file| !is_listed(&file)));
    let orders: Vec<_> = container.files().iter().filter(|entry| entry.name.starts_with("plan/tbs/")).collect();
    let numbered = Number::list(orders.len()).into_iter().flatten().map(|number| File::Tbs(number).to_string());
    let misnumbered = orders.iter().zip(numbered).find(|(entry, name)| entry.name != name).map(|(entry, _)| *entry);
    match unlisted.or(misnumbered) {
        Some(entry) => Err(PackageError::Unlisted(entry.name.to_owned())),
        None if plan.map(Digest::of) != Some(manifest.plan_sha256) => Err(PackageError::Plan),
        None => Ok(()),
    }
}
