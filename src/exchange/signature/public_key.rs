//! Public keys of peers, officers and auditors, as OpenSSH writes them.

use std::fmt;
use std::str::FromStr;

use ed25519_dalek::{Signature, VerifyingKey};
use serde_with::{DeserializeFromStr, SerializeDisplay};
use ssh_key::public::{Ed25519PublicKey, KeyData, SkEd25519};
use ssh_key::{Algorithm, HashAlg, PublicKey};
use thiserror::Error;

use crate::exchange::signature::SignatureError;
use crate::refusal::{Class, Reason, Refusal};

/// The FIDO application of officers' tokens, `ssh-keygen -O application=`.
pub const APPLICATION: &str = "ssh:airlock";

const MAX_LINE: usize = 1024;

/// An Ed25519 key, `ssh-ed25519` or, in a FIDO token, `sk-ssh-ed25519@openssh.com`.
///
/// Written as `ssh-ed25519 AAAA…`: the type and the base64, no comment.
#[derive(Clone, PartialEq, Eq, DeserializeFromStr, SerializeDisplay)]
pub struct SshPublicKey {
    key: VerifyingKey,
    is_token: bool,
}

/// Why a text is not such a key.
#[derive(Debug, Error, Clone, Copy, PartialEq, Eq)]
pub enum PublicKeyError {
    /// Not one OpenSSH public key line in its one spelling.
    #[error("not an OpenSSH public key line of type and base64")]
    Form,
    /// Not Ed25519.
    #[error("not an Ed25519 key")]
    Type,
    /// A token key for another application.
    #[error("token key is not for the application {APPLICATION:?}")]
    Application,
    /// A point of small order: signatures by it mean nothing.
    #[error("Ed25519 public key is weak")]
    Weak,
}

impl SshPublicKey {
    /// An Ed25519 public key of 32 bytes (RFC 8032), held in software or an HSM.
    ///
    /// # Errors
    /// [`PublicKeyError::Weak`] for points of small order and bytes that are no point.
    pub fn from_ed25519(bytes: &[u8; 32]) -> Result<Self, PublicKeyError> {
        let key = VerifyingKey::from_bytes(bytes).map_err(|_| PublicKeyError::Weak)?;
        if key.is_weak() { Err(PublicKeyError::Weak) } else { Ok(Self { key, is_token: false }) }
    }

    /// Reads the line of a `.pub` file, with or without a comment and a line end.
    ///
    /// # Errors
    /// Any [`PublicKeyError`].
    pub fn from_line(line: &str) -> Result<Self, PublicKeyError> {
        if line.len() > MAX_LINE {
            return Err(PublicKeyError::Form);
        }
        let line = line.strip_suffix('\n').unwrap_or(line);
        let mut words = line.splitn(3, ' ');
        match (words.next(), words.next(), words.next()) {
            (Some(name), Some(base64), _) => format!("{name} {base64}").parse(),
            _ => Err(PublicKeyError::Form),
        }
    }

    /// The 32 bytes of the key (RFC 8032).
    pub fn as_ed25519(&self) -> &[u8; 32] {
        self.key.as_bytes()
    }

    /// Whether the key lives in a FIDO token.
    pub const fn is_token(&self) -> bool {
        self.is_token
    }

    /// `SHA256:` and base64, as `ssh-keygen -l` prints it.
    pub fn fingerprint(&self) -> String {
        self.key_data().fingerprint(HashAlg::Sha256).to_string()
    }

    pub(super) const fn algorithm(&self) -> Algorithm {
        if self.is_token { Algorithm::SkEd25519 } else { Algorithm::Ed25519 }
    }

    pub(super) fn key_data(&self) -> KeyData {
        let key = Ed25519PublicKey(self.key.to_bytes());
        if self.is_token { KeyData::SkEd25519(SkEd25519::new(key, APPLICATION)) } else { KeyData::Ed25519(key) }
    }

    /// Verifies without the leniencies of RFC 8032: one valid signature form, no points of small order.
    pub(super) fn verify(&self, blob: &[u8], signature: &[u8; 64]) -> Result<(), SignatureError> {
        self.key.verify_strict(blob, &Signature::from_bytes(signature)).map_err(|_| SignatureError::Invalid)
    }
}

impl FromStr for SshPublicKey {
    type Err = PublicKeyError;

    fn from_str(text: &str) -> Result<Self, PublicKeyError> {
        if text.len() > MAX_LINE {
            return Err(PublicKeyError::Form);
        }
        let parsed = PublicKey::from_openssh(text).map_err(|_| PublicKeyError::Form)?;
        let (key, is_token) = match parsed.key_data() {
            KeyData::Ed25519(key) => (key, false),
            KeyData::SkEd25519(key) if key.application() == APPLICATION => (key.public_key(), true),
            KeyData::SkEd25519(_) => return Err(PublicKeyError::Application),
            _ => return Err(PublicKeyError::Type),
        };
        let key = Self { is_token, ..Self::from_ed25519(key.as_ref())? };
        if key.to_string() == text { Ok(key) } else { Err(PublicKeyError::Form) }
    }
}

impl fmt::Display for SshPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&PublicKey::from(self.key_data()).to_openssh().map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for SshPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SshPublicKey({})", self.fingerprint())
    }
}

impl Refusal for PublicKeyError {
    fn reason(&self) -> Reason {
        let code = match self {
            Self::Form => "PUBLIC_KEY_FORM",
            Self::Type => "PUBLIC_KEY_TYPE",
            Self::Application => "PUBLIC_KEY_APPLICATION",
            Self::Weak => "PUBLIC_KEY_WEAK",
        };
        Reason::new(Class::Verification, code, "give an Ed25519 key as ssh-keygen -t ed25519 makes it")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOpKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs";

    /// A line of this type around these fields.
    fn line(name: &str, fields: &[&[u8]]) -> String {
        let mut blob = Vec::new();
        for field in [&[name.as_bytes()], fields].concat() {
            blob.extend((field.len() as u32).to_be_bytes());
            blob.extend(field);
        }
        format!("{name} {}", crate::wire::base64::Base64(blob))
    }

    #[test]
    fn a_line_reads_back_and_carries_its_fingerprint() {
        let key: SshPublicKey = LINE.parse().unwrap();
        assert_eq!(key.to_string(), LINE);
        // As ssh-keygen -l prints it.
        assert_eq!(key.fingerprint(), "SHA256:z/fSv0Z0RZS+Lccbc6ZoOWwt/fbj1VFJGSBKQbo4icE");
        assert_eq!(line("ssh-ed25519", &[key.as_ed25519()]), LINE);
        for more in ["", "\n", " chen", " chen at home\n"] {
            assert_eq!(SshPublicKey::from_line(&format!("{LINE}{more}")), Ok(key.clone()));
        }
    }

    #[test]
    fn a_token_key_is_for_our_application() {
        let point: SshPublicKey = LINE.parse().unwrap();
        let name = "sk-ssh-ed25519@openssh.com";
        let ours = line(name, &[point.as_ed25519(), b"ssh:airlock"]);
        let key: SshPublicKey = ours.parse().unwrap();
        assert!(key.is_token() && key != point && key.to_string() == ours);
        let other = line(name, &[point.as_ed25519(), b"ssh:"]);
        assert_eq!(other.parse::<SshPublicKey>(), Err(PublicKeyError::Application));
    }

    #[test]
    fn other_forms_are_refused() {
        for text in [
            String::new(),
            "ssh-ed25519".to_owned(),
            LINE[..40].to_owned(),
            format!("{LINE} comment"),
            format!("{LINE}\n"),
            format!(" {LINE}"),
            format!("restrict {LINE}"),
            LINE.replacen("ssh-ed25519 ", "ssh-rsa ", 1),
            line("ssh-ed25519", &[&[1; 31]]),
            line("ssh-ed25519", &[&[1; 32], b"more"]),
            "x".repeat(MAX_LINE + 1),
        ] {
            assert_eq!(text.parse::<SshPublicKey>(), Err(PublicKeyError::Form), "{text}");
        }
        let rsa = line("ssh-rsa", &[&[1, 0, 1], &[127; 128]]);
        assert_eq!(rsa.parse::<SshPublicKey>(), Err(PublicKeyError::Type));
    }

    #[test]
    fn points_of_small_order_are_refused() {
        let mut identity = [0; 32];
        identity[0] = 1;
        for weak in [identity, [0; 32]] {
            assert_eq!(SshPublicKey::from_ed25519(&weak), Err(PublicKeyError::Weak));
            assert_eq!(line("ssh-ed25519", &[&weak]).parse::<SshPublicKey>(), Err(PublicKeyError::Weak));
        }
    }
}
