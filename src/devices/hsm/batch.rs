//! Many signatures at once: sessions sign, and what they return is verified while they go on.
//!
//! Each session has its thread; the thread of the caller and one beside it verify and watch the clock. Two, because
//! verifying a signature of P-256 takes longer than making it: with one the token would wait. The sessions take the next
//! message as they come free, so that none waits for another; the results stand in the order of the messages.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

use super::desk::Desk;
use super::lane::{Health, Lane};
use super::order::Spent;
use super::private::PrivateKey;
use super::scheme::{Check, Signature};
use super::{Fault, HsmError};

/// How many signatures stand at most between two entries of the log.
pub const MAX_BATCH: usize = 256;

/// What became of a batch. A signature that was made is here, whatever happened after it.
#[derive(Debug)]
pub struct Signed<O> {
    /// What was asked for.
    pub spent: Spent<O>,
    /// For each message in turn its signature, or [`None`] where the token stopped before it.
    pub signatures: Vec<Option<Signature>>,
    /// Why it stopped, if it did.
    pub stopped: Option<HsmError>,
}

/// The signatures of a batch, and why there are no more.
#[derive(Debug)]
pub(super) struct Made {
    pub(super) signatures: Vec<Option<Signature>>,
    pub(super) stopped: Option<HsmError>,
}

/// The sessions of one key, and what is believed of it.
pub(super) struct Pipeline<'a> {
    pub(super) lanes: Vec<&'a Lane>,
    pub(super) health: &'a Health,
    pub(super) patience: Duration,
    pub(super) key: &'a Arc<PrivateKey>,
    pub(super) check: &'a Check,
}

/// What the sessions share: inputs, whose turn it is, and whether to go on.
struct Share {
    inputs: Vec<Vec<u8>>,
    next: AtomicUsize,
    is_over: AtomicBool,
}

/// What a session returns for the input of one turn.
struct Returned {
    turn: usize,
    raw: Result<Vec<u8>, Fault>,
}

impl Pipeline<'_> {
    /// Signs 1 to [`MAX_BATCH`] messages.
    pub(super) fn sign(&self, messages: &[&[u8]]) -> Made {
        if messages.is_empty() || messages.len() > MAX_BATCH {
            return Made { signatures: Vec::new(), stopped: Some(HsmError::BatchSize(messages.len())) };
        }
        let inputs = messages.iter().map(|message| self.check.scheme().input(message)).collect();
        let share = Arc::new(Share { inputs, next: AtomicUsize::new(0), is_over: AtomicBool::new(false) });
        let (returns, returned) = mpsc::channel();
        for lane in &self.lanes {
            let (share, key, returns) = (Arc::clone(&share), Arc::clone(self.key), returns.clone());
            // A lane that takes no work says so in the health of the token, and its turns go to the others or to none.
            let _ = lane.post(move |desk| share.work(desk, &key, &returns));
        }
        drop(returns);
        self.collect(messages, &share, returned)
    }

    /// Verifies what comes back until all sessions are done, or none has answered in time.
    fn collect(&self, messages: &[&[u8]], share: &Share, returned: Receiver<Returned>) -> Made {
        let inbox = Inbox {
            returned: Mutex::new(Some(returned)),
            signatures: Mutex::new(vec![None; messages.len()]),
            stopped: OnceLock::new(),
        };
        thread::scope(|scope| {
            let beside = scope.spawn(|| self.verify_all(messages, share, &inbox));
            self.verify_all(messages, share, &inbox);
            beside.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        });
        let signatures = inbox.signatures.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut stopped = inbox.stopped.into_inner();
        if stopped.is_none() && signatures.contains(&None) {
            stopped = Some(self.health.ended());
        }
        Made { signatures, stopped }
    }

    /// Takes one after the other out of the inbox and verifies it.
    fn verify_all(&self, messages: &[&[u8]], share: &Share, inbox: &Inbox) {
        while let Some(Returned { turn, raw }) = self.take(share, inbox) {
            match self.verify(messages, turn, raw) {
                Ok(signature) => {
                    if let Some(place) = lock(&inbox.signatures).get_mut(turn) {
                        *place = Some(signature);
                    }
                }
                Err(error) => inbox.stop(share, error),
            }
        }
    }

    /// The next one; none when all sessions are done, or have not answered in time.
    fn take(&self, share: &Share, inbox: &Inbox) -> Option<Returned> {
        let mut waiting = lock(&inbox.returned);
        match waiting.as_ref()?.recv_timeout(self.patience) {
            Ok(returned) => return Some(returned),
            Err(RecvTimeoutError::Timeout) => inbox.stop(share, self.health.hangs("signing")),
            Err(RecvTimeoutError::Disconnected) => {}
        }
        // Nor does the other thread wait any more.
        *waiting = None;
        None
    }

    /// One signature, or the end of the token: one that signs wrong is asked for nothing more.
    fn verify(&self, messages: &[&[u8]], turn: usize, raw: Result<Vec<u8>, Fault>) -> Result<Signature, HsmError> {
        let raw = raw.map_err(|fault| self.health.judge(fault))?;
        let message = messages.get(turn).copied().unwrap_or_default();
        self.check.signature(message, raw).inspect_err(|error| drop(self.health.gone(error.to_string())))
    }
}

/// What comes back, and what becomes of it.
struct Inbox {
    /// None once nothing more is waited for.
    returned: Mutex<Option<Receiver<Returned>>>,
    signatures: Mutex<Vec<Option<Signature>>>,
    /// The first reason stays.
    stopped: OnceLock<HsmError>,
}

impl Inbox {
    /// Lets the sessions end.
    fn stop(&self, share: &Share, error: HsmError) {
        share.is_over.store(true, Ordering::Relaxed);
        let _ = self.stopped.set(error);
    }
}

fn lock<T>(place: &Mutex<T>) -> MutexGuard<'_, T> {
    place.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Share {
    /// Signs turn after turn in one session.
    fn work(&self, desk: &mut Desk, key: &PrivateKey, returns: &Sender<Returned>) {
        while !self.is_over.load(Ordering::Relaxed) {
            let turn = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(input) = self.inputs.get(turn) else { break };
            let raw = key.sign(desk, input);
            let is_bad = raw.is_err();
            if returns.send(Returned { turn, raw }).is_err() || is_bad {
                break;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};

    use super::*;
    use crate::pki::key::{Curve, PublicKey};

    const MESSAGES: [&[u8]; 3] = [b"one", b"two", b"three"];

    /// Collects what sessions without a token would return.
    fn collect(returned: impl FnOnce(&EcdsaKeyPair) -> Vec<(usize, Result<Vec<u8>, Fault>)>) -> (Made, Health, bool) {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let public = PublicKey::from_ec_point(Curve::P256, pair.public_key().as_ref()).unwrap();
        let (health, check) = (Health::default(), Check::new(&public).unwrap());
        let key = Arc::new(PrivateKey { id: Vec::new(), scheme: check.scheme(), pin: None });
        let share = Share { inputs: Vec::new(), next: AtomicUsize::new(0), is_over: AtomicBool::new(false) };
        let (returns, inbox) = mpsc::channel();
        for (turn, raw) in returned(&pair) {
            returns.send(Returned { turn, raw }).unwrap();
        }
        drop(returns);
        let patience = Duration::from_secs(1);
        let pipeline = Pipeline { lanes: Vec::new(), health: &health, patience, key: &key, check: &check };
        let signed = pipeline.collect(&MESSAGES, &share, inbox);
        (signed, health, share.is_over.into_inner())
    }

    fn sign(pair: &EcdsaKeyPair, turn: usize) -> (usize, Result<Vec<u8>, Fault>) {
        let signature = pair.sign(&SystemRandom::new(), MESSAGES[turn]).unwrap();
        (turn, Ok(signature.as_ref().to_vec()))
    }

    fn made(made: &Made) -> Vec<bool> {
        made.signatures.iter().map(Option::is_some).collect()
    }

    #[test]
    fn results_stand_in_the_order_of_the_messages() {
        let (signed, health, is_over) = collect(|pair| [2, 0, 1].map(|turn| sign(pair, turn)).into());
        assert!(signed.stopped.is_none() && health.check().is_ok() && !is_over);
        assert_eq!(made(&signed), [true; 3]);
    }

    #[test]
    fn a_wrong_signature_ends_the_token_and_keeps_the_right_ones() {
        let (signed, health, is_over) = collect(|pair| {
            let (_, of_another_message) = sign(pair, 0);
            vec![sign(pair, 0), (1, of_another_message), sign(pair, 2)]
        });
        assert!(matches!(signed.stopped, Some(HsmError::SignatureWrong)) && is_over);
        assert_eq!(made(&signed), [true, false, true]);
        assert!(matches!(health.check(), Err(HsmError::Gone(_))));
    }

    #[test]
    fn an_unexpected_code_ends_the_token_and_keeps_what_is_made() {
        let gone = || Err(Fault::Gone("Sign returned GeneralError".to_owned()));
        let (signed, health, is_over) = collect(|pair| vec![(0, gone()), sign(pair, 1)]);
        assert!(matches!(signed.stopped, Some(HsmError::Gone(_))) && is_over);
        assert_eq!(made(&signed), [false, true, false]);
        assert!(matches!(health.check(), Err(HsmError::Gone(_))));
    }

    #[test]
    fn sessions_that_end_without_a_word_end_the_token() {
        let (signed, health, _) = collect(|pair| vec![sign(pair, 1)]);
        assert!(matches!(signed.stopped, Some(HsmError::Gone(_))));
        assert_eq!(made(&signed), [false, true, false]);
        assert!(health.check().is_err());
    }
}
