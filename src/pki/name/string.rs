//! The string kinds of a DirectoryString and their characters (X.680, 41; RFC 5280, 4.1.2.4).

use der::Tag;

/// How the text of an attribute is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StringKind {
    /// UTF8String
    Utf8,
    /// PrintableString
    Printable,
    /// IA5String
    Ia5,
    /// NumericString
    Numeric,
    /// VisibleString
    Visible,
    /// TeletexString, read as ISO 8859-1, which is what programs write into it
    Teletex,
    /// BMPString
    Bmp,
}

impl StringKind {
    /// The kind that a tag announces.
    pub(super) fn of(tag: Tag) -> Option<Self> {
        Some(match tag {
            Tag::Utf8String => Self::Utf8,
            Tag::PrintableString => Self::Printable,
            Tag::Ia5String => Self::Ia5,
            Tag::NumericString => Self::Numeric,
            Tag::VisibleString => Self::Visible,
            Tag::TeletexString => Self::Teletex,
            Tag::BmpString => Self::Bmp,
            _ => return None,
        })
    }

    /// The text, where every character belongs to this kind.
    pub(super) fn read(self, value: &[u8]) -> Option<String> {
        let of_ascii = |belongs: fn(u8) -> bool| {
            let text = str::from_utf8(value).ok()?;
            text.bytes().all(belongs).then(|| text.to_owned())
        };
        match self {
            Self::Utf8 => str::from_utf8(value).ok().map(str::to_owned),
            Self::Printable => of_ascii(is_printable),
            Self::Ia5 => of_ascii(|byte| byte.is_ascii()),
            Self::Numeric => of_ascii(|byte| byte.is_ascii_digit() || byte == b' '),
            Self::Visible => of_ascii(|byte| matches!(byte, b' '..=b'~')),
            Self::Teletex => Some(value.iter().map(|byte| char::from(*byte)).collect()),
            Self::Bmp => bmp(value),
        }
    }
}

/// The characters of PrintableString (X.680, 41.4); neither `*` nor `@` nor `_` nor `&`.
pub(super) fn is_printable(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b" '()+,-./:=?".contains(&byte)
}

/// Two bytes a character, no surrogates (X.680, 41.15).
fn bmp(value: &[u8]) -> Option<String> {
    let (pairs, rest) = value.as_chunks::<2>();
    let text = pairs.iter().map(|pair| char::from_u32(u32::from(u16::from_be_bytes(*pair)))).collect();
    if rest.is_empty() { text } else { None }
}
