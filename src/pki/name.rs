//! Distinguished names (X.501; RFC 5280, 4.1.2.4), exact in every byte and safe to show.
//!
//! Kubernetes reads users and groups from names, so nothing is normalised: repeated types, multi-valued RDNs, their
//! order and the string kinds all stay as they came. What cannot be read exactly is refused here; what can be read but
//! should not be issued is listed by [`Name::oddities`] for a rule to judge.

use std::fmt;
use std::hash::{Hash, Hasher};

use der::asn1::ObjectIdentifier;
use der::{Tag, Tagged};
use thiserror::Error;

use super::exact;
use crate::refusal::{Class, Reason, Refusal};
use crate::wire::text;

mod build;
mod string;

pub use string::StringKind;

/// commonName (2.5.4.3)
pub const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");
/// organizationName (2.5.4.10), a Kubernetes group
pub const ORGANIZATION: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.10");

/// The attribute types that are written by name (RFC 4514, 3, and those openssl and Go print), with their longest
/// value in characters (RFC 5280, appendix A.1).
const TYPES: &[(&str, ObjectIdentifier, usize)] = &[
    ("CN", COMMON_NAME, 64),
    ("O", ORGANIZATION, 64),
    ("OU", ObjectIdentifier::new_unwrap("2.5.4.11"), 64),
    ("C", ObjectIdentifier::new_unwrap("2.5.4.6"), 2),
    ("ST", ObjectIdentifier::new_unwrap("2.5.4.8"), 128),
    ("L", ObjectIdentifier::new_unwrap("2.5.4.7"), 128),
    ("STREET", ObjectIdentifier::new_unwrap("2.5.4.9"), 128),
    ("DC", ObjectIdentifier::new_unwrap("0.9.2342.19200300.100.1.25"), 63),
    ("UID", ObjectIdentifier::new_unwrap("0.9.2342.19200300.100.1.1"), 256),
    ("SERIALNUMBER", ObjectIdentifier::new_unwrap("2.5.4.5"), 64),
    ("EMAIL", ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.1"), 255),
];

/// A distinguished name; two names are equal when their DER is.
#[derive(Clone)]
pub struct Name {
    der: Box<[u8]>,
    rdns: Vec<Vec<Attribute>>,
}

/// One attribute of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    oid: ObjectIdentifier,
    kind: StringKind,
    text: String,
}

/// Something in a name that can be read, but that a rule may refuse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Oddity {
    /// A string kind other than UTF8String and PrintableString (or IA5String in DC and EMAIL).
    StringKind,
    /// A control character.
    Control,
    /// A character beyond printable ASCII: another script, a bidirectional control, a zero-width character.
    NotAscii,
    /// A value that begins or ends with a blank.
    OuterBlank,
    /// A value longer than RFC 5280, appendix A.1, allows.
    Length,
    /// An attribute type that has no short name here.
    Type,
}

/// Why bytes are not a name.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum NameError {
    /// Not a DER Name.
    #[error("the name is not DER of the one valid form")]
    Encoding,
    /// An RDN without attributes.
    #[error("the name holds an empty RDN")]
    EmptyRdn,
    /// An attribute without text.
    #[error("the attribute {0} of the name is empty")]
    EmptyValue(String),
    /// A value holds a character that its string kind does not have, or is not text at all.
    #[error("the attribute {0} of the name is not a valid string of its kind")]
    Characters(String),
    /// A value holds the NUL character.
    #[error("the attribute {0} of the name holds a NUL character")]
    Nul(String),
    /// An attribute type that cannot be written.
    #[error("no attribute type is called {0:?}")]
    Type(String),
}

impl Refusal for NameError {
    fn reason(&self) -> Reason {
        let verification = |code, hint| Reason::new(Class::Verification, code, hint);
        match self {
            Self::Encoding => verification("NAME_ENCODING", "have it made again with a tool that writes DER"),
            Self::EmptyRdn => verification("NAME_EMPTY_RDN", "leave out what has no value"),
            Self::EmptyValue(_) => verification("NAME_EMPTY_VALUE", "leave out attributes that have no value"),
            Self::Characters(_) => {
                verification("NAME_CHARACTERS", "use UTF8String for what PrintableString does not have")
            }
            Self::Nul(_) => {
                verification("NAME_NUL", "treat it as hostile: a NUL cuts the name short in other programs")
            }
            Self::Type(_) => {
                Reason::new(Class::Usage, "NAME_TYPE", "use CN, O, OU, C, ST, L, STREET, DC, UID or an OID")
            }
        }
    }
}

impl Name {
    /// Reads a Name, which must fill `der`.
    ///
    /// # Errors
    /// [`NameError::Encoding`] for anything but DER (unsorted multi-valued RDNs included), and the other variants for
    /// values that have no exact text.
    pub fn from_der(der: &[u8]) -> Result<Self, NameError> {
        let parsed: x509_cert::name::Name = exact::decode(der).map_err(|_| NameError::Encoding)?;
        Self::read(&parsed, der.into())
    }

    /// Takes over what x509-cert parsed from `der`.
    pub(crate) fn read(parsed: &x509_cert::name::Name, der: Box<[u8]>) -> Result<Self, NameError> {
        let rdns = parsed.iter_rdn().map(rdn).collect::<Result<_, _>>()?;
        Ok(Self { der, rdns })
    }

    /// As [`Name::read`], where it is not `known`, to the byte.
    pub(crate) fn read_unless(
        known: Option<&Self>,
        parsed: &x509_cert::name::Name,
        der: &[u8],
    ) -> Result<Self, NameError> {
        match known {
            Some(known) if *known.der == *der => Ok(known.clone()),
            _ => Self::read(parsed, der.into()),
        }
    }

    /// Makes a name of one attribute per RDN, in reading order: `[("O", "system:nodes"), ("CN", "system:node:w1")]`.
    /// Types are short names or dotted object identifiers; values become PrintableString where their characters allow
    /// and UTF8String otherwise, DC and EMAIL IA5String.
    ///
    /// # Errors
    /// [`NameError::Type`], and what [`Name::from_der`] would refuse.
    pub fn from_pairs(pairs: &[(&str, &str)]) -> Result<Self, NameError> {
        Self::from_rdns(&pairs.iter().map(std::slice::from_ref).collect::<Vec<_>>())
    }

    /// Makes a name whose RDNs may hold several attributes; as [`Name::from_pairs`] else.
    ///
    /// # Errors
    /// As [`Name::from_pairs`].
    pub fn from_rdns(rdns: &[&[(&str, &str)]]) -> Result<Self, NameError> {
        Self::from_der(&build::name(rdns)?)
    }

    /// The exact DER.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The RDNs in their order, each with its attributes in DER order.
    pub fn rdns(&self) -> &[Vec<Attribute>] {
        &self.rdns
    }

    /// All attributes in order, without their grouping.
    pub fn attributes(&self) -> impl Iterator<Item = &Attribute> {
        self.rdns.iter().flatten()
    }

    /// Whether the name has no attribute.
    pub fn is_empty(&self) -> bool {
        self.rdns.is_empty()
    }

    /// The common name, where there is exactly one.
    pub fn common_name(&self) -> Option<&str> {
        let mut all = self.attributes().filter(|attribute| attribute.oid == COMMON_NAME);
        match (all.next(), all.next()) {
            (Some(only), None) => Some(only.text()),
            _ => None,
        }
    }

    /// Every organisation in order, repeated ones included: the groups of a Kubernetes user.
    pub fn organizations(&self) -> Vec<&str> {
        self.attributes().filter(|attribute| attribute.oid == ORGANIZATION).map(Attribute::text).collect()
    }

    /// What a rule may refuse, each once, in a fixed order.
    pub fn oddities(&self) -> Vec<Oddity> {
        let mut found: Vec<_> = self.attributes().flat_map(Attribute::oddities).collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// One line of ASCII in reading order, `O=system:nodes, CN=system:node:w1`; the attributes of a multi-valued RDN
    /// are joined by `+`. Like RFC 4514, a backslash stands before `,` `+` `"` `<` `>` `;` within a value, so no value
    /// can look like two; everything unprintable is escaped by [`text::escape`].
    pub fn safe(&self) -> String {
        let rdn = |attributes: &Vec<Attribute>| attributes.iter().map(Attribute::safe).collect::<Vec<_>>().join("+");
        self.rdns.iter().map(rdn).collect::<Vec<_>>().join(", ")
    }
}

impl Attribute {
    /// The attribute type.
    pub fn oid(&self) -> ObjectIdentifier {
        self.oid
    }

    /// The kind of string it is written in.
    pub fn kind(&self) -> StringKind {
        self.kind
    }

    /// Its text, untrusted: show it through [`Attribute::safe`].
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The short name of its type, or the dotted object identifier.
    pub fn type_name(&self) -> String {
        type_name(self.oid)
    }

    /// `TYPE=value` in ASCII, as [`Name::safe`] writes it.
    pub fn safe(&self) -> String {
        let mut value = String::with_capacity(self.text.len());
        let last = self.text.chars().count().saturating_sub(1);
        for (at, c) in self.text.chars().enumerate() {
            match c {
                ',' | '+' | '"' | '<' | '>' | ';' => value.extend(['\\', c]),
                ' ' if at == 0 || at == last => value.push_str("\\x20"),
                _ => value.push_str(&text::escape(c.encode_utf8(&mut [0; 4]))),
            }
        }
        format!("{}={value}", self.type_name())
    }

    fn oddities(&self) -> Vec<Oddity> {
        let known = TYPES.iter().find(|(_, oid, _)| *oid == self.oid);
        let longest = known.map_or(usize::MAX, |(_, _, longest)| *longest);
        let ia5 = matches!(self.type_name().as_str(), "DC" | "EMAIL") && self.kind == StringKind::Ia5;
        let usual = ia5 || matches!(self.kind, StringKind::Utf8 | StringKind::Printable);
        let odd = [
            (Oddity::StringKind, !usual),
            (Oddity::Control, self.text.chars().any(char::is_control)),
            (Oddity::NotAscii, !self.text.is_ascii()),
            (Oddity::OuterBlank, self.text.trim().len() != self.text.len()),
            (Oddity::Length, self.text.chars().count() > longest),
            (Oddity::Type, known.is_none()),
        ];
        odd.into_iter().filter_map(|(oddity, is)| is.then_some(oddity)).collect()
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.der == other.der
    }
}

impl Eq for Name {}

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.der.hash(state);
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.safe())
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Name({self})")
    }
}

fn type_name(oid: ObjectIdentifier) -> String {
    TYPES.iter().find(|(_, known, _)| *known == oid).map_or_else(|| oid.to_string(), |(name, ..)| (*name).to_owned())
}

fn rdn(rdn: &x509_cert::name::RelativeDistinguishedName) -> Result<Vec<Attribute>, NameError> {
    if rdn.is_empty() {
        return Err(NameError::EmptyRdn);
    }
    rdn.iter().map(|pair| attribute(pair.oid, pair.value.tag(), pair.value.value())).collect()
}

fn attribute(oid: ObjectIdentifier, tag: Tag, value: &[u8]) -> Result<Attribute, NameError> {
    if !exact::is_minimal(oid) {
        return Err(NameError::Encoding);
    }
    let read = StringKind::of(tag).and_then(|kind| kind.read(value).map(|text| (kind, text)));
    let (kind, text) = read.ok_or_else(|| NameError::Characters(type_name(oid)))?;
    if text.is_empty() {
        return Err(NameError::EmptyValue(type_name(oid)));
    }
    if text.contains('\0') {
        return Err(NameError::Nul(type_name(oid)));
    }
    Ok(Attribute { oid, kind, text })
}

#[cfg(test)]
mod tests;
