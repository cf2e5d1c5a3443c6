//! Who dials: nobody, or the holder of a certificate and its key.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{ResolvesClientCert, Resumption};
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, aws_lc_rs, verify_tls12_signature, verify_tls13_signature,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, DigitallySignedStruct, Error as TlsError, SignatureScheme};
use thiserror::Error;
use zeroize::{Zeroize as _, Zeroizing};

use crate::refusal::{Class, Reason, Refusal};
use crate::wire::pem::{self, CERTIFICATE};

/// Who dials. It can be shared by many threads.
#[derive(Clone)]
pub struct Caller {
    config: Arc<ClientConfig>,
    key: Option<Arc<CertifiedKey>>,
}

/// Why a certificate and a key make no caller.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum CallerError {
    /// No certificate in the file, or a block that ends badly.
    #[error("the file of the certificate holds none that can be read")]
    Certificate,
    /// No single private key in the file, or of a kind that TLS does not use.
    #[error("the file of the key holds no private key that TLS can use")]
    Key,
    /// They do not belong together.
    #[error("the key does not belong to the certificate")]
    Mismatch,
    /// The TLS library does not work on this host.
    #[error("the cryptographic library refuses to work: {0}")]
    Library(String),
}

impl Caller {
    /// Dials without a certificate.
    ///
    /// # Errors
    /// [`CallerError::Library`].
    pub fn nobody() -> Result<Self, CallerError> {
        Ok(Self { config: Arc::new(config()?), key: None })
    }

    /// Dials with the certificate chain of `chain`, leaf first, and its `key`, both PEM as kubeadm, openssl and Go write
    /// it. It is shown to every server that asks for one, whichever CAs the server hints at: what a server accepts is
    /// what is to be found out.
    ///
    /// # Errors
    /// Any [`CallerError`].
    pub fn holding(chain: &str, key: &str) -> Result<Self, CallerError> {
        let blocks = pem::blocks(chain).map_err(|_| CallerError::Certificate)?;
        let certificates: Vec<_> = blocks
            .into_iter()
            .filter(|(label, _)| label == CERTIFICATE)
            .map(|(_, der)| CertificateDer::from(der))
            .collect();
        if certificates.is_empty() {
            return Err(CallerError::Certificate);
        }
        let certified = CertifiedKey::new(certificates, signing_key(key)?);
        certified.keys_match().map_err(|_| CallerError::Mismatch)?;
        Ok(Self { config: Arc::new(config()?), key: Some(Arc::new(certified)) })
    }

    /// A config for one connection, and whether the server asked for a certificate in it.
    pub(super) fn dial(&self) -> (Arc<ClientConfig>, Arc<AtomicBool>) {
        let asked = Arc::new(AtomicBool::new(false));
        let mut config = ClientConfig::clone(&self.config);
        config.client_auth_cert_resolver = Arc::new(Shown { key: self.key.clone(), asked: Arc::clone(&asked) });
        (Arc::new(config), asked)
    }
}

impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.key.is_some() { "Caller(with a certificate)" } else { "Caller(nobody)" })
    }
}

fn signing_key(text: &str) -> Result<Arc<dyn rustls::sign::SigningKey>, CallerError> {
    let blocks = pem::blocks(text).map_err(|_| CallerError::Key)?;
    let mut keys = blocks.into_iter().map(|(label, der)| (label, Zeroizing::new(der))).filter_map(|(label, der)| {
        let der = der.to_vec();
        match label.as_str() {
            "PRIVATE KEY" => Some(PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(der))),
            "EC PRIVATE KEY" => Some(PrivateKeyDer::Sec1(der.into())),
            "RSA PRIVATE KEY" => Some(PrivateKeyDer::Pkcs1(der.into())),
            _ => None,
        }
    });
    let (Some(mut key), None) = (keys.next(), keys.next().map(|mut second| second.zeroize())) else {
        return Err(CallerError::Key);
    };
    let signing = aws_lc_rs::sign::any_supported_type(&key);
    key.zeroize();
    signing.map_err(|_| CallerError::Key)
}

fn config() -> Result<ClientConfig, CallerError> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let looker = Arc::new(Looker::of(&provider));
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| CallerError::Library(e.to_string()))?
        .dangerous()
        .with_custom_certificate_verifier(looker)
        .with_no_client_auth();
    config.resumption = Resumption::disabled();
    Ok(config)
}

/// Shows the certificate, and notes that it was asked for.
#[derive(Debug)]
struct Shown {
    key: Option<Arc<CertifiedKey>>,
    asked: Arc<AtomicBool>,
}

impl ResolvesClientCert for Shown {
    fn resolve(&self, _hints: &[&[u8]], _schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.asked.store(true, Ordering::Relaxed);
        self.key.clone()
    }

    fn has_certs(&self) -> bool {
        true
    }
}

/// Looks at any certificate: the server must prove that it holds the key, and nothing else. Whether it is trusted is
/// asked afterwards, of what was seen.
#[derive(Debug)]
struct Looker {
    algorithms: WebPkiSupportedAlgorithms,
}

impl Looker {
    fn of(provider: &CryptoProvider) -> Self {
        Self { algorithms: provider.signature_verification_algorithms }
    }
}

impl ServerCertVerifier for Looker {
    fn verify_server_cert(
        &self,
        _leaf: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, TlsError> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        verify_tls12_signature(message, leaf, signed, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        verify_tls13_signature(message, leaf, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

impl Refusal for CallerError {
    fn reason(&self) -> Reason {
        let verification = |code, hint| Reason::new(Class::Verification, code, hint);
        match self {
            Self::Certificate => verification("CALLER_CERTIFICATE", "name a PEM file with a certificate"),
            Self::Key => verification("CALLER_KEY", "name a PEM file with one private key that is not encrypted"),
            Self::Mismatch => verification("CALLER_MISMATCH", "name the key that the certificate was issued for"),
            Self::Library(_) => {
                Reason::new(Class::Internal, "CALLER_LIBRARY", "report this to the maintainers; nothing was dialled")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made() -> (String, String) {
        let made = rcgen::generate_simple_self_signed(["x".to_owned()]).unwrap();
        (made.cert.pem(), made.signing_key.serialize_pem())
    }

    #[test]
    fn a_certificate_and_its_key_make_a_caller() {
        let (chain, key) = made();
        let caller = Caller::holding(&chain, &key).unwrap();
        assert_eq!(format!("{caller:?}"), "Caller(with a certificate)");
        let (_, other) = made();
        assert_eq!(Caller::holding(&chain, &other).unwrap_err(), CallerError::Mismatch);
        for broken in [String::new(), chain.clone(), format!("{key}{other}"), key.replace("KEY", "SECRET")] {
            assert_eq!(Caller::holding(&chain, &broken).unwrap_err(), CallerError::Key);
        }
        for broken in [String::new(), key.clone(), chain[..100].to_owned()] {
            assert_eq!(Caller::holding(&broken, &key).unwrap_err(), CallerError::Certificate);
        }
    }
}
