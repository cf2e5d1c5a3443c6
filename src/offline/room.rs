//! The offline room, open for one process.
//!
//! What is in force is folded from the log when the room is opened, and again after each change. Nothing else decides:
//! neither the config nor a file beside the log.

use std::borrow::Cow;

use thiserror::Error;

use crate::audit::detail::{HsmLogin, Sealed, Token as TokenDetail, Verb};
use crate::audit::entry::{Actor, Outcome, Side};
use crate::audit::event::Event;
use crate::config::offline::OfflineConfig;
use crate::desk::host::{Desk, DeskError, Senses};
use crate::devices::hsm::{Patience, Pin, Token, Unlocked};
use crate::exchange::enrolment::record::EnrolmentRecord;
use crate::exchange::people::roster::Roster;
use crate::exchange::statement::party::Party;
use crate::issuance::authority::Authorities;
use crate::issuance::plan::fields::PlanFields;
use crate::issuance::policy::Policy;
use crate::offline::force::InForce;
use crate::offline::holdings::{Holding, Holdings};
use crate::offline::machine::{self, Machine};
use crate::refusal::{Class, Reason, Refusal, Refused};
use crate::wire::digest::Digest;
use crate::wire::text;
use crate::wire::time::Timestamp;

/// For how long an attestation of the clock counts, in seconds.
pub const ATTESTED_FOR_S: i64 = 86_400;

/// The open offline room.
pub struct Room {
    desk: Desk,
    config: OfflineConfig,
    force: InForce,
    holdings: Holdings,
    token: String,
}

/// A time that people vouched for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attested {
    /// The time now.
    pub time: Timestamp,
    /// The log entry of the attestation.
    pub entry: u64,
    /// Who compared the clock, as ids of the roster.
    pub officers: Vec<String>,
}

/// Why the room does not open, or lacks what is asked of it.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum RoomError {
    /// The log does not say what it must.
    #[error("the log of this host does not fit together")]
    Log,
    /// The set-up was not finished.
    #[error("the keys of this host were not made yet")]
    NoKeys,
    /// No key of the token was made for this public key.
    #[error("the log knows no key of the token for the public key {0}")]
    NoKey(Digest),
    /// Another token than the one that the keys were made in.
    #[error("the token is {found}, the keys of this host are in {pinned}")]
    OtherToken {
        /// Serial number of the token of the config.
        found: String,
        /// Serial number of the token of the keys.
        pinned: String,
    },
    /// Nobody vouches for the clock.
    #[error("nobody has compared the clock of this host in the last 24 hours, since it was started")]
    ClockNotAttested,
}

impl Room {
    /// Opens the room that `config` describes.
    ///
    /// # Errors
    /// [`RoomError::NoKeys`] before the set-up is finished; what the state says.
    pub fn open(config: OfflineConfig, senses: Senses) -> Result<Self, Refused> {
        let desk = Desk::open(config.state(), Side::Offline, senses)?;
        let room = Self::with(desk, config)?;
        Machine::ALL.into_iter().try_for_each(|purpose| room.machine_key(purpose).map(drop))?;
        Ok(room)
    }

    /// A room whose keys may not be made yet.
    pub(super) fn with(desk: Desk, config: OfflineConfig) -> Result<Self, Refused> {
        if desk.party() != config.party() {
            return Err(DeskError::OtherParty(desk.party().to_string()).into());
        }
        let force = InForce::fold(desk.entries(), desk.objects())?;
        let holdings = Holdings::fold(desk.entries(), desk.objects())?;
        let first = machine::made_keys(desk.entries()).next().map(|made| made.token.clone());
        let configured = config.hsm().token.serial().map(str::to_owned);
        let token = first.or(configured).ok_or(RoomError::NoKeys)?;
        Ok(Self { desk, config, force, holdings, token })
    }

    /// The state of the host.
    pub fn desk(&self) -> &Desk {
        &self.desk
    }

    /// The state of the host, to write things down in. What changes what is in force goes through [`Room::change`].
    pub fn desk_mut(&mut self) -> &mut Desk {
        &mut self.desk
    }

    /// The config.
    pub fn config(&self) -> &OfflineConfig {
        &self.config
    }

    /// The policy in force.
    pub fn policy(&self) -> &Policy {
        &self.force.policy
    }

    /// The roster in force.
    pub fn roster(&self) -> &Roster {
        &self.force.roster
    }

    /// Everything in force.
    pub fn in_force(&self) -> &InForce {
        &self.force
    }

    /// The record of `party`, if it is enrolled.
    pub fn peer(&self, party: &Party) -> Option<&EnrolmentRecord> {
        self.force.peer(party)
    }

    /// The enrolment of this digest: the one in force for `party` if it is that, else as it was kept.
    ///
    /// # Errors
    /// What the blobs say; any [`EnrolmentError`](crate::exchange::enrolment::EnrolmentError).
    pub fn enrolment(&self, party: &Party, sha256: &Digest) -> Result<Cow<'_, EnrolmentRecord>, Refused> {
        let in_force = self.force.pinned(party).filter(|pinned| pinned.record == *sha256);
        match in_force.and_then(|_| self.force.peer(party)) {
            Some(record) => Ok(Cow::Borrowed(record)),
            None => Ok(Cow::Owned(EnrolmentRecord::parse(&self.desk.objects().get(sha256)?)?)),
        }
    }

    /// The CAs of all clusters.
    pub fn holdings(&self) -> &Holdings {
        &self.holdings
    }

    /// The CAs of `cluster`, if it has any.
    pub fn holding(&self, cluster: &Party) -> Option<&Holding> {
        self.holdings.of(cluster)
    }

    /// Who may sign for `cluster`; nobody before its first ceremony.
    pub fn authorities(&self, cluster: &Party) -> Authorities {
        self.holding(cluster).map(Holding::authorities).unwrap_or_default()
    }

    /// Serial number of the token that holds the keys of this host.
    pub fn token_serial(&self) -> &str {
        &self.token
    }

    /// The time, if officers vouched for the clock since the host was started, and not longer than a day ago.
    ///
    /// # Errors
    /// [`RoomError::ClockNotAttested`]; what the clock says.
    pub fn attested_now(&self) -> Result<Attested, Refused> {
        let moment = self.desk.moment()?;
        let entry = self.desk.log().attestation(&moment).ok_or(RoomError::ClockNotAttested)?;
        let found = usize::try_from(entry).ok().and_then(|at| self.desk.entries().get(at));
        let found = found.ok_or(RoomError::Log)?;
        let Event::ClockAttested(attested) = &found.event else { return Err(RoomError::Log.into()) };
        if !(0..=ATTESTED_FOR_S).contains(&moment.time.since(found.time)) {
            return Err(RoomError::ClockNotAttested.into());
        }
        Ok(Attested { time: moment.time, entry, officers: attested.officers.clone() })
    }

    /// Writes an event down that changes what is in force or installed, and folds the log again.
    ///
    /// # Errors
    /// What the log and the blobs say.
    pub fn change(&mut self, actor: &Actor, trace: Option<&str>, event: Event) -> Result<u64, Refused> {
        let entry = self.desk.note(actor, trace, event)?;
        self.refold()?;
        Ok(entry)
    }

    /// Writes down that the package of `plan` left. All that changes by it is where the roots stand, so nothing else of
    /// the log is folded again.
    ///
    /// # Errors
    /// What the log says.
    pub fn sealed(&mut self, sealed: Sealed, plan: &PlanFields) -> Result<u64, Refused> {
        let entry = self.desk.note(&Actor::system(), Some(plan.trace.as_str()), Event::Sealed(sealed))?;
        self.holdings.sealed(plan)?;
        Ok(entry)
    }

    /// Folds the log again, after something was recorded that changes what is in force or installed.
    ///
    /// # Errors
    /// What the log and the blobs say.
    pub fn refold(&mut self) -> Result<(), Refused> {
        self.force = InForce::fold(self.desk.entries(), self.desk.objects())?;
        self.holdings = Holdings::fold(self.desk.entries(), self.desk.objects())?;
        Ok(())
    }

    /// Finds the token of this host, asked nothing but what it says of itself.
    ///
    /// # Errors
    /// [`RoomError::OtherToken`] where the config names another one than the keys were made in; what the token says.
    pub fn token(&self) -> Result<Token, Refused> {
        let hsm = self.config.hsm();
        let found = hsm.token.serial().unwrap_or_default();
        if found != self.token {
            let (found, pinned) = (text::clip(found, 40), text::clip(&self.token, 40));
            return Err(RoomError::OtherToken { found, pinned }.into());
        }
        Ok(Token::open(&hsm.module, &hsm.token, Patience::default())?)
    }

    /// Logs in to the token of this host, which is written down before.
    ///
    /// # Errors
    /// As [`Room::token`]; what the token says of the PIN.
    pub fn login(&mut self, pin: Pin) -> Result<Unlocked, Refused> {
        let token = self.token()?;
        let keys = machine::made_keys(self.desk.entries()).map(|made| made.label.clone()).collect();
        let login = Event::HsmLogin(HsmLogin { keys, token: self.token.clone() });
        self.desk.note(&Actor::system(), None, login)?;
        match token.login(pin) {
            Ok(unlocked) => Ok(unlocked),
            Err(refused) => {
                let outcome = Outcome::Failed(refused.reason().code.to_owned());
                let failed = Event::AuthenticationFailed(Verb { verb: "hsm-login".to_owned() });
                self.desk.note_as(&Actor::system(), None, outcome, failed)?;
                Err(refused.error.into())
            }
        }
    }

    /// Logs out of the token, which is written down whatever the token says to it.
    ///
    /// # Errors
    /// What the token and the log say.
    pub fn logout(&mut self, token: Unlocked) -> Result<(), Refused> {
        let closed = token.close();
        let serial = TokenDetail { token: self.token.clone() };
        let event = if closed.is_ok() { Event::HsmLogout(serial) } else { Event::HsmLost(serial) };
        self.desk.note(&Actor::system(), None, event)?;
        Ok(closed?)
    }
}

impl AsRef<Desk> for Room {
    fn as_ref(&self) -> &Desk {
        &self.desk
    }
}

impl AsMut<Desk> for Room {
    fn as_mut(&mut self) -> &mut Desk {
        &mut self.desk
    }
}

impl Refusal for RoomError {
    fn reason(&self) -> Reason {
        match self {
            Self::Log => Reason::new(Class::Inconsistent, "ROOM_LOG", "stop; call the auditor"),
            Self::NoKeys => Reason::new(Class::Usage, "ROOM_NO_KEYS", "finish the set-up: airlock init"),
            Self::NoKey(_) => Reason::new(Class::Hsm, "ROOM_NO_KEY", "look up what was made: airlock offline ca show"),
            Self::OtherToken { .. } => {
                Reason::new(Class::Hsm, "ROOM_OTHER_TOKEN", "insert the token of this host, or correct the config")
            }
            Self::ClockNotAttested => Reason::new(
                Class::Policy,
                "CLOCK_NOT_ATTESTED",
                "have two officers compare the clock: airlock clock attest",
            ),
        }
    }
}
