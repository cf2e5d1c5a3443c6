//! What a person asks for, in the words that the command line and N20 have in common.

use std::path::PathBuf;

use super::choice::{Choice, Keys};
use super::draft::Draft;
use super::foreign::Foreign;
use super::order::DEFAULT_LIFE_DAYS;
use crate::cluster::role::Role;
use crate::devices::store::{Links, read_file};
use crate::exchange::csr_bundle::manifest::TrustOp;
use crate::exchange::trace::Trace;
use crate::online::room::Room;
use crate::online::scan::{NodeRoot, Scan};
use crate::pki::key::KeyType;
use crate::refusal::Refused;
use crate::wire::text;

/// The largest request file, in bytes.
const MAX_CSR: u64 = 1 << 20;

/// The types of new keys, and their words.
const KEY_TYPES: [(&str, KeyType); 7] = [
    ("rsa-2048", KeyType::Rsa(2048)),
    ("rsa-3072", KeyType::Rsa(3072)),
    ("rsa-4096", KeyType::Rsa(4096)),
    ("p256", KeyType::P256),
    ("p384", KeyType::P384),
    ("p521", KeyType::P521),
    ("ed25519", KeyType::Ed25519),
];

/// A certificate of a node.
pub type Place = (String, Role);

/// What is asked for. Unless something else is said, every certificate that a scan finds, with a new key like the old one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// Only certificates of these profiles; none for all.
    pub roles: Vec<Role>,
    /// Only certificates of these nodes; none for all.
    pub nodes: Vec<String>,
    /// Places for which nothing is asked.
    pub dropped: Vec<Place>,
    /// Certificates that do not exist today.
    pub added: Vec<Place>,
    /// Files of requests that were made elsewhere.
    pub foreign: Vec<(String, Role, PathBuf)>,
    /// Where keys come from.
    pub keys: Keys,
    /// Whether names that the cluster record demands and a certificate lacks are asked for too.
    pub add_names: bool,
    /// One validity for all, in days; none for that of the config.
    pub validity_days: Option<u32>,
    /// A change of trust, which stands alone in its bundle.
    pub trust: Vec<TrustOp>,
    /// The outstanding request that is given up for this one.
    pub void: Option<Trace>,
    /// The days within which the bundle may be received.
    pub life_days: u32,
}

impl Default for Wish {
    fn default() -> Self {
        Self {
            roles: Vec::new(),
            nodes: Vec::new(),
            dropped: Vec::new(),
            added: Vec::new(),
            foreign: Vec::new(),
            keys: Keys::Like,
            add_names: false,
            validity_days: None,
            trust: Vec::new(),
            void: None,
            life_days: DEFAULT_LIFE_DAYS,
        }
    }
}

impl Wish {
    /// Drafts it: certificates for what a scan of `nodes` finds, or a change of trust, which needs none.
    ///
    /// # Errors
    /// Any [`RequestError`](super::RequestError); what a file of a request and the nodes say.
    pub fn draft(&self, room: &mut Room, nodes: &[NodeRoot]) -> Result<Draft, Refused> {
        if !self.trust.is_empty() {
            return Ok(Draft::trust(self.trust.clone(), room.ca()?)?);
        }
        let days = self.validity_days.unwrap_or(room.config().validity_days());
        let (record, choice) = (room.config().record().clone(), self.choice()?);
        let scan = Scan::run(room.desk_mut(), nodes, &record)?;
        Ok(Draft::new(&scan, &record, choice, days)?)
    }

    fn choice(&self) -> Result<Choice, Refused> {
        let read = |(node, role, file): &(String, Role, PathBuf)| -> Result<Foreign, Refused> {
            let bytes = read_file(file, MAX_CSR, Links::Follow)?;
            Ok(Foreign::parse(node, *role, &file.to_string_lossy(), &bytes)?)
        };
        Ok(Choice {
            nodes: self.nodes.clone(),
            roles: self.roles.clone(),
            dropped: self.dropped.clone(),
            added: self.added.clone(),
            keys: self.keys,
            add_names: self.add_names,
            foreign: self.foreign.iter().map(read).collect::<Result<_, _>>()?,
        })
    }

    /// The options of `airlock online request` that say the same, each with a space before it.
    pub fn options(&self) -> String {
        let mut options = String::new();
        let mut add = |name: &str, value: &str| {
            options.push_str(" --");
            options.push_str(name);
            if !value.is_empty() {
                options.push(' ');
                options.push_str(value);
            }
        };
        let place = |(node, role): &Place| text::quoted(&format!("{node}:{role}"));
        self.roles.iter().for_each(|role| add("role", role.id()));
        self.nodes.iter().for_each(|node| add("only", &text::quoted(node)));
        self.dropped.iter().for_each(|one| add("drop", &place(one)));
        self.added.iter().for_each(|one| add("add", &place(one)));
        for (node, role, file) in &self.foreign {
            add("csr", &text::quoted(&format!("{node}:{role}={}", file.to_string_lossy())));
        }
        match self.keys {
            Keys::Like => {}
            Keys::Reuse => add("reuse-keys", ""),
            Keys::New(key_type) => add("key-type", key_type_word(key_type)),
        }
        if self.add_names {
            add("add-names", "");
        }
        self.validity_days.iter().for_each(|days| add("validity-days", &days.to_string()));
        for TrustOp { domain, op } in &self.trust {
            add(op.word(), &domain.to_string());
        }
        self.void.iter().for_each(|trace| add("void", trace.as_str()));
        if self.life_days != DEFAULT_LIFE_DAYS {
            add("life-days", &self.life_days.to_string());
        }
        options
    }
}

/// Reads `NODE:PROFILE`.
///
/// # Errors
/// Why it is none, one line.
pub fn place(text: &str) -> Result<Place, String> {
    let (node, role) = text.split_once(':').ok_or("not NODE:PROFILE")?;
    Ok((node.to_owned(), role.parse().map_err(|error| format!("{error}"))?))
}

/// Reads `NODE:PROFILE=FILE`.
///
/// # Errors
/// Why it is none, one line.
pub fn file(text: &str) -> Result<(String, Role, PathBuf), String> {
    let (of, file) = text.split_once('=').ok_or("not NODE:PROFILE=FILE")?;
    let (node, role) = place(of)?;
    Ok((node, role, file.into()))
}

/// Reads the type of new keys.
///
/// # Errors
/// Why it is none, one line.
pub fn key_type(text: &str) -> Result<KeyType, String> {
    let known = KEY_TYPES.iter().find(|(word, _)| *word == text);
    known.map(|(_, of)| *of).ok_or_else(|| format!("not {}", KEY_TYPES.map(|(word, _)| word).join(", ")))
}

/// The word of a type of keys.
pub fn key_type_word(of: KeyType) -> &'static str {
    KEY_TYPES.iter().find(|(_, known)| *known == of).map_or("", |(word, _)| word)
}
