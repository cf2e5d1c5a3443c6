//! Many signatures at once: each session signs, and verifies what it got before it asks for the next.
//!
//! Each session has its thread, and takes the next message as it comes free, so that none waits for another and nothing is
//! handed from thread to thread; the results stand in the order of the messages. The thread of the caller watches the
//! clock alone.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::desk::Desk;
use super::lane::{Health, Lane};
use super::order::Spent;
use super::private::PrivateKey;
use super::scheme::{Check, Signature};
use super::{Fault, HsmError};

/// How many signatures stand at most between two entries of the log.
pub const MAX_BATCH: usize = 256;

/// How often it is looked whether the token still works, in the time that a call may take.
const LOOKS: u32 = 8;

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
    pub(super) check: &'a Arc<Check>,
}

/// What the sessions share: messages, whose turn it is, whether to go on, and what was made.
struct Share {
    messages: Vec<Vec<u8>>,
    check: Arc<Check>,
    health: Health,
    next: AtomicUsize,
    is_over: AtomicBool,
    signatures: Mutex<Vec<Option<Signature>>>,
    /// The first reason stays.
    stopped: Mutex<Option<HsmError>>,
}

impl Pipeline<'_> {
    /// Signs 1 to [`MAX_BATCH`] messages.
    pub(super) fn sign(&self, messages: &[&[u8]]) -> Made {
        if messages.is_empty() || messages.len() > MAX_BATCH {
            return Made { signatures: Vec::new(), stopped: Some(HsmError::BatchSize(messages.len())) };
        }
        let share = Arc::new(Share::of(messages, self.check, self.health));
        // Nothing is ever sent; it closes when the last session has done its share.
        let (working, ended) = mpsc::channel::<()>();
        for lane in &self.lanes {
            let (share, key, working) = (Arc::clone(&share), Arc::clone(self.key), working.clone());
            // A lane that takes no work says so in the health of the token, and its turns go to the others or to none.
            let _ = lane.post(move |desk| {
                share.work(desk, &key);
                drop(working);
            });
        }
        drop(working);
        self.watch(&share, &ended);
        share.made()
    }

    /// Waits until all sessions are done, or none of them has begun another message for as long as a call may take.
    fn watch(&self, share: &Share, ended: &Receiver<()>) {
        let (mut begun, mut since) = (share.next.load(Ordering::Relaxed), Instant::now());
        while ended.recv_timeout(self.patience / LOOKS) == Err(RecvTimeoutError::Timeout) {
            let now = share.next.load(Ordering::Relaxed);
            if now != begun {
                (begun, since) = (now, Instant::now());
            } else if since.elapsed() >= self.patience {
                return share.stop(self.health.hangs("signing"));
            }
        }
    }
}

impl Share {
    fn of(messages: &[&[u8]], check: &Arc<Check>, health: &Health) -> Self {
        Self {
            messages: messages.iter().map(|message| message.to_vec()).collect(),
            check: Arc::clone(check),
            health: health.clone(),
            next: AtomicUsize::new(0),
            is_over: AtomicBool::new(false),
            signatures: Mutex::new(vec![None; messages.len()]),
            stopped: Mutex::new(None),
        }
    }

    /// Signs turn after turn in one session.
    fn work(&self, desk: &mut Desk, key: &PrivateKey) {
        while !self.is_over.load(Ordering::Relaxed) {
            let turn = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(message) = self.messages.get(turn) else { break };
            self.take(turn, message, key.sign(desk, &self.check.scheme().input(message)));
        }
    }

    /// Keeps the signature over the message of one turn once it has verified; else it is the end of the token: one that
    /// signs wrong is asked for nothing more.
    fn take(&self, turn: usize, message: &[u8], raw: Result<Vec<u8>, Fault>) {
        let raw = raw.map_err(|fault| self.health.judge(fault));
        let verified = raw.and_then(|raw| {
            let signature = self.check.signature(message, raw);
            signature.inspect_err(|error| drop(self.health.gone(error.to_string())))
        });
        match verified {
            Ok(signature) => {
                if let Some(place) = lock(&self.signatures).get_mut(turn) {
                    *place = Some(signature);
                }
            }
            Err(error) => self.stop(error),
        }
    }

    /// Lets the sessions end.
    fn stop(&self, error: HsmError) {
        self.is_over.store(true, Ordering::Relaxed);
        lock(&self.stopped).get_or_insert(error);
    }

    /// What there is by now; a session that hangs still holds its share of this.
    fn made(&self) -> Made {
        let signatures = lock(&self.signatures).clone();
        let missing = || signatures.contains(&None).then(|| self.health.ended());
        let stopped = lock(&self.stopped).take().or_else(missing);
        Made { signatures, stopped }
    }
}

fn lock<T>(place: &Mutex<T>) -> MutexGuard<'_, T> {
    place.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};

    use super::*;
    use crate::pki::key::{Curve, PublicKey};

    const MESSAGES: [&[u8]; 3] = [b"one", b"two", b"three"];

    /// Takes what sessions without a token would get.
    fn taken(returned: impl FnOnce(&EcdsaKeyPair) -> Vec<(usize, Result<Vec<u8>, Fault>)>) -> (Made, Health, bool) {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let public = PublicKey::from_ec_point(Curve::P256, pair.public_key().as_ref()).unwrap();
        let (health, check) = (Health::default(), Arc::new(Check::new(&public).unwrap()));
        let share = Share::of(&MESSAGES, &check, &health);
        for (turn, raw) in returned(&pair) {
            share.take(turn, MESSAGES[turn], raw);
        }
        let is_over = share.is_over.load(Ordering::Relaxed);
        (share.made(), health, is_over)
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
        let (signed, health, is_over) = taken(|pair| [2, 0, 1].map(|turn| sign(pair, turn)).into());
        assert!(signed.stopped.is_none() && health.check().is_ok() && !is_over);
        assert_eq!(made(&signed), [true; 3]);
    }

    #[test]
    fn a_wrong_signature_ends_the_token_and_keeps_the_right_ones() {
        let (signed, health, is_over) = taken(|pair| {
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
        let (signed, health, is_over) = taken(|pair| vec![(0, gone()), sign(pair, 1)]);
        assert!(matches!(signed.stopped, Some(HsmError::Gone(_))) && is_over);
        assert_eq!(made(&signed), [false, true, false]);
        assert!(matches!(health.check(), Err(HsmError::Gone(_))));
    }

    #[test]
    fn sessions_that_end_without_a_word_end_the_token() {
        let (signed, health, _) = taken(|pair| vec![sign(pair, 1)]);
        assert!(matches!(signed.stopped, Some(HsmError::Gone(_))));
        assert_eq!(made(&signed), [false, true, false]);
        assert!(health.check().is_err());
    }

    #[test]
    fn only_a_session_that_begins_nothing_more_hangs() {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let public = PublicKey::from_ec_point(Curve::P256, pair.public_key().as_ref()).unwrap();
        let (health, check) = (Health::default(), Arc::new(Check::new(&public).unwrap()));
        let key = Arc::new(PrivateKey { id: Vec::new(), scheme: check.scheme(), pin: None });
        let patience = Duration::from_secs(2);
        let pipeline = Pipeline { lanes: Vec::new(), health: &health, patience, key: &key, check: &check };
        let (share, (working, ended)) = (Share::of(&MESSAGES, &check, &health), mpsc::channel());
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let _working = working;
                for _ in 0..15 {
                    std::thread::sleep(patience / 10);
                    share.next.fetch_add(1, Ordering::Relaxed);
                }
            });
            pipeline.watch(&share, &ended);
        });
        assert!(lock(&share.stopped).is_none() && health.check().is_ok());
        let (_working, ended) = mpsc::channel();
        pipeline.watch(&share, &ended);
        assert!(matches!(share.made().stopped, Some(HsmError::Hangs("signing"))));
    }
}
