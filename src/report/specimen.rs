//! What a single file holds: a certificate, a request, a revocation list, a statement or a closed transfer.

use super::document::Report;
use super::document::kind::ReportKind;
use crate::exchange::statement::Statement;
use crate::pki::certificate::Certificate;
use crate::pki::crl::Crl;
use crate::pki::csr::Csr;
use crate::pki::extension::Extensions;

/// A file that was recognised by what is in it.
#[derive(Debug)]
pub enum Specimen {
    /// X.509 certificates.
    Certificates(Vec<Certificate>),
    /// A PKCS#10 request that proves possession of its key.
    Request(Box<Csr>),
    /// A revocation list.
    Crl(Box<Crl>),
    /// The statement of a transfer.
    Statement(Box<Statement>),
    /// A ZIP container, whose content only the room that confirmed its sheet may read.
    Container(usize),
    /// A file that age encrypted.
    Sealed(usize),
}

/// What every container begins with: a local file header (APPNOTE.TXT 4.3.7).
const ZIP: &[u8] = b"PK\x03\x04";
/// What every age file begins with.
const AGE: &[u8] = b"age-encryption.org/v1\n";

impl Specimen {
    /// Recognises `bytes`; none of what airlock knows gives none.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        if let Ok(statement) = Statement::parse(bytes) {
            return Some(Self::Statement(Box::new(statement)));
        }
        if bytes.starts_with(ZIP) {
            return Some(Self::Container(bytes.len()));
        }
        if bytes.starts_with(AGE) {
            return Some(Self::Sealed(bytes.len()));
        }
        let text = std::str::from_utf8(bytes);
        let certificates = match text {
            Ok(text) => Certificate::parse_foreign_all(text).ok(),
            Err(_) => Certificate::parse_der(bytes).ok().map(|one| vec![one]),
        };
        if let Some(certificates) = certificates.filter(|all| !all.is_empty()) {
            return Some(Self::Certificates(certificates));
        }
        let csr = text.map_or_else(|_| Csr::parse_der(bytes), Csr::parse_foreign);
        if let Ok(csr) = csr {
            return Some(Self::Request(Box::new(csr)));
        }
        let crl = text.map_or_else(|_| Crl::parse_der(bytes), |text| Crl::parse_pem(text.as_bytes()));
        crl.ok().map(|crl| Self::Crl(Box::new(crl)))
    }

    /// What it says.
    pub fn report(&self) -> Report {
        let report = Report::new(ReportKind::Inspect);
        match self {
            Self::Certificates(all) => all.iter().fold(report, certificate),
            Self::Request(csr) => request(report.fact("type", "Type", "PKCS#10 request, possession proven"), csr),
            Self::Crl(crl) => list(report, crl),
            Self::Statement(statement) => told(report, statement),
            Self::Container(bytes) => closed(report, "container of a transfer, closed", *bytes),
            Self::Sealed(bytes) => closed(report, "container encrypted with age, closed", *bytes),
        }
    }
}

fn certificate(report: Report, certificate: &Certificate) -> Report {
    let tbs = certificate.tbs();
    let kind = if certificate.is_ca() { "CA certificate" } else { "certificate" };
    let report = report
        .fact("type", "Type", kind)
        .fact("subject", "Subject", tbs.subject().safe())
        .fact("issuer", "Issuer", tbs.issuer().safe())
        .fact("serial", "Serial", tbs.serial().to_string())
        .fact("validity", "Validity", tbs.validity().to_string())
        .fact("key", "Key", tbs.public_key().key_type().to_string())
        .fact("spkiSha256", "SPKI SHA-256", tbs.public_key().spki_sha256().to_string())
        .fact("signatureAlgorithm", "Signed with", tbs.algorithm().to_string());
    names(report, tbs.extensions()).fact("sha256", "SHA-256", certificate.fingerprint().to_string())
}

fn request(report: Report, csr: &Csr) -> Report {
    let report = report
        .fact("subject", "Subject", csr.subject().safe())
        .fact("key", "Key", csr.public_key().key_type().to_string())
        .fact("spkiSha256", "SPKI SHA-256", csr.public_key().spki_sha256().to_string())
        .fact("signatureAlgorithm", "Signed with", csr.algorithm().to_string());
    names(report, csr.requested()).fact("sha256", "SHA-256", csr.sha256().to_string())
}

fn names(report: Report, extensions: &Extensions) -> Report {
    let names = extensions.subject_alt_names().map(|names| names.names().iter().map(ToString::to_string).collect());
    let names: Vec<String> = names.unwrap_or_default();
    let all: Vec<String> = extensions.all().iter().map(|one| one.oid.to_string()).collect();
    report.fact("names", "SAN", &names[..]).fact("extensions", "Extensions", &all[..])
}

fn list(report: Report, crl: &Crl) -> Report {
    let fields = crl.tbs().fields();
    let revoked: Vec<String> = fields.revoked.iter().map(|one| format!("{} {}", one.serial, one.time)).collect();
    report
        .fact("type", "Type", "certificate revocation list")
        .fact("issuer", "Issuer", fields.issuer.safe())
        .fact("number", "Number", fields.number)
        .fact("thisUpdate", "This update", fields.this_update.to_string())
        .fact("nextUpdate", "Next update", fields.next_update.to_string())
        .fact("revoked", "Revoked", &revoked[..])
}

/// All but the digest of the file: whoever holds paper must not be helped to its rows.
fn told(report: Report, statement: &Statement) -> Report {
    let lines = statement.lines();
    report
        .subject(statement)
        .fact("type", "Type", "statement of a transfer")
        .fact("to", "To", lines.to.to_string())
        .fact("expires", "Expires", lines.expires.to_string())
}

fn closed(report: Report, kind: &str, bytes: usize) -> Report {
    let report = report.fact("type", "Type", kind).fact("bytes", "Bytes", bytes);
    report.next("airlock offline receive or airlock online receive: the sheet comes first")
}

#[cfg(test)]
mod tests {
    use super::*;

    const CA: &[u8] = include_bytes!(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/fixtures/cluster/kubeadm-ha/cp1/etc/kubernetes/pki/ca.crt"
    ));

    #[test]
    fn files_are_known_by_what_is_in_them() {
        let told = |bytes: &[u8]| Specimen::of(bytes).map(|found| found.report().text(80));
        assert!(told(CA).unwrap().contains("CA certificate"));
        assert!(told(b"PK\x03\x04....").unwrap().contains("closed"));
        assert!(told(b"age-encryption.org/v1\n->").unwrap().contains("age"));
        assert!(told(b"").is_none() && told(b"-----BEGIN CERTIFICATE-----\n").is_none());
    }

    #[test]
    fn a_statement_does_not_tell_what_its_rows_are_made_of() {
        let text = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/statement/good-csr-bundle"));
        let text = text.strip_prefix(b"expect: OK\n").unwrap();
        let statement = Statement::parse(text).unwrap();
        let report = Specimen::of(text).unwrap().report();
        for shown in [report.text(132), report.json().unwrap()] {
            assert!(shown.contains(statement.lines().trace.as_str()));
            assert!(!shown.contains(&statement.digest().to_string()));
            assert!(!shown.contains(&statement.lines().file_sha256.to_string()));
        }
    }
}
