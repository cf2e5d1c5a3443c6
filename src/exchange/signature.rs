//! SSHSIG signatures (OpenSSH, PROTOCOL.sshsig) in one narrow profile.
//!
//! Version 1, hash sha512, nothing reserved, one armored block of 70 columns ending in LF and nothing after it. Keys are
//! Ed25519, in software, in an HSM or in a FIDO token. `ssh-keygen -Y sign` makes the same bytes for the same key and
//! `ssh-keygen -Y verify` accepts them; the converse does not hold, for it also accepts other hashes and trailing text.
//!
//! The reader takes the 64 bytes of the signature out of what it was given, writes the whole block anew from the pinned
//! key and the namespace it expects, and compares. So nothing in a signature file speaks for itself.

pub mod private_key;
pub mod public_key;

use sha2::{Digest as _, Sha256};
use ssh_key::{HashAlg, LineEnding, SshSig};
use thiserror::Error;

use crate::refusal::{Class, Reason, Refusal, Refused};
use public_key::SshPublicKey;

/// The longest armored signature that is read, in bytes.
pub const MAX_BYTES: usize = 4096;

/// User present and user verified, the bits a FIDO token sets for touch and PIN (PROTOCOL.u2f).
const TOUCHED_AND_VERIFIED: u8 = 0x01 | 0x04;

/// What a signature is for. A signature in one namespace is none in another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Namespace {
    /// The statement of a transfer, of every kind.
    Statement,
    /// `SHA256SUMS` of a CSR bundle.
    CsrBundle,
    /// `SHA256SUMS` of a certificate package.
    CertPackage,
    /// `SHA256SUMS` of a node package.
    NodePackage,
    /// An officer approves an operation.
    Approval,
    /// An officer rejects an operation.
    Rejection,
    /// The first roster and policy of a CA.
    Genesis,
    /// A key takes the place of another.
    KeyEvent,
    /// A person agrees that an old root is dropped.
    Drop,
}

/// A key that signs, wherever it lives.
pub trait SigningKey {
    /// The public half, as peers have pinned it.
    fn public_key(&self) -> &SshPublicKey;

    /// The Ed25519 signature (RFC 8032) over `blob`.
    ///
    /// # Errors
    /// Whatever keeps the device from signing.
    fn sign(&self, blob: &[u8]) -> Result<[u8; 64], Refused>;
}

/// Why a signature does not count.
#[derive(Debug, Error, Clone, Copy, PartialEq, Eq)]
pub enum SignatureError {
    /// No SSHSIG block, or more than one block.
    #[error("signature is not one SSHSIG block")]
    Form,
    /// Made by another key.
    #[error("signature is by another key than the one pinned for this sender")]
    Key,
    /// Made for another purpose.
    #[error("signature is for another purpose")]
    Namespace,
    /// Another hash, other armor, or text around the block.
    #[error("signature is not in canonical form")]
    NotCanonical,
    /// A token signed without touch or without PIN.
    #[error("the token signed without touch and PIN")]
    Unattended,
    /// The bytes are not what was signed.
    #[error("signature does not verify")]
    Invalid,
    /// The device that signs returned something that does not verify.
    #[error("the signing key returned a signature that does not verify")]
    Faulty,
}

impl Namespace {
    /// As it stands in the signature.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Statement => "statement@airlock.v1",
            Self::CsrBundle => "csr-bundle@airlock.v1",
            Self::CertPackage => "cert-package@airlock.v1",
            Self::NodePackage => "node-package@airlock.v1",
            Self::Approval => "approval@airlock.v1",
            Self::Rejection => "rejection@airlock.v1",
            Self::Genesis => "genesis@airlock.v1",
            Self::KeyEvent => "key-event@airlock.v1",
            Self::Drop => "drop@airlock.v1",
        }
    }
}

/// Signs `message`, verifies the result, and returns the armored block.
///
/// # Errors
/// The refusal of the key, or [`SignatureError::Faulty`] where what it returned does not verify.
pub fn sign(key: &dyn SigningKey, namespace: Namespace, message: &[u8]) -> Result<String, Refused> {
    let signature = key.sign(&signed_blob(namespace, message)?)?;
    let armored = armor(key.public_key(), namespace, &signature).ok_or(SignatureError::Faulty)?;
    verify(key.public_key(), namespace, message, armored.as_bytes()).map_err(|_| SignatureError::Faulty)?;
    Ok(armored)
}

/// Demands that `armored` is the one canonical signature block by `key` over `message` in `namespace`.
///
/// # Errors
/// Any [`SignatureError`].
pub fn verify(key: &SshPublicKey, namespace: Namespace, message: &[u8], armored: &[u8]) -> Result<(), SignatureError> {
    if armored.len() > MAX_BYTES {
        return Err(SignatureError::Form);
    }
    let given = SshSig::from_pem(armored).map_err(|_| SignatureError::Form)?;
    if *given.public_key() != key.key_data() {
        return Err(SignatureError::Key);
    }
    if given.namespace() != namespace.as_str() {
        return Err(SignatureError::Namespace);
    }
    let raw = given.signature_bytes();
    if armor(key, namespace, raw).is_none_or(|canonical| canonical.as_bytes() != armored) {
        return Err(SignatureError::NotCanonical);
    }
    let blob = signed_blob(namespace, message)?;
    match raw.split_first_chunk::<64>() {
        Some((signature, [])) if !key.is_token() => key.verify(&blob, signature),
        Some((signature, trailer @ [flags, _, _, _, _])) if key.is_token() => {
            if flags & TOUCHED_AND_VERIFIED != TOUCHED_AND_VERIFIED {
                return Err(SignatureError::Unattended);
            }
            key.verify(&token_blob(trailer, &blob), signature)
        }
        _ => Err(SignatureError::Form),
    }
}

/// What is signed: the magic, the namespace and the SHA-512 of the message.
fn signed_blob(namespace: Namespace, message: &[u8]) -> Result<Vec<u8>, SignatureError> {
    SshSig::signed_data(namespace.as_str(), HashAlg::Sha512, message).map_err(|_| SignatureError::Form)
}

/// What a FIDO token signs (PROTOCOL.u2f): the hashed application, its flags and counter, and the hashed blob.
fn token_blob(flags_and_counter: &[u8], blob: &[u8]) -> Vec<u8> {
    let application = Sha256::digest(public_key::APPLICATION);
    [application.as_slice(), flags_and_counter, Sha256::digest(blob).as_slice()].concat()
}

/// The one block that holds this signature.
fn armor(key: &SshPublicKey, namespace: Namespace, raw: &[u8]) -> Option<String> {
    let signature = ssh_key::Signature::new(key.algorithm(), raw).ok()?;
    let block = SshSig::new(key.key_data(), namespace.as_str(), HashAlg::Sha512, signature).ok()?;
    block.to_pem(LineEnding::LF).ok()
}

impl Refusal for SignatureError {
    fn reason(&self) -> Reason {
        const KEEP: &str = "keep the medium and call the sender on a number you already have";
        match self {
            Self::Form => Reason::new(Class::Verification, "SIGNATURE_FORM", KEEP),
            Self::Key => Reason::new(
                Class::Verification,
                "SIGNATURE_KEY",
                "check who is enrolled; an unknown sender enrols first",
            ),
            Self::Namespace => Reason::new(Class::Verification, "SIGNATURE_NAMESPACE", KEEP),
            Self::NotCanonical => Reason::new(Class::Verification, "SIGNATURE_CANONICAL", KEEP),
            Self::Unattended => Reason::new(
                Class::Verification,
                "SIGNATURE_UNATTENDED",
                "sign again with a key made with verify-required, with touch and PIN",
            ),
            Self::Invalid => Reason::new(Class::Verification, "SIGNATURE_INVALID", KEEP),
            Self::Faulty => {
                Reason::new(Class::Internal, "SIGNATURE_FAULTY", "stop using this signing key and check its device")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use ssh_key::public::{Ed25519PublicKey, KeyData, SkEd25519};
    use zeroize::Zeroizing;

    use super::private_key::SoftwareKey;
    use super::*;

    const MESSAGE: &[u8] = b"airlock-statement-v1\n";

    fn key(seed: u8) -> SoftwareKey {
        SoftwareKey::from_seed(&Zeroizing::new([seed; 32])).unwrap()
    }

    fn check(armored: &str) -> Result<(), SignatureError> {
        verify(key(7).public_key(), Namespace::Statement, MESSAGE, armored.as_bytes())
    }

    fn signed() -> String {
        sign(&key(7), Namespace::Statement, MESSAGE).unwrap()
    }

    /// A block with any parts, as ssh-key writes it.
    fn block(namespace: &str, hash: HashAlg, raw: &[u8]) -> String {
        let signature = ssh_key::Signature::new(ssh_key::Algorithm::Ed25519, raw).unwrap();
        let block = SshSig::new(key(7).public_key().key_data(), namespace, hash, signature).unwrap();
        block.to_pem(LineEnding::LF).unwrap()
    }

    #[test]
    fn what_is_signed_verifies_and_nothing_else_does() {
        assert_eq!(check(&signed()), Ok(()));
        let statement = Namespace::Statement;
        let verify =
            |seed, namespace, message: &[u8]| verify(key(seed).public_key(), namespace, message, signed().as_bytes());
        assert_eq!(verify(8, statement, MESSAGE), Err(SignatureError::Key));
        assert_eq!(verify(7, Namespace::Approval, MESSAGE), Err(SignatureError::Namespace));
        assert_eq!(verify(7, statement, b"airlock-statement-v2\n"), Err(SignatureError::Invalid));
    }

    #[test]
    fn a_rejection_is_no_approval() {
        let rejected = sign(&key(7), Namespace::Rejection, MESSAGE).unwrap();
        let verdict = verify(key(7).public_key(), Namespace::Approval, MESSAGE, rejected.as_bytes());
        assert_eq!(verdict, Err(SignatureError::Namespace));
    }

    #[test]
    fn other_armor_and_text_around_the_block_are_refused() {
        let good = signed();
        let begin = "-----BEGIN SSH SIGNATURE-----\n";
        let joined = good.replacen("\n", "\0", 1).replace('\n', "").replace('\0', "\n");
        for wounded in [
            format!("{good}{good}"),
            format!("{good}note\n"),
            format!("{good}\n"),
            format!("\n{good}"),
            format!("note\n{good}"),
            good.replace('\n', "\r\n"),
            good.trim_end().to_owned(),
            joined,
            good.replace(begin, "-----BEGIN SSH SIGNATURE----\n"),
            good.replace("SSH SIGNATURE", "PGP SIGNATURE"),
            String::new(),
            begin.repeat(200),
        ] {
            let refused = check(&wounded).unwrap_err();
            assert!(matches!(refused, SignatureError::Form | SignatureError::NotCanonical), "{refused}: {wounded}");
        }
    }

    #[test]
    fn another_hash_and_another_signature_scalar_are_refused() {
        let sha256 = SshSig::signed_data("statement@airlock.v1", HashAlg::Sha256, MESSAGE).unwrap();
        let raw = key(7).sign(&sha256).unwrap();
        assert_eq!(check(&block("statement@airlock.v1", HashAlg::Sha256, &raw)), Err(SignatureError::NotCanonical));
        let mut raw = key(7).sign(&signed_blob(Namespace::Statement, MESSAGE).unwrap()).unwrap();
        assert_eq!(check(&block("statement@airlock.v1", HashAlg::Sha512, &raw)), Ok(()));
        // S plus the group order is congruent, and RFC 8032, 5.1.7 refuses it.
        let order = hex::decode("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010").unwrap();
        let mut carry = 0;
        for (byte, more) in raw[32..].iter_mut().zip(order) {
            let sum = u16::from(*byte) + u16::from(more) + carry;
            *byte = sum as u8;
            carry = sum >> 8;
        }
        assert_eq!(check(&block("statement@airlock.v1", HashAlg::Sha512, &raw)), Err(SignatureError::Invalid));
    }

    #[test]
    fn every_flipped_bit_and_every_truncation_is_refused() {
        let good = signed().into_bytes();
        let public = key(7).public_key().clone();
        let check = |bytes: &[u8]| verify(&public, Namespace::Statement, MESSAGE, bytes);
        for length in 0..good.len() {
            assert!(check(&good[..length]).is_err(), "{length} bytes");
        }
        for at in 0..good.len() {
            for bit in 0..8 {
                let mut flipped = good.clone();
                flipped[at] ^= 1 << bit;
                assert!(check(&flipped).is_err(), "bit {bit} of byte {at}");
            }
        }
    }

    #[test]
    fn a_device_that_returns_nonsense_is_found() {
        struct Broken(SoftwareKey);
        impl SigningKey for Broken {
            fn public_key(&self) -> &SshPublicKey {
                self.0.public_key()
            }
            fn sign(&self, _: &[u8]) -> Result<[u8; 64], Refused> {
                Ok([1; 64])
            }
        }
        let refused = sign(&Broken(key(7)), Namespace::Statement, MESSAGE).unwrap_err();
        assert_eq!(refused.reason().code, "SIGNATURE_FAULTY");
    }

    /// What a token with this key would return, with these flags.
    fn token_signature(flags: u8) -> (SshPublicKey, String) {
        let point = Ed25519PublicKey(*key(7).public_key().as_ed25519());
        let key_data = KeyData::SkEd25519(SkEd25519::new(point, public_key::APPLICATION));
        let token: SshPublicKey = ssh_key::PublicKey::from(key_data).to_openssh().unwrap().parse().unwrap();
        let blob = signed_blob(Namespace::Approval, MESSAGE).unwrap();
        let trailer = [flags, 0, 0, 0, 9];
        let raw = [&key(7).sign(&token_blob(&trailer, &blob)).unwrap()[..], &trailer].concat();
        let armored = armor(&token, Namespace::Approval, &raw).unwrap();
        (token, armored)
    }

    #[test]
    fn a_token_counts_with_touch_and_pin_only() {
        for (flags, expected) in [
            (0x05, Ok(())),
            (0x45, Ok(())),
            (0x01, Err(SignatureError::Unattended)),
            (0x04, Err(SignatureError::Unattended)),
            (0x00, Err(SignatureError::Unattended)),
        ] {
            let (token, armored) = token_signature(flags);
            assert_eq!(verify(&token, Namespace::Approval, MESSAGE, armored.as_bytes()), expected, "{flags:#x}");
        }
        let (token, armored) = token_signature(0x05);
        let software = key(7);
        assert_eq!(
            verify(software.public_key(), Namespace::Approval, MESSAGE, armored.as_bytes()),
            Err(SignatureError::Key)
        );
        let plain = sign(&software, Namespace::Approval, MESSAGE).unwrap();
        assert_eq!(verify(&token, Namespace::Approval, MESSAGE, plain.as_bytes()), Err(SignatureError::Key));
    }
}
