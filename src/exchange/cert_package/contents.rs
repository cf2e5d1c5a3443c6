//! Everything that X.509 says in a package, parsed, and equal to what the manifest says of it. Who issued what, and
//! whether the plan has it, is judged elsewhere.

use std::num::NonZero;
use std::thread;

use super::layout::File;
use super::manifest::{CrlName, Outcome};
use super::{Package, PackageError};
use crate::cluster::role::Domain;
use crate::exchange::csr_bundle::number::Number;
use crate::exchange::roots::RootName;
use crate::pki::certificate::Certificate;
use crate::pki::crl::Crl;

/// The certificates and CRLs of a package.
#[derive(Debug)]
pub struct Contents {
    certificates: Vec<(Number, Certificate)>,
    chain: Vec<Certificate>,
    roots: Vec<(RootName, Certificate)>,
    crls: Vec<(CrlName, Crl)>,
    cross: Vec<(Domain, Certificate)>,
}

const END: &str = "-----END CERTIFICATE-----\n";

impl Package<'_> {
    /// Parses every certificate and CRL, on all cores, and compares them with the manifest.
    ///
    /// # Errors
    /// [`PackageError`] with the first file, by kind and number, that is not what it should be.
    pub fn contents(&self) -> Result<Contents, PackageError> {
        Ok(Contents {
            certificates: self.certificates()?,
            chain: self.chain()?,
            roots: self.roots()?,
            crls: self.crls()?,
            cross: self.cross()?,
        })
    }

    fn certificates(&self) -> Result<Vec<(Number, Certificate)>, PackageError> {
        let issued: Vec<_> = self.manifest.results.iter().filter(|outcome| outcome.is_issued()).collect();
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        let share = issued.len().div_ceil(cores).max(1);
        let some = |outcomes: &[&Outcome]| outcomes.iter().map(|outcome| self.issued(outcome)).collect();
        let parts: Vec<Result<Vec<_>, PackageError>> = thread::scope(|scope| {
            let workers: Vec<_> = issued.chunks(share).map(|chunk| scope.spawn(|| some(chunk))).collect();
            // A worker does not panic; if it did, its share is found to be missing.
            workers.into_iter().map(|worker| worker.join().unwrap_or_else(|_| Ok(Vec::new()))).collect()
        });
        let mut all = Vec::with_capacity(issued.len());
        for part in parts {
            all.extend(part?);
        }
        match issued.get(all.len()) {
            Some(missing) => Err(PackageError::CertificateOther(missing.id())),
            None => Ok(all),
        }
    }

    fn issued(&self, outcome: &Outcome) -> Result<(Number, Certificate), PackageError> {
        let Outcome::Issued { cert_sha256, id, not_after, not_before, serial, spki_sha256, .. } = outcome else {
            return Err(PackageError::CertificateOther(outcome.id()));
        };
        let certificate = self.certificate(&File::Certificate(*id))?;
        let validity = certificate.validity();
        let same = certificate.fingerprint() == *cert_sha256
            && certificate.serial() == serial
            && certificate.public_key().spki_sha256() == *spki_sha256
            && (validity.not_before(), validity.not_after()) == (*not_before, *not_after);
        if same { Ok((*id, certificate)) } else { Err(PackageError::CertificateOther(*id)) }
    }

    fn certificate(&self, file: &File) -> Result<Certificate, PackageError> {
        let text = self.file(file).unwrap_or_default();
        Certificate::parse_pem(text).map_err(|error| PackageError::Certificate { file: file.to_string(), error })
    }

    /// Strict PEM blocks one after the other; none where the file is missing.
    fn chain(&self) -> Result<Vec<Certificate>, PackageError> {
        let Some(bytes) = self.file(&File::Chain) else { return Ok(Vec::new()) };
        let text = std::str::from_utf8(bytes).map_err(|_| PackageError::Chain)?;
        let mut all = Vec::new();
        for block in text.split_inclusive(END) {
            let certificate = Certificate::parse_pem(block.as_bytes())
                .map_err(|error| PackageError::Certificate { file: File::Chain.to_string(), error })?;
            if all.contains(&certificate) {
                return Err(PackageError::Chain);
            }
            all.push(certificate);
        }
        if all.is_empty() { Err(PackageError::Chain) } else { Ok(all) }
    }

    fn roots(&self) -> Result<Vec<(RootName, Certificate)>, PackageError> {
        let root = |name: &RootName| {
            let file = File::Root(name.domain, name.status);
            let certificate = self.certificate(&file)?;
            if certificate.fingerprint() == name.sha256 {
                Ok((name.clone(), certificate))
            } else {
                Err(PackageError::RootOther(file.to_string()))
            }
        };
        self.manifest.roots.iter().map(root).collect()
    }

    fn crls(&self) -> Result<Vec<(CrlName, Crl)>, PackageError> {
        let crl = |name: &CrlName| {
            let file = File::Crl(name.domain);
            let text = self.file(&file).unwrap_or_default();
            let crl = Crl::parse_pem(text).map_err(|error| PackageError::Crl { file: file.to_string(), error })?;
            let fields = crl.tbs().fields();
            let found = (fields.number, fields.this_update, fields.next_update);
            if found == (name.number, name.this_update, name.next_update) {
                Ok((name.clone(), crl))
            } else {
                Err(PackageError::CrlOther(file.to_string()))
            }
        };
        self.manifest.crls.iter().map(crl).collect()
    }

    fn cross(&self) -> Result<Vec<(Domain, Certificate)>, PackageError> {
        let crosses = self.files().filter_map(|(file, _)| match file {
            File::Cross(domain, _) => Some((domain, file)),
            _ => None,
        });
        crosses.map(|(domain, file)| Ok((domain, self.certificate(&file)?))).collect()
    }
}

impl Contents {
    /// The certificates that answer requests, by their numbers.
    pub fn certificates(&self) -> &[(Number, Certificate)] {
        &self.certificates
    }

    /// The issuers, as they are to be sent along.
    pub fn chain(&self) -> &[Certificate] {
        &self.chain
    }

    /// The roots.
    pub fn roots(&self) -> &[(RootName, Certificate)] {
        &self.roots
    }

    /// The CRLs. That each is by the issuer it names is yet to be verified.
    pub fn crls(&self) -> &[(CrlName, Crl)] {
        &self.crls
    }

    /// The cross-certificates.
    pub fn cross(&self) -> &[(Domain, Certificate)] {
        &self.cross
    }
}
