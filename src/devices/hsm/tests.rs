//! Issuer keys at work, on SoftHSM2 and through p11-kit. What can be seen from outside stands in `tests/hsm.rs`.

use std::sync::Mutex;
use std::time::{Duration, Instant};
use std::{fs, thread};

use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, KeyType as TokenKeyType, ObjectClass};
use zeroize::Zeroizing;

use super::order::sealed::Sealed;
use super::rig::{self, Rig};
use super::*;
use crate::pki::key::{KeyType, PublicKey};

pub(super) const TYPES: [IssuerKeyType; 4] =
    [IssuerKeyType::P256, IssuerKeyType::P384, IssuerKeyType::Rsa3072, IssuerKeyType::Rsa4096];

/// Long enough for a busy machine, short enough for a test.
const SOON: Patience = Patience { call: Duration::from_secs(3), generate: Duration::from_secs(60) };

/// Orders that stand in no log.
pub(super) struct Unrecorded(Vec<Vec<u8>>);

impl Sealed for Unrecorded {}

impl Orders for Unrecorded {
    fn to_be_signed(&self) -> Vec<&[u8]> {
        self.0.iter().map(Vec::as_slice).collect()
    }
}

fn message(number: usize) -> Vec<u8> {
    format!("to be signed, number {number}").into_bytes()
}

pub(super) fn orders(count: usize) -> Unrecorded {
    Unrecorded((0..count).map(message).collect())
}

fn open(rig: &Rig) -> Result<Token, HsmError> {
    open_within(rig, SOON)
}

fn open_within(rig: &Rig, patience: Patience) -> Result<Token, HsmError> {
    let uri = format!("pkcs11:serial={}", rig.serial).parse().unwrap();
    Token::open(&rig.module, &uri, patience)
}

fn pin() -> Pin {
    Pin::typed(Zeroizing::new(rig::PIN.to_owned()))
}

pub(super) fn unlock(rig: &Rig) -> Unlocked {
    unlock_within(rig, SOON)
}

/// Where nothing is to hang, a full machine may take its time.
fn unlock_within(rig: &Rig, patience: Patience) -> Unlocked {
    open_within(rig, patience).unwrap().login(pin()).unwrap()
}

/// Signs batch after batch, and does `act` in the middle of it, however slow this machine is. What became of the batch that was
/// stopped: of it some is missing, and what was signed before verifies.
fn disturbed(issuer: &IssuerKey<'_>, act: impl FnOnce() + Send) -> Signed<Unrecorded> {
    let start = Instant::now();
    assert_eq!(verified(issuer.public(), &issuer.sign(orders(8))), 8);
    let some = start.elapsed() * 4;
    let stopped = thread::scope(|scope| {
        scope.spawn(move || {
            thread::sleep(some);
            act();
        });
        (0..99).map(|_| issuer.sign(orders(MAX_BATCH))).find(|batch| batch.stopped.is_some())
    });
    let stopped = stopped.unwrap();
    assert!(verified(issuer.public(), &stopped) < MAX_BATCH);
    stopped
}

/// The signatures that are there, each checked again; all messages carry their number.
fn verified(public: &PublicKey, signed: &Signed<Unrecorded>) -> usize {
    let made = signed.signatures.iter().enumerate().filter_map(|(number, made)| Some((number, made.as_ref()?)));
    made.inspect(|(number, made)| public.verify(made.algorithm(), &message(*number), made.as_bytes()).unwrap()).count()
}

fn verify_by_openssl(rig: &Rig, public: &PublicKey, message: &[u8], signature: &Signature) {
    let file = |name: &str, bytes: &[u8]| {
        let path = rig.dir.join(name);
        fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let key = file("key.pem", crate::wire::pem::encode("PUBLIC KEY", public.der()).as_bytes());
    let message = file("message", message);
    let signature = file("signature", signature.as_bytes());
    let digest = if public.key_type() == KeyType::P384 { "-sha384" } else { "-sha256" };
    let said = rig::tool("openssl", &["dgst", digest, "-verify", &key, "-signature", &signature, &message]);
    assert!(said.contains("Verified OK"), "{said}");
}

#[test]
fn every_type_of_issuer_key_signs_as_openssl_verifies() {
    rig::with_token(every_type_of_issuer_key_signs_as_openssl_verifies, |rig| {
        let token = unlock(rig);
        for kind in TYPES {
            let made = token.generate_issuer(&format!("{kind:?}").to_lowercase(), kind).unwrap();
            assert_eq!(made.public.key_type(), kind.key_type());
            let issuer = token.issuer(&made.uri, &made.public).unwrap();
            let signed = issuer.sign(orders(9));
            assert!(signed.stopped.is_none());
            for (number, signature) in signed.signatures.iter().enumerate() {
                let signature = signature.as_ref().unwrap();
                assert_eq!((signature.algorithm(), issuer.public()), (issuer.algorithm(), &made.public));
                verify_by_openssl(rig, &made.public, &message(number), signature);
            }
        }
        token.close().unwrap();
    });
}

#[test]
fn a_batch_comes_back_whole_and_in_order_from_any_number_of_sessions() {
    rig::with_token(a_batch_comes_back_whole_and_in_order_from_any_number_of_sessions, |rig| {
        let token = unlock(rig);
        let made = token.generate_issuer("root", IssuerKeyType::P256).unwrap();
        for sessions in [1, 2, 5] {
            let issuer = token.issuer_in(sessions, &made.uri, &made.public).unwrap();
            for count in [1, 2, MAX_BATCH] {
                let signed = issuer.sign(orders(count));
                assert!(signed.stopped.is_none());
                assert_eq!(verified(&made.public, &signed), count);
            }
            for count in [0, MAX_BATCH + 1] {
                let signed = issuer.sign(orders(count));
                assert!(matches!(signed.stopped, Some(HsmError::BatchSize(_))));
                assert!(signed.signatures.is_empty());
            }
        }
    });
}

/// A key that asks for the PIN at each signature, which airlock does not make itself.
fn make_asking_key(plan: &generate::Plan, lane: &lane::Lane) -> PublicKey {
    let (label, id) = (Attribute::Label(plan.label.clone().into_bytes()), Attribute::Id(plan.id.clone()));
    let public = [label.clone(), id.clone(), Attribute::Token(true), Attribute::EcParams(p256())];
    let private = [
        label,
        id.clone(),
        Attribute::Token(true),
        Attribute::Private(true),
        Attribute::Sensitive(true),
        Attribute::Extractable(false),
        Attribute::Sign(true),
        Attribute::Decrypt(false),
        Attribute::Unwrap(false),
        Attribute::Derive(false),
        Attribute::AlwaysAuthenticate(true),
    ];
    let id = plan.id.clone();
    lane.call("making the key", SOON.generate, move |desk| {
        let session = desk.context().open_rw_session(desk.slot())?;
        session.generate_key_pair(&Mechanism::EccKeyPairGen, &public, &private)?;
        Ok(key::Pair::of(desk, &id)?.public)
    })
    .unwrap()
}

fn p256() -> Vec<u8> {
    vec![6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7]
}

#[test]
fn a_key_that_asks_for_the_pin_each_time_gets_it_each_time() {
    rig::with_token(a_key_that_asks_for_the_pin_each_time_gets_it_each_time, |rig| {
        let plan = generate::Plan { label: "asking".to_owned(), id: vec![7; 16], key_type: KeyType::P256 };
        let uri = generate::key_uri(&rig.serial, &plan.label, &plan.id).unwrap();
        let token = unlock(rig);
        assert!(token.pin.is_none(), "no key asks, so no PIN is kept");
        let public = make_asking_key(&plan, &token.lane);
        // This login was before the key: without the PIN the module refuses, and that is the end of the session.
        assert!(matches!(token.issuer(&uri, &public), Err(HsmError::Gone(_))));
        drop(token);

        let token = unlock(rig);
        assert!(token.pin.is_some());
        let signed = token.issuer_in(2, &uri, &public).unwrap().sign(orders(40));
        assert!(signed.stopped.is_none());
        assert_eq!(verified(&public, &signed), 40);
    });
}

#[test]
fn a_key_that_fails_a_check_is_destroyed() {
    rig::with_token(a_key_that_fails_a_check_is_destroyed, |rig| {
        let token = unlock(rig);
        let make = |examine: fn(&generate::Plan, &mut desk::Desk) -> Result<PublicKey, Fault>| {
            let plan = generate::Plan { label: "new".to_owned(), id: vec![9; 16], key_type: KeyType::P384 };
            token.lane.call("making the key", SOON.generate, move |desk| plan.make(desk, examine))
        };
        let refused = make(|_, desk| {
            assert_eq!(inventory::read(desk)?.keys.len(), 1, "it is there while it is examined");
            Err(HsmError::SignatureWrong.into())
        });
        assert!(matches!(refused, Err(HsmError::KeyDestroyed(why)) if matches!(*why, HsmError::SignatureWrong)));
        assert_eq!(token.inventory().unwrap().keys, []);
        assert_eq!(rig.objects(), [] as [std::path::PathBuf; 0]);
        assert!(make(generate::examine).is_ok());
        assert_eq!(token.inventory().unwrap().keys[0].fault, None);
        assert!(matches!(make(generate::examine), Err(HsmError::KeyExists("label"))));
        let plan = generate::Plan { label: "other".to_owned(), id: vec![9; 16], key_type: KeyType::P384 };
        let same_id = token.lane.call("making the key", SOON.generate, move |desk| plan.make(desk, generate::examine));
        assert!(matches!(same_id, Err(HsmError::KeyExists("id"))));
    });
}

#[test]
fn a_key_that_fails_a_check_and_cannot_be_destroyed_is_said_to_be_left() {
    rig::with_token(a_key_that_fails_a_check_and_cannot_be_destroyed_is_said_to_be_left, |rig| {
        let token = unlock(rig);
        let tokens = rig.dir.join("tokens");
        let plan = generate::Plan { label: "new".to_owned(), id: vec![9; 16], key_type: KeyType::P256 };
        let refused = token.lane.call("making the key", SOON.generate, move |desk| {
            plan.make(desk, |_, _| {
                fs::remove_dir_all(tokens).unwrap();
                Err(HsmError::SignatureWrong.into())
            })
        });
        assert!(matches!(refused, Err(HsmError::KeyLeftBehind { label, .. }) if label == "new"), "said to be left");
    });
}

#[test]
fn halves_of_different_keys_are_found_out() {
    rig::with_token(halves_of_different_keys_are_found_out, |rig| {
        let token = unlock(rig);
        let one = token.generate_issuer("one", IssuerKeyType::P256).unwrap();
        let other = token.generate_issuer("other", IssuerKeyType::P256).unwrap();
        let (id, point) = (Attribute::Id(one.uri.id().unwrap().to_vec()), other.public.key_bits().to_vec());
        let swap = move |desk: &mut desk::Desk| {
            let session = desk.context().open_rw_session(desk.slot())?;
            let class = Attribute::Class(ObjectClass::PUBLIC_KEY);
            let public = session.find_objects(&[class.clone(), id.clone()])?;
            session.destroy_object(public[0])?;
            let point = Attribute::EcPoint([&[4, 65][..], &point].concat());
            let new = [
                class,
                id,
                point,
                Attribute::KeyType(TokenKeyType::EC),
                Attribute::EcParams(p256()),
                Attribute::Token(true),
            ];
            session.create_object(&new)?;
            Ok(())
        };
        token.lane.call("swapping", SOON.call, swap).unwrap();
        // The public half says it is the intended key; what the private half signs says it is not.
        assert!(matches!(token.issuer(&one.uri, &other.public), Err(HsmError::SignatureWrong)));
        assert!(matches!(token.inventory(), Err(HsmError::Gone(_))), "such a token is not asked again");
    });
}

#[test]
fn a_token_that_is_removed_mid_batch_ends_it_and_loses_no_signature() {
    rig::with_token(a_token_that_is_removed_mid_batch_ends_it_and_loses_no_signature, |rig| {
        let token = unlock(rig);
        let made = token.generate_issuer("root", IssuerKeyType::Rsa4096).unwrap();
        let issuer = token.issuer(&made.uri, &made.public).unwrap();
        let (tokens, away) = (rig.dir.join("tokens"), rig.dir.join("away"));
        let signed = disturbed(&issuer, || fs::rename(&tokens, &away).unwrap());
        assert!(matches!(signed.stopped, Some(HsmError::Gone(_))), "{:?}", signed.stopped);
        assert!(matches!(issuer.sign(orders(1)).stopped, Some(HsmError::Gone(_))));
        assert!(matches!(token.random(8), Err(HsmError::Gone(_))));
        drop(issuer);
        drop(token);

        fs::rename(&away, &tokens).unwrap();
        let token = unlock(rig);
        let signed = token.issuer(&made.uri, &made.public).unwrap().sign(orders(2));
        assert_eq!(verified(&made.public, &signed), 2);
    });
}

/// Signs a batch in so many sessions until the server is killed; what was signed is kept.
fn until_it_is_killed(rig: &Rig, token: Unlocked, sessions: usize) -> NewKey {
    let made = token.generate_issuer("root", IssuerKeyType::Rsa3072).unwrap();
    let issuer = token.issuer_in(sessions, &made.uri, &made.public).unwrap();
    let signed = disturbed(&issuer, || rig.signal_server("KILL"));
    assert!(matches!(signed.stopped, Some(HsmError::Gone(_))), "{:?}", signed.stopped);
    drop(issuer);
    assert!(matches!(token.close(), Err(HsmError::Gone(_))));
    made
}

#[test]
fn a_server_that_is_killed_mid_batch_ends_it_and_serves_again_after_a_new_login() {
    rig::with_remote_token(a_server_that_is_killed_mid_batch_ends_it_and_serves_again_after_a_new_login, |rig| {
        let made = until_it_is_killed(rig, unlock_within(rig, Patience::default()), 1);
        let token = unlock_within(rig, Patience::default());
        let signed = token.issuer(&made.uri, &made.public).unwrap().sign(orders(2));
        assert_eq!(verified(&made.public, &signed), 2);
        token.close().unwrap();
    });
}

/// Of two threads that wait for answers over one connection, p11-kit (seen in 0.24.1) leaves one waiting for ever where the
/// server dies between the head and the rest of an answer to the other. Such a thread never leaves the module, and nobody
/// can take it out: this process is told that the module is in use, and another one goes on.
#[test]
fn a_server_that_is_killed_under_two_sessions_ends_the_batch_and_serves_a_new_process() {
    rig::with_remote_token(a_server_that_is_killed_under_two_sessions_ends_the_batch_and_serves_a_new_process, |rig| {
        let patience = Patience { call: Duration::from_secs(10), ..SOON };
        until_it_is_killed(rig, unlock_within(rig, patience), 2);
        let opened = open_within(rig, patience).map(drop);
        assert!(matches!(opened, Ok(()) | Err(HsmError::ModuleBusy(_))), "{opened:?}");
        let mut again = std::process::Command::new(std::env::current_exe().unwrap());
        let said = again.args(["--exact", "devices::hsm::tests::a_new_process_signs"]).output().unwrap();
        assert!(String::from_utf8_lossy(&said.stdout).contains("1 passed"), "{said:?}");
    });
}

#[test]
fn a_new_process_signs() {
    rig::with_remote_token(a_new_process_signs, |rig| {
        let token = unlock_within(rig, Patience::default());
        let made = token.generate_issuer("again", IssuerKeyType::P256).unwrap();
        let signed = token.issuer(&made.uri, &made.public).unwrap().sign(orders(2));
        assert_eq!(verified(&made.public, &signed), 2);
        token.close().unwrap();
    });
}

#[test]
fn a_server_that_hangs_mid_batch_hangs_nobody_else() {
    rig::with_remote_token(a_server_that_hangs_mid_batch_hangs_nobody_else, |rig| {
        let token = unlock(rig);
        let made = token.generate_issuer("root", IssuerKeyType::Rsa3072).unwrap();
        let issuer = token.issuer(&made.uri, &made.public).unwrap();
        let stopped = Mutex::new(Instant::now());
        let signed = disturbed(&issuer, || {
            rig.signal_server("STOP");
            *stopped.lock().unwrap() = Instant::now();
        });
        assert!(matches!(signed.stopped, Some(HsmError::Hangs("signing"))), "{:?}", signed.stopped);
        assert!(stopped.lock().unwrap().elapsed() < SOON.call * 2);
        let start = Instant::now();
        assert!(matches!(issuer.sign(orders(1)).stopped, Some(HsmError::Hangs(_))));
        assert!(matches!(token.inventory(), Err(HsmError::Hangs(_))));
        drop(issuer);
        drop(token);
        assert!(matches!(open(rig), Err(HsmError::ModuleBusy(_))), "a thread still sits in the module");
        assert!(start.elapsed() < Duration::from_secs(1), "nothing was asked of the token");

        // Once it answers, the threads that were left behind leave the module, and it can be opened again.
        rig.signal_server("CONT");
        let deadline = Instant::now() + Duration::from_secs(20);
        let token = loop {
            match open(rig) {
                Ok(token) => break token.login(pin()).unwrap(),
                Err(error) => assert!(Instant::now() < deadline, "{error}"),
            }
            thread::sleep(Duration::from_millis(50));
        };
        assert_eq!(verified(&made.public, &token.issuer(&made.uri, &made.public).unwrap().sign(orders(2))), 2);
    });
}

#[test]
fn a_process_ends_while_its_token_hangs() {
    // The process of this test is to end with the server stopped; the rig sees to it that it does.
    rig::with_remote_token(a_process_ends_while_its_token_hangs, |rig| {
        let token = unlock(rig);
        rig.signal_server("STOP");
        assert!(matches!(token.random(8), Err(HsmError::Hangs(_))));
    });
}

#[test]
fn a_thread_that_panics_is_the_end_of_the_token_and_of_nothing_else() {
    rig::with_token(a_thread_that_panics_is_the_end_of_the_token_and_of_nothing_else, |rig| {
        let token = unlock(rig);
        let result = token.lane.call("panicking", SOON.call, |_| -> Result<(), Fault> { panic!("on purpose") });
        assert!(matches!(result, Err(HsmError::Gone(_))));
        assert!(matches!(token.random(8), Err(HsmError::Gone(_))));
        drop(token);
        assert!(unlock(rig).random(8).is_ok());
    });
}
