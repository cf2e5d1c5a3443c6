//! How a package is made: from parts to a signed container, sealed to everyone it names, and the statement over that.

use std::borrow::Cow;

use super::layout::{File, PackageLayout};
use super::manifest::{Audience, Clock, CrlName, FORMAT, InReplyTo, Manifest, Outcome, QuorumMet};
use super::{CertPackage, PackageError, shape};
use crate::audit::entry::Entry;
use crate::audit::proof::{ConsistencyFile, InclusionFile};
use crate::audit::tree::Tree;
use crate::cluster::role::{Domain, Role};
use crate::cores::{both, on_all_cores};
use crate::exchange::approval::signed::SignedApproval;
use crate::exchange::container::{self, Entry as Stored};
use crate::exchange::csr_bundle::Asked;
use crate::exchange::csr_bundle::manifest::{SUITE, Tool};
use crate::exchange::csr_bundle::number::Number;
use crate::exchange::digested::digested;
use crate::exchange::dispatch::{Address, Cover};
use crate::exchange::people::person::PersonId;
use crate::exchange::roots::{RootName, RootStatus};
use crate::exchange::seal::recipient::Recipient;
use crate::exchange::seal::seal;
use crate::exchange::signature::SigningKey;
use crate::exchange::transfer::Payload;
use crate::pki::certificate::Certificate;
use crate::pki::crl::Crl;
use crate::pki::serial::Serial;
use crate::refusal::Refused;
use crate::wire::digest::Digest;
use crate::wire::time::Timestamp;
use crate::wire::{json, pem};

/// Everything that a package says; numbers, digests and file names follow from it.
pub struct Draft<'a> {
    /// What is answered.
    pub asked: &'a Asked,
    /// One more than the last.
    pub package_seq: u64,
    /// The time.
    pub created: Timestamp,
    /// Until when it may be imported.
    pub import_before: Timestamp,
    /// Who vouched for the clock.
    pub clock: Clock,
    /// What became of each request, in the order of their numbers.
    pub answers: Vec<Answer<'a>>,
    /// The issuers, each once, as they are to be sent along with certificates.
    pub chain: &'a [Certificate],
    /// Roots.
    pub roots: Vec<(Domain, RootStatus, &'a Certificate)>,
    /// CRLs, each with the digest of its issuer's public key.
    pub crls: Vec<(Domain, Digest, &'a Crl)>,
    /// Cross-certificates.
    pub cross: Vec<(Domain, &'a Certificate)>,
    /// PLAN.json.
    pub plan: &'a [u8],
    /// What was signed for each order of the plan, in their order.
    pub tbs: Vec<&'a [u8]>,
    /// Who approved the plan, and who witnessed.
    pub approvals: &'a [SignedApproval],
    /// Rosters newer than the one the cluster pinned, in order: the file, and who approved it.
    pub rosters: Vec<(u64, &'a [u8], &'a [SignedApproval])>,
    /// What the log shows.
    pub log: LogPart,
    /// The quorum that was met, to be read.
    pub quorum: QuorumMet,
    /// Everyone it is encrypted to.
    pub recipients: Vec<Recipient>,
    /// The program.
    pub tool: Tool,
}

/// What became of a request.
#[derive(Debug, Clone)]
pub enum Answer<'a> {
    /// A certificate.
    Issued {
        /// The certificate.
        certificate: Certified<'a>,
        /// Its profile.
        profile: Role,
    },
    /// None.
    Denied {
        /// The rules that were broken.
        codes: Vec<String>,
        /// What the officers say of it.
        note: Option<String>,
    },
}

/// A certificate that answers a request, and what its bytes say: they were read before, and are not read again.
#[derive(Debug, Clone)]
pub struct Certified<'a> {
    /// The exact DER.
    pub der: &'a [u8],
    /// Its last second.
    pub not_after: Timestamp,
    /// Its first second.
    pub not_before: Timestamp,
    /// Its number under its issuer.
    pub serial: &'a Serial,
    /// Digest of the certified key.
    pub spki_sha256: Digest,
}

impl<'a> From<&'a Certificate> for Certified<'a> {
    fn from(certificate: &'a Certificate) -> Self {
        Self {
            der: certificate.der(),
            not_after: certificate.validity().not_after(),
            not_before: certificate.validity().not_before(),
            serial: certificate.serial(),
            spki_sha256: certificate.public_key().spki_sha256(),
        }
    }
}

/// The log part of a package: files, ready to be put in.
#[derive(Debug)]
pub struct LogPart(Vec<(File, Vec<u8>)>);

impl LogPart {
    /// The entries of `trace` with their proofs under `checkpoint`, the signed head of `tree`, and the way from the head
    /// of `seen` entries that the cluster saw last.
    pub fn of(tree: &Tree, entries: &[Entry], trace: &str, checkpoint: &str, seen: Option<u64>) -> Self {
        let mut files = vec![(File::Checkpoint, checkpoint.as_bytes().to_vec())];
        if let Some((old_size, path)) = seen.and_then(|size| Some((size, tree.consistency(size)?))) {
            let proof = ConsistencyFile { old_size, new_size: tree.size(), path };
            files.push((File::Consistency, proof.to_text().into_bytes()));
        }
        let mut lines = Vec::new();
        for entry in entries.iter().filter(|entry| entry.trace.as_deref() == Some(trace)) {
            let (Some(line), Some(path)) = (tree.line(entry.seq), tree.inclusion(entry.seq)) else { continue };
            lines.extend_from_slice(line);
            lines.push(b'\n');
            let proof = InclusionFile { index: entry.seq, path, checkpoint: checkpoint.to_owned() };
            files.push((File::Inclusion(entry.seq), proof.to_text().into_bytes()));
        }
        files.push((File::Entries, lines));
        Self(files)
    }
}

impl Draft<'_> {
    /// Writes the package and its statement, signed with the CA's statement key and sealed to all recipients. The sealed
    /// package goes to `keep` as it is made, in a thread of its own; nothing holds it as a whole.
    ///
    /// # Errors
    /// What a reader would refuse of the package alone, or what keeps the key from signing; what `keep` says.
    pub fn written(
        self,
        key: &dyn SigningKey,
        keep: impl FnMut(&[u8]) -> Result<(), Refused> + Send,
    ) -> Result<Cover, Refused> {
        let manifest = self.manifest()?;
        shape::check(&manifest)?;
        let address = Address {
            trace: manifest.trace.clone(),
            from: manifest.ca.clone(),
            to: manifest.audience.cluster.clone(),
            items: u32::try_from(manifest.issued()).map_err(|_| PackageError::Numbers)?,
            expires: manifest.import_before,
        };
        let (json, files) = both(|| json::to_vec(&manifest).map_err(PackageError::Manifest), || self.files());
        let (json, files) = (json?, files?);
        let sealed = digested(keep, |out| {
            let mut sealed = seal(&manifest.audience.recipients, out)?;
            container::write_to(&mut sealed, &json, &files.stored(), &PackageLayout, key)?;
            Ok(sealed.finish().map(drop)?)
        })?;
        Cover::sign::<CertPackage>(address, sealed, Payload::Age, key)
    }

    fn manifest(&self) -> Result<Manifest, PackageError> {
        let (statement, asked) = (self.asked.letter().statement(), self.asked.manifest());
        let mut recipients = self.recipients.clone();
        recipients.sort_by_key(ToString::to_string);
        let mut crls: Vec<_> = self.crls.iter().map(|(domain, issuer, crl)| crl_name(*domain, *issuer, crl)).collect();
        crls.sort_by_key(|crl| crl.domain);
        let name = |(domain, status, root): &(Domain, RootStatus, &Certificate)| RootName {
            domain: *domain,
            sha256: root.fingerprint(),
            status: *status,
        };
        let mut roots: Vec<_> = self.roots.iter().map(name).collect();
        roots.sort_by_key(|root| (root.domain, root.status));
        Ok(Manifest {
            audience: Audience { cluster: asked.origin.party.clone(), recipients, uid: asked.origin.uid.clone() },
            ca: asked.audience.ca.clone(),
            clock: self.clock.clone(),
            created: self.created,
            crls,
            format: FORMAT.to_owned(),
            import_before: self.import_before,
            in_reply_to: InReplyTo {
                file_sha256: statement.lines().file_sha256,
                nonce: asked.nonce.clone(),
                seq: asked.seq,
                statement_sha256: statement.digest(),
            },
            package_seq: self.package_seq,
            plan_sha256: Digest::of(self.plan),
            quorum: self.quorum.clone(),
            results: on_all_cores(&self.numbered()?.collect::<Vec<_>>(), |(id, answer)| answer.outcome(*id)),
            roots,
            suite: SUITE.to_owned(),
            tool: self.tool.clone(),
            trace: asked.trace.clone(),
            extra: Default::default(),
        })
    }

    /// The answers, each with the number of its request.
    fn numbered(&self) -> Result<impl Iterator<Item = (Number, &Answer<'_>)>, PackageError> {
        let requests = &self.asked.manifest().requests;
        if self.answers.len() != requests.len() {
            return Err(PackageError::Numbers);
        }
        Ok(requests.iter().map(|request| request.id).zip(&self.answers))
    }

    /// All files but the manifest.
    fn files(&self) -> Result<Files<'_>, PackageError> {
        let mut files = Files::default();
        let letter = self.asked.letter();
        files.own(File::Request, letter.statement().text().into_bytes());
        files.lend(File::RequestSignature, letter.signature());
        self.put_plan(&mut files)?;
        self.put_certificates(&mut files)?;
        self.put_decisions(&mut files);
        for (file, bytes) in &self.log.0 {
            files.lend(file.clone(), bytes);
        }
        Ok(files)
    }

    fn put_plan<'a>(&'a self, files: &mut Files<'a>) -> Result<(), PackageError> {
        files.lend(File::Plan, self.plan);
        let orders = Number::list(self.tbs.len()).ok_or(PackageError::Numbers)?;
        for (number, tbs) in orders.zip(&self.tbs) {
            files.lend(File::Tbs(number), tbs);
        }
        Ok(())
    }

    fn put_certificates(&self, files: &mut Files<'_>) -> Result<(), PackageError> {
        let numbered: Vec<_> = self.numbered()?.collect();
        let pem = |(_, answer): &(Number, &Answer<'_>)| match answer {
            Answer::Issued { certificate, .. } => Some(pem::encode(pem::CERTIFICATE, certificate.der)),
            Answer::Denied { .. } => None,
        };
        for ((id, _), pem) in numbered.iter().zip(on_all_cores(&numbered, pem)) {
            pem.into_iter().for_each(|pem| files.pem(File::Certificate(*id), pem));
        }
        for (domain, status, root) in &self.roots {
            files.pem(File::Root(*domain, *status), root.to_pem());
        }
        for (domain, _, crl) in &self.crls {
            files.pem(File::Crl(*domain), crl.to_pem());
        }
        for (at, (domain, cross)) in (1..).zip(&self.cross) {
            files.pem(File::Cross(*domain, at), cross.to_pem());
        }
        if !self.chain.is_empty() {
            files.pem(File::Chain, self.chain.iter().map(Certificate::to_pem).collect());
        }
        Ok(())
    }

    fn put_decisions<'a>(&'a self, files: &mut Files<'a>) {
        for signed in self.approvals {
            files.decision(signed, File::Approval, File::ApprovalSignature);
        }
        for (epoch, roster, approvals) in &self.rosters {
            files.lend(File::Roster(*epoch), roster);
            for signed in *approvals {
                files.decision(signed, |id| File::RosterApproval(*epoch, id), |id| File::RosterSignature(*epoch, id));
            }
        }
    }
}

/// The files that go into a container, most of them lent.
#[derive(Default)]
struct Files<'a>(Vec<(String, Cow<'a, [u8]>)>);

impl<'a> Files<'a> {
    fn lend(&mut self, file: File, bytes: &'a [u8]) {
        self.0.push((file.to_string(), Cow::Borrowed(bytes)));
    }

    fn own(&mut self, file: File, bytes: Vec<u8>) {
        self.0.push((file.to_string(), Cow::Owned(bytes)));
    }

    fn pem(&mut self, file: File, text: String) {
        self.own(file, text.into_bytes());
    }

    fn decision(&mut self, signed: &'a SignedApproval, text: impl Fn(PersonId) -> File, by: impl Fn(PersonId) -> File) {
        let id = &signed.approval().lines().person.id;
        self.own(text(id.clone()), signed.approval().text().into_bytes());
        self.lend(by(id.clone()), signed.armored().as_bytes());
    }

    fn stored(&self) -> Vec<Stored<'_>> {
        self.0.iter().map(|(name, bytes)| Stored { name, bytes }).collect()
    }
}

impl Answer<'_> {
    fn outcome(&self, id: Number) -> Outcome {
        match self {
            Self::Issued { certificate, profile } => Outcome::Issued {
                cert_sha256: Digest::of(certificate.der),
                id,
                not_after: certificate.not_after,
                not_before: certificate.not_before,
                profile: *profile,
                serial: certificate.serial.clone(),
                spki_sha256: certificate.spki_sha256,
            },
            Self::Denied { codes, note } => Outcome::Denied { codes: codes.clone(), id, note: note.clone() },
        }
    }
}

fn crl_name(domain: Domain, issuer_spki_sha256: Digest, crl: &Crl) -> CrlName {
    let fields = crl.tbs().fields();
    CrlName {
        domain,
        issuer_spki_sha256,
        next_update: fields.next_update,
        number: fields.number,
        this_update: fields.this_update,
    }
}
