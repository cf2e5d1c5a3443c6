//! Where a key lives: PKCS#11 URIs (RFC 7512), read strictly and printed in one form.
//!
//! `pkcs11:token=CA-ROOT;serial=0123456789;object=kubernetes-ca;id=%7f%02;type=private?module-path=/usr/lib/p11.so`
//!
//! Stricter than the RFC: what a URI names must be found by it, so attributes that are not used here, vendor attributes
//! and empty values are refused rather than ignored. A PIN never stands in a URI: command lines and logs would keep it.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::refusal::{Class, Reason, Refusal};
use crate::wire::text;

mod percent;

/// The longest URI that is read, in bytes, as it is given and as it is printed.
pub const MAX_LENGTH: usize = 2048;

/// Where a key lives. Text is compared with what the token says after its padding blanks are cut.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct KeyUri {
    token: Option<String>,
    manufacturer: Option<String>,
    model: Option<String>,
    serial: Option<String>,
    object: Option<String>,
    id: Option<Vec<u8>>,
    object_type: Option<ObjectType>,
    module_path: Option<String>,
    pin_source: Option<String>,
}

/// What kind of object it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ObjectType {
    /// `private`
    Private,
    /// `public`
    Public,
    /// `cert`
    Cert,
}

/// Why a text is not the URI of a key.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum KeyUriError {
    /// Does not begin with `pkcs11:` or names nothing.
    #[error("not a PKCS#11 URI, which is pkcs11:token=...;object=...")]
    Scheme,
    /// Longer than [`MAX_LENGTH`].
    #[error("the PKCS#11 URI has {0} bytes, more than {MAX_LENGTH}")]
    Length(usize),
    /// An attribute that is unknown, not used here, of a vendor, or on the wrong side of the `?`.
    #[error("the PKCS#11 URI has the attribute {0:?}, which is not used here")]
    Attribute(String),
    /// An attribute twice.
    #[error("the PKCS#11 URI has the attribute {0} twice")]
    Repeated(&'static str),
    /// A value that is empty, too long, not percent-encoded as it should be, or not what the attribute may hold.
    #[error("the value of {0} in the PKCS#11 URI is empty, too long, or not encoded as RFC 7512 says")]
    Value(&'static str),
    /// A path that is not absolute.
    #[error("{0} in the PKCS#11 URI is not an absolute path")]
    Path(&'static str),
    /// A PIN in the URI.
    #[error("the PKCS#11 URI holds a PIN, which ends in shell histories, process lists and logs")]
    PinValue,
    /// A program that would print the PIN.
    #[error("the PKCS#11 URI names a program to run for the PIN")]
    PinProgram,
}

impl Refusal for KeyUriError {
    fn reason(&self) -> Reason {
        let usage = |code, hint| Reason::new(Class::Usage, code, hint);
        match self {
            Self::Scheme => usage("KEY_URI_SCHEME", "write pkcs11:token=LABEL;serial=NUMBER;object=LABEL;type=private"),
            Self::Length(_) => usage("KEY_URI_LENGTH", "name the token by its serial and the key by its id"),
            Self::Attribute(_) => usage(
                "KEY_URI_ATTRIBUTE",
                "use token, manufacturer, model, serial, object, id and type, then module-path and pin-source",
            ),
            Self::Repeated(_) => usage("KEY_URI_REPEATED", "write each attribute once"),
            Self::Value(_) => usage("KEY_URI_VALUE", "write other than letters, digits and -._~ as %XX"),
            Self::Path(_) => usage("KEY_URI_PATH", "write the path from / on"),
            Self::PinValue => {
                usage("KEY_URI_PIN_VALUE", "leave it out and change that PIN; it is typed, or comes from --pin-file")
            }
            Self::PinProgram => {
                usage("KEY_URI_PIN_PROGRAM", "leave it out; the PIN is typed, or comes from --pin-file")
            }
        }
    }
}

impl KeyUri {
    /// CKA label of the token (`token`).
    pub fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// Manufacturer of the token (`manufacturer`).
    pub fn manufacturer(&self) -> Option<&str> {
        self.manufacturer.as_deref()
    }

    /// Model of the token (`model`).
    pub fn model(&self) -> Option<&str> {
        self.model.as_deref()
    }

    /// Serial number of the token (`serial`).
    pub fn serial(&self) -> Option<&str> {
        self.serial.as_deref()
    }

    /// CKA_LABEL of the object (`object`).
    pub fn object(&self) -> Option<&str> {
        self.object.as_deref()
    }

    /// CKA_ID of the object (`id`).
    pub fn id(&self) -> Option<&[u8]> {
        self.id.as_deref()
    }

    /// CKA_CLASS of the object (`type`).
    pub fn object_type(&self) -> Option<ObjectType> {
        self.object_type
    }

    /// Absolute path of the PKCS#11 module (`module-path`).
    pub fn module_path(&self) -> Option<&str> {
        self.module_path.as_deref()
    }

    /// Absolute path of the file that holds the PIN (`pin-source`).
    pub fn pin_source(&self) -> Option<&str> {
        self.pin_source.as_deref()
    }

    /// The same key without module and PIN source, as logs and manifests name it.
    pub fn of_object(&self) -> Self {
        Self { module_path: None, pin_source: None, ..self.clone() }
    }

    fn take_path_attribute(&mut self, name: &str, value: &str) -> Result<(), KeyUriError> {
        // The lengths are those of CK_TOKEN_INFO; labels and ids of objects have none, so a sane one is set.
        match name {
            "token" => set("token", &mut self.token, || text_of(value, 32)),
            "manufacturer" => set("manufacturer", &mut self.manufacturer, || text_of(value, 32)),
            "model" => set("model", &mut self.model, || text_of(value, 16)),
            "serial" => set("serial", &mut self.serial, || text_of(value, 16)),
            "object" => set("object", &mut self.object, || text_of(value, 255)),
            "id" => set("id", &mut self.id, || bytes_of(value, 255)),
            "type" => set("type", &mut self.object_type, || ObjectType::of(value)),
            "pin-value" => Err(KeyUriError::PinValue),
            _ => Err(KeyUriError::Attribute(text::clip(name, 64))),
        }
    }

    fn take_query_attribute(&mut self, name: &str, value: &str) -> Result<(), KeyUriError> {
        match name {
            "module-path" => {
                set("module-path", &mut self.module_path, || path_of(value))?;
                absolute("module-path", self.module_path.as_deref())
            }
            "pin-source" => {
                set("pin-source", &mut self.pin_source, || path_of(value))?;
                if self.pin_source.as_ref().is_some_and(|source| source.starts_with('|')) {
                    return Err(KeyUriError::PinProgram);
                }
                self.pin_source = self.pin_source.take().map(|source| without_file_scheme(&source).to_owned());
                absolute("pin-source", self.pin_source.as_deref())
            }
            "pin-value" => Err(KeyUriError::PinValue),
            _ => Err(KeyUriError::Attribute(text::clip(name, 64))),
        }
    }
}

impl FromStr for KeyUri {
    type Err = KeyUriError;

    fn from_str(uri: &str) -> Result<Self, KeyUriError> {
        if uri.len() > MAX_LENGTH {
            return Err(KeyUriError::Length(uri.len()));
        }
        let rest = uri.strip_prefix("pkcs11:").ok_or(KeyUriError::Scheme)?;
        let (path, query) = match rest.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (rest, None),
        };
        if path.is_empty() {
            return Err(KeyUriError::Scheme);
        }
        let mut key = Self::default();
        for attribute in path.split(';') {
            let (name, value) = pair(attribute)?;
            key.take_path_attribute(name, value)?;
        }
        for attribute in query.into_iter().flat_map(|query| query.split('&')) {
            let (name, value) = pair(attribute)?;
            key.take_query_attribute(name, value)?;
        }
        // Printing may encode more than was encoded, and what is printed is read again.
        let printed = key.to_string().len();
        if printed > MAX_LENGTH { Err(KeyUriError::Length(printed)) } else { Ok(key) }
    }
}

impl fmt::Display for KeyUri {
    /// The one form: fixed order, and everything but letters, digits and `-._~` percent-encoded in lower case (`/` stays
    /// in paths, every byte of an id is encoded).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |name: &str, value: &Option<String>| {
            value.as_ref().map(|value| format!("{name}={}", percent::encode(value.as_bytes(), "-._~")))
        };
        let file = |name: &str, value: &Option<String>| {
            value.as_ref().map(|value| format!("{name}={}", percent::encode(value.as_bytes(), "-._~/")))
        };
        let path = [
            text("token", &self.token),
            text("manufacturer", &self.manufacturer),
            text("model", &self.model),
            text("serial", &self.serial),
            text("object", &self.object),
            self.id.as_ref().map(|id| format!("id={}", percent::encode_all(id))),
            self.object_type.map(|object_type| format!("type={}", object_type.word())),
        ];
        let query = [file("module-path", &self.module_path), file("pin-source", &self.pin_source)];
        write!(f, "pkcs11:{}", path.into_iter().flatten().collect::<Vec<_>>().join(";"))?;
        let query: Vec<_> = query.into_iter().flatten().collect();
        if query.is_empty() { Ok(()) } else { write!(f, "?{}", query.join("&")) }
    }
}

impl ObjectType {
    fn of(word: &str) -> Option<Self> {
        [Self::Private, Self::Public, Self::Cert].into_iter().find(|object_type| object_type.word() == word)
    }

    fn word(self) -> &'static str {
        match self {
            Self::Private => "private",
            Self::Public => "public",
            Self::Cert => "cert",
        }
    }
}

/// Splits name and value. What has no `=` is named by its first word alone, for it may hold a PIN.
fn pair(attribute: &str) -> Result<(&str, &str), KeyUriError> {
    attribute.split_once('=').ok_or_else(|| {
        let word = attribute.split(|c: char| !c.is_ascii_alphabetic() && c != '-').next().unwrap_or_default();
        if word == "pin-value" { KeyUriError::PinValue } else { KeyUriError::Attribute(text::clip(word, 64)) }
    })
}

/// Puts a value where none stands yet.
fn set<T>(name: &'static str, place: &mut Option<T>, read: impl FnOnce() -> Option<T>) -> Result<(), KeyUriError> {
    if place.is_some() {
        return Err(KeyUriError::Repeated(name));
    }
    *place = Some(read().ok_or(KeyUriError::Value(name))?);
    Ok(())
}

fn bytes_of(value: &str, longest: usize) -> Option<Vec<u8>> {
    percent::decode(value, percent::PATH).filter(|bytes| (1..=longest).contains(&bytes.len()))
}

fn text_of(value: &str, longest: usize) -> Option<String> {
    let text = String::from_utf8(bytes_of(value, longest)?).ok()?;
    // A token pads its fields with blanks, so one at the end could never be found.
    if text.chars().any(char::is_control) || text.ends_with(' ') { None } else { Some(text) }
}

fn path_of(value: &str) -> Option<String> {
    let bytes = percent::decode(value, percent::QUERY)?;
    String::from_utf8(bytes).ok().filter(|path| !path.is_empty() && !path.chars().any(char::is_control))
}

fn absolute(name: &'static str, path: Option<&str>) -> Result<(), KeyUriError> {
    if path.is_some_and(|path| path.starts_with('/')) { Ok(()) } else { Err(KeyUriError::Path(name)) }
}

/// `file:/etc/pin` and `file:///etc/pin` are `/etc/pin` (RFC 8089, 2).
fn without_file_scheme(source: &str) -> &str {
    match source.strip_prefix("file:") {
        Some(path) => path.strip_prefix("//").unwrap_or(path),
        None => source,
    }
}

#[cfg(test)]
mod tests;
