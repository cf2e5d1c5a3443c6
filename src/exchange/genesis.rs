//! The text that locks a host to its side; everyone who works there signs it before anything else happens.
//!
//! ```text
//! airlock-genesis-v1
//! host: ca:root-ca-01
//! side: offline
//! policy-sha256: 7f0c…                      or none
//! roster-sha256: 44d1…
//! person: auditor:zhao SHA256:…             a line for each key, sorted
//! person: officer:chen SHA256:…
//! time: 2026-11-22T03:00:00Z
//! ```
//!
//! Signed in the namespace `genesis@airlock.v1`. Entry 0 of the log names its digest and those of the signatures.

use thiserror::Error;

use crate::audit::detail;
use crate::audit::entry::Side;
use crate::audit::event::Event;
use crate::audit::log::Record;
use crate::exchange::lines::{LineError, Lines};
use crate::exchange::people::person::{Person, PersonRole, Principal};
use crate::exchange::signature::{self, Namespace};
use crate::exchange::statement::party::Party;
use crate::refusal::{Class, Reason, Refusal};
use crate::wire::digest::Digest;
use crate::wire::time::Timestamp;

/// The longest text that is read, in bytes: 256 people with some keys each.
pub const MAX_BYTES: usize = 256 << 10;

const HEADER: &str = "airlock-genesis-v1";
const NONE: &str = "none";

/// What a host begins with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Genesis {
    /// The host.
    pub host: Party,
    /// The room it is locked to.
    pub side: Side,
    /// Digest of the policy, where the side has one.
    pub policy: Option<Digest>,
    /// Digest of the file of its people.
    pub roster: Digest,
    /// Each key with its holder, sorted.
    persons: Vec<String>,
    /// When the text was made.
    pub time: Timestamp,
}

/// A genesis that everyone signed. It counts once it stands in the log.
#[derive(Debug)]
pub struct SignedGenesis {
    genesis: Genesis,
    signatures: Vec<Vec<u8>>,
}

/// Why a host does not begin.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum GenesisError {
    /// Not the lines of a genesis.
    #[error("genesis: {0}")]
    Lines(#[from] LineError),
    /// The text was made for another host, policy or roster.
    #[error("the genesis that was signed is not the one of this config, policy and roster: its line {0:?} differs")]
    Other(&'static str),
    /// A signature is by nobody who has to sign.
    #[error("the signature {0} is by nobody who has to sign, or over another text")]
    Signature(String),
    /// People have not signed yet.
    #[error("not signed yet by {}", list(.0))]
    Unsigned(Vec<Principal>),
    /// Nobody has to sign, so nobody could.
    #[error("the roster names nobody who works on this side")]
    Nobody,
}

impl Genesis {
    /// The genesis of a host with these people.
    pub fn new(
        host: Party,
        side: Side,
        policy: Option<Digest>,
        roster: Digest,
        persons: &[Person],
        time: Timestamp,
    ) -> Self {
        let line = |person: &Person| {
            let principal = person.principal();
            let keys = person.keys.iter().map(move |own| format!("{principal} {}", own.key.fingerprint()));
            keys.collect::<Vec<_>>()
        };
        let mut persons: Vec<_> = persons.iter().flat_map(line).collect();
        persons.sort();
        Self { host, side, policy, roster, persons, time }
    }

    /// Reads exactly what [`Genesis::text`] prints.
    ///
    /// # Errors
    /// [`GenesisError::Lines`].
    pub fn parse(bytes: &[u8]) -> Result<Self, GenesisError> {
        let mut rest = Lines::of(bytes, MAX_BYTES)?;
        rest.header(&[HEADER])?;
        let host = rest.value("host")?;
        let side = rest.field("side")?;
        let side = [Side::Online, Side::Offline].into_iter().find(|known| known.name() == side);
        let side = side.ok_or(LineError::Value("side"))?;
        let policy = match rest.field("policy-sha256")? {
            NONE => None,
            digest => Some(digest.parse().map_err(|_| LineError::Value("policy-sha256"))?),
        };
        let roster = rest.value("roster-sha256")?;
        let mut persons = Vec::new();
        while rest.is_next("person") {
            persons.push(rest.field("person")?.to_owned());
        }
        let time = rest.value("time")?;
        rest.end()?;
        let read = Self { host, side, policy, roster, persons, time };
        if read.text().as_bytes() == bytes { Ok(read) } else { Err(LineError::Spelling.into()) }
    }

    /// The text, byte for byte as it is signed.
    pub fn text(&self) -> String {
        let policy = self.policy.map_or_else(|| NONE.to_owned(), |digest| digest.to_string());
        let persons: String = self.persons.iter().map(|line| format!("person: {line}\n")).collect();
        format!(
            "{HEADER}\nhost: {}\nside: {}\npolicy-sha256: {policy}\nroster-sha256: {}\n{persons}time: {}\n",
            self.host,
            self.side.name(),
            self.roster,
            self.time
        )
    }

    /// SHA-256 of [`Genesis::text`].
    pub fn sha256(&self) -> Digest {
        Digest::of(self.text().as_bytes())
    }

    /// Demands that `self`, which was made earlier, says what `now` says but for the time.
    ///
    /// # Errors
    /// [`GenesisError::Other`].
    pub fn is_still(&self, now: &Self) -> Result<(), GenesisError> {
        let lines = [
            ("host", self.host == now.host),
            ("side", self.side == now.side),
            ("policy-sha256", self.policy == now.policy),
            ("roster-sha256", self.roster == now.roster),
            ("person", self.persons == now.persons),
        ];
        lines.into_iter().find(|(_, same)| !same).map_or(Ok(()), |(line, _)| Err(GenesisError::Other(line)))
    }

    /// Demands that everyone of `persons` who works on this side has signed; each of `signatures` comes with the name of
    /// its file.
    ///
    /// # Errors
    /// [`GenesisError::Nobody`], [`GenesisError::Signature`]; [`GenesisError::Unsigned`] while people are missing.
    pub fn signed(self, persons: &[Person], signatures: Vec<(String, Vec<u8>)>) -> Result<SignedGenesis, GenesisError> {
        let text = self.text();
        let signers: Vec<_> = persons.iter().filter(|person| signs(self.side, person.role)).collect();
        if signers.is_empty() {
            return Err(GenesisError::Nobody);
        }
        let by = |person: &Person, armored: &[u8]| {
            let verifies = |key| signature::verify(key, Namespace::Genesis, text.as_bytes(), armored).is_ok();
            person.keys.iter().any(|own| verifies(&own.key))
        };
        if let Some((name, _)) = signatures.iter().find(|(_, armored)| !signers.iter().any(|one| by(one, armored))) {
            return Err(GenesisError::Signature(crate::wire::text::clip(name, 80)));
        }
        let has_signed = |person: &&&Person| signatures.iter().any(|(_, armored)| by(person, armored));
        let missing: Vec<_> = signers.iter().filter(|person| !has_signed(person)).map(|one| one.principal()).collect();
        if !missing.is_empty() {
            return Err(GenesisError::Unsigned(missing));
        }
        let signatures = signatures.into_iter().map(|(_, armored)| armored).collect();
        Ok(SignedGenesis { genesis: self, signatures })
    }
}

impl SignedGenesis {
    /// What was signed.
    pub fn genesis(&self) -> &Genesis {
        &self.genesis
    }

    /// The armored signatures.
    pub fn signatures(&self) -> &[Vec<u8>] {
        &self.signatures
    }
}

impl Record for SignedGenesis {
    fn event(&self) -> Event {
        Event::Genesis(detail::Genesis {
            genesis: self.genesis.sha256(),
            policy: self.genesis.policy,
            roster: self.genesis.roster,
            signatures: self.signatures.iter().map(|armored| Digest::of(armored)).collect(),
        })
    }
}

/// Whether people of this role sign the genesis of a host of this side.
fn signs(side: Side, role: PersonRole) -> bool {
    match side {
        Side::Online => role == PersonRole::Requester,
        Side::Offline => role != PersonRole::Requester,
    }
}

fn list(people: &[Principal]) -> String {
    people.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

impl Refusal for GenesisError {
    fn reason(&self) -> Reason {
        match self {
            Self::Lines(_) => Reason::new(
                Class::Verification,
                "GENESIS_FORM",
                "remove genesis.txt and its signatures, and begin again",
            ),
            Self::Other(_) => Reason::new(
                Class::Verification,
                "GENESIS_OTHER",
                "give the files that were signed, or remove genesis.txt and its signatures and begin again",
            ),
            Self::Signature(_) => Reason::new(
                Class::Verification,
                "GENESIS_SIGNATURE",
                "remove that file, and have the person sign again",
            ),
            Self::Unsigned(_) => Reason::new(
                Class::Quorum,
                "GENESIS_UNSIGNED",
                "have each person sign: ssh-keygen -Y sign -n genesis@airlock.v1 -f KEY genesis.txt",
            ),
            Self::Nobody => Reason::new(Class::Usage, "GENESIS_NOBODY", "name the people of this side in the roster"),
        }
    }
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;
    use crate::exchange::people::person::PersonKey;
    use crate::exchange::signature::SigningKey as _;
    use crate::exchange::signature::private_key::SoftwareKey;

    fn key(seed: u8) -> SoftwareKey {
        SoftwareKey::from_seed(&Zeroizing::new([seed; 32])).unwrap()
    }

    fn people() -> Vec<Person> {
        let person = |(seed, id, role): (u8, &str, PersonRole)| Person {
            id: id.parse().unwrap(),
            keys: vec![PersonKey { key: key(seed).public_key().clone(), revoked_from: None }],
            name: id.to_owned(),
            role,
        };
        use PersonRole::{Auditor, Officer, Requester};
        [(1, "chen", Officer), (2, "li", Officer), (3, "zhang-wei", Requester), (4, "zhao", Auditor)].map(person).into()
    }

    fn genesis(side: Side) -> Genesis {
        let (policy, roster) = (Digest::of(b"policy"), Digest::of(b"roster"));
        let time = "2026-11-22T03:00:00Z".parse().unwrap();
        Genesis::new("ca:root-ca-01".parse().unwrap(), side, Some(policy), roster, &people(), time)
    }

    fn signature(seed: u8, namespace: Namespace) -> (String, Vec<u8>) {
        let text = genesis(Side::Offline).text();
        (format!("{seed}.sig"), signature::sign(&key(seed), namespace, text.as_bytes()).unwrap().into_bytes())
    }

    fn signed(seeds: &[u8]) -> Result<SignedGenesis, GenesisError> {
        let signatures = seeds.iter().map(|seed| signature(*seed, Namespace::Genesis)).collect();
        genesis(Side::Offline).signed(&people(), signatures)
    }

    #[test]
    fn it_reads_back_in_one_spelling() {
        let none = Genesis { policy: None, ..genesis(Side::Online) };
        for genesis in [genesis(Side::Offline), none] {
            assert_eq!(Genesis::parse(genesis.text().as_bytes()), Ok(genesis));
        }
        let text = genesis(Side::Offline).text();
        for (from, to) in
            [("-v1", "-v2"), ("offline", "Offline"), ("person: auditor", "Person: auditor"), ("Z\n", "Z\n\n")]
        {
            assert!(Genesis::parse(text.replacen(from, to, 1).as_bytes()).is_err(), "{from}");
        }
    }

    #[test]
    fn everyone_of_the_side_signs_and_nobody_else() {
        let all = signed(&[1, 2, 4]).unwrap();
        let Event::Genesis(event) = all.event() else { panic!() };
        assert_eq!((event.genesis, event.signatures.len()), (genesis(Side::Offline).sha256(), 3));
        let missing = vec!["officer:li".parse().unwrap(), "auditor:zhao".parse().unwrap()];
        assert_eq!(signed(&[1]).unwrap_err(), GenesisError::Unsigned(missing));
        assert_eq!(signed(&[1, 2, 3, 4]).unwrap_err(), GenesisError::Signature("3.sig".to_owned()));
        assert_eq!(signed(&[1, 2, 4, 9]).unwrap_err(), GenesisError::Signature("9.sig".to_owned()));
        let approval = vec![signature(1, Namespace::Approval)];
        let refused = genesis(Side::Offline).signed(&people(), approval).unwrap_err();
        assert_eq!(refused, GenesisError::Signature("1.sig".to_owned()));
        assert_eq!(genesis(Side::Online).signed(&people()[..2], vec![]).unwrap_err(), GenesisError::Nobody);
    }

    #[test]
    fn a_text_of_other_files_does_not_serve() {
        let (old, now) = (genesis(Side::Offline), genesis(Side::Offline));
        assert_eq!(old.is_still(&Genesis { time: now.time.plus(60), ..now.clone() }), Ok(()));
        let other = Genesis { policy: None, ..now.clone() };
        assert_eq!(old.is_still(&other), Err(GenesisError::Other("policy-sha256")));
        assert_eq!(old.is_still(&Genesis { persons: vec![], ..now }), Err(GenesisError::Other("person")));
    }
}
