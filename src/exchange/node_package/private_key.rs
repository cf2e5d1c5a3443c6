//! A private key in its one spelling: one strict PEM block of PKCS#8 (RFC 7468, 10), for the public key it is meant for.

use std::fmt;

use der::pem::LineEnding;
use zeroize::Zeroizing;

use super::layout::MAX_KEY;
use crate::pki::key::PublicKey;

const LABEL: &str = "PRIVATE KEY";

/// A private key in PEM, wiped when dropped and never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct PrivatePem(Zeroizing<String>);

impl PrivatePem {
    /// The key in `bytes`; none where it is not that of `public`, or spelled otherwise.
    pub fn read(bytes: &[u8], public: &PublicKey) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok().filter(|text| text.len() <= MAX_KEY)?;
        let is_of = PublicKey::of_private_pem(text).is_ok_and(|found| found == *public);
        (is_of && is_strict(text)).then(|| Self(Zeroizing::new(text.to_owned())))
    }

    /// The block.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PrivatePem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivatePem")
    }
}

/// Whether the block would be written again as it stands.
fn is_strict(text: &str) -> bool {
    let mut buffer = Zeroizing::new(vec![0; text.len()]);
    let Ok((label, der)) = der::pem::decode(text.as_bytes(), &mut buffer) else { return false };
    let mut again = Zeroizing::new(vec![0; text.len() + 1]);
    label == LABEL && der::pem::encode(LABEL, LineEnding::LF, der, &mut again) == Ok(text)
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    fn key() -> String {
        let made = Command::new("openssl")
            .args(["genpkey", "-quiet", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"])
            .output();
        String::from_utf8(made.unwrap().stdout).unwrap()
    }

    #[test]
    fn a_key_has_one_spelling_and_one_owner() {
        let (mine, other) = (key(), key());
        let public = PublicKey::of_private_pem(&mine).unwrap();
        assert_eq!(PrivatePem::read(mine.as_bytes(), &public).unwrap().expose(), mine);
        for bad in [
            other,
            mine.replace('\n', "\r\n"),
            format!("note\n{mine}"),
            format!("{mine}\n"),
            mine.trim_end().to_owned(),
            mine.repeat(2),
            String::new(),
        ] {
            assert!(PrivatePem::read(bad.as_bytes(), &public).is_none(), "{bad}");
        }
    }

    #[test]
    fn debug_output_holds_no_secret() {
        let mine = key();
        let public = PublicKey::of_private_pem(&mine).unwrap();
        assert_eq!(format!("{:?}", PrivatePem::read(mine.as_bytes(), &public).unwrap()), "PrivatePem");
    }
}
