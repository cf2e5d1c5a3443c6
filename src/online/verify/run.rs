//! The checks in the order in which they can be asked: what is outside before what is inside.

use super::VerifyError;
use super::asked::Bundle;
use super::{certificates, lists, plan};
use crate::audit::detail::{self, CrlSeen};
use crate::audit::tree::Head;
use crate::exchange::arrival::Confirmed;
use crate::exchange::cert_package::manifest::Outcome;
use crate::exchange::cert_package::{CertPackage, Own, Package, PackageError};
use crate::exchange::enrolment::record::EnrolmentRecord;
use crate::exchange::people::roster::Roster;
use crate::exchange::seal::Plaintext;
use crate::exchange::seal::identity::Identity;
use crate::exchange::statement::party::Party;
use crate::issuance::index::follows;
use crate::refusal::{Refusal, Refused};
use crate::report::checks::{Check, CheckId, CheckList};
use crate::wire::digest::Digest;
use crate::wire::text::fill;
use crate::wire::time::Timestamp;

/// What this side knows.
pub(super) struct Known<'a> {
    pub(super) party: &'a Party,
    pub(super) uid: &'a str,
    pub(super) own_key: &'a crate::exchange::signature::public_key::SshPublicKey,
    pub(super) ca: &'a EnrolmentRecord,
    pub(super) enrolled_roster: &'a Roster,
    pub(super) roster: &'a Roster,
    pub(super) own_records: &'a dyn Fn(&Digest) -> Option<EnrolmentRecord>,
    pub(super) last_package: u64,
    pub(super) crls: &'a [CrlSeen],
    pub(super) remembered: Option<Head>,
    pub(super) bundle: &'a Bundle,
    pub(super) now: Timestamp,
}

/// A package that passed, as far as it is remembered.
pub(super) struct Passed {
    pub(super) container: Plaintext,
    pub(super) accepted: detail::PackageAccepted,
    /// A roster newer than the one known before.
    pub(super) roster: Option<Roster>,
}

/// The checks that ran.
#[derive(Default)]
pub(super) struct Run {
    checks: Vec<Check>,
    pub(super) denied: Vec<Outcome>,
    pub(super) issued: usize,
}

/// A check that refused.
pub(super) struct Stop {
    pub(super) check: CheckId,
    pub(super) refused: Refused,
}

impl Stop {
    pub(super) fn of<E: Refusal>(check: CheckId) -> impl Fn(E) -> Self {
        move |error| Self { check, refused: error.into() }
    }
}

impl From<PackageError> for Stop {
    fn from(error: PackageError) -> Self {
        let check = CheckId::ALL.iter().copied().find(|id| id.as_str() == error.check());
        Self { check: check.unwrap_or(CheckId::W02), refused: error.into() }
    }
}

impl From<VerifyError> for Stop {
    fn from(error: VerifyError) -> Self {
        Self { check: error.check(), refused: error.into() }
    }
}

impl Run {
    pub(super) fn ok(&mut self, id: CheckId, text: impl AsRef<str>) {
        self.checks.push(Check::ok(id, text));
    }

    pub(super) fn push(&mut self, check: Check) {
        self.checks.push(check);
    }

    /// The checks by number.
    pub(super) fn list(mut self) -> CheckList {
        self.checks.sort_by_key(Check::id);
        let mut list = CheckList::default();
        self.checks.into_iter().for_each(|check| list.push(check));
        list
    }

    /// Runs them all, or until one refuses.
    pub(super) fn all(
        &mut self,
        confirmed: Confirmed<CertPackage>,
        identity: &Identity,
        known: &Known<'_>,
    ) -> Result<Passed, Stop> {
        let evidence = confirmed.evidence().clone();
        let expires = confirmed.statement().lines().expires;
        let open = confirmed.open(identity)?;
        let unpacked = open.unpack(known.ca.statement_key())?;
        self.ok(CheckId::W02, fill("container canonical; {} file{s}, digests match, set exact", [&unpacked.files()]));
        self.ok(CheckId::W03, format!("inner signature {} key epoch {}", known.ca.party(), known.ca.epoch()));
        let recipient = identity.recipient();
        let pinned: Vec<_> = known.ca.roots().iter().map(|root| root.certificate.fingerprint()).collect();
        let own = Own { party: known.party, uid: known.uid, recipient: &recipient, roots: &pinned };
        let package = unpacked.bind(&own)?.settle(&evidence);
        let package = package.map_err(|mismatch| mismatch.error).map_err(Stop::of(CheckId::W13))?;
        self.ok(CheckId::W01, "decrypted with our key; it is named inside the signed manifest");
        if known.now > expires {
            return Err(VerifyError::Expired(expires).into());
        }
        self.answer(&package, known)?;
        let log = package.log(known.ca.log_key(), known.remembered.as_ref())?;
        self.ok(CheckId::W12, heads(log.head(), known.remembered));
        let contents = package.contents()?;
        let (plan, roster) = plan::check(self, &package, &log, known)?;
        plan::effects(&plan, &package, &contents)?;
        certificates::check(self, &package, &contents, known)?;
        let crls = lists::check(self, &package, &contents, known)?;
        let accepted = detail::PackageAccepted {
            container: Digest::of(package.bytes()),
            crls,
            log: detail::Head { root: log.head().root, size: log.head().size },
            package_seq: package.manifest().package_seq,
            plan: plan.sha256(),
            statement: package.statement().id(),
        };
        let roster = Some(roster).filter(|roster| roster != known.roster);
        Ok(Passed { container: open.into_plaintext(), accepted, roster })
    }

    fn answer(&mut self, package: &Package<'_>, known: &Known<'_>) -> Result<(), Stop> {
        let answered = package.answers(&known.bundle.outstanding(known.own_key))?;
        let seq = package.manifest().package_seq;
        follows(known.last_package, seq).map_err(Stop::of(CheckId::W04))?;
        self.ok(
            CheckId::W04,
            format!("answers our request: trace, nonce, digests, sequence {}; package {seq}", answered.seq()),
        );
        let results = &package.manifest().results;
        self.issued = answered.issued();
        self.denied = results.iter().filter(|outcome| !outcome.is_issued()).cloned().collect();
        match self.denied.as_slice() {
            [] => self.ok(CheckId::W09, fill("{} request{s}, none denied", [&results.len()])),
            some => {
                let text = fill("{} of {} request{s} denied", [&some.len(), &results.len()]);
                self.push(Check::deny(CheckId::W09, "REQUESTS_DENIED", text));
            }
        }
        Ok(())
    }
}

fn heads(head: Head, remembered: Option<Head>) -> String {
    match remembered {
        Some(older) => format!("log {} extends {} that we remembered", head.size, older.size),
        None => format!("log {}, the first head of this CA that we remember", head.size),
    }
}
