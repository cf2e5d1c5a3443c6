//! Percent-encoding (RFC 3986, 2.1) with the characters that RFC 7512, 2.3, lets stand for themselves.

/// What may stand unencoded in a path attribute, beside letters and digits.
pub(super) const PATH: &str = "-._~:[]@!$'()*+,=&";
/// What may stand unencoded in a query attribute, beside letters and digits.
pub(super) const QUERY: &str = "-._~:[]@!$'()*+,=/?|";

/// The bytes of `value`, where every other byte is encoded with two hex digits.
pub(super) fn decode(value: &str, itself: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        if byte == b'%' {
            let (digits, tail) = tail.split_first_chunk::<2>()?;
            rest = tail;
            let mut decoded = [0];
            hex::decode_to_slice(digits, &mut decoded).ok()?;
            bytes.extend(decoded);
        } else if byte.is_ascii_alphanumeric() || itself.as_bytes().contains(&byte) {
            bytes.push(byte);
        } else {
            return None;
        }
    }
    Some(bytes)
}

/// Encodes everything but letters, digits and the characters of `itself`.
pub(super) fn encode(bytes: &[u8], itself: &str) -> String {
    let one = |byte: &u8| {
        if byte.is_ascii_alphanumeric() || itself.as_bytes().contains(byte) {
            char::from(*byte).to_string()
        } else {
            format!("%{byte:02x}")
        }
    };
    bytes.iter().map(one).collect()
}

/// Encodes every byte.
pub(super) fn encode_all(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("%{byte:02x}")).collect()
}
