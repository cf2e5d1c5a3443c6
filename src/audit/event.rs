//! The closed list of things that can happen, as they stand in the log under `event` and `detail`.
//!
//! No event holds a PIN, a passphrase, a digest row, a private key or its path. Objects are named by SHA-256: a plan by
//! the digest of PLAN.json, an approval by the digest of its text. A statement is named by its identifier, never by its
//! digest, for that is the code on the paper in another form.

use serde::{Deserialize, Serialize};

use super::detail::medium::{MediumAdmitted, MediumRegistered, MediumWiped, OutboxSwept};
use super::detail::node::{NodeMade, NodePackageAccepted, Split, SplitWritten};
use super::detail::{
    Asked, BudgetForgiven, CaInstalled, Cleared, ClockAttested, ClockJump, ClockSet, Crossed, Decision, Enrolled,
    Exported, Genesis, Head, HsmLogin, KeyMade, KeysPlaced, Object, OobAsked, OobDraw, OobRow, OobRows,
    PackageAccepted, PlacesCounted, PlanClosed, Proposed, Received, Reclaimed, Refused, RequestDenied, Requested,
    RotationAgreed, RotationDone, RotationHeld, RotationIntent, RotationPreflight, RotationReturned, RotationVouched,
    Scanned, Sealed, SheetPrinted, SignIntent, Signed, Staged, Token, Verb, Verified,
};

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", content = "detail", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Event {
    /// The host was set up and locked to its side.
    Genesis(Genesis),
    /// A command was refused before it could do anything else.
    Refused(Refused),
    /// Bytes after the last whole line were dropped; they never counted.
    LogTailDropped(Object),
    /// The log was read or exported by a person.
    LogViewed(Verb),
    /// A signed head was made.
    Checkpoint(Head),

    /// Two people compared the clock with others and typed the minute.
    ClockAttested(ClockAttested),
    /// The wall clock was set back under quorum.
    ClockSet(ClockSet),
    /// The wall clock moved against the monotonic clock, in whole seconds.
    ClockJump(ClockJump),

    /// A person showed a key.
    Authenticated(Verb),
    /// A person failed to.
    AuthenticationFailed(Verb),

    /// A stick went into the register.
    MediumRegistered(MediumRegistered),
    /// Two officers let a stick in that is not in the register.
    MediumAdmitted(MediumAdmitted),
    /// A stick is about to be made anew.
    MediumWiped(MediumWiped),

    /// A transfer was copied in; it is still closed.
    Received(Received),
    /// The order in which the rows of a sheet are asked, drawn after the file was copied in and hashed.
    OobDraw(OobDraw),
    /// A person is about to be shown which rows to type.
    OobAsked(OobAsked),
    /// A row failed its check digit.
    OobTypo(OobRow),
    /// A row passed its check digit and is not the right one; it may be typed once more.
    OobWrong(OobRow),
    /// A person finished the rows asked of them.
    OobRows(OobRows),
    /// A row was wrong twice: the statement is quarantined.
    OobMismatch(OobRow),
    /// A session ended before its rows were done.
    OobAbandoned(Object),
    /// Quarantine was lifted under quorum.
    QuarantineCleared(Cleared),

    /// All checks of a transfer ran.
    Verified(Verified),
    /// A record of this host's own keys was made, for a peer to enrol.
    Introduced(Enrolled),
    /// A peer's keys were pinned.
    Enrolled(Enrolled),

    /// An officer denied a request in review.
    RequestDenied(RequestDenied),
    /// The exact bytes to be signed were frozen.
    PlanClosed(PlanClosed),
    /// A plan that signed nothing was given up.
    PlanVoided(Object),
    /// Something without a plan was put before the officers.
    Proposed(Proposed),
    /// The text of a decision was handed out, to be signed elsewhere.
    DecisionAsked(Asked),
    /// A person approved an object.
    Approved(Decision),
    /// An auditor witnessed an approval.
    Witnessed(Decision),
    /// A person rejected an object, which closes it.
    Rejected(Decision),

    /// Another policy came into force under quorum.
    PolicyAdopted(Object),
    /// Another roster came into force under quorum.
    RosterAdopted(Object),

    /// A person logged in to the token.
    HsmLogin(HsmLogin),
    /// The session ended.
    HsmLogout(Token),
    /// The token failed or went away.
    HsmLost(Token),
    /// A key pair is about to be made.
    KeyIntent(KeyMade),
    /// A key pair was made and checked.
    KeyMade(KeyMade),
    /// Signatures are about to be asked for.
    SignIntent(SignIntent),
    /// Announced signatures without a result are asked for again, over the same bytes.
    SignRepeat(SignIntent),
    /// Signatures were made and verified in software; they may be released.
    Signed(Signed),
    /// The signed roots, cross-certificates and CRLs of a plan went into the CA's own store.
    CaInstalled(CaInstalled),

    /// The nodes were looked at.
    Scanned(Scanned),
    /// A CSR bundle was made; its new private keys are written next.
    Requested(Requested),
    /// The new private keys of a request lie beside the live ones: its bundle may leave.
    KeysPlaced(KeysPlaced),
    /// A certificate package was signed and encrypted.
    Sealed(Sealed),
    /// A transfer is about to be written to a medium: until it says how that ended, it may lie there.
    ExportIntent(Exported),
    /// A transfer was written to a medium and read back equal.
    Exported(Exported),
    /// Transfers that a killed run had kept, and that no entry names, are about to be taken away.
    OutboxSwept(OutboxSwept),
    /// A sheet was printed.
    SheetPrinted(SheetPrinted),
    /// A package passed every check; its trace is consumed.
    PackageAccepted(PackageAccepted),
    /// An accepted package was cut into one for each node; they are written next.
    Split(Split),
    /// All of them were written.
    SplitWritten(SplitWritten),
    /// A node was set up to stage for itself: its identity was made, and the key of its cluster pinned.
    NodeMade(NodeMade),
    /// The package of this node passed every check.
    NodePackageAccepted(NodePackageAccepted),
    /// The root that comes is about to be certified by the old CA, with the key that a node holds.
    CrossIntent(Crossed),
    /// It was.
    CrossSigned(Crossed),
    /// Certificates are about to be written beside the live ones.
    StageIntent(Staged),
    /// Certificates were written beside the live ones.
    Staged(Staged),
    /// The places that embed a CA were counted, for the report of an exchange.
    PlacesCounted(PlacesCounted),
    /// What must hold before a rotation was looked at.
    RotationPreflight(RotationPreflight),
    /// The budget of failed requests begins anew, for a reason.
    BudgetForgiven(BudgetForgiven),
    /// A step of a rotation is about to be done; its checks hold.
    RotationIntent(RotationIntent),
    /// A step of a rotation was done, and seen to be.
    RotationDone(RotationDone),
    /// A rotation was held: nothing was done, or what was done is not seen to work.
    RotationHeld(RotationHeld),
    /// The way back to an earlier state was gone to its end, by what every node tells.
    RotationReturned(RotationReturned),
    /// A person agreed that the old root is dropped, or that what is kept of it goes.
    RotationAgreed(RotationAgreed),
    /// A person says that some users come without a certificate.
    RotationVouched(RotationVouched),
    /// Old generations are about to be overwritten and removed.
    ReclaimIntent(Reclaimed),
    /// Old generations were overwritten and removed.
    Reclaimed(Reclaimed),
}
