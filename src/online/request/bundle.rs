//! The bundle of a request: what was made, and what this cluster owes its CA beside.

use super::ask::Ask;
use super::draft::{DAY, Draft};
use super::fault::RequestError;
use super::make::Made;
use super::order::Terms;
use crate::audit::checkpoint::Checkpoint;
use crate::audit::note::cosigned;
use crate::desk::host::Desk;
use crate::exchange::csr_bundle::draft::{Draft as BundleDraft, Wanted};
use crate::exchange::csr_bundle::manifest::{Audience, Origin, Place, Receipt, ReplyTo, SeenCheckpoint, Tool};
use crate::exchange::dispatch::Dispatch;
use crate::exchange::signature::SigningKey as _;
use crate::exchange::statement::Statement;
use crate::exchange::trace::Trace;
use crate::online::history::{History, Outcomes};
use crate::online::keys::HostKeys;
use crate::refusal::Refused;
use crate::wire::base64::Base64;
use crate::wire::time::Timestamp;

/// A bundle that was signed.
pub(super) struct Written {
    pub(super) letter: Dispatch,
    pub(super) nonce: [u8; 32],
    pub(super) seq: u64,
}

/// Writes and signs the bundle of `draft`.
pub(super) fn write(
    desk: &mut Desk,
    terms: &Terms<'_>,
    history: &History,
    draft: &Draft,
    made: &[Made],
) -> Result<Written, Refused> {
    let created = desk.now()?;
    let (nonce, seq) = (desk.random()?, history.next_seq());
    let mut issuers = terms.ca.issuers.clone();
    issuers.sort();
    issuers.dedup();
    let bundle = BundleDraft {
        trace: Trace::new(created, desk.random()?),
        seq,
        nonce,
        created,
        expires: created.plus(i64::from(terms.life_days) * DAY),
        origin: origin(desk, terms),
        audience: Audience { ca: terms.ca.party.clone(), issuers },
        reply_to: ReplyTo { ca_epoch: terms.ca.epoch, recipient: terms.recipient.clone() },
        seen_checkpoint: seen(terms, history, created)?,
        receipts: history.receipts().iter().map(|outcome| receipt(desk, outcome)).collect::<Result<_, _>>()?,
        voids: history.unanswered().into_iter().map(|past| past.trace.clone()).collect(),
        cluster: terms.config.record(),
        requests: draft.asks.iter().zip(made).map(|(ask, made)| wanted(ask, made, draft.validity_days)).collect(),
        revocations: Vec::new(),
        trust_ops: draft.trust_ops.clone(),
    };
    Ok(Written { letter: bundle.dispatch(&terms.keys.statement)?, nonce, seq })
}

fn origin(desk: &Desk, terms: &Terms<'_>) -> Origin {
    let tool = &desk.log().writer().tool;
    Origin {
        host: terms.config.host().to_owned(),
        operators: terms.operators.iter().map(|person| person.id().clone()).collect(),
        party: terms.config.party().clone(),
        tool: Tool { sha256: tool.sha256, version: tool.version.clone() },
        uid: terms.config.record().fields().uid.clone(),
    }
}

fn wanted<'a>(ask: &'a Ask, made: &'a Made, validity_days: u32) -> Wanted<'a> {
    Wanted {
        csr: &made.csr,
        profile: ask.role,
        validity_s: u64::from(validity_days) * DAY.unsigned_abs(),
        replaces: ask.today.as_ref().and_then(|today| Some((&today.certificate, today.issuer?))),
        place: Place { node: ask.node.clone(), path: ask.role.certificate_path().to_owned() },
        key_origin: ask.key_origin(),
    }
}

/// The head of the CA's log that the last package proved, cosigned as a witness; none before the first package.
fn seen(terms: &Terms<'_>, history: &History, now: Timestamp) -> Result<Option<SeenCheckpoint>, Refused> {
    let Some(accepted) = history.accepted() else { return Ok(None) };
    let head = accepted.head;
    let text = Checkpoint { origin: terms.ca.party.log_origin(), head }.to_string();
    let cosignature = cosign(terms.keys, &text, now)?;
    Ok(Some(SeenCheckpoint { cosignature: Base64(cosignature), root: head.root, size: head.size }))
}

/// Eight bytes of time, then the signature (C2SP `cosignature/v1`).
fn cosign(keys: &HostKeys, text: &str, now: Timestamp) -> Result<Vec<u8>, Refused> {
    let time = now.unix().unsigned_abs();
    let signature = keys.witness.sign(&cosigned(text, time))?;
    Ok([&time.to_be_bytes()[..], &signature].concat())
}

/// The receipt names the statement by its digest: its sheet was typed, so the code is known to this cluster.
fn receipt(desk: &Desk, outcome: &Outcomes) -> Result<Receipt, Refused> {
    let missing = || RequestError::Receipt(outcome.statement);
    let folder = desk.state().within("inbox")?.within(&outcome.statement.to_string()).map_err(|_| missing())?;
    let name = folder.entries()?.into_iter().map(|entry| entry.name).find(|name| name.ends_with(".txt"));
    let bytes = folder.read(&name.ok_or_else(missing)?, 512)?;
    let statement = Statement::parse(&bytes).ok().filter(|statement| statement.id() == outcome.statement);
    let statement_sha256 = statement.ok_or_else(missing)?.digest();
    Ok(Receipt { outcome: outcome.outcome, statement_sha256, time: outcome.time })
}
