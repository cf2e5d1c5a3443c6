//! What a package shows of the CA's log (W12): a head signed by the pinned log that extends the head we remember, and
//! every entry of this trace, each proven to be in the log of that head.
//!
//! Inclusion shows that an entry is there, not that none was left out: whether the log is complete, the auditor sees who
//! reads all of it. What must have happened for each certificate is demanded here.

use std::collections::{BTreeMap, BTreeSet};

use super::layout::File;
use super::manifest::Outcome;
use super::{Package, PackageError};
use crate::audit::checkpoint::Checkpoint;
use crate::audit::detail::OrderIntent;
use crate::audit::entry::Entry;
use crate::audit::event::Event;
use crate::audit::note::{Note, NoteKey};
use crate::audit::proof::{ConsistencyFile, InclusionFile, ProofFileError};
use crate::audit::tree::Head;
use crate::wire::digest::Digest;

/// The entries of one trace, proven to be in the CA's log, and the head of that log.
#[derive(Debug)]
pub struct ProvenLog {
    head: Head,
    entries: Vec<Entry>,
}

impl Package<'_> {
    /// Verifies the log part under `key`, the one pinned for the CA's log. `remembered` is the head we accepted last and
    /// sent with our request; without one, the CA must not have been heard of before.
    ///
    /// # Errors
    /// [`PackageError`] of the log.
    pub fn log(&self, key: &NoteKey, remembered: Option<&Head>) -> Result<ProvenLog, PackageError> {
        let checkpoint = self.file(&File::Checkpoint).unwrap_or_default();
        let head = Checkpoint::verified(&Note::parse(checkpoint)?, key)?.head;
        self.check_consistency(&head, remembered)?;
        let lines = self.lines()?;
        self.check_inclusion(&head, checkpoint, &lines)?;
        let log = ProvenLog { head, entries: lines.into_iter().map(|(_, entry)| entry).collect() };
        log.shows(&self.manifest.results, self.manifest.plan_sha256)?;
        Ok(log)
    }

    /// A head may not go back; between two heads the proof must lead.
    fn check_consistency(&self, head: &Head, remembered: Option<&Head>) -> Result<(), PackageError> {
        match (remembered, self.file(&File::Consistency)) {
            (None, None) => Ok(()),
            (Some(older), _) if older.size > head.size => {
                Err(PackageError::Rewound { found: head.size, remembered: older.size })
            }
            (Some(older), Some(bytes)) => {
                let proof = ConsistencyFile::parse(bytes).map_err(PackageError::Forked)?;
                if (proof.old_size, proof.new_size) != (older.size, head.size) {
                    return Err(PackageError::Consistency);
                }
                head.verify_extends(older, &proof.path).map_err(|error| PackageError::Forked(error.into()))
            }
            _ => Err(PackageError::Consistency),
        }
    }

    /// The lines of this trace by this CA, in the order of the log.
    fn lines(&self) -> Result<Vec<(&[u8], Entry)>, PackageError> {
        let bytes = self.file(&File::Entries).unwrap_or_default();
        let mut lines: Vec<(&[u8], Entry)> = Vec::new();
        for (at, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
            let misplaced = || PackageError::Entry(at + 1);
            let line = line.strip_suffix(b"\n").ok_or_else(misplaced)?;
            let entry = Entry::from_line(line).map_err(|_| misplaced())?;
            let ours = entry.trace.as_deref() == Some(self.manifest.trace.as_str());
            let follows = lines.last().is_none_or(|(_, last)| last.seq < entry.seq);
            if !ours || !follows || entry.host != self.manifest.ca.to_string() {
                return Err(misplaced());
            }
            lines.push((line, entry));
        }
        Ok(lines)
    }

    /// One proof for each line, under the very checkpoint of the package.
    fn check_inclusion(&self, head: &Head, checkpoint: &[u8], lines: &[(&[u8], Entry)]) -> Result<(), PackageError> {
        let proofs = self.files().filter(|(file, _)| matches!(file, File::Inclusion(_))).count();
        if proofs != lines.len() {
            return Err(PackageError::Proofs);
        }
        for (line, entry) in lines {
            let refused = |error| PackageError::Inclusion { entry: entry.seq, error };
            let bytes = self.file(&File::Inclusion(entry.seq)).ok_or(PackageError::Proofs)?;
            let proof = InclusionFile::parse(bytes).map_err(refused)?;
            if proof.index != entry.seq || proof.checkpoint.as_bytes() != checkpoint {
                return Err(refused(ProofFileError::Malformed));
            }
            head.verify_inclusion(line, proof.index, &proof.path).map_err(|error| refused(error.into()))?;
        }
        Ok(())
    }
}

impl ProvenLog {
    /// The head, which we remember from now on.
    pub fn head(&self) -> Head {
        self.head
    }

    /// The entries of the trace, in the order of the log.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The entry in which signatures were announced first; none where nothing was signed.
    pub fn announced(&self) -> Option<&Entry> {
        self.entries.iter().find(|entry| matches!(entry.event, Event::SignIntent(_)))
    }

    /// The entry of a decision with this text and this signature.
    pub(super) fn decision(&self, text: Digest, signature: Digest) -> Option<&Entry> {
        self.entries.iter().find(|entry| match &entry.event {
            Event::Approved(decision) | Event::Witnessed(decision) | Event::Rejected(decision) => {
                decision.text == text && decision.signature == signature
            }
            _ => false,
        })
    }

    /// Demands the entries without which no certificate comes about: rows were drawn and typed, the plan was closed, and
    /// each certificate was announced and signed under it.
    fn shows(&self, results: &[Outcome], plan: Digest) -> Result<(), PackageError> {
        let happened = |what: &str, is: fn(&Event) -> bool| match self.entries.iter().any(|entry| is(&entry.event)) {
            true => Ok(()),
            false => Err(PackageError::Unlogged(what.to_owned())),
        };
        happened("that rows were drawn", |event| matches!(event, Event::OobDraw(_)))?;
        happened("that rows were typed", |event| matches!(event, Event::OobRows(_)))?;
        let plans = self.plans(plan).ok_or_else(|| PackageError::Unlogged("that this plan was closed".to_owned()))?;
        let (announced, signed) = (self.orders(&plans), self.signed(&plans));
        for outcome in results {
            let Outcome::Issued { id, serial, spki_sha256, .. } = outcome else { continue };
            let order = announced.get(&id.to_string()).filter(|(_, order)| {
                order.serial.as_ref() == Some(&serial.to_string()) && order.spki.as_ref() == Some(spki_sha256)
            });
            if !order.is_some_and(|(plan, order)| signed.contains(&(*plan, order.n, order.tbs))) {
                return Err(PackageError::Unlogged(format!("that certificate {id} was announced and signed")));
            }
        }
        Ok(())
    }

    /// This plan and those closed for the same statement before it: a plan that ends another delivers what was signed
    /// under that one. None where the log does not hold the plan.
    fn plans(&self, plan: Digest) -> Option<BTreeSet<Digest>> {
        let closed = self.entries.iter().filter_map(|entry| match &entry.event {
            Event::PlanClosed(closed) => Some(closed),
            _ => None,
        });
        let statement = closed.clone().find(|closed| closed.plan == plan)?.statement;
        Some(closed.filter(|closed| closed.statement == statement).map(|closed| closed.plan).collect())
    }

    /// The orders that were announced under these plans, by the request they answer.
    fn orders(&self, plans: &BTreeSet<Digest>) -> BTreeMap<String, (Digest, &OrderIntent)> {
        let intents = self.entries.iter().filter_map(|entry| match &entry.event {
            Event::SignIntent(intent) if plans.contains(&intent.plan) => Some(intent),
            _ => None,
        });
        let orders = intents.flat_map(|intent| intent.orders.iter().map(|order| (intent.plan, order)));
        orders.filter_map(|(plan, order)| Some((order.request.clone()?, (plan, order)))).collect()
    }

    /// The orders that were signed under these plans: the plan, their number and what was signed.
    fn signed(&self, plans: &BTreeSet<Digest>) -> BTreeSet<(Digest, u64, Digest)> {
        let batches = self.entries.iter().filter_map(|entry| match &entry.event {
            Event::Signed(signed) if plans.contains(&signed.plan) => Some(signed),
            _ => None,
        });
        batches.flat_map(|batch| batch.results.iter().map(|result| (batch.plan, result.n, result.tbs))).collect()
    }
}
