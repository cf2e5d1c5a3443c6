//! Many signatures at once: while the sessions sign, the caller verifies what they got.
//!
//! Each session has its thread, and takes the next message as it comes free. What it got it lays aside for the caller;
//! where [`ASIDE`] lie there already it verifies its own before it asks for the next, so that no core is idle and the
//! token is never far ahead of what is known to be right. The results stand in the order of the messages.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender, TrySendError};
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

/// How many signatures lie at most between those who sign and who verifies.
const ASIDE: usize = 8;

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

/// What the token returned for the message of a turn, not verified yet.
type Raw = (usize, Vec<u8>);

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
        let (aside, laid) = mpsc::sync_channel(ASIDE);
        for lane in &self.lanes {
            let (share, key, aside) = (Arc::clone(&share), Arc::clone(self.key), aside.clone());
            // A lane that takes no work says so in the health of the token, and its turns go to the others or to none.
            let _ = lane.post(move |desk| share.work(desk, &key, &aside));
        }
        drop(aside);
        self.verify(&share, &laid);
        share.made()
    }

    /// Verifies what is laid aside until all sessions are done, or none of them has begun another message for as long as
    /// a call may take.
    fn verify(&self, share: &Share, laid: &Receiver<Raw>) {
        let (mut begun, mut since) = (share.next.load(Ordering::Relaxed), Instant::now());
        loop {
            match laid.recv_timeout(self.patience / LOOKS) {
                Ok((turn, raw)) => share.take(turn, raw),
                Err(RecvTimeoutError::Disconnected) => return,
                Err(RecvTimeoutError::Timeout) => {
                    let now = share.next.load(Ordering::Relaxed);
                    if now != begun {
                        (begun, since) = (now, Instant::now());
                    } else if since.elapsed() >= self.patience {
                        share.stop(self.health.hangs("signing"));
                        // What came back in this moment is a signature all the same.
                        return laid.try_iter().for_each(|(turn, raw)| share.take(turn, raw));
                    }
                }
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
    fn work(&self, desk: &mut Desk, key: &PrivateKey, aside: &SyncSender<Raw>) {
        while !self.is_over.load(Ordering::Relaxed) {
            let turn = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(message) = self.messages.get(turn) else { break };
            self.got(turn, key.sign(desk, &self.check.scheme().input(message)), aside);
        }
    }

    /// Lays what the token returned for one turn aside, or verifies it where that would be one too many.
    fn got(&self, turn: usize, raw: Result<Vec<u8>, Fault>, aside: &SyncSender<Raw>) {
        match raw.map(|raw| aside.try_send((turn, raw))) {
            Ok(Ok(())) => {}
            Ok(Err(TrySendError::Full((turn, raw)) | TrySendError::Disconnected((turn, raw)))) => self.take(turn, raw),
            Err(fault) => self.stop(self.health.judge(fault)),
        }
    }

    /// Keeps the signature over the message of one turn once it has verified; else it is the end of the token: one that
    /// signs wrong is asked for nothing more.
    fn take(&self, turn: usize, raw: Vec<u8>) {
        let Some(message) = self.messages.get(turn) else { return };
        match self.check.signature(message, raw) {
            Ok(signature) => {
                if let Some(place) = lock(&self.signatures).get_mut(turn) {
                    *place = Some(signature);
                }
            }
            Err(error) => {
                let _ = self.health.gone(error.to_string());
                self.stop(error);
            }
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
    use std::thread;

    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};

    use super::*;
    use crate::pki::key::{Curve, PublicKey};

    const MESSAGES: [&[u8]; 3] = [b"one", b"two", b"three"];
    const PATIENCE: Duration = Duration::from_secs(2);

    /// Takes what sessions without a token would get.
    fn taken(returned: impl FnOnce(&EcdsaKeyPair) -> Vec<(usize, Result<Vec<u8>, Fault>)>) -> (Made, Health, bool) {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let public = PublicKey::from_ec_point(Curve::P256, pair.public_key().as_ref()).unwrap();
        let (health, check) = (Health::default(), Arc::new(Check::new(&public).unwrap()));
        let share = Share::of(&MESSAGES, &check, &health);
        // Nothing can be laid aside here, so the session verifies.
        let (aside, _laid) = mpsc::sync_channel(0);
        for (turn, raw) in returned(&pair) {
            share.got(turn, raw, &aside);
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

    /// Lets a caller verify what sessions without a token lay aside and say.
    fn verified(patience: Duration, sessions: impl FnOnce(&EcdsaKeyPair, &Share, SyncSender<Raw>) + Send) -> Made {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let public = PublicKey::from_ec_point(Curve::P256, pair.public_key().as_ref()).unwrap();
        let (health, check) = (Health::default(), Arc::new(Check::new(&public).unwrap()));
        let key = Arc::new(PrivateKey { id: Vec::new(), scheme: check.scheme(), pin: None });
        let pipeline = Pipeline { lanes: Vec::new(), health: &health, patience, key: &key, check: &check };
        let (share, (aside, laid)) = (Share::of(&MESSAGES, &check, &health), mpsc::sync_channel(ASIDE));
        thread::scope(|scope| {
            scope.spawn(|| sessions(&pair, &share, aside));
            pipeline.verify(&share, &laid);
        });
        share.made()
    }

    #[test]
    fn what_is_laid_aside_is_verified_by_the_caller() {
        let signed = verified(PATIENCE, |pair, share, aside| {
            for turn in [1, 0, 2] {
                let (turn, raw) = sign(pair, turn);
                share.got(turn, raw, &aside);
            }
        });
        assert!(signed.stopped.is_none());
        assert_eq!(made(&signed), [true; 3]);
    }

    #[test]
    fn a_wrong_signature_that_was_laid_aside_ends_the_token_too() {
        let signed = verified(PATIENCE, |pair, share, aside| {
            let ((_, of_another_message), (turn, right)) = (sign(pair, 0), sign(pair, 2));
            share.got(1, of_another_message, &aside);
            share.got(turn, right, &aside);
            while !share.is_over.load(Ordering::Relaxed) {
                thread::yield_now();
            }
        });
        assert!(matches!(signed.stopped, Some(HsmError::SignatureWrong)));
        assert_eq!(made(&signed), [false, false, true]);
    }

    #[test]
    fn only_a_session_that_begins_nothing_more_hangs() {
        let slow = verified(PATIENCE, |pair, share, aside| {
            for _ in 0..15 {
                thread::sleep(PATIENCE / 10);
                share.next.fetch_add(1, Ordering::Relaxed);
            }
            for turn in 0..MESSAGES.len() {
                let (turn, raw) = sign(pair, turn);
                share.got(turn, raw, &aside);
            }
        });
        assert!(slow.stopped.is_none());
        let hanging = verified(PATIENCE, |_, share, _aside| {
            while !share.is_over.load(Ordering::Relaxed) {
                thread::sleep(PATIENCE / 10);
            }
        });
        assert!(matches!(hanging.stopped, Some(HsmError::Hangs("signing"))));
    }
}
