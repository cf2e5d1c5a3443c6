//! Private keys of the cluster's certificates: made here, or read from where they live, to sign requests with.
//!
//! rcgen makes them and signs; the bytes to be signed are written by `pki::csr`, which keeps repeated and multi-valued
//! RDNs exactly.

use std::fmt;

use der::pem::LineEnding;
use rcgen::{
    KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ECDSA_P521_SHA512, PKCS_ED25519, PKCS_RSA_SHA256,
    PublicKeyData as _, RsaKeySize, SigningKey as _,
};
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs1KeyDer, PrivatePkcs8KeyDer, PrivateSec1KeyDer};
use thiserror::Error;
use zeroize::{Zeroize as _, Zeroizing};

use crate::pki::certificate::{Certificate, TbsCertificate};
use crate::pki::csr::{Csr, CsrError, RequestInfo};
use crate::pki::extension::Extensions;
use crate::pki::key::{KeyError, KeyType, PublicKey, SignatureAlgorithm};
use crate::pki::name::Name;
use crate::refusal::{Class, Reason, Refusal};
use crate::wire::text;

/// The largest key file, in bytes; RSA-8192 has some 6 500.
const MAX_TEXT: usize = 16 << 10;
const LABEL: &str = "PRIVATE KEY";
/// What stands before the 32 bytes of the seed in PKCS#8 (RFC 8410, 7), without and with the public key after it.
const ED25519_V1: [u8; 16] = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
const ED25519_V2: [u8; 16] = [0x30, 0x51, 2, 1, 1, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];

/// The private key of a certificate, wiped when dropped.
pub struct PrivateKey {
    pair: KeyPair,
    public: PublicKey,
    algorithm: SignatureAlgorithm,
}

/// Why there is no private key, or it does not sign.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum PrivateKeyError {
    /// Keys of this type are not made here.
    #[error("keys of the type {0} are not made here")]
    Type(KeyType),
    /// The generator failed.
    #[error("no key of the type {0} could be made")]
    Generator(KeyType),
    /// The text does not hold exactly one private key in clear that can sign requests.
    #[error("not one private key in clear that can sign a request")]
    Form,
    /// What it holds is no sound key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// It did not sign.
    #[error("the private key does not sign")]
    Signing,
    /// What it signed is no request.
    #[error(transparent)]
    Csr(#[from] CsrError),
    /// What it signed is not what was asked for.
    #[error("the request does not say what it was made of: {0}")]
    Different(&'static str),
}

impl PrivateKey {
    /// Makes a new key from the randomness of the cryptographic library.
    ///
    /// # Errors
    /// [`PrivateKeyError::Type`] for RSA of another length than 2048, 3072 and 4096; [`PrivateKeyError::Generator`].
    pub fn generate(key_type: KeyType) -> Result<Self, PrivateKeyError> {
        let rsa = |size| KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, size);
        let made = match key_type {
            KeyType::Rsa(2048) => rsa(RsaKeySize::_2048),
            KeyType::Rsa(3072) => rsa(RsaKeySize::_3072),
            KeyType::Rsa(4096) => rsa(RsaKeySize::_4096),
            KeyType::Rsa(_) => return Err(PrivateKeyError::Type(key_type)),
            KeyType::P256 => KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256),
            KeyType::P384 => KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384),
            KeyType::P521 => KeyPair::generate_for(&PKCS_ECDSA_P521_SHA512),
            KeyType::Ed25519 => KeyPair::generate_for(&PKCS_ED25519),
        };
        let key = Self::of(made.map_err(|_| PrivateKeyError::Generator(key_type))?)?;
        if key.public.key_type() == key_type { Ok(key) } else { Err(PrivateKeyError::Generator(key_type)) }
    }

    /// Reads the one private key in `text`, as openssl, kubeadm and Go write it: PKCS#1, SEC 1 or PKCS#8, not encrypted.
    /// Other blocks, as a certificate, may stand beside it.
    ///
    /// # Errors
    /// [`PrivateKeyError::Form`] and what makes a key unsound.
    pub fn parse(text: &str) -> Result<Self, PrivateKeyError> {
        // Judges what is one key, what is encrypted and what is weak; the same key is then read to sign with.
        let expected = PublicKey::of_private_pem(text)?;
        let block = only_private_block(text).ok_or(PrivateKeyError::Form)?;
        let mut buffer = Zeroizing::new(vec![0; block.len()]);
        let (label, der) = der::pem::decode(block.as_bytes(), &mut buffer).map_err(|_| PrivateKeyError::Form)?;
        let der = match label {
            "RSA PRIVATE KEY" => PrivateKeyDer::Pkcs1(PrivatePkcs1KeyDer::from(der)),
            "EC PRIVATE KEY" => PrivateKeyDer::Sec1(PrivateSec1KeyDer::from(der)),
            LABEL => PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(der)),
            _ => return Err(PrivateKeyError::Form),
        };
        let key = Self::of(KeyPair::try_from(&der).map_err(|_| PrivateKeyError::Form)?)?;
        if key.public == expected { Ok(key) } else { Err(PrivateKeyError::Form) }
    }

    fn of(pair: KeyPair) -> Result<Self, PrivateKeyError> {
        let public = PublicKey::from_spki(&pair.subject_public_key_info())?;
        let algorithm = match public.key_type() {
            KeyType::P256 => SignatureAlgorithm::EcdsaSha256,
            KeyType::P384 => SignatureAlgorithm::EcdsaSha384,
            KeyType::P521 => SignatureAlgorithm::EcdsaSha512,
            KeyType::Rsa(_) => SignatureAlgorithm::RsaSha256,
            KeyType::Ed25519 => SignatureAlgorithm::Ed25519,
        };
        Ok(Self { pair, public, algorithm })
    }

    /// The public half.
    pub fn public_key(&self) -> &PublicKey {
        &self.public
    }

    /// The key as PEM, PKCS#8 in clear; only for a key that was made here.
    ///
    /// # Errors
    /// [`PrivateKeyError::Form`]; not for a key of [`PrivateKey::generate`].
    pub fn to_pem(&self) -> Result<Zeroizing<String>, PrivateKeyError> {
        let der = self.pkcs8()?;
        let der = der.as_slice();
        let mut buffer = Zeroizing::new(vec![0; 2 * der.len() + 128]);
        let pem = der::pem::encode(LABEL, LineEnding::LF, der, &mut buffer).map_err(|_| PrivateKeyError::Form)?;
        let pem = Zeroizing::new(pem.to_owned());
        if PublicKey::of_private_pem(&pem).as_ref() == Ok(&self.public) { Ok(pem) } else { Err(PrivateKeyError::Form) }
    }

    /// PKCS#8 of version 1. Of Ed25519 keys the library writes version 2 (RFC 5958), which openssl does not read.
    fn pkcs8(&self) -> Result<Zeroizing<Vec<u8>>, PrivateKeyError> {
        let der = self.pair.serialized_der();
        if self.public.key_type() != KeyType::Ed25519 {
            return Ok(Zeroizing::new(der.to_vec()));
        }
        let seed = der.strip_prefix(&ED25519_V2).and_then(|rest| rest.get(..32)).ok_or(PrivateKeyError::Form)?;
        Ok(Zeroizing::new([&ED25519_V1[..], seed].concat()))
    }

    /// A request for `subject` with `extensions`, which is read back, its proof of possession verified, and compared.
    ///
    /// # Errors
    /// [`PrivateKeyError::Signing`], [`PrivateKeyError::Csr`], [`PrivateKeyError::Different`].
    pub fn request(&self, subject: &Name, extensions: &Extensions) -> Result<Csr, PrivateKeyError> {
        let info = RequestInfo::new(subject, &self.public, extensions);
        let signature = self.pair.sign(info.der()).map_err(|_| PrivateKeyError::Signing)?;
        let csr = info.assemble(self.algorithm, &signature)?;
        match () {
            () if csr.subject() != subject => Err(PrivateKeyError::Different("subject")),
            () if csr.requested() != extensions => Err(PrivateKeyError::Different("extensions")),
            () if *csr.public_key() != self.public => Err(PrivateKeyError::Different("public key")),
            () => Ok(csr),
        }
    }
}

impl PrivateKey {
    /// Signs `tbs`, which names this key's algorithm, and verifies what was signed.
    ///
    /// # Errors
    /// [`PrivateKeyError::Different`] where it names another; [`PrivateKeyError::Signing`]; what the signature says.
    pub fn certify(&self, tbs: TbsCertificate) -> Result<Certificate, PrivateKeyError> {
        if tbs.algorithm() != self.algorithm {
            return Err(PrivateKeyError::Different("algorithm"));
        }
        let signature = self.pair.sign(tbs.tbs_der()).map_err(|_| PrivateKeyError::Signing)?;
        let certificate = tbs.assemble(&signature);
        certificate.verify_signed_by(&self.public)?;
        Ok(certificate)
    }
}

/// The only block whose label says private key, from its first dash to its last.
fn only_private_block(text: &str) -> Option<&str> {
    let mut blocks = text.get(..text.len().min(MAX_TEXT))?.match_indices("-----BEGIN ").filter_map(|(start, _)| {
        let block = text.get(start..)?;
        let end = block.find("-----END ")? + "-----END ".len();
        let close = block.get(end..)?.find("-----")? + "-----".len();
        block.get(..end + close).filter(|block| block.lines().next().is_some_and(|line| line.contains(LABEL)))
    });
    blocks.next().filter(|_| blocks.next().is_none())
}

impl Drop for PrivateKey {
    fn drop(&mut self) {
        self.pair.zeroize();
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey({})", text::escape(&self.public.key_type().to_string()))
    }
}

impl Refusal for PrivateKeyError {
    fn reason(&self) -> Reason {
        const AGAIN: &str = "run the command again; if it persists, do not go on with this host";
        match self {
            Self::Type(_) => Reason::new(
                Class::Usage,
                "KEY_TYPE_NOT_MADE",
                "choose rsa-2048, rsa-3072, rsa-4096, p256, p384, p521 or ed25519, or reuse the key",
            ),
            Self::Generator(_) => Reason::new(Class::Internal, "KEY_GENERATOR", AGAIN),
            Self::Form => {
                Reason::new(Class::Verification, "KEY_FILE_FORM", "make a new key for it instead of reusing it")
            }
            Self::Key(error) => error.reason(),
            Self::Signing => Reason::new(Class::Internal, "KEY_SIGNING", AGAIN),
            Self::Csr(error) => error.reason(),
            Self::Different(_) => Reason::new(Class::Internal, "REQUEST_DIFFERENT", AGAIN),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::process::{Command, Stdio};

    use super::*;
    use crate::pki::extension::{Extension, oid};
    use crate::pki::san::{AltName, SubjectAltNames};

    const TYPES: [KeyType; 6] =
        [KeyType::Rsa(2048), KeyType::Rsa(3072), KeyType::P256, KeyType::P384, KeyType::P521, KeyType::Ed25519];

    fn openssl(arguments: &[&str], input: &str) -> String {
        let mut child = Command::new("openssl");
        let mut child = child.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "openssl {arguments:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn extensions() -> Extensions {
        let names = [AltName::Dns("cp1".to_owned()), AltName::Ip([10, 0, 0, 1].into()), AltName::Dns("cp1".to_owned())];
        let value = SubjectAltNames::from_names(&names).unwrap().der().to_vec();
        Extensions::new(vec![Extension { oid: oid::SUBJECT_ALT_NAME, critical: false, value }]).unwrap()
    }

    #[test]
    fn openssl_reads_each_new_key_and_verifies_its_request() {
        let subject = Name::from_rdns(&[&[("O", "a"), ("O", "b")], &[("O", "a")], &[("CN", "x")]]).unwrap();
        for key_type in TYPES {
            let key = PrivateKey::generate(key_type).unwrap();
            assert_eq!(key.public_key().key_type(), key_type);
            let public = openssl(&["pkey", "-pubout"], &key.to_pem().unwrap());
            assert_eq!(public, crate::wire::pem::encode("PUBLIC KEY", key.public_key().der()));
            let csr = key.request(&subject, &extensions()).unwrap();
            let told = openssl(&["req", "-verify", "-noout", "-subject", "-text"], &csr.to_pem());
            assert!(told.contains("subject=O = a + O = b, O = a, CN = x"), "{told}");
            assert!(told.contains("DNS:cp1, IP Address:10.0.0.1, DNS:cp1"), "{told}");
        }
    }

    #[test]
    fn a_key_that_openssl_wrote_signs_a_request() {
        let subject = Name::from_pairs(&[("CN", "x")]).unwrap();
        for arguments in [
            &["ED25519"][..],
            &["RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
            &["EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
            &["EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
            &["EC", "-pkeyopt", "ec_paramgen_curve:P-521"],
        ] {
            let pkcs8 = openssl(&[&["genpkey", "-quiet", "-algorithm"], arguments].concat(), "");
            let other = match arguments {
                ["ED25519"] => pkcs8.clone(),
                _ => openssl(&["pkey", "-traditional"], &pkcs8),
            };
            for text in [
                &pkcs8,
                &other,
                &format!("note\n{pkcs8}-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n"),
            ] {
                let key = PrivateKey::parse(text).unwrap();
                assert_eq!(PublicKey::of_private_pem(text).as_ref(), Ok(key.public_key()));
                key.request(&subject, &Extensions::default()).unwrap();
            }
        }
    }

    #[test]
    fn what_is_no_single_key_in_clear_is_refused() {
        let key = PrivateKey::generate(KeyType::P256).unwrap().to_pem().unwrap();
        let encrypted = openssl(&["pkcs8", "-topk8", "-passout", "pass:x"], &key);
        assert_eq!(PrivateKey::parse(&encrypted).unwrap_err(), PrivateKeyError::Key(KeyError::PrivateEncrypted));
        for text in ["", "x", &key.repeat(2), &key[..key.len() / 2]] {
            assert!(PrivateKey::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn odd_types_are_not_made() {
        for bits in [1024, 2560, 8192] {
            let refused = PrivateKey::generate(KeyType::Rsa(bits)).unwrap_err();
            assert_eq!(refused.reason().code, "KEY_TYPE_NOT_MADE");
        }
    }

    #[test]
    fn debug_output_holds_no_secret() {
        let key = PrivateKey::generate(KeyType::P256).unwrap();
        assert_eq!(format!("{key:?}"), "PrivateKey(P-256)");
    }
}
