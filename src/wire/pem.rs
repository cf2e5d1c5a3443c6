//! PEM as it crosses the gap: one RFC 7468 strict block, 64 columns, LF, nothing before it and nothing after it.
//!
//! Foreign files are read more kindly by [`blocks`]: they may hold several blocks with text between them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use der::pem::LineEnding;
use thiserror::Error;

/// Label of a certificate (RFC 7468, section 5).
pub const CERTIFICATE: &str = "CERTIFICATE";
/// Label of a PKCS#10 request (RFC 7468, section 7).
pub const CERTIFICATE_REQUEST: &str = "CERTIFICATE REQUEST";
/// Label of a CRL (RFC 7468, section 6).
pub const X509_CRL: &str = "X509 CRL";
/// Label of a SubjectPublicKeyInfo (RFC 7468, section 13).
pub const PUBLIC_KEY: &str = "PUBLIC KEY";

/// Why a text is not the PEM we want.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum PemError {
    /// No block, a broken block, or text around it.
    #[error("not one PEM block with 64 columns and nothing around it")]
    Malformed,
    /// The block holds something else.
    #[error("PEM block is labelled {found:?}, expected {expected:?}")]
    Label {
        /// The label that stands there.
        found: String,
        /// The label that should.
        expected: &'static str,
    },
}

/// Writes `der` as one block.
pub fn encode(label: &'static str, der: &[u8]) -> String {
    // Fails only for labels with forbidden characters (ours are constants) and for sizes near usize::MAX.
    der::pem::encode_string(label, LineEnding::LF, der).unwrap_or_default()
}

/// Reads exactly one block of `label`; what would not be written again byte for byte is refused.
///
/// # Errors
/// [`PemError::Malformed`] for anything but one strict block, [`PemError::Label`] for another label.
pub fn decode(label: &'static str, text: &[u8]) -> Result<Vec<u8>, PemError> {
    let found = der::pem::decode_label(text).map_err(|_| PemError::Malformed)?;
    if found != label {
        return Err(PemError::Label { found: super::text::escape(found), expected: label });
    }
    // Whatever is taken for content here, only the one block that it is written as passes; what crosses the gap is no
    // secret, and need not be decoded in constant time.
    let lines = text.split(|byte| *byte == b'\n').filter(|line| !line.starts_with(b"-----"));
    let der = STANDARD.decode(lines.collect::<Vec<_>>().concat()).map_err(|_| PemError::Malformed)?;
    if encode(label, &der).as_bytes() != text {
        return Err(PemError::Malformed);
    }
    Ok(der)
}

/// Every block of a foreign file in order, as label and content; text between the blocks is skipped.
///
/// # Errors
/// [`PemError::Malformed`] where a block begins and does not end well.
pub fn blocks(text: &str) -> Result<Vec<(String, Vec<u8>)>, PemError> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("-----BEGIN ") {
        let from = rest.get(start..).ok_or(PemError::Malformed)?;
        let end = from.find("-----END ").ok_or(PemError::Malformed)?;
        let tail = from.get(end + 9..).ok_or(PemError::Malformed)?;
        let close = tail.find("-----").ok_or(PemError::Malformed)?;
        let (block, after) = from.split_at(end + 9 + close + 5);
        let (label, der) = der::pem::decode_vec(block.as_bytes()).map_err(|_| PemError::Malformed)?;
        found.push((label.to_owned(), der));
        rest = after;
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block() -> String {
        encode(CERTIFICATE, &[7; 100])
    }

    #[test]
    fn one_block_reads_back() {
        assert_eq!(decode(CERTIFICATE, block().as_bytes()), Ok(vec![7; 100]));
    }

    #[test]
    fn every_other_encoding_of_it_is_refused() {
        let good = block();
        for bad in [
            good.replace('\n', "\r\n"),
            format!("\n{good}"),
            format!("{good}\n"),
            format!("{good}{good}"),
            format!("note\n{good}"),
            good.trim_end().to_owned(),
            String::new(),
        ] {
            assert_eq!(decode(CERTIFICATE, bad.as_bytes()), Err(PemError::Malformed), "{bad}");
        }
        assert!(matches!(decode(X509_CRL, good.as_bytes()), Err(PemError::Label { .. })));
    }

    #[test]
    fn foreign_files_may_hold_text_and_several_blocks() {
        let text = format!("subject=x\n{}issuer=y\n{}", block(), encode(X509_CRL, b"c"));
        let found = blocks(&text).unwrap();
        assert_eq!(found.iter().map(|(label, _)| label.as_str()).collect::<Vec<_>>(), [CERTIFICATE, X509_CRL]);
        assert_eq!(blocks("-----BEGIN X-----\nAAAA"), Err(PemError::Malformed));
    }
}
