//! The register of media: which stick is which, and which way it travels. A fold over the log.
//!
//! What a stick is recognised by can be forged; the register catches mistakes and says afterwards which stick it was.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::str::FromStr;

use thiserror::Error;

use crate::audit::detail::medium::{MediumAdmitted, MediumRegistered, MediumWiped};
use crate::audit::entry::{Entry, Side};
use crate::audit::event::Event;
use crate::desk::host::Desk;
use crate::desk::people::Present;
use crate::devices::media::Identity;
use crate::devices::media::wipe::{Blank, Label};
use crate::exchange::people::person::PersonRole;
use crate::refusal::{Class, Reason, Refusal, Refused};
use crate::wire::time::Timestamp;

/// For how long two officers let a stick in, in seconds.
pub const ADMITTED_S: i64 = 86_400;

/// Which way a stick travels, seen from this host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// It brings transfers.
    In,
    /// It takes transfers away.
    Out,
}

/// A stick of the register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registered {
    /// What people call it, `TX-03`.
    pub name: String,
    /// Which way it travels.
    pub way: Way,
    /// What it is recognised by.
    pub identity: Identity,
}

/// How the register knows a stick.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It is registered.
    Registered(Registered),
    /// Two officers let it in, and that still counts.
    Admitted,
    /// Not at all.
    Stranger,
}

/// The register.
#[derive(Debug, Default)]
pub struct Register {
    sticks: BTreeMap<String, Registered>,
    admitted: Vec<(Identity, Timestamp)>,
}

/// The name of a stick: one to four capital letters, a hyphen, one to four digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediumName(String);

/// Why a stick is not used, or not registered.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RegisterError {
    /// Not in the register.
    #[error("{0} is not a registered medium")]
    Stranger(String),
    /// It travels the other way.
    #[error("{0} is registered for the way {1}")]
    OtherWay(String, Way),
    /// In and out stay apart.
    #[error("{0} brought a transfer to this host, and takes none away")]
    CameIn(String),
    /// The name or the stick stands there already.
    #[error("{0} is in the register already")]
    Taken(String),
    /// Neither serial number.
    #[error("{0} has no serial number to be recognised by")]
    Nameless(String),
    /// Not a name.
    #[error("not a name such as TX-03")]
    Name,
    /// The role may not.
    #[error("{0} may not do this to the register")]
    Role(PersonRole),
    /// One officer, or twice the same.
    #[error("two officers let a medium in")]
    TwoOfficers,
}

impl Register {
    /// Folds the log.
    pub fn fold(entries: &[Entry]) -> Self {
        let mut register = Self::default();
        entries.iter().for_each(|entry| register.take(entry));
        register
    }

    fn take(&mut self, entry: &Entry) {
        match &entry.event {
            Event::MediumRegistered(MediumRegistered { device, name, way }) => {
                if let (Ok(identity), Ok(way)) = (device.parse(), way.parse()) {
                    let name = name.clone();
                    self.sticks.insert(name.clone(), Registered { name, way, identity });
                }
            }
            Event::MediumAdmitted(MediumAdmitted { device, .. }) => {
                self.admitted.extend(device.parse().ok().map(|identity| (identity, entry.time)));
            }
            // The same stick with another file system on it.
            Event::MediumWiped(MediumWiped { device, after }) => {
                let (Ok(before), Ok(after)) = (device.parse::<Identity>(), after.parse::<Identity>()) else { return };
                for stick in self.sticks.values_mut().filter(|stick| stick.identity.is_same_stick(&before)) {
                    stick.identity = after.clone();
                }
            }
            _ => {}
        }
    }

    /// The sticks, by name.
    pub fn sticks(&self) -> impl Iterator<Item = &Registered> {
        self.sticks.values()
    }

    /// How a stick is known at `now`.
    pub fn standing(&self, identity: &Identity, now: Timestamp) -> Standing {
        let is_it = |stick: &&Registered| stick.identity == *identity && identity.is_known();
        let lasts = |(admitted, from): &(Identity, Timestamp)| {
            *admitted == *identity && identity.is_known() && *from <= now && now < from.plus(ADMITTED_S)
        };
        match self.sticks.values().find(is_it) {
            Some(stick) => Standing::Registered(stick.clone()),
            None if self.admitted.iter().any(lasts) => Standing::Admitted,
            None => Standing::Stranger,
        }
    }
}

impl Desk {
    /// Registers the stick that a person names, which is offered: at a CA host a sysadmin does, elsewhere a requester. Again
    /// under the name it has, it is corrected: the way, or what it is recognised by since somebody else formatted it.
    ///
    /// # Errors
    /// Any [`RegisterError`] or [`DeviceError`](crate::devices::media::verdict::DeviceError); what the log says.
    pub fn register(&mut self, who: &Present, named: &Path, name: &MediumName, way: Way) -> Result<u64, Refused> {
        self.must_keep(who)?;
        let identity = self.offered(named)?;
        let register = Register::fold(self.entries());
        let is_taken = |stick: &&Registered| {
            let (is_named, is_it) = (stick.name == name.0, stick.identity.is_same_stick(&identity));
            let is_corrected = is_named && is_it && (stick.way != way || stick.identity != identity);
            (is_named || is_it) && !is_corrected
        };
        if let Some(stick) = register.sticks().find(is_taken) {
            return Err(RegisterError::Taken(stick.name.clone()).into());
        }
        let (device, name, way) = (identity.to_string(), name.0.clone(), way.to_string());
        self.note(&who.actor(), None, Event::MediumRegistered(MediumRegistered { device, name, way }))
    }

    /// Lets the stick that a person names in for [`ADMITTED_S`], unregistered as it is. Two officers who showed their
    /// keys do so together.
    ///
    /// # Errors
    /// [`RegisterError::TwoOfficers`], [`RegisterError::Nameless`]; as [`Desk::register`].
    pub fn admit(&mut self, officers: [&Present; 2], named: &Path) -> Result<u64, Refused> {
        let [first, second] = officers;
        let are_officers = officers.iter().all(|one| one.principal().role == PersonRole::Officer);
        if !are_officers || first.id() == second.id() {
            return Err(RegisterError::TwoOfficers.into());
        }
        let device = self.offered(named)?.to_string();
        let officers = officers.map(|one| one.id().to_string()).to_vec();
        self.note(&first.actor(), None, Event::MediumAdmitted(MediumAdmitted { device, officers }))
    }

    /// Makes a stick anew, once it is written down that this happens; who keeps the register does so, and `typed` is what shows that a person means it.
    ///
    /// # Errors
    /// [`RegisterError::Role`]; [`WipeError::Word`](crate::devices::media::wipe::WipeError::Word); as
    /// [`Meant::hold`](crate::devices::media::wipe::Meant::hold); what the log says.
    pub fn wipe(&mut self, who: &Present, blank: Blank, typed: &str, label: Label) -> Result<(Identity, u64), Refused> {
        self.must_keep(who)?;
        let device = blank.disk().identity().to_string();
        let meant = blank.mean(typed, self.random()?, label)?;
        let after = meant.after();
        let held = meant.hold()?;
        let wiped = Event::MediumWiped(MediumWiped { after: after.to_string(), device });
        let entry = self.note(&who.actor(), None, wiped)?;
        held.wipe()?;
        Ok((after, entry))
    }

    /// Who keeps the register of this host.
    pub fn keeper(&self) -> PersonRole {
        match self.log().writer().side {
            Side::Offline => PersonRole::Sysadmin,
            Side::Online => PersonRole::Requester,
        }
    }

    fn must_keep(&self, who: &Present) -> Result<(), RegisterError> {
        let role = who.principal().role;
        if role == self.keeper() { Ok(()) } else { Err(RegisterError::Role(role)) }
    }

    fn offered(&self, named: &Path) -> Result<Identity, Refused> {
        let (drive, _) = self.bay().drive(named)?;
        let identity = drive.identity();
        if identity.is_known() { Ok(identity) } else { Err(RegisterError::Nameless(drive.disk().name.clone()).into()) }
    }
}

impl MediumName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for MediumName {
    type Err = RegisterError;

    fn from_str(text: &str) -> Result<Self, RegisterError> {
        let (letters, digits) = text.split_once('-').ok_or(RegisterError::Name)?;
        let fits = (1..=4).contains(&letters.len()) && (1..=4).contains(&digits.len());
        let is_spelt = letters.bytes().all(|b| b.is_ascii_uppercase()) && digits.bytes().all(|b| b.is_ascii_digit());
        if fits && is_spelt { Ok(Self(text.to_owned())) } else { Err(RegisterError::Name) }
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::In => "in",
            Self::Out => "out",
        })
    }
}

impl FromStr for Way {
    type Err = RegisterError;

    fn from_str(text: &str) -> Result<Self, RegisterError> {
        [Self::In, Self::Out].into_iter().find(|way| way.to_string() == text).ok_or(RegisterError::Name)
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Registered(stick) => write!(f, "registered {} ({})", stick.name, stick.way),
            Self::Admitted => f.write_str("admitted by two officers"),
            Self::Stranger => f.write_str("not registered"),
        }
    }
}

impl Refusal for RegisterError {
    fn reason(&self) -> Reason {
        match self {
            Self::Stranger(_) => Reason::new(
                Class::Media,
                "MEDIUM_STRANGER",
                "register it: airlock media register; at a CA host alone, two officers may admit it: airlock media admit",
            ),
            Self::OtherWay(..) => Reason::new(Class::Media, "MEDIUM_OTHER_WAY", "take a stick of the other way"),
            Self::CameIn(_) => Reason::new(Class::Media, "MEDIUM_CAME_IN", "take another stick; in and out stay apart"),
            Self::Taken(_) => Reason::new(Class::Usage, "MEDIUM_TAKEN", "look it up: airlock media list"),
            Self::Nameless(_) => Reason::new(Class::Media, "MEDIUM_NAMELESS", "make it anew: airlock media wipe"),
            Self::Name => Reason::new(Class::Usage, "MEDIUM_NAME", "choose a name such as TX-03, and a way: in or out"),
            Self::Role(_) => Reason::new(
                Class::Quorum,
                "MEDIUM_ROLE",
                "have a sysadmin of the CA host do it, or a requester of the online host",
            ),
            Self::TwoOfficers => {
                Reason::new(Class::Quorum, "MEDIUM_TWO_OFFICERS", "have a second officer show his key")
            }
        }
    }
}
